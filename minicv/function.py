"""Function: one step of a computation, forward on arrays and backward on Tensors.

A function is a class with two methods. ``forward`` gets arrays and returns arrays; what it will need again it
hands to ``self.save``. ``backward`` gets the gradient of the objective with respect to each output, as
Tensors, and returns the gradient with respect to each input, as Tensors. Because backward is itself written
with differentiable functions, gradients of gradients need no further code.

For a linear map forward and backward are a map and its transpose: two functions that name each other.
"""

import weakref

from . import guard
from .backend import as_array
from .errors import DeviceError, GraphError, sentence
from .tensor import Tensor, as_tensor, is_grad_enabled

hooks = []  # what watches every op from outside; see minicv.hooks


def _arrays(tensors):
    """The tensors' arrays; of two tensors that share one (x and x.detach()) the second gives a view of it.

    So ``save``, which recognises arrays by identity, does not take one tensor for the other.
    """
    if len(tensors) == 1:
        return [tensors[0]._array]
    first = {}
    return [t._array if first.setdefault(id(t._array), t) is t else t._array.view() for t in tensors]


def _check_one_device(op, tensors):
    devices = [t.device for t in tensors]
    if len(set(devices)) > 1:
        hint = 'Move the model and its batches to the same one: model.to("cuda"), minicv.tensor(x, device="cuda").'
        raise DeviceError(sentence(op, "inputs", "on one device", " and ".join(devices), hint)) from None


class Edge:
    """Where an input of a function came from: another function's output, or a leaf.

    A function must not keep its input tensors alive, or every activation would live until the end of the
    backward pass. So it keeps this: the creator and the number of its output, or the leaf itself when a
    gradient is to end up there.
    """

    __slots__ = ("_tensor", "creator", "dtype", "index", "leaf", "requires_grad", "shape")

    def __init__(self, tensor):
        self.creator = tensor.creator
        self.index = tensor.output_index
        self.requires_grad = tensor.requires_grad
        self.leaf = tensor if tensor.creator is None and tensor.requires_grad else None
        self.shape = tensor._array.shape
        self.dtype = tensor._array.dtype
        self._tensor = weakref.ref(tensor)

    @property
    def tensor(self):
        """The input tensor, if anybody still holds it, else None."""
        return self._tensor()

    def __repr__(self):
        made_by = self.creator.name if self.creator is not None else "leaf"
        return f"Edge({made_by}, shape={self.shape}, dtype={self.dtype})"


