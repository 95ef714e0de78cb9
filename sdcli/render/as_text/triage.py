"""What a ticket is, as text: proposals, reasons, changed classes, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import recent, row_lines
from sdcli.render.as_text.tables import table
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.triage import (
    CatalogFound,
    Evaluated,
    Guided,
    NoticesListed,
    Reasoned,
    Suggested,
    Supported,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sdcli.learning.evaluate import Bin, Score
    from sdcli.render.as_text import Lines, Screen
    from sdcli.results.triage import Waiting
    from sdcli.triage.reclassify import Change
    from sdcli.triage.suggest import Proposal


def _guided(result: Guided, screen: Screen) -> Lines:
    from sdcli.render.as_text.guide import lines  # noqa: PLC0415 - only the guide pays for it

    return lines(result, screen.width)


def _supported(result: Supported, screen: Screen) -> Lines:
    from sdcli.render.as_text.support import head, lines, next_step  # noqa: PLC0415 - one command's

    rows = (text for name, value in lines(result) for text in row_lines(name, value))
    return [screen.style(line(head(result)), bold=True), *rows], map(line, next_step(result))


def _founded(proposal: Proposal) -> str:
    """Why a value is proposed: how sure that is, the reason, and closed tickets like it."""
    from sdcli.triage.suggest import percent  # noqa: PLC0415 - one command's

    sure = "" if proposal.confidence is None else f"{percent(proposal.confidence)} sure: "
    if proposal.candidate:
        sure = f"perhaps {proposal.candidate.value} ({percent(proposal.candidate.confidence)}): "
    like = f"; like {', '.join(proposal.similar)}" if proposal.similar else ""
    return line(f"{sure}{proposal.reason}{like}")


def _evaluated(result: Evaluated, _: Screen) -> Lines:
    """The scores as a table, and how sure proposals were beside how often they were right."""
    from sdcli.triage.suggest import percent  # noqa: PLC0415 - two commands'

    found = result.evaluation
    if found.split_at is None:
        from sdcli.learning.evaluate import LEAST  # noqa: PLC0415 - one command's

        few = f"{words.count(found.found, 'closed ticket')} can teach something"
        need = f"that is too few to tell how good suggestions are: {LEAST} are needed."
        step = "Classify and close more, or import those of the former desk: sdcli import --help"
        return [f"{few}; {need}"], [step]
    heads = ("field", "tickets", "answered", "right of those", "right of all", "macro F1")
    rows = [[name, *_scores(each)] for name, each in found.fields.items()]
    scores = table(rows, [*heads, "ECE", "Brier"])
    bins = [
        [name, f"{percent(each.low)} to {percent(each.high)}", *_calibration(each)]
        for name, score in found.fields.items()
        for each in score.bins
    ]
    sure = ["field", "sure", "guesses", "mean", "right"]
    calibration = table(bins, sure)
    learned = f"Learned from the {found.learned} tickets that were closed first; tested on"
    return [
        f"{learned} the {found.tested} closed from {words.instant(found.split_at)} on.",
        f"Answered is what is at least {percent(found.threshold)} sure.",
        *map(_in_words, found.fields.items()),
        "",
        *scores,
        "",
        "How sure, and how often right:",
        *calibration,
    ], []


def _calibration(bin_: Bin) -> list[str]:
    return [str(bin_.count), f"{bin_.confidence * 100:.0f} %", f"{bin_.right * 100:.0f} %"]


def _in_words(scored: tuple[str, Score]) -> str:
    """Accuracy, coverage and calibration error of a field, in a sentence."""
    name, score = scored
    answers = f"of {score.count} tickets {score.answered} got an answer"
    right = score.accuracy_answered
    share = "" if right is None else f", and {right * 100:.0f} % of those answers were right"
    off = f"{score.calibration_error * 100:.0f} %"
    return f"{name}: {answers}{share}; how sure they were was off by {off} on average."


def _scores(score: Score) -> list[str]:
    of_those = "-" if score.accuracy_answered is None else f"{score.accuracy_answered * 100:.1f} %"
    return [
        str(score.count),
        f"{score.coverage * 100:.0f} %",
        of_those,
        f"{score.accuracy * 100:.1f} %",
        f"{score.macro_f1:.3f}",
        f"{score.calibration_error:.3f}",
        f"{score.brier:.3f}",
    ]


def _suggested(result: Suggested, screen: Screen) -> Lines:
    rows = [
        f"  {name + ':':<10}{screen.style(proposal.value, bold=True):<16} {_founded(proposal)}"
        for name, proposal in result.proposals.items()
    ]
    is_known = all(each.value != "unknown" for each in result.proposals.values())
    blank = "--explain" if is_known else "--type TYPE --service SERVICE --people N"
    typed = _to_type(result.proposals) or blank
    rows += [f"  {text}" for text in recent(result.changes)]
    rows = fitted(rows, screen.width)
    learning = result.learning.notes if result.learning else ()
    notes = [line(note) for note in (*learning, *result.notes)]
    if not result.is_closed:
        notes.append(f"Next: sdcli classify {result.ref} {typed}")
    return [f"Suggestion for {result.ref}; nothing was changed.", *rows], notes


def _to_type(proposals: Mapping[str, Proposal]) -> str:
    """The options that take over what is proposed and new.

    Impact and urgency are among them only where closed tickets say so: what presets give comes by
    itself, and would count as stated if it were typed.
    """
    from sdcli.triage.suggest import ALREADY  # noqa: PLC0415 - one command's

    new = {
        name: each
        for name, each in proposals.items()
        if name != "priority" and each.value != "unknown" and each.reason != ALREADY
    }
    levels = [name for name in ("impact", "urgency") if name in new and new[name].similar]
    alike = dict.fromkeys(ref for name in levels for ref in new[name].similar)
    flags = [
        f"--{name} {each.value}"
        for name, each in new.items()
        if name in levels or name not in ("impact", "urgency")
    ]
    if levels:
        flags.append(f"--reason 'like {', '.join(alike)}'")
    return " ".join(flags)


def _reasoned(result: Reasoned, screen: Screen) -> Lines:
    from sdcli.render.as_text.reasons import hints, text  # noqa: PLC0415 - only an explanation pays for it

    return text(result, screen.width, screen.style), hints(result)


def _catalog_found(result: CatalogFound, screen: Screen) -> Lines:
    from sdcli.render.as_text.catalog import lines, nothing  # noqa: PLC0415 - one command pays for it

    if not result.entries:
        return nothing(result.text)
    more = [f"{result.more} more; `--limit 0` shows all."] if result.more else []
    return [text for each in result.entries for text in lines(each, screen.style)], more


def _change(said: Change) -> str:
    """What was changed: `type incident -> fulfilment, priority P2 -> P4`."""
    return ", ".join(f"{name} {each.before} → {each.after}" for name, each in said.fields.items())


def _notices(result: NoticesListed, _: Screen) -> Lines:
    """What waits, or has just been seen; and what comes next."""
    whom = line(result.person) or "anybody"
    if not result.rows:
        return [], [f"No notice waits for {whom}."]
    told = [text for row in result.rows for text in _notice(row, result.person)]
    if result.seen:
        count = words.count(len(result.rows), "notice")
        return [f"{count} seen by {whom}.", *told], []
    return told, ["Next: sdcli notices --seen REF --note TEXT   # or --seen-all"]


def _notice(row: Waiting, asked: str) -> Iterator[str]:
    """What waits; with whom it waits for, unless that is who asks."""
    whom = "" if row.person == asked else f"{line(row.person)}: "
    yield f"{whom}{row.ticket.ref}  {line(row.ticket.summary)}"
    for each in row.changes:
        yield f"    {line(_change(each))}"
        how = f", discovered by {each.discovered}" if each.discovered else ""
        why = f": {each.reason}" if each.reason else ""
        yield f"    by {line(each.by)} at {words.instant(each.at)}{line(how + why)}"
    for used, otherwise in row.harm:
        worse = ", ".join(each.id for each in used.articles if each.outcome == "harmful")
        why = f": {used.note}" if used.note else ""
        yield f"    {line(worse)} made things worse"
        yield f"    by {line(used.by)} at {words.instant(used.at)}{line(why)}"
        for name, what in otherwise.items():
            yield f"    {line(name)}: said otherwise since: {what}"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Guided: _guided,
    Suggested: _suggested,
    Evaluated: _evaluated,
    Reasoned: _reasoned,
    CatalogFound: _catalog_found,
    NoticesListed: _notices,
    Supported: _supported,
}
