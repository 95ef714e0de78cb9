"""Mail piped into `sdcli open -`: once, on the right ticket, and no machine is taken for a person."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import sys
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def mail(text: str = "It drops.", subject: str = "VPN drops", /, **headers: str) -> bytes:
    """A mail of Ada's; headers by name, with `_` for `-`."""
    told = {"From": "Ada <ada@example.com>", "To": "desk@example.com", "Subject": subject}
    told |= {"Message-ID": f"<{zlib.crc32((text + subject).encode())}@example.com>"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\n" for name, value in told.items()).encode() + (
        f"\n{text}\n".encode()
    )


@pytest.fixture(name="arrives")
def _arrives(sdj: JsonRunner) -> Any:
    """Pipes a mail in and gives what became of it."""

    def arrives(*args: Any, at: Any = NOW, **headers: str) -> Any:
        return sdj("open", "-", at=at, stdin=mail(*args, **headers))

    return arrives


@pytest.fixture(name="history")
def _history(sdj: JsonRunner) -> Any:
    """The events of SD-1."""
    return lambda: sdj("history", "SD-1")


@pytest.mark.both_homes
def test_a_mail_opens_a_ticket(arrives: Any, history: Any) -> None:
    """Caller, channel, summary and text are the mail's; who wrote it is looked up."""
    told = arrives("It drops.\n\n-- \nAda, room 4")

    assert (told["action"], told["ref"], told["channel"]) == ("created", "SD-1", "mail")
    assert (told["requester"], told["mail"]) == ("ada", "ada@example.com")
    assert (told["summary"], told["details"]) == ("VPN drops", "It drops.\n\n-- \nAda, room 4")
    (opened,) = history()
    assert opened["message"]["sender"] == "ada@example.com"


def test_a_stranger_is_an_address(arrives: Any) -> None:
    """Somebody who is in no list is served all the same; answers go where they ask for."""
    told = arrives(From="eve@example.org", Reply_To="eve@home.example")
    assert (told["requester"], told["mail"]) == ("eve@example.org", "eve@home.example")


@pytest.mark.both_homes
def test_the_same_mail_twice_is_once(arrives: Any, history: Any) -> None:
    """A second delivery changes nothing, with an id of its own or without (T22)."""
    for headers in ({}, {"Message-ID": ""}):
        first, again = arrives(**headers), arrives(**headers, Received="again")
        assert (first["action"], again["action"]) == ("created", "deduped")
        assert first["ref"] == again["ref"]
    assert len(history()) == 1


@pytest.mark.parametrize(
    ("args", "headers"),
    [
        (("Something else.", "VPN drops"), {}),
        (("It drops.", "Printer"), {}),
        (("It drops.", "VPN drops"), {"From": "eve@example.org"}),
    ],
)
def test_an_id_that_is_used_twice_hides_no_mail(
    arrives: Any, args: tuple[str, str], headers: dict[str, str]
) -> None:
    """Another sender, subject or text is another mail; that one again changes nothing (T22)."""
    arrives(Message_ID="<same@e>")
    told = arrives(*args, Message_ID="<same@e>", **headers)
    again = arrives(*args, Message_ID="<same@e>", **headers)

    assert (told["action"], told["ref"]) == ("created", "SD-2")
    assert "another mail with the id of one on SD-1" in told["reason"]
    assert (again["action"], again["ref"]) == ("deduped", "SD-2")
    assert arrives(Message_ID="<same@e>")["ref"] == "SD-1"


