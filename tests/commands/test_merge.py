"""Merges: clocks stop, what comes for one goes to the other, and all of it can be taken back (T24)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.tickets.base import act_of
from tests.commands.test_mail import mail
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

pytestmark = pytest.mark.both_homes

SOON = NOW + timedelta(minutes=40)
LATER = NOW + timedelta(hours=3)


def alert(name: str, status: str = "firing") -> str:
    """An alert of a component that no service has."""
    told = {"status": status, "labels": {"alertname": name, "instance": name.lower()}}
    return json.dumps({"alerts": [told], "receiver": "desk", "groupKey": "{}"})


@pytest.fixture(name="fires")
def _fires(sdj: JsonRunner) -> Any:
    """Pipes an alert in and gives what became of it."""

    def fires(name: str, status: str = "firing", at: Any = NOW) -> Any:
        return sdj("open", "-", stdin=alert(name, status), at=at)

    return fires


@pytest.fixture(name="two")
def _two(sd: Runner) -> None:
    """SD-1 of Ada by mail, and SD-2 of Bob; SD-2 stays."""
    sd("open", "-", stdin=mail())
    sd("open", "VPN is down", "--user", "bob@example.com", "--phone", "+44 20 7946 0888")


@pytest.mark.usefixtures("two")
def test_a_merge_ends_the_one_and_is_told_on_both(sd: Runner, sdj: JsonRunner, desk: Desk) -> None:
    """Closed as a duplicate, one act, each names the other, with caller and reason (T24)."""
    told = sdj("merge", "1", "--into", "2", "--because", "the same line")

    assert (told["ref"], told["status"]) == ("SD-2", "new")
    source = sdj("show", "1")
    assert (source["status"], source["code"], source["merged_into"]) == (
        *("closed", "duplicate", "SD-2"),
    )
    assert sdj("show", "2")["absorbed"] == [
        {"ref": "SD-1", "status": "closed", "summary": "VPN drops"}
    ]
    assert "SD-1 goes on here: VPN drops, from ada (the same line)" in sd("history", "2").stdout
    events = [desk.ledger.get(ref).events[-1] for ref in ("SD-1", "SD-2")]
    assert len({act_of(each) for each in events}) == 1


@pytest.mark.usefixtures("two")
def test_its_clocks_stop(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing is due on what was merged, and no warning comes after it (T24)."""
    sd("merge", "1", "--into", "2", at=SOON)

    clocks = sdj("show", "1", at=LATER)["sla"]
    assert [clocks[name]["elapsed_s"] for name in ("response", "resolution")] == [2400, 2400]
    assert {clocks[name]["state"] for name in ("response", "resolution")} == {"met"}
    late = NOW + timedelta(days=4)
    assert {each["ref"] for each in sdj("sla-check", at=late)} == {"SD-2"}
    assert "merged into SD-2 by ben" in sd("sla", "explain", "1", at=LATER).stdout


@pytest.mark.usefixtures("two")
def test_its_clocks_stop_in_a_wait_too(sd: Runner, sdj: JsonRunner) -> None:
    """What is merged while it waits is over at the merge, and waits no longer (T24)."""
    sd("wait", "1", "--for", "user")
    sd("merge", "1", "--into", "2", at=SOON)

    told = sdj("show", "1", at=LATER)
    assert (told["waiting_for"], told["sla"]["resolution"]["state"]) == (None, "met")
    assert told["sla"]["resolution"]["elapsed_s"] == 0
    assert told["sla"]["response"]["elapsed_s"] == 2400


@pytest.mark.usefixtures("two")
def test_an_answer_by_mail_goes_on_there(sd: Runner, sdj: JsonRunner) -> None:
    """An answer to the merged ticket is news on the other one, and says whom it was for (T24)."""
    first = sdj("history", "1")[0]["message"]["id"]
    sd("merge", "1", "--into", "2")

    for text, headers in (("By tag.", {}), ("By thread.", {"In-Reply-To": f"<{first}>"})):
        subject = "Re: VPN [SD-1]" if not headers else "Re: VPN"
        told = sdj("open", "-", stdin=mail(text, subject, **headers))
        assert (told["action"], told["ref"], told["has_news"]) == ("correlated", "SD-2", True)
        assert "it was for SD-1" in sdj("history", "2")[-1]["rule"]
    assert sdj("open", "-", stdin=mail())["ref"] == "SD-2"  # the first mail once more
    assert sdj("show", "1")["events_count"] == 2


