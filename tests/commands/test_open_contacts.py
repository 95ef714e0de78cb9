"""People at the phone: who calls, how they are reached, and what is there already (R1a.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.before import LOOK_BACK_DAYS, MOST, alike, concerns, words
from sdcli.tickets.contact import Bulletin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def _opening(sdj: JsonRunner, ref: str) -> Any:
    return sdj("history", ref)[0]


def _refs(rows: Any) -> list[str]:
    return [row["ref"] for row in rows]


@pytest.fixture(name="at_a_terminal")
def _at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits there and can be asked."""
    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)


def test_what_is_filled_in_says_where_it_comes_from(sdj: JsonRunner) -> None:
    """Number, mail, unit, site and class come from the contacts, and that is recorded (R1a.1b)."""
    ticket = sdj("open", "x", "--user", "farah", "--unit", "Board")

    assert (ticket["caller_class"], ticket["unit"], ticket["site"]) == (
        "external",
        "Board",
        "New York",
    )
    source = "catalog/people.yaml"
    assert _opening(sdj, "1")["reasons"] == dict.fromkeys(
        ("phone", "mail", "site", "caller_class"), source
    )


def test_what_is_said_outweighs_the_contacts(sdj: JsonRunner) -> None:
    """Options are taken as given, and no source is claimed for them."""
    said = (
        "--phone",
        "112",
        "--mail",
        "a@b.example",
        "--site",
        "Oslo",
        "--caller-class",
        "partner",
    )
    ticket = sdj("open", "x", "--user", "ada", "--unit", "HR", *said)

    facts = ("phone", "mail", "site", "caller_class", "unit")
    assert [ticket[name] for name in facts] == ["112", "a@b.example", "Oslo", "partner", "HR"]
    assert "reasons" not in _opening(sdj, "1")


def test_caller_and_affected_person_are_apart(sdj: JsonRunner) -> None:
    """Both are looked up, by number or mail too; how to answer is the caller's (R1a.1)."""
    ticket = sdj("open", "x", "--user", "ada", "--on-behalf-of", "+44 161 496 0203")

    assert (ticket["requester"], ticket["on_behalf_of"]) == ("ada", "carmen")
    assert ticket["mail"] == "ada@example.com"
    assert len(sdj("list", "--user", "carmen")) == 1


def test_a_technician_can_call(sdj: JsonRunner) -> None:
    """Who works on requests is known from the teams, and reachable."""
    ticket = sdj("open", "x", "--user", "greta")

    assert (ticket["requester"], ticket["caller_class"]) == ("greta", "employee")
    assert _opening(sdj, "1")["reasons"]["mail"] == "catalog/teams.yaml"


def test_nobody_is_opened_for_who_cannot_be_answered(sd: Runner, sdj: JsonRunner) -> None:
    """No number, no address: refused with what to type, unless a reason is given (R1a.1d)."""
    error = sd("open", "x", "--user", "zoe", expect=4).stderr

    assert all(option in error for option in ("--phone", "--mail", "--no-contact"))
    assert sdj("list", "--all") == []
    sdj("open", "x", "--user", "zoe", "--no-contact", "walked in")
    sdj("open", "x", "--user", "zoe", "--phone", "112")
    sdj("open", "x", "--user", "zoe", "--mail", "z@x.example")
    assert _opening(sdj, "1")["reasons"] == {"contact": "walked in"}
    assert "walked in" in sd("show", "1").stdout
    assert "reasons" not in _opening(sdj, "2")


def test_a_pipe_loses_nobody(sd: Runner, sdj: JsonRunner) -> None:
    """What a pipe brings, and a quick contact, are never refused; the lack is recorded."""
    sd("open", "-", stdin='{"summary": "one", "user": "zoe"}')
    sd("open", "-", stdin='{"summary": "two", "user": "zoe", "no_contact": "a kiosk"}')
    sd("open", "-", "--no-contact", "by script", stdin='{"summary": "three", "user": "zoe"}')
    sd("log", "which form")

    said = [_opening(sdj, ref)["reasons"]["contact"] for ref in "1234"]
    assert said == [
        "no way to reach the caller is known",
        "a kiosk",
        "by script",
        "no way to reach the caller is known",
    ]