@pytest.mark.parametrize(
    ("subject", "text", "headers"),
    [
        ("Re: [SD-1] VPN drops", "Still.", {}),
        ("re: [sd-01] VPN drops", "Still.", {}),
        ("AW: VPN", "Still.\n\nThe mail said [SD-1].", {}),
        ("Fwd: VPN", "Still.\n\n> [SD-1]", {}),
        ("VPN", "Still.\n\n> [SD-1]", {"References": "<x@e>"}),
        ("Re: [SD-1] VPN", "Still.", {"In_Reply_To": "<SD-7.x@example.com>"}),
        ("Re: [SD-9] VPN", "Still, as in [SD-7].", {"In_Reply_To": "<first@e>"}),
        ("VPN", "Still.", {"In_Reply_To": "<first@e>"}),
        ("VPN", "Still.", {"References": "<x@e> <first@e> <y@e>"}),
    ],
)
@pytest.mark.both_homes
def test_an_answer_finds_its_ticket(
    arrives: Any, history: Any, subject: str, text: str, headers: dict[str, str]
) -> None:
    """By our tag in the subject or the text, or by the mail it answers; it is a contact."""
    arrives(Message_ID="<first@e>")
    told = arrives(text, subject, **headers)

    assert (told["action"], told["ref"], told["status"]) == ("correlated", "SD-1", "new")
    assert [event["kind"] for event in history()] == ["opened", "contacted"]
    assert told["sla"]["response"]["state"] == "running"


@pytest.mark.parametrize(
    ("subject", "text", "headers"),
    [
        ("VPN", "It is not the same as in [SD-1].", {}),
        ("Re: [SD-1] VPN", "Still.", {"In_Reply_To": "<SD-1.x@other.example>"}),
        ("Re: [SD-1] VPN", "Still.", {"References": "<SD-4.x@other.example> <y@e>"}),
    ],
)
def test_a_tag_that_is_no_answer_to_us_is_new(
    arrives: Any, subject: str, text: str, headers: dict[str, str]
) -> None:
    """A ticket that is only mentioned, and the tag of another desk, lead nowhere."""
    arrives()
    assert arrives(text, subject, **headers)["action"] == "created"


@pytest.mark.parametrize("subject", ["VPN", "[SD-99] x", "[Ticket#1] x", "SD-1 x", "[SD-0] x"])
def test_what_is_no_answer_is_new(arrives: Any, subject: str) -> None:
    """A number of no ticket, or without our brackets, leads nowhere."""
    arrives()
    assert arrives("Another.", subject)["action"] == "created"


@pytest.mark.both_homes
def test_an_answer_to_our_confirmation_finds_its_ticket(
    arrives: Any, sdj: JsonRunner, history: Any
) -> None:
    """What we write is known by its id; what it quotes is not taken for the answer."""
    arrives()
    sent = sdj("ack", "SD-1")
    text = f"Still.\n\nOn Monday, Desk <{sent['to']}> wrote:\n> Hello,\n> we have\n> received"
    arrives(text, "AW: VPN", In_Reply_To=f"<{sent['message_id']}>")

    heard = history()[-1]
    assert (heard["kind"], heard["text"]) == ("contacted", "Still.")
    assert [file["name"] for file in heard["attachments"]] == ["message.txt"]


def test_an_answer_that_is_waited_for_says_so(arrives: Any, sd: Runner) -> None:
    """The ticket goes on waiting until a person resumes it."""
    arrives()
    sd("accept", "SD-1")
    sd("wait", "SD-1", "--for", "user")
    told = arrives("Done.", "Re: [SD-1]")

    assert told["status"] == "waiting"
    assert "sdcli resume SD-1" in told["reason"]


@pytest.mark.parametrize(
    ("text", "said"), [("Thanks, works!", "nothing to reopen"), ("Still.", "sdcli reopen SD-1")]
)
@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_an_answer_reopens_nothing(
    arrives: Any, sd: Runner, status: str, text: str, said: str
) -> None:
    """Thanks are a contact; anything else is one too, with the way to reopen (T23)."""
    arrives()
    sd("accept", "SD-1")
    sd("resolve", "SD-1", "--code", "solved")
    if status == "closed":
        sd("close", "SD-1", "--unconfirmed", "left")
    told = arrives(text, "Re: [SD-1]")

    assert (told["action"], told["status"]) == ("correlated", status)
    assert said in told["reason"]


