"""The examples in the docstrings are run, so that they stay true."""

import doctest
import importlib
import pkgutil

import pytest

import minicv.viz

MODULES = [module.name for module in pkgutil.iter_modules(minicv.viz.__path__)]


@pytest.mark.parametrize("name", [*MODULES, "__init__"])
def test_docstring_examples(name):
    module = minicv.viz if name == "__init__" else importlib.import_module(f"minicv.viz.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0, f"minicv.viz.{name} has no example"
    assert result.failed == 0
