"""HTML pages as Markdown, for articles that are imported."""

from __future__ import annotations

from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from markdownify import MarkdownConverter

_DROPPED = ("script", "style", "noscript", "template", "head", "object", "embed", "iframe")


class Page(NamedTuple):
    """A page as Markdown; the title is that of its head."""

    title: str
    text: str


def page(text: str) -> Page:
    """A page as Markdown. Scripts, styles and what a browser would load are left out.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        soup = BeautifulSoup(text, "html.parser")
        title = soup.title.get_text(" ", strip=True) if soup.title else ""
        for each in soup(list(_DROPPED)):
            each.decompose()
        converter = MarkdownConverter(heading_style="atx", bullets="-", escape_underscores=False)
        return Page(title, str(converter.convert_soup(soup)))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def encoding_of(raw: bytes) -> str:
    """The encoding that a page says it has; nothing if it says none."""
    return EncodingDetector.find_declared_encoding(raw, is_html=True) or ""
