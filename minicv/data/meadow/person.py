"""People: a skeleton of 14 joints, posed by the angles of its limbs, then dressed.

The order of the joints is `minicv.data.JOINTS`. A person is seen from the front, from behind or from the side
(walking and running, to the right; the scene mirrors half of them).
"""

import math

import numpy as np

from .figure import Figure, chain, dot, eye, pick, rgb, tone
from .paint import Layer, covered

# Angles in degrees from hanging straight down, outwards (front) or forwards (side): upper arm, forearm, thigh and
# shin of one half of the body, then of the other. In profile the far half comes first.
FRONT = {
    "standing": ((14, 6, 6, 2), (14, 6, 6, 2)),
    "waving": ((12, 4, 5, 2), (125, 165, 5, 2)),
    "cheering": ((140, 165, 9, 4), (140, 165, 9, 4)),
    "pointing": ((85, 88, 8, 3), (18, 8, 6, 2)),
    "posing": ((52, -42, 10, 4), (52, -42, 10, 4)),
    "jumping": ((115, 135, 34, 22), (115, 135, 34, 22)),
}
SIDE = {
    "walking": ((32, 52, 26, 8), (-30, -12, -22, -36)),
    "running": ((45, 120, 52, -12), (-48, 30, -28, -78)),
}
JITTER = 9  # degrees
UPPER_ARM, FOREARM, THIGH, SHIN = 0.25, 0.23, 0.34, 0.33
HIP, SHOULDER, NECK, HEAD, CROWN = 0.75, 1.13, 1.20, 1.37, 1.515  # heights of a standing person

SKIN = tuple(map(rgb, ("#f6d0b1", "#e8b48c", "#c98c5f", "#9a6239", "#6d4326")))
HAIR = tuple(map(rgb, ("#2a211f", "#4d3222", "#8a5a2b", "#e0ba62", "#b34a26", "#b9b6b3")))
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
CLOTH = tuple(map(rgb, ("#34496b", "#5b4a3f", "#2f2f38", "#7d8897", "#b59b6b", "#4b6a8f")))
SHOES = tuple(map(rgb, ("#3a2c28", "#e9e6e0", "#b03a2e")))


def limb(start, lengths, angles, side):
    """The two further joints of a limb that begins at `start` and bends towards `side` (1 or -1)."""
    joints = []
    for length, angle in zip(lengths, angles):
        radians = math.radians(angle)
        start = (start[0] + side * length * math.sin(radians), start[1] - length * math.cos(radians))
        joints.append(start)
    return joints


def skeleton(angles, profile, jitter):
    """Joints of a posed body.

    Parameters
    ----------
    angles : two tuples of 4
        As in `FRONT` and `SIDE`.
    profile : bool
        Seen from the side, facing right.
    jitter : ndarray (2, 4)
        Added to the angles.

    Returns
    -------
    ndarray (2, 6, 2)
        Foot, knee, hip, hand, elbow, shoulder of the half that is far (profile) or left in the picture, then of
        the other; the lower foot stands on the ground.
    """
    halves = []
    for sign, half, wobble in zip((-1, 1), angles, jitter):
        upper, fore, thigh, shin = half + wobble
        hip = (0.02 * sign if profile else 0.085 * sign, HIP)
        shoulder = (0.04 * sign if profile else 0.165 * sign, SHOULDER)
        side = 1 if profile else sign
        elbow, hand = limb(shoulder, (UPPER_ARM, FOREARM), (upper, fore), side)
        knee, foot = limb(hip, (THIGH, SHIN), (thigh, shin), side)
        halves.append((foot, knee, hip, hand, elbow, shoulder))
    body = np.array(halves)
    body[..., 1] += 0.06 - body[:, 0, 1].min()
    return body


