"""What the catalog does not hold: how it stands, what it blocks, what was spent on it (R2b.2)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.contact import Support
from sdcli.tickets.event import (
    Accepted,
    Assigned,
    Classified,
    Escalated,
    Noted,
    Opened,
    Returned,
    Stamp,
    SupportDecided,
)
from sdcli.tickets.support import (
    Rooms,
    blocks,
    is_unsupported,
    minutes_on,
    require_supported,
    state,
)
from sdcli.tickets.ticket import advance, fold

if TYPE_CHECKING:
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ROOMS = Rooms(devices="security", desk="service-desk")
SOON = NOW + timedelta(hours=1)


def mark(after_s: int = 0) -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event some time after `NOW`."""
    return Stamp(at=NOW + timedelta(seconds=after_s), by="ben").mark()


def opened(minutes: int = 0) -> Opened:
    """A request of which no service is known."""
    return Opened(*mark(), summary="x", queue="service-desk", priority="P3", minutes=minutes)


def decided(support: Support, after_s: int = 0) -> SupportDecided:
    """A decision."""
    return SupportDecided(*mark(after_s), support=support)


def classified(service: str, after_s: int = 0) -> Classified:
    """The service is found."""
    return Classified(
        *mark(after_s),
        type="incident",
        service=service,
        feature="unknown",
        impact="low",
        urgency="low",
        priority="P5",
    )


def ticket_with(*events: AnyEvent) -> Ticket:
    """A ticket that these events make."""
    return fold("SD-1", (opened(), *events))


OVERRIDE = Support(what="Dropbox", decision="override", authorised_by="amara", until=SOON)


@pytest.mark.parametrize(
    ("support", "at", "want", "blocked"),
    [
        (Support(what="x"), NOW, "unsupported", True),
        (OVERRIDE, SOON - timedelta(seconds=1), "unsupported-overridden", False),
        (OVERRIDE, SOON, "unsupported-expired", True),
        (Support(what="x", decision="override"), SOON, "unsupported-overridden", False),
        (Support(what="x", decision="decline"), NOW, "unsupported-declined", True),
        (Support(what="x", decision="shut-down"), NOW, "unsupported-shut-down", False),
        (Support(what="x", device=True), NOW, "unsupported", True),
        (Support(what="x", found="vpn"), NOW, "supported", False),
    ],
)
def test_how_it_stands(support: Support, at: datetime, want: str, blocked: bool) -> None:
    """The state is that of the instant: an override ends with its second (R2b.2a)."""
    assert state(support, at) == want
    assert blocks(ticket_with(decided(support)), ROOMS, at) is blocked


def test_work_waits_for_a_decision_and_words_do_not() -> None:
    """Undecided, taking on and minutes are refused with what to type; a plain note is not (R2b.2)."""
    ticket = ticket_with(decided(Support(what="Dropbox")))
    for event in (Accepted(*mark()), Noted(*mark(), text="x", minutes=1)):
        with pytest.raises(RefusedError) as refused:
            require_supported(ticket, [event], ROOMS, NOW)
        assert "sdcli support SD-1 --override" in refused.value.message
        assert "sdcli support SD-1 --decline" in refused.value.message
    require_supported(ticket, [Noted(*mark(), text="x")], ROOMS, NOW)
    require_supported(ticket, [classified("vpn")], ROOMS, NOW)
    require_supported(ticket, [decided(OVERRIDE), Accepted(*mark())], ROOMS, NOW)


def test_a_device_is_free_where_devices_are_dealt_with() -> None:
    """Elsewhere it may only be handed there, or back to the desk (R2b.2d)."""
    router = ticket_with(decided(Support(what="a router", device=True)))

    def handed(to: str) -> AnyEvent:
        return Escalated(*mark(), hand_over="escalate", to=to, reason="x")

    assert not blocks(advance(router, (handed("security"),)), ROOMS, NOW)
    moved = advance(router, (handed("network"),))
    assert blocks(moved, ROOMS, NOW)
    for leads_there in (
        handed("security"),
        Assigned(*mark(), to=None, queue="security"),
        Returned(*mark(), to="service-desk", reason="x"),
    ):
        require_supported(moved, [leads_there], ROOMS, NOW)
    for work in (handed("voice"), Returned(*mark(), to="voice", reason="x"), Accepted(*mark())):
        with pytest.raises(RefusedError) as refused:
            require_supported(moved, [work], ROOMS, NOW)
        assert "sdcli escalate SD-1 --to security" in refused.value.message


def test_the_catalog_ends_it_and_a_device_stays_one() -> None:
    """A service of the catalog ends it; another word on the same, or of a device, does not."""
    asked = decided(Support(what="Dropbox"))
    assert is_unsupported(ticket_with(asked, classified("unknown")))
    found = ticket_with(asked, classified("file-storage"))
    assert not is_unsupported(found)
    assert found.support
    assert (found.support.found, found.support.what) == ("file-storage", "Dropbox")
    router = decided(Support(what="a router", device=True))
    assert is_unsupported(ticket_with(router, classified("wifi")))


@pytest.mark.parametrize("stood", [Support(what="Dropbox"), OVERRIDE])
def test_without_the_service_what_stood_before_stands_again(stood: Support) -> None:
    """To classify to a service and back is no way round the decision, nor does it undo it."""
    ticket = ticket_with(decided(stood), classified("vpn"), classified("wifi"))
    assert ticket.support == replace(stood, found="wifi")
    assert advance(ticket, (classified("unknown"),)).support == stood


def test_a_service_that_is_named_with_a_reason_corrects_a_device() -> None:
    """Only while nobody with the authority has decided on the device (R2b.2d)."""
    why = replace(classified("wifi"), reason="it is our own access point")
    router = Support(what="a router", device=True)
    assert not is_unsupported(ticket_with(decided(router), why))
    assert is_unsupported(ticket_with(decided(replace(router, decision="shut-down")), why))


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("note"), st.integers(0, 90)),
        st.tuples(st.just("find"), st.just(0)),
        st.tuples(st.just("lose"), st.just(0)),
        st.tuples(st.just("decide"), st.just(0)),
    ),
    max_size=12,
)


@given(first=st.integers(0, 60), moves=MOVES)
def test_minutes_count_until_the_catalog_holds_it(first: int, moves: list[tuple[str, int]]) -> None:
    """What counts is all that was booked, less what was booked while a service was found (R2b.2b)."""
    ticket = fold("SD-1", (opened(first), decided(Support(what="Dropbox"))))
    supported = 0
    for after_s, (move, minutes) in enumerate(moves):
        event: AnyEvent
        if move == "note":
            event = Noted(*mark(after_s), text="x", minutes=minutes)
            supported += 0 if is_unsupported(ticket) else minutes
        elif move == "decide":
            event = decided(OVERRIDE, after_s)
        else:
            event = classified("vpn" if move == "find" else "unknown", after_s)
        ticket = advance(ticket, (event,))
    assert sum(minutes for _, minutes in minutes_on(ticket)) == ticket.minutes - supported
