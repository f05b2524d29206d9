"""Downloads from a local server that is slow, breaks off, refuses, or sends the wrong thing."""

import hashlib
import http.server
import io
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from minicv import cli
from minicv.data import sources
from minicv.io import FetchError, fetch, fetch_weights, published, unpack

CONTENT = np.random.default_rng(0).bytes(300_000)
MD5, SHA = f"md5:{hashlib.md5(CONTENT).hexdigest()}", f"sha256:{hashlib.sha256(CONTENT).hexdigest()[:8]}"


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; ``manners`` are taken one a request, and "" are good ones."""

    manners, requests = (), ()
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        wanted = self.headers.get("Range")
        type(self).requests.append(wanted)
        manner = self.manners.pop(0) if self.manners else ""
        if manner.isdigit():
            return self.send_error(int(manner))
        start = (
            int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and manner != "no ranges" else 0
        )
        if start >= len(CONTENT):
            return self.send_error(416)
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        if manner != "no length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if manner == "breaks off":
            self.wfile.write(body[: len(body) // 3])
        elif manner == "slow":
            for i in range(0, len(body), 100_000):
                self.wfile.write(body[i : i + 100_000])
                time.sleep(0.05)
        elif manner == "wrong":
            self.wfile.write(bytes(len(body)))
        else:
            self.wfile.write(body)
        self.close_connection = manner in ("breaks off", "no length")

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def server():
    """Start a server with manners: a function that returns its address; ``.requests`` are the ranges asked for."""
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Server,), {}))
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()

    def start(*manners):
        running.RequestHandlerClass.manners, running.RequestHandlerClass.requests = list(manners), []
        start.requests = running.RequestHandlerClass.requests
        return f"http://127.0.0.1:{running.server_port}/file"

    yield start
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("manner", ["", "slow", "no length"])
@pytest.mark.parametrize("checksum", [None, MD5, SHA])
def test_a_download(server, manner, checksum, tmp_path):
    path = fetch(server(manner), tmp_path / "new" / "file", checksum)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["file"]
    assert fetch(server(), path, checksum) == path
    assert server.requests == []


def test_it_goes_on_after_breaks(server, tmp_path):
    path = fetch(server("breaks off", "503", "breaks off", ""), tmp_path / "file", MD5, pause=0)
    assert path.read_bytes() == CONTENT
    first = len(CONTENT) // 3
    second = first + (len(CONTENT) - first) // 3
    assert server.requests == [None, f"bytes={first}-", f"bytes={first}-", f"bytes={second}-"]


def test_it_goes_on_in_the_next_call(server, tmp_path):
    with pytest.raises(FetchError, match=r"no connection after 1 attempts .* goes on from there"):
        fetch(server("breaks off"), tmp_path / "file", MD5, attempts=1)
    assert [p.name for p in tmp_path.iterdir()] == ["file.part"]
    assert fetch(server(), tmp_path / "file", MD5).read_bytes() == CONTENT
    assert server.requests == [f"bytes={len(CONTENT) // 3}-"]


def test_a_server_that_cannot_go_on(server, tmp_path):
    path = fetch(server("breaks off", "no ranges"), tmp_path / "file", MD5, pause=0)
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_whole_or_too_much(server, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    assert fetch(server(), tmp_path / "file", MD5).read_bytes() == CONTENT
    (tmp_path / "other.part").write_bytes(CONTENT + b"!")
    with pytest.raises(FetchError, match="not the file that was expected"):
        fetch(server(), tmp_path / "other", MD5)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_wrong_file_is_deleted(server, tmp_path):
    with pytest.raises(FetchError, match=f"its checksum is not {MD5}. It was deleted"):
        fetch(server("wrong"), tmp_path / "file", MD5)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"an older version")
    assert fetch(server(), tmp_path / "file", MD5).read_bytes() == CONTENT


@pytest.mark.parametrize("code", ["403", "404"])
def test_a_refusal_is_final(server, code, tmp_path):
    with pytest.raises(FetchError, match=f"the server says {code}"):
        fetch(server(code), tmp_path / "file")
    assert len(server.requests) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to try it on")
def test_a_full_disk_is_no_bad_connection(server, tmp_path):
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(FetchError, match=r"file\.part cannot be written \(No space left on device\)"):
        fetch(server(), tmp_path / "file")
    assert len(server.requests) == 1


def test_nobody_there(tmp_path):
    with pytest.raises(FetchError, match="no connection after 2 attempts"):
        fetch("http://127.0.0.1:9/file", tmp_path / "file", attempts=2, pause=0)
    assert list(tmp_path.iterdir()) == []


def archive(kind, names):
    """Bytes of an archive with files of these names."""
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w") as packed:
            for name in names:
                packed.writestr(name, "x")
    else:
        with tarfile.open(fileobj=data, mode="w:gz") as packed:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = 1
                packed.addfile(info, io.BytesIO(b"x"))
    return data.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_unpacking(kind, tmp_path):
    path, folder = tmp_path / f"a.{kind}", tmp_path / "to"
    folder.mkdir()
    path.write_bytes(archive(kind, ["a", "b/c"]))
    unpack(path, folder)
    assert (folder / "b" / "c").read_text() == "x"
    path.write_bytes(archive(kind, ["good", "../bad"]))
    with pytest.raises(FetchError, match="outside"):
        unpack(path, folder)
    assert not (tmp_path / "bad").exists()
    path.write_bytes(archive(kind, ["a"])[:20])
    with pytest.raises(FetchError, match="damaged"):
        unpack(path, folder)


def test_a_data_set(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(globals(), "CONTENT", archive("zip", ["cifar/data"]))
    url, md5 = server() + ".zip", hashlib.md5(CONTENT).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "cifar10", [(url, md5)])
    assert cli.main(["data", "fetch", "cifar10", "--to", str(tmp_path)]) == 0
    assert (tmp_path / "cifar" / "data").read_text() == "x" and "cifar10 is in" in capsys.readouterr().out
    with pytest.raises(ValueError, match="name must be one of mnist, cifar10"):
        sources.fetch_dataset("imagenet", tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        archive("zip", ["abc"]).replace(b"abc", b"\0bc"),  # a name without a letter
        archive("zip", ["a"])[:-22] + b"PK\5\6" + bytes(18),
        archive("tar.gz", ["a"])[:-9] + bytes(8),
        bytes.fromhex("5d0000008000") + bytes(20),  # packed by lzma, with a window of 2 GiB
    ],
)
def test_archives_that_are_none(data, tmp_path):
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "to").mkdir()
    try:
        unpack(tmp_path / "a", tmp_path / "to")
    except FetchError as error:
        assert str(tmp_path / "a") in str(error)
    assert all(path.stat().st_size <= 1 for path in (tmp_path / "to").rglob("*"))


@pytest.fixture
def zoo(server, monkeypatch):
    """A server of one file of weights: a function that takes its manners, and returns what is to be downloaded."""
    entry = published._imagenet(
        "resnet50", f"resnet50-{hashlib.sha256(CONTENT).hexdigest()[:8]}", 1, "V2", "New."
    )
    monkeypatch.setattr(published, "PUBLISHED", [entry, published._imagenet("resnet50", "x-00000000", 1)])

    def start(*manners):
        monkeypatch.setattr(published, "ADDRESS", server(*manners).removesuffix("file"))
        return entry

    start.server = server
    return start


@pytest.mark.parametrize("manners", [[], ["slow"], ["breaks off", "503"]])
def test_published_weights(zoo, manners, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setenv("MINICV_WEIGHTS", str(tmp_path / "kept"))
    entry = zoo(*manners)
    assert cli.main(["weights", "fetch", "resnet50"]) == 0
    path = tmp_path / "kept" / entry.file
    assert path.read_bytes() == CONTENT and [p.name for p in path.parent.iterdir()] == [entry.file]
    out = capsys.readouterr().out
    assert str(path) in out and "models.resnet50.html New." in out
    zoo()
    assert fetch_weights("resnet50", "V2") == path and zoo.server.requests == []
    assert fetch_weights("resnet50", folder=tmp_path) == tmp_path / entry.file


def test_weights_that_are_not_those(zoo, tmp_path, capsys):
    zoo("wrong", "", "")
    for version in ("DEFAULT", "IMAGENET1K_V1"):
        assert cli.main(["weights", "fetch", "resnet50", "--version", version, "--to", str(tmp_path)]) == 2
        assert "its checksum is not sha256:" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_source_has_an_address_and_a_checksum():
    for files in sources.SOURCES.values():
        for url, md5 in files:
            assert url.startswith("http") and len(bytes.fromhex(md5)) == 16
