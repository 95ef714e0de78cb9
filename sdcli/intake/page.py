"""One ticket while a unit of work decides about its alerts: as it was, as it is, what came between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.tickets.alerts import Standing, after, key_of, standings
from sdcli.tickets.event import AnyEvent, Correlated, Repeated
from sdcli.tickets.ticket import advance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sdcli.tickets.ticket import Ticket


class Page:
    """One ticket in the book: as it was, as it is, its alerts, and the events in between."""

    def __init__(self, ticket: Ticket, taken: Iterable[AnyEvent] = ()) -> None:
        """`taken`: the events of what goes on in the ticket, whose alerts are its own (T24)."""
        self.before = ticket
        self.ticket = ticket
        self.standings = standings((*taken, *ticket.standing))
        self._firing = {key for key, each in self.standings.items() if each.firing}
        self._added: list[AnyEvent] = []
        self._tallies: dict[str, Repeated] = {}

    def add(self, *events: AnyEvent) -> None:
        """Let something happen to the ticket."""
        for event in events:
            key = key_of(event)
            if isinstance(event, Repeated) and self._is_tally(event):
                self._tally(event)
                continue
            self._settle(key)
            self._take(event)

    def standing(self, key: str) -> Standing:
        """How an alert stands here."""
        return self.standings.get(key) or Standing(key=key)

    def others_firing(self, key: str) -> int:
        """How many other alerts of the ticket still fire."""
        return len(self._firing) - (key in self._firing)

    def events(self) -> list[AnyEvent]:
        """What was added, in order."""
        for key in list(self._tallies):
            self._settle(key)
        return self._added

    @property
    def last_joined(self) -> datetime:
        """When the last new alert came to the ticket."""
        joined = (e.at for e in reversed(self.ticket.standing) if isinstance(e, Correlated))
        return next(joined, self.ticket.opened_at)

    def _is_tally(self, event: Repeated) -> bool:
        """Whether nothing but a number changes, so that one event can count many (T17)."""
        known = self.standings.get(event.key)
        same = known is not None and known.firing and known.flapping == event.flapping
        return same and not event.idempotency_key

    def _tally(self, event: Repeated) -> None:
        known = self._tallies.get(event.key)
        if known and known.rule != event.rule:
            self._settle(event.key)
            known = None
        self._tallies[event.key] = replace(event, times=event.times + (known.times if known else 0))
        self.standings[event.key] = after(self.standings[event.key], event)

    def _settle(self, key: str) -> None:
        tally = self._tallies.pop(key, None)
        if tally is not None:
            self.ticket = advance(self.ticket, [tally])
            self._added.append(tally)

    def _take(self, event: AnyEvent) -> None:
        key = key_of(event)
        self.ticket = advance(self.ticket, [event])
        self._added.append(event)
        if key:
            known = self.standings[key] = after(self.standing(key), event)
            (self._firing.add if known.firing else self._firing.discard)(key)
