"""Evidence: files on a ticket, kept once by what is in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.errors import LedgerDamagedError
from sdcli.intake.attachments import safe_name
from tests.conftest import NOW

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="_ticket", autouse=True)
def _a_ticket(sd: Runner) -> None:
    sd("open", "VPN drops", "--user", "ada")


def kept(desk_dir: Path) -> list[Path]:
    """The files that are kept."""
    return [path for path in (desk_dir / "ledger" / "attachments").rglob("*") if path.is_file()]


@pytest.mark.both_homes
def test_a_file_is_there_on_every_host(
    desk_dir: Path, tmp_path: Path, sd: Runner, sdj: JsonRunner, ledger_home: str
) -> None:
    """Whoever asks for its path gets the file there, brought from the server if it is not here."""
    (tmp_path / "a.txt").write_bytes(b"error 691")
    sd("attach", "1", str(tmp_path / "a.txt"))
    [file] = sdj("show", "1")["attachments"]

    def path() -> Path:
        desk = Desk(str(desk_dir), by="eva", now=NOW, cache="", wait_s=5)
        return Path(Arrivals(desk).attachments.path(file["sha256"]))

    assert path().read_bytes() == b"error 691"
    if ledger_home == "postgresql":
        assert kept(desk_dir) == [path()]
        path().write_bytes(b"changed")
        assert path().read_bytes() == b"error 691"
        shutil.rmtree(desk_dir / "ledger")
        assert path().read_bytes() == b"error 691"
        desk = Desk(str(desk_dir), by="eva", now=NOW, cache="", wait_s=5)
        with pytest.raises(LedgerDamagedError, match="is missing"):
            Arrivals(desk).attachments.path("0" * 64)


def test_files_are_attached(desk_dir: Path, tmp_path: Path, sdj: JsonRunner) -> None:
    """Name, size, hash and kind are the file's; the same content is on disk once (R1b.1b)."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"error 691")
    told = sdj("attach", "1", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--note", "the log")

    digest = hashlib.sha256(b"error 691").hexdigest()
    expected = {"size": 9, "sha256": digest, "mime": "text/plain"}
    assert told["attachments"] == [{"name": name, **expected} for name in ("a.txt", "b.txt")]
    assert [path.name for path in kept(desk_dir)] == [digest]
    event = sdj("history", "1")[-1]
    assert (event["kind"], event["note"]) == ("attached", "the log")


@pytest.mark.both_homes
def test_standard_input_is_attached(sdj: JsonRunner) -> None:
    """Under the name it is given, which leads nowhere."""
    told = sdj("attach", "1", "-", "--name", "../vpn.log", stdin=b"\0\xff")
    assert [(file["name"], file["size"]) for file in told["attachments"]] == [("vpn.log", 2)]


def test_all_or_nothing(desk_dir: Path, tmp_path: Path, sd: Runner, sdj: JsonRunner) -> None:
    """One file that is missing, refused, a folder or too large, and none is attached."""
    rules = desk_dir / "catalog" / "intake.yaml"
    rules.write_text(rules.read_text().replace("attachment: 20 MB", "attachment: 1 kB"))
    (tmp_path / "good.txt").write_bytes(b"x" * 1000)
    (tmp_path / "large.txt").write_bytes(b"x" * 1001)
    (tmp_path / "tool.exe").write_bytes(b"MZ")
    (tmp_path / "folder").mkdir()
    for name, code in (("none.txt", 3), ("large.txt", 4), ("tool.exe", 4), ("folder", 4)):
        ran = sd("attach", "1", str(tmp_path / "good.txt"), str(tmp_path / name), expect=code)
        assert name in ran.stderr

    sd("attach", "99", str(tmp_path / "good.txt"), expect=3)
    assert kept(desk_dir) == []
    assert len(sdj("history", "1")) == 1


@pytest.mark.parametrize("kind", ["pipe", "link", "socket", "device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, sd: Runner, kind: str) -> None:
    """A pipe that nobody writes to, a link to one, a socket, a device: nothing waits."""
    path = tmp_path / "odd"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe") if kind == "link" else os.rename(tmp_path / "pipe", path)
    assert "odd" in sd("attach", "1", str(path), expect=4).stderr


@pytest.mark.both_homes
def test_the_same_content_is_attached_once(tmp_path: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Again, under whatever name, it is told; what is new beside it is added."""
    for name, content in (("a.txt", b"x"), ("b.txt", b"x"), ("c.txt", b"y"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
    sd("attach", "1", str(tmp_path / "a.txt"))
    again = sdj("attach", "1", str(tmp_path / "b.txt"))
    assert (again["deduped"], again["events_count"]) == (["b.txt"], 2)
    told = sd("attach", "1", str(tmp_path / "b.txt"), str(tmp_path / "c.txt")).stdout
    assert "attached c.txt" in told
    assert "b.txt is on SD-1 already" in told
    assert "empty" in sd("attach", "1", str(tmp_path / "empty"), expect=4).stderr
    sd("attach", "1", "-", "-", stdin=b"x", expect=2)
    assert len(sdj("history", "1")) == 3


def test_a_name_is_for_standard_input(sd: Runner) -> None:
    """A name without `-` is a mistake."""
    sd("attach", "1", "x", "--name", "y", expect=2)


def test_a_backup_holds_them(desk_dir: Path, tmp_path: Path, sd: Runner) -> None:
    """What was attached is there again after a restore."""
    (tmp_path / "a.txt").write_bytes(b"error 691")
    sd("attach", "1", str(tmp_path / "a.txt"))
    sd("backup", str(tmp_path / "desk.tar"))
    shutil.rmtree(desk_dir / "ledger")
    sd("restore", str(tmp_path / "desk.tar"))
    (file,) = kept(desk_dir)
    assert file.read_bytes() == b"error 691"


@pytest.mark.parametrize("damage", ["change", "remove", "link"])
def test_a_file_that_is_not_what_it_was_is_found(
    desk_dir: Path, tmp_path: Path, sd: Runner, sdj: JsonRunner, damage: str
) -> None:
    """By `doctor`, `doctor --repair` and `backup`; attaching it again writes it anew."""
    (tmp_path / "a.txt").write_bytes(b"error 691")
    sd("attach", "1", str(tmp_path / "a.txt"))
    sd("backup", str(tmp_path / "sound.tar"))
    (file,) = kept(desk_dir)
    file.unlink()
    if damage == "change":
        file.write_bytes(b"error 692")
    elif damage == "link":
        file.symlink_to(tmp_path / "a.txt")

    found = sd("doctor", expect=7).stdout
    assert "SD-1: the attached file" in found
    assert file.name in sd("doctor", "--repair", expect=7).stdout
    assert file.name in sd("backup", str(tmp_path / "partial.tar"), expect=8).stderr
    assert sdj("show", "1")["events_count"] == 2

    sd("attach", "1", str(tmp_path / "a.txt"))
    assert not file.is_symlink()
    assert file.read_bytes() == b"error 691"
    sd("doctor")
    file.unlink()
    sd("restore", str(tmp_path / "partial.tar"))
    sd("doctor", expect=7)
    sd("restore", str(tmp_path / "sound.tar"))
    sd("doctor")


@pytest.mark.both_homes
def test_a_damaged_file_in_a_backup_is_found(tmp_path: Path, sd: Runner) -> None:
    """A backup is restored whole or not at all."""
    (tmp_path / "a.txt").write_bytes(b"error 691")
    sd("attach", "1", str(tmp_path / "a.txt"))
    sd("backup", str(tmp_path / "desk.tar"))
    raw = (tmp_path / "desk.tar").read_bytes()
    (tmp_path / "damaged.tar").write_bytes(raw.replace(b"error 691", b"error 692"))
    assert "is not what it was" in sd("restore", str(tmp_path / "damaged.tar"), expect=7).stderr


def test_they_are_for_those_who_may_use_the_ledger(
    desk_dir: Path, tmp_path: Path, sd: Runner
) -> None:
    """A file is as open as the folder of the ledger."""
    os.chmod(desk_dir / "ledger", 0o2770)  # noqa: S103 - as a group of technicians has it
    (tmp_path / "a.txt").write_bytes(b"x")
    sd("attach", "1", str(tmp_path / "a.txt"))
    (file,) = kept(desk_dir)
    assert file.stat().st_mode & 0o777 == 0o660
    assert file.parent.stat().st_mode & 0o7777 == 0o2770


@pytest.mark.parametrize(
    "name",
    [
        "a.EXE",
        "a.exe.",
        "a.e\u200dxe",
        "a%2Eexe",
        "a\uff0eexe",
        ".exe",
        "a.ex\u00ade ",
        "a.\uff45xe",
    ],
)
def test_a_hidden_ending_is_the_ending(tmp_path: Path, sd: Runner, name: str) -> None:
    """What a machine would run is refused, however its name is written."""
    (tmp_path / name).write_bytes(b"MZ")
    assert (
        "files ending in .exe are refused"
        in sd("attach", "1", str(tmp_path / name), expect=4).stderr
    )


@given(name=st.text())
def test_any_name_is_made_safe(name: str) -> None:
    """No path, no control character, no dots alone, never empty, never long."""
    safe = safe_name(name)
    assert safe
    assert len(safe) <= 150
    assert safe not in (".", "..")
    assert not any(character in safe for character in "/\\\0\n\x1b\u202e")
    safe.encode()
