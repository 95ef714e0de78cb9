"""`sdcli tell`: what the caller may be told, in their words; never what was written for the desk."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import REFUSED, UNEXPECTED, USAGE
from sdcli.notify.letter import letter
from sdcli.policy.load import read_policy
from sdcli.sla.clock import Clocks
from sdcli.tickets.event import (
    Accepted,
    AnyEvent,
    Assigned,
    Classified,
    Closed,
    Escalated,
    EtaGiven,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    Stamp,
    Waited,
)
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW, REPOSITORY
from tests.test_terminal import ESCAPES, HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_POLICY = read_policy(str(REPOSITORY))
_STAMP = Stamp(at=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc), by="mole-the-actor")
_DESK_ONLY = "mole"
"""What stands in everything that was written for the desk, and must never be read by a caller."""


def _events(text: str) -> dict[str, AnyEvent]:
    """One event of each kind of work, every word of which is for the desk alone."""
    mark, said = _STAMP.mark, f"{_DESK_ONLY} {text}"
    return {
        "noted": Noted(*mark(), text=said),
        "roadblock": Noted(*mark(), text=said, roadblock=True),
        "visible": Noted(*mark(), text=said, visible=True),
        "classified": Classified(
            *mark(),
            type="incident",
            service="vpn",
            feature="unknown",
            impact="low",
            urgency="low",
            priority="P2",
            reason=said,
            wish=said,
        ),
        "assigned": Assigned(*mark(), to=f"{_DESK_ONLY}-person", queue="network"),
        "accepted": Accepted(*mark()),
        "escalated": Escalated(
            *mark(),
            hand_over="transfer",
            to="platform",
            reason=said,
            items={_DESK_ONLY: said},
            missing=(_DESK_ONLY,),
        ),
        "returned": Returned(*mark(), to="network", reason=said, missing=(_DESK_ONLY,)),
        "waited": Waited(*mark(), waiting_for="vendor", reason=said, supplier=_DESK_ONLY),
        "waited-odd": Waited(*mark(), waiting_for=_DESK_ONLY, reason=said),
        "resumed": Resumed(*mark(), reason=said),
        "eta": EtaGiven(*mark(), eta=_STAMP.at + timedelta(hours=3), reason=said, via=_DESK_ONLY),
        "resolved": Resolved(*mark(), code=_DESK_ONLY, note=said),
        "closed": Closed(*mark(), code=_DESK_ONLY, confirmed_by=_DESK_ONLY, via="phone", note=said),
        "reopened": Reopened(*mark(), reason=said),
    }


@given(
    st.lists(st.sampled_from(sorted(_events("x"))), max_size=10),
    st.text(max_size=30),
    st.integers(0, 400),
)
def test_nothing_written_for_the_desk_is_ever_told(steps: list[str], text: str, hours: int) -> None:
    """Whatever happened: no note, reason, name, queue, code or article is in it (R7.2, R1b.1e)."""
    opened = Opened(
        *_STAMP.mark(),
        summary="VPN drops",
        queue="service-desk",
        priority="P3",
        requester="ada",
        details=f"{_DESK_ONLY} {text}",
        fields={_DESK_ONLY: text},
        wish=_DESK_ONLY,
    )
    ticket = fold("SD-1", [opened])
    for step in steps:
        event = _events(text)[step]
        if ticket.status in LIFECYCLE[str(event.__struct_config__.tag)]:
            ticket = advance(ticket, [event])
    now = _STAMP.at + timedelta(hours=hours)
    faces = Clocks(_POLICY).read(ticket, int(now.timestamp()))
    told = letter(_POLICY, ticket, sla=faces, now=now)
    assert _DESK_ONLY not in told.casefold()
    for word in (*_POLICY.teams.queues, *_POLICY.catalog.services, "P1", "P2", "P3", "KB-"):
        assert word not in told
    assert "SD-1" in told
    assert "VPN drops" in told
    assert not any(len(row) > 76 for row in told.splitlines())


def test_it_says_where_it_stands_and_when(sd: Runner, sdj: JsonRunner) -> None:
    """Number, request, state, next step, time in the caller's zone, next word (R7.2, R6.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    told = sd("tell", "1").stdout
    assert "VPN drops" in told
    assert "Its number is SD-1." in told
    assert "We will take it up." in told
    assert "(Europe/London; " in told
    sd("escalate", "1", "--to", "network", "--reason", "the switch is a mess")
    sd("accept", "1", "--as", "greta")
    assert "A specialist is working on it." in sd("tell", "1").stdout
    sd("wait", "1", "--for", "user", "--reason", "she must send the log")
    waiting = sd("tell", "1").stdout
    assert "We are waiting for an answer from you." in waiting
    assert "log" not in waiting
    sd("resume", "1")
    sd("eta", "1", "2026-11-23T15:00Z")
    assert "We expect it to be done by Monday, 23 November 2026, 15:00" in sd("tell", "1").stdout
    sd("resolve", "1", "--code", "solved")
    assert "Please try it" in " ".join(sd("tell", "1").stdout.split())
    sd("close", "1", "--confirmed-by", "ada", "--via", "phone")
    assert "It is closed." in sdj("tell", "1")["text"]
    assert not any(each["kind"] == "noted" for each in sdj("history", "1"))


