"""The contract with scripts: every command with every class of error gives the promised code.

One table says how each command is called on a prepared desk, and which failures it can meet.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sdcli import errors
from sdcli.commands import COMMANDS, SUBCOMMANDS
from sdcli.ledger.tiny.home import TinyLedger
from tests.homes import PostgresStorage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage


class Call(NamedTuple):
    """How a command is called, and what it needs.

    `legal`: the state in which it works. `writes`: it takes the lock. `reads_policy` and
    `reads_ledger`: it fails where those are wrong.
    """

    args: tuple[str, ...]
    legal: str = "accepted"
    writes: bool = True
    reads_policy: bool = True
    reads_ledger: bool = True


REF = "SD-1"


def _all(answer: str) -> tuple[str, ...]:
    """Every check of an incident, answered alike."""
    ids = ("record", "class", "cause", "knowledge", "told", "hand-over", "confirmed")
    return tuple(word for id_ in ids for word in ("--check", f"{id_}={answer}"))


ALERT = {"status": "firing", "labels": {"alertname": "ProbeFailed", "instance": "shop"}}
CALLS: dict[str, Call] = {
    "init": Call(("new-desk",), writes=False, reads_policy=False, reads_ledger=False),
    "lint": Call((), writes=False, reads_ledger=False),
    "people": Call(("find", "ada"), writes=False, reads_ledger=False),
    "whoami": Call((), writes=False, reads_ledger=False),
    "open": Call(("It is slow", "--user", "ada")),
    "validate": Call(("SD-2",), legal="alerted"),
    "log": Call(("how to scan", "--minutes", "2")),
    "bulletin": Call(("post", REF, "It is slow")),
    "intake": Call(("test", "-"), writes=False, reads_ledger=False),
    "ack": Call((REF,)),
    "attach": Call((REF, "evidence.txt")),
    "list": Call((), writes=False),
    "board": Call((), writes=False, reads_policy=False, reads_ledger=False),
    "query": Call(("list",), writes=False, reads_policy=False, reads_ledger=False),
    "show": Call((REF,), writes=False),
    "history": Call((REF,), writes=False, reads_policy=False),
    "on-call": Call((), writes=False, reads_ledger=False),
    "queues": Call((), writes=False),
    "next": Call(("--queue", "network", "--take"), legal="escalated"),
    "workload": Call((), writes=False),
    "classify": Call((REF, "--impact", "low")),
    "catalog": Call(("vpn",), writes=False, reads_ledger=False),
    "support": Call((REF, "--device", "a wireless router")),
    "notices": Call((), writes=False, reads_policy=False),
    "filter": Call((REF, "--accept"), legal="wish"),
    "search-kb": Call(("vpn",), writes=False, reads_policy=False, reads_ledger=False),
    "kb": Call(("show", "KB-104"), writes=False, reads_policy=False, reads_ledger=False),
    "assign": Call((REF, "--to", "greta")),
    "guide": Call((REF,), writes=False),
    "accept": Call((REF,), legal="opened"),
    "return": Call((REF, "--reason", "which building?"), legal="escalated"),
    "note": Call((REF, "called back")),
    "tell": Call((REF, "--note")),
    "eta": Call((REF, "in 2h")),
    "detail": Call((REF, "--failed", "it drops")),
    "tried": Call((REF,), writes=False, reads_policy=False),
    "step": Call((REF, "--hypothesis", "the driver", "--change", "went back to 3.1")),
    "fix": Call((REF, "--what", "restarted the gateway", "--result", "worked")),
    "rfc": Call((REF, "--category", "configuration", "--field", "wanted=a second tunnel")),
    "edit": Call((REF, "--set", "summary=It is slow")),
    "wait": Call((REF, "--for", "user")),
    "resume": Call((REF,), legal="waiting"),
    "escalate": Call((REF, "--to", "network", "--reason", "needs a trace")),
    "fulfil": Call((REF, "vpn-access")),
    "approve": Call((REF, "mailbox-share", "--by", "dana")),
    "reject": Call((REF, "mailbox-share", "--by", "dana", "--reason", "too many members")),
    "procedure": Call(("list",), writes=False, reads_ledger=False),
    "bulk": Call((f"ref:{REF}", "note", "seen", "--yes")),
    "problem": Call(("open", "VPN drops", "--incident", REF)),
    "link": Call((REF, "depends-on", "SD-2"), legal="two"),
    "unlink": Call((REF, "parent", "SD-2"), legal="two"),
    "split": Call((REF, "and a second screen")),
    "merge": Call((REF, "--into", "SD-2"), legal="two"),
    "follow-up": Call((REF, "take the spare out again")),
    "resolve": Call((REF, "--code", "solved")),
    "close": Call((REF, "--code", "solved", "--confirmed-by", "ada", "--via", "phone")),
    "reopen": Call((REF, "--reason", "it is back"), legal="closed"),
    "survey": Call(("ask", REF), legal="closed"),
    "sla-check": Call(()),
    "calendar": Call(("show", "business-hours"), writes=False, reads_ledger=False),
    "sla": Call(("explain", REF), writes=False),
    "review": Call(("overdue",), writes=False),
    "report": Call(("classification",), writes=False),
    "metrics": Call((), writes=False),
    "undo": Call((REF,), legal="accepted"),
    "doctor": Call((), writes=False, reads_policy=False, reads_ledger=False),
    "backup": Call(("new-backup.tar",), writes=False, reads_policy=False),
    "restore": Call(("made-backup.tar",), reads_policy=False, reads_ledger=False),
    "export": Call((), writes=False, reads_policy=False),
    "import": Call(("tickets.jsonl",), reads_policy=False),
    "compact": Call((), reads_policy=False),
    "ledger": Call(("status",), writes=False),
}
NESTED: dict[tuple[str, str], Call] = {
    ("kb", "show"): Call(("KB-104",), writes=False, reads_policy=False, reads_ledger=False),
    ("kb", "new"): Call(
        (
            *("Scanner sends empty pages", "--type", "incident", "--service", "printing"),
            *("--symptom", "no attachment", "--step", "clean the glass"),
        ),
        reads_ledger=False,
    ),
    ("kb", "edit"): Call(("KB-104", "--set", "keywords+=standby"), reads_ledger=False),
    ("kb", "review"): Call(("KB-104", "--for", "1y"), reads_ledger=False),
    ("kb", "retire"): Call(("KB-104", "--because", "it is mended"), reads_ledger=False),
    ("kb", "lint"): Call((), writes=False, reads_ledger=False),
    ("kb", "import"): Call((".", "--dry-run"), writes=False, reads_ledger=False),
    ("procedure", "list"): Call((), writes=False, reads_ledger=False),
    ("procedure", "show"): Call(("vpn-access",), writes=False, reads_ledger=False),
    ("procedure", "stats"): Call((), writes=False),
    ("problem", "open"): Call(("VPN drops", "--incident", REF)),
    ("problem", "link"): Call(("SD-2", REF), legal="behind"),
    ("problem", "unlink"): Call(("SD-2", REF, "--because", "another"), legal="behind"),
    ("problem", "analyse"): Call(("SD-2", "--cause", "a driver"), legal="behind"),
    ("problem", "known-error"): Call(("SD-2",), legal="behind"),
    ("problem", "show"): Call(("SD-2",), legal="behind", writes=False, reads_policy=False),
    ("problem", "list"): Call((), writes=False, reads_policy=False),
    ("problem", "candidates"): Call((), writes=False, reads_policy=False),
    ("problem", "close"): Call(("SD-2", "--code", "duplicate"), legal="behind"),
    ("problem", "reopen"): Call(("SD-2", "--reason", "it is back"), legal="behind"),
    ("survey", "ask"): Call((REF,), legal="closed"),
    ("survey", "answer"): Call((REF, "--score", "speed=4"), legal="asked"),
    ("survey", "due"): Call((), legal="closed", writes=False),
    ("survey", "report"): Call((), legal="asked", writes=False, reads_policy=False),
    ("review", "sample"): Call((), legal="closed", writes=False),
    ("review", "score"): Call((REF, *_all("yes"), "--as", "chloe"), legal="closed"),
    ("review", "list"): Call((), legal="closed", writes=False, reads_policy=False),
    ("review", "overdue"): Call((), legal="closed", writes=False),
    ("kb", "used"): Call((REF, "KB-104:applied"), writes=True),
    ("kb", "send"): Call((REF, "KB-102")),
    ("kb", "receipt"): Call((REF, "KB-102", "--received", "yes")),
    ("kb", "stats"): Call((), writes=False),
    ("kb", "recall"): Call(("KB-102",), writes=False),
    ("kb", "publish"): Call(("--check",), writes=False),
    ("sla", "explain"): Call((REF,), writes=False),
    ("sla", "breaches"): Call((), writes=False),
    ("sla", "cause"): Call(
        (REF, "--target", "response", "--cause", "unknown"), legal="alerted", writes=True
    ),
    ("sla", "simulate"): Call(("--policy", "sla_policies.yaml"), writes=False),
    ("sla", "reapply"): Call((REF, "--reason", "agreed")),
    ("sla", "status"): Call((), writes=False),
    ("sla", "deliver"): Call((), writes=False, reads_policy=False),  # while nothing is owed
    ("sla", "deliveries"): Call((), writes=False),
    ("sla", "test-route"): Call(("mail",), writes=False, reads_ledger=False),
    ("ledger", "init"): Call((), writes=False, reads_policy=False, reads_ledger=False),
    ("ledger", "migrate"): Call((), writes=False, reads_policy=False, reads_ledger=False),
    ("ledger", "status"): Call((), writes=False),
    ("ledger", "copy"): Call(("--to", "copied"), writes=False, reads_policy=False),
    ("ledger", "adopt"): Call((), writes=False, reads_ledger=False),
}
"""As above, of the commands of groups that have a module for each."""
WITH_REF = [name for name, call in CALLS.items() if REF in call.args]
ALWAYS: tuple[str, ...] = (
    "show",
    "sla",
    "history",
    "guide",
    "note",
    "detail",
    "reopen",
    "ack",
    "attach",
    "problem",
)
ALWAYS += (
    "link",
    "unlink",
    "split",
    "follow-up",
    "merge",
    "survey",
    "undo",
    "edit",
    "tell",
    "tried",
)  # or refused in words of their own
ILLEGAL_WHEN_CLOSED = [name for name in WITH_REF if name not in ALWAYS]


@pytest.fixture(name="ticket_in")
def _ticket_in(sd: Runner) -> Any:
    """Brings SD-1 into a state."""

    def bring(state: str) -> None:
        type_ = "new-service" if state == "wish" else "incident"
        sd("open", "VPN drops", "--user", "ada", "--type", type_, "--service", "vpn")
        if state != "opened":
            sd("accept", REF)
        if state == "alerted":
            alert = json.dumps({"alerts": [ALERT], "receiver": "desk", "groupKey": "{}"})
            sd("open", "-", stdin=alert)
        if state == "two":
            sd("open", "VPN is slow", "--user", "ada", "--type", "incident", "--service", "vpn")
            sd("link", REF, "parent", "SD-2")
        if state == "behind":
            sd("problem", "open", "VPN drops", "--incident", REF)
        if state == "escalated":
            sd("escalate", REF, "--to", "network", "--reason", "deeper")
        if state == "waiting":
            sd("wait", REF, "--for", "user")
        if state in ("closed", "asked"):
            sd("close", REF, "--code", "solved", "--unconfirmed", "left the company")
        if state == "asked":
            sd("survey", "ask", REF)

    return bring


PATHS = ("new-desk", "new-backup.tar", "made-backup.tar", "tickets.jsonl", "evidence.txt")


def _call(name: str, tmp_path: Path) -> list[str]:
    """The command line; files that it reads are there."""
    args = [str(tmp_path / arg) if arg in PATHS else arg for arg in CALLS[name].args]
    if name == "attach":
        (tmp_path / "evidence.txt").write_text("error 691")
    if name == "restore":
        ledger = TinyLedger(str(tmp_path / "elsewhere"), 1)
        ledger.compact()
        ledger.back_up(args[0], lambda *_: None)
    if name == "import":
        mark = '"at": "2026-11-20T10:00:00Z", "by": "ada"'
        opened = (
            f'{{"kind": "opened", {mark}, "summary": "x", "queue": "network", "priority": "P3"}}'
        )
        (tmp_path / "tickets.jsonl").write_text(f'{{"source": "a/1", "events": [{opened}]}}\n')
    return [name, *args]


def _error(result: Any) -> dict[str, Any]:
    """The error object on stderr, after asserting the shape of a failure."""
    assert not result.stdout
    sentence, document = result.stderr.strip().rsplit("\n", 1)
    assert sentence.startswith("Error: ")
    assert "Traceback" not in result.stderr
    error: dict[str, Any] = json.loads(document)["error"]
    assert error["exit"] == result.exit_code
    assert error["message"] in sentence
    return error


def test_the_table_knows_every_command() -> None:
    """A new command must say here which failures it can meet."""
    assert list(CALLS) == list(COMMANDS)


def test_the_table_knows_every_nested_command() -> None:
    """So must a new command of a group."""
    assert set(NESTED) == {(group, name) for group in SUBCOMMANDS for name in SUBCOMMANDS[group]}


PASS_BY = {
    "log": "it opens a ticket and reads no other",
    "import": "it looks up what it brings, and nothing else",
    "compact": "the server keeps its own order",
    **dict.fromkeys(
        ("notices", "problem list", "review list", "kb publish", "sla deliver", "sla deliveries"),
        "no ticket here has what it looks for",
    ),
}
"""On a server damage to a ticket meets whoever reads that ticket, and these do not."""


def passes_by(name: str, storage: Storage) -> bool:
    """Whether a command does not come to the damaged ticket of this home."""
    return isinstance(storage, PostgresStorage) and name in PASS_BY


@pytest.mark.parametrize("names", NESTED)
def test_nested_commands_keep_the_contract(
    names: tuple[str, str], sd: Runner, ticket_in: Any, tmp_path: Path, storage: Storage
) -> None:
    """Misuse, no desk, a damaged ledger and a wrong file have the codes of every command."""
    call = NESTED[names]
    args = (*names, *call.args, "--json")
    ticket_in(call.legal)
    usage = _error(sd(*args, "--nonsense", expect=errors.USAGE))
    assert usage["code"] == "usage"
    nowhere = {"SDCLI_DESK": str(tmp_path / "nowhere")}
    assert "sdcli init" in _error(sd(*args, expect=errors.NOT_FOUND, env=nowhere))["message"]

    if call.reads_ledger and not passes_by(" ".join(names), storage):
        storage.damage()
        damaged = sd(*args, expect=errors.LEDGER_DAMAGED)
        assert storage.place in _error(damaged)["message"]
        storage.mend()
    if call.reads_policy:
        policies = storage.desk / "sla_policies.yaml"
        policies.write_text(policies.read_text().replace("default_agreement: standard", "x: y"))
        assert _error(sd(*args, expect=errors.DATA_FILE))["problems"]


NEEDS_TERMINAL = ("board",)
"""It draws on a terminal and nowhere else: tests/board holds the rest of its contract."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in NEEDS_TERMINAL])
@pytest.mark.both_homes
def test_it_works(name: str, sdj: JsonRunner, ticket_in: Any, tmp_path: Path) -> None:
    """On a sound desk and a fitting ticket each command exits 0 and prints one JSON document."""
    ticket_in(CALLS[name].legal)

    document = sdj(*_call(name, tmp_path))

    assert isinstance(document, (dict, list))


