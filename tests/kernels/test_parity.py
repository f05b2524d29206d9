"""Every kernel of the registry, in every leaf, means what the reference leaf says."""

from functools import cache
from importlib import import_module

import numpy as np
import pytest

from minicv import kernels

TOLERANCE = {
    np.dtype(np.float32): 1e-5,
    np.dtype(np.float64): 1e-12,
    np.dtype(np.int64): 0,
    np.dtype(np.int32): 0,
    np.dtype(np.bool_): 0,
}


@cache
def cases(module):
    return import_module(f"minicv.kernels.reference.{module}").cases(np.random.default_rng(0))


def cases_of(name):
    mine = [args for case, args in cases(kernels.registry[name]) if case == name]
    assert mine, f"{name} has no cases"
    return mine


@cache
def meaning(name):
    """What the reference leaf makes of each case."""
    reference = kernels.implementation(name, "reference")
    return [outputs(reference(*args)) for args in cases_of(name)]


def arrays(args):
    """All arrays among the arguments, those inside tuples too."""
    for arg in args:
        if isinstance(arg, np.ndarray):
            yield arg
        elif isinstance(arg, tuple):
            yield from arrays(arg)


def outputs(result):
    return result if isinstance(result, tuple) else (result,)


def describe(name, args):
    said = [f"{a.dtype}{a.shape}" if isinstance(a, np.ndarray) else str(a) for a in args]
    return f"{name}({', '.join(said)})"


def assert_close(got, wanted, name, args):
    scale = np.max(np.abs(wanted), initial=0, where=np.isfinite(wanted))
    tolerance = TOLERANCE[wanted.dtype]
    limits = {"rtol": tolerance, "atol": tolerance * scale}
    if not np.allclose(got, wanted, equal_nan=True, **limits):  # the next line takes five times as long
        np.testing.assert_allclose(got, wanted, err_msg=describe(name, args), **limits)


@pytest.mark.parametrize("name", sorted(kernels.registry.keys() - kernels.in_place))
def test_parity(name, leaf):
    kernel = leaf(name)
    for args, wanted in zip(cases_of(name), meaning(name)):
        before = [a.tobytes() for a in arrays(args)]
        got = outputs(kernel(*args))
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted):
            assert (g.dtype, g.shape) == (w.dtype, w.shape), describe(name, args)
            assert g.flags.c_contiguous and g.flags.writeable, describe(name, args)
            shared = any(np.may_share_memory(g, a) for a in arrays(args))
            assert not shared, f"{describe(name, args)} is not out of place"
            assert_close(g, w, name, args)
        assert [a.tobytes() for a in arrays(args)] == before, f"{describe(name, args)} changed its input"


@pytest.mark.parametrize("name", sorted(kernels.in_place))
def test_parity_in_place(name, leaf):
    """All arguments are compared afterwards: those that are changed, and those that are not."""
    kernel, reference = leaf(name), kernels.implementation(name, "reference")
    for args in cases_of(name):
        got, wanted = ([a.copy("K") if isinstance(a, np.ndarray) else a for a in args] for _ in range(2))
        assert kernel(*got) is reference(*wanted) is None
        for g, w in zip(arrays(got), arrays(wanted)):
            assert_close(g, w, name, args)


@pytest.mark.parametrize("module", sorted(set(kernels.registry.values())))
def test_cases_are_for_registered_kernels(module):
    named = {name for name, _ in cases(module)}
    assert named == {name for name, holder in kernels.registry.items() if holder == module}
