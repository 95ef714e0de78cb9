"""A draft of an article from a ticket: what was tried becomes the steps (R6.3).

Nothing that tells who called gets into a draft. The fields of the caller are left out, and where a
text holds a mail address, a phone number or a name of theirs, a word in brackets stands instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from sdcli.knowledge.articles import Area
from sdcli.policy.address import is_address
from sdcli.policy.people import known
from sdcli.policy.phone import digits, ending, is_number
from sdcli.tickets.event import Closed, Contacted, Noted, Resolved
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

CALLER, MAIL, NUMBER = "[caller]", "[mail address]", "[phone number]"
_ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"(?<![\w.])[+(]{0,2}\d[\d ()./\u00a0\u2010-\u2013-]{4,28}\d(?![\w])")
_DATED = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}|(?:\d{1,3}\.){3}\d{1,3}")
_SHORTEST_NAME = 3
_LEAST_DIGITS = 7


def of_ticket(ticket: Ticket, policy: Policy) -> dict[str, Any]:
    """The fields of the template that a ticket can fill; the others are not there."""
    clean = scrubber(ticket, policy)
    details = ticket.request
    said = (
        details.failed,
        f"Expected: {details.expected}" if details.expected else "",
        details.evidence,
        details.steps and f"To bring it about: {details.steps}",
    )
    symptoms = [clean(each) for each in said if each.strip()]
    service = policy.service(ticket.service)
    found: dict[str, Any] = {
        "title": " ".join(clean(ticket.summary).split()),
        "type": "" if ticket.type == UNKNOWN else ticket.type,
        "services": (ticket.service,) if service else (),
        "area": service.area if service and service.area in get_args(Area) else "",
        "owner": service.queue if service else ticket.queue,
        "symptoms": tuple(dict.fromkeys(symptoms))
        or (clean(ticket.opening.details or ticket.summary),),
        "steps": tuple(clean(each) for each in _done(ticket)),
        "verification": clean(details.success),
    }
    return {name: value for name, value in found.items() if value}


def _done(ticket: Ticket) -> Iterator[str]:
    """What was noted and how it was solved, in order; each text once."""
    texts = (
        event.text if isinstance(event, Noted) else event.note
        for event in ticket.events
        if isinstance(event, Noted | Resolved | Closed)
    )
    return iter(dict.fromkeys(text.strip() for text in texts if text.strip()))


def scrubber(ticket: Ticket, policy: Policy) -> Callable[[str], str]:
    """What takes every trace of a ticket's caller out of a text."""
    names, numbers = _traces(ticket, policy)
    endings = {ending(each) for each in numbers}
    ordered = sorted(names, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, each.split())) for each in ordered)
    name = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None

    def number(match: re.Match[str]) -> str:
        text = match[0]
        if _DATED.match(text):
            return text
        found = digits(text)
        is_long = len(found) >= _LEAST_DIGITS and text[0] in "+(0"
        is_theirs = any(found.endswith(each) for each in endings)
        return NUMBER if is_long or is_theirs else text

    def clean(text: str) -> str:
        text = _ADDRESS.sub(MAIL, text)
        text = _DIGITS.sub(number, text)
        return name.sub(CALLER, text) if name else text

    return clean


def _traces(ticket: Ticket, policy: Policy) -> tuple[set[str], set[str]]:
    """The names and the numbers of those who called about a ticket."""
    opening = ticket.opening
    given = {ticket.requester, opening.requester, opening.on_behalf_of, opening.phone, opening.mail}
    given |= {each for event in ticket.events for each in _named_in(event)}
    names, numbers = set(), set()
    for each in given - {"", UNKNOWN}:
        person = known(policy, each)
        contact = person.contact if person else None
        if person and contact:
            names |= {person.id, contact.name, *contact.name.split()}
        if is_number(each):
            numbers.add(each)
        elif not is_address(each):
            names |= {each, *(part for part in each.split() if part[:1].isupper())}
        if contact and contact.phone:
            numbers.add(contact.phone)
    long = {each.strip(",.;") for each in names if len(each.strip(",.;")) >= _SHORTEST_NAME}
    return long, {each for each in numbers if len(digits(each)) >= _LEAST_DIGITS - 1}


def _named_in(event: object) -> tuple[str, ...]:
    if isinstance(event, Contacted):
        sender = event.message.sender_name if event.message else ""
        return (event.contact, sender)
    if isinstance(event, Closed):
        return (event.confirmed_by,)
    message = getattr(event, "message", None)
    return (message.sender_name,) if message else ()
