"""Suggestions from the desk's own closed tickets: keeping up with them, and proposing by them.

Each call looks at a bounded number of tickets that were closed, or came here, since the last one;
nobody has to start anything. A ticket is judged, the judgement is counted, and then it is a
lesson: what was said when it was opened, with the classes it had when it was closed.

What teaches nothing: duplicates and withdrawn requests, whose classes nobody minded; what a
planned outage caused; and alerts, which have the catalog's components to go by and would drown
the words of callers in a storm. A ticket that was reopened is not shown as similar any more, and
what it taught is put right when it is closed again with other classes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import astuple

from sdcli.errors import NoSuchTicketError, SdcliError
from sdcli.learning import judge, learner
from sdcli.learning.memory import TROUBLE, MemoryFailedError
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN
from sdcli.triage.suggest import Candidate, Known, Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.learning.judge import Judged
    from sdcli.learning.memory import Memory, Remembered
    from sdcli.ledger.interface import Reader
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

LESSONS = 10
"""How many tickets are learned while somebody waits for an answer."""

_TRIES = 3  # as it is, begun anew, and in memory
_TEACH_NOTHING = frozenset(["duplicate", "withdrawn", PLANNED_OUTAGE])
_LOOKS = 4  # for each lesson: most tickets that are looked at have been learned, or are open
_OVERLAP = timedelta(seconds=60)
"""How much later than its stamp a step may reach the ledger: it may have waited for the lock."""


_MOST_READ = 2_000_000
"""How many characters of tickets are read in one run, about; one more ticket may be."""
_PIECE = 10
"""How many tickets are asked for at once."""


class Progress(NamedTuple):
    """How far history has been learned: `looked` of about `total` tickets, each counted once.

    `trouble` says what of the ledger could not be read, `is_kept` whether the lessons stay.
    """

    lessons: int
    looked: int
    total: int
    is_done: bool
    trouble: str = ""
    is_kept: bool = True


def catch_up(
    memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int = LESSONS
) -> Progress:
    """Learn up to `most` tickets that were closed meanwhile, the newest first.

    Nothing is learned while another process does so. `now` only tells what the ledger has from
    the future, and never how far it has been looked at: clocks go wrong, references do not.

    Raises:
        TROUBLE: the memory's file cannot be used.
    """
    pupil = _Pupil(memory, reader, policy, now, most)
    with memory.learning() as free:
        learned = pupil.study() if free else 0
    state, trouble = memory.state, pupil.trouble
    try:
        total = max(reader.count(), state.looked)
    except SdcliError as error:
        total, trouble = state.looked, error.message
    is_done = not state.behind and learned < most
    return Progress(learned, state.looked, total, is_done, trouble, memory.is_kept)


class _Pupil:
    """One look at what has happened in the ledger.

    `trouble` is what of it could not be read; the rest is learned all the same.
    """

    def __init__(
        self, memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int
    ) -> None:
        self.trouble = ""
        self._memory = memory
        self._reader = reader
        self._policy = policy
        self._now = now
        self._most = most
        self._learned = 0
        self._read = 0

    def study(self) -> int:
        """Look at what is new, at what waits and at what is behind; how many lessons that were."""
        for look in (self._begin, self._changed, self._waiting, self._behind):
            try:
                look()
            except NoSuchTicketError as error:
                raise MemoryFailedError("it names a ticket that is not there") from error
            except SdcliError as error:
                self.trouble = self.trouble or error.message
        return self._learned

    def _begin(self) -> None:
        newest = next(iter(self._reader.older("", 1)), None)
        if newest is None or not self._is_same_ledger():
            self._memory.clear()
        state = self._memory.state
        if newest is not None and newest.ref != state.top:
            state.behind.append(("", state.top))
            state.top, state.top_id = newest.ref, newest.opening.id

    def _is_same_ledger(self) -> bool:
        state = self._memory.state
        if not state.top:
            return True
        try:
            return self._reader.get(state.top).opening.id == state.top_id
        except NoSuchTicketError:
            return False

    def _may_go_on(self, most_read: int = _MOST_READ) -> bool:
        return self._learned < self._most and self._read < most_read

    def _changed(self) -> None:
        """Look at closed tickets that changed since the last change that was looked at.

        Only a short cut: who waits is looked at in turn, whatever any clock says. If that change
        is in the future, some clock is or was wrong, and the last closing before now has to do.
        """
        state = self._memory.state
        if state.since > self._iso_now:
            self._closed_since(self._memory.last_closing(self._iso_now), "")
        elif self._closed_since(state.since, state.after):
            state.since, state.after = max(state.since, state.reached), ""

    def _closed_since(self, since: str, after: str) -> bool:
        """Look at closed tickets that changed since then; whether that were all."""
        looks = self._most * _LOOKS
        while since and looks > 0 and self._may_go_on(_MOST_READ // 2):
            at = datetime.fromisoformat(since) - _OVERLAP
            found = self._reader.closed_since(at, _PIECE, after)
            for ticket in found:
                if not self._may_go_on(_MOST_READ // 2):
                    return False
                looks -= 1
                self._reach(ticket)
                if not self._is_behind(ticket.ref):
                    self._look_at(ticket)
                after = ticket.ref
                if since == self._memory.state.since:
                    self._memory.state.after = after
            if len(found) < _PIECE:
                return True
        return False

    @property
    def _iso_now(self) -> str:
        return _iso(self._now)

    def _reach(self, ticket: Ticket) -> None:
        """Note the newest change, but for those from the future: a clock was wrong."""
        state, at = self._memory.state, _iso(ticket.touched_at)
        if at <= self._iso_now:
            state.reached = max(state.reached, at)

    def _is_behind(self, ref: str) -> bool:
        """Whether a ticket will be looked at in its turn, the newest first."""
        return any(
            _order(down_to) < _order(ref) and (not than or _order(ref) < _order(than))
            for than, down_to in self._memory.state.behind
        )

    def _waiting(self) -> None:
        """Look at tickets that were not closed when they were looked at."""
        for turn, ref in self._memory.waiting(self._most * _LOOKS):
            if not self._may_go_on(_MOST_READ // 2):
                return
            self._memory.state.turn = turn
            try:
                self._look_at(self._reader.get(ref))
            except NoSuchTicketError:
                self._memory.closed(ref)

    def _behind(self) -> None:
        """Look at the newest tickets that were never looked at."""
        state = self._memory.state
        looks = self._most * _LOOKS
        while state.behind and looks > 0 and self._may_go_on():
            than, down_to = state.behind[-1]
            found = self._reader.older(than, _PIECE, down_to)
            for ticket in found:
                if not self._may_go_on():
                    break
                looks -= 1
                state.looked += 1
                self._reach(ticket)
                self._look_at(ticket)
                state.behind[-1] = (ticket.ref, down_to)
            else:
                if len(found) < _PIECE:
                    state.behind.pop()
        if not state.since:
            state.since = state.reached

    def _look_at(self, ticket: Ticket) -> None:
        memory = self._memory
        self._read += _size(ticket)
        before = memory.known(ticket.ref)
        if not ticket.is_closed:
            memory.await_closing(ticket.ref)
        else:
            memory.closed(ticket.ref)
        if not teaches(ticket):
            if before and ticket.is_closed:
                memory.forget(ticket.ref)
            return
        closed_at, classes = _iso(ticket.closed_at or ticket.updated_at), judge.classes_of(ticket)
        if (before and before.classes == classes) or memory.is_too_old(closed_at):
            return
        self._learned += 1
        learn(memory, self._policy, ticket, counts=before is None)


def _order(ref: str) -> tuple[int, str]:
    """What puts references in the order in which they were given."""
    return len(ref), ref


def _size(ticket: Ticket) -> int:
    """About how many characters of text a ticket holds."""
    return sum(
        len(value) for event in ticket.events for value in astuple(event) if isinstance(value, str)
    )


def teaches(ticket: Ticket) -> bool:
    """Whether a ticket has something to teach: it is closed, and was taken seriously."""
    return (
        ticket.is_closed
        and not ticket.is_problem
        and not ticket.key
        and ticket.code not in _TEACH_NOTHING
    )


def learn(memory: Memory, policy: Policy, ticket: Ticket, *, counts: bool = True) -> None:
    """One lesson, within `memory.learning`; with `counts` the ticket is judged before."""
    text, classes = judge.read(memory, judge.words_of(ticket)), judge.classes_of(ticket)
    if counts:
        judged = judge.judge(policy, memory, text, Known(), _threshold(policy))
        _count(memory, judged, classes)
    for name, value in classes.items():
        right = memory.class_id(name, value)
        if right is not None:
            others = memory.ids[name].values()
            learner.learn(text.vector, text.cells, right, others, text.scores)
            memory.taught(right)
    closed_at = _iso(ticket.closed_at or ticket.updated_at)
    id_ = memory.remember(ticket.ref, closed_at, classes)
    learner.remember(text.places, text.cells, id_)
    memory.state.lessons += 1


def _count(memory: Memory, judged: Mapping[str, Judged], classes: Mapping[str, str]) -> None:
    """Count which voices were right about a ticket, as far as it has a class."""
    service = judged["service"].value
    for name, each in judged.items():
        if name not in classes:
            continue
        for outcome in filter(None, (each.outcome, each.other)):
            value = each.rule.value if outcome.voice == "rules" else each.guess.value
            right = judge.is_right(name, value, classes, service)
            memory.tally.count(outcome, right=right)


def proposals(
    memory: Memory, policy: Policy, ticket: Ticket, reader: Reader | None = None
) -> dict[str, Proposal]:
    """A proposal for each field of a ticket that is not known yet.

    Similar tickets that are not closed any more, or have another class by now, as `reader` says,
    are left out.

    Raises:
        TROUBLE: the memory's file cannot be used.
    """
    known = Known(
        type=ticket.type, service=ticket.service, feature=ticket.feature, is_alert=bool(ticket.key)
    )
    text, threshold = judge.read(memory, judge.words_of(ticket)), _threshold(policy)
    judged = judge.judge(policy, memory, text, known, threshold)
    alike = judge.alike(memory, text)
    service = known.service if known.service != UNKNOWN else judged["service"].value
    found = {}
    for name, each in judged.items():
        refs = judge.similar(alike, name, each.value, service, ticket.ref) if each.value else ()
        refs = tuple(ref for ref in refs if reader is None or _is_so(reader, ref, name, alike))
        found[name] = _proposal(each, threshold, refs, judge.words_for(text, each.guess))
    if "service" in found and found["service"].value == UNKNOWN:
        found["feature"] = Proposal(UNKNOWN, "the service is not known")
    return found


class Answer(NamedTuple):
    """What history says of a ticket, how far it has been learned, and what stood in its way."""

    proposals: dict[str, Proposal]
    progress: Progress
    trouble: str = ""


def ask(memory: Memory, reader: Reader, policy: Policy, ticket: Ticket, now: datetime) -> Answer:
    """Learn what is new, and propose.

    A memory that cannot be used is begun anew, and then done without; nothing is proposed if not
    even that helps.
    """
    failed = ""
    for _ in range(_TRIES):
        try:
            caught = catch_up(memory, reader, policy, now)
            return Answer(proposals(memory, policy, ticket, reader), caught, caught.trouble)
        except TROUBLE as error:
            failed = f"{type(error).__name__}: {error}"
            memory.start_anew(error)
    return Answer({}, Progress(0, 0, 0, is_done=True), failed)


def keep_up(
    memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int = LESSONS
) -> Progress:
    """As `catch_up`, for when nobody waits; a memory that cannot be used is begun anew.

    Raises:
        TROUBLE: not even that helps.
    """
    try:
        return catch_up(memory, reader, policy, now, most)
    except TROUBLE as error:
        memory.start_anew(error)
    return catch_up(memory, reader, policy, now, most)


def _is_so(reader: Reader, ref: str, name: str, alike: Iterable[Remembered]) -> bool:
    """Whether a ticket is what it is remembered as: closed, and with that class."""
    try:
        ticket = reader.get(ref)
    except SdcliError:
        return False
    classes = next(each.classes for each in alike if each.ref == ref)
    return ticket.is_closed and judge.classes_of(ticket).get(name) == classes[name]


def _threshold(policy: Policy) -> float:
    return policy.classification.suggest_from / 100


def _proposal(
    judged: Judged, threshold: float, refs: tuple[str, ...], words: tuple[str, ...]
) -> Proposal:
    """A judgement as it is shown: below the threshold it says `unknown`, and what it may be."""
    if not judged.value:
        return judged.rule
    confidence, reason = round(judged.confidence, 3), _reason(judged, words)
    words = words if judged.guess.value == judged.value else ()
    if judged.confidence < threshold:
        candidate = Candidate(judged.value, confidence)
        return Proposal(UNKNOWN, f"not sure enough; {reason}", None, refs, words, candidate)
    return Proposal(judged.value, reason, confidence, refs, words)


def _reason(judged: Judged, words: tuple[str, ...]) -> str:
    rule, guess = judged.rule, judged.guess
    if judged.outcome is None or not guess.value:
        return rule.reason
    if judged.outcome.situation == "agree":
        return f"{rule.reason}; closed tickets agree"
    if judged.outcome.voice == "rules":
        return f"{rule.reason}; closed tickets say {guess.value}"
    said = f"closed tickets with the words {', '.join(map(repr, words))}"
    if judged.outcome.situation in ("differ", "new"):
        return f"{said}; but {rule.value} by {rule.reason}"
    return said


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
