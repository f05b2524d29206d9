"""The innermost steps of Winograd's convolution, as LLVM instructions on vectors of 16 tiles.

A tile is m x m outputs, and needs a patch of n x n pixels. The lanes of a vector are 16 tiles side by side, so
that a transform of 16 patches is n x n vectors, added up as the matrices say: :func:`_sandwich` writes these
sums out for any matrix, and is all there is to the transforms. What else is here moves pixels between rows of
an image, where those of one tile are neighbours, and vectors, where those of 16 tiles are.

The matrices are known when the code is written. The number of their form in :data:`.winograd_forms.FORMS` is the
length of the argument ``form`` of these functions, a tuple (whose entries do not matter): of each function that
has such an argument, Numba compiles a version for each form that is used.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .vector import AVX512, LANES, ZERO, Code
from .winograd_forms import FORMS, transposed

FILTERS = 8  # of a panel
WIDTH = 48  # of a row of a product: three vectors

# Rows and vectors of a product at a time: 24 sums, for the 32 registers of AVX-512; 4 in twice as many of AVX2.
_ROWS, _COLUMNS = (8, 3) if AVX512 else (4, 1)


def _combination(code, weights, vectors):
    """The sum of the vectors, each times its weight."""
    builder, total = code.builder, None
    for weight, vector in sorted(zip(weights, vectors), key=lambda pair: -pair[0]):  # a positive one first
        if weight == 0:
            continue
        if abs(weight) != 1:
            factor = code.every(ir.Constant(ir.FloatType(), float(weight)))
            total = (
                builder.fmul(factor, vector) if total is None else code.multiply_add(factor, vector, total)
            )
        elif total is None:
            total = vector if weight == 1 else builder.fneg(vector)
        else:
            total = builder.fadd(total, vector) if weight == 1 else builder.fsub(total, vector)
    return total


def _sandwich(code, matrix, grid):
    """matrix * grid * matrix^T, for a square grid (list of rows) of vectors."""
    columns = [[_combination(code, weights, column) for weights in matrix] for column in zip(*grid)]
    return [[_combination(code, weights, row) for weights in matrix] for row in zip(*columns)]


def _deal(code, vectors):
    """Deal the floats of m = 1, 2, 4, ... vectors out: result j has those numbered j, j + m, j + 2 m, ..."""
    if len(vectors) == 1:
        return vectors
    pairs = list(zip(vectors[::2], vectors[1::2]))
    halves = [
        _deal(code, [code.pick(a, b, list(range(odd, 2 * LANES, 2))) for a, b in pairs]) for odd in (0, 1)
    ]
    return [vector for pair in zip(*halves) for vector in pair]


def _collect(code, vectors):
    """Undo :func:`_deal`."""
    if len(vectors) == 1:
        return vectors
    halves = [_collect(code, vectors[odd::2]) for odd in (0, 1)]
    zipped = [[lane // 2 + lane % 2 * LANES for lane in range(first, first + LANES)] for first in (0, LANES)]
    return [code.pick(a, b, lanes) for a, b in zip(*halves) for lanes in zipped]


def _inside(code, first, size):
    """The lanes l with 0 <= first + l < size."""
    lanes = ir.Constant(ir.VectorType(ir.IntType(64), LANES), list(range(LANES)))
    return code.builder.icmp_unsigned("<", code.builder.add(lanes, code.every(first)), code.every(size))


def _only_if(code, condition, mask):
    """The mask, or no lane at all."""
    return code.builder.select(condition, mask, ir.Constant(mask.type, [0] * LANES))


@intrinsic
def transform_pixels(typing, x, start, size, corner, channels, out, o, pitch, plane, count, form):
    """``out[o + xi plane + c pitch + t] = (B^T d B)[xi]`` for the patches d of tiles t < ``count`` <= 16.

    Of every channel c; the first one's image of ``size`` (rows, columns) begins at ``x[start]``. The first
    patch has its corner at row and column ``corner``; outside of the image, pixels are 0.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        x, start, size, corner, channels, out, o, pitch, plane, count, _ = args
        x, out = code.address(0, x, start), code.address(5, out, o)
        (height, width), (top, left) = (cgutils.unpack_tuple(builder, pair) for pair in (size, corner))
        matrix, step = FORMS[form.count].pixels, FORMS[form.count].step
        n = len(matrix[0])
        masks = [_inside(code, builder.add(left, code.int(LANES * v)), width) for v in range(step + 1)]
        wanted, area = code.mask(count), builder.mul(height, width)

        def row(image, i):
            h = builder.add(top, code.int(i))
            real = builder.icmp_unsigned("<", h, height)
            pointer = code.at(image, builder.add(builder.mul(h, width), left))
            *vectors, rest = [
                code.load_some(code.at(pointer, code.int(LANES * v)), _only_if(code, real, mask))
                for v, mask in enumerate(masks)
            ]
            columns = _deal(code, vectors)
            # The columns beyond the step are the first ones of the next patch.
            more = [code.pick(columns[j], rest, [*range(1, LANES), LANES + j]) for j in range(n - step)]
            return columns + more

        def channel(c, carried):
            image = code.at(x, builder.mul(c, area))
            grid = _sandwich(code, matrix, [row(image, i) for i in range(n)])
            target = code.at(out, builder.mul(c, pitch))
            for vector in (vector for row in grid for vector in row):
                code.store_some(vector, target, wanted)
                target = code.at(target, plane)
            return carried

        code.loop(channels, [], channel)
        return context.get_dummy_value()

    signature = types.void(x, start, size, corner, channels, out, o, pitch, plane, count, form)
    return signature, generate


