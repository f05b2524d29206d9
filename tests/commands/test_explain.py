"""``minicv explain``: the decks' examples in words, and a sentence for what cannot be explained."""

import numpy as np
import pytest

from minicv import cli
from minicv.commands.explain import numbers


def said(capsys, *words):
    """What the command prints."""
    assert cli.main(["explain", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_convolution(capsys):
    """OU, KR: "3 x 3 convolution, stride 2, pad 1", 4 x 4 to 2 x 2; the floor that the decks do not mention."""
    text = said(capsys, *"conv2d --input 4x4 --kernel 3x3 --stride 2 --padding 1".split())
    assert (
        text
        == """\
output height: floor((4 + 2 * 1 - 3) / 2) + 1 = 2   (3 / 2 leaves 1: as many cells at the end are never read)
output width: floor((4 + 2 * 1 - 3) / 2) + 1 = 2   (3 / 2 leaves 1: as many cells at the end are never read)

input
   1   2   3   4
   5   6   7   8
   9  10  11  12
  13  14  15  16

filter
  1  2  3
  4  5  6
  7  8  9

step 1: output[0, 0] = 1 * 5 + 2 * 6 + 5 * 8 + 6 * 9 = 111   (5 of 9 cells are padding)
step 2: output[0, 1] = 2 * 4 + 3 * 5 + 4 * 6 + 6 * 7 + 7 * 8 + 8 * 9 = 217   (3 of 9 cells are padding)
step 3: output[1, 0] = 5 * 2 + 6 * 3 + 9 * 5 + 10 * 6 + 13 * 8 + 14 * 9 = 363   (3 of 9 cells are padding)
step 4: output[1, 1] = 6 * 1 + 7 * 2 + 8 * 3 + 10 * 4 + 11 * 5 + 12 * 6 + 14 * 7 + 15 * 8 + 16 * 9 = 573

output
  111  217
  363  573

"""
    )


def test_transposed_convolution(capsys):
    """OU 20-24: 2 x 2 to 4 x 4 at stride 2 and padding 1, which takes an output padding of 1."""
    words = "conv_transpose2d --stride 2 --padding 1 --output-padding 1 --kernel".split()
    text = said(capsys, *words, "1 2 1;2 4 2;1 2 1")
    assert (
        text
        == """\
output height: (2 - 1) * 2 - 2 * 1 + 3 + 1 = 4
output width: (2 - 1) * 2 - 2 * 1 + 3 + 1 = 4

input
  1  2
  3  4

filter
  1  2  1
  2  4  2
  1  2  1

step 1: input[0, 0] = 1 stamps 1 * (1, 2, 1, 2, 4, 2, 1, 2, 1): \
output[0, 0] += 4, output[0, 1] += 2, output[1, 0] += 2, output[1, 1] += 1   (5 of 9 cells are cropped)
step 2: input[0, 1] = 2 stamps 2 * (1, 2, 1, 2, 4, 2, 1, 2, 1): \
output[0, 1] += 4 (now 6), output[0, 2] += 8, output[0, 3] += 4, \
output[1, 1] += 2 (now 3), output[1, 2] += 4, output[1, 3] += 2   (3 of 9 cells are cropped)
step 3: input[1, 0] = 3 stamps 3 * (1, 2, 1, 2, 4, 2, 1, 2, 1): \
output[1, 0] += 6 (now 8), output[1, 1] += 3 (now 6), output[2, 0] += 12, output[2, 1] += 6, \
output[3, 0] += 6, output[3, 1] += 3   (3 of 9 cells are cropped)
step 4: input[1, 1] = 4 stamps 4 * (1, 2, 1, 2, 4, 2, 1, 2, 1): \
output[1, 1] += 4 (now 10), output[1, 2] += 8 (now 12), output[1, 3] += 4 (now 6), \
output[2, 1] += 8 (now 14), output[2, 2] += 16, output[2, 3] += 8, \
output[3, 1] += 4 (now 7), output[3, 2] += 8, output[3, 3] += 4

output
   4   6   8   4
   8  10  12   6
  12  14  16   8
   6   7   8   4

"""
    )


def test_max_pooling(capsys):
    """KR, "Max Pooling": which element was the maximum is remembered."""
    assert (
        said(capsys, "max_pool2d", "--input", "1 2 6 3; 3 5 2 1; 1 2 2 1; 7 3 4 8")
        == """\
output height: floor((4 + 2 * 0 - 2) / 2) + 1 = 2
output width: floor((4 + 2 * 0 - 2) / 2) + 1 = 2

input
  1  2  6  3
  3  5  2  1
  1  2  2  1
  7  3  4  8

step 1: output[0, 0] = max(1, 2, 3, 5) = 5, found at input[1, 1] (index 5)
step 2: output[0, 1] = max(6, 3, 2, 1) = 6, found at input[0, 2] (index 2)
step 3: output[1, 0] = max(1, 2, 7, 3) = 7, found at input[3, 0] (index 12)
step 4: output[1, 1] = max(2, 1, 4, 8) = 8, found at input[3, 3] (index 15)

output
  5  6
  7  8

indices (row * width + column)
   5   2
  12  15

"""
    )


def test_max_unpooling(capsys):
    """KR, "Max Unpooling": 1, 2, 3, 4 go where the maxima of the example above were."""
    assert (
        said(capsys, "max_unpool2d", "--input", "1 2 6 3; 3 5 2 1; 1 2 2 1; 7 3 4 8")
        == """\
max pooling of the 4 x 4 input remembers where each maximum lay;
max unpooling puts new values, 1, 2, 3, ..., back at those places.

what was pooled
  1  2  6  3
  3  5  2  1
  1  2  2  1
  7  3  4  8

indices (row * width + column)
   5   2
  12  15

input
  1  2
  3  4

step 1: output[1, 1] = input[0, 0] = 1
step 2: output[0, 2] = input[0, 1] = 2
step 3: output[3, 0] = input[1, 0] = 3
step 4: output[3, 3] = input[1, 1] = 4

output
  0  0  2  0
  0  1  0  0
  0  0  0  0
  3  0  0  4

"""
    )


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d", "max_pool2d", "max_unpool2d"])
def test_every_op_has_an_example_of_its_own(capsys, op):
    assert said(capsys, op).count("\nstep ") == 4


def test_windows_need_not_be_square(capsys):
    text = said(capsys, *"max_pool2d --input 3x6 --kernel 3x2".split())
    assert "output width: floor((6 + 2 * 0 - 2) / 2) + 1 = 3" in text and text.count("\nstep ") == 3
    text = said(capsys, *"conv2d --input 2x5 --kernel 1x3 --dilation 2".split())
    assert "output width: floor((5 + 2 * 0 - 5) / 1) + 1 = 1" in text
    assert "step 1: output[0] = 1 * 1 + 3 * 2 + 5 * 3 = 22" in text


def test_large_whole_numbers_stand_in_full(capsys):
    assert "= 17550\n" in said(capsys, "conv2d", "--input", "390", "--kernel", "45")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2x3", [[1, 2, 3], [4, 5, 6]]),
        (" 1 X 2 ", [[1, 2]]),
        ("1 2;3 4", [[1, 2], [3, 4]]),
        ("1,-2.5; 3e2, 4", [[1, -2.5], [300, 4]]),
        ("7", [[7]]),
    ],
)
def test_numbers_are_read_as_a_size_or_one_by_one(text, expected):
    assert np.array_equal(numbers("--input", text), expected)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["conv2d", "--input", "4x"],
            'explain: --input must be a size such as 4x4 or rows of numbers such as "1 2;3 4"',
        ),
        (["conv2d", "--input", "1 2;3"], "explain: --input must be a size such as 4x4 or rows"),
        (["conv2d", "--kernel", "a b"], "explain: --kernel must be a size such as 4x4 or rows"),
        (
            ["conv2d", "--input", "0x4"],
            "explain: --input must have 1 to 400 cells, so that every step can be read",
        ),
        (["conv2d", "--input", "100x100"], "explain: --input must have 1 to 400 cells"),
        (["max_pool2d", "--kernel", "1 2;3 4"], "explain: --kernel of a pooling must be a size such as 2x2"),
        (
            ["conv2d", "--output-padding", "1"],
            "explain: --output-padding belongs to conv_transpose2d; conv2d has none",
        ),
        (["max_unpool2d", "--dilation", "2"], "explain: max_unpool2d has no --dilation"),
        (["conv2d", "--input", "2x2", "--kernel", "3x3"], "conv2d: "),
        (["conv2d", "--stride", "0"], "conv2d: stride must be at least 1; got 0."),
        (["conv2d", "--padding", "-1"], "conv2d: padding must be at least 0; got -1."),
        (
            ["max_pool2d", "--padding", "2"],
            "max_pool2d: padding must be at most half of the kernel size (2, 2)",
        ),
        (
            ["max_pool2d", "--input", "1x4"],
            "max_pool2d: input must be at least as large as the window (2, 2)",
        ),
        (["max_unpool2d", "--stride", "0"], "max_pool2d: stride must be at least 1; got 0."),
        (["conv_transpose2d", "--output-padding", "1"], "conv_transpose2d: output_padding must be"),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(capsys, words, message):
    assert cli.main(["explain", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"minicv: error: {message}") and err.count("\n") == 1


def test_an_unknown_op_names_the_known_ones(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["explain", "conv3d"])
    assert exit.value.code == 2
    assert "conv_transpose2d" in capsys.readouterr().err
