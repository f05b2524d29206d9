"""Weights into a model that they may not fit in every place.

Published files are older than the code that reads them: parts have been renamed since. And a model is seldom used for
exactly what it was trained for: it has other classes, lacks an auxiliary head, or is a part of a larger one.
"""

import os
import re
from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

from ..patterns import matching
from .weights import load_weights

#: Family -> (regular expression, replacement) for names that its published files have, and newer code does not. A name
#: that the model knows is never changed, and none is changed to one that it does not know.
#: Source: torchvision 0.21: models/densenet.py, ops/feature_pyramid_network.py, models/detection/{rpn,mask_rcnn}.py.
RENAMINGS = {
    "DenseNet": [(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.")],
    "feature pyramid": [(r"((?:inner|layer)_blocks\.\d+)\.(weight|bias)$", r"\1.0.\2")],
    "region proposals": [(r"(rpn\.head\.conv)\.(weight|bias)$", r"\1.0.0.\2")],
    "Mask R-CNN": [(rf"mask_head\.mask_fcn{i + 1}\.", f"mask_head.{i}.0.") for i in range(4)],
    "torch.nn.DataParallel": [(r"^module\.", "")],
}

# Counts the batches of the training before. A layer with fixed statistics has no such entry, and needs none.
_COUNTER = "num_batches_tracked"


class LoadReport(NamedTuple):
    """What :func:`load_into` did not load.

    Attributes
    ----------
    missing_keys : list of str
        Names of the model that the file lacks.
    unexpected_keys : list of str
        Names of the file that the model lacks.
    wrong_shapes : list of (str, tuple, tuple)
        Name, shape in the model, shape in the file.
    skipped_keys : list of str
        Names of the model that were to keep their own values.
    """

    missing_keys: list
    unexpected_keys: list
    wrong_shapes: list
    skipped_keys: list


def load_into(model, weights, strict=True, skip=(), rename=()):
    """Load weights into a model: all of them, or those that fit.

    Names are changed as `RENAMINGS` says where only that makes them the model's. A fully connected layer and the
    convolution that computes the same are given each other's weights: (K, C h w) and (K, C, h, w) hold the same numbers
    in the same order (Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015,
    section 3.1).

    Parameters
    ----------
    model : Module
    weights : str, Path, or dict of str to ndarray
        A file (see :func:`load_weights`), or what was read from it.
    strict : bool
        Whether anything that does not fit is an error. If not, what fits is loaded, and the rest is reported.
    skip : str or list of str
        Parts that are not loaded, by name or pattern: a head with another number of classes ("fc"), which keeps the
        model's own fresh values; an auxiliary head that the model does not have ("aux*").
    rename : list of (str, str)
        Regular expressions and what to put in their place, applied to the names in the file before anything else:
        ``[("^", "backbone.body.")]`` to load a part of a model.

    Returns
    -------
    LoadReport

    Raises
    ------
    RuntimeError
        The weights do not fit. The message lists everything that is wrong, and nothing was loaded.
    ValueError
        `skip` names a part that is in neither the model nor the file, or two names become one.
    WeightsError, OSError
        The file is damaged, or cannot be read.

    Examples
    --------
    Throw away the final layer, and learn a new one, for 3 classes, on what a network has learnt from 10:

    >>> import tempfile, os
    >>> from minicv import nn, optim
    >>> from minicv.io import save_weights
    >>> from minicv.models.classification import LeNet5
    >>> path = os.path.join(tempfile.mkdtemp(), "digits.safetensors")
    >>> save_weights(LeNet5(num_classes=10).state_dict(), path)
    >>> model = LeNet5(num_classes=3)
    >>> load_into(model, path, skip="output").skipped_keys
    ['output.weight', 'output.bias']
    >>> _ = nn.utils.freeze(model)
    >>> learned = nn.utils.thaw(model, "output")
    >>> optimizer = optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)

    Later, with a lower rate, the layers before it may follow:

    >>> nn.utils.thaw(model, ["c5", "f6"])
    ['c5.weight', 'c5.bias', 'f6.weight', 'f6.bias']
    >>> optimizer.add_param_group({"params": [*model.c5.parameters(), *model.f6.parameters()], "lr": 0.01})
    """
    file = isinstance(weights, (str, os.PathLike))
    mine = model.state_dict(keep_vars=True)
    given = _renamed(load_weights(weights) if file else weights, mine, rename)
    skipped = set(matching("load_into: skip", {**mine, **given}, skip))
    kept = {name: mine[name] for name in mine if name in skipped}
    given = {name: _reshaped(value, mine.get(name)) for name, value in given.items() if name not in skipped}
    wrong = [
        (name, mine[name].shape, value.shape)
        for name, value in given.items()
        if name in mine and mine[name].shape != value.shape
    ]
    misfits = {name for name, *_ in wrong}
    if not strict:
        given = {name: value for name, value in given.items() if name not in misfits}
    try:
        keys = model.load_state_dict(given | kept, strict)
    except RuntimeError as error:
        hint = '\nAnother number of classes? skip="..." keeps a part as the model has it.' if wrong else ""
        raise RuntimeError(f"load_into: {weights if file else 'weights'}: {error}{hint}") from None
    missing = [name for name in keys.missing_keys if name not in misfits]
    return LoadReport(missing, keys.unexpected_keys, wrong, list(kept))


def _renamed(given, mine, rename):
    """The weights under the model's names, where renaming can bring that about."""
    if not isinstance(given, Mapping):
        raise TypeError(f"load_into: weights must be a path or a dict; got a {type(given).__name__}.")
    result = {}
    for name, value in given.items():
        name = _replaced(name, rename)
        today = _replaced(name, chain(*RENAMINGS.values()))
        if name not in mine and today in mine:
            name = today
        if name in result:
            raise ValueError(f"load_into: two entries of the file come to be called {name}.")
        if name in mine or not name.endswith(_COUNTER):
            result[name] = value
    return result


def _replaced(name, rules):
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def _reshaped(value, mine):
    """Weights of a linear layer for a convolution, or the other way round; everything else as it is."""
    if mine is not None and {value.ndim, mine.ndim} == {2, 4} and value.size == mine.size:
        if value.shape[0] == mine.shape[0]:
            return value.reshape(mine.shape)
    return value
