"""The doctor: every damage is found and named, and a repair saves all that can be read."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tinydb import TinyDB

from sdcli.errors import LEDGER_BUSY, LEDGER_DAMAGED, UNEXPECTED, MachineError, NoSuchTicketError
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny.document import Document, key_line, ticket_line
from sdcli.ledger.tiny.journal import Change, commit_line
from sdcli.ledger.tiny.lock import locked
from sdcli.ledger.tiny.rows import row_bytes
from sdcli.ledger.tiny.seal import sealed, unsealed
from sdcli.tickets import base as event_module
from sdcli.tickets.event import Noted, Stamp
from sdcli.tickets.ticket import fold
from tests.ledger.making import (
    DYING,
    NOW,
    add,
    close,
    compact,
    contents,
    formerly,
    home,
    names,
    noted,
    opened,
    overwrite,
    picture,
    put,
    reopening,
    snapshot_of,
    tickets,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.ledger.interface import Examination, Mended
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

TORTURE = bool(os.environ.get("SDCLI_TORTURE"))
"""Whether every byte is changed in every way, which takes a quarter of an hour."""
SNAPSHOT, JOURNAL, ARCHIVE = "tickets.json", "tickets.journal", "archive/2026-11.2.json"
FILES = (SNAPSHOT, JOURNAL, ARCHIVE)
STAMP = Stamp(at=NOW, by="doctor")
REFS = [f"SD-{number}" for number in range(1, 12)]


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del done, total


def examine(folder: Path) -> Examination:
    """What the doctor finds."""
    return home(folder).examine(unheard)


def repair(folder: Path) -> Mended:
    """What the doctor saves; the ledger must be sound afterwards."""
    mended = home(folder).repair(STAMP, unheard)
    assert examine(folder).findings == ()
    return mended


def found(folder: Path) -> list[tuple[str, str, str]]:
    """The findings as file, reference and problem."""
    return [
        (os.path.relpath(each.file, folder), each.ref, each.problem)
        for each in examine(folder).findings
    ]


def by_ref(folder: Path) -> dict[str, Ticket]:
    """All tickets by their references."""
    return {ticket.ref: ticket for ticket in tickets(folder)}


def differing(before: dict[str, Ticket], folder: Path) -> set[str]:
    """The references of tickets that are not as they were, gone ones and new ones included."""
    now = by_ref(folder)
    return {ref for ref in before.keys() | now.keys() if before.get(ref) != now.get(ref)}


def line_at(raw: bytes, at: int) -> tuple[int, int]:
    """Where the line with this byte begins, and where the next one does."""
    return raw.rfind(b"\n", 0, at) + 1, (raw.find(b"\n", at) + 1) or len(raw)


def about(line: bytes) -> set[str]:
    """The references that a line is about."""
    return {ref.decode() for ref in re.findall(rb'"ref":"(SD-\d+)"', line)}


def line_of(raw: bytes, ref: str) -> tuple[int, int]:
    """Where the line of a ticket begins in a document, and where the next one does."""
    return line_at(raw, raw.index(b'{"ref":"%s"' % ref.encode()))


def build(folder: Path) -> None:
    """Ten tickets: four left for an archive, one of them came back; then six commits."""
    for number in range(1, 11):
        put(
            folder,
            f"ticket {number} · {'text ' * (number % 4)}",
            key=f"k{number}" if number % 3 == 0 else "",
            idempotency_key=f"i{number}" if number % 2 else "",
            payload={"labels": {"a": [number, None, 1.5]}} if number == 5 else None,
        )
    close(folder, "SD-2", "SD-3", "SD-4", "SD-7")
    compact(folder)
    add(folder, "SD-3", reopening())
    compact(folder)
    add(folder, "SD-1", noted("first"))
    add(folder, "SD-4", reopening())
    put(folder, "in the journal", key="zz")
    add(folder, "SD-1", noted("second"))
    add(folder, "SD-11", noted("third"))
    with home(folder).write() as writer:
        for ref in ("SD-5", "SD-8"):
            writer.append(writer.get(ref), [noted("both")])


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with snapshot, journal and archive; the same bytes whenever it is made."""
    folder = tmp_path_factory.mktemp("doctor") / "ledger"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", Random(7).randbytes)
        patch.setattr(event_module, "_sequence", itertools.count())
        patch.setattr(compaction, "_MOST_CLOSED", 2)
        build(folder)
    assert set(contents(folder)) == set(FILES)
    assert examine(folder).findings == ()
    return folder


