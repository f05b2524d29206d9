"""The gradient check: what backward says against what finite differences say.

Moving the inputs x by a small step t along a direction d changes the outputs y; weighted by a cotangent c
their change has the slope

    d/dt <c, y(x + t d)> at t = 0   =   <backward(c), d>

The left side needs forward alone, the right side is what backward claims. Direction and cotangent are random,
because chosen ones have blind spots: with a cotangent of ones, a softmax (whose outputs always add up to 1) has
the gradient zero, and a softmax backward that returns zeros would pass.
"""

import numpy as np

from ..autograd import grad
from ..creation import zeros_like
from ..tensor import Tensor, enable_grad, no_grad
from .arrays import noncontiguous, random_weights

TABLE_LIMIT = (
    400  # entries of an input up to which each is differentiated by itself, to show where an error sits
)


class GradientError(AssertionError):
    """Backward and finite differences disagree, or the function breaks a rule that gradients rest on."""


class KinkError(GradientError):
    """Finite differences cannot tell: the inputs lie at a kink, a jump or the edge of the domain."""


def gradcheck(function, inputs, *, eps=1e-4, rtol=1e-6, atol=1e-8, draws=3, rng=0):
    """Check the gradients of a function against central differences, in float64.

    Parameters
    ----------
    function : callable
        Takes as many Tensors as there are ``inputs``, returns a Tensor or several. It must give the same
        values each time it is called; bind everything else with a lambda: ``gradcheck(lambda x: conv2d(x, w,
        stride=2), x)``.
    inputs : array, Tensor or number, or a list or tuple of them
        Those of floating point are converted to float64 and differentiated by; the others are passed on as
        they are. Small shapes will do, and show more when the check fails. Avoid ties and kinks
        (:func:`minicv.testing.distinct_values`).
    eps : float
        How far an entry of the inputs is moved, at most.
    rtol, atol : float
        Allowed error: ``atol + rtol * s``, where s is the size of the slope that a gradient of this length
        has in a random direction.
    draws : int
        Number of random cotangents, each with a random direction for each input.
    rng : int or numpy.random.Generator
        Seed, or generator, of the draws.

    Returns
    -------
    bool
        True. Everything else raises.

    Raises
    ------
    GradientError
        A gradient is wrong (the message says which, by how much and where), or forward or backward changes
        its inputs, or the result depends on how the inputs lie in memory, or is not float64, finite and the
        same on a second call.
    KinkError
        There is a kink so near to the inputs that finite differences mean nothing.

    Notes
    -----
    The slope is measured with the steps eps and eps/2 and extrapolated, (4 D(eps/2) - D(eps)) / 3, so that
    the error falls with eps^4 (Richardson). A kink is where the two disagree, or where the slopes to the left
    and to the right do not approach each other as the step is halved. Random signs and sizes of at least one
    half keep every entry visible, after Chainer's ``gradient_check``.

    Examples
    --------
    >>> import minicv
    >>> gradcheck(lambda a, b: (a * b).exp(), [np.ones((2, 3)), np.ones(3)])
    True
    """
    rng = np.random.default_rng(rng)
    arrays = _as_float64(inputs)
    originals = [a.copy() for a in arrays]
    outputs = _evaluate(function, arrays)
    _check_unchanged("input", arrays, originals)
    _check_outputs(function, arrays, outputs)
    for _ in range(draws):
        cotangents = [random_weights(y.shape, rng) for y in outputs]
        gradients = _gradients(function, arrays, cotangents)
        for number, gradient in gradients.items():
            objective = _objective(function, arrays, number, outputs, cotangents)
            _compare(number, gradient, objective, eps, rtol, atol, random_weights(gradient.shape, rng))
    _check_layout(function, arrays, cotangents, outputs, gradients)
    return True


def gradgradcheck(function, inputs, **settings):
    """Check the second derivatives of a function: the gradient check of its gradient.

    The gradient, computed with ``create_graph=True``, is a function of the inputs and of the cotangents; it
    is checked with respect to all of them. A backward pass that computes with bare arrays where it should
    compute with Tensors is found here.

    Parameters
    ----------
    function, inputs, **settings
        As in :func:`gradcheck`. In a message, the inputs after those of ``function`` are the cotangents, and
        output i is the gradient by input i.

    Returns
    -------
    bool
        True. Everything else raises, as in :func:`gradcheck`.

    Examples
    --------
    >>> gradgradcheck(lambda x: x * x.exp(), [[0.5, -1.0]])
    True
    """
    arrays = _as_float64(inputs)
    rng = np.random.default_rng(0)
    cotangents = [random_weights(y.shape, rng) for y in _evaluate(function, arrays)]

    def gradient(*tensors):
        xs, cs = tensors[: len(arrays)], tensors[len(arrays) :]
        with (
            enable_grad()
        ):  # finite differences evaluate under no_grad(), on tensors that require no gradient
            xs = [x.detach().requires_grad_() if _is_real(x) and not x.requires_grad else x for x in xs]
            return _pull_back(function, xs, cs, create_graph=True)

    return gradcheck(gradient, arrays + cotangents, **settings)


