"""The task of labelling every pixel."""

import numpy as np

from ..data import Sample, images_to_batch
from ..data.collate import IGNORED
from ..data.transforms import RandomCrop, Resize
from ..metrics import SegmentationScores
from .common import augmentation, beside, chunks


class Segmentation:
    """Whole images and a label for each of their pixels.

    Images are scaled until their shorter side is the size that was asked for; the model learns from square windows of
    them, labels them whole, and its answer is scaled back to the image's own resolution.

    Parameters
    ----------
    stride : int
        The model takes images whose sides are multiples of this.

    Attributes
    ----------
    monitor : str
        The number that tells which of two models is better.
    """

    name, monitor = "segmentation", "mean_iou"

    def __init__(self, stride=1):
        self.stride = stride

    def lack(self, sample):
        """What a sample does not have that this task needs; "" if nothing."""
        return "" if sample.semantic is not None else "a label for each pixel"

    def fixed(self, config):
        """The transform that is done once to each image."""
        return Resize(config.size)

    def random(self, config):
        """The transform that is drawn anew whenever an image is seen; "crop" takes windows of 3/4 of the side."""
        side = config.size * 3 / 4 if "crop" in config.augment else config.size
        # Without it, too: the windows of a batch are of one size.
        return augmentation((*config.augment, "crop"), config.size, RandomCrop(self._multiple(side)))

    def loss(self, model, batch):
        """The model's loss on a :class:`~minicv.data.Batch`."""
        return model.loss(beside(model, batch.images), beside(model, batch.semantic))

    def answers(self, model, images, size):
        """Label of every pixel of each image.

        Parameters
        ----------
        model : Module
        images : list of ndarray (H, W, 3) uint8
        size : int

        Returns
        -------
        list of (H, W) ndarray of int64
        """
        return [self._answer(model, image, size) for image in images]

    def _answer(self, model, image, size):
        height, width = image.shape[:2]
        sides = [self._multiple(size * side / min(height, width)) for side in (height, width)]
        (labels,) = model.predict(images_to_batch([Resize(sides)(Sample(image), None).image]))
        # Each pixel of the image gets the label of the one that its centre lies in.
        rows, columns = (((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip((height, width), sides))
        return labels[rows[:, None], columns]

    def evaluate(self, model, dataset, size):
        """Mean IoU and pixel accuracy over all pixels that count, as {"mean_iou": ..., "pixel_accuracy": ...}."""
        scores = SegmentationScores(len(dataset.classes), IGNORED)
        for (sample,) in chunks(dataset, 1):
            scores.update(sample.semantic, self._answer(model, sample.image, size))
        return {name: scores.compute()[name] for name in ("mean_iou", "pixel_accuracy")}

    def describe(self, answer, classes):
        """The share of each class that there is, for JSON: {"pixels": {name: share}}."""
        shares = np.bincount(answer.ravel(), minlength=len(classes)) / answer.size
        return {"pixels": {classes[i]: round(float(shares[i]), 6) for i in np.argsort(-shares) if shares[i]}}

    def draw(self, image, answer, classes):
        """A page with the image, its labels over it, and the names of the classes."""
        from ..viz import Page, axes_table, class_legend, show_image, show_labels

        page = Page("slide")
        rows = -(-len(classes) // 8)
        ((left, right),) = axes_table(page, 1, 2, margin=(0.4, 0.3, 0.6 + 0.42 * rows))
        show_image(left, image)
        show_labels(right, answer, len(classes), image=image)
        class_legend(page, classes, 0.6, page.height - 0.4 - 0.42 * rows, columns=8, pitch=(1.55, 0.42))
        return page

    def _multiple(self, side):
        """The nearest side that the model takes."""
        return max(self.stride, round(side / self.stride) * self.stride)
