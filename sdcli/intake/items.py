"""The kinds of item that an input stream can hold, whatever format they came in."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from sdcli.tickets.contact import Attachment  # noqa: TC001 - as above
from sdcli.tickets.words import Level  # noqa: TC001 - msgspec reads the annotations


class AlertItem(Struct, frozen=True, kw_only=True):
    """One alert of a monitoring system (R1a.2). `key` is the same each time it fires."""

    source: str
    key: str
    firing: bool
    summary: str
    details: str
    urgency: Level
    severity: str
    labels: dict[str, str]
    payload: Any


class RequestItem(Struct, frozen=True, kw_only=True):
    """A request as plain fields, named as the options of `open` (R1a.3)."""

    summary: str
    user: str = ""
    phone: str = ""
    mail: str = ""
    on_behalf_of: str = ""
    channel: str = ""
    type: str = ""
    service: str = ""
    feature: str = ""
    impact: str = ""
    urgency: str = ""
    details: str = ""
    minutes: int = 0
    idempotency_key: str = ""
    fields: dict[str, str] = {}
    payload: Any = None


class MailFile(Struct, frozen=True, kw_only=True):
    """A file that a mail brings: a safe name, and its bytes."""

    name: str
    content: bytes
    mime: str = ""


class MailItem(Struct, frozen=True, kw_only=True):
    """A mail, read (R1a.3). Every text is clean: no half characters, names on one line.

    Args:
        id: its Message-ID without the angle brackets, or a hash of its content (T22).
        sender: the address it is from; `reply_to`: where answers go, if that is elsewhere.
        body: what was written, without what it quotes and without the signature.
        text: the whole text; `signature`: what stands below the line of dashes.
        references: the mails that it answers, the nearest first.
        signs: by what it shows that a machine wrote it, in words (T21).
        lists: the addresses of the mailing lists it came through.
        desk: the desk that wrote it, if it was `sdcli`.
        forwarded_from: who wrote what it passes on.
        returned: of a bounce, the ids of the mails that did not arrive; `returned_from`: their
            senders.
        date: when it was written, in UTC, as it says itself.
        files: what is attached; `attachments`: the same once they are saved.
    """

    id: str
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    text: str = ""
    signature: str = ""
    references: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    desk: str = ""
    forwarded_from: str = ""
    returned: tuple[str, ...] = ()
    returned_from: tuple[str, ...] = ()
    date: datetime | None = None
    files: tuple[MailFile, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def automatic(self) -> str:
        """The first sign that a machine wrote it; empty if a person did."""
        return self.signs[0] if self.signs else ""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something that cannot be read; it is kept as it came, with the reason."""

    reason: str
    raw: bytes


Item: TypeAlias = AlertItem | RequestItem | MailItem | Unreadable
Format: TypeAlias = Literal["alertmanager", "json", "text", "mail"]

_SUMMARY_LENGTH = 200


def summarised(text: str, details: str) -> tuple[str, str]:
    """A summary of one line, and the details with whatever of the text did not fit into it."""
    whole = text.strip()
    line = whole.split("\n", 1)[0].strip()
    summary = line if len(line) <= _SUMMARY_LENGTH else line[: _SUMMARY_LENGTH - 1] + "…"
    if summary == whole:
        return summary, details
    return summary, "\n\n".join(filter(None, (whole, details)))
