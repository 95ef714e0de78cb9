"""The ticket: the fold of its events, and nothing else.

Nothing here is entered by hand. `fold` gives the ticket for a list of events; `advance` adds
events to a ticket after asking the lifecycle whether each is legal.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import VoidTicketError
from sdcli.tickets import keys, lifecycle
from sdcli.tickets.contact import Assessment, Attachment, Bulletin, RequestDetails, Support
from sdcli.tickets.event import (
    Accepted,
    AnyEvent,
    ArticlesShown,
    ArticleUse,
    Assigned,
    BreachExplained,
    Classified,
    Closed,
    Correlated,
    Delivered,
    Detailed,
    Escalated,
    Imported,
    Noted,
    NoticeTaken,
    Opened,
    ProblemLinked,
    ProblemTold,
    ProblemUnlinked,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    SlaAlerted,
    SlaReapplied,
    SupportDecided,
    Viewed,
    Waited,
)
from sdcli.tickets.fulfilment import ChangeStatus
from sdcli.tickets.quality import Reviewed
from sdcli.tickets.relations import Link, Linked, Merged, Unlinked
from sdcli.tickets.taken_back import Undone, gone
from sdcli.tickets.words import (
    PROBLEM,
    Level,
    Priority,
    Record,
    RequestType,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A help request, or a problem, as it stands after its events.

    Instants are UTC; `minutes` is effort.

    The ledger stores a ticket as it is: the events, and beside them the folded fields that lists
    and look-ups need. What never changes after opening is read from the opening event.

    A field that is added later must stay at its default for the events there were before, or
    stored tickets would not be what their events say.

    Args:
        marks: what else the ticket can be found by (see `tickets.keys`), for good.
        related: how many alerts were attached to it after the first.
        held: keys of the alerts that flap: their recovery is not believed.
        pending: keys of the alerts that a planned outage has kept from being raised.
        news: somebody answered, and the desk has done nothing since.
        reclassified: how often a classification was found wrong and changed.
        notices: who has not yet said that they have seen it.
        support: what was decided about something that the catalog does not hold.
        policy: the hash of the service levels that its clocks run under; empty if none are pinned.
        entered_at: when something was last entered that had happened before.
        undelivered: what is still owed to people, each `ALERT ROUTE PERSON` (R5b.2).
        given_up: what could not be brought to them, written like that.
        views, me_too: how often its bulletin was shown, and how many said that they have it too.
        record: a help request, or a problem, which has neither caller nor clocks (R3d1.7).
        problems: the problems behind a request; `incidents`: the requests that a problem gathers.
            Who is named by the other names the other.
        cause, workaround: of a problem, as far as they were said.
        known_error: the article that tells of it; empty if the problem is no known error.
        undone: the ids of the events that count no longer (see `standing`).
        void: it should never have been: no list holds it.
        links: what other tickets are to it; `merged_into`: where it goes on.
        eta: when the caller was told to expect it (R3d3.2).
        change_status: how far its request for change is; empty if there is none (R3c3.3).
    """

    ref: str
    summary: str
    status: Status
    type: RequestType
    service: str
    feature: str
    impact: Level
    urgency: Level
    priority: Priority
    queue: str
    assignee: str | None = None
    requester: str
    opened_at: datetime
    updated_at: datetime
    key: str = ""
    idempotency_key: str = ""
    source: str = ""
    imported_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    service_restored_at: datetime | None = None
    waiting_for: str = ""
    waiting_until: datetime | None = None
    handed_from: str = ""
    code: str = ""
    minutes: int = 0
    alert_count: int = 0
    escalations: int = 0
    returns: int = 0
    reopened: int = 0
    articles: tuple[ArticleUse, ...] = ()
    sla_alerts: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    related: int = 0
    held: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    needs_validation: bool = False
    attachments: tuple[Attachment, ...] = ()
    bulletin: Bulletin | None = None
    views: int = 0
    me_too: int = 0
    news: bool = False
    reclassified: int = 0
    notices: tuple[str, ...] = ()
    support: Support | None = None
    policy: str = ""
    entered_at: datetime | None = None
    undelivered: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    record: Record = "request"
    problems: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    cause: str = ""
    workaround: str = ""
    known_error: str = ""
    undone: tuple[str, ...] = ()
    void: bool = False
    links: tuple[Link, ...] = ()
    merged_into: str = ""
    eta: datetime | None = None
    change_status: ChangeStatus | Literal[""] = ""
    events: tuple[AnyEvent, ...]

    @property
    def is_closed(self) -> bool:
        """Whether the request is over."""
        return self.status == "closed"

    @property
    def is_problem(self) -> bool:
        """Whether it is a problem, and no help request (R3d1.7)."""
        return self.record == PROBLEM

    @property
    def standing(self) -> tuple[AnyEvent, ...]:
        """The events that count: all of them, without what was taken back, and that it was.

        What is reckoned from events is reckoned from these; the record itself is `events`.
        """
        if not self.undone:
            return self.events
        left_out = frozenset(self.undone)
        return tuple(
            event
            for event in self.events
            if event.id not in left_out and not isinstance(event, Undone)
        )

    @property
    def touched_at(self) -> datetime:
        """When something last changed here: the request, or that it came here."""
        return max(self.updated_at, self.imported_at or self.updated_at)

    @property
    def joined(self) -> tuple[str, ...]:
        """The keys of the alerts that were attached to it after the first (R1a.2b)."""
        if not self.related:
            return ()
        keys_ = (event.key for event in self.standing if isinstance(event, Correlated))
        return tuple(dict.fromkeys(keys_))

    @property
    def opening(self) -> Opened:
        """The first event: contact and request as they came in."""
        first = self.events[0]
        if not isinstance(first, Opened):
            raise TypeError(f"{self.ref} does not begin with an opening event")
        return first

    @property
    def assessment(self) -> Assessment:
        """What is known by now of the impact on the business (R2c.2d)."""
        known = self.opening.assessment or Assessment()
        for event in self.standing:
            if type(event) is Classified and event.assessment:  # as in `request`
                known = event.assessment
        return known

    @property
    def wish(self) -> str:
        """The priority that was wished for last: a remark, no more (R2c.2d)."""
        said = (
            event.wish
            for event in reversed(self.standing)
            if isinstance(event, Classified | Detailed)
        )
        return next(filter(None, said), self.opening.wish)

    @property
    def request(self) -> RequestDetails:
        """What is known about the request by now: as it came in, and what was added (R1b.1)."""
        known = self.opening.request or RequestDetails()
        for event in self.standing:
            if type(event) is Detailed:  # `isinstance` would ask the metaclass each time
                known = known.overlaid(event.request)
        return known


