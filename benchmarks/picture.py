"""The bars of the README: our time over PyTorch's for every training step, and the mean of every group."""

from matplotlib.figure import Figure

from minicv.viz.save import svg_text
from minicv.viz.style import FONT, THEMES

from . import report


def bars(document):
    """(label, ratio) of every bar: the rows of small groups, the geometric mean of large ones."""
    found = []
    for group, rows in document["results"].items():
        ratios = {name: report.ratio(row) for name, row in rows.items() if "torch" in row}
        if group in ("steps", "networks"):
            found += ratios.items()
        elif ratios and group not in ("startup", "memory"):
            label = f"{group}, mean of {len(ratios)}"
            found.append((label, report.mean(ratios.values())))
    return found


def svg(document):
    """The picture as SVG, on a background of its own, so that it is legible on light and dark pages."""
    theme, pairs = THEMES["light"], bars(document)
    figure = Figure(figsize=(9, 0.42 * len(pairs) + 1.1), facecolor=theme.background, layout="constrained")
    axes = figure.add_subplot(facecolor=theme.background)
    role = theme.role("output")
    places = range(len(pairs), 0, -1)
    axes.barh(places, [r for _, r in pairs], 0.66, color=role.fill, edgecolor=role.edge)
    for place, (_, r) in zip(places, pairs):
        axes.text(0.015, place, f"{r:.2f}", va="center", color=theme.ink, family=FONT)
    axes.axvline(1, color=theme.ink, linewidth=1.5)
    axes.set_yticks(places, [label for label, _ in pairs], color=theme.ink, family=FONT)
    axes.set_xlim(0, max(1.15, *(r + 0.05 for _, r in pairs)))
    axes.set_xlabel("minicv's time over PyTorch's; the line at 1 is PyTorch", color=theme.ink, family=FONT)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return svg_text(figure, "benchmarks", "minicv beside PyTorch", alt(document))


def alt(document):
    """The picture in words."""
    said = "; ".join(f"{label} {r:.2f}" for label, r in bars(document))
    return f"Bars of minicv's time over PyTorch's, where 1 is PyTorch and less is faster: {said}."
