"""``minicv demo segmentation``: train, measure, draw, and write a page to look at."""

import json
import time

from ..backend import module_of
from ..data import read_image
from ..demos import segmentation
from ..demos.page import HtmlPage
from .folder import writable_folder

HELP = """Train a small fully convolutional network, and the same network with max unpooling, to label every
pixel of Meadow scenes; then write a folder with a page (index.html) of learning curves, predictions on fresh
scenes, confusion matrices and the figures of the lecture."""

FIGURES = (
    "unpool.nearest",
    "unpool.nails",
    "unpool.max",
    "tconv.1d",
    "tconv.2d",
    "tconv.matrix1d.s1",
    "tconv.matrix1d.s2",
    "conv.matrix2d",
    "conv.backward.CT",
)


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("task", choices=["segmentation"], help="what to learn")
    parser.add_argument(
        "--steps", type=int, default=1100, help="training steps for each network (default 1100)"
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same numbers (default 0)")
    parser.add_argument(
        "--out", default="out/segmentation", metavar="DIR", help="where to write (default out/segmentation)"
    )
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to compute (default cpu)"
    )
    parser.add_argument("--image", metavar="FILE", help="a picture of yours, to be labelled as well")


def run(args):
    """Do it all; print what was measured and where the page is."""
    start = time.perf_counter()
    if args.steps < 1 or args.seed < 0:
        raise ValueError(
            f"demo: --steps must be at least 1 and --seed at least 0; got {args.steps} and {args.seed}."
        )
    # Whatever is missing is noticed now, and not after the training.
    module_of(args.device)
    image = read_photo(args.image) if args.image else None
    out = writable_folder("demo", args.out)

    training = segmentation.scenes(segmentation.TRAINING_SCENES, 2 * args.seed, "drawing scenes to train on")
    fresh = segmentation.scenes(segmentation.FRESH_SCENES, 2 * args.seed + 1, "drawing fresh scenes")
    results = {
        name: segmentation.train(name, training, fresh, args.steps, args.seed, args.device)
        for name in segmentation.NETWORKS
    }
    for name, result in results.items():
        print(
            f"{name}: mean IoU {result.mean_iou:.3f}, pixel accuracy {result.pixel_accuracy:.3f} on fresh scenes"
        )
    page = write_page(out, args, results, fresh, image)
    print(f"{page} ({time.perf_counter() - start:.0f} s)")
    return 0


def read_photo(path, side=96):
    """Read the user's image, its longer side scaled to ``side`` pixels: things are then of a size the nets know."""
    image = read_image(path)
    scale = side / max(image.shape[:2])
    height, width = (max(4, round(n * scale / 4) * 4) for n in image.shape[:2])
    return read_image(path, (height, width))


def write_page(out, args, results, fresh, image):
    """Draw everything into the folder ``out`` and return the path of its index.html."""
    from ..demos import segmentation_pictures  # matplotlib is loaded only now
    from ..lectures import figures

    page = HtmlPage("Labelling every pixel")
    page.text(
        f"Two small networks were trained for {args.steps} steps (seed {args.seed}) on "
        f"{segmentation.TRAINING_SCENES} scenes, and measured on {segmentation.FRESH_SCENES} others. "
        "They differ only in how they come back up to full resolution."
    )
    page.table(
        ["network", "mean IoU", "pixel accuracy", "parameters"],
        [
            [name, f"{r.mean_iou:.3f}", f"{r.pixel_accuracy:.3f}", f"{r.parameters:,}"]
            for name, r in results.items()
        ],
    )
    drawn = [] if image is None else [segmentation_pictures.own_image(results, image)]
    drawn += [
        segmentation_pictures.predictions(results, fresh),
        segmentation_pictures.curves(results),
        segmentation_pictures.confusions(results),
    ]
    page.heading("What they learnt")
    page.pictures([_save(out, picture, "png") for picture in drawn], wide=True)
    page.heading("How it works: figures of the lecture, drawn from the ops themselves")
    page.pictures([_save(out, figures.draw(name), "svg") for name in FIGURES])
    numbers = {
        name: {"mean IoU": r.mean_iou, "pixel accuracy": r.pixel_accuracy} for name, r in results.items()
    }
    (out / "results.json").write_text(
        json.dumps({"steps": args.steps, "seed": args.seed, **numbers}, indent=1) + "\n"
    )
    return page.save(out)


def _save(out, picture, kind):
    """Save a picture and return what the page needs of it: file name, caption, alt text."""
    picture.save(out / picture.id, (kind,))
    return f"{picture.id}.{kind}", picture.title, picture.alt
