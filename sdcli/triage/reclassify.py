"""Changing a classification: how it was discovered, who must hear of it, and what it was at first.

Nothing is taken back: the first class and the final one are both in the events (R7.4), and
everything here reads them from there (R3d1.5, R3d1.5a).
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.contact import Correction
from sdcli.tickets.event import Classified, NoticeTaken, SupportDecided
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.contact import Ground
    from sdcli.tickets.event import AnyEvent, Opened
    from sdcli.tickets.ticket import Ticket

CLASSES = ("type", "service", "feature")
LEVELS = ("impact", "urgency")
FIELDS = (*CLASSES, *LEVELS)

How: TypeAlias = Literal["opened", "rules", "questions", "classified"]


class Decided(Struct, frozen=True):
    """The value of a field when it was decided for the first time.

    Args:
        by: who decided; empty if the desk's rules did, for what a machine reported.
        how: by hand at the opening, by the desk's rules, by the answers to its questions, or by
            a classification.
    """

    value: str
    by: str
    at: datetime
    how: How


class Change(Struct, frozen=True, kw_only=True):
    """A classification that was decided and is decided otherwise (R3d1.5).

    Args:
        fields: what was decided and is not any more, by field; `priority` is among them if
            it moved along.
        discovered: how it was found out; `reason`: what showed it.
        tell: who must hear of it (R3d1.5a).
    """

    at: datetime
    by: str
    fields: dict[str, Correction]
    discovered: str = ""
    reason: str = ""
    tell: tuple[str, ...] = ()

    @property
    def is_mistake(self) -> bool:
        """Whether type, service or feature were changed, and not only how much it matters."""
        return any(field in CLASSES for field in self.fields)


def is_by_machine(opening: Opened) -> bool:
    """Whether the desk's rules classified a request, because no person at the desk opened it."""
    came = (opening.alert, opening.message, opening.payload)
    return any(each is not None for each in came)


def first_class(ticket: Ticket) -> dict[str, Decided]:
    """For each field the first value that was not unknown; what was never decided is left out."""
    found: dict[str, Decided] = {}
    for event in ticket.standing:
        if type(event) is Classified:
            for field in FIELDS:
                if field not in found and (value := getattr(event, field)) != UNKNOWN:
                    found[field] = Decided(value, event.by, event.at, "classified")
        elif event is ticket.standing[0]:
            found = _opened(ticket.opening)
    return found


def _opened(opening: Opened) -> dict[str, Decided]:
    """What was decided when the request was opened."""
    machine = is_by_machine(opening)
    asked = opening.reasons if opening.walk else ()
    by = "" if machine else opening.by
    return {
        field: Decided(
            value,
            by,
            opening.at,
            "rules" if machine else "questions" if field in asked else "opened",
        )
        for field in FIELDS
        if (value := getattr(opening, field)) != UNKNOWN
    }


def final_class(ticket: Ticket) -> dict[str, str]:
    """The classification as it stands, `unknown` where nothing was decided (R7.4)."""
    return {field: getattr(ticket, field) for field in FIELDS}


def differs(ticket: Ticket) -> dict[str, Decided]:
    """The first class, if type, service or feature are not what they were at first; else nothing."""
    if not any(type(event) is Classified for event in ticket.standing):
        return {}
    first = first_class(ticket)
    moved = any(
        field in first and first[field].value != getattr(ticket, field) for field in CLASSES
    )
    return first if moved else {}


def changes_of(ticket: Ticket) -> tuple[Change, ...]:
    """Every time that something decided was decided otherwise, in order."""
    return tuple(change for _, change in _changes(ticket))


def _changes(ticket: Ticket) -> Iterator[tuple[int, Change]]:
    """The changes, each with the place of its event."""
    was: Opened | Classified = ticket.opening
    seen = False
    for index, event in enumerate(ticket.standing):
        if type(event) is not Classified:
            continue
        fields = changed(was, event)
        if fields or ((seen or event.tell) and event.priority != was.priority):
            yield index, _change(was, event, fields)
        was, seen = event, True


