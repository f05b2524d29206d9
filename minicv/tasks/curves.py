"""Learning curves of a run, drawn while it goes on."""

import sys
import time

from ..io import replacing

SHARE = 0.05  # of the time, at most, is spent on drawing


class Curves:
    """Draws the history of a :class:`~minicv.train.Trainer` into a file now and then, and in a notebook below the cell.

    Parameters
    ----------
    path : str or Path
        A PNG, which is replaced whole: whoever looks at it never sees half a picture.
    monitor : str
        The measured number to draw beside the loss.
    """

    def __init__(self, path, monitor):
        self.path, self.monitor = path, monitor
        self._last, self._cost, self._shown = time.monotonic(), 0.0, None

    def __call__(self, trainer):
        """Draw, unless that would take too much of the time."""
        if (time.monotonic() - self._last) * SHARE > self._cost:
            self.draw(trainer.history)

    def draw(self, history):
        """Draw now."""
        from ..viz.save import png_bytes

        start = time.monotonic()
        page, words = curves_page(history, self.monitor)
        png = png_bytes(page, "Learning curves", words, dpi=72)
        with replacing(self.path) as file:
            file.write(png)
        if "ipykernel" in sys.modules:
            self._show(png)
        self._last = time.monotonic()
        self._cost = self._last - start

    def _show(self, png):
        """Put the picture below the notebook's cell, in the place of the one before."""
        from IPython.display import Image, display

        if self._shown is None:
            self._shown = display(Image(png), display_id=True)
        else:
            self._shown.update(Image(png))


def curves_page(history, monitor):
    """The loss of every step and, where it was measured, one number over the same steps.

    Parameters
    ----------
    history : list of dict
        As a :class:`~minicv.train.Trainer` keeps it.
    monitor : str

    Returns
    -------
    page : Page
    words : str
        What there is to see, for those who cannot.
    """
    from ..viz import Page, learning_curves

    losses = [record["loss"] for record in history if "loss" in record]
    measured = [record for record in history if monitor in record]
    page, name = Page("slide"), monitor.replace("_", " ")
    above = page.panel(1.4, 0.4, 9.6, 2.6 if measured else 6.0)
    learning_curves(above, {"loss": losses}, "loss", xlabel="" if measured else "step")
    words = f"The loss after {len(losses)} steps is {losses[-1]:.4f}."
    if measured:
        below, steps = page.panel(1.4, 3.8, 9.6, 2.6), [record["step"] for record in measured]
        values = [record[monitor] for record in measured]
        learning_curves(below, {name: values}, name, steps=steps, window=1)
        for ax in (above, below):
            ax.set_xlim(0, max(1, len(losses)))  # a step lies at the same place in both
        words += f" {name}: {values[-1]:.4f}, at best {max(values):.4f}."
    return page, words
