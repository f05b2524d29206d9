"""Cats, dogs, ducks and cows, drawn from the side. All face to the right; the scene mirrors half of them."""

from .figure import Figure, chain, dot, eye, mix, pick, rgb, tone
from .paint import Layer

PINK = rgb("#e8a09a")
DARK = rgb("#2b2422")


def cow(rng):
    """A cow: heavy body on four legs, patches, horns, udder, pink muzzle; looking ahead or grazing."""
    name, coat, patch = pick(
        rng,
        (
            ("black and white", rgb("#f4f1ea"), rgb("#2e2a2b")),
            ("black and white", rgb("#f4f1ea"), rgb("#2e2a2b")),
            ("brown and white", rgb("#f3ece0"), rgb("#8d4f2b")),
            ("brown", rgb("#a9683a"), rgb("#8f5530")),
        ),
    )
    grazing = rng.random() < 0.4
    step = 0.05 * (rng.random() - 0.5)
    hx, hy = (1.00, 0.30) if grazing else (0.93, 1.10)  # the middle of the head
    far, near = tone(coat, 0.8), coat
    hoof = rgb("#4a3d36")

    def legs(dx, colour, back=-0.52, front=0.40):
        limbs = [
            *chain((back + dx, 0.62, 0.15), (back + dx - 0.05, 0.34, 0.075), (back + dx + step, 0.10, 0.075)),
            *chain(
                (front + dx, 0.58, 0.12), (front + dx + 0.02, 0.34, 0.075), (front + dx - step, 0.10, 0.075)
            ),
        ]
        hooves = [
            (back + dx + step, 0.09, 0.075, back + dx + step + 0.03, 0.05, 0.085),
            (front + dx - step, 0.09, 0.075, front + dx - step + 0.03, 0.05, 0.085),
        ]
        return [Layer(limbs, colour), Layer(hooves, hoof)]

    spots = [dot(-0.42 + 0.1 * rng.random(), 0.92, 0.17), dot(-0.62, 0.80, 0.13)]
    spots += [dot(0.02 + 0.1 * rng.random(), 0.66 + 0.1 * rng.random(), 0.14), dot(0.16, 0.80, 0.12)]
    spots += [dot(0.44, 0.98, 0.12)]
    down = 1 if grazing else 0
    body = [
        (-0.46, 0.76, 0.31, 0.40, 0.76, 0.30),
        dot(-0.05, 0.66, 0.31),
        (0.48, 0.86, 0.22, hx - 0.12, hy + (0.12 if grazing else 0.0), 0.15),
    ]
    head = [(hx - 0.08, hy + 0.05, 0.155, hx + 0.10, hy - 0.08 - 0.03 * down, 0.115)]
    mx, my = hx + 0.14, hy - 0.11 - 0.03 * down
    layers = [
        Layer(chain((-0.74, 0.92, 0.04), (-0.86, 0.72, 0.03), (-0.84, 0.42, 0.025)), tone(coat, 0.85)),
        Layer([(-0.84, 0.44, 0.03, -0.85, 0.28, 0.06)], patch),
        *legs(0.13, far),
        Layer([(-0.22, 0.44, 0.11, -0.12, 0.42, 0.10)], PINK),
        *legs(0.0, near),
        Layer(body, coat, round=0.06),
        Layer(spots, patch, decal=True, round=0.05),
        Layer([(hx - 0.15, hy + 0.12, 0.05, hx - 0.36, hy + 0.10, 0.035)], patch),
        Layer(
            chain((hx - 0.02, hy + 0.17, 0.035), (hx + 0.03, hy + 0.27, 0.03), (hx + 0.0, hy + 0.34, 0.008)),
            rgb("#d9c9a3"),
        ),
        Layer(head, coat),
        Layer([dot(hx - 0.10, hy + 0.09, 0.13)], patch, decal=True),
        Layer([(mx, my, 0.105, mx + 0.02, my - 0.02, 0.095)], PINK),
        Layer([dot(mx + 0.06, my + 0.02, 0.02)], rgb("#8c4f4f"), decal=True, flat=1),
        *eye(hx + 0.02, hy + 0.08, 0.032),
    ]
    pose = "grazing" if grazing else "standing"
    return Figure("cow", layers, 1.0, 1.45, attributes={"colour": name, "pose": pose})


