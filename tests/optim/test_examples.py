"""The examples in the docstrings are run, so that they stay true."""

import doctest
import importlib
import pkgutil

import pytest

from minicv import optim


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(optim.__path__)])
def test_docstring_examples(name):
    assert doctest.testmod(importlib.import_module(f"minicv.optim.{name}")).failed == 0
