"""What two ledgers hold, told by one hash, and held against each other ticket by ticket.

Everything streams in the order of references, so that the size of a ledger does not matter.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sdcli.errors import IllegalStepError, LedgerDamagedError, OtherLedgerError
from sdcli.ledger.interface import Lacking
from sdcli.tickets.ticket import advance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.ledger.interface import Home, Progress
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

PREFIX = "SD-"
ENDLESS = 1 << 62
_TELL_EVERY = 200
_MOST_BEHIND = 100_000
"""Of so many tickets it is remembered that they have further events; others are found next time."""


class Content(NamedTuple):
    """What a ledger holds.

    Args:
        tickets, events: how many; `hash`: the SHA-256 of all of them, a ticket a line, as JSON.
    """

    tickets: int
    events: int
    hash: str


class Tally:
    """Counts tickets as they pass, in the order of their references, and sums up what they hold."""

    def __init__(self) -> None:
        self._digest = sha256()
        self.tickets = self.events = 0

    def add(self, ticket: Ticket) -> bytes:
        """Take a ticket into account; what is summed of it."""
        encoded = msgspec.json.encode(ticket)
        self._digest.update(encoded)
        self._digest.update(b"\n")
        self.tickets += 1
        self.events += len(ticket.events)
        return encoded

    def content(self) -> Content:
        """What has passed so far."""
        return Content(self.tickets, self.events, self._digest.hexdigest())


class Compared(NamedTuple):
    """Two ledgers, each by what it holds, and what the second one lacks of the first.

    `new`: how many tickets the second one does not have at all.
    """

    source: Content
    target: Content
    lacking: Lacking
    new: int


def number_of(ticket: Ticket) -> int:
    """The number of a ticket's reference."""
    return int(ticket.ref[len(PREFIX) :])


def compare(source: Home, target: Home, progress: Progress) -> Compared:
    """Hold the second ledger against the first one, of which it may be an older state.

    Raises:
        OtherLedgerError: it is not: the first ticket that differs is named.
    """
    total, done = source.count(), 0
    of_source, of_target, lacking = Tally(), Tally(), _Lacking()
    there = target.everything()
    other = next(there, None)
    for ticket in source.everything():
        done += 1
        if done % _TELL_EVERY == 0:
            progress(done, max(total, done))
        number, encoded = number_of(ticket), of_source.add(ticket)
        if other is not None and number_of(other) < number:
            break
        if other is None or number_of(other) > number:
            lacking.ticket(number)
            continue
        if of_target.add(other) == encoded:
            lacking.there()
        else:
            _require_older(source, target, ticket, other)
            lacking.events(number)
        other = next(there, None)
    if other is not None:
        raise OtherLedgerError(target.place, source.place, other.ref, "is not in the other one")
    progress(done, done)
    return Compared(of_source.content(), of_target.content(), lacking.result(), lacking.new)


def is_empty(home: Home) -> bool:
    """Whether a ledger holds no ticket."""
    return next(home.everything(), None) is None


def further(before: Ticket, after: Ticket) -> tuple[AnyEvent, ...] | None:
    """The events by which a ticket has become another state of it; None if it has not by any."""
    known = {event.id for event in before.events}
    if [event for event in after.events if event.id in known] != list(before.events):
        return None
    new = [event for event in after.events if event.id not in known]
    # What was entered late stands where it happened: it was added in the order of the ids.
    for order in (new, sorted(new, key=lambda event: event.id)):
        try:
            if order and advance(before, order).events == after.events:
                return tuple(order)
        except IllegalStepError:
            continue
    return None


def _require_older(source: Home, target: Home, ticket: Ticket, other: Ticket) -> None:
    if further(other, ticket) is not None:
        return
    reason = "differs"
    if further(ticket, other) is not None:
        reason = "goes further there; copy the other way"
    elif other.events == ticket.events:
        reason = "has the same events and other fields; `sdcli doctor` tells which ledger is wrong"
    elif other.events[0] == ticket.events[0]:
        reason = "was changed in both since they were the same, so neither is an older state"
    raise OtherLedgerError(target.place, source.place, ticket.ref, reason)


class _Lacking:
    def __init__(self) -> None:
        self._runs: list[tuple[int, int]] = []
        self._behind: list[int] = []
        self._first = self._last = self.new = 0

    def ticket(self, number: int) -> None:
        """A ticket is not there; between two such there may be numbers that no ticket has."""
        if not self._first:
            self._first = number
        self._last = number
        self.new += 1

    def events(self, number: int) -> None:
        """A ticket lacks events."""
        self._end()
        if len(self._behind) < _MOST_BEHIND:
            self._behind.append(number)

    def there(self) -> None:
        """A ticket is there."""
        self._end()

    def _end(self) -> None:
        if self._first:
            self._runs.append((self._first, self._last))
            self._first = 0

    def result(self) -> Lacking:
        """What was not there."""
        self._end()
        return Lacking(tuple(self._runs), tuple(self._behind))


def lacked(tickets: Iterator[Ticket], lacking: Lacking) -> Iterator[tuple[Ticket, bool]]:
    """The tickets that are lacking, each with whether it is wholly new."""
    runs, behind = iter(lacking.runs), frozenset(lacking.behind)
    run = next(runs, None)
    for ticket in tickets:
        number = number_of(ticket)
        while run is not None and run[1] < number:
            run = next(runs, None)
        if run is not None and run[0] <= number:
            yield ticket, True
        elif number in behind:
            yield ticket, False


EVERYTHING = Lacking(runs=((1, ENDLESS),))
"""What an empty ledger lacks."""


def bring_beside(source: Home, target: Home) -> Beside:
    """Have the files and service levels of one ledger in another too; none goes away there.

    What is not what it was cannot be brought, and is named.
    """
    files, levels, missing = 0, 0, list[str]()
    there = frozenset(target.policies())
    for policy in source.policies():
        if policy in there:
            continue
        try:
            target.keep_levels(policy, source.levels(policy))
            levels += 1
        except LedgerDamagedError:
            missing.append(f"the service levels {policy}")
    kept = frozenset(target.files.names())
    for name in source.files.names():
        if name in kept and target.files.has(name):
            continue
        content = source.files.content(name)
        if content is None:
            missing.append(f"the attached file {name}")
        else:
            target.files.keep(name, content)
            files += 1
    return Beside(files, levels, tuple(missing))


class Beside(NamedTuple):
    """What was brought beside the tickets: files and service levels, and what could not be."""

    files: int
    levels: int
    missing: tuple[str, ...]
