"""Learning curves and bars: what a run or a table measured."""

import numpy as np

from .page import dress
from .style import FONT, LABEL_TEXT, SMALL_TEXT, theme_of

CURVE_ROLES = (
    "input",
    "prediction",
    "output",
    "gradient",
    "filter",
)  # colours that stand as lines on every theme
CURVE_LINES = ("-", (0, (6, 2)), (0, (2, 1.4)), (0, (6, 1.6, 1.5, 1.6)), (0, (9, 2)))


def smooth(values, window):
    """Centred moving mean; near the ends the window shrinks, so that the ends are not bent towards zero.

    Examples
    --------
    >>> smooth([0.0, 3.0, 6.0, 9.0], 3).tolist()
    [1.5, 3.0, 6.0, 7.5]
    """
    values = np.asarray(values, float)
    total = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    first, last = np.maximum(place - window // 2, 0), np.minimum(place + window // 2 + 1, len(values))
    return (total[last] - total[first]) / (last - first)


def learning_curves(ax, curves, ylabel, xlabel="step", steps=None, window=None):
    """Draw curves, raw (thin) and smoothed (bold), told apart by line style and named at their ends.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curves : dict of str to (n,) array
        At most five; their values by name.
    ylabel, xlabel : str
        What is drawn, with its unit.
    steps : (n,) array, optional
        Where the values were measured; 1, 2, ... by default.
    window : int, optional
        Values in the moving mean; a twentieth of the curve by default. 1 draws the curve alone.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from minicv.viz import Page, learning_curves
    >>> ax = learning_curves(Page("content").panel(1, 1, 8, 4), {"FCN": [2.0, 1.0, 0.5]}, "loss", window=1)
    >>> [text.get_text() for text in ax.texts]
    ['FCN']
    """
    if len(curves) > len(CURVE_ROLES):
        raise ValueError(f"learning_curves: at most {len(CURVE_ROLES)} curves are legible; got {len(curves)}")
    theme, ends = theme_of(ax), []
    for (name, values), role, line in zip(curves.items(), CURVE_ROLES, CURVE_LINES):
        values = np.asarray(values, float)
        x = np.arange(1, len(values) + 1) if steps is None else np.asarray(steps)
        width = window or max(1, len(values) // 20)
        colour, mean = theme.role(role).edge, smooth(values, width)
        if width > 1:
            ax.plot(x, values, color=colour, linewidth=0.8, alpha=0.35)
        ax.plot(x, mean, color=colour, linewidth=2.6, linestyle=line)
        ends.append((mean[-1], name, colour))
    dress(ax)
    ax.set_ylabel(ylabel, size=LABEL_TEXT)
    ax.set_xlabel(xlabel, size=LABEL_TEXT)
    ax.margins(x=0)
    ax.grid(axis="y", color=theme.faint, linewidth=0.6, alpha=0.5)
    _name_ends(ax, ends)
    return ax


def _name_ends(ax, ends):
    """Write each curve's name right of its end, moved apart where the ends are closer than a line of text."""
    low, high = ax.get_ylim()
    inches = ax.figure.get_figheight() * ax.get_position().height
    pitch = (high - low) * (SMALL_TEXT + 4) / 72 / inches
    place = -np.inf
    for value, name, colour in sorted(ends):
        place = max(value, place + pitch)
        style = {
            "family": FONT,
            "size": SMALL_TEXT,
            "weight": "bold",
            "va": "center",
            "annotation_clip": False,
        }
        x = ax.get_xlim()[1]
        ax.annotate(name, (x, place), xytext=(6, 0), textcoords="offset points", color=colour, **style)
    ax.set_ylim(low, high)


def bars(ax, values, names, label, role="input", errors=None):
    """Draw horizontal bars, the longest first as given, with the value at the end of each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : (n,) array
        Zero or more: a bar begins at zero, always.
    names : sequence of n str
    label : str
        What the values are, with their unit.
    role : str
    errors : (n,) array, optional
        Half the width of an error bar.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from minicv.viz import Page, bars
    >>> ax = bars(Page("content").panel(2, 1, 8, 3), [0.9, 0.05], ["cat", "dog"], "probability")
    >>> [text.get_text() for text in ax.texts]
    ['0.9', '0.05']
    """
    values = np.asarray(values, float)
    if values.shape != (len(names),) or (values < 0).any():
        raise ValueError(f"bars: values must be one number >= 0 for each of {len(names)} names; got {values}")
    theme = theme_of(ax)
    look = theme.role(role)
    place = np.arange(len(values))
    ax.barh(place, values, color=look.fill, edgecolor=look.edge, linewidth=look.width, hatch=look.hatch)
    if errors is not None:
        ax.errorbar(values, place, xerr=errors, fmt="none", ecolor=theme.ink, capsize=4, linewidth=1.6)
    reach = values + (0 if errors is None else np.asarray(errors, float))
    for i, value in enumerate(values):
        style = {"family": FONT, "size": SMALL_TEXT, "va": "center", "color": theme.ink}
        ax.annotate(f"{value:.3g}", (reach[i], i), xytext=(6, 0), textcoords="offset points", **style)
    dress(ax)
    ax.set_yticks(place, names)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.15 * max(reach.max(initial=0), 1e-12))
    ax.set_xlabel(label, size=LABEL_TEXT)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax
