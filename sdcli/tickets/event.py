"""Events: everything that ever happened to a help request, appended and never changed.

Each kind is one frozen struct; in the ledger it is a JSON object with `id`, `at`, `by` and
`kind` first. An event knows how it changes a ticket (`apply`), so a new kind is one class here
and one row in the lifecycle.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets import keys
from sdcli.tickets.base import (  # noqa: F401 - for whoever works with events
    Edition,
    Event,
    Stamp,
    act_of,
    instant,
    kind,
    marked,
    new_act,
    new_id,
    with_key,
)
from sdcli.tickets.contact import (
    AlertFacts,
    Assessment,
    Attachment,
    Bulletin,
    Correction,
    Ground,
    MailFacts,
    RequestDetails,
    Support,
    Walk,
)
from sdcli.tickets.fulfilment import (
    ApprovalDecided,
    ChangeFollowed,
    ChangeRequested,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    HookRan,
    ProcedureSought,
    RequestFiltered,
)
from sdcli.tickets.quality import Reviewed
from sdcli.tickets.relations import Absorbed, Linked, Merged, Unlinked
from sdcli.tickets.taken_back import Undone, Voided
from sdcli.tickets.troubleshooting import (
    EtaGiven,
    FixApplied,
    Mentored,
    ServiceResumed,
    SurveyAnswered,
    SurveySent,
    TroubleshootingStepped,
)
from sdcli.tickets.words import (
    UNKNOWN,
    HandOver,
    HandOverGround,
    Level,
    Priority,
    Record,
    RequestType,
    Sharing,
    YesNo,
)

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket


class ArticleUse(Struct, frozen=True):
    """A knowledge article used on a ticket, at one revision, and what it did (R3a.4)."""

    id: str
    outcome: str
    revision: str = ""


class Opened(Event, frozen=True, tag="opened", kw_only=True):
    """The first event: contact, request and what was known at the start (R1a.1, R1b.1).

    Args:
        assessment: what was said of the impact on the business (R2c.2d).
        wish: the priority that the caller wished for: a remark, no more (R2c.2d).
        grounds: the rules that gave impact or urgency, where nobody stated them (R2c.2e).
        policy: the hash of the service levels that its clocks run under (T11).
        record: what is opened: a help request, or a problem, which has neither caller nor clocks.
        tier: that of the queue then: who received it stays what it was when teams are another way
            round (R3d1.8); 0 in what was opened before it was kept.
    """

    summary: str
    queue: str
    priority: Priority
    channel: str = UNKNOWN
    requester: str = UNKNOWN
    on_behalf_of: str = ""
    phone: str = ""
    mail: str = ""
    type: RequestType = UNKNOWN
    service: str = UNKNOWN
    feature: str = UNKNOWN
    impact: Level = UNKNOWN
    urgency: Level = UNKNOWN
    reasons: dict[str, str] = {}
    details: str = ""
    fields: dict[str, str] = {}
    minutes: int = 0
    key: str = ""
    idempotency_key: str = ""
    source: str = ""
    payload: Any = None
    alert: AlertFacts | None = None
    message: MailFacts | None = None
    attachments: tuple[Attachment, ...] = ()
    caller_class: str = ""
    unit: str = ""
    site: str = ""
    request: RequestDetails | None = None
    walk: Walk | None = None
    state: dict[str, str] = {}
    read: tuple[ArticleUse, ...] = ()
    previous: str = ""
    outage: str = ""
    rule: str = ""
    procedure: str = ""
    agreement: str = ""
    assessment: Assessment | None = None
    wish: str = ""
    grounds: tuple[Ground, ...] = ()
    policy: str = ""
    record: Record = "request"
    tier: int = 0


class Noted(Event, frozen=True, tag="noted", kw_only=True):
    """A note; a visible one was told to the caller and counts as a response (T12).

    `roadblock`: it says what stands in the way, for those who hear of a breach (R5b.3). `sent_to`:
    the address that it was mailed to; it cannot be called back from there. `news`: it is about what
    happened on another ticket, and whoever works on this one has not seen it yet.
    """

    text: str
    minutes: int = 0
    visible: bool = False
    roadblock: bool = False
    sent_to: str = ""
    news: bool = False

    def apply(self, ticket: Ticket) -> Ticket:
        """Minutes add up (R1a.1c)."""
        return replace(ticket, minutes=ticket.minutes + self.minutes, news=ticket.news or self.news)


class Classified(Event, frozen=True, tag="classified", kw_only=True):
    """The classification decided, whole, with the priority it gave and why (R2c.2).

    Args:
        discovered: how it was found out that the one before was wrong; empty if there was none
            (R3d1.5).
        assessment: what was said of the impact on the business, all in all.
        wish: the priority that somebody wished for: a remark, no more (R2c.2d).
        by_hand: a person set the priority, for this reason.
        grounds: the derivation, line by line.
        tell: who must hear that the classification was changed (R3d1.5a).
        said: the names of what was said this time, though it may be what it was before. An
            answer among them that the assessment does not hold was taken back.
    """

    type: RequestType
    service: str
    feature: str
    impact: Level
    urgency: Level
    priority: Priority
    reason: str = ""
    discovered: str = ""
    assessment: Assessment | None = None
    wish: str = ""
    by_hand: bool = False
    grounds: tuple[Ground, ...] = ()
    tell: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """Every field of the classification is replaced."""
        return replace(
            ticket,
            type=self.type,
            service=self.service,
            feature=self.feature,
            impact=self.impact,
            urgency=self.urgency,
            priority=self.priority,
            reclassified=ticket.reclassified + bool(self.discovered),
            notices=tuple(dict.fromkeys((*ticket.notices, *self.tell))),
            support=ticket.support
            and ticket.support.classified(ticket.service, self.service, self.reason),
        )


class NoticeTaken(Event, frozen=True, tag="notice_taken", kw_only=True):
    """The acting person has seen that a classification, or an article, of theirs was wrong (R3d1.5a).

    `note`: what they have to say to it. `instead_of`: who does not work here any more, and whose
    notices fell to them.
    """

    note: str = ""
    instead_of: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[str, ...]:
        """Those who are no longer waited for."""
        return (self.by, *self.instead_of)

    def apply(self, ticket: Ticket) -> Ticket:
        """They are no longer waited for."""
        return replace(
            ticket, notices=tuple(each for each in ticket.notices if each not in self.ends)
        )


class SupportDecided(Event, frozen=True, tag="support_decided", kw_only=True):
    """The request is about something that the catalog does not hold, and what becomes of it (R2b.2)."""

    support: Support

    def apply(self, ticket: Ticket) -> Ticket:
        """What was decided last holds."""
        return replace(ticket, support=self.support)


class Assigned(Event, frozen=True, tag="assigned", kw_only=True):
    """Given to a person, or put into a queue with nobody on it yet."""

    to: str | None
    queue: str

    def apply(self, ticket: Ticket) -> Ticket:
        """A queue other than the one before is a hand-over that waits to be accepted."""
        moved = self.queue != ticket.queue
        handed_from = ticket.queue if moved else ticket.handed_from
        return replace(ticket, assignee=self.to, queue=self.queue, handed_from=handed_from)


class Accepted(Event, frozen=True, tag="accepted"):
    """The acting person takes the ticket on for the queue it lies in (R3d2.1a)."""

    def apply(self, ticket: Ticket) -> Ticket:
        """The hand-over is over."""
        return replace(ticket, assignee=self.by, handed_from="")


class Returned(Event, frozen=True, tag="returned", kw_only=True):
    """Sent back by the receiving queue, with what is missing (R3d2.1a).

    `missing`: the items of the queue's checklist that were not there.
    """

    to: str
    reason: str
    missing: tuple[str, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """Back in the queue it came from, with nobody on it."""
        return replace(
            ticket, queue=self.to, assignee=None, handed_from="", returns=ticket.returns + 1
        )


class Waited(Event, frozen=True, tag="waited", kw_only=True):
    """Work pauses until somebody outside the desk has done something.

    `supplier`: whose contract it is that runs meanwhile.
    """

    waiting_for: str
    until: datetime | None = None
    reason: str = ""
    supplier: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Keep what is waited for, and until when."""
        return replace(ticket, waiting_for=self.waiting_for, waiting_until=self.until)


