"""What callers are told of known failures: as text and as a web page, in their words (R1a.1g).

No reference, no service id and no word of the desk's own is in it (R1b.1e). Everything comes from
outside and is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sdcli.publish.notices import NOTHING, TITLE, clock, facts
from sdcli.render.safe import block, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.results.callers import FrontPage


def page(shown: FrontPage) -> Iterator[str]:
    """The lines of the page."""
    return _html(shown) if shown.form == "html" else _text(shown)


def _text(shown: FrontPage) -> Iterator[str]:
    for number, notice in enumerate(shown.notices):
        if number:
            yield ""
        yield from block(notice.text).split("\n")
        yield from (
            f"  {name}: {line(said)}" for name, said, _ in facts(notice, shown.now, shown.zone)
        )


def _html(shown: FrontPage) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield f'<head><meta charset="utf-8"><title>{TITLE}</title></head>'
    yield "<body>"
    yield f"<h1>{TITLE}</h1>"
    for notice in shown.notices:
        yield "<article>"
        yield from (f"<p>{_lines(part)}</p>" for part in block(notice.text).split("\n\n") if part)
        told = list(facts(notice, shown.now, shown.zone))
        if told:
            yield "<dl>"
            yield from (f"<dt>{name}</dt><dd>{_said(said, at)}</dd>" for name, said, at in told)
            yield "</dl>"
        yield "</article>"
    if not shown.notices:
        yield f"<p>{NOTHING}</p>"
    yield f"<footer><p>As of {_said(clock(shown.now, shown.zone), shown.now)}</p></footer>"
    yield "</body>"
    yield "</html>"


def _said(text: str, at: datetime | None) -> str:
    told = escape(line(text))
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{told}</time>' if at else told


def _lines(text: str) -> str:
    return "<br>".join(escape(each) for each in text.strip("\n").split("\n"))
