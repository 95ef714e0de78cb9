"""The schema of a ledger on a server: made once, brought from version to version, never guessed at."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.extensions
import pytest

from sdcli.errors import (
    LEDGER_BUSY,
    LEDGER_DAMAGED,
    NOT_FOUND,
    REFUSED,
    OlderSchemaError,
    SdcliError,
)
from sdcli.ledger.interface import Migrated
from sdcli.ledger.postgres import schema, version
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from tests.ledger.making import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import JsonRunner, Runner
    from tests.postgres import Server

SECOND = """
ALTER TABLE tickets ADD COLUMN room text;
CREATE FUNCTION rename_room(number bigint, room text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE tickets AS t SET room = $2 WHERE t.number = $1
$$;
"""


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """All of this is about a server."""
    return "postgresql"


@pytest.fixture(name="where")
def _where(new_ledger: Callable[[], str]) -> str:
    """A ledger of version 1 with a ticket in it; its address."""
    made = new_ledger()
    with PostgresLedger(address(made), 5).write() as writer:
        writer.create((opened("before"),))
    return made


@pytest.fixture(name="newer")
def _newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From now on the program is one that has a second SQL file; its folder of them."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parent / "migrations", folder)
    (folder / "0002_rooms.sql").write_text(SECOND)
    monkeypatch.setattr(schema, "_FOLDER", str(folder))
    monkeypatch.setattr(version, "VERSION", 2)
    return folder


def ledger(where: str, wait_s: float = 5) -> PostgresLedger:
    """The ledger at an address, freshly opened."""
    return PostgresLedger(address(where), wait_s)


def connected(where: str) -> Connection:
    """A connection that asks nothing by itself."""
    return Connection(address(where), 5)


def test_there_are_as_many_files_as_versions() -> None:
    """The version of the schema is the number of its last file, and none is left out."""
    numbers = [int(name[:4]) for name in schema.scripts()]
    assert numbers == list(range(1, version.VERSION + 1))


def test_init_makes_it_once(server: Server, sd: Runner, sdj: JsonRunner) -> None:
    """Made by the first, found by the second; a command before that says how."""
    env = {"SDCLI_LEDGER": f"{server.url}&schema=made_once"}
    try:
        assert "sdcli ledger init" in sd("list", env=env, expect=NOT_FOUND).stderr
        assert "sdcli ledger init" in sd("ledger", "migrate", env=env, expect=NOT_FOUND).stderr
        assert sdj("ledger", "init", env=env)["made"]
        sd("open", "x", "--user", "ada", env=env)
        again = sdj("ledger", "init", env=env)
        assert (again["made"], again["version"]) == (False, version.VERSION)
        assert "is there already" in sd("ledger", "init", env=env).stdout
        assert len(sdj("list", env=env)) == 1
    finally:
        server.ask("DROP SCHEMA IF EXISTS made_once CASCADE")


def test_a_folder_needs_neither(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """A desk that keeps its ledger in its folder is told that nothing is needed."""
    (desk_dir / "settings.yaml").unlink()
    for name in ("init", "migrate"):
        assert "Nothing is needed" in sd("ledger", name).stdout
        assert not sdj("ledger", name)["needed"]
    assert not (desk_dir / "ledger").exists()


def test_an_older_schema_says_what_to_do(where: str, newer: Path, sd: Runner) -> None:
    """Every command, also init, names the command that brings it there, with exit 4."""
    env = {"SDCLI_LEDGER": where}
    for args in (("list",), ("open", "x", "--user", "ada"), ("sla-check",), ("ledger", "init")):
        told = sd(*args, env=env, expect=REFUSED).stderr
        assert "has version 1 and this sdcli needs version 2: `sdcli ledger migrate`" in told
    assert newer.exists()


def test_migrate_brings_it_there(where: str, newer: Path, sd: Runner, sdj: JsonRunner) -> None:
    """In one transaction, with what it did told, and nothing to do the second time."""
    env = {"SDCLI_LEDGER": where}
    told = sd("ledger", "migrate", env=env).stdout
    assert "has version 2 now; it had 1" in told
    assert "0002_rooms.sql" in told
    again = sdj("ledger", "migrate", env=env)
    assert (again["before"], again["after"], again["scripts"]) == (2, 2, [])
    assert sdj("show", "SD-1", env=env)["summary"] == "before"
    assert sdj("open", "after", "--user", "ada", env=env)["ref"] == "SD-2"
    assert connected(where).ask("SELECT room FROM tickets WHERE number = 1") == [(None,)]
    assert ledger(where).examine(lambda *_: None).findings == ()
    assert newer.exists()


def test_what_is_new_is_granted_and_fenced(
    where: str, newer: Path, server: Server, sd: Runner
) -> None:
    """Writers may call new functions; those look nowhere else than in the ledger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(version, "VERSION", 1)
        sd("ledger", "init", "--writer", "migrating writers", env={"SDCLI_LEDGER": where})
    try:
        ledger(where).migrate()
        [[may, setting]] = connected(where).ask(
            "SELECT has_function_privilege('migrating writers', oid, 'EXECUTE'), proconfig "
            "FROM pg_proc WHERE oid = 'rename_room(bigint, text)'::regprocedure"
        )
        assert may
        assert setting == [f"search_path={address(where).schema}, pg_temp"]
    finally:
        server.ask('DROP OWNED BY "migrating writers"; DROP ROLE "migrating writers"')
    assert newer.exists()


def test_a_file_that_fails_changes_nothing(where: str, newer: Path, sd: Runner) -> None:
    """What the file did before it failed is taken back, and the version with it."""
    (newer / "0002_rooms.sql").write_text(SECOND + "SELECT 1 / 0;")
    env = {"SDCLI_LEDGER": where}
    assert "division by zero" in sd("ledger", "migrate", env=env, expect=1).stderr
    assert connected(where).ask("SELECT version FROM meta") == [(1,)]
    columns = (
        "SELECT 1 FROM information_schema.columns WHERE column_name = 'room' AND table_schema = %s"
    )
    assert connected(where).ask(columns, address(where).schema) == []


def test_a_newer_schema_is_refused(where: str, sd: Runner) -> None:
    """A ledger of a newer program is never guessed at: exit 7, and nothing is migrated."""
    connected(where).ask("UPDATE meta SET version = 3")
    for args in (("list",), ("ledger", "migrate"), ("ledger", "init"), ("note", "SD-1", "x")):
        told = sd(*args, env={"SDCLI_LEDGER": where}, expect=LEDGER_DAMAGED).stderr
        assert "has format 3 and this sdcli knows format 1" in told
    assert connected(where).ask("SELECT version FROM meta") == [(3,)]


def test_of_two_that_migrate_one_does_it(where: str, newer: Path) -> None:
    """Two at once, many times over: one runs the file, the other finds it done."""
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: ledger(where).migrate(), range(4)))
    assert sorted(done, key=lambda each: each.before) == [
        Migrated(1, 2, ("0002_rooms.sql",)),
        *[Migrated(2, 2)] * 3,
    ]
    assert newer.exists()


