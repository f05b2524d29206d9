"""Module: what it owns, how it is walked, changed, saved, loaded, hooked and shown."""

import copy

import numpy as np
import pytest

import minicv
from minicv import nn


class Block(nn.Module):
    """One of everything: a parameter, both kinds of buffers, a child, and a parameter that is not there."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Linear(3, 2)
        self.scale = nn.Parameter(minicv.ones(2))
        self.shift = None
        self.register_buffer("steps", minicv.tensor(7))
        self.register_buffer("cache", minicv.zeros(2), persistent=False)
        self.note = minicv.ones(4)  # a plain tensor is nobody's

    def forward(self, x):
        return self.conv(x) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Block()
        self.tail = nn.Sequential(nn.Identity(), Block())
        self.again = self.stem  # shared

    def forward(self, x):
        return self.tail(x) + self.stem(x)


# What it owns


def test_parts_are_found_by_attribute_and_named_by_path():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "stem.scale",
        "stem.conv.weight",
        "stem.conv.bias",
        "tail.1.scale",
        "tail.1.conv.weight",
        "tail.1.conv.bias",
    ]
    assert [name for name, _ in net.named_buffers()] == [
        "stem.steps",
        "stem.cache",
        "tail.1.steps",
        "tail.1.cache",
    ]
    assert [name for name, _ in net.named_children()] == ["stem", "tail"]
    assert [name for name, _ in net.named_modules()] == [
        "",
        "stem",
        "stem.conv",
        "tail",
        "tail.0",
        "tail.1",
        "tail.1.conv",
    ]
    assert list(net.parameters()) == [p for _, p in net.named_parameters()]
    assert next(net.modules()) is net and list(net.children()) == [net.stem, net.tail]
    assert len(list(net.buffers())) == 4


def test_recurse_false_and_prefix():
    block = Block()
    assert [name for name, _ in block.named_parameters("up", recurse=False)] == ["up.scale"]
    assert len(list(block.parameters(recurse=False))) == 1
    assert [name for name, _ in block.named_modules("up")] == ["up", "up.conv"]
    assert [name for name, _ in block.named_buffers("up")] == ["up.steps", "up.cache"]
    assert len(list(block.buffers(recurse=False))) == 2


def test_get_submodule():
    net = Net()
    assert net.get_submodule("tail.1.conv") is net.tail[1].conv
    assert net.get_submodule("again.conv") is net.stem.conv
    assert net.get_submodule("") is net
    with pytest.raises(AttributeError, match=r"get_submodule: target must be .*'tail.2'.*tail\.1\.conv"):
        net.get_submodule("tail.2")


def test_parts_may_be_replaced_removed_and_added_later():
    net = Net()
    net.tail = nn.Identity()
    net.again = None
    net.stem.shift = nn.Parameter(minicv.zeros(2))
    net.add_module("extra", nn.Linear(2, 1, bias=False))
    del net.stem.scale
    assert list(net.state_dict()) == [
        "stem.shift",
        "stem.steps",
        "stem.conv.weight",
        "stem.conv.bias",
        "extra.weight",
    ]


@pytest.mark.parametrize(
    "change, error, message",
    [
        (
            lambda b: setattr(b, "scale", minicv.ones(2)),
            TypeError,
            "Block: scale must be a Parameter, as before",
        ),
        (lambda b: setattr(b, "scale", np.ones(2)), TypeError, r"got a ndarray. To change values in place"),
        (lambda b: setattr(b, "conv", lambda x: x), TypeError, "Block: conv must be a Module"),
        (lambda b: setattr(b, "steps", 3), TypeError, "Block: steps must be a Tensor"),
        (
            lambda b: b.register_buffer("mean", np.ones(2)),
            TypeError,
            "mean must be a Tensor or None; got a ndarray",
        ),
        (lambda b: b.add_module("a.b", nn.Identity()), ValueError, "without dots; got 'a.b'"),
        (lambda b: b.add_module("", nn.Identity()), ValueError, "non-empty"),
        (lambda b: b.convv, AttributeError, r"Block has no attribute 'convv'. Its parts are: conv, scale"),
        (lambda b: nn.Module()(1), NotImplementedError, "Module: forward is not written yet"),
    ],
)
def test_slips_are_refused(change, error, message):
    block = Block()
    with pytest.raises(error, match=message):
        change(block)
    assert list(block.state_dict()) == ["scale", "steps", "conv.weight", "conv.bias"]


def test_forgotten_super_init_is_named():
    class Forgetful(nn.Module):
        def __init__(self, part):
            part(self)

        def forward(self, x):
            return x

    for part in (
        lambda m: setattr(m, "conv", nn.Identity()),
        lambda m: setattr(m, "w", nn.Parameter(minicv.ones(1))),
        lambda m: m.register_buffer("b", minicv.ones(1)),
        lambda m: m(1),
    ):
        with pytest.raises(AttributeError, match=r"Forgetful: call super\(\).__init__\(\) in __init__"):
            Forgetful(part)


# Changing all of it


def test_train_and_eval_reach_every_module():
    net = Net()
    assert all(m.training for m in net.modules())
    assert net.eval() is net and not any(m.training for m in net.modules())
    net.tail.train()
    assert net.tail[1].conv.training and not net.stem.training


def test_apply_visits_children_first():
    seen = []
    net = nn.Sequential(nn.Identity(), nn.ReLU())
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Identity", "ReLU", "Sequential"]


def test_zero_grad_and_requires_grad():
    net = Block()
    net(minicv.ones(1, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net
    assert not net(minicv.ones(1, 3)).requires_grad


def test_to_converts_what_is_real_in_place():
    net = Block()
    parameter, buffer = net.scale, net.cache
    net(minicv.ones(1, 3)).sum().backward()
    assert net.double() is net
    assert net.scale is parameter and net.cache is buffer
    assert {t.dtype for t in (net.conv.weight, net.scale, net.cache, net.scale.grad)} == {
        np.dtype(np.float64)
    }
    assert net.steps.dtype == np.int64
    assert net(minicv.ones(1, 3, dtype=np.float64)).dtype == np.float64
    assert net.float().scale.dtype == np.float32 and net.to("float64").scale.dtype == np.float64
    assert net.to("cpu").scale.device == "cpu"


@pytest.mark.parametrize("target", ["int64", "gpu", 3.5])
def test_to_refuses_what_is_no_real_dtype_and_no_device(target):
    with pytest.raises(minicv.DTypeError, match="to: target must be a floating-point dtype or a device"):
        Block().to(target)


def test_deepcopy_is_independent():
    net = Block()
    twin = copy.deepcopy(net)
    twin.scale.mutate()[...] = 5
    assert net.scale.tolist() == [1, 1] and twin.scale.tolist() == [5, 5]
    assert list(twin.state_dict()) == list(net.state_dict()) and twin.scale.requires_grad


# Saving and loading


def test_state_dict_is_a_copy_of_parameters_and_persistent_buffers():
    net = Net()
    state = net.state_dict()
    assert list(state)[:5] == [
        "stem.scale",
        "stem.steps",
        "stem.conv.weight",
        "stem.conv.bias",
        "tail.1.scale",
    ]
    assert "again.conv.bias" in state and not any("cache" in name for name in state)
    assert {type(value) for value in state.values()} == {np.ndarray}
    state["stem.scale"][...] = 9
    assert net.stem.scale.tolist() == [1, 1]
    own = net.state_dict(keep_vars=True)
    assert list(own) == list(state) and own["stem.scale"] is net.stem.scale


def test_load_state_dict_restores_the_outputs():
    source, target = Net(), Net()
    x = minicv.randn(4, 3)
    held = target.stem.scale
    source.stem.scale.mutate()[...] = [2, 3]
    source.stem.steps.mutate()[...] = 11
    keys = target.load_state_dict(source.state_dict())
    assert keys == ([], [])
    np.testing.assert_array_equal(target(x).numpy(), source(x).numpy())
    assert target.stem.scale is held and target.stem.steps.item() == 11


def test_load_state_dict_converts_to_the_modules_dtype_and_takes_tensors():
    net = nn.Linear(2, 1).double()
    net.load_state_dict({"weight": minicv.tensor([[1.5, 2.5]]), "bias": np.float32([4])})
    assert net.weight.dtype == np.float64 and net.weight.tolist() == [[1.5, 2.5]] and net.bias.tolist() == [4]


def test_load_state_dict_while_a_graph_holds_the_old_values():
    net = Block()
    y = net(minicv.ones(1, 3)).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(minicv.GraphError, match="changed in place"):
        y.backward()


def test_every_mismatch_is_listed_and_nothing_is_loaded():
    net = Block()
    before = net.state_dict()
    state = {
        "scale": np.full(2, 9.0),
        "conv.weight": np.zeros((2, 4)),
        "steps": np.float64(1.5),
        "fc.weight": np.zeros(3),
        "fc.bias": np.zeros(3),
    }
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value).split("\n") == [
        "load_state_dict: the state does not fit Block, and nothing was loaded:",
        "    missing: conv.bias",
        "    wrong dtype: steps is int64 in the module, float64 in the state",
        "    wrong shape: conv.weight is (2, 3) in the module, (2, 4) in the state",
        "    unexpected: fc.weight",
        "    unexpected: fc.bias",
    ]
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_strict_false_tolerates_missing_and_unexpected_but_no_wrong_shape():
    net = nn.Linear(2, 1)
    keys = net.load_state_dict({"weight": np.ones((1, 2)), "extra": np.ones(1)}, strict=False)
    assert keys.missing_keys == ["bias"] and keys.unexpected_keys == ["extra"]
    assert net.weight.tolist() == [[1, 1]]
    with pytest.raises(RuntimeError, match="wrong shape: weight"):
        net.load_state_dict({"weight": np.ones((2, 1))}, strict=False)


# Hooks


def test_forward_hooks_see_replace_and_leave():
    net, seen = nn.Sequential(nn.Identity(), nn.Identity()), []
    first = net[0].register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    net[1].register_forward_hook(lambda module, args, output: output * 2)
    with net.register_forward_hook(lambda module, args, output: output + 1):
        assert net(minicv.ones(1)).tolist() == [3]
    ((module, args, output),) = seen
    assert module is net[0] and args[0] is output
    first.remove()
    first.remove()
    assert net(minicv.ones(1)).tolist() == [2]
    assert len(seen) == 1


# Showing


def test_repr_is_pytorchs():
    assert repr(nn.Sequential(nn.Sequential(nn.ReLU()), nn.Dropout(0.2))) == (
        "Sequential(\n  (0): Sequential(\n    (0): ReLU()\n  )\n  (1): Dropout(p=0.2)\n)"
    )

    class Scaled(nn.Sequential):
        def extra_repr(self):
            return "by=3"

    assert repr(Scaled(nn.Identity())) == "Scaled(\n  by=3\n  (0): Identity()\n)"
    assert repr(nn.Module()) == "Module()"
