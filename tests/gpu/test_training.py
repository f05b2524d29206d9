"""Whole training steps on the device "cuda": what the CPU learns, with nothing but the loss read back."""

import numpy as np
import pytest

import minicv
from minicv import nn, optim
from minicv.data import Sample, collate
from minicv.models.classification import LeNet5
from minicv.models.segmentation import SmallFCN
from minicv.tasks import MODELS as MODELS_BY_NAME
from tests.gpu import stand_in

OPTIMISERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=1e-2, weight_decay=1e-3),
    "RMSprop": lambda p: optim.RMSprop(p, lr=1e-2, momentum=0.5, centered=True),
}
MODELS = {
    "LeNet5": (LeNet5, (2, 1, 32, 32), (2,)),
    "SmallFCN": (SmallFCN, (2, 3, 8, 8), (2, 8, 8)),
}


def trained(make, device, optimiser, batch, steps=2):
    """A model after some steps of training, its optimiser, and the losses on the way."""
    minicv.manual_seed(0)
    model = make(num_classes=4).to(device).double()
    images, labels = (minicv.tensor(array, device=device) for array in batch)
    optimizer, losses = optimiser(model.parameters()), []
    for _ in range(steps):
        stand_in.traffic.clear()
        loss = model.loss(images, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        crossed = list(stand_in.traffic)
        losses.append(loss.item())
    return model, optimizer, losses, crossed


def batch_of(model):
    rng = np.random.default_rng(0)
    return rng.random(MODELS[model][1]), rng.integers(0, 4, MODELS[model][2])


def assert_same_state(got, wanted):
    assert list(got) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-8, atol=1e-11, err_msg=name)


@pytest.mark.parametrize(
    ("model", "optimiser"),
    [("LeNet5", "SGD"), ("LeNet5", "Adam"), ("LeNet5", "RMSprop"), ("SmallFCN", "SGD")],
)
def test_a_step(model, optimiser, cuda):
    case = MODELS[model][0], OPTIMISERS[optimiser], batch_of(model)
    here, _, wanted, _ = trained(case[0], "cpu", *case[1:])
    there, _, got, crossed = trained(case[0], "cuda", *case[1:])
    assert {p.device for p in there.parameters()} == {"cuda"}
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    assert_same_state(there.state_dict(), here.state_dict())
    assert all(size == 1 for _, size in crossed), "arrays crossed in a step"
    assert len([way for way, _ in crossed if way == "down"]) <= 2  # the range of the labels


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_state_goes_to_and_fro(optimiser, cuda):
    """A model and its optimiser, saved on the GPU and loaded on the CPU, go on as those on the GPU do."""
    make, batch = LeNet5, batch_of("LeNet5")
    there, there_optimizer, _, _ = trained(make, "cuda", OPTIMISERS[optimiser], batch)
    here, here_optimizer, _, _ = trained(make, "cpu", OPTIMISERS[optimiser], batch, steps=1)
    here.load_state_dict(there.state_dict())
    here_optimizer.load_state_dict(there_optimizer.state_dict())
    for model, optimizer, device in [(there, there_optimizer, "cuda"), (here, here_optimizer, "cpu")]:
        images, labels = (minicv.tensor(array, device=device) for array in batch)
        optimizer.zero_grad()
        model.loss(images, labels).backward()
        optimizer.step()
    assert_same_state(there.state_dict(), here.state_dict())
    again = LeNet5(num_classes=4).double().to("cuda")
    again.load_state_dict(here.state_dict())
    assert {p.device for p in again.parameters()} == {"cuda"}
    assert_same_state(again.state_dict(), here.state_dict())


def test_prediction_takes_and_gives_numpy_arrays(cuda):
    images, _ = batch_of("LeNet5")
    model = LeNet5(num_classes=4)
    wanted = model.predict(images.astype(np.float32))
    got = model.to("cuda").predict(images.astype(np.float32))
    assert type(got) is np.ndarray and got.tolist() == wanted.tolist()


@pytest.mark.parametrize("name", ["lenet", "small_fcn"])
def test_tasks_learn_and_answer_there_as_here(name, cuda):
    """What `minicv train --device cuda` and `predict` do with a model."""
    recipe, rng = MODELS_BY_NAME[name], np.random.default_rng(0)
    images = [rng.integers(0, 256, (32, 40, 3), np.uint8) for _ in range(2)]
    square = [image[:, :32] for image in images]
    samples = [Sample(image, label=1, semantic=image[..., 0] % 3 // 2) for image in square]
    minicv.manual_seed(0)
    model = recipe.make(3)
    wanted = recipe.task.loss(model, collate(samples)).item(), recipe.task.answers(model, images, 32)
    model.train().to("cuda")
    got = recipe.task.loss(model, collate(samples)).item(), recipe.task.answers(model, images, 32)
    np.testing.assert_allclose(got[0], wanted[0], rtol=1e-5)
    for there, here in zip(got[1], wanted[1]):
        assert type(there) is np.ndarray and there.shape == here.shape
        assert np.isclose(there, here, atol=1e-5).mean() > 0.98  # of two labels that are as likely, either


def test_every_layer_moves(cuda):
    """Parameters and buffers, with their gradients; a module behaves there as here."""
    minicv.manual_seed(0)
    layers = [
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.PReLU(6), nn.MaxPool2d(2), nn.Dropout(0.0),
        nn.ConvTranspose2d(6, 4, 2, 2), nn.LocalResponseNorm(3), nn.ELU(), nn.AvgPool2d(2), nn.Upsample(scale_factor=2),
        nn.Sigmoid(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.LayerNorm(16), nn.Linear(16, 5), nn.BatchNorm1d(5),
        nn.Softmax(1),
    ]  # fmt: skip
    net = nn.Sequential(*layers).double()
    x = np.random.default_rng(0).random((4, 3, 8, 8))
    net(minicv.tensor(x)).sum().backward()
    wanted = {name: p.grad.numpy() for name, p in net.named_parameters()}
    net.to("cuda")
    assert {t.device for t in (*net.parameters(), *net.buffers())} == {"cuda"}
    assert {p.grad.device for p in net.parameters()} == {"cuda"}
    net.zero_grad()
    net(minicv.tensor(x, device="cuda")).sum().backward()
    assert_same_state({name: p.grad.numpy() for name, p in net.named_parameters()}, wanted)
    assert {t.device for t in net.to("cpu").buffers()} == {"cpu"}


@pytest.mark.parametrize(
    "init", ["uniform_", "normal_", "kaiming_normal_", "xavier_uniform_", "zeros_", "bilinear_"]
)
def test_initialisation(init, cuda):
    weight = minicv.full((6, 6, 4, 4), np.nan, device="cuda")
    getattr(nn.init, init)(weight)
    assert weight.device == "cuda" and np.isfinite(weight.numpy()).all()
