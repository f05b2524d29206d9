"""One annotated image: the record that every data set hands out."""

from dataclasses import dataclass, field, replace

import numpy as np

JOINTS = (
    "right foot",
    "right knee",
    "right hip",
    "left hip",
    "left knee",
    "left foot",
    "right hand",
    "right elbow",
    "right shoulder",
    "left shoulder",
    "left elbow",
    "left hand",
    "neck",
    "head top",
)
"""The 14 joints in the order of Leeds Sports Pose (Johnson and Everingham, 2010); left is the person's own left."""

SKELETON = (
    (0, 1), (1, 2), (3, 4), (4, 5),  # legs
    (6, 7), (7, 8), (9, 10), (10, 11),  # arms
    (2, 3), (2, 8), (3, 9), (8, 12), (9, 12), (12, 13),  # trunk and head
)  # fmt: skip
"""Pairs of joints that a bone connects, as indices into `JOINTS`."""

PER_INSTANCE = ("annotation_ids", "area", "attributes", "crowd", "difficult", "occluded", "truncated")
"""Names in a sample's `meta` under which there is a row for each instance."""

ABSENT, OCCLUDED, VISIBLE = 0, 1, 2
"""Visibility of a keypoint, numbered as in COCO."""


@dataclass(frozen=True, repr=False)
class Sample:
    """An image with everything that is known about it.

    A pixel in row i and column j is the square [j, j+1) x [i, i+1), so its centre is at x = j + 0.5,
    y = i + 0.5, and a box around the pixels of columns 3 to 5 runs from x1 = 3 to x2 = 6. Boxes and
    keypoints share these coordinates. R is the number of instances (countable things); all arrays
    that start with R have their rows in the same order.

    Parameters
    ----------
    image : ndarray (H, W, 3) uint8
        RGB.
    semantic : ndarray (H, W) int64, optional
        Class of every pixel; None where the data set has no such map.
    masks : ndarray (R, H, W) bool, optional
        Visible pixels of each instance.
    boxes : ndarray (R, 4) float32
        (x1, y1, x2, y2) around the visible pixels.
    labels : ndarray (R,) int64
        Class of each instance, in the numbering of `semantic`.
    keypoints : ndarray (R, P, 3) float32, optional
        (x, y, visibility) of P joints, the 14 of `JOINTS` or the data set's own: 0 absent, 1 hidden, 2 visible.
        Rows of instances that are not people, and joints outside the image, are all zero.
    caption : str
        The scene in one sentence.
    meta : dict
        Whatever else the data set knows: "path", "captions" (all of them), ... What is under a name of
        `PER_INSTANCE` has a row for each instance.
    label : int, optional
        Class of the image as a whole, where the data set is for classification.

    Raises
    ------
    ValueError
        If the arrays do not fit each other.

    Examples
    --------
    >>> Sample(np.zeros((4, 6, 3), np.uint8), caption="nothing")
    Sample(4 x 6, 0 instances: 'nothing')
    """

    image: np.ndarray
    semantic: np.ndarray | None = None
    masks: np.ndarray | None = None
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    keypoints: np.ndarray | None = None
    caption: str = ""
    meta: dict = field(default_factory=dict)
    label: int | None = None

    def __post_init__(self):
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(
                f"Sample: image must be (H, W, 3) uint8; got {self.image.shape} {self.image.dtype}. "
                "Is it channels first, or already scaled to [0, 1]?"
            )
        height_width, count = self.image.shape[:2], len(self.labels)
        expected = {
            "semantic": height_width,
            "masks": (count, *height_width),
            "boxes": (count, 4),
            "labels": (count,),
        }
        if self.keypoints is not None:
            expected["keypoints"] = (count, *self.keypoints.shape[1:2], 3)
        for name, shape in expected.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(
                    f"Sample: {name} must be {shape} for a {height_width[0]} x {height_width[1]} image "
                    f"with {count} labels; got {value.shape}."
                )

    def keep(self, kept):
        """The sample with some of its instances.

        Parameters
        ----------
        kept : ndarray (R,) bool

        Returns
        -------
        Sample
        """
        rows = {name: getattr(self, name) for name in ("masks", "boxes", "labels", "keypoints")}
        meta = {
            name: _rows(value, kept) if name in PER_INSTANCE else value for name, value in self.meta.items()
        }
        return replace(self, meta=meta, **{name: v if v is None else v[kept] for name, v in rows.items()})

    def __repr__(self):
        height, width = self.image.shape[:2]
        what = f"{len(self.labels)} instances" if self.label is None else f"class {self.label}"
        return f"Sample({height} x {width}, {what}: {self.caption!r})"


def _rows(value, kept):
    """The rows of an array or a list with one entry for each instance."""
    return value[kept] if isinstance(value, np.ndarray) else [v for v, keep in zip(value, kept) if keep]
