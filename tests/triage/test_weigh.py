"""Impact, urgency and priority follow from answers, the service map and presets, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.load import read_policy
from sdcli.policy.model import SERVICES, Group, Preset, Presets, Process, Reach, Workarounds
from sdcli.policy.service_map import hit_by, hit_through
from sdcli.tickets.contact import Assessment
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN, WORKAROUNDS, Level
from sdcli.triage.priority import Subject, Weight, by_rule, presets, weigh
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.words import Priority

_STARTER = read_policy(str(REPOSITORY))
_RANK = [UNKNOWN, "low", "medium", "high"]
_SERVICES = ("a", "b", "c", "d")
_UNITS = ("", "Sales", "Audit")


def _at(line: int) -> str:
    return f"catalog/classification.yaml:{line}"


def _catalog_with_map() -> str:
    """The starter's catalog with a service map of our own in it."""
    text = (REPOSITORY / SERVICES).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith("    depends_on:")]
    needs = {"erp": "databases", "website": "databases", "databases": "servers-hosting"}
    for name, needed in needs.items():
        start = lines.index(f"  {name}:")
        at = next(n for n in range(start, len(lines)) if lines[n].startswith("    components:"))
        lines.insert(at + 1, f"    depends_on: [{needed}]")
    return "\n".join(lines)


_CATALOG = _catalog_with_map()
_MAPPED = read_policy(str(REPOSITORY), {SERVICES: _CATALOG.encode()})


@st.composite
def _policies(draw: st.DrawFn) -> Policy:
    """Small desks: any service map, any processes and presets; more is never less in their lists."""
    sample = _STARTER.catalog.services["erp"]
    feature = next(iter(sample.features.values()))
    level = st.sampled_from(LEVELS)
    preset = st.builds(
        Presets, impact=level, urgency=level, place=st.just("catalog/services.yaml:1")
    )
    some = st.lists(st.sampled_from(_SERVICES), unique=True, max_size=3).map(tuple)
    services = {
        name: replace(
            sample,
            components=(f"{name}-host", "shared") if name in "ab" else (f"{name}-host",),
            depends_on=draw(some),
            presets=draw(preset),
            features={"f": replace(feature, presets=draw(preset))},
        )
        for name in _SERVICES
    }
    ordered = sorted(
        draw(st.lists(st.sampled_from(LEVELS[:3]), min_size=3, max_size=3)), key=_RANK.index
    )
    people = tuple(
        Reach(up_to=up_to, impact=impact, place=_at(2))
        for up_to, impact in zip((1, 20, None), ordered, strict=True)
    )
    processes = {
        name: Process(name=name, criticality=draw(level), services=draw(some), place=_at(3))
        for name in ("p", "q")
    }
    groups = {name: Group(name=name, impact=draw(level), place=_at(4)) for name in ("g", UNKNOWN)}
    own = st.builds(
        Preset,
        service=st.sampled_from(("", *_SERVICES)),
        feature=st.sampled_from(("", "f")),
        unit=st.sampled_from(_UNITS),
        impact=level,
        urgency=level,
        priority=st.sampled_from((None, "P1", "P3", "P5")),
        place=st.just(_at(5)),
    )
    good, hard, none = sorted(
        draw(st.lists(st.sampled_from(LEVELS[:3]), min_size=3, max_size=3)), key=_RANK.index
    )
    rules = replace(
        _STARTER.classification,
        people=people,
        processes=processes,
        groups=groups,
        workarounds=Workarounds(none=none, hard=hard, good=good, place=_at(6)),
        presets=tuple(draw(st.lists(own, max_size=4))),
    )
    catalog = replace(_STARTER.catalog, services=services)
    return replace(_STARTER, catalog=catalog, classification=rules)


