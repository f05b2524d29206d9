"""The contact sheet: a page that any browser reads, whatever the words in it."""

import doctest
import sys
from html.parser import HTMLParser

import pytest

from minicv.demos.page import HtmlPage

VOID = {"meta", "img"}
WORDS = 'a < b & "c" > <script>'


class Reader(HTMLParser):
    """Collects tags and text, and sees that every tag is closed where it was opened."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts = [], [], {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)


@pytest.fixture
def page():
    page = HtmlPage(WORDS)
    page.text(WORDS)
    page.heading(WORDS)
    page.table(["net", WORDS], [["FCN", WORDS], ["SegNet", "0.9"]])
    page.pictures([("a.png", WORDS, WORDS)], wide=True)
    page.pictures([("b.svg", "b", "B"), ("c.svg", "c", "C")])
    return page


def test_words_come_out_as_they_went_in(page):
    texts = Reader(page.html()).texts
    for tag in ("title", "h1", "p", "h2"):
        assert texts[tag] == [WORDS], tag
    assert texts["th"] == ["net", WORDS] and texts["td"] == ["FCN", WORDS, "SegNet", "0.9"]
    assert texts["figcaption"] == [WORDS, "b", "c"]


def test_pictures_have_their_words_and_can_be_opened_alone(page):
    tags = Reader(page.html()).tags
    assert [a for tag, a in tags if tag == "img"] == [
        {"src": "a.png", "alt": WORDS},
        {"src": "b.svg", "alt": "B"},
        {"src": "c.svg", "alt": "C"},
    ]
    assert [a["href"] for tag, a in tags if tag == "a"] == ["a.png", "b.svg", "c.svg"]
    assert [a for tag, a in tags if tag == "figure"] == [{"class": "wide"}, {}, {}]


def test_the_page_says_its_language_and_letters(page):
    tags = Reader(page.html()).tags
    assert ("html", {"lang": "en"}) in tags and ("meta", {"charset": "utf-8"}) in tags
    assert page.html().startswith("<!doctype html>\n")


def test_the_page_is_saved_as_utf_8(tmp_path):
    page = HtmlPage("3 × 3")
    assert page.save(tmp_path) == tmp_path / "index.html"
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page.html()


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.demos.page"])
    assert result.attempted > 0 and result.failed == 0
