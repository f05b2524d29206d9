"""Where data sets are published, and the checksums of their files, as torchvision lists them, too."""

from pathlib import Path

from ..io import fetch, unpack

_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_CIFAR = "https://www.cs.toronto.edu/~kriz/"
_VOC = "http://host.robots.ox.ac.uk/pascal/VOC/"
_COCO = "http://images.cocodataset.org/"


def _idx(source, train_images, train_labels, test_images, test_labels):
    """The four files of a data set in the format of MNIST."""
    return [
        (f"{source}train-images-idx3-ubyte.gz", train_images),
        (f"{source}train-labels-idx1-ubyte.gz", train_labels),
        (f"{source}t10k-images-idx3-ubyte.gz", test_images),
        (f"{source}t10k-labels-idx1-ubyte.gz", test_labels),
    ]


#: Name of a data set -> (address, MD5) of each of its files.
SOURCES = {
    "mnist": _idx(
        _MNIST,
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "cifar10": [(f"{_CIFAR}cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a")],
    "cifar100": [(f"{_CIFAR}cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85")],
    "voc2007": [
        (f"{_VOC}voc2007/VOCtrainval_06-Nov-2007.tar", "c52e279531787c972589f7e41ab4ae64"),
        (f"{_VOC}voc2007/VOCtest_06-Nov-2007.tar", "b6e924de25625d8de591ea690078ad9f"),
    ],
    "voc2012": [(f"{_VOC}voc2012/VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd")],
    "coco2017-val": [
        (f"{_COCO}zips/val2017.zip", "442b8da7639aecaf257c1dceb8ba8c80"),
        (f"{_COCO}annotations/annotations_trainval2017.zip", "f4bbac642086de4f52a3fdda2de5fa2c"),
    ],
    "coco2017-train": [
        (f"{_COCO}zips/train2017.zip", "cced6f7f71b7629ddf16f17bbcfab6b2"),
        (f"{_COCO}annotations/annotations_trainval2017.zip", "f4bbac642086de4f52a3fdda2de5fa2c"),
    ],
}


def fetch_dataset(name, folder):
    """Download a data set's files into a folder, and unpack the archives among them.

    Parameters
    ----------
    name : str
        One of `SOURCES`.
    folder : str or Path

    Raises
    ------
    ValueError
        No such data set.
    FetchError
        See :func:`minicv.io.fetch`. What has come so far is kept, and the next call goes on from there.
    """
    if name not in SOURCES:
        raise ValueError(f"data fetch: name must be one of {', '.join(SOURCES)}; got {name!r}.")
    for url, md5 in SOURCES[name]:
        path = fetch(url, Path(folder, url.rpartition("/")[2]), f"md5:{md5}")
        if path.suffix == ".tar" or path.suffixes[-2:] == [".tar", ".gz"] or path.suffix == ".zip":
            unpack(path, folder)
