"""What commands return: frozen values that say what happened, and nothing about how to print it.

The renderer turns each into text or JSON. `exit_code` is 0 unless the class says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import DONE, LEDGER_BUSY, LEDGER_DAMAGED, PARTLY_DONE, UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sdcli.changes.new_services import Met
    from sdcli.changes.planned import OutOfHours, Planned
    from sdcli.changes.request import RequestForChange
    from sdcli.errors import Problem
    from sdcli.fulfilment.figures import Figures as ProcedureFigures
    from sdcli.fulfilment.figures import Remark
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.guidance import Question
    from sdcli.insight.classification import ClassificationReport
    from sdcli.insight.exposition import Form
    from sdcli.insight.figures import Figure
    from sdcli.insight.filtered import FilteredReport
    from sdcli.insight.information import Candidate, InformationReport
    from sdcli.insight.load import PersonLoad, QueueLoad
    from sdcli.insight.metrics import Family
    from sdcli.insight.outages import OutagesReport
    from sdcli.insight.recurring import Candidate as ProblemCandidate
    from sdcli.insight.reported import Audit, Report
    from sdcli.insight.skills import SkillsReport
    from sdcli.insight.surveys import SurveyReport
    from sdcli.insight.unsupported import UnsupportedReport
    from sdcli.intake.account import Account
    from sdcli.intake.before import Alike, Before
    from sdcli.intake.formats import Fit, Reading
    from sdcli.intake.moved import Moved
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.intake.roster import Taken
    from sdcli.intake.spool import Waiting as InSpool
    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.bring import ImportedFile
    from sdcli.knowledge.figures import Advice, Figures
    from sdcli.knowledge.hits import Hit
    from sdcli.knowledge.outcomes import Harm
    from sdcli.knowledge.recall import Recipient
    from sdcli.learning.evaluate import Evaluation
    from sdcli.ledger.interface import (
        Agreed,
        Beat,
        Examination,
        Mended,
        Migrated,
        Prepared,
        Restored,
        Standing,
    )
    from sdcli.notify.outcome import Pending, Run, Sent
    from sdcli.policy.agreements import Agreement, Targets
    from sdcli.policy.authority import Right
    from sdcli.policy.changes import Templates
    from sdcli.policy.model import Policy, Service
    from sdcli.policy.model import TimeBox as Limits
    from sdcli.policy.people import Person
    from sdcli.policy.procedures import Instructions
    from sdcli.policy.scalars import Amount
    from sdcli.policy.teams import Technician
    from sdcli.querying.saved import SavedQuery
    from sdcli.sla.agenda import Agenda, Between, Due, Headline, Outlook
    from sdcli.sla.backing import Backing
    from sdcli.sla.check import Alert
    from sdcli.sla.clock import Clock
    from sdcli.sla.colour import Colour
    from sdcli.sla.duty import Duty, Span
    from sdcli.sla.explain import Explained as ExplainedTarget
    from sdcli.sla.explain import Explanation
    from sdcli.sla.register import Breach, Totals
    from sdcli.sla.runs import Target
    from sdcli.sla.simulate import Comparison
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.event import AnyEvent, RequestFiltered, Reviewed
    from sdcli.tickets.expectation import Due as ExpectationState
    from sdcli.tickets.expectation import Expectation
    from sdcli.tickets.incident import Tried as TriedOnce
    from sdcli.tickets.support import Rooms
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Sharing
    from sdcli.triage.catalog import Entry
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.next_up import Choice
    from sdcli.triage.reasons import Reasons
    from sdcli.triage.reclassify import Change
    from sdcli.triage.suggest import Proposal

    ClockFace = Mapping[Target, Clock]


class Seen(Struct, frozen=True):
    """A ticket with its clocks, as of `now`.

    `rooms`: where it may go before anybody has decided, if the catalog does not hold it.
    `calendar`: by which its clocks run. `owner`: the desk's queue, which keeps it to its end,
    wherever it lies (R3d2.1b). `act`: what the command that looks has recorded; see `added`.
    """

    ticket: Ticket
    sla: ClockFace
    agreement: str
    now: datetime
    rooms: Rooms | None = None
    calendar: str = ""
    owner: str = ""
    act: str = ""

    @property
    def added(self) -> list[AnyEvent]:
        """The events that this command has added to the ticket, and nobody else's."""
        from sdcli.tickets.base import of_act  # noqa: PLC0415 - a search shows no events

        return of_act(self.ticket.events, self.act)

    @property
    def newest(self) -> AnyEvent:
        """The last event that this command has added; the newest of all if it added none."""
        return (self.added or self.ticket.events)[-1]

    def differs(self, other: Seen) -> bool:
        """Whether the agreement, or the due time or state of a target, is another one."""

        def of(seen: Seen) -> list[object]:
            return [(face.due, face.state, face.target_s) for face in seen.sla.values()]

        return self.agreement != other.agreement or of(self) != of(other)


class Effect(Struct, frozen=True):
    """What a decision on the class of a ticket did to its clocks (R3d1.5).

    Args:
        before: the ticket as it would stand now without the decision.
        change: what had been decided and was changed; None if it was decided for the first time.
        hand_to: the queue that the service belongs to, where the ticket lies in another one
            that is not the desk's; else empty.
    """

    before: Seen
    change: Change | None = None
    hand_to: str = ""


class Changed(Struct, frozen=True):
    """A ticket after a step; `notes` are sentences about what happened beyond the events.

    `changes`: the recent ones that touch it, where the command looked for them (R2a.4a).
    `hints`: what to do or ask beside what usually comes next.
    `deduped`: what was there already; if that was all, it is not new. `effect`: what a change of
    its classification did to its clocks. `more`: what else the document says of the step.
    `event`: what is told first, if that is not the last one.
    its classification did to its clocks. `fulfilment`: how far it is, after a step of that.
    """

    seen: Seen
    notes: Sequence[str] = ()
    exit_code: int = DONE
    deduped: Sequence[str] = ()
    is_new: bool = True
    changes: Sequence[RecentChange] | None = None
    effect: Effect | None = None
    hints: Sequence[str] = ()
    more: Mapping[str, Any] = {}
    event: AnyEvent | None = None
    fulfilment: Fulfilment | None = None


