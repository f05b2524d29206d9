"""The examples in the docstrings are run, so that they stay true."""

import doctest
import importlib
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "kernels" / "reference"
MODULES = [f"reference.{path.stem}" for path in sorted(REFERENCE.glob("[a-z]*.py"))]


@pytest.mark.parametrize("name", ["", *MODULES, "cpu.parallel"])
def test_docstring_examples(name):
    result = doctest.testmod(importlib.import_module(f"minicv.kernels.{name}".rstrip(".")))
    assert result.attempted > 0 and result.failed == 0
