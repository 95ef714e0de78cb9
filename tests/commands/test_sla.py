"""`sdcli sla`: try another policy, list what was broken, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DATA_FILE, NOT_FOUND, REFUSED, USAGE
from sdcli.promises import Promises
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

FRIDAY = "2026-11-20"
SHORTER = ("P3: {response: 2h, resolution: 20h}", "P3: {response: 1h, resolution: 20h}")


@pytest.fixture(name="history")
def _history(sd: Runner) -> None:
    """SD-1 is answered after 90 minutes, and closed; SD-2 is not answered within its 15."""
    sd("open", "VPN drops", "--user", "ada", "--service", "wifi", "--impact", "medium",
       "--urgency", "medium", at=f"{FRIDAY}T10:00:00Z")  # fmt: skip
    sd("note", "1", "on it", "--visible", at=f"{FRIDAY}T11:30:00Z")
    sd("close", "1", "--code", "solved", "--unconfirmed", "left", at=f"{FRIDAY}T12:00:00Z")
    sd("open", "Mail is down", "--user", "ada", "--service", "wifi", "--impact", "high",
       "--urgency", "high", at=f"{FRIDAY}T16:00:00Z")  # fmt: skip
    sd("note", "2", "on it", "--visible", at=f"{FRIDAY}T16:45:00Z")


@pytest.fixture(name="other")
def _other(desk_dir: Path, tmp_path: Path) -> Path:
    """The desk's own policy with a shorter P3."""
    text = (desk_dir / "sla_policies.yaml").read_text(encoding="utf-8")
    assert text.count(SHORTER[0]) == 1
    path = tmp_path / "other.yaml"
    path.write_text(text.replace(*SHORTER), encoding="utf-8")
    return path


def files_of(desk_dir: Path) -> dict[str, bytes]:
    """Every file of the ledger."""
    return {str(p): p.read_bytes() for p in (desk_dir / "ledger").rglob("*") if p.is_file()}


@pytest.mark.usefixtures("history")
def test_simulate_json(sdj: JsonRunner, other: Path, desk_dir: Path) -> None:
    """The document as scripts read it; nothing was recorded."""
    before = files_of(desk_dir)

    found = sdj("sla", "simulate", "--policy", str(other), "--since", "7d")

    assert files_of(desk_dir) == before
    assert found == {
        "file": str(other),
        "same": False,
        "since": "2026-11-16T10:00:00Z",
        "until": None,
        "as_of": "2026-11-23T10:00:00Z",
        "tickets": 2,
        "matrix_differs": False,
        "pinned_count": 0,
        "pinned": [],
        "today": {
            "tickets": 1,
            "breaches": {"response": 1},
            "overrun_s": 1800,
            "alerts": {"warning": 1, "predicted": 0, "breach": 1},
            "heard": {
                "amara": {"breach": 1},
                "chloe": {"breach": 1, "warning": 1},
                "greta": {"breach": 1},
            },
        },
        "proposed": {
            "tickets": 2,
            "breaches": {"response": 2},
            "overrun_s": 3600,
            "alerts": {"warning": 2, "predicted": 0, "breach": 2},
            "heard": {
                "amara": {"breach": 2},
                "chloe": {"breach": 2, "warning": 2},
                "greta": {"breach": 2},
            },
        },
        "counts": {
            "newly_breached": 1,
            "no_longer_breached": 0,
            "due_moved": 0,
            "overrun_changed": 0,
        },
        "by_agreement": [
            {
                "name": "standard",
                "breaches_today": 1,
                "breaches_proposed": 2,
                "overrun_today_s": 1800,
                "overrun_proposed_s": 3600,
            }
        ],
        "by_priority": [
            {
                "name": "P1",
                "breaches_today": 1,
                "breaches_proposed": 1,
                "overrun_today_s": 1800,
                "overrun_proposed_s": 1800,
            },
            {
                "name": "P3",
                "breaches_today": 0,
                "breaches_proposed": 1,
                "overrun_today_s": 0,
                "overrun_proposed_s": 1800,
            },
        ],
        "by_service": [
            {
                "name": "wifi",
                "breaches_today": 1,
                "breaches_proposed": 2,
                "overrun_today_s": 1800,
                "overrun_proposed_s": 3600,
            }
        ],
        "changed": [
            {
                "ref": "SD-1",
                "summary": "VPN drops",
                "service": "wifi",
                "priority": "P3",
                "agreement_today": "standard",
                "agreement_proposed": "standard",
                "targets": [
                    {
                        "target": "response",
                        "cycle": 1,
                        "whose": None,
                        "what": "newly_breached",
                        "due_today": "2026-11-20T12:00:00Z",
                        "due_proposed": "2026-11-20T11:00:00Z",
                        "overrun_today_s": 0,
                        "overrun_proposed_s": 1800,
                    }
                ],
            }
        ],
        "notes": [],
    }


