"""Planned outages: which alerts they expect, and the record that counts them (R3d1.3, T19).

The record is a ticket that is closed from the start with the code `planned-outage`: it is no
work, and what it counted can be explained as with any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.intake import convert
from sdcli.policy.service_map import hosts
from sdcli.tickets import keys
from sdcli.tickets.contact import AlertFacts
from sdcli.tickets.event import Closed, Opened, Resolved, instant
from sdcli.tickets.words import PLANNED_OUTAGE

if TYPE_CHECKING:
    from sdcli.intake.items import AlertItem
    from sdcli.intake.placing import Placed
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Outage, Policy
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


class Outages:
    """The planned outages of the schedule, at one instant."""

    def __init__(self, policy: Policy, stamp: Stamp) -> None:
        self._policy = policy
        self._stamp = stamp
        now = stamp.at
        self._now = {
            identity(name, outage): outage
            for name, outage in policy.schedule.outages.items()
            if instant(outage.start) <= now < instant(outage.end)
        }

    def __bool__(self) -> bool:
        return bool(self._now)

    def expecting(self, item: AlertItem, placed: Placed) -> str:
        """The outage that expects an alert; nothing if none does."""
        return self._expecting(placed.service, item.component, item.environment)

    def expecting_again(self, would_open: Opened) -> str:
        """The outage that expects what another one kept from being opened."""
        facts = would_open.alert or AlertFacts(source="", key="")
        return self._expecting(would_open.service, facts.component, facts.environment)

    def _expecting(self, service: str, component: str, environment: str) -> str:
        for name, outage in self._now.items():
            if _expects(outage, service, component, environment):
                return name
        return ""

    def lasts(self, name: str) -> bool:
        """Whether an outage is not over."""
        return name in self._now

    def record(self, writer: Writer, name: str) -> Ticket:
        """The record of an outage, begun if there is none yet."""
        outage = self._now[name]
        known = next(writer.having(keys.outage(name), instant(outage.start)), None)
        return known or writer.create(self._events(name, outage))

    def _events(self, name: str, outage: Outage) -> tuple[AnyEvent, ...]:
        why = f"planned from {outage.start} to {outage.end}"
        opened = Opened(
            *self._stamp.mark(),
            summary=f"Planned outage: {outage.summary}",
            queue=self._policy.teams.desk.queue,
            tier=self._policy.tier(self._policy.teams.desk.queue),
            priority="P5",
            policy=self._policy.levels_hash,
            channel="monitoring",
            type="incident",
            service=next(iter(outage.services), "unknown"),
            reasons={"type": why, **({"change": outage.change} if outage.change else {})},
            outage=name,
            rule="planned-outage",
        )
        return (
            opened,
            Resolved(*self._stamp.mark(), code=PLANNED_OUTAGE, note=why),
            Closed(*self._stamp.mark(), code=PLANNED_OUTAGE, unconfirmed=why),
        )


def identity(name: str, outage: Outage) -> str:
    """What tells one outage from all others, also if its id is used again."""
    return f"{name} {outage.start}"


def _expects(outage: Outage, service: str, component: str, environment: str) -> bool:
    wanted = convert.environment(outage.environment)
    if wanted and convert.environment(environment) != wanted:
        return False
    components = {each.casefold() for each in outage.components}
    return service in outage.services or not components.isdisjoint(hosts(component))
