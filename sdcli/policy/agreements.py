"""What is promised, and who hears of it: `sla_policies.yaml` (R5b.1-3)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.policy.calendars import Calendar
from sdcli.policy.scalars import Amount, Duration, Span
from sdcli.tickets.words import Level, Priority, RequestType


class MatrixRow(Struct, frozen=True, kw_only=True):
    """The priorities of one impact, by urgency; every cell is there (T34)."""

    high: Priority
    medium: Priority
    low: Priority
    unknown: Priority
    place: str
    lines: dict[str, int] = {}


class Matrix(Struct, frozen=True, kw_only=True):
    """Impact by urgency to priority."""

    high: MatrixRow
    medium: MatrixRow
    low: MatrixRow
    unknown: MatrixRow

    def row(self, impact: Level) -> MatrixRow:
        """The row of an impact."""
        row: MatrixRow = getattr(self, impact)
        return row

    def priority(self, impact: Level, urgency: Level) -> Priority:
        """The priority of one cell."""
        cell: Priority = getattr(self.row(impact), urgency)
        return cell


class Targets(Struct, frozen=True, kw_only=True):
    """How long there is for each target of one priority (R5b.1).

    Args:
        response: until the first word to the caller.
        update: from one word to the next, until it is resolved.
        resolution: until it is resolved.
        usual: how long a resolution takes as a rule once somebody is at it: with less than that
            left and nobody at it, a breach is foreseen.
    """

    response: Amount
    resolution: Amount
    update: Amount | None = None
    usual: Duration | None = None
    place: str = ""
    lines: dict[str, int] = {}


class TargetTable(Struct, frozen=True, kw_only=True):
    """Targets for every priority."""

    P1: Targets
    P2: Targets
    P3: Targets
    P4: Targets
    P5: Targets


OnReopen: TypeAlias = Literal["resume", "new_cycle", "new_ticket"]
"""What the clocks do when a ticket is reopened (T9): go on, begin anew, or belong to a new one."""


class Agreement(Struct, frozen=True, kw_only=True):
    """A service level agreement, and where it differs from what holds by default.

    Args:
        calendar: when its time counts, where neither the site nor the service says otherwise.
        fixed_calendar: its calendar holds whatever the site or the service says.
        targets: its own targets by priority.
    """

    name: str
    calendar: str = ""
    fixed_calendar: bool = False
    targets: dict[Priority, Targets] = {}
    on_reopen: OnReopen | None = None
    place: str = ""


class Coverage(Struct, frozen=True, kw_only=True):
    """For what an agreement holds besides what the catalog says of services (R2b.1).

    Every kind that is named must fit. The most specific rule wins: more kinds before fewer, then
    people before units before services before types.
    """

    agreement: str
    services: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    types: tuple[RequestType, ...] = ()
    place: str = ""


class Site(Struct, frozen=True, kw_only=True):
    """When time counts at one place."""

    calendar: str


class OperationalLevel(Struct, frozen=True, kw_only=True):
    """How long a queue may keep a ticket of each priority, from its hand-over on.

    Its own `calendar` if it has one, else that of the ticket.
    """

    targets: dict[Priority, Amount]
    calendar: str = ""
    place: str = ""


class UnderpinningContract(Struct, frozen=True, kw_only=True):
    """How long a supplier may take, from the moment that it is waited for.

    `services`: for which it is the supplier where nobody names one.
    """

    name: str
    targets: dict[Priority, Amount]
    calendar: str = ""
    services: tuple[str, ...] = ()
    place: str = ""


Recipient: TypeAlias = Literal[
    "assignee",
    "queue-lead",
    "on-call",
    "service-owner",
    "desk-manager",
    "owner",
    "duty-manager",
    "business",
]
"""Whom an alert goes to: `owner` is who works on it, or whoever is there in their place; see
`sla.duty`, which says who has a role at an instant (R5b.2-3)."""


class Alerts(Struct, frozen=True, kw_only=True):
    """When to say something, in percent of working time, and who should hear it (R5b.1-3).

    Args:
        predicted: who hears that a breach is foreseen; those who hear a warning if nobody is named.
        check_every: how often `sla-check` is to run; it has been missed after twice that time.
    """

    warn_at: tuple[int, ...]
    warning: tuple[Recipient, ...]
    breach: tuple[Recipient, ...]
    predicted: tuple[Recipient, ...] = ()
    check_every: Span | None = None


class SlaPolicies(Struct, frozen=True, kw_only=True):
    """`sla_policies.yaml`.

    Args:
        default_calendar: when time counts where nothing else says so; that of the default
            agreement if it is not named.
        coverage: the agreements of people, units, types and the like.
        sites: when time counts at a site, by its name.
        operational_levels: by queue; `underpinning_contracts`: by supplier.
    """

    format: Literal[1]
    calendars: dict[str, Calendar]
    matrix: Matrix
    targets: TargetTable
    default_agreement: str
    default_calendar: str = ""
    agreements: dict[str, Agreement]
    coverage: tuple[Coverage, ...] = ()
    sites: dict[str, Site] = {}
    on_reopen: OnReopen = "resume"
    operational_levels: dict[str, OperationalLevel] = {}
    underpinning_contracts: dict[str, UnderpinningContract] = {}
    alerts: Alerts

    def agreement_targets(self, agreement: str, priority: Priority) -> Targets:
        """The agreement's own targets for a priority, else the default ones.

        What an agreement leaves out of a target that is its own is as it is by default.
        """
        return targets_of(self.agreements[agreement], self.targets, priority)


def targets_of(agreement: Agreement, table: TargetTable, priority: Priority) -> Targets:
    """What an agreement grants to a priority, beside the table of what holds by default."""
    default: Targets = getattr(table, priority)
    own = agreement.targets.get(priority)
    if own is None:
        return default
    return replace(own, update=own.update or default.update, usual=own.usual or default.usual)
