"""What one desk supports: whether the catalog holds it, and what is promised for it if not.

What `sdcli support` and `sdcli report unsupported` call (R2b.1-R2b.2c). The rules are in
`sdcli.triage.support` and `sdcli.triage.supported`, the agreements in `sdcli.sla.agreed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets.lifecycle import require_request
from sdcli.tickets.words import PRIORITIES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.unsupported import UnsupportedReport
    from sdcli.intake.outcome import Outcome
    from sdcli.policy.agreements import Targets
    from sdcli.results.tickets import Seen
    from sdcli.results.triage import Supported
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.support import Decision


class Support:
    """What an open desk supports."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def in_catalog(self, *, service: str = "", component: str = "", text: str = "") -> Supported:
        """Whether a service or a component is in the catalog, and what is promised for it (R2b.1).

        `text` tells which services come near, if it is not.
        """
        from sdcli.policy.service_map import services_with  # noqa: PLC0415 - as below
        from sdcli.results.triage import Supported  # noqa: PLC0415 - a report needs none of these
        from sdcli.sla.agreed import strictest  # noqa: PLC0415
        from sdcli.triage.support import OVERRIDE, able  # noqa: PLC0415
        from sdcli.triage.supported import held, nearest  # noqa: PLC0415

        policy = self._desk.policy
        catalog = policy.catalog.services
        name, feature = held(policy, service) or ("", "") if service else ("", "")
        names = (name,) if name else services_with(policy, component)
        inherited = strictest(policy.levels, names, PRIORITIES[0])
        agreement = inherited or policy.classification.support.agreement
        near = () if names else nearest(policy, text or service or component)
        consequences = policy.classification.consequences
        return Supported(
            asked=service or component,
            supported=bool(names),
            services={each: catalog[each] for each in names},
            feature=feature,
            component=component,
            agreement=agreement,
            why="service" if name else "component" if names else "if-overridden",
            deciders=() if names else able(policy, OVERRIDE),
            grants=policy.sla.agreements[agreement],
            targets=self._targets(agreement),
            boxes={each: consequences.of(each).time_box for each in PRIORITIES},
            nearest={each: catalog[each] for each in near},
        )

    def of(self, ticket: Ticket) -> Supported:
        """Whether what a ticket is about is in the catalog, and what is promised for it (R2b.1)."""
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        from sdcli.sla.agreed import cover_of, gone_agreement  # noqa: PLC0415
        from sdcli.tickets.support import is_unsupported  # noqa: PLC0415
        from sdcli.triage.supported import held_by_now  # noqa: PLC0415

        require_request(ticket, "support")
        component = cover_of(ticket).component
        told = ticket.opening.fields.get("service", "")
        gone = ticket.service not in (UNKNOWN, *self._desk.policy.catalog.services)
        unsupported = is_unsupported(ticket) and ticket.support
        what = unsupported.what if unsupported else ticket.service if gone else told
        text = f"{what} {ticket.summary}\n{ticket.opening.details}"
        found = self.in_catalog(
            service="" if unsupported else ticket.service,
            component="" if unsupported else component,
            text=text,
        )
        agreed = self._desk.clocks.agreement(ticket)
        in_doubt = found.supported is False and not (unsupported or what)
        return replace(
            found,
            asked=what or found.asked,
            supported=None if in_doubt else found.supported,
            feature="" if ticket.feature == UNKNOWN else ticket.feature,
            agreement=agreed.name,
            why=agreed.why,
            grants=agreed.agreement,
            targets=self._targets(agreed.name),
            seen=self._desk.see(ticket),
            time_box=self._desk.time_box(ticket),
            held=held_by_now(self._desk.policy, ticket),
            deciders=self._deciders(ticket) or found.deciders,
            grants_override=(would := self._would_promise(ticket)),
            override_targets=self._targets(would) if would else {},
            gone=gone_agreement(self._desk.clocks.book(ticket.policy).levels, ticket),
        )

    def _targets(self, agreement: str) -> dict[str, Targets]:
        return {
            each: self._desk.policy.sla.agreement_targets(agreement, each) for each in PRIORITIES
        }

    def _would_promise(self, ticket: Ticket) -> str:
        """The agreement that an override would promise, where somebody must decide; else empty."""
        from sdcli.tickets.support import state  # noqa: PLC0415 - as above

        known = ticket.support
        waits = known and state(known, self._desk.now) in ("unsupported", "unsupported-expired")
        return self._desk.policy.classification.support.agreement if waits else ""

    def _deciders(self, ticket: Ticket) -> tuple[str, ...]:
        """Who may override, where somebody must decide."""
        from sdcli.triage.support import OVERRIDE, able  # noqa: PLC0415 - as above

        return able(self._desk.policy, OVERRIDE) if self._would_promise(ticket) else ()

    def decide(self, ref: str, wish: Decision) -> Ticket:
        """Record what somebody decided about something that the catalog does not hold (R2b.2).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the person lacks the authority, or nobody said what it is.
        """
        from sdcli.triage.support import judge  # noqa: PLC0415 - as above

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            held = self._desk.clocks.agreement(ticket).name
            return judge(ticket, stamp, policy=self._desk.policy, wish=wish, held=held)

        return self._desk.change(ref, step)

    def report(
        self,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> UnsupportedReport:
        """What was spent in a period on what the catalog does not hold (R2b.2b)."""
        from sdcli.insight.unsupported import Found, gap_key, unsupported  # noqa: PLC0415
        from sdcli.tickets import keys  # noqa: PLC0415
        from sdcli.triage.supported import named  # noqa: PLC0415

        policy, gap_from = self._desk.policy, self._desk.policy.classification.support.gap_from
        tickets = filter(only, self._desk.ledger.having(keys.UNSUPPORTED, since))

        def look_up(name: str) -> Found:
            draft = self._desk.ledger.by_idempotency_key(gap_key(name))
            return Found(named(policy, name), draft.ref if draft else "")

        return unsupported(tickets, gap_from, since, until, look_up)

    def draft_changes(self, report: UnsupportedReport) -> list[tuple[Outcome, Seen | None]]:
        """A request for change for each gap of the catalog, each opened only once (R2b.2c).

        Raises:
            NoSuchEntryError: the queue for requests for change has left the files.
        """
        from sdcli.arrivals import Arrivals  # noqa: PLC0415 - as above
        from sdcli.insight.unsupported import evidence, gap_key  # noqa: PLC0415
        from sdcli.intake.items import RequestItem  # noqa: PLC0415

        queue = self._desk.policy.require_queue(self._desk.policy.classification.support.changes)
        drafts = [
            RequestItem(
                summary=f"The catalog lacks {gap.name}: {gap.tickets} tickets asked for it",
                user=self._desk.by,
                channel="script",
                type="new-service",
                queue=queue,
                details=evidence(gap),
                idempotency_key=gap_key(gap.name),
            )
            for gap in report.gaps
        ]
        arrivals = Arrivals(self._desk)
        return arrivals.see_all(arrivals.take_in(drafts))
