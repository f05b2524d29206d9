"""Semantic segmentation: two small networks learn to label every pixel of a Meadow scene.

One goes back up to full resolution by transposed convolution, the other by max unpooling; the rest is the
same.
"""

import os
from typing import NamedTuple

import numpy as np

from .. import manual_seed
from ..data import CLASSES, Batches, DataLoader, Meadow, images_to_batch
from ..metrics import confusion_matrix, segmentation_scores
from ..models.segmentation import SmallFCN, SmallUnpoolNet
from ..optim import Adam
from ..optim.lr_scheduler import CosineAnnealingLR
from ..tensor import tensor
from ..train import Trainer

NETWORKS = {"transposed convolution": SmallFCN, "max unpooling": SmallUnpoolNet}
# The things are many, to learn more from each scene, and of one size but for perspective, to learn it sooner.
MEADOW = {"objects": (2, 4), "scale": (1.1, 1.1)}
SIZE = 64
TRAINING_SCENES, FRESH_SCENES, WATCHED_SCENES = 1600, 200, 40
BATCH_SIZE, LEARNING_RATE = 8, 4e-3
WORTH_A_PROCESS = 400  # scenes: drawing them takes several times as long as starting one more


class Scenes(NamedTuple):
    """Images (N, 3, H, W) float32 in [0, 1] and their label maps (N, H, W) int64."""

    images: np.ndarray
    labels: np.ndarray


class Result(NamedTuple):
    """A trained network, its history, and its confusion matrix on fresh scenes."""

    network: object
    history: list
    confusion: np.ndarray

    @property
    def pixel_accuracy(self):
        """Share of pixels that are labelled right."""
        return segmentation_scores(self.confusion)["pixel_accuracy"]

    @property
    def mean_iou(self):
        """Mean over the classes of intersection over union."""
        return segmentation_scores(self.confusion)["mean_iou"]

    @property
    def parameters(self):
        """Number of trained parameters."""
        return sum(p.size for p in self.network.parameters())


def scenes(count, seed, label):
    """Draw ``count`` Meadow scenes, with a progress bar; many of them on all cores."""
    from tqdm import tqdm

    workers = min(os.cpu_count() or 1, count // WORTH_A_PROCESS)
    meadow, parts = Meadow(SIZE, count, seed, **MEADOW), []
    loader = DataLoader(meadow, BATCH_SIZE, num_workers=workers, workers="processes", collate_fn=_drawn)
    with tqdm(total=count, desc=label, unit="scene", disable=None) as progress:
        for part in loader:
            parts.append(part)
            progress.update(len(part.images))
    return Scenes(*map(np.concatenate, zip(*parts, strict=True)))


def _drawn(samples):
    return Scenes(images_to_batch([s.image for s in samples]), np.stack([s.semantic for s in samples]))


def varied(rng, images, labels):
    """Show a part of each scene, 3/4 as wide and high, and half of them in a mirror: more from fewer pixels."""
    flip = rng.random(len(images)) < 0.5
    images[flip], labels[flip] = images[flip, ..., ::-1], labels[flip, ..., ::-1]
    side = images.shape[-1] * 3 // 4
    corners = rng.integers(0, images.shape[-1] - side + 1, (len(images), 2))
    windows = [(slice(top, top + side), slice(left, left + side)) for top, left in corners]
    images = np.stack([image[:, rows, cols] for image, (rows, cols) in zip(images, windows, strict=True)])
    labels = np.stack([label[rows, cols] for label, (rows, cols) in zip(labels, windows, strict=True)])
    return images, labels


def class_weights(labels):
    """Weight of each class in the loss: rare classes count more, but not as much more as they are rare.

    (frequency of the class)^-0.3, scaled to mean 1: (num_classes,) float32. With the exponent -1 every class
    would count the same, as in SegNet's median frequency balancing, and outlines would grow fat.
    """
    frequency = np.bincount(labels.ravel(), minlength=len(CLASSES)) / labels.size
    weights = np.maximum(frequency, 1e-6) ** -0.3
    return (weights / weights.mean()).astype(np.float32)


def train(name, training, fresh, steps, seed, device="cpu"):
    """Train one of NETWORKS and measure it on scenes that it has never seen.

    Parameters
    ----------
    name : str
        A key of NETWORKS.
    training, fresh : Scenes
    steps : int
    seed : int
        Of the initial parameters and of the order of the scenes: the same seed gives the same numbers.
    device : {"cpu", "cuda"}

    Returns
    -------
    Result
    """
    manual_seed(seed)
    network = NETWORKS[name](len(CLASSES)).to(device)
    optimizer = Adam(network.parameters(), lr=LEARNING_RATE)
    watched = Scenes(fresh.images[:WATCHED_SCENES], fresh.labels[:WATCHED_SCENES])

    def evaluate(network):
        scores = segmentation_scores(confusion(network, watched))
        return {"pixel accuracy": scores["pixel_accuracy"], "mean IoU": scores["mean_iou"]}

    batches = Batches(*training, batch_size=BATCH_SIZE, steps=steps, seed=seed, augment=varied)
    schedule = CosineAnnealingLR(optimizer, max(1, steps))
    weight = tensor(class_weights(training.labels), device=device)

    def loss(network, batch):
        images, labels = (tensor(array, device=device) for array in batch)
        return network.loss(images, labels, weight)

    trainer = Trainer(
        network,
        optimizer,
        batches,
        loss,
        folder=None,
        epochs=1,
        schedule=schedule,
        evaluate=evaluate,
        evaluate_every=max(1, steps // 10),
        label=name,
    )
    return Result(network, trainer.run(), confusion(network, fresh))


def confusion(network, scenes, at_a_time=40):
    """The confusion matrix of a network on scenes; truth in the rows."""
    parts = range(0, len(scenes.images), at_a_time)
    predicted = np.concatenate([network.predict(scenes.images[i : i + at_a_time]) for i in parts])
    return confusion_matrix(scenes.labels, predicted, len(CLASSES))
