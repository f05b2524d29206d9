"""NumPy's functions on all cores give NumPy's bits, and leave its warnings to the caller."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.kernels.cpu import parallel
from minicv.testing.strategies import broadcastable_shapes
from tests.kernels.drawn import rngs

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum]
UNARY = [np.negative, np.exp, np.log, np.sqrt, np.abs]


@pytest.fixture(scope="module", autouse=True)
def shared():
    """Every array counts as large, and is shared out to three threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_MANY", 0)
        patch.setattr(parallel, "_SERIAL", 0)
        patch.setattr(parallel, "_threads", 3)
        yield


def assert_the_same(function, *arrays):
    before = [a.copy() for a in arrays]
    got, expected = kernels.elementwise(function, *arrays), function(*arrays)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got, expected)
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("function", BINARY)
@given(
    shapes=broadcastable_shapes(2, min_side=0),
    dtype=st.sampled_from([np.float32, np.float64, np.int64]),
    rng=rngs,
)
def test_two_operands(function, shapes, dtype, rng):
    a, b = ((4 * rng.random(shape) + 1).astype(dtype) for shape in shapes)
    assert_the_same(function, a, b)
    assert_the_same(function, a.T, a.T)


@pytest.mark.parametrize("function", UNARY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(n=st.integers(0, 5000), rng=rngs)
def test_one_operand(function, dtype, n, rng):
    assert_the_same(function, rng.random(n).astype(dtype))


def test_warnings_are_as_the_caller_wants_them_in_every_thread(monkeypatch):
    with ThreadPoolExecutor(1) as other:
        monkeypatch.setattr(parallel, "each", lambda function, items: list(other.map(function, items)))
        x = np.zeros(10)
        with np.errstate(divide="ignore"):
            assert (kernels.elementwise(np.log, x) == -np.inf).all()
        with pytest.raises(FloatingPointError), np.errstate(divide="raise"):
            kernels.elementwise(np.log, x)


def test_the_work_is_shared(monkeypatch):
    lengths = []
    monkeypatch.setattr(parallel, "parts", lambda rows: lengths.append(rows) or [slice(0, 1), slice(1, rows)])
    kernels.elementwise(np.add, np.ones((4, 5)), np.ones((4, 5)))
    kernels.elementwise(np.add, np.ones((4, 5)), np.ones(5))
    with kernels.use("reference"):
        kernels.elementwise(np.add, np.ones((4, 5)), np.ones(5))
    assert lengths == [20, 4]
