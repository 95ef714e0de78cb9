"""What one command on many tickets takes: import, bulk, undo, a query; whole processes."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_TICKETS, _ROUNDS = 2000, 3
_SDCLI = Path(sys.executable).with_name("sdcli")
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("import", "tickets.jsonl"),
    ("bulk", "service:vpn", "--dry-run", "--", "assign", "--to", "greta"),
    ("bulk", "service:vpn", "--yes", "--", "assign", "--to", "greta"),
    ("undo", "5", "--all"),
    ("list", "sla>50", "age>1d", "--limit", "3"),
)


def _tickets() -> str:
    """Open incidents of one service, as `sdcli import` takes them."""
    fields = {"queue": "network", "priority": "P3", "requester": "ada", "service": "vpn"}
    mark = {"kind": "opened", "at": "2026-11-20T10:00:00Z", "by": "ben", "type": "incident"}
    events = ([{**mark, **fields, "summary": f"VPN drops {n}"}] for n in range(_TICKETS))
    lines = ({"source": f"bench/{n}", "events": each} for n, each in enumerate(events))
    return "\n".join(map(json.dumps, lines))


def _run(desk: Path, command: tuple[str, ...]) -> float:
    """Seconds that a command takes, from start to exit."""
    env = {**os.environ, "SDCLI_DESK": str(desk), "SDCLI_USER": "ben"}
    begun = time.perf_counter()
    subprocess.run([_SDCLI, *command], env=env, cwd=desk, capture_output=True, check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Print the median of some rounds for each command, each round on a new desk."""
    took: dict[tuple[str, ...], list[float]] = {}
    for _ in range(_ROUNDS):
        folder = Path(tempfile.mkdtemp())
        desk = folder / "desk"
        subprocess.run([_SDCLI, "init", desk], capture_output=True, check=True)
        (desk / "tickets.jsonl").write_text(_tickets(), encoding="utf-8")
        time.sleep(2.5)  # files that are younger are read anew each time
        for command in _COMMANDS:
            took.setdefault(command, []).append(_run(desk, command))
        shutil.rmtree(folder)
    for command, seconds in took.items():
        print(f"{statistics.median(seconds):6.2f} s  sdcli {' '.join(command)}")


if __name__ == "__main__":
    main()
