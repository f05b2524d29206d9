"""Every layer: what it computes from its settings, the names of its weights, and what it shows of itself."""

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn

IMAGE, SEQUENCE, FEATURES = (2, 4, 6, 5), (2, 4, 7), (3, 4)

# layer, shape of the input, the function of (layer, input) that it stands for, its repr
FUNCTIONAL = [
    (nn.ReLU(), IMAGE, lambda m, x: F.relu(x), "ReLU()"),
    (nn.LeakyReLU(0.2), IMAGE, lambda m, x: F.leaky_relu(x, 0.2), "LeakyReLU(negative_slope=0.2)"),
    (nn.ELU(0.5), IMAGE, lambda m, x: F.elu(x, 0.5), "ELU(alpha=0.5)"),
    (nn.Sigmoid(), IMAGE, lambda m, x: F.sigmoid(x), "Sigmoid()"),
    (nn.Tanh(), IMAGE, lambda m, x: F.tanh(x), "Tanh()"),
    (nn.Softmax(1), IMAGE, lambda m, x: F.softmax(x, 1), "Softmax(dim=1)"),
    (nn.LogSoftmax(dim=-1), IMAGE, lambda m, x: F.log_softmax(x, -1), "LogSoftmax(dim=-1)"),
    (
        nn.MaxPool2d(3, 2, 1, 1, ceil_mode=True),
        IMAGE,
        lambda m, x: F.max_pool2d(x, 3, 2, 1, 1, True),
        "MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, return_indices=False, ceil_mode=True)",
    ),
    (
        nn.AvgPool2d(3, padding=1, count_include_pad=False),
        IMAGE,
        lambda m, x: F.avg_pool2d(x, 3, 3, 1, count_include_pad=False),
        "AvgPool2d(kernel_size=3, stride=3, padding=1, ceil_mode=False, count_include_pad=False, "
        "divisor_override=None)",
    ),
    (
        nn.AdaptiveAvgPool2d((2, 3)),
        IMAGE,
        lambda m, x: F.adaptive_avg_pool2d(x, (2, 3)),
        "AdaptiveAvgPool2d(output_size=(2, 3))",
    ),
    (
        nn.AdaptiveMaxPool2d(2),
        IMAGE,
        lambda m, x: F.adaptive_max_pool2d(x, 2),
        "AdaptiveMaxPool2d(output_size=2, return_indices=False)",
    ),
    (
        nn.LocalResponseNorm(3, alpha=0.5, k=2.0),
        IMAGE,
        lambda m, x: F.local_response_norm(x, 3, 0.5, 0.75, 2.0),
        "LocalResponseNorm(size=3, alpha=0.5, beta=0.75, k=2.0)",
    ),
    (
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
        IMAGE,
        lambda m, x: F.interpolate(x, None, 2, "bilinear", True),
        "Upsample(size=None, scale_factor=2, mode='bilinear', align_corners=True)",
    ),
    (nn.Flatten(), IMAGE, lambda m, x: x.reshape(2, -1), "Flatten(start_dim=1, end_dim=-1)"),
    (nn.Flatten(0, 1), IMAGE, lambda m, x: x.reshape(8, 6, 5), "Flatten(start_dim=0, end_dim=1)"),
    (nn.Identity(3, whatever=4), IMAGE, lambda m, x: x, "Identity()"),
    (
        nn.PReLU(4, init=0.1),
        IMAGE,
        lambda m, x: F.prelu(x, minicv.full((4,), 0.1)),
        "PReLU(num_parameters=4)",
    ),
    (
        nn.Linear(4, 3, bias=False),
        FEATURES,
        lambda m, x: F.linear(x, m.weight),
        "Linear(in_features=4, out_features=3, bias=False)",
    ),
    (
        nn.Linear(4, 3),
        FEATURES,
        lambda m, x: F.linear(x, m.weight, m.bias),
        "Linear(in_features=4, out_features=3, bias=True)",
    ),
    (
        nn.Conv2d(4, 6, (3, 2), 2, (1, 0), (1, 2), 2, False),
        IMAGE,
        lambda m, x: F.conv2d(x, m.weight, None, 2, (1, 0), (1, 2), 2),
        "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 2), padding=(1, 0), dilation=(1, 2), groups=2, bias=False)",
    ),
    (
        nn.Conv2d(4, 6, 3, padding="same"),
        IMAGE,
        lambda m, x: F.conv2d(x, m.weight, m.bias, padding=1),
        "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1), padding='same')",
    ),
    (
        nn.Conv1d(4, 6, 3, stride=2),
        SEQUENCE,
        lambda m, x: F.conv1d(x, m.weight, m.bias, 2),
        "Conv1d(4, 6, kernel_size=(3,), stride=(2,))",
    ),
    (
        nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, True, 2),
        IMAGE,
        lambda m, x: F.conv_transpose2d(x, m.weight, m.bias, 2, 1, 1, 2, 2),
        "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1), "
        "dilation=(2, 2), groups=2)",
    ),
    (
        nn.ConvTranspose1d(4, 6, 2, 2),
        SEQUENCE,
        lambda m, x: F.conv_transpose1d(x, m.weight, m.bias, 2),
        "ConvTranspose1d(4, 6, kernel_size=(2,), stride=(2,))",
    ),
    (
        nn.LayerNorm(5, eps=0.1),
        IMAGE,
        lambda m, x: F.layer_norm(x, (5,), eps=0.1),
        "LayerNorm((5,), eps=0.1, elementwise_affine=True)",
    ),
    (
        nn.LayerNorm((6, 5), elementwise_affine=False),
        IMAGE,
        lambda m, x: F.layer_norm(x, (6, 5)),
        "LayerNorm((6, 5), eps=1e-05, elementwise_affine=False)",
    ),
]


