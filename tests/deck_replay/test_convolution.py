"""Every number that the decks print about convolution, computed again.

A class or test is named after the figure that shows the numbers; all data are integers, so that equal means equal.
Where a deck is wrong, the test shows both what it prints and what is right, and ``lectures/errata.md`` has a row.
"""

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn
from tests.deck_replay.notation import extent, gradient, image, letters, parameters, plane, products


def test_conv_dims():
    layer = nn.Conv2d(3, 10, 5, stride=1, padding=2)
    assert layer(minicv.zeros(1, 3, 32, 32)).shape == (1, 10, 32, 32)
    assert layer.weight.size == 5 * 5 * 3 * 10 == 750 and parameters(layer) == 760


@pytest.mark.parametrize("K", [32, 64, 128, 512])
@pytest.mark.parametrize("kernel, padding", [(3, 1), (5, 2), (1, 0)])
def test_conv_size_formula_common_settings_keep_the_size(kernel, padding, K):
    x, w = minicv.zeros(1, 1, 12, 12), minicv.zeros(K, 1, kernel, kernel)
    assert F.conv2d(x, w, stride=1, padding=padding).shape == (1, K, 12, 12)


class TestAlexNet:
    """(227 - 11) / 4 + 1 = 55; 224, which the paper prints, leaves a rest."""

    def first_layer(self, x):
        return F.conv2d(x, np.ones((1, 1, 11, 11)), stride=4)

    def test_227_divides(self):
        read = gradient(self.first_layer, (1, 1, 227, 227))
        assert self.first_layer(np.ones((1, 1, 227, 227))).shape[2:] == (55, 55) and read.all()

    def test_224_drops_its_last_row_and_column(self):
        read = gradient(self.first_layer, (1, 1, 224, 224))
        assert self.first_layer(np.ones((1, 1, 224, 224))).shape[2:] == (54, 54)
        assert not read[-1].any() and not read[:, -1].any() and read[:-1, :-1].all()


class TestConvS1P1:
    x, w = image(np.arange(16).reshape(4, 4)), image(np.arange(1, 10).reshape(3, 3))

    def test_size_and_dot_products(self):
        y = F.conv2d(self.x, self.w, padding=1)
        assert y.shape == (1, 1, 4, 4)
        padded, w = np.pad(self.x.numpy()[0, 0], 1), self.w.numpy()[0, 0]
        assert plane(y) == [[(padded[i : i + 3, j : j + 3] * w).sum() for j in range(4)] for i in range(4)]

    def test_a_corner_reads_five_cells_of_padding_and_an_edge_three(self):
        steps = minicv.trace(F.conv2d, self.x, self.w, padding=1).steps
        padding = np.reshape([sum(index is None for index, _ in step.read) for step in steps], (4, 4))
        assert len(steps) == 16 and {len(step.read) for step in steps} == {9}
        assert padding.tolist() == [[5, 3, 3, 5], [3, 0, 0, 3], [3, 0, 0, 3], [5, 3, 3, 5]]


class TestConvS2P1:
    def conv(self, x):
        return F.conv2d(x, np.ones((1, 1, 3, 3)), stride=2, padding=1)

    def test_4x4_becomes_2x2_in_steps_of_two(self):
        """The filter moves two pixels in the input for one in the output."""
        assert plane(self.conv(image(np.ones((4, 4))))) == [[4, 6], [6, 9]]
        first = np.argwhere(gradient(self.conv, (1, 1, 4, 4), [[0, 0], [0, 1]]))[0]
        assert first.tolist() == [1, 1]  # the window of output (1, 1) starts at -1 + 2

    def test_the_formula_gives_two_and_a_half(self):
        """The floor drops the last row and column of the padding, which no window reads."""
        assert (4 + 2 * 1 - 3) / 2 + 1 == 2.5
        read = gradient(
            lambda x: F.conv2d(x, np.ones((1, 1, 3, 3)), stride=2), (1, 1, 6, 6)
        )  # the padded image
        assert not read[5].any() and not read[:, 5].any() and read[:5, :5].all()


