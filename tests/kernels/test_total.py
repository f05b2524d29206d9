"""Sums of many numbers: no less accurate than NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.kernels.cpu import total as module
from minicv.testing.strategies import arrays, shapes


@given(x=arrays(shapes(min_dims=1, min_side=0, max_side=20), dtype=np.float64), data=st.data())
def test_any_axes_of_any_layout(x, data):
    axes = tuple(sorted(data.draw(st.sets(st.integers(0, x.ndim - 1)))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", 1)  # so that few are treated as many
        for array in (x, x.T, x[..., ::-1]):
            expected = array.sum(axis=axes, keepdims=True)
            np.testing.assert_allclose(module.total(array, axes), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_no_less_accurate_than_numpy(axes):
    x = np.random.default_rng(0).random((301, 7, 113), dtype=np.float32)
    exact = x.sum(axis=axes, keepdims=True, dtype=np.float64)
    ours, numpys = (np.abs(y - exact).max() for y in (module.total(x, axes), x.sum(axis=axes, keepdims=True)))
    assert ours <= numpys