@pytest.fixture(name="folder")
def _folder(made: Path, desk_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that ledger, at its place in a desk."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 2)
    shutil.copytree(made, desk_dir / "ledger")
    return desk_dir / "ledger"


@pytest.fixture(name="before")
def _before(made: Path) -> dict[str, Ticket]:
    """The tickets of that ledger."""
    assert list(by_ref(made)) == REFS
    return by_ref(made)


def test_a_sound_ledger_is_told_as_one(folder: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Nothing wrong is exit 0 and a sentence with counts; --json has the same."""
    assert "sound: 11 tickets, 1 archive, 6 commits" in sd("doctor").stdout
    told = sdj("doctor")
    assert told["sound"] is True
    assert (told["tickets"], told["archives"], told["commits"]) == (11, 1, 6)
    assert told["findings"] == told["remarks"] == []
    before = picture(folder)
    assert "sound" in sd("doctor", "--repair").stdout
    after = picture(folder)
    del before[str(folder / "tickets.lock")], after[str(folder / "tickets.lock")]
    assert before == after


def test_a_desk_without_a_ledger_is_sound(sdj: JsonRunner, desk_dir: Path) -> None:
    """Where there is no ledger yet, there is nothing wrong, and none is made."""
    assert sdj("doctor")["sound"] is True
    assert not (desk_dir / "ledger").exists()


def test_a_desk_without_a_ledger_needs_no_repair(sdj: JsonRunner, desk_dir: Path) -> None:
    """Where there is no ledger yet, a repair has nothing to do, and none is made."""
    assert sdj("doctor", "--repair")["kept"] == []
    assert not (desk_dir / "ledger" / SNAPSHOT).exists()


KINDS = ("a bit", "a line end", "a NUL", "a quote", "a digit", "any byte")


def changed(byte: int, kind: str, chance: Random) -> int:
    """Another byte in its place."""
    if kind == "a bit":
        return byte ^ 1 << chance.randrange(8)
    if kind == "any byte":
        return byte ^ chance.randrange(1, 256)
    if kind == "a digit":
        return 48 + (byte - 47) % 10
    return {"a line end": 10, "a NUL": 0, "a quote": 34}[kind]


def offsets(raw: bytes, chance: Random) -> list[int]:
    """Bytes to change: all, or a sample of any and of those at the ends of lines."""
    if TORTURE:
        return list(range(len(raw)))
    ends = [
        match.start() + more for match in re.finditer(rb"\n", raw) for more in (-2, -1, 0, 1, 4)
    ]
    ends = [at for at in ends if 0 <= at < len(raw)]
    return sorted({0, len(raw) - 1, *chance.sample(range(len(raw)), 25), *chance.sample(ends, 12)})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_found_named_and_put_right(
    name: str,
    kind: str,
    made: Path,
    folder: Path,
    before: dict[str, Ticket],
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever byte it is: file and ticket are named, and a repair gives the very same ledger."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nobody pulls the plug
    chance, raw = Random(f"{name} {kind}"), (made / name).read_bytes()
    assert len(tickets(folder)) == 11
    for at in offsets(raw, chance):
        byte = changed(raw[at], kind, chance)
        if byte == raw[at] or (byte == 10 and raw[at - 1 : at] in (b",", b"\n")):
            continue  # see test_a_line_parted_in_two_is_joined_again
        damaged = raw[:at] + bytes([byte]) + raw[at + 1 :]
        shutil.rmtree(folder)
        shutil.copytree(made, folder)
        (folder / name).write_bytes(damaged)
        case = f"byte {at} from {raw[at : at + 1]!r} to {bytes([byte])!r}"

        findings = found(folder)
        assert name in {file for file, _, _ in findings}, case
        named, (start, end) = {ref for _, ref, _ in findings}, line_at(raw, at)
        readable = about(damaged[start:end])
        assert readable & named or not readable & about(raw[start:end]), case

        mended = repair(folder)
        assert differing(before, folder) == set(), case
        assert (mended.tickets, mended.lost, mended.doubtful) == (11, (), ()), case
        assert Document(str(folder / SNAPSHOT)).meta.next == 12, case
        assert damaged in [Path(kept).read_bytes() for kept in mended.kept], case
        assert {Path(kept).parent for kept in mended.kept} == {folder / "damage"}, case


def test_no_other_ticket_is_named(folder: Path) -> None:
    """A commit whose reference was hit is not said to be about the ticket of another commit."""
    overwrite(folder / JOURNAL, (folder / JOURNAL).read_bytes().replace(b'"ref"', b'"rxf"', 1))
    assert {ref for _, ref, _ in found(folder)} <= {"", "SD-1"}


@pytest.mark.parametrize(
    ("name", "before_it"), [(SNAPSHOT, b","), (ARCHIVE, b","), (JOURNAL, b"\n")]
)
def test_a_line_parted_in_two_is_joined_again(
    folder: Path, before: dict[str, Ticket], name: str, before_it: bytes
) -> None:
    """A line end in place of the quote behind a comma, or of a commit's first byte."""
    raw = (folder / name).read_bytes()
    at = raw.index(b'"status"' if name != JOURNAL else b'{"commit":3')
    assert raw[at - 1 : at] == before_it
    overwrite(folder / name, raw[:at] + b"\n" + raw[at + 1 :])
    assert repair(folder).lost == ()
    assert differing(before, folder) == set()


def test_damage_is_told_with_exit_7(folder: Path, sd: Runner, sdj: JsonRunner) -> None:
    """`doctor` exits 7, names file, byte and ticket, and says what to do; `--repair` mends it."""
    raw = (folder / SNAPSHOT).read_bytes()
    start, _ = line_of(raw, "SD-6")
    overwrite(folder / SNAPSHOT, raw.replace(b"ticket 6", b"ticket 0", 1))

    told = sd("doctor", expect=LEDGER_DAMAGED)
    assert f"{folder / SNAPSHOT}, byte {start}: SD-6: " in told.stdout
    assert "sdcli doctor --repair" in told.stderr
    document = sdj("doctor", expect=LEDGER_DAMAGED)
    assert document["sound"] is False
    assert (str(folder / SNAPSHOT), start, "SD-6") in [
        (each["file"], each["at"], each["ref"]) for each in document["findings"]
    ]

    mended = sd("doctor", "--repair")
    assert "whole again: 11 tickets" in mended.stdout
    kept = folder / "damage" / "tickets.json.1"
    assert f"The damaged file is kept as {kept}." in mended.stdout
    assert b"ticket 0" in kept.read_bytes()
    assert sdj("doctor")["sound"] is True


def test_a_loss_is_told_with_exit_7(folder: Path, sd: Runner) -> None:
    """What a repair could not save is named, with exit 7; the reference is not used again."""
    raw = (folder / SNAPSHOT).read_bytes()
    start, end = line_of(raw, "SD-10")
    overwrite(folder / SNAPSHOT, raw[:start] + b"?" * (end - start - 2) + raw[end - 2 :])

    mended = sd("doctor", "--repair", expect=LEDGER_DAMAGED)

    assert "could not be read: SD-10." in mended.stdout
    assert "sound: 10 tickets" in sd("doctor").stdout
    assert "no ticket SD-10" in sd("show", "10", expect=3).stderr
    assert put(folder) == "SD-12"


def test_the_doctor_takes_no_lock_and_changes_nothing(folder: Path, sd: Runner) -> None:
    """While another holds the lock a damaged ledger is examined, and no byte, mode or time changes."""
    overwrite(
        folder / SNAPSHOT, (folder / SNAPSHOT).read_bytes().replace(b"ticket 6", b"ticket 0", 1)
    )
    overwrite(folder / JOURNAL, (folder / JOURNAL).read_bytes() + b'{"commit":7,"tick')
    with locked(str(folder / "tickets.lock"), 1):
        before = picture(folder)
        told = sd("doctor", expect=LEDGER_DAMAGED, env={"SDCLI_LOCK_WAIT": "0"})
        assert "SD-6" in told.stdout
        assert picture(folder) == before


def test_a_repair_waits_for_the_lock(folder: Path, sd: Runner) -> None:
    """While another holds the lock a repair exits 6 and leaves everything as it is."""
    overwrite(folder / SNAPSHOT, b"")
    with locked(str(folder / "tickets.lock"), 1):
        before = picture(folder)
        told = sd("doctor", "--repair", expect=LEDGER_BUSY, env={"SDCLI_LOCK_WAIT": "0"})
        assert "try again" in told.stderr
        assert picture(folder) == before


def notes(ticket: Ticket) -> list[str]:
    """What is written on a ticket."""
    return [event.text for event in ticket.events if isinstance(event, Noted)]


def require_told(before: dict[str, Ticket], folder: Path, mended: Mended) -> None:
    """Every difference is among what was told, doubtful tickets say so, and lost ones are gone."""
    now = by_ref(folder)
    told = {*mended.lost, *mended.doubtful}
    assert differing(before, folder) <= told
    assert now.keys() <= before.keys()
    assert mended.tickets == len(now)
    for ref in mended.doubtful:
        assert "look it over" in notes(now[ref])[-1]
        assert str(folder / "damage") in notes(now[ref])[-1]
        assert now[ref].events[-1].by == "doctor"


def test_a_line_too_long_to_be_put_right_is_in_doubt(
    folder: Path, before: dict[str, Ticket]
) -> None:
    """In a line of 70 kB a byte cannot be put right: the ticket has a note, or it is lost."""
    put(folder, "long", details="0123456789" * 7000)
    compact(folder)
    before = {**before, "SD-12": tickets(folder)[-1]}
    raw, chance, seen = (folder / SNAPSHOT).read_bytes(), Random(3), set()
    start, end = line_of(raw, "SD-12")
    clean = contents(folder)
    for at in (start + 1, start + 8, end - 5, *(chance.randrange(start, end) for _ in range(9))):
        shutil.rmtree(folder / "damage", ignore_errors=True)
        for name, content in clean.items():
            overwrite(folder / name, content)
        overwrite(folder / SNAPSHOT, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert (SNAPSHOT, "SD-12") in {(file, ref) for file, ref, _ in found(folder)}
        mended = repair(folder)
        require_told(before, folder, mended)
        assert {*mended.lost, *mended.doubtful} <= {"SD-12"}
        seen |= {"lost"} if mended.lost else {"doubtful"} if mended.doubtful else {"right"}
    assert "doubtful" in seen


Span = tuple[int, int]


def havoc(raw: bytes, chance: Random) -> tuple[bytes, list[Span]]:
    """A file after something happened to it, and the bytes that it happened to."""
    size, kind = len(raw), chance.choice(["bytes", "block", "zeros", "line", "noise", "cut"])
    if kind == "bytes":
        picked = sorted(chance.sample(range(size), chance.choice([2, 3, 5, 20])))
        spans = [(at, at + 1) for at in picked]
    elif kind in ("block", "zeros"):
        start = chance.randrange(size)
        spans = [(start, min(size, start + chance.choice([16, 64, 512])))]
    elif kind == "cut":
        spans = [(chance.randrange(size), size)]
    else:
        spans = [line_at(raw, chance.randrange(size))]
    for start, end in reversed(spans):
        new = {"cut": b"", "line": b"", "zeros": bytes(end - start)}
        raw = raw[:start] + new.get(kind, chance.randbytes(end - start)) + raw[end:]
    return raw, spans


def touched(raw: bytes, spans: Iterable[Span]) -> set[str]:
    """The references in the lines that were touched."""
    refs = set()
    for start, end in spans:
        at = start
        while at < end:
            first, after = line_at(raw, at)
            refs |= about(raw[first:after])
            at = after
    return refs


@pytest.mark.parametrize("name", FILES)
def test_havoc_stays_where_it_was(
    name: str,
    made: Path,
    folder: Path,
    before: dict[str, Ticket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bytes, blocks, whole lines destroyed: what lies elsewhere in the files is as it was."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    raw = (made / name).read_bytes()
    for seed in range(1000 if TORTURE else 60):
        damaged, spans = havoc(raw, Random(f"{name} {seed}"))
        shutil.rmtree(folder)
        shutil.copytree(made, folder)
        (folder / name).write_bytes(damaged)
        mended = repair(folder)
        assert differing(before, folder) <= touched(raw, spans), f"seed {seed}: {spans}"
        assert set(mended.lost) | set(mended.doubtful) <= set(REFS)


@pytest.mark.parametrize("name", [SNAPSHOT, ARCHIVE])
def test_havoc_in_a_document_is_told(
    name: str, folder: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was destroyed in a document: each ticket that differs is named, or it is as it was."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    shutil.rmtree(folder)
    shutil.copytree(made, folder)
    close(folder, "SD-3", "SD-4", "SD-10", hours=3)
    compact(folder)  # nothing in the archive is out of date
    archive = "archive/" + names(folder / "archive")[0]
    before, clean, ways = by_ref(folder), contents(folder), set()
    name = name if name == SNAPSHOT else archive
    for seed in range(1000 if TORTURE else 60):
        damaged, _ = havoc(clean[name], Random(f"told {name} {seed}"))
        if damaged == clean[name]:
            continue
        shutil.rmtree(folder)
        for file, content in clean.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        (folder / name).write_bytes(damaged)
        assert name in {file for file, _, _ in found(folder)}, f"seed {seed}"
        mended = repair(folder)
        if not mended.remarks:  # which say that more is gone than can be named
            require_told(before, folder, mended)
        ways |= {"lost"} if mended.lost else {"doubtful"} if mended.doubtful else {"right"}
    assert {"lost", "right"} <= ways


def test_havoc_everywhere_leaves_a_sound_ledger(
    made: Path, folder: Path, before: dict[str, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happened to all files at once: one repair ends it, and invents no ticket."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    for seed in range(1000 if TORTURE else 25):
        chance, hit = Random(f"everywhere {seed}"), set[str]()
        shutil.rmtree(folder)
        shutil.copytree(made, folder)
        for name in FILES:
            raw = (made / name).read_bytes()
            damaged, spans = havoc(raw, chance)
            (folder / name).write_bytes(damaged)
            hit |= touched(raw, spans)
        mended = repair(folder)
        assert differing(before, folder) <= hit, f"seed {seed}"
        assert by_ref(folder).keys() <= before.keys(), f"seed {seed}"
        assert mended.tickets == len(tickets(folder)), f"seed {seed}"
        assert all(path.is_file() for path in map(Path, mended.kept))


@pytest.mark.parametrize(
    ("name", "ref", "after"),
    [(SNAPSHOT, "SD-5", "SD-6"), (ARCHIVE, "SD-4", "SD-7"), (JOURNAL, "SD-1", "SD-11")],
)
def test_a_sound_line_behind_a_damaged_one_is_saved(
    folder: Path, before: dict[str, Ticket], *, name: str, ref: str, after: str
) -> None:
    """A block over the end of a line and its line end: the line behind it is whole, and is saved."""
    raw = (folder / name).read_bytes()
    start = raw.index(b'"text":"second"') if name == JOURNAL else line_of(raw, ref)[0]
    _, end = line_at(raw, start)
    overwrite(folder / name, raw[: end - 15] + bytes(15) + raw[end:])
    mended = repair(folder)
    assert after not in mended.lost
    assert after not in differing(before, folder)


@pytest.mark.parametrize("way", ["a commit", "half a commit"])
def test_every_damaged_file_is_kept(folder: Path, way: str) -> None:
    """Damaged bytes of snapshot, archive and journal are all in damage/ before they are replaced."""
    for name in (SNAPSHOT, ARCHIVE):
        raw = (folder / name).read_bytes()
        overwrite(folder / name, raw[:-3] + b"x" + raw[-2:])
    raw = (folder / JOURNAL).read_bytes()
    torn = raw + b'{"commit":7,"tickets":[{"ref":"SD-8","ev'
    overwrite(
        folder / JOURNAL, torn if way == "half a commit" else raw.replace(b'"first"', b"#######")
    )
    damaged = {name: (folder / name).read_bytes() for name in FILES}
    repair(folder)
    kept = [path.read_bytes() for path in (folder / "damage").iterdir()]
    assert damaged[SNAPSHOT] in kept
    assert damaged[ARCHIVE] in kept
    assert damaged[JOURNAL] in kept or torn[len(raw) :] in kept


@pytest.mark.parametrize("other", [SNAPSHOT, JOURNAL])
@pytest.mark.parametrize("part", ["ticket", "index", "frame"])
def test_damage_in_two_files_is_repaired_at_once(
    other: str, part: str, folder: Path, before: dict[str, Ticket]
) -> None:
    """A byte of an archive and one of a file before it: one repair puts both right."""
    raw = (folder / ARCHIVE).read_bytes()
    at = {"ticket": 300, "index": raw.index(b'"keys":') + 30, "frame": 3}[part]
    overwrite(folder / ARCHIVE, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    raw = (folder / other).read_bytes()
    at = 5 if other == JOURNAL else raw.index(b'"generation"')
    overwrite(folder / other, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


def plain(folder: Path, count: int = 6) -> dict[str, Ticket]:
    """A ledger of open tickets, all in its snapshot."""
    shutil.rmtree(folder)
    for number in range(1, count + 1):
        put(folder, f"plain {number}")
    compact(folder)
    return by_ref(folder)


@pytest.mark.parametrize("kept", [0, 1, 3, 5])
def test_a_snapshot_cut_short_keeps_what_is_left(folder: Path, sd: Runner, kept: int) -> None:
    """Of a snapshot that was cut after some lines those lines are saved, to the letter."""
    before = plain(folder)
    lines = (folder / SNAPSHOT).read_bytes().splitlines(keepends=True)
    overwrite(folder / SNAPSHOT, b"".join(lines[: 2 + kept]))
    assert str(folder / SNAPSHOT) in sd("doctor", expect=LEDGER_DAMAGED).stdout
    repair(folder)
    assert by_ref(folder) == {ref: before[ref] for ref in list(before)[:kept]}


def test_a_snapshot_cut_short_is_told(folder: Path, sd: Runner) -> None:
    """Where nobody can tell how many tickets there were, a repair does not exit 0."""
    plain(folder)
    lines = (folder / SNAPSHOT).read_bytes().splitlines(keepends=True)
    overwrite(folder / SNAPSHOT, b"".join(lines[:5]))
    sd("doctor", "--repair", expect=LEDGER_DAMAGED)


def test_an_archive_cut_short_is_told(made: Path, folder: Path, before: dict[str, Ticket]) -> None:
    """Wherever an archive was cut, what is gone is named and all else is as it was."""
    raw = (made / ARCHIVE).read_bytes()
    for size in (0, 1, 30, 500, 900, 2000, 2600, len(raw) - 300, len(raw) - 3, len(raw) - 1):
        shutil.rmtree(folder)
        shutil.copytree(made, folder)
        (folder / ARCHIVE).write_bytes(raw[:size])
        assert ARCHIVE in {file for file, _, _ in found(folder)}
        mended = repair(folder)
        require_told(before, folder, mended)
        assert set(mended.lost) <= {"SD-2", "SD-3", "SD-4", "SD-7"}
        assert put(folder) == "SD-12"


def test_a_ticket_that_is_whole_is_not_called_lost(folder: Path, before: dict[str, Ticket]) -> None:
    """Damage to a row that nobody reads any more is no loss."""
    raw = (folder / ARCHIVE).read_bytes()
    start, end = line_of(raw, "SD-3")
    overwrite(folder / ARCHIVE, raw[: start + 99] + b"?" * 99 + raw[start + 198 :])
    assert start + 198 < end
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


def test_a_missing_archive_is_told(folder: Path, before: dict[str, Ticket]) -> None:
    """Without its archive a ledger has lost exactly the tickets in it."""
    (folder / ARCHIVE).unlink()
    assert ARCHIVE in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    require_told(before, folder, mended)
    assert mended.lost == ("SD-2", "SD-4", "SD-7")
    assert put(folder) == "SD-12"


def test_a_missing_journal_and_archive_leave_the_snapshot(
    folder: Path, before: dict[str, Ticket]
) -> None:
    """With journal and archive gone every ticket of the snapshot is saved."""
    (folder / ARCHIVE).unlink()
    (folder / JOURNAL).unlink()
    assert JOURNAL in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    assert {"SD-2", "SD-4", "SD-7"} <= set(mended.lost)
    assert list(by_ref(folder)) == ["SD-1", "SD-3", "SD-5", "SD-6", "SD-8", "SD-9", "SD-10"]
    assert not differing(before, folder) & {"SD-3", "SD-6", "SD-9", "SD-10"}


def test_a_missing_journal_leaves_the_rest(
    folder: Path, before: dict[str, Ticket], sd: Runner
) -> None:
    """Without its journal a ledger is as its last snapshot was."""
    (folder / JOURNAL).unlink()
    assert str(folder / JOURNAL) in sd("doctor", expect=LEDGER_DAMAGED).stdout
    repair(folder)
    assert differing(before, folder) == {"SD-1", "SD-4", "SD-5", "SD-8", "SD-11"}


@pytest.mark.parametrize(
    "way",
    ["missing", "empty", "noise", "a commit", "the last one"],
)
def test_commits_that_are_gone_are_told(folder: Path, sd: Runner, way: str) -> None:
    """A journal that is gone, or without one of its commits, is not `whole again` with exit 0."""
    raw = (folder / JOURNAL).read_bytes()
    start, end = line_at(raw, raw.index(b'{"commit":2,'))
    last, _ = line_at(raw, len(raw) - 1)
    new = {
        "empty": b"",
        "noise": Random(1).randbytes(900),
        "a commit": raw[:start] + raw[end:],
        "the last one": raw[:last] + b"?" * 99 + b"\n",
    }
    if way == "missing":
        (folder / JOURNAL).unlink()
    else:
        overwrite(folder / JOURNAL, new[way])
    sd("doctor", "--repair", expect=LEDGER_DAMAGED)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        bytes(4096),
        b'{"a":1}',
        b"[1,2,3]",
        b'{"tickets":{"1":{"ref":"SD-1"},"2":[],"x":7},"meta":{}}',
        b'{"name":"other","version":"1.0.0","dependencies":{"tickets":"^1"}}\n',
        Random(5).randbytes(20_000),
        b"<html>\n<body>\n" * 50,
    ],
    ids=["empty", "line end", "zeros", "object", "list", "tables", "package", "noise", "page"],
)
def test_a_snapshot_that_is_something_else(
    folder: Path, before: dict[str, Ticket], sd: Runner, content: bytes
) -> None:
    """Whatever stands in the snapshot's place: journal and archive are saved, the rest is named."""
    overwrite(folder / SNAPSHOT, content)
    assert str(folder / SNAPSHOT) in sd("doctor", expect=LEDGER_DAMAGED).stdout
    mended = repair(folder)
    assert {"SD-1", "SD-5", "SD-6", "SD-8", "SD-9", "SD-10"} <= set(mended.lost)
    assert list(by_ref(folder)) == ["SD-2", "SD-3", "SD-4", "SD-7", "SD-11"]
    assert differing(before, folder) == {*mended.lost, "SD-3"}
    assert "come back from an archive" in mended.remarks[0]
    assert (folder / "damage" / "tickets.json.1").read_bytes() == content
    assert put(folder) == "SD-12"


def test_a_row_out_of_date_is_better_than_none(folder: Path, before: dict[str, Ticket]) -> None:
    """A ticket that came back and whose line was destroyed is saved as the archive has it."""
    raw = (folder / SNAPSHOT).read_bytes()
    start, end = line_of(raw, "SD-3")
    overwrite(folder / SNAPSHOT, raw[:start] + b"?" * (end - start - 2) + raw[end - 2 :])
    mended = repair(folder)
    require_told(before, folder, mended)
    assert by_ref(folder)["SD-3"].events[:3] == before["SD-3"].events[:3]


def test_a_snapshot_rewritten_by_stock_tinydb(folder: Path, before: dict[str, Ticket]) -> None:
    """TinyDB's own layout has no lines; every ticket in it is proven all the same."""
    with TinyDB(folder / SNAPSHOT) as base:
        base.table("mine").insert({"colour": "blue"})
    assert SNAPSHOT in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


def test_a_value_changed_by_stock_tinydb(folder: Path, before: dict[str, Ticket]) -> None:
    """A folded field that another program changed is what the events say again."""
    with TinyDB(folder / SNAPSHOT) as base:
        base.table("tickets").update({"status": "closed"}, doc_ids=[6])
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


@pytest.mark.parametrize("indent", [None, 2])
def test_a_snapshot_laid_out_anew(
    folder: Path, before: dict[str, Ticket], indent: int | None
) -> None:
    """One line or one field a line: a document that was only laid out anew loses nothing."""
    document = json.loads((folder / SNAPSHOT).read_bytes())
    separators = None if indent else (",", ":")
    text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=False)
    overwrite(folder / SNAPSHOT, text.encode())
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


EDITED = {
    "line ends": lambda raw: raw.replace(b"\n", b"\r\n"),
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "no last line end": lambda raw: raw[:-1],
    "spaces at the ends": lambda raw: raw.replace(b"\n", b"  \n"),
}


@pytest.mark.parametrize("way", EDITED)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_an_editor_wrote(
    folder: Path, before: dict[str, Ticket], name: str, way: str
) -> None:
    """What editors do to each line of a file is found, and costs nothing but a repair."""
    overwrite(folder / name, EDITED[way]((folder / name).read_bytes()))
    assert name in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.tickets, mended.lost, mended.doubtful, mended.remarks) == (11, (), (), ())


def test_a_journal_without_its_first_line_has_lost_nothing(
    folder: Path, before: dict[str, Ticket]
) -> None:
    """Where only the line before the commits was hit, no commit is called gone."""
    raw = (folder / JOURNAL).read_bytes()
    overwrite(folder / JOURNAL, b"?" * 40 + raw[40:])
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.tickets, mended.lost, mended.doubtful, mended.remarks) == (11, (), (), ())


@pytest.mark.parametrize("rubbish", [b"rubbish\n", b"\n", b"\0" * 600 + b"x\n", b'{"a":1}\n' * 9])
@pytest.mark.parametrize("name", FILES)
def test_rubbish_at_the_end(
    folder: Path, before: dict[str, Ticket], name: str, rubbish: bytes
) -> None:
    """What was added behind the end of a file is found, and taken away by a repair."""
    overwrite(folder / name, (folder / name).read_bytes() + rubbish)
    if b"\0" in rubbish and name == JOURNAL:  # as after a crash: nobody was promised anything
        assert "was not finished" in examine(folder).remarks[0]
        return
    assert name in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())


def test_noise_in_place_of_an_archive(folder: Path, before: dict[str, Ticket]) -> None:
    """An archive that is only noise has lost its tickets and nothing else."""
    overwrite(folder / ARCHIVE, Random(9).randbytes(20_000))
    assert ARCHIVE in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    require_told(before, folder, mended)
    assert mended.lost == ("SD-2", "SD-4", "SD-7")


def merged(ours: bytes, theirs: bytes) -> bytes:
    """Two documents as a merge leaves them that gave up."""
    both = [content.splitlines(keepends=True) for content in (ours, theirs)]
    common = list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*both, strict=False)))
    head = [line for line, _ in common]
    sides = [lines[len(head) :] for lines in both]
    return b"".join(
        [*head, b"<<<<<<< HEAD\n", *sides[0], b"=======\n", *sides[1], b">>>>>>> theirs\n"]
    )


def branches(folder: Path) -> tuple[Path, Path]:
    """Two ledgers that were one."""
    other = folder.parent / "other"
    plain(folder, 3)
    shutil.copytree(folder, other)
    return folder, other


def test_a_merge_conflict_keeps_both_sides(folder: Path) -> None:
    """Tickets that only one side has are saved, from either side; so is the longer history."""
    ours, theirs = branches(folder)
    add(ours, "SD-1", noted("ours"))
    put(theirs, "theirs 4")
    put(theirs, "theirs 5")
    add(theirs, "SD-2", noted("theirs"))
    compact(ours)
    compact(theirs)
    overwrite(
        ours / SNAPSHOT, merged((ours / SNAPSHOT).read_bytes(), (theirs / SNAPSHOT).read_bytes())
    )
    assert "merge conflict marker" in found(ours)[0][2]
    mended = repair(ours)
    assert [ticket.summary for ticket in tickets(ours)] == [
        *(f"plain {number}" for number in (1, 2, 3)),
        "theirs 4",
        "theirs 5",
    ]
    assert notes(by_ref(ours)["SD-1"]) == ["ours"]
    assert notes(by_ref(ours)["SD-2"]) == ["theirs"]
    assert mended.lost == ()


@pytest.mark.parametrize("way", ["both new", "both added to"])
def test_a_merge_conflict_about_one_number_is_told(folder: Path, way: str) -> None:
    """Where both sides wrote on one number, one of them goes: its reference is named."""
    ours, theirs = branches(folder)
    for side in (ours, theirs):
        if way == "both new":
            put(side, f"{side.name} 4")
        else:
            add(side, "SD-2", noted(side.name))
        compact(side)
    overwrite(
        ours / SNAPSHOT, merged((ours / SNAPSHOT).read_bytes(), (theirs / SNAPSHOT).read_bytes())
    )
    mended = repair(ours)
    assert {"SD-4" if way == "both new" else "SD-2"} <= {*mended.lost, *mended.doubtful}


def reseal(folder: Path, name: str, ref: str, **fields: Any) -> None:
    """Write other folded fields on a ticket, with the right checksum."""
    raw = (folder / name).read_bytes()
    start, end = line_of(raw, ref)
    line = raw[start:end].rstrip(b",\n")
    row = json.loads(unsealed(line).partition(b":")[2])
    forged = ticket_line(int(ref[3:]), msgspec.json.encode({**row, **fields}))
    assert len(forged) == len(line)
    overwrite(folder / name, raw[:start] + forged + raw[start + len(line) :])


FORGED = (
    (SNAPSHOT, "SD-6", {"priority": "P1"}),
    (SNAPSHOT, "SD-9", {"key": "k8", "queue": "service-risk"}),
    (SNAPSHOT, "SD-1", {"opened_at": "2026-11-23T10:00:01Z", "requester": "unknowm"}),
    (ARCHIVE, "SD-7", {"code": "fixes"}),
    (ARCHIVE, "SD-2", {"impact": "unknowm", "urgency": "unknowm"}),
)


@pytest.mark.parametrize(("name", "ref", "fields"), FORGED)
def test_fields_that_do_not_follow_from_the_events(
    folder: Path, before: dict[str, Ticket], name: str, ref: str, fields: dict[str, str]
) -> None:
    """A line sealed anew with forged fields: ticket and fields are named; a repair asks the events."""
    reseal(folder, name, ref, **fields)
    (problem,) = [each for file, about, each in found(folder) if (file, about) == (name, ref)]
    if "impact" in fields:  # no such word
        assert "cannot be read" in problem
    else:
        said, _, listed = problem.partition(": ")
        assert said == "it is not what its events say"
        assert set(listed.split(", ")) - {"events"} == set(fields)
    mended = repair(folder)
    require_told(before, folder, mended)
    assert {*mended.doubtful, *mended.lost} == {ref}
    if mended.doubtful:
        assert by_ref(folder)[ref].events[:-1] == before[ref].events


def test_only_fields_that_differ_are_named(folder: Path) -> None:
    """What is as the events say is not called different."""
    reseal(folder, SNAPSHOT, "SD-6", priority="P1")
    assert found(folder)[0][2] == "it is not what its events say: priority"


def test_a_forged_status_is_reported_with_its_ticket(folder: Path, sd: Runner) -> None:
    """A ticket that was made to look closed is told by `doctor`, exit 7, and mended by its events."""
    raw = (folder / SNAPSHOT).read_bytes()
    start, end = line_of(raw, "SD-3")
    line = raw[start:end].removesuffix(b",\n")
    row = unsealed(line).replace(b'"status":"in_progress"', b'"status":"resolved"')
    row = row.replace(b'"summary":"', b'"summary":"   ', 1)  # as long as it was
    overwrite(folder / SNAPSHOT, raw[:start] + sealed(row) + raw[end - 2 :])
    told = sd("doctor", expect=LEDGER_DAMAGED).stdout
    assert "SD-3: it is not what its events say: summary, status" in told
    repair(folder)
    assert by_ref(folder)["SD-3"].status == "in_progress"


def test_forged_commits_are_reported(folder: Path, before: dict[str, Ticket]) -> None:
    """Commits with the right checksum: keys that do not follow, and a step that is not legal."""
    clean = (folder / JOURNAL).read_bytes()
    event = msgspec.Raw(msgspec.json.encode(noted("x")))
    forged = commit_line(7, [Change("SD-6", (event,), ("source nowhere",))])
    overwrite(folder / JOURNAL, clean + forged)
    assert found(folder) == [(JOURNAL, "SD-6", "its keys are not what its events say")]
    repair(folder)
    assert home(folder).by_source("nowhere") is None
    assert notes(by_ref(folder)["SD-6"]) == ["x"]

    put(folder)
    event = msgspec.Raw(msgspec.json.encode(reopening()))
    overwrite(
        folder / JOURNAL,
        (folder / JOURNAL).read_bytes() + commit_line(2, [Change("SD-8", (event,))]),
    )
    ((file, ref, problem),) = found(folder)
    assert (file, ref) == (JOURNAL, "SD-8")
    assert "does not apply" in problem
    mended = repair(folder)
    assert mended.lost == ("SD-8",)
    assert differing(before, folder) == {"SD-6", "SD-12"}


@pytest.mark.parametrize("name", [SNAPSHOT, ARCHIVE])
def test_an_index_that_lies(folder: Path, before: dict[str, Ticket], name: str) -> None:
    """A line of an index with the right checksum and the wrong tickets is found, and made anew."""
    raw = (folder / name).read_bytes()
    match = re.search(rb'"(\d{10,})":\{"tickets":\[(\d)\],"sum":"[0-9a-f]{8}"\}', raw)
    assert match
    lie = key_line(int(match[1]), [int(match[2]) % 9 + 1])
    overwrite(folder / name, raw[: match.start()] + lie + raw[match.end() :])
    assert found(folder) == [(name, "", "the index is not what the tickets say")]
    mended = repair(folder)
    assert differing(before, folder) == set()
    assert (mended.lost, mended.doubtful) == ((), ())
    for ticket in before.values():
        if ticket.idempotency_key:
            assert home(folder).by_idempotency_key(ticket.idempotency_key) == ticket


def ticket(number: int, summary: str) -> bytes:
    """The line of a new ticket."""
    return ticket_line(number, row_bytes(fold(f"SD-{number}", [opened(summary)])))


def test_a_reference_that_is_missing(tmp_path: Path) -> None:
    """A number that was given out and has no ticket is found; a repair makes it a gap."""
    folder = tmp_path / "ledger"
    snapshot_of(folder, [ticket(1, "one"), ticket(3, "three")], 5)
    gone = "this ticket was recorded and is not there"
    assert found(folder) == [(SNAPSHOT, "SD-2", gone), (SNAPSHOT, "SD-4", gone)]
    mended = repair(folder)
    assert mended.lost == ("SD-2", "SD-4")
    with pytest.raises(NoSuchTicketError):
        home(folder).get("SD-2")
    assert put(folder) == "SD-5"
    assert examine(folder).findings == ()


@pytest.mark.parametrize("order", [(1, 2, 2), (1, 3, 2), (2, 1, 3)])
def test_references_out_of_order_or_twice(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Lines that do not count up are found with their ticket; a repair puts them in order."""
    folder, lines = tmp_path / "ledger", {n: ticket(n, f"the {n}th") for n in order}
    snapshot_of(folder, [lines[number] for number in order], max(order) + 1)
    assert any("out of order" in problem for _, _, problem in found(folder))
    mended = repair(folder)
    assert [int(each.ref[3:]) for each in tickets(folder)] == sorted(set(order))
    assert (mended.lost, mended.doubtful) == ((), ())


def test_two_tickets_of_one_number_are_told(tmp_path: Path) -> None:
    """Two different tickets of one number: one goes, and its reference is named."""
    folder = tmp_path / "ledger"
    snapshot_of(folder, [ticket(1, "one"), ticket(2, "two"), ticket(2, "another two")], 3)
    assert "SD-2" in {ref for _, ref, _ in found(folder)}
    mended = repair(folder)
    assert {"SD-2"} <= {*mended.lost, *mended.doubtful}


def test_a_number_that_was_never_given_out(tmp_path: Path) -> None:
    """A ticket beyond the next number is found, and kept by a repair."""
    folder = tmp_path / "ledger"
    snapshot_of(folder, [ticket(1, "one"), ticket(2, "two")], 2)
    assert found(folder) == [(SNAPSHOT, "SD-2", "this reference was never given out")]
    assert repair(folder).lost == ()
    assert put(folder) == "SD-3"


def test_files_left_behind_are_remarks(folder: Path, sdj: JsonRunner) -> None:
    """An archive that no snapshot names, a temporary, a note: exit 0, each told, none touched."""
    raw = (folder / ARCHIVE).read_bytes()
    left = ["2026-11.1.json", "2026-10.9.json", "2026-11.2.json.77.ab.tmp", "README"]
    for name in left:
        (folder / "archive" / name).write_bytes(raw)
    before = picture(folder)
    told = sdj("doctor")
    assert told["sound"] is True
    for name, remark in zip(sorted(left), told["remarks"], strict=True):
        assert str(folder / "archive" / name) in remark
    assert picture(folder) == before


def test_compact_sets_aside_what_a_killed_process_left(
    folder: Path, before: dict[str, Ticket], sd: Runner, sdj: JsonRunner
) -> None:
    """The remark names a step that works: the file is kept in `damage`, and nothing is lost (T27)."""
    raw = (folder / ARCHIVE).read_bytes()
    (folder / "archive" / "2026-10.9.json").write_bytes(raw + b"of a process that was killed")
    (folder / "archive" / "2026-10.9.json.77.0a1b2c3d.tmp").write_bytes(raw)
    archive, temporary = sdj("doctor")["remarks"]
    assert "`sdcli compact` keeps it in" in archive
    assert "`sdcli compact` takes it away" in temporary
    said = sd("compact").stderr
    assert "2026-10.9.json belonged to no snapshot, and is kept in" in said
    kept = folder / "damage" / "2026-10.9.json.1"
    assert kept.read_bytes() == raw + b"of a process that was killed"
    told = sdj("doctor")
    assert (told["findings"], told["remarks"]) == ([], [])
    assert {ref: home(folder).get(ref) for ref in before} == before


def test_an_archive_of_another_time_is_found(folder: Path, before: dict[str, Ticket]) -> None:
    """A sound archive that is not the one the snapshot names is told as such."""
    raw = (folder / ARCHIVE).read_bytes()
    for _ in range(2):  # SD-3 leaves again: the archive is written anew
        close(folder, "SD-3", hours=3)
        add(folder, "SD-3", reopening(4))
    close(folder, "SD-3", "SD-6", "SD-9", "SD-10", hours=5)
    compact(folder)
    (now,) = (folder / "archive").iterdir()
    before = by_ref(folder)
    overwrite(now, raw)
    assert any("not the archive" in problem for _, _, problem in found(folder))
    mended = repair(folder)
    assert {"SD-6", "SD-9", "SD-10"} <= set(mended.lost)
    assert differing(before, folder) <= {*mended.lost, *mended.doubtful, "SD-3"}


def test_a_damaged_line_takes_no_other_tickets_place(
    folder: Path, before: dict[str, Ticket]
) -> None:
    """A line whose reference was changed to that of a sound ticket does not displace it."""
    add(folder, "SD-5", noted("long history"))
    compact(folder)
    raw = (folder / SNAPSHOT).read_bytes()
    damaged = raw.replace(
        b'{"ref":"SD-5","summary":"ticket 5', b'{"ref":"SD-6","summary":"tickex 5'
    )
    assert damaged != raw
    overwrite(folder / SNAPSHOT, damaged)
    repair(folder)
    assert by_ref(folder)["SD-6"] == before["SD-6"]


def test_a_commit_without_its_reference_is_told(folder: Path, sd: Runner) -> None:
    """A commit whose ticket cannot be told any more is a loss: exit 7."""
    raw = (folder / JOURNAL).read_bytes()
    damaged = raw.replace(b'"ref":"SD-1","events":[{', b'"ref":"S?-1","events":[ {'[:24])
    damaged = damaged.replace(b'"first"', b'"fixed"')
    assert damaged != raw
    overwrite(folder / JOURNAL, damaged)
    sd("doctor", "--repair", expect=LEDGER_DAMAGED)


def test_numbers_in_texts_are_no_references(folder: Path) -> None:
    """A reference that a damaged note mentions is neither lost nor given out."""
    add(folder, "SD-6", noted("as in SD-300000, see there"))
    add(folder, "SD-6", noted("behind it"))
    raw = (folder / JOURNAL).read_bytes()
    overwrite(folder / JOURNAL, raw.replace(b"as in SD-300000, see", b"as\1in SD-300000, sex"))
    mended = repair(folder)
    assert set(mended.lost) <= set(REFS)
    assert put(folder) == "SD-12"


def test_a_first_format_ledger_is_examined(tmp_path: Path, before: dict[str, Ticket]) -> None:
    """A ledger of the first format is examined by its events; a field that lies is named."""
    folder = tmp_path / "ledger"
    formerly(folder, list(before.values()))
    assert examine(folder).findings == ()
    assert examine(folder).tickets == 11
    raw = (folder / SNAPSHOT).read_bytes()
    overwrite(folder / SNAPSHOT, raw.replace(b'"status":"in_progress"', b'"status":"new"', 1))
    ((file, ref, problem),) = found(folder)
    assert (file, ref) == (SNAPSHOT, "SD-3")
    assert problem.startswith("it is not what its events say: status")
    repair(folder)
    assert by_ref(folder)["SD-3"].status == "in_progress"


def test_a_first_format_ledger_cut_short_is_saved(
    tmp_path: Path, before: dict[str, Ticket]
) -> None:
    """Of a ledger of the first format that was cut, whole lines are saved and the cut one named."""
    folder = tmp_path / "ledger"
    formerly(folder, list(before.values()))
    raw = (folder / SNAPSHOT).read_bytes()
    _, end = line_of(raw, "SD-7")
    overwrite(folder / SNAPSHOT, raw[: end + 200])
    assert SNAPSHOT in {file for file, _, _ in found(folder)}
    mended = repair(folder)
    assert by_ref(folder) == {ref: before[ref] for ref in REFS[:7]}
    assert mended.lost == ("SD-8",)
    assert mended.doubtful == ()


class Meanwhile:
    """Progress that lets something happen at the n-th time it is told."""

    def __init__(self, at: int, deed: Any) -> None:
        self.left = at
        self.deed = deed

    def __call__(self, done: int, total: int) -> None:
        del done, total
        self.left -= 1
        if self.left == 0:
            self.deed()


@pytest.mark.parametrize("at", range(1, 20, 3))
def test_what_others_write_meanwhile_is_no_damage(folder: Path, at: int) -> None:
    """While a ledger is examined, others commit and fold it: nothing is found."""
    happened = []

    def fold_it() -> None:
        put(folder)
        close(folder, "SD-5", "SD-6", "SD-8", "SD-9", hours=4)
        compact(folder)
        add(folder, "SD-5", reopening(5))
        happened.append(1)

    result = home(folder).examine(Meanwhile(at, fold_it))
    assert result.findings == ()
    assert happened


PRELUDE = """
import os, resource, signal, sys
from sdcli.cli import cli
"""


def in_a_process(folder: Path, prepare: str, *args: str) -> subprocess.CompletedProcess[str]:
    """A command on the desk, in a process of its own that is prepared first."""
    ending = f"cli(['--desk', {str(folder.parent)!r}, *sys.argv[1:]], prog_name='sdcli')"
    environment = {
        "HOME": str(folder.parent),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",  # on a full disk it would be cut short, and stay
        "SDCLI_USER": "ben",
    }
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + prepare + ending, *args],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("space", [0, 100, 3000])
def test_a_full_disk_stops_a_repair(folder: Path, before: dict[str, Ticket], space: int) -> None:
    """Without space nothing is changed, which is told with exit 1; with space the repair succeeds."""
    raw = (folder / SNAPSHOT).read_bytes()
    overwrite(folder / SNAPSHOT, raw.replace(b"ticket 6", b"ticket 0", 1))
    unchanged = contents(folder)
    limit = f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, ({space}, {space}))\n"
    failed = in_a_process(folder, limit, "doctor", "--repair")
    assert failed.returncode == UNEXPECTED
    assert "Nothing was changed" in failed.stderr
    assert "bug" not in failed.stderr
    now = contents(folder)
    assert {name: now[name] for name in unchanged} == unchanged
    assert not [name for name in now if name.endswith(".tmp")]
    assert all(name in unchanged or name.startswith("damage/") for name in now)
    repair(folder)
    assert differing(before, folder) == set()


def test_damaged_files_that_cannot_be_kept_stop_a_repair(folder: Path, sd: Runner) -> None:
    """Where damaged bytes cannot be kept aside, nothing is repaired over them."""
    raw = (folder / SNAPSHOT).read_bytes()
    overwrite(folder / SNAPSHOT, raw.replace(b"ticket 6", b"ticket 0", 1))
    (folder / "damage").write_text("in the way")
    unchanged = contents(folder)
    failed = sd("doctor", "--repair", expect=UNEXPECTED)
    assert contents(folder) == unchanged
    assert "Nothing was changed" in failed.stderr
    assert "bug" not in failed.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(folder: Path, sd: Runner) -> None:
    """In a folder that is read-only the doctor examines, and a repair is refused in a sentence."""
    raw = (folder / SNAPSHOT).read_bytes()
    overwrite(folder / SNAPSHOT, raw.replace(b"ticket 6", b"ticket 0", 1))
    unchanged = contents(folder)
    folder.chmod(0o555)
    try:
        assert "SD-6" in sd("doctor", expect=LEDGER_DAMAGED).stdout
        failed = sd("doctor", "--repair", expect=UNEXPECTED)
    finally:
        folder.chmod(0o755)
    assert contents(folder) == unchanged
    assert "Nothing was changed" in failed.stderr
    assert "bug" not in failed.stderr


STEPS = (
    DYING
    + """
import builtins, os, shutil, signal, sys
from datetime import datetime, timezone
from sdcli.errors import SdcliError
from sdcli.ledger.tiny import compact
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Stamp
compact._MOST_CLOSED = 2
made, target = sys.argv[1:]
stamp = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="doctor")

step, ended = 0, False
while not ended:
    step += 1
    folder = os.path.join(target, str(step))
    shutil.copytree(made, folder)
    child = os.fork()
    if not child:
        left = [step]
        for name in ("replace", "link", "unlink", "fsync", "mkdir", "open", "ftruncate"):
            setattr(os, name, dying(getattr(os, name), left))
        builtins.open = dying(open, left)
        TinyLedger(folder, 5).repair(stamp, lambda done, total: None)
        os._exit(0)
    ended = os.waitpid(child, 0)[1] == 0
print(step)
"""
)


@pytest.mark.parametrize("name", FILES)
def test_a_repair_killed_at_any_step(
    name: str, folder: Path, before: dict[str, Ticket], tmp_path: Path
) -> None:
    """Killed before any call to the system: damaged as before or sound; the next repair ends it."""
    raw = (folder / name).read_bytes()
    at = raw.index(b'"summary"' if name != JOURNAL else b'"first"') + 4
    overwrite(folder / name, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    (tmp_path / "steps").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", STEPS, str(folder), str(tmp_path / "steps")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    steps, states = int(ran.stdout), []
    assert steps > 10
    for step in range(1, steps + 1):
        at_step = tmp_path / "steps" / str(step)
        sound = examine(at_step).findings == ()
        states.append(sound)
        if not sound:
            assert (at_step / name).read_bytes() != raw
            mended = repair(at_step)
            assert (mended.lost, mended.doubtful) == ((), ())
        assert differing(before, at_step) == set()
    assert states == sorted(states)
    assert states[0] is False
    assert states[-1] is True


def test_what_cannot_be_written_is_told_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repair whose snapshot cannot be put in place says so and leaves the damaged one."""
    overwrite(folder / SNAPSHOT, b"")
    real = os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith(SNAPSHOT):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(MachineError, match="No space left"):
        home(folder).repair(STAMP, unheard)
    assert (folder / SNAPSHOT).read_bytes() == b""
