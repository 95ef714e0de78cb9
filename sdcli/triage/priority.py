"""Impact and urgency to priority, each with its grounds, line by line (R2c.1, R2c.2, R2c.2d-e).

A person is never asked for a priority (R2c.2d): they say how many cannot work, which business
process stands still, who is hindered and whether there is a way round. What is stated outright
counts before such answers, answers before presets, and the matrix of the desk does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.model import Presets, place_of
from sdcli.policy.service_map import Hit, hit_by
from sdcli.tickets.contact import Assessment, Ground
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sdcli.policy.model import Policy, Preset, Reach
    from sdcli.tickets.words import Level, Priority, RequestType

RANK: dict[Level, int] = {UNKNOWN: 0, "low": 1, "medium": 2, "high": 3}
"""Levels by how much they weigh; what is unknown weighs least."""


class Subject(NamedTuple):
    """What is weighed: a request as it is classified, and what was said of it.

    Args:
        impact, urgency: as somebody stated them outright; None where nobody did.
        unit: the caller's part of the organisation.
        newer: the answers of the assessment that were given after the levels were stated: they
            count all the same.
        stated_by: who stated a level, by the name of the level.
    """

    type: RequestType = UNKNOWN
    service: str = UNKNOWN
    feature: str = UNKNOWN
    impact: Level | None = None
    urgency: Level | None = None
    unit: str = ""
    assessment: Assessment = Assessment()
    newer: frozenset[str] = frozenset()
    stated_by: Mapping[str, str] = {}


class Weight(NamedTuple):
    """How much a request matters, and why, line by line.

    Of the grounds of one field the first has decided; the others were looked at. A ground
    without a place is what a person said outright.
    """

    impact: Level
    urgency: Level
    priority: Priority
    grounds: tuple[Ground, ...]


class Derivation(NamedTuple):
    """A priority and why it is that one, with the file and line of the rule."""

    priority: Priority
    reason: str


class _Clue(NamedTuple):
    """What speaks for a level; `at_least`: it only raises what else is known."""

    name: str
    level: Level
    reason: str
    place: str = ""
    at_least: bool = False

    def ground(self, field: str, remark: str = "") -> Ground:
        """It as a ground of a field."""
        return Ground(field, self.level, f"{self.reason}{remark}", self.place)


class _Chosen(NamedTuple):
    """A level and its grounds. `is_said`: somebody's word has decided, no preset.

    `is_raised`: something said raised it above the preset.
    """

    level: Level
    grounds: tuple[Ground, ...]
    is_said: bool
    is_raised: bool


class _InForce(NamedTuple):
    """The presets that hold; `is_broad`: the priority is that of a unit, whatever the service."""

    levels: Mapping[str, _Clue]
    priority: Priority | None = None
    ground: Ground | None = None
    is_broad: bool = False


def weigh(policy: Policy, subject: Subject) -> Weight:
    """The impact, the urgency and the priority of a request.

    What is stated counts; then the highest of what the answers mean; then the presets. Who is
    hindered and what the service map says only raise what else is known. An answer that was given after a
    level was stated counts before it.
    """
    preset = _in_force(policy, subject)
    hit = hit_by(policy, subject.assessment.component) if subject.assessment.component else Hit()
    impact = _chosen(subject, "impact", tuple(_of_impact(policy, subject, hit)), preset)
    urgency = _chosen(subject, "urgency", tuple(_of_urgency(policy, subject)), preset)
    priority, grounds = _priority(policy, impact, urgency, preset)
    return Weight(
        impact.level,
        urgency.level,
        priority,
        (*impact.grounds, *urgency.grounds, *grounds, *_hit_grounds(policy, subject, hit)),
    )


def by_rule(weight: Weight) -> tuple[Ground, ...]:
    """The grounds of impact and urgency where a rule has decided and no person."""
    first: dict[str, Ground] = {}
    for ground in weight.grounds:
        first.setdefault(ground.field, ground)
    return tuple(
        first[field] for field in ("impact", "urgency") if field in first and first[field].place
    )


def derive(policy: Policy, impact: Level, urgency: Level) -> Derivation:
    """The priority of an impact and an urgency."""
    cell = _cell(policy, impact, urgency)
    priority = policy.sla.matrix.priority(impact, urgency)
    reason = f"impact {impact} by urgency {urgency} gives {priority} ({cell.place})"
    return Derivation(priority, reason)


def presets(
    policy: Policy, type_: RequestType, service: str, feature: str, unit: str = ""
) -> Presets:
    """Impact and urgency that an incident of a service, feature and unit starts with.

    The narrowest win. Other types of request start with none: losing a service and asking for it
    do not weigh the same.
    """
    levels = _in_force(policy, Subject(type_, service, feature, unit=unit)).levels
    impact, urgency = levels.get("impact"), levels.get("urgency")
    return Presets(
        impact=impact.level if impact else UNKNOWN, urgency=urgency.level if urgency else UNKNOWN
    )


def _priority(
    policy: Policy, impact: _Chosen, urgency: _Chosen, preset: _InForce
) -> tuple[Priority, tuple[Ground, ...]]:
    """The priority of the matrix, or that of a preset that takes its place.

    Who answered or stated something is not overruled by a preset of the priority.
    """
    cell = _cell(policy, impact.level, urgency.level)
    priority = policy.sla.matrix.priority(impact.level, urgency.level)
    if preset.priority is None or preset.ground is None:
        return priority, (cell,)
    if impact.is_said or urgency.is_said:
        if preset.priority == priority:
            return priority, (cell,)
        return priority, (cell, _remarked(preset.ground, _OVERRULED))
    if (impact.is_raised or preset.is_broad) and priority < preset.priority:
        return priority, (cell, _remarked(preset.ground, "; the matrix gives more"))
    return preset.priority, (preset.ground, _remarked(cell, "; not asked"))


_OVERRULED = "; what was said counts more"


def _remarked(ground: Ground, remark: str) -> Ground:
    return Ground(ground.field, ground.value, f"{ground.reason}{remark}", ground.place)


def _cell(policy: Policy, impact: Level, urgency: Level) -> Ground:
    row = policy.sla.matrix.row(impact)
    priority = policy.sla.matrix.priority(impact, urgency)
    reason = f"impact {impact} (row) by urgency {urgency} (column)"
    return Ground("priority", priority, reason, place_of(row, urgency))


def _chosen(subject: Subject, field: str, clues: Sequence[_Clue], preset: _InForce) -> _Chosen:
    """One level: what was stated, or answered since, or preset; raised by what only raises."""
    stated = _stated(subject, field)
    counted = [clue for clue in clues if stated is None or clue.name in subject.newer]
    evidence = _highest(clue for clue in counted if not clue.at_least)
    fallback = preset.levels.get(field)
    base = evidence or stated or fallback
    floors = [clue for clue in counted if clue.at_least]
    winner = _highest(filter(None, (base, *floors)))
    level: Level = winner.level if winner else UNKNOWN
    others = [clue for clue in (*clues, stated) if clue is not None and clue is not winner]
    grounds = [winner.ground(field)] if winner else []
    grounds += [clue.ground(field, _why_not(clue, counted, stated)) for clue in others]
    if fallback is not None and fallback is not winner and fallback.level != level:
        grounds.append(fallback.ground(field, "" if base is fallback else _OVERRULED))
    is_raised = winner is not None and winner.at_least
    return _Chosen(level, tuple(grounds), base not in (None, fallback), is_raised)


def _stated(subject: Subject, field: str) -> _Clue | None:
    level: Level | None = getattr(subject, field)
    if level is None:
        return None
    who = subject.stated_by.get(field, "")
    return _Clue(_STATED, level, f"stated by {who}" if who else "stated")


_STATED = "stated"


def _why_not(clue: _Clue, counted: Sequence[_Clue], stated: _Clue | None) -> str:
    """Why something that was said has not decided, if it was not only less than another."""
    if clue is stated:
        return "; answered otherwise since"
    return "" if clue in counted else "; stated otherwise since"


def _highest(clues: Iterable[_Clue]) -> _Clue | None:
    """The first of those with the highest level."""
    return max(clues, key=lambda clue: RANK[clue.level], default=None)


def _of_impact(policy: Policy, subject: Subject, hit: Hit) -> Iterator[_Clue]:
    """What the answers say of the impact; those that know nothing are left out."""
    rules, said = policy.classification, subject.assessment
    if said.people is not None and rules.people:
        yield from _known(_of_people(rules.people, said.people))
    process = rules.processes.get(said.process)
    if process is not None:
        level, place = process.criticality, place_of(process, "criticality")
        reason = f'the business process "{process.name}" stands still'
        yield from _known(_Clue("process", level, reason, place))
    group = rules.groups.get(said.who)
    if group is not None:
        reason = f'at least: hindered are "{group.name}"'
        place = place_of(group, "impact")
        yield from _known(_Clue("who", group.impact, reason, place, at_least=True))
    yield from _of_component(policy, said.component, hit)


def _of_people(rules: Sequence[Reach], people: int) -> _Clue:
    """The impact of so many people who cannot work, by the first line that reaches so far."""
    fits = (index for index, each in enumerate(rules) if each.up_to is None or people <= each.up_to)
    index = next(fits, len(rules) - 1)
    found, before = rules[index], rules[index - 1].up_to if index else None
    most = f"up to {found.up_to}" if found.up_to else f"more than {before or 0}"
    reason = f"{_people(people)} cannot work, {most}"
    return _Clue("people", found.impact, reason, place_of(found, "impact"))


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _of_component(policy: Policy, component: str, hit: Hit) -> Iterator[_Clue]:
    """The impact of what the service map says is hit: at least that of its business processes."""
    if not hit.processes:
        return
    processes = policy.classification.processes
    worst = max(hit.processes, key=lambda name: RANK[processes[name].criticality])
    found = processes[worst]
    level, service = found.criticality, hit.processes[worst]
    reason = f'at least: {component} hits {service}, which "{found.name}" needs'
    place = place_of(found, "criticality")
    yield from _known(_Clue("component", level, reason, place, at_least=True))


def _of_urgency(policy: Policy, subject: Subject) -> Iterator[_Clue]:
    """What the answer about a way round says of the urgency (R2c.2d)."""
    rules, said = policy.classification.workarounds, subject.assessment.workaround
    if said in rules.__struct_fields__ and said not in _OF_THE_FILE:
        reason = _WAYS.get(said, said)
        yield from _known(_Clue("workaround", getattr(rules, said), reason, place_of(rules, said)))


_OF_THE_FILE = ("place", "lines")
_WAYS = {
    "none": "there is no way round",
    "hard": "there is a way round, and it is hard",
    "good": "there is a good way round",
    UNKNOWN: "whether there is a way round is unknown",
}


def _known(clue: _Clue) -> tuple[_Clue, ...]:
    return (clue,) if clue.level != UNKNOWN else ()


def _in_force(policy: Policy, subject: Subject) -> _InForce:
    """The presets of an incident: of the desk's rules, the narrowest first, then the catalog's.

    A preset for a unit alone says of no service how much it matters: it never lowers what the
    catalog says of the one that failed.
    """
    if subject.type != "incident":
        return _InForce({})
    ours = _matching(policy, subject)
    catalog = dict(_of_catalog(policy, subject))
    levels = {}
    for field in ("impact", "urgency"):
        own = next((each for each in ours if getattr(each, field) != UNKNOWN), None)
        clue = _preset_clue(own, field) if own else None
        other = catalog.get(field)
        if clue and own and other and _is_broad(own) and RANK[other.level] > RANK[clue.level]:
            clue = other
        if found := clue or other:
            levels[field] = found
    first = next((each for each in ours if _states(each)), None)
    if first is None or first.priority is None:
        return _InForce(levels)
    reason = f"the preset of {_whose(first)} takes the place of the matrix"
    ground = Ground("priority", first.priority, reason, place_of(first, "priority"))
    return _InForce(levels, first.priority, ground, _is_broad(first))


def _states(preset: Preset) -> bool:
    return preset.priority is not None or {preset.impact, preset.urgency} != {UNKNOWN}


def _is_broad(preset: Preset) -> bool:
    return not (preset.service or preset.feature)


def _matching(policy: Policy, subject: Subject) -> list[Preset]:
    """The presets of the desk's rules that fit, the narrowest first, else in the file's order."""
    unit = subject.unit.casefold()
    found = [
        each
        for each in policy.classification.presets
        if each.service in ("", subject.service)
        and each.feature in ("", subject.feature)
        and each.unit.casefold() in ("", unit)
    ]
    return sorted(found, key=_breadth)


def _breadth(preset: Preset) -> tuple[bool, bool, bool]:
    """Feature and unit, feature, service and unit, service, unit: each is broader than the last."""
    return not preset.feature, not preset.service, not preset.unit


def _preset_clue(preset: Preset, field: str) -> _Clue:
    reason = f"the preset of {_whose(preset)}"
    return _Clue("preset", getattr(preset, field), reason, place_of(preset, field))


def _whose(preset: Preset) -> str:
    return ", ".join(filter(None, (preset.service, preset.feature, preset.unit))) or "all"


def _of_catalog(policy: Policy, subject: Subject) -> Iterator[tuple[str, _Clue]]:
    """The catalog's presets by field: those of the feature, else those of its service."""
    service = policy.service(subject.service)
    if service is None:
        return
    feature = service.features.get(subject.feature)
    named = f"{subject.service}, {subject.feature}"
    sources = [(service.presets, subject.service)]
    sources += [(feature.presets, named)] if feature else []
    for source, name in sources:  # the feature comes last, and takes the place of its service
        for field in ("impact", "urgency"):
            level: Level = getattr(source, field)
            if level != UNKNOWN:
                reason = f"the preset of {name}"
                yield field, _Clue("preset", level, reason, place_of(source, field))


def _hit_grounds(policy: Policy, subject: Subject, hit: Hit) -> Iterator[Ground]:
    """What the service map says of a failed component, in a line each (R2c.1)."""
    component = subject.assessment.component
    services, processes = policy.catalog.services, policy.classification.processes
    if hit.affected:
        place = place_of(services[hit.affected[0]], "components")
        yield Ground("affected", ", ".join(hit.affected), f"{component} is part of it", place)
    elif component:
        reason = (
            f"no service of the catalog has {component} (catalog/services.yaml); so it tells "
            "nothing of the impact"
        )
        yield Ground("affected", UNKNOWN, reason)
    if hit.at_risk:
        first, needed = next(iter(hit.at_risk.items()))
        place = place_of(services[first], "depends_on")
        reason = f"{first} needs {needed}" + (", and so on" if len(hit.at_risk) > 1 else "")
        yield Ground("at_risk", ", ".join(hit.at_risk), reason, place)
    critical = [name for name in hit.processes if processes[name].criticality == "high"]
    if critical:
        first = critical[0]
        place = place_of(processes[first], "services")
        reason = f"{processes[first].name} needs {hit.processes[first]}"
        yield Ground("critical", ", ".join(critical), reason, place)
