"""Alerts reach people: by mail, webhook and command, again after failures, each once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import NOW
from tests.homes import storage_in
from tests.notify.conftest import BROKEN, OPENED, UNTOLD, WARNED
from tests.notify.test_plan import said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage
    from tests.notify.conftest import MailServer, Receiver

MAIL = "mail: {via: apprise, url: {env: MAIL_URL}}"
HOOK = "hook: {via: apprise, url: {env: HOOK_URL}}"


def test_a_warning_is_mailed_to_each_who_should_hear_it(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """Assignee and lead get a mail of their own, from `sla-check` itself; then nothing is owed."""
    with_routes(MAIL, warning=["mail"])
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    sd("assign", "SD-1", "--to", "hugo", "--queue", "network", at=OPENED)

    said = sd("sla-check", at=WARNED, env={"MAIL_URL": mail_server.url})

    assert said.stderr == ""
    assert sorted(mail_server.recipients) == ["greta@example.org", "hugo@example.org"]
    mail = mail_server.mails[0]
    assert mail["Subject"].startswith("[SD-1] Warning: VPN drops")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert len(mail.get_all("Message-ID", [])) == 1
    text = mail.get_content()
    assert "Next: sdcli show SD-1" in text
    assert "UTC" in text
    assert sdj("sla", "deliveries", at=WARNED) == []
    sd("sla-check", at=WARNED, env={"MAIL_URL": mail_server.url})
    assert len(mail_server.mails) == 2


def test_at_a_breach_everybody_hears_it_in_their_own_words(
    sd: Runner, with_routes: Any, mail_server: MailServer
) -> None:
    """Management and the business get impact and roadblocks; the caller no word of the desk's (R5b.3)."""
    with_routes(
        MAIL,
        breach=["mail"],
        management=["mail"],
        business=["mail"],
        caller=["mail"],
        business_contacts=["dana"],
    )
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    sd("classify", "1", "--people", "40", "--workaround", "none", at=OPENED)
    sd("assign", "SD-1", "--to", "hugo", "--queue", "network", at=OPENED)
    sd("note", "SD-1", "the carrier does not answer", "--roadblock", at=OPENED)
    sd("note", "SD-1", "the root password is hunter2", at=OPENED)

    sd("sla-check", at=BROKEN, env={"MAIL_URL": mail_server.url})

    told = {mail["To"]: mail for mail in mail_server.mails}
    assert {"hugo@example.org", "amara@example.org", "dana@example.com", "ada@example.com"} <= {
        *told
    }
    for boss in ("amara@example.org", "dana@example.com"):
        text = told[boss].get_content()
        assert "40 people cannot work" in text
        assert "the carrier does not answer" in text
    caller = told["ada@example.com"]
    assert caller["Subject"].startswith("[SD-1] ")
    text = caller.get_content()
    assert "management is engaged" in text
    for inside in ("carrier", "P1", "P2", "P3", "network", "sdcli", "resolution", "hunter2"):
        assert inside not in text


