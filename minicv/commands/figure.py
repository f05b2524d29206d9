"""``minicv figure``: list the figures of the lectures, or draw some of them."""

import time
from fnmatch import filter as matching
from pathlib import Path

HELP = (
    "Draw figures of the lectures from what the ops compute. `minicv figure list` shows their ids; "
    "`minicv figure tconv.2d` or `minicv figure 'unpool.*'` draws, and writes beside each picture a JSON "
    "file with its alt text and every number in it."
)


def add_arguments(parser):
    """Declare the arguments."""
    parser.add_argument("ids", nargs="+", metavar="ID", help="'list', or ids or patterns such as 'tconv.*'")
    parser.add_argument("--format", default="svg", metavar="F,F", help="svg, pdf, png (default svg)")
    parser.add_argument("--theme", default="light", choices=("light", "dark", "print"), help="default light")
    parser.add_argument("--frames", choices=("pdf", "png", "gif"), help="write the build steps too")
    parser.add_argument(
        "--out", default="figures", metavar="DIR", help="folder to write to (default figures)"
    )


def run(args):
    """List or draw; prints every file written and the time."""
    from ..lectures.figures import FIGURES, draw

    if args.ids == ["list"]:
        for entry in FIGURES.values():
            print(f"{entry.id:18}  {', '.join(' '.join(slides) for slides in entry.decks)}")
            print(f"{'':18}  {entry.summary}")
        return 0
    start = time.perf_counter()
    ids = [id for pattern in args.ids for id in matching(FIGURES, pattern) or [pattern]]
    paths = []
    for picture in [draw(id, args.theme) for id in dict.fromkeys(ids)]:
        stem = Path(args.out) / picture.id
        paths += picture.save(stem, args.format.split(","))
        if args.frames:
            paths += picture.save_frames(stem, args.frames)
    for path in paths:
        print(path)
    print(f"{len(paths)} files in {time.perf_counter() - start:.1f} s")
    return 0
