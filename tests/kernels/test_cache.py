"""What is compiled is kept; where nothing can be kept it works all the same; and a wait is explained, once."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from numba import types

from minicv.kernels.cpu import jit

ROOT = Path(__file__).resolve().parents[2]

# Prints how many functions Numba compiled, as opposed to loaded.
COUNT = """
import numpy as np
from numba.core import event
from minicv import kernels

with event.install_recorder("numba:compile") as compilations:
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    assert kernels.pick(x, np.array([[[3, -1]]])).tolist() == [[[3, 0]]]
    assert kernels.place(np.ones((1, 1, 1)), np.array([[[2]]]), (2, 2)).ravel().tolist() == [0, 0, 1, 0]
    x.flags.writeable = False  # as what a backward pass needs is: no reason to compile again
    assert kernels.pick(x[:, :, ::-1], np.array([[[3, -1]]])).tolist() == [[[1, 0]]]
    assert kernels.pick(x, np.array([[[3, -1]]])).tolist() == [[[3, 0]]]
print(len(compilations.buffer) // 2)
"""

# Two kernels, and what shares out their work.
NEEDED = 5

# Numba would import SciPy's linear algebra, and more, before it loads: half the time of a first call.
HEAVY = """
import sys
loaded = {'scipy.linalg', 'numba.np.linalg', 'numba.typed.typedlist'} & set(sys.modules)
"""


def copy_kernels(folder):
    """Copy the kernels, with nothing compiled, under a package minicv that holds nothing else."""
    for leaf in ("kernels", "minicv/kernels"):
        shutil.copytree(ROOT / leaf, folder / leaf, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "minicv" / "__init__.py").touch()
    return folder


# Where a process may keep what it compiles; {} is the folder that holds its copy of the kernels. Files stand in the
# place of the folders that are closed to it, which stops the superuser too.
CLOSED = {
    "usual": None,
    "read-only checkout": {"HOME": "{}", "XDG_CACHE_HOME": "{}/cache"},
    "nowhere": {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"},
}


@pytest.fixture(scope="module")
def first_runs(tmp_path_factory):
    """For each place: the copy, its environment, functions that a first process compiled, and what it said."""

    def run(place):
        folder, closed = copy_kernels(tmp_path_factory.mktemp("kernels")), CLOSED[place]
        if closed:
            (folder / "kernels" / "cpu" / "__pycache__").touch()
        environment = {name: path.format(folder) for name, path in (closed or {}).items()}
        return folder, environment, *count(folder, HEAVY + "assert len(loaded) == 3", **environment)

    with ThreadPoolExecutor() as pool:  # they take seconds each
        return dict(zip(CLOSED, pool.map(run, CLOSED)))


@pytest.fixture
def kept(first_runs, tmp_path):
    """A copy of the kernels and of what is compiled beside them, to be changed."""
    return shutil.copytree(first_runs["usual"][0], tmp_path, dirs_exist_ok=True)


def count(checkout, then="", **environment):
    """Compile, or load, in a fresh process, and run more code there: (functions compiled, what it said)."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COUNT + then],
        cwd=checkout,
        env={**kept, "PYTHONPATH": str(checkout), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr


def test_an_edit_of_any_file_of_the_leaf_compiles_again(kept):
    """A compiled function may call one of another file, so what was compiled before an edit there is stale."""
    with open(kept / "kernels" / "cpu" / "vector.py", "a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert count(kept)[0] == NEEDED


def test_an_index_that_speaks_of_what_is_gone_counts_as_empty(tmp_path):
    """The types of a function's arguments are kept by name, and an edit may have taken the name away."""
    index, arguments = jit._Index(str(tmp_path), "kernel", jit._stamp()), (types.float32, types.int64)
    index.save(arguments, "compiled")
    assert index.load(arguments) == "compiled"
    (file,) = tmp_path.glob("*.nbi")
    stored = file.read_bytes()
    assert stored.count(b"numba.core.types") > 0
    file.write_bytes(stored.replace(b"numba.core.types", b"numba.core.tipes"))
    assert index.load(arguments) is None
    index.save(arguments, "compiled again")
    assert index.load(arguments) == "compiled again"


def test_a_second_process_compiles_nothing_and_says_nothing(first_runs, kept):
    """In a copy of what is compiled, for otherwise the test that changes one would prove nothing."""
    *_, compiled, said = first_runs["usual"]
    assert compiled == NEEDED
    assert said.count("minicv: compiling") == 1 and "later runs load them from disk" in said
    assert count(kept, HEAVY + "assert not loaded, loaded") == (0, "")


def test_without_a_writable_cache_folder(first_runs):
    folder, _, compiled, said = first_runs["nowhere"]
    assert compiled == NEEDED
    assert said.count("minicv: compiling") == 1 and "again in every run" in said
    assert not [*folder.rglob("*.nbi")]


def test_a_read_only_checkout_uses_the_users_own_folder(first_runs):
    folder, environment, compiled, _ = first_runs["read-only checkout"]
    assert compiled == NEEDED
    assert count(folder, **environment) == (0, "")
