"""Compaction and archives: nothing is lost on the way, and nothing is found twice."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import LedgerDamagedError, NoSuchTicketError
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny import home as homes
from sdcli.ledger.tiny.document import Document, key_number
from sdcli.ledger.tiny.storage import LedgerStorage
from sdcli.tickets.event import Imported
from sdcli.tickets.query import Query, pressing
from sdcli.tickets.ticket import advance, fold
from sdcli.tickets.words import OPEN_STATUSES, STATUSES
from tests.ledger.making import (
    ALL,
    NOW,
    add,
    close,
    closing,
    compact,
    contents,
    heard,
    home,
    mark,
    names,
    noted,
    opened,
    picture,
    put,
    read,
    reopening,
    tickets,
)
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sdcli.ledger.tiny.home import TinyLedger
    from sdcli.tickets.ticket import Ticket

CLOSED = Query(statuses=("closed",))
MONTH = 24 * 31


@pytest.fixture(name="at_once")
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed tickets leave the snapshot with the next compaction."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, at_once: None) -> Path:
    """Six tickets of three months; those of the odd numbers are closed and archived."""
    assert at_once is None
    folder = tmp_path / "ledger"
    for number in range(1, 7):
        put(folder, f"number {number}", key=f"k{number}", idempotency_key=f"i{number}")
        add(folder, f"SD-{number}", Imported(*mark(1), source=f"s{number}"))
    for number, month in ((1, 0), (3, 1), (5, 2)):
        close(folder, f"SD-{number}", hours=MONTH * month)
    compact(folder)
    return folder


def archives(folder: Path) -> dict[str, list[str]]:
    """The numbers in each archive, by month."""
    found = {}
    for path in sorted((folder / "archive").iterdir()):
        rows = re.findall(r'(?m)^"(\d+)":\{"ref"', path.read_text(encoding="utf-8"))
        found[path.name[:7]] = rows
    return found


def snapshot(folder: Path) -> list[str]:
    """The numbers in the snapshot."""
    text = (folder / "tickets.json").read_text(encoding="utf-8")
    return re.findall(r'(?m)^"(\d+)":\{"ref"', text)


def test_closed_tickets_leave_for_the_archive_of_their_month(folder: Path) -> None:
    """The snapshot has the open tickets, and one archive a month has those closed in it."""
    assert archives(folder) == {"2026-11": ["1"], "2026-12": ["3"], "2027-01": ["5"]}
    assert snapshot(folder) == ["2", "4", "6"]
    assert names(folder) == ["archive", "tickets.journal", "tickets.json", "tickets.lock"]


def test_archived_tickets_are_there(folder: Path) -> None:
    """Archived tickets are looked up, listed in order, and found by what they were sent with."""
    ledger = home(folder)
    refs = [f"SD-{number}" for number in range(1, 7)]
    assert [ticket.ref for ticket in ledger.find(ALL)] == refs
    assert [ledger.get(ref).ref for ref in refs] == refs
    assert [ticket.ref for ticket in ledger.find(CLOSED)] == ["SD-1", "SD-3", "SD-5"]
    assert [ticket.ref for ticket in ledger.find(Query())] == ["SD-2", "SD-4", "SD-6"]
    for number in range(1, 7):
        found = [ledger.by_idempotency_key(f"i{number}"), ledger.by_source(f"s{number}")]
        assert found == [ledger.get(f"SD-{number}")] * 2
        alert = ledger.by_key(f"k{number}")
        assert alert == (None if number % 2 else ledger.get(f"SD-{number}"))
    with pytest.raises(NoSuchTicketError):
        ledger.get("SD-7")


def test_a_compaction_changes_no_answer(folder: Path) -> None:
    """Compaction once more, and again, leaves every ticket and every archive as they were."""
    for number in range(3):
        add(folder, "SD-2", noted(f"{number}"))
        before = tickets(folder), contents(folder / "archive")
        compact(folder)
        assert (tickets(folder), contents(folder / "archive")) == before


def test_a_compaction_without_commits_writes_nothing(folder: Path) -> None:
    """Where the journal holds nothing, there is nothing to fold, and no file is touched."""
    before = {name: at for name, at in picture(folder).items() if not name.endswith(".lock")}
    compact(folder)
    after = {name: at for name, at in picture(folder).items() if not name.endswith(".lock")}
    assert after == before


def test_a_compaction_tidies_where_there_is_nothing_to_fold(folder: Path) -> None:
    """What a killed process left goes, though whoever folded the journal was killed before that."""
    left = folder / "tickets.json.4711.0123abcd.tmp"
    left.write_bytes(b"{")
    compact(folder)
    assert not left.exists()


def test_a_ticket_that_is_reopened_leaves_its_archive(folder: Path) -> None:
    """A reopened ticket is there once, as it is now, before and after it is in the snapshot."""
    add(folder, "SD-3", reopening(MONTH * 3))
    for _ in range(2):
        ledger = home(folder)
        assert [ticket.ref for ticket in ledger.find(ALL)] == [f"SD-{n}" for n in range(1, 7)]
        assert [t.ref for t in ledger.find(Query())] == ["SD-2", "SD-3", "SD-4", "SD-6"]
        assert [ticket.ref for ticket in ledger.find(CLOSED)] == ["SD-1", "SD-5"]
        assert ledger.get("SD-3").status != "closed"
        assert ledger.by_key("k3") == ledger.by_source("s3") == ledger.get("SD-3")
        compact(folder)
    assert snapshot(folder) == ["2", "3", "4", "6"]
    assert archives(folder)["2026-12"] == ["3"]  # stale, until its month is written anew


@pytest.mark.parametrize("between", [False, True], ids=["at once", "with a compaction between"])
@pytest.mark.parametrize("month", [0, 1, 2, 5])
def test_a_ticket_that_is_closed_again(folder: Path, month: int, between: bool) -> None:
    """Reopened and closed again, in whatever month, a ticket is there once, with all its events."""
    add(folder, "SD-3", reopening(MONTH))
    if between:
        compact(folder)
    close(folder, "SD-3", hours=MONTH * month + 3)
    expected = tickets(folder)
    for _ in range(3):
        compact(folder)
        assert tickets(folder) == expected
        ledger = home(folder)
        assert [ticket.ref for ticket in ledger.find(CLOSED)] == ["SD-1", "SD-3", "SD-5"]
        assert ledger.get("SD-3") == expected[2]
        assert len(ledger.get("SD-3").events) == 7
        assert ledger.by_idempotency_key("i3") == ledger.by_source("s3") == expected[2]
        assert ledger.by_key("k3") is None
    assert sum(rows.count("3") for rows in archives(folder).values()) == (1 if month == 1 else 2)


def test_a_stale_row_goes_when_its_archive_is_written_anew(folder: Path) -> None:
    """The next ticket that is closed in that month takes the old row's place."""
    add(folder, "SD-3", reopening(MONTH))
    compact(folder)
    close(folder, "SD-2", hours=MONTH)
    compact(folder)
    assert archives(folder)["2026-12"] == ["2"]
    assert [ticket.ref for ticket in home(folder).find(CLOSED)] == ["SD-1", "SD-2", "SD-5"]


