"""The formats that keep all images in a few files: MNIST's and CIFAR's."""

from collections import Counter
from functools import partial

import numpy as np

from ..mnist import FILES, find_file, read_idx
from .problem import Problem, attempt


def mnist(found):
    """A step for each part."""
    return [
        partial(_mnist, *opener.args, **opener.keywords, open_all=opener) for opener in found.parts.values()
    ]


def _mnist(root, train, open_all):
    folder, problems, values = open_all.func.folder(root, train), [], []
    for name in (file.format("train" if train else "t10k") for file in FILES):
        path = attempt(problems, folder / name, find_file, folder, name)
        values.append(path and attempt(problems, path, read_idx, path))
    if not problems and attempt(problems, folder, open_all) is not None:
        problems += _labels(path, values[1], len(open_all.func.classes))
    return problems


def cifar(found):
    """One step for all files, because they must agree."""
    return [partial(_cifar, next(iter(found.parts.values())))]


def _cifar(opener):
    kind, folder = opener.func, opener.func.folder(*opener.args)
    problems, lengths = [], {}
    classes = attempt(problems, folder, kind.read_classes, folder) or ()
    most = int(kind.__name__.removeprefix("CIFAR"))
    if classes and len(classes) != most:
        yield Problem(folder, f"names {len(classes)} classes; there must be {most}")
    for path in kind.files(folder, train=True) + kind.files(folder, train=False):
        batch = attempt(problems, path, kind.read, path)
        if batch is not None:
            lengths[path] = len(batch[1])
            problems += _labels(path, batch[1], most)
    yield from problems
    (usual, _), *_ = Counter(lengths.values()).most_common(1) or [(0, 0)]
    for path, length in lengths.items() if len(kind.files(folder)) > 1 else ():  # CIFAR-100 has one of each
        if length != usual:
            yield Problem(path, f"has {length:,} images; the other files have {usual:,}")


def _labels(path, labels, most):
    """A problem for each label that is out of range."""
    return [
        Problem(path, f"image {i}: its label is {labels[i]}; it must be from 0 to {most - 1}")
        for i in np.flatnonzero((labels < 0) | (labels >= most)).tolist()
    ]
