"""Schedules: the learning rate after each step."""

import math

import numpy as np
import pytest

import minicv
from minicv import optim
from minicv.optim import lr_scheduler


def optimizer(*lrs):
    return optim.SGD([{"params": minicv.ones(1, requires_grad=True), "lr": lr} for lr in lrs])


def rates(schedule, steps, *metrics):
    """The rates of the first group at the start and after each step."""
    seen = [schedule.get_last_lr()[0]]
    for step in range(steps):
        schedule.step(*(m[step] for m in metrics))
        seen.append(schedule.get_last_lr()[0])
    return seen


def test_step_lr():
    schedule = lr_scheduler.StepLR(optimizer(1.0, 8.0), step_size=2, gamma=0.5)
    assert rates(schedule, 5) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert schedule.get_last_lr() == [0.25, 2.0] and schedule.last_epoch == 5


def test_multi_step_lr():
    schedule = lr_scheduler.MultiStepLR(optimizer(1.0), milestones=[5, 2, 2], gamma=0.5)
    assert rates(schedule, 6) == [1, 1, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_cosine_annealing_lr_goes_down_and_up_again():
    schedule = lr_scheduler.CosineAnnealingLR(optimizer(1.0), T_max=4, eta_min=0.5)
    wave = [0.5 + 0.25 * (1 + math.cos(math.pi * t / 4)) for t in range(9)]
    np.testing.assert_allclose(rates(schedule, 8), wave)
    np.testing.assert_allclose([wave[0], wave[2], wave[4], wave[8]], [1, 0.75, 0.5, 1])


def test_exponential_lr():
    assert rates(lr_scheduler.ExponentialLR(optimizer(1.0), 0.5), 3) == [1, 0.5, 0.25, 0.125]


def test_linear_lr_warms_up_and_stays():
    schedule = lr_scheduler.LinearLR(optimizer(2.0, 8.0), start_factor=0.25, total_iters=3)
    assert rates(schedule, 5) == [0.5, 1, 1.5, 2, 2, 2]
    assert schedule.get_last_lr() == [2.0, 8.0]


def test_polynomial_lr():
    assert rates(lr_scheduler.PolynomialLR(optimizer(1.0), 4, power=2), 5) == [1, 9 / 16, 1 / 4, 1 / 16, 0, 0]


def sequence(o):
    parts = lr_scheduler.LinearLR(o, 0.5, total_iters=2), lr_scheduler.StepLR(o, 2, gamma=0.5)
    return lr_scheduler.SequentialLR(o, parts, milestones=[2])


def test_one_schedule_after_the_other():
    assert rates(sequence(optimizer(1.0)), 7) == [0.5, 0.75, 1, 1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    "options, metrics, expected",
    [
        ({"patience": 1}, [3, 2, 2, 2, 2, 2], [1, 1, 1, 1, 0.5, 0.5, 0.25]),
        ({"patience": 0, "cooldown": 2}, [1, 1, 1, 1, 1], [1, 1, 0.5, 0.5, 0.5, 0.25]),
        ({"patience": 0, "min_lr": 0.4}, [1, 1, 1], [1, 1, 0.5, 0.4]),
        ({"patience": 0, "eps": 0.3}, [1, 1, 1], [1, 1, 0.5, 0.5]),
        ({"patience": 0, "mode": "max"}, [1, 2, 1], [1, 1, 1, 0.5]),
        ({"patience": 0, "threshold": 0.5}, [8, 5, 3], [1, 1, 0.5, 0.5]),  # 5 is not below 8 - 4, 3 is
        ({"patience": 0, "threshold": 0.5, "threshold_mode": "abs"}, [8, 7.6, 7.4], [1, 1, 0.5, 0.5]),
        ({"patience": 0, "mode": "max", "threshold": 0.5}, [2, 2.9, 3.1], [1, 1, 0.5, 0.5]),
        ({"patience": 0}, [math.nan, 1, math.inf], [1, 0.5, 0.5, 0.25]),
    ],
)
def test_reduce_lr_on_plateau(options, metrics, expected):
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(1.0), factor=0.5, **options)
    assert rates(schedule, len(metrics), metrics) == expected


