"""Weights come back as they were saved; a file that is damaged or hostile is refused, and nothing is run."""

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minicv import nn
from minicv.io import WeightsError, load_weights, pickles, save_weights
from tests.io.torch_writer import LAUGHS, MAGIC, PROTOCOL, call, in_a_row, literal, mapping, tensor, zipped

KINDS = [np.bool_, np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
KINDS += [np.float16, np.float32, np.float64]
SIX = np.arange(6, dtype="<f4")


@pytest.fixture
def load(tmp_path):
    """Write bytes to a file and load it."""

    def load(data):
        path = tmp_path / "weights"
        path.write_bytes(data)
        return load_weights(path)

    return load


weights = st.dictionaries(
    st.text("abc.", min_size=1),
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_side=3))
    ),
    max_size=4,
)


@given(state=weights)
def test_there_and_back(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("io") / "w.safetensors"
    save_weights({name: np.array(value, order="F") for name, value in state.items()}, path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert_same(load_weights(path), state)
    np.savez(path, **{f"x{name}": value for name, value in state.items()})
    assert_same(load_weights(f"{path}.npz"), {f"x{name}": value for name, value in state.items()})


def assert_same(got, wanted):
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        assert (got[name].dtype, got[name].shape) == (value.dtype, value.shape)
        np.testing.assert_array_equal(got[name], value)


def test_a_model_there_and_back(tmp_path):
    a, b = (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)) for _ in range(2))
    save_weights(a.state_dict(), tmp_path / "w")
    b.load_state_dict(load_weights(tmp_path / "w"))
    assert_same(b.state_dict(), a.state_dict())


PROGRAM = mapping(
    {
        "rows": tensor("Float", "0", 6, (2, 3)),
        "columns": tensor("Float", "0", 6, (3, 2), (1, 3)),
        "last": tensor("Float", "0", 6, (), (), offset=5),
        "none": tensor("Float", "0", 6, (0, 4)),
        "again": tensor("Float", "0", 6, (4,), (0,), offset=2),
    }
)
WANTED = {
    "rows": SIX.reshape(2, 3),
    "columns": SIX.reshape(2, 3).T,
    "last": SIX[5],
    "none": np.empty((0, 4), np.float32),
    "again": np.full(4, 2, np.float32),
}


@pytest.mark.parametrize("write", [zipped, in_a_row])
def test_views_of_a_storage(load, write):
    state = load(write(PROGRAM, {"0": SIX.tobytes()}))
    assert_same(state, WANTED)
    state["rows"][0, 1] = 7
    assert state["columns"][1, 0] == 7  # shared, as in the file


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("Double", "f8"),
        ("Half", "f2"),
        ("Byte", "u1"),
        ("Char", "i1"),
        ("Short", "i2"),
        ("Int", "i4"),
        ("Long", "i8"),
    ],
)
def test_other_types(load, kind, dtype):
    values = np.array([1, 2, 100]).astype(f"<{dtype}")
    assert_same(
        load(zipped(mapping({"x": tensor(kind, "k", 3, (3,))}), {"k": values.tobytes()})), {"x": values}
    )


def test_brain_floats_are_widened(load):
    bits = np.array([0x3F80, 0xC040, 0x7F80, 0x7FC0], "<u2")
    wanted = {"x": np.array([1, -3, np.inf, np.nan], np.float32)}
    assert_same(load(zipped(mapping({"x": tensor("BFloat16", "0", 4, (4,))}), {"0": bits.tobytes()})), wanted)
    header = b'{"x":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}'
    assert_same(load(struct.pack("<Q", len(header)) + header + bits.tobytes()), wanted)


def test_a_checkpoint_and_a_parameter(load):
    parameter = call(
        "torch._utils._rebuild_parameter", tensor("Float", "0", 6, (6,)), literal(True), literal(None)
    )
    state = mapping({"w": parameter}) + literal({"_metadata": {}}) + b"b"
    for name in ("state_dict", "model", "model_state_dict"):
        program = mapping({"epoch": literal(3), name: state})
        assert_same(load(zipped(program, {"0": SIX.tobytes()})), {"w": SIX})


