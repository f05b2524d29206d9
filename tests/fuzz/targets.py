"""Every parser of the project, with small real files for it, made here."""

import contextlib
import gzip
import io
import json
import pickle
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import safetensors.numpy
from PIL import Image

import minicv
from minicv import nn, optim
from minicv.boxes import rle
from minicv.data import CIFAR10, CIFAR100, MNIST, VOC, Coco, DataError, DataLoader, ImageFolder
from minicv.data.mnist import write_idx
from minicv.io import FetchError, WeightsError, load_tree, load_weights, save_tree, unpack
from minicv.optim.lr_scheduler import StepLR
from minicv.tasks.config import read_config
from minicv.train import load_checkpoint, save_checkpoint
from tests.data.small import cifar_batch, coco_content, write_cifar10, write_coco, write_mnist, write_voc
from tests.io.torch_writer import LAUGHS, call, in_a_row, literal, mapping, tensor, zipped

MEMORY = 256 * 2**20
Image.init()  # imports all of Pillow, which must not look like something that a file made happen


@dataclass
class Target:
    """A parser.

    Attributes
    ----------
    name : str
    files : dict of str to list of bytes
        Path in a folder -> contents that it may have; with the first ones the parser succeeds.
    read : callable
        ``read(folder)`` parses all of it.
    errors : tuple of type
        What it is documented to raise, these types and none below them.
    changed : list of str
        The files that are changed, by default all.
    memory : int
        Bytes that one input may take.
    seconds : float
        And of the processor's time.
    """

    name: str
    files: dict
    read: Callable
    errors: tuple
    changed: list = None
    memory: int = MEMORY
    seconds: float = 2.0

    def __post_init__(self):
        self.changed = self.changed or list(self.files)


# Weights and checkpoints


class Attack:
    """Would run a command when it is unpickled."""

    def __reduce__(self):
        import os

        return os.system, ("true",)


def saved(write):
    """Bytes that a function writes to the file that it is given."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def read_weights(folder):
    load_weights(folder / "w")


def weights(folder):
    """Target for each format of weights."""
    six, brain = np.arange(6, dtype="<f4"), np.arange(4, dtype="<u2")
    hostile = pickle.dumps({"w": Attack()}, 2)[2:-1]
    laughs = mapping(
        {"w": LAUGHS, "v": call("torch._utils._rebuild_tensor_v2", LAUGHS, LAUGHS, LAUGHS, LAUGHS)}
    )
    views = {
        "rows": tensor("Float", "0", 6, (2, 3)),
        "columns": tensor("Float", "0", 6, (3, 2), (1, 3)),
        "last": tensor("Float", "0", 6, (), (), offset=5),
        "none": tensor("Float", "0", 6, (0, 4)),
        "parameter": call(
            "torch._utils._rebuild_parameter", tensor("Float", "0", 6, (6,)), literal(True), literal(1)
        ),
    }
    nested = mapping({"epoch": literal(3), "state_dict": mapping(views)})
    brains = mapping({"brain": tensor("BFloat16", "0", 4, (4,))})
    torch_files = [
        lambda write, program=program, data=data: write(program, {"0": data.tobytes()})
        for program, data in (
            (mapping(views), six),
            (nested, six),
            (brains, brain),
            (hostile, six),
            (laughs, six),
        )
    ]
    safe = {"a": six.reshape(2, 3), "b": np.array(3), "c": np.zeros((0, 2), np.float16), "d": six > 2}
    header = b'{"x":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}'
    npz = {"a": six.reshape(2, 3), "b": np.array(3), "c": np.array([True]), "d": six.astype(">f8")}
    kinds = {
        "safetensors": [
            safetensors.numpy.save(safe, {"note": "x"}),
            len(header).to_bytes(8, "little") + header + brain.tobytes(),
        ],
        "pth": [make(zipped) for make in torch_files],
        "pth-old": [make(in_a_row) for make in torch_files],
        "npz": [
            saved(lambda file: np.savez(file, **npz)),
            saved(lambda file: np.savez_compressed(file, **npz)),
            saved(lambda file: np.savez(file, x=np.array([Attack()], object))),
        ],
    }
    return [Target(kind, {"w": files}, read_weights, (WeightsError,)) for kind, files in kinds.items()]


def read_tree(folder):
    load_tree(folder / "t")


def parts():
    """What a small run consists of."""
    minicv.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loader = DataLoader([np.ones(2)] * 4, batch_size=2, shuffle=True)
    schedule = StepLR(optimizer, 2)
    return {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}


def read_checkpoint(folder):
    load_checkpoint(folder / "t", parts())


def checkpoints(folder):
    """Nested states, and whole checkpoints."""
    save_tree({"step": 3, "state": {0: {"m": np.ones(2)}}, "history": [(1, 0.5, None), "x"]}, folder / "t")
    trees = [(folder / "t").read_bytes()]
    run = parts()
    run["model"](minicv.ones(3, 2)).sum().backward()
    run["optimizer"].step()
    save_checkpoint(folder / "t", run, step=1)
    wholes = [(folder / "t").read_bytes()]
    return [
        Target("tree", {"t": trees}, read_tree, (WeightsError,)),
        Target("checkpoint", {"t": wholes}, read_checkpoint, (WeightsError, ValueError)),
    ]


def read_settings(folder):
    read_config({"lr": 0.004}, folder / "run.toml")


def settings(folder):
    """The settings of a run."""
    text = b'epochs = 3\n# faster\nlr = 1e-3\naugment = ["shift", "flip"]\noptimizer = \'sgd\'\nmilestones = [1, 2]\n'
    return [Target("config", {"run.toml": [text]}, read_settings, (ValueError,))]


# Data sets


def first_samples(data_set):
    """Read the first samples, also after one that is damaged; a list may come to name thousands."""
    error = None
    for i in range(min(len(data_set), 20)):
        try:
            data_set[i]
        except Exception as first:
            error = error or first
    if error is not None:
        raise error


def read_files(folder):
    """What lies in a folder, as the files of a target."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): [path.read_bytes()] for path in paths}


