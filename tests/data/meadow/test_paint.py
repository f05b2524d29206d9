import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data.meadow.paint import Layer, Pose, covered, distances, draw, melt, place, sprinkle, sum_runs

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def at(x=32.0, y=32.0, scale=10.0, mirror=False, light=(0.0, -1.0)):
    return Pose(x, y, scale, mirror, light)


@given(st.floats(20, 44), st.floats(20, 44), st.floats(0.3, 1.8))
def test_a_disc_covers_its_area_wherever_it_is(x, y, radius):
    sprite = draw([Layer([(0, 0, radius, 0, 0, radius)], RED)], at(x, y), 64)
    assert sprite.alpha.sum() == pytest.approx(np.pi * (10 * radius) ** 2, rel=0.02)


@given(st.floats(0, np.pi), st.floats(0.2, 1.5))
def test_a_capsule_covers_its_area_at_any_angle(angle, length):
    end = (length * np.cos(angle), length * np.sin(angle))
    sprite = draw([Layer([(0, 0, 0.4, *end, 0.4)], RED)], at(), 64)
    assert sprite.alpha.sum() == pytest.approx(100 * (np.pi * 0.4**2 + 0.8 * length), rel=0.02)


def test_distance_to_a_tapered_capsule_by_hand():
    capsule = np.array([[0, 0, 2, 10, 0, 1]], np.float32)
    x, y = np.array([-5.0, 5.0, 5.0, 14.0]), np.array([0.0, 4.0, 0.0, 3.0])
    assert distances(capsule, x, y)[0].ravel() == pytest.approx([3, 4 - 1.5, -1.5, 5 - 1])


