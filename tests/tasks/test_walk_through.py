"""As a new user, from the README alone: train on files of one's own, lose the machine in the middle, and go on."""

import json
import os
import random
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minicv.data import Meadow, digits, write_image
from minicv.data.mnist import write_idx
from minicv.io import load_tree

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## Train on your own data")[1]
COMMANDS = [shlex.split(line) for line in re.findall(r"\.venv/bin/minicv (.*)", SECTION.split("\n## ")[0])]

pytestmark = pytest.mark.slow


def start(words, folder):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "minicv", *words]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ends_well(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def killed_and_resumed(words, folder, out, kills=3):
    """Kill a run with SIGKILL at random moments, each time going on with ``--resume``; then let it end."""
    checkpoint, steps = folder / out / "checkpoint.safetensors", []
    for _ in range(kills):
        process = start([*words, *["--resume"] * bool(steps)], folder)
        before = steps[-1] if steps else 0
        while process.poll() is None and not (checkpoint.exists() and step_of(checkpoint) > before):
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        process.communicate()
        steps.append(step_of(checkpoint))
    said = ends_well(start([*words, "--resume"], folder))
    assert 0 < steps[0] < step_of(checkpoint), "it was never killed in the middle"
    return said


def step_of(checkpoint):
    return load_tree(checkpoint)["more"]["step"]


def assert_same_run(one, other):
    for name in ("weights.safetensors", "history.jsonl"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_lenet_on_idx_files(tmp_path):
    (tmp_path / "mnist").mkdir()
    for split, name in [("train", "train"), ("test", "t10k")]:
        images, labels = digits(split, size=28)
        write_idx(
            tmp_path / f"mnist/{name}-images-idx3-ubyte.gz", (255 * images[:, 0]).round().astype(np.uint8)
        )
        write_idx(tmp_path / f"mnist/{name}-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    words = ["train", "lenet", "--data", "mnist", "--set", "epochs=6", "--set", "save_every=9", "--out"]
    whole = ends_well(start([*words, "whole"], tmp_path))
    broken = killed_and_resumed([*words, "broken"], tmp_path, "broken")
    assert_same_run(tmp_path / "whole", tmp_path / "broken")
    accuracy = float(re.match(r"held-out accuracy (0\.\d+) \(360 images\)", whole)[1])
    assert accuracy > 0.9 and broken.split(",")[0] == whole.split(",")[0]


def test_the_commands_of_the_readme_on_an_image_folder(tmp_path):
    for name in ("cat", "cow", "dog"):
        scenes = Meadow(size=64, length=50, objects=(1, 1), classes=(name,), scale=(2, 2.5))
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i, scene in enumerate(scenes):
            write_image(tmp_path / "photos" / name / f"{i}.jpg", scene.image)
    for name in ("cat", "dog"):
        write_image(tmp_path / f"{name}.jpg", Meadow(96, 9, 1, (1, 1), (name,), (2, 2.5))[5].image)
    train, resume, evaluate, predict = COMMANDS
    assert resume == [*train, "--resume"] and train[-2:] == ["--out", "out/photos"]
    whole = ends_well(start([*train[:-1], "out/whole"], tmp_path))
    killed_and_resumed(train, tmp_path, "out/photos")
    assert_same_run(tmp_path / "out/whole", tmp_path / "out/photos")
    accuracy = re.match(r"held-out (accuracy 0\.\d+) \(30 images\)", whole)[1]
    assert float(accuracy.split()[1]) > 0.6
    assert ends_well(start(evaluate, tmp_path)) == f"{accuracy}\n30 images\n"
    ends_well(start(predict, tmp_path))
    written = json.loads((tmp_path / "predictions/predictions.json").read_text())["images"]
    assert [entry["image"] for entry in written] == ["cat.jpg", "dog.jpg"]
    assert all((tmp_path / "predictions" / entry["picture"]).exists() for entry in written)
