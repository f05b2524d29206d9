"""Some of the items of a data set."""


class Subset:
    """A data set that has some of the items of another one, in an order of its own.

    Parameters
    ----------
    dataset : sequence
        Its ``classes``, if it has them, are the subset's, too.
    indices : sequence of int

    Examples
    --------
    >>> list(Subset("abcde", [4, 0]))
    ['e', 'a']
    """

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices
        if hasattr(dataset, "classes"):
            self.classes = dataset.classes

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, i):
        return self.dataset[self.indices[i]]
