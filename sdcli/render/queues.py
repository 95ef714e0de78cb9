"""Queues, what is next, and who has how much: as rows and lines for people, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.safe import line
from sdcli.tickets.hand_over import ping_pong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sdcli.insight.load import PersonLoad, QueueLoad
    from sdcli.results.callers import CallerTold, ExpectationDue, ExpectationsDue
    from sdcli.results.queues import NextUp, QueueShown, QueuesShown, Workload
    from sdcli.results.tickets import Seen

BOARD = (
    *("tier", "queue", "open", "not accepted", "oldest", "breached", "near", "running"),
    *("over", "back", "focus"),
)
QUEUE = ("ref", "prio", "status", "age", "assignee", "sla", "back", "summary")
PEOPLE = ("person", "open", "by priority", "breached", "near", "minutes", "level", "today", "roles")
QUEUES = ("queue", "open", "by priority", "unassigned", "breached", "near", "minutes")
_TIERS = {1: "1", 2: "2", 3: "3"}


def board_rows(result: QueuesShown) -> list[list[str]]:
    """What lies in each queue, one a row."""
    return [
        [
            _TIERS.get(row.tier or 0, "-"),
            line(row.queue),
            _number(row.open),
            _number(row.not_accepted),
            _age(row.oldest_at, result.now),
            *(_number(row.colours[colour]) for colour in ("breached", "near", "running")),
            _number(row.overstayed),
            _number(row.ping_pong),
            line(row.focus),
        ]
        for row in result.rows
    ]


def _number(number: int) -> str:
    """A number that is easy to pass over where it is nothing."""
    return str(number) if number else "-"


def head(row: QueueLoad) -> str:
    """A queue in a line."""
    tier = f"tier {row.tier}" if row.tier else "no longer in catalog/teams.yaml"
    focus = f": {row.focus}" if row.focus else ""
    return line(f"{row.queue}, {tier}{focus}")


def summary(row: QueueLoad) -> str:
    """What lies in a queue, in a sentence."""
    told = (
        (row.open, "open"),
        (row.not_accepted, "not accepted"),
        (row.waiting, "waiting"),
        (row.colours["breached"], "breached"),
        (row.colours["near"], "near"),
        (row.overstayed, "over their time box"),
        (row.resolved, "resolved and not confirmed"),
    )
    return "; ".join(f"{number} {what}" for number, what in told if number) or "nothing"


def age(ticket_opened: datetime, now: datetime) -> str:
    """How old a ticket is."""
    return words.span(int((now - ticket_opened).total_seconds()))


def _age(at: datetime | None, now: datetime) -> str:
    return age(at, now) if at else "-"


def next_lines(result: NextUp) -> tuple[list[str], list[str]]:
    """The ticket that is next, with its grounds; and what to type."""
    chosen, seen = result.chosen, result.seen
    if chosen is None or seen is None:
        where = listed(result.queues)
        waits = "`sdcli list --status waiting` shows what waits."
        return [], [line(f"There is nothing for {result.person} in {where}. {waits}")]
    ticket = seen.ticket
    told = [f"  {why}" for why in chosen.why]
    if result.is_taken:
        told.append(f"  It is yours now, {result.person}.")
    told += [f"  Nobody has said {item} yet: {what}." for item, what in result.lacking.items()]
    others = words.count(result.behind, "more ticket")
    more = [f"{others} could be worked on after it."] if result.behind else []
    head_ = f"{ticket.ref}  {ticket.priority}  {ticket.queue}  {ticket.summary}"
    mine = ticket.assignee == result.person and not ticket.handed_from
    step = [] if mine else [f"Next: sdcli accept {ticket.ref}   # or: sdcli next --take"]
    return [line(head_), *map(line, told)], [*map(line, more), *step]


def people_rows(result: Workload) -> list[list[str]]:
    """Who has how much, one a row."""
    return [
        [
            line(row.person),
            _number(row.open),
            _priorities(row.priorities),
            _number(row.breached),
            _number(row.near),
            _number(row.minutes),
            str(row.level or "-"),
            _today(row),
            line(", ".join(row.roles) or ("-" if row.name else "in no team")),
        ]
        for row in result.people
    ]


def queue_rows(result: Workload) -> list[list[str]]:
    """Which queue has how much, one a row."""
    return [
        [
            line(row.queue),
            _number(row.open),
            _priorities(row.priorities),
            _number(row.unassigned),
            _number(row.colours["breached"]),
            _number(row.colours["near"]),
            _number(row.minutes),
        ]
        for row in result.queues
    ]


def _priorities(found: Mapping[Any, int]) -> str:
    return " ".join(f"{name}:{number}" for name, number in found.items() if number) or "-"


def _today(row: PersonLoad) -> str:
    if not row.until:
        return "-"
    return line(f"away until {row.until:%Y-%m-%d}: {row.away}")


def queue_json(row: QueueLoad, now: datetime) -> dict[str, Any]:
    """A queue with its figures; null is what a queue that left the files does not have."""
    return {
        "queue": row.queue,
        "name": row.name or None,
        "tier": row.tier,
        "focus": row.focus or None,
        "lead": row.lead or None,
        "open": row.open,
        "waiting": row.waiting,
        "not_accepted": row.not_accepted,
        "unassigned": row.unassigned,
        "resolved": row.resolved,
        "oldest_at": row.oldest_at,
        "oldest_age_s": int((now - row.oldest_at).total_seconds()) if row.oldest_at else None,
        "sla": row.colours,
        "priorities": row.priorities,
        "overstayed": row.overstayed,
        "ping_pong": row.ping_pong,
    }


def shown_json(result: QueueShown, ticket: Callable[[Seen], dict[str, Any]]) -> dict[str, Any]:
    """A queue with its checklist and its tickets."""
    return queue_json(result.row, result.now) | {
        "needs": result.needs,
        "tickets": [
            ticket(seen)
            | {
                "age_s": int((result.now - seen.ticket.opened_at).total_seconds()),
                "colour": colour,
                "overstayed": overstayed,
            }
            for seen, colour, overstayed in result.tickets
        ],
    }


def next_json(result: NextUp, ticket: Callable[[Seen], dict[str, Any]]) -> dict[str, Any]:
    """The ticket that is next, and why; null where there is nothing to do."""
    chosen = result.chosen
    return {
        "person": result.person,
        "queues": result.queues,
        "ref": chosen.ticket.ref if chosen else None,
        "rule": chosen.rule if chosen else None,
        "why": chosen.why if chosen else (),
        "gives_way": chosen.gives_way if chosen else (),
        "overstayed": bool(chosen and chosen.lying.overstayed),
        "taken": result.is_taken,
        "behind": result.behind,
        "lacking": result.lacking,
        "ticket": ticket(result.seen) if result.seen else None,
    }


def workload_json(result: Workload) -> dict[str, Any]:
    """Who has how much, or which queue."""
    told: dict[str, Any] = {"by": result.by, "since": result.since}
    if result.by == "queue":
        rows = [queue_json(row, result.now) | {"minutes": row.minutes} for row in result.queues]
        return told | {"queues": rows}
    return told | {"people": [_person(row) for row in result.people]}


def _person(row: PersonLoad) -> dict[str, Any]:
    return {
        "person": row.person,
        "name": row.name or None,
        "roles": row.roles,
        "level": row.level or None,
        "queues": row.queues,
        "open": row.open,
        "waiting": row.waiting,
        "priorities": row.priorities,
        "near": row.near,
        "breached": row.breached,
        "minutes": row.minutes,
        "absent": row.until is not None,
        "absent_until": row.until,
        "absent_reason": row.away or None,
    }


def back(seen: Seen) -> str:
    """How often a ticket came back, `-` if it never did."""
    return str(ping_pong(seen.ticket) or "-")


def due_lines(result: ExpectationsDue) -> list[str]:
    """The requests whose time has passed or was not told, each with who follows it up."""
    told: list[str] = []
    for row in result.rows:
        ticket, eta = row.ticket, row.expectation.eta
        late = int((result.now - eta).total_seconds())
        what = f"passed {words.span(late)} ago" if row.due == "passed" else "not told"
        head_ = f"{ticket.ref}  {ticket.priority}  expected by {words.instant(eta)}, {what}"
        works = f"{ticket.assignee or 'nobody'} works on it in {ticket.queue}"
        told += [
            f"{head_}: {ticket.summary}",
            f"    {row.follow_up or 'nobody'} follows it up; {works}",
        ]
    return [line(each) for each in told]


def due_json(row: ExpectationDue, now: datetime) -> dict[str, Any]:
    """A request whose time has passed or was not told."""
    ticket, known = row.ticket, row.expectation
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": ticket.queue,
        "assignee": ticket.assignee,
        "follow_up": row.follow_up or None,
        "eta": known.eta,
        "due": row.due,
        "told": known.told,
        "changes": known.changes,
        "reason": known.reason or None,
        "late_s": max(int((now - known.eta).total_seconds()), 0),
    }


def told_json(result: CallerTold) -> dict[str, Any]:
    """What the caller may be told."""
    return {
        "ref": result.seen.ticket.ref,
        "text": result.text,
        "sent_to": result.sent_to or None,
        "noted": result.noted,
        "eta": result.seen.ticket.eta,
    }
