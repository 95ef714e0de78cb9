"""From the bytes on standard input to items, each a readable one or kept as unreadable.

The formats of the desk read what they fit; other JSON objects are requests with the options'
names as keys, or else of type unknown with the payload and the reason; other text is a request.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from sdcli.errors import NoSuchEntryError
from sdcli.intake import syntax
from sdcli.intake.form import form_fields, form_keys, form_rest, form_summary
from sdcli.intake.formats import Document, Formats, Reading, unrecognised
from sdcli.intake.items import (
    PORTAL,
    AlertItem,
    Ignored,
    Item,
    MailItem,
    RequestItem,
    Unreadable,
    summarised,
)
from sdcli.policy.model import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.intake.formats import Syntax
    from sdcli.policy.model import Sizes

FORMS = ("json", "text", "mail")
"""What `--from` may say beside the name of a format."""

_TEXTS = (
    "user",
    "phone",
    "mail",
    "on_behalf_of",
    "channel",
    "type",
    "service",
    "feature",
    "impact",
    "urgency",
    "details",
    "idempotency_key",
    "caller_class",
    "unit",
    "site",
    "no_contact",
    "people",
    "process",
    "who",
    "workaround",
)
_WISHES = ("priority", "wish")
"""Nobody sets a priority by asking for it: what is said of one is a remark (R2c.2d)."""
_LONGEST_MINUTES = 24 * 60
_NO_FORMATS = Formats({})
_LONG_AGO = datetime(1971, 1, 1, tzinfo=timezone.utc)
_MOST_ITEMS = 32
"""A document of several alerts may be so many times as long as one."""
_HEADER = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_NAMES = {
    b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"received", b"return-path",
    b"delivered-to", b"mime-version", b"content-type", b"reply-to", b"in-reply-to", b"sender",
    b"references", b"envelope-to", b"x-original-to", b"content-transfer-encoding",
}  # fmt: skip
_TRACES = {b"message-id", b"received"}
"""Headers that a mail system writes; nobody types them."""
_ADDRESSED = re.compile(
    rb"^(?:(?:from|sender|return-path)[ \t]*:.*[^\s@<>,;]@[^\s@<>,;]|(?:mime-version|envelope-to|delivered-to)[ \t]*:)",
    re.IGNORECASE,
)
_FEWEST_HEADERS = 2
_HEAD = 256 * 1024
_ENVELOPE = re.compile(rb"^>?From [^\n]*\n")
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))(?=From [^\n]*\n[!-9;-~]{1,76}[ \t]*:)")
_BOM = b"\xef\xbb\xbf"


def recognise(
    raw: bytes,
    formats: Formats = _NO_FORMATS,
    form: str | None = None,
    sizes: Sizes | None = None,
    now: datetime = _LONG_AGO,
) -> list[Item]:
    """The items of a stream.

    Args:
        raw: the stream, whole.
        formats: the formats of the desk.
        form: what it must be where a person knows: a format's name, or one of `FORMS`.
        sizes: what is larger than its `item` is unreadable; no limit if None.
        now: the instant in UTC, for dates without a year.
    """
    return [reading.item for reading in Stream(formats, form, sizes, now).read(raw)]


def known_form(given: str, formats: Formats) -> str:
    """What `form` may be.

    Raises:
        NoSuchEntryError: the desk has no such format.
    """
    known = (*FORMS, *formats.names)
    if given.casefold() not in known:
        raise NoSuchEntryError("format", given, known, FORMATS)
    return given.casefold()


def is_mail(raw: bytes) -> bool:
    """Whether a stream is a mail: what a mail system wrote above it, or a header that ends.

    Two headers of a mail, an address or a version among them, and a blank line below them make
    one; so does any trace of a mail system, however broken the rest is. What a person types, with
    a line or two like headers in it, is none: nothing of it would be a header.
    """
    head = _ENVELOPE.sub(b"", unified(raw[:_HEAD]))
    if not _HEADER.match(head):
        return False
    above, ended, _ = head.partition(b"\n\n")
    lines = above.split(b"\n")
    names = [found[1].lower() for found in map(_HEADER.match, lines) if found]
    if len({*names} & _NAMES) < _FEWEST_HEADERS:
        return False
    if not _TRACES.isdisjoint(names):
        return True
    whole = all(line[:1] in (b" ", b"\t") or _HEADER.match(line) for line in lines if line)
    return bool(ended) and whole and any(map(_ADDRESSED.match, lines))


def _has_header(raw: bytes) -> bool:
    """Whether what is said to be a mail can be one: whatever is no header would be lost."""
    head = _ENVELOPE.sub(b"", unified(raw[:_HEAD]))
    return is_mail(raw) or bool(_HEADER.match(head) and b"\n\n" in head)


def unified(raw: bytes) -> bytes:
    """A mail without what may stand before it, and with line ends that split it."""
    plain = raw.removeprefix(_BOM).lstrip()
    if b"\r" not in plain:
        return plain
    return plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def mails_in(raw: bytes) -> list[bytes]:
    """The mails of a mailbox, each with its `From ` line; a stream that is none is one mail."""
    if not raw.startswith(b"From "):
        return [raw]
    starts = [found.start() for found in _SEPARATOR.finditer(raw)]
    starts = [at for at in starts if at == 0 or is_mail(raw[at : at + _HEAD])]
    ends = [*starts[1:], len(raw)]
    return [raw[at:end] for at, end in zip(starts, ends, strict=True)] or [raw]


class Stream:
    """Reads a stream under the desk's formats and limits; `read` gives items with their facts."""

    def __init__(
        self, formats: Formats, form: str | None, sizes: Sizes | None, now: datetime
    ) -> None:
        self._formats = formats
        self._form = form
        self._name = form if form in formats.names else ""
        self._most = sizes.item if sizes else 0
        self._largest = sizes.mail if sizes else 0
        self._now = now

    def read(self, raw: bytes) -> list[Reading]:
        """The items of a stream, in its order."""
        if self._form == "mail" or (not self._form and is_mail(raw)):
            return [self._mail(each) for each in mails_in(raw)]
        text = syntax.decoded(raw)
        if isinstance(text, Unreadable):
            return [Reading(text)]
        if not text.strip("\0 \t\r\n\v\f") or not text.strip():
            return []
        if self._is_json(text):
            return list(self._json(raw, text))
        return self._text(raw, text)

    def documents(self, raw: bytes) -> list[Document]:
        """The documents of a stream that formats can be asked about."""
        text = syntax.decoded(raw)
        if isinstance(text, Unreadable) or not text.strip():
            return []
        if self._is_json(text):
            values = syntax.json_values(raw, text)
            return [Document("json", value, value) for value in values if isinstance(value, dict)]
        return list(self._written(text)) or list(self._logged(text))

    def _is_json(self, text: str) -> bool:
        if self._name:
            return self._formats.syntax_of(self._name) == "json"
        return self._form == "json" or (self._form is None and syntax.looks_like_json(text))

    def _mail(self, raw: bytes) -> Reading:
        """A mail; if it is the notice of a monitoring system, with what that reports in it."""
        from sdcli.intake.mail import parse  # noqa: PLC0415 - only mail pays for it

        if self._largest and len(raw) > self._largest:
            reason = f"the mail is larger than {self._largest} bytes"
            return Reading(Unreadable(reason=reason, raw=raw))
        if not _has_header(raw):
            reason = "it is no mail: it does not begin with a header that a blank line ends"
            return Reading(Unreadable(reason=reason, raw=raw))
        item = parse(raw)
        if isinstance(item, MailItem) and item.is_first:
            return self._noticed(item) or Reading(item)
        return Reading(item)

    def _noticed(self, item: MailItem) -> Reading | None:
        """What a mail that answers nothing reports, if its text begins with the notice."""
        opening = next(filter(str.strip, item.text.split("\n")), "")
        shown = f"From: {item.sender}\nSubject: {item.subject}\n\n{item.text}"
        for document in self._written(shown):
            for reading in self._formats.read(document, self._name) or ():
                if (
                    isinstance(reading.item, (AlertItem, Ignored))
                    and reading.fit
                    and self._formats.opens(reading.fit.format, opening)
                ):
                    return reading._replace(item=replace(item, alerts=(reading.item,)))
        return None

    def _text(self, raw: bytes, text: str) -> list[Reading]:
        """A text: the variables or lines of a monitoring system, its log, or a request."""
        if self._form != "text":
            for document in () if self._is_too_large(raw) else self._written(text):
                read = self._formats.read(document, self._name)
                if read:
                    return read
            logged = self._logged(text)
            read = [each for document in logged for each in self._log_line(document)]
            if read:
                return read
        if self._is_too_large(raw):
            return [Reading(self._too_large(raw))]
        if self._name:
            reason = f"it is not written as {self._formats.syntax_of(self._name)}"
            return [Reading(unrecognised(reason, text, summarised(text, "")[0]))]
        return [Reading(_from_text(text))]

    def _written(self, text: str) -> Iterator[Document]:
        """A text as the syntaxes read it that the desk has formats for."""
        if self._allows("environment") and (found := syntax.environment(text)):
            yield Document("environment", found, text.replace("\0", "\n").strip())
        if self._allows("lines") and (found := syntax.lines(text)):
            yield Document("lines", found, text)

    def _logged(self, text: str) -> list[Document]:
        """The lines of a system log, if it is one and the desk has a format for it."""
        if not self._allows("syslog"):
            return []
        found = syntax.syslog_lines(text, self._now) or []
        return [Document("syslog", parts, line) for parts, line in found]

    def _allows(self, written: Syntax) -> bool:
        if self._name:
            return self._formats.syntax_of(self._name) == written
        return self._formats.has(written)

    def _log_line(self, document: Document) -> list[Reading]:
        line = document.payload.encode()
        if self._is_too_large(line):
            return [Reading(self._too_large(line))]
        read = self._formats.read(document, self._name)
        return read or [Reading(_from_text(document.payload))]

    def _json(self, raw: bytes, text: str) -> Iterator[Reading]:
        if self._is_too_large(raw, _MOST_ITEMS):
            yield from self._json_lines(raw, text)
            return
        is_large = self._is_too_large(raw)
        for value in syntax.json_values(raw, text):
            for reading in self._value(value):
                yield self._limited(reading) if is_large else reading

    def _json_lines(self, raw: bytes, text: str) -> Iterator[Reading]:
        """The items of a stream that is too large for one document: objects, one a line."""
        lines = [line for line in text.split("\n") if line.strip()]
        if not all(line.lstrip().startswith("{") for line in lines) or len(lines) == 1:
            yield Reading(self._too_large(raw))
            return
        for line in lines:
            yield from self._json(line.encode(), line)

    def _value(self, value: Any) -> Iterator[Reading]:
        if isinstance(value, Unreadable):
            yield Reading(value)
        elif isinstance(value, list):
            for entry in value:
                yield from self._value(entry)
        elif isinstance(value, dict):
            yield from self._object(value)
        else:
            yield Reading(_from_text(value if isinstance(value, str) else _shown(value)))

    def _object(self, value: dict[str, Any]) -> list[Reading]:
        if self._form != "json":
            read = self._formats.read(Document("json", value, value), self._name)
            if read is not None:
                return read
        return [Reading(_from_fields(value))]

    def _limited(self, reading: Reading) -> Reading:
        """A reading, or what came as unreadable if that is larger than an item may be."""
        item = reading.item
        if isinstance(item, Unreadable):
            return reading
        raw = msgspec.json.encode(getattr(item, "payload", None) or item)
        return Reading(self._too_large(raw)) if self._is_too_large(raw) else reading

    def _is_too_large(self, raw: bytes, times: int = 1) -> bool:
        return bool(self._most) and len(raw) > self._most * times

    def _too_large(self, raw: bytes) -> Unreadable:
        return Unreadable(reason=f"it is larger than {self._most} bytes", raw=raw)