@pytest.mark.parametrize("status", ["new", "resolved", "closed"])
def test_an_answer_is_news_until_somebody_acts(
    arrives: Any, sd: Runner, sdj: JsonRunner, status: str
) -> None:
    """It is marked in lists, closed tickets are counted below them, and a note settles it."""
    arrives()
    if status != "new":
        sd("resolve", "SD-1", "--code", "solved")
    if status == "closed":
        sd("close", "SD-1", "--unconfirmed", "left")
    assert sdj("list", "--news") == []
    arrives("It drops\nagain.", "Re: [SD-1]")

    assert [row["has_news"] for row in sdj("list", "--news")] == [True]
    assert "SD-1*" in sd("list", "--news").stdout
    listed = sd("list")
    assert ("SD-1*" in listed.stdout) is (status != "closed")
    assert ("1 closed ticket has news" in listed.stderr) is (status == "closed")
    assert "news:" in sd("show", "SD-1").stdout
    assert sdj("list", "--news", "--queue", "network") == []
    sd("note", "SD-1", "called back")
    assert sdj("list", "--news") == []
    assert sd("list").stderr.count("news") == 0


@pytest.mark.parametrize(("text", "headers"), [("Thanks!", {}), ("Away.", {"X_Loop": "y"})])
def test_thanks_and_machines_are_no_news(
    arrives: Any, sdj: JsonRunner, text: str, headers: dict[str, str]
) -> None:
    """Nobody has to look at them."""
    arrives()
    arrives(text, "Re: [SD-1]", **headers)
    assert sdj("show", "1")["has_news"] is False


@pytest.mark.both_homes
def test_all_that_was_said_is_shown_and_found(arrives: Any, sd: Runner, sdj: JsonRunner) -> None:
    """Every line of an answer is below its event, and a search finds its words."""
    arrives()
    arrives("It drops again.\nSince the update.\x1b[2J\nEvery minute.", "Re: [SD-1]")
    for command in ("show", "history"):
        told = sd(command, "SD-1").stdout
        assert "    | Since the update.\\x1b[2J\n    | Every minute.\n" in told
    assert [row["ref"] for row in sdj("list", "--query", "minute update")] == ["SD-1"]


@pytest.mark.both_homes
def test_an_answer_long_after_the_end_is_a_new_request(
    arrives: Any, sd: Runner, sdj: JsonRunner
) -> None:
    """After 30 days it is a ticket of its own that names the old one; thanks are not."""
    arrives()
    sd("close", "SD-1", "--code", "solved", "--unconfirmed", "left")
    later = NOW + timedelta(days=31)

    assert arrives("Thanks!", "Re: [SD-1]", at=later)["action"] == "correlated"
    assert arrives("It drops.", "Re: [SD-1]", at=later)["ref"] == "SD-2"
    assert sdj("history", "SD-2")[0]["previous"] == "SD-1"


MACHINE = {"Auto_Submitted": "auto-replied"}


def test_a_machine_opens_nothing(arrives: Any, sdj: JsonRunner) -> None:
    """An absence note is told and not recorded (T21)."""
    told = arrives("I am away.", "Automatic reply: hello", **MACHINE)
    assert (told["action"], told["ref"]) == ("ignored", None)
    assert "Auto-Submitted: auto-replied" in told["reason"]
    assert sdj("list", "--all") == []


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"From": "desk@example.com"}, {"List_Id": "<news.e>"}],
)
def test_what_is_ignored_is_kept_and_can_be_taken_in(
    desk_dir: Path, arrives: Any, sd: Runner, sdj: JsonRunner, headers: dict[str, str]
) -> None:
    """Whole, once, with the reason; `retry` leaves it alone unless it is named."""
    told, again = arrives(**headers), arrives(**headers)
    (kept,) = (desk_dir / "ledger" / "ignored").glob("*.raw")
    assert told["action"] == "ignored"
    assert told["file"] == again["file"] == str(kept)
    assert kept.read_bytes() == mail(**headers)
    assert json.loads(kept.with_suffix(".json").read_bytes())["reason"] == told["reason"]

    assert sdj("intake", "retry") == []
    (taken,) = sdj("intake", "retry", kept.name)
    assert taken["items"][0]["action"] == "created"
    assert "VPN drops" in sd("show", "SD-1").stdout
    assert (kept.parent / "done" / kept.name).exists()


