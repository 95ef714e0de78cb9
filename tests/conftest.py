"""Fixtures: a desk in a temporary directory, a runner for commands, and a clock that stands."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from sdcli.cli import cli
from sdcli.desk import Desk
from sdcli.policy.load import read_policy

if TYPE_CHECKING:
    from sdcli.policy.model import Policy

REPOSITORY = Path(__file__).parent.parent
CASES = REPOSITORY.parent / "shared" / "cases"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
"""A Monday in working hours."""

FORMATS = {"alertmanager", "generic", "syslog", "grafana", "nagios", "nagios-mail", "icinga-mail"}
"""The alert formats that the desks of tests have."""

settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("default")


class Runner(Protocol):
    """Runs one command on the desk of the test, as a person would type it."""

    def __call__(
        self,
        *args: str,
        at: datetime | str = NOW,
        stdin: str | bytes = "",
        expect: int = 0,
        env: dict[str, str] | None = None,
    ) -> Result:
        """Run it at an instant, with this standard input, and expect this exit code."""


class JsonRunner(Protocol):
    """As `Runner`, with `--json`; gives the document."""

    def __call__(
        self,
        *args: str,
        at: datetime | str = NOW,
        stdin: str | bytes = "",
        expect: int = 0,
        env: dict[str, str] | None = None,
    ) -> Any:
        """Run it and decode what it prints."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and no test leaves a cache behind."""
    for name in ("SDCLI_DESK", "SDCLI_NOW", "SDCLI_USER", "SDCLI_LOCK_WAIT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _most_formats(folder: str, names: list[str]) -> list[str]:
    """The alert formats that a test does without: reading all of them takes most of a second."""
    is_theirs = folder.endswith("/catalog/intake")
    return [name for name in names if is_theirs and name.partition(".")[0] not in FORMATS]


@pytest.fixture(name="desk_dir")
def _desk_dir(tmp_path: Path) -> Path:
    """A desk with the starter's files and no ledger yet; of the alert formats it has a few.

    Its service levels are as `plain` leaves them.
    """
    root = tmp_path / "desk"
    root.mkdir()
    shutil.copytree(REPOSITORY / "catalog", root / "catalog", ignore=_most_formats)
    shutil.copytree(REPOSITORY / "kb", root / "kb")
    path = root / "sla_policies.yaml"
    path.write_bytes(plain((REPOSITORY / "sla_policies.yaml").read_bytes()))
    return root


def plain(policies: bytes) -> bytes:
    """The starter's `sla_policies.yaml` with less to say, so that literal figures stay few.

    Two targets for each priority, and who hears it is named without asking the roster. What is
    left out has tests of its own, which put it in.
    """
    text = re.sub(rb"(?: update: [^,}]+,|, usual: [^,}]+)", b"", policies)
    roles = {b"warning": b"assignee, queue-lead"}
    roles[b"breach"] = roles[b"warning"] + b", service-owner, desk-manager"
    for stage, named in roles.items():
        text = re.sub(rb"(?m)^(  %s: )\[.*\]$" % stage, rb"\1[%s]" % named, text)
    left_out = rb"(?m)^(?:  check_every: .*|on_reopen: .*)\n"
    return re.sub(left_out, b"#\n", text)  # every line keeps its number


@pytest.fixture(name="desk")
def _desk(desk_dir: Path) -> Desk:
    """The desk opened by the technician ben, at `NOW`."""
    return Desk(str(desk_dir), by="ben", now=NOW, cache="", wait_s=5)


@pytest.fixture(name="policy", scope="session")
def _policy() -> Policy:
    """The starter's policy, as `plain` leaves it."""
    text = (REPOSITORY / "sla_policies.yaml").read_bytes()
    return read_policy(str(REPOSITORY), {"sla_policies.yaml": plain(text)})


@pytest.fixture(name="sd")
def _sd(desk_dir: Path) -> Runner:
    """A runner that asserts the exit code and shows the output if it is another."""

    def run(
        *args: str,
        at: datetime | str = NOW,
        stdin: str | bytes = "",
        expect: int = 0,
        env: dict[str, str] | None = None,
    ) -> Result:
        now = at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"
        settings = {"SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben", "SDCLI_NOW": now}
        result = CliRunner().invoke(
            cli, list(args), env={**settings, **(env or {})}, input=stdin, prog_name="sdcli"
        )
        assert result.exit_code == expect, f"{result.output}\n{result.exception!r}"
        return result

    return run


@pytest.fixture(name="sdj")
def _sdj(sd: Runner) -> JsonRunner:
    """A runner of commands that print JSON."""

    def run(
        *args: str,
        at: datetime | str = NOW,
        stdin: str | bytes = "",
        expect: int = 0,
        env: dict[str, str] | None = None,
    ) -> Any:
        ran = sd(*args, "--json", at=at, stdin=stdin, expect=expect, env=env)
        return json.loads(ran.stdout)

    return run


@pytest.fixture(name="alerts")
def _alerts() -> dict[str, Any]:
    """An Alertmanager document with two firing alerts."""
    document: dict[str, Any] = json.loads(
        (REPOSITORY / "examples" / "alertmanager.json").read_text(encoding="utf-8")
    )
    return document
