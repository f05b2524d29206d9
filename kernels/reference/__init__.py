"""The kernels as plain as their definitions: the specification, and the fallback.

Every other leaf must agree with this one (``tests/kernels/test_parity.py`` walks them all). Nothing here is
fast; everything here is meant to be read. Each module also has

- ``cases(rng)``, which lists argument sets, the adversarial ones among them, for tests and benchmarks;
- a last keyword ``watch`` on the kernels that have steps worth seeing: it is called after each one with a
  :class:`~minicv.kernels.reference.step.Step`.
"""
