"""Embedding: a table from which rows are looked up."""

from .. import functional as F
from ..creation import zeros
from ..errors import LabelError, sentence
from ..geometry import pair
from . import init
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """Maps integers to learned vectors: row i of the weight for the entry i.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Number of rows, and their length.
    padding_idx : int, optional
        A row that stays 0 and gets no gradient.

    Attributes
    ----------
    weight : Parameter
        Shape (num_embeddings, embedding_dim); starts from the standard normal distribution.

    Examples
    --------
    >>> import minicv
    >>> Embedding(10, 3)(minicv.tensor([[1, 2], [2, 9]])).shape
    (2, 2, 3)
    """

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None):
        super().__init__()
        (self.num_embeddings,) = pair("Embedding", "num_embeddings", num_embeddings, at_least=1, n=1)
        (self.embedding_dim,) = pair("Embedding", "embedding_dim", embedding_dim, at_least=1, n=1)
        self.padding_idx = padding_idx
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            expected = f"one of the {num_embeddings} rows"
            raise LabelError(sentence("Embedding", "padding_idx", expected, padding_idx))
        self.weight = Parameter(zeros(num_embeddings, embedding_dim))
        init.normal_(self.weight)
        if padding_idx is not None:
            self.weight.mutate()[padding_idx] = 0

    def forward(self, x):
        return F.embedding(x, self.weight, self.padding_idx)

    def extra_repr(self):
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
