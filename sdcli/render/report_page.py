"""A report as one page of HTML that needs nothing else: tables, pictures, and the tickets behind.

Pure: the same values give the same bytes. Style, scripts and data stand in the page, which asks for
nothing from anywhere; its policy names what may run by hash. Without scripts the tables and the
small pictures are there; with them Observable Plot draws the courses (`page/THIRD-PARTY.md`).
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct

from sdcli.render import own_file
from sdcli.render.amounts import NOTHING, Change, amount, basis, change
from sdcli.render.safe import line
from sdcli.sla.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.insight.figures import Figure
    from sdcli.insight.reported import Number, Part, Report, Row, Span

MARK = "sdcli report"
"""What tells pages of ours from other files: they may be written anew."""
HEADLINES = (
    "opened", "resolved", "backlog", "fcr", "fcr.net", "respond", "resolve", "sla", "reopen_rate",
    "survey.satisfaction",
)  # fmt: skip
"""The figures at the top of the page."""
ROW_PARTS = 12
"""So many parts of a split are shown at once; the others are counted in a line."""

_MOST_REFS, _MOST_OF_SLOT = 10, 5
"""So many tickets are named of each figure and part, and of each slot; `sdcli report audit` has all."""

_SCRIPTS = ("d3.min.js", "plot.min.js", "page.js")
_LICENCES = ("d3.LICENSE.txt", "plot.LICENSE.txt")
"""They go wherever their programs go."""
_PLOT_STYLE = (
    ":where(.plot) {\n  --plot-background: white;\n  display: block;\n  height: auto;\n"
    "  height: intrinsic;\n  max-width: 100%;\n}\n:where(.plot text),\n:where(.plot tspan) {\n"
    "  white-space: pre;\n}"
)
"""The style that Observable Plot puts into each chart: named by hash, since nothing else may."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {"tickets": "requests", "times": "times", "score": "score, 1 to 5", "percent": "%"}
_WIDE, _HIGH = 120, 32
"""The room of a small picture, in units of its own."""
_SCORES = 1.0, 5.0


class Known(NamedTuple):
    """What a page says of a ticket beside its reference."""

    summary: str
    status: str
    priority: str
    type: str
    queue: str


class Page(Struct, frozen=True, kw_only=True):
    """What a page is made of.

    Args:
        report: the figures.
        tickets: what is known of the tickets that they name, by reference.
        desk: what the desk calls itself.
        made: when.
        chosen: the options that choose the period, as they are typed; `shared`: all the others that
            choose what is counted.
        command: how to make it again.
    """

    report: Report
    tickets: Mapping[str, Known]
    desk: str
    made: datetime
    chosen: str
    shared: str
    command: str


def page(given: Page) -> str:
    """The page."""
    return _Builder(given).page()


def save(path: str, content: str) -> None:
    """Write a page whole or not at all; only a page of ours is written over.

    Raises:
        RefusedError: the file is something else.
        MachineError: it cannot be written.
    """
    own_file.save(
        path, content, mark=f'<meta name="generator" content="{MARK}">', kind=f"page of `{MARK}`"
    )


class _Line(NamedTuple):
    """A row of a table of parts; `bar` are lengths in percent of the room."""

    name: str
    cells: Sequence[str]
    bar: Mapping[str, float]


class _Split(NamedTuple):
    """The parts of a figure by one thing."""

    by: str
    heads: Sequence[str]
    rows: Sequence[_Line]
    left: int


class _Receipt(NamedTuple):
    """A ticket behind a figure."""

    ref: str
    known: Known | None


class _View(NamedTuple):
    """A figure, as the template reads it."""

    id: str
    anchor: str
    name: str
    about: Markup
    said: str
    basis: str
    change: Change
    before: str
    spark: Markup
    summary: str
    keys: Sequence[tuple[str, str]]
    heads: Sequence[str]
    slots: Sequence[tuple[str, Sequence[str]]]
    splits: Sequence[_Split]
    refs: Sequence[_Receipt]
    others: Sequence[_Receipt]
    audit: str


