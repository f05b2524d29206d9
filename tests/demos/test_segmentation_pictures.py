"""The demo's pictures show what was measured, in words too, and can be read from the back of the room."""

import numpy as np
import pytest

from minicv.data import CLASSES
from minicv.demos import segmentation, segmentation_pictures
from minicv.demos.segmentation import NETWORKS, Result
from minicv.metrics import class_iou
from minicv.viz import text_problems


@pytest.fixture(scope="module")
def fresh():
    return segmentation.scenes(5, 1, "drawing")


@pytest.fixture(scope="module")
def results(fresh):
    """Two networks that have learnt nothing, with a history of five steps of which 1, 3 and 5 are measured."""
    found = {}
    for number, (name, Network) in enumerate(NETWORKS.items()):
        network = Network(len(CLASSES), widths=(4, 8, 16))
        history = [{"step": step, "loss": 2.0 / step + number} for step in range(1, 6)]
        for record in history[::2]:
            record |= {"mean IoU": 0.1 * record["step"] + 0.01 * number, "pixel accuracy": 0.5}
        found[name] = Result(network, history, segmentation.confusion(network, fresh))
    return found


@pytest.fixture(scope="module")
def pictures(results, fresh):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    return {
        "predictions": segmentation_pictures.predictions(results, fresh),
        "curves": segmentation_pictures.curves(results),
        "confusion": segmentation_pictures.confusions(results),
        "image": segmentation_pictures.own_image(results, image),
    }


KINDS = ["predictions", "curves", "confusion", "image"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_is_large_enough_and_free(pictures, kind):
    assert text_problems(pictures[kind].figure) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_says_that_it_was_trained_and_names_both_networks(pictures, kind):
    picture = pictures[kind]
    assert picture.id == f"demo.segmentation.{kind}" and picture.provenance == "trained"
    assert all(name in picture.alt for name in NETWORKS)


def test_curves_are_the_history(pictures, results):
    shown = pictures["curves"].numbers
    first, second = NETWORKS
    assert shown["loss"][first] == [record["loss"] for record in results[first].history]
    assert shown["steps"] == [1, 3, 5]
    assert shown["mean IoU"][second] == pytest.approx([0.11, 0.31, 0.51])
    assert f"{first} 0.50, {second} 0.51" in pictures["curves"].alt


def test_predictions_are_the_networks_own(pictures, results, fresh):
    shares = pictures["predictions"].numbers["pixel accuracy of the scenes shown"]
    for name, result in results.items():
        assert shares[name] == np.mean(result.network.predict(fresh.images) == fresh.labels)
        assert f"{name} {100 * shares[name]:.1f} %" in pictures["predictions"].alt


def test_confusion_is_shown_in_percent_of_the_truth(pictures, results):
    for name, result in results.items():
        shown = pictures["confusion"].numbers[name]
        assert np.array_equal(shown["counts"], result.confusion)
        rows = result.confusion.sum(axis=1, keepdims=True)
        assert np.allclose(shown["percent"], 100 * result.confusion / np.maximum(rows, 1))
        assert [shown["IoU"][c] for c in CLASSES] == pytest.approx(
            class_iou(result.confusion).tolist(), nan_ok=True
        )


def test_a_picture_of_the_user_is_named_by_its_most_frequent_class(pictures):
    for name, share in pictures["image"].numbers["share of the pixels"].items():
        assert sum(share.values()) == pytest.approx(1)
        assert f"{name}: mostly {max(share, key=share.get)}" in pictures["image"].alt
