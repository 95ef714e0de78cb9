"""Which tickets a check of the clocks looks at, and which other checks look at meanwhile.

A ticket is due when its time has come or when it has changed (then its time is always), and when
other rules hold than those by which it was last looked at. A check takes some that are due and that
no other check has (FOR UPDATE SKIP LOCKED), lets those rest that have nothing to say, and commits.
The others are its own for a while: a lease, by the server's clock, which shares the work and no
more. What is said is decided later, of tickets that are locked; who dies loses the lease in time.
"""

from __future__ import annotations

from datetime import datetime, timezone
from math import inf
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.ledger.interface import Due, Look, Rest, Resting
    from sdcli.ledger.postgres.connection import Connection
    from sdcli.tickets.ticket import Ticket

DUE = ("wake <= %s", "rules < %s", "rules > %s")
"""When a ticket is due; `bounds` gives the values."""

_ORDERS = ("wake", "rules", "rules")
_BATCH = 200
_WHOLE = "+"

_LONGEST_S = 20.0
"""A check takes no more after so many seconds: what it has found is said, and the next one goes on."""

_LEASE_S = 45
"""The lease of what a check has in hand; longer than it takes, shorter than cron's next but one."""

_AHEAD_S = 300
"""Seconds by which the clocks of hosts may differ, with the time between a look and an examination."""

_LAST_S = datetime(9999, 12, 31, tzinfo=timezone.utc).timestamp()
"""What is later than that, nobody will see."""

_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4)
"""For how long a ticket is waited for that somebody is changing."""


class Rested(NamedTuple):
    """A ticket that rests, and the check that found out."""

    number: int
    rest: Rest
    due: Due


def bounds(due: Due) -> tuple[object, str, str]:
    """The instant, and the least and greatest rules by which nothing must be looked at again.

    Who says all there is to say looks again at what was kept back.
    """
    whole = f"{due.rules}{_WHOLE}"
    return due.at, whole if due.whole else due.rules, whole


class Clock(NamedTuple):
    """What was written down of a ticket.

    Args:
        wake: when it is looked at, in seconds of UTC; infinite for never, or for at once.
        rules: by which rules that was found out.
        leased: whether it is kept from checks for longer than one may.
    """

    wake: float
    rules: str
    leased: bool


CLOCK = f"""ticket, extract(epoch FROM wake)::float8, rules,
    leased > clock_timestamp() + {_LEASE_S} * interval '1 s'"""
"""A ticket, and the columns of its `Clock`."""


def late(clock: Clock, ticket: Ticket, resting: Resting | None) -> str:
    """Why no check looks at a ticket when it should; empty if one does, or may be about to.

    To look too early harms nobody. What should be looked at within minutes is left: a host whose
    clock is ahead may have done so.
    """
    if clock.leased:
        return "it is kept from every check of the clocks, as if one had it in hand"
    if resting is None:
        return ""
    due, now = resting.due, resting.due.at.timestamp()
    if clock.wake <= now or clock.rules not in (due.rules, due.rules + _WHOLE):
        return ""  # the next check looks at it
    needed = _needed(resting.look(ticket), is_whole=clock.rules.endswith(_WHOLE))
    if clock.wake <= needed or now < needed <= now + _AHEAD_S:
        return ""
    what = "something is due" if needed <= now else f"something may be due at {_shown(needed)}"
    return f"no check of the clocks looks at it {_until(clock.wake)}, and {what}"


def _needed(rest: Rest | None, *, is_whole: bool) -> float:
    """When a check must look at a ticket, in seconds of UTC: at once, never, or then.

    `is_whole`: the one that let it rest kept nothing back.
    """
    if rest is None or (is_whole and not rest.whole):
        return -inf
    if rest.over or rest.until is None:
        return inf
    return rest.until.timestamp()


def _until(wake: float) -> str:
    return "any more" if wake > _LAST_S else f"before {_shown(wake)}"


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M:%S}Z"


