"""Commands of one second: scripts are faster than clocks with whole seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.render.tries import first_of, others
from sdcli.tickets import steps
from sdcli.tickets.base import Stamp
from sdcli.tickets.event import Noted, TroubleshootingStepped
from sdcli.tickets.incident import try_out
from sdcli.tickets.ticket import advance
from tests.conftest import NOW

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from tests.conftest import Runner


def test_what_is_told_of_a_step_is_its_own(sd: Runner, desk: Desk) -> None:
    """An event that another process made in the same second is not told as part of it (R3d1.2)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    ticket, stamp = desk.ledger.get("SD-1"), Stamp(NOW, "ben", act=7)
    (note,) = steps.note(ticket, Stamp(NOW, "greta", act=8), text="on my way")
    ticket = advance(ticket, (replace(note, id=f"Z{note.id[1:]}"),))
    ticket = advance(ticket, try_out(ticket, stamp, hypothesis="a loop", change="the dock"))

    told = first_of(ticket, TroubleshootingStepped)

    assert told is not None
    assert others(ticket, told) == []
    assert first_of(ticket, Noted) is None
