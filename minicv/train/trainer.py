"""Trainer: the training loop for runs that matter: they are recorded, saved, and go on after whatever stops them."""

import json
import math
import signal
import sys
import threading
from pathlib import Path

from .. import backend
from ..errors import sentence
from ..nn.utils import clip_grad_norm_
from .blame import blame
from .checkpoint import load_checkpoint, save_checkpoint

CHECKPOINT, HISTORY = "checkpoint.safetensors", "history.jsonl"


class Trainer:
    """Train a model for some epochs, in a folder.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
    loader : DataLoader
        Or anything that is iterated over once an epoch, has a length, ``epoch`` and ``position``, and a state.
    loss : callable
        ``loss(model, batch)``, a scalar Tensor.
    folder : str or Path
        For the checkpoint and the history; made if need be.
    epochs : int
        How often all data is seen.
    schedule : optional
        A learning-rate schedule, moved on after every step.
    evaluate : callable, optional
        ``evaluate(model)`` returns numbers by name, after every epoch; the model is in evaluation mode meanwhile.
    monitor : str, optional
        One of these numbers, larger being better: with ``patience``, what early stopping watches.
    patience : int, optional
        Stop after so many epochs without a new best.
    clip_norm : float, optional
        Largest norm of the gradients: see :func:`minicv.nn.utils.clip_grad_norm_`.
    save_every : int, optional
        Steps between two checkpoints; by default there is one after every epoch.
    config : dict, optional
        Kept in the checkpoint; a run with another one is not resumed.

    Attributes
    ----------
    step : int
        Steps so far.
    history : list of dict
        Of every step "step", "epoch", "loss" and "lr"; of every epoch "step", "epoch", "mean_loss" and
        what ``evaluate`` returned.
        The same, line by line as JSON, is in ``history.jsonl``.

    Notes
    -----
    Ctrl-C ends the step, saves, and says how to go on; a second Ctrl-C stops at once. A run that is resumed, after
    Ctrl-C or a crash, ends with the same bits as one that was never stopped.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from minicv import functional as F, nn, optim, tensor
    >>> from minicv.data import DataLoader
    >>> model, points = nn.Linear(1, 1), [np.float32([x, 3 * x]) for x in (-1, 0, 1)]
    >>> trainer = Trainer(
    ...     model,
    ...     optim.SGD(model.parameters(), lr=0.3),
    ...     DataLoader(points, batch_size=3, collate_fn=np.stack),
    ...     lambda model, batch: F.mse_loss(model(tensor(batch[:, :1])), tensor(batch[:, 1:])),
    ...     folder=tempfile.mkdtemp(),
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
        monitor=None,
        patience=None,
        clip_norm=None,
        save_every=None,
        config=None,
    ):
        if (
            epochs < 1
            or (save_every is not None and save_every < 1)
            or (patience is not None and patience < 1)
        ):
            got = f"{epochs}, {save_every} and {patience}"
            raise ValueError(sentence("Trainer", "epochs, save_every and patience", "at least 1", got))
        if (monitor is None) != (patience is None):
            expected = "given together: what to watch, and for how long"
            raise ValueError(
                sentence("Trainer", "monitor and patience", expected, f"{monitor!r} and {patience}")
            )
        self.model, self.optimizer, self.loader, self.loss = model, optimizer, loader, loss
        self.schedule, self.evaluate, self.monitor, self.patience = schedule, evaluate, monitor, patience
        self.epochs, self.clip_norm, self.save_every, self.config = (
            epochs,
            clip_norm,
            save_every,
            config or {},
        )
        self.folder = Path(folder)
        self.step, self.history = 0, []
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
        with _Interrupt() as interrupt:
            while self.loader.epoch < self.epochs and not self._stale():
                self._epoch(interrupt)
                if interrupt.came:
                    print(
                        f"stopped at step {self.step}; {path} is saved. Go on by run(resume=True), or --resume.",
                        file=sys.stderr,
                    )
                    break
        return self.history

    def _epoch(self, interrupt):
        """Train on what is left of an epoch."""
        from tqdm import tqdm

        epoch = self.loader.epoch
        options = {"initial": self.loader.position, "total": len(self.loader), "disable": None}
        with tqdm(desc=f"epoch {epoch + 1}/{self.epochs}", unit="step", dynamic_ncols=True, **options) as bar:
            for batch in self.loader:
                record = self._train_on(batch, epoch)
                bar.set_postfix_str(f"loss {record['loss']:.4f}", refresh=False)
                bar.update()
                if self.loader.epoch == epoch and (
                    interrupt.came or (self.save_every and self.step % self.save_every == 0)
                ):
                    self._save()
                    if interrupt.came:
                        return
        result = {}
        if self.evaluate is not None:
            self.model.eval()
            result = self.evaluate(self.model)
        losses = [record["loss"] for record in self.history if record["epoch"] == epoch and "loss" in record]
        result = {"mean_loss": sum(losses) / max(1, len(losses)), **result}
        self.history.append({"step": self.step, "epoch": epoch, **result})
        self._save()
        if bar.disable:
            shown = ", ".join(f"{name} {value:.4f}" for name, value in result.items())
            print(f"epoch {epoch + 1}/{self.epochs}: {shown}", file=sys.stderr)

    def _train_on(self, batch, epoch):
        """Do one step, and record it."""
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
        if self.schedule is not None:
            self.schedule.step()
        self.step += 1
        self.history.append({"step": self.step, "epoch": epoch, "loss": value, "lr": rate})
        return self.history[-1]

    def _stale(self):
        """Whether there was no new best for ``patience`` epochs."""
        values = [record[self.monitor] for record in self.history if self.monitor in record]
        return (
            self.patience is not None
            and len(values) > 0
            and len(values) - 1 - values.index(max(values)) >= self.patience
        )

    def _save(self):
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
            if more["config"] != self.config:
                expected = f"that of {path}, {more['config']}, to go on with it"
                raise ValueError(sentence("Trainer", "config", expected, self.config))

        more = load_checkpoint(path, self._parts, check)
        self.step, self.history = more["step"], more["history"]


class _Interrupt:
    """Notes a first Ctrl-C instead of stopping, in the main thread."""

    def __init__(self):
        self.came = False

    def __enter__(self):
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number, frame):
        self.came = True
        signal.signal(signal.SIGINT, self._before)  # the second one is as always
        print("Ctrl-C: finishing the step, then saving; once more stops at once.", file=sys.stderr)

    def __exit__(self, *exception):
        if self._main:
            signal.signal(signal.SIGINT, self._before)
