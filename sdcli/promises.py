"""What one desk promised: how its clocks stand and why, what was broken, and whether anybody looks.

What `sdcli sla explain`, `breaches`, `cause`, `simulate`, `reapply` and `status` call. The rules are
in `sdcli.sla`; what a check of the clocks does is in `sdcli.checking`.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from sdcli.errors import LedgerDamagedError, RefusedError
from sdcli.ledger.again import again
from sdcli.tickets.lifecycle import require_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Beat, Progress, Reader
    from sdcli.results.clocks import ClocksExplained
    from sdcli.results.sla import Monitored, SlaStatus
    from sdcli.results.tickets import Seen
    from sdcli.sla.explain import Explained
    from sdcli.sla.register import Breach, Wanted
    from sdcli.sla.simulate import Comparison
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

_TELL_EVERY = 500
_MISSED_AFTER = 2
"""So many times the interval at which it is to run may pass before a check is missed."""


class Promises:
    """What an open desk promised."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def explain(
        self, ref: str, target: Explained | None = None, at: datetime | None = None
    ) -> ClocksExplained:
        """Why a target stands as it does, or all of them, now or at an instant in UTC (R5b.1).

        At an instant that is past the ticket is as it was then, by what is known now; at one to
        come it is as it will be if nothing happens until then.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was not there yet, or there is no such target.
        """
        from sdcli.results.clocks import ClocksExplained  # noqa: PLC0415 - a list asks for less
        from sdcli.sla.explain import explain, explain_all, pressing  # noqa: PLC0415
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415 - as above

        whole, when = self._desk.ledger.get(ref), at or self._desk.now
        require_request(whole, "sla explain")
        if when < whole.opened_at:
            raise RefusedError(
                f"{ref} was opened at {whole.opened_at:%Y-%m-%d %H:%M:%S}Z: there is nothing to "
                "explain before that. Name a later instant."
            )
        ticket, now = as_of(whole, when), int(when.timestamp())
        if target is None:
            found = explain_all(ticket, self._desk.policy, self._desk.clocks, now)
            return ClocksExplained(
                ticket=ticket, found=found, shown=pressing(found), zone=self._desk.zone
            )
        told = explain(ticket, self._desk.policy, self._desk.clocks, target, now)
        if told is None:
            raise RefusedError(_no_target(ref, target))
        return ClocksExplained(
            ticket=ticket, found={target: told}, shown=target, zone=self._desk.zone, summaries=False
        )

    def breaches(self, wanted: Wanted, progress: Progress) -> list[Breach]:
        """The broken promises that are wanted, of all tickets, closed ones too (R5b.4)."""
        from sdcli.sla.register import register  # noqa: PLC0415 - as above

        found = self._counted(self._touched_or_open(wanted.since), progress)
        return list(register(found, self._desk.clocks, wanted, self._desk.now))

    def _breaches_of(self, ticket: Ticket) -> list[Breach]:
        """The broken promises of one ticket (R5b.4)."""
        from sdcli.sla.register import breaches  # noqa: PLC0415 - as above

        return breaches(ticket, self._desk.clocks, int(self._desk.now.timestamp()))

    def explain_breach(
        self, ref: str, *, target: str, cycle: int | None, cause: str, note: str
    ) -> Ticket:
        """Record why a target was missed (R5b.4).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was never missed.
        """
        from sdcli.sla.register import missed_in  # noqa: PLC0415 - as above
        from sdcli.tickets import steps  # noqa: PLC0415

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            steps.require("breach_explained", ticket)
            missed = missed_in(ticket, self._breaches_of(ticket), target, cycle)
            return steps.explain_breach(
                ticket,
                stamp,
                target=target,
                cycle=missed.cycle,
                cause=cause,
                note=note,
                began=missed.began,
            )

        return self._desk.change(ref, step)

    def simulate(
        self,
        raw: bytes,
        name: str,
        *,
        since: datetime | None,
        until: datetime | None,
        progress: Progress,
    ) -> Comparison:
        """What another `sla_policies.yaml` would have made of the tickets of a period (R5b.1).

        Nothing is recorded, and nobody hears anything.

        Raises:
            DataFileError: it is wrong, by itself or together with the desk's other files.
        """
        from sdcli.policy.load import read_instead  # noqa: PLC0415 - as above
        from sdcli.sla.simulate import compare  # noqa: PLC0415

        today = self._desk.policy
        proposed = read_instead(self._desk.root, raw, name)
        found = self._counted(self._touched_or_open(since), progress)
        return compare(found, today, proposed, now=self._desk.now, since=since, until=until)

    def _touched_or_open(self, since: datetime | None) -> Iterator[Ticket]:
        """The tickets that are open, and those that changed since then, one after the other."""
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import STATUSES  # noqa: PLC0415

        if since is None:
            return self._desk.ledger.find(Query(statuses=STATUSES))
        return self._desk.ledger.find(Query(touched_since=since))

    def _counted(self, tickets: Iterable[Ticket], progress: Progress) -> Iterator[Ticket]:
        """Tickets, telling how many of all that there are have gone by."""
        total = self._desk.ledger.count()
        for number, ticket in enumerate(tickets, 1):
            yield ticket
            if not number % _TELL_EVERY:
                progress(number, total)
        progress(total, total)

    @again
    def reapply(
        self, refs: Sequence[str], *, reason: str, record: bool
    ) -> list[tuple[Seen | None, Seen]]:
        """Pin tickets to today's service levels, all of them or none; each before and after (T11).

        Those that are already pinned to them are left out; without any reference, every ticket
        that is not closed is taken. Without `record` nothing is changed. What was before is not
        known where the service levels that a ticket was pinned to are gone.

        Raises:
            NoSuchTicketError: there is no such ticket; nothing was changed.
        """
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.steps import reapply  # noqa: PLC0415
        from sdcli.tickets.ticket import advance  # noqa: PLC0415

        policy, stamp = self._desk.policy.levels_hash, self._desk.stamp
        found: list[tuple[Seen | None, Seen]] = []
        with ExitStack() as stack:
            reader: Reader = self._desk.ledger
            if record:
                self._desk.keep_levels()
                reader = writer = stack.enter_context(self._desk.ledger.write())
            tickets = map(reader.get, dict.fromkeys(refs)) if refs else reader.find(Query())
            for ticket in tickets:
                mark = "" if ticket.policy == policy else self._desk.clocks.mark_for(ticket, policy)
                events = reapply(ticket, stamp, policy=policy, reason=reason, mark=mark)
                if events:
                    before = None
                    with suppress(LedgerDamagedError):
                        before = self._desk.see(ticket)
                    found.append((before, self._desk.see(advance(ticket, events))))
                    if record:
                        writer.append(ticket, events)
        return found

    def missed_check(self, oldest: datetime | None = None) -> int | None:
        """For how many seconds the clocks have not been checked, if that is too long; else None.

        Nothing is missed where the policy does not say how often, or before the first check: but
        for the tickets that have waited for one since the `oldest` of them was opened.
        """
        every: int | None = self._desk.policy.sla.alerts.check_every
        beat = self._last_beat() if every else None
        since = beat.at if beat else oldest
        age = int((self._desk.now - since).total_seconds()) if since else 0
        return age if every and age > _MISSED_AFTER * every else None

    def _last_beat(self) -> Beat | None:
        """The last heartbeat; one that cannot be read is told, and keeps nobody from the alarms."""
        try:
            return self._desk.ledger.last_beat()
        except LedgerDamagedError as error:
            self._desk.tell(f"{error.path} cannot be read; the next sla-check writes it anew.")
            return None

    def status(self) -> SlaStatus:
        """Whether the clocks are checked, and what tickets that are not closed are pinned to."""
        from collections import Counter  # noqa: PLC0415 - as above

        from sdcli.notices import Notices  # noqa: PLC0415
        from sdcli.results.sla import SlaStatus  # noqa: PLC0415
        from sdcli.tickets.query import Query  # noqa: PLC0415

        last = self._last_beat()
        owed, lost = Notices(self._desk).undelivered()
        pinned: Counter[str] = Counter()
        oldest = self._desk.now
        for ticket in self._desk.ledger.find(Query()):
            pinned[ticket.policy] += 1
            if ticket.status != "resolved":  # nothing is due for it any more
                oldest = min(oldest, ticket.opened_at)
        return SlaStatus(
            last=last,
            age_s=int((self._desk.now - last.at).total_seconds()) if last else None,
            check_every_s=self._desk.policy.sla.alerts.check_every,
            missed_s=self.missed_check(oldest),
            undelivered=owed,
            given_up=lost,
            policy=self._desk.policy.levels_hash,
            pinned=dict(sorted(pinned.items())),
        )

    def counts(self) -> Monitored:
        """How many open tickets there are past a target, past a warning, and in all."""
        from sdcli.care import Care  # noqa: PLC0415 - as above
        from sdcli.notices import Notices  # noqa: PLC0415
        from sdcli.results.sla import Monitored  # noqa: PLC0415 - as above
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import BREACH  # noqa: PLC0415

        first_warning = min(self._desk.policy.sla.alerts.warn_at, default=BREACH)
        breached = warning = total = 0
        oldest = self._desk.now
        for ticket in self._desk.ledger.find(Query(statuses=("new", "in_progress", "waiting"))):
            faces = self._desk.sla(ticket).values()
            total += 1
            oldest = min(oldest, ticket.opened_at)
            if any(face.state == "breached" for face in faces):
                breached += 1
            elif any(
                face.state == "running" and (face.percent or 0) >= first_warning for face in faces
            ):
                warning += 1
        missed = self.missed_check(oldest)
        owed, lost = Notices(self._desk).undelivered()
        spooled = Care(self._desk).spooled()
        return Monitored(breached, warning, total, missed, owed, lost, spooled)


def _no_target(ref: str, target: Explained) -> str:
    """Why a target cannot be explained, and where it would be said."""
    where = {
        "operational": "no queue that it lay in has one under `operational_levels`",
        "underpinning": "no supplier that it waited for has one under `underpinning_contracts`",
    }.get(target, "its agreement and the table `targets` grant none for its priority")
    return (
        f"{ref} has no {target} target: {where} in sla_policies.yaml. `sdcli sla explain {ref}` "
        "tells of those that it has."
    )
