"""Winograd's convolution: the identity behind it, every border, and what becomes of Inf and NaN."""

import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import kernels
from minicv.kernels.cpu import parallel, precision, winograd, winograd_weight
from minicv.kernels.cpu.winograd_forms import DOUBLING, FORMS, HALVING, LARGE, SMALL
from tests.kernels.drawn import rngs, sizes
from tests.kernels.guarded import run_guarded

WAYS = {"conv2d": winograd, "conv_transpose2d": winograd, "conv2d_weight": winograd_weight}
# Each stands for itself, and for its transpose.
KINDS = SMALL, LARGE, HALVING
# Of the scale below: at least three times what was seen in 50,000 draws.
TOLERANCE = {SMALL: 2e-6, LARGE: 4e-6, HALVING: 5e-7}


@pytest.fixture
def restored():
    """Number of threads and precision are set back after the test."""
    threads, before = parallel.get_num_threads(), precision.get_conv_precision()
    yield
    parallel.set_num_threads(threads)
    precision.set_conv_precision(before)


def stride(kind):
    return 2 if kind == HALVING else 1


def arguments(rng, N, C, size, K, padding=(1, 1), kind=SMALL):
    """Arrays of one convolution, and the arguments of each kernel by its name."""
    windows = ((n + 2 * p - 3) // stride(kind) + 1 for n, p in zip(size, padding))
    shapes = (N, C, *size), (N, K, *windows), (K, C, 3, 3), (K,)
    x, y, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    found = {
        "conv2d": (x, w, b, padding),
        "conv_transpose2d": (y, w, b[:1].repeat(C), size, padding),
        "conv2d_weight": (x, y, padding),
    }
    if kind == HALVING:
        del found["conv2d_weight"]
        if not all(p % 2 for p in padding):
            assert fast("conv_transpose2d", found.pop("conv_transpose2d"), kind) is None
    return found


def fast(name, args, kind):
    """By Winograd's way, whether it pays or not."""
    form = DOUBLING if (name, kind) == ("conv_transpose2d", HALVING) else kind
    return getattr(WAYS[name], name)(*args, form)


def full(name, args, dtype=np.float32, kind=SMALL):
    """By the dispatcher, with all the arguments that an op gives."""
    *args, padding = (a.astype(dtype, copy=False) if isinstance(a, np.ndarray) else a for a in args)
    if name == "conv2d_weight":
        args.append((3, 3))
    return getattr(kernels, name)(*args, (stride(kind),) * 2, padding, (1, 1), 1)


def check(name, args, kind):
    """Compare with the sums as they are defined, in float64."""
    got, wanted = fast(name, args, kind), full(name, args, float, kind)
    assert (got.dtype, got.shape) == (np.float32, wanted.shape)
    assert got.flags.c_contiguous and got.flags.writeable
    np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE[kind] * scale(name, args, kind))


def scale(name, args, kind):
    """What the error relates to: a sum of products of the largest number of each image and of each filter.

    A sum may be near 0 where its terms are not; and other pixels, and other taps, take part in the transforms.
    """
    args = [abs(a) if isinstance(a, np.ndarray) else a for a in args]
    args[:2] = [np.broadcast_to(a.max((2, 3), keepdims=True, initial=0), a.shape) for a in args[:2]]
    return full(name, args, float, kind).max(initial=0)


def fractions(rows):
    return np.array([[Fraction(entry).limit_denominator(24) for entry in row] for row in rows])


@pytest.mark.parametrize("form", [*KINDS, DOUBLING])
@given(rng=rngs)
def test_the_identity_in_fractions(form, rng):
    """A^T [(G g) * (B^T d)] is the correlation of d with g, exactly; or the stamps of g, turned, at all d."""
    B, G, A = (fractions(getattr(FORMS[form], name)) for name in ("pixels", "filters", "outputs"))
    d, g = fractions([rng.integers(-9, 9, B.shape[1])])[0], fractions([rng.integers(-9, 9, 3)])[0]
    if form == DOUBLING:
        stamps = sum(np.pad(n * g[::-1], (2 * i, 4 - 2 * i)) for i, n in enumerate(d))
        wanted = stamps[1:5]  # from the middle tap of the first one on
    else:
        wanted = [d[i : i + 3] @ g for i in range(0, len(A) * stride(form), stride(form))]
    assert (A @ ((G @ g) * (B @ d)) == wanted).all()


