"""Cats, dogs, ducks and cows, drawn from the side. All face to the right; the scene mirrors half of them."""

from .figure import Figure, chain, dot, eye, mix, pick, rgb, tone
from .paint import Layer

PINK, DARK, WHITE = rgb("#e8a09a"), rgb("#2b2422"), (1.0, 1.0, 1.0)
FAR = 0.78  # legs on the far side are this much darker

COWS = (  # name, coat, patches
    ("black and white", rgb("#f4f1ea"), rgb("#2e2a2b")),
    ("black and white", rgb("#f4f1ea"), rgb("#2e2a2b")),
    ("brown and white", rgb("#f3ece0"), rgb("#8d4f2b")),
    ("brown", rgb("#a9683a"), rgb("#8f5530")),
)
DOGS = (  # name, coat, ears, collar
    ("brown", rgb("#9a5f33"), rgb("#5f3719"), rgb("#d8342c")),
    ("golden", rgb("#d9a252"), rgb("#a8702c"), rgb("#2f6fd0")),
    ("black", rgb("#4a4547"), rgb("#2c292b"), rgb("#f2b632")),
    ("white", rgb("#efe7da"), rgb("#9c6a3f"), rgb("#2f6fd0")),
)
CATS = (  # name, coat, stripes
    ("orange", rgb("#e8923a"), rgb("#b9611c")),
    ("grey", rgb("#9a9ea8"), rgb("#6a6e7a")),
    ("black", rgb("#403c46"), rgb("#2d2a33")),
    ("white", rgb("#f1ede6"), rgb("#d8cfc2")),
)
DUCKS = (  # name, body, head, wing, breast, ring around the neck
    ("white", rgb("#f7f4ec"), rgb("#f7f4ec"), rgb("#dcd8cf"), rgb("#faf8f2"), rgb("#f7f4ec")),
    ("yellow", rgb("#f6cf3f"), rgb("#f6cf3f"), rgb("#dcae28"), rgb("#fad650"), rgb("#f6cf3f")),
    ("green-headed", rgb("#a79a8c"), rgb("#1f7a4a"), rgb("#7d7166"), rgb("#6e4630"), WHITE),
)


def cow(rng):
    """A cow: heavy body on four legs, patches, horns, udder, pink muzzle; looking up or grazing."""
    name, coat, patch = pick(rng, COWS)
    grazing = rng.random() < 0.4
    step, wander = 0.05 * (rng.random() - 0.5), 0.1 * rng.random()
    hx, hy = (1.00, 0.30) if grazing else (0.93, 1.10)  # the middle of the head
    mx, my = hx + 0.14, hy - (0.14 if grazing else 0.11)  # of the muzzle
    body = [
        (-0.46, 0.76, 0.31, 0.40, 0.76, 0.30),
        dot(-0.05, 0.66, 0.31),
        (0.48, 0.86, 0.22, hx - 0.12, hy + (0.12 if grazing else 0.0), 0.15),
    ]
    spots = [dot(-0.42 + wander, 0.92, 0.17), dot(-0.62, 0.80, 0.13), dot(0.44, 0.98, 0.12)]
    spots += [dot(0.02 + wander, 0.66 + wander, 0.14), dot(0.16, 0.80, 0.12)]
    horn = chain((hx - 0.02, hy + 0.17, 0.035), (hx + 0.03, hy + 0.27, 0.03), (hx, hy + 0.34, 0.008))
    layers = [
        Layer(chain((-0.74, 0.92, 0.04), (-0.86, 0.72, 0.03), (-0.84, 0.42, 0.025)), tone(coat, 0.85)),
        Layer([(-0.84, 0.44, 0.03, -0.85, 0.28, 0.06)], patch),
        *cow_legs(0.13, step, tone(coat, FAR)),
        Layer([(-0.22, 0.44, 0.11, -0.12, 0.42, 0.10)], PINK),
        *cow_legs(0.0, step, coat),
        Layer(body, coat, round=0.06),
        Layer(spots, patch, decal=True, round=0.05),
        Layer([(hx - 0.15, hy + 0.12, 0.05, hx - 0.36, hy + 0.10, 0.035)], patch),
        Layer(horn, rgb("#d9c9a3")),
        Layer([(hx - 0.08, hy + 0.05, 0.155, mx - 0.04, my + 0.03, 0.115)], coat),
        Layer([dot(hx - 0.10, hy + 0.09, 0.13)], patch, decal=True),
        Layer([(mx, my, 0.105, mx + 0.02, my - 0.02, 0.095)], PINK),
        Layer([dot(mx + 0.06, my + 0.02, 0.02)], rgb("#8c4f4f"), decal=True, flat=1),
        *eye(hx + 0.02, hy + 0.08, 0.032),
    ]
    attributes = {"colour": name, "pose": "grazing" if grazing else "standing"}
    return Figure("cow", layers, 1.0, 1.45, attributes=attributes)


