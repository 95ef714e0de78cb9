"""Many checks of the clocks on many hosts: each alert is said once, and they share the work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from sdcli.checking import Checks
from sdcli.desk import Desk
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.sla.overstay import due
from sdcli.tickets import steps
from sdcli.tickets.event import Linked, Noted, Opened, SlaAlerted, Stamp, Waited
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import STATUSES
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket
    from tests.conftest import Runner

SERVICES = ("vpn", "erp", "unknown")
LATE = NOW + timedelta(hours=3)

CHECK = """
import sys
from datetime import datetime
from sdcli.checking import Checks
from sdcli.desk import Desk
root, host, now = sys.argv[1:4]
desk = Desk(root, by=host, now=datetime.fromisoformat(now), cache="", wait_s=10, host=host)
checks = Checks(desk, time_boxes=True)
if "slow" in sys.argv:
    from sdcli.ledger.postgres import clocks
    clocks._BATCH = 20
print("ready", flush=True)
sys.stdin.readline()
found, settle = checks.alerts()
for ticket, alert in found:
    print("said", alert.id, flush=True)
if "hangs" in sys.argv:
    print("printed", flush=True)
    sys.stdin.readline()
settle(True)
print("done", flush=True)
"""


def desk_at(root: Path, now: datetime, host: str = "web1") -> Desk:
    """The desk at an instant, on a host."""
    return Desk(str(root), by="ben", now=now, cache="", wait_s=5, host=host)


def opened(number: int) -> Opened:
    """One of tickets of all priorities, opened within some minutes."""
    at = NOW + timedelta(minutes=number % 7)
    return Opened(
        *Stamp(at=at, by="ben").mark(),
        summary=f"ticket {number}",
        queue="service-desk",
        priority=("P1", "P2", "P3")[number % 3],
        service=SERVICES[number % 2],
    )


def filled(root: Path, count: int) -> None:
    """A desk with so many tickets."""
    with desk_at(root, NOW).ledger.write() as writer:
        for number in range(count):
            writer.create([opened(number)])


def check(desk: Desk, *, boxes: bool = True) -> list[str]:
    """What one check says."""
    found, settle = Checks(desk, time_boxes=boxes).alerts()
    settle(True)
    return [alert.id for _, alert in found]


def shape(ticket: Ticket, event: SlaAlerted) -> tuple[str, str, int]:
    """What was said of a ticket, whatever the ids of its events are."""
    return ticket.ref, event.target, event.threshold


def recorded(root: Path) -> Counter[tuple[str, str, int]]:
    """What is on record as said."""
    found = desk_at(root, NOW).ledger.find(Query(statuses=STATUSES))
    return Counter(
        shape(ticket, event)
        for ticket in found
        for event in ticket.events
        if isinstance(event, SlaAlerted)
    )


def every_minute(root: Path) -> None:
    """A check each minute for three hours, while things happen."""
    for minute in range(0, 181, 6):
        now = NOW + timedelta(minutes=minute)
        if minute in (72, 132):
            happens(root, minute // 60)
        check(desk_at(root, now))


def happens(root: Path, hours: int) -> None:
    """What happens in one of the hours of `go_on`."""
    now = NOW + timedelta(hours=hours, minutes=7)
    stamp = Stamp(at=now, by="ben")
    with desk_at(root, now).ledger.write() as writer:
        for ref in (f"SD-{hours * 3}", f"SD-{hours * 3 + 1}"):
            ticket = writer.get(ref)
            ticket = writer.append(ticket, [Noted(*stamp.mark(), text="on it", visible=True)])
            if hours == 1:
                writer.append(ticket, [Waited(*stamp.mark(), waiting_for="user")])
            else:
                writer.append(ticket, steps.resolve(ticket, stamp, code="solved"))


def once_late(root: Path) -> None:
    """One check after three hours."""
    for hours in (1, 2):
        happens(root, hours)
    check(desk_at(root, LATE))


def side_by_side(root: Path) -> None:
    """Two checks, one within the other: what the first has not settled the second leaves."""
    for hours in (1, 2):
        happens(root, hours)
    one = desk_at(root, LATE, "web1")
    found, settle = Checks(one, time_boxes=True).alerts()
    if one.ledger_address:  # the other home lets one in at a time
        assert check(desk_at(root, LATE, "web2")) == []
    settle(True)
    assert found
    assert check(desk_at(root, LATE, "web2")) == []


@pytest.mark.both_homes
@pytest.mark.parametrize("way", [every_minute, once_late, side_by_side])
def test_however_it_is_checked_the_same_is_said(
    desk_dir: Path, way: Callable[[Path], None]
) -> None:
    """A check every few minutes, one after three hours, and two at once say the same (R5b.1).

    On both homes of the ledger, with words to callers, waits and resolutions between.
    """
    filled(desk_dir, 12)
    way(desk_dir)
    said = recorded(desk_dir)
    assert set(said.values()) == {1}
    assert set(said) == expected(desk_dir)
    assert len(said) > 30


def expected(root: Path) -> set[tuple[str, str, int]]:
    """What there was to say by then, of the tickets without what was said of them."""
    desk = desk_at(root, LATE)
    tickets = [
        fold(each.ref, [event for event in each.events if not isinstance(event, SlaAlerted)])
        for each in desk.ledger.find(Query())
    ]
    now = int(LATE.timestamp())
    return {
        (ticket.ref, alert.target, alert.threshold)
        for ticket in tickets
        for alert in due(ticket, desk.policy, desk.clocks, now, time_boxes=True)
    }


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_a_check_looks_at_what_is_due_only(desk_dir: Path) -> None:
    """What has nothing to say rests; a change, its time, or other rules make it due again."""
    filled(desk_dir, 30)
    desk = desk_at(desk_dir, NOW + timedelta(minutes=6))
    assert check(desk) == []
    looked = looks(desk_at(desk_dir, NOW + timedelta(minutes=7)))
    assert looked == []
    with desk.ledger.write() as writer:
        writer.append(writer.get("SD-7"), [Noted(*desk.stamp.mark(), text="looked")])
    assert looks(desk_at(desk_dir, NOW + timedelta(minutes=7))) == ["SD-7"]
    assert check(desk_at(desk_dir, NOW + timedelta(minutes=7))) == []
    policies = desk_dir / "sla_policies.yaml"
    policies.write_text(policies.read_text().replace("resolution: 4h", "resolution: 5h"))
    again = desk_at(desk_dir, NOW + timedelta(minutes=7))
    assert len(looks(again)) == 30
    assert check(again) == []
    assert looks(desk_at(desk_dir, NOW + timedelta(minutes=7))) == []


def looks(desk: Desk) -> list[str]:
    """The tickets that a check would look at."""
    checks = Checks(desk)
    return [ticket.ref for ticket in desk.ledger.due(checks._due)]  # noqa: SLF001 - what it asks for


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_who_says_less_keeps_nothing_from_who_says_more(desk_dir: Path) -> None:
    """Checks with and without --time-boxes beside each other: boxes are said by those with, once."""
    filled(desk_dir, 6)
    late = NOW + timedelta(hours=2)
    less = check(desk_at(desk_dir, late), boxes=False)
    assert check(desk_at(desk_dir, late), boxes=False) == []
    more = check(desk_at(desk_dir, late), boxes=True)
    assert more
    assert not set(less) & set(more)
    assert check(desk_at(desk_dir, late), boxes=True) == []
    said = recorded(desk_dir)
    assert {target for _, target, _ in said} >= {"time-box", "response"}
    assert set(said.values()) == {1}


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_what_could_not_be_printed_is_said_again(desk_dir: Path) -> None:
    """A check that is told that nobody heard it records nothing, and the next one says it."""
    filled(desk_dir, 6)
    found, settle = Checks(desk_at(desk_dir, LATE)).alerts()
    settle(False)
    assert recorded(desk_dir) == Counter()
    assert sorted(check(desk_at(desk_dir, LATE), boxes=False)) == sorted(a.id for _, a in found)


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_a_ticket_that_somebody_changes_keeps_no_other_waiting(desk_dir: Path) -> None:
    """A ticket that is locked is left to the next check, at once; the others are said meanwhile."""
    filled(desk_dir, 6)
    other = desk_at(desk_dir, LATE)
    with other.ledger.write() as writer:
        writer.get("SD-1")
        first = check(desk_at(desk_dir, LATE))
    assert {ref for ref, _, _ in recorded(desk_dir)} == {f"SD-{n}" for n in range(2, 7)}
    second = check(desk_at(desk_dir, LATE))
    assert {ref for ref, _, _ in recorded(desk_dir)} == {f"SD-{n}" for n in range(1, 7)}
    assert first
    assert second
    assert set(recorded(desk_dir).values()) == {1}


def leases(root: Path, until: str) -> None:
    """Have the leases of checks be over, as they are after a while."""
    address = desk_at(root, NOW).ledger_address
    url, _, schema = address.rpartition("&schema=")
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"UPDATE {schema}.clocks SET leased = %s", (until,))  # noqa: S608 - ours
    connection.close()


class Crew:
    """Real processes that check the same ledger, each on a host of its own."""

    def __init__(self, root: Path, count: int, *extra: str) -> None:
        env = {**os.environ, "SDCLI_DESK": str(root)}
        self.members = [
            subprocess.Popen(
                [sys.executable, "-c", CHECK, str(root), f"web{n}", LATE.isoformat(), *extra],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
            )
            for n in range(count)
        ]  # fmt: skip
        for member in self.members:
            assert _out(member).readline() == "ready\n"

    def go(self) -> None:
        """Have all of them begin."""
        for member in self.members:
            assert member.stdin is not None
            member.stdin.write("\n")
            member.stdin.flush()

    def results(self) -> list[list[str]]:
        """The ids that each has said."""
        told = [member.communicate(timeout=60)[0] for member in self.members]
        assert [member.returncode for member in self.members] == [0] * len(self.members)
        return [
            [line[5:] for line in text.splitlines() if line.startswith("said ")] for text in told
        ]


def _out(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return process.stdout


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_many_processes_share_the_work_and_say_each_alert_once(desk_dir: Path) -> None:
    """4 processes on 4 hosts over 300 tickets that are due: each alert once over all outputs (R5b.1).

    What was said is on record once. How much each of them says is up to when it begins; that none
    waits for what another has is held by the tests of two checks, one within the other.
    """
    filled(desk_dir, 300)
    crew = Crew(desk_dir, 4, "slow")
    crew.go()
    said = crew.results()
    every = Counter(id_ for each in said for id_ in each)
    assert set(every.values()) == {1}
    on_record = recorded(desk_dir)
    assert sum(on_record.values()) == len(every)
    assert set(on_record.values()) == {1}
    assert check(desk_at(desk_dir, LATE)) == []


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_a_check_that_is_killed_loses_nothing(desk_dir: Path) -> None:
    """Killed between printing and recording: what it printed is said again, and is on record once.

    The others do not wait for it meanwhile, and nothing that they say was said by it.
    """
    filled(desk_dir, 40)
    crew = Crew(desk_dir, 1, "hangs")
    crew.go()
    (member,) = crew.members
    printed = []
    while (line := _out(member).readline()) != "printed\n":
        printed.append(line[5:].strip())
    assert len(printed) > 40
    assert check(desk_at(desk_dir, LATE, "web9")) == []
    member.send_signal(signal.SIGKILL)
    member.communicate(timeout=10)
    assert recorded(desk_dir) == Counter()
    leases(desk_dir, "-infinity")
    assert sorted(check(desk_at(desk_dir, LATE, "web9"))) == sorted(printed)
    assert set(recorded(desk_dir).values()) == {1}
    assert sum(recorded(desk_dir).values()) == len(printed)


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_resolved_tickets_are_closed_by_one_of_many_checks(desk_dir: Path) -> None:
    """What nobody confirms is closed once, whoever checks, and is looked at when its time comes."""
    process = desk_dir / "catalog" / "process.yaml"
    text = process.read_text() if process.exists() else "format: 1\n"
    process.write_text(text)
    filled(desk_dir, 3)
    desk = desk_at(desk_dir, NOW + timedelta(minutes=10))
    desk.change("SD-1", steps.resolve, code="solved")
    check(desk)
    assert looks(desk_at(desk_dir, NOW + timedelta(minutes=10))) == []
    much_later = NOW + timedelta(days=60)
    check(desk_at(desk_dir, much_later, "web2"))
    check(desk_at(desk_dir, much_later, "web1"))
    ticket = desk.ledger.get("SD-1")
    closings = [event for event in ticket.events if type(event).__name__ == "Closed"]
    assert len(closings) == int("close_after" in text)


RAISE = """
import sys
from datetime import datetime
from sdcli.checking import Checks
from sdcli.desk import Desk
root, host, now = sys.argv[1:4]
told = []
desk = Desk(root, by=host, now=datetime.fromisoformat(now), cache="", wait_s=10, host=host,
            tell=told.append)
