"""Every CUDA source compiles to PTX with NVIDIA's own compiler, which needs no GPU: it comes as a wheel."""

import ctypes
import importlib.util
from pathlib import Path

import pytest

from tests.kernels import shim


@pytest.fixture(scope="module")
def nvrtc():
    """NVRTC's library out of the wheel nvidia-cuda-nvrtc, in a folder that depends on the CUDA version."""
    found = importlib.util.find_spec("nvidia")
    folders = map(Path, found.submodule_search_locations) if found else ()
    libraries = [path for folder in folders for path in sorted(folder.glob("*/lib/libnvrtc.so.*"))]
    if not libraries:
        pytest.skip("the wheel nvidia-cuda-nvrtc is not installed")
    return ctypes.CDLL(str(libraries[0]))


def compile_to_ptx(nvrtc, source, *options):
    """PTX of a CUDA source; AssertionError with the compiler's log where it does not compile."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None) == 0
    passed = (ctypes.c_char_p * len(options))(*map(str.encode, options))
    failed = nvrtc.nvrtcCompileProgram(program, len(options), passed)
    what = "ProgramLog" if failed else "PTX"
    assert getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)) == 0
    text = ctypes.create_string_buffer(size.value)
    assert getattr(nvrtc, f"nvrtcGet{what}")(program, text) == 0
    assert nvrtc.nvrtcDestroyProgram(ctypes.byref(program)) == 0
    assert not failed, text.value.decode()
    return text.value.decode()


# What a launch sets where a source leaves a choice.
CHOICES = {
    "conv": ["#define ROWS 32", "#define ROWS 64", "#define ROWS 128"],
    "softmax": ["#define LANES 256", ""],
}


@pytest.mark.parametrize(("scalar", "cell"), [("float", "unsigned"), ("double", "long long")])
@pytest.mark.parametrize("path", shim.SOURCES, ids=lambda path: path.stem)
def test_compiles_to_ptx(path, scalar, cell, nvrtc):
    source = path.read_text()
    assert source.count("__global__") == len(shim.signatures(source)) > 0
    for choice in CHOICES.get(path.stem, [""])[: None if scalar == "float" else 1]:
        head = f"typedef {scalar} T;\ntypedef {cell} Cell;\n{choice}\n"
        ptx = compile_to_ptx(nvrtc, head + source, "--std=c++17", "--gpu-architecture=compute_90")
        for kernel in shim.signatures(source):
            assert f".entry {kernel}(" in ptx


def test_a_broken_source_does_not(nvrtc):
    with pytest.raises(AssertionError, match="undefined"):
        compile_to_ptx(nvrtc, 'extern "C" __global__ void f(float* x) { x[thread] = 1; }')
