"""A contact that opens nothing: it is added to a request that is there, or counted on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from sdcli.intake.caller import contact_of
from sdcli.intake.outcome import Outcome
from sdcli.tickets import steps
from sdcli.tickets.event import Contacted
from sdcli.tickets.relations import goes_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sdcli.intake.items import RequestItem
    from sdcli.intake.outcome import Action
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

_AGAIN = timedelta(hours=1)
"""The same words of the same caller within this time are one contact, later ones another."""


class Joiner:
    """Adds contacts to tickets that are there, in one unit of work."""

    def __init__(self, writer: Writer, policy: Policy, stamp: Stamp) -> None:
        self._writer = writer
        self._policy = policy
        self._stamp = stamp

    def join(self, item: RequestItem, ref: str, *, me_too: bool) -> Outcome:
        """Count the caller on the ticket `ref` (R1a.1f), or add the contact to it (R1a.1a).

        If it was merged, it is where it goes on that hears of it (T24).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is closed.
        """
        key = item.idempotency_key
        known = self._writer.by_idempotency_key(key) if key else None
        if known is not None:
            reason = "a contact with this idempotency key was recorded already"
            known = goes_on(known, self._writer.get)
            return _outcome("deduped", known, key, "idempotency-key", reason)
        ticket = goes_on(self._writer.get(ref), self._writer.get)
        return self._count(ticket, item) if me_too else self._add(ticket, item)

    def _add(self, ticket: Ticket, item: RequestItem) -> Outcome:
        contact = contact_of(self._policy, self._stamp, item).id
        text = said(item, ticket.opening.phone, ticket.opening.mail)
        events = self._heard(ticket, item, contact, text)
        if any(self._is_again(event, events[0]) for event in ticket.events):
            reason = f"{contact} has just said the same"
            return _outcome("deduped", ticket, item.idempotency_key, "added", reason)
        after = self._writer.append(ticket, events)
        reason = "added to the request that was there"
        return _outcome("correlated", after, item.idempotency_key, "added", reason)

    def _heard(
        self, ticket: Ticket, item: RequestItem, contact: str, text: str
    ) -> tuple[AnyEvent, ...]:
        return steps.hear(
            ticket,
            self._stamp,
            text=text,
            channel=item.channel,
            contact=contact,
            minutes=item.minutes,
            idempotency_key=item.idempotency_key,
        )

    @staticmethod
    def _is_again(event: AnyEvent, now: AnyEvent) -> bool:
        """Whether the same was said a moment ago, such as by a command that was typed twice."""
        return (
            isinstance(event, Contacted)
            and isinstance(now, Contacted)
            and now.at - event.at < _AGAIN
            and (event.contact, event.text, event.minutes) == (now.contact, now.text, now.minutes)
        )

    def _count(self, ticket: Ticket, item: RequestItem) -> Outcome:
        caller = contact_of(self._policy, self._stamp, item)
        who, key = caller.on_behalf_of or caller.id, item.idempotency_key
        events = steps.count_in(
            ticket,
            self._stamp,
            contact=who,
            phone=caller.phone,
            mail=caller.mail,
            note=said(item, caller.phone, caller.mail),
            minutes=item.minutes,
            idempotency_key=key,
        )
        if not events:
            reason = f"{who} is counted here already"
            if item.minutes:  # work is booked, whoever was counted before
                text = said(item, caller.phone, caller.mail)
                ticket = self._writer.append(ticket, self._heard(ticket, item, who, text))
                reason = f"{reason}; {item.minutes} min are booked"
            return _outcome("deduped", ticket, key, "me-too", reason)
        after = self._writer.append(ticket, events)
        reason = f"{who} has the same: {after.me_too + 1} callers by now"
        return _outcome("correlated", after, key, "me-too", reason)


def _outcome(action: Action, ticket: Ticket, key: str, rule: str, reason: str) -> Outcome:
    return Outcome(action=action, ticket=ticket, key=key, rule=rule, reason=reason)


def said(item: RequestItem, phone: str, mail: str) -> str:
    """Everything a contact said, as text: what has no field of its own there is not lost.

    `phone` and `mail` are known there already.
    """
    facts = [
        ("for", item.on_behalf_of),
        ("phone", "" if item.phone == phone else item.phone),
        ("mail", "" if item.mail == mail else item.mail),
        *((name, getattr(item, name)) for name in _TOLD),
        *asdict(item.request).items(),
        *item.state.items(),
        *item.fields.items(),
    ]
    facts += _answered(item, {name for name, value in facts if value})
    told = dict.fromkeys(f"{name.replace('_', ' ')}: {value}" for name, value in facts if value)
    return "\n\n".join(filter(None, (item.summary, item.details, "\n".join(told))))


def _answered(item: RequestItem, told: Collection[str]) -> Iterator[tuple[str, str]]:
    """The answers of a walk that has been taken, by question.

    A question that was skipped says nothing where something else is `told` under its name.
    """
    for each in item.walk.answers if item.walk else ():
        if each.answer:
            yield each.question, each.answer
        elif each.question not in told:
            yield each.question, f"skipped: {each.skipped}"


_TOLD = (
    *("type", "service", "feature", "impact", "urgency", "caller_class", "unit", "site"),
    *("no_contact", "people", "process", "who", "workaround", "wish"),
)
