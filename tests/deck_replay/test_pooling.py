"""Every number that the decks print about pooling, unpooling and transposed convolution, computed again.

A class or test is named after the figure that shows the numbers; all data are integers, so that equal means equal.
Where a deck is wrong, the test shows both what it prints and what is right, and ``lectures/errata.md`` has a row.
"""

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn
from tests.deck_replay.notation import image, parameters, plane, products

KR = [[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]
UNPOOLED = [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]


def test_pool_max_tum():
    """The lower right window has two 4s; the first in raster order, at (2, 3), is the one that counts."""
    x = image([[3, 1, 3, 5], [6, 0, 7, 9], [3, 2, 1, 4], [0, 2, 4, 3]])
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    assert plane(y) == [[6, 9], [3, 4]]
    assert divmod(plane(indices)[1][1], 4) == (2, 3) and x.numpy()[0, 0, 3, 2] == 4


def test_pool_max_kr():
    y, indices = F.max_pool2d(image(KR), 2, return_indices=True)
    assert plane(y) == [[5, 6], [7, 8]]
    assert [divmod(i, 4) for row in plane(indices) for i in row] == [(1, 1), (0, 2), (3, 0), (3, 3)]


@pytest.mark.parametrize("F_, S", [(2, 2), (3, 2)])
@pytest.mark.parametrize("W", range(4, 12))
def test_pool_size_formula(F_, S, W):
    layer = nn.MaxPool2d(F_, S)
    assert layer(minicv.zeros(1, 1, W, W)).shape[2:] == ((W - F_) // S + 1,) * 2
    assert parameters(layer) == 0


class TestPoolBackward:
    def test_the_gradient_goes_to_the_winner_as_in_unpooling(self):
        x = minicv.tensor(np.array([[KR]], float), requires_grad=True)
        F.max_pool2d(x, 2).backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
        assert plane(x.grad) == UNPOOLED

    def test_contributions_add_where_windows_overlap(self):
        """3 x 3 windows at stride 2 on 5 x 5: all four share the middle, where the maximum is."""
        x = np.zeros((1, 1, 5, 5))
        x[0, 0, 2, 2] = 1
        x = minicv.tensor(x, requires_grad=True)
        F.max_pool2d(x, 3, stride=2).backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
        assert x.grad.numpy()[0, 0, 2, 2] == 1 + 2 + 3 + 4 and x.grad.numpy().sum() == 10


class TestUnpool:
    x = image([[1, 2], [3, 4]])

    def test_nearest(self):
        assert plane(F.interpolate(self.x, scale_factor=2)) == [
            [1, 1, 2, 2],
            [1, 1, 2, 2],
            [3, 3, 4, 4],
            [3, 3, 4, 4],
        ]

    def test_nails(self):
        assert plane(F.bed_of_nails(self.x)) == [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]

    def test_max(self):
        _, indices = F.max_pool2d(image(KR), 2, return_indices=True)
        assert plane(F.max_unpool2d(self.x, indices, 2)) == UNPOOLED


class TestTconv2d:
    """3 x 3, stride 2, padding 1 on 2 x 2. The decks print 4 x 4."""

    y, w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.arange(1.0, 10.0).reshape(1, 1, 3, 3)

    def test_the_size_is_3x3_unless_output_padding_is_1(self):
        assert F.conv_transpose2d(self.y, self.w, stride=2, padding=1).shape[2:] == (3, 3)
        assert F.conv_transpose2d(self.y, self.w, stride=2, padding=1, output_padding=1).shape[2:] == (4, 4)

    def test_four_stamps_and_a_crop(self):
        canvas = np.zeros((6, 6))
        for i, j in np.ndindex(2, 2):
            canvas[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += self.y[0, 0, i, j] * self.w[0, 0]
        whole = F.conv_transpose2d(self.y, self.w, stride=2, output_padding=1)
        cropped = F.conv_transpose2d(self.y, self.w, stride=2, padding=1, output_padding=1)
        assert plane(whole) == canvas.tolist() and plane(cropped) == canvas[1:5, 1:5].tolist()

    def test_equivalences(self):
        """The stamps, C^T, and zeros put between the pixels under an ordinary convolution with the flipped filter."""
        stamps = plane(F.conv_transpose2d(self.y, self.w, stride=2, padding=1, output_padding=1))
        C = F.conv_matrix(lambda x: F.conv2d(x, self.w, stride=2, padding=1), (1, 1, 4, 4))
        flipped = self.w[..., ::-1, ::-1]
        assert (C.T @ self.y.ravel()).reshape(4, 4).tolist() == stamps
        assert plane(F.conv2d(F.bed_of_nails(self.y), flipped, padding=1)) == stamps


class TestTconv1d:
    def test_letters(self):
        assert products(lambda y, w: F.conv_transpose1d(y, w, stride=2), "ab") == [
            "ax",
            "ay",
            "az+bx",
            "by",
            "bz",
        ]

    def test_crop(self):
        """Twice the size is left when the first entry is cropped: padding 1 and output padding 1."""
        cropped = products(lambda y, w: F.conv_transpose1d(y, w, stride=2, padding=1, output_padding=1), "ab")
        assert cropped == ["ay", "az+bx", "by", "bz"]

    def test_the_matrix_form_agrees_without_its_two_cells_of_padding(self):
        """KR 11 prints six rows, the last one 0; OU 25 and SHA 59 five."""
        six = products(lambda y, w: F.conv_transpose1d(y, w, stride=2, output_padding=1), "ab")
        five = products(lambda y, w: F.conv_transpose1d(y, w, stride=2), "ab")
        assert six == [*five, "0"] and six[1:-1] == five[1:]


class TestTconvOverlap:
    def counts(self, n, kernel, **params):
        return F.conv_transpose2d(np.ones((1, 1, n, n)), np.ones((1, 1, kernel, kernel)), stride=2, **params)

    def test_before_and_after_the_crop(self):
        assert plane(self.counts(2, 3)) == [
            [1, 1, 2, 1, 1],
            [1, 1, 2, 1, 1],
            [2, 2, 4, 2, 2],
            [1, 1, 2, 1, 1],
            [1, 1, 2, 1, 1],
        ]
        cropped = self.counts(2, 3, padding=1, output_padding=1)
        assert plane(cropped) == [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]

    def test_a_kernel_that_the_stride_divides_is_even(self):
        assert set(self.counts(5, 4).numpy()[0, 0, 2:-2, 2:-2].ravel()) == {4}
        assert set(self.counts(5, 3).numpy()[0, 0, 2:-2, 2:-2].ravel()) == {1, 2, 4}


def test_tconv_names():
    """Why "deconvolution" is a bad name: it gives back the shape of what was convolved, not the values."""
    x, w = np.arange(16.0).reshape(1, 1, 4, 4), np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    back = F.conv_transpose2d(F.conv2d(x, w), w).numpy()
    assert back.shape == x.shape and not np.allclose(back / back.sum(), x / x.sum(), rtol=0.1)


# Numbers beside A and B that the same ops give


@pytest.mark.parametrize("outputs, count", [(1000, 4_097_000), (4, 16_388), (21, 86_037)])
def test_layer_fc(outputs, count):
    assert parameters(nn.Linear(4096, outputs)) == count


class TestOverFeatSizes:
    """5 x 5 convolution, 2 x 2 pooling, and a fully connected layer read as a 5 x 5 convolution."""

    rng = np.random.default_rng(0)
    w, fc = rng.integers(-3, 4, (2, 1, 5, 5)).astype(float), rng.integers(-3, 4, (3, 2 * 5 * 5)).astype(float)

    def features(self, x):
        return F.max_pool2d(F.conv2d(x, self.w), 2)

    def net(self, x):
        return F.conv2d(self.features(x), self.fc.reshape(3, 2, 5, 5))

    def test_14_gives_one_position_and_the_fully_connected_result(self):
        x = self.rng.integers(0, 9, (1, 1, 14, 14)).astype(float)
        assert self.net(x).shape == (1, 3, 1, 1)
        assert self.net(x).numpy().ravel().tolist() == F.linear(self.features(x).flatten(), self.fc).tolist()

    def test_16_gives_2x2_each_of_them_a_14x14_window_two_pixels_on(self):
        """The deck prints "Testing: 2x2 image": the output is 2 x 2, the image 16 x 16."""
        x = self.rng.integers(0, 9, (1, 1, 16, 16)).astype(float)
        scores = self.net(x).numpy()
        assert scores.shape == (1, 3, 2, 2)
        for i, j in np.ndindex(2, 2):
            window = x[:, :, 2 * i : 2 * i + 14, 2 * j : 2 * j + 14]
            assert scores[0, :, i, j].tolist() == self.net(window).numpy().ravel().tolist()
