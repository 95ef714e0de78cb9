"""Backup and restore: the whole ledger out and back, while others work and whatever happens."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import (
    LEDGER_BUSY,
    LEDGER_DAMAGED,
    REFUSED,
    UNEXPECTED,
    USAGE,
    LedgerDamagedError,
    NoSuchTicketError,
    SdcliError,
)
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.journal import Journal
from sdcli.ledger.tiny.lock import locked
from sdcli.tickets import base as event_module
from tests.ledger.making import (
    DYING,
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
    put,
    read,
    reopening,
    tickets,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.interface import Restored
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

PATIENCE_S = 120
ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
BEGINNINGS = {".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0"}


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del done, total


def back_up(folder: Path, file: Path) -> int:
    """A backup of a ledger; how many tickets are in it."""
    return home(folder).back_up(str(file), unheard)


def restore(folder: Path, file: Path) -> Restored:
    """The ledger of a backup in this place, which must be sound then."""
    restored = home(folder).restore(str(file), unheard)
    require_sound(folder)
    return restored


def require_sound(folder: Path) -> None:
    """The doctor finds nothing."""
    assert home(folder).examine(unheard).findings == ()


def refs(folder: Path) -> list[str]:
    """All references."""
    return [ticket.ref for ticket in tickets(folder)]


def members(file: Path) -> dict[str, bytes]:
    """What is in a tar file."""
    with tarfile.open(file) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def tarred(file: Path, content: dict[str, bytes]) -> Path:
    """A tar file with this in it."""
    with tarfile.open(file, "w") as tar:
        for name, data in content.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    return file


@pytest.fixture(name="folder")
def _folder(desk_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with snapshot, archive and journal: 8 tickets, some closed, one back at work.

    It has the same bytes whenever it is made.
    """
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 1)
    folder = desk_dir / "ledger"
    with monkeypatch.context() as patch:
        patch.setattr(os, "urandom", Random(7).randbytes)
        patch.setattr(event_module, "_sequence", itertools.count())
        for number in range(1, 8):
            put(folder, f"the {number}th", key=f"k{number}", idempotency_key=f"i{number}")
        close(folder, "SD-2", "SD-4", "SD-7")
        compact(folder)
        put(folder, "in the journal", key="k8", idempotency_key="i8")
        add(folder, "SD-4", reopening())
        add(folder, "SD-1", noted("more"))
    assert len(names(folder / "archive")) == 1
    return folder


@pytest.fixture(name="saved")
def _saved(folder: Path, tmp_path: Path) -> Path:
    """A backup of that ledger."""
    file = tmp_path / "saved.tar"
    assert back_up(folder, file) == 8
    return file


@pytest.mark.parametrize("ending", ENDINGS)
def test_everything_comes_back(folder: Path, tmp_path: Path, ending: str) -> None:
    """Tickets, their order, their events and their keys: a restored ledger answers as the first."""
    file, there = tmp_path / f"desk{ending}", tmp_path / "there"
    before = tickets(folder)
    assert back_up(folder, file) == 8
    assert file.read_bytes().startswith(BEGINNINGS.get(file.suffix, b"archive/"))

    restored = restore(there, file)

    assert (restored.tickets, restored.next, restored.kept) == (8, "SD-9", "")
    assert tickets(there) == before
    for number in range(1, 9):
        by_id = home(there).by_idempotency_key(f"i{number}")
        assert by_id == home(folder).by_idempotency_key(f"i{number}") == before[number - 1]
        assert home(there).by_key(f"k{number}") == home(folder).by_key(f"k{number}")
    assert home(there).get("SD-7") == before[6]
    assert len(names(there / "archive")) == 1
    assert put(there) == "SD-9"
    assert tickets(folder) == before


def test_a_backup_of_a_restored_ledger_is_the_same_again(
    folder: Path, saved: Path, tmp_path: Path
) -> None:
    """Out and back, twice: nothing is added and nothing wears off."""
    restore(tmp_path / "second", saved)
    back_up(tmp_path / "second", tmp_path / "again.tar")
    restore(tmp_path / "third", tmp_path / "again.tar")
    assert tickets(tmp_path / "third") == tickets(folder)