@pytest.mark.usefixtures("two")
def test_callers_go_on_there(sd: Runner, sdj: JsonRunner) -> None:
    """Who adds to it, has it too, or calls again is led to where it goes on (T24)."""
    sd("merge", "1", "--into", "2")

    added = sdj("open", "Still down", "--user", "ada", "--add-to", "1")
    too = sdj("open", "Me too", "--user", "carmen", "--me-too", "1")
    again = sd("open", "VPN", "--user", "ada")

    assert (added["ref"], too["ref"], too["me_too"]) == ("SD-2", "SD-2", 1)
    assert "SD-2" in again.stderr


def test_the_same_request_again_goes_on_there(sd: Runner, sdj: JsonRunner) -> None:
    """An idempotency key of the merged ticket gives the other one (T24)."""
    keyed = ("open", "VPN drops", "--user", "ada", "--idempotency-key", "k1")
    sd(*keyed)
    sd("open", "VPN is down", "--user", "ada", "--new")
    sd("merge", "1", "--into", "2")

    told = sdj(*keyed)

    assert (told["action"], told["ref"]) == ("deduped", "SD-2")


def test_alerts_go_on_there(sd: Runner, sdj: JsonRunner, fires: Any) -> None:
    """Its alert is counted on the other one, and so is its recovery; no ticket is opened (T24)."""
    fires("Disk")
    sd("open", "The shop is slow", "--user", "ada")
    sd("merge", "1", "--into", "2")

    again, over = fires("Disk"), fires("Disk", "resolved")
    back = fires("Disk")

    assert [(each["action"], each["ref"]) for each in (again, over, back)] == [
        ("deduped", "SD-2"),
        ("resumed", "SD-2"),
        ("resumed", "SD-2"),
    ]
    assert len(sdj("list", "--all")) == 2


def test_what_still_fires_of_the_merged_one_counts(sd: Runner, sdj: JsonRunner, fires: Any) -> None:
    """The other one is not all clear while an alert of the merged one goes on (T24)."""
    fires("Disk")
    fires("Fan")
    sd("merge", "1", "--into", "2")

    assert "another alert of the ticket goes" in fires("Fan", "resolved")["reason"]
    fires("Disk", "resolved")
    clear = [each.get("all_clear", True) for each in sdj("history", "2")[-2:]]
    assert clear == [False, True]


