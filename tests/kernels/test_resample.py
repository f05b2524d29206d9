"""Resampling: the product with two matrices, and its transpose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.kernels.reference import resample as reference
from tests.kernels.drawn import assert_same_inner_product, rngs


def sparse(matrix):
    """Table of a dense matrix."""
    entries = [np.flatnonzero(row) for row in matrix]
    index = np.full((max(map(len, entries)), len(matrix)), -1, np.int32)
    weight = np.zeros(index.shape)
    for o, columns in enumerate(entries):
        index[: len(columns), o], weight[: len(columns), o] = columns, matrix[o, columns]
    return index, weight


@st.composite
def matrices(draw):
    """Thin random matrices, some of whose rows are empty."""
    rng = draw(rngs)
    shapes = [draw(st.tuples(st.integers(1, 6), st.integers(1, 6))) for _ in range(2)]
    return rng, *(rng.standard_normal(shape) * (rng.random(shape) < 0.4) for shape in shapes)


@pytest.mark.parametrize("host", ["reference", "cpu"])
@given(drawn=matrices())
def test_is_the_product_and_its_transpose(host, drawn):
    rng, A, B = drawn
    x = rng.standard_normal((2, 2, A.shape[1], B.shape[1]))
    with kernels.use(host):
        y = kernels.resample(x, sparse(A), sparse(B))
        np.testing.assert_allclose(y, A @ x @ B.T, atol=1e-12)
        g = rng.standard_normal(y.shape)
        assert_same_inner_product(y, g, x, kernels.resample(g, sparse(A.T), sparse(B.T)))


def test_watching():
    x = np.array([[[[1.0, 3.0], [5.0, 7.0]]]])
    steps = []
    halves = np.array([[0], [1]]), np.array([[0.5], [0.5]])
    reference.resample(x, halves, halves, watch=steps.append)
    (step,) = steps
    assert step.read == [("x", (0, 0, *at), x[0, 0][at]) for at in np.ndindex(2, 2)]
    assert step.weights == [0.25] * 4
    assert step.write == [("y", (0, 0, 0, 0), 4.0)] and step.result == [4.0]