def test_commands_say_what_they_did(
    folder: Path, sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """`backup` and `restore` tell counts and paths, as text and as JSON."""
    file = tmp_path / "a.tar.gz"
    assert f"8 tickets are kept in {file}." in sd("backup", str(file)).stdout
    second = sdj("backup", str(tmp_path / "b.tar"))
    assert second == {"file": str(tmp_path / "b.tar"), "tickets": 8}
    put(folder)
    told = sd("restore", str(file))
    assert "8 tickets are back; the next is SD-10." in told.stdout
    assert str(folder / "before-restore.1") in told.stdout
    assert sdj("restore", str(file)) == {
        "tickets": 8,
        "next": "SD-10",
        "kept": str(folder / "before-restore.2"),
    }


def test_a_relative_name_is_of_the_current_folder(
    folder: Path, sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FILE is where the caller stands, not where the desk is."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    sd("backup", "x.tar")
    assert (tmp_path / "elsewhere" / "x.tar").exists()
    put(folder)
    sd("restore", "x.tar")
    assert len(tickets(folder)) == 8


def test_a_desk_without_tickets(desk_dir: Path, sd: Runner, tmp_path: Path) -> None:
    """A ledger that has not begun can be kept and put back, and begins after that."""
    sd("backup", str(tmp_path / "x.tar"))
    assert not (desk_dir / "ledger").exists()
    sd("restore", str(tmp_path / "x.tar"))
    assert put(desk_dir / "ledger") == "SD-1"


@pytest.mark.parametrize("there", ["file", "link"])
def test_a_file_that_is_there_is_not_overwritten(
    folder: Path, sd: Runner, tmp_path: Path, there: str
) -> None:
    """A backup under a name that exists, a link to nowhere too, is refused with exit 4."""
    file = tmp_path / "mine.tar"
    if there == "file":
        file.write_text("mine")
    else:
        file.symlink_to(tmp_path / "nowhere")
    told = sd("backup", str(file), expect=REFUSED)
    assert str(file) in told.stderr
    assert not (tmp_path / "nowhere").exists()
    assert file.is_symlink() or file.read_text() == "mine"
    assert folder.exists()


def test_a_place_that_cannot_be_written_is_told(folder: Path, sd: Runner, tmp_path: Path) -> None:
    """A backup into a folder that is not there fails in a sentence, and leaves nothing."""
    told = sd("backup", str(tmp_path / "no" / "x.tar"), expect=UNEXPECTED)
    assert "Writing the backup" in told.stderr
    assert "No such file" in told.stderr
    assert not (tmp_path / "no").exists()
    assert folder.exists()


def test_a_file_that_is_not_there_is_a_mistyped_command(folder: Path, sd: Runner) -> None:
    """Restoring from nothing is a mistake on the command line."""
    before = contents(folder)
    sd("restore", "nothing.tar", expect=USAGE)
    assert contents(folder) == before


def refused(folder: Path, sd: Runner, file: Path) -> str:
    """A restore is refused with exit 7 and leaves no trace; what was said."""
    before, there = contents(folder), names(folder)
    told = sd("restore", str(file), expect=LEDGER_DAMAGED).stderr
    assert str(file) in told
    assert "bug" not in told
    assert (contents(folder), names(folder)) == (before, there)
    return told


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", bytes(10240), b"hello\n" * 99, Random(1).randbytes(20_000), b'{"tickets":{}}'],
    ids=["empty", "line end", "zeros", "text", "noise", "object"],
)
def test_what_is_no_backup_is_refused(
    folder: Path, sd: Runner, tmp_path: Path, content: bytes
) -> None:
    """Anything but a backup: exit 7, its name is told, and nothing changes."""
    (tmp_path / "x.tar").write_bytes(content)
    refused(folder, sd, tmp_path / "x.tar")


def test_parts_of_a_ledger_are_refused(folder: Path, sd: Runner, saved: Path) -> None:
    """The snapshot itself, or a backup without one of its files, is no backup."""
    refused(folder, sd, folder / "tickets.json")
    whole = members(saved)
    assert len(whole) == 3
    for name in whole:
        file = saved.with_name("part.tar")
        tarred(file, {each: data for each, data in whole.items() if each != name})
        refused(folder, sd, file)


@pytest.mark.parametrize("way", ["cut", "noise"])
def test_a_backup_that_lost_its_last_commit_is_refused(
    folder: Path, sd: Runner, saved: Path, way: str
) -> None:
    """A backup holds acknowledged commits only: half of one in it is damage, not a crash."""
    whole = members(saved)
    journal = whole["tickets.journal"]
    ending = {"cut": b"", "noise": b"?" * 100}[way]
    tarred(saved, {**whole, "tickets.journal": journal[:-100] + ending})
    refused(folder, sd, saved)


def test_a_newer_format_is_refused(folder: Path, sd: Runner, saved: Path) -> None:
    """A backup of a newer program is told for what it is."""
    newer = b'{"_default":{},"tickets":{},"meta":{"1":{"format":3,"next":1}}}'
    assert "newer sdcli" in refused(
        folder, sd, tarred(saved.with_name("n.tar"), {"tickets.json": newer})
    )


def outcome(folder: Path, file: Path, expected: list[Ticket]) -> str:
    """What becomes of a damaged backup: all is restored, or it is refused and nothing changed."""
    before = {name: content for name, content in contents(folder).items() if "restore" not in name}
    there = names(folder)
    try:
        restored = home(folder).restore(str(file), unheard)
    except LedgerDamagedError:
        now = {name: content for name, content in contents(folder).items() if "restore" not in name}
        assert (now, names(folder)) == (before, there)
        return "refused"
    assert tickets(folder) == expected
    require_sound(folder)
    shutil.rmtree(restored.kept)
    return "restored"


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_damaged_backup_is_refused(
    folder: Path, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte changed anywhere: the backup is refused as damaged, or it is restored to the letter."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    file, there = tmp_path / f"x{ending}", tmp_path / "there"
    back_up(folder, file)
    put(there, "what was there")
    expected, raw, chance, seen = tickets(folder), file.read_bytes(), Random(ending), set()
    for _ in range(80):
        at = chance.randrange(len(raw))
        file.write_bytes(raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :])
        seen.add(outcome(there, file, expected))
    assert "refused" in seen


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_backup_cut_short_is_refused(
    folder: Path, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that was cut is refused, unless only its padding is gone."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    file, there = tmp_path / f"x{ending}", tmp_path / "there"
    back_up(folder, file)
    put(there, "what was there")
    expected, raw, chance = tickets(folder), file.read_bytes(), Random(ending)
    held = sum(512 + -(-len(data) // 512) * 512 for data in members(file).values())
    for size in sorted(chance.sample(range(len(raw)), 25)):
        file.write_bytes(raw[:size])
        fate = outcome(there, file, expected)
        assert fate == "refused" or (ending == ".tar" and size >= held - 512) or size > 1000


OUTSIDE = (
    "{here}/hostile",
    "../hostile",
    "../../hostile",
    "archive/../../hostile",
    "archive/hostile",
    "./tickets.json",
    "x" * 5000,
)


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_elsewhere_are_passed_over(
    folder: Path, saved: Path, tmp_path: Path, name: str
) -> None:
    """A member that no backup has is not unpacked, wherever it wants to go."""
    expected = tickets(folder)
    tarred(saved, {**members(saved), name.format(here=tmp_path): b"hostile"})
    restore(tmp_path / "deep" / "ledger", saved)
    assert tickets(tmp_path / "deep" / "ledger") == expected
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != saved]
    assert b"hostile" not in {path.read_bytes() for path in files}


LINKS = (
    (tarfile.SYMTYPE, "/etc/hostname"),
    (tarfile.SYMTYPE, "../../tickets.json"),
    (tarfile.SYMTYPE, "tickets.json"),
    (tarfile.LNKTYPE, "/etc/hostname"),
    (tarfile.LNKTYPE, "tickets.json"),
)


@pytest.mark.parametrize(("kind", "target"), LINKS)
@pytest.mark.parametrize("name", ["tickets.json", "archive/2026-11.2.json"])
def test_links_in_a_backup_are_refused(
    folder: Path, sd: Runner, saved: Path, *, name: str, kind: bytes, target: str
) -> None:
    """A link in place of a file is followed nowhere: exit 7, and nothing changes."""
    whole = members(saved)
    assert name in whole
    whole.pop(name)
    with tarfile.open(saved, "w") as tar:
        about = tarfile.TarInfo(name)
        about.type, about.linkname = kind, target
        tar.addfile(about)
        for each, data in whole.items():
            about = tarfile.TarInfo(each)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    refused(folder, sd, saved)


@pytest.mark.parametrize(
    "kind", [tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_devices_in_a_backup_are_refused(
    folder: Path, sd: Runner, tmp_path: Path, kind: bytes
) -> None:
    """A folder, a pipe or a device in place of the snapshot: exit 7, none is made."""
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        about = tarfile.TarInfo("tickets.json")
        about.type, about.devmajor, about.devminor = kind, 1, 5
        tar.addfile(about)
    assert "not a file" in refused(folder, sd, tmp_path / "x.tar")


def test_a_name_too_long_is_passed_over(folder: Path, sd: Runner, saved: Path) -> None:
    """A month whose number has 300 digits is no archive, and none of our business."""
    tarred(saved, {**members(saved), f"archive/2026-11.{'9' * 300}.json": b"x"})
    sd("restore", str(saved))
    assert home(folder).examine(unheard).findings == ()


@pytest.mark.parametrize("first", [True, False])
def test_an_archive_left_behind_harms_no_restore(
    folder: Path, saved: Path, tmp_path: Path, first: bool
) -> None:
    """Archives that the snapshot does not name, as in a tar file made by hand, are passed over."""
    expected, whole = tickets(folder), members(saved)
    left = {f"archive/2026-11.{number}.json": b"left behind" for number in (1, 3, 4, 5, 6)}
    tarred(saved, {**left, **whole} if first else {**whole, **left})
    restore(tmp_path / "there", saved)
    assert tickets(tmp_path / "there") == expected
    assert len(names(tmp_path / "there" / "archive")) == 1


def test_references_given_out_since_are_not_used_again(folder: Path, saved: Path) -> None:
    """A restore over a newer ledger skips the references that somebody may have noted down."""
    before = tickets(folder)[:8]
    since = [put(folder), put(folder)]
    compact(folder)
    since.append(put(folder))
    assert since == ["SD-9", "SD-10", "SD-11"]
    restored = restore(folder, saved)
    assert restored.next == "SD-12"
    assert tickets(folder) == before
    for ref in since:
        with pytest.raises(NoSuchTicketError):
            home(folder).get(ref)
    assert put(folder) == "SD-12"
    require_sound(folder)
    second = restore(folder, saved)
    assert (second.tickets, second.next) == (8, "SD-13")


def test_the_ledger_as_it_was_is_kept_and_can_be_used(folder: Path, saved: Path) -> None:
    """What a restore replaces is a whole ledger in a folder of its own, archives included."""
    put(folder, "since")
    close(folder, "SD-1", "SD-3", hours=4)
    before = tickets(folder)
    restored = restore(folder, saved)
    kept = Path(restored.kept)
    assert kept == folder / "before-restore.1"
    compact(folder)
    close(folder, "SD-5", "SD-6", hours=5)
    compact(folder)
    assert tickets(kept) == before
    require_sound(kept)
    assert put(kept) == "SD-10"
    assert restore(folder, saved).kept == str(folder / "before-restore.2")
    assert tickets(kept)[:-1] == before


def test_a_restore_can_be_taken_back(folder: Path, saved: Path, tmp_path: Path) -> None:
    """A backup of what was kept brings everything back."""
    put(folder, "since")
    before = tickets(folder)
    kept = Path(restore(folder, saved).kept)
    back_up(kept, tmp_path / "kept.tar")
    restore(folder, tmp_path / "kept.tar")
    assert tickets(folder) == before


def ruin(folder: Path, way: str) -> None:
    """Damage a ledger."""
    if way == "no snapshot":
        (folder / "tickets.json").unlink()
    elif way == "no journal":
        (folder / "tickets.journal").unlink()
    elif way == "no archive":
        next((folder / "archive").iterdir()).unlink()
    elif way == "cut snapshot":
        overwrite(folder / "tickets.json", (folder / "tickets.json").read_bytes()[:-300])
    else:
        content = {"noise": Random(2).randbytes(5000), "empty snapshot": b""}[way]
        overwrite(folder / "tickets.json", content)


RUINS = ("no snapshot", "no journal", "no archive", "cut snapshot", "noise", "empty snapshot")


@pytest.mark.parametrize("way", RUINS)
def test_a_damaged_ledger_is_restored_over(folder: Path, saved: Path, way: str) -> None:
    """Whatever is wrong with the present ledger, a backup replaces it; no reference comes twice."""
    before = tickets(folder)
    put(folder, "since")
    ruin(folder, way)
    restored = restore(folder, saved)
    assert tickets(folder) == before
    assert restored.next == "SD-10"
    if way != "no snapshot":
        assert Path(restored.kept).is_dir()


def test_references_in_archives_are_not_used_again(folder: Path, saved: Path) -> None:
    """If the newest tickets were closed and archived, a damaged snapshot hides them not."""
    put(folder)
    close(folder, "SD-9", "SD-1", hours=4)
    compact(folder)
    ruin(folder, "noise")
    assert restore(folder, saved).next == "SD-10"


def test_an_alert_does_not_say_which_reference_is_next(folder: Path, tmp_path: Path) -> None:
    """What a monitoring system calls `ref` has nothing to do with references."""
    put(folder, payload={"labels": {"ref": "SD-999999999"}})
    back_up(folder, tmp_path / "x.tar")
    assert home(folder).restore(str(tmp_path / "x.tar"), unheard).next == "SD-10"


def test_a_new_desk_gets_the_ledger(saved: Path, tmp_path: Path, folder: Path) -> None:
    """Where there was no ledger, there is one: no old one is kept, and no rest is left."""
    there = tmp_path / "new" / "ledger"
    restored = restore(there, saved)
    assert restored.kept == ""
    assert tickets(there) == tickets(folder)
    assert names(there) == ["archive", "tickets.journal", "tickets.json", "tickets.lock"]


def test_a_refused_restore_leaves_a_new_desk_new(
    desk_dir: Path, sd: Runner, tmp_path: Path
) -> None:
    """A desk without a ledger that was offered rubbish can begin as if nothing had happened."""
    (tmp_path / "x.tar").write_bytes(b"rubbish")
    sd("restore", str(tmp_path / "x.tar"), expect=LEDGER_DAMAGED)
    assert sd("list", "--json").stdout == "[]\n"
    assert put(desk_dir / "ledger") == "SD-1"


def test_a_failed_restore_leaves_a_new_desk_new(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk without a ledger whose disk was full during a restore can begin all the same."""
    real = os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith("tickets.json"):
            raise OSError(28, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(SdcliError, match="No space left"):
            home(tmp_path / "new").restore(str(saved), unheard)
    assert read(tmp_path / "new") == []
    assert put(tmp_path / "new") == "SD-1"


def test_a_first_format_ledger_is_kept_and_brought_back(folder: Path, tmp_path: Path) -> None:
    """A ledger of the first format goes into a backup as it is, and comes back in the present one."""
    old, there, made = tmp_path / "old", tmp_path / "there", tickets(folder)
    formerly(old, made, next_number=12)
    raw = (old / "tickets.json").read_bytes()
    assert back_up(old, tmp_path / "old.tar") == 8
    assert members(tmp_path / "old.tar") == {"tickets.json": raw}
    assert (old / "tickets.json").read_bytes() == raw
    restored = restore(there, tmp_path / "old.tar")
    assert tickets(there) == made
    assert (restored.tickets, restored.next) == (8, "SD-12")
    assert b'"format":2' in (there / "tickets.json").read_bytes()
    assert home(there).by_idempotency_key("i3") == made[2]

    put(folder, "since")
    assert restore(folder, tmp_path / "old.tar").next == "SD-12"
    assert tickets(folder) == made


def test_a_first_format_ledger_that_tinydb_wrote_anew(folder: Path, tmp_path: Path) -> None:
    """A ledger that sdcli reads without complaint can be restored from its backup."""
    old, made = tmp_path / "old", tickets(folder)
    formerly(old, made)
    document = json.loads((old / "tickets.json").read_bytes())
    overwrite(old / "tickets.json", json.dumps(document).encode())
    assert tickets(old) == made
    back_up(old, tmp_path / "old.tar")
    restore(tmp_path / "there", tmp_path / "old.tar")
    assert tickets(tmp_path / "there") == made


@pytest.mark.parametrize("name", ["tickets.json", "archive"])
def test_a_backup_that_could_not_be_restored_is_not_made(
    folder: Path, sd: Runner, tmp_path: Path, name: str
) -> None:
    """A ledger with a damaged ticket: exit 7 when it is backed up, not when it is needed."""
    path = folder / name if name != "archive" else next((folder / "archive").iterdir())
    raw = path.read_bytes()
    overwrite(path, raw[:300] + bytes([raw[300] ^ 1]) + raw[301:])
    sd("backup", str(tmp_path / "x.tar"), expect=LEDGER_DAMAGED)
    assert not (tmp_path / "x.tar").exists()


def test_a_damaged_journal_is_not_backed_up(folder: Path, sd: Runner, tmp_path: Path) -> None:
    """Commits that cannot be read: exit 7, and no file that only looks like a backup."""
    raw = (folder / "tickets.journal").read_bytes()
    overwrite(folder / "tickets.journal", raw.replace(b"in the journal", b"in the journey", 1))
    sd("backup", str(tmp_path / "x.tar"), expect=LEDGER_DAMAGED)
    assert names(tmp_path) == ["cache", "desk"]


def test_half_a_commit_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    """What somebody was just about to write is not in a backup, and is left alone."""
    raw = (folder / "tickets.journal").read_bytes()
    overwrite(folder / "tickets.journal", raw + b'{"commit":4,"tickets":[{"ref"')
    back_up(folder, tmp_path / "x.tar")
    assert members(tmp_path / "x.tar")["tickets.journal"] == raw
    restore(tmp_path / "there", tmp_path / "x.tar")
    assert len(tickets(tmp_path / "there")) == 8


def test_a_restore_waits_for_the_lock(folder: Path, saved: Path, sd: Runner) -> None:
    """While another holds the lock a restore exits 6 and leaves everything as it is."""
    put(folder)
    with locked(str(folder / "tickets.lock"), 1):
        before, there = contents(folder), names(folder)
        told = sd("restore", str(saved), expect=LEDGER_BUSY, env={"SDCLI_LOCK_WAIT": "0"})
        assert "try again" in told.stderr
        assert (contents(folder), names(folder)) == (before, there)


def test_a_backup_needs_no_lock(folder: Path, sd: Runner, tmp_path: Path) -> None:
    """While another holds the lock a backup is made."""
    with locked(str(folder / "tickets.lock"), 1):
        before = contents(folder)
        sd("backup", str(tmp_path / "x.tar"), env={"SDCLI_LOCK_WAIT": "0"})
        assert contents(folder) == before
    restore(tmp_path / "there", tmp_path / "x.tar")


class Meanwhile:
    """Progress that lets something happen at the n-th time it is told."""

    def __init__(self, at: int, deed: Callable[[], object]) -> None:
        self.left = at
        self.deed = deed

    def __call__(self, done: int, total: int) -> None:
        del done, total
        self.left -= 1
        if self.left == 0:
            self.deed()


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_backup_is_of_one_moment(folder: Path, tmp_path: Path, at: int) -> None:
    """Commits and new archives between its files: a backup is the ledger as it was at its start."""
    before = tickets(folder)

    def fold_it() -> None:
        put(folder)
        close(folder, "SD-1", "SD-3", "SD-5", hours=4)
        compact(folder)
        add(folder, "SD-5", reopening(5))

    home(folder).back_up(str(tmp_path / "x.tar"), Meanwhile(at, fold_it))
    assert len(tickets(folder)) == 9
    restore(tmp_path / "there", tmp_path / "x.tar")
    assert tickets(tmp_path / "there") == before


@pytest.mark.parametrize("at", [1, 5, 9])
def test_what_is_written_while_a_backup_is_examined_is_kept(
    folder: Path, saved: Path, at: int
) -> None:
    """A ticket opened while a restore unpacks is in what it keeps; its reference is not used again."""

    def commit() -> None:
        put(folder, "meanwhile")

    restored = home(folder).restore(str(saved), Meanwhile(at, commit))
    require_sound(folder)
    assert restored.next == "SD-10"
    assert read(Path(restored.kept))[-1] == "meanwhile"
    assert len(tickets(folder)) == 8


WRITER = """
import os, select, sys
from datetime import datetime, timezone
from sdcli.errors import NoSuchTicketError
from sdcli.ledger.tiny import compact, home
from sdcli.tickets.event import Closed, Opened, Resolved, Stamp
home._LEAST_JOURNAL = home._MOST_JOURNAL = 4000
compact._MOST_CLOSED = 5
folder, unit = sys.argv[1], 0
stamp = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by=f"pid{os.getpid()}")
ledger = home.TinyLedger(folder, 100)
print("ready", flush=True)
sys.stdin.readline()
while unit < 5 or not select.select([sys.stdin], [], [], 0)[0]:
    unit += 1
    with ledger.write() as writer:
        opened = Opened(*stamp.mark(), summary=f"{stamp.by} {unit}", queue="q", priority="P3")
        ref = writer.create([opened]).ref
    print("opened", ref, flush=True)
    if unit % 3:
        try:
            with ledger.write() as writer:
                end = Resolved(*stamp.mark(), code="x"), Closed(*stamp.mark(), code="x")
                writer.append(writer.get(ref), end)
        except NoSuchTicketError:
            print("gone", ref, flush=True)
"""

READER = """
import select, sys
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
print("ready", flush=True)
sys.stdin.readline()
while not select.select([sys.stdin], [], [], 0)[0]:
    found = list(TinyLedger(sys.argv[1], 0).find(Query(statuses=STATUSES)))
    assert len({ticket.ref for ticket in found}) == len(found)
    assert TinyLedger(sys.argv[1], 0).get("SD-1") == found[0]
    print(len(found), flush=True)
"""


class Crew:
    """Processes that begin their work together, and go on until they are asked what they did."""

    def __init__(self, stack: ExitStack, folder: Path, *programs: str) -> None:
        self.members = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program, str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for program in programs
        ]
        for member in self.members:
            stack.callback(member.kill)
        for member in self.members:
            assert member.stdout is not None
            assert member.stdout.readline() == "ready\n"
        for member in self.members:
            assert member.stdin is not None
            member.stdin.write("\n")
            member.stdin.flush()

    def told(self) -> list[list[str]]:
        """What each has printed when all have ended well."""
        for member in self.members:
            assert member.stdin is not None
            member.stdin.write("enough\n")
            member.stdin.flush()
        said = [member.communicate(timeout=PATIENCE_S) for member in self.members]
        assert [member.returncode for member in self.members] == [0] * len(said), said
        return [out.splitlines() for out, _ in said]


def acknowledged(told: list[list[str]]) -> list[str]:
    """The references that writers were given."""
    return [line.split()[1] for lines in told for line in lines if line.startswith("opened")]


def test_backups_beside_writers(tmp_path: Path) -> None:
    """While three processes open and close tickets: each backup is sound, and of one moment.

    What was on record before it began is in it, as it was or further on; what is in it is a
    beginning of what is on record afterwards.
    """
    folder, there = tmp_path / "ledger", tmp_path / "there"
    put(folder)
    with ExitStack() as stack:
        crew = Crew(stack, folder, *[WRITER] * 3)
        for made in range(6):
            before = {ticket.ref: ticket.events for ticket in tickets(folder)}
            back_up(folder, tmp_path / f"{made}.tar")
            after = {ticket.ref: ticket.events for ticket in tickets(folder)}
            restore(there, tmp_path / f"{made}.tar")
            inside = {ticket.ref: ticket.events for ticket in tickets(there)}
            assert before.keys() <= inside.keys() <= after.keys()
            for ref, events in inside.items():
                assert events[: len(before.get(ref, ()))] == before.get(ref, ())
                assert after[ref][: len(events)] == events
            shutil.rmtree(there)
        given = acknowledged(crew.told())
    require_sound(folder)
    assert len(set(given)) == len(given) == len(tickets(folder)) - 1


def test_restores_beside_writers_and_readers(tmp_path: Path) -> None:
    """While others write and read, restores go on: no writer stops, no reader fails.

    No reference is given out twice, and every ticket that was acknowledged is in the ledger or
    in what one of the restores has kept.
    """
    folder, saved = tmp_path / "ledger", tmp_path / "saved.tar"
    put(folder)
    back_up(folder, saved)
    with ExitStack() as stack:
        crew = Crew(stack, folder, *[WRITER] * 3, READER)
        patient = TinyLedger(str(folder), PATIENCE_S)
        restored = [patient.restore(str(saved), unheard) for _ in range(8)]
        given = acknowledged(crew.told())
    require_sound(folder)
    assert len(set(given)) == len(given)
    known = {ref for each in restored for ref in refs(Path(each.kept))} | set(refs(folder))
    assert set(given) <= known
    assert int(put(folder)[3:]) > max(int(ref[3:]) for ref in given)


STEPS = (
    DYING
    + """
import builtins, os, shutil, signal, sys
from sdcli.ledger.tiny.home import TinyLedger
made, target, saved = sys.argv[1:]

step, ended = 0, False
while not ended:
    step += 1
    folder = os.path.join(target, str(step))
    if os.path.exists(made):
        shutil.copytree(made, folder)
    child = os.fork()
    if not child:
        left = [step]
        for name in ("replace", "link", "unlink", "fsync", "mkdir", "ftruncate", "open", "rmdir"):
            setattr(os, name, dying(getattr(os, name), left))
        builtins.open = dying(open, left)
        TinyLedger(folder, 5).restore(saved, lambda done, total: None)
        os._exit(0)
    ended = os.waitpid(child, 0)[1] == 0
print(step)
"""
)


def killed_at_each_step(made: Path, target: Path, saved: Path) -> list[Path]:
    """The ledgers that restores leave which are killed before their 1st, 2nd … call to the system."""
    target.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", STEPS, str(made), str(target), str(saved)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    steps = int(ran.stdout)
    assert steps > 20
    return [target / str(step) for step in range(1, steps + 1)]


def test_a_restore_killed_at_any_step(folder: Path, saved: Path, tmp_path: Path) -> None:
    """Killed before any call to the system: the old ledger or the new one, sound and writable."""
    new = tickets(folder)
    put(folder, "since")
    add(folder, "SD-3", noted("since"))
    old, seen = tickets(folder), []
    for left in killed_at_each_step(folder, tmp_path / "steps", saved):
        require_sound(left)
        now = tickets(left)
        assert now in (old, new)
        seen.append(now == new)
        assert put(left) == "SD-10"
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (False, True)
    assert restore(left, saved).tickets == 8


def test_a_restore_into_a_new_desk_killed_at_any_step(
    folder: Path, saved: Path, tmp_path: Path
) -> None:
    """Where there was no ledger, there is none or the new one; either way the desk can be used."""
    for left in killed_at_each_step(tmp_path / "nothing", tmp_path / "steps", saved):
        require_sound(left)
        assert tickets(left) in ([], tickets(folder))


def test_a_journal_that_cannot_be_begun_anew(
    folder: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a damaged snapshot: if only the new journal cannot be written, all is restored."""
    before = tickets(folder)
    for _ in range(5):
        put(folder)
        compact(folder)
    ruin(folder, "noise")
    shutil.rmtree(folder / "archive")

    def refuse(journal: Journal, like: str) -> None:
        del journal, like
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "start_over", refuse)
        home(folder).restore(str(saved), unheard)
    assert tickets(folder) == before


def test_a_private_ledger_stays_private(folder: Path, saved: Path) -> None:
    """Snapshot, journal and archives of a ledger that is its owner's alone are so after a restore."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
    restore(folder, saved)
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != "tickets.lock"]
    assert len(left) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in left} == {0o600}


FULL = """
import resource, signal, sys
from sdcli.errors import MachineError
from sdcli.ledger.tiny import backup, doctor, home, repair
folder, way, file, space = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (space, space))
try:
    getattr(home.TinyLedger(folder, 5), way)(file, lambda done, total: None)
except MachineError as error:
    print(error.message)
"""


def on_a_full_disk(folder: Path, way: str, file: Path, space: int) -> str:
    """What a process says that may write no file longer than `space`."""
    ran = subprocess.run(
        [sys.executable, "-B", "-c", FULL, str(folder), way, str(file), str(space)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.mark.parametrize("space", [0, 600, 2000])
def test_a_full_disk_leaves_no_half_backup(folder: Path, tmp_path: Path, space: int) -> None:
    """Without space there is no backup, which is told, and no rest of one."""
    (tmp_path / "disk").mkdir()
    said = on_a_full_disk(folder, "back_up", tmp_path / "disk" / "x.tar", space)
    assert said.startswith("Writing the backup")
    assert names(tmp_path / "disk") == []


@pytest.mark.parametrize("space", [0, 600, 2000, 4000])
def test_a_full_disk_stops_a_restore(folder: Path, saved: Path, space: int) -> None:
    """Without space a restore says so and leaves the ledger as it was."""
    put(folder, "since")
    before, old = contents(folder), tickets(folder)
    said = on_a_full_disk(folder, "restore", saved, space)
    assert "Nothing was changed" in said
    now = contents(folder)
    assert {name: now[name] for name in before} == before
    assert not [name for name in now if name.endswith(".tmp") or name.startswith("restore-")]
    assert tickets(folder) == old
    assert restore(folder, saved).tickets == 8


def test_a_linked_ledger_is_restored_where_it_is(folder: Path, saved: Path, tmp_path: Path) -> None:
    """A desk whose ledger is elsewhere gets its backup there, and keeps the link."""
    before = tickets(folder)
    real = tmp_path / "volume"
    shutil.move(folder, real)
    folder.symlink_to(real)
    put(folder, "since")
    restored = restore(folder, saved)
    assert folder.is_symlink()
    assert tickets(real) == before
    assert Path(restored.kept).parent == real


def test_a_backup_is_nobody_elses(folder: Path, tmp_path: Path) -> None:
    """The same ledger gives the same bytes: no time, no user and no machine is in a backup."""
    back_up(folder, tmp_path / "one.tar")
    back_up(folder, tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as tar:
        for about in tar:
            facts: tuple[Any, ...] = (about.uid, about.gid, about.uname, about.mtime, about.mode)
            assert facts == (0, 0, "", 0, 0o600)


def test_opened_elsewhere_stays_elsewhere(folder: Path, saved: Path) -> None:
    """A restored ticket can be worked on like any other."""
    put(folder, "since")
    restore(folder, saved)
    assert add(folder, "SD-7", reopening(9)).status == "in_progress"
    assert home(folder).get("SD-7").events[-1] == add(folder, "SD-7", noted("x")).events[-2]
    with home(folder).write() as writer:
        assert writer.create([opened("new")]).ref == "SD-10"
    require_sound(folder)
