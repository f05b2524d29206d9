"""Nested dicts and lists with arrays in them, in one safetensors file: the arrays by name, the rest as JSON.

So a checkpoint is read by the same careful reader as weights are, and anybody's tools can look into it.
"""

import json

import numpy as np
import safetensors
import safetensors.numpy

from .errors import WeightsError
from .weights import replacing

_KEY = "minicv"  # of the metadata


def save_tree(tree, path):
    """Write nested dicts, lists and tuples of arrays, numbers, strings, booleans and None.

    The file takes the place of an older one when it is complete and on disk, and not before: whatever happens
    meanwhile, one of the two is there whole.

    Parameters
    ----------
    tree : dict
    path : str or Path

    Raises
    ------
    TypeError
        There is something else in it; the message says where.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "state")
    >>> save_tree({"step": 3, "state": {0: {"momentum": np.ones(2)}}}, path)
    >>> load_tree(path)
    {'step': 3, 'state': {0: {'momentum': array([1., 1.])}}}
    """
    arrays = {}
    text = json.dumps(_pack(tree, "", arrays))
    with replacing(path) as file:
        file.write(safetensors.numpy.save(arrays, {_KEY: text}))


def load_tree(path):
    """Read what :func:`save_tree` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict
        Nested as it was: lists are lists again, and tuples tuples.

    Raises
    ------
    WeightsError
        The file is damaged, or something else.
    OSError
        It cannot be read.
    """
    with open(path, "rb"):  # an OSError, if it cannot be read
        pass
    try:
        with safetensors.safe_open(path, "np") as file:
            text = (file.metadata() or {}).get(_KEY)
            if text is None:
                raise WeightsError(f"load_tree: {path} is no checkpoint of minicv.")
            tree = _unpack(json.loads(text), {name: file.get_tensor(name) for name in file.keys()})
            if not isinstance(tree, dict):
                raise TypeError(f"it holds a {type(tree).__name__}")
            return tree
    except (
        safetensors.SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        RecursionError,
    ) as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(f"load_tree: {path} is damaged ({error}).") from None


def _pack(value, place, arrays):
    """JSON for a value: containers as [kind, content], so that keys may be numbers and tuples stay tuples."""
    if isinstance(value, dict):
        for key in value:
            if type(key) not in (str, int):
                raise TypeError(
                    f"save_tree: a key at {place or 'the top'} must be a string or an integer; got {key!r}."
                )
        return ["dict", [[key, _pack(v, f"{place}.{key}", arrays)] for key, v in value.items()]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [_pack(v, f"{place}.{i}", arrays) for i, v in enumerate(value)]]
    if isinstance(value, np.ndarray):
        name = f"{len(arrays)}{place}"  # the number keeps names apart whatever the keys are
        arrays[name] = np.asarray(value, order="C")
        return ["array", name]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(
        f"save_tree: what stands at {place.lstrip('.')} is a {type(value).__name__}, which has no form here."
    )


def _unpack(packed, arrays):
    if not isinstance(packed, list):
        return packed
    kind, content = packed
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _unpack(value, arrays) for key, value in content}
    return {"list": list, "tuple": tuple}[kind](_unpack(value, arrays) for value in content)
