"""What all optimisers share: groups, gradients, saving and loading, and what they refuse."""

import numpy as np
import pytest

import minicv
from minicv import nn, optim


def parameter(*values):
    return minicv.tensor(list(values), requires_grad=True)


def descend(optimizer, x, steps=1):
    """Minimise the sum of squares of x."""
    for _ in range(steps):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()


def test_groups_have_options_of_their_own():
    x, y = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": [x]}, {"params": y, "lr": 0.25}], lr=0.125)
    (x + y).sum().backward()
    optimizer.step()
    assert x.tolist() == [0.875] and y.tolist() == [0.75]
    optimizer.param_groups[1]["lr"] = 0.5
    optimizer.step()
    assert x.tolist() == [0.75] and y.tolist() == [0.25]


def test_a_group_can_be_added_later():
    x, y = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([x], lr=0.5)
    optimizer.add_param_group({"params": [y], "momentum": 0.5})
    assert [g["momentum"] for g in optimizer.param_groups] == [0, 0.5]
    (x + y).sum().backward()
    optimizer.step()
    optimizer.step()
    assert x.tolist() == [0] and y.tolist() == [-0.25]


def test_parameters_without_a_gradient_stay():
    x, y = parameter(1.0), parameter(1.0)
    optimizer = optim.Adam([x, y], lr=0.5, weight_decay=0.1)
    (x * 2).sum().backward()
    optimizer.step()
    assert y.tolist() == [1] and x.tolist() != [1] and list(optimizer.state) == [x]


def test_zero_grad():
    x = parameter(3.0)
    optimizer = optim.SGD([x])
    (x * x).sum().backward()
    assert x.grad.tolist() == [6]
    optimizer.zero_grad()
    assert x.grad is None


OPTIMIZERS = [
    lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    lambda p: optim.Adam(p, lr=0.1, amsgrad=True, weight_decay=0.01),
    lambda p: optim.AdamW(p, lr=0.1),
    lambda p: optim.RMSprop(p, lr=0.1, momentum=0.5, centered=True),
]


@pytest.mark.parametrize("build", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3, 2)])
def test_a_step_changes_the_array_itself_and_nothing_else(build, dtype, shape):
    x = minicv.tensor(np.full(shape, 2, dtype), requires_grad=True)
    optimizer, array = build([x]), x.data
    (x * x).sum().backward()
    gradient = x.grad.data.copy()
    optimizer.step()
    optimizer.step()
    assert x.data is array and x.dtype == dtype and x.creator is None and (x.numpy() < 2).all()
    np.testing.assert_array_equal(x.grad.numpy(), gradient)


@pytest.mark.parametrize("build", OPTIMIZERS)
def test_training_goes_on_where_it_was_saved(build):
    start = np.random.default_rng(0).standard_normal((4, 3))
    x = minicv.tensor(start, requires_grad=True)
    optimizer = build([x])
    descend(optimizer, x, 3)
    saved, values = optimizer.state_dict(), x.numpy().copy()
    descend(optimizer, x, 3)

    y = minicv.tensor(values, requires_grad=True)
    again = build([y])
    again.param_groups[0]["lr"] = 77.0
    again.load_state_dict(saved)
    descend(again, y, 3)
    np.testing.assert_array_equal(y.numpy(), x.numpy())
    assert again.param_groups[0]["lr"] == 0.1

    third = build([minicv.tensor(values, requires_grad=True)])
    third.load_state_dict(saved)  # training went on without changing what was saved
    for name, value in third.state_dict()["state"][0].items():
        np.testing.assert_array_equal(value, saved["state"][0][name])
        assert not np.array_equal(value, again.state_dict()["state"][0][name])


def test_state_dict_holds_copies_by_number():
    x, y = parameter(1.0, 2.0), parameter(3.0)
    optimizer = optim.SGD([{"params": [x]}, {"params": [y]}], momentum=0.5)
    assert optimizer.state_dict()["state"] == {}
    (y * 2).sum().backward()
    optimizer.step()
    saved = optimizer.state_dict()
    assert [g["params"] for g in saved["param_groups"]] == [[0], [1]]
    assert list(saved["state"]) == [1] and saved["state"][1]["momentum_buffer"].tolist() == [2]
    optimizer.step()
    assert saved["state"][1]["momentum_buffer"].tolist() == [2]