def test_an_absence_that_only_the_subject_tells_is_not_lost(arrives: Any, sd: Runner) -> None:
    """A person may write so; it opens a ticket that is never answered."""
    assert arrives("It is wrong.", "Automatic reply: VPN")["action"] == "created"
    assert "never answered" in sd("ack", "SD-1", expect=4).stderr


def test_what_a_machine_reports_is_not_lost(arrives: Any, sd: Runner) -> None:
    """A mail of cron opens a ticket that is never answered; a mailing list opens none (T21)."""
    told = arrives("disk full", "Cron <root@db1> backup", Auto_Submitted="auto-generated")
    assert (told["action"], told["rule"]) == ("created", "new-mail")
    assert "never answered" in told["reason"]
    assert "never answered" in sd("ack", "SD-1", expect=4).stderr
    listed = arrives("News", "News", Precedence="bulk", List_Id="<news.example.org>")
    assert listed["action"] == "ignored"


def test_a_form_that_sends_in_our_name_is_a_persons(arrives: Any, sdj: JsonRunner) -> None:
    """A web form's mail comes from the desk's own address and answers to who filled it in."""
    told = arrives("It drops.", From="desk@example.com", Reply_To="ada@example.com")
    assert told["action"] == "created"
    opened = sdj("show", "1")
    assert (opened["requester"], opened["mail"]) == ("ada", "ada@example.com")


def test_a_machine_is_heard_on_a_ticket_and_changes_nothing(
    arrives: Any, sd: Runner, history: Any
) -> None:
    """On a resolved ticket, too, it is a contact that says by which sign it is known (T21)."""
    arrives()
    sd("resolve", "SD-1", "--code", "solved")
    told = arrives("I am away.", "Automatic reply: [SD-1] VPN", **MACHINE)

    assert (told["action"], told["status"], told["reopened"]) == ("correlated", "resolved", 0)
    assert history()[-1]["message"]["automatic"] == "Auto-Submitted: auto-replied"


@pytest.mark.parametrize(
    "headers", [{"From": "desk@example.com"}, {"X-SDCLI-Desk": "desk@example.com"}]
)
def test_our_own_mail_comes_back_as_nothing(arrives: Any, headers: dict[str, str]) -> None:
    """A loop ends here, whatever ticket the mail names (T21)."""
    arrives()
    told = arrives("Hello,", "[SD-1] VPN drops", **headers)
    assert (told["action"], told["ref"]) == ("ignored", None)


def bounce(message_id: str, sender: str) -> bytes:
    """What a mail system writes about a mail that did not arrive."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: desk@example.com\n"
        "Subject: Undelivered Mail\nMessage-ID: <bounce@mx>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n"
        "--B\n\nNo such user.\n--B\nContent-Type: message/rfc822\n\n"
        f"From: {sender}\nMessage-ID: <{message_id}>\nSubject: hello\n\nHello\n--B--\n"
    ).encode()


def test_a_bounce_is_heard_on_the_ticket_of_its_mail(arrives: Any, sdj: JsonRunner) -> None:
    """The confirmation that did not arrive is known by its id."""
    arrives()
    sent = sdj("ack", "SD-1")
    told = sdj("open", "-", stdin=bounce(sent["message_id"], "desk@example.com"))

    assert (told["action"], told["ref"]) == ("correlated", "SD-1")
    assert "did not arrive" in told["reason"]


def test_a_bounce_of_ours_that_no_ticket_knows_is_seen(sdj: JsonRunner) -> None:
    """It opens a ticket; the bounce of somebody else's mail does not."""
    assert sdj("open", "-", stdin=bounce("x@e", "eve@example.org"))["action"] == "ignored"
    assert sdj("open", "-", stdin=bounce("x@e", "desk@example.com"))["action"] == "created"


