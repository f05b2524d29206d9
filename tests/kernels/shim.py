"""CUDA sources on a machine without a GPU, run by a C++ compiler: the RawModule of the stand-in for CuPy.

It compiles the source with g++ behind ``shim.h`` and calls it through ctypes, after checking each argument against the
signature that it reads in the source: what a GPU would silently misread is an error here.
"""

import ctypes
import hashlib
import os
import re
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "kernels" / "gpu").glob("*.cu"))

SIGNATURE = re.compile(r'extern "C" __global__ void (?:__launch_bounds__\([^)]*\)\s+)?(\w+)\(([^)]*)\)')
HEADER = Path(__file__).with_name("shim.h")
DTYPES = {"float": np.float32, "double": np.float64, "long long": np.int64, "int": np.int32}


def signatures(source):
    """Kernels of a source: name -> list of (C type, parameter name)."""
    found = {}
    for name, parameters in SIGNATURE.findall(source):
        parameters = parameters.replace("__restrict__", "")
        split = [re.fullmatch(r"\s*(.+?)\s*\b(\w+)\s*", p, re.S) for p in parameters.split(",")]
        found[name] = [(re.sub(r"\s+", " ", m[1]).replace(" *", "*"), m[2]) for m in split]
    return found


def compile_source(source, folder):
    """Build a shared library out of a source and a launcher for each of its kernels; once, if folder is kept."""
    launchers = []
    shared, *bodies = source.split('extern "C" __global__')
    for body, (kernel, parameters) in zip(bodies, signatures(source).items(), strict=True):
        declared = ", ".join(f"{kind} {parameter}" for kind, parameter in parameters)
        passed = ", ".join(parameter for _, parameter in parameters)
        # Last thread first: a kernel whose result depends on the order of the threads gives itself away.
        alone = f"for (threadIdx.x = block; threadIdx.x-- > 0;) {kernel}({passed});"
        in_step = f"if (!in_step([&] {{ {kernel}({passed}); }})) return 1;"
        launchers.append(f"""
extern "C" int launch_{kernel}(unsigned grid, unsigned block, {declared}) {{
    blockDim.x = block, gridDim.x = grid;
    for (blockIdx.x = grid; blockIdx.x-- > 0;) {in_step if "__syncthreads" in shared + body else alone}
    return 0;
}}""")
    text = f"{HEADER.read_text()}\n{source}\n{''.join(launchers)}\n"
    library = Path(folder, hashlib.sha256(text.encode()).hexdigest()[:16] + ".so")
    if not library.exists():
        written, built = library.with_suffix(f".{os.getpid()}.cpp"), library.with_suffix(f".{os.getpid()}")
        written.write_text(text)
        flags = [
            "-std=c++14",  # with 17, a third of the time would go into reading <algorithm>
            "-O1",
            "-Wall",
            "-Wno-unknown-pragmas",
            "-Wno-unused-function",
            "-Wno-maybe-uninitialized",
            "-Werror",
            "-U_FORTIFY_SOURCE",  # which takes a jump to another stack for an attack
        ]
        subprocess.run(["g++", *flags, "-shared", "-fPIC", str(written), "-o", str(built)], check=True)
        os.replace(built, library)
    return ctypes.CDLL(str(library))


class RawModule:
    """cupy.RawModule, for the host."""

    folder = None  # where the libraries go; a fixture sets it

    def __init__(self, code, options=()):
        scalar = re.match(r"typedef (\w+) T;\n", code)[1]
        self.parameters = {
            name: [(re.sub(r"\bT\b", scalar, kind), parameter) for kind, parameter in parameters]
            for name, parameters in signatures(code).items()
        }
        self.library = compile_source(code, self.folder)

    def get_function(self, name):
        launcher, parameters = getattr(self.library, f"launch_{name}"), self.parameters[name]

        def launch(grid, block, args):
            assert len(grid) == len(block) == 1 and 0 < grid[0] < 2**31 and 0 < block[0] <= 1024
            if len(args) != len(parameters):
                raise TypeError(f"{name}: takes {len(parameters)} arguments; got {len(args)}")
            values = [convert(name, *expected, arg) for expected, arg in zip(parameters, args)]
            if launcher(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), *values):
                raise RuntimeError(
                    f"{name}: some threads of a block passed by a barrier that others waited at"
                )

        return launch


def convert(kernel, kind, parameter, arg):
    """Argument as ctypes wants it, if it is exactly what the kernel's parameter says."""
    array, dtype = kind.endswith("*"), DTYPES[re.sub(r"^const |\*$", "", kind).strip()]
    if array:
        fits = type(arg).__module__ == "cupy" and arg.dtype == dtype and arg.flags.c_contiguous
        fits = fits and (kind.startswith("const ") or arg.host.flags.writeable)
    else:
        fits = type(arg) is dtype
    if not fits:
        got = f"{arg.dtype} with strides {arg.strides}" if hasattr(arg, "strides") else repr(arg)
        raise TypeError(f"{kernel}: {parameter} must be {kind}, contiguous and of its size; got {got}")
    return ctypes.c_void_p(arg.host.ctypes.data) if array else np.ctypeslib.as_ctypes_type(dtype)(arg)