def test_nothing_is_run(load, tmp_path):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return open, (str(witness), "w")

    attack = pickle.dumps({"w": Hostile()}, 2)[2:-1]
    for data in (zipped(attack, {}), in_a_row(attack, {})):
        with pytest.raises(WeightsError, match=r"'io.open'.*refused, and nothing was run"):
            load(data)
    np.savez(tmp_path / "w.npz", x=np.array([Hostile()], object))
    witness.unlink(missing_ok=True)
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(tmp_path / "w.npz")
    assert not witness.exists()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (mapping({"x": tensor("Float", "0", 6, (7,))}), "beyond the end"),
        (mapping({"x": tensor("Float", "0", 6, (2, 3), (3, 2))}), "beyond the end"),
        (mapping({"x": tensor("Float", "0", 6, (2, 3), (-3, 1))}), "from 0 on"),
        (mapping({"x": tensor("Float", "0", 6, (1,), (1,), offset=-1)}), "from 0 on"),
        (mapping({"x": tensor("Float", "0", 6, (10**6, 10**6), (0, 0))}), "storage of 6 numbers"),
        (mapping({"x": tensor("Float", "0", 10**12, (10**12,))}), "has 24 bytes"),
        (mapping({"x": tensor("Float", "1", 6, (6,))}), "'1' is missing"),
        (mapping({"x": tensor("Quaternion", "0", 6, (6,))}), "'torch.QuaternionStorage'"),
        (literal([1, 2]), "it holds list"),
        (mapping({"optimizer": literal(1)}), r"it holds \['optimizer'\]"),
        (call("posix.system", literal("true")), "'posix.system'"),
        (call("torch._utils._rebuild_tensor_v2", *map(literal, (1, 0, (1,), (1,)))), "storage is missing"),
        (b"\x8c\x02os" + b"\x8c\x06system" + b"\x93", "'os.system'"),
        (b"(tX\xff\xff\xff\x7f", "damaged"),
        (b"i__main__\nX\n", "INST"),
        (b"t", "damaged"),
        (b"}" + LAUGHS + b"K\x01s", "as a name or key"),
        (literal("x") + LAUGHS + b"\x93", "as a name or key"),
        (LAUGHS + b"Q", "."),
    ],
)
def test_hostile_pickles(load, program, message):
    with pytest.raises(WeightsError, match=message):
        load(zipped(program, {"0": SIX.tobytes()}))


def test_compressed_parts_are_refused(load):
    with pytest.raises(WeightsError, match="compressed"):
        load(zipped(PROGRAM, {"0": bytes(10**6)}, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    "heads",
    [
        [MAGIC, PROTOCOL, 3],
        [MAGIC, PROTOCOL, {"little_endian": False}],
        [MAGIC, 1000, {"little_endian": True}],
    ],
)
def test_older_files_of_another_version(load, heads):
    with pytest.raises(WeightsError, match="version"):
        load(b"".join(pickle.dumps(value, 2) for value in heads))


@pytest.mark.parametrize("keys", [b"](" + LAUGHS + b"e.", pickle.dumps(["1"], 2)])
def test_older_files_with_other_storages(load, keys):
    data = in_a_row(PROGRAM, {"0": SIX.tobytes()})
    data = data.replace(pickle.dumps(["0"], 2), b"\x80\x02" + keys)
    with pytest.raises(WeightsError, match="storage that no tensor uses"):
        load(data)


def test_no_more_is_asked_of_a_file_than_it_has(tmp_path):
    """Python takes memory for what is asked before it looks what is there."""

    class Asked(io.BytesIO):
        def read(self, length):
            assert length <= len(self.getvalue())
            return super().read(length)

    with pytest.raises(WeightsError, match="only 2 remain"):
        pickles.load(Asked(b"\x80\x02X\xff\xff\xff\x7fx."), None, None)


def test_shapes_are_not_multiplied(load):
    """A list of ten thousand numbers that is made a tuple a thousand times would take eighty megabytes."""
    first = literal([1] * 10**4) + b"q\xffctorch\nSize\nq\xfe"
    data = zipped(b"](" + first + 10**3 * b"h\xfeh\xff\x85R" + b"e", {})
    tracemalloc.start()
    with pytest.raises(WeightsError, match="it holds list"):
        load(data)
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()


def npy(header, data=b""):
    """Bytes of an .npz with one array, whose header is the text given."""
    file = io.BytesIO()
    head = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", head + data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("dtype", "shape", "message"),
    [
        ("'<f4'", "(1000000000000,)", "damaged"),
        ("'<f4'", "(-1,)", "do harm"),
        ("'|O'", "(1,)", "do harm"),
        ("'<f4'", "((1,)", "header"),
        ("'<f4'", "(1, 2)", "damaged"),
        ("'<f4", "(1,)", "damaged|header"),
    ],
)
def test_headers_of_an_npz(load, dtype, shape, message):
    text = "{'descr': %s, 'fortran_order': False, 'shape': %s, }\n"
    assert load(npy(text % ("'<f4'", "(1,)"), SIX[1:2].tobytes()))["x"].tolist() == [1]
    with pytest.raises(WeightsError, match=message):
        load(npy(text % (dtype, shape), SIX[1:2].tobytes()))


