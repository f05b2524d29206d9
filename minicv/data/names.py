"""Names in a text file, one to a line."""

from .errors import DataError


def read_names(path):
    """Read the words of a text.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of str

    Raises
    ------
    FileNotFoundError, DataError
        There is no such file, or it is no text.
    """
    try:
        return tuple(path.read_text(encoding="utf-8").split())
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8 ({error}).") from None
