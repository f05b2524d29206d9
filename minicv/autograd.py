"""Backward: the chain rule, walked over the recorded graph from the outputs to the leaves.

Every function is visited after all functions that used its outputs (topological order), so that its output
gradients are complete sums when its ``backward`` runs. The walk is a loop with a list of its own, not a
recursion: a graph may be any number of ops deep.
"""

from .backend import get_array_module, is_array
from .errors import GraphError, ShapeError
from .function import hooks
from .tensor import Tensor, as_tensor, set_grad_enabled


def backward(outputs, grads=None, retain_graph=False, create_graph=False):
    """Add the gradients of ``outputs``, weighted by ``grads``, to the ``grad`` of the leaves.

    Parameters
    ----------
    outputs : list of Tensor
    grads : list of (Tensor or None), optional
        One cotangent for each output, of its shape; None stands for 1 and needs a one-element output.
    retain_graph, create_graph : bool
        As in :meth:`Tensor.backward`.
    """
    for leaf, gradient in _walk(outputs, grads, retain_graph, create_graph).leaves():
        leaf.grad = _own(gradient) if leaf.grad is None else leaf.grad + gradient


def _own(gradient):
    """A leaf's gradient in memory of its own: the sum of two leaves gives both the same, and a mean a broadcast number.

    So it can be changed in place (clipped, say). One that is differentiable stays as it is, connected.
    """
    return gradient if gradient.creator is not None else Tensor(gradient._array.copy())


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=False):
    """Return the gradients of ``outputs`` with respect to ``inputs``, leaving every ``grad`` as it is.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        ``inputs`` may be leaves or tensors in the middle of the graph.
    grad_outputs : Tensor or sequence of Tensor, optional
        Cotangents, one for each output.
    retain_graph : bool, optional
        Defaults to ``create_graph``.
    create_graph : bool
        Make the results differentiable.
    allow_unused : bool
        Give None for an input that the outputs do not depend on, rather than raising.

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor(3.0, requires_grad=True)
    >>> (first,) = minicv.grad(x**3, x, create_graph=True)
    >>> (second,) = minicv.grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    outputs, inputs = _as_list(outputs), _as_list(inputs)
    grad_outputs = _as_list(grad_outputs) if grad_outputs is not None else None
    retain_graph = create_graph if retain_graph is None else retain_graph
    collected = _walk(outputs, grad_outputs, retain_graph, create_graph, wanted=inputs)
    gradients = tuple(collected.of(x) for x in inputs)
    if not allow_unused and any(g is None for g in gradients):
        position = [g is None for g in gradients].index(True)
        raise GraphError(
            f"grad: the outputs do not depend on inputs[{position}], or it does not require a gradient. "
            "Was it computed under no_grad() or detached? Pass allow_unused=True to get None."
        )
    return gradients


def _as_list(value):
    return [value] if isinstance(value, Tensor) or is_array(value) else list(value)


class _Gradients:
    """Gradients on their way: for each function one per output, for each leaf one."""

    def __init__(self, wanted=None):
        self._of_outputs = {}  # function -> {output index: gradient}
        self._of_leaves = {}  # id(leaf) -> (leaf, gradient)
        self._accumulates = wanted is None  # backward() fills in ``grad``, grad() leaves it alone
        self._wanted = {(t.creator, t.output_index): None for t in wanted or () if t.creator is not None}

    def add(self, creator, index, leaf, gradient):
        if creator is not None:
            slots = self._of_outputs.setdefault(creator, {})
            slots[index] = gradient if index not in slots else slots[index] + gradient
        elif leaf is not None:
            _, before = self._of_leaves.get(id(leaf), (leaf, None))
            self._of_leaves[id(leaf)] = (leaf, gradient if before is None else before + gradient)

    def take(self, function):
        """Remove and return the gradients of a function's outputs; None if none arrived at all."""
        slots = self._of_outputs.pop(function, None)
        if slots is None:
            return None
        for index, gradient in slots.items():
            if self._wanted and (function, index) in self._wanted:
                self._wanted[function, index] = gradient
            output = function._outputs[index]()
            if self._accumulates and output is not None and output._retains_grad:
                output.grad = gradient if output.grad is None else output.grad + gradient
        specs = function.output_specs
        return [slots[i] if i in slots else _zero(*specs[i], like=gradient) for i in range(len(specs))]

    def leaves(self):
        """Yield (leaf, gradient), and let go of each: with its copy, too, it would be in memory twice."""
        while self._of_leaves:
            _, pair = self._of_leaves.popitem()
            yield pair

    def of(self, tensor):
        if tensor.creator is not None:
            return self._wanted.get((tensor.creator, tensor.output_index))
        return self._of_leaves.get(id(tensor), (None, None))[1]


