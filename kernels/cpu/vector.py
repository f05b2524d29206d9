"""Vectors of 16 floats inside compiled functions: what LLVM can do and plain loops cannot be trusted to do.

A compiler turns a loop over floats into vector instructions as it sees fit; which sums stay in registers, and
for how long, decides over a factor of three in convolution. So the few innermost steps are written out as
LLVM instructions on vectors of 16 floats (<16 x float>), which every processor can run: one AVX-512 register
each, two of AVX2, four of SSE or NEON. Everything around them is plain Numba.

An :func:`intrinsic` is a function that writes such instructions into its caller. They stand here as globals
of a module, since Numba's cache cannot recognise those made inside a function.
"""

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16

# The tile of conv_shift, in filters and pixels, and that of conv_weight, in filters and taps: as many sums as the
# processor has registers for. AVX-512 has 32 of 16 floats; others hold a vector in two registers, of 16, or more.
_features = config.CPU_FEATURES or binding.get_host_cpu_features().flatten()
AVX512 = "+avx512f" in _features
FILTERS, PIXELS = (8, 48) if AVX512 else (6, 16)
FEW_FILTERS, FEW_PIXELS = (4, 64) if AVX512 else (4, 16)
DOT_FILTERS, DOT_TAPS = (4, 6) if AVX512 else (2, 3)

_I32, _I64, _FLOAT = ir.IntType(32), ir.IntType(64), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)
ZERO = ir.Constant(_VECTOR, [0.0] * LANES)

# A product and a sum may become one instruction (fused multiply-add) where the processor has it.
_FUSE = ("contract",)


