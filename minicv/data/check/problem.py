"""One thing that is wrong, and the checks that all formats share."""

from dataclasses import dataclass

from ..images import read_image


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a data set.

    Parameters
    ----------
    path : str or Path
        Of the file.
    what : str
        Names the record, if the file has many.
    line : int, optional
        Of a text file, counted from 1.

    Examples
    --------
    >>> print(Problem("Annotations/7.xml", "'wolf' is none of VOC's classes", 12))
    Annotations/7.xml:12: 'wolf' is none of VOC's classes
    """

    path: str
    what: str
    line: int | None = None

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


def refused(path, error):
    """The problem that a reader's error is about: its sentence from where it has named the file.

    Examples
    --------
    >>> refused("a.jpg", ValueError("read_image: 'a.jpg' is damaged."))
    Problem(path='a.jpg', what='is damaged', line=None)
    >>> refused("a.xml", ValueError("VOC: a.xml:3: it is damaged."))
    Problem(path='a.xml', what='it is damaged', line=3)
    """
    if isinstance(error, FileNotFoundError):
        return Problem(path, "is not there")
    _, named, what = str(error).partition(str(path))
    line, colon, rest = what.lstrip(":").partition(":")
    if named and colon and line.isdigit():
        return Problem(path, rest.strip(" ."), int(line))
    return Problem(path, what.strip("'\": .") if named else str(error).strip("."))


def attempt(problems, path, read, *args):
    """What ``read(*args)`` returns; or None, and a problem more, where it refuses the file."""
    try:
        return read(*args)
    except (OSError, ValueError) as error:
        problems.append(refused(path, error))
        return None


def image_size(path, problems):
    """Height and width of an image file that can be read to its end; or None, and a problem more."""
    image = attempt(problems, path, read_image, path)
    return None if image is None else image.shape[:2]