class SurveyAsked(Struct, frozen=True):
    """A ticket whose caller is asked how it was, with what they are asked, in lines (R5a.2).

    `sent_to`: the address that it was mailed to; empty if it was not. `link`: where they answer, if
    the desk has such a place. `notes`: what else is to be said.
    """

    seen: Seen
    letter: Sequence[str]
    sent_to: str = ""
    link: str = ""
    notes: Sequence[str] = ()
    exit_code: int = DONE


class SurveyDue(Struct, frozen=True, kw_only=True):
    """A ticket whose caller is to be asked, and what became of it (R5a.2).

    Args:
        address: where they read mail; empty if nowhere.
        state: `due`, or `asked` by this command, or why not: they were asked lately (`resting`),
            have no mail address, or sending `failed`. `reason`: the same in words.
    """

    ticket: Ticket
    person: str
    address: str
    state: Literal["due", "asked", "resting", "no-address", "failed"]
    reason: str = ""


class SurveysDue(Struct, frozen=True, kw_only=True):
    """Whom to ask of those whose tickets were closed since then; `send`: they were asked (R5a.2).

    `left_out`: how many tickets the surveys leave out, as `every` says.
    """

    rows: Sequence[SurveyDue]
    since: datetime
    send: bool
    left_out: int

    @property
    def exit_code(self) -> int:
        """Whether all went out that should have."""
        return PARTLY_DONE if any(row.state == "failed" for row in self.rows) else DONE


class SurveysReported(Struct, frozen=True):
    """How it was for callers in a period (R5a.2)."""

    report: SurveyReport
    exit_code: int = DONE


class ReviewSampled(Struct, frozen=True, kw_only=True):
    """A sample of the requests that were closed in a period (R5a.1, R6.4).

    Args:
        name: what reviews of it remember; `seed`: by what it was drawn; `closed`: out of how many.
        rows: each ticket with who resolved it first, and the queue that it lay in then.
        command: the command line that draws it again.
    """

    name: str
    since: datetime
    until: datetime
    query: str
    seed: str
    closed: int
    rows: Sequence[tuple[Ticket, str, str]]
    command: str
    exit_code: int = DONE


class ReviewsListed(Struct, frozen=True, kw_only=True):
    """The last reviews of tickets in a period, the newest first.

    `rows`: the ticket, the review, who resolved it first, and the queue that it lay in then.
    """

    rows: Sequence[tuple[Ticket, Reviewed, str, str]]
    since: datetime | None
    until: datetime | None
    exit_code: int = DONE


class Unconfirmed(Struct, frozen=True, kw_only=True):
    """A request that nobody has confirmed (R5a.1).

    Args:
        person: the caller, empty if nobody called; `name`, `phone`, `mail`: how to reach them.
        why: what is wrong with it; `due`: until when it should have been confirmed, None if it is closed.
        next: the command that comes next.
    """

    ticket: Ticket
    person: str
    name: str
    phone: str
    mail: str
    why: str
    due: datetime | None
    next: str


class ConfirmationsOverdue(Struct, frozen=True, kw_only=True):
    """What nobody has confirmed: `resolved` for longer than `allowed`, or `closed` since then (R5a.1)."""

    resolved: Sequence[Unconfirmed]
    closed: Sequence[Unconfirmed]
    allowed: Amount
    since: datetime
    now: datetime
    exit_code: int = DONE


class Shown(Struct, frozen=True):
    """Everything about one ticket; `answers` are the questions of its walk and what was said.

    `backing`: whose clock runs beside its own, of the queue and the supplier, and how it stands.
    `problems`: those that are behind it (R3d1.7). `actors`: who of the desk's teams acted on it, as
    catalog/teams.yaml has them today (R0.2). `lacking`: what its queue needs to know and nobody has
    said, with what each item means (R3d2.1a). `change`: its request for change (R3c3.3).
    `planned`: the outages that run now, and `out_of_hours`: that its service is not offered at
    this hour (R3d1.3). `hints`: what to do beside what usually comes next.
    `fulfilment`: how far that is (R3b.2). `others`: the tickets that its links name, and
    those that go on in it or in which it goes on, by reference (R7.3). `closes_at`: when it is
    closed by itself, if nobody says anything.
    """

    seen: Seen
    answers: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE
    time_box: TimeBox | None = None
    backing: Mapping[Backing, tuple[str, Clock]] = {}
    breaches: Sequence[Breach] = ()
    problems: Sequence[Ticket] = ()
    actors: Mapping[str, Technician] = {}
    lacking: Mapping[str, str] = {}
    change: RequestForChange | None = None
    planned: Sequence[Planned] = ()
    out_of_hours: OutOfHours | None = None
    hints: Sequence[str] = ()
    fulfilment: Fulfilment | None = None
    others: Mapping[str, Ticket] = {}
    closes_at: datetime | None = None


class ProblemChanged(Struct, frozen=True):
    """A problem after a step (R3d1.7); `notes` are sentences about what else happened.

    Args:
        action: `created`, or `deduped` if it was there; empty where nothing was to be opened.
        is_new: whether anything was recorded on it.
        told: the linked tickets that were told of it.
        hints: what to do next beside what usually comes.
        act: what this command has recorded, as `Seen` has it.
    """

    problem: Ticket
    action: str = ""
    notes: Sequence[str] = ()
    is_new: bool = True
    told: Sequence[str] = ()
    hints: Sequence[str] = ()
    exit_code: int = DONE
    act: str = ""


class ProblemShown(Struct, frozen=True):
    """Everything about one problem, with its incidents as they stand `now`."""

    problem: Ticket
    incidents: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE


class ProblemsListed(Struct, frozen=True):
    """Problems, the most pressing first, as they stand `now`."""

    rows: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE


class CandidatesFound(Struct, frozen=True):
    """Incidents that came at least `fewest` times since then and have no problem, in groups."""

    rows: Sequence[ProblemCandidate]
    since: datetime | None
    fewest: int
    exit_code: int = DONE


