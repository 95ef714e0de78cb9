"""What a caller may be told of their request now, in their words and their time (R7.2, R1b.1e).

It is made of facts that are the caller's own, and of fixed sentences. No note, reason, name, queue or
code of the desk is ever in it: what those say was written for the desk. What the requester was told
when something new was refused is theirs.
"""

from __future__ import annotations

import textwrap
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sdcli.intake.confirmation import local_time
from sdcli.intake.lines import one_line
from sdcli.tickets.event import (
    ApprovalDecided,
    Classified,
    FulfilmentStarted,
    Reopened,
    RequestFiltered,
)
from sdcli.tickets.expectation import expectation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target
    from sdcli.tickets.ticket import Ticket

_WIDE = 76
_WAITS = {
    "user": "We are waiting for an answer from you.",
    "vendor": "We are waiting for a supplier of ours.",
    "change": "It waits for a change that is planned.",
}
_GOALS = {
    "incident": "We go on until it works for you again.",
    "fulfilment": "We go on until you have what you asked for.",
    "information": "We go on until your question is answered.",
}


def letter(
    policy: Policy,
    ticket: Ticket,
    *,
    sla: Mapping[Target, Clock],
    now: datetime,
    undecided: bool = False,
    workarounds: Sequence[str] = (),
) -> str:
    """The whole text, with a greeting and the desk's name.

    `sla` are the ticket's clocks at `now`, an instant in UTC. `undecided`: somebody must decide first
    that the desk takes it on (R2b.2). `workarounds`: how to go on meanwhile, from articles that callers
    may read.
    """
    told = body(policy, ticket, sla=sla, now=now, undecided=undecided)
    summary = textwrap.fill(one_line(ticket.summary), _WIDE - 2)
    paragraphs = (
        "Hello,",
        "this is about your request:",
        textwrap.indent(summary, "  "),
        f"Its number is {ticket.ref}.",
        *(textwrap.fill(each, _WIDE) for each in told),
        *_meanwhile(ticket, workarounds),
        policy.intake.mail.name,
    )
    return "\n\n".join(paragraphs) + "\n"


def body(
    policy: Policy,
    ticket: Ticket,
    *,
    sla: Mapping[Target, Clock],
    now: datetime,
    undecided: bool = False,
) -> list[str]:
    """Where it stands, what happens next, by when, and when they will hear again."""
    parts = (
        f"{_stands(policy, ticket, undecided=undecided)} {_next(policy, ticket)}",
        _promise(policy, ticket, sla, now),
        _again(policy, ticket, sla, now),
    )
    return [each.strip() for each in parts if each.strip()]


_ENDS = {
    "solved": "As far as we can see it is solved.",
    "workaround": (
        "There is a way to go on working. What is behind it is not mended yet, and we know of it."
    ),
    "answered": "Your question is answered, as far as we can see.",
    "fulfilled": "You should have what you asked for.",
    "no-fault-found": "We have looked, and found nothing that is wrong.",
    "planned-outage": "It came from maintenance that was planned.",
    "third-party": "A supplier of ours has dealt with it.",
    "duplicate": "We have another request about the same, and go on with that one.",
    "declined": "It was refused: we cannot do what you asked for.",
    "withdrawn": "You no longer need it, so we have ended it.",
    "recovered": "It works again, as far as we can see.",
    "unsupported": "We are sorry: it is nothing that we can help with.",
}
"""How it ended, by the closure code; of any other it is only said that it has."""
_TO_TRY = (
    *("solved", "workaround", "answered", "fulfilled", "no-fault-found", "planned-outage"),
    *("user-error", "third-party", "recovered", "unknown"),
)
"""The codes after which the caller can see for themselves whether it is as they need it."""


def _ended(ticket: Ticket) -> str:
    """How it ended: of what was refused, in the words that the requester was told (R3c1.1)."""
    filtered = [event for event in ticket.standing if isinstance(event, RequestFiltered)]
    if ticket.code == "declined" and filtered and filtered[-1].decision == "rejected":
        told = one_line(filtered[-1].told)
        if told:
            return f"It was refused. {told}"
    return _ENDS.get(ticket.code, "As far as we can see it is done.")


def _is_refused(ticket: Ticket) -> bool:
    """Whether somebody did not agree to it, and nothing else was decided or begun since (R3b.2)."""
    if _is_over(ticket):
        return False
    decisive = (ApprovalDecided, FulfilmentStarted, Reopened, Classified)
    last = next((e for e in reversed(ticket.standing) if isinstance(e, decisive)), None)
    return isinstance(last, ApprovalDecided) and last.decision == "rejected"


