"""Activations and softmax against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.testing.strategies import arrays, shapes
from tests.torch_oracle.oracle import DTYPES, assert_same

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)
numbers = st.floats(-2, 2, width=16)


@st.composite
def scores(draw, dtype, shape=None, specials=(0.0, np.inf, -np.inf, np.nan)):
    """Numbers small and large, the kink at 0, and now and then what is not finite."""
    x = np.array(draw(arrays(shapes(min_side=0) if shape is None else shape, dtype)))
    x *= draw(st.sampled_from([1, 10, 200]))
    if x.size and specials:
        x.flat[draw(st.integers(0, x.size - 1))] = draw(st.sampled_from(specials))
    return x


@dtypes
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "sigmoid", "tanh"])
@given(data=st.data())
def test_elementwise(name, dtype, data):
    parameter = {"leaky_relu": "negative_slope", "elu": "alpha"}.get(name)
    params = {parameter: data.draw(numbers)} if parameter and data.draw(st.booleans()) else {}
    specials = (0.0,) if parameter else (0.0, np.nan, np.inf, -np.inf)  # a slope of 0 times inf warns
    assert_same(name, [data.draw(scores(dtype, specials=specials))], **params)


@dtypes
@given(data=st.data())
def test_prelu(dtype, data):
    x = data.draw(scores(dtype, specials=(0.0,)))
    channels = x.shape[1] if x.ndim > 1 else 1
    slopes = data.draw(st.sampled_from([1, max(channels, 1), 3]))
    assert_same("prelu", [x, np.linspace(-0.5, 0.5, slopes).astype(dtype)])


@dtypes
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data())
def test_softmax(name, dtype, data):
    x = data.draw(scores(dtype, shapes(min_dims=1, min_side=0)))
    assert_same(name, [x], data.draw(st.integers(-5, 4)))


@dtypes
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_infinities(name, dtype):
    x = np.array([[0, -np.inf, 1], [-np.inf, -np.inf, -np.inf], [np.inf, 0, 1], [np.nan, 0, 1]], dtype)
    assert_same(name, [x], 1)
