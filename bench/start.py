"""Whole-process times of everyday commands, beside `python -c "import click"`, in one run.

The desk has 1,000 open tickets. Each command runs in turn, round after round, so that a noisy
moment hits all of them; the figures are medians, and the ratios are what can be compared.
Run by `make bench`, in an environment that holds the installed wheel.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

TICKETS = 1000
ROUNDS = 21
AIM = {"open": 1.6, "show": 1.6}

BIN = Path(sys.executable).parent
SDCLI = str(BIN / "sdcli")


def environment(work: Path) -> dict[str, str]:
    """A user's environment: compiled modules are kept, as after any installation."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    desk = {"SDCLI_DESK": str(work / "desk"), "SDCLI_USER": "ben"}
    return {**env, **desk, "XDG_CACHE_HOME": str(work / "cache")}


def make_desk(work: Path, env: dict[str, str]) -> None:
    """A desk with open tickets of about 1.2 kB, some with a few events."""
    subprocess.run([SDCLI, "init", str(work / "desk")], env=env, check=True, capture_output=True)
    old = time.time() - 3600
    for path in (work / "desk").rglob("*.yaml"):
        os.utime(path, (old, old))
    items = [
        {
            "summary": f"Request {number}: the report of last month is not complete",
            "user": "ada",
            "type": "incident",
            "service": "erp",
            "details": "It was seen in the morning by several people in finance. " * 10,
        }
        for number in range(TICKETS)
    ]
    stream = "\n".join(map(json.dumps, items))
    run([SDCLI, "open", "-"], env, stream)
    time.sleep(2.5)  # so that the files count as settled and are cached
    run([SDCLI, "list", "--limit", "1"], env)


def run(command: list[str], env: dict[str, str], stdin: str = "") -> float:
    """Seconds that a command took; it must succeed."""
    begun = time.perf_counter()
    subprocess.run(command, env=env, input=stdin, text=True, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print a table in Markdown."""
    python = str(BIN / "python")
    cases = {
        "import click": [python, "-c", "import click"],
        "--version": [SDCLI, "--version"],
        "open": [SDCLI, "open", "The report is not complete", "--user", "ada"],
        "show": [SDCLI, "show", "500"],
        "list": [SDCLI, "list"],
        "list --limit 50": [SDCLI, "list", "--limit", "50"],
        "sla-check": [SDCLI, "sla-check"],
        "search-kb": [SDCLI, "search-kb", "report runs for hours"],
    }
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        make_desk(Path(folder), env)
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, command in cases.items():
                times[name].append(run(command, env))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    floor = medians["import click"]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, Python {platform.python_version()}, ", end="")
    print(f"{os.cpu_count()} cores, {TICKETS} open tickets, median of {ROUNDS} rounds\n")
    print("| command | ms | ratio | aim |\n|---|---|---|---|")
    for name, seconds in medians.items():
        aim = AIM.get(name, "")
        print(f"| `{name}` | {seconds * 1000:.0f} | {seconds / floor:.2f} | {aim} |")


if __name__ == "__main__":
    main()
