"""conv_matrix: the matrix found by probing is the op, its transpose the gradient, and what is not linear is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.errors import DTypeError, ShapeError
from minicv.testing.strategies import arrays, conv_parameters
from tests.ops.inputs import pull_back

rng = np.random.default_rng(0)
w = rng.integers(-4, 5, (2, 3, 3, 2)).astype(float)
indices = F.max_pool2d(rng.permutation(np.arange(36.0)).reshape(1, 1, 6, 6), 2, return_indices=True)[1]

LINEAR = {
    "conv2d": (lambda x: F.conv2d(x, w, stride=2, padding=1), (2, 3, 4, 4)),
    "conv_transpose2d": (lambda x: F.conv_transpose2d(x, w, stride=2, padding=1), (1, 2, 3, 3)),
    "conv2d_weight": (lambda v: F.conv2d_weight(np.ones((1, 3, 4, 4)), w.shape, v), (1, 2, 2, 3)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1), (1, 2, 5, 5)),
    "max_unpool2d": (lambda x: F.max_unpool2d(x, indices, 2), (1, 1, 3, 3)),
    "bilinear": (lambda x: F.interpolate(x, (5, 3), mode="bilinear"), (1, 1, 3, 4)),
    "bed_of_nails": (F.bed_of_nails, (1, 1, 2, 3)),
    "pad": (lambda x: F.pad(x, (1, 2, -1, 0), mode="reflect"), (1, 1, 3, 4)),
    "unfold": (lambda x: F.unfold(x, 2), (1, 2, 3, 3)),
    "fold": (lambda x: F.fold(x, 3, 2), (1, 8, 4)),
    "to one number": (lambda x: x.sum(), (2, 3)),
    "zero": (lambda x: 0 * x, (4,)),
}


@pytest.mark.parametrize("op, shape", LINEAR.values(), ids=LINEAR)
class TestLinearOps:
    def test_is_the_op_and_its_transpose_is_the_gradient(self, op, shape):
        C = F.conv_matrix(op, shape)
        x = rng.standard_normal(shape)
        y = op(minicv.tensor(x)).numpy()
        assert C.shape == (y.size, x.size)
        np.testing.assert_allclose(C @ x.ravel(), y.ravel(), atol=1e-12)
        g = rng.standard_normal(y.shape)
        np.testing.assert_allclose(C.T @ g.ravel(), pull_back(op, shape)(g).numpy().ravel(), atol=1e-12)

    def test_sparse_is_dense(self, op, shape):
        dense, sparse = F.conv_matrix(op, shape), F.conv_matrix(op, shape, sparse=True)
        np.testing.assert_array_equal(sparse.toarray(), dense)
        assert sparse.nnz == np.count_nonzero(dense) and sparse.dtype == dense.dtype


@settings(max_examples=10)
@given(conv_parameters(max_channels=2, max_size=4), st.data())
def test_any_convolution(p, data):
    weight, rest = data.draw(arrays(p.w_shape)), (None, p.stride, p.padding, p.dilation, p.groups)
    x = data.draw(arrays(p.x_shape))
    C = F.conv_matrix(lambda x: F.conv2d(x, weight, *rest), p.x_shape)
    np.testing.assert_allclose(C @ x.ravel(), F.conv2d(x, weight, *rest).numpy().ravel(), atol=1e-12)


def test_the_columns_are_the_images_of_the_pixels():
    C = F.conv_matrix(lambda x: F.conv1d(x, np.array([[[1.0, 2.0, 3.0]]])), (1, 1, 5))
    assert C.tolist() == [[1, 2, 3, 0, 0], [0, 1, 2, 3, 0], [0, 0, 1, 2, 3]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_dtype(dtype):
    weight = np.array([[[1, 2, 3]]], dtype)
    C = F.conv_matrix(lambda x: F.conv1d(x, weight), (1, 1, 4), dtype=dtype)
    assert C.dtype == dtype and C.tolist() == [[1, 2, 3, 0], [0, 1, 2, 3]]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    "op, told",
    [
        (
            lambda x: F.conv2d(x, np.ones((1, 1, 2, 2)), np.ones(1)),
            "op(0) = 0; got another value. Leave out the bias.",
        ),
        (lambda x: F.max_pool2d(x, 2), "Max pooling is linear only once its indices are held fixed."),
        (lambda x: x * x, "its matrix reproduces it"),
        (lambda x: 1e-9 * x * x, "its matrix reproduces it"),
        (abs, "its matrix reproduces it"),
        (lambda x: x.clip(-1, 1), "its matrix reproduces it"),
    ],
)
def test_what_is_not_linear(op, told, sparse):
    with pytest.raises(ShapeError) as error:
        F.conv_matrix(op, (1, 1, 4, 4), sparse=sparse)
    assert str(error.value).startswith("conv_matrix: op must be linear") and told in str(error.value)


def test_what_returns_something_else():
    with pytest.raises(
        DTypeError, match=r"^conv_matrix: op must be a function that returns one Tensor; got tuple\."
    ):
        F.conv_matrix(lambda x: F.max_pool2d(x, 2, return_indices=True), (1, 1, 4, 4))
