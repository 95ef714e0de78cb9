"""The PostgreSQL home of the ledger: one schema, many machines."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.errors import AdoptedError, LedgerDamagedError, LevelsDifferError
from sdcli.ledger.interface import Agreed, Alone, Beat, Host
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.reader import ROW, PostgresReader
from sdcli.ledger.postgres.writer import PostgresWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from sdcli.ledger.interface import Due, Examination, Look, Mended, Progress, Restored
    from sdcli.ledger.postgres.address import Address
    from sdcli.ledger.postgres.clocks import Claims
    from sdcli.tickets.event import Stamp


NOBODY = Host()

_AHEAD_DAYS = 14
"""So long before its first day the partition of a month is there, where the clocks are checked."""


class PostgresLedger(PostgresReader):
    """The ledger at an address.

    Args:
        address: where it is.
        wait_s: how many seconds a change may wait for the server, or for a lock.
        tell: is told, in a sentence, what was done without being asked for.
        host: the machine that works on it.
    """

    def __init__(
        self,
        address: Address,
        wait_s: float,
        tell: Callable[[str], None] = lambda _: None,
        host: Host = NOBODY,
    ) -> None:
        super().__init__(Connection(address, wait_s))
        self._tell = tell
        self._claims: Claims | None = None
        self._host = host
        self._is_compared = False

    @contextmanager
    def write(self, *, rehearses: bool = False) -> Iterator[PostgresWriter]:
        """See `Ledger.write`: only what the unit of work looks up is locked.

        Raises:
            ConflictError: somebody else changed what it had read; it can be done again.
        """
        with self._unit():
            writer = PostgresWriter(self._connection, rehearses=rehearses, claims=self._claims)
            yield writer
            writer.finish()

    def sift(self, due: Due, look: Look) -> bool:
        """See `Ledger.sift`: in batches, each in a short transaction."""
        from sdcli.ledger.postgres.clocks import Claims  # noqa: PLC0415 - only checks

        self._claims = claims = Claims()
        sql = f"SELECT {ROW} FROM tickets AS t WHERE number = ANY (%s) ORDER BY number"
        while claims.goes_on:
            with self._unit():
                numbers = claims.take(self._connection, due)
                if numbers:
                    claims.sort(self._connection, due, look, self._read(sql, numbers))
        return bool(claims.left)

    def version(self) -> Hashable:
        """See `Ledger.version`: what the server has committed so far."""
        return str(self._ask("SELECT pg_current_snapshot()::text")[0][0])

    def agreed(self) -> Agreed | None:
        """See `Ledger.agreed`."""
        sql = """SELECT hash, host, since, ARRAY(SELECT name FROM hosts
            WHERE hosts.hash = desk_levels.hash AND name <> host ORDER BY name) FROM desk_levels"""
        found = self._connection.ask(sql)
        if not found:
            return None
        [[hash_, host, since, others]] = found
        return Agreed(hash_, host, since.astimezone(timezone.utc), tuple(others))

    def require_agreed(self) -> None:
        """See `Ledger.require_agreed`."""
        with self._unit():
            pass

    def adopt(self, before: Agreed | None) -> None:
        """See `Ledger.adopt`; of two hosts that do so at once the second is refused."""
        name, levels = self._host.name, self._host.levels()
        wait = f"BEGIN; SET LOCAL lock_timeout TO {self._wait_ms}"
        with self._connection.unit(wait):
            if before is None:
                sql = """INSERT INTO desk_levels (hash, host) VALUES (%s, %s)
                    ON CONFLICT DO NOTHING RETURNING 1"""
                is_first = self._connection.ask(sql, levels, name)
            else:
                sql = """UPDATE desk_levels SET hash = %s, host = %s, since = now()
                    WHERE hash = %s AND host = %s AND since = %s RETURNING 1"""
                args = (levels, name, before.hash, before.host, before.since)
                is_first = self._connection.ask(sql, *args)
            if not is_first:
                raise AdoptedError(self._connection.address.shown)
            self._connection.ask("SELECT comes_with(%s, %s)", name, levels)

    def keep_levels(self, policy: str, content: bytes) -> None:
        """See `Ledger.keep_levels`."""
        sql = "INSERT INTO levels (hash, content) VALUES (%s, %s) ON CONFLICT DO NOTHING"
        self._ask(sql, policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        return bool(self._ask("SELECT 1 FROM levels WHERE hash = %s", policy))

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        from hashlib import sha256  # noqa: PLC0415 - its import costs as much as a question

        found = self._ask("SELECT content FROM levels WHERE hash = %s", policy)
        place = self._connection.address.shown
        if not found:
            raise LedgerDamagedError(place, f"the service levels {policy} are not there")
        content = bytes(found[0][0])
        if sha256(content).hexdigest()[: len(policy)] != policy:
            raise LedgerDamagedError(place, f"the service levels {policy} are not what they were")
        return content

    def memo(self, name: str) -> bytes | None:
        """See `Ledger.memo`."""
        found = self._ask("SELECT content FROM memos WHERE name = %s", name)
        return bytes(found[0][0]) if found else None

    def keep_memo(self, name: str, content: bytes | None) -> None:
        """See `Ledger.keep_memo`."""
        if content is None:
            self._ask("DELETE FROM memos WHERE name = %s", name)
        else:
            sql = """INSERT INTO memos (name, content) VALUES (%s, %s)
                ON CONFLICT (name) DO UPDATE SET content = excluded.content"""
            self._ask(sql, name, content)

    def beat(self, heard: Beat) -> None:
        """See `Ledger.beat`; what happens next month has its place then before it happens."""
        sql = """INSERT INTO heartbeat (at, by) VALUES (%s, %s)
            ON CONFLICT (single) DO UPDATE SET at = excluded.at, by = excluded.by
            RETURNING month_of(at + %s * interval '1 day')"""
        self._ask(sql, heard.at, heard.by, _AHEAD_DAYS)

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
    def alone(self, purpose: str, wait_s: float = 0) -> Iterator[Alone]:
        """See `Ledger.alone`: on no machine does anybody else; the server lets go if we are gone."""
        name = f"{self._connection.address.schema} alone {purpose}"
        self.require_agreed()
        apart = Connection(self._connection.address, self._connection.wait_s)
        try:
            yield Alone(apart.lock(name, wait_s), apart.still)
        finally:
            apart.close()

    def compact(self) -> None:
        """See `Ledger.compact`: the server keeps order itself; it looks anew at what there is."""
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
        from sdcli.ledger.postgres import schema  # noqa: PLC0415 - once in the life of a ledger

        return schema.migrate(self._connection) == 0

    @property
    def _wait_ms(self) -> int:
        return max(1, int(self._connection.wait_s * 1000))

    @contextmanager
    def _unit(self) -> Iterator[None]:
        """A transaction that may change the ledger.

        Raises:
            LevelsDifferError: this host's files say other service levels than the desk works by.
        """
        name, levels = self._host.name, self._host.levels() if self._host.name else ""
        lock = f"{self._connection.address.schema} whole"
        begin = (
            f"BEGIN; SET LOCAL lock_timeout TO {self._wait_ms}; "
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)), "
            "CASE WHEN %s <> '' THEN comes_with(%s, %s) END"
        )
        self._is_compared = True
        with self._connection.unit(begin, lock, levels, name, levels) as [[_, other]]:
            if other:
                raise self._differs(msgspec.json.decode(other, type=Agreed))
            yield

    def _differs(self, desk: Agreed) -> LevelsDifferError:
        since = f"{desk.since.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}Z"
        return LevelsDifferError(self._host.name, self._host.levels(), desk.hash, desk.host, since)

    def _ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        if not self._is_compared:
            self._compare()
        return super()._ask(sql, *args)

    def _compare(self) -> None:
        """Tell, once, where this host's files say other service levels: reading is not refused."""
        self._is_compared = True
        levels = self._host.levels() if self._host.name else ""
        desk = self.agreed() if levels else None
        if desk is None or desk.hash == levels:
            return
        if desk.host == self._host.name and not desk.others:
            return  # it moves on with the next that it writes
        told = self._differs(desk).message.replace(
            "Nothing was changed: bring",
            "What is reckoned here may differ, and nothing can be changed from here: bring",
        )
        self._tell(told)
