"""The check of the clocks of one desk: what `sdcli sla-check` does, on however many hosts at once.

It looks at the tickets that are due, lets those rest that have nothing to say, and says the rest
once: they are locked until what was printed is recorded. See `sdcli.sla.overstay` for what is
said, `sdcli.sla.wake` for when a ticket is due again.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from sdcli.closing import Closings
from sdcli.errors import DataFileError, LedgerDamagedError, SdcliError, listed
from sdcli.ledger.again import again
from sdcli.ledger.interface import Beat, Due, Rest, Resting
from sdcli.sla.overstay import due
from sdcli.sla.wake import wakes_at
from sdcli.tickets import keys
from sdcli.tickets.query import Query
from sdcli.tickets.words import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Writer
    from sdcli.sla.check import Alert
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

LOOK_BACK_S = 7 * 24 * 3600
"""How long after its last change a check still looks at a closed ticket."""

_REASONING = "1"
"""Another one for each change of the program after which tickets are due at other times."""


class Checks:
    """The checks of an open desk.

    Args:
        time_boxes: they also say where a tier has tried for too long.
    """

    def __init__(self, desk: Desk, *, time_boxes: bool = False) -> None:
        self._desk = desk
        self._now = desk.now  # one for the whole check
        self._time_boxes = time_boxes
        self._closings = Closings(desk)

    def alerts(self) -> tuple[list[tuple[Ticket, Alert]], Callable[[bool], None]]:
        """What has not been said yet, by ticket, and how to settle it.

        What time has made due is done before that: alerts of a planned outage are raised, resolved
        tickets are closed. Nobody else can change the tickets until `settle` is called: with True
        once the alerts have been said, so that they are not said again, or with False if they could
        not be.

        Raises:
            LedgerBusyError: a lock was not free in time.
        """
        desk = self._desk
        unread = ""
        try:
            self._catch_up()
        except LedgerDamagedError as error:
            unread = f"What waits of alerts was not looked at. {error}"
        found: list[tuple[Ticket, Alert]] = []
        with ExitStack() as stack:
            held = ExitStack()
            if desk.ledger.sift(self._due, self._look):
                writer = stack.enter_context(desk.ledger.write())
                found = self._left(writer)
                held = stack.pop_all()
        if unread:  # now: a ledger that cannot be read at all has said so once
            desk.tell(unread)
            desk.unchecked.append("alerts")

        def settle(said: bool) -> None:
            with held:  # locked since they were read, so the tickets are as they were
                for _, pairs in groupby(found if said else (), key=lambda pair: pair[0].ref):
                    (ticket, first), *more = pairs
                    alerts = (first, *(alert for _, alert in more))
                    events = [event for alert in alerts for event in self._said(ticket, alert)]
                    writer.rest(writer.append(ticket, events), self._due, self._look)
            if said:
                desk.ledger.beat(Beat(at=desk.now, by=desk.by))
                self._tell_of_other_rules()

        return found, settle

    def rehearsed(self) -> list[tuple[Ticket, Alert]]:
        """What a check would say now; what it would close is told, and nothing is recorded."""
        found: list[tuple[Ticket, Alert]] = []
        for ticket in self._desk.ledger.due(self._due, self._unread):
            if self._is_looked_at(ticket):
                found += [(ticket, alert) for alert in self._alerts(ticket)]
                self._closings.tell_if_due(ticket)
        return found

    def resting(self) -> Resting | None:
        """What tells until when tickets may rest, for an examination of what was written down.

        None where nothing is, and where the desk's files are wrong, which is told.
        """
        if not self._desk.ledger_address:
            return None
        less = Checks(self._desk)  # what it keeps back, and others would say, it tells
        try:
            return Resting(less._due, less._look)
        except DataFileError as error:
            told = "Whether checks of the clocks look at each ticket in time was not examined."
            self._desk.tell(f"{told} {error}")
            return None

    def _catch_up(self) -> None:
        """Do to alerts what time has made due; most checks find nothing."""
        ledger = self._desk.ledger
        if any(next(ledger.having(key, most=1), None) for key in (keys.PENDING, keys.HELD)):
            self._caught_up()

    @again
    def _caught_up(self) -> None:
        from sdcli.arrivals import Arrivals  # noqa: PLC0415 - as below
        from sdcli.intake.alerts import AlertBook  # noqa: PLC0415 - few checks

        desk = self._desk
        desk.keep_levels()  # what an outage has kept back may be opened
        with desk.ledger.write() as writer:
            outcomes = AlertBook(writer, desk.policy, desk.stamp).catch_up()
        Arrivals(desk).tell_outcomes(outcomes)

    def _left(self, writer: Writer) -> list[tuple[Ticket, Alert]]:
        """What is to be said of the tickets that were left to the writer."""
        found: list[tuple[Ticket, Alert]] = []
        for ticket in writer.due(self._due, self._unread):
            if not self._is_looked_at(ticket):
                continue
            after = self._closings.close_if_due(writer, ticket)
            alerts = self._alerts(after)
            found += [(after, alert) for alert in alerts]
            if not alerts:
                writer.rest(after, self._due, self._look)
        return found

    @cached_property
    def _due(self) -> Due:
        since = self._now - timedelta(seconds=LOOK_BACK_S)
        return Due(at=self._now, since=since, rules=self._rules, whole=self._time_boxes)

    @property
    def _rules(self) -> str:
        """What tells the rules by which tickets are due from any others."""
        from hashlib import sha256  # noqa: PLC0415 - reading needs it not

        policy = self._desk.policy
        consequences = policy.classification.consequences
        boxes = [repr(consequences.of(priority).time_box) for priority in PRIORITIES]
        tiers = [f"{name} {queue.tier}" for name, queue in policy.teams.queues.items()]
        ends = []
        if self._closings.closes_any:
            rules_of = self._desk.process.closing
            ends = [f"{name} {rules.close_after!r}" for name, rules in rules_of.items()]
        parts = (_REASONING, policy.levels_hash, *boxes, *sorted(tiers), *sorted(ends))
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _tell_of_other_rules(self) -> None:
        """Tell, once, that another host goes on checking by other files than this one."""
        desk = self._desk
        if not (desk.host and desk.ledger_address):
            return
        from sdcli.sla.alike import differing  # noqa: PLC0415 - only on a server

        others = differing(desk.ledger, desk.host, self._rules, desk.now)
        if others:
            desk.tell(
                f"The clocks are checked by other rules on {listed(others, 3)} than on {desk.host}, so "
                "that each looks at all open tickets again and again: bring catalog/teams.yaml, "
                "catalog/classification.yaml and catalog/process.yaml in line there, as with Git."
            )

    def _is_looked_at(self, ticket: Ticket) -> bool:
        return Query(touched_since=self._due.since).fits(ticket)

    def _alerts(self, ticket: Ticket) -> list[Alert]:
        """What is to be said of a ticket; one that cannot be checked keeps no other waiting."""
        desk, clocks, now = self._desk, self._desk.clocks, int(self._now.timestamp())
        boxes = self._time_boxes and (ticket.support is None or desk.is_worked_on(ticket))
        try:
            return due(ticket, desk.policy, clocks, now, time_boxes=boxes)
        except LedgerDamagedError as error:
            self._unread(ticket.ref, error)
            return []

    def _unread(self, ref: str, error: LedgerDamagedError) -> None:
        """Tell that a ticket cannot be checked, whatever its clocks say."""
        self._desk.tell(f"{ref} was not checked. {error}")
        self._desk.unchecked.append(ref)

    def _look(self, ticket: Ticket) -> Rest | None:
        """How long a ticket may rest; None if there is something to be said or done now."""
        if not self._is_looked_at(ticket):
            return Rest(over=True)
        policy, clocks, now = self._desk.policy, self._desk.clocks, int(self._now.timestamp())
        try:
            closes = self._closings.due_at(ticket)
            found = due(ticket, policy, clocks, now, time_boxes=True)
            wakes = wakes_at(ticket, clocks, now)
        except SdcliError:  # it is told where nobody else looks at the ticket
            return None
        boxes = self._time_boxes and (ticket.support is None or self._desk.is_worked_on(ticket))
        if (closes is not None and closes <= now) or any(
            boxes or alert.target != "time-box" for alert in found
        ):
            return None
        ends = [each for each in (wakes, closes) if each is not None]
        if ticket.is_closed:  # after that it is not looked at any more
            ends.append(int(ticket.touched_at.timestamp()) + LOOK_BACK_S + 1)
        until = datetime.fromtimestamp(min(ends), timezone.utc) if ends else None
        return Rest(until=until, whole=not found)

    def _said(self, ticket: Ticket, alert: Alert) -> tuple[AnyEvent, ...]:
        """That an alert was said, what is owed for it, and what of that was done by printing it."""
        from sdcli.notify.owed import chosen, printed  # noqa: PLC0415 - only what is said
        from sdcli.tickets.event import SlaAlerted  # noqa: PLC0415 - as above

        policy, stamp = self._desk.policy, self._desk.stamp
        said = SlaAlerted(
            *stamp.mark(),
            alert=alert.id,
            target=alert.target,
            threshold=alert.threshold,
            due=datetime.fromtimestamp(alert.due, timezone.utc),
            target_s=alert.target_s,
            late_by_s=alert.late_by_s,
            recipients=alert.recipients,
            stage=alert.stage,
            cycle=alert.cycle,
            began=alert.began,
            mark=alert.mark,
            on_arrival=alert.on_arrival,
            routes=chosen(policy, ticket, alert.stage, alert.recipients, alert.target),
        )
        return said, *printed(policy, stamp, said)