FORMAT = """\
format: 1
name: A watcher's mail
recognise: {syntax: lines, keys: [Watch, Now]}
fields:
  status: {at: [Now], words: {DOWN: firing, UP: resolved}}
  summary: {at: [Subject]}
  key: [Watch]
"""


@pytest.mark.both_homes
def test_a_notification_is_an_alert(desk_dir: Path, arrives: Any, history: Any) -> None:
    """What a monitoring system mails is counted as an alert, and each mail once."""
    (desk_dir / "catalog" / "intake" / "watcher.yaml").write_text(FORMAT)
    body = "Watch: web1\nNow: DOWN\nSince: 10:00"
    first = arrives(body, "web1 is down", Message_ID="<a@e>", **MACHINE)
    twice = arrives(body, "web1 is down", Message_ID="<a@e>", **MACHINE)
    again = arrives(body, "web1 is down", Message_ID="<b@e>", **MACHINE)

    assert (first["action"], first["summary"]) == ("created", "web1 is down")
    assert (twice["action"], twice["alert_count"]) == ("deduped", 1)
    assert (again["action"], again["alert_count"]) == ("deduped", 2)
    assert "contacted" in [event["kind"] for event in history()]


def watched(desk_dir: Path) -> None:
    """Gives the desk formats of notification mails."""
    formats = desk_dir / "catalog" / "intake"
    (formats / "watcher.yaml").write_text(FORMAT)
    for name in ("nagios-mail.yaml", "zabbix-mail.yaml", "monit.yaml"):
        shutil.copyfile(REPOSITORY / "catalog" / "intake" / name, formats / name)


NOTICE = "Watch: web1\nNow: DOWN\nSince: 10:00"
NAGIOS = (
    "***** Nagios *****\n\nNotification Type: PROBLEM\nService: HTTP\nHost: w1\nState: CRITICAL"
)
ZABBIX = "Problem started at 08:00:00\nProblem name: Disk\nHost: db1\nSeverity: High"


@pytest.mark.parametrize(
    ("subject", "text", "headers"),
    [
        ("Re: web1 is down", NOTICE, {}),
        ("WG: web1 is down", NOTICE, {}),
        ("Fwd: web1", NOTICE, {}),
        ("web1", NOTICE, {"In_Reply_To": "<x@e>"}),
        ("web1", NOTICE, {"References": "<x@e>"}),
        ("web1 [SD-99]", NOTICE, {}),
        ("web1", f"What shall we do?\n\n{NOTICE}", {}),
        ("web1", f"FYI: again\n{NOTICE}", {}),
        ("web1", "> " + NOTICE.replace("\n", "\n> "), {}),
        ("web1", f"Is this bad?\n\n{NAGIOS}", {}),
        ("web1", f"Is this bad?\n\n{ZABBIX}", {}),
        ("web1", f"-----Original Message-----\nFrom: x\n\n{NAGIOS}", {}),
    ],
)
def test_a_person_who_quotes_a_notification_is_a_person(
    desk_dir: Path, arrives: Any, subject: str, text: str, headers: dict[str, str]
) -> None:
    """What somebody answers, passes on or asks about opens a request with all their words."""
    watched(desk_dir)
    told = arrives(text, subject, **headers)
    assert (told["action"], told["rule"], told["alert"]) == ("created", "new-mail", None)
    assert text.strip() in told["details"]


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (NOTICE, {}),
        (NAGIOS, {}),
        (ZABBIX, {}),
        (ZABBIX, {"In_Reply_To": "<1.2.3@zabbix.com>"}),
        ("Does not exist Service nginx\n\n\tDate: x\n\tAction: y\n\tHost: z\n\tDescription: w", {}),
    ],
)
def test_a_notification_is_known_by_its_beginning(
    desk_dir: Path, arrives: Any, text: str, headers: dict[str, str]
) -> None:
    """A rule of signs, one of its own lines, or what its format says."""
    watched(desk_dir)
    assert arrives(text, "web1 is down", **headers)["rule"] == "first-sighting"


