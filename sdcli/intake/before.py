"""What there is already before a request is opened: looked up, shown, and asked about.

The caller's open requests, requests of theirs that are alike, and bulletins of known failures
(R1a.1a, R1b.1a, R1a.1f). Looking is kept small: the newest tickets of the caller, and the few
tickets with a bulletin.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.tickets import keys
from sdcli.tickets.ticket import Ticket  # noqa: TC001 - msgspec reads the annotations
from sdcli.tickets.words import OPEN_STATUSES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sdcli.ledger.interface import Reader
    from sdcli.tickets.contact import Bulletin

MOST = 20
"""So many of the newest tickets of a caller are looked at."""

LOOK_BACK_DAYS = 31
"""Closed tickets that have not changed for longer are not looked for."""

_ALIKE = 0.5
_LONG = 3
_IDLE = frozenset(
    [
        "the",
        "and",
        "for",
        "not",
        "but",
        "with",
        "from",
        "that",
        "this",
        "are",
        "was",
        "has",
        "have",
        "had",
        "can",
        "cannot",
        "does",
        "did",
        "you",
        "your",
        "her",
        "his",
        "its",
        "our",
        "their",
        "they",
        "she",
        "him",
        "who",
        "what",
        "when",
        "where",
        "why",
        "how",
        "all",
        "any",
        "out",
        "off",
        "too",
        "please",
        "help",
        "again",
        "still",
        "since",
        "after",
        "before",
        "into",
        "onto",
        "about",
        "there",
    ]
)


class Alike(Struct, frozen=True):
    """An earlier request of the caller that may be the same, and why it is thought so."""

    ticket: Ticket
    why: str


class Before(Struct, frozen=True, kw_only=True):
    """What is there already for a `caller`; each the newest first."""

    caller: str = ""
    caller_open: tuple[Ticket, ...] = ()
    similar: tuple[Alike, ...] = ()
    bulletins: tuple[Ticket, ...] = ()

    @property
    def is_anything(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.caller_open or self.similar or self.bulletins)

    @property
    def earlier(self) -> tuple[Alike, ...]:
        """What is alike and not among the open requests."""
        return tuple(each for each in self.similar if each.ticket not in self.caller_open)

    def without(self, seen: Before) -> Before:
        """What is new in it to somebody who has seen another look."""
        known = {ticket.ref for ticket in (*seen.caller_open, *seen.bulletins)}
        known |= {each.ticket.ref for each in seen.similar}

        def is_new(ticket: Ticket) -> bool:
            return ticket.ref not in known

        return Before(
            caller=self.caller,
            caller_open=tuple(filter(is_new, self.caller_open)),
            similar=tuple(each for each in self.similar if is_new(each.ticket)),
            bulletins=tuple(filter(is_new, self.bulletins)),
        )


class Wanted(Struct, frozen=True, kw_only=True):
    """What is about to be opened: by whom and for whom, about what, where."""

    people: tuple[str, ...]
    summary: str
    service: str = UNKNOWN
    site: str = ""


def look(reader: Reader, wanted: Wanted, now: datetime) -> Before:
    """What is there already before this is opened; `now` is UTC."""
    known = _tickets_of(reader, wanted.people, now)
    announced = reader.having(keys.ANNOUNCED, now)
    return Before(
        caller=wanted.people[0],
        caller_open=tuple(ticket for ticket in known if ticket.status in OPEN_STATUSES),
        similar=tuple(alike(known, wanted.summary, wanted.service)),
        bulletins=tuple(
            ticket
            for ticket in announced
            if ticket.bulletin and concerns(ticket.bulletin, wanted.service, wanted.site)
        ),
    )


def _tickets_of(reader: Reader, people: Iterable[str], now: datetime) -> list[Ticket]:
    """The newest tickets of these people, each once."""
    since = now - timedelta(days=LOOK_BACK_DAYS)
    found: dict[str, Ticket] = {}
    for person in people:
        if person not in ("", UNKNOWN):
            newest = reader.having(keys.caller(person), since, MOST)
            found |= {ticket.ref: ticket for ticket in newest if _is_recent(ticket, since)}
    return list(found.values())


def _is_recent(ticket: Ticket, since: datetime) -> bool:
    return not ticket.is_closed or ticket.touched_at >= since


def alike(tickets: Iterable[Ticket], summary: str, service: str) -> list[Alike]:
    """Those of a caller's tickets that may be the same request, each with the reason."""
    wanted = words(summary)
    found = []
    for ticket in tickets:
        has = words(ticket.summary)
        shared = wanted & has
        if is_enough(len(shared), len(wanted), len(has)):
            found.append(Alike(ticket, f"alike in: {', '.join(sorted(shared))}"))
        elif service not in (UNKNOWN, "") and ticket.service == service:
            found.append(Alike(ticket, f"the same service, {service}"))
    return found


def is_enough(shared: int, one: int, other: int) -> bool:
    """Whether two texts with so many words may be about the same if they share so many."""
    fewest = min(one, other)
    return bool(fewest) and shared >= max(_ALIKE * fewest, min(2, fewest))


def words(text: str) -> set[str]:
    """The words of a text that say something, in one case."""
    return {
        word
        for word in re.findall(r"\w+", text.casefold())
        if (len(word) >= _LONG or not word.isascii()) and word not in _IDLE
    }


def concerns(bulletin: Bulletin, service: str, site: str) -> bool:
    """Whether a bulletin may be about a request; what is not known yet may be anything."""
    is_about = service in (UNKNOWN, "") or not bulletin.services or service in bulletin.services
    is_there = not (bulletin.site and site) or bulletin.site.casefold() == site.casefold()
    return is_about and is_there


def is_overdue(bulletin: Bulletin, now: datetime) -> bool:
    """Whether callers were promised news or an end that has not come (R1a.1f)."""
    return any(at is not None and at < now for at in (bulletin.next_update, bulletin.until))