class History(Struct, frozen=True):
    """What happened to one ticket, in order; `undone` are the ids of what was taken back."""

    ref: str
    events: Sequence[AnyEvent]
    undone: Sequence[str] = ()
    exit_code: int = DONE


class Guided(Struct, frozen=True):
    """Where a ticket stands, and what is to be asked about it next (R6.1).

    Args:
        question: None if there is nothing that the guide could do.
        was_led: a person was asked, and has left or come to the end.
    """

    ticket: Ticket
    question: Question | None
    now: datetime
    was_led: bool = False
    exit_code: int = DONE


MOST_NOTICES = 50
"""Beyond so many notices a list only says that there are more."""


class TriedList(Struct, frozen=True):
    """Everything that was tried, asked or looked up on a ticket, in order (R3d1.4)."""

    ticket: Ticket
    rows: Sequence[TriedOnce]
    exit_code: int = DONE


class Filtering(Struct, frozen=True):
    """What the filter sees in a request for something new; nothing was decided by it (R3c1.1).

    `decision`: what was decided last.
    """

    ticket: Ticket
    met: Sequence[Met]
    duplicates: Sequence[Alike]
    decision: RequestFiltered | None = None
    exit_code: int = DONE


class ChangeShown(Struct, frozen=True, kw_only=True):
    """A request for change as it stands, or what one would say and lack (R3c3.1, R3c3.3).

    Args:
        change: None if it is none yet.
        category, fields: what would be in it, if a category is known; `missing`: what it needs.
        similar: earlier ones.
    """

    ticket: Ticket
    templates: Templates
    change: RequestForChange | None = None
    category: str = ""
    fields: Mapping[str, str] = {}
    missing: Sequence[str] = ()
    similar: Sequence[Alike] = ()
    exit_code: int = DONE


class ChangesListed(Struct, frozen=True):
    """Requests for change and how far each is, as of `now`; the oldest first."""

    rows: Sequence[tuple[Ticket, RequestForChange]]
    now: datetime
    exit_code: int = DONE


class ChangeExported(Struct, frozen=True):
    """A request for change as a document of its own, in JSON or in Markdown (R3c3.3)."""

    change: RequestForChange
    ticket: Ticket
    templates: Templates
    as_markdown: bool
    exit_code: int = DONE


class FilteredReported(Struct, frozen=True):
    """What the filter let through and refused, by rule (R3c1.1, R0.3)."""

    report: FilteredReport
    refs: bool = False
    exit_code: int = DONE


class SkillsReported(Struct, frozen=True):
    """Which skills were missing, by person (R3d1.2b)."""

    report: SkillsReport
    refs: bool = False
    exit_code: int = DONE


class OutagesReported(Struct, frozen=True):
    """The calls that planned outages and changes brought, announced or not (R3d1.3)."""

    report: OutagesReport
    refs: bool = False
    exit_code: int = DONE


class Rehearsed(Struct, frozen=True):
    """The events that a command would have added, each with its ticket as it would be then."""

    added: Sequence[tuple[Ticket, AnyEvent]]
    exit_code: int = DONE


class QueryFields(Struct, frozen=True):
    """What can be asked in a query: field, how it is written, what it is."""

    rows: Sequence[tuple[str, str, str]]
    exit_code: int = DONE


class QueriesListed(Struct, frozen=True):
    """Saved queries by name."""

    queries: Mapping[str, SavedQuery]
    exit_code: int = DONE


class BulkPreview(Struct, frozen=True):
    """What one command would do on many tickets; `refused` are those on which it does not apply."""

    tickets: Sequence[Ticket]
    added: Sequence[tuple[Ticket, AnyEvent]]
    refused: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class BulkDone(Struct, frozen=True):
    """What it did; `left` are tickets that the query did not ask for any more.

    `refused`: those on which it does not apply, which were to be left out.
    """

    added: Sequence[tuple[Ticket, AnyEvent]]
    left: Sequence[str] = ()
    refused: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class TakenBack(Struct, frozen=True):
    """A ticket after a step was taken back, or brought back; the events that it was, by ticket.

    `left`: the other tickets on which it stays, each with the reason.
    """

    seen: Seen
    events: Sequence[tuple[str, AnyEvent]]
    brought_back: bool = False
    notes: Sequence[str] = ()
    left: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class BoardAct(Struct, frozen=True):
    """What somebody did from the board: when, on which ticket, by which command, and what it said.

    `event`: the id of its last event; empty if it added none.
    """

    at: datetime
    ref: str
    act: str
    said: str
    event: str = ""


class BoardLeft(Struct, frozen=True):
    """What was done from the board, in order, when it was left."""

    acts: Sequence[BoardAct]
    exit_code: int = DONE


class Listed(Struct, frozen=True):
    """Tickets in a list; `more` were left off by the limit.

    `unseen`: how many closed tickets have news and are not in it. `notices`: how many changed
    classifications wait to be seen by the acting person, up to one more than `MOST_NOTICES`.
    `missed_s`: for how long nobody has checked the clocks, if that is too long.
    """

    rows: Sequence[Seen]
    more: int
    unseen: int = 0
    exit_code: int = DONE
    notices: int = 0
    missed_s: int | None = None


class Opened(Struct, frozen=True):
    """What became of one request typed by a person; `before` is what was there already.

    `changes`: the recent ones that touch it (R2a.4a); `notes`: what speaks against its type.
    """

    outcome: Outcome
    seen: Seen | None
    before: Before | None = None
    exit_code: int = DONE
    changes: Sequence[RecentChange] = ()
    notes: Sequence[str] = ()


class TakenIn(Struct, frozen=True):
    """What became of each item of a stream."""

    outcomes: Sequence[tuple[Outcome, Seen | None]]

    @property
    def exit_code(self) -> int:
        """8 if something could not be read and was kept."""
        kept = any(outcome.action == "quarantined" for outcome, _ in self.outcomes)
        return PARTLY_DONE if kept else DONE


class Tried(Struct, frozen=True):
    """What a stream would give, each with the formats that fit it, the one that is taken first."""

    readings: Sequence[tuple[Reading, Sequence[Fit]]]
    exit_code: int = DONE


