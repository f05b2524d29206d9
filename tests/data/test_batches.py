"""Batches: every sample once an epoch, the same order from the same seed, and nothing stored is changed."""

import doctest
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data import Batches


def seen(batches):
    return [batch.tolist() for (batch,) in batches]


@given(st.integers(1, 20), st.integers(1, 25), st.integers(1, 5), st.integers(0, 2**32))
def test_every_sample_is_seen_once_an_epoch(count, batch_size, epochs, seed):
    steps = -(-count * epochs // batch_size)
    drawn = seen(Batches(np.arange(count), batch_size=batch_size, steps=steps, seed=seed))
    assert [len(batch) for batch in drawn] == [batch_size] * steps
    order = [sample for batch in drawn for sample in batch]
    for epoch in range(epochs):
        assert sorted(order[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_every_epoch_has_an_order_of_its_own():
    one, other = seen(Batches(np.arange(50), batch_size=50, steps=2, seed=0))
    assert one != other and one != list(range(50))


def test_the_seed_decides_and_a_second_pass_is_the_same():
    batches = Batches(np.arange(30), batch_size=7, steps=9, seed=5)
    assert seen(batches) == seen(batches) == seen(Batches(np.arange(30), batch_size=7, steps=9, seed=5))
    assert seen(batches) != seen(Batches(np.arange(30), batch_size=7, steps=9, seed=6))


def test_more_steps_begin_with_the_same_batches():
    short, long = (Batches(np.arange(10), batch_size=3, steps=steps, seed=1) for steps in (4, 9))
    assert seen(long)[:4] == seen(short)
    assert (len(short), len(long)) == (4, 9)


def test_a_trainer_can_see_how_far_they_are():
    batches, seen = Batches(np.arange(10), batch_size=3, steps=3), []
    for _ in range(2):
        seen += [(batches.epoch, batches.position) for _ in batches]
    assert seen == [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)]


def test_arrays_stay_together():
    images, labels = np.arange(12.0).reshape(6, 2), np.arange(6)
    for image, label in Batches(images, labels, batch_size=4, steps=5):
        assert image.shape == (4, 2) and np.array_equal(image[:, 0], 2.0 * label)


def test_augmenting_changes_the_batch_and_not_what_is_stored():
    def augment(rng, images, labels):
        images += rng.integers(100, 200)
        labels[:] = -1
        return images, labels

    images, labels = np.arange(8.0), np.arange(8)
    before = images.copy(), labels.copy()
    batches = Batches(images, labels, batch_size=4, steps=4, seed=0, augment=augment)
    first, second = ([x.tolist() for x, _ in batches] for _ in range(2))
    assert all(min(x) >= 100 for x in first) and first == second
    assert np.array_equal(images, before[0]) and np.array_equal(labels, before[1])


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ((np.zeros(3), np.zeros(4)), {}, r"arrays must be of one length, at least 1; got \[3, 4\]\."),
        ((np.zeros(0),), {}, r"arrays must be of one length, at least 1; got \[0\]\."),
        ((), {}, r"arrays must be of one length, at least 1; got \[\]\."),
        ((np.zeros(3),), {"batch_size": 0}, "batch_size must be at least 1, steps at least 0; got 0 and 1"),
        ((np.zeros(3),), {"steps": -1}, "batch_size must be at least 1, steps at least 0; got 2 and -1"),
    ],
)
def test_what_makes_no_batches_is_refused(arrays, options, message):
    with pytest.raises(ValueError, match=f"^Batches: .*{message}"):
        Batches(*arrays, **({"batch_size": 2, "steps": 1} | options))


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.data.batches"])
    assert result.attempted > 0 and result.failed == 0
