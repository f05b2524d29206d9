"""Exponential and logarithm for loops that are to run in vectors, where a call of the C library would stop them.

The trick: x = k log 2 + r with a whole k, so that exp(x) = 2^k exp(r). Of exp(r), with |r| < 0.35, the first
terms of the Taylor series give all digits; 2^k is k written into the exponent bits of a float. All of that is
sums, products and shifts, which the compiler turns into vector instructions: a sigmoid takes a tenth of the
time that it takes with the library's function.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from .jit import compiled_formula


def _split(x):
    """Return the power of two s and the q for which exp(x) = s + s q; q is small where x is. See the overload."""


@overload(_split)
def _split_of_its_type(x):
    """The code of ``_split`` for the type of x."""
    single = x == types.float32
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    digits, bias, degree = (23, 127, 7) if single else (52, 1023, 13)
    # Adding 1.5 * 2^digits pushes the fraction out: what stays in the last bits is the nearest whole number.
    rounder, one_over_log2, bias_bits = real(1.5 * 2.0**digits), real(1 / math.log(2)), whole(bias)
    # The logarithm in two parts. The first has few digits, so k times it is exact, and so is the subtraction.
    log2_high = real(np.float32(0.693359375)) if single else real(0.693147180369123816)
    log2_low = real(-2.12194440054690583e-4) if single else real(1.90821492927058770e-10)
    smallest = real(-bias * math.log(2))  # where 2^k is 0
    first, *others = [real(1 / math.factorial(n)) for n in range(degree, 0, -1)]
    others = tuple(others)

    def split(x):
        x = smallest if x < smallest else x
        shifted = x * one_over_log2 + rounder
        k = shifted - rounder
        r = (x - k * log2_high) - k * log2_low
        series = first
        for coefficient in others:
            series = series * r + coefficient
        power = whole((real(shifted).view(whole) + bias_bits) << whole(digits)).view(real)
        return power, series * r

    return split


@compiled_formula
def exp(x):
    """exp(x) for a number x <= 0; results too small for a normal number are 0."""
    power, q = _split(x)
    return power + power * q


@compiled_formula
def expm1(x):
    """exp(x) - 1 for a number x <= 0, exact to rounding near 0 too."""
    power, q = _split(x)
    return (power - type(x)(1)) + power * q


def _terms(x):
    """Return how many terms of the series of ``log1p`` give all digits of the type of x. See the overload."""


@overload(_terms)
def _terms_of_its_type(x):
    count = 8 if x == types.float32 else 17
    return lambda x: count


@compiled_formula
def _log_of_ratio(s):
    """log((1 + s) / (1 - s)) = 2 (s + s^3 / 3 + s^5 / 5 + ...) for |s| <= 1/3."""
    one = type(s)(1)
    series = type(s)(0)
    for n in range(_terms(s), -1, -1):
        series = series * s * s + one / type(s)(2 * n + 1)
    return (s + s) * series


@compiled_formula
def log1p(x):
    """log(1 + x) for a number 0 <= x <= 1, exact to rounding near 0 too: with s = x / (2 + x)."""
    return _log_of_ratio(x / (type(x)(2) + x))


def _halve(x):
    """Return the k, and m between the roots of 1/2 and 2, with x = 2^k m. See the overload."""


@overload(_halve)
def _halve_of_its_type(x):
    """The code of ``_halve`` for the type of x: k is read from the exponent bits."""
    single = x == types.float32
    real, whole, digits = (np.float32, np.int32, 23) if single else (np.float64, np.int64, 52)
    root = real(math.sqrt(0.5)).view(whole)

    def halve(x):
        bits = real(x).view(whole)
        k = whole((bits - root) >> whole(digits))
        return real(k), whole(bits - (k << whole(digits))).view(real)

    return halve


@compiled_formula
def log(x):
    """log(x) for a number x >= 1: k log 2 + log m with m = (1 + s) / (1 - s)."""
    k, m = _halve(x)
    one = type(x)(1)
    y = k * type(x)(math.log(2)) + _log_of_ratio((m - one) / (m + one))
    return y if x < np.inf else x  # what is no number stays as it is