@pytest.mark.parametrize(
    "params, message",
    [
        ([parameter(1.0), parameter(1.0)], r"of groups of \[2\] parameters; got \[1\]"),
        (
            [{"params": [parameter(1.0)]}, {"params": [parameter(1.0)]}],
            r"of groups of \[1, 1\] parameters; got \[1\]",
        ),
        ([parameter(1.0, 2.0)], r"momentum_buffer of parameter 0 must be of shape \(2,\); got \(1,\)"),
    ],
)
def test_a_state_of_another_model_is_refused(params, message):
    x = parameter(1.0)
    source, target = optim.SGD([x], lr=5, momentum=0.5), optim.SGD(params, momentum=0.5)
    descend(source, x)
    with pytest.raises(ValueError, match=f"load_state_dict: .*{message}"):
        target.load_state_dict(source.state_dict())
    assert target.state == {} and target.param_groups[0]["lr"] == 1e-3


def test_a_step_between_forward_and_backward_is_refused_by_the_graph():
    x = parameter(1.0)
    optimizer = optim.SGD([x])
    loss = (x * x).sum()
    x.grad = minicv.ones(1)
    optimizer.step()
    with pytest.raises(minicv.GraphError, match="changed in place"):
        loss.backward()


def test_repr_lists_the_groups():
    optimizer = optim.SGD([{"params": nn.Linear(2, 1).parameters()}, {"params": [parameter(1.0)], "lr": 0.5}])
    assert repr(optimizer) == (
        "SGD(\n"
        "  group 0: 2 tensors, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False\n"
        "  group 1: 1 tensors, lr=0.5, momentum=0, dampening=0, weight_decay=0, nesterov=False\n)"
    )


X = parameter(1.0)


@pytest.mark.parametrize(
    "build, error, message",
    [
        (lambda: optim.SGD([]), ValueError, "SGD: params must be at least one tensor; got an empty list"),
        (lambda: optim.SGD(X), TypeError, "SGD: params must be a list of tensors or of groups; got Tensor"),
        (lambda: optim.SGD({"params": [X]}), TypeError, "SGD: params must be a list .* got dict"),
        (lambda: optim.SGD(nn.Linear(2, 1)), TypeError, r"got Linear. Did you mean model.parameters\(\)"),
        (lambda: optim.SGD([3.0]), TypeError, r"SGD: params\[0\] must be a Tensor; got float"),
        (
            lambda: optim.SGD(nn.Linear(2, 1).named_parameters()),
            TypeError,
            r"params\[0\] must be a Tensor; got tuple. Did you pass named_parameters\(\)",
        ),
        (
            lambda: optim.SGD([X, X * 2]),
            minicv.GraphError,
            r"params\[1\] must be a leaf; got the result of Mul",
        ),
        (
            lambda: optim.SGD([minicv.tensor([1])]),
            minicv.DTypeError,
            "must be a floating-point tensor; got int64",
        ),
        (lambda: optim.SGD([X, X]), ValueError, r"params\[1\] must be in one group, once"),
        (
            lambda: optim.SGD([{"params": [X]}, {"params": X}]),
            ValueError,
            r"params\[0\] must be in one group, once",
        ),
        (
            lambda: optim.SGD([{"params": [X], "beta": 1}]),
            ValueError,
            "options of a group must be among lr, momentum",
        ),
        (lambda: optim.SGD([{"lr": 1}]), TypeError, 'group must be a dict with its tensors under "params"'),
        (lambda: optim.SGD([X], lr=-1), ValueError, "SGD: lr must be a number that is at least 0; got -1"),
        (lambda: optim.SGD([X], lr=float("nan")), ValueError, "SGD: lr must be"),
        (lambda: optim.SGD([X], momentum=-0.5), ValueError, "SGD: momentum must be"),
        (lambda: optim.SGD([X], weight_decay=-0.5), ValueError, "SGD: weight_decay must be"),
        (lambda: optim.SGD([X], nesterov=True), ValueError, "nesterov=True needs a momentum greater than 0"),
        (
            lambda: optim.SGD([X], momentum=0.5, dampening=0.5, nesterov=True),
            ValueError,
            "and a dampening of 0",
        ),
        (lambda: optim.SGD([{"params": [X], "lr": -2}]), ValueError, "SGD: lr must be .* got -2"),
        (
            lambda: optim.Adam([X], betas=(0.9, 1)),
            ValueError,
            r"Adam: betas\[1\] must be .* less than 1; got 1",
        ),
        (lambda: optim.AdamW([X], eps=-1), ValueError, "AdamW: eps must be"),
        (lambda: optim.RMSprop([X], alpha=-1), ValueError, "RMSprop: alpha must be"),
        (lambda: optim.RMSprop([X], momentum=-1), ValueError, "RMSprop: momentum must be"),
        (lambda: optim.Optimizer([X], {}), KeyError, "lr"),
    ],
)
def test_bad_input(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_a_formula_must_be_written():
    x = parameter(1.0)
    with pytest.raises(NotImplementedError, match="Optimizer: update is not written yet"):
        descend(optim.Optimizer([x], {"lr": 1}), x)