_ASSESSMENTS = st.builds(
    Assessment,
    people=st.none() | st.integers(1, 40),
    process=st.sampled_from(("", "p", "q", "gone")),
    who=st.sampled_from(("", "g", UNKNOWN, "gone")),
    workaround=st.sampled_from(("", *WORKAROUNDS)),
    component=st.sampled_from(("", "shared", "c-host", "d-host.example.com:9100", "nobody's")),
)
_SUBJECTS = st.builds(
    Subject,
    type=st.sampled_from(REQUEST_TYPES),
    service=st.sampled_from((UNKNOWN, *_SERVICES)),
    feature=st.sampled_from((UNKNOWN, "f")),
    impact=st.sampled_from((None, *LEVELS)),
    urgency=st.sampled_from((None, *LEVELS)),
    unit=st.sampled_from((*_UNITS, "Elsewhere")),
    assessment=_ASSESSMENTS,
    newer=st.frozensets(st.sampled_from(("people", "process", "who", "component", "workaround"))),
)


def _more(*levels: str) -> Level:
    """The highest of some levels."""
    return next((each for each in LEVELS if each in levels), UNKNOWN)


def _reached(policy: Policy, component: str) -> set[str]:
    """The services that a component hits, found by trying until nothing more is found."""
    services = policy.catalog.services
    host = component.partition(":")[0].partition(".")[0]
    reached = {name for name, service in services.items() if host in service.components}
    while True:
        more = {n for n, s in services.items() if reached & set(s.depends_on)} - reached
        if not more:
            return reached
        reached |= more


def _preset_of(policy: Policy, subject: Subject, field: str) -> Level:
    """The preset of a level, by walking through the kinds of presets from narrow to broad."""
    if subject.type != "incident":
        return UNKNOWN
    ours = policy.classification.presets
    unit, about = subject.unit, subject.service
    for feature, service, own in (
        *((True, None, True), (True, None, False)),
        *((False, True, True), (False, True, False)),
        (False, False, True),
        (False, False, False),
    ):
        for each in ours:
            shape = (bool(each.feature), service is None or bool(each.service), bool(each.unit))
            if shape != (feature, service is None or service, own):
                continue
            fits = each.service in ("", about) and each.feature in ("", subject.feature)
            level = getattr(each, field)
            if not fits or each.unit not in ("", unit) or level == UNKNOWN:
                continue
            if feature or service:
                return _more(level)
            return _more(level, _catalog_preset(policy, subject, field))
    return _catalog_preset(policy, subject, field)


def _catalog_preset(policy: Policy, subject: Subject, field: str) -> Level:
    service = policy.catalog.services.get(subject.service)
    if service is None:
        return UNKNOWN
    feature = service.features.get(subject.feature)
    own: Level = getattr(feature.presets, field) if feature else UNKNOWN
    of_service: Level = getattr(service.presets, field)
    return own if own != UNKNOWN else of_service


def _levels(policy: Policy, subject: Subject) -> tuple[Level, Level]:
    """Impact and urgency by the words of the requirement, as plainly as they can be put."""
    rules, said = policy.classification, subject.assessment

    def counts(name: str, field: str) -> bool:
        return getattr(subject, field) is None or name in subject.newer

    evidence: list[str] = []
    if said.people is not None and counts("people", "impact"):
        index = 0 if said.people == 1 else 1 if said.people <= 20 else 2
        evidence.append(rules.people[index].impact)
    if said.process in rules.processes and counts("process", "impact"):
        evidence.append(rules.processes[said.process].criticality)
    known = [level for level in evidence if level != UNKNOWN]
    impact = _more(*known) if known else subject.impact
    if impact is None:
        impact = _preset_of(policy, subject, "impact")
    if said.who in rules.groups and counts("who", "impact"):
        impact = _more(impact, rules.groups[said.who].impact)
    if counts("component", "impact"):
        reached = _reached(policy, said.component) if said.component else set()
        needed = [p.criticality for p in rules.processes.values() if reached & set(p.services)]
        impact = _more(impact, *needed)
    ways = {"none": rules.workarounds.none, "hard": rules.workarounds.hard}
    ways["good"] = rules.workarounds.good
    urgency = subject.urgency
    if said.workaround in ways and counts("workaround", "urgency"):
        urgency = ways[said.workaround]
    return impact, urgency if urgency is not None else _preset_of(policy, subject, "urgency")