@pytest.mark.parametrize("name", CALLS)
def test_usage(name: str, sd: Runner, tmp_path: Path) -> None:
    """An unknown option exits 2, says so, and says where help is."""
    result = sd(*_call(name, tmp_path), "--nonsense", "--json", expect=errors.USAGE)

    assert _error(result)["code"] == "usage"
    assert f"sdcli {name} " in result.stderr
    assert "--help" in result.stderr


@pytest.mark.parametrize("name", [name for name in CALLS if name != "init"])
def test_no_desk(name: str, sd: Runner, tmp_path: Path) -> None:
    """Without a desk each command exits 3 and names `sdcli init`."""
    nowhere = {"SDCLI_DESK": str(tmp_path / "nowhere")}

    result = sd(*_call(name, tmp_path), "--json", expect=errors.NOT_FOUND, env=nowhere)

    assert "sdcli init" in _error(result)["message"]


@pytest.mark.parametrize("name", WITH_REF)
@pytest.mark.both_homes
def test_no_such_ticket(name: str, sd: Runner, tmp_path: Path) -> None:
    """A reference that is not there exits 3 and is named."""
    result = sd(*_call(name, tmp_path), "--json", expect=errors.NOT_FOUND)

    error = _error(result)
    assert (error["code"], error["ref"]) == ("not_found", REF)


