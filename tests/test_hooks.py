"""Hooks: what they see of every op, and that nothing of them stays behind."""

import numpy as np
import pytest

import minicv
from minicv import Function, function, hooks
from minicv.hooks import FirstNaN, Hook, Shapes, Timer


@pytest.fixture
def x():
    return minicv.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


@pytest.fixture(autouse=True)
def no_hook_is_left():
    yield
    assert function.hooks == []


class Recorder(Hook):
    def __init__(self):
        self.events = []

    def before_forward(self, op, inputs):
        self.events.append(("before forward", op.name, [t.shape for t in inputs]))

    def after_forward(self, op, inputs, outputs):
        self.events.append(("after forward", op.name, [t.shape for t in outputs]))

    def before_backward(self, op, grads):
        self.events.append(("before backward", op.name, [t.shape for t in grads]))

    def after_backward(self, op, grads, results):
        self.events.append(("after backward", op.name, [None if t is None else t.shape for t in results]))


def test_a_hook_sees_every_op_forward_and_backward(x):
    with Recorder() as recorder:
        y = (x * minicv.ones(3)).exp()
        y.backward(minicv.ones(2, 3))
    assert recorder.events[:4] == [
        ("before forward", "Mul", [(2, 3), (3,)]),
        ("after forward", "Mul", [(2, 3)]),
        ("before forward", "Exp", [(2, 3)]),
        ("after forward", "Exp", [(2, 3)]),
    ]
    backward = [event for event in recorder.events if event[0].endswith("backward")]
    assert backward == [
        ("before backward", "Exp", [(2, 3)]),
        ("after backward", "Exp", [(2, 3)]),
        ("before backward", "Mul", [(2, 3)]),
        ("after backward", "Mul", [(2, 3), None]),
    ]


def test_the_ops_of_a_backward_pass_are_seen_between_its_events(x):
    with Recorder() as recorder:
        (x * x).sum().backward()
    names = [(what, name) for what, name, _ in recorder.events]
    inside = names[names.index(("before backward", "Mul")) + 1 : names.index(("after backward", "Mul"))]
    assert ("after forward", "Mul") in inside


def test_hooks_nest_and_are_removed_even_after_errors(x):
    with Recorder() as outer:
        with pytest.raises(ZeroDivisionError), Recorder() as inner:
            _ = x + 1
            raise ZeroDivisionError
        _ = x * 2
    _ = x - 1
    assert [name for _, name, _ in inner.events] == ["Add"] * 2
    assert [name for _, name, _ in outer.events] == ["Add"] * 2 + ["Mul"] * 2


def test_hooks_watch_without_a_graph_too(x):
    with Recorder() as recorder, minicv.no_grad():
        _ = x + 1
    assert len(recorder.events) == 2


def test_the_order_of_nested_hooks_is_that_of_brackets(x):
    order = []

    class Named(Hook):
        def __init__(self, name):
            self.name = name

        def before_forward(self, op, inputs):
            order.append(f"{self.name} in")

        def after_forward(self, op, inputs, outputs):
            order.append(f"{self.name} out")

    with Named("a"), Named("b"):
        _ = x + 1
    assert order == ["a in", "b in", "b out", "a out"]


# Timer


class Clock:
    """Stands still, but for what ops say that they take."""

    now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(hooks, "time", Clock())
    return hooks.time


class Slow(Function):
    def __init__(self, clock):
        self.clock = clock

    def forward(self, x):
        self.clock.now += 2
        return x * 1

    def backward(self, g):
        self.clock.now += 4
        return g * 1


def test_timer_counts_and_sums_by_name(x, clock):
    with Timer() as timer:
        for _ in range(3):
            Slow(clock)(x).sum().backward()
        _ = x * x
    assert timer.records["Slow", "forward"] == [3, 6]
    assert timer.records["Slow", "backward"] == [3, 12]
    assert timer.records["Mul", "forward"] == [1 + 3, 0]  # and three inside of Slow's backward
    lines = [line.split() for line in str(timer).splitlines()]
    assert lines[0] == ["op", "pass", "calls", "ms"]
    assert lines[1][:3] == ["Slow", "backward", "3"] and float(lines[1][3]) == 12_000
    assert lines[2][:3] == ["Slow", "forward", "3"] and float(lines[2][3]) == 6_000


def test_timer_goes_on_after_an_op_that_failed(x, clock):
    class Fails(Function):
        def forward(self, x):
            clock.now += 1
            raise ZeroDivisionError

    with Timer() as timer:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                Fails()(x)
        Slow(clock)(x)
    assert timer.records["Slow", "forward"] == [1, 2]
    assert ("Fails", "forward") not in timer.records


# Shapes


def test_shapes_lists_the_ops_in_order(x):
    with Shapes() as shapes:
        _ = (x @ minicv.ones(3, 4)).sum(axis=0)
    assert [(op, before, after) for op, before, after in shapes.records] == [
        ("MatMul()", [(2, 3), (3, 4)], [(2, 4)]),
        ("Sum(axes=(0,), keepdim=False)", [(2, 4)], [(4,)]),
    ]
    assert str(shapes).splitlines()[0].split() == ["MatMul()", "(2,3),", "(3,4)", "->", "(2,4)"]


# FirstNaN


def test_first_nan_names_the_op_and_the_place():
    x = minicv.tensor([[1.0, 4.0], [-1.0, 9.0]], requires_grad=True)
    with FirstNaN(), pytest.raises(FloatingPointError) as caught:
        (x * 2).sqrt().exp().sum()
    assert str(caught.value) == (
        "Sqrt() forward: result 0 of shape (2, 2) is nan at (1, 0), computed from finite inputs."
    )


def test_first_nan_looks_at_backward():
    x = minicv.tensor([4.0, 0.0], requires_grad=True)
    y = x.sqrt().sum()
    with FirstNaN(), np.errstate(divide="ignore"), pytest.raises(FloatingPointError) as caught:
        y.backward()
    assert "is inf at (1,), computed from finite inputs." in str(caught.value)


def test_first_nan_says_when_the_inputs_were_at_fault():
    x = minicv.tensor([1.0, np.inf])
    with (
        FirstNaN(),
        pytest.raises(FloatingPointError, match="computed from inputs that were not finite already"),
    ):
        _ = x * 2
    with FirstNaN():
        assert (minicv.arange(3) + 1).tolist() == [1, 2, 3] and (minicv.ones(2) > 0).tolist() == [True, True]
        assert x[:1].tolist() == [1]


def test_first_nan_of_a_single_number():
    with (
        FirstNaN(),
        np.errstate(divide="ignore"),
        pytest.raises(FloatingPointError, match=r"Log\(\) forward: .* is -inf at \(\)"),
    ):
        minicv.tensor(0.0).log()