class Resumed(Event, frozen=True, tag="resumed", kw_only=True):
    """The wait is over."""

    reason: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Nothing is waited for any more."""
        return replace(ticket, waiting_for="", waiting_until=None)


class Escalated(Event, frozen=True, tag="escalated", kw_only=True):
    """Handed deeper (escalate) or sideways (transfer); the desk stays owner (R3d2.1).

    Args:
        items: what the next team needs, by the items of its checklist, with what is known of each.
        missing: the items that nobody could answer.
        ground: why it cannot stay where it is, in a word; empty if nobody said.
    """

    hand_over: HandOver
    to: str
    reason: str
    items: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    ground: HandOverGround | Literal[""] = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """In the new queue, not yet accepted, nobody on it."""
        return replace(
            ticket,
            queue=self.to,
            assignee=None,
            handed_from=ticket.queue,
            escalations=ticket.escalations + 1,
        )


class Resolved(Event, frozen=True, tag="resolved", kw_only=True):
    """Solved as the desk sees it; the caller has not confirmed yet (R3d1.6)."""

    code: str
    note: str = ""
    articles: tuple[ArticleUse, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """Closure code and articles are kept; no wait survives a resolution."""
        return replace(
            ticket,
            code=self.code,
            articles=ticket.articles + self.articles,
            waiting_for="",
            waiting_until=None,
        )


class ArticlesShown(Event, frozen=True, tag="articles_shown", kw_only=True):
    """Articles were looked up for the request, the best fit first (R3a.1, R3d1.1).

    `query`: what was searched for beside the ticket's own words; nothing if an article was opened.
    """

    articles: tuple[Edition, ...]
    query: str = ""


class ArticlesUsed(Event, frozen=True, tag="articles_used", kw_only=True):
    """Articles were used on the request, and what they did (R3a.4, R4.1).

    Without any, the answer was a best effort: no article fitted (R3a.1). `tell`: who answers for one that made things worse, and must hear of it.
    """

    articles: tuple[ArticleUse, ...]
    note: str = ""
    tell: tuple[str, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """They are the ticket's; whoever must hear of it has a notice."""
        return replace(
            ticket,
            articles=ticket.articles + self.articles,
            notices=tuple(dict.fromkeys((*ticket.notices, *self.tell))),
        )


