"""Tables as text: of anything, and of tickets; no wider than the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.render import words
from sdcli.render.as_text.lines import coloured
from sdcli.render.safe import line
from sdcli.render.wrap import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.render.as_text import Screen
    from sdcli.results.tickets import Seen
    from sdcli.tickets.ticket import Ticket


_PRIORITY_COLOURS = {"P1": "red", "P2": "yellow"}
TICKET = ["ref", "prio", "status", "queue", "assignee", "sla", "summary"]
_GAP = "  "


def _expected_mark(seen: Seen) -> str:
    """The mark of a time that has passed, or that the caller does not know (R3d3.2)."""
    if seen.ticket.eta is None:
        return ""
    from sdcli.tickets.expectation import due  # noqa: PLC0415 - few tickets have any

    wrong = due(seen.ticket, seen.now)
    return f" [expected time {'not told' if wrong == 'untold' else wrong}]" if wrong else ""


def ticket_row(seen: Seen, screen: Screen) -> list[str]:
    """A ticket in the columns of `TICKET`."""
    ticket = seen.ticket
    colour = _PRIORITY_COLOURS.get(ticket.priority)
    return [
        f"{ticket.ref}*" if ticket.news else ticket.ref,
        screen.style(ticket.priority, fg=colour, bold=True) if colour else ticket.priority,
        ticket.status,
        line(ticket.queue),
        line(ticket.assignee or "-"),
        _sla_cell(seen, screen),
        line(ticket.summary)
        + (f" [+{ticket.me_too}]" if ticket.me_too else "")
        + _unsupported(seen)
        + _undelivered(ticket)
        + _expected_mark(seen),
    ]


def _unsupported(seen: Seen) -> str:
    """The mark of what the catalog does not hold (R2b.2a)."""
    found = seen.ticket.support
    if found is None or found.found:
        return ""
    from sdcli.tickets.support import state  # noqa: PLC0415 - few tickets are unsupported

    return f" [{state(found, seen.now)}]"


def _undelivered(ticket: Ticket) -> str:
    """The mark of an alert that did not reach somebody (R5b.2)."""
    if not (ticket.undelivered or ticket.given_up):
        return ""
    from sdcli.render.as_text.deliveries import mark  # noqa: PLC0415 - few tickets have any

    return mark(ticket)


def cut_to(rows: list[list[str]], screen: Screen) -> list[list[str]]:
    """The rows with their last column cut to what is left of the screen's width."""
    if screen.width is None:
        return rows
    from wcwidth import wcswidth  # noqa: PLC0415 - only tables pay for it

    def width(text: str) -> int:
        return max(wcswidth(click.unstyle(text)), 0)

    columns = zip(*rows, strict=True)
    taken = [max(map(width, column)) for column in columns][:-1]
    room = max(screen.width - sum(taken) - len(_GAP) * len(taken), len(TICKET[-1]))
    return [[*row[:-1], _cut(row[-1], room, width)] for row in rows]


def _cut(text: str, room: int, width: Callable[[str], int]) -> str:
    """The beginning of a text that takes no more than `room` columns."""
    if width(text) <= room:
        return text
    kept = text[: room - 1]
    while width(kept) > room - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _sla_cell(seen: Seen, screen: Screen) -> str:
    from sdcli.sla.colour import pressing  # noqa: PLC0415 - only tables pay for it

    found = pressing(seen.sla)
    if found is None or seen.ticket.status in ("resolved", "closed"):
        return "paused" if seen.ticket.status == "waiting" else "-"
    target, face = found
    left = words.span((face.due or 0) - int(seen.now.timestamp()))
    text = f"{target} {left} late" if face.state == "breached" else f"{target} in {left}"
    return coloured(text, face, screen)


def with_reasons(headers: Sequence[str], rows: list[list[str]], screen: Screen) -> list[str]:
    """A table; the last columns go below each row where the terminal is too narrow for them."""
    from wcwidth import width as columns_of  # noqa: PLC0415 - only tables pay for it

    for kept in range(len(headers), 0, -1):
        cells = [row[:kept] for row in rows]
        told = table(cells, headers[:kept])
        if screen.width is None or max(map(columns_of, told)) <= screen.width:
            break
    if kept == len(headers):
        return told
    head, *lines = told
    below = (f"    {'; '.join(row[kept:])}" for row in rows)
    pairs = (each for pair in zip(lines, below, strict=True) for each in pair)
    return fitted([head, *(each.rstrip() for each in pairs)], screen.width, 4)


def table(rows: Sequence[Sequence[str]], headers: Sequence[str] = ()) -> list[str]:
    """The lines of a table; its first row may be the headers, `headers` of their own are padded."""
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it

    return tabulate(rows, headers, "plain", disable_numparse=True).splitlines()
