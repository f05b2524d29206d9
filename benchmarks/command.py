"""The command line of ``python -m benchmarks`` and ``minicv bench``."""

import json
import os
import platform
import time
from functools import partial

import numba
import numpy

import minicv

from . import compare, report, sides
from .entries import GROUPS, entries

HELP = """Measure minicv beside PyTorch, where that is installed: training steps, layers, kernels and whole networks.
Let nothing else run meanwhile, and quote ratios, not times."""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument(
        "--only", metavar="TEXT", help=f"groups ({', '.join(GROUPS)}) or rows whose name holds this"
    )
    parser.add_argument("--turns", type=int, default=15, help="times each side has its turn (default 15)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--separate", action="store_true", help="each side in processes of its own: the figure to quote"
    )
    how.add_argument(
        "--busy", action="store_true", help="for a machine with other work: one thread's processor time"
    )
    parser.add_argument("--json", metavar="FILE", help="also write the results here")


def run(args):
    """Measure, print a table, and write the JSON that was asked for."""
    if args.turns < 1:
        raise ValueError(f"bench: --turns must be at least 1; got {args.turns}.")
    chosen = [
        entry for entry in entries() if not args.only or entry.group == args.only or args.only in entry.name
    ]
    if not chosen:
        raise ValueError(f"bench: nothing has {args.only!r} in its name; the groups are {', '.join(GROUPS)}.")
    measure = compare.separate if args.separate else compare.interleaved
    if args.busy:
        compare.use_one_thread()
        measure = partial(compare.interleaved, clock=time.thread_time)
    results = {}
    for group, sentence in GROUPS.items():
        rows = results[group] = {}
        for entry in (entry for entry in chosen if entry.group == group):
            if not rows:
                print(report.heading(group, sentence))
            rows[entry.name] = measure(entry, args.turns)
            print(report.line(entry.name, rows[entry.name]), flush=True)
        if rows:
            print(report.summary(group, rows.values()))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(facts() | {"results": results}, file, indent=1)
    return 0


def facts():
    """What the numbers depend on: versions and machine."""
    versions = {"minicv": minicv.__version__, "numpy": numpy.__version__, "numba": numba.__version__}
    if "torch" in sides.available():
        versions["torch"] = sides.side("torch").__version__
    machine = {
        "processor": platform.machine(),
        "cores": minicv.get_num_threads(),
        "python": platform.python_version(),
    }
    return {"versions": versions, "machine": machine, "load": os.getloadavg()[0]}