def test_the_share_of_each_channel_can_be_counted(sd: Runner, sdj: JsonRunner) -> None:
    """A list says by which channel and from which unit each request came (R1a.3e)."""
    said = {"summary": "x", "user": "ada", "channel": "portal"}
    sd("open", "-", stdin=json.dumps(said))
    sd("open", "y", "--user", "ada", "--channel", "phone")

    rows = [(each["channel"], each["unit"]) for each in sdj("list", "--all")]

    assert sorted(rows) == [("phone", "Finance"), ("portal", "Finance")]


def test_a_pipe_says_class_unit_and_site(sd: Runner, sdj: JsonRunner) -> None:
    """They are keys of a request as well; a class that is none is kept as a field."""
    sd("open", "-", stdin='{"summary": "x", "user": "ada", "caller_class": "king", "unit": "HR"}')

    ticket = sdj("show", "1")
    assert (ticket["caller_class"], ticket["fields"]) == ("unknown", {"caller_class": "king"})
    assert (ticket["unit"], ticket["site"]) == ("HR", "London")


def test_a_number_says_who_calls(sd: Runner, sdj: JsonRunner) -> None:
    """--phone alone is enough where the contacts know it; the number of a stranger is not."""
    assert sdj("open", "x", "--phone", "020 7946 0202")["requester"] == "bruno"
    assert "--user" in sd("open", "x", "--phone", "+49 30 999999", expect=2).stderr
    assert sdj("log", "x", "--phone", "020 7946 0202")["requester"] == "bruno"


def test_a_strangers_number_is_where_they_are_called_back(sdj: JsonRunner) -> None:
    """--user with a number that nobody is known by reaches them: it is the number to call (R1a.1d)."""
    ticket = sdj("open", "x", "--user", "+49 30 999999")

    assert (ticket["requester"], ticket["phone"]) == ("+49 30 999999", "+49 30 999999")
    assert "reasons" not in _opening(sdj, "1")


@pytest.mark.parametrize(
    "option",
    [
        ("--phone", "call me"),
        ("--phone", "12"),
        ("--mail", "nowhere"),
        ("--mail", "Ada <ada@>"),
        ("--mail", "a b@x.example"),
    ],
)
def test_what_reaches_nobody_is_refused(
    sd: Runner, sdj: JsonRunner, option: tuple[str, str]
) -> None:
    """What is typed as a number or an address must be one; what a pipe says is kept."""
    error = sd("open", "x", "--user", "zoe", *option, expect=2).stderr

    assert repr(option[1]) in error
    assert sdj("list", "--all") == []


def test_an_address_behind_a_name_is_understood(sdj: JsonRunner) -> None:
    """`Ada <ada@example.com>`, as mail programs show it, is that address, for every option."""
    written = "Ada Lindqvist <ADA@example.com>"

    assert sdj("open", "x", "--user", written)["requester"] == "ada"
    assert sdj("open", "x", "--mail", written)["requester"] == "ada"
    assert sdj("open", "x", "--user", "zoe", "--mail", "Z <z@x.example>")["mail"] == "z@x.example"
    stranger = sdj("open", "x", "--user", "Zoe <zoe@x.example>")
    assert (stranger["requester"], stranger["mail"]) == ("zoe@x.example", "zoe@x.example")


