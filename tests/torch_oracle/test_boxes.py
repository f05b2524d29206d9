"""Boxes against torchvision's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import boxes as B
from tests.kernels.drawn import rngs
from tests.torch_oracle.oracle import DTYPES, torch
from tests.torch_oracle.vision import torchvision

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def drawn(rng, count, dtype):
    """Boxes anywhere, or on few pixels, where there are ties and boxes of no size."""
    corners = rng.integers(0, 8, (count, 2, 2)) if rng.random() < 0.5 else rng.uniform(0, 10, (count, 2, 2))
    return np.sort(corners, axis=1).reshape(count, 4).astype(dtype)


@dtypes
@given(rng=rngs)
def test_pairs(dtype, rng):
    a, b = drawn(rng, 7, dtype), drawn(rng, 9, dtype)
    for name in ("box_iou", "generalized_box_iou"):
        theirs = getattr(torchvision.ops, name)(torch.tensor(a), torch.tensor(b)).numpy()
        ours = np.where(np.isnan(theirs), np.nan, getattr(B, name)(a, b))  # theirs is NaN without area
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6, err_msg=name)


@dtypes
@given(rng=rngs, count=st.integers(0, 60), threshold=st.sampled_from([0.0, 0.25, 0.37, 0.5, 0.75]))
def test_nms(dtype, rng, count, threshold):
    boxes, labels = drawn(rng, count, dtype), rng.integers(0, 3, count)
    scores = (rng.integers(0, 9, count) if rng.random() < 0.5 else rng.random(count)).astype(dtype)
    tensors = torch.tensor(boxes), torch.tensor(scores)
    theirs = torchvision.ops.nms(*tensors, threshold).numpy()
    np.testing.assert_array_equal(B.nms(boxes, scores, threshold), theirs)
    if len(set(scores)) == count:
        theirs = torchvision.ops.batched_nms(*tensors, torch.tensor(labels), threshold).numpy()
        np.testing.assert_array_equal(B.batched_nms(boxes, scores, labels, threshold), theirs)


@dtypes
@given(rng=rngs)
def test_one_at_a_time(dtype, rng):
    boxes = drawn(rng, 9, dtype)
    theirs = torchvision.ops
    np.testing.assert_allclose(B.box_area(boxes), theirs.box_area(torch.tensor(boxes)), rtol=1e-6)
    for fmt in ("xywh", "cxcywh"):
        for way in ((fmt, "xyxy"), ("xyxy", fmt)):
            expected = theirs.box_convert(torch.tensor(boxes), *way)
            np.testing.assert_allclose(B.box_convert(boxes, *way), expected, atol=1e-5)
    clipped = theirs.clip_boxes_to_image(torch.tensor(boxes - 2), (3, 5))
    np.testing.assert_array_equal(B.clip_boxes_to_image(boxes - 2, (3, 5)), clipped)
    kept = theirs.remove_small_boxes(torch.tensor(boxes), 2.0)
    np.testing.assert_array_equal(B.remove_small_boxes(boxes, 2.0), kept)
    masks = rng.random((4, 5, 6)) < 0.2
    masks[:, rng.integers(5), rng.integers(6)] = True
    np.testing.assert_array_equal(B.masks_to_boxes(masks), theirs.masks_to_boxes(torch.tensor(masks)))


@given(rng=rngs, allow=st.booleans())
def test_matcher(rng, allow):
    from torchvision.models.detection._utils import Matcher

    quality = rng.permutation(5 * 8).reshape(5, 8) / 40  # no ties: torchvision breaks them in no stated order
    ours, theirs = B.Matcher(0.7, 0.3, allow)(quality), Matcher(0.7, 0.3, allow)(torch.tensor(quality))
    np.testing.assert_array_equal(ours, theirs)