class ArticleSent(Event, frozen=True, tag="article_sent", kw_only=True):
    """What became of an article that the caller might be given (R3a.2).

    Args:
        decision: `sent` as a link, `interpreted` (told in the desk's own words) or `withheld`.
        to: whom it was for; `via`: how they were told; `link`: where it is (R3a.2a).
        address: the mail address that the link was sent to.
        reason: why it was withheld.
    """

    article: Edition
    decision: Sharing
    to: str = ""
    via: str = UNKNOWN
    link: str = ""
    address: str = ""
    reason: str = ""


class Receipt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a caller has an article, needed help with it, and was led through it (R3a.3).

    `remote`: what was done on the caller's screen.
    """

    received: YesNo = UNKNOWN
    help_needed: YesNo = UNKNOWN
    walked_through: YesNo = UNKNOWN
    remote: str = ""


class ArticleReceived(Event, frozen=True, tag="article_received", kw_only=True):
    """What is known of an article that the caller was given (R3a.3)."""

    article: Edition
    receipt: Receipt


class Closed(Event, frozen=True, tag="closed", kw_only=True):
    """Confirmed by the caller, or closed for a stated reason without (R4.5a, R5a.1).

    Args:
        skipped: the steps of the process that nobody took (R0.7).
        cause: what it came from, in a word of the vocabulary.
        procedure_easy, procedure_accurate: of what it was done by (R4.5).
        caller_could: whether the caller could have done it without the desk.
        improvement: what would make the next one easier.
        outage: the planned outage or change that it came from (R3d1.3).
        by_policy: nobody did it: a period that the policy names was over.
    """

    code: str
    confirmed_by: str = ""
    via: str = ""
    unconfirmed: str = ""
    note: str = ""
    articles: tuple[ArticleUse, ...] = ()
    skipped: tuple[str, ...] = ()
    cause: str = ""
    procedure_easy: YesNo | Literal[""] = ""
    procedure_accurate: YesNo | Literal[""] = ""
    caller_could: YesNo | Literal[""] = ""
    improvement: str = ""
    outage: str = ""
    by_policy: bool = False

    def apply(self, ticket: Ticket) -> Ticket:
        """The code may be corrected on closing."""
        return replace(ticket, code=self.code, articles=ticket.articles + self.articles)


class Reopened(Event, frozen=True, tag="reopened", kw_only=True):
    """Back to work: it was not solved after all."""

    reason: str

    def apply(self, ticket: Ticket) -> Ticket:
        """The closure code is void; the count stays for honest figures (R3d1.8)."""
        return replace(ticket, code="", reopened=ticket.reopened + 1)


class Repeated(Event, frozen=True, tag="repeated", kw_only=True):
    """The same alert arrived again, `times` in one go, and was counted here.

    `flapping` says whether the alert goes up and down too often to be believed; `rule` names the
    rule that decided (R1a.2b, T16).
    """

    key: str
    times: int = 1
    flapping: bool = False
    rule: str = ""
    idempotency_key: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Some more; the service is down again if it had been reported up."""
        return replace(
            ticket,
            alert_count=ticket.alert_count + self.times,
            service_restored_at=None,
            held=with_key(ticket.held, self.key, holds=self.flapping),
            marks=marked(ticket, self.idempotency_key and keys.idempotency(self.idempotency_key)),
        )


