"""The surveys of one desk: what callers are asked once it is over, and what they answer (R5a.2).

What the commands of `sdcli survey` call. The questions are in `catalog/survey.yaml`, the words for
callers in `sdcli.notify.questionnaire`, answers by mail are read in `sdcli.intake.survey_reply`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.errors import (
    LedgerBusyError,
    NoSuchEntryError,
    NoSuchTicketError,
    RefusedError,
    SdcliError,
)
from sdcli.ledger.again import again
from sdcli.policy.survey import HIGHEST, LOWEST, SURVEY, Survey, link_of
from sdcli.results.quality import SurveyAsked, SurveyDue, SurveysDue, SurveysReported
from sdcli.tickets import keys
from sdcli.tickets.event import SurveyAnswered, SurveySent
from sdcli.tickets.relations import require_unmerged
from sdcli.tickets.steps import require
from sdcli.tickets.troubleshooting import hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.notify.underway import Underway
    from sdcli.policy.survey import Surveys
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

_TOKEN_BYTES = 16
_PURPOSE = "survey"


class _SendingError(LedgerBusyError):
    """Another process has been sending surveys for too long."""


class Questionnaires:
    """The surveys of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def _surveys(self) -> Surveys:
        from sdcli.policy.load import read_surveys  # noqa: PLC0415 - imports YAML

        return read_surveys(self._desk.root)

    def ask(self, ref: str, via: str, *, send: bool = False) -> SurveyAsked:
        """Write what the caller is asked, mail it if wished, and note that they were; once for a ticket.

        Nothing of the ledger is locked while the program that sends mail runs (T28); but no other
        process mails a survey meanwhile, nor asks about the same ticket.

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the desk asks nothing about requests of this type.
            RefusedError: it is not over, was merged, has no caller, or they were asked before; or
                there is no address or program to send it with.
            LedgerBusyError: somebody else has been asking for too long.
            SdcliError: the program did not take the mail; nothing was recorded.
        """
        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - few commands need it

        desk = self._desk
        self._askable(desk.ledger.get(ref))
        if send:
            with self._alone():
                ticket = desk.ledger.get(ref)  # as it is now that nobody else asks
                survey = self._askable(ticket)
                last = self._asked_lately(caller_of(ticket))
                asked = self._send(ticket, survey)
        else:
            self.settle()
            ticket = desk.ledger.get(ref)
            survey = self._askable(ticket)
            last = self._asked_lately(caller_of(ticket))
            asked = self._ask(ticket, survey, via)
        if last:
            days = f"{self._surveys.rest // 86400} days"
            told = f"{caller_of(ticket)} was asked about {last} less than {days} ago ({SURVEY})."
            return replace(asked, notes=(told,))
        return asked

    def _askable(self, ticket: Ticket) -> Survey:
        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above

        require_unmerged(ticket)
        _require_askable(ticket, caller_of(ticket))
        return self._survey(ticket)

    @cached_property
    def _underway(self) -> Underway:
        from sdcli.notify.underway import Underway  # noqa: PLC0415 - few commands ask

        return Underway(self._desk.ledger)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While nobody else mails surveys: two processes at once ask nobody twice.

        Raises:
            _SendingError: somebody else has been sending for too long.
        """
        desk = self._desk
        if desk.rehearses:
            yield
            return
        with desk.ledger.alone(_PURPOSE, desk.wait_s) as alone:
            if not alone:
                raise self._busy()
            self._recover()
            yield

    def _busy(self) -> _SendingError:
        path = os.path.join(self._desk.root, "ledger")
        return _SendingError(path, self._desk.wait_s, "another survey that is being sent")

    def settle(self) -> None:
        """Record what was cut off; whoever sends now is not waited for."""
        if self._desk.rehearses or self._underway.read() is None:
            return
        with self._desk.ledger.alone(_PURPOSE) as alone:
            if alone:
                self._recover()

    @again
    def _recover(self) -> None:
        """Record what was being mailed when a process ended: most likely the mail has gone.

        Nobody else may be sending.
        """
        found = self._underway.read()
        if found is None:
            return
        desk, event = self._desk, found.event
        with desk.ledger.write() as writer, suppress(NoSuchTicketError):
            ticket = writer.get(found.ref)
            if not any(each.id == event.id for each in ticket.events):
                late = replace(event, entered=desk.now) if desk.now > event.at else event
                writer.append(ticket, (late,))
                desk.tell(
                    f"{found.ref}: the survey to {event.address} was cut off while it was sent; it "
                    "counts as sent, and nobody is asked again."
                )
        self._underway.done()

    def _ask(self, ticket: Ticket, survey: Survey, via: str) -> SurveyAsked:
        """Note what is asked without a mail."""
        from secrets import token_hex  # noqa: PLC0415 - few commands ask

        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above
        from sdcli.notify.questionnaire import read_out  # noqa: PLC0415

        desk, surveys = self._desk, self._surveys
        token = token_hex(_TOKEN_BYTES) if surveys.link else ""
        link = link_of(surveys, ticket.ref, token) if token else ""

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            _require_askable(now, caller_of(now))
            sending = None if desk.rehearses else self._underway.read()
            if sending is not None and sending.ref == now.ref:
                raise self._busy()
            return (_sent(now, survey, stamp, via=via, token=token),)

        after = desk.change(ticket.ref, step)
        return SurveyAsked(desk.see(after), read_out(after, survey, link), "", link)

    def _send(self, ticket: Ticket, survey: Survey) -> SurveyAsked:
        """Mail it, and record it: noted before, so that it is asked once, whatever happens between."""
        from secrets import token_hex  # noqa: PLC0415 - few commands ask

        from sdcli.intake import confirmation  # noqa: PLC0415 - only what is mailed
        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above
        from sdcli.notify.questionnaire import mail_text, read_out  # noqa: PLC0415
        from sdcli.notify.underway import Sending  # noqa: PLC0415 - as above

        desk = self._desk
        address = self._reachable(ticket)
        token = token_hex(_TOKEN_BYTES)
        link = link_of(self._surveys, ticket.ref, token) if self._surveys.link else ""
        message_id = confirmation.message_id_of(desk.policy, ticket, desk.now)
        event = _sent(
            ticket,
            survey,
            desk.stamp,
            via="mail",
            token=token,
            address=address,
            message_id=message_id,
        )
        if not desk.rehearses:
            with desk.ledger.write() as writer:  # nobody asks on the phone meanwhile
                now = writer.get(ticket.ref)
                require_unmerged(now)
                _require_askable(now, caller_of(now))
                self._underway.note(Sending(ticket.ref, event))
            text = mail_text(desk.policy, ticket, survey, token=token, link=link)
            try:
                confirmation.deliver(
                    desk.policy, ticket, address, text, desk.now,
                    automatic=True, message_id=message_id,
                )  # fmt: skip
            except SdcliError:
                self._underway.done()
                raise
        try:
            with desk.ledger.write() as writer:
                now_sent = replace(event, at=desk.stamp.at, entered=desk.stamp.entered)
                after = writer.append(writer.get(ticket.ref), (now_sent,))
        except SdcliError as error:
            error.also(f"The mail has gone to {address}; the next survey that is asked notes it.")
            raise
        if not desk.rehearses:
            self._underway.done()
        return SurveyAsked(desk.see(after), read_out(after, survey, link), address, link)

    def _reachable(self, ticket: Ticket) -> str:
        """The address that the questions are mailed to.

        Raises:
            RefusedError: there is no address, or no program; or a machine wrote the request (T21).
        """
        from sdcli.intake import confirmation  # noqa: PLC0415 - only what is mailed

        address = self._address(ticket)
        if not address:
            raise RefusedError(
                f"{ticket.ref} has no mail address to send to: `sdcli survey ask {ticket.ref} --via "
                "phone` writes what to ask on the phone.",
                ref=ticket.ref,
            )
        confirmation.require_program(self._desk.policy)
        return address

    def _address(self, ticket: Ticket) -> str:
        """Where the caller reads mail; empty if nowhere, or if a machine wrote the request (T21)."""
        from sdcli.notify.caller import caller_of, mail_of, wrote_a_machine  # noqa: PLC0415

        if wrote_a_machine(ticket):
            return ""
        return mail_of(self._desk.policy, ticket, caller_of(ticket))

    def _survey(self, ticket: Ticket) -> Survey:
        found = self._surveys.surveys.get(ticket.type)
        if found is None:
            raise NoSuchEntryError("survey", ticket.type, self._surveys.surveys, SURVEY)
        return found

    def _asked_lately(self, person: str) -> str:
        """A ticket about which somebody was asked less than the desk's `rest` ago; empty if none."""
        rest = self._surveys.rest
        if not rest or not person:
            return ""
        start = self._desk.now - timedelta(seconds=rest)
        found = (
            ticket.ref
            for key in (keys.surveyed(person), keys.caller(person))
            for ticket in self._desk.ledger.having(key, start)
            if _was_asked(ticket, person, start)
        )
        return next(found, "")

    def due(self, since: datetime, *, send: bool) -> SurveysDue:
        """Whom to ask of those whose tickets were closed since then, the oldest first; and ask them.

        One after the other: what cannot be sent keeps no other waiting, and is due the next time.

        Raises:
            RefusedError: no program is named that sends mail; nobody was asked.
            LedgerBusyError: another process is sending surveys, and was waited for; nobody was asked.
            DataFileError: a file of the desk is wrong.
        """
        from sdcli.intake.confirmation import require_program  # noqa: PLC0415 - as above

        desk = self._desk
        if send:
            require_program(desk.policy)
        left_out = 0
        found: list[tuple[datetime, int, str]] = []
        for ticket in desk.touched(since):
            survey = self._surveys.surveys.get(ticket.type)
            if survey is None or not _is_to_be_asked(ticket, since):
                continue
            if not _is_drawn(ticket, survey.every):
                left_out += 1
            elif ticket.closed_at:
                found.append((ticket.closed_at, len(ticket.ref), ticket.ref))
        chosen: set[str] = set()
        rows: list[SurveyDue] = []
        busy: _SendingError | None = None  # somebody else is sending: waited for once
        for _, _, ref in sorted(found):
            try:
                row = self._due(ref, since, chosen, send=send, busy=busy)
            except _SendingError as error:
                if not any(each.state == "asked" for each in rows):
                    raise
                busy = error
                row = self._due(ref, since, chosen, send=send, busy=busy)
            rows += [row] if row else []
        return SurveysDue(rows=rows, since=since, send=send, left_out=left_out)

    def _due(
        self,
        ref: str,
        since: datetime,
        chosen: set[str],
        *,
        send: bool,
        busy: _SendingError | None,
    ) -> SurveyDue | None:
        """What becomes of one of them; `chosen` are the callers that this run has named before.

        `busy`: why nobody is asked any more. None if somebody else has just asked, or it is not over
        any more.

        Raises:
            _SendingError: another process is sending surveys, and was waited for.
        """
        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above

        ticket = self._desk.ledger.get(ref)
        person = caller_of(ticket)
        row = SurveyDue(ticket=ticket, person=person, address=self._address(ticket), state="due")
        if send:
            if busy:
                return replace(row, state="failed", reason=busy.message)
            try:
                return self._asked(row, since)
            except _SendingError:
                raise
            except SdcliError as error:
                return replace(row, state="failed", reason=error.message)
        row = self._held_back(row, person.casefold() in chosen and bool(self._surveys.rest))
        if row.state == "due":
            chosen.add(person.casefold())
        return row

    def _asked(self, row: SurveyDue, since: datetime) -> SurveyDue | None:
        """The same after the caller was asked, or why they were not; None as above."""
        with self._alone():
            ticket = self._desk.ledger.get(row.ticket.ref)
            if not _is_to_be_asked(ticket, since):
                return None
            row = self._held_back(row)
            if row.state != "due":
                return row
            asked = self._send(ticket, self._survey(ticket))
        return replace(row, ticket=asked.seen.ticket, state="asked")

    def _held_back(self, row: SurveyDue, is_named: bool = False) -> SurveyDue:
        """The same, or why the caller is not asked; `is_named`: they are about another ticket."""
        lately = self._asked_lately(row.person)
        if lately or is_named:
            told = f"was asked about {lately} lately" if lately else "is asked about another one"
            return replace(row, state="resting", reason=f"{row.person} {told}")
        if not row.address:
            return replace(row, state="no-address", reason=_NO_ADDRESS)
        return row

    def answer(self, ref: str, scores: Mapping[str, str], remark: str, token: str = "") -> Ticket:
        """Note what the caller said; what is said last counts.

        `token`: that of the survey, which shows that it comes from whom was asked.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: they were not asked, or not that, or a score is none; or the token is not
                that of the survey.
        """
        from sdcli.intake.replies import is_thanks  # noqa: PLC0415 - few commands need it

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            require("survey_answered", ticket, "survey answer")
            sent = next((e for e in reversed(ticket.standing) if isinstance(e, SurveySent)), None)
            if sent is None:
                raise RefusedError(
                    f"Nobody has asked the caller of {ref}: `sdcli survey ask {ref}` does.",
                    ref=ref,
                )
            if token:
                _require_token(ref, sent, token)
            told = {name: _score(sent, name, text) for name, text in scores.items()}
            said = SurveyAnswered(
                *stamp.mark(),
                survey=sent.survey,
                scores=told,
                remark=remark,
                via="link" if token else "",
                news=bool(token and remark) and not is_thanks(remark),
            )
            return (said,)

        self.settle()
        return self._desk.change(ref, step)

    def report(self, since: datetime | None, until: datetime | None) -> SurveysReported:
        """How it was for callers in a period."""
        from sdcli.insight.surveys import surveys  # noqa: PLC0415 - one command's

        found = (
            ticket
            for ticket in self._desk.touched(since)
            if any(isinstance(e, SurveySent | SurveyAnswered) for e in ticket.standing)
        )
        return SurveysReported(surveys(found, since=since, until=until))


