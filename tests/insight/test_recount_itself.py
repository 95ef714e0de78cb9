"""The second program that counts is right itself: small histories, with figures worked out by hand."""

from __future__ import annotations

import ast
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.insight.recount import Counted, Hours, Policy, nearest, number, seconds
from tests.insight.year import PROMISES

_OFFICE = PROMISES["calendars"]["business-hours"]
_SHIFTS = PROMISES["calendars"]["extended-hours"]
_HOUR = 3600
_NUMBERS = count()

_POLICY = {
    **PROMISES,
    "services": {
        "email": {"agreement": "standard", "calendar": ""},
        "line": {"agreement": "critical", "calendar": ""},
        "pages": {"agreement": "goodwill", "calendar": ""},
    },
    "coverage": [],
    "override_agreement": "goodwill",
}


def happened(kind: str, at: str, by: str = "ben", **more: Any) -> dict[str, Any]:
    """An event; `at` is a day and a time of October 2026, like `05T09:00`: a Monday, an hour ahead."""
    event = {"id": f"e{next(_NUMBERS)}", "kind": kind, "at": f"2026-10-{at}:00Z", "by": by, **more}
    if "entered" in event:
        event["entered"] = f"2026-10-{event['entered']}:00Z"
    return event


def opened(at: str, **more: Any) -> dict[str, Any]:
    """An opening of an incident about the mail."""
    given = {
        "queue": "service-desk",
        "priority": "P3",
        "type": "incident",
        "service": "email",
        "channel": "phone",
    }
    return happened("opened", at, **{**given, **more})


def classified(at: str, **more: Any) -> dict[str, Any]:
    """A classification."""
    given = {"type": "incident", "service": "email", "priority": "P3"}
    return happened("classified", at, **{**given, **more})


def counted(*tickets: list[dict[str, Any]], now: str = "31T00:00", **more: Any) -> Counted:
    """What is counted of these tickets, SD-1 and so on."""
    rows = [{"ref": f"SD-{number_}", "events": each} for number_, each in enumerate(tickets, 1)]
    return Counted(rows, Policy(_POLICY), seconds(f"2026-10-{now}:00Z"), **more)


def figures(*tickets: list[dict[str, Any]], until: str = "31T00:00", **more: Any) -> dict[str, Any]:
    """The figures of October until an instant."""
    since, end = seconds("2026-10-01T00:00:00Z"), seconds(f"2026-10-{until}:00Z")
    return counted(*tickets, **more).period(since, end)


def items(found: dict[str, Any], figure: str) -> list[tuple[str, str, int]]:
    """The items of a figure, with instants as `happened` takes them."""
    return [(ref, at[8:16], value) for ref, value, at in found[figure]["items"]]


def test_the_recount_shares_nothing_with_what_it_proves() -> None:
    """It imports nothing but the standard library."""
    tree = ast.parse((Path(__file__).parent / "recount.py").read_text(encoding="utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "hours"),
    [
        (_OFFICE, "2026-10-05T07:00:00Z", "2026-10-05T17:00:00Z", 9),  # one day without its lunch
        (_OFFICE, "2026-10-05T10:30:00Z", "2026-10-05T12:30:00Z", 1),
        (
            _OFFICE,
            "2026-10-02T15:00:00Z",
            "2026-10-05T08:00:00Z",
            2,
        ),  # Friday until 17, Monday at 8
        (_OFFICE, "2026-10-23T15:00:00Z", "2026-10-26T09:00:00Z", 2),  # clocks went back
        (_OFFICE, "2026-03-30T00:00:00Z", "2026-03-31T00:00:00Z", 8),  # a break of an hour
        (_OFFICE, "2026-04-03T00:00:00Z", "2026-04-07T00:00:00Z", 0),  # Easter
        (_OFFICE, "2026-12-24T00:00:00Z", "2026-12-29T00:00:00Z", 4),  # Christmas
        (_SHIFTS, "2026-10-31T12:00:00Z", "2026-11-02T00:00:00Z", 9),  # a night with an hour twice
        (_SHIFTS, "2026-03-07T12:00:00Z", "2026-03-09T00:00:00Z", 7),  # and one with an hour less
        (_SHIFTS, "2026-10-17T12:00:00Z", "2026-10-19T00:00:00Z", 8),
    ],
)
def test_working_time(calendar: dict[str, Any], start: str, end: str, hours: int) -> None:
    """Lunch, week-ends, holidays, breaks, night shifts and changes of the clock are as they were."""
    found = Hours(calendar).between(seconds(start), seconds(end))
    assert found == hours * _HOUR


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-10-05T10:30:00Z", _HOUR, "2026-10-05T12:30:00Z"),
        ("2026-10-05T10:30:00Z", _HOUR // 2, "2026-10-05T11:00:00Z"),  # over when the lunch begins
        ("2026-10-02T15:59:30Z", 60, "2026-10-05T07:00:30Z"),
        ("2026-10-23T15:00:00Z", 2 * _HOUR, "2026-10-26T09:00:00Z"),
    ],
)
def test_when_working_time_is_over(start: str, amount: int, end: str) -> None:
    """It is over at the first instant by which so much has passed."""
    assert Hours(_OFFICE).after(seconds(start), amount) == seconds(end)


