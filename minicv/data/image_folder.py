"""A folder of images with one subfolder for each class."""

from pathlib import Path

from .images import read_image
from .sample import Sample

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")


class ImageFolder:
    """Images sorted into subfolders: ``root/cat/1.jpg``, ``root/dog/a/2.png``, ...

    Parameters
    ----------
    root : str or Path
    classes : sequence of str, optional
        Names of all classes, where a folder has only some of them; by default the subfolders' in alphabetical order.

    Attributes
    ----------
    classes : tuple of str
        Label i is ``classes[i]``.
    paths : list of Path
        Of all images, by class and then by name. None of them is opened before it is asked for.
    labels : list of int

    Raises
    ------
    FileNotFoundError
        There is no such folder, no subfolder, or a subfolder without an image.
    ValueError
        A subfolder is of none of the classes.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from minicv.data import write_image
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("dog", "cat"):
    ...     (root / name).mkdir()
    ...     write_image(root / name / "1.png", np.zeros((2, 3, 3), np.uint8))
    >>> pets = ImageFolder(root)
    >>> pets.classes, pets[1]
    (('cat', 'dog'), Sample(2 x 3, class 1: ''))
    """

    def __init__(self, root, classes=None):
        root = Path(root)
        if not root.is_dir():
            raise FileNotFoundError(f"ImageFolder: there is no folder {root}.")
        folders = class_folders(root)
        if not folders:
            raise FileNotFoundError(
                f"ImageFolder: {root} has no subfolder; there must be one for each class."
            )
        self.classes = tuple(classes or (folder.name for folder in folders))
        self.paths, self.labels = [], []
        for folder in folders:
            if folder.name not in self.classes:
                raise ValueError(
                    f"ImageFolder: {folder} is of none of the classes {', '.join(self.classes)}."
                )
            found = images_in(folder)
            if not found:
                raise FileNotFoundError(f"ImageFolder: {folder} holds no image ({', '.join(ENDINGS)}).")
            self.paths += found
            self.labels += [self.classes.index(folder.name)] * len(found)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return Sample(read_image(self.paths[i]), label=self.labels[i], meta={"path": str(self.paths[i])})


def class_folders(root):
    """The subfolders of a folder, in alphabetical order, without hidden ones."""
    return sorted(f for f in Path(root).iterdir() if f.is_dir() and not f.name.startswith("."))


def images_in(folder):
    """The paths of all images in a folder and below it, by their endings, in alphabetical order."""
    return sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in ENDINGS)