def test_a_note_on_a_closed_ticket_is_not_lost(folder: Path) -> None:
    """An event on a ticket in an archive is in its next row, wherever that is."""
    add(folder, "SD-1", noted("afterwards", MONTH * 4))
    expected = tickets(folder)
    compact(folder)
    assert tickets(folder) == expected
    assert len(expected[0].events) == 5


def test_replaced_archives_are_taken_away(folder: Path) -> None:
    """An archive that was written anew is there once, under the name that the snapshot gives."""
    close(folder, "SD-2", hours=1)
    compact(folder)
    assert archives(folder)["2026-11"] == ["1", "2"]
    assert len(names(folder / "archive")) == 3
    named = {entry.file for entry in Document(str(folder / "tickets.json")).meta.archives}
    assert named == set(names(folder / "archive"))


def test_lists_reach_into_archives_only_for_what_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open tickets are listed without a look into an archive; recent changes open recent ones."""
    asked: list[str] = []
    real = os.open

    def opening(path: Any, *args: Any, **how: Any) -> int:
        asked.extend(re.findall(r"\d{4}-\d\d", os.path.basename(path)))
        return real(path, *args, **how)

    monkeypatch.setattr(os, "open", opening)
    ledger = home(folder)
    list(ledger.find(Query()))
    ledger.most_pressing(Query(), 2)
    ledger.by_key("k1")
    ledger.get("SD-2")
    assert asked == []
    since = NOW + timedelta(hours=MONTH - 1)
    found = [ticket.ref for ticket in ledger.find(Query(touched_since=since))]
    assert found == ["SD-2", "SD-3", "SD-4", "SD-5", "SD-6"]
    assert asked == ["2026-12", "2027-01"]
    list(ledger.find(ALL))
    assert sorted(asked) == ["2026-11", "2026-12", "2027-01"]  # each is opened once


def test_few_closed_tickets_stay_in_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives begin when there are more closed tickets than the threshold, and not before."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 2)
    folder = tmp_path / "ledger"
    for _ in range(4):
        put(folder)
    close(folder, "SD-1", "SD-2")
    compact(folder)
    assert snapshot(folder) == ["1", "2", "3", "4"]
    close(folder, "SD-3")
    compact(folder)
    assert snapshot(folder) == ["4"]
    assert archives(folder) == {"2026-11": ["1", "2", "3"]}


def test_archives_are_tinydb_documents_too(folder: Path) -> None:
    """Each archive has the form of the snapshot: one ticket a line, and whole to its last byte."""
    for path in (folder / "archive").iterdir():
        document = Document(str(path))
        assert document.meta.tickets.rows == 1
        assert document.meta.closed == 1
        whole = path.read_bytes()
        for end in (0, 1, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:end])
            with pytest.raises(LedgerDamagedError, match=re.escape(str(path))):
                Document(str(path))
        path.write_bytes(whole)


def changes(count: int) -> Iterator[int]:
    """Every few bytes, so that a long file takes no longer than a short one."""
    return iter(range(0, count, max(1, count // 300)))


def test_a_damaged_archive_is_damage(folder: Path) -> None:
    """With a byte of an archive changed its ticket is what it was, or the archive is refused."""
    (path,) = (folder / "archive").glob("2026-12*")
    whole, ticket = path.read_bytes(), home(folder).get("SD-3")
    for at in changes(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert home(folder).get("SD-3") == ticket
        except LedgerDamagedError as error:
            assert str(path) in error.message or "SD-3" in error.message  # noqa: PT017
    assert home(folder).get("SD-1").ref == "SD-1"


def without_archives(folder: Path) -> None:
    """A ledger that has lost its archives."""
    for path in (folder / "archive").iterdir():
        path.unlink()


def test_a_missing_archive_is_damage_to_readers(folder: Path) -> None:
    """An archive that the snapshot names and that is not there is told as damage."""
    without_archives(folder)
    ledger = home(folder)
    for attempt in (
        lambda: ledger.get("SD-1"),
        lambda: list(ledger.find(ALL)),
        lambda: ledger.most_pressing(CLOSED, 1),
        lambda: ledger.by_source("s1"),
        lambda: list(ledger.by_sources({"s1"})),
        lambda: ledger.by_idempotency_key("none"),
    ):
        with pytest.raises(LedgerDamagedError, match="is missing"):
            attempt()
    assert ledger.get("SD-2").ref == "SD-2"
    assert len(list(ledger.find(Query()))) == 3


@pytest.mark.parametrize("way", ["look", "append", "compact"])
def test_a_missing_archive_is_damage_to_writers(folder: Path, way: str) -> None:
    """A unit of work that needs an archive that has gone is refused as any damage is."""
    close(folder, "SD-2")
    without_archives(folder)
    before = contents(folder)
    with pytest.raises(LedgerDamagedError, match="is missing"):
        _attempt(folder, way)
    assert contents(folder) == before


def _attempt(folder: Path, way: str) -> None:
    if way == "compact":
        compact(folder)
        return
    with home(folder).write() as writer:
        ticket = writer.get("SD-1")
        if way == "append":
            writer.append(ticket, [noted()])


def folds_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every commit find the journal too long."""
    monkeypatch.setattr(homes, "_LEAST_JOURNAL", 0)
    monkeypatch.setattr(homes, "_MOST_JOURNAL", 0)


