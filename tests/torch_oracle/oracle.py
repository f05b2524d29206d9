"""One call in minicv and in PyTorch: the same name, the same arguments, and the same numbers or a refusal from both."""

import warnings

import numpy as np
import pytest
from hypothesis import event

import minicv
import minicv.functional as F
from minicv.testing.arrays import random_weights

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # the arrays are small, and a thread that waits for another spins

DTYPES = (np.float64, np.float32)
TOLERANCE = {"float64": 1e-8, "float32": 1e-4}


def assert_same(name, arrays, *args, **params):
    """F.name(*arrays, *args, **params) agrees in both, with the gradients by all the arrays, or is refused by both.

    Among the ``arrays`` there can be a None (no bias). An array among the ``params`` is a constant (class weights).
    The floating-point outputs get a random cotangent; integer outputs (indices) are only compared.
    """
    ours, theirs = _ours(name, arrays, args, params), _theirs(name, arrays, args, params)
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        told = f"minicv: {ours!r}\nPyTorch: {theirs!r}"
        assert isinstance(ours, Exception) and isinstance(theirs, Exception), told
        assert str(ours).startswith(f"{name}: "), told
        event("refused by both")
        return
    (inputs, outputs), (their_inputs, their_outputs) = ours, theirs
    assert len(outputs) == len(their_outputs)
    for y, expected in zip(outputs, their_outputs):
        _compare("output", y, expected)
    rng = np.random.default_rng(0)
    cotangent = random_weights(outputs[0].shape, rng).astype(outputs[0].dtype)
    outputs[0].backward(cotangent)
    their_outputs[0].backward(torch.tensor(cotangent))
    for number, (x, expected) in enumerate(zip(inputs, their_inputs)):
        if x is not None and x.requires_grad:
            _compare(f"gradient by argument {number}", x.grad, expected.grad)


def _ours(name, arrays, args, params):
    inputs = [None if a is None else minicv.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    return _call(getattr(F, name), inputs, args, params)


def _theirs(name, arrays, args, params):
    inputs = [
        None if a is None else torch.tensor(a.copy(), requires_grad=a.dtype.kind == "f") for a in arrays
    ]
    params = {k: torch.tensor(v.copy()) if isinstance(v, np.ndarray) else v for k, v in params.items()}
    return _call(getattr(torch.nn.functional, name), inputs, args, params)


def _call(function, inputs, args, params):
    """(inputs, outputs), or the exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's about the cost of padding="same"
        try:
            outputs = function(*inputs, *args, **params)
        except (ValueError, TypeError, RuntimeError, IndexError) as error:
            return error
    return inputs, outputs if isinstance(outputs, tuple) else (outputs,)


def _compare(what, ours, theirs):
    ours, theirs = ours.numpy(), theirs.detach().numpy()
    assert ours.dtype == theirs.dtype, what
    tolerance = TOLERANCE.get(ours.dtype.name, 0)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)
