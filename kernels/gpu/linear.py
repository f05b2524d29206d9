"""Matrix products on the GPU: cuBLAS, which CuPy's ``matmul`` calls."""

import cupy


def linear(x, w, bias):
    """Fully connected layer: see :func:`minicv.kernels.reference.linear.linear`."""
    y = cupy.matmul(x, w.T)
    if bias is not None:
        y += bias
    return y


def linear_input(g, w):
    """Gradient of linear by x: see :func:`minicv.kernels.reference.linear.linear_input`."""
    return cupy.matmul(g, w)


def linear_weight(g, x):
    """Gradient of linear by w: see :func:`minicv.kernels.reference.linear.linear_weight`."""
    return cupy.matmul(g.T, x)


def matmul(a, b):
    """Matrix product: see :func:`minicv.kernels.reference.linear.matmul`."""
    return cupy.matmul(a, b)
