"""A clock that is looked at too late is found by the doctor, whoever set it, and set right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg2
import pytest

from sdcli.care import Care
from sdcli.checking import Checks
from sdcli.errors import LEDGER_DAMAGED
from tests.conftest import NOW
from tests.ledger.test_many_checks import LATE, check, desk_at, filled, happens

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner

SOON = NOW + timedelta(minutes=8)


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """All of this is about a server."""
    return "postgresql"


def sql(root: Path, statement: str) -> None:
    """Have somebody change the clocks by hand, as a writer may."""
    url, _, schema = desk_at(root, NOW).ledger_address.rpartition("&schema=")
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {schema}; {statement}")
    connection.close()


def problems(root: Path, now: datetime) -> dict[str, str]:
    """What the doctor finds at an instant, by ticket."""
    desk = desk_at(root, now)
    resting = Checks(desk).resting()
    return {
        each.ref: each.problem for each in Care(desk).examine(lambda *_: None, resting).findings
    }


def due_first(root: Path) -> dict[str, datetime]:
    """When each ticket is looked at again, after a check."""
    url, _, schema = desk_at(root, NOW).ledger_address.rpartition("&schema=")
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT ticket, wake FROM {schema}.clocks")  # noqa: S608 - ours
        found = {f"SD-{number}": wake for number, wake in cursor.fetchall()}
    connection.close()
    return found


@pytest.mark.parametrize(
    ("wake", "until"),
    [("'infinity'", "any more"), ("wake + interval '1 hour'", "before 2026-"),
     ("'200000-01-01'", "any more")],
)  # fmt: skip
def test_a_clock_that_was_set_to_later_is_found_and_set_right(
    desk_dir: Path, sd: Runner, wake: str, until: str
) -> None:
    """Set to never, or far later than follows from the ticket: exit 7, named, and `--repair` mends it."""
    filled(desk_dir, 6)
    check(desk_at(desk_dir, SOON))
    needed = due_first(desk_dir)["SD-2"]
    sql(desk_dir, f"UPDATE clocks SET wake = {wake} WHERE ticket = 2")  # noqa: S608 - ours
    found = problems(desk_dir, SOON)
    assert list(found) == ["SD-2"]
    assert f"no check of the clocks looks at it {until}" in found["SD-2"]
    assert found["SD-2"].endswith(f"something may be due at {needed:%Y-%m-%d %H:%M:%S}Z")
    at = SOON.isoformat()
    told = sd("doctor", at=at, expect=LEDGER_DAMAGED).stdout
    assert found["SD-2"] in told
    sd("doctor", "--repair", at=at)
    assert problems(desk_dir, SOON) == {}
    said = check(desk_at(desk_dir, LATE))
    assert any(id_.startswith("SD-2-") for id_ in said)


def test_what_is_due_by_now_is_found_too(desk_dir: Path) -> None:
    """A ticket with something to say, which no check looks at: it is due, and named."""
    filled(desk_dir, 6)
    check(desk_at(desk_dir, SOON))
    sql(desk_dir, "UPDATE clocks SET wake = 'infinity' WHERE ticket = 3")
    found = problems(desk_dir, LATE)
    assert found == {"SD-3": "no check of the clocks looks at it any more, and something is due"}


def test_earlier_is_harmless(desk_dir: Path) -> None:
    """A clock that is looked at sooner than it need be, or at once, or by other rules, is no finding."""
    filled(desk_dir, 6)
    check(desk_at(desk_dir, SOON))
    sql(desk_dir, "UPDATE clocks SET wake = wake - interval '1 minute' WHERE ticket = 2")
    sql(desk_dir, "UPDATE clocks SET wake = '-infinity' WHERE ticket = 3")
    sql(desk_dir, "UPDATE clocks SET wake = 'infinity', rules = 'others' WHERE ticket = 4")
    assert problems(desk_dir, SOON) == {}


def test_a_lease_for_ever_is_found(desk_dir: Path) -> None:
    """A ticket that is kept from every check for longer than a check may is named; a repair frees it."""
    filled(desk_dir, 6)
    sql(desk_dir, "UPDATE clocks SET leased = 'infinity', worker = 'x' WHERE ticket = 2")
    sql(desk_dir, "UPDATE clocks SET leased = now() + interval '40 s' WHERE ticket = 3")
    found = problems(desk_dir, SOON)
    assert list(found) == ["SD-2"]
    assert "kept from every check" in found["SD-2"]
    desk = desk_at(desk_dir, SOON)
    Care(desk).repair(lambda *_: None, Checks(desk).resting())
    assert problems(desk_dir, SOON) == {}
    assert any(id_.startswith("SD-2-") for id_ in check(desk_at(desk_dir, LATE)))


@pytest.mark.parametrize("boxes", [True, False])
def test_no_check_leaves_what_the_doctor_finds(desk_dir: Path, boxes: bool) -> None:
    """Whatever happens, and whenever a check was: what it wrote down of the clocks is sound.

    Looked over at once, between two checks, long after, and by a host whose clock is a little behind.
    """
    filled(desk_dir, 12)
    for minute in range(0, 240, 30):
        now = NOW + timedelta(minutes=minute)
        if minute in (60, 120):
            happens(desk_dir, minute // 60)
        check(desk_at(desk_dir, now), boxes=boxes)
        for later in (-2, 0, 29):
            assert problems(desk_dir, now + timedelta(minutes=later)) == {}
    for days in (1, 3, 9):
        now = NOW + timedelta(days=days)
        assert problems(desk_dir, now) == {}
        check(desk_at(desk_dir, now), boxes=boxes)
        assert problems(desk_dir, now) == {}


def test_files_that_are_wrong_keep_nobody_from_the_rest(desk_dir: Path, sd: Runner) -> None:
    """Where the rules cannot be read, the clocks are not examined, which is told; all else is."""
    filled(desk_dir, 2)
    (desk_dir / "catalog" / "classification.yaml").write_text("nonsense: 1\n")
    told = sd("doctor")
    assert "The ledger is sound: 2 tickets" in told.stdout
    assert "look at each ticket in time was not examined" in " ".join(told.stderr.split())