@pytest.mark.parametrize("status", ["resolved", "closed"])
@pytest.mark.parametrize("code", sorted(_POLICY.vocabulary.closure_code))
def test_it_says_how_it_ended(code: str, status: str, sd: Runner, sdj: JsonRunner) -> None:
    """Only what was solved is called solved, and nobody is to try what they were refused (R7.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    outage = ("--outage", "unknown") if code == "planned-outage" else ()
    sd("resolve", "1", "--code", code)
    if status == "closed":
        sd("close", "1", "--confirmed-by", "ada", "--via", "phone", *outage)
    told = " ".join(sdj("tell", "1")["text"].split())
    assert ("it is solved" in told) == (code == "solved")
    refused = code in ("declined", "duplicate", "withdrawn", "unsupported")
    assert not (refused and "Please try it" in told)
    own = {"declined": "refused", "duplicate": "another request", "withdrawn": "no longer need"}
    assert own.get(code, "VPN drops") in told
    assert ("It is closed." in told) == (status == "closed")


def test_a_refusal_is_told_as_one(sd: Runner, sdj: JsonRunner) -> None:
    """In the words that the requester was told, and nothing is promised of it (R3c1.1, R3b.2)."""
    asked = ("open", "A private cloud", "--user", "ada", "--type")
    sd(*asked, "new-service", "--service", "vpn")
    sd("filter", "1", "--reject", "--because", "mole", "--tell", "We buy no clouds this year.")
    told = " ".join(sdj("tell", "1")["text"].split())
    assert "It was refused. We buy no clouds this year." in told
    assert "mole" not in told
    sd(*asked, "fulfilment", "--service", "workstation", "--feature", "hardware")
    sd("reject", "2", "joiner-laptop", "--by", "dana", "--reason", "a mole has one")
    told = " ".join(sdj("tell", "2")["text"].split())
    assert "did not agree to it" in told
    assert "until you have what you asked for" not in told
    assert "promised" not in told
    assert not any(word in told for word in ("dana", "mole", "joiner-laptop"))
    sd("approve", "2", "joiner-laptop", "--by", "dana", "--reason", "after all")
    assert "We go on until you have what you asked for." in " ".join(sd("tell", "2").stdout.split())
    sd("open", "Dropbox", "--user", "ada")
    sd("support", "3", "--unsupported", "Dropbox")
    sd("support", "3", "--decline", "--reason", "mole")
    told = " ".join(sdj("tell", "3")["text"].split())
    assert "nothing that we can help with" in told
    assert "mole" not in told


def test_a_note_is_a_word_to_the_caller(sd: Runner, sdj: JsonRunner) -> None:
    """It answers the response clock, and starts that of the next word, which it names (R7.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    told = sdj("tell", "1", "--note", "--via", "phone")
    assert (told["noted"], told["sent_to"]) == (True, None)
    ticket = sdj("show", "1")
    assert ticket["sla"]["response"]["state"] == "met"
    noted = ticket["events"][-1]
    assert (noted["kind"], noted["visible"]) == ("noted", True)
    assert "We will take it up." in noted["text"]


def test_it_is_mailed_by_the_desks_program(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, tmp_path: Path
) -> None:
    """It goes to the caller and is noted; a rehearsal sends, and a failure records, nothing (R7.2)."""
    out, intake = tmp_path / "mail", desk_dir / "catalog" / "intake.yaml"
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    assert "send_with" in sd("tell", "1", "--send", expect=REFUSED).stderr
    plain = intake.read_text()
    intake.write_text(plain.replace("send_with: []", "send_with: ['false']"))
    assert "was not sent" in sd("tell", "1", "--send", expect=UNEXPECTED).stderr
    assert len(sdj("history", "1")) == 1
    intake.write_text(plain.replace("send_with: []", f"send_with: ['tee', '{out}']"))
    assert len(sdj("tell", "1", "--send", "--dry-run")["events"]) == 1
    assert not out.exists()
    assert sdj("tell", "1", "--send")["sent_to"] == "ada@example.com"
    mail = message_from_bytes(out.read_bytes(), policy=default)
    assert mail["To"] == "ada@example.com"
    assert "[SD-1] VPN drops" in mail["Subject"]
    assert "Its number is SD-1." in mail.get_content()
    assert sdj("history", "1")[-1]["visible"] is True
    assert "told to ada@example.com" in sd("tell", "1", "--send").stdout


def test_who_is_no_caller_is_told_nothing(sd: Runner, alerts: dict[str, Any]) -> None:
    """A machine that reported it, and a problem, have nobody to be told (R7.2)."""
    sd("open", "-", stdin=json.dumps(alerts))
    assert "no caller" in sd("tell", "1", expect=REFUSED).stderr
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("problem", "open", "A driver", "--incident", "3")
    assert "problem" in sd("tell", "4", expect=REFUSED).stderr


def test_a_workaround_for_callers_is_told(sd: Runner, desk_dir: Path) -> None:
    """That of a known error is told if its article is for users, and never if it is not (R7.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("problem", "open", "The driver drops", "--incident", "1", "--cause", "a driver")
    sd("problem", "analyse", "2", "--workaround", "Restart the adapter after sleep")
    sd("problem", "known-error", "2")
    assert "Restart the adapter" not in sd("tell", "1").stdout
    [path] = [
        each
        for each in (desk_dir / "kb").glob("*.yaml")
        if "Restart the adapter" in each.read_text()
    ]
    text = path.read_text()
    assert "audience: desk" in text
    path.write_text(text.replace("audience: desk", "audience: user"))
    assert "Until then: Restart the adapter after sleep" in sd("tell", "1").stdout


@pytest.mark.parametrize("json_flag", [(), ("--json",)])
def test_hostile_words_are_told_and_not_obeyed(sd: Runner, json_flag: tuple[str, ...]) -> None:
    """A summary that steers terminals steers none (R7.2)."""
    sd("open", HOSTILE, "--user", "ada")
    told = sd("tell", "1", *json_flag, at=NOW).stdout
    assert not any(escape in told for escape in ESCAPES)


@pytest.mark.parametrize(
    "args", [("--note", "--send"), ("--to", "ada@example.com"), ("--via", "phone")]
)
def test_half_a_wish_is_refused(sd: Runner, args: tuple[str, ...]) -> None:
    """Where to and how go with sending and noting."""
    sd("open", "x", "--user", "ada")
    sd("tell", "1", *args, expect=USAGE)
