"""A library of wrong implementations: each must be caught, and its correct twin must pass.

Every op is written out in NumPy, and every wrong version differs from the right one in the one line that people
get wrong. Wrong transposes are in test_adjoint.py.
"""

import numpy as np
import pytest

import minicv
from minicv import Function, Tensor
from minicv.testing import (
    GradientError,
    KinkError,
    distinct_values,
    gradcheck,
    gradgradcheck,
)

rng = np.random.default_rng(1)


def normal(*shape):
    return rng.standard_normal(shape)


# Softmax: its outputs add up to 1, so a cotangent of ones sees nothing


class Softmax(Function):
    factor = 1

    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        y = e / e.sum(axis=-1, keepdims=True)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return self.factor * y * (g - (g * y).sum(axis=-1, keepdim=True))


class SoftmaxZero(Softmax):
    factor = 0


class SoftmaxThousandfold(Softmax):
    factor = 1000


class SoftmaxOffByATenthOfAPercent(Softmax):
    factor = 1.001


class SoftmaxWrongSign(Softmax):
    factor = -1


class SoftmaxDiagonalOnly(Softmax):
    def backward(self, g):
        (y,) = self.saved
        return g * y * (1 - y)


class SoftmaxLastEntryOff(Softmax):
    def backward(self, g):
        correct = super().backward(g).numpy().copy()
        correct[-1, -1] *= 1.01
        return Tensor(correct)


# Sums and broadcasting


class Total(Function):
    def forward(self, x):
        self.shape = x.shape
        return x.sum(keepdims=True)

    def backward(self, g):
        return g * minicv.ones(*self.shape, dtype=g.dtype)


class TotalAsMean(Total):
    def backward(self, g):
        return super().backward(g) / float(np.prod(self.shape))


class AddRow(Function):
    def forward(self, x, row):
        return x + row

    def backward(self, g):
        return g, g.sum(axis=0)


class AddRowMean(AddRow):
    def backward(self, g):
        return g, g.mean(axis=0)


class AddRowFirstOnly(AddRow):
    def backward(self, g):
        return g, g[0]


class AddRowNone(AddRow):
    def backward(self, g):
        return g, None


class Centre(Function):
    """x less the mean of each row, as in a normalisation."""

    def forward(self, x):
        return x - x.mean(axis=1, keepdims=True)

    def backward(self, g):
        return g - g.mean(axis=1, keepdim=True)


class CentreConstantMean(Centre):
    def backward(self, g):
        return g


# Products


class Product(Function):
    def forward(self, a, b):
        self.save(a, b)
        return a @ b

    def backward(self, g):
        a, b = self.saved
        return g @ b.T, a.T @ g


class ProductTransposed(Product):
    def backward(self, g):
        a, b = self.saved
        return (g @ b.T).T, (a.T @ g).T


class ProductSwapped(Product):
    def backward(self, g):
        by_a, by_b = super().backward(g)
        return by_b, by_a


# Max pooling with windows that overlap: an entry that wins twice receives both gradients


class MaxPool(Function):
    """Windows of 3 with stride 1 along the last axis of (N, W)."""

    def forward(self, x):
        windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis=1)
        self.columns = windows.argmax(axis=2) + np.arange(windows.shape[1])
        self.shape = x.shape
        return windows.max(axis=2)

    def scatter(self, x, rows, columns, g):
        np.add.at(x, (rows, columns), g)

    def backward(self, g):
        x = np.zeros(self.shape)
        self.scatter(x, np.arange(len(x))[:, None], self.columns, g.numpy())
        return Tensor(x)


class MaxPoolAssigns(MaxPool):
    def scatter(self, x, rows, columns, g):
        x[rows, columns] = g


class MaxPoolPlusAssigns(MaxPool):
    """`x[index] += g` looks right and is the same as "=" for repeated indices."""

    def scatter(self, x, rows, columns, g):
        x[rows, columns] += g


# What a function must leave alone, and what it may not depend on


class Double(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, g):
        return 2 * g


class DoubleChangesInput(Double):
    def forward(self, x):
        x *= 2
        return x.copy()


class DoubleChangesGradient(Double):
    def backward(self, g):
        g.mutate()[...] *= 2
        return g + 0


class DoubleSingle(Double):
    def forward(self, x):
        return np.multiply(2, x, dtype=np.float32)


class DoubleRandom(Double):
    def forward(self, x):
        return 2 * x + 1e-9 * rng.standard_normal(x.shape)


class DoubleOfMemory(Double):
    """Reads the numbers in the order in which they lie in memory."""

    def forward(self, x):
        return 2 * x.ravel(order="K").reshape(x.shape)


class DoubleOfGradientMemory(Double):
    def backward(self, g):
        return Tensor(2 * g.numpy().ravel(order="K").reshape(g.shape))


class DoubleCut(Double):
    def __call__(self, x):
        return Tensor(2 * x.data)


# Second derivatives


class Cube(Function):
    def forward(self, x):
        self.save(x)
        return x**3

    def backward(self, g):
        (x,) = self.saved
        return 3 * g * x * x


class CubeConstant(Cube):
    """Backward computes with a bare array, which the second derivative cannot see."""

    def backward(self, g):
        (x,) = self.saved
        return 3 * g * x * x.detach()


class CubeCutGradient(Cube):
    def backward(self, g):
        (x,) = self.saved
        return 3 * g.detach() * x * x


