"""Who may do what in a ledger on a server: a writer appends, a reader reads, and nobody else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from sdcli.errors import REFUSED, SdcliError
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledger.postgres.moving import months
from sdcli.ledger.postgres.roles import quoted
from sdcli.ledger.postgres.rows import encoded, event_rows, row_of
from sdcli.tickets.ticket import advance, fold
from tests.ledger.making import noted, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Runner
    from tests.postgres import Server

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw")
WRITER, READER = f"{WORKER}_writers", f"{WORKER}-Readers"
"""One of them needs quotes wherever it is named."""
BEN, EVA, TOM = f"{WORKER}_ben", f"{WORKER}_eva", f"{WORKER}_tom"


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """All of this is about a server."""
    return "postgresql"


def ask(server: Server, sql: str) -> list[tuple[Any, ...]]:
    """What the owner of the server is answered."""
    with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(name="people", scope="module")
def _people(server: Server) -> Iterator[tuple[str, ...]]:
    """A user of the database who writes, one who reads, and one who is nobody."""
    ask(server, "; ".join(f"CREATE ROLE {name} LOGIN" for name in (BEN, EVA, TOM)))
    yield BEN, EVA, TOM
    for name in (BEN, EVA, TOM, WRITER, READER):
        if (name,) in ask(server, "SELECT rolname::text FROM pg_roles"):
            ask(server, f"DROP OWNED BY {quoted(name)}; DROP ROLE {quoted(name)}")


def where(desk_dir: Path) -> str:
    """The address that the desk's settings say."""
    text = (desk_dir / "settings.yaml").read_text(encoding="utf-8")
    return text.removeprefix("ledger: ").strip()


def as_user(address_: str, name: str) -> str:
    """The same ledger, for another user of the database."""
    return address_.replace("//postgres@", f"//{name}@")


@pytest.fixture(name="let_in")
def _let_in(desk_dir: Path, sd: Runner, server: Server, people: tuple[str, ...]) -> str:
    """The desk's ledger, in which ben may append and eva may read; its address."""
    assert {BEN, EVA} < set(people)
    sd("ledger", "init", "--writer", WRITER, "--reader", READER)
    ask(server, f"GRANT {WRITER} TO {BEN}; GRANT {quoted(READER)} TO {EVA}")
    return where(desk_dir)


@pytest.fixture(name="acting")
def _acting(let_in: str, sd: Runner) -> Callable[..., Any]:
    """Runs a command as a user of the database."""

    def run(name: str, *args: str, **how: Any) -> Any:
        return sd(*args, env={"SDCLI_LEDGER": as_user(let_in, name)}, **how)

    return run


ALERT = {"alerts": [{"status": "firing", "labels": {"alertname": "Down", "instance": "web1"}}]}
DAY: tuple[tuple[str, ...], ...] = (
    ("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn"),
    ("open", "VPN is slow", "--user", "ada", "--type", "incident", "--service", "vpn"),
    ("accept", "SD-1"),
    ("note", "SD-1", "called back"),
    ("classify", "SD-1", "--impact", "low"),
    ("assign", "SD-1", "--to", "greta"),
    ("wait", "SD-1", "--for", "user"),
    ("resume", "SD-1"),
    ("link", "SD-1", "depends-on", "SD-2"),
    ("problem", "open", "VPN drops again and again", "--incident", "SD-1"),
    ("eta", "SD-1", "in 2h"),
    ("step", "SD-1", "--hypothesis", "the driver", "--change", "went back to 3.1"),
    ("fix", "SD-1", "--what", "restarted the gateway", "--result", "worked"),
    ("resolve", "SD-1", "--code", "solved"),
    ("close", "SD-1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone"),
    ("reopen", "SD-1", "--reason", "it drops again"),
    ("undo", "SD-1"),
    ("log", "how to scan", "--minutes", "2"),
    ("open", "VPN is slow again", "--user", "ada", "--type", "incident", "--service", "vpn"),
    ("escalate", "SD-2", "--to", "network", "--reason", "needs a trace"),
    ("return", "SD-2", "--reason", "which building?"),
    ("merge", "SD-2", "--into", "SD-5"),
    ("bulk", "queue:service-desk", "note", "looked at", "--yes"),
    ("sla-check",),
    ("sla", "deliver"),
    ("list",),
    ("show", "SD-1"),
    ("history", "SD-1"),
    ("report",),
    ("export",),
    ("doctor",),
    ("ledger", "status"),
)