def test_plateau_takes_tensors_and_a_bound_for_each_group():
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(1.0, 1.0), patience=0, min_lr=[0.5, 0.05])
    for _ in range(3):
        schedule.step(minicv.tensor(2.0))
    assert schedule.get_last_lr() == [0.5, 0.05] and schedule.best == 2


SCHEDULES = [
    lambda o: lr_scheduler.StepLR(o, 2),
    lambda o: lr_scheduler.MultiStepLR(o, [1, 4]),
    lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
    lambda o: lr_scheduler.LinearLR(o, total_iters=5),
    sequence,
    lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
]


@pytest.mark.parametrize("build", SCHEDULES)
def test_a_schedule_goes_on_where_it_was_saved(build):
    def advance(schedule, steps):
        for _ in range(steps):
            schedule.step(*([1.0] if isinstance(schedule, lr_scheduler.ReduceLROnPlateau) else []))
        return schedule.get_last_lr()

    first, second = optimizer(1.0), optimizer(1.0)
    schedule = build(first)
    advance(schedule, 3)
    saved = first.state_dict(), schedule.state_dict()
    assert "optimizer" not in saved[1]
    again = build(second)
    second.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    assert again.get_last_lr() == schedule.get_last_lr()
    for _ in range(5):
        assert advance(again, 1) == advance(schedule, 1)


def test_a_schedule_made_for_a_loaded_optimiser_knows_where_that_started():
    first, second = optimizer(1.0), optimizer(1.0)
    schedule = lr_scheduler.StepLR(first, 1, gamma=0.5)
    schedule.step()
    second.load_state_dict(first.state_dict())
    assert lr_scheduler.StepLR(second, 1, gamma=0.5).base_lrs == [1.0]


@pytest.mark.parametrize(
    "build, error, message",
    [
        (
            lambda: lr_scheduler.StepLR(optimizer(1.0), 0),
            ValueError,
            "StepLR: step_size must be at least 1; got 0",
        ),
        (
            lambda: lr_scheduler.CosineAnnealingLR(optimizer(1.0), 0),
            ValueError,
            "T_max must be at least 1; got 0",
        ),
        (lambda: lr_scheduler.StepLR(0.1, 5), TypeError, "StepLR: optimizer must be an Optimizer; got float"),
        (
            lambda: lr_scheduler.LinearLR(optimizer(1.0), 0),
            ValueError,
            "start_factor and end_factor must be factors up to 1, the first above 0; got 0 and 1.0",
        ),
        (
            lambda: lr_scheduler.PolynomialLR(optimizer(1.0), 0),
            ValueError,
            "PolynomialLR: total_iters must be at least 1; got 0",
        ),
        (
            lambda: lr_scheduler.SequentialLR(optimizer(1.0), [sequence(optimizer(1.0))], []),
            ValueError,
            "schedulers must be schedules of this optimiser that need no .* got SequentialLR",
        ),
        (
            lambda: (
                (o := optimizer(1.0))
                and lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 1) for _ in range(3)], [4, 2])
            ),
            ValueError,
            r"milestones must be 2 rising numbers of steps.*; got \[4, 2\]",
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(optimizer(1.0), "best"),
            ValueError,
            'mode must be "min" or "max"; got \'best\'',
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(optimizer(1.0), threshold_mode="x"),
            ValueError,
            "threshold_mode must be",
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(optimizer(1.0), factor=1),
            ValueError,
            "factor must be .* got 1",
        ),
        (
            lambda: lr_scheduler.ReduceLROnPlateau(optimizer(1.0), min_lr=[0, 0]),
            ValueError,
            "min_lr must be a number or 1 numbers",
        ),
        (
            lambda: lr_scheduler.LRScheduler(optimizer(1.0)),
            NotImplementedError,
            "LRScheduler: lr is not written yet",
        ),
    ],
)
def test_bad_input(build, error, message):
    with pytest.raises(error, match=message):
        build()
