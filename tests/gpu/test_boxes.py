"""The functions on boxes, given arrays of the device "cuda": their results are there too, and the CPU's."""

import numpy as np
import pytest

from minicv import boxes as B

RNG = np.random.default_rng(0)
BOXES = np.sort(RNG.integers(0, 9, (30, 2, 2)), axis=1).reshape(30, 4).astype(np.float32)
SCORES, LABELS = RNG.integers(0, 6, 30).astype(np.float32), RNG.integers(0, 3, 30)

CALLS = {
    "box_area": lambda up: B.box_area(up(BOXES)),
    "box_convert": lambda up: B.box_convert(up(BOXES), "xyxy", "cxcywh"),
    "box_iou": lambda up: B.box_iou(up(BOXES), up(BOXES[:7])),
    "batched_nms": lambda up: B.batched_nms(up(BOXES), up(SCORES), up(LABELS), 0.4),
    "clip_boxes_to_image": lambda up: B.clip_boxes_to_image(up(BOXES), (4, 5)),
    "generalized_box_iou": lambda up: B.generalized_box_iou(up(BOXES), up(BOXES[:7])),
    "masks_to_boxes": lambda up: B.masks_to_boxes(up(np.tri(4, 5)[None])),
    "Matcher": lambda up: B.Matcher(0.7, 0.3, True)(up(B.box_iou(BOXES[:7], BOXES))),
    "nms": lambda up: B.nms(up(BOXES), up(SCORES), 0.4),
    "remove_small_boxes": lambda up: B.remove_small_boxes(up(BOXES), 3),
}


@pytest.mark.parametrize("name", CALLS)
def test_boxes(name, cuda):
    wanted, got = CALLS[name](np.asarray), CALLS[name](cuda.asarray)
    assert isinstance(got, cuda.ndarray) and got.dtype == wanted.dtype
    np.testing.assert_allclose(cuda.asnumpy(got), wanted, rtol=1e-6)


def test_every_function_is_tried():
    public = {name for name, value in vars(B).items() if callable(value)}
    assert set(CALLS) == public


def test_the_sentences(cuda):
    with pytest.raises(ValueError, match=r"box_area: boxes must be .*; got \[5.0, 5.0, 2.0, 9.0\] in row 1"):
        B.box_area(cuda.asarray(np.array([[0.0, 0, 1, 1], [5, 5, 2, 9]])))
