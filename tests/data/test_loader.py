"""DataLoader: every item once, in an order that workers do not change; resume; failures that are said."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from itertools import chain
from subprocess import PIPE

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data import DataLoader, LoadError, Meadow, Sample, collate


class Numbers:
    """Items that are their own number; some of them misbehave. (At the top of the module, so that it can be sent.)"""

    def __init__(self, length, fails=None, dies=None, slow=()):
        self.length, self.fails, self.dies, self.slow = length, fails, dies, slow

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        if i == self.fails:
            raise OSError(f"no file {i}.jpg")
        if i == self.dies:
            os._exit(9)
        if i in self.slow:
            time.sleep(0.05)
        return i


def wait_until(condition, seconds=60):
    """Wait for other threads, however busy the machine is, but not for ever."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


class Who(Numbers):
    """Items that say which process and thread made them."""

    def __getitem__(self, i):
        return os.getpid(), threading.get_ident()


WORKERS = [(0, "threads"), (1, "threads"), (3, "threads")]


@given(
    n=st.integers(0, 20),
    size=st.integers(1, 6),
    drop=st.booleans(),
    shuffle=st.booleans(),
    seed=st.integers(0, 99),
    known=st.sampled_from([None, 1, 2, 9]),
)
def test_every_item_once(n, size, drop, shuffle, seed, known):
    orders = []
    for number, workers in WORKERS:
        loader = DataLoader(
            Numbers(n),
            size,
            shuffle,
            num_workers=number,
            workers=workers,
            collate_fn=list,
            drop_last=drop,
            seed=seed,
            epochs=known,
        )
        epochs = [list(loader), list(loader)]
        assert all(len(epoch) == len(loader) for epoch in epochs)
        orders.append(epochs)
    assert orders[0] == orders[1] == orders[2]
    for epoch in orders[0]:
        items = list(chain.from_iterable(epoch))
        assert len(items) == (n - n % size if drop else n) == len(set(items))
        assert shuffle or items == sorted(items)


def test_epochs_and_seeds_have_orders_of_their_own():
    loader = DataLoader(Numbers(50), 50, shuffle=True, collate_fn=list)
    (first,), (second,) = list(loader), list(loader)
    (other,) = DataLoader(Numbers(50), 50, shuffle=True, collate_fn=list, seed=1)
    assert first != second and first != other


@given(data=st.data(), number=st.sampled_from([0, 2]))
def test_resume_in_the_middle(data, number):
    known = data.draw(st.sampled_from([None, 2]))

    def make():
        return DataLoader(Numbers(10), 3, shuffle=True, num_workers=number, collate_fn=list, epochs=known)

    def endless(loader):
        while True:
            yield from loader

    steps, stop = 9, data.draw(st.integers(0, 9))
    whole = endless(make())
    wanted = [next(whole) for _ in range(steps)]
    broken = make()
    run = endless(broken)
    got = [next(run) for _ in range(stop)]
    again = make()
    again.load_state_dict(broken.state_dict())
    rest = endless(again)
    assert got + [next(rest) for _ in range(steps - stop)] == wanted


def test_processes_give_the_same():
    scenes = Meadow(size=32, length=5)
    loaders = [DataLoader(scenes, 3, shuffle=True, num_workers=n, workers="processes") for n in (0, 2)]
    batches = list(zip(*loaders, strict=True))
    assert len(batches) == 2
    for here, there in batches:
        np.testing.assert_array_equal(here.images, there.images)
        np.testing.assert_array_equal(here.semantic, there.semantic)


@pytest.mark.parametrize(
    ("number", "workers"), [*WORKERS, pytest.param(2, "processes", marks=pytest.mark.slow)]
)
def test_an_item_that_fails_is_named(number, workers):
    loader = DataLoader(Numbers(9, fails=5), 2, num_workers=number, workers=workers, collate_fn=list)
    batches = iter(loader)
    assert [next(batches), next(batches)] == [[0, 1], [2, 3]]
    with pytest.raises(LoadError, match=r"item 5 failed: OSError: no file 5\.jpg"):
        next(batches)
    assert loader.state_dict()["position"] == 2


def test_a_worker_that_dies_ends_the_loop():
    loader = DataLoader(Numbers(9, dies=5), 2, num_workers=2, workers="processes", collate_fn=list)
    with pytest.raises(LoadError, match="a worker process died"):
        list(loader)


def test_slow_items_keep_their_place():
    loader = DataLoader(Numbers(12, slow=(0, 3, 4)), 2, num_workers=4, collate_fn=list)
    assert list(chain.from_iterable(loader)) == list(range(12))


class Watched(Numbers):
    """Numbers that keep a list of those that have been asked for."""

    def __init__(self, length):
        super().__init__(length)
        self.done = []

    def __getitem__(self, i):
        self.done.append(i)
        return i


def test_workers_are_ahead_and_go_when_the_loop_is_left():
    others = set(threading.enumerate())  # of loaders before this one, which may not have left yet

    def workers():
        return {t for t in threading.enumerate() if t.name.startswith("minicv loader")} - others

    dataset = Watched(100)
    batches = iter(DataLoader(dataset, 1, num_workers=2, collate_fn=list))
    next(batches)
    wait_until(lambda: len(dataset.done) >= 4)
    assert 4 <= len(dataset.done) <= 6
    assert len(workers()) == 2
    batches.close()
    wait_until(lambda: not workers())
    assert not workers()


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_workers_stay_for_the_next_epoch(workers):
    """A process that is started anew for every epoch would import NumPy first, while the loop waits."""
    loader = DataLoader(Who(8), 2, num_workers=1, workers=workers, collate_fn=list)
    first, second = ({who for batch in loader for who in batch} for _ in range(2))
    assert len(first) == 1 and first == second


