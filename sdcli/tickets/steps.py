"""The steps of the process: from a ticket and what a person asks, the events to append.

Each function takes the ticket, the stamp (who, when) and the wish, and returns events; it
refuses what the process does not allow. Values from the desk's lists arrive checked.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets import lifecycle
from sdcli.tickets.closing import NOTHING, Said
from sdcli.tickets.contact import Bulletin, Correction
from sdcli.tickets.event import (
    Accepted,
    Acknowledged,
    AlsoAffected,
    Announced,
    AnyEvent,
    ArticleReceived,
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    ArticleUse,
    Assigned,
    Attached,
    BreachExplained,
    Closed,
    Contacted,
    Detailed,
    Edition,
    Escalated,
    Noted,
    NoticeTaken,
    Receipt,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    SlaReapplied,
    Stamp,
    Validated,
    Viewed,
    Waited,
    Withdrawn,
)
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sdcli.tickets.contact import AlertFacts, Attachment, RequestDetails
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import HandOver, HandOverGround, Sharing

_NOTHING = Receipt()
_RESULTS = ("helped", "no-effect", "harmful")
_NOBODY: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def note(
    ticket: Ticket,
    stamp: Stamp,
    *,
    text: str,
    minutes: int = 0,
    visible: bool = False,
    roadblock: bool = False,
    sent_to: str = "",
) -> tuple[AnyEvent, ...]:
    """Write down what was done or said, or what stands in the way (R5b.3).

    Raises:
        RefusedError: a problem has no caller who could have been told.
    """
    if ticket.is_problem and visible:
        raise RefusedError(
            f"{ticket.ref} is a problem and has no caller to be told (--visible): its incidents "
            f"have, see `sdcli problem show {ticket.ref}`.",
            ref=ticket.ref,
        )
    said = Noted(
        *stamp.mark(),
        text=text,
        minutes=minutes,
        visible=visible,
        roadblock=roadblock,
        sent_to=sent_to,
    )
    return (said,)


def explain_breach(
    ticket: Ticket,
    stamp: Stamp,
    *,
    target: str,
    cycle: int,
    cause: str,
    note: str = "",
    began: str = "",
) -> tuple[AnyEvent, ...]:
    """Record why a target was missed (R5b.4); that it was is for the caller to know."""
    require("breach_explained", ticket)
    said = BreachExplained(
        *stamp.mark(), target=target, cycle=cycle, cause=cause, note=note, began=began
    )
    return (said,)


def detail(ticket: Ticket, stamp: Stamp, *, request: RequestDetails) -> tuple[AnyEvent, ...]:
    """Add to what is known about the request (R1b.1); nothing if that is known already."""
    require("detailed", ticket)
    if ticket.request.overlaid(request) == ticket.request:
        return ()
    return (Detailed(*stamp.mark(), request=request),)


def assign(
    ticket: Ticket, stamp: Stamp, *, to: str | None, queue: str | None
) -> tuple[AnyEvent, ...]:
    """Give the ticket to a person, a queue, or both; to the acting person if neither."""
    who = to if to or queue else stamp.by
    return (Assigned(*stamp.mark(), to=who, queue=queue or ticket.queue),)


def accept(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
    """Take the ticket on.

    Raises:
        RefusedError: somebody else has it.
    """
    if ticket.assignee not in (None, stamp.by):
        raise RefusedError(
            f"{ticket.ref} is with {ticket.assignee}; "
            f"`sdcli assign {ticket.ref}` takes it over openly.",
            ref=ticket.ref,
            assignee=ticket.assignee,
        )
    return (Accepted(*stamp.mark()),)


def send_back(ticket: Ticket, stamp: Stamp, *, reason: str) -> tuple[AnyEvent, ...]:
    """Return a handed-over ticket to the queue it came from, saying what is missing.

    Raises:
        RefusedError: it was not handed over, or the hand-over has been accepted.
    """
    require("returned", ticket)
    if not ticket.handed_from:
        raise RefusedError(
            f"{ticket.ref} has no hand-over to return: it lies in {ticket.queue} and was either "
            f"accepted there or never moved. `sdcli escalate {ticket.ref} --to QUEUE --kind "
            "transfer --reason WHY` hands it on.",
            ref=ticket.ref,
            queue=ticket.queue,
        )
    return (Returned(*stamp.mark(), to=ticket.handed_from, reason=reason),)


def wait(
    ticket: Ticket,
    stamp: Stamp,
    *,
    waiting_for: str,
    until: datetime | None,
    reason: str,
    supplier: str = "",
) -> tuple[AnyEvent, ...]:
    """Pause until somebody else has acted.

    Raises:
        RefusedError: `until` is not in the future, or a supplier is named who is not waited for.
    """
    require("waited", ticket)
    if supplier and waiting_for != "vendor":
        raise RefusedError(
            f"{ticket.ref} cannot wait for {waiting_for} and the supplier {supplier}: --supplier "
            "goes with --for vendor.",
            ref=ticket.ref,
        )
    if until is not None and until <= stamp.at:
        raise RefusedError(
            f"{ticket.ref} cannot wait until {until:%Y-%m-%d %H:%M}Z: that is already past.",
            ref=ticket.ref,
        )
    event = Waited(
        *stamp.mark(), waiting_for=waiting_for, until=until, reason=reason, supplier=supplier
    )
    return (event,)


def resume(ticket: Ticket, stamp: Stamp, *, reason: str = "") -> tuple[AnyEvent, ...]:
    """Go on working."""
    require("resumed", ticket)
    return (Resumed(*stamp.mark(), reason=reason),)


def escalate(
    ticket: Ticket,
    stamp: Stamp,
    *,
    to: str,
    reason: str,
    tiers: Callable[[str], int],
    hand_over: HandOver | None = None,
    ground: HandOverGround | None = None,
) -> tuple[AnyEvent, ...]:
    """Hand over to another queue: deeper (escalate) or sideways (transfer) (R3d2.1).

    `tiers` gives the tier of a queue; without a stated kind it decides which of the two it is.

    Raises:
        RefusedError: the ticket is in that queue, or an escalation would not go deeper.
    """
    require("escalated", ticket)
    if to == ticket.queue:
        raise RefusedError(
            f"{ticket.ref} already lies in {to}; `sdcli accept {ticket.ref}` takes it on there.",
            ref=ticket.ref,
            queue=to,
        )
    deeper = tiers(to) > tiers(ticket.queue)
    if hand_over == "escalate" and not deeper:
        raise RefusedError(
            f"{to} (tier {tiers(to)}) is not deeper than {ticket.queue} (tier "
            f"{tiers(ticket.queue)}); `--kind transfer` hands over sideways.",
            ref=ticket.ref,
            queue=to,
        )
    chosen: HandOver = hand_over or ("escalate" if deeper else "transfer")
    event = Escalated(*stamp.mark(), hand_over=chosen, to=to, reason=reason, ground=ground or "")
    return (event,)


def resolve(
    ticket: Ticket,
    stamp: Stamp,
    *,
    code: str,
    note: str = "",
    articles: tuple[ArticleUse, ...] = (),
    tell: Mapping[str, tuple[str, ...]] = _NOBODY,
    must_look: bool = False,
) -> tuple[AnyEvent, ...]:
    """Solved as the desk sees it; `articles` and `tell` as in `use_articles`.

    `must_look`: an incident is not resolved before the knowledge base was looked into (R3d1.1).

    Raises:
        RefusedError: it was not.
        IllegalStepError: the ticket is resolved or closed.
    """
    require("resolved", ticket)
    if must_look and not articles:
        _require_look(ticket)
    seen = note if tell else ""  # else it says how the request was solved, and not what they did
    used = use_articles(ticket, stamp, articles=articles, note=seen, tell=tell)
    return (*used, Resolved(*stamp.mark(), code=code, note=note))


def close(
    ticket: Ticket,
    stamp: Stamp,
    *,
    code: str | None,
    confirmed_by: str = "",
    via: str = "",
    unconfirmed: str = "",
    note: str = "",
    articles: tuple[ArticleUse, ...] = (),
    tell: Mapping[str, tuple[str, ...]] = _NOBODY,
    must_look: bool = False,
    outage: str = "",
    said: Said = NOTHING,
    missing: Sequence[str] = (),
    by_policy: bool = False,
) -> tuple[AnyEvent, ...]:
    """Close with a code and the caller's confirmation, or a stated reason for none (R4.5a).

    `said`: what else is said of it (R4.5); `missing`: what is not, and must be, in words;
    `by_policy`: nobody closes it, a period is over.

    A ticket that is not resolved yet is resolved by the same command. A step that was skipped
    is flagged on the closing event (R0.7), and so is an incident for which nobody looked into the
    knowledge base (R3d1.1); `must_look`: see `resolve`. A bulletin ends with its ticket: nobody would look at
    it any more, and callers would be told of a failure that is over (R1a.1f). `outage`: the planned
    outage or change that it came from (R3d1.3).

    Raises:
        RefusedError: no closure code, or neither confirmation nor a reason for none.
        IllegalStepError: the ticket is closed.
    """
    if ticket.is_closed or ticket.is_problem:
        require("closed", ticket)
    require_closure(ticket, code, confirmed_by, via, unconfirmed, missing=missing)
    decided = code or ticket.code
    resolved = ticket.status == "resolved"
    if must_look and not resolved and not articles:
        _require_look(ticket)
    seen = note if tell else ""  # else it says how the request was solved, and not what they did
    used = use_articles(ticket, stamp, articles=articles, note=seen, tell=tell)
    before = () if resolved else (Resolved(*stamp.mark(), code=decided),)
    ended = (Withdrawn(*stamp.mark(), reason=_CLOSING),) if ticket.bulletin else ()
    closed = Closed(
        *stamp.mark(),
        code=decided,
        confirmed_by=confirmed_by,
        via=via,
        unconfirmed=unconfirmed,
        note=note,
        skipped=_skipped(ticket, articles),
        outage=outage,
        cause=said.cause,
        procedure_easy=said.procedure_easy,
        procedure_accurate=said.procedure_accurate,
        caller_could=said.caller_could,
        improvement=said.improvement,
        by_policy=by_policy,
    )
    return (*used, *before, *ended, closed)


def _skipped(ticket: Ticket, articles: tuple[ArticleUse, ...]) -> tuple[str, ...]:
    """The steps of the process that nobody took before closing, by their commands."""
    unseen = ticket.type == "incident" and not articles and not is_looked_up(ticket)
    steps = {"classify": ticket.type == UNKNOWN, "search-kb": unseen}
    return tuple(step for step, is_skipped in steps.items() if is_skipped)


def is_looked_up(ticket: Ticket) -> bool:
    """Whether somebody looked into the knowledge base for it, and if nothing fitted (R3d1.1)."""
    kinds = (ArticlesShown, ArticlesUsed, ArticleSent)
    return bool(ticket.articles) or any(isinstance(event, kinds) for event in ticket.standing)


def _require_look(ticket: Ticket) -> None:
    if ticket.type == "incident" and not is_looked_up(ticket):
        raise RefusedError(
            f"{ticket.ref} is an incident, and nobody has looked into the knowledge base: `sdcli "
            f"search-kb --ticket {ticket.ref}` does, and `sdcli kb used {ticket.ref} --none --note "
            "WHY` says why not (search_first in catalog/classification.yaml).",
            ref=ticket.ref,
        )


def _lacks(
    ticket: Ticket, code: str | None, confirmed_by: str, via: str, unconfirmed: str
) -> Iterator[str]:
    """What is not said of the solution and its confirmation, in words."""
    if unconfirmed and confirmed_by:
        raise RefusedError(
            f"{ticket.ref} was either confirmed (--confirmed-by) or not (--unconfirmed): say one.",
            ref=ticket.ref,
        )
    if not code and not ticket.code:
        yield "a closure code (--code CODE)"
    if not unconfirmed and not confirmed_by:
        yield (
            "who confirmed it (--confirmed-by PERSON --via METHOD), "
            "or why nobody did (--unconfirmed REASON)"
        )
    elif not unconfirmed and not via:
        yield "how it was confirmed (--via METHOD)"


def require_closure(
    ticket: Ticket,
    code: str | None,
    confirmed_by: str,
    via: str,
    unconfirmed: str,
    *,
    missing: Sequence[str] = (),
) -> None:
    """Refuse to close without code and confirmation, or a reason for none (R4.5a).

    `missing`: what else is, in words.

    Raises:
        RefusedError: something is missing; all of it is named.
    """
    lacks = [*_lacks(ticket, code, confirmed_by, via, unconfirmed), *missing]
    if lacks:
        raise RefusedError(
            f"{ticket.ref} cannot be closed without {' and '.join(lacks)}.{_if_not_solved(ticket)}",
            ref=ticket.ref,
            missing=lacks,
        )


def _if_not_solved(ticket: Ticket) -> str:
    """What to do where the caller does not confirm it (R5a.1)."""
    again = f" If it is not solved: sdcli reopen {ticket.ref} --reason WHY"
    return again if ticket.status == "resolved" else ""


def use_articles(
    ticket: Ticket,
    stamp: Stamp,
    *,
    articles: tuple[ArticleUse, ...],
    note: str = "",
    tell: Mapping[str, tuple[str, ...]] = _NOBODY,
) -> tuple[AnyEvent, ...]:
    """Say what articles did; nothing if there are none (R3a.4, R4.1).

    `tell`: by article that made things worse, who answers for it. Each hears of theirs only, so
    there is an event for each that is to be told; the others go with the first.

    Raises:
        RefusedError: two things are said of one article that cannot both be true.
    """
    results = {use.id: use.outcome for use in articles if use.outcome in _RESULTS}
    twice = [use for use in articles if use.outcome in _RESULTS and results[use.id] != use.outcome]
    if twice:
        use = twice[0]
        raise RefusedError(
            f"{use.id} cannot be {use.outcome} and {results[use.id]} on {ticket.ref}: say one.",
            ref=ticket.ref,
            article=use.id,
        )
    require("articles_used", ticket, "kb used")  # what an article did may become known at any time
    first = next(iter(tell.values()), ())
    groups: dict[tuple[str, ...], list[ArticleUse]] = {}
    for each in articles:
        groups.setdefault(tell.get(each.id, first), []).append(each)
    return tuple(
        ArticlesUsed(*stamp.mark(), articles=tuple(used), note=note, tell=people)
        for people, used in groups.items()
    )


def best_effort(ticket: Ticket, stamp: Stamp, *, note: str) -> tuple[AnyEvent, ...]:
    """Say that no article fitted, and what was answered (R3a.1)."""
    require("articles_used", ticket, "kb used")
    return (ArticlesUsed(*stamp.mark(), articles=(), note=note),)


def look_up(
    ticket: Ticket, stamp: Stamp, *, articles: tuple[Edition, ...], query: str = ""
) -> tuple[AnyEvent, ...]:
    """Note which articles were looked up; nothing if the same were found last time (R3d1.1)."""
    earlier = [event for event in ticket.standing if isinstance(event, ArticlesShown)]
    if earlier and (earlier[-1].articles, earlier[-1].query) == (articles, query):
        return ()
    return (ArticlesShown(*stamp.mark(), articles=articles, query=query),)


def share(
    ticket: Ticket,
    stamp: Stamp,
    *,
    article: Edition,
    decision: Sharing,
    to: str = "",
    via: str = UNKNOWN,
    link: str = "",
    address: str = "",
    reason: str = "",
    told: str = "",
    receipt: Receipt = _NOTHING,
) -> tuple[AnyEvent, ...]:
    """Give an article to the caller, or decide otherwise (R3a.2).

    `told`: what the caller is told; a visible note, and so a word of the desk (T12). The others
    are facts of an `ArticleSent` and an `ArticleReceived`.

    Raises:
        IllegalStepError: the ticket is closed.
    """
    require("article_sent", ticket, "kb send")
    sent = ArticleSent(
        *stamp.mark(),
        article=article,
        decision=decision,
        to=to,
        via=via,
        link=link,
        address=address,
        reason=reason,
    )
    note = (Noted(*stamp.mark(), text=told, visible=True),) if told else ()
    known = receipt != _NOTHING
    got = (ArticleReceived(*stamp.mark(), article=article, receipt=receipt),) if known else ()
    return (sent, *note, *got)


def receive(
    ticket: Ticket, stamp: Stamp, *, article: str, receipt: Receipt
) -> tuple[AnyEvent, ...]:
    """Note whether the caller has an article, needed help with it, and got it (R3a.3).

    Raises:
        RefusedError: the article was never given to the caller.
    """
    require("article_received", ticket, "kb receipt")
    given = [
        event.article
        for event in ticket.standing
        if isinstance(event, ArticleSent)
        and event.article.id == article
        and event.decision != "withheld"
    ]
    if not given:
        raise RefusedError(
            f"{article} was not given to the caller of {ticket.ref}; `sdcli kb send {ticket.ref} "
            f"{article}` does.",
            ref=ticket.ref,
            article=article,
        )
    return (ArticleReceived(*stamp.mark(), article=given[-1], receipt=receipt),)


def reopen(ticket: Ticket, stamp: Stamp, *, reason: str) -> tuple[AnyEvent, ...]:
    """Back to work."""
    require("reopened", ticket)
    return (Reopened(*stamp.mark(), reason=reason),)


def reapply(
    ticket: Ticket, stamp: Stamp, *, policy: str, reason: str, mark: str = ""
) -> tuple[AnyEvent, ...]:
    """Pin the clocks to other service levels, from the start (T11); nothing if they are already.

    `mark`: see `SlaReapplied`.
    """
    require("sla_reapplied", ticket)
    if ticket.policy == policy:
        return ()
    before = ticket.policy
    return (SlaReapplied(*stamp.mark(), policy=policy, before=before, reason=reason, mark=mark),)


def attach(
    ticket: Ticket, stamp: Stamp, *, attachments: tuple[Attachment, ...], note: str = ""
) -> tuple[AnyEvent, ...]:
    """Add files as evidence (R1b.1b)."""
    del ticket  # evidence is legal always
    return (Attached(*stamp.mark(), attachments=attachments, note=note),)


def acknowledge(
    ticket: Ticket, stamp: Stamp, *, to: str, message_id: str, sent: bool, failed: str = ""
) -> tuple[AnyEvent, ...]:
    """Note that the confirmation was written, and whether it was sent (R1a.3d)."""
    del ticket  # a confirmation is legal always
    return (Acknowledged(*stamp.mark(), to=to, message_id=message_id, sent=sent, failed=failed),)


def require_confirmable(ticket: Ticket, *, to: str, again: bool) -> None:
    """Refuse a confirmation that nobody should get.

    Raises:
        RefusedError: there is no address, a machine wrote the request (T21), it is over, or it
            was confirmed before.
        IllegalStepError: it is a problem.
    """
    require("acknowledged", ticket)
    if ticket.status in ("resolved", "closed"):
        raise RefusedError(
            f"{ticket.ref} is {ticket.status}: nobody waits for its confirmation.", ref=ticket.ref
        )
    if ticket.opening.alert is not None:
        raise RefusedError(
            f"{ticket.ref} was opened by monitoring; alerts are never answered.", ref=ticket.ref
        )
    message = ticket.opening.message
    if message is not None and message.automatic:
        raise RefusedError(
            f"{ticket.ref} came by a mail that a machine wrote ({message.automatic}); those are "
            "never answered.",
            ref=ticket.ref,
        )
    if not to:
        raise RefusedError(
            f"{ticket.ref} has no mail address to confirm to; --to MAIL names one.", ref=ticket.ref
        )
    done = (event for event in ticket.standing if isinstance(event, Acknowledged))
    if not again and any(not event.failed for event in done):
        raise RefusedError(
            f"{ticket.ref} was confirmed before; --again writes another confirmation.",
            ref=ticket.ref,
        )


def validate(
    ticket: Ticket,
    stamp: Stamp,
    *,
    facts: AlertFacts | None,
    corrections: Mapping[str, str],
    classified: Sequence[AnyEvent] = (),
    against: str = "",
    note: str = "",
) -> tuple[AnyEvent, ...]:
    """Say that what a machine reported has been looked at, and what was wrong (R1b.2).

    `facts` are what is known of its alert; `classified` is the corrected classification, if that
    was wrong.

    Raises:
        RefusedError: no machine reported it, or it was validated and nothing is new.
    """
    require("validated", ticket)
    if facts is None:
        raise RefusedError(
            f"{ticket.ref} was not opened by an alert; `sdcli classify {ticket.ref}` corrects it.",
            ref=ticket.ref,
        )
    found = {
        name: Correction(before, after)
        for name, after in corrections.items()
        if (before := str(getattr(facts, name, "") or getattr(ticket, name, ""))) != after
    }
    if not ticket.needs_validation and not found:
        raise RefusedError(
            f"{ticket.ref} has been validated already; `sdcli history {ticket.ref}` shows by whom.",
            ref=ticket.ref,
        )
    event = Validated(*stamp.mark(), against=against, corrections=found, note=note)
    return (*classified, event)


_CLOSING = "its ticket was closed"


def announce(
    ticket: Ticket, stamp: Stamp, *, facts: Mapping[str, Any], must_stand: bool = False
) -> tuple[AnyEvent, ...]:
    """Post the bulletin of a known failure, or say something new in it (R1a.1f).

    `facts` are those of a `Bulletin` that are said; the others stay, and `unknown` takes one
    back. A new one concerns the ticket's service. With `must_stand` there must be one already.

    Raises:
        RefusedError: none stands, or a promised time is past already.
        IllegalStepError: the ticket is closed.
    """
    require("announced", ticket, "bulletin post")
    own = () if ticket.service == UNKNOWN else (ticket.service,)
    empty = Bulletin(text="", services=own)
    before = standing(ticket) if must_stand else ticket.bulletin or empty
    for name in ("until", "next_update"):
        at = facts.get(name)
        if isinstance(at, datetime) and at <= stamp.at:
            raise RefusedError(
                f"The bulletin of {ticket.ref} cannot promise {at:%Y-%m-%d %H:%M}Z: that is "
                "already past.",
                ref=ticket.ref,
            )
    nothing = Bulletin(text="")
    said = {
        name: getattr(nothing, name) if value in (UNKNOWN, (UNKNOWN,)) else value
        for name, value in facts.items()
    }
    return (Announced(*stamp.mark(), bulletin=replace(before, **said)),)


def standing(ticket: Ticket) -> Bulletin:
    """The bulletin of a ticket.

    Raises:
        RefusedError: none stands.
    """
    if ticket.bulletin is None:
        post = f"; `sdcli bulletin post {ticket.ref} TEXT` posts one"
        raise RefusedError(
            f"{ticket.ref} has no bulletin{'' if ticket.is_closed else post}.", ref=ticket.ref
        )
    return ticket.bulletin


def withdraw(ticket: Ticket, stamp: Stamp, *, reason: str = "") -> tuple[AnyEvent, ...]:
    """End the bulletin.

    Raises:
        RefusedError: none stands.
    """
    require("withdrawn", ticket)
    standing(ticket)
    return (Withdrawn(*stamp.mark(), reason=reason),)


def take_notice(
    ticket: Ticket, stamp: Stamp, *, note: str = "", instead_of: Sequence[str] = ()
) -> tuple[AnyEvent, ...]:
    """Say that a notice has been seen by whom it waits for (R3d1.5a).

    `instead_of`: those whose notices fall to the acting person.

    Raises:
        RefusedError: nothing waits for the acting person.
    """
    require("notice_taken", ticket)
    fallen = tuple(each for each in instead_of if each in ticket.notices)
    if stamp.by not in ticket.notices and not fallen:
        others = ", ".join(ticket.notices)
        waits = f"it waits for {others}" if others else "nobody is waited for"
        raise RefusedError(
            f"{ticket.ref} has no notice for {stamp.by}: {waits}. `sdcli notices` lists yours; "
            "--as NAME says who you are.",
            ref=ticket.ref,
            waits_for=list(ticket.notices),
        )
    return (NoticeTaken(*stamp.mark(), note=note, instead_of=fallen),)


def show_to(ticket: Ticket, stamp: Stamp, *, times: int = 1) -> tuple[AnyEvent, ...]:
    """Count that the bulletin was shown to callers (R1a.1g); nothing where none stands any more."""
    return (Viewed(*stamp.mark(), times=times),) if ticket.bulletin else ()


def hear(
    ticket: Ticket,
    stamp: Stamp,
    *,
    text: str,
    channel: str,
    contact: str,
    minutes: int = 0,
    idempotency_key: str = "",
) -> tuple[AnyEvent, ...]:
    """Write down what a caller said on a request that is there already (R1a.1a).

    Raises:
        RefusedError: the ticket is closed, so nobody would see it.
    """
    require("contacted", ticket)
    _require_open(ticket, "takes no contact")
    event = Contacted(
        *stamp.mark(),
        text=text,
        channel=channel,
        contact=contact,
        minutes=minutes,
        idempotency_key=idempotency_key,
        rule="added to the open request",
    )
    return (event,)


def count_in(
    ticket: Ticket,
    stamp: Stamp,
    *,
    contact: str,
    phone: str = "",
    mail: str = "",
    note: str = "",
    minutes: int = 0,
    idempotency_key: str = "",
) -> tuple[AnyEvent, ...]:
    """Count another caller who has the same; nothing if they are counted already (R1a.1f).

    Raises:
        RefusedError: the ticket is closed.
    """
    require("also_affected", ticket)
    _require_open(ticket, "counts nobody")
    if is_counted(ticket, contact):
        return ()
    event = AlsoAffected(
        *stamp.mark(),
        contact=contact,
        phone=phone,
        mail=mail,
        note=note,
        minutes=minutes,
        idempotency_key=idempotency_key,
    )
    return (event,)


def is_counted(ticket: Ticket, contact: str) -> bool:
    """Whether this caller has said already that they have it: by opening it, or by `me too`."""
    if contact == UNKNOWN:
        return False
    others = (event.contact for event in ticket.standing if isinstance(event, AlsoAffected))
    known = (ticket.requester, ticket.opening.on_behalf_of, *others)
    return contact.casefold() in (name.casefold() for name in known)


def _require_open(ticket: Ticket, what: str) -> None:
    if ticket.is_closed:
        raise RefusedError(
            f"{ticket.ref} is closed and {what}: `sdcli reopen {ticket.ref} --reason WHY` takes it "
            f"up again, and `sdcli open SUMMARY --same-as {ticket.ref}` opens a new request.",
            ref=ticket.ref,
            status=ticket.status,
        )


def require(kind: str, ticket: Ticket, command: str = "") -> None:
    """Refuse by state before refusing by detail: the state is what the person can act on.

    `command` is what the person typed, if the kind of event has none of its own.

    Raises:
        IllegalStepError: the kind of event is not legal in the ticket's state, or of its record.
    """
    lifecycle.require(ticket.ref, ticket.status, kind, ticket.record, command)