def test_what_is_told_to_the_caller_is_no_response(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """A message of the machine stops no clock and changes no ticket (T12, T15)."""
    with_routes(MAIL, caller=["mail"])
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    before = sdj("show", "1", at=BROKEN)
    sd("sla-check", at=BROKEN, env={"MAIL_URL": mail_server.url})
    after = sdj("show", "1", at=BROKEN)

    assert mail_server.recipients == ["ada@example.com"]
    assert after["sla"]["response"]["state"] == before["sla"]["response"]["state"] == "breached"
    assert after["updated_at"] == before["updated_at"]


@pytest.mark.parametrize("answers", [["451 later"], ["550 no such box"], ["451 a", "554 b"]])
def test_a_mail_that_is_refused_comes_again(
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    mail_server: MailServer,
    answers: list[str],
) -> None:
    """After each failure the wait doubles; then it arrives, under the same Message-ID."""
    with_routes(MAIL, warning=["mail"])
    owing()
    env = {"MAIL_URL": mail_server.url}
    mail_server.refuse = [*answers]
    at, waits = WARNED, []
    for attempt in range(len(answers)):
        (sent,) = sdj("sla", "deliver", at=at, env=env)["sent"]
        assert (sent["ok"], sent["attempt"]) == (False, attempt + 1)
        assert sent["next_at"] > at
        (row,) = sdj("sla", "deliveries", "--failed", at=at, env=env)
        assert (row["state"], row["attempts"], row["to"]) == ("failed", attempt + 1, "greta")
        early = sdj("sla", "deliver", at=at, env=env)
        assert (early["sent"], early["waiting"]) == ([], 1)
        waits.append(sent["id"])
        at = sent["next_at"]

    (sent,) = sdj("sla", "deliver", at=at, env=env)["sent"]

    assert sent["ok"]
    assert {*waits, sent["id"]} == {sent["id"]}
    assert sent["id"] in mail_server.mails[0]["Message-ID"]


def test_a_failure_is_visible_and_told_twice_at_most(
    sd: Runner, sdj: JsonRunner, with_routes: Any, owing: Callable[..., None]
) -> None:
    """First and last failure on stderr, the others not; in `list`, `show` and as a plug-in (R5b.2)."""
    with_routes(
        "mail: {via: apprise, url: {env: MAIL_URL}, "
        "retry: {first: 10m, most: 10m, give_up_after: 30m}}",
        warning=["mail"],
    )
    owing()
    env = {"MAIL_URL": f"mailto://127.0.0.1:1/?from=a@example.org&to={{mail}}&name={UNTOLD}"}
    at, told = WARNED, []
    while at:
        ran = sd("sla-check", at=at, env=env)
        told.append(ran.stderr)
        rows = sdj("sla", "deliveries", "--failed", at=at, env=env)
        at = rows[0]["next_at"]

    assert "did not reach greta by the route mail" in told[0]
    assert "refused" in told[0]
    assert "given up" in told[-1]
    assert len(told) > 2
    assert set(told[1:-1]) == {""}
    assert rows[0]["state"] == "given-up"
    assert "[alert not delivered]" in sd("list", at=WARNED).stdout
    assert "given up" in sd("show", "1", at=WARNED).stdout
    (lost,) = sdj("show", "1", at=WARNED)["undelivered"]
    assert (lost["to"], lost["next_at"]) == ("greta", None)
    plugin = sd("sla-check", "--nagios", at=OPENED, expect=1).stdout
    assert "1 given up" in plugin
    assert UNTOLD not in "".join(told)


def test_a_failure_leaves_stderr_silent_in_json(
    sdj: JsonRunner, sd: Runner, with_routes: Any
) -> None:
    """With `--json` the document is all that is printed; `sla deliveries` has the failure (T31)."""
    with_routes(MAIL, warning=["mail"])
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)

    assert sd("sla-check", "--json", at=WARNED).stderr == ""

    assert sdj("sla", "deliveries", "--failed", at=WARNED)


def test_what_was_given_up_can_be_tried_again(
    sd: Runner,
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    mail_server: MailServer,
) -> None:
    """A route that has gone gives up at once; once it is mended, `--again` delivers."""
    with_routes(MAIL, warning=["mail"])
    owing()
    with_routes(HOOK)
    (sent,) = sdj("sla", "deliver", at=WARNED)["sent"]
    assert (sent["ok"], sent["next_at"]) == (False, None)
    assert "no route `mail`" in sent["reason"]
    with_routes(MAIL, warning=["mail"])

    assert sdj("sla", "deliver", at=WARNED)["sent"] == []
    env = {"MAIL_URL": mail_server.url}
    (sent,) = sdj("sla", "deliver", "--again", at=WARNED, env=env)["sent"]

    assert sent["ok"]
    assert sdj("sla", "deliveries", at=WARNED, env=env) == []
    assert "[alert not" not in sd("list", at=WARNED).stdout


def test_a_webhook_that_fails_first(
    sdj: JsonRunner, with_routes: Any, owing: Callable[..., None], receiver: Receiver
) -> None:
    """500, then 503, then it works: one message for the route, told apart by its key."""
    with_routes(HOOK, breach=["hook"])
    owing(BROKEN)
    env = {"HOOK_URL": receiver.url}
    receiver.answers = [500, 503]
    at = BROKEN
    for code in (500, 503):
        (sent,) = sdj("sla", "deliver", at=at, env=env)["sent"]
        assert str(code) in sent["reason"]
        assert len(sent["to"]) > 1
        at = sent["next_at"]

    (sent,) = sdj("sla", "deliver", at=at, env=env)["sent"]

    assert sent["ok"]
    assert len(receiver.got) == 1
    assert sent["id"] in receiver.keys[0]
    assert "VPN drops" in receiver.got[0]["message"]


def test_a_server_that_says_nothing(
    sdj: JsonRunner, with_routes: Any, owing: Callable[..., None], receiver: Receiver
) -> None:
    """A receiver that never answers costs the time limit and no more."""
    with_routes("hook: {via: apprise, url: {env: HOOK_URL}, time_limit: 1s}", breach=["hook"])
    owing(BROKEN)
    free = threading.Event()
    receiver.hold = free.wait

    (sent,) = sdj("sla", "deliver", at=BROKEN, env={"HOOK_URL": receiver.url})["sent"]
    free.set()

    assert not sent["ok"]
    assert "longer than 1 s" in sent["reason"] or "timed out" in sent["reason"]


