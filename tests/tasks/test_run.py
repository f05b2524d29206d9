"""Runs: the schedule that the settings say, weights that know what they are, and what a task makes of a sample."""

import numpy as np
import pytest

import minicv
from minicv import optim
from minicv.data import Digits, Meadow, Sample
from minicv.io import save_weights
from minicv.models.classification import LeNet5
from minicv.tasks import MODELS, Best, Config, load_model, open_data, save_model, trainer_for
from minicv.tasks.config import AUGMENTATIONS
from minicv.tasks.curves import Curves, curves_page
from minicv.tasks.kept import Kept, kept
from minicv.tasks.run import _schedule
from minicv.viz import text_problems


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"schedule": "constant"}, [1, 1, 1, 1, 1, 1, 1]),
        ({"schedule": "constant", "warmup": 1.5}, [0.25, 0.5, 0.75, 1, 1, 1, 1]),
        ({"schedule": "multistep", "milestones": (1, 2), "gamma": 0.5}, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]),
        (
            {"schedule": "multistep", "milestones": (2,), "gamma": 0.5, "warmup": 0.5},
            [0.5, 1, 1, 1, 0.5, 0.5, 0.5],
        ),
        ({"schedule": "cosine", "warmup": 1}, [1 / 3, 2 / 3, 1, 0.853553, 0.5, 0.146447, 0]),
        ({"schedule": "polynomial"}, [(1 - t / 6) ** 0.9 for t in range(7)]),
    ],
)
def test_a_schedule_counts_epochs_in_steps(settings, expected):
    """Three epochs of two steps."""
    optimizer = optim.SGD([minicv.ones(1, requires_grad=True)], lr=1.0)
    schedule, rates = _schedule(optimizer, Config(epochs=3, **settings), 2), []
    for _ in range(7):
        rates += schedule.get_last_lr()
        schedule.step()
    np.testing.assert_allclose(rates, expected, atol=1e-6)


def test_a_plateau_has_no_warm_up():
    with pytest.raises(ValueError, match="warmup must be 0 where the schedule is plateau"):
        _schedule(None, Config(schedule="plateau", warmup=1), 2)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
def test_settings_reach_the_trainer(optimizer, tmp_path):
    config = Config(optimizer=optimizer, lr=0.5, weight_decay=0.25, patience=3, clip_norm=2, batch_size=100)
    trainer, held_out = trainer_for("lenet", "digits", config, tmp_path)
    assert type(trainer.optimizer).__name__.lower() == optimizer and len(held_out) == 360
    group = trainer.optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.25)
    assert (trainer.patience, trainer.clip_norm, trainer.save_every) == (3, 2.0, None)
    assert (len(trainer.loader), trainer.config["images"], trainer.config["model"]) == (14, 1437, "lenet")


def test_a_size_that_the_model_does_not_take(tmp_path):
    with pytest.raises(ValueError, match=r"size must be 32, which is what lenet takes; got 64"):
        trainer_for("lenet", "digits", Config(size=64), tmp_path)


def test_data_for_another_task():
    with pytest.raises(
        ValueError, match=r"digits lacks a label for each pixel, which segmentation needs\. "
        "Models for it: lenet, convnetjs"
    ):  # fmt: skip
        open_data("digits", "train", MODELS["small_fcn"], 64)
    with pytest.raises(ValueError, match=r"meadow lacks one label for each image"):
        open_data("meadow", "train", MODELS["lenet"], 32)


def test_weights_know_what_they_are(tmp_path):
    path, model = tmp_path / "w", LeNet5(3)
    save_model(path, "lenet", model, ("a", "b", "c"), 32, {"accuracy": 0.5})
    again, classes, size = load_model("lenet", path)
    assert (classes, size) == (("a", "b", "c"), 32)
    np.testing.assert_array_equal(again.output.weight.numpy(), model.output.weight.numpy())
    with pytest.raises(ValueError, match=r"w is of the model lenet; the command says convnetjs"):
        load_model("convnetjs", path)


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{", '{"model": "lenet"}', '{"model": 1, "classes": 2, "size": 3}']
)
def test_weights_that_do_not_say_what_they_are(text, tmp_path):
    path = tmp_path / "w"
    save_weights(LeNet5().state_dict(), path, None if text is None else {"minicv": text})
    with pytest.raises(ValueError, match=r"w does not say what it is; minicv train writes weights that do\."):
        load_model("lenet", path)


def test_samples_are_kept_where_there_is_room(monkeypatch):
    scenes = kept(Meadow(size=32, length=3))
    assert scenes[1] is scenes[1] and len(scenes) == 3 and scenes.classes == Meadow().classes
    digits = Digits("test")
    for room, expected in [(360 * (1000 + 8 * 8 * 3), Kept), (360 * 8 * 8 * 3, Digits)]:
        monkeypatch.setattr("minicv.tasks.kept.ROOM", room)
        assert type(kept(digits)) is expected


