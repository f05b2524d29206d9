"""Pixels, boxes, masks and keypoints move together; choices come from the generator that is handed in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data import Meadow, Sample
from minicv.data.transforms import (
    CenterCrop,
    ColorJitter,
    Compose,
    ElasticTransform,
    Pad,
    PCALighting,
    RandomAffine,
    RandomApply,
    RandomCrop,
    RandomHorizontalFlip,
    RandomIoUCrop,
    RandomResizedCrop,
    RandomZoomOut,
    Resize,
    Transformed,
)
from minicv.data.transforms.moves import crop, displace, hflip, resize, warp

MOVES = {
    "crop": lambda s, r: crop(s, *r.integers(-9, 10, 2), *r.integers(20, 60, 2)),
    "hflip": lambda s, r: hflip(s),
    "resize": lambda s, r: resize(s, *r.integers(30, 90, 2)),
    "affine": RandomAffine(30, (0.1, 0.1), (0.8, 1.2), 10),
    "elastic": ElasticTransform(sigma=3),
}
RANDOM = {
    "RandomCrop": RandomCrop(30, padding=4),
    "RandomHorizontalFlip": RandomHorizontalFlip(),
    "RandomResizedCrop": RandomResizedCrop(32),
    "RandomAffine": RandomAffine(20),
    "RandomZoomOut": RandomZoomOut(p=1.0),
    "RandomIoUCrop": RandomIoUCrop(),
    "ElasticTransform": ElasticTransform(),
    "ColorJitter": ColorJitter(0.4, 0.4, 0.4, 0.1),
    "PCALighting": PCALighting(),
    "RandomApply": RandomApply(Resize(20)),
}
seeds = st.integers(0, 2**32 - 1)


def blobs(rng, size=(40, 50), count=3):
    """Bright squares, each with its box, its mask, its class in ``semantic`` and a keypoint in its middle."""
    height, width = size
    image, semantic = np.zeros((height, width, 3), np.uint8), np.zeros(size, np.int64)
    masks, boxes = np.zeros((count, *size), bool), np.zeros((count, 4), np.float32)
    keypoints = np.zeros((count, 17, 3), np.float32)
    for i in range(count):
        left, y = 3 + i * (width - 6) // count, int(rng.integers(3, height - 12))
        boxes[i] = left, y, left + 9, y + 9
        masks[i, y : y + 9, left : left + 9] = True
        image[masks[i]], semantic[masks[i]] = 80 * (i + 1), i + 1
        keypoints[i, 0] = left + 4.5, y + 4.5, 2
    return Sample(
        image, semantic, masks, boxes, np.arange(1, count + 1), keypoints, meta={"area": np.full(count, 81.0)}
    )


@pytest.mark.parametrize("name", MOVES)
@given(seed=seeds)
def test_everything_moves_together(name, seed):
    rng = np.random.default_rng(seed)
    moved = MOVES[name](blobs(rng), rng)
    size = np.float32([moved.image.shape[1], moved.image.shape[0]])
    assert len(moved.meta["area"]) == len(moved.labels) == len(moved.boxes)
    assert (moved.boxes >= 0).all() and (moved.boxes[:, 2:] <= size).all()
    for label, box, mask, points in zip(moved.labels, moved.boxes, moved.masks, moved.keypoints):
        np.testing.assert_array_equal(moved.semantic == label, mask)
        rows, cols = np.nonzero(mask)
        around = [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
        assert np.abs(box - around).max() <= 1.5  # labels go to the nearest pixel, boxes stay exact
        if mask.sum() > 60:
            assert (
                abs(np.median(moved.image[mask]) - 80 * label) <= 8
            )  # edges are blurred; the next one is 80 away
        x, y, visible = points[0]
        whole = (box[:2] > 0).all() and (box[2:] < size).all()
        if whole:
            near = np.hypot(cols + 0.5 - x, rows + 0.5 - y) < 2
            assert visible == 2 and near.any()


def test_a_crop_by_hand():
    sample = Sample(
        np.arange(24, dtype=np.uint8).reshape(4, 6, 1).repeat(3, axis=2),
        semantic=np.arange(24).reshape(4, 6),
        boxes=np.float32([[0, 0, 3, 3], [5, 0, 6, 1]]),
        labels=np.array([1, 2]),
        keypoints=np.float32([[[2.5, 1.5, 2], [0.5, 0.5, 1]], [[5.5, 0.5, 2], [0, 0, 0]]]),
        meta={"crowd": [False, True], "path": "x"},
    )
    got = crop(sample, 1, 2, 3, 5, fill=(7, 8, 9))
    assert got.image[0].tolist() == [[8] * 3, [9] * 3, [10] * 3, [11] * 3, [7, 8, 9]]
    assert got.semantic[0].tolist() == [8, 9, 10, 11, 255]
    assert got.boxes.tolist() == [[0, 0, 1, 2]] and got.labels.tolist() == [1]
    assert got.keypoints.tolist() == [[[0.5, 0.5, 2], [0, 0, 0]]]
    assert got.meta == {"crowd": [False], "path": "x"}


def test_a_flip_by_hand():
    person = Meadow(objects=(1, 1), classes=("person",), scale=(1.3, 1.6))[0]
    flipped = hflip(person)
    np.testing.assert_array_equal(flipped.image, person.image[:, ::-1])
    left_hand, right_hand = person.keypoints[0, 11], person.keypoints[0, 6]
    assert right_hand[2] and flipped.keypoints[0, 11].tolist() == [64 - right_hand[0], *right_hand[1:]]
    assert left_hand[2] and flipped.keypoints[0, 6].tolist() == [64 - left_hand[0], *left_hand[1:]]
    twice = hflip(flipped)
    for name in ("image", "semantic", "masks", "boxes", "keypoints"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(person, name))


def test_no_move_changes_nothing():
    sample = blobs(np.random.default_rng(0))
    for same in (
        crop(sample, 0, 0, 40, 50),
        resize(sample, 40, 50),
        warp(sample, np.eye(2, 3)),
        displace(sample, np.zeros((2, 40, 50))),
        RandomZoomOut(p=0)(sample, np.random.default_rng(0)),
        ColorJitter()(sample, np.random.default_rng(0)),
    ):
        for name in ("image", "semantic", "masks", "boxes", "keypoints", "labels"):
            np.testing.assert_array_equal(getattr(same, name), getattr(sample, name), err_msg=name)


@pytest.mark.parametrize("name", RANDOM)
def test_choices_come_from_the_generator(name):
    sample = blobs(np.random.default_rng(0))
    before = sample.image.copy()
    a, b, *others = (RANDOM[name](sample, np.random.default_rng(seed)) for seed in (1, 1, 2, 3, 4, 5, 6))
    np.testing.assert_array_equal(a.image, b.image)
    np.testing.assert_array_equal(a.boxes, b.boxes)
    assert any(a.image.shape != o.image.shape or (a.image != o.image).any() for o in others)
    np.testing.assert_array_equal(sample.image, before)


def test_sizes():
    rng, sample = np.random.default_rng(0), blobs(np.random.default_rng(0))
    assert Resize(20)(sample, rng).image.shape == (20, 25, 3)
    assert Resize(20, max_size=22)(sample, rng).image.shape == (18, 22, 3)
    assert Resize((7, 9))(sample, rng).image.shape == (7, 9, 3)
    assert CenterCrop((60, 10))(sample, rng).image.shape == (60, 10, 3)
    assert Pad((1, 2, 3, 4))(sample, rng).image.shape == (46, 54, 3)
    assert RandomCrop(64, padding=2)(sample, rng).image.shape == (64, 64, 3)
    assert Compose([Resize(30), RandomCrop(20), RandomResizedCrop((8, 9))])(sample, rng).image.shape == (
        8,
        9,
        3,
    )


@given(seed=seeds)
def test_windows_of_ssd(seed):
    """Every object whose centre is in the window stays, every other one goes; the minimum overlap is kept."""
    rng = np.random.default_rng(seed)
    sample = blobs(rng)
    got = RandomIoUCrop(sampler_options=(0.1,))(sample, rng)
    if got is sample:
        return
    (height, width), areas = got.image.shape[:2], (got.boxes[:, 2:] - got.boxes[:, :2]).prod(1)
    assert 0.5 <= width / height <= 2 and 1 <= len(got.labels) <= 3
    assert (areas >= 81 / 4).all() and areas.max() / (height * width + 81 - areas.max()) >= 0.099


def test_a_canvas():
    sample = blobs(np.random.default_rng(0))
    got = RandomZoomOut(fill=(1, 2, 3), side_range=(2, 2), p=1)(sample, np.random.default_rng(0))
    assert got.image.shape == (80, 100, 3) and (got.semantic != 255).sum() == 40 * 50
    assert (got.image[got.semantic == 255] == (1, 2, 3)).all()
    assert got.masks.sum() == sample.masks.sum() and len(got.boxes) == 3


def test_colours():
    grey = Sample(np.full((2, 2, 3), 100, np.uint8))
    shades = {
        int(ColorJitter(brightness=0.5)(grey, np.random.default_rng(i)).image[0, 0, 0]) for i in range(200)
    }
    assert min(shades) < 60 and max(shades) > 140 and min(shades) >= 50 and max(shades) <= 150
    for jitter in (ColorJitter(contrast=0.9), ColorJitter(saturation=0.9), ColorJitter(hue=0.5)):
        assert np.abs(jitter(grey, np.random.default_rng(0)).image.astype(int) - 100).max() <= 1
    red = Sample(np.full((1, 1, 3), (200, 0, 0), np.uint8))
    hues = [ColorJitter(hue=0.5)(red, np.random.default_rng(i)).image[0, 0] for i in range(50)]
    assert {int(hue.argmax()) for hue in hues} == {0, 1, 2} and all(
        abs(int(hue.max()) - 200) <= 3 for hue in hues
    )


def test_lighting_moves_all_pixels_alike():
    sample = Sample(np.random.default_rng(0).integers(60, 200, (5, 5, 3), np.uint8))
    shift = PCALighting(0.3)(sample, np.random.default_rng(3)).image.astype(int) - sample.image
    assert (shift == shift[0, 0]).all() and (shift != 0).any()


def test_an_item_depends_on_seed_epoch_and_number_alone():
    scenes = Transformed(Meadow(length=4), RandomCrop(40), seed=5)
    images = [scene.image for scene in (scenes[i] for i in range(4))]
    for i in (3, 1, 1, 0):
        np.testing.assert_array_equal(scenes[i].image, images[i])
    scenes.epoch = 1
    assert any((scenes[i].image != images[i]).any() for i in range(4))
    scenes.epoch, scenes.seed = 0, 6
    assert any((scenes[i].image != images[i]).any() for i in range(4))
    assert len(scenes) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Resize(0), "Resize: size must be at least 1 pixel; got 0"),
        (lambda: RandomCrop((3, -1)), "RandomCrop: size must be at least 1 pixel"),
        (lambda: Pad(-1), "Pad: padding must be a number from 0 on"),
        (lambda: Pad((1, 2)), "or four of them"),
        (lambda: RandomAffine(5, scale=(0, 1)), "scale must be a range above 0"),
        (lambda: ColorJitter(hue=0.7), "hue must be between 0 and 0.5; got 0.7"),
        (lambda: crop(blobs(np.random.default_rng(0)), 0, 0, 0, 5), "window must be at least 1 x 1"),
        (lambda: resize(blobs(np.random.default_rng(0)), 5, 0), "size must be at least 1 x 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_keypoints_that_nobody_can_mirror():
    sample = Sample(np.zeros((4, 4, 3), np.uint8), boxes=np.float32([[0, 0, 1, 1]]), labels=np.array([1]),
                    keypoints=np.zeros((1, 5, 3), np.float32))  # fmt: skip
    with pytest.raises(ValueError, match="the 14 of Leeds Sports Pose or the 17 of COCO; got 5 a person"):
        hflip(sample)