def dog(rng):
    """A dog: muzzle with a dark nose, hanging ears, raised tail, collar; standing, running or sitting."""
    name, coat, trim = pick(
        rng,
        (
            ("brown", rgb("#9a5f33"), rgb("#5f3719")),
            ("golden", rgb("#d9a252"), rgb("#a8702c")),
            ("black", rgb("#4a4547"), rgb("#2c292b")),
            ("white", rgb("#efe7da"), rgb("#9c6a3f")),
        ),
    )
    pose = pick(rng, ("standing", "running", "sitting"))
    collar = pick(rng, (rgb("#d8342c"), rgb("#2f6fd0"), rgb("#f2b632")))
    far = tone(coat, 0.78)
    if pose == "sitting":
        hx, hy = 0.22, 0.80
        back = [Layer(chain((-0.30, 0.10, 0.06), (-0.48, 0.12, 0.05), (-0.60, 0.26, 0.035)), coat)]
        back += [Layer(chain((0.20, 0.42, 0.09), (0.24, 0.10, 0.06), (0.29, 0.06, 0.06)), far)]
        body = [(-0.18, 0.22, 0.21, 0.10, 0.50, 0.18), (0.10, 0.52, 0.16, hx - 0.05, hy - 0.06, 0.12)]
        front = [
            Layer([dot(-0.14, 0.18, 0.18), (-0.10, 0.06, 0.06, 0.06, 0.06, 0.055)], coat),
            Layer(chain((0.13, 0.42, 0.10), (0.16, 0.10, 0.06), (0.21, 0.06, 0.06)), coat),
        ]
        chest = (0.21, 0.48, 0.10, 0.20, 0.38, 0.07)
    else:
        hx, hy = 0.50, 0.80
        swing = 0.20 if pose == "running" else 0.02
        lift = 0.05 if pose == "running" else 0.0
        tail = chain((-0.42, 0.56, 0.06), (-0.58, 0.70, 0.05), (-0.62, 0.86, 0.03))
        back = [
            Layer(tail, coat),
            Layer(
                chain(
                    (-0.28, 0.44, 0.11),
                    (-0.30 + 0.5 * swing, 0.24, 0.06),
                    (-0.26 + swing, 0.06 + lift, 0.055),
                )
                + chain(
                    (0.28, 0.44, 0.10), (0.30 - 0.3 * swing, 0.24, 0.06), (0.32 - swing, 0.06 + lift, 0.055)
                ),
                far,
            ),
        ]
        body = [(-0.28, 0.50, 0.165, 0.24, 0.50, 0.19), (0.26, 0.56, 0.16, hx - 0.05, hy - 0.04, 0.125)]
        front = [
            Layer(
                chain(
                    (-0.34, 0.46, 0.12),
                    (-0.40 - 0.3 * swing, 0.24, 0.06),
                    (-0.37 - swing, 0.06, 0.055),
                    (-0.32 - swing, 0.05, 0.05),
                )
                + chain(
                    (0.22, 0.44, 0.11),
                    (0.24 + 0.6 * swing, 0.24, 0.06),
                    (0.23 + 1.2 * swing, 0.06, 0.055),
                    (0.28 + 1.2 * swing, 0.05, 0.05),
                ),
                coat,
            )
        ]
        chest = (0.38, 0.54, 0.11, 0.36, 0.44, 0.08)
    head = [dot(hx, hy, 0.15), (hx + 0.08, hy - 0.04, 0.10, hx + 0.24, hy - 0.07, 0.07)]
    layers = [
        *back,
        Layer([(hx + 0.02, hy + 0.10, 0.05, hx - 0.02, hy - 0.08, 0.06)], tone(trim, 0.8)),
        Layer(body, coat, round=0.05),
        Layer([chest], mix(coat, (1, 1, 1), 0.35), decal=True),
        *front,
        Layer([(hx - 0.12, hy - 0.16, 0.035, hx + 0.08, hy - 0.21, 0.035)], collar, decal=True),
        Layer(head, coat),
        Layer(
            [(hx + 0.20, hy - 0.10, 0.045, hx + 0.26, hy - 0.10, 0.045)],
            mix(coat, (1, 1, 1), 0.35),
            decal=True,
        ),
        Layer([(hx + 0.28, hy - 0.03, 0.04, hx + 0.30, hy - 0.03, 0.035)], DARK),
        Layer(
            chain((hx - 0.05, hy + 0.10, 0.05), (hx - 0.13, hy + 0.02, 0.065), (hx - 0.13, hy - 0.10, 0.06)),
            trim,
        ),
        *eye(hx + 0.07, hy + 0.035, 0.027),
    ]
    return Figure("dog", layers, 0.6, 0.98, attributes={"colour": name, "pose": pose})


