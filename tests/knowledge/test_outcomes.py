"""What became of articles: counted from events, each ticket once, and never lost or doubled."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.knowledge.figures import figures, success
from sdcli.knowledge.outcomes import RESULTS, Use, uses_of
from sdcli.knowledge.recall import recipients
from sdcli.knowledge.uses import Ids, Row, Uses
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import (
    ArticleReceived,
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    ArticleUse,
    Closed,
    Edition,
    KnownErrorDeclared,
    Opened,
    Receipt,
    Reopened,
    Resolved,
    Stamp,
)
from sdcli.tickets.ticket import fold
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

FIRST, SECOND = Edition("KB-1", "aaa"), Edition("KB-1", "bbb")


def _mark(minutes: int = 0) -> Any:
    return Stamp(at=NOW + timedelta(minutes=minutes), by="ben").mark()


def _opened(**more: Any) -> Opened:
    facts = {"summary": "It is broken", "queue": "service-desk", "priority": "P3"}
    return Opened(*_mark(), requester="ada", **{**facts, **more})


def _used(outcome: str, edition: Edition = FIRST, minutes: int = 0) -> ArticlesUsed:
    use = ArticleUse(edition.id, outcome, edition.revision)
    return ArticlesUsed(*_mark(minutes), articles=(use,))


def _ticket(*events: AnyEvent, **more: Any) -> Ticket:
    return fold("SD-1", [_opened(**more), *events])


def _whats(ticket: Ticket) -> list[tuple[str, str]]:
    return sorted((use.revision, use.what) for use in uses_of(ticket))


def test_each_thing_counts_once_a_ticket_and_revision() -> None:
    """Shown, read, sent, applied and its result, however often they are said (R3a.4, R1a.3c)."""
    read = (ArticleUse("KB-1", "shared", "aaa"),)
    ticket = _ticket(
        ArticlesShown(*_mark(), articles=(FIRST,)),
        ArticlesShown(*_mark(), articles=(FIRST,), query="again"),
        ArticleSent(*_mark(), article=FIRST, decision="sent", to="ada"),
        ArticleSent(*_mark(), article=FIRST, decision="sent", to="ada"),
        ArticleReceived(*_mark(), article=FIRST, receipt=Receipt(help_needed="yes")),
        _used("applied"),
        _used("helped"),
        read=read,
    )
    said = ["applied", "helped", "needed-help", "read", "sent", "shown"]
    assert _whats(ticket) == [("aaa", what) for what in said]


def test_what_is_said_last_is_what_it_did() -> None:
    """A mistake is put right by saying it anew; other revisions are apart (R4.1)."""
    ticket = _ticket(_used("harmful"), _used("no-effect"), _used("helped", SECOND))
    results = [each for each in _whats(ticket) if each[1] in RESULTS]
    assert results == [("aaa", "no-effect"), ("bbb", "helped")]


def test_a_solution_that_was_taken_back_did_not_help() -> None:
    """After reopening, what helped had no effect, unless it is said again (R3d1.8, R3a.4)."""
    solved = (_used("helped"), Resolved(*_mark(), code="solved"), Reopened(*_mark(), reason="no"))
    assert ("aaa", "no-effect") in _whats(_ticket(*solved))
    again = _ticket(*solved, _used("helped"))
    assert ("aaa", "helped") in _whats(again)
    assert ("aaa", "no-effect") not in _whats(again)


def test_harm_stays_harm_when_a_ticket_is_reopened() -> None:
    """Reopening takes back success only (R4.1)."""
    ticket = _ticket(
        _used("harmful"), Resolved(*_mark(), code="solved"), Reopened(*_mark(), reason="no")
    )
    assert ("aaa", "harmful") in _whats(ticket)


@pytest.mark.parametrize("decision", ["interpreted", "withheld"])
def test_only_a_link_is_sent(decision: Any) -> None:
    """What was explained or withheld was not sent (R3a.2)."""
    ticket = _ticket(ArticleSent(*_mark(), article=FIRST, decision=decision, to="ada"))
    assert _whats(ticket) == []


def test_what_earlier_versions_recorded_counts() -> None:
    """Articles on the events of resolving and closing count as those said by themselves (R3a.4)."""
    use = ArticleUse("KB-1", "helped", "aaa")
    ticket = _ticket(
        Resolved(*_mark(), code="solved", articles=(use,)),
        Closed(
            *_mark(), code="solved", unconfirmed="gone", articles=(ArticleUse("KB-2", "shared"),)
        ),
    )
    assert _whats(ticket) == [("", "sent"), ("aaa", "applied"), ("aaa", "helped")]


def test_success_is_wilsons_interval() -> None:
    """The range is Wilson's score interval; worked by hand for 8 of 10 (R3a.1a)."""
    found = success(8, 2)
    assert found is not None
    assert (found.percent, found.low, found.high, found.of) == (80.0, 49.0, 94.3, 10)
    assert success(0, 0) is None


