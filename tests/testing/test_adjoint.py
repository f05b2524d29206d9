"""The identity of adjoints: what it says of a right pair, and the wrong ones that it must catch.

The ops are the convolution of an image by one kernel, and its transpose, as loops over the kernel.
"""

import numpy as np
import pytest

import minicv
from minicv import Function, Tensor
from minicv.testing import AdjointError, GradientError, adjoint_check, gradcheck

rng = np.random.default_rng(1)


def normal(*shape):
    return rng.standard_normal(shape)


X_SHAPE, Y_SHAPE = (8, 7), (3, 3)
KERNEL = normal(3, 3)


def windows(padded, w, stride, dilation):
    """For each entry of the kernel: its weight, and what it meets in every position (a view)."""
    (height, width), s, d = Y_SHAPE, stride, dilation
    for (a, b), weight in np.ndenumerate(w):
        rows = slice(a * d, a * d + (height - 1) * s + 1, s)
        columns = slice(b * d, b * d + (width - 1) * s + 1, s)
        yield weight, padded[rows, columns]


def conv(x, w=KERNEL, stride=2, padding=1, dilation=2):
    """y[i, j] = sum over a, b of w[a, b] x[i s + a d - p, j s + b d - p]."""
    return sum(weight * window for weight, window in windows(np.pad(x, padding), w, stride, dilation))


def conv_transpose(y, w=KERNEL, stride=2, padding=1, dilation=2, assign=False):
    x = np.zeros([n + 4 for n in X_SHAPE])
    for weight, window in windows(x[2 - padding :, 2 - padding :], w, stride, dilation):
        window[...] = weight * y + (0 if assign else window)
    return x[2:-2, 2:-2]


WRONG_TRANSPOSES = {
    "kernel not flipped": dict(w=KERNEL[::-1, ::-1]),
    "rows and columns swapped": dict(w=KERNEL.T),
    "= for +=": dict(assign=True),
    "stride ignored": dict(stride=1),
    "dilation forgotten": dict(dilation=1),
    "padding off by one": dict(padding=0),
    "one weight off by a millionth": dict(w=KERNEL + 1e-6 * np.eye(3)),
}


@pytest.mark.parametrize("name", WRONG_TRANSPOSES)
def test_wrong_transposes_are_caught(name):
    slip = WRONG_TRANSPOSES[name]
    assert adjoint_check(conv, conv_transpose, X_SHAPE) is True
    with pytest.raises(AdjointError, match=r"<A x, y> must equal <x, B y>"):
        adjoint_check(conv, lambda y: conv_transpose(y, **slip), X_SHAPE)


@pytest.mark.parametrize("name", [name for name in WRONG_TRANSPOSES if "millionth" not in name])
def test_wrong_transposes_are_wrong_gradients(name):
    class Conv(Function):
        slip = WRONG_TRANSPOSES[name]

        def forward(self, x):
            return conv(x)

        def backward(self, g):
            return Tensor(conv_transpose(g.numpy(), **self.slip))

    with pytest.raises(GradientError, match="is wrong"):
        gradcheck(lambda x: Conv()(x), normal(*X_SHAPE))
    Conv.slip = {}
    assert gradcheck(lambda x: Conv()(x), normal(*X_SHAPE)) is True


def test_the_message_says_where_the_matrices_differ():
    with pytest.raises(AdjointError) as caught:
        adjoint_check(lambda x: 5 * x[1:], lambda y: np.pad(3 * y, (1, 0)), (3,))
    lines = [line.split() for line in str(caught.value).splitlines()[2:]]
    assert lines == [["(1,)", "(0,)", "5", "3"], ["(2,)", "(1,)", "5", "3"]]


def test_matrices_that_are_too_large_to_show_are_left_out():
    with pytest.raises(AdjointError) as caught:
        adjoint_check(lambda x: x, lambda y: 2 * y, (30, 30))
    assert "\n" not in str(caught.value) and "relative error" in str(caught.value)


def test_what_is_not_linear_is_refused():
    with pytest.raises(AdjointError, match=r"forward is not linear: it does not map 0 to 0. Is there a bias"):
        adjoint_check(lambda x: x + 1, lambda y: y, (3,))
    with pytest.raises(AdjointError, match="forward is not linear: f"):
        adjoint_check(lambda x: np.maximum(x, 0), lambda y: y, (3,))
    with pytest.raises(AdjointError, match="transpose is not linear"):
        adjoint_check(lambda x: x, lambda y: y**2, (3,))


def test_a_transpose_of_the_wrong_shape_is_refused():
    with pytest.raises(AdjointError, match=r"back to the shape of x, \(4,\); got \(3,\)"):
        adjoint_check(lambda x: x[1:], lambda y: y, (4,))


def test_nan_does_not_pass():
    with pytest.raises(AdjointError):
        adjoint_check(lambda x: x, lambda y: y * np.where(y == 0, 1, np.nan), (3,))


def test_ops_take_arrays_and_give_tensors():
    assert adjoint_check(lambda x: minicv.sum(x, axis=0), lambda y: minicv.stack([y, y]), (2, 3))


def test_a_number_and_an_empty_array_have_adjoints():
    assert adjoint_check(lambda x: 3 * x, lambda y: 3 * y, ())
    assert adjoint_check(lambda x: 3 * x, lambda y: 3 * y, (0, 2))
