"""``minicv train lenet --data digits``: real handwritten digits in under a minute."""

import time

import numpy as np

from .. import manual_seed, optim
from ..backend import module_of
from ..data import Batches, digits
from ..models.classification import LeNet5
from ..optim.lr_scheduler import CosineAnnealingLR
from ..train import fit

HELP = """Train a model on a data set and measure it on the part that was held out. LeNet-5 on scikit-learn's
handwritten digits (1437 to train on, 360 held out) is what there is."""

SIZE, BATCH_SIZE, LEARNING_RATE = 32, 32, 4e-3


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("model", choices=["lenet"], help="the model")
    parser.add_argument("--data", choices=["digits"], default="digits", help="the data set (default digits)")
    parser.add_argument("--epochs", type=int, default=20, help="how often every image is seen (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same numbers (default 0)")
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to compute (default cpu)"
    )


def run(args):
    """Train, then print the accuracy on the held-out digits."""
    if args.epochs < 1 or args.seed < 0:
        raise ValueError(
            f"train: --epochs must be at least 1 and --seed at least 0; got {args.epochs} and {args.seed}."
        )
    module_of(args.device)  # a missing GPU is noticed before the work
    start = time.perf_counter()
    images, labels = digits("train", SIZE)
    test_images, test_labels = digits("test", SIZE)

    manual_seed(args.seed)
    model = LeNet5(num_classes=10).to(args.device)
    steps = args.epochs * (len(images) // BATCH_SIZE)
    optimizer = optim.Adam(model.parameters(), lr=LEARNING_RATE)
    batches = Batches(images, labels, batch_size=BATCH_SIZE, steps=steps, seed=args.seed, augment=moved)

    def evaluate(model):
        return {"held-out accuracy": float(np.mean(model.predict(test_images) == test_labels))}

    every = max(1, steps // 10)
    history = fit(
        model, optimizer, batches, CosineAnnealingLR(optimizer, steps), evaluate, every, "LeNet-5 on digits"
    )
    accuracy = history[-1]["held-out accuracy"]
    wrong = round((1 - accuracy) * len(test_labels))
    print(
        f"held-out accuracy {accuracy:.4f} ({wrong} of {len(test_labels)} wrong), {time.perf_counter() - start:.0f} s"
    )
    return 0


def moved(rng, images, labels, reach=2):
    """Each image moved by up to ``reach`` pixels, at random; what comes in from outside is background (0)."""
    wide = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    for image, larger, (top, left) in zip(images, wide, rng.integers(0, 2 * reach + 1, (len(images), 2))):
        image[...] = larger[:, top : top + image.shape[1], left : left + image.shape[2]]
    return images, labels
