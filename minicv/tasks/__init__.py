"""What `minicv train`, `evaluate` and `predict` share: models by name, tasks, settings, and runs.

A task knows how a model of its kind learns from samples, how it is measured, and how an answer is drawn and written. A
recipe is a model, its task, and the settings with which it trains well.
"""

from .config import Config, read_config
from .recipes import MODELS, Recipe
from .run import Best, load_model, open_data, save_model, trainer_for
