"""From the bytes on standard input to items, each a readable one or kept as unreadable.

A stream is one JSON document, several of them one a line, or plain text. Text that begins like
JSON and is none has been cut or damaged on its way: it is unreadable, not a request.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sdcli.intake.alertmanager import is_alertmanager, read_alertmanager
from sdcli.intake.items import Format, Item, RequestItem, Unreadable, summarised

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
)
DEEPEST = 100
_LONGEST_MINUTES = 24 * 60


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
    """The JSON values of a stream; what is none is `Unreadable` and leaves the others alone.

    Only objects, each on a line of its own, make a stream of several: anything else that is not
    one document has been cut or damaged, and its parts mean nothing alone.
    """
    whole = _json(text.encode(), raw)
    if not isinstance(whole, Unreadable):
        return [whole]
    lines = [line for line in text.split("\n") if line.strip()]
    if not all(line.lstrip().startswith("{") for line in lines):
        return [whole]
    values = [_json(line.encode(), line.encode()) for line in lines]
    return values if any(isinstance(value, dict) for value in values) else [whole]


def _json(text: bytes, raw: bytes) -> Any:
    """The value of a JSON text; `raw` is what is kept if it is none."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(reason=f"it is not whole JSON: {error}", raw=raw)
    if is_deep(value):
        return Unreadable(reason=f"it is nested deeper than {DEEPEST} levels", raw=raw)
    return value


def is_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether a value nests deeper than any tool can be expected to follow."""
    layer = [value] if isinstance(value, (dict, list)) else []
    for _ in range(deepest):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return bool(layer)


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
    used = {*_TEXTS, "summary"}
    minutes, given = value.get("minutes"), value.get("fields")
    counted = _minutes(minutes)
    used |= {"minutes"} if counted == minutes else set()
    used |= {"fields"} if isinstance(given, dict) else set()
    kept = {**(given if isinstance(given, dict) else {})}
    kept |= {name: entry for name, entry in value.items() if name not in used}
    summary, details = summarised(_shown(value.get("summary") or ""), texts.pop("details", ""))
    return RequestItem(
        summary=summary or "Unrecognised JSON on standard input",
        details=details,
        minutes=counted,
        fields={str(name): _shown(entry) for name, entry in kept.items()},
        payload=None if summary else value,
        **texts,
    )


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
