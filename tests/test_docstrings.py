"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def modules():
    """Every module of minicv, and those kernels that NumPy alone can run."""
    files = [*(ROOT / "minicv").rglob("*.py"), *(ROOT / "kernels" / "reference").glob("*.py")]
    for file in sorted(files):
        parts = file.relative_to(ROOT).with_suffix("").parts
        parts = ("minicv", *parts) if parts[0] == "kernels" else parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", list(modules()))
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_are_found():
    """Should the collection break, no example would fail any more."""
    found = list(modules())
    assert {"minicv", "minicv.ops.conv", "minicv.testing.gradcheck", "minicv.kernels.reference.conv"} <= set(
        found
    )
    assert doctest.testmod(importlib.import_module("minicv.ops.conv")).attempted >= 6
