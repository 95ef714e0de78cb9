"""Why a ticket has its priority, for people (R2c.1-R2c.2e)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.as_text.support import box_said
from sdcli.render.safe import line
from sdcli.render.words import RULES
from sdcli.render.wrap import wrapped
from sdcli.triage.reasons import is_nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sdcli.results.triage import Reasoned
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.contact import Ground
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.reasons import Condition, Due, Reasons

    Style = Callable[..., str]


_WIDTH = 80
_NAME = 14
_LEGEND = "Below, > marks what has decided, and - what else was looked at."
_LEVELS = ("impact", "urgency", "priority")
_SAID = (
    *("type", "service", "feature", "unit", "people", "process", "who", "workaround"),
    *("component", "goal", "measured", "amount", "impact", "urgency", "wish"),
)


_GONE = " (catalog/classification.yaml has none of that id any more: it does not count)"


def text(result: Reasoned, width: int | None, style: Style) -> Iterator[str]:
    """The explanation as lines for a terminal of so many columns."""
    found, ticket = result.reasons, result.seen.ticket
    columns = max(width or _WIDTH, 40)
    for text_ in wrapped(f"{ticket.ref}  ", line(ticket.summary), columns):
        yield style(text_, bold=True)
    yield from _wrapped("", _head(found, ticket), columns)
    yield from _wrapped("", _LEGEND, columns)
    yield ""
    yield style("What was said", bold=True)
    yield from _said(result, columns)
    yield ""
    yield from _type(result, columns, style)
    for field in _LEVELS:
        yield ""
        yield from _level(result, field, columns, style)
    yield from _services(result, columns, style)
    if ticket.status not in ("resolved", "closed"):
        yield ""
        place = f"({found.follows.place})"
        yield f"{style(f'What {ticket.priority} asks for', bold=True)}  {place}"
        yield from _follows(result, columns)


def hints(result: Reasoned) -> Iterator[str]:
    """What to type if today's files give another priority than the ticket has."""
    if result.reasons.stale and not result.seen.ticket.is_closed:
        yield f"Next: sdcli classify {result.seen.ticket.ref} --priority derived"


def _head(found: Reasons, ticket: Ticket) -> str:
    """What stands, in a sentence, and whether it is what today's files give."""
    head = f"{ticket.priority}: "
    if found.by_hand is not None:
        head += f"{found.by_hand.reason}. The rules give {found.priority}"
    else:
        head += f"impact {ticket.impact}, urgency {ticket.urgency}"
    if found.classified is None:
        head += ". It was never classified: this is what is known of it so far"
    if found.stale and found.by_hand is None:
        head += (
            f". Today's files give {found.priority} (impact {found.impact}, urgency "
            f"{found.urgency}), which is explained below"
        )
    return f"{head}."


def _said(result: Reasoned, columns: int) -> Iterator[str]:
    """What was said, by each person each time."""
    said, opening = result.reasons.said, result.seen.ticket.opening
    told = {name: said[name] for name in _SAID if name in said}
    voices: dict[tuple[str, datetime], list[tuple[str, str]]] = {}
    if opening.unit:
        voices[opening.by, opening.at] = [("unit", f"{opening.unit}, where the caller belongs")]
    for name, each in told.items():
        remark = " (a remark: it counts for nothing)" if name == "wish" else ""
        remark = _GONE if name in result.reasons.gone else remark
        voices.setdefault((each.by, each.at), []).append((name, f"{each.value}{remark}"))
    request = result.seen.ticket.request
    if request.ever_had:
        event = next(each for each in result.seen.ticket.standing if _had(each))
        voices.setdefault((event.by, event.at), []).append(("ever had", request.ever_had))
    for by, at in sorted(voices, key=lambda voice: voice[1]):
        yield from _wrapped("  ", f"{by or RULES}, {words.instant(at)}", columns)
        for name, value in voices[by, at]:
            yield from _row(f"  {name}", value, columns)
    if not voices:
        yield "  nothing yet"


def _had(event: AnyEvent) -> bool:
    request = getattr(event, "request", None)
    return bool(request and request.ever_had)


def _type(result: Reasoned, columns: int, style: Style) -> Iterator[str]:
    """Why it has its type (R2a.1-R2a.4)."""
    grounds = result.reasons.type_grounds
    yield style(f"Type: {result.seen.ticket.type}", bold=True)
    if not grounds:
        yield "  nobody has said, and the catalog does not tell"
    for ground in grounds:
        yield from _wrapped("  > ", ground.reason, columns)
        yield from _rule(ground, result, columns, style)


def _level(result: Reasoned, field: str, columns: int, style: Style) -> Iterator[str]:
    """One field: the ground that has decided, then what else was looked at."""
    found = result.reasons
    grounds = [each for each in found.grounds if each.field == field]
    value = getattr(found, field)
    yield style(f"{field.capitalize()}: {value}", bold=True)
    if not grounds:
        yield "  nobody has said, and no preset says so"
    for index, ground in enumerate(grounds):
        mark = "-" if index else ">"
        yield from _wrapped(f"  {mark} {ground.value:<9}", ground.reason, columns)
        yield from _rule(ground, result, columns, style)


