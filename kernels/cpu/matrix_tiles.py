"""The innermost steps of matrix products: tiles whose sums stay in registers. See :mod:`.vector` for the means.

A tile at the edge of a matrix does not need another shape. Columns that are not there are masked; rows that
are not there are the last row once more, so that the same numbers are written to the same place twice.
"""

from numba import types
from numba.extending import intrinsic

from .vector import AVX512, LANES, ZERO, Code

# As many sums as the processor has registers for: see .vector.
DOT_ROWS, DOT_COLUMNS = (4, 6) if AVX512 else (2, 3)  # of a tile of dot products
ROWS, COLUMNS = (8, 48) if AVX512 else (6, 16)  # of a tile of sums of rows


@intrinsic
def dot_tile(typing, a, i, a_rows, a_pitch, b, j, b_rows, b_pitch, n, y, o, y_pitch):
    """``y[o + f y_pitch + q] += sum over c < n of a[i + f a_pitch + c] * b[j + q b_pitch + c]``.

    For the first DOT_ROWS of ``a_rows`` rows f and the first DOT_COLUMNS of ``b_rows`` rows q. The lanes are
    neighbouring c: with AVX-512 24 vectors of partial sums, and 24 multiply-adds for 10 loads. At the end
    the lanes are added up, all at once.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        a, i, a_rows, a_pitch, b, j, b_rows, b_pitch, n, y, o, y_pitch = args
        left = code.rows(code.address(0, a, i), a_rows, a_pitch, DOT_ROWS)
        right = code.rows(code.address(4, b, j), b_rows, b_pitch, DOT_COLUMNS)
        outputs = code.rows(code.address(9, y, o), a_rows, y_pitch, DOT_ROWS)

        def add(sums, load):
            factors = [load(pointer) for pointer in right]
            results = []
            for f, pointer in enumerate(left):
                one, own = load(pointer), sums[f * DOT_COLUMNS : (f + 1) * DOT_COLUMNS]
                results += [code.multiply_add(one, x, s) for x, s in zip(factors, own)]
            return results

        def step(v, sums):
            at = builder.mul(v, code.int(LANES))
            return add(sums, lambda pointer: code.load(code.at(pointer, at)))

        vectors = builder.sdiv(n, code.int(LANES))
        sums = code.loop(vectors, [ZERO] * (DOT_ROWS * DOT_COLUMNS), step)
        done = builder.mul(vectors, code.int(LANES))
        rest = code.mask(builder.sub(n, done))
        sums = add(sums, lambda pointer: code.load_some(code.at(pointer, done), rest))

        # The totals of two rows fit into a vector, 8 lanes each.
        inside, padding = code.mask(b_rows, DOT_COLUMNS), [ZERO] * (LANES // 2 - DOT_COLUMNS)
        rows = [sums[f * DOT_COLUMNS : (f + 1) * DOT_COLUMNS] + padding for f in range(DOT_ROWS)]
        totals = [code.totals(one + other) for one, other in zip(rows[::2], rows[1::2])]
        totals = [half for both in totals for half in (both, code.upper(both))]
        results = [builder.fadd(code.load_some(p, inside), t) for p, t in zip(outputs, totals)]
        for pointer, result in zip(outputs, results):
            code.store_some(result, pointer, inside)
        return context.get_dummy_value()

    return types.void(a, i, a_rows, a_pitch, b, j, b_rows, b_pitch, n, y, o, y_pitch), generate


@intrinsic
def row_tile(typing, a, i, a_rows, a_pitch, panel, p, columns, n, known, y, o, y_pitch):
    """``y[o + f y_pitch + q] = sum over r < n of a[i + f a_pitch + r] * panel[p + COLUMNS r + q]``.

    For the first ROWS of ``a_rows`` rows f, and the first COLUMNS of ``columns`` columns q, which are the lanes. If
    ``known`` is 1 rather than 0, the sums go on from what y holds.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        a, i, a_rows, a_pitch, panel, p, columns, n, known, y, o, y_pitch = args
        left, panel = code.rows(code.address(0, a, i), a_rows, a_pitch, ROWS), code.address(4, panel, p)
        outputs = code.rows(code.address(9, y, o), a_rows, y_pitch, ROWS)
        vectors = [code.int(q) for q in range(0, COLUMNS, LANES)]
        rests = [builder.sub(columns, q) for q in vectors]

        def step(r, sums):
            row = code.at(panel, builder.mul(r, code.int(COLUMNS)))
            right = [code.load(code.at(row, q)) for q in vectors]
            results = []
            for f, pointer in enumerate(left):
                factor = code.every(builder.load(code.at(pointer, r)))
                own = sums[f * len(vectors) : (f + 1) * len(vectors)]
                results += [code.multiply_add(factor, x, s) for x, s in zip(right, own)]
            return results

        before = [code.mask(builder.mul(known, rest)) for rest in rests]
        sums = [code.load_some(code.at(row, q), m) for row in outputs for q, m in zip(vectors, before)]
        sums = code.loop(n, sums, step)
        cells = [(code.at(row, q), code.mask(rest)) for row in outputs for q, rest in zip(vectors, rests)]
        for total, (pointer, mask) in zip(sums, cells):
            code.store_some(total, pointer, mask)
        return context.get_dummy_value()

    arguments = a, i, a_rows, a_pitch, panel, p, columns, n, known, y, o, y_pitch
    return types.void(*arguments), generate
