"""What must hold of what is promised: agreements, whom they cover, and what stands behind them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from sdcli.policy.model import SERVICES, SLA_POLICIES
from sdcli.tickets.words import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdcli.errors import Problem
    from sdcli.policy.agreements import Coverage, Targets
    from sdcli.policy.check import Files
    from sdcli.tickets.words import Priority

_T = TypeVar("_T")
_KINDS = ("people", "units", "services", "types")


def _sound(entries: Mapping[str, _T]) -> Iterator[tuple[str, _T]]:
    """The entries that could be decoded."""
    return ((name, entry) for name, entry in entries.items() if entry is not None)


def agreements(files: Files) -> Iterator[Problem]:
    """Every agreement has a calendar, its own or the default one, and what it names is there."""
    sla = files.sla
    yield from files.dangling(
        SLA_POLICIES, "default_agreement", sla.default_agreement, sla.agreements, "agreement"
    )
    yield from files.dangling(
        SLA_POLICIES, "default_calendar", sla.default_calendar, sla.calendars, "calendar"
    )
    for name, agreement in _sound(sla.agreements):
        at = f"agreements.{name}"
        yield from files.dangling(
            SLA_POLICIES, f"{at}.calendar", agreement.calendar, sla.calendars, "calendar"
        )
        if not (agreement.calendar or sla.default_calendar):
            message = f"the agreement `{name}` needs a calendar, or the file a default_calendar"
            yield files.problem(SLA_POLICIES, at, message)
        for priority, own in agreement.targets.items():
            if own is not None:
                yield from _in_order(files, f"{at}.targets.{priority}", own)
                yield from _foreseen(files, f"{at}.targets.{priority}", own, priority)


def targets(files: Files) -> Iterator[Problem]:
    """A first word comes no later than the solution, and the usual time fits into the target."""
    for priority in PRIORITIES:
        found = getattr(files.sla.targets, priority)
        if found is not None:
            yield from _in_order(files, f"targets.{priority}", found)


def _in_order(files: Files, path: str, of: Targets) -> Iterator[Problem]:
    resolution = of.resolution.seconds
    if resolution and of.response.seconds > resolution:
        message = "`response` is longer than `resolution`: no first word comes after the solution"
        yield files.problem(SLA_POLICIES, f"{path}.response", message)
    if resolution and of.usual and of.usual >= resolution:
        message = "`usual` is not shorter than `resolution`: every breach would be foreseen at once"
        yield files.problem(SLA_POLICIES, f"{path}.usual", message)


def _foreseen(files: Files, path: str, own: Targets, priority: Priority) -> Iterator[Problem]:
    """The usual time that an agreement takes from the table fits into its own target as well."""
    default: Targets | None = getattr(files.sla.targets, priority)
    if default is None or own.usual or not (default.usual and own.resolution.seconds):
        return
    is_told = 0 < default.resolution.seconds <= default.usual
    if default.usual >= own.resolution.seconds and not is_told:
        message = (
            f"the `usual` of {priority} in `targets` is not shorter than this `resolution`, so no "
            "breach of it would be foreseen: give it a `usual` of its own"
        )
        yield files.problem(SLA_POLICIES, f"{path}.resolution", message)


def coverage(files: Files) -> Iterator[Problem]:
    """Every rule names something that is there, and no two say the same of somebody."""
    sla = files.sla
    units = sorted({each.unit for _, each in _sound(files.contacts.people) if each.unit})
    people = (*files.contacts.people, *files.teams.technicians)
    known = {"people": people, "units": units, "services": files.catalog.services}
    words = {"people": "person", "units": "unit", "services": "service"}
    for index, rule in enumerate(sla.coverage):
        if rule is None:
            continue
        at = f"coverage.{index}"
        yield from files.dangling(
            SLA_POLICIES, f"{at}.agreement", rule.agreement, sla.agreements, "agreement"
        )
        for kind, names in known.items():
            if not names:
                continue
            for number, given in enumerate(getattr(rule, kind)):
                path = f"{at}.{kind}.{number}"
                yield from files.dangling(SLA_POLICIES, path, given, names, words[kind])
        if not any(getattr(rule, kind) for kind in _KINDS):
            message = f"the rule names none of {', '.join(_KINDS)}; `default_agreement` is for all"
            yield files.problem(SLA_POLICIES, at, message)
    yield from _rivals(files)


def _rivals(files: Files) -> Iterator[Problem]:
    rules = [(index, rule) for index, rule in enumerate(files.sla.coverage) if rule is not None]
    for (_, one), (index, other) in combinations(rules, 2):
        if one.agreement != other.agreement and _meet(one, other):
            message = (
                f"this rule and the one in line {one.place.rpartition(':')[2]} are as specific as "
                "each other and may both hold, for different agreements; make one more specific"
            )
            yield files.problem(SLA_POLICIES, f"coverage.{index}", message)


def _meet(one: Coverage, other: Coverage) -> bool:
    """Whether two rules name the same kinds, and have something of each in common.

    Names are the same whatever their case, as the clock takes them.
    """
    for kind in _KINDS:
        first, second = ({name.casefold() for name in getattr(each, kind)} for each in (one, other))
        if bool(first) != bool(second) or (first and first.isdisjoint(second)):
            return False
    return True


def calendars_in_use(files: Files) -> Iterator[Problem]:
    """Sites, and services with a calendar of their own, name one that is there."""
    sites = sorted({each.site for _, each in _sound(files.contacts.people) if each.site})
    known = files.sla.calendars
    for name, site in _sound(files.sla.sites):
        at = f"sites.{name}"
        if sites:
            yield from files.dangling(SLA_POLICIES, at, name, sites, "site of any contact")
        yield from files.dangling(SLA_POLICIES, f"{at}.calendar", site.calendar, known, "calendar")
    for name, service in _sound(files.catalog.services):
        path = f"services.{name}.calendar"
        yield from files.dangling(SERVICES, path, service.calendar, known, "calendar")


def operational_levels(files: Files) -> Iterator[Problem]:
    """They are for queues that are there."""
    for name, level in _sound(files.sla.operational_levels):
        at = f"operational_levels.{name}"
        yield from files.dangling(SLA_POLICIES, at, name, files.teams.queues, "queue")
        yield from _backing(files, at, level.calendar, empty=not level.targets)


def underpinning_contracts(files: Files) -> Iterator[Problem]:
    """They are for services that are there, and no service has two suppliers."""
    seen: dict[str, str] = {}
    for name, contract in _sound(files.sla.underpinning_contracts):
        at = f"underpinning_contracts.{name}"
        yield from _backing(files, at, contract.calendar, empty=not contract.targets)
        for index, service in enumerate(contract.services):
            path = f"{at}.services.{index}"
            yield from files.dangling(
                SLA_POLICIES, path, service, files.catalog.services, "service"
            )
            if service in seen:
                message = f"`{service}` has the supplier `{seen[service]}` already"
                yield files.problem(SLA_POLICIES, path, message)
            seen.setdefault(service, name)


def _backing(files: Files, at: str, calendar: str, *, empty: bool) -> Iterator[Problem]:
    known = files.sla.calendars
    yield from files.dangling(SLA_POLICIES, f"{at}.calendar", calendar, known, "calendar")
    if empty:
        message = "it has no targets; give at least one priority a time"
        yield files.problem(SLA_POLICIES, f"{at}.targets", message)
