"""The figures of the lectures, imported as ``minicv.lectures.figures``.

They live beside the notebooks in the top-level folder ``lectures/`` and are installed inside the package, as
the kernels are: in a source checkout that folder is added to this package's path, in a wheel they are here.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
if not (_HERE / "figures").is_dir():
    __path__.append(str(_HERE.parents[1] / "lectures"))
