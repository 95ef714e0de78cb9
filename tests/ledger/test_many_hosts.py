"""Many hosts on one ledger: they promise the same, or it is said which of them does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.ledger.postgres.writer import PostgresWriter
from sdcli.tickets.query import Query
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

pytestmark = pytest.mark.parametrize("ledger_home", ["postgresql"])

OPEN = ("open", "VPN drops", "--service", "vpn", "--user", "dana", "--json")


class Said(NamedTuple):
    """What a process said."""

    code: int
    out: str
    err: str


class Machine:
    """A host with a desk directory of its own, on the ledger that all share."""

    def __init__(self, name: str, root: Path, tmp_path: Path) -> None:
        self.name, self.root = name, root
        self._env = {
            **os.environ,
            "SDCLI_HOST": name,
            "SDCLI_DESK": str(root),
            "SDCLI_USER": "ben",
            "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "XDG_CACHE_HOME": str(tmp_path / f"cache-{name}"),
        }

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Begin a command there."""
        return subprocess.Popen(
            [sys.executable, "-m", "sdcli", *args], env=self._env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *args: str, expect: int = 0) -> Said:
        """Run a command there."""
        process = self.start(*args)
        out, err = process.communicate(timeout=60)
        assert process.returncode == expect, f"{out}\n{err}"
        return Said(process.returncode, out, err)

    def promise(self, hours: int) -> None:
        """Say in its files that a P1 is resolved within so many hours."""
        path = self.root / "sla_policies.yaml"
        text = path.read_text(encoding="utf-8")
        words = "P1: {response: 15m, resolution: "
        before, _, after = text.partition(words)
        path.write_text(f"{before}{words}{hours}h{after[after.index('}') :]}", encoding="utf-8")


@pytest.fixture(name="machine")
def _machine(desk_dir: Path, tmp_path: Path) -> Callable[[str], Machine]:
    """Makes a host of this name, with a copy of the desk's files."""

    def make(name: str) -> Machine:
        root = tmp_path / name
        shutil.copytree(desk_dir, root)
        return Machine(name, root, tmp_path)

    return make


