"""A message as its reader needs it: what, how late, what it does to the business, what to do next.

Everything in it is text from outside until it was cleaned here: one line each, no control
characters, and nothing that a chat would take for a link or for a call to everybody.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from sdcli.intake.lines import one_line
from sdcli.notify.owed import says
from sdcli.policy.people import known
from sdcli.sla.calendar import local
from sdcli.sla.impact import impact_sentence
from sdcli.sla.register import roadblocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.notify.owed import Audience, Owed
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import SlaAlerted
    from sdcli.tickets.ticket import Ticket

_LONGEST = 500
_MARKUP = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "@": "＠"})  # noqa: RUF001 - harmless look-alikes
_HIDDEN = dict.fromkeys(
    (0xAD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


class Addressee(Struct, frozen=True, kw_only=True):
    """Who a message is for, as far as is known; `zone` is where their day is."""

    id: str
    name: str = ""
    mail: str = ""
    phone: str = ""
    zone: str = ""

    def facts(self) -> dict[str, str]:
        """What a URL or a command may name of them."""
        return {"id": self.id, "name": self.name, "mail": self.mail, "phone": self.phone}


class Message(Struct, frozen=True, kw_only=True):
    """What a template has to say something with; for a caller, only what concerns them.

    Args:
        kind: `warning`, `predicted` or `breach`; `audience`: whom it is written for.
        to: the name of who it is for, or the names; `others`: who else was told.
        target: `response`, `resolution`, `time-box` …; `percent`: how much of it had passed.
        due: in the reader's time zone and in UTC; `due_at`: ISO 8601.
        is_late: the target is past its time; `by`: how late it is, or how much time is left.
        is_over: the request was solved meanwhile.
        impact: a sentence on the business; `roadblocks`: what is in the way.
        next: the command to type next, empty for who types none.
        desk: what the desk calls itself.
    """

    kind: str
    audience: Audience
    to: str
    ref: str
    summary: str
    desk: str
    priority: str = ""
    service: str = ""
    status: str = ""
    queue: str = ""
    assignee: str = ""
    target: str = ""
    percent: int = 0
    due: str = ""
    due_at: str = ""
    is_late: bool = False
    is_over: bool = False
    by: str = ""
    others: tuple[str, ...] = ()
    impact: str = ""
    roadblocks: tuple[str, ...] = ()
    next: str = ""


class Letter(Struct, frozen=True, kw_only=True):
    """A message put into words, ready to be sent.

    Args:
        id: the same for the same message, however often it is sent; like a mail's Message-ID.
        messages: what it was made of; several in a digest.
        trouble: why the desk's own template could not be used, if it could not.
        answers: the id of the mail that it belongs to, so that a mail program shows them together.
    """

    id: str
    subject: str
    body: str
    desk_address: str
    to: Addressee
    messages: tuple[Message, ...]
    trouble: str = ""
    answers: str = ""


def clean(text: str, *, markup: bool = False) -> str:
    """A text on one line, without what steers a terminal, and not without end.

    `markup`: also without what a chat takes for a link, code, or a call to somebody.
    """
    plain = one_line(text).translate(_HIDDEN)
    plain = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
    return plain.translate(_MARKUP) if markup else plain


def addressee(policy: Policy, person: str, ticket: Ticket | None = None) -> Addressee:
    """Who somebody is: known to the desk, or as they said when they asked."""
    found = known(policy, person)
    zone = policy.zone
    if found:
        contact = found.contact
        return Addressee(
            id=found.id,
            name=contact.name,
            mail=contact.mail,
            phone=contact.phone,
            zone=contact.zone or zone,
        )
    opening = ticket.opening if ticket else None
    is_caller = opening is not None and person == opening.requester
    return Addressee(
        id=person,
        name=person,
        mail=opening.mail if opening and is_caller else "",
        phone=opening.phone if opening and is_caller else "",
        zone=zone,
    )


def message_of(
    policy: Policy,
    owed: Owed,
    audience: Audience,
    people: Sequence[Addressee],
    now: int,
    *,
    markup: bool,
) -> Message:
    """What one alert has to say to these people; `now` is in seconds of UTC."""
    ticket, said = owed.ticket, owed.said
    facts: dict[str, Any] = {
        "kind": says(said),
        "audience": audience,
        "to": ", ".join(each.name for each in people),
        "ref": ticket.ref,
        "summary": ticket.summary,
        "desk": policy.intake.mail.name,
        "is_over": ticket.status in ("resolved", "closed"),
        **_clock(said, people[0].zone, now),
    }
    if audience != "caller":
        facts |= _inside(policy, ticket, said, people)
    return _cleaned(facts, markup=markup)


def _inside(
    policy: Policy, ticket: Ticket, said: SlaAlerted, people: Sequence[Addressee]
) -> dict[str, Any]:
    """What the desk knows and a caller is not told (R1b.1e)."""
    service = policy.service(ticket.service)
    queue = policy.teams.queues.get(ticket.queue)
    told = {entry.partition(" ")[2] for entry in said.routes} | set(said.recipients)
    others = sorted(told - {each.id for each in people})
    return {
        "priority": ticket.priority,
        "service": service.name if service else "a service that is not known yet",
        "status": ticket.status.replace("_", " "),
        "queue": queue.name if queue else ticket.queue,
        "assignee": _name(policy, ticket.assignee or ""),
        "others": tuple(_name(policy, each) for each in others),
        "impact": impact_sentence(ticket, policy),
        "roadblocks": roadblocks(ticket),
        "next": f"sdcli show {ticket.ref}",
    }


def _clock(said: SlaAlerted, zone: str, now: int) -> dict[str, Any]:
    due = int(said.due.timestamp())
    return {
        "target": said.target,
        "percent": said.threshold,
        "due": when(said.due, zone),
        "due_at": f"{said.due.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "is_late": now > due,
        "by": duration(abs(now - due)),
    }


def _name(policy: Policy, person: str) -> str:
    found = known(policy, person) if person else None
    return found.contact.name if found else person


def _cleaned(facts: dict[str, Any], *, markup: bool) -> Message:
    """A message of these facts, each text of it clean."""

    def each(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(clean(part, markup=markup) for part in value)
        return clean(value, markup=markup) if isinstance(value, str) else value

    return Message(**{name: each(value) for name, value in facts.items()})


def when(at: datetime, zone: str) -> str:
    """An instant as the reader's clock shows it, and in UTC."""
    there, utc = local(at, zone), at.astimezone(timezone.utc)
    shown = f"{there:%a %Y-%m-%d %H:%M} ({zone.replace('_', ' ')})"
    return shown if zone == "UTC" else f"{shown}, {utc:%a %H:%M} UTC"


def duration(seconds: int) -> str:
    """How long it is, in words, to the minute."""
    minutes = seconds // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (0 if days else rest, "min")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said) or "less than a minute"


def document(letter: Letter, kind: str) -> bytes:
    """A letter as the JSON that a command reads on its standard input."""
    told = {
        "message_id": letter.id,
        "kind": kind,
        "subject": letter.subject,
        "body": letter.body,
        "to": letter.to.facts(),
        "alerts": [msgspec.to_builtins(each) for each in letter.messages],
    }
    return msgspec.json.encode(told)
