"""Tensor: what it is made of, what it shows, what it takes beside it."""

import copy
import operator

import numpy as np
import pytest
from hypothesis import given

import minicv
from minicv import DTypeError, GraphError, Tensor
from minicv.testing.strategies import arrays

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


# Making one


@pytest.mark.parametrize(
    "data, dtype",
    [
        (1.5, "float32"),
        ([1, 2], "int64"),
        ([1, 2.5], "float32"),
        ([True, False], "bool"),
        (np.float64(2), "float64"),
        (np.float16(2), "float16"),
        (np.zeros(2, np.uint8), "uint8"),
        (np.zeros(2), "float64"),
        ([np.float64(1), 2.0], "float32"),
        ((), "float32"),
    ],
)
def test_numbers_become_float32_and_arrays_keep_their_dtype(data, dtype):
    x = minicv.tensor(data)
    assert x.dtype == dtype and np.array_equal(x.numpy(), np.asarray(data))


@given(arrays(dtype=np.float32))
def test_tensor_copies_and_asks_for_a_dtype(array):
    x = minicv.tensor(array, dtype=np.float64, requires_grad=True)
    assert x.dtype == np.float64 and x.shape == array.shape and np.array_equal(x.numpy(), array)
    same = minicv.tensor(array)
    assert not np.shares_memory(same.data, array) and not np.shares_memory(
        minicv.tensor(same).data, same.data
    )
    assert np.shares_memory(Tensor(array).data, array) and minicv.as_tensor(same) is same


@pytest.mark.parametrize(
    "data", [[[1, 2], [3]], "text", ["a"], None, [object()], {1: 2}, 1j, [[1], ["a" * 100]]]
)
def test_what_is_no_array_of_numbers_is_refused(data):
    with pytest.raises(
        DTypeError, match=r"tensor: data must be numbers in a regular nested list.*; got .{2,60}\.$"
    ):
        minicv.tensor(data)
    with pytest.raises(DTypeError, match=r"must be real numbers or booleans; got an array of"):
        minicv.tensor(np.array(["a"]))


def test_refusals_say_what_to_write():
    with pytest.raises(DTypeError, match=r"must be a NumPy or CuPy array; got list. minicv.tensor"):
        Tensor([1.0])
    with pytest.raises(DTypeError, match=r"needs a floating-point array; got int64. .*tensor\(\[1., 2.\]\)"):
        minicv.tensor([1, 2], requires_grad=True)
    with pytest.raises(DTypeError, match="got bool"):
        minicv.tensor([True]).requires_grad_()
    with pytest.raises(GraphError, match="only a leaf can be changed"):
        (minicv.ones(1, requires_grad=True) * 2).requires_grad_(False)
    with pytest.raises(DTypeError, match="must be set to an array; got list"):
        minicv.ones(1).data = [1.0]


# Showing itself


