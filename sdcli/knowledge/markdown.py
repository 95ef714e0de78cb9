r"""Markdown as articles hold it: the one parser, and what can be asked of a text.

It is CommonMark with tables and strikethrough. Raw HTML is text and no HTML, whoever shows it. A
path such as `\\fs01\scans` or `C:\Program Files\(old)` keeps its backslashes, although Markdown
would take some away: articles are full of such paths. A backslash goes only where it keeps a mark
from being one, as in `\*`, and there not if it stands in a path, as in `%TEMP%\*`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token


class Link(NamedTuple):
    """Where a link or an image leads; an empty `target` is one that cannot be understood."""

    target: str
    is_image: bool = False


class Heading(NamedTuple):
    """A heading that stands in no list or quotation; lines are counted from 0, `end` is behind."""

    level: int
    text: str
    line: int
    end: int


@lru_cache(1)
def parser() -> MarkdownIt:
    """The parser of articles."""
    return new_parser()


def new_parser() -> MarkdownIt:
    """A parser of articles of one's own, to be changed."""
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.inline.ruler.at("escape", _escape)
    return made


_MARKS = "`*_[]"
_LINE_MARKS = "#>+-="
_PATH = re.compile(
    r"""(?:^|[\s"'(`])(?:[A-Za-z]:|%\w+%|\$\w+|\\\\[^\s\\]+|\.{1,2}|~)(?:\\[^\s\\]*)*\Z"""
)
"""A path of Windows up to one of its backslashes."""
_LONGEST_PATH = 260


def _escape(state: StateInline, silent: bool) -> bool:
    """Two backslashes are two, one before a mark goes, and any other stays."""
    if state.src[state.pos] != "\\":
        return False
    following = state.src[state.pos + 1 : state.pos + 2]
    if following == "\\":
        return _kept(state, "\\\\", silent)
    if following == "\n":
        return escape(state, silent)
    before = state.src[max(state.pos - _LONGEST_PATH, 0) : state.pos]
    if following and following in _MARKS:
        return (
            _kept(state, f"\\{following}", silent)
            if _PATH.search(before)
            else escape(state, silent)
        )
    is_first = not before.rpartition("\n")[2].strip()
    if is_first and following and following in _LINE_MARKS:
        return escape(state, silent)
    return _kept(state, "\\", silent)


def _kept(state: StateInline, text: str, silent: bool) -> bool:
    if not silent:
        state.pending += text
    state.pos += len(text)
    return True


def links(text: str) -> list[Link]:
    """The links and images of a text, in their order."""
    if "](" not in text and "]:" not in text and "<" not in text:
        return []
    return [link for token in _flat(parser().parse(text)) for link in _link(token)]


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _link(token: Token) -> Iterator[Link]:
    if token.type == "link_open":
        yield Link(str(token.attrGet("href") or ""))
    elif token.type == "image":
        yield Link(str(token.attrGet("src") or ""), is_image=True)
    elif token.type == "text" and re.search(r"\]\((?:\s|$|[a-z]+:)", token.content, re.IGNORECASE):
        yield Link("")


def is_closed(text: str) -> bool:
    """Whether every block of code that begins with a fence ends with one."""
    if "```" not in text and "~~~" not in text:
        return True
    lines = text.splitlines()
    fences = (each for each in _flat(parser().parse(text)) if each.type == "fence" and each.map)
    return all(_ends(lines, each) for each in fences)


def _ends(lines: list[str], fence: Token) -> bool:
    start, end = fence.map or (0, 0)
    mark, least = fence.markup[0], len(fence.markup)
    last = lines[end - 1] if end - 1 < len(lines) else ""
    return end - 1 > start and bool(re.fullmatch(rf"[\s>]*{re.escape(mark)}{{{least},}}\s*", last))


def headings(text: str) -> list[Heading]:
    """The headings of a text; a `#` in a block of code is none."""
    tokens = parser().parse(text)
    return [
        Heading(int(token.tag[1:]), plain(tokens[index + 1]), token.map[0], token.map[1])
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.map and not token.level
    ]


def plain(token: Token) -> str:
    """The words of an inline token, without marks and without the targets of links."""
    parts = (
        " " if each.type in ("softbreak", "hardbreak") else each.content
        for each in token.children or ()
        if each.type in ("text", "code_inline", "image", "softbreak", "hardbreak")
    )
    return " ".join("".join(parts).split())


def items(text: str, *, ordered: bool) -> list[tuple[str, bool]]:
    """A text cut where lists stand in it: each part, and whether it is an item of such a list.

    Only lists of the wished kind, on the outermost level, are cut. Nothing is lost but the marks
    of the items.
    """
    lines = text.splitlines()
    kind = "ordered_list_open" if ordered else "bullet_list_open"
    found: list[tuple[str, bool]] = []
    done = 0
    for token in _list_items(parser().parse(text), kind):
        start, end = token.map or (0, 0)
        found += [("\n".join(lines[done:start]), False), (_unmarked(lines[start:end]), True)]
        done = end
    found.append(("\n".join(lines[done:]), False))
    return [(part.strip("\n"), is_item) for part, is_item in found if part.strip()]


def _list_items(tokens: list[Token], kind: str) -> Iterator[Token]:
    inside = False
    for token in tokens:
        if token.level == 0 and token.type.endswith("_list_open"):
            inside = token.type == kind
        elif inside and token.level == 1 and token.type == "list_item_open":
            yield token


def _unmarked(lines: list[str]) -> str:
    """An item without its mark, and with its further lines moved out as far as it was in."""
    mark = re.match(r"\s*(?:[-+*]|\d+[.)])(?:\s{1,4}|$)", lines[0])
    width = mark.end() if mark else 0
    rest = (re.sub(rf"^\s{{0,{width}}}", "", line) for line in lines[1:])
    return "\n".join([lines[0][width:], *rest]).strip("\n")
