"""What must hold in the rules of classification, and in the parts of the catalog that it reads.

Each rule is a generator of problems, as in `check`, which runs them.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

from sdcli.policy.model import CLASSIFICATION, SCHEDULE, SERVICES
from sdcli.tickets.words import LEVELS, PRIORITIES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.errors import Problem
    from sdcli.policy.check import Files
    from sdcli.policy.model import Change, Feature, Preset, Service

_MOST_PERCENT = 99


def service_map(files: Files) -> Iterator[Problem]:
    """What services need: others of the catalog, and never themselves in the end (R2c.1)."""
    services = {name: each for name, each in files.catalog.services.items() if each is not None}
    known = files.catalog.services
    for name, service in services.items():
        at = f"services.{name}.depends_on"
        for index, needed in enumerate(service.depends_on):
            yield from files.dangling(SERVICES, f"{at}.{index}", needed, known, "service")
            if needed == name:
                yield files.problem(SERVICES, f"{at}.{index}", f"`{name}` cannot need itself")
    graph = {
        name: [needed for needed in service.depends_on if needed != name]
        for name, service in services.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        message = f"the services need each other in a circle: {' > '.join(circle)}"
        yield files.problem(SERVICES, f"services.{circle[0]}.depends_on", message)


def catalog(files: Files) -> Iterator[Problem]:
    """The goals of services, and the capacity and the requests of features."""
    for name, service in files.catalog.services.items():
        if service is not None:
            yield from _goals(files, f"services.{name}.goals", service)
            for id_, feature in service.features.items():
                if feature is not None:
                    yield from _feature(files, f"services.{name}.features.{id_}", feature)


def _goals(files: Files, at: str, service: Service) -> Iterator[Problem]:
    """A goal can be missed on one side only (R3d.0)."""
    for id_, goal in service.goals.items():
        if goal is not None and (goal.at_most is None) == (goal.at_least is None):
            message = f"the goal `{id_}` needs either `at_most` or `at_least`"
            yield files.problem(SERVICES, f"{at}.{id_}", message)


def _feature(files: Files, at: str, feature: Feature) -> Iterator[Problem]:
    """A capacity that can be, and requests that have a name of their own (R2a.3a, R2a.2b)."""
    capacity = feature.capacity
    if capacity is not None:
        if not capacity.most:
            message = "a capacity is 1 or more; leave it out if there is no limit"
            yield files.problem(SERVICES, f"{at}.capacity.most", message)
        elif capacity.in_use > capacity.most:
            message = f"{capacity.in_use} are in use, and {capacity.most} is the most there can be"
            yield files.problem(SERVICES, f"{at}.capacity.in_use", message)
        if capacity.each and capacity.in_use:
            message = "what is counted for each request has no `in_use`"
            yield files.problem(SERVICES, f"{at}.capacity.in_use", message)
    if UNKNOWN in feature.requests:
        message = "`unknown` is what is not known yet; use another id"
        yield files.problem(SERVICES, f"{at}.requests.{UNKNOWN}", message)


def changes(files: Files) -> Iterator[Problem]:
    """A change touches something or somebody that the desk knows (R2a.4a)."""
    contacts = [each for each in files.contacts.people.values() if each is not None]
    known = {
        "services": ("service", set(files.catalog.services)),
        "people": ("person", {*files.contacts.people, *files.teams.technicians}),
        "units": ("unit", {contact.unit for contact in contacts} - {""}),
        "sites": ("site", {contact.site for contact in contacts} - {""}),
    }
    for name, change in files.schedule.changes.items():
        if change is None:
            continue
        at = f"changes.{name}"
        if not _touches(change):
            message = f"the change `{name}` touches nothing: name services, components or people"
            empty = files.first_given(SCHEDULE, at, TOUCHES)
            yield files.problem(SCHEDULE, empty, message)
        for key, (kind, names) in known.items():
            given: tuple[str, ...] = getattr(change, key)
            for index, each in enumerate(given if names else ()):
                path = f"{at}.{key}.{index}"
                yield from files.dangling(SCHEDULE, path, each, sorted(names), kind)


TOUCHES = ("services", "components", "people", "units", "sites")
"""The keys that say what and whom a change touches."""


def _touches(change: Change) -> bool:
    return any(getattr(change, key) for key in TOUCHES)


def answers(files: Files) -> Iterator[Problem]:
    """What the answers about the business mean: how many people, who, which process (R2c.2)."""
    rules = files.classification
    reaches = [each for each in rules.people if each is not None]
    if not rules.people:
        yield files.problem(CLASSIFICATION, "people", "`people` needs a line for all")
    for index, reach in enumerate(rules.people):
        last = index == len(rules.people) - 1
        if reach is not None and last and reach.up_to is not None:
            message = "the last line is for all above; leave `up_to` out"
            yield files.problem(CLASSIFICATION, f"people.{index}.up_to", message)
        elif reach is not None and not last and reach.up_to is None:
            message = "only the last line goes without `up_to`"
            yield files.problem(CLASSIFICATION, f"people.{index}", message)
    limits = [(index, each.up_to) for index, each in enumerate(reaches) if each.up_to is not None]
    for (_, before), (index, after) in pairwise(limits):
        if after <= before and len(reaches) == len(rules.people):
            message = f"`up_to` must rise: {after} does not come after {before}"
            yield files.problem(CLASSIFICATION, f"people.{index}.up_to", message)
    if UNKNOWN not in rules.groups:
        message = "the list `groups` needs the entry `unknown`"
        yield files.problem(CLASSIFICATION, "groups", message)
    nobody = rules.groups.get(UNKNOWN)
    if nobody is not None and nobody.impact != UNKNOWN:
        message = "who does not know who is hindered knows no impact: leave it out"
        yield files.problem(CLASSIFICATION, f"groups.{UNKNOWN}.impact", message)


def workarounds(files: Files) -> Iterator[Problem]:
    """The better the way round, the less urgent it is (R2c.2d)."""
    rules = files.classification.workarounds
    known = [(way, getattr(rules, way)) for way in ("none", "hard", "good")]
    known = [(way, level) for way, level in known if level != UNKNOWN]
    for (worse, before), (better, after) in pairwise(known):
        if LEVELS.index(after) < LEVELS.index(before):
            message = f"`{better}` cannot be more urgent than `{worse}`, which is {before}"
            yield files.problem(CLASSIFICATION, f"workarounds.{better}", message)


def processes(files: Files) -> Iterator[Problem]:
    """A business process needs services of the catalog."""
    for name, process in files.classification.processes.items():
        at = f"processes.{name}"
        if name == UNKNOWN:
            message = "`unknown` is what is not known yet; use another id"
            yield files.problem(CLASSIFICATION, at, message)
        if process is None:
            continue
        if not process.services:
            message = f"the process `{name}` needs no service"
            yield files.problem(CLASSIFICATION, f"{at}.services", message)
        for index, service in enumerate(process.services):
            path = f"{at}.services.{index}"
            known = files.catalog.services
            yield from files.dangling(CLASSIFICATION, path, service, known, "service")


def presets(files: Files) -> Iterator[Problem]:
    """A preset names what there is, sets something, and stands once (R2c.2e)."""
    units = {each.unit for each in files.contacts.people.values() if each is not None} - {""}
    seen: dict[tuple[str, str, str], str] = {}
    for index, preset in enumerate(files.classification.presets):
        if preset is None:
            continue
        at = f"presets.{index}"
        yield from _preset(files, at, preset)
        if preset.unit and units:
            yield from files.dangling(
                CLASSIFICATION, f"{at}.unit", preset.unit, sorted(units), "unit"
            )
        fits = (preset.service, preset.feature, preset.unit)
        if not any(fits):
            message = "a preset for everything is a rule of the matrix: name a service or a unit"
            yield files.problem(CLASSIFICATION, at, message)
        elif fits in seen:
            message = f"another preset is for the same: {seen[fits]}"
            yield files.problem(CLASSIFICATION, at, message)
        seen.setdefault(fits, preset.place)


def _preset(files: Files, at: str, preset: Preset) -> Iterator[Problem]:
    services = files.catalog.services
    yield from files.dangling(CLASSIFICATION, f"{at}.service", preset.service, services, "service")
    service = services.get(preset.service)
    if preset.feature and not preset.service:
        message = "a feature needs the service that it belongs to"
        yield files.problem(CLASSIFICATION, f"{at}.feature", message)
    elif preset.feature and service is not None:
        kind = f"feature of `{preset.service}`"
        path = f"{at}.feature"
        yield from files.dangling(CLASSIFICATION, path, preset.feature, service.features, kind)
    if (preset.impact, preset.urgency, preset.priority) == (UNKNOWN, UNKNOWN, None):
        message = "the preset sets nothing: give an `impact`, an `urgency` or a `priority`"
        yield files.problem(CLASSIFICATION, at, message)
    for level in ("impact", "urgency"):
        if preset.priority and getattr(preset, level) != UNKNOWN:
            message = f"the preset sets a `priority`, so its `{level}` would not count"
            yield files.problem(CLASSIFICATION, f"{at}.{level}", message)


def consequences(files: Files) -> Iterator[Problem]:
    """Only work that matters less stops; what is due has a list of what to do (R2c.2a-c)."""
    rules = files.classification
    for rank, priority in enumerate(PRIORITIES):
        for index, other in enumerate(rules.consequences.of(priority).pre_empts):
            if other in PRIORITIES[: rank + 1]:
                path = f"consequences.{priority}.pre_empts.{index}"
                message = f"{priority} cannot stop the work on {other}"
                yield files.problem(CLASSIFICATION, path, message)
    for name in ("communication", "continuity"):
        measures = getattr(rules, name)
        if not measures.priorities:
            message = f"`{name}` names no priority, so it is never due"
            yield files.problem(CLASSIFICATION, f"{name}.priorities", message)
        if not measures.checklist:
            message = f"`{name}` is due with nothing to do: write its checklist"
            yield files.problem(CLASSIFICATION, f"{name}.checklist", message)


def support(files: Files) -> Iterator[Problem]:
    """What becomes of what the catalog does not hold leads somewhere (R2b.2)."""
    rules = files.classification.support
    references = (
        ("agreement", rules.agreement, files.sla.agreements, "agreement"),
        ("code", rules.code, files.vocabulary.closure_code, "closure code"),
        ("devices", rules.devices, files.teams.queues, "queue"),
    )
    for key, given, known, kind in references:
        yield from files.dangling(CLASSIFICATION, f"support.{key}", given, known, kind)
    if not rules.gap_from:
        message = "a gap shows from 1 ticket on or more, not 0"
        yield files.problem(CLASSIFICATION, "support.gap_from", message)


def numbers(files: Files) -> Iterator[Problem]:
    """Numbers that mean something: a confidence in percent, and limits that leave room (R7.4)."""
    rules = files.classification
    if not 0 < rules.suggest_from <= _MOST_PERCENT:
        message = f"suggest from 1 to 99 percent, not {rules.suggest_from}"
        yield files.problem(CLASSIFICATION, "suggest_from", message)
    for name in rules.limits.__struct_fields__:
        if not getattr(rules.limits, name):
            message = f"the limit of {name} is 1 or more"
            yield files.problem(CLASSIFICATION, f"limits.{name}", message)
