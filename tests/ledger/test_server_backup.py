"""Backup and restore on both homes: one file, that either reads, and nothing of either is lost."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from sdcli.errors import LEDGER_BUSY, LEDGER_DAMAGED, PARTLY_DONE, REFUSED
from sdcli.ledger.homes import home
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.tiny import compact as compaction
from tests.ledger.making import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.interface import Home
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner
    from tests.postgres import Server

pytestmark = pytest.mark.both_homes


def where(desk_dir: Path) -> str:
    """The address of the desk's ledger; its folder if it has none."""
    settings = desk_dir / "settings.yaml"
    if not settings.exists():
        return str(desk_dir / "ledger")
    return settings.read_text(encoding="utf-8").removeprefix("ledger: ").strip()


def at(place: str) -> Home:
    """The ledger at an address or in a folder, freshly opened."""
    return home(place, "", 5, print) if "://" in place else home("", place, 5, print)


def tickets(place: str) -> list[Ticket]:
    """All tickets."""
    return list(at(place).everything())


@pytest.fixture(name="made")
def _made(desk_dir: Path, sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger with open and closed tickets and an attached file; where it is."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 1)
    for number in range(1, 5):
        sd("open", f"the {number}th", "--user", "ada", "--idempotency-key", f"i{number}")
    for ref in ("SD-2", "SD-3"):
        sd("close", ref, "--code", "solved", "--unconfirmed", "gone")
    (tmp_path / "trace.log").write_text("error 691")
    sd("attach", "SD-1", str(tmp_path / "trace.log"))
    return where(desk_dir)


@pytest.fixture(name="saved")
def _saved(made: str, sd: Runner, tmp_path: Path) -> Path:
    """A backup of it."""
    file = tmp_path / "saved.tar.gz"
    assert f"4 tickets are kept in {file}." in sd("backup", str(file)).stdout
    assert len(tickets(made)) == 4
    return file


def test_it_comes_back(made: str, saved: Path, sd: Runner, sdj: JsonRunner) -> None:
    """What was recorded since is kept aside; references are not used again; files are there."""
    before, content = tickets(made), [*at(made).files.names()]
    assert sdj("open", "since", "--user", "ada")["ref"] == "SD-5"
    sd("note", "SD-1", "since")
    told = sdj("restore", str(saved))
    assert (told["tickets"], told["next"]) == (4, "SD-6")
    assert told["kept"]
    assert tickets(made) == before
    assert [*at(made).files.names()] == content
    assert at(made).examine(lambda *_: None).findings == ()
    assert at(made).by_idempotency_key("i2") == before[1]
    assert sdj("open", "after", "--user", "ada")["ref"] == "SD-6"
    sd("note", "SD-3", "as ever")
    again = sdj("restore", str(saved))
    assert again["kept"] != told["kept"]
    assert tickets(made) == before


def test_either_restores_into_either(
    made: str, saved: Path, new_ledger: Callable[[], str], sdj: JsonRunner, tmp_path: Path
) -> None:
    """A backup of one home is put into the other, and a backup of that into the first."""
    before = tickets(made)
    for place in (new_ledger(), str(tmp_path / "there")):
        restored = at(place).restore(str(saved), lambda *_: None)
        assert (restored.tickets, restored.next, restored.kept) == (4, "SD-5", "")
        assert tickets(place) == before
        assert at(place).policies() == at(made).policies()
        file = tmp_path / f"again{len(place)}.tar"
        assert at(place).back_up(str(file), lambda *_: None) == 4
        assert sdj("restore", str(file))["tickets"] == 4
        assert tickets(made) == before


def test_a_backup_is_nobody_elses(made: str, sd: Runner, tmp_path: Path) -> None:
    """The same ledger gives the same bytes: no time, no user and no machine is in a backup."""
    for name in ("one.tar", "two.tar"):
        sd("backup", str(tmp_path / name))
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as tar:
        assert {(each.uid, each.uname, each.mtime, each.mode) for each in tar} == {
            (0, "", 0, 0o600)
        }
    assert sorted(path.name for path in tmp_path.glob("*.tar*")) == ["one.tar", "two.tar"]
    assert not list(tmp_path.glob(".sdcli*"))
    assert made


def test_what_is_there_is_not_overwritten(made: str, saved: Path, sd: Runner) -> None:
    """A name that is taken is refused, exit 4."""
    before = saved.read_bytes()
    sd("backup", str(saved), expect=REFUSED)
    assert saved.read_bytes() == before
    assert made


def test_a_damaged_backup_changes_nothing(made: str, saved: Path, sd: Runner) -> None:
    """Half a file, and a file that is no backup, are refused with exit 7."""
    before, whole = tickets(made), saved.read_bytes()
    for content in (whole[: len(whole) // 2], b"hello", whole[:300] + b"x" + whole[301:]):
        saved.write_bytes(content)
        assert str(saved) in sd("restore", str(saved), expect=LEDGER_DAMAGED).stderr
        assert tickets(made) == before


def test_a_backup_without_a_file_says_so(made: str, sd: Runner, tmp_path: Path) -> None:
    """An attached file that is gone: everything else is in the backup, and exit 8 names it."""
    if "://" in made:
        connection = Connection(address(made), 5)
        connection.ask("DELETE FROM files")
        connection.close()
    else:
        [name] = at(made).files.names()
        Path(at(made).files.path(name)).unlink()
    told = sd("backup", str(tmp_path / "x.tar"), expect=PARTLY_DONE).stderr
    assert "is missing" in told
    assert at(made).restore(str(tmp_path / "x.tar"), lambda *_: None).tickets == 4


def test_others_write_while_a_backup_is_made(made: str, tmp_path: Path) -> None:
    """A backup is of one instant: what is recorded while it is written is in it whole or not."""
    seen: list[int] = []

    def busy(done: int, total: int) -> None:
        seen.append(total)
        if len(seen) < 3 and done:
            with at(made).write() as writer:
                writer.create((opened("meanwhile"),))

    at(made).back_up(str(tmp_path / "x.tar"), busy)
    assert at(str(tmp_path / "there")).restore(str(tmp_path / "x.tar"), lambda *_: None)
    assert at(str(tmp_path / "there")).examine(lambda *_: None).findings == ()


def _on_a_server(made: str) -> None:
    if "://" not in made:
        pytest.skip("a folder has no schema")


def test_the_ledger_as_it_was_is_another_schema(
    made: str, saved: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What a restore keeps can be looked at, and worked on, under its own address."""
    _on_a_server(made)
    sd("open", "since", "--user", "ada")
    kept = sdj("restore", str(saved))["kept"]
    schema = address(made).schema
    assert kept == f"{schema}_before_restore_1"
    old = {"SDCLI_LEDGER": made.replace(f"schema={schema}", f"schema={kept}")}
    assert [row["ref"] for row in sdj("list", env=old)][-1:] == ["SD-5"]
    sd("note", "SD-5", "there", env=old)
    sd("doctor", env=old)
    assert len(tickets(made)) == 4


def test_who_was_let_in_stays_in(made: str, saved: Path, sd: Runner, server: Server) -> None:
    """Roles may use the restored ledger as they might the former one."""
    _on_a_server(made)
    name = "restored_writer"
    server.ask(f"CREATE ROLE {name} LOGIN")
    try:
        sd("ledger", "init", "--writer", name)
        sd("restore", str(saved))
        mine = made.replace("postgres@", f"{name}@")
        sd("note", "SD-1", "still", env={"SDCLI_LEDGER": mine})
        with psycopg2.connect(server.url.replace("postgres@", f"{name}@")) as connection:
            cursor = connection.cursor()
            cursor.execute(f"SET search_path TO {address(made).schema}")
            with pytest.raises(psycopg2.Error, match="permission denied"):
                cursor.execute("DELETE FROM events")
    finally:
        server.ask(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_nobody_writes_while_a_ledger_is_exchanged(made: str, saved: Path, sd: Runner) -> None:
    """A restore waits for whoever writes, and gives up with exit 6 and nothing changed."""
    _on_a_server(made)
    before = tickets(made)
    env = {"SDCLI_LOCK_WAIT": "0.1"}
    with at(made).write() as writer:
        writer.get("SD-1")
        sd("restore", str(saved), env=env, expect=LEDGER_BUSY)
    assert tickets(made) == before
    sd("restore", str(saved), env=env)


def test_whoever_stays_connected_sees_the_new_one(made: str, saved: Path, sd: Runner) -> None:
    """A process that was connected before goes on in the restored ledger."""
    _on_a_server(made)
    staying: Any = at(made)
    sd("open", "since", "--user", "ada")
    assert staying.get("SD-5").summary == "since"
    sd("restore", str(saved))
    assert len(list(staying.everything())) == 4
    with staying.write() as writer:
        assert writer.create((opened("next"),)).ref == "SD-6"
    assert len(tickets(made)) == 5
