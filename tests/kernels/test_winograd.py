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
from minicv.kernels.cpu import parallel, precision, winograd
from minicv.kernels.cpu.winograd_vector import MATRICES
from tests.kernels.drawn import rngs, sizes
from tests.kernels.test_conv_fast import guarded

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
    return {"conv2d": (x, w, b, padding), "conv_transpose2d": (y, w, b[:1].repeat(C), size, padding)}


def direct(name, args, dtype=np.float64):
    """The same by the definition."""
    *args, padding = (a.astype(dtype) if isinstance(a, np.ndarray) else a for a in args)
    return getattr(kernels, name)(*args, (1, 1), padding, (1, 1), 1)


def check(name, args, m):
    got, wanted = getattr(winograd, name)(*args, m), direct(name, args)
    assert (got.dtype, got.shape) == (np.float32, wanted.shape)
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
    "tails of the last vector": [dict(N=1, C=2, size=(4, n), K=3) for n in range(1, 70)],
    "rows": [dict(N=1, C=1, size=(n, 5), K=1) for n in range(1, 12)],
    "numbers of filters": [dict(N=1, C=1, size=(6, 9), K=K) for K in range(1, 18)],
    "numbers of channels": [dict(N=1, C=C, size=(6, 9), K=2) for C in range(1, 18)],
    "blocks of channels": [dict(N=2, C=C, size=(9, 10), K=17) for C in (128, 129, 131, 258)],
    "blocks of tiles": [dict(N=N, C=3, size=(26, 30), K=9) for N in (1, 2, 3)],
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
        check(name, (a, w, None, *rest[1:]), 2)


@pytest.mark.skipif(os.name != "posix", reason="mprotect is POSIX")
@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("m", TILES)
def test_nothing_outside_the_arrays_is_touched(m, at_end, monkeypatch):
    """Inputs, filters and output each border on a forbidden page: an access there ends the process."""

    def run(function, rows, work, *args):
        apart = [guarded(a, at_end) if isinstance(a, np.ndarray) else a for a in args]
        function(0, rows, *apart)
        for array, copy in zip(args, apart):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array[...] = copy

    for setting in (setting for case in CASES for setting in CASES[case]):
        for name, args in arguments(np.random.default_rng(0), **setting).items():
            wanted = getattr(winograd, name)(*args, m)
            with monkeypatch.context() as patch:
                patch.setattr(parallel, "run", run)
                np.testing.assert_array_equal(getattr(winograd, name)(*args, m), wanted)


@pytest.mark.parametrize("m", TILES)
def test_the_same_bits_for_any_number_of_threads_and_callers(m, restored):
    rng = np.random.default_rng(0)
    settings = [*arguments(rng, 3, 24, (33, 35), 20).items(), *arguments(rng, 1, 140, (9, 8), 70).items()]

    def results():
        return [getattr(winograd, name)(*args, m).tobytes() for name, args in settings]

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
        np.testing.assert_array_equal(getattr(winograd, name)(*args, 2), direct(name, args))


@pytest.mark.parametrize("C", [16, 64, 200])
def test_accuracy(C, restored):
    """2 x 2 tiles are as exact as direct sums, 4 x 4 ones a little above 1e-5 at worst."""
    rng = np.random.default_rng(C)
    x = np.maximum(rng.standard_normal((2, C, 24, 24)), 0).astype(np.float32)
    w = (rng.standard_normal((32, C, 3, 3)) * np.sqrt(2 / (9 * C))).astype(np.float32)
    args = x, w, None, (1, 1)
    wanted = direct("conv2d", args)

    def error(y):
        return np.abs(y - wanted).max() / np.abs(wanted).max()

    precision.set_conv_precision("highest")
    plain = error(direct("conv2d", args, np.float32))
    precision.set_conv_precision("high")
    assert error(winograd.conv2d(*args, 2)) < max(2 * plain, 5e-7)
    assert error(winograd.conv2d(*args, 4)) < 2e-5


