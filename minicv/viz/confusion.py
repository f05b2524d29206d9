"""The confusion matrix: which class was taken for which."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from .style import FONT, LABEL_TEXT, SMALL_TEXT, mix, theme_of


def confusion_table(ax, counts, names):
    """Draw a confusion matrix: truth in the rows, each row in percent of its sum, correct cells ringed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    counts : (L, L) array
        counts[i, j]: how often class i was called class j.
    names : sequence of L str

    Returns
    -------
    (L, L) float array
        The percentages drawn; rows of classes that never occur are NaN and drawn empty.

    Examples
    --------
    >>> from minicv.viz import Page, confusion_table
    >>> ax = Page("half").panel(2, 1, 3.5, 3.5)
    >>> confusion_table(ax, [[3, 1], [0, 0]], ["sky", "grass"]).tolist()
    [[75.0, 25.0], [nan, nan]]
    """
    counts = np.asarray(counts, float)
    if counts.shape != (len(names), len(names)):
        raise ValueError(f"confusion_table: counts must be ({len(names)}, {len(names)}); got {counts.shape}")
    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    theme = theme_of(ax)
    full = mix(theme.role("input").edge, theme.background, 0.85)
    tones = LinearSegmentedColormap.from_list("share", [theme.background, full])
    ax.imshow(percent, cmap=tones, vmin=0, vmax=100)
    for (i, j), share in np.ndenumerate(percent):
        if np.isnan(share):
            continue
        words = "·" if counts[i, j] == 0 else "<1" if share < 0.5 else f"{share:.0f}"
        ink = theme.background if share > 55 else theme.ink
        ax.text(j, i, words, ha="center", va="center", family=FONT, size=SMALL_TEXT, color=ink)
    ring = {"fill": False, "edgecolor": theme.role("output").edge, "linewidth": 2.4}
    for i in np.flatnonzero(totals):
        ax.add_patch(Rectangle((i - 0.46, i - 0.46), 0.92, 0.92, **ring))
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0, colors=theme.ink, labelsize=SMALL_TEXT, labelfontfamily=FONT)
    ax.set_xlabel("predicted", family=FONT, size=LABEL_TEXT, color=theme.ink)
    ax.set_ylabel("truth, % of the row", family=FONT, size=LABEL_TEXT, color=theme.ink)
    for spine in ax.spines.values():
        spine.set(visible=True, color=theme.faint)
    return percent
