"""The dispatcher: which leaf computes, and what importing it costs."""

import gc
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

from minicv import kernels
from minicv.kernels.reference.step import Step

X, W = np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
REST = (1, 1), (0, 0), (1, 1), 1


@pytest.fixture
def leaves(monkeypatch):
    """Names of the leaves asked for, in order."""
    asked = []
    original = kernels.implementation
    monkeypatch.setattr(
        kernels, "implementation", lambda name, leaf: asked.append(leaf) or original(name, leaf)
    )
    return asked


def test_numpy_goes_to_the_cpu_unless_told_otherwise(leaves):
    kernels.conv2d(X, W, None, *REST)
    with kernels.use("reference"):
        kernels.conv2d(X, W, None, *REST)
        with kernels.use("cpu"):
            kernels.conv2d(X, W, None, *REST)
        kernels.conv2d(X, W, None, *REST)
    kernels.conv2d(X, W, None, *REST)
    assert leaves == ["cpu", "reference", "cpu", "reference", "cpu"]


def test_the_choice_ends_with_an_error(leaves):
    with pytest.raises(RuntimeError, match="on purpose"), kernels.use("reference"):
        raise RuntimeError("on purpose")
    kernels.conv2d(X, W, None, *REST)
    assert leaves == ["cpu"]


def test_the_choice_is_this_threads(leaves):
    with kernels.use("reference"):
        thread = threading.Thread(target=kernels.conv2d, args=(X, W, None, *REST))
        thread.start()
        thread.join()
    assert leaves == ["cpu"]


def test_cupy_goes_to_the_gpu(leaves):
    """By the name of its type, so that CuPy need not be imported to ask."""
    array = type("ndarray", (), {"__module__": "cupy"})()
    with pytest.raises((ImportError, AttributeError, TypeError)):
        kernels.conv2d(array, W, None, *REST)
    assert leaves == ["gpu"]


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.int32, np.uint8, object])
def test_what_is_not_compiled_for_goes_to_the_reference(dtype, leaves):
    x = np.arange(4).reshape(1, 1, 2, 2).astype(dtype)
    y = kernels.conv2d(x, x, None, *REST)
    assert leaves == ["reference"]
    assert y.dtype == dtype and y.item() == 14


def test_fractions_stay_exact():
    half = np.full((1, 1, 1, 2), Fraction(1, 3), dtype=object)
    assert kernels.conv2d(half, half, None, *REST).item() == Fraction(2, 9)


@pytest.mark.parametrize("array", [[[1.0]], None, 1.0])
def test_other_types_are_refused(array):
    with pytest.raises(TypeError, match=r"kernels\.pick: the first argument must be a NumPy or CuPy array"):
        kernels.pick(array, np.zeros((1, 1, 1), np.int64))


def test_use_refuses_other_leaves():
    with pytest.raises(ValueError, match="'cpu' or 'reference'; got 'gpu'"), kernels.use("gpu"):
        pass
    with pytest.raises(ValueError, match="only the leaf 'reference'"), kernels.use("cpu", watch=print):
        pass


def test_watching_through_the_dispatcher():
    steps = []
    with kernels.use("reference", watch=steps.append):
        kernels.conv2d(X, W, None, *REST)
        kernels.unfold(X, (1, 1), (1, 1), (0, 0), (1, 1))  # shows no steps, and is none the worse for it
    kernels.conv2d(X, W, None, *REST)
    assert len(steps) == 1 and isinstance(steps[0], Step)


def test_every_kernel_is_there_and_says_where_it_is_described():
    for name, module in kernels.registry.items():
        assert getattr(kernels, name).__name__ == name
        assert f"minicv.kernels.reference.{module}.{name}" in getattr(kernels, name).__doc__


def test_importing_it_imports_no_leaf():
    check = (
        "import sys; from minicv import kernels; "
        "assert not {'numba', 'cupy'} & set(sys.modules); "
        "assert not [m for m in sys.modules if m.startswith('minicv.kernels.')]"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_is_left_as_it_was(collects):
    (gc.enable if collects else gc.disable)()
    gc.freeze()
    frozen = gc.get_freeze_count()
    try:
        kernels._module.__wrapped__("reference.conv")
        with pytest.raises(ImportError):
            kernels._module.__wrapped__("reference.nothing")
        assert gc.isenabled() == collects
        assert gc.get_freeze_count() >= frozen / 2  # a few of them may have gone since
    finally:
        gc.enable()
