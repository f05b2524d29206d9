"""``minicv predict MODEL --weights FILE IMAGE...``: what a trained model says of your pictures."""

import json
from pathlib import Path

from ..backend import module_of
from ..data import read_image
from ..tasks import MODELS, load_model
from .folder import writable_folder

HELP = """Let a model that `minicv train` wrote look at pictures. A folder gets each of them with what the model says
drawn on it (PNG), and one predictions.json."""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("model", choices=MODELS, help="the model")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files")
    parser.add_argument("--weights", required=True, metavar="FILE", help="weights.safetensors of a run")
    parser.add_argument(
        "--out", default="predictions", metavar="DIR", help="where to write (default predictions)"
    )
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to compute (default cpu)"
    )


def run(args):
    """Predict, draw, write; print a line for each image."""
    from ..viz.save import png_bytes

    module_of(args.device)
    model, classes, size = load_model(args.model, args.weights, args.device)
    images = [read_image(path) for path in args.images]  # a wrong one is noticed before anything is written
    task, out, found = MODELS[args.model].task, writable_folder("predict", args.out), []
    for path, image, name in zip(args.images, images, _names(args.images)):
        (answer,) = task.answers(model, [image], size)
        said = task.describe(answer, classes)
        words = f"{Path(path).name}: {_in_words(said)}"
        (out / name).write_bytes(png_bytes(task.draw(image, answer, classes), Path(path).name, words))
        found.append({"image": str(path), "picture": name, **said})
        print(words)
    record = {"model": args.model, "weights": str(args.weights), "classes": classes, "images": found}
    (out / "predictions.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{out / 'predictions.json'} and {len(found)} pictures beside it")
    return 0


def _names(paths):
    """A name for the picture of each image; images of one name in several folders get numbers."""
    names = []
    for path in paths:
        stem, number = Path(path).stem, 1
        while (name := f"{stem}.png" if number == 1 else f"{stem}-{number}.png") in names:
            number += 1
        names.append(name)
    return names


def _in_words(said):
    """The numbers of an answer, largest first."""
    ((_, shares),) = [(name, value) for name, value in said.items() if isinstance(value, dict)]
    return ", ".join(f"{name} {100 * share:.1f} %" for name, share in list(shares.items())[:3])