@intrinsic
def transform_filters(typing, w, start, steps, turned, filters, channels, out, o, plane, form):
    """``out[o + xi plane + 8 c + f] = (G g G^T)[xi]`` for filters g of a panel, f < ``filters`` <= 8.

    The 3 x 3 one of f and channel c lies at ``w[start + f steps[0] + c steps[1]]``, turned by 180 degrees if
    ``turned``. The panel is filled up with zeros. Lanes are 8 filters of one channel, and 8 of the next.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        w, start, steps, turned, filters, channels, out, o, plane, _ = args
        matrix, taps = FORMS[form.count].filters, 9
        w, out = code.address(0, w, start), code.address(6, out, o)
        to_filter, to_channel = cgutils.unpack_tuple(builder, steps)
        masks = [
            _only_if(code, builder.icmp_signed("<", code.int(f), filters), code.mask(code.int(taps)))
            for f in range(FILTERS)
        ]

        def pair(half, carried):
            rows, c = [], builder.mul(half, code.int(2))
            for _ in range(2):
                pointer, real = code.at(w, builder.mul(c, to_channel)), builder.icmp_signed("<", c, channels)
                for mask in masks:
                    rows.append(code.load_some(pointer, _only_if(code, real, mask)))
                    pointer = code.at(pointer, to_filter)
                c = builder.add(c, code.int(1))
            g = _collect(code, rows)[:taps]  # a transpose: 16 rows of 9 taps become 9 vectors
            g = [builder.select(turned, a, b) for a, b in zip(reversed(g), g)]
            at = builder.mul(half, code.int(LANES))
            wanted = code.mask(builder.sub(builder.mul(channels, code.int(FILTERS)), at))
            target = code.at(out, at)
            for row in _sandwich(code, matrix, [g[:3], g[3:6], g[6:]]):
                for vector in row:
                    code.store_some(vector, target, wanted)
                    target = code.at(target, plane)
            return carried

        code.loop(builder.sdiv(builder.add(channels, code.int(1)), code.int(2)), [], pair)
        return context.get_dummy_value()

    return types.void(w, start, steps, turned, filters, channels, out, o, plane, form), generate


def _products(vectors):
    """Build the intrinsic for a panel of 8 filters and ``vectors`` times 16 tiles."""

    @intrinsic
    def products(typing, filters, u, pixels, v, channels, out, o, more):
        """``out[o + 48 f + t] = sum over c of filters[u + 8 c + f] * pixels[v + 48 c + t]``, for 8 filters f.

        As many sums at a time as stay in registers. If ``more``, they are then added to what is there: many
        short sums added up are more exact than a long one.
        """

        def generate(context, builder, signature, args):
            code = Code(context, builder, signature)
            filters, u, pixels, v, channels, out, o, more = args
            filters, pixels = code.address(0, filters, u), code.address(2, pixels, v)
            out, there = code.address(5, out, o), code.every(more)

            def tile(rows, columns):
                def channel(c, sums):
                    at = code.at(filters, builder.mul(c, code.int(FILTERS)))
                    weights = [code.every(builder.load(code.at(at, code.int(f)))) for f in rows]
                    at = code.at(pixels, builder.mul(c, code.int(WIDTH)))
                    own = [code.load(code.at(at, code.int(LANES * i))) for i in columns]
                    factors = [(weight, vector) for weight in weights for vector in own]
                    return [code.multiply_add(*pair, total) for pair, total in zip(factors, sums)]

                places = [code.at(out, code.int(WIDTH * f + LANES * i)) for f in rows for i in columns]
                for place, total in zip(places, code.loop(channels, [ZERO] * len(places), channel)):
                    code.store(builder.fadd(code.load_some(place, there), total), place)

            for first in range(0, FILTERS, _ROWS):
                for i in range(0, vectors, _COLUMNS):
                    tile(range(first, first + _ROWS), range(i, min(i + _COLUMNS, vectors)))
            return context.get_dummy_value()

        return types.void(filters, u, pixels, v, channels, out, o, more), generate

    return products


products_48, products_32, products_16 = _products(3), _products(2), _products(1)


@intrinsic
def transform_sums(typing, sums, s, filters, bias, b, y, at, size, left, count, doubt, form):
    """Write ``bias + A^T M A`` of tiles t < ``count`` <= 16, with M[xi] = ``sums[s + (8 xi + f) 48 + t]``.

    For f < ``filters``, to an image each, of ``size`` (rows, columns). In the first one, the first tile has
    its corner at ``y[at]``, and there are ``left`` (rows, columns) from there on: to the image's border, or
    to the end of the last tile. To ``doubt[:16]`` is added 0, or NaN if an output is not finite.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        sums, s, filters, bias, b, y, at, size, left, count, doubt, _ = args
        matrix = FORMS[form.count].outputs
        m, n = len(matrix), len(matrix[0])
        sums, bias = code.address(0, sums, s), code.address(3, bias, b)
        y, doubt = code.address(5, y, at), code.address(10, doubt, code.int(0))
        (height, width), (rows, columns) = (cgutils.unpack_tuple(builder, pair) for pair in (size, left))
        masks = [code.mask(builder.sub(columns, code.int(LANES * v))) for v in range(m)]
        real = code.mask(count)

        def image(f, carried):
            place = code.at(sums, builder.mul(f, code.int(WIDTH)))
            grid = [
                [code.load(code.at(place, code.int((i * n + j) * FILTERS * WIDTH))) for j in range(n)]
                for i in range(n)
            ]
            start, check = code.every(builder.load(code.at(bias, f))), ZERO
            pointer = code.at(y, builder.mul(f, builder.mul(height, width)))
            for i, row in enumerate(_sandwich(code, matrix, grid)):
                row = [builder.fadd(vector, start) for vector in row]
                for vector in row:
                    check = code.multiply_add(vector, ZERO, check)
                exists = builder.icmp_signed("<", code.int(i), rows)
                for v, (vector, mask) in enumerate(zip(_collect(code, row), masks)):
                    code.store_some(
                        vector, code.at(pointer, code.int(LANES * v)), _only_if(code, exists, mask)
                    )
                pointer = code.at(pointer, width)
            return [builder.fadd(carried[0], builder.select(real, check, ZERO))]

        (check,) = code.loop(filters, [code.load(doubt)], image)
        code.store(check, doubt)
        return context.get_dummy_value()

    return types.void(sums, s, filters, bias, b, y, at, size, left, count, doubt, form), generate