def test_an_npz_that_is_damaged_or_packed_in_another_way(load):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", b"x")
    with pytest.raises(WeightsError, match="compressed in a way"):
        load(file.getvalue())
    file = io.BytesIO()
    np.savez_compressed(file, x=SIX)
    data = bytearray(file.getvalue())
    sized = bytearray(data)
    data[60:63] = b"\xff\xff\xff"
    with pytest.raises(WeightsError, match="damaged"):
        load(bytes(data))
    at = sized.index(b"PK\1\2") + 20  # the packed size, in the list of contents
    sized[at : at + 4] = b"\xff\xff\xff\x3f"
    with pytest.raises(WeightsError, match="parts claim to be larger"):
        load(bytes(sized))


def test_an_npz_that_swells_is_refused(load):
    file = io.BytesIO()
    np.savez_compressed(file, x=np.zeros(2**25, np.uint8))
    with pytest.raises(WeightsError, match="hundred times"):
        load(file.getvalue())


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"\x80\x02", b"hello world, no weights", pickle.dumps({"x": 1}, 2)]
)
def test_other_files(load, data):
    with pytest.raises(WeightsError, match=r"damaged|neither"):
        load(data)


header = b'{"x":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}'
npz = io.BytesIO()
np.savez(npz, x=SIX)
FILES = [
    zipped(PROGRAM, {"0": SIX.tobytes()}),
    in_a_row(PROGRAM, {"0": SIX.tobytes()}),
    struct.pack("<Q", len(header)) + header + SIX.tobytes(),
    npz.getvalue(),
]


@given(data=st.data(), original=st.sampled_from(FILES))
def test_damaged_files(data, original, tmp_path_factory):
    """Whatever bytes are changed or cut off: the weights come back, or a WeightsError."""
    damaged = bytearray(original)
    for at in data.draw(st.lists(st.integers(0, len(original) - 1), max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.just(len(original)) | st.integers(0, len(original))) :]
    path = tmp_path_factory.mktemp("io") / "w"
    path.write_bytes(damaged)
    try:
        state = load_weights(path)
    except WeightsError as error:
        assert str(error).startswith(f"load_weights: {path}: ")
    else:
        assert sum(value.size for value in state.values()) < 2**17


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({1: SIX}, "names must be strings; got 1"),
        ({"x": [1.0]}, "x must be a NumPy array; got list"),
        ({"x": np.array([1j])}, "x must be of real numbers or booleans; got complex128"),
        ({"x": np.array(["a"])}, "real numbers"),
    ],
)
def test_what_cannot_be_saved(tmp_path, state, message):
    with pytest.raises(TypeError, match=message):
        save_weights({"fine": SIX, **state}, tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "w"
    save_weights({"x": SIX}, path)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        save_weights({"x": SIX + 1}, path)
    monkeypatch.undo()
    assert_same(load_weights(path), {"x": SIX})
    assert [p.name for p in tmp_path.iterdir()] == ["w"]
