"""The GPU leaf on a machine without a GPU: its own Python and its own CUDA sources, run by a C++ compiler.

The Python of ``kernels/gpu`` is imported with a stand-in for CuPy, which hands out NumPy arrays. Its
RawModule compiles the source with g++ behind ``shim.h`` and calls it through ctypes, after checking each
argument against the signature that it reads in the source: what a GPU would silently misread is an error
here.
"""

import ctypes
import importlib
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "kernels" / "gpu").glob("*.cu"))

# What the leaf may use of CuPy: functions that CuPy has with NumPy's meaning.
CUPY = ("asarray", "ascontiguousarray", "empty", "full", "zeros")

SIGNATURE = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)')
DTYPES = {"float": np.float32, "double": np.float64, "long long": np.int64, "int": np.int32}


def signatures(source):
    """Kernels of a source: name -> list of (C type, parameter name)."""
    found = {}
    for name, parameters in SIGNATURE.findall(source):
        split = [re.fullmatch(r"\s*(.+?)\s*\b(\w+)\s*", p, re.S) for p in parameters.split(",")]
        found[name] = [(re.sub(r"\s+", " ", m[1]), m[2]) for m in split]
    return found


def compile_source(source, folder, name):
    """Build a shared library out of a source and a launcher for each of its kernels."""
    launchers = []
    for kernel, parameters in signatures(source).items():
        declared = ", ".join(f"{kind} {parameter}" for kind, parameter in parameters)
        passed = ", ".join(parameter for _, parameter in parameters)
        # Last thread first: a kernel whose result depends on the order of the threads gives itself away.
        launchers.append(f"""
extern "C" void launch_{kernel}(unsigned grid, unsigned block, {declared}) {{
    blockDim.x = block;
    for (blockIdx.x = grid; blockIdx.x-- > 0;)
        for (threadIdx.x = block; threadIdx.x-- > 0;) {kernel}({passed});
}}""")
    text = Path(folder, f"{name}.cpp")
    text.write_text(f'#include "{Path(__file__).with_name("shim.h")}"\n{source}\n{"".join(launchers)}\n')
    library = text.with_suffix(".so")
    flags = ["-O1", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["g++", *flags, str(text), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


class RawModule:
    """cupy.RawModule, for the host."""

    folder = None  # where the libraries go; set by load()

    def __init__(self, code, options=()):
        scalar = re.match(r"typedef (\w+) T;\n", code)[1]
        self.parameters = {
            name: [(re.sub(r"\bT\b", scalar, kind), parameter) for kind, parameter in parameters]
            for name, parameters in signatures(code).items()
        }
        self.library = compile_source(code, self.folder, "_".join([*self.parameters, scalar]))

    def get_function(self, name):
        launcher, parameters = getattr(self.library, f"launch_{name}"), self.parameters[name]

        def launch(grid, block, args):
            assert len(grid) == len(block) == 1 and 0 < grid[0] < 2**31 and 0 < block[0] <= 1024
            if len(args) != len(parameters):
                raise TypeError(f"{name}: takes {len(parameters)} arguments; got {len(args)}")
            values = [convert(name, *expected, arg) for expected, arg in zip(parameters, args)]
            launcher(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), *values)

        return launch


def convert(kernel, kind, parameter, arg):
    """Argument as ctypes wants it, if it is exactly what the kernel's parameter says."""
    array, dtype = kind.endswith("*"), DTYPES[re.sub(r"^const |\*$", "", kind).strip()]
    if array:
        fits = type(arg) is np.ndarray and arg.dtype == dtype and arg.flags.c_contiguous
        fits = fits and (kind.startswith("const ") or arg.flags.writeable)
    else:
        fits = type(arg) is dtype
    if not fits:
        got = f"{arg.dtype} with strides {arg.strides}" if isinstance(arg, np.ndarray) else repr(arg)
        raise TypeError(f"{kernel}: {parameter} must be {kind}, contiguous and of its size; got {got}")
    return ctypes.c_void_p(arg.ctypes.data) if array else np.ctypeslib.as_ctypes_type(dtype)(arg)


def load(folder):
    """Import the GPU leaf a second time, with the stand-in for CuPy; return name of a module -> module."""
    stand_in = types.ModuleType("cupy")
    stand_in.RawModule = type("RawModule", (RawModule,), {"folder": folder})
    for name in CUPY:
        setattr(stand_in, name, getattr(np, name))
    package = types.ModuleType("host_kernels")
    package.__path__ = [str(ROOT / "kernels")]
    before = sys.modules.get("cupy")
    sys.modules.update(cupy=stand_in, host_kernels=package)
    try:
        return {
            p.stem: importlib.import_module(f"host_kernels.gpu.{p.stem}")
            for p in (ROOT / "kernels" / "gpu").glob("[a-z]*.py")
        }
    finally:
        del sys.modules["cupy"]
        if before is not None:
            sys.modules["cupy"] = before
