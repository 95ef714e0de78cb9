"""From what a person types, or a ticket says, to what is looked for.

    printer offline         each word counts, and none is needed; the best fit comes first
    "access point"          must stand together like this
    print*                  any word that begins like this
    ERR_CERT_DATE_INVALID   a code is looked for as a whole

Nothing in a query can be wrong: what has no meaning here is a word, or nothing.
"""

from __future__ import annotations

import math
import re
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from sdcli.knowledge.words import STOP_WORDS, is_code, number_of, parts, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.knowledge.index import Index

    Name = tuple[str, ...]

MOST_TEXT = 20_000
"""How many characters of a query or of a ticket are read."""
MOST_TERMS = 48
"""How many words of a query are looked for."""
MOST_OF_DETAILS = 12
"""How many words of a ticket's details are looked for: those that tell most."""

OF_SYNONYM, OF_CORRECTION, OF_PREFIX, OF_DETAILS, OF_CODE = 0.5, 0.9, 0.8, 0.4, 0.8
OF_NUMBER = 0.4
"""What a word counts that nobody typed like that; one that was typed counts 1.

`OF_NUMBER` is for a number in a code that no article has; `OF_DETAILS` and `OF_CODE` are for words and codes in the details of a ticket.
"""

_MOST_BEGINNINGS = 12
_MOST_ENDINGS = 200
"""So many words are tried as the end of a code that was not typed to its end."""
_MOST_CORRECTIONS = 3
_SHORTEST_BEGINNING = 3
_SHORTEST_SLIP = 4
"""In a shorter word a slip makes another word."""
_SHORTEST_PART = 3
_LONGEST_NAME = 6
_MOST_SAID = 500
"""In so many words other names are looked for."""
_QUOTED = re.compile(r'"([^"]*)"')
_BEGINS = "\"'`,;:!?()[]{}<>|=~^&%$\u201c\u201d\u2018\u2019\u2026"
"""What may stand before a word and is no part of it; a dot, a plus or a # may be one."""
_ENDS = f"{_BEGINS}."


class Term(NamedTuple):
    """Something to look for.

    Args:
        words: one, or several that stand together.
        weight: what it counts.
        because: why it is looked for, if it was not typed like that.
    """

    words: Name
    weight: float = 1.0
    because: str = ""

    def __str__(self) -> str:
        return " ".join(self.words)


class Asked(NamedTuple):
    """What a person typed.

    Args:
        terms: words and codes; `phrases`: what must stand together; `prefixes`: beginnings.
        told: words and codes of a ticket's details, of which the most telling are looked for.
        runs: what was said, word by word with those that say nothing: `log in` is a name.
        last: the last word, which may not have been typed to its end.
    """

    terms: tuple[Term, ...] = ()
    phrases: tuple[Term, ...] = ()
    prefixes: tuple[str, ...] = ()
    told: tuple[Name, ...] = ()
    runs: tuple[Name, ...] = ()
    last: str = ""

    @property
    def run(self) -> list[str]:
        """The words in their order; what belongs to a code is left out."""
        return [each.words[0] for each in self.terms if len(each.words) == 1]

    @property
    def neighbours(self) -> list[Term]:
        """Pairs of words that were typed one after the other."""
        typed = dict.fromkeys(pairwise(self.run))
        return [Term(pair) for pair in typed if pair[0] != pair[1]]


def typed(text: str) -> Asked:
    """What is looked for by what a person typed."""
    text, phrases = text[:MOST_TEXT], list[Term]()
    for quoted in _QUOTED.findall(text):
        if found := tuple(words(quoted)):
            phrases.append(Term(found[:MOST_TERMS]))
    rest = _QUOTED.sub(" ", text)
    chunks = _chunks(rest)
    prefixes = dict.fromkeys(
        chunk for chunk in chunks if chunk.endswith("*") and len(words(chunk)) == 1
    )
    terms = list(_terms(chunk for chunk in chunks if chunk not in prefixes))
    last = words(chunks[-1])[-1:] if chunks else []
    return Asked(
        terms=_worth(terms, alone=not (phrases or prefixes)),
        phrases=tuple(phrases[:MOST_TERMS]),
        prefixes=tuple(words(each)[0] for each in list(prefixes)[:MOST_TERMS]),
        runs=(_said(chunk for chunk in chunks if chunk not in prefixes),),
        last=last[0] if last and not rest[-1:].isspace() else "",
    )


def of_ticket(summary: str, details: str) -> Asked:
    """What is looked for by a ticket's own words; none of them is an operator."""
    terms = list(_terms(called := _chunks(summary[:MOST_TEXT])))
    said = list(_terms(_chunks(details[:MOST_TEXT])))
    told = tuple(term.words for term in said if term.words[0] not in STOP_WORDS)
    return Asked(terms=_worth(terms, alone=True), told=told, runs=(_said(called),))


