"""Several trainings at once, each on its share of the cores.

A small network spends much of a step outside the loops that run on all cores. Two networks that take a core
each waste less of them than one after the other on both.
"""

from threading import Thread

from .. import kernels


def side_by_side(function, names):
    """Call ``function(name)`` for each name, in a thread of its own with its share of the kernels' threads.

    Parameters
    ----------
    function : callable
    names : iterable of str

    Returns
    -------
    dict
        name -> what the function returned, in the order of the names.

    Raises
    ------
    BaseException
        The first error that a thread met. The threads are daemons: Ctrl-C ends the program without waiting
        for them.

    Examples
    --------
    >>> side_by_side(len, ["FCN", "SegNet"])
    {'FCN': 3, 'SegNet': 6}
    """
    results, errors = dict.fromkeys(names), []

    def work(name):
        try:
            results[name] = function(name)
        except BaseException as error:  # raised again where the caller can see it
            errors.append(error)

    threads = [Thread(target=work, args=(name,), daemon=True) for name in results]
    before = kernels.get_num_threads()
    kernels.set_num_threads(max(1, before // max(1, len(threads))))
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        kernels.set_num_threads(before)
    if errors:
        raise errors[0]
    return results