class TakenAgain(Struct, frozen=True):
    """What became of each file of the quarantine."""

    files: Sequence[tuple[Retried, Sequence[tuple[Outcome, Seen | None]]]]

    @property
    def exit_code(self) -> int:
        """8 if something stays."""
        return PARTLY_DONE if any(each.stays for each, _ in self.files) else DONE


class Delivery(Struct, frozen=True):
    """What became of a file of the spool.

    Args:
        file: its path; where it was put, if it was refused.
        at: when it had happened, in UTC; `by`: who acted.
        outcomes: what it became.
        refused: why it will never be taken in; `away`: why it still waits.
    """

    file: str
    at: datetime | None
    by: str
    outcomes: Sequence[tuple[Outcome, Seen | None]] = ()
    refused: str = ""
    away: str = ""


class Delivered(Struct, frozen=True):
    """What a run over the spool did, and what waits after it."""

    deliveries: Sequence[Delivery]
    waiting: Sequence[InSpool]

    @property
    def exit_code(self) -> int:
        """6 if the ledger was out of reach, 8 if something was refused or could not be read."""
        if any(each.away for each in self.deliveries):
            return LEDGER_BUSY
        refused = any(each.refused for each in self.deliveries)
        outcomes = [outcome for each in self.deliveries for outcome, _ in each.outcomes]
        kept = any(outcome.action == "quarantined" for outcome in outcomes)
        return PARTLY_DONE if refused or kept else DONE


class Suggested(Struct, frozen=True):
    """A proposal for a ticket's classification; nothing was changed.

    `changes`: the recent ones that touch it (R2a.4a); `notes`: what to ask first. `is_closed`:
    it cannot be classified any more.
    """

    ref: str
    proposals: Mapping[str, Proposal]
    exit_code: int = DONE
    changes: Sequence[RecentChange] = ()
    notes: Sequence[str] = ()
    is_closed: bool = False
    learning: Learning | None = None


class Learning(Struct, frozen=True, kw_only=True):
    """How far closed tickets have been learned, and what is to be said about that.

    Args:
        looked, total: how many tickets were looked at, of about how many.
        done: whether all of them were; `kept`: whether the lessons outlast this command.
        notes: a sentence each.
    """

    looked: int
    total: int
    done: bool
    kept: bool
    notes: Sequence[str] = ()


class Reasoned(Struct, frozen=True, kw_only=True):
    """Why a ticket has its priority, and what follows from it (R2c.1-2c).

    Args:
        words: the line that stands at each place of a rule, as `file:line`.
        tickets: work in progress that gives way; of the assignee, or of the queue's members.
        tell: who must be told: role, name and how they are reached.
        box: how long this tier may try; None where there is no limit, or nothing to do any more.
    """

    seen: Seen
    reasons: Reasons
    words: Mapping[str, str]
    tickets: Sequence[Ticket] = ()
    tell: Sequence[tuple[str, str, str]] = ()
    box: TimeBox | None = None
    exit_code: int = DONE


class Evaluated(Struct, frozen=True):
    """How good suggestions are, on the desk's own closed tickets."""

    evaluation: Evaluation
    exit_code: int = DONE


class Found(Struct, frozen=True):
    """Knowledge articles and past tickets, best first; in part, if a file could not be read."""

    query: str
    hits: Sequence[Hit]
    exit_code: int = DONE
    ref: str = ""


class ArticleShown(Struct, frozen=True):
    """One knowledge article.

    `superseded_by`: the articles that take its place. `as_markdown`: as a document of its own.
    `figures`: what became of it, at its present revision and at earlier ones; `tickets`: where, the
    newest first (R3a.1a).
    """

    article: Article
    exit_code: int = DONE
    expired: bool = False
    superseded_by: Sequence[str] = ()
    as_markdown: bool = False
    figures: Sequence[Figures] = ()
    tickets: Sequence[str] = ()


class ArticleWritten(Struct, frozen=True):
    """A knowledge article whose file was written, or found to be right already.

    `action` is `created`, `edited`, `unchanged`, `reviewed`, `retired` or `restored`; `before` is
    the article as it was, if it was there.
    """

    action: str
    file: str
    article: Article
    before: Article | None = None
    notes: Sequence[str] = ()
    exit_code: int = DONE


class ArticleDrafted(Struct, frozen=True):
    """The text of an article that was not written; `missing` are the options that it lacks."""

    text: str
    missing: Sequence[str] = ()
    exit_code: int = DONE


class ArticlesDue(Struct, frozen=True):
    """The articles that have expired or will by the day `until`, the first to expire first.

    `following` is the one that comes next after that day. Days are dates of the desk's zone.
    """

    articles: Sequence[Article]
    today: str
    until: str
    following: Article | None = None
    exit_code: int = DONE


class ArticlesLinted(Struct, frozen=True):
    """Sound articles: how many were looked at, and what is worth a look."""

    articles: int
    remarks: Sequence[Problem]
    exit_code: int = DONE


class ArticlesImported(Struct, frozen=True):
    """What became of each file of a folder of articles.

    `gone`: articles whose file is no longer in the folder.
    """

    files: Sequence[ImportedFile]
    gone: Sequence[str]
    dry_run: bool
    exit_code: int = DONE


class Shared(Struct, frozen=True, kw_only=True):
    """What became of an article that the caller might be given (R3a.2).

    Args:
        text: what the caller is to read, with the link; empty if nothing was sent.
        sent_to: the address that it was mailed to; empty if it was not.
        is_expired: whether the review of what was sent is overdue.
    """

    seen: Seen
    article: Article
    decision: Sharing
    text: str = ""
    link: str = ""
    sent_to: str = ""
    is_expired: bool = False
    exit_code: int = DONE


class Statistics(Struct, frozen=True, kw_only=True):
    """What became of articles in a period, what to do about them, and what is asked again.

    Args:
        rows: an article and revision each, in the order of ids.
        best_effort: the tickets for which no article fitted.
        is_narrowed: whether certain articles were asked for; then there is no advice.
    """

    rows: Sequence[Figures]
    advice: Sequence[Advice]
    questions: Sequence[Candidate]
    best_effort: Sequence[str]
    since: datetime | None
    until: datetime | None
    is_narrowed: bool = False
    exit_code: int = DONE