def test_a_mail_server_that_has_gone(
    sdj: JsonRunner, with_routes: Any, owing: Callable[..., None], mail_server: MailServer
) -> None:
    """A server that was stopped in between is a failure like any other."""
    with_routes(MAIL, warning=["mail"])
    owing()
    env = {"MAIL_URL": mail_server.url}
    mail_server.stop()

    (sent,) = sdj("sla", "deliver", at=WARNED, env=env)["sent"]

    assert not sent["ok"]
    assert "refused" in sent["reason"]


def test_a_dead_route_does_not_hold_up_the_run(
    sd: Runner, sdj: JsonRunner, with_routes: Any
) -> None:
    """After three failures in a row a route is left for the next run; nothing of it is lost."""
    with_routes(MAIL, warning=["mail"])
    for number in range(5):
        sd("open", f"VPN {number}", "--user", "ada", "--type", "incident", at=OPENED)
    sd("sla-check", "--no-deliver", at=WARNED)

    run = sdj("sla", "deliver", at=WARNED)

    assert (len(run["sent"]), run["waiting"]) == (3, 2)
    assert "the environment has no MAIL_URL" in run["sent"][0]["reason"]
    assert len(sdj("sla", "deliveries", at=WARNED)) == 5


KILLED = """
import os, signal, sys
from sdcli.notify import deliver
sent = deliver.sent
def send_and_die(*args):
    reason = sent(*args)
    os.kill(os.getpid(), signal.SIGKILL)
    return reason
deliver.sent = send_and_die
from sdcli.cli import cli
cli(["sla", "deliver"], prog_name="sdcli")
"""


def _environment(desk_dir: Path, at: str, **more: str) -> dict[str, str]:
    mine = {"SDCLI_DESK": str(desk_dir), "SDCLI_NOW": at, "SDCLI_USER": "cron"}
    return {**mine, "PATH": os.environ["PATH"], "HOME": str(desk_dir.parent), **more}


