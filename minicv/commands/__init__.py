"""The sub-commands of ``minicv``, one module each, imported only when it is asked for.

A module here has three names:

- ``HELP``: the paragraph that ``minicv NAME --help`` begins with;
- ``add_arguments(parser)``: declares the arguments on an ``argparse.ArgumentParser``;
- ``run(args)``: does the work and returns the exit status, 0 for success and 1 when a check failed.

Wrong input is reported by raising ``ValueError`` or its like with a sentence, which :mod:`minicv.cli` prints.
"""
