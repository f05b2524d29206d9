"""People: a skeleton of 14 joints, posed by the angles of its limbs, then dressed.

The order of the joints is `minicv.data.sample.JOINTS`. A person is seen from the front, from behind or from the side
(walking and running, to the right; the scene mirrors half of them).
"""

import math

import numpy as np

from .figure import Figure, chain, dot, eye, pick, rgb, tone
from .paint import Layer

# Angles in degrees from hanging straight down, outwards (front) or forwards (side):
# upper arm, forearm, thigh and shin of the first side, then of the second.
FRONT = {
    "standing": ((14, 6, 6, 2), (14, 6, 6, 2)),
    "waving": ((12, 4, 5, 2), (125, 165, 5, 2)),
    "cheering": ((140, 165, 9, 4), (140, 165, 9, 4)),
    "pointing": ((85, 88, 8, 3), (18, 8, 6, 2)),
    "hands on hips": ((52, -42, 10, 4), (52, -42, 10, 4)),
    "jumping": ((115, 135, 34, 22), (115, 135, 34, 22)),
}
SIDE = {  # first side: the far one
    "walking": ((32, 52, 26, 8), (-30, -12, -22, -36)),
    "running": ((45, 120, 52, -12), (-48, 30, -28, -78)),
}
UPPER_ARM, FOREARM, THIGH, SHIN = 0.25, 0.23, 0.34, 0.33
HIP, SHOULDER, NECK, HEAD, CROWN = 0.75, 1.13, 1.20, 1.37, 1.50  # heights of a standing person

SKIN = tuple(map(rgb, ("#f6d0b1", "#e8b48c", "#c98c5f", "#9a6239", "#6d4326")))
HAIR = tuple(map(rgb, ("#2a211f", "#4d3222", "#8a5a2b", "#d8b25a", "#a8442a", "#b9b6b3")))
SHIRTS = {
    "red": rgb("#d8403a"),
    "blue": rgb("#2f72c4"),
    "yellow": rgb("#f0bf38"),
    "purple": rgb("#7d4fa8"),
    "orange": rgb("#ec7b2d"),
    "pink": rgb("#e57aa5"),
    "turquoise": rgb("#23a6a8"),
    "white": rgb("#f2f1ee"),
}
TROUSERS = tuple(map(rgb, ("#34496b", "#5b4a3f", "#2f2f38", "#7d8897", "#b59b6b", "#4b6a8f")))


def limb(start, lengths, angles, side):
    """The two further joints of a limb that begins at `start`."""
    joints = []
    for length, angle in zip(lengths, angles):
        radians = math.radians(angle)
        start = (start[0] + side * length * math.sin(radians), start[1] - length * math.cos(radians))
        joints.append(start)
    return joints


def skeleton(angles, side_view, jitter):
    """Joints of a posed body.

    Parameters
    ----------
    angles : two tuples of 4
        Upper arm, forearm, thigh, shin in degrees: of the far or picture-left side, then of the other.
    side_view : bool
        Whether the body is seen in profile, facing right.
    jitter : ndarray (2, 4)
        Added to the angles.

    Returns
    -------
    ndarray (2, 6, 2)
        For both sides: foot, knee, hip, hand, elbow, shoulder; the lowest foot on the ground.
    """
    sides = []
    for sign, (upper, fore, thigh, shin), wobble in zip((-1, 1), angles, jitter):
        hip = (0.02 * sign if side_view else 0.085 * sign, HIP)
        shoulder = (0.04 * sign if side_view else 0.165 * sign, SHOULDER)
        forward = 1 if side_view else sign
        elbow, hand = limb(shoulder, (UPPER_ARM, FOREARM), (upper + wobble[0], fore + wobble[1]), forward)
        knee, foot = limb(hip, (THIGH, SHIN), (thigh + wobble[2], shin + wobble[3]), forward)
        sides.append((foot, knee, hip, hand, elbow, shoulder))
    body = np.array(sides)
    body[..., 1] += 0.06 - body[:, 0, 1].min()
    return body