class Code:
    """Writes the instructions of one intrinsic: a thin layer over LLVM's builder.

    Parameters
    ----------
    context, builder, signature
        What Numba gives to the code generator of an intrinsic.
    """

    def __init__(self, context, builder, signature):
        self.context, self.builder, self.signature = context, builder, signature

    def address(self, position, array, index):
        """Pointer to ``array[index]``; ``position`` is the place of the array among the arguments."""
        data = self.context.make_array(self.signature.args[position])(self.context, self.builder, array).data
        return self.at(data, index)

    def at(self, pointer, index):
        """``pointer + index``, counted in floats."""
        return self.builder.gep(pointer, [index])

    def int(self, value):
        """A number that is known when the code is written."""
        return ir.Constant(_I64, value)

    def loop(self, count, carried, body):
        """``for i in range(count): carried = body(i, carried)``, with the carried values in registers.

        Returns the carried values after the last round. ``carried`` is a list of values.
        """
        builder = self.builder
        before = builder.block
        head, inside, after = (builder.append_basic_block(name) for name in ("head", "inside", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.phi(_I64)
        values = [builder.phi(value.type) for value in carried]
        builder.cbranch(builder.icmp_signed("<", i, count), inside, after)
        builder.position_at_end(inside)
        results = [builder.add(i, self.int(1)), *body(i, values)]
        for phi, start, result in zip([i, *values], [self.int(0), *carried], results):
            phi.add_incoming(start, before)
            phi.add_incoming(result, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return values

    def load(self, pointer):
        """Sixteen floats from memory."""
        return self.builder.load(self.builder.bitcast(pointer, _VECTOR.as_pointer()), align=4)

    def store(self, vector, pointer):
        """Sixteen floats to memory."""
        self.builder.store(vector, self.builder.bitcast(pointer, _VECTOR.as_pointer()), align=4)

    def every(self, value):
        """A vector with the same value in all lanes."""
        builder, kind = self.builder, ir.VectorType(value.type, LANES)
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _I32(0))
        return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))

    def multiply_add(self, a, b, total):
        """``total + a * b``."""
        return self.builder.fadd(total, self.builder.fmul(a, b, flags=_FUSE), flags=_FUSE)

    def totals(self, vectors):
        """The sums of the lanes of sixteen vectors, as the lanes of one.

        Neighbouring lanes are added, and two vectors of half as many sums become one: 15 times that, where
        sixteen sums on their own would take some hundred instructions.
        """
        even, odd = (list(range(i, 2 * LANES, 2)) for i in (0, 1))
        while len(vectors) > 1:
            pairs = zip(vectors[::2], vectors[1::2])
            vectors = [self.builder.fadd(self.pick(a, b, even), self.pick(a, b, odd)) for a, b in pairs]
        return vectors[0]

    def pick(self, a, b, lanes):
        """The vector of some lanes of ``a`` (numbered from 0) and ``b`` (from 16)."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, LANES), lanes))

    def rows(self, pointer, count, pitch, size):
        """Pointers to the first ``size`` rows of a matrix; where it has but ``count``, the last one again."""
        last = self.builder.sub(count, self.int(1))
        inside = (self.builder.icmp_signed("<", self.int(i), last) for i in range(size))
        numbers = [self.builder.select(ok, self.int(i), last) for i, ok in enumerate(inside)]
        return [self.at(pointer, self.builder.mul(i, pitch)) for i in numbers]

    def upper(self, vector):
        """The upper eight lanes, twice."""
        return self.pick(vector, vector, [*range(LANES // 2, LANES)] * 2)

    def mask(self, n, most=LANES):
        """The first ``n`` lanes, but no more than ``most``; none from 0 down."""
        builder, lanes = self.builder, ir.Constant(ir.VectorType(_I32, LANES), list(range(LANES)))
        if most < LANES:
            n = builder.select(builder.icmp_signed("<", n, self.int(most)), n, self.int(most))
        return builder.icmp_signed("<", lanes, self.every(builder.trunc(n, _I32)))

    def load_some(self, pointer, mask):
        """The masked lanes from memory, which alone is read; 0 in the others."""
        kind = ir.FunctionType(_VECTOR, [_FLOAT.as_pointer(), _I32, _MASK, _VECTOR])
        load = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.masked.load.v16f32.p0")
        return self.builder.call(load, [pointer, _I32(4), mask, ZERO])

    def store_some(self, vector, pointer, mask):
        """The masked lanes to memory; the rest of it is not touched."""
        kind = ir.FunctionType(ir.VoidType(), [_VECTOR, _FLOAT.as_pointer(), _I32, _MASK])
        store = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.masked.store.v16f32.p0")
        self.builder.call(store, [vector, pointer, _I32(4), mask])


@intrinsic
def in_widest_vectors(typing):
    """Have the loops of the function that says this run in the widest vectors of the processor.

    LLVM takes but half of AVX-512's, lest the clock slow down; where there is more to compute than to fetch, all
    of it takes two thirds of the time.
    """

    def generate(context, builder, signature, args):
        attributes = builder.function.attributes
        attributes.add("noinline")  # inside of another function that one's would hold
        set.add(
            attributes, '"prefer-vector-width"="512"'
        )  # llvmlite's own ``add`` knows none that have a value
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def move(typing, target, i, source, j, n):
    """``target[i : i + m] = source[j : j + m]`` with m = min(n, 16); nothing else is read or written."""

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        target, i, source, j, n = args
        mask = code.mask(n)
        vector = code.load_some(code.address(2, source, j), mask)
        code.store_some(vector, code.address(0, target, i), mask)
        return context.get_dummy_value()

    return types.void(target, i, source, j, n), generate


@intrinsic
def move_every_other(typing, target, i, source, j, n):
    """``target[i : i + m] = source[j : j + 2 m : 2]`` with m = min(n, 16); nothing else is written."""

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        target, i, source, j, n = args
        source, last = code.address(2, source, j), builder.sub(builder.mul(n, code.int(2)), code.int(1))
        left = code.load_some(source, code.mask(last))
        right = code.load_some(
            code.at(source, code.int(LANES)), code.mask(builder.sub(last, code.int(LANES)))
        )
        every_other = code.pick(left, right, list(range(0, 2 * LANES, 2)))
        code.store_some(every_other, code.address(0, target, i), code.mask(n))
        return context.get_dummy_value()

    return types.void(target, i, source, j, n), generate


@intrinsic
def spread(typing, target, i, source, j, n):
    """``target[i : i + 2 m : 2] = source[j : j + m]`` with m = min(n, 16); nothing between is written."""

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        target, i, source, j, n = args
        target, vector = code.address(0, target, i), code.load_some(code.address(2, source, j), code.mask(n))
        even = ir.Constant(_MASK, [lane % 2 == 0 for lane in range(LANES)])
        for half in range(2):
            twice = code.pick(vector, vector, [(half * LANES + lane) // 2 for lane in range(LANES)])
            here = code.int(half * LANES)
            left = builder.sub(builder.mul(n, code.int(2)), here)
            code.store_some(twice, code.at(target, here), builder.and_(even, code.mask(left)))
        return context.get_dummy_value()

    return types.void(target, i, source, j, n), generate


@intrinsic
def interleave(typing, target, i, source, j, step, count, n):
    """``target[i + 8 r + f] = source[j + f step + r]`` for r < ``n``, at most 16, and f < 8: eight rows, transposed.

    Of fewer rows than 8 the last one, number ``count`` - 1, is repeated.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        target, i, source, j, step, count, n = args
        target, source, mask = code.address(0, target, i), code.address(2, source, j), code.mask(n)
        rows = [code.load_some(row, mask) for row in code.rows(source, count, step, 8)]
        # Like the two halves of a pack of cards, three times: rows 4 apart, 2 apart, 1 apart.
        for distance in (4, 2, 1):
            for f in range(8):
                if not f & distance:
                    a, b = rows[f], rows[f + distance]
                    rows[f] = code.pick(a, b, [lane // 2 + lane % 2 * LANES for lane in range(LANES)])
                    rows[f + distance] = code.pick(
                        a, b, [(lane + LANES) // 2 + lane % 2 * LANES for lane in range(LANES)]
                    )
        floats = builder.mul(n, code.int(8))
        for v, row in enumerate(rows):
            here = code.int(LANES * v)
            code.store_some(row, code.at(target, here), code.mask(builder.sub(floats, here)))
        return context.get_dummy_value()

    return types.void(target, i, source, j, step, count, n), generate


def _filters_by_pixels(filters, vectors):
    """Build the intrinsic for a tile of so many filters and ``vectors`` times 16 pixels."""

    @intrinsic
    def tile(typing, start, bias, k, panel, a, taps, planes, b, offsets, first, count, out, o, pitch):
        """``out[o + f pitch + q] += sum over r of panel[a + 8 taps[r] + f] planes[b + offsets[r] + q]``.

        For the filters f and all pixels q of the tile; r counts ``count`` taps from ``first`` on. If ``start`` is
        not 0 the sums begin with ``bias[k + f]`` instead of what is there. They stay in registers: with 8 filters
        and three vectors 24 of the 32 that AVX-512 has, and 24 multiply-adds for 11 loads.
        """

        def generate(context, builder, signature, args):
            code = Code(context, builder, signature)
            start, bias, k, panel, a, taps, planes, b, offsets, first, count, out, o, pitch = args
            bias, panel = code.address(1, bias, k), code.address(3, panel, a)
            taps, planes = code.address(5, taps, first), code.address(6, planes, b)
            offsets, out = code.address(8, offsets, first), code.address(11, out, o)
            places = [
                code.at(code.at(out, builder.mul(pitch, code.int(f))), code.int(LANES * v))
                for f in range(filters)
                for v in range(vectors)
            ]

            def multiply(r, sums):
                weights = code.at(panel, builder.mul(builder.load(code.at(taps, r)), code.int(8)))
                pixels = code.at(planes, builder.load(code.at(offsets, r)))
                pixels = [code.load(code.at(pixels, code.int(LANES * v))) for v in range(vectors)]
                results = []
                for f in range(filters):
                    weight = code.every(builder.load(code.at(weights, code.int(f))))
                    own = sums[f * vectors : (f + 1) * vectors]
                    results += [code.multiply_add(weight, x, s) for x, s in zip(pixels, own)]
                return results

            begin = builder.icmp_signed("!=", start, code.int(0))
            biases = [code.every(builder.load(code.at(bias, code.int(f)))) for f in range(filters)]
            sums = [
                builder.select(begin, biases[i // vectors], code.load(place))
                for i, place in enumerate(places)
            ]
            sums = code.loop(count, sums, multiply)
            for value, place in zip(sums, places):
                code.store(value, place)
            return context.get_dummy_value()

        return types.void(
            start, bias, k, panel, a, taps, planes, b, offsets, first, count, out, o, pitch
        ), generate

    return tile


tile_wide = _filters_by_pixels(FILTERS, PIXELS // LANES)
tile_narrow = _filters_by_pixels(FILTERS, 1)
tile_few_filters = _filters_by_pixels(FEW_FILTERS, FEW_PIXELS // LANES)
tile_one_filter = _filters_by_pixels(1, 4)


@intrinsic
def tile_dot(typing, y, a, per_filter, x, b, offsets, first, pixels, out):
    """``out[TAPS f + r] = sum over q of y[a + f per_filter + q] * x[b + offsets[first + r] + q]``.

    For the filters f and taps r of a tile and q < ``pixels``, a multiple of 16. The lanes are neighbouring q. With
    4 filters and 6 taps 24 sums stay in registers, with 24 multiply-adds for 10 loads; only at the end are the 16
    lanes of each added up.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        y, a, per_filter, x, b, offsets, first, pixels, out = args
        y, x = code.address(0, y, a), code.address(3, x, b)
        offsets, out = code.address(5, offsets, first), code.address(8, out, code.int(0))
        ys = [code.at(y, builder.mul(per_filter, code.int(f))) for f in range(DOT_FILTERS)]
        xs = [code.at(x, builder.load(code.at(offsets, code.int(r)))) for r in range(DOT_TAPS)]

        def vector(v, sums):
            q = builder.mul(v, code.int(LANES))
            shifted = [code.load(code.at(pointer, q)) for pointer in xs]
            results = []
            for f, pointer in enumerate(ys):
                outputs, own = code.load(code.at(pointer, q)), sums[DOT_TAPS * f : DOT_TAPS * (f + 1)]
                results += [code.multiply_add(outputs, s, total) for s, total in zip(shifted, own)]
            return results

        count = builder.sdiv(pixels, code.int(LANES))
        sums = code.loop(count, [ZERO] * (DOT_FILTERS * DOT_TAPS), vector)
        sums += [ZERO] * (-len(sums) % LANES)
        for i in range(0, len(sums), LANES):
            code.store(code.totals(sums[i : i + LANES]), code.at(out, code.int(i)))
        return context.get_dummy_value()

    return types.void(y, a, per_filter, x, b, offsets, first, pixels, out), generate
