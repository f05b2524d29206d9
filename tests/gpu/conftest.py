"""The two GPUs that the engine is tried on: the real one, and the stand-in, which needs none."""

import pytest

from minicv import kernels
from tests.gpu import stand_in
from tests.kernels.conftest import _has_gpu, shimmed  # noqa: F401  (a fixture)


@pytest.fixture
def on_the_host(shimmed, monkeypatch):  # noqa: F811
    """The stand-in in the place of CuPy, also in the dispatcher."""
    original = kernels.implementation

    def implementation(name, leaf):
        return getattr(shimmed[kernels.registry[name]], name) if leaf == "gpu" else original(name, leaf)

    monkeypatch.setattr(kernels, "implementation", implementation)
    with stand_in.installed() as cupy:
        yield cupy


@pytest.fixture(params=["gpu", "gpu on the host"])
def cuda(request):
    """The module ``cupy``; the device "cuda" can be used."""
    if request.param == "gpu on the host":
        return request.getfixturevalue("on_the_host")
    if not _has_gpu():
        pytest.skip("no GPU, or no CuPy")
    import cupy

    return cupy
