"""What is compiled is kept; where nothing can be kept it works all the same; and a wait is explained, once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def checkout(tmp_path):
    """A copy of the kernels, with nothing compiled, under a package minicv that holds nothing else."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "kernels", tmp_path / "kernels", ignore=ignore)
    shutil.copytree(ROOT / "minicv" / "kernels", tmp_path / "minicv" / "kernels", ignore=ignore)
    (tmp_path / "minicv" / "__init__.py").touch()
    return tmp_path


def count(checkout, then="", **environment):
    """Compile, or load, in a fresh process, and run more code there: (functions compiled, what it said)."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COUNT + then],
        cwd=checkout,
        env={**kept, "PYTHONPATH": str(checkout), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr


def test_an_edit_of_any_file_of_the_leaf_compiles_again(checkout):
    """A compiled function may call one of another file, so what was compiled before an edit there is stale."""
    count(checkout)
    with open(checkout / "kernels" / "cpu" / "vector.py", "a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert count(checkout)[0] == 2


def test_an_index_that_speaks_of_what_is_gone_counts_as_empty(checkout):
    """The types of a function's arguments are kept by name, and an edit may have taken the name away."""
    count(checkout)
    for index in checkout.rglob("*.nbi"):
        stored = index.read_bytes()
        assert stored.count(b"numba.core.types") > 0
        index.write_bytes(stored.replace(b"numba.core.types", b"numba.core.tipes"))
    assert count(checkout)[0] == 2


def test_a_second_process_compiles_nothing_and_says_nothing(checkout):
    compiled, said = count(checkout)
    assert compiled == 2
    assert said.count("minicv: compiling") == 1 and "later runs load them from disk" in said
    assert count(checkout) == (0, "")


def test_loading_does_not_import_what_only_compiling_needs(checkout):
    """Numba would import SciPy's linear algebra, and more, before it loads: half the time of a first call."""
    modules = "import sys\nloaded = {'scipy.linalg', 'numba.np.linalg', 'numba.typed.typedlist'} & set(sys.modules)\n"
    assert count(checkout, modules + "assert len(loaded) == 3")[0] == 2
    assert count(checkout, modules + "assert not loaded, loaded")[0] == 0


def test_without_a_writable_cache_folder(checkout):
    """Files stand where Numba would make its folders, which stops the superuser too."""
    (checkout / "kernels" / "cpu" / "__pycache__").touch()
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
    compiled, said = count(checkout, **nowhere)
    assert compiled == 2
    assert said.count("minicv: compiling") == 1 and "again in every run" in said
    assert count(checkout, **nowhere)[0] == 2


def test_a_read_only_checkout_uses_the_users_own_folder(checkout):
    (checkout / "kernels" / "cpu" / "__pycache__").touch()
    home = {"HOME": str(checkout), "XDG_CACHE_HOME": str(checkout / "cache")}
    assert count(checkout, **home)[0] == 2
    assert count(checkout, **home) == (0, "")