_NO_CHANGE = (
    ArticlesShown,
    SlaAlerted,
    SlaReapplied,
    BreachExplained,
    Delivered,
    Imported,
    Linked,
    Unlinked,
    Viewed,
    NoticeTaken,
    ProblemLinked,
    ProblemUnlinked,
    ProblemTold,
    Reviewed,
)
"""What the desk said of its own clock is no change of the request (T15), nor is its move.

Nor is what is found out about the problem behind it: to gather the incidents of last month must
not make them incidents of this month. Nor is what somebody finds who looks at how it was dealt with.
"""


_LOOKED_AT = (
    Accepted,
    Assigned,
    Classified,
    Closed,
    Detailed,
    Escalated,
    Merged,
    Noted,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    SupportDecided,
    Waited,
)
"""Whoever does one of these has seen what came before."""


def _begin(ref: str, event: Opened) -> Ticket:
    return Ticket(
        ref=ref,
        summary=event.summary,
        status=lifecycle.START,
        type=event.type,
        service=event.service,
        feature=event.feature,
        impact=event.impact,
        urgency=event.urgency,
        priority=event.priority,
        queue=event.queue,
        requester=event.requester,
        opened_at=event.at,
        updated_at=event.entered or event.at,
        entered_at=event.entered,
        policy=event.policy,
        key=event.key,
        idempotency_key=event.idempotency_key,
        minutes=event.minutes,
        alert_count=1 if event.key else 0,
        marks=keys.of_opening(event),
        needs_validation=event.alert is not None and not event.outage,
        attachments=event.attachments,
        record=event.record,
        events=(event,),
    )


def _looked_at(event: AnyEvent) -> bool:
    """Whether somebody who works on the ticket did it, and so has seen what is new."""
    return isinstance(event, _LOOKED_AT) and not (isinstance(event, Noted) and event.news)


def _add(ticket: Ticket, event: AnyEvent) -> Ticket:
    """One event further, but for the event itself: its own change, the state, and its times."""
    status = lifecycle.after(ticket.ref, ticket.status, event, ticket.record)
    changed = event.apply(ticket)
    return replace(
        changed,
        status=status,
        news=changed.news and not _looked_at(event),
        updated_at=_updated(ticket, event),
        entered_at=_later(ticket.entered_at, event.entered),
        resolved_at=_since(status in ("resolved", "closed"), ticket.resolved_at, event.at),
        closed_at=_since(status == "closed", ticket.closed_at, event.at),
    )


