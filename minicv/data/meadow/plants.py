"""Trees: broad ones, birches, poplars and firs, in the greens of spring and summer, and some in blossom."""

import numpy as np

from .figure import Figure, chain, dot, mix, pick, rgb, tone
from .paint import Layer

BARK = rgb("#7a563a")
GREENS = tuple(map(rgb, ("#4f9436", "#62a53a", "#3d8643", "#7cab38")))
LEAVES = (*GREENS, *GREENS, rgb("#e0922f"), rgb("#f0b4c8"))
NEEDLES = tuple(map(rgb, ("#2f7350", "#3a7d4c", "#2a6658")))
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def tree(rng):
    """A tree, 2.3 to 2.5 metres high."""
    return pick(rng, (oak, oak, fir, birch, poplar))(rng)


def crown(rng, x, y, width, height, count, leaf):
    """A leafy crown: round clumps on a sunflower spiral over an ellipse, in three tones, the lightest on top."""
    k = np.arange(count) + 0.5
    angle, radius = k * GOLDEN_ANGLE + 6.3 * rng.random(), np.sqrt(k / count)
    clumps = np.column_stack(
        [x + width * radius * np.cos(angle), y + height * radius * np.sin(angle)]
    ).tolist()
    size = 0.52 * min(width, height) + 0.1 * max(width, height)
    whole = [dot(cx, cy, size) for cx, cy in clumps]
    middle = [dot(cx, cy + 0.22 * size, 0.74 * size) for cx, cy in clumps]
    light = [dot(cx, cy + 0.42 * size, 0.46 * size) for cx, cy in clumps if cy > y - 0.5 * height]
    return [
        Layer([*whole, dot(x, y, size)], tone(leaf, 0.78), round=0.03),
        Layer(middle, leaf, decal=True, round=0.012),
        Layer(light, mix(leaf, (1, 1, 0.55), 0.2), decal=True, round=0.02, flat=0.4),
    ]


def oak(rng):
    """A broad crown on a forked trunk."""
    trunk = [
        (0, 0.02, 0.15, 0, 0.75, 0.10),
        (0, 0.6, 0.08, 0.3, 1.15, 0.05),
        (0, 0.6, 0.08, -0.3, 1.15, 0.05),
        (-0.14, 0.0, 0.06, 0.14, 0.0, 0.06),
    ]
    leaves = crown(rng, 0, 1.55, 0.68, 0.50, 12, pick(rng, LEAVES))
    return Figure("tree", [Layer(trunk, BARK, round=0.05), *leaves], 0.95, 2.3)


def birch(rng):
    """A slim crown on a white trunk with dark marks."""
    marks = [
        (side * 0.05, y, 0.016, side * 0.01, y, 0.012)
        for side, y in ((1, 0.2), (-1, 0.38), (1, 0.55), (-1, 0.72), (1, 0.9))
    ]
    leaf = mix(pick(rng, GREENS), rgb("#b2cc4e"), 0.4)
    layers = [
        Layer(chain((0, 0.02, 0.085), (0.02, 0.7, 0.07), (0, 1.3, 0.05)), rgb("#f1ede3")),
        Layer(marks, rgb("#4c4642"), decal=True, flat=1, round=0.005),
        *crown(rng, 0, 1.6, 0.36, 0.60, 11, leaf),
    ]
    return Figure("tree", layers, 0.62, 2.45)


def poplar(rng):
    """A tall, narrow flame."""
    trunk = Layer([(0, 0.02, 0.09, 0, 0.6, 0.08)], BARK)
    whole, *lights = crown(rng, 0, 1.35, 0.18, 0.72, 11, pick(rng, GREENS))
    tip = (0, 1.8, 0.22, 0, 2.4, 0.03)
    return Figure("tree", [trunk, whole._replace(capsules=[*whole.capsules, tip]), *lights], 0.45, 2.5)


def fir(rng):
    """Stacked skirts of branches, lighter towards the top."""
    leaf = pick(rng, NEEDLES)
    layers = [Layer([(0, 0.02, 0.09, 0, 0.5, 0.08)], tone(BARK, 0.85))]
    for level, (y, radius) in enumerate(((0.62, 0.52), (1.05, 0.43), (1.45, 0.34), (1.80, 0.24))):
        skirt = [
            (k * radius * 0.82, y - 0.10 + 0.05 * abs(k), 0.05, k * radius * 0.1, y + 0.55, 0.04)
            for k in (-1, -0.5, 0, 0.5, 1)
        ]
        cone = (0, y + 0.06, 0.72 * radius, 0, y + 0.66, 0.03)
        layers.append(Layer([cone, *skirt], tone(leaf, 0.84 + 0.11 * level), round=0.03))
    return Figure("tree", layers, 0.6, 2.5)
