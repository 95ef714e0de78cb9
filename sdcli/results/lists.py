"""Lists of tickets, what can be asked of them, and what was done to many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.querying.saved import SavedQuery
    from sdcli.results.tickets import Seen
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket


MOST_NOTICES = 50
"""Beyond so many notices a list only says that there are more."""


class QueryFields(Struct, frozen=True):
    """What can be asked in a query: field, how it is written, what it is."""

    rows: Sequence[tuple[str, str, str]]
    exit_code: int = DONE


class QueriesListed(Struct, frozen=True):
    """Saved queries by name."""

    queries: Mapping[str, SavedQuery]
    exit_code: int = DONE


class BulkPreview(Struct, frozen=True):
    """What one command would do on many tickets; `refused` are those on which it does not apply."""

    tickets: Sequence[Ticket]
    added: Sequence[tuple[Ticket, AnyEvent]]
    refused: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class BulkDone(Struct, frozen=True):
    """What it did; `left` are tickets that the query did not ask for any more.

    `refused`: those on which it does not apply, which were to be left out.
    """

    added: Sequence[tuple[Ticket, AnyEvent]]
    left: Sequence[str] = ()
    refused: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE


class BoardAct(Struct, frozen=True):
    """What somebody did from the board: when, on which ticket, by which command, and what it said.

    `event`: the id of its last event; empty if it added none.
    """

    at: datetime
    ref: str
    act: str
    said: str
    event: str = ""


class BoardLeft(Struct, frozen=True):
    """What was done from the board, in order, when it was left."""

    acts: Sequence[BoardAct]
    exit_code: int = DONE


class Listed(Struct, frozen=True):
    """Tickets in a list; `more` were left off by the limit: see `Reader.most_pressing`.

    `unseen`: how many closed tickets have news and are not in it. `notices`: how many changed
    classifications wait to be seen by the acting person, up to one more than `MOST_NOTICES`.
    `missed_s`: for how long nobody has checked the clocks, if that is too long.
    """

    rows: Sequence[Seen]
    more: int
    unseen: int = 0
    exit_code: int = DONE
    notices: int = 0
    missed_s: int | None = None