CASES = {
    "tails of the last vector": [dict(N=1, C=2, size=(2, n), K=3) for n in [*range(1, 36), *range(62, 68)]],
    "rows": [dict(N=1, C=1, size=(n, 5), K=1) for n in range(1, 12)],
    "numbers of filters": [dict(N=1, C=1, size=(6, 9), K=K) for K in range(1, 18)],
    "numbers of channels": [dict(N=1, C=C, size=(6, 9), K=2) for C in range(1, 18)],
    "blocks of channels": [dict(N=2, C=C, size=(9, 10), K=17) for C in (128, 129, 131, 258)],
    "blocks of tiles": [dict(N=N, C=3, size=(26, 30), K=9) for N in (1, 2, 3, 5)],
    "groups of filters": [dict(N=1, C=17, size=(9, 10), K=K) for K in (64, 65, 130)],
    "paddings": [
        dict(N=2, C=2, size=(7, 9), K=3, padding=(p, q)) for p in (0, 1, 2, 3, 7) for q in (0, 2, 40)
    ],
    "no images": [dict(N=0, C=2, size=(5, 5), K=3)],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_listed(case, kind):
    for setting in CASES[case]:
        for name, args in arguments(np.random.default_rng(0), **setting, kind=kind).items():
            check(name, args, kind)


@pytest.mark.parametrize("kind", KINDS)
@given(rng=rngs, size=sizes(3, 30), padding=sizes(0, 4), numbers=st.tuples(*[st.integers(1, 20)] * 3))
def test_drawn(kind, rng, size, padding, numbers):
    N, C, K = numbers
    for name, args in arguments(rng, N // 7, C, size, K, padding, kind).items():
        check(name, args, kind)


def test_inputs_in_any_layout():
    """Strided, reversed, transposed, read-only: computed as their contiguous copies are."""
    for name, (a, w, *rest) in arguments(np.random.default_rng(0), 2, 5, (9, 10), 5).items():
        for b, v in [(a[..., ::-1], w[::-1]), (a[::-1], np.asfortranarray(w))]:
            b.flags.writeable = v.flags.writeable = False
            check(name, (b, v, *rest), SMALL)


def test_no_bias():
    for name, (a, w, _, *rest) in arguments(np.random.default_rng(0), 2, 5, (9, 10), 5).items():
        if name != "conv2d_weight":
            check(name, (a, w, None, *rest), SMALL)


@pytest.mark.skipif(os.name != "posix", reason="mprotect is POSIX")
@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_outside_the_arrays_is_touched(kind, at_end, monkeypatch):
    """Inputs, filters and output each border on a forbidden page: an access there ends the process."""

    for setting in (setting for case in CASES for setting in CASES[case]):
        for name, args in arguments(np.random.default_rng(0), **setting, kind=kind).items():
            wanted = fast(name, args, kind)
            with monkeypatch.context() as patch:
                patch.setattr(parallel, "run", partial(run_guarded, at_end))
                np.testing.assert_array_equal(fast(name, args, kind), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits_for_any_number_of_threads_and_callers(kind, restored):
    rng = np.random.default_rng(0)
    sizes = dict(N=3, C=24, size=(33, 35), K=20), dict(N=1, C=140, size=(9, 8), K=70)
    settings = [pair for size in sizes for pair in arguments(rng, **size, kind=kind).items()]

    def results():
        return [fast(name, args, kind).tobytes() for name, args in settings]

    parallel.set_num_threads(1)
    alone = results()
    for n in (2, 5):
        parallel.set_num_threads(n)
        with ThreadPoolExecutor(4) as callers:
            assert [f.result() for f in [callers.submit(results) for _ in range(8)]] == [alone] * 8


@pytest.mark.parametrize("kind", [SMALL, HALVING])
def test_small_integers_are_exact(kind):
    """With tiles of 2 x 2, for the transforms have no other entries than 0, 1 and 1/2."""
    rng = np.random.default_rng(0)
    for name, args in arguments(rng, 2, 9, (12, 13), 8, kind=kind).items():
        args = [np.rint(9 * a) if isinstance(a, np.ndarray) else a for a in args]
        np.testing.assert_array_equal(fast(name, args, kind), full(name, args, float, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("C", [16, 64, 200])
def test_accuracy(C, kind, restored):
    """2 x 2 tiles are as exact as direct sums, 4 x 4 ones have an error near 1e-5."""
    rng = np.random.default_rng(C)
    for name, (a, w, *rest) in arguments(rng, 2, C, (24, 24), 32, kind=kind).items():
        if name != "conv2d_weight":
            a, w = np.maximum(a, 0), w * np.float32(np.sqrt(2 / (9 * C)))
        args = a, w, *rest
        wanted = full(name, args, float, kind)
        minicv.set_conv_precision("highest")
        direct, ours = (
            np.abs(got - wanted).max() / np.abs(wanted).max()
            for got in (full(name, args, kind=kind), fast(name, args, kind))
        )
        assert ours < (2e-5 if kind == LARGE else max(2 * direct, 6e-7)), name


@pytest.fixture
def taken(monkeypatch):
    """The form of every call that follows."""
    found = []

    def watched(original, *args):
        found.append(args[-1])
        return original(*args)

    for name, module in WAYS.items():
        monkeypatch.setattr(module, name, partial(watched, getattr(module, name)))
    return found


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_inf_and_nan_reach_the_cells_that_they_belong_to_and_no_others(value, taken, restored):
    """In the images, the second array, the bias: exactly where the sums as they are defined have them."""
    for position, index in [(0, (1, 3, 8, 9)), (1, (1, 3, 1, 2)), (2, (4,))]:
        for name, args in arguments(np.random.default_rng(0), 2, 16, (24, 26), 16).items():
            if not isinstance(args[position], np.ndarray):
                continue
            args[position][index] = value
            minicv.set_conv_precision("highest")
            with np.errstate(invalid="ignore"):
                wanted = full(name, args)
            lost = ~np.isfinite(wanted)
            assert lost.any() and not lost.all() and not taken
            if position == 0 and name != "conv2d_weight":
                assert (
                    lost.sum((2, 3)) == [[0], [9]]
                ).all()  # in each filter's image, the windows around the pixel
            for level, form in [("high", SMALL), ("medium", LARGE)]:
                minicv.set_conv_precision(level)
                with np.errstate(invalid="ignore"):
                    np.testing.assert_allclose(full(name, args), wanted, rtol=1e-3, atol=1e-3)
                assert taken.pop() == form


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_inf_and_nan_with_a_stride_of_two(value, taken, restored):
    for position, index in [(0, (1, 3, 8, 9)), (1, (1, 3, 1, 2)), (2, (4,))]:
        settings = arguments(np.random.default_rng(0), 2, 32, (28, 28), 32, kind=HALVING)
        for (name, args), form in zip(settings.items(), (HALVING, DOUBLING), strict=True):
            args[position][index] = value
            minicv.set_conv_precision("highest")
            with np.errstate(invalid="ignore"):
                wanted = full(name, args, kind=HALVING)
            lost = ~np.isfinite(wanted)
            assert lost.any() and not lost.all() and not taken
            minicv.set_conv_precision("high")
            with np.errstate(invalid="ignore"):
                np.testing.assert_allclose(full(name, args, kind=HALVING), wanted, rtol=1e-3, atol=1e-3)
            assert taken.pop() == form


@pytest.mark.parametrize("level", ["high", "medium"])
def test_sums_that_overflow_only_in_a_transform(level, taken, restored):
    """d1 + d2 is too large for a float, though all that the filter does is to copy."""
    minicv.set_conv_precision(level)
    size = 28, 28
    for name, (a, w, b, *rest) in arguments(np.random.default_rng(0), 1, 16, size, 16).items():
        if name == "conv2d_weight":
            a[...] = 3e38
            y = np.zeros(w.shape, np.float32)
            y[0, range(16), 14, 15] = np.linspace(-1, 1, 16)
            wanted = np.broadcast_to(np.float32(3e38) * y[0, :, 14, 15, None, None, None], (16, 16, 3, 3))
            np.testing.assert_allclose(full(name, (a, y, b)), wanted, rtol=1e-6)
        else:
            a[...], w[...], b[...] = 3e38, 0, 0
            w[range(16), range(16), 1, 1] = 1
            np.testing.assert_array_equal(full(name, (a, w, b, *rest)), a)
        assert taken.pop() == (SMALL if level == "high" else LARGE)


def test_a_difference_that_overflows_only_in_a_transform(taken):
    """With a stride of 2, pixels are subtracted that the filter does not even look at."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 32, 29, 29)).astype(np.float32), np.zeros((32, 32, 3, 3), np.float32)
    x[..., ::4], x[..., 2::4] = 3e38, -3e38
    w[range(32), range(32), 1, 1] = 1
    geometry = (2, 2), (0, 0), (1, 1), 1
    np.testing.assert_array_equal(kernels.conv2d(x, w, None, *geometry), x[..., 1:28:2, 1:28:2])
    assert taken == [HALVING]


def test_the_precision_chooses_the_way(taken, restored):
    for (batch, channels, size, filters), expected in [
        ((2, 16, (24, 24), 16), [SMALL, LARGE]),
        ((1, 16, (8, 16), 16), [SMALL, SMALL]),  # too few tiles of 4 x 4
        ((2, 11, (24, 24), 16), []),  # too few channels
        ((2, 16, (24, 24), 11), []),
    ]:
        for name, args in arguments(np.random.default_rng(0), batch, channels, size, filters).items():
            for level in ("highest", "high", "medium"):
                minicv.set_conv_precision(level)
                assert minicv.get_conv_precision() == level
                full(name, args)
                full(name, args, float)
            assert taken == expected, (name, batch, channels, size, filters)
            taken.clear()


@pytest.mark.parametrize(
    ("channels", "size", "ways"),
    [
        (12, (8, 16), ["conv2d", "conv_transpose2d"]),
        (16, (8, 14), ["conv2d_weight"]),
        (16, (4, 3), ["conv2d_weight"]),
        (16, (2, 6), []),
    ],
)
def test_few_channels_or_tiles_are_no_gain(channels, size, ways, taken):
    for name, args in arguments(np.random.default_rng(0), 1, channels, size, 16).items():
        full(name, args)
        assert taken == ([SMALL] if name in ways else []), name
        taken.clear()


def test_other_filters_take_another_way(taken):
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(s).astype(np.float32) for s in [(2, 16, 24, 24), (16, 16, 3, 3)])
    plain = (1, 1), (1, 1), (1, 1), 1
    kernels.conv2d(x, w, None, *plain)
    assert taken == [SMALL]
    kernels.conv2d(x, w, None, (2, 1), *plain[1:])
    kernels.conv2d(x, w, None, *plain[:2], (1, 2), 1)
    kernels.conv2d(x, w[:, :8].copy(), None, *plain[:3], 2)
    kernels.conv2d(x, w[:, :, :2].copy(), None, *plain)
    with kernels.use("reference"):
        kernels.conv2d(x[:1, :, :4, :4], w, None, *plain)
    assert taken == [SMALL]


@pytest.mark.parametrize(
    ("batch", "channels", "padding", "expected"),
    [
        (2, 32, (1, 1), {"conv2d": HALVING, "conv_transpose2d": DOUBLING}),
        (2, 32, (3, 1), {"conv2d": HALVING, "conv_transpose2d": DOUBLING}),
        (1, 32, (1, 1), {}),  # too few tiles
        (2, 31, (1, 1), {}),  # too few channels
    ],
)
def test_a_stride_of_two(batch, channels, padding, expected, taken):
    settings = arguments(np.random.default_rng(0), batch, channels, (28, 28), 32, padding, HALVING)
    for name, args in settings.items():
        np.testing.assert_allclose(
            full(name, args, kind=HALVING), full(name, args, float, HALVING), atol=1e-4
        )
        assert taken == ([expected[name]] if expected else []), name
        taken.clear()


@pytest.mark.parametrize("word", ["low", "HIGH", None, 2])
def test_other_words_are_refused(word):
    with pytest.raises(ValueError, match=r"set_conv_precision: precision must be .*; got "):
        minicv.set_conv_precision(word)
    assert minicv.get_conv_precision() == "high"
