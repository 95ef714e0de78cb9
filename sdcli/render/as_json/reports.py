"""The figures of a period as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import to_builtins

from sdcli.insight.figures import FIGURES
from sdcli.render.as_json.intake import outcomes
from sdcli.results.reports import (
    Audited,
    ClassificationReported,
    Defined,
    FilteredReported,
    InformationReported,
    Metrics,
    OutagesReported,
    PageWritten,
    Reported,
    SkillsReported,
    UnsupportedReported,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.insight.figures import Figure
    from sdcli.insight.reported import Number, Part, Row


def _metrics(result: Metrics) -> dict[str, Any]:
    """Every sample, under the name that the text has it under."""
    return {
        "generated_at": result.now,
        "file": result.file or None,
        "metrics": [
            {
                "name": each.printed,
                "type": each.kind,
                "unit": each.unit or None,
                "help": each.help,
                "samples": [{"labels": s.labels, "value": s.value} for s in each.samples],
            }
            for each in result.families
        ],
    }


def _reported(result: Reported) -> dict[str, Any]:
    """The whole report as one document."""
    report = result.report
    return {
        "period": report.period,
        "before": report.before,
        "as_of": report.as_of,
        "query": report.query,
        "step": report.step,
        "slots": report.slots,
        "figures": [_row_json(row) for row in report.rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    figure = row.figure
    return {
        "id": row.id,
        "name": figure.name,
        "section": figure.section,
        "kind": figure.kind,
        "unit": figure.unit,
        "better": figure.better,
        "now": _number(figure, row.now),
        "before": _number(figure, row.before),
        "change": row.change,
        "series": [_number(figure, each) for each in row.series],
        "by": {
            name: [_part_json(figure, part) for part in parts] for name, parts in row.by.items()
        },
        "refs": row.refs,
        "others": row.others,
    }


def _part_json(figure: Figure, part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "now": _number(figure, part.now),
        "before": _number(figure, part.before),
        "refs": part.refs,
    }


def _number(figure: Figure, found: Number) -> dict[str, Any]:
    """A number, with the keys of its kind; durations are whole seconds."""
    if figure.kind == "share":
        return {"counted": found.counted, "of": found.of, "percent": found.value}
    if figure.kind in ("spread", "age"):
        median = None if found.value is None else int(found.value)
        return {"of": found.of, "median_s": median, "p90_s": found.p90}
    if figure.kind == "mean":
        return {"of": found.of, "mean": found.value}
    return {"value": None if found.value is None else int(found.value)}


def _page(result: PageWritten) -> dict[str, Any]:
    """The page that was written."""
    report = result.report
    return {
        "file": result.file,
        "bytes": result.size,
        "period": report.period,
        "before": report.before,
        "as_of": report.as_of,
        "query": report.query,
        "figures": result.figures,
        "nothing": result.nothing,
    }


def _audit(result: Audited) -> dict[str, Any]:
    """The receipts of a figure as one document."""
    audit = result.audit
    figure = FIGURES[audit.id]
    return {
        "figure": audit.id,
        "about": figure.about,
        "period": audit.period,
        "as_of": audit.as_of,
        "query": audit.query,
        "now": _number(figure, audit.now),
        "counted": _refs(each.ref for each in audit.items if each.number),
        "others": _refs(each.ref for each in audit.items if not each.number),
        "items": [to_builtins(each) for each in audit.items],
    }


def _refs(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))


def _defined(result: Defined) -> list[dict[str, Any]]:
    """What figures mean, as a list."""
    return [
        {
            "id": figure.id,
            "name": figure.name,
            "section": figure.section,
            "kind": figure.kind,
            "unit": figure.unit,
            "better": figure.better,
            "about": figure.about,
            "by": figure.by,
            "splits": figure.splits,
            "source": figure.source,
        }
        for figure in result.figures
    ]


SHAPES: dict[type, Callable[[Any], Any]] = {
    Reported: _reported,
    PageWritten: _page,
    Audited: _audit,
    Defined: _defined,
    ClassificationReported: lambda result: result.report,
    InformationReported: lambda result: result.report,
    UnsupportedReported: lambda result: (
        msgspec.structs.asdict(result.report) | {"changes": list(outcomes(result.changes))}
    ),
    SkillsReported: lambda result: result.report,
    OutagesReported: lambda result: result.report,
    FilteredReported: lambda result: result.report,
    Metrics: _metrics,
}