@pytest.mark.parametrize(
    "layer, shape, function, shown", FUNCTIONAL, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_layer_is_its_function_with_its_settings(layer, shape, function, shown):
    x = minicv.randn(*shape)
    np.testing.assert_array_equal(layer(x).numpy(), function(layer, x).numpy())
    assert repr(layer) == shown


@pytest.mark.parametrize(
    "layer, shapes",
    [
        (nn.Linear(4, 3), {"weight": (3, 4), "bias": (3,)}),
        (nn.Conv2d(4, 6, (3, 2), groups=2), {"weight": (6, 2, 3, 2), "bias": (6,)}),
        (nn.Conv1d(4, 6, 3, bias=False), {"weight": (6, 4, 3)}),
        (nn.ConvTranspose2d(4, 6, (3, 2), groups=2), {"weight": (4, 3, 3, 2), "bias": (6,)}),
        (nn.ConvTranspose1d(4, 6, 3, bias=False), {"weight": (4, 6, 3)}),
        (nn.PReLU(4), {"weight": (4,)}),
        (nn.Embedding(9, 4), {"weight": (9, 4)}),
        (nn.LayerNorm((3, 4)), {"weight": (3, 4), "bias": (3, 4)}),
        (nn.LayerNorm(4, bias=False), {"weight": (4,)}),
        (nn.LayerNorm(4, elementwise_affine=False), {}),
        (
            nn.BatchNorm2d(4),
            {
                "weight": (4,),
                "bias": (4,),
                "running_mean": (4,),
                "running_var": (4,),
                "num_batches_tracked": (),
            },
        ),
        (nn.BatchNorm1d(4, affine=False, track_running_stats=False), {}),
        (nn.CrossEntropyLoss(weight=minicv.ones(3)), {"weight": (3,)}),
        (nn.CrossEntropyLoss(), {}),
        (nn.MaxPool2d(2), {}),
    ],
    ids=lambda v: repr(v) if isinstance(v, nn.Module) else "",
)
def test_names_and_shapes_of_the_state(layer, shapes):
    assert {name: value.shape for name, value in layer.state_dict().items()} == shapes


def test_settings_may_be_changed():
    pool = nn.MaxPool2d(2)
    pool.stride = 1
    assert pool(minicv.ones(1, 1, 4, 4)).shape == (1, 1, 3, 3) and "stride=1" in repr(pool)


def test_max_unpool_puts_values_back_where_max_pool_found_them():
    x = minicv.tensor([[[[1.0, 2, 6, 3, 0], [3, 5, 2, 1, 0], [1, 2, 2, 1, 0], [7, 3, 4, 8, 0]]]])
    y, indices = nn.MaxPool2d(2, return_indices=True)(x)
    unpool = nn.MaxUnpool2d(2)
    assert y[0, 0].tolist() == [[5, 6], [7, 8]]
    back = unpool(y, indices, output_size=x.shape)
    assert back[0, 0].tolist() == [[0, 0, 6, 0, 0], [0, 5, 0, 0, 0], [0, 0, 0, 0, 0], [7, 0, 0, 8, 0]]
    assert unpool(*nn.MaxPool2d(2, return_indices=True)(x[..., 1:])).shape == (1, 1, 4, 4)


def test_dropout_is_for_training():
    layer, x = nn.Dropout(0.25), minicv.ones(1000)
    minicv.manual_seed(0)
    y = layer(x).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(4 / 3)} and 0.7 < (y > 0).mean() < 0.8
    assert layer.eval()(x).tolist() == x.tolist()


