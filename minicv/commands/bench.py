"""``minicv bench``: the benchmarks, which are a folder of their own in a checkout."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

HELP = """Measure how fast minicv is, beside PyTorch where that is installed: training steps, layers, kernels, whole
networks, start-up and memory. Let nothing else run meanwhile, and quote ratios, not times."""


def _benchmarks():
    """The module that knows the options: inside minicv where it is installed, else in the checkout."""
    package = "minicv.benchmarks"
    if find_spec(package) is None:
        package = "benchmarks"
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    return import_module(f"{package}.command")


def add_arguments(parser):
    """Declare the command's options."""
    _benchmarks().add_arguments(parser)


def run(args):
    """Measure, print a table, and keep what was asked for."""
    return _benchmarks().run(args)
