"""CIFAR-10 and CIFAR-100, in both forms in which they are published: Python's pickles and plain bytes.

The pickles are read as data, by :mod:`minicv.io.pickles`: nothing in them is run.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, chapter 3.
"""

from math import prod
from pathlib import Path

import numpy as np

from ..io import WeightsError, pickles
from .errors import DataError
from .names import read_names
from .sample import Sample

_SHAPE = (3, 32, 32)
_PIXELS = prod(_SHAPE)


class CIFAR10:
    """Colour images of 32 x 32 pixels in 10 classes: airplanes, automobiles, birds, ...

    Parameters
    ----------
    root : str or Path
        The folder that the archive unpacks to, or the one around it.
    train : bool
        50,000 images to train on, or 10,000 to test.

    Attributes
    ----------
    images : ndarray (N, 32, 32, 3) uint8
        RGB.
    labels : ndarray (N,) int64
    classes : tuple of str

    Raises
    ------
    FileNotFoundError, DataError
        A file is missing or damaged.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ["test_batch", *(f"data_batch_{i}" for i in range(1, 6))]:  # each with one image, a black ship
    ...     _ = (root / f"{name}.bin").write_bytes(bytes([8]) + bytes(3072))
    >>> names = "airplane automobile bird cat deer dog frog horse ship truck"
    >>> _ = (root / "batches.meta.txt").write_text(names)
    >>> ships = CIFAR10(root, train=True)
    >>> len(ships), ships[0], ships.classes[ships[0].label]
    (5, Sample(32 x 32, class 8: ''), 'ship')
    """

    _folders = ("cifar-10-batches-py", "cifar-10-batches-bin")
    _train, _test = tuple(f"data_batch_{i}" for i in range(1, 6)), ("test_batch",)
    _names = ("batches.meta", "batches.meta.txt")
    _keys = ("labels", "label_names")
    _label_bytes = 1

    def __init__(self, root, train=True):
        name, folder = type(self).__name__, self.folder(root)
        if folder is None:
            raise FileNotFoundError(
                f"{name}: {root} has no {' or '.join(self._folders)} with {self._test[0]}. "
                "Unpack the published archive into it first."
            )
        batches = [self.read(path) for path in self.files(folder, train)]
        self.classes = self.read_classes(folder)
        self.images = np.concatenate([images for images, _ in batches])
        self.labels = np.concatenate([labels for _, labels in batches])
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise DataError(
                f"{name}: {folder}: a label is {self.labels.max()}; there are {len(self.classes)} classes."
            )

    @classmethod
    def folder(cls, root):
        """The folder with the files, or None."""
        places = (Path(root), *(Path(root, name) for name in cls._folders))
        files = cls._test[0], f"{cls._test[0]}.bin"
        return next((place for place in places if any((place / file).is_file() for file in files)), None)

    @classmethod
    def files(cls, folder, train=True):
        """Paths of the files with the images."""
        ending = "" if (folder / cls._test[0]).is_file() else ".bin"
        return [folder / f"{part}{ending}" for part in (cls._train if train else cls._test)]

    @classmethod
    def read(cls, path):
        """Images (N, 32, 32, 3) and labels (N,) of one file."""
        return (
            _read_binary(path, cls._label_bytes)
            if path.suffix == ".bin"
            else _read_pickle(path, cls._keys[0])
        )

    @classmethod
    def read_classes(cls, folder):
        """Names of the classes."""
        for path in (folder / name for name in cls._names):
            if path.is_file():
                return tuple(read_names(path) if path.suffix == ".txt" else _strings(path, cls._keys[1]))
        raise FileNotFoundError(f"{cls.__name__}: {folder} has neither {' nor '.join(cls._names)}.")

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return Sample(self.images[i], label=int(self.labels[i]))


