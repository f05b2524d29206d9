"""Colours tell the roles apart, and so does a second cue in every theme."""

from itertools import combinations

import pytest
from matplotlib.colors import to_hex, to_rgb

from minicv.viz import THEMES, Page, class_colours
from minicv.viz.style import CLASS_COLOURS


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_role_has_a_cue_beside_its_colour(theme):
    cells = ("input", "filter", "output", "overlap", "winner", "zero", "gradient")
    for a, b in [*combinations(cells, 2), ("truth", "prediction")]:
        assert theme.role(a).cue != theme.role(b).cue, f"{a} and {b} differ by colour alone"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_words_stand_out_on_the_page_and_on_every_fill(theme):
    assert contrast(theme.muted, theme.background) >= 4.5
    for role in theme.roles.values():
        assert contrast(theme.ink, role.fill) >= 4.5
        assert contrast(role.edge, theme.background) >= 3.0
    assert contrast(theme.muted, theme.role("zero").fill) >= 4.5


def test_classes_take_petroffs_ten_colours():
    matplotlib = pytest.importorskip("matplotlib", minversion="3.10")
    assert list(CLASS_COLOURS) == [to_hex(colour) for colour in matplotlib.color_sequences["petroff10"]]
    assert class_colours(12)[10:] == class_colours(2)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="theme must be one of light, dark, print; got 'neon'"):
        Page(theme="neon")
    with pytest.raises(ValueError, match=r"size must be one of slide, .*; got 'poster'"):
        Page("poster")
    with pytest.raises(ValueError, match=r"role must be one of plain, input, .*; got 'hero'"):
        Page().frame(1, 1, 2, 2, "hero")
