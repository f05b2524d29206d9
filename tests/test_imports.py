"""The import directions, read off the syntax tree, and the weight of ``import minicv``.

Two tables say what may be imported where. A new part of the framework gets a line in PARTS, where its place
among the others is decided.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each part of minicv may import of minicv, besides itself; "minicv" alone is minicv/__init__.py.
BASE = {"version", "errors", "geometry", "backend", "patterns"}
ENGINE = BASE | {"guard", "kernels", "function", "tensor", "autograd", "creation", "graph", "hooks"}
OPS = ENGINE | {"ops"}
NN = OPS | {"functional", "nn"}
MODELS = NN | {"models", "boxes"}
TRAINING = MODELS | {"optim", "data", "metrics", "train", "io"}
FACE = TRAINING | {"minicv", "trace", "testing"}
LECTURES = FACE | {"viz", "lectures"}
PARTS = {
    "version": set(),
    "errors": set(),
    "geometry": {"errors"},
    "patterns": {"errors"},
    "backend": {"errors"},
    "guard": {"errors"},
    "kernels": set(),
    "kernels.reference": set(),
    "kernels.cpu": {"kernels.reference"},
    "kernels.gpu": {"kernels.reference"},
    "tensor": ENGINE | {"ops"},  # x + y and x.sum() are ops, imported when first called
    "function": ENGINE,
    "autograd": ENGINE,
    "creation": ENGINE,
    "graph": ENGINE,
    "hooks": ENGINE,
    "ops": OPS,
    "functional": OPS,
    "trace": OPS | {"functional", "kernels.reference"},
    "testing": NN,
    "nn": NN,
    "optim": NN,
    "boxes": BASE | {"kernels"},
    "metrics": BASE | {"boxes", "kernels"},
    "viz": BASE,
    "io": BASE,
    "models": MODELS,
    "data": BASE | {"boxes", "io"},
    "train": TRAINING,
    "minicv": FACE,
    "lectures": LECTURES,
    "demos": TRAINING | {"minicv", "viz"},
    "tasks": TRAINING | {"minicv", "viz"},
    "commands": LECTURES | {"demos", "tasks", "kernels.cpu"},
    "cli": BASE | {"commands"},
    "__main__": {"cli"},
}

# Which parts use which package of somebody else's. NumPy is everywhere.
PACKAGES = {
    "numba": {"kernels", "kernels.cpu"},
    "llvmlite": {"kernels.cpu"},
    "cupy": {"kernels.gpu", "backend"},
    "hypothesis": {"testing"},
    "matplotlib": {"viz", "lectures"},
    "PIL": {"data", "viz"},
    "safetensors": {"io"},
    "scipy": {"data", "ops"},
    "sklearn": {"data"},
    "threadpoolctl": {"kernels.cpu"},
    "IPython": {"tasks"},
    "tomli": {"tasks"},
    "tqdm": {"train", "demos", "io", "commands"},
}


def source_files(root):
    """Yield (dotted name, path) of every module, each under the name that it is imported by."""
    for folder, package in [("minicv", "minicv"), ("kernels", "minicv.kernels")]:
        yield from _modules(root / folder, package)
    yield from _modules(root / "lectures/figures", "minicv.lectures.figures")


def _modules(folder, package):
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join([package, *parts]).removesuffix(".__init__"), path


def part_of(name):
    """Return the row of PARTS that a dotted name belongs to, or None for somebody else's package."""
    first, *rest = name.split(".")
    if first != "minicv":
        return None
    if not rest:
        return "minicv"
    leaf = ".".join(rest[:2])
    return leaf if rest[0] == "kernels" and leaf in PARTS else rest[0]


