from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data import CLASSES, JOINTS, THINGS, Meadow
from minicv.data.meadow.truth import MIN_PIXELS

FIRST_THING = CLASSES.index(THINGS[0])


@st.composite
def scenes(draw):
    """A scene of any seed, index, size, crowd and scale."""
    fewest = draw(st.integers(0, 6))
    low = draw(st.floats(0.5, 1.5))
    world = Meadow(
        size=draw(st.integers(32, 128)),
        length=2**31,
        seed=draw(st.integers(0, 2**32)),
        objects=(fewest, fewest + draw(st.integers(0, 4))),
        scale=(low, low + draw(st.floats(0, 1))),
    )
    return world[draw(st.integers(0, 2**31 - 1))]


@given(scenes())
def test_shapes_and_types(scene):
    size, count = len(scene.image), len(scene.labels)
    assert (
        scene.image.shape == (size, size, 3)
        and scene.image.dtype == np.uint8
        and scene.image.flags.c_contiguous
    )
    assert scene.semantic.shape == (size, size) and scene.semantic.dtype == np.int64
    assert scene.masks.shape == (count, size, size) and scene.masks.dtype == bool
    assert scene.boxes.shape == (count, 4) and scene.boxes.dtype == np.float32
    assert scene.keypoints.shape == (count, 14, 3) and scene.keypoints.dtype == np.float32
    assert scene.labels.dtype == np.int64 and len(scene.meta["attributes"]) == count


@given(scenes())
def test_the_semantic_map_is_the_painting_of_the_masks(scene):
    painted = np.full(scene.semantic.shape, -1)
    for mask, label in zip(scene.masks, scene.labels):
        assert (painted[mask] == -1).all()  # masks do not overlap
        painted[mask] = label
    things = scene.semantic >= FIRST_THING
    assert np.array_equal(scene.semantic[things], painted[things])
    assert (
        (painted[~things] == -1).all() and scene.semantic.min() >= 0 and scene.semantic.max() < len(CLASSES)
    )


@given(scenes())
def test_boxes_are_tight_around_the_masks(scene):
    for mask, (x1, y1, x2, y2) in zip(scene.masks, scene.boxes.astype(int)):
        assert mask.sum() >= MIN_PIXELS
        inside = mask[y1:y2, x1:x2]
        assert inside.sum() == mask.sum()
        assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
    assert np.array_equal(scene.boxes, np.rint(scene.boxes))


@given(scenes())
def test_keypoints_are_where_they_say(scene):
    size = len(scene.image)
    for label, mask, keypoints in zip(scene.labels, scene.masks, scene.keypoints):
        x, y, visibility = keypoints.T
        assert set(visibility.tolist()) <= {0, 1, 2}
        if CLASSES[label] != "person":
            assert not keypoints.any()
        assert not keypoints[visibility == 0].any()
        assert ((x >= 0) & (x < size) & (y >= 0) & (y < size)).all()
        seen = visibility == 2
        assert mask[y[seen].astype(int), x[seen].astype(int)].all()


@given(scenes())
def test_caption_and_attributes_tell_of_what_is_there(scene):
    names = [CLASSES[label] for label in scene.labels]
    assert [item["name"] for item in scene.meta["attributes"]] == names
    for name in THINGS:
        word = name if names.count(name) == 1 else {"person": "people"}.get(name, name + "s")
        words = scene.caption.replace(",", "").split()
        assert (word in words) == (name in names)
    assert ("tree" in scene.caption) == (scene.meta["trees"] > 0)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from([32, 47, 64, 100]))
def test_the_same_scene_every_time(seed, index, size):
    first = Meadow(size=size, length=10**6 + 1, seed=seed)[index]
    second = Meadow(size=size, length=2 * 10**6, seed=seed)[index]
    assert first.image.tobytes() == second.image.tobytes() and first.caption == second.caption
    assert first.semantic.tobytes() == second.semantic.tobytes()
    assert np.array_equal(first.keypoints, second.keypoints) and np.array_equal(first.boxes, second.boxes)


