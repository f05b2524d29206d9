"""Moving the pixels of a sample, and with them its boxes, masks and keypoints.

Each function returns a new sample. What leaves the image goes: keypoints outside become absent, and instances of
which nothing is left disappear from every array.
"""

from dataclasses import replace

import numpy as np

from ...errors import sentence
from ..sample import JOINTS

#: Value of pixels from outside the image in ``semantic``: the label that losses and metrics ignore.
OUTSIDE = 255

_ROUNDS = 5

# Keypoints that change places in a mirror, by how many there are: those of Leeds Sports Pose and of COCO.
_MIRRORED = {
    len(JOINTS): [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13],
    17: [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15],
}


def crop(sample, top, left, height, width, fill=0):
    """Cut a window out of a sample; where it reaches beyond the image there is ``fill``.

    Parameters
    ----------
    sample : Sample
    top, left, height, width : int
        The window, in pixels; ``top`` and ``left`` may be negative.
    fill : int or (int, int, int)
        Colour outside the image. ``semantic`` is 255 there, and masks are False.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        The window has no pixel.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> crop(Sample(np.ones((4, 6, 3), np.uint8)), -1, 2, 3, 5).image[..., 0]
    array([[0, 0, 0, 0, 0],
           [1, 1, 1, 1, 0],
           [1, 1, 1, 1, 0]], dtype=uint8)
    """
    if height < 1 or width < 1:
        raise ValueError(sentence("crop", "the window", "at least 1 x 1", f"{height} x {width}"))
    old_height, old_width = sample.image.shape[:2]
    rows = slice(max(0, top), max(0, min(old_height, top + height)))
    cols = slice(max(0, left), max(0, min(old_width, left + width)))

    def fill_in(window, array, outside):
        """Axes -2 and -1 of both are rows and columns."""
        inside = array[..., rows, cols]
        if inside.shape != window.shape:
            window[...] = outside
        y, x = rows.start - top, cols.start - left
        window[..., y : y + inside.shape[-2], x : x + inside.shape[-1]] = inside
        return window

    def cut(array, outside):
        return fill_in(np.empty((*array.shape[:-2], height, width), array.dtype), array, outside)

    colour = np.broadcast_to(np.asarray(fill, np.uint8), 3)[:, None, None]
    image = np.empty((height, width, 3), np.uint8)
    fill_in(image.transpose(2, 0, 1), sample.image.transpose(2, 0, 1), colour)
    shift = np.array([left, top], np.float32)
    return _moved(sample, image, cut, lambda points: points - shift)


def hflip(sample):
    """Mirror a sample left to right; left and right keypoints change places.

    Parameters
    ----------
    sample : Sample

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        The keypoints are neither the 14 of Leeds Sports Pose nor the 17 of COCO.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample = Sample(np.zeros((4, 6, 3), np.uint8), boxes=np.float32([[0, 1, 2, 3]]), labels=np.array([5]))
    >>> hflip(sample).boxes
    array([[4., 1., 6., 3.]], dtype=float32)
    """
    width = sample.image.shape[1]

    def mirror(points):
        return points * np.float32([-1, 1]) + np.float32([width, 0])

    flipped = _moved(
        sample,
        np.ascontiguousarray(sample.image[:, ::-1]),
        lambda a, _: np.ascontiguousarray(a[..., ::-1]),
        mirror,
    )
    if sample.keypoints is None:
        return flipped
    count = sample.keypoints.shape[1]
    if count not in _MIRRORED:
        raise ValueError(
            sentence(
                "hflip", "keypoints", "the 14 of Leeds Sports Pose or the 17 of COCO", f"{count} a person"
            )
        )
    return replace(flipped, keypoints=np.ascontiguousarray(flipped.keypoints[:, _MIRRORED[count]]))


def resize(sample, height, width):
    """Resize a sample: the image antialiased (bilinear, averaging when it shrinks), labels to the nearest.

    Parameters
    ----------
    sample : Sample
    height, width : int
        In pixels.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        The size is less than 1.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample = Sample(np.zeros((4, 6, 3), np.uint8), boxes=np.float32([[0, 1, 2, 3]]), labels=np.array([5]))
    >>> resize(sample, 8, 6).boxes
    array([[0., 2., 2., 6.]], dtype=float32)
    """
    from PIL import Image

    if height < 1 or width < 1:
        raise ValueError(sentence("resize", "the size", "at least 1 x 1", f"{height} x {width}"))
    old_height, old_width = sample.image.shape[:2]
    image = Image.fromarray(sample.image).resize((width, height), Image.Resampling.BILINEAR)
    rows, cols = _nearest(old_height, height), _nearest(old_width, width)
    scale = np.float32([width / old_width, height / old_height])
    return _moved(
        sample, np.array(image), lambda a, _: a[..., rows[:, None], cols], lambda points: points * scale
    )


def _nearest(old, new):
    """Index of the old pixel in which the centre of each new one lies."""
    return ((np.arange(new) + 0.5) * old / new).astype(np.int64)


