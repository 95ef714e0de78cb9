"""What callers are told of known failures: as text and as a web page, in their words (R1a.1g).

No reference, no service id and no word of the desk's own is in it (R1b.1e). Everything comes from
outside and is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sdcli.render.safe import block, line
from sdcli.sla.calendar import local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.results import FrontPage, Notice

_TITLE = "What does not work just now"
_NOTHING = "Nothing is known that does not work."
_LONGER = "later than was thought"
_LATE = "as soon as there is something new"


def page(shown: FrontPage) -> Iterator[str]:
    """The lines of the page."""
    return _html(shown) if shown.form == "html" else _text(shown)


def _text(shown: FrontPage) -> Iterator[str]:
    for number, notice in enumerate(shown.notices):
        if number:
            yield ""
        yield from block(notice.text).split("\n")
        yield from (f"  {name}: {line(said)}" for name, said, _ in _facts(notice, shown))


def _html(shown: FrontPage) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield f'<head><meta charset="utf-8"><title>{_TITLE}</title></head>'
    yield "<body>"
    yield f"<h1>{_TITLE}</h1>"
    for notice in shown.notices:
        yield "<article>"
        yield from (f"<p>{_lines(part)}</p>" for part in block(notice.text).split("\n\n") if part)
        facts = list(_facts(notice, shown))
        if facts:
            yield "<dl>"
            yield from (f"<dt>{name}</dt><dd>{_said(said, at)}</dd>" for name, said, at in facts)
            yield "</dl>"
        yield "</article>"
    if not shown.notices:
        yield f"<p>{_NOTHING}</p>"
    yield f"<footer><p>As of {_said(_clock(shown.now, shown.zone), shown.now)}</p></footer>"
    yield "</body>"
    yield "</html>"


def _facts(notice: Notice, shown: FrontPage) -> Iterator[tuple[str, str, datetime | None]]:
    """What is told beside the text: a name, the words, and the instant if it is one."""
    if notice.services:
        yield "Concerns", ", ".join(notice.services), None
    if notice.site:
        yield "Where", notice.site, None
    if notice.state:
        yield "State", notice.state, None
    for name, at, late in (
        ("Expected end", notice.until, _LONGER),
        ("Next update", notice.next_update, _LATE),
    ):
        if at and at < shown.now:  # a time that has passed is no promise
            yield name, late, None
        elif at:
            yield name, _clock(at, shown.zone), at


def _clock(at: datetime, zone: str) -> str:
    """`Monday 23 November 2026, 14:00 GMT`."""
    here = local(at, zone)
    return f"{here:%A} {here.day} {here:%B %Y, %H:%M %Z}"


def _said(text: str, at: datetime | None) -> str:
    told = escape(line(text))
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{told}</time>' if at else told


def _lines(text: str) -> str:
    return "<br>".join(escape(each) for each in text.strip("\n").split("\n"))
