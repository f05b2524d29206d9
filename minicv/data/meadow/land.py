"""Sky, hills and grass: everything that the figures stand in front of."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .figure import mix, pick, rgb
from .paint import Layer, Pose, draw

TILE = 512


@dataclass(frozen=True, slots=True)
class Weather:
    """The colours of an hour of the day."""

    name: str
    zenith: tuple
    haze: tuple  # the sky above the horizon, and what distance fades to
    sun: tuple
    far_grass: tuple
    near_grass: tuple
    cloud: tuple
    tint: tuple  # multiplies the whole picture
    shadow: float  # how dark cast shadows are


WEATHERS = (
    Weather(
        "a clear day",
        rgb("#3f8fdc"),
        rgb("#cfe9f7"),
        rgb("#fff6cf"),
        rgb("#a3c765"),
        rgb("#4f8f2f"),
        rgb("#ffffff"),
        (1.0, 1.0, 1.0),
        0.42,
    ),
    Weather(
        "a spring day",
        rgb("#58b2e6"),
        rgb("#e2f4ee"),
        rgb("#fffbe0"),
        rgb("#b8d66b"),
        rgb("#5fa338"),
        rgb("#ffffff"),
        (1.02, 1.02, 0.98),
        0.38,
    ),
    Weather(
        "the morning",
        rgb("#8dbce6"),
        rgb("#fde6cf"),
        rgb("#fff0c0"),
        rgb("#b5c987"),
        rgb("#5c9150"),
        rgb("#fff4ea"),
        (1.0, 0.98, 0.97),
        0.33,
    ),
    Weather(
        "the evening",
        rgb("#7f9fd0"),
        rgb("#ffcf94"),
        rgb("#ffe08a"),
        rgb("#c3b85c"),
        rgb("#6f8a2e"),
        rgb("#ffe3c4"),
        (1.04, 0.97, 0.86),
        0.45,
    ),
    Weather(
        "an overcast day",
        rgb("#a9b8c4"),
        rgb("#e3e8ea"),
        rgb("#f4f4ee"),
        rgb("#9db377"),
        rgb("#57803f"),
        rgb("#f3f5f6"),
        (0.95, 0.96, 0.98),
        0.22,
    ),
)


@lru_cache(maxsize=16)
def noise(size):
    """Two textures (TILE, TILE) in [-1, 1] that repeat without a seam: soft clumps and upright blades.

    They are the same for every scene, and made for pictures of side `size`: a small picture looks at an averaged copy, as a
    camera would. The array is shared, so it is read-only.
    """
    rng = np.random.default_rng(20170502)
    fields = []
    for cells, stretch in (((8, 16, 48), 1), ((128, 256), 4)):
        field = np.zeros((TILE, TILE))
        for count in cells:
            coarse = rng.uniform(-1, 1, (max(count // stretch, 2), count))
            field += smooth(coarse) / count**0.3
        fields.append(field / np.abs(field).max())
    tile = np.array(fields, np.float32)
    block = max(TILE // size // 2, 1)
    small = tile.reshape(2, TILE // block, block, TILE // block, block).mean(axis=(2, 4))
    small.flags.writeable = False
    return small


def smooth(coarse):
    """A grid stretched to TILE x TILE, bilinear, wrapping around."""
    for axis in (0, 1):
        count = coarse.shape[axis]
        position = np.arange(TILE) * (count / TILE)
        low = position.astype(int)
        shape = (-1, 1) if axis == 0 else (1, -1)
        t = (position - low).reshape(shape)
        t = t * t * (3 - 2 * t)
        coarse = np.take(coarse, low, axis) * (1 - t) + np.take(coarse, (low + 1) % count, axis) * t
    return coarse


def colour(value):
    """A colour as (3, 1, 1) float32, ready to be spread over a canvas."""
    return np.array(value, np.float32)[:, None, None]


def sky(canvas, rng, weather, horizon, sun):
    """Gradient, sun and clouds, down to the horizon (in pixels)."""
    size = canvas.shape[-1]
    rows = int(horizon) + 2
    y = (np.arange(rows, dtype=np.float32) + 0.5)[:, None] / horizon
    x = np.arange(size, dtype=np.float32) + 0.5
    canvas[:, :rows] = (
        colour(weather.zenith) + (colour(weather.haze) - colour(weather.zenith)) * np.minimum(y, 1) ** 1.3
    )
    distance = np.hypot(x - sun[0] * size, (y * horizon) - sun[1] * size) / size
    glow = np.exp(distance * -7) * 0.55
    disc = np.clip(0.5 + (0.055 - distance) * size, 0, 1) if weather.shadow > 0.3 else 0
    canvas[:, :rows] += (colour(weather.sun) - canvas[:, :rows]) * np.maximum(glow, disc)
    for _ in range(int(rng.integers(0, 4))):
        cloud(rng, weather, horizon / size).paint_into(canvas, size)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Layers and a place in units of the picture's side."""

    layers: list
    x: float
    y: float
    scale: float

    def paint_into(self, canvas, size):
        """Draw on the canvas."""
        sprite = draw(
            self.layers, Pose(self.x * size, self.y * size, self.scale * size, False, (0.0, -1.0)), size
        )
        if sprite is not None:
            sprite.paint(canvas)


