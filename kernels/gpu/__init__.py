"""The kernels in CUDA C++, run through CuPy: one thread for each output element, or one block for each sum.

Every family has a ``.cu`` file, which is the mathematics, and a Python file of the same name, which allocates
the output and launches. Threads gather what belongs to their own element, so nothing is written twice and the
result does not depend on their order. In the sources ``T`` is the scalar type, and ``Cell`` an integer that counts
the numbers of the largest array: see :func:`minicv.kernels.gpu.launch.launch`.
"""
