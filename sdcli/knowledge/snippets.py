"""The passage of a text that answers a query best, with what matches marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.knowledge.hits import MARK, UNMARK
from sdcli.knowledge.words import Spot, folded, spots, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_BEGIN = 2
"""So many letters of a word are those of its stem, whatever becomes of its end."""
_MOST_TEXTS = 4
_WORDS = 20
"""How many words a snippet has at most."""
_BEFORE = 4
"""How many of them stand before the first match, if there is more."""


class _Passage(NamedTuple):
    """A text and which of its words match."""

    text: str
    spots: Sequence[Spot]
    matches: Sequence[bool]
    found: int


def promising(texts: Sequence[str], stems: Collection[Sequence[str]]) -> list[str]:
    """The few texts in which most may be found, in their order; only those are looked through."""
    begins = {stem[:_BEGIN] for name in stems for stem in name}
    counted = [
        (-sum(1 for begin in begins if begin in lower), at)
        for at, text in enumerate(texts)
        if (lower := text.lower() if text.isascii() else folded(text))
    ]
    best = sorted(each for each in counted if each[0])[:_MOST_TEXTS]
    return [texts[at] for _, at in sorted(best, key=lambda each: each[1])]


def candidates(texts: Iterable[str], stems: Iterable[Sequence[str]]) -> set[str]:
    """The words of texts that may have one of these stems; only those need be taken to theirs."""
    begins = {stem[:_BEGIN] for name in stems for stem in name}
    return {word for text in texts for word in words(text) if word[:_BEGIN] in begins}


def snippet(
    texts: Sequence[str], wanted: Collection[Sequence[str]], stems: Mapping[str, str]
) -> str:
    """A piece of that text in which most of what is wanted stands; nothing if none has any.

    Args:
        texts: the first of equally good ones is taken.
        wanted: what is looked for, each as stems that stand together.
        stems: the stems of the words that may match.
    """
    best = _Passage("", (), (), 0)
    for text in texts:
        if (passage := _looked_through(text, wanted, stems)).found > best.found:
            best = passage
    return _cut(best) if best.found else ""


def _looked_through(
    text: str, wanted: Collection[Sequence[str]], stems: Mapping[str, str]
) -> _Passage:
    said = spots(text)
    here = [stems.get(spot.word, "") for spot in said]
    by_first: dict[str, list[Sequence[str]]] = {}
    for name in wanted:
        by_first.setdefault(name[0], []).append(name)
    matches = [False] * len(said)
    found: set[Sequence[str]] = set()
    for at, stem in enumerate(here):
        for name in by_first.get(stem, ()) if stem else ():
            if tuple(here[at : at + len(name)]) == tuple(name):
                matches[at : at + len(name)] = [True] * len(name)
                found.add(name)
    return _Passage(text, said, matches, len(found))


def _cut(passage: _Passage) -> str:
    """The stretch with most matches, marked, with dots where something was left out."""
    text, said, matches, _ = passage
    starts = [max(0, at - _BEFORE) for at, hit in enumerate(matches) if hit]
    begin = max(starts, key=lambda at: (sum(matches[at : at + _WORDS]), -at))
    if len(said) - begin < _WORDS:
        begin = max(0, len(said) - _WORDS)
    end = min(len(said), begin + _WORDS)
    first = 0 if begin == 0 else said[begin].begin
    last = len(text) if end == len(said) else said[end - 1].end
    pieces, at = list[str](), first
    for spot, hit in zip(said[begin:end], matches[begin:end], strict=True):
        if hit and spot.begin >= at:
            marked = _plain(text[spot.begin : spot.end])
            pieces += (_plain(text[at : spot.begin]), MARK, marked, UNMARK)
            at = spot.end
    pieces.append(_plain(text[at:last]))
    dots = "… " if first else "", " …" if last < len(text) else ""
    return dots[0] + " ".join("".join(pieces).split()) + dots[1]


def _plain(text: str) -> str:
    """A text without the marks of our own."""
    return text.replace(MARK, "").replace(UNMARK, "")
