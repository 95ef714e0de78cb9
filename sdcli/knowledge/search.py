"""Ranking: which articles and past tickets help with a request, best first (R3a.1, R3d1.1, R3b.1).

A score is what the words are worth, times what is known of the article:

- each word that fits adds its BM25 over the whole article, where title, symptoms and keywords count
  twice, and a part of its BM25 over title and keywords alone, which are short: an article that is
  called like the question is about it;
- words that stand together as they were typed add a part of the BM25 of the pair;
- past success multiplies by 0.7 to 1.2 (see `track_record`), and a known error that has the symptoms by
  up to 1.25.
"""

from __future__ import annotations

from heapq import nlargest
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from sdcli.knowledge import beside, query
from sdcli.knowledge.hits import KINDS, MARK, UNMARK, Explained, Hit, Kind, Share
from sdcli.knowledge.index import K1, B, Filters, Index
from sdcli.knowledge.pages import FIELDS, WEIGHTS, page_of
from sdcli.knowledge.query import Asked, Term, expanded, matching, stems_of, weight_of
from sdcli.knowledge.snippets import candidates, promising, snippet
from sdcli.knowledge.track_record import LEAST, MOST, NO_RECORDS, TrackRecords, weight
from sdcli.knowledge.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.track_record import TrackRecord

    IsExpired = Callable[[str], bool]

__all__ = [
    "KINDS",
    "MARK",
    "UNMARK",
    "Filters",
    "Hit",
    "Kind",
    "Past",
    "Wanted",
    "listed",
    "search",
]

HEADLINE = 0.3
"""What the BM25 of title and keywords by themselves adds."""
NEIGHBOURS = 0.3
"""What the BM25 of words that stand together adds."""
KNOWN_ERROR = 0.25
"""What a known error gains that has all symptoms."""
MOST_PAST = 3
"""How many past tickets are shown."""
_MOST_LOOKED_AT = 1000
"""So many articles, the best by their words alone, are weighed further."""
_LEAST_PAST = 0.25
"""A past ticket that is worth less than this part of the best hit is not shown."""


class Past(NamedTuple):
    """A ticket that was solved: what it was about, and how it ended."""

    ref: str
    type: str
    summary: str
    details: str
    note: str


def _never(_expires: str) -> bool:
    return False


class Wanted(NamedTuple):
    """What is searched for.

    Args:
        asked: see `query`.
        is_expired: whether an article is that is good through a day, such as `2026-11-28`.
        limit: how many hits are wanted at most.
        explain: whether to tell how scores came to be.
    """

    asked: Asked
    filters: Filters = Filters()
    is_expired: IsExpired = _never
    limit: int = 10
    explain: bool = False


class _Weighed(NamedTuple):
    """An article with its words' worth, and the weights of what is known of it."""

    row: int
    words: float
    success: float
    known_error: float

    @property
    def score(self) -> float:
        """The product."""
        return self.words * self.success * self.known_error


def search(
    index: Index,
    wanted: Wanted,
    records: TrackRecords = NO_RECORDS,
    past: Iterable[Past] = (),
    others: Sequence[beside.Beside] = (),
) -> list[Hit]:
    """The articles and tickets that fit, best first; nothing if the query holds no word.

    `others`: what is searched with them and is in no index.

    Raises:
        TROUBLE: the index is damaged, or out of reach.
    """
    terms = expanded(wanted.asked, index, index.groups)
    if not terms or wanted.limit < 1:
        return []
    return _Search(index, wanted, terms, records).hits(past, others)


def listed(article: Article, is_expired: IsExpired = _never) -> Hit:
    """An article in a list that nobody searched for."""
    return _hit(article, 0.0, _first(article), expired=is_expired(article.expires))


