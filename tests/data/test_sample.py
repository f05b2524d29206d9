import numpy as np
import pytest

from minicv.data import JOINTS, SKELETON, Sample


def test_joints_are_the_fourteen_of_the_slides():
    sides = {
        f"{side} {part}"
        for side in ("left", "right")
        for part in ("foot", "knee", "hip", "hand", "elbow", "shoulder")
    }
    assert len(JOINTS) == 14 and set(JOINTS) == sides | {"neck", "head top"}


def test_the_skeleton_connects_every_joint():
    reached = {0}
    for _ in SKELETON:
        reached |= {b for a, b in SKELETON if a in reached} | {a for a, b in SKELETON if b in reached}
    assert reached == set(range(14))


def test_a_bone_never_joins_two_sides_below_the_trunk():
    for a, b in SKELETON:
        crossing = {JOINTS[a].split()[0], JOINTS[b].split()[0]} == {"left", "right"}
        assert not crossing or {JOINTS[a], JOINTS[b]} == {"left hip", "right hip"}


def test_a_bare_image_is_a_sample():
    sample = Sample(np.zeros((4, 6, 3), np.uint8))
    assert sample.boxes.shape == (0, 4) and sample.labels.shape == (0,) and sample.semantic is None
    assert repr(sample) == "Sample(4 x 6, 0 instances: '')"


@pytest.mark.parametrize(
    "image", [np.zeros((3, 8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8)]
)
def test_a_wrong_image_is_refused(image):
    with pytest.raises(ValueError, match=r"^Sample: image must be \(H, W, 3\) uint8; got"):
        Sample(image)


@pytest.mark.parametrize(
    "wrong",
    [
        {"semantic": np.zeros((6, 4), np.int64)},
        {"masks": np.zeros((2, 4, 6), bool)},
        {"boxes": np.zeros((2, 4), np.float32)},
        {"labels": np.zeros(2, np.int64)},
        {"keypoints": np.zeros((2, 17, 3), np.float32)},
        {"keypoints": np.zeros((1, 17, 2), np.float32)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(wrong):
    one = {"labels": np.zeros(1, np.int64), "boxes": np.zeros((1, 4), np.float32)}
    with pytest.raises(ValueError, match=r"^Sample: \w+ must be "):
        Sample(np.zeros((4, 6, 3), np.uint8), **(one | wrong))
