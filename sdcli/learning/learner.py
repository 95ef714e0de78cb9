"""What words say about classes, learned ticket by ticket: the arithmetic, and nothing of files.

Each class has a weight for each word and each pair of neighbouring words. A ticket is a lesson: the
weights of its classes go up and those of classes that were wrongly thought likely go down, the
more the less sure a weight is (adaptive regularisation of weights, Crammer and others, 2009). One
pass is enough, and no lesson is ever needed again. Words are known by a hash into a fixed number
of places, so that the number of weights does not grow with history.
"""

from __future__ import annotations

import math
import re
import struct
from array import array
from heapq import nlargest
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import normalize
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACES = 1 << 18
"""How many words and pairs of words are told apart."""
MOST_TEXT, MOST_TERMS = 4000, 250
"""How many characters of a text are read, and how many of its words and pairs count."""
MOST_RECENT = 96
"""How many of the newest tickets with a word are remembered."""

_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
"""Marks that belong to the letter before them, and the scripts of India, whose vowels are marks."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
    "\U00020000-\U0003ffff"
)
"""Scripts that are written without blanks between words."""
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:[^\W{_UNSPACED}]|[{_MARKS}]){{2,}}")
_RUN = re.compile(rf"[{_UNSPACED}]")
_RIGHT, _WRONG = 1.0, 0.3
"""The score a class should have at least if it is right, and at most if it is wrong."""
_MOST_RIVALS = 3
_CAUTION = 0.5
_LEAST_DOUBT = 0.05
"""A weight never gets surer than this, so that new lessons always count."""
_LEAST_WEIGHT = 0.01
"""Smaller weights say nothing and are not kept, which saves a third of the room."""
_WEIGHT = struct.Struct("<Hff")
_FRESH = (0.0, 1.0)


class Cell:
    """What is known of one word or pair of words.

    Args:
        seen: how many lessons had it.
        weights: by class id the weight, and how much doubt is left of it (1 to 0.05).
        recent: the ids of the newest tickets with it, the newest last.
    """

    __slots__ = ("recent", "seen", "weights")

    def __init__(self, seen: int = 0, weights: bytes = b"", recent: bytes = b"") -> None:
        self.seen = seen
        self.weights: dict[int, tuple[float, float]] = {
            id_: (weight, doubt) for id_, weight, doubt in _WEIGHT.iter_unpack(weights)
        }
        self.recent = array("I", recent)

    def stored(self) -> tuple[int, bytes, bytes]:
        """What makes the same cell again."""
        packed = b"".join(_WEIGHT.pack(id_, *pair) for id_, pair in self.weights.items())
        return self.seen, packed, self.recent.tobytes()


def terms(text: str) -> dict[int, float]:
    """The places of a text's words and pairs, each with the logarithm of how often it occurs."""
    counts: dict[int, int] = {}
    for place in map(_place, _said(text)):
        if place in counts:
            counts[place] += 1
        elif len(counts) < MOST_TERMS:
            counts[place] = 1
    return {place: 1 + math.log(count) for place, count in counts.items()}


def words(text: str) -> dict[int, str]:
    """The words and pairs of a text by their places, as they are read."""
    found: dict[int, str] = {}
    for term in _said(text):
        found.setdefault(_place(term), term)
    return found


def _place(term: str) -> int:
    return crc32(term.encode(errors="replace")) % PLACES


def _said(text: str) -> list[str]:
    """The words of a text and the pairs of neighbours; letters are one however they are typed.

    Scripts without blanks between words give pairs of characters, or the only one.
    """
    plain = normalize("NFC", text[:MOST_TEXT]).casefold()
    said: list[str] = []
    for word in _WORD.findall(plain):
        said += _split(word)
    return [*said, *(f"{first} {second}" for first, second in pairwise(said))]


def _split(word: str) -> list[str]:
    if not _RUN.match(word):
        return [word]
    return [first + second for first, second in pairwise(word)] or [word]


def vector(found: Mapping[int, float], cells: Mapping[int, Cell], lessons: int) -> dict[int, float]:
    """The places of a text, of length one, rare ones weighing more; `lessons`: of how many."""
    weighed = {
        place: often * (math.log((1 + lessons) / (1 + cells[place].seen)) + 1)
        for place, often in found.items()
    }
    length = math.sqrt(sum(value * value for value in weighed.values())) or 1.0
    return {place: value / length for place, value in weighed.items()}


def scores(text: Mapping[int, float], cells: Mapping[int, Cell]) -> dict[int, float]:
    """The score of each class that a vector says anything about, by class id."""
    found: dict[int, float] = {}
    for place, value in text.items():
        for id_, (weight, _) in cells[place].weights.items():
            found[id_] = found.get(id_, 0.0) + weight * value
    return found


def learn(
    text: Mapping[int, float],
    cells: Mapping[int, Cell],
    right: int,
    others: Iterable[int],
    before: Mapping[int, float],
) -> None:
    """One lesson: the class that is right for a vector, and the others of its field.

    Of those, only the ones that came nearest to being mistaken for it learn anything. `before`
    are the scores.
    """
    _move(text, cells, right, _RIGHT - before.get(right, 0.0), 1)
    rivals = [(before[id_], id_) for id_ in others if before.get(id_, 0.0) > _WRONG]
    for score, id_ in nlargest(_MOST_RIVALS, (each for each in rivals if each[1] != right)):
        _move(text, cells, id_, score - _WRONG, -1)


def _move(
    text: Mapping[int, float], cells: Mapping[int, Cell], id_: int, short: float, sign: int
) -> None:
    """Move the weights of a class by as much as its score falls short, the unsure ones most."""
    if short <= 0:
        return
    known = [(cells[place].weights, value) for place, value in text.items()]
    doubt = sum(weights.get(id_, _FRESH)[1] * value * value for weights, value in known)
    share = 1 / (doubt + _CAUTION)
    step = sign * short * share
    for weights, value in known:
        weight, unsure = weights.get(id_, _FRESH)
        moved = unsure * value
        weight += step * moved
        if abs(weight) >= _LEAST_WEIGHT:
            weights[id_] = weight, max(_LEAST_DOUBT, unsure - share * moved * moved)
        else:
            weights.pop(id_, None)


def remember(found: Iterable[int], cells: Mapping[int, Cell], ticket: int) -> None:
    """Note that a ticket, by its id, is the newest one with these places."""
    for place in found:
        cell = cells[place]
        cell.seen += 1
        cell.recent.append(ticket)
        del cell.recent[:-MOST_RECENT]


def alike(
    text: Mapping[int, float], cells: Mapping[int, Cell], most: int
) -> list[tuple[int, float]]:
    """The ids of the tickets that share most with a vector, and how much they share (0 to 1).

    It is the share of what any ticket has: new words make no ticket less similar.

    A ticket counts as far as it is among the newest ones with a word; rare words find the rest.
    """
    shared: dict[int, float] = {}
    known = {place: value for place, value in text.items() if cells[place].recent}
    total = sum(value * value for value in known.values())
    for place, value in known.items():
        square = value * value / total
        for id_ in cells[place].recent:
            shared[id_] = shared.get(id_, 0.0) + square
    return nlargest(most, shared.items(), key=lambda pair: (pair[1], pair[0]))


def spoke(text: Mapping[int, float], cells: Mapping[int, Cell], id_: int) -> list[int]:
    """The places that speak for a class, the one that says most first."""
    said = {
        place: value * cells[place].weights[id_][0]
        for place, value in text.items()
        if id_ in cells[place].weights
    }
    return sorted((place for place in said if said[place] > 0), key=lambda place: -said[place])
