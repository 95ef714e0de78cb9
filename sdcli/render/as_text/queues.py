"""Queues, what is next, and who has how much, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.as_text.tables import cut_to, table, ticket_row, with_reasons
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.queues import NextUp, QueueShown, QueuesShown, Workload
from sdcli.tickets.hand_over import ping_pong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sdcli.insight.load import PersonLoad, QueueLoad
    from sdcli.render.as_text import Lines, Screen
    from sdcli.results.tickets import Seen


def _queues_shown(result: QueuesShown, screen: Screen) -> Lines:
    return with_reasons(BOARD, board_rows(result), screen), []


def _queue_shown(result: QueueShown, screen: Screen) -> Lines:
    """The queue, and its tickets as `list` has them, with their age."""
    told = [
        screen.style(head(result.row), bold=True),
        f"  {summary(result.row)}",
        *(f"  needs {line(item)}: {line(what)}" for item, what in result.needs.items()),
    ]
    if not result.tickets:
        return told, []
    headers = [screen.style(name, underline=True) for name in QUEUE]
    rows = [
        _queue_row(seen, age(seen.ticket.opened_at, result.now), back(seen), screen)
        for seen, _, _ in result.tickets
    ]
    over = {seen.ticket.ref for seen, _, overstayed in result.tickets if overstayed}
    notes = [f"{listed(sorted(over))}: this tier has tried for longer than it may."] if over else []
    lines = table(cut_to([headers, *rows], screen))
    return [*fitted(told, screen.width), "", *lines], notes


def _queue_row(seen: Seen, age: str, back: str, screen: Screen) -> list[str]:
    ref, prio, status, _, assignee, sla, summary = ticket_row(seen, screen)
    mark = "not accepted" if seen.ticket.handed_from else status
    return [ref, prio, mark, age, assignee, sla, back, summary]


def _next_up(result: NextUp, screen: Screen) -> Lines:
    told, notes = next_lines(result)
    if told:
        told[0] = screen.style(told[0], bold=True)
    return fitted(told, screen.width), notes


def _workload(result: Workload, screen: Screen) -> Lines:
    if result.by == "queue":
        return with_reasons(QUEUES, queue_rows(result), screen), []
    return with_reasons(PEOPLE, people_rows(result), screen), []


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


def back(seen: Seen) -> str:
    """How often a ticket came back, `-` if it never did."""
    return str(ping_pong(seen.ticket) or "-")


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    QueuesShown: _queues_shown,
    QueueShown: _queue_shown,
    NextUp: _next_up,
    Workload: _workload,
}
