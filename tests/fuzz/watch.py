"""One input after another in a process of its own, which is watched for whatever a parser must not do.

A parser may return, or raise what its documentation names, with a message that names the file. It must not raise
anything else, warn, take long, ask for much memory, run or write anything, or die.
"""

import multiprocessing
import os
import random
import sys
import time
import warnings
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .mutate import mutated

STUCK = 60.0  # seconds by the clock after which the process is ended
START = 600.0  # seconds that it may take to begin
KEPT = 300  # inputs beside the originals that go on being changed

# Events of Python's own audit that no parser may cause (sys.addaudithook).
FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "pickle.find_class")
FORBIDDEN += ("socket.", "ctypes.dlopen")


class Finding(NamedTuple):
    """What a parser did wrong, and with which bytes in the place of which file."""

    target: str
    what: str
    file: str
    data: bytes


class Watcher:
    """Tries inputs on one target.

    Parameters
    ----------
    target : Target
    folder : Path
        To write its files into.
    seed : int
        Same seed, same inputs.
    """

    def __init__(self, target, folder, seed):
        self.target, self.folder, self.rng = target, Path(folder), random.Random(f"{target.name} {seed}")
        self.corpus = {name: list(contents) for name, contents in target.files.items()}
        self.outcomes, self.audit = set(), Audit(folder)
        for name, contents in target.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[0])
        self.name, self.data = None, b""

    def next(self):
        """Try one more input; return a sentence if it did wrong."""
        self.name = self.rng.choice(self.target.changed)
        contents = self.corpus[self.name]
        self.data = mutated(self.rng.choice(contents), contents, self.rng)
        (self.folder / self.name).write_bytes(self.data)
        wrong, outcome = self.judge()
        (self.folder / self.name).write_bytes(self.target.files[self.name][0])
        # An input that ends in a new place is worth changing further.
        if outcome not in self.outcomes and len(contents) < len(self.target.files[self.name]) + KEPT:
            self.outcomes.add(outcome)
            contents.append(self.data)
        return wrong

    def judge(self):
        """Read the folder as it is; return what is wrong with that (None if nothing is), and where it ended."""
        outcome = "read"
        start, before = time.process_time(), memory(reset=True)
        with self.audit as seen, warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", module=r"PIL\.")  # says what a reader would want to know
            try:
                self.target.read(self.folder)
                wrong = None
            except Exception as error:
                wrong, outcome = self.complaint(error), place(error)
        seconds, used = time.process_time() - start, memory() - before
        if seen:
            wrong = f"caused {seen[0]}"
        elif seconds > self.target.seconds:
            wrong = f"took {seconds:.1f} s"
        elif used > self.target.memory:
            wrong = f"took {used / 2**20:.0f} MiB"
        return wrong, outcome

    def complaint(self, error):
        """What is wrong with an exception, or None."""
        chain, cause = [], error
        while cause is not None and cause not in chain:
            chain.append(cause)
            cause = cause.__context__
        if any(isinstance(cause, MemoryError) for cause in chain):
            return f"asked for more memory than there is ({error})"
        if type(error) not in self.target.errors:
            return f"raised {type(error).__name__} in {' < '.join(place(error)[:3])}: {error}"
        if str(self.folder) not in str(error):
            return f"does not name the file: {error}"
        return None


def place(error):
    """Where an exception came from: type, and innermost lines first."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        lines.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    inner = error.__context__
    return (*reversed(lines), type(error).__name__, *(place(inner) if inner is not None else ()))


_entered = []  # the Audit that is at work


@cache
def _listen():
    """Have Python report its events to it; that can never be taken back."""
    sys.addaudithook(lambda event, arguments: [audit.note(event, arguments) for audit in tuple(_entered)])


class Audit:
    """A list of forbidden events while it is entered."""

    def __init__(self, folder):
        self.folder, self.seen = str(folder), []
        self.judges = {"open": self._open, "exec": self._exec}
        _listen()

    def note(self, event, arguments):
        judge = self.judges.get(event, lambda *_: event.startswith(FORBIDDEN))
        if judge(*arguments):
            self.seen.append(f"{event} {arguments}"[:200])

    def _open(self, path, mode, flags):
        """Whether a file outside of the folder is opened for writing."""
        return flags & (os.O_WRONLY | os.O_RDWR) and not str(path).startswith(self.folder)

    def _exec(self, code):
        """Whether code is run that comes from no file, as that of a module imported meanwhile does."""
        return not os.path.exists(code.co_filename)

    def __enter__(self):
        self.seen = []
        _entered.append(self)
        return self.seen

    def __exit__(self, *_):
        _entered.remove(self)


def memory(reset=False):
    """Peak resident memory in bytes since it was last reset, where Linux tells; 0 elsewhere."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except OSError:
        return 0


def explore(target, folder, seed, seconds, connection):
    """Body of the watched process: tell ``connection`` of every finding, and of every hundredth input."""
    watcher = Watcher(target, folder, seed)
    target.read(watcher.folder)  # whatever is imported at first use is imported now
    if sys.platform == "linux":
        _restrain(2 * target.memory)
    connection.send(0)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        wrong, count = watcher.next(), count + 1
        if wrong:
            connection.send((wrong, watcher.name, watcher.data))
        connection.send(count)
    connection.send("done")


def _restrain(room):
    """Go behind everybody else's processes, and have no more memory than now and ``room`` bytes."""
    import resource

    os.nice(15)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fuzz(target, folder, seed, seconds):
    """Try inputs on a target for a while.

    Returns
    -------
    findings : list of Finding
    count : int
        Number of inputs.
    """
    findings, total, spent = [], 0, 0.0
    context = multiprocessing.get_context("spawn")
    while spent < seconds:
        ours, theirs = context.Pipe(duplex=False)
        rest = seconds - spent
        process = context.Process(target=explore, args=(target, folder, seed, rest, theirs), daemon=True)
        process.start()
        theirs.close()
        count, message = 0, ours.poll(START) and ours.recv()
        start = time.monotonic()
        try:
            while ours.poll(STUCK) and (message := ours.recv()) != "done":
                if isinstance(message, int):
                    count = message
                else:
                    findings.append(Finding(target.name, *message))
        except EOFError:
            process.join(STUCK)
            if process.exitcode == 1:
                raise RuntimeError("the fuzzer itself failed; its traceback is above") from None
        if message != "done":
            alive, code = process.is_alive(), process.exitcode
            what = f"hangs: {STUCK:.0f} s without an end" if alive else f"ended the process: {code}"
            findings += [
                Finding(target.name, what, name, data)
                for name in target.changed
                if (data := Path(folder, name).read_bytes()) != target.files[name][0]
            ]
        process.kill()
        process.join()
        total, seed, spent = total + count, seed + 1, spent + time.monotonic() - start
    return findings, total
