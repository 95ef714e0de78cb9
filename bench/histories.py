"""A ledger with a history to learn from: closed tickets with texts of their own.

The texts are made: each service and each type of request has words that it likes, and most words
say nothing. One ticket in ten was closed with another class than its words say.
"""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import count, islice
from typing import TYPE_CHECKING, get_args

from desks import MONTHS, NOW

from sdcli.ledger.tiny import document
from sdcli.ledger.tiny.document import Archive, DocumentWriter, Extent, Meta, ticket_line
from sdcli.ledger.tiny.image import Places
from sdcli.ledger.tiny.journal import Journal
from sdcli.ledger.tiny.rows import row_bytes
from sdcli.tickets.event import Closed, Opened, Resolved
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import Level, RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket

TYPES: tuple[RequestType, ...] = ("incident", "incident", "fulfilment", "information")
LEVELS: tuple[Level, ...] = get_args(Level)[:3]
_NOTHING = Extent(0, 0, 0)


class Talk:
    """Made texts, the same ones each time; `services`: their names, each with its features."""

    def __init__(self, services: Mapping[str, list[str]]) -> None:
        self._random = random.Random(20)  # noqa: S311 - nothing secret
        self._services = services
        self._words = [self._word() for _ in range(20_000)]
        self._liked = {
            name: self._random.sample(self._words, 60)
            for name in (*services, *TYPES, *(f"{s}/{f}" for s in services for f in services[s]))
        }

    def _word(self) -> str:
        letters = "aeiou", "bcdfghklmnprstvw"
        return "".join(
            self._random.choice(letters[n % 2]) for n in range(self._random.randint(4, 9))
        )

    def text(self, *liked: str) -> list[str]:
        """About eighty words, of which a third say what it is about."""
        some = [self._words[int(self._random.paretovariate(0.6)) % 20_000] for _ in range(54)]
        return some + [self._random.choice(self._liked[name]) for name in liked for _ in range(9)]

    def ticket(self, number: int, at: datetime, *, is_closed: bool = True) -> Ticket:
        """A ticket, closed at that instant."""
        service = self._random.choice(list(self._services))
        features = self._services[service]
        feature = self._random.choice(features) if features else "unknown"
        type_ = self._random.choice(TYPES)
        liked = [service, type_, *([f"{service}/{feature}"] if features else [])]
        words = self.text(*liked)
        self._random.shuffle(words)
        if self._random.random() < 0.1:  # noqa: PLR2004 - one in ten
            service, feature = self._random.choice(list(self._services)), "unknown"
        opened = Opened(
            f"01JD{number:022d}",
            at - timedelta(hours=3),
            "ben",
            summary=" ".join(words[:8]),
            details=" ".join(words[8:]),
            queue="service-desk",
            priority="P3",
            channel="phone",
            requester="ada",
            type=type_ if is_closed else "unknown",
            service=service if is_closed else "unknown",
            feature=feature if is_closed else "unknown",
            impact=LEVELS[len(service) % 3] if is_closed else "unknown",
            urgency=LEVELS[len(type_) % 3] if is_closed else "unknown",
        )
        if not is_closed:
            return fold(f"SD-{number}", [opened])
        mark = f"01JE{number:022d}", at - timedelta(hours=1), "ben"
        closing = f"01JF{number:022d}", at, "ben"
        done = Resolved(*mark, code="solved", note="Job restarted.")
        return fold(
            f"SD-{number}",
            [opened, done, Closed(*closing, code="solved", confirmed_by="ada", via="phone")],
        )


def write_history(
    folder: Path, services: Mapping[str, list[str]], *, closed: int, open_: int
) -> None:
    """A ledger of so many closed tickets, by month in archives, and some that are open."""
    folder.mkdir(exist_ok=True)
    places, talk, numbers = Places(str(folder)), Talk(services), count(1)
    (folder / "archive").mkdir(exist_ok=True)
    archives = []
    for month in range(MONTHS):
        at = NOW - timedelta(days=30 * (MONTHS - month) - 15)
        taken = list(islice(numbers, closed // MONTHS + (month < closed % MONTHS)))
        name = f"{at:%Y-%m}.{month}.json"
        with open(places.archive(name), "xb") as stream:
            writer = DocumentWriter(stream)
            writer.tickets(_lines(talk, taken, at, is_closed=True))
            writer.keys(iter(()))
            meta = Meta(
                format=document.FORMAT, generation=1, next=0, tickets=_NOTHING, keys=_NOTHING
            )
            writer.end(meta)
        archives.append(
            Archive(file=name, first=taken[0], last=taken[-1], rows=len(taken), newest=at)
        )
    with open(places.snapshot, "xb") as stream:
        writer = DocumentWriter(stream)
        writer.tickets(_lines(talk, list(islice(numbers, open_)), NOW, is_closed=False))
        writer.keys(iter(()))
        last = Meta(
            format=document.FORMAT,
            generation=1,
            next=closed + open_ + 1,
            tickets=_NOTHING,
            keys=_NOTHING,
            archives=tuple(archives),
        )
        meta = writer.end(last)
    Journal(places.journal, meta).start_over(like="")


def _lines(talk: Talk, numbers: list[int], at: datetime, *, is_closed: bool) -> Iterator[bytes]:
    for number in numbers:
        yield ticket_line(number, row_bytes(talk.ticket(number, at, is_closed=is_closed)))