def test_business_days() -> None:
    """The same time of day so many working days later; what begins at night begins at eight."""
    hours = Hours(_OFFICE)
    thursday = seconds("2026-10-01T09:15:00Z")
    assert hours.business_days(thursday, 3) == seconds("2026-10-06T09:15:00Z")
    assert hours.business_days(seconds("2026-10-03T09:15:00Z"), 1) == seconds(
        "2026-10-06T07:00:00Z"
    )
    late = seconds("2026-10-01T16:30:00Z")  # 17:30 by the clock: on Friday that is after closing
    assert hours.business_days(late, 1) == seconds("2026-10-02T16:00:00Z")


def test_numbers() -> None:
    """Nearest rank, and nothing made of nothing."""
    assert [nearest([30, 10, 20], percent) for percent in (50, 90)] == [20, 30]
    assert nearest([1, 2, 3, 4], 50) == 2
    assert nearest(list(range(1, 11)), 90) == 9
    assert number("spread", []) == {"of": 0, "median_s": None, "p90_s": None}
    assert number("share", [1, 0, 0]) == {"counted": 1, "of": 3, "percent": 33.33}
    assert number("share", [])["percent"] is None
    assert number("mean", [5, 4]) == {"of": 2, "mean": 4.5}
    assert number("sum", [5, 4]) == {"value": 9}


def test_a_call_that_is_solved_at_once() -> None:
    """Opened, resolved, closed, confirmed, solved at first, kept, within so much working time."""
    found = figures(
        [
            opened("05T08:00", unit="Sales", minutes=3),
            happened("accepted", "05T08:10"),
            happened("resolved", "05T09:00", code="solved", articles=[use("KB-1", "helped")]),
            happened("closed", "06T09:00", by="amara", code="solved", confirmed_by="ada"),
        ]
    )
    assert items(found, "opened") == [("SD-1", "05T08:00", 1)]
    assert items(found, "resolved") == [("SD-1", "05T09:00", 1)]
    assert found["resolved"]["by"]["person"] == {"ben": {"value": 1}}
    assert found["closed"]["by"]["code"] == {"solved": {"value": 1}}
    assert found["confirmed"]["by"]["person"] == {
        "amara": {"counted": 1, "of": 1, "percent": 100.0}
    }
    assert (
        found["fcr"]["now"] == found["fcr.net"]["now"] == {"counted": 1, "of": 1, "percent": 100.0}
    )
    assert list(found["fcr"]["by"]["tier"]) == ["1"]
    assert items(found, "respond") == items(found, "restore") == [("SD-1", "05T09:00", _HOUR)]
    assert items(found, "resolve") == [("SD-1", "05T09:00", _HOUR)]
    assert (
        items(found, "sla.response") == items(found, "sla.resolution") == [("SD-1", "05T09:00", 1)]
    )
    assert items(found, "sla.update") == []
    assert items(found, "knowledge.used") == [("SD-1", "05T09:00", 1)]
    assert found["knowledge.success"]["by"]["article"]["KB-1"]["counted"] == 1
    assert found["self_service"]["by"] == {
        "unit": {"Sales": {"counted": 0, "of": 1, "percent": 0.0}}
    }
    assert found["minutes"]["by"]["queue"] == {"service-desk": {"value": 3}}
    assert found["misclassified"]["now"]["counted"] == found["backlog"]["now"]["value"] == 0