@given(st.integers(0, 500), st.integers(0, 500))
def test_success_is_within_its_range_and_narrows(helped: int, others: int) -> None:
    """0 <= low <= rate <= high <= 100, and ten times the tickets narrow it (R3a.1a)."""
    found = success(helped, others)
    if found is None:
        assert helped + others == 0
        return
    assert 0 <= found.low <= found.percent <= found.high <= 100
    more = success(helped * 10, others * 10)
    assert more is not None
    assert more.high - more.low <= found.high - found.low


_EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda e: ArticlesShown(*_mark(), articles=(e,)), st.sampled_from((FIRST, SECOND))
        ),
        st.builds(
            lambda e, d: ArticleSent(*_mark(), article=e, decision=d, to="ada"),
            st.sampled_from((FIRST, SECOND)),
            st.sampled_from(("sent", "interpreted", "withheld")),
        ),
        st.builds(
            _used,
            st.sampled_from(("shared", "applied", "helped", "no-effect", "harmful", "unknown")),
            st.sampled_from((FIRST, SECOND)),
        ),
    ),
    max_size=12,
)


@given(_EVENTS)
def test_every_revision_has_at_most_one_result_and_was_applied(events: list[AnyEvent]) -> None:
    """Whatever is said in whatever order: one result a revision, and only of what was applied."""
    uses = uses_of(_ticket(*events))
    results = [use.revision for use in uses if use.what in RESULTS]
    applied = {use.revision for use in uses if use.what == "applied"}
    assert len(results) == len(set(results))
    assert set(results) <= applied


def _row(what: Any, person: str, edition: Edition, hour: int, ref: str = "SD-1") -> Row:
    return Row(ref, Use(edition.id, edition.revision, what, NOW + timedelta(hours=hour), person))


def test_recall_is_exactly_those_who_were_given_what_no_longer_holds() -> None:
    """Who was sent or read an earlier revision; not who got the present one only (R3a.2a)."""
    rows = [
        _row("sent", "ada", FIRST, 0, "SD-1"),
        _row("read", "bruno", FIRST, 1, "SD-2"),
        _row("sent", "carla", SECOND, 2, "SD-3"),
        _row("shown", "", FIRST, 3, "SD-4"),
        _row("helped", "", FIRST, 3, "SD-4"),
    ]
    found = recipients(rows, present="bbb")
    assert [(each.person, each.how, each.ref) for each in found] == [
        ("ada", "sent", "SD-1"),
        ("bruno", "read", "SD-2"),
    ]
    assert [each.person for each in recipients(rows, present="")] == ["ada", "bruno", "carla"]
    assert [each.person for each in recipients(rows, present="", wanted="bb")] == ["carla"]


def test_whoever_was_given_the_present_one_afterwards_is_put_right() -> None:
    """A correction counts when it came after the wrong advice, on any ticket (R3a.2a)."""
    rows = [
        _row("sent", "ada", FIRST, 1, "SD-1"),
        _row("sent", "ada", SECOND, 2, "SD-9"),
        _row("sent", "bruno", SECOND, 0, "SD-2"),
        _row("sent", "bruno", FIRST, 1, "SD-2"),
    ]
    found = {each.person: each.corrected_at for each in recipients(rows, present="bbb")}
    assert found == {"ada": NOW + timedelta(hours=2), "bruno": None}


