"""What commands return: frozen values that say what happened, and nothing about how to print it.

The renderer turns each into text or JSON. `exit_code` is 0 unless the class says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE, LEDGER_DAMAGED, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sdcli.intake.before import Before
    from sdcli.intake.formats import Fit, Reading
    from sdcli.intake.moved import Moved
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.intake.roster import Taken
    from sdcli.knowledge.search import Hit
    from sdcli.ledger.interface import Examination, Mended, Restored
    from sdcli.policy.people import Person
    from sdcli.sla.check import Alert
    from sdcli.sla.clock import Clock, Target
    from sdcli.sla.tier import TierTime
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.reasons import Reasons
    from sdcli.triage.suggest import Proposal

    ClockFace = Mapping[Target, Clock]


class Seen(Struct, frozen=True):
    """A ticket with its clocks, as of `now`."""

    ticket: Ticket
    sla: ClockFace
    agreement: str
    now: datetime


class Changed(Struct, frozen=True):
    """A ticket after a step; `notes` are sentences about what happened beyond the events.

    `deduped`: what was there already; if that was all, it is not new.
    """

    seen: Seen
    notes: Sequence[str] = ()
    exit_code: int = DONE
    deduped: Sequence[str] = ()
    is_new: bool = True


class Shown(Struct, frozen=True):
    """Everything about one ticket; `answers` are the questions of its walk and what was said."""

    seen: Seen
    answers: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class History(Struct, frozen=True):
    """What happened to one ticket, in order."""

    ref: str
    events: Sequence[AnyEvent]
    exit_code: int = DONE


class Listed(Struct, frozen=True):
    """Tickets in a list; `more` were left off by the limit.

    `unseen`: how many closed tickets have news and are not in it.
    """

    rows: Sequence[Seen]
    more: int
    unseen: int = 0
    exit_code: int = DONE


class Opened(Struct, frozen=True):
    """What became of one request typed by a person; `before` is what was there already."""

    outcome: Outcome
    seen: Seen | None
    before: Before | None = None
    exit_code: int = DONE


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


class Suggested(Struct, frozen=True):
    """A proposal for a ticket's classification; nothing was changed."""

    ref: str
    proposals: Mapping[str, Proposal]
    exit_code: int = DONE


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
    box: TierTime | None = None
    exit_code: int = DONE


class Found(Struct, frozen=True):
    """Knowledge articles, best first."""

    query: str
    hits: Sequence[Hit]
    exit_code: int = DONE


class Explained(Struct, frozen=True):
    """What a ticket has counted of monitoring's events, and by which rules."""

    ticket: Ticket
    exit_code: int = DONE


class Checked(Struct, frozen=True):
    """What `sla-check` has to say, with the tickets it is about.

    `settle` must be called once it has been printed (True), or if it cannot be (False): what
    nobody heard will be said again.
    """

    alerts: Sequence[tuple[Ticket, Alert]]
    recorded: bool
    settle: Callable[[bool], None]
    exit_code: int = DONE


class Monitored(Struct, frozen=True):
    """The state of the desk's clocks, for a monitoring plug-in."""

    breached: int
    warning: int
    open_tickets: int

    @property
    def exit_code(self) -> int:
        """0 OK, 1 WARNING, 2 CRITICAL: what plug-ins are expected to give."""
        return 2 if self.breached else 1 if self.warning else 0


class Linted(Struct, frozen=True):
    """A desk whose files are all sound, with what was counted."""

    counts: Mapping[str, int]
    exit_code: int = DONE


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


class BroughtIn(Struct, frozen=True):
    """What became of each ticket of an import."""

    moved: Sequence[Moved]
    dry_run: bool
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


Result = (
    Changed
    | Shown
    | History
    | Listed
    | Opened
    | TakenIn
    | Tried
    | TakenAgain
    | Suggested
    | Reasoned
    | Found
    | Explained
    | Checked
    | Monitored
    | Linted
    | Started
    | Done
    | Examined
    | Repaired
    | BackedUp
    | BroughtBack
    | Exported
    | BroughtIn
    | PeopleFound
    | PeopleImported
    | Bulletins
    | FrontPage
    | Confirmed
)