@pytest.mark.parametrize("name", ILLEGAL_WHEN_CLOSED)
@pytest.mark.both_homes
def test_refused(name: str, sd: Runner, ticket_in: Any, tmp_path: Path) -> None:
    """On a closed ticket each step exits 4 and says what is possible instead."""
    ticket_in("closed")

    result = sd(*_call(name, tmp_path), "--json", expect=errors.REFUSED)

    error = _error(result)
    assert error["possible"] == ["reopen", "note"]
    assert "SD-1 is closed" in error["message"]


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.reads_policy])
def test_data_file_wrong(
    name: str, sd: Runner, ticket_in: Any, desk_dir: Path, tmp_path: Path
) -> None:
    """A wrong policy file exits 5; the message names file and line."""
    ticket_in(CALLS[name].legal)
    policies = desk_dir / "sla_policies.yaml"
    policies.write_text(policies.read_text().replace("default_agreement: standard", "default: x"))

    result = sd(*_call(name, tmp_path), "--json", expect=errors.DATA_FILE)

    problems = _error(result)["problems"]
    assert {problem["file"] for problem in problems} == {"sla_policies.yaml"}
    assert all(problem["line"] > 0 for problem in problems)


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.reads_ledger])
def test_ledger_damaged(
    name: str, sd: Runner, ticket_in: Any, storage: Storage, tmp_path: Path
) -> None:
    """A damaged ledger exits 7, is named, and is left as it is."""
    ticket_in(CALLS[name].legal)
    storage.damage()
    damaged = storage.content()
    if passes_by(name, storage):
        return

    result = sd(*_call(name, tmp_path), "--json", expect=errors.LEDGER_DAMAGED)

    assert storage.place in _error(result)["message"]
    assert storage.content() == damaged


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.writes])
@pytest.mark.both_homes
def test_ledger_busy(
    name: str, sd: Runner, ticket_in: Any, tmp_path: Path, storage: Storage
) -> None:
    """While another holds the lock, a writer exits 6 after the time it was told to wait."""
    ticket_in(CALLS[name].legal)

    with storage.held():
        result = sd(
            *_call(name, tmp_path),
            "--json",
            expect=errors.LEDGER_BUSY,
            env={"SDCLI_LOCK_WAIT": "0"},
        )

    assert "try again" in _error(result)["message"]


