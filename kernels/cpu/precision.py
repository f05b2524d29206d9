"""How exact the convolutions of this leaf have to be: which of Winograd's tiles they may use."""

# Outputs on a side of a tile of :mod:`.winograd`; 1 is no tile at all, but the sum as it is defined.
_TILES = {"highest": 1, "high": 2, "medium": 4}

_precision = "high"


def get_conv_precision():
    """Return how exact the convolutions of the cpu leaf are: see :func:`set_conv_precision`."""
    return _precision


def set_conv_precision(precision):
    """Set how exact the convolutions of the cpu leaf are: "highest", "high" or "medium"."""
    global _precision
    if precision not in _TILES:
        raise ValueError(
            f"set_conv_precision: precision must be 'highest', 'high' or 'medium'; got {precision!r}."
        )
    _precision = precision


def largest_tile():
    """Return the largest side of a tile that the precision allows."""
    return _TILES[_precision]
