"""What the README and CONTRIBUTING tell people to type is there and works."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from minicv import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"\.venv/bin/minicv (.*)", README + CONTRIBUTING)


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_are_understood(line, monkeypatch):
    arguments = shlex.split(line, comments=True)
    command = importlib.import_module(f"minicv.commands.{arguments[0]}")
    monkeypatch.setattr(command, "run", lambda args: 42)  # only whether it parses is asked here
    assert cli.main(arguments) == 42


def test_the_example_of_the_readme_runs(capsys):
    (example,) = blocks(README, "python")
    exec(example, {})
    printed = capsys.readouterr().out
    # y = 1*1 - 1*4, and the gradient of y by the filter is the image that it covered.
    assert "-3." in printed
    assert re.search(r"1\.,? +2\..*3\.,? +4\.", printed, flags=re.DOTALL)


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_every_path_that_is_named_exists(text):
    paths = {p for p in re.findall(r"`((?:minicv|kernels|lectures|tests)/[\w./]*)`", text) if "NAME" not in p}
    assert paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_dependency_has_its_line_in_the_readme():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    packages = set(re.findall(r'"([a-z][\w-]*)[>=]=', setup)) | {"CuPy"}
    assert {"numpy", "tqdm", "pytest", "ruff"} <= packages
    table = README.split("## What it stands on")[1].lower()
    assert [name for name in sorted(packages) if name.lower() not in table] == []
