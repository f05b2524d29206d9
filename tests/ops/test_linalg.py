"""Matrix products: values against NumPy, derivatives against differences, transposes by the adjoint identity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv import DTypeError, ShapeError
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, broadcastable_shapes


@st.composite
def factors(draw):
    """Two factors: vectors or matrices, with batch axes that broadcast."""
    n, m, p = (draw(st.integers(1, 3)) for _ in range(3))
    left, right = draw(broadcastable_shapes(2, max_dims=2, max_side=2))
    one = draw(st.sampled_from([(m,), (*left, n, m)]))
    other = draw(st.sampled_from([(m,), (*right, m, p)]))
    return draw(arrays(one)), draw(arrays(other))


@given(drawn=factors())
def test_matmul(drawn):
    a, b = drawn
    for y in (minicv.tensor(a) @ minicv.tensor(b), minicv.matmul(a, b), a @ minicv.tensor(b)):
        assert y.shape == np.matmul(a, b).shape
        np.testing.assert_allclose(y.numpy(), a @ b, rtol=1e-10, atol=1e-12)
    assert gradcheck(minicv.matmul, [a, b], draws=1) and gradgradcheck(minicv.matmul, [a, b], draws=1)


@given(w=arrays((3, 4)), batch=st.sampled_from([(), (2,), (2, 3)]))
def test_multiplication_by_a_matrix_and_by_its_transpose(w, batch):
    assert adjoint_check(lambda x: x @ minicv.tensor(w), lambda y: y @ minicv.tensor(w).T, (*batch, 3))


@pytest.mark.parametrize(
    "one, other", [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 2))]
)
def test_empty_factors(one, other):
    a, b = minicv.ones(*one, requires_grad=True), minicv.ones(*other, requires_grad=True)
    y = a @ b
    assert y.shape == np.matmul(np.ones(one), np.ones(other)).shape and not y.numpy().any()
    y.sum().backward()
    assert a.grad.shape == one and b.grad.shape == other


def test_only_the_gradients_that_are_wanted_are_computed():
    a, b = minicv.ones(2, 3, requires_grad=True), minicv.ones(3, 2)
    y = a @ b
    assert y.creator.needs_input_grad == (True, False)
    y.sum().backward()
    assert a.grad.tolist() == [[2, 2, 2], [2, 2, 2]] and b.grad is None


def test_float32_stays():
    a = minicv.ones(2, 3, requires_grad=True)
    y = a @ np.ones((3, 1), np.float32)
    y.sum().backward()
    assert y.dtype == a.grad.dtype == np.float32


@given(
    x=st.sampled_from([(3,), (2, 3), (2, 1, 3), (0, 3)]).flatmap(arrays),
    w=arrays((2, 3)),
    bias=st.none() | arrays((2,)),
)
def test_linear(x, w, bias):
    inputs = [x, w] if bias is None else [x, w, bias]
    np.testing.assert_allclose(F.linear(*inputs).numpy(), x @ w.T + (0 if bias is None else bias), atol=1e-12)
    assert gradcheck(F.linear, inputs, draws=1) and gradgradcheck(F.linear, inputs, draws=1)


def ones(*shape):
    return minicv.ones(*shape)


FITS = r"matmul: operands must be \(..., n, m\) and \(..., m, p\); got "
REFUSED = [
    (minicv.matmul, [ones(2, 3), ones(2, 3)], FITS + r"\(2, 3\) and \(2, 3\). Did you forget to transpose"),
    (minicv.matmul, [ones(2, 3), ones(4)], FITS + r"\(2, 3\) and \(4, 1\)"),
    (minicv.matmul, [ones(3), ones(4)], FITS),
    (minicv.matmul, [ones(2, 2, 3), ones(3, 3, 2)], FITS),
    (
        minicv.matmul,
        [ones(2), minicv.tensor(3.0)],
        r"matmul: operands must be at least 1-D; .* Use \* for a number",
    ),
    (
        F.linear,
        [ones(2, 3, 4, 4), ones(5, 48)],
        r"linear: input must be \(..., 48\) .* Did you forget to flatten",
    ),
    (F.linear, [minicv.tensor(1.0), ones(5, 3)], r"linear: input must be \(..., 3\)"),
    (
        F.linear,
        [ones(2, 3), ones(3)],
        r"linear: weight must be \(out_features, in_features\); got shape \(3,\)",
    ),
    (F.linear, [ones(2, 3), ones(5, 3), ones(3)], r"linear: bias must be \(5,\); got \(3,\)"),
]


@pytest.mark.parametrize("op, inputs, words", REFUSED, ids=range(len(REFUSED)))
def test_shapes_that_do_not_fit(op, inputs, words):
    with pytest.raises(ShapeError, match=words):
        op(*inputs)


def test_mixed_dtypes():
    with pytest.raises(DTypeError, match="matmul: a and b must be of one dtype; got a float32, b float64"):
        ones(2, 2) @ np.ones((2, 2))
    with pytest.raises(DTypeError, match="linear: input and weight must be of one dtype"):
        F.linear(ones(2, 3), np.ones((5, 3)))
