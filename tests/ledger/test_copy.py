"""A ledger moved from one home to the other and back: the same tickets, proven, whatever happens."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import INTERRUPTED, NOT_FOUND, PARTLY_DONE, REFUSED, ClosedLedgerError
from sdcli.ledger.content import Tally, further
from sdcli.ledger.homes import home
from sdcli.ledger.interface import Mark
from sdcli.ledger.postgres import fill
from sdcli.ledger.tiny import compact as compaction
from sdcli.tickets.contact import MailFacts
from sdcli.tickets.event import Contacted, Noted, Stamp
from sdcli.tickets.steps import accept
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW
from tests.ledger.making import add, closing, mark, noted, opened, reopening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Home
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="ledger_home")
def _ledger_home() -> str:
    """The desk begins with a folder; what it is copied to, each test says."""
    return "tiny"


def at(where: str | Path) -> Home:
    """The ledger at an address or in a folder, freshly opened."""
    text = str(where)
    return home(text, "", 5, print) if "://" in text else home("", text, 5, print)


def tickets(where: str | Path) -> list[Ticket]:
    """All tickets, closed, void and problems too."""
    return list(at(where).everything())


def sound(where: str | Path) -> None:
    """The doctor finds nothing."""
    assert at(where).examine(lambda *_: None).findings == ()


@pytest.fixture(name="folder")
def _folder(desk_dir: Path, sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ledger of a desk on which about everything has happened; in snapshot, archive, journal."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 1)
    (tmp_path / "trace.log").write_text("error 691")
    alert = {"alerts": [{"status": "firing", "labels": {"alertname": "Down", "instance": "web1"}}]}
    steps: tuple[tuple[str, ...], ...] = (
        ("open", "VPN drops\tand\\n drops ☕", "--user", "ada", "--idempotency-key", "once"),
        ("open", "How do I scan?", "--user", "ada"),
        ("open", "By mistake", "--user", "ada"),
        ("undo", "SD-3"),
        ("attach", "SD-1", str(tmp_path / "trace.log")),
        ("accept", "SD-1"),
        ("close", "SD-2", "--code", "solved", "--unconfirmed", "gone"),
        ("open", "Printer", "--user", "ada"),
        ("close", "SD-4", "--code", "solved", "--unconfirmed", "gone"),
        ("problem", "open", "VPN drops", "--incident", "SD-1"),
        ("compact",),
        ("note", "SD-1", "later"),
    )
    for hour, args in enumerate(steps):
        sd(*args, at=f"2026-11-23T{10 + hour:02}:00:00Z")
    sd("open", "-", stdin=json.dumps({**alert, "receiver": "desk", "groupKey": "{}"}))
    sd("note", "SD-1", "called", "--at", "2026-11-23T12:30:00Z", at="2026-11-24T09:00:00Z")
    sd("sla-check", at="2026-11-26T09:00:00Z")
    return desk_dir / "ledger"


@pytest.fixture(name="there")
def _there(new_ledger: Callable[[], str]) -> str:
    """The address of an empty ledger on the server."""
    return new_ledger()


def beside(where: str | Path) -> tuple[Any, ...]:
    """What is no ticket: references, files, service levels, heartbeat."""
    found = at(where)
    files = {name: found.files.content(name) for name in found.files.names()}
    levels = {name: found.levels(name) for name in found.policies()}
    return found.next_number(), files, levels, found.last_beat()


def test_out_and_back(
    folder: Path, there: str, sdj: JsonRunner, sd: Runner, tmp_path: Path
) -> None:
    """A ledger on a server, and one that came back from it, answer as the first; none has a fault."""
    before = tickets(folder)
    first = sdj("ledger", "copy", "--to", there)
    assert first["equal"]
    assert first["hash_source"] == first["hash_target"]
    assert (first["new"], first["tickets"]) == (len(before), len(before))
    assert first["events"] == sum(len(ticket.events) for ticket in before)
    second = sdj("ledger", "copy", "--from", there, "--to", str(tmp_path / "back"))
    assert second["hash_target"] == first["hash_source"]
    for place in (there, tmp_path / "back"):
        assert tickets(place) == before
        assert beside(place) == beside(folder)
        sound(place)
        for ticket in before:
            assert at(place).get(ticket.ref) == ticket
        assert at(place).by_idempotency_key("once") == before[0]
    there_ = {"SDCLI_LEDGER": there}
    for args in (("list", "--all"), ("show", "SD-1"), ("history", "SD-1"), ("report",)):
        assert sd(*args, env=there_).stdout == sd(*args).stdout
    assert sdj("open", "next", "--user", "ada", env=there_)["ref"] == first["next"]


def test_again_there_is_nothing_to_do(folder: Path, there: str, sd: Runner, tmp_path: Path) -> None:
    """Run again it changes nothing, to a server and to a folder, and says so."""
    for to in (there, str(tmp_path / "back")):
        sd("ledger", "copy", "--to", to)
        stood = at(to).stands()
        told = sd("ledger", "copy", "--to", to)
        assert "There was nothing to copy." in told.stdout
        assert told.stdout.count("sha256") == 2
        assert at(to).stands() == stood
    assert folder.exists()


def test_what_is_new_is_brought(
    folder: Path, there: str, sdj: JsonRunner, sd: Runner, tmp_path: Path
) -> None:
    """An older state is brought up to date: new tickets, further events, also late and undone ones."""
    back = tmp_path / "back"
    for to in (there, str(back)):
        sd("ledger", "copy", "--to", to)
    sd("open", "new", "--user", "ada", at="2026-11-27T09:00:00Z")
    sd("note", "SD-4", "late", "--at", "2026-11-23T17:30:00Z", at="2026-11-27T10:00:00Z")
    sd("reopen", "SD-2", "--reason", "again", at="2026-11-27T11:00:00Z")
    sd("note", "SD-1", "wrong", at="2026-11-27T11:30:00Z")
    sd("undo", "SD-1", at="2026-11-27T11:40:00Z")
    for to in (there, str(back)):
        told = sdj("ledger", "copy", "--to", to)
        assert (told["new"], told["further"], told["equal"]) == (1, 3, True)
        assert tickets(to) == tickets(folder)
        sound(to)


def test_a_mail_that_is_on_two_tickets_is_copied_so(
    desk_dir: Path, there: str, sdj: JsonRunner, sd: Runner
) -> None:
    """What a server would not take in twice (T22) comes there as it was elsewhere, new and later."""
    folder = desk_dir / "ledger"
    for number in (1, 2):
        sd("open", f"Printer {number}", "--user", "ada", "--new")
    for name in ("one@example.com", "two@example.com"):
        mail = MailFacts(id=name, digest="0123456789abcdef")
        for ref in ("SD-1", "SD-2"):
            add(folder, ref, Contacted(*mark(1), text="It drops", channel="mail", message=mail))
        told = sdj("ledger", "copy", "--to", there)
        assert told["equal"] is True
        sound(there)


def test_something_else_is_refused(folder: Path, there: str, sd: Runner) -> None:
    """A target with other tickets, or one that goes further, is refused, named, and left alone."""
    sd("open", "another", "--user", "ada", env={"SDCLI_LEDGER": there})
    before = tickets(there)
    told = sd("ledger", "copy", "--to", there, expect=REFUSED).stderr
    assert "SD-1 differs" in told
    assert tickets(there) == before
    assert at(there).closed() is None
    sd("ledger", "copy", "--to", str(folder.parent / "copy"))
    sd("note", "SD-2", "only there", "--desk", str(_desk_of(folder.parent, "copy")))
    told = sd("ledger", "copy", "--to", str(folder.parent / "copy"), expect=REFUSED).stderr
    assert "SD-2 goes further there; copy the other way" in told
    error = json.loads(
        sd("ledger", "copy", "--to", there, "--json", expect=REFUSED).stderr.splitlines()[-1]
    )["error"]
    assert (error["code"], error["ref"]) == ("other_ledger", "SD-1")


def _desk_of(root: Path, name: str) -> Path:
    """A desk beside another, that has one of its folders as ledger."""
    other = root.parent / "other"
    other.mkdir()
    for each in ("catalog", "kb", "sla_policies.yaml"):
        (other / each).symlink_to(root / each)
    (other / "ledger").symlink_to(root / name)
    return other


def test_a_ticket_that_is_only_there_is_refused(folder: Path, there: str, sd: Runner) -> None:
    """A ticket that the source does not have makes it another ledger."""
    sd("ledger", "copy", "--to", there)
    sd("open", "only there", "--user", "ada", env={"SDCLI_LEDGER": there})
    told = sd("ledger", "copy", "--to", there, expect=REFUSED).stderr
    assert "is not in the other one" in told
    assert folder.exists()


def test_an_interrupted_copy_goes_on(
    folder: Path, there: str, sd: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was copied stays; the half ledger takes no tickets until the rest is there."""
    monkeypatch.setattr(fill, "BATCH", 2)
    with monkeypatch.context() as patch:
        put, calls = fill.Loader.put, [0]

        def dying(self: fill.Loader, batch: list[Ticket]) -> None:
            calls[0] += 1
            if calls[0] == 3:
                raise KeyboardInterrupt
            put(self, batch)

        patch.setattr(fill.Loader, "put", dying)
        told = sd("ledger", "copy", "--to", there, expect=INTERRUPTED).stderr
    assert "What was copied stays" in told
    assert len(tickets(there)) == 4
    half = {"SDCLI_LEDGER": there}
    refused = sd("open", "x", "--user", "ada", env=half, expect=REFUSED).stderr
    assert f"a copy of {folder} into it has not been finished" in refused
    assert "no whole ledger" in sd("list", env=half).stderr
    sd("ledger", "copy", "--from", there, "--to", str(folder.parent / "x"), expect=REFUSED)
    sd("ledger", "copy", "--to", there)
    assert tickets(there) == tickets(folder)
    sound(there)
    sd("open", "x", "--user", "ada", env=half)


