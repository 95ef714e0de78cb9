"""What several rooms say in the same words: clocks, events, rows, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.hints import usual
from sdcli.render.safe import block, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sdcli.render.as_text import Screen
    from sdcli.results.tickets import Seen
    from sdcli.sla.clock import Clock
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange


_LOW = 80


def recent(changes: Iterable[RecentChange]) -> list[str]:
    """A sentence for each of the recent changes; nothing where there are none."""
    return [f"Changed recently: {_change_sentence(each)}" for each in changes]


def next_lines(seen: Seen) -> list[str]:
    """What usually comes next."""
    return [f"Next: {line(step)}" for step in usual(seen)]


def clock_lines(seen: Seen, screen: Screen) -> list[str]:
    """The clocks of a ticket that is not closed, one a line."""
    return [
        f"  {target + ':':<12}{coloured(words.clock(face, seen.now), face, screen)}"
        for target, face in seen.sla.items()
        if face.state != "none" and not seen.ticket.is_closed
    ]


def coloured(text: str, face: Clock, screen: Screen) -> str:
    """A text in the colour of a clock."""
    if face.state == "breached":
        return screen.style(text, fg="red", bold=True)
    if face.state == "running":
        return screen.style(text, fg="yellow" if (face.percent or 0) >= _LOW else "green")
    return text


def row_lines(name: str, value: str) -> list[str]:
    """A row; a text of several lines goes on below its beginning."""
    head, *rest = block(value).split("\n") if name in _SEVERAL_LINES else [line(value)]
    return [f"  {name + ':':<12}{head}", *(f"{'':14}{text}" for text in rest)]


_SEVERAL_LINES = ("wanted", "success", "failed", "expected", "evidence", "steps", "because")


def event_lines(events: Sequence[Any], screen: Screen, undone: Sequence[str] = ()) -> list[str]:
    """What happened, in order; what was taken back says so."""
    gone = frozenset(undone)
    return [text for each in events for text in _event(each, screen, counts=each.id not in gone)]


def _event(event: Any, screen: Screen, *, counts: bool) -> list[str]:
    """What happened on one line; below it whatever a contact said, if that is more than a line."""
    from sdcli.render.history import entry  # noqa: PLC0415 - a search shows no events
    from sdcli.tickets.event import kind  # noqa: PLC0415 - as above

    at = screen.style(words.instant(event.at), dim=True)
    said = event.text.strip() if kind(event) == "contacted" else ""
    whole = block(said).split("\n") if "\n" in said else []
    return [
        f"{at}  {line(event.by)}: {line(entry(event))}{'' if counts else _TAKEN_BACK}",
        *(f"    | {each}" for each in whole),
    ]


_TAKEN_BACK = " [taken back]"


def missed(seconds: int | None, has: str) -> list[str]:
    """That nobody would have heard of what passed meanwhile."""
    return [f"sla-check {has} not run for {words.span(seconds)}."] if seconds else []


def bulletin(ticket: Ticket, now: datetime) -> str:
    """A bulletin in one line, with its times; a promise that was not kept is marked."""
    said = ticket.bulletin
    if said is None:
        return ""
    parts = (
        said.state,
        _promise("expected to end", said.until, now),
        _promise("next update", said.next_update, now),
    )
    told = "; ".join(part for part in parts if part)
    return f"{ticket.ref} {said.text}" + (f" ({told})" if told else "")


def _promise(what: str, at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    return f"{what} {words.instant(at)}" + (", overdue" if at < now else "")


def _change_sentence(each: RecentChange) -> str:
    removed = "; it took something away on purpose, so having it back needs approval"
    reference = f", {each.reference}" if each.reference else ""
    told = f"{words.instant(each.at)} {each.id}, {each.summary}{reference}: {each.touches}"
    place = f" ({each.place})" if each.place else ""
    return line(f"{told}{removed if each.removes else ''}{place}")
