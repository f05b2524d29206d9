"""Metrics on plain arrays, each with its definition and source."""

from .classification import accuracy
from .coco import coco_map
from .keypoints import pck
from .proposals import average_recall, proposal_recall
from .segmentation import class_iou, confusion_matrix, frequency_weighted_iou, mean_iou, pixel_accuracy
from .voc import voc_ap, voc_map