def test_a_copy_into_a_folder_counts_in_one_step(
    folder: Path, sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted before that, nothing is there, and nothing of it is left after the next one."""
    from sdcli.ledger.tiny import backup  # noqa: PLC0415 - what is interrupted

    def dying(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backup, "put_back", dying)
        sd("ledger", "copy", "--to", str(tmp_path / "back"), expect=INTERRUPTED)
    assert tickets(tmp_path / "back") == []
    half = at(tmp_path / "back")
    with pytest.raises(ClosedLedgerError, match="has not been finished"), half.write() as writer:
        writer.create((opened("twice"),))
    assert half.next_number() == 1
    (tmp_path / "back" / "copy-killed").mkdir()
    sd("ledger", "copy", "--to", str(tmp_path / "back"))
    assert tickets(tmp_path / "back") == tickets(folder)
    assert not [name for name in os.listdir(tmp_path / "back") if name.startswith("copy-")]
    with at(tmp_path / "back").write() as writer:
        writer.create((opened("once"),))


def test_a_ticket_that_was_changed_in_both_is_told_so(folder: Path, there: str, sd: Runner) -> None:
    """Neither is an older state of the other: that is what the refusal says."""
    sd("ledger", "copy", "--to", there)
    sd("note", "SD-1", "here")
    sd("note", "SD-1", "there", env={"SDCLI_LEDGER": there})
    told = sd("ledger", "copy", "--to", there, expect=REFUSED).stderr
    assert "SD-1 was changed in both" in told
    assert folder.exists()


def test_status_does_not_send_back_what_has_moved_here(
    folder: Path, there: str, sd: Runner
) -> None:
    """A desk that still names a server whose ledger has moved into its folder is told that alone."""
    sd("ledger", "copy", "--to", there, "--retire")
    sd("ledger", "copy", "--from", there, "--to", str(folder), "--retire")
    told = sd("ledger", "status", env={"SDCLI_LEDGER": there}).stderr
    assert f"has moved to {folder}" in told
    assert "ledger copy" not in told


@pytest.mark.parametrize("way", ["to a server", "to a folder"])
def test_a_copy_is_closed_until_it_is_proven(  # noqa: PLR0917 - fixtures
    folder: Path, there: str, sd: Runner, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the last ticket and before it is verified, it takes no changes; run again it does."""
    import sdcli.ledgers  # noqa: PLC0415 - what is interrupted

    to = there if way == "to a server" else str(tmp_path / "back")

    def dying(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sdcli.ledgers, "compare", dying)
        sd("ledger", "copy", "--to", to, expect=INTERRUPTED)
    assert len(tickets(to)) == len(tickets(folder))
    with pytest.raises(ClosedLedgerError, match="has not been finished"), at(to).write() as writer:
        writer.create((opened("twice"),))
    sd("ledger", "copy", "--to", to)
    assert at(to).closed() is None
    with at(to).write() as writer:
        writer.create((opened("once"),))


def test_what_a_killed_copy_began_stops_no_other(folder: Path, sd: Runner, tmp_path: Path) -> None:
    """Files that were being made when the copy was killed are no other ledger's."""
    back = tmp_path / "back"
    back.mkdir()
    (back / "tickets.journal.4711.0a1b2c3d.new").write_text("{")
    (back / "tickets.json.4711.0a1b2c3d.new").write_text("{")
    from sdcli.ledger.tiny.image import first  # noqa: PLC0415 - what it begins with

    (back / "tickets.journal").write_bytes(first()[1])
    sd("ledger", "copy", "--to", str(back))
    assert tickets(back) == tickets(folder)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("x")
    sd("ledger", "copy", "--to", str(other), expect=REFUSED)


@pytest.mark.parametrize("way", ["on a server", "in a folder"])
def test_a_restore_does_not_open_what_has_moved(
    folder: Path, there: str, sd: Runner, tmp_path: Path, way: str
) -> None:
    """A ledger that was retired stays closed whatever is restored into it, in both homes."""
    kept, old = str(tmp_path / "kept.tar.gz"), str(folder)
    sd("backup", kept)
    new = str(tmp_path / "new")
    if way == "on a server":
        sd("ledger", "copy", "--to", there)
        old = there
    here = {"SDCLI_LEDGER": old} if "://" in old else {}
    sd("ledger", "copy", "--from", old, "--to", new, "--retire")
    sd("restore", kept, env=here)
    mark = at(old).closed()
    assert (mark.moved, mark.other) == (True, new) if mark else False
    assert f"has moved to {new}" in sd("note", "SD-1", "x", env=here, expect=REFUSED).stderr


@pytest.mark.parametrize("way", ["on a server", "in a folder"])
def test_a_restore_into_half_a_copy_makes_it_whole(
    folder: Path, there: str, sd: Runner, tmp_path: Path, way: str
) -> None:
    """What was being copied into it does not matter any more: it takes changes again."""
    kept, half = str(tmp_path / "kept.tar.gz"), str(folder) if way == "in a folder" else there
    sd("backup", kept)
    at(half).close(Mark("/elsewhere", moved=False))
    here = {"SDCLI_LEDGER": half} if "://" in half else {}
    sd("restore", kept, env=here)
    sd("note", "SD-1", "x", env=here)


@pytest.mark.parametrize("way", ["to a server", "to a folder"])
def test_a_retired_ledger_takes_no_changes(
    folder: Path, there: str, sd: Runner, tmp_path: Path, way: str
) -> None:
    """Whoever writes to the old one is refused and told the new address; it can be read, and reopened."""
    old, new = str(folder), there
    if way == "to a folder":
        sd("ledger", "copy", "--to", there)
        old, new = there, str(tmp_path / "back")
    here = {"SDCLI_LEDGER": old} if "://" in old else {}
    connected = at(old)
    connected.get("SD-1")
    sd("ledger", "copy", "--from", old, "--to", new, "--retire")
    for args in (("open", "x", "--user", "ada"), ("note", "SD-1", "x"), ("sla-check",)):
        assert f"it has moved to {new}" in sd(*args, env=here, expect=REFUSED).stderr
    assert f"has moved to {new}" in sd("list", env=here).stderr
    assert "takes no changes" in sd("ledger", "status", env=here).stderr
    with pytest.raises(ClosedLedgerError, match="has moved"), connected.write() as writer:
        writer.append(writer.get("SD-1"), (noted(),))
    assert at(new).closed() is None
    # And the other way round, with what was recorded there.
    with at(new).write() as writer:
        writer.append(writer.get("SD-1"), (Noted(*Stamp(at=NOW, by="eva").mark(), text="there"),))
    sd("ledger", "copy", "--from", new, "--to", old, "--retire")
    assert at(old).closed() is None
    assert at(new).closed() == Mark(old, moved=True)
    assert tickets(old) == tickets(new)
    sd("note", "SD-1", "back home", env=here)


def test_what_is_recorded_meanwhile_is_copied(
    folder: Path, there: str, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers of the source are not kept waiting: the copy goes on with what they record."""
    load, left = fill.Loader.load, [2]

    def busy(self: fill.Loader, found: Iterator[Ticket]) -> Iterator[int]:
        yield from load(self, found)
        if left[0]:
            left[0] -= 1
            with at(folder).write() as writer:
                writer.create((opened(f"meanwhile {left[0]}"),))
                writer.append(writer.get("SD-4"), (noted("meanwhile"),))

    monkeypatch.setattr(fill.Loader, "load", busy)
    told = sdj("ledger", "copy", "--to", there)
    assert (told["equal"], told["settled"]) == (True, True)
    assert tickets(there) == tickets(folder)
    sound(there)
    left[0] = 99
    with at(folder).write() as writer:
        writer.create((opened("before"),))
    assert not sdj("ledger", "copy", "--to", there, expect=PARTLY_DONE)["settled"]


def test_who_waits_while_a_ledger_moves_is_told_where_to(
    folder: Path, there: str, sd: Runner
) -> None:
    """A unit of work that had to wait for the last round of a move begins nothing in the old one."""
    sd("ledger", "copy", "--to", there)
    moving = at(there)
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        stack.enter_context(moving.whole())

        def write() -> None:
            with at(there).write() as writer:
                pytest.fail(f"it was let in: {writer}")

        waiting = pool.submit(write)
        moving.close(Mark(str(folder), moved=True))
        stack.close()
        with pytest.raises(ClosedLedgerError, match="it has moved"):
            waiting.result()


def test_nobody_writes_to_the_target_meanwhile(
    folder: Path, there: str, sd: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a ledger is being filled a change to it waits, and is refused in the end."""
    load, told = fill.Loader.load, list[str]()

    def trying(self: fill.Loader, found: Iterator[Ticket]) -> Iterator[int]:
        impatient = home(there, "", 0.05, print)
        try:
            with impatient.write() as writer:
                writer.create((opened("too early"),))
        except Exception as error:  # noqa: BLE001 - whichever
            told.append(type(error).__name__)
        yield from load(self, found)

    monkeypatch.setattr(fill.Loader, "load", trying)
    sd("ledger", "copy", "--to", there)
    assert told == ["LedgerBusyError"]
    assert tickets(there) == tickets(folder)


def test_gaps_and_references_are_kept(folder: Path, there: str, sd: Runner, tmp_path: Path) -> None:
    """A number that no ticket has is no ticket's there either, and none is given out twice."""
    sd("ledger", "copy", "--to", there)
    before = at(there).next_number()
    with suppress(RuntimeError), at(there).write() as writer:
        writer.create((opened("given up"),))
        raise RuntimeError
    sd("open", "after a gap", "--user", "ada", env={"SDCLI_LEDGER": there})
    back = tmp_path / "back"
    sd("ledger", "copy", "--from", there, "--to", str(back))
    assert [ticket.ref for ticket in tickets(back)][-1] == f"SD-{before + 1}"
    assert at(back).next_number() == before + 2
    sound(back)
    sd("ledger", "copy", "--from", str(back), "--to", str(tmp_path / "third"))
    assert beside(tmp_path / "third") == beside(back)
    assert folder.exists()


def test_a_damaged_file_is_told(folder: Path, there: str, sd: Runner, sdj: JsonRunner) -> None:
    """What is not what it was is not brought, and named; everything else is, with exit 8."""
    [name] = at(folder).files.names()
    path = Path(at(folder).files.path(name))
    path.write_bytes(b"changed")
    told = sdj("ledger", "copy", "--to", there, expect=PARTLY_DONE)
    assert told["missing"] == [f"the attached file {name}"]
    assert told["equal"]
    path.write_bytes(b"error 691")
    assert sdj("ledger", "copy", "--to", there)["files"] == 1
    assert sd("ledger", "status", env={"SDCLI_LEDGER": there}).stdout


def test_places_that_make_no_sense(folder: Path, there: str, sd: Runner, tmp_path: Path) -> None:
    """The ledger itself, a folder with something else in it, and a source that is not there."""
    assert (
        "is the ledger itself" in sd("ledger", "copy", "--to", str(folder), expect=REFUSED).stderr
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    refused = sd("ledger", "copy", "--to", str(tmp_path / "home"), expect=REFUSED).stderr
    assert "holds something, and no ledger" in refused
    sd("ledger", "copy", "--from", str(tmp_path / "no"), "--to", there, expect=NOT_FOUND)
    assert os.listdir(tmp_path / "home") == ["letter.txt"]


def test_a_ledger_that_is_not_there_is_made(
    folder: Path, there: str, sd: Runner, server: Any
) -> None:
    """The schema of the target need not be made before."""
    new = f"{there}_new"
    sd("ledger", "copy", "--to", new)
    assert tickets(new) == tickets(folder)
    server.ask(f"DROP SCHEMA {new.rpartition('=')[2]} CASCADE")


def test_a_desk_that_was_switched_without_a_copy_is_told(
    folder: Path, there: str, sd: Runner, sdj: JsonRunner
) -> None:
    """The first ticket in an empty ledger says that there are others; so does the status."""
    switched = {"SDCLI_LEDGER": there}
    told = sd("ledger", "status", env=switched).stderr
    assert f"{folder} holds" in told
    assert "sdcli ledger copy --from" in told
    first = sd("open", "x", "--user", "ada", env=switched)
    assert f"{folder} holds a ledger too" in first.stderr
    assert "holds a ledger too" not in sd("open", "y", "--user", "ada", env=switched).stderr
    assert sdj("ledger", "status", env=switched)["other"]["moved"] is False


def test_two_once_keys_that_are_the_same(tmp_path: Path, there: str, sd: Runner) -> None:
    """Where two tickets of a folder have one idempotency key, the older one is found by it."""
    source = tmp_path / "source"
    with at(source).write() as writer:
        writer.create((opened("one", idempotency_key="k"),))
        writer.create((opened("two", idempotency_key="k"),))
    sd("ledger", "copy", "--from", str(source), "--to", there)
    assert tickets(there) == tickets(source)
    sound(there)


_pieces = st.lists(st.sampled_from(["note", "late", "close", "reopen"]), min_size=0, max_size=7)


def _grown(ticket: Ticket, pieces: list[str]) -> Ticket:
    """The ticket after these things happened, each an act of its own, hours apart."""
    for hour, piece in enumerate(pieces, len(ticket.events)):
        events: tuple[AnyEvent, ...] = (noted(piece, hour),)
        if piece == "late":
            stamp = Stamp(at=NOW, by="eva", entered=mark(hour)[1])
            events = (Noted(*stamp.mark(), text="late"),)
        if piece == "close" and ticket.status != "closed":
            events = closing(hour)
        if piece == "reopen" and ticket.status == "closed":
            events = (reopening(hour),)
        ticket = advance(ticket, events)
    return ticket


@given(_pieces, _pieces)
@settings(max_examples=60)
def test_further_events_are_found(before: list[str], after: list[str]) -> None:
    """Of any two states of a ticket, the events between them make the later from the earlier."""
    early = _grown(fold("SD-1", [opened()]), before)
    late = _grown(early, after)
    new = further(early, late)
    if not after:
        assert new is None
        return
    assert new is not None
    assert advance(early, new) == late
    assert further(late, early) is None


def test_the_hash_is_of_everything() -> None:
    """One event more, another order of tickets, another field: each gives another hash."""
    one, two = fold("SD-1", [opened()]), fold("SD-2", [opened("other")])
    longer = advance(one, accept(one, Stamp(at=NOW, by="ben")))
    seen = set()
    for every in ([], [one], [two], [one, two], [two, one], [longer, two]):
        tally = Tally()
        for ticket in every:
            tally.add(ticket)
        seen.add(tally.content().hash)
    assert len(seen) == 6


@contextmanager
def _unseen(label: str) -> Iterator[Callable[[int, int], None]]:
    del label
    yield lambda *_: None


def test_memory_does_not_grow_with_the_ledger(tmp_path: Path, there: str, desk: Desk) -> None:
    """Some thousand tickets more, to a server and back, take no more than a batch."""
    import tracemalloc  # noqa: PLC0415 - slows everything down

    from sdcli.ledger.tiny.fill import fill as filled  # noqa: PLC0415
    from sdcli.ledgers import Ledgers  # noqa: PLC0415

    def many() -> Iterator[Ticket]:
        for number in range(1, 4001):
            events = (opened(f"{number} " + "x" * 1000), *(closing() if number % 5 else ()))
            yield fold(f"SD-{number}", events)

    (tmp_path / "many").mkdir()
    filled(str(tmp_path / "many"), many(), lambda: 4001)
    tracemalloc.start()
    try:
        for source, to in ((str(tmp_path / "many"), there), (there, str(tmp_path / "back"))):
            told = Ledgers(desk).copy(to, source, retire=False, bar=_unseen)
            assert told.is_equal
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24_000_000
