"""Where regions lie: their boxes checked, and cut into bins or sampling points along each axis.

A region is a box on one image of a batch, in pixels of the original image; ``spatial_scale`` times its
coordinates are those on the map that is pooled. Coordinates are computed in the dtype of the boxes and in
torchvision's order of operations, so that they round to the same cells.
"""

import numpy as np

from ..backend import to_device
from ..errors import DTypeError, LabelError, ShapeError, check_float, check_rank, sentence
from ..tensor import as_tensor
from .axis_map import AxisMap

# Where boxes may not reach, in cells: from there on float32 does not tell cells from each other.
FARTHEST = 2**24


def checked(op, input, boxes, spatial_scale):
    """The arguments of a region op, checked.

    Parameters
    ----------
    op : str
    input : Tensor
        Shape (N, C, H, W).
    boxes : Tensor or array, or list of them
        Shape (R, 5), rows [batch index, x1, y1, x2, y2], or a list with (R_i, 4) for each image.
    spatial_scale : float

    Returns
    -------
    x : Tensor
    images : (R,) ndarray of int64
        The batch index of each region.
    corners : (R, 4) ndarray
        x1, y1, x2, y2 in cells of the map: times ``spatial_scale``, in the dtype of the input, on the host.
    """
    x = as_tensor(input)
    check_rank(op, "input", x.shape, (4,), "(N, C, H, W)")
    check_float(op, "input", x.dtype)
    if 0 in x.shape[2:]:
        raise ShapeError(sentence(op, "input", "non-empty in height and width", x.shape))
    images, corners = (_from_list if isinstance(boxes, (list, tuple)) else _from_table)(op, boxes, x)
    bad = np.flatnonzero(~(np.abs(corners.astype(np.float64) * spatial_scale) < FARTHEST).all(axis=1))
    if bad.size:
        expected = f"numbers, less than {FARTHEST} cells from the map"
        raise ValueError(sentence(op, "boxes", expected, f"{corners[bad[0]].tolist()} in row {bad[0]}"))
    wrong = np.flatnonzero(~((images >= 0) & (images < x.shape[0]) & (images == np.floor(images))))
    if wrong.size:
        expected = f"whole numbers in 0..{x.shape[0] - 1} in column 0 (the batch index)"
        raise LabelError(sentence(op, "boxes", expected, f"{images[wrong[0]]} in row {wrong[0]}"))
    return x, images.astype(np.int64), corners * spatial_scale


def _from_table(op, boxes, x):
    table = to_device(as_tensor(boxes)._array, "cpu")
    if table.ndim != 2 or table.shape[1] != 5:
        hint = "Did you forget the batch index?" if table.shape[-1:] == (4,) else None
        raise ShapeError(sentence(op, "boxes", "(R, 5) [batch index, x1, y1, x2, y2]", table.shape, hint))
    _check_dtype(op, "boxes", table, x)
    return table[:, 0], table[:, 1:]


def _from_list(op, boxes, x):
    boxes = [to_device(as_tensor(b)._array, "cpu") for b in boxes]
    if len(boxes) != x.shape[0]:
        expected = f"a list of {x.shape[0]} arrays, one for each image"
        raise ShapeError(sentence(op, "boxes", expected, f"a list of {len(boxes)}"))
    for i, b in enumerate(boxes):
        if b.ndim != 2 or b.shape[1] != 4:
            hint = (
                "In a list the place gives the image: leave the batch index out."
                if b.shape[-1:] == (5,)
                else None
            )
            raise ShapeError(sentence(op, f"boxes[{i}]", "(R_i, 4) [x1, y1, x2, y2]", b.shape, hint))
        _check_dtype(op, f"boxes[{i}]", b, x)
    images = np.repeat(np.arange(len(boxes)), [len(b) for b in boxes])
    return images, np.concatenate([np.zeros((0, 4), x.dtype), *boxes])


def _check_dtype(op, argument, boxes, x):
    if boxes.dtype != x.dtype:
        hint = "minicv never converts silently: use .to(dtype) or .astype(dtype) on one of them."
        raise DTypeError(sentence(op, argument, f"of the input's dtype {x.dtype}", boxes.dtype, hint))


def rounded(values):
    """The nearest whole numbers, halves away from zero as C rounds (NumPy takes the even neighbour)."""
    whole = np.trunc(values)
    return whole + np.sign(values) * (np.abs(values - whole) >= 0.5)


