"""How far a run is: a bar on a terminal and in a notebook, lines in a log."""

import sys
import warnings


class Progress:
    """A bar with some words behind it; where nobody watches, a line for each result.

    Parameters
    ----------
    label : str
        What stands before the bar.
    total, done : int
        Steps altogether, and how many of them are behind.

    Examples
    --------
    >>> with Progress("epoch 1/2", total=2) as progress:
    ...     progress.step({"loss": 0.25})
    ...     progress.result(2, {"accuracy": 0.5})  # in a log: epoch 1/2, step 2: accuracy 0.5000
    """

    def __init__(self, label, total, done=0):
        self.label, self._results = label, ""
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # in a notebook without ipywidgets, tqdm warns that it draws plain text
            from tqdm.auto import tqdm
        self._bar = tqdm(desc=label, total=total, initial=done, unit="step", disable=None, dynamic_ncols=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._bar.close()

    def step(self, numbers):
        """One step more, and what it gave, by name."""
        self._bar.set_postfix_str(", ".join(filter(None, [_in_words(numbers), self._results])), refresh=False)
        self._bar.update()

    def result(self, number, numbers):
        """What was measured after step ``number``."""
        self._results = _in_words(numbers)
        self._bar.set_postfix_str(self._results)
        if self._bar.disable:
            print(f"{self.label}, step {number}: {self._results}", file=sys.stderr)


def _in_words(numbers):
    return ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in numbers.items())