class TestMatrix1d:
    """The matrices act on the padded input 0 a b c d 0."""

    @staticmethod
    def s1(x, w):
        return F.conv1d(x, w)

    @staticmethod
    def s2(x, w):
        return F.conv1d(x, w, stride=2)

    def test_conv_s1(self):
        assert letters(self.s1, 6) == ["x y z 0 0 0", "0 x y z 0 0", "0 0 x y z 0", "0 0 0 x y z"]
        printed = ["ay+bz", "ax+by+cz", "bx+cy+dz", "cx+dy"]
        assert products(self.s1, "0abcd0") == printed
        assert products(lambda x, w: F.conv1d(x, w, padding=1), "abcd") == printed

    def test_conv_s1_rows_as_printed(self):
        """KR 11 prints the rows as x y x; then z is in no product."""
        wrong = products(lambda x, w: self.s1(x, w[..., [0, 1, 0]]), "0abcd0")
        assert wrong == ["ay+bx", "ax+by+cx", "bx+cy+dx", "cx+dy"]

    def test_conv_s2(self):
        assert letters(self.s2, 6) == ["x y z 0 0 0", "0 0 x y z 0"]
        assert products(self.s2, "0abcd0") == ["ay+bz", "bx+cy+dz"]

    def test_tconv_s1(self):
        expected = ["ax", "ay+bx", "az+by+cx", "bz+cy+dx", "cz+dy", "dz"]
        assert products(F.conv_transpose1d, "abcd") == expected
        assert products(lambda x, w: F.conv1d(x, w[..., ::-1], padding=2), "abcd") == expected

    def test_tconv_s2(self):
        """Six rows, the last of them 0; no ordinary convolution, but one of the input with zeros put between."""

        def transposed(y, w):
            return F.conv_transpose1d(y, w, stride=2, output_padding=1)

        assert products(transposed, "ab") == ["ax", "ay", "az+bx", "by", "bz", "0"]
        assert letters(transposed, 2) == ["x 0", "y 0", "z x", "0 y", "0 z", "0 0"]
        assert products(lambda x, w: F.conv1d(x, w[..., ::-1], padding=2), "a0b") == [
            "ax",
            "ay",
            "az+bx",
            "by",
            "bz",
        ]

    @pytest.mark.parametrize("stride", [1, 2])
    def test_with_numbers(self, stride):
        a, w = np.array([[[0, 2, 3, 5, 7, 0]]]), np.array([[[11, 13, 17]]])
        C = F.conv_matrix(lambda x: F.conv1d(x, w, stride=stride), (1, 1, 6), dtype="int64")
        y = C @ a.ravel()
        assert (
            y.tolist()
            == [2 * 13 + 3 * 17, 2 * 11 + 3 * 13 + 5 * 17, 3 * 11 + 5 * 13 + 7 * 17, 5 * 11 + 7 * 13][
                ::stride
            ]
        )
        back = F.conv_transpose1d(y.reshape(1, 1, -1), w, stride=stride, output_padding=stride - 1)
        assert (C.T @ y).tolist() == back.numpy().ravel().tolist()


class TestMatrix2d:
    """The 4 x 16 matrix of a 3 x 3 convolution on 4 x 4 pixels."""

    w = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    C = F.conv_matrix(lambda x: F.conv2d(x, np.arange(1.0, 10.0).reshape(1, 1, 3, 3)), (1, 1, 4, 4))

    def test_rows_and_columns(self):
        assert self.C.shape == (4, 16)
        assert [np.flatnonzero(row)[0] for row in self.C] == [0, 1, 4, 5]
        assert [row[row != 0].tolist() for row in self.C] == [list(range(1, 10))] * 4
        counts = np.count_nonzero(self.C, axis=0).reshape(4, 4)
        assert counts.tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]

    def test_forward_is_C_and_backward_is_C_transposed(self):
        x, g = np.arange(16.0).reshape(1, 1, 4, 4), np.array([[[[3.0, -1.0], [4.0, 2.0]]]])
        y = (self.C @ x.ravel()).reshape(2, 2)
        assert y.tolist() == plane(F.conv2d(x, self.w))
        back = (self.C.T @ g.ravel()).reshape(4, 4)
        assert np.abs(back - gradient(lambda x: F.conv2d(x, self.w), x.shape, g)).max() == 0
        assert np.abs(back - F.conv_transpose2d(g, self.w).numpy()).max() == 0


