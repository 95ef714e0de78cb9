"""The plan: everything that is owed goes out once, in its window, and the same way each time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.notify.owed import Owed, audience_of, chosen, owed_of, says
from sdcli.notify.plan import batches, next_try, opening
from sdcli.policy.load import read_policy
from sdcli.policy.routes import Deliver, Retry, Route, Source
from sdcli.policy.scalars import Span
from sdcli.sla.calendar import WorkingTime
from sdcli.tickets.event import Delivered, Opened, SlaAlerted, Stamp
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from sdcli.notify.plan import Batch
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

STARTER = read_policy(str(REPOSITORY))
ROUTES = {
    "now": Route(via="command", command=("page",)),
    "day": Route(via="command", command=("page",), window="business-hours"),
    "both": Route(via="command", command=("p",), window="business-hours", digest=Span(3600)),
    "hour": Route(via="command", command=("page",), digest=Span(3600)),
}


def with_routes(**deliver: Any) -> Policy:
    """The starter with routes, and what they take."""
    alerts = replace(STARTER.sla.alerts, deliver=Deliver(**deliver))
    return replace(STARTER, sla=replace(STARTER.sla, routes=ROUTES, alerts=alerts))


POLICY = with_routes()
BUSINESS = WorkingTime(STARTER.sla.calendars["business-hours"])


def ticket(ref: str = "SD-1", **facts: Any) -> Ticket:
    """A ticket opened at `NOW`."""
    told = {"summary": "VPN drops", "queue": "network", "priority": "P3", "service": "vpn"}
    stamp = Stamp(NOW, "ben").mark()
    return fold(ref, [Opened(*stamp, **{**told, "requester": "ada", **facts})])


def said(
    alert: str,
    at: datetime,
    *routes: str,
    threshold: int = 80,
    target: str = "response",
    **more: Any,
) -> SlaAlerted:
    """What was said, and what is owed for it."""
    return SlaAlerted(
        *Stamp(at, "cron").mark(),
        alert=alert,
        target=target,
        threshold=threshold,
        due=at,
        target_s=7200,
        late_by_s=0,
        routes=routes,
        **more,
    )


MINUTES = st.integers(0, 3 * 24 * 60)
ENTRIES = st.tuples(st.sampled_from(sorted(ROUTES)), st.sampled_from(["ben", "greta", "ada"]))
ALERTS = st.lists(
    st.tuples(st.integers(1, 4), MINUTES, st.lists(ENTRIES, max_size=4, unique=True)), max_size=8
)


def owed_by(alerts: list[tuple[int, int, list[tuple[str, str]]]]) -> list[Owed]:
    """What is owed when these alerts were said so many minutes after `NOW`."""
    tickets: dict[str, Ticket] = {}
    for index, (number, minutes, entries) in enumerate(alerts):
        ref = f"SD-{number}"
        at = NOW + timedelta(minutes=minutes)
        event = said(f"a{index}", at, *(" ".join(entry) for entry in entries))
        tickets[ref] = advance(tickets.get(ref) or ticket(ref), (event,))
    return [owed for each in tickets.values() for owed in owed_of(each)]


def names(batch: Batch) -> set[tuple[str, str, str]]:
    """What a message brings to whom."""
    return {(item.said.alert, item.route, item.to) for item in batch.items}


@given(alerts=ALERTS, personal=st.sets(st.sampled_from(sorted(ROUTES))))
def test_everything_owed_goes_out_once(alerts: Any, personal: set[str]) -> None:
    """Each alert is in one message for each route and person, and none is in two (T14)."""
    owed = owed_by(alerts)

    planned = batches(POLICY, owed, personal)

    brought = [name for batch in planned for name in names(batch)]
    assert sorted(brought) == sorted((each.said.alert, each.route, each.to) for each in owed)
    assert len({batch.id for batch in planned}) == len(planned)
    for batch in planned:
        assert len({item.route for item in batch.items}) == 1
        assert batch.route not in personal or len(batch.people) == 1
        assert batch.is_digest or len({item.said.alert for item in batch.items}) == 1


@given(alerts=ALERTS)
def test_nothing_goes_out_outside_its_window_or_before_its_digest(alerts: Any) -> None:
    """A message is due when its window is open and, in a digest, when the first has waited."""
    for batch in batches(POLICY, owed_by(alerts), ()):
        route = ROUTES[batch.route]
        first = min(int(item.said.at.timestamp()) for item in batch.items)
        assert batch.due >= first + (route.digest or 0)
        if route.window:
            assert BUSINESS.between(batch.due, batch.due + 1) == 1
        else:
            assert batch.due == first + (route.digest or 0)


@given(alerts=ALERTS, more=ALERTS)
def test_a_message_is_put_together_the_same_way_each_time(alerts: Any, more: Any) -> None:
    """What is said after a message was due changes neither it nor its id: a repeat is known (T14)."""
    before = {batch.id: names(batch) for batch in batches(POLICY, owed_by(alerts), ())}
    late = 40 * 24 * 60  # long after everything else
    later = [(number, minutes + late, entries) for number, minutes, entries in more]

    after = {batch.id: names(batch) for batch in batches(POLICY, owed_by([*alerts, *later]), ())}

    assert before.items() <= after.items()


def test_a_failed_message_waits_for_its_next_attempt_and_its_window() -> None:
    """The next attempt is not made at night where the route has hours."""
    night = datetime(2026, 11, 23, 22, 0, tzinfo=timezone.utc)
    owing = advance(ticket(), (said("a", NOW, "day greta"),))
    tried = Delivered(
        *Stamp(NOW, "cron").mark(),
        alert="a",
        route="day",
        to="greta",
        ok=False,
        attempt=1,
        next_at=night,
    )

    (batch,) = batches(POLICY, owed_of(advance(owing, (tried,))), ())

    assert batch.attempt == 2
    assert batch.due == int(datetime(2026, 11, 24, 8, 0, tzinfo=timezone.utc).timestamp())


@given(
    first=st.integers(1, 120), most=st.integers(1, 600), attempt=st.integers(1, 200), id_=st.text()
)
def test_the_wait_doubles_up_to_the_longest(first: int, most: int, attempt: int, id_: str) -> None:
    """Each wait is twice the one before, a quarter more or less, and never past the end."""
    most = max(first, most)
    retry = Retry(first=Span(first * 60), most=Span(most * 60), give_up_after=Span(10**9))
    id_ = id_.encode("utf-8", "replace").decode()

    at = next_try(retry, id_, attempt, 0, 1000)

    plain = min(first * 60 * 2 ** (attempt - 1), most * 60)
    assert at is not None
    assert 0.75 * plain - 1 <= at - 1000 <= 1.25 * plain + 1
    assert at == next_try(retry, id_, attempt, 0, 1000)


def test_it_is_given_up_in_the_end() -> None:
    """No attempt is made later than the route allows after the first one."""
    retry = Retry(first=Span(60), most=Span(60), give_up_after=Span(600))

    assert next_try(retry, "x", 9, 500, 500) is not None
    assert next_try(retry, "x", 9, 590, 590) is None


@given(at=st.integers(1_790_000_000, 1_800_000_000))
def test_an_opening_is_the_first_open_instant(at: int) -> None:
    """Nothing between an instant and the opening after it is working time."""
    found = opening(BUSINESS, at)

    assert found >= at
    assert BUSINESS.between(at, found) == 0
    assert BUSINESS.between(found, found + 1) == 1
    assert opening(None, at) == at


def test_routes_are_chosen_by_kind_and_audience() -> None:
    """Who works on it by the kind of alert; at a breach management, business and caller (R5b.3)."""
    policy = with_routes(
        warning=("now",),
        breach=("day",),
        management=("both",),
        business=("hour",),
        caller=("now",),
        business_contacts=("dana",),
    )
    manager, owner = policy.teams.desk.manager, policy.catalog.services["vpn"].owner

    warned = chosen(policy, ticket(), "warning", ("hugo",))
    broken = chosen(policy, ticket(), "breach", ("hugo", manager))

    assert warned == ("now hugo",)
    assert broken == ("day hugo", f"both {manager}", f"both {owner}", "hour dana", "now ada")


def test_no_machine_is_told_that_management_is_engaged() -> None:
    """Who asked is told; a monitoring system and an unknown caller are not."""
    policy = with_routes(caller=("now",))

    assert chosen(policy, ticket(), "breach", ()) == ("now ada",)
    assert chosen(policy, ticket(requester="unknown"), "breach", ()) == ()


@pytest.mark.parametrize("target", ["operational", "underpinning", "time-box"])
def test_what_was_promised_to_nobody_outside_stays_inside(target: str) -> None:
    """A queue or a supplier that is late is no broken promise: whom the policy names hear it (R5b.3)."""
    policy = with_routes(
        warning=("hour",),
        breach=("day",),
        management=("both",),
        business=("hour",),
        caller=("now",),
        business_contacts=("dana",),
    )
    manager = policy.teams.desk.manager
    inside = "hour" if target == "time-box" else "day"

    told = chosen(policy, ticket(), "breach", ("hugo", manager), target)

    assert told == (f"{inside} hugo", f"{inside} {manager}")
    event = said("a", NOW, f"both {manager}", threshold=100, target=target)
    (owed,) = owed_of(advance(ticket(), (event,)))
    assert audience_of(policy, owed) == "technicians"


@pytest.mark.parametrize("stage", ["", "warning", "breach"])
def test_a_time_box_is_a_warning_by_its_route(stage: str) -> None:
    """Whatever stage is kept of it (R2c.2b)."""
    assert says(said("a", NOW, threshold=100, target="time-box", stage=stage)) == "warning"


CALLERS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "known": ({}, ("mail", "page", "call", "id")),
    "a stranger": ({"requester": "Zoe"}, ("id",)),
    "by phone": ({"requester": "Zoe", "phone": "+44 1"}, ("mail", "call", "id")),
    "by mail": ({"requester": "Zoe", "mail": "zoe@example.net"}, ("mail", "page", "id")),
    "unread": ({"requester": "Zoe", "mail": "no-reply@example.net"}, ("id",)),
    "the desk": ({"requester": "Zoe", "mail": STARTER.intake.mail.address}, ("id",)),
    "no address": ({"requester": "Zoe", "mail": "zoe@[x"}, ("id",)),
    "a machine": ({"requester": "unknown"}, ()),
}


@pytest.mark.parametrize("who", CALLERS)
def test_a_caller_who_cannot_be_reached_is_owed_nothing(who: str) -> None:
    """By each route only who has what it needs; a URL may need either (T21)."""
    facts, reached = CALLERS[who]
    policy = with_routes(caller=("mail", "page", "call", "id"))
    routes = {
        "mail": Route(via="apprise", url=Source(env="U")),
        "page": Route(via="command", command=("send", "--to={mail}")),
        "call": Route(via="command", command=("call", "{phone}")),
        "id": Route(via="command", command=("push", "{id}")),
    }
    policy = replace(policy, sla=replace(policy.sla, routes=routes))

    told = chosen(policy, ticket(**facts), "breach", (), "response")

    assert tuple(each.split(" ", 1)[0] for each in told) == reached


def test_audiences_are_told_from_who_it_goes_to() -> None:
    """Management hears as such only by its own routes; strangers who asked are callers."""
    policy = with_routes(management=("day",), breach=("now",))
    event = said("a", NOW, "day amara", "now amara", "now ada", "now dana", threshold=100)

    found = {
        (owed.route, owed.to): audience_of(policy, owed)
        for owed in owed_of(advance(ticket(), (event,)))
    }

    assert found == {
        ("day", "amara"): "management",
        ("now", "amara"): "technicians",
        ("now", "ada"): "caller",
        ("now", "dana"): "business",
    }
