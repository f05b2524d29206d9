"""The stand-in for CuPy refuses what a GPU would silently misread."""

import numpy as np
import pytest

from tests.gpu.stand_in import ndarray as device
from tests.kernels.shim import RawModule

N = np.int64(2)
X = device(np.ones(2, np.float32))


@pytest.fixture
def pick(shimmed):
    return shimmed["launch"]._kernel("max_pool", "pick", "float32", False, ())


def good():
    """The arguments of pick: total, x, indices, y, size, count."""
    indices, y = device(np.array([1, -1], np.int32)), device(np.zeros(2, np.float32))
    return [N, X, indices, y, np.int32(2), np.int32(2)]


def test_right_arguments(pick):
    args = good()
    pick((1,), (256,), args)
    np.testing.assert_array_equal(args[3].get(), [1, 0])


@pytest.mark.parametrize(
    ("position", "wrong"),
    [
        (0, 2),  # a Python integer: CuPy passes 8 bytes whatever the kernel expects
        (0, np.int32(2)),
        (1, X.astype(np.float64)),
        (1, device(np.ones(4, np.float32)[::2])),
        (1, np.ones(2, np.float32)),  # of the host
        (1, [1.0, 2.0]),
        (2, device(np.array([1, -1]))),
        (4, 2),
        (4, np.int64(2)),
        (5, 2.0),
    ],
)
def test_wrong_arguments(pick, position, wrong):
    args = good()
    args[position] = wrong
    with pytest.raises(TypeError, match=r"pick: \w+ must be"):
        pick((1,), (256,), args)


def test_wrong_number_of_arguments(pick):
    with pytest.raises(TypeError, match="takes 6 arguments; got 5"):
        pick((1,), (256,), good()[:5])


def test_output_must_be_writable(pick):
    args = good()
    args[3].host.flags.writeable = False
    with pytest.raises(TypeError, match="y must be"):
        pick((1,), (256,), args)


def test_a_barrier_that_some_threads_pass_by_is_refused(shimmed):
    """A GPU would hang. Afterwards the kernel runs as before."""
    source = """typedef float T;
extern "C" __global__ void turn_round(const T* x, T* y, int waiting) {
    __shared__ T held[8];
    int lane = threadIdx.x;
    held[lane] = x[lane];
    if (lane < waiting) __syncthreads();
    y[lane] = held[blockDim.x - 1 - lane] + blockIdx.x;
}"""
    turn_round = RawModule(source).get_function("turn_round")
    x, y = device(np.arange(8, dtype=np.float32)), device(np.zeros(8, np.float32))
    for grid in (1, 3):
        with pytest.raises(RuntimeError, match="turn_round: some threads of a block passed by a barrier"):
            turn_round((grid,), (8,), [x, y, np.int32(7)])
        turn_round((grid,), (8,), [x, y, np.int32(8)])
        np.testing.assert_array_equal(y.get(), x.get()[::-1])  # the first block comes last


def test_launch_refuses_sizes_that_do_not_fit(shimmed):
    with pytest.raises(OverflowError):
        shimmed["launch"].launch("max_pool", "pick", np.dtype(np.float32), 2, *good()[1:4], 2**31, 2)


def test_launch_refuses_other_scalars(shimmed):
    with pytest.raises(TypeError, match="float32 or float64; got float16"):
        shimmed["max_pool"].pick(
            device(np.ones((1, 1, 2, 2), np.float16)), device(np.zeros((1, 1, 1), np.int64))
        )
