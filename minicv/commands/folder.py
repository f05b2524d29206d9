"""Folders that commands write to."""

import tempfile
from pathlib import Path


def writable_folder(command, path):
    """Make the folder if need be, and write into it, to see that one can.

    Parameters
    ----------
    command : str
        For the error message.
    path : str or Path

    Returns
    -------
    Path

    Raises
    ------
    OSError
        It is a file, or cannot be written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(
            f"{command}: --out must be a folder to write to; got {path} ({error.strerror})."
        ) from error
    return folder
