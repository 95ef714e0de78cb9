"""Search over the articles: SQLite's full-text index, built from the files in memory.

Title, symptoms, keywords and body are weighed in that order by BM25; words are stemmed by the
Porter stemmer. Every word of a query counts, and none is required: the best fit comes first.
"""

from __future__ import annotations

import re
import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.knowledge.articles import Area, Audience  # noqa: TC001 - msgspec reads the annotations
from sdcli.tickets.words import RequestType  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.knowledge.articles import Article

MARK, UNMARK = "\ue000", "\ue001"
"""Private characters round a match in a snippet; the renderer makes them visible or drops them."""

_WEIGHTS = "0, 8.0, 5.0, 5.0, 1.0"
_MOST_WORDS = 60
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "do",
        "does",
        "every",
        "for",
        "from",
        "get",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "she",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "you",
        "your",
    ]
)
_SNIPPET_WORDS = 16


class Hit(Struct, frozen=True, kw_only=True):
    """An article found; a higher score is a better fit."""

    id: str
    title: str
    score: float
    snippet: str
    type: RequestType
    area: Area
    audience: Audience
    revision: str
    known_error: bool


def search(
    articles: Iterable[Article], query: str, *, type_: str = "", service: str = "", limit: int = 10
) -> list[Hit]:
    """The articles that fit a query, best first; nothing if it holds no word."""
    wanted = {
        article.id: article
        for article in articles
        if (not type_ or article.type == type_) and (not service or service in article.services)
    }
    terms = _terms(query)
    if not terms or not wanted:
        return []
    index = _index(wanted.values())
    try:
        rows = index.execute(
            f"SELECT id, -bm25(kb, {_WEIGHTS}), snippet(kb, -1, ?, ?, ' … ', ?) FROM kb"  # noqa: S608 - constants only
            f" WHERE kb MATCH ? ORDER BY bm25(kb, {_WEIGHTS}), id LIMIT ?",
            (MARK, UNMARK, _SNIPPET_WORDS, terms, limit),
        ).fetchall()
    finally:
        index.close()
    return [_hit(wanted[row[0]], row[1], row[2]) for row in rows]


def listed(article: Article) -> Hit:
    """An article in a list that nobody searched for."""
    return _hit(article, 0.0, article.symptoms[0] if article.symptoms else article.title)


def _terms(query: str) -> str:
    """The query in the index's language: each word, and each pair of neighbours as a phrase.

    A pair that stands together is rare and says much, so it lifts an article above those that
    merely share frequent words.
    """
    words = re.findall(r"\w+", query.casefold())[:_MOST_WORDS]
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    single = (word for word in words if word not in _FUNCTION_WORDS)
    return " OR ".join(f'"{term}"' for term in dict.fromkeys((*single, *pairs)))


def _index(articles: Iterable[Article]) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:")
    index.execute(
        "CREATE VIRTUAL TABLE kb USING fts5(id UNINDEXED, title, symptoms, keywords, body,"
        " tokenize = 'porter unicode61')"
    )
    index.executemany("INSERT INTO kb VALUES (?, ?, ?, ?, ?)", map(_row, articles))
    return index


def _row(article: Article) -> tuple[str, str, str, str, str]:
    body = (article.cause, *article.steps, article.workaround, article.verification)
    return (
        article.id,
        article.title,
        "\n".join(article.symptoms),
        ", ".join(article.keywords),
        "\n".join(body),
    )


def _hit(article: Article, score: float, snippet: str) -> Hit:
    return Hit(
        id=article.id,
        title=article.title,
        score=round(score, 3),
        snippet=_telling(article, " ".join(snippet.split())),
        type=article.type,
        area=article.area,
        audience=article.audience,
        revision=article.revision,
        known_error=article.known_error,
    )


def _telling(article: Article, snippet: str) -> str:
    """A snippet that says more than the title, which is shown beside it."""
    plain = snippet.replace(MARK, "").replace(UNMARK, "")
    return article.symptoms[0] if article.symptoms and plain in article.title else snippet