def from_outside(name, args):
    """Through the dispatcher: the arguments as an op gives them."""
    *args, padding = args
    return getattr(kernels, name)(*args, (1, 1), padding, (1, 1), 1)


def taken(monkeypatch):
    """The m of every call that follows, None if it came to nothing."""
    found = []

    def watched(original, *args):
        result = original(*args)
        found.append(None if result is None else args[-1])
        return result

    for name in ("conv2d", "conv_transpose2d"):
        monkeypatch.setattr(winograd, name, partial(watched, getattr(winograd, name)))
    return found


@pytest.mark.parametrize("level", ["high", "medium"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_inf_and_nan_reach_the_cells_that_they_belong_to_and_no_others(level, value, monkeypatch, restored):
    """In the pixels, the filters or the bias: exactly the cells of the definition, with its values."""
    minicv.set_conv_precision(level)
    ways = taken(monkeypatch)
    for position, index, cells in [(0, (1, 3, 8, 9), 9), (1, (3, 5, 0, 2), None), (2, (4,), None)]:
        for name, args in arguments(np.random.default_rng(0), 2, 16, (24, 26), 16).items():
            args[position][index] = value
            with kernels.use("reference"), np.errstate(invalid="ignore"):
                wanted = from_outside(name, args)
            got = from_outside(name, args)
            lost = ~np.isfinite(wanted)
            assert ways.pop() is None and not ways
            assert lost.any() and not lost.all() and cells in (None, lost[:, 0].sum())
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


def test_sums_that_overflow_only_in_a_transform(monkeypatch, restored):
    """d1 + d2 is too large for a float, though all that the filter does is to copy."""
    ways = taken(monkeypatch)
    for name, (a, w, b, *rest) in arguments(np.random.default_rng(0), 1, 12, (24, 24), 12).items():
        a[...], w[...], b[...] = 3e38, 0, 0
        w[range(12), range(12), 1, 1] = 1
        np.testing.assert_array_equal(from_outside(name, (a, w, b, *rest)), a)
        assert ways.pop() is None


def test_the_precision_chooses_the_way(monkeypatch, restored):
    ways = taken(monkeypatch)
    for (batch, channels, size, filters), expected in [
        ((2, 16, (24, 24), 16), [2, 4]),
        ((1, 16, (8, 12), 16), [2, 2]),  # too few tiles of 4 x 4
        ((1, 16, (8, 10), 16), []),  # of 2 x 2, too
        ((2, 11, (24, 24), 16), []),  # too few channels
        ((2, 16, (24, 24), 11), []),
    ]:
        rng = np.random.default_rng(0)
        for name, args in arguments(rng, batch, channels, size, filters).items():
            for level in ("highest", "high", "medium"):
                minicv.set_conv_precision(level)
                assert minicv.get_conv_precision() == level
                from_outside(name, args)
                from_outside(name, [a.astype(float) if isinstance(a, np.ndarray) else a for a in args])
            assert ways == expected, (name, batch, channels, size, filters)
            ways.clear()


def test_other_filters_take_another_way(monkeypatch):
    ways = taken(monkeypatch)
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(s).astype(np.float32) for s in [(2, 16, 24, 24), (16, 16, 3, 3)])
    plain = (1, 1), (1, 1), (1, 1), 1
    kernels.conv2d(x, w, None, *plain)
    assert ways == [2]
    kernels.conv2d(x, w, None, (2, 1), *plain[1:])
    kernels.conv2d(x, w, None, *plain[:2], (1, 2), 1)
    kernels.conv2d(x, w[:, :8].copy(), None, *plain[:3], 2)
    kernels.conv2d(x, w[:, :, :2].copy(), None, *plain)
    assert ways == [2]


@pytest.mark.parametrize("word", ["low", "HIGH", None, 2])
def test_other_words_are_refused(word):
    with pytest.raises(ValueError, match=r"set_conv_precision: precision must be .*; got "):
        minicv.set_conv_precision(word)
    assert minicv.get_conv_precision() == "high"
