"""Files of weights that others have trained and published, and where they are kept once they are downloaded.

All are those of torchvision, whose documentation tells how each was trained and what it scores:
https://pytorch.org/vision/stable/models.html. torchvision is under the BSD licence; its README says of the weights
that they "may have their own licenses or terms and conditions derived from the dataset used for training".
"""

import os
from dataclasses import dataclass
from pathlib import Path

from .fetch import fetch

ADDRESS = "https://download.pytorch.org/models/"
_DOCS = "https://pytorch.org/vision/stable/models/generated/torchvision.models."


@dataclass(frozen=True)
class Published:
    """A file of weights.

    Attributes
    ----------
    model : str
        torchvision's name of the model.
    version : str
        Its name among the weights of that model: "IMAGENET1K_V1".
    file : str
        Name of the file. Before its ending stand the first eight hexadecimal digits of its SHA-256.
    trained_on : str
        The data set.
    num_classes : int
        Of the last layer, the background among them where there is one.
    parameters : int
        Number of them (of the whole model, which may not need all that the file has).
    note : str
        What has to be known to use it.
    """

    model: str
    version: str
    file: str
    trained_on: str
    num_classes: int
    parameters: int
    note: str = ""

    @property
    def url(self):
        """Where it is published."""
        return ADDRESS + self.file

    @property
    def checksum(self):
        """What :func:`fetch` compares with."""
        return f"sha256:{Path(self.file).stem.rpartition('-')[2]}"

    @property
    def source(self):
        """The page that describes it."""
        task = {"ImageNet-1k": "", "COCO": "detection.", "COCO (VOC's classes)": "segmentation."}[
            self.trained_on
        ]
        return f"{_DOCS}{task}{self.model}.html"


def _imagenet(model, file, parameters, version="IMAGENET1K_V1", note=""):
    return Published(model, version, f"{file}.pth", "ImageNet-1k", 1000, parameters, note)


def _coco(model, file, parameters, version="COCO_V1", num_classes=91, note=""):
    return Published(model, version, f"{file}.pth", "COCO", num_classes, parameters, note)


def _voc(model, digits, parameters):
    note = "The file has an auxiliary head, aux_classifier."
    version = "COCO_WITH_VOC_LABELS_V1"
    return Published(
        model, version, f"{model}_coco-{digits}.pth", "COCO (VOC's classes)", 21, parameters, note
    )


_NEW_RECIPE = "Trained by a newer and longer recipe than the paper's; made for a resize to 232."
_NO_EPS = (
    "Made when the frozen batch normalisation of the backbone added no eps to the variance: set it to 0."
)

