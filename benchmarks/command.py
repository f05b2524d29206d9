"""The command line of ``python -m benchmarks`` and ``minicv bench``."""

import datetime
import platform
import re
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import minicv

from . import compare, floors, report, sides, store
from .entries import GROUPS, entries

HELP = """Measure minicv beside PyTorch, where that is installed: training steps, layers, kernels, whole networks,
start-up and memory. Let nothing else run meanwhile, and quote ratios, not times."""


def add_arguments(parser):
    """Declare the command's options."""
    only = f"a group ({', '.join(GROUPS)}), or the rows whose names hold this text"
    parser.add_argument("--only", metavar="TEXT", help=only)
    parser.add_argument("--turns", type=int, default=11, help="turns of each side (default 11)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--separate", action="store_true", help="each side in processes of its own")
    how.add_argument(
        "--busy", action="store_true", help="for a machine with other work: one thread's processor time"
    )
    how.add_argument("--store", action="store_true", help="keep a whole run, with its picture and tables")
    parser.add_argument("--json", metavar="FILE", help="write the results here")


def run(args):
    """Measure, print a table, and keep what was asked for."""
    if args.turns < 1:
        raise ValueError(f"bench: --turns must be at least 1; got {args.turns}.")
    if args.store and not store.PAGE.exists():
        raise ValueError(
            "bench: a run is stored in the benchmarks/ of a checkout; here, write it with --json."
        )
    if args.store and args.only:
        raise ValueError("bench: only a whole run is stored; leave out --only, or write it with --json.")
    chosen = [
        entry for entry in entries() if not args.only or entry.group == args.only or args.only in entry.name
    ]
    if not chosen:
        raise ValueError(f"bench: nothing has {args.only!r} in its name; the groups are {', '.join(GROUPS)}.")
    document = facts()
    if args.busy:
        compare.use_one_thread()
    clock = time.thread_time if args.busy else time.perf_counter
    document["rates"] = rates = floors.rates(clock)
    print(
        f"{rates['operations'] / 1e9:.0f} GFLOP/s of a matrix product, {rates['bytes'] / 1e9:.1f} GB/s of a copy"
    )
    document["results"] = _table(
        chosen, store.last(document["machine"]), partial(_measure, args, rates, clock)
    )
    if args.store:
        store.keep(document)
    if args.json:
        store.write(document, args.json)
    return 0


def _table(chosen, before, measure):
    """Measure the entries and print them, with the ratios of the run before; return the rows by group and name."""
    results = {}
    for group, sentence in GROUPS.items():
        mine = [entry for entry in chosen if entry.group == group]
        if not mine:
            continue
        print(report.heading(group, sentence))
        rows = results[group] = {}
        for entry in mine:
            rows[entry.name] = row = measure(entry)
            print(report.line(entry.name, row, before.get(group, {}).get(entry.name)), flush=True)
        print(report.summary(group, rows.values()))
    return results


def _measure(args, rates, clock, entry):
    if entry.build is None:
        return compare.fresh(entry)
    if args.separate or (args.store and entry.group == "steps"):
        return compare.separate(entry, args.turns, rates)
    return compare.interleaved(entry, args.turns, rates, clock)


def facts():
    """What the numbers depend on: date, versions and kind of machine."""
    packages = ["numpy", "numba", *sides.available()[1:]]
    versions = {"minicv": minicv.__version__} | {name: version(name) for name in packages}
    versions["python"] = platform.python_version()
    machine = {"processor": _processor(), "cores": minicv.get_num_threads()}
    return {"date": datetime.date.today().isoformat(), "machine": machine, "versions": versions}


def _processor():
    """Name of the processor, where the system tells; else of its architecture."""
    about = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", about.read_text()) if about.exists() else None
    return found[1] if found else platform.machine()