def use(article: str, outcome: str) -> dict[str, Any]:
    """A use of an article."""
    return {"id": article, "outcome": outcome}


def test_what_is_not_solved_at_first() -> None:
    """A wait, another person, another queue or a word of the caller, each alone; an alert has none."""
    spoilers = [
        happened("waited", "05T09:00", waiting_for="user"),
        happened("contacted", "05T09:00", text="?"),
        happened("escalated", "05T09:00", to="network"),
        happened("returned", "05T09:00", to="network"),
        happened("assigned", "05T09:00", to=None, queue="network"),
        happened("assigned", "05T09:00", to="amara", queue="service-desk"),
        happened("accepted", "05T09:00", by="amara"),
    ]
    resolved = happened("resolved", "05T10:00", code="x")
    found = figures(
        *([opened("05T08:00"), each, resolved] for each in spoilers),
        [
            opened("05T08:00"),
            happened("assigned", "05T09:00", to="ben", queue="service-desk"),
            resolved,
        ],
        [opened("05T08:00"), resolved, happened("contacted", "05T11:00", text="thanks")],
        [opened("05T08:00", alert={"source": "x"}), resolved],
    )
    assert found["fcr"]["now"] == {"counted": 2, "of": 9, "percent": 22.22}
    assert found["fcr"]["counted"] == ["SD-8", "SD-9"]
    assert found["self_service"]["now"]["of"] == 9


def test_reopened_within_fourteen_days() -> None:
    """To the second; reopened later it is no first solution lost, and still reopened."""
    resolved = happened("resolved", "05T10:00", code="x")
    found = figures(
        [opened("05T08:00"), resolved, happened("reopened", "19T10:00", reason="?")],
        [opened("05T08:00"), resolved, happened("reopened", "19T10:01", reason="?")],
        [opened("05T08:00"), resolved],
    )
    assert found["fcr"]["counted"] == ["SD-1", "SD-2", "SD-3"]
    assert found["fcr.net"]["counted"] == ["SD-2", "SD-3"]
    assert found["reopen_rate"]["now"] == {"counted": 2, "of": 3, "percent": 66.67}
    assert items(found, "reopened") == [("SD-1", "19T10:00", 1), ("SD-2", "19T10:01", 1)]
    assert found["backlog"]["counted"] == ["SD-1", "SD-2"]


def test_waits_and_reopenings() -> None:
    """Resolving takes what was worked on; restoring takes everything; the clock goes on."""
    found = figures(
        [
            opened("05T08:00"),
            happened("waited", "05T09:00", waiting_for="vendor"),
            happened("service_resumed", "05T10:00"),
            happened("resumed", "05T12:00"),
            happened("resolved", "05T13:00", code="x"),
            happened("reopened", "06T08:00", reason="?"),
            happened("resolved", "06T10:00", code="x"),
        ]
    )
    assert items(found, "resolve") == [("SD-1", "06T10:00", 4 * _HOUR)]
    assert items(found, "restore") == [("SD-1", "05T10:00", 2 * _HOUR)]
    assert items(found, "respond") == [("SD-1", "05T13:00", 4 * _HOUR)]
    assert items(found, "sla.response") == [("SD-1", "05T10:00", 0)]
    assert items(found, "sla.resolution") == [("SD-1", "06T10:00", 1)]
    assert items(found, "sla.update") == [("SD-1", "06T10:00", 1)]  # the reopening asks for a word


def test_the_machines_take_back_that_it_works() -> None:
    """Restored is what was so last: another alert takes it back, a full recovery brings it back."""
    found = figures(
        [
            opened("05T08:00", alert={"source": "x"}),
            happened("recovered", "05T09:00", key="k"),
            happened("repeated", "05T09:30", key="k"),
            happened("recovered", "05T10:00", key="k", all_clear=False),
            happened("recovered", "05T11:00", key="k"),
        ]
    )
    assert items(found, "restore") == [("SD-1", "05T11:00", 3 * _HOUR)]
    assert found["restore"]["of"] == ["SD-1"]


