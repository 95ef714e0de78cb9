"""What is kept of open tickets: it is used where it holds, and nobody can tell it from counting anew."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sdcli.insight import facts, kept, still
from sdcli.insight.facts import FOREVER, Basis, facts_of, lasting_facts, settled_at
from sdcli.insight.kept import Asked, Kept, Known
from sdcli.insight.measured import Counted, Packed
from sdcli.ledger.interface import BLOCK
from sdcli.ledger.tiny import blocks
from sdcli.sla.clock import Clocks
from sdcli.tickets.ticket import known_at
from tests.sla.histories import RICH, SHORTER, histories, policy_with

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.insight.facts import Lasting
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

_POLICY = policy_with(*RICH)
_BASIS = Basis(Clocks(_POLICY, lambda _: policy_with(SHORTER).levels), {"service-desk": 1}, {})
_DAY = 24 * 3600


# How long facts last.


_LATER = st.integers(0, 12 * 3600) | st.integers(0, 60 * _DAY)


@given(histories(), _LATER, st.data())
def test_facts_last_as_long_as_they_say(ticket: Ticket, after: int, data: st.DataObject) -> None:
    """Counted at any instant for which they were said to last, facts are the same (R5b.1)."""
    now = settled_at(ticket) + after
    found = lasting_facts(ticket, _BASIS, now)
    until = min(found.until, now + 90 * _DAY)
    at = data.draw(
        st.sampled_from((found.since, now, until - 1)) | st.integers(found.since, until - 1)
    )
    known = known_at(ticket, datetime.fromtimestamp(at, timezone.utc))

    assert found.since <= now < found.until
    assert known == ticket
    assert facts_of(ticket, _BASIS, at) == found.fact


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(histories(), _LATER)
def test_facts_end_when_a_promise_breaks(ticket: Ticket, after: int) -> None:
    """The instant at which they end is the one from which a promise is known to be broken (R5b.1)."""
    found = lasting_facts(ticket, _BASIS, settled_at(ticket) + after)
    assume(found.until < FOREVER)
    broken = [
        sum(not each.kept for each in facts_of(ticket, _BASIS, at).promises)
        for at in (found.until - 1, found.until)
    ]

    # One that broke under what held before, and runs on, breaks no second time.
    assert broken[1] or ticket.imported_at


# What is kept, and when it is used.


class _Looked:
    """Which tickets were looked at, and nothing else of a desk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refs: list[str] = []

        def lasting(ticket: Ticket, basis: Basis, now: int) -> Lasting:
            self.refs.append(ticket.ref)
            return lasting_facts(ticket, basis, now)

        monkeypatch.setattr(facts, "lasting_facts", lasting)

    def taken(self) -> list[str]:
        """Those since this was asked last."""
        refs, self.refs = self.refs, []
        return refs


@pytest.fixture(name="looked")
def _looked(monkeypatch: pytest.MonkeyPatch) -> _Looked:
    """Counts of blocks are kept however few tickets they have."""
    monkeypatch.setattr(still, "_WORTH", 1)
    return _Looked(monkeypatch)


_AT = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
_CALLER = ("--user", "ada", "--phone", "+44 20 7946 0201", "--type", "incident")
_PERIOD = ("--since", "2026-10-20T00:00:00Z", "--until", "2026-12-01T00:00:00Z")
_REPORT = ("report", *_PERIOD, "--by", "unit", "--by", "person", "--json")


@pytest.fixture(name="refs")
def _refs(sdj: JsonRunner) -> list[str]:
    """Six open incidents of one morning."""
    services = ("vpn", "email", "vpn", "erp", "vpn", "printing")
    return [
        sdj("open", f"case {n}", *_CALLER, "--service", name, at=_AT + timedelta(minutes=n))["ref"]
        for n, name in enumerate(services)
    ]


def _hours(count: float) -> datetime:
    return _AT + timedelta(hours=count)


class _Compared:
    """Reports from what was kept, each held against one for which nothing was."""

    def __init__(
        self, sd: Runner, folder: Path, patch: pytest.MonkeyPatch, looked: _Looked
    ) -> None:
        self._sd, self._folder, self._patch, self._looked = sd, folder, patch, looked
        self._count = 0

    def __call__(self, at: datetime, *more: str) -> list[str]:
        """The tickets that it looked at."""
        self._looked.taken()
        told = self._sd(*_REPORT, *more, at=at).stdout
        found = self._looked.taken()
        self._count += 1
        with self._patch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(self._folder / f"empty {self._count}"))
            anew = self._sd(*_REPORT, *more, at=at).stdout
        assert told == anew
        assert json.loads(told)["figures"]
        self._looked.taken()
        return found


