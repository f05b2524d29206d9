"""Training steps and networks on the GPU, beside PyTorch's on cuDNN in float32, TF32 off and on.

Both sides are timed from call to call with the GPU waited for, so that the time Python takes counts as well.
"""

import importlib.util
import statistics
import time
from contextlib import suppress
from functools import partial

import numpy as np

from .. import models
from ..compare import difference
from ..networks import STEPS, inference, train, training_step
from ..sides import Side

TURNS, LEAST = 5, 0.5  # turns of each side, and seconds that they take together at least
WHOLE = {"ResNet-50": models.resnet50, "VGG-16": models.vgg16}
BATCHES = {"ResNet-50": 32, "VGG-16": 16}


class OnGPU(Side):
    """A side whose tensors and models live on the GPU."""

    def tensor(self, array):
        return self.__getattr__("tensor")(array, device="cuda")

    def model(self, make, seed=0):
        return super().model(make, seed).to("cuda")


def run(book, small):
    """Time every step and network on every side there is; only the first step if the program is just tried."""
    sides, least = _sides(), 0 if small else LEAST
    for name in list(STEPS)[: 1 if small else None]:
        build = partial(training_step, name=name, batch=1 if small else None)
        _compare(book, sides, f"step of {name}", build, least)
    if small:
        return
    for name, make in WHOLE.items():
        for batch in (1, BATCHES[name]):
            label = f"{name}, {batch} x 3 x 224 x 224"
            build = partial(inference, make=make, batch=batch)
            _compare(book, sides, f"inference with {label}", build, least)
        build = partial(train, make=make, shape=(batch, 3, 224, 224), classes=1000, lr=1e-4)
        _compare(book, sides, f"step of {label}", build, least)


def _sides():
    """minicv, and PyTorch without and with TF32: name -> (side, what to do before its turn)."""
    sides = {"minicv": (OnGPU("minicv"), lambda: None)}
    if importlib.util.find_spec("torch"):
        import torch

        def allow(tf32):
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32

        torch.backends.cudnn.benchmark = True  # cuDNN tries its ways, and keeps to the fastest
        if torch.cuda.is_available():
            sides["torch"] = OnGPU("torch"), lambda: allow(False)
            sides["torch TF32"] = OnGPU("torch"), lambda: allow(True)
    return sides


def _compare(book, sides, name, build, least):
    """Milliseconds a call on each side, ratios to the first, and how far the first results differ."""

    def measure():
        calls, first = {}, {}
        for side, (home, prepare) in sides.items():
            prepare()
            calls[side] = build(home)
            first[side] = _host(calls[side]())
        row = {}
        for side, seconds in _take_turns(book.cupy, calls, sides, least).items():
            row[f"{side} ms"] = 1e3 * statistics.median(seconds)
        for side in list(sides)[1:]:
            row[f"ratio to {side}"] = row["minicv ms"] / row[f"{side} ms"]
        if "torch" in first:
            row["differ"] = difference(first["minicv"], first["torch"])
        return row

    book.attempt("steps", name, measure)
    _free(book.cupy)


def _take_turns(cupy, calls, sides, least):
    synchronize = cupy.cuda.Device().synchronize
    seconds = {side: [] for side in calls}
    for turn in range(-1, TURNS):  # the first turn warms up
        for side, call in calls.items():
            sides[side][1]()
            synchronize()
            start, done = time.perf_counter(), 0
            while not done or time.perf_counter() - start < least / TURNS:
                call()
                done += 1
            synchronize()
            if turn >= 0:
                seconds[side].append((time.perf_counter() - start) / done)
    return seconds


def _host(result):
    """The numbers on the host: a loss is one already."""
    return result if isinstance(result, float) else np.asarray(result.detach().cpu().numpy())


def _free(cupy):
    """Hand memory back to the card, for the other side's next network."""
    cupy.get_default_memory_pool().free_all_blocks()
    with suppress(ImportError):
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
