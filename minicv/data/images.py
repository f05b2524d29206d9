"""Image files in and out, through Pillow, and the step from images to a network's input."""

import os
from contextlib import contextmanager
from io import BytesIO

import numpy as np

from .errors import DataError

#: What Pillow may read. It knows more, among them PostScript: programs, which it would give to Ghostscript to run.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


def read_image(path, size=None):
    """Read an image file in one of `FORMATS`.

    The picture is turned upright as its EXIF tag says; transparency is laid over white; palettes, grey and 16-bit files
    become 8-bit RGB (16-bit values are divided by 257).

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    size : int or (int, int), optional
        Height and width to resize to (bilinear, averaging when it shrinks); one number means a square.

    Returns
    -------
    ndarray (H, W, 3) uint8
        RGB.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If the file is not an image, or is damaged.
    ValueError
        If `size` is not positive.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "red.png")
    >>> write_image(path, np.full((2, 3, 3), (255, 0, 0), np.uint8))
    >>> read_image(path)[0, 0].tolist(), read_image(path, size=4).shape
    ([255, 0, 0], (4, 4, 3))
    """
    from PIL import Image, ImageOps

    height, width = (size, size) if size is None or np.ndim(size) == 0 else size
    if size is not None and min(height, width) < 1:
        raise ValueError(f"read_image: size must be at least 1 pixel; got {size}.")
    with opened("read_image", path) as file:
        ImageOps.exif_transpose(file, in_place=True)
        picture = to_rgb(file)
        picture.load()
    if size is not None:
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(picture)


@contextmanager
def opened(op, path):
    """Open an image file with Pillow; whatever goes wrong with it meanwhile becomes one kind of error.

    Parameters
    ----------
    op : str
        What the message is to name.
    path : str or os.PathLike

    Raises
    ------
    FileNotFoundError, DataError
        There is no such file, or it is damaged or something else.
    """
    from PIL import Image, UnidentifiedImageError

    if not os.path.isfile(path):
        raise FileNotFoundError(f"{op}: there is no file {os.fspath(path)!r}.")
    try:
        # From memory: asked for more bytes than there are, a file takes memory for them before it looks.
        with open(path, "rb") as raw, Image.open(BytesIO(raw.read()), formats=FORMATS) as file:
            yield file
    except UnidentifiedImageError:
        raise DataError(f"{op}: {os.fspath(path)!r} is not an image that Pillow can read.") from None
    except (
        Exception
    ) as error:  # of any kind: Pillow takes what a file says for granted, down to the type of a number
        what = str(error) or type(error).__name__
        raise DataError(
            f"{op}: {os.fspath(path)!r} is damaged or not readable as an image: {what}"
        ) from error


def to_rgb(picture):
    """A Pillow image of any mode as one of 8-bit RGB: transparent parts white, 16-bit values divided by 257."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":  # convert("RGB") would only cut these off at 255
        values = np.nan_to_num(np.array(picture, np.float32), copy=False)
        if picture.mode != "F":
            values /= 257
        np.clip(np.rint(values, out=values), 0, 255, out=values)
        return Image.fromarray(values.astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def write_image(path, image):
    """Write an image; the ending of the name says the format.

    Parameters
    ----------
    path : str or os.PathLike
        For example ``"scene.png"``.
    image : ndarray (H, W, 3) or (H, W) uint8
        RGB or grey.

    Raises
    ------
    ValueError
        If the array is not such an image, or Pillow does not know the ending.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "grey.png")
    >>> write_image(path, np.full((2, 3), 7, np.uint8))
    >>> read_image(path)[0, 0]
    array([7, 7, 7], dtype=uint8)
    """
    from PIL import Image

    image = np.asarray(image)
    if (
        image.dtype != np.uint8
        or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3))
        or 0 in image.shape
    ):
        raise ValueError(
            f"write_image: image must be (H, W, 3) or (H, W) uint8; got {image.shape} {image.dtype}. "
            "Is it channels first, or scaled to [0, 1]?"
        )
    try:
        Image.fromarray(np.ascontiguousarray(image)).save(path)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"write_image: Pillow does not know how to write {os.fspath(path)!r}: {error}"
        ) from None


def images_to_batch(images):
    """Images as a network wants them.

    Parameters
    ----------
    images : sequence of ndarray (H, W, 3) uint8
        All of one size.

    Returns
    -------
    ndarray (N, 3, H, W) float32
        In [0, 1].

    Raises
    ------
    ValueError
        The images differ in size, are not (H, W, 3), or not of uint8.

    Examples
    --------
    >>> images_to_batch([np.full((2, 4, 3), 255, np.uint8)]).shape
    (1, 3, 2, 4)
    """
    shapes = {np.shape(image) for image in images}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3 or next(iter(shapes))[2] != 3:
        raise ValueError(f"images_to_batch: images must all be (H, W, 3) of one size; got {sorted(shapes)}.")
    stack = np.stack(images)
    if stack.dtype != np.uint8:
        raise ValueError(
            f"images_to_batch: images must be uint8; got {stack.dtype}. Are they already scaled?"
        )
    return np.ascontiguousarray(stack.transpose(0, 3, 1, 2), np.float32) / np.float32(255)
