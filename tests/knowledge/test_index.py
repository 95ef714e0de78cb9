"""The index follows the files, can be thrown away, and is in nobody's way (R3a.1)."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DataFileError
from sdcli.knowledge import articles as articles_module
from sdcli.knowledge import index as index_module
from sdcli.knowledge import looks
from sdcli.knowledge.articles import articles
from sdcli.knowledge.index import Index
from sdcli.knowledge.looks import Looking, look
from sdcli.knowledge.query import typed
from sdcli.knowledge.search import Wanted, search

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.errors import Problem

_VPN = "kb/KB-104-vpn-drops-after-sleep.yaml"
_PRINTER = "kb/KB-110-printer-offline.yaml"


class Seeker:
    """Searches a desk as a process does: each time with an index opened anew."""

    def __init__(self, root: Path, path: Path | None) -> None:
        self.root = root
        self.path = path
        self.problems: list[Problem] = []
        self.told: list[str] = []
        self.read: list[str] = []

    def find(self, text: str) -> list[str]:
        """The ids of what is found."""
        index = Index(str(self.path or ""), self.told.append)
        wanted = Wanted(typed(text), limit=50)
        root = str(self.root)
        hits, self.problems = index.answer(lambda each: search(each, wanted), root, Looking(root))
        return [hit.id for hit in hits]


@pytest.fixture(name="seeker")
def _seeker(desk_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seeker:
    """Searches the desk of the test, and notes which files are parsed."""
    seeker = Seeker(desk_dir, tmp_path / "cache" / "desk.kb")
    parsed = articles_module.parsed

    def note(name: str, raw: bytes | str) -> object:
        seeker.read.append(name)
        return parsed(name, raw)

    monkeypatch.setattr(articles_module, "parsed", note)
    return seeker


def _settle(root: Path) -> None:
    """Let the files be old enough to be known by their times."""
    for path in (root / "kb").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture(name="later")
def _later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets time pass, so that every file that is there is old."""

    def pass_() -> None:
        monkeypatch.setattr(looks, "SETTLED_NS", -(10**18))

    return pass_


