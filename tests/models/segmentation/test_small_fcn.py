"""The small segmentation networks: what their two ways up claim, their sizes, and that they learn."""

import doctest
import sys

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv.data import Meadow, images_to_batch
from minicv.hooks import Hook
from minicv.models.segmentation import SmallFCN, SmallUnpoolNet
from minicv.models.segmentation.small_fcn import TransposedUp, UnpoolUp
from minicv.optim import Adam

NETWORKS = pytest.mark.parametrize("Network", [SmallFCN, SmallUnpoolNet])


@pytest.fixture(autouse=True)
def seed():
    minicv.manual_seed(0)


@pytest.fixture(scope="module")
def scenes():
    """Two scenes of 32 x 32: images (2, 3, 32, 32) float32 and labels (2, 32, 32)."""
    samples = list(Meadow(size=32, length=2, seed=0))
    return images_to_batch([s.image for s in samples]), np.stack([s.semantic for s in samples])


def drawn(*shape, dtype=np.float32):
    return np.random.default_rng(0).random(shape).astype(dtype)


def parts(network, images):
    """Run the network; return {name of a child: (what it was given, what it returned)}."""
    seen, handles = {}, []
    for name, child in network.named_children():
        handles.append(
            child.register_forward_hook(lambda m, x, y, name=name: seen.update({name: (x, y.numpy())}))
        )
    network(minicv.tensor(images))
    for handle in handles:
        handle.remove()
    return seen


def identity(conv):
    """Let a convolution pass its input on: ones in the middle, no bias."""
    middle = conv.weight.shape[2] // 2
    with minicv.no_grad():
        conv.weight[...] = 0.0
        conv.bias[...] = 0.0
        for channel in range(conv.weight.shape[0]):
            conv.weight[channel, channel, middle, middle] = 1.0


def is_maximum(maps):
    """Mark, in (N, C, H, W), the first largest entry in raster order of each 2 x 2 block."""
    marks = np.zeros(maps.shape, bool)
    for n, c, h, w in np.ndindex(*maps.shape[:2], maps.shape[2] // 2, maps.shape[3] // 2):
        block = maps[n, c, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2]
        i, j = divmod(int(block.argmax()), 2)
        marks[n, c, 2 * h + i, 2 * w + j] = True
    return marks


# What the papers claim.


def test_unpooling_puts_the_values_back_where_the_maxima_were():
    maps = drawn(2, 3, 6, 8)
    pooled, indices = F.max_pool2d(minicv.tensor(maps), 2, return_indices=True)
    up = UnpoolUp(3, 3)
    identity(up.reduce)
    identity(up.densify)
    unpooled = up(pooled, indices, maps.shape[2:]).numpy()
    assert np.array_equal(unpooled, np.where(is_maximum(maps), maps, 0))


@pytest.mark.parametrize(("up", "level"), [("up1", "level1"), ("up2", "level2")])
def test_in_the_network_each_level_unpools_with_its_own_switches(up, level):
    network = SmallUnpoolNet(5, widths=(4, 8, 16))
    with minicv.no_grad():
        getattr(network, up).reduce.bias[...] = 100.0  # so that no value that was put back is 0
    identity(getattr(network, up).densify)
    seen = parts(network, drawn(2, 3, 16, 24))
    assert np.array_equal(seen[up][1] != 0, is_maximum(seen[level][1]))


@NETWORKS
@pytest.mark.parametrize(("fuse", "up", "level"), [("fuse1", "up1", "level1"), ("fuse2", "up2", "level2")])
def test_the_skip_adds_what_the_way_down_knew(Network, fuse, up, level):
    seen = parts(Network(5, widths=(4, 8, 16)), drawn(2, 3, 16, 16))
    (fused,), _ = seen[fuse]
    assert np.array_equal(fused.numpy(), seen[up][1] + seen[level][1])


def test_every_pixel_of_the_transposed_way_up_gets_as_many_stamps():
    up = TransposedUp(1, 1)
    with minicv.no_grad():
        up.up.weight[...] = 1.0
        up.up.bias[...] = 0.0
    stamps = up(minicv.ones(1, 1, 4, 5), None, (8, 10)).numpy()[0, 0]
    assert stamps.shape == (8, 10) and (stamps[1:-1, 1:-1] == 4).all()


def test_the_two_networks_differ_in_nothing_but_the_way_up():
    ours, theirs = (
        {k: v.shape for k, v in N(5, widths=(4, 8, 16)).state_dict().items()}
        for N in (SmallFCN, SmallUnpoolNet)
    )
    differing = {name for name in ours.keys() ^ theirs.keys()}
    assert differing == {
        f"up{level}.{kind}.{what}"
        for level in (1, 2)
        for kind in ("up", "reduce", "densify")
        for what in ("weight", "bias")
    }
    assert all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())


# Sizes.


@NETWORKS
@pytest.mark.parametrize("size", [(8, 8), (32, 48), (20, 4), (64, 64)])
def test_scores_have_the_resolution_of_the_image(Network, size):
    network = Network(num_classes=7, widths=(4, 8, 16))
    assert network(minicv.zeros(2, 3, *size)).shape == (2, 7, *size)
    assert network.predict(np.zeros((2, 3, *size), np.float32)).shape == (2, *size)


