"""Commands of one second: scripts are faster than clocks with whole seconds."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from sdcli.render.as_text.tickets import others
from sdcli.tickets import base, steps
from sdcli.tickets.base import Stamp, act_name, act_of, new_id
from sdcli.tickets.event import Noted, TroubleshootingStepped
from sdcli.tickets.incident import try_out
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW

if TYPE_CHECKING:
    from click.testing import Result

    from sdcli.desk import Desk
    from tests.conftest import Runner


def test_an_act_is_named_as_its_events_end() -> None:
    """What an act is called is what each of its events says that it is of."""
    for act in (0, 7, 2**40 - 1):
        assert new_id(NOW, act).endswith(act_name(act))
        assert act_of(Noted(*Stamp(NOW, "ben", act=act).mark(), text="x")) == act_name(act)


def test_what_is_told_of_a_step_is_its_own(sd: Runner, desk: Desk) -> None:
    """An event that another process made in the same second is not told as part of it (R3d1.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    ticket, stamp = desk.ledger.get("SD-1"), desk.stamp
    (note,) = steps.note(ticket, Stamp(NOW, "greta", act=8), text="on my way")
    ticket = advance(ticket, try_out(ticket, stamp, hypothesis="a loop", change="the dock"))
    ticket = advance(ticket, (replace(note, id=f"Z{note.id[1:]}"),))
    seen = desk.see(fold(ticket.ref, ticket.events))

    told = seen.first_of(TroubleshootingStepped)

    assert told is not None
    assert seen.newest is told
    assert others(seen, told) == []
    assert seen.first_of(Noted) is None


@pytest.fixture(name="racing")
def _racing(sd: Runner, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Every command is a process whose ids sort before those of the same second."""
    starts = iter(range(0xF000, 0, -100))

    def run(*args: str, **more: Any) -> Result:
        monkeypatch.setattr(base, "_sequence", itertools.count(next(starts)))
        return sd(*args, **more)

    return run


@pytest.mark.parametrize(
    ("type_", "command", "says"),
    [
        ("incident", "step SD-1 --hypothesis h{} --change c --result worked", "h{}"),
        ("incident", "fix SD-1 --what w{} --result worked", "w{}"),
        ("incident", "note SD-1 n{}", "n{}"),
        ("new-service", "filter SD-1 --accept --because b{}", "b{}"),
        ("new-service", "rfc SD-1 --status assessing --reference r{}", "r{}"),
    ],
)
def test_each_command_tells_what_it_added(
    racing: Runner, type_: str, command: str, says: str
) -> None:
    """Of many events of one second, a command tells those that it added (R3d1.2, R3c3.3)."""
    racing("open", "VPN drops", "--user", "ada", "--type", type_, "--service", "vpn")
    if command.startswith("rfc"):
        fields = ("--field", "wanted=x", "--field", "use=y", "--field", "justification=z")
        racing("rfc", "SD-1", "--category", "new-service", *fields)
    for number in range(6):
        head = racing(*command.format(number).split()).stdout.partition("\n")[0]
        assert says.format(number) in head


def test_a_fix_that_is_put_off_tells_its_own(racing: Runner) -> None:
    """The fix and the wait are told, and nothing of others, whatever their ids say (R3d3.1)."""
    racing("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    for name in ("one", "two"):
        racing("note", "SD-1", f"note {name}")
        later = ("--do", "defer", "--until", "2026-12-05")
        said = racing("fix", "SD-1", "--what", f"fix {name}", *later).stdout
        assert f"fix {name}" in said.partition("\n")[0]
        assert "note" not in said
        racing("resume", "SD-1")


def test_what_is_entered_late_is_told(sd: Runner) -> None:
    """A command tells what it added, though others added something that happened after it."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("note", "SD-1", "the newest", at=NOW + timedelta(hours=2))
    late = ("--at", f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")

    said = sd("fix", "SD-1", "--what", "restarted", *late, at=NOW + timedelta(hours=3)).stdout
    assert "restarted" in said.partition("\n")[0]
    said = sd("accept", "SD-1", *late, at=NOW + timedelta(hours=3)).stdout
    assert "the newest" not in said
