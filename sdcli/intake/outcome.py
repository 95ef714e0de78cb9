"""What became of one item that arrived."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from sdcli.tickets.ticket import Ticket  # noqa: TC001 - msgspec reads the annotations

Action: TypeAlias = Literal[
    "created",
    "deduped",
    "correlated",
    "reopened",
    "resumed",
    "suppressed",
    "quarantined",
    "ignored",
    "spooled",
]

RULES: dict[str, str] = {
    "first-sighting": "no open ticket knows the alert, so it opens one",
    "same-alert": "an open ticket has the alert; it is counted there",
    "idempotency-key": "it was recorded already under its idempotency key",
    "fires-again": "it was over, and fires again on the ticket it had",
    "recovery": "monitoring says that it is over; the ticket stays open for a person",
    "recovery-of-one": "it is over; other alerts of the ticket go on",
    "recovery-known": "it was over already",
    "recovery-resolves": "it is over, and the desk's rule resolves the ticket",
    "recovery-unknown": "it is over, and no open ticket knows it; nothing is opened",
    "flapping": "it goes up and down too often to be believed; the ticket is held open",
    "flapping-over": "it has calmed down",
    "same-service": "the service has an open incident from just before; it is attached there",
    "planned-outage": "a planned outage expects it; it is counted there and opens nothing",
    "outage-over": "the planned outage has ended and it still fires, so it is raised",
    "limit-of-source": "its monitoring system has opened as many tickets as it may",
    "limit-of-alert": "it arrived as often within the hour as it may; it is counted only",
    "not-an-alert": "its format says that it is no alert, such as a test",
    "unreadable": "it could not be read; it is kept whole",
    "unrecognised": "no format recognises it; it opens a ticket with everything it holds",
    "same-message": "the mail was taken in already",
    "reply": "the mail answers a ticket; it is a contact there",
    "survey-answer": "the mail answers a survey; its scores are recorded, and nothing is opened",
    "automatic-mail": "a machine wrote the mail; it opens and reopens nothing",
    "new-mail": "the mail opens a ticket",
    "me-too": "the caller is counted on a known failure",
    "added": "the contact was added to a ticket",
    "request": "a request opens a ticket",
    "unreachable": "the ledger is out of reach; it is kept on this machine and taken in later",
    "delivered": "it waited for the ledger, and was recorded before",
}
"""Which rule decided what became of an item, and what it means."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The action, the ticket if there is one, which rule decided, and why in a sentence."""

    action: Action
    ticket: Ticket | None = None
    key: str = ""
    rule: str = ""
    reason: str = ""
    file: str = ""
