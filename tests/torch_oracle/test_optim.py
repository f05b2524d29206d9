"""Optimisers and schedules against PyTorch's, step for step."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicv
from minicv import optim
from minicv.optim import lr_scheduler
from tests.torch_oracle.oracle import torch

pytestmark = pytest.mark.torch

LR, DECAY, EPS = st.floats(1e-4, 0.5), st.sampled_from([0, 1e-4, 0.1]), st.sampled_from([1e-8, 1e-3])
BETAS = st.tuples(st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.9, 0.999]))
MOMENTUM = st.sampled_from([0, 0.5, 0.9])
ADAM = {"lr": LR, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "amsgrad": st.booleans()}
OPTIMIZERS = {
    "SGD": {
        "lr": LR,
        "momentum": MOMENTUM,
        "dampening": st.sampled_from([0, 0.3]),
        "weight_decay": DECAY,
        "nesterov": st.booleans(),
    },
    "Adam": ADAM,
    "AdamW": ADAM,
    "RMSprop": {
        "lr": LR,
        "alpha": st.sampled_from([0.5, 0.99]),
        "eps": EPS,
        "weight_decay": DECAY,
        "momentum": MOMENTUM,
        "centered": st.booleans(),
    },
}
SCHEDULES = {
    "StepLR": {"step_size": st.integers(1, 6), "gamma": st.floats(0.1, 1)},
    "MultiStepLR": {"milestones": st.lists(st.integers(1, 20), max_size=4), "gamma": st.floats(0.1, 1)},
    "ExponentialLR": {"gamma": st.floats(0.5, 1)},
    "LinearLR": {
        "start_factor": st.floats(0.1, 1),
        "end_factor": st.floats(0, 1),
        "total_iters": st.integers(1, 25),
    },
    "PolynomialLR": {"total_iters": st.integers(1, 25), "power": st.sampled_from([0.9, 1, 2])},
    "CosineAnnealingLR": {"T_max": st.integers(1, 25), "eta_min": st.floats(0, 0.01)},
}
PLATEAU = {
    "mode": st.sampled_from(["min", "max"]),
    "factor": st.floats(0.1, 0.9),
    "patience": st.integers(0, 3),
    "threshold": st.sampled_from([0, 1e-4, 0.3]),
    "threshold_mode": st.sampled_from(["rel", "abs"]),
    "cooldown": st.integers(0, 3),
    "min_lr": st.sampled_from([0, 0.05]),
    "eps": st.sampled_from([1e-8, 0.01]),
}
LEFT_OUT = {
    "foreach",
    "maximize",
    "capturable",
    "differentiable",
    "fused",
    "decoupled_weight_decay",
    "last_epoch",
}


@pytest.mark.parametrize("name", [*OPTIMIZERS, *SCHEDULES, "SequentialLR", "ReduceLROnPlateau"])
def test_arguments_and_defaults_are_pytorchs(name):
    def arguments(package):
        function = getattr(package, name, None) or getattr(package.lr_scheduler, name)
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.default) for p in parameters if p.name not in LEFT_OUT]

    assert arguments(optim) == arguments(torch.optim)


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data())
def test_optimisers_agree_over_20_steps(name, data):
    kwargs = data.draw(st.fixed_dictionaries(OPTIMIZERS[name]))
    assume(not kwargs.get("nesterov") or (kwargs["momentum"] and not kwargs["dampening"]))
    second_lr = data.draw(LR)
    schedule = data.draw(st.sampled_from([None, *SCHEDULES]))
    schedule_kwargs = data.draw(st.fixed_dictionaries(SCHEDULES[schedule])) if schedule else {}
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    start = [rng.standard_normal(shape) for shape in ((3, 2), ())]

    xs = [minicv.tensor(a, requires_grad=True) for a in start]
    us = [torch.tensor(a, requires_grad=True) for a in start]
    ours = getattr(optim, name)([{"params": xs[:1]}, {"params": xs[1:], "lr": second_lr}], **kwargs)
    theirs = getattr(torch.optim, name)([{"params": us[:1]}, {"params": us[1:], "lr": second_lr}], **kwargs)
    if schedule:
        our_schedule = getattr(lr_scheduler, schedule)(ours, **schedule_kwargs)
        their_schedule = getattr(torch.optim.lr_scheduler, schedule)(theirs, **schedule_kwargs)
    for _ in range(20):
        for x, u in zip(xs, us):
            gradient = rng.standard_normal(x.shape) * np.exp(rng.standard_normal())
            x.grad, u.grad = minicv.tensor(gradient), torch.tensor(gradient)
        ours.step(), theirs.step()
        for x, u in zip(xs, us):
            np.testing.assert_allclose(x.numpy(), u.detach().numpy(), rtol=1e-10, atol=1e-10)
        if schedule:
            our_schedule.step(), their_schedule.step()
            rates = our_schedule.get_last_lr(), their_schedule.get_last_lr()
            np.testing.assert_allclose(*rates, rtol=1e-10, atol=1e-12)


@given(data=st.data(), milestones=st.lists(st.integers(1, 15), max_size=2).map(sorted))
def test_schedules_in_sequence_agree(data, milestones):
    names = [data.draw(st.sampled_from(list(SCHEDULES))) for _ in range(len(milestones) + 1)]
    kwargs = [data.draw(st.fixed_dictionaries(SCHEDULES[name])) for name in names]

    def rates(package, x):
        optimizer, schedules = package.optim.SGD([x], lr=0.5), package.optim.lr_scheduler
        parts = [getattr(schedules, name)(optimizer, **k) for name, k in zip(names, kwargs)]
        schedule, seen = schedules.SequentialLR(optimizer, parts, milestones), []
        for _ in range(20):
            seen += schedule.get_last_lr()
            optimizer.step(), schedule.step()
        return seen

    ours = rates(minicv, minicv.ones(1, requires_grad=True))
    theirs = rates(torch, torch.ones(1, requires_grad=True))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@given(kwargs=st.fixed_dictionaries(PLATEAU), metrics=st.lists(st.floats(0, 2), min_size=20, max_size=20))
def test_plateau_agrees(kwargs, metrics):
    ours = optim.SGD([minicv.ones(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0)
    our_schedule = lr_scheduler.ReduceLROnPlateau(ours, **kwargs)
    their_schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **kwargs)
    for value in metrics:
        our_schedule.step(value), their_schedule.step(value)
        np.testing.assert_allclose(our_schedule.get_last_lr(), theirs.param_groups[0]["lr"], rtol=1e-10)


def test_a_state_of_pytorchs_can_be_loaded():
    start = np.arange(6.0).reshape(3, 2)
    u = torch.tensor(start, requires_grad=True)
    theirs = torch.optim.SGD([u], lr=0.1, momentum=0.9)
    (u * u).sum().backward()
    theirs.step()
    state = theirs.state_dict()
    state["state"] = {n: {k: v.numpy() for k, v in memory.items()} for n, memory in state["state"].items()}
    x = minicv.tensor(u.detach().numpy(), requires_grad=True)
    ours = optim.SGD([x], momentum=0.9)
    ours.load_state_dict(state)
    u.grad = None
    (u * u).sum().backward(), (x * x).sum().backward()
    theirs.step(), ours.step()
    np.testing.assert_allclose(x.numpy(), u.detach().numpy(), rtol=1e-12)