def _from_fields(value: dict[str, Any]) -> Item:
    """Known keys become the fields of a request; all others are kept beside them."""
    texts = {name: _shown(value[name]) for name in _TEXTS if value.get(name) is not None}
    form = form_fields(value)
    used = {*_TEXTS, *_WISHES, "summary", *form_keys(form)}
    wishes = (_shown(value[name]) for name in _WISHES if value.get(name) is not None)
    texts["wish"] = "; ".join(filter(None, wishes))
    minutes, given = value.get("minutes"), value.get("fields")
    counted = _minutes(minutes)
    used |= {"minutes"} if counted == minutes else set()
    used |= {"fields"} if isinstance(given, dict) else set()
    kept = {**(given if isinstance(given, dict) else {})}
    kept |= {name: entry for name, entry in value.items() if name not in used}
    kept |= form_rest(value)
    if not value.get("summary") and (made := form_summary(value)):
        form["channel"] = PORTAL
        value = {**value, "summary": made}
    summary, details = summarised(_shown(value.get("summary") or ""), texts.pop("details", ""))
    odd = None if summary else unrecognised(_NO_FIT, value)
    return RequestItem(
        summary=odd.summary if odd else summary,
        details="\n\n".join(filter(None, (details, odd.details))) if odd else details,
        minutes=counted,
        fields={str(name): _shown(entry) for name, entry in kept.items()},
        payload=odd.payload if odd else None,
        unrecognised=odd.unrecognised if odd else "",
        **{**form, **texts},
    )


_NO_FIT = "no file of catalog/intake fits it, and it has no summary"


def _minutes(value: Any) -> int:
    """Minutes that can be booked; anything else is none, and is kept as a field."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= _LONGEST_MINUTES else 0


def _from_text(text: str) -> Item:
    """The first line is the summary; the whole text is kept if there is more."""
    summary, details = summarised(text, "")
    return RequestItem(summary=summary or "Empty text on standard input", details=details)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