def test_an_answer_to_a_notification_resolves_nothing(
    desk_dir: Path, arrives: Any, sdj: JsonRunner
) -> None:
    """It is a contact on the ticket of the alert, whatever it quotes."""
    watched(desk_dir)
    arrives(NOTICE, "web1 is down", Message_ID="<a@e>")
    told = arrives(NOTICE.replace("DOWN", "UP"), "web1 is down", In_Reply_To="<a@e>")
    assert (told["action"], told["rule"], told["alert_count"]) == ("correlated", "reply", 1)
    assert sdj("show", "1")["service_restored_at"] is None


WITH_FILES = (
    b"From: ada@example.com\nTo: desk@example.com\nSubject: Files\nMessage-ID: <f@e>\n"
    b"Content-Type: multipart/mixed; boundary=X\n\n--X\n\nSee the files.\n"
    b"--X\nContent-Type: text/plain; name=trace.log\n\nerror 691\n"
    b"--X\nContent-Type: application/octet-stream; name=tool.EXE\n\nMZ\n--X--\n"
)


@pytest.mark.tiny_home
def test_files_are_kept_once_and_listed(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """A file is on disk under its hash; one that is refused is named with the reason."""
    told = sdj("open", "-", stdin=WITH_FILES)
    log, tool = told["attachments"]

    kept = desk_dir / "ledger" / "attachments" / log["sha256"][:2] / log["sha256"]
    assert kept.read_bytes() == b"error 691"
    assert tool["refused"] == "files ending in .exe are refused"
    assert len([path for path in kept.parent.parent.rglob("*") if path.is_file()]) == 1
    shown = sd("show", "SD-1").stdout
    assert f"trace.log (9 bytes, sha256 {log['sha256'][:12]})" in shown
    assert "tool.EXE (2 bytes, " in shown


def test_the_text_of_a_mail_is_kept_whatever_is_refused(desk_dir: Path, arrives: Any) -> None:
    """Neither its size nor its ending keeps the words of a person from the ticket."""
    rules = desk_dir / "catalog" / "intake.yaml"
    small = rules.read_text().replace("attachment: 20 MB", "attachment: 1 kB")
    rules.write_text(small.replace("refuse: [exe,", "refuse: [html, txt, exe,"))
    text = f"<p>{'It drops. ' * 200}</p>"
    (told,) = arrives(text, Content_Type="text/html")["attachments"]
    assert (told["name"], told.get("refused")) == ("message.html", None)


def test_a_mail_that_is_too_large_is_kept_whole(desk_dir: Path, sd: Runner) -> None:
    """It goes to the quarantine, byte for byte."""
    rules = desk_dir / "catalog" / "intake.yaml"
    rules.write_text(rules.read_text().replace("mail: 40 MB", "mail: 1 kB"))
    raw = mail("x" * 2000)
    sd("open", "-", stdin=raw, expect=8)

    (kept,) = (desk_dir / "ledger" / "quarantine").glob("*.raw")
    assert kept.read_bytes() == raw


def test_a_mail_can_be_tried(sd: Runner, sdj: JsonRunner) -> None:
    """What would be read of it is told, and nothing is recorded."""
    raw = mail(References="<x@e>", X_Loop="y")
    told = sd("intake", "test", "-", stdin=raw).stdout
    for fact in ("ada@example.com", "VPN drops", "X-Loop: y", "x@e", "It drops."):
        assert fact in told
    (document,) = sdj("intake", "test", "-", stdin=raw)
    assert document["item"]["sender"] == "ada@example.com"
    assert sdj("list", "--all") == []


def test_from_says_that_it_is_a_mail(sdj: JsonRunner) -> None:
    """What no longer looks like a mail can be taken in as one."""
    told = sdj("open", "-", "--from", "mail", stdin=b"Subject: only this\n\nIt drops.\n")
    assert (told["channel"], told["summary"]) == ("mail", "only this")
    assert told["requester"] == "unknown"


def test_options_say_what_a_mail_does_not(sdj: JsonRunner) -> None:
    """An alias for one service says which; who calls is the mail's, if it says."""
    options = (
        *("--service", "vpn", "--type", "incident", "--impact", "high", "--urgency", "high"),
        *("--channel", "portal", "--user", "ben", "--field", "alias=vpn"),
    )
    told = sdj("open", "-", *options, stdin=mail())
    assert (told["service"], told["type"], told["channel"]) == ("vpn", "incident", "portal")
    assert (told["impact"], told["urgency"], told["priority"]) == ("high", "high", "P1")
    assert (told["requester"], told["fields"]) == ("ada", {"alias": "vpn"})

    nobody = sdj("open", "-", *options, "--from", "mail", stdin=b"Subject: x\n\nIt drops.\n")
    assert nobody["requester"] == "ben"
    plain = sdj("open", "-", stdin=mail("Else.", "Else"))
    assert (plain["service"], plain["channel"], plain["type"]) == ("unknown", "mail", "unknown")


@pytest.fixture(name="mailer")
def _mailer(desk_dir: Path, tmp_path: Path) -> Any:
    """Makes the desk send with a program of the test; gives the file it writes to."""

    def mailer(program: str) -> Path:
        rules, out = desk_dir / "catalog" / "intake.yaml", tmp_path / "sent.eml"
        code = program.replace("OUT", repr(str(out)))
        command = f"send_with: [{sys.executable}, -c, {code!r}]"
        rules.write_text(rules.read_text().replace("send_with: []", command))
        return out

    return mailer


def test_the_confirmation_is_a_mail(arrives: Any, sd: Runner, history: Any) -> None:
    """It has number, promise and the headers that end loops, and no code of the desk (R1b.1e)."""
    arrives(Message_ID="<first@e>")
    written = sd("ack", "SD-1").stdout
    told = email.message_from_string(written, policy=email.policy.default)
    assert (told["To"], told["Subject"]) == ("ada@example.com", "[SD-1] VPN drops")
    assert told["In-Reply-To"] == told["References"] == "<first@e>"
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["X-SDCLI-Desk"] == "desk@example.com"
    body = told.get_content()
    assert "SD-1" in body
    assert "Monday, 23 November 2026, 12:00 (Europe/London; 12:00 UTC)" in " ".join(body.split())
    assert not {"P3", "unknown", "service-desk"} & set(body.replace(",", " ").split())
    event = history()[-1]
    assert event["kind"] == "acknowledged"
    assert f"<{event['message_id']}>" == told["Message-ID"]


def test_a_confirmation_is_no_response(arrives: Any, sd: Runner, sdj: JsonRunner) -> None:
    """The clock of the response runs on (T12)."""
    arrives()
    sd("ack", "SD-1")
    assert sdj("show", "SD-1")["sla"]["response"]["state"] == "running"


def test_what_is_not_ascii_arrives(sd: Runner) -> None:
    """A summary in any script, with what a terminal would obey, is a sound mail."""
    sd("open", "Größe\x1b[2J 电脑\nBcc: eve@example.org", "--user", "ada")
    told = email.message_from_string(sd("ack", "1").stdout, policy=email.policy.default)
    assert told["Subject"].startswith("[SD-1] Größe [2J 电脑")
    assert told["Bcc"] is None
    assert "Größe [2J 电脑" in told.get_content()


@pytest.mark.parametrize("word", ["wörd", "电脑 无法", "Straße", "plain"])
def test_a_long_subject_is_whole(sd: Runner, word: str) -> None:
    """Folded over many lines, it loses no space and no word."""
    summary = " ".join(f"{word}{number}" for number in range(20))
    sd("open", summary, "--user", "ada")
    raw = sd("ack", "1").stdout
    told = email.message_from_string(raw, policy=email.policy.default)
    assert told["Subject"] == f"[SD-1] {summary}"
    assert max(map(len, raw.split("\n"))) <= 78


def test_it_is_written_once(arrives: Any, sd: Runner) -> None:
    """A second one must be asked for."""
    arrives()
    sd("ack", "SD-1")
    assert "--again" in sd("ack", "SD-1", expect=4).stderr
    sd("ack", "SD-1", "--again")


@pytest.mark.parametrize("to", ["desk@example.com", "no address", "a@b\nBcc: x@y", "@", "<a@b>"])
def test_it_goes_to_no_odd_address(arrives: Any, sd: Runner, to: str) -> None:
    """Neither to ourselves nor to what is no address."""
    arrives()
    sd("ack", "SD-1", "--to", to, expect=4)


def test_nobody_is_no_address(sd: Runner) -> None:
    """A request of somebody without a mail address is confirmed to a named one only."""
    sd("open", "It is slow", "--user", "somebody", "--phone", "1234")
    assert "--to MAIL" in sd("ack", "1", expect=4).stderr
    assert "To: eve@example.org" in sd("ack", "1", "--to", "eve@example.org").stdout


def test_a_machine_gets_no_confirmation(sdj: JsonRunner, sd: Runner) -> None:
    """The ticket of a bounce is never answered (T21)."""
    sdj("open", "-", stdin=bounce("x@e", "desk@example.com"))
    assert "never answered" in sd("ack", "1", "--to", "eve@example.org", expect=4).stderr


def test_it_is_handed_over(arrives: Any, sdj: JsonRunner, mailer: Any, history: Any) -> None:
    """The program gets the mail on its standard input, without a shell."""
    out = mailer("import sys; open(OUT, 'wb').write(sys.stdin.buffer.read())")
    arrives()
    told = sdj("ack", "SD-1", "--send")

    assert told["sent"] is True
    assert out.read_text() == told["message"]
    assert history()[-1]["sent"] is True


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('no route')", "no route"),
        ("import os; os.kill(os.getpid(), 9)", "-9"),
    ],
)
def test_a_failure_to_send_is_told(
    sd: Runner, mailer: Any, history: Any, program: str, said: str
) -> None:
    """The history says so; it was not confirmed, so it can be tried again."""
    mailer(program)
    sd("open", "-", stdin=mail())
    told = sd("ack", "SD-1", "--send", expect=1).stderr
    assert said in told
    assert "bug" not in told
    assert "sent" not in history()[-1]
    assert said in history()[-1]["failed"]
    assert "could not send the confirmation" in sd("history", "SD-1").stdout
    sd("ack", "SD-1")


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_is_over_is_not_confirmed(arrives: Any, sd: Runner, status: str) -> None:
    """Nobody waits for it."""
    arrives()
    sd("resolve", "SD-1", "--code", "solved")
    if status == "closed":
        sd("close", "SD-1", "--unconfirmed", "left")
    assert status in sd("ack", "SD-1", "--to", "eve@example.org", expect=4).stderr


def test_an_alert_is_not_confirmed(desk_dir: Path, arrives: Any, sd: Runner) -> None:
    """No machine is answered, whoever is named."""
    watched(desk_dir)
    arrives(NOTICE, "web1 is down")
    assert "never answered" in sd("ack", "SD-1", "--to", "eve@example.org", expect=4).stderr


@pytest.mark.parametrize("sender", ["noreply@e.org", "no-reply@e.org", "Do-Not-Reply+x@e.org"])
def test_who_reads_no_mail_gets_none(arrives: Any, sd: Runner, sender: str) -> None:
    """Unless an address is named."""
    arrives(From=sender)
    assert "--to MAIL" in sd("ack", "SD-1", expect=4).stderr
    sd("ack", "SD-1", "--to", "eve@example.org")


def test_without_a_program_nothing_is_sent(arrives: Any, sd: Runner, history: Any) -> None:
    """The setting is named, and nothing is recorded."""
    arrives()
    assert "send_with" in sd("ack", "SD-1", "--send", expect=4).stderr
    assert len(history()) == 1
