"""A team of threads that share out the ranges of a compiled function, without Python between them.

A thread of Python needs the interpreter's lock for every call, so handing it a range costs 30 microseconds and
more: as much as a small layer takes. The members of this team wait inside compiled code instead. They look at a
board, which is a few words of memory: there the caller pins up the address of a function and of its arguments,
and each member, the caller too, takes the next range until none is left. That costs well under a microsecond.

A member that has found nothing on the board for a while leaves it and sleeps, until a caller wakes it. A caller
that finds the board taken (by another thread of Python) does all ranges by itself. So nobody ever waits for a
range that nobody has begun.
"""

import inspect
import sys
from collections import deque
from threading import Lock, Thread

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.compiler import compile_internal
from numba.core.targetconfig import ConfigStack
from numba.extending import intrinsic

from .atomic import RANGE, add, address, call, load, pause, replace, store
from .jit import compiled

# What stands where on the board. The words that change while a job is done are 64 bytes apart, for each is in a
# cache line that goes from core to core.
_NEXT = 0  # the ranges of the job, shifted by 32 bits, plus how many of them have been taken
_DONE = 8  # ranges that have been done
_FAILED = 16  # and those of them that could not be done
_TAKEN = 24  # 1 while the board belongs to a caller
_OVER = 32  # 1 when the members are to leave for good
_CALLED = 40  # 1 while members that were asleep are to wait for the job that they have been woken for
_FUNCTION, _ARGS, _ROWS = 48, 49, 50
_WORDS = 56

ROOM = 512  # words for the address of a function and its arguments

# Looks at a word before a waiting thread lets others have its core: what it waits for may have to be done there.
_YIELD = 1_000
_PATIENCE = 50  # times that a member does so before it goes to sleep: some 700 microseconds
_LONG = 3_000  # and if it has been woken for a job, which a busy system may hold up

_yield = types.ExternalFunction("SwitchToThread" if sys.platform == "win32" else "sched_yield", types.int32())


@compiled
def _look_away(looks):
    """Wait for a moment between two looks."""
    pause()
    if looks % _YIELD == 0:
        _yield()