_NO_ADDRESS = "no mail address of the caller is known that somebody reads"


def _sent(
    ticket: Ticket,
    survey: Survey,
    stamp: Stamp,
    *,
    via: str,
    token: str,
    address: str = "",
    message_id: str = "",
) -> SurveySent:
    """That the caller is asked; of the token only what it comes to is kept."""
    from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above

    return SurveySent(
        *stamp.mark(),
        survey=ticket.type,
        to=caller_of(ticket),
        questions=tuple(survey.questions),
        via=via,
        figures={name: str(each.figure) for name, each in survey.questions.items()},
        address=address,
        message_id=message_id,
        token_hash=hash_of(token) if token else "",
    )


def _was_asked(ticket: Ticket, person: str, start: datetime) -> bool:
    """Whether somebody was asked about a ticket after that instant."""
    asked = (each for each in ticket.standing if isinstance(each, SurveySent))
    return any(e.at > start and e.to.casefold() == person.casefold() for e in asked)


def _is_to_be_asked(ticket: Ticket, since: datetime) -> bool:
    """Whether the caller of a ticket is to be asked at all: it was closed here since then, and by itself.

    What was closed before it was imported, another desk has closed.
    """
    from sdcli.notify.caller import caller_of  # noqa: PLC0415 - as above

    return (
        ticket.closed_at is not None
        and ticket.closed_at >= since
        and (ticket.imported_at is None or ticket.imported_at < ticket.closed_at)
        and not (ticket.void or ticket.merged_into or ticket.is_problem)
        and bool(caller_of(ticket))
        and not any(isinstance(event, SurveySent) for event in ticket.standing)
    )


