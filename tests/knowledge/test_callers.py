"""Callers are taken out of texts, however they are written, and what is technical stays."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.knowledge.callers import scrubber
from sdcli.tickets.contact import AlertFacts
from sdcli.tickets.event import AlsoAffected, Opened, Stamp
from sdcli.tickets.ticket import Ticket, fold

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent

_PIECES = [
    *("Ada", "ada", "Lindqvist", "ada@example.com", "+44 20 7946 0201", "79460201", "(0", "+"),
    *("AdaLindqvist", "_", "adaLindqvist", "X"),
    *("[caller]", "[", "]", " ", "-", ".", "@", "2026-11-23", "0", "é", "\u0301", "\ufb01", "4740"),
]
_STAMP = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="ben")


def _ticket(*further: AnyEvent, ref: str = "SD-1", **given: object) -> Ticket:
    said = {"requester": "ada", "summary": "VPN drops", "queue": "network", "priority": "P3"}
    opened = Opened(*_STAMP.mark(), **{**said, **given})  # type: ignore[arg-type]
    return fold(ref, [opened, *further])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Rang Ada Lindqvist's desk", "Rang [caller]'s desk"),
        ("ADA said; LINDQVIST, too", "[caller] said; [caller], too"),
        ("mail ada@example.com now", "mail [mail address] now"),
        ("mail some.one+x@sub.example.co.uk.", "mail [mail address]."),
        ("on +44 20 7946 0201 or 020 7946-0201", "on [phone number] or [phone number]"),
        ("at 7946 0201 all day", "at [phone number] all day"),
        ("on (0049) 30 1234567", "on [phone number]"),
        ("\uff41\uff44\uff41", "[caller]"),
        ("A\u00adda\u200b Lindqvi\u0301st: yes", "[caller]: yes"),
        ("Lindqvist, Ada (ada)", "[caller] ([caller])"),
        ("C:\\Users\\ada\\x", "C:\\Users\\[caller]\\x"),
        ("since 2026-11-20 020 7946 0201", "since 2026-11-20 [phone number]"),
        ("event 4740 020 7946 0200", "event 4740 [phone number]"),
        ("7946 0201 4740", "[phone number]"),
        ("01.23.45.67.89 and (555) 123 4567", "[phone number] and [phone number]"),
        ("o'brien@example.com or root@[10.0.0.1]", "[mail address] or [mail address]"),
        ("'zoë@example.com' said [caller]", "'[mail address]' said [caller]"),
        ("(2026-11-23 10:00), (12345678)", "(2026-11-23 10:00), (12345678)"),
        ("version 0.12.3456.789 of 20.12.2026", "version 0.12.3456.789 of 20.12.2026"),
        ("ssh root@server works", "ssh root@server works"),
        ("adapter, Adam and canada stay", "adapter, Adam and canada stay"),
        ("AdaLindqvist says", "[caller] says"),
        ("LindqvistAda; adalindqvist", "[caller]; [caller]"),
        ("ada_lindqvist and PC_ADA", "[caller] and PC_[caller]"),
        ("the AdaLindqvistLaptop, myAda", "the [caller]Laptop, my[caller]"),
        ("HostDown on MacAdam, ADAPTER_X", "HostDown on MacAdam, ADAPTER_X"),
        ("AdaLindqvist@example.com", "[mail address]"),
        (
            "event 4740 at 2026-11-23 10:00 on 10.0.0.15",
            "event 4740 at 2026-11-23 10:00 on 10.0.0.15",
        ),
        ("error 0x80070005, build 10.0.19045.3803", "error 0x80070005, build 10.0.19045.3803"),
        ("driver 3.1.4 with 4740 4776 4771", "driver 3.1.4 with 4740 4776 4771"),
    ],
)
def test_no_trace_of_the_caller(policy: Policy, text: str, clean: str) -> None:
    """Names, addresses and numbers give way to a word; technical words and numbers stay (R6.3)."""
    told = scrubber([_ticket()], policy)
    assert told(text) == clean
    assert told(clean) == clean


def test_a_stranger_leaves_no_trace_either(policy: Policy) -> None:
    """Whoever is in no list of contacts is known by what the ticket says of them."""
    ticket = _ticket(
        requester="Zoë van Dijk",
        on_behalf_of="bruno",
        phone="555 0199 22",
        mail="zoe@elsewhere.example",
    )
    clean = scrubber([ticket], policy)
    told = clean("Zoë van Dijk (zoe@elsewhere.example, 555019922) for Bruno Keller; Dijk and van")
    assert told == "[caller] ([mail address], [phone number]) for [caller]; [caller] and van"


@pytest.mark.parametrize(
    ("requester", "text", "clean"),
    [
        ("Anna-Lena Müller-Schmidt", "Muller, mu\u0308ller-schmidt, Lena", "[caller]"),
        ("ada lovelace", "Lovelace and Ada", "[caller] and [caller]"),
        ("Lovelace, Ada", "ADA   LOVELACE's", "[caller]'s"),
        ("4711", "ext 4711, build 2.4711", "ext [phone number], build 2.4711"),
        ("ada@intranet", "mail ada@intranet", "mail [caller]"),
        ("Zoe <zoe@x.example>", "from zoe@x.example", "from [mail address]"),
        ("Caller Phone", "call the caller by phone", "call the [caller] by [caller]"),
        ("Jo", "Jo and jokes", "Jo and jokes"),
        ("unknown", "an unknown error", "an unknown error"),
    ],
)
def test_names_in_any_spelling(policy: Policy, requester: str, text: str, clean: str) -> None:
    """Case, accents, the order and the parts of a name do not matter; two letters are no name."""
    told = scrubber([_ticket(requester=requester)], policy)
    assert told(text) == clean
    assert told(clean) == clean


def test_the_callers_of_all_tickets(policy: Policy) -> None:
    """An article from several tickets names nobody of any, nor others who were affected (R3d1.7)."""
    also = AlsoAffected(*_STAMP.mark(), contact="Grace Hopper", phone="555 0199 22")
    alert = AlertFacts(source="nagios", key="x")
    tickets = [_ticket(), _ticket(also), _ticket(requester="nagios", alert=alert)]
    told = scrubber(tickets, policy)("Ada and Grace (555019922) say what nagios says")
    assert told == "[caller] and [caller] ([phone number]) say what nagios says"
    assert scrubber([], policy)("Ada stays") == "Ada stays"


@given(
    st.lists(
        st.sampled_from(_PIECES) | st.text(max_size=4),
        max_size=12,
    ).map("".join)
)
def test_a_second_time_changes_nothing(policy: Policy, text: str) -> None:
    """What is clean stays as it is, and no name is left however it stands (R6.3)."""
    told = scrubber([_ticket()], policy)
    once = told(text)
    assert told(once) == once
    assert " ada " not in told(f"{text} ada {text}").casefold()


def test_a_long_text_takes_no_long_time(policy: Policy) -> None:
    """Texts that are made to be slow are not: each is looked through about once."""
    told = scrubber([_ticket()], policy)
    for piece in ("a", "a'", "aA", "a_", "0 ", "+0", "ada ", "a@", "1.", "((", "\u0301"):
        assert told(piece * 20_000).count("ada") == 0
