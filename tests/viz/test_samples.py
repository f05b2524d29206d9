"""A page of samples: everything that is known about each is drawn, its words legible and apart."""

import numpy as np
import pytest

from minicv.data import SKELETON, Meadow, Sample
from minicv.viz import Page, sample_page, show_image, show_sample, text_problems
from minicv.viz.labels import label_places

SCENES = Meadow(size=64)


def drawn(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def test_instances_are_named_and_flagged():
    sample = SCENES[1]
    sample.meta.update(difficult=np.array([False, True, False]), crowd=[True, True, False])
    ax = show_sample(Page("half").panel(0, 0, 5, 5), sample, SCENES.classes, SKELETON)
    assert [t.get_text() for t in ax.texts] == ["person crowd", "person crowd difficult", "duck"]
    assert len(ax.patches) == 3 and len(ax.images) == 1 + 3  # a tint for each mask
    bones = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    assert len(bones) == 2 * len(SKELETON)


def test_a_page_of_scenes():
    samples = [SCENES[i] for i in range(2)]
    picture = sample_page(samples, SCENES.classes, SKELETON, title="scenes")
    assert text_problems(picture.figure) == []
    assert picture.numbers["labels"][0].tolist() == samples[0].labels.tolist()
    words = " ".join(drawn(picture.figure)).replace("\n", " ")
    present = np.unique(np.concatenate([np.unique(s.semantic) for s in samples]))
    assert all(f"{label}  {SCENES.classes[label]}" in words for label in present)
    assert samples[0].caption.split(",")[0] in words and samples[0].caption in picture.alt


def test_a_page_of_classes():
    samples = [Sample(np.full((28, 28, 3), 9 * i, np.uint8), label=i % 3) for i in range(24)]
    picture = sample_page(samples, ("cat", "dog"), title="pets")
    assert drawn(picture.figure).count("cat") == 8 and drawn(picture.figure).count("2") == 8
    assert text_problems(picture.figure) == []
    sides = [ax.get_position().width * 13.333 for ax in picture.figure.axes if ax.images]
    assert len(sides) == 24 and max(sides) == pytest.approx(min(sides)) and min(sides) > 1.3


def test_many_classes_share_the_colours_among_those_that_occur():
    """Of twenty-one classes, number 0 and number 10 would otherwise look the same."""
    semantic = np.zeros((8, 8), np.int64)
    semantic[:4], semantic[7] = 10, 255
    picture = sample_page(
        [Sample(np.zeros((8, 8, 3), np.uint8), semantic=semantic)], [str(i) for i in range(21)]
    )
    paint = picture.figure.axes[2].images[0].get_array()
    assert (paint[0, 0] != paint[5, 0]).any() and paint[7, 0, 3] == 0
    assert {"0  0", "10  10"} <= set(drawn(picture.figure))


def test_samples_of_any_size_and_long_words():
    samples = [
        Sample(np.zeros((20, 90, 3), np.uint8), caption="word " * 60),
        Sample(np.zeros((90, 20, 3), np.uint8), caption="anunbreakableword " * 3),
    ]
    picture = sample_page(samples)
    assert text_problems(picture.figure) == []
    assert any(text.endswith("…") for text in drawn(picture.figure))
    with pytest.raises(ValueError, match="one sample at least"):
        sample_page([])


def test_labels_avoid_each_other_and_the_edge_or_stay_away():
    ax = show_image(Page("third").panel(0, 0, 4, 4), np.zeros((100, 100), np.uint8))
    places = label_places(ax, [[90, 0, 99, 9], [90, 2, 99, 9], [20, 50, 80, 70]], ["person"] * 3)
    (x1, y1), (x2, y2), (x3, y3) = places
    assert y1 >= -0.5 and y2 > y1 + 5 and x1 < 90 and x2 < 90
    assert (x3, y3 < 50) == (20, True)
    crowd = label_places(ax, [[40, 40, 60, 60]] * 50, ["person"] * 50)
    assert 2 <= sum(place is not None for place in crowd) < 15
    assert label_places(ax, [[1, 1, 2, 2]], [""]) == [None]
