"""What became of articles on one ticket, read from its events (R3a.4, R4.1, R1a.3c).

A ticket counts once for each article, revision and thing that happened, however often. What an article did is
what was said of it last, so that a mistake can be put right; one that helped with a solution that
was taken back did not help after all, unless it is said again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from sdcli.tickets.event import (
    ArticleReceived,
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    Closed,
    Edition,
    KnownErrorDeclared,
    NoticeTaken,
    Opened,
    Reopened,
    Resolved,
)
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sdcli.tickets.event import AnyEvent, ArticleUse
    from sdcli.tickets.ticket import Ticket

What: TypeAlias = Literal[
    "shown",
    "read",
    "sent",
    "explained",
    "needed-help",
    "applied",
    "helped",
    "no-effect",
    "harmful",
    "none",
]
"""What became of an article on a ticket.

It was shown to the desk, read by the caller before asking, sent or explained to the caller, who
needed help with it; it was applied, and helped, had no effect or made things worse. `none`: no article fitted,
and the answer was a best effort (R3a.1).
"""

WHATS: tuple[What, ...] = get_args(What)
HARMFUL: What = "harmful"
RESULTS: tuple[What, ...] = ("helped", "no-effect", "harmful")
"""What an article did, where that was said."""

_GIVEN: dict[str, What] = {"sent": "sent", "interpreted": "explained"}
_SAID: dict[str, What] = {"shared": "sent", "applied": "applied"}


class Use(NamedTuple):
    """One thing that became of an article at one revision on a ticket, and when, in UTC.

    `to`: whom it was sent to, or who read it.
    """

    article: str
    revision: str
    what: What
    at: datetime
    to: str = ""


def uses_of(ticket: Ticket) -> list[Use]:
    """All that became of articles on a ticket, whenever it happened, in order; then what they did.

    Of what an article did at a revision, and of whether the caller needed help, only what was said
    last is there.
    """
    found: list[Use] = []
    results: dict[tuple[str, str], Use] = {}
    helped: dict[tuple[str, str], Use | None] = {}
    for event in ticket.standing:
        if type(event) is Reopened:
            results = {key: _taken_back(use) for key, use in results.items()}
        if isinstance(event, ArticleReceived) and event.receipt.help_needed != UNKNOWN:
            needed = event.receipt.help_needed == "yes"
            use = _of(event.article, "needed-help", event.at)
            helped[use.article, use.revision] = use if needed else None
        for use in _said(ticket, event):
            if use.what in RESULTS:
                results[use.article, use.revision] = use
                use = use._replace(what="applied")  # noqa: PLW2901 - whatever it did, it was done
            found.append(use)
        for id_, revision in _unsaid(event):
            results.pop((id_, revision), None)
    return [*dict.fromkeys(found), *filter(None, helped.values()), *results.values()]


def _unsaid(event: AnyEvent) -> list[tuple[str, str]]:
    """The articles of which an event says that nobody knows what they did."""
    if not isinstance(event, (ArticlesUsed, Resolved, Closed)):
        return []
    return [(use.id, use.revision) for use in event.articles if use.outcome == UNKNOWN]


def _taken_back(use: Use) -> Use:
    return use._replace(what="no-effect") if use.what == "helped" else use


def _said(ticket: Ticket, event: AnyEvent) -> Iterator[Use]:
    """What one event says of articles."""
    if isinstance(event, ArticlesUsed) and not event.articles:
        yield Use("", "", "none", event.at)
    elif isinstance(event, (ArticlesUsed, Resolved, Closed)):
        yield from (_used(ticket, each, event.at) for each in event.articles)
    elif isinstance(event, Opened):
        reader = event.on_behalf_of or event.requester
        yield from (_read(each, event.at, reader) for each in event.read)
    elif isinstance(event, ArticlesShown):
        yield from (Use(each.id, each.revision, "shown", event.at) for each in event.articles)
    elif isinstance(event, ArticleSent):
        what = _GIVEN.get(event.decision)
        if what is not None:
            yield _of(event.article, what, event.at, event.to)


def _read(use: ArticleUse, at: datetime, reader: str) -> Use:
    """What a caller has read; earlier versions kept `ID@REVISION` in one."""
    id_, _, revision = use.id.partition("@")
    return Use(id_, use.revision or revision, "read", at, reader)


def ids_of(ticket: Ticket) -> set[str]:
    """The articles that the desk speaks of on a ticket, or on a problem, whatever it did with them."""
    found: set[str] = set()
    for event in ticket.standing:
        if isinstance(event, (ArticlesShown, ArticlesUsed, Resolved, Closed)):
            found.update(each.id for each in event.articles)
        elif isinstance(event, (ArticleSent, ArticleReceived)):
            found.add(event.article.id)
        elif isinstance(event, KnownErrorDeclared):
            found.add(event.article)
    return found


def _of(article: Edition, what: What, at: datetime, to: str = "") -> Use:
    return Use(article.id, article.revision, what, at, to)


def _used(ticket: Ticket, use: ArticleUse, at: datetime) -> Use:
    results = {str(each): each for each in RESULTS}
    what = (_SAID | results).get(use.outcome, "applied")
    to = ticket.opening.on_behalf_of or ticket.requester if what == "sent" else ""
    return Use(use.id, use.revision, what, at, to)


class Harm(NamedTuple):
    """Articles that made things worse; and by their id, what was said of them since (R4.1)."""

    used: ArticlesUsed
    otherwise: dict[str, What]


def harm_unseen(ticket: Ticket, person: str) -> tuple[Harm, ...]:
    """What articles did that made things worse, as far as somebody has not seen it (R4.1)."""
    if person not in ticket.notices:
        return ()
    found: tuple[ArticlesUsed, ...] = ()
    for event in ticket.standing:
        if isinstance(event, ArticlesUsed) and person in event.tell:
            found = (*found, event)
        elif isinstance(event, NoticeTaken) and person in event.ends:
            found = ()
    if not found:
        return ()
    last = {(use.article, use.revision): use.what for use in uses_of(ticket) if use.what in RESULTS}
    return tuple(Harm(each, _otherwise(each, last)) for each in found)


def _otherwise(used: ArticlesUsed, last: Mapping[tuple[str, str], What]) -> dict[str, What]:
    """What is said now of those that were said to have made things worse."""
    now = {
        each.id: last.get((each.id, each.revision), HARMFUL)
        for each in used.articles
        if each.outcome == HARMFUL
    }
    return {name: what for name, what in now.items() if what != HARMFUL}
