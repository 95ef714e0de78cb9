"""Ways to people: programs, secrets, digests, windows, what is printed, and test messages."""

from __future__ import annotations

import json
import re
import smtplib
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.notify.by_command import filled, send
from sdcli.notify.heard import sentence
from sdcli.notify.message import Addressee, Letter
from sdcli.notify.secret import Secret, UnusableError, secret_of
from sdcli.notify.templates import sample
from sdcli.policy.routes import Source
from tests.notify.conftest import BROKEN, OPENED, UNTOLD, WARNED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage
    from tests.notify.conftest import MailServer, Receiver

PAGER = """\
import json, sys
told = json.load(sys.stdin)
open(sys.argv[1], "a").write(json.dumps([sys.argv[2:], told]) + "\\n")
"""


@pytest.fixture(name="program")
def _program(tmp_path: Path) -> Callable[[str], str]:
    """Makes a program of these lines, and gives its path."""

    def make(lines: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(lines)
        return str(path)

    return make


def command(program: str, *arguments: str, **more: str) -> str:
    """A route that starts a program."""
    route = {"via": "command", "command": [sys.executable, program, *arguments], **more}
    return f"page: {json.dumps(route)}"


def test_a_program_gets_the_message(
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    tmp_path: Path,
    program: Callable[[str], str],
) -> None:
    """Arguments are filled in as they are, one for one; the message is JSON on its input."""
    log = tmp_path / "log"
    page = command(program(PAGER), str(log), "--id", "{id}", "{ref}: {priority}; {mail} $HOME `id`")
    with_routes(page, warning=["page"])
    owing(summary="VPN $(reboot) drops")

    (sent,) = sdj("sla", "deliver", at=WARNED)["sent"]

    assert sent["ok"], sent
    arguments, told = json.loads(log.read_text())
    assert arguments == ["--id", "greta", "SD-1: P2; greta@example.org $HOME `id`"]
    assert sent["id"] in told["message_id"]
    assert told["kind"] == "warning"
    assert told["to"]["mail"] == "greta@example.org"
    assert told["alerts"][0]["summary"] == "VPN $(reboot) drops"
    assert told["subject"].startswith("[SD-1] Warning: VPN $(reboot) drops")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("import sys; print('no\\x1b signal' + 'x' * 9000); sys.exit(3)", "gave 3 and said: no"),
        ("import time; time.sleep(60)", "took longer than 1 s"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
        (
            "import subprocess, sys; subprocess.Popen(['sleep', '60']); sys.exit(4)",
            "gave 4",
        ),
    ],
)
def test_a_program_that_fails(  # noqa: PLR0917 - what pytest gives
    sdj: JsonRunner,
    with_routes: Any,
    owing: Callable[..., None],
    program: Callable[[str], str],
    lines: str,
    reason: str,
) -> None:
    """Its code, its end or its time limit is told, with the beginning of what it said."""
    with_routes(
        command(program(lines), time_limit="1s" if "time" in lines else "30s"), warning=["page"]
    )
    owing()

    (sent,) = sdj("sla", "deliver", at=WARNED)["sent"]

    assert not sent["ok"]
    assert reason in sent["reason"]
    assert len(sent["reason"]) <= 500
    assert "\x1b" not in sent["reason"]


def test_a_program_that_is_not_there(
    sdj: JsonRunner, with_routes: Any, owing: Callable[..., None]
) -> None:
    """Its name is told."""
    with_routes("page: {via: command, command: [/nowhere/page]}", warning=["page"])
    owing()

    (sent,) = sdj("sla", "deliver", at=WARNED)["sent"]

    assert sent["reason"] == "/nowhere/page could not be run: No such file or directory"


@pytest.mark.parametrize("words", [(), ("{id}",), ("{nobody}", "x")])
def test_what_names_no_program_starts_none(words: tuple[str, ...]) -> None:
    """It is told, and nothing that a message holds is ever started."""
    message = sample("technicians")
    letter = Letter(
        id="x",
        subject="s",
        body="b",
        desk_address="d@example.org",
        to=Addressee(id="ls"),
        messages=(message,),
    )

    with pytest.raises(UnusableError, match="names no program"):
        send(words, letter, "test", 5)


