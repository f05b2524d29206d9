"""``python -m benchmarks.gpu``: parity on a GPU, kernels beside the card's ceilings, steps beside PyTorch's.

It needs CuPy and a GPU, and compares with PyTorch where that sees the GPU too.
"""
