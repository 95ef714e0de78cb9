"""The ledger at size: whole commands on large desks, beside `import click` and beside peers.

Everything is measured in one run, case after case in turn. `make bench` runs it in the environment
of the installed wheel; it prints Markdown, writes it into docs/benchmarks.md between two marks,
and draws docs/growth.svg.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from desks import make_desk
from measure import (
    MEGABYTE,
    Case,
    Row,
    Sample,
    Target,
    facts,
    medians,
    rounds,
    run,
    table,
    times,
    user_environment,
)
from peers import PEERS, Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
SDCLI = str(BIN / "sdcli")
CLICK = Case([sys.executable, "-c", "import click"], user_environment())
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- what `make bench` measured -->", "<!-- end of what was measured -->"
ALERTS = 10_000
SMALL, MIDDLE, LARGE, HISTORY = 1_000, 10_000, 100_000, 1_000_000


class Desk(NamedTuple):
    """A desk made for measuring."""

    folder: Path
    first: int
    """The number of its first open ticket."""

    def case(self, *args: str, stdin: str = "") -> Case:
        """A command on this desk."""
        env = user_environment(
            SDCLI_DESK=str(self.folder),
            SDCLI_USER="ben",
            XDG_CACHE_HOME=str(self.folder.parent / "cache"),
        )
        return Case([SDCLI, *args], env, stdin)

    def open_case(self) -> Case:
        """Open a ticket."""
        return self.case("open", "The report is not complete", "--user", "ada")


class Bench:
    """All desks and peers of one run, in one folder."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._desks: dict[tuple[int, int], Desk] = {}
        self._ready: set[tuple[str, int]] = set()
        self.versions = {peer.name: peer.version() for peer in PEERS}

    def desk(self, open_: int, closed: int = 0) -> Desk:
        """A desk with so many tickets, made when first asked for; its files count as settled."""
        found = self._desks.get((open_, closed))
        if found is None:
            folder = self._work / f"desk-{open_}-{closed}"
            make_desk(folder, SDCLI, open_=open_, closed=closed)
            found = self._desks[open_, closed] = Desk(folder, closed + 1)
            run(found.case("list", "--limit", "1"))
        return found

    def peer(self, name: str, verb: str, count: int) -> Case | None:
        """A command of a peer with so many tasks; None if the peer is absent."""
        peer: Peer = next(each for each in PEERS if each.name == name)
        if self.versions[name] is None:
            return None
        folder = self._work / f"{name}-{count}"
        if (name, count) not in self._ready:
            peer.prepare(folder, count)
            self._ready.add((name, count))
        return Case(peer.commands(folder)[verb], peer.env(folder))


def opening(bench: Bench) -> list[Row]:
    """Opening a ticket among 10,000, beside the peers' adding a task."""
    cases = {"import click": CLICK, "sdcli open, 10,000 open": bench.desk(MIDDLE).open_case()}
    named = {f"{peer.name} add, 10,000": bench.peer(peer.name, "add", MIDDLE) for peer in PEERS}
    cases |= {name: case for name, case in named.items() if case}
    taken = medians(rounds(cases, 15))
    rows = times(taken, "import click", {"sdcli open, 10,000 open": Target(1.7)})
    rows += [Row(f"`{name}`", None) for name, case in named.items() if not case]
    return [*rows, _against(taken, "sdcli open, 10,000 open", "Taskwarrior add, 10,000", 1)]


def at_size(bench: Bench) -> list[Row]:
    """Everyday commands among 100,000 open and 1,000,000 closed tickets."""
    desk = bench.desk(LARGE, HISTORY)
    task = bench.peer("Taskwarrior", "add", LARGE)
    names = ("open", "show", "note", "escalate", "close", "show of a ticket closed long ago")
    samples: dict[str, list[Sample]] = {}
    for turn in range(9):
        first = desk.first + 600 * turn + 3  # a ticket of the service desk's queue, at work
        cases = {
            "import click": CLICK,
            "open": desk.open_case(),
            "show": desk.case("show", str(first)),
            "note": desk.case("note", str(first + 120), "we call back this afternoon"),
            "escalate": desk.case(
                "escalate", str(first + 240), "--to", "network", "--reason", "needs a trace"
            ),
            "close": desk.case(
                "close", str(first + 360), "--code", "solved", "--unconfirmed", "left the company"
            ),
            "show of a ticket closed long ago": desk.case("show", str(100_003 + 7 * turn)),
        }
        cases |= {"Taskwarrior add, 100,000": task} if task and turn < 5 else {}  # noqa: PLR2004
        for name, taken in rounds(cases, 1).items():
            samples.setdefault(name, []).extend(taken)
    middle = medians(samples)
    targets = {name: Target(2.5) for name in names} | {names[-1]: Target(4)}
    rows = times(middle, "import click", targets)
    return [*rows, _against(middle, "open", "Taskwarrior add, 100,000", 5)]


