"""Connections that are cut: what a command answers is true, and nothing is done twice."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import LedgerUnreachableError, OutcomeUnknownError, SdcliError
from sdcli.ledger.again import again
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledger.postgres.writer import PostgresWriter
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.ledger.making import noted, opened
from tests.proxy import Message, Proxy, answer_to, at, where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner
    from tests.postgres import Server

TORTURE = bool(os.environ.get("SDCLI_TORTURE"))
ALERT = {"source": "probe", "key": "disk", "status": "firing", "summary": "Disk is full"}


@pytest.fixture(name="schema")
def _schema(new_ledger: Callable[[], str]) -> str:
    """The schema of a new, empty ledger."""
    return address(new_ledger()).schema


@pytest.fixture(name="proxy")
def _proxy(server: Server) -> Iterator[Proxy]:
    """A way to the server of the tests."""
    proxy = Proxy(server.url)
    yield proxy
    proxy.close()


@pytest.fixture(name="ledger")
def _ledger(proxy: Proxy, schema: str) -> PostgresLedger:
    """A ledger that is reached by the proxy."""
    return PostgresLedger(address(f"{proxy.url}?schema={schema}"), 2)


@again
def put(ledger: PostgresLedger, summary: str = "It is broken") -> Ticket:
    """A new ticket."""
    with ledger.write() as writer:
        return writer.create([opened(summary)])


def everything(ledger: PostgresLedger) -> list[Ticket]:
    """All tickets there are."""
    return list(ledger.find(Query(statuses=STATUSES)))


def test_before_the_commit_it_is_done_again(proxy: Proxy, ledger: PostgresLedger) -> None:
    """COMMIT does not arrive: nothing has happened, and it is done again without a word."""
    proxy.judged(where("COMMIT", "before"))
    ticket = put(ledger)
    assert [each.ref for each in everything(ledger)] == [ticket.ref]
    assert proxy.connections > 1


def test_after_the_commit_it_is_not_done_again(proxy: Proxy, ledger: PostgresLedger) -> None:
    """The answer to COMMIT is lost: the server is asked, and what is there is not done twice."""
    proxy.judged(answer_to("COMMIT"))
    assert put(ledger).ref == "SD-1"
    assert [each.ref for each in everything(ledger)] == ["SD-1"]
    assert sum(message.holds("append(") for message in proxy.seen if message.to_server) == 1


def test_in_the_middle_of_a_statement(proxy: Proxy, ledger: PostgresLedger) -> None:
    """The connection ends while the server works: nothing of it stays, and it is done again."""
    proxy.judged(where("append(", "after"))
    assert put(ledger).events
    assert len(everything(ledger)) == 1


def test_a_unit_that_lost_its_connection_stays_lost(proxy: Proxy, ledger: PostgresLedger) -> None:
    """What comes after the loss within the unit is asked on no other connection."""
    proxy.judged(where("nextval", "before"))
    with pytest.raises(LedgerUnreachableError) as caught, ledger.write() as writer:  # noqa: PT012
        with pytest.raises(LedgerUnreachableError):
            writer.create([opened()])
        writer.create([opened()])
    assert caught.value.again
    assert everything(ledger) == []


def test_an_error_that_was_swallowed_commits_nothing(
    server: Server, schema: str, ledger: PostgresLedger
) -> None:
    """A unit of which a statement failed is not told as recorded, though nobody minded the failure."""
    put(ledger)
    connection = Connection(address(f"{server.url}&schema={schema}"), 2)
    with pytest.raises(SdcliError, match="nonsense"), connection.unit("BEGIN"):  # noqa: PT012
        writer = PostgresWriter(connection, rehearses=False)
        writer.append(writer.get("SD-1"), [noted()])
        writer.flush()
        with suppress(SdcliError):
            connection.ask("SELECT nonsense")
    assert len(ledger.get("SD-1").events) == 1


def test_nobody_can_be_asked(proxy: Proxy, schema: str) -> None:
    """The answer to COMMIT is lost and the server with it: it is told that nobody knows."""
    ledger = PostgresLedger(address(f"{proxy.url}?schema={schema}"), 0.3)
    judge = answer_to("COMMIT")

    def gone(message: Message) -> str:
        verdict = judge(message)
        if verdict == "before":
            proxy.close()
        return verdict

    proxy.judged(gone)
    with pytest.raises(OutcomeUnknownError, match="not known whether") as caught:
        put(ledger)
    assert caught.value.exit_code == 6
    assert "--idempotency-key" in caught.value.message


def test_a_commit_that_is_still_under_way_is_waited_for(
    proxy: Proxy, server: Server, schema: str, ledger: PostgresLedger
) -> None:
    """While the server may still commit it, it is neither told as lost nor done again.

    A lock that a trigger waits for at the commit holds it up.
    """
    server.ask(
        f"""SET search_path TO {schema};
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON tickets DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow()"""
    )
    holder = Connection(address(f"{server.url}&schema={schema}"), 2)
    holder.ask("SELECT pg_advisory_lock(4711)")
    asked: list[str] = []

    def judge(message: Message) -> str:
        if message.to_server and message.holds("pg_xact_status"):
            asked.append("status")
            if len(asked) == 2:
                holder.close()
        if message.to_server and message.holds("COMMIT"):
            return "after"
        return "pass"

    proxy.judged(judge)
    assert put(ledger).ref == "SD-1"
    assert len(asked) >= 2
    assert [each.ref for each in everything(ledger)] == ["SD-1"]


def test_reading_is_done_again_once(proxy: Proxy, ledger: PostgresLedger) -> None:
    """A lost connection is not noticed by whoever only reads; one that is lost again is told."""
    put(ledger)
    proxy.judged(where("FROM tickets", "before"))
    assert ledger.get("SD-1").ref == "SD-1"
    proxy.judged(where("FROM tickets", "before", times=2))
    with pytest.raises(LedgerUnreachableError):
        ledger.get("SD-1")


def test_pages_are_given_once(proxy: Proxy, schema: str, ledger: PostgresLedger) -> None:
    """Pages begin anew if the connection is lost before the first, and are never given twice."""
    connection = Connection(address(f"{proxy.url}?schema={schema}"), 2)
    for _ in range(5):
        put(ledger)
    ask = "SELECT number FROM tickets ORDER BY number"
    proxy.judged(where("FETCH", "before"))
    assert [row for page in connection.pages(ask, (), 2) for row in page] == [
        (number,) for number in range(1, 6)
    ]
    pages = connection.pages(ask, (), 2)
    assert next(pages) == [(1,), (2,)]
    proxy.cut()
    with pytest.raises(LedgerUnreachableError):
        list(pages)


def _desk_by(proxy: Proxy, desk_dir: Path, schema: str) -> None:
    text = f"ledger: {proxy.url}?schema={schema}\n"
    (desk_dir / "settings.yaml").write_text(text, encoding="utf-8")


def test_what_nobody_knows_is_spooled_once(
    sdj: JsonRunner, proxy: Proxy, desk_dir: Path, schema: str, server: Server
) -> None:
    """An alert of which nobody could be asked whether it was recorded waits, and is not counted twice."""
    _desk_by(proxy, desk_dir, schema)
    piped = ("open", "-", "--from", "generic", "--spool")
    sdj(*piped, stdin=json.dumps(ALERT))
    judge = answer_to("COMMIT")

    def gone(message: Message) -> str:
        verdict = judge(message)
        if verdict == "before":
            proxy.close()
        return verdict

    proxy.judged(gone)
    wait = {"SDCLI_LOCK_WAIT": "0.2"}
    told = sdj(*piped, stdin=json.dumps(ALERT), env=wait)
    assert told["action"] == "spooled"
    assert "not known whether" in told["reason"]
    direct = {"SDCLI_LEDGER": f"{server.url}&schema={schema}"}
    told = sdj("intake", "deliver", env=direct)
    assert [item["rule"] for each in told["delivered"] for item in each["items"]] == ["delivered"]
    assert sdj("show", "SD-1", env=direct)["alert_count"] == 2


def test_what_was_recorded_is_never_told_as_not_changed(proxy: Proxy, schema: str) -> None:
    """A server that is lost after the commit, before the answer is shown: it says what is there."""
    ledger = PostgresLedger(address(f"{proxy.url}?schema={schema}"), 0.1)
    put(ledger)
    proxy.close()
    with pytest.raises(LedgerUnreachableError) as caught:
        ledger.get("SD-1")
    assert "What this command did is recorded" in caught.value.message
    assert "Nothing was changed" not in caught.value.message
    assert caught.value.details["recorded"]
    assert not caught.value.again


def _boundaries(
    proxy: Proxy, run: Callable[[], object], kinds: str = ""
) -> list[tuple[int, bool, str]]:
    """Every place at which a run of a command can be cut: before each message, either way.

    With `kinds`, of what comes from the server only before messages of these.
    """
    proxy.judged(lambda _: "pass")
    run()
    seen = [message for message in proxy.seen if message.kind != "X"]
    if kinds and not TORTURE:
        seen = [message for message in seen if message.to_server or message.kind in kinds]
    places = [(message.number, message.to_server, "before") for message in seen]
    if TORTURE:
        places += [(message.number, message.to_server, "after") for message in seen]
    return places


def test_open_cut_at_every_message(
    sd: Runner, proxy: Proxy, desk_dir: Path, schema: str, ledger: PostgresLedger
) -> None:
    """Wherever `open` is cut, what it answers is true, and there is one ticket for one key."""
    _desk_by(proxy, desk_dir, schema)

    def open_(key: str) -> str:
        ran = sd("open", "VPN drops", "--user", "ada", "--new", "--idempotency-key", key, "--json")
        return str(json.loads(ran.stdout)["ref"])

    open_("first")  # the ledger has its levels and its month
    places = _boundaries(proxy, lambda: open_("again"))
    assert len(places) > 30
    answered = {}
    for place, (number, to_server, verdict) in enumerate(places):
        proxy.judged(at(number, verdict, to_server=to_server))
        answered[f"cut {place}"] = open_(f"cut {place}")
        proxy.judged(lambda _: "pass")
    found = [(each.idempotency_key, each.ref) for each in everything(ledger)]
    assert {key: ref for key, ref in found if key in answered} == answered
    assert len(found) == len(places) + 2


def test_alerts_cut_at_every_message(
    sd: Runner, proxy: Proxy, desk_dir: Path, schema: str, ledger: PostgresLedger
) -> None:
    """Wherever the taking in of an alert is cut, it is counted once: not lost, and not twice."""
    _desk_by(proxy, desk_dir, schema)

    def alert() -> str:
        ran = sd("open", "-", "--from", "generic", "--json", stdin=json.dumps(ALERT))
        return str(json.loads(ran.stdout)["action"])

    assert alert() == "created"
    places = _boundaries(proxy, alert, kinds="C")
    for count, (number, to_server, verdict) in enumerate(places, 3):
        proxy.judged(at(number, verdict, to_server=to_server))
        assert alert() in ("deduped", "suppressed")
        (ticket,) = everything(ledger)
        assert len(ticket.events) == count, (number, to_server, verdict)
