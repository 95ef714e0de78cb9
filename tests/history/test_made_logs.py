"""Logs made at random, imported by an example map, against the count that knows nothing of sdcli."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.course import House
from sdcli.intake.replay import Here, replay
from sdcli.policy.imports import read_map, words
from sdcli.tickets.event import Closed, Reopened, Resolved
from sdcli.tickets.ticket import fold
from tests.conftest import NOW, REPOSITORY
from tests.history import recount
from tests.history.flat import moves, servicenow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

_MAP = REPOSITORY / "examples" / "maps" / "servicenow-events.yaml"
_STATES = ("New", "Active", "Awaiting User Info", "Awaiting Vendor", "Resolved", "Closed")
_ROW = st.fixed_dictionaries(
    {
        "minute": st.integers(0, 6),
        "state": st.sampled_from(_STATES),
        "group": st.sampled_from((None, "network", "workplace", "24")),
        "assignee": st.sampled_from((None, "57", "89")),
        "by": st.sampled_from(("57", "340")),
        "impact": st.sampled_from(("1", "2")),
        "urgency": st.just("2"),
        "priority": st.sampled_from(("1", "3")),
        "category": st.just("42"),
        "subcategory": st.just("31"),
    }
)


def _raw(number: int, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A ticket of such a log, as the real one has them."""
    ordered = sorted(rows, key=lambda row: row["minute"])
    events = [
        {**row, "at": f"2026-03-02T10:0{row['minute']}:00", "mod": mod, "reopen_count": 0}
        for mod, row in enumerate(ordered)
    ]
    known = {"opened_at": "2026-03-02T09:55:00", "caller": "ada", "location": "1"}
    counts = {"final": {"reopen_count": 0, "reassignment_count": 0}}
    more = {"contact_type": "Phone", "closed_code": None}
    return {"id": f"INC{number}", "events": events, **known, **counts, **more}


@given(st.lists(st.lists(_ROW, min_size=1, max_size=7), min_size=1, max_size=2))
def test_a_made_log_is_what_it_was(policy: Policy, logs: list[list[dict[str, Any]]]) -> None:
    """Moves, reopenings, resolutions, closings and open times are those that the rows show (T25)."""
    raws = [_raw(number, rows) for number, rows in enumerate(logs)]
    for raw, ticket in zip(raws, _imported(policy, raws), strict=True):
        case = recount.case(raw)
        told = recount.course(case)

        assert moves([ticket]) == (len(told.moved), len(told.moved) + len(told.regiven))
        assert list(_instants(ticket, Reopened)) == told.reopened
        assert list(_instants(ticket, Resolved)) == told.resolved
        assert list(_instants(ticket, Closed)) == told.closed
        assert ticket.queue == (told.group or "unknown")


def _imported(policy: Policy, raws: Sequence[dict[str, Any]]) -> list[Ticket]:
    """The tickets that the program makes of a log."""
    stream = io.StringIO(newline="")
    rows = [row for raw in raws for row in servicenow(raw)]
    writer = csv.DictWriter(stream, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    queues = {name: queue.tier for name, queue in policy.teams.queues.items()}
    house = House(policy.teams.desk.queue, queues, policy.sla.matrix.priority)
    here = Here(house, policy.catalog.services, words(policy.vocabulary), NOW)
    map_file = read_map(_MAP.read_bytes(), "map.yaml", policy.vocabulary)
    found = replay(io.BytesIO(stream.getvalue().encode()), "f.csv", map_file, here)
    by_source = {each.source: each for each in found.arrivals}
    return [fold("SD-1", by_source[f"snow:{raw['id']}"].events) for raw in raws]


def _instants(ticket: Ticket, kind: type) -> Iterator[int]:
    for event in ticket.standing:
        if isinstance(event, kind):
            yield round(event.at.timestamp())
