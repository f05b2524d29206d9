"""Words of memory that several threads read and write at once, and calls of functions by their address.

Each is one instruction of the processor, which Numba has no name for.
"""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_I64 = ir.IntType(64)

# A range of rows done by a function of which only the address is known: (begin, end, address of its arguments).
# It returns 0, or 1 if it could not be done.
RANGE = ir.FunctionType(_I64, [_I64, _I64, _I64])


def _pointer(context, builder, sig, args):
    """Pointer to the word that the first two arguments name: an array of int64, and an index."""
    words = context.make_array(sig.args[0])(context, builder, args[0])
    return builder.gep(words.data, [args[1]])


@intrinsic
def address(typingctx, words, i):
    """Address of ``words[i]``."""

    def emit(context, builder, sig, args):
        return builder.ptrtoint(_pointer(context, builder, sig, args), _I64)

    return types.intp(words, types.intp), emit


@intrinsic
def load(typingctx, words, i):
    """``words[i]`` as it is now; what was written before it, by whichever thread, is seen from here on."""

    def emit(context, builder, sig, args):
        return builder.load_atomic(_pointer(context, builder, sig, args), "seq_cst", 8)

    return types.int64(words, types.intp), emit


@intrinsic
def store(typingctx, words, i, value):
    """``words[i] = value``; whoever sees it sees all that this thread wrote before."""

    def emit(context, builder, sig, args):
        builder.store_atomic(args[2], _pointer(context, builder, sig, args), "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(words, types.intp, types.int64), emit


@intrinsic
def add(typingctx, words, i, value):
    """``words[i] += value`` with nobody else in between."""

    def emit(context, builder, sig, args):
        builder.atomic_rmw("add", _pointer(context, builder, sig, args), args[2], "seq_cst")
        return context.get_dummy_value()

    return types.none(words, types.intp, types.int64), emit


@intrinsic
def replace(typingctx, words, i, old, new):
    """``words[i] = new`` if it is ``old``, with nobody else in between; whether it was."""

    def emit(context, builder, sig, args):
        place = _pointer(context, builder, sig, args)
        return builder.extract_value(builder.cmpxchg(place, *args[2:], "seq_cst", "seq_cst"), 1)

    return types.boolean(words, types.intp, types.int64, types.int64), emit


@intrinsic
def call(typingctx, function, begin, end, args):
    """Call a function of the kind :data:`RANGE`."""

    def emit(context, builder, sig, values):
        return builder.call(builder.inttoptr(values[0], RANGE.as_pointer()), values[1:])

    return types.int64(types.intp, types.intp, types.intp, types.intp), emit


@intrinsic
def pause(typingctx):
    """Tell the processor that this thread is waiting for a word to change, where it has an instruction for that."""

    def emit(context, builder, sig, args):
        if context.codegen().magic_tuple()[0].startswith(("x86_64", "i686")):
            pause = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), pause), [])
        return context.get_dummy_value()

    return types.none(), emit