# The function and its gradients, on arrays


def _is_real(x):
    return x.dtype.kind == "f"


def _as_float64(inputs):
    """Copies of the inputs as arrays, the real ones in float64."""
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    arrays = [np.array(x) for x in inputs]
    if not any(map(_is_real, arrays)):
        raise GradientError(
            "gradcheck: there must be an input of floating point to differentiate by; got none."
        )
    return [a.astype(np.float64) if _is_real(a) else a for a in arrays]


def _outputs(function, tensors):
    """The Tensors that the function returns, without those of integers (indices)."""
    results = function(*tensors)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    for y in results:
        if not isinstance(y, Tensor):
            raise GradientError(f"gradcheck: the function must return Tensors; got {type(y).__name__}.")
    return [y for y in results if _is_real(y)]


def _evaluate(function, arrays):
    with no_grad():
        return [np.array(y.data) for y in _outputs(function, [Tensor(a) for a in arrays])]


def _pull_back(function, tensors, cotangents, create_graph=False):
    """What backward makes of the cotangents, for each tensor that requires a gradient: zeros where none arrived."""
    pairs = [(y, c) for y, c in zip(_outputs(function, tensors), cotangents) if y.requires_grad]
    if not pairs:
        raise GradientError(
            "gradcheck: no output is connected to the inputs. "
            "Was it computed from x.data or x.numpy(), detached, or under no_grad()?"
        )
    outputs, cotangents = zip(*pairs)
    by = [x for x in tensors if x.requires_grad]
    found = grad(outputs, by, cotangents, create_graph=create_graph, allow_unused=True)
    return [zeros_like(x) if g is None else g for x, g in zip(by, found)]


def _gradients(function, arrays, cotangents):
    """The gradients as arrays, by the number of the input; checks that inputs and cotangents stay as they are."""
    kept = [a.copy() for a in arrays], [c.copy() for c in cotangents]
    leaves = [Tensor(a, requires_grad=_is_real(a)) for a in arrays]
    found = iter(_pull_back(function, leaves, [Tensor(c) for c in cotangents]))
    gradients = {i: np.array(next(found).data) for i, x in enumerate(leaves) if x.requires_grad}
    _check_unchanged("input", arrays, kept[0])
    _check_unchanged("the gradient of output", cotangents, kept[1])
    return gradients


def _objective(function, arrays, number, outputs, cotangents):
    """The function whose slope is taken, (direction, t) -> <c, y(x + t direction) - y(x)>; x is input ``number``.

    Subtracting y(x) before the sum rather than after it keeps the digits of a small difference.
    """

    def objective(direction, t):
        moved = [a + t * direction if i == number else a for i, a in enumerate(arrays)]
        values = _evaluate(function, moved)
        return sum(np.vdot(c, y - y0) for c, y, y0 in zip(cotangents, values, outputs))

    return objective


def _slope(objective, direction, eps):
    """Return the slope of the objective in a direction, and the doubt: what two step sizes disagree by."""
    up, down, near_up, near_down = (objective(direction, t) for t in (eps, -eps, eps / 2, -eps / 2))
    far, near = (up - down) / (2 * eps), (near_up - near_down) / eps
    # Slope to the right less slope to the left: proportional to the step where the function is smooth.
    bend, near_bend = (up + down) / eps, (near_up + near_down) / (eps / 2)
    return (4 * near - far) / 3, abs(far - near) + abs(near_bend - bend / 2)


# The checks