def lists(bench: Bench) -> list[Row]:
    """What reads every open ticket: a list, and the check of all clocks."""
    desk, task = bench.desk(LARGE), bench.peer("Taskwarrior", "count", LARGE)
    first = run(desk.case("sla-check")).sample
    listing = "list --status waiting --limit 50"
    cases = {
        "import click": CLICK,
        listing: desk.case(*listing.split()),
        "sla-check": desk.case("sla-check"),
        **({"task +OVERDUE count": task} if task else {}),
    }
    taken = medians(rounds(cases, 7))
    limits = {listing: Target(600, of="value"), "sla-check": Target(3000, of="value")}
    said = Row("`sla-check`, the first time, with everything to say", first.seconds * 1000)
    rows = [*times(taken, "import click", limits), said]
    return [*rows, _against(taken, listing, "task +OVERDUE count", 4)]


def streams(bench: Bench) -> Iterator[Row]:
    """Ten thousand alerts in one stream, committed: each a ticket of its own, or a storm."""
    payload = _alerts()
    for desk, limit, where in (
        (bench.desk(SMALL), 2000, "an empty ledger"),
        (bench.desk(LARGE), 1000, "100,000 open"),
    ):
        taken = []
        for _ in range(3):
            copy = Desk(desk.folder.with_name("copy"), desk.first)
            shutil.copytree(desk.folder, copy.folder)
            if limit == 2000:  # noqa: PLR2004 - the empty one
                shutil.rmtree(copy.folder / "ledger")
            _unlimited(copy.folder / "catalog" / "intake.yaml")
            taken.append(run(copy.case("open", "-", "--json", stdin=payload)).sample.seconds)
            shutil.rmtree(copy.folder)
        rate = ALERTS / statistics.median(taken)
        target = Target(limit, of="value", at_least=True)
        yield Row(f"`open -` of 10,000 alerts, {where}", rate, "alerts/s", target=target)
    yield _storm(bench, payload)


def _storm(bench: Bench, payload: str) -> Row:
    """The same alerts by the rules that every desk begins with: a handful of tickets."""
    taken = []
    for _ in range(3):
        desk = bench.desk(SMALL)
        copy = Desk(desk.folder.with_name("copy"), desk.first)
        shutil.copytree(desk.folder, copy.folder)
        taken.append(run(copy.case("open", "-", "--json", stdin=payload)).sample.seconds)
        shutil.rmtree(copy.folder)
    rate, target = ALERTS / statistics.median(taken), Target(2000, of="value", at_least=True)
    return Row("`open -` of a storm of 10,000 alerts", rate, "alerts/s", target=target)


def _unlimited(rules: Path) -> None:
    """Let a monitoring system open as many tickets as it likes."""
    said = rules.read_text(encoding="utf-8")
    rules.write_text(said.replace("tickets_a_source: 25", "tickets_a_source: 999999"))


def memory(bench: Bench) -> list[Row]:
    """Peak memory of single commands, on a small and on a large desk."""
    rows = []
    desks = {"1,000 open": bench.desk(SMALL), "and 1,000,000 closed": bench.desk(LARGE, HISTORY)}
    small: dict[str, float] = {}
    for where, desk in desks.items():
        ref = str(desk.first + 60)
        cases = {
            "open": desk.open_case(),
            "show": desk.case("show", ref),
            "note": desk.case("note", ref, "we call back"),
        }
        for name, taken in medians(rounds(cases, 5)).items():
            peak = taken.peak / MEGABYTE
            grown = peak / small.setdefault(name, peak)
            about = where if where.startswith("1") else f"100,000 open {where}"
            target = None if about == where else Target(1.1)
            rows.append(Row(f"peak memory of `{name}`, {about}", peak, "MB", grown, target))
    return rows


