"""A picture goes to a file from a script, and to the page from a notebook."""

import builtins

import pytest

from minicv.lectures import show as module
from minicv.lectures.show import show
from minicv.viz import Page, Picture


@pytest.fixture
def picture():
    module._folder.cache_clear()
    yield Picture("an.id", "A title", "What it shows", "computed", Page("third"))
    module._folder.cache_clear()


def test_a_script_writes_to_the_folder_that_is_named(picture, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINICV_FIGURES", str(tmp_path / "new"))
    assert show(picture) is picture
    assert capsys.readouterr().out == f"figure: {tmp_path / 'new' / 'an.id.png'}\n"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["an.id.json", "an.id.png"]


def test_a_script_writes_to_one_temporary_folder_otherwise(picture, tmp_path, monkeypatch):
    monkeypatch.delenv("MINICV_FIGURES", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    show(picture)
    show(picture)
    (folder,) = tmp_path.iterdir()
    assert (folder / "an.id.png").read_bytes()[1:4] == b"PNG"


def test_a_notebook_writes_nothing(picture, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINICV_FIGURES", str(tmp_path))
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    assert show(picture) is picture
    assert list(tmp_path.iterdir()) == [] and capsys.readouterr().out == ""
