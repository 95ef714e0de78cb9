"""What management and the business want to know: what it does to the business, what is in the way.

Both are read from the ticket; nothing is guessed (R5b.3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sdcli.tickets.event import Noted, Waited
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

_ROADBLOCK = re.compile(r"\s*(?:roadblock|blocked)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_WAYS_ROUND = {
    "none": "there is no way round it",
    "hard": "there is a way round it, a hard one",
    "good": "there is a good way round it",
}


def impact_sentence(ticket: Ticket, policy: Policy) -> str:
    """What a ticket does to the business, in one sentence without codes.

    By what was said of it, else by the impact that was given; if nothing is known, it says so.
    """
    said = _said(ticket, policy)
    about = _about(ticket, policy)
    if said:
        return f"{about}: {', '.join(said)}."
    if ticket.impact == UNKNOWN:
        return f"{about}: what it does to the business has not been assessed yet."
    return f"{about}: the impact on the business is {ticket.impact}."


def _about(ticket: Ticket, policy: Policy) -> str:
    """The service as callers know it."""
    service = policy.service(ticket.service)
    return service.name if service else "A service that is not known yet"


def _said(ticket: Ticket, policy: Policy) -> list[str]:
    known, rules = ticket.assessment, policy.classification
    said = []
    if known.people is not None:
        one = known.people == 1
        said.append(f"{known.people} {'person' if one else 'people'} cannot work")
    if known.process:
        process = rules.processes.get(known.process)
        said.append(f"the process {process.name if process else known.process} stands still")
    if known.who:
        group = rules.groups.get(known.who)
        said.append(f"hindered are: {group.name if group else known.who}")
    if known.workaround in _WAYS_ROUND:
        said.append(_WAYS_ROUND[known.workaround])
    return said


def roadblocks(ticket: Ticket) -> tuple[str, ...]:
    """What is in the way: notes that begin with `roadblock:`, and what is waited for now."""
    return (*_noted(ticket), *_waited(ticket))


def _noted(ticket: Ticket) -> Iterator[str]:
    for event in ticket.events:
        found = _ROADBLOCK.fullmatch(event.text) if type(event) is Noted else None
        if found and found[1].strip():
            yield found[1].strip()


def _waited(ticket: Ticket) -> Iterator[str]:
    if ticket.waiting_for:
        *_, last = (each for each in ticket.events if type(each) is Waited)
        until = f" until {last.until:%Y-%m-%d %H:%M} UTC" if last.until else ""
        reason = f": {last.reason}" if last.reason else ""
        yield f"waits for {ticket.waiting_for}{until}{reason}"
