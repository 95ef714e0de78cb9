"""How each alert of a ticket stands, folded from the ticket's events.

One ticket can hold several alerts: the one that opened it and those that were attached to it.
Nothing of this is stored; every figure can be counted again from the events (R1a.2b).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.event import (
    AnyEvent,
    Correlated,
    Opened,
    Recovered,
    Repeated,
    Suppressed,
    Validated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.tickets.contact import AlertFacts
    from sdcli.tickets.ticket import Ticket

CORRECTABLE = ("component", "environment", "severity", "link")
"""The facts of an alert that validation may correct, besides its classification."""

_REMEMBERED = 21
"""How many changes are looked back on, as Nagios does (T16)."""


class Standing(Struct, frozen=True, kw_only=True):
    """One alert of a ticket.

    Args:
        key: what it is known by; `summary`: what it says.
        firing: whether monitoring saw it last as a failure; `flapping`: whether that is believed.
        sightings: how often it arrived firing; `recoveries`: how often as over.
        suppressed: how many of both arrived in a planned outage.
        changes: the instants of its last changes between the two; `flips`: how many there were.
        hour: the last hour in which it arrived, in hours since 1970; `in_hour`: how often then.
    """

    key: str
    summary: str = ""
    firing: bool = True
    flapping: bool = False
    sightings: int = 0
    recoveries: int = 0
    suppressed: int = 0
    flips: int = 0
    changes: tuple[datetime, ...] = ()
    hour: int = 0
    in_hour: int = 0

    @property
    def total(self) -> int:
        """How many events of monitoring this accounts for."""
        return self.sightings + self.recoveries


def standings(events: Iterable[AnyEvent]) -> dict[str, Standing]:
    """Every alert of a ticket with these events, by key, in the order of arrival."""
    found: dict[str, Standing] = {}
    for event in events:
        key = key_of(event)
        if key:
            found[key] = after(found.get(key) or Standing(key=key), event)
    return found


def key_of(event: AnyEvent) -> str:
    """The key of the alert that an event is about; none if it is about none."""
    if isinstance(event, Opened | Repeated | Recovered | Correlated | Suppressed):
        return event.key
    return ""


def times_of(event: AnyEvent) -> int:
    """How many events of monitoring an event stands for."""
    if isinstance(event, Repeated | Recovered | Suppressed):
        return event.times
    if isinstance(event, Opened):
        # What is raised after an outage was counted there when it arrived.
        return 1 if event.key and event.rule != "outage-over" else 0
    return 1 if isinstance(event, Correlated) else 0


def after(before: Standing, event: AnyEvent) -> Standing:
    """How an alert stands after one event about it."""
    if isinstance(event, Opened | Correlated):
        first = replace(before, summary=event.summary, firing=True)
        return _seen(first, event.at, firings=times_of(event))
    if isinstance(event, Repeated):
        turned = _turned(before, event.at, firing=True)
        return replace(_seen(turned, event.at, firings=event.times), flapping=event.flapping)
    if isinstance(event, Recovered):
        turned = _turned(before, event.at, firing=False)
        return replace(_seen(turned, event.at, recoveries=event.times), flapping=event.flapping)
    if isinstance(event, Suppressed):
        return _suppressed(before, event)
    return before


def _suppressed(before: Standing, event: Suppressed) -> Standing:
    turned = _turned(before, event.at, firing=event.firing) if before.total else before
    firings, recoveries = (event.times, 0) if event.firing else (0, event.times)
    seen = _seen(turned, event.at, firings=firings, recoveries=recoveries)
    summary = event.would_open.summary if event.would_open else before.summary
    kept = before.suppressed + event.times
    return replace(seen, summary=summary, firing=event.firing, suppressed=kept)


def _turned(before: Standing, at: datetime, *, firing: bool) -> Standing:
    if before.firing == firing:
        return before
    changes = (*before.changes, at)[-_REMEMBERED:]
    return replace(before, firing=firing, flips=before.flips + 1, changes=changes)


def _seen(before: Standing, at: datetime, *, firings: int = 0, recoveries: int = 0) -> Standing:
    hour = int(at.timestamp()) // 3600
    return replace(
        before,
        sightings=before.sightings + firings,
        recoveries=before.recoveries + recoveries,
        hour=hour,
        in_hour=firings + recoveries + (before.in_hour if hour == before.hour else 0),
    )


def facts(ticket: Ticket) -> AlertFacts | None:
    """What is known of the alert that opened a ticket, with what validation corrected (R1b.2)."""
    known = ticket.opening.alert
    for event in ticket.standing if known else ():
        if isinstance(event, Validated) and known:
            new = {n: each.after for n, each in event.corrections.items() if n in CORRECTABLE}
            missing = tuple(name for name in known.missing if name not in event.corrections)
            known = replace(known, missing=missing, **new)
    return known


def totals(found: Iterable[Standing]) -> Counter[str]:
    """What arrived in all: `firing` and `resolved` make `total`; `suppressed` are among them."""
    counted: Counter[str] = Counter()
    for each in found:
        counted["firing"] += each.sightings
        counted["resolved"] += each.recoveries
        counted["suppressed"] += each.suppressed
        counted["total"] += each.total
    return counted