def imported_names(name, path, modules):
    """Yield the dotted name of everything that a module imports, anywhere in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*anchor, source]).removesuffix(".")
            # `from .. import errors` imports a module, `from ..errors import ShapeError` a name in one.
            for alias in node.names:
                inside = f"{source}.{alias.name}"
                yield inside if inside in modules else source


def violations(root):
    """Return a sentence for every import under ``root`` that the tables do not allow."""
    modules = dict(source_files(root))
    found = []
    for name, path in modules.items():
        part = part_of(name)
        where = path.relative_to(root).as_posix()
        if part not in PARTS:
            found.append(f"{where} has no place in the table of parts")
            continue
        for target in sorted(set(imported_names(name, path, modules))):
            top, target_part = target.split(".")[0], part_of(target)
            if target_part is not None:
                allowed = target_part == part or target_part in PARTS[part]
            else:
                allowed = top == "numpy" or top in sys.stdlib_module_names or part in PACKAGES.get(top, ())
            if not allowed:
                found.append(f"{where} imports {target}")
    return found


def test_imports_go_one_way():
    assert violations(ROOT) == []


def test_every_part_is_seen():
    seen = {part_of(name) for name, _ in source_files(ROOT)}
    assert {"minicv", "tensor", "ops", "nn", "viz", "kernels", "kernels.cpu", "lectures", "cli"} <= seen


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("minicv/tensor.py", "from minicv.nn import Module", "imports minicv.nn"),
        ("minicv/ops/conv.py", "from .. import nn", "imports minicv.nn"),
        ("minicv/ops/conv.py", "def f():\n    from ..nn import layers", "imports minicv.nn.layers"),
        ("minicv/viz/grid.py", "from ..models import fcn", "imports minicv.models"),
        ("minicv/viz/grid.py", "import minicv", "imports minicv"),
        ("minicv/viz/grid.py", "from minicv import Tensor", "imports minicv"),
        ("minicv/boxes/nms.py", "from ..tensor import Tensor", "imports minicv.tensor"),
        ("minicv/metrics/map.py", "import minicv.tensor as T", "imports minicv.tensor"),
        ("minicv/models/fcn.py", "from minicv.lectures import figures", "imports minicv.lectures"),
        ("minicv/models/fcn.py", "import lectures.figures", "imports lectures.figures"),
        ("minicv/nn/layers.py", "import torch", "imports torch"),
        ("minicv/nn/layers.py", "import matplotlib.pyplot as plt", "imports matplotlib.pyplot"),
        ("minicv/kernels/__init__.py", "import kernels.cpu", "imports kernels.cpu"),
        ("kernels/cpu/conv.py", "from minicv.errors import ShapeError", "imports minicv.errors"),
        ("kernels/cpu/conv.py", "from ...tensor import Tensor", "imports minicv.tensor"),
        ("kernels/cpu/conv.py", "import cupy", "imports cupy"),
        ("kernels/reference/conv.py", "from numba import njit", "imports numba"),
        ("lectures/figures/matrix.py", "from minicv.commands import demo", "imports minicv.commands"),
        ("minicv/novelty.py", "", "has no place in the table of parts"),
    ],
)
def test_a_forbidden_import_is_caught(tmp_path, file, source, complaint):
    tree = [
        "tensor.py",
        "errors.py",
        "nn/layers.py",
        "models/fcn.py",
        "lectures/__init__.py",
        "commands/demo.py",
    ]
    for path in [*(f"minicv/{name}" for name in tree), "minicv/nn/__init__.py", file]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / file).write_text(source, encoding="utf-8")
    assert len(violations(tmp_path)) == 1
    assert violations(tmp_path)[0].startswith(f"{file} {complaint}")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (
            "minicv/ops/conv.py",
            "import os\nimport numpy as np\nfrom ..tensor import Tensor\nfrom . import pool",
        ),
        ("kernels/cpu/conv.py", "import numba\nfrom . import unfold\nfrom ..reference import im2col"),
        (
            "lectures/figures/matrix.py",
            "import minicv\nfrom minicv import viz\nfrom matplotlib.figure import Figure",
        ),
    ],
)
def test_a_permitted_import_is_let_through(tmp_path, file, source):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []


def python(code):
    """Run ``code`` in a fresh interpreter that starts in the repository, and return what it prints."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return result.stdout


def test_import_minicv_loads_nothing_heavy():
    heavy = {"numba", "llvmlite", "matplotlib", "PIL", "cupy", "sklearn", "scipy", "tqdm", "hypothesis"}
    loaded = python("import sys, minicv; print(*{name.partition('.')[0] for name in sys.modules})").split()
    assert heavy.isdisjoint(loaded)
    assert {"minicv", "numpy"} <= set(loaded)


def test_import_minicv_is_quick():
    """It takes little more than the import of NumPy, on whatever machine.

    The processor's time, in one of several runs, because other work on the machine may fall to one of the two.
    """
    code = (
        "from time import process_time\nstart = process_time()\nimport numpy\nmiddle = process_time()\n"
        "import minicv\nprint((process_time() - middle) / (middle - start))\n"
    )
    assert any(float(python(code)) < 1.5 for _ in range(5))
