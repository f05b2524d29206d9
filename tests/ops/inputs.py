"""What every op owes its inputs, and its backward pass as a function to be checked."""

import numpy as np

import minicv
from minicv.testing import noncontiguous


def assert_pure(op, arrays):
    """Inputs are not modified; results and gradients are the same again, and for any layout in memory.

    They are compared to the last bit, so the inputs of ops that add up products have to be whole numbers.
    """
    before = [a.copy() for a in arrays]
    first = _run(op, arrays)
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)
    for again in (_run(op, arrays), _run(op, [noncontiguous(a) for a in arrays])):
        for x, y in zip(first, again):
            assert x.dtype == y.dtype == arrays[0].dtype
            np.testing.assert_array_equal(x, y)


def _run(op, arrays):
    """The output, and the gradients of the inputs for a fixed cotangent. The inputs are used without a copy."""
    tensors = [minicv.Tensor(a, requires_grad=True) for a in arrays]
    y = op(*tensors)
    y.backward(np.random.default_rng(1).integers(-9, 10, y.shape).astype(y.dtype))
    return [y.numpy(), *(t.grad.numpy() for t in tensors)]


def pull_back(op, shape):
    """Backward as a function from the cotangent to the gradient: for a linear op, its transpose."""

    def transpose(cotangent):
        x = minicv.tensor(np.zeros(shape), requires_grad=True)
        op(x).backward(cotangent)
        return x.grad

    return transpose
