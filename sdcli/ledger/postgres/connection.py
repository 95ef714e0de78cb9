"""One connection to the server: asked in SQL, answered in rows, and its failures in our words.

How it is made is in `way`.

What a lost connection means depends on when it was lost. Before COMMIT was sent nothing has
happened, and it can be done again (`sdcli.ledger.again`). After that the server is asked, on
another connection, whether the first new event of the unit is there: then all of it is.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from os import getpid
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.errors import (
    LedgerBusyError,
    LedgerUnreachableError,
    NoLedgerError,
    NoRightError,
    NotAllowedError,
    OutcomeUnknownError,
    SdcliError,
)
from sdcli.ledger.postgres import failures
from sdcli.ledger.postgres.way import LEAST_S, Way, driver_of, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.ledger.postgres.address import Address

_READ_S = 120.0
"""Seconds that a question may take which changes nothing, while the server takes connections."""

_GRACE_S = 1.0
"""Seconds by which we wait longer than the server does for a lock: so it says what it waits for."""

_BYTES_A_S = 100_000
"""A statement that brings much may take a second longer for each so many bytes."""

_PAUSES_S = (0.02, 0.5)
"""Seconds between two attempts to connect: at first, and at most."""

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
        self._way = Way(address, wait_s)
        self._raw: Any = None
        self._process = 0
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
            self._asked("ROLLBACK", (), _Unit(limit_s=LEAST_S))
        except Exception:  # noqa: BLE001 - as above
            self.close()

    # The driver.

    def _asked(
        self, sql: str, args: Sequence[object], unit: _Unit | None = None
    ) -> list[tuple[Any, ...]]:
        driver = driver_of()
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
            waiting(raw, began + max(unit.limit_s, LEAST_S) + size / _BYTES_A_S)
            return
        try:
            waiting(raw, began + first_s)
        except TimeoutError:
            if not self._way.is_open():
                raise
            waiting(raw, began + max(_READ_S, first_s))

    def _open(self, until: float) -> None:
        """Have a connection: the one there is, or else one is tried for until then."""
        if self._process != getpid():
            self._raw, self._process = None, getpid()  # a copy of this process needs its own
        if self._raw is not None and not self._raw.closed:
            return
        pause = _PAUSES_S[0]
        while self._raw is None or self._raw.closed:
            try:
                self._raw, self._is_greeted = self._way.reached(until), not self._first
            except LedgerUnreachableError as error:
                if not error.again or monotonic() + pause >= until:
                    error.again = False  # that was done here
                    raise
                sleep(pause)
                pause = min(2 * pause, _PAUSES_S[1])

    def _lost(self, said: str) -> LedgerUnreachableError:
        return LedgerUnreachableError(
            self.address.shown, said, again=True, for_s=max(self.wait_s, LEAST_S)
        )

    def _told(self, error: Any) -> SdcliError:
        """The error that a failure of the driver is for a person; a lost connection is let go."""
        told = failures.told(error, self.address, self.wait_s, is_one=self._way.is_one)
        if isinstance(told, LedgerUnreachableError):
            told.for_s = max(self.wait_s, LEAST_S)
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
        if pid:
            self._way.stop(pid)


class _Unit:
    """A transaction that is under way.

    Args:
        limit_s: seconds that a statement of it may take; None where it only reads.
    """

    def __init__(self, limit_s: float | None) -> None:
        self.limit_s = limit_s
        self.mark: Mark | None = None
        self.failed: SdcliError | None = None
