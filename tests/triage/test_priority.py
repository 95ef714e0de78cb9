"""The priority comes from impact and urgency, and says from which line of which file."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sdcli.policy.load import read_policy
from sdcli.policy.model import SLA_POLICIES, Presets
from sdcli.tickets.words import LEVELS, UNKNOWN, Level, RequestType
from sdcli.triage.priority import derive, presets
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy

_LINES = (REPOSITORY / SLA_POLICIES).read_text(encoding="utf-8").splitlines()
_MATRIX = _LINES.index("matrix:")


def _row(impact: Level) -> int:
    """The line of a row of the starter's matrix, as an editor counts."""
    rows = enumerate(_LINES[_MATRIX + 1 : _MATRIX + 5], _MATRIX + 2)
    return next(line for line, text in rows if text.startswith(f"  {impact}:"))


@pytest.mark.parametrize("impact", LEVELS)
@pytest.mark.parametrize("urgency", LEVELS)
def test_each_cell_names_its_row(policy: Policy, impact: Level, urgency: Level) -> None:
    """All 16 cells give the priority that stands in the file, and name file and line (R2c.2)."""
    line = _row(impact)
    cells = _LINES[line - 1].split("{")[1].rstrip("} ").split(", ")
    expected = dict(cell.split(": ") for cell in cells)[urgency]
    found = derive(policy, impact, urgency)
    assert found.priority == expected
    assert found.reason == (
        f"impact {impact} by urgency {urgency} gives {expected} ({SLA_POLICIES}:{line})"
    )


def test_the_place_follows_the_file(desk_dir: Path) -> None:
    """Rows that move in the file are named where they are now."""
    path = desk_dir / SLA_POLICIES
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# one\n# two\n{text}".replace("low: P5", "low: P1"), encoding="utf-8")
    found = derive(read_policy(str(desk_dir)), "low", "low")
    assert found.priority == "P1"
    assert found.reason.endswith(f"({SLA_POLICIES}:{_row('low') + 2})")


def test_nobody_is_asked_for_a_priority() -> None:
    """There is no way to put a wished-for priority in (R2c.2d)."""
    assert list(inspect.signature(derive).parameters) == ["policy", "impact", "urgency"]


def test_presets_of_the_service(policy: Policy) -> None:
    """A feature without presets of its own starts with those of its service (R2c.2e)."""
    of_erp = Presets(impact="high", urgency="high")
    assert presets(policy, "incident", "erp", UNKNOWN) == of_erp
    assert presets(policy, "incident", "erp", "finance") == of_erp
    assert presets(policy, "incident", "erp", "no-such-feature") == of_erp
    assert presets(policy, "incident", "vpn", UNKNOWN) == Presets(urgency="high")
    assert presets(policy, "incident", "wifi", UNKNOWN) == Presets()
    assert presets(policy, "incident", UNKNOWN, UNKNOWN) == Presets()


@pytest.mark.parametrize("type_", ["fulfilment", "new-service", "information", UNKNOWN])
def test_only_incidents_are_preset(policy: Policy, type_: RequestType) -> None:
    """A request of another type starts with no level at all."""
    for service in policy.catalog.services:
        assert presets(policy, type_, service, UNKNOWN) == Presets()


def test_presets_of_a_feature_win(policy: Policy) -> None:
    """A level that the feature states counts, one that it leaves open comes from the service."""
    erp = policy.catalog.services["erp"]
    features = {
        "own": replace(erp.features["finance"], presets=Presets(impact="low", urgency="medium")),
        "half": replace(erp.features["finance"], presets=Presets(urgency="low")),
    }
    catalog = replace(policy.catalog, services={"erp": replace(erp, features=features)})
    changed = replace(policy, catalog=catalog)
    assert presets(changed, "incident", "erp", "own") == Presets(impact="low", urgency="medium")
    assert presets(changed, "incident", "erp", "half") == Presets(impact="high", urgency="low")
