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
from minicv.kernels.cpu.winograd_vector import MATRICES
from tests.kernels.drawn import rngs, sizes
from tests.kernels.guarded import run_guarded

WAYS = {"conv2d": winograd, "conv_transpose2d": winograd, "conv2d_weight": winograd_weight}
TILES = 2, 4
TOLERANCE = {2: 2e-6, 4: 5e-5}


@pytest.fixture
def restored():
    """Number of threads and precision are set back after the test."""
    threads, before = parallel.get_num_threads(), precision.get_conv_precision()
    yield
    parallel.set_num_threads(threads)
    precision.set_conv_precision(before)


def arguments(rng, N, C, size, K, padding=(1, 1)):
    """Arrays of one convolution, and the arguments of each kernel by its name."""
    x, w, b = (rng.standard_normal(s).astype(np.float32) for s in [(N, C, *size), (K, C, 3, 3), K])
    y = rng.standard_normal((N, K, *(n + 2 * p - 2 for n, p in zip(size, padding)))).astype(np.float32)
    return {
        "conv2d": (x, w, b, padding),
        "conv_transpose2d": (y, w, b[:1].repeat(C), size, padding),
        "conv2d_weight": (x, y, padding),
    }


def fast(name, args, m):
    """By Winograd's way, whether it pays or not."""
    return getattr(WAYS[name], name)(*args, m)


def full(name, args, dtype=np.float32):
    """By the dispatcher, with all the arguments that an op gives."""
    *args, padding = (a.astype(dtype, copy=False) if isinstance(a, np.ndarray) else a for a in args)
    if name == "conv2d_weight":
        args.append((3, 3))
    return getattr(kernels, name)(*args, (1, 1), padding, (1, 1), 1)


def check(name, args, m):
    """Compare with the sums as they are defined, in float64."""
    got, wanted = fast(name, args, m), full(name, args, float)
    assert (got.dtype, got.shape) == (np.float32, wanted.shape)
    assert got.flags.c_contiguous and got.flags.writeable
    scale = np.abs(wanted).max(initial=0)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE[m] * scale)


@pytest.mark.parametrize("m", TILES)
@given(rng=rngs)
def test_the_identity_in_fractions(m, rng):
    """A^T [(G g) * (B^T d)] is the correlation of d with g, exactly."""
    B, G, A = (
        np.array([[Fraction(entry).limit_denominator(24) for entry in row] for row in rows])
        for rows in MATRICES[m]
    )
    d, g = (np.array([Fraction(int(n)) for n in rng.integers(-9, 9, size)]) for size in (m + 2, 3))
    assert (A @ ((G @ g) * (B @ d)) == [d[i : i + 3] @ g for i in range(m)]).all()


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


@pytest.mark.parametrize("m", TILES)
@pytest.mark.parametrize("case", CASES)
def test_listed(case, m):
    for setting in CASES[case]:
        for name, args in arguments(np.random.default_rng(0), **setting).items():
            check(name, args, m)


