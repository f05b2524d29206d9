"""The stand-in has the face of CuPy, and refuses what CuPy refuses."""

import inspect

import numpy as np
import pytest

from tests.gpu import stand_in
from tests.gpu.stand_in import module as cupy

A = cupy.asarray(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    "mixed",
    [
        lambda: np.asarray(A),
        lambda: A + np.ones(3),
        lambda: np.ones(3) * A,
        lambda: np.maximum(A, np.ones(3)),
        lambda: np.where(np.ones((2, 3), bool), A, A),
        lambda: np.concatenate([A, np.ones((2, 3))]),
        lambda: A.max(initial=0),
        lambda: np.sum(A, where=True),
        lambda: np.add(A, A, where=True),
        lambda: np.linalg.norm(A),
        lambda: A.ctypes,
        lambda: A.flags.writeable,
        lambda: A.__setitem__(0, np.ones(3)),
        lambda: hash(A),
    ],
)
def test_what_cupy_refuses(mixed):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        mixed()


def test_an_index_out_of_range_is_no_accident():
    with pytest.raises(AssertionError, match="wrap"):
        A[cupy.asarray(np.array([2]))]
    with pytest.raises(IndexError):
        A[2]


def test_results_stay_on_the_device():
    assert all(
        type(r) is stand_in.ndarray for r in (A.sum(), A[0, 0], A > 1, 2 - A, np.exp(A), A[A > 2], A @ A.T)
    )


def test_views_know_whose_memory_they_show():
    for view in (A[0], A.T, A.reshape(6)[1:], np.broadcast_to(A, (4, 2, 3)), np.expand_dims(A, 0)):
        assert view.base is A
    assert (A + 0).base is None and A.copy().base is None


def test_crossings_are_noted():
    stand_in.traffic.clear()
    bool(A.any()), A.get(), cupy.asarray(np.zeros(4)), A[[0, 1]]
    assert stand_in.traffic == [("down", 1), ("down", 6), ("up", 4), ("up", 2)]


class TestAgainstCuPy:
    """The tables, beside what is installed. That needs no GPU."""

    @pytest.fixture(autouse=True)
    def real(self):
        self.cupy = pytest.importorskip("cupy")

    def test_functions(self):
        for name in stand_in.UFUNCS:
            assert isinstance(getattr(self.cupy, name), self.cupy.ufunc), name
        assert hasattr(self.cupy.add, "at") and hasattr(self.cupy, "ogrid")
        for name, known in (stand_in.FUNCTIONS | stand_in.CREATION).items():
            parameters = inspect.signature(getattr(self.cupy, name)).parameters
            assert set(known.split()) <= set(parameters), name

    def test_what_the_benchmark_uses(self):
        cuda = self.cupy.cuda
        assert callable(self.cupy.copyto) and callable(self.cupy.get_default_memory_pool().free_all_blocks)
        assert callable(cuda.Device) and callable(cuda.get_elapsed_time)
        assert all(hasattr(cuda.Event, name) for name in ("record", "synchronize"))
        for name in vars(stand_in.module.cuda.runtime):
            assert callable(getattr(cuda.runtime, name))

    def test_methods(self):
        for name, known in stand_in.METHODS.items():
            signature = getattr(self.cupy.ndarray, name).__doc__.split("\n")[0]
            assert all(keyword in signature for keyword in known.split()), signature

    def test_generators(self):
        for name in ("random", "standard_normal"):
            assert {"size", "dtype"} <= set(
                inspect.signature(getattr(self.cupy.random.Generator, name)).parameters
            )
