"""Sky, hills and grass: everything that the figures stand in front of."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .figure import mix, pick, rgb, tone
from .paint import Layer, Pose, centres, draw, sprinkle

TILE = 512
TEXTURE_SEED = 20170502


class Weather(NamedTuple):
    """The colours of an hour of the day."""

    name: str
    zenith: tuple
    haze: tuple  # the sky above the horizon, and what distance fades to
    sun: tuple
    far_grass: tuple
    near_grass: tuple
    cloud: tuple
    tint: tuple  # multiplies the whole picture
    shadow: float  # how dark the cast shadows are
    disc: bool = True  # whether the sun is seen


def weather(name, *colours, tint=(1.0, 1.0, 1.0), shadow=0.4, disc=True):
    """A `Weather` from its six colours as hexadecimal codes."""
    return Weather(name, *map(rgb, colours), tint, shadow, disc)


WEATHERS = (
    weather("a clear day", "#3f8fdc", "#cfe9f7", "#fff6cf", "#a9cf62", "#4c932c", "#ffffff"),
    weather("a spring day", "#4fb0ea", "#e2f4ee", "#fffbe0", "#bddb69", "#5fa834", "#ffffff", tint=(1.02, 1.02, 0.98)),
    weather("a fresh morning", "#86b9ea", "#fde6cf", "#fff0c0", "#b9d07e", "#5a9a48", "#fff4ea", shadow=0.33),
    weather(
        "a golden evening", "#7f9fd8", "#ffcf94", "#ffe08a", "#cbbf55", "#74962c", "#ffe3c4",
        tint=(1.04, 0.97, 0.88),
    ),
    weather(
        "a cloudy day", "#a3b6c6", "#e6ebed", "#f4f4ee", "#a6bf78", "#59893c", "#f6f8f9",
        tint=(0.97, 0.98, 1.0), shadow=0.24, disc=False,
    ),
)  # fmt: skip
FLOWERS = tuple(map(rgb, ("#ffffff", "#ffe14d", "#ff7f6b", "#c78cf0", "#ffffff")))
HEART = rgb("#f2a81d")


def colour(value):
    """A colour as (3, 1, 1) float32, ready to be spread over a canvas."""
    return np.array(value, np.float32)[:, None, None]


def sky(canvas, rng, weather, horizon, sun):
    """Gradient, sun and clouds, down to the horizon.

    Parameters
    ----------
    canvas : ndarray (3, H, W) float32
        Changed in place.
    rng : numpy.random.Generator
    weather : Weather
    horizon : float
        In pixels from the top.
    sun : tuple of 2 float
        Centre of the sun, in units of the picture's side.
    """
    size = canvas.shape[-1]
    rows = slice(0, int(horizon) + 2)
    x, y = centres(slice(0, size)), centres(rows)[:, None]
    height = np.minimum(y / np.float32(horizon), 1) ** np.float32(1.3)
    canvas[:, rows] = colour(weather.zenith) + (colour(weather.haze) - colour(weather.zenith)) * height
    dx, dy = x - np.float32(sun[0] * size), y - np.float32(sun[1] * size)
    distance = np.sqrt(dx * dx + dy * dy)
    bright = np.exp(distance * np.float32(-7 / size)) * np.float32(0.6)
    if weather.disc:
        np.maximum(bright, np.clip(0.05 * size + 0.5 - distance, 0, 1), out=bright)
    canvas[:, rows] += (colour(weather.sun) - canvas[:, rows]) * bright
    for _ in range(int(rng.integers(0, 4))):
        sprite = cloud(rng, weather, horizon, size)
        if sprite is not None:
            sprite.paint(canvas)


def cloud(rng, weather, horizon, size):
    """A flat-bottomed heap of puffs."""
    count = int(rng.integers(3, 7))
    x = np.linspace(-1, 1, count) + rng.uniform(-0.1, 0.1, count)
    radius = (0.45 - 0.25 * x * x) * rng.uniform(0.8, 1.2, count)
    puffs = [(a, 0.8 * r, r, a, 0.8 * r, r) for a, r in zip(x.tolist(), radius.tolist())]
    hue = mix(weather.cloud, weather.haze, 0.1 + 0.3 * rng.random())
    layer = Layer([*puffs, (-0.9, 0.12, 0.12, 0.9, 0.12, 0.12)], hue, round=0.08, flat=0.45)
    scale = (0.06 + 0.07 * rng.random()) * size
    return draw(
        [layer], Pose(rng.random() * size, (0.15 + 0.5 * rng.random()) * horizon, scale, False, (0, -1)), size
    )


def land(canvas, rng, weather, horizon):
    """Two lines of hills, the meadow in front of them, and what grows there.

    Returns
    -------
    ndarray (H, W) bool
        Where the land is.
    """
    size = canvas.shape[-1]
    mask = np.zeros((size, size), bool)
    y = centres(slice(0, size))[:, None]
    far = mix(mix(weather.far_grass, weather.haze, 0.45), weather.zenith, 0.28)
    hills = (
        (0.055, 0.035, (0.7, 1.7, 3.1), far),
        (0.012, 0.018, (0.5, 1.3, 2.3), mix(weather.far_grass, weather.haze, 0.2)),
    )
    for lift, height, waves, hue in hills:
        line = horizon - (lift + height * ridge(rng, size, waves)) * size
        rows = slice(max(int(line.min()) - 1, 0), int(horizon) + 2)
        cover = np.clip(y[rows] - line + np.float32(0.5), 0, 1)
        canvas[:, rows] += (colour(hue) - canvas[:, rows]) * cover
        mask[rows] |= cover > 0.5
    grass(canvas, rng, weather, horizon)
    growth(canvas, rng, weather, horizon)
    mask[int(horizon) + 1 :] = True
    return mask


def ridge(rng, size, waves):
    """A hill line (size,) in [-1, 1]: sines of the given numbers of waves."""
    x = centres(slice(0, size)) * np.float32(2 * np.pi / size)
    phases = rng.random(len(waves)).astype(np.float32) * np.float32(2 * np.pi)
    return (
        sum(
            np.sin(x * w + phase) / (k + 1)
            for k, (w, phase) in enumerate(zip(map(np.float32, waves), phases))
        )
        / 2
    )


def grass(canvas, rng, weather, horizon):
    """The meadow below the horizon: a texture on a plane, seen in perspective."""
    size = canvas.shape[-1]
    rows = slice(int(horizon), size)
    y = centres(rows)[:, None]
    x = centres(slice(0, size)) / np.float32(size) - np.float32(0.5)
    nearness = np.clip((y - np.float32(horizon)) / np.float32(size - horizon), 0, 1)
    depth = 1 / (nearness + np.float32(0.14))
    texture = noise(size)
    cells = texture.shape[-1]
    shift = rng.random(2)
    column = (((x * depth) * np.float32(0.9 * cells)).astype(np.int32) + int(shift[0] * cells)) % cells
    row = ((depth * np.float32(0.45 * cells)).astype(np.int32) + int(shift[1] * cells)) % cells
    brightness = 1 + texture[row, column] * np.clip(nearness * 3 + np.float32(0.15), 0, 1)
    hue = colour(weather.far_grass) + (colour(weather.near_grass) - colour(weather.far_grass)) * np.sqrt(
        nearness
    )
    cover = np.clip(y - np.float32(horizon - 0.5), 0, 1)
    canvas[:, rows] += (hue * brightness - canvas[:, rows]) * cover


@lru_cache(maxsize=16)
def noise(size):
    """A texture of soft clumps and upright blades that repeats without a seam: (n, n) float32, about +-0.3.

    It is the same for every scene. A small picture looks at an averaged copy, as a camera would. The array is shared
    between callers, so it is read-only.
    """
    rng = np.random.default_rng(TEXTURE_SEED)
    tile = np.zeros((TILE, TILE))
    for columns, rows, strength in ((8, 8, 0.09), (24, 24, 0.06), (128, 32, 0.07), (256, 64, 0.06)):
        tile += strength * smooth(rng.uniform(-1, 1, (rows, columns)))
    block = 1 << max((TILE // (2 * size)).bit_length() - 1, 0)  # a power of two, so that it divides TILE
    tile = tile.reshape(TILE // block, block, TILE // block, block).mean(axis=(1, 3)).astype(np.float32)
    tile.flags.writeable = False
    return tile


def smooth(coarse):
    """A grid stretched to TILE x TILE with soft steps, wrapping around."""
    for axis, shape in ((0, (-1, 1)), (1, (1, -1))):
        count = coarse.shape[axis]
        low, t = np.divmod(np.arange(TILE) * (count / TILE), 1)
        low = low.astype(int)
        t = (t * t * (3 - 2 * t)).reshape(shape)
        coarse = np.take(coarse, low, axis) * (1 - t) + np.take(coarse, (low + 1) % count, axis) * t
    return coarse


def growth(canvas, rng, weather, horizon):
    """Tufts of grass and some flowers, larger towards the viewer."""
    size = canvas.shape[-1]
    tufts, blossoms = 45, int(rng.integers(0, 40))
    spread = rng.random((tufts + blossoms, 2))
    near = 0.1 + 0.9 * spread[:, 1]
    x, y = spread[:, 0] * size, horizon + near * (size - horizon)
    blade = near[:tufts] * size * 0.03
    lean = np.array([[-0.5], [0.0], [0.5]]) + rng.uniform(-0.5, 0.5, (3, tufts))
    petal = (0.0025 + 0.0055 * near[tufts:]) * size
    blades = capsules(
        x[:tufts], y[:tufts], 0.09 * blade, x[:tufts] + lean * blade, y[:tufts] - blade, 0.02 * blade
    )
    petals, hearts = (
        capsules(x[tufts:], y[tufts:], r, x[tufts:], y[tufts:], r) for r in (petal, 0.4 * petal)
    )
    hues = [*(tone(weather.near_grass, k) for k in (0.72, 0.9, 1.25)), pick(rng, FLOWERS)]
    hues = np.array(hues, np.float32).repeat([tufts] * 3 + [blossoms], axis=0)
    sprinkle(canvas, np.concatenate([blades, petals]), hues)
    sprinkle(canvas, hearts, np.array([HEART] * blossoms, np.float32))


def capsules(*columns):
    """The capsules (n, 6) float32 of six arrays that broadcast to n elements."""
    return np.array(np.broadcast_arrays(*columns), np.float32).reshape(6, -1).T


def shadow(canvas, x, y, half_width, light, strength):
    """A soft ellipse on the ground at a figure's feet, drawn out away from the light; all in pixels."""
    size = canvas.shape[-1]
    x -= 0.55 * light[0] * half_width
    rx, ry = 1.15 * half_width, max(0.24 * half_width, 0.8)
    rows = slice(max(int(y - ry), 0), min(int(y + ry) + 2, size))
    columns = slice(max(int(x - rx), 0), min(int(x + rx) + 2, size))
    dx = (centres(columns) - np.float32(x)) / np.float32(rx)
    dy = (centres(rows)[:, None] - np.float32(y)) / np.float32(ry)
    depth = np.clip(1 - dx * dx - dy * dy, 0, 1)
    canvas[:, rows, columns] *= 1 - depth * (2 - depth) * np.float32(strength)
