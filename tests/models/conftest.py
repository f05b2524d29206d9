"""What the tests of every model need."""

import numpy as np
import pytest


@pytest.fixture
def slope_error():
    """Relative error of the gradient that a loss gives all of a model's parameters, in one random direction.

    The model is converted to float64; the slope along the direction is measured by central differences.
    """

    def measure(model, loss, eps=1e-6):
        parameters = list(model.double().parameters())
        rng = np.random.default_rng(0)
        directions = [rng.standard_normal(p.shape) for p in parameters]
        loss().backward()
        claimed = sum(np.vdot(p.grad.numpy(), d) for p, d in zip(parameters, directions))
        measured = 0.0
        for sign in (1, -1):
            for p, d in zip(parameters, directions):
                p.data = p.numpy() + sign * eps * d
            measured += sign * loss().item() / (2 * eps)
            for p, d in zip(parameters, directions):
                p.data = p.numpy() - sign * eps * d
        return abs(claimed - measured) / abs(measured)

    return measure
