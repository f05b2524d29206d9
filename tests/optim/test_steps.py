"""The formulas, on gradients simple enough to work out the numbers by hand."""

import numpy as np
import pytest

import minicv
from minicv import optim


def trajectory(build, gradients, start=1.0):
    """The values of one number after each step, given the gradient of each step."""
    x = minicv.tensor(np.array([start]), requires_grad=True)
    optimizer, values = build([x]), []
    for g in gradients:
        x.grad = minicv.tensor(np.array([float(g)]))
        optimizer.step()
        values.append(x.item())
    return np.array(values)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, [-1, -2, -3]),
        ({"lr": 0.5}, [-0.5, -1, -1.5]),
        ({"momentum": 0.5}, [-1, -2.5, -4.25]),  # velocity 1, 1.5, 1.75
        ({"momentum": 0.5, "dampening": 0.5}, [-1, -2, -3]),  # velocity 1, 0.5 + 0.5, ...
        ({"momentum": 0.5, "nesterov": True}, [-1.5, -3.25, -5.125]),  # 1 + half of the velocity
        ({"weight_decay": 0.5}, [-1, -1.5, -1.75]),  # x - (1 + x / 2)
    ],
)
def test_sgd(options, expected):
    values = trajectory(lambda p: optim.SGD(p, **({"lr": 1} | options)), [1, 1, 1], start=0.0)
    np.testing.assert_allclose(values, expected)


def test_adam_moves_by_lr_whatever_the_gradients_size():
    for size in (1e-3, 1, 1e5):
        values = trajectory(lambda p: optim.Adam(p, lr=0.1, eps=0), [size] * 3)
        np.testing.assert_allclose(values, [0.9, 0.8, 0.7])


def test_adam_averages_gradients_and_their_squares():
    values = trajectory(lambda p: optim.Adam(p, lr=1, betas=(0.5, 0.75), eps=0), [1, -2], start=0.0)
    m = (0.25 * 1 - 0.5 * 2) / 0.75
    v = (0.75 * 0.25 * 1 + 0.25 * 4) / (1 - 0.75**2)
    np.testing.assert_allclose(values, [-1, -1 - m / np.sqrt(v)])


def test_adam_eps_is_added_after_the_root():
    np.testing.assert_allclose(trajectory(lambda p: optim.Adam(p, lr=1, eps=3), [1]), [0.75])


def test_amsgrad_remembers_the_largest_square():
    options = {"lr": 1, "betas": (0.0, 0.5), "eps": 0}
    values = trajectory(lambda p: optim.Adam(p, amsgrad=True, **options), [4, 0, 1], start=0.0)
    largest = 0.5 * 16  # the running mean of squares after the first step; then 4, then 2.5
    np.testing.assert_allclose(values, [-1, -1, -1 - 1 / np.sqrt(largest / (1 - 0.5**3))])


def test_adam_decays_through_the_gradient_and_adamw_directly():
    adam = trajectory(lambda p: optim.Adam(p, lr=0.1, eps=0, weight_decay=0.5), [1], start=2.0)
    np.testing.assert_allclose(adam, [1.9])  # the gradient 2 in place of 1 makes the same step
    adamw = trajectory(lambda p: optim.AdamW(p, lr=0.1, eps=0, weight_decay=0.5), [1], start=2.0)
    np.testing.assert_allclose(adamw, [2 * 0.95 - 0.1])


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, [-2, -2 - 1 / np.sqrt(0.4375)]),  # v = 1/4, 3/4 * 1/4 + 1/4
        ({"eps": 1.5}, [-0.5, -0.5 - 1 / (np.sqrt(0.4375) + 1.5)]),
        ({"momentum": 0.5}, [-2, -2 - 1 - 1 / np.sqrt(0.4375)]),
        ({"centered": True}, [-1 / np.sqrt(3 / 16), -1 / np.sqrt(3 / 16) - 1 / np.sqrt(0.4375 * 0.5625)]),
    ],
)
def test_rmsprop(options, expected):
    values = trajectory(
        lambda p: optim.RMSprop(p, **({"lr": 1, "alpha": 0.75, "eps": 0} | options)), [1, 1], 0.0
    )
    np.testing.assert_allclose(values, expected)


def test_rmsprop_weight_decay():
    values = trajectory(lambda p: optim.RMSprop(p, lr=1, alpha=0, eps=1, weight_decay=1), [1], start=2.0)
    np.testing.assert_allclose(values, [2 - 3 / 4])


def test_centred_rmsprop_survives_gradients_without_variance():
    """E[g^2] - E[g]^2 rounds to a negative number here, whose root would be a NaN for ever after."""
    x = minicv.tensor(np.float32([0.1, 0.3, 0.7]), requires_grad=True)
    optimizer = optim.RMSprop([x], centered=True, alpha=0.5)
    for _ in range(60):
        x.grad = minicv.tensor(np.float32([0.1, 0.3, 0.7]))
        optimizer.step()
    assert np.isfinite(x.numpy()).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: optim.Adam(p, lr=0.1),
        lambda p: optim.AdamW(p, lr=0.1, weight_decay=0),
        lambda p: optim.RMSprop(p, lr=0.01),
    ],
)
def test_least_squares_is_solved(build):
    rng = np.random.default_rng(0)
    a, solution = minicv.tensor(rng.standard_normal((20, 3))), np.array([1.0, -2.0, 0.5])
    b = a @ minicv.tensor(solution)
    x = minicv.tensor(np.zeros(3), requires_grad=True)
    optimizer = build([x])
    for _ in range(600):
        optimizer.zero_grad()
        ((a @ x - b) ** 2.0).mean().backward()
        optimizer.step()
    np.testing.assert_allclose(x.numpy(), solution, atol=0.02)
