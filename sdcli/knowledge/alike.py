"""Articles that say nearly the same, found without comparing each with each (R3a.2).

Two articles are as alike as the share of runs of three words that they have in common (Jaccard's
index). Of each article only the runs with the smallest hashes are put into an index, so that time
and memory grow with the number of articles and not with its square; what the index suggests is
then reckoned exactly.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.knowledge.articles import Article

LEAST = 60
"""From so many percent on two articles are nearly the same."""

_RUN = 3
_SKETCH = 64
_SHARED = 3
"""One in so many of the smaller sketch must be shared before two articles are compared."""
_CROWD = 40
"""What more articles than this have in common is compared along the row only."""
_INDEX_BITS = 24
_REMEMBERED = 1024
_MIX = 0x9E3779B1


class Pair(NamedTuple):
    """Two articles, the later one first, and how alike they are in percent."""

    one: str
    other: str
    percent: int


def pairs(articles: Sequence[Article]) -> list[Pair]:
    """The articles that are nearly the same as one before them, each with the most alike of these."""
    sketches = [_sketch(_runs(each)) for each in articles]
    counts: Counter[tuple[int, int]] = Counter(_meetings(sketches))
    runs = lru_cache(_REMEMBERED)(lambda index: _runs(articles[index]))
    best: dict[int, tuple[int, int]] = {}
    for (first, second), shared in sorted(counts.items()):
        if shared * _SHARED < min(len(sketches[first]), len(sketches[second])):
            continue
        percent = _percent(runs(first), runs(second))
        if percent >= max(LEAST, best.get(second, (0, 0))[0] + 1):
            best[second] = (percent, first)
    found = (
        Pair(articles[second].id, articles[first].id, percent)
        for second, (percent, first) in best.items()
    )
    return sorted(found, key=lambda pair: (-pair.percent, pair.one, pair.other))


def likeness(one: Article, other: Article) -> int:
    """How alike two articles are, in whole percent, rounded down."""
    return _percent(_runs(one), _runs(other))


def _percent(first: set[int], second: set[int]) -> int:
    whole = len(first | second)
    return len(first & second) * 100 // whole if whole else 0


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"\w+", text.casefold())


def _runs(article: Article) -> set[int]:
    """The runs of words of an article, hashed; a run ends with its text."""
    found: set[int] = set()
    for _, text in article.texts:
        said = words(text)
        found.update(
            crc32(" ".join(said[at : at + _RUN]).encode()) * _MIX & 0xFFFFFFFF
            for at in range(max(len(said) - _RUN + 1, min(len(said), 1)))
        )
    return found


def _sketch(runs: set[int]) -> array[int]:
    return array("I", sorted(runs)[:_SKETCH])


def _meetings(sketches: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Each two articles that share a run of their sketches, once for each such run."""
    placed = array(
        "Q",
        (run << _INDEX_BITS | index for index, runs in enumerate(sketches) for run in runs),
    )
    mask = (1 << _INDEX_BITS) - 1
    for _, group in groupby(sorted(placed), key=lambda each: each >> _INDEX_BITS):
        met = [each & mask for each in group]
        if len(met) > _CROWD:
            yield from pairwise(met)
        else:
            yield from ((a, b) for at, a in enumerate(met) for b in met[at + 1 :])
