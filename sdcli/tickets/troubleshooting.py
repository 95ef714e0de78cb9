"""What is tried on an incident, what the caller is told to expect, and what they say afterwards."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec.structs import replace

from sdcli.tickets import keys
from sdcli.tickets.base import Event, marked
from sdcli.tickets.contact import Attachment, MailFacts
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

TryResult: TypeAlias = Literal["worked", "no-effect", "worse", "unknown"]
"""What came of something that was tried."""
TRY_RESULTS: tuple[TryResult, ...] = get_args(TryResult)

Disruption: TypeAlias = Literal["none", "less", "more", "unknown"]
"""How much a fix disturbs, beside the fault itself (R3d3.1)."""
DISRUPTIONS: tuple[Disruption, ...] = get_args(Disruption)

FixDecision: TypeAlias = Literal["attempt", "defer", "engage"]
"""To try it, to put it off, or to have another team do it (R3d3.1)."""
FIX_DECISIONS: tuple[FixDecision, ...] = get_args(FixDecision)


class TroubleshootingStepped(Event, frozen=True, tag="troubleshooting_step", kw_only=True):
    """One step of looking for the cause: one idea, one thing changed, what came of it (R3d1.2).

    Args:
        hypothesis: what is thought to be the cause.
        change: the one thing that was changed or looked at.
        result: what came of it; `found`: what was seen, in words.
        minutes: the effort.
    """

    hypothesis: str
    change: str
    result: TryResult = UNKNOWN
    found: str = ""
    minutes: int = 0

    def apply(self, ticket: Ticket) -> Ticket:
        """Minutes add up."""
        return replace(ticket, minutes=ticket.minutes + self.minutes)


class FixApplied(Event, frozen=True, tag="fix_applied", kw_only=True):
    """A fix or workaround: what was weighed, what was decided, what came of it (R3d3.1, R3d1.6a).

    Args:
        what: the fix.
        workaround: the fault stays, and work goes on (R3d1.2a).
        prerequisites: whether they are met; `missing`: which are not.
        disruption: whether it disturbs more than the fault.
        permission: who permitted it.
        decision: to attempt it, to defer it (`until`), or to engage another team (`queue`).
        result: what came of it.
        configuration: whether it altered the configuration, so that a request for change is owed.
        minutes: the effort.
    """

    what: str
    workaround: bool = False
    prerequisites: YesNo = UNKNOWN
    missing: tuple[str, ...] = ()
    disruption: Disruption = UNKNOWN
    permission: str = ""
    decision: FixDecision = "attempt"
    until: datetime | None = None
    queue: str = ""
    result: TryResult = UNKNOWN
    configuration: YesNo = UNKNOWN
    minutes: int = 0

    def apply(self, ticket: Ticket) -> Ticket:
        """Minutes add up."""
        return replace(ticket, minutes=ticket.minutes + self.minutes)


class ServiceResumed(Event, frozen=True, tag="service_resumed", kw_only=True):
    """The caller can work again, though the incident may not be resolved (R3d.0a).

    Args:
        how: what brought it back.
        evidence: what shows that it works: what monitoring says, or the caller (R4.2).
    """

    how: str = ""
    evidence: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Kept from the first time on."""
        return replace(ticket, service_restored_at=ticket.service_restored_at or self.at)


class Mentored(Event, frozen=True, tag="mentored", kw_only=True):
    """Somebody helped the acting person with what they could not do alone (R3d1.2b).

    Args:
        mentor: who helped; `skill`: with what.
    """

    mentor: str
    skill: str
    note: str = ""


class EtaGiven(Event, frozen=True, tag="eta_given", kw_only=True):
    """When the caller may expect it: stored, and told anew when it changes (R3d3.2).

    Args:
        eta: the instant, in UTC.
        reason: why it is another one than before.
        told: whether the caller was told; `via`: how.
    """

    eta: datetime
    reason: str = ""
    told: bool = False
    via: str = UNKNOWN

    def apply(self, ticket: Ticket) -> Ticket:
        """What was said last holds."""
        return replace(ticket, eta=self.eta)


class SurveySent(Event, frozen=True, tag="survey_sent", kw_only=True):
    """The caller was asked how it was (R5a.2).

    Args:
        survey: which one; `to`: whom; `questions`: the ids of what was asked, in their order.
        figures: the figure that each question stands for, as it was then; empty in what was asked
            before that was kept.
        address: the mail address that it was sent to; it cannot be called back from there.
        message_id: the id of that mail: answers to it are recognised by it.
        token_hash: what a token must come to that an answer shows (see `hash_of`); empty if none
            was given out.
    """

    survey: str
    to: str
    questions: tuple[str, ...] = ()
    via: str = UNKNOWN
    figures: dict[str, str] = {}
    address: str = ""
    message_id: str = ""
    token_hash: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Found by whom was asked, by the mail and by the token from now on."""
        return replace(
            ticket,
            marks=marked(
                ticket,
                (self.figures and keys.surveyed(self.to)) or "",
                self.message_id and keys.message(self.message_id),
                self.token_hash and keys.survey(self.token_hash),
            ),
        )


class SurveyAnswered(Event, frozen=True, tag="survey_answered", kw_only=True):
    """What the caller said to it: a score for each question (R5a.2).

    Args:
        via: `mail` if they answered by mail, `link` if what came in showed the survey's token;
            empty where somebody of the desk entered it.
        message, attachments: the mail, and what came with it.
        news: they wrote something that nobody at the desk has seen yet.
    """

    survey: str
    scores: dict[str, int]
    remark: str = ""
    via: Literal["", "mail", "link"] = ""
    message: MailFacts | None = None
    attachments: tuple[Attachment, ...] = ()
    news: bool = False

    def apply(self, ticket: Ticket) -> Ticket:
        """The mail is known by its id from now on, and its files are the ticket's."""
        known = self.message.id if self.message else ""
        return replace(
            ticket,
            news=ticket.news or self.news,
            attachments=ticket.attachments + self.attachments,
            marks=marked(ticket, keys.message(known) if known else ""),
        )


def hash_of(token: str) -> str:
    """What is kept of the token of a survey: it is of no use to whoever reads the ledger."""
    from hashlib import sha256  # noqa: PLC0415 - few commands ask

    return sha256(token.encode("utf-8", "replace")).hexdigest()