@pytest.fixture(name="compared")
def _compared(
    sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: _Looked
) -> _Compared:
    return _Compared(sd, tmp_path, monkeypatch, looked)


@pytest.mark.both_homes
def test_only_tickets_that_have_changed_are_looked_at(
    sd: Runner, refs: list[str], compared: _Compared
) -> None:
    """A note, a solution, a reopening, an undoing: each brings its own ticket back, and no other."""
    assert compared(_hours(1)) == refs
    assert compared(_hours(1)) == []

    sd("note", refs[1], "we call back", "--visible", at=_hours(1.1))
    assert compared(_hours(1.2)) == [refs[1]]
    sd("resolve", refs[2], "--code", "solved", at=_hours(1.3))
    assert compared(_hours(1.35)) == [refs[2]]
    sd("undo", refs[2], at=_hours(1.4))
    assert compared(_hours(1.45)) == [refs[2]]
    sd("resolve", refs[2], "--code", "solved", at=_hours(1.5))
    sd("close", refs[2], "--confirmed-by", "ada", "--via", "phone", at=_hours(1.6))
    compared(_hours(1.65))
    sd("reopen", refs[2], "--reason", "again", at=_hours(1.7))
    assert compared(_hours(1.75)) == [refs[2]]
    assert compared(_hours(1.75)) == []


@pytest.mark.both_homes
def test_time_alone_breaks_promises_and_ages_the_backlog(
    refs: list[str], compared: _Compared
) -> None:
    """Hour by hour and day by day, what nobody has touched is counted as of then (R5b.1, R3d2.1c)."""
    looked = [compared(_hours(hours)) for hours in (1, 1.01, 2, 5, 9, 30, 31, 31.5, 100, 400, 900)]

    assert looked[0] == refs
    assert looked[1] == []
    assert sum(map(len, looked[2:])) > 0
    assert looked[-1] == []


@pytest.mark.both_homes
def test_an_earlier_instant_is_told_as_it_was(
    sd: Runner, refs: list[str], compared: _Compared
) -> None:
    """As of any instant the report is what it was then, whatever has been kept since, and before."""
    compared(_hours(1))
    sd("escalate", refs[0], "--to", "network", "--reason", "deeper", at=_hours(2))
    sd("resolve", refs[1], "--code", "solved", at=_hours(30))
    compared(_hours(50))
    for hours in (0.03, 0.5, 1, 2, 2.5, 29, 30, 40, 3, 50):
        compared(_hours(50), "--as-of", f"{_hours(hours):%Y-%m-%dT%H:%M:%SZ}")
    assert compared(_hours(50)) == []


def test_a_clock_that_goes_on_while_tickets_are_counted_does_no_harm(
    refs: list[str], compared: _Compared
) -> None:
    """A report that took some seconds was one of now: what it counted is kept."""
    some_seconds_ago = f"{_hours(1) - timedelta(seconds=20):%Y-%m-%dT%H:%M:%SZ}"
    assert compared(_hours(1), "--as-of", some_seconds_ago) == refs
    assert compared(_hours(1), "--as-of", some_seconds_ago) == []
    assert compared(_hours(1.01)) == []


@pytest.mark.both_homes
def test_another_policy_counts_anew(refs: list[str], compared: _Compared, desk_dir: Path) -> None:
    """Other targets, other tiers: nothing that was kept is taken for them; nor once they are back."""
    compared(_hours(1))
    policy = desk_dir / "sla_policies.yaml"
    before = policy.read_text(encoding="utf-8")
    policy.write_text(before.replace(*SHORTER), encoding="utf-8")
    assert compared(_hours(1.5)) == refs
    teams = desk_dir / "catalog" / "teams.yaml"
    text = teams.read_text(encoding="utf-8")
    teams.write_text(text.replace("tier: 1", "tier: 2", 1), encoding="utf-8")
    assert compared(_hours(1.5)) == refs
    policy.write_text(before, encoding="utf-8")
    compared(_hours(1.6))