class _Search:
    """One search."""

    def __init__(
        self, index: Index, wanted: Wanted, terms: list[Term], records: TrackRecords
    ) -> None:
        self._index = index
        self._wanted = wanted
        self._terms = terms
        self._records = records
        self._neighbours = wanted.asked.neighbours
        self._stems = index.stems(word for term in terms for word in term.words)
        self._names: Collection[Sequence[str]] = ()

    def hits(self, past: Iterable[Past], others: Sequence[beside.Beside] = ()) -> list[Hit]:
        """All hits, best first."""
        weighed = self._best(self._scored())
        found = self._index.articles(each.row for each in weighed)
        by_id = {found[each.row].id: each for each in reversed(weighed) if each.row in found}
        pairs = [(each, found[each.row]) for each in by_id.values()]
        self._names = stems_of((*self._terms, *self._neighbours), self._stems)
        texts = {each.row: promising(_texts(article), self._names) for each, article in pairs}
        tickets = list(past) if self._may_be("ticket") else []
        said = [*chain.from_iterable(texts.values()), *(t for each in tickets for t in each[2:])]
        self._stems = {**self._stems, **self._index.stems(candidates(said, self._names))}
        hits = [self._article_hit(each, article, texts[each.row]) for each, article in pairs]
        hits += self._other_hits(others)
        hits += self._past_hits(tickets, max((hit.score for hit in hits), default=0.0))
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        return hits[: self._wanted.limit]

    def _may_be(self, kind: Kind) -> bool:
        filters = self._wanted.filters
        return not filters.kinds or kind in filters.kinds

    def _scored(self) -> dict[int, float]:
        """What the words are worth, by the rows of the articles that pass."""
        totals: dict[int, float] = {}
        is_first, is_plain = True, self._is_plain
        for factor, table, match in self._asked():
            most = _MOST_LOOKED_AT if is_first and is_plain else 0
            for row, score in self._index.scores(table, match, most=most):
                if most or not is_plain or row in totals:
                    totals[row] = totals.get(row, 0.0) + factor * score
            is_first = False
        only = self._index.chosen(self._wanted.filters)
        for phrase in self._wanted.asked.phrases:
            fits = self._index.rows(matching([phrase]))
            only = fits if only is None else only & fits
        if only is not None:
            totals = {row: totals[row] for row in only & totals.keys()}
        if not self._wanted.filters.retired:
            for row in self._index.retired():
                totals.pop(row, None)
        return totals

    @property
    def _is_plain(self) -> bool:
        """Whether all words count alike and nothing is left out: then the best are good enough."""
        is_narrowed = self._wanted.asked.phrases or self._wanted.filters != Filters()
        return len({term.weight for term in self._terms}) == 1 and not is_narrowed

    def _asked(self) -> Iterable[tuple[float, str, str]]:
        """What is asked of the engine: a factor, a table and an expression."""
        for value in sorted({term.weight for term in self._terms}, reverse=True):
            match = matching(term for term in self._terms if term.weight == value)
            yield value, "text", match
            yield value * HEADLINE, "headline", match
        if self._neighbours:
            yield NEIGHBOURS, "text", matching(self._neighbours)

    def _best(self, totals: Mapping[int, float]) -> list[_Weighed]:
        """The best articles by all that is known of them; only those that may be among them."""
        least = nlargest(self._wanted.limit, totals.values())
        if not least:
            return []
        lowest, highest = (LEAST, MOST) if self._records else (1.0, 1.0)
        floor = least[-1] * lowest / (highest * (1 + KNOWN_ERROR))
        near = [row for row, words in totals.items() if words >= floor]
        success = self._success(near)
        known = self._known_errors(self._index.known_errors() & set(near))
        weighed = [
            _Weighed(row, totals[row], success.get(row, 1.0), known.get(row, 1.0)) for row in near
        ]
        return nlargest(self._wanted.limit, weighed, key=lambda each: (each.score, -each.row))

    def _success(self, rows: Collection[int]) -> dict[int, float]:
        """What past success is worth for those of these articles that were used."""
        if not self._records:
            return {}
        records = {
            row: self._records.of(article.id, article.revision)
            for row, article in self._index.articles(rows).items()
        }
        return {row: weight(record) for row, record in records.items() if record is not None}

    def _known_errors(self, rows: Collection[int]) -> dict[int, float]:
        """What known errors gain: the part of what was asked that is among their symptoms."""
        if not rows:
            return {}
        asked = [term for term in self._terms if term.weight >= query.OF_CORRECTION]
        frequencies = self._index.frequencies(self._stems.get(t.words[0], "") for t in asked)
        whole, covered = 0.0, dict.fromkeys(rows, 0.0)
        for term in asked:
            frequency = frequencies.get(self._stems.get(term.words[0], ""), 0)
            if not frequency:
                continue
            tells = weight_of(frequency, self._index.count)
            whole += tells
            for row in self._index.rows(matching([term], "symptoms")) & covered.keys():
                covered[row] += tells
        return {row: 1 + KNOWN_ERROR * value / (whole or 1.0) for row, value in covered.items()}

    def _article_hit(self, weighed: _Weighed, article: Article, texts: Sequence[str]) -> Hit:
        said = snippet(texts, self._names, self._stems) or _first(article)
        explained = self._explained(weighed, article) if self._wanted.explain else None
        record = self._records.of(article.id, article.revision)
        expired = self._wanted.is_expired(article.expires)
        return _hit(
            article, weighed.score, said, expired=expired, record=record, explained=explained
        )

    def _explained(self, weighed: _Weighed, article: Article) -> Explained:
        fields = [field.split() for field in page_of(article).fields]
        self._stems.update(self._index.stems({word for field in fields for word in field}))
        stems = [[self._stems.get(word, "") for word in field] for field in fields]
        shares = list[Share]()
        for term in self._terms:
            name = tuple(self._stems.get(word, word) for word in term.words)
            times = [
                worth * _count(field, name) for worth, field in zip(WEIGHTS, stems, strict=True)
            ]
            whole = term.weight * self._worth("text", term, weighed.row)
            of_headline = term.weight * HEADLINE * self._worth("headline", term, weighed.row)
            each = [whole * part / (sum(times) or 1.0) for part in times]
            shares += (
                _share(term, field, score)
                for field, score in zip((*FIELDS, "headline"), (*each, of_headline), strict=True)
                if score
            )
        for pair in self._neighbours:
            score = NEIGHBOURS * self._worth("text", pair, weighed.row)
            shares += [_share(pair, "neighbours", score)] if score else []
        shares.sort(key=lambda share: -share.score)
        return Explained(
            shares=tuple(shares),
            words=_rounded(weighed.words),
            success=_rounded(weighed.success),
            known_error=_rounded(weighed.known_error),
        )

    def _worth(self, table: str, term: Term, row: int) -> float:
        """What the engine gives one article for one term."""
        return sum(score for _, score in self._index.scores(table, matching([term]), rows=[row]))

    def _other_hits(self, others: Sequence[beside.Beside]) -> list[Hit]:
        """What fits of the documents that no index holds."""
        wanted = self._wanted
        if not any(beside.passes(each, wanted.filters) for each in others):
            return []
        sought = beside.Sought(
            terms=self._terms,
            phrases=wanted.asked.phrases,
            neighbours=[each._replace(weight=NEIGHBOURS) for each in self._neighbours],
            filters=wanted.filters,
            headline=HEADLINE,
            is_expired=wanted.is_expired,
            explain=wanted.explain,
        )
        return beside.rank(others, self._index, sought)

    def _past_hits(self, tickets: Sequence[Past], best: float) -> list[Hit]:
        """The past tickets that fit best, weighed as if they were articles."""
        frequencies = self._index.frequencies(
            {self._stems.get(word, "") for term in self._terms for word in term.words}
        )
        hits = []
        for ticket in tickets:
            shares = self._past_shares(ticket, frequencies)
            total = sum(share.score for share in shares)
            if total > 0 and total >= _LEAST_PAST * best:
                hits.append(self._past_hit(ticket, total, shares))
        return nlargest(MOST_PAST, hits, key=lambda hit: (hit.score, hit.id))

    def _past_shares(self, ticket: Past, frequencies: Mapping[str, int]) -> list[Share]:
        texts = dict(zip(("summary", "details", "note"), ticket[2:], strict=True))
        said = {
            field: [self._stems.get(word, word) for word in words(text)]
            for field, text in texts.items()
        }
        length = sum(map(len, said.values()))
        shares = []
        for term in self._terms:
            name = tuple(self._stems.get(word, word) for word in term.words)
            rarest = min(frequencies.get(stem, 0) for stem in name)
            tells = term.weight * weight_of(rarest, max(self._index.count, 1))
            for field, stems in said.items():
                worth = WEIGHTS[0] if field == "summary" else 1.0
                value = tells * _bm25(worth * _count(stems, name), length, self._index.mean_words)
                shares += [_share(term, field, value)] if value else []
        return shares

    def _past_hit(self, ticket: Past, total: float, shares: Iterable[Share]) -> Hit:
        said = snippet([ticket.note], self._names, self._stems) or ticket.note or ticket.summary
        told = tuple(sorted(shares, key=lambda share: -share.score))
        explained = Explained(shares=told, words=_rounded(total)) if self._wanted.explain else None
        return Hit(
            id=ticket.ref,
            title=ticket.summary,
            score=_rounded(total),
            snippet=_one_line(said),
            type=ticket.type,  # type: ignore[arg-type]
            area="",
            audience="desk",
            revision="",
            known_error=False,
            kind="ticket",
            explain=explained,
        )


