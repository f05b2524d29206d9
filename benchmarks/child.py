"""What a process of its own measures: ``python -m benchmarks.child TASK SIDE ENTRY ARGUMENT...`` prints JSON."""

import gc
import json
import os
import subprocess
import sys
import time
from importlib import import_module

PACKAGE = __spec__.parent


def start(task, *arguments):
    """Run a task in a fresh process, which finds the modules that this one finds, and return its result."""
    done = subprocess.run(
        [sys.executable, "-m", f"{PACKAGE}.child", task, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def alone(side, name, turns):
    """Seconds a call in each turn of an entry on one side; none where that side has no such op."""
    from .compare import prepared
    from .entries import entries
    from .timing import take_turns

    (entry,) = [entry for entry in entries() if entry.name == name]
    call, _ = prepared(entry, side)
    return take_turns({side: call}, int(turns))[side] if call else []


def startup(side, name):
    """Milliseconds from before the import to after it, or to after a first convolution."""
    import numpy as np

    x, w = np.ones((8, 16, 32, 32), np.float32), np.ones((16, 16, 3, 3), np.float32)
    begin = time.perf_counter()
    library = import_module(side)
    if "conv2d" in name:
        functional = import_module({"minicv": "minicv.functional", "torch": "torch.nn.functional"}[side])
        functional.conv2d(library.tensor(x), library.tensor(w))
    return 1e3 * (time.perf_counter() - begin)


def memory(side, name):
    """Megabytes that three training steps add, at their peak, to a process that has done a smaller one."""
    from .networks import training_step
    from .sides import side as load

    step = name.removeprefix("memory of ")
    training_step(load(side), step, batch=1)()
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is counted from here (Linux, proc(5))
    before = _resident("VmRSS")
    call = training_step(load(side), step)
    for _ in range(3):
        call()
    return _resident("VmHWM") - before


def _resident(key):
    """A size in memory from the process's status, in megabytes."""
    with open("/proc/self/status") as file:
        (line,) = [line for line in file if line.startswith(key)]
    return int(line.split()[1]) / 1e3


TASKS = {"alone": alone, "startup": startup, "memory": memory}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