def person(rng):
    """A person: random pose, view, skin, hair and clothes; 14 joints."""
    side_view = rng.random() < 0.3
    poses = SIDE if side_view else FRONT
    pose = pick(rng, tuple(poses))
    angles = poses[pose]
    if not side_view and rng.random() < 0.5:
        angles = angles[::-1]
    body = skeleton(angles, side_view, rng.uniform(-9, 9, (2, 4)))
    lift = 0.16 if pose == "jumping" else 0.0
    body[..., 1] += lift
    rise = body[0, 2, 1] - HIP  # how far this pose moved the trunk
    view = "side" if side_view else pick(rng, ("front", "front", "back"))
    shirt = pick(rng, tuple(SHIRTS))
    layers = dress(rng, body, rise, view, SHIRTS[shirt])
    # In the picture's left half is the right side of a person who faces us; in profile the right side is the near one.
    right, left = (body[1], body[0]) if view in ("side", "back") else (body[0], body[1])
    joints = np.array(
        [*right[:3], *left[2::-1], *right[3:], *left[:2:-1], (0, NECK + rise), (0, CROWN - 0.01 + rise)]
    )
    return Figure(
        "person",
        list(layers.values()),
        half_width=0.5,
        height=1.55,
        joints=joints,
        joint_layers=joint_layers(tuple(layers), view),
        lift=lift,
        attributes={"colour": shirt, "pose": pose, "view": view},
    )


def joint_layers(names, view):
    """Index of the layer that shows each joint, in the order of `JOINTS`."""

    def of(side):
        hip = "trunk" if side == "near" or view != "side" else "far legs"
        return [f"{side} shoes", f"{side} legs", hip], [f"{side} hand", f"{side} hand", f"{side} sleeve"]

    right, left = ("far", "near") if view == "front" else ("near", "far")
    (right_leg, right_arm), (left_leg, left_arm) = of(right), of(left)
    order = [*right_leg, *left_leg[::-1], *right_arm, *left_arm[::-1], "trunk", "hair"]
    return tuple(names.index(name) for name in order)


def dress(rng, body, rise, view, shirt):
    """The layers of a person, by name, from back to front."""
    skin, hair = pick(rng, SKIN), pick(rng, HAIR)
    trousers, shoe = pick(rng, TROUSERS), pick(rng, (rgb("#3a2c28"), rgb("#e9e6e0"), rgb("#b03a2e")))
    bottom = pick(rng, ("trousers", "trousers", "shorts", "skirt"))
    layers = {}

    def leg(side, name, shade):
        foot, knee, hip = map(tuple, body[side][:3])
        toe = 0.09 if view == "side" else 0.03 * (2 * side - 1)
        bare = bottom != "trousers"
        layers[f"{name} legs"] = Layer(
            chain((*hip, 0.085), (*knee, 0.062), (*foot, 0.05)),
            tone(skin if bare else trousers, shade),
            round=0.015,
        )
        if bottom == "shorts":
            layers[f"{name} shorts"] = Layer(
                [(*hip, 0.092, 0.35 * hip[0] + 0.65 * knee[0], 0.35 * hip[1] + 0.65 * knee[1], 0.085)],
                tone(trousers, shade),
            )
        layers[f"{name} shoes"] = Layer(
            [(foot[0], foot[1] - 0.005, 0.055, foot[0] + toe, foot[1] - 0.015, 0.045)], tone(shoe, shade)
        )

    def arm(side, name, shade):
        hand, elbow, shoulder = map(tuple, body[side][3:])
        middle = tuple(0.25 * s + 0.75 * e for s, e in zip(shoulder, elbow))
        layers[f"{name} hand"] = Layer(
            [*chain((*middle, 0.045), (*elbow, 0.043), (*hand, 0.036)), dot(*hand, 0.048)],
            tone(skin, shade),
            round=0.015,
        )
        layers[f"{name} sleeve"] = Layer([(*shoulder, 0.068, *middle, 0.06)], tone(shirt, shade))

    far = 0.8 if view == "side" else 1.0
    if view == "side":
        arm(0, "far", far)
    leg(0, "far", far)
    leg(1, "near", 1.0)
    hip, shoulder = HIP + rise, SHOULDER + rise
    wide = 0.0 if view == "side" else 1.0
    if bottom == "skirt":
        layers["skirt"] = Layer([(0, hip + 0.08, 0.13, 0, hip - 0.22, 0.22)], trousers)
    layers["trunk"] = Layer(
        [
            (-0.085 * wide, hip + 0.03, 0.085, 0.085 * wide, hip + 0.03, 0.085),
            (-0.11 * wide, shoulder - 0.01, 0.085, 0.11 * wide, shoulder - 0.01, 0.085),
            (0, hip + 0.06, 0.13, 0, shoulder - 0.04, 0.15),
        ],
        shirt,
        round=0.02,
    )
    head(rng, layers, view, rise, skin, hair, shirt)
    if view != "side":
        arm(0, "far", far)
    arm(1, "near", 1.0)
    return layers


