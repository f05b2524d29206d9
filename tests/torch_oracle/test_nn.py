"""Layers against PyTorch's: arguments, names of weights, outputs, gradients, and the spread of starting values."""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import nn
from tests.torch_oracle.oracle import torch

pytestmark = pytest.mark.torch

IMAGE = (2, 4, 7, 6)
# PyTorch's arguments that minicv leaves out: deprecated ones, where and in what dtype to build, and changes in place.
LEFT_OUT = {"inplace", "device", "dtype", "size_average", "reduce", "padding_mode", "recompute_scale_factor"}
LEFT_OUT_OF = {
    "Embedding": {"max_norm", "norm_type", "scale_grad_by_freq", "sparse", "_weight", "_freeze"},
    "BatchNorm1d": {"bias"},  # in the newest versions only
    "BatchNorm2d": {"bias"},
}
LAYERS = [
    name
    for name, value in vars(nn).items()
    if inspect.isclass(value)
    and issubclass(value, nn.Module)
    and hasattr(torch.nn, name)
    and name != "Module"
]


@pytest.mark.parametrize("name", LAYERS)
def test_arguments_and_defaults_are_pytorchs(name):
    def arguments(package):
        parameters = inspect.signature(getattr(package, name)).parameters.values()
        skipped = LEFT_OUT | LEFT_OUT_OF.get(name, set())
        if name in ("Softmax", "LogSoftmax"):  # whose axis PyTorch would guess
            return [p.name for p in parameters]
        if name in ("Sequential", "ModuleList"):
            return [p.kind for p in parameters]
        named = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.KEYWORD_ONLY]
        return [(p.name, p.default) for p in named if p.name not in skipped]

    assert arguments(nn) == arguments(torch.nn)


def small(low, high):
    return st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high)))


CONV = {"kernel_size": small(1, 3), "stride": small(1, 3), "padding": small(0, 2), "dilation": small(1, 2)}
CONV |= {"groups": st.sampled_from([1, 2]), "bias": st.booleans()}
CONV_1D = {name: st.integers(1, 2) for name in ("kernel_size", "stride", "padding", "dilation")}
NORM = {
    "eps": st.sampled_from([1e-5, 0.1]),
    "momentum": st.sampled_from([0.1, 0.7, None]),
    "affine": st.booleans(),
}
NORM |= {"track_running_stats": st.booleans()}
REAL = {"reduction": st.sampled_from(["mean", "sum", "none"])}
CASES = {
    "Linear": ((4, 3), {"bias": st.booleans()}, (5, 4)),
    "Conv2d": ((4, 6), CONV, IMAGE),
    "Conv1d": ((4, 6), CONV_1D, (2, 4, 9)),
    "ConvTranspose2d": ((4, 6), CONV, IMAGE),
    "ConvTranspose1d": ((4, 6), CONV_1D, (2, 4, 9)),
    "MaxPool2d": ((), {"kernel_size": small(2, 3), "stride": small(1, 3), "ceil_mode": st.booleans()}, IMAGE),
    "AvgPool2d": ((), {"kernel_size": small(2, 3), "padding": small(0, 1)}, IMAGE),
    "AdaptiveAvgPool2d": ((), {"output_size": small(1, 5)}, IMAGE),
    "AdaptiveMaxPool2d": ((), {"output_size": small(1, 5)}, IMAGE),
    "ReLU": ((), {}, IMAGE),
    "LeakyReLU": ((), {"negative_slope": st.sampled_from([0.01, 0.3])}, IMAGE),
    "ELU": ((), {"alpha": st.sampled_from([1.0, 0.3])}, IMAGE),
    "PReLU": ((), {"num_parameters": st.sampled_from([1, 4])}, IMAGE),
    "Sigmoid": ((), {}, IMAGE),
    "Tanh": ((), {}, IMAGE),
    "Softmax": ((), {"dim": st.integers(-4, 3)}, IMAGE),
    "LogSoftmax": ((), {"dim": st.integers(-4, 3)}, IMAGE),
    "BatchNorm2d": ((4,), NORM, IMAGE),
    "BatchNorm1d": ((4,), NORM, (5, 4, 3)),
    "LayerNorm": ((), {"normalized_shape": st.sampled_from([6, (7, 6)]), "bias": st.booleans()}, IMAGE),
    "LocalResponseNorm": ((), {"size": st.integers(1, 5), "alpha": st.sampled_from([1e-4, 1.0])}, IMAGE),
    "Upsample": (
        (),
        {"scale_factor": st.integers(1, 3), "mode": st.sampled_from(["nearest", "bilinear"])},
        IMAGE,
    ),
    "Flatten": ((), {"start_dim": st.integers(0, 2), "end_dim": st.integers(2, 3)}, IMAGE),
    "Identity": ((), {}, IMAGE),
    "MSELoss": ((), REAL, IMAGE),
    "L1Loss": ((), REAL, IMAGE),
    "SmoothL1Loss": ((), REAL | {"beta": st.sampled_from([0.5, 1.0])}, IMAGE),
}


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_layers_agree(name, data):
    args, drawn, shape = CASES[name]
    kwargs = data.draw(st.fixed_dictionaries(drawn))
    ours, theirs = (
        getattr(nn, name)(*args, **kwargs).double(),
        getattr(torch.nn, name)(*args, **kwargs).double(),
    )
    # What one builds the other loads: names, shapes and dtypes are the same.
    theirs.load_state_dict({name: torch.tensor(value) for name, value in ours.state_dict().items()})
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    rng = np.random.default_rng(0)
    for training in (True, False):
        ours.train(training), theirs.train(training)
        _compare(ours, theirs, [rng.standard_normal(shape) for _ in range(1 + name.endswith("Loss"))], rng)
    for entry, value in theirs.state_dict().items():  # running statistics among them
        np.testing.assert_allclose(ours.state_dict()[entry], value.numpy(), rtol=1e-8, atol=1e-8)


