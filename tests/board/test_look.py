"""How the board reads an open desk, and what it does from it, without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.board import look
from sdcli.board.acts import KINDS, Acts
from sdcli.errors import ChangedMeanwhileError, QueryError, RefusedError
from sdcli.tickets.event import act_of
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(autouse=True)
def _tickets(sd: Runner) -> None:
    sd("open", "Mail is slow", "--user", "ada", "--type", "information", "--service", "email")
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("open", "All is down", "--user", "ada", "--type", "incident", "--service", "erp")
    sd("assign", "SD-2", "--queue", "network")


def test_the_order_is_that_of_list(sdj: JsonRunner, desk: Desk) -> None:
    """The table is ordered as `sdcli list`, the most pressing first, with the same clocks."""
    listed = sdj("list")

    board = look.read(desk)

    assert [row.ref for row in board.rows] == [each["ref"] for each in listed]
    states = {row.ref: row.colour for row in board.rows}
    assert states == {each["ref"]: "running" for each in listed}


def test_the_figures_are_those_of_queues(sdj: JsonRunner, desk: Desk) -> None:
    """Each queue has the figures that `sdcli queues` tells (R3d2.1c)."""
    told = {each["queue"]: each for each in sdj("queues")}

    for place in look.read(desk).queues:
        known = told[place.name]
        assert (place.open, place.unassigned) == (known["open"], known["unassigned"])
        assert (place.near, place.breached) == (known["sla"]["near"], known["sla"]["breached"])
        assert place.tier == known["tier"]


def test_a_query_asks_as_list_does(sdj: JsonRunner, desk: Desk) -> None:
    """The language of `sdcli list`, closed tickets too where it says so; a mistake is raised."""
    sdj("close", "SD-1", "--code", "solved", "--unconfirmed", "gone")

    for query in ("queue:network", "status:closed", "-queue:network"):
        assert [row.ref for row in look.read(desk, query).rows] == [
            each["ref"] for each in sdj("list", *query.split())
        ]
    with pytest.raises(QueryError):
        look.read(desk, "queue:")


def test_a_check_of_the_clocks_is_seen(sd: Runner, desk: Desk) -> None:
    """When the clocks were last checked is known, and makes another version of the ledger."""
    before = look.read(desk)
    sd("sla-check")
    after = look.read(desk)

    assert (before.checked_at, after.checked_at) == (None, NOW)
    assert before.version != after.version


def test_everything_of_show_and_the_pane(sd: Runner, desk: Desk) -> None:
    """The pane names caller, clocks and what comes next; the whole is what `sdcli show` prints."""
    pane = "\n".join(look.detail(desk, "SD-2").lines)
    assert "caller: ada" in pane
    assert "response: due" in pane
    assert "next: sdcli accept SD-2" in pane

    sd("eta", "SD-2", "in 2h")
    assert "expected: by 2026-11-23 12:00 UTC" in "\n".join(look.detail(desk, "SD-2").lines)
    whole = look.whole(desk, "SD-2", 300)
    assert all(each in whole for each in sd("show", "SD-2").stdout.splitlines())


@pytest.mark.parametrize(
    ("act", "said", "args"),
    [
        ("accept", {}, ("accept", "SD-2")),
        ("note", {"text": "seen", "visible": "yes"}, ("note", "SD-2", "seen", "--visible")),
        (
            "escalate",
            {"to": "servers", "reason": "needs a trace"},
            ("escalate", "SD-2", "--to", "servers", "--reason", "needs a trace"),
        ),
        (
            "assign",
            {"to": "greta", "queue": ""},
            ("assign", "SD-2", "--to", "greta"),
        ),
        (
            "wait",
            {"for": "user", "until": "in 2h", "reason": "a test"},
            ("wait", "SD-2", "--for", "user", "--until", "in 2h", "--reason", "a test"),
        ),
        (
            "close",
            {
                "code": "solved",
                "confirmed_by": "ada",
                "via": "phone",
                "unconfirmed": "",
                "note": "mended",
            },
            (
                *("close", "SD-2", "--code", "solved", "--confirmed-by", "ada", "--via", "phone"),
                *("--note", "mended"),
            ),
        ),
    ],
)
def test_an_act_records_what_its_command_does(
    sdj: JsonRunner,
    desk: Desk,
    act: str,
    said: dict[str, str],
    args: tuple[str, ...],
) -> None:
    """The events of an act are those of the command of that name, but for their ids."""
    rehearsed = sdj(*args, "--dry-run")["events"]
    before = sdj("history", "SD-2")

    Acts(desk).do(act, "SD-2", before[-1]["id"], said)

    added = sdj("history", "SD-2")[len(before) :]
    own = ("id", "ref")
    assert [{k: v for k, v in each.items() if k not in own} for each in added] == [
        {k: v for k, v in each.items() if k not in own} for each in rehearsed
    ]


def test_each_act_is_one_of_its_own(desk: Desk) -> None:
    """Two acts of one session have nothing in common, and are taken back one by one."""
    acts = Acts(desk)
    acts.do("accept", "SD-2", "")
    acts.do("note", "SD-2", "", {"text": "seen", "visible": "no"})
    events = desk.ledger.get("SD-2").events
    assert len({act_of(each) for each in events[-2:]}) == 2

    newest = acts.newest("SD-1")
    assert newest is not None
    acts.undo(newest)
    ticket = desk.ledger.get("SD-2")
    assert ticket.assignee == "ben"
    again = acts.newest("")
    assert again is not None
    assert again.act == "accept"


def test_own_acts_surprise_nobody(desk: Desk) -> None:
    """Whoever is quicker than the screen is not told of their own act as of somebody else's."""
    last = desk.ledger.get("SD-2").events[-1].id
    acts = Acts(desk)

    acts.do("accept", "SD-2", last)
    acts.do("note", "SD-2", last, {"text": "seen", "visible": "no"})

    assert len(acts.done) == 2