@pytest.mark.parametrize(
    ("hours", "action", "ref"), [(1, "reopened", "SD-2"), (3, "created", "SD-3")]
)
def test_alerts_after_its_end(sd: Runner, fires: Any, hours: int, action: str, ref: str) -> None:
    """An alert of the merged one takes the other one up again, for as long as its own would (T24)."""
    fires("Disk")
    sd("open", "The shop is slow", "--user", "ada")
    sd("merge", "1", "--into", "2")
    sd("close", "2", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")

    told = fires("Disk", at=NOW + timedelta(hours=hours))

    assert (told["action"], told["ref"]) == (action, ref)


def test_a_chain_goes_on_at_its_end(sd: Runner, sdj: JsonRunner, fires: Any) -> None:
    """Merged into what is merged later: everything goes on in the last one (T24)."""
    fires("Disk")
    for summary in ("The shop is slow", "The shop is down"):
        sd("open", summary, "--user", "ada", "--new")
    sd("merge", "1", "--into", "2")
    sd("merge", "2", "--into", "3")

    assert fires("Disk")["ref"] == "SD-3"
    assert sdj("open", "x", "--user", "ada", "--add-to", "1")["ref"] == "SD-3"


@pytest.mark.usefixtures("two")
def test_steps_are_refused_and_the_way_is_named(sd: Runner) -> None:
    """Work on a merged ticket is refused with where it goes on; looking at it is not (T24)."""
    sd("merge", "1", "--into", "2")

    steps: tuple[tuple[str, ...], ...] = (
        ("note", "1", "x"),
        ("reopen", "1", "--reason", "x"),
        ("detail", "1", "--failed", "x"),
        ("close", "1", "--code", "solved"),
        ("link", "1", "parent", "2"),
        ("split", "1", "x"),
        ("follow-up", "1", "x"),
        ("merge", "1", "--into", "2"),
    )
    for args in steps:
        refused = sd(*args, expect=4).stderr
        assert "SD-1 was merged into SD-2" in refused
        assert "sdcli undo SD-1" in refused
    assert "into SD-2 (new): VPN is down" in sd("show", "1").stdout
    sd("history", "1")


@pytest.mark.usefixtures("two")
def test_what_cannot_be_merged(sd: Runner, sdj: JsonRunner) -> None:
    """Itself, what is closed, a problem, what is not there: refused, and nothing is recorded (T24)."""
    sd("problem", "open", "The VPN")
    sd("open", "Closed", "--user", "ada", "--new")
    sd("close", "4", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")

    for refs, into, code in ((["1"], "1", 4), (["1"], "4", 4), (["1", "4"], "2", 4)):
        sd("merge", *refs, "--into", into, expect=code)
    for refs, into, code in ((["3"], "2", 4), (["1"], "3", 4), (["1"], "99", 3), (["99"], "2", 3)):
        sd("merge", *refs, "--into", into, expect=code)
    assert sdj("show", "1")["events_count"] == sdj("show", "2")["events_count"] == 1


@pytest.mark.usefixtures("two")
def test_who_may(sd: Runner, desk_dir: Path) -> None:
    """A desk can say who merges; others are refused and told who could (R0.2, T24)."""
    path = desk_dir / "catalog" / "process.yaml"
    rule = "authority:\n  merge: {roles: [incident-coordinator]}"
    path.write_text(path.read_text().replace("authority:", rule))

    refused = sd("merge", "1", "--into", "2", "--as", "nobody", expect=4).stderr

    assert "may not merge tickets" in refused


@pytest.mark.parametrize("ref", ["1", "2"])
def test_a_merge_taken_back_has_never_been(
    sd: Runner, sdj: JsonRunner, fires: Any, ref: str
) -> None:
    """Both tickets stand as before, clocks and all, and what comes goes to the first again (T24)."""
    fires("Disk")
    sd("open", "The shop is slow", "--user", "ada")
    sd("wait", "2", "--for", "user")
    before = {ref: sdj("show", ref, at=LATER) for ref in ("1", "2")}
    sd("merge", "1", "--into", "2", at=SOON)

    sd("undo", ref, at=LATER)

    own = ("events", "events_count", "updated_at")
    for each, shown in before.items():
        after = sdj("show", each, at=LATER)
        assert {name: after[name] for name in after if name not in own} == {
            name: shown[name] for name in shown if name not in own
        }
    assert fires("Disk", at=LATER)["ref"] == "SD-1"
    assert sdj("open", "x", "--user", "ada", "--add-to", "1", at=LATER)["ref"] == "SD-1"
    assert sd("doctor").exit_code == 0


@pytest.mark.usefixtures("two")
def test_the_bulletin_ends_with_it(sd: Runner, sdj: JsonRunner) -> None:
    """Callers are not told of what goes on elsewhere."""
    sd("bulletin", "post", "1", "The VPN is down")

    assert "Its bulletin has ended" in sd("merge", "1", "--into", "2").stdout
    assert sdj("bulletin", "list") == []


@pytest.mark.usefixtures("two")
def test_a_rehearsal_merges_nothing(sdj: JsonRunner) -> None:
    """--dry-run shows what both would say."""
    kinds = [each["kind"] for each in sdj("merge", "1", "--into", "2", "--dry-run")["events"]]

    assert kinds == ["merged", "absorbed"]
    assert sdj("show", "1")["merged_into"] is None


@pytest.mark.usefixtures("two")
def test_a_merge_from_elsewhere_means_nothing_here(
    sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """Tickets that are taken over name tickets of another desk: nothing here is led there (T24, T25)."""
    sd("merge", "1", "--into", "2")
    lines = []
    for number, line in enumerate(sd("export").stdout.splitlines()):
        ticket = json.loads(line)
        lines.append(json.dumps({"source": f"old/{number}", "events": ticket["events"]}))
    file = tmp_path / "tickets.jsonl"
    file.write_text("\n".join(lines[1:]))

    ref = sdj("import", str(file))["tickets"][0]["ref"]

    assert ref == "SD-3"
    assert sdj("show", ref)["absorbed"] == []
    sd("close", ref, "--code", "solved", "--confirmed-by", "bob", "--via", "phone")
