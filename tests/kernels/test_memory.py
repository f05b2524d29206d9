"""Memory of large arrays is used again, by one array at a time, and what is kept stays within bounds."""

import gc
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import guard
from minicv.kernels.cpu import memory

MEGA = 2**18  # float32 numbers in a mebibyte


@pytest.fixture
def store(monkeypatch):
    """A store of its own for a test."""
    monkeypatch.setattr(memory, "_store", memory._Store())
    return memory._store


def where(array):
    return array.ctypes.data


def test_memory_is_used_again(store):
    a = memory.empty((MEGA,), np.float32)
    before = where(a)
    del a
    assert where(memory.empty((4, MEGA // 4), np.float32)) == before


def test_not_while_a_view_looks_at_it(store):
    a = memory.empty((4, MEGA), np.float32)
    before, views = where(a), [a.reshape(-1)[7:].reshape(-1, 1).T, memoryview(a)]
    a[:] = 1
    del a
    while views:
        b = memory.empty((4, MEGA), np.float32)
        assert where(b) != before
        b[:] = 2
        assert np.asarray(views.pop()).min() == 1
    again = [memory.empty((4, MEGA), np.float32) for _ in range(2)]
    assert before in map(where, again)


@given(
    shape=st.lists(st.integers(0, 80), max_size=3), dtype=st.sampled_from([np.float32, np.float64, np.uint8])
)
def test_like_numpy(shape, dtype):
    a = memory.empty(tuple(shape), dtype)
    b = np.empty(shape, dtype)
    assert (a.shape, a.strides, a.dtype) == (b.shape, b.strides, b.dtype)
    assert type(a) is np.ndarray and a.flags.writeable and a.flags.c_contiguous
    a[...] = 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(a)), np.ones(shape))


def test_large_arrays_begin_on_a_cache_line(store):
    assert {where(memory.empty((MEGA + i,), np.float32)) % 64 for i in range(5)} == {0}


@given(sizes=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=30))
def test_never_more_than_was_in_use_at_once(sizes):
    before = memory._store
    memory._store = store = memory._Store()
    held, array, most = [], None, 0
    for size, keep in sizes:
        array = None  # the one before is given back first
        array = memory.empty((size * MEGA,), np.float32)
        most = max(most, store.in_use)
        assert store.in_use + store.in_store <= memory._SPARE * store.most_in_use
        assert store.most_in_use == most
        if keep:
            held.append(array)
        elif held:
            held.pop(0)
    del array, held
    gc.collect()
    assert store.in_use == 0 and store.in_store == sum(b.size for b in store.blocks) <= memory._SPARE * most
    memory._store = before


def test_from_several_threads(store):
    wrong = []

    def work(mark):
        for _ in range(200):
            a = memory.empty((MEGA,), np.float32)
            a[::4096] = mark
            if not (a[::4096] == mark).all():
                wrong.append(mark)

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and store.in_use == 0


def test_such_an_array_can_be_locked(store):
    a = memory.empty((MEGA,), np.float32)
    held = guard.lock(a[5:])
    assert not a.flags.writeable and guard.visible(a).base is not None
    guard.unlock(held)
    assert a.flags.writeable