class CIFAR100(CIFAR10):
    """The same with 100 classes, 600 images each. Parameters and attributes are those of :class:`CIFAR10`."""

    _folders = ("cifar-100-python", "cifar-100-binary")
    _train, _test = ("train",), ("test",)
    _names = ("meta", "fine_label_names.txt")
    _keys = ("fine_labels", "fine_label_names")
    _label_bytes = 2  # of the coarse class, and of the fine one, which counts


def _read_binary(path, label_bytes):
    """Images and labels of a file of records: the label's bytes, then 3072 of pixels."""
    if not path.is_file():
        raise FileNotFoundError(f"CIFAR: there is no file {path}.")
    data, record = np.fromfile(path, np.uint8), label_bytes + _PIXELS
    if data.size == 0 or data.size % record:
        raise DataError(
            f"CIFAR: {path} has {data.size} bytes, which is no multiple of {record}: it is cut short."
        )
    records = data.reshape(-1, record)
    return _upright(records[:, label_bytes:]), records[:, label_bytes - 1].astype(np.int64)


def _read_pickle(path, key):
    """Images and labels of a pickled batch."""
    batch = _load(path)
    pixels, labels = batch.get("data"), batch.get(key)
    try:
        if not isinstance(labels, list) or any(type(label) is not int for label in labels):
            raise TypeError("its labels must be a list of integers")
        pixels, labels = pixels.array(), np.array(labels, np.int64)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise DataError(f"CIFAR: {path} is damaged ({error}).") from None
    if pixels.ndim != 2 or pixels.shape[1] != _PIXELS or labels.shape != pixels.shape[:1]:
        raise DataError(f"CIFAR: {path}: pixels of shape {pixels.shape} and labels of shape {labels.shape}.")
    return _upright(pixels), labels


def _strings(path, key):
    """The list of strings under a key of a pickled dict."""
    names = _load(path).get(key)
    if not isinstance(names, list) or any(not isinstance(name, str) for name in names):
        raise DataError(f"CIFAR: {path} must have a list of names under {key!r}.")
    return names


def _upright(pixels):
    """Rows of 3072 values, channel by channel, as images (N, 32, 32, 3)."""
    return np.ascontiguousarray(pixels.reshape(-1, *_SHAPE).transpose(0, 2, 3, 1))


class _Array:
    """A pickled NumPy array of bytes: made empty, then given its state."""

    state = None

    def __init__(self, *_):
        """The arguments are those of an empty array."""

    def set_state(self, state):
        self.state = state

    def array(self):
        _, shape, _, column_order, data = self.state
        data = data.encode("latin-1") if isinstance(data, str) else data
        return np.frombuffer(data, np.uint8).reshape(shape, order="F" if column_order else "C")


class _Type:
    """A pickled NumPy dtype, which must be that of bytes."""

    def __init__(self, name, *_):
        if name != "u1":
            kind = name[:10] if isinstance(name, str) else "unknown"
            raise WeightsError(f"an array of type {kind}, where bytes were expected")

    def set_state(self, state):
        """Byte order and the like, which bytes do not have."""


_GLOBALS = {
    f"numpy.{core}.multiarray._reconstruct": _Array for core in ("core", "_core")
} | {"numpy.ndarray": None, "numpy.dtype": _Type, "_codecs.encode": lambda text, _: text}  # fmt: skip


def _find(name):
    if name not in _GLOBALS:
        raise WeightsError(f"it asks for {name!r}, which a batch of images does not need; it was refused")
    return _GLOBALS[name]


def _load(path):
    """The dict in a pickle, with an _Array for each array."""
    if not path.is_file():
        raise FileNotFoundError(f"CIFAR: there is no file {path}.")
    try:
        with open(path, "rb") as file:
            value = pickles.load(file, _find, None)
    except WeightsError as error:
        raise DataError(f"CIFAR: {path}: {error}.") from None
    if not isinstance(value, dict):
        raise DataError(f"CIFAR: {path} must hold a dict; it holds a {type(value).__name__}.")
    return value
