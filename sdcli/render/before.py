"""What is there already before a request is opened, as lines for whoever types and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.intake.before import is_overdue
from sdcli.render.safe import line
from sdcli.render.words import instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.intake.before import Before
    from sdcli.tickets.ticket import Ticket

_MOST = 5


def lines(before: Before, now: datetime) -> Iterator[str]:
    """The lines a person reads before anything is recorded, each with what to type."""
    for ticket in before.bulletins[:_MOST]:
        yield f"Known failure: {line(bulletin(ticket, now))}"
        yield f"  `--me-too {ticket.ref}` counts the caller there and opens nothing."
    alike = {each.ticket.ref: each.why for each in before.similar}
    for ticket in before.caller_open[:_MOST]:
        why = f" ({line(alike[ticket.ref])})" if ticket.ref in alike else ""
        yield f"Open already: {_told(ticket)}{why}"
        yield f"  `--add-to {ticket.ref}` adds this contact to it."
    for each in before.earlier[:_MOST]:
        yield f"Asked before: {_told(each.ticket)} ({line(each.why)})"
        yield f"  `--same-as {each.ticket.ref}` links the new request to it."
    more = [*before.bulletins[_MOST:], *before.caller_open[_MOST:], *before.earlier[_MOST:]]
    if more:
        import shlex  # noqa: PLC0415 - only a caller with many requests pays for it

        typed = line(f"sdcli list --user {shlex.quote(before.caller)} --all")
        yield f"And {len(more)} more; `{typed}` shows what the caller asked for."


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
    return f"{what} {instant(at)}" + (", overdue" if at < now else "")


def as_json(before: Before, now: datetime) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "caller_open": [_brief(ticket) for ticket in before.caller_open],
        "similar": [{**_brief(each.ticket), "why": each.why} for each in before.similar],
        "bulletins": [bulletin_json(ticket, now) for ticket in before.bulletins],
    }


def bulletin_json(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """A bulletin with its ticket's number and counts."""
    said = ticket.bulletin
    if said is None:
        return {"ref": ticket.ref, "text": None}
    return {
        "ref": ticket.ref,
        "text": said.text,
        "state": said.state or None,
        "services": said.services,
        "site": said.site or None,
        "until": said.until,
        "next_update": said.next_update,
        "overdue": is_overdue(said, now),
        "views": ticket.views,
        "me_too": ticket.me_too,
    }


def _brief(ticket: Ticket) -> dict[str, Any]:
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "service": ticket.service,
        "opened_at": ticket.opened_at,
    }


def _told(ticket: Ticket) -> str:
    state = ticket.status.replace("_", " ")
    return f"{ticket.ref} {line(ticket.summary)} ({state} since {instant(ticket.opened_at)})"
