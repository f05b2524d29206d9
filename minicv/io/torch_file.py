"""Files of ``torch.save``, read without PyTorch: the zip archives of today and the older pickles in a row.

A tensor in such a file is a *view* of a storage: an offset, a shape and strides into a row of numbers, which
several tensors may share. In a zip archive the pickle ``data.pkl`` holds the views, and ``data/0``, ``data/1``,
... the storages. In an old file the storages follow the pickles.

Source: torch/serialization.py and torch/_utils.py of PyTorch.
"""

import io
import os
import pickletools
import zipfile
from functools import partial

import numpy as np

from . import pickles
from .bfloat16 import widen
from .errors import WeightsError

# Storage types by name; 2-byte brain floats are widened once they are read.
_BFLOAT16 = "BFloat16"
_DTYPES = {
    "Float": np.float32,
    "Double": np.float64,
    "Half": np.float16,
    _BFLOAT16: np.uint16,
    "Byte": np.uint8,
    "Char": np.int8,
    "Short": np.int16,
    "Int": np.int32,
    "Long": np.int64,
    "Bool": np.bool_,
}
_OLD_MAGIC = 0x1950A86A20F9469CFC6C
_OLD_PROTOCOL = 1001
_AXES = 64  # of an array, at most
_EXPANDED = 2**16  # elements that a tensor may have beyond those of its storage


class _Storage:
    """A row of numbers. ``load()`` makes them ``values``, of the bytes (a bytearray) that ``read(key)`` gives."""

    def __init__(self, key, kind, count, read):
        self.key, self.kind, self.count, self.read = key, kind, count, read

    def load(self):
        data = self.read(self.key)
        dtype = np.dtype(_DTYPES[self.kind]).newbyteorder("<")
        if len(data) != self.count * dtype.itemsize:
            raise WeightsError(
                f"a storage must hold {self.count} numbers of {dtype.itemsize} bytes; it has {len(data)} bytes"
            )
        values = np.frombuffer(data, dtype)
        native = dtype.newbyteorder("=")
        self.values = widen(values) if self.kind == _BFLOAT16 else values.astype(native, copy=False)


class _View:
    """A tensor before its numbers are read."""

    def __init__(self, storage, offset, shape, strides, *_):
        if not isinstance(storage, _Storage):
            raise WeightsError("a tensor's storage is missing")
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self):
        """The tensor as an array; tensors that share a storage share memory."""
        values = self.storage.values
        numbers = (self.offset, *self.shape, *self.strides)
        if len(numbers) > 2 * _AXES or any(type(n) is not int or not 0 <= n < 2**63 for n in numbers):
            raise WeightsError("a tensor's offset, shape and strides must be integers from 0 on")
        size = 1
        for n in self.shape:
            size *= n
        if size > max(values.size, _EXPANDED):
            raise WeightsError(f"a tensor of shape {self.shape} looks at a storage of {values.size} numbers")
        strides = [stride * values.itemsize for stride in self.strides]
        try:
            return np.ndarray(self.shape, values.dtype, values, self.offset * values.itemsize, strides)
        except (ValueError, TypeError, OverflowError):
            raise WeightsError(
                f"a tensor of shape {self.shape} looks beyond the end of its storage"
            ) from None


def _find(name):
    """What a name in the pickle stands for: the closed list of what may be rebuilt."""
    module, _, last = name.rpartition(".")
    if module == "torch" and last.removesuffix("Storage") in _DTYPES and last.endswith("Storage"):
        return last.removesuffix("Storage")
    if name in _REBUILD:
        return _REBUILD[name]
    raise WeightsError(
        f"it asks for {name!r}, which is not among what a file of weights needs. It was refused, and nothing was run. "
        "If the file is yours, save model.state_dict() alone"
    )


