"""The PostgreSQL home of the ledger: one schema, many machines."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from sdcli.errors import LedgerBusyError, LedgerDamagedError, NoLedgerError, NotAllowedError
from sdcli.ledger.interface import Beat
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.reader import ROW, PostgresReader
from sdcli.ledger.postgres.version import first
from sdcli.ledger.postgres.writer import PostgresWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from sdcli.ledger.interface import (
        Examination,
        Home,
        Lacking,
        Mark,
        Mended,
        Migrated,
        Prepared,
        Progress,
        Restored,
        Standing,
    )
    from sdcli.ledger.postgres.address import Address
    from sdcli.ledger.postgres.files import ServerFiles
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket


class PostgresLedger(PostgresReader):
    """The ledger at an address.

    Args:
        address: where it is.
        wait_s: how many seconds a change may wait for the server, or for a lock.
        tell: is told, in a sentence, what was done without being asked for.
        folder: the folder of the desk for its ledger, where files are put that are wanted here.
    """

    def __init__(
        self,
        address: Address,
        wait_s: float,
        tell: Callable[[str], None] = lambda _: None,
        folder: str = "",
    ) -> None:
        super().__init__(Connection(address, wait_s, first(address.schema), self._hear))
        self._tell = tell
        self._folder = folder

    def _hear(self, remark: str) -> None:
        """Say to whoever reads that the ledger has moved, as its server remarks."""
        _, is_closed, mark = remark.partition("closed: ")
        if is_closed:
            from sdcli.ledger.closed import tell_reader  # noqa: PLC0415 - hardly any is closed

            tell_reader(self.place, mark, self._tell)

    @property
    def place(self) -> str:
        """See `Home.place`."""
        return self._connection.address.shown

    @property
    def wait_s(self) -> float:
        """How many seconds a change may wait."""
        return self._connection.wait_s

    def disconnect(self) -> None:
        """Let go of the server; the next question connects again."""
        self._connection.close()

    @cached_property
    def files(self) -> ServerFiles:
        """See `Ledger.files`."""
        from sdcli.ledger.postgres.files import ServerFiles  # noqa: PLC0415 - few commands have any

        return ServerFiles(self._connection, os.path.join(self._folder, "attachments"))

    @contextmanager
    def write(self, *, rehearses: bool = False) -> Iterator[PostgresWriter]:
        """See `Ledger.write`: only what the unit of work looks up is locked.

        Raises:
            ConflictError: somebody else changed what it had read; it can be done again.
        """
        with self._connection.unit(self._begin()):
            writer = PostgresWriter(self._connection, rehearses=rehearses)
            yield writer
            writer.flush()
        if writer.has_begun:
            self._tell_of_others()

    def _tell_of_others(self) -> None:
        """The ledger has its first ticket: say so if the desk has had others elsewhere."""
        if self._folder and os.path.lexists(os.path.join(self._folder, "tickets.json")):
            self._tell(
                f"This is the first ticket in {self.place}, and {self._folder} holds a ledger too: "
                f"`sdcli ledger copy --from {self._folder} --to {self.place}` would have brought its "
                "tickets; `sdcli ledger status` tells of both."
            )

    def version(self) -> Hashable:
        """See `Ledger.version`: what the server has committed so far."""
        return str(self._ask("SELECT pg_current_snapshot()::text")[0][0])

    def keep_levels(self, policy: str, content: bytes) -> None:
        """See `Ledger.keep_levels`."""
        self._ask("SELECT keep_levels(%s, %s)", policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        return bool(self._ask("SELECT 1 FROM levels WHERE hash = %s", policy))

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        found = self._ask("SELECT content FROM levels WHERE hash = %s", policy)
        place = self._connection.address.shown
        if not found:
            raise LedgerDamagedError(place, f"the service levels {policy} are not there")
        content = bytes(found[0][0])
        if sha256(content).hexdigest()[: len(policy)] != policy:
            raise LedgerDamagedError(place, f"the service levels {policy} are not what they were")
        return content

    def beat(self, heard: Beat) -> None:
        """See `Ledger.beat`."""
        self._ask("SELECT beat(%s, %s)", heard.at, heard.by)

    def last_beat(self) -> Beat | None:
        """See `Ledger.last_beat`."""
        found = self._ask("SELECT at, by FROM heartbeat")
        return Beat(at=found[0][0], by=found[0][1]) if found else None

    def size(self) -> int:
        """See `Ledger.size`."""
        sql = """SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
            WHERE relnamespace = %s::regnamespace AND relkind = 'r'"""
        return int(self._ask(sql, self._connection.address.schema)[0][0])

    @contextmanager
    def alone(self, purpose: str, wait_s: float = 0) -> Iterator[bool]:
        """See `Ledger.alone`: on no machine does anybody else; the server lets go if we are gone."""
        name = f"{self._connection.address.schema} alone {purpose}"
        apart = Connection(self._connection.address, self._connection.wait_s)
        try:
            yield apart.lock(name, wait_s)
        finally:
            apart.close()

    def compact(self) -> None:
        """See `Ledger.compact`: the server keeps order itself; it looks anew at what there is.

        Raises:
            NotAllowedError: this user of the database does not own the ledger.
        """
        sql = (
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('events')"
        )
        if not self._ask(sql)[0][0]:
            raise NotAllowedError(self.place, "its owner alone may have its tables looked over")
        self._ask("ANALYZE tickets, events, keys, once, clocks")

    def examine(self, progress: Progress) -> Examination:
        """See `Ledger.examine`."""
        from sdcli.ledger.postgres.doctor import examine  # noqa: PLC0415 - one command's

        return examine(self._connection, progress)

    def repair(self, stamp: Stamp, progress: Progress) -> Mended:
        """See `Ledger.repair`: rows and keys are made anew from the events, which stay as they are."""
        from sdcli.ledger.postgres.doctor import repair  # noqa: PLC0415 - one command's

        del stamp
        with self.whole():
            return repair(self._connection, progress)

    def back_up(self, path: str, progress: Progress) -> int:
        """See `Ledger.back_up`."""
        from sdcli.ledger.postgres.backup import back_up  # noqa: PLC0415 - one command's

        return back_up(self, path, progress)

    def restore(self, path: str, progress: Progress) -> Restored:
        """See `Ledger.restore`: while nobody writes, in a schema of its own, which takes the place.

        Raises:
            LedgerBusyError: somebody has been writing for too long.
            NotAllowedError: this user of the database may make no schema.
        """
        from sdcli.ledger.postgres.backup import restore  # noqa: PLC0415 - one command's

        return restore(self, self._connection.address, path, progress)

    def init(self) -> bool:
        """Make the ledger, unless it is there; whether it was made."""
        return self._migrate(begins=True).before == 0

    def prepare(self, writer: str = "", reader: str = "") -> Prepared:
        """See `Home.prepare`: a role that is not there is made, as one that nobody logs in as.

        Raises:
            OlderSchemaError: there is one of an older version: it is to be migrated.
        """
        from sdcli.ledger.interface import Prepared  # noqa: PLC0415 - one command's
        from sdcli.ledger.postgres import version  # noqa: PLC0415
        from sdcli.ledger.postgres.roles import grant  # noqa: PLC0415
        from sdcli.ledger.postgres.schema import found  # noqa: PLC0415

        with self._ungreeted() as connection:
            before = found(connection)
        if before not in (0, version.VERSION):
            raise version.other(self.place, before)
        made = not before and self.init()
        roles = grant(self._connection, writer, reader) if writer or reader else []
        return Prepared(made, version.VERSION, writer, reader, tuple(roles))

    def migrate(self) -> Migrated:
        """See `Home.migrate`, and `schema.migrate`."""
        return self._migrate(begins=False)

    def _migrate(self, *, begins: bool) -> Migrated:
        from sdcli.ledger.postgres.schema import migrate  # noqa: PLC0415 - one command's

        with self._ungreeted() as connection:
            return migrate(connection, begins=begins)

    def is_there(self) -> bool:
        """See `Home.is_there`."""
        try:
            return bool(self._ask("SELECT true"))
        except NoLedgerError:
            return False

    @contextmanager
    def _ungreeted(self) -> Iterator[Connection]:
        """A connection to a ledger that may not be there, or be of another version."""
        apart = Connection(self._connection.address, self._connection.wait_s)
        try:
            yield apart
        finally:
            apart.close()

    def everything(self) -> Iterator[Ticket]:
        """See `Home.everything`."""
        return self._all(f"SELECT {ROW} FROM tickets AS t ORDER BY number")

    def next_number(self) -> int:
        """See `Home.next_number`."""
        sql = "SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM numbers"
        return int(self._ask(sql)[0][0])

    def policies(self) -> list[str]:
        """See `Home.policies`."""
        return [name for (name,) in self._ask("SELECT hash FROM levels ORDER BY hash")]

    def stands(self) -> Hashable:
        """See `Home.stands`: a ticket has one version more with each event."""
        return self._ask("SELECT count(*), coalesce(sum(version), 0) FROM tickets")[0]

    def standing(self) -> Standing:
        """See `Home.standing`."""
        from sdcli.ledger.postgres.moving import standing  # noqa: PLC0415 - one command's

        return standing(self._connection, self.size())

    @contextmanager
    def whole(self) -> Iterator[None]:
        """See `Home.whole`: every unit of work holds the same lock, shared with the others."""
        with self._ungreeted() as apart:
            self._ask("SELECT 1")  # there is a ledger, and it is of this version
            if not apart.lock(f"{apart.address.schema} whole", apart.wait_s):
                raise LedgerBusyError(self.place, apart.wait_s, "")
            yield

    def take_over(self, source: Home, lacking: Lacking, progress: Progress) -> None:
        """See `Home.take_over`."""
        from sdcli.ledger.postgres.moving import take_over  # noqa: PLC0415 - one command's

        take_over(self._connection, source, lacking, progress)

    def closed(self) -> Mark | None:
        """See `Home.closed`."""
        from sdcli.ledger.closed import read  # noqa: PLC0415 - hardly any is closed

        return read(self._ask("SELECT closed FROM meta")[0][0])

    def close(self, mark: Mark | None) -> None:
        """See `Home.close`."""
        from sdcli.ledger.postgres.moving import set_mark  # noqa: PLC0415 - one command's

        set_mark(self._connection, mark)

    def _begin(self) -> str:
        wait_ms = max(1, int(self._connection.wait_s * 1000))
        name = self._connection.address.schema
        return (
            f"BEGIN; SET LOCAL lock_timeout TO {wait_ms}; "
            f"SELECT pg_advisory_xact_lock_shared(hashtextextended('{name} whole', 0)); "
            "SELECT refuse(closed) FROM meta WHERE closed <> ''"
        )
