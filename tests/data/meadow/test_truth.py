import numpy as np
import pytest

from minicv.data.meadow.figure import Figure
from minicv.data.meadow.paint import Layer, draw
from minicv.data.meadow.scene import Actor
from minicv.data.meadow.truth import CLASSES, annotate, bounds, resolve


def disc(name, x, y, radius=0.1, size=64):
    """An actor that is a disc of this radius, everything in units of the picture's side."""
    figure = Figure(name, [Layer([(0, 0, radius, 0, 0, radius)], (1.0, 0.0, 0.0))], radius, radius)
    actor = Actor(figure, x, y, 1.0, mirror=False)
    actor.sprite = draw(figure.layers, actor.pose(size), size)
    return actor


def test_a_pixel_belongs_to_whom_covers_most_of_it():
    _, owner = resolve([disc("cat", 0.5, 0.5, 0.25)], 64)
    assert (owner == 0).sum() == pytest.approx(np.pi * 16**2, rel=0.01)


def test_the_front_one_wins():
    back, front = disc("cat", 0.5, 0.5), disc("dog", 0.58, 0.5)
    actors, owner = resolve([back, front], 64)
    assert actors == [back, front]
    assert owner[32, 28] == 0 and owner[32, 35] == 1 and owner[32, 40] == 1 and owner[0, 0] == -1


def test_who_is_hidden_leaves_and_all_others_stay():
    hidden, tree, front = (
        disc("duck", 0.5, 0.5, 0.05),
        disc("tree", 0.5, 0.5, 0.04),
        disc("cow", 0.5, 0.5, 0.2),
    )
    actors, owner = resolve([hidden, tree, front], 64)
    assert actors == [tree, front] and set(np.unique(owner)) == {-1, 1}


def test_a_sliver_leaves_and_what_it_hid_is_seen_again():
    far = disc("cat", 0.5, 0.5, 0.1)
    sliver, front = disc("dog", 0.66, 0.5, 0.1), disc("cow", 0.70, 0.5, 0.12)
    actors, owner = resolve([far, sliver, front], 64)
    assert actors == [far, front]
    alone = resolve([far, front], 64)[1]
    assert np.array_equal(owner, alone)


def test_a_speck_leaves():
    assert resolve([disc("cat", 0.5, 0.5, 0.015)], 64)[0] == []
    assert len(resolve([disc("cat", 0.5, 0.5, 0.03)], 64)[0]) == 1


def test_annotations_of_a_scene_by_hand():
    actors, owner = resolve([disc("tree", 0.2, 0.3), disc("cow", 0.5, 0.5), disc("duck", 0.8, 0.5)], 64)
    earth = np.zeros((64, 64), bool)
    earth[32:] = True
    sample = annotate(np.zeros((64, 64, 3), np.uint8), earth, actors, owner, "a clear day")
    assert sample.labels.tolist() == [CLASSES.index("cow"), CLASSES.index("duck")]
    at = {(0, 0): "sky", (63, 0): "grass", (19, 12): "tree", (32, 32): "cow", (32, 51): "duck"}
    assert {place: CLASSES[sample.semantic[place]] for place in at} == at
    assert sample.boxes[0].tolist() == [26, 26, 38, 38]
    assert sample.caption == "a cow and a duck on the grass near a tree on a clear day"


def test_bounds_by_hand():
    mask = np.zeros((6, 8), bool)
    mask[2, 3] = mask[4, 5] = True
    assert bounds(mask) == (3, 2, 6, 5)