@given(policy=_policies(), subject=_SUBJECTS)
def test_impact_and_urgency_are_those_of_the_plain_words(policy: Policy, subject: Subject) -> None:
    """What is stated, else the answers, else the presets; groups and the map raise (R2c.1, R2c.2)."""
    found = weigh(policy, subject)
    assert (found.impact, found.urgency) == _levels(policy, subject)


@given(policy=_policies(), subject=_SUBJECTS)
def test_weighing_is_total_and_always_gives_the_same(policy: Policy, subject: Subject) -> None:
    """Whatever is known or not: a priority, the same each time, with the ground of each field."""
    found = weigh(policy, subject)
    assert weigh(policy, subject) == found
    decided = _first(found)
    assert decided["priority"] == found.priority
    for field in ("impact", "urgency"):
        assert decided.get(field, UNKNOWN) == getattr(found, field)
    if not policy.classification.presets:
        row = getattr(policy.sla.matrix, found.impact)
        assert found.priority == getattr(row, found.urgency)


def _first(weight: Weight) -> dict[str, str]:
    """The value of the first ground of each field."""
    return {ground.field: ground.value for ground in reversed(weight.grounds)}


def _at_least(policy: Policy, subject: Subject, **more: object) -> None:
    """Whoever answers this in place of what was answered gets no lower priority."""
    changed = Assessment(**{**subject.assessment.told(), **more})
    after: Priority = weigh(policy, subject._replace(assessment=changed)).priority
    assert after <= weigh(policy, subject).priority


@given(
    policy=_policies(), subject=_SUBJECTS, people=st.tuples(st.integers(1, 40), st.integers(0, 99))
)
def test_more_people_never_weigh_less(
    policy: Policy, subject: Subject, people: tuple[int, int]
) -> None:
    """The more people cannot work, the higher the priority, or as high (R2c.2)."""
    few = subject.assessment.told() | {"people": people[0]}
    _at_least(policy, subject._replace(assessment=Assessment(**few)), people=sum(people))


@given(policy=_policies(), subject=_SUBJECTS, pair=st.permutations(("p", "q")))
def test_a_more_critical_process_never_weighs_less(
    policy: Policy, subject: Subject, pair: list[str]
) -> None:
    """Of two business processes the one with the higher criticality weighs as much or more (R2c.2)."""
    levels = {name: p.criticality for name, p in policy.classification.processes.items()}
    less, more = pair
    if UNKNOWN in levels.values() or _RANK.index(levels[less]) > _RANK.index(levels[more]):
        return
    said = subject.assessment.told() | {"process": less}
    _at_least(policy, subject._replace(assessment=Assessment(**said)), process=more)


@given(policy=_policies(), subject=_SUBJECTS, who=st.sampled_from(("g", UNKNOWN)))
def test_what_only_raises_never_lowers(policy: Policy, subject: Subject, who: str) -> None:
    """Who is hindered and what the service map says never lower what is known (R2c.1, R2c.2)."""
    bare = {**subject.assessment.told(), "who": "", "component": ""}
    before = subject._replace(assessment=Assessment(**bare), newer=subject.newer | {"who"})
    if (
        weigh(policy, before).impact == UNKNOWN
    ):  # what nobody knows counts as medium: no lower bound
        return
    _at_least(policy, before, who=who)
    _at_least(policy, before._replace(newer=subject.newer | {"component"}), component="shared")


@given(policy=_policies(), subject=_SUBJECTS)
def test_no_way_round_never_weighs_less(policy: Policy, subject: Subject) -> None:
    """None, hard, good: the harder the way round, the higher the priority, or as high (R2c.2d)."""
    for less, more in (("good", "hard"), ("hard", "none")):
        said = subject.assessment.told() | {"workaround": less}
        _at_least(policy, subject._replace(assessment=Assessment(**said)), workaround=more)


_REAL = st.builds(
    Subject,
    type=st.sampled_from(REQUEST_TYPES),
    service=st.sampled_from((UNKNOWN, *_MAPPED.catalog.services)),
    impact=st.sampled_from((None, None, *LEVELS)),
    urgency=st.sampled_from((None, None, *LEVELS)),
    unit=st.sampled_from(("", "Management", "Logistics")),
    assessment=st.builds(
        Assessment,
        people=st.none() | st.sampled_from((1, 5, 500)),
        process=st.sampled_from(("", *_MAPPED.classification.processes)),
        who=st.sampled_from(("", *_MAPPED.classification.groups)),
        workaround=st.sampled_from(("", *WORKAROUNDS)),
        component=st.sampled_from(("", "erp-db1", "app1", "print1", "nobody's")),
    ),
)


