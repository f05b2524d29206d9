"""Packaging of minicv: ``pip install -e .`` for work on it, ``pip wheel .`` for a wheel."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "minicv/version.py").read_text(encoding="utf-8")).group(
    1
)

# Three folders of the top level are installed inside the package (see minicv/kernels/__init__.py): as top-level
# packages `kernels`, `lectures` and `benchmarks` would collide with other people's.
LEAVES = {
    "minicv.kernels.reference": "kernels/reference",
    "minicv.kernels.cpu": "kernels/cpu",
    "minicv.kernels.gpu": "kernels/gpu",
    "minicv.lectures.figures": "lectures/figures",
    "minicv.benchmarks": "benchmarks",
    "minicv.benchmarks.gpu": "benchmarks/gpu",
}

TEST = [
    "pytest>=8.2",
    "hypothesis>=6.110",
    "setuptools>=77",  # the packaging tests build a wheel without asking the network
    "nvidia-cuda-nvrtc>=13; platform_system == 'Linux' and platform_machine == 'x86_64'",
]

setup(
    name="minicv",
    version=VERSION,
    description="A deep-learning framework in NumPy and Numba, for teaching computer vision",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=find_packages(include=["minicv", "minicv.*"]) + [name for name, folder in LEAVES.items()],
    package_dir=LEAVES,
    package_data={"minicv.kernels.gpu": ["*.cu", "*.cuh"], "minicv.benchmarks": ["results/*.json"]},
    entry_points={"console_scripts": ["minicv = minicv.cli:main"]},
    install_requires=[
        "numpy>=2.0",
        "numba>=0.62",  # the first on LLVM 20, whose pointers kernels/cpu/vector.py writes
        "matplotlib>=3.10.7",
        "pillow>=11.0",
        "scikit-learn>=1.5.2",
        "threadpoolctl>=3.1",
        "scipy>=1.13",
        "tqdm>=4.66",
        "safetensors>=0.4.5",
        "tomli>=2.0.1; python_version < '3.11'",  # later versions of Python have it as tomllib
    ],
    extras_require={
        # [ctk] brings CUDA's compiler and libraries along, so that a machine needs no more than NVIDIA's driver.
        "gpu": ["cupy-cuda13x[ctk]>=14.0"],
        "gpu12": ["cupy-cuda12x[ctk]>=14.0"],
        "lectures": ["jupytext>=1.16", "nbclient>=0.10", "ipykernel>=6.29"],
        "test": TEST,
        "dev": [*TEST, "ruff==0.17.5"],
    },
)
