"""Writing pictures: the same bytes from run to run, with their title and description inside the file.

By default matplotlib stamps SVG and PDF with the date and draws random identifiers; a fixed salt (one for
each figure: two SVGs in one page must not share identifiers) and empty dates make them reproducible.
"""

from io import BytesIO, StringIO
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages

RC = {"svg.fonttype": "path", "pdf.fonttype": 42, "font.family": "DejaVu Sans"}


def svg_text(figure, salt, title, description):
    """The figure as SVG, with `<title>`, `<desc>` and role="img", which screen readers and browsers use.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> svg = svg_text(Figure(), "an.id", "A title", "What it shows")
    >>> "<title>A title</title>" in svg, "<desc>What it shows</desc>" in svg
    (True, True)
    """
    out = StringIO()
    with mpl.rc_context(RC | {"svg.hashsalt": salt}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Title": title, "Creator": "minicv"})
    head = f"<title>{escape(title)}</title>"
    svg = out.getvalue().replace(head, f"{head}\n <desc>{escape(description)}</desc>", 1)
    return svg.replace("<svg ", '<svg role="img" ', 1)


def png_bytes(figure, title, description, dpi=144):
    """The figure as PNG: 144 dpi makes a slide 1920 x 1080 pixels.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> png_bytes(Figure(), "A title", "What it shows")[1:4]
    b'PNG'
    """
    out = BytesIO()
    with mpl.rc_context(RC):
        about = {"Software": None, "Title": title, "Description": description}
        figure.savefig(out, format="png", dpi=dpi, metadata=about)
    return out.getvalue()


def pdf_bytes(figures, title, description):
    """The figures as one PDF, a page for each: the build steps of a slide.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> pdf_bytes([Figure(), Figure()], "A title", "What it shows")[:4]
    b'%PDF'
    """
    out = BytesIO()
    about = {
        "CreationDate": None,
        "Creator": "minicv",
        "Producer": None,
        "Title": title,
        "Subject": description,
    }
    with mpl.rc_context(RC), PdfPages(out, metadata=about) as pdf:
        for figure in figures:
            pdf.savefig(figure)
    return out.getvalue()


def gif_bytes(figures, seconds=1.2, hold=2.0, dpi=72):
    """The figures as a GIF that starts again for ever, each shown for `seconds` and the last one for `hold`.

    One palette of 32 colours serves all frames; a palette for each would let the colours flicker.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> gif_bytes([Figure(), Figure(facecolor="black")])[:6]
    b'GIF89a'
    """
    from PIL import Image

    frames = [Image.open(BytesIO(png_bytes(figure, "", "", dpi))).convert("RGB") for figure in figures]
    strip = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for i, frame in enumerate(frames):
        strip.paste(frame, (0, i * frame.height))
    palette = strip.quantize(32)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [round(1000 * seconds)] * (len(frames) - 1) + [round(1000 * hold)]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return out.getvalue()