def test_a_missing_archive_does_not_stop_a_commit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that needs no archive is recorded, though the folding that it caused is refused."""
    close(folder, "SD-2")
    without_archives(folder)
    folds_at_once(monkeypatch)
    told: list[str] = []
    with home(folder, told.append).write() as writer:
        ref = writer.create([opened("new")]).ref
    assert home(folder).get(ref).summary == "new"
    assert ["is missing" in sentence for sentence in told] == [True]


def test_a_damaged_line_does_not_stop_a_commit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit is recorded though a damaged line keeps the journal from being folded; it tells."""
    file = folder / "tickets.json"
    file.write_bytes(file.read_bytes().replace(b"number 4", b"nUmber 4"))
    before = contents(folder)
    folds_at_once(monkeypatch)
    for number in (7, 8):
        told: list[str] = []
        with home(folder, told.append).write() as writer:
            writer.create([opened(f"number {number}")])
        (said,) = told
        assert said.startswith("The journal could not be folded into a new snapshot: ")
        assert "SD-4" in said
        assert home(folder).get(f"SD-{number}").summary == f"number {number}"
    after = contents(folder)
    assert after.pop("tickets.journal").startswith(before.pop("tickets.journal"))
    assert after == before


def test_a_long_journal_is_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that would become too long is folded with the commit that finds it so."""
    monkeypatch.setattr(homes, "_LEAST_JOURNAL", 2000)
    monkeypatch.setattr(homes, "_MOST_JOURNAL", 2000)
    folder, expected, folded = tmp_path / "ledger", list[str](), 0
    ledger = home(folder)
    for number in range(40):
        with ledger.write() as writer:
            writer.create([opened(f"number {number}")])
        expected.append(f"number {number}")
        length = (folder / "tickets.journal").stat().st_size
        assert length < 2200
        folded += length < 100
        assert read(folder) == expected
        assert [ticket.summary for ticket in ledger.find(ALL)] == expected
    assert folded > 2
    assert heard(folder)[1] == []


def test_a_commit_longer_than_any_journal(tmp_path: Path) -> None:
    """A unit of work that no journal should hold goes into a snapshot at once."""
    folder = tmp_path / "ledger"
    with home(folder).write() as writer:
        for number in range(300):
            writer.create([opened("long " * 400, idempotency_key=str(number))])
    assert (folder / "tickets.journal").stat().st_size < 200
    assert len(tickets(folder)) == 300
    assert home(folder).by_idempotency_key("299") == home(folder).get("SD-300")


# Readers and ledgers that stay open


def test_a_list_outlives_a_compaction(folder: Path) -> None:
    """A list that is about to be read goes on, though an archive it needs is replaced meanwhile."""
    add(folder, "SD-1", reopening())
    stream = home(folder).find(Query())
    close(folder, "SD-2", hours=1)
    compact(folder)
    assert [ticket.ref for ticket in stream] == ["SD-1", "SD-2", "SD-4", "SD-6"]


def test_the_rows_of_a_storage_outlive_a_compaction(folder: Path) -> None:
    """What a script has read can be looked at, though archives are replaced meanwhile."""
    rows = LedgerStorage(str(folder)).read()["tickets"]
    close(folder, "SD-2", hours=1)
    compact(folder)
    assert [row["ref"] for row in rows.values()] == [f"SD-{number}" for number in range(1, 7)]


def test_a_list_goes_on_while_others_compact(folder: Path) -> None:
    """A list that has begun shows its moment to the end, whatever becomes of the files."""
    before = tickets(folder)
    ledger = home(folder)
    stream = iter(ledger.find(ALL))
    seen = [next(stream)]
    for number in (2, 4, 6):
        close(folder, f"SD-{number}", hours=1)
        compact(folder)
        seen.append(next(stream))
    assert [*seen, *stream] == before


def test_a_ledger_object_sees_what_others_do(folder: Path) -> None:
    """One that stays open sees each commit and each compaction of others at the next question."""
    ledger = home(folder)
    assert len(list(ledger.find(ALL))) == 6
    put(folder, "seven", key="k7")
    assert ledger.get("SD-7").summary == "seven"
    compact(folder)
    assert ledger.by_key("k7") == home(folder).get("SD-7")
    close(folder, "SD-7", hours=MONTH)
    assert ledger.by_key("k7") is None
    compact(folder)
    assert ledger.get("SD-7").status == "closed"
    assert list(ledger.find(ALL)) == tickets(folder)
    add(folder, "SD-1", reopening())
    with ledger.write() as writer:
        assert writer.create([opened("eight")]).ref == "SD-8"
        assert writer.get("SD-1").status != "closed"
    assert list(ledger.find(ALL)) == tickets(folder)


def test_a_list_of_the_journal_stands_still(folder: Path) -> None:
    """A list shows one moment of tickets in the journal too, while the same object sees more."""
    add(folder, "SD-2", noted())
    ledger = home(folder)
    before = ledger.get("SD-2")
    stream = ledger.find(Query())
    close(folder, "SD-2", hours=1)
    assert ledger.get("SD-2").status == "closed"
    assert next(iter(stream)) == before


@pytest.mark.parametrize("later", ["a", "alike", "a longer one"])
def test_a_commit_that_failed_is_not_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    """Who looked while a commit was under way does not keep it when it has failed."""
    ledger = home(folder)
    assert len(list(ledger.find(ALL))) == 6

    def fsync(_: int) -> None:
        assert ledger.get("SD-1").ref == "SD-1"
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(Exception, match="Nothing was changed"):
            put(folder, "never")
    put(folder, later)
    assert list(ledger.find(ALL)) == tickets(folder)


class Meter:
    """How much is read of which file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[int] = []
        real = os.pread

        def pread(handle: int, length: int, at: int) -> bytes:
            found = real(handle, length, at)
            self.calls.append(len(found))
            return found

        monkeypatch.setattr(os, "pread", pread)

    def bytes(self, action: Callable[[], object]) -> int:
        """How many bytes an action reads."""
        self.calls.clear()
        action()
        return sum(self.calls)