desk.policy
print("ready", flush=True)
sys.stdin.readline()
found, settle = Checks(desk).alerts()
settle(True)
print(*(f"told {sentence}" for sentence in told), sep="\\n", flush=True)
"""


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_what_time_has_made_due_is_done_by_one_of_many(desk_dir: Path) -> None:
    """4 checks at once close each ticket that nobody confirmed once, and tell it once."""
    filled(desk_dir, 40)
    then = desk_at(desk_dir, NOW + timedelta(minutes=10))
    for number in range(1, 41):
        then.change(f"SD-{number}", steps.resolve, code="solved")
    late = NOW + timedelta(days=30)
    crew = [
        subprocess.Popen(
            [sys.executable, "-c", RAISE, str(desk_dir), f"web{n}", late.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n in range(4)
    ]  # fmt: skip
    for member in crew:
        assert _out(member).readline() == "ready\n"
    told = []
    for member in crew:
        assert member.stdin is not None
        member.stdin.write("\n")
        member.stdin.flush()
    for member in crew:
        told += [line for line in member.communicate(timeout=60)[0].splitlines() if line[5:]]
        assert member.returncode == 0
    tickets = list(then.ledger.find(Query(statuses=STATUSES)))
    closed = [each for each in tickets if each.is_closed]
    assert len(told) == len(set(told)) == len(closed)
    assert len(closed) == 40
    assert all(
        sum(type(event).__name__ == "Closed" for event in each.events) == 1 for each in closed
    )


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_a_follow_up_that_somebody_changes_stops_no_check(desk_dir: Path) -> None:
    """Whether a follow-up is open is read, not locked: the check goes through beside its change."""
    filled(desk_dir, 2)
    then = desk_at(desk_dir, NOW + timedelta(minutes=30))
    link = Linked(
        *then.stamp.mark(),
        relation="follow-up",
        to="SD-2",
        opening=then.ledger.get("SD-2").opening.id,
    )
    then.change("SD-1", lambda _, __: [link])
    then.change("SD-1", steps.resolve, code="solved")
    late = NOW + timedelta(days=30)
    with desk_at(desk_dir, late).ledger.write() as writer:
        writer.get("SD-2")
        check(desk_at(desk_dir, late, "web2"))
    assert then.ledger.get("SD-1").status == "resolved"
    assert then.ledger.get("SD-1").sla_alerts


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_a_ticket_that_cannot_be_read_keeps_no_other_waiting(desk_dir: Path, sd: Runner) -> None:
    """It is told by each check, exit 8, and the others are said, once; a list is refused, exit 7."""
    filled(desk_dir, 6)
    owner = Connection(address(desk_at(desk_dir, NOW).ledger_address), 5)
    owner.ask("UPDATE tickets SET version = version + 1 WHERE number = 2")
    owner.close()
    rehearsed = sd("sla-check", "--dry-run", at=LATE, expect=8)
    first = sd("sla-check", at=LATE, expect=8)
    for ran in (rehearsed, first):
        told = "SD-2 was not checked. The ledger "
        assert ran.stderr.count(told) == 1, ran.stderr
        assert "ticket SD-2 has 1 of its 2 events" in ran.stderr
        assert all(f"SD-{number} " in ran.stdout for number in (1, 3, 4, 5, 6)), ran.stdout
    again = sd("sla-check", at=LATE, expect=8)
    assert (again.stdout, again.stderr.count("SD-2 was not checked")) == ("", 1)
    assert "ticket SD-2 has" in sd("list", expect=7).stderr


@pytest.mark.parametrize("ledger_home", ["postgresql"])
def test_hosts_that_check_by_other_rules_are_told_of(desk_dir: Path, tmp_path: Path) -> None:
    """Each says so once, when the other goes on; new files that come to all hosts are no matter."""
    filled(desk_dir, 2)
    other = tmp_path / "other"
    shutil.copytree(desk_dir, other)
    told: list[tuple[str, str]] = []

    def checks(root: Path, host: str, minute: int) -> None:
        now = NOW + timedelta(minutes=minute)
        tell = partial(lambda host, said: told.append((host, said)), host)
        at = Desk(str(root), by="ben", now=now, cache="", wait_s=5, host=host, tell=tell)
        check(at)

    for minute in range(0, 24, 6):
        checks(desk_dir, "web1", minute)
        checks(other, "web2", minute)
    assert told == []
    teams = other / "catalog/teams.yaml"
    teams.write_text(teams.read_text().replace("tier: 2", "tier: 3", 1))
    for minute in range(24, 60, 6):
        checks(desk_dir, "web1", minute)
        checks(other, "web2", minute)
    assert [host for host, _ in told] == ["web1", "web2"]
    assert "checked by other rules on web2 than on web1" in told[0][1]
    shutil.copy(teams, desk_dir / "catalog/teams.yaml")
    for minute in range(60, 90, 6):
        checks(desk_dir, "web1", minute)
        checks(other, "web2", minute)
    assert len(told) == 2
