"""The measurement of the loader: it runs, and waiting is what it says it is."""

import time

import pytest

from benchmarks import loading
from minicv.data import DataLoader


class Slow:
    """Items that take 5 ms."""

    def __len__(self):
        return 16

    def __getitem__(self, i):
        time.sleep(0.005)
        return i


def test_waiting_is_part_of_a_step():
    loader = DataLoader(Slow(), 2, collate_fn=list)
    took, waited = loading.run(loader, lambda batch: time.sleep(0.003), epochs=1)
    assert 10 <= waited < took and took - waited >= 3


def test_the_table(capsys, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 2)
    monkeypatch.setattr(loading, "WORKERS", ((0, "threads"), (2, "threads")))
    monkeypatch.setattr(loading, "NETWORKS", dict(list(loading.NETWORKS.items())[:1]))
    loading.main(["--images", "16", "--epochs", "1"])
    first, none, two = capsys.readouterr().out.splitlines()
    assert first.startswith("ConvNetJS, 32 x 32: a step alone ")
    assert none.strip().startswith("0 threads") and two.strip().startswith("2 threads")
    with pytest.raises(SystemExit):
        loading.main(["--images", "8"])
