"""What stands behind a promise: operational levels of queues, contracts that underpin suppliers.

A queue's clock begins when a ticket is handed to it and not before (nobody inherits a clock that
others have used up), pauses while the ticket waits, and ends with the next hand-over or the
resolution. A supplier's clock runs exactly while the supplier is waited for.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.sla.check import Alert, Stage, recipients_of, since_of
from sdcli.sla.clock import clock
from sdcli.sla.runs import LEADS, Run, Span, elapsed, reaches, utc_seconds
from sdcli.sla.terms import length
from sdcli.sla.timebox import run_of
from sdcli.tickets.event import Waited
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.model import Policy
    from sdcli.policy.scalars import Amount
    from sdcli.sla.agreed import Cover
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clock, Clocks
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

Backing: TypeAlias = Literal["operational", "underpinning"]


class Leg(Struct, frozen=True):
    """One stay in a queue, or one wait for a supplier, and how long it may take.

    Args:
        whose: the queue or the supplier.
        entry: the event that began it; `until`: how far it is looked at, in seconds of UTC.
        cycle: the how manieth stay or wait of the ticket it is, from 1.
        cover: what held for the ticket then.
        target_s: in seconds of working `time`; `amount`: as it is written.
        warn_at: at which percentages to warn.
        since: when what is agreed came to hold, in seconds of UTC; 0 if it did from the opening.
        is_last: nothing comes after it, so that it goes on unless its clock is stopped.
    """

    target: Backing
    whose: str
    entry: AnyEvent
    cycle: int
    cover: Cover
    run: Run
    target_s: int
    time: WorkingTime
    until: int
    amount: Amount
    warn_at: tuple[int, ...]
    since: int
    is_last: bool


def legs(ticket: Ticket, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()) -> list[Leg]:
    """Every stay and every wait for which something is agreed, each kind in order."""
    if not _may_have_any(ticket, clocks):
        return []
    known = parts or clocks.parts(ticket, now)
    return [*_stays(ticket, clocks, known), *_waits(ticket, clocks, known)]


def _may_have_any(ticket: Ticket, clocks: Clocks) -> bool:
    """Whether anything stands behind the promises to a ticket, or may have before others were."""
    was_moved = ticket.policy != ticket.opening.policy
    return was_moved or clocks.book(ticket.policy).has_backing


def faces(ticket: Ticket, clocks: Clocks, now: int) -> dict[Backing, tuple[str, Clock]]:
    """Whose clock runs now, of the queue and of the supplier, and how it stands."""
    found: dict[Backing, tuple[str, Clock]] = {}
    for leg in legs(ticket, clocks, now):
        if leg.is_last:
            face = clock(leg.run, leg.target_s, leg.time, now)
            found[leg.target] = leg.whose, face
    return found


def fallen_behind(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()
) -> list[Alert]:
    """What should have been said of these by `now`, in seconds of UTC, and has not been."""
    found: dict[str, Alert] = {}
    for leg in legs(ticket, clocks, now, parts):
        for percent in (*leg.warn_at, BREACH):
            id_ = alert_id(ticket, leg, percent)
            at = None if id_ in found or id_ in ticket.sla_alerts else passed(ticket, leg, percent)
            if at is not None:
                found[id_] = _alert(ticket, policy, leg, percent, (at, now))
    return list(found.values())


def alert_id(ticket: Ticket, leg: Leg, percent: int) -> str:
    """The id of what is said when so much of a leg has gone."""
    key = f"{ticket.ref}|{leg.target}|{percent}|{leg.entry.id}|{leg.target_s}"
    return sha256(key.encode()).hexdigest()[:16]


def _needed(leg: Leg, percent: int) -> int:
    """The seconds of working time that make a percentage of a leg."""
    return -(-leg.target_s * percent // 100)


def passed_s(leg: Leg, percent: int) -> int:
    """The seconds after which it has passed: one more for a breach, as for a target."""
    return _needed(leg, percent) + (percent == BREACH)


def passed(ticket: Ticket, leg: Leg, percent: int) -> int | None:
    """When so much of a leg had gone, in seconds of UTC; None if it has not, or had elsewhere (T25)."""
    needed, least = _needed(leg, percent), passed_s(leg, percent)
    if elapsed(leg.run, leg.time, leg.until) < least:
        return None
    imported = ticket.imported_at
    if imported and elapsed(leg.run, leg.time, utc_seconds(imported) - 1) >= least:
        return None
    return reaches(leg.run, leg.time, needed, leg.until)


def _alert(ticket: Ticket, policy: Policy, leg: Leg, percent: int, when: tuple[int, int]) -> Alert:
    """What is said of one threshold of a leg; `when` it was passed, and when it is said."""
    at, now = when
    needed = _needed(leg, percent)
    stage: Stage = "breach" if percent == BREACH else "warning"
    return Alert(
        id=alert_id(ticket, leg, percent),
        ref=ticket.ref,
        target=leg.target,
        threshold=percent,
        percent=round(needed * 100 / leg.target_s, 1),
        due=leg.time.after(at, leg.target_s - needed),
        elapsed_s=needed,
        target_s=leg.target_s,
        late_by_s=now - at,
        recipients=recipients_of(ticket, policy, stage, now),
        stage=stage,
        cycle=leg.cycle,
        began=leg.entry.id,
        on_arrival=at < leg.since,
    )


def _stays(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch]) -> Iterator[Leg]:
    entries: dict[str, int] = {}
    for index, part in enumerate(parts):
        cycle = entries.setdefault(part.entry.id, len(entries) + 1)
        levels = clocks.book(part.cover.policy).levels
        level = levels.operational_levels.get(part.queue)
        amount = level.targets.get(part.cover.priority) if level else None
        if level and amount:
            run, time = run_of(ticket, part), _time(clocks, part, level.calendar)
            yield Leg(
                "operational",
                part.queue,
                part.entry,
                cycle,
                part.cover,
                run,
                length(amount, run.start, time),
                time,
                part.until,
                amount,
                levels.warn_at,
                since_of(parts, index),
                index == len(parts) - 1,
            )


def _time(clocks: Clocks, part: Stretch, calendar: str) -> WorkingTime:
    """The working time of a calendar, else that of the ticket."""
    if calendar:
        return clocks.book(part.cover.policy).working_time(calendar)
    return clocks.terms(part.cover).time


def _waits(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch]) -> Iterator[Leg]:
    cycle = over = 0
    events = ticket.standing
    for index, event in enumerate(events):
        if index < over or type(event) is not Waited or event.waiting_for != "vendor":
            continue
        cycle += 1
        cover = next(part.cover for part in parts if part.events > index)
        usual = supplier_of(clocks.book(cover.policy).levels, cover.service)
        over = _end_of_wait(events, index, usual)
        end = utc_seconds(events[over].at) if over < len(events) else None
        start = utc_seconds(event.at)
        run = Run((Span(start, end),), stopped=end is not None, start=start)
        for number in _during(parts, index, end):
            part = parts[number]
            levels = clocks.book(part.cover.policy).levels
            supplier = event.supplier or supplier_of(levels, part.cover.service)
            contract = levels.underpinning_contracts.get(supplier)
            amount = contract.targets.get(part.cover.priority) if contract else None
            if contract and amount:
                time = _time(clocks, part, contract.calendar)
                yield Leg(
                    "underpinning",
                    supplier,
                    event,
                    cycle,
                    part.cover,
                    run,
                    length(amount, start, time),
                    time,
                    part.until if end is None else min(end, part.until),
                    amount,
                    levels.warn_at,
                    since_of(parts, number),
                    end is None and number == len(parts) - 1,
                )


def _during(parts: Sequence[Stretch], index: int, end: int | None) -> Iterator[int]:
    """Which of the stretches a wait lies in that began with the event of this index."""
    is_first = True
    for number, part in enumerate(parts):
        if part.events > index:
            if not is_first and end is not None and parts[number - 1].until >= end:
                return
            yield number
            is_first = False


def supplier_of(levels: ServiceLevels, service: str) -> str:
    """The supplier of a service, where nobody names one; empty if there is none."""
    contracts = levels.underpinning_contracts.items()
    return next((name for name, each in contracts if service in each.services), "")


def _end_of_wait(events: Sequence[AnyEvent], index: int, usual: str) -> int:
    """The event that ended a wait: somebody else is waited for, or nobody; else how many there are.

    `usual`: the supplier where nobody is named. To say again that one is waited for ends nothing.
    """
    first = events[index]
    for number, event in enumerate(events[index + 1 :], start=index + 1):
        if type(event) is Waited and type(first) is Waited:
            whom = event.supplier or usual, event.waiting_for
            if whom != (first.supplier or usual, first.waiting_for):
                return number
        elif LEADS[type(event)]["waiting"] != "waiting":
            return number
    return len(events)