def read_mnist(folder):
    first_samples(MNIST(folder))


def digits(folder):
    """MNIST, and the format that it is in."""
    write_mnist(folder / "mnist")
    write_idx(folder / "other", np.ones((2, 2), np.float32))
    other, errors = (folder / "other").read_bytes(), (DataError, FileNotFoundError)
    plain = {name: [*data, other] for name, data in read_files(folder / "mnist").items() if "train" in name}
    packed = {
        f"{name}.gz": [gzip.compress(data, mtime=0) for data in contents] for name, contents in plain.items()
    }
    return [Target("idx", plain, read_mnist, errors), Target("idx-gz", packed, read_mnist, errors)]


def read_cifar(folder, kind, train):
    first_samples(kind(folder, train=train))


def cifar(folder):
    """Both data sets, as pickles and as bytes."""
    for protocol in (2, 4):
        write_cifar10(folder / str(protocol), protocol)
    tens = {
        name: [(folder / str(protocol) / name).read_bytes() for protocol in (2, 4)]
        for name in ("test_batch", "batches.meta")
    }
    pixels, _ = cifar_batch(2, 100)
    fine = {"data": np.asfortranarray(pixels), "fine_labels": [1, 2], "coarse_labels": [0, 0]}
    hundred = {"fine_label_names": [str(i) for i in range(100)], "coarse_label_names": []}
    hundreds = {
        "test": [pickle.dumps(fine, protocol) for protocol in (4, 2)],
        "meta": [pickle.dumps(hundred, 2)],
    }
    laughs = b"\x80\x02}(" + b"".join(literal(k) + LAUGHS for k in ("labels", "data", "label_names")) + b"u."
    for batches in (tens["test_batch"], tens["batches.meta"], hundreds["test"]):
        batches += [laughs, pickle.dumps({"data": Attack()}, 2)]
    records = b"".join(bytes([0, label]) + row.tobytes() for label, row in enumerate(pixels))
    plain = {"test.bin": [records], "fine_label_names.txt": ["\n".join(hundred["fine_label_names"]).encode()]}
    ten_read, hundred_read = (partial(read_cifar, kind=kind, train=False) for kind in (CIFAR10, CIFAR100))
    errors = (DataError, FileNotFoundError)
    return [
        Target("cifar10", tens, ten_read, errors),
        Target("cifar100", hundreds, hundred_read, errors),
        Target("cifar100-bytes", plain, hundred_read, errors),
    ]


