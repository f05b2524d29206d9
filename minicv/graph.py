"""The recorded graph as text: what was computed from what, one line an op."""

from .autograd import _topological
from .errors import GraphError


class Graph:
    """The ops behind a tensor, in the order in which they ran.

    Parameters
    ----------
    tensor : Tensor
        The result; its graph may have been used by backward already.

    Attributes
    ----------
    nodes : list of Function
        In execution order: an op comes after everything it needs.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([[1.0, 2.0]], requires_grad=True)
    >>> print(minicv.graph((x * x).sum()))
    x0       leaf                           (1, 2) float32
    %1       Mul(x0, x0)                    (1, 2) float32
    %2       Sum(%1)                        () float32
    """

    def __init__(self, tensor):
        if tensor.creator is None:
            raise GraphError(
                "graph: this tensor is a leaf or was computed under no_grad(), so nothing was recorded behind it."
            )
        self.nodes = list(_topological([tensor.creator], allow_released=True))[::-1]

    def edges(self):
        """Pairs (producer, consumer) of functions, for drawing."""
        return [
            (edge.creator, node) for node in self.nodes for edge in node.edges if edge.creator is not None
        ]

    def __str__(self):
        names, lines, leaves = {}, [], {}
        for number, node in enumerate(self.nodes, 1):
            names[node] = f"%{number}"
        for node in self.nodes:
            arguments = []
            for edge in node.edges:
                if edge.creator is not None:
                    output = f".{edge.index}" if len(edge.creator.output_specs) > 1 else ""
                    arguments.append(names[edge.creator] + output)
                    continue
                key = id(edge.leaf) if edge.leaf is not None else id(edge)
                if key not in leaves:
                    leaves[key] = f"x{len(leaves)}" if edge.requires_grad else "const"
                    if edge.requires_grad:
                        lines.append(_line(leaves[key], "leaf", [(edge.shape, edge.dtype)]))
                arguments.append(leaves[key])
            lines.append(_line(names[node], f"{node.name}({', '.join(arguments)})", node.output_specs))
        return "\n".join(lines)


def _line(name, what, specs):
    return f"{name:<8} {what:<30} " + ", ".join(f"{shape} {dtype}" for shape, dtype in specs)


def graph(tensor):
    """Return the :class:`Graph` behind ``tensor``; print it to read it."""
    return Graph(tensor)
