"""Sixteen windows of a max pooling at once, without a branch.

Which of two numbers is larger cannot be guessed, and a processor that guesses wrong half of the time loses
more than the comparison takes. So the best value of 16 neighbouring windows, and where it lies, stay in two
vectors; each tap of the windows is a third one, and a comparison is a mask that chooses between them. Windows
may hang over the edge of the image: there the lanes are masked, neither read nor chosen.

What it buys: 1/7 to 1/14 of the time of a loop with an ``if``, on 3 x 3 windows at stride 2 and 1.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .vector import LANES, Code

_I32, _FLOAT = ir.IntType(32), ir.FloatType()
_PLACES = ir.VectorType(_I32, LANES)  # where something lies: as wide as floats, so that lanes match


def _windows(stride):
    """Build the intrinsic for windows that lie ``stride`` columns apart."""

    @intrinsic
    def windows(typing, x, start, width, top, rows, down, left, taps, across, y, indices, o, n):
        """Maxima and their places for ``min(n, 16)`` windows, to ``y[o:]`` and ``indices[o:]``.

        The image begins at ``x[start]``. The windows read the rows top, top + down, ..., ``rows`` of them, and
        window i the columns ``left + i stride``, ``across`` apart, ``taps`` of them, as far as they exist.
        """

        def generate(context, builder, signature, args):
            code = Code(context, builder, signature)
            x, start, width, top, rows, down, left, taps, across, y, indices, o, n = args
            image = code.address(0, x, start)

            def every(number):
                return code.every(builder.trunc(number, _I32))

            def columns(first, step):
                """First, first + step, ... in the lanes, and which of them are columns of the image."""
                lanes = ir.Constant(_PLACES, [step * lane for lane in range(LANES)])
                lanes = builder.add(every(first), lanes)
                return lanes, builder.icmp_unsigned("<", lanes, every(width))

            def load(row, first):
                """Every stride-th pixel of a row: one load, or two and every second lane of both."""
                pieces = []
                for piece in range(stride):
                    at = builder.add(first, code.int(LANES * piece))
                    inside = columns(at, 1)[1]
                    pieces.append(code.load_some(code.at(image, builder.add(row, at)), inside))
                kept = ir.Constant(_PLACES, [stride * lane for lane in range(LANES)])
                return builder.shuffle_vector(pieces[0], pieces[-1], kept) if stride > 1 else pieces[0]

            def row(i, carried):
                row = builder.mul(builder.add(top, builder.mul(i, down)), width)

                def tap(j, carried):
                    best, where = carried
                    first = builder.add(left, builder.mul(j, across))
                    lanes, inside = columns(first, stride)
                    value = load(row, first)
                    # Larger, or a NaN, unless a NaN has won already; and the first cell, whatever it holds.
                    wins = builder.fcmp_unordered(">", value, best)
                    wins = builder.and_(wins, builder.fcmp_ordered("==", best, best))
                    wins = builder.or_(
                        wins, builder.icmp_signed("<", where, ir.Constant(_PLACES, [0] * LANES))
                    )
                    wins = builder.and_(wins, inside)
                    place = builder.add(lanes, every(row))
                    return [builder.select(wins, value, best), builder.select(wins, place, where)]

                return code.loop(taps, carried, tap)

            nothing = [
                ir.Constant(ir.VectorType(_FLOAT, LANES), [0.0] * LANES),
                ir.Constant(_PLACES, [-1] * LANES),
            ]
            best, where = code.loop(rows, nothing, row)
            mask = code.mask(n)
            code.store_some(best, code.address(9, y, o), mask)
            floats = builder.bitcast(code.address(10, indices, o), _FLOAT.as_pointer())
            code.store_some(builder.bitcast(where, best.type), floats, mask)
            return context.get_dummy_value()

        return types.void(x, start, width, top, rows, down, left, taps, across, y, indices, o, n), generate

    return windows


windows_1 = _windows(1)
windows_2 = _windows(2)