def head(rng, layers, view, rise, skin, hair, shirt):
    """Neck, face and hair."""
    y = HEAD + rise
    style = pick(rng, ("short", "long", "bun", "cap"))
    forward = 0.03 if view == "side" else 0.0
    layers["neck"] = Layer([(0, NECK + rise, 0.055, 0, NECK + rise + 0.06, 0.055)], tone(skin, 0.88))
    if style == "long":
        layers["mane"] = Layer(
            [(-2 * forward, y + 0.02, 0.145, -3 * forward, y - 0.17, 0.12)], tone(hair, 0.85)
        )
    layers["face"] = Layer([(forward, y, 0.125, forward, y - 0.03, 0.11)], skin)
    if view == "side":
        layers["nose"] = Layer([dot(forward + 0.125, y - 0.02, 0.025)], skin)
    cap = style == "cap"
    top = shirt if cap else hair
    if view == "back":
        layers["hair"] = Layer([(0, y + 0.02, 0.135, 0, y - 0.02, 0.13)], top if not cap else hair)
        if cap:
            layers["hair"] = Layer([(0, y + 0.05, 0.135, 0, y + 0.01, 0.135)], top)
    else:
        layers["hair"] = Layer(
            chain(
                (0.11 + forward, y + 0.075, 0.03),
                (0, y + 0.075, 0.085),
                (-0.11, y + 0.06, 0.04),
                (-0.125, y - 0.01, 0.025 if view == "front" else 0.05),
            ),
            top,
            round=0.04,
        )
        if view == "front":
            layers["fringe"] = Layer([(0.11, y + 0.06, 0.04, 0.125, y - 0.01, 0.025)], top)
    if cap and view != "back":
        layers["brim"] = Layer(
            [(0.02, y + 0.07, 0.02, 0.17 if view == "side" else 0.12, y + 0.06, 0.02)], tone(shirt, 0.75)
        )
    if style == "bun":
        layers["bun"] = Layer([dot(-0.09 if view == "side" else 0.0, y + 0.17, 0.055)], hair)
    if view != "back":
        spots = ((0.085 + forward, 0.0),) if view == "side" else ((-0.045, 0), (0.045, 0))
        for index, (x, dy) in enumerate(spots):
            for part, layer in enumerate(eye(x, y + dy - 0.005, 0.018)):
                layers[f"eye {index}{part}"] = layer
        layers["mouth"] = Layer(
            chain(
                (-0.03 + 3 * forward, y - 0.065, 0.008),
                (3 * forward, y - 0.078, 0.009),
                (0.03 + 3 * forward, y - 0.065, 0.008),
            ),
            rgb("#a3433f"),
            decal=True,
            flat=1,
            round=0.004,
        )
