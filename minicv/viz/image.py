"""Images, and what a model says about them: label maps, masks, boxes, joints. Each takes Axes and arrays."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from .labels import label_places, pixels_per_inch
from .style import FONT, SMALL_TEXT, class_colours, theme_of


def show_image(ax, image, title=""):
    """Draw an image on Axes, one square for each pixel.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    image : (H, W, 3) uint8, or (H, W) array
        A two-dimensional one is drawn in grey from its least to its greatest value.
    title : str

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.viz import Page, show_image
    >>> ax = show_image(Page("third").panel(0, 0, 4, 4), np.zeros((8, 8, 3), np.uint8))
    >>> ax.images[0].get_array().shape
    (8, 8, 3)
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(
            f"show_image: image must be (H, W, 3) or (H, W); got {image.shape}. Did you pass (C, H, W)?"
        )
    ax.imshow(image, cmap="gray", interpolation="nearest")
    ax.autoscale(False)  # a joint or a box that reaches beyond the image must not shrink it
    ax.axis("off")
    if title:
        ax.set_title(title, family=FONT, size=SMALL_TEXT, color=theme_of(ax).ink)
    return ax


def show_labels(ax, labels, num_classes, image=None, colours=None, alpha=0.65, keys=True):
    """Draw a label map, over the image if one is given; each region also carries its class number.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels : (H, W) int array
        0 .. num_classes - 1; other values (255: ignored) are left clear.
    num_classes : int
    image : (H, W, 3) uint8, optional
    colours : sequence of str, optional
        One for each class; by default :func:`minicv.viz.class_colours`.
    alpha : float
        Opacity of the colours over the image.
    keys : bool
        Write the class number into its region, the cue besides the colour; :func:`class_legend` names it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.viz import Page, show_labels
    >>> labels = np.repeat([[0, 1]], 16, axis=0).repeat(8, axis=1)
    >>> ax = show_labels(Page("third").panel(0, 0, 4, 4), labels, num_classes=2)
    >>> [text.get_text() for text in ax.texts]
    ['0', '1']
    """
    labels = np.asarray(labels)
    if labels.ndim != 2:
        raise ValueError(f"show_labels: labels must be (H, W); got {labels.shape}")
    colours = colours or class_colours(num_classes)
    if image is not None:
        show_image(ax, image)
    known = (labels >= 0) & (labels < num_classes)
    paint = np.zeros((*labels.shape, 4))
    paint[known, :3] = np.array([to_rgb(colour) for colour in colours])[labels[known]]
    paint[known, 3] = 1.0 if image is None else alpha
    ax.imshow(paint, interpolation="nearest")
    ax.axis("off")
    for label in range(num_classes) if keys else ():
        centre = deepest_pixel(labels == label)
        if centre is not None:
            _key(ax, centre, str(label), colours[label])
    return ax


def deepest_pixel(mask, least=2):
    """The (row, col) farthest from a mask's border; None if it can be peeled fewer than `least` times.

    The mask is peeled layer by layer, the image's edge counting as border; what is left last is its core.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((9, 9), bool)
    >>> mask[1:8, 2:7] = True
    >>> deepest_pixel(mask)
    (4, 4)
    """
    core, layers = np.pad(np.asarray(mask, bool), 1), 0
    while True:
        peeled = core.copy()
        peeled[1:-1, 1:-1] &= core[:-2, 1:-1] & core[2:, 1:-1] & core[1:-1, :-2] & core[1:-1, 2:]
        if not peeled.any():
            break
        core, layers = peeled, layers + 1
    if layers < least:
        return None
    rows, cols = np.nonzero(core)
    middle = np.argmin(np.hypot(rows - rows.mean(), cols - cols.mean()))
    return int(rows[middle]) - 1, int(cols[middle]) - 1


def class_legend(page, names, x, y, colours=None, columns=1, pitch=(2.0, 0.42), numbered=True):
    """Name the classes on a page: a swatch, the number that :func:`show_labels` writes, and the word.

    Parameters
    ----------
    page : Page
    names : sequence of str
    x, y : float
        Upper left corner in inches.
    colours : sequence of str, optional
    columns : int
    pitch : (float, float)
        From one entry to the next, across and down, in inches.
    numbered : bool
        Whether the class numbers stand before the words.

    Examples
    --------
    >>> from minicv.viz import Page, class_legend
    >>> page = Page("third")
    >>> class_legend(page, ["sky", "grass"], 0.5, 0.5)
    >>> [text.get_text() for text in page.sheet.texts]
    ['0  sky', '1  grass']
    """
    colours = colours or class_colours(len(names))
    for i, name in enumerate(names):
        row, col = divmod(i, columns)
        left, top = x + col * pitch[0], y + row * pitch[1]
        swatch = Rectangle(
            (left, top), 0.28, 0.28, facecolor=colours[i], edgecolor=page.theme.ink, linewidth=0.8
        )
        page.sheet.add_patch(swatch)
        words = f"{i}  {name}" if numbered else name
        page.write(left + 0.4, top + 0.14, words, size=SMALL_TEXT, ha="left")


def show_masks(ax, masks, alpha=0.5):
    """Tint each instance's mask in a colour of its own and draw its outline, over the image that `ax` shows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    masks : (R, H, W) bool array
    alpha : float
        Opacity of the tint.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.viz import Page, show_masks
    >>> ax = Page("third").panel(0, 0, 4, 4)
    >>> len(show_masks(ax, np.eye(4, dtype=bool).reshape(1, 4, 4)).images)
    1
    """
    masks = np.asarray(masks, bool)
    if masks.ndim != 3:
        raise ValueError(f"show_masks: masks must be (R, H, W); got {masks.shape}")
    for mask, colour in zip(masks, class_colours(len(masks))):
        paint = np.zeros((*mask.shape, 4))
        paint[mask] = (*to_rgb(colour), alpha)
        ax.imshow(paint, interpolation="nearest")
        if mask.any() and not mask.all():
            ax.contour(mask.astype(float), levels=[0.5], colors=[colour], linewidths=2.0)
    ax.axis("off")
    return ax


