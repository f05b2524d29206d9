"""A filmstrip: the steps of one figure side by side, for paper and for pages that cannot move."""

from .style import SMALL_TEXT


def filmstrip(page, captions, top, bottom, margin=0.5, gap=0.45, columns=None):
    """Lay out one numbered place for each caption, from left to right, with arrows from step to step.

    Parameters
    ----------
    page : Page
    captions : sequence of str
        One short sentence for each step; it stands under its place.
    top, bottom : float
        The strip's edges, in inches; the numbers and the captions are inside.
    margin, gap : float
        Left and right of the strip, and between the places, in inches.
    columns : int, optional
        Places in a row; all of them by default.

    Returns
    -------
    list of (x, y, width, height)
        The places to draw in, in inches.

    Examples
    --------
    >>> from minicv.viz import Page
    >>> places = filmstrip(Page(), ["first", "second"], top=1, bottom=6)
    >>> len(places), places[0][:2]
    (2, (0.5, 1.4))
    """
    columns = columns or len(captions)
    rows = -(-len(captions) // columns)
    width = (page.width - 2 * margin - gap * (columns - 1)) / columns
    height = (bottom - top) / rows
    line = 0.4  # room for a line of text, above and below each place
    places = []
    for i, caption in enumerate(captions):
        row, col = divmod(i, columns)
        x, y = margin + col * (width + gap), top + row * height
        places.append((x, y + line, width, height - 2 * line))
        style = {"size": SMALL_TEXT, "colour": page.theme.muted}
        page.write(x + width / 2, y + line / 2, f"step {i + 1}", **style)
        page.write(x + width / 2, y + height - line / 2, caption, **style)
        if col:
            middle = y + height / 2
            page.arrow((x - gap * 0.9, middle), (x - gap * 0.1, middle))
    return places


def centred(place, width, height):
    """Upper left corner of a thing of that size in the middle of a place.

    Examples
    --------
    >>> centred((1, 1, 4, 2), 2, 1)
    (2.0, 1.5)
    """
    x, y, room_x, room_y = place
    return x + (room_x - width) / 2, y + (room_y - height) / 2
