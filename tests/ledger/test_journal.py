"""The journal: every acknowledged commit is there, or its damage is reported; never neither."""

from __future__ import annotations

import errno
import os
import shutil
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import LEDGER_DAMAGED, LedgerBusyError, LedgerDamagedError, MachineError
from sdcli.ledger.tiny.files import set_aside
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.journal import commit_line, header_line, judged
from sdcli.ledger.tiny.lock import locked
from sdcli.ledger.tiny.seal import is_sealed, sealed, unsealed
from tests.ledger.making import (
    ALL,
    NAMES,
    add,
    closing,
    compact,
    contents,
    heard,
    home,
    names,
    noted,
    opened,
    overwrite,
    put,
    read,
    reopening,
    tickets,
)
from tests.sampling import some

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket


class Recorded(NamedTuple):
    """A ledger with commits in its journal.

    Args:
        folder: where it is.
        raw: the bytes of its journal.
        ends: where each line of it ends, the header first.
        states: the tickets after the header, and after each commit.
    """

    folder: Path
    raw: bytes
    ends: list[int]
    states: list[list[Ticket]]

    @property
    def journal(self) -> Path:
        """The file."""
        return self.folder / "tickets.journal"

    def whole(self, length: int) -> int:
        """How many commits have all their bytes, but for the end of line, among the first."""
        return sum(end - 1 <= length for end in self.ends[1:])

    def opens(self, content: bytes) -> tuple[list[Ticket] | None, list[str]]:
        """What is read with this journal, None if it is refused, and what is told.

        As after a crash of the machine, nobody has witnessed how far it had got.
        """
        unwitnessed(self.folder)
        overwrite(self.journal, content)
        try:
            return heard(self.folder)
        except LedgerDamagedError:
            assert self.journal.read_bytes() == content
            return None, []

    def kept(self) -> list[bytes]:
        """What was set aside; it is taken away."""
        damage = self.folder / "damage"
        if not damage.exists():
            return []
        found = [path.read_bytes() for path in sorted(damage.iterdir())]
        shutil.rmtree(damage)
        return found


