"""The version, stated once: setup.py and ``minicv --version`` read it from here."""

__version__ = "0.1.0"
