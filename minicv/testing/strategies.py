"""Hypothesis strategies: shapes, arrays, and the parameters of convolutions and poolings that have an output.

Examples
--------
>>> from hypothesis import given
>>> @given(conv_parameters())
... def test_output_is_not_empty(p):
...     window = [d * (k - 1) + 1 for d, k in zip(p.dilation, p.w_shape[2:])]
...     assert all(n + 2 * q >= m for n, q, m in zip(p.x_shape[2:], p.padding, window))
>>> test_output_is_not_empty()
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from .arrays import distinct_values, noncontiguous


def shapes(min_dims=0, max_dims=4, min_side=1, max_side=5):
    """Shapes, as tuples; ``min_side=0`` draws empty ones too."""
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(count=2, min_side=1, max_dims=3, max_side=4):
    """Tuples of ``count`` shapes that broadcast together."""
    drawn = hnp.mutually_broadcastable_shapes(
        num_shapes=count, min_side=min_side, max_dims=max_dims, max_side=max_side
    )
    return drawn.map(lambda found: found.input_shapes)


@st.composite
def arrays(draw, shape=None, dtype=np.float64, distinct=False):
    """Arrays of drawn values and memory layout.

    The values come from a seed rather than one by one: what matters to an op is the shape, and a seed is
    quick to draw and shrinks to 0.

    Parameters
    ----------
    shape : tuple of int, or strategy for one
    dtype : dtype
        Floating point gives normally distributed values, integers and booleans give values from 0 up to 9 and
        from False to True.
    distinct : bool
        No ties: see :func:`minicv.testing.distinct_values`.
    """
    shape = draw(
        shapes() if shape is None else shape if isinstance(shape, st.SearchStrategy) else st.just(shape)
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(dtype)
    if distinct:
        values = distinct_values(shape, rng)
    elif dtype.kind == "f":
        values = rng.standard_normal(shape)
    else:
        values = rng.integers(0, 2 if dtype.kind == "b" else 10, shape)
    array = np.asarray(values, dtype)
    return noncontiguous(array) if draw(st.booleans()) else array


class ConvParameters(NamedTuple):
    """Shapes and parameters of a convolution; the tuples have one entry for each spatial axis."""

    x_shape: tuple
    w_shape: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int


class PoolParameters(NamedTuple):
    """Shape and parameters of a pooling; the tuples have one entry for each spatial axis."""

    x_shape: tuple
    kernel_size: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    ceil_mode: bool


@st.composite
def conv_parameters(draw, spatial=2, max_channels=3, max_size=8):
    """:class:`ConvParameters` for which the kernel fits into the padded input.

    Among them: strides larger than the kernel, rows of the input that no window reaches, more padding than
    kernel, one-pixel images.

    Parameters
    ----------
    spatial : int
        Number of spatial axes: 1 for conv1d, 2 for conv2d.
    max_channels : int
        Largest number of channels in a group, in and out.
    max_size : int
        Largest length of the input along an axis, or the shortest that the kernel fits into.
    """
    batch, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    channels, filters = draw(st.integers(1, max_channels)), draw(st.integers(1, max_channels))
    kernel, stride, dilation = (_per_axis(draw, spatial, 1, 3) for _ in range(3))
    padding = _per_axis(draw, spatial, 0, 3)
    size = _sizes(draw, kernel, padding, dilation, max_size)
    return ConvParameters(
        x_shape=(batch, groups * channels, *size),
        w_shape=(groups * filters, channels, *kernel),
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )


@st.composite
def pool_parameters(draw, spatial=2, max_size=8):
    """:class:`PoolParameters` that PyTorch allows: padding at most half of the kernel, at least one window."""
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride, dilation = (_per_axis(draw, spatial, 1, 3) for _ in range(3))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = _sizes(draw, kernel, padding, dilation, max_size)
    return PoolParameters((batch, channels, *size), kernel, stride, padding, dilation, draw(st.booleans()))


def _per_axis(draw, spatial, low, high):
    return tuple(draw(st.integers(low, high)) for _ in range(spatial))


def _sizes(draw, kernel, padding, dilation, max_size):
    """A length for each axis, of which the padded version holds the dilated kernel at least once."""
    shortest = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation)]
    return tuple(draw(st.integers(n, max(n, max_size))) for n in shortest)
