"""Brain floats: the upper half of a float32, a type that NumPy does not have."""

import numpy as np


def widen(bits):
    """Return the float32 array of 16-bit patterns; exact, since bfloat16 is float32 with fewer digits.

    Parameters
    ----------
    bits : ndarray of uint16

    Returns
    -------
    ndarray of float32
        Of the same shape.

    Examples
    --------
    >>> widen(np.array([0x3F80, 0xC040], np.uint16))
    array([ 1., -3.], dtype=float32)
    """
    return (bits.astype(np.uint32) << 16).view(np.float32)
