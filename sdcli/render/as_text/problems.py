"""Problems, known errors and candidates for them, as text (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.as_text.lines import event_lines
from sdcli.render.as_text.tables import table
from sdcli.render.hints import command_for, next_steps, usual_of
from sdcli.render.history import sentence
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted
from sdcli.results.problems import CandidatesFound, ProblemChanged, ProblemShown, ProblemsListed
from sdcli.tickets.base import of_act
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sdcli.insight.recurring import Candidate
    from sdcli.render.as_text import Lines, Screen
    from sdcli.tickets.ticket import Ticket


def _changed(result: ProblemChanged, screen: Screen) -> Lines:
    told, steps = _step(result)
    return fitted(told, screen.width), steps


def _shown(result: ProblemShown, screen: Screen) -> Lines:
    head, *rest = _facts(result)
    history = event_lines(result.problem.events, screen, result.problem.undone)
    steps = [f"Next: {line(step)}" for step in next_steps(result.problem)]
    return [
        screen.style(head, bold=True),
        *fitted(rest, screen.width, _INDENT),
        "",
        *history,
    ], steps


_INDENT = 15


def _step(result: ProblemChanged) -> tuple[list[str], list[str]]:
    """The problem in a line, what happened besides, and what comes next."""
    problem = result.problem
    head = f"{problem.ref} {_what(result)}"
    about = [f"  {problem.priority} {problem.service}: {problem.summary}"] if result.action else []
    gathered = len(problem.incidents)
    count = [f"  {words.count(gathered, 'incident')}: {listed(problem.incidents)}"]
    told = [head, *about, *(count if gathered else ()), *(f"  {note}" for note in result.notes)]
    steps = [f"Next: {step}" for step in usual_of(problem)]
    return [line(each) for each in told], [line(each) for each in (*result.hints, *steps)]


def _what(result: ProblemChanged) -> str:
    if result.action == "created":
        return f"created: a problem, in {result.problem.queue}"
    if result.action:
        return f"{result.action}: a problem with this idempotency key is there already"
    if not result.is_new:
        return "is as it was"
    events = result.problem.events
    return sentence((of_act(events, result.act) or events)[-1])


def _facts(result: ProblemShown) -> list[str]:
    """Everything about a problem, but its history."""
    problem = result.problem
    rows = [
        ("record", "problem"),
        ("status", _status(problem)),
        ("service", f"{problem.service} / {problem.feature}"),
        ("priority", f"{problem.priority} (impact {problem.impact}, urgency {problem.urgency})"),
        ("queue", problem.queue),
        ("assignee", problem.assignee or "nobody"),
        ("opened", words.instant(problem.opened_at)),
        ("cause", _cause(problem)),
        ("workaround", problem.workaround or "none known"),
        ("known error", problem.known_error or "no"),
        ("minutes", str(problem.minutes)),
        *(("file", each.name) for each in problem.attachments),
    ]
    return [
        f"{problem.ref}  {line(problem.summary)}",
        *(text for name, value in rows for text in _row(name, value)),
        *_incident_lines(result),
    ]


def _status(problem: Ticket) -> str:
    status = problem.status.replace("_", " ")
    return f"{status} as {problem.code}" if problem.code else status


def _cause(problem: Ticket) -> str:
    return {"": "not said yet", UNKNOWN: "nobody knows it yet"}.get(problem.cause, problem.cause)


def _row(name: str, value: str) -> list[str]:
    head, *rest = block(value).split("\n")
    return [f"  {name + ':':<{_INDENT - 2}}{head}", *(f"{'':{_INDENT}}{text}" for text in rest)]


def _incident_lines(result: ProblemShown) -> Iterator[str]:
    incidents = result.incidents
    if not incidents:
        yield from _row("incidents", "none yet")
        return
    first, last = result.span
    open_ = sum(not each.is_closed for each in incidents)
    minutes = sum(each.minutes for each in incidents)
    told = f"{len(incidents)}, {open_} open; {minutes} minutes booked on them"
    yield from _row("incidents", told)
    if first and last:
        yield from _row("seen", f"from {words.instant(first)} to {words.instant(last)}")
    rows = [
        [
            each.ref,
            each.status.replace("_", " ") + (f" as {each.code}" if each.code else ""),
            _age(each, result.now),
            line(each.summary),
        ]
        for each in incidents
    ]
    yield from (f"    {text}" for text in table(rows))


def _age(ticket: Ticket, now: datetime) -> str:
    return words.span(int((now - ticket.opened_at).total_seconds()))


def _listed(result: ProblemsListed) -> tuple[list[str], list[str]]:
    """Problems in a table."""
    if not result.rows:
        told = "No problem is open. `sdcli problem list --all` also shows closed ones"
        return [], [f"{told}, `sdcli problem candidates` incidents that come again and again."]
    head = ["ref", "prio", "status", "queue", "assignee", "incidents", "known error", "summary"]
    rows = [
        [
            each.ref,
            each.priority,
            _status(each),
            line(each.queue),
            line(each.assignee or "-"),
            str(len(each.incidents)),
            line(each.known_error or "-"),
            line(each.summary),
        ]
        for each in result.rows
    ]
    return table([head, *rows]), []


def _candidates(result: CandidatesFound) -> tuple[list[str], list[str]]:
    """What came again and again, each with its evidence and the command for it."""
    since = f" since {words.instant(result.since)}" if result.since else ""
    if not result.rows:
        return [], [f"Nothing came {result.fewest} times or more{since} without a problem."]
    told = [text for each in result.rows for text in _candidate(each)]
    return [line(text) for text in told], []


def _candidate(found: Candidate) -> Iterator[str]:
    often = f", {found.times} times" if found.times > found.count else ""
    yield f"{words.count(found.count, 'incident')}{often}: {found.why}"
    yield f"  {words.instant(found.first)} to {words.instant(found.last)}, {found.minutes} minutes"
    if found.ended:
        share = words.share(found.passed_percent)
        yield f"  {found.passed} of {found.ended} ended ({share} %) with the cause still there"
    more = f" and {found.count - len(found.refs)} more" if found.count > len(found.refs) else ""
    yield f"  {', '.join(found.refs)}{more}"
    yield from (f"    {example}" for example in found.examples)
    yield f"  {command_for(found)}"


def of_ticket(problems: Iterable[Ticket]) -> list[tuple[str, str]]:
    """The problems behind a ticket, as rows of what is shown of it."""
    return [("problem", _in_short(each)) for each in problems]


def _in_short(problem: Ticket) -> str:
    known = f", known error {problem.known_error}" if problem.known_error else ""
    around = f"; workaround: {problem.workaround}" if problem.workaround else ""
    return f"{problem.ref} ({_status(problem)}{known}) {problem.summary}{around}"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    ProblemChanged: _changed,
    ProblemShown: _shown,
    ProblemsListed: lambda result, _: _listed(result),
    CandidatesFound: lambda result, _: _candidates(result),
}