def _updated(ticket: Ticket, event: AnyEvent) -> datetime:
    """When something last changed; what is entered late changes the ticket when it is entered."""
    if isinstance(event, _NO_CHANGE):
        return ticket.updated_at
    late = _later(ticket.entered_at, event.entered)
    return max(late, event.at) if late else event.at


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _since(holds: bool, before: datetime | None, at: datetime) -> datetime | None:
    return (before or at) if holds else None


def advance(ticket: Ticket, events: Iterable[AnyEvent]) -> Ticket:
    """The ticket after these further events.

    What was entered late stands where it happened, and everything after it is folded again, so
    that it counts as if it had been there from the first. So is everything where events are taken
    back.

    Raises:
        IllegalStepError: an event is not legal in the state the ticket is in.
        VoidTicketError: the ticket is void, and it is not to be brought back.
    """
    new = tuple(events)
    if ticket.void and not all(isinstance(event, Undone | Imported) for event in new):
        raise VoidTicketError(ticket.ref)
    if any(event.entered or isinstance(event, Undone) for event in new):
        return fold(ticket.ref, _in_place(ticket.events, new))
    return _added(ticket, new)


def _added(ticket: Ticket, new: tuple[AnyEvent, ...]) -> Ticket:
    """The ticket after events that come behind all others."""
    for event in new:
        ticket = _add(ticket, event)
    return replace(ticket, events=ticket.events + new)


def _in_place(before: Iterable[AnyEvent], new: Iterable[AnyEvent]) -> list[AnyEvent]:
    """All events in order: what was entered late behind the last one that is not younger."""
    found = list(before)
    for event in new:
        index = _behind(found, event.at) if event.entered else len(found)
        found.insert(index, event)
    return found


def _behind(events: Sequence[AnyEvent], at: datetime) -> int:
    """How many events stand before one of that instant; the opening does in any case."""
    index = len(events)
    while index > 1 and events[index - 1].at > at:
        index -= 1
    return index


def as_of(ticket: Ticket, at: datetime) -> Ticket:
    """The ticket as it was at an instant, by what is known now; as it was opened before that."""
    events = ticket.standing
    count = _behind(events, at)
    return ticket if count == len(events) else fold(ticket.ref, events[:count])


def known_at(ticket: Ticket, at: datetime) -> Ticket | None:
    """The ticket as the ledger held it at an instant; None if it was not there yet.

    What happened before that and was entered later is not in it, nor is what was taken back later
    left out. What was brought here from elsewhere was not here before it came.
    """
    if ticket.imported_at and ticket.imported_at > at:
        return None
    came = _came_with(ticket)
    known = [
        event
        for index, event in enumerate(ticket.events)
        if (event.entered or event.at) <= at or (index < came and not event.entered)
    ]
    if len(known) == len(ticket.events):
        return ticket
    return fold(ticket.ref, known) if known and known[0] is ticket.events[0] else None


def came_until(ticket: Ticket) -> datetime | None:
    """The last instant of what a ticket came here with; None if it began here.

    What was entered here later counts for nothing, whenever it happened.
    """
    mark, came = ticket.imported_at, ticket.events[: _came_with(ticket)]
    if mark is None:
        return None
    return max((e.at for e in came if not e.entered or e.entered <= mark), default=None)


def _came_with(ticket: Ticket) -> int:
    """How many events a ticket came here with, whatever their times; none if it began here."""
    if ticket.imported_at is None:
        return 0
    marks = (n for n, event in enumerate(ticket.events) if type(event) is Imported)
    return max(marks, default=0)


def fold(ref: str, events: Iterable[AnyEvent]) -> Ticket:
    """The ticket that these events make, in this order; the first is an `Opened`.

    What was entered late finds its place among them, if it does not stand there already.

    Raises:
        TypeError: the first event does not open a request.
        IllegalStepError: an event is not legal in the state the ticket is in.
    """
    every = tuple(events)
    if not every or not isinstance(every[0], Opened):
        raise TypeError(f"{ref} does not begin with an opening event")
    first = every[0]
    if any(event.entered for event in every[1:]):
        every = tuple(_in_place(every[:1], every[1:]))
    undone = gone(every)
    if not undone:
        return _added(_begin(ref, first), every[1:])
    left_out = frozenset(undone)
    counting = tuple(event for event in every[1:] if event.id not in left_out)
    return replace(_added(_begin(ref, first), counting), undone=undone, events=every)
