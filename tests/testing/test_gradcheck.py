"""What gradcheck accepts, what it says when it refuses, and when it declines to judge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import Function, Tensor
from minicv.testing import GradientError, KinkError, distinct_values, gradcheck, gradgradcheck


class Scaled(Function):
    """2 x, with a gradient multiplied entry by entry by ``factor``."""

    def forward(self, x):
        return 2 * x

    def backward(self, g):
        return 2 * g * Tensor(np.broadcast_to(self.factor, g.shape).astype(g.dtype))


def failure(function, inputs, **settings):
    with pytest.raises(GradientError) as caught:
        gradcheck(function, inputs, **settings)
    return str(caught.value)


@given(st.integers(0, 2**32 - 1))
def test_a_thousandth_is_noticed_whatever_the_draw(seed):
    x = np.random.default_rng(seed).standard_normal((4, 5))
    assert gradcheck(lambda x: Scaled(factor=1 + 1e-8)(x), x, rng=seed)
    with pytest.raises(GradientError):
        gradcheck(lambda x: Scaled(factor=1.001)(x), x, rng=seed)


def test_the_table_shows_the_entries_that_are_wrong_the_worst_first():
    factor = np.ones((3, 4))
    factor[1, 2], factor[2, 0] = 1.1, 1.5
    message = failure(lambda x: Scaled(factor=factor)(x), np.ones((3, 4)))
    rows = [line.split() for line in message.splitlines() if line.startswith("  (")]
    assert rows[0][:2] == ["(2,", "0)"] and rows[1][:2] == ["(1,", "2)"]
    expected, got, error = map(float, rows[0][2:])
    assert got == pytest.approx(1.5 * expected, rel=1e-6) and error == pytest.approx(
        abs(got - expected), rel=0.01
    )
    assert len(rows) == 8
    assert "times" not in message


def test_the_slopes_in_the_message_are_those_of_the_draw():
    message = failure(lambda x: Scaled(factor=1.5)(x), np.ones(1))
    words = message.splitlines()[1].split()
    expected, got = float(words[words.index("expected") + 1]), float(words[words.index("got") + 1])
    assert got == pytest.approx(1.5 * expected)
    assert "relative error 0.33" in message


def test_only_the_input_that_is_wrong_is_named():
    message = failure(lambda a, b: a + Scaled(factor=2)(b), [np.ones(2), np.ones((3, 2))])
    assert message.startswith("gradcheck: the gradient by input 1, of shape (3, 2), is wrong.")


def test_large_inputs_are_checked_without_a_table():
    message = failure(lambda x: Scaled(factor=2)(x), np.ones((30, 30)))
    assert "is wrong" in message and "check an input of at most 400 entries" in message


def test_a_number_can_be_an_input():
    assert gradcheck(lambda x: x * x, np.array(3.0)) and gradcheck(lambda x: x * x, 3.0)
    assert "  ()  " in failure(lambda x: Scaled(factor=2)(x), np.array(3.0))


def test_several_outputs_and_integers_among_inputs_and_outputs():
    def pick(x, index, scale):
        values, indices = (x * scale).max(axis=1)
        return values, indices, x[:, index]

    inputs = [distinct_values((3, 4)), np.array([0, 0, 2]), np.ones(())]
    assert gradcheck(pick, inputs) and gradgradcheck(pick, inputs)


def test_inputs_are_taken_as_tensors_arrays_or_lists_and_stay_as_they_are():
    x = minicv.tensor([1.0, 2.0], requires_grad=True)
    assert gradcheck(lambda x: x * x, x) and gradgradcheck(lambda a, b: a * b, [x, [3.0, 4.0]])
    assert x.grad is None and x.dtype == np.float32 and x.tolist() == [1, 2]


def test_an_input_without_influence_has_gradient_zero():
    assert gradcheck(lambda a, b: a * 2, [np.ones(2), np.ones(3)])
    assert gradgradcheck(lambda a, b: a * 2, [np.ones(2), np.ones(3)])


def test_an_output_may_be_an_input_and_come_twice():
    assert gradcheck(lambda x: (x, x, x * 2), np.ones(2))


def test_a_constant_output_beside_a_real_one():
    assert gradcheck(lambda x: (x.exp(), minicv.ones(3, dtype=np.float64)), np.ones(2))


def test_an_empty_input_passes():
    assert gradcheck(lambda x: x * 2, np.ones((0, 3)))


@pytest.mark.parametrize("where", [0.0, 1e-5, 3e-5, 1e-4 / 3, 6e-5])
@pytest.mark.parametrize(
    "function", [lambda x: x.clip(min=0.0), lambda x: x.abs(), lambda x: minicv.maximum(x, 0.0)]
)
def test_a_kink_beside_the_input_is_told_from_a_wrong_gradient(function, where):
    x = np.array([1.0, where, -1.0])
    with pytest.raises(KinkError, match="lies at or near a kink"):
        gradcheck(function, x)
    x[1] = 1e-3
    assert gradcheck(function, x)
    x[1] = where
    if where:
        assert gradcheck(function, x, eps=where / 4)


def test_a_small_kink_beside_a_steep_slope_is_told_from_a_wrong_gradient():
    with pytest.raises(KinkError):
        gradcheck(lambda x, y: x * 10_000 + y.clip(min=0.0) + 0 * y, [np.ones(()), np.zeros(())])
    slopes = np.array([10_000.0, 1.0])
    with pytest.raises(KinkError):
        gradcheck(lambda x: (x * slopes).clip(min=0.0), np.array([1.0, 0.0]))


def test_a_jump_and_the_edge_of_the_domain_are_kinks():
    with pytest.raises(KinkError):
        gradcheck(lambda x: x + (x > 0).double(), np.zeros(2))
    with pytest.raises(KinkError):
        gradcheck(lambda x: x.sqrt(), np.full(2, 1e-5))


def test_a_tie_of_a_maximum_is_a_kink():
    with pytest.raises(KinkError):
        gradcheck(lambda x: x.max(), np.ones(3))
    assert gradcheck(lambda x: x.max(), distinct_values((3,)))


def test_strong_curvature_is_not_a_kink():
    assert gradcheck(lambda x: 1 / x, np.array([0.05, -0.1]))
    assert gradcheck(lambda x: (10 * x).exp(), np.array([-1.0, 1.0]))
    assert gradcheck(lambda x: x**3 * 100, np.zeros(2))


def test_nan_and_infinity_are_refused():
    assert "must be finite" in failure(lambda x: x.log(), np.array([-1.0]))
    assert "is wrong" in failure(lambda x: Scaled(factor=np.nan)(x), np.ones(2))


def test_what_cannot_be_checked_is_said():
    assert "must return Tensors; got ndarray" in failure(lambda x: x.numpy(), np.ones(2))
    assert "must be an input of floating point" in failure(lambda x: x, np.ones(2, int))


def test_settings_reach_the_second_derivative():
    with pytest.raises(KinkError, match=r"steps of 0.5 and 0.25"):
        gradgradcheck(lambda x: x.clip(min=0.0) * x, np.array([0.1]), eps=0.5)
