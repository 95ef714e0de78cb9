"""What was tried on incidents, what was planned, and the reports about both (R3d1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.history import sentence
from sdcli.render.mistakes import refs
from sdcli.render.safe import block, line
from sdcli.tickets.base import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.changes.planned import Planned
    from sdcli.insight.skills import Gap
    from sdcli.results.reports import OutagesReported, SkillsReported
    from sdcli.results.shown import Shown, TriedList
    from sdcli.results.tickets import Seen
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.incident import Tried
    from sdcli.tickets.ticket import Ticket

_E = TypeVar("_E", bound=Event)


def first_of(seen: Seen, kind: type[_E]) -> _E | None:
    """The first event of a kind that this command added to a ticket; None if it added none."""
    return next((each for each in seen.added if isinstance(each, kind)), None)


def others(seen: Seen, told: AnyEvent | None) -> list[str]:
    """What else this command did to a ticket, beside what is told first, a sentence each."""
    first = told or seen.newest
    return [f"  {line(sentence(each))}" for each in seen.added if each.id != first.id]


def tried(result: TriedList) -> tuple[list[str], list[str]]:
    """Everything that was tried on a ticket, in order."""
    ticket = result.ticket
    if not result.rows:
        return [], [f"Nothing was tried on {ticket.ref} yet."]
    return [
        f"{ticket.ref}  {line(ticket.summary)}",
        *(_row(each, ticket.ref) for each in result.rows),
    ], []


def _row(each: Tried, ref: str) -> str:
    effort = f" ({each.minutes} min)" if each.minutes else ""
    result = f": {line(each.result)}" if each.result else ""
    note = f"; {line(block(each.note))}" if each.note else ""
    when = f"{words.instant(each.at)}  {line(each.by)}"
    where = f" on {each.ref}" if each.ref != ref else ""
    return f"  {when}  {each.what}{where}: {line(each.text)}{result}{note}{effort}"


def more_json(more: dict[str, Any]) -> dict[str, Any]:
    """What scripts are told beside a ticket, with what was tried before as documents."""
    told = {"tried_before": [tried_json(each) for each in more.get("tried_before", ())]}
    return more | told


def tried_json(each: Tried) -> dict[str, Any]:
    """One thing that was tried, null where nobody said."""
    return {
        "at": each.at,
        "by": each.by,
        "what": each.what,
        "text": each.text,
        "result": each.result or None,
        "note": each.note or None,
        "minutes": each.minutes,
        "ref": each.ref,
        "event": each.event,
    }


def planned_rows(result: Shown) -> list[tuple[str, str]]:
    """The outages that run now, and that the service is not offered at this hour."""
    closed = result.out_of_hours
    again = f" until {words.instant(closed.until)}" if closed and closed.until else ""
    told = [f"{closed.service} is outside its hours{again} ({closed.calendar})"] if closed else []
    return [
        *(("planned", _running(each)) for each in result.planned),
        *(("hours", x) for x in told),
    ]


def _running(each: Planned) -> str:
    end = f", until {words.instant(each.end)}" if each.end else ""
    return f"{each.id}: {each.summary}{end} ({each.place})"


def resumed_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """When the service came back, apart from when the incident was resolved (R3d.0a)."""
    if ticket.service_restored_at is None or ticket.key:  # that of an alert stands beside it
        return []
    open_ = "" if ticket.resolved_at else "; the incident is not resolved"
    return [("resumed", f"{words.instant(ticket.service_restored_at)}{open_}")]


def skills(result: SkillsReported) -> Iterator[str]:
    """Who was helped with what."""
    report = result.report
    yield f"Helped by a mentor: {words.count(report.helped.count, 'time')}."
    for head, rows in (("By person:", report.by_person), ("By skill:", report.by_skill)):
        if rows:
            yield from ("", head, *(_gap(each, with_refs=result.refs) for each in rows))


def _gap(each: Gap, *, with_refs: bool) -> str:
    others = listed(f"{line(name)} ({number})" for name, number in each.others.items())
    mentors = listed(f"{line(name)} ({number})" for name, number in each.mentors.items())
    named = refs(each.helped.refs) if with_refs else ""
    return f"  {each.helped.count:>4}  {line(each.name)}: {others}; helped by {mentors}{named}"


def outages(result: OutagesReported) -> Iterator[str]:
    """The calls that planned outages and changes brought."""
    report = result.report
    calls = words.count(report.calls.count, "call")
    yield (
        f"From planned outages and changes: {calls}, {report.announced.count} after a bulletin, "
        f"{report.calls.count - report.announced.count} without one."
    )
    for each in report.outages:
        named = refs(each.calls.refs) if result.refs else ""
        summary = f"  {line(each.summary)}" if each.summary else ""
        yield (
            f"  {each.calls.count:>4}  {line(each.outage)}: {each.announced.count} announced, "
            f"{each.unannounced.count} not, {words.count(each.minutes, 'minute')}{summary}{named}"
        )


def planned_json(found: Sequence[Planned]) -> list[dict[str, Any]]:
    """The outages that run now."""
    names = ("id", "summary", "start", "end", "touches", "place")
    return [{name: getattr(each, name) for name in names} for each in found]
