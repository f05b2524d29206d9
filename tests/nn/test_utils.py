"""Gradient clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv.nn.utils import clip_grad_norm_


@given(seed=st.integers(0, 2**32 - 1), max_norm=st.floats(0.1, 10))
def test_the_norm_of_all_gradients_together(seed, max_norm):
    rng = np.random.default_rng(seed)
    parameters = [minicv.tensor(rng.standard_normal(n), requires_grad=True) for n in (3, 1, 4)]
    for p in parameters[:2]:
        (p * p).sum().backward()
    before = np.concatenate([2 * p.data for p in parameters[:2]])
    norm = clip_grad_norm_(iter(parameters), max_norm)
    assert norm == pytest.approx(np.linalg.norm(before))
    after = np.concatenate([p.grad.data for p in parameters[:2]])
    np.testing.assert_allclose(after, before * min(1, max_norm / norm))
    assert parameters[2].grad is None


def test_bad_input():
    with pytest.raises(ValueError, match="max_norm must be above 0; got 0"):
        clip_grad_norm_([], 0)
