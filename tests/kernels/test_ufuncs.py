"""NumPy's functions on all cores give NumPy's bits, and leave its warnings to the caller."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.kernels.cpu import parallel
from minicv.testing.strategies import arrays, broadcastable_shapes, shapes
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
        monkeypatch.setattr(
            parallel, "run", lambda function, rows, work: other.submit(function, 0, rows).result()
        )
        x = np.zeros(10)
        with np.errstate(divide="ignore"):
            assert (kernels.elementwise(np.log, x) == -np.inf).all()
        with pytest.raises(FloatingPointError), np.errstate(divide="raise"):
            kernels.elementwise(np.log, x)


def test_the_work_is_shared(monkeypatch):
    ranges = []
    monkeypatch.setattr(
        parallel, "run", lambda function, rows, work: ranges.append((rows, work)) or function(0, rows)
    )
    kernels.elementwise(np.add, np.ones((4, 5)), np.ones((4, 5)))
    kernels.elementwise(np.add, np.ones((4, 5)), np.ones(5))
    with kernels.use("reference"):
        kernels.elementwise(np.add, np.ones((4, 5)), np.ones(5))
    assert ranges == [(20, 1), (4, 5)]


@given(x=arrays(shapes(min_dims=1, min_side=0, max_side=40)), data=st.data())
def test_totals(x, data):
    axes = tuple(sorted(data.draw(st.sets(st.integers(0, x.ndim - 1)))))
    for array in (x, x.T, x[..., ::-1]):
        before = array.copy()
        got = kernels.total(array, axes)
        np.testing.assert_allclose(got, array.sum(axis=axes, keepdims=True), rtol=1e-13, atol=1e-13)
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(array, before)


def test_totals_are_no_less_accurate_than_numpys_and_the_same_for_any_number_of_threads(monkeypatch):
    x = np.random.default_rng(0).random((301, 7, 113), dtype=np.float32)
    for axes in ((0,), (1,), (2,), (0, 2), (0, 1, 2)):
        exact = x.sum(axis=axes, keepdims=True, dtype=np.float64)
        totals = []
        for threads in (1, 2, 5):
            monkeypatch.setattr(parallel, "_threads", threads)
            totals.append(kernels.total(x, axes))
        assert all(np.array_equal(totals[0], other) for other in totals)
        ours, numpys = (np.abs(y - exact).max() for y in (totals[0], x.sum(axis=axes, keepdims=True)))
        assert ours <= 2 * numpys + 1e-6 * exact.max()
