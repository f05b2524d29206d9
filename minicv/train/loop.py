"""The training loop: loss, backward, step; and a bar that shows how it goes."""

import math
import sys

from ..errors import sentence
from ..tensor import tensor


def fit(model, optimizer, batches, schedule=None, evaluate=None, every=50, label="training", loss=None):
    """Train a model on batches, one step each.

    Parameters
    ----------
    model : Module
        With a method ``loss(images, labels)`` that returns a scalar Tensor.
    optimizer : Optimizer
    batches : sized iterable of (images, labels)
        Arrays; :class:`minicv.data.Batches`, for example.
    schedule : optional
        A learning-rate schedule, moved on after every step.
    evaluate : callable, optional
        ``evaluate(model)`` returns numbers by name, which are shown and recorded; it may switch the model to
        evaluation.
    every : int
        Steps between two evaluations; there is always one at the end.
    label : str
        What stands before the bar.
    loss : callable, optional
        ``loss(images, labels)``, a scalar Tensor; by default the model's own.

    Returns
    -------
    list of dict
        For every step its number, its loss, and the results of ``evaluate`` where it was called.

    Raises
    ------
    ValueError
        ``every`` is less than 1.
    FloatingPointError
        The loss is no longer a finite number. The parameters are left as they were before that step.

    Notes
    -----
    On a terminal the bar moves; elsewhere (a log file) every evaluation writes a line.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv import functional as F, nn, optim
    >>> class Line(nn.Linear):
    ...     def loss(self, x, y):
    ...         return F.mse_loss(self(x), y)
    >>> model, x = Line(1, 1), np.ones((4, 1), np.float32)
    >>> history = fit(model, optim.SGD(model.parameters(), lr=0.25), [(x, 3 * x)] * 20)
    >>> len(history), history[-1]["loss"] < 1e-6
    (20, True)
    """
    from tqdm import tqdm

    if every < 1:
        raise ValueError(sentence("fit", "every", "at least 1 step", every))
    device = next(iter(model.parameters())).device
    loss = loss or model.loss
    history, shown = [], {}
    with tqdm(batches, desc=label, unit="step", disable=None, dynamic_ncols=True) as bar:
        for step, (images, labels) in enumerate(bar, 1):
            model.train()
            value = loss(tensor(images, device=device), tensor(labels, device=device))
            record = {"step": step, "loss": value.item()}
            if not math.isfinite(record["loss"]):
                raise FloatingPointError(
                    f"{label}: the loss is {record['loss']} at step {step}. Is the learning rate too large? "
                    "minicv.hooks.FirstNaN() names the first op that makes a number that is not finite."
                )
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
            if evaluate is not None and (step % every == 0 or step == len(batches)):
                shown = evaluate(model)
                record |= shown
                if bar.disable:
                    print(f"{label}: step {step}/{len(batches)}, {_in_words(record)}", file=sys.stderr)
            bar.set_postfix_str(_in_words({"loss": record["loss"], **shown}), refresh=False)
            history.append(record)
    return history


def _in_words(record):
    return ", ".join(f"{name} {value:.3f}" for name, value in record.items() if name != "step")
