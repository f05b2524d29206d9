"""``python -m benchmarks.coco_ap``: COCO's average precision of boxes beside pycocotools', on one random data set.

Both sides start from the same parsed lists of dicts and end with the twelve numbers, which must agree to 1e-9. They
take turns in one process, and neither uses a second thread.
"""

import argparse
import contextlib
import copy
import io
import statistics
import time

import numpy as np

from minicv.metrics import CocoAveragePrecision, coco_map

SIDE = 640  # of every image, in pixels


def draw(images, classes, seed=0):
    """A data set, and what a detector of middling quality might find in it.

    An image has 7 objects on average, of three classes, as in COCO; one in a hundred is a crowd. An object is found 2.5
    times, one time in five under another class, and there are 18 false alarms an image. The scores have many ties.

    Returns
    -------
    results, dataset
        As :func:`minicv.metrics.coco_map` takes them.
    """
    rng = np.random.default_rng(seed)
    annotations, results = [], []

    def box():
        size = np.exp(rng.uniform(np.log(8), np.log(300), 2))
        return np.concatenate([rng.uniform(0, SIDE - size), size])

    def find(image, category, box):
        row = {"image_id": image, "category_id": int(category), "bbox": box.tolist()}
        results.append(row | {"score": round(float(rng.random()), 3)})

    for image in range(1, images + 1):
        present = rng.integers(1, classes + 1, 3)
        for _ in range(rng.poisson(7)):
            true, category = box(), int(rng.choice(present))
            row = {
                "id": len(annotations) + 1,
                "image_id": image,
                "category_id": category,
                "bbox": true.tolist(),
            }
            area = float(true[2] * true[3] * 0.6)
            annotations.append(row | {"area": area, "iscrowd": int(rng.random() < 0.01)})
            for _ in range(rng.poisson(2.5)):
                moved = true[:2] + true[2:] * rng.normal(0, 0.1, 2)
                near = np.concatenate([moved, true[2:] * np.exp(rng.normal(0, 0.15, 2))])
                find(image, category if rng.random() < 0.8 else rng.integers(1, classes + 1), near)
        for _ in range(rng.poisson(18)):
            find(image, rng.integers(1, classes + 1), box())
    dataset = {
        "info": {},
        "images": [{"id": i, "height": SIDE, "width": SIDE} for i in range(1, images + 1)],
        "categories": [{"id": c, "name": str(c)} for c in range(1, classes + 1)],
        "annotations": annotations,
    }
    return results, dataset


def one_by_one(results, dataset):
    """The same numbers from one update an image."""
    parts = {
        image["id"]: ([], {**dataset, "images": [image], "annotations": []}) for image in dataset["images"]
    }
    for row in results:
        parts[row["image_id"]][0].append(row)
    for row in dataset["annotations"]:
        parts[row["image_id"]][1]["annotations"].append(row)
    metric = CocoAveragePrecision()
    for part in parts.values():
        metric.update(*part)
    return metric.compute()


def pycocotools(results, dataset):
    """The numbers of pycocotools, which writes into what it is given."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truths = COCO()
        truths.dataset = dataset
        truths.createIndex()
        evaluation = COCOeval(truths, truths.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


SIDES = {
    "minicv": lambda *data: list(coco_map(*data).values()),
    "minicv, image by image": lambda *data: list(one_by_one(*data).values()),
    "pycocotools": pycocotools,
}


def measure(images, classes, turns):
    """Seconds of processor time of each side, turn by turn; the sides must agree."""
    data = draw(images, classes)
    print(
        f"{images} images, {classes} classes, {len(data[1]['annotations'])} objects, {len(data[0])} detections"
    )
    seconds = {name: [] for name in SIDES}
    for _ in range(turns):
        numbers = {}
        for name, side in SIDES.items():
            fresh = copy.deepcopy(data)
            start = time.process_time()
            numbers[name] = side(*fresh)
            seconds[name].append(time.process_time() - start)
        for theirs in numbers.values():
            np.testing.assert_allclose(numbers["minicv"], theirs, rtol=0, atol=1e-9)
        print(", ".join(f"{name} {times[-1]:.2f} s" for name, times in seconds.items()), flush=True)
    return seconds


def main(argv=None):
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coco_ap", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--classes", type=int, default=80)
    parser.add_argument("--turns", type=int, default=3, help="turns of each side (default 3)")
    args = parser.parse_args(argv)
    seconds = {
        name: statistics.median(s) for name, s in measure(args.images, args.classes, args.turns).items()
    }
    for name, median in seconds.items():
        print(f"{name:24} {median:8.2f} s, {median / seconds['pycocotools']:.3f} of pycocotools'")


if __name__ == "__main__":
    main()
