"""Losses: their definitions, what a lecture says about them, gradients and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing import KinkError, distinct_values, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, shapes

rng = np.random.default_rng(0)
SCORES = rng.standard_normal((3, 4, 2))  # N, L, places
LABELS = np.array([[0, 3], [1, 1], [2, 0]])
WEIGHT = np.array([0.5, 1.0, 2.0, 4.0])


def probabilities(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


# Cross-entropy


def test_scores_that_know_nothing_cost_log_of_the_number_of_classes():
    for classes in (10, 1000):
        loss = F.cross_entropy(np.zeros((2, classes)), [0, classes - 1])
        assert loss.item() == pytest.approx(math.log(classes))


def test_the_gradient_is_p_minus_y():
    x = minicv.tensor(SCORES[..., 0], requires_grad=True)
    F.cross_entropy(x, LABELS[:, 0], reduction="sum").backward()
    np.testing.assert_allclose(x.grad.numpy(), probabilities(x.numpy()) - np.eye(4)[LABELS[:, 0]], atol=1e-15)


@given(data=st.data())
def test_cross_entropy_place_by_place(data):
    """Weights, ignored places and smoothing, against the sum written out."""
    shape = (data.draw(st.integers(1, 3)), data.draw(st.integers(2, 4)), *data.draw(shapes(0, 2, max_side=3)))
    x = data.draw(arrays(shape))
    draws = np.random.default_rng(data.draw(st.integers(0, 1000)))
    labels = draws.integers(0, shape[1], (shape[0], *shape[2:]))
    labels.flat[draws.integers(labels.size)] = 255
    weight, smoothing = draws.uniform(0.5, 2, shape[1]), data.draw(st.sampled_from([0.0, 0.3]))
    log_p = np.log(probabilities(x))
    expected, total = np.zeros(labels.shape), 0.0
    for place in np.ndindex(labels.shape):
        label = labels[place]
        if label == 255:
            continue
        row = log_p[(place[0], slice(None), *place[1:])]
        expected[place] = -(1 - smoothing) * weight[label] * row[label] - smoothing * (weight * row).mean()
        total += weight[label]
    params = {"weight": weight, "ignore_index": 255, "label_smoothing": smoothing}
    found = F.cross_entropy(x, labels, **params, reduction="none").numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    assert F.cross_entropy(x, labels, **params, reduction="sum").item() == pytest.approx(expected.sum())
    if total:
        assert F.cross_entropy(x, labels, **params).item() == pytest.approx(expected.sum() / total)


@given(label=st.integers(0, 3), smoothing=st.sampled_from([0.0, 0.2]))
def test_a_one_hot_distribution_is_a_label(label, smoothing):
    x, one_hot = SCORES[:1, :, 0], np.eye(4)[[label]]
    as_label = F.cross_entropy(x, [label], WEIGHT, reduction="none", label_smoothing=smoothing).item()
    as_row = F.cross_entropy(x, one_hot, WEIGHT, reduction="none", label_smoothing=smoothing).item()
    assert as_label == pytest.approx(as_row)


def test_probabilities_as_target():
    target = np.abs(SCORES[::-1])
    found = F.cross_entropy(SCORES, target, WEIGHT, reduction="none").numpy()
    expected = -(target * np.log(probabilities(SCORES)) * WEIGHT[:, None]).sum(axis=1)
    np.testing.assert_allclose(found, expected)
    # With probabilities the mean is over the places, whatever the weights.
    assert F.cross_entropy(SCORES, target, WEIGHT).item() == pytest.approx(expected.mean())


def test_a_single_sample_has_its_classes_on_axis_0():
    loss = F.cross_entropy(SCORES[0, :, 0], np.array(2))
    assert loss.shape == ()
    assert loss.item() == pytest.approx(-np.log(probabilities(SCORES))[0, 2, 0])


def test_nll_loss_of_log_softmax_is_cross_entropy():
    params = {"weight": WEIGHT, "ignore_index": 3}
    found = F.nll_loss(F.log_softmax(SCORES, 1), LABELS, **params).item()
    assert found == pytest.approx(F.cross_entropy(SCORES, LABELS, **params).item())


def test_large_scores():
    x = minicv.tensor([[1000.0, 0.0], [-1000.0, 0.0], [0.0, -np.inf]], requires_grad=True)
    losses = F.cross_entropy(x, [0, 0, 0], reduction="none")
    np.testing.assert_array_equal(losses.numpy(), [0, 1000, 0])
    losses.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 0], [-1, 1], [0, 0]])
    assert F.cross_entropy(x, [0, 0, 1], reduction="none").numpy()[2] == np.inf


def test_a_small_loss_is_not_rounded_away():
    """log p near 0 is exact, even beside an offset in whose last digit it would vanish."""
    x = np.array([[1000.0, 985.0]], np.float32)
    assert F.cross_entropy(x, [0]).item() == pytest.approx(math.log1p(math.exp(-15)), rel=0.2)


@pytest.mark.parametrize("of_labels", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("places", [(), (2, 2)])
def test_where_everything_is_ignored_the_mean_is_nan_and_nothing_is_learnt(places, of_labels):
    x = minicv.tensor(np.ones((2, 3, *places)), requires_grad=True)
    labels = np.full((2, *places), -100)
    loss = of_labels(x, labels)
    one = minicv.tensor(1.0, dtype=np.float64, requires_grad=True)
    (gradient,) = minicv.grad(loss, x, one, create_graph=True)
    assert math.isnan(loss.item())
    assert not gradient.numpy().any()
    assert minicv.grad(gradient.sum(), one)[0].item() == 0
    assert of_labels(x, labels, reduction="sum").item() == 0


def test_an_ignored_place_may_hold_anything():
    x = minicv.tensor([[0.0, 0.0], [-np.inf, 0.0]], requires_grad=True)
    loss = F.cross_entropy(x, [1, 255], ignore_index=255)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    np.testing.assert_allclose(x.grad.numpy(), [[0.5, -0.5], [0, 0]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64, ">i8"])
def test_labels_may_be_any_integers(dtype):
    expected = F.cross_entropy(SCORES, LABELS).item()
    assert F.cross_entropy(SCORES, LABELS.astype(dtype)).item() == expected


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, ">i8"])
@pytest.mark.parametrize("label", [4, 2**32, 2**56, 2**62])
def test_labels_out_of_range_are_refused_whatever_their_bytes(dtype, label):
    labels = LABELS.astype(dtype)
    labels[1, 1] = label
    with pytest.raises(IndexError, match=f"target must be in 0..3; got {label}"):
        F.nll_loss(SCORES, labels)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_weight_that_is_to_be_learnt_is_refused(name):
    weight = minicv.tensor(WEIGHT, requires_grad=True)
    with pytest.raises(minicv.GraphError, match=rf"{name}: weight must be .* pass weight\.detach"):
        getattr(F, name)(SCORES, LABELS, weight)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_third_derivatives_of_nll_loss(reduction):
    """It is linear, and as often as it is differentiated its gradient stays a map of labels."""
    g = np.array(2.0) if reduction == "mean" else LABELS + 0.5

    def gradient(g):
        x = minicv.tensor(SCORES, requires_grad=True)
        with minicv.enable_grad():
            loss = F.nll_loss(x, LABELS, WEIGHT, ignore_index=3, reduction=reduction)
            return minicv.grad(loss, x, g, create_graph=True)[0]

    assert gradcheck(gradient, [g]) and gradgradcheck(gradient, [g])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_second_derivatives_where_places_are_ignored(smoothing):
    def loss(x, **rest):
        return F.cross_entropy(x, LABELS, WEIGHT, ignore_index=3, label_smoothing=smoothing, **rest)

    assert gradgradcheck(loss, [SCORES]) and gradgradcheck(lambda x: loss(x, reduction="none"), [SCORES])
    one = SCORES[0, :, 0]
    assert gradgradcheck(lambda x: F.cross_entropy(x, np.array(2), label_smoothing=smoothing), [one])


# Yes or no


@given(x=arrays(shapes(min_side=0)), seed=st.integers(0, 100))
def test_binary_cross_entropy_by_definition(x, seed):
    t, w = np.asarray(np.random.default_rng(seed).uniform(0, 1, (2, *x.shape)))
    p = 1 / (1 + np.exp(-x))
    found = F.binary_cross_entropy_with_logits(x, t, w, reduction="none", pos_weight=np.array(3.0)).numpy()
    np.testing.assert_allclose(
        found, -w * (3 * t * np.log(p) + (1 - t) * np.log(1 - p)), rtol=1e-9, atol=1e-12
    )


def test_binary_cross_entropy_far_out():
    x = minicv.tensor([-1000.0, 1000.0, -50.0, 50.0], dtype=np.float64, requires_grad=True)
    losses = F.binary_cross_entropy_with_logits(x, np.array([1.0, 0, 0, 1]), reduction="none")
    np.testing.assert_allclose(losses.numpy(), [1000, 1000, math.exp(-50), math.exp(-50)], rtol=1e-12)
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [-1, 1, math.exp(-50), -math.exp(-50)], rtol=1e-12, atol=1e-40)


# Hinge


def test_multi_margin_loss_by_hand():
    x = np.array([[3.0, 1.0, 2.5, 0.0], [0.0, 1.0, 0.5, 0.0]])
    # Sample 0, class 0: violations 0, 0.5, 0. Sample 1, class 2: 0.5, 1.5, 0.5.
    assert F.multi_margin_loss(x, [0, 2], reduction="none").tolist() == [0.5 / 4, 2.5 / 4]
    assert F.multi_margin_loss(x, [0, 2], p=2, reduction="none").tolist() == [0.25 / 4, 2.75 / 4]
    assert F.multi_margin_loss(x, [0, 2], weight=WEIGHT).item() == (0.5 * 0.5 / 4 + 2 * 2.5 / 4) / 2
    assert F.multi_margin_loss(x, [0, 2], margin=0.25, reduction="sum").item() == 0.75 / 4
    assert F.multi_margin_loss(x[1], np.array(2)).item() == 2.5 / 4


# Numbers


@given(data=st.data())
def test_mse_and_l1(data):
    shape = data.draw(shapes())
    x, t = data.draw(arrays(shape)), data.draw(arrays(shape))
    np.testing.assert_allclose(F.mse_loss(x, t, reduction="none").numpy(), (x - t) ** 2)
    np.testing.assert_allclose(F.l1_loss(x, t, reduction="none").numpy(), np.abs(x - t))
    assert F.mse_loss(x, t).item() == pytest.approx(((x - t) ** 2).mean())
    assert F.l1_loss(x, t, reduction="sum").item() == pytest.approx(np.abs(x - t).sum())


def test_smooth_l1_is_a_parabola_then_a_line():
    x = np.array([0.0, 0.5, -1.5, 2.0, -4.0])
    found = F.smooth_l1_loss(x, np.zeros(5), reduction="none", beta=2.0).numpy()
    np.testing.assert_allclose(found, [0, 0.0625, 0.5625, 1, 3])


def test_smooth_l1_bounds_what_an_outlier_pulls():
    x = minicv.tensor([0.5, 1.0, 100.0], requires_grad=True)
    F.smooth_l1_loss(x, minicv.zeros(3), reduction="sum").backward()
    assert x.grad.tolist() == [0.5, 1, 1]
    x.zero_grad()
    F.mse_loss(x, minicv.zeros(3), reduction="sum").backward()
    assert x.grad.tolist() == [1, 2, 200]


def test_without_beta_smooth_l1_is_l1():
    x, t = rng.standard_normal((2, 5))
    assert F.smooth_l1_loss(x, t, beta=0).item() == F.l1_loss(x, t).item()


def test_l2_distance_has_a_root():
    boxes, truth = np.array([[3.0, 4.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]), np.zeros((2, 4))
    assert F.l2_distance_loss(boxes, truth, reduction="none").tolist() == [5, 2]
    assert F.l2_distance_loss(boxes, truth).item() == 3.5
    assert F.mse_loss(boxes, truth, reduction="sum").item() == 5**2 + 2**2  # the other decks' L2, squared


def test_the_gradient_of_the_l2_distance_has_length_1_and_is_0_at_0():
    x = minicv.tensor([[3.0, 4.0], [300.0, 400.0], [0.0, 0.0]], requires_grad=True)
    (gradient,) = minicv.grad(
        F.l2_distance_loss(x, minicv.zeros(3, 2), reduction="sum"), x, create_graph=True
    )
    np.testing.assert_allclose(gradient.numpy(), [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-6)
    (second,) = minicv.grad((gradient * gradient).sum(), x)
    np.testing.assert_allclose(second.numpy(), 0, atol=1e-6)


def test_a_gradient_check_of_the_l2_distance_fails_exactly_at_zero_error():
    x = np.array([[0.3, -0.2], [0.1, 0.4]])
    assert gradcheck(F.l2_distance_loss, [x, np.zeros((2, 2))])
    x[1] = 0
    with pytest.raises(KinkError):
        gradcheck(F.l2_distance_loss, [x, np.zeros((2, 2))])


# All of them


def losses(reduction):
    far, target = distinct_values((3, 4), gap=0.3), np.full((3, 4), 0.01)
    labels, yes = np.array([1, 0, 3]), np.array([[1.0, 0.3], [0.0, 0.7]])
    ce = {"reduction": reduction}
    return {
        "cross_entropy": (lambda x: F.cross_entropy(x, LABELS, WEIGHT, ignore_index=3, **ce), [SCORES]),
        "smoothed": (lambda x: F.cross_entropy(x, LABELS, WEIGHT, label_smoothing=0.2, **ce), [SCORES]),
        "probabilities": (lambda x, t: F.cross_entropy(x, t, WEIGHT, **ce), [SCORES, np.abs(SCORES) + 0.1]),
        "nll_loss": (lambda x: F.nll_loss(x, LABELS, WEIGHT, **ce), [SCORES]),
        "binary": (
            lambda x, t: F.binary_cross_entropy_with_logits(x, t, WEIGHT[:2], pos_weight=WEIGHT[2:], **ce),
            [SCORES[0, :2], yes],
        ),
        "multi_margin_loss": (
            lambda x: F.multi_margin_loss(x, labels, p=2, margin=0.45, weight=WEIGHT, **ce),
            [far],
        ),
        "mse_loss": (lambda x, t: F.mse_loss(x, t, **ce), [far, target]),
        "l1_loss": (lambda x, t: F.l1_loss(x, t, **ce), [far, target]),
        "smooth_l1_loss": (lambda x, t: F.smooth_l1_loss(x, t, beta=0.5, **ce), [far, target]),
        "l2_distance_loss": (lambda x, t: F.l2_distance_loss(x, t, **ce), [far, target]),
    }


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", losses("mean"))
def test_gradients(name, reduction):
    function, inputs = losses(reduction)[name]
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@pytest.mark.parametrize("reduction, expected", [("mean", math.nan), ("sum", 0.0)])
def test_a_loss_over_nothing(reduction, expected):
    none, no_labels = np.zeros((0, 3)), np.zeros(0, int)
    for loss in (
        F.mse_loss(none, none, reduction=reduction),
        F.l2_distance_loss(none, none, reduction=reduction),
        F.smooth_l1_loss(none, none, reduction=reduction),
        F.cross_entropy(none, no_labels, reduction=reduction),
        F.cross_entropy(none, none, reduction=reduction),
        F.binary_cross_entropy_with_logits(none, none, reduction=reduction),
        F.multi_margin_loss(none, no_labels, reduction=reduction),
    ):
        assert loss.item() == pytest.approx(expected, nan_ok=True)


X, Y = np.zeros((2, 3)), np.zeros(2, int)
MAP, LABEL_MAP = np.zeros((2, 3, 4, 5)), np.zeros((2, 4, 5), int)
CE = "cross_entropy: "
BAD = [
    (
        lambda: F.cross_entropy(X, [0, 3]),
        IndexError,
        CE + "target must be in 0..2; got 3. If that label marks",
    ),
    (lambda: F.cross_entropy(X, [0, -1]), IndexError, CE + "target must be in 0..2; got -1."),
    (lambda: F.cross_entropy(MAP, LABEL_MAP + 255), IndexError, "pass it as ignore_index"),
    (
        lambda: F.cross_entropy(np.zeros(()), np.zeros((), int)),
        ValueError,
        CE + "input must be (N, L, ...) or (L,)",
    ),
    (
        lambda: F.cross_entropy(X, np.zeros((2, 1), int)),
        ValueError,
        CE
        + "target must be (2,) for an input (2, 3); got shape (2, 1). Did you forget to squeeze an axis of length 1?",
    ),
    (
        lambda: F.cross_entropy(X, np.zeros(3, int)),
        ValueError,
        CE + "target must be (2,) for an input (2, 3)",
    ),
    (lambda: F.cross_entropy(X, np.eye(3, dtype=int)[:2]), ValueError, "Is it one-hot? Take its argmax"),
    (lambda: F.cross_entropy(MAP, LABEL_MAP[:, :3]), ValueError, CE + "target must be (2, 4, 5)"),
    (
        lambda: F.cross_entropy(X, np.zeros(2)),
        ValueError,
        CE
        + "target must be of the shape of input, (2, 3), when it holds probabilities; got shape (2,). Class indices",
    ),
    (lambda: F.cross_entropy(X, Y > 0), TypeError, CE + "target must be integers of shape (2,); got bool."),
    (lambda: F.cross_entropy(X, X.astype("f")), TypeError, CE + "input and target must be of one dtype"),
    (lambda: F.cross_entropy(X, Y, np.ones(2)), ValueError, CE + "weight must be (3,), one for each class"),
    (lambda: F.cross_entropy(X, Y, np.ones(3, "f")), TypeError, CE + "input and weight must be of one dtype"),
    (lambda: F.cross_entropy(X, X, ignore_index=1), ValueError, CE + "ignore_index must be left out"),
    (
        lambda: F.cross_entropy(X, Y, label_smoothing=1.5),
        ValueError,
        CE + "label_smoothing must be in [0, 1]",
    ),
    (
        lambda: F.cross_entropy(X, Y, reduction="avg"),
        ValueError,
        CE + 'reduction must be "mean", "sum" or "none"; got',
    ),
    (lambda: F.cross_entropy(X.astype(int), Y), TypeError, CE + "input must be a floating-point tensor"),
    (lambda: F.cross_entropy(X, Y, None, None), TypeError, "positional arguments"),
    (lambda: F.nll_loss(X, X), TypeError, "nll_loss: target must be integers of shape (2,); got float64."),
    (lambda: F.nll_loss(X, [0, 7]), IndexError, "nll_loss: target must be in 0..2; got 7."),
    (
        lambda: F.mse_loss(np.zeros((4, 1)), np.zeros(4)),
        ValueError,
        "mse_loss: target must be of the shape of input, (4, 1); got (4,). Is one of them to be reshaped",
    ),
    (
        lambda: F.l1_loss(X, X[:1]),
        ValueError,
        "l1_loss: target must be of the shape of input, (2, 3); got (1, 3).",
    ),
    (lambda: F.mse_loss(X, X.astype("f")), TypeError, "mse_loss: input and target must be of one dtype"),
    (lambda: F.mse_loss(Y, Y), TypeError, "mse_loss: input must be a floating-point tensor"),
    (lambda: F.mse_loss(X, X, reduction=None), ValueError, "mse_loss: reduction must be"),
    (
        lambda: F.smooth_l1_loss(X, X, beta=-1.0),
        ValueError,
        "smooth_l1_loss: beta must be at least 0; got -1.0.",
    ),
    (lambda: F.l2_distance_loss(X[0, 0], X[0, 0]), ValueError, "l2_distance_loss: input must be (..., D)"),
    (
        lambda: F.binary_cross_entropy_with_logits(X, X[0]),
        ValueError,
        "binary_cross_entropy_with_logits: target must be of the shape of input, (2, 3); got (3,).",
    ),
    (lambda: F.binary_cross_entropy_with_logits(X, Y), TypeError, "input and target must be of one dtype"),
    (
        lambda: F.binary_cross_entropy_with_logits(X, X, pos_weight=np.ones(2)),
        ValueError,
        "pos_weight must be of a shape that broadcasts to that of input, (2, 3); got (2,).",
    ),
    (
        lambda: F.binary_cross_entropy_with_logits(X[0], X[0], X),
        ValueError,
        "weight must be of a shape that broadcasts",
    ),
    (lambda: F.multi_margin_loss(X, Y, p=3), ValueError, "multi_margin_loss: p must be 1 or 2; got 3."),
    (lambda: F.multi_margin_loss(X, [0, 3]), IndexError, "multi_margin_loss: target must be in 0..2; got 3."),
    (
        lambda: F.multi_margin_loss(MAP, LABEL_MAP),
        ValueError,
        "multi_margin_loss: input must be (N, L) or (L,)",
    ),
    (
        lambda: F.multi_margin_loss(X, Y, weight=np.ones(2)),
        ValueError,
        "multi_margin_loss: weight must be (3,)",
    ),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
