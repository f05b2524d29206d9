"""Elementwise ops: values against NumPy, derivatives against differences, and the conventions at kinks."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import DTypeError, ShapeError, Tensor
from minicv.testing import distinct_values, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, broadcastable_shapes, shapes


def anything(x):
    return x


def positive(x):
    return np.abs(x) + 0.5


def distant(x):
    """Away from 0."""
    return np.sign(x) * (np.abs(x) + 0.5)


# (op, the same in NumPy, what to make of a drawn array so that it lies in the domain)
UNARY = {
    "neg": (lambda x: -x, np.negative, anything),
    "exp": (minicv.exp, np.exp, anything),
    "log": (minicv.log, np.log, positive),
    "sqrt": (minicv.sqrt, np.sqrt, positive),
    "abs": (abs, np.abs, anything),
    "square": (lambda x: x**2, np.square, anything),
    "cube": (lambda x: x.pow(3), lambda x: x**3, anything),
    "fractional power": (lambda x: x**-1.5, lambda x: x**-1.5, positive),
    "exponential": (lambda x: 2.0**x, lambda x: 2.0**x, anything),
    "reciprocal": (lambda x: 1 / x, np.reciprocal, distant),
    "clip": (lambda x: x.clip(-0.2, 0.3), lambda x: np.clip(x, -0.2, 0.3), anything),
    "clip below": (lambda x: minicv.clip(x, min=0.1), lambda x: np.maximum(x, 0.1), anything),
    "clip above": (lambda x: x.clamp(max=0.1), lambda x: np.minimum(x, 0.1), anything),
    "maximum with a number": (lambda x: minicv.maximum(x, 0.1), lambda x: np.maximum(x, 0.1), anything),
}
BINARY = {
    "add": (lambda a, b: a + b, np.add, anything),
    "sub": (lambda a, b: a - b, np.subtract, anything),
    "mul": (lambda a, b: a * b, np.multiply, anything),
    "div": (lambda a, b: a / b, np.divide, distant),
    "pow": (lambda a, b: a**b, np.power, positive),
    "maximum": (minicv.maximum, np.maximum, anything),
    "minimum": (minicv.minimum, np.minimum, anything),
}


@st.composite
def pairs(draw):
    """Two arrays that broadcast, without a value in common."""
    one, other = draw(broadcastable_shapes(2))
    seed = draw(st.integers(0, 2**32 - 1))
    return distinct_values(one, seed, gap=0.2), distinct_values(other, seed + 1, gap=0.2) + 0.03


@pytest.mark.parametrize("name", UNARY)
@given(x=arrays(shapes(max_dims=3, max_side=3), distinct=True))
def test_unary_values_and_derivatives(name, x):
    op, expected, domain = UNARY[name]
    x = domain(x)
    np.testing.assert_allclose(op(minicv.tensor(x)).numpy(), expected(x), rtol=1e-12)
    assert gradcheck(op, x, draws=1) and gradgradcheck(op, x, draws=1)


@pytest.mark.parametrize("name", BINARY)
@given(operands=pairs())
def test_binary_values_and_derivatives(name, operands):
    op, expected, domain = BINARY[name]
    a, b = map(domain, operands)
    np.testing.assert_allclose(op(minicv.tensor(a), minicv.tensor(b)).numpy(), expected(a, b), rtol=1e-12)
    assert gradcheck(op, [a, b], draws=1) and gradgradcheck(op, [a, b], draws=1)


@given(found=broadcastable_shapes(3), data=st.data())
def test_where_picks_and_sends_the_gradient_to_what_it_picked(found, data):
    mask = data.draw(arrays(found[0], dtype=bool))
    a, b = data.draw(arrays(found[1])), data.draw(arrays(found[2]))
    op = partial(minicv.where, mask)
    assert np.array_equal(op(minicv.tensor(a), minicv.tensor(b)).numpy(), np.where(mask, a, b))
    assert gradcheck(op, [a, b], draws=1) and gradgradcheck(op, [a, b], draws=1)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
def test_dtype_and_shape_are_kept_for_numbers_and_empty_tensors_too(name, dtype, shape):
    op, _, domain = (UNARY | BINARY)[name]
    inputs = [
        minicv.tensor(domain(distinct_values(shape, n)), dtype=dtype, requires_grad=True)
        for n in range(2 if name in BINARY else 1)
    ]
    y = op(*inputs)
    assert y.dtype == dtype and y.shape == shape
    y.sum().backward()
    assert all(x.grad.dtype == dtype and x.grad.shape == shape for x in inputs)


# The conventions where there is no derivative: PyTorch's


def gradient(op, *values):
    inputs = [minicv.tensor(v, dtype=np.float64, requires_grad=True) for v in values]
    op(*inputs).sum().backward()
    return [x.grad.tolist() for x in inputs]


def test_conventions_at_kinks():
    assert gradient(abs, [-2.0, 0.0, 2.0]) == [[-1, 0, 1]]
    assert gradient(lambda x: x.clip(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]) == [[0, 1, 1, 1, 0]]
    for op in (minicv.maximum, minicv.minimum):
        assert gradient(op, [1.0, 1.0], [1.0, 1.0]) == [[0.5, 0.5], [0.5, 0.5]]
    assert gradient(minicv.maximum, [1.0, 3.0], [2.0, 2.0]) == [[0, 1], [1, 0]]
    assert gradient(minicv.minimum, [1.0, 3.0], [2.0, 2.0]) == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "op, expected",
    [
        (lambda x: minicv.maximum(x, 0.0), [0, np.inf]),
        (lambda x: minicv.where(x > 0, x, 0.0), [0, np.inf]),
        (lambda x: minicv.where(x > 0, 1.0, x), [np.inf, 0]),
        (lambda x: x.clip(min=0), [0, np.inf]),
    ],
    ids=["maximum", "where", "where not", "clip"],
)
def test_an_infinite_gradient_leaves_no_trace_where_it_does_not_pass(op, expected):
    x = minicv.tensor([-1.0, 1.0], requires_grad=True)
    op(x).backward(minicv.tensor([np.inf, np.inf]))
    assert x.grad.tolist() == expected


def test_powers_at_zero():
    assert gradient(lambda x: x**2, [0.0, 3.0]) == [[0, 6]]
    assert gradient(lambda x: x**1, [0.0, 3.0]) == [[1, 1]]
    assert gradient(lambda x: x**0, [0.0, 3.0]) == [[0, 0]]
    by_a, by_b = gradient(lambda a, b: a**b, [0.0, 0.0, 2.0], [2.0, 0.0, 0.0])
    assert by_a == [0, 0, 0] and by_b == [0, 0, np.log(2)]
    assert gradient(lambda x: x**0.5, [0.0]) == [[np.inf]]
    x = minicv.tensor([0.0], requires_grad=True)
    (first,) = minicv.grad(x**2, x, create_graph=True)
    assert minicv.grad(first, x)[0].tolist() == [2]


def test_the_edges_of_domains_give_what_pytorch_gives_without_a_warning():
    x = minicv.tensor([0.0, -1.0])
    assert x.log().tolist()[0] == -np.inf and np.isnan(x.log().tolist()[1])
    assert x.sqrt().tolist()[0] == 0 and np.isnan(x.sqrt().tolist()[1])
    assert (1 / x).tolist() == [np.inf, -1] and np.isnan((x / 0).tolist()[0])
    assert (x**-1).tolist() == [np.inf, -1] and np.isnan((x**0.5).tolist()[1])
    assert gradient(minicv.sqrt, [0.0]) == [[np.inf]] and gradient(minicv.log, [0.0]) == [[np.inf]]


# Comparisons and dtypes


@pytest.mark.parametrize("name", ["__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"])
@given(found=broadcastable_shapes(2, min_side=0), data=st.data())
def test_comparisons(name, found, data):
    a, b = (data.draw(arrays(shape, dtype=np.int64)) % 3 for shape in found)
    result = getattr(minicv.tensor(a, requires_grad=False), name)(minicv.tensor(b))
    assert (
        result.dtype == bool
        and np.array_equal(result.numpy(), getattr(a, name)(b))
        and result.creator is None
    )


def test_booleans_connect():
    a, b = minicv.tensor([True, True, False, False]), minicv.tensor([True, False, True, False])
    assert (a & b).tolist() == [True, False, False, False] and (a | b).tolist() == [True, True, True, False]
    assert (a ^ b).tolist() == [False, True, True, False] and (~a).tolist() == [False, False, True, True]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_integers_compute_in_their_own_dtype(dtype):
    a, b = minicv.tensor(np.array([0, 5], dtype)), minicv.tensor(np.array([3, 2], dtype))
    for result, values in [
        (a + b, [3, 7]),
        (a * b, [0, 10]),
        (minicv.minimum(a, b), [0, 2]),
        (minicv.maximum(a, b), [3, 5]),
        (a.clip(1, 4), [1, 4]),
        (a**2, [0, 25]),
    ]:
        assert result.dtype == dtype and result.tolist() == values


def test_conversion_between_dtypes_has_a_gradient():
    x = minicv.tensor([1.5, -2.5], requires_grad=True)
    y = x.double()
    assert y.dtype == np.float64 and x.float() is x and x.to("float64").dtype == np.float64
    (y * 3.0).sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [3, 3]
    integers = x.long()
    assert integers.tolist() == [1, -2] and not integers.requires_grad
    assert x.cpu() is x and x.to("cpu") is x
    assert gradgradcheck(lambda x: (x * x).to(np.float64), np.ones(2))


def test_bounds_of_another_dtype_do_not_change_the_result_s():
    x = minicv.tensor([1.0, 5.0])
    assert x.clip(np.float64(2), np.int64(3)).dtype == np.float32


def test_refusals():
    x = minicv.ones(2, 3)
    with pytest.raises(
        ShapeError, match=r"add: operands must be of shapes that broadcast .*; got \(2, 3\) and \(2,\)"
    ):
        x + minicv.ones(2)
    with pytest.raises(ShapeError, match=r"where: .*; got \(2,\) and \(2, 3\) and \(\)"):
        minicv.where(np.ones(2, bool), x, 0.0)
    with pytest.raises(DTypeError, match=r"where: condition must be boolean; got int64"):
        minicv.where(minicv.arange(3), x, 0.0)
    for op in (minicv.exp, minicv.log, minicv.sqrt):
        with pytest.raises(
            DTypeError, match=f"{op.__name__}: input must be a floating-point tensor; got int64"
        ):
            op(minicv.arange(3))
    with pytest.raises(DTypeError, match="div: operands must be a floating-point tensor; got int64"):
        minicv.arange(3) / 2
    with pytest.raises(ValueError, match="clip: at least one of min and max must be given"):
        x.clip()
    with pytest.raises(DTypeError, match=r"clip: min and max must be numbers; got Tensor. .*minicv.maximum"):
        x.clip(x)
    with pytest.raises(
        DTypeError, match=r"clip: number must be an integer beside a tensor of int64; got 0.5"
    ):
        minicv.arange(3).clip(0.5)
    with pytest.raises(DTypeError, match=r"to: the target must be a dtype or a device .*; got 'gpu'"):
        x.to("gpu")


def test_functions_take_numbers_and_arrays():
    assert minicv.exp(0.0).item() == 1 and minicv.maximum(1.0, 2.0).item() == 2
    assert isinstance(minicv.sqrt(np.array([4.0])), Tensor)