def _compare(ours, theirs, arrays, rng):
    mine, other = [minicv.tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a) for a in arrays]
    other = [x.requires_grad_() for x in other]
    ours.zero_grad(), theirs.zero_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y, expected = ours(*mine), theirs(*other)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-8, atol=1e-8)
    cotangent = rng.standard_normal(y.shape)
    y.backward(minicv.tensor(cotangent))
    expected.backward(torch.tensor(cotangent))
    pairs = [*zip(mine, other), *zip(ours.parameters(), theirs.parameters(), strict=True)]
    for x, reference in pairs:
        np.testing.assert_allclose(x.grad.numpy(), reference.grad.numpy(), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("padding_idx", [None, 1, -2])
def test_embedding_agrees(padding_idx):
    ours, theirs = nn.Embedding(5, 3, padding_idx), torch.nn.Embedding(5, 3, padding_idx)
    theirs.load_state_dict({"weight": torch.tensor(ours.weight.numpy())})
    indices = np.array([[0, 1, 3], [3, 4, 1]])
    y, expected = ours(minicv.tensor(indices)), theirs(torch.tensor(indices))
    np.testing.assert_array_equal(y.numpy(), expected.detach().numpy())
    y.sum().backward(), expected.sum().backward()
    np.testing.assert_array_equal(ours.weight.grad.numpy(), theirs.weight.grad.numpy())


@given(
    st.sampled_from([2, 3, (3, 2)]),
    st.integers(1, 3),
    st.integers(0, 1),
    st.integers(1, 2),
    st.integers(5, 9),
)
def test_output_size_agrees(kernel, stride, padding, dilation, wanted):
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    x = np.zeros((1, 2, 4, 4), np.float32)
    try:
        expected = torch.nn.ConvTranspose2d(2, 2, kernel, **settings)(torch.tensor(x), [wanted, wanted]).shape
    except (ValueError, RuntimeError):
        expected = None
    layer = nn.ConvTranspose2d(2, 2, kernel, **settings)
    if expected is None:
        with pytest.raises(minicv.ShapeError, match="output_size must be from"):
            layer(minicv.tensor(x), [wanted, wanted])
    else:
        assert layer(minicv.tensor(x), [wanted, wanted]).shape == tuple(expected)


SHAPE = (60, 50, 3, 3)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
@given(data=st.data())
def test_initialisation_has_pytorchs_spread(name, data):
    kwargs = {"gain": data.draw(st.sampled_from([1.0, 2.0]))}
    if name.startswith("kaiming"):
        nonlinearities = ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
        kwargs = {
            "a": data.draw(st.sampled_from([0, 0.5])),
            "mode": data.draw(st.sampled_from(["fan_in", "fan_out"])),
            "nonlinearity": data.draw(st.sampled_from(nonlinearities)),
        }
    minicv.manual_seed(0), torch.manual_seed(0)
    ours = getattr(nn.init, name)(minicv.zeros(*SHAPE), **kwargs).numpy()
    theirs = getattr(torch.nn.init, name)(torch.zeros(*SHAPE), **kwargs).numpy()
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.03)  # 27,000 draws: 0.6 % of scatter at most
    np.testing.assert_allclose(
        np.mean(ours**4) / ours.std() ** 4, np.mean(theirs**4) / theirs.std() ** 4, rtol=0.1
    )
