"""One connection to the server: asked in SQL, answered in rows, and its failures in our words.

This is the only module that knows the driver. It never blocks in it: every wait has an end, and
an interrupt from the keyboard is heard meanwhile.

What a lost connection means depends on when it was lost. Before COMMIT was sent nothing has
happened, and it can be done again (`sdcli.ledger.again`). After that the server is asked, on
another connection, whether the first new event of the unit is there: then all of it is.
"""

from __future__ import annotations

import select
import sys
from contextlib import contextmanager, suppress
from functools import partial
from os import getpid
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.errors import (
    LedgerAddressError,
    LedgerBusyError,
    LedgerReadOnlyError,
    LedgerUnreachableError,
    MissingExtraError,
    NoLedgerError,
    NoRightError,
    NotAllowedError,
    OutcomeUnknownError,
    SdcliError,
)
from sdcli.ledger.postgres import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sdcli.ledger.postgres.address import Address

_CONNECT_S = 5.0
"""Seconds that a host has for taking a connection, before the next one is tried."""

_LEAST_S = 2.0
"""Seconds that it has in any case, however short a change may wait."""

_READ_S = 120.0
"""Seconds that a question may take which changes nothing, while the server takes connections."""

_GRACE_S = 1.0
"""Seconds by which we wait longer than the server does for a lock: so it says what it waits for."""

_BYTES_A_S = 100_000
"""A statement that brings much may take a second longer for each so many bytes."""

_PAUSES_S = (0.02, 0.5)
"""Seconds between two attempts to connect: at first, and at most."""

_KEPT_ALIVE = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "fallback_application_name": "sdcli",
}
"""Said to the server unless the address says otherwise: a host that is gone is noticed."""


_NOTICES = (
    "SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3; "
    "SET idle_session_timeout TO %s"
)
"""A lock is let go of some seconds after its host has gone."""
_STANDS_STILL = "10min"
"""After so long it is let go of if its process stands still, where others wait for it to go on."""


class Mark(NamedTuple):
    """By what a unit of work is known after its commit: its transaction, and its first new event."""

    transaction: str
    ticket: int
    event: str


