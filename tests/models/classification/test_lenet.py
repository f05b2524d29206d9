"""LeNet-5: the shapes and the 61,706 parameters of every lecture, and that it learns."""

import doctest
import sys

import numpy as np
import pytest

import minicv
from minicv.data import digits
from minicv.hooks import Shapes
from minicv.models.classification import LeNet5
from minicv.optim import Adam


@pytest.fixture(autouse=True)
def seed():
    minicv.manual_seed(0)


def test_shapes_on_the_way_through():
    with Shapes() as shapes:
        LeNet5()(minicv.zeros(1, 1, 32, 32))
    shown = [(op.partition("(")[0], after[0][1:]) for op, _, after in shapes.records]
    assert [shape for op, shape in shown if op in ("Conv2d", "MaxPool2d", "Linear")] == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120,),
        (84,),
        (10,),
    ]
    assert ("Reshape", (16 * 5 * 5,)) in shown


def test_number_of_parameters():
    sizes = {name: sum(p.size for p in child.parameters()) for name, child in LeNet5().named_children()}
    assert sizes == {"c1": 156, "c3": 2416, "c5": 48_120, "f6": 10_164, "output": 850}
    assert sum(sizes.values()) == 61_706
    assert sum(p.size for p in LeNet5(num_classes=26).parameters()) == 61_706 + 16 * 85


def test_names_of_the_weights_are_stable():
    layers = ("c1", "c3", "c5", "f6", "output")
    assert list(LeNet5().state_dict()) == [
        f"{layer}.{name}" for layer in layers for name in ("weight", "bias")
    ]


def test_the_gradient_of_every_parameter(slope_error):
    model, rng = LeNet5(), np.random.default_rng(1)
    images, labels = minicv.tensor(rng.random((2, 1, 32, 32))), minicv.tensor(np.array([3, 8]))
    assert slope_error(model, lambda: model.loss(images, labels)) < 1e-6


def test_the_loss_of_a_network_that_knows_nothing():
    model = LeNet5()
    with minicv.no_grad():
        for p in model.output.parameters():
            p[...] = 0.0
    loss = model.loss(minicv.ones(4, 1, 32, 32), minicv.tensor(np.arange(4)))
    assert loss.item() == pytest.approx(np.log(10))


def test_twenty_digits_are_learnt_by_heart():
    images, labels = (part[:20] for part in digits("train", 32))
    model = LeNet5()
    optimizer = Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(minicv.tensor(images), minicv.tensor(labels)).backward()
        optimizer.step()
    assert np.array_equal(model.predict(images), labels)
    assert model.loss(minicv.tensor(images), minicv.tensor(labels)).item() < 0.05


def test_predict_evaluates_and_returns_labels():
    model, images = LeNet5(), digits("test", 32)[0][:7]
    labels = model.predict(images)
    assert labels.shape == (7,) and labels.dtype == np.int64 and not model.training
    assert np.array_equal(labels, model(minicv.tensor(images)).numpy().argmax(1))


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 1, 28, 28)])
def test_images_of_another_kind_are_refused(shape):
    with pytest.raises(minicv.ShapeError, match=r"^(conv2d|linear): "):
        LeNet5()(minicv.zeros(*shape))


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.models.classification.lenet"])
    assert result.attempted >= 2 and result.failed == 0