def _is_over(ticket: Ticket) -> bool:
    return ticket.status in ("resolved", "closed")


def _stands(policy: Policy, ticket: Ticket, *, undecided: bool) -> str:
    """Where it stands, in a sentence."""
    if ticket.merged_into:
        return f"We work on it together with another request, number {ticket.merged_into}."
    if _is_over(ticket):
        ended = _ended(ticket)
        return f"{ended} It is closed." if ticket.is_closed else ended
    if _is_refused(ticket):
        return "Whoever decides on such requests did not agree to it."
    if ticket.status == "waiting":
        return _WAITS.get(ticket.waiting_for, "It waits for something that is not in our hands.")
    if undecided:
        return "We must decide first whether we can take it on."
    return _at_work(policy, ticket)


def _at_work(policy: Policy, ticket: Ticket) -> str:
    """Whether somebody works on it, and with what success."""
    if ticket.service_restored_at and ticket.type == "incident":
        return "It should work again by now; we are making sure that it stays so."
    specialist = ticket.queue != policy.teams.desk.queue
    if ticket.assignee and not ticket.handed_from:
        return "A specialist is working on it." if specialist else "We are working on it."
    return "Our specialists have it, and will take it up." if specialist else "We will take it up."


def _next(policy: Policy, ticket: Ticket) -> str:
    """What happens next, and what the caller should do."""
    if _is_over(ticket):
        return _afterwards(ticket)
    if ticket.waiting_for == "user":
        return "Please answer, and name the number: we go on as soon as we hear from you."
    if ticket.status == "waiting":
        until = ticket.waiting_until
        by = f", which we expect by {local_time(policy, ticket, until)}" if until else ""
        return f"We go on as soon as that is done{by}."
    if _is_refused(ticket):
        return "We will tell you what else can be done."
    return _GOALS.get(ticket.type, "We go on until it is done.")


def _afterwards(ticket: Ticket) -> str:
    """What the caller can do about what is over."""
    if ticket.code not in _TO_TRY:
        return "If you see it otherwise, tell us, and name the number."
    if ticket.is_closed:
        return "If it is not as you need it, tell us, and name the number."
    return "Please try it, and tell us whether it is as you need it. If it is not, we go on."


def _promise(policy: Policy, ticket: Ticket, sla: Mapping[Target, Clock], now: datetime) -> str:
    """By when: what was expected, else what was promised; nothing of what was refused."""
    if _is_over(ticket) or _is_refused(ticket):
        return ""
    expected = expectation(ticket)
    if expected and expected.eta > now:
        return f"We expect it to be done by {local_time(policy, ticket, expected.eta)}."
    if expected and expected.told:
        was = local_time(policy, ticket, expected.eta)
        return (
            f"We had told you to expect it by {was}. It takes longer, and we owe you another time."
        )
    face = sla["resolution"]
    if face.state == "breached":
        return "It takes longer than we promised."
    due = _to_come(face, now)
    return f"We have promised it by {local_time(policy, ticket, due)}." if due else ""


def _again(policy: Policy, ticket: Ticket, sla: Mapping[Target, Clock], now: datetime) -> str:
    """When the caller will hear from the desk again."""
    if _is_over(ticket) or ticket.waiting_for == "user":
        return ""
    said = ticket.bulletin.next_update if ticket.bulletin else None
    promised = [_to_come(sla[target], now) for target in ("update", "response")]
    found = [each for each in (*promised, said) if each and each > now]
    if found:
        return f"You will hear from us again by {local_time(policy, ticket, min(found))}."
    return "You will hear from us as soon as there is something new."


def _to_come(face: Clock, now: datetime) -> datetime | None:
    """When a clock that runs is due, if that is still to come."""
    if face.state != "running" or face.due is None:
        return None
    due = datetime.fromtimestamp(face.due, timezone.utc)
    return due if due > now else None


def _meanwhile(ticket: Ticket, workarounds: Sequence[str]) -> list[str]:
    """How to go on meanwhile, and what everybody is told of it."""
    if _is_over(ticket):
        return []
    told = [one_line(each) for each in workarounds if one_line(each)]
    public = one_line(ticket.bulletin.text) if ticket.bulletin else ""
    return [
        *(textwrap.fill(f"Until then: {each}", _WIDE) for each in told),
        *([textwrap.fill(f"What everybody is told: {public}", _WIDE)] if public else ()),
    ]
