"""Embedding: a look-up whose transpose adds rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import shapes


@st.composite
def look_ups(draw):
    rows, width = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    dtype = draw(st.sampled_from([np.int64, np.int32, np.uint8]))
    return rng.integers(0, rows, draw(shapes(0, 3, min_side=0, max_side=4))).astype(
        dtype
    ), rng.standard_normal((rows, width))


@given(look_ups())
def test_it_is_the_product_of_one_hot_rows_with_the_table(case):
    indices, table = case
    y = F.embedding(indices, table)
    one_hot = (indices[..., None] == np.arange(len(table))).astype(float)
    np.testing.assert_array_equal(y.numpy(), one_hot @ table)


@given(look_ups())
def test_the_transpose_adds_each_gradient_to_its_row(case):
    indices, table = case

    def transpose(g):
        leaf = minicv.tensor(table, requires_grad=True)
        F.embedding(indices, leaf).backward(g)
        return leaf.grad

    assert adjoint_check(lambda w: F.embedding(indices, w), transpose, table.shape)


def test_only_the_rows_used_get_a_gradient():
    table = minicv.tensor(np.ones((4, 2)), requires_grad=True)
    F.embedding(np.array([[2, 0], [2, 2]]), table).sum().backward()
    assert table.grad.tolist() == [[1, 1], [0, 0], [3, 3], [0, 0]]


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_padding_row_is_read_and_never_trained(padding_idx):
    values = np.arange(8.0).reshape(4, 2)
    table = minicv.tensor(values, requires_grad=True)
    indices = np.array([1, 3, 1, 3])
    y = F.embedding(indices, table, padding_idx)
    np.testing.assert_array_equal(y.numpy(), values[indices])
    y.sum().backward()
    assert table.grad.tolist() == [[0, 0], [0, 0], [0, 0], [2, 2]]


def test_gradients():
    indices, table = np.array([[0, 2], [2, 2]]), np.random.default_rng(0).standard_normal((3, 2))
    assert gradcheck(lambda w: F.embedding(indices, w), table)
    assert gradgradcheck(lambda w: F.embedding(indices, w).exp(), table)


TABLE = np.zeros((4, 2))
BAD = [
    (lambda: F.embedding([0, 4], TABLE), IndexError, "embedding: input must be in 0..3; got 4."),
    (lambda: F.embedding([-1], TABLE), IndexError, "embedding: input must be in 0..3; got -1."),
    (
        lambda: F.embedding([0.5], TABLE),
        TypeError,
        "embedding: input must be integers (row numbers); got float32.",
    ),
    (lambda: F.embedding(TABLE, [0, 1]), TypeError, "PyTorch's order: embedding(input, weight)"),
    (lambda: F.embedding([0], np.zeros(4)), ValueError, "embedding: weight must be (V, D); got shape (4,)."),
    (
        lambda: F.embedding([0], np.zeros((4, 2), int)),
        TypeError,
        "embedding: weight must be a floating-point tensor",
    ),
    (
        lambda: F.embedding([0], TABLE, padding_idx=4),
        IndexError,
        "embedding: padding_idx must be in -4..3; got 4.",
    ),
    (
        lambda: F.embedding([0], TABLE, padding_idx=-5),
        IndexError,
        "embedding: padding_idx must be in -4..3; got -5.",
    ),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