def cow_legs(shift, step, colour):
    """A hind leg and a foreleg with their hooves."""
    hind, fore = -0.52 + shift, 0.40 + shift
    legs = chain((hind, 0.62, 0.15), (hind - 0.05, 0.34, 0.075), (hind + step, 0.10, 0.075))
    legs += chain((fore, 0.58, 0.12), (fore + 0.02, 0.34, 0.075), (fore - step, 0.10, 0.075))
    hooves = [(x, 0.09, 0.075, x + 0.03, 0.05, 0.085) for x in (hind + step, fore - step)]
    return [Layer(legs, colour), Layer(hooves, rgb("#4a3d36"))]


def dog(rng):
    """A dog: muzzle with a dark nose, hanging ears, raised tail, collar; standing, running or sitting."""
    name, coat, ears, collar = pick(rng, DOGS)
    pose = pick(rng, ("standing", "running", "sitting"))
    pale = mix(coat, WHITE, 0.35)
    if pose == "sitting":
        (hx, hy), behind, body, before, chest = sitting_dog(coat)
    else:
        (hx, hy), behind, body, before, chest = standing_dog(coat, stride=0.20 if pose == "running" else 0.02)
    ear = chain((hx - 0.05, hy + 0.10, 0.05), (hx - 0.13, hy + 0.02, 0.065), (hx - 0.13, hy - 0.10, 0.06))
    layers = [
        *behind,
        Layer([(hx + 0.02, hy + 0.10, 0.05, hx - 0.02, hy - 0.08, 0.06)], tone(ears, 0.8)),
        Layer(body, coat, round=0.05),
        Layer([chest], pale, decal=True),
        *before,
        Layer([(hx - 0.12, hy - 0.16, 0.035, hx + 0.08, hy - 0.21, 0.035)], collar, decal=True),
        Layer([dot(hx, hy, 0.15), (hx + 0.08, hy - 0.04, 0.10, hx + 0.24, hy - 0.07, 0.07)], coat),
        Layer([(hx + 0.20, hy - 0.10, 0.045, hx + 0.26, hy - 0.10, 0.045)], pale, decal=True),
        Layer([(hx + 0.28, hy - 0.03, 0.04, hx + 0.30, hy - 0.03, 0.035)], DARK),
        Layer(ear, ears),
        *eye(hx + 0.07, hy + 0.035, 0.027),
    ]
    return Figure("dog", layers, 0.6, 0.98, attributes={"colour": name, "pose": pose})


def sitting_dog(coat):
    """Middle of the head, layers behind the body, capsules of the body, layers before it, capsule of the chest."""
    hx, hy = 0.22, 0.80
    behind = [
        Layer(chain((-0.30, 0.10, 0.06), (-0.48, 0.12, 0.05), (-0.60, 0.26, 0.035)), coat),
        Layer(chain((0.20, 0.42, 0.09), (0.24, 0.10, 0.06), (0.29, 0.06, 0.06)), tone(coat, FAR)),
    ]
    body = [(-0.18, 0.22, 0.21, 0.10, 0.50, 0.18), (0.10, 0.52, 0.16, hx - 0.05, hy - 0.06, 0.12)]
    before = [
        Layer([dot(-0.14, 0.18, 0.18), (-0.10, 0.06, 0.06, 0.06, 0.06, 0.055)], coat),
        Layer(chain((0.13, 0.42, 0.10), (0.16, 0.10, 0.06), (0.21, 0.06, 0.06)), coat),
    ]
    return (hx, hy), behind, body, before, (0.21, 0.48, 0.10, 0.20, 0.38, 0.07)