def unwitnessed(folder: Path) -> None:
    """Take away what is said of the journal outside it."""
    lock = folder / "tickets.lock"
    lock.write_bytes(lock.read_bytes()[:32])


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Two tickets in the snapshot and five commits after it, one of two tickets at once.

    Nothing waits for the disk: these tests ask what stands in a file, and not whether it is there
    after a crash.
    """
    monkeypatch.setattr(os, "fsync", lambda _: None)
    folder = tmp_path / "ledger"
    put(folder, "one", key="k")
    put(folder, "two")
    compact(folder)
    states = [tickets(folder)]

    def step() -> None:
        states.append(tickets(folder))

    put(folder, "drei · 三\n", idempotency_key="i")
    step()
    add(folder, "SD-1", noted("called back"))
    step()
    with home(folder).write() as writer:
        writer.create([opened("four"), noted()])
        writer.append(writer.get("SD-2"), closing())
    step()
    add(folder, "SD-2", reopening())
    step()
    add(folder, "SD-4", noted("last"))
    step()
    raw = (folder / "tickets.journal").read_bytes()
    ends = list(accumulate(len(line) for line in raw.splitlines(keepends=True)))
    assert len(ends) == len(states) == 6
    return Recorded(folder, raw, ends, states)


def test_one_commit_a_line(ledger: Recorded) -> None:
    """Each commit is one sealed line that names its tickets, so `grep` finds what happened."""
    header, *lines = ledger.raw.splitlines()
    assert all(map(is_sealed, [header, *lines]))
    assert [line.count(b'"ref":') for line in lines] == [1, 1, 2, 1, 1]
    assert "drei · 三".encode() in lines[0]
    assert [line.split(b",")[0] for line in lines] == [b'{"commit":%d' % n for n in range(1, 6)]


def test_a_whole_journal_needs_no_mending(ledger: Recorded) -> None:
    """Reading a ledger as it was written tells nothing and touches nothing."""
    before = contents(ledger.folder)
    assert ledger.opens(ledger.raw) == (ledger.states[-1], [])
    assert contents(ledger.folder) == before


def test_a_journal_cut_at_any_byte(ledger: Recorded) -> None:
    """The ledger opens at the last whole commit; the rest is kept, and told of exactly once."""
    for end in sorted({*some(range(len(ledger.raw)), 3), *ledger.ends[:-1]}):
        whole = ledger.whole(end)
        state, told = ledger.opens(ledger.raw[:end])
        assert state == ledger.states[whole], f"byte {end}"
        at = 0 if end < ledger.ends[0] else ledger.ends[whole]
        rest = ledger.raw[at:end]
        assert len(told) == (end not in ledger.ends), f"byte {end}"
        assert b"".join(ledger.kept()) == rest, f"byte {end}"
        assert heard(ledger.folder) == (state, []), f"byte {end}"
        assert ledger.journal.read_bytes() == ledger.raw[: ledger.ends[whole]], f"byte {end}"


@pytest.mark.parametrize("whole", [0, 1, 5])
def test_a_mended_journal_goes_on(ledger: Recorded, whole: int) -> None:
    """After mending, commits follow the last whole one, whoever mends: a reader or a writer."""
    for mending in ("reader", "writer"):
        ledger.journal.write_bytes(ledger.raw[: ledger.ends[whole]] + b'{"commit":9,"ti')
        if mending == "reader":
            read(ledger.folder)
        ref = put(ledger.folder, "next")
        expected = [*ledger.states[whole], home(ledger.folder).get(ref)]
        assert tickets(ledger.folder) == expected
        assert heard(ledger.folder)[1] == []
        compact(ledger.folder)
        assert tickets(ledger.folder) == expected
        again = Recorded(ledger.folder, ledger.raw, ledger.ends, ledger.states)
        assert again.kept() == [b'{"commit":9,"ti']
        restore(ledger)


def restore(ledger: Recorded) -> None:
    """The ledger as the fixture left it; its snapshot is that of the first compaction."""
    lines = (ledger.folder.parent / "snapshot").read_bytes()
    (ledger.folder / "tickets.json").write_bytes(lines)
    ledger.journal.write_bytes(ledger.raw)


@pytest.fixture(autouse=True)
def _first_snapshot(ledger: Recorded) -> None:
    """Keep the snapshot for `restore`."""
    shutil.copy(ledger.folder / "tickets.json", ledger.folder.parent / "snapshot")


def test_what_is_mended_is_told_in_a_sentence(ledger: Recorded) -> None:
    """The sentence names the journal, how much was cut off, and where that is now."""
    _, (said,) = ledger.opens(ledger.raw[:-9])
    length = len(ledger.raw) - 9 - ledger.ends[4]
    (kept,) = (ledger.folder / "damage").iterdir()
    assert str(ledger.journal) in said
    assert f"{length} bytes" in said
    assert str(kept) in said


def test_what_is_kept_is_never_overwritten(ledger: Recorded) -> None:
    """Two rests cut off at one place are two files."""
    for rest in (b"first", b"second"):
        ledger.opens(ledger.raw + rest)
    assert sorted(ledger.kept()) == [b"first", b"second"]


def test_kept_bytes_have_names_of_their_own(tmp_path: Path) -> None:
    """Whatever is there already, what is set aside gets a new name, and is whole."""
    folder = str(tmp_path / "damage")
    made = [set_aside(folder, "x", b"%d" % number, like="") for number in range(3)]
    assert len(set(made)) == 3
    assert sorted(path.read_bytes() for path in (tmp_path / "damage").iterdir()) == [
        b"0",
        b"1",
        b"2",
    ]


def test_zeros_at_the_end(ledger: Recorded) -> None:
    """A file that grew and was not written to, for any length: as a cut at that byte.

    Any number of zeros up to three commits and a bit, and then all the commits there are.
    """
    most = len(ledger.raw) - ledger.ends[2] + 5
    for count in (*some(range(1, most), 3), len(ledger.raw) - ledger.ends[0]):
        end = len(ledger.raw) - count
        whole = ledger.whole(end)
        state, told = ledger.opens(ledger.raw[:end] + b"\0" * count)
        assert state == ledger.states[whole], f"{count} zeros"
        assert len(told) == 1, f"{count} zeros"
        assert heard(ledger.folder) == (state, []), f"{count} zeros"
        ledger.kept()


@pytest.mark.parametrize("count", [1, 100, 511, 512, 4096, 10000])
def test_zeros_behind_the_end(ledger: Recorded, count: int) -> None:
    """Room that was reserved and never used costs no commit."""
    state, told = ledger.opens(ledger.raw + b"\0" * count)
    assert state == ledger.states[-1]
    assert len(told) == 1
    assert heard(ledger.folder) == (state, [])


@pytest.mark.parametrize("page", [512, 4096])
def test_a_page_of_the_last_line_was_not_written(ledger: Recorded, page: int) -> None:
    """Where the disk has the end of the last line and not its middle, it was never acknowledged."""
    before = ledger.states[-1]
    put(ledger.folder, "long " * 2500)
    raw = ledger.journal.read_bytes()
    begin = len(ledger.raw)
    pages = [at for at in range(0, len(raw), page) if begin < at + page < len(raw)]
    assert pages
    for at in pages:
        start = max(begin, at)
        if at + page - start < 512:  # the first page of the line is shared with others
            continue
        torn = raw[:start] + b"\0" * (at + page - start) + raw[at + page :]
        state, told = ledger.opens(torn)
        assert state == before, f"page at {at}"
        assert len(told) == 1
        assert ledger.kept() == [torn[begin:]]
        assert heard(ledger.folder) == (before, [])


@pytest.mark.parametrize("page", [512, 4096])
def test_a_page_of_an_earlier_line_is_damage(ledger: Recorded, page: int) -> None:
    """What other commits follow was acknowledged: its loss is reported, and nothing is cut."""
    put(ledger.folder, "long " * 2500)
    end = ledger.journal.stat().st_size
    put(ledger.folder, "later")
    raw = ledger.journal.read_bytes()
    for at in range(len(ledger.raw), end - page, page):
        assert ledger.opens(raw[:at] + b"\0" * page + raw[at + page :]) == (None, []), at


MASKS = (0x01, 0x02, 0x10, 0x20, 0x80, 0xFF)


def others(byte: int) -> list[int]:
    """What a byte may become."""
    return sorted({*(byte ^ mask for mask in MASKS), 0, ord("\n"), ord('"'), ord("}")} - {byte})


def test_any_changed_byte(ledger: Recorded) -> None:
    """With any byte changed to anything, all commits are there, or the damage is reported.

    Only the very last end of line may change without harm.
    """
    last = len(ledger.raw) - 1
    for at in {*some(range(len(ledger.raw)), 4), last}:
        for other in others(ledger.raw[at]):
            content = ledger.raw[:at] + bytes([other]) + ledger.raw[at + 1 :]
            state, told = ledger.opens(content)
            if state is None:
                assert told == []
                continue
            assert state == ledger.states[-1], f"byte {at} as {other}"
            assert (at, len(told)) == (last, 1), f"byte {at} as {other}"


def test_any_changed_byte_of_a_journal_without_commits(ledger: Recorded) -> None:
    """The first line is guarded as the others are."""
    raw = ledger.raw[: ledger.ends[0]]
    for at, byte in enumerate(raw):
        for other in others(byte):
            state, _ = ledger.opens(raw[:at] + bytes([other]) + raw[at + 1 :])
            assert state in (None, ledger.states[0]), f"byte {at} as {other}"


def test_a_damaged_journal_is_refused_to_all(ledger: Recorded) -> None:
    """Neither readers nor writers nor compaction go past damage, and they name byte and ticket."""
    damaged = bytearray(ledger.raw)
    damaged[ledger.ends[1] + 60] ^= 1
    ledger.journal.write_bytes(damaged)
    before = contents(ledger.folder)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match=f"byte {ledger.ends[1]}, about SD-1,") as told:
            attempt(ledger.folder)
        assert told.value.exit_code == LEDGER_DAMAGED == 7
    assert contents(ledger.folder) == before


def test_lines_that_are_there_twice_or_not_at_all(ledger: Recorded) -> None:
    """A commit that was doubled, dropped or moved breaks the count, as no seal would tell."""
    header, *lines = ledger.raw.splitlines(keepends=True)
    arrangements = [
        [lines[0], lines[0], *lines[1:]],
        [*lines, lines[-1]],
        [*lines, lines[0]],
        lines[1:],
        [lines[0], *lines[2:]],
        [lines[1], lines[0], *lines[2:]],
        [header, *lines],
    ]
    for arranged in arrangements:
        assert ledger.opens(b"".join([header, *arranged])) == (None, [])


def test_a_sealed_line_that_is_no_commit_is_damage(ledger: Recorded) -> None:
    """A seal alone makes no commit: the line must say what was done to which ticket."""
    lines = (
        b"{}",
        b'{"commit":6}',
        b'{"commit":"6","tickets":[]}',
        b'{"commit":6,"tickets":[{"ref":"SD-1"}]}',
    )
    for line in lines:
        assert ledger.opens(ledger.raw + sealed(line) + b"\n") == (None, [])


def test_a_commit_that_cannot_follow_is_damage(ledger: Recorded) -> None:
    """Events that are not legal in this order are refused by the number of their ticket."""
    first = ledger.raw.splitlines()[1]
    doubled = sealed(unsealed(first).replace(b'"commit":1', b'"commit":6')) + b"\n"
    ledger.journal.write_bytes(ledger.raw + doubled)
    with pytest.raises(LedgerDamagedError, match="ticket SD-3 cannot be read"):
        read(ledger.folder)
    assert home(ledger.folder).get("SD-2").ref == "SD-2"


def test_a_journal_that_is_missing_is_damage(ledger: Recorded) -> None:
    """Without its journal a snapshot is a ledger that lost something; nothing is begun anew."""
    ledger.journal.unlink()
    before = contents(ledger.folder)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match=r"tickets\.journal.*the file is missing"):
            attempt(ledger.folder)
    assert contents(ledger.folder) == before


def test_a_journal_that_was_emptied_is_told_for_what_it_is(ledger: Recorded) -> None:
    """No crash empties a journal, whose first line came in one step: a backup is asked for."""
    found, told = ledger.opens(b"")
    assert found == ledger.states[0]
    assert len(told) == 1
    assert "compare with a backup" in told[0]


@pytest.mark.parametrize(
    "content",
    [
        b"hello\n",
        b"{}\n",
        b'{"format":2}\n',
        b"\n",
        b"\n" * 5,
        b"SQLite format 3\0" + b"\0" * 4096,
        b"\x89PNG\r\n",
        b"<<<<<<< HEAD\n",
        sealed(b'{"a":1}') + b"\n",
    ],
)
def test_what_is_no_journal_is_refused(ledger: Recorded, content: bytes) -> None:
    """Another program's file in the journal's place is damage, and is left alone."""
    assert ledger.opens(content) == (None, [])
    with pytest.raises(LedgerDamagedError, match="its first line is not what was written"):
        put(ledger.folder)
    assert ledger.journal.read_bytes() == content


def test_a_newer_journal_is_left_to_a_newer_program(ledger: Recorded) -> None:
    """A journal of the third format is refused with a word about it."""
    header, *lines = ledger.raw.splitlines(keepends=True)
    newer = sealed(unsealed(header[:-1]).replace(b'"format":2', b'"format":3')) + b"\n"
    ledger.journal.write_bytes(b"".join([newer, *lines]))
    with pytest.raises(LedgerDamagedError, match=r"format 3.*newer sdcli"):
        read(ledger.folder)


def other(folder: Path, *summaries: str, compactions: int) -> Path:
    """The journal of another ledger, with a commit in it."""
    for summary in summaries:
        put(folder, summary)
    for number in range(compactions):
        put(folder, f"{number}")
        compact(folder)
    put(folder, "foreign")
    return folder / "tickets.journal"


@pytest.mark.parametrize("compactions", [1, 2, 5])
def test_the_journal_of_another_ledger_is_damage(
    ledger: Recorded, tmp_path: Path, compactions: int
) -> None:
    """A journal that continues another snapshot, of this generation or a later one, is refused."""
    foreign = other(tmp_path / "other", "a longer summary than mine", compactions=compactions)
    assert ledger.opens(foreign.read_bytes()) == (None, [])
    with pytest.raises(LedgerDamagedError, match="continues another snapshot"):
        put(ledger.folder)


def test_the_journal_of_a_younger_ledger_is_damage(ledger: Recorded, tmp_path: Path) -> None:
    """A journal of an earlier generation that this snapshot has not folded is refused."""
    foreign = other(tmp_path / "other", "one", compactions=0)
    compact(ledger.folder)
    put(ledger.folder, "acknowledged")
    assert ledger.opens(foreign.read_bytes()) == (None, [])


def test_the_journal_of_a_ledger_of_the_same_size_is_damage(
    ledger: Recorded, tmp_path: Path
) -> None:
    """Two ledgers with as many tickets of as many bytes have journals of their own."""
    folders = [tmp_path / name for name in ("a", "b")]
    journals = [other(folder, folder.name, compactions=1) for folder in folders]
    shutil.copy(journals[0], journals[1])
    with pytest.raises(LedgerDamagedError):
        read(folders[1])
    assert ledger.raw


def test_the_journal_of_the_generation_before_is_known_as_folded(ledger: Recorded) -> None:
    """A crash between the two renames loses and doubles nothing; the next commit tidies up."""
    compact(ledger.folder)
    assert ledger.opens(ledger.raw) == (ledger.states[-1], [])
    assert ledger.journal.read_bytes() == ledger.raw
    ref = put(ledger.folder, "next")
    assert [ticket.ref for ticket in tickets(ledger.folder)][-1] == ref == "SD-5"
    assert tickets(ledger.folder)[:-1] == ledger.states[-1]
    assert ledger.journal.read_bytes().count(b"\n") == 2


def test_a_torn_journal_of_the_generation_before_is_known_as_folded(ledger: Recorded) -> None:
    """What follows in a journal that a snapshot has folded is of no interest."""
    compact(ledger.folder)
    for content in (ledger.raw[:-3], ledger.raw + b"\0" * 600):
        assert ledger.opens(content) == (ledger.states[-1], [])


@pytest.mark.parametrize("before", [5, 0])
def test_a_journal_that_is_cut_under_an_open_ledger(ledger: Recorded, before: int) -> None:
    """A ledger that stays open writes nothing behind bytes that have gone since it looked."""
    unwitnessed(ledger.folder)
    overwrite(ledger.journal, ledger.raw[: ledger.ends[before]])
    staying = home(ledger.folder)
    assert list(staying.find(ALL)) == ledger.states[before]
    overwrite(ledger.journal, ledger.raw[: ledger.ends[before] - 20])
    with staying.write() as writer:
        ref = writer.create([opened("next")]).ref
    assert [ticket.ref for ticket in tickets(ledger.folder)][-1] == ref
    assert b"".join(ledger.kept()).startswith((b'{"commit":', b'{"format":'))


def test_nobody_mends_while_somebody_writes(ledger: Recorded) -> None:
    """Half a line under a held lock is a commit being made: readers see the state before it."""
    half = ledger.raw[:-9]
    with locked(str(ledger.folder / "tickets.lock"), 0):
        assert ledger.opens(half) == (ledger.states[4], [])
        assert ledger.journal.read_bytes() == half
        with pytest.raises(LedgerBusyError), home_without_patience(ledger.folder).write():
            pass
        assert ledger.journal.read_bytes() == half
    assert len(heard(ledger.folder)[1]) == 1


def home_without_patience(folder: Path) -> TinyLedger:
    """A ledger that does not wait for the lock."""
    return TinyLedger(str(folder), 0)


def test_a_reader_sees_a_line_when_it_is_whole(ledger: Recorded) -> None:
    """A reader that stays open beside a writer sees the commit as soon as its line has an end."""
    reader = home(ledger.folder)
    with locked(str(ledger.folder / "tickets.lock"), 0):
        for end in range(ledger.ends[4], len(ledger.raw) + 1, 7):
            ledger.journal.write_bytes(ledger.raw[:end])
            assert [t.ref for t in reader.find(ALL)] == ["SD-1", "SD-2", "SD-3", "SD-4"]
            assert reader.get("SD-4") == ledger.states[4][3]
        ledger.journal.write_bytes(ledger.raw)
        assert list(reader.find(ALL)) == ledger.states[5]


class _FullDiskError(OSError):
    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "No space left on device")


def full(*_: object, **__: object) -> int:
    """What a full disk does."""
    raise _FullDiskError


def test_a_commit_without_its_end_survives_a_full_disk(
    ledger: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mending the end of a whole line never puts the line itself at risk."""
    ledger.journal.write_bytes(ledger.raw[:-1])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(MachineError):
            put(ledger.folder)
    assert tickets(ledger.folder) == ledger.states[-1]


