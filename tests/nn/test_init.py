"""Initialisation: the distributions that the formulas promise, the layers' rules, FCN's bilinear upsampling."""

import math

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn
from minicv.nn import init

SHAPE = (40, 30, 5, 4)  # fan_in 600, fan_out 800
WEIGHT = minicv.zeros(*SHAPE)


@pytest.fixture(autouse=True)
def seed():
    minicv.manual_seed(2)


def assert_uniform(tensor, low, high):
    x = (tensor.numpy() - low) / (high - low)
    assert 0 <= x.min() < 0.002 and 0.998 < x.max() <= 1
    np.testing.assert_allclose([x.mean(), x.std()], [1 / 2, 1 / 12**0.5], atol=0.02)


def assert_normal(tensor, mean, std):
    x = (tensor.numpy() - mean) / std
    np.testing.assert_allclose([x.mean(), x.std(), (x**4).mean() / 3], [0, 1, 1], atol=0.05)  # kurtosis 3


@pytest.mark.parametrize(
    "fill, bound",
    [
        (init.xavier_uniform_, math.sqrt(6 / 1400)),
        (lambda w: init.xavier_uniform_(w, gain=2), 2 * math.sqrt(6 / 1400)),
        (init.kaiming_uniform_, math.sqrt(6 / 600)),
        (lambda w: init.kaiming_uniform_(w, a=1, mode="fan_out"), math.sqrt(3 / 800)),
        (lambda w: init.kaiming_uniform_(w, nonlinearity="linear"), math.sqrt(3 / 600)),
    ],
)
def test_uniform_schemes(fill, bound):
    assert fill(WEIGHT) is WEIGHT
    assert_uniform(WEIGHT, -bound, bound)


@pytest.mark.parametrize(
    "fill, std",
    [
        (init.xavier_normal_, math.sqrt(2 / 1400)),
        (init.kaiming_normal_, math.sqrt(2 / 600)),
        (lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), math.sqrt(2 / 800)),
        (lambda w: init.kaiming_normal_(w, a=3**0.5), math.sqrt(0.5 / 600)),
    ],
)
def test_normal_schemes(fill, std):
    assert fill(WEIGHT) is WEIGHT
    assert_normal(WEIGHT, 0, std)


def test_plain_fills():
    assert_uniform(init.uniform_(WEIGHT, 2, 5), 2, 5)
    assert_normal(init.normal_(WEIGHT, 2, 5), 2, 5)
    assert set(np.unique(init.constant_(WEIGHT, 3).numpy())) == {3}
    assert set(np.unique(init.ones_(WEIGHT).numpy())) == {1}
    assert set(np.unique(init.zeros_(WEIGHT).numpy())) == {0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_gives_the_same_weights(dtype):
    def draw():
        minicv.manual_seed(5)
        return init.kaiming_normal_(minicv.zeros(3, 4, dtype=dtype))

    assert (
        draw().tolist() == draw().tolist() != init.kaiming_normal_(minicv.zeros(3, 4, dtype=dtype)).tolist()
    )
    assert draw().dtype == dtype


def test_gains():
    gains = {"linear": 1, "conv2d": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "selu": 0.75}
    assert {name: init.calculate_gain(name) for name in gains} == gains
    assert init.calculate_gain("leaky_relu", 1) == 1 and init.calculate_gain("leaky_relu") == math.sqrt(
        2 / 1.0001
    )


@pytest.mark.parametrize(
    "layer, fan_in",
    [
        (lambda: nn.Linear(400, 300), 400),
        (lambda: nn.Conv2d(30, 40, 4, groups=2), 240),
        (lambda: nn.Conv1d(60, 80, 9), 540),
        (
            lambda: nn.ConvTranspose2d(40, 30, 4, groups=2),
            240,
        ),  # PyTorch's rule: the second axis, whatever it means
        (lambda: nn.ConvTranspose1d(40, 60, 9), 540),
    ],
)
def test_layers_start_as_pytorchs(layer, fan_in):
    layer = layer()
    bound = 1 / math.sqrt(fan_in)
    assert_uniform(layer.weight, -bound, bound)
    bias = np.abs(layer.bias.numpy())
    assert 0.8 * bound < bias.max() <= bound


def test_embedding_starts_normal():
    assert_normal(nn.Embedding(200, 100).weight, 0, 1)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("stride", [2, 3, 4, 5])
def test_bilinear_transposed_convolution_is_bilinear_upsampling_away_from_the_border(stride, groups):
    kernel, padding = 2 * stride - stride % 2, math.ceil((stride - 1) / 2)
    up = nn.ConvTranspose2d(3, 3, kernel, stride, padding, groups=groups, bias=False).double()
    init.bilinear_(up.weight)
    x = minicv.randn(2, 3, 5, 6, dtype=np.float64)
    y, expected = up(x).numpy(), F.interpolate(x, scale_factor=stride, mode="bilinear").numpy()
    assert y.shape == expected.shape
    inside = (..., slice(stride, -stride), slice(stride, -stride))
    np.testing.assert_allclose(y[inside], expected[inside], atol=1e-12)
    assert not np.allclose(
        y[..., 0, :], expected[..., 0, :]
    )  # there the transposed convolution fades to zero


def test_bilinear_kernels_need_not_be_square():
    weight = init.bilinear_(minicv.ones(2, 2, 3, 4)).numpy()
    np.testing.assert_allclose(weight[1, 1], np.outer([0.5, 1, 0.5], [0.25, 0.75, 0.75, 0.25]))
    assert not weight[0, 1].any()


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: init.xavier_normal_(minicv.zeros(3)),
            r"xavier_normal_: tensor must be a weight .* got \(3,\)",
        ),
        (
            lambda: init.kaiming_normal_(WEIGHT, mode="fan"),
            'kaiming_normal_: mode must be "fan_in" or "fan_out"',
        ),
        (
            lambda: init.kaiming_uniform_(WEIGHT, nonlinearity="swish"),
            "nonlinearity must be one of .* got 'swish'",
        ),
        (
            lambda: init.bilinear_(minicv.zeros(3, 2, 4, 4)),
            r"bilinear_: tensor must be .* got \(3, 2, 4, 4\)",
        ),
        (lambda: init.bilinear_(minicv.zeros(3, 3, 4)), "bilinear_: tensor"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