def standing_dog(coat, stride):
    """As `sitting_dog`, on four legs that are `stride` metres apart."""
    hx, hy = 0.50, 0.80
    air = 0.25 * stride  # the far feet leave the ground
    far = chain((-0.28, 0.44, 0.11), (-0.30 + 0.5 * stride, 0.24, 0.06), (-0.26 + stride, 0.06 + air, 0.055))
    far += chain((0.28, 0.44, 0.10), (0.30 - 0.3 * stride, 0.24, 0.06), (0.32 - stride, 0.06 + air, 0.055))
    hind, fore = -0.37 - stride, 0.23 + 1.2 * stride
    near = chain(
        (-0.34, 0.46, 0.12),
        (-0.40 - 0.3 * stride, 0.24, 0.06),
        (hind, 0.06, 0.055),
        (hind + 0.05, 0.05, 0.05),
    )
    near += chain(
        (0.22, 0.44, 0.11), (0.24 + 0.6 * stride, 0.24, 0.06), (fore, 0.06, 0.055), (fore + 0.05, 0.05, 0.05)
    )
    tail = chain((-0.42, 0.56, 0.06), (-0.58, 0.70, 0.05), (-0.62, 0.86, 0.03))
    body = [(-0.28, 0.50, 0.165, 0.24, 0.50, 0.19), (0.26, 0.56, 0.16, hx - 0.05, hy - 0.04, 0.125)]
    behind = [Layer(tail, coat), Layer(far, tone(coat, FAR))]
    return (hx, hy), behind, body, [Layer(near, coat)], (0.38, 0.54, 0.11, 0.36, 0.44, 0.08)


def cat(rng):
    """A cat: round head, pointed ears, whisker pads, long tail, tabby stripes; sitting or walking."""
    name, coat, stripe = pick(rng, CATS)
    pose = pick(rng, ("sitting", "walking"))
    build = sitting_cat if pose == "sitting" else walking_cat
    (hx, hy), behind, body, before, stripes = build(coat, curl=0.12 * rng.random())
    far_ear, near_ear = (hx - 0.09, hy + 0.08), (hx + 0.08, hy + 0.09)
    ears = [(*far_ear, 0.065, hx - 0.13, hy + 0.23, 0.006), (*near_ear, 0.065, hx + 0.10, hy + 0.24, 0.006)]
    inner = [(*far_ear, 0.03, hx - 0.12, hy + 0.18, 0.004), (*near_ear, 0.03, hx + 0.095, hy + 0.19, 0.004)]
    iris = [dot(hx + 0.035, hy + 0.03, 0.033), dot(hx + 0.125, hy + 0.03, 0.028)]
    pupil = [dot(hx + 0.04, hy + 0.03, 0.018), dot(hx + 0.128, hy + 0.03, 0.016)]
    pads = [dot(hx + 0.07, hy - 0.05, 0.055), dot(hx + 0.13, hy - 0.05, 0.045)]
    layers = [
        *behind,
        Layer(body, coat, round=0.05),
        Layer(stripes, stripe, decal=True, flat=0.5, round=0.01),
        *before,
        Layer([(hx, hy, 0.135, hx + 0.03, hy - 0.005, 0.135), *ears], coat, round=0.015),
        Layer(inner, PINK, decal=True, flat=0.5, round=0.01),
        Layer(pads, mix(coat, WHITE, 0.55), decal=True, flat=0.6),
        Layer([dot(hx + 0.105, hy - 0.015, 0.018)], rgb("#c9646a"), decal=True, flat=1),
        Layer(iris, rgb("#a8c64a"), decal=True, flat=1, round=0.005),
        Layer(pupil, DARK, decal=True, flat=1, round=0.005),
    ]
    return Figure("cat", layers, 0.45, 0.85, attributes={"colour": name, "pose": pose})


