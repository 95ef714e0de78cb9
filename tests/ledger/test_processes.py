"""Many processes on one ledger: nothing is lost, nothing is doubled, nothing is seen in part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from random import Random
from typing import TYPE_CHECKING, Any

from tinydb import TinyDB

from sdcli.ledger.tiny.storage import LedgerStorage
from sdcli.tickets.ticket import fold
from tests.ledger.making import ALL, NAMES, compact, heard, home, names, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

PATIENCE_S = 120
KILLS = int(os.environ.get("SDCLI_TORTURE_KILLS", "25"))
"""How many processes `test_torture` kills."""

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
from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.intake.recognise import recognise
now = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
desk = Desk(sys.argv[1], by="monitor", now=now, cache="", wait_s=100)
document = sys.argv[2].encode()
desk.policy
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    (outcome,) = Arrivals(desk).take_in(recognise(document, desk.formats))
    print(outcome.action, outcome.ticket.ref, flush=True)
"""


CHANGER = """
import sys
from datetime import datetime, timedelta, timezone
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Closed, Opened, Resolved, Stamp
folder, units, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
began, before = datetime(2026, 11, 23, 10, tzinfo=timezone.utc), []
ledger = TinyLedger(folder, 100)
print("ready", flush=True)
sys.stdin.readline()
for unit in range(units):
    stamp = Stamp(at=began + timedelta(days=unit * 9), by="ben")
    with ledger.write() as writer:
        for ref in before:
            events = [
                Resolved(*stamp.mark(), code="x"),
                Closed(*stamp.mark(), code="x", unconfirmed="y"),
            ]
            writer.append(writer.get(ref), events)
        event = Opened(*stamp.mark(), summary=f"{name} {unit}", queue="q", priority="P3")
        twin = Opened(*stamp.mark(), summary=f"{name} {unit}", queue="q", priority="P3")
        before = [writer.create([event]).ref, writer.create([twin]).ref]
    print(name, *before, flush=True)
"""

WATCHER = """
import select, sys
from collections import Counter
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
folder, stays = sys.argv[1], sys.argv[2] == "stays"
told = []
ledger = TinyLedger(folder, 0, told.append)
print("ready", flush=True)
sys.stdin.readline()
looks = seen = closed = 0
last = False
while not last:
    last = bool(select.select([sys.stdin], [], [], 0)[0])
    if not stays:
        ledger = TinyLedger(folder, 0, told.append)
    tickets = list(ledger.find(Query(statuses=STATUSES)))
    looks += 1
    assert [t.ref for t in tickets] == [f"SD-{n}" for n in range(1, len(tickets) + 1)]
    assert len(tickets) >= seen, (len(tickets), seen)
    over = sum(t.is_closed for t in tickets)
    assert over >= closed, (over, closed)
    seen, closed = len(tickets), over
    twins = Counter((t.summary, t.is_closed) for t in tickets)
    assert set(twins.values()) <= {2}, twins
    if tickets:
        some = tickets[looks % len(tickets)]
        assert ledger.get(some.ref).events[: len(some.events)] == some.events
    few, more = ledger.most_pressing(Query(), 3)
    assert len(few) == min(3, len(few) + more)
    assert (len(few) + more) % 2 == 0
assert not told, told
print(looks, seen, closed, flush=True)
"""

