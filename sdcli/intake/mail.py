"""A mail read: from the bytes that procmail, Postfix or fetchmail pipe in to one `MailItem`.

The standard library's parser takes the mail apart under its oldest policy, because the newer one
loses raw 8-bit headers and takes very long over some broken ones; every value is then decoded
here, with what mail programs really mean by a charset. What nobody can read is `Unreadable`.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timezone
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sdcli.intake import charsets
from sdcli.intake.attachments import LONGEST_NAME, safe_name
from sdcli.intake.html import from_html
from sdcli.intake.items import MailItem, NewFile, Unreadable
from sdcli.intake.lines import one_line, whole
from sdcli.intake.replies import apart, is_answer
from sdcli.intake.signs import LOOP, signs_of
from sdcli.tickets.event import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

_HEAD = 64 * 1024
_LONGEST_HEADER = 4096
"""Characters of a header that the parser looks into; it takes very long over endless ones."""
_LONGEST_LIST = 200_000
_MOST_ADDRESSES = 1000
_MOST_PARTS = 1000
_LONGEST_ID = 300
_SLACK = 8
"""Characters: white space between text and signature, which nobody misses."""
LONGEST_TEXT = 1_000_000
"""Characters of a text that go into a ticket; the whole text is then a file of it."""
_REPORTS = {
    "message/delivery-status": "Action",
    "message/disposition-notification": "Disposition",
}
_BOUNDARY = re.compile(rb'^--([^\s"]{1,70})[ \t]*\r?\nContent-', re.MULTILINE | re.IGNORECASE)
_DIVIDED = "multipart/x-divided"
"""What is made of a part whose boundary is wrong; it is tried once."""
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_ID = re.compile(r"<([^<>\s]{1,300})>")
_ENDINGS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
}


class _Lenient(policy.Compat32):
    """Headers as texts, raw bytes in them read as what they most likely are."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """The value, cut where the parser would take very long over it."""
        del name
        return charsets.unescaped(value[:_LONGEST_HEADER])

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it came."""
        return f"{name}: {value}{self.linesep}".encode("utf-8", "surrogateescape")


_POLICY = _Lenient()


def parse(raw: bytes) -> MailItem | Unreadable:
    """The mail in these bytes; never an error."""
    if not raw.strip():
        return Unreadable(reason="it is an empty mail", raw=raw)
    raw_lines = _begun(raw)
    try:
        message = BytesParser(policy=_POLICY).parsebytes(raw_lines)
        return _read(message, raw)
    except Exception:  # noqa: BLE001 - the parser's own failures are many: it nests too deeply, …
        return _flat(raw_lines, raw)


def _begun(raw: bytes) -> bytes:
    """A mail from its first header on: without byte order mark and envelope line."""
    lines = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n \t")
    return re.sub(rb"\A>?From [^\r\n]*(?:\r\n|\r|\n)", b"", lines)


def _flat(raw_lines: bytes, raw: bytes) -> MailItem | Unreadable:
    """A mail whose structure nobody can follow: its headers, and all the rest as one text."""
    try:
        message = BytesHeaderParser(policy=_POLICY).parsebytes(raw_lines)
        del message["Content-Type"]
        return _read(message, raw)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is kept and not a failure
        return Unreadable(reason=f"the mail cannot be read: {error!r}"[:300], raw=raw)


