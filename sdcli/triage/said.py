"""What was said of a request so far, by whom and when: what its priority is derived from.

A level that a person states counts until somebody answers otherwise; what a rule gave is derived
anew each time.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.alerts import facts
from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import Classified, Detailed
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.priority import Subject
from sdcli.triage.wish import DERIVED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sdcli.tickets.event import Opened
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Level

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "impact": ("people", "process", "who", "component"),
    "urgency": ("workaround",),
}
"""The answers that say something of a level."""
_CLASSES = ("type", "service", "feature")


class Saying(Struct, frozen=True):
    """One thing that was said: by whom and when (UTC), and why if that was told.

    Nobody said what the desk's rules gave: `by` is empty.

    `number`: which event of the ticket said it, from 0.
    """

    value: Any
    by: str
    at: datetime
    number: int = 0
    reason: str = ""


def said_of(ticket: Ticket) -> dict[str, Saying]:
    """What has been said by now, by the name of the field or answer, as it stands.

    Impact and urgency are there only where somebody stated them; what a rule gave is not.
    """
    found = _at_first(ticket)
    before: Opened | Classified = ticket.opening
    for number, event in enumerate(ticket.standing):
        if type(event) is Classified:
            _classified(found, event, before, number)
            before = event
        elif type(event) is Detailed and event.wish:
            found["wish"] = Saying(event.wish, event.by, event.at, number)
    return found


def _at_first(ticket: Ticket) -> dict[str, Saying]:
    """What was said as the request came in."""
    opening = ticket.opening
    found: dict[str, Saying] = {}
    for name in _CLASSES:
        if getattr(opening, name) != UNKNOWN:
            found[name] = _opened(opening, name, getattr(opening, name))
            if opening.alert is not None or opening.message is not None:
                found[name] = replace(found[name], by="")
    ruled = {ground.field for ground in opening.grounds}
    for name in ANSWERS:
        if getattr(opening, name) != UNKNOWN and name not in ruled:
            found[name] = _opened(opening, name, getattr(opening, name))
    if failed := _failed(ticket):
        found["component"] = _opened(opening, "component", failed)
    for name, value in (opening.assessment or Assessment()).told().items():
        found[name] = _opened(opening, name, value)
    if opening.wish:
        found["wish"] = _opened(opening, "wish", opening.wish)
    return found


def _failed(ticket: Ticket) -> str:
    """The component that an alert is about; as in `intake.placing`, only if it is critical."""
    known = facts(ticket)
    return known.component if known and ticket.opening.urgency == "high" else ""


def _opened(opening: Opened, name: str, value: Any) -> Saying:
    by = opening.source or opening.by
    return Saying(value, by, opening.at, 0, opening.reasons.get(name, ""))


def _classified(
    found: dict[str, Saying], event: Classified, before: Opened | Classified, number: int
) -> None:
    """What a classification says that was not said before."""
    told = _told(event)
    levels = {name: _stated(event, before, name) for name in ANSWERS}
    classes = {name: getattr(event, name) for name in _CLASSES}
    for name in _unsaid(event, told, levels, classes):
        found.pop(name, None)
    for name, value in {**classes, **told, **levels}.items():
        again = name in event.said or name not in found or found[name].value != value
        if again and value not in (None, UNKNOWN if name in classes else None):
            found[name] = Saying(value, event.by, event.at, number, event.reason)
    if "type" in found and found["type"].number == number and _is_ruled(event):
        found["type"] = replace(found["type"], by="")


def _unsaid(
    event: Classified,
    told: Mapping[str, Any],
    levels: Mapping[str, str | None],
    classes: Mapping[str, str],
) -> list[str]:
    """What is not said any more: taken back, given by rules alone, or unknown again."""
    back = [name for name in event.said if name in _ANSWERED and name not in told]
    ruled = [name for name, level in levels.items() if level is None and event.grounds]
    return [*back, *ruled, *(name for name, value in classes.items() if value == UNKNOWN)]


def _told(event: Classified) -> dict[str, Any]:
    """The answers of a classification, and the wish."""
    told = event.assessment.told() if event.assessment else {}
    return {**told, "wish": event.wish} if event.wish else told


def _is_ruled(event: Classified) -> bool:
    """Whether the catalog gave the type, and nobody stated it."""
    return "type" not in event.said and any(each.field == "type" for each in event.grounds)


def _stated(event: Classified, before: Opened | Classified, name: str) -> str | None:
    """The level that a person stated, then or before; None if rules alone gave it."""
    if event.grounds:
        return next((g.value for g in event.grounds if g.field == name and not g.place), None)
    level: str = getattr(event, name)
    return level if level not in (UNKNOWN, getattr(before, name)) else None


def by_hand(ticket: Ticket) -> Classified | None:
    """The last classification, if its priority was set by hand."""
    last = last_decision(ticket)
    return last if last is not None and last.by_hand else None


def last_decision(ticket: Ticket) -> Classified | None:
    """The last classification of a ticket; None if it was never classified."""
    return next((event for event in reversed(ticket.standing) if type(event) is Classified), None)


def subject_of(
    ticket: Ticket,
    now: Mapping[str, Any] | None = None,
    answers: Assessment | None = None,
    by: str = "",
    taken_back: Collection[str] = (),
) -> Subject:
    """What is to be weighed: what was said of a ticket, and what is said `now` in its place.

    Args:
        ticket: it is weighed as it is known, but for what is said now.
        now: type, service, feature, impact and urgency as they are said now; None stays.
        answers: what is answered now; an answer counts although a level was stated before it.
        by: who says it.
        taken_back: the names of the answers that are not known any more.
    """
    says = {name: value for name, value in (now or {}).items() if value}
    fresh = (answers or Assessment()).told()
    before = said_of(ticket)
    service = says.get("service", ticket.service)
    kept = ticket.feature if service == ticket.service else UNKNOWN
    known = {
        name: each.value
        for name, each in before.items()
        if name in _ANSWERED and name not in taken_back
    }
    levels: dict[str, Level | None] = {}
    stated_by: dict[str, str] = {}
    newer: set[str] = set()
    for name, asked in ANSWERS.items():
        if says.get(name) == DERIVED:
            continue
        if name in says:
            levels[name], stated_by[name] = says[name], by
        elif name in before:
            levels[name], stated_by[name] = before[name].value, before[name].by
            newer |= {each for each in asked if each in fresh or _is_after(before, each, name)}
    return Subject(
        type=says.get("type", ticket.type),
        service=service,
        feature=says.get("feature", kept),
        impact=levels.get("impact"),
        urgency=levels.get("urgency"),
        unit=ticket.opening.unit,
        assessment=Assessment(**{**known, **fresh}),
        newer=frozenset(newer),
        stated_by=stated_by,
    )


_ANSWERED = Assessment.__struct_fields__


def _is_after(before: Mapping[str, Saying], answer: str, level: str) -> bool:
    return answer in before and before[answer].number > before[level].number
