"""The page on alerts cannot drift: what it shows is taken by `lint`, what there is is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from sdcli.commands import SUBCOMMANDS
from sdcli.notify.message import Message
from sdcli.policy.routes import ARGUMENTS, KINDS, Deliver, Route
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner

PAGE = (REPOSITORY / "docs" / "alerts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
TEMPLATES = re.findall(r"```jinja\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_lint_takes_what_the_page_shows(block: str, desk_dir: Path, sdj: JsonRunner) -> None:
    """Each piece of YAML, put into the starter's file, is sound, with the template beside it."""
    policies = desk_dir / "sla_policies.yaml"
    shown = yaml.safe_load(block)
    lines = policies.read_text(encoding="utf-8").rstrip("#\n").splitlines()
    assert lines[-1].startswith("  ")  # the file ends within `alerts`
    deliver = yaml.safe_dump({"deliver": shown["alerts"]["deliver"]}, default_flow_style=True)
    routes = yaml.safe_dump({"routes": shown["routes"]})
    policies.write_text("\n".join([*lines, f"  {deliver.strip()[1:-1]}", routes]))
    (desk_dir / "templates").mkdir()
    (desk_dir / "templates" / "alert.txt.j2").write_text(TEMPLATES[0])

    assert sdj("lint")["ok"]


def test_the_page_tells_everything() -> None:
    """Every key of a route and of `deliver`, every name of a template, every command."""
    for name in (*Route.__struct_fields__, *KINDS, *Deliver.__struct_fields__):
        assert name == "place" or f"`{name}`" in PAGE, name
    for name in (*Message.__struct_fields__, "title"):
        assert f"`{name}`" in PAGE, name
    for name in ARGUMENTS:
        assert f"`{{{name}}}`" in PAGE, name
    for name in SUBCOMMANDS["sla"]:
        assert name not in ("deliver", "deliveries", "test-route") or f"sdcli sla {name}" in PAGE


def test_the_defaults_are_those_of_the_page() -> None:
    """What the page calls the values of a route that says nothing."""
    retry = Route(via="terminal").retry

    assert (retry.first, retry.most, retry.give_up_after) == (60, 3600, 24 * 3600)
    assert "retry: {first: 1m, most: 1h, give_up_after: 24h}" in PAGE