def test_threads_and_order_do_not_matter():
    world = Meadow(size=48, length=12, seed=5, noise=0.02)
    forward = [world[i].image.tobytes() for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        backward = list(pool.map(lambda i: world[i].image.tobytes(), range(11, -1, -1)))
    assert forward == backward[::-1]


def test_seeds_and_indices_give_different_scenes():
    images = {
        Meadow(size=32, length=8, seed=seed)[index].image.tobytes() for seed in range(4) for index in range(8)
    }
    assert len(images) == 32


def test_a_scene_is_the_same_at_every_resolution():
    # Far things can be too small to be told at the lower resolution, so the few that differ there are allowed for.
    agree = []
    for index in range(12):
        small, large = (Meadow(size=size, length=12, seed=3)[index] for size in (64, 256))
        shrunk = large.image.reshape(64, 4, 64, 4, 3).mean((1, 3))
        assert np.abs(small.image - shrunk).mean() < 6
        agree.append((small.semantic == large.semantic[2::4, 2::4]).mean())
    assert np.mean(agree) > 0.97


def test_a_mirrored_person_keeps_the_own_left_and_right():
    world = Meadow(size=128, length=40, seed=2, objects=(1, 1), classes=("person",))
    right, left = JOINTS.index("right shoulder"), JOINTS.index("left shoulder")
    seen = set()
    for scene in world:
        (item,), (keypoints,) = scene.meta["attributes"], scene.keypoints
        if item["view"] != "side":
            seen.add((item["view"], item["facing"]))
            assert (keypoints[right, 0] < keypoints[left, 0]) == (item["view"] == "front")
        else:  # the far hip is behind the body
            far = JOINTS.index("left hip" if item["facing"] == "right" else "right hip")
            assert keypoints[far, 2] == 1
    assert len(seen) == 4


def test_everything_turns_up_and_in_fair_numbers():
    world = Meadow(size=32, length=200)
    world = list(world)
    labels = np.concatenate([scene.labels for scene in world])
    share = np.bincount(labels, minlength=8)[FIRST_THING:] / len(labels)
    assert share.min() > 0.13 and share.max() < 0.28
    assert {item["facing"] for scene in world for item in scene.meta["attributes"]} == {"left", "right"}
    shown = np.bincount(np.concatenate([scene.semantic.ravel() for scene in world]), minlength=8)
    assert (shown > 0.005 * shown.sum()).all()


def test_one_object_means_one():
    for name in THINGS:
        for scene in Meadow(size=64, length=12, seed=1, objects=(1, 1), classes=(name,)):
            assert scene.labels.tolist() == [CLASSES.index(name)]
            x1, y1, x2, y2 = scene.boxes[0]
            assert x2 - x1 >= 4 and y2 - y1 >= 4


def test_no_more_objects_than_asked_for_and_most_of_them_find_room():
    counts = [len(scene.labels) for scene in Meadow(size=64, length=60, objects=(3, 3))]
    assert max(counts) == 3 and np.mean(counts) > 2.7


def test_things_overlap_at_times():
    touching = 0
    for scene in Meadow(size=64, length=60, objects=(2, 5)):
        grown = [np.pad(mask, 1)[2:, 1:-1] | np.pad(mask, 1)[1:-1, 2:] for mask in scene.masks]
        touching += any((a & b).any() for i, a in enumerate(grown) for b in scene.masks[i + 1 :])
    assert 15 < touching < 60


def test_larger_scale_makes_larger_things():
    def height(scale):
        world = Meadow(size=64, length=40, objects=(1, 1), scale=scale)
        return np.mean([scene.boxes[0, 3] - scene.boxes[0, 1] for scene in world])

    assert height((1.6, 1.6)) > 1.6 * height((0.8, 0.8))


def test_noise_changes_the_image_and_nothing_else():
    clean, noisy = (Meadow(size=128, noise=noise)[4] for noise in (0.0, 0.05))
    difference = noisy.image.astype(int) - clean.image
    assert 8 < difference[40:90].std() < 16
    assert np.array_equal(clean.semantic, noisy.semantic) and np.array_equal(clean.keypoints, noisy.keypoints)


@pytest.mark.parametrize("size", [32, 512])
def test_the_smallest_and_the_largest_size(size):
    scene = Meadow(size=size)[1]
    assert scene.image.shape == (size, size, 3) and scene.image.std() > 20


def test_it_is_a_sequence():
    world = Meadow(size=32, length=3)
    assert len(world) == 3 and len(list(world)) == 3
    assert world[-1].image.tobytes() == world[2].image.tobytes() == world[np.int64(2)].image.tobytes()
    assert world[2].meta["seed"] == 0 and world[-1].meta["index"] == 2
    for index in (3, -4):
        with pytest.raises(IndexError, match=rf"^Meadow: index {index} is out of range for 3 scenes"):
            world[index]
    assert repr(world).startswith("Meadow(size=32, length=3, seed=0, ")


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"size": 31}, "size must be 32 to 512 pixels; got 31"),
        ({"size": 513}, "size must be 32 to 512 pixels; got 513"),
        ({"length": -1}, "length and seed must not be negative"),
        ({"seed": -1}, "length and seed must not be negative"),
        ({"objects": (3, 2)}, r"objects must be \(fewest, most\); got \(3, 2\)"),
        ({"objects": 3}, r"objects must be \(fewest, most\); got 3"),
        ({"classes": ("horse",)}, r"classes must be names from .* got \('horse',\)\."),
        ({"classes": "cat"}, "Did you mean a tuple with one name in it"),
        ({"classes": ()}, "classes must be names from"),
        ({"scale": (0, 1)}, "scale must be"),
        ({"scale": 1.0}, "scale must be"),
        ({"noise": -0.1}, "noise must be a fraction"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(ValueError, match=rf"^Meadow: .*{message}"):
        Meadow(**wrong)


def test_a_size_that_is_no_whole_number_is_refused():
    with pytest.raises(TypeError):
        Meadow(size=64.0)
