"""Every op on the device "cuda": values, gradients and second derivatives of the CPU, and no array sent to and fro."""

import inspect

import numpy as np
import pytest

import minicv
import minicv.functional as F
from tests.gpu import stand_in


class Draw:
    """Random inputs on a device, the same numbers on each; real ones are leaves to differentiate by."""

    def __init__(self, device):
        self.device, self.leaves = device, []
        self.rng = np.random.default_rng(1)

    def _up(self, array, requires_grad=False):
        before = len(stand_in.traffic)
        made = minicv.tensor(array, requires_grad=requires_grad, device=self.device)
        del stand_in.traffic[before:]  # what is counted is the ops' own
        if requires_grad:
            self.leaves.append(made)
        return made

    def __call__(self, *shape):
        return self._up(self.rng.standard_normal(shape), requires_grad=True)

    def positive(self, *shape):
        return self._up(self.rng.random(shape) + 0.5, requires_grad=True)

    def fixed(self, *shape):
        return self._up(self.rng.standard_normal(shape))

    def labels(self, classes, *shape):
        return self._up(self.rng.integers(0, classes, shape))


def unpooled(x):
    y, indices = F.max_pool2d(x(2, 3, 6, 5), 2, return_indices=True)
    return F.max_unpool2d(y, indices, 2, output_size=(6, 5))


def batch_norm(x, training):
    mean, var = x.fixed(3), x.positive(3).detach()
    return F.batch_norm(x(4, 3, 2, 2), mean, var, x(3), x(3), training), mean * 1, var * 1


def regions(x):
    corners = x.rng.uniform(-2, 14, (4, 2, 2))
    corners.sort(axis=1)
    return x._up(np.concatenate([x.rng.integers(0, 2, (4, 1)), corners.reshape(4, 4)], axis=1))


