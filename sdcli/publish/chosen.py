"""Which articles callers may read, and why the others are left out (R3a.2).

What is left out here gets no page, no row of the search and no link: nothing of it is published.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sdcli.results.knowledge import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.knowledge.articles import Article, Shelf
    from sdcli.policy.scalars import Day
    from sdcli.results.knowledge import Unpublished


class Choice(NamedTuple):
    """The articles to publish, by id, and those that are not."""

    articles: list[Article]
    left_out: list[LeftOut]


def choose(shelf: Shelf, day: Day, *, with_expired: bool) -> Choice:
    """What callers may read on a day: for callers, in use, sound, and not past its date.

    Args:
        shelf: the articles, checked against the desk's other files.
        day: today, by the desk's clocks.
        with_expired: take those past their date too; their pages say so.
    """
    taken: list[Article] = []
    left: list[LeftOut] = [*_unreadable(shelf)]
    for _, article in sorted(shelf.articles.items()):
        reason = _against(article, shelf, day, with_expired=with_expired)
        if reason is None:
            taken.append(article)
        else:
            left.append(LeftOut(id=article.id, why=reason[0], told=reason[1]))
    return Choice(taken, left)


def is_expired(article: Article, day: Day) -> bool:
    """Whether an article is past its date; on the date itself it still holds."""
    return article.expires < day


def _against(
    article: Article, shelf: Shelf, day: Day, *, with_expired: bool
) -> tuple[Unpublished, str] | None:
    """The first rule that leaves an article out."""
    if article.audience != "user":
        return "audience", f"it is for {article.audience} and not for callers"
    if article.id in shelf.unsound:
        return "unsound", "its file is wrong: `sdcli lint` says where"
    if article.is_retired:
        return "retired", f"it is retired since {article.retired}"
    if is_expired(article, day) and not with_expired:
        return "expired", f"it expired on {article.expires}"
    return None


def _unreadable(shelf: Shelf) -> Iterator[LeftOut]:
    """Files that hold no article that can be read."""
    for file in dict.fromkeys(each.file for each in shelf.problems):
        name = os.path.basename(file)
        if not any(_holds(name, id_) for id_ in shelf.articles):
            yield LeftOut(id=name, why="unsound", told="its file is wrong: `sdcli lint` says where")


def _holds(file: str, article_id: str) -> bool:
    return file == f"{article_id}.yaml" or file.startswith(f"{article_id}-")