def test_promises() -> None:
    """Kept when the clock stops, broken when its time is over; another priority counts from the start."""
    found = figures(
        [
            opened("05T08:00", priority="P2")
        ],  # 30 minutes, and 8 hours: without the lunch until 17:00
        [
            opened("05T08:00", priority="P5"),
            happened("noted", "05T08:05", visible=True),
            classified("05T13:00", priority="P1"),  # 4 hours without the lunch: over at that minute
            happened("resolved", "05T13:01", code="x"),
        ],
        [
            opened("05T08:00", service="line", priority="P3"),
            happened("noted", "05T08:05", visible=True),
            happened("noted", "05T19:00", visible=True),
            happened("waited", "05T20:00", waiting_for="user"),
            happened("noted", "06T20:00", visible=True),
        ],
    )
    response = [("SD-1", "05T08:30", 0), ("SD-2", "05T08:05", 1), ("SD-3", "05T08:05", 1)]
    assert items(found, "sla.response") == response
    assert items(found, "sla.resolution") == [
        ("SD-1", "05T17:00", 0),
        ("SD-2", "05T13:00", 0),
    ]
    assert items(found, "sla.update") == [
        ("SD-2", "05T09:05", 0),
        ("SD-3", "05T18:05", 0),
        ("SD-3", "06T20:00", 1),
    ]
    assert found["sla"]["now"] == {"counted": 3, "of": 8, "percent": 37.5}
    assert found["sla.update"]["by"]["agreement"]["critical"]["of"] == 2


def test_a_new_cycle() -> None:
    """Where the agreement says so, reopening begins response and resolution anew."""
    found = figures(
        [
            opened("05T08:00", service="pages", priority="P5"),
            happened("resolved", "05T09:00", code="x"),
            happened("reopened", "06T08:00", reason="?"),
            happened("resolved", "06T09:00", code="x"),
        ]
    )
    kept = [("SD-1", "05T09:00", 1), ("SD-1", "06T09:00", 1)]
    assert items(found, "sla.response") == items(found, "sla.resolution") == kept


def test_what_was_over_elsewhere_is_no_promise_here() -> None:
    """Kept or broken before an import: it is left out; what is broken after it is not."""
    found = figures(
        [
            opened("05T08:00", priority="P2"),
            happened("noted", "05T09:00", visible=True),
            happened("imported", "05T09:00", source="old/1"),
        ],
        [
            opened("05T08:00", priority="P2"),
            happened("resolved", "05T08:10", code="x"),
            happened("imported", "05T09:00", source="old/2"),
        ],
    )
    assert items(found, "sla.response") == []
    assert items(found, "sla.resolution") == [("SD-1", "05T17:00", 0)]
    assert items(found, "sla.update") == [("SD-1", "05T11:00", 0)]


def test_the_backlog() -> None:
    """Who has it and where it lies is as it was then; age is counted from the opening."""
    life = [
        opened("05T08:00"),
        happened("accepted", "06T08:00"),
        happened("escalated", "07T08:00", to="network"),
        happened("resolved", "08T08:00", code="x"),
        happened("closed", "09T08:00", code="x"),
    ]
    waits = [opened("07T06:00"), happened("waited", "07T07:00", waiting_for="user")]
    merged = [opened("05T08:00"), happened("merged", "06T12:00", into="SD-1")]
    found = figures(life, waits, merged, until="06T09:00")
    assert found["backlog"]["counted"] == ["SD-1", "SD-3"]
    assert found["backlog"]["by"]["person"] == {"ben": {"value": 1}, "none": {"value": 1}}
    found = figures(life, waits, merged, until="07T08:00")
    assert found["backlog"]["by"]["queue"] == {
        "network": {"value": 1},
        "service-desk": {"value": 1},
    }
    assert found["backlog.age"]["now"] == {"of": 2, "median_s": 2 * _HOUR, "p90_s": 48 * _HOUR}
    found = figures(life, waits, merged, until="09T00:00")
    assert found["unconfirmed"]["counted"] == ["SD-1"]
    found = figures(life, waits, merged, until="31T00:00", now="06T10:00")
    assert found["backlog"]["counted"] == ["SD-1", "SD-3"]  # no later than now


