"""Where arrays live: NumPy on the CPU, CuPy on the GPU.

minicv never asks which of the two it has. Code that works on both takes its functions from
``get_array_module(x)``, and the hot loops are chosen by array type in :mod:`minicv.kernels`.
CuPy is imported only when somebody asks for the device "cuda".
"""

import sys

import numpy as np


def get_array_module(array):
    """Return ``numpy`` or ``cupy``, whichever ``array`` belongs to.

    Examples
    --------
    >>> get_array_module(np.zeros(3)).__name__
    'numpy'
    """
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    cupy = sys.modules.get("cupy")  # an array of CuPy's cannot exist before CuPy is imported
    return cupy if cupy is not None and isinstance(array, cupy.ndarray) else np


def is_array(value):
    """True for a NumPy or CuPy array (not for scalars, lists or Tensors)."""
    if isinstance(value, np.ndarray):
        return True
    cupy = sys.modules.get("cupy")
    return cupy is not None and isinstance(value, cupy.ndarray)


def as_array(value):
    """``value`` itself if it is an array; NumPy's scalars (its 0-d results) become 0-d arrays."""
    return value if is_array(value) else np.asarray(value)


def device_of(array):
    """Return the device of an array: "cpu" or "cuda"."""
    return "cpu" if get_array_module(array) is np else "cuda"


def module_of(device):
    """Return the array module of a device name, or raise a sentence that says what is missing.

    Parameters
    ----------
    device : {"cpu", "cuda"}

    Raises
    ------
    ValueError
        The name is neither "cpu" nor "cuda".
    RuntimeError
        "cuda" was asked for, and CuPy or a GPU is missing.
    """
    if device == "cpu":
        return np
    if device != "cuda":
        raise ValueError(f'device must be "cpu" or "cuda"; got {device!r}.')
    try:
        import cupy
    except ImportError:
        raise RuntimeError(
            'device "cuda" needs CuPy, which is not installed. Install it with: pip install "minicv[gpu]" (CUDA 13) '
            'or "minicv[gpu12]" (CUDA 12), or stay on device "cpu".'
        ) from None
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(
            f'device "cuda": CuPy is installed, but it finds no usable GPU ({error}).'
        ) from None
    return cupy


def to_device(array, device):
    """Return ``array`` on ``device``: itself when it is there already, otherwise a copy."""
    if device_of(array) == device:
        return array
    xp = module_of(device)
    return array.get() if xp is np else xp.asarray(array)


_generators = {}
_seed = None


def manual_seed(seed):
    """Seed everything random in minicv: initialisation, dropout, ``minicv.randn``.

    The same seed gives the same numbers on the same device. (NumPy's and CuPy's own global generators are
    left alone.)

    Parameters
    ----------
    seed : int
    """
    global _seed
    _seed = int(seed)
    _generators.clear()


def generator(xp=np):
    """Return minicv's random ``Generator`` for an array module (``numpy`` or ``cupy``)."""
    if xp not in _generators:
        _generators[xp] = xp.random.default_rng(_seed)
    return _generators[xp]


def random_seed():
    """Draw a seed, 0 to 2^63 - 1, for what makes its random numbers itself (dropout), on whichever device."""
    return generator().bit_generator.random_raw() >> 1


def get_rng_state():
    """State of minicv's random generators on the CPU: plain numbers, for a checkpoint.

    Returns
    -------
    dict
        For :func:`set_rng_state`.
    """
    return {"seed": _seed, "numpy": generator().bit_generator.state}


def set_rng_state(state):
    """Go on drawing where :func:`get_rng_state` was called.

    Generators on a GPU, whose state cannot be read, begin again from the seed.

    Examples
    --------
    >>> state = get_rng_state()
    >>> first = generator().random()
    >>> set_rng_state(state)
    >>> generator().random() == first
    True
    """
    global _seed
    _generators.clear()
    _seed = state["seed"]
    generator().bit_generator.state = state["numpy"]
