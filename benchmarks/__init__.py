"""Benchmarks against PyTorch: ``python -m benchmarks``. A benchmark measures; it asserts nothing about time."""
