"""The steps of bulletins and of contacts on tickets that are there: pure, and refused by rule."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import IllegalStepError, RefusedError
from sdcli.tickets import keys, steps
from sdcli.tickets.contact import Bulletin
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
BEN = Stamp(at=NOW, by="ben")


def start(requester: str = "ada", for_: str = "", caller_class: str = "employee") -> Ticket:
    """A new ticket."""
    opening = Opened(
        *BEN.mark(),
        summary="It is broken",
        queue="service-desk",
        priority="P3",
        service="vpn",
        requester=requester,
        on_behalf_of=for_,
        caller_class=caller_class,
    )
    return fold("SD-7", [opening])


def announced(**facts: Any) -> Ticket:
    """A ticket with a bulletin."""
    ticket = start()
    return advance(ticket, steps.announce(ticket, BEN, facts={"text": "x", **facts}))


def closed(ticket: Ticket) -> Ticket:
    """The ticket after its closure."""
    return advance(ticket, steps.close(ticket, BEN, code="solved", unconfirmed="drill"))


@given(
    st.dictionaries(
        st.sampled_from(["text", "state", "site"]),
        st.text(min_size=1).filter(lambda t: t != "unknown"),
    )
)
def test_an_update_changes_what_it_says(facts: dict[str, str]) -> None:
    """What is said is new, everything else is as it was."""
    ticket = announced(state="s", site="London", until=NOW + timedelta(hours=1))
    after = advance(ticket, steps.announce(ticket, BEN, facts=facts, must_stand=True))

    assert after.bulletin is not None
    for name in Bulletin.__struct_fields__:
        assert getattr(after.bulletin, name) == facts.get(name, getattr(ticket.bulletin, name))


def test_unknown_takes_back() -> None:
    """Every fact but the text can be taken back."""
    facts = {"state": "s", "site": "London", "until": NOW + timedelta(hours=1)}
    ticket = announced(**facts)
    back = dict.fromkeys(facts, "unknown") | {"services": ("unknown",)}

    after = advance(ticket, steps.announce(ticket, BEN, facts=back, must_stand=True))

    assert after.bulletin == Bulletin(text="x")


@pytest.mark.parametrize("name", ["until", "next_update"])
def test_a_promise_lies_ahead(name: str) -> None:
    """An instant that is not later than now is refused, to the second."""
    ticket = start()
    with pytest.raises(RefusedError, match="already past"):
        steps.announce(ticket, BEN, facts={"text": "x", name: NOW})
    assert steps.announce(ticket, BEN, facts={"text": "x", name: NOW + timedelta(seconds=1)})


def test_nothing_stands_nothing_ends() -> None:
    """Update and end need a bulletin; a view of none is no event."""
    ticket = start()
    with pytest.raises(RefusedError):
        steps.withdraw(ticket, BEN)
    with pytest.raises(RefusedError):
        steps.announce(ticket, BEN, facts={"text": "x"}, must_stand=True)
    assert steps.show_to(ticket, BEN, times=3) == ()
    with pytest.raises(IllegalStepError, match="bulletin post"):
        steps.announce(closed(ticket), BEN, facts={"text": "x"})


def test_it_is_found_while_it_stands() -> None:
    """A ticket is among the announced ones from the post until the end or the closure."""
    ticket = announced()

    assert keys.ANNOUNCED in keys.keys_of(ticket)
    assert keys.ANNOUNCED not in keys.keys_of(advance(ticket, steps.withdraw(ticket, BEN)))
    assert keys.ANNOUNCED not in keys.keys_of(closed(ticket))


@given(st.lists(st.sampled_from(["ada", "ADA", "bruno", "Bruno", "dana", "unknown"])))
def test_callers_are_counted_once(callers: list[str]) -> None:
    """However often and in whatever case they call; nobody knows whether strangers are one."""
    ticket = start(for_="dana")
    for caller in callers:
        ticket = advance(ticket, steps.count_in(ticket, BEN, contact=caller))

    others = {caller.casefold() for caller in callers} - {"ada", "dana", "unknown"}
    assert ticket.me_too == len(others) + callers.count("unknown")


def test_a_closed_ticket_hears_nobody() -> None:
    """Neither an addition nor a count: it would not be seen."""
    ticket = closed(start())
    with pytest.raises(RefusedError, match="sdcli reopen SD-7"):
        steps.hear(ticket, BEN, text="x", channel="phone", contact="ada")
    with pytest.raises(RefusedError, match="--same-as SD-7"):
        steps.count_in(ticket, BEN, contact="bruno")


def test_a_ticket_is_found_by_its_people() -> None:
    """Caller and affected person, in any case, closed or not; an alert's contact called nobody."""
    ticket = start("Ada", "dana")

    for subject in (ticket, closed(ticket)):
        assert {keys.caller("ADA"), keys.caller("dana")} <= set(keys.keys_of(subject))
    assert keys.keys_of(start(caller_class="")) == ()
    assert keys.keys_of(start("unknown")) == ()