@pytest.mark.parametrize(("known", "ahead"), [(None, 0), (1, 0), (2, 3), (9, 3)])
def test_the_next_epoch_is_begun_while_one_ends(known, ahead):
    dataset = Watched(6)
    loader = DataLoader(dataset, 1, num_workers=2, collate_fn=list, epochs=known)
    assert list(loader) == [[i] for i in range(6)]
    assert len(loader._idle.line) == ahead, "neither more epochs, nor more batches"
    wait_until(lambda: len(dataset.done) >= 6 + ahead)
    assert sorted(dataset.done) == sorted([*range(6), *range(ahead)])
    list(loader)
    assert [dataset.done.count(i) for i in range(3, 6)] == [2, 2, 2], "nothing is prepared twice"


class Epochs(Numbers):
    """Items that say which epoch they were made in."""

    epoch = 0

    def __getitem__(self, i):
        time.sleep(0.002 * (i == 3))  # the end of an epoch overlaps with the beginning of the next
        return self.epoch, i


def test_items_know_their_epoch_even_while_two_are_prepared():
    loader = DataLoader(Epochs(4), 1, num_workers=3, collate_fn=list, epochs=4)
    for epoch in range(4):
        assert list(loader) == [[(epoch, i)] for i in range(4)]


@pytest.mark.parametrize("workers", ["threads", pytest.param("processes", marks=pytest.mark.slow)])
def test_no_stale_batch_when_something_changes_between_epochs(workers):
    loader = DataLoader(Numbers(4), 1, num_workers=2, workers=workers, collate_fn=list, epochs=9)
    assert list(loader) == [[0], [1], [2], [3]]
    loader.dataset = range(10, 14)
    assert list(loader) == [[10], [11], [12], [13]]
    loader.load_state_dict(loader.state_dict() | {"position": 2})
    assert list(loader) == [[12], [13]]
    loader.batch_size = 2
    assert list(loader) == [[10, 11], [12, 13]]
    loader.collate_fn = tuple
    assert list(loader) == [(10, 11), (12, 13)]


def test_workers_end_with_their_loader_in_the_middle_of_preparing():
    before = set(threading.enumerate())
    loader = DataLoader(Numbers(4, slow=range(4)), 1, num_workers=1, collate_fn=list, epochs=9)
    list(loader)
    (worker,) = set(threading.enumerate()) - before
    del loader
    worker.join(60)
    assert not worker.is_alive()


def test_ctrl_c_is_not_for_the_workers():
    loader = DataLoader(Who(40), 1, num_workers=1, workers="processes", collate_fn=list)
    batches = iter(loader)
    [(process, _)] = next(batches)
    os.kill(process, signal.SIGINT)
    assert {batch[0][0] for batch in batches} == {process}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no signals here")
def test_workers_end_with_a_process_that_is_killed():
    text = """
from minicv.data import DataLoader
from tests.data.test_loader import Who
next(iter(DataLoader(Who(40), 1, num_workers=1, workers="processes", collate_fn=list)))
print("begun", flush=True)
input()
"""
    with subprocess.Popen([sys.executable, "-c", text], stdin=PIPE, stdout=PIPE, text=True) as training:
        assert training.stdout.readline() == "begun\n"
        training.kill()
        training.communicate(timeout=60)  # to the end of the pipe, whose other end its workers have inherited


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_starts_workers_of_its_own():
    loader = DataLoader(Numbers(4), 2, num_workers=1, collate_fn=list)
    assert list(loader) == [[0, 1], [2, 3]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of every fork beside threads
        child = os.fork()
    if not child:
        os._exit(0 if list(loader) == [[0, 1], [2, 3]] else 1)
    for _ in range(3000):  # a minute, for a busy machine
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.02)
    else:
        os.kill(child, 9)
    assert done and status == 0


def test_collate():
    a = Sample(np.full((2, 3, 3), 255, np.uint8), semantic=np.ones((2, 3), np.int64), label=4, caption="a")
    b = Sample(
        np.zeros((4, 1, 3), np.uint8), semantic=np.zeros((4, 1), np.int64), label=5, meta={"path": "b"}
    )
    batch = collate([a, b])
    assert batch.images.shape == (2, 3, 4, 3) and batch.images.dtype == np.float32 and len(batch) == 2
    assert batch.images[0].sum() == 18 and batch.images[0, :, :2].min() == 1
    assert batch.semantic[0].tolist() == [[1, 1, 1]] * 2 + [[255] * 3] * 2
    assert batch.label.tolist() == [4, 5] and batch.sizes.tolist() == [[2, 3], [4, 1]]
    assert batch.captions == ["a", ""] and batch.meta[1] == {"path": "b"} and batch.masks == [None, None]
    assert collate([a, Sample(np.zeros((1, 1, 3), np.uint8))]).label is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "at least 1, 0 and 1; got 0, 0 and 2"),
        ({"num_workers": -1}, "got 1, -1 and 2"),
        ({"epochs": 0}, "epochs must be None or an int of at least 1; got 0"),
        ({"epochs": "3"}, "epochs must be None or an int of at least 1; got '3'"),
        ({"workers": "fibres"}, 'workers must be "threads" or "processes"; got \'fibres\''),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Numbers(3), **options)


def test_a_state_of_another_loader():
    state = DataLoader(Numbers(3), 2).state_dict()
    with pytest.raises(ValueError, match="state must be of a loader with"):
        DataLoader(Numbers(3), 1).load_state_dict(state)