@pytest.mark.parametrize("m", TILES)
@given(rng=rngs, size=sizes(3, 30), padding=sizes(0, 4), numbers=st.tuples(*[st.integers(1, 20)] * 3))
def test_drawn(m, rng, size, padding, numbers):
    N, C, K = numbers
    for name, args in arguments(rng, N // 7, C, size, K, padding).items():
        check(name, args, m)


def test_inputs_in_any_layout():
    """Strided, reversed, transposed, read-only: computed as their contiguous copies are."""
    for name, (a, w, *rest) in arguments(np.random.default_rng(0), 2, 5, (9, 10), 5).items():
        for b, v in [(a[..., ::-1], w[::-1]), (a[::-1], np.asfortranarray(w))]:
            b.flags.writeable = v.flags.writeable = False
            check(name, (b, v, *rest), 2)


def test_no_bias():
    for name, (a, w, _, *rest) in arguments(np.random.default_rng(0), 2, 5, (9, 10), 5).items():
        if name != "conv2d_weight":
            check(name, (a, w, None, *rest), 2)


@pytest.mark.skipif(os.name != "posix", reason="mprotect is POSIX")
@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("m", TILES)
def test_nothing_outside_the_arrays_is_touched(m, at_end, monkeypatch):
    """Inputs, filters and output each border on a forbidden page: an access there ends the process."""

    for setting in (setting for case in CASES for setting in CASES[case]):
        for name, args in arguments(np.random.default_rng(0), **setting).items():
            wanted = fast(name, args, m)
            with monkeypatch.context() as patch:
                patch.setattr(parallel, "run", partial(run_guarded, at_end))
                np.testing.assert_array_equal(fast(name, args, m), wanted)


@pytest.mark.parametrize("m", TILES)
def test_the_same_bits_for_any_number_of_threads_and_callers(m, restored):
    rng = np.random.default_rng(0)
    settings = [*arguments(rng, 3, 24, (33, 35), 20).items(), *arguments(rng, 1, 140, (9, 8), 70).items()]

    def results():
        return [fast(name, args, m).tobytes() for name, args in settings]

    parallel.set_num_threads(1)
    alone = results()
    for n in (2, 5):
        parallel.set_num_threads(n)
        with ThreadPoolExecutor(4) as callers:
            assert [f.result() for f in [callers.submit(results) for _ in range(8)]] == [alone] * 8


def test_small_integers_are_exact():
    """With tiles of 2 x 2, for the transforms have no other entries than 0, 1 and 1/2."""
    rng = np.random.default_rng(0)
    for name, args in arguments(rng, 2, 9, (12, 13), 8).items():
        args = [np.rint(9 * a) if isinstance(a, np.ndarray) else a for a in args]
        np.testing.assert_array_equal(fast(name, args, 2), full(name, args, float))


@pytest.mark.parametrize("C", [16, 64, 200])
def test_accuracy(C, restored):
    """2 x 2 tiles are as exact as direct sums, 4 x 4 ones have an error near 1e-5."""
    rng = np.random.default_rng(C)
    x = np.maximum(rng.standard_normal((2, C, 24, 24)), 0).astype(np.float32)
    w = (rng.standard_normal((32, C, 3, 3)) * np.sqrt(2 / (9 * C))).astype(np.float32)
    y = rng.standard_normal((2, 32, 24, 24)).astype(np.float32)
    for name, args in {
        "conv2d": (x, w, None, (1, 1)),
        "conv_transpose2d": (y, w, None, (24, 24), (1, 1)),
        "conv2d_weight": (x, y, (1, 1)),
    }.items():
        wanted = full(name, args, float)
        minicv.set_conv_precision("highest")
        plain, small, large = (
            np.abs(got - wanted).max() / np.abs(wanted).max()
            for got in (full(name, args), fast(name, args, 2), fast(name, args, 4))
        )
        assert small < max(2 * plain, 6e-7), name
        assert large < 2e-5, name


@pytest.fixture
def taken(monkeypatch):
    """The tiles of every call that follows."""
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
            for level, m in [("high", 2), ("medium", 4)]:
                minicv.set_conv_precision(level)
                with np.errstate(invalid="ignore"):
                    np.testing.assert_allclose(full(name, args), wanted, rtol=1e-3, atol=1e-3)
                assert taken.pop() == m


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
        assert taken.pop() == (2 if level == "high" else 4)


def test_the_precision_chooses_the_way(taken, restored):
    for (batch, channels, size, filters), expected in [
        ((2, 16, (24, 24), 16), [2, 4]),
        ((1, 16, (8, 16), 16), [2, 2]),  # too few tiles of 4 x 4
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
        assert taken == ([2] if name in ways else []), name
        taken.clear()


def test_other_filters_take_another_way(taken):
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(s).astype(np.float32) for s in [(2, 16, 24, 24), (16, 16, 3, 3)])
    plain = (1, 1), (1, 1), (1, 1), 1
    kernels.conv2d(x, w, None, *plain)
    assert taken == [2]
    kernels.conv2d(x, w, None, (2, 1), *plain[1:])
    kernels.conv2d(x, w, None, *plain[:2], (1, 2), 1)
    kernels.conv2d(x, w[:, :8].copy(), None, *plain[:3], 2)
    kernels.conv2d(x, w[:, :, :2].copy(), None, *plain)
    with kernels.use("reference"):
        kernels.conv2d(x[:1, :, :4, :4], w, None, *plain)
    assert taken == [2]


@pytest.mark.parametrize("word", ["low", "HIGH", None, 2])
def test_other_words_are_refused(word):
    with pytest.raises(ValueError, match=r"set_conv_precision: precision must be .*; got "):
        minicv.set_conv_precision(word)
    assert minicv.get_conv_precision() == "high"
