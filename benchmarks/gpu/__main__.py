"""``python -m benchmarks.gpu``: everything that is measured on a GPU, in one command of under 8 minutes."""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

from minicv.backend import module_of

from . import kernels, networks, parity, report

HELP = """Measure minicv on a GPU: parity of all kernels with their reference, the bandwidth or rate of each beside the
card's measured ceilings, and training steps and networks beside PyTorch's. Writes a JSON file and a readable table."""
PARTS = {"parity": parity.run, "kernels": kernels.run, "networks": networks.run}


def main(arguments=None):
    """Run the parts that were asked for; return 0, 1 if something failed, 2 without a GPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=HELP)
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument(
        "--small", action="store_true", help="tiny arrays: to try the program, not to measure"
    )
    parser.add_argument(
        "--minutes", type=float, default=7.5, help="rows not begun by then are left out (default 7.5)"
    )
    parser.add_argument("--out", default=Path(__file__).parents[1] / "results", type=Path, metavar="DIR")
    args = parser.parse_args(arguments)
    try:
        cupy = module_of("cuda")
    except RuntimeError as error:
        print(f"benchmarks.gpu: {error}", file=sys.stderr)
        return 2
    book = report.Book(cupy, deadline=time.monotonic() + 60 * args.minutes)
    for name in [args.only] if args.only else PARTS:
        try:
            PARTS[name](book, args.small)
        except Exception as error:  # the other parts are still worth having
            traceback.print_exc()
            book.fail(name, error)
    stem = (
        args.out
        / f"gpu-{'small-' * args.small}{book.facts['device'].replace(' ', '-')}-{book.facts['date'][:10]}"
    )
    args.out.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(book.as_dict(), indent=1) + "\n")
    stem.with_suffix(".md").write_text(book.as_markdown())
    print(book.as_markdown(), f"{stem}.json and .md", *book.failures, sep="\n")
    return 1 if book.failures else 0


if __name__ == "__main__":
    sys.exit(main())
