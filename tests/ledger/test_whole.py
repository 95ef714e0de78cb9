"""While nobody is to write: that is kept up however long it takes, or the work is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from sdcli.errors import LEDGER_BUSY, LedgerUnreachableError
from sdcli.ledger.postgres import connection, fill
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledgers import _Copier
from sdcli.tickets.event import Stamp
from tests.ledger.making import NOW, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.ledger.interface import Mark
    from tests.conftest import Runner
    from tests.postgres import Server


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """All of this is about a server."""
    return "postgresql"


@pytest.fixture(name="here")
def _here(desk_dir: Path, sd: Runner) -> str:
    """The address of the desk's ledger, with two tickets."""
    sd("open", "one", "--user", "ada")
    sd("open", "two", "--user", "ada")
    return (desk_dir / "settings.yaml").read_text(encoding="utf-8").removeprefix("ledger: ").strip()


@pytest.fixture(name="let_in")
def _let_in(server: Server) -> Callable[[str], None]:
    """Ends the connection that keeps others from writing to a ledger."""

    def end(where: str) -> None:
        sql = """SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
            WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
            AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)"""
        with psycopg2.connect(server.url) as raw, raw.cursor() as cursor:
            cursor.execute(sql, (f"{address(where).schema} whole",))
            assert cursor.fetchall() == [(True,)]

    return end


def at(where: str) -> PostgresLedger:
    """The ledger at an address, freshly opened."""
    return PostgresLedger(address(where), 5)


def write(where: str) -> None:
    """A ticket more."""
    with at(where).write() as writer:
        writer.create((opened("meanwhile"),))


def test_it_is_kept_up_while_the_work_is_done_elsewhere(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not take it away from a connection that is idle, whatever limits it has."""
    monkeypatch.setattr(connection, "_STANDS_STILL", "30ms")
    hasty = f"{here}&options=-c%20idle_session_timeout%3D30"
    with at(hasty).whole() as whole:
        with psycopg2.connect(address(here).url) as raw, raw.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")  # longer than either would leave it alone
        whole.require()


def test_who_lost_it_is_told(here: str, let_in: Callable[[str], None]) -> None:
    """A connection that was ended keeps nobody away any more, and that is not overlooked."""
    with at(here).whole() as whole:
        whole.require()
        let_in(here)
        with pytest.raises(LedgerUnreachableError, match="kept others from writing"):
            whole.watching(lambda *_: None)(1, 2)


def test_a_ledger_is_not_retired_that_others_could_write_to(
    here: str,
    sd: Runner,
    new_ledger: Callable[[], str],
    let_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who lost the lock in the last round closes nothing; the same again does it."""
    beside, to = _Copier.bring_beside, new_ledger()

    def losing(self: _Copier) -> object:
        let_in(here)
        write(here)
        return beside(self)

    with monkeypatch.context() as patched:
        patched.setattr(_Copier, "bring_beside", losing)
        told = sd("ledger", "copy", "--to", to, "--retire", expect=LEDGER_BUSY).stderr
    assert "kept others from writing" in told
    assert at(here).closed() is None
    write(here)
    sd("ledger", "copy", "--to", to, "--retire")
    assert [each.ref for each in at(to).everything()] == ["SD-1", "SD-2", "SD-3", "SD-4"]


def test_what_was_recorded_at_the_last_moment_is_not_left_behind(
    here: str,
    sd: Runner,
    new_ledger: Callable[[], str],
    let_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A source that has moved on when it is closed is open again, and nothing of it is lost."""
    close = PostgresLedger.close

    def late(self: PostgresLedger, mark: Mark | None) -> None:
        if mark:
            let_in(here)
            write(here)
        close(self, mark)

    with monkeypatch.context() as patched:
        patched.setattr(PostgresLedger, "close", late)
        told = sd("ledger", "copy", "--to", new_ledger(), "--retire", expect=LEDGER_BUSY).stderr
    assert "after it had been copied" in told
    assert at(here).closed() is None
    write(here)
    assert at(here).count() == 4


def test_a_ledger_is_not_exchanged_that_others_could_write_to(
    here: str,
    sd: Runner,
    tmp_path: Path,
    let_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restore that lost the lock puts nothing in the place of what others write to by now."""
    sd("backup", str(tmp_path / "desk.tar"))
    put = fill.Loader.put

    def losing(self: fill.Loader, tickets: list[object]) -> None:
        let_in(here)
        write(here)
        put(self, tickets)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(fill.Loader, "put", losing)
        sd("restore", str(tmp_path / "desk.tar"), expect=LEDGER_BUSY)
    assert at(here).count() == 3
    sd("restore", str(tmp_path / "desk.tar"))
    assert at(here).count() == 2


def test_a_repair_that_others_could_write_to_is_none(
    here: str, let_in: Callable[[str], None]
) -> None:
    """A repair that lost the lock changes nothing: it may have read what is too old."""
    ledger = at(here)
    connection.Connection(address(here), 5).ask("UPDATE tickets SET queue = 'wrong'")
    lost = list[int]()

    def losing(done: int, _: int) -> None:
        if not lost:
            let_in(here)
        lost.append(done)

    with pytest.raises(LedgerUnreachableError):
        ledger.repair(Stamp(at=NOW, by="ben"), losing)
    assert len(at(here).examine(lambda *_: None).findings) == 2
