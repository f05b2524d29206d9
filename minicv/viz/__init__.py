"""Drawing: small primitives that take arrays and return matplotlib objects; they know no model and no Tensor.

A picture is laid out on a :class:`Page` (a matplotlib Figure measured in inches) by :class:`Grid`,
:class:`Matrix`, :func:`stack` and :func:`filmstrip`; images and plots take Axes, a page's
:meth:`~Page.panel` or anyone's. A :class:`Picture` holds the finished figure with its step frames, alt text,
provenance and numbers, and saves it.

Examples
--------
>>> from minicv import viz
>>> page = viz.Page("third", theme="light")
>>> grid = viz.Grid(page, [[1, 2], [3, 4]], x=1.2, y=1.2, label="input 2 × 2")
>>> viz.text_problems(page)
[]
"""

from .confusion import confusion_table
from .curves import bars, learning_curves, smooth
from .filmstrip import centred, filmstrip
from .grid import Grid, cell_text, stack
from .image import class_legend, show_boxes, show_image, show_labels, show_masks, show_skeleton
from .matrix import Matrix, link
from .measure import text_problems
from .page import Page, axes_table, dress
from .picture import PROVENANCE, Picture
from .samples import sample_page, show_sample
from .style import SIZES, THEMES, class_colours, theme_of

__all__ = [
    "PROVENANCE",
    "SIZES",
    "THEMES",
    "Grid",
    "Matrix",
    "Page",
    "Picture",
    "axes_table",
    "bars",
    "cell_text",
    "centred",
    "class_colours",
    "class_legend",
    "confusion_table",
    "dress",
    "filmstrip",
    "learning_curves",
    "link",
    "sample_page",
    "show_boxes",
    "show_image",
    "show_labels",
    "show_masks",
    "show_sample",
    "show_skeleton",
    "smooth",
    "stack",
    "text_problems",
    "theme_of",
]
