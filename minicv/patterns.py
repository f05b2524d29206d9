"""Names chosen by patterns, as file names are in a shell."""

from fnmatch import fnmatchcase

from .errors import sentence


def matching(op, names, patterns):
    """Return the names that patterns stand for, in the order of ``names``.

    Parameters
    ----------
    op : str
        Who asks, for the message.
    names : iterable of str
        Of parameters, say: words joined by dots.
    patterns : str or iterable of str
        Names in which ``*`` stands for anything, ``?`` for one character and ``[0-3]`` for one of those. The name of
        a part stands for everything in it: "layer1" for "layer1.0.conv1.weight".

    Raises
    ------
    ValueError
        A pattern fits no name.

    Examples
    --------
    >>> matching("freeze", ["conv1.weight", "fc.weight", "fc.bias"], "fc")
    ['fc.weight', 'fc.bias']
    """
    names, found = list(names), set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        fitting = {name for name in names if fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")}
        if not fitting:
            hint = f"The names begin with: {', '.join(dict.fromkeys(n.partition('.')[0] for n in names))}."
            raise ValueError(sentence(op, "a pattern", "one that fits some name", repr(pattern), hint))
        found |= fitting
    return [name for name in names if name in found]
