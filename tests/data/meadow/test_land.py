import numpy as np
import pytest

from minicv.data.meadow import land


def test_the_texture_repeats_without_a_seam():
    tile = land.noise(512)
    inner = np.abs(np.diff(tile, axis=1)).max()
    assert np.abs(tile[:, 0] - tile[:, -1]).max() <= inner
    assert np.abs(tile[0] - tile[-1]).max() <= np.abs(np.diff(tile, axis=0)).max()


def test_a_small_picture_sees_the_average_of_the_texture():
    large, small = land.noise(512), land.noise(64)
    block = len(large) // len(small)
    assert block == 4
    assert np.allclose(small, large.reshape(len(small), block, len(small), block).mean((1, 3)), atol=1e-6)


def test_the_shared_texture_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        land.noise(64)[0, 0] = 1


def test_hills_stay_within_their_height():
    line = land.ridge(np.random.default_rng(0), 512, (0.7, 1.7, 3.1))
    assert line.shape == (512,) and np.abs(line).max() <= 1


def test_land_lies_below_the_sky_without_holes():
    canvas = np.zeros((3, 96, 96), np.float32)
    earth = land.land(canvas, np.random.default_rng(1), land.WEATHERS[0], 40.0)
    assert earth[40:].all() and not earth[:20].any()
    assert (np.diff(earth.astype(int), axis=0) >= 0).all()  # once it is land, it stays land


def test_a_shadow_darkens_only_around_the_feet():
    canvas = np.ones((3, 64, 64), np.float32)
    land.shadow(canvas, 32.0, 40.0, 8.0, (0.0, -1.0), 0.5)
    assert canvas[0, 39, 31] == pytest.approx(0.5, abs=0.05)
    assert (canvas[:, :36] == 1).all() and (canvas[:, 45:] == 1).all() and (canvas[:, :, :20] == 1).all()


def test_a_shadow_falls_away_from_the_light():
    canvas = np.ones((3, 64, 64), np.float32)
    land.shadow(canvas, 32.0, 40.0, 8.0, (0.7, -0.7), 0.5)
    dark = 1 - canvas[0]
    assert (dark.sum(0) * (np.arange(64) + 0.5)).sum() / dark.sum() < 31
