"""``python -m benchmarks.loading``: how long a training loop waits for data, on a folder of JPEG files.

Every step's batch is read, decoded, cropped, resized, flipped and recoloured. For each number of workers, threads and
processes, the loop's time a step and the part of it spent in waiting are measured, over two epochs. Beside them stand
a step without any loading, the preparing of a batch without any step, and the least that a step can take: the longer of
the step alone and what both cost the processor, divided by the cores.
"""

import argparse
import os
import tempfile
import time
from itertools import chain
from pathlib import Path

import numpy as np

from minicv import functional as F
from minicv import manual_seed, nn, optim, tensor
from minicv.data import DataLoader, ImageFolder, Meadow, write_image
from minicv.data.transforms import ColorJitter, Compose, RandomHorizontalFlip, RandomResizedCrop, Transformed
from minicv.models.classification import ConvNetJS

BATCH, SIZE = 32, 320  # images of a batch, and pixels of a file's side
WORKERS = ((0, "threads"), (1, "threads"), (2, "threads"), (1, "processes"), (2, "processes"))


def write_folder(root, images):
    """A folder of photographs, or what comes near: scenes with some noise, in two classes."""
    scenes = Meadow(SIZE, length=16, noise=0.03)
    files = [Path(root, name, f"{i}.jpg") for i in range(images // 2) for name in ("one", "other")]
    for i, path in enumerate(files):
        path.parent.mkdir(exist_ok=True)
        write_image(path, scenes[i].image) if i < 16 else path.write_bytes(files[i % 16].read_bytes())


def batch_norm_net():
    """Three convolutions with batch normalization at 64 x 64, 32 x 32 and 16 x 16: a step costs as much as its data."""

    def block(c_in, c_out):
        return nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.ReLU(), nn.MaxPool2d(2)

    return nn.Sequential(*block(3, 16), *block(16, 32), *block(32, 64), nn.Flatten(), nn.Linear(64 * 64, 2))


#: Name -> (network, side of its images)
NETWORKS = {"ConvNetJS, 32 x 32": (lambda: ConvNetJS(2), 32), "conv-BN net, 64 x 64": (batch_norm_net, 64)}


def trainer(build):
    """A function that makes one step with a batch."""
    manual_seed(0)
    model = build()
    optimizer = optim.SGD(model.parameters(), lr=1e-3)

    def step(batch):
        optimizer.zero_grad()
        F.cross_entropy(model(tensor(batch.images)), tensor(batch.label)).backward()
        optimizer.step()

    return step


def timed(calls):
    """Seconds by the clock and of the processor, for one of the calls."""
    start, busy = time.perf_counter(), time.process_time()
    for call in calls:
        call()
    return (time.perf_counter() - start) / len(calls), (time.process_time() - busy) / len(calls)


def run(loader, step, epochs):
    """Milliseconds of a step, and of its waiting for the batch; the first three batches do not count."""
    batches = chain.from_iterable(loader for _ in range(epochs))
    steps = epochs * len(loader)
    waits = np.zeros(steps)
    for i in range(steps):
        begin = time.perf_counter()
        batch = next(batches)
        if i == 3:
            start = begin
        waits[i] = time.perf_counter() - begin
        step(batch)
    return 1e3 * (time.perf_counter() - start) / (steps - 3), 1e3 * waits[3:].mean()


def measure(folder, name, epochs):
    """Print the table of a network."""
    build, side = NETWORKS[name]
    change = [RandomResizedCrop(side), RandomHorizontalFlip(), ColorJitter(0.3, 0.3, 0.3)]
    data = Transformed(ImageFolder(folder), Compose(change))
    step, loader = trainer(build), DataLoader(data, BATCH, shuffle=True)
    batches = iter(loader)
    batch = next(batches)
    step(batch)
    alone, step_cost = timed([lambda: step(batch)] * 10)
    preparing, cost = timed([lambda: next(batches)] * 5)
    least = max(alone, (step_cost + cost) / os.cpu_count())
    print(f"{name}: a step alone {1e3 * alone:.1f} ms, a batch alone {1e3 * preparing:.1f} ms,", end=" ")
    print(f"least for both on {os.cpu_count()} cores {1e3 * least:.1f} ms")
    for workers, kind in WORKERS:
        loader = DataLoader(data, BATCH, shuffle=True, num_workers=workers, workers=kind, epochs=epochs)
        took, waited = run(loader, step, epochs)
        print(
            f"  {workers} {kind:9}  {took:6.1f} ms a step, {took / 1e3 / least:4.2f} of the least; "
            f"{waited:6.1f} ms of it waiting ({100 * waited / took:.0f} %)",
            flush=True,
        )


def main(argv=None):
    """Write the files, and measure with each network."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=640, help="files (default 640)")
    parser.add_argument("--epochs", type=int, default=2, help="(default 2)")
    args = parser.parse_args(argv)
    if args.images < 6 * BATCH:
        parser.error(f"--images must be at least {6 * BATCH}; got {args.images}")
    with tempfile.TemporaryDirectory() as folder:
        write_folder(folder, args.images)
        for name in NETWORKS:
            measure(folder, name, args.epochs)


if __name__ == "__main__":
    main()
