"""What the search of the site looks through, as a script that works from a folder without a server.

Of the longer texts only the words are in it, each once: that is all that a search asks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import json

from sdcli.publish import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sdcli.knowledge.articles import Article

_WORD = re.compile(r"\w+")
_LONGEST_WORD = 60
_NAME = "SDCLI_SEARCH"


def search_data(
    articles: Sequence[Article],
    services: Mapping[str, str],
    synonyms: Mapping[str, tuple[str, ...]],
    secret: frozenset[str],
    plain: Callable[[str], str],
) -> bytes:
    """The script that names every published article and its words.

    Args:
        articles: those that are published.
        services: the names of services by id.
        synonyms: further words by word or phrase; those that no article has are left out.
        secret: words of articles that are not for everybody; a name with one that is in no
            published article is left out too (R3a.2).
        plain: gives a Markdown text without its marks.
    """
    rows = [_row(article, services, plain) for article in articles]
    known = {word for row in rows for value in row.values() for word in _words(value)}
    told = {"articles": rows, "synonyms": dict(_useful(synonyms, known, secret - known))}
    return f'"use strict";\nwindow.{_NAME} = {_script(told)};\n'.encode("ascii")


def _row(
    article: Article, services: Mapping[str, str], plain: Callable[[str], str]
) -> dict[str, str]:
    symptoms = [plain(each) for each in article.symptoms]
    title = clean.line(article.title) or article.id
    body = (article.cause, *article.steps, article.workaround, article.verification)
    names = dict.fromkeys(services[id_] for id_ in article.services if id_ in services)
    shown = {*_words(title), *(word for each in symptoms for word in _words(each))}
    return {
        "id": article.id,
        "title": title,
        "symptoms": "\n".join(symptoms),
        "keywords": ", ".join(clean.line(each) for each in article.keywords),
        "services": ", ".join(names),
        "body": " ".join(
            dict.fromkeys(w for t in body for w in _words(plain(t)) if w not in shown)
        ),
    }


def words_of(articles: Iterable[Article]) -> frozenset[str]:
    """Every word of articles, as they are written."""
    return frozenset(word for article in articles for word in _all_words(article))


def _all_words(article: Article) -> Iterator[str]:
    texts = (
        article.title,
        *article.symptoms,
        article.cause,
        *article.steps,
        article.workaround,
        article.verification,
        *article.keywords,
    )
    return (word for text in texts for word in _words(text))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if len(word) <= _LONGEST_WORD]


def _useful(
    synonyms: Mapping[str, tuple[str, ...]], known: set[str], secret: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    """Synonyms that lead to something, as the page's search compares them."""
    for said, others in sorted(synonyms.items()):
        words = dict.fromkeys(word for other in others for word in _words(other) if word in known)
        key = _words(said)
        if words and key and secret.isdisjoint(key):
            yield " ".join(key), list(words)


def _script(value: Any) -> str:
    """A value as source text of a script: ASCII, and nothing in it ends or begins a tag."""
    return re.sub(r"[^\x20-\x7e]|[<>&]", _escaped, json.encode(value).decode())


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