def test_of_two_that_begin_one_does_it(server: Server) -> None:
    """So with the first version."""
    where = f"{server.url}&schema=begun_once"
    try:
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(lambda _: ledger(where).init(), range(4))) == [False] * 3 + [
                True
            ]
    finally:
        server.ask("DROP SCHEMA IF EXISTS begun_once CASCADE")


def test_a_migration_waits_for_writers(where: str, newer: Path, sd: Runner) -> None:
    """It takes no unit of work by surprise: it waits, and gives up with exit 6."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(version, "VERSION", 1)
        writing = ledger(where).write()
        writing.__enter__()
    env = {"SDCLI_LEDGER": where, "SDCLI_LOCK_WAIT": "0.1"}
    sd("ledger", "migrate", env=env, expect=LEDGER_BUSY)
    writing.__exit__(None, None, None)
    sd("ledger", "migrate", env=env)
    assert newer.exists()


def test_the_version_costs_no_way_of_its_own(
    where: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked in the same breath as what was wanted: not once more is the server spoken to."""
    asked: list[str] = []

    class Cursor(psycopg2.extensions.cursor):
        """Notes what is executed."""

        def execute(self, query: Any, args: Any = None) -> None:
            """As the driver's own."""
            asked.append(str(query))
            super().execute(query, args)

    monkeypatch.setattr(psycopg2, "connect", partial(psycopg2.connect, cursor_factory=Cursor))
    with pytest.raises(OlderSchemaError):
        ledger(where).get("SD-1")
    [first] = asked
    assert "FROM tickets" in first
    assert newer.exists()


def test_who_owns_the_schema_need_not_own_the_database(server: Server) -> None:
    """An administrator makes the schema; its owner makes the ledger in it, and migrates it."""
    name = "schema_owner"
    server.ask(f"CREATE ROLE {name} LOGIN; CREATE SCHEMA {name} AUTHORIZATION {name}")
    mine = f"{server.url.replace('postgres@', f'{name}@')}&schema={name}"
    try:
        assert ledger(mine).init()
        assert not ledger(mine).init()
        with ledger(mine).write() as writer:
            writer.create((opened("mine"),))
        with pytest.raises(SdcliError, match="permission denied for database"):
            ledger(mine.replace(f"schema={name}", "schema=another")).init()
    finally:
        server.ask(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
