"""The demo as the README runs it: both networks learn to label scenes that they have never seen."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_both_networks_reach_a_mean_iou_of_085(tmp_path):
    command = [sys.executable, "-m", "minicv", "demo", "segmentation", "--out", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=1500)
    assert run.returncode == 0, run.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    for name in ("transposed convolution", "max unpooling"):
        assert results[name]["mean IoU"] >= 0.85, (name, results[name])
