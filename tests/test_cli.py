"""The command line: what it prints, what it returns, and that an error is a sentence and not a traceback."""

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minicv import cli
from minicv.errors import DTypeError, LabelError, ShapeError
from minicv.version import __version__

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def command(monkeypatch):
    """Install a sub-command `fake` that takes a count and calls the function given."""

    def install(run):
        module = SimpleNamespace(
            HELP="Counts for a while.",
            add_arguments=lambda parser: parser.add_argument("--count", type=int, default=3),
            run=run,
        )
        monkeypatch.setitem(sys.modules, "minicv.commands.fake", module)
        monkeypatch.setitem(cli.COMMANDS, "fake", "count")

    return install


def fail(error):
    """A command that raises."""

    def run(args):
        raise error

    return run


def test_arguments_reach_the_command_and_its_status_comes_back(command):
    command(lambda args: args.count)
    assert cli.main(["fake", "--count", "5"]) == 5
    assert cli.main(["fake"]) == 3


def test_help_of_a_command_is_its_own(command, capsys):
    command(lambda args: 0)
    with pytest.raises(SystemExit) as exit:
        cli.main(["fake", "--help"])
    assert exit.value.code == 0
    text = capsys.readouterr().out
    assert "usage: minicv fake" in text and "Counts for a while." in text and "--count" in text


def test_no_command_prints_the_help_with_every_command(capsys):
    assert cli.main([]) == 0
    text = capsys.readouterr().out
    for name, line in cli.COMMANDS.items():
        assert name in text
        assert line.split()[0] in text


def test_an_unknown_command_names_the_known_ones(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["dmeo"])
    assert exit.value.code == 2
    message = capsys.readouterr().err
    assert "dmeo" in message and all(name in message for name in cli.COMMANDS)


def test_version(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["--version"])
    assert exit.value.code == 0
    assert capsys.readouterr().out == f"minicv {__version__}\n"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("size must be 32 or more; got 3."), "size must be 32 or more; got 3."),
        (ShapeError("conv2d: x must\n  be 4-d."), "conv2d: x must be 4-d."),
        (DTypeError("conv2d: dtypes differ."), "conv2d: dtypes differ."),
        (LabelError("nll_loss: label 9."), "nll_loss: label 9."),
        (RuntimeError('device "cuda" needs CuPy.'), 'device "cuda" needs CuPy.'),
        (ImportError("digits need scikit-learn."), "digits need scikit-learn."),
        (FileNotFoundError(2, "No such file or directory", "cat.png"), "cat.png: No such file or directory"),
        (FileNotFoundError("cat.png does not exist."), "cat.png does not exist."),
        (MemoryError(), "MemoryError"),
    ],
)
def test_wrong_input_is_one_sentence_and_status_2(command, capsys, monkeypatch, error, message):
    monkeypatch.delenv("MINICV_TRACEBACK", raising=False)
    command(fail(error))
    assert cli.main(["fake"]) == 2
    assert capsys.readouterr() == ("", f"minicv: error: {message}\n")


def test_the_traceback_can_be_asked_for(command, monkeypatch):
    monkeypatch.setenv("MINICV_TRACEBACK", "1")
    command(fail(ValueError("size")))
    with pytest.raises(ValueError, match="size"):
        cli.main(["fake"])


@pytest.mark.parametrize(
    "error", [TypeError("bug"), KeyError("bug"), IndexError("bug"), AssertionError("bug")]
)
def test_a_bug_is_not_dressed_up_as_wrong_input(command, error):
    command(fail(error))
    with pytest.raises(type(error)):
        cli.main(["fake"])


def test_ctrl_c_is_status_130(command, capsys):
    command(fail(KeyboardInterrupt()))
    assert cli.main(["fake"]) == 130
    assert capsys.readouterr().err == "minicv: interrupted\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes close differently elsewhere")
def test_a_reader_that_has_left_is_no_error():
    """Noticed at the first print or at the last flush, as Python buffers; argparse's own help swallows it."""
    code = (
        "import sys\nfrom minicv import cli\n"
        "cli._dispatch = lambda argv: print('one line') or 7\n"
        "sys.exit(cli.main([]))"
    )
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_follows_the_protocol(name):
    command = importlib.import_module(f"minicv.commands.{name}")
    assert command.HELP.strip() and callable(command.run)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert parser.format_help()


def test_help_is_quick_because_it_loads_nothing_heavy():
    """All of them in one process: what the first to load something heavy has loaded is told with its name."""
    script = """
import sys
from minicv import cli
for command in [], *([name] for name in cli.COMMANDS):
    try:
        cli.main([*command, "--help"])
    except SystemExit as exit:
        assert exit.code == 0, command
    else:
        raise AssertionError(f"no help: {command}")
    heavy = {"numba", "llvmlite", "matplotlib", "PIL", "sklearn", "tqdm", "cupy"} & set(sys.modules)
    assert not heavy, (command, heavy)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
