"""Finding facts in a document of an unknown system by the names that systems commonly use."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sdcli.intake import convert
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = (
    "alert", "incident", "problem", "issue", "alarm", "event", "data", "payload", "notification",
    "check", "monitor", "trigger", "detail", "details", "labels",
)  # fmt: skip
"""The objects in a document that speak of the alert before others do."""
_OTHERS = frozenset({
    "user", "users", "contact", "owner", "author", "actor", "sender", "assignee", "creator",
    "customer", "requester", "account", "organization", "organisation", "company", "team",
    "project", "repository", "request", "headers", "links", "config", "schedule", "previous",
    "previousstate", "prechange", "snapshots", "annotations", "documentation",
})  # fmt: skip
"""The objects that speak of something else."""
_TAGS = ("tags", "labels", "dimensions", "attributes")
"""Lists of pairs that are read as objects."""
_FORMERLY = ("previous", "prev", "old", "last", "from", "http", "response", "target")
"""How names begin that only end like the one that is meant."""
_DEEPEST = 2
_MOST_PLACES = 50
_CALLED = ("name", "displayname", "title", "hostname", "label", "summary", "value")
_LONGEST_NAME = 100
_MOST_NAMES = 200
"""So many names of an object are looked at."""


def named(document: Any, names: str) -> Any:
    """What a document says under the first of some names that it has, at the top or below.

    Args:
        document: any JSON value; only an object has names.
        names: in small letters, blanks between them. `alertname` stands for `alertName`,
            `alert_name`, `Alert-Name` and so on; `*status` for all that end so.

    Returns:
        A text, number or truth value that says something; of an object its own name. None if
        there is nothing.
    """
    return first(places(document), names)


def meant(document: Any, names: str, kind: str) -> Any:
    """As `named`, but only a known word of a kind: `status`, `end` (of a status) or `severity`."""
    return next((value for value in found(places(document), names) if _is_known(value, kind)), None)


def _is_known(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return False
    if kind == "end":
        return convert.status(value) == "resolved"
    if kind == "status":
        return convert.status(value) is not None
    return convert.severity(value) != UNKNOWN


def first(several: list[dict[str, Any]], names: str) -> Any:
    """As `named`, in places that have been looked up."""
    return next(found(several, names), None)


def found(several: list[dict[str, Any]], names: str) -> Iterator[Any]:
    """All that some places say under some names, as `named` reads them."""
    for name in names.split():
        for place in several:
            for value in _values(place, name):
                said = _name_of(value) if isinstance(value, dict) else value
                if not isinstance(said, (list, type(None))) and convert.text(said):
                    yield said


def _values(place: dict[str, Any], name: str) -> Iterator[Any]:
    """What an object has under a name, or under the names that end like it."""
    if not name.startswith("*"):
        yield place.get(name)
        return
    for each, value in place.items():
        if each.endswith(name[1:]) and not each.startswith(_FORMERLY):
            yield value


def places(document: Any) -> list[dict[str, Any]]:
    """The document and the objects in it that speak of the alert, their names folded."""
    layer = [folded(document)] if isinstance(document, dict) else []
    found = list(layer)
    for _ in range(_DEEPEST):
        layer = [folded(inner) for outer in layer for inner in _inside(outer)]
        found += layer
    return found[:_MOST_PLACES]


def _inside(place: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in an object, those that surely speak of the alert first."""
    names = [*_FIRST, *(name for name in place if name not in _FIRST and name not in _OTHERS)]
    inner = [_object(place, name) for name in names]
    return [each for each in inner if isinstance(each, dict)]


def _object(place: dict[str, Any], name: str) -> Any:
    """What stands under a name; tags as an object, however they are written."""
    value = place.get(name)
    if name in _TAGS and isinstance(value, list):
        return convert.labels(value[:_MOST_NAMES])
    return value


def folded(value: dict[str, Any]) -> dict[str, Any]:
    """An object under its names in small letters, without what stands between their letters."""
    names: dict[str, Any] = {}
    for name in list(value)[:_MOST_NAMES]:
        names.setdefault(_fold(str(name)), value[name])
    return names


@lru_cache(maxsize=4096)
def _fold(name: str) -> str:
    """A name in small letters and digits only; payloads repeat theirs."""
    return "".join(c for c in name[:_LONGEST_NAME].casefold() if c.isalnum())


def _name_of(value: dict[str, Any]) -> Any:
    """What an object is called."""
    names = folded(value)
    said = (names.get(name) for name in _CALLED)
    return next((each for each in said if isinstance(each, (str, int)) and each), None)
