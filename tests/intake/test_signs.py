"""The signs of a machine (T21): each is found, and a person's mail has none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdcli.intake.items import MailItem
from sdcli.intake.mail import parse
from sdcli.intake.signs import is_own, is_report, sign_of
from sdcli.policy.model import MailRules
from sdcli.policy.scalars import Mail

RULES = MailRules(name="Desk", address=Mail("desk@example.com"), own=(Mail("help@example.com"),))


def mail(headers: str, sender: str = "ada@example.com", subject: str = "VPN") -> MailItem:
    """A mail with further headers."""
    item = parse(f"From: {sender}\nSubject: {subject}\n{headers}\n\nIt drops.\n".encode())
    assert isinstance(item, MailItem)
    return item


@pytest.mark.parametrize(
    ("headers", "sign"),
    [
        ("Return-Path: <>", "an empty Return-Path"),
        ("Return-Path: <MAILER-DAEMON>", "an empty Return-Path"),
        ("Precedence: bulk", "Precedence: bulk"),
        ("Precedence: never\nPrecedence: Junk", "Precedence: junk"),
        ("Precedence: list", "Precedence: list"),
        ("Precedence: auto_reply", "Precedence: auto_reply"),
        ("Auto-Submitted: auto-replied (vacation)", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: auto-generated; x=y", "Auto-Submitted: auto-generated"),
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: All"),
        ("X-Autoreply: yes", "X-Autoreply: yes"),
        ("X-Autorespond: VPN", "X-Autorespond: VPN"),
        ("X-Loop: ada@example.com", "X-Loop: ada@example.com"),
        ("List-Id: <news.example.com>", "List-Id: <news.example.com>"),
        ("List-Unsubscribe: <mailto:x@e>", "List-Unsubscribe: <mailto:x@e>"),
        ("X-SDCLI-Desk: other@example.org", "X-SDCLI-Desk: other@example.org"),
        ("Content-Type: multipart/report; report-type=x", "a x report"),
        ("X-POST-MessageClass: 9; Autoresponder", "X-POST-MessageClass: 9; Autoresponder"),
        ("Delivered-To: Autoresponder", "an autoresponder"),
    ],
)
def test_a_header_is_a_sign(headers: str, sign: str) -> None:
    """What only a machine writes is told as it stands."""
    assert mail(headers).automatic == sign


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@mx", "postmaster@example.com", "bounces+x@example.com", "postmaster"]
)
def test_a_sender_is_a_sign(sender: str) -> None:
    """Mail systems write under names of their own."""
    assert mail("X: y", sender=sender).automatic == f"the sender {sender}"


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: VPN",
        "Automatic reply: [SD-42] VPN",
        "Auto-Reply: x",
        "vacation: x",
        "Automatische Antwort: AW: x",
        "Abwesenheitsnotiz",
        "Réponse automatique : x",
        "Respuesta automática: x",
        "Risposta automatica: x",
        "Automatisch antwoord: x",
        "Automatiskt svar: x",
        "Odpowiedź automatyczna: x",
        "自動返信: x",
        "AUTO: Ada Lindqvist is out of the office (returning 24/11)",
        "OOO: x",
        "[Auto-Reply] x",
        "Re: Out of office",
        "Fwd: Automatic reply: x",
        "Abwesend bis 24.11.",
        "Automatyczna odpowiedź: x",
        "부재중: x",
        "자동 회신: x",
        "Otomatik Yan\u0131t: x",
    ],
)
def test_an_absence_note_shows_in_its_subject(subject: str) -> None:
    """Mail programs of many languages say so before the subject."""
    assert mail("X: y", subject=subject).automatic == "the subject of an absence note"


@pytest.mark.parametrize(
    ("subject", "what"),
    [
        ("Undelivered Mail Returned to Sender", "a returned mail"),
        ("failure notice", "a returned mail"),
        ("Undeliverable: VPN", "a returned mail"),
        ("Unzustellbar: VPN", "a returned mail"),
        ("Read: VPN", "a receipt"),
    ],
)
def test_a_mail_that_comes_back_shows_in_its_subject(subject: str, what: str) -> None:
    """As a mail system says it, or a program that was asked for a receipt."""
    assert mail("X: y", subject=subject).automatic == f"the subject of {what}"


def test_an_empty_sender_is_a_sign() -> None:
    """Only mail systems write in nobody's name."""
    assert mail("X: y", sender="<>").automatic == "an empty sender"


