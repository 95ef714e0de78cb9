"""`sdcli rfc`: a request for change completed, sent on its way, and followed to its end (R3c3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sdcli import errors
from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.intake.items import RequestItem
from sdcli.render.as_json.changes import escaped
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

WHOLE = ("--category", "new-service", "--field", "use=Sales", "--field", "justification=visits")


@pytest.fixture(name="wish")
def _wish(sd: Runner) -> str:
    """A request for something new, with some details."""
    args = ("--user", "bruno", "--type", "new-service", "--similar", "the paper map")
    sd("open", "a tool for maps of customers", *args, "--wanted-by", "spring")
    return "SD-1"


def test_it_is_filled_in_from_the_ticket(sdj: JsonRunner, wish: str) -> None:
    """The template of its category says what is needed; what the ticket knows is in it (R3c3.1)."""
    assert "new-service" in sdj("rfc", wish)["categories"]
    document = sdj("rfc", wish, *WHOLE)

    change = document["change"]
    assert change["fields"] == {
        "wanted": "a tool for maps of customers",
        "use": "Sales",
        "justification": "visits",
        "similar": "the paper map",
        "wanted_by": "spring",
    }
    assert (change["category"], change["status"]) == ("new-service", "requested")
    assert sdj("show", wish)["change"]["fields"]["use"] == "Sales"
    assert document["change_status"] == "requested"


def test_what_is_missing_is_named(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """It is refused with the option for each thing that is missing, and the template's line (R3c3.1)."""
    said = sd("rfc", wish, "--category", "new-service", expect=errors.REFUSED).stderr

    assert "--field justification=TEXT" in said
    assert "catalog/rfc.yaml:" in said
    assert "--category, one of" in sd("rfc", wish, "--field", "use=x", expect=errors.REFUSED).stderr
    wrong = sd("rfc", wish, *WHOLE, "--field", "colour=red", expect=errors.NOT_FOUND).stderr
    assert "no field of new-service 'colour'" in wrong
    sd("rfc", wish, "--category", "new-servce", expect=errors.NOT_FOUND)
    assert sdj("show", wish)["events_count"] == 1


