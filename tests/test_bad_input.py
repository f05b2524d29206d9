"""Bad input: a table of slips that people make, the errors that they must raise, and words of the sentences.

A new op gets its rows here. Besides the table, three rules hold for all ops: mixed dtypes are refused by name, an empty
batch works, and no message is without the name of the op.
"""

import re

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import DTypeError, GraphError, LabelError, ShapeError


def ones(*shape, dtype=np.float32):
    return minicv.ones(*shape, dtype=dtype, requires_grad=True)


def labels(*values):
    return minicv.tensor(np.array(values, dtype=np.int64))


def indices(*shape, value=0):
    return minicv.full(shape, value, dtype=np.int64)


IMAGES = ones(2, 4, 5, 5)
FILTERS = ones(6, 4, 3, 3)
TURNED = ones(4, 6, 3, 3)
SCORES = ones(2, 3)

# (op, what to call with the op, error, words of the message)
TABLE = [
    # Wrong rank
    ("conv2d", lambda op: op(ones(5, 5), FILTERS), ShapeError, ["must be (N, C, H, W)", "(5, 5)", "channel axis"]),
    ("conv2d", lambda op: op(IMAGES, ones(3, 3)), ShapeError, ["weight must be (K, C, kh, kw)", "(3, 3)"]),
    ("conv1d", lambda op: op(ones(5), ones(6, 4, 3)), ShapeError, ["input must be (N, C, L)", "x.unsqueeze(-2)"]),
    ("unfold", lambda op: op(ones(5), 3), ShapeError, ["input must be (N, C, H, W)", "(5,)"]),
    ("max_pool2d", lambda op: op(ones(5), 2), ShapeError, ["input must be (N, C, H, W)", "(5,)"]),
    ("avg_pool2d", lambda op: op(ones(5, 5), 2), ShapeError, ["input must be (N, C, H, W)"]),
    ("adaptive_avg_pool2d", lambda op: op(ones(5, 5), 2), ShapeError, ["input must be (N, C, H, W)"]),
    ("adaptive_max_pool2d", lambda op: op(ones(5, 5), 2), ShapeError, ["input must be (N, C, H, W)"]),
    ("bed_of_nails", lambda op: op(ones(5, 5), 2), ShapeError, ["input must be (N, C, H, W)"]),
    ("interpolate", lambda op: op(ones(5, 5), 3), ShapeError, ["input must be (N, C, H, W)"]),
    ("batch_norm", lambda op: op(ones(3), None, None, training=True), ShapeError, ["input must be (N, C, ...)"]),
    ("local_response_norm", lambda op: op(ones(3), 2), ShapeError, ["input must be (N, C, ...)", "(3,)"]),
    ("embedding", lambda op: op(labels(0), ones(3)), ShapeError, ["weight must be (V, D)", "(3,)"]),
    ("linear", lambda op: op(ones(2, 3), ones(3)), ShapeError, ["weight must be (out_features, in_features)"]),
    # Channels and groups that do not match
    ("conv2d", lambda op: op(ones(2, 3, 5, 5), FILTERS), ShapeError, ["4 channels", "got 3 channels"]),
    ("conv1d", lambda op: op(ones(2, 3, 5), ones(6, 4, 3)), ShapeError, ["4 channels", "got 3 channels"]),
    ("conv_transpose2d", lambda op: op(IMAGES, FILTERS), ShapeError, ["6 channels", "got 4", "(C, K / groups"]),
    ("conv_transpose1d", lambda op: op(ones(2, 3, 5), ones(6, 4, 3)), ShapeError, ["6 channels", "got 3"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, groups=3), ShapeError, ["groups must be a divisor", "got 3"]),
    ("conv2d", lambda op: op(IMAGES, ones(5, 2, 3, 3), groups=2), ShapeError, ["groups must be a divisor", "got 2"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, groups=0), ShapeError, ["groups must be", "at least 1", "got 0"]),
    ("conv_transpose2d", lambda op: op(IMAGES, TURNED, groups=3), ShapeError, ["groups must be a divisor", "got 3"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, ones(4)), ShapeError, ["bias must be (6,)", "got (4,)"]),
    ("prelu", lambda op: op(IMAGES, ones(3)), ShapeError, ["weight must be (4,) or (1,)", "got (3,)"]),
    ("batch_norm", lambda op: op(IMAGES, ones(3), ones(3)), ShapeError, ["running_mean must be (4,)", "got (3,)"]),
    ("layer_norm", lambda op: op(IMAGES, (3,)), ShapeError, ["normalized_shape (3,)", "got shape (2, 4, 5, 5)"]),
    ("linear", lambda op: op(IMAGES, ones(2, 100)), ShapeError, ["input must be (..., 100)", "x.flatten(1)"]),
    # Windows that do not fit, strides and paddings out of range
    ("conv2d", lambda op: op(IMAGES, ones(6, 4, 6, 6)), ShapeError, ["at least as large as the window", "kernel 6"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, dilation=3), ShapeError, ["window", "is 7", "dilation 3"]),
    ("unfold", lambda op: op(IMAGES, 7), ShapeError, ["at least as large as the window (7, 7)"]),
    ("max_pool2d", lambda op: op(IMAGES, 7), ShapeError, ["at least as large as the window (7, 7)"]),
    ("avg_pool2d", lambda op: op(IMAGES, 7), ShapeError, ["at least as large as the window (7, 7)"]),
    *[
        (name, lambda op, s=stride: op(IMAGES, FILTERS if op is F.conv2d else TURNED, stride=s), ShapeError, [words])
        for name in ("conv2d", "conv_transpose2d")
        for stride, words in [
            (0, "stride must be at least 1; got 0"),
            (-1, "stride must be at least 1; got -1"),
            ((1, 1, 1), "stride must be an int or 2 ints; got (1, 1, 1)"),
            (1.5, "stride must be an int or 2 ints; got 1.5"),
        ]
    ],
    ("max_pool2d", lambda op: op(IMAGES, 2, stride=0), ShapeError, ["stride must be at least 1; got 0"]),
    ("max_pool2d", lambda op: op(IMAGES, 0), ShapeError, ["kernel_size must be at least 1; got 0"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, padding=-1), ShapeError, ["padding must be at least 0; got -1"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, dilation=0), ShapeError, ["dilation must be at least 1; got 0"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, padding="full"), ShapeError, ["padding must be ints", "got 'full'"]),
    ("conv2d", lambda op: op(IMAGES, FILTERS, padding="same", stride=2), ShapeError, ['1 with padding="same"; got 2']),
    ("conv_transpose2d", lambda op: op(IMAGES, TURNED, output_padding=1), ShapeError, ["output_padding must be less"]),
    ("conv_transpose2d", lambda op: op(ones(1, 4, 1, 1), ones(4, 6, 1, 1), padding=1), ShapeError, ["(-1, -1)"]),
    ("conv2d_weight", lambda op: op(IMAGES, (6, 4, 3, 3), ones(2, 6, 4, 4)), ShapeError, ["must be (2, 6, 3, 3)"]),
    ("fold", lambda op: op(ones(2, 8, 9), (5, 5), (2, 2)), ShapeError, ["4 * 4 columns", "got 9"]),
    ("max_pool2d", lambda op: op(IMAGES, 2, padding=2), ShapeError, ["at most half of the kernel size"]),
    ("max_pool2d", lambda op: op(ones(2, 4, 0, 5), 2), ShapeError, ["non-empty in height and width"]),
    ("adaptive_avg_pool2d", lambda op: op(IMAGES, 0), ShapeError, ["output_size must be at least 1"]),
    ("bed_of_nails", lambda op: op(IMAGES, 0), ShapeError, ["scale_factor must be at least 1; got 0"]),
    ("interpolate", lambda op: op(IMAGES, size=0), ShapeError, ["size must be at least 1; got 0"]),
    ("interpolate", lambda op: op(IMAGES, scale_factor=-1), ShapeError, ["scale_factor must be a positive number"]),
    ("pad", lambda op: op(IMAGES, (1, 1, 1)), ShapeError, ["pad must be pairs of ints"]),
    ("pad", lambda op: op(IMAGES, (5, 5, 5, 5), mode="reflect"), ShapeError, ["pad must be"]),
    # Words and numbers that mean nothing
    ("interpolate", lambda op: op(IMAGES), ValueError, ["size and scale_factor must be given one at a time"]),
    ("interpolate", lambda op: op(IMAGES, 3, mode="cubic"), ValueError, ["mode must be", "got 'cubic'"]),
    ("pad", lambda op: op(IMAGES, (1, 1), mode="mirror"), ValueError, ["mode must be", "got 'mirror'"]),
    ("dropout", lambda op: op(IMAGES, 1.5), ShapeError, ["p must be a probability in [0, 1]; got 1.5"]),
    ("cross_entropy", lambda op: op(SCORES, labels(0, 1), reduction="avg"), ShapeError, ["reduction must be"]),
    ("smooth_l1_loss", lambda op: op(SCORES, SCORES, beta=-1), ShapeError, ["beta must be at least 0; got -1"]),
    ("softmax", lambda op: op(SCORES, 2), ShapeError, ["axis must be in -2..1", "got 2"]),
    ("batch_norm", lambda op: op(ones(1, 3), None, None, training=True), ShapeError, ["more than one value"]),
    # Labels and indices out of range, or of the wrong kind
    ("cross_entropy", lambda op: op(SCORES, labels(0, 3)), LabelError, ["target must be in 0..2; got 3"]),
    ("cross_entropy", lambda op: op(SCORES, labels(0, -1)), LabelError, ["got -1", "ignore_index"]),
    ("nll_loss", lambda op: op(SCORES, labels(0, 3)), LabelError, ["target must be in 0..2; got 3"]),
    ("multi_margin_loss", lambda op: op(SCORES, labels(0, 3)), LabelError, ["target must be in 0..2; got 3"]),
    ("embedding", lambda op: op(labels(0, 5), SCORES), LabelError, ["input must be in 0..1; got 5"]),
    ("embedding", lambda op: op(labels(-1), SCORES), LabelError, ["input must be in 0..1; got -1"]),
    ("embedding", lambda op: op(ones(2), SCORES), DTypeError, ["input must be integers", "embedding(input, weight)"]),
    ("max_unpool2d", lambda op: op(ones(1, 1, 2, 2), indices(1, 1, 2, 2, value=99), 2), LabelError, ["0..15; got 99"]),
    ("max_unpool2d", lambda op: op(ones(1, 1, 2, 2), indices(1, 1, 2, 2, value=-1), 2), LabelError, ["got -1"]),
    ("max_unpool2d", lambda op: op(ones(1, 1, 2, 2), indices(1, 1, 2, 3), 2), ShapeError, ["of the input's shape"]),
    ("max_unpool2d", lambda op: op(ones(1, 1, 2, 2), ones(1, 1, 2, 2), 2), DTypeError, ["indices must be int64"]),
    ("cross_entropy", lambda op: op(SCORES, labels(0, 1, 2)), ShapeError, ["target must be (2,)", "got shape (3,)"]),
    ("cross_entropy", lambda op: op(SCORES, ones(2)), ShapeError, ["probabilities", "convert with .long()"]),
    ("cross_entropy", lambda op: op(SCORES, labels(0, 1), weight=ones(2)), ShapeError, ["weight must be (3,)"]),
    # Targets of another shape, which NumPy would broadcast
    *[
        (name, lambda op: op(ones(2, 3), ones(2, 1)), ShapeError, ["target must be of the shape of input, (2, 3)"])
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy_with_logits")
    ],
    ("l2_distance_loss", lambda op: op(ones(2, 4), ones(2, 3)), ShapeError, ["target must be of the shape of input"]),
    # Integers where real numbers are needed
    *[
        (name, lambda op: op(indices(2, 3)), DTypeError, ["must be a floating-point tensor; got int64", ".float()"])
        for name in ("relu", "sigmoid", "tanh", "elu", "leaky_relu")
    ],
    ("softmax", lambda op: op(indices(2, 3), 1), DTypeError, ["input must be a floating-point tensor; got int64"]),
]  # fmt: skip


