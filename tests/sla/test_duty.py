"""Who is on duty: turns, absences, overrides, stand-ins, and whom an alert reaches (R5b.2)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.agreements import Recipient
from sdcli.policy.calendars import Calendar, SpecialHours, Week, Window
from sdcli.policy.local import begins, ends, instant_of
from sdcli.policy.scalars import DateKey, Day, Moment, TimeOfDay, Turn, Zone
from sdcli.policy.teams import Absence, Override, Rotation
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.duty import (
    available,
    away,
    chain,
    chosen,
    duty_manager,
    holder,
    on_call,
    on_call_now,
    queue_spans,
    responsible,
    told,
)
from sdcli.sla.rotation import next_turn, shift_at
from tests.sampling import examples

if TYPE_CHECKING:
    from sdcli.policy.model import Policy

DAY = 24 * 3600
ZONES = (
    *("Australia/Lord_Howe", "Europe/London", "America/New_York"),
    *("Pacific/Apia", "Asia/Kolkata"),
)
MEMBERS = ("hugo", "greta", "jonas")


def at(text: str) -> int:
    """Seconds of UTC of an instant such as `2026-11-23T10:00`."""
    return int(datetime.fromisoformat(f"{text}:00+00:00").timestamp())


def rotation(**given_: Any) -> Rotation:
    """A weekly rotation in London from Monday, 5 January 2026."""
    usual: dict[str, Any] = {
        "zone": Zone("Europe/London"),
        "members": MEMBERS,
        "starts": Day("2026-01-05"),
        "every": Turn(7),
        "place": "catalog/teams.yaml:90",
    }
    return Rotation(**{**usual, **given_})


def absent(who: str, from_: str, to: str, alternate: str = "") -> Absence:
    """An absence of somebody."""
    return Absence(
        who=who,
        from_=Moment(from_),
        to=Moment(to),
        reason="leave",
        alternate=alternate,
        place=f"absence of {who}",
    )


def taken(who: str, from_: str, to: str, name: str = "r") -> Override:
    """A shift that somebody took."""
    return Override(
        rotation=name, who=who, from_=Moment(from_), to=Moment(to), place=f"override for {who}"
    )


def with_teams(policy: Policy, **given_: Any) -> Policy:
    """The starter's policy, with the network's queue in the rotation `r` of `given_`."""
    queue = replace(policy.teams.queues["network"], rotation="", rotations=("r",))
    usual: dict[str, Any] = {
        "queues": {**policy.teams.queues, "network": queue},
        "rotations": {"r": rotation(), **policy.teams.rotations},
    }
    return replace(policy, teams=replace(policy.teams, **{**usual, **given_}))


def changed(policy: Policy, who: str, **given_: Any) -> Policy:
    """The policy with other facts of one technician."""
    staff = policy.teams.technicians
    teams = replace(policy.teams, technicians={**staff, who: replace(staff[who], **given_)})
    return replace(policy, teams=teams)


def who_at(policy: Policy, *instants: str) -> list[str]:
    """Who is on call for the network at each of these instants."""
    return [on_call(policy, "network", at(each)).person for each in instants]


# Turns.


def test_turns_follow_one_another_at_the_hand_over(policy: Policy) -> None:
    """The last second before 09:00 is the former's, the first one the next one's."""
    desk = with_teams(policy)

    assert who_at(desk, "2026-01-05T09:00", "2026-01-12T08:59", "2026-01-12T09:00") == [
        *("hugo", "hugo", "greta")
    ]
    assert who_at(desk, "2026-01-19T09:00", "2026-01-26T09:00") == ["jonas", "hugo"]


def test_nobody_is_on_call_before_the_first_turn(policy: Policy) -> None:
    """A rotation that has not begun has nobody, and says when it begins."""
    found = on_call(with_teams(policy), "network", at("2026-01-05T08:59"))

    assert (found.person, found.why, found.until) == ("", "nobody", at("2026-01-05T09:00"))
    assert found.places == ("catalog/teams.yaml:90",)


def test_the_hand_over_stays_where_it_is_when_clocks_change(policy: Policy) -> None:
    """In summer 09:00 in London is 08:00 UTC: turns are counted in local days (T3)."""
    desk = with_teams(policy)

    assert on_call(desk, "network", at("2026-03-24T12:00")).until == at("2026-03-30T08:00")
    assert on_call(desk, "network", at("2026-10-20T12:00")).until == at("2026-10-26T09:00")


@pytest.mark.parametrize(
    ("zone", "day", "time", "want"),
    [
        # 01:30 does not exist: the clocks go from 01:00 to 02:00.
        ("Europe/London", "2026-03-29", 90, "2026-03-29T01:30"),
        # 01:30 exists twice: the first is in summer time.
        ("Europe/London", "2026-10-25", 90, "2026-10-25T00:30"),
        # Half an hour at Lord Howe: 02:15 becomes 02:45 of summer time.
        ("Australia/Lord_Howe", "2026-10-04", 135, "2026-10-03T15:45"),
        # 30 December 2011 is left out on Samoa.
        ("Pacific/Apia", "2011-12-30", 540, "2011-12-30T19:00"),
        ("Pacific/Apia", "2011-12-31", 540, "2011-12-30T19:00"),
    ],
)
def test_a_local_time_in_a_gap_or_a_fold(zone: str, day: str, time: int, want: str) -> None:
    """In a gap the same distance after it, in a fold the first: the rule of calendars (T3)."""
    assert instant_of(date.fromisoformat(day).toordinal(), time, zone) == at(want)


def test_a_turn_does_not_go_back_when_midnight_comes_twice() -> None:
    """In Newfoundland 00:01 became 23:01 of the day before: that turn had begun and goes on."""
    turns = rotation(
        zone=Zone("America/St_Johns"),
        starts=Day("2010-11-06"),
        every=Turn(1),
        at=TimeOfDay(0),
    )
    orders = [shift_at(turns, at(f"2010-11-07T{each}")) for each in ("02:29", "02:30", "02:45")]

    assert [each.order[0] for each in orders if each] == ["hugo", "greta", "greta"]


@given(
    zone=st.sampled_from(ZONES),
    starts=st.dates(date(2009, 1, 1), date(2012, 1, 10)),
    every=st.integers(1, 30),
    time=st.integers(0, 24 * 60 - 1),
    after=st.integers(0, 4 * 366 * DAY),
)
def test_shifts_partition_time(zone: str, starts: date, every: int, time: int, after: int) -> None:
    """Each instant from the start on is in exactly one shift, and shifts touch (T3)."""
    turns = rotation(
        zone=Zone(zone),
        starts=Day(starts.isoformat()),
        every=Turn(every),
        at=TimeOfDay(time),
    )
    # The oracle lists every hand-over in turn and looks which one is the last before.
    wall = datetime(starts.year, starts.month, starts.day, time // 60, time % 60)  # noqa: DTZ001
    listed = [
        int((wall + timedelta(days=every * each)).replace(tzinfo=ZoneInfo(zone)).timestamp())
        for each in range(4 * 366 // every + 3)
    ]
    then = listed[0] + after
    index = bisect_right(listed, then) - 1

    shift = shift_at(turns, then)

    assert shift is not None
    assert shift.start <= then < shift.end
    assert shift.order[0] == MEMBERS[index % 3]
    assert sorted(shift.order) == sorted(MEMBERS)
    following = shift_at(turns, shift.end)
    assert following is not None
    assert following.start == shift.end
    assert shift_at(turns, shift.end - 1) == shift


# Hours.


NIGHTS = Week(
    mon=(Window(17 * 3600, 33 * 3600),),
    fri=(Window(17 * 3600, 33 * 3600),),
)


def test_outside_its_hours_a_rotation_has_nobody(policy: Policy) -> None:
    """The second layer answers where the first one has no hours."""
    named = {"r": rotation(hours=NIGHTS), "days": rotation(members=("lena",))}
    queue = replace(policy.teams.queues["network"], rotation="", rotations=("r", "days"))
    desk = with_teams(policy, rotations=named, queues={**policy.teams.queues, "network": queue})
    desk = replace(desk, teams=replace(desk.teams, desk=replace(desk.teams.desk, duty_managers=())))

    assert who_at(desk, "2026-01-05T16:59", "2026-01-05T17:00", "2026-01-06T08:59") == [
        *("lena", "hugo", "hugo")
    ]
    night = on_call(desk, "network", at("2026-01-05T20:00"))
    assert (night.rotation, night.until) == ("r", at("2026-01-06T09:00"))
    assert on_call(desk, "network", at("2026-01-06T12:00")).until == at("2026-01-09T17:00")


def test_hours_may_be_those_of_a_calendar(policy: Policy) -> None:
    """A calendar's name stands for its hours, holidays and all."""
    desk = with_teams(policy, rotations={"r": rotation(hours="business-hours")})
    desk = replace(desk, teams=replace(desk.teams, desk=replace(desk.teams.desk, duty_managers=())))

    assert who_at(desk, "2026-12-24T10:00", "2026-12-25T10:00")[1] == ""
    assert on_call(desk, "network", at("2026-12-25T10:00")).until == at("2026-12-29T08:00")


