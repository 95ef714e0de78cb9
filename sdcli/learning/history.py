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

from sdcli.errors import NoSuchTicketError
from sdcli.learning import judge, learner
from sdcli.learning.memory import MemoryFailedError
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN
from sdcli.triage.suggest import Known, Proposal, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.learning.judge import Judged
    from sdcli.learning.memory import Memory
    from sdcli.ledger.interface import Reader
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

LESSONS = 10
"""How many tickets are learned while somebody waits for an answer."""

_TEACH_NOTHING = frozenset(["duplicate", "withdrawn", PLANNED_OUTAGE])
_LOOKS = 4  # for each lesson: most tickets that are looked at have been learned, or are open
_OVERLAP = timedelta(seconds=60)
"""How much later than its stamp a step may reach the ledger: it may have waited for the lock."""


class Progress(NamedTuple):
    """How far history has been learned: `looked` of about `total` tickets."""

    lessons: int
    looked: int
    total: int
    is_done: bool


def catch_up(
    memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int = LESSONS
) -> Progress:
    """Learn up to `most` tickets that were closed meanwhile, the newest first.

    Nothing is learned while another process does so, or where nothing can be kept.

    Raises:
        MemoryFailedError: the memory's file cannot be used.
    """
    with memory.learning() as free:
        learned = _Pupil(memory, reader, policy, now, most).study() if free else 0
    state = memory.state
    total = max(reader.count(), state.looked)
    return Progress(learned, state.looked, total, not state.behind and not state.after)


class _Pupil:
    """One look at what has happened in the ledger."""

    def __init__(
        self, memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int
    ) -> None:
        self._memory = memory
        self._reader = reader
        self._policy = policy
        self._now = now
        self._lessons = most
        self._looks = most * _LOOKS
        self._learned = 0

    def study(self) -> int:
        """Look at what is new, then at what is behind; how many lessons that were."""
        newest = next(iter(self._reader.older("", 1)), None)
        if newest is None or not self._is_same_ledger():
            self._memory.clear()
        if newest is None:
            return 0
        state = self._memory.state
        if not state.top:
            state.since = state.begun = _iso(self._now)
        if newest.ref != state.top:
            state.behind.append(("", state.top))
            state.top, state.top_id = newest.ref, newest.opening.id
        self._changed()
        while state.behind and self._may_go_on():
            self._behind()
        return self._learned

    def _is_same_ledger(self) -> bool:
        state = self._memory.state
        if not state.top:
            return True
        try:
            return self._reader.get(state.top).opening.id == state.top_id
        except NoSuchTicketError:
            return False

    def _may_go_on(self) -> bool:
        return self._lessons > 0 and self._looks > 0

    def _changed(self) -> None:
        """Look at closed tickets that changed since the last look."""
        state = self._memory.state
        if not state.after:
            state.begun = _iso(self._now)
        since = min(datetime.fromisoformat(state.since), self._now) - _OVERLAP
        looks = self._looks
        found = self._reader.closed_since(since, looks, state.after)
        for ticket in found:
            if not self._may_go_on():
                return
            self._look_at(ticket)
            state.after = ticket.ref
        if len(found) < looks:
            state.since, state.after = state.begun, ""

    def _behind(self) -> None:
        """Look at the newest tickets that were never looked at."""
        state = self._memory.state
        than, down_to = state.behind.pop()
        looks = self._looks
        found = self._reader.older(than, looks, down_to)
        for ticket in found:
            if not self._may_go_on():
                break
            self._look_at(ticket)
            than = ticket.ref
        else:
            if len(found) < looks:
                return
        state.behind.append((than, down_to))

    def _look_at(self, ticket: Ticket) -> None:
        memory = self._memory
        memory.state.looked += 1
        self._looks -= 1
        before = memory.known(ticket.ref)
        if not teaches(ticket):
            if before:
                memory.forget(ticket.ref)
            return
        closed_at, classes = _iso(ticket.closed_at or ticket.updated_at), judge.classes_of(ticket)
        if before and (before.closed_at, before.classes) == (closed_at, classes):
            return
        if memory.is_too_old(closed_at):
            return
        self._lessons -= 1
        self._learned += 1
        learn(memory, self._policy, ticket, counts=before is None)


def teaches(ticket: Ticket) -> bool:
    """Whether a ticket has something to teach: it is closed, and was taken seriously."""
    return ticket.is_closed and not ticket.key and ticket.code not in _TEACH_NOTHING


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

    Similar tickets that are not closed any more, as `reader` says, are left out.

    Raises:
        MemoryFailedError: the memory's file cannot be used.
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
        refs = tuple(ref for ref in refs if reader is None or _is_closed(reader, ref))
        found[name] = _proposal(each, threshold, refs)
    if "service" in found and found["service"].value == UNKNOWN:
        found["feature"] = Proposal(UNKNOWN, "the service is not known")
    return found


def ask(
    memory: Memory, reader: Reader, policy: Policy, ticket: Ticket, now: datetime
) -> tuple[dict[str, Proposal], Progress]:
    """Learn what is new, and propose; a memory that cannot be used is begun anew."""
    try:
        caught = catch_up(memory, reader, policy, now)
        return proposals(memory, policy, ticket, reader), caught
    except MemoryFailedError as failed:
        memory.start_anew(failed)
    caught = catch_up(memory, reader, policy, now)
    return proposals(memory, policy, ticket, reader), caught


def keep_up(
    memory: Memory, reader: Reader, policy: Policy, now: datetime, most: int = LESSONS
) -> Progress:
    """As `catch_up`, for when nobody waits; a memory that cannot be used is begun anew."""
    try:
        return catch_up(memory, reader, policy, now, most)
    except MemoryFailedError as failed:
        memory.start_anew(failed)
    return catch_up(memory, reader, policy, now, most)


def _is_closed(reader: Reader, ref: str) -> bool:
    try:
        return reader.get(ref).is_closed
    except NoSuchTicketError:
        return False


def _threshold(policy: Policy) -> float:
    return policy.classification.suggest_from / 100


def _proposal(judged: Judged, threshold: float, refs: tuple[str, ...]) -> Proposal:
    """A judgement as it is shown: below the threshold it says `unknown`, and what it is not."""
    if not judged.value:
        return judged.rule
    confidence, reason = round(judged.confidence, 3), _reason(judged)
    if judged.confidence < threshold:
        maybe = f"not sure enough: {judged.value}, {percent(judged.confidence)}; {reason}"
        return Proposal(UNKNOWN, maybe, confidence, refs)
    return Proposal(judged.value, reason, confidence, refs)


def _reason(judged: Judged) -> str:
    rule, guess = judged.rule, judged.guess
    if judged.outcome is None or not guess.value:
        return rule.reason
    if judged.outcome.situation == "agree":
        return f"{rule.reason}; closed tickets agree"
    if judged.outcome.voice == "rules":
        return f"{rule.reason}; closed tickets say {guess.value}"
    if judged.outcome.situation == "differ":
        return f"closed tickets with such words; but {rule.value} by {rule.reason}"
    return "closed tickets with such words"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
