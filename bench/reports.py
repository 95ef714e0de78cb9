"""What a report over everything takes: the first time, and again; whole processes.

The closed tickets are of some thousand patterns: services, channels, units, priorities, hand-overs,
waits, notes, articles, reopenings; five to fourteen events each. `--million` takes a million of them.
`--open 10000` measures a report over so many open tickets instead, in files and on a server:
everything counted for the first time, again, after 20 notes, and of another period.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from desks import MONTHS, NOW, PRIORITIES, QUEUES, SERVICES, make_desk
from measure import MEGABYTE, Case, run, user_environment
from msgspec.structs import replace

from sdcli.ledger.tiny import document
from sdcli.ledger.tiny.document import Archive, DocumentWriter, Extent, Meta, ticket_line
from sdcli.ledger.tiny.image import Places
from sdcli.ledger.tiny.journal import Journal
from sdcli.ledger.tiny.rows import row_bytes
from sdcli.tickets.event import (
    Accepted,
    ArticleUse,
    Closed,
    Escalated,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    Waited,
)
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.tickets.event import AnyEvent

sys.path.append(str(Path(__file__).parent.parent))  # `tests.postgres`
_PATTERNS = 80
_UNITS = ("Finance", "Sales", "Logistics", "Legal", "Works")
_CHANNELS = ("phone", "phone", "mail", "portal", "walk-in")
_PEOPLE = ("ben", "chloe", "amara", "greta", "tariq", "mina")
_MARK = "SD-9999999999"
_NOTHING = Extent(0, 0, 0)
_SDCLI = Path(sys.executable).with_name("sdcli")


def _happens(chance: random.Random, percent: int) -> bool:
    return chance.random() * 100 < percent


def _life(chance: random.Random, closed: datetime) -> list[AnyEvent]:
    """A ticket that was closed at that instant."""
    number = itertools.count()
    at = closed - timedelta(minutes=30 + int(chance.lognormvariate(5, 1.2)))  # 3 h as a median
    person = chance.choice(_PEOPLE)
    step = (closed - at) / 16

    def mark() -> tuple[str, datetime, str]:
        nonlocal at
        at = (at + step).replace(microsecond=0)
        return f"01JD{next(number):010d}%%", at, person

    events: list[AnyEvent] = [
        Opened(
            *mark(),
            summary="The report of last month is not complete",
            queue="service-desk",
            priority=chance.choice(PRIORITIES),
            channel=chance.choice(_CHANNELS),
            requester="ada",
            unit=chance.choice(_UNITS),
            type=chance.choice(("incident", "incident", "fulfilment", "information")),
            service=chance.choice(SERVICES),
            impact="medium",
            urgency="medium",
            details="It was seen in the morning by several people, on both floors. " * 2,
            minutes=chance.choice((0, 3, 8)),
        )
    ]
    if _happens(chance, 40):
        to = chance.choice(QUEUES[1:])
        events.append(Escalated(*mark(), hand_over="escalate", to=to, reason="deeper"))
    events.append(Accepted(*mark()))
    if _happens(chance, 70):
        events.append(Noted(*mark(), text="Called back.", visible=True, minutes=5))
    if _happens(chance, 30):
        events += [Waited(*mark(), waiting_for="user"), Resumed(*mark())]
    use = (ArticleUse("KB-104", chance.choice(("helped", "no-effect"))),)
    events.append(Resolved(*mark(), code="solved", articles=use if _happens(chance, 40) else ()))
    if _happens(chance, 10):
        events += [Reopened(*mark(), reason="again"), Resolved(*mark(), code="solved")]
    at = closed - step
    return [*events, Closed(*mark(), code="solved", confirmed_by="ada", via="phone")]


def write_ledger(folder: Path, closed: int) -> None:
    """A ledger of so many closed tickets, by month in archives."""
    places, numbers, chance = Places(str(folder)), itertools.count(1), random.Random(9)  # noqa: S311
    os.makedirs(places.archives)
    archives = []
    for month in range(MONTHS):
        last = NOW - timedelta(days=30 * (MONTHS - month) - 10)
        lives = [
            _life(chance, last - timedelta(hours=chance.randint(0, 700))) for _ in range(_PATTERNS)
        ]
        patterns = [row_bytes(fold(_MARK, each)).split(_MARK.encode()) for each in lives]
        taken = list(itertools.islice(numbers, closed // MONTHS))
        name = f"{last:%Y-%m}.{month}.json"
        with open(places.archive(name), "xb") as stream:
            writer = DocumentWriter(stream)
            writer.tickets(_lines(taken, patterns))
            writer.keys(iter(()))
            meta = Meta(
                format=document.FORMAT, generation=1, next=0, tickets=_NOTHING, keys=_NOTHING
            )
            writer.end(replace(meta, closed=len(taken)))
        first, end = taken[0], taken[-1]
        archives.append(Archive(file=name, first=first, last=end, rows=len(taken), newest=last))
    with open(places.snapshot, "xb") as stream:
        writer = DocumentWriter(stream)
        writer.tickets(iter(()))
        writer.keys(iter(()))
        whole = Meta(
            format=document.FORMAT,
            generation=1,
            next=next(numbers),
            tickets=_NOTHING,
            keys=_NOTHING,
            archives=tuple(archives),
        )
        meta = writer.end(whole)
    Journal(places.journal, meta).start_over(like="")


def _lines(numbers: list[int], patterns: list[list[bytes]]) -> Iterator[bytes]:
    for number in numbers:
        row = b"%d" % number
        text = (b"SD-" + row).join(patterns[number % len(patterns)])
        yield ticket_line(number, text.replace(b"%%", b"%012d" % number))


def _open_tickets(count: int) -> None:
    """Print what reports over so many open tickets take, over `import click`."""
    scratch = Path(tempfile.mkdtemp(prefix="sdcli-bench-"))
    files = user_environment(
        SDCLI_DESK=str(scratch / "desk"), SDCLI_USER="ben", XDG_CACHE_HOME=str(scratch / "cache")
    )
    make_desk(scratch / "desk", str(_SDCLI), open_=count, closed=MONTHS)
    desks = {"files": files}
    server = None
    try:
        from loaded import load  # noqa: PLC0415 - needs the driver

        from tests.postgres import Server, new_ledger  # noqa: PLC0415 - may be missing
    except ImportError as error:
        print(f"PostgreSQL: not measured, {error.name} is missing: pip install 'sdcli[bench]'")
    else:
        folder = Path(tempfile.mkdtemp(prefix="sdcli-bench-"))
        server = Server(folder, port=5434)
        server.init()
        server.start()
        where = new_ledger(server.url, "bench")
        desks["server"] = files | {
            "SDCLI_DESK": str(scratch / "other"),
            "SDCLI_LEDGER": where,
        }
        subprocess.run([_SDCLI, "init", scratch / "other"], capture_output=True, check=True)
        run(Case([str(_SDCLI), "open", "x", "--user", "ada", "--new"], desks["server"]))
        schema = where.rpartition("=")[2]
        load(server.url, schema, open_=count, closed=MONTHS, tell=lambda _: None)
    try:
        for home, env in desks.items():
            _reports(f"{count:,} open, {home}", env)
    finally:
        if server:
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(scratch)


def _reports(title: str, env: dict[str, str]) -> None:
    """Print what each report takes: seconds, of the processor too, and how often `import click`."""
    click = Case([sys.executable, "-c", "import click"], env)
    unit = statistics.median(run(click).sample.seconds for _ in range(9))
    last = ("report", "--period", "last-month", "--json")
    days = ("report", "--period", "30d", "--json")
    print(f"{title}; `import click` {unit * 1000:.0f} ms")

    def told(name: str, command: tuple[str, ...], times: int, other: dict[str, str] = env) -> None:
        taken = [run(Case([str(_SDCLI), *command], other)).sample for _ in range(times)]
        took = statistics.median_low(each.seconds for each in taken)
        cpu = statistics.median_low(each.cpu for each in taken)
        peak = max(each.peak for each in taken) / MEGABYTE
        print(
            f"{name:28} {took:7.2f} s {cpu:7.2f} s of processor {took / unit:8.2f} {peak:5.0f} MB",
            flush=True,
        )

    nothing = env | {"XDG_CACHE_HOME": os.devnull}
    told("last month, nothing is kept", last, 1, nothing)
    told("last month, first", last, 1)
    told("last month, again", last, 3)
    told("30 days, first", days, 1)
    told("30 days, again", days, 3)
    for number in range(100, 120):
        run(Case([str(_SDCLI), "note", str(number), "We look at it."], env))
    told("30 days, after 20 notes", days, 1)
    told("last month, after these", last, 1)


def main() -> None:
    """Print what the first report takes, the second one, and one of another period."""
    if "--open" in sys.argv[1:]:
        _open_tickets(int(sys.argv[sys.argv.index("--open") + 1]))
        return
    count = 1_000_000 if "--million" in sys.argv[1:] else 100_000
    scratch = Path(tempfile.mkdtemp())
    desk = scratch / "desk"
    subprocess.run([_SDCLI, "init", desk], capture_output=True, check=True)
    write_ledger(desk / "ledger", count)
    env = {**os.environ, "SDCLI_DESK": str(desk), "XDG_CACHE_HOME": str(scratch / "cache")}
    cases = (
        ("first, everything", ("report", "--period", "all", "--json")),
        ("again", ("report", "--period", "all", "--json")),
        ("again", ("report", "--period", "all", "--json")),
        ("last month, first", ("report", "--period", "last-month", "--json")),
        ("last month, again", ("report", "--period", "last-month", "--json")),
        ("a query, everything", ("report", "--period", "all", "--query", "service:vpn", "--json")),
    )
    print(f"{count:,} closed tickets")
    for name, command in cases:
        took = run(Case([str(_SDCLI), *command], env)).sample
        peak = took.peak / MEGABYTE
        print(f"{name:22} {took.seconds:7.2f} s {took.cpu:7.2f} s of processor {peak:5.0f} MB")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
