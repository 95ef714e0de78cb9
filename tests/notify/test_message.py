"""Messages: what is in them, and that nothing from outside gets out of its place."""

from __future__ import annotations

import json
import re
import time
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.notify.message import addressee, clean, duration, message_of
from sdcli.notify.owed import owed_of
from sdcli.notify.templates import sample, words, wrong
from sdcli.policy.routes import Route
from sdcli.tickets.ticket import advance
from tests.conftest import NOW
from tests.notify.conftest import BROKEN, OPENED
from tests.notify.test_plan import POLICY, said, ticket

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.notify.conftest import MailServer, Receiver

HOSTILE = (
    "x\x1b[2J {{ 7 * 7 }} {% raw %} ${HOME} <!channel> "
    "<http://evil.example|click> @everyone [a](http://evil.example) \u202eevil"
)


@given(text=st.text())
def test_a_text_is_on_one_line(text: str) -> None:
    """Nothing that steers a terminal or begins another header is left (T33)."""
    plain = clean(text)

    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", plain)
    assert len(plain) <= 500
    assert not set("<>[]`@") & set(clean(text, markup=True))


def test_the_due_time_is_the_readers_and_utc() -> None:
    """Somebody elsewhere reads their own clock, and the common one."""
    owing = advance(ticket(requester="farah"), (said("a", NOW, "now farah"),))
    (owed,) = owed_of(owing)
    whom = addressee(POLICY, "farah", owing)

    told = message_of(POLICY, owed, "business", [whom], int(NOW.timestamp()) + 3700, markup=False)

    assert told.due == "Mon 2026-11-23 05:00 (America/New York), Mon 10:00 UTC"
    assert told.due_at == "2026-11-23T10:00:00Z"
    assert (told.is_late, told.by) == (True, "1 h 1 min")


def test_a_strangers_day_is_the_desks() -> None:
    """Where the default agreement names no calendar, the default one tells the zone."""
    agreements = POLICY.sla.agreements
    default = POLICY.sla.default_agreement
    plain = replace(agreements[default], calendar="")
    calendar = agreements[default].calendar
    sla = replace(POLICY.sla, agreements={**agreements, default: plain}, default_calendar=calendar)
    policy = replace(POLICY, sla=sla)

    assert addressee(policy, "Zoe").zone == policy.zone == POLICY.zone


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "less than a minute"), (90, "1 min"), (3600, "1 h"), (90_000, "1 d 1 h")],
)
def test_durations(seconds: int, told: str) -> None:
    """To the minute, and to the hour beyond a day."""
    assert duration(seconds) == told


def test_hostile_text_stays_in_its_place(
    sd: Runner, with_routes: Any, servers: tuple[MailServer, Receiver]
) -> None:
    """A summary adds no header, runs no template, calls nobody in a chat."""
    mail_server, receiver = servers
    routes = "mail: {via: apprise, url: {env: MAIL_URL}}\nchat: {via: apprise, url: {env: HOOK}}"
    with_routes(routes, breach=["mail", "chat"], caller=["mail"])
    item = {"summary": HOSTILE, "user": "ada", "type": "incident", "service": "vpn"}
    sd("open", "-", stdin=json.dumps(item), at=OPENED)
    sd("note", "SD-1", "none\r\nBcc: all@example.org\r\n\r\nbody", "--roadblock", at=OPENED)

    sd("sla-check", at=BROKEN, env={"MAIL_URL": mail_server.url, "HOOK": receiver.url})

    assert mail_server.mails
    for mail in mail_server.mails:
        assert mail["Bcc"] is None
        text = mail.get_content()
        assert "\nBcc" not in text
        assert "{{ 7 * 7 }}" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        whole = message_from_bytes(mail.as_bytes())
        assert "all@example.org" not in (whole["To"], whole["Cc"])
    assert receiver.got
    for got in receiver.got:
        told = got["title"] + got["message"]
        assert "<" not in told
        assert "@everyone" not in told
        assert "](" not in told


MAIL_IN = """\
From: Ada Lindqvist <ada@example.com>
To: desk@example.com
Subject: VPN drops
Message-ID: <first@example.com>
Date: Mon, 23 Nov 2026 10:00:00 +0000
{more}
It drops.
"""