class Recovered(Event, frozen=True, tag="recovered", kw_only=True):
    """The monitoring system says that an alert is over (R3d.0a).

    `all_clear` says that no other alert of the ticket is left, so the service works again.
    """

    key: str
    times: int = 1
    all_clear: bool = True
    flapping: bool = False
    rule: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Service resumed is kept apart from incident resolved."""
        restored = (ticket.service_restored_at or self.at) if self.all_clear else None
        return replace(
            ticket,
            service_restored_at=restored,
            held=with_key(ticket.held, self.key, holds=self.flapping),
        )


class Correlated(Event, frozen=True, tag="correlated", kw_only=True):
    """Another alert was attached here instead of opening a ticket of its own (R1a.2b)."""

    key: str
    summary: str
    alert: AlertFacts
    rule: str
    fields: dict[str, str] = {}
    payload: Any = None
    idempotency_key: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Its key leads here from now on."""
        return replace(
            ticket,
            marks=marked(ticket, self.idempotency_key and keys.idempotency(self.idempotency_key)),
            alert_count=ticket.alert_count + 1,
            related=ticket.related + 1,
            service_restored_at=None,
        )


class Suppressed(Event, frozen=True, tag="suppressed", kw_only=True):
    """An alert was counted against a planned outage (R3d1.3, T19).

    `would_open` is what it would have opened; it is kept with the first one of each key, so
    that what still fires when the outage ends can be raised.
    """

    key: str
    firing: bool
    times: int = 1
    would_open: Opened | None = None
    rule: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """What fires is pending until it recovers or is raised."""
        return replace(
            ticket,
            alert_count=ticket.alert_count + (self.times if self.firing else 0),
            pending=with_key(ticket.pending, self.key, holds=self.firing),
        )


class Raised(Event, frozen=True, tag="raised", kw_only=True):
    """An alert that still fired when the planned outage ended has its ticket `ref` now."""

    key: str
    ref: str

    def apply(self, ticket: Ticket) -> Ticket:
        """It is not pending any more."""
        return replace(ticket, pending=with_key(ticket.pending, self.key, holds=False))


class Validated(Event, frozen=True, tag="validated", kw_only=True):
    """Somebody looked whether what a machine sent is true (R1b.2).

    `against` is the record it was compared with; `corrections` are by the name of the fact.
    """

    against: str = ""
    corrections: dict[str, Correction] = {}
    note: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """The mark is gone; a corrected summary is the summary."""
        corrected = self.corrections.get("summary")
        summary = corrected.after if corrected else ticket.summary
        return replace(ticket, needs_validation=False, summary=summary)