def growth(bench: Bench) -> dict[str, list[tuple[int, float]]]:
    """`open` and `show` over `import click` as the backlog grows, and as history grows."""
    curves: dict[str, list[tuple[int, float]]] = {}
    sizes = [("open tickets", n, 0) for n in (SMALL, 3_000, MIDDLE, 30_000, LARGE)]
    sizes += [("closed tickets", MIDDLE, n) for n in (0, 10_000, 100_000, HISTORY)]
    cases = {"click": CLICK}
    for what, open_, closed in sizes:
        desk = bench.desk(open_, closed)
        at = open_ if what == "open tickets" else closed
        cases[f"open|{what}|{at}"] = desk.open_case()
        cases[f"show|{what}|{at}"] = desk.case("show", str(desk.first + 60))
    taken = medians(rounds(cases, 9))
    for name, sample in taken.items():
        if name != "click":
            command, what, size = name.split("|")
            ratio = sample.seconds / taken["click"].seconds
            curves.setdefault(f"{command}|{what}", []).append((int(size), ratio))
    return curves


def draw(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """The curves as a picture."""
    import matplotlib as mpl  # noqa: PLC0415 - the rest works without it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "sdcli"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    titles = {"open tickets": "none closed", "closed tickets": "10,000 open"}
    for axis, (what, title) in zip(axes, titles.items(), strict=True):
        for command in ("open", "show"):
            points = curves[f"{command}|{what}"]
            axis.plot(*zip(*points, strict=True), marker="o", label=f"sdcli {command}")
        axis.set_xscale("symlog", linthresh=1000, linscale=0.5)
        sizes = [at for at, _ in curves[f"open|{what}"]]
        axis.set_xticks(sizes, [f"{at:,}" for at in sizes], rotation=20)
        axis.minorticks_off()
        axis.set_xlabel(f"{what} ({title})")
        axis.set_ylim(0, 3)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("times `import click`")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _against(taken: dict[str, Sample], ours: str, theirs: str, times_faster: float) -> Row:
    """How many times faster ours is than theirs."""
    if theirs not in taken:
        return Row(f"`{theirs}` over `{ours}`", None)
    faster = taken[theirs].seconds / taken[ours].seconds
    target = Target(times_faster, of="value", at_least=True)
    return Row(f"`{theirs}` over `{ours}`", faster, "times", target=target)


def _alerts() -> str:
    """One Alertmanager document with many alerts, each of its own."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "DiskFull",
                "instance": f"host-{number}:9100",
                "severity": "critical",
            },
            "annotations": {"summary": f"Disk of host-{number} is 96 % full"},
            "startsAt": "2026-11-22T08:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"{number:016x}",
        }
        for number in range(ALERTS)
    ]
    return json.dumps({"version": "4", "status": "firing", "receiver": "sdcli", "alerts": alerts})


def _points(curves: dict[str, list[tuple[int, float]]]) -> str:
    """The points of the picture, as a table."""
    lines = ["| command | grows | at | ratio |", "|---|---|---|---|"]
    for name, points in curves.items():
        command, what = name.split("|")
        lines += [f"| `{command}` | {what} | {at:,} | {ratio:.2f} |" for at, ratio in points]
    return "\n".join(lines)


def main() -> None:
    """Measure everything, write the page and the picture."""
    with tempfile.TemporaryDirectory(prefix="sdcli-bench-") as folder:
        work = Path(folder)
        bench = Bench(work)
        parts = [
            facts(work, bench.versions),
            table(
                [*opening(bench), *at_size(bench), *lists(bench), *streams(bench), *memory(bench)]
            ),
        ]
        curves = growth(bench)
    said = "\n\n".join([*parts, _points(curves)])
    print(said)
    draw(curves, PAGE.with_name("growth.svg"))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    behind = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{END}{behind}", encoding="utf-8")


if __name__ == "__main__":
    main()
