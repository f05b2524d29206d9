"""Nested states there and back; a checkpoint that is never half written."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minicv.io import WeightsError, load_tree, save_tree

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**130), 2**130)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | arrays(np.float32, array_shapes(min_dims=0, min_side=0, max_side=3))
)
trees = st.dictionaries(
    st.text(max_size=3) | st.integers(),
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def assert_equal(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_equal(x, y)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


@given(tree=trees)
def test_there_and_back(tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("tree") / "state"
    save_tree(tree, path)
    assert_equal(load_tree(path), tree)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": {"b": {1, 2}}}, "what stands at a.b is a set"),
        ({"a": [1, object()]}, "what stands at a.1 is a object"),
        ({(1, 2): 3}, r"a key at the top must be a string or an integer; got \(1, 2\)"),
        ({"a": np.float32(1)}, "is a float32"),
    ],
)
def test_what_has_no_form(tree, message, tmp_path):
    with pytest.raises(TypeError, match=message):
        save_tree(tree, tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_other_files(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(FileNotFoundError):
        load_tree(path)
    path.write_bytes(b"no safetensors")
    with pytest.raises(WeightsError, match="damaged"):
        load_tree(path)
    safetensors.numpy.save_file({"a": np.ones(2)}, path)
    with pytest.raises(WeightsError, match="no checkpoint of minicv"):
        load_tree(path)
    for text in ("[", '["array", "b"]', '["what", []]', '["dict", [1]]', "3", '["list", []]', "[" * 10**5):
        safetensors.numpy.save_file({"a": np.ones(2)}, path, {"minicv": text})
        with pytest.raises(WeightsError, match="damaged"):
            load_tree(path)
    safetensors.numpy.save_file(
        {"a": np.ones(2)}, path, {"minicv": json.dumps(["dict", [["x", ["array", "a"]]]])}
    )
    assert load_tree(path)["x"].tolist() == [1, 1]


@given(data=st.data())
def test_damaged_files(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("tree") / "state"
    save_tree({"a": np.arange(3), "b": [1, "x"]}, path)
    damaged = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=3)):
        damaged[at] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(0, len(damaged))) :]
    path.write_bytes(damaged)
    try:
        load_tree(path)
    except WeightsError as error:
        assert str(path) in str(error)


ENDLESS = """
import sys
import numpy as np
from minicv.io import save_tree
n = 0
while True:
    save_tree({"n": n, "a": np.full(300_000, n)}, sys.argv[1])
    n += 1
"""


@pytest.mark.slow
def test_killed_while_saving(tmp_path):
    """Ten processes that do nothing but save are killed at any moment: what is there can always be read."""
    path = tmp_path / "state"
    rng, before = np.random.default_rng(), -1
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)])
        start = time.time()
        while not path.exists() and time.time() - start < 60:
            time.sleep(0.01)
        time.sleep(0.5 + rng.uniform(0, 0.1))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        tree = load_tree(path)
        assert (tree["a"] == tree["n"]).all()
        before = max(before, tree["n"])
    assert before > 0
