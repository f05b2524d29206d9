"""The task of giving an image one label."""

import numpy as np

from .. import functional as F
from ..data import Sample, images_to_batch
from ..data.transforms import RandomResizedCrop, Resize
from ..metrics import Accuracy
from ..tensor import no_grad
from .common import augmentation, beside, chunks

SHOWN = 5  # classes that are named for an image
_LUMA = np.float32([0.299, 0.587, 0.114])  # ITU-R BT.601


class Classification:
    """Whole images and one label each.

    Images are resized to a square, whatever their shape.

    Parameters
    ----------
    grey : bool
        Whether the model takes one channel, (N, 1, H, W), rather than three.

    Attributes
    ----------
    monitor : str
        The number that tells which of two models is better.
    """

    name, monitor = "classification", "accuracy"

    def __init__(self, grey=False):
        self.grey = grey

    def lack(self, sample):
        """What a sample does not have that this task needs; "" if nothing."""
        return "" if sample.label is not None else "one label for each image"

    def fixed(self, config):
        """The transform that is done once to each image."""
        return Resize((config.size, config.size))

    def random(self, config):
        """The transform that is drawn anew whenever an image is seen; "crop" takes half of its area or more."""
        return augmentation(config.augment, config.size, RandomResizedCrop(config.size, scale=(0.5, 1.0)))

    def loss(self, model, batch):
        """The model's loss on a :class:`~minicv.data.Batch`."""
        return model.loss(beside(model, self._input(batch.images)), beside(model, batch.label))

    def answers(self, model, images, size):
        """Probability of every class for each image.

        Parameters
        ----------
        model : Module
        images : list of ndarray (H, W, 3) uint8
        size : int

        Returns
        -------
        (N, L) ndarray of float32
        """
        resize = Resize((size, size))
        batch = self._input(images_to_batch([resize(Sample(image), None).image for image in images]))
        model.eval()
        with no_grad():
            return F.softmax(model(beside(model, batch)), 1).numpy()

    def evaluate(self, model, dataset, size):
        """Share of images whose most probable class is the right one, as {"accuracy": ...}."""
        accuracy = Accuracy()
        for samples in chunks(dataset, 64):
            scores = self.answers(model, [sample.image for sample in samples], size)
            accuracy.update(scores, [sample.label for sample in samples])
        return {"accuracy": accuracy.compute()}

    def describe(self, answer, classes):
        """The most probable classes, for JSON: {"label": name, "scores": {name: probability}}."""
        best = np.argsort(-answer, kind="stable")[:SHOWN]
        return {"label": classes[best[0]], "scores": {classes[i]: round(float(answer[i]), 6) for i in best}}

    def draw(self, image, answer, classes):
        """A page with the image and bars of the most probable classes."""
        from ..viz import Page, bars, show_image

        scores = self.describe(answer, classes)["scores"]
        page = Page("content")
        show_image(page.panel(0.4, 0.4, 4.6, page.height - 0.8), image)
        shares = [round(score, 3) for score in scores.values()]
        bars(
            page.panel(7.6, 0.6, page.width - 8.4, page.height - 1.8),
            shares,
            list(scores),
            "probability",
        )
        return page

    def _input(self, images):
        """Images (N, 3, H, W) as the model takes them."""
        return np.tensordot(images, _LUMA, (1, 0))[:, None] if self.grey else images