@pytest.mark.usefixtures("history")
def test_simulate_tells_the_same_in_words(sd: Runner, other: Path) -> None:
    """Who would have breached, in a table and by name."""
    told = sd("sla", "simulate", "--policy", str(other)).stdout

    rows = [line.split() for line in told.splitlines()]
    assert ["response", "breached", "1", "2", "+1"] in rows
    assert ["over", "by", "30m", "1h", "+30m"] in rows
    assert "Targets: 1 newly breached, 0 no longer breached, 0 due moved, 0 overrun" in told
    assert "SD-1  P3 wifi: VPN drops" in told


@pytest.mark.usefixtures("history")
def test_the_same_file_from_standard_input_is_no_difference(sd: Runner, desk_dir: Path) -> None:
    """`git show REV:sla_policies.yaml | sdcli sla simulate --policy -`."""
    same = (desk_dir / "sla_policies.yaml").read_bytes()

    told = sd("sla", "simulate", "--policy", "-", stdin=same).stdout

    assert "No difference to today's sla_policies.yaml." in told


@pytest.mark.usefixtures("history")
def test_tickets_under_other_service_levels_are_named(
    sdj: JsonRunner, sd: Runner, other: Path, desk_dir: Path
) -> None:
    """After the desk's own policy changed, those pinned before are counted, and no difference."""
    (desk_dir / "sla_policies.yaml").write_bytes(other.read_bytes())

    found = sdj("sla", "simulate", "--policy", str(other))

    assert (found["same"], found["pinned_count"], found["pinned"]) == (True, 2, ["SD-1", "SD-2"])
    assert "sdcli sla reapply --dry-run" in sd("sla", "simulate", "--policy", str(other)).stderr


def test_a_wrong_file_is_told_by_its_own_name(sd: Runner, other: Path) -> None:
    """Its problems come with its name and lines, those of other files with theirs; exit 5."""
    text = other.read_text(encoding="utf-8")
    other.write_text(text.replace("  critical:\n", "  vital:\n"), encoding="utf-8")
    result = sd("sla", "simulate", "--policy", str(other), expect=DATA_FILE)
    assert "catalog/services.yaml:" in result.stderr
    other.write_text(text.replace("default_agreement: standard", "default_agreement: none"))
    result = sd("sla", "simulate", "--policy", str(other), expect=DATA_FILE)
    line = text[: text.index("default_agreement: standard")].count("\n") + 1
    assert f"{other}:{line}: there is no agreement `none`" in result.stderr
    assert "sla_policies.yaml:" not in result.stderr
    empty = sd("sla", "simulate", "--policy", "-", stdin="", expect=DATA_FILE)
    assert "standard input:1: the file is empty" in empty.stderr
    sd("sla", "simulate", "--policy", "nowhere.yaml", expect=USAGE)
    sd("sla", "simulate", "--policy", str(other), "--since", "in 1h", "--until", "2020-01-01",
       expect=USAGE)  # fmt: skip


@pytest.mark.usefixtures("history")
def test_breaches_json(sdj: JsonRunner, sd: Runner) -> None:
    """The register as scripts read it, before and after it was said and explained (R5b.4)."""
    (unsaid,) = sdj("sla", "breaches")["breaches"]
    assert (unsaid["ref"], unsaid["unsaid"], unsaid["said_at"]) == ("SD-2", True, None)
    sd("sla-check", at=NOW)
    sd("sla", "cause", "2", "--target", "response", "--cause", "capacity", "--note", "two away")

    found = sdj("sla", "breaches", "--since", "7d")

    (alert,) = (breach.pop("alert") for breach in found["breaches"])
    assert len(alert) == 16
    said = "2026-11-23T10:00:00Z"
    assert found == {
        "since": "2026-11-16T10:00:00Z",
        "until": None,
        "breaches": [
            {
                "ref": "SD-2",
                "summary": "Mail is down",
                "target": "response",
                "cycle": 1,
                "began": "",
                "whose": None,
                "agreement": "standard",
                "priority": "P1",
                "service": "wifi",
                "objective_s": 900,
                "due": "2026-11-20T16:15:00Z",
                "missed_at": "2026-11-20T16:15:00Z",
                "said_at": said,
                "on_arrival": False,
                "overrun_s": 1800,
                "running": False,
                "stands": True,
                "informed": [
                    {"person": person, "at": said, "route": None}
                    for person in ("chloe", "greta", "amara")
                ],
                "causes": [{"cause": "capacity", "note": "two away", "by": "ben", "at": said}],
                "unsaid": False,
                "cause": "capacity",
                "note": "two away",
                "explained_by": "ben",
                "explained_at": said,
            }
        ],
        "totals": {
            "breaches": 1,
            "tickets": 1,
            "explained": 1,
            "unknown": 0,
            "unexplained": 0,
            "unsaid": 0,
            "withdrawn": 0,
            "overrun_s": 1800,
            "by_target": {"response": 1},
            "by_cause": {"capacity": 1},
            "by_agreement": {"standard": 1},
            "by_service": {"wifi": 1},
        },
    }
    assert sdj("show", "2")["breaches"][0]["cause"] == "capacity"
    assert "missed:     response by 30m (capacity)" in sd("show", "2").stdout
    assert "response was missed: capacity (two away)" in sd("history", "2").stdout


