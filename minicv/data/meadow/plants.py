"""Trees: leafy, conifers, birches and poplars, in the greens of the season."""

from .figure import Figure, chain, dot, mix, pick, rgb, tone
from .paint import Layer

BARK = rgb("#7a563a")
LEAVES = tuple(
    map(rgb, ("#4f8f3a", "#5d9c3c", "#3f7f42", "#76a63c", "#5d9c3c", "#4f8f3a", "#d98a2e", "#eeb3c4"))
)
NEEDLES = tuple(map(rgb, ("#2f6b4a", "#37734a", "#2a5f52")))


def tree(rng):
    """A tree, 2 to 2.7 metres high."""
    return pick(rng, (oak, oak, fir, birch, poplar))(rng)


def crown(rng, x, y, width, height, count, leaf):
    """A leafy crown: round clumps in three tones, the lightest on top."""
    clumps = rng.uniform(-1, 1, (count, 2)) * [width, height] + [x, y]
    size = 0.5 * (width + height)
    whole = [dot(*clump, 0.62 * size) for clump in clumps] + [dot(x, y, size)]
    middle = [dot(cx, cy + 0.15 * size, 0.46 * size) for cx, cy in clumps]
    light = [dot(cx - 0.05 * size, cy + 0.32 * size, 0.27 * size) for cx, cy in clumps]
    return [
        Layer(whole, tone(leaf, 0.84), round=0.04),
        Layer(middle, leaf, decal=True, round=0.03, flat=0.3),
        Layer(light, mix(leaf, (1, 1, 0.6), 0.22), decal=True, round=0.03, flat=0.5),
    ]


def oak(rng):
    """A broad crown on a forked trunk."""
    leaf = pick(rng, LEAVES)
    trunk = [
        (0, 0.02, 0.15, 0, 0.75, 0.10),
        (0, 0.6, 0.08, 0.3, 1.1, 0.05),
        (0, 0.6, 0.08, -0.3, 1.1, 0.05),
        (-0.12, 0.0, 0.06, 0.12, 0.0, 0.06),
    ]
    layers = [Layer(trunk, BARK, round=0.05), *crown(rng, 0, 1.55, 0.55, 0.36, 7, leaf)]
    return Figure("tree", layers, 0.95, 2.3)


def birch(rng):
    """A slim crown on a white trunk with dark marks."""
    leaf = mix(pick(rng, LEAVES), rgb("#a8c24a"), 0.4)
    marks = [
        (side * 0.05, y, 0.016, side * 0.01, y, 0.012)
        for side, y in ((1, 0.2), (-1, 0.38), (1, 0.55), (-1, 0.72))
    ]
    layers = [
        Layer(chain((0, 0.02, 0.085), (0.02, 0.7, 0.07), (0, 1.3, 0.05)), rgb("#eeeae0")),
        Layer(marks, rgb("#4c4642"), decal=True, flat=1, round=0.005),
        *crown(rng, 0, 1.65, 0.30, 0.46, 7, leaf),
    ]
    return Figure("tree", layers, 0.62, 2.45)


def poplar(rng):
    """A tall, narrow flame."""
    leaf = pick(rng, LEAVES[:6])
    layers = [Layer([(0, 0.02, 0.09, 0, 0.6, 0.08)], BARK), *crown(rng, 0, 1.45, 0.12, 0.62, 8, leaf)]
    layers[1].capsules.append((0, 0.8, 0.30, 0, 2.35, 0.05))
    return Figure("tree", layers, 0.5, 2.5)


def fir(rng):
    """Stacked cones."""
    leaf = pick(rng, NEEDLES)
    layers = [Layer([(0, 0.02, 0.09, 0, 0.5, 0.08)], tone(BARK, 0.85))]
    for level, (y, radius) in enumerate(((0.62, 0.52), (1.05, 0.43), (1.45, 0.34), (1.80, 0.24))):
        skirt = [
            (side * radius * 0.82, y - 0.10, 0.05, side * radius * 0.1, y + 0.55, 0.04)
            for side in (-1, -0.5, 0, 0.5, 1)
        ]
        fill = (0, y + 0.06, 0.72 * radius, 0, y + 0.66, 0.03)
        layers.append(Layer([fill, *skirt], tone(leaf, 0.86 + 0.09 * level), round=0.03))
    return Figure("tree", layers, 0.6, 2.5)
