"""Interpolation and padding against PyTorch."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicv.testing.strategies import arrays
from tests.torch_oracle.oracle import DTYPES, assert_same

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
factors = st.one_of(st.floats(0.1, 4), st.sampled_from([0.5, 1 / 3, 1.0, 1.5, 2, 3]))


@st.composite
def targets(draw):
    """``size`` or ``scale_factor``, each for both axes at once or for each of them; now and then both or none."""
    size = draw(st.one_of(st.integers(1, 12), st.tuples(st.integers(1, 12), st.integers(1, 12))))
    scale_factor = draw(st.one_of(factors, st.tuples(factors, factors)))
    return draw(
        st.sampled_from(
            [(size, None)] * 5 + [(None, scale_factor)] * 5 + [(size, scale_factor), (None, None)]
        )
    )


@dtypes
@pytest.mark.parametrize(
    "mode, align_corners", [("nearest", None), ("bilinear", None), ("bilinear", True), ("nearest", False)]
)
@given(data=st.data())
def test_interpolate(mode, align_corners, dtype, data):
    x = data.draw(arrays((data.draw(st.integers(0, 2)), 2, *data.draw(sizes)), dtype))
    assert_same("interpolate", [x], *data.draw(targets()), mode, align_corners)


@dtypes
@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate"])
@given(data=st.data())
def test_pad(mode, dtype, data):
    axes = data.draw(st.integers(1, 2))
    x = data.draw(arrays((*[2] * data.draw(st.integers(0, 2)), *data.draw(sizes)), dtype))
    widths = data.draw(st.lists(st.integers(-4, 5), min_size=2 * axes, max_size=2 * axes))
    kept = [n + before + after for n, before, after in zip(x.shape[::-1], widths[::2], widths[1::2])]
    assume(mode == "constant" or min(kept) >= 1)  # PyTorch is content if one of the axes keeps a cell
    value = [data.draw(st.sampled_from([0, 2.5]))] if mode == "constant" else []
    assert_same("pad", [x], widths, mode, *value)
