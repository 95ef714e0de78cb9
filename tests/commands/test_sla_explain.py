"""`sdcli sla explain` as people and scripts meet it: text, JSON, pictures, other instants."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from sdcli.errors import REFUSED, UNEXPECTED
from sdcli.render.as_text import Screen
from sdcli.render.as_text import explain as rendered
from sdcli.render.timeline_svg import MARK, picture
from sdcli.results.clocks import ClocksExplained
from sdcli.sla.clock import Clocks
from sdcli.sla.explain import explain_all
from sdcli.tickets.event import Resumed, Waited
from sdcli.tickets.ticket import fold
from tests.sampling import examples
from tests.sla.test_clock import MON, mark, moment, opened, seconds
from tools.intake_page import SLA_PAGE, generated

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from sdcli.sla.explain import Explanation
    from sdcli.tickets.event import AnyEvent
    from tests.conftest import JsonRunner, Runner

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "red \x1b[31m <script>alert(1)</script> & \" ' ]]> \u202eevil\x07"


def test_the_page_is_as_it_should_be() -> None:
    """The transcript of docs/sla.md is what the commands print."""
    text = SLA_PAGE.read_text(encoding="utf-8")
    assert generated(text) == text


@pytest.fixture(name="waited")
def _waited(sd: Runner) -> None:
    """SD-1 was opened at ten, waited from twelve to two for a hostile reason, and goes on."""
    sd("open", HOSTILE, "--user", "ada", "--service", "printing", at=f"{MON}T10:00:00Z")
    sd("accept", "SD-1", at=f"{MON}T10:30:00Z")
    sd("wait", "SD-1", "--for", "user", "--reason", HOSTILE, at=f"{MON}T12:00:00Z")
    sd("resume", "SD-1", at=f"{MON}T14:00:00Z")


@pytest.mark.usefixtures("waited")
def test_json_holds_everything(sdj: JsonRunner) -> None:
    """Each target with intervals, cycles, sums, thresholds and reasons, by stable keys."""
    found = sdj("sla", "explain", "SD-1", at=f"{MON}T15:00:00Z")

    assert (found["ref"], found["at"], found["zone"]) == (
        "SD-1", f"{MON}T15:00:00Z", "Europe/London",
    )  # fmt: skip
    assert set(found["targets"]) == {"response", "resolution"}
    told = found["targets"]["resolution"]
    assert set(told) == {
        "state", "due", "target_s", "elapsed_s", "percent", "opened_at", "cycles", "intervals",
        "working_s", "thresholds", "alerts", "turns", "late", "why",
    }  # fmt: skip
    assert [(each["kind"], each["working_s"], each["counted_s"]) for each in told["intervals"]] == [
        ("counted", 7200, 7200),
        ("paused", 7200, 0),
        ("counted", 3600, 3600),
    ]
    pause = told["intervals"][1]
    assert (pause["by"], pause["waiting_for"], pause["cause"]) == ("ben", "user", "waited")
    assert "<script>" in pause["reason"]
    assert told["elapsed_s"] == told["working_s"]["counted"] == 10800
    assert told["why"]["policy"] == sdj("show", "SD-1")["policy"]
    assert told["why"]["pinned"]
    assert told["why"]["is_today"]


@pytest.mark.usefixtures("waited")
def test_another_instant_past_or_to_come(sdj: JsonRunner) -> None:
    """What happened later is not known yet; what is to come runs on as it is."""
    past = sdj("sla", "explain", "SD-1", "--at", f"{MON}T13:00Z", at=f"{MON}T15:00:00Z")
    assert past["targets"]["resolution"]["state"] == "paused"
    ahead = sdj("sla", "explain", "SD-1", "--at", "2026-12-23T12:00Z", at=f"{MON}T15:00:00Z")
    assert ahead["targets"]["resolution"]["state"] == "breached"
    assert ahead["targets"]["resolution"]["intervals"][-1]["to"] == "2026-12-23T12:00:00Z"


@pytest.mark.usefixtures("waited")
def test_what_cannot_be_explained_is_said(sd: Runner) -> None:
    """An instant before the opening, and a target that nothing grants, are refused with a reason."""
    early = sd("sla", "explain", "SD-1", "--at", "2026-11-20T10:00Z", expect=REFUSED)
    assert "was opened at" in early.stderr
    none = sd("sla", "explain", "SD-1", "--target", "underpinning", expect=REFUSED)
    assert "`underpinning_contracts`" in none.stderr


@pytest.mark.usefixtures("waited")
def test_a_picture_is_written_whole_and_over_pictures_only(sd: Runner, tmp_path: Path) -> None:
    """The same bytes again; another file stays as it is, and so does one behind a link."""
    path = tmp_path / "timeline.svg"
    for _ in range(2):
        sd("sla", "explain", "SD-1", "--svg", str(path), at=f"{MON}T15:00:00Z")
        first = path.read_bytes()
    printed = sd(
        "sla", "explain", "SD-1", "--svg", "-", "--target", "response", at=f"{MON}T15:00:00Z"
    )
    assert printed.stdout.encode() == first
    assert os.listdir(tmp_path).count("timeline.svg") == 1

    for other in (tmp_path / "mine.svg", tmp_path / "link.svg"):
        (tmp_path / "mine.svg").write_text("<svg/>")
        if not other.exists():
            other.symlink_to(path)
        refused = sd("sla", "explain", "SD-1", "--svg", str(other), expect=REFUSED)
        assert "stays as it is" in refused.stderr
    assert (tmp_path / "mine.svg").read_text() == "<svg/>"
    assert path.read_bytes() == first
    gone = sd("sla", "explain", "SD-1", "--svg", str(tmp_path / "no" / "x.svg"), expect=UNEXPECTED)
    assert "No such file" in gone.stderr


@pytest.mark.usefixtures("waited")
def test_nothing_from_outside_reaches_the_terminal(sd: Runner) -> None:
    """Control characters and marks of direction are shown and not sent."""
    shown = sd("sla", "explain", "SD-1", "--all", at=f"{MON}T15:00:00Z")
    assert not set(shown.output) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b" in shown.output


@pytest.mark.usefixtures("waited")
def test_a_ticket_goes_by_what_it_is_pinned_to(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """A later change of the file moves nothing, and it is said that today's is another (T11)."""
    before = sdj("sla", "explain", "SD-1", at=f"{MON}T15:00:00Z")
    file = desk_dir / "sla_policies.yaml"
    file.write_text(file.read_text().replace("resolution: 20h}", "resolution: 19h}"))

    after = sdj("sla", "explain", "SD-1", at=f"{MON}T15:00:00Z")

    for target, told in after["targets"].items():
        assert told["intervals"] == before["targets"][target]["intervals"]
        assert told["target_s"] == before["targets"][target]["target_s"]
        assert told["why"]["policy"] == before["targets"][target]["why"]["policy"]
        assert not told["why"]["is_today"]
        assert not told["why"]["place"]
    assert "today's are others" in sd("sla", "explain", "SD-1", at=f"{MON}T15:00:00Z").stdout