def joined(one: Asked, other: Asked) -> Asked:
    """Both together."""
    return Asked(
        tuple(dict.fromkeys((*one.terms, *other.terms)))[:MOST_TERMS],
        (*one.phrases, *other.phrases),
        (*one.prefixes, *other.prefixes),
        (*one.told, *other.told),
        (*one.runs, *other.runs),
        one.last or other.last,
    )


def expanded(asked: Asked, lexicon: Index, groups: Sequence[Sequence[Name]]) -> list[Term]:
    """All that is looked for: what was typed, other names for it, and what may be meant by it.

    Words that no article knows are taken for slips, or for the beginning of a word; a code that
    is not known as a whole is looked for as the beginning or the end of one, and by its words. Each term is there once, the one that
    counts most.
    """
    known = _Known(lexicon, asked)
    found = [*asked.phrases, *asked.terms]
    for term in asked.terms:
        if len(term.words) > 1:
            found.append(Term((number_of(term.words),), 1.0, f"the number {term}"))
        if not known.has(term):
            found += _meant(term, lexicon, asked.last)
    for prefix in asked.prefixes:
        for word in lexicon.beginning(prefix, _MOST_BEGINNINGS):
            found.append(Term((word,), OF_PREFIX, f"begins with {prefix}"))
    for run in (*(term.words for term in asked.phrases), *asked.runs, asked.run):
        found += (known.no_rarer(term, typed) for term, typed in _other_names(run, groups))
    found += _telling(asked.told, known, lexicon.count)
    return _once(found, lexicon)


def matching(terms: Iterable[Term], field: str = "") -> str:
    """An expression of the engine that fits if any of the terms does, in one field or in all."""
    either = " OR ".join(f'"{term}"' for term in terms)
    return f"{{{field}}} : ({either})" if field else either


def weight_of(frequency: int, count: int) -> float:
    """How much a word tells that so many of all articles have; as the engine reckons it."""
    return max(1e-6, math.log((count - frequency + 0.5) / (frequency + 0.5)))


class _Known:
    """Which of the words that were asked for any article has."""

    def __init__(self, lexicon: Index, asked: Asked) -> None:
        single = [term.words[0] for term in asked.terms if len(term.words) == 1]
        self._lexicon = lexicon
        self.stems = lexicon.stems((*single, *(name[0] for name in asked.told)))
        self.frequencies = lexicon.frequencies(set(self.stems.values()))

    def has(self, term: Term) -> bool:
        """Whether a term is known: a word, or several that stand together."""
        if len(term.words) > 1:
            return self._lexicon.fits(matching([term])) > 0
        return self.stems.get(term.words[0], "") in self.frequencies

    def no_rarer(self, other: Term, typed: Name) -> Term:
        """Another name, so weighed that it counts no more than what was typed, however rare."""
        count = self._lexicon.count
        own, its = (
            weight_of(self._lexicon.fits(matching([each])), count) for each in (Term(typed), other)
        )
        return other._replace(weight=round(other.weight * min(1.0, own / its), 2))


def _chunks(text: str) -> list[str]:
    """The pieces of a text, without what stands round a word."""
    return [chunk.lstrip(_BEGINS).rstrip(_ENDS) for chunk in text.split()]


def _said(chunks: Iterable[str]) -> Name:
    """The words of pieces of a text in their order; codes are left out."""
    found = (each for chunk in chunks if len(each := words(chunk)) == 1 or not is_code(chunk))
    return tuple(islice(chain.from_iterable(found), _MOST_SAID))


def _terms(chunks: Iterable[str]) -> Iterator[Term]:
    """The words of pieces of a text; the parts of a code stand together."""
    for chunk in chunks:
        found = words(chunk)
        if len(found) > 1 and is_code(chunk):
            yield Term(tuple(found[:MOST_TERMS]))
            continue
        for word in found:
            yield Term((word,))
        for part in parts(chunk):
            yield Term((part,))


def _worth(terms: Sequence[Term], *, alone: bool) -> tuple[Term, ...]:
    """The terms that say something; if none does and there is nothing else, all of them."""
    telling = [each for each in terms if len(each.words) > 1 or each.words[0] not in STOP_WORDS]
    return tuple(dict.fromkeys(telling or (terms if alone else ())))[:MOST_TERMS]


def _meant(term: Term, lexicon: Index, last: str) -> Iterator[Term]:
    """What may be meant by a term that no article has."""
    if len(term.words) > 1:
        yield from _meant_by_code(term, lexicon)
        return
    word = term.words[0]
    if not word.isalpha():
        yield from _meant_by_number(word, lexicon)
        return
    corrected = list(_corrections(word, lexicon))
    for each in corrected:
        yield Term((each,), OF_CORRECTION, f"near to {word}")
    if word == last and not corrected and len(word) >= _SHORTEST_BEGINNING:
        for each in lexicon.beginning(word, _MOST_BEGINNINGS):
            yield Term((each,), OF_PREFIX, f"begins with {word}")