def _turn(rows):
    """Build the intrinsic that transposes so many rows, 8 or 16, of 16 floats."""

    @intrinsic
    def turn(typing, source, s, pitch, target, t, step):
        """``target[t + j step + i] = source[s + i pitch + j]`` for all rows i and j < 16.

        Eight rows become vectors of two columns: then ``step`` counts from one pair to the next.
        """

        def generate(context, builder, signature, args):
            code = Code(context, builder, signature)
            source, s, pitch, target, t, step = args
            source, target = code.address(0, source, s), code.address(3, target, t)
            vectors = [code.load(code.at(source, builder.mul(pitch, code.int(i)))) for i in range(rows)]
            for j, vector in enumerate(_collect(code, vectors)):
                code.store(vector, code.at(target, builder.mul(step, code.int(j))))
            return context.get_dummy_value()

        return types.void(source, s, pitch, target, t, step), generate

    return turn


turn_8, turn_16 = _turn(8), _turn(16)


@intrinsic
def transform_products(typing, products, p, plane, w, at, channels, form):
    """Write the 3 x 3 filters G^T P G, with P[xi] = ``products[p + xi plane + c]``, to ``w[at + 9 c]``.

    Of 16 channels c, or as many as there are.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        products, p, plane, w, at, channels, _ = args
        products, w = code.address(0, products, p), code.address(3, w, at)
        matrix, taps = transposed(FORMS[form.count].filters), 9
        n = len(matrix[0])
        places = [code.at(products, builder.mul(plane, code.int(xi))) for xi in range(n * n)]
        grid = [[code.load(place) for place in places[i : i + n]] for i in range(0, n * n, n)]
        filters = [vector for row in _sandwich(code, matrix, grid) for vector in row]
        wanted = code.mask(code.int(taps))
        for c, vector in enumerate(_collect(code, filters + filters[: LANES - taps])):
            exists = builder.icmp_signed("<", code.int(c), channels)
            code.store_some(vector, code.at(w, code.int(taps * c)), _only_if(code, exists, wanted))
        return context.get_dummy_value()

    return types.void(products, p, plane, w, at, channels, form), generate
