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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    """

    def __init__(self, address: Address, wait_s: float) -> None:
        self.address = address
        self.wait_s = wait_s
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
    def unit(self, begin: str) -> Iterator[None]:
        """A transaction: begun by these statements, committed at the end, or nothing of it happened.

        Raises:
            ConflictError: it did not go together with what somebody else did meanwhile.
            SdcliError: as for `ask`.
        """
        try:
            self.ask(begin)
            self._in_unit = True
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
        cursor = self._open().cursor()
        try:
            cursor.execute(sql, args or None)
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
            self._raw = raw
            with raw.cursor() as cursor:
                cursor.execute(f"SET search_path TO {self.address.schema}")
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
            raise self._told(error) from None

    def _told(self, error: Any) -> SdcliError:  # noqa: PLR0911 - one for each way to fail
        """The error that a failure of the driver is for a person."""
        code, place = error.pgcode or "", self.address.shown
        said = " ".join(str(error).split())
        if code in ("40001", "40P01", "23505"):
            return ConflictError(place, said)
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
