"""A data set in pieces."""


def chunks(dataset, size):
    """Yield the items of a data set, in order, in lists of ``size``.

    Examples
    --------
    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    for start in range(0, len(dataset), size):
        yield [dataset[i] for i in range(start, min(start + size, len(dataset)))]