@given(
    minutes=st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True),
    offset=st.integers(0, 14 * DAY),
)
def test_the_next_turn_is_where_hours_open_or_close(minutes: list[int], offset: int) -> None:
    """Between two turns a calendar stays as it is, and at a turn it changes."""
    ordered = sorted(minutes)[: len(minutes) // 2 * 2]
    windows = tuple(
        Window(opens * 60, closes * 60)
        for opens, closes in zip(ordered[::2], ordered[1::2], strict=True)
    )
    calendar = Calendar(zone=Zone("Europe/London"), hours=Week(mon=windows, thu=windows))
    now = at("2026-03-25T00:00") + offset

    turn = next_turn(WorkingTime(calendar), now, now + 8 * DAY)

    def is_open_at(instant: int) -> bool:
        wall = datetime.fromtimestamp(instant, ZoneInfo("Europe/London"))
        minute = wall.hour * 60 + wall.minute
        return wall.weekday() in {0, 3} and any(w.opens <= minute * 60 < w.closes for w in windows)

    assert now < turn < now + 8 * DAY
    assert is_open_at(turn) != is_open_at(turn - 1)
    assert is_open_at(turn - 1) == is_open_at(now)
    assert all(is_open_at(each) == is_open_at(now) for each in range(now, turn, 600))


# Absences and overrides.


def test_a_date_is_a_whole_local_day() -> None:
    """It begins at its first moment and ends after its last, 23 hours later if clocks go on."""
    day, zone = Moment("2026-03-29"), "Europe/London"

    assert (begins(day, zone), ends(day, zone)) == (at("2026-03-29T00:00"), at("2026-03-29T23:00"))
    assert begins(Moment("2026-06-01T18:00"), zone) == at("2026-06-01T17:00")
    assert ends(Moment("2026-06-01T18:00:00Z"), zone) == at("2026-06-01T18:00")


def test_who_is_absent_is_passed_over_and_named(policy: Policy) -> None:
    """The next member is on call, and the answer says whom it passes over and until when."""
    desk = with_teams(policy, absences=(absent("hugo", "2026-01-06", "2026-01-07"),))

    found = on_call(desk, "network", at("2026-01-06T12:00"))

    assert (found.person, found.why, found.until) == (
        "greta",
        "next-member",
        at("2026-01-08T00:00"),
    )
    assert [(each.person, each.away.place) for each in found.skipped] == [
        ("hugo", "absence of hugo")
    ]
    assert who_at(desk, "2026-01-05T23:59", "2026-01-08T00:00") == ["hugo", "hugo"]


def test_days_of_an_absence_are_those_of_the_person(policy: Policy) -> None:
    """Somebody in New York is away when it is day there, not when it is day at the desk."""
    desk = with_teams(policy, absences=(absent("hugo", "2026-01-06", "2026-01-06"),))
    desk = changed(desk, "hugo", zone=Zone("America/New_York"))

    assert [
        available(desk, "hugo", at(each)) for each in ("2026-01-06T04:59", "2026-01-06T05:00")
    ] == [*(True, False)]


def test_the_alternate_of_an_absence_goes_before_the_next_member(policy: Policy) -> None:
    """Whom the absence names stands in, if they are there themselves."""
    one = absent("hugo", "2026-01-06", "2026-01-07", alternate="kofi")
    desk = with_teams(policy, absences=(one,))
    both = with_teams(policy, absences=(one, absent("kofi", "2026-01-07", "2026-01-07")))

    assert who_at(desk, "2026-01-06T12:00", "2026-01-07T12:00") == ["kofi", "kofi"]
    assert who_at(both, "2026-01-06T12:00", "2026-01-07T12:00") == ["kofi", "greta"]


def test_where_all_are_absent_the_next_layer_answers(policy: Policy) -> None:
    """A rotation without anybody passes on, and who was passed over is told."""
    queue = replace(policy.teams.queues["network"], rotation="", rotations=("r", "s"))
    desk = with_teams(
        policy,
        queues={**policy.teams.queues, "network": queue},
        rotations={**policy.teams.rotations, "r": rotation(), "s": rotation(members=("lena",))},
        absences=tuple(absent(each, "2026-01-06", "2026-01-06") for each in MEMBERS),
    )

    found = on_call(desk, "network", at("2026-01-06T12:00"))

    assert (found.person, found.rotation) == ("lena", "s")
    assert [each.person for each in found.skipped] == list(MEMBERS)


def test_an_override_takes_the_shift(policy: Policy) -> None:
    """From its first instant until its last the one who took the shift is on call."""
    swap = taken("kofi", "2026-01-06T18:00", "2026-01-07T09:00")
    desk = with_teams(policy, overrides=(swap,))
    away_too = with_teams(
        policy, overrides=(swap,), absences=(absent("kofi", "2026-01-07", "2026-01-07"),)
    )

    assert who_at(desk, "2026-01-06T17:59", "2026-01-06T18:00", "2026-01-07T09:00") == [
        *("hugo", "kofi", "hugo")
    ]
    assert on_call(desk, "network", at("2026-01-06T20:00")).places == ("override for kofi",)
    assert who_at(away_too, "2026-01-06T20:00", "2026-01-07T02:00") == ["kofi", "hugo"]


_HOURS = st.integers(0, 60 * 24)


@given(start=_HOURS, length=st.integers(1, 20 * 24), looked=_HOURS, gone=_HOURS)
def test_an_override_changes_nothing_outside_its_interval(
    policy: Policy, start: int, length: int, looked: int, gone: int
) -> None:
    """Without it every other instant has the same answer, whoever is absent."""
    zero = datetime(2026, 3, 1, tzinfo=timezone.utc)
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    begin, end = zero + timedelta(hours=start), zero + timedelta(hours=start + length)
    lost = absent("greta", f"{zero + timedelta(hours=gone):%Y-%m-%dT%H:%M:%SZ}", "2026-04-20")
    without = with_teams(policy, absences=(lost,))
    swap = taken("kofi", begin.strftime(stamp), end.strftime(stamp))
    swapped = with_teams(policy, absences=(lost,), overrides=(swap,))
    then = int((zero + timedelta(hours=looked)).timestamp())

    inside = start <= looked < start + length
    found = on_call_now(swapped, "network", then)

    assert found.person == "kofi" if inside else found == on_call_now(without, "network", then)


@hypothesis_settings(max_examples=examples(40))
@given(data=st.data())
def test_spans_are_what_each_instant_says(policy: Policy, data: st.DataObject) -> None:
    """The table of coming shifts has no gap or overlap, and agrees with every instant in it."""
    hours = data.draw(st.lists(st.integers(0, 27 * 24), min_size=4, max_size=4))
    zero = datetime(2026, 10, 12, tzinfo=timezone.utc)
    moments = [f"{zero + timedelta(hours=each):%Y-%m-%dT%H:%M:%SZ}" for each in hours]
    pairs = sorted(moments[:2]), sorted(moments[2:])
    desk = with_teams(
        policy,
        rotations={
            **policy.teams.rotations,
            "r": rotation(every=Turn(2), hours=data.draw(st.sampled_from([NIGHTS, ""]))),
        },
        absences=(absent("hugo", *pairs[0]),),
        overrides=(taken("kofi", *pairs[1]),),
    )
    desk = changed(desk, "jonas", working_hours="extended-hours")
    desk = changed(desk, "kofi", working_hours="business-hours")
    start, end = int(zero.timestamp()), int(zero.timestamp()) + 28 * DAY

    found = list(queue_spans(desk, "network", start, end))

    assert [each.start for each in found] == [start, *(each.end for each in found[:-1])]
    assert found[-1].end == end
    assert all(a.duty != b.duty for a, b in pairwise(found))
    for span in found:
        for instant in {span.start, (span.start + span.end) // 2, span.end - 1}:
            assert on_call_now(desk, "network", instant) == span.duty


# Availability, and the duty manager.


def test_working_hours_bound_availability(policy: Policy) -> None:
    """Outside their calendar somebody is not available, and the reason names it."""
    desk = changed(policy, "greta", working_hours="business-hours", place="t:1")

    assert available(desk, "greta", at("2026-11-23T10:00"))
    gone = away(desk, "greta", at("2026-11-23T20:00"))
    assert gone is not None
    assert (gone.why, gone.reason) == ("off-hours", "business-hours")
    assert away(desk, "nobody-here", at("2026-11-23T10:00")) is not None


def test_a_duty_manager_is_always_there(policy: Policy) -> None:
    """Whoever is absent, and before the first turn: the desk's manager answers at last."""
    names = policy.teams.rotations["duty-managers"].members
    gone = tuple(absent(each, "2026-11-01", "2026-11-30") for each in names)
    desk = replace(policy, teams=replace(policy.teams, absences=gone))

    assert duty_manager(policy, at("2026-11-30T12:00")).person == "chloe"
    for instant in ("2026-11-23T10:00", "2020-01-01T00:00"):
        found = duty_manager(desk, at(instant))
        assert (found.person, found.why) == ("amara", "manager")


# The chain.


def steps_of(
    policy: Policy, instant: str = "2026-11-23T10:00", assignee: str | None = "greta"
) -> list[tuple[str, str, bool]]:
    """Role, person and whether available, of each candidate; the chosen one has a star."""
    found = chain(policy, assignee=assignee, queue="network", service="vpn", at=at(instant))
    return [(f"{each.role}{'*' * each.chosen}", each.person, each.away is None) for each in found]


def test_the_owner_hears_it_if_available(policy: Policy) -> None:
    """Every candidate is told in order, and the first who is there is chosen."""
    assert steps_of(policy) == [
        ("owner*", "greta", True),
        ("alternate", "hugo", True),
        ("on-call", "hugo", True),
        ("duty-manager", "amara", True),
    ]


def test_else_the_alternate_else_on_call_else_the_duty_manager(policy: Policy) -> None:
    """Each in turn is told when those before are away (R5b.2)."""
    days = "2026-11-23", "2026-11-23"
    gone: list[Absence] = []
    told_: list[str] = []
    desk = changed(policy, "greta", alternate="kofi")
    for who in ("greta", "kofi", "lena", "hugo", "amara", "chloe"):
        gone.append(absent(who, *days))
        teams = replace(desk.teams, absences=tuple(gone))
        found = chain(
            replace(desk, teams=teams),
            assignee="greta",
            queue="network",
            service="vpn",
            at=at("2026-11-23T10:00"),
        )
        told_.append(f"{chosen(found).role} {chosen(found).person}")

    assert told_ == [
        "alternate kofi",
        "alternate lena",
        "on-call hugo",
        "duty-manager amara",
        "duty-manager chloe",
        "duty-manager amara",
    ]
    assert chosen(found).remark
    assert chosen(found).away


def test_an_unassigned_ticket_goes_to_who_stands_in_for_the_queue(policy: Policy) -> None:
    """Its queue's alternate, else its lead's, else who is on call."""
    queue = replace(policy.teams.queues["network"], alternate="omar")
    named = replace(
        policy, teams=replace(policy.teams, queues={**policy.teams.queues, "network": queue})
    )

    assert steps_of(named, assignee=None)[0] == ("alternate*", "omar", True)
    assert steps_of(policy, assignee=None)[0] == ("alternate*", "hugo", True)
    nobody = changed(policy, "greta", alternate="")
    assert steps_of(nobody, assignee=None)[0] == ("on-call*", "hugo", True)


def test_a_queue_that_has_left_is_taken_for_that_of_the_service(policy: Policy) -> None:
    """A ticket that lies nowhere any more still finds somebody on call."""
    found = chain(policy, assignee=None, queue="gone", service="vpn", at=at("2026-11-23T10:00"))

    assert chosen(found).person == "hugo"
    found = chain(policy, assignee=None, queue="gone", service="x", at=at("2026-11-23T10:00"))
    assert (chosen(found).role, chosen(found).person) == ("duty-manager", "amara")


_STAFF = st.sampled_from(("greta", "hugo", "kofi", "lena", "amara", "chloe", "jonas", "ines"))


@given(
    alternates=st.dictionaries(_STAFF, _STAFF),
    gone=st.lists(st.tuples(_STAFF, _STAFF | st.just("")), max_size=8),
    assignee=st.none() | _STAFF | st.just("left"),
    queue=st.sampled_from(("network", "servers", "onsite", "gone")),
)
def test_a_chain_always_ends_in_somebody(
    policy: Policy,
    alternates: dict[str, str],
    gone: list[tuple[str, str]],
    assignee: str | None,
    queue: str,
) -> None:
    """Whoever is away and whatever circles alternates make, exactly one person hears it."""
    for who, instead in alternates.items():
        policy = changed(policy, who, alternate=instead)
    lost = tuple(absent(who, "2026-11-23", "2026-11-23", instead) for who, instead in gone)
    desk = replace(policy, teams=replace(policy.teams, absences=lost))

    found = chain(desk, assignee=assignee, queue=queue, service="vpn", at=at("2026-11-23T10:00"))

    assert sum(each.chosen for each in found) == 1
    one = chosen(found)
    assert one.person in desk.teams.technicians
    assert one.away is None or (one is found[-1] and one.role == "duty-manager")
    assert all(each.away for each in found[: found.index(one)])


# Roles.


def test_each_role_has_its_holder(policy: Policy) -> None:
    """Every role of the policy is somebody for a ticket of the network (R5b.2-3)."""
    vpn = replace(policy.catalog.services["vpn"], business="ada")
    catalog = replace(policy.catalog, services={**policy.catalog.services, "vpn": vpn})
    desk = replace(policy, catalog=catalog)

    found = {
        role: holder(
            desk, role, assignee="greta", queue="network", service="vpn", at=at("2026-11-30T10:00")
        )
        for role in get_args(Recipient)
    }

    assert found == {
        "assignee": "greta",
        "queue-lead": "greta",
        "on-call": "greta",
        "service-owner": vpn.owner,
        "desk-manager": "amara",
        "owner": "greta",
        "duty-manager": "chloe",
        "business": "ada",
    }
    once = told(
        desk,
        ("assignee", "on-call", "business"),
        assignee="greta",
        queue="network",
        service="vpn",
        at=at("2026-11-30T10:00"),
    )
    assert once == ("greta", "ada")


@pytest.mark.parametrize("roles", [(), ("assignee",), ("business",), ("on-call", "assignee")])
def test_an_alert_never_goes_to_nobody(policy: Policy, roles: tuple[Recipient, ...]) -> None:
    """Where nobody has any of the roles, the duty manager is told (R5b.2)."""
    found = told(
        with_teams(policy, queues={}),
        roles,
        assignee=None,
        queue="network",
        service="unknown",
        at=at("2026-11-30T10:00"),
    )

    assert found == ("chloe",)


def test_hours_that_never_come_again_have_no_next_turn() -> None:
    """A calendar whose only hours are long over is closed for as long as anybody looks."""
    over = SpecialHours(hours=(Window(0, 3600),))
    time = WorkingTime(Calendar(zone=Zone("UTC"), special_hours={DateKey("2020-01-01"): over}))

    assert next_turn(time, at("2026-11-30T10:00"), at("2026-12-30T10:00")) == at("2026-12-30T10:00")


def test_the_sentence_of_a_hand_over_goes_by_the_roster(policy: Policy) -> None:
    """Who is on call is named for the instant, and nobody where nobody is."""
    said = [
        responsible(policy, "servers", at(each))
        for each in ("2026-11-23T10:00", "2026-11-30T10:00")
    ]

    assert "on call: Jonas Weber, +44 20 7946 0112." in said[0]
    assert "on call: Ines Moreau, +44 20 7946 0117." in said[1]
    assert "on call" not in responsible(policy, "onsite", at("2026-11-23T10:00"))


def test_an_instant_is_reckoned_once_for_many_alerts(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours and hand-overs that every alert of a check asks for are not summed up for each."""
    made: list[str] = []

    def counted(calendar: Calendar, name: str = "") -> WorkingTime:
        made.append(calendar.zone)
        return WorkingTime(calendar, name)

    monkeypatch.setattr("sdcli.sla.rotation.WorkingTime", counted)
    hours = Week(mon=(Window(8 * 3600 + 7, 18 * 3600),))
    bounded = changed(
        with_teams(policy, rotations={"r": rotation(hours=hours), **policy.teams.rotations}),
        "greta",
        working_hours="extended-hours",
    )
    reckoned = instant_of.cache_info().misses

    asked = {
        told(
            bounded, ("owner", "on-call"), assignee="greta", queue="network", service="vpn", at=at_
        )
        for at_ in [at("2026-11-30T10:00")] * 200
    }

    assert len(asked) == 1
    assert 1 <= len(made) <= 2
    assert instant_of.cache_info().misses - reckoned < 50
