"""Peer tools, made ready to be measured side by side with sdcli.

Every peer fills a fresh folder with open tasks that look like our tickets (about 1.2 kB, with
three notes, every tenth of them overdue) and tells the command lines to time. A peer that is not
installed says so by a version of None. All data, settings and caches lie in the folder given.

The commands, for those peers that have them:

- `add`: a whole process that keeps one more task. Taskwarrior, roundup and TinyDB sync it to the
  disk; todoman syncs its cache, but not the task's own file.
- `count`: how many tasks are overdue, or the nearest thing the tool can tell. Todoman prints the
  overdue ones; roundup knows no due dates and prints the numbers of the urgent issues, as many.
- `list`: a line for every open task.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from measure import user_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(__file__).resolve().parent.parent / ".venv-bench-peers" / "bin"
FILLER = Path(__file__).with_name("fill_roundup.py")

SUMMARY = "The report of last month is not complete"
NOTE = "It was seen in the morning by several people in finance. " * 5
NOTES = (NOTE, NOTE, NOTE)
PAST = "20250201T090000Z"
FUTURE = "20370201T090000Z"
CREATED = "20250101T090000Z"


class Peer(Protocol):
    """A tool that keeps tasks, as a benchmark needs it."""

    name: ClassVar[str]

    def version(self) -> str | None:
        """The installed version, or None where the tool is absent."""

    def prepare(self, folder: Path, count: int) -> None:
        """Fill a fresh folder with open tasks and warm the tool's own caches."""

    def commands(self, folder: Path) -> dict[str, list[str]]:
        """The command lines to time, by what they do."""

    def env(self, folder: Path) -> dict[str, str]:
        """The environment that keeps the tool inside the folder."""


def summary(number: int) -> str:
    """One line about a task."""
    return f"Request {number}: the report of last month is not complete"


def overdue(number: int) -> bool:
    """Whether a task is overdue: every tenth is."""
    return number % 10 == 0


class Taskwarrior:
    """Taskwarrior, with the settings of a script: it asks nothing and runs no hooks."""

    name: ClassVar[str] = "Taskwarrior"

    def version(self) -> str | None:
        """The version of `task`; other programs of that name do not know the question."""
        if shutil.which("task") is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "taskrc").touch()
            return _said(["task", "_version"], self.env(Path(folder)))

    def prepare(self, folder: Path, count: int) -> None:
        """Import the tasks from JSON."""
        data = folder / "data"
        data.mkdir(parents=True)
        settings = f"data.location={data}\nconfirmation=off\nhooks=off\nverbose=nothing\n"
        (folder / "taskrc").write_text(settings, encoding="utf-8")
        tasks = folder / "tasks.json"
        with tasks.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(_task(number)) + "\n" for number in range(count))
        _do(["task", "import", str(tasks)], self.env(folder))
        tasks.unlink()
        _do(self.commands(folder)["count"], self.env(folder))

    def commands(self, folder: Path) -> dict[str, list[str]]:  # noqa: ARG002 - the env says where
        """Add a task, count the overdue ones, list all."""
        return {
            "add": ["task", "add", SUMMARY, "due:tomorrow"],
            "count": ["task", "+OVERDUE", "count"],
            "list": ["task", "list"],
        }

    def env(self, folder: Path) -> dict[str, str]:
        """Settings and data in the folder."""
        return _at_home(folder, TASKRC=str(folder / "taskrc"), TASKDATA=str(folder / "data"))


class Todoman:
    """Todoman: one iCalendar file for each task, and a cache of them in SQLite."""

    name: ClassVar[str] = "todoman"

    def version(self) -> str | None:
        """The version of the package in the environment of the peers."""
        return _package(BIN / "python", "todoman")

    def prepare(self, folder: Path, count: int) -> None:
        """Write the files, then let todoman read them all into its cache."""
        desk = folder / "lists" / "desk"
        desk.mkdir(parents=True)
        settings = [
            f"path = {str(folder / 'lists' / '*')!r}",
            f"cache_path = {str(folder / 'cache.sqlite3')!r}",
            "default_list = 'desk'",
            "date_format = '%Y-%m-%d'",
            "time_format = '%H:%M'",
        ]
        (folder / "config.py").write_text("\n".join(settings), encoding="utf-8")
        for number in range(count):
            (desk / f"{number}.ics").write_text(_calendar(number), encoding="ascii", newline="")
        _do(self.commands(folder)["count"], self.env(folder))

    def commands(self, folder: Path) -> dict[str, list[str]]:  # noqa: ARG002 - the env says where
        """Add a task, show the overdue ones, list all.

        Todoman takes 0 hours for no limit, so the overdue are those due within one hour.
        """
        todo = str(BIN / "todo")
        return {
            "add": [todo, "new", SUMMARY],
            "count": [todo, "list", "--due", "1"],
            "list": [todo, "list"],
        }

    def env(self, folder: Path) -> dict[str, str]:
        """Settings, cache and files in the folder."""
        return _at_home(folder, TODOMAN_CONFIG=str(folder / "config.py"))


