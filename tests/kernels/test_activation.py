"""Activations keep their digits over the whole range of numbers."""

import math

import numpy as np
import pytest

EXACT = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x),
    "tanh": math.tanh,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "elu_grad": lambda x: math.exp(min(x, 0)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EXACT)
def test_every_digit_but_the_last_is_right(name, dtype, leaf):
    rng = np.random.default_rng(0)
    x = (rng.choice([-1, 1], 5000) * 10.0 ** rng.uniform(-12, 3, 5000)).astype(dtype)
    args = {"elu": (x, 1.0), "elu_grad": (np.ones_like(x), x, 1.0)}.get(name, (x,))
    expected = [EXACT[name](float(v)) for v in x]
    limits = np.finfo(dtype)  # results below the smallest normal number may be 0
    np.testing.assert_allclose(leaf(name)(*args), expected, rtol=4 * limits.eps, atol=limits.tiny)
