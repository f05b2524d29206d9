"""The parts of the segmentation demo: its scenes, its loss weights, and what it measures."""

import numpy as np
import pytest

from minicv.data import CLASSES
from minicv.demos import segmentation
from minicv.demos.segmentation import NETWORKS, Result, Scenes
from minicv.metrics import mean_iou, pixel_accuracy


@pytest.fixture(scope="module")
def drawn():
    return segmentation.scenes(6, 3, "drawing")


class Answers:
    """A network that always gives the same answer, whatever the images."""

    def __init__(self, labels):
        self.labels, self.asked = labels, []

    def predict(self, images):
        start = sum(self.asked)
        self.asked.append(len(images))
        return self.labels[start : start + len(images)]


def test_scenes_are_images_and_labels_for_a_network(drawn):
    side = segmentation.SIZE
    assert drawn.images.shape == (6, 3, side, side) and drawn.images.dtype == np.float32
    assert drawn.labels.shape == (6, side, side) and drawn.labels.dtype == np.int64
    assert 0 <= drawn.images.min() < 0.2 and 0.8 < drawn.images.max() <= 1
    again, other = segmentation.scenes(6, 3, "drawing"), segmentation.scenes(6, 4, "drawing")
    assert np.array_equal(drawn.images, again.images) and np.array_equal(drawn.labels, again.labels)
    assert not np.array_equal(drawn.images, other.images)


def test_a_process_draws_the_same_scenes(drawn, monkeypatch):
    monkeypatch.setattr(segmentation, "WORTH_A_PROCESS", 6)
    there = segmentation.scenes(6, 3, "drawing")
    assert np.array_equal(drawn.images, there.images) and np.array_equal(drawn.labels, there.labels)


def test_image_and_labels_are_cut_out_and_mirrored_together():
    labels = np.arange(8 * 8).reshape(1, 8, 8).repeat(60, axis=0)
    images = labels[:, None] * np.ones((1, 3, 1, 1))
    images, labels = segmentation.varied(np.random.default_rng(0), images, labels)
    assert images.shape == (60, 3, 6, 6) and labels.shape == (60, 6, 6)
    assert np.array_equal(images, labels[:, None].repeat(3, axis=1))
    assert np.all(np.diff(labels, axis=1) == 8), "rows stay in order"
    step = labels[:, 0, 1] - labels[:, 0, 0]  # 1 as drawn, -1 in the mirror
    assert set(step) == {-1, 1} and 15 <= (step < 0).sum() <= 45
    assert {tuple(divmod(corner, 8)) for corner in labels[step > 0, 0, 0]} == set(np.ndindex(3, 3)), (
        "every place"
    )


def test_rare_classes_weigh_more_and_the_weights_have_mean_one():
    labels = np.repeat(np.arange(8), [1000, 500, 250, 125, 60, 30, 15, 0])
    weights = segmentation.class_weights(labels)
    assert weights.dtype == np.float32 and weights.shape == (len(CLASSES),)
    assert np.all(np.diff(weights) > 0) and weights.mean() == pytest.approx(1)
    assert weights[1] / weights[0] == pytest.approx(2**0.3)


def test_the_confusion_matrix_sees_every_scene_once(drawn):
    network = Answers(drawn.labels)
    counts = segmentation.confusion(network, drawn, at_a_time=4)
    assert network.asked == [4, 2]
    assert np.array_equal(counts, np.diag(np.bincount(drawn.labels.ravel(), minlength=len(CLASSES))))


def test_a_result_measures_as_the_metrics_do(drawn):
    answer = np.where(drawn.labels == 1, 0, drawn.labels)
    answer[0] = 5
    result = Result(Answers(answer), [], segmentation.confusion(Answers(answer), drawn))
    assert result.mean_iou == pytest.approx(mean_iou(drawn.labels, answer, len(CLASSES)))
    assert result.pixel_accuracy == pytest.approx(pixel_accuracy(drawn.labels, answer))


@pytest.fixture(scope="module")
def trained(drawn):
    small = Scenes(drawn.images[..., :16, :16], drawn.labels[..., :16, :16])
    return {name: segmentation.train(name, small, small, steps=3, seed=1) for name in NETWORKS}, small


@pytest.mark.parametrize("name", NETWORKS)
def test_training_measures_on_the_fresh_scenes(trained, name):
    results, fresh = trained
    result = results[name]
    assert type(result.network) is NETWORKS[name]
    assert [record["step"] for record in result.history if "loss" in record] == [1, 2, 3]
    assert np.array_equal(result.confusion, segmentation.confusion(result.network, fresh))
    assert result.history[-1]["mean IoU"] == pytest.approx(result.mean_iou)
    assert result.history[-1]["pixel accuracy"] == pytest.approx(result.pixel_accuracy)
    assert result.parameters == sum(p.size for p in result.network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_network(trained, name):
    results, fresh = trained
    again = segmentation.train(name, fresh, fresh, steps=3, seed=1)
    assert again.history == results[name].history
    assert np.array_equal(again.confusion, results[name].confusion)
    assert segmentation.train(name, fresh, fresh, steps=3, seed=2).history != again.history