class Roundup:
    """Roundup with its classic tracker on SQLite; messages are files. It sends no mail."""

    name: ClassVar[str] = "roundup"

    def version(self) -> str | None:
        """The version of the package in the environment of the peers."""
        return _package(BIN / "python", "roundup")

    def prepare(self, folder: Path, count: int) -> None:
        """Set a tracker up, then fill it through roundup's own Python API."""
        folder.mkdir(parents=True)
        tracker, admin, env = folder / "tracker", str(BIN / "roundup-admin"), self.env(folder)
        tracker.mkdir()
        settings = [
            "mail_domain=localhost",
            "mail_host=localhost",
            f"mail_debug={folder / 'mail'}",
            "tracker_web=http://localhost/",
        ]
        _do([admin, "install", "classic", "sqlite", ",".join(settings)], env)
        _do([admin, "initialise", "secret"], env)
        _do([str(BIN / "python"), str(FILLER), str(tracker), str(count)], env)
        _do(self.commands(folder)["count"], env)

    def commands(self, folder: Path) -> dict[str, list[str]]:  # noqa: ARG002 - the env says where
        """Add an issue, tell the numbers of the urgent ones, list all."""
        admin = str(BIN / "roundup-admin")
        return {
            "add": [admin, "create", "issue", f"title={SUMMARY}", "priority=bug"],
            "count": [admin, "filter", "issue", "priority=urgent"],
            "list": [admin, "table", "issue", "id,title,status"],
        }

    def env(self, folder: Path) -> dict[str, str]:
        """The tracker in the folder."""
        return _at_home(folder, TRACKER_HOME=str(folder / "tracker"))


_TINY_ADD = """
import sys
from tinydb import TinyDB
path, summary, details, due = sys.argv[1:]
with TinyDB(path) as db:
    db.table("tickets").insert({"summary": summary, "due": due, "notes": [details] * 3})
"""
_TINY_COUNT = """
import sys
from datetime import datetime, timezone
from tinydb import TinyDB, where
now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
with TinyDB(sys.argv[1], access_mode="r") as db:
    print(db.table("tickets").count(where("due") < now))
"""
_TINY_LIST = """
import sys
from tinydb import TinyDB
with TinyDB(sys.argv[1], access_mode="r") as db:
    for ticket in db.table("tickets"):
        print(ticket.doc_id, ticket["due"], ticket["summary"])
"""


class StockTinyDb:
    """TinyDB as it comes, with the few lines of Python that a user would write around it."""

    name: ClassVar[str] = "TinyDB"

    def version(self) -> str | None:
        """The version of the package in the environment of this very process."""
        return _package(Path(sys.executable), "tinydb")

    def prepare(self, folder: Path, count: int) -> None:
        """Write the document of JSON directly."""
        folder.mkdir(parents=True)
        with (folder / "db.json").open("w", encoding="utf-8") as stream:
            stream.write('{"tickets": {')
            for number in range(count):
                stream.write(", " if number else "")
                stream.write(f'"{number + 1}": {json.dumps(_document(number))}')
            stream.write("}}")
        _do(self.commands(folder)["count"], self.env(folder))

    def commands(self, folder: Path) -> dict[str, list[str]]:
        """Insert a document, count the overdue ones, list all."""
        python, path = sys.executable, str(folder / "db.json")
        return {
            "add": [python, "-c", _TINY_ADD, path, SUMMARY, NOTE, FUTURE],
            "count": [python, "-c", _TINY_COUNT, path],
            "list": [python, "-c", _TINY_LIST, path],
        }

    def env(self, folder: Path) -> dict[str, str]:
        """Nothing but the common settings."""
        return _at_home(folder)


PEERS: tuple[Peer, ...] = (Taskwarrior(), Todoman(), Roundup(), StockTinyDb())


def _at_home(folder: Path, **more: str) -> dict[str, str]:
    """A user's environment whose home is the folder."""
    home = {
        "HOME": folder,
        "XDG_CONFIG_HOME": folder / "config",
        "XDG_DATA_HOME": folder / "share",
        "XDG_STATE_HOME": folder / "state",
        "XDG_CACHE_HOME": folder / "cache",
    }
    return user_environment(**{name: str(path) for name, path in home.items()}, **more)


def _do(command: list[str], env: dict[str, str]) -> None:
    """Run a step of the preparation; it must succeed."""
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


def _said(command: list[str], env: dict[str, str]) -> str | None:
    """What a command prints, or None where it fails or does not exist."""
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip() or None


def _package(python: Path, name: str) -> str | None:
    """The version of a package in the environment of an interpreter."""
    ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return _said([str(python), "-c", ask, name], user_environment())


def _task(number: int) -> dict[str, object]:
    """A task as Taskwarrior imports it."""
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        "status": "pending",
        "description": summary(number),
        "entry": CREATED,
        "due": PAST if overdue(number) else FUTURE,
        "project": "erp",
        "tags": ["incident"],
        "annotations": [
            {"entry": f"20250101T09{minute:02}00Z", "description": note.strip()}
            for minute, note in enumerate(NOTES, 1)
        ],
    }


def _calendar(number: int) -> str:
    """A task as an iCalendar file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:bench",
        "BEGIN:VTODO",
        f"UID:{number}@bench",
        f"CREATED:{CREATED}",
        f"DTSTAMP:{CREATED}",
        f"DUE:{PAST if overdue(number) else FUTURE}",
        "STATUS:NEEDS-ACTION",
        "CATEGORIES:incident",
        f"SUMMARY:{summary(number)}",
        "DESCRIPTION:" + "\\n".join(NOTES),
        "END:VTODO",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join("\r\n ".join(_folded(line)) for line in lines)


def _folded(line: str) -> Iterator[str]:
    """The pieces of a line of iCalendar, which are 74 characters long at most."""
    for begin in range(0, max(len(line), 1), 74):
        yield line[begin : begin + 74]


def _document(number: int) -> dict[str, object]:
    """A task as a document of TinyDB."""
    return {
        "summary": summary(number),
        "status": "new",
        "user": "ada",
        "service": "erp",
        "created": CREATED,
        "due": PAST if overdue(number) else FUTURE,
        "notes": list(NOTES),
    }
