"""Items into the ledger, in one unit of work: look-up and create are one step (T17).

Alerts go by the rules in `alerts`; a request opens a ticket, unless it was recorded already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace

from sdcli.intake.caller import contact_of
from sdcli.intake.items import PORTAL, AlertItem, Ignored, MailItem, RequestItem, Unreadable
from sdcli.intake.outcome import Outcome
from sdcli.policy.model import CALLER_CLASSES
from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import Opened
from sdcli.tickets.relations import goes_on
from sdcli.tickets.words import LEVELS, MOST_PEOPLE, REQUEST_TYPES, UNKNOWN, WORKAROUNDS
from sdcli.triage.priority import Subject, by_rule, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sdcli.intake.alerts import AlertBook
    from sdcli.intake.items import Item
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Level

_W = TypeVar("_W", bound=str)

UNRECOGNISED = "unrecognised payloads"
"""What stands for the monitoring system of a payload that no format knows."""


class Recorder:
    """Records items in one unit of work.

    `quarantine` keeps an unreadable one and gives its file; `set_aside` keeps an ignored mail.
    """

    def __init__(
        self,
        writer: Writer,
        policy: Policy,
        stamp: Stamp,
        quarantine: Callable[[Unreadable], str],
        set_aside: Callable[[Unreadable], str] = lambda _: "",
    ) -> None:
        self._writer = writer
        self._policy = policy
        self._stamp = stamp
        self._quarantine = quarantine
        self._set_aside = set_aside
        self._book: AlertBook | None = None

    def catch_up(self) -> list[Outcome]:
        """Do to alerts what time has made due."""
        return self._alerts().catch_up()

    def _alerts(self) -> AlertBook:
        from sdcli.intake.alerts import AlertBook  # noqa: PLC0415 - only alerts pay for it

        if self._book is None:
            self._book = AlertBook(self._writer, self._policy, self._stamp)
        return self._book

    def _finish_alerts(self) -> None:
        """Append what the alerts gathered, so that what follows sees it."""
        if self._book is not None:
            self._book.finish()

    def record(self, items: Sequence[Item]) -> list[Outcome]:
        """What becomes of each item, with its ticket as it is after all of them."""
        outcomes = [self._one(item) for item in items]
        self._finish_alerts()
        last: dict[str, Ticket] = {}
        return [self._after_all(outcome, last) for outcome in outcomes]

    def _one(self, item: Item) -> Outcome:
        if isinstance(item, AlertItem):
            return self._alerts().record(item)
        if isinstance(item, Unreadable):
            file = self._quarantine(item)
            reason = item.reason
            return Outcome(action="quarantined", rule="unreadable", reason=reason, file=file)
        if isinstance(item, Ignored):
            return Outcome(action="ignored", rule="not-an-alert", reason=item.reason)
        self._finish_alerts()
        if isinstance(item, MailItem):
            from sdcli.intake.mails import record_mail  # noqa: PLC0415 - only mail pays for it

            told = record_mail(self._writer, self._policy, self._stamp, item, self._reported)
            if told.action != "ignored" or not item.raw:
                return told
            kept = self._set_aside(Unreadable(reason=told.reason, raw=item.raw))
            return replace(told, file=kept)
        return self._request(item)

    def _reported(self, item: AlertItem | Ignored) -> Outcome:
        """What becomes of what a mail reports; the ledger is as it leaves it."""
        outcome = self._one(item)
        self._finish_alerts()
        return outcome

    def _after_all(self, outcome: Outcome, last: dict[str, Ticket]) -> Outcome:
        """The outcome with its ticket as it is now; each ticket is looked up once."""
        if outcome.ticket is None:
            return outcome
        ref = outcome.ticket.ref
        if ref not in last:
            last[ref] = self._writer.get(ref)
        return replace(outcome, ticket=last[ref])

    def _request(self, item: RequestItem) -> Outcome:
        key = item.idempotency_key
        known = self._writer.by_idempotency_key(key) if key else None
        if known is not None:
            reason = "a request with this idempotency key was recorded already"
            return Outcome(
                action="deduped",
                ticket=goes_on(known, self._writer.get),
                key=key,
                rule="idempotency-key",
                reason=reason,
            )
        if item.unrecognised:
            return self._unrecognised(item)
        ticket = self._writer.create((opened_by_request(self._policy, self._stamp, item),))
        reason = _no_answers(ticket.opening.fields, item)
        return Outcome(action="created", ticket=ticket, key=key, rule="request", reason=reason)

    def _unrecognised(self, item: RequestItem) -> Outcome:
        """What no format knows goes by the rules of alerts: counted if it is the same, limited."""
        unknown = AlertItem(
            source=UNRECOGNISED,
            key=same_payload(item.payload),
            firing=True,
            summary=item.summary,
            labels=item.fields,
            payload=item.payload,
            missing=("status", "key"),
            idempotency_key=item.idempotency_key,
        )
        opened = opened_by_request(self._policy, self._stamp, item)
        return self._alerts().record_unknown(unknown, opened, item.unrecognised)


def same_payload(payload: Any) -> str:
    """The key of a payload that no format knows: the same for the same content, and no other."""
    from hashlib import sha256  # noqa: PLC0415 - few payloads pay for it

    canonical = msgspec.json.encode(payload, order="sorted")
    return f"unrecognised:-:#{sha256(canonical).hexdigest()[:16]}"


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
    impact: Level = _word(fields, "impact", item.impact, LEVELS)
    urgency: Level = _word(fields, "urgency", item.urgency, LEVELS)
    who = contact_of(policy, stamp, item)
    assessment = _assessment(fields, item, policy)
    weight = weigh(
        policy,
        Subject(
            type=type_,
            service=service,
            feature=feature,
            impact=None if impact == UNKNOWN else impact,
            urgency=None if urgency == UNKNOWN else urgency,
            unit=who.unit,
            assessment=assessment,
        ),
    )
    return Opened(
        *stamp.mark(),
        summary=item.summary,
        queue=item.queue or policy.teams.desk.queue,
        tier=policy.tier(item.queue or policy.teams.desk.queue),
        priority=weight.priority,
        policy=policy.levels_hash,
        channel=_channel(fields, item, policy),
        requester=who.id,
        on_behalf_of=who.on_behalf_of,
        phone=who.phone,
        mail=who.mail,
        caller_class=_word(fields, "caller_class", who.caller_class, CALLER_CLASSES),
        unit=who.unit,
        site=who.site,
        reasons={**who.reasons, **item.reasons},
        previous=item.previous,
        type=type_,
        service=service,
        feature=feature,
        impact=weight.impact,
        urgency=weight.urgency,
        details=item.details,
        fields=fields,
        minutes=item.minutes,
        idempotency_key=item.idempotency_key,
        payload=item.payload,
        request=item.request if item.request.told() else None,
        walk=item.walk,
        procedure=item.procedure,
        agreement=item.agreement,
        state=item.state,
        read=item.read,
        assessment=assessment if assessment.told() else None,
        wish=item.wish,
        grounds=by_rule(weight),
    )


def _assessment(fields: dict[str, str], item: RequestItem, policy: Policy) -> Assessment:
    """What a request says of its impact on the business (R2c.2d); other words go to `fields`."""
    rules = policy.classification
    given = item.people.strip()
    people = int(given) if given.isascii() and given.isdigit() and len(given) <= _DIGITS else 0
    people = people if people <= MOST_PEOPLE else 0
    if given and not people:
        fields["people"] = item.people
    return Assessment(
        people=people or None,
        process=_answer(fields, "process", item.process, rules.processes),
        who=_answer(fields, "who", item.who, rules.groups),
        workaround=_answer(fields, "workaround", item.workaround, WORKAROUNDS),
    )


def _no_answers(fields: Mapping[str, str], item: RequestItem) -> str:
    """What was given as an answer and is none: it was kept as a field, and does not count."""
    names = ("people", "process", "who", "workaround")
    kept = [name for name in names if name in fields and name not in item.fields]
    if not kept:
        return ""
    told = " and ".join(f"{name} {_cut(fields[name])!r}" for name in kept)
    return (
        f"{told} is kept as a field and does not count"
        if len(kept) == 1
        else (f"{told} are kept as fields and do not count")
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


_MOST_SHOWN = 40
_DIGITS = 9
"""More than that is not read as a number at all."""


def _answer(fields: dict[str, str], name: str, given: str, known: Iterable[str]) -> str:
    """As `_word`, and nothing where nothing is known."""
    chosen = _word(fields, name, given, (*known, UNKNOWN))
    return "" if chosen == UNKNOWN and given.strip().casefold() != UNKNOWN else chosen


def _channel(fields: dict[str, str], item: RequestItem, policy: Policy) -> str:
    """How a request came in; what only a form has came by the portal, whatever it calls that."""
    known = policy.vocabulary.channel
    chosen = _word(fields, "channel", item.channel, known)
    is_form = bool(item.state or item.read or item.walk or item.fields.get("form"))
    return PORTAL if chosen == UNKNOWN and is_form and PORTAL in known else chosen


def _word(fields: dict[str, str], name: str, given: str, known: Iterable[_W]) -> _W:
    """The word of a list that was given, else `unknown`, with what was given kept in `fields`."""
    words = {str(word): word for word in known}
    chosen = given.strip().casefold()
    if chosen in words:
        return words[chosen]
    if chosen:
        fields[name] = given
    return words[UNKNOWN]