@pytest.mark.both_homes
def test_another_period_needs_no_ticket(sd: Runner, refs: list[str], looked: _Looked) -> None:
    """Facts serve any period, and any figure, as long as they last."""
    sd(*_REPORT, at=_hours(1))
    assert looked.taken() == refs
    sd("report", "--period", "2026", "--json", at=_hours(1.01))
    sd("report", "--period", "2026-11", "--figure", "backlog", "--json", at=_hours(1.02))
    assert looked.taken() == []


@pytest.mark.tiny_home
def test_tickets_of_several_blocks_are_counted_once(
    sd: Runner, refs: list[str], compared: _Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folded or fresh, wherever one block ends and the next one begins, and as blocks become empty."""
    monkeypatch.setattr(blocks, "BLOCK", 2)
    assert compared(_hours(1)) == refs
    sd("compact", at=_hours(1.1))
    compared(_hours(1.2))
    sd("note", refs[3], "looked", at=_hours(1.3))
    assert compared(_hours(1.4)) == [refs[3]]
    monkeypatch.setattr(blocks, "BLOCK", 3)
    compared(_hours(1.5))


@pytest.mark.tiny_home
def test_what_is_damaged_is_made_anew(
    sd: Runner, refs: list[str], compared: _Compared, tmp_path: Path
) -> None:
    """Rows that others wrote, of other shape or of another block, are not taken for what was kept."""
    compared(_hours(1))
    sd("note", refs[0], "looked", at=_hours(1.1))  # its block is counted by facts again
    file = next(tmp_path.glob("cache/**/*.reports.*"))
    for sql in (
        "UPDATE known SET facts = x'90'",
        "UPDATE known SET facts = 'text'",
        "UPDATE known SET block = block + 1",
        "UPDATE asked SET until = until + 1, name = name || ' '",
        "UPDATE asked SET at = at - 3600",
        "DROP TABLE known",
        "UPDATE known SET seal = facts",
    ):
        with closing(sqlite3.connect(file)) as other:
            other.execute(sql)
            other.commit()
        compared(_hours(1.2))
    with closing(sqlite3.connect(file)) as other:
        row = b"\x91\x01"
        seal = kept._seal("0 x", row)  # noqa: SLF001 - as another state of this program may write
        other.execute("INSERT OR REPLACE INTO known VALUES (0, 'x', ?, ?)", (row, seal))
        other.commit()
    assert Kept(str(file).rpartition(".")[0]).known(0, "x") == {}


def test_what_is_kept_does_not_grow(tmp_path: Path) -> None:
    """Of a block some periods are kept, and one state of facts; of one that is gone nothing is."""
    known = Kept(str(tmp_path / "kept"))
    counted = Counted({"opened": [Packed(1, 1, None, ["SD-1"], [])]}, {}, [], [])
    for index in range(9):
        known.ask(1, f"key {index}", Asked("name", 5, 6, counted))
        known.know(1, f"basis {index}", [Known(BLOCK, b"mark", 0, 1, None)])
    known.ask(2, "key", Asked("name", 5, 6, counted))

    there = [index for index in range(9) if known.asked(1, f"key {index}")]
    assert there == list(range(9))[-kept.MOST_ASKED :]
    assert [bool(known.known(1, f"basis {index}")) for index in range(9)] == [False] * 8 + [True]
    known.only({2})
    assert known.asked(1, "key 8") is None
    assert known.known(1, "basis 8") == {}
    assert known.asked(2, "key") == Asked("name", 5, 6, counted)


def test_a_bit_that_has_changed_is_seen(tmp_path: Path) -> None:
    """Of facts and of counts of blocks nothing comes back that was not written so."""
    counted = Counted({"opened": [Packed(3, 3, None, ["SD-1"], [])]}, {}, [], [])
    Kept(str(tmp_path / "kept")).ask(1, "key", Asked("name", 5, 6, counted))
    Kept(str(tmp_path / "kept")).know(1, "basis", [Known(7, b"marked", 1, 2, None)])
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()

    def found() -> tuple[Any, ...]:
        again = Kept(str(tmp_path / "kept"))
        return again.asked(1, "key"), again.known(1, "basis")

    assert all(found())
    for word, index in ((b"opened", 0), (b"SD-1", 0), (b"marked", 1)):
        for place in range(content.index(word), content.index(word) + len(word)):
            file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert not found()[index]
