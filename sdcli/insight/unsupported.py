"""What the desk spends on things that its catalog does not hold, and which of them it lacks.

Minutes count in the period in which they were booked, so figures of periods that follow one
another add up (R2b.2b). Names that differ only in case and blanks are one (R2b.2c).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import listed
from sdcli.tickets.event import SupportDecided
from sdcli.tickets.support import minutes_on
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.tickets.ticket import Ticket

_MOST_REFS = 50


class Spent(Struct, frozen=True, kw_only=True):
    """What was spent on one thing, or by one unit.

    Args:
        name: of the thing as most tickets spell it, or of the unit.
        tickets: how many there are, `minutes` booked on them.
        refs: the tickets, the oldest first.
        units, callers: how many tickets each unit and each caller has.
        decisions: how often what was decided.
        impacts, violates: what was said of the impact of working on it, and of policies.
        wanted: the tickets that show that the catalog lacks it: no devices, nothing that the
            catalog turned out to hold.
        held: the service by which the catalog holds it by now, so that it is no gap.
        draft: the request for change that was opened for it.
    """

    name: str
    tickets: int
    minutes: int
    refs: tuple[str, ...]
    units: dict[str, int]
    callers: dict[str, int]
    decisions: dict[str, int]
    impacts: tuple[str, ...] = ()
    violates: tuple[str, ...] = ()
    wanted: int = 0
    held: str = ""
    draft: str = ""


class UnsupportedReport(Struct, frozen=True, kw_only=True):
    """Everything that was spent on what the catalog does not hold, in a period.

    Args:
        since, until: the period in UTC, its end not in it; None where it is open.
        by_name, by_unit: the most minutes first; both add up to `minutes` and `tickets`.
        gap_from: from so many tickets on, a missing service is a gap; `gaps`: those.
    """

    since: datetime | None
    until: datetime | None
    tickets: int
    minutes: int
    decisions: dict[str, int]
    by_name: tuple[Spent, ...]
    by_unit: tuple[Spent, ...]
    gap_from: int
    gaps: tuple[Spent, ...]


class Found(NamedTuple):
    """The service that holds something by now, and the request for change that was opened for it."""

    held: str = ""
    draft: str = ""


def _nothing(_: str) -> Found:
    return Found()


class _Part(NamedTuple):
    """What one ticket adds to a period."""

    ticket: Ticket
    minutes: int
    decisions: tuple[SupportDecided, ...]

    @property
    def what(self) -> str:
        """The thing it is about, as it is spelt there."""
        return self.ticket.support.what if self.ticket.support else ""

    @property
    def unit(self) -> str:
        """The caller's part of the organisation."""
        return self.ticket.opening.unit or UNKNOWN

    @property
    def is_undecided(self) -> bool:
        """Whether it was said last in the period, and nobody has decided on it up to now."""
        known = self.ticket.support
        if known is None or known.found or known.decision != "undecided" or not self.decisions:
            return False
        *_, last = (each for each in self.ticket.standing if type(each) is SupportDecided)
        return self.decisions[-1] is last

    @property
    def is_wanted(self) -> bool:
        """Whether it shows that the catalog lacks something."""
        known = self.ticket.support
        return known is not None and not known.device and not known.found


def unsupported(
    tickets: Iterable[Ticket],
    gap_from: int,
    since: datetime | None,
    until: datetime | None,
    look_up: Callable[[str], Found] = _nothing,
) -> UnsupportedReport:
    """What was spent in a period on what the catalog does not hold (R2b.2b).

    `look_up` tells of a name whether the catalog holds it by now, and its request for change.
    """

    def inside(at: datetime) -> bool:
        return (since is None or at >= since) and (until is None or at < until)

    parts = []
    for ticket in sorted(tickets, key=lambda each: (len(each.ref), each.ref)):
        minutes = [number for at, number in minutes_on(ticket) if inside(at)]
        decisions = tuple(
            each for each in ticket.standing if type(each) is SupportDecided and inside(each.at)
        )
        if minutes or decisions:
            parts.append(_Part(ticket, sum(minutes), decisions))
    by_name = tuple(
        replace(each, held=found.held, draft=found.draft)
        for each in _by(((folded(part.what), part) for part in parts), spelt=True)
        for found in (look_up(each.name),)
    )
    return UnsupportedReport(
        since=since,
        until=until,
        tickets=len(parts),
        minutes=sum(part.minutes for part in parts),
        decisions=_decisions(parts),
        by_name=by_name,
        by_unit=_by(((part.unit, part) for part in parts), spelt=False),
        gap_from=gap_from,
        gaps=tuple(
            each for each in by_name if not each.held and each.wanted and each.wanted >= gap_from
        ),
    )


def folded(name: str) -> str:
    """The name of a thing however it is spelt: without case, needless blanks and ways to write ü."""
    return " ".join(normalize("NFC", normalize("NFC", name).casefold()).split())


def gap_key(name: str) -> str:
    """What tells the request for change of a gap from all others, so that it is opened once."""
    return f"catalog gap {folded(name)}"


def _by(keyed: Iterable[tuple[str, _Part]], *, spelt: bool) -> tuple[Spent, ...]:
    groups: dict[str, list[_Part]] = {}
    for key, part in keyed:
        groups.setdefault(key, []).append(part)
    found = [_spent(key, parts, spelt=spelt) for key, parts in groups.items()]
    return tuple(sorted(found, key=lambda each: (-each.minutes, -each.tickets, each.name)))


def _spent(key: str, parts: list[_Part], *, spelt: bool) -> Spent:
    said = [part.ticket.support for part in parts if part.ticket.support]
    return Spent(
        name=_most(" ".join(part.what.split()) for part in parts) if spelt else key,
        tickets=len(parts),
        minutes=sum(part.minutes for part in parts),
        refs=tuple(part.ticket.ref for part in parts),
        units=dict(Counter(part.unit for part in parts)),
        callers=dict(Counter(part.ticket.requester for part in parts)),
        decisions=_decisions(parts),
        impacts=tuple(dict.fromkeys(each.impact for each in said if each.impact)),
        violates=tuple(dict.fromkeys(each.violates for each in said if each.violates)),
        wanted=sum(part.is_wanted for part in parts),
    )


def _most(spellings: Iterable[str]) -> str:
    return Counter(spellings).most_common(1)[0][0]


def _decisions(parts: Iterable[_Part]) -> dict[str, int]:
    """What was decided how often, and how many tickets are still undecided."""
    made: Counter[str] = Counter(
        each.support.decision
        for part in parts
        for each in part.decisions
        if each.support.decision != "undecided"
    )
    waiting = sum(part.is_undecided for part in parts)
    return {**made, **({"undecided": waiting} if waiting else {})}


def evidence(gap: Spent) -> str:
    """Why the catalog should hold something, for a request for change (R2b.2c)."""
    units = listed(f"{unit} ({number})" for unit, number in gap.units.items())
    callers = listed(f"{caller} ({number})" for caller, number in gap.callers.items())
    decisions = listed(f"{decision} ({number})" for decision, number in gap.decisions.items())
    rows = (
        ("Tickets", f"{gap.tickets}: {listed(gap.refs, _MOST_REFS)}"),
        ("Minutes booked", str(gap.minutes)),
        ("Units", units),
        ("Asked by", callers),
        ("Decisions", decisions),
        ("Impact", "; ".join(gap.impacts)),
        ("Against policy", "; ".join(gap.violates)),
    )
    told = [f"{name}: {text}" for name, text in rows if text]
    head = f"The catalog does not hold {gap.name}, and callers ask for it."
    return "\n".join((head, *told))
