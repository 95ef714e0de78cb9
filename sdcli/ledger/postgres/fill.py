"""Many tickets into a ledger on a server at once, by COPY; the caller is alone with it.

A batch is a transaction: what has come stays when it is interrupted. Only the owner of the ledger
may do it.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from sdcli.ledger.postgres.rows import EVENT_COLUMNS, TICKET_COLUMNS, derived, event_rows
from sdcli.ledger.postgres.words import LEXICON, lexemes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import Any

    from sdcli.ledger.postgres.bulk import Bulk
    from sdcli.ledger.postgres.connection import Connection
    from sdcli.tickets.ticket import Ticket

BATCH = 1000
"""Tickets in a transaction."""

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Loader:
    """Puts new tickets into a ledger.

    Args:
        bulk: of the owner of the ledger.
    """

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self._months: set[tuple[int, int]] = set()

    def load(self, tickets: Iterable[Ticket]) -> Iterator[int]:
        """Put these tickets in, batch by batch; how many there are so far, after each.

        Raises:
            SdcliError: whatever the server refused; the batches before are in.
        """
        rest, done = iter(tickets), 0
        while batch := list(islice(rest, BATCH)):
            with self._bulk.unit():
                self.put(batch)
            done += len(batch)
            yield done

    def put(self, tickets: list[Ticket]) -> None:
        """Put tickets in, within a transaction."""
        with _unclosed(self._bulk):
            self._put(tickets)

    def _put(self, tickets: list[Ticket]) -> None:
        lines, events, keys, clocks = list[str](), list[str](), list[str](), list[str]()
        texts, runs = list[str](), set[str]()
        once: list[tuple[str, int]] = []
        for ticket in tickets:
            row, own, only, words = derived(ticket)
            number, record = row["number"], ticket.record
            lines.append(copied(row.values()))
            for seq, event in enumerate(event_rows(None, ticket.events)[0], 1):
                self._need_month(event["recorded"])
                events.append(_event_line(number, seq, record, event))
            keys += [copied((key, number)) for key in own]
            once += [(key, number) for key in only]
            clocks.append(f"{number}\t-infinity\n")
            runs.update(words)
            texts.append(copied((number, lexemes(words))))
        ask, copy_in = self._bulk.ask, self._bulk.copy_in
        copy_in("tickets", TICKET_COLUMNS, lines)
        copy_in("events", EVENT_COLUMNS, events)
        copy_in("keys", ("key", "ticket"), keys)
        copy_in("clocks", ("ticket", "wake"), clocks)
        copy_in("texts", ("ticket", "words"), texts)
        ask(LEXICON, sorted(runs))
        # Elsewhere two tickets may have one of these: then the older one is found by it.
        ask(
            "INSERT INTO once SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
            [key for key, _ in once],
            [number for _, number in once],
        )

    def _need_month(self, recorded: datetime) -> None:
        month = recorded.year, recorded.month
        if month not in self._months:
            self._bulk.ask("SELECT month_of(%s)", recorded)
            self._months.add(month)


@contextmanager
def unclosed(connection: Connection) -> Iterator[None]:
    """A transaction that writes to the ledger though a mark closes it; it is closed again after.

    The caller keeps everybody else from writing.
    """
    with connection.unit("BEGIN"), _unclosed(connection):
        yield


@contextmanager
def _unclosed(within: Connection | Bulk) -> Iterator[None]:
    [[mark]] = within.ask("SELECT closed FROM meta")
    if mark:
        within.ask("UPDATE meta SET closed = ''")
    yield
    if mark:
        within.ask("UPDATE meta SET closed = %s", mark)


def copied(values: Iterable[object]) -> str:
    """A row as COPY takes it."""
    return "\t".join(map(_field, values)) + "\n"


def _field(value: object) -> str:
    if isinstance(value, str):
        is_plain = value.isprintable() and "\\" not in value
        return value if is_plain else value.translate(_ESCAPED)
    return str(value)


def _event_line(number: int, seq: int, record: str, event: dict[str, Any]) -> str:
    given = event["body"]
    body = (given if isinstance(given, str) else bytes(given).decode()).replace("\\", "\\\\")
    return (
        f"{number}\t{seq}\t{event['recorded']}\t{_field(event['id'])}\t{event['at']}\t"
        f"{_field(event['by'])}\t{event['kind']}\t{record}\t{event['before']}\t{event['after']}\t"
        f"{body}\n"
    )


def set_next(connection: Connection, number: int) -> None:
    """Have no reference below this number given out from now on."""
    if number > 1:
        connection.ask(
            "SELECT setval('numbers', greatest(%s, CASE WHEN is_called THEN last_value ELSE 0 END)) "
            "FROM numbers",
            number - 1,
        )
