"""`sdcli report` counts what its figures are said to count: a second program comes to the same.

A year of a desk's life is made up (`year`), exported, and counted by a program that knows nothing of
sdcli (`recount`). Each figure of the report, each split and each audit must be the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.cli import cli
from sdcli.insight import still
from sdcli.ledger.tiny import blocks
from tests.insight import year
from tests.insight.recount import FIGURES, Counted, Life, Policy, lives, promises, seconds, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SEED, _TICKETS = 2026, 900
_ROUNDED = 0.01001
_NOW = f"{year.NOW:%Y-%m-%dT%H:%M:%SZ}"


class Year:
    """A desk whose year is over: its tickets as they are exported, and what is counted of them."""

    def __init__(self, root: Path, policy: Policy | None = None, now: str = _NOW) -> None:
        self.root, self.now = root, now
        told = (root / "promises.json").read_text(encoding="utf-8")
        self.policy = policy or Policy(json.loads(told))
        self.rows = [json.loads(line) for line in self.sd("export").splitlines()]
        self._counted: dict[tuple[str, str], Counted] = {}

    def sd(self, *args: str) -> str:
        """What a command prints."""
        env = {"SDCLI_DESK": str(self.root), "SDCLI_USER": "ben", "SDCLI_NOW": self.now}
        ran = CliRunner().invoke(cli, list(args), env=env)
        assert ran.exit_code == 0, f"{ran.output}\n{ran.exception!r}"
        return ran.stdout

    def counted(self, query: str = "", instant: str = "") -> Counted:
        """What the second program makes of it, as of an instant if one is given."""
        if (query, instant) not in self._counted:
            at = seconds(instant) if instant else None
            now = seconds(self.now) if at is None else at
            only = _QUERIES[query]
            found = Counted(self.rows, self.policy, now, instant=at, only=only)
            self._counted[query, instant] = found
        return self._counted[query, instant]

    def recount(self, period: Asked) -> dict[str, Any]:
        """Every figure of a period."""
        counted = self.counted(period.query, period.instant)
        return counted.period(seconds(period.since), seconds(period.until))


class Asked(NamedTuple):
    """What a report is asked for."""

    since: str
    until: str
    instant: str = ""
    query: str = ""

    @property
    def options(self) -> list[str]:
        """The same as options of the command."""
        found = ["--since", self.since, "--until", self.until]
        found += ["--as-of", self.instant] if self.instant else []
        return [*found, "--query", self.query] if self.query else found


_PERIODS = {
    "a month": ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
    "a quarter": ("2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"),
    "the year": ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    "nothing": ("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"),
    "while clocks change": ("2026-03-23T00:00:00Z", "2026-03-29T01:30:00Z"),
    "not over yet": ("2026-10-25T00:30:00Z", "2027-03-01T00:00:00Z"),
}
_INSTANTS = ("2026-03-29T01:30:00Z", "2026-07-01T12:00:00Z", "2026-12-24T09:00:00Z")
_QUERIES: dict[str, Callable[[Life], bool] | None] = {
    "": None,
    "unit:Finance": lambda life: bool(life.opening.get("unit") == "Finance"),
    "type:incident -priority:P5": lambda life: life.type == "incident" and life.priority != "P5",
}
_ASKED = [
    *(Asked(*each) for each in _PERIODS.values()),
    *(Asked(*_PERIODS["the year"], instant=each) for each in _INSTANTS),
    *(Asked(*_PERIODS["the year"], query=each) for each in _QUERIES if each),
    Asked(*_PERIODS["a quarter"], _INSTANTS[1], "unit:Finance"),
    Asked(*_PERIODS["a quarter"], _INSTANTS[0]),
]


@pytest.fixture(name="lived", scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The year, made up once."""
    return Year(year.make(tmp_path_factory.mktemp("year") / "desk", _SEED, _TICKETS))


def test_the_year_holds_everything_that_a_figure_counts(lived: Year) -> None:
    """Every kind of event that figures depend on is there, in archives and in the journal."""
    kinds = Counter(event["kind"] for row in lived.rows for event in row["events"])
    needed = {
        "opened", "noted", "classified", "assigned", "accepted", "returned", "waited", "resumed",
        "escalated", "resolved", "closed", "reopened", "repeated", "recovered", "correlated",
        "imported", "contacted", "announced", "withdrawn", "also_affected", "support_decided",
        "articles_used", "undone", "voided", "merged", "troubleshooting_step", "fix_applied",
        "service_resumed", "fulfilment_step", "request_filtered", "survey_sent", "survey_answered",
        "problem_closed", "reviewed",
    }  # fmt: skip
    assert needed <= set(kinds)
    assert all(kinds[kind] > 5 for kind in needed)
    assert any((lived.root / "ledger" / "archive").iterdir())
    assert len((lived.root / "ledger" / "tickets.journal").read_bytes().splitlines()) > 2


