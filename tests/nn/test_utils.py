"""Gradient clipping, and freezing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
from minicv import nn, optim
from minicv.nn.utils import clip_grad_norm_, freeze, thaw


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


def test_freezing_by_name():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert freeze(net, ["0", "*.bias"]) == ["0.weight", "0.bias", "1.bias", "2.bias"]
    before = net.state_dict()
    optimizer = optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1.0)
    (net(minicv.randn(4, 2)) ** 3).sum().backward()
    optimizer.step()
    after = net.state_dict()
    moved = [name for name, _ in net.named_parameters() if not np.array_equal(before[name], after[name])]
    assert moved == ["1.weight", "2.weight"]
    assert thaw(net, "0.w*") == ["0.weight"]
    assert [p.requires_grad for p in net.parameters()] == [True, False, True, False, True, False]
    assert len(thaw(net)) == len(freeze(net)) == 6
    assert not any(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("pattern", ["", "3", "weight", ["0", "fc"]])
def test_a_pattern_that_fits_nothing(pattern):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"freeze: a pattern must be .* The names begin with: 0, 1\."):
        freeze(net, pattern)
