"""What is promised, apart from everything else that the desk's files say, so that it can be pinned.

The clocks of a ticket go by the service levels that were in force when it was opened (T11): a later
change of `sla_policies.yaml`, or of what the catalog says of a service, moves no promise until
somebody applies it. Service levels are known by a hash of their content, without the lines on which
it stood or the version of the library that knew its public holidays. They are kept as the JSON that
is hashed: `sha256sum` proves it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

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
from sdcli.policy.calendars import Calendar, PublicHolidays

if TYPE_CHECKING:
    from sdcli.policy.agreements import SlaPolicies, Targets
    from sdcli.policy.model import Classification, Services
    from sdcli.tickets.words import Priority

_NO_PROMISES = {"place", "lines"}
"""Fields that say where something stands."""


class Promised(Struct, frozen=True, kw_only=True):
    """What the catalog says of a service that the clock goes by."""

    agreement: str
    calendar: str = ""
    components: tuple[str, ...] = ()


class ServiceLevels(Struct, frozen=True, kw_only=True):
    """Calendars, targets and agreements, and what falls under them (R2b.1a).

    `override_agreement`: what an override of something unsupported promises by default (R2b.2).
    `warn_at`: at which percentages to warn.
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
    warn_at: tuple[int, ...] = ()

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
        warn_at=sla.alerts.warn_at,
    )


def written(levels: ServiceLevels) -> bytes:
    """Service levels as they are hashed and kept."""
    return msgspec.json.encode(_told(levels), order="sorted")


def said_by(calendar: Calendar) -> bytes:
    """What a calendar says, by which two can be told to be the same."""
    return msgspec.json.encode(_told(calendar), order="sorted")


def is_same_time(one: Calendar, other: Calendar) -> bool:
    """Whether two calendars count the same time, whatever their days are called."""
    return one == other or said_by(_unnamed(one)) == said_by(_unnamed(other))


def _unnamed(calendar: Calendar) -> Calendar:
    """A calendar whose days have no names."""
    return replace(
        calendar,
        holidays=dict.fromkeys(calendar.holidays, ""),
        special_hours={key: replace(each, name="") for key, each in calendar.special_hours.items()},
        public_holidays=tuple(
            replace(
                each,
                known={year: dict.fromkeys(days, "") for year, days in each.known.items()},
            )
            for each in calendar.public_holidays
        ),
    )


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


def _told(value: Any) -> Any:
    """A value as it is kept: of a struct what is not as it is by default, and is a promise.

    So a field that comes to be later, at its default, changes no hash.
    """
    if isinstance(value, Struct):
        return {
            told_as: _told(said)
            for name, told_as, default in _promised(type(value))
            if (said := getattr(value, name)) != default
        }
    if isinstance(value, dict):
        return {str(key): _told(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_told(each) for each in value]
    return value


@cache
def _promised(kind: type[Struct]) -> list[tuple[str, str, Any]]:
    """The fields of a class that are promises: the name, as what it is kept, and the default.

    What must be said is never as by default.
    """
    left_out = _NO_PROMISES | _UNPROMISED.get(kind, set())
    return [
        (field.name, field.encode_name, _default(field))
        for field in msgspec.structs.fields(kind)
        if field.name not in left_out
    ]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


_UNPROMISED: dict[type, set[str]] = {PublicHolidays: {"library"}}
"""Fields of one class that are no promise: which library knew the holidays."""