class ProceduresListed(Struct, frozen=True):
    """Procedures and standard changes, as of a day such as `2026-11-28`."""

    rows: Sequence[Instructions]
    today: str
    exit_code: int = DONE


class ProcedureShown(Struct, frozen=True):
    """One procedure or standard change, as of a day; `place`: its file."""

    what: Instructions
    today: str
    exit_code: int = DONE


class ProcedureStatistics(Struct, frozen=True, kw_only=True):
    """How procedures do in a period (R3b.1a).

    `unfitted`: the tickets for which none fitted; `is_narrowed`: only some were asked for.
    """

    rows: Sequence[ProcedureFigures]
    advice: Sequence[Advice]
    unfitted: Sequence[Remark]
    since: datetime | None = None
    until: datetime | None = None
    is_narrowed: bool = False
    exit_code: int = DONE


class Recalled(Struct, frozen=True, kw_only=True):
    """Who was given an article that says something else by now, or is not to be used any more.

    Args:
        article: as it is now; None if it is gone. `wanted`: the only revision asked for.
        tickets: those of the people, by reference.
    """

    id: str
    article: Article | None
    wanted: str
    people: Sequence[Recipient]
    tickets: Mapping[str, Ticket]
    policy: Policy
    exit_code: int = DONE


Unpublished: TypeAlias = Literal["audience", "retired", "expired", "unsound"]
"""Why an article is not on the self-help site."""


class LeftOut(Struct, frozen=True, kw_only=True):
    """An article that is not published.

    Args:
        id: its id; the name of its file, if that cannot be read.
        why: the rule; `told`: the same in words.
    """

    id: str
    why: Unpublished
    told: str


class SitePublished(Struct, frozen=True, kw_only=True):
    """The self-help site that was written, or that would be.

    Args:
        folder: where; empty if none was named.
        written: whether it was; else it was only looked at.
        articles: those on it; `left_out`: those that are not, and why.
        bulletins: how many stand on the front page.
        files: how many there are, with all their `bytes`; `changed`: how many of them are new or
            other ones; `search_bytes`: those of what the search looks through.
        report_to: where callers turn to.
        problems: what is wrong with other files that the site is made of.
        is_emptied: whether the site that was there had articles, and this one has none.
    """

    folder: str
    written: bool
    articles: Sequence[Article]
    bulletins: int
    left_out: Sequence[LeftOut]
    files: int
    changed: int
    bytes: int
    search_bytes: int
    report_to: str
    problems: Sequence[Problem] = ()
    is_emptied: bool = False

    @property
    def exit_code(self) -> int:
        """8 if an article for callers, or another file, could not be read or is faulty."""
        unsound = any(each.why == "unsound" for each in self.left_out)
        return PARTLY_DONE if unsound or self.problems else DONE


class CatalogFound(Struct, frozen=True):
    """Entries of the catalog that fit, best first; `more` fit and were left out (R2b.1)."""

    text: str
    entries: Sequence[Entry]
    more: int = 0
    exit_code: int = DONE


class Explained(Struct, frozen=True):
    """What a ticket has counted of monitoring's events, and by which rules."""

    ticket: Ticket
    exit_code: int = DONE


class Checked(Struct, frozen=True):
    """What `sla-check` has to say, with the tickets it is about.

    `settle` must be called once it has been printed (True), or if it cannot be (False): what
    nobody heard will be said again. `missed_s`: for how long it had not run, if too long.
    `unchecked`: how many tickets, or rules for closing them, could not be checked.
    """

    alerts: Sequence[tuple[Ticket, Alert]]
    recorded: bool
    settle: Callable[[bool], None]
    missed_s: int | None = None
    unchecked: int = 0

    @property
    def exit_code(self) -> int:
        """0, or that it was done in part: tickets could not be checked, each of them told."""
        return PARTLY_DONE if self.unchecked else DONE


class Monitored(Struct, frozen=True):
    """The state of the desk's clocks, for a monitoring plug-in.

    `missed_s`: for how long nobody has checked them, if that is too long.
    """

    breached: int
    warning: int
    open_tickets: int
    missed_s: int | None = None
    undelivered: int = 0
    given_up: int = 0
    spooled: int = 0

    @property
    def exit_code(self) -> int:
        """0 OK, 1 WARNING, 2 CRITICAL: what plug-ins are expected to give.

        What could not be brought to anybody is a warning, however well the clocks stand; so is
        what waits on this machine to reach the ledger.
        """
        if self.breached or self.missed_s:
            return 2
        return 1 if self.warning or self.given_up or self.spooled else 0


class Delivering(Struct, frozen=True):
    """What a run of deliveries did (R5b.2)."""

    run: Run
    exit_code: int = DONE  # failures are told and tried again: the run itself went well


class Deliveries(Struct, frozen=True):
    """What is owed to people or was given up; `failed`: only what failed at least once."""

    rows: Sequence[Pending]
    failed: bool = False
    exit_code: int = DONE


class RouteTested(Struct, frozen=True):
    """What became of a test message."""

    sent: Sent

    @property
    def exit_code(self) -> int:
        """1 if the route did not take it."""
        return DONE if self.sent.ok else UNEXPECTED


class Reapplied(Struct, frozen=True):
    """Tickets that were put under the service levels of today, each before and after (T11).

    What was before is None where the service levels that a ticket was pinned to are gone.
    """

    pairs: Sequence[tuple[Seen | None, Seen]]
    policy: str
    dry_run: bool = False
    exit_code: int = DONE


class Adopted(Struct, frozen=True, kw_only=True):
    """By which service levels all hosts of the desk work from now on.

    Args:
        policy: the hash of those of this `host`.
        before: by which they worked; None if nobody had said, or where none need agree.
        shared: hosts share a ledger and must agree.
    """

    policy: str
    host: str
    before: Agreed | None
    shared: bool
    dry_run: bool = False
    exit_code: int = DONE


