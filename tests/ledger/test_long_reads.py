"""Who reads for long keeps nobody from working, and neither does what the ledger does for itself."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import psycopg2
import pytest

from sdcli.desk import Desk
from sdcli.ledger.interface import Beat
from sdcli.tickets.event import Noted, Opened, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Runner

pytestmark = pytest.mark.parametrize("ledger_home", ["postgresql"])

COUNT = 700  # more than a page, so that a cursor stays open
NEXT_MONTH = NOW + timedelta(days=31)


def desk_at(root: Path, now: datetime = NOW) -> Desk:
    """The desk, whose changes wait for no lock for longer than a fifth of a second."""
    return Desk(str(root), by="ben", now=now, cache="", wait_s=0.2)


@pytest.fixture(name="full")
def _full(desk_dir: Path) -> Path:
    """A desk whose tickets do not go on one page."""
    with desk_at(desk_dir).ledger.write() as writer:
        for number in range(COUNT):
            stamp = Stamp(at=NOW, by="ben").mark()
            writer.create(
                [Opened(*stamp, summary=f"n{number} {'x' * 200}", queue="q", priority="P3")]
            )
    return desk_dir


def work(root: Path) -> None:
    """Open a ticket, change one that is being read, begin a month, and tidy up: nothing waits."""
    for now in (NOW, NEXT_MONTH):
        desk = desk_at(root, now)
        stamp = Stamp(at=now, by="ben").mark()
        with desk.ledger.write() as writer:
            writer.create([Opened(*stamp, summary="new", queue="q", priority="P1")])
        for ref in ("SD-1", f"SD-{COUNT}"):
            desk.change(ref, lambda _, at: [Noted(*at.mark(), text="looked")])
    desk.ledger.compact()


def in_transaction(root: Path) -> int:
    """How many transactions on the ledger are open now."""
    url, _, schema = desk_at(root).ledger_address.rpartition("&schema=")
    sql = """SELECT count(DISTINCT l.pid) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
        WHERE c.relnamespace = %s::regnamespace AND l.pid <> pg_backend_pid()"""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql, (schema,))
        [count] = cursor.fetchone() or [0]
    connection.close()
    return int(count)


def test_an_export_that_nobody_reads_stops_nobody(full: Path) -> None:
    """`sdcli export` stuck in the middle, its pipe full: tickets are opened and changed beside it."""
    env = {**os.environ, "SDCLI_DESK": str(full), "SDCLI_USER": "ben"}
    with subprocess.Popen(
        [sys.executable, "-m", "sdcli", "export"],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0]
        assert in_transaction(full)
        work(full)
        assert process.poll() is None
        assert in_transaction(full)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(out.splitlines()) == COUNT  # as it was when it began


def _find(desk: Desk) -> Iterator[object]:
    return desk.ledger.find(Query(statuses=STATUSES))


def _shelves(desk: Desk) -> Iterator[object]:
    return (ticket for shelf in desk.ledger.shelves() for ticket in shelf.tickets())


@pytest.mark.parametrize("read", [_find, _shelves])
def test_a_list_or_report_under_way_stops_nobody(full: Path, read: object) -> None:
    """Held in the middle, it sees the ledger as it was, and what is done meanwhile waits for nothing."""
    assert callable(read)
    under_way = read(desk_at(full))
    first = [next(under_way) for _ in range(510)]
    assert in_transaction(full)
    work(full)
    assert len(first) + len(list(under_way)) in (COUNT, COUNT + 2)  # two shelves or one
    assert not in_transaction(full)


def test_a_month_that_begins_waits_for_nobody_who_tidies(full: Path) -> None:
    """Where clocks are checked the month is there before it begins, so nothing is made in a hurry."""
    desk = desk_at(full)
    late = datetime(2026, 12, 20, tzinfo=timezone.utc)
    desk.ledger.beat(Beat(at=late, by="cron"))
    url, _, schema = desk.ledger_address.rpartition("&schema=")
    holder = psycopg2.connect(url)
    with holder, holder.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {schema}.events IN SHARE UPDATE EXCLUSIVE MODE")
        january = desk_at(full, datetime(2027, 1, 2, tzinfo=timezone.utc))
        january.change("SD-1", lambda _, at: [Noted(*at.mark(), text="happy new year")])
    holder.close()


def test_many_are_opened_while_somebody_reports(full: Path, sd: Runner) -> None:
    """`sdcli open` as people type it goes through while a reader is in the middle."""
    under_way = _find(desk_at(full))
    next(under_way)
    for _ in range(3):
        sd("open", "VPN drops", "--user", "dana", env={"SDCLI_LOCK_WAIT": "0.2"})
    assert sum(1 for _ in under_way) == COUNT - 1


def test_who_reads_waits_for_no_lock_longer_than_a_change(full: Path, sd: Runner) -> None:
    """Where somebody works on the tables, a list says so in time, and so does what opens (exit 6)."""
    url, _, schema = desk_at(full).ledger_address.rpartition("&schema=")
    wait = {"SDCLI_LOCK_WAIT": "0.3"}
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {schema}.tickets")
            for command in (("list",), ("open", "VPN drops", "--user", "ada"), ("sla-check",)):
                ran = sd(*command, env=wait, expect=6)
                assert "is in use; waited 0.3 s" in ran.stderr
    finally:
        connection.close()
