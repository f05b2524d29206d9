"""What was measured, as it is kept (JSON) and read (a table)."""

import datetime
import importlib.util
import platform
import time

import numpy as np

import minicv

HEADINGS = {
    "parity": "Parity with the reference",
    "ceilings": "What the card can do, measured in the same run",
    "kernels": "Kernels: share of the copy bandwidth, or of cuBLAS's rate",
    "steps": "Training steps and networks, beside PyTorch on the same card",
}


class Book:
    """The rows of each part, what failed, and what the numbers depend on."""

    def __init__(self, cupy, deadline):
        self.cupy, self.deadline = cupy, deadline
        self.rows, self.failures = {}, []
        runtime = cupy.cuda.runtime
        self.facts = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "device": runtime.getDeviceProperties(0)["name"].decode(),
            "CUDA driver": runtime.driverGetVersion(),
            "CUDA runtime": runtime.runtimeGetVersion(),
            "python": platform.python_version(),
            "minicv": minicv.__version__,
            "numpy": np.__version__,
            "cupy": cupy.__version__,
        }
        if importlib.util.find_spec("torch"):
            import torch

            self.facts["torch"] = torch.__version__

    def seconds_left(self):
        """Until rows are left out."""
        return self.deadline - time.monotonic()

    def add(self, part, name, row):
        """Keep a row, and show it."""
        self.rows.setdefault(part, {})[name] = row
        print(f"{part:<10}{name:<60}{_cells(row)}", flush=True)

    def fail(self, part, error):
        """Keep what went wrong."""
        said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self.failures.append(f"{part}: {said}")
        print(self.failures[-1], flush=True)

    def attempt(self, part, name, measure):
        """Keep the row that ``measure()`` returns; a failure is noted, and the next row has its turn."""
        if self.seconds_left() <= 0:
            self.fail(part, f"{name}: left out, the time was up")
            return
        try:
            self.add(part, name, measure())
        except Exception as error:
            self.fail(part, f"{name}: {type(error).__name__}: {error}")

    def as_dict(self):
        return self.facts | {"results": self.rows, "failures": self.failures}

    def as_markdown(self):
        """A table for each part."""
        lines = [
            "# minicv on a GPU",
            "",
            ", ".join(f"{name} {value}" for name, value in self.facts.items()),
            "",
        ]
        for part, rows in self.rows.items():
            columns = list(dict.fromkeys(name for row in rows.values() for name in row))
            lines += [f"## {HEADINGS[part]}", "", _line(["", *columns]), _line(["---"] * (1 + len(columns)))]
            lines += [_line([name, *(_cell(row.get(c)) for c in columns)]) for name, row in rows.items()]
            lines.append("")
        if self.failures:
            lines += ["## What failed", "", *(f"- {failure}" for failure in self.failures), ""]
        return "\n".join(lines)


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _cells(row):
    return ", ".join(f"{name} {_cell(value)}" for name, value in row.items())


def _cell(value):
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else str(round(value))
