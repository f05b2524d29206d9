"""Vectors of 16 floats inside compiled functions: what LLVM can do and plain loops cannot be trusted to do.

A compiler turns a loop over floats into vector instructions as it sees fit; which sums stay in registers, and
for how long, decides over a factor of three in convolution. So the few innermost steps are written out as
LLVM instructions on vectors of 16 floats (<16 x float>), which every processor can run: one AVX-512 register
each, two of AVX2, four of SSE or NEON. Everything around them is plain Numba.

An :func:`intrinsic` is a function that writes such instructions into its caller. They stand here as globals
of a module, since Numba's cache cannot recognise those made inside a function.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16

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

    def total(self, vector):
        """The sum of the lanes, in the order that suits the processor."""
        kind = ir.FunctionType(_FLOAT, [_FLOAT, _VECTOR])
        add = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.vector.reduce.fadd.v16f32")
        return self.builder.call(add, [ir.Constant(_FLOAT, 0.0), vector], fastmath=("reassoc",))

    def totals(self, vectors):
        """The sums of the lanes of sixteen vectors, as the lanes of one.

        Neighbouring lanes are added, and two vectors of half as many sums become one: 15 times that, where
        sixteen calls of :meth:`total` would take some hundred instructions.
        """
        builder = self.builder
        even, odd = (ir.Constant(ir.VectorType(_I32, LANES), [*range(i, 2 * LANES, 2)]) for i in (0, 1))
        while len(vectors) > 1:
            pairs = zip(vectors[::2], vectors[1::2])
            vectors = [
                builder.fadd(builder.shuffle_vector(a, b, even), builder.shuffle_vector(a, b, odd))
                for a, b in pairs
            ]
        return vectors[0]

    def rows(self, pointer, count, pitch, size):
        """Pointers to the first ``size`` rows of a matrix; where it has but ``count``, the last one again."""
        last = self.builder.sub(count, self.int(1))
        inside = (self.builder.icmp_signed("<", self.int(i), last) for i in range(size))
        numbers = [self.builder.select(ok, self.int(i), last) for i, ok in enumerate(inside)]
        return [self.at(pointer, self.builder.mul(i, pitch)) for i in numbers]

    def upper(self, vector):
        """The upper eight lanes, twice."""
        half = [*range(LANES // 2, LANES)] * 2
        return self.builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_I32, LANES), half))

    def mask(self, n, most=LANES):
        """The first ``n`` lanes, but no more than ``most``; none from 0 down."""
        builder, lanes = self.builder, ir.Constant(ir.VectorType(_I64, LANES), list(range(LANES)))
        if most < LANES:
            n = builder.select(builder.icmp_signed("<", n, self.int(most)), n, self.int(most))
        return builder.icmp_signed("<", lanes, self.every(n))

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


def _filters_by_pixels(vectors):
    """Build the intrinsic for a tile of 8 filters and ``vectors`` times 16 pixels."""

    @intrinsic
    def tile(typing, bias, k, panel, a, planes, b, offsets, first, last, out, o, pitch):
        """``out[o + f pitch + q] = bias[k + f] + sum over r of panel[a + 8 r + f] planes[b + offsets[r] + q]``.

        For 8 filters f and all pixels q of the tile; r from ``first`` up to ``last``. The sums stay in
        registers: with three vectors 24 of the 32 that AVX-512 has, and 24 multiply-adds for 11 loads.
        """

        def generate(context, builder, signature, args):
            code = Code(context, builder, signature)
            bias, k, panel, a, planes, b, offsets, first, last, out, o, pitch = args
            bias, panel = code.address(0, bias, k), code.address(2, panel, a)
            planes, offsets = code.address(4, planes, b), code.address(6, offsets, first)
            out = code.address(9, out, o)

            def step(r, sums):
                weights = code.at(panel, builder.mul(r, code.int(8)))
                pixels = code.at(planes, builder.load(code.at(offsets, r)))
                pixels = [code.load(code.at(pixels, code.int(LANES * v))) for v in range(vectors)]
                results = []
                for f in range(8):
                    weight = code.every(builder.load(code.at(weights, code.int(f))))
                    own = sums[f * vectors : (f + 1) * vectors]
                    results += [code.multiply_add(weight, x, s) for x, s in zip(pixels, own)]
                return results

            start = [code.every(builder.load(code.at(bias, code.int(f)))) for f in range(8)]
            sums = [value for value in start for _ in range(vectors)]
            sums = code.loop(builder.sub(last, first), sums, step)
            for f in range(8):
                row = code.at(out, builder.mul(pitch, code.int(f)))
                for v in range(vectors):
                    code.store(sums[f * vectors + v], code.at(row, code.int(LANES * v)))
            return context.get_dummy_value()

        return types.void(bias, k, panel, a, planes, b, offsets, first, last, out, o, pitch), generate

    return tile


tile_48 = _filters_by_pixels(3)
tile_16 = _filters_by_pixels(1)


@intrinsic
def tile_4x6(typing, y, a, y_image, y_filter, x, x_image, offsets, first, images, pixels, out):
    """``out[6 f + r] = sum of y[a + n y_image + f y_filter + q] * x[n x_image + offsets[first + r] + q]``.

    For 4 filters f and 6 taps r, over the images n < ``images`` and q < ``pixels``, a multiple of 16. The
    lanes are neighbouring q. 24 sums stay in registers, with 24 multiply-adds for 10 loads; only at the end
    are the 16 lanes of each added up.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        y, a, y_image, y_filter, x, x_image, offsets, first, images, pixels, out = args
        y, x = code.address(0, y, a), code.address(4, x, code.int(0))
        offsets, out = code.address(6, offsets, first), code.address(10, out, code.int(0))
        filters = [builder.mul(y_filter, code.int(f)) for f in range(4)]
        taps = [builder.load(code.at(offsets, code.int(r))) for r in range(6)]

        def image(n, sums):
            own_y, own_x = (code.at(p, builder.mul(n, step)) for p, step in [(y, y_image), (x, x_image)])
            ys, xs = [code.at(own_y, f) for f in filters], [code.at(own_x, r) for r in taps]

            def vector(v, sums):
                q = builder.mul(v, code.int(LANES))
                outputs = [code.load(code.at(pointer, q)) for pointer in ys]
                results = []
                for r, pointer in enumerate(xs):
                    shifted = code.load(code.at(pointer, q))
                    own = sums[4 * r : 4 * r + 4]
                    results += [code.multiply_add(o, shifted, s) for o, s in zip(outputs, own)]
                return results

            return code.loop(builder.sdiv(pixels, code.int(LANES)), sums, vector)

        sums = code.loop(images, [ZERO] * 24, image)
        for f in range(4):
            for r in range(6):
                builder.store(code.total(sums[4 * r + f]), code.at(out, code.int(6 * f + r)))
        return context.get_dummy_value()

    return types.void(y, a, y_image, y_filter, x, x_image, offsets, first, images, pixels, out), generate
