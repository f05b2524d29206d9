"""The implementations that can run on this machine, behind one face: NumPy arrays in, NumPy arrays out."""

import shutil

import numpy as np
import pytest

from minicv import kernels
from tests.gpu import stand_in
from tests.kernels import shim


def _has_gpu():
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount() > 0
    except Exception:  # not installed, no driver, a driver without a device: there is nothing to test
        return False


def _through(cupy, function):
    """A GPU kernel on NumPy arrays; tables inside tuples stay on the host, as the ops pass them."""

    def run(*args):
        sent = [cupy.array(a, order="K") if isinstance(a, np.ndarray) else a for a in args]
        out = function(*sent)
        if out is None:  # it has changed its arguments
            for a, s in zip(args, sent):
                if isinstance(a, np.ndarray):
                    a[...] = cupy.asnumpy(s)
            return None
        return tuple(map(cupy.asnumpy, out)) if isinstance(out, tuple) else cupy.asnumpy(out)

    return run


@pytest.fixture(scope="session")
def shimmed(request):
    """The modules of the GPU leaf, on the host."""
    if shutil.which("g++") is None:
        pytest.skip("no g++, with which the CUDA sources could be run on the host")
    shim.RawModule.folder = request.config.cache.mkdir("shim")
    return stand_in.load_leaf()


@pytest.fixture(params=["cpu", "gpu", "gpu on the host"])
def leaf(request):
    """A function: name of a kernel -> its implementation in one of the leaves."""
    if request.param == "gpu on the host":
        modules = request.getfixturevalue("shimmed")
        return lambda name: _through(stand_in.module, getattr(modules[kernels.registry[name]], name))
    if request.param == "gpu":
        if not _has_gpu():
            pytest.skip("no GPU, or no CuPy")
        import cupy

        return lambda name: _through(cupy, kernels.implementation(name, "gpu"))
    return lambda name: kernels.implementation(name, "cpu")
