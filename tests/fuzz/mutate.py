"""Files changed at random, and by layers: inside a zip, a gzip, a PNG or a JSON text as well as outside.

A byte changed in a compressed or checksummed file is noticed by the checksum, and what lies behind it is never tried.
So half of the time the file is opened, changed inside, and closed again with the right lengths and checksums.
"""

import binascii
import gzip
import io
import json
import re
import struct
import zipfile

NUMBERS = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 10**6, 10**9]
NUMBERS += [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**64 - 1]
WORDS = [b"-1", b"0", b"1e999", b"NaN", b"1e9", b"-1e30", b"0.5", b"9" * 30, b"99999", b"", b"null", b"true"]
WORDS += [b'""', b"[]", b"{}", b"\xff\xfe", b"\0", b"../../x", b"<", b"&a;", b"<!DOCTYPE a>", b"% =\n[a]"]
VALUES = [
    None,
    True,
    -1,
    0,
    1,
    0.5,
    1e9,
    -1e9,
    1e308,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "a\0b",
    "..",
    "-1",
]
VALUES += [[], {}, [[]], [0], "x" * 1000, {"counts": "0" * 40, "size": [4, 6]}, [10**6, 10**6]]
PNG = b"\x89PNG\r\n\x1a\n"


def mutated(data, others, rng):
    """Return ``data`` with a few changes; parts of ``others`` may be put into it.

    Parameters
    ----------
    data : bytes
    others : list of bytes
    rng : random.Random
    """
    if rng.random() < 0.6:
        for fits, change in LAYERS:
            if fits(data):
                try:
                    return change(data, others, rng)
                except Exception:  # it is too damaged to be opened
                    break
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        rng.choice(CHANGES)(data, others, rng)
    return bytes(data[: 2**18])


# Bytes


def _span(data, rng, longest=64):
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randrange(1, longest))


def _flip(data, others, rng):
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data, others, rng):
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _insert(data, others, rng):
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randrange(1, 16))


def _delete(data, others, rng):
    start, end = _span(data, rng)
    del data[start:end]


def _repeat(data, others, rng):
    start, end = _span(data, rng)
    data[start:start] = data[start:end] * rng.choice([1, 2, 10, 1000])


def _cut(data, others, rng):
    del data[rng.randrange(len(data) + 1) :]


def _splice(data, others, rng):
    other = rng.choice(others)
    start, end = _span(other, rng, 256)
    at, until = _span(data, rng)
    data[at : rng.choice([at, until])] = other[start:end]


def _number(data, others, rng):
    code = rng.choice(["<B", "<H", ">H", "<I", ">I", "<Q", ">Q"])
    size = struct.calcsize(code)
    at = rng.randrange(len(data) + 1)
    data[at : at + size] = struct.pack(code, rng.choice(NUMBERS) % 256**size)


def _word(data, others, rng):
    """Put a word in the place of a number in a text, or anywhere."""
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?|\w+", bytes(data)))
    start, end = rng.choice(found).span() if found and rng.random() < 0.8 else _span(data, rng, 2)
    data[start:end] = rng.choice(WORDS)


CHANGES = [_flip, _set, _insert, _delete, _repeat, _cut, _splice, _number, _number, _word, _word]


# Layers


def _in_zip(data, others, rng):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    chosen = rng.randrange(len(entries))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i, (entry, content) in enumerate(entries):
            content = mutated(content, others, rng) if i == chosen else content
            archive.writestr(
                zipfile.ZipInfo(entry.filename), content, entry.compress_type
            )  # without the time
    return file.getvalue()


def _in_gzip(data, others, rng):
    return gzip.compress(mutated(gzip.decompress(data), others, rng), 1, mtime=0)


def _in_json(data, others, rng):
    tree = [json.loads(data)]
    for _ in range(rng.choice([1, 1, 2, 4])):
        _change_node(tree, others, rng)
    return json.dumps(tree[0]).encode()


def _change_node(tree, others, rng):
    """Replace, remove or copy a value somewhere in nested lists and dicts."""
    places = [(tree, 0)]
    for node, key in places:
        if isinstance(node[key], dict | list):
            places += [
                (node[key], k) for k in (node[key] if isinstance(node[key], dict) else range(len(node[key])))
            ]
    node, key = rng.choice(places)
    action = rng.randrange(6)
    if action == 0 and node is not tree:
        del node[key]
    elif action < 5 and isinstance(node[key], str) and node[key][:1] in ("[", "{"):  # JSON in JSON
        node[key] = _in_json(node[key].encode(), others, rng).decode()
    elif action == 1:
        other, at = rng.choice(places)
        node[key] = json.loads(json.dumps(other[at]))
    elif action == 2 and isinstance(node[key], int | float) and not isinstance(node[key], bool):
        node[key] = rng.choice([-node[key], node[key] + 1, node[key] * 1000, node[key] + 0.5, str(node[key])])
    else:
        node[key] = rng.choice(VALUES)


def _in_png(data, others, rng):
    """Change the content of a chunk, or the order of chunks, and state the right lengths and checksums."""
    chunks, at = [], len(PNG)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    chosen = rng.randrange(len(chunks))
    kind, content = chunks[chosen]
    chunks[chosen] = (kind, mutated(content, others, rng))
    if rng.random() < 0.1:
        rng.shuffle(chunks)
    return PNG + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", binascii.crc32(kind + content))
        for kind, content in chunks
    )


def _in_safetensors(data, others, rng):
    """Change the JSON at the head, and state its right length."""
    (length,) = struct.unpack_from("<Q", data)
    header = mutated(data[8 : 8 + length].strip(), others, rng)
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


LAYERS = [
    (lambda data: data[:2] == b"PK", _in_zip),
    (lambda data: data[:2] == b"\x1f\x8b", _in_gzip),
    (lambda data: data[:8] == PNG, _in_png),
    (lambda data: data[8:9] == b"{", _in_safetensors),
    (lambda data: data[:1] in b"{[", _in_json),
]
