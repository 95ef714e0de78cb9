"""Items into the ledger: each becomes a new ticket, or is counted on the one that is there.

Look-up and create happen in one unit of work, so the same alert from two senders at once opens
one ticket (T17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from msgspec import Struct

from sdcli.intake.caller import contact_of
from sdcli.intake.items import AlertItem, RequestItem, Unreadable
from sdcli.policy.model import CALLER_CLASSES
from sdcli.tickets import steps
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.ticket import Ticket  # noqa: TC001 - msgspec reads the annotations
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN
from sdcli.triage.priority import derive, presets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.intake.items import Item
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Policy
    from sdcli.tickets.words import Level

_W = TypeVar("_W", bound=str)

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


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one item: the action, the ticket if there is one, and why."""

    action: Action
    ticket: Ticket | None = None
    key: str = ""
    reason: str = ""
    file: str = ""


class Recorder:
    """Records items in one unit of work. `quarantine` keeps an unreadable one, gives its file."""

    def __init__(
        self,
        writer: Writer,
        policy: Policy,
        stamp: Stamp,
        quarantine: Callable[[Unreadable], str],
    ) -> None:
        self._writer = writer
        self._policy = policy
        self._stamp = stamp
        self._quarantine = quarantine

    def record(self, item: Item) -> Outcome:
        """What becomes of one item."""
        if isinstance(item, Unreadable):
            file = self._quarantine(item)
            return Outcome(action="quarantined", reason=item.reason, file=file)
        return self._alert(item) if isinstance(item, AlertItem) else self._request(item)

    def _alert(self, item: AlertItem) -> Outcome:
        known = self._writer.by_key(item.key)
        if known is None:
            return self._first(item)
        if not item.firing:
            return self._recovery(known, item)
        ticket = self._writer.append(known, steps.repeat(known, self._stamp, key=item.key))
        if known.status == "resolved":
            reason = "the alert fires again after its ticket was resolved"
            return Outcome(action="reopened", ticket=ticket, key=item.key, reason=reason)
        reason = f"the same alert, seen {ticket.alert_count} times by now"
        return Outcome(action="deduped", ticket=ticket, key=item.key, reason=reason)

    def _first(self, item: AlertItem) -> Outcome:
        if not item.firing:
            reason = "a recovery of an alert that no open ticket knows"
            return Outcome(action="ignored", key=item.key, reason=reason)
        ticket = self._writer.create((opened_by_alert(self._policy, self._stamp, item),))
        return Outcome(action="created", ticket=ticket, key=item.key)

    def _recovery(self, known: Ticket, item: AlertItem) -> Outcome:
        if known.service_restored_at is not None:
            reason = "the recovery had been noted already"
            return Outcome(action="deduped", ticket=known, key=item.key, reason=reason)
        ticket = self._writer.append(known, steps.recover(known, self._stamp, key=item.key))
        reason = "monitoring reports the service restored; the ticket stays open until resolved"
        return Outcome(action="resumed", ticket=ticket, key=item.key, reason=reason)

    def _request(self, item: RequestItem) -> Outcome:
        key = item.idempotency_key
        known = self._writer.by_idempotency_key(key) if key else None
        if known is not None:
            reason = "a request with this idempotency key was recorded already"
            return Outcome(action="deduped", ticket=known, key=key, reason=reason)
        ticket = self._writer.create((opened_by_request(self._policy, self._stamp, item),))
        return Outcome(action="created", ticket=ticket, key=key)


def opened_by_alert(policy: Policy, stamp: Stamp, item: AlertItem) -> Opened:
    """The opening event of an alert: classified by rules, each with its reason (R1a.2c).

    Its contact is the owner of the service (R1a.2).
    """
    from sdcli.triage.suggest import Known, suggest  # noqa: PLC0415 - only alerts pay for it

    text = " ".join((item.summary, *item.labels.values()))
    named = item.labels.get("service", "")
    known = Known(service=named if policy.service(named) else UNKNOWN, is_alert=True)
    found = suggest(policy, text, known)
    service, feature = found["service"].value, found["feature"].value
    impact = presets(policy, "incident", service, feature).impact
    owner = policy.service(service)
    return Opened(
        *stamp.mark(),
        summary=item.summary,
        queue=policy.teams.desk.queue,
        priority=derive(policy, impact, item.urgency).priority,
        channel="monitoring",
        requester=owner.owner if owner else UNKNOWN,
        type="incident",
        service=service,
        feature=feature,
        impact=impact,
        urgency=item.urgency,
        reasons={
            "type": found["type"].reason,
            "service": "the label service" if service == named else found["service"].reason,
            "urgency": f"the alert's severity {item.severity or 'is missing'}",
        },
        details=item.details,
        fields=item.labels,
        key=item.key,
        source=item.source,
        payload=item.payload,
    )


def opened_by_request(policy: Policy, stamp: Stamp, item: RequestItem) -> Opened:
    """The opening event of a request given as fields.

    A word that the desk's lists do not hold is not lost: the field is unknown, and the word is
    kept among the fields.
    """
    fields = dict(item.fields)
    type_ = _word(fields, "type", item.type, REQUEST_TYPES)
    service = _word(fields, "service", item.service, (*policy.catalog.services, UNKNOWN))
    found = policy.service(service)
    feature = _word(fields, "feature", item.feature, (*(found.features if found else ()), UNKNOWN))
    preset = presets(policy, type_, service, feature)
    impact: Level = _word(fields, "impact", item.impact, LEVELS)
    urgency: Level = _word(fields, "urgency", item.urgency, LEVELS)
    impact, urgency = _else(impact, preset.impact), _else(urgency, preset.urgency)
    who = contact_of(policy, stamp, item)
    return Opened(
        *stamp.mark(),
        summary=item.summary,
        queue=policy.teams.desk.queue,
        priority=derive(policy, impact, urgency).priority,
        channel=_word(fields, "channel", item.channel, policy.vocabulary.channel),
        requester=who.id,
        on_behalf_of=who.on_behalf_of,
        phone=who.phone,
        mail=who.mail,
        caller_class=_word(fields, "caller_class", who.caller_class, CALLER_CLASSES),
        unit=who.unit,
        site=who.site,
        reasons=who.reasons,
        previous=item.previous,
        type=type_,
        service=service,
        feature=feature,
        impact=impact,
        urgency=urgency,
        details=item.details,
        fields=fields,
        minutes=item.minutes,
        idempotency_key=item.idempotency_key,
        payload=item.payload,
    )


def _word(fields: dict[str, str], name: str, given: str, known: Iterable[_W]) -> _W:
    """The word of a list that was given, else `unknown`, with what was given kept in `fields`."""
    words = {str(word): word for word in known}
    chosen = given.strip().casefold()
    if chosen in words:
        return words[chosen]
    if chosen:
        fields[name] = given
    return words[UNKNOWN]


def _else(level: Level, preset: Level) -> Level:
    return preset if level == UNKNOWN else level