def _bm25(times: float, length: float, mean: float) -> float:
    """What a word is worth that stands so often in a text, before how rare it is."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / (mean or 1.0))) if times else 0.0


def _share(term: Term, field: str, score: float) -> Share:
    return Share(term=str(term), field=field, score=_rounded(score), because=term.because)


def _count(stems: Sequence[str], name: Sequence[str]) -> int:
    """How often stems stand together in a text."""
    size, name = len(name), list(name)
    return sum(
        1 for at, stem in enumerate(stems) if stem == name[0] and stems[at : at + size] == name
    )


def _texts(article: Article) -> tuple[str, ...]:
    """The passages that a snippet is taken from; the title is shown beside it."""
    return (
        *article.symptoms,
        article.cause,
        *article.steps,
        article.workaround,
        article.verification,
        ", ".join(article.keywords),
        article.vendor_link,
    )


def _first(article: Article) -> str:
    return article.symptoms[0] if article.symptoms else article.title


def _kind(article: Article) -> Kind:
    if article.known_error:
        return "known-error"
    return "procedure" if article.type == "fulfilment" else "article"


def _rounded(value: float) -> float:
    """Five digits: what is more is noise, and nothing that counts becomes nothing."""
    return float(f"{value:.5g}")


def _one_line(text: str, most: int = 240) -> str:
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[:most].rsplit(" ", 1)[0]
    return cut + (UNMARK if cut.count(MARK) > cut.count(UNMARK) else "") + " …"


def _hit(
    article: Article,
    score: float,
    said: str,
    *,
    expired: bool,
    record: TrackRecord | None = None,
    explained: Explained | None = None,
) -> Hit:
    return Hit(
        id=article.id,
        title=article.title,
        score=_rounded(score),
        snippet=_one_line(said),
        type=article.type,
        area=article.area,
        audience=article.audience,
        revision=article.revision,
        known_error=article.known_error,
        kind=_kind(article),
        expired=expired,
        retired=article.is_retired,
        vendor_link=article.vendor_link,
        roles=article.roles,
        success=record,
        explain=explained,
    )
