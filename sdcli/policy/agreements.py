"""What is promised, and who hears of it: `sla_policies.yaml` (R5b.1-3)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from sdcli.policy.calendars import Calendar
from sdcli.policy.routes import Deliver, Route
from sdcli.policy.scalars import Duration
from sdcli.tickets.words import Level, Priority


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
    """How much working time there is, for each target."""

    response: Duration
    resolution: Duration


class TargetTable(Struct, frozen=True, kw_only=True):
    """Targets for every priority."""

    P1: Targets
    P2: Targets
    P3: Targets
    P4: Targets
    P5: Targets


class Agreement(Struct, frozen=True, kw_only=True):
    """A service level agreement: its calendar, and its own targets where they differ."""

    name: str
    calendar: str
    targets: dict[Priority, Targets] = {}
    place: str


Recipient: TypeAlias = Literal["assignee", "queue-lead", "on-call", "service-owner", "desk-manager"]


class Alerts(Struct, frozen=True, kw_only=True):
    """When to say something, in percent of working time, and who should hear it (R5b.1-3).

    `deliver`: which routes take it to them; without any it is only printed.
    """

    warn_at: tuple[int, ...]
    warning: tuple[Recipient, ...]
    breach: tuple[Recipient, ...]
    deliver: Deliver = Deliver()


class SlaPolicies(Struct, frozen=True, kw_only=True):
    """`sla_policies.yaml`."""

    format: Literal[1]
    calendars: dict[str, Calendar]
    matrix: Matrix
    targets: TargetTable
    default_agreement: str
    agreements: dict[str, Agreement]
    alerts: Alerts
    routes: dict[str, Route] = {}

    def agreement_targets(self, agreement: str, priority: Priority) -> Targets:
        """The agreement's own targets for a priority, else the default ones."""
        own = self.agreements[agreement].targets.get(priority)
        default: Targets = getattr(self.targets, priority)
        return own or default
