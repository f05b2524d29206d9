"""Training: the loop, and checkpoints."""

from .checkpoint import load_checkpoint, save_checkpoint
from .loop import fit