def warp(sample, matrix, fill=0):
    """Map a sample by an affine map of the plane; the size stays.

    Parameters
    ----------
    sample : Sample
    matrix : (2, 3) ndarray
        A point (x, y) goes to ``matrix @ (x, y, 1)``.
    fill : int or (int, int, int)
        Colour of what comes from outside.

    Returns
    -------
    Sample

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample = Sample(np.zeros((4, 6, 3), np.uint8), boxes=np.float32([[0, 1, 2, 3]]), labels=np.array([5]))
    >>> warp(sample, np.array([[1, 0, 2], [0, 1, 0]])).boxes  # two pixels to the right
    array([[2., 1., 4., 3.]], dtype=float32)
    """
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    height, width = sample.image.shape[:2]
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    source = np.tensordot(inverse[:2, :2], np.stack([x, y]), 1) + inverse[:2, 2, None, None]
    return _sampled(sample, source, lambda points: points @ matrix[:, :2].T + matrix[:, 2], fill)


def displace(sample, offset, fill=0):
    """Take every pixel of a sample from somewhere near it.

    Parameters
    ----------
    sample : Sample
    offset : (2, H, W) ndarray
        In pixels: the one at (x, y) is taken from (x, y) + offset[:, y, x]. It should be smooth.
    fill : int or (int, int, int)
        Colour of what comes from outside.

    Returns
    -------
    Sample

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample = Sample(np.zeros((4, 6, 3), np.uint8), boxes=np.float32([[2, 1, 4, 3]]), labels=np.array([5]))
    >>> displace(sample, np.zeros((2, 4, 6)) - [[[2]], [[0]]]).boxes  # all from two pixels to the left
    array([[4., 1., 6., 3.]], dtype=float32)
    """
    height, width = sample.image.shape[:2]
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)

    centres = np.stack([x, y]).reshape(2, -1).T
    sources = centres + offset.reshape(2, -1).T

    def move(points):
        """The q with q + offset(q) = p, by iteration: the offset is smooth, so few rounds are enough.

        Where it folds the image they may not be: then q is the pixel that comes from nearest to p, and what is left.
        """
        moved = points
        for _ in range(_ROUNDS):
            col, row = np.floor(moved).astype(np.int64).T
            pulled = offset[:, row.clip(0, height - 1), col.clip(0, width - 1)].T
            before, moved = moved, points - pulled
        for i in np.flatnonzero(np.abs(moved - before).max(-1, initial=0) > 1):
            nearest = np.square(sources - points[i]).sum(-1).argmin()
            moved[i] = centres[nearest] + points[i] - sources[nearest]
        return moved

    return _sampled(sample, np.stack([x, y]) + offset, move, fill)


def _sampled(sample, source, move, fill):
    """A sample whose pixel (i, j) is taken from the point source[:, i, j]: bilinear, labels from the nearest."""
    height, width = sample.image.shape[:2]
    col, row = np.floor(source).astype(np.int64)
    inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    row, col = row.clip(0, height - 1), col.clip(0, width - 1)

    def pick(array, outside):
        return np.where(inside, array[..., row, col], np.asarray(outside, array.dtype))

    # Between the centres of four pixels; beyond the outermost ones their values go on.
    x, y = source - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    image = np.zeros(sample.image.shape, np.float32)
    for i, share_y in ((top, 1 - (y - top)), (top + 1, y - top)):
        for j, share_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            share = (share_y * share_x).astype(np.float32)[..., None]
            image += share * sample.image[i.clip(0, height - 1), j.clip(0, width - 1)]
    image = np.where(inside[..., None], np.rint(image), np.broadcast_to(np.float32(fill), 3)).astype(np.uint8)
    return _moved(sample, image, pick, move, tight=True)


def _moved(sample, image, pixels, points, tight=False):
    """Assemble the result of a move.

    ``pixels(array, outside)`` moves label maps (..., H, W), ``points`` an (n, 2) array of x, y. With ``tight``, boxes
    of instances that have masks are drawn around these anew; otherwise a box goes around its moved corners.
    """
    height, width = image.shape[:2]
    size = np.float32([width, height])
    semantic = None if sample.semantic is None else pixels(sample.semantic, OUTSIDE)
    masks = None if sample.masks is None else pixels(sample.masks, False)
    if not len(sample.labels):  # no instances: a digit, a photograph of one thing
        return replace(sample, image=image, semantic=semantic, masks=masks)
    x1, y1, x2, y2 = sample.boxes.T
    corners = points(np.stack([x1, y1, x2, y1, x2, y2, x1, y2], axis=-1).reshape(-1, 2)).reshape(-1, 4, 2)
    boxes = np.concatenate([corners.min(1), corners.max(1)], axis=1)
    if tight and masks is not None:
        boxes = _around(masks)
    boxes = boxes.reshape(-1, 2, 2).clip(0, size).reshape(-1, 4).astype(np.float32)
    left_over = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(1)
    if masks is not None:
        left_over &= masks.any((1, 2))
    keypoints = sample.keypoints
    if keypoints is not None:
        keypoints = keypoints.copy()
        keypoints[..., :2] = points(keypoints[..., :2].reshape(-1, 2)).reshape(*keypoints.shape[:2], 2)
        inside = ((keypoints[..., :2] >= 0) & (keypoints[..., :2] <= size)).all(-1)
        keypoints[~inside | (keypoints[..., 2] == 0)] = 0
    moved = replace(sample, image=image, semantic=semantic, masks=masks, boxes=boxes, keypoints=keypoints)
    return moved.keep(left_over)


def _around(masks):
    """Boxes around the pixels of masks; all zero for an empty one."""
    boxes = np.zeros((len(masks), 4), np.float32)
    for box, mask in zip(boxes, masks):
        rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if rows.size:
            box[:] = cols[0], rows[0], cols[-1] + 1, rows[-1] + 1
    return boxes
