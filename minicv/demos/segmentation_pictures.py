"""The pictures of the segmentation demo: curves, predictions beside the truth, confusion matrices."""

import numpy as np

from ..data import CLASSES
from ..metrics import class_iou
from ..viz import (
    Page,
    Picture,
    axes_table,
    class_legend,
    confusion_table,
    learning_curves,
    show_image,
    show_labels,
)

SHOWN = 5  # scenes in the table of predictions


def curves(results):
    """Loss of every step, and mean IoU on watched scenes, of both networks."""
    page = Page("slide")
    losses = {name: [r["loss"] for r in result.history if "loss" in r] for name, result in results.items()}
    above, below = page.panel(1.4, 0.4, 9.0, 2.6), page.panel(1.4, 3.8, 9.0, 2.6)
    learning_curves(above, losses, "cross-entropy", xlabel="")
    measured = [r for r in next(iter(results.values())).history if "mean IoU" in r]
    steps = [record["step"] for record in measured]
    ious = {
        name: [record["mean IoU"] for record in result.history if "mean IoU" in record]
        for name, result in results.items()
    }
    learning_curves(below, ious, "mean IoU", steps=steps, window=1)
    for ax in (above, below):
        ax.set_xlim(0, steps[-1])  # a step lies at the same place in both
    last = ", ".join(f"{name} {values[-1]:.2f}" for name, values in ious.items())
    return Picture(
        "demo.segmentation.curves",
        "Learning curves: the loss of every step, and mean IoU on scenes that were not trained on",
        f"Two plots over the training steps. The loss falls; mean IoU on scenes not trained on rises to: {last}.",
        "trained",
        page,
        numbers={"loss": losses, "mean IoU": ious, "steps": steps},
    )


def predictions(results, fresh):
    """Fresh scenes, the truth, and what each network says."""
    page = Page("slide")
    names = ["image", "truth", *results]
    shown = [result.network.predict(fresh.images[:SHOWN]) for result in results.values()]
    images = (fresh.images[:SHOWN].transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)
    table = axes_table(
        page,
        len(names),
        SHOWN,
        row_names=[name.replace(" ", "\n") for name in names],
        margin=(0.4, 0.35, 1.3),
    )
    for column in range(SHOWN):
        show_image(table[0][column], images[column])
        for row, labels in enumerate([fresh.labels[:SHOWN], *shown], 1):
            show_labels(table[row][column], labels[column], len(CLASSES))
    class_legend(page, CLASSES, 1.2, 6.4, columns=8, pitch=(1.5, 0.42))
    right = {
        name: float(np.mean(labels == fresh.labels[:SHOWN]))
        for name, labels in zip(results, shown, strict=True)
    }
    said = ", ".join(f"{name} {100 * share:.1f} %" for name, share in right.items())
    return Picture(
        "demo.segmentation.predictions",
        "Fresh scenes: image, truth, and what each network says",
        f"{SHOWN} scenes in columns; in rows the image, the true labels, the labels of each network. "
        f"Pixels right: {said}.",
        "trained",
        page,
        numbers={"pixel accuracy of the scenes shown": right},
    )


def confusions(results):
    """One confusion matrix for each network, and the IoU of every class."""
    page = Page("slide")
    numbers = {}
    for x, (name, result) in zip((1.9, 8.4), results.items(), strict=True):
        ax = page.panel(x, 0.9, 4.4, 4.4)
        percent = confusion_table(ax, result.confusion, CLASSES)
        page.write(x + 2.2, 0.5, f"{name}: mean IoU {result.mean_iou:.3f}")
        iou = dict(zip(CLASSES, class_iou(result.confusion).tolist(), strict=True))
        numbers[name] = {"counts": result.confusion, "percent": percent, "IoU": iou}
    said = "; ".join(
        f"{name}: mean IoU {result.mean_iou:.3f}, pixel accuracy {result.pixel_accuracy:.3f}"
        for name, result in results.items()
    )
    return Picture(
        "demo.segmentation.confusion",
        "Confusion matrices on fresh scenes",
        f"For each network a matrix of truth (rows) against prediction (columns), in percent of the row. {said}.",
        "trained",
        page,
        numbers=numbers,
    )


def own_image(results, image):
    """A picture of the user's, and what each network says of it."""
    page = Page("slide")
    batch = (image.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    table = axes_table(page, 1, 1 + len(results), column_names=["image", *results], margin=(0.4, 0.35, 1.3))
    show_image(table[0][0], image)
    shares = {}
    for ax, (name, result) in zip(table[0][1:], results.items(), strict=True):
        labels = result.network.predict(batch)[0]
        show_labels(ax, labels, len(CLASSES), image=image)
        counts = np.bincount(labels.ravel(), minlength=len(CLASSES)) / labels.size
        shares[name] = dict(zip(CLASSES, counts.tolist(), strict=True))
    class_legend(page, CLASSES, 1.2, 6.4, columns=8, pitch=(1.5, 0.42))
    said = "; ".join(f"{name}: mostly {max(share, key=share.get)}" for name, share in shares.items())
    return Picture(
        "demo.segmentation.image",
        "Your image. The networks know nothing but Meadow scenes, so be kind to them.",
        f"The image, and its pixels labelled by each network. {said}.",
        "trained",
        page,
        numbers={"share of the pixels": shares},
    )
