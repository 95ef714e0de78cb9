"""Mails into the ledger: what one is about, and what becomes of it, in one unit of work.

The same mail twice changes nothing (T22). An answer is a contact on its ticket and never more:
what is done about it is a person's decision (T23). A machine that answers opens no ticket (T21); one
that reports something, as cron does, opens one that is never answered, and so does a mail of ours
that did not arrive.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.errors import NoSuchTicketError
from sdcli.intake.items import Ignored, summarised
from sdcli.intake.outcome import Outcome
from sdcli.intake.read_articles import articles_read
from sdcli.intake.replies import is_passed_on, is_thanks, with_signature
from sdcli.intake.signs import is_own, is_report, own_addresses, sign_of
from sdcli.policy.people import is_same
from sdcli.tickets import keys
from sdcli.tickets.contact import MailFacts
from sdcli.tickets.event import Contacted, Opened, SurveyAnswered, SurveySent
from sdcli.tickets.relations import goes_on
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.priority import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.intake.items import AlertItem, MailItem
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Contact, Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

_TAG = re.compile(r"\[SD-0*([1-9][0-9]{0,14})\]", re.IGNORECASE)
_OF_A_DESK = re.compile(r"SD-\d+\..*@([^@]+)\Z", re.IGNORECASE | re.DOTALL)
_FROM_MAIL_SYSTEMS = ("the sender", "an empty", "the subject of a returned mail")
_OVER = timedelta(days=30)
"""An answer to a ticket that has been closed for longer is a new request."""
_MOST_TAGS = 20
_FATES = {
    "failed": "did not arrive",
    "delayed": "is delayed",
    "delivered": "was delivered",
    "read": "was read",
    "deleted": "was deleted",
}
"""What a report says of a mail, in words."""


def record_mail(
    writer: Writer,
    policy: Policy,
    stamp: Stamp,
    item: MailItem,
    report: Callable[[AlertItem | Ignored], Outcome],
) -> Outcome:
    """What becomes of a mail.

    Args:
        writer: the ledger, locked.
        policy: the desk's files.
        stamp: who records it, and when.
        item: the mail, its files saved.
        report: records what a monitoring system says in it.
    """
    return _Mail(writer, policy, stamp, item, report).record()


class _Mail:
    """One mail on its way into the ledger."""

    def __init__(
        self,
        writer: Writer,
        policy: Policy,
        stamp: Stamp,
        item: MailItem,
        report: Callable[[AlertItem | Ignored], Outcome],
    ) -> None:
        self._writer = writer
        self._policy = policy
        self._stamp = stamp
        self._item = item
        self._report = report
        self._digest = _digest(item)
        self._sign = sign_of(item, policy.intake.mail)
        self._said = with_signature(item.body, item.signature)
        self._for = ""  # the ticket that it is for, if that was merged

    def record(self) -> Outcome:
        """What becomes of it."""
        item = self._item
        own = is_own(item, self._policy.intake.mail)
        if own and not item.insisted:
            return _ignored(f"a mail of the desk itself ({own})")
        same_id = list(self._writer.having(keys.message(item.id)))
        known = next((ticket for ticket in same_id if self._is_in(ticket)), None)
        if known is not None:
            reason = "this mail was taken in already"
            known = goes_on(known, self._writer.get)
            return Outcome(action="deduped", ticket=known, rule="same-message", reason=reason)
        outcome = self._new()
        if not same_id or outcome.ticket is None:
            return outcome
        twin = f"another mail with the id of one on {same_id[0].ref}"
        return replace(outcome, reason="; ".join(filter(None, (twin, outcome.reason))))

    def _is_in(self, ticket: Ticket) -> bool:
        """Whether a ticket that knows the id knows this mail: some programs use an id twice."""
        mails = (getattr(event, "message", None) for event in ticket.standing)
        return any(
            mail.id == self._item.id and mail.digest in ("", self._digest) for mail in mails if mail
        )

    def _new(self) -> Outcome:
        """What becomes of a mail that was not there before."""
        item, meant = self._item, self._ticket()
        found = goes_on(meant, self._writer.get) if meant else None
        self._for = meant.ref if meant and meant is not found else ""
        told = item.alerts[:1] if found is None else ()
        if told and not (item.insisted and isinstance(told[0], Ignored)):
            return self._reported(told[0])
        if self._sign:
            return self._from_machine(found)
        if found is None:
            return self._opened("", "")
        return (None if self._for else self._scored(found)) or self._answered(found)

    def _reported(self, item: AlertItem | Ignored) -> Outcome:
        """The alert is recorded; its ticket knows the mail from now on."""
        outcome = self._report(item)
        if outcome.ticket is None:
            return outcome
        rule = "the mail that brought the alert"
        known = self._writer.get(outcome.ticket.ref)
        return replace(outcome, ticket=self._heard(known, rule, text=self._item.subject))

    def _from_machine(self, found: Ticket | None) -> Outcome:
        item, rules = self._item, self._policy.intake.mail
        fate = _FATES.get(item.fate or ("failed" if item.returned else ""), "")
        if found is not None:
            rule = f"{f'a mail {fate}' if fate else 'written by a machine'}: {self._sign}"
            ticket = self._heard(found, rule)
            return Outcome(action="correlated", ticket=ticket, rule="automatic-mail", reason=rule)
        ours = own_addresses(rules)
        is_lost = item.fate in ("", "failed", "delayed")
        if is_lost and any(address.casefold() in ours for address in item.returned_from):
            return self._opened("", f"a mail of the desk {fate}, and no ticket knows it")
        if item.insisted or is_report(item, rules):
            return self._opened("", f"written by a machine ({self._sign}): it is never answered")
        return _ignored(f"written by a machine: {self._sign}")

    def _scored(self, found: Ticket) -> Outcome | None:
        """What becomes of an answer to a survey with a score in it (R5a.2); None of any other mail.

        It says so by what it answers, or by the survey's token; and it is from whom was asked.
        """
        if not any(isinstance(event, SurveySent) for event in found.standing):
            return None
        from sdcli.intake.survey_reply import answered, read_answers  # noqa: PLC0415 - few tickets

        item = self._item
        sent = answered(found, item.references[:1], f"{item.subject}\n{item.text}")
        if sent is None or not self._is_from(sent):
            return None
        said = read_answers(item.body, sent.questions)
        if not said.scores:
            return None
        event = SurveyAnswered(
            *self._stamp.mark(),
            survey=sent.survey,
            scores=said.scores,
            remark=said.remark,
            via="mail",
            message=self._facts(),
            attachments=item.attachments,
            news=bool(said.remark) and not is_thanks(said.remark),
        )
        ticket = self._writer.append(found, (event,))
        reason = "an answer to the survey" + (", with a remark to read" if event.news else "")
        return Outcome(action="correlated", ticket=ticket, rule="survey-answer", reason=reason)

    def _is_from(self, sent: SurveySent) -> bool:
        """Whether the mail is from whom was asked: that address, or another of the same person.

        Of several senders nobody knows who answered.
        """
        sender = self._item.sender
        return (
            bool(sender)
            and len(self._item.senders) <= 1
            and (
                sender.casefold() == sent.address.casefold()
                or is_same(self._policy, sender, sent.to)
            )
        )

    def _answered(self, found: Ticket) -> Outcome:
        closed = found.closed_at
        thanks = is_thanks(self._item.body)
        if closed is not None and self._stamp.at - closed > _OVER and not thanks:
            days = (self._stamp.at - closed).days
            return self._opened(found.ref, f"{found.ref} has been closed for {days} days")
        rule, hint = _about(found, thanks=thanks)
        ticket = self._heard(found, rule, news=not thanks)
        return Outcome(action="correlated", ticket=ticket, rule="reply", reason=hint or rule)

    def _ticket(self) -> Ticket | None:
        """The ticket it is about: what it answers; else a survey's token, or our tag, in subject or text.

        Another desk may write tags like ours. Its ids tell.
        """
        item = self._item
        for each in (*item.references, *item.returned):
            known = next(self._writer.having(keys.message(each)), None)
            if known is not None:
                return known
        if (surveyed := self._surveyed()) is not None:
            return surveyed
        if any(map(self._is_of_another_desk, item.references)):
            return None
        for number in dict.fromkeys(self._tags()):
            try:
                found = self._writer.get(f"SD-{number}")
            except NoSuchTicketError:
                continue
            if not found.is_problem:  # nobody was ever written to about one
                return found
        return None

    def _surveyed(self) -> Ticket | None:
        """The ticket whose survey's token the mail shows (R5a.2)."""
        from sdcli.intake.survey_reply import hashes_in  # noqa: PLC0415 - few mails answer nothing

        shown = hashes_in(f"{self._item.subject}\n{self._item.text}")
        found = (next(self._writer.having(keys.survey(each)), None) for each in shown)
        return next(filter(None, found), None)

    def _is_of_another_desk(self, message_id: str) -> bool:
        found = _OF_A_DESK.match(message_id)
        ours = {each.rpartition("@")[2] for each in own_addresses(self._policy.intake.mail)}
        return bool(found and found[1].casefold() not in ours)

    def _tags(self) -> Iterator[str]:
        """The numbers in the subject; in the text, too, of what answers, passes on or comes back."""
        item = self._item
        yield from _TAG.findall(item.subject)[:_MOST_TAGS]
        follows = item.references or item.fate or item.returned or is_passed_on(item.subject)
        if follows or any(sign.startswith(_FROM_MAIL_SYSTEMS) for sign in item.signs):
            yield from _TAG.findall(item.text)[:_MOST_TAGS]

    def _heard(self, ticket: Ticket, rule: str, text: str = "", *, news: bool = False) -> Ticket:
        """The ticket with this contact; it never counts as a response of the desk."""
        rule = f"{rule}; it was for {self._for}, which was merged" if self._for else rule
        event = Contacted(
            *self._stamp.mark(),
            text=text or self._said or self._item.subject,
            channel=(self._item.defaults and self._item.defaults.channel) or "mail",
            contact=self._caller()[0],
            message=self._facts(),
            attachments=self._item.attachments,
            rule=rule,
            news=news,
        )
        return self._writer.append(ticket, (event,))

    def _opened(self, previous: str, reason: str) -> Outcome:
        item, policy = self._item, self._policy
        requester, contact = self._caller()

        summary, rest = summarised(item.subject or self._said, "")
        impact = urgency = UNKNOWN
        event = Opened(
            *self._stamp.mark(),
            summary=summary or "A mail without subject and text",
            queue=policy.teams.desk.queue,
            tier=policy.tier(policy.teams.desk.queue),
            priority=derive(policy, impact, urgency).priority,
            policy=policy.levels_hash,
            channel="mail",
            requester=requester,
            phone=contact.phone if contact else "",
            mail=item.reply_to or item.sender,
            caller_class=contact.caller_class if contact else "",
            unit=contact.unit if contact else "",
            site=contact.site if contact else "",
            details="\n\n".join(filter(None, (rest, self._said))) if item.subject else rest,
            fields={"forwarded_from": item.forwarded_from} if item.forwarded_from else {},
            message=self._facts(),
            attachments=item.attachments,
            previous=previous,
            rule="new-mail",
            read=articles_read(self._said),
        )
        ticket = self._writer.create((self._with_defaults(event),))

        return Outcome(action="created", ticket=ticket, rule="new-mail", reason=reason)

    def _with_defaults(self, event: Opened) -> Opened:
        """The opening with what whoever piped the mail in says of it; who calls the mail says."""
        given = self._item.defaults
        if given is None:
            return event
        from sdcli.intake.record import opened_by_request  # noqa: PLC0415 - it imports this one

        unit = given.unit or event.unit  # presets may hang on whoever wrote it
        said = opened_by_request(self._policy, self._stamp, replace(given, unit=unit))
        names: tuple[str, ...] = (
            "type",
            "service",
            "feature",
            "impact",
            "urgency",
            "priority",
            "minutes",
            "assessment",
            "wish",
            "grounds",
        )
        caller = ("requester", "phone", "mail", "caller_class", "unit", "site", "reasons")
        names += caller if event.requester == UNKNOWN and given.user else ()
        names += ("channel",) if given.channel else ()
        taken = {name: getattr(said, name) for name in names}
        return replace(event, fields={**said.fields, **event.fields}, **taken)

    def _caller(self) -> tuple[str, Contact | None]:
        """Who wrote it: somebody of the desk's people, else the address."""
        ours = own_addresses(self._policy.intake.mail)
        is_form = self._item.sender.casefold() in ours
        senders = (self._item.reply_to, "" if is_form else self._item.sender)
        for address in filter(None, reversed(senders)):
            found = self._policy.contact(address)
            if found:
                return found
        return next(filter(None, reversed(senders)), UNKNOWN), None

    def _facts(self) -> MailFacts:
        item = self._item
        return MailFacts(
            id=item.id,
            sender=item.sender,
            sender_name=item.sender_name,
            subject=item.subject,
            to=(*item.to, *item.cc),
            references=item.references,
            automatic=self._sign,
            digest=self._digest,
        )


def _digest(item: MailItem) -> str:
    """What tells a mail from another with the same id: who says what, with which files."""
    files = [each.sha256 for each in item.attachments]
    said = (item.sender.casefold(), item.subject, item.text, *files)
    flat = "\0".join(" ".join(each.split()) for each in said)
    return hashlib.sha256(flat.encode("utf-8", "replace")).hexdigest()[:16]


def _about(ticket: Ticket, *, thanks: bool) -> tuple[str, str]:
    """Why an answer is a contact and no more, and what a person may do about it."""
    if ticket.status == "waiting" and ticket.waiting_for == "user":
        rule = "the answer that the ticket waits for"
        return rule, f"{rule}: `sdcli resume {ticket.ref}` goes on"
    if ticket.status not in ("resolved", "closed"):
        return "an answer to this ticket", ""
    if thanks:
        return "thanks", "thanks; nothing to reopen"
    rule = f"an answer after it was {ticket.status}"
    return rule, f"{rule}: `sdcli reopen {ticket.ref} --reason WHY` if it is not solved"


def _ignored(reason: str) -> Outcome:
    return Outcome(action="ignored", rule="automatic-mail", reason=reason)
