"""The text of a mail in its parts: what was written, what it quotes, the signature."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.replies import apart, is_thanks

DESK = "Service desk <desk@example.com>"
HEADERS = {
    "en": f"From: {DESK}\nSent: Monday, 23 November 2026 10:00\nTo: Ada\nSubject: VPN\n\nHello",
    "de": f"Von: {DESK}\nGesendet: Montag, 23. November 2026 10:00\nAn: Ada\nBetreff: VPN\n\nHallo",
    "line": f"________________________________\nFrom: {DESK}\nSent: Monday\nTo: Ada\n\nHello",
    "original": f"-----Original Message-----\nFrom: {DESK}\nTo: Ada\nSubject: x\n\nold",
}


@pytest.mark.parametrize(
    "introduction",
    [
        f"On Mon, 23 Nov 2026 at 10:00, {DESK} wrote:",
        f"On Mon, Nov 23, 2026 at 10:00 AM the desk of the Example Company\n{DESK} wrote:",
        f"Am 23.11.2026 um 10:00 schrieb {DESK}:",
        f"Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb {DESK}:",
        f"Le lun. 23 nov. 2026 à 10:00, {DESK} a écrit :",
        f"El lun, 23 nov 2026 a las 10:00, {DESK} escribió:",
        f"Il giorno lun 23 nov 2026 alle ore 10:00 {DESK} ha scritto:",
        f"Op ma 23 nov. 2026 om 10:00 schreef {DESK}:",
        f"pon., 23 lis 2026 o 10:00 {DESK} napisał(a):",
    ],
)
def test_an_answer_is_without_what_it_quotes(introduction: str) -> None:
    """Whoever wrote it in whatever language, the answer is what stands above the quotation."""
    text = f"It works now.\n\n{introduction}\n\n> Hello Ada,\n> please try again.\n> The desk"
    assert apart(text, "Re: VPN", answers=True).body == "It works now."


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_an_answer_is_without_the_headers_it_quotes(headers: str) -> None:
    """The block of headers that some programs put above the history begins the history."""
    assert apart(f"It is back.\n\n{headers}", "RE: VPN", answers=True).body == "It is back."


@pytest.mark.parametrize(
    "text",
    [
        "It fails.\n\nFrom: server A\nTo: server B\nSubject to firewall",
        "See:\n\nFrom: server A\nTo: server B\n\nIt is blocked.",
    ],
)
def test_lines_that_look_like_headers_stay(text: str) -> None:
    """What names no mail is what somebody wrote."""
    assert apart(text, "Re: VPN", answers=True).body == text


def test_a_forwarded_mail_stays_whole() -> None:
    """What is passed on is the request, and who wrote it is named."""
    text = (
        "Please handle.\n\n---------- Forwarded message ---------\n"
        "From: Bob <bob@example.com>\nDate: Mon\nSubject: Printer\nTo: Ada\n\nIt is off."
    )
    parts = apart(text, "Fwd: Printer", answers=False)
    assert parts.body == text
    assert parts.forwarded_from == "Bob <bob@example.com>"


@pytest.mark.parametrize(
    "text",
    [
        "> is it on?\nYes it is.\n> is it hot?\nNo.",
        f"See below.\n\nOn Monday, {DESK} wrote:\n> is it on?\nYes it is.\n> is it hot?\nNo.",
    ],
)
def test_answers_between_the_lines_stay_whole(text: str) -> None:
    """What was written between quoted lines is not lost with them."""
    assert "Yes it is." in apart(text, "Re: x", answers=True).body


@pytest.mark.parametrize(
    ("text", "body", "signature"),
    [
        ("Off.\n\n-- \nAda\nRoom 4", "Off.", "Ada\nRoom 4"),
        ("Off.\n--\nAda", "Off.", "Ada"),
        ("a\n--\nb\n--\nc", "a\n--\nb\n--\nc", ""),
        ("-- \nAda", "-- \nAda", ""),
        ("log\n--\n" + "row\n" * 40, ("log\n--\n" + "row\n" * 40).strip(), ""),
    ],
)
def test_a_signature_is_told_apart(text: str, body: str, signature: str) -> None:
    """Two dashes on a line of their own begin it, unless they are part of the text."""
    parts = apart(text, "x", answers=False)
    assert (parts.body, parts.signature) == (body, signature)


@given(text=st.text(st.sampled_from("ab>-:@. \n")), answers=st.booleans())
def test_nothing_is_invented(text: str, answers: bool) -> None:
    """Whatever is told apart stands in the text."""
    parts = apart(text, "Re: x", answers=answers)
    assert parts.body in text
    assert parts.signature in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thanks!", True),
        ("Thank you very much, it works now.\nAda", True),
        ("Danke, klappt wieder.", True),
        ("Merci beaucoup", True),
        ("Thanks, but it still fails", False),
        ("Danke, geht aber nicht", False),
        ("Thanks. Is that normal?", False),
        ("Thanks, please reopen", False),
        ("It fails again", False),
        ("", False),
        ("thanks " * 60, False),
        ("감사합니다", True),
        ("Teşekkürler", True),
        ("多谢\uff01", True),
        ("谢谢", True),
        ("ありがとうございます。", True),
        ("Hello Ben,\n\nthank you for your help. It's fixed.\n\nBest regards\nAda Lindqvist", True),
        ("Danke Ben, läuft wieder!\nViele Grüße\nAda", True),
        ("Thank you. The printer is dead again", False),
        ("Thanks, same problem again.", False),
        ("Thanks, reopen it", False),
        ("Thanks. It works on the laptop only", False),
        ("Danke, das Problem besteht weiterhin", False),
        ("Merci, ça ne marche plus", False),
        ("Gracias, volvió a fallar", False),
        ("Gracias, ya no funciona", False),
        ("Спасибо, не работает", False),
        ("谢谢\uff0c还是不行", False),
        ("Thanks, works\nno more", False),
        ("It works now", False),
        ("谢谢\n还是不行", False),
        ("Thanks \uff1f", False),
    ],
)
def test_thanks_are_thanks(text: str, expected: bool) -> None:
    """A text with a word of thanks and none that is not known to say no more (T23)."""
    assert is_thanks(text) is expected
