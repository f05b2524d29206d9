import numpy as np
import pytest

from minicv.data import JOINTS
from minicv.data.meadow.paint import distances
from minicv.data.meadow.person import FOREARM, FRONT, SHIN, SIDE, THIGH, UPPER_ARM, person

PEOPLE = [person(np.random.default_rng(seed)) for seed in range(120)]
BONES = {
    ("foot", "knee"): SHIN,
    ("knee", "hip"): THIGH,
    ("hand", "elbow"): FOREARM,
    ("elbow", "shoulder"): UPPER_ARM,
}


def joint(figure, name):
    return figure.joints[JOINTS.index(name)]


def test_every_joint_lies_on_the_drawn_body():
    for figure in PEOPLE:
        capsules = np.array([c for layer in figure.layers if not layer.decal for c in layer.capsules])
        distance, _ = distances(capsules, figure.joints[:, 0], figure.joints[:, 1])
        assert distance.min(axis=0).max() < 0


def test_bones_have_their_lengths_on_both_sides():
    for figure in PEOPLE:
        for (a, b), length in BONES.items():
            for side in ("left", "right"):
                bone = joint(figure, f"{side} {a}") - joint(figure, f"{side} {b}")
                assert np.hypot(*bone) == pytest.approx(length)


def test_left_and_right_are_the_persons_own():
    views = set()
    for figure in PEOPLE:
        view = figure.attributes["view"]
        views.add(view)
        order = joint(figure, "right shoulder")[0] < joint(figure, "left shoulder")[0]
        if view != "side":
            assert order == (view == "front")
    assert views == {"front", "back", "side"}


def test_in_profile_the_near_side_is_the_right_one():
    left, right = JOINTS.index("left hip"), JOINTS.index("right hip")
    profiles = [figure for figure in PEOPLE if figure.attributes["view"] == "side"]
    assert all(figure.hidden[left] for figure in profiles)
    assert not all(figure.hidden[right] for figure in profiles)  # only ever by the near hand


def test_standing_people_hide_nothing_of_themselves():
    for figure in PEOPLE:
        if figure.attributes["pose"] == "standing" and figure.attributes["view"] == "front":
            assert not figure.hidden[
                [JOINTS.index(f"{s} {p}") for s in ("left", "right") for p in ("foot", "shoulder")]
            ].any()
            assert not figure.hidden[JOINTS.index("head top")]


def test_feet_stand_on_the_ground_unless_it_jumps():
    poses = set()
    for figure in PEOPLE:
        poses.add(figure.attributes["pose"])
        lowest = min(joint(figure, "left foot")[1], joint(figure, "right foot")[1])
        assert lowest == pytest.approx(0.06 + figure.lift)
        assert (figure.lift > 0) == (figure.attributes["pose"] == "jumping")
        assert joint(figure, "head top")[1] > joint(figure, "neck")[1] > joint(figure, "left hip")[1]
    assert poses == {*FRONT, *SIDE}


def test_whoever_waves_has_one_hand_above_the_head():
    for figure in PEOPLE:
        heights = [joint(figure, f"{side} hand")[1] > joint(figure, "neck")[1] for side in ("left", "right")]
        expected = {"waving": 1, "cheering": 2, "standing": 0}.get(figure.attributes["pose"])
        assert expected is None or sum(heights) == expected