@pytest.mark.parametrize("more", ["", "Auto-Submitted: auto-generated\n"])
def test_a_caller_who_wrote_a_mail(
    more: str, sd: Runner, sdj: JsonRunner, with_routes: Any, mail_server: MailServer
) -> None:
    """The message belongs to their mail; a machine that wrote one is not answered (T21)."""
    with_routes("mail: {via: apprise, url: {env: U}}", caller=["mail"])
    sd("open", "-", stdin=MAIL_IN.replace("{more}\n", f"{more}\n"), at=OPENED)

    sd("sla-check", at="2026-11-24T12:00:00Z", env={"U": mail_server.url})

    if more:
        assert mail_server.mails == []
        assert sdj("sla", "deliveries", at=BROKEN) == []
    else:
        mail = mail_server.mails[0]
        assert (mail["To"], mail["In-Reply-To"]) == ("ada@example.com", "<first@example.com>")
        assert mail["Subject"].startswith("[SD-1] ")


def test_a_desks_own_template(
    sd: Runner, sdj: JsonRunner, with_routes: Any, desk_dir: Path, mail_server: MailServer
) -> None:
    """Its first line is the subject; a field of the message is a name in it."""
    with_routes("mail: {via: apprise, url: {env: U}, template: own}", breach=["mail"])
    folder = desk_dir / "templates"
    folder.mkdir()
    own = folder / "own.txt.j2"
    own.write_text("Subject: {{ ref }} late\n\nHurry up, {{ to }}: {{ summary }}\n")
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
    assert sdj("lint")["ok"]

    ran = sd("sla-check", at=BROKEN, env={"U": mail_server.url})

    assert ran.stderr == ""
    assert mail_server.mails[0]["Subject"] == "SD-1 late"
    assert "Hurry up, " in mail_server.mails[0].get_content()


BROKEN_TEMPLATES = {
    "Subject: x\n\n{{ nobody }}\n": (3, "undefined"),
    "Subject: x\n\nfine\n{% if %}\n": (4, "Expected an expression"),
    "no subject\n": (1, "first line must be"),
    "Subject: x\n\n{{ ''.__class__.__mro__ }}\n": (3, "unsafe"),
    "Subject: x\n\n{% include 'sla_policies.yaml' %}\n": (3, "no loader"),
}


@pytest.mark.parametrize("text", BROKEN_TEMPLATES)
def test_a_broken_template_is_told_and_holds_nothing_back(
    text: str, sd: Runner, with_routes: Any, desk_dir: Path, mail_server: MailServer
) -> None:
    """`lint` names file and line; the alert goes out in the built-in words, which is told."""
    with_routes("mail: {via: apprise, url: {env: U}, template: own}", breach=["mail"])
    (desk_dir / "templates").mkdir()
    (desk_dir / "templates" / "own.txt.j2").write_text(text)
    line, reason = BROKEN_TEMPLATES[text]
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)

    told = sd("lint", expect=5).stderr
    ran = sd("sla-check", at=BROKEN, env={"U": mail_server.url})

    assert f"templates/own.txt.j2:{line}: " in told
    assert reason in told
    assert "Breach: VPN drops" in mail_server.mails[0]["Subject"]
    assert f"templates/own.txt.j2:{line}: " in ran.stderr


ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    (
        "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}"
        "{% endfor %}{% endfor %}"
    ),
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% for x in [1, 1] recursive %}{% if loop.depth < 40 %}{{ loop([1, 1]) }}{% endif %}{% endfor %}",
    "{{ 'x' * 10 ** 9 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 'x' | center(999999999) }}",
    "{{ 'x'.ljust(999999999) }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ '{:>{}}'.format(1, 999999999) }}",
    "{{ lipsum(n=99999) }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x | tojson }}",
    "{% set x = ['x'] %}{% set y = ['x'] %}"
    + "{% set x = [x, x] %}{% set y = [y, y] %}" * 60
    + "{{ x == y }}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set x = 'xx' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
    "{% set x = 'xx' %}" + "{% set x = [x, x] | join %}" * 60,
    "{% set x = 'xx' %}" + "{% set x = x.replace('x', 'xxxxxxxx') %}" * 20,
]


