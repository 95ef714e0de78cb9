"""Surveys and reviews as text: who is asked, what was said, what was found (R5a.1, R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted
from sdcli.results.quality import (
    ConfirmationsOverdue,
    ReviewSampled,
    ReviewsListed,
    SurveyAsked,
    SurveysDue,
    SurveysReported,
    Unconfirmed,
)
from sdcli.tickets.event import SurveySent
from sdcli.tickets.reviewing import last_review
from sdcli.tickets.surveying import last_said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.insight.surveys import Group, Mean, SurveyReport
    from sdcli.render.as_text import Lines, Screen
    from sdcli.tickets.ticket import Ticket


def _survey_asked(result: SurveyAsked, screen: Screen) -> Lines:
    ref = result.seen.ticket.ref
    sent = [f"Sent to {line(result.sent_to)}."] if result.sent_to else []
    told = fitted([*map(line, result.letter), *sent], screen.width)
    again = f"Next: sdcli survey answer {ref} --score QUESTION=1..5"
    next_ = "An answer to the mail is read by `sdcli open -`." if result.sent_to else again
    return told, [*map(line, result.notes), next_]


def rows_of(ticket: Ticket) -> list[tuple[str, str]]:
    """What `show` says of the survey and the review of a ticket."""
    rows: list[tuple[str, str]] = []
    sent = next((e for e in reversed(ticket.standing) if isinstance(e, SurveySent)), None)
    answers: dict[str, list[str]] = {}
    for question, score, answer, _ in last_said(ticket.standing):
        answers.setdefault(words.instant(answer.at), []).append(f"{line(question)} {score}")
    if answers:
        told = "; ".join(f"{at}: {', '.join(scores)}" for at, scores in answers.items())
        rows.append(("survey", f"answered {told}"))
    elif sent is not None:
        rows.append(("survey", f"{line(sent.to)} was asked {words.instant(sent.at)}"))
    review = last_review(ticket)
    if review is not None:
        percent = _percent(review.percent)
        rows.append(("review", f"{percent} by {line(review.by)}, {words.instant(review.at)}"))
    return rows


def _percent(percent: int | None) -> str:
    return "n/a" if percent is None else f"{percent} %"


_STATES = {
    "due": "to be asked",
    "asked": "asked",
    "resting": "rests",
    "no-address": "no address",
    "failed": "failed",
}


def _due(result: SurveysDue) -> Iterator[str]:
    told = [row for row in result.rows if row.state != "resting"]
    if not told:
        yield f"Nobody is to be asked of those whose tickets were closed since {words.instant(result.since)}."
        return
    rows = [
        [
            row.ticket.ref,
            row.ticket.type,
            _STATES[row.state],
            line(row.person),
            line(row.address or "-"),
            line(row.ticket.summary),
        ]
        for row in told
    ]
    yield from table([["ref", "type", "survey", "caller", "mail", "summary"], *rows])


_MOST_TOLD = 10
"""Failures told one by one; the others are counted."""


def _due_remarks(result: SurveysDue) -> list[str]:
    """What was not asked, and why: in a few lines, however many there are."""
    failed = [row for row in result.rows if row.state == "failed"]
    told = [f"{row.ticket.ref}: {line(row.reason)}" for row in failed[:_MOST_TOLD]]
    if len(failed) > _MOST_TOLD:
        told.append(
            f"{words.count(len(failed) - _MOST_TOLD, 'more survey')} failed; --json has why."
        )
    states = [row.state for row in result.rows]
    if resting := states.count("resting"):
        told.append(
            f"{words.count(resting, 'ticket')} left out for now, whose callers rest, as `rest` of "
            "catalog/survey.yaml says; --json lists them."
        )
    if unread := states.count("no-address"):
        told.append(
            f"{words.count(unread, 'caller')} without a mail address that somebody reads: "
            "`sdcli survey ask REF --via phone` writes what to ask."
        )
    if result.left_out:
        told.append(
            f"{words.count(result.left_out, 'ticket')} left out, as `every` of "
            "catalog/survey.yaml says."
        )
    if not result.send and any(row.state == "due" for row in result.rows):
        told.append("Next: sdcli survey due --send")
    return told


def _reported(report: SurveyReport) -> Iterator[str]:
    rate = f" ({words.share(report.rate)} %)" if report.rate is not None else ""
    sent = words.count(report.sent.count, "survey")
    yield f"{sent} sent{_period(report.since, report.until)}, {report.answered} answered{rate}."
    if report.questions:
        rows = [
            [line(each.survey), line(each.question), line(each.figure or "-"), _mean(each)]
            for each in report.questions
        ]
        yield ""
        yield from table([["survey", "question", "figure", "mean (answers)"], *rows])
    yield from _grouped("type", report.by_type, report.figures)
    yield from _grouped("queue", report.by_queue, report.figures)
    yield from _grouped("resolved by", report.by_person, report.figures)
    if report.remarks:
        yield from ("", "Remarks:")
    for each in report.remarks:
        scores = ", ".join(f"{line(name)} {score}" for name, score in each.scores.items())
        yield f"  {each.ref}  {words.instant(each.at)}  {scores}"
        yield from (f"    | {text_}" for text_ in block(each.remark).split("\n"))


def _mean(each: Any) -> str:
    return "-" if each.mean is None else f"{each.mean:.2f} ({each.answers})"


def _grouped(head: str, groups: Sequence[Group], figures: Mapping[str, Mean]) -> Iterator[str]:
    if not groups:
        return
    names = list(figures)
    yield ""
    rows = [
        [
            line(group.name),
            str(group.sent.count),
            "-" if group.rate is None else f"{group.answered} ({words.share(group.rate)} %)",
            *(_mean(group.figures[name]) if name in group.figures else "-" for name in names),
        ]
        for group in groups
    ]
    yield from table([[head, "sent", "answered", *names], *rows])


def _period(since: datetime | None, until: datetime | None) -> str:
    start = f" since {words.instant(since)}" if since else ""
    return start + (f" before {words.instant(until)}" if until else "")


def _sampled(result: ReviewSampled) -> Lines:
    period = f"{words.instant(result.since)} to {words.instant(result.until)}"
    query = f", {line(result.query)}" if result.query else ""
    head = (
        f"Sample {result.name}: {len(result.rows)} of {words.count(result.closed, 'ticket')} "
        f"closed, {period}{query}."
    )
    if not result.rows:
        return [head], [f"The same again: {line(result.command)}"]
    rows = []
    next_ = ""
    for ticket, person, queue in result.rows:
        said = last_review(ticket)
        state = "-" if said is None else f"{_percent(said.percent)} by {line(said.by)}"
        next_ = next_ or (ticket.ref if said is None else "")
        rows.append(
            [ticket.ref, ticket.type, line(queue), line(person), state, line(ticket.summary)]
        )
    heads = ["ref", "type", "queue", "resolved by", "review", "summary"]
    remarks = [f"The same again: {line(result.command)}"]
    if next_:
        remarks.append(f"Next: sdcli review score {next_} --sample {result.name}")
    return [head, "", *table([heads, *rows])], remarks


def _listed(result: ReviewsListed) -> Iterator[str]:
    scored = [said.percent for _, said, _, _ in result.rows if said.percent is not None]
    mean = f", {sum(scored) / len(scored):.0f} % on average" if scored else ""
    reviewed = words.count(len(result.rows), "ticket")
    yield f"{reviewed} reviewed{_period(result.since, result.until)}{mean}."
    if not result.rows:
        return
    rows = [
        [
            ticket.ref,
            _percent(said.percent),
            line(said.by),
            line(person),
            line(queue),
            line(listed(name for name, answer in said.checks.items() if answer == "no") or "-"),
            line(said.note),
        ]
        for ticket, said, person, queue in result.rows
    ]
    yield ""
    yield from table([["ref", "score", "by", "resolved by", "queue", "not so", "note"], *rows])
    yield ""
    counts = [
        [line(name), str(each["yes"]), str(each["no"]), str(each["n/a"])]
        for name, each in result.counts.items()
    ]
    yield from table([["check", "yes", "no", "n/a"], *counts])


def _overdue(result: ConfirmationsOverdue) -> Iterator[str]:
    allowed = words.amount(result.allowed)
    if result.resolved:
        yield f"Resolved, and not confirmed within {allowed}:"
        for row in result.resolved:
            yield from _unconfirmed(row, result)
    else:
        yield f"Nothing that is resolved has waited longer than {allowed} for a confirmation."
    yield ""
    if result.closed:
        yield f"Closed since {words.instant(result.since)} without anybody's word:"
        for row in result.closed:
            yield from _unconfirmed(row, result)
    else:
        yield f"Nothing was closed since {words.instant(result.since)} without anybody's word."


def _unconfirmed(row: Unconfirmed, result: ConfirmationsOverdue) -> Iterator[str]:
    late = f" ({words.span(int((result.now - row.due).total_seconds()))} late)" if row.due else ""
    reach = ", ".join(line(each) for each in (row.name, row.phone, row.mail) if each)
    who = f"{line(row.person)} ({reach})" if reach else line(row.person or "no caller")
    yield f"  {row.ticket.ref}  {line(row.ticket.summary)}"
    yield f"      {who}; {line(row.why)}{late}"
    yield f"      {'If it is not solved' if row.ticket.is_closed else 'Next'}: {line(row.next)}"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    SurveyAsked: _survey_asked,
    SurveysDue: lambda result, _: (_due(result), _due_remarks(result)),
    SurveysReported: lambda result, _: (_reported(result.report), []),
    ReviewSampled: lambda result, _: _sampled(result),
    ReviewsListed: lambda result, _: (_listed(result), []),
    ConfirmationsOverdue: lambda result, _: (_overdue(result), []),
}
