"""Metric: what is measured over a data set that comes a batch at a time and is never in memory at once."""

import numpy as np

from ..errors import sentence


class Metric:
    """A sum over a data set, and what is computed from it at the end.

    Every metric has the same four methods: ``update(...)`` takes a batch, ``compute()`` tells the result over all
    batches so far, ``reset()`` begins anew, ``merge(other)`` takes in what another one has seen.

    A subclass says in :meth:`start` what the parts of its sum are before the first batch: numbers, arrays or lists,
    whatever can be added. Its ``update`` ends in :meth:`add`, and its ``compute`` reads `state`.

    Attributes
    ----------
    state : dict
        The sum so far.

    Examples
    --------
    >>> class Mean(Metric):
    ...     def start(self):
    ...         return {"sum": 0.0, "count": 0}
    ...
    ...     def update(self, values):
    ...         return self.add(sum=values.sum(), count=values.size)
    ...
    ...     def compute(self):
    ...         return float(ratio(self.state["sum"], self.state["count"]))
    >>> mean = Mean().update(np.array([1.0, 2.0])).update(np.array([6.0]))
    >>> mean.compute()
    3.0
    >>> mean.merge(Mean().update(np.array([7.0]))).compute()
    4.0
    """

    def __init__(self):
        self.reset()

    def start(self):
        """Return the state before the first batch."""
        raise NotImplementedError

    def reset(self):
        """Forget all batches."""
        self.state = self.start()

    def add(self, **parts):
        """Add to each part of the state; return the metric, so that calls can follow one another."""
        for name, part in parts.items():
            self.state[name] += part
        return self

    def merge(self, other):
        """Take in all batches of another metric, which another process may have seen; return the metric.

        Raises
        ------
        ValueError
            The other one measures something else.
        """
        ours, theirs = (
            (type(metric), {k: v for k, v in vars(metric).items() if k != "state"})
            for metric in (self, other)
        )
        if ours != theirs:
            raise ValueError(sentence("merge", "other", f"a {_named(*ours)}", _named(*theirs)))
        return self.add(**other.state)


def _named(kind, options):
    return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in options.items())})"


def ratio(part, whole):
    """``part / whole`` of numbers or arrays, in float64; nan where the whole is 0.

    Examples
    --------
    >>> ratio([1, 0], [2, 0])
    array([0.5, nan])
    """
    part, whole = np.asarray(part, np.float64), np.asarray(whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)