def person(rng):
    """A person: random pose, view, skin, hair and clothes, with 14 joints."""
    profile = rng.random() < 0.3
    poses = SIDE if profile else FRONT
    pose = pick(rng, tuple(poses))
    angles = poses[pose] if profile or rng.random() < 0.5 else poses[pose][::-1]
    view = "side" if profile else pick(rng, ("front", "front", "back"))
    shirt = pick(rng, tuple(SHIRTS))
    lift = 0.16 if pose == "jumping" else 0.0
    body = skeleton(angles, profile, rng.uniform(-JITTER, JITTER, (2, 4)))
    body[..., 1] += lift
    rise = body[0, 2, 1] - HIP  # how far this pose moves the trunk up or down
    layers = dress(rng, body, rise, view, SHIRTS[shirt])
    # Who faces us has the right side in the left half of the picture. In profile the right side is the near one.
    right, left = body if view == "front" else body[::-1]
    trunk = [(0, NECK + rise), (0, CROWN + rise)]
    joints = np.array([*right[:3], *left[2::-1], *right[3:], *left[:2:-1], *trunk])
    hidden = covered(list(layers.values()), joints, joint_levels(tuple(layers), view))
    attributes = {"colour": shirt, "pose": pose, "view": view}
    return Figure("person", list(layers.values()), 0.5, 1.55, joints, hidden, lift, attributes)


def joint_levels(names, view):
    """Index of the layer that each of `JOINTS` belongs to, among the names of a person's layers."""

    def half(side):
        hip = "far legs" if view == "side" and side == "far" else "trunk"
        return (
            [f"{side} shoes", f"{side} legs", hip],
            [f"{side} arm", f"{side} arm", f"{side} sleeve"],
        )

    (right_leg, right_arm), (left_leg, left_arm) = map(
        half, ("far", "near") if view == "front" else ("near", "far")
    )
    order = [*right_leg, *left_leg[::-1], *right_arm, *left_arm[::-1], "neck", "top"]
    return [names.index(name) for name in order]


def dress(rng, body, rise, view, shirt):
    """The layers of a person by name, from back to front; "top" is the one that holds the top of the head."""
    skin, hair, cloth, shoe = pick(rng, SKIN), pick(rng, HAIR), pick(rng, CLOTH), pick(rng, SHOES)
    bottom = pick(rng, ("trousers", "trousers", "shorts", "skirt"))
    style = pick(rng, ("short", "long", "bun", "cap"))
    far = 0.8 if view == "side" else 1.0
    layers = {}
    if view == "side":
        layers |= arm(body[0], "far", tone(skin, far), tone(shirt, far))
    for half, name, light, toe in ((0, "far", far, -0.03), (1, "near", 1.0, 0.03)):
        toe = 0.09 if view == "side" else toe
        layers |= leg(body[half], name, bottom, tone(skin, light), tone(cloth, light), tone(shoe, light), toe)
    hip, shoulder, width = HIP + rise, SHOULDER + rise, 0.0 if view == "side" else 1.0
    if bottom == "skirt":
        hem = [(0.05 * k * width, hip + 0.06, 0.09, 0.075 * k, hip - 0.23, 0.05) for k in (-2, -1, 0, 1, 2)]
        layers["skirt"] = Layer(hem, cloth, round=0.02)
    layers["trunk"] = Layer(
        [
            (-0.085 * width, hip + 0.03, 0.085, 0.085 * width, hip + 0.03, 0.085),
            (-0.11 * width, shoulder - 0.01, 0.085, 0.11 * width, shoulder - 0.01, 0.085),
            (0, hip + 0.06, 0.13, 0, shoulder - 0.04, 0.15 if width else 0.135),
        ],
        shirt,
        round=0.02,
    )
    if view == "side":
        layers |= head_aside(rng, HEAD + rise, style, skin, hair)
    else:
        layers |= head(rng, HEAD + rise, style, skin, hair, view == "front")
        layers |= arm(body[0], "far", skin, shirt)
    return layers | arm(body[1], "near", skin, shirt)


def arm(half, name, skin, shirt):
    """Arm with a short sleeve."""
    hand, elbow, shoulder = map(tuple, half[3:])
    middle = tuple(0.3 * a + 0.7 * b for a, b in zip(shoulder, elbow))
    bare = [*chain((*middle, 0.046), (*elbow, 0.044), (*hand, 0.038)), dot(*hand, 0.05)]
    return {
        f"{name} arm": Layer(bare, skin, round=0.015),
        f"{name} sleeve": Layer([(*shoulder, 0.07, *middle, 0.06)], shirt),
    }


