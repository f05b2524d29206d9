"""Ctrl-C that waits for a good moment."""

import signal
import sys
import threading


class Interrupt:
    """Notes a first Ctrl-C instead of stopping, in the main thread.

    Attributes
    ----------
    came : bool

    Examples
    --------
    >>> with Interrupt() as interrupt:
    ...     pass  # after each step: has interrupt.came become True?
    >>> interrupt.came
    False
    """

    def __init__(self):
        self.came = False

    def __enter__(self):
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number, frame):
        self.came = True
        signal.signal(signal.SIGINT, self._before)  # the second one is as always
        print("Ctrl-C: finishing the step, then saving; once more stops at once.", file=sys.stderr)

    def __exit__(self, *exception):
        if self._main:
            signal.signal(signal.SIGINT, self._before)
