"""The text of an HTML mail: what a person would read of it, and what of that it quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sdcli.intake.lines import whole
from sdcli.intake.replies import introduces_quote

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_HTML = 2_000_000
_MOST_QUOTES = 200
_QUOTES = "blockquote"
_WRAPPED = ".gmail_quote, .yahoo_quoted, .protonmail_quote"
"""What holds a quote with its introduction, and all of the history where it holds none."""
_INTRODUCTIONS = ".gmail_attr, .moz-cite-prefix"
_BELOW = "#divRplyFwdMsg, #x_divRplyFwdMsg"
"""What Outlook puts above the mail that is answered."""
_OUTLOOK = re.compile(r"border:\s*none;\s*border-top:\s*solid #[0-9a-f]{3,6} 1\.0pt", re.IGNORECASE)
_LINE = "_" * 32
"""How Outlook writes the same in plain text."""


def from_html(html: str, *, answers: bool = False) -> str:
    """What a person would read of an HTML text.

    `answers`: it is of a mail that answers another; what it quotes is marked as in plain text.
    """
    from resiliparse.extract.html2text import (  # noqa: PLC0415 - only HTML pays for it
        extract_plain_text,
    )
    from resiliparse.parse.html import HTMLTree  # noqa: PLC0415 - as above

    text = whole(html[:_LONGEST_HTML])
    if not answers:
        return _clean(extract_plain_text(text, list_bullets=True))
    tree = HTMLTree.parse(text)
    if tree.body is None:
        return _clean(extract_plain_text(text, list_bullets=True))
    for header in _headers(tree.body):
        header.parent.insert_before(_block(tree, _LINE), header)
    for quote in _quotes(tree.body):
        said = _clean(extract_plain_text(quote.html, list_bullets=True))
        marked = "\n".join(f"> {line}".rstrip() for line in said.split("\n"))
        quote.parent.replace_child(_block(tree, marked), quote)
    return _clean(extract_plain_text(tree, list_bullets=True))


def _clean(text: str) -> str:
    return text.replace("\xa0", " ").strip()


def _block(tree: Any, text: str) -> Any:
    """Lines that stay as they are."""
    block = tree.create_element("pre")
    block.text = text
    return block


def _headers(body: Any) -> list[Any]:
    """What stands above a mail that is answered: the first one, for all below it is quoted."""
    named = body.query_selector(_BELOW)
    if named is not None:
        return [named]
    styled = body.query_selector_all("div[style]")
    found = (each for each in styled if _OUTLOOK.search(str(each.getattr("style", ""))))
    return [each for each in [next(found, None)] if each is not None]


def _quotes(body: Any) -> Iterator[Any]:
    """What is quoted, the outermost each; what was given out has left the tree by then."""
    for each in _found(body, _INTRODUCTIONS):
        if not introduces_quote(_clean(each.text)):
            yield each
    for each in _found(body, _WRAPPED):
        if each.tag != _QUOTES and each.query_selector(_QUOTES) is None:
            yield each
    yield from _found(body, _QUOTES)


def _found(body: Any, selector: str) -> Iterator[Any]:
    """What there is, the outermost first, each once: its class is gone then."""
    for _ in range(_MOST_QUOTES):
        each = body.query_selector(selector)
        if each is None:
            return
        each.setattr("class", "")
        yield each