FOLDER = """
import select, sys
from sdcli.ledger.tiny import compact
from sdcli.ledger.tiny.home import TinyLedger
compact._MOST_CLOSED = 0
told = []
ledger = TinyLedger(sys.argv[1], 100, told.append)
print("ready", flush=True)
sys.stdin.readline()
folded = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    ledger.compact()
    folded += 1
assert not told, told
print(folded, flush=True)
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
        self.go()

    def go(self) -> None:
        """Say the word that a member waits for: to begin, or to come to an end."""
        for number, member in enumerate(self.members):
            assert member.stdin is not None
            member.stdin.write(f"{number}\n")
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
    found = list(home(folder).find(ALL))
    assert all(fold(ticket.ref, ticket.events) == ticket for ticket in found)
    return [ticket.ref for ticket in found]


def test_sixteen_processes_open_tickets_at_once(tmp_path: Path) -> None:
    """16 processes with 25 tickets each leave 400 tickets with 400 references (T17, T27).

    The ledger does not exist when they begin. LedgerStorage reads it afterwards, and stock TinyDB
    when the journal is folded.
    """
    folder = tmp_path / "ledger"
    with stack() as held:
        refs = Crew(held, 16, WRITER, str(folder), "25", "1").results()
    assert sorted(refs, key=lambda ref: int(ref[3:])) == [f"SD-{n}" for n in range(1, 401)]
    assert tickets(folder) == [f"SD-{n}" for n in range(1, 401)]
    with TinyDB(str(folder), storage=LedgerStorage) as base:
        assert len({row["ref"] for row in base.table("tickets").all()}) == 400
    compact(folder)
    with TinyDB(folder / "tickets.json", access_mode="r") as base:
        rows = base.table("tickets").all()
    assert len({row["ref"] for row in rows}) == 400
    ids = [event["id"] for row in rows for event in row["events"]]
    assert len(set(ids)) == 400
    assert names(folder) == NAMES


def test_the_same_alert_from_many_senders_opens_one_ticket(
    desk_dir: Path, alerts: dict[str, Any]
) -> None:
    """8 processes with one alert 5 times each: one ticket that counted all of them (T17)."""
    document = json.dumps({**alerts, "alerts": alerts["alerts"][:1]})
    with stack() as held:
        told = Crew(held, 8, ALERTER, str(desk_dir), document, "5").results()
    assert sorted(told) == ["created SD-1"] + ["deduped SD-1"] * 39
    (ticket,) = home(desk_dir / "ledger").find(ALL)
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
            refs = [ticket.ref for ticket in home(folder).find(ALL)]
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
    folder, chance, acknowledged = tmp_path / "ledger", Random(7), list[str]()
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


def test_many_hands_readers_and_a_folder_at_once(tmp_path: Path) -> None:
    """16 writers with 25 commits each, 3 readers, and one that folds and archives all the time.

    Nothing is lost; references are unique and grow; no reader sees less than before, half a
    commit, or anything to mend. One reader stays open, the others open the ledger each time.
    """
    folder = tmp_path / "ledger"
    with stack() as held:
        watchers = [Crew(held, 1, WATCHER, str(folder), way) for way in ("stays", "comes", "comes")]
        folders = Crew(held, 1, FOLDER, str(folder))
        told = []
        writers = [Crew(held, 1, CHANGER, str(folder), "25", f"w{n}") for n in range(16)]
        for writer in writers:
            told += writer.results()
        folders.go()
        folded = int(folders.results()[0])
        for watcher in watchers:
            watcher.go()
        looks = [[int(word) for word in watcher.results()[0].split()] for watcher in watchers]
    assert folded > 10
    for count, seen, closed in looks:
        assert count > 10
        assert (seen, closed) == (800, 16 * 24 * 2)
    refs = [line.split() for line in told]
    for name in {line[0] for line in refs}:
        numbers = [int(ref[3:]) for line in refs if line[0] == name for ref in line[1:]]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 50
    assert {ref for line in refs for ref in line[1:]} == {f"SD-{n}" for n in range(1, 801)}
    assert tickets(folder) == [f"SD-{n}" for n in range(1, 801)]
    assert len(names(folder / "archive")) > 5
    compact(folder)
    assert len(tickets(folder)) == 800


MIXED = """
import os, sys
from datetime import datetime, timedelta, timezone
from random import Random
from sdcli.errors import NoSuchTicketError
from sdcli.ledger.tiny import compact, home
from sdcli.tickets.event import Closed, Noted, Opened, Reopened, Resolved, Stamp
folder, seed = sys.argv[1], int(sys.argv[2])
compact._MOST_CLOSED = 3
home._LEAST_JOURNAL = home._MOST_JOURNAL = 20_000
began = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
ledger = home.TinyLedger(folder, 100, lambda sentence: print("told", sentence, flush=True))
print("ready", flush=True)
chance = Random(seed + int(sys.stdin.readline()))
while True:
    stamp = Stamp(at=began + timedelta(days=chance.randrange(99)), by="ben")
    way, done = chance.choice(["open", "change", "change", "change", "compact"]), []
    if way == "compact":
        ledger.compact()
        continue
    with ledger.write() as writer:
        if way == "open":
            event = Opened(*stamp.mark(), summary="x" * 300, queue="q", priority="P3")
            done.append((writer.create([event]).ref, event))
        for _ in range(2):
            try:
                ticket = writer.get(f"SD-{chance.randint(1, 60)}")
            except NoSuchTicketError:
                continue
            if ticket.is_closed:
                events = [Reopened(*stamp.mark(), reason="r")]
            elif chance.random() < 0.3:
                events = [
                    Resolved(*stamp.mark(), code="x"),
                    Closed(*stamp.mark(), code="x", unconfirmed="y"),
                ]
            else:
                events = [Noted(*stamp.mark(), text="n" * 50)]
            writer.append(ticket, events)
            done += [(ticket.ref, event) for event in events]
    print("done", *(f"{ref}:{event.id}" for ref, event in done), flush=True)
"""


def test_torture(tmp_path: Path) -> None:
    """Writers killed at random moments of a mixed load lose nothing that they have acknowledged.

    They open, change, close, reopen, fold and archive, four at a time. After each round the ledger
    opens without a word, every ticket is the fold of its events, the numbers have no gap, and
    every acknowledged event is on its ticket once. `SDCLI_TORTURE_KILLS` says how many are killed.
    """
    folder, chance = tmp_path / "ledger", Random(11)
    acknowledged: dict[str, str] = {}
    for number in range(0, KILLS, 4):
        with stack() as held:
            crew = Crew(held, 4, MIXED, str(folder), str(number))
            for member in crew.members:
                with suppress(subprocess.TimeoutExpired):
                    member.wait(timeout=chance.uniform(0, 0.1))
                member.kill()
            for member in crew.members:
                for line in _whole_lines(member):
                    word, *done = line.split(" ")
                    assert word == "done", line
                    for event in done:
                        ref, _, its_id = event.partition(":")
                        acknowledged[its_id] = ref
                assert member.returncode == -9
        _nothing_lost(folder, acknowledged)
    assert acknowledged  # how many there are is the speed of the machine
    compact(folder)
    _nothing_lost(folder, acknowledged)
    assert list(folder.rglob("*.tmp")) == []


def _nothing_lost(folder: Path, acknowledged: dict[str, str]) -> None:
    """Every acknowledged event is on its ticket; the ledger is whole, and nothing is to mend."""
    found, told = heard(folder)
    assert told == []
    assert [ticket.ref for ticket in found] == [f"SD-{n}" for n in range(1, len(found) + 1)]
    ids = {event.id: ticket.ref for ticket in found for event in ticket.events}
    assert len(ids) == sum(len(ticket.events) for ticket in found)
    assert acknowledged.items() <= ids.items()
    assert all(fold(ticket.ref, ticket.events) == ticket for ticket in found)


def _whole_lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines that a killed process had finished."""
    text, _ = process.communicate(timeout=PATIENCE_S)
    return (line.strip() for line in text.splitlines(keepends=True) if line.endswith("\n"))
