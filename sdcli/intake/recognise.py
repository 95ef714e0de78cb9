"""From the bytes on standard input to items, each a readable one or kept as unreadable.

A stream is one JSON document, several of them one a line, or plain text. Text that begins like
JSON and is none has been cut or damaged on its way: it is unreadable, not a request.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sdcli.intake.alertmanager import is_alertmanager, read_alertmanager
from sdcli.intake.items import Format, Item, RequestItem, Unreadable

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
)
_SUMMARY_LENGTH = 200


def recognise(raw: bytes, form: Format | None = None) -> list[Item]:
    """The items of a stream; `form` says what it must be where a person knows."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [Unreadable(reason=f"it is not UTF-8 text (byte {error.start})", raw=raw)]
    if "\0" in text:
        return [Unreadable(reason="it is not text: it holds NUL bytes", raw=raw)]
    if not text.strip():
        return []
    if form == "text" or (form is None and text.lstrip()[0] not in "{["):
        return [_from_text(text)]
    return [item for line in _documents(raw, text) for item in _from_document(line, form)]


def _documents(raw: bytes, text: str) -> list[Any]:
    """The JSON values of a stream; what is none is `Unreadable` and leaves the others alone."""
    whole = _json(raw.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(whole, Unreadable):
        return [whole]
    lines = [line for line in text.splitlines() if line.strip()]
    values = [_json(line.encode()) for line in lines]
    some_read = any(not isinstance(value, Unreadable) for value in values)
    return values if some_read and lines[0].lstrip().startswith("{") else [whole]


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(reason=f"it is not whole JSON: {error}", raw=raw)


def _from_document(value: Any, form: Format | None) -> list[Item]:
    if isinstance(value, Unreadable):
        return [value]
    if isinstance(value, list):
        return [item for entry in value for item in _from_document(entry, form)]
    if isinstance(value, dict):
        if form == "alertmanager" or (form is None and is_alertmanager(value)):
            return read_alertmanager(value)
        return [_from_fields(value)]
    return [_from_text(value if isinstance(value, str) else _shown(value))]


def _from_fields(value: dict[str, Any]) -> Item:
    """Known keys become the fields of a request; all others are kept beside them."""
    texts = {name: _shown(value[name]) for name in _TEXTS if value.get(name) is not None}
    minutes = value.get("minutes")
    counted = minutes if isinstance(minutes, int) and not isinstance(minutes, bool) else 0
    known = {*_TEXTS, "summary", "fields", *(["minutes"] if counted == minutes else [])}
    given = value.get("fields")
    fields = {str(k): _shown(v) for k, v in given.items()} if isinstance(given, dict) else {}
    fields |= {name: _shown(entry) for name, entry in value.items() if name not in known}
    summary = _shown(value.get("summary") or "").strip()
    return RequestItem(
        summary=_first_line(summary) or "Unrecognised JSON on standard input",
        minutes=max(0, counted),
        fields=fields,
        payload=None if summary else value,
        **texts,
    )


def _from_text(text: str) -> Item:
    """The first line is the summary; the whole text is kept if there is more."""
    body = text.strip()
    summary = _first_line(body)
    return RequestItem(summary=summary, details="" if summary == body else body)


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    line = lines[0].strip() if lines else ""
    return line if len(line) <= _SUMMARY_LENGTH else line[: _SUMMARY_LENGTH - 1] + "…"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
