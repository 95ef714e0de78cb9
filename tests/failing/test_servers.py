"""Servers that stop, crash, freeze, fill up, fail over or are no servers, and what a command says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import OutcomeUnknownError, SdcliError, UnfinishedError
from sdcli.ledger.again import again
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.failing.conftest import until
from tests.ledger.making import opened
from tests.postgres import new_ledger
from tests.proxy import Proxy, in_other_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Runner
    from tests.failing.conftest import NewServer
    from tests.postgres import Server

TORTURE = bool(os.environ.get("SDCLI_TORTURE"))
OPEN = ("open", "VPN drops", "--user", "ada", "--new", "--json")


def at(desk_dir: Path, url: str) -> None:
    """Have the desk keep its ledger there."""
    (desk_dir / "settings.yaml").write_text(f"ledger: {url}\n", encoding="utf-8")


def everything(url: str) -> list[str]:
    """The summaries of all tickets there."""
    found = PostgresLedger(address(url), 5).find(Query(statuses=STATUSES))
    return [ticket.summary for ticket in found]


@contextmanager
def running(desk_dir: Path, *args: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sdcli", *args],
        env={**os.environ, "SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def held(url: str) -> Iterator[Connection]:
    """Somebody else holds a table, so that whoever writes to it waits."""
    connection = Connection(address(url), 5)
    connection.ask("BEGIN; LOCK TABLE tickets IN EXCLUSIVE MODE")
    try:
        yield connection
    finally:
        connection.close()


def waits(server: Server) -> bool:
    """Whether somebody waits for a lock there."""
    return server.ask("SELECT count(*) FROM pg_locks WHERE NOT granted").strip() != "0"


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_of_a_command(
    new_server: NewServer, desk_dir: Path, mode: str
) -> None:
    """The server stops or crashes while a command waits there, and starts anew: nobody notices."""
    server = new_server()
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    with held(url), running(desk_dir, *OPEN) as process:
        until(lambda: waits(server))
        server.stop(mode)
        server.start()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["action"] == "created"
    assert everything(url) == ["VPN drops"]


def test_a_server_that_is_stopped(new_server: NewServer, sd: Runner, desk_dir: Path) -> None:
    """It is tried for as long as a change may wait; then the error names the place, no password."""
    server = new_server(starts=False)
    at(desk_dir, f"postgresql://postgres@127.0.0.1:{server.port}/postgres")
    for args in (OPEN, ("list",)):
        began = monotonic()
        ran = sd(*args, expect=6, env={"SDCLI_LOCK_WAIT": "0.3"})
        assert monotonic() - began < 3
        assert f"127.0.0.1:{server.port}/postgres cannot be reached: " in ran.stderr
        assert "Connection refused" in ran.stderr
        assert "Nothing was changed: try again when its server answers." in ran.stderr
    secret = f"postgresql://postgres:hush@127.0.0.1:{server.port}/postgres"
    ran = sd("list", expect=6, env={"SDCLI_LOCK_WAIT": "0", "SDCLI_LEDGER": secret})
    assert "hush" not in ran.output


def test_a_frozen_server(new_server: NewServer, desk_dir: Path) -> None:
    """A server that stands still is noticed in time, at the first word and in the middle."""
    server = new_server()
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    with held(url), running(desk_dir, *OPEN, SDCLI_LOCK_WAIT="0.5") as process:
        until(lambda: waits(server))
        server.freeze()
        began = monotonic()
        _, err = process.communicate(timeout=20)
        assert monotonic() - began < 8
        assert process.returncode == 6
        assert "cannot be reached: its server gave no answer. Nothing was changed" in err
        with running(desk_dir, "list", SDCLI_LOCK_WAIT="0.1") as reader:
            _, err = reader.communicate(timeout=20)
            assert reader.returncode == 6
            assert "no connection was taken in time" in err
        server.freeze(freezes=False)
    assert everything(url) == []


@pytest.mark.parametrize("is_frozen", [False, True])
def test_an_interrupt_is_heard(new_server: NewServer, desk_dir: Path, *, is_frozen: bool) -> None:
    """Ctrl-C while a command waits for the server ends it at once, and nothing of it stays."""
    server = new_server()
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    with held(url) as holder, running(desk_dir, *OPEN) as process:
        until(lambda: waits(server))
        server.freeze(freezes=is_frozen)
        began = monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert monotonic() - began < 5
        assert process.returncode == 130
        assert "Interrupted." in err
        server.freeze(freezes=False)
        if not is_frozen:
            until(lambda: not waits(server), within_s=3)  # it was told to stop
        holder.close()
    assert everything(url) == []


def test_a_slow_server(server: Server, sd: Runner, desk_dir: Path) -> None:
    """A way that delays everything a little is only slow; one that is too slow is told in time."""
    proxy = Proxy(server.url)
    url = new_ledger(server.url, f"slow_{os.getpid()}")
    at(desk_dir, f"{proxy.url}?schema={address(url).schema}")
    pause = threading.Event()

    def late(message: Any) -> str:
        if not message.to_server and message.kind == "Z":
            pause.wait(0.02)
        return "pass"

    proxy.judged(late)
    assert json.loads(sd(*OPEN).stdout)["ref"] == "SD-1"
    proxy.judged(lambda message: "hold" if message.holds("append(") else "pass")
    ran = sd(*OPEN, expect=6, env={"SDCLI_LOCK_WAIT": "0.2"})
    assert "its server gave no answer" in ran.stderr
    proxy.judged(lambda _: "pass")
    assert everything(url) == ["VPN drops"]
    proxy.close()
    server.ask(f"SET client_min_messages TO error; DROP SCHEMA {address(url).schema} CASCADE")


def test_a_full_disk(new_server: NewServer, sd: Runner, desk_dir: Path) -> None:
    """The disk of the server is full: exit 1, nothing half written, and it goes on with space."""
    small = Path(tempfile.mkdtemp(prefix="sdcli-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        small.rmdir()
        pytest.skip("a small disk of its own can be mounted by root alone")
    try:
        server = new_server()
        (small / "space").mkdir()
        shutil.chown(small / "space", "nobody")
        server.ask(f"CREATE TABLESPACE small LOCATION '{small / 'space'}'")
        server.configured(default_tablespace="small")
        url = new_ledger(server.tcp_url, "desk")
        at(desk_dir, url)
        sd(*OPEN)
        filler = small / "filler"
        filler.write_bytes(b"x" * (os.statvfs(small).f_bavail * os.statvfs(small).f_bsize))
        text = "x" * 20_000
        ran = sd(*OPEN, "--details", _noise(text), expect=1)
        assert "the disk of its server is full (could not extend file" in ran.stderr
        assert "Nothing was changed." in ran.stderr
        assert everything(url) == ["VPN drops"]
        filler.unlink()
        sd(*OPEN, "--details", _noise(text))
        assert len(everything(url)) == 2
        server.stop("immediate")
    finally:
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()


def _noise(text: str) -> str:
    """As many characters that cannot be pressed together."""
    from random import Random  # noqa: PLC0415 - only here

    return "".join(Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=len(text)))


def test_too_many_connections(new_server: NewServer, sd: Runner, desk_dir: Path) -> None:
    """A server without a free connection is tried again for a while, and then told."""
    server = new_server(max_connections="5", superuser_reserved_connections="0",
                        reserved_connections="0", max_wal_senders="0")  # fmt: skip
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    others = [Connection(address(url), 1) for _ in range(5)]
    for each in others:
        each.ask("SELECT 1")  # tried again until whoever made the ledger is gone
    ran = sd(*OPEN, expect=6, env={"SDCLI_LOCK_WAIT": "0.3"})
    assert "all its connections are taken" in ran.stderr
    others[0].close()
    assert json.loads(sd(*OPEN).stdout)["ref"] == "SD-1"
    for each in others:
        each.close()


def test_who_may_not(new_server: NewServer, sd: Runner) -> None:
    """A wrong password, an unknown user, missing rights: exit 4, since trying again will not help."""
    server = new_server()
    new_ledger(server.tcp_url, "desk")
    server.ask("CREATE ROLE clerk LOGIN PASSWORD 'right'")
    hba = server.data / "pg_hba.conf"
    hba.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    server.ask("SELECT pg_reload_conf()")
    where = f"@127.0.0.1:{server.port}/postgres?schema=desk"
    for user, said in (
        ("clerk:wro-ng", 'password authentication failed for user "clerk"'),
        ("clerk", "no password supplied"),
        ("nobody:wro-ng", 'password authentication failed for user "nobody"'),
        ("clerk:right", "permission denied for schema desk"),
    ):
        given = {"SDCLI_LEDGER": f"postgresql://{user}{where}", "PGPASSFILE": "/nonexistent"}
        ran = sd(*OPEN, expect=4, env=given)
        assert said in ran.stderr
        assert "wro-ng" not in ran.output
        assert "Ask whoever runs the database" in ran.stderr


GERMAN = {
    "28P01": "Passwort-Authentifizierung f\u00fcr Benutzer \u00bbclerk\u00ab fehlgeschlagen",
    "28000": "Rolle \u00bbnobody\u00ab darf sich nicht anmelden",
    "3D000": "Datenbank \u00bbnix\u00ab existiert nicht",
    "42501": "keine Berechtigung f\u00fcr Datenbank \u00bblocked\u00ab",
    "42P01": "Relation \u00bbmeta\u00ab existiert nicht",
    "53300": "tut mir leid, schon zu viele Verbindungen",
    "57P03": "das Datenbanksystem startet",
}
RUSSIAN = {
    **dict.fromkeys(GERMAN, "\u043d\u0435\u0442"),
    "42P01": "\u043e\u0442\u043d\u043e\u0448\u0435\u043d\u0438\u0435 \u00abmeta\u00bb \u043d\u0435 \u0441\u0443\u0449\u0435\u0441\u0442\u0432\u0443\u0435\u0442",
    "severity": "\u0412\u0410\u0416\u041d\u041e",
}


@pytest.mark.parametrize(
    ("words", "encoding"),
    [({}, ""), (GERMAN, "utf-8"), (GERMAN, "latin-1"), (RUSSIAN, "utf-8")],
    ids=["english", "german", "latin-1", "russian"],
)
def test_whatever_language_a_server_speaks(
    new_server: NewServer, sd: Runner, words: dict[str, str], encoding: str
) -> None:
    """The same failure has the same exit code and is tried as often, in whatever words it is told."""
    server = new_server(max_connections="8", superuser_reserved_connections="1",
                        reserved_connections="0", max_wal_senders="0")  # fmt: skip
    new_ledger(server.tcp_url, "desk")
    server.ask("CREATE ROLE clerk LOGIN PASSWORD 'right'; CREATE ROLE nobody NOLOGIN PASSWORD 'x'")
    server.ask("CREATE ROLE limited LOGIN CONNECTION LIMIT 0")
    server.ask("CREATE DATABASE locked")
    server.ask("REVOKE CONNECT ON DATABASE locked FROM PUBLIC; CREATE SCHEMA bare")
    hba = server.data / "pg_hba.conf"
    ways = ("all limited", "all postgres", "locked clerk")
    trusted = "".join(f"host {way} 127.0.0.1/32 trust\n" for way in ways)
    hba.write_text(f"local all all trust\n{trusted}host all all 127.0.0.1/32 scram-sha-256\n")
    server.ask("SELECT pg_reload_conf()")
    proxy = Proxy(server.tcp_url)
    if words:
        proxy.reword = lambda message: in_other_words(message, words, encoding)
    for given, expect, code, patient in (
        ("clerk:wrong@{}/postgres", 4, "not_allowed", False),
        ("nobody:x@{}/postgres", 4, "not_allowed", False),
        ("clerk@{}/locked", 4, "not_allowed", False),
        ("clerk:right@{}/nix", 3, "no_ledger", False),
        ("postgres@{}/postgres?schema=bare", 3, "no_ledger", False),
        ("limited@{}/postgres", 6, "ledger_unreachable", True),
    ):
        url = f"postgresql://{given.format(f'127.0.0.1:{proxy.port}')}"
        env = {"SDCLI_LEDGER": url, "SDCLI_LOCK_WAIT": "0.4", "PGPASSFILE": "/nonexistent"}
        proxy.judged(lambda _: "pass")
        ran = sd("list", "--json", expect=expect, env=env)
        error = json.loads(ran.stderr.splitlines()[-1])["error"]
        assert error["code"] == code, given
        assert "Traceback" not in ran.output
        assert (proxy.connections > 4) == patient, (given, proxy.connections)
        assert ("all its connections are taken" in ran.stderr) == patient
    proxy.close()


def test_a_server_that_is_about_to_start_is_waited_for_in_whatever_words(
    sd: Runner, desk_dir: Path
) -> None:
    """What may be over soon is tried again as long as a change may wait, and told in its own words."""
    body = b"SFATAL\0VFATAL\0C57P03\0Mdas Datenbanksystem startet\0\0"
    answer = b"E" + struct.pack(">I", len(body) + 4) + body
    with answering(answer) as (port, answered):
        at(desk_dir, f"postgresql://postgres@127.0.0.1:{port}/x?sslmode=disable&gssencmode=disable")
        ran = sd("list", expect=6, env={"SDCLI_LOCK_WAIT": "0.5"})
    assert "das Datenbanksystem startet. Nothing was changed: try again" in ran.stderr
    assert len(answered) > 2


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A port where whoever says something is answered like this; it, and what was said there."""
    listener, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                heard.append(client.recv(1000))
                client.sendall(answer)
                client.close()

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1]), heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_what_is_not_there(new_server: NewServer, sd: Runner) -> None:
    """No such database, no ledger in it: exit 3, and the next step. No encryption: exit 4."""
    server = new_server()
    for name, code, said in (
        ("nix", 3, "There is no such database for the ledger"),
        ("postgres", 3, "`sdcli ledger init` makes one"),
        ("postgres?sslmode=require", 4, "one side wants encryption and the other has none"),
        ("postgres?nonsense=1", 2, "cannot be read: invalid dsn"),
    ):
        given = f"postgresql://postgres@127.0.0.1:{server.port}/{name}"
        assert said in sd("list", expect=code, env={"SDCLI_LEDGER": given}).stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers is no PostgreSQL server"),
        (
            b"NE\x00\x00\x00\x30SFATAL\x00CXX000\x00M\x1b]0;owned\x07\x1b[2J\x9b31m no\x00\x00",
            "no",
        ),
        (b"", "closed the connection"),
    ],
    ids=["http", "hostile", "silent"],
)
def test_something_else_on_the_port(sd: Runner, answer: bytes, said: str) -> None:
    """What is no server, or a hostile one, is told as out of reach; it reaches no terminal."""
    with answering(answer) as (port, _):
        where = f"postgresql://postgres@127.0.0.1:{port}/x"
        ran = sd("list", expect=6, env={"SDCLI_LEDGER": where, "SDCLI_LOCK_WAIT": "0.1"})
    assert said in ran.stderr
    assert all(each.isprintable() or each == "\n" for each in ran.output)


