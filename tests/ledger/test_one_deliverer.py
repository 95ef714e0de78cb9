"""One process delivers, on whichever host: a dead one and one that stands still stop no alarms."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from sdcli.ledger.host import Host
from sdcli.ledger.postgres import connection
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.home import PostgresLedger

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

HOLDER = """
import sys
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.home import PostgresLedger
with PostgresLedger(address(sys.argv[1]), 5).alone("delivery") as alone:
    print(bool(alone), flush=True)
    sys.stdin.readline()
"""


def ledger_at(where: str) -> PostgresLedger:
    """The ledger, for somebody else."""
    return PostgresLedger(address(where), 5, host=Host())


def takes(where: str) -> bool:
    """Whether somebody else may deliver."""
    with ledger_at(where).alone("delivery") as alone:
        return bool(alone)


def soon(question: Callable[[], bool]) -> bool:
    """Whether it comes to be so within some seconds."""
    until = time.monotonic() + 10
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def holder(where: str) -> subprocess.Popen[str]:
    """A process that delivers."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, where],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    out: Any = process.stdout
    assert out.readline() == "True\n"
    return process


def test_the_server_lets_go_of_a_deliverer_that_died(new_ledger: Callable[[], str]) -> None:
    """Nobody else delivers meanwhile; killed, it keeps nobody, and other things go on all the time."""
    where = new_ledger()
    process = holder(where)
    assert not takes(where)
    with ledger_at(where).alone("survey") as other:
        assert other
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert soon(lambda: takes(where))


def test_a_deliverer_that_stands_still_is_relieved(
    new_ledger: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while the server takes its part away: another one delivers, and it sees that on waking."""
    where = new_ledger()
    monkeypatch.setattr(connection, "_STANDS_STILL", "60ms")  # not to wait for minutes
    with ledger_at(where).alone("delivery") as alone:
        assert alone
        assert soon(lambda: takes(where))
        assert not alone.still()


def test_a_deliverer_at_work_keeps_its_part(
    new_ledger: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks before each message keeps it, however long all of them take together."""
    where = new_ledger()
    monkeypatch.setattr(connection, "_STANDS_STILL", "2s")  # as above
    with ledger_at(where).alone("delivery") as alone:
        until = time.monotonic() + 2.3
        while time.monotonic() < until:
            time.sleep(0.1)
            assert alone.still()
        assert not takes(where)
