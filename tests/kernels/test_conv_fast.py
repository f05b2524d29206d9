"""The fast convolutions of the cpu leaf: every path, every border, and no access outside an array."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.kernels.cpu import conv_depthwise, conv_shift, conv_weight, conv_weight_many, parallel
from minicv.kernels.reference import conv
from minicv.kernels.reference.im2col import Im2col
from minicv.kernels.reference.unfold import fold, output_size, unfold
from tests.kernels.drawn import rngs, sizes
from tests.kernels.guarded import run_guarded

# Kernel and the module that computes it; the weight gradient has two ways.
FAST = [
    ("conv2d", conv_shift),
    ("conv_transpose2d", conv_shift),
    ("conv2d_weight", conv_weight),
    ("conv2d_weight", conv_weight_many),
]
fast = pytest.mark.parametrize(("name", "way"), FAST, ids=lambda value: getattr(value, "__name__", value))


def arguments(rng, N, C, size, K, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Arrays of one convolution, and the arguments of each kernel by its name."""
    x = rng.standard_normal((N, C, *size)).astype(np.float32)
    w = rng.standard_normal((K, C // groups, *kernel_size)).astype(np.float32)
    windows = output_size(size, kernel_size, stride, padding, dilation)
    y = rng.standard_normal((N, K, *windows)).astype(np.float32)
    of_filters, of_channels = (rng.standard_normal(n).astype(np.float32) for n in (K, C))
    rest = stride, padding, dilation, groups
    return {
        "conv2d": (x, w, of_filters, *rest),
        "conv_transpose2d": (y, w, of_channels, size, *rest),
        "conv2d_weight": (x, y, kernel_size, *rest),
    }


# The definition as a matrix product, which test_conv.py compares with the loop over all cells: a tenth of its time.
COLUMNS = Im2col(np, unfold, fold, limit=2**20)

# Of what each sum comes to without its signs, for it may be near 0 where its terms are not. Seen was a quarter.
TOLERANCE = 10 * np.finfo(np.float32).eps


def check(name, way, args, definition=conv):
    """Compare with the definition, computed in float64."""
    got = getattr(way, name)(*args)
    exact = [a.astype(float) if isinstance(a, np.ndarray) else a for a in args]
    wanted = getattr(definition, name)(*exact)
    assert (got.dtype, got.shape) == (np.float32, wanted.shape)
    terms = getattr(COLUMNS, name)(*(abs(a) if isinstance(a, np.ndarray) else a for a in exact))
    wrong = np.abs(got - wanted) > TOLERANCE * terms
    assert not wrong.any(), (args[2:], np.argwhere(wrong)[:5], got[wrong][:5], wanted[wrong][:5])


CASES = {
    "tails of the last vector": [
        dict(N=1, C=2, size=(1, n), K=K, kernel_size=(1, 2))
        for K, widths in [(3, [*range(2, 52), 64, 65, 66, 113, 114, 129]), (7, range(40, 52))]
        for n in widths
    ],
    "numbers of filters": [dict(N=1, C=1, size=(3, 20), K=K, kernel_size=(2, 2)) for K in range(1, 18)],
    "several blocks of rows": [dict(N=2, C=3, size=(40, 90), K=9, kernel_size=(3, 3), padding=(1, 1))],
    "blocks, many channels": [dict(N=1, C=300, size=(20, 40), K=2, kernel_size=(3, 3), padding=(1, 1))],
    "a row that is a block": [dict(N=1, C=1, size=(3, 2000), K=2, kernel_size=(3, 5), padding=(1, 2))],
    "strides": [
        dict(N=2, C=3, size=(17, 19), K=4, kernel_size=(k, k), stride=(s, t), padding=(p, k // 2))
        for k in (1, 2, 3, 4)
        for s, t in [(2, 2), (1, 3), (4, 1), (5, 5)]
        for p in (0, 1)
    ],
    "dilations": [
        dict(N=1, C=2, size=(15, 18), K=3, kernel_size=(3, 2), stride=(s, s), padding=(3, 4), dilation=(d, e))
        for s in (1, 2, 3)
        for d, e in [(2, 3), (6, 1), (1, 5)]
    ],
    "padding larger than the image": [
        dict(N=1, C=2, size=(3, 4), K=3, kernel_size=(k, k), padding=(p, q), stride=(s, s))
        for k in (1, 3)
        for p, q in [(9, 40), (40, 9), (0, 20)]
        for s in (1, 2, 3)
    ],
    "pixels that no window reads": [
        dict(N=1, C=1, size=(9, 9), K=1, kernel_size=(2, 2), stride=(s, s)) for s in (2, 3, 4, 7)
    ],
    "groups": [
        dict(N=2, C=6, size=(6, 7), K=K, kernel_size=(3, 3), padding=(1, 1), groups=g, stride=(s, s))
        for K, g in [(6, 6), (12, 6), (6, 2), (18, 3)]
        for s in (1, 2)
    ],
    "many channels": [
        dict(N=N, C=C, size=size, K=K, kernel_size=(k, k), stride=(s, s), padding=(k // 2, 0), groups=g)
        for N, C, size, K, k, s, g in [
            (9, 50, (5, 6), 9, 1, 1, 1),
            (2, 98, (7, 7), 17, 3, 1, 1),
            (1, 150, (9, 8), 3, 3, 2, 1),
            (2, 150, (4, 4), 130, 1, 2, 2),
        ]
    ],
    "depthwise": [
        dict(N=9, C=3, size=(n, n), K=3, kernel_size=(5, 5), padding=(2, 2), groups=3, stride=(s, s))
        for n in (7, 12)
        for s in (1, 2)
    ],
    "no images": [dict(N=0, C=2, size=(5, 5), K=3, kernel_size=(3, 3))],
}


# For each of them there is a way in place.
DEPTHWISE = [
    dict(N=N, C=3, size=size, K=3, groups=3, kernel_size=kernel, stride=(s, s), padding=padding)
    for N, size, kernel, padding in [
        (2, (7, 7), (3, 3), (1, 1)),
        (1, (5, 33), (3, 3), (0, 2)),
        (1, (34, 16), (5, 7), (4, 3)),
        (9, (1, 1), (3, 3), (1, 1)),
        (1, (2, 65), (1, 3), (0, 1)),
        (0, (4, 4), (2, 3), (1, 0)),
    ]
    for s in (1, 2)
]
DEPTHWISE += [dict(N=2, C=3, size=(5, 18), K=3, groups=3, kernel_size=(2, 2), stride=(2, 2), padding=(1, 1))]


def in_place(setting):
    """Kernels and arguments of a depthwise convolution."""
    listed = arguments(np.random.default_rng(0), **setting)
    return [(name, conv_depthwise, args) for name, args in listed.items()]


@pytest.mark.parametrize("setting", DEPTHWISE)
def test_depthwise(setting):
    for name, way, args in in_place(setting):
        assert conv_depthwise.suits(setting["kernel_size"], *args[-4:-1])
        check(name, way, args)


@fast
@pytest.mark.parametrize("case", CASES)
def test_listed(case, name, way):
    for setting in CASES[case]:
        check(name, way, arguments(np.random.default_rng(0), **setting)[name], COLUMNS)


@fast
@given(rng=rngs, data=st.data())
def test_drawn(name, way, rng, data):
    kernel_size, stride, dilation = (data.draw(sizes(1, 4)) for _ in range(3))
    padding, windows = data.draw(sizes(0, 7)), data.draw(sizes(1, 20))
    unread = data.draw(sizes(0, 3))
    size = tuple(
        max(1, (n - 1) * s + d * (k - 1) + 1 - 2 * p + min(u, s - 1))
        for n, s, d, k, p, u in zip(windows, stride, dilation, kernel_size, padding, unread)
    )
    groups = data.draw(st.integers(1, 3))
    C, K = (groups * data.draw(st.integers(1, 9)) for _ in range(2))
    N = data.draw(st.integers(0, 2))
    check(name, way, arguments(rng, N, C, size, K, kernel_size, stride, padding, dilation, groups)[name])


@fast
def test_inputs_in_any_layout(name, way):
    """Strided, reversed, transposed, read-only: computed as their contiguous copies are."""
    first, second, *rest = arguments(np.random.default_rng(0), 2, 3, (9, 10), 5, (3, 3), padding=(1, 1))[name]
    for a, b in [(first[..., ::-1], second[::-1]), (first[::-1], np.asfortranarray(second))]:
        a.flags.writeable = b.flags.writeable = False
        check(name, way, (a, b, *rest))


@pytest.mark.skipif(os.name != "posix", reason="mprotect is POSIX")
@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("case", [*CASES, "in place"])
def test_nothing_outside_the_arrays_is_touched(case, at_end, monkeypatch):
    """Inputs, weights, tables and output each border on a forbidden page: an access there ends the process."""

    for setting in CASES.get(case, DEPTHWISE):
        listed = arguments(np.random.default_rng(0), **setting)
        ways = [(*way, listed[way[0]]) for way in FAST] if case in CASES else in_place(setting)
        for name, way, args in ways:
            kernel = getattr(way, name)
            wanted = kernel(*args)
            with monkeypatch.context() as patch:
                patch.setattr(parallel, "run", partial(run_guarded, at_end))
                np.testing.assert_array_equal(kernel(*args), wanted)


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d", "conv2d_weight"])
def test_inf_and_nan_reach_the_cells_that_they_belong_to_and_no_others(name, stride, value):
    rng = np.random.default_rng(0)
    settings = dict(stride=(stride, stride), padding=(2, 1))
    for position, C, K, groups in [(p, *n) for p in (0, 1) for n in [(2, 3, 1), (50, 3, 1), (3, 3, 3)]]:
        args = arguments(rng, 2, C, (11, 12), K, (3, 3), **settings, groups=groups)[name]
        args[position][-1, 0, -1, 0] = value  # at the border, where zeros are near
        with np.errstate(invalid="ignore"):  # NumPy says when Inf * 0 = NaN comes about
            wanted, got = getattr(conv, name)(*args), getattr(kernels, name)(*args)
        assert not np.isfinite(wanted).all() and np.isfinite(wanted).any()
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=4e-5)


def test_the_same_bits_for_any_number_of_threads_and_callers():
    rng = np.random.default_rng(0)
    settings = arguments(rng, 9, 8, (33, 35), 12, (3, 3), stride=(2, 1), padding=(1, 1))

    def results():
        return [getattr(way, name)(*settings[name]).tobytes() for name, way in FAST]

    before = parallel.get_num_threads()
    try:
        parallel.set_num_threads(1)
        alone = results()
        for n in (2, 5):
            parallel.set_num_threads(n)
            with ThreadPoolExecutor(4) as callers:
                assert [f.result() for f in [callers.submit(results) for _ in range(8)]] == [alone] * 8
    finally:
        parallel.set_num_threads(before)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d", "conv2d_weight"])
def test_columns_take_over_where_zeros_do_harm_and_for_other_dtypes(name, monkeypatch):
    """An infinite factor that meets the zeros between the rows of the shifted images: the exact way answers."""
    taken, original = [], getattr(Im2col, name)
    monkeypatch.setattr(Im2col, name, lambda *args: taken.append(args) or original(*args))

    def by_columns(args):
        taken.clear()
        with np.errstate(invalid="ignore"):
            getattr(kernels, name)(*args)
        return bool(taken)

    args = arguments(np.random.default_rng(0), 1, 2, (3, 7), 2, (1, 1))[name]
    assert not by_columns(args)
    assert by_columns([a.astype(float) if isinstance(a, np.ndarray) else a for a in args])
    args[name != "conv2d_weight"][0] = np.inf
    assert by_columns(args) == (name != "conv2d")


# Run by a processor that lacks AVX-512, as far as LLVM knows; prints how many functions were compiled.
OLDER = """
import numpy as np
from numba.core import event
with event.install_recorder("numba:compile") as compilations:
    from tests.kernels import test_conv_fast as tests
    for case in ("tails of the last vector", "strides", "many channels", "depthwise"):
        for name, way in tests.FAST:
            tests.test_listed(case, name, way)
    for setting in tests.DEPTHWISE:
        tests.test_depthwise(setting)
    from tests.kernels import test_winograd
    for kind in test_winograd.KINDS:
        test_winograd.test_listed("blocks of channels", kind)
    from tests.kernels import test_linear
    for size in (1, 47, 130):
        test_linear.check(size, 2 * size, 70, np.random.default_rng(0))
print(len(compilations.buffer) // 2)
"""


@pytest.mark.slow
def test_a_processor_without_avx512_and_a_cache_that_is_found_again(tmp_path):
    older = {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", OLDER],
            env={**os.environ, **older},
            check=True,
            capture_output=True,
            timeout=600,
        )
        counts.append(int(done.stdout))
    assert counts[0] > 0 and counts[1] == 0
