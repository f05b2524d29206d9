"""Region ops against torchvision's: values and gradients, for boxes anywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing.arrays import distinct_values
from tests.kernels.drawn import rngs
from tests.torch_oracle.oracle import DTYPES, torch
from tests.torch_oracle.vision import torchvision

pytestmark = pytest.mark.torch


def drawn_boxes(rng, batch, count, size, scale):
    """Boxes on any image, on whole pixels or between them, inside, over the border and outside."""
    reach = (max(size) + 5) / scale
    corners = rng.uniform(-5, reach, (count, 2, 2))
    if rng.random() < 0.5:
        corners = np.round(corners)  # with scales of 1/2 and 1/16, many land on .5
    corners.sort(axis=1)
    return np.concatenate([rng.integers(0, batch, (count, 1)), corners.reshape(count, 4)], axis=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["roi_pool", "roi_align", "ps_roi_pool", "ps_roi_align"])
@given(rng=rngs, data=st.data())
def test_region_ops(name, dtype, rng, data):
    size = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    bins = data.draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    scale = data.draw(st.sampled_from([1.0, 0.5, 0.3, 1 / 16]))
    own = bins[0] * bins[1] if name.startswith("ps") else 1
    x = distinct_values((2, 2 * own, *size), rng).astype(dtype)
    boxes = drawn_boxes(rng, 2, data.draw(st.integers(0, 6)), size, scale).astype(dtype)
    rest = [bins, scale]
    if name.endswith("align"):
        rest.append(data.draw(st.integers(-1, 3)))
    if name == "roi_align":
        rest.append(data.draw(st.booleans()))
    ours, theirs = minicv.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = (
        getattr(F, name)(ours, boxes, *rest),
        getattr(torchvision.ops, name)(theirs, torch.tensor(boxes), *rest),
    )
    # A box of no area has no samples: 0 / 0 in torchvision's ps_roi_align, 0 here.
    wanted = np.nan_to_num(expected.detach().numpy())
    scale = np.abs(x).max()
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-5, atol=1e-5 * scale)
    cotangent = rng.standard_normal(y.shape).astype(dtype)
    y.backward(cotangent)
    expected.backward(torch.tensor(cotangent))
    if name == "ps_roi_pool" and (boxes[:, 1:] * rest[1] > min(size) - 2).any():
        return  # torchvision clips the bins in another way backwards than forwards
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-5, atol=1e-4)
