"""The figures of a period: as a table for people, as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

from sdcli.insight.figures import FIGURES
from sdcli.policy.local import begins_day, local
from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import line
from sdcli.render.spark import bar, spark
from sdcli.render.wrap import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.insight.figures import Figure
    from sdcli.insight.reported import Number, Report, Row, Span
    from sdcli.render.as_text import Screen
    from sdcli.results.reports import Audited, Defined, PageWritten, Reported


_HOUR_S = 3600
_NARROW, _WIDE = 60, 120
_LEAST_TREND, _MOST_TREND = 8, 60
_MOST_PARTS = 12
"""So many parts of a split are shown to people; the others are in every other form."""


_BAR = 16
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula; an apostrophe before it makes it text."""


def text(result: Reported, screen: Screen) -> Iterator[str]:
    """The report for a terminal, or for a pipe that is read by a person."""
    report = result.report
    width = screen.width or _WIDE
    yield from _head(report, width)
    shown = [row for row in report.rows if not _is_nothing(row)]
    cells = [_cells(row) for row in shown]
    titles = ["", "now", "before" if report.before else "", "change" if report.before else ""]
    sizes = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    room = min(width - sum(sizes) - 2 * len(sizes) - 2, _MOST_TREND)
    section = ""
    if shown:
        yield ""
        step, count = report.step, len(report.slots)
        trend = f"by {step}" if room >= count else f"{room} {step}s"  # the last ones
        titles = [*titles, trend] if room >= _LEAST_TREND else titles
        heads = [cell.ljust(size) for cell, size in zip(titles, [*sizes, 0], strict=False)]
        yield f"  {'  '.join(heads)}".rstrip()
    for row, told in zip(shown, cells, strict=True):
        if row.figure.section != section:
            section = row.figure.section
            yield screen.style(section, bold=True)
        parts = [cell.ljust(size) for cell, size in zip(told, sizes, strict=True)]
        if room >= _LEAST_TREND:
            values = [each.value for each in row.series[-room:]]
            low, high = _RANGES.get(row.figure.unit, (0.0, None))
            parts.append(spark(values, ascii=not screen.utf8, low=low, high=high))
        yield f"  {'  '.join(parts)}".rstrip()
        if result.parts:
            yield from _splits(row, width, screen)
    empty = [row.id for row in report.rows if _is_nothing(row)]
    if not shown:
        yield from ("", "There is nothing to count.")
    elif empty:
        yield ""
        yield from wrapped("Nothing to count: ", ", ".join(empty) + ".", width)


_RANGES: Mapping[str, tuple[float, float | None]] = {"percent": (0.0, 100.0), "score": (1.0, 5.0)}
"""What the lowest and the highest sign of a sparkline stand for."""


def _head(report: Report, width: int) -> Iterator[str]:
    zone, before = report.zone, report.before
    compared = f", beside {_span(before, zone)}" if before else ""
    yield from wrapped("", f"Figures of {_span(report.period, zone)}{compared}.", width)
    yield from wrapped("", f"As known at {words.exact(report.as_of)}.", width)
    if report.query:
        yield from wrapped("", f"Only {line(report.query)}", width)


def _span(span: Span, zone: str) -> str:
    """A period by the clocks of a zone: days where it is of whole days, the last one included."""
    since, until = (local(int(at.timestamp()), zone) for at in (span.since, span.until))
    if all(begins_day(int(at.timestamp()), zone) for at in (span.since, span.until)):
        last = until.date() - timedelta(days=1)
        return f"{last}" if last == since.date() else f"{since.date()} to {last}"
    form = "%H:%M:%S" if since.second or until.second else "%H:%M"
    return f"{since.date()} {since:{form}} to {until.date()} {until:{form}} ({zone})"


def _is_nothing(row: Row) -> bool:
    """Whether there was nothing to count, neither now nor before."""
    return not (row.now.of or row.before.of or row.now.value or row.before.value)


def _cells(row: Row) -> list[str]:
    """A figure: its id, what it is, what it was before, and the change."""
    return [row.id, number(row.figure, row.now), plain(row.figure, row.before), change(row)]