def test_a_name_says_who_calls(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The whole name of one person is that person; of several it is asked which; never guessed."""
    assert sdj("open", "x", "--user", "ada  LINDQVIST")["requester"] == "ada"
    assert "people find" in sd("open", "x", "--user", "Lindqvist", expect=4).stderr
    file = desk_dir / "catalog" / "people.yaml"
    file.write_text(file.read_text().replace("Bruno Keller", "Àda Lindqvist"))

    for args in (("open", "x"), ("log", "x")):
        error = sd(*args, "--user", "Ada Lindqvist", expect=2).stderr
        assert "ada, bruno" in error
    assert sdj("open", "x", "--user", "ada")["requester"] == "ada"


@pytest.mark.usefixtures("at_a_terminal")
class TestAtATerminal:
    """What is asked of a person; every question has an option."""

    def test_the_number_is_asked_first(self, sd: Runner, sdj: JsonRunner) -> None:
        """The number comes before the name, and tells it where it is known (R1a.1d)."""
        shown = sd("open", "x", stdin="020 7946 0201\n\n").stderr

        assert shown.index("number to call back") < shown.index("Who calls")
        ticket = sdj("show", "1")
        assert (ticket["requester"], ticket["phone"]) == ("ada", "020 7946 0201")

    def test_what_is_no_number_is_asked_again(self, sd: Runner, sdj: JsonRunner) -> None:
        """Neither a wrong number nor a wrong address is written down."""
        told = sd("open", "x", stdin="n/a\n\nzoe\nnowhere\nz@x.example\n").stderr

        assert told.count("' is none.") == 2
        assert sdj("show", "1")["mail"] == "z@x.example"

    def test_who_is_known_is_not_asked(self, sd: Runner) -> None:
        """A caller whose number is in the contacts is asked nothing."""
        assert "call back" not in sd("open", "x", "--user", "ada").stderr

    def test_a_stranger_is_asked_how_to_be_reached(self, sd: Runner, sdj: JsonRunner) -> None:
        """Neither number nor address: the reason is asked, until there is one."""
        sd("open", "x", stdin="\nzoe\n\n\nno phone here\n")

        assert _opening(sdj, "1")["requester"] == "zoe"
        assert _opening(sdj, "1")["reasons"] == {"contact": "no phone here"}

    @pytest.mark.parametrize(
        ("answer", "action", "ref"),
        [("0", "created", "SD-3"), ("1", "correlated", "SD-1"), ("2", "correlated", "SD-2")],
    )
    def test_it_is_asked_whether_it_is_new(
        self, sd: Runner, sdj: JsonRunner, answer: str, action: str, ref: str
    ) -> None:
        """New, `me too`, or an addition: shown before anything is recorded, then asked (R1a.1a)."""
        sdj("open", "VPN is down", "--user", "bruno", "--service", "vpn")
        sdj("bulletin", "post", "1", "The VPN is down.")
        sdj("open", "No tunnel", "--user", "ada", "--service", "vpn")

        told = sd("open", "Nothing works", "--user", "ada", stdin=f"{answer}\n")

        assert "Known failure: SD-1 The VPN is down." in told.stderr
        assert "Open already: SD-2 No tunnel" in told.stderr
        assert f"{ref} {action}" in told.stdout
        assert sdj("show", "1")["me_too"] == (1 if answer == "1" else 0)

    def test_the_same_again_is_linked(self, sd: Runner, sdj: JsonRunner) -> None:
        """A closed request that is alike is offered as the one made before (R1b.1a)."""
        sdj("open", "Printer is jammed", "--user", "ada")
        sdj("close", "1", "--code", "solved", "--unconfirmed", "drill")

        sd("open", "Printer jammed again", "--user", "ada", stdin="1\n")

        assert sdj("show", "2")["previous"] == "SD-1"

    def test_new_asks_nothing(self, sd: Runner) -> None:
        """--new answers the question beforehand; what is there is shown all the same."""
        sd("open", "x", "--user", "ada", "--new")

        shown = sd("open", "y", "--user", "ada", "--new").stderr

        assert "Open already: SD-1" in shown
        assert "Which" not in shown

    def test_what_is_there_comes_before_the_questions(self, sd: Runner, sdj: JsonRunner) -> None:
        """Nobody answers questions for what is known already: `me too` ends them before they begin."""
        sdj("open", "VPN is down", "--user", "bruno", "--service", "vpn")
        sdj("bulletin", "post", "1", "The VPN is down.")

        told = sd("open", "No tunnel", "--user", "ada", "--ask", stdin="1\n")

        assert "What can we do for you?" not in told.stderr
        assert "SD-1 correlated" in told.stdout
        assert sdj("show", "1")["views"] == 1

    def test_only_what_is_new_is_shown_again(self, sd: Runner, sdj: JsonRunner) -> None:
        """Once the service is known, what is of the same service is shown; the rest is not again."""
        sdj("open", "Cannot print", "--user", "ada")
        sdj("open", "Tunnel", "--user", "ada", "--service", "vpn")
        sdj("close", "2", "--code", "solved", "--unconfirmed", "drill")

        walk = ("--answer", "need=broken", "--answer", "about=connection")
        told = sd(
            *("open", "x", "--user", "ada", "--ask", *walk),
            stdin="0\n1\n1\n--\nin a hurry\n\n1\n",
        )

        shown = told.stderr
        assert shown.index("Open already: SD-1") < shown.index("How are you connected?")
        assert shown.count("Open already: SD-1") == 1
        assert shown.index("Asked before: SD-2") > shown.index("How are you connected?")
        assert sdj("show", "3")["previous"] == "SD-2"

    def test_there_is_a_way_back(self, sd: Runner, sdj: JsonRunner) -> None:
        """`<` goes back one question, from a reason too; `--` leaves out all the rest at once."""
        keys = ("<", "1", "1", "2", "<", "1", "-", "", "<", "!", "<", "--", "no time", "")

        told = sd("open", "x", "--user", "ada", "--ask", stdin="\n".join(keys) + "\n")

        assert "This is the first question." in told.stderr
        ticket = sdj("show", "1")
        assert ticket["service"] == "identity"
        answers = ticket["walk"]["answers"]
        assert [answer.get("answer") for answer in answers[:3]] == ["broken", "yes", "account"]
        assert {answer.get("skipped") for answer in answers[3:]} == {"no time"}


def test_what_is_there_is_in_the_answer(sdj: JsonRunner, sd: Runner) -> None:
    """Open requests, alike ones and bulletins, newest first; nobody else's (R1a.1a, R1b.1a)."""
    sdj("open", "Report of May is late", "--user", "ada", "--service", "erp")
    sdj("open", "No wireless", "--user", "ada", "--service", "wifi")
    sdj("open", "Report of May is late", "--user", "bruno", "--service", "erp")
    sdj("close", "2", "--code", "solved", "--unconfirmed", "drill")
    sdj("bulletin", "post", "3", "Reports are late.")

    found = sdj("open", "Wireless: no signal", "--user", "ada@example.com", "--service", "erp")

    assert _refs(found["caller_open"]) == ["SD-1"]
    assert [(row["ref"], row["why"]) for row in found["similar"]] == [
        ("SD-2", "alike in: wireless"),
        ("SD-1", "the same service, erp"),
    ]
    assert _refs(found["bulletins"]) == ["SD-3"]
    assert found["caller_open"][0].keys() == {"ref", "summary", "status", "service", "opened_at"}
    stranger = sdj("open", "x", "--user", "carmen", "--service", "email")
    assert [stranger[name] for name in ("caller_open", "similar", "bulletins")] == [[], [], []]
    hints = sd("open", "y", "--user", "ada").stderr
    assert "--add-to SD-1" in hints


def test_what_concerns_the_affected_person_is_found(sdj: JsonRunner) -> None:
    """What somebody opened on their behalf, and what they opened themselves, is shown for both."""
    sdj("open", "one", "--user", "ada", "--on-behalf-of", "dana")
    sdj("open", "two", "--user", "bruno")

    found = sdj("open", "three", "--user", "dana", "--on-behalf-of", "bruno")

    assert _refs(found["caller_open"]) == ["SD-1", "SD-2"]


def test_looking_is_kept_small(sdj: JsonRunner, sd: Runner) -> None:
    """The newest tickets of a caller are looked at, and no closed one that is long over."""
    stream = "\n".join(f'{{"summary": "case {n}", "user": "ada"}}' for n in range(MOST + 5))
    sd("open", "-", stdin=stream)
    sdj("open", "long over", "--user", "bruno")
    sdj("close", str(MOST + 6), "--code", "solved", "--unconfirmed", "drill")

    many = sdj("open", "x", "--user", "ada")
    late = f"2027-01-{LOOK_BACK_DAYS - 5:02}T10:00:00Z"
    none = sdj("open", "long over", "--user", "bruno", at=late)

    assert len(many["caller_open"]) == MOST
    assert many["caller_open"][0]["ref"] == f"SD-{MOST + 5}"
    assert none["similar"] == []


def test_add_to_keeps_everything_that_was_said(sd: Runner, sdj: JsonRunner) -> None:
    """The contact is on the ticket with all its facts; nothing is opened, nothing is lost."""
    sdj("open", "VPN drops", "--user", "ada")

    told = sdj(
        *("open", "Still drops", "--user", "bruno", "--add-to", "1", "--details", "since noon"),
        *("--service", "vpn", "--field", "asset=L-7", "--minutes", "4", "--phone", "+49 1 234567"),
    )

    assert (told["action"], told["ref"], told["minutes"]) == ("correlated", "SD-1", 4)
    event = sdj("history", "1")[-1]
    assert (event["kind"], event["contact"], event["channel"]) == ("contacted", "bruno", "phone")
    for part in ("Still drops", "since noon", "service: vpn", "asset: L-7", "phone: +49 1 234567"):
        assert part in event["text"]
    assert len(sdj("list", "--all")) == 1
    assert "Still drops" in sd("history", "1").stdout


def test_me_too_counts_each_caller_once(sdj: JsonRunner) -> None:
    """The outage's ticket counts callers, not calls; who opened it is one of them (R1a.1f)."""
    sdj("open", "VPN drops", "--user", "ada")

    told = [
        sdj("open", "me too", "--user", user, "--me-too", "SD-1")["action"]
        for user in ("bruno", "carmen", "BRUNO@example.com", "+44 20 7946 0202", "ada")
    ]

    assert told == ["correlated", "correlated", "deduped", "deduped", "deduped"]
    ticket = sdj("show", "1")
    assert ticket["me_too"] == 2
    assert [event["contact"] for event in ticket["events"][1:]] == ["bruno", "carmen"]
    assert ticket["events"][1]["phone"] == "+44 20 7946 0202"


@pytest.mark.parametrize("option", ["--add-to", "--me-too"])
def test_joining_twice_with_one_key_is_harmless(sdj: JsonRunner, option: str) -> None:
    """An idempotency key makes a repeated contact harmless as it does a request."""
    sdj("open", "VPN drops", "--user", "ada")
    args = ("open", "again", "--user", "bruno", option, "1", "--idempotency-key", "call-7")

    first, second = sdj(*args), sdj(*args)

    assert (first["action"], second["action"]) == ("correlated", "deduped")
    assert second["events_count"] == 2


@pytest.mark.parametrize("option", ["--add-to", "--me-too"])
def test_a_closed_ticket_takes_no_contact(sd: Runner, sdj: JsonRunner, option: str) -> None:
    """Nobody would see it there: refused, with the two ways on."""
    sdj("open", "VPN drops", "--user", "ada")
    sdj("close", "1", "--code", "solved", "--unconfirmed", "drill")

    error = sd("open", "again", "--user", "ada", option, "1", expect=4).stderr

    assert "sdcli reopen SD-1" in error
    assert "--same-as SD-1" in error


@pytest.mark.parametrize("option", ["--add-to", "--me-too", "--same-as"])
def test_what_is_joined_must_be_there(sd: Runner, sdj: JsonRunner, option: str) -> None:
    """A reference that is not there exits 3, and nothing is recorded."""
    sd("open", "x", "--user", "ada", option, "SD-9", expect=3)

    assert sdj("list", "--all") == []


def test_same_as_links(sdj: JsonRunner, sd: Runner) -> None:
    """The request made before is kept with the new one, and shown (R1b.1a)."""
    sdj("open", "Printer jams", "--user", "ada")

    assert sdj("open", "Printer jams", "--user", "ada", "--same-as", "1")["previous"] == "SD-1"
    assert "previous:   SD-1" in sd("show", "2").stdout


@pytest.mark.parametrize(
    "args",
    [
        ("x", "--add-to", "1", "--me-too", "1"),
        ("x", "--new", "--same-as", "1"),
        ("-", "--add-to", "1"),
        ("-", "--new"),
    ],
)
def test_one_way_at_a_time(sd: Runner, args: tuple[str, ...]) -> None:
    """Two ways at once, or a way for a whole pipe, is not understood."""
    sd("open", *args, "--user", "ada", expect=2)


def test_a_hidden_line_break_cannot_fake_a_hint(sd: Runner) -> None:
    """What is shown before opening is one line for each thing, whatever a summary holds."""
    sd("open", "-", stdin='{"summary": "a\\u2028b \\u001b[31m", "user": "ada"}')

    shown = sd("open", "x", "--user", "ada").stderr

    assert "\x1b" not in shown
    assert "\u2028" not in shown


@given(st.text(), st.text())
def test_any_summaries_can_be_compared(one: str, other: str) -> None:
    """Words of any language; a text is alike itself as far as it has words."""
    assert words(one) == words(one.upper()) or not one.isascii()
    assert alike([], other, "vpn") == []


@pytest.mark.parametrize(
    ("services", "site", "service", "where", "fits"),
    [
        ((), "", "vpn", "London", True),
        (("vpn",), "", "vpn", "", True),
        (("vpn",), "", "wifi", "", False),
        (("vpn",), "", "unknown", "", True),
        (("vpn",), "", "", "", True),
        ((), "London", "vpn", "london", True),
        ((), "London", "vpn", "Leeds", False),
        ((), "London", "vpn", "", True),
    ],
)
def test_whom_a_bulletin_concerns(
    services: tuple[str, ...], site: str, service: str, where: str, fits: bool
) -> None:
    """By service and site; what is not known yet may be anything."""
    assert concerns(Bulletin(text="x", services=services, site=site), service, where) == fits


def test_one_line_logs_a_contact(sdj: JsonRunner, sd: Runner) -> None:
    """A quick contact is one command: over at once, with its minutes, even of nobody known (R0.6)."""
    sdj("log", "how to scan")
    sdj("log", "how to print", "--minutes", "3", "--user", "020 7946 0201", "--service", "printing")

    first, second = sdj("list", "--all")
    assert {first["status"], second["status"]} == {"closed"}
    assert (first["requester"], second["requester"]) == ("unknown", "ada")
    assert second["minutes"] == 3
    assert len(sd("log", "x").stdout.splitlines()) == 1


def test_people_are_not_needed(sdj: JsonRunner, desk_dir: Path) -> None:
    """A desk without contacts opens for anybody who can be answered."""
    (desk_dir / "catalog" / "people.yaml").write_text("format: 1\npeople: {}\n")

    assert sdj("open", "x", "--user", "a@b.example")["mail"] == "a@b.example"
    assert sdj("people", "find", "ada") == []


def test_what_an_option_says_outweighs_a_skipped_question(sdj: JsonRunner) -> None:
    """A question left out does not take the place of the detail of the same name."""
    sdj("open", "VPN drops", "--user", "ada")
    walk = ("--answer", "need=broken", "--answer", "about=mail", "--skip-rest", "in a hurry")

    sdj("open", "again", "--user", "ada", "--failed", "REAL", *walk, "--add-to", "1")

    told = sdj("history", "1")[-1]["text"].splitlines()
    assert "failed: REAL" in told
    assert "failed: skipped: in a hurry" not in told
    assert "expected: skipped: in a hurry" in told
    assert "need: broken" in told


def test_work_is_booked_for_a_caller_who_is_counted_already(sdj: JsonRunner) -> None:
    """The second call of the same caller counts nobody, and its minutes are not lost."""
    sdj("open", "VPN drops", "--user", "ada")
    again = ("open", "still", "--user", "ada", "--me-too", "1", "--minutes", "6")

    told = sdj(*again, "--idempotency-key", "k")

    assert (told["action"], told["minutes"], told["me_too"]) == ("deduped", 6, 0)
    assert "still" in sdj("history", "1")[-1]["text"]
    assert sdj(*again, "--idempotency-key", "k")["minutes"] == 6


def test_the_same_words_twice_are_one_contact(sdj: JsonRunner) -> None:
    """A command typed twice adds once; the same words later, or of another caller, are heard."""
    sdj("open", "VPN drops", "--user", "ada")
    again = ("open", "still", "--add-to", "1", "--user")

    told = [
        sdj(*again, "ada")["action"],
        sdj(*again, "ada")["action"],
        sdj(*again, "bruno")["action"],
        sdj(*again, "ada", "--minutes", "3")["action"],
        sdj(*again, "ada", at="2026-11-24T10:00:00Z")["action"],
    ]

    assert told == ["correlated", "deduped", "correlated", "correlated", "correlated"]
    assert sdj("show", "1")["minutes"] == 3


def test_the_hint_for_many_requests_can_be_typed(sd: Runner) -> None:
    """What is left out is told with the caller's own id."""
    one = '{"summary": "x", "user": "zoe strange"}'
    sd("open", "-", stdin="\n".join([one] * 9))

    shown = sd("open", "x", "--user", "zoe strange", "--no-contact", "drill").stderr

    assert "And 4 more; `sdcli list --user 'zoe strange' --all`" in shown
