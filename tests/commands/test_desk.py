"""Finding a desk, starting one, and checking its files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sdcli.cli import cli
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


FAR = ("9999-12-31T23:00:00Z", "0001-01-01T00:00:00Z", "1960-01-01T00:00:00Z")


def _run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(args), prog_name="sdcli")
    return result.exit_code, result.output


def test_init_makes_a_working_desk(tmp_path: Path) -> None:
    """A new desk holds the files of the repository, is sound, and can be used at once."""
    desk = tmp_path / "a desk"

    code, told = _run("init", str(desk))

    assert code == 0
    assert "sdcli lint" in told
    for name in (
        "sla_policies.yaml",
        "catalog/services.yaml",
        "kb/KB-101-password-forgotten-account-locked.yaml",
    ):
        assert (desk / name).read_bytes() == (REPOSITORY / name).read_bytes()
    assert _run("--desk", str(desk), "lint")[0] == 0
    assert _run("--desk", str(desk), "open", "x y", "--user", "ada")[0] == 0
    assert (desk / ".gitignore").read_text().splitlines() == [
        "/ledger/",
        "/catalog/people.yaml.before-*",
    ]


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A second init is refused and leaves every file as it is."""
    _run("init", str(tmp_path))
    mine = tmp_path / "sla_policies.yaml"
    mine.write_text("mine")

    code, told = _run("init", str(tmp_path))

    assert code == 4
    assert "never overwrites" in told
    assert mine.read_text() == "mine"


@pytest.mark.tiny_home
def test_the_nearest_desk_above_is_used(desk_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of the desk, the desk is found."""
    inside = desk_dir / "catalog" / "deep" / "er"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)

    assert _run("open", "x y", "--user", "ada")[0] == 0
    assert (desk_dir / "ledger" / "tickets.json").exists()


def test_no_desk_names_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, the error names the place and `sdcli init`."""
    monkeypatch.chdir(tmp_path)

    code, told = _run("list")

    assert code == 3
    assert str(tmp_path) in told
    assert "sdcli init" in told


def test_a_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the directory has been removed there is no desk, and that is what is said."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert _run("list")[0] == 3


@pytest.mark.parametrize("first", [True, False])
def test_desk_may_be_named_before_or_after(desk_dir: Path, first: bool) -> None:
    """`--desk` works on both sides of the command and wins over SDCLI_DESK."""
    option = ["--desk", str(desk_dir)]
    args = [*option, "list", "--json"] if first else ["list", *option, "--json"]

    result = CliRunner().invoke(cli, args, env={"SDCLI_DESK": "/nowhere"}, prog_name="sdcli")

    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_a_named_directory_must_be_a_desk(desk_dir: Path) -> None:
    """A name below a desk is no desk: what is named is meant."""
    assert _run("--desk", str(desk_dir / "catalog"), "list")[0] == 3


def test_lint_reports_everything_at_once(sd: Runner, desk_dir: Path) -> None:
    """Wrong things in several files are all in one answer, with file and line."""
    teams = desk_dir / "catalog" / "teams.yaml"
    teams.write_text(teams.read_text().replace("lead: greta", "lead: gretel"))
    article = desk_dir / "kb" / "KB-110-printer-offline.yaml"
    article.write_text(article.read_text().replace("owner: ", "ownr: ", 1))
    policies = desk_dir / "sla_policies.yaml"
    policies.write_text(policies.read_text().replace('mon: ["08:00-18:00"]', "mon: [17:30]", 1))

    result = sd("lint", "--json", expect=5)

    error = json.loads(result.stderr.splitlines()[-1])["error"]
    files = [problem["file"] for problem in error["problems"]]
    assert set(files) == {
        "sla_policies.yaml",
        "catalog/teams.yaml",
        "kb/KB-110-printer-offline.yaml",
    }
    assert "1050" in result.stderr
    assert "gretel" in result.stderr


def test_lint_counts(sdj: JsonRunner) -> None:
    """A sound desk is told with what was counted."""
    counts = sdj("lint")["counts"]

    assert counts["services"] >= 15
    assert counts["articles"] >= 30


@pytest.mark.parametrize("now", ["yesterday", "2026-11-22T09:00:00", "2026-13-01T00:00:00Z", *FAR])
def test_a_wrong_clock_is_told(sd: Runner, now: str) -> None:
    """SDCLI_NOW must be an instant with its zone."""
    assert "SDCLI_NOW" in sd("open", "x", "--user", "ada", at=now, expect=2).stderr


@pytest.mark.parametrize("wait", ["-1", "soon", "nan", "1e9"])
def test_a_wrong_wait_is_told(sd: Runner, wait: str) -> None:
    """SDCLI_LOCK_WAIT must be a sensible number of seconds."""
    result = sd("open", "x", "--user", "ada", env={"SDCLI_LOCK_WAIT": wait}, expect=2)

    assert "SDCLI_LOCK_WAIT" in result.stderr


@pytest.mark.parametrize(
    ("given", "ref"), [("1", "SD-1"), ("sd-1", "SD-1"), ("SD-1", "SD-1"), ("SD-001", "SD-1")]
)
def test_references_are_read_leniently(sd: Runner, sdj: JsonRunner, given: str, ref: str) -> None:
    """`SD-42`, `sd-42` and `42` mean the same ticket."""
    sd("open", "x", "--user", "ada")

    assert sdj("show", given)["ref"] == ref


@pytest.mark.parametrize("given", ["0", "x", "SD-", "-1", "1.5", "SD-1; rm", "1\u0661"])
def test_what_is_no_reference_is_misuse(sd: Runner, given: str) -> None:
    """Anything else is told with how to write one."""
    sd("show", "--", given, expect=2)


def test_bytes_that_are_not_utf8_do_no_harm(desk_dir: Path) -> None:
    """An argument in another encoding is recorded with replacement marks."""
    env = {"SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben", "HOME": str(desk_dir)}
    command = [sys.executable.encode(), b"-m", b"sdcli", b"open", b"caf\xe9", b"--user", b"ada"]

    ran = subprocess.run(command, env=env, capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert "caf\ufffd".encode() in ran.stdout
