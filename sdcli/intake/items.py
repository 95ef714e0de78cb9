"""The kinds of item that an input stream can hold, whatever format they came in."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

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
    """A request as plain fields, named as the options of `open` (R1a.3).

    `no_contact` is the reason why nobody can be reached; `previous` the reference of the same
    request made before.
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
    caller_class: str = ""
    unit: str = ""
    site: str = ""
    no_contact: str = ""
    previous: str = ""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something that cannot be read; it is kept as it came, with the reason."""

    reason: str
    raw: bytes


Item: TypeAlias = AlertItem | RequestItem | Unreadable
Format: TypeAlias = Literal["alertmanager", "json", "text"]

_SUMMARY_LENGTH = 200


def linked(item: RequestItem, previous: str) -> RequestItem:
    """The request, with the reference of the same one made before."""
    return replace(item, previous=previous)


def summarised(text: str, details: str) -> tuple[str, str]:
    """A summary of one line, and the details with whatever of the text did not fit into it."""
    whole = text.strip()
    line = whole.split("\n", 1)[0].strip()
    summary = line if len(line) <= _SUMMARY_LENGTH else line[: _SUMMARY_LENGTH - 1] + "…"
    if summary == whole:
        return summary, details
    return summary, "\n\n".join(filter(None, (whole, details)))
