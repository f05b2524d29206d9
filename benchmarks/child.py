"""What a process of its own measures: ``python -m benchmarks.child TASK ARGUMENT...`` prints JSON."""

import json
import os
import subprocess
import sys


def start(task, *arguments):
    """Run a task in a fresh process, which finds the modules that this one finds, and return its result."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, task, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def alone(side, name, turns):
    """Seconds of each turn of an entry on one side; none where that side has no such op."""
    from .entries import entries
    from .sides import Side
    from .timing import take_turns

    (entry,) = [entry for entry in entries() if entry.name == name]
    try:
        call = entry.build(Side(side))
    except AttributeError:
        return []
    return take_turns({side: call}, int(turns))[side]


TASKS = {"alone": alone}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
