"""What is behind a ledger, for tests that reach past the program: one way to say it for both homes.

What is damaged, held or lost in these ways gives the same exit codes and JSON wherever it lies.
"""

from __future__ import annotations

import re
import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sdcli.ledger.homes import home
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.lock import locked
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sdcli.ledger.interface import Ledger
    from sdcli.tickets.ticket import Ticket

ALL = Query(statuses=STATUSES)


class Storage(Protocol):
    """Where the ledger of one desk is stored."""

    desk: Path
    """The folder of the desk."""

    place: str
    """What a message calls it that says it is damaged."""

    def ledger(self, wait_s: float = 5) -> Ledger:
        """The ledger, as a process opens it that has just begun."""

    def held(self) -> AbstractContextManager[None]:
        """Nobody can write to it for the block."""

    def damage(self) -> None:
        """Have it unreadable; there is a ticket in it."""

    def mend(self) -> None:
        """Take the damage back."""

    def pins(self) -> dict[str, bytes]:
        """The service levels that are kept, by their hash."""

    def put_pin(self, policy: str, content: bytes | None) -> None:
        """Have these service levels kept under a hash, or none."""

    def begin_anew(self) -> None:
        """Have no tickets in it, and nothing else."""

    def content(self) -> Any:
        """All that is stored of tickets, but for when clocks were checked; equal if none was written."""

    def text(self) -> str:
        """The same as one text, to look for what must not be in it."""

    def size(self) -> int:
        """The bytes of it."""


def tickets_of(storage: Storage) -> list[Ticket]:
    """All tickets, as a process that has just begun sees them."""
    return list(storage.ledger().find(ALL))


class TinyStorage:
    """As `Storage`: a folder with files in it.

    Args:
        desk: the folder of the desk; it may have no ledger yet.
    """

    def __init__(self, desk: Path) -> None:
        self.desk = desk
        self.folder = folder = desk / "ledger"
        self.place = str(folder / "tickets.json")
        self._whole: dict[Path, bytes] = {}

    def ledger(self, wait_s: float = 5) -> Ledger:
        """See `Storage.ledger`."""
        return TinyLedger(str(self.folder), wait_s, lambda _: None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """See `Storage.held`."""
        with self.ledger().write():  # a lock without a ledger would look like a loss
            pass
        with locked(str(self.folder / "tickets.lock"), 1):
            yield

    def damage(self) -> None:
        """See `Storage.damage`: its snapshot ends early."""
        path = self.folder / "tickets.json"
        self._whole = {path: path.read_bytes()}
        path.write_bytes(self._whole[path][:-40])

    def mend(self) -> None:
        """See `Storage.mend`."""
        for path, content in self._whole.items():
            path.write_bytes(content)

    def pins(self) -> dict[str, bytes]:
        """See `Storage.pins`."""
        return {path.stem: path.read_bytes() for path in (self.folder / "policies").iterdir()}

    def put_pin(self, policy: str, content: bytes | None) -> None:
        """See `Storage.put_pin`."""
        path = self.folder / "policies" / f"{policy}.json"
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def begin_anew(self) -> None:
        """See `Storage.begin_anew`."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def content(self) -> Any:
        """See `Storage.content`: every file but the locks, in which each holder signs."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        stored = [path for path in files if path.suffix != ".lock" and path.name != "heartbeat"]
        return {path: path.read_bytes() for path in stored}

    def text(self) -> str:
        """See `Storage.text`."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return "".join(path.read_text("utf-8", "replace") for path in files)

    def size(self) -> int:
        """See `Storage.size`: without what waits beside it to be taken in."""
        names = ("tickets.json", "tickets.journal")
        return sum((self.folder / name).stat().st_size for name in names)


class PostgresStorage:
    """As `Storage`: a schema on the server of the tests.

    Args:
        desk: the folder of the desk.
        where: the address of its ledger.
    """

    TABLES = ("meta", "tickets", "events", "keys", "once", "levels")

    def __init__(self, desk: Path, where: str) -> None:
        from sdcli.ledger.postgres.address import address  # noqa: PLC0415 - one of two homes

        self.desk = desk
        self.where = where
        self.address = address(where)
        self.place = self.address.shown

    def ledger(self, wait_s: float = 5) -> Ledger:
        """See `Storage.ledger`."""
        return home(self.where, "", wait_s, lambda _: None)

    def ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """The rows that a statement gives, in a connection and a transaction of its own."""
        import psycopg2  # noqa: PLC0415 - as above

        options = f"-c search_path={self.address.schema}"
        with closing(psycopg2.connect(self.address.url, options=options)) as raw, raw:
            cursor = raw.cursor()
            cursor.execute(sql, args or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def held(self) -> Iterator[None]:
        """See `Storage.held`: as who puts another ledger in its place."""
        from sdcli.ledger.postgres.connection import Connection  # noqa: PLC0415 - as above

        with closing(Connection(self.address, 5)) as connection:
            assert connection.lock(f"{self.address.schema} whole", 1)
            yield

    def damage(self) -> None:
        """See `Storage.damage`: each row ends early."""
        self.ask("UPDATE tickets SET state = replace(state, '\"events\":[]}', '\"events\":[}')")

    def mend(self) -> None:
        """See `Storage.mend`."""
        self.ask("UPDATE tickets SET state = replace(state, '\"events\":[}', '\"events\":[]}')")

    def pins(self) -> dict[str, bytes]:
        """See `Storage.pins`."""
        return {name: bytes(content) for name, content in self.ask("SELECT * FROM levels")}

    def put_pin(self, policy: str, content: bytes | None) -> None:
        """See `Storage.put_pin`."""
        self.ask("ALTER TABLE levels DROP CONSTRAINT IF EXISTS levels_check")  # a disk has none
        self.ask("DELETE FROM levels WHERE hash = %s", policy)
        if content is not None:
            self.ask("INSERT INTO levels (hash, content) VALUES (%s, %s)", policy, content)

    def begin_anew(self) -> None:
        """See `Storage.begin_anew`."""
        from tests.postgres import new_ledger  # noqa: PLC0415 - as above

        self.ask(f"DROP SCHEMA {self.address.schema} CASCADE")
        new_ledger(self.address.url, self.address.schema)

    def content(self) -> Any:
        """See `Storage.content`: every row of every table, and the next reference."""
        rows = {
            name: sorted(row[0] for row in self.ask(f"SELECT t::text FROM {name} AS t"))  # noqa: S608
            for name in self.TABLES
        }
        return rows, self.ask("SELECT last_value, is_called FROM numbers")

    def text(self) -> str:
        """See `Storage.text`."""
        rows, _ = self.content()
        return "\n".join(row for name in rows for row in rows[name])

    def size(self) -> int:
        """See `Storage.size`: tables, indexes, and what is stored beside them."""
        sql = """SELECT sum(pg_table_size(oid) + pg_indexes_size(oid)) FROM pg_class
            WHERE relnamespace = %s::regnamespace AND relkind = 'r'"""
        return int(self.ask(sql, self.address.schema)[0][0])


def storage_in(desk_dir: Path) -> Storage:
    """Where the ledger of a desk is stored, as its settings say."""
    path = desk_dir / "settings.yaml"
    said = re.search(r"(?m)^ledger: (.+)$", path.read_text("utf-8")) if path.exists() else None
    return PostgresStorage(desk_dir, said[1]) if said else TinyStorage(desk_dir)
