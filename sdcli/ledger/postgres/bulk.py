"""A connection over which many rows are brought at once; few commands bring any."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sdcli.ledger.postgres import failures
from sdcli.ledger.postgres.way import CONNECT_S, driver_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sdcli.ledger.postgres.connection import Connection


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
            driver = driver_of()
            driver.extensions.set_wait_callback(None)
            raw = driver.connect(
                self._like.address.url,
                connect_timeout=int(CONNECT_S),
                target_session_attrs="read-write",
            )
            raw.set_session(autocommit=True)
            with raw.cursor() as cursor:
                cursor.execute(f"SET search_path TO {self._like.address.schema}")
            self._raw = raw
        return self._raw

    @contextmanager
    def _failing(self) -> Iterator[None]:
        driver = driver_of()
        try:
            yield
        except driver.Error as error:
            raise failures.told(error, self._like.address, self._like.wait_s, is_one=True) from None
