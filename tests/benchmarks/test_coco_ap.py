"""The comparison with pycocotools runs, on a few images."""

import pytest

from benchmarks import coco_ap


def test_a_row_for_each_side(capsys):
    pytest.importorskip("pycocotools", reason="pycocotools is the other side")
    coco_ap.main(["--images", "6", "--classes", "3", "--turns", "1"])
    printed = capsys.readouterr().out
    assert printed.startswith("6 images, 3 classes")
    assert all(name in printed for name in coco_ap.SIDES)
