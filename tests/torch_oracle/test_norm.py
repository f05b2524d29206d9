"""Normalisation against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing.arrays import random_weights
from minicv.testing.strategies import arrays, shapes
from tests.torch_oracle.oracle import DTYPES, TOLERANCE, assert_same, torch

pytestmark = pytest.mark.torch
dtypes = pytest.mark.parametrize("dtype", DTYPES)


@dtypes
@pytest.mark.parametrize("training", [True, False])
@given(data=st.data())
def test_batch_norm(training, dtype, data):
    """Output, gradients, and the running statistics that are changed in place; weight and bias each there or not."""
    shape = data.draw(shapes(min_dims=2, max_dims=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = {
        "input": data.draw(arrays(shape, dtype)) * 3 + 1,
        "weight": data.draw(arrays(shape[1], dtype)) if data.draw(st.booleans()) else None,
        "bias": data.draw(arrays(shape[1], dtype)) if data.draw(st.booleans()) else None,
    }
    running = [rng.standard_normal(shape[1]).astype(dtype), rng.uniform(0.5, 2, shape[1]).astype(dtype)]
    params = {
        "training": training,
        "momentum": data.draw(st.floats(0, 1)),
        "eps": 10.0 ** -rng.integers(1, 6),
    }
    theirs = {k: None if v is None else torch.tensor(v.copy(), requires_grad=True) for k, v in values.items()}
    their_running = [torch.tensor(r) for r in running]
    ours = {k: None if v is None else minicv.tensor(v, requires_grad=True) for k, v in values.items()}
    our_running = data.draw(st.sampled_from([running, [minicv.tensor(r) for r in running]]))
    call = (their_running[0], their_running[1], theirs["weight"], theirs["bias"])
    try:
        expected = torch.nn.functional.batch_norm(theirs["input"], *call, **params)
    except ValueError as refusal:
        with pytest.raises(
            minicv.ShapeError, match="batch_norm: input must be more than one value per channel"
        ):
            F.batch_norm(ours["input"], *our_running, ours["weight"], ours["bias"], **params)
        assert "Expected more than 1 value per channel" in str(refusal)
        return
    y = F.batch_norm(ours["input"], *our_running, ours["weight"], ours["bias"], **params)

    cotangent = random_weights(y.shape, rng).astype(dtype)
    y.backward(cotangent)
    expected.backward(torch.tensor(cotangent))
    pairs = [(y, expected), *zip(our_running, their_running)]
    pairs += [(ours[k].grad, theirs[k].grad) for k in values if values[k] is not None]
    tolerance = TOLERANCE[np.dtype(dtype).name]
    for found, wanted in pairs:
        found = np.asarray(found)
        assert found.dtype == dtype
        # Two values per channel and a small eps make gradients near 0 out of large numbers: compare with their size.
        size = 1 + 10 * np.abs(cotangent).max() / np.sqrt(params["eps"])
        np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=tolerance, atol=tolerance * size)


@dtypes
@given(data=st.data())
def test_layer_norm(dtype, data):
    shape = data.draw(shapes(min_dims=1, max_dims=4, max_side=6).filter(lambda s: s[-1] > 2))
    last = data.draw(st.integers(1, len(shape)))
    shape = (data.draw(st.sampled_from([0, 2])), *shape) if last < len(shape) else shape
    inner = shape[-last:]
    scale = [data.draw(arrays(inner, dtype)) for _ in range(data.draw(st.integers(0, 2)))]
    eps = data.draw(st.sampled_from([1e-5, 1e-2]))
    x = data.draw(arrays(shape, dtype))
    _assert_same_layer_norm(x, inner, scale, eps)


def _assert_same_layer_norm(x, inner, scale, eps):
    """layer_norm takes normalized_shape between its tensors, so that the arrays are bound by a function of its own."""
    ours, theirs = (
        [make(a.copy(), requires_grad=True) for a in (x, *scale)] for make in (minicv.tensor, torch.tensor)
    )
    y = F.layer_norm(ours[0], inner, *ours[1:], eps=eps)
    expected = torch.nn.functional.layer_norm(theirs[0], inner, *theirs[1:], eps=eps)
    cotangent = random_weights(y.shape, np.random.default_rng(0)).astype(y.dtype)
    y.backward(cotangent)
    expected.backward(torch.tensor(cotangent))
    tolerance = TOLERANCE[x.dtype.name]
    for found, wanted in [(y, expected), *((a.grad, b.grad) for a, b in zip(ours, theirs))]:
        assert found.dtype == x.dtype
        np.testing.assert_allclose(
            found.numpy(), wanted.detach().numpy(), rtol=tolerance, atol=tolerance * 10
        )


@dtypes
@given(data=st.data())
def test_local_response_norm(dtype, data):
    x = data.draw(arrays(shapes(min_dims=3, max_dims=4, max_side=7), dtype))
    size = data.draw(st.integers(1, 9))
    alpha, beta, k = (data.draw(st.floats(low, 2, width=16)) for low in (0, 0, 0.5))
    assert_same("local_response_norm", [x], size, alpha, beta, k)