def test_what_is_entered_late_is_marked(sd: Runner, sdj: JsonRunner) -> None:
    """It counts as of when it happened, and both instants are told."""
    sd("open", "x", "--user", "ada", "--service", "printing", at=f"{MON}T10:00:00Z")
    sd("note", "SD-1", "called", "--visible", "--at", f"{MON}T11:00Z", at=f"{MON}T16:00:00Z")

    told = sdj("sla", "explain", "SD-1", "--target", "response", at=f"{MON}T17:00:00Z")
    response = told["targets"]["response"]

    assert [each["kind"] for each in response["intervals"]] == ["counted", "stopped"]
    assert response["intervals"][1]["from"] == f"{MON}T11:00:00Z"
    assert response["intervals"][1]["entered"] == f"{MON}T16:00:00Z"
    assert [(each["at"], each["entered"]) for each in response["late"]] == [
        (f"{MON}T11:00:00Z", f"{MON}T16:00:00Z")
    ]


def test_queues_and_suppliers_are_shown_and_explained(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """`show` has the clock of whoever has the ticket; `explain` the cycles of all who had it."""
    with (desk_dir / "sla_policies.yaml").open("a") as file:
        file.write(
            "operational_levels:\n  service-desk: {targets: {P3: 4h}}\n"
            "  network: {targets: {P3: 10h}}\n"
            "underpinning_contracts:\n"
            "  telco: {name: Telco, targets: {P3: 12h}, services: [printing]}\n"
        )
    level = ("--impact", "medium", "--urgency", "medium")
    sd("open", "x", "--user", "ada", "--service", "printing", *level, at=f"{MON}T10:00:00Z")
    sd("escalate", "SD-1", "--to", "network", "--reason", "trace", at=f"{MON}T11:00:00Z")
    sd("wait", "SD-1", "--for", "vendor", at=f"{MON}T12:00:00Z")

    shown = sdj("show", "SD-1", at=f"{MON}T13:00:00Z")
    assert shown["operational"]["queue"] == "network"
    assert shown["operational"]["elapsed_s"] == 3600
    assert (shown["underpinning"]["supplier"], shown["underpinning"]["elapsed_s"]) == (
        "telco",
        3600,
    )
    assert shown["calendar"] == "business-hours"
    assert "network: paused" in sd("show", "SD-1", at=f"{MON}T13:00:00Z").stdout

    targets = sdj("sla", "explain", "SD-1", at=f"{MON}T13:00:00Z")["targets"]
    assert [each["whose"] for each in targets["operational"]["cycles"]] == [
        "service-desk",
        "network",
    ]
    assert [each["kind"] for each in targets["underpinning"]["intervals"]] == [
        "not-begun",
        "counted",
    ]


def _story(policy: Policy, reason: str, days: int) -> dict[Any, Explanation]:
    """A ticket with a pause, looked at so many days later."""
    wait = Waited(*mark(moment(f"{MON}T12:00")), waiting_for="user", reason=reason)
    events: list[AnyEvent] = [opened(f"{MON}T10:00"), wait, Resumed(*mark(moment(f"{MON}T14:00")))]
    now = seconds(f"{MON}T15:00") + days * 86400
    return explain_all(fold("SD-1", events), policy, Clocks(policy), now)


@given(text=st.text(st.characters(codec="utf-8"), max_size=300), days=st.integers(0, 60))
@hypothesis_settings(max_examples=examples(60))
def test_a_picture_is_sound_whatever_is_said(text: str, days: int, policy: Policy) -> None:
    """Well-formed, named and described, without scripts and without anything from elsewhere."""
    told = _story(policy, text, days)["resolution"]
    drawn = picture(told, text, "Europe/London")

    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert root.tag == f"{SVG}svg"
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "line", "text",
    }  # fmt: skip
    assert root.get("aria-labelledby") == "title desc"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    assert f"<!-- {MARK} -->" in drawn
    assert drawn.count("http") == 1  # the name of SVG itself
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")
    assert picture(told, text, "Europe/London") == drawn


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("days", [0, 7, 40])
@pytest.mark.parametrize("utf8", [True, False])
def test_it_fits_the_terminal(columns: int, days: int, utf8: bool, policy: Policy) -> None:
    """No line is wider, and where only ASCII can be shown the picture is ASCII."""
    found = _story(policy, "a reason that goes on for a while and then for a while more", days)
    ticket = fold("SD-1", [opened(f"{MON}T10:00")])
    for shown in found:
        result = ClocksExplained(ticket=ticket, found=found, shown=shown, zone="Europe/London")
        lines, _ = rendered.text(result, Screen(width=columns, colour=False, utf8=utf8))
        for line in lines:
            assert wcswidth(line) <= columns, line
            assert utf8 or line.isascii()


def test_folded_rows_keep_the_sums(policy: Policy) -> None:
    """What a long list folds together is told in sum: working and closed alike."""
    found = _story(policy, "", 40)
    ticket = fold("SD-1", [opened(f"{MON}T10:00")])
    short, long = (
        list(
            rendered.text(
                ClocksExplained(
                    ticket=ticket, found=found, shown="resolution", zone="UTC", whole=whole
                ),
                Screen(width=None, colour=False),
            )[0]
        )
        for whole in (False, True)
    )
    assert len(short) < len(long) / 2

    def sums(lines: list[str]) -> int:
        rows = (re.search(r"(counted|folded) +\d+h(?: \d+m)? +(\d+)h", line) for line in lines)
        return sum(int(row[2]) for row in rows if row)

    assert sums(short) == sums(long) == (found["resolution"].face.elapsed_s or 0) // 3600
    assert any("working days" in line for line in short)
