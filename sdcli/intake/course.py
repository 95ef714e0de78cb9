"""From what another tool shows of a ticket, moment by moment, to events that follow on (T25).

States of other tools jump: from resolved back to work, from new to closed, from waiting to resolved.
The lifecycle here is stricter, so whatever must lie between is put in at the same instant, and
counted, with the reason. What cannot be told here at all is counted as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from sdcli.intake.mapped import NOBODY
from sdcli.tickets.event import (
    Accepted,
    Assigned,
    Classified,
    Closed,
    Escalated,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    Waited,
    new_id,
)
from sdcli.tickets.words import UNKNOWN, HandOver, Level, Priority, RequestType, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sdcli.intake.account import Tally
    from sdcli.intake.mapped import Facts
    from sdcli.policy.imports import Word
    from sdcli.tickets.event import AnyEvent

_OVER = ("resolved", "closed")
_NOT_SAID = ("", "0", "no", "false", "n", "none")


class House(NamedTuple):
    """What a history must know of the desk that it comes to.

    Args:
        queue: where requests start; `tiers`: the tier of each queue that there is.
        priority: what the matrix gives for an impact and an urgency.
    """

    queue: str
    tiers: Mapping[str, int]
    priority: Callable[[Level, Level], Priority]


class Moment(NamedTuple):
    """What the other tool shows of a ticket as of an instant, and what was done then.

    `mark`: a count of reopenings, or a word that says that it was reopened.
    """

    at: datetime
    line: int
    facts: Facts
    state: Word | None = None
    minutes: int = 0
    mark: str = ""


class _Class(NamedTuple):
    type: RequestType
    service: str
    feature: str
    impact: Level
    urgency: Level
    priority: Priority


class Course:
    """One ticket on its way: told moment by moment, in the order of time; `events` is the outcome."""

    def __init__(
        self, source: str, opened: datetime, first: Moment, house: House, tally: Tally
    ) -> None:
        self.events: list[AnyEvent] = []
        self.status: Status = "new"
        self._source, self._house, self._tally = source, house, tally
        self._assignee: str | None = None
        self._is_handed = False
        self._waits_for = ""
        self._marked = first.mark
        self._code = self._said = ""
        self._adjusted: set[str] = set()
        self._queue = first.facts.queue or house.queue
        self._class = _classified(first.facts, None, house)
        self._open(opened, first)

    def tell(self, moment: Moment) -> None:
        """What is new at a moment, as events."""
        want = moment.state.status if moment.state else self.status
        self._code = (moment.state.code if moment.state else "") or moment.facts.code or self._code
        self._say(moment)
        self._begin_again(moment, want)
        if self.status in _OVER:
            self._after_all(moment)
        else:
            self._classify(moment)
            self._move(moment)
        if moment.state:
            self._go(moment.state, moment)

    def _mark(self, moment: Moment) -> tuple[str, datetime, str]:
        return new_id(moment.at), moment.at, _by(moment.facts)

    def _open(self, opened: datetime, first: Moment) -> None:
        facts = first.facts
        self.events.append(
            Opened(
                new_id(opened),
                opened,
                _by(facts),
                summary=facts.summary or self._source,
                details=facts.details,
                requester=facts.requester or UNKNOWN,
                caller_class=facts.caller_class,
                phone=facts.phone,
                mail=facts.mail,
                unit=facts.unit,
                site=facts.site,
                channel=facts.channel or UNKNOWN,
                queue=self._queue,
                **self._class._asdict(),
            )
        )
        if self._is_by_hand():
            self._insert("classified", "the priority is not what the desk's matrix gives")
            self.events.append(self._decided(first._replace(at=opened)))

    def _is_by_hand(self) -> bool:
        given = self._class
        return given.priority != self._house.priority(given.impact, given.urgency)

    def _decided(self, moment: Moment) -> Classified:
        return Classified(
            *self._mark(moment),
            reason=f"as it was in {self._source}",
            by_hand=self._is_by_hand(),
            **self._class._asdict(),
        )

    def _say(self, moment: Moment) -> None:
        text, minutes = moment.facts.note, moment.minutes
        if text and text == self._said:
            self._adjust("the same note as on the row before: told once")
            text = ""
        self._said = moment.facts.note or self._said
        if text or minutes:
            self.events.append(
                Noted(
                    *self._mark(moment),
                    text=text or f"Effort booked in {self._source}",
                    minutes=minutes,
                    visible=bool(text) and moment.facts.visible == "yes",
                )
            )

    def _is_marked(self, moment: Moment) -> bool:
        """Whether a count of reopenings rose, or a word says that it was reopened now."""
        before, now = self._marked, moment.mark
        if not now:
            return False
        self._marked = now
        if now.isdigit():
            return int(now) > int(before if before.isdigit() else "0")
        return now.casefold() not in _NOT_SAID

    def _begin_again(self, moment: Moment, want: Status) -> None:
        """Take it up again, where a state or a mark says that it was not over after all."""
        marked = self._is_marked(moment)
        if self.status not in _OVER:
            if not marked:
                return
            self._insert("resolved", "it is marked as reopened, and was not resolved")
            self._resolve(moment)
        elif want in _OVER:
            back = self.status == "closed" and want == "resolved"
            if not (marked or back):
                return
            self._insert(
                "reopened",
                "it is marked as reopened, and went on as resolved"
                if marked
                else "it went back from closed to resolved",
            )
        elif want == "waiting":
            self._insert("reopened", f"it went from {self.status} to waiting")
        self._reopen(moment)

    def _reopen(self, moment: Moment) -> None:
        reason = f"taken up again in {self._source}"
        self.events.append(Reopened(*self._mark(moment), reason=reason))
        self.status = "in_progress"

    def _after_all(self, moment: Moment) -> None:
        """What is new on a ticket that is over, as far as it can be told there."""
        if self.status == "resolved":
            self._classify(moment)
        elif _classified(moment.facts, self._class, self._house) != self._class:
            self._adjust("classified anew after it was closed: left as it was")
        facts = moment.facts
        if facts.queue not in ("", self._queue):
            self._adjust("moved to another queue after it was resolved: left where it was")
        if facts.assignee and _person(facts.assignee) != self._assignee:
            self._adjust("given to somebody else after it was resolved: left as it was")

    def _classify(self, moment: Moment) -> None:
        now = _classified(moment.facts, self._class, self._house)
        if now != self._class:
            self._class = now
            self.events.append(self._decided(moment))

    def _move(self, moment: Moment) -> None:
        """Into another queue, to somebody else, or taken on by whoever acts."""
        facts = moment.facts
        queue = facts.queue or self._queue
        who = _person(facts.assignee) if facts.assignee else self._assignee
        by = _by(facts)
        if queue != self._queue:
            self._hand_over(moment, queue, who)
        elif who != self._assignee:
            self._give(moment, who, by)
        elif self._is_handed and who and not (moment.state and moment.state.status == "new"):
            self._insert("accepted", "it went on with whoever has it in the queue it was moved to")
            self._accept(moment, who)

    def _hand_over(self, moment: Moment, queue: str, who: str | None) -> None:
        tiers, before = self._house.tiers, self._queue
        self._queue, self._is_handed = queue, True
        if not {queue, before} <= tiers.keys():
            self._assign(moment, who)
            return
        kind: HandOver = "escalate" if tiers[queue] > tiers[before] else "transfer"
        reason = f"moved there in {self._source}"
        self.events.append(Escalated(*self._mark(moment), hand_over=kind, to=queue, reason=reason))
        self._assignee = None
        self._at_work()
        if who:
            self._give(moment, who, _by(moment.facts))

    def _give(self, moment: Moment, who: str | None, by: str) -> None:
        if who is not None and who == by:
            self._accept(moment, who)
        else:
            self._assign(moment, who)

    def _accept(self, moment: Moment, who: str) -> None:
        self.events.append(Accepted(new_id(moment.at), moment.at, who))
        self._assignee, self._is_handed = who, False
        self._at_work()

    def _assign(self, moment: Moment, who: str | None) -> None:
        self.events.append(Assigned(*self._mark(moment), to=who, queue=self._queue))
        self._assignee = who
        self._at_work()

    def _at_work(self) -> None:
        if self.status == "new":
            self.status = "in_progress"

    def _go(self, state: Word, moment: Moment) -> None:
        """To the state that is shown, by whatever leads there."""
        want = state.status
        if want == self.status:
            if want == "waiting" and _whom(state) != self._waits_for:
                self._wait(moment, state)
        elif want == "new":
            self._adjust("new there after somebody had it: in progress here")
            if self.status == "waiting":
                self._resume(moment)
        elif want == "waiting":
            self._wait(moment, state)
        elif want == "in_progress":
            self._work(moment)
        else:
            self._end(want, moment)

    def _work(self, moment: Moment) -> None:
        if self.status == "waiting":
            self._resume(moment)
        else:
            self._assign(moment, self._assignee)

    def _end(self, want: Status, moment: Moment) -> None:
        if self.status != "resolved":
            if want == "closed":
                self._insert("resolved", f"it went from {self.status} to closed")
            self._resolve(moment)
        if want == "closed":
            self._close(moment)

    def _wait(self, moment: Moment, state: Word) -> None:
        self._waits_for = _whom(state)
        self.events.append(Waited(*self._mark(moment), waiting_for=self._waits_for))
        self.status = "waiting"

    def _resume(self, moment: Moment) -> None:
        self.events.append(Resumed(*self._mark(moment)))
        self.status, self._waits_for = "in_progress", ""

    def _resolve(self, moment: Moment) -> None:
        self.events.append(Resolved(*self._mark(moment), code=self._code or UNKNOWN))
        self.status, self._waits_for = "resolved", ""

    def _close(self, moment: Moment) -> None:
        facts = moment.facts
        confirmed = facts.confirmed_by
        self.events.append(
            Closed(
                *self._mark(moment),
                code=self._code or UNKNOWN,
                confirmed_by=confirmed,
                via=(facts.via or UNKNOWN) if confirmed else "",
                unconfirmed="" if confirmed else f"closed in {self._source}, which says no more",
            )
        )
        self.status = "closed"

    def _insert(self, kind: str, why: str) -> None:
        self._tally.inserted[f"{kind}: {why}"] += 1

    def _adjust(self, what: str) -> None:
        """Count a ticket once for each thing that cannot be told."""
        if what not in self._adjusted:
            self._adjusted.add(what)
            self._tally.adjusted[what] += 1


def _by(facts: Facts) -> str:
    return facts.by or (_person(facts.assignee) or "") or UNKNOWN


def _person(assignee: str) -> str | None:
    return None if assignee in ("", NOBODY) else assignee


def _whom(state: Word) -> str:
    return state.for_ or UNKNOWN


def _classified(facts: Facts, before: _Class | None, house: House) -> _Class:
    """The classification as of now: what a row does not say is as it was before."""
    impact = facts.impact or (before.impact if before else UNKNOWN)
    urgency = facts.urgency or (before.urgency if before else UNKNOWN)
    weight = (cast("Level", impact), cast("Level", urgency))
    given = cast("Priority", facts.priority)
    kept = before.priority if before and weight == (before.impact, before.urgency) else ""
    return _Class(
        cast("RequestType", facts.type or (before.type if before else UNKNOWN)),
        facts.service or (before.service if before else UNKNOWN),
        facts.feature or (before.feature if before else UNKNOWN),
        *weight,
        given or cast("Priority", kept) or house.priority(*weight),
    )