class SlaStatus(Struct, frozen=True, kw_only=True):
    """Whether the clocks are checked, and what tickets are pinned to.

    Args:
        last: the newest check; `age_s`: how long ago, `missed_s`: the same if that is too long.
        undelivered, given_up: alerts that are owed to people, and that could not be brought.
        policy: the hash of today's service levels; `pinned`: how many tickets by hash.
    """

    last: Beat | None
    age_s: int | None
    check_every_s: int | None
    missed_s: int | None
    undelivered: int
    given_up: int
    policy: str
    pinned: Mapping[str, int]
    exit_code: int = DONE


class Linted(Struct, frozen=True):
    """A desk whose files are all sound, with what was counted.

    `remarks`: what is allowed and worth a look, each with its place.
    """

    counts: Mapping[str, int]
    exit_code: int = DONE
    remarks: Sequence[Problem] = ()


class Started(Struct, frozen=True):
    """A new desk."""

    root: str
    files: int
    exit_code: int = DONE


class Done(Struct, frozen=True):
    """Something that has no more to say than that it was done."""

    said: str
    exit_code: int = DONE


class Examined(Struct, frozen=True):
    """What `doctor` found."""

    examination: Examination

    @property
    def exit_code(self) -> int:
        """7 if anything is wrong."""
        return LEDGER_DAMAGED if self.examination.findings else DONE


class Repaired(Struct, frozen=True):
    """What `doctor --repair` saved."""

    mended: Mended

    @property
    def exit_code(self) -> int:
        """7 if something could not be read."""
        return LEDGER_DAMAGED if self.mended.lost or self.mended.remarks else DONE


class BackedUp(Struct, frozen=True):
    """A backup: its file, and how many tickets are in it."""

    file: str
    tickets: int
    exit_code: int = DONE


class BroughtBack(Struct, frozen=True):
    """A ledger that was restored from a backup."""

    restored: Restored
    exit_code: int = DONE


class LedgerPrepared(Struct, frozen=True):
    """A ledger that is ready to be used; `prepared` is None where nothing is needed for that."""

    place: str
    prepared: Prepared | None
    exit_code: int = DONE


class LedgerMigrated(Struct, frozen=True):
    """A ledger of this program's version; `migrated` is None where that comes by itself."""

    place: str
    migrated: Migrated | None
    exit_code: int = DONE


class OtherHome(Struct, frozen=True):
    """A ledger that the desk has and does not use; `moved`: a mark says that it has moved here."""

    place: str
    tickets: int
    moved: bool


class LedgerStatus(Struct, frozen=True, kw_only=True):
    """How the ledger is, who uses it, and what waits here.

    Args:
        levels: the hash of today's service levels; `levels_kept`: whether the ledger has them.
        last_check: the newest check of the clocks; `age_s`: how long ago.
        quarantined, spooled: inputs that could not be read, and alerts that wait for the server.
        other: the ledger in the desk's folder, where the desk uses one on a server.
    """

    standing: Standing
    levels: str
    levels_kept: bool
    last_check: Beat | None
    age_s: int | None
    quarantined: int
    spooled: int
    other: OtherHome | None
    exit_code: int = DONE


class LedgerCopied(Struct, frozen=True, kw_only=True):
    """A ledger that holds what another one holds.

    Args:
        tickets, events: how many there are in the target, by reading it.
        hash_source, hash_target: the SHA-256 of all tickets and events of each.
        new, further: tickets that were brought, and tickets that got further events.
        files, levels: what was brought beside; `missing`: what could not be.
        next: the next reference in the target.
        retired: the source takes no changes any more.
        settled: nothing was recorded in the source since it was read.
    """

    source: str
    target: str
    tickets: int
    events: int
    hash_source: str
    hash_target: str
    new: int
    further: int
    files: int
    levels: int
    missing: Sequence[str]
    next: str
    retired: bool
    settled: bool

    @property
    def is_equal(self) -> bool:
        """Whether both hold the same."""
        return self.hash_source == self.hash_target

    @property
    def exit_code(self) -> int:
        """8 if something is missing in the target."""
        whole = self.is_equal and self.settled and not self.missing
        return DONE if whole else PARTLY_DONE


class Exported(Struct, frozen=True):
    """Tickets, one after the other as they are read."""

    tickets: Iterable[Ticket]
    exit_code: int = DONE


class Confirmed(Struct, frozen=True):
    """The confirmation of a request, as a mail; `sent` says whether it was handed over."""

    ref: str
    to: str
    message_id: str
    sent: bool
    message: str
    exit_code: int = DONE


class Rejects(Struct, frozen=True):
    """The file that rows were written to which an import left out; none if there were none."""

    path: str
    rows: int


class BroughtIn(Struct, frozen=True):
    """What became of each ticket of an import; `account`: of the rows of another tool's file.

    `rejects`: where the rows are that were left out, if that was asked for.
    """

    moved: Sequence[Moved]
    dry_run: bool
    account: Account | None = None
    rejects: Rejects | None = None

    @property
    def exit_code(self) -> int:
        """In part, if lines were left out."""
        return PARTLY_DONE if self.account and self.account.left_out else DONE


class Sketched(Struct, frozen=True):
    """A first map for a CSV file, as text."""

    text: str
    exit_code: int = DONE


class PeopleFound(Struct, frozen=True):
    """Contacts that fit what was looked for; `more` fit and were left out."""

    text: str
    people: Sequence[Person]
    more: int = 0
    exit_code: int = DONE


class PeopleImported(Struct, frozen=True):
    """What a list of contacts did, or would do."""

    taken: Taken
    dry_run: bool
    exit_code: int = DONE


class Bulletins(Struct, frozen=True):
    """The tickets whose bulletin stands, as of `now`."""

    tickets: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE


class Notice(Struct, frozen=True, kw_only=True):
    """A bulletin as callers read it: names, no codes. Instants are UTC (R1b.1e)."""

    ref: str
    text: str
    state: str
    services: tuple[str, ...]
    site: str
    until: datetime | None
    next_update: datetime | None
    overdue: bool
    updated_at: datetime


