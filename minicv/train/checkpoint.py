"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one file."""

from .. import backend
from ..io import WeightsError, load_tree, save_tree


def save_checkpoint(path, parts, **more):
    """Write the states of a run's parts, and of minicv's random generators.

    Parameters
    ----------
    path : str or Path
        An older file there is replaced when the new one is complete, and not before.
    parts : dict of str to object
        Whatever has a ``state_dict()``: model, optimizer, schedule, loader.
    **more
        Numbers, strings, arrays, and dicts and lists of them: the step, the configuration, the history.

    Raises
    ------
    TypeError
        There is something else among them; the message says where.
    OSError
        The file cannot be written. An older one is still there.

    Examples
    --------
    >>> import tempfile, os
    >>> from minicv import nn, optim
    >>> path = os.path.join(tempfile.mkdtemp(), "checkpoint")
    >>> model = nn.Linear(2, 1)
    >>> parts = {"model": model, "optimizer": optim.SGD(model.parameters(), lr=0.1)}
    >>> save_checkpoint(path, parts, step=3)
    >>> load_checkpoint(path, parts)
    {'step': 3}
    """
    states = {name: dict(part.state_dict()) for name, part in parts.items()}
    save_tree({"parts": states, "random": backend.get_rng_state(), "more": more}, path)


def load_checkpoint(path, parts, check=None):
    """Put a run's parts back to where they were; return what else was saved.

    Parameters
    ----------
    path : str or Path
    parts : dict of str to object
        The same names as were saved; each gets its state through ``load_state_dict``.
    check : callable, optional
        Called with what else was saved before anything is put back; it may raise.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        The names differ, or a state does not fit its part.
    WeightsError, OSError
        The file is damaged, or cannot be read.
    """
    tree = load_tree(path)
    if not all(isinstance(tree.get(name), dict) for name in ("parts", "random", "more")):
        raise WeightsError(f"load_checkpoint: {path} is damaged, or no checkpoint.")
    if tree["parts"].keys() != parts.keys():
        there = ", ".join(map(str, tree["parts"]))
        raise ValueError(f"load_checkpoint: parts must be those of {path}: {there}; got {', '.join(parts)}.")
    if check is not None:
        check(tree["more"])
    try:
        for name, part in parts.items():
            part.load_state_dict(tree["parts"][name])
        name = "random numbers"
        backend.set_rng_state(tree["random"])
    except (
        ValueError,
        RuntimeError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
    ) as error:
        raise ValueError(f"load_checkpoint: {path}: the state of the {name} does not fit: {error}") from error
    return tree["more"]
