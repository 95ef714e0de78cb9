"""Articles: found, shown, written, given to callers, counted and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import DONE, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.errors import Problem
    from sdcli.insight.information import Candidate
    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.bring import ImportedFile
    from sdcli.knowledge.figures import Advice, Figures
    from sdcli.knowledge.hits import Hit
    from sdcli.knowledge.recall import Recipient
    from sdcli.policy.model import Policy
    from sdcli.results.tickets import Seen
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Sharing


class Found(Struct, frozen=True):
    """Knowledge articles and past tickets, best first; in part, if a file could not be read."""

    query: str
    hits: Sequence[Hit]
    exit_code: int = DONE
    ref: str = ""


class ArticleShown(Struct, frozen=True):
    """One knowledge article.

    `superseded_by`: the articles that take its place. `as_markdown`: as a document of its own.
    `figures`: what became of it, at its present revision and at earlier ones; `tickets`: where, the
    newest first (R3a.1a).
    """

    article: Article
    exit_code: int = DONE
    expired: bool = False
    superseded_by: Sequence[str] = ()
    as_markdown: bool = False
    figures: Sequence[Figures] = ()
    tickets: Sequence[str] = ()


class ArticleWritten(Struct, frozen=True):
    """A knowledge article whose file was written, or found to be right already.

    `action` is `created`, `edited`, `unchanged`, `reviewed`, `retired` or `restored`; `before` is
    the article as it was, if it was there.
    """

    action: str
    file: str
    article: Article
    before: Article | None = None
    notes: Sequence[str] = ()
    exit_code: int = DONE


class ArticleDrafted(Struct, frozen=True):
    """The text of an article that was not written; `missing` are the options that it lacks."""

    text: str
    missing: Sequence[str] = ()
    exit_code: int = DONE


class ArticlesDue(Struct, frozen=True):
    """The articles that have expired or will by the day `until`, the first to expire first.

    `following` is the one that comes next after that day. Days are dates of the desk's zone.
    """

    articles: Sequence[Article]
    today: str
    until: str
    following: Article | None = None
    exit_code: int = DONE

    def days_left(self, article: Article) -> int:
        """How many days it has until it expires; negative if it has."""
        from datetime import date  # noqa: PLC0415 - only the list of expiry needs it

        return (date.fromisoformat(article.expires) - date.fromisoformat(self.today)).days


class ArticlesLinted(Struct, frozen=True):
    """Sound articles: how many were looked at, and what is worth a look."""

    articles: int
    remarks: Sequence[Problem]
    exit_code: int = DONE


class ArticlesImported(Struct, frozen=True):
    """What became of each file of a folder of articles.

    `gone`: articles whose file is no longer in the folder.
    """

    files: Sequence[ImportedFile]
    gone: Sequence[str]
    dry_run: bool
    exit_code: int = DONE


class Shared(Struct, frozen=True, kw_only=True):
    """What became of an article that the caller might be given (R3a.2).

    Args:
        text: what the caller is to read, with the link; empty if nothing was sent.
        sent_to: the address that it was mailed to; empty if it was not.
        is_expired: whether the review of what was sent is overdue.
    """

    seen: Seen
    article: Article
    decision: Sharing
    text: str = ""
    link: str = ""
    sent_to: str = ""
    is_expired: bool = False
    exit_code: int = DONE


class Statistics(Struct, frozen=True, kw_only=True):
    """What became of articles in a period, what to do about them, and what is asked again.

    Args:
        rows: an article and revision each, in the order of ids.
        best_effort: the tickets for which no article fitted.
        is_narrowed: whether certain articles were asked for; then there is no advice.
    """

    rows: Sequence[Figures]
    advice: Sequence[Advice]
    questions: Sequence[Candidate]
    best_effort: Sequence[str]
    since: datetime | None
    until: datetime | None
    is_narrowed: bool = False
    exit_code: int = DONE

    @property
    def told(self) -> list[Figures]:
        """The rows to tell: those that were asked for, else those of which anything became."""
        return [
            each
            for each in self.rows
            if self.is_narrowed or any((each.shown, each.read, each.sent, each.applied))
        ]


class Recalled(Struct, frozen=True, kw_only=True):
    """Who was given an article that says something else by now, or is not to be used any more.

    Args:
        article: as it is now; None if it is gone. `wanted`: the only revision asked for.
        tickets: those of the people, by reference.
    """

    id: str
    article: Article | None
    wanted: str
    people: Sequence[Recipient]
    tickets: Mapping[str, Ticket]
    policy: Policy
    exit_code: int = DONE

    def reach(self, found: Recipient) -> list[str]:
        """How somebody who was given it can be reached: where it was sent, and their own contacts."""
        from sdcli.tickets.event import ArticleSent  # noqa: PLC0415 - a search shows no events

        ticket = self.tickets[found.ref]
        opening = ticket.opening
        sent = [
            event.address
            for event in ticket.standing
            if isinstance(event, ArticleSent) and event.article.id == self.id
        ]
        contact = self.policy.contact(found.person)
        known = (contact[1].phone, contact[1].mail) if contact else ()
        own = () if opening.on_behalf_of else (opening.phone, opening.mail)
        return [
            each for each in dict.fromkeys((*sent, *own, *known)) if each and each != found.person
        ]


Unpublished: TypeAlias = Literal["audience", "retired", "expired", "unsound"]
"""Why an article is not on the self-help site."""


class LeftOut(Struct, frozen=True, kw_only=True):
    """An article that is not published.

    Args:
        id: its id; the name of its file, if that cannot be read.
        why: the rule; `told`: the same in words.
    """

    id: str
    why: Unpublished
    told: str


class SitePublished(Struct, frozen=True, kw_only=True):
    """The self-help site that was written, or that would be.

    Args:
        folder: where; empty if none was named.
        written: whether it was; else it was only looked at.
        articles: those on it; `left_out`: those that are not, and why.
        bulletins: how many stand on the front page.
        files: how many there are, with all their `bytes`; `changed`: how many of them are new or
            other ones; `search_bytes`: those of what the search looks through.
        report_to: where callers turn to.
        problems: what is wrong with other files that the site is made of.
        is_emptied: whether the site that was there had articles, and this one has none.
    """

    folder: str
    written: bool
    articles: Sequence[Article]
    bulletins: int
    left_out: Sequence[LeftOut]
    files: int
    changed: int
    bytes: int
    search_bytes: int
    report_to: str
    problems: Sequence[Problem] = ()
    is_emptied: bool = False

    @property
    def exit_code(self) -> int:
        """8 if an article for callers, or another file, could not be read or is faulty."""
        unsound = any(each.why == "unsound" for each in self.left_out)
        return PARTLY_DONE if unsound or self.problems else DONE
