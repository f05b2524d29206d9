"""``load_weights`` and ``save_weights``: a dict of names to arrays, in a file.

What a file is, is seen from its first bytes, not from its name.
"""

import io
import os
import secrets
import tokenize
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import safetensors.numpy

from . import torch_file
from .bfloat16 import widen
from .errors import WeightsError

_SAFE = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "I16": np.int16,
    "U32": np.uint32,
    "I32": np.int32,
    "U64": np.uint64,
    "I64": np.int64,
    "F16": np.float16,
    "F32": np.float32,
    "F64": np.float64,
}

# Names under which checkpoints keep the weights beside other things.
_NESTED = ("state_dict", "model", "model_state_dict")

_NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_SWELL = 64  # how much larger than its file an .npz may become
_SLACK = 2**24  # bytes


def load_weights(path):
    """Read a file of weights: safetensors, PyTorch's ``.pth`` or ``.pt`` (new and old), or NumPy's ``.npz``.

    PyTorch is not needed, and no code from the file is ever run: a pickle is read as data, and a name in it
    that is not on a short list is refused.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to ndarray
        bfloat16 becomes float32, which holds every such number exactly; every other type
        stays. Where a checkpoint keeps the weights under "state_dict", "model" or "model_state_dict", these
        are what is returned. Tensors that share memory in the file share it in the result.

    Raises
    ------
    WeightsError
        The file is damaged or cut short, asks for something other than tensors, or is of no known kind.
    OSError
        It cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save_weights({"scale": np.ones(2, np.float32)}, path)
    >>> load_weights(path)
    {'scale': array([1., 1.], dtype=float32)}
    """
    try:
        with open(path, "rb") as file:
            return _named_arrays(_read(file))
    except WeightsError as error:
        raise WeightsError(f"load_weights: {path}: {error}.") from None
    except MemoryError:
        raise WeightsError(f"load_weights: {path}: it claims to hold more than fits into memory.") from None


def _read(file):
    """Value of a file of any kind."""
    head = file.read(9)
    file.seek(0)
    try:
        if head[:2] == b"PK":
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
            return (
                torch_file.load_zip(file) if any(n.endswith("data.pkl") for n in names) else _read_npz(file)
            )
        if head[8:9] == b"{":
            return _read_safetensors(file)
        if head[:1] == b"\x80":
            old = torch_file.is_old(file)
            file.seek(0)
            if old:
                return torch_file.load_old(file)
    except WeightsError:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        EOFError,
        OSError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise WeightsError(f"it is damaged ({error})") from None
    except zipfile.BadZipFile as error:
        raise WeightsError(f"it is damaged, or no file of weights ({error})") from None
    raise WeightsError("it is neither safetensors, nor written by torch.save, nor .npz")


def _read_safetensors(file):
    try:
        entries = safetensors.deserialize(file.read())
    except safetensors.SafetensorError as error:
        raise WeightsError(f"it is damaged ({error})") from None
    return {name: _safe_array(name, **entry) for name, entry in entries}


def _safe_array(name, dtype, shape, data):
    if dtype == "BF16":
        return widen(np.frombuffer(data, "<u2")).reshape(shape)
    if dtype not in _SAFE:
        raise WeightsError(f"{name!r} is of type {dtype}, which NumPy does not have")
    little = np.dtype(_SAFE[dtype]).newbyteorder("<")
    return np.frombuffer(data, little).astype(_SAFE[dtype], copy=False).reshape(shape)


def _read_npz(file):
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > _SWELL * size + _SLACK:
            raise WeightsError("unpacked it would be more than a hundred times larger than it is")
        if sum(entry.compress_size for entry in entries) > size:
            raise WeightsError("its parts claim to be larger than the file")
        if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
            raise WeightsError("a part is compressed in a way that NumPy does not use")
        return {entry.filename.removesuffix(".npy"): _npy_array(archive.read(entry)) for entry in entries}


def _npy_array(data):
    """The array in the bytes of an .npy file; memory is taken for what is there, whatever its header says."""
    file = io.BytesIO(data)
    read_header = _NPY_HEADERS.get(np.lib.format.read_magic(file))
    if read_header is None:
        raise WeightsError("an array has a version that is not supported")
    try:
        shape, columns_first, dtype = read_header(file)
    except (SyntaxError, tokenize.TokenError) as error:
        raise WeightsError(f"the header of an array is damaged ({error})") from None
    if dtype.hasobject or min(shape, default=0) < 0:
        raise WeightsError(f"it is damaged, or made to do harm (an array {shape} of {dtype})")
    values = np.frombuffer(bytearray(data[file.tell() :]), dtype)
    return values.reshape(shape, order="F" if columns_first else "C")


def _named_arrays(value):
    """The names and arrays of what a file holds."""
    value = next(
        (value[key] for key in _NESTED if isinstance(value, dict) and _is_state(value.get(key))), value
    )
    if not _is_state(value):
        held = sorted(map(str, value))[:8] if isinstance(value, dict) else type(value).__name__
        raise WeightsError(
            f"it must hold a dict of names and tensors, as state_dict() gives; it holds {held}"
        )
    try:
        return {name: v if isinstance(v, np.ndarray) else v.array() for name, v in value.items()}
    except (ValueError, TypeError, OverflowError) as error:
        raise WeightsError(str(error)) from None


def _is_state(value):
    return isinstance(value, dict) and all(
        isinstance(name, str) and (isinstance(v, np.ndarray) or hasattr(v, "array"))
        for name, v in value.items()
    )


def save_weights(weights, path, metadata=None):
    """Write weights as safetensors, which PyTorch and most other frameworks read.

    The file appears under its name when it is complete, so that none is ever half written.

    Parameters
    ----------
    weights : dict of str to ndarray
        As ``model.state_dict()`` gives it.
    path : str or Path
        By convention it ends in ``.safetensors``.
    metadata : dict of str to str, optional
        What else a reader should know, for :func:`load_metadata`.

    Raises
    ------
    TypeError
        A name is no string, a value is no array, or its dtype has no counterpart.

    Examples
    --------
    >>> import tempfile
    >>> from minicv import nn
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save_weights(nn.Linear(3, 2).state_dict(), path)
    >>> sorted(load_weights(path))
    ['bias', 'weight']
    """
    for name, value in weights.items():
        _check(name, value)
    # The package would write what is not in raster order as it lies in memory.
    in_order = {name: np.asarray(value, order="C") for name, value in weights.items()}
    with replacing(path) as file:
        file.write(safetensors.numpy.save(in_order, metadata))


def load_metadata(path):
    """Read what stands beside the weights in a safetensors file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to str
        Empty for a file of another kind.

    Raises
    ------
    OSError
        It cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save_weights({"scale": np.ones(2)}, path, {"model": "a scale"})
    >>> load_metadata(path)
    {'model': 'a scale'}
    """
    with open(path, "rb"):  # an OSError, if it cannot be read
        pass
    try:
        with safetensors.safe_open(path, "np") as file:
            return file.metadata() or {}
    except safetensors.SafetensorError:
        return {}


def _check(name, value):
    if not isinstance(name, str):
        raise TypeError(f"save_weights: names must be strings; got {name!r}.")
    if not isinstance(value, np.ndarray):
        raise TypeError(
            f"save_weights: {name} must be a NumPy array; got {type(value).__name__}. A Tensor's is x.numpy()."
        )
    if value.dtype.newbyteorder("=").type not in _SAFE.values():
        raise TypeError(f"save_weights: {name} must be of real numbers or booleans; got {value.dtype}.")


@contextmanager
def replacing(path):
    """Open a new file that takes the place of ``path`` when it is complete and on disk, and not before."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