def test_a_torn_journal_is_read_on_a_full_disk(
    ledger: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who only reads is answered, though nothing can be mended now."""
    ledger.journal.write_bytes(ledger.raw[:-9])
    monkeypatch.setattr("sdcli.ledger.tiny.journal.set_aside", full)
    assert tickets(ledger.folder) == ledger.states[4]


@pytest.mark.parametrize("call", ["ftruncate", "write", "fsync", "open"])
def test_a_mending_that_fails_can_be_tried_again(
    ledger: Recorded, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Where the rest cannot be cut off, no whole commit is lost, and the next one mends it."""
    ledger.journal.write_bytes(ledger.raw[:-9])
    real = getattr(os, call)

    def fail(*args: object) -> object:
        if call == "open" and not str(args[0]).endswith(".journal"):
            return real(*args)
        raise _FullDiskError

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        try:
            read(ledger.folder)
        except MachineError as error:
            assert "failed" in error.message  # noqa: PT017 - it may also have been unnecessary
    assert tickets(ledger.folder) == ledger.states[4]
    assert heard(ledger.folder)[1] == []
    assert put(ledger.folder) == "SD-5"


def test_the_rest_of_an_append_is_judged() -> None:
    """What an append can leave behind is torn; what it cannot leave behind is damage."""
    line = commit_line(7, ())
    assert judged(b"", 6) == "nothing"
    assert {judged(line[:end], 6) for end in range(1, len(line) - 1)} == {"torn"}
    assert judged(line[:-1], 6) == "unended"
    assert judged(line[:-1] + b"\0" * 600, 6) == "unended"
    assert judged(line[:-1] + b"x", 6) == "damaged"
    assert judged(line, 7) == "damaged"
    assert judged(b"\0" * 600, 6) == "torn"
    assert judged(line[:5] + b"\0" * 512 + line[5:], 6) == "torn"
    assert judged(line[:5] + b"\0" * 511 + line[5:], 6) == "damaged"
    assert judged(line[:5] + b"\0" * 512 + line[5:] + line, 6) == "damaged"


def test_the_header_names_the_snapshot(ledger: Recorded) -> None:
    """A journal says which generation it continues, and the checksum of that snapshot."""
    last = (ledger.folder / "tickets.json").read_bytes().splitlines()[-1]
    seal = last[-len('00000000"}}}') :][:8].decode()
    assert ledger.raw.startswith(header_line(2, seal))


def test_a_commit_changes_nothing_but_the_end(ledger: Recorded) -> None:
    """A commit appends one line to the journal, however large the ledger is, and no other byte."""
    before, inode = contents(ledger.folder), ledger.journal.stat().st_ino
    put(ledger.folder, "six")
    after = contents(ledger.folder)
    assert after["tickets.json"] == before["tickets.json"]
    assert after["tickets.journal"].startswith(ledger.raw)
    assert after["tickets.journal"].count(b"\n") == ledger.raw.count(b"\n") + 1
    assert ledger.journal.stat().st_ino == inode
    assert names(ledger.folder) == NAMES


@pytest.mark.parametrize("left", [0, 1, 3, 4])
def test_acknowledged_commits_that_are_gone_are_told(ledger: Recorded, left: int) -> None:
    """A journal cut between two commits looks whole; it is told, once, and no reference comes twice."""
    overwrite(ledger.journal, ledger.raw[: ledger.ends[left]])
    assert "acknowledged commits are gone" in str(
        home(ledger.folder).examine(lambda *_: None).findings
    )
    found, told = heard(ledger.folder)
    assert found == ledger.states[left]
    assert len(told) == 1
    assert "references that were given out are not used again" in told[0]
    assert heard(ledger.folder) == (ledger.states[left], [])
    assert put(ledger.folder) == "SD-5"
    assert home(ledger.folder).examine(lambda *_: None).findings == ()


def test_no_backup_is_made_of_less_than_was_acknowledged(ledger: Recorded, tmp_path: Path) -> None:
    """Where commits are known to be gone, a backup is refused."""
    overwrite(ledger.journal, ledger.raw[: ledger.ends[2]])
    with pytest.raises(LedgerDamagedError, match="acknowledged commits are gone"):
        home(ledger.folder).back_up(str(tmp_path / "b.tar"), lambda *_: None)
