"""Figures of articles: what became of them, how often they helped, and what to do about them.

Every number counts tickets, and each ticket once (R3a.1a, R3a.4, R3b.1a).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.outcomes import What
    from sdcli.knowledge.uses import Row

NONE = ("", "")
"""What stands for no article in the register of uses: the answer was a best effort (R3a.1)."""

_Z = 1.959964  # the two-sided 95 % point of the normal distribution
_FEW = 5
"""From so many results on, the rate of success says something."""
_POOR, _GOOD = 50.0, 80.0
_OFTEN_SHOWN = 10
_OFTEN_HELPED = 3


class Success(Struct, frozen=True):
    """How often an article helped, of so many tickets on which that was said.

    Args:
        percent: the rate; `low` and `high`: between which it lies with a confidence of 95 %, by
            Wilson's score interval, which is sound for few tickets too.
    """

    percent: float
    low: float
    high: float
    of: int


class Figures(Struct, frozen=True, kw_only=True):
    """What became of an article at one revision; each a number of tickets.

    Args:
        title: empty if the article is not there any more.
        is_present: whether this is what the article says now.
        is_flagged: whether it made things worse as it is now (R4.1).
    """

    id: str
    title: str
    revision: str
    is_present: bool
    is_flagged: bool = False
    shown: int = 0
    read: int = 0
    sent: int = 0
    needed_help: int = 0
    applied: int = 0
    helped: int = 0
    no_effect: int = 0
    harmful: int = 0
    success: Success | None = None


Step: TypeAlias = Literal["retire", "enhance", "publish"]


class Advice(Struct, frozen=True):
    """What to do about an article, and why (R3b.1a)."""

    step: Step
    id: str
    title: str
    owner: str
    reason: str


def success(helped: int, others: int) -> Success | None:
    """The rate of success with its interval; None where nothing was said."""
    of = helped + others
    if not of:
        return None
    rate = helped / of
    spread = _Z * sqrt(rate * (1 - rate) / of + _Z**2 / (4 * of**2))
    middle, scale = rate + _Z**2 / (2 * of), 1 + _Z**2 / of
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Success(_percent(rate), _percent(max(0.0, low)), _percent(min(1.0, high)), of)


def _percent(share: float) -> float:
    return round(100 * share, 1)


def figures(
    rows: Iterable[Row],
    articles: Mapping[str, Article],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Figures]:
    """The figures of every article and revision of which something became, by id.

    What an article says now comes before what it said earlier, and is there in any case.
    """
    tickets: dict[tuple[str, str], dict[What, set[str]]] = defaultdict(lambda: defaultdict(set))
    for article in articles.values():
        tickets[article.id, article.revision] = defaultdict(set)
    for row in rows:
        if (since is None or row.use.at >= since) and (until is None or row.use.at < until):
            tickets[row.use.article, row.use.revision][row.use.what].add(row.ref)
    tickets.pop(NONE, None)
    found = [
        _figures(articles.get(id_), id_, revision, of) for (id_, revision), of in tickets.items()
    ]
    return sorted(found, key=lambda each: (_order(each.id), not each.is_present))


def without_article(
    rows: Iterable[Row], *, since: datetime | None = None, until: datetime | None = None
) -> list[str]:
    """The tickets for which no article fitted, in their order (R3a.1)."""
    found = (
        row.ref
        for row in rows
        if row.use.what == "none"
        and (since is None or row.use.at >= since)
        and (until is None or row.use.at < until)
    )
    return list(dict.fromkeys(found))


def _order(article: str) -> tuple[str, int]:
    prefix, _, number = article.rpartition("-")
    return prefix, int(number) if number.isdigit() else 0


def _figures(
    article: Article | None, id_: str, revision: str, tickets: Mapping[What, set[str]]
) -> Figures:
    def count(what: What) -> int:
        return len(tickets.get(what, ()))

    is_present = article is not None and article.revision == revision
    others = count("no-effect") + count("harmful")
    return Figures(
        id=id_,
        title=article.title if article else "",
        revision=revision,
        is_present=is_present,
        is_flagged=is_present and count("harmful") > 0,
        shown=count("shown"),
        read=count("read"),
        sent=count("sent"),
        needed_help=count("needed-help"),
        applied=count("applied"),
        helped=count("helped"),
        no_effect=count("no-effect"),
        harmful=count("harmful"),
        success=success(count("helped"), others),
    )


def is_anything(found: Figures) -> bool:
    """Whether something became of it at all."""
    return any((found.shown, found.read, found.sent, found.applied))


def advice(found: Sequence[Figures], articles: Mapping[str, Article], today: date) -> list[Advice]:
    """What to retire, to enhance and to publish, each with the reason (R3b.1a, R3a.2)."""
    heirs = {old: each.id for each in articles.values() for old in each.supersedes}
    told: list[Advice] = []
    for each in found:
        article = articles.get(each.id)
        if article is not None and each.is_present and not article.is_retired:
            told += _advice(each, article, heirs.get(each.id, ""), today)
    order: tuple[Step, ...] = ("retire", "enhance", "publish")
    return sorted(told, key=lambda one: (order.index(one.step), _order(one.id)))


def _advice(found: Figures, article: Article, heir: str, today: date) -> Iterator[Advice]:
    def say(step: Step, reason: str) -> Advice:
        return Advice(step, article.id, article.title, article.owner, reason)

    retire = _to_retire(found, article, heir, today)
    if retire:
        yield say("retire", retire)
        return
    enhance = "; ".join(_to_enhance(found, article, today))
    if enhance:
        yield say("enhance", enhance)
    elif article.audience == "desk" and _is_proven(found):
        yield say("publish", f"it helped on {found.helped} tickets, and only the desk may read it")


def _to_retire(found: Figures, article: Article, heir: str, today: date) -> str:
    if heir:
        return f"{heir} supersedes it"
    if date.fromisoformat(article.expires) < today and not is_anything(found):
        return f"it expired on {article.expires}, and nothing became of it"
    rate = found.success
    if rate and rate.of >= _FEW and rate.high < _POOR:
        return f"it helped on {found.helped} of {rate.of} tickets"
    return ""


def _to_enhance(found: Figures, article: Article, today: date) -> Iterator[str]:
    if found.harmful:
        yield f"it made things worse on {_tickets(found.harmful)}"
    rate = found.success
    if rate and rate.of >= _FEW and rate.high < _GOOD:
        yield f"it helped on {found.helped} of {rate.of} tickets"
    if found.needed_help >= _OFTEN_HELPED and 2 * found.needed_help >= found.sent:
        yield f"{found.needed_help} of {_tickets(found.sent)} needed help with it"
    if found.shown >= _OFTEN_SHOWN and not found.applied + found.sent:
        yield f"it was shown on {_tickets(found.shown)} and used on none"
    if date.fromisoformat(article.expires) < today + timedelta(days=30) and is_anything(found):
        yield f"it is in use, and its review is due on {article.expires}"


def _is_proven(found: Figures) -> bool:
    rate = found.success
    return bool(rate and found.helped >= _OFTEN_HELPED and rate.low >= _POOR and not found.harmful)


def _tickets(count: int) -> str:
    return f"{count} ticket{'' if count == 1 else 's'}"
