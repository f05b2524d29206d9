"""What Hypothesis draws for the tests of the kernels."""

import numpy as np
from hypothesis import strategies as st

from minicv.kernels.reference.unfold import output_size

rngs = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def sizes(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def windows(draw):
    """Image size, kernel_size, stride, padding, dilation: at least one window fits."""
    size, kernel_size = draw(sizes(1, 7)), draw(sizes(1, 3))
    stride, padding, dilation = draw(sizes(1, 3)), draw(sizes(0, 2)), draw(sizes(1, 2))
    room = [d * (k - 1) + 1 - 2 * p for k, p, d in zip(kernel_size, padding, dilation)]
    size = tuple(max(n, r) for n, r in zip(size, room))
    assert min(output_size(size, kernel_size, stride, padding, dilation)) >= 1
    return size, kernel_size, stride, padding, dilation


@st.composite
def convolutions(draw):
    """Arrays x, w, y of one convolution, and its stride, padding, dilation, groups."""
    size, kernel_size, stride, padding, dilation = draw(windows())
    groups, batch = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    C, K = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    rng = draw(rngs)
    x = rng.standard_normal((batch, C, *size))
    w = rng.standard_normal((K, C // groups, *kernel_size))
    y = rng.standard_normal((batch, K, *output_size(size, kernel_size, stride, padding, dilation)))
    return x, w, y, (stride, padding, dilation, groups)


def assert_same_inner_product(a, b, c, d):
    """<a, b> = <c, d>, to rounding."""
    left, right = np.vdot(a, b), np.vdot(c, d)
    scale = np.linalg.norm(a) * np.linalg.norm(b) + np.linalg.norm(c) * np.linalg.norm(d)
    assert abs(left - right) <= 1e-12 * scale, (left, right)