def _edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace a text in a file, in place: the file stays the same one."""
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    with (root / file).open("r+", encoding="utf-8") as stream:
        stream.write(text.replace(old, new))
        stream.truncate()


def test_files_are_read_once(seeker: Seeker, later: Callable[[], None]) -> None:
    """The first search reads every article; while none changes, the next ones read none."""
    later()
    assert seeker.find("printer offline")[0] == "KB-110"
    assert len(seeker.read) == len(articles(str(seeker.root)))
    seeker.read.clear()
    assert seeker.find("vpn drops after sleep")[0] == "KB-104"
    assert seeker.read == []


def test_an_edit_in_place_is_found(seeker: Seeker, later: Callable[[], None]) -> None:
    """Only the file that changed is read again, and its old words are gone."""
    later()
    before = seeker.find("offline")
    seeker.read.clear()
    _edit(seeker.root, _PRINTER, "ffline", "xyzzyplugh")
    assert seeker.find("oxyzzyplugh") == ["KB-110"]
    assert "KB-110" in before
    assert "KB-110" not in seeker.find("offline")
    assert seeker.read == [_PRINTER]


def test_an_edit_within_the_same_tick_is_found(seeker: Seeker) -> None:
    """A file that was just written is looked into again, however its size and times look."""
    path = seeker.root / _PRINTER
    seeker.find("offline")
    for word in ("xyzzyp", "plughs"):
        before = path.stat()
        seeker.find("printer")
        _edit(seeker.root, _PRINTER, "ffline" if word == "xyzzyp" else "xyzzyp", word)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        assert seeker.find(f"o{word}") == ["KB-110"]


def test_a_young_file_is_not_parsed_again(seeker: Seeker) -> None:
    """What was just written is read again, but not taken apart while it holds the same."""
    seeker.find("offline")
    seeker.read.clear()
    assert seeker.find("printer offline")[0] == "KB-110"
    assert seeker.read == []


def test_a_stamp_that_differs_is_enough(seeker: Seeker, later: Callable[[], None]) -> None:
    """A file that was put in the place of another, as editors do, is found by its inode."""
    later()
    seeker.find("offline")
    path, before = seeker.root / _PRINTER, (seeker.root / _PRINTER).stat()
    new = path.with_suffix(".new")
    new.write_text(path.read_text(encoding="utf-8").replace("ffline", "xyzzyp"), encoding="utf-8")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)
    assert seeker.find("oxyzzyp") == ["KB-110"]


def test_files_come_and_go(seeker: Seeker, later: Callable[[], None]) -> None:
    """A file that was removed, renamed or added is gone, once there, and there."""
    later()
    assert "KB-110" in seeker.find("printer")
    path = seeker.root / _PRINTER
    text = path.read_text(encoding="utf-8")
    path.rename(path.with_name("KB-110-other-words.yaml"))
    assert seeker.find("printer").count("KB-110") == 1
    path.with_name("KB-110-other-words.yaml").unlink()
    assert "KB-110" not in seeker.find("printer")
    assert "KB-110" not in seeker.find("KB-110")
    (seeker.root / "kb" / "KB-910.yaml").write_text(text.replace("KB-110", "KB-910"))
    assert "KB-910" in seeker.find("printer")
    assert seeker.problems == []


def test_many_changes_leave_the_same_index(seeker: Seeker, later: Callable[[], None]) -> None:
    """After any changes the answers are those of an index made anew, to the last digit."""
    later()
    chance = random.Random(3)
    files = sorted((seeker.root / "kb").glob("KB-*.yaml"))
    texts = [path.read_text(encoding="utf-8") for path in files]
    for _ in range(12):
        path, text = chance.choice(files), chance.choice(texts)
        if chance.random() < 0.3:
            path.unlink(missing_ok=True)
        else:
            id_ = "-".join(path.stem.split("-")[:2])
            path.write_text(f"id: {id_}\n" + text.split("\n", 1)[1], encoding="utf-8")
        seeker.find("printer")
    for query in (
        "printer offline",
        "vpn laptop wifi",
        "access mailbox",
        "server memory",
        "prnter",
    ):
        seen = _scores(seeker.root, str(seeker.path), query)
        assert seen == _scores(seeker.root, "", query)


def _scores(root: Path, path: str, text: str) -> dict[str, float]:
    index = Index(path)
    index.refresh(str(root), look(str(root)))
    return {hit.id: hit.score for hit in search(index, Wanted(typed(text), limit=99))}


def test_a_wrong_file_does_not_take_the_search_away(seeker: Seeker) -> None:
    """What cannot be read is told with file and line each time, and the rest is searched."""
    (seeker.root / _PRINTER).write_text("id: KB-110\ntitle: [\n", encoding="utf-8")
    for _ in range(2):
        assert seeker.find("vpn drops after sleep")[0] == "KB-104"
        assert [each.file for each in seeker.problems] == [_PRINTER]
        assert "KB-110" not in seeker.find("printer offline")


def test_a_mended_file_is_searched_again(seeker: Seeker, later: Callable[[], None]) -> None:
    """When it is put right it is found, and nothing is told any more."""
    later()
    text = (seeker.root / _PRINTER).read_text(encoding="utf-8")
    (seeker.root / _PRINTER).write_text("id: [", encoding="utf-8")
    seeker.find("printer offline")
    (seeker.root / _PRINTER).write_text(text, encoding="utf-8")
    assert seeker.find("printer offline")[0] == "KB-110"
    assert seeker.problems == []


def test_what_only_lint_minds_is_told_and_found(seeker: Seeker) -> None:
    """An article that can be read and says something wrong is searched all the same."""
    _edit(seeker.root, _PRINTER, "audience: user", "audience: restricted")
    assert seeker.find("printer offline")[0] == "KB-110"
    assert [each.file for each in seeker.problems] == [_PRINTER]


def test_two_files_with_one_id_are_told(seeker: Seeker) -> None:
    """The second of two files with the same id is named."""
    text = (seeker.root / _PRINTER).read_text(encoding="utf-8")
    (seeker.root / "kb" / "KB-110-zz.yaml").write_text(text, encoding="utf-8")
    assert seeker.find("printer offline").count("KB-110") == 1
    assert [str(each) for each in seeker.problems] == [
        "kb/KB-110-zz.yaml:1: the id KB-110 is used by another file too"
    ]


def test_synonyms_follow_their_file(seeker: Seeker, later: Callable[[], None]) -> None:
    """A new name works at once, and is forgotten with the file; no article is read for it."""
    later()
    path = seeker.root / "kb" / "synonyms.yaml"
    assert seeker.find("gizmo") == []
    seeker.read.clear()
    path.write_text("synonyms:\n  - [gizmo, printer]\n", encoding="utf-8")
    assert seeker.find("gizmo")[0] in {"KB-110", "KB-111"}
    path.write_text("synonyms:\n  - [gizmo]\n", encoding="utf-8")
    assert seeker.find("gizmo") == []
    assert [str(each) for each in seeker.problems] == [
        "kb/synonyms.yaml:2: name at least two that differ, not gizmo"
    ]
    path.unlink()
    assert seeker.find("gizmo") == []
    assert seeker.problems == []
    assert seeker.read == []


def test_no_folder_is_a_mistake(tmp_path: Path) -> None:
    """A desk without the folder says so; one that is empty has nothing to find."""
    seeker = Seeker(tmp_path, tmp_path / "index")
    with pytest.raises(DataFileError, match="kb:1: the folder cannot be read"):
        seeker.find("vpn")
    (tmp_path / "kb").mkdir()
    assert seeker.find("vpn") == []


@pytest.mark.parametrize("name", ["KB-900.yaml", "caf\udce9.yaml"])
def test_what_is_no_plain_file_is_told(seeker: Seeker, name: str) -> None:
    """A folder, a link that leads nowhere and a pipe are named, and stop nothing."""
    path = os.path.join(os.fsencode(seeker.root / "kb"), os.fsencode(name))
    os.mkdir(path)
    os.symlink("nowhere", seeker.root / "kb" / "KB-901.yaml")
    os.mkfifo(seeker.root / "kb" / "KB-902.yaml")
    for _ in range(2):
        assert seeker.find("printer offline")[0] == "KB-110"
        assert [each.message for each in seeker.problems] == ["the file is no plain file"] * 3


# The file of the index


def test_the_index_is_for_its_owner_alone(seeker: Seeker) -> None:
    """Folder and file can be read by nobody else: some articles are restricted."""
    seeker.find("vpn")
    assert seeker.path
    assert stat.S_IMODE(seeker.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(seeker.path.parent.stat().st_mode) == 0o700


def test_the_index_may_be_deleted(seeker: Seeker, later: Callable[[], None]) -> None:
    """Without the file everything is read again, and the answer is the same."""
    later()
    before = seeker.find("printer")
    assert seeker.path
    seeker.path.unlink()
    assert seeker.find("printer") == before
    assert seeker.path.exists()


def test_without_a_place_for_it_the_search_works(seeker: Seeker, tmp_path: Path) -> None:
    """Where nothing can be kept the articles are read each time; a file in the way is told."""
    kept = seeker.find("printer")
    for place in (None, tmp_path / "file" / "desk.kb", tmp_path / "folder"):
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir(exist_ok=True)
        other = Seeker(seeker.root, place)
        assert other.find("printer") == kept
        assert len(other.told) == (place is not None)


def test_another_version_is_made_anew(seeker: Seeker, later: Callable[[], None]) -> None:
    """An index by another version of the program, or of the tables, is not believed."""
    later()
    before = seeker.find("printer")
    for change in ("UPDATE state SET made_by = 'x'", "PRAGMA user_version = 99"):
        with sqlite3.connect(str(seeker.path)) as db:
            db.execute(change)
        db.close()
        seeker.read.clear()
        assert seeker.find("printer") == before
        assert seeker.read


def test_a_damaged_index_is_made_anew(seeker: Seeker, later: Callable[[], None]) -> None:
    """Wherever a byte is wrong the search answers, and no article that is there is an error."""
    later()
    assert seeker.path
    before = set(seeker.find("printer offline"))
    whole, chance = seeker.path.read_bytes(), random.Random(5)
    places = [*range(0, 100, 9), *(chance.randrange(len(whole)) for _ in range(60))]
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= chance.choice((0xFF, 1, 0x80))
        seeker.path.write_bytes(bytes(damaged))
        found = set(seeker.find("printer offline"))
        assert found <= {f"KB-{number}" for number in range(101, 142)}
        assert len(found & before) >= len(before) // 2
        assert seeker.problems == []


@pytest.mark.parametrize("length", [0, 1, 100, 4096, 20_000])
def test_a_cut_index_is_made_anew(seeker: Seeker, later: Callable[[], None], length: int) -> None:
    """An index that was cut off anywhere gives the same answer as a whole one."""
    later()
    before = seeker.find("printer offline")
    assert seeker.path
    seeker.path.write_bytes(seeker.path.read_bytes()[:length])
    assert seeker.find("printer offline") == before
    assert seeker.find("printer offline") == before


def test_while_another_writes_the_search_answers(seeker: Seeker, later: Callable[[], None]) -> None:
    """A process that finds the index in use does not wait, and sees what has changed."""
    later()
    seeker.find("printer")
    _edit(seeker.root, _PRINTER, "ffline", "xyzzyp")
    other = sqlite3.connect(str(seeker.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert seeker.find("oxyzzyp") == ["KB-110"]
    finally:
        other.close()
    assert seeker.told == []
    seeker.read.clear()
    assert seeker.find("oxyzzyp") == ["KB-110"]
    assert seeker.read == [_PRINTER]


def test_while_another_commits_the_search_answers(
    seeker: Seeker, monkeypatch: pytest.MonkeyPatch, later: Callable[[], None]
) -> None:
    """A file that cannot be read for a moment is done without, and left as it is."""
    later()
    monkeypatch.setattr(index_module, "_BUSY_MS", 1)
    before = seeker.find("printer")
    other = sqlite3.connect(str(seeker.path), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert seeker.find("printer") == before
    finally:
        other.close()
    seeker.read.clear()
    assert seeker.find("printer") == before
    assert seeker.read == []


_RUN = """
import sys
from sdcli.knowledge.index import Index
from sdcli.knowledge.looks import Looking
from sdcli.knowledge.query import typed
from sdcli.knowledge.search import Wanted, search
path, root = sys.argv[1:]
wanted = Wanted(typed("printer offline"))
index = Index(path)
hits, problems = index.answer(lambda each: search(each, wanted), root, Looking(root))
print([(hit.id, hit.score) for hit in hits], problems)
"""


def test_processes_at_once_agree(seeker: Seeker) -> None:
    """Processes that all build the index at once give one answer, and leave a sound file."""
    command = [sys.executable, "-c", _RUN, str(seeker.path), str(seeker.root)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert len({out for out, _ in said}) == 1
    db = sqlite3.connect(str(seeker.path))
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.execute("INSERT INTO text (text) VALUES ('integrity-check')")
    db.close()


# Looks


def test_equal_looks_show_equal_files(desk_dir: Path) -> None:
    """A look changes with a file's times, size, inode and name, and with nothing else."""
    _settle(desk_dir)
    first = look(str(desk_dir))
    assert look(str(desk_dir)).print == first.print
    assert set(first.each()) == {path.name for path in (desk_dir / "kb").iterdir()}
    (desk_dir / "kb" / "notes.txt").touch()
    assert look(str(desk_dir)).print == first.print
    os.utime(desk_dir / _VPN)
    assert look(str(desk_dir)).print != first.print


