"""HTML pages as Markdown, for articles that are imported."""

from __future__ import annotations

from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from markdownify import MarkdownConverter

_DROPPED = ("script", "style", "noscript", "template", "head", "title", "object", "embed", "iframe")


_LISTS = ("ul", "ol", "menu", "dl", "table")
_CELLS = ("td", "th")
_ROWS = ("tr", *_CELLS)
_GROUPS = ("thead", "tbody", "tfoot", "caption", "colgroup")
_BLOCKS = (
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
)
_CLOSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "li": (("li",), _LISTS),
    **dict.fromkeys(("dt", "dd"), (("dt", "dd"), _LISTS)),
    **dict.fromkeys(_CELLS, (_CELLS, ("table", "tr"))),
    "tr": (_ROWS, ("table",)),
    **dict.fromkeys(_GROUPS, ((*_ROWS, *_GROUPS), ("table",))),
    **dict.fromkeys(_BLOCKS, (("p", "head"), ("li", "dd", *_CELLS, "div", "blockquote", "table"))),
}
"""Which open elements a tag ends, and those that it does not look out of: pages leave out ends."""


class Page(NamedTuple):
    """A page as Markdown; the title is that of its head."""

    title: str
    text: str


class _Soup(BeautifulSoup):
    """A page in which elements that have no end of their own end where browsers end them."""

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Open an element, and end those before it that cannot hold it."""
        ended, within = _CLOSES.get(name, ((), ()))
        last = ""
        for each in reversed(self.tagStack if ended else []):
            if each.name in within:
                break
            last = each.name if each.name in ended else last
            if last and name not in ("tr", *_GROUPS):
                break
        if last:
            self.handle_endtag(last)
        return super().handle_starttag(name, *args, **kwargs)


def page(text: str) -> Page:
    """A page as Markdown. Scripts, styles and what a browser would load are left out.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        soup = _Soup(text, "html.parser")
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
