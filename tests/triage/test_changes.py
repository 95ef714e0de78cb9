"""Recent changes: those that touch a request, within the days that count, the newest first."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.load import read_policy
from sdcli.policy.model import Change, Outage, Policy
from sdcli.policy.scalars import Instant
from sdcli.triage.changes import About, recent
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
_DAYS = _POLICY.classification.recent_days


def _at(hours: float) -> Instant:
    """So many hours before now."""
    return Instant(f"{_NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}")


def _with(outages: dict[str, Outage] | None = None, **changes: dict[str, Any]) -> Policy:
    """The starter's policy with these changes and outages only."""
    made = {
        name: Change(**{"summary": "s", "at": _at(1), "place": f"schedule:{name}", **given_})
        for name, given_ in changes.items()
    }
    schedule = replace(_POLICY.schedule, changes=made, outages=outages or {})
    return replace(_POLICY, schedule=schedule)


def _ids(policy: Policy, **about: Any) -> list[str]:
    return [each.id for each in recent(policy, About(**about), _NOW)]


@pytest.mark.parametrize(
    ("change", "about", "touches"),
    [
        ({"services": ("vpn",)}, {"service": "vpn"}, "it touches vpn"),
        ({"services": ("identity",)}, {"service": "vpn"}, "identity, which vpn needs"),
        ({"services": ("wired-network",)}, {"service": "erp"}, "wired-network, which erp needs"),
        ({"components": ("vpn1",)}, {"service": "vpn"}, "what belongs to vpn"),
        ({"components": ("DC1",)}, {"service": "vpn"}, "belongs to identity, which vpn needs"),
        ({"components": ("edge7",)}, {"components": ("edge7.example.com:443",)}, "edge7"),
        ({"people": ("ada",)}, {"people": ("Ada",)}, "it was made for Ada"),
        ({"units": ("Finance",)}, {"unit": "Finance"}, "it was made for the unit Finance"),
        ({"sites": ("London",)}, {"site": "London"}, "it was made for the site London"),
    ],
)
def test_what_touches_a_request(
    change: dict[str, Any], about: dict[str, Any], touches: str
) -> None:
    """Service, what it needs, component, person, unit or site; nothing else does (R2a.4a)."""
    policy = _with(one=change)

    [found] = recent(policy, About(**about), _NOW)

    assert touches in found.touches
    assert _ids(policy, service="printing", people=("bruno",), unit="Sales", site="Leeds") == (
        ["one"]
        if change.get("services") == ("wired-network",)
        or "DC1" in str(change)
        or change.get("services") == ("identity",)
        else []
    )
    assert _ids(policy) == []


@given(hours=st.floats(-1000, 1000))
def test_only_the_recent_past_counts(hours: float) -> None:
    """What has not begun yet, and what is older than the days that count, is left out (R2a.4a)."""
    policy = _with(one={"at": _at(hours), "services": ("vpn",)})
    at = datetime.fromisoformat(_at(hours).replace("Z", "+00:00"))

    found = _ids(policy, service="vpn")

    assert found == (["one"] if _NOW - timedelta(days=_DAYS) <= at <= _NOW else [])


def test_a_running_outage_counts_however_old() -> None:
    """A planned outage is among them while it runs, and if it began not long before (R2a.4a)."""
    old, end = _at(24 * _DAYS + 24), _at(-1)
    running = Outage(summary="long works", start=old, end=end, services=("vpn",), place="x:1")
    over = replace(running, end=_at(1))
    short = replace(running, start=_at(2), end=_at(1))
    coming = replace(running, start=_at(-1), end=_at(-2))
    policy = _with({"running": running, "over": over, "short": short, "coming": coming})

    found = recent(policy, About(service="vpn"), _NOW)

    assert [each.id for each in found] == ["short", "running"]
    assert found[1].touches == "it touches vpn, and it is running now"


def test_the_newest_is_first() -> None:
    """What happened last is the likeliest cause."""
    policy = _with(
        old={"at": _at(9), "services": ("vpn",)},
        new={"at": _at(1), "units": ("Sales",)},
        between={"at": _at(5), "services": ("vpn",)},
    )
    assert _ids(policy, service="vpn", unit="Sales") == ["new", "between", "old"]


@pytest.mark.parametrize(
    ("change", "theirs"),
    [
        ({"units": ("Sales",)}, True),
        ({"units": ("Sales",), "services": ("crm",)}, True),
        ({"services": ("crm",)}, False),
    ],
)
def test_whose_change_it_was(change: dict[str, Any], theirs: bool) -> None:
    """It was made for these people only if it names them, and their service if any (R2a.4a)."""
    [found] = recent(_with(one=change), About(service="crm", unit="Sales"), _NOW)
    assert found.is_theirs is theirs


def test_a_unit_is_touched_in_the_services_that_are_named() -> None:
    """A change for a unit and another service is behind nothing here; a person's own is (R2a.4a)."""
    subject = About(service="crm", unit="Sales", people=("ada",))
    assert not recent(_with(one={"units": ("Sales",), "services": ("erp",)}), subject, _NOW)
    assert recent(_with(one={"people": ("ada",), "services": ("erp",)}), subject, _NOW)