@pytest.mark.parametrize("shape", [(40, 90), (33, 20), (64, 64)])
def test_every_pixel_of_an_image_of_any_shape_gets_a_label(shape):
    class Brightness:
        """Says 1 where it is bright; takes multiples of 4."""

        def predict(self, images):
            assert images.shape[2] % 4 == images.shape[3] % 4 == 0 and min(images.shape[2:]) == 24
            return (images.mean(1) > 0.5).astype(np.int64)

    image = np.zeros((*shape, 3), np.uint8)
    image[:, shape[1] // 2 :] = 255
    (labels,) = MODELS["small_fcn"].task.answers(Brightness(), [image], 24)
    assert labels.shape == shape
    assert (labels == image[..., 0] // 255).mean() > 0.95


@pytest.mark.parametrize(("name", "side"), [("convnetjs", 32), ("small_fcn", 24)])
def test_images_of_a_batch_are_of_one_size_whatever_is_done_to_them(name, side):
    rng, task = np.random.default_rng(0), MODELS[name].task
    image = rng.integers(0, 256, (40, 70, 3), np.uint8)
    sample = Sample(image, label=1, semantic=image[..., 0].astype(np.int64) % 3)
    for augment in ((), ("flip",), AUGMENTATIONS):
        config = Config(size=32, augment=augment)
        changed = task.random(config)(task.fixed(config)(sample, rng), rng)
        wanted = side if "crop" in augment else 32
        assert changed.image.shape == (wanted, wanted, 3) and changed.semantic.shape == (wanted, wanted)


def test_grey_is_the_luma_of_the_colours():
    seen = []

    class Model:
        def parameters(self):
            return iter([minicv.ones(1)])

        def eval(self):
            return self

        def __call__(self, x):
            seen.append(x.numpy())
            return minicv.tensor(np.float32([[0, 1, 3, 2]]))

    task, image = MODELS["lenet"].task, np.full((5, 7, 3), (255, 0, 51), np.uint8)
    (answer,) = task.answers(Model(), [image], 4)
    np.testing.assert_allclose(seen[0], np.full((1, 1, 4, 4), 0.299 + 0.2 * 0.114), rtol=1e-6)
    assert answer.sum() == pytest.approx(1)
    said = task.describe(answer, "abcd")
    assert said["label"] == "c" and list(said["scores"]) == list("cdba")


def test_evaluating_a_classifier_counts_what_is_right(monkeypatch):
    class Dataset(list):
        classes = ("a", "b", "c")

    dataset = Dataset(Sample(np.full((4, 4, 3), i, np.uint8), label=i % 3) for i in range(130))
    task = MODELS["lenet"].task
    monkeypatch.setattr(task.__class__, "answers", lambda self, model, images, size: np.eye(3)[
        [image[0, 0, 0] % 3 if image[0, 0, 0] < 65 else 0 for image in images]])  # fmt: skip
    right = 65 + sum(i % 3 == 0 for i in range(65, 130))
    assert task.evaluate(None, dataset, 4) == {"accuracy": right / 130}


def test_the_best_model_is_kept(tmp_path):
    class Run:
        model, history, config = LeNet5(2), [], {"classes": ["a", "b"], "size": 32}

    best, bias = Best(tmp_path / "best", "lenet"), Run.model.output.bias
    for step, value in enumerate([0.5, None, 0.75, 0.75, 0.25], 1):
        with minicv.no_grad():
            bias[...] = step
        Run.history.append({"step": step} if value is None else {"step": step, "accuracy": value})
        best(Run)
    kept, classes, _ = load_model("lenet", tmp_path / "best")
    assert kept.output.bias.numpy().tolist() == [3, 3] and classes == ("a", "b")


HISTORY = [
    *({"step": s, "epoch": 0, "loss": 2 / s, "lr": 0.1} for s in range(1, 9)),
    {"step": 8, "epoch": 0, "mean_loss": 0.5, "mean_iou": 0.25},
    {"step": 9, "epoch": 1, "loss": 0.125, "lr": 0.1},
]


@pytest.mark.parametrize("history", [HISTORY, HISTORY[:4], HISTORY[:1]])
def test_curves_are_legible(history):
    page, words = curves_page(history, "mean_iou")
    assert text_problems(page) == []
    assert len(page.axes) == (3 if history is HISTORY else 2)
    assert f"The loss after {sum('loss' in r for r in history)} steps is" in words
    assert ("mean iou: 0.2500, at best 0.2500" in words) == (history is HISTORY)


def test_curves_are_drawn_whole_and_only_now_and_then(tmp_path, monkeypatch):
    class Run:
        history = HISTORY

    now, drawn = [0.0], []
    monkeypatch.setattr("minicv.tasks.curves.time.monotonic", lambda: now[0])
    curves = Curves(tmp_path / "c.png", "mean_iou")
    draw = curves.draw
    monkeypatch.setattr(curves, "draw", lambda history: (drawn.append(now[0]), draw(history)))
    for now[0] in (0.0, 1.0):
        curves(Run)
    assert drawn == [1.0] and [p.name for p in tmp_path.iterdir()] == ["c.png"]
    curves._cost = 0.5
    for now[0] in (5.0, 12.0):  # ten seconds for half a second
        curves(Run)
    assert drawn == [1.0, 12.0]
