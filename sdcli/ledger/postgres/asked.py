"""From a query to SQL: a condition that every wanted ticket fulfils, and few others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.ledger.postgres.rows import PREFIX, is_plain, key_of, person, plain
from sdcli.ledger.postgres.words import narrowing
from sdcli.tickets.query import NOBODY
from sdcli.tickets.words import OPEN_STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.tickets.query import Query


_DIGITS = 16  # of the longest reference


class Condition(NamedTuple):
    """What stands behind WHERE, and its values.

    Args:
        is_exact: whether it holds for wanted tickets alone, so that none need be read to tell.
    """

    sql: str
    args: list[Any]
    is_exact: bool


def condition(query: Query, alike: Callable[[str], list[str] | None]) -> Condition:
    """What the rows of the wanted tickets have in common; `alike`: see `words.narrowing`."""
    parts, args = _status(query)
    if not query.void:
        parts.append("NOT void")
    if query.record:
        parts.append("record = %s")
        args.append(query.record)
    for name, value in query.narrowed().items():
        if name != "record":
            parts.append(f"{name} = %s")
            args.append(plain(value))
    for name, values in query.among:
        _among(name, values, parts, args)
    if query.changed_from:
        changed = [
            "status = 'closed' AND touched_at >= %s",
            "status <> 'closed' AND touched_at >= %s",
        ]
        parts.append(f"({' OR '.join(changed)})")  # so that indexes of either are fit
        args += [query.changed_from] * 2
    if query.needs_opening:
        _opened(query, alike, parts, args)
    narrowed = query.narrowed().values()
    is_exact = not (query.needs_opening or query.among) and all(map(is_plain, narrowed))
    return Condition(" AND ".join(parts) or "true", args, is_exact)


def _opened(
    query: Query, alike: Callable[[str], list[str] | None], parts: list[str], args: list[Any]
) -> None:
    """What is told by more than the folded fields."""
    if query.user:
        parts.append("number IN (SELECT ticket FROM keys WHERE key = %s)")
        args.append(key_of(person(query.user)))
    if query.needs_validation:
        parts.append("needs_validation")
    if query.with_articles:
        parts.append("articles")
    if query.text and (words := narrowing(query.text, alike)):
        parts.append("number = ANY (ARRAY(SELECT ticket FROM texts WHERE words @@ %s::tsquery))")
        args.append(words)
    if query.act:
        parts.append("number IN (SELECT ticket FROM events WHERE right(id, 8) = %s)")
        args.append(query.act)


def _among(name: str, values: tuple[str, ...], parts: list[str], args: list[Any]) -> None:
    """A field has one of some values; PostgreSQL is not asked about letters beyond ASCII."""
    if name == "ref":
        found = [each[len(PREFIX) :] for each in values if each.startswith(PREFIX.casefold())]
        parts.append("number = ANY (%s::bigint[])")
        args.append([int(each) for each in found if each.isdecimal() and len(each) <= _DIGITS])
        return
    wanted = ["" if name == "assignee" and each == NOBODY else each for each in values]
    parts.append(f"(lower({name}) = ANY (%s) OR {name} ~ '[^ -~]')")
    args.append([plain(each) for each in (*wanted, *values)])


def _status(query: Query) -> tuple[list[str], list[Any]]:
    statuses = list(query.statuses)
    if query.with_articles and query.touched_since:
        return [], []  # whoever only looked has not changed the ticket
    if query.touched_since is not None:
        closed = "status = 'closed' AND touched_at >= %s"
        if query.statuses == OPEN_STATUSES:
            return [f"(status <> 'closed' OR {closed})"], [query.touched_since]
        return ["(status = ANY (%s) OR touched_at >= %s)"], [statuses, query.touched_since]
    is_open = ["status <> 'closed'"] if "closed" not in statuses else []
    if query.statuses == OPEN_STATUSES:
        return is_open, []
    return [*is_open, "status = ANY (%s)"], [statuses]