def _read(message: Message, raw: bytes) -> MailItem | Unreadable:
    if not message.keys() and b"\0" in raw:
        return Unreadable(reason="it is no mail: it has no headers and holds NUL bytes", raw=raw)
    subject = _line(message, "Subject")
    references = tuple(dict.fromkeys([
        *_ids(message, "In-Reply-To"), *reversed(_ids(message, "References"))
    ]))  # fmt: skip
    answers_one = is_answer(subject, answers=bool(references))
    content = _Body(message, crlf=b"\r\n" in raw[:_HEAD], answers=answers_one)
    people = _addresses(message, "From") or _addresses(message, "Sender")
    name, sender = (people or _addresses(message, "Reply-To") or [("", "")])[0]
    answers = _addresses(message, "Reply-To")
    text = re.sub(r"\r+\n?", "\n", whole(content.text)).replace("\0", "\ufffd").strip()
    shown = text[:LONGEST_TEXT]
    parts = apart(shown, subject, answers=bool(references))
    is_whole = len(shown) == len(text) and len(parts.said) + _SLACK >= len(text)
    kept = [] if is_whole or content.html else [_own("message.txt", text.encode(), "text/plain")]
    return MailItem(
        id=_id_of(message, raw),
        sender=sender,
        senders=tuple(dict.fromkeys(address.casefold() for _, address in people)),
        sender_name=name,
        reply_to=next((address for _, address in answers if address != sender), ""),
        to=tuple(address for _, address in _addresses(message, "To")),
        cc=tuple(address for _, address in _addresses(message, "Cc")),
        subject=subject,
        body=parts.body,
        text=shown,
        signature=parts.signature,
        references=references,
        signs=_signs(message, sender, subject),
        lists=_lists(message),
        desk=_line(message, LOOP),
        forwarded_from=one_line(parts.forwarded_from) or content.forwarded_from,
        returned=tuple(content.returned),
        returned_from=tuple(content.returned_from),
        fate=_fate(message, content.actions),
        raw=raw,
        date=_date(message),
        files=tuple(_named([*content.files, *content.html, *kept])),
    )


class _Body:
    """What is in a mail: `text`, `html` as it came, and `files`, in the order of the parts.

    `answers`: it answers another mail, so that what its HTML quotes is marked.
    """

    def __init__(self, message: Message, *, crlf: bool, answers: bool) -> None:
        self._answers = answers
        self._lines = _POLICY.clone(linesep="\r\n") if crlf else _POLICY
        self.files: list[NewFile] = []
        self.html: list[NewFile] = []
        self.returned: list[str] = []
        self.returned_from: list[str] = []
        self.actions: list[str] = []
        self.forwarded_from = ""
        self._parts = 0
        self.text = "\n\n".join(filter(None, self._walk(message, top=True)))

    def _walk(self, part: Message, *, top: bool = False) -> list[str]:
        """The texts of a part and of all inside it; its files are kept on the way."""
        self._parts += 1
        kind = part.get_content_type()
        if self._parts > _MOST_PARTS:
            self._keep(part, self._whole(part), kind)
        elif kind.startswith("message/"):
            self._inner(part, kind)
        elif part.is_multipart():
            return self._several(part, kind)
        elif kind.startswith("multipart/"):
            return self._unbounded(part)
        else:
            return self._leaf(part, kind, top=top)
        return []

    def _several(self, part: Message, kind: str) -> list[str]:
        texts = [self._walk(each) for each in _inside(part)]
        if kind == "multipart/alternative":
            # The plain one comes first, and the richest last; an empty one says nothing.
            return next((text for text in texts if any(text)), [])
        return [text for each in texts for text in each]

    def _unbounded(self, part: Message) -> list[str]:
        """The texts of a part that nobody divides where it says: divided where it is, or whole."""
        content = _decoded(part)
        mark = _BOUNDARY.search(content[:_HEAD])
        if mark and part.get_content_type() != _DIVIDED:
            head = b'Content-Type: %s; boundary="%s"\n\n' % (_DIVIDED.encode(), mark[1])
            return self._walk(BytesParser(policy=_POLICY).parsebytes(head + content))
        text = charsets.text(content, part.get_content_charset() or "").strip()
        return [from_html(text, answers=self._answers) if text[:1] == "<" else text]

    def _leaf(self, part: Message, kind: str, *, top: bool) -> list[str]:
        """A single part: a text to read, or a file."""
        content = _decoded(part)
        attached = part.get_content_disposition() == "attachment" or bool(_filename(part))
        is_html = kind == "text/html"
        if kind == "text/rfc822-headers":
            self._is_returned(BytesHeaderParser(policy=_POLICY).parsebytes(content))
        if attached or not (is_html or kind == "text/plain" or (top and kind.startswith("text/"))):
            self._keep(part, content, kind)
            return []
        text = charsets.text(content, part.get_content_charset() or "")
        if not is_html:
            return [text.strip()]
        self.html.append(_own("message.html", content, kind))
        return [from_html(text, answers=self._answers)]

    def _inner(self, part: Message, kind: str) -> None:
        """A mail inside a mail is a file of it; a report's tells what did not arrive."""
        inner = next(iter(_inside(part)), None)
        if kind in _REPORTS:
            for each in _inside(part):
                self.actions.append(_line(each, _REPORTS[kind]).casefold())
                self.returned += _ids(each, "Original-Message-ID")
        if kind == "message/rfc822" and inner is not None:
            self._is_returned(inner)
            people = _addresses(inner, "From")
            self.forwarded_from = self.forwarded_from or (people[0][1] if people else "")
        self._keep(part, self._whole(part), kind, _line(inner, "Subject") if inner else "")

    def _whole(self, part: Message) -> bytes:
        """The content of a part that holds others, as it came."""
        raw = b"\n".join(each.as_bytes(policy=self._lines) for each in _inside(part))
        raw = raw or _decoded(part)
        if str(part.get("Content-Transfer-Encoding", "")).strip().casefold() != "base64":
            return raw
        import base64  # noqa: PLC0415 - a few mail programs do what no mail should
        import binascii  # noqa: PLC0415

        try:
            return base64.b64decode(re.sub(rb"\s+", b"", raw), validate=True)
        except binascii.Error:
            return raw

    def _is_returned(self, inner: Message) -> None:
        self.returned += _ids(inner, "Message-ID")
        self.returned_from += [address for _, address in _addresses(inner, "From")]

    def _keep(self, part: Message, content: bytes, kind: str, subject: str = "") -> None:
        fallback = f"{subject[: LONGEST_NAME - 4]}.eml" if subject else ""
        name = _filename(part) or fallback or f"file-{len(self.files) + 1}{_ending(kind)}"
        self.files.append(_file(safe_name(name), content, kind))