#: All of them. The first of each model is what torchvision calls DEFAULT.
PUBLISHED = [
    _imagenet("alexnet", "alexnet-owt-7be5be79", 61_100_840),
    _imagenet("vgg11", "vgg11-8a719046", 132_863_336),
    _imagenet("vgg11_bn", "vgg11_bn-6002323d", 132_868_840),
    _imagenet("vgg13", "vgg13-19584684", 133_047_848),
    _imagenet("vgg13_bn", "vgg13_bn-abd245e5", 133_053_736),
    _imagenet("vgg16", "vgg16-397923af", 138_357_544),
    _imagenet(
        "vgg16",
        "vgg16_features-amdegroot-88682ab5",
        138_357_544,
        "IMAGENET1K_FEATURES",
        "For SSD: features alone, of images as 255 (x - mean), where the mean is (0.48235, 0.45882, 0.40784).",
    ),
    _imagenet("vgg16_bn", "vgg16_bn-6c64b313", 138_365_992),
    _imagenet("vgg19", "vgg19-dcbb9e9d", 143_667_240),
    _imagenet("vgg19_bn", "vgg19_bn-c79401a0", 143_678_248),
    _imagenet("resnet18", "resnet18-f37072fd", 11_689_512),
    _imagenet("resnet34", "resnet34-b627a593", 21_797_672),
    _imagenet("resnet50", "resnet50-11ad3fa6", 25_557_032, "IMAGENET1K_V2", _NEW_RECIPE),
    _imagenet("resnet50", "resnet50-0676ba61", 25_557_032),
    _imagenet("resnet101", "resnet101-cd907fc2", 44_549_160, "IMAGENET1K_V2", _NEW_RECIPE),
    _imagenet("resnet101", "resnet101-63fe2227", 44_549_160),
    _imagenet("resnet152", "resnet152-f82ba261", 60_192_808, "IMAGENET1K_V2", _NEW_RECIPE),
    _imagenet("resnet152", "resnet152-394f9c45", 60_192_808),
    _imagenet("densenet121", "densenet121-a639ec97", 7_978_856),
    _imagenet("densenet161", "densenet161-8d451a50", 28_681_000),
    _imagenet("densenet169", "densenet169-b2777c0a", 14_149_480),
    _imagenet("densenet201", "densenet201-c1103571", 20_013_928),
    _imagenet(
        "googlenet",
        "googlenet-1378be20",
        6_624_904,
        note="Takes images as (x - 0.5) / 0.5. The file has auxiliary heads, aux1 and aux2, which are not trained.",
    ),
    _imagenet(
        "inception_v3",
        "inception_v3_google-0cc3c7bd",
        27_161_264,
        note="Takes images of 299 x 299 as (x - 0.5) / 0.5. The file has an auxiliary head, AuxLogits.",
    ),
    _coco("ssd300_vgg16", "ssd300_vgg16_coco-b556d3b4", 35_641_826),
    _coco("fasterrcnn_resnet50_fpn", "fasterrcnn_resnet50_fpn_coco-258fb6c6", 41_755_286, note=_NO_EPS),
    _coco("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_coco-bf2d0c1e", 44_401_393, note=_NO_EPS),
    _coco(
        "keypointrcnn_resnet50_fpn",
        "keypointrcnn_resnet50_fpn_coco-fc266e95",
        59_137_258,
        num_classes=2,
        note=_NO_EPS,
    ),
    _coco(
        "keypointrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn_coco-9f466800", 59_137_258, "COCO_LEGACY", 2
    ),
    _voc("fcn_resnet50", "1167a1af", 35_322_218),
    _voc("fcn_resnet101", "7ecb50ca", 54_314_346),
    _voc("deeplabv3_resnet50", "cd0a2569", 42_004_074),
    _voc("deeplabv3_resnet101", "586e9e4e", 60_996_202),
]


def published_weights(model, version="DEFAULT"):
    """Look up a file of weights.

    Parameters
    ----------
    model : str
        torchvision's name: "resnet50".
    version : str
        torchvision's name of the weights: "IMAGENET1K_V1", or "DEFAULT".

    Returns
    -------
    Published

    Raises
    ------
    ValueError
        There is none. The message says which there are.

    Examples
    --------
    >>> published_weights("resnet50", "IMAGENET1K_V1").url
    'https://download.pytorch.org/models/resnet50-0676ba61.pth'
    """
    found = {entry.version: entry for entry in PUBLISHED if entry.model == model}
    if not found:
        models = ", ".join(dict.fromkeys(entry.model for entry in PUBLISHED))
        raise ValueError(f"weights: the model must be one of {models}; got {model!r}.")
    if version == "DEFAULT":
        return next(iter(found.values()))
    if version not in found:
        names = ", ".join(found)
        raise ValueError(
            f"weights: the version for {model} must be DEFAULT or one of {names}; got {version!r}."
        )
    return found[version]


def fetch_weights(model, version="DEFAULT", folder=None):
    """Download published weights, unless they are there already, and check them.

    Parameters
    ----------
    model, version : str
        See :func:`published_weights`.
    folder : str or Path, optional
        Where to keep the file, by default :func:`weights_folder`.

    Returns
    -------
    Path
        For :func:`load_weights` or :func:`load_into`.

    Raises
    ------
    ValueError
        There are no such weights.
    FetchError
        See :func:`fetch`. What has come so far is kept, and the next call goes on from there.
    """
    entry = published_weights(model, version)
    return fetch(entry.url, Path(folder or weights_folder(), entry.file), entry.checksum)


def weights_folder():
    """Where downloaded weights are kept: the folder named by the environment variable ``MINICV_WEIGHTS``.

    Where that is not set it is ``minicv/weights`` in ``XDG_CACHE_HOME``, which is by default ``.cache`` in one's home.
    """
    named = os.environ.get("MINICV_WEIGHTS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache, "minicv", "weights")
