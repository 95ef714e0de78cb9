"""Surveys by mail: sent once and honestly, answered by plain reply, and never by a machine (R5a.2)."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sdcli.desk import Desk
from sdcli.errors import LEDGER_BUSY, REFUSED, UNEXPECTED, USAGE
from tests.commands.test_mail import mail
from tests.conftest import NOW

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.conftest import JsonRunner, Runner

SEND = ("survey", "ask", "1", "--send")


def sends_with(desk_dir: Path, *program: str) -> None:
    """Name the program that sends the desk's mail."""
    intake = desk_dir / "catalog" / "intake.yaml"
    named = f"send_with: {json.dumps(list(program))}"
    intake.write_text(re.sub(r"send_with: \[.*\]", lambda _: named, intake.read_text()))


@pytest.fixture(name="outbox")
def _outbox(desk_dir: Path, tmp_path: Path) -> Path:
    """The file that takes the desk's mail."""
    out = tmp_path / "outbox"
    sends_with(desk_dir, "tee", "-a", str(out))
    return out


@pytest.fixture(name="over", autouse=True)
def _over(sd: Runner) -> None:
    """SD-1, an incident of Ada's that is closed."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")


def _mail(outbox: Path) -> EmailMessage:
    return message_from_bytes(outbox.read_bytes(), policy=default)


@pytest.fixture(name="asked")
def _asked(sd: Runner, outbox: Path) -> EmailMessage:
    """The mail that asked Ada about SD-1."""
    sd(*SEND)
    return _mail(outbox)


def _answer(asked: EmailMessage, text: str, /, **headers: str) -> bytes:
    named = {"In_Reply_To": str(asked["Message-ID"])}
    return mail(text, f"Re: {asked['Subject']}", **(named | headers))


def _kinds(sdj: JsonRunner) -> list[str]:
    return [event["kind"] for event in sdj("history", "1")]


def test_a_survey_is_mailed_and_noted(sdj: JsonRunner, outbox: Path) -> None:
    """It goes to the caller, no machine should answer it, and figures are kept (R5a.2)."""
    told = sdj(*SEND)

    asked, sent = _mail(outbox), sdj("history", "1")[-1]
    assert (told["sent_to"], str(asked["To"])) == ("ada@example.com", "ada@example.com")
    assert asked["Auto-Submitted"] == "auto-generated"
    text = asked.get_content()
    assert "1. Does it work again as it should?" in text
    assert not any(re.match(r"\s*\d\s*[:=]", line) for line in text.splitlines())
    assert (sent["to"], sent["via"], sent["address"]) == ("ada", "mail", "ada@example.com")
    assert f"<{sent['message_id']}>" == asked["Message-ID"]
    assert sent["figures"] == {
        "again": "satisfaction",
        "speed": "time-to-resolve",
        "informed": "kept-informed",
    }
    token = re.search(r"[0-9a-f]{32}", text)
    assert token
    assert token[0] not in json.dumps(sdj("show", "1"))


def test_what_was_not_sent_is_not_noted(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """No program, one that fails, or no address: nothing is on record, and the next try may do (R5a.2)."""
    assert "send_with" in sd(*SEND, expect=REFUSED).stderr
    sends_with(desk_dir, "false")
    assert "Nothing was recorded" in sd(*SEND, expect=UNEXPECTED).stderr
    sd("open", "No toner", "--user", "Stranger", "--no-contact", "hung up", "--type", "incident")
    sd("resolve", "2", "--code", "solved")
    assert "no mail address" in sd("survey", "ask", "2", "--send", expect=REFUSED).stderr
    assert "survey_sent" not in _kinds(sdj)
    sd(*SEND, "--via", "phone", expect=USAGE)


def test_a_rehearsal_sends_nothing(sdj: JsonRunner, outbox: Path) -> None:
    """With --dry-run the event is shown and no mail leaves (R5a.2)."""
    (event,) = sdj(*SEND, "--dry-run")["events"]

    assert event["address"] == "ada@example.com"
    assert not outbox.exists()
    assert "survey_sent" not in _kinds(sdj)


def test_what_was_mailed_is_not_called_back(sd: Runner, sdj: JsonRunner, outbox: Path) -> None:
    """`undo` refuses what left the desk, and takes back what was asked on the phone (R5a.2)."""
    sd(*SEND)
    assert "cannot be called back" in sd("undo", "1", expect=REFUSED).stderr
    sd("open", "No toner", "--user", "ada", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved")
    sd("survey", "ask", "2", "--via", "phone")
    sd("undo", "2")
    sd("survey", "ask", "2", "--via", "phone")
    assert outbox.read_bytes().count(b"To: ") == 1
    assert "survey_sent" in _kinds(sdj)


@pytest.mark.parametrize("by", ["id", "token"])
def test_a_reply_is_an_answer(by: str, sdj: JsonRunner, asked: EmailMessage, sd: Runner) -> None:
    """Scores and remark are recorded; the ticket stays closed and no other is opened (R5a.2)."""
    text = "1: 5\n2: 2 - it took three days\n3: 4\n\nThe new client is fine."
    quoted = "\n".join(f"> {line}" for line in asked.get_content().splitlines())
    headers = {} if by == "id" else {"In_Reply_To": "<gone@example.com>"}
    raw = _answer(
        asked,
        f"{text}\n\nOn Mon, 23 Nov 2026 at 10:05, Service desk <desk@example.com> wrote:\n{quoted}",
        **headers,
    )

    told = sdj("open", "-", stdin=raw)

    assert (told["action"], told["rule"], told["ref"]) == ("correlated", "survey-answer", "SD-1")
    said = sdj("history", "1")[-1]
    assert said["kind"] == "survey_answered"
    assert (said["scores"], said["via"]) == ({"again": 5, "speed": 2, "informed": 4}, "mail")
    assert said["remark"] == "2: 2 - it took three days\n\nThe new client is fine."
    shown = sdj("show", "1")
    assert (shown["status"], shown["has_news"]) == ("closed", True)
    assert len(sdj("list", "--all")) == 1
    assert sdj("open", "-", stdin=raw)["action"] == "deduped"
    sd("undo", "1", expect=REFUSED)  # what came in is a fact, and what went out has gone


_QUESTIONS = (
    "1. Does it work again as it should?<br>2. Was it fast enough for your work?<br>"
    "3. Did you know at any time where it stood?<br><br>1: 1<br>3: 1"
)
_HEADER = (
    "<b>{}:</b> Service desk &lt;desk@example.com&gt;<br><b>{}:</b> Monday, 23 November 2026<br>"
    "<b>{}:</b> Ada<br><b>{}:</b> [SD-1] VPN drops"
)
_EN = _HEADER.format("From", "Sent", "To", "Subject")
_PL = _HEADER.format("Od", "Wysłano", "Do", "Temat")


@pytest.mark.parametrize(
    "quote",
    [
        f"<blockquote>{_QUESTIONS}</blockquote>",
        f'<blockquote type="cite">{_QUESTIONS}<blockquote>2: 1</blockquote></blockquote>',
        (
            '<div class="gmail_quote"><div class="gmail_attr">On Mon, 23 Nov 2026 at 10:05, Service desk'
            f' wrote:<br></div><blockquote class="gmail_quote">{_QUESTIONS}</blockquote></div>'
        ),
        f'<div class="gmail_quote">Service desk:<br>{_QUESTIONS}</div>',
        (
            '<div class="moz-cite-prefix">W dniu 23.11.2026 o 10:05, Service desk pisze:<br></div>'
            f'<blockquote type="cite">{_QUESTIONS}</blockquote>'
        ),
        f'<hr><div id="divRplyFwdMsg">{_EN}</div><div>{_QUESTIONS}</div>',
        f'<hr><div id="divRplyFwdMsg">{_PL}</div><div>{_QUESTIONS}</div>',
        (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
            f"<p>{_PL}</p></div><p>{_QUESTIONS}</p>"
        ),
        f"<p>{_EN}</p><p>{_QUESTIONS}</p>",
    ],
)
def test_what_an_html_answer_quotes_was_said_by_the_desk(
    quote: str, sdj: JsonRunner, asked: EmailMessage
) -> None:
    """However a mail program marks it: neither scores nor remark are taken from a quote (R5a.2)."""
    text = f"<html><body><p>1: 5</p><p>2: 4<br>Thank you, it is fine.</p>{quote}</body></html>"

    sdj("open", "-", stdin=_answer(asked, text, Content_Type="text/html; charset=utf-8"))

    said = sdj("history", "1")[-1]
    assert (said["kind"], said.get("scores")) == ("survey_answered", {"again": 5, "speed": 4})
    assert said["remark"] == "Thank you, it is fine."


def test_answers_between_the_lines_of_a_quote_in_html(sdj: JsonRunner, asked: EmailMessage) -> None:
    """Numbers below the quoted questions are their scores, as in plain text (R5a.2)."""
    text = (
        "<blockquote>1. Does it work again as it should?</blockquote><p>4</p>"
        "<blockquote>2. Was it fast enough for your work?</blockquote><p>5 days</p>"
        "<blockquote>3. Did you know?</blockquote><p>2</p>"
    )

    sdj("open", "-", stdin=_answer(asked, text, Content_Type="text/html; charset=utf-8"))

    said = sdj("history", "1")[-1]
    assert (said["scores"], said["remark"]) == ({"again": 4, "informed": 2}, "5 days")


def test_no_news_without_a_remark(sdj: JsonRunner, asked: EmailMessage) -> None:
    """Scores alone, or thanks, keep nobody busy (R5a.2)."""
    sdj("open", "-", stdin=_answer(asked, "5 5 5\n\nThanks!"))

    assert sdj("show", "1")["has_news"] is False
    assert sdj("history", "1")[-1]["scores"] == {"again": 5, "speed": 5, "informed": 5}


def test_the_last_answer_counts(sdj: JsonRunner, asked: EmailMessage) -> None:
    """Who answers again has changed their mind; both stand in the history (R5a.2)."""
    sdj("open", "-", stdin=_answer(asked, "5 5 5"))
    sdj("open", "-", stdin=_answer(asked, "1 1 1"))

    report = sdj("survey", "report")
    assert (report["sent"]["count"], report["answered"], report["rate"]) == (1, 1, 100.0)
    assert report["figures"]["satisfaction"] == {"answers": 1, "mean": 1.0}
    assert _kinds(sdj).count("survey_answered") == 2


def test_another_answer_to_one_question_leaves_the_others(
    sd: Runner, sdj: JsonRunner, asked: EmailMessage
) -> None:
    """What is said last to each question counts, each when it was said: in every place (R5a.2)."""
    later = NOW + timedelta(days=14)  # in December
    november, december = ("--until", "2026-12-01T00:00:00Z"), ("--since", "2026-12-01T00:00:00Z")
    sdj("open", "-", stdin=_answer(asked, "1: 5\n2: 2\n3: 4\n\nIt took long."))
    sdj("open", "-", stdin=_answer(asked, "2: 4"), at=later)

    def means(*period: str) -> dict[str, float]:
        told = sdj("survey", "report", *period, at=later + timedelta(hours=1))["figures"]
        return {name: each["mean"] for name, each in told.items()}

    def figure(id_: str, period: str) -> object:
        asked_ = ("report", "--figure", id_, "--period", period)
        return sdj(*asked_, at=later + timedelta(hours=1))["figures"][0]["now"]["mean"]

    assert means(*november) == {"satisfaction": 5.0, "kept-informed": 4.0}
    assert means(*december) == {"time-to-resolve": 4.0}
    assert figure("survey.satisfaction", "2026-11") == 5.0
    assert figure("survey.time-to-resolve", "2026-11") is None
    assert figure("survey.time-to-resolve", "2026-12") == 4.0
    shown = sd("show", "1", at=later).stdout
    assert "again 5, informed 4; 2026-12-0" in shown
    assert "speed 4" in shown
    assert "speed 2" not in shown.partition("History")[0].partition("\n\n")[0]
    report = sdj("survey", "report", at=later)
    assert [each["remark"] for each in report["remarks"]] == ["It took long."]


def test_what_was_said_stays_when_it_is_merged(sd: Runner, sdj: JsonRunner, outbox: Path) -> None:
    """Sent, answered and scored it was, whatever becomes of the request later (R5a.2, T24)."""
    sd("open", "VPN is slow", "--user", "ada", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved", "--as", "greta")
    sd("survey", "ask", "2", "--send")
    sdj("open", "-", stdin=_answer(_mail(outbox), "5 4 3"))
    sd("open", "The VPN again", "--user", "bruno", "--type", "incident", "--new")
    figures = ("survey.sent", "survey.answered", "survey.satisfaction")
    ids = [word for name in figures for word in ("--figure", name)]
    soon = NOW + timedelta(hours=1)
    before = sdj("report", *ids, "--period", "2026-11", at=soon)["figures"]
    told = sdj("survey", "report", at=soon)

    sd("merge", "2", "--into", "3")

    after = sdj("report", *ids, "--period", "2026-11", at=soon)["figures"]
    assert [each["now"] for each in after] == [each["now"] for each in before]
    assert after[0]["now"] == {"value": 1}
    assert after[2]["now"] == {"of": 1, "mean": 5.0}
    assert [row["name"] for row in after[2]["by"]["person"]] == ["greta"]
    again = sdj("survey", "report", at=soon)
    assert (again["figures"], again["by_person"]) == (told["figures"], told["by_person"])
    assert again["answered"] == 1


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("It was all right, thank you for asking about it.", {}),  # no score
        ("5 5 5", {"From": "Eve <eve@example.org>"}),  # not who was asked
        ("5 5 5", {"From": "Ada <ada@example.com>, Eve <eve@example.org>"}),  # which of them
        ("1. 3 weeks I waited\n2. 5 days is not fast!", {}),  # a complaint
        ("5 5 5", {"In_Reply_To": "<other@example.com>"}),  # the ticket, but not the survey
        ("5 5 5", {"Auto_Submitted": "auto-replied"}),
        ("5 5 5", {"X_Autoreply": "yes"}),
        ("5 5 5", {"From": "MAILER-DAEMON@example.com"}),
    ],
)
def test_no_score_from_anything_else(
    text: str, headers: dict[str, str], sdj: JsonRunner, asked: EmailMessage
) -> None:
    """What has no score, comes from somebody else, or from a machine, is kept as any mail (R5a.2)."""
    told = sdj("open", "-", stdin=_answer(asked, text, **headers))

    assert (told["action"], told["ref"]) == ("correlated", "SD-1")
    assert _kinds(sdj)[-1] == "contacted"
    assert "survey_answered" not in _kinds(sdj)


def test_a_token_alone_is_enough(sdj: JsonRunner, asked: EmailMessage) -> None:
    """A mail that a link has begun names the survey by its token, and answers nothing (R5a.2)."""
    token = re.search(r"[0-9a-f]{32}", asked.get_content())
    assert token

    told = sdj("open", "-", stdin=mail("1: 5", f"Survey {token[0]}"))

    assert (told["rule"], told["ref"]) == ("survey-answer", "SD-1")
    assert sdj("history", "1")[-1]["scores"] == {"again": 5}


def test_after_a_merge_it_is_a_contact(sd: Runner, sdj: JsonRunner, outbox: Path) -> None:
    """An answer about what goes on elsewhere is heard there, and scores nothing (R5a.2, T24)."""
    sd("open", "VPN is slow", "--user", "ada", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved")
    sd("survey", "ask", "2", "--send")
    sd("open", "The VPN again", "--user", "bruno", "--type", "incident", "--new")
    sd("merge", "2", "--into", "3")

    told = sdj("open", "-", stdin=_answer(_mail(outbox), "5 5 5"))

    assert (told["rule"], told["ref"]) == ("reply", "SD-3")
    assert sdj("survey", "report")["sent"]["count"] == 1  # it was sent all the same
    assert sdj("survey", "report")["answered"] == 0


def test_a_guessed_token_is_none(sdj: JsonRunner, asked: EmailMessage) -> None:
    """A mail that names the ticket and some token is no answer to its survey (R5a.2)."""
    del asked
    sdj("open", "-", stdin=mail(f"5 5 5\n\nSurvey SD-1 {'0' * 32}", "Re: [SD-1] VPN drops"))

    assert "survey_answered" not in _kinds(sdj)


def test_an_answer_by_link(sd: Runner, sdj: JsonRunner, outbox: Path, desk_dir: Path) -> None:
    """The link holds the ticket and a token of its own; another token is refused (R5a.2)."""
    surveys = desk_dir / "catalog" / "survey.yaml"
    link = 'link: "https://support.example.org/survey/{ref}?token={token}"'
    surveys.write_text(surveys.read_text().replace("format: 1\n", f"format: 1\n{link}\n", 1))
    sd(*SEND)
    found = re.search(
        r"https://support\.example\.org/survey/SD-1\?token=([0-9a-f]{32})", outbox.read_text()
    )
    assert found
    answer = ("survey", "answer", "1", "--score", "speed=1", "--remark", "Slow", "--token")

    assert "not the token" in sd(*answer, "0" * 32, expect=REFUSED).stderr
    sd(*answer, found[1])

    said = sdj("history", "1")[-1]
    assert (said["via"], said["scores"], said["news"]) == ("link", {"speed": 1}, True)
    assert "cannot be called back" in sd("undo", "1", expect=REFUSED).stderr  # it came from outside


@pytest.mark.parametrize(
    "link",
    [
        "http://example.org/{ref}/{token}",
        "javascript:alert(1)//{ref}{token}",
        "https://example.org/{ref}",
        "https://example.org/{token}",
        "https://example.org/{ref}/{token}/{requester}",
        "https://example.org/{ref}/{token}/{token}",
        "https://exa mple.org/{ref}/{token}",
        "https://user@example.org/{ref}/{token}",
    ],
)
def test_lint_refuses_a_link_that_leads_nowhere(link: str, sd: Runner, desk_dir: Path) -> None:
    """Only https and mailto, with the ticket and the token in it, and nothing else (R5a.2)."""
    surveys = desk_dir / "catalog" / "survey.yaml"
    surveys.write_text(
        surveys.read_text().replace("format: 1\n", f"format: 1\nlink: {json.dumps(link)}\n", 1)
    )

    assert "catalog/survey.yaml:" in sd("lint", expect=5).stderr


_NESTED = """
import os, subprocess, sys
with open({out!r}, "ab") as out:
    out.write(sys.stdin.buffer.read())
