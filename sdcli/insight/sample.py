"""A sample of tickets that comes out the same on every machine and in every order (R5a.1, R6.4).

Tickets are ranked by a hash of the seed and the id of the event that opened them, which is the same
on every desk. Drawn are first the tickets of people who are not among those drawn yet, then those of
queues that are not, then the others, each in the order of the ranks; until there are enough.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Candidate(NamedTuple):
    """What a sample needs to know of a ticket: `person` resolved it first, when it lay in `queue`."""

    ref: str
    opening: str
    person: str
    queue: str


def rank(seed: str, opening: str) -> str:
    """Where a ticket stands: an order that nobody chooses."""
    return sha256(f"{seed}\0{opening}".encode("utf-8", "replace")).hexdigest()


def draw(found: Iterable[Candidate], seed: str, size: int) -> list[Candidate]:
    """So many of the candidates, or all if there are no more, in the order of their ranks."""
    ranked = sorted(found, key=lambda each: (rank(seed, each.opening), each.opening))
    drawn: dict[str, Candidate] = {}
    people: set[str] = set()
    queues: set[str] = set()
    wanted: tuple[Callable[[Candidate], bool], ...] = (
        lambda each: each.person not in people,
        lambda each: each.queue not in queues,
        lambda _: True,
    )
    for is_wanted in wanted:
        for each in ranked:
            if len(drawn) < size and each.opening not in drawn and is_wanted(each):
                drawn[each.opening] = each
                people.add(each.person)
                queues.add(each.queue)
    return [each for each in ranked if each.opening in drawn]


def size_of(percent: int, total: int) -> int:
    """So many percent of a number, rounded up: at least one of any."""
    return -(-total * percent // 100)


def name_of(*parts: str) -> str:
    """A short name of a sample: the same for the same period, query, size and seed."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:8]
