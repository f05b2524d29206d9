"""Losses against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.testing.strategies import arrays, shapes
from tests.torch_oracle.oracle import DTYPES, assert_same

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)
reductions = st.sampled_from(["mean", "sum", "none"])


@st.composite
def score_shapes(draw, max_places=3):
    """(L,), (N, L), (N, L, d1, ...); N may be 0."""
    classes = draw(st.integers(1, 5))
    if draw(st.integers(0, 4)) == 0:
        return (classes,)
    return (draw(st.integers(0, 4)), classes, *draw(shapes(0, max_places, max_side=3)))


def without_classes(shape):
    return shape[1:] if len(shape) == 1 else (shape[0], *shape[2:])


@st.composite
def labels(draw, shape, ignore_index=None):
    """Labels for scores of this shape, of which some, or all, are the ignored one."""
    classes = shape[0] if len(shape) == 1 else shape[1]
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    found = np.asarray(rng.integers(0, classes, without_classes(shape)))
    if ignore_index is not None:
        found[rng.random(found.shape) < draw(st.sampled_from([0, 0.5, 1]))] = ignore_index
    return found


def class_weight(data, shape, dtype):
    classes = shape[0] if len(shape) == 1 else shape[1]
    weight = np.random.default_rng(classes).uniform(0.1, 2, classes).astype(dtype)
    return data.draw(st.sampled_from([{}, {"weight": weight}]))


@dtypes
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@given(data=st.data())
def test_loss_of_labels(name, dtype, data):
    shape = data.draw(score_shapes())
    ignore_index = data.draw(st.sampled_from([-100, 255, 0]))
    params = class_weight(data, shape, dtype) | {
        "ignore_index": ignore_index,
        "reduction": data.draw(reductions),
    }
    if name == "cross_entropy":
        params["label_smoothing"] = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    x = data.draw(arrays(shape, dtype)) * data.draw(st.sampled_from([1, 50]))
    assert_same(name, [x, data.draw(labels(shape, ignore_index))], **params)


@dtypes
@given(data=st.data())
def test_cross_entropy_of_probabilities(dtype, data):
    shape = data.draw(score_shapes())
    params = class_weight(data, shape, dtype) | {"reduction": data.draw(reductions)}
    params["label_smoothing"] = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    target = np.abs(data.draw(arrays(shape, dtype)))
    assert_same("cross_entropy", [data.draw(arrays(shape, dtype)), target], **params)


@dtypes
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@given(data=st.data())
def test_regression(name, dtype, data):
    shape = data.draw(shapes(min_side=0))
    x, target = (
        np.round(data.draw(arrays(shape, dtype)) * 2) / 2 for _ in range(2)
    )  # many are equal, or beta apart
    params = {"reduction": data.draw(reductions)}
    if name == "smooth_l1_loss":
        params["beta"] = data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.0]))
    assert_same(name, [np.asarray(x), np.asarray(target)], **params)


@dtypes
@given(data=st.data())
def test_binary_cross_entropy_with_logits(dtype, data):
    shape = data.draw(shapes(min_side=0))
    x = data.draw(arrays(shape, dtype)) * data.draw(st.sampled_from([1, 100]))
    target = np.random.default_rng(x.size).uniform(0, 1, shape).astype(dtype)
    if data.draw(st.booleans()):
        target = np.round(target)
    params = {"reduction": data.draw(reductions)}
    for name in ("weight", "pos_weight"):
        if data.draw(st.booleans()):
            params[name] = np.asarray(
                np.abs(data.draw(arrays(data.draw(st.sampled_from([shape, shape[-1:]])), dtype)))
            )
    assert_same("binary_cross_entropy_with_logits", [np.asarray(x), np.asarray(target)], **params)


@dtypes
@given(data=st.data())
def test_multi_margin_loss(dtype, data):
    shape = data.draw(
        score_shapes(max_places=0).filter(lambda s: s[0] > 0)
    )  # PyTorch's mean over no sample is garbage
    x = np.round(data.draw(arrays(shape, dtype)) * 2) / 2  # with differences that are exactly the margin
    params = class_weight(data, shape, dtype) | {"reduction": data.draw(reductions)}
    params |= {"p": data.draw(st.sampled_from([1, 2])), "margin": data.draw(st.sampled_from([1.0, 0.5]))}
    assert_same("multi_margin_loss", [x, data.draw(labels(shape))], **params)
