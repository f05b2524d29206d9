"""``python -m benchmarks.gpu`` on the stand-in: it runs to its end, and says what failed."""

import json

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import kernels as measured
from minicv import kernels


def test_without_a_gpu(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    assert command.main([]) == 2
    assert 'device "cuda" needs CuPy' in capsys.readouterr().err


def test_kernels(on_the_host, tmp_path):
    done = command.main(["--small", "--only", "kernels", "--out", str(tmp_path)])
    (stored,) = tmp_path.glob("*.json")
    found = json.loads(stored.read_text())
    assert (done, found["failures"]) == (0, [])
    rows = found["results"]["kernels"]
    assert kernels.registry.keys() - set(measured.CONVOLUTIONS) <= set(rows)
    assert all(row["ms"] > 0 for row in rows.values())
    assert "| relu |" in stored.with_suffix(".md").read_text()


def test_networks(on_the_host, tmp_path, capsys):
    assert command.main(["--small", "--only", "networks", "--out", str(tmp_path)]) == 0, (
        capsys.readouterr().out
    )
    rows = json.loads(next(tmp_path.glob("*.json")).read_text())["results"]["steps"]
    assert len(rows) == 1 and all(row["minicv ms"] > 0 for row in rows.values())


def test_a_failure_is_told_and_the_rest_runs(on_the_host, tmp_path, monkeypatch, capsys):
    original = kernels.relu
    calls = []

    def fails_when_timed(x):
        calls.append(x)
        return original(x) if len(calls) == 1 else 1 / 0

    monkeypatch.setattr(kernels, "relu", fails_when_timed)
    monkeypatch.setattr(measured, "LAYERS", {})
    assert command.main(["--small", "--only", "kernels", "--out", str(tmp_path)]) == 1
    assert "kernels: relu: ZeroDivisionError" in capsys.readouterr().out
    assert "tanh" in json.loads(next(tmp_path.glob("*.json")).read_text())["results"]["kernels"]


def test_rows_are_left_out_when_time_is_up(on_the_host, tmp_path, capsys):
    assert command.main(["--small", "--only", "kernels", "--minutes", "0", "--out", str(tmp_path)]) == 1
    assert "left out, the time was up" in capsys.readouterr().out
