"""minicv warmup: everything is compiled, and what nobody can keep is a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minicv import cli, kernels
from minicv.kernels.cpu import jit, warmup

ROOT = Path(__file__).resolve().parents[2]

# After compiling ahead in this process: the compiled functions that no case has reached. Those over ranges of rows
# are compiled within what packs them.
MISSED = """
import inspect
import pkgutil
from importlib import import_module
from minicv import kernels
from minicv.kernels import cpu
from minicv.kernels.cpu import parallel, warmup

for module in set(kernels.registry.values()):
    warmup.compile_module(module)
for found in pkgutil.iter_modules(cpu.__path__):
    for name, function in vars(import_module(f"minicv.kernels.cpu.{found.name}")).items():
        if hasattr(function, "overloads"):
            of_ranges = list(inspect.signature(function.py_func).parameters)[:2] == ["begin", "end"]
            if not (parallel._packer(function) if of_ranges else function).overloads:
                print(found.name, name)
"""

# After that, in another process: the functions that a model's training steps still had to compile.
LATER = """
from numba.core import event
from benchmarks.networks import STEPS, training_step
from benchmarks.sides import side

with event.install_recorder("numba:compile") as compilations:
    for name in STEPS:
        training_step(side("minicv"), name, batch=2)()
for _, compilation in compilations.buffer:
    print(compilation.data["dispatcher"])
"""


def test_says_what_it_did_and_where_the_result_is(monkeypatch, capsys):
    monkeypatch.setattr(kernels, "registry", {"channel_sum": "channel_sum"})
    assert cli.main(["warmup"]) == 0
    said = capsys.readouterr().out
    assert "functions compiled in" in said and said.strip().endswith(f"kept in {jit.cache_folder()}")


def test_without_a_folder_to_keep_it_in(monkeypatch, capsys):
    monkeypatch.setattr(jit, "cache_folder", lambda: None)
    assert cli.main(["warmup"]) == 0
    assert "No folder for compiled kernels can be written to" in capsys.readouterr().out


def test_what_is_compiled_is_not_compiled_again():
    warmup.compile_module("channel_sum")
    assert warmup.compile_module("channel_sum") == 0


@pytest.mark.slow
def test_nothing_is_left_to_compile(tmp_path):
    def run(code):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert run(MISSED) == ""
    assert run(LATER) == ""