def _splits(row: Row, width: int, screen: Screen) -> Iterator[str]:
    """What a figure is split by, each part with a bar."""
    figure = row.figure
    for name, parts in row.by.items():
        known = [part for part in parts if part.now.of or part.now.value]
        if not known:
            continue
        yield f"    by {name}"
        most = max(part.now.value or 0 for part in known)
        most = 100.0 if figure.unit == "percent" else most
        shown = known[:_MOST_PARTS]
        cells = [
            [
                line(part.name)[:24],
                number(figure, part.now),
                bar(part.now.value, most, _BAR, ascii=not screen.utf8) if width >= _NARROW else "",
            ]
            for part in shown
        ]
        yield from (f"      {told}" for told in table(cells))
        if len(known) > len(shown):
            yield f"      and {len(known) - len(shown)} more (--json has all)"


def number(figure: Figure, found: Number) -> str:
    """A number with what it is made of: `87.5 % (7 of 8)`, `1h 05m (p90 3h 00m)`, `4.2 (of 12)`."""
    told = plain(figure, found)
    if found.value is None:
        return told
    if figure.kind == "share":
        return f"{told} ({found.counted} of {found.of})"
    if figure.kind in ("spread", "age"):
        return f"{told} (p90 {_duration(figure, found.p90 or 0)})"
    return f"{told} (of {found.of})" if figure.kind == "mean" else told


def _duration(figure: Figure, seconds: int) -> str:
    """Working time in hours, since a day of it is none of the calendar; age in days."""
    if figure.kind == "age" or seconds < _HOUR_S:
        return words.span(seconds)
    return f"{seconds // _HOUR_S}h {seconds % _HOUR_S // 60:02}m"


def plain(figure: Figure, found: Number) -> str:
    """A number as people read it: `12`, `87.5 %`, `1h 05m`, `4.2`; a dash for none."""
    if found.value is None:
        return "-"
    if figure.kind == "share":
        return f"{words.share(found.value)} %"
    if figure.kind in ("spread", "age"):
        return _duration(figure, int(found.value))
    if figure.kind == "mean":
        return f"{found.value:g}{' %' if figure.unit == 'percent' else ''}"
    return f"{int(found.value):,}"


def change(row: Row) -> str:
    """How much more it is than before, or less, with a word on whether that is better."""
    difference = row.change
    if difference is None:
        return ""
    sign = "+" if difference > 0 else "-" if difference < 0 else "±"
    if row.figure.unit == "seconds":
        told = f"{sign}{_duration(row.figure, abs(int(difference)))}"
    elif row.figure.unit == "percent":
        told = f"{sign}{abs(difference):g} pt"
    else:
        told = f"{sign}{abs(difference):,g}"
    return told


_COLUMNS = (
    "figure",
    "name",
    "split",
    "part",
    "unit",
    "value",
    "of",
    "counted",
    "p90",
    "before",
    "before_of",
    "before_counted",
    "before_p90",
    "since",
    "until",
    "as_of",
)


