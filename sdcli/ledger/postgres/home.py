"""The PostgreSQL home of the ledger: one schema, many machines."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from sdcli.errors import LedgerDamagedError
from sdcli.ledger import pins
from sdcli.ledger.interface import Beat
from sdcli.ledger.postgres import schema
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.reader import PostgresReader
from sdcli.ledger.postgres.writer import PostgresWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from sdcli.ledger.interface import Examination, Mended, Progress, Restored
    from sdcli.ledger.postgres.address import Address
    from sdcli.tickets.event import Stamp


_UNDER_WAY = """SELECT h.at, h.by, CASE
    WHEN pg_is_in_recovery() THEN pg_current_snapshot()::text
    ELSE (SELECT string_agg(virtualtransaction, ' ' ORDER BY virtualtransaction) FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'tickets'::regclass AND mode <> ALL (%s)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
END FROM (SELECT) AS one LEFT JOIN heartbeat AS h ON true"""
_CHANGING_NOTHING = ["AccessShareLock", "RowShareLock", "ShareUpdateExclusiveLock"]
"""The last heartbeat, and the transactions that have changed tickets and have not ended yet."""


class PostgresLedger(PostgresReader):
    """The ledger at an address.

    Args:
        address: where it is.
        wait_s: how many seconds a change may wait for the server, or for a lock.
        tell: is told, in a sentence, what was done without being asked for.
    """

    def __init__(
        self, address: Address, wait_s: float, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__(Connection(address, wait_s))
        self._tell = tell

    @contextmanager
    def write(self, *, rehearses: bool = False) -> Iterator[PostgresWriter]:
        """See `Ledger.write`: only what the unit of work looks up is locked.

        Raises:
            ConflictError: somebody else changed what it had read; it can be done again.
        """
        begin = self._begin()
        if rehearses:
            begin += "; SET LOCAL sdcli.rehearses TO yes"
        with self._connection.unit(begin):
            writer = PostgresWriter(self._connection, rehearses=rehearses)
            yield writer
            writer.flush()

    def version(self) -> Hashable:
        """See `Ledger.version`: how often something was written, and who is writing now.

        It is counted before it is committed, so who has not committed yet belongs to it; the count
        comes first, that none which is counted is missed. A standby knows of no writers.
        """
        [[written]] = self._ask("SELECT last_value + is_called::int FROM changes")
        return (written, *self._ask(_UNDER_WAY, _CHANGING_NOTHING))

    def keep_levels(self, policy: str, content: bytes) -> None:
        """See `Ledger.keep_levels`: what is not what it was is replaced by what it was.

        Raises:
            LedgerDamagedError: it is no hash.
        """
        place = self._connection.address.shown
        if not pins.is_hash(policy):
            raise LedgerDamagedError(place, pins.no_hash(policy))
        if not self.has_levels(policy):
            sql = """INSERT INTO levels (hash, content) VALUES (%s, %s)
                ON CONFLICT (hash) DO UPDATE SET content = excluded.content"""
            self._ask(sql, policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        sql = "SELECT 1 FROM levels WHERE hash = %s AND hash = encode(sha256(content), 'hex')"
        return pins.is_hash(policy) and bool(self._ask(sql, policy))

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        place = self._connection.address.shown
        if not pins.is_hash(policy):
            raise LedgerDamagedError(place, pins.no_hash(policy))
        found = self._ask("SELECT content FROM levels WHERE hash = %s", policy)
        if not found:
            raise LedgerDamagedError(place, pins.gone(f"{policy} is not there"))
        content = bytes(found[0][0])
        if sha256(content).hexdigest() != policy:
            raise LedgerDamagedError(place, pins.gone("it is not what it was"))
        return content

    def beat(self, heard: Beat) -> None:
        """See `Ledger.beat`."""
        sql = """INSERT INTO heartbeat (at, by) VALUES (%s, %s)
            ON CONFLICT (single) DO UPDATE SET at = excluded.at, by = excluded.by"""
        self._ask(sql, heard.at, heard.by)

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
        """See `Ledger.compact`: the server keeps order itself; it looks anew at what there is."""
        with self._connection.unit(self._begin()):
            self._ask("ANALYZE tickets, events, keys, clocks")

    def examine(self, progress: Progress) -> Examination:
        """See `Ledger.examine`."""
        raise NotImplementedError

    def repair(self, stamp: Stamp, progress: Progress) -> Mended:
        """See `Ledger.repair`."""
        raise NotImplementedError

    def back_up(self, path: str, progress: Progress) -> int:
        """See `Ledger.back_up`."""
        raise NotImplementedError

    def restore(self, path: str, progress: Progress) -> Restored:
        """See `Ledger.restore`."""
        raise NotImplementedError

    def init(self) -> bool:
        """Make the ledger, unless it is there; whether it was made."""
        return schema.migrate(self._connection) == 0

    def _begin(self) -> str:
        wait_ms = max(1, int(self._connection.wait_s * 1000))
        name = self._connection.address.schema
        return (
            f"BEGIN; SET LOCAL lock_timeout TO {wait_ms}; "
            f"SELECT pg_advisory_xact_lock_shared(hashtextextended('{name} whole', 0))"
        )
