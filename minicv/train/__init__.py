"""Training: a loop for lectures, one for runs that matter, and checkpoints."""

from .checkpoint import load_checkpoint, save_checkpoint
from .loop import fit
from .trainer import Trainer
