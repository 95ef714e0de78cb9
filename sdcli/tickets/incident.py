"""The steps on an incident: look for the cause, mend it, bring the service back (R3d1, R3d3.1).

As in `steps`: from a ticket and what a person asks, the events to append. What was tried before,
by whom, is one view for everybody, so that nobody asks twice (R3d1.4).
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from sdcli.errors import RefusedError
from sdcli.tickets import event as e
from sdcli.tickets import steps
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.troubleshooting import Disruption, FixDecision, TryResult
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

Owed: TypeAlias = Literal["rfc", "fault", "back-out", "spare"]
"""What is left to do after a fix: a request for change, the fault behind a workaround, what was put
in place for a while, a spare part that was used (R3d1.6)."""

_DEBTS: dict[Owed, str] = {
    "rfc": "Request for change: the configuration was altered by {}",
    "fault": "The fault is still there behind the workaround {}",
    "back-out": "Take back {}",
    "spare": "Replace the spare part that was used: {}",
}
"""What a ticket about each of them is called."""

_FAILED = ("no-effect", "worse")


class Debt(Struct, frozen=True):
    """Something that is left to do, and what it is about."""

    kind: Owed
    about: str

    @property
    def summary(self) -> str:
        """What its ticket is called."""
        return _DEBTS[self.kind].format(self.about)

    @property
    def why(self) -> str:
        """What the link to its ticket says."""
        return f"{self.kind}: {self.about}"


class Fix(Struct, frozen=True, kw_only=True):
    """A fix as it is wished; see `FixApplied`, and what else goes with it in the same act.

    Args:
        owes: what must be taken back or replaced afterwards.
        resumed: the service works again; `evidence`: what shows it.
    """

    what: str = ""
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
    owes: tuple[Debt, ...] = ()
    resumed: bool = False
    evidence: str = ""

    @property
    def debts(self) -> tuple[Debt, ...]:
        """All that is left to do after it, each once: what was not tried leaves nothing."""
        if self.decision != "attempt":
            return ()
        left = self.workaround and self.result not in _FAILED
        found = (
            *((Debt("fault", self.what),) if left else ()),
            *((Debt("rfc", self.what),) if self.configuration == "yes" else ()),
            *self.owes,
        )
        return tuple(dict.fromkeys(found))


class Tried(Struct, frozen=True, kw_only=True):
    """Something that was tried, asked or looked up on a ticket (R3d1.4).

    Args:
        at: when, in UTC; `by`: who.
        what: the kind: step, fix, article, lookup, question, procedure, mentor, validation.
        text: what it was; `result`: what came of it, in a word, empty if nobody said.
        note: more of it; `event`: the id of the event that says it.
        ref: the ticket, which may be one that goes on in it, or the same request made before.
    """

    at: datetime
    by: str
    what: str
    text: str
    result: str = ""
    note: str = ""
    minutes: int = 0
    event: str = ""
    ref: str = ""


def try_out(
    ticket: Ticket,
    stamp: Stamp,
    *,
    hypothesis: str,
    change: str,
    result: TryResult = UNKNOWN,
    found: str = "",
    minutes: int = 0,
    mentor: str = "",
    skill: str = "",
) -> tuple[AnyEvent, ...]:
    """Write down one step of looking for the cause: one thing changed, what came of it (R3d1.2).

    `mentor`: who helped with it, and with what `skill` (R3d1.2b).

    Raises:
        RefusedError: half of a mentoring is said, or somebody is their own mentor.
        IllegalStepError: the ticket is resolved or closed.
    """
    steps.require("troubleshooting_step", ticket, "step")
    step = e.TroubleshootingStepped(
        *stamp.mark(),
        hypothesis=hypothesis,
        change=change,
        result=result,
        found=found,
        minutes=minutes,
    )
    return (step, *mentored(ticket, stamp, mentor=mentor, skill=skill))


def mentored(ticket: Ticket, stamp: Stamp, *, mentor: str, skill: str) -> tuple[AnyEvent, ...]:
    """That somebody helped with a skill that was missing; nothing without a mentor (R3d1.2b).

    Raises:
        RefusedError: half of it is said, or somebody is their own mentor.
    """
    if not (mentor or skill):
        return ()
    if not (mentor and skill):
        raise RefusedError(
            f"{ticket.ref}: say both who helped (--mentor PERSON) and with what (--skill TEXT).",
            ref=ticket.ref,
        )
    if mentor == stamp.by:
        raise RefusedError(
            f"{ticket.ref}: {mentor} cannot be their own mentor; --as NAME says who acts.",
            ref=ticket.ref,
        )
    return (e.Mentored(*stamp.mark(), mentor=mentor, skill=skill),)


def tried_before(ticket: Ticket, change: str) -> list[Tried]:
    """Where the same thing was tried on the ticket already, the newest first (R3d1.4)."""
    wanted = _same(change)
    return [
        each
        for each in reversed(tuple(tried(ticket)))
        if each.what in ("step", "fix") and _same(each.text) == wanted
    ]


def _same(text: str) -> str:
    return " ".join(text.casefold().replace(".", " ").split())


def fix(
    ticket: Ticket, stamp: Stamp, *, wish: Fix, tiers: Callable[[str], int]
) -> tuple[AnyEvent, ...]:
    """A fix or workaround: tried, put off, or handed to others, in one act (R3d3.1).

    Raises:
        RefusedError: it disturbs more than the fault and nobody has permitted it, or it is not
            said until when it is put off, or to whom it is handed.
        IllegalStepError: the ticket is resolved or closed.
    """
    applied = _applied(ticket, stamp, wish, tiers) if wish.what else ()
    back = resume_service(ticket, stamp, how=wish.what, evidence=wish.evidence, said=wish.resumed)
    return (*applied, *back)


def resume_service(
    ticket: Ticket, stamp: Stamp, *, how: str = "", evidence: str = "", said: bool = True
) -> tuple[AnyEvent, ...]:
    """That the service works again, though the incident is not resolved (R3d.0a).

    Nothing where it is not said, or is known already.
    """
    if not said:
        return ()
    steps.require("service_resumed", ticket, "fix --resumed")
    if ticket.service_restored_at is not None:
        return ()
    return (e.ServiceResumed(*stamp.mark(), how=how, evidence=evidence),)


def _applied(
    ticket: Ticket, stamp: Stamp, wish: Fix, tiers: Callable[[str], int]
) -> tuple[AnyEvent, ...]:
    steps.require("fix_applied", ticket, "fix")
    _require_permission(ticket, wish)
    applied = e.FixApplied(
        *stamp.mark(),
        what=wish.what,
        workaround=wish.workaround,
        prerequisites="no" if wish.missing else wish.prerequisites,
        missing=wish.missing,
        disruption=wish.disruption,
        permission=wish.permission,
        decision=wish.decision,
        until=wish.until,
        queue=wish.queue,
        result=wish.result,
        configuration=wish.configuration,
        minutes=wish.minutes,
    )
    return (applied, *_follows(ticket, stamp, wish, tiers))


def _require_permission(ticket: Ticket, wish: Fix) -> None:
    """Refuse what would disturb more than the fault does, if nobody has permitted it."""
    if wish.decision != "attempt" or wish.disruption != "more" or wish.permission:
        return
    raise RefusedError(
        f"{ticket.ref}: a fix that disturbs more than the fault needs somebody's permission: "
        "--permission PERSON says whose. Else put it off (--do defer --until WHEN) or have another "
        "team do it (--do engage --queue QUEUE).",
        ref=ticket.ref,
        disruption=wish.disruption,
    )


def _follows(
    ticket: Ticket, stamp: Stamp, wish: Fix, tiers: Callable[[str], int]
) -> tuple[AnyEvent, ...]:
    """What follows from the decision: a wait until then, or the other team."""
    if wish.decision == "defer":
        reason = f"the fix is put off: {wish.what}"
        return steps.wait(ticket, stamp, waiting_for="other", until=wish.until, reason=reason)
    if wish.decision == "engage":
        lacks = f" (not met: {', '.join(wish.missing)})" if wish.missing else ""
        reason = f"to do a fix: {wish.what}{lacks}"
        return steps.escalate(ticket, stamp, to=wish.queue, reason=reason, tiers=tiers)
    return ()


def follow_ups(stamp: Stamp, ticket: Ticket, new: Ticket, debt: Debt) -> tuple[e.Linked, e.Linked]:
    """That a new ticket follows another one: the link of that one, and of the new one."""
    onward = e.Linked(
        *stamp.mark(), relation="follow-up", to=new.ref, opening=new.opening.id, why=debt.why
    )
    back = e.Linked(
        *stamp.mark(),
        relation="follow-up-of",
        to=ticket.ref,
        opening=ticket.opening.id,
        why=debt.why,
    )
    return onward, back


def tried(ticket: Ticket, answers: Iterable[tuple[str, str]] = ()) -> Iterator[Tried]:
    """Everything that was tried, asked or looked up on a ticket, in order (R3d1.4).

    `answers`: the questions of its walk in words, and what was answered.
    """
    yield from _asked_at_first(ticket, answers)
    for event in ticket.standing:
        yield from _tried_by(event, ticket.ref)


def belonging(ticket: Ticket) -> tuple[str, ...]:
    """The tickets on which something was tried for this one: the same before, and what it absorbed."""
    absorbed = (each.source for each in ticket.standing if isinstance(each, e.Absorbed))
    return tuple(filter(None, (ticket.opening.previous, *absorbed)))


def _asked_at_first(ticket: Ticket, answers: Iterable[tuple[str, str]]) -> Iterator[Tried]:
    """What the caller had read, and what they were asked when it was opened."""
    opening = ticket.opening

    def told(what: str, text: str, result: str = "", note: str = "") -> Tried:
        return Tried(
            at=opening.at,
            by=opening.by,
            what=what,
            text=text,
            result=result,
            note=note,
            event=opening.id,
            ref=ticket.ref,
        )

    for use in opening.read:
        yield told("article", use.id, use.outcome, "the caller had read it")
    for question, answer in answers:
        yield told("question", question, "", answer)
    for name, text in (opening.request or RequestDetails()).told().items():
        yield told("question", name.replace("_", " "), "", text)


class _Said(NamedTuple):
    """What of an event belongs into a `Tried`."""

    what: str
    text: str
    result: str = ""
    note: str = ""


def _tried_by(event: AnyEvent, ref: str) -> Iterator[Tried]:
    """What one event says was tried."""
    tells = _TELLS.get(type(event))
    for said in tells(event) if tells else ():
        yield Tried(
            at=event.at,
            by=event.by,
            what=said.what,
            text=said.text,
            result=said.result,
            note=said.note,
            minutes=getattr(event, "minutes", 0),
            event=event.id,
            ref=ref,
        )


def _of_step(event: e.TroubleshootingStepped) -> Iterator[_Said]:
    note = "; ".join(filter(None, (f"thought of {event.hypothesis}", event.found)))
    yield _Said("step", event.change, event.result, note)


def _of_fix(event: e.FixApplied) -> Iterator[_Said]:
    result = event.result if event.decision == "attempt" else event.decision
    yield _Said("fix", event.what, result, "a workaround" if event.workaround else "")


def _of_procedure(event: e.FulfilmentStepped) -> Iterator[_Said]:
    text = f"{event.procedure.id}, step {event.number}: {event.step}"
    yield _Said("procedure", text, event.result, event.note)


def _of_hook(event: e.HookRan) -> Iterator[_Said]:
    if event.is_start:
        return  # how it ended is told by itself
    ended = event.reason if event.exit_code is None else f"exit {event.exit_code}"
    yield _Said("procedure", " ".join(event.command), ended)


def _of_lookup(event: e.ArticlesShown) -> Iterator[_Said]:
    found = ", ".join(each.id for each in event.articles) or "nothing found"
    yield _Said("lookup", event.query or "by the ticket's own words", "", found)


def _of_articles(event: e.ArticlesUsed | e.Resolved | e.Closed) -> Iterator[_Said]:
    for use in event.articles:
        yield _Said("article", use.id, use.outcome, event.note)
    if isinstance(event, e.ArticlesUsed) and not event.articles:
        yield _Said("article", "no article fitted", "", event.note)


def _of_sent(event: e.ArticleSent) -> Iterator[_Said]:
    yield _Said("article", event.article.id, event.decision, event.reason)


def _of_detail(event: e.Detailed) -> Iterator[_Said]:
    for name, text in event.request.told().items():
        yield _Said("question", name.replace("_", " "), "", text)


def _of_mentor(event: e.Mentored) -> Iterator[_Said]:
    yield _Said("mentor", event.skill, "", f"{event.mentor} helped")


def _of_validation(event: e.Validated) -> Iterator[_Said]:
    yield _Said("validation", event.against or "what monitoring said", "", event.note)


_TELLS: dict[type[e.Event], Callable[[Any], Iterator[_Said]]] = {
    e.TroubleshootingStepped: _of_step,
    e.FixApplied: _of_fix,
    e.FulfilmentStepped: _of_procedure,
    e.HookRan: _of_hook,
    e.ArticlesShown: _of_lookup,
    e.ArticlesUsed: _of_articles,
    e.Resolved: _of_articles,
    e.Closed: _of_articles,
    e.ArticleSent: _of_sent,
    e.Detailed: _of_detail,
    e.Mentored: _of_mentor,
    e.Validated: _of_validation,
}
