"""The command ``minicv``: a table of sub-commands, and what they share when something goes wrong.

Exit status: 0 done, 1 a check failed, 2 wrong input (one sentence says what; with ``MINICV_TRACEBACK=1`` the
whole traceback is shown instead), 130 interrupted by Ctrl-C.
"""

import argparse
import importlib
import os
import sys

from .errors import DTypeError, LabelError
from .version import __version__

# A line each, so that `minicv --help` imports none of them; minicv.commands says what such a module holds.
COMMANDS = {
    "demo": "train two small networks on a task, and write a page of pictures to look at",
    "train": "train a model on a data set",
    "evaluate": "measure a trained model on a data set",
    "predict": "let a trained model look at pictures of yours",
    "data": "download a data set, look at one, or check its files",
    "weights": "list published weights, download them, or show what is in a file of weights",
    "explain": "walk through one operation, step by step, in words and numbers",
    "figure": "list the figures of the lectures, or draw some of them",
    "bench": "measure how fast minicv is, beside PyTorch where that is installed",
    "warmup": "compile the CPU kernels now, so that no later run waits for them",
}

# What wrong input, a missing file, a missing package or too large a request raises; anything else is our bug.
INPUT_ERRORS = (ValueError, RuntimeError, OSError, ImportError, MemoryError, DTypeError, LabelError)


def main(argv=None):
    """Run ``minicv`` on the command line ``argv`` (default: the process's own) and return the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        status = _dispatch(argv)
        sys.stdout.flush()  # so that a reader who has left is noticed here, and not when Python exits
        return status
    except KeyboardInterrupt:
        print("minicv: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `minicv ... | head` has read enough: no error, but nothing more can be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except INPUT_ERRORS as error:
        if os.environ.get("MINICV_TRACEBACK") == "1":
            raise
        print(f"minicv: error: {_sentence(error)}", file=sys.stderr)
        return 2


def _dispatch(argv):
    def show_help(args):
        parser.print_help()
        return 0

    parser = argparse.ArgumentParser(
        prog="minicv", description="Computer vision from scratch, to read and run."
    )
    parser.set_defaults(run=show_help)
    parser.add_argument("--version", action="version", version=f"minicv {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, line in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=line)
        if argv[:1] == [name]:
            command = importlib.import_module(f"minicv.commands.{name}")
            subparser.description = command.HELP
            command.add_arguments(subparser)
            subparser.set_defaults(run=command.run)
    args = parser.parse_args(argv)
    return args.run(args)


def _sentence(error):
    """Return the error's message on one line, or for an error of the file system ``file: what is wrong``."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