class Contacted(Event, frozen=True, tag="contacted", kw_only=True):
    """The caller, or a machine of theirs, said something more; it is no word of the desk (T21, T23).

    `message` is there if it was a mail; `rule` says why it did no more than this. `news`: it is
    an answer of a person that nobody at the desk has seen yet.
    """

    text: str
    channel: str = UNKNOWN
    contact: str = UNKNOWN
    minutes: int = 0
    message: MailFacts | None = None
    attachments: tuple[Attachment, ...] = ()
    idempotency_key: str = ""
    rule: str = ""
    news: bool = False

    def apply(self, ticket: Ticket) -> Ticket:
        """Minutes add up; the mail is known by its id from now on."""
        return replace(
            ticket,
            news=ticket.news or self.news,
            minutes=ticket.minutes + self.minutes,
            attachments=ticket.attachments + self.attachments,
            marks=marked(
                ticket,
                keys.message(self.message.id) if self.message and self.message.id else "",
                self.idempotency_key and keys.idempotency(self.idempotency_key),
            ),
        )


class Acknowledged(Event, frozen=True, tag="acknowledged", kw_only=True):
    """The confirmation with number and promised time was written; it is no response (R1a.3d).

    `failed`: why it could not be sent, if it should have been.
    """

    to: str
    message_id: str
    sent: bool = False
    failed: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Answers to it are recognised by its id."""
        return replace(ticket, marks=marked(ticket, keys.message(self.message_id)))


class Attached(Event, frozen=True, tag="attached", kw_only=True):
    """Files were added as evidence (R1b.1b)."""

    attachments: tuple[Attachment, ...]
    note: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """They are the ticket's."""
        return replace(ticket, attachments=ticket.attachments + self.attachments)


class Announced(Event, frozen=True, tag="announced", kw_only=True):
    """The bulletin of a known failure was posted, or says something new (R1a.1f)."""

    bulletin: Bulletin

    def apply(self, ticket: Ticket) -> Ticket:
        """It stands until it ends."""
        return replace(ticket, bulletin=self.bulletin)


class Withdrawn(Event, frozen=True, tag="withdrawn", kw_only=True):
    """The bulletin ended."""

    reason: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """There is none any more; its counts stay."""
        return replace(ticket, bulletin=None)


class Viewed(Event, frozen=True, tag="viewed", kw_only=True):
    """The bulletin was shown to callers, so many times (R1a.1g)."""

    times: int = 1

    def apply(self, ticket: Ticket) -> Ticket:
        """Views add up."""
        return replace(ticket, views=ticket.views + self.times)


class AlsoAffected(Event, frozen=True, tag="also_affected", kw_only=True):
    """Another caller has the same: counted here instead of opening a ticket (R1a.1f)."""

    contact: str
    phone: str = ""
    mail: str = ""
    note: str = ""
    minutes: int = 0
    idempotency_key: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """One more."""
        return replace(
            ticket,
            me_too=ticket.me_too + 1,
            minutes=ticket.minutes + self.minutes,
            marks=marked(ticket, self.idempotency_key and keys.idempotency(self.idempotency_key)),
        )


class Detailed(Event, frozen=True, tag="detailed", kw_only=True):
    """More is known about the request: what is said here replaces what was said before (R1b.1).

    `Ticket.request` reads it back. `wish`: the priority that somebody wished for, a remark that
    changes nothing else (R2c.2d). `summary`: the new one, if it is another.
    """

    request: RequestDetails = RequestDetails()
    wish: str = ""
    summary: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """A new summary is the summary."""
        return replace(ticket, summary=self.summary) if self.summary else ticket


