"""Fixtures: a desk in a temporary directory, a runner for commands, and a clock that stands."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from sdcli.cli import cli
from sdcli.desk import Desk
from sdcli.policy.load import read_policy
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.policy.model import Policy
    from tests.homes import Storage
    from tests.postgres import Server

REPOSITORY = Path(__file__).parent.parent
CASES = REPOSITORY.parent / "shared" / "cases"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
"""A Monday in working hours."""

FORMATS = {"alertmanager", "generic", "syslog", "grafana", "nagios", "nagios-mail", "icinga-mail"}
"""The alert formats that the desks of tests have."""

HOMES = ("tiny", "postgresql")
"""The homes of the ledger: what is marked `both_homes` runs on both, and SDCLI_TEST_HOME names the
one of all other tests."""

settings.register_profile(
    "default", deadline=None, derandomize=True, print_blob=True, max_examples=examples(100)
)
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
    for name in (
        "SDCLI_DESK", "SDCLI_LEDGER", "SDCLI_NOW", "SDCLI_USER", "SDCLI_LOCK_WAIT", "NO_COLOR"
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _most_formats(folder: str, names: list[str]) -> list[str]:
    """The alert formats that a test does without: reading all of them takes most of a second."""
    is_theirs = folder.endswith("/catalog/intake")
    return [name for name in names if is_theirs and name.partition(".")[0] not in FORMATS]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_homes` runs on both homes of the ledger."""
    marked = metafunc.definition.get_closest_marker
    if "ledger_home" in metafunc.fixturenames and marked("both_homes") and not marked("one_home"):
        metafunc.parametrize("ledger_home", HOMES[:1] if marked("tiny_home") else HOMES)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is marked `tiny_home` looks into files, which another home has none of."""
    parameters = getattr(item, "callspec", None)
    where = os.environ.get("SDCLI_TEST_HOME", HOMES[0])
    home = parameters.params.get("ledger_home", where) if parameters else where
    if home != HOMES[0] and item.get_closest_marker("tiny_home"):
        pytest.skip("it is about the files of the TinyDB home")


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """Where the ledgers of desks are: `tiny`, or `postgresql` on the server of the tests."""
    return os.environ.get("SDCLI_TEST_HOME", HOMES[0])


@pytest.fixture(name="server", scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The PostgreSQL server of all tests that do not harm theirs, on whichever worker."""
    from tests.postgres import Server  # noqa: PLC0415 - few tests need it

    base = tmp_path_factory.getbasetemp()
    server = Server(
        server_folder(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base), port=5432
    )
    with open(server.folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not server.data.exists():
            server.init()
            server.start()
    return server


def server_folder(base: Path) -> Path:
    """Where the server of this run has its data: other users may look into it."""
    name = hashlib.sha256(str(base).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"sdcli-tests-{name}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever started the tests stops their server."""
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is None or hasattr(config, "workerinput"):
        return
    folder = server_folder(factory.getbasetemp())
    if (folder / "data").exists():
        from tests.postgres import Server  # noqa: PLC0415 - as above

        Server(folder, port=5432).stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(name="new_ledger", scope="session")
def _new_ledger(server: Server) -> Iterator[Callable[[], str]]:
    """Gives the address of a new, empty ledger on the server."""
    import psycopg2  # noqa: PLC0415 - as above

    from tests.postgres import new_ledger  # noqa: PLC0415

    worker, made = os.environ.get("PYTEST_XDIST_WORKER", "gw"), list[str]()

    def make() -> str:
        made.append(f"{worker}_{len(made)}")
        return new_ledger(server.url, made[-1])

    yield make
    with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.commit()


def _make_desk(root: Path) -> None:
    """A desk with the starter's files, some of the alert formats, and service levels as `plain`."""
    root.mkdir()
    shutil.copytree(REPOSITORY / "catalog", root / "catalog", ignore=_most_formats)
    shutil.copytree(REPOSITORY / "kb", root / "kb")
    path = root / "sla_policies.yaml"
    path.write_bytes(plain((REPOSITORY / "sla_policies.yaml").read_bytes()))


def cache_of(root: Path, folder: Path) -> Path:
    """What a desk has derived of its policy, in the cache of a user; other names begin with it."""
    return folder / "sdcli" / f"{str(root).strip('/').replace('/', '%')}.json"


@pytest.fixture(name="decoded", scope="session")
def _decoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is derived of the files of `_make_desk`, by the endings of the names it is kept under.

    It is known by the contents of these files, and decoding them takes longer than a command.
    """
    from sdcli.policy.load import offered  # noqa: PLC0415 - few tests fulfil

    folder = tmp_path_factory.mktemp("decoded")
    _make_desk(folder / "desk")
    cache = folder / "kept" / "policy"
    desk = Desk(str(folder / "desk"), by="ben", now=NOW, cache=str(cache), wait_s=5)
    assert desk.questions.trees
    assert desk.process
    assert desk.formats
    assert offered(desk.root, desk.derived("offered")).all
    return {path.name.removeprefix("policy"): path.read_bytes() for path in cache.parent.iterdir()}


@pytest.fixture(name="desk_dir")
def _desk_dir(
    tmp_path: Path, ledger_home: str, decoded: dict[str, bytes], request: pytest.FixtureRequest
) -> Path:
    """A desk with the starter's files and an empty ledger; of the alert formats it has a few.

    Its service levels are as `plain` leaves them.
    """
    root = tmp_path / "desk"
    _make_desk(root)
    cache = cache_of(root, tmp_path / "cache")
    cache.parent.mkdir(parents=True, mode=0o700)
    for ending, content in decoded.items():
        cache.with_name(cache.name + ending).write_bytes(content)
    if ledger_home == "postgresql":
        where = request.getfixturevalue("new_ledger")()
        (root / "settings.yaml").write_text(f"ledger: {where}\n", encoding="utf-8")
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


@pytest.fixture(name="storage")
def _storage(desk_dir: Path) -> Storage:
    """What is behind the ledger of the desk, on whichever home it is."""
    from tests.homes import storage_in  # noqa: PLC0415 - few tests need it

    return storage_in(desk_dir)


@pytest.fixture(name="bare_storage")
def _bare_storage(tmp_path: Path, ledger_home: str, request: pytest.FixtureRequest) -> Storage:
    """What is behind a ledger without tickets and without a desk, on whichever home it is."""
    from tests.homes import PostgresStorage, TinyStorage  # noqa: PLC0415 - as above

    if ledger_home == "postgresql":
        return PostgresStorage(tmp_path, request.getfixturevalue("new_ledger")())
    return TinyStorage(tmp_path)


@pytest.fixture(name="desk")
def _desk(desk_dir: Path, tmp_path: Path) -> Desk:
    """The desk opened by the technician ben, at `NOW`."""
    cache = cache_of(desk_dir, tmp_path / "cache")
    return Desk(str(desk_dir), by="ben", now=NOW, cache=str(cache), wait_s=5)


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