@pytest.mark.usefixtures("history")
def test_breaches_are_narrowed(sd: Runner, sdj: JsonRunner) -> None:
    """By period, service, agreement, target, and by what has no cause yet."""

    def count(*options: str) -> int:
        return len(sdj("sla", "breaches", *options)["breaches"])

    assert count("--target", "response", "--service", "wifi", "--agreement", "standard") == 1
    assert count("--target", "resolution") == 0
    assert count("--service", "vpn") == 0
    assert count("--agreement", "critical") == 0
    assert count("--until", f"{FRIDAY}T16:15:00Z") == 0
    assert count("--since", f"{FRIDAY}T16:15:00Z") == 1
    assert count("--since", f"{FRIDAY}T16:15:01Z") == 0
    assert count("--unexplained") == 1
    sd("sla", "cause", "2", "--target", "response", "--cause", "unknown")
    assert count("--unexplained") == 0
    told = sd("sla", "breaches", "--refs").stdout
    assert "Cause known: 0; unknown: 1 [SD-2]; none given: 0." in told
    assert "Never said: 1 [SD-2]" in told


def test_a_closed_ticket_stays_in_the_register(sd: Runner, sdj: JsonRunner) -> None:
    """Closed and archived, the breach is there, and can be explained months later."""
    sd("open", "x", "--user", "ada", "--impact", "high", "--urgency", "high")
    sd("close", "1", "--code", "solved", "--unconfirmed", "left", at="2026-11-23T16:00:00Z")
    sd("compact")
    later = "2027-03-01T10:00:00Z"

    sd("sla", "cause", "1", "--target", "response", "--cause", "skill", at=later)

    found = sdj("sla", "breaches", at=later)["breaches"]
    assert [(each["target"], each["cause"]) for each in found] == [
        ("response", "skill"),
        ("resolution", None),
    ]


@pytest.mark.usefixtures("history")
def test_a_cause_needs_a_breach_and_a_word_of_the_list(sd: Runner) -> None:
    """Where nothing was missed it is refused; a word that is not in the list is not found."""
    refused = sd("sla", "cause", "1", "--target", "response", "--cause", "skill", expect=REFUSED)
    assert "SD-1 never missed its response target" in refused.stderr
    sd("sla", "cause", "2", "--target", "response", "--cause", "aliens", expect=NOT_FOUND)
    sd("sla", "cause", "9", "--target", "response", "--cause", "skill", expect=NOT_FOUND)


@pytest.mark.usefixtures("history")
def test_a_desk_from_before_causes_has_unknown(sd: Runner, desk_dir: Path) -> None:
    """Without the list in its vocabulary a desk works, and knows `unknown` only."""
    path = desk_dir / "catalog" / "vocabulary.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("# Why a target was missed")], encoding="utf-8")

    sd("lint")
    sd("sla", "cause", "2", "--target", "response", "--cause", "skill", expect=NOT_FOUND)
    sd("sla", "cause", "2", "--target", "response", "--cause", "unknown")


def test_a_roadblock_is_noted(sd: Runner, sdj: JsonRunner) -> None:
    """`note --roadblock` is told as such, and on record (R5b.3)."""
    sd("open", "x", "--user", "ada")

    told = sd("note", "1", "no access", "--roadblock").stdout

    assert "noted what stands in the way: no access" in told
    assert sdj("history", "1")[-1]["roadblock"] is True


def test_the_desk_reads_one_ticket_after_the_other(desk: Desk, desk_dir: Path, sd: Runner) -> None:
    """Progress is told for all that there are, and ends with all of them."""
    for number in range(3):
        sd("open", f"x{number}", "--user", "ada")
    told: list[tuple[int, int]] = []
    raw = (desk_dir / "sla_policies.yaml").read_bytes()

    found = Promises(desk).simulate(
        raw, "x", since=None, until=None, progress=lambda *done: told.append(done)
    )

    assert (found.tickets, told) == (3, [(3, 3)])


def test_agreements_may_all_go_by_the_default_calendar(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """None has a calendar of its own: everything that asks for one takes the file's (R2b.1)."""
    path = desk_dir / "sla_policies.yaml"
    text = path.read_text(encoding="utf-8")
    for name in ("business-hours", "extended-hours", "around-the-clock"):
        text = text.replace(f"    calendar: {name}\n", "")
    text = text.replace(
        "default_agreement:", "default_calendar: business-hours\ndefault_agreement:"
    )
    path.write_text(text, encoding="utf-8")

    sdj("open", "x", "--user", "nobody", "--mail", "n@example.com", "--service", "email")
    told = sd("ack", "1").stdout

    assert "(Europe/London; " in told
    sdj("lint")
    sdj("calendar", "check", "business-hours")
    assert sdj("sla", "explain", "1")
    sdj("sla-check", at="2026-11-25T10:00:00Z")