def test_the_side_towards_the_light_faces_it():
    capsule = np.array([[0, 0, 2, 0, 0, 2]], np.float32)
    x, y = np.array([2.0, -2.0, 0.0, 0.0]), np.array([0.0, 0.0, 2.0, 0.0])
    assert distances(capsule, x, y, light=(1, 0))[1].ravel().tolist() == [1, -1, 0, 0]
    sprite = draw([Layer([(0, 0, 1, 0, 0, 1)], RED)], at(light=(1.0, 0.0)), 64)
    middle = sprite.colour[0, sprite.colour.shape[1] // 2]
    assert middle[-5] > middle[5] + 0.1


def test_melting_rounds_the_corner_and_never_leaves_a_part_out():
    first, second = np.zeros((1, 1, 5), np.float32), np.linspace(-2, 2, 5, dtype=np.float32).reshape(1, 1, 5)
    layer = Layer([(0,) * 6, (0,) * 6], RED, round=0.1)
    both = np.concatenate([first, second])
    distance, _ = melt([layer], both, both, scale=10.0)
    hard = np.minimum(first, second)
    assert np.all(distance <= hard + 1e-6) and np.all(distance >= hard - np.log(2) - 1e-6)
    assert distance[0, 0, 2] == pytest.approx(-np.log(2))  # equal distances: the fill is largest


def test_a_figure_outside_the_picture_is_not_drawn():
    layers = [Layer([(0, 0, 0.5, 0, 0, 0.5)], RED)]
    assert draw(layers, at(x=-40), 64) is None
    assert draw(layers, at(y=140), 64) is None


def test_a_figure_at_the_border_is_cut_not_moved():
    layers = [Layer([(0, 0, 1, 0.5, 0.3, 0.4)], RED)]
    whole, cut = np.zeros((3, 64, 64), np.float32), np.zeros((3, 64, 64), np.float32)
    draw(layers, at(x=32), 64).paint(whole)
    draw(layers, at(x=0), 64).paint(cut)
    assert np.allclose(cut[:, :, :32], whole[:, :, 32:], atol=1e-5) and whole[:, :, 32:].any()


def test_mirroring_turns_left_and_right_and_keeps_the_light():
    layers = [Layer([(0, 0, 0.6, 1, 0.5, 0.2)], RED), Layer([(0.5, 0.2, 0.1, 0.5, 0.2, 0.1)], BLUE)]
    plain, mirrored = np.zeros((3, 64, 64), np.float32), np.zeros((3, 64, 64), np.float32)
    draw(layers, at(light=(0.6, -0.8)), 64).paint(plain)
    draw(layers, at(mirror=True, light=(-0.6, -0.8)), 64).paint(mirrored)
    assert np.allclose(plain, mirrored[:, :, ::-1], atol=1e-4) and plain.any()
    draw(layers, at(mirror=True, light=(0.6, -0.8)), 64).paint(mirrored)
    assert not np.allclose(plain, mirrored[:, :, ::-1], atol=1e-2)


def test_later_layers_hide_earlier_ones():
    layers = [Layer([(0, 0, 1, 0, 0, 1)], RED, flat=1), Layer([(0, 0, 0.5, 0, 0, 0.5)], BLUE, flat=1)]
    canvas = np.zeros((3, 64, 64), np.float32)
    draw(layers, at(), 64).paint(canvas)
    assert canvas[:, 32, 32] == pytest.approx(BLUE, abs=1e-5) and canvas[:, 32, 40] == pytest.approx(
        RED, abs=1e-5
    )


def test_a_decal_stays_inside_and_leaves_the_outline_alone():
    body, spot = (
        Layer([(0, 0, 1, 0, 0, 1)], RED, flat=1),
        Layer([(1, 0, 0.5, 1, 0, 0.5)], BLUE, decal=True, flat=1),
    )
    plain, spotted = draw([body], at(), 64), draw([body, spot], at(), 64)
    canvas, alpha = np.zeros((3, 64, 64), np.float32), np.zeros((64, 64), np.float32)
    spotted.paint(canvas)
    alpha[spotted.rows, spotted.columns] = spotted.alpha
    assert alpha.sum() == pytest.approx(plain.alpha.sum(), abs=1e-3)
    assert canvas[2, 32, 40] == pytest.approx(1, abs=1e-5) and canvas[2, 32, 44] == 0


def test_what_is_painted_first_or_alone_keeps_colour_and_coverage_together():
    layers = [Layer([(0, 0, 1, 0, 0, 1)], (1.0, 1.0, 1.0), flat=1)]
    sprite = draw(layers, at(), 64)
    assert np.allclose(sprite.colour, sprite.alpha, atol=1e-6)


def test_placing_points_agrees_with_drawing():
    point = np.array([[0.7, -0.4]])
    for mirror in (False, True):
        sprite = draw([Layer([(0.7, -0.4, 0.1, 0.7, -0.4, 0.1)], RED)], at(mirror=mirror), 64)
        weight = sprite.alpha / sprite.alpha.sum()
        x = (weight.sum(0) * (np.arange(sprite.columns.start, sprite.columns.stop) + 0.5)).sum()
        y = (weight.sum(1) * (np.arange(sprite.rows.start, sprite.rows.stop) + 0.5)).sum()
        assert place(point, at(mirror=mirror))[0] == pytest.approx([x, y], abs=0.02)


def test_sums_over_runs():
    values = np.random.default_rng(0).random((6, 3, 2))
    assert np.allclose(sum_runs(values, [1, 3, 2]), np.add.reduceat(values, [0, 1, 4], axis=0))


def test_a_point_is_covered_by_later_layers_only():
    layers = [
        Layer([(0, 0, 1, 0, 0, 1)], RED),
        Layer([(2, 0, 1, 2, 0, 1)], RED),
        Layer([(0, 0, 9, 0, 0, 9)], RED, decal=True),
    ]
    points = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 0.0), (5.0, 0.0)])
    assert covered(layers, points, [0, 0, 1, 0]).tolist() == [False, True, False, False]


def test_sprinkled_capsules_look_as_if_drawn_one_by_one():
    capsules = np.array(
        [[10, 12, 2, 14, 9, 1], [40.3, 50.2, 3, 40.3, 50.2, 3], [63, 1, 2, 60, 3, 1]], np.float32
    )
    canvas = np.zeros((3, 64, 64), np.float32)
    sprinkle(canvas, capsules, np.array([RED, BLUE, RED], np.float32))
    expected = np.zeros((3, 64, 64), np.float32)
    for capsule, colour in zip(capsules, (RED, BLUE, RED)):
        ax, ay, ra, bx, by, rb = capsule
        layer = Layer([(ax, -ay, ra, bx, -by, rb)], colour, flat=1, round=1.0)
        draw([layer], at(x=0, y=0, scale=1.0), 64).paint(expected)
    assert np.allclose(canvas, expected, atol=2e-3) and canvas[0].any() and canvas[2].any()
