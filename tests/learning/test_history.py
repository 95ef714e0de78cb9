"""The desk keeps up with its closed tickets by itself, once each, and proposes by them."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from sdcli.errors import SdcliError
from sdcli.learning import history
from sdcli.learning import memory as memories
from sdcli.learning.memory import Memory
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.policy.load import read_policy
from sdcli.tickets import steps
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.event import Classified, Closed, Opened, Resolved, Stamp
from sdcli.tickets.ticket import Ticket, fold
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.classify import propose
from sdcli.triage.suggest import Proposal, suggest
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

_POLICY = read_policy(str(REPOSITORY))
_connect = sqlite3.connect
_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
_TALK = {
    "erp": "zibor tamel quorin bastel fendo",
    "crm": "mavik rondel pesta lumik cavor",
    "telephony": "hurnal docket sviro gammon tilber",
}
_FEATURES = {name: next(iter(_POLICY.catalog.services[name].features)) for name in _TALK}


def closing(at: datetime, text: str, talk: str, **more: Any) -> tuple[Any, ...]:
    """A ticket that was opened, resolved and closed within an hour."""
    known: dict[str, Any] = {"type": "fulfilment", "impact": "low", "urgency": "high"}
    known |= {"service": talk, "feature": _FEATURES[talk], **more}
    code = known.pop("code", "solved")
    opened = Opened(
        *Stamp(at=at - timedelta(hours=1), by="ben").mark(),
        summary=text,
        queue="service-desk",
        priority="P3",
        requester="ada",
        **known,
    )
    return (
        opened,
        Resolved(*Stamp(at=at, by="ben").mark(), code=code, note=""),
        Closed(*Stamp(at=at, by="ben").mark(), code=code, confirmed_by="ada", via="phone"),
    )


class Talk:
    """Made texts, the same ones in each run."""

    def __init__(self) -> None:
        self._random = random.Random(5)

    def text(self, service: str) -> str:
        """A text that no rule of the catalog understands."""
        words = _TALK[service].split()
        common = self._random.choices(["thing", "anyhow"], k=3)
        return " ".join(self._random.choices(words, k=5) + common)


class _Desk:
    """A ledger with its memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = TinyLedger(str(folder / "ledger"), 5)
        self.told: list[str] = []
        self.path = str(folder / "cache" / "desk.history")
        self.memory = Memory(self.path, self.told.append)
        self.now = _NOW
        self.text = Talk().text

    def close(self, talk: str, count: int = 1, **more: Any) -> list[str]:
        """So many closed tickets with words of a service; their references."""
        refs = []
        with self.ledger.write() as writer:
            for _ in range(count):
                self.now += timedelta(minutes=5)
                refs.append(writer.create(closing(self.now, self.text(talk), talk, **more)).ref)
        return refs

    def open(self, service: str) -> Ticket:
        """A new ticket of which only the words are known."""
        stamp = Stamp(at=self.now, by="ben")
        opened = Opened(
            *stamp.mark(), summary=self.text(service), queue="service-desk", priority="P3"
        )
        with self.ledger.write() as writer:
            return writer.create((opened,))

    def reopen(self, ref: str) -> None:
        """A ticket that was closed by mistake."""
        self.now += timedelta(minutes=5)
        with self.ledger.write() as writer:
            ticket = writer.get(ref)
            stamp = Stamp(at=self.now, by="ben")
            writer.append(ticket, steps.reopen(ticket, stamp, reason="it is back"))

    def close_again(self, ref: str, service: str, code: str = "solved") -> None:
        """The reopened ticket with its final service."""
        self.now += timedelta(minutes=5)
        mark = Stamp(at=self.now, by="ben")
        with self.ledger.write() as writer:
            ticket = writer.get(ref)
            decided = Classified(
                *mark.mark(),
                type="fulfilment",
                service=service,
                feature=_FEATURES[service],
                impact="low",
                urgency="high",
                priority="P3",
            )
            resolved = Resolved(*mark.mark(), code=code, note="")
            closed = Closed(*mark.mark(), code=code, confirmed_by="ada", via="phone")
            writer.append(ticket, (decided, resolved, closed))

    def learn(self, most: int = 1000) -> history.Progress:
        """Catch up."""
        return history.keep_up(self.memory, self.ledger, _POLICY, self.now, most)

    def ask(self, service: str) -> dict[str, Any]:
        """What is proposed for a new ticket with words of a service."""
        return history.ask(self.memory, self.ledger, _POLICY, self.open(service), self.now)[0]

    def learned(self) -> dict[str, dict[str, str]]:
        """The references that are remembered, with their classes."""
        ids = range(1, 10_000)
        return {each.ref: each.classes for each in self.memory.by_id(ids).values()}

    def file(self) -> dict[str, list[Any]]:
        """What the file holds, apart from numbers that are given in order."""
        with sqlite3.connect(self.path) as file:
            return {
                "cells": sorted(file.execute("SELECT place, seen, weights FROM cell")),
                "tickets": sorted(file.execute("SELECT ref, closed_at, classes FROM ticket")),
            }


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> _Desk:
    return _Desk(tmp_path)