def test_the_recount_tells_tickets_as_the_ledger_does(lived: Year) -> None:
    """What the second program makes of the events is what the ledger has folded."""
    for row in lived.rows:
        life = Life(row["ref"], row["events"])
        if life.opening.get("record") == "problem":
            continue
        told = {
            "status": life.status,
            "queue": life.queue,
            "assignee": life.who,
            "type": life.type,
            "service": life.service,
            "priority": life.priority,
            "code": life.code,
            "void": life.void,
            "merged": life.merged,
            "opened_at": life.opened_at,
            "resolved_at": life.resolved_at,
            "closed_at": life.closed_at,
            "service_restored_at": life.restored_at,
            "support": life.support,
        }
        times = ("opened_at", "resolved_at", "closed_at", "service_restored_at")
        kept = {
            **{name: row.get(name) for name in told},
            **{name: row.get(name) and seconds(row[name]) for name in times},
            "code": row.get("code", ""),
            "void": row.get("void", False),
            "merged": bool(row.get("merged_into")),
        }
        assert told == kept, row["ref"]


def test_what_the_recount_finds_broken_is_in_the_register(lived: Year) -> None:
    """Each promise that was missed, when and under which agreement, as `sdcli sla breaches` has it."""
    rows = json.loads(lived.sd("sla", "breaches", "--json"))["breaches"]
    whose = ("response", "update", "resolution")
    listed = {
        (each["ref"], each["target"], each["began"], each["missed_at"], each["agreement"])
        for each in rows
        if each["target"] in whose
    }
    now = seconds(_NOW)
    ours = {
        (life.ref, each.target, each.began, written(each.at), each.agreement)
        for life in lives(lived.rows, None)
        if not life.void
        for each in promises(life, lived.policy, now)
        if not each.kept
    }
    assert len(ours) > _TICKETS
    assert ours <= listed
    # A run that was missed again under other terms is in the register once more.
    assert {each[:3] for each in listed} == {each[:3] for each in ours}


def is_same(told: dict[str, Any] | None, mine: dict[str, Any]) -> bool:
    """Whether two numbers are the same; what was rounded may differ by what rounding makes of a half."""
    if told is None or set(told) != set(mine):
        return False
    return all(
        each == mine[name]
        or (
            isinstance(each, float) and mine[name] is not None and abs(each - mine[name]) < _ROUNDED
        )
        for name, each in told.items()
    )


def is_nothing(told: dict[str, Any]) -> bool:
    """Whether a number says that there was nothing to count."""
    return not (told["of"] if "of" in told else told["value"])


