"""Reports to draw: a rich year, a desk with nearly nothing, and one whose texts attack."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from sdcli.insight.figures import FIGURES
from sdcli.insight.reported import Number, Part, Report, Row, Span
from sdcli.render.report_page import Known, Page

if TYPE_CHECKING:
    from sdcli.insight.figures import Figure

UTC = timezone.utc
EVIL = (
    "</script><script>window.hacked=1</script><!--<script>--></title><img src=x onerror=window.hacked=1>"
    "\x00\u202eevil\u2028]]>{{7*7}}'\"><svg onload=window.hacked=1>\ud800"
)
_WORDS = {
    "type": ("incident", "information", "fulfilment", "new-service", "unknown"),
    "service": (
        "E-mail and calendar",
        "Printing",
        "VPN",
        "Laptops",
        "Telephones",
        "SAP",
        "unknown",
    ),
    "channel": ("phone", "portal", "mail", "walk-in", "monitoring"),
    "unit": ("Finance", "Sales", "Production", "Human resources", "Research", "unknown"),
    "priority": ("P3", "P4", "P2", "P1"),
    "tier": ("1", "2", "unknown"),
    "person": ("ada", "ben", "chi", "dora", "emil", "none"),
    "queue": ("first-line", "network", "workplace", "applications"),
    "target": ("response", "resolution", "update"),
    "agreement": ("standard", "gold", "production-line"),
    "article": ("KB-110", "KB-102", "KB-117"),
    "code": ("solved", "workaround", "no-fault-found", "planned-outage"),
    "thing": ("private printer", "old fax", "telescope"),
    "rule": ("security", "budget"),
    "change": ("CHG-17", "unknown"),
}
_SUMMARIES = (
    "VPN drops every few minutes at home", "Printer on floor 3 shows offline",
    "New laptop for the trainee in Finance", "Where do I find the holiday calendar?",
    "Outlook asks for the password again and again", "SAP: posting period is closed",
)  # fmt: skip


def rich(*, step: str = "month", seed: int = 7) -> Page:
    """A year of every figure, by everything that it is split by."""
    chance = Random(seed)
    if step == "month":
        ends = [datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 13)]
        ends.append(datetime(2026, 1, 1, tzinfo=UTC))
    else:
        days = {"week": 7, "day": 1}[step]
        start = datetime(2025, 1, 6, tzinfo=UTC)
        ends = [start + timedelta(days=days * index) for index in range(53 if days > 1 else 93)]
    slots = tuple(Span(one, other) for one, other in pairwise(ends))
    period = Span(ends[0], ends[-1])
    report = Report(
        period=period,
        before=Span(period.since - (period.until - period.since), period.since),
        as_of=datetime(2026, 1, 4, 9, 30, tzinfo=UTC),
        zone="Europe/London",
        query="unit:Finance OR -channel:monitoring",
        step=step,
        slots=slots,
        rows=tuple(_row(figure, len(slots), chance) for figure in FIGURES.values()),
    )
    return page_of(report)


def sparse() -> Page:
    """A week of a desk that opened its first ticket."""
    start = datetime(2026, 11, 16, tzinfo=UTC)
    slots = tuple(
        Span(start + timedelta(days=at), start + timedelta(days=at + 1)) for at in range(7)
    )
    one = {"opened": 1.0, "backlog": 1.0, "respond": 600.0}

    def row(figure: Figure) -> Row:
        value = one.get(figure.id)
        zero = 0.0 if figure.kind in {"count", "level"} else None
        number = Number(value=zero if value is None else value, of=int(value is not None))
        if value is not None and figure.kind == "spread":
            number = Number(value=value, of=1, p90=600)
        series = (*(Number(value=zero) for _ in range(5)), number, Number(value=zero))
        by: dict[str, tuple[Part, ...]] = {
            "type": (Part(name="incident", now=number, before=Number(value=zero), refs=("SD-1",)),)
        }
        return Row(
            id=figure.id,
            now=number,
            before=Number(value=zero),
            series=series,
            by=by if value is not None else {},
            refs=("SD-1",) if value is not None else (),
        )

    return page_of(
        Report(
            period=Span(start, start + timedelta(days=7)),
            before=None,
            as_of=start + timedelta(days=7),
            zone="Europe/London",
            query="",
            step="day",
            slots=slots,
            rows=tuple(map(row, FIGURES.values())),
        )
    )


def hostile() -> Page:
    """A rich year whose every text from outside attacks."""
    from msgspec.structs import replace  # noqa: PLC0415 - here alone

    given = rich()
    rows = []
    for row in given.report.rows:
        by = {
            name: tuple(replace(part, name=f"{index}{EVIL}") for index, part in enumerate(parts))
            for name, parts in row.by.items()
        }
        rows.append(replace(row, by=by))
    report = replace(given.report, query=f"summary:{EVIL!r}", rows=tuple(rows))
    tickets = {ref: Known(*([EVIL] * 5)) for ref in given.tickets}
    return replace(given, report=report, tickets=tickets, desk=EVIL, shared=EVIL, command=EVIL)


def page_of(report: Report) -> Page:
    """A page about a report, and about tickets that it names."""
    refs = {
        ref
        for row in report.rows
        for ref in (
            *row.refs,
            *row.others,
            *(r for p in row.by.values() for q in p for r in q.refs),
        )
    }
    chance = Random(3)
    known = {
        ref: Known(
            chance.choice(_SUMMARIES), chance.choice(("closed", "resolved", "in_progress")),
            chance.choice(_WORDS["priority"]), chance.choice(_WORDS["type"]),
            chance.choice(_WORDS["queue"]),
        )
        for ref in sorted(refs)
    }  # fmt: skip
    return Page(
        report=report,
        tickets=known,
        desk="Service Desk of Northwind",
        made=datetime(2026, 1, 4, 9, 31, tzinfo=UTC),
        chosen="--since 2025-01-01T00:00:00Z --until 2026-01-01T00:00:00Z",
        shared="--query 'unit:Finance OR -channel:monitoring' --as-of 2026-01-04T09:30:00Z",
        command="sdcli report --since 2025-01-01 --until 2026-01-01 --html report.html",
    )


_SIZES = {
    "tickets": 120,
    "times": 14,
    "minutes": 2600,
    "seconds": 5200,
    "percent": 76,
    "score": 4.1,
}


def _number(figure: Figure, chance: Random, scale: float = 1.0) -> Number:
    size = _SIZES[figure.unit] * (chance.uniform(0.75, 1.2))
    of = max(1, round(110 * scale * chance.uniform(0.7, 1.2)))
    if figure.kind == "share":
        counted = round(of * min(size / 100, 1))
        return Number(value=round(counted * 100 / of, 2), of=of, counted=counted)
    if figure.kind in {"spread", "age"}:
        size *= 60 if figure.kind == "age" else 1
        return Number(value=round(size), of=of, p90=round(size * chance.uniform(1.8, 3.2)))
    if figure.kind == "mean":
        top = 5.0 if figure.unit == "score" else 100.0
        return Number(value=round(min(size, top), 2), of=of)
    return Number(value=float(round(size * scale)), of=round(size * scale))


def _row(figure: Figure, slots: int, chance: Random) -> Row:
    series = tuple(_number(figure, chance, 12 / slots) for _ in range(slots))
    if figure.id == "survey.satisfaction":
        series = (Number(), Number(), *series[2:6], Number(), *series[7:])
    scale = 12.0 if figure.kind == "count" else 1.0
    now, before = (_number(figure, chance, scale) for _ in range(2))
    if figure.kind == "count":
        now = Number(value=sum(each.value or 0 for each in series), of=sum(e.of for e in series))
    by = {}
    for name in figure.by:
        words = _WORDS[name]
        parts = [
            Part(
                name=word,
                now=_number(figure, chance, scale / (index + 1.5)),
                before=_number(figure, chance, scale / (index + 1.5)),
                refs=tuple(f"SD-{chance.randint(100, 180)}" for _ in range(8)),
            )
            for index, word in enumerate(words)
        ]
        by[name] = tuple(sorted(parts, key=lambda part: -(part.now.value or 0)))
    refs = tuple(f"SD-{chance.randint(100, 180)}" for _ in range(8))
    others = tuple(f"SD-{chance.randint(100, 180)}" for _ in range(8))
    return Row(
        id=figure.id, now=now, before=before, series=series, by=by, refs=refs,
        others=others if figure.kind == "share" else (),
        slot_refs=tuple(refs[:3] for _ in series),
    )  # fmt: skip
