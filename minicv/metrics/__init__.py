"""Metrics on plain arrays, each with its definition and source.

Each is a function of a whole data set, such as :func:`mean_iou`, and a :class:`Metric`, such as
:class:`SegmentationScores`, which sees the data set a batch at a time::

    scores = SegmentationScores(num_classes=21, ignore_index=255)
    for batch in loader:
        scores.update(batch.semantic, model.predict(batch.images))
    scores.compute()  # {"pixel_accuracy": ..., "mean_accuracy": ..., "mean_iou": ..., ...}

The function is the metric after one update, so that there is one implementation of each.
"""

from .classification import Accuracy, accuracy
from .coco import CocoAveragePrecision, coco_map
from .keypoints import PCK, PCKh, pck, pckh
from .localization import LocalizationError, MeanBoxIoU, localization_error, mean_box_iou
from .metric import Metric
from .proposals import AverageRecall, ProposalRecall, average_recall, proposal_recall
from .segmentation import (
    ConfusionMatrix,
    PixelAccuracy,
    SegmentationScores,
    class_accuracy,
    class_iou,
    confusion_matrix,
    frequency_weighted_iou,
    mean_accuracy,
    mean_iou,
    pixel_accuracy,
    segmentation_scores,
)
from .voc import VOCAveragePrecision, voc_ap, voc_map