NOT_REHEARSED = {
    "restore": "it puts a whole ledger in the place of another",
    "compact": "it adds no event",
    "sla-check": "its --dry-run is older, and tells alerts",
    "import": "its --dry-run is older, and tells what is new",
}
REHEARSED = [name for name, call in CALLS.items() if call.writes and name not in NOT_REHEARSED]
NOT_PREPARED = {
    ("sla", "reapply"): "it rehearses without --record",
    ("sla", "deliver"): "it sends, and nothing is owed here",
    ("sla", "cause"): "nothing is missed here",
    ("kb", "receipt"): "no article was sent here",
    ("problem", "link"): "it is linked already here",
    ("problem", "known-error"): "nobody has said its cause here",
    ("problem", "reopen"): "it is not closed here",
}
REHEARSED_NESTED = [
    pair
    for pair, call in NESTED.items()
    if call.writes and call.reads_ledger and pair not in NOT_PREPARED
]


def _as_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", [*REHEARSED, *REHEARSED_NESTED], ids=str)
def test_every_writing_command_can_be_rehearsed(
    name: str | tuple[str, str], sd: Runner, ticket_in: Any, tmp_path: Path, storage: Storage
) -> None:
    """With --dry-run it shows the events that it would add, and no file is another one."""
    call = CALLS[name] if isinstance(name, str) else NESTED[name]
    ticket_in(call.legal)
    before = _as_bytes(storage.desk), storage.content()
    words = _call(name, tmp_path) if isinstance(name, str) else [*name, *call.args]

    result = sd(*words, "--dry-run", "--json")

    document = json.loads(result.stdout)
    assert document["dry_run"] is True
    assert document["events"]
    assert (_as_bytes(storage.desk), storage.content()) == before