def test_taken_back_and_brought_back() -> None:
    """What is undone counts no longer; what undoes that counts again; each as it was known then."""
    resolved = happened("resolved", "05T09:00", code="x")
    undone = happened("undone", "06T09:00", undoes=[resolved["id"]])
    again = happened("undone", "07T09:00", undoes=[undone["id"]])
    life = [opened("05T08:00"), resolved, undone, again]

    def known(at: str) -> int:
        found = figures(life, now=at, instant=seconds(f"2026-10-{at}:00Z"))
        return int(found["resolved"]["now"]["value"])

    assert [known(at) for at in ("05T08:30", "05T10:00", "06T10:00", "08T10:00")] == [0, 1, 0, 1]
    assert figures(life)["backlog"]["now"]["value"] == 0
    assert figures(life[:3])["backlog"]["now"]["value"] == 1


def test_entered_late() -> None:
    """It counts where it happened, but only from when it was entered on."""
    life = [
        opened("05T08:00"),
        happened("noted", "05T08:20", visible=True, minutes=4, entered="07T08:00"),
        happened("resolved", "06T08:00", code="x"),
    ]
    assert items(figures(life), "respond") == [("SD-1", "05T08:20", 20 * 60)]
    before = figures(life, now="07T07:00", instant=seconds("2026-10-07T07:00:00Z"))
    assert items(before, "respond") == [("SD-1", "06T08:00", 9 * _HOUR)]
    assert before["minutes"]["now"]["value"] == 0


def test_an_import_is_there_since_it_came() -> None:
    """As of before that there is no such ticket; void ones and problems never count."""
    tickets = (
        [opened("05T08:00"), happened("imported", "07T08:00", source="old/1")],
        [opened("05T08:00"), happened("voided", "06T08:00")],
        [opened("05T08:00", record="problem")],
    )
    assert figures(*tickets)["opened"]["of"] == ["SD-1"]
    then = figures(*tickets, now="05T09:00", instant=seconds("2026-10-05T09:00:00Z"))
    assert then["opened"]["of"] == ["SD-2"]


def test_hand_overs() -> None:
    """Each move to another queue or person once; back where it was is ping-pong."""
    found = figures(
        [
            opened("05T08:00"),
            happened("accepted", "05T09:00"),
            happened("accepted", "05T09:01", by="amara"),  # another had it
            happened("assigned", "05T09:02", to="amara", queue="service-desk"),
            happened("assigned", "05T09:03", to="ben", queue="service-desk"),  # another had it
            happened("escalated", "05T09:04", to="network"),
            happened("returned", "05T09:05", to="service-desk"),  # back
            happened("assigned", "05T09:06", to=None, queue="network"),  # back
            happened("escalated", "05T09:07", to="network"),  # it is there
        ]
    )
    assert found["reassigned"]["by"]["queue"] == {
        "network": {"value": 2},
        "service-desk": {"value": 4},
    }
    assert items(found, "ping_pong") == [("SD-1", "05T09:05", 1), ("SD-1", "05T09:06", 1)]


def test_what_a_merged_request_takes_part_in() -> None:
    """It was opened, cost minutes and was handed round; the rest is counted where it goes on."""
    found = figures(
        [
            opened("05T08:00", minutes=2),
            happened("escalated", "05T08:30", to="network"),
            happened("resolved", "05T09:00", code="x"),
            happened("reopened", "05T10:00", reason="?"),
            happened("merged", "05T11:00", into="SD-9"),
        ]
    )
    counts = {figure for figure, each in found.items() if each["of"]}
    assert counts == {"opened", "self_service", "minutes", "reassigned"}


def test_time_spent_on_what_the_catalog_does_not_hold() -> None:
    """Until it turns out to be a service of the catalog; what it is called does not hang on blanks."""
    support = {"what": " An old  FAX", "decision": "override"}
    found = figures(
        [
            opened("05T08:00", service="unknown", minutes=2),
            happened("support_decided", "05T08:30", support=support),
            happened("noted", "05T09:00", minutes=3),
            classified("05T10:00", service="email"),
            happened("noted", "05T11:00", minutes=50),
        ]
    )
    assert found["unsupported.minutes"]["by"]["thing"] == {"an old fax": {"value": 5}}
    assert found["unsupported.minutes"]["by"]["unit"] == {"unknown": {"value": 5}}


