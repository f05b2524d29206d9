"""Geometry of boxes on plain arrays (NumPy or CuPy, no Tensors), named as in torchvision.ops.

A box is (x1, y1, x2, y2) in pixels, with x1 <= x2, y1 <= y2 and the area (x2 - x1) (y2 - y1).
"""

from .geometry import box_area, box_convert, clip_boxes_to_image, masks_to_boxes, remove_small_boxes
from .matching import Matcher
from .overlap import batched_nms, box_iou, generalized_box_iou, nms