def cat(rng):
    """A cat: round head, pointed ears, whisker pads, long tail, tabby stripes; sitting, standing or walking."""
    name, coat, stripe = pick(
        rng,
        (
            ("orange", rgb("#e8923a"), rgb("#b9611c")),
            ("grey", rgb("#9a9ea8"), rgb("#6a6e7a")),
            ("black", rgb("#403c46"), rgb("#2d2a33")),
            ("white", rgb("#f1ede6"), rgb("#d8cfc2")),
        ),
    )
    pose = pick(rng, ("sitting", "walking"))
    pale = mix(coat, (1, 1, 1), 0.55)
    curl = rng.random() * 0.12
    if pose == "sitting":
        hx, hy = 0.10, 0.62
        back = [
            Layer(
                chain(
                    (-0.20, 0.08, 0.05),
                    (-0.38, 0.10, 0.05),
                    (-0.44, 0.26 + curl, 0.045),
                    (-0.36, 0.38 + curl, 0.035),
                ),
                coat,
            )
        ]
        body = [(-0.08, 0.19, 0.19, 0.05, 0.42, 0.13), dot(hx, hy - 0.06, 0.10)]
        front = [
            Layer([(0.08, 0.36, 0.07, 0.12, 0.06, 0.045), (0.12, 0.05, 0.045, 0.16, 0.045, 0.045)], coat),
            Layer([dot(-0.10, 0.15, 0.14), (-0.06, 0.05, 0.05, 0.04, 0.05, 0.045)], coat),
        ]
        lines = [
            (-0.26, 0.36, 0.018, -0.14, 0.32, 0.014),
            (-0.29, 0.26, 0.018, -0.18, 0.23, 0.014),
            (-0.18, 0.46, 0.018, -0.06, 0.42, 0.014),
        ]
    else:
        hx, hy = 0.40, 0.56
        back = [
            Layer(
                chain(
                    (-0.30, 0.40, 0.05),
                    (-0.44, 0.50, 0.045),
                    (-0.46, 0.68, 0.04),
                    (-0.38 - curl, 0.80, 0.035),
                ),
                coat,
            ),
            Layer(
                chain((-0.20, 0.30, 0.08), (-0.14, 0.16, 0.05), (-0.16, 0.05, 0.045))
                + chain((0.22, 0.28, 0.07), (0.22, 0.16, 0.05), (0.16, 0.05, 0.045)),
                tone(coat, 0.78),
            ),
        ]
        body = [(-0.22, 0.35, 0.13, 0.20, 0.35, 0.13), (0.22, 0.38, 0.11, hx - 0.04, hy - 0.04, 0.10)]
        front = [
            Layer(
                chain((-0.25, 0.32, 0.09), (-0.28, 0.18, 0.05), (-0.30, 0.05, 0.045), (-0.26, 0.045, 0.045))
                + chain((0.17, 0.30, 0.08), (0.21, 0.16, 0.05), (0.24, 0.05, 0.045), (0.28, 0.045, 0.045)),
                coat,
            )
        ]
        lines = [
            (-0.24, 0.50, 0.018, -0.22, 0.38, 0.014),
            (-0.12, 0.50, 0.018, -0.10, 0.37, 0.014),
            (0.0, 0.50, 0.018, 0.02, 0.38, 0.014),
            (0.12, 0.50, 0.018, 0.13, 0.40, 0.014),
        ]
    ears = [
        (hx - 0.09, hy + 0.08, 0.065, hx - 0.13, hy + 0.23, 0.006),
        (hx + 0.08, hy + 0.09, 0.065, hx + 0.10, hy + 0.24, 0.006),
    ]
    inner = [
        (hx + 0.08, hy + 0.10, 0.03, hx + 0.095, hy + 0.19, 0.004),
        (hx - 0.09, hy + 0.10, 0.03, hx - 0.12, hy + 0.18, 0.004),
    ]
    layers = [
        *back,
        Layer(body, coat, round=0.05),
        Layer(lines, stripe, decal=True, flat=0.5, round=0.01),
        *front,
        Layer([(hx, hy, 0.135, hx + 0.03, hy - 0.005, 0.135), *ears], coat, round=0.015),
        Layer(inner, PINK, decal=True, flat=0.5, round=0.01),
        Layer(
            [dot(hx + 0.07, hy - 0.05, 0.055), dot(hx + 0.13, hy - 0.05, 0.045)], pale, decal=True, flat=0.6
        ),
        Layer([dot(hx + 0.105, hy - 0.015, 0.018)], rgb("#c9646a"), decal=True, flat=1),
        Layer(
            [dot(hx + 0.035, hy + 0.03, 0.033), dot(hx + 0.125, hy + 0.03, 0.028)],
            rgb("#a8c64a"),
            decal=True,
            flat=1,
            round=0.005,
        ),
        Layer(
            [dot(hx + 0.04, hy + 0.03, 0.018), dot(hx + 0.128, hy + 0.03, 0.016)],
            DARK,
            decal=True,
            flat=1,
            round=0.005,
        ),
    ]
    return Figure("cat", layers, 0.45, 0.85, attributes={"colour": name, "pose": pose})