_REBUILD = {
    "collections.OrderedDict": lambda: {},  # called without arguments; its items come one by one
    "torch.Size": lambda shape: tuple(shape[: _AXES + 1]),  # a view of more axes is refused
    "torch._utils._rebuild_tensor": _View,
    "torch._utils._rebuild_tensor_v2": _View,
    "torch._utils._rebuild_parameter": lambda view, requires_grad, hooks: view,
}


def _storage_of(identity, read):
    """The storage of a persistent id ("storage", type, key, device, count, ...); ``read(key)`` gives its bytes."""
    tag, kind, key, _, count, *_ = identity
    if tag != "storage" or type(kind) is not str or type(key) is not str or type(count) is not int:
        raise WeightsError("it refers to something outside its pickle that is no storage of numbers")
    return _Storage(key, kind, count, read)


def load_zip(file):
    """Value of a zip archive of ``torch.save``, with a :class:`_View` for each tensor.

    Parameters
    ----------
    file : binary file

    Raises
    ------
    WeightsError, and what zipfile and a wrong value raise
        The file is damaged or hostile.
    """
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if sum(entry.file_size for entry in entries.values()) > _size(file):
            raise WeightsError("its parts claim to be larger than the file")
        (pickled,) = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
        folder = pickled.removesuffix("data.pkl")
        if f"{folder}byteorder" in entries and _stored(archive, entries[f"{folder}byteorder"]) != b"little":
            raise WeightsError("it was written on a big-endian machine, which is not supported")
        storages = {}

        def read(key):
            if f"{folder}data/{key}" not in entries:
                raise WeightsError(f"its storage {key!r} is missing")
            return _stored(archive, entries[f"{folder}data/{key}"])

        def persistent(identity):
            storage = _storage_of(identity, read)
            return storages.setdefault(storage.key, storage)

        value = pickles.load(io.BytesIO(_stored(archive, entries[pickled])), _find, persistent)
        for storage in storages.values():
            storage.load()  # while the archive is open
        return value


def _stored(archive, entry):
    """Bytes of an entry. ``torch.save`` compresses nothing, and what is not compressed cannot swell."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise WeightsError(f"its part {entry.filename!r} is compressed, which torch.save never does")
    with archive.open(entry) as stream:
        return bytearray(stream.read())


def _size(file):
    return os.fstat(file.fileno()).st_size


def is_old(file):
    """Whether the file begins as the older files of ``torch.save`` do: with a pickled magic number."""
    try:
        numbers = [argument for instruction, argument, _ in pickletools.genops(file.read(32)) if argument]
    except ValueError:
        return False
    return _OLD_MAGIC in numbers


def load_old(file):
    """Value of an older file of ``torch.save``: pickles in a row, then the storages.

    Parameters and errors are those of :func:`load_zip`.
    """
    plain = partial(pickles.load, file, _find, None)
    magic, protocol, system = plain(), plain(), plain()
    known = magic == _OLD_MAGIC and protocol == _OLD_PROTOCOL and isinstance(system, dict)
    if not known or not system.get("little_endian"):
        raise WeightsError("it is of a version of torch.save that is not supported")
    storages, contents = {}, {}

    def persistent(identity):
        storage = _storage_of(identity, contents.__getitem__)
        if len(identity) > 5 and identity[5] is not None:
            raise WeightsError("its storages are views of each other, as PyTorch 0.1 wrote them")
        return storages.setdefault(storage.key, storage)

    value = pickles.load(file, _find, persistent)
    for key in plain():
        if type(key) is not str or key not in storages:
            raise WeightsError("it has a storage that no tensor uses")
        count = int.from_bytes(file.read(8), "little")
        length = count * np.dtype(_DTYPES[storages[key].kind]).itemsize
        if length > _size(file) - file.tell():
            raise WeightsError(f"it ends in the middle of the storage {key!r}")
        contents[key] = bytearray(file.read(length))
    if contents.keys() != storages.keys():
        raise WeightsError("some of its storages are missing")
    for storage in storages.values():
        storage.load()
    return value