def test_a_technicians_day_needs_a_writer_only(
    acting: Callable[..., Any], tmp_path: Path, desk_dir: Path
) -> None:
    """Everything that is done on tickets is done by a role that may change no table."""
    for args in DAY:
        acting(BEN, *args)
    acting(BEN, "open", "-", stdin=json.dumps({**ALERT, "receiver": "desk", "groupKey": "{}"}))
    (tmp_path / "trace.log").write_text("error 691")
    acting(BEN, "attach", "SD-3", str(tmp_path / "trace.log"))
    acting(BEN, "open", "next month", "--user", "ada", at="2027-01-05T10:00:00Z")
    exported = acting(BEN, "export").stdout
    acting(BEN, "import", "-", stdin=exported)
    acting(BEN, "backup", str(tmp_path / "desk.tar"))
    assert desk_dir.exists()


RAW = (
    "UPDATE events SET by = 'me'",
    "DELETE FROM events",
    "TRUNCATE events",
    "INSERT INTO events SELECT * FROM events LIMIT 1",
    "UPDATE tickets SET status = 'closed'",
    "UPDATE tickets SET held = NULL",
    "DELETE FROM tickets",
    "TRUNCATE tickets",
    "INSERT INTO tickets SELECT * FROM tickets",
    "UPDATE keys SET ticket = 1",
    "DELETE FROM keys",
    "TRUNCATE keys",
    "INSERT INTO keys VALUES ('alert x', 1)",
    "UPDATE once SET ticket = 1",
    "DELETE FROM once",
    "TRUNCATE once",
    "INSERT INTO once VALUES ('idempotency x', 1)",
    "TRUNCATE clocks",
    "DELETE FROM levels",
    "UPDATE levels SET content = ''",
    "DELETE FROM files",
    "UPDATE files SET content = ''",
    "UPDATE meta SET version = 99",
    "UPDATE heartbeat SET by = 'me'",
    "SELECT setval('numbers', 1)",
    "DROP TABLE events",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "CREATE TABLE mine (x int)",
    "SELECT month_of(now())",
)


def test_nothing_is_changed_by_hand(
    let_in: str, acting: Callable[..., Any], server: Server
) -> None:
    """A writer has no way but the functions, and a reader has none: each statement is refused."""
    acting(BEN, "open", "VPN drops", "--user", "ada", "--idempotency-key", "k")
    schema = address(let_in).schema
    before = ask(server, f"TABLE {schema}.tickets")
    for name, sql in ((name, sql) for name in (BEN, EVA) for sql in RAW):
        with psycopg2.connect(as_user(server.url, name)) as connection:
            cursor = connection.cursor()
            cursor.execute(f"SET search_path TO {schema}")
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute(sql)
        assert refused.value.pgcode in ("42501", "23001"), (name, sql, refused.value)
    assert ask(server, f"TABLE {schema}.tickets") == before


def test_a_reader_reads(acting: Callable[..., Any]) -> None:
    """Lists, reports, searches and exports are the same for whoever may only read."""
    for args in DAY[:4]:
        acting(BEN, *args)
    for args in (
        ("list",),
        ("list", "vpn"),
        ("show", "SD-1"),
        ("history", "SD-1"),
        ("report",),
        ("export",),
        ("search-kb", "vpn"),
        ("queues",),
        ("sla", "status"),
        ("sla", "explain", "SD-1"),
        ("metrics",),
        ("ledger", "status"),
        ("doctor",),
    ):
        assert acting(EVA, *args).stdout == acting(BEN, *args).stdout or args[0] == "ledger"


