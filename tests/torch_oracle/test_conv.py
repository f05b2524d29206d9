"""Convolutions against PyTorch."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicv.functional as F
from minicv.geometry import conv_transpose_size
from minicv.testing.strategies import arrays, conv_parameters
from tests.torch_oracle.oracle import DTYPES, assert_same, torch

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)
axes = pytest.mark.parametrize("axes", [1, 2])


@st.composite
def ints(draw, axes, low, high):
    """An int, or one for each axis."""
    one = st.integers(low, high)
    return draw(one if draw(st.booleans()) else st.tuples(*[one] * axes))


@st.composite
def batches(draw, shape, dtype):
    """A batch, or a single image without the batch axis."""
    return draw(arrays((*draw(st.sampled_from([(), (1,), (3,)])), *shape), dtype))


@st.composite
def biases(draw, channels, dtype):
    return draw(st.one_of(st.none(), arrays((channels,), dtype)))


@dtypes
@axes
@given(data=st.data())
def test_conv(axes, dtype, data):
    p = data.draw(conv_parameters(spatial=axes))
    x, w = data.draw(batches(p.x_shape[1:], dtype)), data.draw(arrays(p.w_shape, dtype))
    bias = data.draw(biases(len(w), dtype))
    assert_same(f"conv{axes}d", [x, w, bias], p.stride, p.padding, p.dilation, p.groups)


@dtypes
@axes
@given(data=st.data())
def test_conv_with_named_padding(axes, dtype, data):
    p = data.draw(conv_parameters(spatial=axes))
    x, w = data.draw(batches(p.x_shape[1:], dtype)), data.draw(arrays(p.w_shape, dtype))
    padding = data.draw(st.sampled_from(["same", "same", "valid", "full"]))
    stride = data.draw(st.sampled_from([1, 1, p.stride]))
    assert_same(f"conv{axes}d", [x, w, None], stride, padding, p.dilation, p.groups)


@dtypes
@axes
@given(data=st.data())
def test_conv_transpose(axes, dtype, data):
    """Among the draws are output paddings that are too large, and outputs of no pixels."""
    p = data.draw(conv_parameters(spatial=axes, max_size=5))
    y = data.draw(batches((p.w_shape[0], *p.x_shape[2:]), dtype))
    w = data.draw(arrays(p.w_shape, dtype))
    bias = data.draw(biases(p.groups * w.shape[1], dtype))
    extra = data.draw(ints(axes, 0, 3))
    sizes = zip(y.shape[-axes:], w.shape[2:], p.stride, p.padding, np.broadcast_to(extra, axes), p.dilation)
    # An output of height or width 0 is refused by PyTorch in float64, and in float32 by some of its kernels.
    assume(dtype == np.float64 or all(conv_transpose_size(*axis) != 0 for axis in sizes))
    assert_same(f"conv_transpose{axes}d", [y, w, bias], p.stride, p.padding, extra, p.groups, p.dilation)


@axes
@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_empty_batch(name, axes):
    x, w, bias = np.ones((0, 2) + (5,) * axes), np.ones((2, 2) + (3,) * axes), np.ones(2)
    assert_same(f"{name}{axes}d", [x, w, bias], stride=2)


@axes
@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
@given(data=st.data())
def test_refusals(name, axes, data):
    """Parameters drawn with no regard to each other: what PyTorch refuses is refused, and nothing else."""
    shape = st.tuples(*[st.integers(1, 4)] * (axes + 2))
    x, w = np.ones(data.draw(shape)), np.ones(data.draw(shape))
    x = data.draw(st.sampled_from([x, x[0], x[0, 0], x[None]]))
    bias = data.draw(st.one_of(st.none(), st.integers(1, 4).map(np.ones)))
    params = {
        "stride": data.draw(ints(axes, 0, 2)),
        "padding": data.draw(ints(axes, -1, 2)),
        "dilation": data.draw(ints(axes, 0, 2)),
        "groups": data.draw(st.integers(0, 3)),
    }
    assert_same(f"{name}{axes}d", [x, w, bias], **params)


@given(p=conv_parameters(), data=st.data())
def test_conv2d_weight(p, data):
    x, w = data.draw(arrays(p.x_shape)), torch.zeros(p.w_shape, dtype=torch.float64)
    rest = (p.stride, p.padding, p.dilation, p.groups)
    tx = torch.tensor(x.copy())
    y = data.draw(arrays(tuple(torch.nn.functional.conv2d(tx, w, None, *rest).shape)))
    theirs = torch.nn.grad.conv2d_weight(tx, p.w_shape, torch.tensor(y.copy()), *rest)
    ours = F.conv2d_weight(x, p.w_shape, y, *rest)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-8, atol=1e-8)
