"""The PostgreSQL home of the ledger: one schema, many machines."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.errors import (
    AdoptedError,
    LedgerBusyError,
    LedgerDamagedError,
    LedgerUnreachableError,
    LevelsDifferError,
    NoLedgerError,
    NotAllowedError,
)
from sdcli.ledger import pins
from sdcli.ledger.host import Host
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.reader import ROW, PostgresReader
from sdcli.ledger.postgres.version import first
from sdcli.ledger.postgres.writer import PostgresWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from sdcli.ledger.interface import (
        Agreed,
        Alone,
        Beat,
        Due,
        Examination,
        Home,
        Lacking,
        Look,
        Mark,
        Mended,
        Migrated,
        Prepared,
        Progress,
        Resting,
        Restored,
        Standing,
        Whole,
    )
    from sdcli.ledger.postgres.address import Address
    from sdcli.ledger.postgres.clocks import Claims
    from sdcli.ledger.postgres.files import ServerFiles
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket


_AHEAD_DAYS = 14
"""So long before its first day the partition of a month is there, where the clocks are checked."""


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
        host: the machine that works on it.
        folder: the folder of the desk for its ledger, where files are put that are wanted here.
    """

    def __init__(
        self,
        address: Address,
        wait_s: float,
        tell: Callable[[str], None] = lambda _: None,
        host: Host | None = None,
        folder: str = "",
    ) -> None:
        super().__init__(Connection(address, wait_s, first(address.schema), self._hear))
        self._tell = tell
        self._claims: Claims | None = None
        self._host = host or Host()
        self._is_compared = False
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
            LedgerUnreachableError: its server does not answer; if the connection was lost before
                the commit it can be done again.
            OutcomeUnknownError: the server could not be asked whether it was recorded.
        """
        with self._unit(rehearses=rehearses):
            writer = PostgresWriter(self._connection, rehearses=rehearses, claims=self._claims)
            yield writer
            writer.finish()
        if writer.has_begun:
            self._tell_of_others()

    def sift(self, due: Due, look: Look) -> bool:
        """See `Ledger.sift`: in batches, each in a short transaction."""
        from sdcli.ledger.postgres.clocks import Claims  # noqa: PLC0415 - only checks

        self._claims = claims = Claims()
        sql = f"SELECT {ROW} FROM tickets AS t WHERE number = ANY (%s) ORDER BY number"
        while claims.goes_on:
            with self._unit():
                numbers = claims.take(self._connection, due)
                if numbers:
                    rows = self._ask(sql, numbers)
                    tickets = self._tickets(rows, _leave)
                    claims.sort(self._connection, due, look, numbers, tickets)
        return bool(claims.left)

    def _tell_of_others(self) -> None:
        """The ledger has its first ticket: say so if the desk has had others elsewhere."""
        if self._folder and os.path.lexists(os.path.join(self._folder, "tickets.json")):
            from shlex import quote  # noqa: PLC0415 - once in the life of a ledger

            self._tell(
                f"This is the first ticket in {self.place}, and {self._folder} holds a ledger too: "
                f"`sdcli ledger copy --from {quote(self._folder)} --to {quote(self.place)}` would have brought its "
                "tickets; `sdcli ledger status` tells of both."
            )

    def version(self) -> Hashable:
        """See `Ledger.version`: how often something was written, and who is writing now.

        It is counted before it is committed, so who has not committed yet belongs to it; the count
        comes first, that none which is counted is missed. A standby knows of no writers.
        """
        [[written]] = self._ask("SELECT last_value + is_called::int FROM changes")
        return (written, *self._ask(_UNDER_WAY, _CHANGING_NOTHING))

    def agreed(self) -> Agreed | None:
        """See `Ledger.agreed`."""
        return self._agreed_unless("")

    def _agreed_unless(self, levels: str) -> Agreed | None:
        """By which service levels the desk works, unless by these."""
        sql = """SELECT hash, host, since, ARRAY(SELECT name FROM hosts
            WHERE hosts.hash = desk_levels.hash AND name <> host ORDER BY name)
            FROM desk_levels WHERE hash <> %s"""
        found = self._connection.ask(sql, levels)
        if not found:
            return None
        [[hash_, host, since, others]] = found
        from sdcli.ledger.interface import Agreed  # noqa: PLC0415 - few commands ask

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
        """See `Ledger.keep_levels`: what is not what it was is replaced by what it was.

        Raises:
            LedgerDamagedError: it is no hash.
        """
        if not pins.is_hash(policy):
            raise LedgerDamagedError(self.place, pins.no_hash(policy))
        if not self.has_levels(policy):
            self._ask("SELECT keep_levels(%s, %s)", policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        sql = "SELECT 1 FROM levels WHERE hash = %s AND hash = encode(sha256(content), 'hex')"
        return pins.is_hash(policy) and bool(self._ask(sql, policy))

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        from hashlib import sha256  # noqa: PLC0415 - its import costs as much as a question

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
        self._ask("SELECT beat(%s, %s, %s)", heard.at, heard.by, _AHEAD_DAYS)

    def last_beat(self) -> Beat | None:
        """See `Ledger.last_beat`."""
        from sdcli.ledger.interface import Beat  # noqa: PLC0415 - few commands ask

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
        from sdcli.ledger.interface import Alone  # noqa: PLC0415 - few commands ask

        name = f"{self._connection.address.schema} alone {purpose}"
        self.require_agreed()
        apart = Connection(self._connection.address, self._connection.wait_s)
        try:
            yield Alone(apart.lock(name, wait_s, lets_go=True), apart.still)
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
        with self._unit(patient=True):
            self._ask("ANALYZE tickets, events, keys, once, clocks, texts")

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """See `Ledger.examine`."""
        from sdcli.ledger.postgres.doctor import examine  # noqa: PLC0415 - one command's

        self._ask("SELECT 1")  # there is a ledger, and it is of this version
        return examine(self._connection, progress, resting)

    def repair(self, stamp: Stamp, progress: Progress, resting: Resting | None = None) -> Mended:
        """See `Ledger.repair`: rows and keys are made anew from the events, which stay as they are."""
        from sdcli.ledger.postgres.doctor import repair  # noqa: PLC0415 - one command's

        del stamp
        with self.whole() as whole:
            return repair(self._connection, whole, progress, resting)

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
    def whole(self) -> Iterator[Whole]:
        """See `Home.whole`: every unit of work holds the same lock, shared with the others.

        The connection that holds it is idle while the work is done on others, however long.
        """
        from sdcli.ledger.interface import Whole  # noqa: PLC0415 - few commands ask

        with self._ungreeted() as apart:
            self._ask("SELECT 1")  # there is a ledger, and it is of this version
            if not apart.lock(f"{apart.address.schema} whole", apart.wait_s):
                raise LedgerBusyError(self.place, apart.wait_s, "")

            def require() -> None:
                if not apart.still():
                    said = "the connection was lost that kept others from writing"
                    raise LedgerUnreachableError(self.place, said)

            yield Whole(require)

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

    @property
    def _wait_ms(self) -> int:
        return max(1, int(self._connection.wait_s * 1000))

    @contextmanager
    def _unit(self, *, rehearses: bool = False, patient: bool = False) -> Iterator[None]:
        """A transaction that may change the ledger; see `Ledger.write` and `Connection.unit`.

        Raises:
            LevelsDifferError: this host's files say other service levels than the desk works by.
        """
        name, levels = self._host.name, self._host.levels() if self._host.name else ""
        lock = f"{self._connection.address.schema} whole"
        begin = (
            f"BEGIN; SET LOCAL lock_timeout TO {self._wait_ms}; "
            f"{'SET LOCAL sdcli.rehearses TO yes; ' if rehearses else ''}"
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)); "
            "SELECT refuse(closed) FROM meta WHERE closed <> ''; "
            "SELECT CASE WHEN %s <> '' THEN comes_with(%s, %s) END"
        )
        self._is_compared = True
        told = (lock, levels, name, levels)
        with self._connection.unit(begin, *told, patient=patient) as [[other]]:
            if other:
                raise self._differs(_agreed(other))
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
        if self._host.tell is None:
            return
        levels = self._host.levels() if self._host.name else ""
        desk = self._agreed_unless(levels) if levels else None
        if desk is None:
            return
        if desk.host == self._host.name and not desk.others:
            return  # it moves on with the next that it writes
        told = self._differs(desk).message.replace(
            "Nothing was changed: bring",
            "What is reckoned here may differ, and nothing can be changed from here: bring",
        )
        self._host.tell(told)


def _leave(ref: str, error: LedgerDamagedError) -> None:
    """What cannot be read does not rest: whoever says what there is to say tells of it."""
    del ref, error


def _agreed(told: str) -> Agreed:
    """By what the desk works, as the server tells it."""
    from sdcli.ledger.interface import Agreed  # noqa: PLC0415 - hardly ever

    return msgspec.json.decode(told, type=Agreed)