class SlaAlerted(Event, frozen=True, tag="sla_alerted", kw_only=True):
    """A warning or breach was said, once; `alert` is its id (R5b.1, R5b.4, T14).

    Args:
        stage: `warning`, `predicted` or `breach`; empty in what was said before it was kept.
        cycle: which run of the target it was, counted from 1 (T9).
        began: the id of the event that began that run; empty if the opening did.
        mark: tells it from what was said under service levels with another calendar.
        on_arrival: it was past already when the target came to hold (T10).
        routes: what is to be delivered, each `ROUTE PERSON`: to whom, and by which route (R5b.2).
    """

    alert: str
    target: str
    threshold: int
    due: datetime
    target_s: int
    late_by_s: int
    recipients: tuple[str, ...] = ()
    stage: str = ""
    cycle: int = 1
    on_arrival: bool = False
    routes: tuple[str, ...] = ()
    began: str = ""
    mark: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Remember that it was said, and what is owed for it."""
        owed = tuple(f"{self.alert} {route}" for route in self.routes)
        return replace(
            ticket,
            sla_alerts=(*ticket.sla_alerts, self.alert),
            undelivered=(*ticket.undelivered, *owed),
        )


class Delivered(Event, frozen=True, tag="delivered", kw_only=True):
    """An attempt to bring an alert to somebody, and how it went (R5b.2, T14).

    Args:
        alert: the id of the alert; `route`: the way it took; `to`: the person it was for.
        ok: whether it was taken; `attempt`: the how manieth this was, from 1.
        reason: why it was not taken; empty if it was.
        next_at: when it will be tried again, in UTC; None if this was the last attempt.
        digest: the id of the message that gathered several alerts; empty if it had its own.
    """

    alert: str
    route: str
    to: str
    ok: bool
    attempt: int
    reason: str = ""
    next_at: datetime | None = None
    digest: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """It is owed no longer once it was taken, or given up."""
        if not self.ok and self.next_at is not None:
            return ticket
        owed = f"{self.alert} {self.route} {self.to}"
        return replace(
            ticket,
            undelivered=with_key(ticket.undelivered, owed, holds=False),
            given_up=with_key(ticket.given_up, owed, holds=not self.ok),
        )


class SlaReapplied(Event, frozen=True, tag="sla_reapplied", kw_only=True):
    """The clocks run under other service levels from now on, from the start (T11).

    `policy` and `before` are their hashes; empty before means that none were pinned. `mark` tells
    what is said under them from what was said before, where the calendar is another one (T14).
    """

    policy: str
    before: str = ""
    reason: str = ""
    mark: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Pinned to these."""
        return replace(ticket, policy=self.policy)


class BreachExplained(Event, frozen=True, tag="breach_explained", kw_only=True):
    """Why a target was missed, in a word of the vocabulary (R5b.4).

    `began`: the id of the event that began the run that was missed; empty if the opening did.
    """

    target: str
    cause: str
    cycle: int = 1
    note: str = ""
    began: str = ""


class Imported(Event, frozen=True, tag="imported", kw_only=True):
    """Brought here from elsewhere with everything above; `source` names it there, once (T25)."""

    source: str

    def apply(self, ticket: Ticket) -> Ticket:
        """Known by its source from now on; what was late before is neither said nor delivered here.

        The references of what it was linked to mean other tickets here: the links are made anew.
        """
        return replace(
            ticket,
            source=self.source,
            imported_at=self.at,
            undelivered=(),
            given_up=(),
            problems=(),
            incidents=(),
            links=(),
            merged_into="",
        )


class ProblemAnalysed(Event, frozen=True, tag="problem_analysed", kw_only=True):
    """What is known of a problem by now: each that is said replaces what was said before (R3d1.7).

    Args:
        cause: the root cause; `unknown` says that nobody knows it yet.
        workaround: how work goes on while the cause is there; `unknown` takes back what was said.
    """

    cause: str = ""
    workaround: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """What was said last holds."""
        workaround = "" if self.workaround == UNKNOWN else self.workaround or ticket.workaround
        return replace(ticket, cause=self.cause or ticket.cause, workaround=workaround)


class IncidentLinked(Event, frozen=True, tag="incident_linked", kw_only=True):
    """On a problem: a ticket is one of its incidents; the ticket says `problem_linked` (R7.3).

    Args:
        incident: the reference of the ticket.
        opening: the id of the event that opened it, which is the same on every desk.
        why: why it is one of them.
    """

    incident: str
    opening: str = ""
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Among its incidents."""
        return replace(ticket, incidents=with_key(ticket.incidents, self.incident, holds=True))


class IncidentUnlinked(Event, frozen=True, tag="incident_unlinked", kw_only=True):
    """On a problem: a ticket is none of its incidents after all."""

    incident: str
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Not among them any more."""
        return replace(ticket, incidents=with_key(ticket.incidents, self.incident, holds=False))


