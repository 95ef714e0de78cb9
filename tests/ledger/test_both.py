"""The same is done to a ledger on either home, and every answer is held against the other's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdcli.errors import SdcliError
from sdcli.tickets import keys
from sdcli.tickets.event import (
    Accepted,
    Closed,
    Imported,
    Noted,
    Reopened,
    Resolved,
    Resumed,
    Stamp,
    Waited,
)
from sdcli.tickets.query import Query
from sdcli.tickets.taken_back import Undone, Voided
from sdcli.tickets.words import STATUSES
from tests.homes import PostgresStorage, TinyStorage
from tests.ledger.making import NOW, opened
from tests.sampling import FULL

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from sdcli.ledger.interface import Ledger, Reader, Writer
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

KEYS = ("", "disk", "disk/", "Disk", "a\x00b", "k" * 700, "k" * 700 + "2", "☕")
QUEUES = ("service-desk", "network", "Network", 'q"%s\\', "a\x00b", "")
PEOPLE = ("", "ada", "zoë", "ada@example.org")

names = st.sampled_from(KEYS)
openings = st.fixed_dictionaries(
    {
        "summary": st.sampled_from(["VPN drops", "vpn  drops\n", "\x00", "Straße"]),
        "queue": st.sampled_from(QUEUES[:-1]),
        "priority": st.sampled_from(["P1", "P3", "P5"]),
        "service": st.sampled_from(["vpn", "unknown"]),
        "key": names,
        "idempotency_key": names,
        "requester": st.sampled_from(PEOPLE[1:]),
        "on_behalf_of": st.sampled_from(PEOPLE),
        "hours": st.sampled_from([-900, -0.5, 0, 0, 0, 1, 800]),
    }
)
STEPS: dict[str, Callable[[Any], AnyEvent]] = {
    "note": lambda mark: Noted(*mark, text="x\x00y"),
    "show": lambda mark: Noted(*mark, text="x", visible=True),
    "accept": lambda mark: Accepted(*mark),
    "wait": lambda mark: Waited(*mark, waiting_for="user"),
    "resume": lambda mark: Resumed(*mark),
    "resolve": lambda mark: Resolved(*mark, code="fixed"),
    "close": lambda mark: Closed(*mark, code="fixed", unconfirmed="gone"),
    "reopen": lambda mark: Reopened(*mark, reason="again"),
    "void": lambda mark: Voided(*mark),
    "import": lambda mark: Imported(*mark, source=f"old/{mark[2]}"),
}
steps = st.tuples(
    st.sampled_from([*STEPS, "undo"]),
    st.integers(0, 5),  # which ticket
    st.sampled_from([0.0, 1.0, 30.0, 800.0]),  # hours after it was last changed
    st.sampled_from([False, False, False, True]),  # entered later than it happened
)
acts = st.lists(
    st.tuples(st.just("open"), openings, st.sampled_from(["", "a/1", "b/2"]))
    | st.tuples(st.just("steps"), st.lists(steps, min_size=1, max_size=4), st.booleans())
    | st.tuples(st.just("compact"), st.none(), st.none()),
    min_size=3,
    max_size=12,
)


class GivenUpError(Exception):
    """The unit of work is abandoned."""


class Actor:
    """Does acts on one ledger; the events are made once, for both.

    Args:
        ledger: the one it acts on.
        made: the events of each act, made by whoever comes first.
    """

    def __init__(self, ledger: Ledger, made: dict[tuple[int, int], AnyEvent]) -> None:
        self.ledger = ledger
        self._made = made
        self._act = self._turn = 0

    def do(self, act: tuple[Any, ...]) -> list[str]:
        """Do it; what came of it, in words that are the same on both homes."""
        self._act, self._turn = self._act + 1, 0
        kind, what, how = act
        said: list[str] = []
        try:
            if kind == "compact":
                self.ledger.compact()
            elif kind == "open":
                with self.ledger.write() as writer:
                    said.append(self._open(writer, what, how))
            else:
                self._work(what, said, gives_up=how and len(what) > 1)
        except (SdcliError, GivenUpError) as error:
            said.append(f"{type(error).__name__}: {error}")
        return said

    def _work(self, wanted: list[tuple[Any, ...]], said: list[str], *, gives_up: bool) -> None:
        with self.ledger.write() as writer:
            said.extend(self._step(writer, *step) for step in wanted)
            if gives_up:
                raise GivenUpError

    def _event(self, make: Callable[[], AnyEvent]) -> AnyEvent:
        self._turn += 1
        return self._made.setdefault((self._act, self._turn), make())

    def _open(self, writer: Writer, wish: dict[str, Any], source: str) -> str:
        """As the desk does it: what was recorded once is not recorded again."""
        known = writer.by_idempotency_key(wish["idempotency_key"])
        if known is None and source:
            known = writer.by_source(source)
        if known is not None:
            return f"known: {known.ref}"
        event = self._event(lambda: opened(**wish))
        events = [event]
        if source:
            mark = Stamp(at=event.at, by="ben").mark()
            events.append(self._event(lambda: Imported(*mark, source=source)))
        return f"new: {writer.create(events).ref} {writer.by_key(wish['key']) is not None}"

    def _step(self, writer: Writer, name: str, which: int, hours: float, late: bool) -> str:
        every = list(writer.find(EVERY))
        if not every:
            return "none"
        ticket = every[which % len(every)]
        at = ticket.touched_at + timedelta(hours=hours)
        stamp = Stamp(at=at, by="zoë")
        if late:
            stamp = Stamp(at=ticket.opened_at, by="zoë", entered=at)

        def make() -> AnyEvent:
            if name == "undo":
                return Undone(*stamp.mark(), undoes=(ticket.events[-1].id,))
            return STEPS[name](stamp.mark())

        after = writer.append(writer.get(ticket.ref), [self._event(make)])
        return f"{name}: {after.ref} {after.status} {writer.get(ticket.ref) == after}"


EVERY = Query(statuses=STATUSES, void=True, record="")
QUERIES = (
    EVERY,
    Query(),
    Query(statuses=("closed",)),
    Query(statuses=("resolved", "closed"), queue="network"),
    *(Query(queue=queue, statuses=STATUSES) for queue in QUEUES),
    *(Query(user=person) for person in PEOPLE),
    Query(assignee="zoë", statuses=STATUSES),
    Query(priority="P1", service="vpn"),
    Query(text="strasse"),
    Query(touched_since=NOW + timedelta(hours=1)),
    Query(statuses=("waiting",), touched_since=NOW + timedelta(hours=1)),
)


def answers(reader: Reader) -> dict[str, object]:
    """Everything that can be asked."""

    def refs(tickets: Any) -> list[str]:
        return [ticket.ref for ticket in tickets]

    def ref(ticket: Ticket | None) -> str:
        return ticket.ref if ticket else ""

    sources = ("", "a/1", "b/2", "old/zoë")
    since = NOW + timedelta(hours=1)
    return {
        "all": list(reader.find(EVERY)),
        "count": reader.count(),
        "find": [refs(reader.find(query)) for query in QUERIES],
        "pressing": [
            (refs(first), more)
            for query in QUERIES
            for first, more in [reader.most_pressing(query, 2)]
        ],
        "older": [refs(reader.older(than, 2, "SD-1")) for than in ("", "SD-3", "SD-99")],
        "closed": [refs(reader.closed_since(since, 2, after)) for after in ("", "SD-2")],
        "key": [ref(reader.by_key(key)) for key in KEYS],
        "once": [ref(reader.by_idempotency_key(key)) for key in KEYS],
        "source": [ref(reader.by_source(source)) for source in sources],
        "sources": refs(reader.by_sources(sources)),
        "having": [
            refs(reader.having(key))
            for key in (*map(keys.seen, KEYS), *map(keys.alert, KEYS), keys.NEWS, keys.UNSUPPORTED)
        ],
    }


@settings(
    max_examples=200 if FULL else 8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(doing=acts)
def test_whatever_is_done_both_homes_answer_alike(
    doing: list[tuple[Any, ...]],
    tmp_path_factory: pytest.TempPathFactory,
    new_ledger: Callable[[], str],
) -> None:
    """After every act each look-up gives the same on both, refusals too, for old and new readers."""
    made: dict[tuple[int, int], AnyEvent] = {}
    folder = tmp_path_factory.mktemp("both")
    homes = (TinyStorage(folder), PostgresStorage(folder, new_ledger()))
    actors = [Actor(storage.ledger(), made) for storage in homes]

    for act in doing:
        said = [actor.do(act) for actor in actors]
        assert said[0] == said[1]
        if said[0] and said[0][-1].startswith("GivenUp"):
            continue
        assert answers(actors[0].ledger) == answers(actors[1].ledger)
    assert answers(homes[0].ledger()) == answers(homes[1].ledger())