def test_what_has_not_changed_is_not_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that stays open reads of a journal what was added, and of a snapshot no whole tables."""
    for _ in range(50):
        add(folder, "SD-2", noted("long " * 100))
    ledger, meter = home(folder), Meter(monkeypatch)
    journal = (folder / "tickets.journal").stat().st_size
    assert meter.bytes(lambda: ledger.get("SD-2")) > journal
    size = (folder / "tickets.json").stat().st_size
    assert meter.bytes(lambda: ledger.get("SD-2")) <= size
    before = (folder / "tickets.journal").stat().st_size
    put(folder, "new")
    added = (folder / "tickets.journal").stat().st_size - before
    assert meter.bytes(lambda: ledger.get("SD-7")) <= added + size
    with ledger.write() as writer:
        assert meter.bytes(lambda: writer.create([opened()])) == 0


def filled(folder: Path, count: int) -> None:
    """A ledger with that many tickets in its snapshot."""
    with home(folder).write() as writer:
        for number in range(count):
            writer.create([opened("It is broken " * 4, idempotency_key=f"i{number}")])
    compact(folder)
    assert (folder / "tickets.journal").stat().st_size < 200


def test_a_look_up_reads_a_few_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find a ticket by number or key takes a few small reads, however large the ledger is."""
    most, sizes = [], []
    for count in (100, 1600, 12800):
        folder = tmp_path / str(count)
        filled(folder, count)
        sizes.append((folder / "tickets.json").stat().st_size)
        most.append(most_read(folder, count, monkeypatch))
    assert sizes[2] > 100 * sizes[0] > 5_000_000
    assert most[2] < most[1] + 100_000 < 350_000


