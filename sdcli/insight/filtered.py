"""What the filter let through and refused: what people ask for again and again in vain (R3c1.1, R0.3).

Decisions count in the period in which they were made. The last one on a ticket in a period counts.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.insight.counts import Count, Tally
from sdcli.tickets.event import RequestFiltered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.policy.changes import RefusedServices
    from sdcli.tickets.ticket import Ticket


class ByRule(Struct, frozen=True, kw_only=True):
    """What one rule refused.

    Args:
        rule: its id; empty for what was refused for another reason.
        says: what it says today; empty if it is gone.
        tickets: what it refused.
        duplicates: how many of them were like others.
    """

    rule: str
    says: str
    tickets: Count
    duplicates: int


class FilteredReport(Struct, frozen=True, kw_only=True):
    """What became of requests for something new in a period.

    Args:
        since, until: the period in UTC, its end not in it; None where it is open.
        accepted: what was let through; `rejected`: what was not; `rules`: by which rule, the most
            first.
    """

    since: datetime | None
    until: datetime | None
    accepted: Count
    rejected: Count
    rules: tuple[ByRule, ...]


def within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Whether an instant lies in a period."""
    return (since is None or at >= since) and (until is None or at < until)


def filtered(
    tickets: Iterable[Ticket],
    rules: RefusedServices,
    *,
    since: datetime | None,
    until: datetime | None,
) -> FilteredReport:
    """What the filter decided from `since` on and before `until`."""
    accepted, rejected = Tally(), Tally()
    by_rule: dict[str, Tally] = {}
    doubled: dict[str, int] = {}
    for ticket in sorted(tickets, key=lambda each: (len(each.ref), each.ref)):
        made = [
            each
            for each in ticket.standing
            if isinstance(each, RequestFiltered) and within(each.at, since, until)
        ]
        if not made:
            continue
        last = made[-1]
        if last.decision == "accepted":
            accepted.add(ticket.ref)
            continue
        rejected.add(ticket.ref)
        by_rule.setdefault(last.rule, Tally()).add(ticket.ref)
        doubled[last.rule] = doubled.get(last.rule, 0) + bool(last.duplicates)
    rows = (
        ByRule(
            rule=rule,
            says=rules.rules[rule].says if rule in rules.rules else "",
            tickets=tally.done(),
            duplicates=doubled[rule],
        )
        for rule, tally in by_rule.items()
    )
    return FilteredReport(
        since=since,
        until=until,
        accepted=accepted.done(),
        rejected=rejected.done(),
        rules=tuple(sorted(rows, key=lambda each: (-each.tickets.count, each.rule))),
    )
