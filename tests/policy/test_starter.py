"""The starter's files hold what a desk needs on its first day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.articles import Article, articles
from sdcli.lint import lint
from sdcli.policy.load import read_policy
from sdcli.policy.model import SLA_POLICIES
from sdcli.sla.days import Days
from sdcli.tickets.words import LEVELS, PRIORITIES, UNKNOWN
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from sdcli.policy.model import Policy

_ROOT = str(REPOSITORY)


@pytest.fixture(name="shelf", scope="module")
def _shelf() -> dict[str, Article]:
    """The starter's articles."""
    return articles(_ROOT)


def test_lint_passes() -> None:
    """All files of the starter are sound together, and `lint` counts what they hold."""
    counts = lint(_ROOT)
    assert counts["services"] >= 15
    assert counts["articles"] >= 30
    assert counts["calendars"] >= 2
    assert all(counts.values())
    assert set(counts) == {
        *("services", "queues", "technicians", "contacts", "calendars", "agreements", "articles"),
        *("synonyms", "formats", "question_trees", "questions", "free_text_questions"),
        *("procedures", "standard_changes"),
    }


def test_the_starter_in_the_package_is_the_same() -> None:
    """What a new desk is started from is what is in the repository."""
    for name in ("sla_policies.yaml", "catalog", "kb"):
        assert (REPOSITORY / "sdcli" / "starter" / name).resolve() == (REPOSITORY / name).resolve()


def test_services_are_complete(policy: Policy) -> None:
    """Each of 15 services or more has features, an owner, words to know it by and an SLA (R2b.1a)."""
    services = policy.catalog.services
    assert len(services) >= 15
    for name, service in services.items():
        assert service.features, name
        assert len(service.keywords) >= 3, name
        assert service.owner in policy.teams.technicians, name
        assert service.queue in policy.teams.queues, name
        assert service.hours in policy.sla.calendars, name
        assert service.agreement in policy.sla.agreements, name
        assert all(feature.name for feature in service.features.values()), name


def test_hours_are_those_of_the_agreement(policy: Policy) -> None:
    """A service is not promised outside the hours in which its clock runs."""
    for name, service in policy.catalog.services.items():
        assert policy.sla.agreements[service.agreement].calendar == service.hours, name


def test_some_services_bring_limits_components_and_presets(policy: Policy) -> None:
    """Limits, components and presets are shown by example (R2a.3a, R2b.1a, R2c.2e)."""
    services = policy.catalog.services.values()
    assert sum(bool(service.limits) for service in services) >= 5
    assert sum(bool(service.components) for service in services) >= 10
    assert sum(service.presets.impact != UNKNOWN for service in services) >= 10
    assert any(feature.limits for service in services for feature in service.features.values())


def test_there_are_three_tiers(policy: Policy) -> None:
    """Queues of each tier exist, the desk's own is of the first, and each has people."""
    queues = policy.teams.queues
    assert {queue.tier for queue in queues.values()} == {1, 2, 3}
    assert queues[policy.teams.desk.queue].tier == 1
    for name, queue in queues.items():
        assert queue.members, name
        assert queue.focus, name
        assert queue.lead in queue.members, name


def test_every_list_has_unknown(policy: Policy) -> None:
    """Each drop-down list offers "I don't know" (R1b.1d)."""
    lists = [name for name in policy.vocabulary.__struct_fields__ if name != "format"]
    assert len(lists) == 11
    for name in lists:
        words = getattr(policy.vocabulary, name)
        assert UNKNOWN in words, name
        assert all(words.values()), name
        assert len(words) >= 4, name


def test_the_matrix_is_full(policy: Policy) -> None:
    """Each of the 16 cells has a priority, and more weight never gives a lower one."""
    matrix = policy.sla.matrix
    cells = {(i, u): matrix.priority(i, u) for i in LEVELS for u in LEVELS}
    assert len(cells) == 16
    assert set(cells.values()) == set(PRIORITIES)
    known = [level for level in LEVELS if level != UNKNOWN]
    for impact in LEVELS:
        row = [cells[impact, urgency] for urgency in known]
        column = [cells[urgency, impact] for urgency in known]
        assert row == sorted(row)
        assert column == sorted(column)


_AGREEMENTS = ["standard", "extended", "critical", "goodwill"]


@pytest.mark.parametrize("agreement", _AGREEMENTS)
def test_every_priority_has_targets(policy: Policy, agreement: str) -> None:
    """A response comes before its resolution, and a higher priority before a lower one."""
    targets = [policy.sla.agreement_targets(agreement, priority) for priority in PRIORITIES]
    assert all(0 < target.response.seconds < target.resolution.seconds for target in targets)
    responses = [target.response.seconds for target in targets]
    resolutions = [target.resolution.seconds for target in targets]
    assert responses == sorted(responses)
    assert resolutions == sorted(resolutions)


