"""What a ticket is: proposals, reasons, what is to be asked, and what the desk supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.guidance import Question
    from sdcli.knowledge.outcomes import Harm
    from sdcli.learning.evaluate import Evaluation
    from sdcli.policy.agreements import Agreement, Targets
    from sdcli.policy.model import Feature, Service
    from sdcli.policy.model import TimeBox as Limits
    from sdcli.results.tickets import Seen
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.catalog import Entry
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.reasons import Reasons
    from sdcli.triage.reclassify import Change
    from sdcli.triage.suggest import Proposal


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


class CatalogFound(Struct, frozen=True):
    """Entries of the catalog that fit, best first; `more` fit and were left out (R2b.1)."""

    text: str
    entries: Sequence[Entry]
    more: int = 0
    exit_code: int = DONE


class Waiting(Struct, frozen=True):
    """What one person has not seen of one ticket, or has just seen.

    `changes` of its classification, and the articles that did `harm` and that they answer for.
    """

    ticket: Ticket
    person: str
    changes: Sequence[Change]
    harm: Sequence[Harm] = ()


class NoticesListed(Struct, frozen=True):
    """What waits to be seen by one `person`, or by everybody if that is empty; or was just `seen`."""

    rows: Sequence[Waiting]
    person: str = ""
    seen: bool = False
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

    @property
    def named_feature(self) -> Feature | None:
        """The feature that it is about, as the catalog has it; None if it has none of that id."""
        found = (service.features.get(self.feature) for service in self.services.values())
        return next(filter(None, found), None)
