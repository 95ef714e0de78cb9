"""One connection to the server: asked in SQL, answered in rows, and its failures in our words.

This is the only module that knows the driver. Nothing waits for a silent server longer than it
is told to, and an interrupt from the keyboard is heard while waiting.
"""

from __future__ import annotations

import select
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from sdcli.errors import (
    ConflictError,
    LedgerBusyError,
    LedgerUnreachableError,
    MachineError,
    MissingExtraError,
    NoLedgerError,
    NotAllowedError,
    SdcliError,
)
from sdcli.ledger.postgres import version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sdcli.ledger.postgres.address import Address

_CONNECT_S = 5
"""Seconds that a host has for taking a connection, before the next one is tried."""

_READ_S = 120.0
"""Seconds that a question may take which locks nothing."""


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
        self._in_unit = False
        self._cursors = 0

    def ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """The rows that a statement gives.

        Raises:
            SdcliError: whatever the server, or the way to it, refused.
        """
        with self._failing():
            return self._ask(sql, args)

    @contextmanager
    def unit(self, begin: str, *, reads: bool = False, patient: bool = False) -> Iterator[None]:
        """A transaction: begun by these statements, committed at the end, or nothing of it happened.

        `reads`: it only reads. `patient`: its statements may take long.

        Raises:
            ConflictError: it did not go together with what somebody else did meanwhile.
            SdcliError: as for `ask`.
        """
        del reads, patient
        self.ask(begin)
        self._in_unit = True
        try:
            yield
            with self._failing():
                self._ask("COMMIT", ())
        except BaseException:
            self._abandon()
            raise
        finally:
            self._in_unit = False

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
        elif self._in_unit:
            yield from self._fetched(sql, args, size)
        else:
            apart = Connection(self.address, self.wait_s)
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            try:
                with apart.unit(begin):
                    yield from apart._fetched(sql, args, size)
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

    def lock(self, name: str, wait_s: float) -> bool:
        """Whether this lock is this connection's now, until it is closed.

        Raises:
            SdcliError: as for `ask`.
        """
        if wait_s <= 0:
            taken = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            return bool(self.ask(taken, name)[0][0])
        self.ask(f"SET lock_timeout TO {max(1, int(wait_s * 1000))}")
        try:
            self.ask("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
        except LedgerBusyError:
            return False
        return True

    def close(self) -> None:
        """Let go of it; the next question makes another one."""
        raw, self._raw = self._raw, None
        if raw is not None:
            with suppress(Exception):
                raw.close()

    def _abandon(self) -> None:
        try:
            self._ask("ROLLBACK", ())
        except Exception:  # noqa: BLE001 - the server forgets what was not committed
            self.close()

    def _ask(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        raw = self._open()
        cursor = raw.cursor()
        try:
            cursor.execute(sql if self._is_greeted else f"{self._first}; {sql}", args or None)
            if not self._is_greeted:
                self._is_greeted = True
                for remark in raw.notices:
                    self._hear(remark)
            return cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()

    def _open(self) -> Any:
        """The driver's own connection: made now if there is none."""
        if self._raw is None or self._raw.closed:
            driver = _driver()
            driver.extensions.set_wait_callback(None)  # then the driver minds the time itself
            raw = driver.connect(self._dsn(), connect_timeout=self._connect_s)
            raw.set_session(autocommit=True)
            with raw.cursor() as cursor:
                cursor.execute(f"SET search_path TO {self.address.schema}")
            self._raw, self._is_greeted = raw, not self._first
        return self._raw

    @property
    def _connect_s(self) -> int:
        return max(2, min(_CONNECT_S, int(self.wait_s) or 2))

    def _dsn(self) -> str:
        return self.address.url

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What the driver says, in our words."""
        driver = _driver()
        try:
            yield
        except driver.Error as error:
            raise self.told(error) from None

    def told(self, error: Any) -> SdcliError:  # noqa: PLR0911 - one for each way to fail
        """The error that a failure of the driver is for a person."""
        code, place = error.pgcode or "", self.address.shown
        said = " ".join(str(error).split())
        if code in ("40001", "40P01", "23505"):
            return ConflictError(place, said)
        if code == "SD001":
            from sdcli.ledger import closed  # noqa: PLC0415 - hardly any ledger is closed

            return closed.error(place, error.diag.message_primary)
        if code == "SD002":
            return version.other(place, error.diag.message_primary)
        if code == "55P03":
            return LedgerBusyError(place, self.wait_s, "")
        if code in ("42P01", "3F000", "42883", "3D000"):
            return NoLedgerError(place)
        if code == "42501":
            return NotAllowedError(place, said)
        if code.startswith("53"):
            return MachineError("Writing the ledger", place, said)
        if not code or code.startswith(("08", "57P")):
            return LedgerUnreachableError(place, said)
        return SdcliError(f"The ledger {place} failed: {said}")


def _driver() -> Any:
    try:
        import psycopg2  # noqa: PLC0415 - who needs no server needs none
        import psycopg2.extensions  # noqa: PLC0415
    except ImportError:
        what = "A ledger on a PostgreSQL server"
        raise MissingExtraError(what, "psycopg2", "postgresql") from None
    return psycopg2


def waiting(raw: Any, until: float) -> None:
    """Wait for an answer until then, by `monotonic`; an interrupt is heard meanwhile.

    Raises:
        TimeoutError: there was none in time.
    """
    states = {1: ([raw], []), 2: ([], [raw])}
    while state := raw.poll():
        reading, writing = states[state]
        left = until - monotonic()
        if left <= 0 or not any(select.select(reading, writing, [], left)):
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

    def copy_in(self, table: str, columns: str, rows: Iterable[str]) -> None:
        """Put rows into a table in one go; each is a line as COPY takes it (see `fill.copied`).

        Raises:
            SdcliError: as for `ask`.
        """
        from io import StringIO  # noqa: PLC0415 - few commands bring many rows

        with self._failing(), self._open().cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", StringIO("".join(rows)))

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
                connect_timeout=_CONNECT_S,
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
            raise self._like.told(error) from None