@pytest.mark.parametrize(
    "x, text",
    [
        (minicv.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (minicv.tensor([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]])"),
        (minicv.tensor(True), "tensor(True)"),
        (minicv.tensor(np.zeros(1)), "tensor([0.], dtype=float64)"),
        (minicv.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (minicv.tensor([1.0], requires_grad=True) * 2, "tensor([2.], creator=Mul)"),
        (minicv.tensor([]), "tensor([])"),
    ],
)
def test_repr(x, text):
    assert repr(x) == text


def test_what_it_says_about_itself():
    x = minicv.zeros(2, 3, requires_grad=True)
    assert (x.shape, x.ndim, x.size, x.dtype, x.device) == ((2, 3), 2, 6, np.float32, "cpu")
    assert x.is_leaf and not (x * 2).is_leaf and len(x) == 2
    assert x.creator is None and (x * 2).creator.name == "Mul" and x.grad is None


def test_as_python_numbers():
    x = minicv.tensor([[2.5]])
    assert float(x) == x.item() == 2.5 and int(x) == 2 and bool(x) and x.tolist() == [[2.5]]
    assert [int(v) for v in minicv.tensor([3, 4])] == [3, 4]
    assert minicv.tensor(3).item() == 3 and isinstance(minicv.tensor(3).item(), int)
    assert minicv.tensor(3).tolist() == 3
    for ask in (float, int, Tensor.item):
        with pytest.raises(ValueError, match=r"must have one element; got shape \(2,\)"):
            ask(minicv.ones(2))
    with pytest.raises(ValueError, match="truth of a Tensor with 2 elements is ambiguous"):
        bool(minicv.ones(2))
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d Tensor"):
        len(minicv.tensor(1.0))
    with pytest.raises(TypeError, match="0-d Tensor cannot be iterated"):
        list(minicv.tensor(1.0))


def test_as_a_numpy_array():
    x = minicv.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    array = np.array(x)
    array[0] = 5
    assert type(array) is np.ndarray and x.tolist() == [1, 2]
    assert np.shares_memory(np.asarray(x), x.data) and np.asarray(x, dtype=np.float64).dtype == np.float64
    assert np.sqrt(np.asarray(y)).tolist() == [1, 2] and np.shares_memory(x.numpy(), x.data)


def test_iteration_and_unpacking_are_differentiable():
    x = minicv.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * 2 + second * 3).sum().backward()
    assert x.grad.tolist() == [[2, 2], [3, 3]]


def test_equality_is_by_value_and_keys_are_by_identity():
    x, y = minicv.tensor([1.0, 2.0]), minicv.tensor([1.0, 3.0])
    assert (x == y).tolist() == [True, False] and (x != y).tolist() == [False, True]
    assert {x: 1, y: 2}[x] == 1 and len({x, y, x}) == 2
    assert not (x == None) and (x != None)  # noqa: E711
    assert None not in (x, y)


# What stands beside it


@pytest.mark.parametrize("op", OPERATORS + COMPARISONS, ids=lambda op: op.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("other", [2, 2.5, np.float64(3), np.int64(2), True], ids=lambda v: type(v).__name__)
def test_numbers_take_the_dtype_of_the_tensor_on_both_sides(op, dtype, other):
    array = np.array([1.0, 2.5, 3.0], dtype)
    x = minicv.tensor(array)
    for result, expected in [
        (op(x, other), op(array, dtype(other))),
        (op(other, x), op(dtype(other), array)),
    ]:
        assert isinstance(result, Tensor) and result.dtype == expected.dtype
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("op", [*OPERATORS, operator.matmul, *COMPARISONS], ids=lambda op: op.__name__)
def test_arrays_beside_tensors_are_constants_on_both_sides(op):
    a, b = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[2.0, 1.0], [0.5, 1.0]])
    expected = op(a, b)
    for result in (op(minicv.tensor(a), b), op(a, minicv.tensor(b))):
        assert isinstance(result, Tensor)
        np.testing.assert_allclose(result.numpy(), expected)
    x = minicv.tensor(b, requires_grad=True)
    if op not in COMPARISONS:
        op(a, x).sum().backward()
        assert x.grad.shape == b.shape and np.abs(x.grad.numpy()).sum() > 0


@pytest.mark.parametrize(
    "op", [*OPERATORS, operator.matmul, operator.lt, operator.eq], ids=lambda op: op.__name__
)
def test_mixed_dtypes_are_refused(op):
    x = minicv.ones(2, 2)
    for other in (np.ones((2, 2)), minicv.ones(2, 2, dtype=np.float64), minicv.arange(2), np.arange(2)):
        for a, b in ((x, other), (other, x)):
            with pytest.raises(DTypeError, match=r"of one dtype; got .* float"):
                op(a, b)


def test_a_float_beside_integers_is_refused():
    with pytest.raises(DTypeError, match=r"an integer beside a tensor of int64; got 0.5"):
        minicv.arange(3) * 0.5
    assert (minicv.arange(3) * 2).tolist() == [0, 2, 4]


def test_augmented_assignment_makes_a_new_tensor():
    x = minicv.ones(2, requires_grad=True)
    y = x
    y += 1
    y *= 2
    assert y is not x and x.tolist() == [1, 1] and y.tolist() == [4, 4]
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


# Leaving the graph


def test_detach_shares_memory_and_leaves_the_graph():
    x = minicv.ones(2, requires_grad=True)
    y = x.detach()
    assert not y.requires_grad and y.creator is None and np.shares_memory(x.data, y.data)


def test_requires_grad_of_a_leaf_can_be_changed():
    x = minicv.ones(2)
    assert x.requires_grad_() is x and (x * 2).requires_grad
    assert not (x.requires_grad_(False) * 2).requires_grad


def test_setting_data_keeps_the_tensor():
    x = minicv.ones(2, requires_grad=True)
    x.data = np.array([5.0, 6.0], np.float32)
    (x * x).sum().backward()
    assert x.grad.tolist() == [10, 12] and x.is_leaf


def test_deepcopy_of_a_leaf_is_independent():
    x = minicv.ones(2, requires_grad=True)
    y = copy.deepcopy(x)
    y.data[0] = 5
    assert x.tolist() == [1, 1] and y.tolist() == [5, 1] and y.requires_grad