def test_dropout2d_is_for_training_and_drops_planes():
    layer, x = nn.Dropout2d(0.25), minicv.ones(10, 100, 2, 3)
    minicv.manual_seed(0)
    y = layer(x).numpy().reshape(1000, 6)
    assert (y == y[:, :1]).all() and 0.7 < (y[:, 0] > 0).mean() < 0.8
    assert layer.eval()(x).tolist() == x.tolist()


@pytest.mark.parametrize("padding_idx, row", [(None, None), (2, 2), (-1, 4)])
def test_embedding(padding_idx, row):
    table = nn.Embedding(5, 3, padding_idx)
    indices = minicv.tensor([[0, 2], [2, 4]])
    np.testing.assert_array_equal(table(indices).numpy(), table.weight.numpy()[indices.numpy()])
    table(indices).sum().backward()
    expected = np.array([1, 0, 2, 0, 1.0])
    if row is not None:
        assert table.weight[row].tolist() == [0, 0, 0]
        expected[row] = 0
    assert table.weight.grad[:, 0].tolist() == expected.tolist()
    assert repr(table) == "Embedding(5, 3)" if row is None else f"Embedding(5, 3, padding_idx={padding_idx})"


# Batch normalisation


def test_batch_norm_uses_the_batch_in_training_and_the_running_statistics_after():
    layer = nn.BatchNorm2d(2, momentum=0.5, eps=0.0)
    x = minicv.tensor(np.float32([[[[1, 3]], [[0, 4]]], [[[1, 3]], [[0, 4]]]]))
    assert layer(x)[0].tolist() == [[[-1, 1]], [[-1, 1]]]
    np.testing.assert_allclose(layer.running_mean.numpy(), [1, 1])
    np.testing.assert_allclose(
        layer.running_var.numpy(), [0.5 + 2 / 3, 0.5 + 8 / 3]
    )  # 4 / 3 and 16 / 3: unbiased
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    y = layer(x)
    np.testing.assert_allclose(y[0, 0].numpy(), (np.array([[1, 3]]) - 1) / np.sqrt(0.5 + 2 / 3), rtol=1e-6)
    assert layer.num_batches_tracked.item() == 1 and layer.running_mean.tolist() == [1, 1]


def test_batch_norm_with_momentum_none_averages_over_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for low in (0.0, 6.0, 3.0):
        layer(minicv.tensor([[low], [low + 2]]))
    np.testing.assert_allclose(layer.running_mean.numpy(), [4.0], rtol=1e-6)
    np.testing.assert_allclose(layer.running_var.numpy(), [2.0], rtol=1e-6)


def test_batch_norm_without_running_statistics_always_uses_the_batch():
    layer = nn.BatchNorm1d(1, track_running_stats=False, eps=0.0).eval()
    assert layer(minicv.tensor([[1.0], [3.0]])).tolist() == [[-1], [1]]
    assert repr(layer) == "BatchNorm1d(1, eps=0.0, momentum=0.1, affine=True, track_running_stats=False)"


def test_batch_norm_loads_weights_that_lack_the_counter():
    layer = nn.Sequential(nn.BatchNorm2d(2))
    state = layer.state_dict()
    del state["0.num_batches_tracked"]
    assert layer.load_state_dict(state) == ([], [])
    del state["0.running_var"]
    with pytest.raises(RuntimeError, match=r"missing: 0\.running_var$"):
        layer.load_state_dict(state)


# Transposed convolution to a given size


@pytest.mark.parametrize("size", [(11, 13), (12, 13), (2, 3, 12, 14)])
def test_output_size(size):
    layer = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1)
    assert layer(minicv.ones(2, 4, 6, 7), output_size=size).shape == (2, 3, *size[-2:])


@pytest.mark.parametrize("size", [(10, 13), (13, 13), (11,)])
def test_output_size_that_no_image_of_the_convolution_has(size):
    layer = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1)
    expected = (
        r"ConvTranspose2d: output_size must be from \(11, 13\) to \(12, 14\) for an input \(2, 4, 6, 7\)"
    )
    with pytest.raises(minicv.ShapeError, match=expected):
        layer(minicv.ones(2, 4, 6, 7), output_size=size)


