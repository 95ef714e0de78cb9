"""The schema of a ledger and its versions: numbered SQL files, each run once, in order."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from sdcli.errors import NewerFormatError, NoLedgerError
from sdcli.tickets import lifecycle
from sdcli.tickets.words import PROBLEM, Record

if TYPE_CHECKING:
    from sdcli.ledger.postgres.connection import Connection

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")
_RECORDS: tuple[Record, ...] = ("request", PROBLEM)


def scripts() -> list[str]:
    """The names of the SQL files, in order; the first four characters of each are its version."""
    return sorted(name for name in os.listdir(_FOLDER) if name.endswith(".sql"))


VERSION = 1
"""The version of the schema that this program reads and writes."""


def found(connection: Connection) -> int:
    """The version of the ledger there; 0 if there is none."""
    try:
        [[version]] = connection.ask("SELECT version FROM meta")
    except NoLedgerError:
        return 0
    return int(version)


def migrate(connection: Connection) -> int:
    """Bring the ledger to the version of this program, or make it; the version it had.

    Raises:
        NewerFormatError: a newer program wrote it.
        NotAllowedError: this user of the database may not.
    """
    schema = connection.address.schema
    begin = (
        f"BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{schema} migrates', 0)); "
        f"CREATE SCHEMA IF NOT EXISTS {schema}; "
        f"SET LOCAL search_path TO {schema}; SET LOCAL client_min_messages TO warning"
    )
    with connection.unit(begin):
        [[is_there]] = connection.ask("SELECT to_regclass('meta') IS NOT NULL")
        before = int(connection.ask("SELECT version FROM meta")[0][0]) if is_there else 0
        if before > VERSION:
            raise NewerFormatError(connection.address.shown, before, VERSION)
        for name in scripts()[before:]:
            with open(os.path.join(_FOLDER, name), encoding="utf-8") as stream:
                connection.ask(stream.read())
        if before == 0:
            connection.ask("INSERT INTO meta (version) VALUES (%s)", VERSION)
        connection.ask("UPDATE meta SET version = %s", VERSION)
        _fence(connection, schema)
        _enforce_lifecycle(connection)
    return before


def _fence(connection: Connection, schema: str) -> None:
    """Have functions that run with their owner's rights look nowhere else than in the ledger."""
    for call in ("append(json)", "month_of(timestamptz)", "changed()"):
        connection.ask(f"ALTER FUNCTION {call} SET search_path TO {schema}, pg_temp")


def legal_steps() -> list[str]:
    """Every step that the lifecycle allows: `record kind before after`."""
    steps = [f"{record} opened  {lifecycle.START}" for record in _RECORDS]
    for record in _RECORDS:
        for kind, leads_to in lifecycle.table(record).items():
            steps += [f"{record} {kind} {before} {after}" for before, after in leads_to.items()]
    return sorted(steps)


def _enforce_lifecycle(connection: Connection) -> None:
    """Have the server refuse what the lifecycle refuses; what was recorded before stays."""
    steps = legal_steps()
    digest = sha256("\n".join(steps).encode()).hexdigest()
    if connection.ask("SELECT legal_steps FROM meta") == [(digest,)]:
        return
    connection.ask("ALTER TABLE events DROP CONSTRAINT IF EXISTS legal_step")
    connection.ask(
        "ALTER TABLE events ADD CONSTRAINT legal_step CHECK (before = '' AND after = '' "
        "OR record || ' ' || kind || ' ' || before || ' ' || after = ANY (%s)) NOT VALID",
        steps,
    )
    connection.ask("UPDATE meta SET legal_steps = %s", digest)
