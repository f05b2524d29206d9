"""Poolings and unpooling against PyTorch."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicv.testing.strategies import arrays, pool_parameters
from tests.torch_oracle.oracle import DTYPES, assert_same, torch

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)


@st.composite
def batches(draw, shape, dtype, distinct=False):
    """A batch, an empty batch, or a single image without the batch axis."""
    return draw(arrays((*draw(st.sampled_from([(), (0,), (1,), (3,)])), *shape), dtype, distinct=distinct))


def ints(low, high):
    """An int for both axes, or one for each."""
    one = st.integers(low, high)
    return st.one_of(one, st.tuples(one, one))


@dtypes
@given(data=st.data())
def test_max_pool2d(dtype, data):
    p = data.draw(pool_parameters())
    x = data.draw(batches(p.x_shape[1:], dtype, distinct=True))
    # A window both of whose taps fall on the padding is -inf in PyTorch and 0 here, as every empty window is.
    axes = zip(p.x_shape[2:], p.kernel_size, p.padding, p.dilation)
    assume(not any(k == 2 and q == 1 and d > n for n, k, q, d in axes))
    rest = (p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode)
    assert_same("max_pool2d", [x], *rest, return_indices=data.draw(st.booleans()))


@dtypes
@given(p=pool_parameters(), data=st.data())
def test_ties_and_nan(dtype, p, data):
    """Among equal maxima the first; a NaN, of which there is one (of several PyTorch takes the last), beats all."""
    x = np.array([1, 0, -np.inf], dtype)[data.draw(arrays(p.x_shape, np.int64)) % 3]
    if data.draw(st.booleans()):
        x.flat[data.draw(st.integers(0, x.size - 1))] = np.nan
    assert_same("max_pool2d", [x], p.kernel_size, p.stride, p.padding, 1, p.ceil_mode, True)


@dtypes
@given(data=st.data())
def test_avg_pool2d(dtype, data):
    p = data.draw(pool_parameters())
    x = data.draw(batches(p.x_shape[1:], dtype))
    stride = data.draw(st.sampled_from([None, p.stride]))
    divisor = data.draw(st.sampled_from([None, None, 3, -2, 0]))
    rest = (p.kernel_size, stride, p.padding, p.ceil_mode, data.draw(st.booleans()), divisor)
    assert_same("avg_pool2d", [x], *rest)


@dtypes
@pytest.mark.parametrize("name", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
@given(data=st.data())
def test_adaptive(name, dtype, data):
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    x = data.draw(batches((2, *size), dtype, distinct=True))
    one = st.one_of(st.none(), st.integers(1, 10))
    out = data.draw(st.one_of(st.integers(1, 10), st.tuples(one, one)))
    assert_same(name, [x], out, *([True] if "max" in name else []))


@dtypes
@given(data=st.data())
def test_max_unpool2d(dtype, data):
    """Windows that do not overlap; where they do, gradients differ on purpose (see the docstring)."""
    p = data.draw(pool_parameters())
    stride = tuple(map(max, p.kernel_size, p.stride))
    x = data.draw(arrays(p.x_shape[1:] if data.draw(st.booleans()) else p.x_shape, dtype, distinct=True))
    rest = (p.kernel_size, stride, p.padding)
    pooled, indices = torch.nn.functional.max_pool2d(
        torch.tensor(x.copy()), *rest, ceil_mode=p.ceil_mode, return_indices=True
    )
    # Without output_size, one pixel that was half padding unpools to none; PyTorch lets its index point nowhere.
    assume(all((n - 1) * s + k > 2 * p for n, k, s, p in zip(pooled.shape[-2:], *rest)))
    y = data.draw(arrays(tuple(pooled.shape), dtype))
    size = data.draw(st.sampled_from([None, x.shape[-2:], x.shape[-2:], (1, 1), (9, 9)]))
    assert_same("max_unpool2d", [y, indices.numpy()], *rest, size)


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@given(data=st.data())
def test_refusals(name, data):
    """Parameters drawn with no regard to each other: what PyTorch refuses is refused, and nothing else."""
    x = np.arange(float(np.prod(shape := data.draw(st.tuples(*[st.integers(1, 4)] * 4))))).reshape(shape)
    x = data.draw(st.sampled_from([x, x[0], x[0, 0], x[None]]))
    params = {
        "kernel_size": data.draw(ints(0, 4)),
        "stride": data.draw(st.one_of(st.none(), ints(0, 3))),
        "padding": data.draw(ints(-1, 2)),
        "ceil_mode": data.draw(st.booleans()),
    }
    assert_same(name, [x], **params)
