"""Help that teaches: summaries, examples, hints, groups, completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click
import pytest

from sdcli.commands import COMMANDS, STAGES, SUBCOMMANDS, module_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner
    from tests.homes import Storage


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_summary_and_example(name: str, sd: Runner) -> None:
    """The first line of a command's help is its summary, and an example follows."""
    command = import_module(f"sdcli.commands.{module_of(name)}").command
    assert isinstance(command, click.Command)
    assert (command.help or "").splitlines()[0] == COMMANDS[name].summary

    shown = sd(name, "--help").stdout

    assert "Example" in shown
    assert re.search(rf"sdcli (--desk \S+ )?{name}", shown.split("Example")[1])
    assert "--json" in shown


NESTED = [(group, name) for group, names in SUBCOMMANDS.items() for name in names]


@pytest.mark.parametrize(("group", "name"), NESTED)
def test_every_nested_command_has_summary_and_example(group: str, name: str, sd: Runner) -> None:
    """A command of a group has its summary in the register, help for its options, an example."""
    module = import_module(f"sdcli.commands.{group}_{name.replace('-', '_')}")
    assert (module.command.help or "").splitlines()[0] == SUBCOMMANDS[group][name]
    for param in module.command.params:
        assert not isinstance(param, click.Option) or param.help, f"{group} {name} {param.opts}"

    shown = sd(group, name, "--help").stdout

    assert f"sdcli {group} {name}" in shown.split("Example")[1]
    assert "--json" in shown
    assert SUBCOMMANDS[group][name] in sd(group, "--help").stdout


def test_a_misspelt_nested_command_gets_a_suggestion(sd: Runner) -> None:
    """The near command of the group is named."""
    assert "Did you mean 'explain'?" in sd("sla", "explian", expect=2).stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    """No option without help."""
    command = import_module(f"sdcli.commands.{module_of(name)}").command

    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{name} {param.opts}"


def test_help_groups_by_stage_in_the_order_of_work(sd: Runner) -> None:
    """`sdcli --help` follows the process, not the alphabet."""
    shown = sd("--help").stdout

    places = [shown.index(f"{stage}:") for stage in STAGES]
    assert places == sorted(places)
    names = [shown.index(f"\n  {name} ") for name in COMMANDS]
    assert names == sorted(names)


def test_no_command_at_all_shows_the_help(sd: Runner) -> None:
    """A bare `sdcli` is led to the help, not told off."""
    shown = sd(expect=2).stderr

    assert shown.startswith("Usage: sdcli")


@pytest.mark.parametrize(
    ("typed", "meant"), [("clsoe", "close"), ("sla_check", "sla-check"), ("escalte", "escalate")]
)
def test_a_misspelt_command_gets_a_suggestion(sd: Runner, typed: str, meant: str) -> None:
    """The near command is named."""
    assert f"Did you mean '{meant}'" in sd(typed, expect=2).stderr


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (["open", "x", "--user", "ada", "--service", "vnp"], "vpn"),
        (["escalate", "1", "--to", "netwrk", "--reason", "x"], "network"),
        (["assign", "1", "--to", "gretta"], "greta"),
        (["resolve", "1", "--code", "solvd"], "solved"),
        (["open", "x", "--usr", "ada"], "--user"),
    ],
)
def test_a_misspelt_value_gets_a_suggestion(sd: Runner, args: list[str], meant: str) -> None:
    """The near service, queue, person, code or option is named."""
    expect = 2 if "--usr" in args else 3

    assert meant in sd(*args, expect=expect).stderr


def test_after_a_change_the_next_step_is_told(sd: Runner) -> None:
    """A person is led through the process; the hints go to stderr."""
    assert "sdcli classify SD-1" in sd("open", "VPN drops", "--user", "ada").stderr
    classified = sd("classify", "1", "--type", "incident", "--service", "vpn")
    assert "sdcli accept SD-1" in classified.stderr
    assert "sdcli search-kb --ticket SD-1" in sd("accept", "1").stderr
    assert "sdcli close SD-1" in sd("resolve", "1", "--code", "solved").stderr


def _complete(desk_dir: Path, line: str) -> list[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    env = {
        "PATH": os.environ["PATH"],
        "SDCLI_DESK": str(desk_dir),
        "_SDCLI_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "sdcli"], env=env, capture_output=True, text=True, check=True
    )
    assert not ran.stderr
    return [row.split(",", 1)[1] for row in ran.stdout.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sdcli cl", ["classify", "close"]),
        ("sdcli show ", ["SD-1"]),
        ("sdcli show 1", ["SD-1"]),
        ("sdcli open x --service v", ["vpn", "virtual-desktop"]),
        ("sdcli escalate SD-1 --to net", ["network"]),
        ("sdcli close SD-1 --code so", ["solved"]),
        ("sdcli wait SD-1 --for v", ["vendor"]),
        ("sdcli list --status wa", ["waiting"]),
        ("sdcli calendar due b", ["business-hours"]),
    ],
)
def test_completion_reads_the_desk(
    sd: Runner, desk_dir: Path, line: str, offered: list[str]
) -> None:
    """References, services, queues and codes are completed from the desk."""
    sd("open", "VPN drops", "--user", "ada")

    assert _complete(desk_dir, line) == offered


@pytest.mark.parametrize("file", ["sla_policies.yaml", ""], ids=["policy", "ledger"])
def test_completion_is_silent_on_a_broken_desk(
    sd: Runner, desk_dir: Path, file: str, storage: Storage
) -> None:
    """A desk that cannot be read offers nothing and prints no error."""
    sd("open", "VPN drops", "--user", "ada")
    if file:
        (desk_dir / file).write_text("{broken")
    else:
        storage.damage()

    assert isinstance(_complete(desk_dir, "sdcli show "), list)
    assert isinstance(_complete(desk_dir, "sdcli open x --service v"), list)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    """Each shell's script can be printed."""
    env = {"PATH": os.environ["PATH"], "_SDCLI_COMPLETE": f"{shell}_source"}

    ran = subprocess.run(
        [sys.executable, "-m", "sdcli"], env=env, capture_output=True, text=True, check=True
    )

    assert "_SDCLI_COMPLETE" in ran.stdout