def _is_drawn(ticket: Ticket, every: int) -> bool:
    """Whether a ticket is one of so many that are asked about: always the same ones, on any desk."""
    if every <= 1:
        return True
    from hashlib import sha256  # noqa: PLC0415 - few surveys leave tickets out

    digest = sha256(ticket.opening.id.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") % every == 0


def _require_askable(ticket: Ticket, person: str) -> None:
    require("survey_sent", ticket, "survey ask")
    ref = ticket.ref
    if ticket.status not in ("resolved", "closed") or ticket.void:
        raise RefusedError(f"{ref} is not over: nobody is asked yet how it was.", ref=ref)
    if not person:
        raise RefusedError(f"{ref} has no caller who could be asked.", ref=ref)
    if any(isinstance(event, SurveySent) for event in ticket.standing):
        raise RefusedError(
            f"{person} was asked about {ref} before: `sdcli survey answer {ref}` takes what they "
            "say.",
            ref=ref,
        )


def _require_token(ref: str, sent: SurveySent, token: str) -> None:
    """Refuse an answer that does not show the token of the survey.

    Raises:
        RefusedError: it shows another one, or the survey has none.
    """
    from hmac import compare_digest  # noqa: PLC0415 - few answers show one

    if not (sent.token_hash and compare_digest(sent.token_hash, hash_of(token))):
        raise RefusedError(
            f"That is not the token of the survey about {ref}; it stands in the mail that asked, "
            "and in its link.",
            ref=ref,
        )


def _score(sent: SurveySent, name: str, text: str) -> int:
    """A score, if it is one and was asked for."""
    if name not in sent.questions:
        raise NoSuchEntryError("question of the survey", name, sent.questions, SURVEY)
    if not (text.isdecimal() and LOWEST <= int(text) <= HIGHEST):
        raise RefusedError(
            f"{name} is scored {text!r}; a score is a number from {LOWEST} to {HIGHEST}.",
            question=name,
        )
    return int(text)