def as_csv(result: Reported) -> Iterator[str]:
    """One line for each figure, and for each part of what it is split by."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    period = result.report.period
    when = [words.exact(at) for at in (period.since, period.until, result.report.as_of)]
    for row in result.report.rows:
        writer.writerow([*_csv_row(row, "", "", row.now, row.before), *when])
        for split, parts in row.by.items():
            for part in parts:
                writer.writerow([*_csv_row(row, split, part.name, part.now, part.before), *when])
    yield from stream.getvalue().splitlines()


def _csv_row(row: Row, split: str, part: str, now: Number, before: Number) -> list[str]:
    cells = [row.id, row.figure.name, split, _plain(part), row.figure.unit]
    for found in (now, before):
        values = (found.value, found.of, found.counted, found.p90)
        cells += ["" if each is None else f"{each:.15g}" for each in values]
    return cells


def _plain(value: str) -> str:
    """A word from outside, that no spreadsheet takes for a formula, on one line."""
    told = line(value)
    return f"'{told}" if told.startswith(_FORMULA) else told


def as_markdown(result: Reported) -> Iterator[str]:
    """A table for each section, and one for each split if they are asked for."""
    report = result.report
    zone, before = report.zone, report.before
    yield f"# Figures of {_span(report.period, zone)}"
    yield ""
    compared = f", beside {_span(before, zone)}" if before else ""
    yield f"As known at {words.exact(report.as_of)}{compared}."
    if report.query:
        yield ""
        yield f"Only `{line(report.query).replace('`', chr(39))}`."
    section = ""
    for row in report.rows:
        if _is_nothing(row):
            continue
        if row.figure.section != section:
            section = row.figure.section
            yield from ("", f"## {section}", "")
            yield from _markdown_row(["Figure", "Now", "Before", "Change"])
            yield from _markdown_row(["---"] * 4)
        now, earlier = number(row.figure, row.now), number(row.figure, row.before)
        yield from _markdown_row([f"{row.figure.name} (`{row.id}`)", now, earlier, change(row)])
    for row in report.rows if result.parts else ():
        for split, parts in row.by.items():
            if not parts:
                continue
            yield from ("", f"### {row.figure.name} by {split}", "")
            yield from _markdown_row([split, "Now", "Before"])
            yield from _markdown_row(["---"] * 3)
            for part in parts:
                now, earlier = number(row.figure, part.now), number(row.figure, part.before)
                yield from _markdown_row([_escaped(part.name), now, earlier])


def _markdown_row(cells: Iterable[str]) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _escaped(value: str) -> str:
    """A word from outside that says nothing in Markdown, nor in HTML."""
    told = line(value)
    for sign in "\\`*_[]<>|#&":
        told = told.replace(sign, f"\\{sign}")
    return told


def page_text(result: PageWritten, screen: Screen) -> Iterator[str]:
    """Where the page is, and what it holds."""
    report = result.report
    what = words.count(len(result.figures), "figure")
    told = f"{what} of {_span(report.period, report.zone)}, {max(result.size // 1000, 1):,} kB"
    yield from wrapped("", f"{line(result.file)} was written: {told}.", screen.width or _WIDE)
    if result.nothing:
        yield from wrapped(
            "Nothing to count: ", f"{', '.join(result.nothing)}.", screen.width or _WIDE
        )


def audit_text(result: Audited, screen: Screen) -> Iterator[str]:
    """Everything behind a figure, one line a ticket."""
    audit = result.audit
    figure = FIGURES[audit.id]
    width = screen.width or _WIDE
    period = _span(audit.period, audit.zone)
    told = number(figure, audit.now) if audit.items else "nothing to count"
    yield from wrapped("", f"{figure.name}, {period}: {told}.", width)
    yield from wrapped("", f"As known at {words.exact(audit.as_of)}.", width)
    if not audit.items:
        return
    yield ""
    rows = [["ref", "counts at (UTC)", _NUMBERS[figure.kind], *figure.own, "summary"]]
    for each in audit.items:
        own = [line(each.parts.get(name) or "-") for name in figure.own]
        rows.append(
            [
                each.ref,
                f"{each.at:%Y-%m-%d %H:%M}",
                _counted(figure, each.number),
                *own,
                line(each.summary)[:40],
            ]
        )
    yield from table(rows)


_NUMBERS = {
    "count": "counts",
    "share": "counts",
    "spread": "took",
    "mean": "said",
    "level": "counts",
    "age": "age",
}


def _counted(figure: Figure, found: int) -> str:
    if figure.kind == "share":
        return "yes" if found else "no"
    return _duration(figure, found) if figure.kind in ("spread", "age") else str(found)


def defined_text(result: Defined, screen: Screen) -> Iterator[str]:
    """What figures mean, one paragraph each."""
    width = screen.width or _WIDE
    for index, figure in enumerate(result.figures):
        if index and result.whole:
            yield ""
        yield f"{figure.id}: {figure.name}"
        if not result.whole:
            continue
        yield from wrapped("  ", figure.about, width)
        yield from wrapped("  ", f"Split by {', '.join(figure.splits)}.", width)
        if figure.better:
            yield from wrapped("  ", f"{figure.better.capitalize()} is better.", width)
        yield from wrapped("  ", f"Answers {figure.source}.", width)
