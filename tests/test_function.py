"""Function: what a student's own op may do, and what it is told when it goes wrong."""

import numpy as np
import pytest

import minicv
from minicv import Function, GraphError, ShapeError, Tensor
from minicv.testing import gradcheck, gradgradcheck


class Scale(Function):
    def forward(self, x):
        self.save(x)
        return self.factor * x

    def backward(self, g):
        return self.factor * g


class SumAndProduct(Function):
    """Two inputs, two outputs."""

    def forward(self, a, b):
        self.save(a, b)
        return a + b, a * b

    def backward(self, s, p):
        a, b = self.saved
        return s + p * b, s + p * a


def leaf(*values):
    return minicv.tensor(values, dtype=np.float64, requires_grad=True)


def returning(value, inputs=1):
    """An op whose backward returns ``value``."""

    class Odd(Function):
        def forward(self, *xs):
            return xs[0] * 1

        def backward(self, g):
            return value(g) if callable(value) else value

    return Odd()(*(leaf(1.0, 2.0) for _ in range(inputs)))


def test_several_inputs_and_outputs_with_their_derivatives():
    def both(a, b):
        return SumAndProduct()(a, b)

    inputs = [np.array([1.0, 2.0]), np.array([3.0, -1.0])]
    assert gradcheck(both, inputs) and gradgradcheck(both, inputs)
    s, p = both(*inputs)
    assert s.tolist() == [4, 1] and p.tolist() == [3, -2]


def test_everything_can_be_held():
    x = leaf(1.0, 2.0)
    y = Scale(factor=3.0)(x)
    op = y.creator
    assert op.inputs == (x,) and op.outputs == (y,) and op.saved[0].tolist() == [1, 2]
    assert op.needs_input_grad == (True,) and repr(op) == "Scale(factor=3.0)" and op.name == "Scale"
    assert repr(op.edges[0]) == "Edge(leaf, shape=(2,), dtype=float64)"
    assert repr((y * 2).creator.edges[0]) == "Edge(Scale, shape=(2,), dtype=float64)"
    del y
    assert op.outputs == (None,)


def test_long_and_array_parameters_are_left_out_of_the_repr():
    assert repr(Scale(factor=np.ones(3), axes=(0, 1), note="x" * 50)) == "Scale(axes=(0, 1))"


def test_saved_arrays_come_back_connected_to_where_they_came_from():
    class Save(Function):
        def forward(self, leaf, middle, constant):
            out = leaf + middle
            self.save(constant, out, middle, leaf, leaf * 7)
            return out

        def backward(self, g):
            return g, g, None

    x, c = leaf(2.0), minicv.tensor([5.0], dtype=np.float64)
    middle = x * 3
    y = Save()(x, middle, c)
    constant, out, saved_middle, saved_leaf, private = y.creator.saved
    assert [t.item() for t in (constant, out, saved_middle, saved_leaf, private)] == [5, 8, 6, 2, 14]
    assert saved_leaf is x
    assert saved_middle.creator is middle.creator and out.creator is y.creator
    assert not constant.requires_grad and not private.requires_grad
    with minicv.no_grad():
        assert not any(t.requires_grad for t in y.creator.saved)


def test_two_tensors_of_one_array_are_told_apart():
    x = leaf(2.0)
    y = SumAndProduct()(x, x.detach())[1]
    a, b = y.creator.saved
    assert a is x and not b.requires_grad


def test_an_input_that_is_given_twice_gets_both_gradients():
    x = leaf(2.0)
    s, p = SumAndProduct()(x, x)
    (s + p).backward()
    assert x.grad.tolist() == [2 + 2 * 2]


def test_integer_outputs_are_saved_without_a_gradient():
    class Winner(Function):
        def forward(self, x):
            index = x.argmax(keepdims=True)
            self.save(index)
            return x[index], index

        def backward(self, g, _):
            (index,) = self.saved
            assert not index.requires_grad
            return minicv.where(np.arange(3) == index.numpy(), g, 0.0)

    assert gradcheck(lambda x: Winner()(x), np.array([1.0, 3.0, 2.0]))
    assert gradgradcheck(lambda x: Winner()(x), np.array([1.0, 3.0, 2.0]))