@pytest.mark.parametrize(
    "name, call, error, words", TABLE, ids=[f"{row[0]}-{n}" for n, row in enumerate(TABLE)]
)
def test_a_slip_raises_a_sentence(name, call, error, words):
    with pytest.raises(error) as caught:
        call(getattr(F, name))
    message = str(caught.value)
    assert re.match(rf"{name}: .* must .*; got .*\.", message, re.DOTALL), message
    for fragment in words:
        assert fragment in message, message


# Mixed dtypes

SINGLE, DOUBLE = ones(2, 3), ones(2, 3, dtype=np.float64)
MIXED = {
    "conv2d": lambda: F.conv2d(IMAGES, FILTERS.detach().double()),
    "conv2d with bias": lambda: F.conv2d(IMAGES, FILTERS, ones(6, dtype=np.float64)),
    "conv_transpose2d": lambda: F.conv_transpose2d(IMAGES, TURNED.double()),
    "conv2d_weight": lambda: F.conv2d_weight(IMAGES, (6, 4, 3, 3), ones(2, 6, 3, 3, dtype=np.float64)),
    "linear": lambda: F.linear(SINGLE, DOUBLE),
    "prelu": lambda: F.prelu(SINGLE, ones(1, dtype=np.float64)),
    "batch_norm": lambda: F.batch_norm(SINGLE, None, None, ones(3, dtype=np.float64), training=True),
    "layer_norm": lambda: F.layer_norm(SINGLE, (3,), ones(3, dtype=np.float64)),
    "cross_entropy": lambda: F.cross_entropy(SINGLE, DOUBLE),
    "cross_entropy with weight": lambda: F.cross_entropy(
        SINGLE, labels(0, 1), weight=ones(3, dtype=np.float64)
    ),
    "mse_loss": lambda: F.mse_loss(SINGLE, DOUBLE),
    "l1_loss": lambda: F.l1_loss(SINGLE, DOUBLE),
    "smooth_l1_loss": lambda: F.smooth_l1_loss(SINGLE, DOUBLE),
    "binary_cross_entropy_with_logits": lambda: F.binary_cross_entropy_with_logits(SINGLE, DOUBLE),
    "matmul": lambda: SINGLE @ DOUBLE.T,
    "add": lambda: SINGLE + DOUBLE,
    "mul": lambda: np.ones(3) * SINGLE,
    "less": lambda: SINGLE < DOUBLE,
    "maximum": lambda: minicv.maximum(SINGLE, DOUBLE),
    "where": lambda: minicv.where(SINGLE > 0, SINGLE, DOUBLE),
    "concat": lambda: minicv.concat([SINGLE, DOUBLE]),
    "stack": lambda: minicv.stack([SINGLE, DOUBLE]),
}