def sitting_cat(coat, curl):
    """Middle of the head, layers behind the body, capsules of the body, layers before it, stripes."""
    hx, hy = 0.10, 0.62
    tail = chain(
        (-0.20, 0.08, 0.05), (-0.38, 0.10, 0.05), (-0.44, 0.26 + curl, 0.045), (-0.36, 0.38 + curl, 0.035)
    )
    body = [(-0.08, 0.19, 0.19, 0.05, 0.42, 0.13), dot(hx, hy - 0.06, 0.10)]
    before = [
        Layer(chain((0.08, 0.36, 0.07), (0.12, 0.05, 0.045), (0.16, 0.045, 0.045)), coat),
        Layer([dot(-0.10, 0.15, 0.14), (-0.06, 0.05, 0.05, 0.04, 0.05, 0.045)], coat),
    ]
    ends = ((-0.26, 0.36, -0.14, 0.32), (-0.29, 0.26, -0.18, 0.23), (-0.18, 0.46, -0.06, 0.42))
    stripes = [(ax, ay, 0.018, bx, by, 0.014) for ax, ay, bx, by in ends]
    return (hx, hy), [Layer(tail, coat)], body, before, stripes


def walking_cat(coat, curl):
    """As `sitting_cat`, on four legs."""
    hx, hy = 0.40, 0.56
    tail = chain((-0.30, 0.40, 0.05), (-0.44, 0.50, 0.045), (-0.46, 0.68, 0.04), (-0.38 - curl, 0.80, 0.035))
    far = chain((-0.20, 0.30, 0.08), (-0.14, 0.16, 0.05), (-0.16, 0.05, 0.045))
    far += chain((0.22, 0.28, 0.07), (0.22, 0.16, 0.05), (0.16, 0.05, 0.045))
    near = chain((-0.25, 0.32, 0.09), (-0.28, 0.18, 0.05), (-0.30, 0.05, 0.045), (-0.26, 0.045, 0.045))
    near += chain((0.17, 0.30, 0.08), (0.21, 0.16, 0.05), (0.24, 0.05, 0.045), (0.28, 0.045, 0.045))
    body = [(-0.22, 0.35, 0.13, 0.20, 0.35, 0.13), (0.22, 0.38, 0.11, hx - 0.04, hy - 0.04, 0.10)]
    stripes = [(x, 0.50, 0.018, x + 0.02, 0.38, 0.014) for x in (-0.24, -0.12, 0.0, 0.12)]
    return (hx, hy), [Layer(tail, coat), Layer(far, tone(coat, FAR))], body, [Layer(near, coat)], stripes


def duck(rng):
    """A duck: boat-shaped body, upturned tail, round head on a neck, flat orange beak; at times it flaps its wings."""
    name, body, head, wing, breast, ring = pick(rng, DUCKS)
    orange = rgb("#f08a24")
    stride, flapping = 0.05 * (rng.random() - 0.5), rng.random() < 0.25
    hx, hy = 0.23, 0.56
    hull = [
        (-0.12, 0.24, 0.125, 0.10, 0.26, 0.155),
        (-0.20, 0.27, 0.09, -0.40, 0.41, 0.012),
        (0.16, 0.32, 0.09, hx - 0.02, hy - 0.06, 0.06),
    ]
    folded = chain((0.02, 0.29, 0.085), (-0.16, 0.27, 0.06), (-0.30, 0.31, 0.01))
    raised = chain((0.02, 0.32, 0.075), (-0.12, 0.50, 0.075), (-0.28, 0.68, 0.012))
    beak = chain((hx + 0.09, hy - 0.01, 0.045), (hx + 0.17, hy - 0.03, 0.032), (hx + 0.25, hy - 0.025, 0.026))
    layers = [
        Layer(duck_foot(0.04, stride), tone(orange, 0.8)),
        Layer(duck_foot(-0.04, -stride), orange),
        Layer(hull, body, round=0.05),
        Layer([dot(0.20, 0.29, 0.11)], breast, decal=True, flat=0.3),
        Layer(raised if flapping else folded, wing, round=0.02),
        Layer([(hx - 0.05, hy - 0.13, 0.03, hx + 0.04, hy - 0.14, 0.03)], ring, decal=True, flat=0.4),
        Layer(beak, orange),
        Layer([dot(hx, hy, 0.105), (hx, hy, 0.10, hx - 0.02, hy - 0.07, 0.07)], head),
        *eye(hx + 0.045, hy + 0.03, 0.022),
    ]
    attributes = {"colour": name, "pose": "flapping its wings" if flapping else "standing"}
    return Figure("duck", layers, 0.4, 0.68, attributes=attributes)


def duck_foot(x, step):
    """A short leg with a webbed foot."""
    return chain((x, 0.16, 0.03), (x + step, 0.03, 0.028), (x + step + 0.08, 0.02, 0.03))
