"""The doctor of a ledger on a server: every row is held against the events, and made anew from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import LEDGER_DAMAGED, NOT_FOUND, REFUSED
from sdcli.ledger.postgres import doctor
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.tickets.event import Noted, Stamp
from tests.conftest import NOW
from tests.ledger.making import closing, mark, noted, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.ledger.interface import Examination
    from tests.conftest import JsonRunner, Runner

STAMP = Stamp(at=NOW, by="doctor")


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del done, total


def ledger(where: str) -> PostgresLedger:
    """The ledger at an address, freshly opened."""
    return PostgresLedger(address(where), 5)


def sql(where: str, *statements: str) -> list[tuple[Any, ...]]:
    """What the owner of the ledger is answered at last; what never changes is changed all the same."""
    connection = Connection(address(where), 5)
    connection.ask("SET session_replication_role TO replica")  # no trigger keeps it from damage
    answers = [connection.ask(statement) for statement in statements]
    connection.close()
    return answers[-1]


def examine(where: str) -> Examination:
    """What the doctor finds."""
    return ledger(where).examine(unheard)


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """All of this is about a server."""
    return "postgresql"


@pytest.fixture(name="where")
def _where(new_ledger: Callable[[], str]) -> str:
    """A ledger with open, closed, late and undone things in it; its address."""
    made = new_ledger()
    with ledger(made).write() as writer:
        for number in range(1, 7):
            writer.create(
                (opened(f"the {number}th", key=f"k{number}", idempotency_key=f"i{number}"),)
            )
    with ledger(made).write() as writer:
        writer.append(writer.get("SD-2"), closing())
        writer.append(writer.get("SD-3"), (noted("one", 700), noted("two", 701)))
    late = Stamp(at=NOW, by="eva", entered=mark(702)[1])
    with ledger(made).write() as writer:
        writer.append(writer.get("SD-3"), (Noted(*late.mark(), text="late"),))
    assert examine(made).findings == ()
    return made


def test_a_sound_ledger_is_told_as_one(where: str, sd: Runner, sdj: JsonRunner) -> None:
    """Tickets, events and months are counted, and nothing is found."""
    env = {"SDCLI_LEDGER": where}
    assert "The ledger is sound: 6 tickets, 11 events in 2 months." in sd("doctor", env=env).stdout
    told = sdj("doctor", env=env)
    assert (told["sound"], told["tickets"], told["events"], told["months"]) == (True, 6, 11, 2)
    assert sdj("doctor", "--repair", env=env)["lost"] == []


def test_an_empty_ledger_is_sound(new_ledger: Callable[[], str], sdj: JsonRunner) -> None:
    """A ledger that was just made has nothing to be wrong."""
    assert sdj("doctor", env={"SDCLI_LEDGER": new_ledger()})["sound"]


DAMAGE = {
    "a status": (["UPDATE tickets SET status = 'closed' WHERE number = 1"], "SD-1", "status"),
    "a queue": (["UPDATE tickets SET queue = 'network' WHERE number = 1"], "SD-1", "queue"),
    "an instant": (
        ["UPDATE tickets SET touched_at = touched_at + interval '1s' WHERE number = 1"],
        "SD-1",
        "touched_at",
    ),
    "when it began": (
        ["UPDATE tickets SET first_recorded = '2026-01-01' WHERE number = 1"],
        "SD-1",
        "first_recorded",
    ),
    "a folded field": (
        ["UPDATE tickets SET state = replace(state, 'the 1th', 'another') WHERE number = 1"],
        "SD-1",
        "summary",
    ),
    "a row that is no JSON": (
        ["UPDATE tickets SET state = 'x' WHERE number = 1"],
        "SD-1",
        "its row cannot be read",
    ),
    "a version": (["UPDATE tickets SET version = 7 WHERE number = 3"], "SD-3", "version"),
    "a row that is gone": (["DELETE FROM tickets WHERE number = 2"], "SD-2", "no row"),
    "a key that is gone": (["DELETE FROM keys WHERE key = 'alert k4'"], "SD-4", "alert k4"),
    "a key too many": (["INSERT INTO keys VALUES ('alert z', 4)"], "SD-4", "alert z"),
    "a guard that is gone": (
        ["DELETE FROM once WHERE key = 'idempotency i5'"],
        "SD-5",
        "it could be there twice: idempotency i5",
    ),
    "a guard too many": (["INSERT INTO once VALUES ('source x', 5)"], "SD-5", "source x"),
    "a sequence behind": (["SELECT setval('numbers', 3)"], "", "SD-4, which has been given out"),
}


@pytest.mark.parametrize(("statements", "ref", "problem"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_named_and_put_right(
    where: str, statements: list[str], ref: str, problem: str
) -> None:
    """What does not follow from the events is named; a repair makes it follow, and changes no event."""
    before = list(ledger(where).everything())
    events = sql(where, "SELECT * FROM events ORDER BY ticket, seq")
    sql(where, *statements)
    findings = examine(where).findings
    assert {finding.ref for finding in findings} == {ref}
    assert any(problem in finding.problem for finding in findings), findings
    mended = ledger(where).repair(STAMP, unheard)
    assert (mended.lost, mended.remarks) == ((), ())
    assert examine(where).findings == ()
    assert list(ledger(where).everything()) == before
    assert sql(where, "SELECT * FROM events ORDER BY ticket, seq") == events


def test_a_repair_has_every_open_ticket_looked_at(where: str) -> None:
    """A ticket that the checks of the clocks have lost sight of is looked at by the next one."""
    sql(where, "DELETE FROM clocks")
    ledger(where).repair(STAMP, unheard)
    assert sql(where, "SELECT ticket FROM clocks ORDER BY 1") == [(1,), (3,), (4,), (5,), (6,)]


LOSSES = {
    "an event of another kind": (
        [
            "ALTER TABLE events DROP CONSTRAINT legal_step",
            "UPDATE events SET kind = 'reopened' WHERE ticket = 3 AND seq = 2",
        ],
        "not what the event says",
    ),
    "an author changed": (
        ["UPDATE events SET by = 'me' WHERE ticket = 3 AND seq = 2"],
        "not what the event says",
    ),
    "a chain that is broken": (
        ["UPDATE events SET before = 'waiting', after = 'waiting' WHERE ticket = 3 AND seq = 2"],
        "begins at 'waiting'",
    ),
    "a month that was taken away": (
        ["ALTER TABLE events DETACH PARTITION events_2026_12"],
        "is no part of the events any more",
    ),
}


@pytest.mark.parametrize(("statements", "problem"), LOSSES.values(), ids=LOSSES)
def test_what_is_wrong_with_events_is_told_and_stays(
    where: str, statements: list[str], problem: str, sd: Runner
) -> None:
    """Events are the truth: a repair changes none, says what is wrong with them, and exits 7."""
    sql(where, *statements)
    events = sql(where, "SELECT * FROM events ORDER BY ticket, seq")
    env = {"SDCLI_LEDGER": where}
    assert problem in sd("doctor", env=env, expect=LEDGER_DAMAGED).stdout
    assert problem in sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED).stdout
    assert sql(where, "SELECT * FROM events ORDER BY ticket, seq") == events


UNREADABLE = {
    "no opening event": "DELETE FROM events WHERE ticket = 2 AND seq = 1",
    "no events": "DELETE FROM events WHERE ticket = 2",
    "an event that is gone": "DELETE FROM events WHERE ticket = 2 AND seq = 2",
    "an event that cannot be read": "UPDATE events SET body = '{}' WHERE ticket = 2 AND seq = 1",
    "an order that is not legal": "UPDATE events SET seq = 12 WHERE ticket = 2 AND seq = 2",
}


@pytest.mark.parametrize("statement", UNREADABLE.values(), ids=UNREADABLE)
def test_what_makes_no_ticket_is_set_aside(
    where: str, statement: str, sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """A ticket whose events make none is set aside with its row; everything else goes on."""
    sql(where, "ALTER TABLE events DROP CONSTRAINT legal_step", statement)
    row = sql(where, "SELECT row_to_json(t)::text FROM tickets AS t WHERE number = 2")
    events = sql(where, "SELECT * FROM events ORDER BY ticket, seq")
    env = {"SDCLI_LEDGER": where}
    told = sd("doctor", "--json", env=env, expect=LEDGER_DAMAGED).stdout
    assert {finding["ref"] for finding in json.loads(told)["findings"]} == {"SD-2"}
    told = sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED).stdout
    assert "SD-2: its events do not make a ticket" in told or "SD-2: it has no events" in told
    assert "its row is in the table" in told
    assert sql(where, "SELECT was::text FROM damage WHERE ticket = 2") == row
    assert sql(where, "SELECT * FROM events ORDER BY ticket, seq") == events
    sound = sd("doctor", env=env)
    assert "The ledger is sound: 5 tickets" in sound.stdout
    assert "SD-2 was set aside" in sound.stderr
    assert sd("doctor", "--repair", env=env).stdout == "The ledger is sound: 5 tickets.\n"
    here = ledger(where)
    assert here.count() == 5
    assert [ticket.ref for ticket in here.older("SD-4", 9)] == ["SD-3", "SD-1"]
    for args in (("list", "--all"), ("queues",), ("report",), ("export",), ("sla-check",)):
        sd(*args, env=env)
    sd("backup", str(tmp_path / "b.tar.gz"), env=env)
    sd("show", "SD-2", env=env, expect=NOT_FOUND)
    copied = sdj("ledger", "copy", "--to", str(tmp_path / "copy"), env=env)
    assert (copied["equal"], copied["tickets"], copied["next"]) == (True, 5, "SD-7")
    assert sdj("open", "next", "--user", "ada", env=env)["ref"] == "SD-7"


def test_a_reference_that_was_set_aside_last_is_not_given_out_again(
    where: str, sd: Runner, sdj: JsonRunner
) -> None:
    """The number of a ticket that was set aside is known, though no row has it."""
    env = {"SDCLI_LEDGER": where}
    sql(where, "UPDATE events SET body = '{}' WHERE ticket = 6")
    sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED)
    sql(where, "SELECT setval('numbers', 3)")
    told = sd("doctor", env=env, expect=LEDGER_DAMAGED).stdout
    assert "SD-4, which has been given out" in told
    sd("doctor", "--repair", env=env)
    assert sdj("open", "next", "--user", "ada", env=env)["ref"] == "SD-7"


def test_what_was_set_aside_comes_back_with_its_events(where: str, sd: Runner) -> None:
    """Whoever puts the events of a ticket right again has it back by another repair."""
    env, before = {"SDCLI_LEDGER": where}, list(ledger(where).everything())
    [[body]] = sql(where, "SELECT body::text FROM events WHERE ticket = 2 AND seq = 1")
    sql(where, "UPDATE events SET body = '{}' WHERE ticket = 2 AND seq = 1")
    sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED)
    mend = "UPDATE events SET body = convert_from(decode('{}', 'hex'), 'utf8')::json"
    sql(where, f"{mend.format(body.encode().hex())} WHERE ticket = 2 AND seq = 1")
    assert "make a ticket again" in sd("doctor", env=env, expect=LEDGER_DAMAGED).stdout
    sd("doctor", "--repair", env=env)
    assert list(ledger(where).everything()) == before
    assert (examine(where).findings, examine(where).remarks) == ((), ())


def test_no_copy_brings_a_ticket_where_it_was_set_aside(
    where: str, sd: Runner, tmp_path: Path
) -> None:
    """What is left of its events is there still, so the copy is refused and nothing is brought."""
    env, copy = {"SDCLI_LEDGER": where}, str(tmp_path / "copy")
    sd("ledger", "copy", "--to", copy, env=env)
    sql(where, "UPDATE events SET body = '{}' WHERE ticket = 2 AND seq = 1")
    sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED)
    told = sd("ledger", "copy", "--from", copy, "--to", where, expect=REFUSED).stderr
    assert "SD-2 was set aside there as damaged" in told
    sd("open", "next", "--user", "ada", env=env)


def test_a_recorded_instant_that_differs_does_not_hide_an_event(where: str, sd: Runner) -> None:
    """Where the columns of an event say another month, the ticket can be read again all the same."""
    env = {"SDCLI_LEDGER": where}
    sql(
        where,
        "SELECT month_of('2027-03-01')",
        "UPDATE events SET recorded = '2027-03-01' WHERE ticket = 3 AND seq = 2",
    )
    sd("show", "SD-3", env=env, expect=LEDGER_DAMAGED)
    sd("doctor", "--repair", env=env, expect=LEDGER_DAMAGED)
    sd("show", "SD-3", env=env)
    told = sd("doctor", env=env, expect=LEDGER_DAMAGED)
    assert "the row of its event 2 is not what the event says" in told.stdout
    assert "A repair can do nothing about this" in told.stderr
    assert "doctor --repair" not in told.stdout + told.stderr


CLOCKS = {
    "no row": "DELETE FROM clocks WHERE ticket = 4",
}


@pytest.mark.parametrize("statement", CLOCKS.values(), ids=CLOCKS)
def test_an_open_ticket_that_no_check_looks_at_is_found(where: str, statement: str) -> None:
    """An open ticket that the checks of the clocks have lost sight of is damage, and mended."""
    sql(where, statement)
    [finding] = examine(where).findings
    assert (finding.ref, finding.problem) == ("SD-4", "no check of the clocks looks at it")
    ledger(where).repair(STAMP, unheard)
    assert examine(where).findings == ()
    sql(where, "DELETE FROM clocks WHERE ticket = 2")  # closed: it is over
    assert examine(where).findings == ()


def test_files_and_levels_are_looked_at(where: str, sd: Runner, tmp_path: Any) -> None:
    """An attached file, or service levels, that are gone or changed: exit 7, and the ticket is named."""
    env = {"SDCLI_LEDGER": where}
    (tmp_path / "trace.log").write_text("error 691")
    sd("attach", "SD-1", str(tmp_path / "trace.log"), env=env)
    pinned = sd("open", "x", "--user", "ada", "--json", env=env)
    ref = json.loads(pinned.stdout)["ref"]
    damage = "ALTER TABLE levels DROP CONSTRAINT levels_check; UPDATE levels SET content = 'x'"
    sql(where, "DELETE FROM files", damage)
    told = sd("doctor", env=env, expect=LEDGER_DAMAGED).stdout
    assert "SD-1: the attached file is missing" in told
    assert f"{ref}: the policy that it is pinned to is not what it was" in told


def test_a_month_that_was_taken_away_takes_nothing(where: str, sd: Runner) -> None:
    """To record in a month that was detached is refused in a sentence; other months go on."""
    sql(where, "ALTER TABLE events DETACH PARTITION events_2026_12")
    env = {"SDCLI_LEDGER": where}
    december = "2026-12-24T10:00:00Z"
    told = sd("open", "x", "--user", "ada", env=env, at=december, expect=REFUSED).stderr
    assert "events_2026_12 is no part of the events any more" in told
    assert "attach it again" in told
    sd("open", "x", "--user", "ada", env=env, at="2027-03-01T10:00:00Z")


def test_pages_do_not_show(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few rows are read at once, the same is found."""
    sql(
        where,
        "DELETE FROM keys WHERE ticket = 4",
        "UPDATE tickets SET queue = 'x' WHERE number = 1",
    )
    whole = examine(where)
    monkeypatch.setattr(doctor, "_PAGE", 2)
    assert examine(where) == whole
    assert len(whole.findings) == 2


def test_others_write_meanwhile(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read as it was at one instant: what is recorded meanwhile is no damage."""
    look = doctor._Examiner._look  # noqa: SLF001 - between two tickets

    def busy(self: Any, found: Any) -> None:
        with ledger(where).write() as writer:
            writer.append(writer.get("SD-6"), (noted("meanwhile", 703),))
            writer.create((opened("meanwhile", key="m"),))
        look(self, found)

    monkeypatch.setattr(doctor._Examiner, "_look", busy)  # noqa: SLF001 - as above
    found = examine(where)
    assert (found.findings, found.tickets) == ((), 6)
