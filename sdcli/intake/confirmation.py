"""The confirmation of a request: a mail with its number and the promised time (R1a.3d).

It is written for the caller: no code of the desk is in it (R1b.1e). Its headers say that a
machine wrote it, so that no other machine answers (T21).
"""

from __future__ import annotations

import re
import subprocess
import textwrap
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from dateutil import tz

from sdcli.errors import RefusedError, SdcliError
from sdcli.intake.lines import one_line
from sdcli.intake.signs import LOOP
from sdcli.tickets.event import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

_UNREAD = re.compile(
    r"(?:no|do-?not|donot|never|nicht)[._-]?(?:reply|answer|antworten)\b", re.IGNORECASE
)
SEND_WITHIN_S = 60
_LONGEST_ID = 900
_TOLD = 500
_WIDE = 76


class _Written(EmailPolicy):
    """How the confirmation is written down; the standard library's own folding loses spaces."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header on lines that are short enough."""
        text = str(value)
        if name != "Subject" or text.isascii():
            return super().fold_binary(name, value)
        tag, _, rest = text.partition(" ")
        header = Header(tag, "us-ascii", _WIDE, name)
        header.append(rest, "utf-8")
        return f"{name}: {header.encode()}\n".encode("ascii")


class SendingError(SdcliError):
    """The program that sends mail did not take one."""

    code = "not_sent"

    def __init__(self, ref: str, reason: str, message_id: str) -> None:
        super().__init__(
            f"The confirmation of {ref} was not sent: {reason}. The history says so; "
            f"`sdcli ack {ref} --send` tries once more.",
            ref=ref,
            message_id=message_id,
            sent=False,
        )


def address_for(policy: Policy, ticket: Ticket, given: str) -> str:
    """Where the confirmation goes: as given, else as the request or the contact says.

    Raises:
        RefusedError: it is no address that a mail can go to, one of the desk's own, or one that
            nobody reads.
    """
    opening = ticket.opening
    contact = policy.contact(ticket.requester)
    address = given or opening.mail or (contact[1].mail if contact else "")
    if not address:
        return ""
    if not given and _UNREAD.match(address):
        raise RefusedError(f"Nobody reads what {address} gets; --to MAIL names another address.")
    rules = policy.intake.mail
    if address.casefold() in {own.casefold() for own in (rules.address, *rules.own)}:
        raise RefusedError(f"{address} is the desk's own address; --to MAIL names another.")
    try:
        Address(addr_spec=address)
    except Exception:  # noqa: BLE001 - the parser fails in many ways
        sound = False
    else:
        sound = address.isascii() and address.isprintable() and " " not in address
    if not sound:
        raise RefusedError(f"{address!r} is no address to send to; --to MAIL names another.")
    return address


def compose(
    policy: Policy, ticket: Ticket, to: str, *, due: datetime | None, now: datetime
) -> EmailMessage:
    """The confirmation.

    Args:
        policy: the desk's files.
        ticket: what is confirmed.
        to: a sound address.
        due: until when the first response is promised, in UTC; None if nothing is promised.
        now: the instant in UTC.
    """
    mail = _envelope(policy, ticket, to, now)
    mail["Auto-Submitted"] = "auto-replied"
    mail["Precedence"] = "bulk"
    mail["X-Auto-Response-Suppress"] = "All"
    return _with_text(mail, _text(policy, ticket, due))


def message_id_of(policy: Policy, ticket: Ticket, now: datetime) -> str:
    """A new id of a mail about a ticket."""
    domain = policy.intake.mail.address.rpartition("@")[2]
    return f"{ticket.ref}.{new_id(now)}@{domain}"


def _envelope(
    policy: Policy, ticket: Ticket, to: str, now: datetime, message_id: str = ""
) -> EmailMessage:
    """A mail about a ticket, without its text; answers to it find the ticket."""
    rules, opening = policy.intake.mail, ticket.opening
    mail = EmailMessage(policy=_Written())
    mail["From"] = Address(rules.name, addr_spec=rules.address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = f"[{ticket.ref}] {one_line(ticket.summary)}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id or message_id_of(policy, ticket, now)}>"
    answered = opening.message.id if opening.message else ""
    if answered and answered.isascii() and answered.isprintable() and len(answered) < _LONGEST_ID:
        mail["In-Reply-To"] = mail["References"] = f"<{answered}>"
    mail[LOOP] = rules.address
    return mail


def _with_text(mail: EmailMessage, text: str) -> EmailMessage:
    mail.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return mail


def deliver(
    policy: Policy,
    ticket: Ticket,
    to: str,
    text: str,
    now: datetime,
    *,
    automatic: bool = False,
    message_id: str = "",
) -> str:
    """Mail what the desk sends to the caller of a ticket; gives the id of the mail.

    `automatic`: no person of the desk wrote it, so that no machine should answer (T21).
    `message_id`: the id, where it was made before.

    Raises:
        RefusedError: no program is named that sends mail.
        SdcliError: the program did not take it.
    """
    program = require_program(policy)
    mail = _envelope(policy, ticket, to, now, message_id)
    if automatic:
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    failed = send(program, _with_text(mail, text).as_bytes())
    if failed:
        raise SdcliError(
            f"The mail to {to} was not sent: {failed}. Nothing was recorded on {ticket.ref}.",
            ref=ticket.ref,
        )
    return str(mail["Message-ID"]).strip("<>")


def require_program(policy: Policy) -> Sequence[str]:
    """The program that sends the desk's mail.

    Raises:
        RefusedError: none is named.
    """
    program = policy.intake.mail.send_with
    if not program:
        raise RefusedError(
            "catalog/intake.yaml names no program that sends mail (mail: send_with); without "
            "--send the text is written to standard output."
        )
    return program


def _text(policy: Policy, ticket: Ticket, due: datetime | None) -> str:
    promise = (
        f"You will hear from us by {local_time(policy, ticket, due)}."
        if due
        else "We will get back to you."
    )
    summary = one_line(ticket.summary)
    paragraphs = (
        "Hello,",
        "we have received your request:",
        textwrap.indent(textwrap.fill(summary, _WIDE - 2), "  "),
        textwrap.fill(f"Its number is {ticket.ref}. {promise}", _WIDE),
        f"To add something, answer this mail and leave [{ticket.ref}] in the subject.",
        policy.intake.mail.name,
    )
    return "\n\n".join(paragraphs) + "\n"


def local_time(policy: Policy, ticket: Ticket, due: datetime) -> str:
    """An instant as the caller's clock shows it, and in UTC."""
    contact = policy.contact(ticket.requester)
    zone = (contact[1].zone if contact else "") or policy.zone
    there = due.astimezone(tz.gettz(zone))
    utc = f"{due:%H:%M} UTC" if there.date() == due.date() else f"{due:%-d %B %H:%M} UTC"
    return f"{there:%A, %-d %B %Y, %H:%M} ({zone.replace('_', ' ')}; {utc})"


def send(command: Sequence[str], message: bytes) -> str:
    """Hand a mail to the program that sends mail; why it did not take it, or nothing.

    There is no shell; a program that takes longer than `SEND_WITHIN_S` is ended.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - the desk's own setting names the program
            list(command),
            input=message,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SEND_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {SEND_WITHIN_S} s"
    except (OSError, ValueError) as error:
        return f"{command[0]} could not be run: {getattr(error, 'strerror', '') or error}"
    if not ran.returncode:
        return ""
    said = " ".join(ran.stderr.decode("utf-8", "replace").split())[:_TOLD]
    return f"{command[0]} gave {ran.returncode}" + (f" and said: {said}" if said else "")
