"""The service map: what a failed component hits, by what the services need (R2c.1).

A component belongs to services; other services depend on those, and business processes need any
of them. Services may depend on one another in a circle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.policy.model import Policy


class Hit(NamedTuple):
    """What is hit, each in the order of the desk's files.

    Args:
        affected: the services that it is part of; `at_risk`: those that need them, and for each
            the service by which it is reached.
        processes: the business processes that need any of these, and the service that they need.
    """

    affected: tuple[str, ...] = ()
    at_risk: Mapping[str, str] = {}
    processes: Mapping[str, str] = {}


def hosts(component: str) -> set[str]:
    """The names a component may have in the catalog: `db1.example.com:9100` is `db1` as well."""
    whole = component.casefold()
    bare = whole.rpartition("@")[2].removeprefix("https://").removeprefix("http://").split("/")[0]
    host = bare.rpartition(":")[0] if bare.rpartition(":")[2].isdigit() else bare
    is_number = host.replace(".", "").isdigit()
    return {name for name in (whole, bare, host, host if is_number else host.split(".")[0]) if name}


def services_with(policy: Policy, component: str) -> tuple[str, ...]:
    """The services that a component belongs to (R2b.1a)."""
    services = policy.catalog.services.items()
    return running_on(component, {name: service.components for name, service in services})


def running_on(component: str, components: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Of services with their components, those that run on one."""
    wanted = hosts(component)
    return tuple(
        name
        for name, its in components.items()
        if not wanted.isdisjoint(each.casefold() for each in its)
    )


def needed_by(policy: Policy, service: str) -> list[str]:
    """A service and all that it needs, itself first; nothing if the catalog does not hold it."""
    found: list[str] = [service] if policy.service(service) else []
    for name in found:  # it grows while more is found
        known = policy.service(name)
        needs = known.depends_on if known else ()
        found += [each for each in needs if each not in found and policy.service(each)]
    return found


def hit_by(policy: Policy, component: str) -> Hit:
    """What a failed component hits; nothing if no service of the catalog has it."""
    return hit_through(policy, services_with(policy, component))


def hit_through(policy: Policy, services: Iterable[str]) -> Hit:
    """What is hit when these services fail."""
    affected = tuple(services)
    at_risk = _dependents(policy, affected)
    reached = {*affected, *at_risk}
    processes = {
        name: needed
        for name, process in policy.classification.processes.items()
        if (needed := next((each for each in process.services if each in reached), ""))
    }
    return Hit(affected, at_risk, processes)


def _dependents(policy: Policy, affected: Iterable[str]) -> dict[str, str]:
    """The services that need these, directly or by way of others, each with what it needs."""
    reached = dict.fromkeys(affected, "")
    waiting = list(reached)
    for failed in waiting:  # it grows while services are reached, each of them once
        for name, service in policy.catalog.services.items():
            if failed in service.depends_on and name not in reached:
                reached[name] = failed
                waiting.append(name)
    order = policy.catalog.services
    return {name: reached[name] for name in order if reached.get(name)}
