"""Region ops: bins and samples worked out by hand, gradients, transposes, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.errors import DTypeError, LabelError, ShapeError
from minicv.ops import regions
from minicv.testing import adjoint_check, distinct_values, gradcheck, gradgradcheck
from tests.ops.inputs import assert_pure, pull_back

RAMP = np.arange(64.0).reshape(1, 1, 8, 8)
# Inside, over the border, outside altogether, of no size, and one with its corners swapped.
BOXES = np.array(
    [
        [0, 0.7, 0.2, 3.1, 4.6],
        [1, -3.0, 1.5, 2.5, 9.0],
        [0, 20, 20, 30, 30],
        [1, 2, 2, 2, 2],
        [1, 4, 3, 1, 2],
        [1, 0, 0, 4.5, 4.5],
    ]
)
OPS = {
    "roi_pool": lambda x, boxes=BOXES: F.roi_pool(x, boxes, (2, 3), 0.9),
    "roi_align": lambda x, boxes=BOXES: F.roi_align(x, boxes, (2, 3), 0.9, 2),
    "roi_align, aligned": lambda x, boxes=BOXES: F.roi_align(x, boxes, (2, 3), 0.9, aligned=True),
    "ps_roi_pool": lambda x, boxes=BOXES: F.ps_roi_pool(x, boxes, (2, 3), 0.9),
    "ps_roi_align": lambda x, boxes=BOXES: F.ps_roi_align(x, boxes, (2, 3), 0.9),
    "spatial_pyramid_pool": lambda x, boxes=BOXES: F.spatial_pyramid_pool(x, [2, 1], boxes, 0.9),
}
EVERY = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
LINEAR = pytest.mark.parametrize(
    "op", [OPS[name] for name in OPS if "align" in name or name == "ps_roi_pool"]
)
SHAPE = (2, 6, 5, 7)


def pooled(boxes, *args, x=RAMP, op=F.roi_pool, **params):
    return op(x, np.array(boxes, x.dtype), *args, **params).numpy()[:, 0].tolist()


class TestRoIPool:
    def test_bins_that_do_not_divide_evenly(self):
        """5 columns in 2 bins: [0, 3) and [2, 5)."""
        assert pooled([[0, 0, 0, 4, 0]], (1, 2)) == [[[2, 4]]]

    def test_more_bins_than_cells(self):
        assert pooled([[0, 1, 1, 2, 2]], (1, 3)) == [[[17, 18, 18]]]

    @pytest.mark.parametrize(("corner", "cell"), [(0.5, 1), (1.5, 2), (2.5, 3), (0.49999997, 0), (-0.5, 0)])
    def test_halves_round_away_from_zero(self, corner, cell):
        x = np.arange(8, dtype=np.float32).reshape(1, 1, 1, 8)
        assert pooled([[0, corner, 0, corner, 0]], 1, x=x) == [[[cell]]]

    def test_minus_a_half_is_cell_minus_one(self):
        assert regions.rounded(np.array([-0.5, -1.5, -0.25, -2.0])).tolist() == [-1, -2, 0, -2]

    def test_the_scale_comes_before_the_rounding(self):
        assert pooled([[0, 24, 8, 40, 24]], 1, spatial_scale=1 / 16) == [[[2 * 8 + 3]]]

    def test_regions_that_share_a_winner_add_up(self):
        x = minicv.tensor(RAMP, requires_grad=True)
        F.roi_pool(x, np.array([[0.0, 0, 0, 3, 3], [0, 2, 2, 3, 3]]), 1).backward(
            np.array([1.0, 10]).reshape(2, 1, 1, 1)
        )
        assert x.grad.numpy()[0, 0, 3, 3] == 11 and x.grad.numpy().sum() == 11

    def test_swapped_corners_are_one_cell(self):
        assert pooled([[0, 5, 5, 2, 2]], 1) == [[[5 * 8 + 5]]]

    def test_outside_is_zero(self):
        assert pooled([[0, 9, 9, 12, 12]], 2) == [[[0, 0], [0, 0]]]


class TestRoIAlign:
    @given(
        corner=st.tuples(st.floats(1, 3), st.floats(1, 3)),
        size=st.tuples(st.floats(0.5, 3), st.floats(0.5, 3)),
        sampling=st.integers(-1, 4),
    )
    def test_a_ramp_gives_the_value_at_the_centre_of_each_bin(self, corner, size, sampling):
        """Mask R-CNN's samples are symmetric about the centre, where a linear function is its mean."""
        (x, y), (w, h) = corner, size
        found = F.roi_align(RAMP, np.array([[0, x, y, x + w, y + h]]), (2, 3), 1.0, sampling, True).numpy()[
            0, 0
        ]
        across = x + (np.arange(3) + 0.5) * w / 3 - 0.5
        down = y + (np.arange(2) + 0.5) * h / 2 - 0.5
        np.testing.assert_allclose(found, 8 * down[:, None] + across, rtol=1e-12)

    def test_samples_around_the_border(self):
        """At -1 the outermost cell still counts, further out nothing does."""
        for start, share in [(-1.0, 1), (-1.01, 0), (8.0, 1), (8.01, 0)]:
            matrix = regions.samples(np.array([start]), np.array([0.0]), 1, 8, sampling_ratio=1)
            assert matrix.dense().sum() == share, start

    def test_not_aligned_regions_are_at_least_a_cell(self):
        small, cell = ([[0, 2, 2, 2 + s, 2 + s]] for s in (0.1, 1.0))
        assert pooled(small, 2, op=F.roi_align) == pooled(cell, 2, op=F.roi_align)
        assert pooled(small, 2, op=F.roi_align, aligned=True) != pooled(cell, 2, op=F.roi_align, aligned=True)

    def test_as_many_samples_as_cells(self):
        x, box = np.random.default_rng(0).standard_normal((1, 1, 8, 8)), [[0, 0, 0, 7.5, 7.5]]
        found = {
            ratio: pooled(box, 3, 1.0, ratio, x=x, op=F.roi_align) for ratio in (-1, 0, 2, 3)
        }  # bins of 2.5
        assert found[-1] == found[0] == found[3] != found[2]


