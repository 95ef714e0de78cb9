"""What to list: a frozen query that any home of the ledger can answer the same way."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.event import ArticleSent, ArticlesShown, ArticlesUsed, Contacted, act_of
from sdcli.tickets.words import OPEN_STATUSES, PROBLEM, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.tickets.ticket import Ticket


AMONG = ("ref", "status", "type", "service", "priority", "queue", "assignee")
"""Fields that may be narrowed to several values."""

NOBODY = "none"
"""What stands for the assignee of a ticket that nobody works on."""


class Face(Struct, frozen=True, kw_only=True):
    """The folded fields of a ticket that lists narrow and order by; quicker to read than all."""

    ref: str
    status: str
    type: str
    service: str
    priority: str
    queue: str
    assignee: str | None = None
    opened_at: datetime
    updated_at: datetime
    imported_at: datetime | None = None
    record: Record = "request"
    void: bool = False

    @property
    def touched_at(self) -> datetime:
        """See `Ticket.touched_at`."""
        return max(self.updated_at, self.imported_at or self.updated_at)


class Query(Struct, frozen=True, kw_only=True):
    """Which tickets: empty fields do not narrow. `text` matches what the ticket says.

    `with_articles`: only those on which something became of a knowledge article.

    `touched_since` also lets in closed tickets that changed at or after that instant, so that
    a check that slept misses nothing. `record`: help requests, problems, or both if it is empty.
    `void`: what should never have been too. `act`: only those on which one command did something.

    `among`: fields of `AMONG`, each with values in small letters any of which it must have.
    `changed_from`: only those that changed at or after that instant, closed or not.
    """

    statuses: tuple[str, ...] = OPEN_STATUSES
    queue: str = ""
    assignee: str = ""
    user: str = ""
    type: str = ""
    priority: str = ""
    service: str = ""
    text: str = ""
    needs_validation: bool = False
    touched_since: datetime | None = None
    record: Record | Literal[""] = "request"
    with_articles: bool = False
    void: bool = False
    act: str = ""
    among: tuple[tuple[str, tuple[str, ...]], ...] = ()
    changed_from: datetime | None = None

    def matches(self, ticket: Ticket) -> bool:
        """Whether the ticket is wanted."""
        marked = ticket.needs_validation or not self.needs_validation
        known = not self.with_articles or has_articles(ticket)
        return (
            marked
            and known
            and (not self.act or any(act_of(event) == self.act for event in ticket.events))
            and (self.fits(ticket) or self._speaks(ticket))
            and self._person(ticket)
            and self._words(ticket)
        )

    def _speaks(self, ticket: Ticket) -> bool:
        """Whether it spoke of an article since then; that somebody looked is no change of it (T15)."""
        since = self.touched_since
        if not self.with_articles or since is None:
            return False
        newest = max((each.entered or each.at for each in ticket.events), default=since)
        return newest >= since and replace(self, statuses=(ticket.status,)).fits(ticket)

    def fits(self, ticket: Ticket | Face) -> bool:
        """Whether the folded fields are those of a wanted ticket."""
        touched = self.touched_since is not None and ticket.touched_at >= self.touched_since
        return (
            (ticket.status in self.statuses or touched)
            and (self.void or not ticket.void)
            and self.record in ("", ticket.record)
            and self.queue in ("", ticket.queue)
            and self.assignee in ("", ticket.assignee)
            and self.type in ("", ticket.type)
            and self.priority in ("", ticket.priority)
            and self.service in ("", ticket.service)
            and all(_has(ticket, name, values) for name, values in self.among)
            and (self.changed_from is None or ticket.touched_at >= self.changed_from)
        )

    def narrowed(self) -> dict[str, str]:
        """The folded fields that must have one value, and the value."""
        names = ("queue", "assignee", "type", "priority", "service")
        found = {name: value for name in names if (value := getattr(self, name))}
        # That it is a request is said by no row: nothing is stored that was so before problems.
        return found | ({"record": self.record} if self.record == PROBLEM else {})

    @property
    def needs_opening(self) -> bool:
        """Whether more than the `Face` must be read to tell if a ticket is wanted."""
        return bool(
            self.user or self.text or self.needs_validation or self.with_articles or self.act
        )

    def _person(self, ticket: Ticket) -> bool:
        if not self.user:
            return True
        opening = ticket.opening
        return self.user in (ticket.requester, opening.on_behalf_of, opening.mail)

    def _words(self, ticket: Ticket) -> bool:
        if not self.text:
            return True
        text = "\n".join(texts(ticket)).casefold()
        return all(word in text for word in self.text.casefold().split())


def _has(ticket: Ticket | Face, name: str, values: tuple[str, ...]) -> bool:
    """Whether a field has one of these values, in whatever letters."""
    return (getattr(ticket, name) or NOBODY).casefold() in values


def says(ticket: Ticket, phrase: str) -> bool:
    """Whether these words stand in a ticket together, in this order."""
    said = " ".join("\n".join(texts(ticket)).casefold().split())
    return " ".join(phrase.casefold().split()) in said


def has_articles(ticket: Ticket) -> bool:
    """Whether something became of a knowledge article on a ticket."""
    if ticket.articles or ticket.opening.read:
        return True
    kinds = (ArticlesShown, ArticlesUsed, ArticleSent)
    return any(isinstance(event, kinds) for event in ticket.standing)


def texts(ticket: Ticket) -> Iterator[str]:
    """What a ticket can be found by: its words and those of its contacts, articles, a form's state."""
    opening = ticket.opening
    yield ticket.summary
    yield opening.details
    yield from ticket.request.told().values()
    yield from (event.text for event in ticket.standing if type(event) is Contacted)
    yield opening.procedure
    yield ticket.cause
    yield ticket.workaround
    for use in opening.read:
        yield use.id
    for name, value in opening.state.items():
        yield f"{name}={value}"


def pressing(tickets: Iterable[Ticket]) -> list[Ticket]:
    """The most pressing first: by priority, then the oldest."""
    return sorted(tickets, key=urgency)


def urgency(ticket: Ticket | Face) -> tuple[str, datetime, int, str]:
    """What tickets are ordered by: priority, age, and at last the reference."""
    return ticket.priority, ticket.opened_at, len(ticket.ref), ticket.ref
