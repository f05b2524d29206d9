"""``minicv warmup``: compile every kernel now, so that no later run has to wait for it."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from .. import kernels

HELP = """Compile the CPU kernels, all of them, and keep the result on disk. Without it each is compiled when it is
first called. Takes up to a minute; a second time, about a second."""

# They take longest to compile, and so come first: at the end no core waits for one of them.
LONGEST = "conv", "softmax", "resample", "norm"


def add_arguments(parser):
    """Declare the command's options: there are none."""


def run(args):
    """Compile on all cores, with a progress bar, and say where the result is kept."""
    from tqdm import tqdm

    from ..kernels.cpu import jit, warmup

    folder = jit.cache_folder()
    if folder is None:
        print(
            "No folder for compiled kernels can be written to, so each run compiles what it calls. Nothing was done."
        )
        return 0
    start = time.perf_counter()
    modules = sorted(set(kernels.registry.values()), key=lambda module: (module not in LONGEST, module))
    # Processes, since Numba compiles one function at a time; started afresh, since forks inherit locked locks.
    with ProcessPoolExecutor(kernels.get_num_threads(), multiprocessing.get_context("spawn")) as pool:
        tasks = [pool.submit(warmup.compile_module, module) for module in modules]
        done = tqdm(as_completed(tasks), "compiling the kernels", len(tasks), unit="module", disable=None)
        compiled = sum(task.result() for task in done)
    print(f"{compiled} functions compiled in {time.perf_counter() - start:.0f} s; kept in {folder}")
    return 0
