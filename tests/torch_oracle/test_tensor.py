"""Operators and methods of Tensor against PyTorch: the same expression in both, with first and second derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv.testing import distinct_values
from minicv.testing.arrays import random_weights
from minicv.testing.strategies import broadcastable_shapes

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TOLERANCE = {np.dtype("float64"): 1e-8, np.dtype("float32"): 1e-4}

# Expressions of one tensor of shape (2, 3, 4); m is minicv or torch.
ONE = {
    "polynomial": lambda m, x: 3 * x**3 - x**2 / 2 + 1,
    "negative power": lambda m, x: (x * x + 1) ** -0.5,
    "exponential": lambda m, x: 2.0 ** (x / 3),
    "exp log": lambda m, x: m.log(m.exp(x) + 1),
    "sqrt": lambda m, x: m.sqrt(x * x + 0.1),
    "abs": lambda m, x: abs(x) * x.abs(),
    "clip": lambda m, x: m.clip(x, -0.5, 0.5) * x,
    "clamp": lambda m, x: x.clamp(min=0.1) * x,
    "where": lambda m, x: m.where(x > 0, x * x, -x),
    "sum": lambda m, x: x.sum() * x,
    "sum of one axis": lambda m, x: x.sum(1) ** 2,
    "sum of two, kept": lambda m, x: x.sum((0, -1), True) * x,
    "mean": lambda m, x: x.mean(-1) ** 2,
    "var": lambda m, x: x.var(1, correction=1),
    "biased var": lambda m, x: x.var((0, 2), correction=0, keepdim=True) * x,
    "std": lambda m, x: x.std(2, correction=1),
    "standardised": lambda m, x: (x - x.mean(1, True)) / x.std(1, correction=0, keepdim=True),
    "max": lambda m, x: x.max() * x,
    "max of one axis": lambda m, x: x.max(1).values ** 2,
    "min of one axis, kept": lambda m, x: x.min(2, True).values * x,
    "argmax": lambda m, x: x.argmax(1),
    "argmin of all": lambda m, x: x.argmin(),
    "argmax kept": lambda m, x: x.argmax(-1, True),
    "logsumexp": lambda m, x: x.logsumexp(1) ** 2,
    "logsumexp of two": lambda m, x: x.logsumexp((0, 2), True) * x,
    "softmax by hand": lambda m, x: m.exp(x) / m.exp(x).sum(-1, True),
    "reshape": lambda m, x: x.reshape(4, -1) ** 2,
    "view and flatten": lambda m, x: x.view(2, 12).flatten() ** 2,
    "flatten": lambda m, x: x.flatten(1) ** 2,
    "permute": lambda m, x: x.permute(2, 0, 1) ** 2,
    "transpose": lambda m, x: x.transpose(0, 2) ** 2,
    "squeeze": lambda m, x: x[:, :1].squeeze(1) ** 2,
    "unsqueeze": lambda m, x: x.unsqueeze(-2) * x.unsqueeze(-3),
    "expand": lambda m, x: x.unsqueeze(1).expand(-1, 5, -1, -1) ** 2,
    "split": lambda m, x: x.split(2, 2)[1] * x.split([1, 3], 2)[1][:, :, :2],
    "chunk": lambda m, x: x.chunk(2, 1)[0] ** 2,
    "cat": lambda m, x: m.cat([x, x * x], 1) ** 2,
    "stack": lambda m, x: m.stack([x, x * x], -1) ** 2,
    "slices": lambda m, x: x[:, 1:, ::2] * x[0, 1:, ::2],
    "integers": lambda m, x: x[[1, 0, 1]] ** 2,
    "integers in two axes": lambda m, x: x[:, [0, 2, 2], [1, 1, 3]] ** 2,
    "booleans": lambda m, x: x[x > 0] ** 2,
    "new axis and dots": lambda m, x: x[..., None, 0] * x[0, ..., 1],
    "comparison": lambda m, x: (x > 0) | ~(x <= -1) & (x != 0),
    "matrix product": lambda m, x: x @ x.transpose(1, 2),
    "matrix and vector": lambda m, x: m.matmul(x, x[0, 0]),
}
# Expressions of two tensors whose shapes broadcast.
TWO = {
    "add": lambda m, a, b: a + b,
    "sub": lambda m, a, b: a - b,
    "mul": lambda m, a, b: a * b,
    "div": lambda m, a, b: a / (b * b + 1),
    "pow": lambda m, a, b: (a * a + 1) ** b,
    "maximum": lambda m, a, b: m.maximum(a, b) * a,
    "minimum": lambda m, a, b: m.minimum(a, b) * b,
    "where": lambda m, a, b: m.where(a > b, a * a, b * a),
    "less": lambda m, a, b: a < b,
}


def derivatives(grad, y, xs, make):
    """[first derivatives by xs, second derivatives]; None where there are none."""
    if not y.requires_grad:
        return []
    rng = np.random.default_rng(0)
    cotangent = make(random_weights(tuple(y.shape), rng))
    first = grad([y], xs, [cotangent], create_graph=True, allow_unused=True)
    total = sum((g * make(random_weights(tuple(g.shape), rng))).sum() for g in first if g is not None)
    second = grad([total], xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    return [*first, *second]


def check(expression, *arrays):
    ours = [minicv.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    dtype, tolerance = arrays[0].dtype, TOLERANCE[arrays[0].dtype]
    y, z = expression(minicv, *ours), expression(torch, *theirs)
    pairs = [(y, z)]
    mine = derivatives(minicv.grad, y, ours, lambda a: minicv.tensor(a, dtype=dtype))
    pairs += zip(
        mine,
        derivatives(torch.autograd.grad, z, theirs, lambda a: torch.tensor(a, dtype=z.dtype)),
        strict=True,
    )
    for got, expected in pairs:
        expected = (
            np.zeros(got.shape if got is not None else ()) if expected is None else expected.detach().numpy()
        )
        got = np.zeros_like(expected) if got is None else got.numpy()
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    assert str(y.dtype) == str(z.dtype).removeprefix("torch.")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ONE)
def test_expressions_of_one_tensor(name, dtype):
    for seed in range(2):  # what a seed changes is the order of the values
        check(ONE[name], distinct_values((2, 3, 4), seed).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TWO)
@given(found=broadcastable_shapes(2, min_side=0), seed=st.integers(0, 2**32 - 1))
def test_expressions_of_two_tensors(name, dtype, found, seed):
    # Below 1 in size, so that no sum of their derivatives is made of terms far larger than what it comes to.
    a, b = (distinct_values(shape, seed + n, gap=0.02) + 0.01 * n for n, shape in enumerate(found))
    check(TWO[name], a.astype(dtype), b.astype(dtype))


@pytest.mark.parametrize("name", ["abs", "sum", "max of one axis", "std", "clip"])
def test_the_conventions_at_ties_and_zeros(name):
    first = [torch.tensor(np.zeros((2, 3, 4)), requires_grad=True)]
    x = minicv.tensor(np.zeros((2, 3, 4)), requires_grad=True)
    ONE[name](minicv, x).sum().backward()
    ONE[name](torch, *first).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), first[0].grad.numpy())


def test_a_training_loop_by_hand_takes_the_same_steps():
    rng = np.random.default_rng(0)
    data, target = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    start = rng.standard_normal((3, 2))
    w, v = minicv.tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    for _ in range(10):
        for m, p, x, t in [(minicv, w, data, target), (torch, v, torch.tensor(data), torch.tensor(target))]:
            ((x @ p - t) ** 2).mean().backward()
            with m.no_grad():
                p[...] = p - 0.05 * p.grad
            p.grad = None
    np.testing.assert_allclose(w.numpy(), v.detach().numpy(), rtol=1e-10)
