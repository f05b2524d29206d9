"""``minicv train``, ``evaluate`` and ``predict``: from the command line, with a student's mistakes."""

import json
import re
import signal
import sys

import numpy as np
import pytest

from minicv import cli
from minicv.data import Digits, write_image
from minicv.data.mnist import write_idx
from minicv.io import load_tree
from minicv.tasks.classification import Classification

FEW = ["--set", "batch_size=8", "--set", "epochs=1"]


@pytest.fixture(scope="module")
def idx(tmp_path_factory):
    """MNIST's files with 40 digits to train on and 20 to test."""
    folder = tmp_path_factory.mktemp("idx")
    for split, name, count in [("train", "train", 40), ("test", "t10k", 20)]:
        digits = Digits(split)
        write_idx(folder / f"{name}-images-idx3-ubyte", digits.images[:count])
        write_idx(folder / f"{name}-labels-idx1-ubyte", digits.labels[:count].astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def trained(idx, tmp_path_factory):
    """Folder of a run of five steps."""
    folder = tmp_path_factory.mktemp("run")
    assert cli.main(["train", "lenet", "--data", str(idx), *FEW, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def fails(capsys):
    """The sentence that a command fails with."""

    def run(*words):
        capsys.readouterr()
        assert cli.main(list(map(str, words))) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("minicv: error: ")
        return err.removeprefix("minicv: error: ").strip()

    return run


def test_a_run_leaves_weights_curves_history_and_a_checkpoint(trained):
    names = ["checkpoint.safetensors", "curves.png", "history.jsonl", "weights.safetensors"]
    assert sorted(path.name for path in trained.iterdir()) == names
    lines = [json.loads(line) for line in (trained / "history.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 5] and "accuracy" in lines[-1]
    assert (trained / "curves.png").read_bytes()[1:4] == b"PNG"
    config = load_tree(trained / "checkpoint.safetensors")["more"]["config"]
    assert (config["model"], config["batch_size"], config["classes"][9]) == ("lenet", 8, "9")


def test_what_is_measured_is_printed(idx, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = []
    for seed in "778":
        assert cli.main(["train", "lenet", "--data", str(idx), *FEW, "--seed", seed]) == 0
        out, err = capsys.readouterr()
        assert re.match(r"held-out accuracy (0\.\d{4}|1\.0000) \(20 images\), \d+ s\n", out)
        shown.append(err)
    assert shown[0] == shown[1] != shown[2]
    names = [f"lenet-{idx.name}", f"lenet-{idx.name}-2", f"lenet-{idx.name}-3"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert cli.main(["train", "lenet", "--data", str(idx), *FEW, "--seed", "8", "--resume"]) == 0
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_ctrl_c_keeps_what_was_learnt_and_the_same_command_goes_on(
    idx, trained, tmp_path, capsys, monkeypatch
):
    words, steps = ["train", "lenet", "--data", str(idx), *FEW, "--out", str(tmp_path)], []
    loss = Classification.loss

    def interrupted(*args):
        steps.append(1)
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return loss(*args)

    monkeypatch.setattr(Classification, "loss", interrupted)
    assert cli.main(words) == 130
    out, err = capsys.readouterr()
    assert "stopped at step 3" in err and "--resume" in err and "held-out" not in out
    assert (tmp_path / "weights.safetensors").exists()
    assert cli.main([*words, "--resume"]) == 0
    assert len(steps) == 5
    for name in ("weights.safetensors", "history.jsonl"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_a_file_of_settings(idx, tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('optimizer = "sgd"\nevaluate_every = 2\nepochs = 1\nbatch_size = 8\npatience = 9\n')
    assert (
        cli.main(["train", "lenet", "--data", str(idx), "--config", str(path), "--out", str(tmp_path / "o")])
        == 0
    )
    lines = [json.loads(line) for line in (tmp_path / "o/history.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "accuracy" in line] == [2, 4, 5]
    assert (tmp_path / "o/best.safetensors").exists()


def test_evaluate_measures_what_training_measured(trained, idx, capsys):
    words = ["evaluate", "lenet", "--weights", str(trained / "weights.safetensors"), "--data", str(idx)]
    assert cli.main(words) == 0
    accuracy = json.loads((trained / "history.jsonl").read_text().splitlines()[-1])["accuracy"]
    assert capsys.readouterr().out == f"accuracy {accuracy:.4f}\n20 images\n"
    assert cli.main([*words, "--part", "train"]) == 0
    assert capsys.readouterr().out.endswith("40 images\n")


def test_predict_draws_and_writes(trained, tmp_path, capsys):
    paths = [tmp_path / "a" / "one.png", tmp_path / "b" / "one.png"]
    for path, sample in zip(paths, Digits("test")):
        path.parent.mkdir()
        write_image(path, sample.image)
    out = tmp_path / "out"
    weights = trained / "weights.safetensors"
    assert cli.main(["predict", "lenet", *map(str, paths), "--weights", str(weights), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["one-2.png", "one.png", "predictions.json"]
    record = json.loads((out / "predictions.json").read_text())
    assert [entry["image"] for entry in record["images"]] == list(map(str, paths))
    for entry, line in zip(record["images"], capsys.readouterr().out.splitlines()):
        best = max(entry["scores"], key=entry["scores"].get)
        assert entry["label"] == best and line.startswith(f"one.png: {best} ")
        assert (out / entry["picture"]).read_bytes()[1:4] == b"PNG"


def test_segmentation_from_training_to_a_picture(tmp_path, capsys, monkeypatch):
    from minicv.data import Meadow
    from minicv.data.open import NAMES

    monkeypatch.setitem(
        NAMES, "meadow", {s: lambda size, s=s: Meadow(size, 6, len(s)) for s in ("train", "test")}
    )
    out, weights = tmp_path / "run", tmp_path / "run/weights.safetensors"
    words = ["--set", "size=32", "--set", "batch_size=2", "--set", "epochs=1", "--out", str(out)]
    assert cli.main(["train", "small_fcn", "--data", "meadow", *words]) == 0
    assert re.match(
        r"held-out mean iou 0\.\d{4}, pixel accuracy 0\.\d{4} \(6 images\)", capsys.readouterr().out
    )
    scene = tmp_path / "scene.png"
    write_image(scene, Meadow(64)[0].image[:50])
    assert cli.main(["predict", "small_fcn", str(scene), "--weights", str(weights), "--out", str(out)]) == 0
    (entry,) = json.loads((out / "predictions.json").read_text())["images"]
    assert sum(entry["pixels"].values()) == pytest.approx(1, abs=1e-5) and set(entry["pixels"]) <= set(
        Meadow(64).classes
    )
    assert (out / "scene.png").exists()


# A student's mistakes.


def test_mistakes_of_training(fails, idx, tmp_path):
    out = tmp_path / "new"
    train = ["train", "lenet", "--out", out, "--data"]
    assert fails(*train, tmp_path / "no").startswith(f"data: there is no folder {tmp_path}/no")
    assert fails(*train, "digit").endswith("Did you mean 'digits'?")
    assert "has no files of MNIST" in fails(*train, tmp_path)
    assert "there is no key 'epoch' (--set). Did you mean 'epochs'?" in fails(*train, idx, "--set", "epoch=3")
    assert fails(*train, idx, "--epochs", "0") == "config: epochs in --set must be at least 1; got 0."
    assert (
        fails(*train, idx, "--config", tmp_path / "x.toml") == f"{tmp_path}/x.toml: No such file or directory"
    )
    assert "lacks one label for each image" in fails(*train, "meadow")
    assert fails(*train, idx, "--resume").startswith(f"train: there is no run in {out} to go on with.")
    assert not out.exists()
    out.write_text("a file")
    assert fails(*train, idx).startswith(f"train: --out must be a folder to write to; got {out}")


def test_an_earlier_run_is_not_overwritten_and_another_one_not_resumed(fails, trained, idx):
    words = ["train", "lenet", "--data", idx, "--out", trained]
    assert "is from an earlier run" in fails(*words, *FEW)
    said = fails(*words, *FEW, "--set", "lr=1", "--resume")
    assert "config must be that of" in said and said.endswith("lr 0.004; got lr 1.0.")


def test_mistakes_of_prediction(fails, trained, tmp_path):
    weights, text = trained / "weights.safetensors", tmp_path / "notes.png"
    text.write_text("no image")
    predict = ["predict", "lenet", "--out", tmp_path / "out", "--weights"]
    assert "is not an image" in fails(*predict, weights, text)
    assert "there is no file" in fails(*predict, weights, tmp_path / "no.png")
    assert fails(*predict, tmp_path / "w", text) == f"{tmp_path}/w: No such file or directory"
    assert "does not say what it is" in fails(*predict, text, text)
    assert "It is a checkpoint: the same command with --resume" in fails(
        *predict, trained / "checkpoint.safetensors", text
    )
    assert "is of the model lenet; the command says small_fcn" in fails(
        "predict", "small_fcn", "--weights", weights, text
    )
    assert not (tmp_path / "out").exists()


def test_classes_of_other_data(fails, trained, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(5):
            write_image(tmp_path / name / f"{i}.png", np.zeros((9, 9, 3), np.uint8))
    said = fails("evaluate", "lenet", "--weights", trained / "weights.safetensors", "--data", tmp_path)
    assert said.endswith("10 (0, 1, 2, 3, 4, 5, 6, 7, ...); they are 2 (cat, dog).")


def test_a_missing_gpu_is_noticed_before_anything_else(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    said = fails("train", "lenet", "--data", "nowhere", "--device", "cuda")
    assert said.startswith('device "cuda" needs CuPy, which is not installed.')


@pytest.mark.slow
def test_lenet_reaches_98_percent_of_the_held_out_digits(capsys, tmp_path):
    assert cli.main(["train", "lenet", "--data", "digits", "--out", str(tmp_path)]) == 0
    match = re.match(r"held-out accuracy (\S+) \(360 images\)", capsys.readouterr().out)
    assert float(match[1]) >= 0.98