class TestPositionSensitive:
    @pytest.mark.parametrize("op", [F.ps_roi_pool, F.ps_roi_align])
    def test_each_bin_reads_its_own_channel(self, op):
        """R-FCN's layout: with channel i equal to i everywhere, a bin shows which one it read."""
        x = np.arange(12.0).reshape(1, 12, 1, 1) * np.ones((1, 1, 9, 9))
        y = op(x, np.array([[0.0, 1, 1, 7, 7]]), (2, 3)).numpy()
        np.testing.assert_allclose(y[0], np.arange(12).reshape(2, 2, 3))

    def test_the_mean_of_the_bin(self):
        """Columns 1 and 2 make the one bin; the box ends before column 3."""
        assert pooled([[0, 1, 1, 3, 2]], 1, op=F.ps_roi_pool) == [[[(9 + 10) / 2]]]

    def test_the_last_row_and_column_are_left_out(self):
        assert pooled([[0, 6, 6, 8, 8]], 1, op=F.ps_roi_pool) == [[[6 * 8 + 6]]]


class TestSpatialPyramid:
    def test_whole_images(self):
        x = distinct_values((2, 3, 7, 5), np.random.default_rng(0))
        y = F.spatial_pyramid_pool(x, (4, 2, 1)).numpy()
        assert y.shape == (2, 3 * 21)
        np.testing.assert_array_equal(y[:, -3:], x.max(axis=(2, 3)))
        np.testing.assert_array_equal(y[:, : 3 * 16], F.adaptive_max_pool2d(x, 4).numpy().reshape(2, -1))

    def test_a_region_that_is_the_whole_image(self):
        x = distinct_values((2, 3, 7, 5), np.random.default_rng(0))
        whole = np.array([[0.0, 0, 0, 4, 6], [1, 0, 0, 4, 6]])
        for levels in ([1], [3, 2, 1]):
            y = F.spatial_pyramid_pool(x, levels, whole).numpy()
            np.testing.assert_array_equal(y, F.spatial_pyramid_pool(x, levels).numpy())