def test_what_planned_work_brought() -> None:
    """A bulletin that stood in the week before was an announcement; one that stands was ignored."""
    board = [
        opened("01T08:00", type="information"),
        happened("announced", "02T08:00", bulletin={"text": "x", "services": ["email"]}),
        happened("withdrawn", "03T08:00"),
    ]

    def call(at: str, *, outage: str = "", service: str = "email") -> list[dict[str, Any]]:
        return [
            opened(at, service=service),
            happened("resolved", "20T08:00", code="planned-outage"),
            happened("closed", "20T09:00", code="planned-outage", outage=outage),
        ]

    found = figures(
        board, call("02T09:00", outage="move"), call("09T08:00"), call("10T08:01"),
        call("02T09:00", service="line"),
    )  # fmt: skip
    assert found["changes.calls"]["by"]["change"] == {"move": {"value": 1}, "unknown": {"value": 3}}
    assert found["changes.ignored"]["counted"] == ["SD-2"]
    assert found["changes.unannounced"]["counted"] == ["SD-4", "SD-5"]


def test_what_callers_say() -> None:
    """The last score of each question counts, when it was given; also of what was merged since."""
    found = figures(
        [
            opened("05T08:00"),
            happened("resolved", "05T09:00", code="x"),
            happened("survey_sent", "06T08:00", survey="incident", to="ada"),
            happened(
                "survey_answered", "06T09:00", survey="incident", scores={"again": 1, "heard": 2}
            ),
            happened("survey_answered", "07T09:00", survey="incident", scores={"again": 5}),
            happened("merged", "08T09:00", into="SD-9"),
        ],
        [opened("05T08:00"), happened("survey_sent", "06T08:00", survey="incident", to="ada")],
    )
    assert found["survey.sent"]["now"] == {"value": 2}
    assert found["survey.answered"]["now"] == {"counted": 1, "of": 2, "percent": 50.0}
    assert items(found, "survey.satisfaction") == [("SD-1", "07T09:00", 5)]
    assert items(found, "survey.time-to-respond") == [("SD-1", "06T09:00", 2)]
    assert found["survey.time-to-respond"]["by"]["person"] == {"ben": {"of": 1, "mean": 2.0}}


def test_something_new_and_what_was_wrong_at_first() -> None:
    """A wish for something new is met if it ends as a fulfilment; a wrong class is one found wrong."""
    found = figures(
        [
            opened("05T08:00", type="new-service"),
            happened("request_filtered", "05T08:30", decision="rejected", rule="exists"),
            classified("05T09:00", type="fulfilment", discovered="diagnosis"),
            happened("resolved", "05T10:00", code="x"),
        ],
        [
            opened("05T08:00"),
            classified("05T09:00", type="new-service"),
            happened("request_filtered", "05T09:30", decision="accepted"),
            happened("resolved", "05T10:00", code="x"),
        ],
    )
    assert found["new_service.met"]["now"] == {"counted": 1, "of": 2, "percent": 50.0}
    assert found["new_service.filtered"]["by"]["rule"]["exists"]["counted"] == 1
    assert found["misclassified"]["counted"] == ["SD-1"]


def test_reviews() -> None:
    """The yes among yes and no of the last review; what could not be said is left out."""
    checks = {"a": "yes", "b": "yes", "c": "no", "d": "n/a"}
    found = figures(
        [
            opened("05T08:00"),
            happened("resolved", "05T09:00", code="x"),
            happened("reviewed", "06T09:00", checks={"a": "no"}, by="amara"),
            happened("reviewed", "07T09:00", checks=checks, by="amara"),
        ],
        [
            opened("05T08:00"),
            happened("resolved", "05T09:00", code="x"),
            happened("reviewed", "06T09:00", checks=checks, by="amara"),
            happened("reviewed", "07T09:00", checks={"a": "n/a"}, by="amara"),
        ],
    )
    assert items(found, "review.score") == [("SD-1", "07T09:00", 67)]
    assert found["review.score"]["by"]["person"] == {"ben": {"of": 1, "mean": 67.0}}
