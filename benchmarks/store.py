"""Runs that are kept: a JSON file each, and what is drawn and written from the newest."""

import json
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
    """Draw ``ratios.svg``, show it in the README of the repository, and write the tables of this folder's."""
    from . import picture  # and with it matplotlib, which --help can do without

    (HERE / "ratios.svg").write_text(picture.svg(document), encoding="utf-8")
    _replace(HERE.parent / "README.md", f"![{picture.alt(document)}](benchmarks/ratios.svg)")
    _replace(PAGE, report.markdown(document))


def _replace(page, text):
    """Put a text between the two marks of a page."""
    begin, end = "<!-- from the last stored run -->\n", "\n<!-- until here -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
