import sys

import numpy as np
import pytest

from minicv.data import digits

pytest.importorskip("sklearn")


def test_shapes_ranges_and_types():
    for split, count in (("train", 1437), ("test", 360)):
        images, labels = digits(split)
        assert images.shape == (count, 1, 8, 8) and images.dtype == np.float32
        assert labels.shape == (count,) and labels.dtype == np.int64
        assert images.min() == 0 and images.max() == 1


def test_the_held_out_part_has_36_of_each():
    assert np.bincount(digits("test")[1]).tolist() == [36] * 10


def test_the_split_is_the_same_every_time_and_has_no_overlap():
    train, test = digits("train"), digits("test")
    again = digits("test")
    assert np.array_equal(test[0], again[0]) and np.array_equal(test[1], again[1])
    everything = np.concatenate([train[0], test[0]])
    from sklearn.datasets import load_digits

    ours = sorted(map(bytes, np.rint(everything * 16).astype(np.uint8)))
    assert ours == sorted(map(bytes, load_digits().images.astype(np.uint8)))


def test_labels_belong_to_their_images():
    images, labels = digits("train")
    from sklearn.datasets import load_digits

    bundle = load_digits()
    label_of = {bytes(image.astype(np.uint8)): label for image, label in zip(bundle.images, bundle.target)}
    assert all(
        label_of[bytes(np.rint(image * 16).astype(np.uint8))] == label for image, label in zip(images, labels)
    )


def test_resized_digits_keep_their_ink():
    small, labels = digits("test")
    large, same = digits("test", size=32)
    assert large.shape == (360, 1, 32, 32) and large.dtype == np.float32 and np.array_equal(labels, same)
    assert large.min() >= 0 and large.max() <= 1
    blocks = large.reshape(360, 1, 8, 4, 8, 4).mean((3, 5))
    assert np.abs(blocks - small).mean() < 0.08
    assert np.corrcoef(blocks.ravel(), small.ravel())[0, 1] > 0.95


def test_a_wrong_split_or_size_is_refused():
    with pytest.raises(ValueError, match=r'^digits: split must be "train" or "test"; got \'val\''):
        digits("val")
    with pytest.raises(ValueError, match=r"^digits: size must be at least 1; got 0"):
        digits("test", size=0)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        digits()
