"""Normalize: the formula, by channel, and padding that stays 0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data import DataLoader, Sample, collate
from minicv.data.transforms import IMAGENET_MEAN, IMAGENET_STD, Normalize


@given(
    sizes=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4),
    seed=st.integers(0, 9),
)
def test_the_formula_within_the_image_and_zero_outside(sizes, seed):
    rng = np.random.default_rng(seed)
    samples = [
        Sample(rng.integers(0, 256, (*size, 3), dtype=np.uint8), label=i) for i, size in enumerate(sizes)
    ]
    mean, std = rng.random(3), rng.random(3) + 0.1
    batch = Normalize(mean, std)(samples)
    for image, sample, (h, w) in zip(batch.images, samples, sizes):
        for channel in range(3):
            expected = (sample.image[:, :, channel] / 255 - mean[channel]) / std[channel]
            np.testing.assert_allclose(image[channel, :h, :w], expected, rtol=1e-4, atol=1e-5)
        assert not image[:, h:].any() and not image[:, :, w:].any()
    assert batch.images.dtype == np.float32
    assert batch.label.tolist() == list(range(len(sizes)))


def test_imagenets_numbers_are_the_default():
    """A pixel of ImageNet's mean colour becomes 0, and one a deviation above it 1."""
    bytes_of = [np.rint(255 * np.add(IMAGENET_MEAN, k * np.float64(IMAGENET_STD))) for k in (0, 1)]
    images = Normalize()([Sample(np.uint8(b).reshape(1, 1, 3)) for b in bytes_of]).images
    np.testing.assert_allclose(images[:, :, 0, 0], [[0] * 3, [1] * 3], atol=0.01)


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_workers_normalise_too(workers):
    samples = [Sample(np.full((2, 3, 3), 51 * i, np.uint8)) for i in range(4)]
    loader = DataLoader(
        samples, 2, num_workers=1, workers=workers, collate_fn=Normalize((0.5,) * 3, (0.5,) * 3)
    )
    for batch, first in zip(loader, (0, 2)):
        np.testing.assert_allclose(
            batch.images, collate(samples[first : first + 2]).images * 2 - 1, atol=1e-6
        )


def test_a_slip_is_explained():
    with pytest.raises(
        ValueError, match=r"Normalize: mean must be three numbers: red, green, blue; got 0\.5"
    ):
        Normalize(0.5)
    with pytest.raises(ValueError, match="Normalize: std must be above 0"):
        Normalize(std=(1, 0, 1))
