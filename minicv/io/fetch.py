"""Downloads that are whole or not there: resumed after a break, checked, and only then given their name."""

import errno
import hashlib
import http.client
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path

_BLOCK = 2**18  # bytes at a time
_TIMEOUT = 30  # seconds without a byte
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS)


class FetchError(OSError):
    """A file could not be downloaded, or is not the one that was expected."""


def fetch(url, path, checksum=None, attempts=5, pause=1.0):
    """Download a file.

    What has arrived is kept beside it, as ``path.part``, while the download is not complete; after a break, in this
    call or another one, it goes on from there if the server can.

    Parameters
    ----------
    url : str
    path : str or Path
        A file that is there already and has the right checksum is left as it is.
    checksum : str, optional
        "md5:..." or "sha256:...", in hexadecimal digits; the first ones are enough.
    attempts : int
        How often to try, if the connection breaks without anything new having come.
    pause : float
        Seconds before the second attempt; twice as long before each further one.

    Returns
    -------
    Path

    Raises
    ------
    FetchError
        The server refuses, cannot be reached, or sends something else; the file is not there then.
    """
    path = Path(path)
    if path.exists() and (checksum is None or _has(path, checksum)):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part, failures = path.with_name(f"{path.name}.part"), 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            _download(url, part, before)
            break
        except urllib.error.HTTPError as error:
            if error.code == 416 and before:  # nothing is left to send, or what is there is of another file
                break
            if error.code < 500:
                raise FetchError(f"fetch: {url}: the server says {error.code} ({error.reason}).") from None
            reason = f"{error.code} ({error.reason})"
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) in _OF_THE_DISK:
                raise FetchError(
                    f"fetch: {part} cannot be written ({error.strerror}). What has come so far is kept."
                ) from None
            reason = getattr(error, "reason", None) or error
        failures = failures + 1 if not part.exists() or part.stat().st_size <= before else 1
        if failures >= attempts:
            raise FetchError(
                f"fetch: {url}: no connection after {attempts} attempts ({reason}). What has come is in {part}; "
                "the next call goes on from there."
            ) from None
        time.sleep(pause * 2 ** (failures - 1))
    if checksum is not None and not _has(part, checksum):
        part.unlink()
        raise FetchError(
            f"fetch: {url} is not the file that was expected: its checksum is not {checksum}. It was deleted."
        )
    part.replace(path)
    return path


def _download(url, part, before):
    """Append to ``part`` what is missing, or begin anew if the server cannot go on."""
    from tqdm import tqdm

    headers = {"User-Agent": "minicv"} | ({"Range": f"bytes={before}-"} if before else {})
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT) as response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {before}-"
        )
        length = response.headers.get("Content-Length")
        start = before if resumed else 0
        total = None if length is None else start + int(length)
        label = Path(part.name).stem
        bar = {"unit": "B", "unit_scale": True, "disable": None, "dynamic_ncols": True}
        with (
            open(part, "ab" if resumed else "wb") as file,
            tqdm(desc=label, initial=start, total=total, **bar) as shown,
        ):
            while block := response.read(_BLOCK):
                file.write(block)
                shown.update(len(block))
    if total is not None and part.stat().st_size < total:
        raise ConnectionError(f"it broke off after {part.stat().st_size} of {total} bytes")


def _has(path, checksum):
    kind, _, digits = checksum.partition(":")
    digest = hashlib.new(kind, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return bool(digits) and digest.hexdigest().startswith(digits.lower())


def unpack(path, folder):
    """Unpack a .tar, .tar.gz or .zip; nothing in it may lie outside the folder, or be other than files and folders.

    Parameters
    ----------
    path, folder : str or Path

    Raises
    ------
    FetchError
        The archive is damaged or hostile.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(folder / "images.zip", "w") as archive:
    ...     archive.writestr("a/1.txt", "one")
    >>> unpack(folder / "images.zip", folder / "unpacked")
    >>> (folder / "unpacked/a/1.txt").read_text()
    'one'
    """
    folder = Path(folder).resolve()
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if not (folder / name).resolve().is_relative_to(folder):
                        raise FetchError(
                            f"unpack: {path}: {name!r} lies outside the folder; nothing was unpacked."
                        )
                archive.extractall(folder)
        else:
            with open(path, "rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
            # Other ways of packing are not tried: a few bytes of xz can ask for gigabytes.
            with tarfile.open(path, "r:gz" if packed else "r:") as archive:
                archive.extractall(folder, filter="data")
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        LookupError,
        RuntimeError,
    ) as error:
        raise FetchError(f"unpack: {path} is damaged or hostile ({error}).") from None
    except FetchError:
        raise
    except OSError as error:  # of the disk, or about bytes that are no gzip
        raise FetchError(f"unpack: {path} cannot be unpacked into {folder} ({error}).") from None
    print(f"unpacked {Path(path).name} into {folder}", file=sys.stderr)