def _compare(number, gradient, objective, eps, rtol, atol, direction):
    expected, doubt = _slope(objective, direction, eps)
    got = np.vdot(gradient, direction)
    error = abs(expected - got)
    scale = max(abs(expected), abs(got), np.linalg.norm(gradient * direction))
    allowed = atol + rtol * scale
    # "not <=" rather than ">": NaN is to fail.
    if not doubt <= 1e-5 + 1e-3 * scale or (error > allowed and doubt > error / 10):
        raise KinkError(
            f"gradcheck: input {number}, of shape {gradient.shape}, lies at or near a kink, a jump or the edge of the "
            f"function's domain: slopes taken with steps of {eps:g} and {eps / 2:g} differ by {doubt:.3g} "
            f"(backward says {got:.6g}, central differences {expected:.6g}). Move the inputs away from it "
            "(distinct_values gives inputs without ties or zeros), or pass a smaller eps."
        )
    if not error <= allowed:
        raise GradientError(
            f"gradcheck: the gradient by input {number}, of shape {gradient.shape}, is wrong.\n"
            f"  slope in a random direction: expected {expected:.9g} (central differences), "
            f"got {got:.9g} (backward)\n"
            f"  relative error {error / scale:.2g} (allowed {allowed / scale:.2g})\n"
            f"{_where(gradient, objective, eps)}"
        )


def _where(gradient, objective, eps, rows=8):
    """A table of the entries that are most wrong, and what they have in common."""
    if gradient.size > TABLE_LIMIT:
        return (
            f"  (check an input of at most {TABLE_LIMIT} entries, instead of {gradient.size}, to see where)"
        )
    expected = np.empty_like(gradient)
    for index in np.ndindex(gradient.shape):
        unit = np.zeros_like(gradient)
        unit[index] = 1
        expected[index], _ = _slope(objective, unit, eps)
    error = np.abs(gradient - expected)
    worst = np.argsort(-error, axis=None, kind="stable")[:rows]
    lines = [f"  {'entry':<18}{'expected':>16}{'got':>16}{'error':>12}"]
    for index in zip(*np.unravel_index(worst, gradient.shape)) if gradient.ndim else [()]:
        where = str(tuple(int(i) for i in index))
        lines.append(f"  {where:<18}{expected[index]:>16.8g}{gradient[index]:>16.8g}{error[index]:>12.2g}")
    return "\n".join([*lines, *_hint(gradient, expected)])


def _hint(gradient, expected):
    if not gradient.any():
        yield "  No gradient arrived: did backward return None or zeros? Was the graph cut (detach, .data, no_grad)?"
        return
    factor = np.vdot(expected, gradient) / max(np.vdot(expected, expected), 1e-300)
    if np.linalg.norm(gradient - factor * expected) <= 1e-6 * np.linalg.norm(gradient):
        yield f"  Every entry is {factor:.6g} times what it should be."


def _check_outputs(function, arrays, outputs):
    for number, (y, again) in enumerate(zip(outputs, _evaluate(function, arrays))):
        if y.dtype != np.float64:
            raise GradientError(
                f"gradcheck: output {number} must be float64, as the inputs are; got {y.dtype}. "
                "Did forward make an array without dtype=x.dtype?"
            )
        if not np.isfinite(y).all():
            raise GradientError(
                f"gradcheck: output {number} must be finite; got nan or inf. Are the inputs in the domain?"
            )
        if not np.array_equal(y, again):
            raise GradientError(
                f"gradcheck: output {number} differs between two calls on the same inputs. "
                "Does it draw random numbers? Then seed them inside the function."
            )


def _check_unchanged(what, arrays, before):
    for number, (now, then) in enumerate(zip(arrays, before)):
        if not np.array_equal(now, then, equal_nan=True):
            raise GradientError(
                f"gradcheck: {what} {number} was changed in place. "
                "Compute a new array (y = 2 * x rather than x *= 2)."
            )


def _check_layout(function, arrays, cotangents, outputs, gradients):
    """Values must not depend on how the numbers lie in memory."""
    scattered = [noncontiguous(a) for a in arrays]
    found = _gradients(function, scattered, [noncontiguous(c) for c in cotangents])
    pairs = [(f"output {i}", y, z) for i, (y, z) in enumerate(zip(outputs, _evaluate(function, scattered)))]
    pairs += [(f"the gradient by input {i}", g, found[i]) for i, g in gradients.items()]
    for what, contiguous, result in pairs:
        if not np.allclose(contiguous, result, rtol=1e-8, atol=1e-8):
            raise GradientError(
                f"gradcheck: {what} changes when the same inputs and cotangents lie differently in memory "
                "(transposed and strided arrays). Does the code take the memory to be contiguous "
                "(ravel with an order, as_strided, a compiled loop)?"
            )
