"""What all optimisers share: groups of parameters with options, the state of each parameter, the loop of a step."""

import numpy as np

from ..backend import get_array_module
from ..errors import DTypeError, GraphError, sentence
from ..tensor import Tensor


class Optimizer:
    """Base class of the optimisers. A subclass writes ``update``: the formula of its step, on arrays.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The leaves to change, usually ``model.parameters()``; or groups, dicts with their tensors under "params" and
        options of their own beside it: ``[{"params": backbone, "lr": 1e-4}, {"params": head}]``.
    defaults : dict
        The options of groups that do not say otherwise.

    Attributes
    ----------
    param_groups : list of dict
        The groups with all their options; ``group["lr"]`` may be changed at any time, which is what schedules do.
    state : dict
        For each parameter that has been updated, what the optimiser remembers of it.

    Examples
    --------
    >>> import minicv
    >>> class SignDescent(Optimizer):
    ...     def update(self, x, g, state, options):
    ...         x -= options["lr"] * np.sign(g)
    >>> x = minicv.tensor([3.0, -0.5], requires_grad=True)
    >>> optimizer = SignDescent([x], {"lr": 0.25})
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.75, -0.25], requires_grad=True)
    """

    def __init__(self, params, defaults):
        self.defaults = defaults
        self.param_groups = []
        self.state = {}
        if isinstance(params, (Tensor, dict)) or not hasattr(params, "__iter__"):
            hint = "Did you mean model.parameters(), or [x] for a single tensor?"
            raise TypeError(
                self._sentence("params", "a list of tensors or of groups", type(params).__name__, hint)
            )
        params = list(params)
        if not params:
            hint = "Are the layers attributes of the model, or in a ModuleList? Was a generator used up?"
            raise ValueError(self._sentence("params", "at least one tensor", "an empty list", hint))
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(group)

    def _sentence(self, argument, expected, got, hint=None):
        return sentence(type(self).__name__, argument, expected, got, hint)

    def add_param_group(self, group):
        """Add tensors with options of their own, ``{"params": tensors, "lr": 0.01}``: a layer no longer frozen."""
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(self._sentence("group", 'a dict with its tensors under "params"', repr(group)))
        params = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        unknown = group.keys() - self.defaults.keys() - {"params", "initial_lr"}
        if unknown:
            expected = f"among {', '.join(self.defaults)}"
            raise ValueError(self._sentence("the options of a group", expected, ", ".join(sorted(unknown))))
        known = {id(p) for g in self.param_groups for p in g["params"]}
        for number, parameter in enumerate(params):
            self._check_parameter(number, parameter, known)
            known.add(id(parameter))
        group = self.defaults | group | {"params": params}
        self.check_options(group)
        self.param_groups.append(group)

    def _check_parameter(self, number, parameter, known):
        name = f"params[{number}]"
        if not isinstance(parameter, Tensor):
            hint = "Did you pass named_parameters()?" if isinstance(parameter, tuple) else None
            raise TypeError(self._sentence(name, "a Tensor", type(parameter).__name__, hint))
        if not parameter.is_leaf:
            hint = "An optimiser changes what the user made: give it the tensors that this one was computed from."
            raise GraphError(self._sentence(name, "a leaf", f"the result of {parameter.creator.name}", hint))
        if parameter.dtype.kind != "f":
            raise DTypeError(self._sentence(name, "a floating-point tensor", parameter.dtype))
        if id(parameter) in known:
            got = f"the tensor of shape {parameter.shape} a second time"
            raise ValueError(
                self._sentence(name, "in one group, once", got, "It would be updated twice a step.")
            )

    def check_options(self, options):
        """Raise ValueError for an option out of its range. Subclasses add theirs."""
        self.check_range(options, "lr")

    def check_range(self, options, name, below=np.inf):
        """Raise ValueError unless ``0 <= options[name] < below``."""
        value = options[name]
        if not 0 <= value < below:
            expected = (
                "a number that is at least 0" if below == np.inf else f"at least 0 and less than {below}"
            )
            raise ValueError(self._sentence(name, expected, value))

    def zero_grad(self):
        """Forget the gradients of all parameters; ``backward`` adds to what is there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.zero_grad()

    def step(self):
        """Change every parameter that has a gradient, in place."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state.setdefault(parameter, {})
                    self.update(parameter.mutate(), parameter.grad.data, state, group)

    def update(self, x, g, state, options):
        """Change one parameter in place. To be written by subclasses.

        Parameters
        ----------
        x : ndarray
            The values, to be changed.
        g : ndarray
            The gradient, to be left as it is.
        state : dict
            What the optimiser remembers of this parameter: empty at first.
        options : dict
            The options of the parameter's group.
        """
        raise NotImplementedError(f"{type(self).__name__}: update is not written yet.")

    # Saving and loading

    def _numbered(self):
        """Every parameter, in the order whose numbers name it in the state_dict."""
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def state_dict(self):
        """Return what is needed to go on later, in PyTorch's layout.

        Returns
        -------
        dict
            "state": {number of the parameter: {name: ndarray (a copy, on the CPU) or number}};
            "param_groups": [{option: value, "params": numbers of the parameters}].
        """
        numbers = {parameter: number for number, parameter in enumerate(self._numbered())}
        state = {
            numbers[parameter]: {name: _to_cpu(value) for name, value in memory.items()}
            for parameter, memory in self.state.items()
        }
        groups = [g | {"params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Go on where ``state_dict`` was taken: as many groups and parameters, of the same shapes, in the same order.

        Raises
        ------
        ValueError
            They do not. Nothing was loaded.
        """
        groups, state, parameters = state_dict["param_groups"], state_dict["state"], self._numbered()
        sizes, expected = ([len(g["params"]) for g in each] for each in (groups, self.param_groups))
        if sizes != expected:
            hint = "The optimiser must be made for the same model, with the same groups."
            raise ValueError(
                sentence("load_state_dict", "the state", f"of groups of {expected} parameters", sizes, hint)
            )
        for number, memory in state.items():
            shape = parameters[number].shape
            for name, value in memory.items():
                if isinstance(value, np.ndarray) and value.shape != shape:
                    where = f"{name} of parameter {number}"
                    raise ValueError(sentence("load_state_dict", where, f"of shape {shape}", value.shape))
        self.state = {
            parameters[number]: {name: _like(value, parameters[number]) for name, value in memory.items()}
            for number, memory in state.items()
        }
        for mine, theirs in zip(self.param_groups, groups, strict=True):
            mine.update({name: value for name, value in theirs.items() if name != "params"})

    def __repr__(self):
        lines = [type(self).__name__ + "("]
        for number, group in enumerate(self.param_groups):
            options = ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            lines.append(f"  group {number}: {len(group['params'])} tensors, {options}")
        return "\n".join(lines + [")"])


def _to_cpu(value):
    return value if isinstance(value, (int, float)) else np.array(Tensor(value).numpy())


def _like(value, parameter):
    """A copy of a saved array where the parameter lives and in its dtype; numbers stay as they are."""
    if not isinstance(value, np.ndarray):
        return value
    return get_array_module(parameter.data).array(value, dtype=parameter.dtype)
