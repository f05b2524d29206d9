"""``python -m benchmarks``: the command line of :mod:`benchmarks.command`."""

import argparse
import sys

from . import command

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=command.HELP)
    command.add_arguments(parser)
    try:
        sys.exit(command.run(parser.parse_args()))
    except ValueError as error:
        sys.exit(f"{error}")