class FrontPage(Struct, frozen=True, kw_only=True):
    """What callers are told, for a `form` of page, with times in the IANA `zone`."""

    notices: Sequence[Notice]
    form: str
    zone: str
    now: datetime
    exit_code: int = DONE


class Waiting(Struct, frozen=True):
    """What one person has not seen of one ticket, or has just seen.

    `changes` of its classification, and the articles that did `harm` and that they answer for.
    """

    ticket: Ticket
    person: str
    changes: Sequence[Change]
    harm: Sequence[Harm] = ()


class Notices(Struct, frozen=True):
    """What waits to be seen by one `person`, or by everybody if that is empty; or was just `seen`."""

    rows: Sequence[Waiting]
    person: str = ""
    seen: bool = False
    exit_code: int = DONE


class Reported(Struct, frozen=True):
    """The figures of a period; `form`: how they are written; `parts`: with all they are split by."""

    report: Report
    form: Literal["table", "csv", "markdown"] = "table"
    parts: bool = False
    exit_code: int = DONE


class PageWritten(Struct, frozen=True, kw_only=True):
    """A report that was written as a page.

    Args:
        file: where; `size`: in bytes.
        figures: those that are in it; `nothing`: those for which there was nothing to count.
    """

    report: Report
    file: str
    size: int
    figures: Sequence[str]
    nothing: Sequence[str]
    exit_code: int = DONE


class Audited(Struct, frozen=True):
    """Everything behind one figure."""

    audit: Audit
    exit_code: int = DONE


class Defined(Struct, frozen=True):
    """What figures mean; `whole`: with their definitions."""

    figures: list[Figure]
    whole: bool = True
    exit_code: int = DONE


class ClassificationReported(Struct, frozen=True):
    """How first and final classes differ; `refs`: show the tickets behind each number."""

    report: ClassificationReport
    refs: bool = False
    exit_code: int = DONE


class InformationReported(Struct, frozen=True):
    """What callers ask for again and again; `refs`: show the tickets behind each number."""

    report: InformationReport
    refs: bool = False
    exit_code: int = DONE


class Supported(Struct, frozen=True, kw_only=True):
    """Whether the desk supports something, and what it promises for it (R2b.1).

    Args:
        asked: what was asked about; `seen`: the ticket, if it was one.
        supported: whether the catalog holds it; None if nobody has said yet what it is.
        services: those of the catalog that it is, or that a component belongs to, by id.
        feature, component: the one that it is about; empty if none is known.
        agreement: the id of the agreement that applies, `why` it does, and what it `grants`; for
            what is not held, without a ticket, the one that an override would promise.
        targets, boxes: what is promised for each priority, and how long each tier may try.
        deciders: who may override that it is not supported.
        nearest: services that come near, where the catalog does not hold it.
        time_box: the clock of the queue that the ticket lies in.
        held: the service by which the catalog holds by now what was said to be unsupported.
        grants_override: for a ticket that waits for a decision, the agreement that an override
            would promise; `override_targets`: what that is, for each priority.
        gone: the agreement of a decision that has left the desk's files.
    """

    asked: str
    supported: bool | None
    services: Mapping[str, Service]
    feature: str = ""
    component: str = ""
    agreement: str
    why: str
    grants: Agreement
    targets: Mapping[str, Targets]
    boxes: Mapping[str, Limits]
    nearest: Mapping[str, Service]
    deciders: Sequence[str] = ()
    seen: Seen | None = None
    time_box: TimeBox | None = None
    held: str = ""
    grants_override: str = ""
    override_targets: Mapping[str, Targets] = {}
    gone: str = ""
    exit_code: int = DONE


class UnsupportedReported(Struct, frozen=True):
    """What was spent on what the catalog does not hold, and the requests for change of its gaps."""

    report: UnsupportedReport
    changes: Sequence[tuple[Outcome, Seen | None]] = ()
    refs: bool = False
    exit_code: int = DONE


class Simulated(Struct, frozen=True):
    """What another `sla_policies.yaml` would have made of what happened.

    `file` is its name; `refs`: show every ticket that differs.
    """

    file: str
    comparison: Comparison
    refs: bool = False
    exit_code: int = DONE


class Register(Struct, frozen=True):
    """The broken promises of a period, with their totals; `refs`: show the tickets behind each."""

    breaches: Sequence[Breach]
    totals: Totals
    since: datetime | None = None
    until: datetime | None = None
    refs: bool = False
    exit_code: int = DONE


class Duties(Struct, frozen=True, kw_only=True):
    """Who is on duty (R5b.2).

    Args:
        at: the instant, in seconds of UTC; `zone`: the desk's, for people.
        queues: who is on call, by queue; `manager`: who answers for the desk.
        shifts: the coming ones by queue; those of the duty managers are under no name.
        people: those who may be named, by id.
    """

    at: int
    zone: str
    queues: Mapping[str, Duty]
    manager: Duty
    shifts: Sequence[tuple[str, Span]] = ()
    people: Mapping[str, Technician]
    exit_code: int = DONE


class ClocksExplained(Struct, frozen=True, kw_only=True):
    """Why targets of a ticket stand as they do (R5b.1).

    Args:
        ticket: as it was at the instant that is looked at.
        found: the explanations by target; `shown` is the one that is told in full.
        zone: the IANA time zone of the desk.
        summaries: whether the others are told in a line each.
        whole: tell every interval, and fold none together.
        picture: where the picture was written; empty if nowhere, `-`: print it and nothing else.
    """

    ticket: Ticket
    found: Mapping[ExplainedTarget, Explanation]
    shown: ExplainedTarget
    zone: str
    summaries: bool = True
    whole: bool = False
    picture: str = ""
    exit_code: int = DONE

    def printed(self, *, whole: bool, picture: str) -> ClocksExplained:
        """The same, to be told with every interval, or with a picture."""
        return replace(self, whole=whole, picture=picture)


class CalendarDue(Struct, frozen=True):
    """When an amount of working time is over."""

    due: Due
    exit_code: int = DONE


class CalendarBetween(Struct, frozen=True):
    """The working time between two instants."""

    between: Between
    exit_code: int = DONE