class Connection:
    """A connection that is made when it is first needed, and made anew when it was lost.

    Args:
        address: where the ledger is.
        wait_s: seconds that a change may wait for the server or for a lock.
        first: what each new connection is asked, in the same breath as the first statement.
        hear: is told what the server remarks on that.
    """

    def __init__(
        self,
        address: Address,
        wait_s: float,
        first: str = "",
        hear: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.address = address
        self.wait_s = wait_s
        self._first, self._hear = first, hear
        self._is_greeted = False
        self._raw: Any = None
        self._process = 0
        self._hosts: list[dict[str, str]] = []  # the one that answered last is the first
        self._unit: _Unit | None = None
        self._cursors = 0
        self._has_recorded = self._explains = False

    def ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """The rows that a statement gives.

        Outside of a unit of work it is asked once more if the connection was lost: such a
        statement reads, or may be done twice.

        Raises:
            SdcliError: whatever the server, or the way to it, refused.
        """
        if self._unit is not None:
            return self._asked_in(self._unit, sql, args)
        try:
            return self._asked_twice(sql, args)
        except NoRightError as error:
            raise self._in_full(error) from None

    def _asked_twice(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """As `ask`, outside of a unit of work."""
        try:
            return self._asked(sql, args)
        except LedgerUnreachableError as error:
            if not error.again:
                raise self._truly(error) from None
        except NoLedgerError:
            if self._may_not_look():
                said = f"its schema {self.address.schema} is not for this user of the database"
                raise NotAllowedError(self.address.shown, said) from None
            raise
        try:
            return self._asked(sql, args)
        except LedgerUnreachableError as error:
            raise self._truly(error) from None

    def _may_not_look(self) -> bool:
        """Whether the schema is there, and this user may not use it: then no table is found."""
        sql = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s"
        with suppress(SdcliError):
            return self._asked(sql, (self.address.schema,)) == [(False,)]
        return False

    def _in_full(self, error: NoRightError) -> NotAllowedError:
        """The refusal; of a reader or a writer what that one may, and who can help."""
        if self._explains:
            return error
        from sdcli.ledger.postgres.roles import refusal  # noqa: PLC0415 - hardly ever

        self._explains = True
        try:
            return refusal(self) or error
        except SdcliError:
            return error
        finally:
            self._explains = False

    def _truly(self, error: LedgerUnreachableError) -> LedgerUnreachableError:
        """The error; where something was recorded by this connection, it says so."""
        if self._has_recorded:
            error.after_commit()
        return error

    @contextmanager
    def unit(
        self, begin: str, *args: object, reads: bool = False, patient: bool = False
    ) -> Iterator[list[tuple[Any, ...]]]:
        """A transaction: begun by these statements, committed at the end, or nothing of it happened.

        It gives the rows of the last one of them.

        Args:
            begin: the statements that begin it.
            *args: their values.
            reads: it only reads, so that there is nothing to commit.
            patient: its statements may take long, as long as the server takes connections.

        Raises:
            UnfinishedError: nothing of it was recorded; it may be done again if the error says so.
            OutcomeUnknownError: it may have been recorded, and nobody could be asked.
            SdcliError: as for `ask`.
        """
        unit = _Unit(limit_s=None if reads or patient else self.wait_s + _GRACE_S)
        try:
            began = self._asked_twice(begin, args)
            self._unit = unit
            yield began
            if not reads:
                self._commit(unit)
        except BaseException as error:
            self._abandon(error)
            self._unit = None
            if isinstance(error, NoRightError):
                raise self._in_full(error) from None
            raise
        finally:
            self._unit = None
        if reads:
            self._abandon(None)

    def mark(self, mark: Mark) -> None:
        """Remember by what the unit of work that is under way can be known; the first one counts."""
        if self._unit is not None and self._unit.mark is None:
            self._unit.mark = mark

    def pages(
        self, sql: str, args: Sequence[object], size: int, most: int | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows that a query gives, so many at a time, all as they were at one instant.

        Nobody who writes waits for it, however long it takes.

        Raises:
            SdcliError: as for `ask`.
        """
        is_short = most is not None and most <= size
        first = self.ask(f"{sql} LIMIT {most if is_short else size + 1}", *args)
        if is_short or len(first) <= size:
            yield first
        elif self._unit is not None:
            yield from self._fetched(sql, args, size)
        else:
            yield from self._apart(sql, args, size)

    def _apart(
        self, sql: str, args: Sequence[object], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The pages by a connection of their own; begun anew if it was lost before the first."""
        for is_last in (False, True):
            apart, given = Connection(self.address, self.wait_s), False
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            try:
                with apart.unit(begin, reads=True):
                    for page in apart._fetched(sql, args, size):
                        given = True
                        yield page
            except LedgerUnreachableError as error:
                if given or is_last or not error.again:
                    raise
            else:
                return
            finally:
                apart.close()

    def _fetched(
        self, sql: str, args: Sequence[object], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        self._cursors += 1
        name = f"pages_{self._cursors}"
        self.ask(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", *args)
        while rows := self.ask(f"FETCH {size} FROM {name}"):
            yield rows
        self.ask(f"CLOSE {name}")

    def stream(
        self, sql: str, args: Sequence[object], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """As `pages`, within a unit, for what is long in any case: it is asked once.

        Raises:
            SdcliError: as for `ask`.
        """
        return self._fetched(sql, args, size)

    def lock(self, name: str, wait_s: float, *, lets_go: bool = False) -> bool:
        """Whether this lock is this connection's now, until it is closed.

        `lets_go`: the server takes it away if nothing is asked for minutes: see `still`. Otherwise
        it does so only if it has lost the connection.

        Raises:
            SdcliError: as for `ask`.
        """
        self.ask(_NOTICES, _STANDS_STILL if lets_go else "0")
        if wait_s <= 0:
            taken = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            return bool(self.ask(taken, name)[0][0])
        self.ask(f"SET lock_timeout TO {max(1, int(wait_s * 1000))}")
        try:
            self.ask("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
        except LedgerBusyError:
            return False
        return True

    def still(self) -> bool:
        """Whether the server has not taken its locks away; to ask keeps them for longer."""
        if self._raw is None or self._raw.closed:
            return False
        sql = """SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"""
        try:
            return bool(self.ask(sql)[0][0])  # of this connection, not of one made anew
        except SdcliError:
            return False

    def close(self) -> None:
        """Let go of it; the next question makes another one."""
        raw, self._raw = self._raw, None
        if raw is not None:
            with suppress(Exception):
                raw.close()

    # Within a unit of work.

    def _asked_in(self, unit: _Unit, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        """As `ask`; after a failure the transaction is over, and says so until the unit ends."""
        if unit.failed is not None:
            raise unit.failed
        try:
            return self._asked(sql, args, unit)
        except SdcliError as error:
            unit.failed = error
            raise

    def _commit(self, unit: _Unit) -> None:
        if unit.failed is not None:
            raise unit.failed
        try:
            self._asked("COMMIT", (), unit)
        except LedgerUnreachableError as error:
            if unit.mark is None:
                raise
            self._settle(unit.mark, error)
        self._has_recorded = self._has_recorded or unit.mark is not None

    def _settle(self, mark: Mark, lost: LedgerUnreachableError) -> None:
        """Find out whether a unit whose commit was not answered was recorded; nothing if it was.

        Raises:
            LedgerUnreachableError: it was not, and can be done again.
            OutcomeUnknownError: nobody could be asked in time.
        """
        began = monotonic()
        said, pause = lost.said, _PAUSES_S[0]
        while True:
            self.close()
            try:
                self._open(began + self.wait_s)
                was_recorded = self._was_recorded(mark)
            except LedgerUnreachableError as error:
                was_recorded, said = None, error.said
            if was_recorded:
                return
            if was_recorded is False:
                raise LedgerUnreachableError(
                    self.address.shown, lost.said, again=True, for_s=self.wait_s
                )
            if monotonic() >= began + self.wait_s:
                waited_s = round(monotonic() - began, 1)
                raise OutcomeUnknownError(self.address.shown, said, waited_s)
            sleep(pause)
            pause = min(2 * pause, _PAUSES_S[1])

    def _was_recorded(self, mark: Mark) -> bool | None:
        """Whether its first event is there; None while its transaction may still come to an end.

        A standby that has become the primary may know nothing of the transaction: then what it
        has of the event is all there will ever be.
        """
        try:
            [[state]] = self._asked("SELECT pg_xact_status(%s::xid8)", (mark.transaction,))
        except LedgerUnreachableError:
            raise
        except SdcliError:  # a transaction that this server never had
            state = ""
        if state == "in progress":
            return None
        sql = "SELECT 1 FROM events WHERE ticket = %s AND id = %s"
        return bool(self._asked(sql, (mark.ticket, mark.event)))

    def _abandon(self, error: BaseException | None) -> None:
        """End the transaction without a commit; the server forgets it when the connection ends."""
        raw = self._raw
        if raw is None:
            return
        if raw.closed or raw.isexecuting() or (error and not isinstance(error, Exception)):
            self._break_off()
            return
        try:
            self._asked("ROLLBACK", (), _Unit(limit_s=_LEAST_S))
        except Exception:  # noqa: BLE001 - as above
            self.close()

    # The driver.

    def _asked(
        self, sql: str, args: Sequence[object], unit: _Unit | None = None
    ) -> list[tuple[Any, ...]]:
        driver = _driver()
        if unit is None:
            self._open(monotonic() + self.wait_s)
        elif self._raw is None:
            raise self._lost("the connection was lost")
        raw = self._raw
        try:
            with raw.cursor() as cursor:
                cursor.execute(sql if self._is_greeted else f"{self._first}; {sql}", args or None)
                self._await(raw, len(cursor.query or b""), unit)
                self._heard(raw)
                rows = cursor.fetchall() if cursor.description else []
        except TimeoutError:
            self._break_off(stops=sql != "COMMIT")  # that one may be as good as done
            raise LedgerUnreachableError(self.address.shown, "its server gave no answer") from None
        except driver.Error as error:
            raise self._told(error) from None
        except BaseException:
            self._break_off(stops=sql != "COMMIT")
            raise
        return rows

    def _heard(self, raw: Any) -> None:
        """Tell what the server remarked on a new connection, once."""
        if not self._is_greeted:
            self._is_greeted = True
            for remark in raw.notices:
                self._hear(remark)

    def _await(self, raw: Any, size: int, unit: _Unit | None) -> None:
        """Wait for the answer to a statement of so many bytes.

        Who changes something waits as long as a change may wait. Whoever only reads waits for
        longer, if the server takes connections and so is only slow.

        Raises:
            TimeoutError: there was none in time.
        """
        first_s = self.wait_s + _GRACE_S + size / _BYTES_A_S
        began = monotonic()
        if unit is not None and unit.limit_s is not None:
            waiting(raw, began + max(unit.limit_s, _LEAST_S) + size / _BYTES_A_S)
            return
        try:
            waiting(raw, began + first_s)
        except TimeoutError:
            if not self._takes_connections():
                raise
            waiting(raw, began + max(_READ_S, first_s))

    def _takes_connections(self) -> bool:
        with suppress(SdcliError, TimeoutError):
            self._reach(self._hosts[0], _CONNECT_S).close()
            return True
        return False

    def _open(self, until: float) -> None:
        """Have a connection: the one there is, or else one is tried for until then."""
        if self._process != getpid():
            self._raw, self._process = None, getpid()  # a copy of this process needs its own
        if self._raw is not None and not self._raw.closed:
            return
        self._hosts = self._hosts or hosts_of(self.address, self.wait_s)
        pause = _PAUSES_S[0]
        while self._raw is None or self._raw.closed:
            try:
                self._raw, self._is_greeted = self._reached(until), not self._first
            except LedgerUnreachableError as error:
                if not error.again or monotonic() + pause >= until:
                    error.again = False  # that was done here
                    raise
                sleep(pause)
                pause = min(2 * pause, _PAUSES_S[1])

    def _reached(self, until: float) -> Any:
        """The driver's connection to the first host that takes it; a slow one is tried last.

        Raises:
            LedgerUnreachableError: none does; `again` if one of them may soon.
            SdcliError: one of them refuses, and would again.
        """
        failed: list[LedgerUnreachableError] = []
        for host in list(self._hosts):
            try:
                given_s = float(host.get("connect_timeout") or 0) or _CONNECT_S
                raw = self._reach(host, min(given_s, max(_LEAST_S, until - monotonic())))
            except LedgerUnreachableError as error:
                failed.append(error)
            except TimeoutError:
                self._hosts.remove(host)
                self._hosts.append(host)
                said = f"{self._where(host)}no connection was taken in time"
                failed.append(LedgerUnreachableError(self.address.shown, said, again=True))
            else:
                self._hosts.remove(host)
                self._hosts.insert(0, host)
                return raw
        said = "; ".join(dict.fromkeys(error.said for error in failed))
        is_read_only = all(isinstance(error, LedgerReadOnlyError) for error in failed)
        kind = LedgerReadOnlyError if is_read_only else LedgerUnreachableError
        raise kind(self.address.shown, said, again=any(error.again for error in failed))

    def _reach(self, host: dict[str, str], limit_s: float) -> Any:
        """The driver's connection to one host, if it is made in so many seconds.

        Raises:
            TimeoutError: it was not made in time.
            SdcliError: it was refused.
        """
        driver, raw = _driver(), None
        try:
            raw = driver.connect(async_=True, **host)
            waiting(raw, monotonic() + limit_s)
        except driver.ProgrammingError as error:
            raise failures.unread(error, self.address) from None
        except (driver.Error, UnicodeDecodeError) as error:
            where, code_of = self._where(host), partial(_code_of, host, min(limit_s, _LEAST_S))
            raise failures.not_connected(error, self.address, where, code_of) from None
        except BaseException:
            if raw is not None:
                raw.close()
            raise
        return raw

    def _where(self, host: dict[str, str]) -> str:
        """Which of several hosts it is, as the beginning of a sentence."""
        if len(self._hosts) == 1:
            return ""
        port = f":{host['port']}" if "port" in host else ""
        return f"{host.get('host') or host.get('hostaddr')}{port}: "

    def _lost(self, said: str) -> LedgerUnreachableError:
        return LedgerUnreachableError(
            self.address.shown, said, again=True, for_s=max(self.wait_s, _LEAST_S)
        )

    def _told(self, error: Any) -> SdcliError:
        """The error that a failure of the driver is for a person; a lost connection is let go."""
        told = failures.told(error, self.address, self.wait_s, is_one=len(self._hosts) == 1)
        if isinstance(told, LedgerUnreachableError):
            told.for_s = max(self.wait_s, _LEAST_S)
            self.close()
        return told

    def _break_off(self, *, stops: bool = True) -> None:
        """Let go of a connection in the middle of a statement.

        `stops`: have the server stop it at once, and not when it next looks at the connection.
        The driver's own way to do that waits for a server that stands still.
        """
        raw = self._raw
        pid = 0
        if raw is not None and not raw.closed and raw.isexecuting() and stops:
            pid = int(raw.get_backend_pid())
        self.close()
        if not pid:
            return
        with suppress(SdcliError, TimeoutError, _driver().Error):
            other = self._reach(self._hosts[0], limit_s=_STOP_S)
            try:
                with other.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
                    waiting(other, monotonic() + _STOP_S)
            finally:
                other.close()


_STOP_S = 0.5
"""Seconds that a server has for hearing that a statement is not wanted any more, and for doing so."""


class _Unit:
    """A transaction that is under way.

    Args:
        limit_s: seconds that a statement of it may take; None where it only reads.
    """

    def __init__(self, limit_s: float | None) -> None:
        self.limit_s = limit_s
        self.mark: Mark | None = None
        self.failed: SdcliError | None = None


def hosts_of(address: Address, wait_s: float) -> list[dict[str, str]]:
    """What the driver is told to connect to each host of an address, in their order.

    Where there are several, the one is wanted that can be written to. No statement waits for a lock
    for longer than `wait_s`: what only reads meets one where somebody works on the tables.

    Raises:
        LedgerAddressError: it cannot be read.
    """
    driver = _driver()
    try:
        given: dict[str, str] = driver.extensions.parse_dsn(address.url)
    except driver.Error as error:
        raise failures.unread(error, address) from None
    names = {name: given.pop(name).split(",") for name in _PLACES if given.get(name)}
    number = max((len(each) for name, each in names.items() if name != "port"), default=1)
    for name, each in names.items():
        if len(each) not in (1, number):
            reason = f"it names {number} hosts, and {len(each)} of `{name}`"
            raise LedgerAddressError(address.shown, reason)
    wait_ms = max(1, int(wait_s * 1000))
    own = f"-c search_path={address.schema} -c lock_timeout={wait_ms}"
    common = {**_KEPT_ALIVE, **given, "options": f"{given.get('options', '')} {own}".strip()}
    if number > 1:
        common.setdefault("target_session_attrs", "read-write")
    found = [
        common | {name: each[index if len(each) > 1 else 0] for name, each in names.items()}
        for index in range(number)
    ]
    if given.get("load_balance_hosts") == "random":
        from random import shuffle  # noqa: PLC0415 - few addresses

        shuffle(found)
    return [{name: value for name, value in each.items() if value} for each in found]


_PLACES = ("host", "hostaddr", "port")
"""What an address may name several of."""


def _code_of(host: dict[str, str], limit_s: float) -> str:
    """The code with which a server refuses a connection; it is asked once more to tell it.

    The driver never says it. So libpq, of which the driver has loaded one, is told to put it into
    its words.
    """
    from ctypes import CDLL, c_int, c_void_p  # noqa: PLC0415 - few servers speak another language

    driver, raw = _driver(), None
    with suppress(OSError, AttributeError, TimeoutError):
        speak = CDLL(driver._psycopg.__file__).PQsetErrorVerbosity  # noqa: SLF001 - see above
        speak.argtypes = c_void_p, c_int
        try:
            raw = driver.connect(async_=True, **host)
            speak(raw.pgconn_ptr, _AT_LENGTH)
            waiting(raw, monotonic() + limit_s)
        except (driver.Error, UnicodeDecodeError) as error:
            return failures.code_in(error)
        finally:
            if raw is not None:
                raw.close()
    return ""


_AT_LENGTH = 2
"""libpq's PQERRORS_VERBOSE."""


def _driver() -> Any:
    if "psycopg2" not in sys.modules:
        _load()
    try:
        import psycopg2  # noqa: PLC0415 - who needs no server needs none
        import psycopg2.extensions  # noqa: PLC0415
    except ImportError:
        what = "A ledger on a PostgreSQL server"
        raise MissingExtraError(what, "psycopg2", "postgresql") from None
    return psycopg2


def _load() -> None:
    """Import the driver, without what it imports beside and has no need of.

    It looks for Python's `ssl` so that the two set up OpenSSL once; no OpenSSL since 1.1 is set up
    by its callers. That import is a third of what the driver costs.
    """
    from _thread import _count  # noqa: PLC0415 - as little as can be is imported at the start

    if "ssl" in sys.modules or _count():  # a thread might need it meanwhile
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # there is none, that says
    try:
        with suppress(ImportError):
            import psycopg2  # noqa: F401, PLC0415 - who needs no server needs none
    finally:
        del sys.modules["ssl"]


def waiting(raw: Any, until: float) -> None:
    """Wait for an answer until then, by `monotonic`; an interrupt is heard meanwhile.

    Raises:
        TimeoutError: there was none in time.
    """
    wanted = {1: select.POLLIN, 2: select.POLLOUT}
    while state := raw.poll():
        left_s = until - monotonic()
        ready = select.poll()  # anew each time: while connecting, it may be another socket
        ready.register(raw.fileno(), wanted[state])
        if left_s <= 0 or not ready.poll(left_s * 1000):
            raise TimeoutError


class Bulk:
    """A connection over which many rows are brought by COPY: the driver waits by itself there.

    Args:
        connection: it goes to the same ledger, and tells failures in the same words.
    """

    def __init__(self, connection: Connection) -> None:
        self._like = connection
        self._raw: Any = None

    def ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """See `Connection.ask`."""
        with self._failing(), self._open().cursor() as cursor:
            cursor.execute(sql, args or None)
            return cursor.fetchall() if cursor.description else []

    def copy_in(self, table: str, columns: Sequence[str], rows: Iterable[str]) -> None:
        """Put rows into a table in one go; each is a line as COPY takes it (see `fill.copied`).

        Raises:
            SdcliError: as for `ask`.
        """
        from io import StringIO  # noqa: PLC0415 - few commands bring many rows

        with self._failing(), self._open().cursor() as cursor:
            cursor.copy_expert(
                f"COPY {table} ({', '.join(columns)}) FROM STDIN", StringIO("".join(rows))
            )

    @contextmanager
    def unit(self) -> Iterator[None]:
        """A transaction: committed at the end, or nothing of it happened.

        Raises:
            SdcliError: as for `ask`.
        """
        self.ask("BEGIN")
        try:
            yield
            self.ask("COMMIT")
        except BaseException:
            self.close()  # the server forgets what was not committed
            raise

    def close(self) -> None:
        """Let go of it."""
        raw, self._raw = self._raw, None
        if raw is not None:
            with suppress(Exception):
                raw.close()

    def _open(self) -> Any:
        if self._raw is None:
            driver = _driver()
            driver.extensions.set_wait_callback(None)
            raw = driver.connect(
                self._like.address.url,
                connect_timeout=int(_CONNECT_S),
                target_session_attrs="read-write",
            )
            raw.set_session(autocommit=True)
            with raw.cursor() as cursor:
                cursor.execute(f"SET search_path TO {self._like.address.schema}")
            self._raw = raw
        return self._raw

    @contextmanager
    def _failing(self) -> Iterator[None]:
        driver = _driver()
        try:
            yield
        except driver.Error as error:
            raise failures.told(error, self._like.address, self._like.wait_s, is_one=True) from None
