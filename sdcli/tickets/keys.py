"""What a ticket can be found by besides its number: its alerts, what sent it, where it came from.

A key is a text. Every home of the ledger keeps an index from keys to tickets; what a ticket can
be found by changes only with its events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.tickets.event import Opened
    from sdcli.tickets.ticket import Ticket

HELD = "held alerts"
"""Tickets with an alert that flaps."""

PENDING = "pending alerts"
"""Planned outages with alerts that have not been raised."""

ANNOUNCED = "announced"
"""Tickets whose bulletin stands."""


UNSUPPORTED = "unsupported"
"""Tickets about something that the catalog does not hold, closed ones too (R2b.2b)."""


CHANGES = "changes"
"""Tickets with a request for change, closed ones too (R3c3.3)."""


NEWS = "news"
"""Tickets on which somebody answered, closed ones too, and nobody has done anything since."""


REVIEWED = "reviewed"
"""Tickets of which somebody said how well they were dealt with, closed ones too (R5a.1)."""


UNDELIVERED = "undelivered"
"""Tickets with an alert that somebody has not been brought yet, closed ones too (R5b.2)."""


GIVEN_UP = "given up"
"""Tickets with an alert that could not be brought to somebody, until they are closed (R5b.2)."""


def alert(key: str) -> str:
    """The key of an alert; only tickets that are not closed are found by it."""
    return f"alert {key}"


def seen(key: str) -> str:
    """The key of an alert; closed tickets are found by it too."""
    return f"seen {key}"


def absorbed(key: str) -> str:
    """The key of an alert of a ticket that was merged; where it goes on is found by it (T24)."""
    return f"absorbed {key}"


NOTICES = "notices"
"""Tickets whose changed classification somebody has not seen yet, closed ones too (R3d1.5a)."""


def problem(key: str) -> str:
    """The key that makes it harmless to open a problem again; requests have keys of their own."""
    return f"problem {key}"


def idempotency(key: str) -> str:
    """The key that makes a repeated request harmless."""
    return f"idempotency {key}"


def source(key: str) -> str:
    """The key of a ticket's place in the system it was imported from."""
    return f"source {key}"


def message(message_id: str) -> str:
    """The id of a mail that was taken in or sent (T22)."""
    return f"message {message_id}"


def topic(service: str, environment: str) -> str:
    """Open tickets that monitoring opened about a service (R1a.2b)."""
    return f"topic {environment} {service}"


def arrived(monitor: str, at: datetime) -> str:
    """What one monitoring system opened in one hour: what a limit counts."""
    return f"arrived {at:%Y-%m-%dT%H} {monitor}"


def storm(monitor: str) -> str:
    """The ticket that counts what a limit keeps a monitoring system from opening."""
    return f"storm {monitor}"


def outage(name: str) -> str:
    """The record of a planned outage."""
    return f"outage {name}"


def reviewed(at: datetime) -> str:
    """Tickets that were reviewed in that month of UTC: that they were is no change of them."""
    return f"{REVIEWED} {at:%Y-%m}"


def surveyed(person: str) -> str:
    """Tickets whose caller was asked how it was (R5a.2)."""
    return f"surveyed {person.casefold()}"


def survey(token_hash: str) -> str:
    """The survey that a token belongs to: what shows it is about its ticket (R5a.2)."""
    return f"survey {token_hash}"


def notice(person: str) -> str:
    """The tickets whose changed classification somebody has not seen yet (R3d1.5a)."""
    return f"notice {person}"


def caller(person: str) -> str:
    """What somebody asked for, or what was asked for on their behalf (R1a.1a)."""
    return f"caller {person.casefold()}"


def of_opening(event: Opened) -> tuple[str, ...]:
    """What a ticket can be found by from its beginning, for good."""
    facts, mail = event.alert, event.message
    # Openings without a class are from before there were classes, or no person's request.
    people = (event.requester, event.on_behalf_of) if event.caller_class else ()
    return (
        *dict.fromkeys(caller(person) for person in people if person not in ("", UNKNOWN)),
        *((arrived(facts.source, event.at),) if facts and not event.outage else ()),
        *((message(mail.id),) if mail and mail.id else ()),
        *((outage(event.outage),) if event.outage else ()),
        *((storm(event.source),) if event.rule == "limit-of-source" else ()),
    )


def keys_of(ticket: Ticket) -> tuple[str, ...]:
    """Every key that a ticket has now; a void one has but that by which it came here."""
    if ticket.void:
        return (source(ticket.source),) if ticket.source else ()
    return (
        *([alert(ticket.key)] if ticket.key and not ticket.is_closed else ()),
        *([_of_repeats(ticket)] if ticket.idempotency_key else ()),
        *([source(ticket.source)] if ticket.source else ()),
        *ticket.marks,
        *(_of_alerts(ticket) if ticket.opening.alert else ()),
        *(() if ticket.is_closed else map(alert, ticket.joined)),
        *([HELD] if ticket.held and not ticket.is_closed else ()),
        *([PENDING] if ticket.pending else ()),
        *([ANNOUNCED] if ticket.bulletin else ()),
        *([NEWS] if ticket.news else ()),
        *([CHANGES] if ticket.change_status else ()),
        *([UNSUPPORTED] if ticket.support else ()),
        *([NOTICES] if ticket.notices else ()),
        *map(notice, ticket.notices),
        *([UNDELIVERED] if ticket.undelivered else ()),
        *([GIVEN_UP] if ticket.given_up and not ticket.is_closed else ()),
    )


def _of_repeats(ticket: Ticket) -> str:
    of = problem if ticket.is_problem else idempotency
    return of(ticket.idempotency_key)


def _of_alerts(ticket: Ticket) -> tuple[str, ...]:
    facts = ticket.opening.alert
    environment = facts.environment if facts else ""
    about = ticket.service != UNKNOWN and not ticket.is_closed
    return (
        *([topic(ticket.service, environment)] if about else ()),
        *([seen(ticket.key)] if ticket.key else ()),
        *map(seen, ticket.joined),
    )