def _teach(here: _Desk, count: int = 20) -> None:
    for _ in range(count):
        for service in _TALK:
            here.close(service)
    here.learn()


def test_history_proposes_what_no_rule_knows(here: _Desk) -> None:
    """After some closed tickets, their words propose all fields, with tickets that are there."""
    _teach(here)
    for service in _TALK:
        found = here.ask(service)
        assert suggest(_POLICY, here.text(service))["service"].value == UNKNOWN
        assert {name: each.value for name, each in found.items()} == {
            "type": "fulfilment",
            "service": service,
            "feature": _FEATURES[service],
            "impact": "low",
            "urgency": "high",
        }
        for each in found.values():
            assert each.confidence >= 0.6
        for ref in found["service"].similar:
            ticket = here.ledger.get(ref)
            assert ticket.is_closed
            assert ticket.service == service
        assert found["service"].similar


@pytest.mark.parametrize("count", [3, 19, 25, 80])
def test_closed_tickets_about_other_things_silence_no_rule(here: _Desk, count: int) -> None:
    """What the catalog says of words stays, however many tickets were closed about other things."""
    said = ("the printer jams again", "please print the badge", "no toner in the printer")
    with here.ledger.write() as writer:
        for number in range(count):
            here.now += timedelta(minutes=5)
            known = {"service": "printing", "feature": UNKNOWN, "type": "incident"}
            writer.create(closing(here.now, f"{said[number % 3]} {number}", "erp", **known))
    here.learn()
    for text in ("The VPN is down", "please reset my password", "the wifi cannot be found"):
        stamp = Stamp(at=here.now, by="ben")
        opened = Opened(*stamp.mark(), summary=text, queue="service-desk", priority="P3")
        ticket = fold("SD-999", (opened,))
        found = history.proposals(here.memory, _POLICY, ticket)
        for name in ("type", "service"):
            rule = suggest(_POLICY, text)[name].value
            assert rule in (UNKNOWN, found[name].value)


def test_nothing_is_proposed_below_the_threshold(here: _Desk) -> None:
    """A desk with two closed tickets says `unknown`, and what it would have said (never a guess)."""
    here.close("erp")
    here.close("crm")
    found = here.ask("erp")
    assert found["service"].value == UNKNOWN
    assert found["service"].confidence is None
    assert found["service"].candidate.value == "erp"
    assert found["service"].candidate.confidence < 0.6
    assert found["feature"].value == UNKNOWN


def test_an_empty_desk_proposes_by_its_rules(here: _Desk) -> None:
    """Before anything was closed the rules of the catalog are heard, with a stated confidence."""
    ticket = fold(
        "SD-1",
        (
            Opened(
                *Stamp(at=_NOW, by="ben").mark(),
                summary="The VPN is down",
                queue="service-desk",
                priority="P3",
            ),
        ),
    )
    found, progress, _ = history.ask(here.memory, here.ledger, _POLICY, ticket, _NOW)
    assert (found["type"].value, found["service"].value) == ("incident", "vpn")
    assert found["service"].confidence == pytest.approx(0.7)
    assert progress.is_done