def _change(
    was: Opened | Classified | Ticket, event: Classified, fields: Collection[str]
) -> Change:
    moved = (*fields, *(("priority",) if event.priority != was.priority else ()))
    return Change(
        at=event.at,
        by=event.by,
        fields={name: Correction(getattr(was, name), getattr(event, name)) for name in moved},
        discovered=event.discovered,
        reason=event.reason,
        tell=event.tell,
    )


def changed(was: Ticket | Opened | Classified, event: Classified) -> tuple[str, ...]:
    """The fields that were decided before, and are decided otherwise now.

    What was unknown is no mistake; a feature that goes with its service is none of its own.
    """
    moved = event.service != was.service
    return tuple(
        field
        for field in FIELDS
        if getattr(was, field) not in (UNKNOWN, getattr(event, field))
        and not (field == "feature" and moved)
    )


def undone(before: Ticket, after: Ticket) -> tuple[Ticket, Change | None] | None:
    """A ticket as it would be without what one command decided, and what it changed of it.

    `before` and `after` are the ticket around the command, which may have done more: that stays,
    so that what the clocks were can be held against what they are. Nothing if the command
    decided neither the classification nor what becomes of what the catalog does not hold.
    """
    new = after.events[len(before.events) :]
    others = tuple(event for event in new if type(event) not in (Classified, SupportDecided))
    if len(others) == len(new):
        return None
    old: dict[str, Any] = {name: getattr(before, name) for name in (*FIELDS, "priority", "support")}
    was = replace(after, **old, events=before.events + others)
    classified = [event for event in new if type(event) is Classified]
    return was, _between(before, classified[-1]) if classified else None


def _between(before: Ticket, event: Classified) -> Change | None:
    """What a classification changed of what had been decided."""
    fields = changed(before, event)
    again = any(type(each) is Classified for each in before.events)
    moved = (again or event.tell) and event.priority != before.priority
    return _change(before, event, fields) if fields or moved else None


def by_word(event: Classified, fields: Iterable[str]) -> tuple[str, ...]:
    """The fields without the levels that answers or rules gave: those may change freely."""
    first: dict[str, Ground] = {}
    for ground in event.grounds:
        first.setdefault(ground.field, ground)
    ruled = {name for name in LEVELS if name not in first or first[name].place}
    return tuple(field for field in fields if field not in ruled)


def completed(policy: Policy, ticket: Ticket, event: Classified) -> Classified:
    """A classification about to be recorded, with what a change of it needs.

    How it was discovered is kept where there was something to discover, and `tell` names who
    must hear of it.

    Raises:
        RefusedError: something decided is changed without a word on how that was found out.
    """
    fields = changed(ticket, event)
    require_discovery(
        ticket, by_word(event, fields), discovered=event.discovered, reason=event.reason
    )
    return replace(
        event,
        discovered=event.discovered if fields else "",
        tell=_whom_to_tell(policy, ticket, event, fields),
    )


def _whom_to_tell(
    policy: Policy, ticket: Ticket, event: Classified, fields: Collection[str]
) -> tuple[str, ...]:
    """Who chose what is changed now, and the desk, which keeps the request (R3d1.5a, R3d2.1b).

    Of another impact, urgency or priority only the desk hears. Where the ticket lies with another
    team, or somebody from outside the desk changes it, that is also whoever took the request: the
    caller has their word. Nobody is told what they do themselves, and nobody who does not work here.
    """
    desk = policy.teams.desk
    queue = policy.teams.queues.get(desk.queue)
    again = any(type(each) is Classified for each in ticket.standing)
    away = ticket.queue != desk.queue
    moved = event.priority != ticket.priority
    if not fields and not (moved and (again or away)):
        return ()
    wrong = [field for field in fields if field in CLASSES]
    people = [*(person for field in wrong for person in _deciders(ticket, field))]
    people.append(queue.lead if queue else "")
    if away or queue is None or event.by not in queue.members:
        people.append(keeper(policy, ticket))
    staff = policy.teams.technicians
    return tuple(dict.fromkeys(each for each in people if each in staff and each != event.by))


