"""minicv as it reaches people: a wheel, an editable install, and a checkout that nobody installed.

Each is tried from an unrelated folder, in a virtual environment that sees this one's dependencies but not its
minicv.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from minicv.version import __version__

pytestmark = pytest.mark.slow  # each builds or installs the package; CI runs them

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = {
    "minicv": "minicv",
    "kernels": "minicv/kernels",
    "lectures/figures": "minicv/lectures/figures",
    "benchmarks": "minicv/benchmarks",
}

PROBE = """
import importlib.util, json, minicv
from minicv import kernels
from minicv.kernels.reference import conv
from minicv.lectures import figures
print(json.dumps({
    "minicv": minicv.__file__, "conv": conv.__file__, "figures": figures.__file__,
    "kernels path": list(kernels.__path__), "version": minicv.__version__,
    "top level": importlib.util.find_spec("kernels") is not None,
}))
"""


def run(*command, cwd=None, **environment):
    """Run a command without this process's Python settings; its output is shown when it fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what is committed to make a package of, so that nothing is built inside the repository."""
    copy = tmp_path_factory.mktemp("checkout") / "minicv"
    for name in ["minicv", "kernels", "lectures", "benchmarks"]:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["setup.py", "pyproject.toml", "README.md", "LICENSE"]:
        shutil.copy(ROOT / name, copy)
    return copy


class Environment:
    """A virtual environment that finds this one's packages by a .pth file, which leaves its minicv behind."""

    def __init__(self, folder):
        venv.create(folder, symlinks=os.name == "posix")
        self.scripts = folder / ("bin" if os.name == "posix" else "Scripts")
        self.python = self.scripts / "python"
        self.site = Path(
            run(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        )
        outside = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (self.site / "dependencies.pth").write_text("\n".join(outside), encoding="utf-8")

    def install(self, *arguments, cwd):
        run(
            *[
                self.python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-index",
                "--no-deps",
                "--no-build-isolation",
            ],
            *arguments,
            cwd=cwd,
        )

    def probe(self, cwd, **environment):
        return json.loads(run(self.python, "-c", PROBE, cwd=cwd, **environment))


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "environment")


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(
        *[sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"],
        *["--wheel-dir", folder, checkout],
        cwd=folder,
    )
    (path,) = folder.glob("minicv-*.whl")
    return path


def test_a_wheel_holds_every_source_file_under_its_name(wheel, checkout):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = set()
    for folder, target in SHIPPED.items():
        for path in (checkout / folder).rglob("*"):
            stored = path.parent.name == "results"  # earlier benchmarks, to compare with
            if stored or path.suffix in {".py", ".cu", ".cuh"}:
                expected.add(f"{target}/{path.relative_to(checkout / folder).as_posix()}")
    assert packed == expected
    assert any(name.endswith(".cu") for name in packed)


def test_wheel(wheel, environment, tmp_path):
    environment.install(wheel, cwd=tmp_path)
    facts = environment.probe(tmp_path)
    package = environment.site / "minicv"
    assert Path(facts["minicv"]) == package / "__init__.py"
    assert Path(facts["conv"]) == package / "kernels/reference/conv.py"
    assert Path(facts["figures"]) == package / "lectures/figures/__init__.py"
    assert facts["version"] == __version__
    assert not facts["top level"]
    assert run(environment.scripts / "minicv", "--version", cwd=tmp_path) == f"minicv {__version__}\n"


def test_a_strangers_kernels_package_beside_the_wheel_is_left_alone(wheel, environment, tmp_path):
    environment.install(wheel, cwd=tmp_path)
    stranger = environment.site / "kernels/reference"
    stranger.mkdir(parents=True)
    for folder in [stranger.parent, stranger]:
        (folder / "__init__.py").write_text("raise ImportError('not ours')", encoding="utf-8")
    facts = environment.probe(tmp_path)
    assert facts["kernels path"] == [str(environment.site / "minicv/kernels")]


def test_editable_install(checkout, environment, tmp_path):
    environment.install("--editable", checkout, cwd=tmp_path)
    facts = environment.probe(tmp_path)
    assert Path(facts["minicv"]) == checkout / "minicv/__init__.py"
    assert Path(facts["conv"]) == checkout / "kernels/reference/conv.py"
    assert Path(facts["figures"]) == checkout / "lectures/figures/__init__.py"
    assert not facts["top level"]
    assert run(environment.scripts / "minicv", "--version", cwd=tmp_path) == f"minicv {__version__}\n"


def test_uninstalled_checkout(checkout, environment, tmp_path):
    facts = environment.probe(tmp_path, PYTHONPATH=str(checkout))
    assert Path(facts["conv"]) == checkout / "kernels/reference/conv.py"
    assert Path(facts["figures"]) == checkout / "lectures/figures/__init__.py"
    output = run(environment.python, "-m", "minicv", "--version", cwd=tmp_path, PYTHONPATH=str(checkout))
    assert output == f"minicv {__version__}\n"
