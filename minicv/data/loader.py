"""DataLoader: batches in order, prepared ahead by workers.

The work is handed to an executor of Python's own, a few batches ahead, and the results are taken in order. So the
loop that trains waits only if the workers cannot keep up; what they do cannot change the order; and a worker that
dies is noticed by the executor, which ends the loop with an error instead of waiting for ever.
"""

import multiprocessing
import os
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

import numpy as np

from ..errors import sentence
from .collate import collate


class LoadError(RuntimeError):
    """An item could not be prepared, or a worker died. The message names the item."""


class DataLoader:
    """Batches of a data set.

    Parameters
    ----------
    dataset : sequence
        With a length, and item i at ``dataset[i]``. If it has an attribute ``epoch`` (see
        :class:`minicv.data.transforms.Transformed`), that is set to the number of the epoch.
    batch_size : int
    shuffle : bool
        Whether each epoch has an order of its own, which depends on the seed and the epoch alone.
    num_workers : int
        How many workers prepare batches; 0 prepares each when it is asked for.
    workers : {"threads", "processes"}
        Threads start at once and share the data set; NumPy and Pillow let them run side by side. Processes are for
        data sets that spend their time in Python itself; the data set is sent to each when the first epoch begins, and
        so must be picklable. Either kind stays for the next epoch, unless the loop is left before the end of one.
    collate_fn : callable, optional
        Makes a batch of a list of items; :func:`minicv.data.collate` by default.
    drop_last : bool
        Leave out a last batch that is smaller.
    seed : int
    prefetch_factor : int
        Batches in preparation for each worker.

    Raises
    ------
    LoadError
        While iterating: an item raised an error, or a worker process died.

    Examples
    --------
    >>> loader = DataLoader(range(7), batch_size=3, collate_fn=list)
    >>> list(loader), len(loader)
    ([[0, 1, 2], [3, 4, 5], [6]], 3)

    A run that was broken off goes on where it stopped:

    >>> loader = DataLoader(range(7), batch_size=3, shuffle=True, collate_fn=list)
    >>> first = next(iter(loader))
    >>> state = loader.state_dict()
    >>> again = DataLoader(range(7), batch_size=3, shuffle=True, collate_fn=list)
    >>> again.load_state_dict(state)
    >>> sorted(first + sum(again, []))
    [0, 1, 2, 3, 4, 5, 6]
    """

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=False,
        num_workers=0,
        workers="threads",
        collate_fn=None,
        drop_last=False,
        seed=0,
        prefetch_factor=2,
    ):
        if batch_size < 1 or num_workers < 0 or prefetch_factor < 1:
            got = f"{batch_size}, {num_workers} and {prefetch_factor}"
            expected = "at least 1, 0 and 1"
            raise ValueError(
                sentence("DataLoader", "batch_size, num_workers and prefetch_factor", expected, got)
            )
        if workers not in _EXECUTORS:
            raise ValueError(sentence("DataLoader", "workers", '"threads" or "processes"', repr(workers)))
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.num_workers, self.workers, self.prefetch_factor = num_workers, workers, prefetch_factor
        self.collate_fn, self.seed = collate_fn or collate, seed
        self._idle = {}  # the workers between two epochs, under the process's number: a fork does not inherit threads
        self.epoch, self.position = 0, 0  # the next batch is number ``position`` of that epoch

    def __len__(self):
        """Batches of an epoch."""
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def order(self, epoch):
        """Numbers of the items in the order of an epoch.

        Returns
        -------
        (N,) ndarray of int64
        """
        n = len(self.dataset)
        return np.random.default_rng((self.seed, epoch)).permutation(n) if self.shuffle else np.arange(n)

    def __iter__(self):
        """Yield the batches of an epoch from ``position`` on; after the last one the next epoch begins."""
        order, epoch = self.order(self.epoch), self.epoch
        starts = range(self.position * self.batch_size, len(self) * self.batch_size, self.batch_size)
        tasks = (order[start : start + self.batch_size].tolist() for start in starts)
        with closing(self._results(epoch, tasks)) as results:
            for batch in results:
                self.position += 1
                if self.position >= len(self):
                    self.epoch, self.position = epoch + 1, 0
                yield batch

    def _results(self, epoch, tasks):
        """Yield the batch of each task, in order, while the workers are up to some tasks ahead."""
        executor, self._idle = self._idle.pop(os.getpid(), None) or self._started(), {}
        ahead, waiting = max(1, self.num_workers * self.prefetch_factor), deque()
        prepare = _prepare_here if self.workers == "processes" and self.num_workers else self._prepare
        try:
            for task in tasks:
                waiting.append(executor.submit(prepare, epoch, task))
                if len(waiting) >= ahead:
                    yield self._taken(waiting)
            while waiting:
                yield self._taken(waiting)
            self._idle, executor = {os.getpid(): executor}, None
        finally:
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)

    def _started(self):
        return _EXECUTORS[self.workers if self.num_workers else None](self.num_workers, self._sent())

    def _taken(self, waiting):
        try:
            return waiting.popleft().result()
        except BrokenProcessPool:
            raise LoadError(
                "DataLoader: a worker process died (killed, or out of memory?) while the next batches were prepared."
            ) from None

    def _sent(self):
        return self.dataset, self.collate_fn

    def _prepare(self, epoch, task):
        return _prepare(self.dataset, self.collate_fn, epoch, task)

    def state_dict(self):
        """Where the loader stands: plain numbers, for a checkpoint."""
        return {
            "epoch": self.epoch,
            "position": self.position,
            "seed": self.seed,
            "batch_size": self.batch_size,
        }

    def load_state_dict(self, state):
        """Go on where another loader of the same data set, batch size and seed stood."""
        mine = {name: getattr(self, name) for name in ("seed", "batch_size")}
        theirs = {name: state[name] for name in mine}
        if mine != theirs:
            raise ValueError(
                sentence("DataLoader.load_state_dict", "state", f"of a loader with {mine}", theirs)
            )
        self.epoch, self.position = state["epoch"], state["position"]


def _prepare(dataset, collate_fn, epoch, task):
    """Make a batch of some items."""
    if getattr(dataset, "epoch", epoch) != epoch:
        dataset.epoch = epoch
    items = []
    for i in task:
        try:
            items.append(dataset[i])
        except Exception as error:
            raise LoadError(f"DataLoader: item {i} failed: {type(error).__name__}: {error}") from error
    return collate_fn(items)


class _Now(Executor):
    """An executor without workers: a task is done when it is submitted."""

    def __init__(self, *_):
        """Nobody to start."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        future.set_result(function(*args, **kwargs))
        return future


_here = None  # in a worker process: the data set and the function that makes batches


def _receive(dataset, collate_fn):
    global _here
    _here = dataset, collate_fn


def _prepare_here(epoch, task):
    return _prepare(*_here, epoch, task)


def _processes(number, sent):
    # Not forked from this process: its threads, and the locks they hold, would not come along.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    return ProcessPoolExecutor(number, context, initializer=_receive, initargs=sent)


def _threads(number, _):
    return ThreadPoolExecutor(number, thread_name_prefix="minicv loader")


_EXECUTORS = {"threads": _threads, "processes": _processes, None: _Now}
