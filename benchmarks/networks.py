"""Whole networks: a training step, and the classification of one image."""

import numpy as np

from . import models
from .entry import Entry

# name -> (model, shape of the images, number of classes, shape of one label)
STEPS = {
    "LeNet, 64 x 1 x 28 x 28": (models.lenet, (64, 1, 28, 28), 10, ()),
    "CIFAR net, 32 x 3 x 32 x 32": (models.cifar, (32, 3, 32, 32), 10, ()),
    "FCN, 8 x 3 x 64 x 64": (models.fcn, (8, 3, 64, 64), 5, (64, 64)),
    "VGG block, 4 x 64 x 56 x 56": (models.vgg_block, (4, 64, 56, 56), 10, ()),
}


def training_step(side, name, batch=None):
    """A function that does one training step of STEPS[name] and returns the loss."""
    return train(side, *STEPS[name], batch=batch)


def train(side, make, shape, classes, label=(), lr=0.001, batch=None):
    """A function that does one training step of a model and returns the loss; a batch is the first of the images."""
    rng = np.random.default_rng(1)
    images = side.tensor(rng.random(shape, dtype=np.float32)[:batch])
    labels = side.tensor(rng.integers(0, classes, (shape[0], *label))[:batch])
    model = side.model(make)
    optimizer = side.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    def step():
        loss = side.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def steps():
    """An entry for each of STEPS."""
    return [Entry("steps", name, lambda side, name=name: training_step(side, name)) for name in STEPS]


def inference(side, make, batch=1):
    """A function that classifies images of 224 x 224."""
    model = side.model(make).eval()
    images = side.tensor(np.random.default_rng(3).random((batch, 3, 224, 224), dtype=np.float32))

    def call():
        with side.no_grad():
            return model(images)

    return call


def networks():
    """An entry for each network."""
    found = {"ResNet-18": models.resnet18, "ResNet-50": models.resnet50, "VGG-16": models.vgg16}
    return [
        Entry("networks", name, lambda side, make=make: inference(side, make)) for name, make in found.items()
    ]