def test_there_are_business_hours_and_all_hours(policy: Policy) -> None:
    """One calendar has closed days and holidays, another never closes."""
    hours = {name: each.hours.seconds() / 3600 for name, each in policy.sla.calendars.items()}
    assert 35 <= hours["business-hours"] <= 50
    assert len(policy.sla.calendars["business-hours"].public_holidays[0].known[2027]) >= 5
    assert not policy.sla.calendars["business-hours"].hours.sun
    assert hours["around-the-clock"] == 7 * 24
    assert not policy.sla.calendars["around-the-clock"].holidays
    assert not policy.sla.calendars["around-the-clock"].public_holidays


def test_business_hours_rest_on_the_bank_holidays_of_england(policy: Policy) -> None:
    """The library's days for two years, weekdays only, are those that the desk wrote down before."""
    days = Days(policy.sla.calendars["business-hours"])
    found = [date.fromordinal(day) for year in (2026, 2027) for day in days.exceptions(year)]
    assert [f"{day:%m-%d}" for day in found if day.year == 2026 and day.weekday() < 5] == [
        *("01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"),
    ]
    assert [f"{day:%m-%d}" for day in found if day.year == 2027 and day.weekday() < 5] == [
        *("01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"),
    ]


def test_somebody_hears_alerts(policy: Policy) -> None:
    """There is a warning before the end, and a breach is told to more people than that."""
    alerts = policy.sla.alerts
    assert alerts.warn_at
    assert alerts.warning
    assert set(alerts.warning) < set(alerts.breach)


def test_articles_have_substance(shelf: dict[str, Article]) -> None:
    """Each of 30 articles or more tells symptoms, cause, three steps and how to verify (R3a.2)."""
    assert len(shelf) >= 30
    for name, article in shelf.items():
        assert len(article.symptoms) >= 2, name
        assert len(article.cause) >= 150, name
        assert len(article.steps) >= 3, name
        assert all(len(step) >= 20 for step in article.steps), name
        assert len(article.verification) >= 60, name
        assert len(article.keywords) >= 3, name
        assert article.second_owner != article.owner, name


def test_articles_are_not_copies(shelf: dict[str, Article]) -> None:
    """No two articles share a title, a cause or a step."""
    for field in ("title", "cause", "verification"):
        assert len({getattr(article, field) for article in shelf.values()}) == len(shelf), field
    steps = [step for article in shelf.values() for step in article.steps]
    assert len(set(steps)) == len(steps)


def test_some_articles_are_known_errors(shelf: dict[str, Article]) -> None:
    """Several known errors exist, each with a workaround, most with the problem behind them."""
    known = [article for article in shelf.values() if article.known_error]
    assert len(known) >= 3
    assert all(article.workaround for article in known)
    assert any(article.problem for article in known)


def test_articles_are_for_different_readers(shelf: dict[str, Article]) -> None:
    """Some articles may go to users, some only to the desk, some only to certain roles (R3a.2)."""
    audiences = [article.audience for article in shelf.values()]
    assert audiences.count("user") >= 5
    assert audiences.count("desk") >= 5
    assert audiences.count("restricted") >= 1
    assert all(bool(a.roles) == (a.audience == "restricted") for a in shelf.values())


def test_articles_are_of_every_kind(shelf: dict[str, Article]) -> None:
    """There is something for each type of request and each area (R2a.1a)."""
    kinds = {article.type for article in shelf.values()}
    assert kinds >= {"incident", "fulfilment", "information", "new-service"}
    areas = {article.area for article in shelf.values()}
    assert areas == {"service", "technology"}


def test_most_services_have_an_article(policy: Policy, shelf: dict[str, Article]) -> None:
    """At least two of three services occur in some article, and no article names another."""
    named = {service for article in shelf.values() for service in article.services}
    assert named <= set(policy.catalog.services)
    assert len(named) * 3 >= len(policy.catalog.services) * 2


_EXAMPLES = ("coverage", "sites", "operational_levels", "underpinning_contracts")


def test_what_is_shown_as_a_comment_can_be_taken_as_it_is() -> None:
    """Each example of `sla_policies.yaml` is sound where it stands, without its `# `."""
    lines = (REPOSITORY / SLA_POLICIES).read_text(encoding="utf-8").splitlines()
    taken, within = [], False
    for line in lines:
        opens = any(line.startswith(f"# {key}:") for key in _EXAMPLES)
        within = opens or (within and line.startswith("#   "))
        is_special = line.startswith(("    # holidays: ", "    # special_hours: "))
        bare = line[2:] if within else line.replace("# ", "", 1) if is_special else line
        taken.append(bare)

    policy = read_policy(str(REPOSITORY), {SLA_POLICIES: "\n".join(taken).encode()})

    sla = policy.sla
    assert all(getattr(sla, key) for key in _EXAMPLES)
    assert sla.calendars["business-hours"].holidays
    assert sla.calendars["business-hours"].special_hours