class CalendarShown(Struct, frozen=True):
    """The days of a calendar, one by one."""

    agenda: Agenda
    exit_code: int = DONE


class CalendarsListed(Struct, frozen=True):
    """All calendars in short."""

    heads: Sequence[Headline]
    exit_code: int = DONE


class CalendarsChecked(Struct, frozen=True):
    """What calendars have in store for twelve months; as of `now`, in seconds of UTC."""

    outlooks: Sequence[Outlook]
    now: int
    exit_code: int = DONE


class QueuesShown(Struct, frozen=True):
    """What lies in each queue, by tier, as of `now` (R3d2.1c)."""

    rows: Sequence[QueueLoad]
    now: datetime
    exit_code: int = DONE


class QueueShown(Struct, frozen=True):
    """What lies in one queue, the most pressing first, as of `now` (R3d2.1c).

    `tickets`: each with how pressing its clocks are, and whether its tier has tried for too long.
    `needs`: the checklist of what the team must know.
    """

    row: QueueLoad
    tickets: Sequence[tuple[Seen, Colour, bool]]
    needs: Mapping[str, str]
    now: datetime
    exit_code: int = DONE


class NextUp(Struct, frozen=True, kw_only=True):
    """The ticket that somebody should work on now, and why (R2c.2a).

    Args:
        queues: those in which it was looked for, beside what `person` has.
        chosen: None if there is nothing to do; `seen`: the ticket as it stands.
        behind: how many more they could work on.
        is_taken: it was accepted just now.
        lacking: the items of its queue's checklist that nobody has said, with what each means.
    """

    person: str
    queues: Sequence[str]
    chosen: Choice | None
    seen: Seen | None
    behind: int = 0
    is_taken: bool = False
    lacking: Mapping[str, str] = {}
    exit_code: int = DONE


class Workload(Struct, frozen=True, kw_only=True):
    """Who has how much, or which queue; minutes are those booked `since` then (R6.5)."""

    by: Literal["person", "queue"]
    people: Sequence[PersonLoad]
    queues: Sequence[QueueLoad]
    since: datetime
    now: datetime
    exit_code: int = DONE


class Metrics(Struct, frozen=True, kw_only=True):
    """The state of the desk for a monitoring system, as of `now` (R6.4).

    Args:
        form: how it is spelt; `text`: all of it, empty where nobody reads it.
        file: where it was put; empty if it is to be printed.
        remarks: what keeps somebody from reading the file, in sentences.
    """

    families: Sequence[Family]
    form: Form
    text: str
    now: datetime
    file: str = ""
    remarks: Sequence[str] = ()
    exit_code: int = DONE


class ExpectationDue(Struct, frozen=True):
    """A request whose caller expects it in vain, or does not know when; `follow_up`: who sees to it."""

    ticket: Ticket
    expectation: Expectation
    due: ExpectationState
    follow_up: str


class ExpectationsDue(Struct, frozen=True):
    """The requests whose time has passed or was not told, as of `now` (R3d3.2)."""

    rows: Sequence[ExpectationDue]
    now: datetime
    exit_code: int = DONE


class CallerTold(Struct, frozen=True, kw_only=True):
    """What the caller of a ticket may be told (R7.2).

    `sent_to`: the address that it was mailed to; empty if it was not. `noted`: as a word to them.
    """

    seen: Seen
    text: str
    sent_to: str = ""
    noted: bool = False
    exit_code: int = DONE


class WhoActs(Struct, frozen=True, kw_only=True):
    """Somebody, and what they may do (R0.2).

    Args:
        known: None if no team has them.
        queues: those they work in; `leads`: those they lead; `on_call`: those they are on call for now.
        rights: what they may and may not do, and who could.
    """

    person: str
    known: Technician | None
    queues: Sequence[str]
    leads: Sequence[str]
    on_call: Sequence[str]
    rights: Sequence[Right]
    exit_code: int = DONE


Result = (
    Changed
    | SurveyAsked
    | SurveysDue
    | SurveysReported
    | ReviewSampled
    | ReviewsListed
    | ConfirmationsOverdue
    | BoardLeft
    | Guided
    | ProblemChanged
    | ProblemShown
    | ProblemsListed
    | CandidatesFound
    | Shown
    | History
    | Listed
    | Opened
    | TakenIn
    | Tried
    | TakenAgain
    | Suggested
    | Reasoned
    | Evaluated
    | Found
    | ArticleShown
    | ArticleWritten
    | ArticleDrafted
    | ArticlesDue
    | ArticlesLinted
    | ArticlesImported
    | Shared
    | Statistics
    | ProceduresListed
    | ProcedureShown
    | ProcedureStatistics
    | Recalled
    | SitePublished
    | CatalogFound
    | Explained
    | Checked
    | Delivered
    | Monitored
    | Delivering
    | Deliveries
    | RouteTested
    | Linted
    | Started
    | Done
    | Examined
    | Repaired
    | BackedUp
    | BroughtBack
    | LedgerPrepared
    | LedgerMigrated
    | LedgerStatus
    | LedgerCopied
    | Exported
    | BroughtIn
    | Sketched
    | PeopleFound
    | PeopleImported
    | Bulletins
    | FrontPage
    | Confirmed
    | Notices
    | Reported
    | PageWritten
    | Audited
    | Defined
    | ClassificationReported
    | InformationReported
    | Supported
    | UnsupportedReported
    | Duties
    | ClocksExplained
    | CalendarDue
    | CalendarBetween
    | CalendarShown
    | CalendarsListed
    | CalendarsChecked
    | Simulated
    | Adopted
    | Reapplied
    | SlaStatus
    | Register
    | TriedList
    | Filtering
    | ChangeShown
    | ChangesListed
    | ChangeExported
    | FilteredReported
    | SkillsReported
    | OutagesReported
    | Rehearsed
    | QueuesShown
    | QueueShown
    | NextUp
    | Workload
    | Metrics
    | ExpectationsDue
    | CallerTold
    | WhoActs
    | TakenBack
    | BulkPreview
    | BulkDone
    | QueryFields
    | QueriesListed
)
