"""What is promised, apart from everything else that the desk's files say, so that it can be pinned.

The clocks of a ticket go by the service levels that were in force when it was opened (T11): a later
change of `sla_policies.yaml`, or of what the catalog says of a service, moves no promise until
somebody applies it. Service levels are known by a hash of their content, without the lines on which
it stood or the version of the library that knew its public holidays, and they are kept as the JSON that is hashed: `sha256sum` proves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from sdcli.policy.agreements import (
    Agreement,
    Coverage,
    OnReopen,
    OperationalLevel,
    Site,
    TargetTable,
    UnderpinningContract,
    targets_of,
)
from sdcli.policy.calendars import Calendar

if TYPE_CHECKING:
    from sdcli.policy.agreements import SlaPolicies, Targets
    from sdcli.policy.model import Classification, Services
    from sdcli.tickets.words import Priority

_NO_PROMISES = ("place", "lines", "library", "until")
"""Where something stands, and which version of which library looked the holidays up."""
_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""What says nothing is left out, so that a key that comes to be later changes no hash."""


class Promised(Struct, frozen=True, kw_only=True):
    """What the catalog says of a service that the clock goes by."""

    agreement: str
    calendar: str = ""
    components: tuple[str, ...] = ()


class ServiceLevels(Struct, frozen=True, kw_only=True):
    """Calendars, targets and agreements, and what falls under them (R2b.1a).

    `override_agreement`: what an override of something unsupported promises by default (R2b.2).
    """

    calendars: dict[str, Calendar]
    targets: TargetTable
    default_agreement: str
    default_calendar: str
    agreements: dict[str, Agreement]
    coverage: tuple[Coverage, ...] = ()
    sites: dict[str, Site] = {}
    on_reopen: OnReopen = "resume"
    operational_levels: dict[str, OperationalLevel] = {}
    underpinning_contracts: dict[str, UnderpinningContract] = {}
    services: dict[str, Promised] = {}
    override_agreement: str

    def granted(self, agreement: str, priority: Priority) -> Targets:
        """What an agreement grants to a priority."""
        return targets_of(self.agreements[agreement], self.targets, priority)


def levels_of(sla: SlaPolicies, catalog: Services, rules: Classification) -> ServiceLevels:
    """The service levels that the desk's files say."""
    return ServiceLevels(
        calendars=sla.calendars,
        targets=sla.targets,
        default_agreement=sla.default_agreement,
        default_calendar=sla.default_calendar or sla.agreements[sla.default_agreement].calendar,
        agreements=sla.agreements,
        coverage=sla.coverage,
        sites=sla.sites,
        on_reopen=sla.on_reopen,
        operational_levels=sla.operational_levels,
        underpinning_contracts=sla.underpinning_contracts,
        services={
            name: Promised(
                agreement=each.agreement, calendar=each.calendar, components=each.components
            )
            for name, each in catalog.services.items()
        },
        override_agreement=rules.support.agreement,
    )


def written(levels: ServiceLevels) -> bytes:
    """Service levels as they are hashed and kept."""
    return msgspec.json.encode(
        _without_places(msgspec.to_builtins(levels, str_keys=True)), order="sorted"
    )


def said_by(calendar: Calendar) -> bytes:
    """What a calendar says of time, by which two can be told to be the same."""
    told = _without_places(msgspec.to_builtins(calendar, str_keys=True))
    return msgspec.json.encode(told, order="sorted")


def hash_of(content: bytes) -> str:
    """What service levels are known by."""
    import hashlib  # noqa: PLC0415 - only a changed desk pays for it

    return hashlib.sha256(content).hexdigest()


def read(content: bytes) -> ServiceLevels:
    """Service levels from what is kept of them.

    Raises:
        MsgspecError: they cannot be read.
    """
    return msgspec.json.decode(content, type=ServiceLevels)


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key not in _NO_PROMISES}
        told = {key: _without_places(each) for key, each in kept.items()}
        return {key: each for key, each in told.items() if each not in _NOTHING}
    if isinstance(value, (list, tuple)):
        return [_without_places(each) for each in value]
    return value