def test_each_ticket_is_learned_once(here: _Desk) -> None:
    """However often the desk looks, and in whatever pieces, a ticket is one lesson."""
    refs = [ref for service in _TALK for ref in here.close(service, 4)]
    lessons = [here.learn(most).lessons for most in (1, 2, 5, 1000, 1000, 1000)]
    assert sum(lessons) == len(refs) == here.memory.state.lessons
    assert set(here.learned()) == set(refs)
    refs += here.close("erp")
    assert here.learn().lessons == 1
    assert here.learn().lessons == 0
    assert set(here.learned()) == set(refs)


def test_pieces_are_as_good_as_all_at_once(here: _Desk, tmp_path: Path) -> None:
    """Learning ticket by ticket leaves what learning all of them at once leaves."""
    for service in _TALK:
        here.close(service, 5)
    while not here.learn(1).is_done:
        pass
    by_pieces = here.file()
    here.memory = Memory(str(tmp_path / "other.history"))
    here.path = str(tmp_path / "other.history")
    here.learn()
    at_once = here.file()
    assert by_pieces["tickets"] == at_once["tickets"]
    assert [row[:2] for row in by_pieces["cells"]] == [row[:2] for row in at_once["cells"]]


def test_a_compacted_ledger_teaches_nothing_twice(here: _Desk) -> None:
    """Folding the journal and moving closed tickets to archives is no news."""
    here.close("erp", 3)
    here.learn()
    here.ledger.compact()
    here.now += timedelta(days=1)
    assert here.learn().lessons == 0
    here.close("crm")
    here.ledger.compact()
    assert here.learn().lessons == 1


def test_a_reopened_ticket_is_shown_no_more_and_learned_anew(here: _Desk) -> None:
    """It is similar only while it is closed; closed again with another class, that one counts."""
    _teach(here)
    ref = here.ask("erp")["service"].similar[0]
    here.reopen(ref)
    assert ref not in here.ask("erp")["service"].similar
    counted = here.memory.state.counts
    before = sum(seen for bins in counted.values() for seen, _ in bins)
    here.close_again(ref, "crm")
    assert here.learn().lessons == 1
    assert here.learned()[ref]["service"] == "crm"
    after = sum(seen for bins in here.memory.state.counts.values() for seen, _ in bins)
    assert after == before  # it has been judged before: it is no new proof


def test_a_ticket_that_ends_as_a_duplicate_is_forgotten(here: _Desk) -> None:
    """Duplicates and withdrawn requests teach nothing, and alerts have the catalog to go by."""
    ref = here.close("erp")[0]
    here.learn()
    here.reopen(ref)
    here.close_again(ref, "erp", "duplicate")
    here.close("crm", code="withdrawn")
    here.close("crm", key="check/1")
    assert here.learn().lessons == 0
    assert here.learned() == {}


