"""What is called by several names: `kb/synonyms.yaml`, and what of it a query names.

A query that names one of them finds the others too, for a little less. The file is versioned with
the articles; a desk without it has no synonyms.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.errors import Problem
from sdcli.knowledge.articles import SYNONYMS, content
from sdcli.knowledge.words import words
from sdcli.policy.load import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_WORDS = 6
"""A name of more words is a sentence."""


class SynonymFile(Struct, frozen=True, kw_only=True):
    """The file as it is written.

    Args:
        synonyms: lists of names for the same thing, each as good as the others.
        abbreviations: short forms, each with what it stands for.
    """

    synonyms: tuple[tuple[str, ...], ...] = ()
    abbreviations: dict[str, tuple[str, ...]] = {}


Group = tuple[tuple[str, ...], ...]
"""The names of one thing, each as its words."""


class Synonyms(NamedTuple):
    """All groups of names, and what is wrong with the file."""

    groups: tuple[Group, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_synonyms(root: str) -> Synonyms:
    """The synonyms of the desk at `root`; none if it has no such file."""
    if not os.path.lexists(os.path.join(root, SYNONYMS)):
        return Synonyms()
    return decoded(content(root, SYNONYMS))


def decoded(raw: bytes | str) -> Synonyms:
    """The synonyms by the content of their file; a `str` instead says why there is none."""
    read = read_file(SYNONYMS, raw, SynonymFile)
    file = read.value
    if read.problems or file is None:
        return Synonyms((), tuple(read.problems))
    groups, problems = list[Group](), list[Problem]()
    for path, names in _listed(file):
        group = tuple(dict.fromkeys(tuple(words(name)) for name in names))
        for message in _wrong(names, group):
            problems.append(Problem(SYNONYMS, read.places.get(path, 1), message))
        groups.append(group)
    problems += (
        Problem(SYNONYMS, read.places.get(path, 1), message)
        for path, message in _claimed_twice(file)
    )
    return Synonyms(() if problems else tuple(groups), tuple(sorted(problems)))


def _listed(file: SynonymFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each group of names with its place in the file."""
    for index, names in enumerate(file.synonyms):
        yield f"synonyms.{index}", names
    for short, long in file.abbreviations.items():
        yield f"abbreviations.{short}", (short, *long)


def _wrong(names: Sequence[str], group: Group) -> Iterator[str]:
    if any(not name for name in group):
        yield "each name must have a word in it"
    elif len(group) < 2:  # noqa: PLR2004 - one thing, two names
        yield f"name at least two that differ, not {', '.join(names) or 'none'}"
    if any(len(name) > _MOST_WORDS for name in group):
        yield f"a name has at most {_MOST_WORDS} words"


def _claimed_twice(file: SynonymFile) -> Iterator[tuple[str, str]]:
    """Lists that share a name: what one of them says is then said of the other too."""
    first: dict[tuple[str, ...], int] = {}
    for index, names in enumerate(file.synonyms):
        for name in names:
            other = first.setdefault(tuple(words(name)), index)
            if other != index:
                yield f"synonyms.{index}", f"`{name}` is in another list too: make them one"


def index_of(groups: Sequence[Group]) -> Mapping[str, list[tuple[tuple[str, ...], Group]]]:
    """By its first word each name, with its group."""
    found: dict[str, list[tuple[tuple[str, ...], Group]]] = {}
    for group in groups:
        for name in group:
            found.setdefault(name[0], []).append((name, group))
    return found
