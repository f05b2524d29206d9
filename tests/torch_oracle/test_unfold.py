"""Unfold and fold against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.geometry import conv_size
from minicv.testing.strategies import arrays, conv_parameters
from tests.torch_oracle.oracle import DTYPES, assert_same

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)


@dtypes
@given(p=conv_parameters(), data=st.data())
def test_unfold(dtype, p, data):
    batch = data.draw(st.sampled_from([(), (0,), (2,)]))
    x = data.draw(arrays((*batch, *p.x_shape[1:]), dtype))
    assert_same("unfold", [x], p.w_shape[2:], p.dilation, p.padding, p.stride)


@dtypes
@given(p=conv_parameters(), data=st.data())
def test_fold(dtype, p, data):
    size, kernel = p.x_shape[2:], p.w_shape[2:]
    windows = np.prod([conv_size(*axis) for axis in zip(size, kernel, p.stride, p.padding, p.dilation)])
    batch = data.draw(st.sampled_from([(), (0,), (2,)]))
    columns = data.draw(arrays((*batch, 2 * np.prod(kernel), windows), dtype))
    assert_same("fold", [columns], size, kernel, p.dilation, p.padding, p.stride)


def ints(low, high):
    one = st.integers(low, high)
    return st.one_of(one, st.tuples(one, one))


@pytest.mark.parametrize("name", ["unfold", "fold"])
@given(data=st.data())
def test_refusals(name, data):
    """Parameters drawn with no regard to each other: what PyTorch refuses is refused, and nothing else."""
    x = np.ones(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=5)))
    size = [data.draw(ints(0, 4))] if name == "fold" else []
    geometry = [data.draw(ints(low, 3)) for low in (0, 0, -1, 0)]
    assert_same(name, [x], *size, *geometry)