def _inside(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if part.is_multipart() else []


def _decoded(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as it can be."""
    try:
        content: Any = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - broken encodings fail in many ways; then it stays encoded
        content = None
    if isinstance(content, bytes):
        return content
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _file(name: str, content: bytes, kind: str) -> NewFile:
    return NewFile(name=name, content=content, mime=one_line(kind)[:100])


def _own(name: str, content: bytes, kind: str) -> NewFile:
    """A text of the mail itself, as a file."""
    return NewFile(name=name, content=content, mime=one_line(kind)[:100], is_own=True)


def _named(files: Iterable[NewFile]) -> Iterator[NewFile]:
    """The files, each name once."""
    from msgspec.structs import replace  # noqa: PLC0415 - few mails have files of one name

    taken: set[str] = set()
    for each in files:
        name, number = each.name, 1
        while name in taken:
            number += 1
            stem, dot, ending = each.name.rpartition(".")
            name = f"{stem}-{number}{dot}{ending}" if stem else f"{each.name}-{number}"
        taken.add(name)
        yield each if name == each.name else replace(each, name=name)


def _filename(part: Message) -> str:
    """The name a part is given, decoded (RFC 2231, RFC 2047); empty if it has none."""
    for parameter, of in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        try:
            value = part.get_param(parameter, header=of)
            if value is not None:
                name = charsets.header(collapse_rfc2231_value(value))
                if name:
                    return name
        except Exception:  # noqa: BLE001, S112 - broken parameters fail in many ways
            continue
    return ""


def _ending(kind: str) -> str:
    import mimetypes  # noqa: PLC0415 - only a file without a name pays for it

    return _ENDINGS.get(kind) or mimetypes.guess_extension(kind, strict=False) or ""


def _raw(message: Message, name: str) -> list[str]:
    """All values of a header, raw bytes in them read as text, on one line each."""
    wanted = name.casefold()
    return [
        charsets.unescaped(value, *(() if value.isascii() else _charsets(message)))
        for value in (
            re.sub(r"[\r\n]+", "", str(value[:_LONGEST_LIST]))
            for key, value in message.raw_items()
            if key.casefold() == wanted
        )
    ]


def _line(message: Message, name: str) -> str:
    """The first value of a header, decoded, on one line."""
    wanted = name.casefold()
    found = (value for key, value in message.raw_items() if key.casefold() == wanted)
    value = str(next(found, ""))[:_LONGEST_LIST]
    return charsets.header(value, *(() if value.isascii() else _charsets(message)))


def _charsets(message: Message) -> list[str]:
    """What the parts of a mail are written in: what its raw headers probably are, too."""
    found, waiting = [""], [message]
    while waiting and len(found) < _MOST_PARTS:
        part = waiting.pop(0)
        found.append(part.get_content_charset() or "")
        waiting += _inside(part)
    several = [each for each in dict.fromkeys(found) if each]
    return sorted(several, key=lambda name: name.startswith(("iso-8859", "us-ascii", "windows")))


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """Names and addresses of a header; whatever looks like an address if it is broken."""
    values = [value for value in _raw(message, name) if value.strip()]
    try:
        pairs = getaddresses(values)
    except Exception:  # noqa: BLE001 - as `_filename`
        pairs = []
    found = [(charsets.header(said), one_line(at)) for said, at in pairs if "@" in at]
    if not found:
        found = [("", match) for value in values for match in _ADDRESS.findall(value)]
    return found[:_MOST_ADDRESSES]


def _ids(message: Message, name: str) -> list[str]:
    """The ids of mails in a header, without their brackets."""
    values = _raw(message, name)
    found = [match for value in values for match in _ID.findall(value)]
    return (found or [token for value in values for token in value.split() if "@" in token])[-200:]


def _id_of(message: Message, raw: bytes) -> str:
    """The mail's id, or one made from what does not change when it is delivered again (T22)."""
    given = one_line(next(iter(_ids(message, "Message-ID")), ""))
    if given and len(given) <= _LONGEST_ID:
        return given
    same = hashlib.sha256()
    for name in ("From", "To", "Date", "Subject", "Message-ID"):
        same.update("\0".join((name, *_raw(message, name), "")).encode("utf-8", "replace"))
    same.update(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n").strip())
    return f"{same.hexdigest()[:32]}@sha256.invalid"


def _fate(message: Message, actions: Sequence[str]) -> str:
    """What a report says of a mail; empty for what is none (RFC 3464, RFC 8098)."""
    if message.get_content_type() != "multipart/report":
        return ""
    if str(message.get_param("report-type")).casefold() == "disposition-notification":
        return "deleted" if any("deleted" in action for action in actions) else "read"
    known = {action.partition(" ")[0] for action in actions}
    return next((fate for fate in ("failed", "delayed", "delivered") if fate in known), "failed")


def _signs(message: Message, sender: str, subject: str) -> tuple[str, ...]:
    is_report = message.get_content_type() == "multipart/report"
    kind = str(message.get_param("report-type") or "delivery-status") if is_report else ""
    return tuple(
        one_line(sign)
        for sign in signs_of(
            lambda name: _raw(message, name), sender=sender, subject=subject, report=kind.casefold()
        )
    )


def _lists(message: Message) -> tuple[str, ...]:
    """The addresses of the lists it came through; `List-Id` has a dot for the at sign."""
    posts = [address for value in _raw(message, "List-Post") for address in _ADDRESS.findall(value)]
    ids = [value.rpartition("<")[2].strip("> ") for value in _raw(message, "List-Id")]
    dotted = [each.replace(".", "@", 1) for each in ids if "." in each]
    return tuple(dict.fromkeys([*(post.removeprefix("mailto:") for post in posts), *dotted]))


def _date(message: Message) -> datetime | None:
    """When it was written, in UTC; None where it says nothing sensible."""
    try:
        at = parsedate_to_datetime(next(iter(_raw(message, "Date")), ""))
        return instant((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).isoformat())
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
