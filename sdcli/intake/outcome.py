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
]

Rule: TypeAlias = Literal[
    "",
    "first-sighting",
    "same-alert",
    "idempotency-key",
    "fires-again",
    "recovery",
    "recovery-of-one",
    "recovery-known",
    "recovery-resolves",
    "recovery-unknown",
    "flapping",
    "flapping-over",
    "same-service",
    "planned-outage",
    "outage-over",
    "limit-of-source",
    "limit-of-alert",
    "not-an-alert",
    "unreadable",
    "unrecognised",
    "same-message",
    "reply",
    "automatic-mail",
    "new-mail",
    "me-too",
    "added",
    "request",
]
"""Which rule decided; `docs/intake.md` says what each means."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The action, the ticket if there is one, which rule decided, and why in a sentence."""

    action: Action
    ticket: Ticket | None = None
    key: str = ""
    rule: Rule = ""
    reason: str = ""
    file: str = ""