class Function:
    """Base class of every differentiable op.

    Parameters
    ----------
    **params
        Everything that is not a tensor to differentiate by (stride, axis, indices, ...). They become
        attributes.

    Attributes
    ----------
    inputs : tuple
        For each input the Tensor, or None if nobody holds it any more (``edges`` still tells its shape and
        creator).
    saved : tuple of Tensor
        What ``forward`` saved, as Tensors that are connected to the graph.
    needs_input_grad : tuple of bool
        Which inputs need a gradient; backward may return None for the others.
    outputs : tuple
        The output Tensors that somebody still holds (None for the others).

    Notes
    -----
    An instance is used for one call: ``y = Square()(x)``.

    Examples
    --------
    >>> class Square(Function):
    ...     def forward(self, x):
    ...         self.save(x)
    ...         return x * x
    ...
    ...     def backward(self, g):
    ...         (x,) = self.saved
    ...         return 2 * g * x
    >>> import minicv
    >>> x = minicv.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = Square()(x)
    >>> y.creator
    Square()
    >>> y.backward(minicv.tensor([1.0, 1.0, 1.0]))
    >>> x.grad
    tensor([2., 4., 6.])
    """

    edges = ()
    needs_input_grad = ()
    _to_save = ()
    _saved = ()
    _outputs = ()
    _used = False
    released = False

    def __init__(self, **params):
        self.__dict__.update(params)
        self._params = params

    def forward(self, *inputs):
        """Compute the output array, or a tuple of them, from the input arrays. To be written by subclasses."""
        raise TypeError(f"{self.name}: forward is not written yet.")

    def backward(self, *grads):
        """Compute the gradient for each input from those of the outputs. To be written by subclasses."""
        raise TypeError(f"{self.name}: backward is not written, so no gradient can flow through it.")

    @property
    def name(self):
        return type(self).__name__

    def __repr__(self):
        shown = [
            f"{key}={value!r}"
            for key, value in self._params.items()
            if not hasattr(value, "shape") and len(repr(value)) < 40
        ]
        return f"{self.name}({', '.join(shown)})"

    def __call__(self, *inputs):
        """Run forward on the inputs' arrays; if a gradient may be asked for, record where they came from."""
        if self._used:
            raise GraphError(
                f"{self.name}: an op is called once; make a new one for each call: {self.name}(...)(x)."
            )
        self._used = True
        tensors = [x if type(x) is Tensor else as_tensor(x) for x in inputs]
        wanted = tuple([t.requires_grad for t in tensors])
        recording = True in wanted and is_grad_enabled()
        self.needs_input_grad = wanted if recording else (False,) * len(tensors)

        for hook in hooks:
            hook.before_forward(self, tensors)
        arrays = _arrays(tensors)
        try:
            results = self.forward(*arrays)
        except Exception:
            _check_one_device(
                self.name, tensors
            )  # the likely reason, and no error of NumPy's or CuPy's says so
            raise
        single = not isinstance(results, tuple)
        results = (results,) if single else results
        outputs = [Tensor(as_array(result)) for result in results]
        if recording:
            self._record(tensors, arrays, results, outputs)
        self._to_save = ()
        for hook in reversed(hooks):
            hook.after_forward(self, tensors, outputs)
        return outputs[0] if single else tuple(outputs)

    def _record(self, tensors, arrays, results, outputs):
        self.edges = tuple([Edge(t) for t in tensors])
        for index, output in enumerate(outputs):
            if output._array.dtype.kind == "f":
                output.requires_grad, output.creator, output.output_index = True, self, index
        self._outputs = tuple([weakref.ref(output) for output in outputs])
        self.output_specs = tuple([(output._array.shape, output._array.dtype) for output in outputs])
        self._saved = []  # (array, where it came from: an input's Edge, an output's index or None, its Lock)
        if not self._to_save:
            return
        sources = {id(result): i for i, result in enumerate(results) if outputs[i].requires_grad}
        sources |= {id(array): edge for edge, array in zip(self.edges, arrays)}
        for array in self._to_save:
            kept = as_array(array)
            self._saved.append((kept, sources.get(id(array)), guard.lock(kept)))

    # What survives until backward

    def save(self, *arrays):
        """Keep arrays for backward. Inputs and outputs are recognised, and come back connected to the graph."""
        self._to_save += arrays

    @property
    def saved(self):
        if self.released:
            raise GraphError(
                f"{self.name}: backward ran already, and what was saved for it was freed. "
                "Pass retain_graph=True to the first backward(), or compute the output again."
            )
        return tuple(self._recall(*entry) for entry in self._saved)

    def _recall(self, array, source, held):
        if held.changed:
            raise GraphError(
                f"{self.name}: an array of shape {array.shape} that backward needs was changed in place after forward "
                "(by an optimiser's step, x[...] = v or x.data = v). Run backward before the change, or compute the "
                "output again."
            )
        if source is None or not is_grad_enabled():
            return Tensor(array)
        if isinstance(source, Edge) and source.leaf is not None:
            return source.leaf
        recalled = Tensor(array)
        if isinstance(source, Edge):
            recalled.requires_grad, recalled.creator, recalled.output_index = (
                source.requires_grad,
                source.creator,
                source.index,
            )
        else:
            recalled.requires_grad, recalled.creator, recalled.output_index = True, self, source
        return recalled

    def release(self):
        """Free what was saved; backward does this as it goes."""
        saved, self._saved = self._saved, ()
        for _, _, held in saved:
            guard.unlock(held)

    def __del__(self):
        if self._saved:
            self.release()

    # For looking at the graph

    @property
    def inputs(self):
        return tuple(edge.tensor for edge in self.edges)

    @property
    def outputs(self):
        return tuple(ref() for ref in self._outputs)
