"""The kernels in CUDA C++, run through CuPy: one thread for each output element.

Every family has a ``.cu`` file, which is the mathematics, and a Python file of the same name, which allocates
the output and launches. Threads gather what belongs to their own element, so nothing is written twice and the
result does not depend on their order. This is the only place that imports CuPy.
"""
