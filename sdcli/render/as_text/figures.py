"""How classes differ and what callers ask again and again, with the tickets behind each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import line
from sdcli.render.words import RULES, refs
from sdcli.triage.reclassify import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.insight.classification import (
        ClassificationReport,
        Confusion,
        Heard,
        Parting,
        Unknown,
    )
    from sdcli.insight.counts import Count
    from sdcli.insight.information import Candidate
    from sdcli.results.reports import ClassificationReported, InformationReported


_NTH = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


class _Numbers:
    """Writes numbers, with their tickets or without."""

    def __init__(self, *, with_refs: bool) -> None:
        self._with_refs = with_refs

    def told(self, count: Count) -> str:
        """A number, and the newest of its tickets."""
        return f"{count.count}{refs(count.refs) if self._with_refs else ''}"

    def part(self, part: Count, of: Count) -> str:
        """A part of a whole: `3 of 12 (25 %)`."""
        percent = f" ({part.count * 100 / of.count:.0f} %)" if of.count else ""
        return f"{part.count} of {of.count}{percent}{refs(part.refs) if self._with_refs else ''}"


def classification(result: ClassificationReported) -> Iterator[str]:
    """First against final class, and what can be learnt from it."""
    report, numbers = result.report, _Numbers(with_refs=result.refs)
    yield f"Classification of {_tickets(report.tickets)}, {_period(report.since, report.until)}."
    if not report.tickets.count:
        return
    yield f"Reclassified: {numbers.part(report.reclassified, report.decided)} of those classified."
    yield ""
    yield from _matrix(report, numbers)
    yield from _listed(
        "How mistakes were discovered:",
        (f"{line(each.how)}: {numbers.told(each.changes)}" for each in report.discovered),
    )
    yield from _listed(
        "Between incident and fulfilment:",
        (f"{each.before} → {each.after}: {numbers.told(each.changes)}" for each in report.flips),
    )
    yield ""
    yield "Left unknown:"
    yield from _unknown(report.unknown, numbers)
    for each in report.confusions:
        yield from _confusion(each, numbers)


def _matrix(report: ClassificationReport, numbers: _Numbers) -> Iterable[str]:
    cells = {(cell.first, cell.final): cell.tickets for cell in report.cells}
    if report.by == "service":
        totals = [
            [line(each.name), *map(numbers.told, (each.first, each.final, each.stayed))]
            for each in report.totals
        ]
        yield from table([["service", "at first", "in the end", "stayed"], *totals])
        wrong = (
            f"{line(first)} → {line(final)}: {numbers.told(n)}"
            for (first, final), n in cells.items()
        )
        yield from _listed("Taken for another:", wrong)
        return
    names = [each.name for each in report.totals]
    rows = [
        [
            line(each.name),
            *(
                numbers.told(cells[each.name, to]) if (each.name, to) in cells else "-"
                for to in names
            ),
            numbers.told(each.first),
        ]
        for each in report.totals
    ]
    last = ["in the end", *(numbers.told(each.final) for each in report.totals)]
    total = numbers.told(report.tickets)
    yield from table([["at first ↓", *map(line, names), "total"], *rows, [*last, total]])


def _unknown(found: Sequence[Unknown], numbers: _Numbers) -> Iterator[str]:
    """One row a moment, person or channel, one column a field."""
    rows: dict[tuple[str, str], list[str]] = {}
    for each in found:
        label = {
            "first": "at the first decision",
            "closing": "at closing",
            "person": f"first decision by {each.name or RULES}",
            "channel": f"first decision, {each.name}",
        }[each.moment]
        row = rows.setdefault((each.moment, each.name), [line(label)])
        row.append(numbers.part(each.unknown, each.of))
    order = sorted(
        rows, key=lambda key: (("first", "closing", "person", "channel").index(key[0]), key)
    )
    yield from table([["", *FIELDS], *(rows[key] for key in order)])


def _confusion(found: Confusion, numbers: _Numbers) -> Iterator[str]:
    yield ""
    yield f"{line(found.first)} that was {line(found.final)}: {numbers.told(found.tickets)}"
    if not found.questions:
        yield "  No question of your trees tells the two apart: one is worth adding."
    for each in found.questions:
        yield from _parting(each, numbers)


def _parting(found: Parting, numbers: _Numbers) -> Iterator[str]:
    nth = "" if found.nth is None else f", the {_nth(found.nth)} question"
    what = "its answers lead apart" if found.by == "trees" else "past answers tell them apart"
    yield f"  {line(found.ask)} ({line(found.question)}, {found.place}{nth}): {what}"
    counts = (
        ("answered", found.asked),
        ("skipped", found.skipped),
        ("unknown", found.unknown),
        ("not asked", found.not_asked),
    )
    yield f"    {', '.join(f'{name} {numbers.told(n)}' for name, n in counts if n.count)}"
    yield from (f"    {text}" for text in _heard(found.answers, numbers))


def _heard(answers: Sequence[Heard], numbers: _Numbers) -> Iterator[str]:
    for each in answers:
        stayed, changed = numbers.told(each.stayed), numbers.told(each.changed)
        yield f"{line(each.answer)}: {stayed} stayed, {changed} changed"


def information(result: InformationReported) -> Iterator[str]:
    """What callers ask again and again."""
    report, numbers = result.report, _Numbers(with_refs=result.refs)
    asked = words.count(report.tickets.count, "request")
    yield f"{asked} for information, {_period(report.since, report.until)}."
    if not report.tickets.count:
        return
    areas = (f"{each.area} {numbers.told(each.tickets)}" for each in report.areas)
    yield f"By area: {', '.join(areas)}."
    yield ""
    if report.candidates:
        yield f"Asked {report.fewest} times or more: candidates for the frequent questions."
    for each in report.candidates:
        yield from _candidate(each, numbers)
    yield f"Asked less often: {numbers.told(report.others)}."


def _candidate(found: Candidate, numbers: _Numbers) -> Iterator[str]:
    about = f"{line(found.service)} / {line(found.feature)}"
    times = numbers.told(found.tickets)
    known = line(", ".join(found.articles))
    answered = f"answered by {known}" if known else "no article was used: write one"
    yield f"  {times}  {about}, {found.minutes} min in all; {answered}"
    yield f"      {line(found.example)}"


def _listed(head: str, rows: Iterable[str]) -> Iterator[str]:
    found = list(rows)
    if found:
        yield from ("", head, *(f"  {row}" for row in found))


def _tickets(count: Count) -> str:
    return words.count(count.count, "ticket")


def _period(since: datetime | None, until: datetime | None) -> str:
    if since is None and until is None:
        return "all that there are"
    parts = (
        f"from {words.instant(since)}" if since else "",
        f"until {words.instant(until)}" if until else "",
    )
    return f"last changed {' '.join(filter(None, parts))}"


def _nth(number: int) -> str:
    return _NTH[number] if number < len(_NTH) else f"{number}th"
