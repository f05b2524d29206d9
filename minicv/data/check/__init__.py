"""What is wrong with the files of a data set: every problem, each with the file, the line or record, and what it is.

The files are read by the readers' own functions, so that what passes here can be read there. A check is a list of
steps, most of them about one image, and the data loader runs them side by side: nothing is kept but the index.
"""

import os
from itertools import chain

from ..loader import DataLoader
from ..open import find
from . import arrays, coco, folder, voc
from .problem import Problem

__all__ = ["Problem", "check_dataset"]

_STEPS = {
    "MNIST": arrays.mnist,
    "CIFAR-10": arrays.cifar,
    "CIFAR-100": arrays.cifar,
    "PASCAL VOC": voc.steps,
    "COCO": coco.steps,
    "image folder": folder.steps,
}
_AT_ONCE = 8  # steps


class _Steps:
    """The steps as a data set, whose items are the problems that each finds."""

    def __init__(self, steps):
        self.steps = steps

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, i):
        return list(self.steps[i]())


def check_dataset(place):
    """Look for everything that is wrong with a data set.

    Parameters
    ----------
    place : str or Path
        As :func:`minicv.data.open_dataset` takes it; all parts are checked.

    Returns
    -------
    DataLoader
        Iterate over it once: each batch is a list of :class:`Problem`, most of them empty.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no data set, or it has no files.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> cat = Path(tempfile.mkdtemp(), "cat")
    >>> cat.mkdir()
    >>> _ = (cat / "1.png").write_bytes(b"no picture")
    >>> [[problem]] = check_dataset(cat.parent)
    >>> Path(problem.path).name, problem.what
    ('1.png', 'is not an image that Pillow can read')
    """
    found = find(place)
    if found.form not in _STEPS:
        raise ValueError(f"data check: {place} has no files of its own that could be damaged.")
    steps = _STEPS[found.form](found)
    return DataLoader(_Steps(steps), _AT_ONCE, num_workers=os.cpu_count() or 1, collate_fn=_joined)


def _joined(problems):
    return list(chain.from_iterable(problems))