def _read(place: str) -> str:
    """The line that stands at a place."""
    file, line = place.rsplit(":", 1)
    text = _CATALOG if file == SERVICES else (REPOSITORY / file).read_text(encoding="utf-8")
    return text.split("\n")[int(line) - 1]


@given(subject=_REAL)
def test_each_ground_names_the_line_of_its_rule(subject: Subject) -> None:
    """Every place is a line of a file of the desk, and that line holds what it is named for."""
    found = weigh(_MAPPED, subject)
    for ground in found.grounds:
        if not ground.place:
            assert ground.reason.startswith(("stated", "no service of the catalog"))
            continue
        told = _read(ground.place)
        if ground.field in ("impact", "urgency", "priority"):
            assert re.search(rf"\b{ground.value}\b", told), ground
        else:
            key = {"affected": "components", "at_risk": "depends_on", "critical": "services"}
            assert f"{key[ground.field]}: [" in told, ground


def test_a_row_over_several_lines_is_named_by_its_cell() -> None:
    """A cell of the matrix that stands on a line of its own is named by that line (R2c.2)."""
    text = (REPOSITORY / "sla_policies.yaml").read_text(encoding="utf-8")
    block = "  low:\n    high: P3\n    medium: P4\n    low: P5\n    unknown: P4\n"
    changed = re.sub(r"^  low: \{high.*\n", block, text, count=1, flags=re.MULTILINE)
    policy = read_policy(str(REPOSITORY), {"sla_policies.yaml": changed.encode()})
    (ground,) = [
        g for g in weigh(policy, Subject(impact="low", urgency="low")).grounds if g.value == "P5"
    ]
    assert changed.split("\n")[int(ground.place.split(":")[1]) - 1] == "    low: P5"


def test_a_failed_component_hits_whatever_needs_it() -> None:
    """The services of a component, all that depend on them, and the business processes (R2c.1)."""
    found = hit_by(_MAPPED, "app1.example.com:9100")
    assert found.affected == ("servers-hosting",)
    assert found.at_risk == {
        "databases": "servers-hosting",
        "erp": "databases",
        "website": "databases",
    }
    assert found.processes["order-to-cash"] == "erp"
    weight = weigh(_MAPPED, Subject(assessment=Assessment(component="app1")))
    assert weight.impact == "high"
    told = {ground.field: ground.value for ground in weight.grounds}
    assert told["affected"] == "servers-hosting"
    assert told["at_risk"] == "erp, databases, website"
    assert "order-to-cash" in told["critical"]


def test_a_component_that_nobody_knows_hits_nothing() -> None:
    """What the catalog does not hold is said to be unknown, and weighs nothing (R2c.1)."""
    weight = weigh(_MAPPED, Subject(assessment=Assessment(component="toaster")))
    assert weight.impact == UNKNOWN
    assert [g.value for g in weight.grounds if g.field == "affected"] == [UNKNOWN]


def test_services_in_a_circle() -> None:
    """Services that need one another are each hit once."""
    services = {
        name: replace(_STARTER.catalog.services[name], depends_on=(needed,))
        for name, needed in (("erp", "crm"), ("crm", "vpn"), ("vpn", "erp"))
    }
    policy = replace(_STARTER, catalog=replace(_STARTER.catalog, services=services))
    found = hit_through(policy, ["erp"])
    assert found.affected == ("erp",)
    assert found.at_risk == {"crm": "vpn", "vpn": "erp"}


_NARROW = (
    Preset(unit="Sales", impact="low", place=_at(1)),
    Preset(service="vpn", impact="medium", place=_at(2)),
    Preset(service="vpn", unit="Sales", impact="high", place=_at(3)),
    Preset(service="vpn", feature="remote-work", impact="low", place=_at(4)),
    Preset(service="vpn", feature="remote-work", unit="Sales", impact="medium", place=_at(5)),
    Preset(service="vpn", impact="high", place=_at(6)),
)


