"""Interpolation, nails and borders: definitions, transposes, derivatives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays
from tests.ops.inputs import assert_pure, pull_back

sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))
modes = pytest.mark.parametrize(
    "mode, align_corners", [("nearest", None), ("bilinear", False), ("bilinear", True)]
)


def bilinear(x, size, align_corners):
    """The four pixels around each position, one output pixel at a time."""
    y = np.zeros((*x.shape[:2], *size))
    for at in np.ndindex(size):
        corners = []
        for o, out, n in zip(at, size, x.shape[2:]):
            t = o * (n - 1) / max(out - 1, 1) if align_corners else max((o + 0.5) * n / out - 0.5, 0)
            before = min(int(t), n - 1)
            corners.append([(before, 1 - (t - before)), (min(before + 1, n - 1), t - before)])
        for (h, a), (v, b) in ((row, col) for row in corners[0] for col in corners[1]):
            y[(..., *at)] += a * b * x[..., h, v]
    return y


class TestInterpolate:
    @given(arrays(st.tuples(st.just(2), st.just(3)).flatmap(lambda nc: sizes.map(lambda hw: nc + hw))), sizes)
    def test_nearest_copies_the_pixel_at_the_floor(self, x, size):
        rows, cols = (np.arange(out) * n // out for out, n in zip(size, x.shape[2:]))
        np.testing.assert_array_equal(F.interpolate(x, size).numpy(), x[:, :, rows[:, None], cols])

    @pytest.mark.parametrize("align_corners", [False, True, None])
    @given(size=sizes, out=sizes, data=st.data())
    def test_bilinear_weights_the_four_pixels_around(self, align_corners, size, out, data):
        x = data.draw(arrays((2, 2, *size)))
        y = F.interpolate(x, out, mode="bilinear", align_corners=align_corners).numpy()
        np.testing.assert_allclose(y, bilinear(x, out, align_corners), atol=1e-12)

    @modes
    @given(size=sizes, out=sizes)
    def test_what_is_constant_stays_so(self, mode, align_corners, size, out):
        """The weights of every output pixel sum to 1."""
        x = np.full((1, 1, *size), 3.0)
        y = F.interpolate(x, out, mode=mode, align_corners=align_corners).numpy()
        np.testing.assert_allclose(y, np.full((1, 1, *out), 3.0))

    def test_corners_stay_where_they_are_when_aligned(self):
        x = np.arange(12.0).reshape(1, 1, 3, 4)
        y = F.interpolate(x, (7, 5), mode="bilinear", align_corners=True).numpy()
        np.testing.assert_array_equal(y[..., [0, 0, -1, -1], [0, -1, 0, -1]], [[[0, 3, 8, 11]]])

    def test_scale_factor_rounds_the_size_down_and_is_kept_as_it_is(self):
        x = np.arange(5.0).reshape(1, 1, 1, 5)
        y = F.interpolate(x, scale_factor=(1, 1.5)).numpy()
        assert y.ravel().tolist() == [0, 0, 1, 2, 2, 3, 4]  # floor(o / 1.5), not floor(o 5 / 7)
        assert F.interpolate(x, size=(1, 7)).numpy().ravel().tolist() == [0, 0, 1, 2, 2, 3, 4]
        ramp = F.interpolate(x, scale_factor=(1, 1.5), mode="bilinear").numpy().ravel()
        np.testing.assert_allclose(ramp, [max((o + 0.5) / 1.5 - 0.5, 0) for o in range(7)])

    def test_bilinear_is_exact_where_the_size_stays(self):
        x = np.arange(4.0).reshape(1, 1, 1, 4)
        assert F.interpolate(x, scale_factor=(1, 1.2), mode="bilinear").tolist() == x.tolist()

    @pytest.mark.parametrize("factor, expected", [(1.2, [0, 1, 2, 3]), (2.2, [0, 0, 1, 1, 2, 2, 3, 3])])
    def test_nearest_is_exact_where_the_size_stays_or_doubles(self, factor, expected):
        x = np.arange(4.0).reshape(1, 1, 1, 4)
        assert F.interpolate(x, scale_factor=(1, factor)).numpy().ravel().tolist() == expected

    def test_the_transpose_of_doubling_sums_over_squares(self):
        g = np.arange(16.0).reshape(1, 1, 4, 4)
        back = pull_back(lambda x: F.interpolate(x, scale_factor=2), (1, 1, 2, 2))
        assert back(g).tolist() == [[[[0 + 1 + 4 + 5, 2 + 3 + 6 + 7], [8 + 9 + 12 + 13, 10 + 11 + 14 + 15]]]]

    @modes
    @settings(max_examples=10)
    @given(size=sizes, out=sizes, data=st.data())
    def test_derivatives(self, mode, align_corners, size, out, data):
        x = data.draw(arrays((2, 2, *size)))

        def op(x):
            return F.interpolate(x, out, mode=mode, align_corners=align_corners)

        gradcheck(op, x, draws=1)
        gradgradcheck(op, x, draws=1)
        adjoint_check(op, pull_back(op, x.shape), x.shape)


class TestBedOfNails:
    @given(sizes, st.integers(1, 3), st.integers(1, 3), st.data())
    def test_is_the_transpose_of_taking_every_nth_pixel(self, size, row, col, data):
        x = data.draw(arrays((2, 2, *size)))
        y = F.bed_of_nails(x, (row, col)).numpy()
        np.testing.assert_array_equal(y[:, :, ::row, ::col], x)
        assert np.count_nonzero(y) == np.count_nonzero(x)
        adjoint_check(lambda x: F.bed_of_nails(x, (row, col)), lambda y: y[:, :, ::row, ::col], x.shape)
        gradcheck(lambda x: F.bed_of_nails(x, (row, col)), x, draws=1)
        gradgradcheck(lambda x: F.bed_of_nails(x, (row, col)), x, draws=1)


class TestPad:
    @pytest.mark.parametrize("mode", ["constant", "reflect", "replicate"])
    @given(size=sizes, data=st.data())
    def test_is_numpys(self, mode, size, data):
        x = data.draw(arrays((2, 2, *size)))
        widths = [data.draw(st.tuples(*[st.integers(0, n - 1)] * 2)) for n in size]
        pad = (*widths[1], *widths[0])
        expected = np.pad(x, [(0, 0), (0, 0), *widths], mode={"replicate": "edge"}.get(mode, mode))
        np.testing.assert_array_equal(F.pad(x, pad, mode=mode).numpy(), expected)

    def test_last_axis_first_and_any_number_of_axes(self):
        x = np.ones((1, 1, 1))
        assert F.pad(x, (1, 2, 0, 3)).shape == (1, 4, 4)
        assert F.pad(x, (0, 0, 0, 0, 5, 0)).numpy()[:, 0, 0].tolist() == [0, 0, 0, 0, 0, 1]
        assert F.pad(x, (1, 0), value=-np.inf).tolist() == [[[-np.inf, 1]]]

    @given(st.integers(-3, 3), st.integers(-3, 3))
    def test_a_negative_width_crops(self, before, after):
        x = np.arange(1.0, 7.0)
        expected = np.pad(x[max(0, -before) : 6 - max(0, -after)], (max(0, before), max(0, after)))
        np.testing.assert_array_equal(F.pad(x, (before, after)).numpy(), expected)

    def test_a_crop_that_takes_more_than_there_is_is_no_padding_of_the_other_side(self):
        for pad in [(-4, 9), (9, -4), (-2, -2)]:
            with pytest.raises(minicv.errors.ShapeError, match="crops at most the 3 cells"):
                F.pad(np.ones(3), pad)
        assert F.pad(np.ones(3), (-3, 1)).tolist() == [0]

    @given(sizes, st.data())
    def test_cropping_is_the_transpose_of_zero_padding(self, size, data):
        before_h, after_h, before_v, after_v = data.draw(st.tuples(*[st.integers(0, 3)] * 4))
        adjoint_check(
            lambda x: F.pad(x, (before_v, after_v, before_h, after_h)),
            lambda y: F.pad(y, (-before_v, -after_v, -before_h, -after_h)),
            (2, *size),
        )

    @pytest.mark.parametrize("mode", ["constant", "reflect", "replicate"])
    @settings(max_examples=10)
    @given(data=st.data())
    def test_derivatives(self, mode, data):
        x = data.draw(arrays((1, 2, 4, 3)))
        pad = data.draw(st.tuples(*[st.integers(-1, 2)] * 4))
        gradcheck(lambda x: F.pad(x, pad, mode=mode), x, draws=1)
        gradgradcheck(lambda x: F.pad(x, pad, mode=mode), x, draws=1)
        adjoint_check(
            lambda x: F.pad(x, pad, mode=mode),
            pull_back(lambda x: F.pad(x, pad, mode=mode), x.shape),
            x.shape,
        )

    @pytest.mark.parametrize("mode", ["reflect", "replicate"])
    def test_one_axis(self, mode):
        x = np.arange(8.0).reshape(2, 1, 4)
        both = F.pad(x, (2, 1), mode=mode).numpy()
        expected = np.pad(x, [(0, 0), (0, 0), (2, 1)], mode={"replicate": "edge"}.get(mode, mode))
        np.testing.assert_array_equal(both, expected)
        np.testing.assert_array_equal(F.pad(x[1], (2, 1), mode=mode).numpy(), expected[1])


OPS = {
    "nearest": lambda x: F.interpolate(x, (3, 11)),
    "bilinear": lambda x: F.interpolate(x, (3, 11), mode="bilinear"),
    "bed_of_nails": lambda x: F.bed_of_nails(x, 2),
    "constant": lambda x: F.pad(x, (1, -2, 0, 3)),
    "reflect": lambda x: F.pad(x, (1, 2, 0, 3), mode="reflect"),
    "replicate": lambda x: F.pad(x, (1, 2, 0, 3), mode="replicate"),
}


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
class TestEveryResizing:
    x = np.random.default_rng(0).integers(-9, 10, (2, 3, 4, 5)).astype(float)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pure(self, op, dtype):
        assert_pure(op, [self.x.astype(dtype)])

    def test_an_empty_batch(self, op):
        assert op(self.x[:0]).shape == (0, *op(self.x).shape[1:])


@pytest.mark.parametrize("name", ["nearest", "bed_of_nails", "constant", "reflect", "replicate"])
def test_integers_stay_integers(name):
    x = TestEveryResizing.x
    whole = OPS[name](x.astype(np.int64))
    assert whole.dtype == np.int64
    np.testing.assert_array_equal(whole.numpy(), OPS[name](x).numpy())