def _meant_by_code(term: Term, lexicon: Index) -> Iterator[Term]:
    """What a code of several words is the beginning of, and its parts; a number counts less."""
    if lexicon.fits(f'"{term}" *'):
        *begin, last = term.words
        for word in lexicon.beginning(last, _MOST_ENDINGS):
            whole = Term((*begin, word), OF_PREFIX, f"begins with {term}")
            if lexicon.fits(matching([whole])):
                yield whole
    for word in term.words:
        if len(word) >= _SHORTEST_PART and word not in STOP_WORDS:
            weight = OF_CORRECTION if word.isalpha() else OF_NUMBER
            yield Term((word,), weight, f"part of {term}")


def _meant_by_number(word: str, lexicon: Index) -> Iterator[Term]:
    """Longer codes that begin or end with one that no article has; never one that differs."""
    if len(word) < _SHORTEST_BEGINNING:
        return
    for each in lexicon.beginning(word, _MOST_BEGINNINGS):
        yield Term((each,), OF_PREFIX, f"begins with {word}")
    for each in lexicon.ending(word, _MOST_BEGINNINGS):
        yield Term((each,), OF_PREFIX, f"ends with {word}")
    if word.startswith("0x") and len(word) > len("0x") + _SHORTEST_BEGINNING:
        yield Term((word[len("0x") :],), OF_PREFIX, f"{word} without 0x")


def _corrections(word: str, lexicon: Index) -> list[str]:
    """Words that differ from one by a single slip, the most frequent first; never for a number."""
    if not word.isalpha() or len(word) < _SHORTEST_SLIP:
        return []
    near = [(count, each) for each, count in lexicon.near(word) if is_one_slip(word, each)]
    near.sort(key=lambda pair: (pair[1][0] != word[0], -pair[0], pair[1]))
    return [each for _, each in near[:_MOST_CORRECTIONS]]


def is_one_slip(one: str, other: str) -> bool:
    """Whether a letter more, less or other, or two that changed places, is all the difference."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or short[at + 1 :] == long[at + 1 :]


def _other_names(
    said: Sequence[str], groups: Sequence[Sequence[Name]]
) -> Iterator[tuple[Term, Name]]:
    """Other names, with what was typed; the longest name that fits is the one that is meant.

    A name with a word that says nothing, such as `log in`, is looked for itself as well.
    """
    by_name: dict[Name, list[Sequence[Name]]] = {}
    for group in groups:
        for name in group:
            by_name.setdefault(name, []).append(group)
    at = 0
    while at < len(said):
        for length in range(min(_LONGEST_NAME, len(said) - at), 0, -1):
            name = tuple(said[at : at + length])
            if name in by_name and not STOP_WORDS.issuperset(name):
                if not STOP_WORDS.isdisjoint(name):
                    yield Term(name), name
                for other in (each for group in by_name[name] for each in group):
                    if other != name:
                        because = f"another name for {' '.join(name)}"
                        yield Term(other, OF_SYNONYM, because), name
                at += length
                break
        else:
            at += 1


def _telling(told: Sequence[Name], known: _Known, count: int) -> list[Term]:
    """Of a ticket's details what tells most: rare words, said more than once, and known codes."""
    often: dict[Name, int] = {}
    for name in told:
        often[name] = often.get(name, 0) + 1
    codes = [name for name in often if len(name) > 1][:MOST_TERMS]
    found = [Term(name, OF_CODE, "a code in the details") for name in codes]
    weighed = [
        ((1 + math.log(times)) * weight_of(known.frequencies[stem], count), name)
        for name, times in often.items()
        if len(name) == 1 and (stem := known.stems.get(name[0], "")) in known.frequencies
    ]
    weighed.sort(key=lambda pair: (-pair[0], pair[1]))
    best = weighed[:MOST_OF_DETAILS]
    return [
        *(Term(name, OF_DETAILS, "from the details") for _, name in best),
        *(term for term in found if known.has(term)),
    ]


def _once(terms: Sequence[Term], lexicon: Index) -> list[Term]:
    """Each term once, by its stems, the one that counts most."""
    stems = lexicon.stems(word for term in terms for word in term.words)
    found: dict[Name, Term] = {}
    for term in sorted(terms, key=lambda each: -each.weight):
        found.setdefault(tuple(stems.get(word, word) for word in term.words), term)
    return [term for term in found.values() if term.weight > 0]


def stems_of(terms: Iterable[Term], stems: Mapping[str, str]) -> Collection[Name]:
    """Each term as its stems."""
    return {tuple(stems.get(word, word) for word in term.words) for term in terms}