def _zero(shape, dtype, like):
    """Nothing depended on this output: its gradient is zero (None for indices, which have none)."""
    return Tensor(get_array_module(like._array).zeros(shape, dtype)) if dtype.kind == "f" else None


def _walk(outputs, grads, retain_graph, create_graph, wanted=None):
    grads = [None] * len(outputs) if grads is None else grads
    if len(grads) != len(outputs):
        raise GraphError(
            f"backward: there must be one gradient for each of the {len(outputs)} outputs; got {len(grads)}."
        )
    gradients = _Gradients(wanted)
    with set_grad_enabled(create_graph):
        for output, gradient in zip(outputs, grads, strict=True):
            leaf = output if output.creator is None else None
            gradients.add(output.creator, output.output_index, leaf, _cotangent(output, gradient))
        for function in _topological([t.creator for t in outputs if t.creator is not None]):
            _visit(function, gradients)
            if not retain_graph:
                function.release()
                function.released = True
    return gradients


def _cotangent(output, gradient):
    """Check what backward was called with, and fill in the 1 of a scalar."""
    if not output.requires_grad:
        raise GraphError(
            "backward: this tensor does not depend on anything that requires a gradient. "
            "Was it computed under no_grad() or from detached tensors, or did you forget requires_grad=True?"
        )
    if gradient is None:
        if output.size != 1:
            raise GraphError(
                f"backward: without an argument the tensor must be a scalar; got shape {output.shape}. "
                "Reduce it with .sum() or .mean(), or pass a gradient of that shape."
            )
        return Tensor(get_array_module(output._array).ones(output.shape, output.dtype))
    gradient = as_tensor(gradient)
    if gradient.shape != output.shape or gradient.dtype != output.dtype:
        raise ShapeError(
            f"backward: the gradient must have the tensor's shape {output.shape} and dtype {output.dtype}; "
            f"got shape {gradient.shape} and dtype {gradient.dtype}."
        )
    return gradient


def _topological(roots, allow_released=False):
    """Yield functions so that each comes after every function that consumes its outputs."""
    consumers = dict.fromkeys(roots, 0)
    pending = list(consumers)
    while pending:
        function = pending.pop()
        if function.released and not allow_released:
            raise GraphError(
                f"backward: the graph was already used (at {function.name}) and what it had saved was freed. "
                "Pass retain_graph=True to the first backward(), or compute the output again."
            )
        for edge in function.edges:
            if edge.creator is None:
                continue
            if edge.creator not in consumers:
                consumers[edge.creator] = 0
                pending.append(edge.creator)
            consumers[edge.creator] += 1

    ready = [function for function in dict.fromkeys(roots) if consumers[function] == 0]
    while ready:
        function = ready.pop()
        yield function
        for edge in function.edges:
            if edge.creator is not None:
                consumers[edge.creator] -= 1
                if consumers[edge.creator] == 0:
                    ready.append(edge.creator)


def _visit(function, gradients):
    """Run one function's backward and pass the results on to where its inputs came from."""
    incoming = gradients.take(function)
    if incoming is None:
        return
    for hook in hooks:
        hook.before_backward(function, incoming)
    results = function.backward(*incoming)
    results = results if isinstance(results, tuple) else (results,)
    _check_results(function, results)
    for hook in reversed(hooks):
        hook.after_backward(function, incoming, results)
    for edge, gradient in zip(function.edges, results, strict=True):
        if gradient is not None and edge.requires_grad:
            gradients.add(edge.creator, edge.index, edge.leaf, gradient)


def _check_results(function, results):
    """A student's backward that returns the wrong thing is told so, by name."""
    name = f"{function.name}.backward"
    if len(results) != len(function.edges):
        raise GraphError(
            f"{name}: it must return one gradient for each of its {len(function.edges)} inputs; got {len(results)}."
        )
    for number, (edge, gradient) in enumerate(zip(function.edges, results, strict=True)):
        if gradient is None:
            continue
        if not isinstance(gradient, Tensor):
            raise GraphError(
                f"{name}: gradient {number} must be a Tensor; got {type(gradient).__name__}. "
                "Backward computes with Tensors (what self.saved gives), so that it can be differentiated again."
            )
        array = gradient._array
        if array.shape != edge.shape or array.dtype != edge.dtype:
            raise ShapeError(
                f"{name}: gradient {number} must have the shape {edge.shape} and dtype {edge.dtype} of input {number}; "
                f"got {gradient.shape} and {gradient.dtype}."
            )
