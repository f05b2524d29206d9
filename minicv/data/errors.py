"""What is raised about the files of a data set."""


class DataError(ValueError):
    """A file of a data set is damaged, hostile, or does not fit the others. The message names the file."""