def keeper(policy: Policy, ticket: Ticket) -> str:
    """Who at the desk keeps a request to its end: whoever took it, else the desk's lead (R3d2.1b).

    Empty if the desk has no lead.
    """
    queue = policy.teams.queues.get(policy.teams.desk.queue)
    if queue is None:
        return ""
    taken_by = ticket.opening.by
    return taken_by if taken_by in queue.members else queue.lead


def _deciders(ticket: Ticket, field: str) -> Iterator[str]:
    """Who decided a field first, and who decided the value that stands."""
    found = first_class(ticket).get(field)
    if found is None:
        return
    yield found.by
    value, by = found.value, found.by
    for event in ticket.standing:
        if type(event) is Classified and getattr(event, field) != value:
            value, by = getattr(event, field), event.by
    yield by


def validated(ticket: Ticket, events: Collection[AnyEvent], note: str) -> tuple[AnyEvent, ...]:
    """What a validation corrects of the classification, with its note as the reason (R1b.2).

    Raises:
        RefusedError: a person stated what is corrected, and the note does not say what showed it.
    """
    found: list[AnyEvent] = []
    for event in events:
        if type(event) is Classified:
            stated = [
                field
                for field in changed(ticket, event)
                if field in CLASSES and any([*_deciders(ticket, field)][-1:])
            ]
            if stated and not note:
                was = ", ".join(f"{field} {getattr(ticket, field)}" for field in stated)
                raise RefusedError(
                    f"{ticket.ref} was classified by a person ({was}). To correct that, add --note "
                    "TEXT (what showed it).",
                    ref=ticket.ref,
                    decided={field: getattr(ticket, field) for field in stated},
                )
            found.append(replace(event, reason=note or event.reason))
        else:
            found.append(event)
    return tuple(found)


def waiting_for(ticket: Ticket, person: str) -> tuple[Change, ...]:
    """The changes that somebody has not said that they have seen, in order (R3d1.5a)."""
    if person not in ticket.notices:
        return ()
    seen = [
        index
        for index, event in enumerate(ticket.standing)
        if type(event) is NoticeTaken and person in event.ends
    ]
    since = seen[-1] if seen else 0
    return tuple(
        change for index, change in _changes(ticket) if index > since and person in change.tell
    )


def fallen_to(policy: Policy, person: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` who do not work here any more, and whose notices fall to somebody.

    To the desk's lead; to others none does (R3d1.5a, R3d2.1b).
    """
    staff = policy.teams.technicians
    return tuple(each for each in names if takes_over(policy, person) and each not in staff)


def takes_over(policy: Policy, person: str) -> bool:
    """Whether somebody is the desk's lead, to whom the notices fall of those who left."""
    queue = policy.teams.queues.get(policy.teams.desk.queue)
    return queue is not None and queue.lead == person


def require_discovery(
    ticket: Ticket, fields: Collection[str], *, discovered: str, reason: str
) -> None:
    """Refuse to change what was decided without a word on how the mistake was found (R3d1.5).

    Another impact or urgency needs a reason only (R2c.2e).

    Raises:
        RefusedError: it is not said how it was discovered, or what showed it.
    """
    wrong = [field for field in fields if field in CLASSES]
    missing = {
        "--discovered HOW (how it was found to be wrong)": bool(wrong) and not discovered,
        "--reason TEXT (what showed it)": not reason,
    }
    needed = [option for option, is_missing in missing.items() if is_missing and fields]
    if not needed:
        return
    was = ", ".join(f"{field} {getattr(ticket, field)}" for field in fields)
    raise RefusedError(
        f"{ticket.ref} has been classified already ({was}). To change that, add "
        f"{' and '.join(needed)}.",
        ref=ticket.ref,
        decided={field: getattr(ticket, field) for field in fields},
    )
