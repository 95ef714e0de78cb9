"""Work done by several processes at once gives what one gives."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sdcli.apart import apart, processors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner

_RUN = """
import sys
from sdcli import apart, counting
from sdcli.ledger.tiny import compact
counting._ENOUGH = int(sys.argv.pop(1))
counting.processors = apart.processors = lambda: 3
from sdcli.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")
def test_each_part_is_done_once_and_errors_are_left_to_the_caller() -> None:
    """All parts come back, in whatever order; one that fails comes back empty."""

    def job(index: int) -> bytes:
        if index == 2:
            raise ValueError("not here")
        return b"%d" % (index * index)

    assert dict(apart(job, 4)) == {0: b"0", 1: b"1", 2: None, 3: b"9"}
    assert processors() >= 1


@pytest.mark.parametrize("enough", ["0", "99999"])
@pytest.mark.tiny_home
def test_a_report_is_the_same_however_many_count(
    enough: str, sd: Runner, desk_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three processes count the archives as one does."""
    monkeypatch.setattr("sdcli.ledger.tiny.compact._MOST_CLOSED", 0)
    for month in range(1, 6):
        at = f"2026-0{month}-10T09:00:00Z"
        sd("log", f"a call of month {month}", "--user", "ada", "--minutes", str(month), at=at)
    sd("compact")
    alone = sd("report", "--period", "2026", "--json").stdout

    env = {
        "SDCLI_DESK": str(desk_dir),
        "SDCLI_NOW": "2026-11-23T10:00:00Z",
        "XDG_CACHE_HOME": str(tmp_path / "other"),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-c", _RUN, enough, "report", "--period", "2026", "--json"]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert len(list((desk_dir / "ledger" / "archive").iterdir())) == 5
    assert ran.stdout == alone
    assert not ran.stderr
