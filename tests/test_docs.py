"""Documentation that cannot drift: what it names exists, and what exists is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest

from sdcli.commands import COMMANDS
from sdcli.errors import EXIT_CODES
from sdcli.intake.outcome import Action
from sdcli.policy.agreements import Recipient
from sdcli.policy.load import read_formats
from sdcli.render import history
from sdcli.sla.duty import Why
from sdcli.tickets.lifecycle import LIFECYCLE, PROBLEM_LIFECYCLE
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONTRACT = (REPOSITORY / "docs" / "design" / "contract.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_row(name: str) -> None:
    """The README's table names each command with its summary."""
    assert f"| `sdcli {name}` | {COMMANDS[name].summary} |" in README


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_has_a_row(code: int) -> None:
    """The README's table gives each exit code its meaning."""
    assert f"| {code} | {EXIT_CODES[code]} |" in README


def test_the_readme_counts_the_systems() -> None:
    """As many systems as the README says have a format, each counted once (R1a.2)."""
    formats = read_formats(str(REPOSITORY))
    systems = {each.source.otherwise or name for name, each in formats.items()}
    said = re.search(r"more than (\d+) systems", README)
    assert said
    assert int(said.group(1)) < len(systems) <= int(said.group(1)) + 20


def test_every_action_is_explained() -> None:
    """The contract says what each action of `open` means."""
    for action in get_args(Action):
        assert f"`{action}`" in CONTRACT


def test_the_two_commands_come_first() -> None:
    """`make demo` and `make test` stand before anything else that can be typed."""
    first = re.search(r"```\n(.*?)```", README, re.DOTALL)

    assert first
    assert re.findall(r"^make (\w+)", first[1], re.MULTILINE) == ["demo", "test"]


@pytest.mark.parametrize(
    "page", [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_kind_of_event_has_a_sentence() -> None:
    """No kind of event without a sentence for people."""
    kinds = {event.__struct_config__.tag for event in history.TOLD}

    assert kinds == {"opened", *LIFECYCLE, *PROBLEM_LIFECYCLE}


def test_every_reason_for_a_duty_is_explained() -> None:
    """The contract says what each `why` of `on-call` means."""
    for why in get_args(Why):
        assert f"| `{why}` |" in CONTRACT


def test_every_recipient_is_explained() -> None:
    """The page on duty says who has each role of alerts (R5b.2-3)."""
    page = (REPOSITORY / "docs" / "duty.md").read_text(encoding="utf-8")

    for role in get_args(Recipient):
        assert f"| `{role}` |" in page
