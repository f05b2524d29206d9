"""IoU on a grid of pixels, and the rules of non-maximum suppression: ties, thresholds, chains, classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import boxes as B
from minicv import kernels
from minicv.errors import DTypeError, ShapeError
from tests.kernels.drawn import rngs

HOSTS = pytest.mark.parametrize("host", ["reference", "cpu"])


def on_pixels(rng, count, size=6):
    return np.sort(rng.integers(0, size + 1, (count, 2, 2)), axis=1).reshape(count, 4).astype(float)


def covered(box, size=6):
    """The pixels of a box with whole corners."""
    x1, y1, x2, y2 = box.astype(int)
    cells = np.zeros((size, size), bool)
    cells[y1:y2, x1:x2] = True
    return cells


@given(rngs)
def test_iou_counts_pixels(rng):
    a, b = on_pixels(rng, 4), on_pixels(rng, 5)
    iou, generalized = B.box_iou(a, b), B.generalized_box_iou(a, b)
    for i, j in np.ndindex(4, 5):
        p, q = covered(a[i]), covered(b[j])
        union = (p | q).sum()
        assert iou[i, j] == pytest.approx((p & q).sum() / union if union else 0)
        corners = np.concatenate([np.minimum(a[i], b[j])[:2], np.maximum(a[i], b[j])[2:]])
        hull = covered(corners).sum()
        assert generalized[i, j] == pytest.approx(iou[i, j] - ((hull - union) / hull if hull else 0))


def test_integers_become_float64():
    assert B.box_iou([[0, 0, 2, 2]], [[0, 0, 1, 2]]).tolist() == [[0.5]]
    assert B.nms([[0, 0, 2, 2]], [1], 0.5).tolist() == [0]


@HOSTS
class TestNMS:
    def kept(self, host, boxes, scores, threshold, dtype=np.float64):
        with kernels.use(host):
            return B.nms(np.array(boxes, dtype), np.array(scores, dtype), threshold).tolist()

    def test_equal_scores_come_in_order(self, host):
        same = [[0, 0, 2, 2]] * 3 + [[5, 5, 6, 6]]
        assert self.kept(host, same, [1, 1, 1, 1], 0.5) == [0, 3]
        assert self.kept(host, same, [1, 2, 2, 3], 0.5) == [3, 1]

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("tenths", range(1, 11))
    def test_an_iou_at_the_threshold_does_not_drop(self, host, tenths, dtype):
        """Boxes whose IoU is n/10, at the threshold n/10, which float32 does not hold, and just below it."""
        boxes = [[0, 0, 10, 1], [0, 0, tenths, 1]]
        assert self.kept(host, boxes, [2, 1], tenths / 10, dtype) == [0, 1]
        assert self.kept(host, boxes, [2, 1], tenths / 10 - 1e-6, dtype) == [0]

    def test_what_was_dropped_drops_nothing(self, host):
        """A chain: the first drops the second, which would have dropped the third."""
        chain = [[k, 0, k + 3, 1] for k in range(6)]
        assert self.kept(host, chain, range(6, 0, -1), 0.4) == [0, 2, 4]

    def test_none(self, host):
        assert self.kept(host, np.zeros((0, 4)), [], 0.5) == []

    @given(rng=rngs, threshold=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
    def test_the_definition(self, host, rng, threshold):
        """Each box that stays overlaps no better one that stays; each that went overlaps such a one."""
        boxes, scores = on_pixels(rng, 40), rng.integers(0, 5, 40)
        kept = self.kept(host, boxes, scores, threshold)
        assert kept == sorted(kept, key=lambda i: (-scores[i], i))
        clash = B.box_iou(boxes, boxes) > threshold
        for i in range(40):
            better = [j for j in kept if (-scores[j], j) < (-scores[i], i)]
            assert clash[i, better].any() == (i not in kept)


@given(rngs)
def test_batched(rng):
    boxes, scores, labels = on_pixels(rng, 30), rng.integers(0, 5, 30), rng.integers(-1, 2, 30)
    kept = B.batched_nms(boxes, scores, labels, 0.3).tolist()
    assert kept == sorted(kept, key=lambda i: (-scores[i], i))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        expected = members[B.nms(boxes[members], scores[members], 0.3)]
        assert [i for i in kept if labels[i] == label] == expected.tolist()


one, two = np.array([[0.0, 0, 1, 1]]), np.array([[0.0, 0, 1, 1], [0, 0, 2, 2]])


@pytest.mark.parametrize(
    ("function", "args", "error", "said"),
    [
        (B.box_iou, [one, two[:, :3]], ShapeError, "boxes2 must be (R, 4); got shape (2, 3)."),
        (B.box_iou, [np.zeros((2, 5)), two], ShapeError, "boxes1 must be (R, 4); got shape (2, 5). Is column 0"),
        (B.box_iou, [one, one.astype(np.float32)], DTypeError, "boxes1 and boxes2 must be of one dtype"),
        (B.box_iou, [one, -one], ValueError, "boxes2 must be (x1, y1, x2, y2) with x1 <= x2"),
        (B.generalized_box_iou, [one * np.nan, one], ValueError, "boxes1 must be numbers; got [nan"),
        (B.nms, [two, np.ones(3), 0.5], ShapeError, "scores must be (2,), one for each box; got (3,)."),
        (B.nms, [two, np.ones((2, 1)), 0.5], ShapeError, "scores must be (2,), one for each box; got (2, 1)."),
        (B.nms, [two, np.array([1, np.nan]), 0.5], ValueError, "scores must be numbers; got nan in row 1."),
        (B.nms, [two, np.ones(2), 1.5], ValueError, "iou_threshold must be from 0 to 1; got 1.5."),
        (B.nms, [two, np.ones(2), np.nan], ValueError, "iou_threshold must be from 0 to 1; got nan."),
        (B.batched_nms, [two, np.ones(2), np.ones(1), 0.5], ShapeError, "idxs must be (2,), the class of each box"),
        (B.batched_nms, [two, np.ones(1), np.ones(1), 0.5], ShapeError, "scores must be (2,), one for each box"),
    ],
)  # fmt: skip
def test_bad_input(function, args, error, said):
    with pytest.raises(error) as raised:
        function(*args)
    assert str(raised.value).startswith(f"{function.__name__}: ") and said in str(raised.value)
