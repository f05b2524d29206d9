"""Runs that are kept: a JSON file each, and what is drawn and written from the newest."""

import json
import re
from pathlib import Path

from . import report

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results", HERE / "README.md"


def last(machine):
    """The results of the newest run that was stored on a machine of this kind; empty if there is none."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    same = [run["results"] for run in runs if run["machine"] == machine]
    return same[-1] if same else {}


def keep(document):
    """Store a run, and renew the picture and the tables that are made from it."""
    RESULTS.mkdir(exist_ok=True)
    write(document, RESULTS / f"{document['date']}.json")
    publish(document)


def write(document, path):
    """Write a run as JSON."""
    Path(path).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def publish(document):
    """Draw ``ratios.svg`` and write the tables of ``README.md``."""
    from . import picture  # and with it matplotlib, which --help can do without

    (HERE / "ratios.svg").write_text(picture.svg(document), encoding="utf-8")
    begin, end = "<!-- from the last stored run -->\n", "<!-- until here -->"
    new = f"{begin}\n{report.markdown(document)}\n\n{end}"
    text = re.sub(f"{begin}.*{end}", lambda found: new, PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    PAGE.write_text(text, encoding="utf-8")