def test_the_oldest_are_forgotten(here: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory keeps so many tickets and no more: the newest ones."""
    monkeypatch.setattr(memories, "MOST_TICKETS", 5)
    here.close("erp", 4)
    here.learn()
    newest = here.close("crm", 4)
    here.learn()
    assert len(here.learned()) == here.memory.state.tickets == 5
    assert set(newest) < set(here.learned())


def test_an_import_is_learned_from_the_newest_down_in_pieces(here: _Desk) -> None:
    """A large history takes many calls, each bounded, and meanwhile what is closed comes first."""
    refs = here.close("erp", 60)
    progress = here.learn(10)
    assert (progress.lessons, progress.is_done) == (10, False)
    assert set(here.learned()) == set(refs[-10:])
    fresh = here.close("crm")
    here.learn(5)
    assert set(fresh) < set(here.learned())
    while not here.learn(10).is_done:
        pass
    assert set(here.learned()) == {*refs, *fresh}


def test_another_ledger_is_learned_from_the_beginning(here: _Desk, tmp_path: Path) -> None:
    """When a backup of another desk takes its place, nothing of the former one is left."""
    here.close("erp", 6)
    here.learn()
    other = _Desk(tmp_path / "other")
    refs = other.close("crm", 3)
    here.ledger = other.ledger
    assert here.learn().lessons == 3
    assert {ref: each["service"] for ref, each in here.learned().items()} == dict.fromkeys(
        refs, "crm"
    )
    here.ledger = TinyLedger(str(tmp_path / "none"), 5)
    here.learn()
    assert here.learned() == {}


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 400, None])
def test_a_damaged_file_is_made_again(here: _Desk, damage: bytes | None) -> None:
    """Whatever becomes of the file, the desk answers, and has learned everything anew."""
    here.close("erp", 6)
    here.learn()
    path = here.folder / "cache" / "desk.history"
    whole = path.read_bytes()
    holed = whole[:4096] + b"\xaa" * (len(whole) - 4096)
    path.write_bytes(holed if damage is None else damage)
    here.memory = Memory(here.path, here.told.append)
    assert here.ask("erp")["service"].value in ("erp", UNKNOWN)
    here.learn()
    assert len(here.learned()) == 6
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM ticket").fetchone() == (6,)


def test_a_file_damaged_in_use_is_made_again(here: _Desk) -> None:
    """A process that has the file open survives its ruin as well."""
    here.close("erp", 6)
    here.learn()
    path = here.folder / "cache" / "desk.history"
    path.write_bytes(b"\xaa" * path.stat().st_size)
    here.close("crm")
    assert here.ask("erp")["service"].value in ("erp", UNKNOWN)
    assert len(here.learned()) == 7


def test_any_byte_of_the_file_may_be_wrong(here: _Desk) -> None:
    """Whatever one byte of the file is changed to, the desk answers, and can learn again."""
    for service in _TALK:
        here.close(service, 2)
    ticket = here.open("erp")
    here.learn()
    path = Path(here.path)
    whole, chance = path.read_bytes(), random.Random(3)
    places = [*range(100), *chance.sample(range(100, len(whole)), 250)]
    for at in places:
        broken = bytearray(whole)
        broken[at] ^= chance.choice((0x01, 0x80, 0xFF, 0x10))
        path.write_bytes(broken)
        memory = Memory(here.path, here.told.append)
        assert not history.ask(memory, here.ledger, _POLICY, ticket, here.now).trouble
    assert here.told == []  # each was made again, and kept


_LIES = {
    "no tables": "",
    "other tables": "CREATE TABLE cell (x); CREATE TABLE state (id, said); CREATE TABLE ticket (y);",
    "malformed state": "UPDATE state SET said = '{\"lessons\": -3}'",
    "a state of bytes": "UPDATE state SET said = x'80ff'",
    "impossible counts": 'UPDATE state SET said = \'{"counts": {"type/agree/rules": [[1, 2]]}}\'',
    "a ticket not there": 'UPDATE state SET said = \'{"behind": [["SD-9", "nothing"]]}\'',
    "texts not decodable": "UPDATE class SET value = CAST(x'ff' AS TEXT)",
    "numbers for texts": "UPDATE ticket SET classes = 7",
    "half a weight": "UPDATE cell SET weights = x'00'",
    "a class for two": "CREATE UNIQUE INDEX one ON class (field)",
}


@pytest.mark.parametrize("lie", _LIES)
def test_a_file_that_lies_is_begun_anew(here: _Desk, lie: str) -> None:
    """A whole database with wrong content is as bad as a damaged one, and as harmless."""
    here.close("erp", 3)
    here.learn()
    if "tables" in lie:
        Path(here.path).unlink()
    with sqlite3.connect(here.path) as file:
        file.executescript(_LIES[lie])
        file.execute("PRAGMA user_version = 2")
    file.close()
    here.close("crm", 3)
    here.memory = Memory(here.path, here.told.append)
    answer = history.ask(here.memory, here.ledger, _POLICY, here.open("erp"), here.now)
    assert not answer.trouble
    assert len(here.learned()) == 6
    assert here.memory.is_kept
    assert here.told == []


def test_where_nothing_can_be_written_one_note_says_what_to_do(
    here: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, or a file only to be read, is told once, with the file and the next step."""
    here.close("erp", 3)
    for trouble in ("query_only = ON", "max_page_count = 1"):
        here.told.clear()

        def narrow(path: str, *rest: Any, trouble: str = trouble, **more: Any) -> Any:
            db = _connect(path, *rest, **more)
            if path != ":memory:":
                db.execute(f"PRAGMA {trouble}")
            return db

        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", narrow)
            here.memory = Memory(here.path, here.told.append)
            assert here.ask("erp")
        assert len(here.learned()) == 3
        assert not here.memory.is_kept
        (note,) = here.told
        assert here.path in note
        assert "Delete that file, or set XDG_CACHE_HOME" in note


def test_nobody_else_may_read_what_was_learned(here: _Desk) -> None:
    """The file tells of callers by the hashes of their words: it is its owner's alone."""
    assert Path(here.path).stat().st_mode & 0o777 == 0o600
    assert Path(here.path).parent.stat().st_mode & 0o777 == 0o700
    Path(here.path).chmod(0o644)
    Memory(here.path)
    assert Path(here.path).stat().st_mode & 0o777 == 0o600


def test_wrong_clocks_lose_no_closing(here: _Desk) -> None:
    """One look with the clock ahead and one with it back: all that is closed later is learned."""
    refs = here.close("erp", 5)
    waiting = [here.open(service).ref for service in [*_TALK] * 3]
    here.learn()
    now = here.now
    for wrong in (timedelta(days=400), timedelta(days=-400), timedelta(0)):
        here.now = now + wrong
        here.learn()
        refs += here.close("erp")  # stamped by that clock
        refs.append(waiting.pop())
        here.close_again(refs[-1], "crm")
        here.learn()
        now += timedelta(hours=1)
        here.now = now
        refs += [waiting.pop(), *here.close("crm", 2)]
        here.close_again(refs[-3], "crm")
        here.learn()
    assert set(here.learned()) == set(refs)
    assert here.memory.state.lessons == len(refs)


def test_progress_counts_no_ticket_twice_and_ends(here: _Desk) -> None:
    """With a clock that stands, and many closings at one instant, learning comes to its end."""
    with here.ledger.write() as writer:
        for _ in range(120):
            writer.create(closing(_NOW, here.text("erp"), "erp"))
    here.now = _NOW
    for _ in range(40):
        progress = here.learn(5)
        assert progress.looked <= progress.total == 120
    assert progress.is_done
    assert progress.looked == 120
    assert here.memory.state.lessons == 120


def test_an_import_into_a_desk_that_has_learned_is_learned_newest_first(here: _Desk) -> None:
    """Also what comes later in one go is learned from the newest down."""
    here.close("erp", 5)
    here.learn()
    refs = here.close("crm", 50)
    here.learn(10)
    assert {ref for ref in here.learned() if ref in refs} == set(refs[-10:])


def test_closed_again_with_the_same_classes_teaches_nothing_more(here: _Desk) -> None:
    """What was reopened by mistake is one lesson, whether it was looked at meanwhile or not."""
    for looked in (True, False):
        ref = here.close("erp")[0]
        here.learn()
        here.reopen(ref)
        if looked:
            here.learn()
        here.close_again(ref, "erp")
        assert here.learn().lessons == 0
        assert ref in here.learned()


def test_huge_tickets_are_taken_few_at_a_time(here: _Desk) -> None:
    """How much is read in one run is bounded by characters, not only by the number of tickets."""
    with here.ledger.write() as writer:
        for _ in range(10):
            opened, *rest = closing(here.now, here.text("erp"), "erp")
            huge = structs.replace(opened, details="hurnal " * 60_000)
            writer.create((huge, *rest))
    assert here.learn().lessons < 8
    while not here.learn().is_done:
        pass
    assert len(here.learned()) == 10


def test_without_a_place_it_works_in_memory(here: _Desk, tmp_path: Path) -> None:
    """Where nothing can be kept the desk says so once, and still answers."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    for path, remarks in ((str(blocked / "desk.history"), 1), ("", 0)):
        here.told.clear()
        here.memory = Memory(path, here.told.append)
        here.close("erp", 3)
        assert here.learn().lessons
        assert len(here.told) == remarks


def test_two_processes_learn_each_ticket_once(here: _Desk) -> None:
    """While one learns the other answers; together they learn every ticket once."""
    for service in _TALK:
        here.close(service, 40)
    program = (
        "import sys\n"
        "from datetime import datetime, timezone\n"
        "from sdcli.ledger.tiny.home import TinyLedger\n"
        "from sdcli.policy.load import read_policy\n"
        "from sdcli.learning.history import ask\n"
        "from sdcli.learning.memory import Memory\n"
        "policy, ledger = read_policy(sys.argv[1]), TinyLedger(sys.argv[2], 5)\n"
        "now = datetime(2026, 11, 24, tzinfo=timezone.utc)\n"
        "memory, found, left = Memory(sys.argv[3]), 0, 400\n"
        "done = False\n"
        "while not done and left:\n"
        "    _, progress, _ = ask(memory, ledger, policy, ledger.get('SD-1'), now)\n"
        "    found, left, done = found + progress.lessons, left - 1, progress.is_done\n"
        "print(found)\n"
    )
    args = [str(REPOSITORY), str(here.folder / "ledger"), here.path]
    running = [
        subprocess.Popen([sys.executable, "-c", program, *args], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    found = [process.communicate(timeout=100)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    rest = 0
    while not (progress := here.learn()).is_done:
        rest += progress.lessons
    assert sum(map(int, found)) + rest + progress.lessons == 120
    assert here.memory.state.lessons == 120 == len(here.learned())


def test_one_who_cannot_learn_still_answers(here: _Desk) -> None:
    """While somebody else holds the file, proposals come from what was committed."""
    _teach(here)
    other = sqlite3.connect(here.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert here.ask("erp")["service"].value == "erp"
    other.execute("ROLLBACK")
    other.close()


def test_a_service_that_is_gone_is_not_proposed(here: _Desk) -> None:
    """What the catalog does not hold any more is no proposal, however many tickets had it."""
    for _ in range(30):
        here.close("erp", service="typewriters", feature=UNKNOWN)
    here.learn()
    assert here.ask("erp")["service"].value == UNKNOWN


def test_confidence_means_what_it_says(here: _Desk) -> None:
    """On a desk where a tenth is closed with another service, that part of the proposals is wrong."""
    chance = random.Random(11)
    for _ in range(300):
        said = chance.choice(list(_TALK))
        meant = said if chance.random() < 0.9 else chance.choice(list(_TALK))
        here.close(said, service=meant, feature=_FEATURES[meant])
    here.learn()
    guesses = [(chance.choice(list(_TALK))) for _ in range(60)]
    found = [(here.ask(said)["service"], said) for said in guesses]
    sure = [each.confidence or each.candidate.confidence for each, _ in found if each.reason]
    assert sum(sure) / len(sure) == pytest.approx(0.93, abs=0.08)


def test_evidence_names_tickets_and_words_that_are_there(here: _Desk) -> None:
    """One common word among many is enough to name tickets; they have that class now."""
    _teach(here, 30)
    stamp = Stamp(at=here.now, by="ben")
    text = "since monday nobody here gets the docket through, whatever is tried, not even zzz"
    opened = Opened(*stamp.mark(), summary=text, queue="service-desk", priority="P3")
    with here.ledger.write() as writer:
        ticket = writer.create((opened,))
    said = history.ask(here.memory, here.ledger, _POLICY, ticket, here.now).proposals["service"]
    assert (said.value if said.candidate is None else said.candidate.value) == "telephony"
    assert said.words == ("docket",)
    assert "'docket'" in said.reason
    assert len(said.similar) == 3
    for ref in said.similar:
        here.reopen(ref)
        here.close_again(ref, "erp")  # and nobody has looked at it since
    other = history.proposals(here.memory, _POLICY, ticket, here.ledger)["service"]
    assert not set(other.similar) & set(said.similar)


def test_a_fact_that_gives_the_type_keeps_the_levels_that_were_learned() -> None:
    """The catalog knows better what kind it is, and no better how much it matters (R2a.1)."""
    learned = {
        "type": Proposal("information", "closed tickets", 0.9, words=("vpn",)),
        "service": Proposal("vpn", "closed tickets", 0.9),
        "feature": Proposal(UNKNOWN, "none"),
        "impact": Proposal("high", "closed tickets", 0.9, words=("vpn",)),
        "urgency": Proposal("low", "a preset", 0.9),
    }
    stamp = Stamp(at=_NOW, by="ben")
    request = RequestDetails(ever_had="yes")
    opened = Opened(
        *stamp.mark(),
        summary="the vpn is down",
        queue="service-desk",
        priority="P3",
        request=request,
    )
    found = propose(_POLICY, fold("SD-1", (opened,)), (), learned)
    assert found["type"].value == "incident"
    assert found["impact"].value == "high"
    assert found["urgency"].reason != "a preset"


def test_the_command_shows_confidence_and_similar_tickets(sd: Runner, sdj: JsonRunner) -> None:
    """`classify REF` says how sure it is and which closed tickets are like it; nothing changes."""
    known = ("--type", "incident", "--service", "telephony", "--impact", "low", "--urgency", "high")
    for number in range(20):
        ref = sdj("open", f"the hurnal docket of desk {number} is sviro", "--user", "ada")["ref"]
        sd("classify", ref, *known, "--reason", "as heard")
        sd("resolve", ref, "--code", "solved")
        sd("close", ref, "--unconfirmed", "called back")
    ref = sdj("open", "the hurnal docket of desk 99 is sviro", "--user", "ada")["ref"]
    for _ in range(3):
        found = sdj("classify", ref)["suggestion"]
    assert found["service"]["value"] == "telephony"
    assert 0.6 <= found["service"]["confidence"] <= 1
    assert len(found["service"]["similar"]) == 3
    text = sd("classify", ref).output
    assert "% sure" in text.replace(" %", "%")
    assert found["service"]["similar"][0] in text
    assert sdj("show", ref)["service"] == UNKNOWN


def test_notes_on_learning_are_in_the_document(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """With --json nothing is on stderr, and the document tells how far learning is."""
    ref = sdj("open", "hurnal docket sviro", "--user", "ada")["ref"]
    found = sdj("classify", ref)
    assert found["learning"] == {"looked": 1, "total": 1, "done": True, "kept": True}
    (kept,) = (tmp_path / "cache" / "sdcli").glob("*.history")
    kept.unlink()
    kept.mkdir()
    ran = sd("classify", ref, "--json")
    assert ran.stderr == ""
    found = json.loads(ran.stdout)
    assert found["learning"]["kept"] is False
    assert sum(str(kept) in note for note in found["notes"]) == 1
    text = sd("classify", ref)
    assert "only the newest are learned each time" in text.stderr


def test_the_check_of_clocks_learns_in_silence(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """What cron runs learns too; where nothing can be kept it does not fill anybody's mailbox."""
    ref = sdj("open", "hurnal docket sviro", "--user", "ada")["ref"]
    sd("resolve", ref, "--code", "solved")
    sd("close", ref, "--unconfirmed", "called back")
    assert sd("sla-check").output == ""
    (kept,) = (tmp_path / "cache" / "sdcli").glob("*.history")
    with sqlite3.connect(kept) as file:
        assert file.execute("SELECT ref FROM ticket").fetchall() == [(ref,)]
    kept.unlink()
    kept.mkdir()
    assert sd("sla-check").output == ""


@pytest.mark.parametrize("trouble", [ValueError, sqlite3.OperationalError, OSError, SdcliError])
def test_learning_never_stops_an_alarm(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    """Alarms are recorded and printed first, and once; whatever becomes of learning is no news."""
    ref = sdj("open", "vpn down", "--user", "ada")["ref"]
    calls: list[str] = []

    def fail(*_: object) -> None:
        calls.append(sd("show", ref).output)  # the ledger is free, and what was said is recorded
        raise trouble("nothing goes")

    monkeypatch.setattr(history, "keep_up", fail)
    later = "2026-11-25T10:00:00Z"
    said = sd("sla-check", at=later)
    assert ref in said.stdout
    assert "nothing goes" not in said.output
    assert len(calls) == 1
    assert sd("sla-check", at=later).output == ""


def test_evaluation_is_for_the_desk_and_not_for_a_ticket(sd: Runner, sdj: JsonRunner) -> None:
    """`classify --evaluate` says plainly that a young desk has too little to measure."""
    young = sd("classify", "--evaluate")
    assert "too few" in young.stdout
    assert "50 are needed" in young.stdout
    assert "sdcli import" in young.stderr
    assert sdj("classify", "--evaluate")["tested"] == 0
    assert "Missing argument 'REF'" in sd("classify", expect=2).output