if not os.path.exists({code!r}):
    open({code!r}, "w").close()
    env = dict(os.environ, SDCLI_LOCK_WAIT="0")
    ran = subprocess.run(
        [sys.executable, "-m", "sdcli", "survey", "ask", "1", *{more!r}], env=env,
        capture_output=True, check=False,
    )
    with open({code!r}, "w") as stream:
        stream.write(str(ran.returncode))
"""


@pytest.mark.parametrize("more", [["--send"], ["--via", "phone"]])
def test_two_at_once_ask_once(
    more: list[str], sd: Runner, sdj: JsonRunner, desk_dir: Path, tmp_path: Path
) -> None:
    """While one shell sends the survey, another is told to try again: nobody is asked twice (R5a.2)."""
    program, out, code = tmp_path / "send.py", tmp_path / "out", tmp_path / "code"
    program.write_text(_NESTED.format(out=str(out), code=str(code), more=more))
    sends_with(desk_dir, sys.executable, str(program))
    env = {"PYTHONPATH": os.pathsep.join(sys.path), "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}

    sd(*SEND, env=env)

    assert code.read_text() == str(LEDGER_BUSY)
    assert out.read_bytes().count(b"To: ") == 1
    assert _kinds(sdj).count("survey_sent") == 1


def test_another_ticket_is_asked_about_on_the_phone_meanwhile(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, tmp_path: Path
) -> None:
    """What sends nothing does not wait for who sends: only the same ticket is busy (R5a.2)."""
    program, out, code = tmp_path / "send.py", tmp_path / "out", tmp_path / "code"
    sd("open", "No toner", "--user", "bruno", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved")
    nested = _NESTED.replace('"1"', '"2"')
    more = ["--via", "phone"]
    program.write_text(nested.format(out=str(out), code=str(code), more=more))
    sends_with(desk_dir, sys.executable, str(program))
    env = {"PYTHONPATH": os.pathsep.join(sys.path), "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}

    sd(*SEND, env={**env, "SDCLI_DESK": str(desk_dir)})

    assert code.read_text() == "0"
    assert sdj("history", "2")[-1]["via"] == "phone"


_KILLS = """
import os, signal, sys
with open({out!r}, "ab") as out:
    out.write(sys.stdin.buffer.read())
