"""Convolution where it takes several blocks, parts of sums, phases of a stride: what no small case reaches."""

import numpy as np
import pytest

from minicv import kernels

# N, C, K, height and width, kernel_size, stride, padding, dilation, groups
CASES = {
    "rows of 32": (1, 3, 20, (9, 17), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "rows of 64, two columns": (2, 5, 40, (12, 13), (3, 2), (1, 1), (1, 0), (1, 1), 1),
    "rows of 128, twice": (1, 4, 130, (6, 6), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "few blocks, long sums": (2, 64, 16, (5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "phases": (2, 9, 33, (8, 9), (4, 3), (2, 3), (1, 1), (1, 1), 1),
    "phases without taps": (1, 3, 4, (9, 9), (1, 2), (3, 3), (0, 1), (1, 1), 1),
    "stride and dilation": (1, 6, 5, (13, 12), (3, 3), (2, 2), (2, 1), (2, 3), 1),
    "groups in tiles": (2, 20, 36, (6, 5), (3, 3), (1, 2), (1, 1), (1, 1), 2),
    "depthwise": (2, 6, 6, (9, 8), (3, 3), (2, 1), (1, 1), (1, 1), 6),
    "depthwise, doubled": (2, 3, 6, (20, 20), (3, 3), (1, 1), (0, 1), (2, 1), 3),
    "one pixel": (3, 7, 5, (4, 5), (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "one pixel, stride": (3, 7, 5, (4, 5), (1, 1), (2, 3), (0, 0), (1, 1), 1),
    "one pixel, padded": (1, 3, 5, (4, 5), (1, 1), (1, 1), (1, 1), (1, 1), 1),
    "no images": (0, 3, 5, (4, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1),
}


@pytest.mark.parametrize("leaf", ["gpu", "gpu on the host"], indirect=True)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES)
def test_the_trio(case, dtype, leaf):
    N, C, K, size, kernel_size, *geometry, groups = CASES[case]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, C, *size))
    w = rng.standard_normal((K, C // groups, *kernel_size))
    bias, bias_back = rng.standard_normal(K), rng.standard_normal(C)
    columns = {
        name: kernels.implementation(name, "cpu") for name in ("conv2d", "conv_transpose2d", "conv2d_weight")
    }
    wanted = columns["conv2d"](x, w, bias, *geometry, groups)
    y = rng.standard_normal(wanted.shape)
    calls = {
        "conv2d": (x, w, bias, *geometry, groups),
        "conv_transpose2d": (y, w, bias_back, size, *geometry, groups),
        "conv2d_weight": (x, y, kernel_size, *geometry, groups),
    }
    for name, arguments in calls.items():
        cast = [a.astype(dtype) if isinstance(a, np.ndarray) else a for a in arguments]
        got, wanted = leaf(name)(*cast), columns[name](*arguments)
        assert got.dtype == dtype
        tolerance = {np.float32: 1e-5, np.float64: 1e-13}[dtype]
        np.testing.assert_allclose(
            got, wanted, rtol=0, atol=tolerance * np.abs(wanted).max(initial=1), err_msg=name
        )