class TestBackwardDelta:
    """3 x 3 input, 2 x 2 filter: four deltas, each of which flows to the filter and to four pixels."""

    x, w = np.arange(1.0, 10.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    deltas = np.array([[[[5.0, 7.0], [11.0, 13.0]]]])

    def test_one_delta_at_a_time(self):
        for i, j in np.ndindex(2, 2):
            one = np.zeros_like(self.deltas)
            one[0, 0, i, j] = delta = self.deltas[0, 0, i, j]
            to_x = gradient(lambda x: F.conv2d(x, self.w), self.x.shape, one)
            to_w = gradient(lambda w: F.conv2d(self.x, w), self.w.shape, one)
            expected = np.zeros((3, 3))
            expected[i : i + 2, j : j + 2] = delta * self.w[0, 0]
            assert to_x.tolist() == expected.tolist()
            assert to_w.tolist() == (delta * self.x[0, 0, i : i + 2, j : j + 2]).tolist()

    def test_all_of_them(self):
        """dW is the correlation of input and deltas, dX the full correlation of the deltas with the flipped filter."""
        to_w = gradient(lambda w: F.conv2d(self.x, w), self.w.shape, self.deltas)
        assert to_w.tolist() == plane(F.conv2d(self.x, self.deltas))
        to_x = gradient(lambda x: F.conv2d(x, self.w), self.x.shape, self.deltas)
        assert to_x.tolist() == plane(F.conv2d(self.deltas, self.w[..., ::-1, ::-1], padding=1))


def test_conv_im2col():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    columns = F.unfold(x, 3).numpy()[0]
    assert columns.shape == (9, 4)
    assert np.count_nonzero(columns == x[0, 0, 1, 1]) == 4
    w = np.arange(18.0).reshape(2, 1, 3, 3)
    assert (w.reshape(2, 9) @ columns).tolist() == F.conv2d(x, w).numpy().reshape(2, 4).tolist()
    counts = F.fold(np.ones((1, 9, 4)), 4, 3)
    assert plane(counts) == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]


@pytest.mark.parametrize("dilation, covered", [(1, 3), (2, 5), (4, 9)])
def test_conv_dilated(dilation, covered):
    field = gradient(
        lambda x: F.conv2d(x, np.ones((1, 1, 3, 3)), dilation=dilation)[..., :1, :1], (1, 1, 12, 12)
    )
    assert extent(field) == (covered, covered) and np.count_nonzero(field) == 9


class TestReceptiveField:
    """LeNet: a unit of S4 sees 16 x 16 pixels, one of C5 the whole 32 x 32."""

    five = np.ones((1, 1, 5, 5))

    def s4(self, x):
        return F.avg_pool2d(F.conv2d(F.avg_pool2d(F.conv2d(x, self.five), 2), self.five), 2)

    def test_s4(self):
        assert self.s4(np.ones((1, 1, 32, 32))).shape[2:] == (5, 5)
        field = gradient(lambda x: self.s4(x)[..., 2:3, 2:3], (1, 1, 32, 32))
        assert extent(field) == (16, 16) and np.count_nonzero(field) == 16 * 16

    def test_c5(self):
        field = gradient(lambda x: F.conv2d(self.s4(x), self.five), (1, 1, 32, 32))
        assert field.shape == (32, 32) and field.all()
