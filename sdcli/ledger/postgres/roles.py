"""Who may do what in a ledger on a server: a writer appends, a reader reads.

A writer has no right to change a table of the record. All that it does to one goes through
functions that run with the rights of the ledger's owner and take nothing but what a writer may add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import MayNotChangeError, RefusedError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.ledger.postgres.connection import Connection

_INSIDE = ("month_of",)
"""Functions that only other functions call."""

_CLOCKS = "clocks"
"""What no check looks at any more goes away by a function, which knows what is over."""

_WORKED = ("clocks", "memos", "desk_levels")
"""Tables that are no record, where hosts share their work: a writer changes what is in them."""


def quoted(name: str) -> str:
    """A name of the database as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def grant(connection: Connection, writer: str, reader: str) -> list[str]:
    """Let these roles append, and read; the names of those that were made for it.

    A role that is not there is made, as one that nobody logs in as: people become members of it.

    Raises:
        RefusedError: a role is not there, and this user of the database may not make it.
        NotAllowedError: this user does not own the ledger.
    """
    named = [name for name in (writer, reader) if name]
    with connection.unit("BEGIN"):
        _require_limited(connection, named)
        made = _make(connection, named)
        if writer:
            _grant(connection, [writer], _of_writers(connection))
        if reader:
            _grant(connection, [reader], _of_readers(connection))
    return made


def grant_anew(connection: Connection, granted: tuple[list[str], list[str]] | None = None) -> None:
    """Let writers and readers use what has become new since they were let in.

    They are those of this ledger, or those that were `granted` another one that it replaces.
    """
    _close_to_others(connection)
    writers, readers = granted if granted is not None else roles(connection)
    _grant(connection, writers, _of_writers(connection))
    _grant(connection, readers, _of_readers(connection))


def roles(connection: Connection) -> tuple[list[str], list[str]]:
    """The roles that may append to the ledger, and those that may only read it."""
    sql = """SELECT DISTINCT pg_get_userbyid(acl.grantee)::text FROM {} AS o, aclexplode({}) AS acl
        WHERE o.oid = %s::{} AND acl.grantee NOT IN (0, {}) AND acl.privilege_type = %s ORDER BY 1"""
    calls = sql.format("pg_proc", "o.proacl", "regprocedure", "o.proowner")
    looks = sql.format("pg_class", "o.relacl", "regclass", "o.relowner")
    writers = [name for (name,) in connection.ask(calls, "append(json)", "EXECUTE")]
    readers = [name for (name,) in connection.ask(looks, "tickets", "SELECT")]
    return writers, [name for name in readers if name not in writers]


def refusal(connection: Connection) -> MayNotChangeError | None:
    """Why the server refused something to this user, if that is as readers and writers are refused.

    Raises:
        SdcliError: the server cannot be asked.
    """
    sql = """SELECT current_user::text, pg_get_userbyid(t.relowner)::text,
        has_table_privilege(t.oid, 'SELECT'),
        has_function_privilege(to_regprocedure('append(json)'), 'EXECUTE'),
        pg_has_role(t.relowner, 'USAGE')
        FROM pg_class AS t WHERE t.oid = to_regclass('tickets')"""
    found = connection.ask(sql)
    if not found or found[0][2:] not in ((True, False, False), (True, True, False)):
        return None
    user, owner, _, writes, _ = found[0]
    place = connection.address.shown
    if writes:
        return MayNotChangeError(place, user=user, owner=owner, may="write")
    writers, _ = roles(connection)
    grants = tuple(f"GRANT {quoted(name)} TO {quoted(user)}" for name in writers)
    return MayNotChangeError(place, user=user, owner=owner, may="read", grants=grants)


def _require_limited(connection: Connection, names: list[str]) -> None:
    """Refuse a role that may do anything here: nothing that is granted limits it.

    Raises:
        RefusedError: one owns the ledger, or is a superuser.
    """
    sql = """SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY (%s) AND (r.rolsuper
        OR r.oid = (SELECT relowner FROM pg_class WHERE oid = to_regclass('events')))"""
    found = [name for (name,) in connection.ask(sql, names)]
    if found:
        raise RefusedError(
            f"{listed(found)} owns the ledger or is a superuser, and may do everything in it "
            "whatever is granted: name another role."
        )


def _make(connection: Connection, names: Iterable[str]) -> list[str]:
    there = {name for (name,) in connection.ask("SELECT rolname::text FROM pg_roles")}
    missing = [name for name in dict.fromkeys(names) if name not in there]
    if not missing:
        return []
    sql = [f"CREATE ROLE {quoted(name)} NOLOGIN;" for name in missing]
    [[may]] = connection.ask(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    if not may:
        raise RefusedError(
            f"There is no role {listed(missing)}, and this user of the database may make none. "
            f"Have whoever runs the database do `{' '.join(sql)}`, and run this again.",
            roles=missing,
            sql=sql,
        )
    for each in sql:
        connection.ask(each)
    return missing


def _grant(connection: Connection, names: Iterable[str], rights: Iterable[str]) -> None:
    granted = ", ".join(map(quoted, names))
    if granted:
        connection.ask("; ".join(f"GRANT {right} TO {granted}" for right in rights))


def _of_readers(connection: Connection) -> Iterator[str]:
    schema = connection.address.schema
    yield f"USAGE ON SCHEMA {schema}"
    yield f"SELECT ON {', '.join(_tables(connection))}"
    yield f"SELECT ON ALL SEQUENCES IN SCHEMA {schema}"
    yield from _calls(connection, "NOT prosecdef AND prorettype <> 'trigger'::regtype")


def _of_writers(connection: Connection) -> Iterator[str]:
    yield from _of_readers(connection)
    yield "UPDATE (held) ON tickets"
    if worked := [name for name in _tables(connection) if name in _WORKED]:
        yield f"INSERT, UPDATE ON {', '.join(worked)}"
        yield f"DELETE ON {', '.join(name for name in worked if name != _CLOCKS)}"
    yield f"USAGE ON ALL SEQUENCES IN SCHEMA {connection.address.schema}"
    yield from _calls(connection, "prosecdef")


def _calls(connection: Connection, which: str) -> Iterator[str]:
    found = connection.ask(
        "SELECT proname::text, oid::regprocedure::text FROM pg_proc "
        f"WHERE pronamespace = %s::regnamespace AND {which} ORDER BY 2",
        connection.address.schema,
    )
    calls = [call for name, call in found if name not in _INSIDE]
    if calls:
        yield f"EXECUTE ON FUNCTION {', '.join(calls)}"


def _tables(connection: Connection) -> list[str]:
    """The tables that are asked; partitions are asked by the table that they belong to."""
    found = connection.ask(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = %s::regnamespace "
        "AND relkind IN ('r', 'p', 'v') AND NOT relispartition ORDER BY 1",
        connection.address.schema,
    )
    return [name for (name,) in found]


def _close_to_others(connection: Connection) -> None:
    """Nobody may anything who was not let in, whatever the database gives to all by default."""
    schema = connection.address.schema
    connection.ask(
        f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC; "
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC; "
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC; "
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC"
    )
