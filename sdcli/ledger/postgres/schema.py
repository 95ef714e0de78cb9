"""The schema of a ledger and its versions: numbered SQL files, each run once, in order."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from sdcli.errors import LedgerDamagedError, NewerFormatError, NoLedgerError, RefusedError, listed
from sdcli.ledger.interface import Migrated
from sdcli.ledger.postgres import version
from sdcli.ledger.postgres.roles import grant_anew
from sdcli.tickets import lifecycle
from sdcli.tickets.words import PROBLEM, Record

if TYPE_CHECKING:
    from sdcli.ledger.postgres.connection import Connection

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")
_RECORDS: tuple[Record, ...] = ("request", PROBLEM)


def scripts() -> list[str]:
    """The names of the SQL files, in order; the first four characters of each are its version."""
    return sorted(name for name in os.listdir(_FOLDER) if name.endswith(".sql"))


def found(connection: Connection) -> int:
    """The version of the ledger there; 0 if there is none."""
    _require_own(connection, is_there=True)
    try:
        return _version(connection)
    except NoLedgerError:
        return 0


def _version(connection: Connection) -> int:
    rows = connection.ask("SELECT version FROM meta")
    if not rows:
        raise LedgerDamagedError(connection.address.shown, "its table meta has no row")
    return int(rows[0][0])


def _require_own(connection: Connection, *, is_there: bool) -> None:
    """Refuse a schema that is something else: a ledger has all of it for itself.

    Raises:
        RefusedError: there are tables in it, and no ledger.
    """
    schema, place = connection.address.schema, connection.address.shown
    found = connection.ask(
        "SELECT c.relname::text, EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid "
        "AND a.attname = 'legal_steps') FROM pg_class AS c "
        "WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = ANY (ARRAY['r', 'p', 'v', 'S']) "
        "ORDER BY 1",
        schema,
    )
    foreign = [name for name, is_own in found if not is_own]
    if foreign and (not is_there or "meta" in foreign):
        raise RefusedError(
            f"The schema {schema} of {place} holds {listed(foreign, 3)}, and no ledger. Nothing was "
            "changed: name an empty one, or one that is not there, with ?schema=NAME."
        )


def migrate(connection: Connection, *, begins: bool = True) -> Migrated:
    """Bring the ledger to the version of this program, or make it, in one transaction.

    Nobody writes meanwhile; of two that do it at once, the second one finds it done. `begins`:
    whether it is made if there is none.

    Raises:
        NewerFormatError: a newer program wrote it.
        NoLedgerError: there is none, and none is to be made.
        NotAllowedError: this user of the database may not.
        LedgerBusyError: somebody has been writing, or migrating, for too long.
    """
    schema, place = connection.address.schema, connection.address.shown
    with connection.unit(_begin(schema, connection.wait_s), patient=True):
        [[is_made]] = connection.ask("SELECT to_regnamespace(%s) IS NOT NULL", schema)
        if not is_made and begins:
            connection.ask(f"CREATE SCHEMA {schema}")
        [[is_there]] = connection.ask("SELECT to_regclass(%s) IS NOT NULL", f"{schema}.meta")
        if not is_there and not begins:
            raise NoLedgerError(place)
        _require_own(connection, is_there=is_there)
        before = _version(connection) if is_there else 0
        if before > version.VERSION:
            raise NewerFormatError(place, before, version.VERSION)
        ran = scripts()[before : version.VERSION]
        for name in ran:
            with open(os.path.join(_FOLDER, name), encoding="utf-8") as stream:
                connection.ask(stream.read())
        if before == 0:
            connection.ask("INSERT INTO meta (version) VALUES (%s)", version.VERSION)
        elif before < version.VERSION:
            connection.ask("UPDATE meta SET version = %s", version.VERSION)
        if ran:
            fence(connection, schema)
            grant_anew(connection)
        _enforce_lifecycle(connection)
    return Migrated(before, version.VERSION, tuple(ran))


def _begin(schema: str, wait_s: float) -> str:
    wait_ms = max(1, int(wait_s * 1000))
    return (
        f"BEGIN; SET LOCAL lock_timeout TO {wait_ms}; SET LOCAL client_min_messages TO warning; "
        f"SELECT pg_advisory_xact_lock(hashtextextended('{schema} migrates', 0)); "
        f"SELECT pg_advisory_xact_lock(hashtextextended('{schema} whole', 0)); "
        f"SET LOCAL search_path TO {schema}"
    )


def fence(connection: Connection, schema: str) -> None:
    """Have the functions of a ledger look nowhere else than in it, whoever calls them.

    Those that run with their owner's rights must not be led to somebody else's tables.
    """
    found = connection.ask(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = %s::regnamespace "
        "AND (prosecdef OR prorettype = 'trigger'::regtype)",
        schema,
    )
    for (call,) in found:
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
    connection.ask(  # one constant of text: every process reads it, and an array of many is slow
        "ALTER TABLE events ADD CONSTRAINT legal_step CHECK (before = '' AND after = '' OR record "
        "|| ' ' || kind || ' ' || before || ' ' || after = ANY (%s::text[])) NOT VALID",
        "{" + ",".join(f'"{step}"' for step in steps) + "}",
    )
    connection.ask("UPDATE meta SET legal_steps = %s", digest)