class TestEveryRegionOp:
    x = distinct_values(SHAPE, np.random.default_rng(0))

    @EVERY
    def test_gradients(self, op):
        assert gradcheck(op, self.x)
        assert gradgradcheck(op, self.x)

    @LINEAR
    def test_the_transpose(self, op):
        assert adjoint_check(op, pull_back(op, SHAPE), SHAPE)

    @EVERY
    def test_inputs_are_left_alone(self, op):
        assert_pure(op, [self.x.copy()])

    @EVERY
    def test_a_list_of_boxes(self, op):
        order = np.argsort(BOXES[:, 0], kind="stable")
        listed = [BOXES[BOXES[:, 0] == n, 1:] for n in (0, 1)]
        np.testing.assert_array_equal(op(self.x, listed).numpy(), op(self.x, BOXES[order]).numpy())
        np.testing.assert_array_equal(
            op(self.x, [minicv.tensor(b) for b in listed]).numpy(),
            op(self.x, minicv.tensor(BOXES[order])).numpy(),
        )

    @EVERY
    def test_no_region(self, op):
        x = minicv.tensor(self.x, requires_grad=True)
        y = op(x, BOXES[:0])
        assert y.shape == (0, *op(self.x).shape[1:])
        y.sum().backward()
        assert not x.grad.numpy().any()

    @EVERY
    def test_a_huge_box(self, op):
        """The part of it on the map is read, and nothing is stored for the rest."""
        huge = np.array([[0, -1e7, -1e7, 1.2e7, 1.3e7], [0, 1e7, 1e7, 1.2e7, 1.2e7]])
        y = op(self.x.astype(np.float32), huge.astype(np.float32)).numpy()
        assert np.isfinite(y).all() and not y[1].any()

    @EVERY
    def test_one_pixel(self, op):
        assert np.isfinite(op(self.x[:, :, :1, :1]).numpy()).all()

    @EVERY
    def test_no_image(self, op):
        assert op(self.x[:0], BOXES[:0]).shape == (0, *op(self.x).shape[1:])

    @EVERY
    def test_half_precision(self, op):
        """The reference kernels compute what the others are not compiled for."""
        y = op(self.x[:, :, :3, :3].astype(np.float16), BOXES[:2].astype(np.float16))
        assert y.dtype == np.float16

    @EVERY
    def test_float32(self, op):
        y = op(minicv.tensor(self.x.astype(np.float32)), BOXES.astype(np.float32))
        assert y.dtype == np.float32
        np.testing.assert_allclose(y.numpy(), op(self.x).numpy(), atol=1e-5)


TABLE = "boxes must be (R, 5) [batch index, x1, y1, x2, y2]"
x, one = np.ones((2, 6, 4, 4)), np.array([[0.0, 0, 0, 2, 2]])


@pytest.mark.parametrize(
    ("input", "boxes", "error", "said"),
    [
        (x, np.zeros((12, 4)), ShapeError, f"{TABLE}; got (12, 4). Did you forget the batch index?"),
        (x, np.zeros(5), ShapeError, f"{TABLE}; got (5,)."),
        (x, [one[:, 1:]], ShapeError, "boxes must be a list of 2 arrays, one for each image; got a list of 1."),
        (x, [one[:, 1:], one], ShapeError, "boxes[1] must be (R_i, 4) [x1, y1, x2, y2]; got (1, 5). In a list"),
        (x, one + [2, 0, 0, 0, 0], LabelError, "in 0..1 in column 0 (the batch index); got 2.0 in row 0."),
        (x, one - [1, 0, 0, 0, 0], LabelError, "got -1.0 in row 0."),
        (x, one + [0.5, 0, 0, 0, 0], LabelError, "got 0.5 in row 0."),
        (x, one * [np.nan, 1, 1, 1, 1], LabelError, "got nan in row 0."),
        (x, np.vstack([one, one + [0, 0, 0, np.inf, 0]]), ValueError, "map; got [0.0, 0.0, inf, 2.0] in row 1."),
        (x, one + [0, np.nan, 0, 0, 0], ValueError, "numbers, less than 16777216 cells from the map; got [nan, "),
        (x, one.astype(np.float32), DTypeError, "boxes must be of the input's dtype float64; got float32."),
        (x, [one[:, 1:], one[:, 1:].astype(np.float32)], DTypeError, "boxes[1] must be of the input's dtype float64"),
        (x.astype(np.float32), one, DTypeError, "of the input's dtype float32; got float64. minicv never"),
        (x.astype(int), one, DTypeError, "input must be a floating-point tensor"),
        (x[0], one, ShapeError, "input must be (N, C, H, W); got shape (6, 4, 4)."),
        (x[:, :, :0], one, ShapeError, "input must be non-empty in height and width"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["roi_pool", "roi_align", "ps_roi_pool", "ps_roi_align"])
def test_bad_input(name, input, boxes, error, said):
    with pytest.raises(error) as raised:
        getattr(F, name)(input, boxes, 1)
    assert str(raised.value).startswith(f"{name}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["ps_roi_pool", "ps_roi_align"])
def test_channels_that_the_bins_cannot_share(name):
    with pytest.raises(
        ShapeError, match=rf"{name}: input must be of a multiple of 2 \* 2 channels, .*got 6 channels"
    ):
        getattr(F, name)(x, one, 2)


@pytest.mark.parametrize("levels", [4, [], None])
def test_levels_must_be_a_sequence(levels):
    with pytest.raises(ShapeError, match="spatial_pyramid_pool: levels must be a sequence of ints"):
        F.spatial_pyramid_pool(x, levels)


@pytest.mark.parametrize("bad", [0, -1, (2, 2, 2), 1.5])
def test_output_size(bad):
    with pytest.raises(ShapeError, match="roi_pool: output_size must be"):
        F.roi_pool(x, one, bad)
