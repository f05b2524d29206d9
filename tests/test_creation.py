"""Tensors from nothing."""

import numpy as np
import pytest

import minicv
from minicv import DTypeError


@pytest.mark.parametrize("make, value", [(minicv.zeros, 0), (minicv.ones, 1)])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4)])
def test_zeros_and_ones(make, value, shape):
    for x in (make(*shape), make(shape), make(list(shape))):
        assert x.shape == shape and x.dtype == np.float32 and (x.numpy() == value).all()
    x = make(*shape, dtype=np.float64, requires_grad=True)
    assert x.dtype == np.float64 and x.requires_grad and x.is_leaf


def test_full_and_the_like_of_another():
    assert minicv.full((2, 2), 7.5).tolist() == [[7.5, 7.5], [7.5, 7.5]]
    assert minicv.full((), 3, dtype=np.int64).item() == 3
    x = minicv.full((2, 3), 5, dtype=np.float64, requires_grad=True)
    for like, value in [(minicv.zeros_like(x), 0), (minicv.ones_like(x), 1)]:
        assert like.shape == (2, 3) and like.dtype == np.float64 and not like.requires_grad
        assert (like.numpy() == value).all()


@pytest.mark.parametrize(
    "arguments, dtype, values",
    [
        ((4,), np.int64, [0, 1, 2, 3]),
        ((1, 4), np.int64, [1, 2, 3]),
        ((5, 0, -2), np.int64, [5, 3, 1]),
        ((0, 1, 0.25), np.float32, [0, 0.25, 0.5, 0.75]),
        ((0,), np.int64, []),
    ],
)
def test_arange(arguments, dtype, values):
    x = minicv.arange(*arguments)
    assert x.dtype == dtype and x.tolist() == values
    assert minicv.arange(*arguments, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize("make", [minicv.randn, minicv.rand])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_tensors_repeat_with_the_seed(make, dtype):
    minicv.manual_seed(3)
    first, second = make(4, 5, dtype=dtype), make((4, 5), dtype=dtype)
    minicv.manual_seed(3)
    again = make(4, 5, dtype=dtype, requires_grad=True)
    assert first.dtype == dtype and first.shape == (4, 5) and again.requires_grad
    assert (first == again).numpy().all() and not (first == second).numpy().any()
    assert make().shape == () and make(0, 2).shape == (0, 2)


def test_random_tensors_have_the_distribution_they_are_named_for():
    minicv.manual_seed(0)
    normal, uniform = minicv.randn(100_000).numpy(), minicv.rand(100_000).numpy()
    assert (
        abs(normal.mean()) < 0.02
        and abs(normal.std() - 1) < 0.02
        and abs((normal > 1).mean() - 0.1587) < 0.01
    )
    assert abs(uniform.mean() - 0.5) < 0.01 and uniform.min() >= 0 and uniform.max() < 1
    assert abs((uniform < 0.1).mean() - 0.1) < 0.01


def test_numpy_s_own_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    minicv.manual_seed(1)
    minicv.randn(10)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_refusals():
    with pytest.raises(DTypeError, match="needs a floating-point array"):
        minicv.zeros(2, dtype=np.int64, requires_grad=True)
    with pytest.raises(ValueError, match='device must be "cpu" or "cuda"; got \'gpu\''):
        minicv.zeros(2, device="gpu")
