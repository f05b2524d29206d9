"""DataLoader: batches in order, prepared ahead by workers.

The work is handed to an executor of Python's own, a few batches ahead, and the results are taken in order. So the
loop that trains waits only if the workers cannot keep up; what they do cannot change the order; and a worker that
dies is noticed by the executor, which ends the loop with an error instead of waiting for ever.

Where the number of epochs is known, the line of batches does not end with an epoch: as one ends, the first batches of
the next are prepared. They stay in line between two loops, each beside what it was to be, and are thrown away if the
next loop begins with something else.
"""

import multiprocessing
import operator
import os
import signal
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from copy import copy
from functools import partial
from itertools import chain, islice
from threading import Thread

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
        :class:`minicv.data.transforms.Transformed`), items come from a shallow copy in which that is the number of
        their epoch, for workers may be busy with two epochs at a time.
    batch_size : int
    shuffle : bool
        Whether each epoch has an order of its own, which depends on the seed and the epoch alone.
    num_workers : int
        How many workers prepare batches; 0 prepares each when it is asked for.
    workers : {"threads", "processes"}
        Threads start at once and share the data set; NumPy and Pillow let them run side by side. Processes are for
        data sets that spend their time in Python itself; the data set is sent to each when the first epoch begins, and
        so must be picklable. Either kind stays for the next epoch, as PyTorch's persistent workers do, unless the loop
        is left before the end of one.
    collate_fn : callable, optional
        Makes a batch of a list of items; :func:`minicv.data.collate` by default.
    drop_last : bool
        Leave out a last batch that is smaller.
    seed : int
    prefetch_factor : int
        Batches in preparation for each worker.
    epochs : int, optional
        How many epochs there will be. With this, workers begin the next one while one ends, and the loop need not wait
        for its first batch. (If what is in the data set changes between two epochs, leave it out: those batches would
        not have seen it. Another data set at ``loader.dataset`` is noticed.)

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
        epochs=None,
    ):
        if batch_size < 1 or num_workers < 0 or prefetch_factor < 1:
            got = f"{batch_size}, {num_workers} and {prefetch_factor}"
            expected = "at least 1, 0 and 1"
            raise ValueError(
                sentence("DataLoader", "batch_size, num_workers and prefetch_factor", expected, got)
            )
        if epochs is not None and not (isinstance(epochs, int) and epochs >= 1):
            raise ValueError(sentence("DataLoader", "epochs", "None or an int of at least 1", repr(epochs)))
        if workers not in _EXECUTORS:
            raise ValueError(sentence("DataLoader", "workers", '"threads" or "processes"', repr(workers)))
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.num_workers, self.workers, self.prefetch_factor = num_workers, workers, prefetch_factor
        self.collate_fn, self.seed, self.epochs = collate_fn or collate, seed, epochs
        self._idle = None  # the crew between two epochs
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
        epoch, crew = self.epoch, self._crew()
        try:
            tasks = crew.expect(self._tasks(epoch, self.position))
            for _ in range(self.position, len(self)):
                batch = crew.take(tasks)
                self.position += 1
                if self.position >= len(self):
                    self.epoch, self.position = epoch + 1, 0
                yield batch
            self._idle, crew = crew, None
        finally:
            if crew is not None:
                crew.dismiss()

    def _tasks(self, epoch, position):
        """Yield epoch and items of every batch from here on, to the end of the last epoch that is known."""
        for number in range(epoch, max(epoch + 1, self.epochs or 0)):
            order, first = self.order(number), position if number == epoch else 0
            for start in range(first * self.batch_size, len(self) * self.batch_size, self.batch_size):
                yield number, order[start : start + self.batch_size].tolist()

    def _crew(self):
        """The workers of the epoch before, if they are for what is to be prepared now; otherwise new ones."""
        crew, self._idle = self._idle, None
        settings = self.dataset, self.collate_fn, self.workers, self.num_workers, self.prefetch_factor
        return crew if crew is not None and crew.suits(*settings) else _Crew(*settings)

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


class _Crew:
    """Workers, and the batches that they are preparing, in order."""

    def __init__(self, dataset, collate_fn, workers, number, prefetch_factor):
        self.settings = dataset, collate_fn, workers, number, prefetch_factor
        self.process, self.ahead = os.getpid(), max(1, number * prefetch_factor)
        self.executor = _EXECUTORS[workers if number else None](number, (dataset, collate_fn))
        there = number and workers == "processes"
        self.prepare = _prepare_here if there else partial(_prepare, dataset, collate_fn)
        self.line = deque()  # tasks that have been handed out, each with the future of its batch

    def suits(self, *settings):
        """Whether the workers are for just this, and in this process: a fork does not inherit threads."""
        return self.process == os.getpid() and all(map(operator.is_, self.settings, settings))

    def expect(self, tasks):
        """Keep what is in line if the tasks begin with that; return those that are still to be handed out."""
        first = list(islice(tasks, len(self.line)))
        if first == [task for task, _ in self.line]:
            return tasks
        for _, future in self.line:
            future.cancel()
        self.line.clear()
        return chain(first, tasks)

    def take(self, tasks):
        """Hand out the next tasks; wait for the first batch in line, and return it."""
        try:
            for task in islice(tasks, self.ahead - len(self.line)):
                self.line.append((task, self.executor.submit(self.prepare, *task)))
            _, future = self.line.popleft()
            return future.result()
        except BrokenProcessPool:
            raise LoadError(
                "DataLoader: a worker process died (killed, or out of memory?) while the next batches were prepared."
            ) from None

    def dismiss(self):
        """Let the workers go when they have done what they are at."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def _prepare(dataset, collate_fn, epoch, task):
    """Make a batch of some items."""
    if getattr(dataset, "epoch", epoch) != epoch:
        dataset = copy(dataset)
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
    # Ctrl-C reaches all processes of a terminal. It is for the one that trains, which then ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent():
    """A process that is killed cannot tell its workers, who would wait for work for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


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