@pytest.mark.parametrize(
    ("headers", "subject", "expected"),
    [
        ("X: y", "Out of Office: VPN", True),
        ("X-Auto-Response-Suppress: All", "VPN", True),
        ("List-Unsubscribe: <mailto:x@e>", "VPN", True),
        ("Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All", "Job failed", True),
        (
            "Precedence: list\nAuto-Submitted: auto-generated\nList-Id: <desk.example.com>",
            "x",
            True,
        ),
        ("Auto-Submitted: auto-generated", "Out of Office: VPN", False),
        ("X-Auto-Response-Suppress: All", "Automatic reply: VPN", False),
        ("List-Unsubscribe: <mailto:x@e>\nPrecedence: bulk", "News", False),
        ("List-Unsubscribe: <mailto:x@e>\nList-Id: <news.example.org>", "News", False),
        ("Auto-Submitted: auto-replied", "VPN", False),
    ],
)
def test_what_people_show_too_is_a_report(headers: str, subject: str, expected: bool) -> None:
    """A weak sign alone throws nothing away; with a header an absence note is one."""
    assert is_report(mail(headers, subject=subject), RULES) is expected


def test_what_a_list_writes_in_our_name_is_the_persons() -> None:
    """Where the desk is a list that puts itself into `From`, the person is in `Reply-To`."""
    through = "List-Id: <desk.example.com>\nPrecedence: list"
    answers = f"{through}\nReply-To: desk@example.com, eve@example.org"
    assert not is_own(mail(answers, sender="desk@example.com"), RULES)
    assert is_own(mail(through, sender="desk@example.com"), RULES)
    loop = f"{answers}\nX-SDCLI-Desk: desk@example.com"
    assert is_own(mail(loop, sender="desk@example.com"), RULES)


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ("Auto-Submitted: no", "VPN"),
        ("Precedence: first-class", "VPN"),
        ("X-Auto-Response-Suppress: None", "VPN"),
        ("Return-Path: <ada@example.com>", "VPN"),
        ("X: y", "Out of office does not switch off"),
        ("X: y", "How do I set an automatic reply: it is not in the menu"),
        ("X: y", "Vacation calendar is empty"),
    ],
)
def test_a_person_shows_no_sign(headers: str, subject: str) -> None:
    """What people write, absence notes as a subject of theirs included, has none."""
    assert not mail(headers, subject=subject).signs


def test_our_own_mail_is_ours() -> None:
    """By its loop header or by any of the desk's addresses."""
    assert is_own(mail("X-SDCLI-Desk: Desk@Example.com"), RULES) == "X-SDCLI-Desk: Desk@Example.com"
    assert is_own(mail("X: y", sender="HELP@example.com"), RULES) == "the sender HELP@example.com"
    assert not is_own(mail("X-SDCLI-Desk: other@example.org"), RULES)
    assert not is_own(mail("X: y"), replace(RULES, own=()))


@pytest.mark.parametrize(
    "headers",
    [
        "Precedence: list\nList-Id: The desk <desk.example.com>\nList-Unsubscribe: <mailto:x@e>",
        "Precedence: list\nList-Post: <mailto:help@example.com>",
    ],
)
def test_a_list_that_is_the_desk_is_no_sign(headers: str) -> None:
    """Where the desk's address is a list, whoever writes to it comes through it."""
    assert not sign_of(mail(headers), RULES)
    assert sign_of(mail(f"{headers}\nAuto-Submitted: auto-replied"), RULES)
    assert sign_of(mail(headers.replace("desk", "news").replace("help", "news")), RULES)
