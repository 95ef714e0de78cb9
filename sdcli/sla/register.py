"""The register of broken promises: each with its objective, its cause and who was informed (R5b.4).

Nothing in it is stored: it is read from what was said (`SlaAlerted`), what was explained
(`BreachExplained`) and what the clocks show. So nothing can be taken out of it. What was said and
is no breach by what is known now stays in it and says so; what is a breach and was never said is
in it too.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.sla.promises import Key, outcome
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.event import BreachExplained, Delivered, Noted, Resolved, SlaAlerted, Waited
from sdcli.tickets.words import BREACH, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.sla.clock import Clocks
    from sdcli.sla.promises import Miss
    from sdcli.tickets.ticket import Ticket

TIME_BOX = "time-box"
"""Said like a breach, and no broken promise (R2c.2b)."""


class Informed(Struct, frozen=True):
    """Who was told of a breach, when, and by which route; no route is the answer of the check."""

    person: str
    at: datetime
    route: str = ""


class Cause(Struct, frozen=True):
    """Why a target was missed, by whom and when that was said."""

    cause: str
    note: str
    by: str
    at: datetime


class Breach(Struct, frozen=True, kw_only=True):
    """One broken promise. Instants in UTC, seconds of working time.

    Args:
        alert: the id under which it is said.
        began: the id of the event that began that run; empty if the opening did.
        whose: the queue or the supplier, where it was theirs to keep.
        agreement, priority, service: what held for the ticket when it was missed.
        objective_s: how long there was.
        missed_at: when the time was over; None if by what is known now it never was.
        said_at: when it was said; None if it never was.
        overrun_s: how much longer it took, or has taken so far.
        running: whether that still grows.
        stands: whether it is a breach by what is known now.
        causes: all that was said of why, in order; the last one holds.
    """

    ref: str
    summary: str
    alert: str
    target: str
    cycle: int
    began: str
    whose: str
    agreement: str
    priority: str
    service: str
    objective_s: int
    due: datetime
    missed_at: datetime | None
    said_at: datetime | None
    on_arrival: bool
    overrun_s: int | None
    running: bool
    stands: bool
    informed: tuple[Informed, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def unsaid(self) -> bool:
        """Whether nobody was ever told."""
        return self.said_at is None

    @property
    def cause(self) -> Cause | None:
        """The cause that holds."""
        return self.causes[-1] if self.causes else None

    @property
    def at(self) -> datetime:
        """The instant by which it belongs to a period: when it was missed, else when it was due."""
        return self.missed_at or self.due


class Totals(Struct, frozen=True, kw_only=True):
    """How many there are; those that do not stand are counted apart and in nothing else.

    Args:
        explained: with a cause other than `unknown`; `unknown`: with that; the others have none.
    """

    breaches: int
    tickets: int
    explained: int
    unknown: int
    unexplained: int
    unsaid: int
    withdrawn: int
    overrun_s: int
    by_target: dict[str, int]
    by_cause: dict[str, int]
    by_agreement: dict[str, int]
    by_service: dict[str, int]


def breaches(ticket: Ticket, clocks: Clocks, now: int) -> list[Breach]:
    """Every broken promise of a ticket, in the order in which they were missed.

    `now` is in seconds of UTC.
    """
    # By what they are about, not by their ids: those change where a ticket is imported.
    said = {(each.target, each.began, each.target_s, each.mark): each for each in _said(ticket)}
    missed = {
        (each.key.target, each.key.began, each.target_s, each.mark): each
        for each in _missed(ticket, clocks, now)
    }
    if not (missed or said):
        return []
    causes, told = _causes(ticket), _informed(ticket, said.values())
    found = [
        _entry(ticket, missed.get(face), said.get(face), causes) for face in {**said, **missed}
    ]
    found = [replace(each, informed=told.get(each.alert, ())) for each in found]
    arrived = int(ticket.imported_at.timestamp()) if ticket.imported_at else 0
    ours = [each for each in found if each.said_at or utc_seconds(each.at) >= arrived]
    return sorted(ours, key=lambda each: (each.at, each.target, each.cycle))


def _missed(ticket: Ticket, clocks: Clocks, now: int) -> list[Miss]:
    """What was missed, here or elsewhere: what was said elsewhere is a breach still."""
    whole = replace(ticket, imported_at=None) if ticket.imported_at else ticket
    return outcome(whole, clocks, now).missed


def _said(ticket: Ticket) -> Iterator[SlaAlerted]:
    """What was said to be a breach; what was said before there were stages is told by its percent."""
    for event in ticket.standing:
        if type(event) is SlaAlerted and event.target != TIME_BOX:
            is_breach = event.stage == "breach" if event.stage else event.threshold >= BREACH
            if is_breach:
                yield event


def _informed(ticket: Ticket, said: Iterable[SlaAlerted]) -> dict[str, tuple[Informed, ...]]:
    """Who was told, by the alert: in the answer of the check, and by what has arrived (R5b.4).

    What was tried and never arrived has told nobody.
    """
    found = {each.alert: [Informed(person, each.at) for person in each.recipients] for each in said}
    for event in ticket.standing:
        if type(event) is Delivered and event.ok and event.alert in found:
            found[event.alert].append(Informed(event.to, event.at, event.route))
    return {id_: tuple(each) for id_, each in found.items()}


def _causes(ticket: Ticket) -> dict[tuple[str, str], tuple[Cause, ...]]:
    found: dict[tuple[str, str], tuple[Cause, ...]] = {}
    for event in ticket.standing:
        if type(event) is BreachExplained:
            key = event.target, event.began
            cause = Cause(event.cause, event.note, event.by, event.entered or event.at)
            found[key] = (*found.get(key, ()), cause)
    return found


def _entry(
    ticket: Ticket,
    missed: Miss | None,
    said: SlaAlerted | None,
    causes: dict[tuple[str, str], tuple[Cause, ...]],
) -> Breach:
    """One entry of what the clocks show, of what was said, or of both."""
    key = missed.key if missed else Key("", 0)
    if said and not missed:
        key = Key(said.target, said.cycle, began=said.began)
    objective_s = missed.target_s if missed else said.target_s if said else 0
    return Breach(
        ref=ticket.ref,
        summary=ticket.summary,
        alert=said.alert if said else missed.id if missed else "",
        target=key.target,
        cycle=key.cycle,
        began=key.began,
        whose=key.whose,
        agreement=missed.agreement if missed else "",
        priority=missed.priority if missed else ticket.priority,
        service=missed.service if missed else ticket.service,
        objective_s=objective_s,
        due=said.due if said else _instant(missed.due if missed else 0),
        missed_at=_instant(missed.missed_at) if missed else None,
        said_at=said.at if said else None,
        on_arrival=missed.on_arrival if missed else bool(said and said.on_arrival),
        overrun_s=missed.overrun_s if missed else None,
        running=bool(missed and missed.running),
        stands=missed is not None,
        causes=causes.get((key.target, key.began), ()),
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def totals(found: Iterable[Breach]) -> Totals:
    """What there is in all."""
    every = list(found)
    standing = [each for each in every if each.stands]
    causes = Counter(each.cause.cause for each in standing if each.cause)
    unexplained = sum(each.cause is None for each in standing)
    unknown = causes.get(UNKNOWN, 0)
    return Totals(
        breaches=len(standing),
        tickets=len({each.ref for each in standing}),
        explained=len(standing) - unexplained - unknown,
        unknown=unknown,
        unexplained=unexplained,
        unsaid=sum(each.unsaid for each in standing),
        withdrawn=len(every) - len(standing),
        overrun_s=_overrun(standing),
        by_target=_sorted(Counter(each.target for each in standing)),
        by_cause=_sorted(causes),
        by_agreement=_sorted(Counter(each.agreement for each in standing)),
        by_service=_sorted(Counter(each.service for each in standing)),
    )


def _overrun(standing: Iterable[Breach]) -> int:
    """The time beyond all targets; of two that one run has missed the larger holds the other."""
    worst: dict[tuple[str, str, str], int] = {}
    for each in standing:
        key = each.ref, each.target, each.began
        worst[key] = max(worst.get(key, 0), each.overrun_s or 0)
    return sum(worst.values())


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def missed_in(ticket: Ticket, found: Iterable[Breach], target: str, cycle: int | None) -> Breach:
    """The breach of a target in this cycle, or in the last one that was missed if it is None.

    Raises:
        RefusedError: it was never missed.
    """
    missed = [each for each in found if each.target == target and cycle in (None, each.cycle)]
    if missed:
        return max(missed, key=lambda each: each.cycle)
    which = f" in cycle {cycle}" if cycle else ""
    others = ", ".join(dict.fromkeys(f"{b.target} (cycle {b.cycle})" for b in found))
    known = f"What was missed: {others}." if others else "Nothing of it was missed."
    raise RefusedError(
        f"{ticket.ref} never missed its {target} target{which}, so there is no cause to record. "
        f"{known}",
        ref=ticket.ref,
        target=target,
    )


def roadblocks(ticket: Ticket) -> tuple[str, ...]:
    """What stands in the way: what was noted so since the last resolution, and what is waited for.

    (R5b.3)
    """
    noted: list[str] = []
    waits = ""
    for event in ticket.standing:
        if type(event) is Resolved:
            noted = []
        elif type(event) is Noted and event.roadblock:
            noted.append(event.text)
        elif type(event) is Waited:
            waits = _waits(event)
    return (*noted, waits) if ticket.waiting_for else tuple(noted)


def _waits(event: Waited) -> str:
    """What is waited for, since when and until when, in words."""
    whom = {
        "user": "the caller",
        "vendor": event.supplier or "the supplier",
        "change": "a change",
        "other": "somebody else",
    }.get(event.waiting_for, event.waiting_for)
    until = f" until {event.until:%Y-%m-%d %H:%M} UTC" if event.until else ""
    reason = f": {event.reason}" if event.reason else ""
    return f"waits for {whom} since {event.at:%Y-%m-%d %H:%M} UTC{until}{reason}"


class Wanted(Struct, frozen=True):
    """Which broken promises: empty fields do not narrow; a period ends before `until`, in UTC."""

    since: datetime | None = None
    until: datetime | None = None
    service: str = ""
    agreement: str = ""
    target: str = ""
    unexplained: bool = False

    def matches(self, found: Breach) -> bool:
        """Whether it is one of them; it belongs to the period in which it was missed."""
        return (
            (self.since is None or found.at >= self.since)
            and (self.until is None or found.at < self.until)
            and self.service in ("", found.service)
            and self.agreement in ("", found.agreement)
            and self.target in ("", found.target)
            and not (self.unexplained and (found.cause or not found.stands))
        )


def register(
    tickets: Iterable[Ticket], clocks: Clocks, wanted: Wanted, now: datetime
) -> Iterator[Breach]:
    """The broken promises that are wanted, ticket by ticket."""
    at = utc_seconds(now)
    for ticket in tickets:
        yield from filter(wanted.matches, breaches(ticket, clocks, at))