def test_a_look_by_a_child_is_the_same(desk_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes it, a look is the same; a child that fails is done without."""
    own = look(str(desk_dir)).print
    monkeypatch.setattr(looks, "_LARGE", 0)
    monkeypatch.setattr(looks, "_may_fork", lambda: True)
    assert Looking(str(desk_dir)).shows(own)
    assert not Looking(str(desk_dir)).shows(b"other")

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(looks, "_look", fail)
    looking = Looking(str(desk_dir))
    monkeypatch.undo()
    assert looking.shows(own)


def test_progress_is_told(desk_dir: Path) -> None:
    """Whoever waits for files to be read hears how far it is."""
    told: list[tuple[int, int]] = []
    index = Index()
    index.refresh(str(desk_dir), look(str(desk_dir)), lambda *each: told.append(each))
    count = len(list((desk_dir / "kb").glob("*.yaml")))
    assert told == [(done, count) for done in range(1, count + 1)]


def test_a_look_survives_odd_names(tmp_path: Path) -> None:
    """Any name that the file system takes is told apart from others."""
    (tmp_path / "kb").mkdir()
    names = ["a b.yaml", "caf\u00e9.yaml", "\u6253.yaml", "new\nline.yaml"]
    for name in names:
        (tmp_path / "kb" / name).touch()
    assert sorted(look(str(tmp_path)).each()) == sorted(names)
