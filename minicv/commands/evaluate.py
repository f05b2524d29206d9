"""``minicv evaluate MODEL --weights FILE --data NAME|DIR``: how good a trained model is."""

from ..backend import module_of
from ..tasks import MODELS, load_model, open_data

HELP = """Measure a model that `minicv train` wrote on the held-out part of a data set."""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("model", choices=MODELS, help="the model")
    parser.add_argument("--weights", required=True, metavar="FILE", help="weights.safetensors of a run")
    parser.add_argument("--data", required=True, metavar="NAME|DIR", help="the data set, as for minicv train")
    parser.add_argument("--part", default="test", help="train, val, test (default test)")
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to compute (default cpu)"
    )


def run(args):
    """Print what the task measures."""
    module_of(args.device)
    model, classes, size = load_model(args.model, args.weights, args.device)
    recipe = MODELS[args.model]
    dataset = open_data(args.data, args.part, recipe, size)
    if tuple(dataset.classes) != classes:
        raise ValueError(
            f"evaluate: the classes of {args.data} must be those of the weights, {_listed(classes)}; "
            f"they are {_listed(dataset.classes)}."
        )
    for name, value in recipe.task.evaluate(model, dataset, size).items():
        print(f"{name.replace('_', ' ')} {value:.4f}")
    print(f"{len(dataset)} images")
    return 0


def _listed(classes, most=8):
    names = list(classes[:most]) + ["..."] * (len(classes) > most)
    return f"{len(classes)} ({', '.join(names)})"
