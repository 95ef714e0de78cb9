"""Many processes on one ledger: nothing is lost, nothing is doubled, nothing is seen in part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from datetime import datetime, timezone
from random import Random
from typing import TYPE_CHECKING, Any

from tinydb import TinyDB

from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ALL = Query(statuses=STATUSES)
PATIENCE_S = 120

WRITER = """
import os, sys
from datetime import datetime, timezone
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Opened, Stamp
folder, units, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
stamp = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by=f"pid{os.getpid()}")
ledger = TinyLedger(folder, 100)
print("ready", flush=True)
sys.stdin.readline()
for unit in range(units):
    with ledger.write() as writer:
        refs = [
            writer.create(
                [Opened(*stamp.mark(), summary=f"{stamp.by} {unit}", queue="q", priority="P3")]
            ).ref
            for _ in range(each)
        ]
    print(*refs, flush=True)
"""

ALERTER = """
import sys
from datetime import datetime, timezone
from sdcli.desk import Desk
from sdcli.intake.recognise import recognise
now = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
desk = Desk(sys.argv[1], by="monitor", now=now, cache="", wait_s=100)
document = sys.argv[2].encode()
desk.policy
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    (outcome,) = desk.take_in(recognise(document))
    print(outcome.action, outcome.ticket.ref, flush=True)
"""


class Crew:
    """Processes of one program that begin their work together."""

    def __init__(self, stack: ExitStack, count: int, program: str, *args: str) -> None:
        self.members = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program, *args],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        for member in self.members:
            stack.callback(member.kill)
        for member in self.members:
            assert _lines(member).readline() == "ready\n"
        for member in self.members:
            assert member.stdin is not None
            member.stdin.write("\n")
            member.stdin.flush()

    def results(self) -> list[str]:
        """What all have printed when all have ended well."""
        told = [member.communicate(timeout=PATIENCE_S)[0] for member in self.members]
        assert [member.returncode for member in self.members] == [0] * len(self.members)
        return [line for text in told for line in text.splitlines()]

    def running(self) -> bool:
        """Whether any of them still works."""
        return any(member.poll() is None for member in self.members)


def _lines(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return process.stdout


def stack() -> AbstractContextManager[ExitStack]:
    """What holds the processes of a test, all of them gone when it ends."""
    return ExitStack()


def tickets(folder: Path) -> list[str]:
    """All references, after a check that every ticket is the fold of its events."""
    found = list(TinyLedger(str(folder), 5).find(ALL))
    assert all(fold(ticket.ref, ticket.events) == ticket for ticket in found)
    return [ticket.ref for ticket in found]


def put(folder: Path) -> str:
    """A new ticket in a commit of its own."""
    with TinyLedger(str(folder), 5).write() as writer:
        mark = Stamp(at=NOW, by="ben").mark()
        return writer.create([Opened(*mark, summary="x", queue="q", priority="P3")]).ref


def test_sixteen_processes_open_tickets_at_once(tmp_path: Path) -> None:
    """16 processes with 25 tickets each leave 400 tickets with 400 references (T17, T27).

    The ledger does not exist when they begin, and stock TinyDB reads it afterwards.
    """
    folder = tmp_path / "ledger"
    with stack() as held:
        refs = Crew(held, 16, WRITER, str(folder), "25", "1").results()
    assert sorted(refs, key=lambda ref: int(ref[3:])) == [f"SD-{n}" for n in range(1, 401)]
    assert tickets(folder) == [f"SD-{n}" for n in range(1, 401)]
    with TinyDB(folder / "tickets.json", access_mode="r") as base:
        rows = base.table("tickets").all()
    assert len({row["ref"] for row in rows}) == 400
    ids = [event["id"] for row in rows for event in row["events"]]
    assert len(set(ids)) == 400
    assert sorted(os.listdir(folder)) == ["tickets.json", "tickets.lock"]


def test_the_same_alert_from_many_senders_opens_one_ticket(
    desk_dir: Path, alerts: dict[str, Any]
) -> None:
    """8 processes with one alert 5 times each: one ticket that counted all of them (T17)."""
    document = json.dumps({**alerts, "alerts": alerts["alerts"][:1]})
    with stack() as held:
        told = Crew(held, 8, ALERTER, str(desk_dir), document, "5").results()
    assert sorted(told) == ["created SD-1"] + ["deduped SD-1"] * 39
    (ticket,) = TinyLedger(str(desk_dir / "ledger"), 5).find(ALL)
    assert ticket.alert_count == 40
    assert len(ticket.events) == 40


def test_readers_beside_writers_see_whole_commits(tmp_path: Path) -> None:
    """A reader at any moment sees the ledger whole: even counts, growing, without a gap."""
    folder = tmp_path / "ledger"
    put(folder)
    put(folder)
    seen = []
    with stack() as held:
        crew = Crew(held, 3, WRITER, str(folder), "25", "2")
        while crew.running():
            refs = [ticket.ref for ticket in TinyLedger(str(folder), 0).find(ALL)]
            assert refs == [f"SD-{n}" for n in range(1, len(refs) + 1)]
            seen.append(len(refs))
        crew.results()
    assert seen == sorted(seen)
    assert {count % 2 for count in seen} == {0}
    assert len(set(seen)) > 2
    assert len(tickets(folder)) == 152


def test_killed_writers_lose_no_acknowledged_ticket(tmp_path: Path) -> None:
    """30 writers killed at random moments: what a writer has printed is in the ledger (T27).

    After each round the ledger is readable, has no gap, and the lock is free.
    """
    folder, chance, acknowledged = tmp_path / "ledger", Random(7), list[str]()  # noqa: S311
    for _ in range(10):
        with stack() as held:
            crew = Crew(held, 3, WRITER, str(folder), "100000", "1")
            for member in crew.members:
                with suppress(subprocess.TimeoutExpired):
                    member.wait(timeout=chance.uniform(0, 0.06))
                member.kill()
            for member in crew.members:
                acknowledged += _whole_lines(member)
                assert member.returncode == -9
        refs = tickets(folder)
        assert refs == [f"SD-{n}" for n in range(1, len(refs) + 1)]
        assert set(acknowledged) <= set(refs)
        acknowledged.append(put(folder))
    assert len(set(acknowledged)) == len(acknowledged) > 30
    assert len(tickets(folder)) - len(acknowledged) <= 30


def _whole_lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines that a killed process had finished."""
    text, _ = process.communicate(timeout=PATIENCE_S)
    return (line.strip() for line in text.splitlines(keepends=True) if line.endswith("\n"))
