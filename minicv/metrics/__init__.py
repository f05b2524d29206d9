"""Metrics on plain arrays, each with its definition and source."""

from .segmentation import class_iou, confusion_matrix, mean_iou, pixel_accuracy