def test_it_goes_to_the_queue_for_changes(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """What is no standard change is handed to change control (R3c3.2)."""
    document = sdj("rfc", wish, *WHOLE)

    assert (document["queue"], document["change"]["route"]) == ("change-control", "change-queue")
    assert [e["kind"] for e in sdj("history", wish)][1:] == ["change_requested", "escalated"]
    before = sdj("show", wish)["events_count"]
    assert "That is known already." in sd("rfc", wish, *WHOLE).stdout
    assert sdj("show", wish)["events_count"] == before


def test_a_standard_change_becomes_a_work_order(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """The team with the authority gets a linked work order; the desk keeps it (R3c3.2)."""
    said = sd("rfc", wish, "--standard", "SC-7", *WHOLE, expect=errors.NOT_FOUND).stderr
    assert "no standard change 'SC-7'" in said
    assert len(sdj("list", "--all")) == 1, "nothing was opened by what was refused"
    document = sdj("rfc", wish, "--standard", "design-desktop", "--queue", "applications", *WHOLE)

    change = document["change"]
    assert (change["route"], change["work_order"]) == ("work-order", "SD-2")
    assert document["queue"] == "service-desk"
    assert document["links"] == [{"relation": "work-order", "to": "SD-2", "why": "design-desktop"}]
    order = sdj("show", "2")
    assert (order["queue"], order["requester"], order["channel"]) == (
        "applications",
        "ben",
        "script",
    )
    [link] = order["links"]
    assert (link["relation"], link["to"]) == ("work-order-of", "SD-1")
    assert link["why"] == "design-desktop"
    assert "visits" in order["details"]
    acts = {
        e["id"][-8:] for ref in ("1", "2") for e in sdj("history", ref) if e["kind"] != "opened"
    }
    assert len(acts) == 1, "it is one act"
    sd("rfc", wish, "--standard", "design-desktop", "--field", "use=all of Sales")
    assert len(sdj("list", "--all")) == 2, "no second work order"


def test_a_standard_change_has_a_category(sdj: JsonRunner, wish: str) -> None:
    """That of standard changes, where no other is named: the work order is one command (R3c3.2)."""
    document = sdj("rfc", wish, "--standard", "design-desktop", "--queue", "applications")

    assert document["change"]["category"] == "standard-change"


@pytest.mark.parametrize(
    ("code", "status"),
    [("fulfilled", "implemented"), ("declined", "rejected"), ("withdrawn", "withdrawn")],
)
def test_the_end_of_a_work_order_is_seen(
    sd: Runner, sdj: JsonRunner, wish: str, code: str, status: str
) -> None:
    """The desk can answer: how the work order ended is the state of the change (R3c3.3)."""
    sd("rfc", wish, "--standard", "design-desktop", "--queue", "applications", *WHOLE)
    assert "waits for applications" in sd("show", wish).stdout
    sd("resolve", "2", "--code", code)

    change = sdj("show", wish)["change"]
    assert (change["status"], change["work_order_code"]) == (status, code)
    assert sdj("rfc") == []
    assert [each["status"] for each in sdj("rfc", "--all")] == [status]


def test_the_state_of_change_control_is_mirrored(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """Status, reference and date are on the ticket, so that the desk can still answer (R3c3.3)."""
    assert "no request for change yet" in (
        sd("rfc", wish, "--status", "approved", expect=errors.REFUSED).stderr
    )
    sd("rfc", wish, *WHOLE)
    args = ("--status", "scheduled", "--reference", "CHG-9", "--due", "2026-12-05T18:00Z")
    sd("rfc", wish, *args, "--note", "in the window")

    change = sdj("show", wish)["change"]
    assert (change["status"], change["reference"]) == ("scheduled", "CHG-9")
    assert (change["due"], change["note"]) == ("2026-12-05T18:00:00Z", "in the window")
    assert "is scheduled as CHG-9, for 2026-12-05 18:00 UTC" in sd("show", wish).stdout
    assert [each["ref"] for each in sdj("rfc")] == ["SD-1"]
    before = sdj("show", wish)["events_count"]
    assert "That is known already." in sd("rfc", wish, *args, "--note", "in the window").stdout
    assert sdj("show", wish)["events_count"] == before
    sd("rfc", wish, "--status", "implemented")
    assert sdj("show", wish)["change"]["reference"] == "CHG-9", "its name stays"
    assert sdj("rfc") == []


def test_a_closed_request_is_followed_too(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """What change control says later is written down, whatever became of the ticket (R3c3.3)."""
    sd("rfc", wish, *WHOLE)
    sd("close", wish, "--code", "withdrawn", "--unconfirmed", "left the company")
    sd("rfc", wish, "--status", "withdrawn")

    assert sdj("show", wish)["change"]["status"] == "withdrawn"
    sd("rfc", wish, *WHOLE, "--field", "use=x", expect=errors.REFUSED)


def test_what_is_changed_must_be_decided_anew(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """An approval holds for what was approved: another field asks again, and says so (R3c3.3)."""
    sd("rfc", wish, *WHOLE)
    sd("rfc", wish, "--status", "approved")
    said = sd("rfc", wish, "--field", "use=the whole company").stdout

    assert "must decide anew" in said
    assert sdj("show", wish)["change"]["status"] == "requested"


def test_earlier_requests_are_linked(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """Earlier requests for change that are alike are named in it (R3c3.1)."""
    sd("rfc", wish, *WHOLE)
    sd("open", "another tool for maps", "--user", "bruno", "--type", "new-service")

    assert [each["ref"] for each in sdj("rfc", "2")["similar"]] == ["SD-1"]
    assert sdj("rfc", "2", *WHOLE)["change"]["similar"] == ["SD-1"]
    assert sdj("show", wish)["change"]["similar"] == []


def test_a_draft_of_a_gap_is_completed(sd: Runner, sdj: JsonRunner) -> None:
    """What `report unsupported --draft-changes` opened is completed where it lies (R3c3.1)."""
    for _ in range(3):
        opened = sdj("open", "Trello board", "--user", "ada", "--type", "new-service")
        sd("support", opened["ref"], "--unsupported", "Trello")
    [draft] = sdj("report", "unsupported", "--draft-changes")["changes"]
    sd("rfc", draft["ref"], *WHOLE)

    document = sdj("show", draft["ref"])
    assert (document["queue"], document["change_status"]) == ("change-control", "requested")
    assert "escalated" not in {each["kind"] for each in document["events"]}


def test_who_may(sd: Runner, desk_dir: Path, wish: str) -> None:
    """Where the desk demands it, only some may request changes, or follow them (R0.2)."""
    rules = desk_dir / "catalog" / "process.yaml"
    demand = "  request-change: {roles: [csr]}\n  follow-change: {authority: [approve-change]}\n"
    rules.write_text(rules.read_text().replace("authority:\n", f"authority:\n{demand}"))

    assert "ben" in sd("--as", "elena", "rfc", wish, *WHOLE, expect=errors.REFUSED).stderr
    sd("rfc", wish, *WHOLE)
    assert "sven can" in sd("rfc", wish, "--status", "approved", expect=errors.REFUSED).stderr
    sd("--as", "sven", "rfc", wish, "--status", "approved")


def test_half_a_wish_is_refused(sd: Runner, wish: str) -> None:
    """What does not go together is a usage error."""
    sd("rfc", "--category", "access", expect=errors.USAGE)
    sd("rfc", wish, "--all", expect=errors.USAGE)
    sd("rfc", wish, "--due", "2026-12-05", expect=errors.USAGE)
    sd("rfc", wish, *WHOLE, "--status", "approved", expect=errors.USAGE)
    sd("rfc", wish, "--status", "approved", "--export", "json", expect=errors.USAGE)
    sd("rfc", wish, "--export", "json", expect=errors.REFUSED)


def test_a_rehearsal_opens_nothing(sdj: JsonRunner, wish: str) -> None:
    """--dry-run shows the events on both tickets, and none of them is there afterwards."""
    shown = sdj(
        "rfc", wish, "--standard", "design-desktop", "--queue", "applications", *WHOLE, "--dry-run"
    )

    assert {each["ref"] for each in shown["events"]} == {"SD-1", "SD-2"}
    assert len(sdj("list", "--all")) == 1
    assert sdj("show", wish)["change"] is None


def test_at_a_terminal_it_asks(
    sd: Runner, sdj: JsonRunner, wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Category and fields are asked for; Enter takes what the ticket knows (R3c3.1)."""
    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)
    answers = ("new-service", "", "Sales", "", "it saves visits", "as a page", "", "", "")
    sd("rfc", wish, stdin="\n".join(answers) + "\n")

    fields = sdj("show", wish)["change"]["fields"]
    assert fields["wanted"] == "a tool for maps of customers"
    assert (fields["use"], fields["justification"]) == ("Sales", "it saves visits")
    assert (fields["delivery"], fields["similar"]) == ("as a page", "the paper map")
    assert "documents" not in fields


def test_who_leaves_the_questions_changes_nothing(
    sd: Runner, sdj: JsonRunner, wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that never comes is told, and nothing is recorded."""
    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)

    assert "Nothing was changed." in sd("rfc", wish, stdin="new-service\n", expect=130).stderr
    assert sdj("show", wish)["events_count"] == 1


def test_export(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """It is printed whole, as JSON and as Markdown, for whoever keeps changes elsewhere (R3c3.3)."""
    sd("rfc", wish, *WHOLE, "--field", "documents=<b>x</b> # not a heading\n- [a](http://b)\x1b[2J")
    sd("rfc", wish, "--status", "approved", "--reference", "CHG-1")

    document = json.loads(sd("rfc", wish, "--export", "json").stdout)
    assert (document["ref"], document["reference"]) == ("SD-1", "CHG-1")
    assert document["labels"]["use"] == "Who will use it"
    assert document == sdj("rfc", wish, "--export", "json")
    shown = sd("rfc", wish, "--export", "markdown").stdout
    assert "\x1b" not in shown
    page = MarkdownIt("commonmark").render(shown)
    assert "<b>" not in page
    assert "<a " not in page
    assert page.count("<h1>") == 1
    assert "&lt;b&gt;x&lt;/b&gt; # not a heading" in page
    assert sdj("rfc", wish, "--export", "markdown")["markdown"].startswith("# Request for change")


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from("#*_`<>[]()!|~-+=.:1 \t\n\\&;ax/@$"), max_size=30).map("".join)
)
def test_nothing_that_is_written_is_markdown(text: str) -> None:
    """However a text looks, the page has paragraphs of it and no other element."""
    page = MarkdownIt("gfm-like", {"linkify": False}).render(f"# x\n\n{escaped(text)}\n")

    tags = {part.split(">")[0].strip("/") for part in page.split("<")[1:]}
    assert tags <= {"h1", "p"}, page


def test_a_rehearsed_unit_of_work_is_never_committed(desk_dir: Path) -> None:
    """Several commands as one unit stay a rehearsal, whatever was read before."""
    desk = Desk(str(desk_dir), by="ben", now=NOW, cache="", wait_s=5, rehearses=True)
    with desk.together():
        Arrivals(desk).take_in([RequestItem(summary="x", user="ada")])

    assert [ticket.ref for ticket, _ in desk.rehearsal()] == ["SD-1"]
    assert Desk(str(desk_dir), by="ben", now=NOW, cache="", wait_s=5).ledger.count() == 0


ORDER = ("--standard", "design-desktop", "--queue", "applications")


@pytest.mark.parametrize("status", ["rejected", "withdrawn"])
def test_a_work_order_is_told_of_the_end(
    sd: Runner, sdj: JsonRunner, wish: str, status: str
) -> None:
    """What is called off leaves no work order in ignorance: it is told, and named (R3c3.2, R3c3.3)."""
    sd("rfc", wish, *ORDER, *WHOLE)
    said = sd("rfc", wish, "--status", status, "--note", "too dear").stdout

    assert "Its work order SD-2 is still open" in said
    assert "sdcli close SD-2 --code withdrawn" in said
    [*_, note] = sdj("history", "2")
    assert (note["kind"], note["news"]) == ("noted", True)
    assert f"SD-1 is {status}: too dear" in note["text"]
    assert "somebody answered" in sd("show", "2").stdout
    sd("undo", wish, "--all")
    assert sdj("show", wish)["change_status"] == "requested"


def test_after_an_end_somebody_says_why(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """Another status after an end is refused without a note, and says what it was (R3c3.3)."""
    sd("rfc", wish, *WHOLE)
    sd("rfc", wish, "--status", "implemented")
    for status in ("requested", "rejected", "withdrawn"):
        said = sd("rfc", wish, "--status", status, expect=errors.REFUSED).stderr
        assert "is implemented already: --note WHY" in said
    assert sdj("show", wish)["change_status"] == "implemented"
    said = sd("rfc", wish, "--status", "requested", "--note", "it was rolled back").stdout
    assert "It was implemented before." in said


def test_the_end_of_a_work_order_is_an_end(sd: Runner, wish: str) -> None:
    """What a work order has made is not rejected without a word about it (R3c3.3)."""
    sd("rfc", wish, *ORDER, *WHOLE)
    sd("close", "2", "--code", "fulfilled", "--unconfirmed", "x")
    assert "is implemented already" in (
        sd("rfc", wish, "--status", "rejected", expect=errors.REFUSED).stderr
    )
    said = sd("filter", wish, "--reject", "--because", "no money", expect=errors.REFUSED).stderr
    assert "its change is implemented" in said
    assert f"sdcli rfc {wish} --status withdrawn --note WHY" in said


def test_a_change_is_planned_for_what_is_to_come(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """A day that is over is refused; today is not, and what was said may be said again (R3c3.3)."""
    sd("rfc", wish, *WHOLE)
    planned = ("rfc", wish, "--status", "scheduled", "--due")
    assert "is already past" in sd(*planned, "2026-11-20", expect=errors.REFUSED).stderr
    sd(*planned, "2026-11-23")
    sd(*planned, "2026-11-23", at="2026-12-01T09:00:00Z")
    assert sdj("show", wish)["change"]["status"] == "scheduled"


def test_a_work_order_is_not_left_behind(sd: Runner, sdj: JsonRunner, wish: str) -> None:
    """While a team works on it, it goes nowhere else; after that it takes nothing along (R3c3.2)."""
    sd("rfc", wish, *ORDER)
    for other in (WHOLE, ("--queue", "network")):
        said = sd("rfc", wish, *other, expect=errors.REFUSED).stderr
        assert "by work order SD-2, which is open" in said
        assert "--status withdrawn --note WHY" in said
    standard = sdj("show", wish)["change"]["fields"]["justification"]
    assert standard
    sd("rfc", wish, "--status", "withdrawn", "--note", "another way")
    args = ("--category", "new-service", "--field", "use=Sales")
    said = sd("rfc", wish, *args, expect=errors.REFUSED).stderr
    assert "--field justification=TEXT" in said, "that of the standard change is not its own"
    assert sdj("rfc", wish, *WHOLE)["change"]["fields"]["wanted"] != (
        "One virtual desktop with a share of a graphics card"
    )


def test_a_closed_request_is_told_as_closed(sd: Runner, wish: str) -> None:
    """What change control says of a closed request is told as that (R3c3.3)."""
    sd("rfc", wish, *WHOLE)
    sd("close", wish, "--code", "withdrawn", "--unconfirmed", "left the company")
    assert "SD-1 is closed, and stays so." in sd("rfc", wish, "--status", "withdrawn").stdout