@NETWORKS
@pytest.mark.parametrize(
    "shape", [(1, 3, 30, 32), (1, 3, 32, 33), (3, 32, 32), (1, 1, 32, 32), (1, 32, 32, 3)]
)
def test_other_sizes_are_refused_with_a_sentence(Network, shape):
    with pytest.raises(minicv.ShapeError) as caught:
        Network(num_classes=7, widths=(4, 8, 16))(minicv.zeros(*shape))
    assert str(caught.value) == (
        f"{Network.__name__}: images must be (N, 3, H, W), H and W multiples of 4, for they are halved twice; "
        f"got shape {shape}."
    )


@NETWORKS
def test_a_batch_of_nothing_has_the_scores_of_nothing(Network):
    network = Network(7, widths=(4, 8, 16)).eval()
    assert network(minicv.zeros(0, 3, 8, 8)).shape == (0, 7, 8, 8)


@pytest.mark.parametrize(
    ("Network", "ways_up"),
    [
        (SmallFCN, (64 * 32 + 32 * 16) * 4 * 4 + 32 + 16),  # transposed convolutions, 4 x 4, with biases
        (SmallUnpoolNet, 64 * 32 + 32 * 16 + (32 * 32 + 16 * 16) * 9 + 2 * (32 + 16)),  # 1 x 1, then 3 x 3
    ],
)
def test_number_of_parameters(Network, ways_up):
    def block(before, after):
        return before * after * 9 + 2 * after  # no bias: scale and shift of the batch normalisation

    down = block(3, 16) + block(16, 32) + block(32, 32) + block(32, 64) + block(64, 64)
    up = ways_up + block(32, 32) + block(16, 16)
    total = sum(p.size for p in Network(num_classes=8, widths=(16, 32, 64)).parameters())
    assert total == down + up + 16 * 8 + 8 == {SmallFCN: 122_728, SmallUnpoolNet: 95_896}[Network]


def test_names_of_the_weights_are_stable():
    """Saved weights carry these names: renaming a part makes them unreadable."""
    blocks = ["level1", "level2.0", "level2.1", "level3.0", "level3.1", "fuse2", "fuse1"]
    normalised = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    names = {f"{block}.1.{name}" for block in blocks for name in normalised}
    names |= {f"{block}.0.weight" for block in blocks}
    names |= {f"{part}.{name}" for part in ("up1.up", "up2.up", "score") for name in ("weight", "bias")}
    assert set(SmallFCN(3, widths=(4, 8, 16)).state_dict()) == names


# Learning.


@NETWORKS
def test_the_gradient_of_every_parameter(Network, slope_error):
    network = Network(3, widths=(2, 4, 8))
    images = minicv.tensor(drawn(2, 3, 8, 8, dtype=np.float64))
    labels = minicv.tensor(np.random.default_rng(1).integers(0, 3, (2, 8, 8)))
    assert slope_error(network, lambda: network.loss(images, labels)) < 1e-6


@NETWORKS
def test_two_scenes_are_learnt_by_heart(Network, scenes):
    images, labels = scenes
    network = Network(len(Meadow().classes), widths=(16, 32, 64))
    optimizer = Adam(network.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        network.loss(minicv.tensor(images), minicv.tensor(labels)).backward()
        optimizer.step()
    assert np.mean(network.predict(images) == labels) > 0.99


@NETWORKS
def test_the_loss_is_the_mean_cross_entropy_of_the_pixels(Network, scenes):
    images, labels = scenes
    network = Network(8, widths=(4, 8, 16))
    scores = network(minicv.tensor(images)).numpy().astype(np.float64)
    chosen = np.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
    expected = np.mean(np.log(np.exp(scores).sum(1)) - chosen)
    assert network.loss(minicv.tensor(images), minicv.tensor(labels)).item() == pytest.approx(
        expected, rel=1e-5
    )


@NETWORKS
def test_in_evaluation_an_image_does_not_see_its_neighbours(Network, scenes):
    images, _ = scenes
    network = Network(8, widths=(4, 8, 16))
    network(minicv.tensor(images))  # in training, which moves the running averages
    alone = {}
    for mode in (True, False):
        network.train(mode)
        together = network(minicv.tensor(images)).numpy()
        single = network(minicv.tensor(images[:1])).numpy()
        alone[mode] = np.allclose(together[:1], single, atol=1e-5)
    assert alone == {True: False, False: True}


@NETWORKS
def test_predict_evaluates_and_records_no_graph(Network, scenes):
    class Recorded(Hook):
        found = False

        def after_forward(self, op, inputs, outputs):
            self.found |= any(t.requires_grad for t in outputs)

    images, _ = scenes
    network = Network(8, widths=(4, 8, 16))
    before = network.state_dict()["level1.1.running_mean"].copy()
    with Recorded() as recorded:
        labels = network.predict(images)
    assert not recorded.found and not network.training
    assert np.array_equal(network.state_dict()["level1.1.running_mean"], before)
    assert labels.dtype == np.int64 and labels.shape == (2, 32, 32)
    assert np.array_equal(labels, network(minicv.tensor(images)).numpy().argmax(1))


@NETWORKS
def test_weights_that_are_loaded_give_the_same_scores(Network, scenes):
    images, _ = scenes
    one, other = Network(8, widths=(4, 8, 16)), Network(8, widths=(4, 8, 16))
    one(minicv.tensor(images))
    assert not np.array_equal(one.predict(images), other.predict(images))
    other.load_state_dict(one.state_dict())
    assert np.array_equal(one.predict(images), other.predict(images))


def test_predict_refuses_what_was_not_converted():
    with pytest.raises(minicv.DTypeError, match="float64"):
        SmallFCN(8, widths=(4, 8, 16)).predict(np.zeros((1, 3, 8, 8)))


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.models.segmentation.small_fcn"])
    assert result.attempted >= 4 and result.failed == 0