class Claims:
    """What one check has in hand.

    Args:
        worker: tells it from any other.
    """

    def __init__(self) -> None:
        from secrets import token_hex  # noqa: PLC0415 - only checks

        self.left: list[int] = []
        self._worker = token_hex(8)
        self._kind = 0
        self._until = monotonic() + _LONGEST_S

    @property
    def goes_on(self) -> bool:
        """Whether there may be more to take."""
        return self._kind < len(DUE)

    def take(self, connection: Connection, due: Due) -> list[int]:
        """The next tickets that are due and that nobody else has; locked until the commit."""
        while self.goes_on and monotonic() < self._until:
            order = _ORDERS[self._kind]
            sql = f"""SELECT ticket FROM clocks
                WHERE {DUE[self._kind]} AND leased <= clock_timestamp()
                ORDER BY {order}, ticket LIMIT {_BATCH} FOR UPDATE SKIP LOCKED"""
            rows = connection.ask(sql, bounds(due)[self._kind])
            if len(rows) < _BATCH:
                self._kind += 1
            if rows:
                return [number for (number,) in rows]
        self._kind = len(DUE)
        return []

    def sort(
        self,
        connection: Connection,
        due: Due,
        look: Look,
        numbers: Sequence[int],
        tickets: Iterable[Ticket],
    ) -> None:
        """Let those rest that may; the others are this check's own from now on.

        So is what cannot be read, which is not among the tickets of these numbers.
        """
        looked = ((int(ticket.ref.partition("-")[2]), look(ticket)) for ticket in tickets)
        rests = [Rested(number, rest, due) for number, rest in looked if rest is not None]
        rested = {each.number for each in rests}
        kept = [number for number in numbers if number not in rested]
        let_rest(connection, rests)
        if kept:
            sql = """UPDATE clocks SET worker = %s,
                leased = clock_timestamp() + %s * interval '1 s' WHERE ticket = ANY (%s)"""
            connection.ask(sql, self._worker, _LEASE_S, kept)
            self.left += kept

    def held(self, connection: Connection) -> list[int]:
        """Which of its own are locked from now on until the commit, and let go of by it.

        Somebody who is changing one is waited for for a moment; nobody waits for us who waits for
        that ticket, for what is locked is taken at once or not at all.
        """
        wanted, found = self.left, list[int]()
        self.left = []
        for pause in (0.0, *_PAUSES_S):
            if not wanted:
                break
            sleep(pause)
            sql = """SELECT c.ticket FROM clocks AS c JOIN tickets AS t ON t.number = c.ticket
                WHERE c.ticket = ANY (%s) AND c.worker = %s ORDER BY 1 FOR UPDATE SKIP LOCKED"""
            locked = {number for (number,) in connection.ask(sql, wanted, self._worker)}
            found += locked
            wanted = [number for number in wanted if number not in locked]
        self._give_back(connection, [*found, *wanted])
        return sorted(found)

    def _give_back(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Let the next check have these; it waits for no row that somebody holds."""
        if numbers:
            sql = """UPDATE clocks SET worker = '', leased = '-infinity' WHERE ticket IN (
                SELECT ticket FROM clocks WHERE ticket = ANY (%s) AND worker = %s
                ORDER BY ticket FOR UPDATE SKIP LOCKED)"""
            connection.ask(sql, list(numbers), self._worker)


def let_rest(connection: Connection, rests: Sequence[Rested]) -> None:
    """Write down until when tickets rest."""
    over = [each.number for each in rests if each.rest.over]
    if over:
        connection.ask("SELECT let_go(%s)", over)
    stay = [each for each in rests if not each.rest.over]
    if stay:
        sql = """UPDATE clocks AS c SET wake = coalesce(new.wake, 'infinity'), rules = new.rules
            FROM unnest(%s, %s::timestamptz[], %s) AS new (ticket, wake, rules)
            WHERE c.ticket = new.ticket"""
        rules = [f"{each.due.rules}{_WHOLE if each.rest.whole else ''}" for each in stay]
        numbers, untils = [each.number for each in stay], [each.rest.until for each in stay]
        connection.ask(sql, numbers, untils, rules)