@pytest.mark.parametrize("name", MIXED)
def test_mixed_dtypes_are_refused(name):
    with pytest.raises(DTypeError) as caught:
        MIXED[name]()
    message = str(caught.value)
    assert message.startswith(f"{name.split()[0]}: ") and "float32" in message and "float64" in message


# An empty batch works where PyTorch's works

EMPTY = {
    "conv2d": (lambda x: F.conv2d(x, FILTERS, padding=1), (0, 4, 5, 5), (0, 6, 5, 5)),
    "conv_transpose2d": (lambda x: F.conv_transpose2d(x, TURNED, stride=2), (0, 4, 5, 5), (0, 6, 11, 11)),
    "conv1d": (lambda x: F.conv1d(x, ones(6, 4, 3)), (0, 4, 5), (0, 6, 3)),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), (0, 4, 6, 6), (0, 4, 3, 3)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), (0, 4, 6, 6), (0, 4, 3, 3)),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 2), (0, 4, 5, 5), (0, 4, 2, 2)),
    "interpolate": (lambda x: F.interpolate(x, scale_factor=2), (0, 4, 5, 5), (0, 4, 10, 10)),
    "pad": (lambda x: F.pad(x, (1, 1, 1, 1)), (0, 4, 5, 5), (0, 4, 7, 7)),
    "relu": (F.relu, (0, 4), (0, 4)),
    "softmax": (lambda x: F.softmax(x, 1), (0, 4), (0, 4)),
    "linear": (lambda x: F.linear(x, ones(2, 4)), (0, 4), (0, 2)),
    "flatten": (lambda x: x.flatten(1), (0, 4, 5, 5), (0, 100)),
    "batch_norm": (lambda x: F.batch_norm(x, minicv.zeros(4), minicv.ones(4)), (0, 4, 5, 5), (0, 4, 5, 5)),
    "cross_entropy": (lambda x: F.cross_entropy(x, labels(), reduction="sum"), (0, 4), ()),
    "mse_loss": (lambda x: F.mse_loss(x, x.detach(), reduction="sum"), (0, 4), ()),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_batch_works(name):
    op, before, after = EMPTY[name]
    x = ones(*before)
    y = op(x)
    assert y.shape == after and y.dtype == np.float32
    y.sum().backward()
    assert x.grad.shape == before


# Backward


def test_backward_twice_and_on_a_non_scalar():
    loss = F.conv2d(IMAGES, FILTERS).sum()
    loss.backward()
    with pytest.raises(GraphError, match=r"the graph was already used .* retain_graph=True"):
        loss.backward()
    with pytest.raises(GraphError, match=r"must be a scalar; got shape \(2, 6, 3, 3\)"):
        F.conv2d(IMAGES, FILTERS).backward()


# Values that are no numbers


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_pass_through_without_a_crash(value):
    x = minicv.full((1, 2, 4, 4), value)
    with np.errstate(invalid="ignore"):
        for y in (F.conv2d(x, minicv.ones(1, 2, 3, 3)), F.avg_pool2d(x, 2), F.relu(x)):
            assert np.isnan(y.numpy()).all() or (y.numpy() == value).all() or (y.numpy() == 0).all()
    pooled, where = F.max_pool2d(x, 2, return_indices=True)
    np.testing.assert_array_equal(pooled.numpy(), np.full((1, 2, 2, 2), np.float32(value)))
    assert (where.numpy() >= 0).all() and (where.numpy() < 16).all()
