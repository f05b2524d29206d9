"""What is raised about a file of weights."""


class WeightsError(ValueError):
    """A file of weights is damaged, hostile, or of a kind that is not read; nothing was loaded."""
