"""The kernels compiled for the processor by Numba: plain loops over rows, run on all cores by a thread pool.

Every module has the same shape: compiled functions, which fill the rows from ``begin`` up to ``end`` of an
output, and the kernel itself, which allocates the output and hands the rows to :func:`.parallel.run`.
"""