def test_a_standby_alone(new_server: NewServer, sd: Runner, desk_dir: Path) -> None:
    """What only reads may ask a standby; what changes something is told that it can only be read.

    While it does not answer questions yet it is tried again for a while, and then told.
    """
    server = new_server()
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    sd(*OPEN)
    standby = new_server(starts=False, hot_standby="off")
    standby.standby_of(server, "one")
    standby.start()
    at(desk_dir, url.replace(str(server.port), str(standby.port)))
    ran = sd("list", expect=6, env={"SDCLI_LOCK_WAIT": "0.2"})
    assert "the database system is not accepting connections" in ran.stderr
    standby.stop()
    with open(standby.data / "postgresql.conf", "a", encoding="utf-8") as stream:
        stream.write("hot_standby = on\n")
    standby.start()
    assert "SD-1" in sd("list").stdout
    ran = sd(*OPEN, expect=6)
    assert "can only be read there: cannot execute" in ran.stderr
    assert "name the primary in its address" in ran.stderr


def test_a_failover(new_server: NewServer, desk_dir: Path, sd: Runner) -> None:
    """The primary is killed and the standby takes its place: nothing acknowledged is lost.

    Several open tickets all the while by one address with both hosts. Each is there once, whether
    its command heard the answer of its commit or not.
    """
    primary, standby = new_server(), new_server(starts=False)
    url = new_ledger(primary.tcp_url, "desk")
    standby.standby_of(primary, "one")
    standby.start()
    primary.configured(synchronous_standby_names="one")
    replicates = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
    until(lambda: primary.ask(replicates).strip() == "1")
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
    both = f"postgresql://postgres@{hosts}/postgres?schema=desk"
    at(desk_dir, both)
    acknowledged: list[str] = []
    unknown: list[str] = []
    goes_on = threading.Event()
    goes_on.set()

    def work(name: str) -> None:
        number = 0
        while goes_on.is_set():
            number += 1
            summary = f"{name} {number}"
            try:
                put(PostgresLedger(address(both), 20), summary)
                acknowledged.append(summary)
            except OutcomeUnknownError:
                unknown.append(summary)

    workers = [threading.Thread(target=work, args=(f"host {each}",)) for each in range(3)]
    for each in workers:
        each.start()
    until(lambda: len(acknowledged) > (200 if TORTURE else 20))
    with running(desk_dir, *OPEN, SDCLI_LOCK_WAIT="30") as process:
        primary.stop("immediate")
        standby.promote()
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 20)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
    goes_on.clear()
    for each in workers:
        each.join()
    found = everything(url.replace(str(primary.port), str(standby.port)))
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found)
    assert set(found) - set(acknowledged) - set(unknown) == {"VPN drops"}
    assert json.loads(out)["ref"] in sd("list").stdout