WRITING: tuple[tuple[str, ...], ...] = (
    ("open", "VPN drops", "--user", "ada"),
    ("classify", "SD-1", "--impact", "low"),
    ("note", "SD-1", "x"),
    ("sla-check",),
    ("compact",),
    ("doctor", "--repair"),
    ("ledger", "copy", "--to", "elsewhere", "--retire"),
)


def test_a_reader_changes_nothing(
    acting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What would write is refused with exit 4 and a sentence that says whom to ask."""
    monkeypatch.chdir(tmp_path)
    acting(BEN, "open", "VPN drops", "--user", "ada")
    before = acting(BEN, "export").stdout
    for args in WRITING:
        told = acting(EVA, *args, expect=REFUSED).stderr
        if args != ("compact",):
            assert f"The user {EVA} of the database may read the ledger postgresql://" in told, args
            assert f'lets it write with `GRANT "{WRITER}" TO "{EVA}"`' in told
            assert (
                f"or postgres, who owns the ledger, with `sdcli ledger init --writer {EVA}`" in told
            )
        assert "permission denied" not in told
        assert "Traceback" not in told
    assert acting(BEN, "export").stdout == before


def test_a_reader_is_told_the_same_as_json(acting: Callable[..., Any]) -> None:
    """A program learns which user was refused, and what it may do (exit 4)."""
    said = acting(EVA, "note", "SD-1", "x", "--json", expect=REFUSED).stderr
    told = json.loads(said.splitlines()[-1])["error"]
    assert (told["code"], told["user"], told["may"]) == ("not_allowed", EVA, "read")


def test_what_is_told_helps(
    acting: Callable[..., Any], server: Server, let_in: str, sd: Runner
) -> None:
    """Each of the two ways that a reader is told of lets it write."""
    writes = ("open", "VPN drops", "--user", "ada")
    acting(EVA, *writes, expect=REFUSED)
    ask(server, f'GRANT "{WRITER}" TO "{EVA}"')
    acting(EVA, *writes)
    ask(server, f'REVOKE "{WRITER}" FROM "{EVA}"')
    acting(EVA, *writes, expect=REFUSED)
    sd("ledger", "init", "--writer", EVA, env={"SDCLI_LEDGER": let_in})
    acting(EVA, *writes)


def test_where_nobody_may_write_yet_the_owner_can_help(
    people: tuple[str, ...], new_ledger: Callable[[], str], sd: Runner
) -> None:
    """Without a role that may write there is none to be a member of: `init --writer` is told."""
    assert EVA in people
    made = new_ledger()
    sd("ledger", "init", "--reader", EVA, env={"SDCLI_LEDGER": made})
    as_eva = {"SDCLI_LEDGER": as_user(made, EVA)}
    told = sd("open", "x", "--user", "ada", env=as_eva, expect=REFUSED).stderr
    assert "What lets it write is done by postgres, who owns the ledger, with" in told
    assert f"`sdcli ledger init --writer {EVA}`" in told
    assert "GRANT" not in told


def test_a_writer_is_told_what_is_for_the_owner(acting: Callable[..., Any]) -> None:
    """Who may write is not told to use a user that may write."""
    acting(BEN, "open", "VPN drops", "--user", "ada")
    told = acting(BEN, "doctor", "--repair", expect=REFUSED).stderr
    assert f"The user {BEN} of the database may read the ledger postgresql://" in told
    assert "and add to it, and this is for postgres alone, who owns it" in told


def test_somebody_else_sees_nothing(acting: Callable[..., Any]) -> None:
    """A user who was not let in is refused even a list."""
    acting(TOM, "list", expect=REFUSED)


def test_a_role_that_may_not_be_made_is_asked_for(
    people: tuple[str, ...], server: Server, sd: Runner
) -> None:
    """Who may make no roles is told the exact SQL to hand on; nothing was granted."""
    assert TOM in people
    schema = f"{WORKER}_toms"
    ask(server, f"CREATE SCHEMA {schema} AUTHORIZATION {TOM}")
    mine = {"SDCLI_LEDGER": f"{as_user(server.url, TOM)}&schema={schema}"}
    told = sd("ledger", "init", "--writer", "not there", env=mine, expect=REFUSED).stderr
    assert 'CREATE ROLE "not there" NOLOGIN;' in told
    sd("ledger", "init", "--writer", BEN, env=mine)
    sd(
        "open",
        "x",
        "--user",
        "ada",
        env={"SDCLI_LEDGER": f"{as_user(server.url, BEN)}&schema={schema}"},
    )
    ask(server, f"DROP SCHEMA {schema} CASCADE")


def test_levels_and_files_are_what_their_hash_says(let_in: str) -> None:
    """What a writer keeps under a hash that is not its own is refused by the server."""
    home = PostgresLedger(address(as_user(let_in, BEN)), 5)
    with pytest.raises(SdcliError, match="files_check"):
        home.files.keep("0" * 64, b"something else")
    assert home.files.content("0" * 64) is None
    with pytest.raises(SdcliError, match="levels_check"):
        home.keep_levels("0" * 64, b"something else")
    assert home.policies() == []


def _change(**other: Any) -> dict[str, Any]:
    """A note on SD-1, as `append` takes it, if there is nothing `other` in it."""
    ticket, event = advance(fold("SD-1", (opened(),)), (noted(),)), noted()
    [body], _ = event_rows(fold("SD-1", (opened(),)), (event,))
    change: dict[str, Any] = {
        "number": 1, "known": 1, "refolded": False, "row": row_of(ticket, (event,)),
        "events": [body], "gone": [], "found": [], "once": [], "never": [], "words": [],
    }  # fmt: skip
    for name, value in other.items():
        into = body if name in body else change["row"] if name in change["row"] else change
        into[name] = value
    return change


BY_HAND: dict[str, dict[str, Any]] = {
    "the row of another ticket": {"row": row_of(fold("SD-2", (opened(),)), (opened(),))},
    "a row that skips events": {"version": 7},
    "a row that makes it another record": {"record": "problem", "status": "new"},
    "another kind in the body": {"kind": "priority_set"},
    "another id in the body": {"id": "01M84103W0000TVAWKZVXHRDS8"},
    "no object for a body": {"body": '"x"'},
    "nothing for a body": {"body": None},
    "no event": {"events": []},
    "an instant that never comes": {
        "recorded": "9999-01-01T00:00:00Z",
        "first_recorded": "9999-01-01T00:00:00Z",
        "last_recorded": "9999-01-01T00:00:00Z",
    },
    "no instant": {
        "recorded": "infinity",
        "first_recorded": "infinity",
        "last_recorded": "infinity",
    },
}


@pytest.mark.parametrize("other", BY_HAND.values(), ids=BY_HAND)
def test_what_is_appended_belongs_together(
    let_in: str, acting: Callable[..., Any], other: dict[str, Any]
) -> None:
    """Who calls `append` by hand adds events of a ticket, with its own row, or nothing."""
    acting(BEN, "open", "VPN drops", "--user", "ada")
    home = PostgresLedger(address(as_user(let_in, BEN)), 5)
    connection = Connection(address(as_user(let_in, BEN)), 5)
    before = home.get("SD-1"), months(connection)
    with pytest.raises(SdcliError):
        connection.ask("SELECT append(%s)", encoded([_change(**other)]))
    assert (home.get("SD-1"), months(connection)) == before
    connection.ask("SELECT append(%s)", encoded([_change()]))
    assert len(home.get("SD-1").events) == 2


def test_a_beat_makes_no_month_that_is_far_away(let_in: str) -> None:
    """However far ahead a writer asks for, the next two months are made at most."""
    connection = Connection(address(as_user(let_in, BEN)), 5)
    connection.ask("SELECT beat('2026-11-23T10:00Z', 'ben', 40000)")
    connection.ask("SELECT beat('2026-11-23T10:00Z', 'ben', -40000)")
    assert months(connection) == ["events_2026_11", "events_2027_01"]
