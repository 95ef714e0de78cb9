"""`sdcli ledger status`: where the ledger is and how it is, on both homes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.postgres import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


@pytest.mark.both_homes
def test_the_status_of_a_ledger(sd: Runner, sdj: JsonRunner, ledger_home: str) -> None:
    """Place, counts, the newest event, the last check, and what waits are told on both homes."""
    empty = sdj("ledger", "status")
    assert (empty["tickets"], empty["events"], empty["newest"]) == (0, 0, None)
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("accept", "SD-1", at="2026-11-23T10:05:00Z")
    sd("sla-check", at="2026-11-23T10:10:00Z")
    sd("open", "-", stdin=b"\0\0{", expect=8)
    told = sdj("ledger", "status", at="2026-11-23T10:20:00Z")
    assert (told["tickets"], told["events"], told["about"]) == (1, 2, False)
    assert (told["newest"], told["age_s"]) == ("2026-11-23T10:05:00Z", 600)
    assert told["levels_kept"]
    assert told["quarantined"] == 1
    assert told["bytes"] > 500
    text = sd("ledger", "status").stdout
    if ledger_home == "postgresql":
        assert (told["home"], told["role"], told["months"]) == (
            "postgresql",
            "primary",
            2,
        )  # the next one is made ahead
        assert told["server"].startswith("PostgreSQL ")
        assert "primary; schema version 1" in text
    else:
        assert (told["home"], told["role"], told["server"]) == ("folder", None, None)
        assert "Format:    2" in text


@pytest.mark.both_homes
def test_a_password_is_not_shown(sd: Runner, desk_dir: Path, ledger_home: str) -> None:
    """Whatever the address holds, it is told without its password."""
    if ledger_home == "tiny":
        return
    where = (desk_dir / "settings.yaml").read_text(encoding="utf-8").removeprefix("ledger: ")
    secret = {"SDCLI_LEDGER": where.strip().replace("postgres@", "postgres:s3cret@")}
    for args in (("ledger", "status"), ("ledger", "status", "--json"), ("ledger", "init")):
        assert "s3cret" not in sd(*args, env=secret).output


def test_a_standby_says_so(server: Server, sdj: JsonRunner, tmp_path: Path) -> None:
    """On a standby the status tells that it is one, and how far it is behind; the primary knows it."""
    name = "standby_status"
    primary = {"SDCLI_LEDGER": f"{server.url}&schema={name}"}
    sdj("ledger", "init", env=primary)
    sdj("open", "x", "--user", "ada", env=primary)
    standby = Server(server.folder.parent / f"sdcli-standby-{tmp_path.name}", port=5499)
    try:
        standby.run("pg_basebackup", "-D", str(standby.data), "-R", "-X", "stream", "-c", "fast",
                    "-h", str(server.folder), "-p", str(server.port), "-U", "postgres")  # fmt: skip
        standby.configure()
        standby.start()
        told = sdj("ledger", "status", env={"SDCLI_LEDGER": f"{standby.url}&schema={name}"})
        assert (told["role"], told["tickets"]) == ("standby", 1)
        assert told["lag_s"] is not None
        assert len(sdj("ledger", "status", env=primary)["standbys"]) == 1
    finally:
        standby.stop("immediate")
        shutil.rmtree(standby.folder)
        server.ask(f"DROP SCHEMA {name} CASCADE")
