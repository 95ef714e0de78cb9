"""From a query to SQL: a condition that every wanted ticket fulfils, and few others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.ledger.postgres.rows import is_plain, key_of, person, plain
from sdcli.tickets.words import OPEN_STATUSES

if TYPE_CHECKING:
    from sdcli.tickets.query import Query


class Condition(NamedTuple):
    """What stands behind WHERE, and its values.

    Args:
        is_exact: whether it holds for wanted tickets alone, so that none need be read to tell.
    """

    sql: str
    args: list[Any]
    is_exact: bool


def condition(query: Query) -> Condition:
    """What the rows of the wanted tickets have in common."""
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
    if query.user:
        parts.append("number IN (SELECT ticket FROM keys WHERE key = %s)")
        args.append(key_of(person(query.user)))
    if query.needs_validation:
        parts.append("needs_validation")
    if query.with_articles:
        parts.append("articles")
    if query.act:
        parts.append("number IN (SELECT ticket FROM events WHERE right(id, 8) = %s)")
        args.append(query.act)
    is_exact = not query.needs_opening and all(map(is_plain, query.narrowed().values()))
    return Condition(" AND ".join(parts) or "true", args, is_exact)


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
