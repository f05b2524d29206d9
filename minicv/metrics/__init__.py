"""Metrics on plain arrays, each with its definition and source."""

from .coco import coco_map
from .segmentation import class_iou, confusion_matrix, mean_iou, pixel_accuracy
