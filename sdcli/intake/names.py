"""Finding facts in a document of an unknown system by the names that systems commonly use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.intake import convert
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES = (
    "alert", "data", "event", "payload", "incident", "check", "monitor", "issue", "problem",
    "notification", "alarm", "trigger", "detail", "details", "object", "attributes", "test",
    "site", "heartbeat", "service", "host", "body", "message", "result", "context", "labels",
)  # fmt: skip
"""The objects in a document that speak of the alert too, in the order they are looked at."""
_CALLED = ("name", "displayname", "title", "hostname", "label", "summary", "value")
_MOST_NAMES = 200
"""So many names of an object are looked at."""


def named(document: Any, names: str) -> Any:
    """What a document says under the first of some names that it has, at the top or one level down.

    Args:
        document: any JSON value; only an object has names.
        names: in small letters, blanks between them. `alertname` stands for `alertName`,
            `alert_name`, `Alert-Name` and so on.

    Returns:
        A text, number or truth value that says something; of an object its own name. None if
        there is nothing.
    """
    return next(_found(document, names), None)


def meant(document: Any, names: str, kind: str) -> Any:
    """As `named`, but only what is a known word of a kind: `status` or `severity`."""
    return next((value for value in _found(document, names) if _is_known(value, kind)), None)


def _is_known(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return False
    if kind == "status":
        return convert.status(value) is not None
    return convert.severity(value) != UNKNOWN


def _found(document: Any, names: str) -> Iterator[Any]:
    places = _places(document)
    for name in names.split():
        for place in places:
            value = place.get(name)
            if isinstance(value, dict):
                value = _name_of(value)
            if not isinstance(value, (list, type(None))) and convert.text(value):
                yield value


def _places(document: Any) -> list[dict[str, Any]]:
    """The document and the objects in it that speak of the alert, their names folded."""
    if not isinstance(document, dict):
        return []
    top = _folded(document)
    inner = (top.get(place) for place in _PLACES)
    return [top, *(_folded(each) for each in inner if isinstance(each, dict))]


def _folded(value: dict[str, Any]) -> dict[str, Any]:
    """An object under its names in small letters, without what stands between their letters."""
    folded: dict[str, Any] = {}
    for name in list(value)[:_MOST_NAMES]:
        folded.setdefault("".join(c for c in str(name).casefold() if c.isalnum()), value[name])
    return folded


def _name_of(value: dict[str, Any]) -> Any:
    """What an object is called."""
    folded = _folded(value)
    said = (folded.get(name) for name in _CALLED)
    return next((each for each in said if isinstance(each, (str, int)) and each), None)