def _ledger(folder: Path, count: int) -> TinyLedger:
    ledger = TinyLedger(str(folder), 5)
    outcomes = ("helped", "no-effect", "harmful")
    with ledger.write() as writer:
        for number in range(count):
            writer.create([_opened(summary=f"request {number}"), _used(outcomes[number % 3])])
            writer.create([_opened(summary=f"without {number}")])
    return ledger


def _quiet(_: int, __: int) -> None:
    return None


def test_the_register_counts_what_the_ledger_says(tmp_path: Path) -> None:
    """From journal, snapshot and after further changes, a recount is the events' own count."""
    ledger, uses = _ledger(tmp_path / "ledger", 9), Uses(str(tmp_path / "cache" / "uses"))
    for _ in range(2):
        uses.recount(ledger, NOW, _quiet)
        assert uses.results() == {("KB-1", "aaa"): {"helped": 3, "no-effect": 3, "harmful": 3}}
        ledger.compact()
    with ledger.write() as writer:
        writer.append(writer.get("SD-1"), [_used("harmful", minutes=30)])
    uses.recount(ledger, NOW, _quiet)
    assert uses.results()["KB-1", "aaa"] == {"helped": 2, "no-effect": 3, "harmful": 4}
    assert (tmp_path / "cache" / "uses").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("folded", [False, True])
def test_catching_up_gives_what_a_recount_gives(tmp_path: Path, folded: bool) -> None:
    """After a while only what changed is read, and the register is as if all had been (R3a.1)."""
    ledger, uses = _ledger(tmp_path / "ledger", 4), Uses(str(tmp_path / "uses"))
    uses.catch_up(ledger, NOW, _quiet)
    with ledger.write() as writer:
        writer.append(writer.get("SD-1"), [_used("no-effect", minutes=10)])
        writer.create([_opened(), _used("helped", SECOND, 10)])
    if folded:
        ledger.compact()
    uses.catch_up(ledger, NOW + timedelta(minutes=1), _quiet)
    assert ("KB-1", "bbb") not in uses.results()  # not yet: it was counted a minute ago
    uses.catch_up(ledger, NOW + timedelta(minutes=11), _quiet)

    whole = Uses("")
    whole.recount(ledger, NOW, _quiet)
    assert sorted(uses.rows()) == sorted(whole.rows())
    assert ("KB-1", "bbb") in uses.results()


def test_the_ids_that_tickets_speak_of_are_known(tmp_path: Path) -> None:
    """Used, shown, sent or not, told of a problem; and apart, what callers claim (R3a.4)."""
    ledger, uses = TinyLedger(str(tmp_path / "ledger"), 5), Uses(str(tmp_path / "uses"))
    kept = ArticleSent(*_mark(), article=Edition("KB-3", "x"), decision="withheld", reason="no")
    told = KnownErrorDeclared(*_mark(), article="KB-4", revision="x", cause="c", workaround="w")
    with ledger.write() as writer:
        writer.create([_opened(), _used("helped"), kept])
        writer.create([_opened(record="problem"), told])
        writer.create([_opened(read=(ArticleUse("KB-5", "shared", "x"),))])
    uses.catch_up(ledger, NOW, _quiet)
    assert uses.ids() == Ids(frozenset({"KB-1", "KB-3", "KB-4"}), frozenset({"KB-5"}))
    with ledger.write() as writer:
        later = ArticlesShown(*_mark(), articles=(Edition("KB-6", "x"),))
        writer.append(writer.get("SD-1"), [later])
    uses.catch_up(ledger, NOW, _quiet)
    assert "KB-6" not in uses.ids().named  # it was counted just now
    uses.catch_up(ledger, NOW, _quiet, fresh_for_s=0)
    assert "KB-6" in uses.ids().named
    whole = Uses("")
    whole.recount(ledger, NOW, _quiet)
    assert whole.ids() == uses.ids()