@compiled
def _take_ranges(board):
    """Do ranges of the job on the board until all have been taken."""
    while True:
        job = load(board, _NEXT)
        count, i = job >> 32, job & 0xFFFFFFFF
        if i >= count:
            return
        # If this succeeds, the range is ours, whichever job it is of: that job cannot end without us.
        if replace(board, _NEXT, job, job + 1):
            rows = board[_ROWS]
            failed = call(board[_FUNCTION], rows * i // count, rows * (i + 1) // count, board[_ARGS])
            add(board, _FAILED, failed)
            add(board, _DONE, 1)


@compiled
def share(board, rows, count, packet):
    """Have ``count`` ranges of ``rows`` done by the function that is packed; return how many failed."""
    if rows == 0:
        return 0
    function, args = packet[0], address(packet, 1)
    if count < 2 or not replace(board, _TAKEN, 0, 1):
        store(board, _CALLED, 0)
        return call(function, 0, rows, args)
    board[_FUNCTION], board[_ARGS], board[_ROWS] = function, args, rows
    store(board, _FAILED, 0)
    store(board, _DONE, 0)
    store(board, _NEXT, count << 32)
    store(board, _CALLED, 0)
    _take_ranges(board)
    looks = 0
    while load(board, _DONE) < count:
        looks += 1
        _look_away(looks)
    failed = load(board, _FAILED)
    store(board, _TAKEN, 0)
    return failed


@compiled
def _serve(board, patience):
    """Do what is on the board until nothing has been there for a while; return whether there may be more."""
    looks = 0
    while load(board, _OVER) == 0:
        job = load(board, _NEXT)
        if job & 0xFFFFFFFF < job >> 32:
            _take_ranges(board)
            looks = 0
        elif looks >= _YIELD * (_LONG if load(board, _CALLED) else patience):
            return True
        looks += 1
        _look_away(looks)
    return False


def _lend(context, builder, kind, value):
    """The value as a loan: its arrays without their owners, whom Numba lets go when a call returns."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        parts = zip(kind.types, cgutils.unpack_tuple(builder, value))
        return context.make_tuple(builder, kind, [_lend(context, builder, *part) for part in parts])
    return value


def _pack(function):
    """The intrinsic that compiles a function of Python for the types of its arguments.

    It writes its address and the arguments into a packet. The caller keeps the arrays alive.
    """

    @intrinsic
    def pack(typingctx, packet, args):
        inner = types.none(types.intp, types.intp, *args.types)

        def emit(context, builder, sig, values):
            word = RANGE.return_type
            of_range = ir.Function(builder.module, RANGE, f"range_of_{function.__name__}")
            of_range.linkage = "internal"
            inside = ir.IRBuilder(of_range.append_basic_block())
            begin, end, place = of_range.args
            unpacked = cgutils.unpack_tuple(
                inside, inside.load(inside.inttoptr(place, values[1].type.as_pointer()))
            )
            flags = ConfigStack().top().copy()
            flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
            own = context.active_code_library
            body = compile_internal(
                typingctx, context, own, function, inner.args, inner.return_type, flags, {}
            )
            status, _ = context.call_internal_no_propagate(
                inside, body.fndesc, inner, [begin, end, *unpacked]
            )
            inside.ret(inside.zext(status.is_error, word))

            if context.get_abi_sizeof(values[1].type) > 8 * (ROOM - 1):
                raise ValueError(f"{function.__name__}: its arguments do not fit into {ROOM} words")
            words = context.make_array(packet)(context, builder, values[0]).data
            builder.store(builder.ptrtoint(of_range, word), words)
            rest = builder.gep(words, [word(1)])
            lent = _lend(context, builder, args, values[1])
            builder.store(lent, builder.bitcast(rest, lent.type.as_pointer()))
            return context.get_dummy_value()

        return types.none(packet, args), emit

    return pack


def packer(function):
    """Make the function, to be compiled, that packs a range function of Python and its arguments: (packet, *args).

    Its text is written here, because Numba takes arguments one by one faster than as ``*args``.
    """
    _, _, *names = inspect.signature(function).parameters
    names = ", ".join(names)
    text = f"def {function.__name__}(_packet, {names}):\n    _pack(_packet, ({names},))\n"
    scope = {"__name__": function.__module__, "_pack": _pack(function)}
    exec(compile(text, inspect.getfile(function), "exec"), scope)
    return scope[function.__name__]


class Team:
    """Threads around a board. They end with the process, or when they are dismissed."""

    def __init__(self):
        self.board = np.zeros(_WORDS, np.int64)
        self.asleep = deque()  # a lock for each member that sleeps: releasing it wakes the member
        self.members = []
        self.growing = Lock()

    def wake(self, size):
        """Wake so many members, as far as they sleep; there may be more at the board already."""
        if len(self.members) < size:
            self._grow(size)
        for _ in range(min(size, len(self.asleep))):
            self.board[_CALLED] = 1
            try:
                self.asleep.pop().release()
            except IndexError:  # another caller has just woken the last
                return

    def dismiss(self):
        """Let the members go."""
        self.board[_OVER] = 1
        self.wake(len(self.members))

    def _grow(self, size):
        with self.growing:
            # Compiled, or loaded, before anybody waits for it.
            _serve(self.board, 0)
            share(self.board, 0, 0, np.empty(ROOM, np.int64))
            while len(self.members) < size:
                self.members.append(Thread(target=self._work, name="minicv", daemon=True))
                self.members[-1].start()

    def _work(self):
        bed = Lock()
        bed.acquire()
        while _serve(self.board, _PATIENCE):
            self.asleep.append(bed)
            # One more look: for what was pinned up before the bed was there, nobody would wake us.
            if not _serve(self.board, 0):
                return
            bed.acquire()