@pytest.mark.parametrize("name", NEEDS_TERMINAL)
def test_what_needs_a_terminal_says_so(name: str, sd: Runner) -> None:
    """In a pipe and with --json it is misuse, and names what is for scripts."""
    for more in ((), ("--json",)):
        assert "sdcli list --json" in sd(name, *more, expect=errors.USAGE).stderr


@pytest.mark.parametrize(
    "name",
    [name for name, call in CALLS.items() if not call.writes and name not in NEEDS_TERMINAL],
)
def test_readers_do_not_wait(
    name: str, sd: Runner, ticket_in: Any, tmp_path: Path, storage: Storage
) -> None:
    """A reader needs no lock, so it works while another writes."""
    ticket_in(CALLS[name].legal)

    with storage.held():
        sd(*_call(name, tmp_path), env={"SDCLI_LOCK_WAIT": "0"})


def test_partly_done(sd: Runner) -> None:
    """Unreadable input exits 8; each item has its line, and what is readable is recorded."""
    stream = '{"summary": "one", "user": "ada"}\n{"summary": \n{"summary": "two", "user": "ada"}'

    result = sd("open", "-", "--json", stdin=stream, expect=errors.PARTLY_DONE)

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["action"] for line in lines] == ["created", "quarantined", "created"]
    assert [line["ref"] for line in lines] == ["SD-1", None, "SD-2"]