def _rule(ground: Ground, result: Reasoned, columns: int, style: Style) -> Iterator[str]:
    """The place of a rule, and the line that stands there."""
    if not ground.place:
        return
    own = line(result.words.get(ground.place, "")).removeprefix("- ")
    if len(f"      {ground.place}  {own}") <= columns:
        yield style(f"      {ground.place}  {own}".rstrip(), dim=True)
        return
    yield style(f"      {ground.place}", dim=True)
    room = columns - _OWN
    shown = own if len(own) <= room else f"{own[: room - 1]}\N{HORIZONTAL ELLIPSIS}"
    yield style(f"{'':{_OWN}}{shown}", dim=True)


_OWN = 8
"""How far a rule's own words are indented below its place."""


def _services(result: Reasoned, columns: int, style: Style) -> Iterator[str]:
    """What the service map says is hit, and whether the business lives on it (R2c.1)."""
    hit = result.reasons.services
    for ground in result.reasons.grounds:
        if is_nowhere(ground):
            yield ""
            yield from _wrapped("", f"Note: {ground.reason}.", columns)
    if not (hit.affected or hit.processes):
        return
    yield ""
    yield style("What is hit", bold=True)
    yield from _row("affected", ", ".join(hit.affected) or "nothing in the catalog", columns)
    yield from _row("at risk", ", ".join(hit.at_risk) or "no service depends on it", columns)
    critical = [name for name, level in hit.processes.items() if level == "high"]
    others = [f"{name} ({level})" for name, level in hit.processes.items() if level != "high"]
    told = f"yes, for {', '.join(critical)}" if critical else "no"
    also = f"; also {', '.join(others)}" if others else ""
    yield from _row("critical", f"{told}{also}", columns)


def _follows(result: Reasoned, columns: int) -> Iterator[str]:
    """What the priority of the ticket asks for (R2c.2a-c)."""
    yield from _row("other work", _other_work(result), columns)
    yield from _row("escalate", _escalate(result.box, result), columns)
    told = [f"{name} ({role}), {reach}" for role, name, reach in result.tell]
    for index, each in enumerate(told or ["nobody in particular"]):
        yield from _row("" if index else "tell", each, columns)
    for name, due in (
        ("message", result.reasons.communication),
        ("continuity", result.reasons.continuity),
    ):
        yield from _due(name, due, columns)


def _other_work(result: Reasoned) -> str:
    """Whether the assignee should stop what they do now, and what (R2c.2a)."""
    found, ticket = result.reasons, result.seen.ticket
    over = ", ".join(found.follows.pre_empts)
    if not over:
        return f"nothing stops for a {ticket.priority}"
    named = ", ".join(
        f"{each.ref} ({each.priority}{'' if ticket.assignee else f', {each.assignee}'})"
        for each in result.tickets
    )
    if ticket.assignee:
        if named:
            return f"{ticket.assignee} stops {named}"
        return f"{ticket.assignee} has nothing in progress that must give way ({over} would)"
    if named:
        return f"nobody is on it; whoever takes it may stop {named}"
    return f"nobody is on it; whoever takes it stops {over}"


def _escalate(box: TimeBox | None, result: Reasoned) -> str:
    """How long this tier may try (R2c.2b)."""
    return box_said(box, result.seen.now) if box else "no limit for this tier"


_STATES = {"due": "DUE", "ask": "ASK", "not-due": "not due"}


def _due(name: str, due: Due, columns: int) -> Iterator[str]:
    """Whether a measure is due, by the conditions that decide, and what to do then (R2c.2c)."""
    decides = {"due": True, "ask": None, "not-due": False}[due.state]
    why = "; ".join(_condition(each) for each in due.conditions if each.met is decides)
    yield from _row(name, f"{_STATES[due.state]}: {why} ({due.place})", columns)
    if due.state == "due":
        for step in due.checklist:
            yield from _wrapped(f"  {'':{_NAME}}[ ] ", line(step), columns)


def _condition(each: Condition) -> str:
    told = _CONDITIONS[each.name, each.met].format(wanted=each.wanted, actual=each.actual)
    return re.sub(r"\b1 people are\b", "1 person is", told)


_CONDITIONS = {
    ("priority", True): "{actual} is one of {wanted}",
    ("priority", False): "{actual} is none of {wanted}",
    ("people", True): "{actual} people are {wanted} or more",
    ("people", False): "{actual} people are fewer than {wanted}",
    ("people", None): "are {wanted} people hindered, or more?",
    ("criticality", True): "the criticality of a business process is {actual}",
    ("criticality", False): "no business process of criticality {wanted} is hit ({actual})",
    ("criticality", None): "does a business process of criticality {wanted} stand still?",
}


def _row(name: str, value: str, columns: int) -> Iterator[str]:
    """A name and its value, which goes on below its beginning."""
    return _wrapped(f"  {name:<{_NAME}}", line(value), columns)


def _wrapped(first: str, value: str, columns: int) -> Iterator[str]:
    """A text in lines of the width, those after the first indented as far as its mark."""
    return iter(wrapped(first, line(value), columns))