def most_read(folder: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The most bytes that a look-up of one of these tickets reads; no single read is large."""
    taken = []
    with monkeypatch.context() as patch:
        meter = Meter(patch)
        for number in (1, count // 3, count // 2, count):
            for look in (
                partial(home(folder).get, f"SD-{number}"),
                partial(home(folder).by_idempotency_key, f"i{number - 1}"),
            ):
                taken.append(meter.bytes(look))
                assert max(meter.calls) < 20_000
    return max(taken)


# Against a plain model


class Step(NamedTuple):
    """Something that happens to the ledger: what, to which ticket, and when."""

    what: str
    which: int
    hours: int


steps = st.builds(
    Step,
    st.sampled_from(["open", "open", "close", "close", "reopen", "note", "compact", "leave"]),
    st.integers(0, 7),
    st.integers(0, 4 * MONTH),
)
KEYS = ("", "a", "b", "c")


class Model:
    """The tickets in a dictionary, and the same tickets in a ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tickets: dict[str, Ticket] = {}
        self.staying: TinyLedger = home(folder)

    def do(self, step: Step) -> None:
        """One step, to both; it is left out where it is not legal."""
        if step.what == "compact":
            home(self.folder).compact()
        elif step.what == "leave":
            self.staying = home(self.folder)
        elif step.what == "open":
            self._open(step)
        elif self.tickets:
            refs = list(self.tickets)
            self._change(refs[step.which % len(refs)], step)

    def _open(self, step: Step) -> None:
        ref = f"SD-{len(self.tickets) + 1}"
        event = opened(
            ref,
            hours=step.hours,
            priority=f"P{step.which % 4 + 1}",
            key=KEYS[step.which % 4],
            idempotency_key=KEYS[step.hours % 4],
        )
        source = Imported(*mark(step.hours), source=f"source {step.hours % 5}")
        with self.staying.write() as writer:
            assert writer.create([event, source]).ref == ref
        self.tickets[ref] = fold(ref, [event, source])

    def _change(self, ref: str, step: Step) -> None:
        before = self.tickets[ref]
        events: tuple[Any, ...] = (noted("x", step.hours),)
        if step.what == "close" and not before.is_closed:
            events = closing(step.hours)
        elif step.what == "reopen" and before.is_closed:
            events = (reopening(step.hours),)
        add(self.folder, ref, *events)
        self.tickets[ref] = advance(before, events)

    def check(self) -> None:
        """Every question has the same answer from the ledger as from the dictionary."""
        for ledger in (self.staying, home(self.folder)):
            for query in (ALL, CLOSED, Query(), Query(priority="P2"), self._touched()):
                self._lists(ledger, query)
            for ref, ticket in self.tickets.items():
                assert ledger.get(ref) == ticket
            self._keys(ledger)
            with pytest.raises(NoSuchTicketError):
                ledger.get(f"SD-{len(self.tickets) + 1}")

    def _touched(self) -> Query:
        return Query(statuses=OPEN_STATUSES, touched_since=NOW + timedelta(hours=2 * MONTH))

    def _lists(self, ledger: TinyLedger, query: Query) -> None:
        expected = [ticket for ticket in self.tickets.values() if query.matches(ticket)]
        assert list(ledger.find(query)) == expected
        sorted_ = pressing(expected)
        for most in (0, 1, 3, 100):
            rest = len(sorted_[most:])
            assert ledger.most_pressing(query, most) == (sorted_[:most], rest)

    def _keys(self, ledger: TinyLedger) -> None:
        newest = list(reversed(self.tickets.values()))
        for key in (*KEYS[1:], "never"):
            alerts = (t for t in newest if t.key == key and not t.is_closed)
            assert ledger.by_key(key) == next(alerts, None)
            sent = (t for t in newest if t.idempotency_key == key)
            assert ledger.by_idempotency_key(key) == next(sent, None)
        for number in range(6):
            found = (t for t in newest if t.source == f"source {number}")
            assert ledger.by_source(f"source {number}") == next(found, None)
        named = {f"source {number}" for number in range(0, 6, 2)} | {"", "nowhere"}
        found = (t for t in self.tickets.values() if t.source and t.source in named)
        assert list(ledger.by_sources(named)) == list(found)


@settings(max_examples=examples(60))
@given(
    given_steps=st.lists(steps, min_size=1, max_size=25),
    closed=st.sampled_from([0, 2]),
    journal=st.sampled_from([0, 3000, 1 << 20]),
)
def test_a_ledger_is_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, given_steps: list[Step], closed: int, journal: int
) -> None:
    """Whatever is opened, closed, reopened, noted and folded, every answer is the model's."""
    model = Model(tmp_path_factory.mktemp("desk") / "ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(compaction, "_MOST_CLOSED", closed)
        patch.setattr(homes, "_LEAST_JOURNAL", journal)
        patch.setattr(homes, "_MOST_JOURNAL", journal)
        for number, step in enumerate(given_steps):
            model.do(step)
            if number % 5 == 0:
                model.check()
        model.check()
        home(model.folder).compact()
        model.check()
    assert set(STATUSES) >= {ticket.status for ticket in model.tickets.values()}


def test_two_keys_with_one_number_are_two_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that share a number in the index never lead to each other's tickets."""
    for module in ("document", "compact", "former"):
        monkeypatch.setattr(f"sdcli.ledger.tiny.{module}.key_number", lambda _: 7)
    folder = tmp_path / "ledger"
    put(folder, "one", idempotency_key="a", key="b")
    put(folder, "two", idempotency_key="b", key="a")
    compact(folder)
    ledger = home(folder)
    assert ledger.by_idempotency_key("a") == ledger.by_key("b") == ledger.get("SD-1")
    assert ledger.by_idempotency_key("b") == ledger.by_key("a") == ledger.get("SD-2")
    assert ledger.by_idempotency_key("c") is None


def test_a_key_has_a_number_that_json_can_hold() -> None:
    """The number of a key is positive and has 63 bits, and is the same on every machine."""
    assert key_number("idempotency one") == 8_458_712_866_570_760_587
    assert all(0 <= key_number(str(n)) < 1 << 63 for n in range(100))


def test_reading_an_archive_touches_nothing(folder: Path) -> None:
    """No question to a ledger with archives writes a byte or takes a lock."""
    before = picture(folder)
    ledger = home(folder)
    list(ledger.find(ALL))
    ledger.most_pressing(CLOSED, 2)
    ledger.by_source("s1")
    ledger.get("SD-5")
    assert picture(folder) == before