def test_unexpected(sd: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug exits 1 with a sentence and no traceback."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("sdcli.desk.Desk.see", fail)

    result = sd("open", "x", "--user", "ada", "--json", expect=errors.UNEXPECTED)

    assert "ZeroDivisionError" in _error(result)["message"]


def test_interrupted(sd: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C exits 130 and says so."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sdcli.desk.Desk.see", interrupt)

    result = sd("list", "--json", expect=0)
    assert result.stdout == "[]\n"
    result = sd("open", "x", "--user", "ada", "--json", expect=errors.INTERRUPTED)
    assert "nterrupted" in result.stderr


@pytest.mark.tiny_home
def test_machine_without_space(desk_dir: Path, tmp_path: Path) -> None:
    """A full disk is told in a sentence, exits 1, and loses nothing that was there."""
    program = f"""
import resource, signal, sys
sys.dont_write_bytecode = True  # a compiled module that is cut short breaks every later run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from sdcli.cli import cli
def run(*args):
    try:
        cli(["--desk", {str(desk_dir)!r}, *args], prog_name="sdcli")
    except SystemExit as leaving:
        return leaving.code
assert run("open", "first", "--user", "ada") == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
print("code", run("open", "second", "--user", "ada"))
"""
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert "code 1" in ran.stdout
    assert "Writing the ledger" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [path.name for path in (desk_dir / "ledger").iterdir() if "tmp" in path.name] == []


def test_every_error_class_has_a_documented_code() -> None:
    """The classes and the table of exit codes name the same codes."""
    classes = [errors.SdcliError]
    for cls in classes:
        classes += cls.__subclasses__()

    assert {cls.exit_code for cls in classes} <= set(errors.EXIT_CODES)
