"""``minicv data``: download data sets."""

from ..data.sources import SOURCES, fetch_dataset

HELP = """Download a data set from where it is published, check it and unpack it. A download that is broken off goes on
where it stopped."""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("action", choices=["fetch"], help="what to do")
    parser.add_argument("name", choices=list(SOURCES), help="the data set")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder for it")


def run(args):
    """Download and unpack."""
    fetch_dataset(args.name, args.to)
    print(f"{args.name} is in {args.to}")
    return 0