def leg(half, name, bottom, skin, cloth, shoe, toe):
    """Leg and shoe: bare under a skirt, half bare in shorts."""
    foot, knee, hip = map(tuple, half[:3])
    colour = cloth if bottom == "trousers" else skin
    layers = {f"{name} legs": Layer(chain((*hip, 0.085), (*knee, 0.063), (*foot, 0.05)), colour, round=0.015)}
    if bottom == "shorts":
        hem = tuple(0.35 * a + 0.65 * b for a, b in zip(hip, knee))
        layers[f"{name} shorts"] = Layer([(*hip, 0.092, *hem, 0.086)], cloth)
    layers[f"{name} shoes"] = Layer([(foot[0], foot[1], 0.06, foot[0] + toe, foot[1] - 0.012, 0.048)], shoe)
    return layers


def head(rng, y, style, skin, hair, front):
    """Head centred at height y, from the front or from behind."""
    layers = {"neck": Layer([(0, y - 0.17, 0.055, 0, y - 0.11, 0.055)], tone(skin, 0.86))}
    if style == "long" and front:
        strands = [(side * 0.09, y + 0.03, 0.07, side * 0.12, y - 0.17, 0.05) for side in (-1, 1)]
        layers = {"mane": Layer(strands, tone(hair, 0.85)), **layers}
    layers["face"] = Layer([(0, y + 0.01, 0.133, 0, y - 0.035, 0.118)], skin)
    if style == "bun":
        layers["bun"] = Layer([dot(0, y + 0.175, 0.06)], hair)
    if front:
        fringe = [(-0.075, y + 0.085, 0.07, 0.075, y + 0.085, 0.07)]
        fringe += [(side * 0.12, y + 0.06, 0.04, side * 0.132, y - 0.015, 0.022) for side in (-1, 1)]
        for side in (-1, 1):
            for part, layer in enumerate(eye(side * 0.05, y - 0.012, 0.02)):
                layers[f"eye {side} {part}"] = layer
        smile = chain((-0.035, y - 0.07, 0.009), (0, y - 0.083, 0.01), (0.035, y - 0.07, 0.009))
        layers["mouth"] = Layer(smile, rgb("#a3433f"), decal=True, flat=1, round=0.004)
    else:
        fringe = [(0, y + 0.03, 0.142, 0, y - (0.17 if style == "long" else 0.03), 0.125)]
    brim = (-0.10, y + 0.062, 0.022, 0.10, y + 0.062, 0.022) if front else dot(0, y + 0.11, 0.05)
    return layers | hairdo(rng, y, style, (fringe, hair), brim)


def head_aside(rng, y, style, skin, hair):
    """Head in profile, facing right."""
    layers = {}
    if style == "long":
        layers["mane"] = Layer([(-0.07, y, 0.09, -0.12, y - 0.19, 0.065)], tone(hair, 0.85))
    layers["neck"] = Layer([(-0.01, y - 0.17, 0.055, 0, y - 0.11, 0.055)], tone(skin, 0.86))
    face = [
        (0.015, y + 0.01, 0.128, 0.025, y - 0.035, 0.112),
        (0.14, y - 0.012, 0.018, 0.152, y - 0.03, 0.02),
    ]
    layers["face"] = Layer(face, skin, round=0.012)
    if style == "bun":
        layers["bun"] = Layer([dot(-0.12, y + 0.12, 0.06)], hair)
    for part, layer in enumerate(eye(0.095, y + 0.002, 0.02)):
        layers[f"eye {part}"] = layer
    smile = chain((0.075, y - 0.075, 0.009), (0.115, y - 0.068, 0.009))
    layers["mouth"] = Layer(smile, rgb("#a3433f"), decal=True, flat=1, round=0.004)
    back = [
        *chain((0.07, y + 0.095, 0.055), (-0.03, y + 0.075, 0.085), (-0.075, y, 0.08)),
        dot(-0.05, y - 0.05, 0.06),
    ]
    brim = (0.02, y + 0.068, 0.022, 0.21, y + 0.058, 0.02)
    ear = {"ear": Layer([dot(-0.005, y - 0.02, 0.03)], tone(skin, 0.94))}
    return layers | hairdo(rng, y, style, (back, hair), brim) | ear


def hairdo(rng, y, style, hair, brim):
    """The hair, given its capsules, and over it a cap if that is the style."""
    capsules, colour = hair
    if style != "cap":
        return {"top": Layer(capsules, colour, round=0.01)}
    dome = (-0.055, y + 0.088, 0.085, 0.055, y + 0.088, 0.085)
    cap = Layer([dome, brim], pick(rng, tuple(SHIRTS.values())), round=0.008)
    return {"hair": Layer(capsules, colour, round=0.01), "top": cap}
