"""Weights into models that they fit, that they fit in part, and that have other names for the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import nn
from minicv.io import LoadReport, load_into, save_weights


class Named(nn.Module):
    """A module whose parts have the dotted names given, each a Linear(2, 1) without bias."""

    def __init__(self, *names):
        super().__init__()
        for name in names:
            first, _, rest = name.partition(".")
            self.add_module(first, Named(rest) if rest else nn.Linear(2, 1, bias=False))


def net(classes):
    """Two layers with batch normalisation between them, and other values every time."""
    model = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, classes))
    model.get_submodule("1").running_mean.mutate()[...] = minicv.rand(3).numpy()
    return model


def same(a, b):
    return all(np.array_equal(value, b[name]) for name, value in a.items())


@pytest.fixture(params=["file", "dict"])
def weights(request, tmp_path):
    """Weights of a network with 10 classes, in a file and as a dict."""
    state = net(10).state_dict()
    save_weights(state, tmp_path / "w")
    return tmp_path / "w" if request.param == "file" else state


def test_everything_fits(weights):
    model = net(10)
    assert load_into(model, weights) == LoadReport([], [], [], [])
    again = net(10)
    load_into(again, model.state_dict())
    assert same(model.state_dict(), again.state_dict())


def test_another_number_of_classes(weights):
    model, source = net(4), net(10)
    load_into(source, weights)
    head, wanted = model.get_submodule("3").weight.numpy().copy(), source.state_dict()
    before = model.state_dict()
    with pytest.raises(RuntimeError) as error:
        load_into(model, weights)
    for words in (
        "load_into: ",
        "nothing was loaded",
        "wrong shape: 3.weight is (4, 12) in the module, (10, 12) in the state",
        "wrong shape: 3.bias is (4,) in the module, (10,) in the state",
        '\nAnother number of classes? skip="..."',
    ):
        assert words in str(error.value)
    assert same(before, model.state_dict())
    report = load_into(model, weights, skip="3")
    assert report == LoadReport([], [], [], ["3.weight", "3.bias"])
    np.testing.assert_array_equal(model.get_submodule("3").weight.numpy(), head)
    state = model.state_dict()
    assert all(np.array_equal(state[name], wanted[name]) for name in state if not name.startswith("3"))


def test_what_fits_is_loaded_and_the_rest_reported(weights):
    model = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Identity(), nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 1))
    before = model.state_dict()
    report = load_into(model, weights, strict=False)
    assert report.missing_keys == ["4.weight", "4.bias"]
    assert sorted(report.unexpected_keys) == ["1.bias", "1.running_mean", "1.running_var", "1.weight"]
    assert sorted(report.wrong_shapes) == [("3.bias", (4,), (10,)), ("3.weight", (4, 12), (10, 12))]
    after = model.state_dict()
    assert [name for name in after if not np.array_equal(after[name], before[name])] == ["0.weight", "0.bias"]


def test_a_head_that_the_model_does_not_have(weights):
    model = nn.Sequential(nn.Conv2d(2, 3, 1))
    assert load_into(model, weights, skip=["1", "3.*"]) == LoadReport([], [], [], [])
    with pytest.raises(RuntimeError, match=r"unexpected: 3\.weight"):
        load_into(model, weights, skip="1")
    with pytest.raises(
        ValueError, match=r"load_into: skip: a pattern must be .*'fc'.*begin with: 0, [13], [13]"
    ):
        load_into(model, weights, skip="fc")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("features.denseblock1.denselayer12.norm.1", "features.denseblock1.denselayer12.norm1"),
        ("features.denseblock1.denselayer2.conv.2", "features.denseblock1.denselayer2.conv2"),
        ("backbone.fpn.inner_blocks.3", "backbone.fpn.inner_blocks.3.0"),
        ("backbone.fpn.layer_blocks.0", "backbone.fpn.layer_blocks.0.0"),
        ("rpn.head.conv", "rpn.head.conv.0.0"),
        ("roi_heads.mask_head.mask_fcn1", "roi_heads.mask_head.0.0"),
        ("roi_heads.mask_head.mask_fcn4", "roi_heads.mask_head.3.0"),
        ("module.features.denseblock1.denselayer1.norm.2", "features.denseblock1.denselayer1.norm2"),
    ],
)
def test_names_of_earlier_days(old, new):
    model, value = Named(new), np.float32([[3, 4]])
    load_into(model, {f"{old}.weight": value})
    np.testing.assert_array_equal(model.state_dict()[f"{new}.weight"], value)
    # A model that has the old names keeps them.
    model = Named(old)
    load_into(model, {f"{old}.weight": value})
    np.testing.assert_array_equal(model.state_dict()[f"{old}.weight"], value)


def test_a_backbone_of_a_larger_model():
    model, value = Named("backbone.body.conv1", "head"), np.float32([[3, 4]])
    report = load_into(model, {"conv1.weight": value}, rename=[("^", "backbone.body.")], skip="head")
    assert report.skipped_keys == ["head.weight"]
    np.testing.assert_array_equal(model.state_dict()["backbone.body.conv1.weight"], value)
    with pytest.raises(ValueError, match=r"two entries of the file come to be called a\.weight"):
        load_into(Named("a"), {"b.weight": value, "c.weight": value}, rename=[("^[bc]", "a")])


@given(k=st.integers(1, 3), c=st.integers(1, 3), h=st.integers(1, 3), w=st.integers(1, 3))
def test_a_fully_connected_layer_as_a_convolution(k, c, h, w):
    linear, conv = nn.Linear(c * h * w, k), nn.Conv2d(c, k, (h, w))
    load_into(conv, linear.state_dict())
    x = minicv.randn(2, c, h, w)
    np.testing.assert_allclose(conv(x).numpy()[:, :, 0, 0], linear(x.flatten(1)).numpy(), atol=1e-5)
    again = nn.Linear(c * h * w, k)
    load_into(again, conv.state_dict())
    assert same(linear.state_dict(), again.state_dict())


def test_what_is_no_path_and_no_dict():
    with pytest.raises(TypeError, match="weights must be a path or a dict; got a list"):
        load_into(net(2), [1])
