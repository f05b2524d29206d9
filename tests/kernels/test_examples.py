"""The examples in the docstrings are run, so that they stay true."""

import doctest
import importlib

import pytest

MODULES = [
    f"reference.{name}"
    for name in ("channel_sum", "conv", "im2col", "max_pool", "norm", "resample", "step", "unfold")
]


@pytest.mark.parametrize("name", ["", *MODULES, "cpu.parallel"])
def test_docstring_examples(name):
    result = doctest.testmod(importlib.import_module(f"minicv.kernels.{name}".rstrip(".")))
    assert result.attempted > 0 and result.failed == 0