def test_a_host_that_is_alone_edits_its_files_freely(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """One host changes its service levels as often as it likes, and nobody asks it for anything."""
    files = Machine("web1", desk_dir, desk_dir)
    for hours in (4, 5, 6, 5):
        files.promise(hours)
        ran = sd(*OPEN, env={"SDCLI_HOST": "web1"})
        assert ran.stderr == ""
        assert sd("list", env={"SDCLI_HOST": "web1"}).stderr == ""
    assert len(sdj("list")) == 4


def test_another_host_must_say_the_same(machine: Callable[[str], Machine]) -> None:
    """What writes is refused with both hashes, the other host, since when, and what to do.

    Reading is not, but says it once; whoever brings the files into line goes on.
    """
    one, two = machine("web1"), machine("web2")
    one.run(*OPEN)
    two.run(*OPEN)
    two.promise(9)
    for command in (OPEN, ("note", "1", "x", "--json"), ("sla-check", "--json")):
        refused = two.run(*command, expect=4)
        error = json.loads(refused.err[refused.err.index("{") :])["error"]
        assert error["code"] == "levels_differ"
        assert (error["here"], error["host"]) == ("web2", "web1")
        assert error["files"] != error["desk"]
        for word in ("web2", "web1", error["files"][:12], error["desk"][:12], error["since"],
                     "git pull", "sdcli ledger adopt"):  # fmt: skip
            assert word in error["message"]
    read = two.run("list")
    assert read.err.count("ledger adopt") == 1
    assert "VPN drops" in read.out
    assert one.run("list").err == ""
    one.promise(9)
    assert one.run(*OPEN, expect=4)  # the other one has written by what it set
    one.promise(4)
    two.promise(4)
    two.run(*OPEN)
    one.run(*OPEN)


READS_FIRST: tuple[tuple[str, ...], ...] = (
    OPEN,
    ("classify", "1", "--impact", "low"),
    ("note", "1", "x", "--json"),
    ("note", "1", "x", "--dry-run"),
    ("bulk", "service:vpn", "note", "x", "--yes"),
    ("resolve", "1", "--code", "solved"),
    ("undo", "1"),
    ("sla-check",),
)


@pytest.mark.parametrize("command", READS_FIRST, ids=" ".join)
def test_a_refusal_is_said_once(
    machine: Callable[[str], Machine], command: tuple[str, ...]
) -> None:
    """What reads before it writes is refused in one sentence, and by no note before that."""
    one, two = machine("web1"), machine("web2")
    one.run(*OPEN)
    two.run(*OPEN)
    two.promise(9)
    said = two.run(*command, expect=4).err
    text = said[: said.index("{")] if "--json" in command else said
    assert text.count("say other service levels") == 1
    assert "Note:" not in text


def test_what_waits_goes_on_waiting(
    machine: Callable[[str], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose files must be brought into line first takes in nothing of its spool, and loses nothing."""
    with monkeypatch.context() as away:
        away.setenv("SDCLI_LEDGER", "postgresql://nobody@127.0.0.1:1/away")
        away.setenv("SDCLI_LOCK_WAIT", "0")
        cut_off = machine("web2")
        cut_off.run(*OPEN, "--spool")
    one, two = machine("web1"), Machine("web2", cut_off.root, cut_off.root.parent)
    one.run(*OPEN)
    two.promise(9)
    assert "say other service levels" in two.run("intake", "deliver", expect=4).err
    two.promise(4)
    [delivered] = json.loads(two.run("intake", "deliver", "--json").out)["delivered"]
    assert not delivered["refused"]


def test_who_is_refused_for_something_else_is_told_all_the_same(
    machine: Callable[[str], Machine],
) -> None:
    """Another failure and a list say it as a note, once, before what they say."""
    one, two = machine("web1"), machine("web2")
    one.run(*OPEN)
    two.run(*OPEN)
    two.promise(9)
    for command, code in ((("show", "77"), 3), (("list",), 0)):
        said = two.run(*command, expect=code).err
        assert said.startswith("Note: The files of this host (web2) say other service levels")
        assert said.count("say other service levels") == 1


def test_adopting_makes_the_files_of_one_host_those_of_the_desk(
    machine: Callable[[str], Machine],
) -> None:
    """From then on that host writes, the others are refused until theirs say the same.

    A rehearsal changes nothing; the host that is alone with its files again moves on freely.
    """
    one, two = machine("web1"), machine("web2")
    one.run(*OPEN)
    two.run(*OPEN)
    two.promise(9)
    tried = json.loads(two.run("ledger", "adopt", "--dry-run", "--json").out)
    assert (tried["host"], tried["before"]["host"], tried["before"]["others"]) == (
        "web2", "web1", ["web2"],
    )  # fmt: skip
    two.run(*OPEN, expect=4)
    said = two.run("ledger", "adopt").out
    assert "must follow: web1" in said
    two.run(*OPEN)
    refused = one.run(*OPEN, expect=4)
    assert "web2" in refused.err
    assert "already" in two.run("ledger", "adopt").out
    two.promise(10)
    two.run(*OPEN)  # nobody has written by what it set
    one.promise(10)
    one.run(*OPEN)
    two.promise(11)
    two.run(*OPEN, expect=4)


def test_of_two_hosts_that_adopt_at_once_one_is_the_desks(
    machine: Callable[[str], Machine],
) -> None:
    """Both may come through one after the other; then the later one counts, and one can write."""
    hosts = [machine(f"web{n}") for n in range(3)]
    for host in hosts:
        host.run(*OPEN)
    for number, host in enumerate(hosts[1:]):
        host.promise(10 + number)
    for _ in range(2):
        processes = [host.start("ledger", "adopt", "--json") for host in hosts[1:]]
        told = [process.communicate(timeout=60) for process in processes]
        codes = [process.returncode for process in processes]
        assert set(codes) <= {0, 4}, told
        assert 0 in codes
        for code, (_, err) in zip(codes, told, strict=True):
            assert code == 0 or json.loads(err[err.index("{") :])["error"]["code"] == "adopted"
        writes = [host.start(*OPEN) for host in hosts[1:]]
        outcomes = [process.communicate(timeout=60) for process in writes]
        assert sorted(process.returncode for process in writes) == [0, 4], outcomes


def test_nothing_is_mailed_that_could_not_be_recorded(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    """A host that may not record what it did does not do it: no mail leaves it."""
    sent = tmp_path / "sent"
    program = tmp_path / "mailer"
    program.write_text(f"#!/bin/sh\ncat >> {sent}\n", encoding="utf-8")
    program.chmod(0o755)
    one, two = machine("web1"), machine("web2")
    rules = two.root / "catalog" / "intake.yaml"
    text = rules.read_text(encoding="utf-8")
    for host in (one, two):
        changed = text.replace("send_with: []", f"send_with: [{program}]")
        (host.root / "catalog" / "intake.yaml").write_text(changed, encoding="utf-8")
    one.run(*OPEN)
    two.run(*OPEN)
    two.promise(9)
    two.run("ack", "1", "--send", expect=4)
    assert not sent.exists()
    one.run("ack", "1", "--send")
    assert sent.exists()


def test_a_desk_in_a_folder_needs_nothing_of_it(
    sdj: JsonRunner, desk_dir: Path, ledger_home: str
) -> None:
    """Where the ledger lies beside the files there is nothing to adopt, and that is said."""
    del ledger_home
    (desk_dir / "settings.yaml").unlink()
    said = sdj("ledger", "adopt")
    assert said["shared"] is False
    assert said["before"] is None


MAIL = b"""From: Dana <dana@example.com>
To: desk@example.com
Subject: The VPN drops
Message-ID: <once@example.com>

Every few minutes.
"""


def test_a_mail_that_comes_to_two_hosts_at_once_is_there_once(
    desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even without a lock the server takes it once (T22); one with its id that says something else too."""
    meet, met = Barrier(2, timeout=20), set[int]()
    create = PostgresWriter.create

    def created(writer: PostgresWriter, events: Sequence[AnyEvent]) -> Ticket:
        """Made when both have seen that it is not there; who does it again is let through."""
        if get_ident() not in met:
            met.add(get_ident())
            meet.wait()
        return create(writer, events)

    def taken_in(desk: Desk) -> str:
        [outcome] = Arrivals(desk).take_in([each.item for each in Arrivals(desk).read(MAIL, None)])
        return outcome.action

    hosts = [
        Desk(str(desk_dir), by="ben", now=NOW, cache="", wait_s=10, host=host)
        for host in ("web1", "web2")
    ]
    for desk in hosts:
        desk.ledger.require_agreed()  # the first words of a host are said
        desk.keep_levels()
    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(PostgresWriter, "_lock", lambda *_: None)
        patch.setattr(PostgresWriter, "create", created)
        assert sorted(pool.map(taken_in, hosts)) == ["created", "deduped"]
    desk, other = hosts[0], MAIL.replace(b"minutes", b"hours")
    [outcome] = Arrivals(desk).take_in([each.item for each in Arrivals(desk).read(other, None)])
    assert outcome.action == "created"
    assert len(list(desk.ledger.find(Query()))) == 2
