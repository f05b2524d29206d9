"""Images, curves, bars and the confusion matrix: the values drawn, the labels, and the refusals."""

import numpy as np
import pytest

from minicv.viz import (
    THEMES,
    Page,
    bars,
    class_colours,
    class_legend,
    confusion_table,
    learning_curves,
    show_boxes,
    show_image,
    show_labels,
    show_masks,
    show_skeleton,
    smooth,
    text_problems,
)
from minicv.viz.image import deepest_pixel

NAMES = ["sky", "grass", "tree"]


@pytest.fixture
def ax():
    return Page("half", theme="dark").panel(1.6, 0.5, 3.4, 3.4)


def test_label_map_colours_and_keys(ax):
    labels = np.zeros((32, 32), int)
    labels[:, 16:] = 2
    labels[0, 0] = 255
    show_labels(ax, labels, 3)
    paint = ax.images[0].get_array()
    assert paint[0, 0, 3] == 0 and paint[5, 5, 3] == 1
    sky = np.array([int(class_colours(1)[0][i : i + 2], 16) / 255 for i in (1, 3, 5)])
    assert np.allclose(paint[5, 5, :3], sky)
    assert [(t.get_text(), t.get_position()[0] > 16) for t in ax.texts] == [("0", False), ("2", True)]


def test_label_map_over_an_image_is_translucent(ax):
    show_labels(ax, np.ones((8, 8), int), 2, image=np.zeros((8, 8, 3), np.uint8), alpha=0.4, keys=False)
    assert len(ax.images) == 2 and ax.images[1].get_array()[0, 0, 3] == 0.4 and not ax.texts


def test_deepest_pixel_is_inside_the_thickest_part():
    mask = np.zeros((20, 20), bool)
    mask[10, :] = True
    mask[3:16, 2:9] = True
    row, col = deepest_pixel(mask)
    assert 6 <= row <= 12 and col == 5
    assert deepest_pixel(np.eye(20, dtype=bool)) is None
    assert deepest_pixel(np.zeros((4, 4), bool)) is None


def test_masks_tint_their_own_pixels(ax):
    masks = np.zeros((2, 8, 8), bool)
    masks[0, :4], masks[1, 6:] = True, True
    show_masks(ax, masks)
    first, second = (image.get_array()[..., 3] for image in ax.images)
    assert np.array_equal(first > 0, masks[0]) and np.array_equal(second > 0, masks[1])


def test_boxes_keep_names_scores_and_places_together(ax):
    show_image(ax, np.zeros((20, 20), np.uint8))
    show_boxes(ax, [[2, 3, 8, 9], [10, 12, 18, 19]], ["cat", "dog"], [0.5, 0.25])
    assert [t.get_text() for t in ax.texts] == ["cat 0.50", "dog 0.25"]
    assert ax.patches[1].get_xy() == (9.5, 11.5) and ax.patches[1].get_width() == 8
    assert ax.patches[0].get_linestyle() == "--" or ax.patches[0].get_linestyle() != "-"
    with pytest.raises(ValueError, match="names must have one entry for each of 2 boxes; got 1"):
        show_boxes(ax, [[0, 0, 1, 1], [0, 0, 2, 2]], ["cat"])
    with pytest.raises(ValueError, match=r"boxes must be \(R, 4\)"):
        show_boxes(ax, [0, 0, 1, 1])
    show_boxes(ax, [])


def test_skeleton_skips_absent_joints_and_hollows_occluded_ones(ax):
    show_image(ax, np.zeros((10, 10), np.uint8))
    show_skeleton(ax, [[[1, 2, 2], [3, 4, 1], [0, 0, 0]]], [(0, 1), (1, 2)])
    bone, seen, hidden = ax.lines
    assert bone.get_xydata().tolist() == [[0.5, 1.5], [2.5, 3.5]]
    assert seen.get_xydata().tolist() == [[0.5, 1.5]] and hidden.get_xydata().tolist() == [[2.5, 3.5]]
    assert hidden.get_markerfacecolor() == THEMES["dark"].background != seen.get_markerfacecolor()
    assert ax.get_xlim() == (-0.5, 9.5)
    with pytest.raises(ValueError, match="limbs must be pairs of joints from 0 to 2; got"):
        show_skeleton(ax, np.zeros((1, 3, 3)), [(2, 3)])


def test_image_refuses_channels_first(ax):
    with pytest.raises(ValueError, match=r"\(3, 8, 8\). Did you pass \(C, H, W\)\?"):
        show_image(ax, np.zeros((3, 8, 8)))


def test_legend_numbers_agree_with_the_keys():
    page = Page("half")
    class_legend(page, NAMES, 1, 1, columns=2)
    assert [t.get_text() for t in page.sheet.texts] == ["0  sky", "1  grass", "2  tree"]
    assert len(page.sheet.patches) == 3 and text_problems(page) == []


def test_smoothing_keeps_constants_and_averages_windows():
    assert smooth(np.full(7, 2.5), 5).tolist() == [2.5] * 7
    assert smooth([1, 2, 6, 1, 0], 3).tolist() == [1.5, 3.0, 3.0, pytest.approx(7 / 3), 0.5]


def test_learning_curves_show_raw_and_smooth_and_differ_by_line_style():
    page = Page("content")
    ax = page.panel(1.2, 0.5, 8, 4.4)
    falling = np.linspace(2, 1, 100)
    learning_curves(ax, {"FCN": falling, "unpooling": falling + 0.01}, "loss")
    raw, bold, _, other = ax.lines
    assert raw.get_ydata().tolist() == falling.tolist() and bold.get_linewidth() > raw.get_linewidth()
    assert bold.get_linestyle() != other.get_linestyle() and bold.get_color() != other.get_color()
    assert [t.get_text() for t in ax.texts] == ["FCN", "unpooling"]
    assert text_problems(page) == []
    with pytest.raises(ValueError, match="at most 5 curves"):
        learning_curves(ax, dict.fromkeys("abcdef", falling), "loss")


def test_bars_begin_at_zero_and_carry_their_values(ax):
    bars(ax, [4, 0.5], ["slow", "fast"], "seconds", errors=[1, 0.1])
    assert ax.get_xlim() == (0, pytest.approx(5.75))
    assert [t.get_text() for t in ax.texts] == ["4", "0.5"]
    assert text_problems(ax.figure) == []
    with pytest.raises(ValueError, match="values must be one number >= 0"):
        bars(ax, [-1], ["loss"], "loss")


def test_confusion_rows_are_truth_and_sum_to_100():
    page = Page("half")
    ax = page.panel(1.6, 0.5, 3.4, 3.4)
    percent = confusion_table(ax, [[6, 2, 0], [0, 0, 0], [1, 0, 399]], NAMES)
    assert percent[0].tolist() == [75, 25, 0] and np.isnan(percent[1]).all()
    assert percent[2].sum() == pytest.approx(100)
    drawn = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in ax.texts}
    assert drawn == {(0, 0): "75", (0, 1): "25", (0, 2): "·", (2, 0): "<1", (2, 1): "·", (2, 2): "100"}
    assert text_problems(page) == []
    with pytest.raises(ValueError, match=r"counts must be \(2, 2\); got \(3, 3\)"):
        confusion_table(ax, np.eye(3), ["a", "b"])
