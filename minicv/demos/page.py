"""A contact sheet: one HTML page of pictures and numbers, which needs nothing but a browser."""

from html import escape
from pathlib import Path

STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1180px; padding: 0 1rem; color:
#222; background: #fafafa; } h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } table {
border-collapse: collapse; } th, td { padding: .3rem .9rem; border-bottom: 1px solid #ccc; text-align: right;
} th:first-child, td:first-child { text-align: left; } .sheet { display: grid; grid-template-columns:
repeat(auto-fit, minmax(480px, 1fr)); gap: 1.2rem; } figure { margin: 0; background: #fff; border: 1px solid
#ddd; border-radius: 6px; padding: .8rem; } figure.wide { grid-column: 1 / -1; } img { width: 100%; height:
auto; } figcaption { font-size: .92rem; color: #444; }
"""


class HtmlPage:
    """An HTML page that grows from top to bottom.

    Parameters
    ----------
    title : str

    Examples
    --------
    >>> page = HtmlPage("Results")
    >>> page.table(["net", "mean IoU"], [["FCN", "0.9"]])
    >>> "<td>FCN</td>" in page.html()
    True
    """

    def __init__(self, title):
        self.title, self.body = title, []

    def text(self, words):
        """A paragraph."""
        self.body.append(f"<p>{escape(words)}</p>")

    def heading(self, words):
        """A heading of the second level."""
        self.body.append(f"<h2>{escape(words)}</h2>")

    def table(self, header, rows):
        """A table of strings."""
        head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        self.body.append(f"<table><tr>{head}</tr>{body}</table>")

    def pictures(self, pictures, wide=False):
        """Pictures beside each other: (file name beside the page, title, alt text)."""
        kind = ' class="wide"' if wide else ""
        figures = "".join(
            f'<figure{kind}><a href="{escape(name)}"><img src="{escape(name)}" alt="{escape(alt)}"></a>'
            f"<figcaption>{escape(title)}</figcaption></figure>"
            for name, title, alt in pictures
        )
        self.body.append(f'<div class="sheet">{figures}</div>')

    def html(self):
        """The page as text."""
        title, body = escape(self.title), "\n".join(self.body)
        head = (
            f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        )
        return (
            f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n'
            f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
        )

    def save(self, folder):
        """Write ``index.html`` into ``folder`` and return its path."""
        path = Path(folder) / "index.html"
        path.write_text(self.html(), encoding="utf-8")
        return path