def test_nothing_is_recorded_where_no_gradient_is_wanted():
    class Never(Scale):
        def save(self, *arrays):
            self.kept = arrays

    y = Scale(factor=2.0)(minicv.ones(2))
    assert y.creator is None and not y.requires_grad
    with minicv.no_grad():
        y = Scale(factor=2.0)(leaf(1.0))
    assert y.creator is None


def test_a_scalar_result_of_numpy_becomes_a_tensor():
    class Dot(Function):
        def forward(self, a, b):
            self.save(a, b)
            return a @ b  # a NumPy scalar

        def backward(self, g):
            a, b = self.saved
            return g * b, g * a

    assert Dot()(leaf(1.0, 2.0), leaf(3.0, 4.0)).shape == ()
    assert gradcheck(lambda a, b: Dot()(a, b), [np.ones(3), np.arange(3.0)])


def test_forward_gets_arrays_and_numbers_become_tensors():
    class Look(Function):
        def forward(self, x, y):
            assert type(x) is np.ndarray and type(y) is np.ndarray
            return x + y

    assert Look()(np.ones(2), [1.0, 2.0]).tolist() == [2, 3]


# What a student is told


def test_an_op_is_called_once():
    op = Scale(factor=2.0)
    op(leaf(1.0))
    with pytest.raises(
        GraphError, match=r"Scale: an op is called once; make a new one .* Scale\(\.\.\.\)\(x\)"
    ):
        op(leaf(1.0))


def test_a_missing_forward_or_backward_is_named():
    class Forward(Function):
        def forward(self, x):
            return x * 2

    with pytest.raises(TypeError, match="Function: forward is not written yet"):
        Function()(leaf(1.0))
    with pytest.raises(TypeError, match="Forward: backward is not written"):
        Forward()(leaf(1.0)).backward()


@pytest.mark.parametrize(
    "value, inputs, error, words",
    [
        (lambda g: (g, g), 1, GraphError, "one gradient for each of its 1 inputs; got 2"),
        (lambda g: g, 2, GraphError, "one gradient for each of its 2 inputs; got 1"),
        (
            lambda g: g.numpy(),
            1,
            GraphError,
            "gradient 0 must be a Tensor; got ndarray. Backward computes with Tensors",
        ),
        (lambda g: (g, 1.0), 2, GraphError, "gradient 1 must be a Tensor; got float"),
        (
            lambda g: g.sum(),
            1,
            ShapeError,
            r"must have the shape \(2,\) and dtype float64 of input 0; got \(\)",
        ),
        (lambda g: g.float(), 1, ShapeError, r"got \(2,\) and float32"),
    ],
)
def test_a_backward_that_returns_the_wrong_thing_is_told_so(value, inputs, error, words):
    with pytest.raises(error, match=f"Odd.backward: .*{words}"):
        returning(value, inputs).sum().backward()


def test_none_is_no_gradient():
    class First(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, g):
            return g, None

    a, b = leaf(1.0), leaf(2.0)
    First()(a, b).backward()
    assert a.grad.tolist() == [1] and b.grad is None


def test_saved_is_gone_after_backward():
    y = Scale(factor=2.0)(leaf(1.0))
    op = y.creator
    y.backward()
    assert op.released
    with pytest.raises(GraphError, match="Scale: backward ran already, and what was saved for it was freed"):
        _ = op.saved


def test_an_error_in_backward_leaves_no_trace():
    class Fails(Scale):
        def backward(self, g):
            raise ZeroDivisionError

    x = leaf(1.0)
    y = Fails(factor=1.0)(x * x)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert x.grad is None and minicv.is_grad_enabled()
    assert isinstance(x * 2, Tensor) and (x * 2).requires_grad
