"""Training: the loop."""

from .loop import fit