def show_boxes(ax, boxes, names=None, scores=None, role="prediction"):
    """Draw boxes with their names and scores over the image that `ax` shows; words that find no room are left out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    boxes : (R, 4) float array
        (x1, y1, x2, y2) in pixels.
    names : sequence of R str, optional
    scores : (R,) array, optional
    role : str
        "truth" (solid) or "prediction" (dashed).

    Examples
    --------
    >>> from minicv.viz import Page, show_boxes
    >>> ax = show_boxes(Page("third").panel(0, 0, 4, 4), [[1, 1, 5, 6]], ["cat"], [0.875])
    >>> ax.texts[0].get_text()
    'cat 0.88'
    """
    boxes = np.asarray(boxes, float)
    if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
        raise ValueError(f"show_boxes: boxes must be (R, 4) [x1, y1, x2, y2]; got {boxes.shape}")
    for what, items in (("names", names), ("scores", scores)):
        if items is not None and len(items) != len(boxes):
            raise ValueError(
                f"show_boxes: {what} must have one entry for each of {len(boxes)} boxes; got {len(items)}"
            )
    theme, look = theme_of(ax), theme_of(ax).role(role)
    small = min(
        1.0, (ax.get_xlim()[1] - ax.get_xlim()[0]) / pixels_per_inch(ax) / 4
    )  # thin lines on a small image
    line = {
        "edgecolor": look.edge,
        "linewidth": look.width * small,
        "linestyle": look.line,
        "path_effects": _halo(theme, small),
    }
    words = [""] * len(boxes) if names is None else list(names)
    if scores is not None:
        words = [f"{name} {score:.2f}".strip() for name, score in zip(words, scores)]
    corners = boxes.reshape(-1, 4) - 0.5  # pixel 0 is drawn from -0.5 to 0.5
    for x1, y1, x2, y2 in corners:
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, zorder=3, **line))
    back = {"facecolor": theme.background, "edgecolor": look.edge, "boxstyle": "square,pad=0.15"}
    style = {"family": FONT, "size": SMALL_TEXT, "color": theme.ink, "bbox": back, "zorder": 4}
    pad = 0.15 * SMALL_TEXT / 72 * pixels_per_inch(ax)
    for text, place in zip(words, label_places(ax, corners, words)):
        if place:
            ax.text(place[0] + pad, place[1] + pad, text, va="top", ha="left", parse_math=False, **style)
    return ax


def show_skeleton(ax, keypoints, limbs):
    """Draw people's joints and limbs over the image that `ax` shows; occluded joints are hollow.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    keypoints : (P, J, 3) float array
        x, y in pixels (the centre of the first is at 0.5) and visibility: 0 absent, 1 occluded, 2 visible.
    limbs : sequence of (int, int)
        Pairs of joints to join.

    Examples
    --------
    >>> from minicv.viz import Page, show_skeleton
    >>> ax = Page("third").panel(0, 0, 4, 4)
    >>> len(show_skeleton(ax, [[[1, 1, 2], [1, 3, 1], [0, 0, 0]]], [(0, 1), (1, 2)]).lines)
    3
    """
    keypoints = np.asarray(keypoints, float)
    if keypoints.ndim != 3 or keypoints.shape[2] != 3:
        raise ValueError(
            f"show_skeleton: keypoints must be (P, J, 3) [x, y, visibility]; got {keypoints.shape}"
        )
    theme = theme_of(ax)
    if any(not 0 <= joint < keypoints.shape[1] for limb in limbs for joint in limb):
        raise ValueError(
            f"show_skeleton: limbs must be pairs of joints from 0 to {keypoints.shape[1] - 1}; got {limbs}"
        )
    look, scale = theme.role("winner"), 72 / pixels_per_inch(ax)  # points for each pixel
    for person in keypoints - [0.5, 0.5, 0]:  # pixel 0 is drawn from -0.5 to 0.5
        seen = person[person[:, 2] > 0, :2]
        if not len(seen):
            continue
        size = float(
            np.clip(np.ptp(seen, axis=0).max() * scale / 20, 2, 6)
        )  # of a joint: a small one on a small person
        bone = {"color": look.edge, "linewidth": size / 2, "path_effects": _halo(theme, size / 6)}
        for a, b in limbs:
            if person[a, 2] and person[b, 2]:
                ax.plot(person[[a, b], 0], person[[a, b], 1], solid_capstyle="round", **bone)
        joint = {"markersize": size, "markeredgecolor": theme.ink, "markeredgewidth": size / 6}
        for visibility, fill in ((2, look.edge), (1, theme.background)):
            x, y = person[person[:, 2] == visibility, :2].T
            if x.size:
                ax.plot(x, y, "o", markerfacecolor=fill, **joint)
    return ax


def _halo(theme, scale=1.0):
    """A rim in the background's colour around a line, which keeps it visible over any image."""
    return [withStroke(linewidth=5.0 * scale, foreground=theme.background)]


def _key(ax, centre, words, colour):
    """A class number in the middle of its region, black or white, whichever stands out."""
    red, green, blue = to_rgb(colour)
    ink = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#ffffff"
    row, col = centre
    ax.text(col, row, words, ha="center", va="center", family=FONT, size=SMALL_TEXT, weight="bold", color=ink)
