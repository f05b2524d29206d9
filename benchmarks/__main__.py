"""``python -m benchmarks``: a table of training steps beside PyTorch's, if it is installed."""

import argparse
import json
import os
import platform

import numba
import numpy

import minicv

from . import steps


def main():
    """Run every benchmark and print one row for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=steps.__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=15, help="alternations of the two sides (default 15)")
    parser.add_argument("--json", metavar="FILE", help="also write the results here")
    args = parser.parse_args()
    results = {}
    print(
        f"{'training step':<28}{'minicv ms':>11}{'torch ms':>11}{'ratio':>8}   (medians of {args.turns} turns)"
    )
    for name in steps.STEPS:
        r = results[name] = steps.run(name, args.turns)
        torch_ms, ratio = r.get("torch median ms", float("nan")), r.get("ratio of medians", float("nan"))
        print(f"{name:<28}{r['minicv median ms']:>11.2f}{torch_ms:>11.2f}{ratio:>8.2f}")
    if args.json:
        versions = {"minicv": minicv.__version__, "numpy": numpy.__version__, "numba": numba.__version__}
        machine = {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"versions": versions, "machine": machine, "steps": results}, file, indent=1)


if __name__ == "__main__":
    main()
