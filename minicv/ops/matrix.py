"""The matrix of a linear op, found by asking the op."""

from math import prod

import numpy as np

from ..errors import DTypeError, ShapeError, sentence
from ..geometry import pair
from ..tensor import Tensor, no_grad


def conv_matrix(op, input_shape, sparse=False, dtype=np.float64):
    """The explicit matrix C of a linear op, got by probing: column j is op(unit image j).

    Then ``C @ x.ravel()`` is ``op(x).ravel()``, and ``C.T @ y.ravel()`` is the gradient of <op(x), y> with
    respect to x: the transposed op.

    Parameters
    ----------
    op : callable
        From one Tensor to one Tensor, linear: no bias, no max pooling (but unpooling with given indices is
        linear).
    input_shape : tuple of int
        Shape of the op's input, including batch and channel axes.
    sparse : bool
        Return a ``scipy.sparse.csr_array`` instead of an ndarray.
    dtype : dtype

    Returns
    -------
    ndarray or csr_array
        Shape (number of outputs, number of inputs), both in row-major order.

    Raises
    ------
    ShapeError
        The op is not linear: it does not map 0 to 0, or C does not reproduce it on random input.
    DTypeError
        The op does not return a Tensor.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> w = minicv.tensor([[[1.0, 2.0, 3.0]]])
    >>> conv_matrix(lambda x: F.conv1d(x, w, stride=2, padding=1), (1, 1, 4), dtype="float32")
    array([[2., 3., 0., 0.],
           [0., 1., 2., 3.]], dtype=float32)
    """
    length = len(input_shape) if isinstance(input_shape, (tuple, list)) else 1
    shape = pair("conv_matrix", "input_shape", input_shape, at_least=1, n=length)
    unit = np.zeros(prod(shape), dtype)

    def probe(vector):
        with no_grad():
            y = op(Tensor(vector.reshape(shape).copy()))
        if not isinstance(y, Tensor):
            raise DTypeError(
                sentence("conv_matrix", "op", "a function that returns one Tensor", type(y).__name__)
            )
        return y.numpy().ravel()

    if probe(unit).any():
        raise ShapeError(
            sentence("conv_matrix", "op", "linear, so that op(0) = 0", "another value", "Leave out the bias.")
        )
    columns = []
    for j in range(len(unit)):
        unit[j] = 1
        columns.append(probe(unit))
        unit[j] = 0
    matrix = np.stack(columns, axis=1) if not sparse else _sparse(columns)
    x = np.random.default_rng(0).integers(1, 10, len(unit)).astype(dtype)
    for vector in (x, -x):  # what bends at 0, as abs does, shows on one of the sides
        image = probe(vector)
        if not np.allclose(matrix @ vector, image, rtol=0, atol=1e-4 * np.abs(image).max(initial=0)):
            hint = "Max pooling is linear only once its indices are held fixed."
            expected = "linear, so that its matrix reproduces it"
            raise ShapeError(sentence("conv_matrix", "op", expected, "something else", hint))
    return matrix


def _sparse(columns):
    from scipy.sparse import csr_array

    rows = [np.flatnonzero(column) for column in columns]
    values = np.concatenate([column[r] for column, r in zip(columns, rows, strict=True)])
    column_of = np.repeat(np.arange(len(columns)), [len(r) for r in rows])
    return csr_array((values, (np.concatenate(rows), column_of)), shape=(len(columns[0]), len(columns)))
