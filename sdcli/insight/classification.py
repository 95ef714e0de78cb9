"""How classification went: first and final classes, what nobody knew, what would have helped.

One pass over tickets; what is kept are counts, which do not grow with history. Every number
names the tickets behind it (R3d1.5, R7.4, R1b.1d, R2a.2a).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from msgspec import Struct

from sdcli.insight.counts import Count, Tally, share, together
from sdcli.insight.partings import Class, Place, gain, parting, places
from sdcli.tickets.event import Classified
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.reclassify import FIELDS, changes_of, first_class, is_by_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.policy.questions import Questions
    from sdcli.tickets.contact import Answer
    from sdcli.tickets.event import Opened
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.reclassify import Change

_K = TypeVar("_K", str, "tuple[str, str]")

NOT_SAID = "not said"
"""How a mistake was discovered, where an older ledger or an import does not tell."""

MOST_QUESTIONS = 3
FEWEST_WALKS, FEWEST_CHANGED = 20, 5
"""So many tickets with answers, and so many of them changed, before answers prove anything."""

_LEAST_GAIN = 0.05  # bits
_FLIPS = {("incident", "fulfilment"), ("fulfilment", "incident")}
_SKIPPED, _NOT_ASKED, _OTHER = "skipped", "not asked", "other"

Moment: TypeAlias = Literal["first", "closing", "person", "channel"]


class Cell(Struct, frozen=True):
    """Tickets by their first class and their final one."""

    first: str
    final: str
    tickets: Count


class Total(Struct, frozen=True):
    """Tickets that began as something, that ended as it, and that stayed it."""

    name: str
    first: Count
    final: Count
    stayed: Count


class Unknown(Struct, frozen=True):
    """How often a field was left unknown: at one moment, by one person, by one channel (R1b.1d).

    Args:
        moment: the first decision, all in all or by `person` or `channel`; or the closing.
        name: the person or the channel; a person without a name stands for the desk's rules.
        share: from 0 to 1.
    """

    moment: Moment
    name: str
    field: str
    unknown: Count
    of: Count
    share: float | None


class Discovered(Struct, frozen=True):
    """How often mistakes were discovered in one way (R3d1.5)."""

    how: str
    changes: Count


class Flip(Struct, frozen=True):
    """Changes between fulfilment and incident, in one direction (R2a.2a)."""

    before: str
    after: str
    changes: Count


class Heard(Struct, frozen=True):
    """What one answer was given to: tickets that stayed, and tickets that were changed."""

    answer: str
    stayed: Count
    changed: Count


class Parting(Struct, frozen=True, kw_only=True):
    """A question that would have told two classes apart, and whether it was asked.

    Args:
        by: `trees` if its answers lead apart, `history` if past answers do.
        nth: the how-many-th question it is; None if no walk from the start leads to it.
        asked, skipped, unknown, not_asked: of the changed tickets. `asked` counts those with an
            answer that is not unknown.
        bits: what its answers say about which tickets stay, from 0 to 1; `answers`: which.
    """

    by: Literal["trees", "history"]
    question: str
    tree: str = ""
    ask: str = ""
    place: str = ""
    nth: int | None = None
    asked: Count
    skipped: Count
    unknown: Count
    not_asked: Count
    bits: float | None = None
    answers: tuple[Heard, ...] = ()


class Confusion(Struct, frozen=True):
    """One class taken for another, and the questions that part the two."""

    first: str
    final: str
    tickets: Count
    questions: tuple[Parting, ...]


class ClassificationReport(Struct, frozen=True, kw_only=True):
    """How classification went, for the tickets that last changed in a period.

    Args:
        by: the class that is compared; `since`, `until`: the period, None where it is open.
        decided: tickets with a type, service or feature; `reclassified`: those of them that had
            one of these changed; `share`: from 0 to 1.
        changes: how often that happened; `discovered`: how it was found out.
        cells: for types every pair, for services those where the class was changed.
    """

    by: Class
    since: datetime | None
    until: datetime | None
    tickets: Count
    decided: Count
    reclassified: Count
    share: float | None
    changes: Count
    cells: tuple[Cell, ...]
    totals: tuple[Total, ...]
    discovered: tuple[Discovered, ...]
    flips: tuple[Flip, ...]
    unknown: tuple[Unknown, ...]
    confusions: tuple[Confusion, ...]


class Classifications:
    """Counts tickets by how they were classified; `by` is the class that is compared.

    `questions` are the trees as they are now: only answers that they know are told apart.
    """

    def __init__(self, by: Class, questions: Questions) -> None:
        self._by = by
        self._questions = questions
        self._known = {
            id_: each for tree in questions.trees.values() for id_, each in tree.questions.items()
        }
        self._all, self._decided = Tally(), Tally()
        self._reclassified, self._changes = Tally(), Tally()
        self._cells: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._walked: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._unwalked: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._said: dict[tuple[str, str], dict[str, dict[str, Tally]]] = {}
        self._discovered: dict[str, Tally] = defaultdict(Tally)
        self._flips: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._of: dict[tuple[Moment, str], Tally] = defaultdict(Tally)
        self._unknown: dict[tuple[Moment, str, str], Tally] = defaultdict(Tally)

    def add(self, ticket: Ticket) -> None:
        """Count a ticket."""
        self._all.add(ticket.ref)
        found = first_class(ticket)
        first = found[self._by].value if self._by in found else UNKNOWN
        final: str = getattr(ticket, self._by)
        self._cells[first, final].add(ticket.ref)
        if any(field in found for field in ("type", "service", "feature")):
            self._decided.add(ticket.ref)
        self._add_answers(ticket, first, final)
        self._add_changes(ticket)
        self._add_unknown(ticket)

    def _add_answers(self, ticket: Ticket, first: str, final: str) -> None:
        walk = ticket.opening.walk
        if walk is None:
            self._unwalked[first, final].add(ticket.ref)
            return
        self._walked[first, final].add(ticket.ref)
        given = {said.question: self._told(said) for said in walk.answers}
        for question, heard in self._heard_on(first, final).items():
            heard[given.get(question, _NOT_ASKED)].add(ticket.ref)

    def _heard_on(self, first: str, final: str) -> dict[str, dict[str, Tally]]:
        """For each question the answers to it on tickets of these classes."""
        found = self._said.get((first, final))
        if found is None:
            found = {question: defaultdict(Tally) for question in self._known}
            self._said[first, final] = found
        return found

    def _told(self, said: Answer) -> str:
        """An answer of a list, or a word that stands for any other: texts would have no end."""
        asked = self._known.get(said.question)
        if said.skipped:
            return _SKIPPED
        if said.answer == UNKNOWN or (asked and said.answer in asked.choices):
            return said.answer
        return _OTHER

    def _add_changes(self, ticket: Ticket) -> None:
        mistakes = [change for change in changes_of(ticket) if change.is_mistake]
        for change in mistakes:
            self._changes.add(ticket.ref)
            self._discovered[change.discovered or NOT_SAID].add(ticket.ref)
            self._add_flip(ticket, change)
        if mistakes:
            self._reclassified.add(ticket.ref)

    def _add_flip(self, ticket: Ticket, change: Change) -> None:
        moved = change.fields.get("type")
        if moved and (moved.before, moved.after) in _FLIPS:
            self._flips[moved.before, moved.after].add(ticket.ref)

    def _add_unknown(self, ticket: Ticket) -> None:
        """What was left open by the first decision, and what is still open at the end."""
        decided, opening = first_decision(ticket), ticket.opening
        rules = decided is opening and is_by_machine(opening)
        self._leave(ticket.ref, "first", "", decided)
        self._leave(ticket.ref, "person", "" if rules else decided.by, decided)
        self._leave(ticket.ref, "channel", opening.channel, decided)
        if ticket.is_closed:
            self._leave(ticket.ref, "closing", "", ticket)

    def _leave(
        self, ref: str, moment: Moment, name: str, found: Opened | Classified | Ticket
    ) -> None:
        self._of[moment, name].add(ref)
        for field in FIELDS:
            if getattr(found, field) == UNKNOWN:
                self._unknown[moment, name, field].add(ref)

    def report(self, since: datetime | None, until: datetime | None) -> ClassificationReport:
        """What was counted."""
        cells = {pair: tally.done() for pair, tally in self._cells.items()}
        decided, reclassified = self._decided.done(), self._reclassified.done()
        shown = (pair for pair in sorted(cells) if self._by == "type" or pair[0] != pair[1])
        return ClassificationReport(
            by=self._by,
            since=since,
            until=until,
            tickets=self._all.done(),
            decided=decided,
            reclassified=reclassified,
            share=share(reclassified, decided),
            changes=self._changes.done(),
            cells=tuple(Cell(*pair, cells[pair]) for pair in shown),
            totals=_totals(cells),
            discovered=tuple(
                Discovered(how, count) for how, count in _most_first(self._discovered)
            ),
            flips=tuple(Flip(*pair, count) for pair, count in _most_first(self._flips)),
            unknown=self._unknowns(),
            confusions=self._confusions(cells),
        )

    def _unknowns(self) -> tuple[Unknown, ...]:
        found = []
        for (moment, name), tally in sorted(self._of.items()):
            of = tally.done()
            for field in FIELDS:
                key = moment, name, field
                part = self._unknown[key].done() if key in self._unknown else Count()
                found.append(Unknown(moment, name, field, part, of, share(part, of)))
        return tuple(found)

    def _confusions(self, cells: Mapping[tuple[str, str], Count]) -> tuple[Confusion, ...]:
        """Each class that was taken for another, the most frequent first."""
        wrong = {pair: n for pair, n in cells.items() if pair[0] != pair[1] and pair[0] != UNKNOWN}
        if not wrong:
            return ()
        asked = places(self._questions, self._by)
        order = sorted(wrong, key=lambda pair: (-wrong[pair].count, pair))
        return tuple(Confusion(*pair, wrong[pair], self._partings(asked, pair)) for pair in order)

    def _partings(self, asked: list[Place], pair: tuple[str, str]) -> tuple[Parting, ...]:
        by_trees = parting(asked, *pair, MOST_QUESTIONS)
        found = [self._parting("trees", place.id, pair, place) for place in by_trees]
        best = self._best_by_history(pair)
        if best:
            place = next((each for each in asked if each.id == best), None)
            found.append(self._parting("history", best, pair, place))
        return tuple(found)

    def _parting(
        self,
        by: Literal["trees", "history"],
        question: str,
        pair: tuple[str, str],
        place: Place | None,
    ) -> Parting:
        given, asked = self._answers(question, pair), self._known[question]
        none = Count()
        kinds = (_SKIPPED, UNKNOWN, _NOT_ASKED)
        heard = self._heard(question, pair) if by == "history" else ()
        return Parting(
            by=by,
            question=question,
            tree=place.tree if place else "",
            ask=asked.ask,
            place=asked.place,
            nth=place.nth if place else None,
            asked=together(count for answer, count in given.items() if answer not in kinds),
            skipped=given.get(_SKIPPED, none),
            unknown=given.get(UNKNOWN, none),
            not_asked=together((given.get(_NOT_ASKED, none), _count(self._unwalked, pair))),
            bits=round(_bits(heard), 3) if heard else None,
            answers=heard,
        )

    def _answers(self, question: str, pair: tuple[str, str]) -> dict[str, Count]:
        """What the tickets of one pair of classes said to a question."""
        said = self._said[pair][question] if pair in self._said else {}
        return {answer: tally.done() for answer, tally in said.items()}

    def _best_by_history(self, pair: tuple[str, str]) -> str:
        """The question whose answers say most about who stayed; empty if they say little."""
        stayed = _count(self._walked, (pair[0], pair[0])).count
        changed = _count(self._walked, pair).count
        if stayed + changed < FEWEST_WALKS or changed < FEWEST_CHANGED:
            return ""
        bits = {question: _bits(self._heard(question, pair)) for question in self._known}
        best = max(bits, key=lambda question: bits[question], default="")
        return best if best and bits[best] >= _LEAST_GAIN else ""

    def _heard(self, question: str, pair: tuple[str, str]) -> tuple[Heard, ...]:
        """Each answer with how many tickets stayed and how many were changed."""
        stayed = self._answers(question, (pair[0], pair[0]))
        changed = self._answers(question, pair)
        return tuple(
            Heard(answer, stayed.get(answer, Count()), changed.get(answer, Count()))
            for answer in sorted({*stayed, *changed})
        )


def first_decision(ticket: Ticket) -> Opened | Classified:
    """The first event that decided about type or service; the opening if none did."""
    opening = ticket.opening
    if (opening.type, opening.service) == (UNKNOWN, UNKNOWN):
        for event in ticket.standing:
            if type(event) is Classified:
                return event
    return opening


def classification(
    tickets: Iterable[Ticket],
    questions: Questions,
    *,
    by: Class = "type",
    since: datetime | None = None,
    until: datetime | None = None,
) -> ClassificationReport:
    """How the tickets were classified that last changed from `since` on and before `until`.

    So each ticket is in one of two periods that follow one another. The records of planned
    outages are no requests, and are left out.
    """
    counted = Classifications(by, questions)
    for ticket in tickets:
        if is_in(ticket, since, until):
            counted.add(ticket)
    return counted.report(since, until)


def is_in(ticket: Ticket, since: datetime | None, until: datetime | None) -> bool:
    """Whether a request last changed in a period."""
    at = ticket.updated_at
    inside = (since is None or at >= since) and (until is None or at < until)
    return inside and not ticket.opening.outage


def _totals(cells: Mapping[tuple[str, str], Count]) -> tuple[Total, ...]:
    names = sorted({name for pair in cells for name in pair})
    return tuple(
        Total(
            name,
            together(count for (first, _), count in cells.items() if first == name),
            together(count for (_, final), count in cells.items() if final == name),
            cells.get((name, name), Count()),
        )
        for name in names
    )


def _most_first(tallies: Mapping[_K, Tally]) -> list[tuple[_K, Count]]:
    found = [(key, tally.done()) for key, tally in tallies.items()]
    return sorted(found, key=lambda each: (-each[1].count, each[0]))


def _count(tallies: Mapping[tuple[str, str], Tally], pair: tuple[str, str]) -> Count:
    return tallies[pair].done() if pair in tallies else Count()


def _bits(heard: Iterable[Heard]) -> float:
    return gain([(each.stayed.count, each.changed.count) for each in heard])