class Slope(Function):
    """3 g x^2, with a gradient of its own."""

    factor = 1

    def forward(self, g, x):
        self.save(g, x)
        return 3 * g * x * x

    def backward(self, h):
        g, x = self.saved
        return 3 * h * x * x, 6 * self.factor * h * g * x


class SlopeOff(Slope):
    factor = 1.001


class CubeSlope(Cube):
    slope = Slope

    def backward(self, g):
        (x,) = self.saved
        return self.slope()(g, x)


class CubeSlopeOff(CubeSlope):
    slope = SlopeOff


class Area(Function):
    """a^2 b^3."""

    def forward(self, a, b):
        self.save(a, b)
        return a**2 * b**3

    def backward(self, g):
        a, b = self.saved
        return 2 * g * a * b**3, 3 * g * a**2 * b**2


class AreaSecondInputConstant(Area):
    """The gradient by the second input, and it alone, takes the second input for a constant."""

    def backward(self, g):
        a, b = self.saved
        return 2 * g * a * b**3, 3 * g * a**2 * b.detach() ** 2


# (correct, wrong, inputs, what the message says)
WRONG_GRADIENTS = [
    (Softmax, SoftmaxZero, [normal(2, 4)], "No gradient arrived"),
    (Softmax, SoftmaxThousandfold, [normal(2, 4)], "Every entry is 1000 times"),
    (Softmax, SoftmaxOffByATenthOfAPercent, [normal(2, 4)], "Every entry is 1.001 times"),
    (Softmax, SoftmaxWrongSign, [normal(2, 4)], "Every entry is -1 times"),
    (Softmax, SoftmaxDiagonalOnly, [normal(2, 4)], "is wrong"),
    (Softmax, SoftmaxLastEntryOff, [normal(20, 10)], "entry"),
    (Total, TotalAsMean, [normal(2, 3)], "Every entry is 0.166667 times"),
    (AddRow, AddRowMean, [normal(2, 3), normal(3)], "by input 1, of shape (3,), is wrong"),
    (AddRow, AddRowFirstOnly, [normal(2, 3), normal(3)], "by input 1"),
    (AddRow, AddRowNone, [normal(2, 3), normal(3)], "No gradient arrived"),
    (Centre, CentreConstantMean, [normal(2, 3)], "is wrong"),
    (Product, ProductTransposed, [normal(3, 3), normal(3, 3)], "by input 0"),
    (Product, ProductSwapped, [normal(3, 3), normal(3, 3)], "by input 0"),
    (MaxPool, MaxPoolAssigns, [distinct_values((2, 9))], "is wrong"),
    (MaxPool, MaxPoolPlusAssigns, [distinct_values((2, 9))], "is wrong"),
    (Double, DoubleChangesInput, [normal(3)], "input 0 was changed in place"),
    (Double, DoubleChangesGradient, [normal(3)], "the gradient of output 0 was changed in place"),
    (Double, DoubleSingle, [normal(3)], "output 0 must be float64"),
    (Double, DoubleRandom, [normal(3)], "differs between two calls"),
    (Double, DoubleOfMemory, [normal(2, 3)], "output 0 changes when the same inputs"),
    (Double, DoubleOfGradientMemory, [normal(2, 3)], "the gradient by input 0 changes"),
    (Double, DoubleCut, [normal(3)], "no output is connected"),
]
WRONG_SECOND_DERIVATIVES = [
    (Cube, CubeConstant, [normal(2, 3)], "by input 0"),
    (Cube, CubeCutGradient, [normal(2, 3)], "by input 1"),
    (CubeSlope, CubeSlopeOff, [normal(2, 3)], "by input 0"),
    (Area, AreaSecondInputConstant, [normal(2, 3), normal(2, 3)], "by input 1"),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "right, wrong, inputs, words", WRONG_GRADIENTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_wrong_gradients_are_caught(right, wrong, inputs, words, seed):
    assert gradcheck(lambda *xs: right()(*xs), inputs, rng=seed) is True
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda *xs: wrong()(*xs), inputs, rng=seed)
    assert words in str(caught.value)
    assert not isinstance(caught.value, KinkError)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "right, wrong, inputs, words", WRONG_SECOND_DERIVATIVES, ids=lambda v: getattr(v, "__name__", "")
)
def test_wrong_second_derivatives_are_caught(right, wrong, inputs, words, seed):
    assert gradgradcheck(lambda *xs: right()(*xs), inputs, rng=seed) is True
    assert gradcheck(lambda *xs: wrong()(*xs), inputs, rng=seed) is True  # the first derivative is correct
    with pytest.raises(GradientError, match=words):
        gradgradcheck(lambda *xs: wrong()(*xs), inputs, rng=seed)


def test_wrong_shapes_and_dtypes_of_gradients_are_refused_by_the_engine():
    class NoSum(AddRow):
        def backward(self, g):
            return g, g

    class Single(Double):
        def backward(self, g):
            return (2 * g).to("float32")

    with pytest.raises(minicv.ShapeError, match=r"NoSum.backward: gradient 1 must have the shape \(3,\)"):
        gradcheck(lambda x, row: NoSum()(x, row), [normal(2, 3), normal(3)])
    with pytest.raises(minicv.ShapeError, match=r"Single.backward: gradient 0 .* float64 .* float32"):
        gradcheck(lambda x: Single()(x), normal(3))