def duck(rng):
    """A duck: boat-shaped body, upturned tail, round head on a neck, flat orange beak, folded wing."""
    name, body_colour, head_colour, wing = pick(
        rng,
        (
            ("white", rgb("#f7f4ec"), rgb("#f7f4ec"), rgb("#dcd8cf")),
            ("yellow", rgb("#f6cf3f"), rgb("#f6cf3f"), rgb("#dcae28")),
            ("green-headed", rgb("#a79a8c"), rgb("#1f7a4a"), rgb("#7d7166")),
        ),
    )
    orange = rgb("#f08a24")
    wild = name == "green-headed"
    hx, hy = 0.23, 0.56
    stride = 0.04 * (rng.random() - 0.5)
    layers = [
        Layer(
            [
                (0.04, 0.16, 0.03, 0.05 + stride, 0.03, 0.028),
                (0.05 + stride, 0.025, 0.025, 0.13 + stride, 0.02, 0.03),
            ],
            tone(orange, 0.8),
        ),
        Layer(
            [
                (-0.04, 0.16, 0.03, -0.04 - stride, 0.03, 0.028),
                (-0.04 - stride, 0.025, 0.025, 0.05 - stride, 0.02, 0.03),
            ],
            orange,
        ),
        Layer(
            [
                (-0.12, 0.24, 0.125, 0.10, 0.26, 0.155),
                (-0.20, 0.27, 0.09, -0.40, 0.41, 0.012),
                (0.16, 0.32, 0.09, hx - 0.02, hy - 0.06, 0.06),
            ],
            body_colour,
            round=0.05,
        ),
        Layer(
            [dot(0.20, 0.29, 0.11)], rgb("#6e4630") if wild else tone(body_colour, 1.03), decal=True, flat=0.3
        ),
        Layer(chain((0.02, 0.29, 0.085), (-0.16, 0.27, 0.06), (-0.30, 0.31, 0.01)), wing, round=0.02),
        Layer(
            [(hx - 0.05, hy - 0.13, 0.03, hx + 0.04, hy - 0.14, 0.03)],
            (1, 1, 1) if wild else body_colour,
            decal=True,
            flat=0.4,
        ),
        Layer(
            chain(
                (hx + 0.09, hy - 0.01, 0.045), (hx + 0.17, hy - 0.03, 0.032), (hx + 0.25, hy - 0.025, 0.026)
            ),
            orange,
        ),
        Layer([dot(hx, hy, 0.105), (hx, hy, 0.10, hx - 0.02, hy - 0.07, 0.07)], head_colour),
        *eye(hx + 0.045, hy + 0.03, 0.022),
    ]
    return Figure("duck", layers, 0.4, 0.68, attributes={"colour": name, "pose": "standing"})
