"""``python -m minicv``: the command ``minicv`` where no script of that name is installed."""

import sys

from .cli import main

sys.exit(main())
