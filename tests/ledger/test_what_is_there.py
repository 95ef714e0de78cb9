"""What is there and is no sound ledger, or no address of one, is told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DATA_FILE, LEDGER_DAMAGED, NOT_FOUND, REFUSED, USAGE
from sdcli.ledger.interface import Mark
from tests.ledger.test_server_doctor import ledger, sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.postgres import Server


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """The desk begins with a folder; the servers are named by each test."""
    return "tiny"


EVERY = (("list",), ("doctor",), ("doctor", "--repair"), ("open", "x", "--user", "ada"))
OF_LEDGERS = (("ledger", "status"), ("ledger", "init"), ("ledger", "migrate"))


@pytest.mark.parametrize("args", [*EVERY, *OF_LEDGERS], ids=" ".join)
def test_meta_without_its_row_is_damage(
    new_ledger: Callable[[], str], sd: Runner, args: tuple[str, ...]
) -> None:
    """A ledger that does not say what it is is damaged, whoever asks; nothing calls that a bug."""
    where = new_ledger()
    sql(where, "DELETE FROM meta")
    told = sd(*args, env={"SDCLI_LEDGER": where}, expect=LEDGER_DAMAGED).stderr
    assert "its table meta has no row" in told


@pytest.mark.parametrize("table", ["desk_levels", "clocks", "keys", "damage", "texts"])
def test_a_table_that_is_gone_is_damage(
    new_ledger: Callable[[], str], sd: Runner, table: str
) -> None:
    """Where one table is missing there is a ledger, and it is damaged."""
    where = new_ledger()
    sql(where, f"DROP TABLE {table}")
    args = {"damage": ("doctor",)}.get(table, ("open", "x", "--user", "ada"))
    told = sd(*args, env={"SDCLI_LEDGER": where}, expect=LEDGER_DAMAGED).stderr
    assert "is missing" in told
    assert table in told


def test_a_newer_ledger_is_refused_by_the_doctor_too(
    new_ledger: Callable[[], str], sd: Runner
) -> None:
    """What a newer program wrote is neither examined nor repaired by this one."""
    where = new_ledger()
    sql(where, "UPDATE meta SET version = 99")
    for args in EVERY:
        told = sd(*args, env={"SDCLI_LEDGER": where}, expect=LEDGER_DAMAGED).stderr
        assert "a newer sdcli has written it" in told


@pytest.mark.parametrize("table", ["tickets", "meta", "invoices"])
def test_a_schema_that_is_something_else_is_refused(
    server: Server, sd: Runner, request: pytest.FixtureRequest, table: str
) -> None:
    """Tables of somebody else are named and left alone: a ledger is not made among them."""
    schema = f"foreign_{table}_{getattr(request.config, 'workerinput', {}).get('workerid', 'x')}"
    server.ask(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.{table} (version int)")
    where = f"{server.url}&schema={schema}"
    told = sd("ledger", "init", env={"SDCLI_LEDGER": where}, expect=REFUSED).stderr
    assert f"holds {table}, and no ledger" in told
    assert server.ask(f"SELECT count(*) FROM {schema}.{table}").strip() == "0"  # noqa: S608


def test_half_a_copy_is_to_be_finished(new_ledger: Callable[[], str], sd: Runner) -> None:
    """The doctor of half a copy finds no damage in what is still to come, and says what to do."""
    where = new_ledger()
    sd("open", "x", "--user", "ada", env={"SDCLI_LEDGER": where})
    ledger(where).close(Mark("/srv/desk/ledger", moved=False))
    sql(where, "SELECT setval('numbers', 1, false)")
    told = sd("doctor", env={"SDCLI_LEDGER": where})
    assert "sdcli ledger copy --from /srv/desk/ledger" in told.stdout + told.stderr


WRONG = {
    "postgresql://desk@db:99999/desk": "99999 is no port",
    "postgresql://desk@db:0/desk": "0 is no port",
    "postgresql://desk@db:x,other/desk": "x is no port",
    "postgresql://desk@db/desk?port=abc": "abc is no port",
    "mysql://desk@db/desk": "it does not begin with postgresql://",
}


@pytest.mark.parametrize(("where", "reason"), WRONG.items(), ids=list(WRONG))
def test_a_wrong_address_is_told_with_its_line(
    desk_dir: Path, sd: Runner, where: str, reason: str
) -> None:
    """In the settings it is a wrong line of a file, for lint and for every command; else usage."""
    told = sd("list", env={"SDCLI_LEDGER": where}, expect=USAGE).stderr
    assert reason in told
    (desk_dir / "settings.yaml").write_text(f"# where\nledger: {where}\n")
    for args in (("lint",), ("list",), ("open", "x", "--user", "ada"), ("ledger", "status")):
        told = sd(*args, expect=DATA_FILE).stderr
        assert "settings.yaml:2" in told
        assert reason in told


@pytest.mark.parametrize(
    "where", ["bob:s3cret@h/x", "postgresql//bob:s3cret@h/x", "pg://bob:s3/cret@h/x"]
)
def test_what_is_no_address_shows_no_password(sd: Runner, where: str) -> None:
    """Whatever stands before an @ may be a password."""
    told = sd("list", env={"SDCLI_LEDGER": where}, expect=USAGE).stderr
    assert "s3" not in told
    assert "cret" not in told


def test_a_copy_that_goes_nowhere_is_refused(desk_dir: Path, sd: Runner, tmp_path: Path) -> None:
    """No place, a file, the ledger itself, and a source that is not there: each in a sentence."""
    (tmp_path / "file").write_text("x")
    sd("open", "x", "--user", "ada")
    sd("ledger", "copy", "--to", "", expect=USAGE)
    assert (
        "is no folder"
        in sd("ledger", "copy", "--to", str(tmp_path / "file"), expect=REFUSED).stderr
    )
    assert (
        "is the ledger itself" in sd("ledger", "copy", "--to", str(desk_dir), expect=REFUSED).stderr
    )
    there = str(tmp_path / "to")
    told = sd("ledger", "copy", "--from", "/nope", "--to", there, expect=NOT_FOUND).stderr
    assert "There is no ledger in /nope" in told
    assert "ledger init" not in told


def test_a_desk_without_a_ticket_can_be_moved(
    new_ledger: Callable[[], str], sdj: JsonRunner
) -> None:
    """There is nothing to copy, and that is done: the empty ledger is there."""
    told = sdj("ledger", "copy", "--to", new_ledger())
    assert (told["tickets"], told["next"], told["equal"]) == (0, "SD-1", True)


def test_a_role_that_may_everything_is_refused(new_ledger: Callable[[], str], sd: Runner) -> None:
    """The owner is limited by no grant, so nobody is told that it is; no name is a usage error."""
    env = {"SDCLI_LEDGER": new_ledger()}
    told = sd("ledger", "init", "--writer", "postgres", env=env, expect=REFUSED).stderr
    assert "postgres owns the ledger or is a superuser" in told
    sd("ledger", "init", "--writer", "", env=env, expect=USAGE)


def test_service_levels_that_are_gone_are_put_back_from_the_files(
    new_ledger: Callable[[], str], sd: Runner
) -> None:
    """Where this host's files say the levels that a ticket is pinned to, a repair brings them."""
    where = new_ledger()
    env = {"SDCLI_LEDGER": where}
    sd("open", "x", "--user", "ada", env=env)
    sql(where, "DELETE FROM levels")
    sd("doctor", env=env, expect=LEDGER_DAMAGED)
    sd("doctor", "--repair", env=env)
    sd("doctor", env=env)
