"""Reports as text: what the filter refused, skills, outages, what is not supported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.safe import line
from sdcli.render.words import refs
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
    from collections.abc import Callable, Iterator, Mapping

    from sdcli.insight.skills import Gap
    from sdcli.insight.unsupported import UnsupportedReport
    from sdcli.render.as_text import Lines, Screen


def _unsupported_reported(result: UnsupportedReported, screen: Screen) -> Lines:
    from sdcli.render.as_text.intake import outcome_lines  # noqa: PLC0415 - only this pays for it

    changes = [
        text
        for outcome, seen in result.changes
        for text in (
            [
                f"{outcome.ticket.ref} asks for this change already; see `sdcli show {outcome.ticket.ref}`."
            ]
            if outcome.action == "deduped" and outcome.ticket
            else outcome_lines(outcome, seen, screen)
        )
    ]
    gaps = () if result.changes else _unsupported_gaps(result.report)
    told = _unsupported_lines(result.report, with_refs=result.refs)
    return [*map(line, told), *changes], map(line, gaps)


def _reported(result: Reported, screen: Screen) -> Lines:
    from sdcli.render.as_text.report import as_csv, as_markdown, text  # noqa: PLC0415 - only reports pay for it

    if result.form == "csv":
        return as_csv(result), []
    if result.form == "markdown":
        return as_markdown(result), []
    return text(result, screen), []


def _page_written(result: PageWritten, screen: Screen) -> Lines:
    from sdcli.render.as_text.report import page_text  # noqa: PLC0415 - as above

    return page_text(result, screen), []


def _audited(result: Audited, screen: Screen) -> Lines:
    from sdcli.render.as_text.report import audit_text  # noqa: PLC0415 - as above

    return audit_text(result, screen), []


def _defined(result: Defined, screen: Screen) -> Lines:
    from sdcli.render.as_text.report import defined_text  # noqa: PLC0415 - as above

    return defined_text(result, screen), []


def _classification(result: ClassificationReported, screen: Screen) -> Lines:
    from sdcli.render.as_text.figures import classification  # noqa: PLC0415 - only reports pay for it

    del screen
    return classification(result), []


def _information(result: InformationReported, screen: Screen) -> Lines:
    from sdcli.render.as_text.figures import information  # noqa: PLC0415 - as above

    del screen
    return information(result), []


def _filtered(result: FilteredReported) -> Iterator[str]:
    """What the filter let through and refused."""
    report = result.report
    every = report.accepted.count + report.rejected.count
    yield (
        f"Filtered: {words.count(every, 'request')} for something new, {report.accepted.count} "
        f"let through, {report.rejected.count} refused."
    )
    for each in report.rules:
        named = refs(each.tickets.refs) if result.refs else ""
        double = f", {each.duplicates} of them like others" if each.duplicates else ""
        says = f"  {line(each.says)}" if each.says else ""
        name = line(each.rule) or "without a rule"
        yield f"  {each.tickets.count:>4}  {name}{double}{says}{named}"


def _metrics(result: Metrics, screen: Screen) -> Lines:
    """The text; of a file that was written nothing where nobody looks, since cron mails it."""
    if not result.file:
        return result.text.removesuffix("\n").split("\n"), []
    count = sum(len(each.samples) for each in result.families)
    said = [f"{line(result.file)} has {count} samples."] if screen.width is not None else []
    return said, list(result.remarks)


def _unsupported_lines(report: UnsupportedReport, *, with_refs: bool) -> Iterator[str]:
    """What was spent on what the catalog does not hold."""
    decisions = _counted(report.decisions)
    told = f"; decisions: {decisions}" if decisions else ""
    tickets = words.count(report.tickets, "ticket")
    yield f"Not in the catalog: {tickets}, {words.count(report.minutes, 'minute')}{told}."
    for head_, rows in (("By name:", report.by_name), ("By unit:", report.by_unit)):
        if rows:
            yield ""
            yield head_
        for row in rows:
            is_gap = row in report.gaps
            count = words.count(row.tickets, "ticket")
            refs = f"  [{' '.join(row.refs)}]" if with_refs else ""
            mark = f"  [gap, {row.draft}]" if row.draft else "  [gap]"
            yield f"  {row.minutes:>6} min  {count:<11}  {row.name}{mark if is_gap else ''}{refs}"
        for row in rows:
            if row.held and row.wanted:
                yield f"The catalog holds {row.name} by now, as {row.held}; so it is no gap."


def _unsupported_gaps(report: UnsupportedReport) -> list[str]:
    """What to do about what the catalog lacks."""
    held = [row for row in report.by_name if row.held and row.wanted]
    steps = [f"Next: sdcli classify {row.refs[0]} --service {row.held}" for row in held]
    new = [row for row in report.gaps if not row.draft]
    if report.gaps:
        number = words.count(len(report.gaps), "gap")
        known = f"; requests for change: {', '.join(row.draft for row in report.gaps if row.draft)}"
        told = known if len(new) < len(report.gaps) else ""
        often = words.count(report.gap_from, "ticket")
        steps.append(f"{number} of the catalog, from {often} on{told}.")
    if new:
        steps.append(
            "Next: sdcli report unsupported --draft-changes   # a request for each new gap"
        )
    return steps


def _counted(counts: Mapping[str, int]) -> str:
    return listed(f"{number} {name}" for name, number in counts.items())


def _skills(result: SkillsReported) -> Iterator[str]:
    """Who was helped with what."""
    report = result.report
    yield f"Helped by a mentor: {words.count(report.helped.count, 'time')}."
    for head, rows in (("By person:", report.by_person), ("By skill:", report.by_skill)):
        if rows:
            yield from ("", head, *(_gap(each, with_refs=result.refs) for each in rows))


def _gap(each: Gap, *, with_refs: bool) -> str:
    others = listed(f"{line(name)} ({number})" for name, number in each.others.items())
    mentors = listed(f"{line(name)} ({number})" for name, number in each.mentors.items())
    named = refs(each.helped.refs) if with_refs else ""
    return f"  {each.helped.count:>4}  {line(each.name)}: {others}; helped by {mentors}{named}"


def _outages(result: OutagesReported) -> Iterator[str]:
    """The calls that planned outages and changes brought."""
    report = result.report
    calls = words.count(report.calls.count, "call")
    yield (
        f"From planned outages and changes: {calls}, {report.announced.count} after a bulletin, "
        f"{report.calls.count - report.announced.count} without one."
    )
    for each in report.outages:
        named = refs(each.calls.refs) if result.refs else ""
        summary = f"  {line(each.summary)}" if each.summary else ""
        yield (
            f"  {each.calls.count:>4}  {line(each.outage)}: {each.announced.count} announced, "
            f"{each.unannounced.count} not, {words.count(each.minutes, 'minute')}{summary}{named}"
        )


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Reported: _reported,
    PageWritten: _page_written,
    Audited: _audited,
    Defined: _defined,
    ClassificationReported: _classification,
    InformationReported: _information,
    UnsupportedReported: _unsupported_reported,
    SkillsReported: lambda result, _: (_skills(result), []),
    OutagesReported: lambda result, _: (_outages(result), []),
    FilteredReported: lambda result, _: (_filtered(result), []),
    Metrics: _metrics,
}