def cloud(rng, weather, horizon):
    """A flat-bottomed heap of puffs."""
    count = int(rng.integers(3, 7))
    x = np.linspace(-1, 1, count) + rng.uniform(-0.1, 0.1, count)
    radius = (0.45 - 0.25 * x * x) * rng.uniform(0.8, 1.2, count)
    puffs = [
        (float(a), float(r) * 0.8, float(r), float(a), float(r) * 0.8, float(r)) for a, r in zip(x, radius)
    ]
    base = (-0.9, 0.12, 0.12, 0.9, 0.12, 0.12)
    layer = Layer(
        [*puffs, base], mix(weather.cloud, weather.haze, 0.15 + 0.3 * rng.random()), round=0.08, flat=0.45
    )
    scale = 0.06 + 0.07 * rng.random()
    return Cloud([layer], float(rng.random()), (0.15 + 0.5 * rng.random()) * horizon, scale)


def ridge(rng, size, waves):
    """A hill line: heights (size,) in [-1, 1]."""
    x = (np.arange(size, dtype=np.float32) + 0.5) / size
    phase = rng.uniform(0, 2 * np.pi, len(waves))
    return (
        sum(np.sin(x * wave * 2 * np.pi + p) / (k + 1) for k, (wave, p) in enumerate(zip(waves, phase))) / 1.5
    )


def grass(canvas, rng, weather, horizon):
    """Two lines of hills and the meadow in front.

    Returns
    -------
    ndarray (H, W) bool
        Where the land is.
    """
    size = canvas.shape[-1]
    land = np.zeros((size, size), bool)
    y = (np.arange(size, dtype=np.float32) + 0.5)[:, None]
    hills = (
        (0.055, 0.035, (0.7, 1.7, 3.1), mix(mix(weather.far_grass, weather.haze, 0.5), weather.zenith, 0.25)),
        (0.012, 0.018, (0.5, 1.3, 2.3), mix(weather.far_grass, weather.haze, 0.2)),
    )
    for lift, height, waves, hue in hills:
        line = horizon - (lift + height * ridge(rng, size, waves)) * size
        top = max(int(line.min()) - 1, 0)
        cover = np.clip(y[top:] - line + 0.5, 0, 1)
        canvas[:, top:] += (colour(hue) - canvas[:, top:]) * cover
        land[top:] |= cover > 0.5
    meadow(canvas, rng, weather, horizon)
    land[int(np.ceil(horizon)) :] = True
    return land


def meadow(canvas, rng, weather, horizon):
    """Grass below the horizon, textured in perspective."""
    size = canvas.shape[-1]
    top = int(horizon)
    y = (np.arange(top, size, dtype=np.float32) + 0.5)[:, None]
    x = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    t = np.clip((y - horizon) / (size - horizon), 0, 1)
    texture = noise(size)
    cells = texture.shape[-1]
    depth = 1 / (t + 0.14)
    shift = rng.random(2)
    column = ((x * depth * 0.9 + shift[0]) * cells).astype(np.int32) % cells
    row = ((depth * 0.45 + shift[1]) * cells).astype(np.int32) % cells
    fade = np.clip(t * 3 + 0.15, 0, 1)
    brightness = 1 + fade * (0.16 * texture[0, row, column] + 0.16 * texture[1, row, column])
    hue = colour(weather.far_grass) + (colour(weather.near_grass) - colour(weather.far_grass)) * np.sqrt(t)
    cover = np.clip(y - horizon + 0.5, 0, 1)
    canvas[:, top:] += (hue * brightness - canvas[:, top:]) * cover


def shadow(canvas, x, y, half_width, light_x, strength):
    """A soft ellipse on the ground beside a figure's feet, away from the light; all in pixels."""
    size = canvas.shape[-1]
    x -= light_x * 0.55 * half_width
    rx, ry = 1.15 * half_width, max(0.24 * half_width, 0.8)
    rows = slice(max(int(y - ry), 0), min(int(y + ry) + 2, size))
    columns = slice(max(int(x - rx), 0), min(int(x + rx) + 2, size))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    dx = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - x) / rx
    dy = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - y)[:, None] / ry
    depth = np.clip(1 - dx * dx - dy * dy, 0, 1)
    canvas[:, rows, columns] *= 1 - strength * depth * (2 - depth)


FLOWERS = tuple(map(rgb, ("#ffffff", "#ffe14d", "#ff7f6b", "#c78cf0", "#ffffff")))


def flowers(canvas, rng, horizon):
    """Flowers in the grass: dots that grow towards the viewer."""
    size = canvas.shape[-1]
    count = int(rng.integers(0, 40))
    if count == 0:
        return
    petal = pick(rng, FLOWERS)
    spread = rng.random((2, count)).astype(np.float32)
    depth = 0.12 + 0.88 * spread[1]
    x, y = spread[0] * size, horizon + depth * (size - horizon)
    radius = (0.0028 + 0.006 * depth) * size
    reach = int(radius.max()) + 1
    offset = np.arange(-reach, reach + 1)
    columns = x.astype(int)[:, None, None] + offset
    rows = y.astype(int)[:, None, None] + offset[:, None]
    distance = np.hypot(
        columns + np.float32(0.5) - x[:, None, None], (rows + np.float32(0.5) - y[:, None, None]) * 1.3
    )
    cover = np.clip(radius[:, None, None] - distance + 0.5, 0, 1)
    inside = (cover > 0) & (rows < size) & (rows >= 0) & (columns < size) & (columns >= 0)
    heart = np.clip(0.4 * radius[:, None, None] - distance + 0.5, 0, 1)[inside] * (size > 96)
    columns, rows = np.broadcast_to(columns, cover.shape)[inside], np.broadcast_to(rows, cover.shape)[inside]
    petals = (
        np.array(petal, np.float32)[:, None] * (1 - heart)
        + np.array(rgb("#f2a81d"), np.float32)[:, None] * heart
    )
    under = canvas[:, rows, columns]
    canvas[:, rows, columns] = under + (petals - under) * cover[inside]
