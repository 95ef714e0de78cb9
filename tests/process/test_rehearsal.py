"""Rehearsals: what a command would add, and that nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.desk import Desk
from sdcli.tickets import steps
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def test_several_commands_are_rehearsed_as_one_is(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What is one unit of work is abandoned whole, also before anything was read (R0.7)."""
    sd("open", "VPN drops", "--user", "ada")
    desk = Desk(str(desk_dir), by="ben", now=NOW, cache="", wait_s=5, rehearses=True)

    with desk.together():
        desk.change("SD-1", steps.accept)
        desk.change("SD-1", steps.note, text="on my way")
    added = desk.rehearsal()

    assert [event.__struct_config__.tag for _, event in added] == ["accepted", "noted"]
    assert [each["kind"] for each in sdj("history", "1")] == ["opened"]