# Losses

SCORES, LABELS = np.float32([[1, 2, 3], [3, 1, 0], [0, 0, 1]]), np.array([2, 1, 0])
TARGETS = np.float32([[1, 0, 1], [0, 1, 0], [0, 0, 1]])
WEIGHT = np.float32([1, 2, 3])


@pytest.mark.parametrize(
    "loss, target, function",
    [
        (
            nn.CrossEntropyLoss(minicv.tensor(WEIGHT), 0, "sum", 0.1),
            LABELS,
            lambda x, t: F.cross_entropy(
                x, t, weight=WEIGHT, ignore_index=0, reduction="sum", label_smoothing=0.1
            ),
        ),
        (
            nn.NLLLoss(minicv.tensor(WEIGHT), ignore_index=1),
            LABELS,
            lambda x, t: F.nll_loss(x, t, weight=WEIGHT, ignore_index=1),
        ),
        (
            nn.MultiMarginLoss(2, 0.5, minicv.tensor(WEIGHT), "none"),
            LABELS,
            lambda x, t: F.multi_margin_loss(x, t, p=2, margin=0.5, weight=WEIGHT, reduction="none"),
        ),
        (
            nn.BCEWithLogitsLoss(minicv.tensor(WEIGHT), "sum", pos_weight=minicv.tensor(WEIGHT * 2)),
            TARGETS,
            lambda x, t: F.binary_cross_entropy_with_logits(
                x, t, weight=WEIGHT, reduction="sum", pos_weight=WEIGHT * 2
            ),
        ),
        (nn.MSELoss("none"), TARGETS, lambda x, t: F.mse_loss(x, t, reduction="none")),
        (nn.L1Loss("sum"), TARGETS, lambda x, t: F.l1_loss(x, t, reduction="sum")),
        (nn.SmoothL1Loss(beta=0.5), TARGETS, lambda x, t: F.smooth_l1_loss(x, t, beta=0.5)),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "",
)
def test_losses(loss, target, function):
    x, target = minicv.tensor(SCORES), minicv.tensor(target)
    np.testing.assert_allclose(loss(x, target).numpy(), function(x, target).numpy(), rtol=1e-6)


def test_the_weights_of_a_loss_move_with_it():
    loss = nn.CrossEntropyLoss(minicv.tensor(WEIGHT)).double()
    assert loss(minicv.tensor(SCORES.astype(np.float64)), minicv.tensor(LABELS)).dtype == np.float64


# Bad settings


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: nn.Linear(0, 3), "Linear: in_features must be at least 1; got 0"),
        (lambda: nn.Linear(3, 2.5), r"Linear: out_features must be an int; got 2\.5"),
        (
            lambda: nn.Conv2d(3, 4, 3, groups=2),
            "Conv2d: groups must be a divisor .* got groups=2 with 3 -> 4 channels",
        ),
        (lambda: nn.ConvTranspose1d(4, 3, 3, groups=2), "ConvTranspose1d: groups must be a divisor"),
        (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size must be at least 1; got 0"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "Conv2d: kernel_size must be an int or 2 ints"),
        (lambda: nn.Conv1d(3, 4, 3, stride=0), "Conv1d: stride must be at least 1; got 0"),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), "Conv2d: padding must be at least 0; got -1"),
        (lambda: nn.Conv2d(-3, 4, 3), "Conv2d: in_channels must be at least 1; got -3"),
        (lambda: nn.BatchNorm2d(0), "BatchNorm2d: num_features must be at least 1; got 0"),
        (lambda: nn.Dropout(1.5), "Dropout: p must be a probability, 0 to 1; got 1.5"),
        (lambda: nn.Dropout2d(-1), "Dropout2d: p must be a probability, 0 to 1; got -1"),
        (lambda: nn.Embedding(5, 3, 5), "Embedding: padding_idx must be one of the 5 rows; got 5"),
        (
            lambda: nn.BatchNorm2d(4)(minicv.ones(2, 4)),
            r"BatchNorm2d: input must be \(N, C, H, W\); got shape \(2, 4\)",
        ),
        (
            lambda: nn.BatchNorm1d(4)(minicv.ones(2, 4, 3, 3)),
            r"BatchNorm1d: input must be \(N, C\) or \(N, C, L\)",
        ),
        (lambda: nn.CrossEntropyLoss(weight=[1, 2]), "weight must be a Tensor or None; got a list"),
    ],
)
def test_bad_settings(build, message):
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        build()
