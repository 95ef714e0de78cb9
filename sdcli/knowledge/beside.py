"""What is searched together with the articles and is not in their index (R3b.1, R3c2.1a).

Procedures and standard changes are few: they are read through with each search, and their words
are weighed as if they stood in articles, so that the scores of both can be held against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sdcli.knowledge.hits import Explained, Hit, Share
from sdcli.knowledge.index import K1, B
from sdcli.knowledge.query import matching, weight_of
from sdcli.knowledge.snippets import candidates, promising, snippet
from sdcli.knowledge.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sdcli.knowledge.hits import Kind
    from sdcli.knowledge.index import Filters, Index
    from sdcli.knowledge.query import Term

_FIELDS = ("title", "symptoms", "keywords", "body")
_WEIGHTS = (2.0, 2.0, 2.0, 1.0)
"""As in an article, where what it is for stands as its symptoms."""
_HEADLINE = 14.0
"""How many words the title and the keywords of an article have, about."""


class Beside(NamedTuple):
    """A document that the index does not hold.

    Args:
        describes: what it is for; `body`: what else it says.
        expires: the day through which it is good.
    """

    id: str
    kind: Kind
    type: str
    title: str
    describes: str
    keywords: tuple[str, ...]
    body: tuple[str, ...]
    services: tuple[str, ...]
    audience: str
    revision: str
    expires: str


class _Read(NamedTuple):
    """A document with the stems of its fields."""

    document: Beside
    stems: list[list[str]]

    @property
    def length(self) -> int:
        """How many words it has."""
        return sum(map(len, self.stems))


def passes(document: Beside, filters: Filters) -> bool:
    """Whether a document is among what is searched for."""
    wanted = (
        (filters.type, document.type),
        (filters.area, "service"),
        (filters.audience, document.audience),
    )
    return (
        all(not given or given == own for given, own in wanted)
        and (not filters.service or filters.service in document.services)
        and (not filters.kinds or document.kind in filters.kinds)
    )


class Sought(NamedTuple):
    """What is looked for.

    Args:
        terms: each counts, and none is needed; `phrases`: what must stand together.
        neighbours: what adds something if it stands together, each with how much as its weight.
        filters: which documents are wanted; the others count for how rare a word is.
        headline: what title and keywords by themselves add.
        is_expired: whether something is that is good through a day.
        explain: whether to tell how scores came to be.
    """

    terms: Sequence[Term]
    phrases: Sequence[Term]
    neighbours: Sequence[Term]
    filters: Filters
    headline: float
    is_expired: Callable[[str], bool]
    explain: bool = False

    @property
    def every(self) -> tuple[Term, ...]:
        """All that is looked for, whatever it is worth."""
        return (*self.terms, *self.phrases, *self.neighbours)


def rank(documents: Sequence[Beside], index: Index, sought: Sought) -> list[Hit]:
    """Those documents in which any of the terms stands, with their scores, the best first."""
    texts = [_texts(each) for each in documents]
    stems = dict(index.stems({word for term in sought.every for word in term.words}))
    named = [_name(term, stems) for term in (*sought.terms, *sought.phrases)]
    stems |= index.stems(candidates((text for fields in texts for text in fields), named))
    read = [
        _Read(each, [[stems.get(word, word) for word in words(text)] for text in fields])
        for each, fields in zip(documents, texts, strict=True)
    ]
    scale = _Scale(index, sought, stems, read)
    hits = []
    for each in read:
        if not passes(each.document, sought.filters):
            continue
        if not all(_holds(each, _name(phrase, stems)) for phrase in sought.phrases):
            continue
        shares = scale.shares(each)
        score = sum(share.score for share in shares)
        if score > 0:
            said = _said(each.document, named, stems)
            told = Explained(
                shares=tuple(sorted(shares, key=lambda share: -share.score)), words=_rounded(score)
            )
            expired = sought.is_expired(each.document.expires)
            found = _hit(each.document, score, said, told if sought.explain else None)
            hits.append(replace(found, expired=expired))
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def _texts(each: Beside) -> tuple[str, ...]:
    return (each.title, each.describes, "\n".join(each.keywords), "\n".join(each.body))


def _name(term: Term, stems: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(stems.get(word, word) for word in term.words)


def _count(said: Sequence[str], name: Sequence[str]) -> int:
    """How often stems stand together in a text."""
    size, wanted = len(name), list(name)
    return sum(
        1 for at, stem in enumerate(said) if stem == name[0] and said[at : at + size] == wanted
    )


def _holds(each: _Read, name: Sequence[str]) -> bool:
    return any(_count(field, name) for field in each.stems)


class _Tells(NamedTuple):
    """How much a term tells: where it stands in a text, and where it stands in a headline."""

    text: float
    headline: float


class _Scale:
    """What terms are worth, by how few of all documents have them, those of the index too."""

    def __init__(
        self, index: Index, sought: Sought, stems: Mapping[str, str], read: Sequence[_Read]
    ) -> None:
        self._sought, self._stems = sought, stems
        self._mean = index.mean_words
        count = max(index.count + len(read), 1)
        self._tells: dict[tuple[str, ...], _Tells] = {}
        for term in (*sought.terms, *sought.neighbours):
            name, match = _name(term, stems), matching([term])
            here = sum(1 for each in read if _holds(each, name))
            heads = sum(1 for each in read if _count(_head(each), name))
            self._tells[name] = _Tells(
                weight_of(index.fits(match) + here, count),
                weight_of(len(index.scores("headline", match)) + heads, count),
            )

    def shares(self, each: _Read) -> list[Share]:
        """What each term adds to a document."""
        found = [share for term in self._sought.terms for share in self._of_term(each, term)]
        return [*found, *filter(None, (self._of_pair(each, p) for p in self._sought.neighbours))]

    def _of_term(self, each: _Read, term: Term) -> Iterable[Share]:
        """What one adds, field by field."""
        name = _name(term, self._stems)
        times = _times(each, name)
        if whole := sum(times):
            value = term.weight * self._tells[name].text * _bm25(whole, each.length, self._mean)
            for field, part in zip(_FIELDS, times, strict=True):
                if part:
                    yield _share(term, field, value * part / whole)
        head = _head(each)
        if count := _count(head, name):
            value = term.weight * self._tells[name].headline * _bm25(count, len(head), _HEADLINE)
            yield _share(term, "headline", self._sought.headline * value)

    def _of_pair(self, each: _Read, pair: Term) -> Share | None:
        """What words add that stand together as they were typed."""
        name = _name(pair, self._stems)
        if not (whole := sum(_times(each, name))):
            return None
        value = pair.weight * self._tells[name].text * _bm25(whole, each.length, self._mean)
        return _share(pair, "neighbours", value)


def _times(each: _Read, name: Sequence[str]) -> list[float]:
    """How often stems stand in each field, by what that counts."""
    return [worth * _count(field, name) for worth, field in zip(_WEIGHTS, each.stems, strict=True)]


def _head(each: _Read) -> list[str]:
    """Title and keywords."""
    return [*each.stems[0], *each.stems[2]]


def _bm25(times: float, length: float, mean: float) -> float:
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / (mean or 1.0)))


def _share(term: Term, field: str, score: float) -> Share:
    return Share(term=str(term), field=field, score=_rounded(score), because=term.because)


def _said(each: Beside, named: Sequence[Sequence[str]], stems: Mapping[str, str]) -> str:
    """The passage that fits best."""
    texts = promising((each.describes, *each.body, ", ".join(each.keywords)), named)
    return snippet(texts, [tuple(name) for name in named], stems) or " ".join(
        each.describes.split()
    )


def _rounded(value: float) -> float:
    """Five digits, as in an article's score."""
    return float(f"{value:.5g}")


def _hit(each: Beside, score: float, said: str, explained: Explained | None) -> Hit:
    return Hit(
        id=each.id,
        title=each.title,
        score=_rounded(score),
        snippet=said,
        type=each.type,  # type: ignore[arg-type]
        area="service",
        audience=each.audience,
        revision=each.revision,
        known_error=False,
        kind=each.kind,
        explain=explained,
    )
