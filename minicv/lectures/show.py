"""Showing a figure from a lecture, which may be run as a plain script or as a notebook."""

import builtins
import os
import tempfile
from functools import cache
from pathlib import Path


def show(picture):
    """Give a picture to whoever looks: Jupyter shows what a cell ends with, a plain script has to write a file.

    Parameters
    ----------
    picture : minicv.viz.Picture

    Returns
    -------
    minicv.viz.Picture
        The same; Jupyter draws it, with its alt text.

    Notes
    -----
    A script writes a PNG and the numbers in it (JSON) to the folder named by the environment variable
    ``MINICV_FIGURES``, or to a temporary one, and prints where.
    """
    if not hasattr(builtins, "__IPYTHON__"):
        png, *_ = picture.save(_folder() / picture.id, ["png"])
        print(f"figure: {png}")
    return picture


@cache
def _folder():
    """One folder for all figures of a run."""
    return Path(os.environ.get("MINICV_FIGURES") or tempfile.mkdtemp(prefix="minicv-figures-"))
