"""MNIST, and everything else in its format: numbers with a header of a few bytes, in one file.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

import gzip
import os
import zlib
from math import prod
from pathlib import Path

import numpy as np

from ..errors import DTypeError, sentence
from .errors import DataError
from .sample import Sample

FILES = "{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"
_KINDS = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class MNIST:
    """Handwritten digits of 28 x 28 pixels: 60,000 to train on and 10,000 to test.

    Fashion-MNIST and KMNIST have the same files.

    Parameters
    ----------
    root : str or Path
        Folder with ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same for ``t10k``, each of them
        as it is or with ``.gz``; or a folder in which they lie under ``MNIST/raw``.
    train : bool

    Attributes
    ----------
    images : ndarray (N, 28, 28) uint8
        The ink is bright.
    labels : ndarray (N,) int64
    classes : tuple of str

    Raises
    ------
    FileNotFoundError, DataError
        A file is missing, damaged, or does not fit the other.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> write_idx(root / "train-images-idx3-ubyte.gz", np.zeros((2, 28, 28), np.uint8))
    >>> write_idx(root / "train-labels-idx1-ubyte.gz", np.array([7, 3], np.uint8))
    >>> digits = MNIST(root)
    >>> len(digits), digits[0]
    (2, Sample(28 x 28, class 7: ''))
    """

    classes = tuple("0123456789")

    def __init__(self, root, train=True):
        folder = self.folder(root, train) or root
        self.images, self.labels = (
            read_idx(find_file(folder, name.format("train" if train else "t10k"))) for name in FILES
        )
        if self.images.ndim != 3 or self.images.dtype != np.uint8 or self.labels.shape != (len(self.images),):
            raise DataError(
                f"MNIST: {folder}: the images are {self.images.shape} {self.images.dtype} and the labels "
                f"{self.labels.shape}; they must be (N, height, width) uint8 and (N,)."
            )
        self.labels = self.labels.astype(np.int64)

    @staticmethod
    def folder(root, train=True):
        """The folder with the images of that part, or None."""
        name = FILES[0].format("train" if train else "t10k")
        return next((f for f in (Path(root), Path(root, "MNIST/raw")) if _find(f, name)), None)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return Sample(np.repeat(self.images[i][..., None], 3, axis=2), label=int(self.labels[i]))


def _find(folder, name):
    """The file of that name, packed or not, or None."""
    return next((path for path in (Path(folder, name), Path(folder, f"{name}.gz")) if path.is_file()), None)


def find_file(folder, name):
    """The file of that name, packed or not; a FileNotFoundError where there is none."""
    path = _find(folder, name)
    if path is None:
        raise FileNotFoundError(
            f"MNIST: {folder} has neither {name} nor {name}.gz. Download the four files of the data set into it first."
        )
    return path


def read_idx(path):
    """Read an array from a file in the IDX format, packed with gzip or not.

    Two zero bytes, a byte for the type, one for the number of axes, the length of each as a big-endian 32-bit integer,
    and the numbers, big-endian, in raster order.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray

    Raises
    ------
    DataError
        The file is no such file, is cut short, or goes on after its end.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "pair.idx")
    >>> write_idx(path, np.array([[1, 2]], np.uint8))
    >>> read_idx(path)
    array([[1, 2]], dtype=uint8)
    """
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        # Deflate makes at most 1032 bytes of one; a header that claims more is wrong.
        room = os.fstat(raw.fileno()).st_size * (1032 if packed else 1)
        try:
            with gzip.open(raw) if packed else raw as file:
                return _read_idx(file, room)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise DataError(f"read_idx: {path} is damaged: {error}.") from None


def _read_idx(file, room):
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _KINDS:
        raise ValueError(f"it begins with {head!r}, which is not the IDX format")
    dtype, axes = np.dtype(_KINDS[head[2]]), head[3]
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError("it ends in its header")
    shape = tuple(np.frombuffer(lengths, ">i4").tolist())
    size = prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or axes > 32 or size > room:
        raise ValueError(f"its header says {shape}, which is more than it holds")
    data = file.read(size)
    if len(data) < size or file.read(1):
        raise ValueError(f"its header says {size} bytes; it has {'more' if len(data) == size else len(data)}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def write_idx(path, array):
    """Write an array in the IDX format: see :func:`read_idx`.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.gz`` is packed.
    array : ndarray
        Of uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    DTypeError
        The format does not have the dtype.
    """
    code = next(
        (code for code, kind in _KINDS.items() if np.dtype(kind) == array.dtype.newbyteorder(">")), None
    )
    if code is None:
        raise DTypeError(
            sentence("write_idx", "array", "of uint8, int8, int16, int32, float32 or float64", array.dtype)
        )
    head = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    with gzip.open(path, "wb") if str(path).endswith(".gz") else open(path, "wb") as file:
        file.write(head + array.astype(_KINDS[code]).tobytes())
