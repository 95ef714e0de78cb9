"""What a command on a server imports before it does anything: start-up time is a feature."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner

LOADED = """
import sys
from sdcli.ledger.postgres import home, way
way.driver_of()
print(sorted({"ssl", "hashlib", "sdcli.ledger.interface", "sdcli.ledger.postgres.schema"} & {*sys.modules}))
import ssl
print(ssl.create_default_context().check_hostname)
"""


def test_the_driver_comes_alone() -> None:
    """The driver is loaded without `ssl`, which it has no need of, and `ssl` can be had afterwards."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout.split("\n")) == (0, ["[]", "True", ""]), ran.stderr


@pytest.mark.parametrize("args", ["open VPN --user ada --new", "list", "show SD-1"])
@pytest.mark.both_homes
def test_a_command_imports_what_it_needs(desk_dir: Path, sd: Runner, args: str) -> None:
    """What is known of every home, and what is the other home's, is not imported every day."""
    sd("open", "Mail is slow", "--user", "ada", "--new")
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sdcli", *args.split()],
        env={**os.environ, "SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    homes = {each for each in ("tiny", "postgres") if f"sdcli.ledger.{each}.home" in loaded}
    assert len(homes) == 1
    idle = {"sdcli.ledger.interface", "sdcli.ledger.closed"}
    idle |= {"sdcli.ledger.host"} if homes == {"tiny"} else {"sdcli.ledger.postgres.schema"}
    assert sorted(loaded & idle) == []
