"""What all benchmarks share: whole processes, rounds, medians, tables and facts of the machine.

A process is measured by a small launcher between it and the benchmark. The system counts what the
parent held at the moment of the start as memory of the child; with the launcher that is always a
bare interpreter (about 10 MB), however much the benchmark itself has in memory. Peaks below that
cannot be told apart. The launcher's own start is not part of the time.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

MEGABYTE = 1024 * 1024
_UNIT_OF_PEAK = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes elsewhere

_LAUNCHER = """
import json, os, sys, time
answer = int(sys.argv[1])
os.set_inheritable(answer, False)
begun = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - begun
code = os.waitstatus_to_exitcode(status)
cpu = usage.ru_utime + usage.ru_stime
with open(answer, "w") as stream:
    json.dump([code, seconds, cpu, usage.ru_maxrss], stream)
"""


class CommandFailedError(Exception):
    """A measured command could not start or ended with an exit code that nobody expected."""

    def __init__(self, command: Sequence[str], code: int | None, stderr: str) -> None:
        how = "could not be started" if code is None else f"ended with {code}"
        super().__init__(f"{' '.join(command)[:200]} {how}: {stderr.strip()[-2000:]}")


@dataclass(frozen=True)
class Case:
    """A command to measure, with all that it needs."""

    command: Sequence[str]
    env: Mapping[str, str]
    stdin: str = ""
    codes: Collection[int] = (0,)
    """Exit codes that count as success."""
    before: Callable[[], object] | None = None
    """Called before each run, outside the measured time."""


@dataclass(frozen=True)
class Sample:
    """What one run of a process cost, with its children."""

    seconds: float
    cpu: float
    """Seconds of processor time, user and system; other processes disturb it less."""
    peak: float
    """Most memory held at a time, in bytes."""


@dataclass(frozen=True)
class Outcome:
    """A finished process: its cost and what it said."""

    sample: Sample
    code: int
    stdout: str
    stderr: str


def user_environment(**more: str) -> dict[str, str]:
    """The environment of a user: without the settings of a developer's Python, and with `more`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**env, **more}


def run(case: Case) -> Outcome:
    """Run a case once, from start to exit.

    Raises:
        CommandFailedError: It could not start, or its exit code is none of those expected.
    """
    if case.before:
        case.before()
    reader, writer = os.pipe()
    with os.fdopen(reader) as answer:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(writer), *case.command],
            env=case.env,
            input=case.stdin,
            text=True,
            capture_output=True,
            pass_fds=[writer],
            check=False,
        )
        os.close(writer)
        facts = answer.read()
    if not facts:
        raise CommandFailedError(case.command, None, done.stderr)
    code, seconds, cpu, peak = json.loads(facts)
    if code not in case.codes:
        raise CommandFailedError(case.command, code, done.stderr)
    return Outcome(Sample(seconds, cpu, peak * _UNIT_OF_PEAK), code, done.stdout, done.stderr)


def rounds(cases: Mapping[str, Case], count: int) -> dict[str, list[Sample]]:
    """Samples of all cases, run in turn, round after round, so that noise hits all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in cases}
    for _ in range(count):
        for name, case in cases.items():
            samples[name].append(run(case).sample)
    return samples


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each figure by itself."""
    return Sample(
        statistics.median(sample.seconds for sample in samples),
        statistics.median(sample.cpu for sample in samples),
        statistics.median(sample.peak for sample in samples),
    )


def medians(samples: Mapping[str, Sequence[Sample]]) -> dict[str, Sample]:
    """The median sample of each case."""
    return {name: median(taken) for name, taken in samples.items()}


def stopwatch(action: Callable[[], object]) -> float:
    """Seconds that an action in this process takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


@dataclass(frozen=True)
class Target:
    """What a figure should reach: at most the limit or, for rates, at least."""

    limit: float
    of: Literal["ratio", "value"] = "ratio"
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether a figure reaches the target."""
        return figure >= self.limit if self.at_least else figure <= self.limit


@dataclass(frozen=True)
class Row:
    """A line of a table; the value of a tool that is not installed is None."""

    measured: str
    value: float | None
    unit: str = "ms"
    ratio: float | None = None
    target: Target | None = None


def times(
    taken: Mapping[str, Sample], base: str, targets: Mapping[str, Target] | None = None
) -> list[Row]:
    """Rows of whole-process times, with the ratio to the case named `base`."""
    floor, aims = taken[base].seconds, targets or {}
    return [
        Row(f"`{name}`", one.seconds * 1000, "ms", one.seconds / floor, aims.get(name))
        for name, one in taken.items()
    ]


def peaks(
    taken: Mapping[str, Sample], base: str, targets: Mapping[str, Target] | None = None
) -> list[Row]:
    """Rows of peak memory, with the ratio to the case named `base`."""
    floor, aims = taken[base].peak, targets or {}
    return [
        Row(f"`{name}`, peak memory", one.peak / MEGABYTE, "MB", one.peak / floor, aims.get(name))
        for name, one in taken.items()
    ]


def table(rows: Iterable[Row]) -> str:
    """A table in Markdown: measured, value, ratio, target, met."""
    head = ["| measured | value | ratio | target | met |", "|---|---|---|---|---|"]
    return "\n".join(head + [_line(row) for row in rows])


def _line(row: Row) -> str:
    value = "absent" if row.value is None else f"{_number(row.value)} {row.unit}".strip()
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"| {row.measured} | {value} | {ratio} | {_aim(row)} | {_met(row)} |"


def _aim(row: Row) -> str:
    if row.target is None:
        return ""
    sign = "≥" if row.target.at_least else "≤"
    if row.target.of == "ratio":
        return f"ratio {sign} {row.target.limit:g}"
    return f"{sign} {_number(row.target.limit)} {row.unit}".strip()


def _met(row: Row) -> str:
    if row.target is None:
        return ""
    figure = row.ratio if row.target.of == "ratio" else row.value
    if figure is None:
        return ""
    return "yes" if row.target.met(figure) else "no"


def _number(value: float) -> str:
    """Three digits, or all those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def facts(folder: Path, tools: Mapping[str, str | None]) -> str:
    """One line about the machine and the tools; a version of None says that a tool is absent."""
    named = [f"{name} {version or 'absent'}" for name, version in tools.items()]
    parts = [
        f"{datetime.now(timezone.utc):%Y-%m-%d}",
        f"Python {platform.python_version()}",
        platform.system(),
        f"{os.cpu_count()} cores",
        file_system(folder),
        *named,
    ]
    return ", ".join(parts)


def file_system(folder: Path) -> str:
    """The type of the file system that holds a folder, as the system calls it."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return "unknown file system"
    place, best, kind = folder.resolve(), -1, "unknown file system"
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, type_, *_ = line.split(" ")
        root = Path(point.replace("\\040", " "))
        if place.is_relative_to(root) and len(root.parts) >= best:
            best, kind = len(root.parts), type_
    return kind
