"""``python -m tests.fuzz --minutes 10``: damaged files for every parser, and what they do to it.

Each finding is saved; ``python -m tests.fuzz --only NAME --file SAVED`` shows it again with its traceback.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from .targets import targets
from .watch import Watcher, fuzz


def main(argv=None):
    """Fuzz all targets in turn, or show what one file does; returns the number of kinds of findings."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together (default 10)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same inputs (default 0)")
    parser.add_argument("--only", metavar="NAME", nargs="*", help="targets, by name")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"), help="folder for what is found")
    parser.add_argument(
        "--file", type=Path, help="try this file on the target of --only, in the place of --as"
    )
    parser.add_argument("--as", dest="place", metavar="PATH", help="which of the target's files it is")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        known = targets(folder)
        chosen = [known[name] for name in args.only or known]
        if args.file:
            return show(chosen[0], Path(folder, "shown"), args.file, args.place)
        kinds = 0
        for target in chosen:
            findings, count = fuzz(
                target, Path(folder, target.name), args.seed, 60 * args.minutes / len(chosen)
            )
            unique = {finding.what.partition(":")[0]: finding for finding in reversed(findings)}
            print(
                f"{target.name:15} {count:7} inputs, {len(findings)} findings of {len(unique)} kinds",
                flush=True,
            )
            for number, finding in enumerate(unique.values()):
                args.out.mkdir(parents=True, exist_ok=True)
                saved = args.out / f"{target.name}-{number}"
                saved.write_bytes(finding.data)
                print(f"    {finding.file} -> {saved}: {finding.what[:300]}", flush=True)
            kinds += len(unique)
    return kinds


def show(target, folder, file, place):
    """Read one saved input again, without any net."""
    watcher = Watcher(target, folder, 0)
    (folder / (place or target.changed[0])).write_bytes(file.read_bytes())
    wrong, _ = watcher.judge()
    print(wrong or "nothing wrong")
    target.read(folder)
    return 0


if __name__ == "__main__":
    sys.exit(min(main(), 1))
