"""From an alert to its closure with real processes, as a script and as many hands at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tinydb import TinyDB

from tests.conftest import REPOSITORY
from tests.homes import Storage, TinyStorage, tickets_of


def _environment(desk_dir: Path) -> dict[str, str]:
    """The environment of a script that finds the `sdcli` of these tests."""
    programs = str(Path(sys.executable).parent)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(desk_dir.parent),
        "SDCLI_DESK": str(desk_dir),
        "SDCLI_USER": "ben",
    }


def test_a_script_with_json_only(desk_dir: Path, tmp_path: Path) -> None:
    """A shell script carries a piped alert to its closure and gets one warning, one breach."""
    script = [str(REPOSITORY / "tests" / "scenario.sh")]
    alert = str(REPOSITORY / "examples" / "alertmanager.json")

    ran = subprocess.run(
        ["sh", *script, alert],
        env=_environment(desk_dir),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.splitlines()[-1:]) == (0, ["ok"]), ran.stderr


def test_sixteen_hands_at_once(desk_dir: Path, storage: Storage) -> None:
    """16 shells opening 25 tickets each leave 400 tickets with 400 different references."""
    loop = 'for n in $(seq 25); do sdcli open "from $1, number $n" --user ada --json; done'
    shells = [
        subprocess.Popen(
            ["sh", "-ec", loop, "sh", str(number)],
            env=_environment(desk_dir) | {"SDCLI_LOCK_WAIT": "120"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(16)
    ]
    answers = [shell.communicate()[0] for shell in shells]

    assert [shell.returncode for shell in shells] == [0] * 16
    refs = [json.loads(line)["ref"] for answer in answers for line in answer.splitlines()]
    assert len(refs) == len(set(refs)) == 400
    assert {ticket.ref for ticket in tickets_of(storage)} == set(refs)
    if isinstance(storage, TinyStorage):  # stock TinyDB reads them all, once the journal is folded
        storage.ledger().compact()
        with TinyDB(storage.folder / "tickets.json", access_mode="r") as ledger:
            rows = ledger.table("tickets").all()
        assert {row["ref"] for row in rows} == set(refs)


def test_cron_without_a_home(desk_dir: Path) -> None:
    """With the bare environment of a cron job, `sla-check` works and writes nothing odd."""
    program = Path(sys.executable).parent / "sdcli"

    ran = subprocess.run(
        [str(program), "--desk", str(desk_dir), "sla-check", "--json"],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[]\n", "")


@pytest.mark.skipif(shutil.which("sh") is None, reason="the demo is a shell script")
def test_the_demo_and_the_readme_agree() -> None:
    """What the README shows is what the demo prints, and its tables are the code's."""
    env = _environment(REPOSITORY)
    check = [sys.executable, str(REPOSITORY / "tools" / "readme.py"), "--check"]

    ran = subprocess.run(check, env=env, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, f"run `make docs`: {ran.stderr}"
