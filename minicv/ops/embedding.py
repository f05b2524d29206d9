"""Embedding: a table of vectors, looked up by number."""

from ..errors import DTypeError, LabelError, check_float, check_labels, check_rank, sentence
from ..tensor import Tensor, as_tensor
from .elementwise import where


def embedding(input, weight, padding_idx=None):
    """Look up rows of a table: y[...] = weight[input[...]].

    It is the product of one-hot rows with the table, done as a gather. Its transpose adds each gradient to the row it
    came from (``GetItem`` and ``AddAt`` in :mod:`minicv.ops.shape`), so only the rows that were used get one.

    Parameters
    ----------
    input : Tensor of integers
        Row numbers in 0..V-1, of any shape.
    weight : Tensor
        Shape (V, D): V rows of D numbers.
    padding_idx : int, optional
        The row (negative: counted from the end) that stands for "nothing here". It is looked up like the others, and
        gets no gradient.

    Returns
    -------
    Tensor
        Shape ``input.shape + (D,)``.

    Examples
    --------
    >>> import minicv
    >>> table = minicv.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> embedding(minicv.tensor([1, 1]), table).sum().backward()
    >>> table.grad
    tensor([[0., 0.],
            [2., 2.]])
    """
    input, weight = as_tensor(input), as_tensor(weight)
    if input.dtype.kind not in "iu":
        hint = "The arguments are in PyTorch's order: embedding(input, weight)."
        raise DTypeError(sentence("embedding", "input", "integers (row numbers)", input.dtype, hint))
    check_float("embedding", "weight", weight.dtype)
    check_rank("embedding", "weight", weight.shape, (2,), "(V, D)")
    rows = weight.shape[0]
    check_labels("embedding", "input", input._array, 0, rows)
    vectors = weight[input]
    if padding_idx is None:
        return vectors
    if not -rows <= padding_idx < rows:
        raise LabelError(sentence("embedding", "padding_idx", f"in {-rows}..{rows - 1}", padding_idx))
    padding_idx %= rows
    is_padding = Tensor((input._array == padding_idx)[..., None])
    return where(is_padding, weight.detach()[padding_idx], vectors)