@pytest.mark.parametrize(
    ("service", "feature", "unit", "line"),
    [
        ("vpn", "remote-work", "sales", 5),
        ("vpn", "remote-work", "Audit", 4),
        ("vpn", UNKNOWN, "Sales", 3),
        ("vpn", UNKNOWN, "", 2),
        ("wifi", UNKNOWN, "Sales", 1),
        ("wifi", UNKNOWN, "", 0),
    ],
)
def test_the_narrowest_preset_wins(service: str, feature: str, unit: str, line: int) -> None:
    """Feature and unit, feature, service and unit, service, unit; else the file's order (R2c.2e)."""
    rules = replace(_STARTER.classification, presets=_NARROW)
    policy = replace(_STARTER, classification=rules)
    weight = weigh(policy, Subject("incident", service, feature, unit=unit))
    places = [ground.place for ground in weight.grounds if ground.field == "impact"]
    assert places == ([_at(line)] if line else [])


def test_a_preset_of_a_unit_never_lowers_what_the_catalog_says() -> None:
    """Management starts with medium, but not where the service that failed says high (R2c.2e)."""
    assert presets(_STARTER, "incident", "wifi", UNKNOWN, "Management").impact == "medium"
    assert presets(_STARTER, "incident", "erp", UNKNOWN, "Management").impact == "high"
    assert presets(_STARTER, "incident", "printing", UNKNOWN, "Management").impact == "medium"


def test_a_preset_of_the_priority_takes_the_place_of_the_matrix() -> None:
    """It holds while nobody has said anything; what is said of a request counts more (R2c.2e)."""
    rule = Preset(service="vpn", priority="P5", place=_at(9))
    policy = replace(_STARTER, classification=replace(_STARTER.classification, presets=(rule,)))
    about = Subject("incident", "vpn")
    preset = weigh(policy, about)
    assert preset.priority == "P5"
    assert _first(preset)["priority"] == "P5"
    said = weigh(policy, about._replace(assessment=Assessment(people=500)))
    assert said.priority == "P1"
    told = [g.reason for g in said.grounds if g.field == "priority"]
    assert told[1].endswith("what was said counts more")
    raised = weigh(policy, about._replace(assessment=Assessment(who="executive")))
    assert raised.priority == "P2"


def test_a_preset_that_says_more_than_the_answers_is_told() -> None:
    """The answers are evidence and win; that the preset says more is not hidden (R2c.2e)."""
    about = Subject("incident", "erp", assessment=Assessment(people=1))
    found = weigh(_STARTER, about)
    assert found.impact == "low"
    other = [ground for ground in found.grounds if ground.field == "impact"][1]
    assert (other.value, other.reason) == ("high", "the preset of erp; what was said counts more")


@pytest.mark.parametrize(
    ("people", "impact"), [(1, "low"), (2, "medium"), (20, "medium"), (21, "high"), (9999, "high")]
)
def test_the_number_of_people(people: int, impact: Level) -> None:
    """So many people who cannot work give the impact of the first line that reaches so far (R2c.2)."""
    assert weigh(_STARTER, Subject(assessment=Assessment(people=people))).impact == impact


@pytest.mark.parametrize(
    ("who", "impact"), [("back-office", "low"), ("external", "medium"), ("executive", "medium")]
)
def test_who_is_hindered(who: str, impact: Level) -> None:
    """Back office, external users, upper management: the impact is at least theirs (R2c.2)."""
    assert weigh(_STARTER, Subject(assessment=Assessment(who=who))).impact == impact
    assert weigh(_STARTER, Subject(assessment=Assessment(who=who, people=21))).impact == "high"


def test_only_rules_are_kept_with_what_is_opened() -> None:
    """What a person stated needs no rule; what a rule gave names it."""
    found = weigh(_STARTER, Subject("incident", "erp", impact="low", stated_by={"impact": "ada"}))
    assert [ground.field for ground in by_rule(found)] == ["urgency"]
    assert [g.reason for g in found.grounds if not g.place] == ["stated by ada"]