@pytest.mark.parametrize("text", ENDLESS)
def test_no_template_takes_for_ever(text: str, tmp_path: Path) -> None:
    """What does more than a message needs ends soon, and the built-in words go out (R5b.2)."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own.txt.j2").write_text(f"Subject: x\n\n{text}\n")
    route = Route(via="command", command=("page",), template="own")
    policy = replace(POLICY, sla=replace(POLICY.sla, routes={"r": route}))
    began = time.process_time()

    told = words([sample("technicians")], "own", str(tmp_path))
    found = list(wrong(str(tmp_path), policy))

    assert time.process_time() - began < 5
    assert "templates/own.txt.j2:" in told.trouble
    assert "Breach: VPN drops" in told.subject
    assert {line for _, line, _ in found} <= {1, 3}
    assert found


def test_what_a_message_needs_is_not_too_much(tmp_path: Path) -> None:
    """Loops, macros and filters of an honest template render with a full message."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own.txt.j2").write_text(
        "Subject: {{ ref | upper }} {{ '%-5s' | format(kind) }}\n\n"
        "{% macro line(x) %}- {{ x | wordwrap(60) | indent(4) }}\n{% endmacro %}"
        "{% for each in roadblocks %}{{ loop.index }} {{ line(each) }}{% endfor %}"
        "{{ '-' * 72 }}{% for i in range(20) %}{{ '{:>3}'.format(i) }}{% endfor %}"
        "{{ others | join(', ') }} {{ summary | replace('a', 'b') | truncate(30) }}"
    )
    many = tuple(f"waits for part {number} " * 20 for number in range(30))

    told = words([sample("technicians", roadblocks=many)], "own", str(tmp_path))

    assert told.trouble == ""
    assert "30 - waits for part 29" in told.body


def test_a_missing_template_is_told(with_routes: Any, sd: Runner) -> None:
    """A name that leads to no file is a problem of the desk's files."""
    with_routes("mail: {via: apprise, url: {env: U}, template: gone}", breach=["mail"])

    assert "templates/gone.txt.j2:1: the template is missing" in sd("lint", expect=5).stderr


def test_the_builtin_words_are_sound() -> None:
    """Each reader's text renders with all that there can be, and with no more than there must."""
    assert list(wrong("/nowhere", POLICY)) == []
    for audience in ("technicians", "management", "business", "caller"):
        for full in (True, False):
            for kind in ("warning", "predicted", "breach"):
                told = words([sample(audience, full=full, kind=kind)], "", "/nowhere")
                assert told.subject.startswith("[SD-1] ")
                assert told.trouble == ""


def test_who_was_served_meanwhile_is_told_so() -> None:
    """A message that waited promises nothing about a request that is over."""
    told = words([sample("caller", is_over=True)], "", "/nowhere").body

    assert "took longer than we promised" in told
    assert "dealt with" in told
    assert "engaged" not in told


@pytest.mark.parametrize(
    ("target", "told", "untold"),
    [
        ("response", "should have heard from us", "longer than"),
        ("update", "stands", "longer than"),
        ("resolution", "longer than", "heard from us"),
    ],
)
def test_what_is_late_is_named_to_who_asked_and_to_the_business(
    target: str, told: str, untold: str
) -> None:
    """Where a word was missed nobody is told that the work is late, nor the other way round."""
    for audience in ("caller", "business"):
        for is_over in (True, False):
            message = sample(audience, target=target, is_over=is_over)
            body = words([message], "", "/nowhere").body
            assert told in body
            assert untold not in body


def test_what_was_foreseen_and_has_come_is_late() -> None:
    """A foreseen breach that is told after its time does not say that it will be."""
    for is_late, title in ((False, "Will be late"), (True, "Late, as foreseen")):
        told = words([sample("technicians", kind="predicted", is_late=is_late)], "", "/nowhere")
        assert told.subject == f"[SD-1] {title}: VPN drops"


def test_a_digest_says_each_of_its_messages() -> None:
    """Several messages are one, with the tickets in its subject."""
    both = [sample("technicians", ref="SD-1"), sample("technicians", ref="SD-2")]

    told = words(both, "", "/nowhere")

    assert told.subject == "2 alerts: SD-1, SD-2"
    assert "--- [SD-1] Breach: VPN drops" in told.body
    assert "sdcli show SD-1" in told.body
