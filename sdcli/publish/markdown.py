"""Markdown of articles as HTML that can do nothing: no tags of its own, no picture, safe links.

Texts are parsed as everywhere, by `sdcli.knowledge.markdown`. A mention of another article becomes a link if
that one is published, and stays plain text if it is not: nothing tells which articles there are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

from sdcli.knowledge.markdown import new_parser
from sdcli.publish import clean
from sdcli.publish.links import article_in, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MENTION = re.compile(r"\b[A-Z]{1,8}-[0-9]{1,8}\b")
_HEADINGS = ("heading_open", "heading_close")
_TABLE = '<div class="scroll" tabindex="0" role="group" aria-label="Table">\n<table>\n'
_TABLE_END = "</table>\n</div>\n"
"""A wide table scrolls in its place, by keyboard too, and the page does not."""
_TEXTS = ("text", "code_inline", "code_block", "fence")


class Pages:
    """Texts of one site.

    Args:
        hrefs: the addresses of the articles that are published, by id.
    """

    def __init__(self, hrefs: Mapping[str, str]) -> None:
        self._hrefs = hrefs
        # Every link is looked at here, with its text: the library would leave its source standing.
        self._parser = new_parser()
        self._parser.add_render_rule("table_open", lambda *_: _TABLE)
        self._parser.add_render_rule("table_close", lambda *_: _TABLE_END)
        self._parser.validateLink = _always  # type: ignore[method-assign, assignment]

    def html(self, source: str, own: str) -> str:
        """A text as HTML; a single paragraph comes without `<p>`.

        Args:
            source: Markdown.
            own: the id of the article it is of, which is not linked to itself.
        """
        tokens = self._tokens(source)
        if [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]:
            tokens[0].hidden = tokens[2].hidden = True
        for token in tokens:
            if token.type in _HEADINGS:  # the page has its own
                token.tag = "p"
            if token.type == "heading_open":
                token.attrSet("class", "heading")
            if token.children:
                token.children = list(self._safe(token.children, own))
        rendered: str = self._parser.renderer.render(tokens, self._parser.options, {})
        return rendered.strip()

    def plain(self, source: str) -> str:
        """A text without its marks, on one line."""
        return " ".join(" ".join(_words(self._tokens(source))).split())

    def _tokens(self, source: str) -> list[Token]:
        return self._parser.parse(clean.text(source))

    def _safe(self, tokens: Sequence[Token], own: str) -> Iterator[Token]:
        """The tokens with no picture, no link that leads astray, and links to other articles."""
        open_links: list[bool] = []
        for token in tokens:
            if token.type == "link_open":
                kept = self._kept(token)
                open_links.append(kept is not None)
                if kept is not None:
                    yield kept
            elif token.type == "link_close":
                if open_links.pop():
                    yield token
            elif token.type == "image":
                yield from self._named(token, inside=any(open_links))
            elif token.type == "text" and not open_links:
                yield from self._linked(token.content, own)
            else:
                yield token

    def _kept(self, token: Token) -> Token | None:
        """A link that may stay, with its final address."""
        href = str(token.attrGet("href") or "")
        found = target(href)
        if found is None:
            return None
        if not found.outside and (id_ := article_in(href)):
            return _link(self._hrefs[id_]) if id_ in self._hrefs else None
        return _link(found.href, outside=found.outside)

    def _named(self, image: Token, *, inside: bool) -> Iterator[Token]:
        """A picture as the link to it: a page loads nothing from elsewhere."""
        source = str(image.attrGet("src") or "")
        said = " ".join(_words(image.children or ())) or "picture"
        found = target(source)
        if inside or found is None or not found.outside:
            yield _text(said)
            return
        yield from (_link(found.href, outside=True), _text(said), _close())

    def _linked(self, text: str, own: str) -> Iterator[Token]:
        """A text in which the ids of published articles are links."""
        done = 0
        for match in _MENTION.finditer(text):
            if match[0] == own or match[0] not in self._hrefs:
                continue
            yield _text(text[done : match.start()])
            yield from (_link(self._hrefs[match[0]]), _text(match[0]), _close())
            done = match.end()
        yield _text(text[done:])


def _always(_: str) -> bool:
    return True


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield "".join(_run(token.children))
        elif token.type in _TEXTS:
            yield token.content


def _run(tokens: Sequence[Token]) -> Iterator[str]:
    """The parts of one run of text, which stand together."""
    for token in tokens:
        if token.type == "image":
            yield "".join(_run(token.children or ()))
        elif token.type in _TEXTS:
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(href: str, *, outside: bool = False) -> Token:
    attrs: dict[str, str | int | float] = {"href": href}
    if outside:
        attrs["rel"] = "noopener noreferrer"
    return Token("link_open", "a", 1, attrs=attrs)


def _close() -> Token:
    return Token("link_close", "a", -1)
