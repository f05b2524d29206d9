import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.data.meadow.figure import Figure
from minicv.data.meadow.land import WEATHERS
from minicv.data.meadow.paint import Layer, draw
from minicv.data.meadow.scene import FIGURES, FRONT, Actor, arrange, fits, paint


def block(name, x, y, half_width=0.1, height=0.2):
    """An actor of whom only the extent matters."""
    return Actor(Figure(name, [], half_width, height), x, y, 1.0, mirror=False)


@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(sorted(FIGURES)), min_size=1, max_size=9),
    st.floats(0.3, 0.46),
)
def test_everybody_stands_on_the_grass_the_farthest_first(seed, names, horizon):
    actors = arrange(np.random.default_rng(seed), names, horizon, (0.8, 1.2))
    heights = [actor.y for actor in actors]
    assert heights == sorted(heights)
    assert all(horizon < y <= FRONT for y in heights)
    assert all(0 <= actor.x <= 1 for actor in actors)
    assert 1 <= len(actors) <= len(names)
    assert all(fits(one, other) for i, one in enumerate(actors) for other in actors[i + 1 :])


def test_nearer_is_larger():
    rng = np.random.default_rng(0)
    actors = [arrange(rng, ["duck"], 0.4, (1.0, 1.0))[0] for _ in range(40)]
    order = sorted(actors, key=lambda actor: actor.scale)
    assert order[0].y < order[-1].y and order[-1].scale > 1.5 * order[0].scale


def test_who_covers_whom():
    behind = block("cow", 0.5, 0.6)
    assert fits(behind, block("dog", 0.65, 0.6 + 1e-9))  # covers a quarter of it
    assert not fits(behind, block("dog", 0.55, 0.6 + 1e-9))  # three quarters
    assert not fits(block("dog", 0.55, 0.6 + 1e-9), behind)  # asked the other way round
    assert not fits(behind, block("tree", 0.62, 0.6 + 1e-9))  # a tree may cover less: here two fifths
    assert fits(block("tree", 0.5, 0.6), block("dog", 0.5, 0.61))  # trees may be hidden


def test_distance_fades_into_the_haze():
    layers = [Layer([(0, 0.2, 0.2, 0, 0.2, 0.2)], (1.0, 0.0, 0.0))]
    for haze, expected in ((0.0, (1.0, 0.0, 0.0)), (1.0, WEATHERS[0].haze)):
        actor = Actor(Figure("cow", layers, 0.2, 0.4), 0.5, 0.7, 1.0, mirror=False)
        actor.sprite = draw(layers, actor.pose(64), 64)
        canvas = np.ones((3, 64, 64), np.float32)
        paint(canvas, actor, (0.0, -1.0), WEATHERS[0], haze)
        assert canvas[:, 32, 32] == pytest.approx(expected, abs=0.1)


def test_a_jumper_casts_a_fainter_shadow():
    def darkest(lift):
        layers = [Layer([(0, 0.5, 0.1, 0, 0.5, 0.1)], (1.0, 1.0, 1.0), flat=1)]
        actor = Actor(Figure("person", layers, 0.2, 0.6, lift=lift), 0.5, 0.8, 1.0, mirror=False)
        actor.sprite = draw(layers, actor.pose(64), 64)
        canvas = np.ones((3, 64, 64), np.float32)
        paint(canvas, actor, (0.0, -1.0), WEATHERS[0], 0.0)
        return canvas[:, 45:].min()

    assert darkest(0.0) < darkest(0.3) < 1
