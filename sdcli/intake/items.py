"""The kinds of item that an input stream can hold, whatever format they came in."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict, replace

from sdcli.tickets.contact import Attachment, RequestDetails, Walk
from sdcli.tickets.event import ArticleUse, Closed, Resolved
from sdcli.tickets.words import UNKNOWN, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.tickets.ticket import Ticket

PORTAL = "portal"
"""The channel of a form."""


class AlertItem(Struct, frozen=True, kw_only=True):
    """One alert of a monitoring system (R1a.2).

    Args:
        source: the monitoring system; `format`: the description that it was read by.
        key: the same each time it fires and when it is over; holds the environment (T18).
        urgency: what the severity means; `severity`: as the system says it.
        component: the host or component it is about; `service`: what the system calls one.
        starts_at: since when, in UTC; `link`: where to look.
        payload: what arrived, whole; `why`: why the format fitted, in a phrase.
        missing: the names of the facts that the payload does not say (R1a.2a). `status` is
            among them if its word is not known, `key` if nothing but the text identifies it.
    """

    source: str
    key: str
    firing: bool
    summary: str
    format: str = ""
    details: str = ""
    urgency: Level = UNKNOWN
    severity: str = ""
    component: str = ""
    service: str = ""
    environment: str = ""
    starts_at: datetime | None = None
    link: str = ""
    labels: dict[str, str] = {}
    payload: Any = None
    why: str = ""
    missing: tuple[str, ...] = ()
    idempotency_key: str = ""


class Ignored(Struct, frozen=True, kw_only=True):
    """What a format knows to be no alert, such as a test or an acknowledgement."""

    format: str
    source: str
    reason: str


class RequestItem(Struct, frozen=True, kw_only=True):
    """A request as plain fields, named as the options of `open` (R1a.3).

    `unrecognised` is the reason why it is one, if it was not meant as a request: no format
    knows the payload. The details say so too.

    Args:
        no_contact: the reason why nobody can be reached; `previous`: the reference of the same
            request made before.
        tree, answers: answers that have not been followed yet, as they came, and the tree to
            begin with; `walk`: the way they led.
        queue, procedure, agreement: what a walk led to; `reasons`: why, by field.
        people, process, who, workaround: the impact on the business; `wish`: the priority that
            the caller wishes for, a remark and no more (R2c.2d).
        state: what the page that sent it knew (R1a.3b); `read`: articles that the caller had
            before them (R1a.3c).
    """

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
    request: RequestDetails = RequestDetails()
    tree: str = ""
    answers: dict[str, Any] = {}
    walk: Walk | None = None
    queue: str = ""
    procedure: str = ""
    agreement: str = ""
    reasons: dict[str, str] = {}
    state: dict[str, str] = {}
    read: tuple[ArticleUse, ...] = ()
    caller_class: str = ""
    unit: str = ""
    site: str = ""
    no_contact: str = ""
    previous: str = ""
    unrecognised: str = ""
    people: str = ""
    process: str = ""
    who: str = ""
    workaround: str = ""
    wish: str = ""


class NewFile(Struct, frozen=True, kw_only=True):
    """A file that a mail or a person brings: a safe name, and its bytes.

    `is_own`: it is the text of the mail itself, which is kept whatever the rules for files are.
    """

    name: str
    content: bytes
    mime: str = ""
    is_own: bool = False


class MailItem(Struct, frozen=True, kw_only=True):
    """A mail, read (R1a.3). Every text is clean: no half characters, names on one line.

    Args:
        id: its Message-ID without the angle brackets, or a hash of its content (T22).
        sender: the address it is from; `senders`: all that it names, in small letters; `reply_to`: where answers go, if that is elsewhere.
        body: what was written, without what it quotes and without the signature.
        text: the whole text; `signature`: what stands below the line of dashes.
        references: the mails that it answers, the nearest first.
        signs: by what it shows that a machine wrote it, in words (T21).
        lists: the addresses of the mailing lists it came through.
        desk: the desk that wrote it, if it was `sdcli`.
        forwarded_from: who wrote what it passes on.
        returned: of a bounce, the ids of the mails that did not arrive; `returned_from`: their
            senders.
        fate: of a report, what became of the mail: `failed`, `delayed`, `delivered`, `read` or
            `deleted`.
        date: when it was written, in UTC, as it says itself.
        files: what is attached; `attachments`: the same once they are saved.
        alerts: what a monitoring system reports in it, read from its body.
        defaults: what whoever pipes it in says of it, as of a request.
        raw: the mail as it came; `insisted`: a person wants it taken in, whatever it is.
    """

    id: str
    sender: str = ""
    senders: tuple[str, ...] = ()
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
    files: tuple[NewFile, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    alerts: tuple[AlertItem | Ignored, ...] = ()
    fate: str = ""
    defaults: RequestItem | None = None
    raw: bytes = b""
    insisted: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it begins something: it answers nothing and passes nothing on."""
        from sdcli.intake.replies import begins_anew  # noqa: PLC0415 - only mail pays for it

        return begins_anew(self.subject, self.references)

    @property
    def automatic(self) -> str:
        """The first sign that a machine wrote it; empty if a person did."""
        return self.signs[0] if self.signs else ""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something that cannot be read; it is kept as it came, with the reason.

    `key` is the idempotency key it was sent with: whoever sends it again means the same.
    """

    reason: str
    raw: bytes
    key: str = ""


Item: TypeAlias = AlertItem | Ignored | RequestItem | MailItem | Unreadable

_SUMMARY_LENGTH = 200


def linked(item: RequestItem, previous: str) -> RequestItem:
    """The request, with the reference of the same one made before."""
    return replace(item, previous=previous)


def continued(ticket: Ticket, reason: str) -> RequestItem:
    """The request that takes up a ticket which is over and stays so (T9).

    It is the same one however often it is asked for: the key names the event that ended it.
    """
    opening = ticket.opening
    over = next(each for each in reversed(ticket.standing) if isinstance(each, (Closed, Resolved)))
    return RequestItem(
        summary=ticket.summary,
        user=opening.requester,
        phone=opening.phone,
        mail=opening.mail,
        on_behalf_of=opening.on_behalf_of,
        channel=opening.channel,
        type=ticket.type,
        service=ticket.service,
        feature=ticket.feature,
        impact=ticket.impact,
        urgency=ticket.urgency,
        details=f"Continues {ticket.ref}: {reason}",
        unit=opening.unit,
        site=opening.site,
        previous=ticket.ref,
        idempotency_key=f"continued {ticket.ref} {over.id}",
    )


def summarised(text: str, details: str) -> tuple[str, str]:
    """A summary of one line, and the details with whatever of the text did not fit into it."""
    whole = text.strip()
    line = whole.split("\n", 1)[0].strip()
    summary = line if len(line) <= _SUMMARY_LENGTH else line[: _SUMMARY_LENGTH - 1] + "…"
    if summary == whole:
        return summary, details
    return summary, "\n\n".join(filter(None, (whole, details)))


def keyed(items: Sequence[Item], key: str) -> list[Item]:
    """The items of one stream under one idempotency key: each by its place, if there are several.

    What is sent again is known item by item, and no two of one stream are taken for the same.
    """
    if not key:
        return list(items)
    keys = [key] if len(items) == 1 else [f"{key}/{place}" for place in range(1, len(items) + 1)]
    return [_keyed(item, each) for item, each in zip(items, keys, strict=True)]


def _keyed(item: Item, key: str) -> Item:
    if not isinstance(item, AlertItem | RequestItem) or item.idempotency_key:
        return item
    return replace(item, idempotency_key=key)


def with_defaults(item: Item, said: RequestItem) -> Item:
    """What the options say, as a request, where an item of a pipe says nothing."""
    options = asdict(said)
    if isinstance(item, AlertItem):
        return told_by_options(item, options)
    if isinstance(item, MailItem):
        return replace(item, defaults=said)
    if not isinstance(item, RequestItem):
        return item
    has = asdict(item)
    missing = {name: value for name, value in options.items() if value and not has[name]}
    missing["request"] = said.request.overlaid(item.request)
    missing["channel"] = item.channel or said.channel or "script"
    return replace(item, **missing)


def told_by_options(item: AlertItem, options: dict[str, Any]) -> AlertItem:
    """An alert with what the options of `open` say where it says nothing.

    What an alert has no place for is kept among its labels, so nothing that was typed is lost.
    """
    known = {"service", "urgency", "details", "fields", "idempotency_key", "minutes", "request"}
    more = {
        name: str(value) for name, value in options.items() if value and name not in known
    } | options["fields"]
    urgency = options["urgency"] or UNKNOWN
    details = (item.details, options["details"])
    return replace(
        item,
        service=item.service or options["service"] or "",
        urgency=item.urgency if item.urgency != UNKNOWN else urgency,
        details="\n".join(filter(None, details)),
        labels={**more, **item.labels},
    )