os.kill(os.getppid(), signal.SIGKILL)
"""


def _under_way(root: Path) -> bytes:
    """What is noted of the survey that is being mailed; nothing if none is."""
    ledger = Desk(str(root), by="ben", now=NOW, cache="", wait_s=5).ledger
    return ledger.memo("survey.sending") or b""


@pytest.mark.both_homes
@pytest.mark.parametrize("again", ["send", "due", "phone", "answer", "reply"])
def test_a_kill_between_mail_and_record_asks_once(
    again: str,
    sd: Runner,
    sdj: JsonRunner,
    desk_dir: Path,
    tmp_path: Path,
) -> None:
    """What was being mailed counts as sent: one mail, whose token and id are known (R5a.2, T28)."""
    program, out = tmp_path / "send.py", tmp_path / "out"
    program.write_text(_KILLS.format(out=str(out)))
    sends_with(desk_dir, sys.executable, str(program))
    settings = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SDCLI_DESK": str(desk_dir),
        "SDCLI_USER": "ben",
        "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    }
    command = [sys.executable, "-m", "sdcli", *SEND]
    killed = subprocess.run(command, env={**os.environ, **settings}, check=False)
    assert killed.returncode == -signal.SIGKILL
    asked = _mail(out)
    token = re.search(r"[0-9a-f]{32}", asked.get_content())
    assert token
    assert token[0] not in _under_way(desk_dir).decode()
    sends_with(desk_dir, "tee", "-a", str(out))
    later = NOW + timedelta(hours=1)

    if again == "send":
        assert "before" in sd(*SEND, at=later, expect=REFUSED).stderr
    elif again == "due":
        assert sdj("survey", "due", "--send", at=later)["rows"] == []
    elif again == "phone":
        phoned = sd("survey", "ask", "1", "--via", "phone", at=later, expect=REFUSED)
        assert "counts as sent" in phoned.stderr
    elif again == "reply":
        told = sdj("open", "-", stdin=_answer(asked, "2: 1"), at=later)
        assert told["rule"] == "survey-answer"
    else:
        sd("survey", "answer", "1", "--score", "speed=1", "--token", token[0], at=later)

    assert out.read_bytes().count(b"To: ") == 1
    events = [each for each in sdj("history", "1") if each["kind"] == "survey_sent"]
    assert [f"<{each['message_id']}>" for each in events] == [asked["Message-ID"]]
    sd("survey", "answer", "1", "--score", "again=5", "--token", token[0], at=later)
    assert _under_way(desk_dir) == b""
    if not (desk_dir / "settings.yaml").exists():
        sd("doctor")


def test_the_program_gets_no_shell(sd: Runner, desk_dir: Path, tmp_path: Path) -> None:
    """What a ticket says reaches the program as text, whatever is in it (R5a.2)."""
    program, out = tmp_path / "send", tmp_path / "out"
    program.write_text(f'#!/bin/sh\ncat > "{out}"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    sends_with(desk_dir, str(program))
    sd("open", "$(touch x); \x1b[2J `id`", "--user", "ada", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved")

    sd("survey", "ask", "2", "--send")

    assert b"\x1b" not in out.read_bytes()
    assert not Path("x").exists()
