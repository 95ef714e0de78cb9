"""A ledger on a server that is moved to another home, or comes from one; and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import NoSuchTicketError, OtherLedgerError
from sdcli.ledger import closed
from sdcli.ledger.content import further, lacked
from sdcli.ledger.interface import Connected, Mark, Standing
from sdcli.ledger.postgres.bulk import Bulk
from sdcli.ledger.postgres.fill import Loader, set_next, unclosed
from sdcli.ledger.postgres.reader import PostgresReader, number_in
from sdcli.ledger.postgres.rows import mails_of
from sdcli.ledger.postgres.writer import PostgresWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.ledger.interface import Home, Lacking, Progress
    from sdcli.ledger.postgres.connection import Connection
    from sdcli.tickets.ticket import Ticket

_COUNTED = 1_000_000
"""Up to so many rows are counted; of more the server's own estimate is told."""


def take_over(connection: Connection, source: Home, lacking: Lacking, progress: Progress) -> None:
    """Add what this ledger lacks; it is closed by a mark until whoever copies opens it again.

    Raises:
        NotAllowedError: this user of the database does not own the ledger.
    """
    _require_not_aside(connection, source, lacking)
    before = closed.read(connection.ask("SELECT closed FROM meta")[0][0])
    if before is None or not before.moved:  # that one closes it too
        set_mark(connection, Mark(source.place, moved=False))
    total, bulk = source.count(), Bulk(connection)
    tickets = (
        ticket
        for ticket, is_new in lacked(source.everything(), lacking)
        if is_new or _add(connection, ticket)
    )
    try:
        for done in Loader(bulk).load(tickets):
            progress(done, max(done, total))
    finally:
        bulk.close()
    with connection.unit("BEGIN"):
        set_next(connection, source.next_number())


def _require_not_aside(connection: Connection, source: Home, lacking: Lacking) -> None:
    """Refuse to bring a ticket that was set aside here: what is left of its events is here still.

    Raises:
        OtherLedgerError: there is one.
    """
    for (number,) in connection.ask("SELECT ticket FROM damage ORDER BY ticket"):
        if any(first <= number <= last for first, last in lacking.runs) and _has(source, number):
            reason = "was set aside there as damaged"
            place = connection.address.shown
            raise OtherLedgerError(place, source.place, f"SD-{number}", reason)


def _has(source: Home, number: int) -> bool:
    try:
        source.get(f"SD-{number}")
    except NoSuchTicketError:
        return False
    return True


def _add(connection: Connection, after: Ticket) -> bool:
    """Add the events that a ticket lacks; never a new ticket, so it is not to be loaded."""
    before = PostgresReader(connection).get(after.ref)
    events = further(before, after)
    if events:
        with unclosed(connection):
            writer = PostgresWriter(connection, rehearses=False, copies=True)
            writer.append(before, events)
            writer.flush()
            # Elsewhere two tickets may have one mail: then it is the older one's, as in `fill`.
            sql = "INSERT INTO once SELECT key, %s FROM unnest(%s::text[]) AS new (key) ON CONFLICT DO NOTHING"
            connection.ask(sql, number_in(after.ref), sorted(mails_of(events)))
    return False


def set_mark(connection: Connection, mark: Mark | None) -> None:
    """Close the ledger, or open it again; nobody else may be writing.

    A trigger refuses new events while it is closed, whoever is connected already.

    Raises:
        NotAllowedError: this user of the database does not own the ledger.
    """
    wait_ms = max(1, int(connection.wait_s * 1000))
    with connection.unit(f"BEGIN; SET LOCAL lock_timeout TO {wait_ms}"):
        connection.ask("UPDATE meta SET closed = %s", closed.written(mark))
        connection.ask(f"ALTER TABLE events {'ENABLE' if mark else 'DISABLE'} TRIGGER closed")


def standing(connection: Connection, size: int) -> Standing:
    """How the ledger is."""
    ask = connection.ask
    [[version, mark]] = ask("SELECT version, closed FROM meta")
    [[server, is_standby]] = ask("SELECT current_setting('server_version'), pg_is_in_recovery()")
    tickets, about_tickets = _number(connection, "tickets")
    events, about_events = _number(connection, "events")
    return Standing(
        home="postgresql",
        place=connection.address.shown,
        format=int(version),
        tickets=tickets,
        events=events,
        about=about_tickets or about_events,
        size=size,
        months=len(months(connection)),
        newest=_newest(connection),
        server=f"PostgreSQL {server.split()[0]}",
        role="standby" if is_standby else "primary",
        lag_s=_lag(connection) if is_standby else None,
        connected=tuple(_connected(connection)),
        standbys=tuple(_standbys(connection)),
        closed=closed.read(mark),
    )


def months(connection: Connection) -> list[str]:
    """The partitions of the events, by their names, in order."""
    found = connection.ask(
        "SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
        f"{connection.address.schema}.events",
    )
    return [name for (name,) in found]


def _newest(connection: Connection) -> datetime | None:
    """When something was last entered; earlier months are not looked at for it."""
    for name in reversed(months(connection)):
        year, month = name.split("_")[-2:]
        sql = "SELECT max(recorded) FROM events WHERE recorded >= %s"
        [[found]] = connection.ask(sql, f"{year}-{month}-01 00:00:00Z")
        if found is not None:
            newest: datetime = found
            return newest
    return None


def _number(connection: Connection, table: str) -> tuple[int, bool]:
    """How many rows a table has, and whether that is an estimate."""
    sql = """SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_class
        WHERE oid = to_regclass(%s) AND relkind = 'r'
        OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s))"""
    [[estimate]] = connection.ask(sql, *[f"{connection.address.schema}.{table}"] * 2)
    if estimate > _COUNTED:
        return int(estimate), True
    return int(connection.ask(f"SELECT count(*) FROM {table}")[0][0]), False


def _lag(connection: Connection) -> float | None:
    """How far a standby is behind; nothing if all that it received has been applied."""
    sql = """SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"""
    [[lag]] = connection.ask(sql)
    return None if lag is None else float(lag)


def _connected(connection: Connection) -> Iterator[Connected]:
    sql = """SELECT usename::text, coalesce(client_hostname, host(client_addr), ''),
            coalesce(application_name, ''), count(*)
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'
        GROUP BY 1, 2, 3 ORDER BY 2, 1, 3"""
    for user, host, program, count in connection.ask(sql):
        yield Connected(user or "", host, program, int(count))


def _standbys(connection: Connection) -> Iterator[tuple[str, float | None]]:
    sql = """SELECT coalesce(client_hostname, host(client_addr), application_name, ''),
        extract(epoch FROM replay_lag) FROM pg_stat_replication ORDER BY 1"""
    for host, lag in connection.ask(sql):
        yield host, None if lag is None else float(lag)