def test_nothing_is_overwritten(sd: Runner, desk: Desk) -> None:
    """What somebody else did since it was shown is told, and nothing is recorded (T28)."""
    last = desk.ledger.get("SD-2").events[-1].id
    sd("note", "SD-2", "I have it", env={"SDCLI_USER": "greta"})
    known = desk.ledger.get("SD-2")

    with pytest.raises(ChangedMeanwhileError) as caught:
        Acts(desk).do("accept", "SD-2", last)

    assert "Since it was shown: greta noted: I have it." in caught.value.message
    assert desk.ledger.get("SD-2") == known


def test_only_own_steps_are_offered_for_undo(sd: Runner, desk: Desk) -> None:
    """Without an act in this session it is the last step of the ticket in hand, if it is one's own."""
    acts = Acts(desk)
    own = acts.newest("SD-2")
    assert own is not None
    sd("note", "SD-2", "hers", env={"SDCLI_USER": "greta"})
    assert acts.newest("SD-2") is None
    with pytest.raises(RefusedError):
        acts.undo(own)


def test_it_is_refused_before_anything_is_asked_further(sd: Runner, desk: Desk) -> None:
    """A hand-over that cannot be is refused when its queue is known, and not after the checklist."""
    acts = Acts(desk)
    form = acts.form("escalate", "SD-2", "")
    sd("close", "SD-2", "--code", "solved", "--unconfirmed", "gone")

    with pytest.raises(RefusedError, match="SD-2 is closed"):
        acts.more(form, {"to": "servers", "reason": "deeper"})


@pytest.mark.parametrize("act", KINDS)
def test_every_form_can_be_made(sd: Runner, desk: Desk, act: str) -> None:
    """The words of each form come from the desk's files, and what is needed has no empty default."""
    if act == "resume":
        sd("wait", "SD-2", "--for", "user")
    form = Acts(desk).form(act, "SD-2", "")

    assert "SD-2: VPN drops" in form.title
    for asked in form.asks:
        assert not asked.words or asked.value in (*asked.words, "")


def test_a_closure_asks_what_its_type_asks_for(sdj: JsonRunner, desk_dir: Path, desk: Desk) -> None:
    """What `sdcli close` asks at a terminal is asked in a second form, and recorded (R4.5)."""
    (desk_dir / "catalog" / "process.yaml").write_text(
        "format: 1\nclosing:\n  incident: {ask: [cause, improvement, caller_could]}\n"
    )
    acts = Acts(desk)
    first = acts.form("close", "SD-2", "")
    said = {"code": "solved", "confirmed_by": "ada", "via": "phone", "unconfirmed": "", "note": ""}

    second = acts.more(first, said)

    assert second is not None
    names = [each.name for each in second.asks]
    assert names == ["evidence", "cause", "improvement", "caller_could"]
    answers = {
        "evidence": "a ping",
        "cause": "configuration",
        "improvement": "",
        "caller_could": "no",
    }
    assert acts.more(second, answers) is None
    acts.do("close", "SD-2", "", second.answers(answers))
    closed = next(each for each in sdj("history", "SD-2") if each["kind"] == "closed")
    assert closed["cause"] == "configuration"
