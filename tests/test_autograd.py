"""Backward: what it computes, what it refuses, how deep it goes, and what it frees."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import minicv
from minicv import Function, GraphError, ShapeError
from minicv.testing import live_tensors


def leaf(*values):
    return minicv.tensor(values, dtype=np.float64, requires_grad=True)


class Probe(Function):
    """The identity, calling ``seen(op)`` when its backward runs."""

    def forward(self, x):
        self.save(x)
        return x.copy()

    def backward(self, g):
        self.seen(self)
        return g


# Values


def test_a_tensor_that_is_used_twice_gets_both_gradients():
    x = leaf(3.0)
    y = x * x
    (y * x + y).sum().backward()
    assert x.grad.tolist() == [3 * 9 + 2 * 3]


def test_a_diamond_of_many_paths_is_walked_once_per_op():
    calls = []
    x = leaf(1.0)
    y = x
    for _ in range(40):  # 2^40 paths
        y = Probe(seen=calls.append)(y + y)
    y.backward()
    assert x.grad.item() == 2.0**40 and len(calls) == 40


def test_gradients_add_up_over_calls_until_they_are_forgotten():
    x = leaf(1.0, 2.0)
    for _ in range(2):
        (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]
    x.zero_grad()
    assert x.grad is None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_an_explicit_gradient_weights_the_outputs():
    x = leaf(1.0, 2.0)
    (x * x).backward(minicv.tensor([10.0, 1.0], dtype=np.float64))
    assert x.grad.tolist() == [20, 4]
    x.zero_grad()
    (x * x).backward(np.array([1.0, 0.0]))
    assert x.grad.tolist() == [2, 0]


def test_a_leaf_can_be_its_own_output():
    x = leaf(5.0)
    x.backward()
    assert x.grad.tolist() == [1]
    assert minicv.grad(x, x)[0].tolist() == [1]


def test_minicv_backward_takes_several_outputs():
    x = leaf(1.0, 2.0)
    minicv.backward([x.sum(), x * x], [None, np.array([1.0, 1.0])])
    assert x.grad.tolist() == [3, 5]


def test_every_leaf_owns_its_gradient():
    a, b, c = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
    cotangent = minicv.ones(2, dtype=np.float64)
    (a + b + c).backward(cotangent)
    for x in (a, b):
        x.grad.mutate()[...] *= 2
    assert a.grad.tolist() == [2, 2] and b.grad.tolist() == [2, 2] and c.grad.tolist() == [1, 1]
    assert cotangent.tolist() == [1, 1]
    d = leaf(1.0, 2.0)
    d.sum().backward()  # a broadcast number in the walk, memory of its own in the leaf
    d.grad.mutate()[0] = 7
    assert d.grad.tolist() == [7, 1]


def test_constants_get_no_gradient():
    x, c = leaf(1.0), minicv.tensor([2.0], dtype=np.float64)
    (x * c).backward()
    assert c.grad is None and x.grad.tolist() == [2]


def test_unused_outputs_of_an_op_get_zeros():
    class Both(Function):
        def forward(self, x):
            return x * 2, x * 3, np.array([1])

        def backward(self, twice, thrice, integers):
            assert integers is None
            return 2 * twice + 3 * thrice

    x = leaf(1.0)
    _, thrice, integers = Both()(x)
    assert not integers.requires_grad and integers.creator is None
    thrice.backward()
    assert x.grad.tolist() == [3]


def test_the_middle_of_a_graph_has_gradients_on_request():
    x = leaf(2.0)
    y = x * x
    z = y * 3
    y.retain_grad()
    z.backward()
    assert y.grad.tolist() == [3] and z.grad is None
    with pytest.raises(GraphError, match="retain_grad"):
        minicv.ones(2).retain_grad()


# grad()


def test_grad_returns_and_leaves_the_leaves_alone():
    x, w = leaf(2.0), leaf(5.0)
    y = x * w
    y.retain_grad()
    gx, gy = minicv.grad((y * y).sum(), [x, y])
    assert gx.tolist() == [2 * 10 * 5] and gy.tolist() == [20]
    assert x.grad is w.grad is y.grad is None


def test_grad_of_several_outputs_with_cotangents():
    x = leaf(1.0, 2.0)
    (g,) = minicv.grad([x * 2, x * x], x, [np.array([1.0, 0.0]), np.array([0.0, 1.0])])
    assert g.tolist() == [2, 4]
    with pytest.raises(GraphError, match="one gradient for each of the 2 outputs; got 1"):
        minicv.grad([x * 2, x * x], x, [np.array([1.0, 0.0])])


def test_grad_of_an_unused_input_is_refused_or_none():
    x, z = leaf(1.0), leaf(1.0)
    with pytest.raises(GraphError, match=r"do not depend on inputs\[1\].*allow_unused=True"):
        minicv.grad(x * 2, [x, z])
    g, nothing = minicv.grad(x * 2, [x, z], allow_unused=True)
    assert g.tolist() == [2] and nothing is None


def test_derivatives_of_every_order():
    x = leaf(2.0)
    y = x**5
    values = []
    for _ in range(5):
        (y,) = minicv.grad(y, x, create_graph=True)
        values.append(y.item())
    assert values == pytest.approx([80, 160, 240, 240, 120])


def test_create_graph_fills_in_gradients_that_can_be_differentiated():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    assert first.item() == 27 and first.requires_grad
    x.zero_grad()
    first.backward()
    assert x.grad.item() == 18
    x.grad = None


def test_a_detached_copy_is_a_constant_in_second_derivatives():
    x = leaf(3.0)
    (first,) = minicv.grad(x * x.detach(), x, create_graph=True)
    assert first.item() == 3 and not first.requires_grad
    (first,) = minicv.grad(x * x, x, create_graph=True)
    assert minicv.grad(first, x)[0].item() == 2


# Refusals


def test_backward_twice_is_refused_unless_the_graph_is_retained():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8]
    with pytest.raises(GraphError, match=r"already used .at Sum.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [8]


def test_a_shared_part_that_was_freed_is_noticed():
    x = leaf(2.0)
    shared = x.exp()
    (shared * 2).backward()
    with pytest.raises(GraphError, match="at Exp"):
        (shared * 3).backward()


def test_backward_needs_a_scalar_or_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"must be a scalar; got shape \(2,\).*\.sum\(\) or \.mean\(\)"):
        (x * x).backward()


@pytest.mark.parametrize("gradient", [np.ones(3), np.ones((2, 1)), np.ones(2, np.float32)])
def test_the_gradient_must_fit_the_tensor(gradient):
    with pytest.raises(ShapeError, match=r"shape \(2,\) and dtype float64; got shape"):
        (leaf(1.0, 2.0) * 2).backward(gradient)


def test_nothing_to_differentiate_is_said():
    message = "does not depend on anything that requires a gradient"
    x = leaf(1.0)
    with minicv.no_grad():
        y = x * x
    for tensor in (minicv.ones(1), y, x.detach(), (x > 0).double()):
        with pytest.raises(GraphError, match=message):
            tensor.sum().backward()


# Depth and memory


def test_a_chain_of_many_ops_runs_backward_and_is_freed():
    depth = 20_000
    x = leaf(1.0)
    y = x
    for _ in range(depth):
        y = y + x
    before = sys.getrecursionlimit()
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [depth + 1]
    gone = weakref.ref(y.creator)
    del y
    assert gone() is None and sys.getrecursionlimit() == before


def test_a_deep_second_derivative():
    x = leaf(1.0)
    y = x
    for _ in range(1500):
        y = y * x
    (first,) = minicv.grad(y, x, create_graph=True)
    (second,) = minicv.grad(first, x)
    assert first.item() == 1501 and second.item() == 1501 * 1500


def test_intermediates_are_freed_during_backward():
    x = leaf(*range(5))
    arrays, alive = [], []

    def seen(op):
        alive.append([ref() is not None for ref in arrays])

    y = x
    for _ in range(4):
        middle = y * 2
        arrays.append(weakref.ref(middle._array))
        y = Probe(seen=seen)(middle)
    loss = y.sum()
    del y, middle
    loss.backward()
    assert len(alive) == 4
    for done, flags in enumerate(alive):
        # The probes behind have given back what they saved; those ahead still hold it.
        assert flags == [True] * (4 - done) + [False] * done
    assert not any(ref() is not None for ref in arrays)


def test_an_output_that_nobody_holds_is_not_kept():
    class Half(Function):
        def forward(self, x):
            return x / 2

        def backward(self, g):
            return g / 2.0

    x = leaf(1.0)
    y = Half()(x)
    array, op = weakref.ref(y._array), y.creator
    z = y + 1.0
    assert op.outputs == (y,)
    del y
    assert array() is None and op.outputs == (None,) and z.creator.inputs[0] is None


def test_a_training_step_leaves_nothing_behind_without_the_collector():
    w = minicv.tensor(np.ones((3, 2)), requires_grad=True)

    def step():
        x = minicv.tensor(np.ones((4, 3)))
        loss = (((x @ w).exp() - 1.0) ** 2.0).mean()
        loss.backward()
        (second,) = minicv.grad((w * w * w).sum(), w, create_graph=True)
        minicv.grad(second.sum(), w)
        with minicv.no_grad():
            w[...] = w.numpy() - 0.01 * w.grad.numpy()
        w.zero_grad()

    gc.collect()
    gc.disable()
    try:
        step()
        before = live_tensors(), len(gc.get_objects())
        for _ in range(5):
            step()
        assert live_tensors() == before[0]
        assert len(gc.get_objects()) <= before[1] + 5
    finally:
        gc.enable()


def test_a_graph_that_is_dropped_is_freed_by_counting_alone():
    gc.disable()
    try:
        x = leaf(1.0)
        y = (x * x).exp().sum()
        op = weakref.ref(y.creator)
        del y
        assert op() is None
    finally:
        gc.enable()


# Modes and threads


def test_no_grad_records_nothing_and_is_undone_by_errors():
    x = leaf(1.0)
    with pytest.raises(KeyError), minicv.no_grad():
        assert not minicv.is_grad_enabled() and (x * x).creator is None
        with minicv.enable_grad():
            assert (x * x).requires_grad
        raise KeyError
    assert minicv.is_grad_enabled() and (x * x).requires_grad


def test_no_grad_decorates():
    @minicv.no_grad()
    def square(x, depth):
        """Square."""
        inner = square(x, depth - 1) if depth else x
        assert not minicv.is_grad_enabled()
        return inner * inner

    assert not square(leaf(2.0), 3).requires_grad and minicv.is_grad_enabled()
    assert square.__name__ == "square" and square.__doc__ == "Square."


def test_every_thread_has_its_own_mode():
    entered, leave, modes = threading.Barrier(2), threading.Barrier(2), {}

    def evaluate():
        modes["start"] = minicv.is_grad_enabled()
        with minicv.no_grad():
            entered.wait(60)
            leave.wait(60)
            modes["inside"] = minicv.is_grad_enabled()

    thread = threading.Thread(target=evaluate)
    thread.start()
    entered.wait(60)
    modes["meanwhile"] = minicv.is_grad_enabled()
    leave.wait(60)
    thread.join()
    assert modes == {"start": True, "inside": False, "meanwhile": True}


def test_threads_differentiate_over_shared_parameters():
    w = minicv.tensor(np.arange(1.0, 4.0), requires_grad=True)
    results = {}

    def work(number):
        for _ in range(50):
            x = minicv.tensor(np.full(3, float(number)))
            (g,) = minicv.grad((w * x * w).sum(), w)
        results[number] = g.tolist()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [2.0 * n, 4.0 * n, 6.0 * n] for n in range(4)}
    w.data[0] = 5  # no lock is left
    assert w.tolist() == [5, 2, 3]
