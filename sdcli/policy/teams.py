"""Who works on requests: `catalog/teams.yaml`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from sdcli.policy.scalars import Mail


class Queue(Struct, frozen=True, kw_only=True):
    """A team's queue: its tier, its focus and who works in it (R3d2.1c)."""

    name: str
    tier: Literal[1, 2, 3]
    focus: str
    members: tuple[str, ...]
    lead: str
    on_call: str = ""


Role: TypeAlias = Literal[
    "csr",
    "resolver",
    "incident-coordinator",
    "problem-analyst",
    "problem-manager",
    "cs-manager",
]


Authority: TypeAlias = Literal[
    "override-unsupported", "shut-down-unsupported", "approve-closure", "approve-change"
]
"""What a technician may decide (R2b.2, R3c2.2)."""


class Technician(Struct, frozen=True, kw_only=True):
    """Somebody who works on requests, with MOF's roles (R0.2)."""

    name: str
    mail: Mail
    roles: tuple[Role, ...]
    phone: str = ""
    authority: tuple[Authority, ...] = ()
    place: str = ""


class Desk(Struct, frozen=True, kw_only=True):
    """The service desk itself: where requests start and who answers for it (R3d2.1b)."""

    queue: str
    manager: str


class Teams(Struct, frozen=True, kw_only=True):
    """`catalog/teams.yaml`."""

    format: Literal[1]
    desk: Desk
    queues: dict[str, Queue]
    technicians: dict[str, Technician]