@given(value=st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_what_is_filled_in_is_never_read_again(value: str) -> None:
    """However a name reads: it is part of its one argument, and never an option."""
    facts = {"id": value, "name": "{mail}", "mail": "{id}"}

    assert filled(["page", "--id={id}", "{name}"], facts) == ["page", f"--id={value}", "{mail}"]
    if value.startswith("-"):
        with pytest.raises(UnusableError):
            filled(["page", "{id}"], facts)
    else:
        assert filled(["page", "{id}"], facts) == ["page", value]


def test_what_is_not_known_of_a_person_is_told(
    sdj: JsonRunner, with_routes: Any, owing: Callable[..., None], desk_dir: Path
) -> None:
    """A route by phone does not reach who has none, and says so."""
    teams = desk_dir / "catalog" / "teams.yaml"
    numbers = re.sub(r"(?m)^    phone: .*\n", "", teams.read_text(encoding="utf-8"))
    teams.write_text(numbers, encoding="utf-8")
    with_routes("page: {via: command, command: [page, '{phone}']}", warning=["page"])
    owing()

    (sent,) = sdj("sla", "deliver", at=WARNED)["sent"]

    assert sent["reason"] == "no phone is known of greta"


def test_a_url_in_a_file(
    sd: Runner, with_routes: Any, tmp_path: Path, desk_dir: Path, mail_server: MailServer
) -> None:
    """It is read outside the desk; inside it, or open to all, it is refused with what to do."""
    kept = tmp_path / "mail.url"
    kept.write_text(mail_server.url)
    kept.chmod(0o640)
    with_routes(f"mail: {{via: apprise, url: {{file: {kept}}}}}", warning=["mail"])
    sd("lint")
    sd("sla", "test-route", "mail", "--to", "amara")
    sd("sla", "test-route", "mail", "--to", "somebody@elsewhere.example")
    assert mail_server.recipients == ["amara@example.org", "somebody@elsewhere.example"]
    assert "Test" in mail_server.mails[0]["Subject"]

    kept.chmod(0o644)
    assert f"`chmod o-rwx {kept}`" in sd("lint", expect=5).stderr
    assert "everybody" in sd("sla", "test-route", "mail", expect=1).stderr
    inside = desk_dir / "mail.url"
    inside.write_text(mail_server.url)
    inside.chmod(0o600)
    with_routes(f"mail: {{via: apprise, url: {{file: {inside}}}}}", warning=["mail"])
    assert "move it out of" in sd("lint", expect=5).stderr
    assert "lies in the desk" in sd("sla", "test-route", "mail", expect=1).stderr
    assert len(mail_server.mails) == 2


HOSTILE_URLS = {
    "foo://us:pw@h/{mail}?apikey=zz&token=K7": "does not know this kind",
    "mailto://us:pw@:0/?to=": "cannot be read",
    "mailtos://?x=zz&token=K7": "cannot be read",
    "json://": "cannot be read",
    "tgram://K7/zz": "cannot be read",
    "json://exa[mple/K7": "cannot be read",
    "json://us:pw@127.0.0.1:1/K7?token=zz": "connection was refused",
    "json://us:pw@127.0.0.1:PORT/K7?token=zz&x=refused%20503": "HTTP status 500",
    "mailto://us:pw@127.0.0.1:1/?from=us@h.example&name=K7&to={mail}": "connection was refused",
    "jsons://us:pw@127.0.0.1:PORT/K7": "secured connection",
}


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_no_part_of_a_url_is_told(
    url: str, sd: Runner, with_routes: Any, receiver: Receiver, storage: Storage
) -> None:
    """However short, masked or not: no part of it is in output, errors or ledger (R5b.2)."""
    with_routes("r: {via: apprise, url: {env: U}}", warning=["r"])
    receiver.answers = [500] * 9
    env = {"U": url.replace("PORT", receiver.url.partition("127.0.0.1:")[2].partition("/")[0])}
    told = sd("sla", "test-route", "r", "--to", "amara", at=OPENED, env=env, expect=1).output
    reason = told.partition(": ")[2]

    sd("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=OPENED)
    run = sd("sla-check", at=WARNED, env=env).stderr
    kept = storage.text()

    assert HOSTILE_URLS[url] in reason
    assert HOSTILE_URLS[url] in run
    assert HOSTILE_URLS[url] in kept
    assert not re.findall(r"\b(?:us|pw|zz|K7|h|apikey|token|foo|exa|example|503)\b", reason)
    for shown in (told, run, kept):
        assert not re.findall(
            r"\bpw\b|\bzz\b|\bK7\b|p\.\.\.w|z\.\.\.z|K\.\.\.7|apikey|127\.0", shown
        )


def test_a_secret_shows_nothing_of_itself() -> None:
    """Printing it, or what it is made of, tells nothing."""
    secret = Secret(f"json://us:{UNTOLD}@h/")

    assert UNTOLD not in f"{secret} {secret!r} {vars(type(secret))}"


@given(text=st.text(min_size=3), code=st.integers(400, 599))
def test_of_an_error_only_class_and_number_are_told(text: str, code: int) -> None:
    """Whatever text an error carries, the sentence is the same."""
    for make in (
        lambda said: smtplib.SMTPDataError(code, said),
        lambda said: smtplib.SMTPRecipientsRefused({said: (code, said.encode("utf-8", "replace"))}),
        lambda said: ConnectionRefusedError(111, said),
        lambda said: socket.gaierror(-2, said),
        OSError,
        ValueError,
        RuntimeError,
    ):
        assert sentence(make(text)) == sentence(make(""))


def test_what_is_filled_into_a_url_is_quoted() -> None:
    """A name with signs of a URL in it stays one name; a word that stands for nothing is told."""
    secret = Secret("json://host/{name}?to={mail}")

    assert secret.names == {"name", "mail"}
    facts = {"id": "x", "name": "a/b?c&d#e", "mail": "x+y@example.org"}
    assert secret.filled(facts) == ("json://host/a%2Fb%3Fc%26d%23e?to=x%2By%40example.org")


def test_a_word_in_braces_that_stands_for_nothing() -> None:
    """It is not sent as it is, and not told: it may be a part of the secret."""
    with pytest.raises(UnusableError) as told:
        Secret(f"json://host/{{{UNTOLD}}}").filled({"id": "ben"})

    assert "{mail}" in str(told.value)
    assert UNTOLD not in str(told.value)


def test_what_holds_no_url_is_told_without_it() -> None:
    """Half a secret in the variable is no URL, and is not told."""
    with pytest.raises(UnusableError) as told:
        secret_of(Source(env="MAIL_URL"), "/desk", {"MAIL_URL": UNTOLD}.get)

    assert UNTOLD not in str(told.value)
    assert "MAIL_URL" in str(told.value)


def test_a_window_holds_a_message_back(
    sd: Runner, sdj: JsonRunner, with_routes: Any, receiver: Receiver
) -> None:
    """What is said at night waits for the morning; the breach itself is on record (T13)."""
    with_routes("chat: {via: apprise, url: {env: HOOK}, window: business-hours}", breach=["chat"])
    env = {"HOOK": receiver.url}
    opened = "2026-11-23T19:30:00Z"  # an hour and a half before the agreement's day ends
    sd("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=opened)
    classify = ("classify", "1", "--people", "500", "--workaround", "none")
    sd(*classify, at=opened)

    sd("sla-check", at="2026-11-23T20:45:00Z", env=env)
    assert receiver.got == []
    rows = sdj("sla", "deliveries", at="2026-11-23T20:45:00Z", env=env)
    assert {row["next_at"] for row in rows} == {"2026-11-24T08:00:00Z"}
    assert {row["state"] for row in rows} == {"owed"}
    sd("sla", "deliver", at="2026-11-24T07:59:59Z", env=env)
    assert receiver.got == []
    sd("sla", "deliver", at="2026-11-24T08:00:00Z", env=env)

    assert receiver.got
    assert sdj("sla", "deliveries", at="2026-11-24T08:00:00Z", env=env) == []


def test_a_weekend_does_not_use_up_the_attempts(
    sd: Runner, sdj: JsonRunner, with_routes: Any, receiver: Receiver
) -> None:
    """Hours in which nothing may be sent do not count towards giving up."""
    with_routes(
        "chat: {via: apprise, url: {env: HOOK}, window: business-hours, "
        "retry: {first: 10m, most: 10m, give_up_after: 1h}}",
        breach=["chat"],
    )
    env = {"HOOK": receiver.url}
    receiver.answers = [500, 500]
    friday = "2026-11-27T16:20:00Z"
    sd("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=friday)
    sd("sla-check", at="2026-11-27T16:55:00Z", env=env)
    (row,) = {row["next_at"] for row in sdj("sla", "deliveries", at=friday, env=env)}
    assert row == "2026-11-30T08:00:00Z"

    (failed,) = sdj("sla", "deliver", at=row, env=env)["sent"]
    assert (failed["ok"], failed["attempt"]) == (False, 2)
    (sent,) = sdj("sla", "deliver", at=failed["next_at"], env=env)["sent"]

    assert (sent["ok"], sent["attempt"]) == (True, 3)


def test_a_digest_gathers_tickets(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """One mail for what was said within the hour, of several tickets; the events name it."""
    with_routes("mail: {via: apprise, url: {env: U}, digest: 1h}", warning=["mail"])
    env = {"U": mail_server.url}
    for number in (1, 2, 3):
        sd("open", f"VPN {number}", "--user", "ada", "--service", "vpn", at=OPENED)
        sd("assign", str(number), "--to", "greta", "--queue", "network", at=OPENED)
    sd("sla-check", at=WARNED, env=env)
    assert mail_server.mails == []

    run = sdj("sla", "deliver", at="2026-11-23T12:45:00Z", env=env)

    (sent,) = run["sent"]
    assert (sent["ok"], sent["refs"]) == (True, ["SD-1", "SD-2", "SD-3"])
    (mail,) = mail_server.mails
    assert mail["Subject"] == "3 alerts: SD-1, SD-2, SD-3"
    assert sent["id"] in mail["Message-ID"]
    for ref in ("1", "2", "3"):
        last = sdj("history", ref)[-1]
        assert (last["kind"], last["digest"], last["ok"]) == ("delivered", sent["id"], True)


def test_a_digest_that_fails_comes_again_whole(
    sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """The same message under the same id, for all of its tickets."""
    with_routes("mail: {via: apprise, url: {env: U}, digest: 1h}", warning=["mail"])
    env = {"U": mail_server.url}
    mail_server.refuse = ["451 later"]
    for number in (1, 2):
        sd("open", f"VPN {number}", "--user", "ada", "--service", "vpn", at=OPENED)
        sd("assign", str(number), "--to", "greta", "--queue", "network", at=OPENED)
    sd("sla-check", "--no-deliver", at=WARNED)

    (failed,) = sdj("sla", "deliver", at="2026-11-23T12:45:00Z", env=env)["sent"]
    (sent,) = sdj("sla", "deliver", at=failed["next_at"], env=env)["sent"]

    assert (failed["ok"], sent["ok"]) == (False, True)
    assert failed["id"] == sent["id"]
    assert sent["refs"] == ["SD-1", "SD-2"]
    assert sent["attempt"] == 2


def test_what_is_printed_is_delivered_by_printing_it(
    sd: Runner, sdj: JsonRunner, with_routes: Any
) -> None:
    """A route to the terminal owes nothing once `sla-check` was heard."""
    with_routes("console: {via: terminal}", warning=["console"])
    sd("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=OPENED)

    assert "VPN drops" in sd("sla-check", at=WARNED).stdout

    assert sdj("sla", "deliveries", at=WARNED) == []
    (told,) = [each for each in sdj("history", "1") if each["kind"] == "delivered"]
    assert (told["route"], told["ok"]) == ("console", True)


def test_without_routes_nothing_is_owed(sd: Runner, sdj: JsonRunner) -> None:
    """A desk as it was: alerts are printed, and that is all."""
    sd("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=OPENED)
    sd("sla-check", at=BROKEN)

    assert sdj("sla", "deliveries") == []
    assert "routes" not in sdj("history", "1")[-1]
    assert sdj("sla", "deliver") == {"sent": [], "waiting": 0, "busy": False}


def test_a_route_that_is_not_there(sd: Runner, with_routes: Any) -> None:
    """A test of an unknown route names the near one."""
    with_routes("mail: {via: apprise, url: {env: U}}")

    assert "Did you mean mail?" in sd("sla", "test-route", "mial", expect=3).stderr


def test_a_test_message_to_nobody(
    sd: Runner, with_routes: Any, receiver: Receiver, desk_dir: Path
) -> None:
    """Who is neither known nor a mail address is no such person, whatever the route names."""
    assert desk_dir
    with_routes("mail: {via: apprise, url: {env: U}}\nhook: {via: apprise, url: {env: HOOK}}")
    env = {"HOOK": receiver.url}

    for route in ("mail", "hook"):
        told = sd("sla", "test-route", route, "--to", "amarra", env=env, expect=3).stderr
        assert "There is no person 'amarra'" in told
        assert "Did you mean amara?" in told
    assert receiver.got == []
    sd("sla", "test-route", "hook", "--to", "amara@example.org", env=env)
    sd("sla", "test-route", "hook", env={**env, "SDCLI_USER": "somebody-new"})
    assert len(receiver.got) == 2
