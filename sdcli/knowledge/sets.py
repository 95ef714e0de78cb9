"""Changes of an article's fields as they are typed: `owner=network`, `steps+=…`, `steps.2=…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sdcli.errors import FieldError, listed, nearest
from sdcli.knowledge.write import FIELDS, LISTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.knowledge.articles import Article

_FORM = re.compile(r"([a-z_-]+)(?:\.([0-9]{1,4}))?(\+?)=(.*)", re.DOTALL)
_FIXED = {
    "id": "the id of an article stays",
    "retired": "`sdcli kb retire` says so",
    "because": "`sdcli kb retire` says so",
    "source": "it comes from the import",
    "source_hash": "it comes from the import",
    "source_revision": "it comes from the import",
}
_COMMAS = ("services", "roles", "keywords", "supersedes")


def changed(article: Article, typed: Sequence[str]) -> dict[str, Any]:
    """The new values by the names of the fields; None takes one out of the file.

    Raises:
        FieldError: one of them is no change of a field.
    """
    found: dict[str, Any] = {}
    begun: set[str] = set()
    for each in typed:
        form = _FORM.fullmatch(each)
        if not form:
            raise FieldError(f"{each!r} is not FIELD=VALUE, such as owner=network.")
        name, number, adds, value = form[1].replace("-", "_"), form[2], form[3], form[4].strip()
        _require_field(name)
        if name not in LISTS:
            if number or adds:
                raise FieldError(f"`{name}` is no list: write {name}=VALUE.")
            found[name] = _single(name, value)
            continue
        entries = list(found.get(name, getattr(article, name)))
        if number:
            entries = _put(name, entries, int(number), value)
        else:
            if not adds and name not in begun:
                entries = []
            entries += _split(name, value)
        begun.add(name)
        found[name] = tuple(entries)
    return {name: _or_none(name, value) for name, value in found.items()}


def _require_field(name: str) -> None:
    if name in _FIXED:
        raise FieldError(f"`{name}` cannot be set: {_FIXED[name]}.")
    if name not in FIELDS:
        known = [each for each in FIELDS if each not in _FIXED]
        close = nearest(name, known)
        hint = f"did you mean `{close}`?" if close else f"there are {listed(known, 30)}."
        raise FieldError(f"An article has no field `{name}`; {hint}")


def _single(name: str, value: str) -> Any:
    if name != "known_error":
        return value or None
    if value not in ("true", "false"):
        raise FieldError(f"`known_error` is true or false, not {value!r}.")
    return value == "true"


def _split(name: str, value: str) -> list[str]:
    parts = value.split(",") if name in _COMMAS else [value]
    return [part.strip() for part in parts if part.strip()]


def _put(name: str, entries: list[str], number: int, value: str) -> list[str]:
    """The list with its entry of a number, from 1, changed, or taken out."""
    if not 1 <= number <= len(entries):
        raise FieldError(f"`{name}` has {len(entries)} entries, so there is no {name}.{number}.")
    return [*entries[: number - 1], *([value] if value else []), *entries[number:]]


def _or_none(name: str, value: Any) -> Any:
    """An optional list that is empty is left out of the file."""
    return None if name in ("roles", "supersedes") and not value else value
