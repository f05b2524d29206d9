"""Reductions and broadcasting: values against NumPy, derivatives against differences, transposes."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import DTypeError, ShapeError
from minicv.ops.reduce import broadcast_to, sum_to, take_along_axis
from minicv.testing import adjoint_check, distinct_values, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, broadcastable_shapes, shapes

REDUCTIONS = {
    "sum": (minicv.sum, np.sum),
    "mean": (minicv.mean, np.mean),
    "var": (lambda x, **k: minicv.var(x, correction=0, **k), np.var),
    "std": (lambda x, **k: minicv.std(x, correction=0, **k), np.std),
}


@st.composite
def reductions(draw, min_side=1):
    """An array, and what to reduce: all axes, one (perhaps counted from the end) or several; keepdim or not."""
    x = draw(arrays(shapes(max_dims=3, max_side=3, min_side=min_side), distinct=True))
    one = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.none()
    several = st.sets(st.integers(0, x.ndim - 1)).map(tuple) if x.ndim else st.just(())
    negative = several.map(lambda axes: tuple(a - x.ndim for a in axes))
    return x, draw(st.none() | one | several | negative), draw(st.booleans())


@pytest.mark.parametrize("name", REDUCTIONS)
@given(drawn=reductions())
def test_values_and_derivatives(name, drawn):
    op, expected = REDUCTIONS[name]
    x, axis, keepdim = drawn
    y = op(minicv.tensor(x), axis=axis, keepdim=keepdim)
    np.testing.assert_allclose(y.numpy(), expected(x, axis=axis, keepdims=keepdim), rtol=1e-9, atol=1e-12)
    assert y.shape == expected(x, axis=axis, keepdims=keepdim).shape and y.dtype == x.dtype
    if name != "std" or y.numpy().all():  # a standard deviation of 0 is a kink
        run = partial(op, axis=axis, keepdim=keepdim)
        assert gradcheck(run, x, draws=1) and gradgradcheck(run, x, draws=1)


@pytest.mark.parametrize("largest", [True, False])
@given(drawn=reductions())
def test_max_and_min(largest, drawn):
    op, arg = (minicv.max, minicv.argmax) if largest else (minicv.min, minicv.argmin)
    numpy_op, numpy_arg = (np.max, np.argmax) if largest else (np.min, np.argmin)
    x, axis, keepdim = drawn
    if isinstance(axis, tuple):
        with pytest.raises(ShapeError, match=f"{arg.__name__}: axis must be None or one integer"):
            op(x, axis=axis)
        return
    index = arg(x, axis=axis, keepdim=keepdim)
    assert index.dtype == np.int64 and not index.requires_grad
    assert np.array_equal(index.numpy(), numpy_arg(x, axis=axis, keepdims=keepdim))
    run = partial(op, axis=axis, keepdim=keepdim)
    y = run(minicv.tensor(x))
    if axis is not None:
        assert np.array_equal(y.indices.numpy(), index.numpy()) and y[0] is y.values
        y = y.values
    assert np.array_equal(y.numpy(), numpy_op(x, axis=axis, keepdims=keepdim))
    assert gradcheck(run, x, draws=1) and gradgradcheck(run, x, draws=1)


@given(x=arrays(shapes(min_dims=1, max_dims=3, max_side=3)), data=st.data())
def test_logsumexp(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1) | st.just(tuple(range(x.ndim))))
    keepdim = data.draw(st.booleans())
    run = partial(minicv.logsumexp, axis=axis, keepdim=keepdim)
    # A sum of exponentials near 1 has a logarithm near 0, with as many wrong digits as the sum has.
    expected = np.log(np.exp(x).sum(axis=axis, keepdims=keepdim))
    np.testing.assert_allclose(run(minicv.tensor(x)).numpy(), expected, rtol=0, atol=1e-14)
    assert gradcheck(run, x, draws=1) and gradgradcheck(run, x, draws=1)


def test_logsumexp_does_not_overflow():
    x = minicv.tensor([[1000.0, 1000.0], [-1000.0, -1000.0], [0.0, -np.inf], [-np.inf, -np.inf]])
    values = minicv.logsumexp(x, axis=1).numpy()
    np.testing.assert_allclose(values, [1000 + np.log(2), -1000 + np.log(2), 0, -np.inf], rtol=1e-6)
    assert minicv.logsumexp(minicv.zeros(2, 0), axis=1).tolist() == [-np.inf, -np.inf]


def test_the_gradient_of_a_maximum_goes_to_the_first_winner():
    x = minicv.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
    x.max(axis=1).values.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0], [1, 0, 0]]
    x.zero_grad()
    x.min().backward()
    assert x.grad.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_nan_is_the_largest_and_the_smallest():
    x = minicv.tensor([1.0, np.nan, 3.0])
    assert np.isnan(x.max().item()) and x.argmax().item() == x.argmin().item() == 1


def test_the_standard_deviation_of_equal_values_has_gradient_zero():
    x = minicv.tensor([[2.0, 2.0], [1.0, 3.0]], requires_grad=True)
    y = x.std(axis=1)
    assert y.tolist() == [0, pytest.approx(2**0.5)]
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [-(0.5**0.5), 0.5**0.5]], rtol=1e-6)


def test_correction():
    x = np.array([[1.0, 2.0, 4.0, 9.0]])
    for correction in (0, 1, 2):
        expected = x.var(axis=1, ddof=correction)
        assert minicv.var(x, axis=1, correction=correction).tolist() == pytest.approx(expected.tolist())
        assert minicv.std(x, 1, correction).tolist() == pytest.approx(np.sqrt(expected).tolist())
    assert minicv.var(x).item() == pytest.approx(x.var(ddof=1))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, bool])
def test_integers_add_up_in_int64(dtype):
    x = minicv.tensor(np.full((2, 200), 100).astype(dtype))
    assert x.sum().dtype == np.int64 and x.sum().item() == 400 * int(x[0, 0].item())
    assert x.sum(axis=0).shape == (200,)


def test_what_is_empty():
    x = minicv.zeros(0, 3, requires_grad=True)
    assert x.sum().item() == 0 and x.sum(axis=0).tolist() == [0, 0, 0] and x.sum(axis=1).shape == (0,)
    assert (
        np.isnan(x.mean().item()) and np.isnan(x.mean(axis=0).numpy()).all() and x.mean(axis=1).shape == (0,)
    )
    assert np.isnan(minicv.ones(1).var().item()) and x.max(axis=1).values.shape == (0,)
    x.sum().backward()
    assert x.grad.shape == (0, 3)
    for op in (minicv.max, minicv.min, minicv.argmax, minicv.argmin):
        with pytest.raises(ShapeError, match=r"must be non-empty along the reduced axis; got shape \(0, 3\)"):
            op(x, axis=0)


# Broadcast and sum, a linear map and its transpose


@given(found=broadcastable_shapes(2))
def test_broadcast_to_and_sum_to_are_transposes(found):
    small, other = found
    large = np.broadcast_shapes(small, other)
    assert adjoint_check(lambda x: broadcast_to(x, large), lambda y: sum_to(minicv.tensor(y), small), small)
    x = distinct_values(small)
    assert np.array_equal(broadcast_to(x, large).numpy(), np.broadcast_to(x, large))
    assert gradcheck(lambda x: broadcast_to(x, large), x, draws=1)
    assert gradgradcheck(lambda y: sum_to(y, small), distinct_values(large), draws=1)


def test_broadcast_to_refuses_what_does_not_fit():
    for shape in [(2,), (3, 2), (), (1,)]:
        with pytest.raises(
            ShapeError, match=r"broadcast_to: shape must be one that \(3,\) broadcasts to; got"
        ):
            broadcast_to(minicv.ones(3), shape)


@given(x=arrays(shapes(min_dims=1, max_dims=3), distinct=True), data=st.data())
def test_take_along_axis_and_its_transpose(x, data):
    axis = data.draw(st.integers(0, x.ndim - 1))
    count = data.draw(st.integers(0, 4))
    shape = x.shape[:axis] + (count,) + x.shape[axis + 1 :]
    seed = data.draw(st.integers(0, 1000))
    indices = np.random.default_rng(seed).integers(0, x.shape[axis], shape)  # repeated ones among them
    take = partial(take_along_axis, indices=indices, axis=axis)
    assert np.array_equal(take(x).numpy(), np.take_along_axis(x, indices, axis))
    assert gradcheck(take, x, draws=1) and gradgradcheck(take, x, draws=1)


# Refusals


@pytest.mark.parametrize(
    "op", [minicv.sum, minicv.mean, minicv.var, minicv.max, minicv.argmin], ids=lambda op: op.__name__
)
@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_is_not_there(op, axis):
    with pytest.raises(ShapeError, match=rf"axis must be in -2..1 for a tensor of 2 axes; got {axis}"):
        op(minicv.ones(2, 3), axis=axis)


def test_other_refusals():
    with pytest.raises(ShapeError, match=r"sum: axis must be without repetitions; got \(0, -2\)"):
        minicv.ones(2, 3).sum(axis=(0, -2))
    for op in (minicv.mean, minicv.var, minicv.std):
        with pytest.raises(
            DTypeError, match=r"input must be a floating-point tensor; got int64. .*\.float\(\)"
        ):
            op(minicv.arange(3))