def bins(start, length, count, size):
    """Cut [start, start + length) into bins: bin p is [floor(p length / count), ceil((p + 1) length / count)).

    Parameters
    ----------
    start, length : (R,) ndarray
        Whole numbers, of a floating-point dtype.
    count : int
        Number of bins; where they are not whole cells they overlap.
    size : int
        Length of the map, to which the bins are clipped.

    Returns
    -------
    (R, count, 2) ndarray of int64
        First and stop of each bin.

    Examples
    --------
    >>> bins(np.array([1.0]), np.array([5.0]), 2, size=5).tolist()
    [[[1, 4], [3, 5]]]
    """
    step, p = (length / count)[:, None], np.arange(count, dtype=length.dtype)
    edges = np.stack([np.floor(p * step), np.ceil((p + 1) * step)], axis=2)
    return np.clip(edges.astype(np.float64) + start[:, None, None], 0, size).astype(np.int64)


def average(windows, size):
    """Means over the cells of each bin, as one block-diagonal matrix (R P, R size).

    Parameters
    ----------
    windows : (R, P, 2) ndarray of int64
        As :func:`bins` gives them; an empty bin has the mean 0.
    size : int
    """
    R, P, _ = windows.shape
    first, stop = windows.reshape(R * P, 2).T
    counts = np.maximum(stop - first, 0)
    row, place = _runs(counts)
    return AxisMap.from_entries((R * P, R * size), row, row // P * size + first[row] + place, 1 / counts[row])


def samples(start, length, count, size, sampling_ratio):
    """Means over bilinear samples in each bin, as one block-diagonal matrix (R count, R size).

    A sample between two cells weights both by its nearness; beyond the centre of an outer cell it takes that
    cell, and further than one pixel beyond the map, nothing.

    Parameters
    ----------
    start, length : (R,) ndarray
        In cells, where the centre of cell i is at i.
    count : int
        Number of bins.
    size : int
        Length of the map.
    sampling_ratio : int
        Samples along a bin; 0 or less: as many as there are cells, rounded up.

    Examples
    --------
    A region of one bin with two samples, at 0.75 and at 1.25:

    >>> samples(np.array([0.5]), np.array([1.0]), 1, 3, sampling_ratio=2).dense()
    array([[0.125, 0.75 , 0.125]])
    """
    step, real = length / count, length.dtype.type
    grid = np.full(len(start), real(sampling_ratio)) if sampling_ratio > 0 else np.maximum(np.ceil(step), 0)
    corner = start[:, None] + np.arange(count, dtype=step.dtype) * step[:, None]
    first, last = _near(corner, step, grid, size)
    row, place = _runs((last - first).astype(np.int64).ravel())
    r = row // count
    position = (
        corner.ravel()[row] + (first.ravel()[row] + place.astype(step.dtype) + real(0.5)) * step[r] / grid[r]
    )
    share = ((position >= -1) & (position <= size)) / grid[r]
    position = np.clip(position, 0, size - 1)
    before = position.astype(np.int64)
    beyond = position - before.astype(step.dtype)
    cells = np.stack([before, np.minimum(before + 1, size - 1)], axis=1)
    weight = np.stack([1 - beyond, beyond], axis=1) * share[:, None]
    entry, which = np.nonzero(weight)
    return AxisMap.from_entries(
        (len(start) * count, len(start) * size),
        row[entry],
        r[entry] * size + cells[entry, which],
        weight[entry, which],
    )


def _near(corner, step, grid, size):
    """First and stop of the samples of each bin that may lie on the map: of a huge box, few do."""
    grid, forward = (
        grid[:, None],
        step[:, None] > 0,
    )  # regions of no size, or less, have few samples: all are kept
    apart = np.where(forward, step[:, None] / np.maximum(grid, 1), 1)
    first = np.where(forward, np.floor((-1 - corner) / apart) - 1, 0)
    last = np.where(forward, np.ceil((size - corner) / apart) + 1, grid)
    return np.clip(first, 0, grid), np.clip(last, 0, grid)


def _runs(counts):
    """For runs of the given lengths laid end to end: the run of each element, and its place in the run."""
    run = np.repeat(np.arange(len(counts)), counts)
    return run, np.arange(len(run)) - (np.cumsum(counts) - counts)[run]