@pytest.mark.parametrize(("version", "is_kept"), [(1, False), (99, True)])
def test_a_register_of_another_version(tmp_path: Path, version: int, is_kept: bool) -> None:
    """A former one is made anew; one of a later version is left for that, and done without."""
    ledger, path = _ledger(tmp_path / "ledger", 3), str(tmp_path / "uses")
    with sqlite3.connect(path) as other:
        other.executescript(f"CREATE TABLE use (x); PRAGMA user_version = {version}")
    other.close()
    uses = Uses(path)
    uses.catch_up(ledger, NOW, _quiet)
    assert uses.ids().named == {"KB-1"}
    with sqlite3.connect(path) as other:
        assert (other.execute("PRAGMA user_version").fetchone()[0] == version) == is_kept
    other.close()


def test_a_register_that_is_held_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process counts, what was known before is what is known."""
    monkeypatch.setattr("sdcli.knowledge.uses._BUSY_MS", 1)
    ledger, path = _ledger(tmp_path / "ledger", 3), str(tmp_path / "uses")
    Uses(path).recount(ledger, NOW, _quiet)
    uses = Uses(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    uses.catch_up(ledger, NOW, _quiet, fresh_for_s=0)
    assert uses.ids().named == {"KB-1"}
    other.execute("COMMIT")
    other.execute("BEGIN EXCLUSIVE")
    assert uses.ids() == Ids()
    other.close()


def test_another_ledger_is_counted_anew(tmp_path: Path) -> None:
    """What belongs to a ledger that was replaced is forgotten with the next look."""
    path = str(tmp_path / "uses")
    Uses(path).catch_up(_ledger(tmp_path / "one", 6), NOW, _quiet)
    uses = Uses(path)
    uses.catch_up(_ledger(tmp_path / "two", 3), NOW + timedelta(minutes=6), _quiet)
    assert uses.results()["KB-1", "aaa"] == {"helped": 1, "no-effect": 1, "harmful": 1}


def test_clocks_that_go_backwards_lose_nothing(tmp_path: Path) -> None:
    """A look from the future is no reason to look away now (T30)."""
    ledger, uses = _ledger(tmp_path / "ledger", 3), Uses(str(tmp_path / "uses"))
    uses.catch_up(ledger, NOW + timedelta(days=900), _quiet)
    with ledger.write() as writer:
        writer.create([_opened(), _used("helped", SECOND)])
    uses.catch_up(ledger, NOW, _quiet)
    assert ("KB-1", "bbb") in uses.results()


@pytest.mark.parametrize("damage", [b"", b"no database at all", None, b"cut"])
def test_a_damaged_register_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    """Whatever is in the file, the answer is right; the file is only a memory."""
    ledger, path = _ledger(tmp_path / "ledger", 3), tmp_path / "uses"
    Uses(str(path)).recount(ledger, NOW, _quiet)
    raw = path.read_bytes()
    if damage is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(raw[:5000] if damage == b"cut" else damage)
    uses = Uses(str(path))
    uses.recount(ledger, NOW, _quiet)
    assert uses.results()["KB-1", "aaa"] == {"helped": 1, "no-effect": 1, "harmful": 1}


def test_while_another_counts_a_recount_is_exact(tmp_path: Path) -> None:
    """Who must be called is not told from what was counted before (R3a.2a)."""
    ledger, path = _ledger(tmp_path / "ledger", 3), str(tmp_path / "uses")
    Uses(path).recount(ledger, NOW, _quiet)
    with ledger.write() as writer:
        writer.create([_opened(), _used("helped", SECOND)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    uses = Uses(path)
    uses.recount(ledger, NOW, _quiet)
    other.execute("ROLLBACK")
    assert ("KB-1", "bbb") in {(row.use.article, row.use.revision) for row in uses.rows()}


def test_figures_list_the_present_revision_first() -> None:
    """By article, and within it what holds now before what was said earlier (R3a.1a)."""
    rows = [_row("helped", "", FIRST, 0), _row("harmful", "", SECOND, 0, "SD-2")]
    found = figures(rows, {})
    assert {(each.revision, each.helped, each.harmful) for each in found} == {
        ("aaa", 1, 0),
        ("bbb", 0, 1),
    }
    assert not any(each.is_present or each.is_flagged for each in found)
    until = figures(rows, {}, until=datetime(2000, 1, 1, tzinfo=NOW.tzinfo))
    assert until == []
