"""The signs of a machine (T21): each is found, and a person's mail has none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdcli.intake.items import MailItem
from sdcli.intake.mail import parse
from sdcli.intake.signs import is_own, sign_of
from sdcli.policy.model import Mail, MailRules

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
    ],
)
def test_a_header_is_a_sign(headers: str, sign: str) -> None:
    """What only a machine writes is told as it stands."""
    assert mail(headers).automatic == sign


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@mx", "postmaster@example.com"])
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
    ],
)
def test_an_absence_note_shows_in_its_subject(subject: str) -> None:
    """Mail programs of many languages say so before the subject."""
    assert mail("X: y", subject=subject).automatic == "the subject of an absence note"


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
