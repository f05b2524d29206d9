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


def assert_close(got, wanted, said):
    scale = np.max(np.abs(wanted), initial=0, where=np.isfinite(wanted))
    tolerance = TOLERANCE[wanted.dtype]
    limits = {"rtol": tolerance, "atol": tolerance * scale}
    if not np.allclose(got, wanted, equal_nan=True, **limits):  # the next line takes five times as long
        np.testing.assert_allclose(got, wanted, err_msg=said, **limits)


@pytest.mark.parametrize("name", sorted(kernels.registry.keys() - kernels.in_place))
def test_parity(name, leaf):
    kernel, reference = leaf(name), kernels.implementation(name, "reference")
    mine = [args for case, args in cases(kernels.registry[name]) if case == name]
    assert mine, f"{name} has no cases"
    for args in mine:
        said = describe(name, args)
        before = [a.tobytes() for a in arrays(args)]
        got, wanted = outputs(kernel(*args)), outputs(reference(*args))
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted):
            assert (g.dtype, g.shape) == (w.dtype, w.shape), said
            assert g.flags.c_contiguous and g.flags.writeable, said
            assert not any(np.may_share_memory(g, a) for a in arrays(args)), f"{said} is not out of place"
            assert_close(g, w, said)
        assert [a.tobytes() for a in arrays(args)] == before, f"{said} changed its input"


@pytest.mark.parametrize("name", sorted(kernels.in_place))
def test_parity_in_place(name, leaf):
    """All arguments are compared afterwards: those that are changed, and those that are not."""
    kernel, reference = leaf(name), kernels.implementation(name, "reference")
    mine = [args for case, args in cases(kernels.registry[name]) if case == name]
    assert mine, f"{name} has no cases"
    for args in mine:
        got, wanted = ([a.copy("K") if isinstance(a, np.ndarray) else a for a in args] for _ in range(2))
        assert kernel(*got) is reference(*wanted) is None
        said = describe(name, args)
        for g, w in zip(arrays(got), arrays(wanted)):
            assert_close(g, w, said)


@pytest.mark.parametrize("module", sorted(set(kernels.registry.values())))
def test_cases_are_for_registered_kernels(module):
    named = {name for name, _ in cases(module)}
    assert named == {name for name, holder in kernels.registry.items() if holder == module}
