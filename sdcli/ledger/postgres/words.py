"""What a ticket says, as an index of words holds it, and how a query is looked up there.

A query finds parts of words: `print` finds *reprinted*. So what is stored are the runs of letters
and digits of a ticket, each once, and every run that was ever seen is in the table `lexicon`: there
those are found of which a word of a query is a part, and then the tickets that have one of them. It
may be too many tickets, never too few; the tickets themselves decide.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from sdcli.tickets.query import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.tickets.ticket import Ticket

LONGEST = 60
"""Characters of a run that is stored."""

MOST = 4000
"""So many runs of a ticket are stored; with those of `LONGEST` they are less than a megabyte, which
is what PostgreSQL takes."""

REST = "-"
"""Stands for all that is not stored of a ticket: it is no run, and every query looks for it too."""

MOST_ALIKE = 1000
"""If more runs than so many have something in them, it narrows nothing."""

_LARGEST, _MOST_PARTS = 300_000, 100
"""Bytes of a tsquery, of which PostgreSQL takes less than a megabyte; and how many runs of a query
are looked up."""

LEXICON = """INSERT INTO lexicon SELECT new.word FROM unnest(%s::text[]) AS new (word)
    WHERE new.word <> '-' AND NOT EXISTS (SELECT FROM lexicon AS l WHERE l.word = new.word)"""
"""Has words in the lexicon that are not there yet."""

_RUN = re.compile(r"[^\W_]+")


def words_of(ticket: Ticket) -> frozenset[str]:
    """The runs of letters and digits of all that a ticket can be found by, in small letters."""
    runs = frozenset(_RUN.findall("\n".join(texts(ticket)).casefold()))
    stored = frozenset(run for run in runs if len(run) <= LONGEST)
    if len(stored) > MOST:
        return frozenset([REST])
    return stored if len(stored) == len(runs) else stored | {REST}


def new_words(before: Ticket | None, after: Ticket) -> list[str]:
    """The runs that a ticket has now and had not; what is gone from it stays stored."""
    if before and list(texts(before)) == list(texts(after)):
        return []
    had = words_of(before) if before else frozenset()
    return sorted(words_of(after) - had)


def lexemes(words: list[str]) -> str:
    """Words as a tsvector is written: they are letters and digits, or `REST`."""
    return " ".join(f"'{word}'" for word in words)


def narrowing(text: str, alike: Callable[[str], list[str] | None]) -> str:
    """What the stored words of every ticket with this text have in common, as a tsquery.

    Args:
        text: what a query looks for.
        alike: the stored runs like a pattern of LIKE; None if they are too many.

    Returns:
        nothing if it cannot be told.
    """
    patterns = dict.fromkeys(run for word in text.casefold().split() for run in _patterns(word))
    taken, size = dict[str, None](), 0
    for pattern in islice(patterns, _MOST_PARTS):  # the others narrow nothing: the tickets decide
        part = _either(pattern, alike)
        size += len(part.encode())
        if size > _LARGEST:
            break
        if part:
            taken[part] = None
    return " & ".join(taken)


def _patterns(word: str) -> Iterator[str]:
    """How the runs of a word stand in a text: whole, except at its ends."""
    for run in _RUN.finditer(word):
        before = "%" if run.start() == 0 else ""
        after = "%" if run.end() == len(word) else ""
        yield f"{before}{run[0]}{after}"


def _either(pattern: str, alike: Callable[[str], list[str] | None]) -> str:
    """One of the runs that are like a pattern, as a tsquery; nothing if they are too many."""
    run = pattern.strip("%")
    runs: list[str] | None = []
    if len(run) <= LONGEST:
        runs = [run] if run == pattern else alike(pattern)
    if runs is None:
        return ""
    quoted = (f"'{each}'" for each in (*sorted(set(runs)), REST))
    return f"({' | '.join(quoted)})"
