"""The handle of a forward hook."""


class HookHandle:
    """What ``Module.register_forward_hook`` returns: the way to take the hook away again."""

    def __init__(self, hooks):
        self._hooks = hooks

    def remove(self):
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self, None)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()