def picture(size=(6, 4), mode="RGB", kind="PNG", **options):
    """Bytes of a small image file."""
    image = Image.effect_noise(size, 50).convert(mode)
    return saved(lambda file: image.save(file, kind, **options))


def read_voc(folder):
    first_samples(VOC(folder, image_set="val", task="segmentation"))


def voc(folder):
    """PASCAL VOC with one image."""
    write_voc(folder / "VOC2012")
    files = read_files(folder)
    files["VOC2012/ImageSets/Segmentation/val.txt"].append("7 ä\n8\n".encode())
    files["VOC2012/Annotations/7.xml"].append(files["VOC2012/Annotations/7.xml"][0].decode().encode("utf-16"))
    changed = [name for name in files if "JPEG" not in name]  # the images have a target of their own
    return [Target("voc", files, read_voc, (DataError, FileNotFoundError), changed)]


def read_coco(folder):
    first_samples(Coco(folder, folder / "annotations.json"))


def coco(folder):
    """COCO: polygons, both kinds of run lengths, keypoints, captions."""
    write_coco(folder, folder / "annotations.json")
    files, content = read_files(folder), coco_content()
    first, crowd = content["annotations"]
    packed = crowd["segmentation"] | {"counts": rle.pack(crowd["segmentation"]["counts"])}
    two = [[0, 0, 5.5, 0, 2, 3.5], [1, 1, 2, 1, 2, 2]]
    others = [first | {"segmentation": shape, "keypoints": [2.0, 2.0, 2]} for shape in (two, packed)]
    captions = [{"id": 1, "image_id": 3, "caption": " A cat. "}]
    for annotations in (others, captions):
        files["annotations.json"].append(json.dumps(content | {"annotations": annotations}).encode())
    return [Target("coco", files, read_coco, (DataError, FileNotFoundError), ["annotations.json"])]


def read_images(folder):
    first_samples(ImageFolder(folder / "images"))


def images(folder):
    """Image files of every kind that is looked for, and one that is a program."""
    kinds = [picture(mode=mode) for mode in ("RGB", "L", "P", "LA", "RGBA", "1", "I;16")]
    kinds += [picture(kind="JPEG"), picture(kind="JPEG", mode="CMYK"), picture(kind="JPEG", progressive=True)]
    kinds += [picture(kind=kind) for kind in ("BMP", "PPM", "WEBP", "TIFF")] + [picture(kind="GIF", mode="P")]
    kinds += [
        picture(kind="TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits")
    ]
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds += [picture(kind="JPEG", exif=turned), picture(kind="TIFF", mode="F"), picture(kind="EPS")]
    frames = [Image.new("P", (6, 4), i) for i in range(3)]
    kinds.append(saved(lambda file: frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])))
    # Pillow refuses what has over 179 million pixels; with fewer, a few bytes may claim to be a few gigabytes.
    return [
        Target("images", {"images/a/1.png": kinds}, read_images, (DataError,), memory=3 * 2**29, seconds=20)
    ]


# Archives


def read_archive(folder):
    inside = folder / "unpacked"
    inside.mkdir()
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            unpack(folder / "archive", inside)
    finally:
        shutil.rmtree(inside, ignore_errors=True)


def archives(folder):
    """What data sets come in."""

    def write_zip(file):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("a", "b/c", "d/"):
                archive.writestr(name, b"" if name.endswith("/") else b"x" * 50)

    def write_tar(file, mode):
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name, kind in (("a", tarfile.REGTYPE), ("b/c", tarfile.REGTYPE), ("d", tarfile.SYMTYPE)):
                entry = tarfile.TarInfo(name)
                entry.type, entry.size, entry.linkname = kind, 5 * (kind == tarfile.REGTYPE), "a"
                archive.addfile(entry, io.BytesIO(b"12345"))

    files = [saved(write_zip), saved(partial(write_tar, mode="w")), saved(partial(write_tar, mode="w:gz"))]
    return [Target("archive", {"archive": files}, read_archive, (FetchError,))]


@cache
def targets(folder):
    """All targets by name; ``folder`` is one to work in."""
    makers = (weights, checkpoints, settings, digits, cifar, voc, coco, images, archives)
    found = {}
    for make in makers:
        place = Path(folder, "made", make.__name__)
        place.mkdir(parents=True)
        found |= {target.name: target for target in make(place)}
    return found