class _Builder:
    """Builds one page."""

    def __init__(self, given: Page) -> None:
        self._given, self._report = given, given.report
        self._wall = Wall(given.report.zone)
        self._rows = {row.id: row for row in given.report.rows if says_something(row)}

    def page(self) -> str:
        """The page, from its template."""
        views = {id_: self._view(row) for id_, row in self._rows.items()}
        style = _asset("page.css")
        scripts = [_asset(name) for name in _SCRIPTS]
        environment = Environment(
            loader=DictLoader({"page": _asset("page.html.j2")}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("page").render(
            mark=MARK,
            policy=_policy(style, scripts),
            style=Markup(style),  # noqa: S704 - files of ours
            scripts=[Markup(each) for each in scripts],  # noqa: S704 - as above
            licences=[Markup(_asset(name)) for name in _LICENCES],  # noqa: S704 - as above
            data=Markup(_data(self._data())),  # noqa: S704 - escaped for a script
            desk=line(self._given.desk),
            title=self._title,
            facts=self._facts,
            command=line(self._given.command),
            made=self._instant(self._given.made),
            zone=self._report.zone,
            tiles=[views[id_] for id_ in HEADLINES if id_ in views],
            sections=[
                (name, name.lower().replace(" ", "-"), [views[row.id] for row in rows])
                for name, rows in groupby(self._rows.values(), key=lambda row: row.figure.section)
            ],
            empty=[row.figure.name for row in self._report.rows if row.id not in self._rows],
            nothing=NOTHING,
        )

    # When.

    @property
    def _compares(self) -> bool:
        return self._report.before is not None

    @cached_property
    def _title(self) -> str:
        return self._span(self._report.period)

    @cached_property
    def _facts(self) -> list[tuple[str, str]]:
        before = self._report.before
        return [
            ("Compared with", self._span(before) if before else "nothing before it"),
            ("As known at", self._instant(self._report.as_of)),
            ("Requests", f"those of: {line(self._report.query)}" if self._report.query else "all"),
        ]

    def _instant(self, at: datetime) -> str:
        shown = self._wall.shows(int(at.timestamp()))
        return f"{shown.day} {_MONTHS[shown.month - 1]} {shown.year} {shown:%H:%M}"

    def _span(self, span: Span) -> str:
        """`1 Jan to 31 Dec 2025`, or to the minute where it does not begin and end with a day."""
        start = self._wall.shows(int(span.since.timestamp()))
        end = self._wall.shows(int(span.until.timestamp()))
        if any((each.hour, each.minute, each.second) != (0, 0, 0) for each in (start, end)):
            return f"{self._instant(span.since)} to {self._instant(span.until)}"
        last = self._wall.shows(int(span.until.timestamp()) - 1)
        year = "" if start.year == last.year else f" {start.year}"
        first = f"{start.day} {_MONTHS[start.month - 1]}{year}"
        whole = f"{last.day} {_MONTHS[last.month - 1]} {last.year}"
        return whole if first == whole.rpartition(" ")[0] else f"{first} to {whole}"

    @cached_property
    def _slots(self) -> list[tuple[str, str]]:
        """Of each slot its name, and what stands below it in a chart."""
        return [
            self._slot(self._wall.shows(int(slot.since.timestamp()))) for slot in self._report.slots
        ]

    def _slot(self, at: datetime) -> tuple[str, str]:
        month, step = _MONTHS[at.month - 1], self._report.step
        day = f"{at.day} {month}"
        if step == "year":
            return f"{at.year}", f"{at.year}"
        if step == "month":
            return f"{month} {at.year}", month
        if step == "hour":
            return f"{day} {at.year} {at:%H:%M}", f"{at:%H:%M}"
        return f"{'week of ' if step == 'week' else ''}{day} {at.year}", day

    # A figure.

    def _view(self, row: Row) -> _View:
        figure = row.figure
        return _View(
            id=row.id,
            anchor=f"figure-{row.id.replace('.', '-')}",
            name=figure.name,
            about=_with_code(figure.about),
            said=amount(row.now.value, figure),
            basis=_basis(row),
            change=self._change(row),
            before=amount(row.before.value, figure) if self._compares else "",
            spark=_spark(row),
            summary=self._summary(row),
            keys=list(self._keys(row)),
            heads=_heads(figure)[: 1 + len(_cells(row.now, figure))],
            slots=[
                (name, _cells(number, figure))
                for (name, _), number in zip(self._slots, row.series, strict=False)
            ],
            splits=[self._split(by, parts, figure) for by, parts in row.by.items() if parts],
            refs=self._receipts(row.refs),
            others=self._receipts(row.others),
            audit=self._audit(row.id),
        )

    def _change(self, row: Row) -> Change:
        told = change(row) if self._compares else Change("", "", "")
        return told._replace(words=told.words.replace(" %", "\u00a0%"))

    def _summary(self, row: Row) -> str:
        """The course in a sentence, for who does not see it."""
        figure = row.figure
        known = [
            (number.value, name)
            for number, (name, _) in zip(row.series, self._slots, strict=False)
            if number.value is not None
        ]
        head = f"{figure.name}, {self._report.step} by {self._report.step}"
        if not known:
            return f"{head}: {NOTHING}."
        told = [f"{amount(value, figure)} in {name}" for value, name in (known[0], known[-1])]
        least, most = min(known, key=_value), max(known, key=_value)
        ends = "" if len(known) == 1 else f", then {told[1]}"
        extremes = (
            f"; least {amount(least[0], figure)} in {least[1]}, most "
            f"{amount(most[0], figure)} in {most[1]}"
        )
        was = f" In the period before {amount(row.before.value, figure)}." if self._compares else ""
        return f"{head}: {told[0]}{ends}{extremes if len(known) > 1 else ''}.{was}"

    def _keys(self, row: Row) -> Iterator[tuple[str, str]]:
        """What the lines of a chart are."""
        figure = row.figure
        if figure.kind in {"spread", "age"}:
            yield "now", "median"
            yield "p90", "nine in ten are within"
        level = self._level(row)
        if level is not None:
            told = f"period before: {amount(level, figure)}"
            yield (
                "before",
                f"{told} a {self._report.step} on average" if figure.kind == "count" else told,
            )

    def _level(self, row: Row) -> float | None:
        """What a slot of the period before was like; of a count, on average."""
        before = self._report.before
        if row.before.value is None or before is None or not self._report.slots:
            return None
        if row.figure.kind != "count":
            return row.before.value
        slot = _length(self._report.period) / len(self._report.slots)
        return row.before.value * slot / max(_length(before), 1)

    def _split(self, by: str, parts: Sequence[Part], figure: Figure) -> _Split:
        shown = parts[:ROW_PARTS]
        most = _most(shown, figure)
        rows = [
            _Line(
                line(part.name) or NOTHING,
                [*_cells(part.now, figure), *self._was(part.before, figure)],
                _bar(part, most, with_before=self._compares),
            )
            for part in shown
        ]
        heads = [*_heads(figure), *(["Before"] if self._compares else [])]
        return _Split(by, heads, rows, len(parts) - len(shown))

    def _was(self, before: Number, figure: Figure) -> list[str]:
        return [amount(before.value, figure)] if self._compares else []

    def _receipts(self, refs: Sequence[str]) -> list[_Receipt]:
        return [_Receipt(ref, self._known(ref)) for ref in _newest(refs)]

    def _known(self, ref: str) -> Known | None:
        known = self._given.tickets.get(ref)
        return known and Known(*map(line, known))

    def _audit(self, id_: str) -> str:
        return line(f"sdcli report audit {id_} {self._given.chosen} {self._given.shared}".rstrip())

    # What the script reads.

    def _data(self) -> dict[str, Any]:
        named = {ref for row in self._rows.values() for ref in _refs(row)}
        return {
            "step": self._report.step,
            "slots": [
                [name, short, *(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (slot.since, slot.until))]
                for (name, short), slot in zip(self._slots, self._report.slots, strict=True)
            ],
            "tickets": {ref: self._known(ref) for ref in sorted(named)},
            "shared": line(self._given.shared),
            "figures": {id_: self._figure(row) for id_, row in self._rows.items()},
        }

    def _figure(self, row: Row) -> dict[str, Any]:
        figure = row.figure
        return {
            "name": figure.name,
            "kind": figure.kind,
            "unit": figure.unit,
            "axis": _UNITS.get(figure.unit, ""),
            "before": self._level(row),
            "series": [[each.value, each.p90] for each in row.series],
            "slots": [_newest(refs, _MOST_OF_SLOT) for refs in row.slot_refs],
            "said": [", ".join(filter(None, _said(each, figure))) for each in row.series],
            "parts": {
                by: [[line(part.name) or NOTHING, _newest(part.refs)] for part in parts[:ROW_PARTS]]
                for by, parts in row.by.items()
            },
        }


def says_something(row: Row) -> bool:
    """Whether there was anything to count, now or before."""
    return any(number.value or number.of for number in (row.now, row.before, *row.series))


def _value(found: tuple[float, str]) -> float:
    return found[0]


def _length(span: Span) -> float:
    return (span.until - span.since).total_seconds()


def named_in(report: Report) -> set[str]:
    """The tickets that a page of a report names."""
    return {ref for row in report.rows for ref in _refs(row)}


def _refs(row: Row) -> Iterator[str]:
    for refs in (row.refs, row.others):
        yield from _newest(refs)
    for parts in row.by.values():
        for part in parts[:ROW_PARTS]:
            yield from _newest(part.refs)
    for slot in row.slot_refs:
        yield from _newest(slot, _MOST_OF_SLOT)


def _newest(refs: Sequence[str], most: int = _MOST_REFS) -> Sequence[str]:
    """The newest come first, and not more than are read."""
    return refs[: -most - 1 : -1]


def _basis(row: Row) -> str:
    """What the number is made of, and beyond the median what nine in ten do not exceed."""
    told = basis(row.now, row.figure) if row.now.of else ""
    if row.now.p90 is None:
        return told
    return f"nine in ten within {amount(row.now.p90, row.figure)}, {told}"


def _heads(figure: Figure) -> list[str]:
    """The headers of a table of numbers, without the first and the last."""
    if figure.kind in {"spread", "age"}:
        return ["Median", "9 in 10", "Of"]
    if figure.kind == "share":
        return ["Share", "Of all"]
    return ["Mean", "Of"] if figure.kind == "mean" else ["Now"]


def _cells(number: Number, figure: Figure) -> list[str]:
    """The cells that belong to `_heads`."""
    value = amount(number.value, figure)
    if figure.kind in {"spread", "age"}:
        return [value, amount(number.p90, figure), f"{number.of:,}"]
    if figure.kind == "share":
        return [value, basis(number, figure)]
    return [value, f"{number.of:,}"] if figure.kind == "mean" else [value]


def _said(number: Number, figure: Figure) -> list[str]:
    """A slot in words."""
    p90 = "" if number.p90 is None else f"nine in ten within {amount(number.p90, figure)}"
    return [amount(number.value, figure), p90, basis(number, figure) if number.of else ""]


def _most(parts: Iterable[Part], figure: Figure) -> float:
    """What the longest bar stands for."""
    if figure.unit == "percent":
        return 100.0
    if figure.unit == "score":
        return _SCORES[1]
    numbers = [number for part in parts for number in (part.now, part.before)]
    values = [each or 0 for number in numbers for each in (number.value, number.p90)]
    return max([1.0, *values])


def _bar(part: Part, most: float, *, with_before: bool) -> dict[str, float]:
    """The lengths of a bar: the value, what was before, and what nine in ten do not exceed."""
    before = part.before.value if with_before else None
    told = {"now": part.now.value, "before": before, "p90": part.now.p90}
    return {
        name: round(min(value / most, 1.0) * 100, 2)
        for name, value in told.items()
        if value is not None
    }


def _spark(row: Row) -> Markup:
    """A small picture of the course, as SVG; nothing where there is no course."""
    values = [number.value for number in row.series]
    known = [each for each in values if each is not None]
    if not known:
        return Markup("")
    least, most = min(known), max(known)
    if row.figure.kind in {"count", "level"}:
        least = min(least, 0.0)
    step = _WIDE / max(len(values) - 1, 1)

    def place(index: int, value: float) -> str:
        high = (value - least) / (most - least) if most > least else 0.5
        return f"{index * step:.1f},{_HIGH - 3 - high * (_HIGH - 6):.1f}"

    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(place(index, value))
    lines = [
        Markup('<polyline points="{}"/>').format(" ".join(run))
        if len(run) > 1
        else Markup('<polyline class="lone" points="{0} {0}"/>').format(run[0])
        for run in runs
        if run
    ]
    head = f'<svg class="spark" viewBox="-3 0 {_WIDE + 6} {_HIGH}" preserveAspectRatio="none"'
    return Markup('{} aria-hidden="true">{}</svg>').format(
        Markup(head),  # noqa: S704 - numbers of ours
        Markup("").join(lines),
    )


def _with_code(about: str) -> Markup:
    """A definition, in which what stands between backticks is code."""
    parts = about.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


_UNSAFE = re.compile("[<>&\u2028\u2029]")


def _data(told: dict[str, Any]) -> str:
    """JSON that can stand in a script, whatever is in it."""
    encoded = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", encoded)


def _policy(style: str, scripts: Iterable[str]) -> str:
    """What the page may do: run these scripts, wear these styles, and ask for nothing."""
    run = " ".join(map(_hash, scripts))
    worn = f"{_hash(style)} {_hash(_PLOT_STYLE)}"
    return (
        f"default-src 'none'; script-src {run}; style-src {worn}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return (files("sdcli.render") / "page" / name).read_text(encoding="utf-8")
