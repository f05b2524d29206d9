"""A page of annotated images: what a data set holds, at a glance."""

import numpy as np

from .grid import text_width
from .image import class_legend, show_boxes, show_image, show_labels, show_masks, show_skeleton
from .page import Page
from .picture import Picture
from .style import CLASS_COLOURS, SMALL_TEXT, class_colours

_MARGIN, _GAP, _LINE = 0.4, 0.2, 0.27  # inches: around the page, between samples, a line of words
_MOST_LINES = 3
_FLAGS = ("crowd", "difficult")  # what a box's name is followed by


def show_sample(ax, sample, classes=(), skeleton=()):
    """Draw an image with its instances: masks as tints, boxes with their names, joints and bones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sample : object
        With the attributes of :class:`minicv.data.Sample`.
    classes : sequence of str
        Names of the labels; without them the numbers are written.
    skeleton : sequence of (int, int)
        Pairs of joints that a bone connects.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> ax = show_sample(Page("third").panel(0, 0, 4, 4), Meadow()[1], Meadow().classes)
    >>> sorted(text.get_text() for text in ax.texts)
    ['duck', 'person', 'person']
    """
    show_image(ax, sample.image)
    if sample.masks is not None and len(sample.masks):
        show_masks(ax, sample.masks, alpha=0.35)
    if sample.keypoints is not None:
        show_skeleton(ax, sample.keypoints, skeleton)
    names = [name_of(label, classes) for label in sample.labels]
    flags = [
        [flag for flag in _FLAGS if flag in sample.meta and sample.meta[flag][i]] for i in range(len(names))
    ]
    words = [" ".join([name, *flag]) for name, flag in zip(names, flags)]
    return show_boxes(ax, sample.boxes, words, role="truth")


def sample_page(samples, classes=(), skeleton=(), title="Samples", id="samples", theme="light", about=None):
    """Draw samples side by side, each with everything that is known about it.

    Under an image with its instances stands the map of its pixels' classes, if there is one, and then the caption, or
    the class of the image as a whole.

    Parameters
    ----------
    samples : sequence of objects
        With the attributes of :class:`minicv.data.Sample`; one or more.
    classes : sequence of str
    skeleton : sequence of (int, int)
    title, id, theme : str
    about : dict, optional
        Facts for the manifest.

    Returns
    -------
    Picture

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> picture = sample_page([Meadow()[1]], Meadow().classes)
    >>> picture.numbers["labels"][0]
    array([7, 7, 5])
    """
    if not len(samples):
        raise ValueError("sample_page: there must be one sample at least; got none.")
    page = Page("slide", theme)
    pixels = any(s.semantic is not None for s in samples)
    colours = _colours(samples) if pixels else {}
    legend = _legend(page, classes, colours)
    page.write(page.width / 2, 0.34, title)
    for sample, (panels, words, place) in zip(samples, _layout(page, samples, classes, pixels, legend)):
        show_sample(page.panel(*panels[0]), sample, classes, skeleton)
        if sample.semantic is not None:
            everything = [colours.get(label, page.theme.faint) for label in range(max(colours) + 1)]
            show_labels(page.panel(*panels[1]), sample.semantic, len(everything), colours=everything)
        page.write(*place, "\n".join(words), size=SMALL_TEXT, va="top", linespacing=1.25)
    return Picture(
        id,
        title,
        f"{len(samples)} images with their annotations. " + " ".join(map(_in_words(classes), samples)),
        "data",
        page,
        numbers={
            "label": [s.label for s in samples],
            "labels": [s.labels for s in samples],
            "boxes": [s.boxes for s in samples],
            "size": [s.image.shape[:2] for s in samples],
        },
        about=about or {},
    )


def name_of(label, classes):
    """The name of a class, or its number where there is no name.

    Examples
    --------
    >>> name_of(1, ["cat", "dog"]), name_of(7, ["cat"])
    ('dog', '7')
    """
    return str(classes[label]) if 0 <= label < len(classes) else str(label)


def _words(sample, classes):
    return name_of(sample.label, classes) if sample.label is not None else sample.caption


def _in_words(classes):
    def describe(sample):
        things = ", ".join(name_of(label, classes) for label in sample.labels)
        return "; ".join(filter(None, [_words(sample, classes), things])) + "."

    return describe


def _colours(samples):
    """A colour for each class that occurs in the label maps; 255 is none."""
    found = np.unique(np.concatenate([np.unique(s.semantic) for s in samples if s.semantic is not None]))
    present = found[(found >= 0) & (found < 255)].tolist() or [0]
    few = max(present) < len(CLASS_COLOURS)  # with more, those that occur share the colours among themselves
    colours = class_colours(max(present) + 1 if few else len(present))
    return {label: colours[label if few else i] for i, label in enumerate(present)}


def _legend(page, classes, colours):
    """Name the classes of the label maps at the foot of the page; returns the height in inches."""
    lines = [[]]
    for label, colour in colours.items():
        name = f"{label}  {name_of(label, classes)}"
        width = 0.7 + text_width(name, SMALL_TEXT)
        if sum(w for *_, w in lines[-1]) + width > page.width - 2 * _MARGIN:
            lines.append([])
        lines[-1].append((name, colour, width))
    for i, line in enumerate(lines):
        x = (page.width - sum(w for *_, w in line)) / 2
        for name, colour, width in line:
            class_legend(
                page, [name], x, page.height - _MARGIN - 0.4 * (len(lines) - i), [colour], numbered=False
            )
            x += width
    return 0.4 * len(lines) if colours else 0


def _layout(page, samples, classes, pixels, legend):
    """For each sample the (x, y, width, height) of its panels, the lines of its words, and where they stand.

    Of all numbers of columns, the one that makes the images largest.
    """
    count, stack = len(samples), 1 + pixels
    shape = np.median([s.image.shape[0] / s.image.shape[1] for s in samples]).clip(0.5, 2)
    top, bottom = 0.7, page.height - _MARGIN - legend - 0.05
    best = None
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        room = (page.width - 2 * _MARGIN + _GAP) / columns - _GAP
        lines = [_wrapped(_words(s, classes), room) for s in samples]
        words = _LINE * max(map(len, lines)) + 0.08
        free = (bottom - top + _GAP) / rows - _GAP - words - 0.08 * (stack - 1)
        width = min(room, free / stack / shape)
        if best is None or width > best[0]:
            best = width, columns, rows, room, lines, words
    width, columns, rows, room, lines, words = best
    height = width * shape
    block = stack * height + 0.08 * (stack - 1) + words
    spare = max(bottom - top - rows * block - _GAP * (rows - 1), 0) / (rows + 1)
    for i in range(count):
        row, column = divmod(i, columns)
        across = min(columns, count - row * columns)  # a last row that is not full stands in the middle
        left = (page.width - across * room - (across - 1) * _GAP) / 2 + column * (room + _GAP)
        y = top + spare + row * (block + _GAP + spare)
        panels = [(left + (room - width) / 2, y + k * (height + 0.08), width, height) for k in range(stack)]
        yield panels, lines[i], (left + room / 2, y + block - words + 0.08)


def _wrapped(words, width):
    """Words in lines that are at most so many inches wide; what would be a fourth line is left out."""
    lines = []
    for word in words.split():
        if lines and text_width(f"{lines[-1]} {word}", SMALL_TEXT) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > _MOST_LINES:
        lines = lines[:_MOST_LINES]
        while text_width(f"{lines[-1]} …", SMALL_TEXT) > width and " " in lines[-1]:
            lines[-1] = lines[-1].rpartition(" ")[0]
        lines[-1] += " …"
    return lines
