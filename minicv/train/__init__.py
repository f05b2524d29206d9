"""Training: the loop, checkpoints, and who is to blame for a loss that is not finite."""

from .checkpoint import load_checkpoint, save_checkpoint
from .trainer import Trainer
