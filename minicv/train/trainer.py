"""Trainer: the training loop for runs that matter: they are recorded, saved, and go on after whatever stops them."""

import json
import math
import sys
from pathlib import Path

from .. import backend
from ..errors import sentence
from ..nn.utils import clip_grad_norm_
from ..optim.lr_scheduler import ReduceLROnPlateau
from .blame import blame
from .checkpoint import load_checkpoint, save_checkpoint
from .interrupt import Interrupt
from .progress import Progress

CHECKPOINT, HISTORY = "checkpoint.safetensors", "history.jsonl"


class Trainer:
    """Train a model for some epochs, in a folder.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
    loader : DataLoader
        Or anything that is iterated over once an epoch, has a length, ``epoch`` and ``position``, and a state. A
        DataLoader that is told the number of ``epochs``, too, keeps its workers busy from one to the next.
    loss : callable
        ``loss(model, batch)``, a scalar Tensor.
    folder : str or Path or None
        For the checkpoint and the history; made if need be. None keeps nothing, and Ctrl-C is as always.
    epochs : int
        How often all data is seen.
    schedule : optional
        A learning-rate schedule, moved on after every step; ``ReduceLROnPlateau`` after every evaluation.
    evaluate : callable, optional
        ``evaluate(model)`` returns numbers by name; the model is in evaluation mode meanwhile.
    evaluate_every : int, optional
        Steps between two evaluations; by default there is one after every epoch. One is always at the end.
    monitor : str, optional
        One of these numbers: what early stopping (larger being better) and ``ReduceLROnPlateau`` watch. Without it
        that schedule gets the mean loss of every epoch.
    patience : int, optional
        Stop, at the end of an epoch, after so many evaluations without a new best.
    clip_norm : float, optional
        Largest norm of the gradients: see :func:`minicv.nn.utils.clip_grad_norm_`.
    save_every : int, optional
        Steps between two checkpoints; by default there is one after every epoch.
    hooks : sequence of callable
        Each ``hook(trainer)`` is called after every evaluation and every epoch: learning curves, for example.
    label : str
        What stands before the progress bar.
    config : dict, optional
        Kept in the checkpoint; a run with another one is not resumed.

    Raises
    ------
    ValueError
        A number of epochs or steps is less than 1, there are no batches, or there is patience and nothing to watch.

    Attributes
    ----------
    step : int
        Steps so far.
    history : list of dict
        Of every step "step", "epoch", "loss" and "lr"; of every evaluation "step", "epoch" and what ``evaluate``
        returned; at the end of every epoch "mean_loss", too.
        The same, line by line as JSON, is in ``history.jsonl``.
    interrupted : bool
        Whether the run was stopped by Ctrl-C.

    Notes
    -----
    Ctrl-C ends the step, saves, and says how to go on; a second Ctrl-C stops at once. A run that is resumed, after
    Ctrl-C or a crash, ends with the same bits as one that was never stopped.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv import functional as F, nn, optim, tensor
    >>> from minicv.data import DataLoader
    >>> model, points = nn.Linear(1, 1), [np.float32([x, 3 * x]) for x in (-1, 0, 1)]
    >>> trainer = Trainer(
    ...     model,
    ...     optim.SGD(model.parameters(), lr=0.3),
    ...     DataLoader(points, batch_size=3, collate_fn=np.stack),
    ...     lambda model, batch: F.mse_loss(model(tensor(batch[:, :1])), tensor(batch[:, 1:])),
    ...     folder=None,
    ...     epochs=30,
    ... )
    >>> trainer.run()[-1]["mean_loss"] < 1e-3
    True
    """

    def __init__(
        self,
        model,
        optimizer,
        loader,
        loss,
        folder,
        epochs,
        schedule=None,
        evaluate=None,
        evaluate_every=None,
        monitor=None,
        patience=None,
        clip_norm=None,
        save_every=None,
        hooks=(),
        label="",
        config=None,
    ):
        counts = {"epochs": epochs, "evaluate_every": evaluate_every, "patience": patience}
        for name, number in (counts | {"save_every": save_every}).items():
            if number is not None and number < 1:
                raise ValueError(sentence("Trainer", name, "at least 1", number))
        if len(loader) < 1:
            hint = "Are there fewer items than a batch has, and drop_last?"
            raise ValueError(sentence("Trainer", "loader", "one with batches", "one without any", hint))
        if patience is not None and monitor is None:
            expected = "the name of a number that evaluate returns, where there is patience"
            raise ValueError(sentence("Trainer", "monitor", expected, monitor))
        self.model, self.optimizer, self.loader, self.loss = model, optimizer, loader, loss
        self.folder, self.epochs, self.schedule = None if folder is None else Path(folder), epochs, schedule
        self.evaluate, self.evaluate_every = evaluate, evaluate_every
        self.monitor, self.patience = monitor, patience
        self.clip_norm, self.save_every = clip_norm, save_every
        self.hooks, self.label, self.config = hooks, label, config or {}
        self.step, self.history, self.interrupted = 0, [], False
        self._parts = {"model": model, "optimizer": optimizer, "loader": loader}
        if schedule is not None:
            self._parts["schedule"] = schedule

    def run(self, resume=False):
        """Train until the last epoch, or early stopping, or Ctrl-C.

        Parameters
        ----------
        resume : bool
            Go on from the folder's checkpoint, if there is one. Otherwise a folder that has one is refused.

        Returns
        -------
        list of dict
            The history.

        Raises
        ------
        FileExistsError
            There is a checkpoint, and ``resume`` is False.
        FloatingPointError
            The loss is no longer finite; the message names the first op and layer that made such a number. The last
            checkpoint is from before.
        OSError
            A checkpoint cannot be written. The one before it is intact.
        """
        if self.folder is None:
            return self._run(None)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / CHECKPOINT
        if path.exists() and not resume:
            raise FileExistsError(
                f"Trainer: {path} is from an earlier run. Go on with it by run(resume=True), or take another folder."
            )
        if path.exists():
            self._resume(path)
        else:
            self._save()  # now, rather than after an hour, it shows whether the folder can be written to
        with Interrupt() as interrupt:
            history = self._run(interrupt)
        self.interrupted = interrupt.came and self.loader.epoch < self.epochs
        if self.interrupted:
            message = f"stopped at step {self.step}; {path} is saved. Go on by run(resume=True), or --resume."
            print(message, file=sys.stderr)
        return history

    def _run(self, interrupt):
        """Train until an end or an interrupt."""
        while self.loader.epoch < self.epochs and not self._stale() and not (interrupt and interrupt.came):
            self._epoch(interrupt)
        return self.history

    def _epoch(self, interrupt):
        """Train on what is left of an epoch."""
        epoch = self.loader.epoch
        words = [self.label] if self.label else []
        if self.epochs > 1 or not words:
            words.append(f"epoch {epoch + 1}/{self.epochs}")
        with Progress(", ".join(words), len(self.loader), self.loader.position) as progress:
            for batch in self.loader:
                progress.step({"loss": self._train_on(batch, epoch)})
                if self.loader.epoch == epoch and self._pause(progress, epoch, interrupt):
                    return
            losses = [r["loss"] for r in self.history if r["epoch"] == epoch and "loss" in r]
            result = {"mean_loss": sum(losses) / max(1, len(losses))}
            last = self.loader.epoch == self.epochs
            if last or self.evaluate_every is None or self._due(self.evaluate_every):
                result |= self._measure()
            self._record(progress, epoch, result)
        self._save()

    def _pause(self, progress, epoch, interrupt):
        """Evaluate and save in the middle of an epoch, if it is time; return whether to stop."""
        if self._due(self.evaluate_every):
            self._record(progress, epoch, self._measure())
        stop = interrupt is not None and interrupt.came
        if stop or self._due(self.save_every):
            self._save()
        return stop

    def _due(self, every):
        return every is not None and self.step % every == 0

    def _measure(self):
        """What ``evaluate`` says of the model as it is."""
        if self.evaluate is None:
            return {}
        self.model.eval()
        return {name: float(value) for name, value in self.evaluate(self.model).items()}

    def _record(self, progress, epoch, result):
        """Keep what was measured, show it, and tell those who want to know."""
        self.history.append({"step": self.step, "epoch": epoch, **result})
        progress.result(self.step, result)
        watched = self.monitor or "mean_loss"
        if isinstance(self.schedule, ReduceLROnPlateau) and watched in result:
            self.schedule.step(result[watched])
        for hook in self.hooks:
            hook(self)

    def _train_on(self, batch, epoch):
        """Do one step, record it, and return its loss."""
        self.model.train()
        before = backend.get_rng_state()
        loss = self.loss(self.model, batch)
        value = loss.item()
        if not math.isfinite(value):
            backend.set_rng_state(before)
            cause = blame(self.model, lambda: self.loss(self.model, batch))
            raise FloatingPointError(f"Trainer: the loss is {value} at step {self.step + 1}. {cause}")
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        rate = self.optimizer.param_groups[0]["lr"]
        self.optimizer.step()
        if self.schedule is not None and not isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step()
        self.step += 1
        self.history.append({"step": self.step, "epoch": epoch, "loss": value, "lr": rate})
        return value

    def _stale(self):
        """Whether there was no new best for ``patience`` evaluations."""
        values = [record[self.monitor] for record in self.history if self.monitor in record]
        return (
            self.patience is not None
            and len(values) > 0
            and len(values) - 1 - values.index(max(values)) >= self.patience
        )

    def _save(self):
        if self.folder is None:
            return
        try:
            save_checkpoint(
                self.folder / CHECKPOINT,
                self._parts,
                step=self.step,
                history=self.history,
                config=self.config,
            )
            text = "".join(json.dumps(record) + "\n" for record in self.history)
            (self.folder / HISTORY).write_text(text, encoding="utf-8")
        except OSError as error:
            raise OSError(
                f"Trainer: the checkpoint of step {self.step} could not be written to {self.folder} "
                f"({error.strerror}). An earlier one there is intact."
            ) from error

    def _resume(self, path):
        def check(more):
            there, here = more["config"], self.config
            other = [key for key in {**there, **here} if there.get(key) != here.get(key)]
            if other:
                expected, got = (", ".join(f"{key} {c.get(key)}" for key in other) for c in (there, here))
                raise ValueError(
                    sentence("Trainer", "config", f"that of {path}, to go on with it: {expected}", got)
                )

        more = load_checkpoint(path, self._parts, check)
        self.step, self.history = more["step"], more["history"]