# Their boxes go to the host, where they are checked and made into tables of the pixels that each region reads.
TABLES = {"ps_roi_align", "ps_roi_pool", "roi_align", "roi_pool", "spatial_pyramid_pool"}
FUNCTIONS = {
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x(2, 3, 5, 4), 3),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x(2, 3, 5, 4), 3),
    "avg_pool2d": lambda x: F.avg_pool2d(x(2, 3, 5, 4), 3, 2, 1),
    "batch_norm": lambda x: batch_norm(x, True) + batch_norm(x, False),
    "bed_of_nails": lambda x: F.bed_of_nails(x(2, 3, 2, 2), 2),
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x(3, 4), x.fixed(3, 4)),
    "conv1d": lambda x: F.conv1d(x(2, 3, 7), x(4, 3, 3), x(4), padding=1),
    "conv2d": lambda x: F.conv2d(x(2, 4, 6, 5), x(6, 2, 3, 2), x(6), 2, (1, 2), 2, 2),
    "conv2d_weight": lambda x: F.conv2d_weight(x(2, 3, 5, 5), (4, 3, 3, 3), x(2, 4, 5, 5), padding=1),
    "conv_transpose1d": lambda x: F.conv_transpose1d(x(2, 3, 7), x(3, 4, 3), x(4), 2),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x(2, 4, 3, 3), x(4, 3, 3, 3), x(6), 2, 1, 1, 2),
    "cross_entropy": lambda x: (
        F.cross_entropy(x(5, 4), x.labels(4, 5), x.fixed(4), label_smoothing=0.1),
        F.cross_entropy(x(2, 4, 3, 3), x.labels(4, 2, 3, 3), ignore_index=1, reduction="none"),
        F.cross_entropy(x(5, 4), x.labels(4, 5)),
        F.cross_entropy(x(2, 4), x.fixed(2, 4)),
    ),
    "dropout": lambda x: F.dropout(x(3, 4), 1.0) + F.dropout(x(3, 4), training=False),
    "dropout2d": lambda x: F.dropout2d(x(2, 3, 4, 4), 1.0) + F.dropout2d(x(2, 3, 4, 4), training=False),
    "elu": lambda x: F.elu(x(3, 4)),
    "embedding": lambda x: F.embedding(x.labels(5, 3, 4), x(5, 2), padding_idx=1),
    "fold": lambda x: F.fold(x(2, 12, 6), (4, 3), 2),
    "interpolate": lambda x: (
        F.interpolate(x(2, 3, 3, 4), scale_factor=2, mode="bilinear"),
        F.interpolate(x(2, 3, 3, 4), size=(5, 7)),
    ),
    "l1_loss": lambda x: F.l1_loss(x(3, 4), x(3, 4)),
    "l2_distance_loss": lambda x: F.l2_distance_loss(x(3, 4), x(3, 4)),
    "layer_norm": lambda x: F.layer_norm(x(3, 4, 2), (4, 2), x(4, 2), x(4, 2)),
    "leaky_relu": lambda x: F.leaky_relu(x(3, 4)),
    "linear": lambda x: F.linear(x(3, 2, 4), x(5, 4), x(5)),
    "local_response_norm": lambda x: F.local_response_norm(x(2, 6, 3, 2), 3, 0.5),
    "log_softmax": lambda x: F.log_softmax(x(3, 4), 1),
    "max_pool2d": lambda x: F.max_pool2d(x(2, 3, 7, 5), 3, 2, 1),
    "max_unpool2d": unpooled,
    "mse_loss": lambda x: F.mse_loss(x(3, 4), x(3, 4)),
    "multi_margin_loss": lambda x: F.multi_margin_loss(x(3, 4), x.labels(4, 3), p=2, weight=x.fixed(4)),
    "nll_loss": lambda x: F.nll_loss(x(3, 4), x.labels(4, 3)),
    "pad": lambda x: (
        F.pad(x(2, 3, 4, 4), (1, -1, 2, 0)),
        F.pad(x(2, 3, 4, 4), (1, 1, 2, 2), mode="reflect"),
    ),
    "prelu": lambda x: F.prelu(x(3, 4), x(4)),
    "ps_roi_align": lambda x: F.ps_roi_align(x(2, 12, 5, 6), regions(x), 2, 0.5),
    "ps_roi_pool": lambda x: F.ps_roi_pool(x(2, 12, 5, 6), regions(x), 2, 0.5),
    "relu": lambda x: F.relu(x(3, 4)),
    "roi_align": lambda x: F.roi_align(x(2, 3, 5, 6), regions(x), (2, 3), 0.5, aligned=True),
    "roi_pool": lambda x: F.roi_pool(x(2, 3, 5, 6), regions(x), (2, 3), 0.5),
    "sigmoid": lambda x: F.sigmoid(x(3, 4)),
    "smooth_l1_loss": lambda x: F.smooth_l1_loss(x(3, 4), x(3, 4), beta=0.7),
    "softmax": lambda x: F.softmax(x(3, 4), 0),
    "spatial_pyramid_pool": lambda x: (
        F.spatial_pyramid_pool(x(2, 3, 5, 6), [2, 1]),
        F.spatial_pyramid_pool(x(2, 3, 5, 6), [2, 1], regions(x), 0.5),
    ),
    "tanh": lambda x: F.tanh(x(3, 4)),
    "unfold": lambda x: F.unfold(x(2, 3, 5, 4), 3, 1, 1, 2),
}
TENSORS = {
    "arithmetic": lambda x: 1 + x(3, 1) * x(4) - x(3, 4) / (2 - x(4)) + (-x(4)) * 3 + 1 / x(4),
    "powers": lambda x: (x.positive(3, 4) ** x(4), x(3) ** 2, 2 ** x(3), x.positive(3).sqrt()),
    "functions": lambda x: (x(3).exp(), x.positive(3).log(), x(3).abs(), x(5).clip(-0.5, 0.5)),
    "maximum": lambda x: (minicv.maximum(x(3, 4), x(4)), minicv.minimum(x(3, 4), 0.1)),
    "where": lambda x: minicv.where(x.fixed(3, 4) > 0, x(3, 4), x(4)),
    "comparisons": lambda x: ((x.fixed(4) < 0.2) & (x.fixed(4) != 0)) | ~(x.fixed(4) >= 0),
    "reductions": lambda x: (
        x(3, 4).sum(),
        x(3, 4).mean(0),
        x(3, 4).var(1),
        x(3, 4).std(),
        x(3, 4).logsumexp(1),
    ),
    "extremes": lambda x: (*x(3, 4).max(1), *x(3, 4).min(0, keepdim=True), x(5).argmax()),
    "matmul": lambda x: (x(2, 3, 4) @ x(4, 5), x(3, 4) @ x(4), x(4) @ x(4)),
    "shapes": lambda x: (
        x(3, 4).reshape(2, 6).transpose(),
        x(2, 3, 4).permute(2, 0, 1).flatten(),
        x(3, 1).expand(3, 4),
        x(3, 1).squeeze(1).unsqueeze(0),
        *x(5, 2).split(2),
        x(3, 4).flip(0),
        minicv.concat([x(2, 3), x(1, 3)]),
        minicv.stack([x(2), x(2)]),
    ),
    "indices": lambda x: (
        x(4, 3)[1],
        x(4, 3)[:, 1:][..., None],
        x(4, 3)[x.labels(4, 6)],
        x(4, 3)[x.labels(4, 5), x.labels(3, 5)],
        x(6)[x.fixed(6) > 0],
    ),
    "types": lambda x: (x(3).float().double(), x.fixed(3).long()),
}


def outputs(call, device):
    """What a call gives, its gradients and second derivatives along random directions; and the tensors themselves."""
    draw = Draw(device)
    results = call(draw)
    results = results if isinstance(results, tuple) else (results,)
    found = [*results]
    real = [r for r in results if r.requires_grad]
    for order in range(2 if real else 0):
        directions = [draw.fixed(*r.shape).to(r.dtype) for r in real]
        total = sum(((r * d).sum().double() for r, d in zip(real, directions)), start=0.0)
        gradients = minicv.grad(total, draw.leaves, create_graph=order == 0, allow_unused=True)
        found += [g for g in gradients if g is not None]
        real = [g for g in gradients if g is not None and g.requires_grad]
        if not real:
            break
    return found


@pytest.mark.parametrize("name", [*FUNCTIONS, *TENSORS])
def test_an_op(name, cuda):
    call = (FUNCTIONS | TENSORS)[name]
    wanted = outputs(call, "cpu")
    outputs(call, "cuda")  # tables that say which pixels a window sees are sent there, once
    stand_in.traffic.clear()
    got = outputs(call, "cuda")
    assert [t.device for t in got] == ["cuda"] * len(wanted)
    crossed = [crossing for crossing in stand_in.traffic if crossing[1] > 1]
    assert name in TABLES or not crossed, "arrays crossed"
    for g, w in zip(got, wanted, strict=True):
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g.numpy(), w.numpy(), rtol=1e-9, atol=1e-12)


def test_every_function_is_tried():
    public = {name for name, value in vars(F).items() if inspect.isfunction(value)}
    assert set(FUNCTIONS) == public - {"conv_matrix"}  # which probes its op with arrays of the host
