"""Bad input to convolution, pooling, resizing, folding and conv_matrix: a table of calls and what they say.

A row is the call, the class of the error, and pieces of its sentence; the sentence begins with the op's name.
"""

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv.errors import DTypeError, LabelError, ShapeError

x, w, v = minicv.ones(1, 2, 4, 4), minicv.ones(3, 2, 3, 3), minicv.ones(2, 3, 3, 3)
row, taps = minicv.ones(1, 2, 6), minicv.ones(3, 2, 3)
y, indices = F.max_pool2d(x, 2, return_indices=True)
whole = minicv.tensor(np.ones((1, 2, 4, 4), np.int64))
double = minicv.ones(3, 2, 3, 3, dtype=np.float64)


def call(name, *args, **params):
    return name, args, params


TABLE = [
    # Ranks
    (
        call("conv2d", minicv.ones(4, 4), w),
        ShapeError,
        ["input must be (N, C, H, W) or without N", "(4, 4)", "forget the channel"],
    ),
    (call("conv2d", minicv.ones(1, 1, 2, 4, 4), w), ShapeError, ["input must be (N, C, H, W)"]),
    (call("conv2d", x, taps), ShapeError, ["weight must be (K, C, kh, kw)", "(3, 2, 3)"]),
    (call("conv1d", x, taps), ShapeError, ["input must be (N, C, L)"]),
    (call("conv1d", row, w), ShapeError, ["weight must be (K, C, k)"]),
    (call("conv_transpose2d", row[0], v), ShapeError, ["input must be (N, C, H, W)"]),
    (call("conv2d_weight", x[0], w.shape, y), ShapeError, ["input must be (N, C, H, W)"]),
    (call("max_pool2d", x[0, 0], 2), ShapeError, ["input must be (N, C, H, W) or (C, H, W)", "(4, 4)"]),
    (call("avg_pool2d", x[0, 0], 2), ShapeError, ["input must be (N, C, H, W) or (C, H, W)"]),
    (call("adaptive_avg_pool2d", x[0, 0], 2), ShapeError, ["input must be (N, C, H, W) or (C, H, W)"]),
    (call("adaptive_max_pool2d", x[0, 0], 2), ShapeError, ["input must be (N, C, H, W) or (C, H, W)"]),
    (call("interpolate", x[0], 2), ShapeError, ["input must be (N, C, H, W)", "(2, 4, 4)"]),
    (call("bed_of_nails", x[0, 0]), ShapeError, ["input must be (N, C, H, W) or (C, H, W)"]),
    (call("unfold", x[0, 0], 2), ShapeError, ["input must be (N, C, H, W) or (C, H, W)"]),
    (call("fold", minicv.ones(4), 4, 2), ShapeError, ["input must be (N, C kh kw, L)"]),
    (
        call("pad", x[0, 0, 0], (1, 1), mode="reflect"),
        ShapeError,
        ["2 for (N, C, L) or (C, L)", "2 for (4,)"],
    ),
    (
        call("pad", x, (1, 1), mode="replicate"),
        ShapeError,
        ["4 numbers for (N, C, H, W)", "2 for (1, 2, 4, 4)"],
    ),
    # Channels and groups
    (
        call("conv2d", x, minicv.ones(3, 5, 3, 3)),
        ShapeError,
        ["input must be of 5 channels for weight (3, 5, 3, 3)", "2 channels", "(K, C / groups, ...)"],
    ),
    (
        call("conv2d", x.permute(0, 2, 3, 1), w),
        ShapeError,
        ["of 2 channels", "(N, H, W, C)? x.permute(0, 3, 1, 2)"],
    ),
    (call("conv1d", row, minicv.ones(3, 5, 3)), ShapeError, ["input must be of 5 channels", "(1, 2, 6)"]),
    (call("conv_transpose2d", x, w), ShapeError, ["input must be of 3 channels", "(C, K / groups, ...)"]),
    (call("conv_transpose1d", row, minicv.ones(3, 2, 3)), ShapeError, ["input must be of 3 channels"]),
    (
        call("conv2d", x, w, groups=2),
        ShapeError,
        ["groups must be a divisor of the input's 2 channels and of the weight's first axis 3", "got 2"],
    ),
    (call("conv_transpose2d", x, v, groups=3), ShapeError, ["groups must be a divisor"]),
    (call("conv2d", x, w, groups=0), ShapeError, ["groups must be an int of at least 1; got 0"]),
    (call("conv2d", x, w, groups=None), ShapeError, ["groups must be an int"]),
    (call("conv2d", x, w, groups=1.0), ShapeError, ["groups must be an int"]),
    (call("conv2d_weight", x, (3, 5, 3, 3), y), ShapeError, ["input must be of 5 channels"]),
    (
        call("conv2d", x, w, minicv.ones(4)),
        ShapeError,
        ["bias must be (3,), one number for each output channel; got (4,)"],
    ),
    (call("conv2d", x, w, minicv.ones(1, 3, 1, 1)), ShapeError, ["bias must be (3,)"]),
    (call("conv_transpose2d", x, v, minicv.ones(2)), ShapeError, ["bias must be (3,)"]),
    (call("conv2d", x, minicv.ones(3, 2, 0, 3)), ShapeError, ["weight must be non-empty"]),
    # Windows that do not fit
    (
        call("conv2d", x, minicv.ones(3, 2, 5, 3)),
        ShapeError,
        [
            "padded input must be at least as large as the window, whose height is 5",
            "height 4 + 2 * 0 = 4",
            "pooled once too often",
        ],
    ),
    (call("conv2d", x, w, dilation=2), ShapeError, ["height is 5 (kernel 3, dilation 2)"]),
    (call("conv2d", x, w, dilation=(1, 2)), ShapeError, ["width is 5"]),
    (call("conv1d", row, minicv.ones(3, 2, 7)), ShapeError, ["length is 7", "length 6 + 2 * 0 = 6"]),
    (call("conv2d_weight", x, (3, 2, 5, 5), y), ShapeError, ["at least as large as the window"]),
    (
        call("conv2d_weight", x, w.shape, y),
        ShapeError,
        ["grad_output must be (1, 3, 2, 2), what conv2d gives", "got (1, 2, 2, 2)"],
    ),
    (
        call("max_pool2d", x, 5),
        ShapeError,
        ["input must be at least as large as the window (5, 5)", "(4, 4)", "pooled once too often"],
    ),
    (call("max_pool2d", x, 3, dilation=2), ShapeError, ["at least as large as the window"]),
    (call("avg_pool2d", x, (1, 5)), ShapeError, ["at least as large as the window (1, 5)"]),
    (call("unfold", x, 5), ShapeError, ["padded input must be at least as large as the window (5, 5)"]),
    (
        call("fold", minicv.ones(1, 50, 1), 4, 5),
        ShapeError,
        ["output_size must be at least as large as the window (5, 5)"],
    ),
    (
        call("conv_transpose2d", x, v, padding=3),
        ShapeError,
        ["padding must be small enough to leave at least a pixel", "(0, 0)"],
    ),
    (call("max_pool2d", x[:, :, :0], 1), ShapeError, ["input must be non-empty in height and width"]),
    (call("interpolate", x[:, :, :, :0], 2), ShapeError, ["input must be non-empty in height and width"]),
    # Strides, paddings, dilations, sizes
    *[
        (call(*op, **{name: value}), ShapeError, [f"{name} must be {told}"])
        for op in [
            ("conv2d", x, w),
            ("conv_transpose2d", x, v),
            ("conv2d_weight", x, w.shape, y),
            ("unfold", x, 2),
            ("fold", minicv.ones(1, 8, 9), 4, 2),
            ("max_pool2d", x, 2),
        ]
        for name, value, told in [
            ("stride", 0, "at least 1; got 0"),
            ("stride", -1, "at least 1; got -1"),
            ("stride", (2, 0), "at least 1; got (2, 0)"),
            ("stride", 1.5, "an int or 2 ints; got 1.5"),
            ("stride", (1, 1, 1), "an int or 2 ints"),
            ("padding", -1, "at least 0; got -1"),
            ("padding", "full", ""),
            ("dilation", 0, "at least 1; got 0"),
            ("dilation", True, "an int or 2 ints; got True"),
        ]
    ],
    (call("conv1d", row, taps, stride=(1, 1)), ShapeError, ["stride must be an int; got (1, 1)"]),
    (call("conv1d", row, taps, stride=0), ShapeError, ["stride must be at least 1"]),
    (call("conv2d", x, w, padding="full"), ShapeError, ['padding must be ints, "same" or "valid"']),
    (
        call("conv2d", x, w, padding="same", stride=2),
        ShapeError,
        ['stride must be 1 with padding="same"', "cannot stay the same"],
    ),
    (
        call("conv1d", row, taps, padding="same", stride=2),
        ShapeError,
        ['stride must be 1 with padding="same"; got 2'],
    ),
    (call("conv_transpose2d", x, v, padding="same"), ShapeError, ["padding must be an int or 2 ints"]),
    (
        call("conv_transpose2d", x, v, output_padding=1),
        ShapeError,
        ["output_padding must be less than stride or dilation (1, 1); got 1", "no window reaches"],
    ),
    (
        call("conv_transpose2d", x, v, stride=2, output_padding=-1),
        ShapeError,
        ["output_padding must be at least 0"],
    ),
    (
        call("conv2d_weight", x, 3, y),
        ShapeError,
        ["weight_size must be four ints (K, C / groups, kh, kw); got 3"],
    ),
    (call("conv2d_weight", x, (3, 2, 3), y), ShapeError, ["weight_size must be four ints"]),
    (call("max_pool2d", x, 0), ShapeError, ["kernel_size must be at least 1"]),
    (call("max_pool2d", x, None), ShapeError, ["kernel_size must be an int or 2 ints"]),
    (
        call("max_pool2d", x, 2, padding=2),
        ShapeError,
        ["padding must be at most half of the kernel size (2, 2)"],
    ),
    (call("avg_pool2d", x, 2, stride=0), ShapeError, ["stride must be at least 1"]),
    (call("avg_pool2d", x, 2, padding=2), ShapeError, ["padding must be at most half"]),
    (
        call("avg_pool2d", x, 2, divisor_override=0),
        ShapeError,
        ["divisor_override must be an int other than 0"],
    ),
    (call("avg_pool2d", x, 2, divisor_override=0.5), ShapeError, ["divisor_override must be an int"]),
    (call("adaptive_avg_pool2d", x, 0), ShapeError, ["output_size must be at least 1"]),
    (call("adaptive_avg_pool2d", x, 1.5), ShapeError, ["output_size must be"]),
    (
        call("adaptive_max_pool2d", x, (1, 2, 3)),
        ShapeError,
        ["output_size must be an int or two of them (None keeps the size)"],
    ),
    (call("bed_of_nails", x, 0), ShapeError, ["scale_factor must be at least 1"]),
    (call("bed_of_nails", x, 1.5), ShapeError, ["scale_factor must be an int"]),
    (
        call("interpolate", x),
        ValueError,
        ["size and scale_factor must be given one at a time; got None and None"],
    ),
    (call("interpolate", x, 2, 2), ValueError, ["given one at a time; got 2 and 2"]),
    (call("interpolate", x, 0), ShapeError, ["size must be at least 1"]),
    (call("interpolate", x, 2.5), ShapeError, ["size must be an int or 2 ints"]),
    (
        call("interpolate", x, scale_factor=0.1),
        ShapeError,
        ["scale_factor must be large enough to leave a pixel of (4, 4); got 0.1"],
    ),
    *[
        (
            call("interpolate", x, scale_factor=factor),
            ShapeError,
            ["scale_factor must be a positive number or two"],
        )
        for factor in (0, -1, "2", np.inf, np.nan, (1, 2, 3), (2, None))
    ],
    (
        call("interpolate", x, 2, mode="bicubic"),
        ValueError,
        ['mode must be "nearest" or "bilinear"; got \'bicubic\''],
    ),
    (
        call("interpolate", x, 2, align_corners=True),
        ValueError,
        ['align_corners must be left out with mode="nearest"'],
    ),
    (
        call("pad", x, 1),
        ShapeError,
        ["pad must be pairs of ints (before, after) for at most 4 axes, last axis first; got 1"],
    ),
    (call("pad", x, (1, 2, 3)), ShapeError, ["pad must be pairs of ints"]),
    (call("pad", x, (1, 1.5)), ShapeError, ["pad must be pairs of ints"]),
    (call("pad", x, [1] * 10), ShapeError, ["for at most 4 axes"]),
    (call("pad", x, (-3, -2)), ShapeError, ["pad must be such that it crops at most the 4 cells"]),
    (
        call("pad", x, (4, 0, 0, 0), mode="reflect"),
        ShapeError,
        ["pad must be less than the 4 cells that there are to reflect"],
    ),
    (
        call("pad", x, (-4, 0, 0, 0), mode="replicate"),
        ShapeError,
        ["such that at least one of 4 cells is left"],
    ),
    (
        call("pad", x, (1, 1), mode="circular"),
        ValueError,
        ['mode must be "constant", "reflect" or "replicate"'],
    ),
    (
        call("pad", x, (1, 1, 1, 1), "reflect", 2.0),
        ValueError,
        ['value must be left out with mode="reflect"'],
    ),
    (call("conv_matrix", lambda t: t, (0,)), ShapeError, ["input_shape must be at least 1"]),
    # Dtypes
    (
        call("conv2d", x, double),
        DTypeError,
        ["input and weight must be of one dtype", "input float32, weight float64", "use .to(dtype)"],
    ),
    (call("conv2d", x, w, np.ones(3)), DTypeError, ["input and weight and bias must be of one dtype"]),
    (call("conv_transpose2d", x, double[:2]), DTypeError, ["of one dtype"]),
    (call("conv1d", row, taps.numpy().astype(np.int64)), DTypeError, ["of one dtype"]),
    (
        call("conv2d_weight", x, w.shape, np.ones((1, 3, 2, 2))),
        DTypeError,
        ["input and grad_output must be of one dtype"],
    ),
    (call("conv2d", x.numpy() > 0, w.numpy() > 0), DTypeError, ["input must be numbers; got bool"]),
    (call("avg_pool2d", whole, 2), DTypeError, ["input must be a floating-point tensor; got int64"]),
    (call("adaptive_avg_pool2d", whole, 2), DTypeError, ["input must be a floating-point tensor"]),
    (call("interpolate", whole, 2, mode="bilinear"), DTypeError, ["input must be a floating-point tensor"]),
    (
        call("pad", whole, (1, 1), value=0.5),
        DTypeError,
        ["value must be a number that int64 can hold; got 0.5"],
    ),
    (call("pad", x, (1, 1), value="0"), DTypeError, ["value must be a number that float32 can hold"]),
    # Unpooling
    (call("max_unpool2d", y, y, 2), DTypeError, ["indices must be int64", "got float32"]),
    (
        call("max_unpool2d", y, indices[:, :1], 2),
        ShapeError,
        ["indices must be of the input's shape (1, 2, 2, 2); got (1, 1, 2, 2)", "another layer's"],
    ),
    (
        call("max_unpool2d", y, indices + 16, 2),
        LabelError,
        ["indices must be in 0..15", "Pass its size as output_size"],
    ),
    (call("max_unpool2d", y, indices - 16, 2), LabelError, ["indices must be in 0..15; got -16"]),
    (
        call("max_unpool2d", y, indices, 2, output_size=(6, 4)),
        ShapeError,
        ["output_size must be between (3, 3) and (5, 5) for this pooling; got (6, 4)"],
    ),
    (
        call("max_unpool2d", y, indices, 2, output_size=4),
        ShapeError,
        ["output_size must be (H, W), or a full shape"],
    ),
    (
        call("max_unpool2d", y[:, :, :1, :1], indices[:, :, :1, :1], 2, padding=1),
        ShapeError,
        ["output_size must be given", "(0, 0)"],
    ),
    (call("max_unpool2d", y, indices, 2, stride=0), ShapeError, ["stride must be at least 1"]),
    # Folding
    (
        call("fold", minicv.ones(1, 8, 8), 4, 2),
        ShapeError,
        ["input must be of 3 * 3 columns, one for each window of (4, 4); got 8 columns"],
    ),
    (
        call("fold", minicv.ones(1, 7, 9), 4, 2),
        ShapeError,
        ["input must be of a multiple of kh * kw = 4 rows; got 7 rows"],
    ),
    (call("fold", minicv.ones(1, 8, 9), None, 2), ShapeError, ["output_size must be an int or 2 ints"]),
]


@pytest.mark.parametrize("call, error, pieces", TABLE, ids=[f"{row[0][0]}-{row[2][0][:40]}" for row in TABLE])
def test_bad_input(call, error, pieces):
    name, args, params = call
    with pytest.raises(error) as caught:
        getattr(F, name)(*args, **params)
    assert caught.type is error
    sentence = str(caught.value)
    assert sentence.startswith(f"{name}: ") and sentence.endswith((".", "?")), sentence
    for piece in pieces:
        assert piece in sentence, sentence
