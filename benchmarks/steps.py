"""Whole training steps (forward, backward, update) of small models, in minicv and in PyTorch.

Both sides start from the same parameters and see the same batch. Their turns alternate in one process, so
that whatever else the machine does meets both; quote the ratio of the medians.
"""

import statistics
import time

import numpy as np

import minicv
from minicv import optim
from minicv.models.classification import LeNet5
from minicv.models.segmentation import SmallFCN

from . import torch_twins

# name -> (model, its PyTorch twin, shape of the images, number of classes, shape of the labels)
STEPS = {
    "LeNet-5, 64 x 1 x 32 x 32": (LeNet5, torch_twins.lenet5, (64, 1, 32, 32), 10, (64,)),
    "SmallFCN, 8 x 3 x 64 x 64": (SmallFCN, torch_twins.small_fcn, (8, 3, 64, 64), 8, (8, 64, 64)),
}


def run(name, turns=15):
    """Time one entry of STEPS.

    Parameters
    ----------
    name : str
    turns : int
        Alternations; the first three are not counted.

    Returns
    -------
    dict
        Milliseconds of the median and the fastest step of each side, their ratio, and the difference of the
        first losses.
    """
    make, make_twin, shape, classes, label_shape = STEPS[name]
    rng = np.random.default_rng(0)
    images = rng.random(shape, dtype=np.float32)
    labels = rng.integers(0, classes, label_shape)
    minicv.manual_seed(0)
    model = make(num_classes=classes)
    sides = {"minicv": _minicv_step(model, images, labels)}
    twin = torch_twins.step(make_twin(classes), model.state_dict(), images, labels)
    if twin is not None:
        sides["torch"] = twin
    times = {side: [] for side in sides}
    losses = {side: [] for side in sides}
    for _ in range(turns + 3):
        for side, step in sides.items():
            start = time.perf_counter()
            losses[side].append(step())
            times[side].append(time.perf_counter() - start)
    result = {f"{side} median ms": 1e3 * statistics.median(t[3:]) for side, t in times.items()}
    result |= {f"{side} least ms": 1e3 * min(t[3:]) for side, t in times.items()}
    if twin is not None:
        result["ratio of medians"] = result["minicv median ms"] / result["torch median ms"]
        result["first losses differ by"] = abs(losses["minicv"][0] - losses["torch"][0])
    return result


def _minicv_step(model, images, labels):
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    images, labels = minicv.tensor(images), minicv.tensor(labels)

    def step():
        loss = model.loss(images, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