def test_a_crash_between_sending_and_recording(
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    desk_dir: Path,
    mail_server: MailServer,
) -> None:
    """A process killed right after sending leaves the mail owed: it comes again under the same id."""
    with_routes(MAIL, warning=["mail"])
    owing()
    env = _environment(desk_dir, WARNED, MAIL_URL=mail_server.url)

    ran = subprocess.run([sys.executable, "-c", KILLED], env=env, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL
    (sent,) = sdj("sla", "deliver", at="2026-11-23T11:50:00Z", env=env)["sent"]

    assert (sent["ok"], sent["attempt"]) == (True, 1)
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_two_deliverers_at_once(
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    desk_dir: Path,
    receiver: Receiver,
) -> None:
    """While one process delivers, another leaves it alone, and writing goes on (T28)."""
    with_routes(HOOK, breach=["hook"])
    owing(BROKEN)
    reached, free = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        free.wait(20)

    receiver.hold = hold
    env = _environment(desk_dir, BROKEN, HOOK_URL=receiver.url)
    command = [sys.executable, "-m", "sdcli", "sla", "deliver", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as first:
        assert reached.wait(20)
        second = sdj("sla", "deliver", at=BROKEN, env=env)
        sdj("note", "SD-1", "meanwhile", at=BROKEN)
        free.set()
        told = json.loads(first.communicate()[0])

    assert second == {"sent": [], "waiting": 0, "busy": True}
    assert [each["ok"] for each in told["sent"]] == [True]
    assert len(receiver.got) == 1
    assert sdj("sla", "deliver", at=BROKEN, env=env)["sent"] == []


def test_what_is_owed_of_an_internal_target_reaches_nobody_outside(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer, storage: Storage
) -> None:
    """Ledgers may owe it from before: whom the policy named gets it, for others it is given up."""
    takes = {"breach": ["mail"], "management": ["mail"], "caller": ["mail"], "business": ["mail"]}
    with_routes(MAIL, **takes, business_contacts=["dana"])
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    routes = ("mail greta", "mail amara", "mail ada", "mail dana")
    event = said(
        "a",
        NOW,
        *routes,
        threshold=100,
        target="operational",
        stage="breach",
        recipients=("greta",),
    )
    with storage.ledger().write() as writer:
        writer.append(writer.get("SD-1"), [event])

    run = sdj("sla", "deliver", at=BROKEN, env={"MAIL_URL": mail_server.url})

    assert mail_server.recipients == ["greta@example.org"]
    assert {each["to"][0]: each["next_at"] for each in run["sent"] if not each["ok"]} == {
        "amara": None,
        "ada": None,
        "dana": None,
    }


def test_a_caller_without_what_a_url_needs_is_given_up_at_once(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """A mail to who gave a phone number alone does not fail for a day (T21)."""
    with_routes(MAIL, caller=["mail"])
    item = {"summary": "VPN drops", "user": "Zoe", "phone": "+44 20 7946 0", "service": "vpn"}
    sd("open", "-", stdin=json.dumps({**item, "type": "incident"}), at=OPENED)
    sd("sla-check", "--no-deliver", at=BROKEN)

    (sent,) = sdj("sla", "deliver", at=BROKEN, env={"MAIL_URL": mail_server.url})["sent"]

    assert (sent["ok"], sent["next_at"]) == (False, None)
    assert sent["reason"].startswith("no mail is known of ")


def test_a_busy_ledger_is_told_with_what_went_out(
    sd: Runner, with_routes: Any, owing: Callable[..., None], receiver: Receiver, storage: Storage
) -> None:
    """It is not said that nothing happened: the message went out, and comes again under its id."""
    with_routes(HOOK, warning=["hook"])
    owing()
    env = {"HOOK_URL": receiver.url, "SDCLI_LOCK_WAIT": "0.1"}
    with ExitStack() as held:
        receiver.hold = lambda: held.enter_context(storage.held())
        told = sd("sla", "deliver", at=WARNED, env=env, expect=6).stderr

    assert "went out, and that could not be recorded" in told
    assert "under the same id" in told
    assert "Nothing was changed" not in told
    receiver.hold = lambda: None
    sd("sla", "deliver", at=WARNED, env=env)
    assert len(set(receiver.keys)) == 1
    assert len(receiver.keys) == 2


def test_no_secret_is_told(
    sd: Runner,
    with_routes: Any,
    desk_dir: Path,
    servers: tuple[MailServer, Receiver],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever fails: the secret is in no output and in no file of the desk (R5b.2)."""
    slack = f"slack: {{via: apprise, url: {{env: CHAT_URL}}, time_limit: 1s}}\n{MAIL}\n{HOOK}"
    with_routes(slack, breach=["slack", "mail", "hook"])
    mail_server, receiver = servers
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    mail_server.refuse = [f"535 wrong password {UNTOLD}"] * 99
    receiver.answers = [500] * 99
    env = {
        "MAIL_URL": mail_server.url,
        "HOOK_URL": receiver.url,
        "CHAT_URL": f"json://127.0.0.1:1/{UNTOLD}?token={UNTOLD}",
    }
    told = []
    for args in (
        ("sla-check",),
        ("sla", "deliver", "--again"),
        ("sla", "deliver", "--again", "--json"),
        ("sla", "deliveries", "--json"),
        ("show", "1"),
        ("history", "1", "--json"),
        ("lint",),
    ):
        ran = sd(*args, at=BROKEN, env=env)
        told.append(ran.output)
    told += [
        sd("sla", "test-route", route, at=BROKEN, env=env, expect=1).output
        for route in ("slack", "mail", "hook")
    ]
    kept = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in desk_dir.rglob("*")
        if path.is_file()
    ]

    kept.append(storage_in(desk_dir).text())

    assert "attempt" in told[1]
    assert UNTOLD not in "".join((*told, *kept, *capfd.readouterr()))


def test_nothing_of_the_library_reaches_the_terminal(
    with_routes: Any, owing: Callable[..., None], desk_dir: Path
) -> None:
    """In a real process: stdout is one JSON document, and stderr is silent."""
    with_routes(f"{MAIL}\nodd: {{via: apprise, url: {{env: ODD}}}}", warning=["mail", "odd"])
    owing()
    urls = {"MAIL_URL": "mailto://127.0.0.1:1/?from=a@b.example&to={mail}", "ODD": "nonsense://x"}
    ran = subprocess.run(
        [sys.executable, "-m", "sdcli", "sla", "deliver", "--json"],
        env=_environment(desk_dir, WARNED, **urls),
        capture_output=True,
        check=True,
    )

    assert ran.stderr == b""
    reasons = {each["route"]: each["reason"] for each in json.loads(ran.stdout)["sent"]}
    assert "refused" in reasons["mail"]
    assert reasons["odd"] == "apprise does not know this kind of URL"


def test_a_bug_in_one_message_holds_up_no_other(
    sd: Runner,
    sdj: JsonRunner,
    with_routes: Any,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever goes wrong with one, the others go out, and it is told and tried again."""
    with_routes(MAIL, warning=["mail"])
    for number in (1, 2):
        sd("open", f"VPN {number}", "--user", "ada", "--service", "vpn", at=OPENED)
    sd("sla-check", "--no-deliver", at=WARNED)

    def fail(ticket: Any, policy: Any) -> str:
        assert policy
        if ticket.ref == "SD-1":
            raise ZeroDivisionError
        return "It stands still."

    monkeypatch.setattr("sdcli.notify.message.impact_sentence", fail)
    sent = sdj("sla", "deliver", at=WARNED, env={"MAIL_URL": mail_server.url})["sent"]

    assert {(*each["refs"], each["ok"]) for each in sent} == {("SD-1", False), ("SD-2", True)}
    assert "unexpectedly (ZeroDivisionError)" in next(e["reason"] for e in sent if e["reason"])
