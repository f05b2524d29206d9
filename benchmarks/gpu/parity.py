"""The tests of everything that runs on a GPU, on the real one."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(book, small):
    """Run the tests in a process of their own; a failing one is reported by name."""
    if small:
        return
    # Not the variants that run on the host; and warnings of CuPy's own are no errors.
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-W", "ignore"]
    command += ["-k", "gpu and not host and not cpu", "--ignore=tests/gpu/test_benchmark.py"]
    done = subprocess.run(
        [*command, "tests/kernels", "tests/gpu"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=max(1, book.seconds_left() / 2),  # leaves the other half to what is measured
        check=False,
    )
    lines = done.stdout.splitlines()
    print(done.stdout[-4000:], done.stderr[-2000:], sep="\n")
    counted = {
        kind: int(n)
        for n, kind in re.findall(r"(\d+) (passed|failed|error|skipped)", lines[-1] if lines else "")
    }
    book.add("parity", "tests of the kernels and the engine", counted)
    for line in lines:
        if line.startswith(("FAILED", "ERROR")):
            book.fail("parity", line)
    if done.returncode and not any(failure.startswith("parity") for failure in book.failures):
        book.fail("parity", f"pytest ended with {done.returncode}: {lines[-1:] or done.stderr[-200:]}")
