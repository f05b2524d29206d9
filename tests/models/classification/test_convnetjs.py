"""The network of the ConvNetJS demo: the parameters of the lecture, and that it learns."""

import numpy as np
import pytest

import minicv
from minicv.hooks import Shapes
from minicv.models.classification import ConvNetJS
from minicv.optim import Adam


@pytest.fixture(autouse=True)
def seed():
    minicv.manual_seed(0)


def test_number_of_parameters():
    sizes = {name: sum(p.size for p in child.parameters()) for name, child in ConvNetJS().named_children()}
    assert sizes == {"conv1": 16 * 76, "conv2": 20 * 401, "conv3": 20 * 501, "fc": 10 * 321}
    assert sum(sizes.values()) == 22_466


def test_every_convolution_is_halved():
    with Shapes() as shapes:
        ConvNetJS()(minicv.zeros(1, 3, 32, 32))
    pooled = [after[0][1:] for op, _, after in shapes.records if op.startswith("MaxPool2d")]
    assert pooled == [(16, 16, 16), (20, 8, 8), (20, 4, 4)]


def test_the_gradient_of_every_parameter(slope_error):
    model, rng = ConvNetJS(4), np.random.default_rng(1)
    images, labels = minicv.tensor(rng.random((2, 3, 32, 32))), minicv.tensor(np.array([3, 0]))
    assert slope_error(model, lambda: model.loss(images, labels)) < 1e-6


def test_two_images_are_learnt_by_heart():
    images, labels = np.random.default_rng(0).random((2, 3, 32, 32), np.float32), np.array([7, 2])
    model = ConvNetJS()
    optimizer = Adam(model.parameters(), lr=3e-3)
    for _ in range(40):
        optimizer.zero_grad()
        model.loss(minicv.tensor(images), minicv.tensor(labels)).backward()
        optimizer.step()
    assert model.predict(images).tolist() == [7, 2] and not model.training
    assert model.loss(minicv.tensor(images), minicv.tensor(labels)).item() < 0.01
