"""What became of articles on one ticket, read from its events (R3a.4, R4.1, R1a.3c).

A ticket counts once for each article, revision and thing that happened. What an article did is
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sdcli.tickets.event import AnyEvent, ArticleUse
    from sdcli.tickets.ticket import Ticket

What: TypeAlias = Literal[
    "shown", "read", "sent", "needed-help", "applied", "helped", "no-effect", "harmful", "none"
]
"""What became of an article on a ticket.

It was shown to the desk, read by the caller before asking, sent to the caller, who needed help
with it; it was applied, and helped, had no effect or made things worse. `none`: no article fitted,
and the answer was a best effort (R3a.1).
"""

WHATS: tuple[What, ...] = get_args(What)
HARMFUL: What = "harmful"
RESULTS: tuple[What, ...] = ("helped", "no-effect", "harmful")
"""What an article did, where that was said."""

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
    """All that became of articles on a ticket, each once, in the order of first happening."""
    found: dict[tuple[str, str, str, str], Use] = {}
    results: dict[tuple[str, str], Use] = {}
    for event in ticket.events:
        if type(event) is Reopened:
            results = {key: _taken_back(use) for key, use in results.items()}
        for use in _said(ticket, event):
            key = (use.article, use.revision)
            if use.what in RESULTS:
                results[key] = use
                use = use._replace(what="applied")  # noqa: PLW2901 - whatever it did, it was done
            found.setdefault((*key, use.what, use.to), use)
    return [*found.values(), *results.values()]


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
        yield from (Use(each.id, each.revision, "read", event.at, reader) for each in event.read)
    elif isinstance(event, ArticlesShown):
        yield from (Use(each.id, each.revision, "shown", event.at) for each in event.articles)
    elif isinstance(event, ArticleSent):
        if event.decision == "sent":
            yield _of(event.article, "sent", event.at, event.to)
    elif isinstance(event, ArticleReceived) and event.receipt.help_needed == "yes":
        yield _of(event.article, "needed-help", event.at)


def ids_of(ticket: Ticket) -> set[str]:
    """The articles that the desk speaks of on a ticket, or on a problem, whatever it did with them."""
    found: set[str] = set()
    for event in ticket.events:
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
    for event in ticket.events:
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
