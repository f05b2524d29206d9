"""Files as ``torch.save`` writes them, put together here by hand: PyTorch need not be installed."""

import io
import pickle
import struct
import zipfile
from math import prod

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
SYSTEM = {
    "protocol_version": PROTOCOL,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def literal(value):
    """Instructions that push a plain value."""
    return pickle.dumps(value, 2)[2:-1]


# A tuple of twice the tuple before, sixty times over: its text and its hash take 2^60 steps.
LAUGHS = literal("x") + 60 * b"q\x00h\x00\x86"


def call(name, *arguments):
    """Instructions that push the result of calling a global with arguments, which are instructions."""
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode() + b"(" + b"".join(arguments) + b"tR"


def tensor(kind, key, count, shape, strides=None, offset=0, old=False):
    """Instructions that push a tensor: a view of the storage ``key``, which holds ``count`` numbers."""
    if strides is None:
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    identity = literal("storage") + f"ctorch\n{kind}Storage\n".encode()
    identity += literal(key) + literal("cpu") + literal(count) + (literal(None) if old else b"")
    rest = map(literal, (offset, tuple(shape), tuple(strides), False))
    return call(
        "torch._utils._rebuild_tensor_v2", b"(" + identity + b"tQ", *rest, call("collections.OrderedDict")
    )


def mapping(items, name="collections.OrderedDict"):
    """Instructions that push an OrderedDict of names to instructions."""
    pairs = b"".join(literal(key) + value for key, value in items.items())
    return call(name) + b"(" + pairs + b"u"


def zipped(program, storages, compression=zipfile.ZIP_STORED):
    """Bytes of a zip archive with the pickle that runs ``program``, and the bytes of each storage."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + program + b".")
        archive.writestr("archive/byteorder", "little")
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def in_a_row(program, storages, itemsize=4):
    """Bytes of an older file: pickles in a row, then the storages."""
    heads = [pickle.dumps(value, 2) for value in (MAGIC, PROTOCOL, SYSTEM)]
    tail = [struct.pack("<q", len(data) // itemsize) + data for data in storages.values()]
    return b"".join([*heads, b"\x80\x02" + program + b".", pickle.dumps(list(storages), 2), *tail])
