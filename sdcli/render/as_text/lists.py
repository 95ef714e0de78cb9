"""Lists of tickets, what can be asked of them, and what was done to many at once, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import missed
from sdcli.render.as_text.tables import TICKET, cut_to, table, ticket_row
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.lists import (
    MOST_NOTICES,
    BoardLeft,
    BulkDone,
    BulkPreview,
    Listed,
    QueriesListed,
    QueryFields,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.render.as_text import Lines, Screen


def _previewed(result: BulkPreview, screen: Screen) -> Lines:
    from sdcli.render.as_text.bulk import preview_text  # noqa: PLC0415 - one command's

    out, err = preview_text(result)
    return fitted(out, screen.width), err


def _bulk_done(result: BulkDone, screen: Screen) -> Lines:
    from sdcli.render.as_text.bulk import done_text  # noqa: PLC0415 - one command's

    out, err = done_text(result)
    return fitted(out, screen.width), err


def _paired(rows: Sequence[tuple[str, str]], screen: Screen) -> list[str]:
    """Names and what they are, below one another."""
    wide = max((len(name) for name, _ in rows), default=0) + 2
    return fitted([f"{name:<{wide}}{about}" for name, about in rows], screen.width, wide)


def _query_fields(result: QueryFields, screen: Screen) -> Lines:
    rows = [(written, about) for _, written, about in result.rows]
    return _paired(rows, screen), ["Next: sdcli list FIELD:WORD ..."]


def _queries_listed(result: QueriesListed, screen: Screen) -> Lines:
    rows = [
        (f"@{name}", line(f"{each.query}   {each.about}".rstrip()))
        for name, each in result.queries.items()
    ]
    none = ["No query is saved; `sdcli query save NAME QUERY` saves one."]
    return _paired(rows, screen), [] if rows else none


def _board_left(result: BoardLeft, screen: Screen) -> Lines:
    """What was done from the board, each in a line as its command would have said it."""
    told = [f"{words.instant(each.at)}  {line(each.said)}" for each in result.acts]
    return fitted(told, screen.width), [] if told else ["Nothing was done from the board."]


def _listed(result: Listed, screen: Screen) -> Lines:
    unseen = words.count(result.unseen, "closed ticket")
    has = "has" if result.unseen == 1 else "have"
    news = [f"{unseen} {has} news; `sdcli list --news` shows them."] if result.unseen else []
    news += missed(result.missed_s, "has")
    waiting = words.count(result.notices, "notice")
    if result.notices > MOST_NOTICES:
        waiting = f"More than {MOST_NOTICES} notices"
    wait = "waits" if result.notices == 1 else "wait"
    if result.notices:
        news.append(f"{waiting} of yours {wait} to be seen; `sdcli notices` shows them.")
    if not result.rows:
        return [], ["No tickets match. `sdcli list --all` also shows closed ones.", *news]
    from sdcli.tickets.query import MOST_LEFT  # noqa: PLC0415 - only lists

    headers = [screen.style(name, underline=True) for name in TICKET]
    rows = cut_to([headers, *(ticket_row(row, screen) for row in result.rows)], screen)
    left = words.count(result.more, "more ticket")
    if result.more > MOST_LEFT:
        left = f"More than {MOST_LEFT} others"
    more = [f"{left}; `--limit 0` shows all."]
    return table(rows), [*(more if result.more else []), *news]


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Listed: _listed,
    BulkPreview: _previewed,
    BulkDone: _bulk_done,
    BoardLeft: _board_left,
    QueryFields: _query_fields,
    QueriesListed: _queries_listed,
}
