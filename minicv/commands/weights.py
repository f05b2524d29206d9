"""``minicv weights``: weights that others have trained, and what is in a file of weights."""

from ..io import PUBLISHED, fetch_weights, load_weights, published_weights

HELP = """List the weights that have been published for well-known models, download them, or show what is in any file of
weights."""


def add_arguments(parser):
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="what has been published").set_defaults(act=_list)

    fetch = actions.add_parser(
        "fetch",
        help="download the weights of a model",
        description="Download weights and check them, unless they are there already. They are kept in "
        "~/.cache/minicv/weights, or in the folder that the environment variable MINICV_WEIGHTS names. A download "
        "that is broken off goes on where it stopped.",
    )
    fetch.add_argument("model", help="its name, as `minicv weights list` shows it")
    fetch.add_argument(
        "--version", default="DEFAULT", help="which of its weights (default: the first listed)"
    )
    fetch.add_argument("--to", metavar="DIR", help="another folder for them")
    fetch.set_defaults(act=_fetch)

    show = actions.add_parser("show", help="names, shapes and dtypes in a file")
    show.add_argument("file", help="safetensors, .pth, .pt or .npz")
    show.set_defaults(act=_show)


def run(args):
    """Do what the action says."""
    args.act(args)
    return 0


def _list(args):
    for entry in PUBLISHED:
        print(
            f"{entry.model:26} {entry.version:24} {entry.parameters / 1e6:6.1f} M parameters, "
            f"{entry.num_classes:4} classes of {entry.trained_on}"
        )


def _fetch(args):
    entry = published_weights(args.model, args.version)
    path = fetch_weights(args.model, entry.version, args.to)
    print(f"{entry.model}, {entry.version}, is in {path}")
    print(f"What it is: {entry.source} {entry.note}".rstrip())


def _show(args):
    weights = load_weights(args.file)
    width = max(map(len, weights), default=0)
    for name, value in weights.items():
        print(f"{name:{width}}  {value.dtype!s:8} {' x '.join(map(str, value.shape)) or 'a number'}")
    numbers, size = sum(v.size for v in weights.values()), sum(v.nbytes for v in weights.values())
    print(f"{len(weights)} entries, {numbers:,} numbers, {size / 1e6:,.1f} MB")