def differences(told: dict[str, Any], mine: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Where a report and the recount, of its period and of the one before, are not of one mind."""
    figures = {each["id"]: each for each in told["figures"]}
    found = [f"{name}: only one of them has it" for name in set(figures) ^ set(mine)]
    for name in figures.keys() & mine.keys():
        for word, counted in (("now", mine[name]), ("before", before[name])):
            if not is_same(figures[name][word], counted["now"]):
                found.append(
                    f"{name}: {figures[name][word]} told, {counted['now']} counted ({word})"
                )
            found += _splits(figures[name], counted, word)
    return sorted(found)


def _splits(figure: dict[str, Any], counted: dict[str, Any], word: str) -> Iterator[str]:
    """The same for what a figure is split by."""
    name = figure["id"]
    dims = set(FIGURES[name][1].split())
    if set(figure["by"]) != dims:
        yield f"{name}: split by {set(figure['by'])} and not {dims}"
    for dim in dims & set(figure["by"]):
        rows = {row["name"]: row[word] for row in figure["by"][dim]}
        own = counted["by"].get(dim, {})
        for part in rows.keys() | own.keys():
            alike = is_same(rows.get(part), own[part]) if part in own else is_nothing(rows[part])
            if not alike:
                yield f"{name} by {dim}: {part}: {rows.get(part)} told, {own.get(part)} ({word})"


def disputed(lived: Year, asked: Asked) -> list[str]:
    """Where the report and the recount are not of one mind about anything that is asked."""
    told = json.loads(lived.sd("report", "--json", *asked.options))
    assert (told["period"]["since"], told["period"]["until"]) == (asked.since, asked.until)
    before = asked._replace(since=told["before"]["since"], until=told["before"]["until"])
    found = differences(told, lived.recount(asked), lived.recount(before))
    for index, slot in enumerate(told["slots"]):
        mine = lived.recount(asked._replace(since=slot["since"], until=slot["until"]))
        for figure in told["figures"]:
            number = figure["series"][index]
            if slot["since"] > told["as_of"]:  # what has not begun has no number
                found += [] if is_nothing(number) else [f"{figure['id']} has a future: {number}"]
            elif not is_same(number, mine[figure["id"]]["now"]):
                counted = mine[figure["id"]]["now"]
                found.append(
                    f"{figure['id']} from {slot['since']}: {number} told, {counted} counted"
                )
    return found


def misnamed(lived: Year, asked: Asked) -> list[str]:
    """The figures whose audit lists other items than the recount, or splits them in another way."""
    mine, found = lived.recount(asked), []
    for figure, (kind, splits) in FIGURES.items():
        told = json.loads(lived.sd("report", "audit", figure, "--json", *asked.options))
        named = Counter(
            (each["ref"], each["number"])
            if kind == "level" or figure == "backlog.age"
            else (each["ref"], each["number"], each["at"])
            for each in told["items"]
        )
        counted = mine[figure]
        if named != Counter(tuple(each) for each in counted["items"]):
            found.append(figure)
        if told["now"] != counted["now"] or told["counted"] != counted["counted"]:
            found.append(f"{figure}: {told['now']}")
        for dim in splits.split():
            parts = Counter(each["parts"][dim] for each in told["items"])
            if parts != Counter(counted["parts"].get(dim, {})):
                found.append(f"{figure} by {dim}")
    return found


@pytest.mark.parametrize("asked", _ASKED, ids=" ".join)
def test_every_figure_and_every_split_is_what_it_is_said_to_be(lived: Year, asked: Asked) -> None:
    """The report of any period, as of any instant, of any query, is what the recount comes to."""
    assert disputed(lived, asked) == []


FULL = bool(os.environ.get("SDCLI_TORTURE"))
"""Whether there is time for everything: `make prove`."""
_AUDITED = [_ASKED[0], _ASKED[6], _ASKED[9]] if FULL else [_ASKED[6]]


@pytest.mark.parametrize("asked", _AUDITED, ids=" ".join)
def test_every_audit_names_the_tickets_that_were_counted(lived: Year, asked: Asked) -> None:
    """Each ticket behind a figure, with its instant and number, none more and none less."""
    assert misnamed(lived, asked) == []


@pytest.fixture(name="small", scope="module")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a desk without a ledger."""
    return year.desk(tmp_path_factory.mktemp("small") / "desk")


_DAYS = st.integers(-3, 370).map(timedelta)


@settings(max_examples=400 if FULL else 15)
@given(st.integers(0, 2**32), st.tuples(_DAYS, _DAYS), st.none() | _DAYS)
def test_no_history_is_counted_in_another_way(
    small: Path, seed: int, days: tuple[timedelta, timedelta], at: timedelta | None
) -> None:
    """Whatever happened, and whatever is asked: the report and the recount come to the same."""
    shutil.rmtree(small / "ledger", ignore_errors=True)
    year.fill(small, seed, seed % 25 + 1)
    policy = _POLICIES.setdefault(small, Policy(json.loads((small / "promises.json").read_text())))
    lived = Year(small, policy)
    since, until = year.BEGIN + min(days), year.BEGIN + max(days) + timedelta(hours=1)
    instant = "" if at is None else _text(min(year.BEGIN + abs(at), year.NOW))
    asked = Asked(_text(since), _text(until), instant)
    assert disputed(lived, asked) == []


def test_what_was_kept_is_counted_as_if_it_were_not(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again, later, after changes, as of an earlier instant: kept or not, the recount comes to the same."""
    monkeypatch.setattr(still, "_WORTH", 5)
    monkeypatch.setattr(blocks, "BLOCK", 16)
    shutil.rmtree(small / "ledger", ignore_errors=True)
    year.fill(small, 7, 120)
    policy = _POLICIES.setdefault(small, Policy(json.loads((small / "promises.json").read_text())))
    asked = Asked("2026-12-10T00:00:00Z", "2027-02-01T00:00:00Z")
    before = asked._replace(instant="2026-12-20T09:00:00Z")
    for days in (0, 0.02, 1, 3, 20):
        lived = Year(small, policy, _text(year.NOW + timedelta(days=days)))
        for _ in range(2):
            assert disputed(lived, asked) == []
        assert disputed(lived, before) == []
        lived.now = _text(year.NOW + timedelta(days=days, seconds=60))
        at_work = [each["ref"] for each in lived.rows if each["status"] in ("new", "in_progress")]
        for ref in at_work[:3]:
            lived.sd("note", ref, "We call back.", "--visible")
        for row in [each for each in lived.rows if each["status"] == "resolved"][:2]:
            lived.sd("reopen", row["ref"], "--reason", "It is there again.")
        lived.sd("undo", at_work[1])
        lived = Year(small, policy, _text(year.NOW + timedelta(days=days, seconds=120)))
        assert disputed(lived, asked) == []


_POLICIES: dict[Path, Policy] = {}
"""Working time is worked out once."""


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
