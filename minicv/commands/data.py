"""``minicv data``: download data sets, look at them, find what is wrong with them."""

from pathlib import Path

import numpy as np

from ..data.sources import SOURCES, fetch_dataset

HELP = """Download a data set from where it is published, look at one, or check the files of one."""


def add_arguments(parser):
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    fetch = actions.add_parser(
        "fetch",
        help="download and unpack",
        description="Download a data set from where it is published, check it and unpack it. "
        "A download that is broken off goes on where it stopped.",
    )
    fetch.add_argument("name", choices=list(SOURCES), help="the data set")
    fetch.add_argument("--to", required=True, metavar="DIR", help="the folder for it")
    fetch.set_defaults(act=_fetch)

    show = actions.add_parser(
        "show",
        help="draw a page of samples with their annotations",
        description="Draw a page of samples with their labels, boxes, masks, keypoints and captions.",
    )
    show.add_argument(
        "data",
        metavar="NAME|DIR",
        help="meadow or digits; or a folder with the files of MNIST, CIFAR, PASCAL VOC or COCO, or with a subfolder "
        "of images for each class; or an annotation file of COCO",
    )
    show.add_argument("--part", help="train, val, test, ...; by default the first that there is")
    show.add_argument("--items", type=int, nargs="+", metavar="I", help="which samples, counted from 0")
    show.add_argument("--count", type=int, help="how many, drawn at random (default: what fits on the page)")
    show.add_argument("--seed", type=int, default=0, help="another seed draws others (default 0)")
    show.add_argument("--theme", default="light", choices=("light", "dark", "print"), help="default light")
    show.add_argument(
        "--out", default="samples.png", metavar="FILE", help="png, svg or pdf (default samples.png)"
    )
    show.set_defaults(act=_show)

    check = actions.add_parser(
        "check",
        help="find what is wrong with the files of one",
        description="Read every file of a data set and say what is wrong: file, line or record, and what. "
        "The exit status is 1 if there is anything.",
    )
    check.add_argument("data", metavar="DIR", help="the folder, or an annotation file of COCO")
    check.set_defaults(act=_check)


def run(args):
    """Do what the action says."""
    return args.act(args)


def _fetch(args):
    fetch_dataset(args.name, args.to)
    print(f"{args.name} is in {args.to}")
    return 0


def _show(args):
    from ..data.open import find  # the readers and matplotlib are loaded only now
    from ..viz import sample_page

    out = Path(args.out)
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"data show: --out must end in .png, .svg or .pdf; got {args.out}.")
    found = find(args.data)
    part = found.part(args.part)
    dataset = _with_pixels(found, part)
    items = chosen(args, dataset)
    picture = sample_page(
        [dataset[i] for i in items],
        dataset.classes,
        getattr(dataset, "skeleton", ()),
        title=f"{found.form}, {part}: {len(items)} of {len(dataset):,} samples",
        id=f"data.{Path(args.data).stem}",
        theme=args.theme,
        about={"data": args.data, "part": part, "items": items},
    )
    for path in picture.save(out.with_suffix(""), (out.suffix[1:],)):
        print(path)
    return 0


def _check(args):
    from tqdm import tqdm

    from ..data.check import check_dataset

    count = 0
    for problems in tqdm(check_dataset(args.data), desc="data check", disable=None, leave=False):
        count += len(problems)
        for problem in problems:
            tqdm.write(str(problem))
    if count:
        print(f"{args.data}: {count:,} problem{'s' if count > 1 else ''}")
    else:
        print(f"{args.data}: nothing is wrong")
    return 1 if count else 0


def _with_pixels(found, part):
    """The data set, with whatever labels of pixels it has, and large where its size is free."""
    for settings in ({"size": 256}, {"task": "segmentation"}):
        try:
            return found.open(part, **settings)
        except (ValueError, FileNotFoundError):  # it has no such setting, or no list of such images
            pass
    return found.open(part)


def chosen(args, dataset):
    """Numbers of the samples to show."""
    n = len(dataset)
    if args.items:
        wrong = [i for i in args.items if not 0 <= i < n]
        if wrong:
            raise ValueError(f"data show: --items must be from 0 to {n - 1}; got {wrong[0]}.")
        return args.items
    if n == 0:
        raise ValueError(f"data show: {args.data} has no samples.")
    count = _that_fit(dataset[0]) if args.count is None else args.count
    if count < 1:
        raise ValueError(f"data show: --count must be at least 1; got {count}.")
    return sorted(np.random.default_rng(args.seed).permutation(n)[:count].tolist())


def _that_fit(sample):
    if sample.label is not None:
        return 24
    return 6 if sample.semantic is None else 4
