"""A request that is resolved or closed while its procedure is not over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

PASSWORD = ("open", "locked out", "--user", "ada", "--type", "fulfilment")


@pytest.fixture
def begun(sd: Runner) -> Runner:
    """A request at step 2 of 4 of its procedure."""
    sd(*PASSWORD, "--service", "identity", "--feature", "password")
    sd("accept", "1")
    sd("fulfil", "1", "unlock-account", "--met", "all", "--step", "1:done")
    return sd


def test_nobody_overlooks_open_steps(begun: Runner) -> None:
    """Resolving and closing is done, and says which steps are open and how to end them (R3b.2)."""
    told = begun("resolve", "1", "--code", "fulfilled").stdout
    again = begun("close", "1", "--confirmed-by", "ada", "--via", "phone").stdout

    for text in (told, again):
        assert "3 of 4 steps are open in unlock-account: 2, 3, 4." in text
        assert "`sdcli fulfil SD-1 --all-done --done`" in text
        assert "`sdcli fulfil SD-1 --abandon`" in text


@pytest.mark.parametrize("end", [("--all-done", "--done"), ("--abandon",)])
def test_it_can_be_ended_afterwards(end: tuple[str, ...], begun: Runner, sdj: JsonRunner) -> None:
    """What the note names can be done, leaves the request closed, and ends the remark (R3b.2)."""
    begun("close", "1", "--code", "fulfilled", "--confirmed-by", "ada", "--via", "phone")

    hints = begun("fulfil", "1", *end).stderr

    shown = sdj("show", "1")
    assert shown["status"] == "closed"
    assert shown["fulfilment"]["state"] == ("abandoned" if end == ("--abandon",) else "fulfilled")
    assert "sdcli resolve" not in hints
    begun("fulfil", "1", "--step", "1:done", expect=4)  # nothing is begun afterwards


def test_no_program_starts_afterwards(begun: Runner) -> None:
    """A program does something in the world: only while somebody works on the request (R0.8)."""
    begun("resolve", "1", "--code", "fulfilled")

    assert "so `fulfil` does not apply" in begun("fulfil", "1", "--run", expect=4).stderr


def test_nobody_is_told_to_resolve_too_soon(begun: Runner) -> None:
    """While the procedure goes on, that is what comes next; afterwards it is resolving (R0.7)."""
    during = begun("note", "1", "x").stderr
    answers = ("--answer", "looked=no", "--answer", "step=later")
    led = begun("guide", "1", "--plan", *answers).stdout
    begun("fulfil", "1", "--all-done", "--done")
    after = begun("note", "1", "y").stderr

    assert "sdcli resolve" not in during
    assert "Next: sdcli fulfil SD-1   # goes on" in during
    assert "sdcli resolve" not in led
    assert "$ sdcli fulfil SD-1 --abandon" in led
    assert "sdcli resolve SD-1" in after