@again
def put(ledger: PostgresLedger, summary: str) -> None:
    """A new ticket."""
    with ledger.write() as writer:
        writer.create([opened(summary)])


def test_the_errors_know_their_codes() -> None:
    """Out of reach, busy and in conflict are one exit code, by which a script tries again."""
    kinds: list[type[SdcliError]] = [UnfinishedError, OutcomeUnknownError]
    assert {kind.exit_code for kind in kinds} == {6}


ALERT = '{"alert_key": "disk-1", "summary": "Disk is full", "source": "zabbix"}'


@pytest.mark.parametrize("args", [OPEN, ("open", "-", "--json")], ids=["typed", "piped"])
def test_what_is_spooled_while_its_commit_hangs(
    new_server: NewServer, desk_dir: Path, sd: Runner, args: tuple[str, ...]
) -> None:
    """A commit waits for a standby that is away: what was kept waits too, and is there once.

    Its transaction has ended with the answer of the standby, or was never there: until that is
    decided nobody who delivers can look for it.
    """
    server = new_server()
    url = new_ledger(server.tcp_url, "desk")
    at(desk_dir, url)
    sd("open", "The first one", "--user", "ada", "--new")
    wait = {"SDCLI_LOCK_WAIT": "0.3"}
    piped = ALERT if "-" in args else ""
    server.configured(synchronous_standby_names="nobody")
    until(lambda: server.ask("SHOW synchronous_standby_names").strip() == "nobody")
    ran = sd(*args, "--spool", stdin=piped, env=wait)
    assert "spooled" in ran.stdout, ran.output
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    assert server.ask(waits).strip() == "1"
    sd("intake", "deliver", expect=6, env=wait)
    assert server.ask(waits).strip() == "1"
    server.ask("ALTER SYSTEM RESET synchronous_standby_names")
    server.ask("SELECT pg_reload_conf()")
    until(lambda: server.ask(waits).strip() == "0")
    said = sd("intake", "deliver", "--json").stdout
    assert "deduped" in said
    assert sorted(everything(url)) == sorted(
        ["The first one", "Disk is full" if piped else "VPN drops"]
    )
    [ticket] = PostgresLedger(address(url), 5).older("", 1)
    assert len([e for e in ticket.events if type(e).__name__ in ("Opened", "AlertSeen")]) == 1
    sd("intake", "deliver")
