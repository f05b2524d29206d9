"""BLAS is held to one thread while anybody needs that, and no longer."""

import numpy as np
import pytest

from minicv.kernels.cpu import blas


def threads():
    """The number of threads of each BLAS that was loaded when one was first needed."""
    return [library.num_threads for library in blas._libraries()]


def test_one_thread_inside_and_the_old_number_afterwards():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = threads()
    if not before:
        pytest.skip("NumPy has no BLAS that threadpoolctl knows")
    with blas.single_threaded():
        assert set(threads()) == {1}
        with blas.single_threaded():
            assert set(threads()) == {1}
        assert set(threads()) == {1}, "the inner user must not end the outer one's limit"
    assert threads() == before


def test_the_limit_ends_after_an_error():
    before = threads()
    with pytest.raises(ZeroDivisionError), blas.single_threaded():
        raise ZeroDivisionError
    assert threads() == before