class ProblemLinked(Event, frozen=True, tag="problem_linked", kw_only=True):
    """On a ticket: a problem is behind it; the problem says `incident_linked` (R3d1.7, R7.3).

    Args:
        problem: the reference of the problem.
        opening: the id of the event that opened it, which is the same on every desk.
        why: why it is.
    """

    problem: str
    opening: str = ""
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Among its problems: there may be several."""
        return replace(ticket, problems=with_key(ticket.problems, self.problem, holds=True))


class ProblemUnlinked(Event, frozen=True, tag="problem_unlinked", kw_only=True):
    """On a ticket: a problem is not behind it after all."""

    problem: str
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Not among its problems any more."""
        return replace(ticket, problems=with_key(ticket.problems, self.problem, holds=False))


class KnownErrorDeclared(Event, frozen=True, tag="known_error_declared", kw_only=True):
    """The problem is a known error: an article tells its workaround, at one revision (R3d1.7)."""

    article: str
    revision: str
    cause: str
    workaround: str

    def apply(self, ticket: Ticket) -> Ticket:
        """What the article says is what is known."""
        return replace(
            ticket, known_error=self.article, cause=self.cause, workaround=self.workaround
        )


class ProblemTold(Event, frozen=True, tag="problem_told", kw_only=True):
    """On a ticket: what became of the problem behind it (R3d1.7).

    Args:
        problem: the reference of the problem.
        what: that it is a known error now, was closed, or was taken up again.
        text: the workaround, or how it was closed, or why it was taken up again.
    """

    problem: str
    what: Literal["known-error", "closed", "reopened"]
    text: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """News for whoever works on it; nobody does once it is closed."""
        return replace(ticket, news=ticket.news or not ticket.is_closed)


class ProblemClosed(Event, frozen=True, tag="problem_closed", kw_only=True):
    """Nobody works on the problem any more; `unfixed` says why its cause was left (R3d1.7)."""

    code: str
    note: str = ""
    unfixed: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """The code is kept."""
        return replace(ticket, code=self.code)


class ProblemReopened(Event, frozen=True, tag="problem_reopened", kw_only=True):
    """The problem is there again, or was never gone."""

    reason: str

    def apply(self, ticket: Ticket) -> Ticket:
        """The closure code is void."""
        return replace(ticket, code="", reopened=ticket.reopened + 1)


AnyEvent: TypeAlias = (
    Opened
    | Noted
    | Classified
    | Assigned
    | Accepted
    | Returned
    | Waited
    | Resumed
    | Escalated
    | Resolved
    | Closed
    | Reopened
    | Repeated
    | Recovered
    | SlaAlerted
    | Imported
    | Correlated
    | Suppressed
    | Raised
    | Validated
    | Contacted
    | Acknowledged
    | Attached
    | Announced
    | Withdrawn
    | Viewed
    | AlsoAffected
    | Detailed
    | NoticeTaken
    | SupportDecided
    | SlaReapplied
    | BreachExplained
    | Delivered
    | ProblemAnalysed
    | IncidentLinked
    | IncidentUnlinked
    | ProblemLinked
    | ProblemUnlinked
    | KnownErrorDeclared
    | ProblemTold
    | ProblemClosed
    | ProblemReopened
    | ArticlesShown
    | ArticlesUsed
    | ArticleSent
    | ArticleReceived
    | Undone
    | Voided
    | Linked
    | Unlinked
    | Merged
    | Absorbed
    | TroubleshootingStepped
    | FixApplied
    | ServiceResumed
    | Mentored
    | EtaGiven
    | ProcedureSought
    | ApprovalDecided
    | FulfilmentStarted
    | FulfilmentStepped
    | HookRan
    | FulfilmentEnded
    | RequestFiltered
    | ChangeRequested
    | ChangeFollowed
    | SurveySent
    | SurveyAnswered
    | Reviewed
)
