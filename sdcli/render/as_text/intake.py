"""What became of what came in, as text."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import bulletin, clock_lines, next_lines, recent
from sdcli.render.safe import line
from sdcli.render.words import are, instant
from sdcli.render.wrap import fitted
from sdcli.results.intake import Delivered, Explained, Opened, TakenAgain, TakenIn, Tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.intake.before import Before
    from sdcli.intake.formats import Fact, Fit, Reading
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.spool import Waiting as InSpool
    from sdcli.render.as_text import Lines, Screen
    from sdcli.results.tickets import Seen
    from sdcli.tickets.alerts import Standing
    from sdcli.tickets.ticket import Ticket


def _opened(result: Opened, screen: Screen) -> Lines:
    hints = next_lines(result.seen) if result.seen else []
    return outcome_lines(result.outcome, result.seen, screen), [
        *fitted([*recent(result.changes), *map(line, result.notes)], screen.width, 2),
        *hints,
    ]


def outcome_lines(outcome: Outcome, seen: Seen | None, screen: Screen) -> list[str]:
    """What became of an item: its ticket with the clocks, or where it is kept."""
    if seen is None:
        where = f", kept in {outcome.file}" if outcome.file else ""
        which = f" ({outcome.key})" if outcome.key else ""
        return [line(f"{outcome.action}: {outcome.reason}{which}{where}")]
    ticket = seen.ticket
    why = f" ({outcome.reason})" if outcome.reason else ""
    head = f"{screen.style(ticket.ref, bold=True)} {outcome.action}{line(why)}"
    about = f"{ticket.priority} {line(ticket.type)}, {line(ticket.service)}: {line(ticket.summary)}"
    return [f"{head}: {about}", *clock_lines(seen, screen)]


def _taken_in(result: TakenIn, screen: Screen) -> Lines:
    out = [
        text for outcome, seen in result.outcomes for text in outcome_lines(outcome, seen, screen)
    ]
    kept = sum(outcome.action == "quarantined" for outcome, _ in result.outcomes)
    if kept:
        return out, [
            f"{words.count(kept, 'item')} could not be read and {are(kept)} kept as told above."
        ]
    return out, [] if out else ["Nothing arrived on standard input."]


def _tried(result: Tried, screen: Screen) -> Lines:
    out = [text for each in result.readings for text in _reading_lines(*each, screen)]
    return out, [] if out else ["There is nothing in it."]


def _reading_lines(reading: Reading, fits: Sequence[Fit], screen: Screen) -> list[str]:
    """One item: what it is, why, and each of its facts with what gave it."""
    item, fit = reading.item, reading.fit
    kind = type(item).__name__.removesuffix("Item").lower()
    said = getattr(item, "summary", "") or getattr(item, "reason", "")
    rows = [("format", f"{fit.format}, because {fit.why}")] if fit else []
    rows += [
        ("also fits", f"{each.format}, rank {each.rank}: {each.why}")
        for each in fits
        if fit and each.format != fit.format
    ]
    rows += [
        (name, f"{_fact(fact)}  <- {' '.join(fact.by.split())}" if fact.by else "-")
        for name, fact in reading.facts.items()
    ]
    rows += _mail_rows(item) if kind == "mail" else []
    missing = ", ".join(getattr(item, "missing", ()))
    rows += [("missing", missing)] if missing else []
    rows += [("why", why)] if (why := getattr(item, "unrecognised", "")) else []
    return [
        f"{screen.style(kind, bold=True)}: {line(said)}",
        *(f"  {name + ':':<14}{line(value)}" for name, value in rows),
    ]


def _mail_rows(item: Any) -> list[tuple[str, str]]:
    """The facts of a mail. Its ticket is not among them: that depends on the ledger."""
    rows = (
        ("sender", " ".join(filter(None, (item.sender_name, f"<{item.sender}>")))),
        ("answers to", item.reply_to),
        ("subject", item.subject),
        ("message id", item.id),
        ("is answer to", ", ".join(item.references)),
        ("signs", "; ".join(item.signs) or "none of a machine"),
        ("report", item.fate),
        ("files", ", ".join(each.name for each in item.files)),
        ("alert", "; ".join(getattr(each, "summary", "ignored") for each in item.alerts)),
        ("text", item.body.strip()[:200]),
    )
    return [row for row in rows if row[1]]


def _fact(fact: Fact) -> str:
    """A value, and the word that the payload has for it if that is another."""
    value = fact.value
    if isinstance(value, dict):
        return ", ".join(f"{name}={said}" for name, said in value.items())
    if isinstance(value, datetime):
        value = words.instant(value)
    given = isinstance(fact.given, (str, int)) and " ".join(str(fact.given).split())
    return f"{value} ({given})" if given and given not in str(value) else str(value)


def _taken_again(result: TakenAgain, screen: Screen) -> Lines:
    out: list[str] = []
    for retried, outcomes in result.files:
        for outcome, seen in outcomes:
            out += outcome_lines(outcome, seen, screen)
        out.append(line(f"{retried.file}: {retried.stays or 'done'}"))
    stays = sum(bool(retried.stays) for retried, _ in result.files)
    if stays:
        return out, [f"{words.count(stays, 'file')} could not be taken in as told above."]
    return out, [] if out else ["Nothing is kept as unreadable."]


def _delivered(result: Delivered, screen: Screen) -> Lines:
    out: list[str] = []
    for each in result.deliveries:
        for outcome, seen in each.outcomes:
            out += outcome_lines(outcome, seen, screen)
        said = each.refused and f"refused, and put there: {each.refused}"
        out.append(line(f"{each.file}: {said or each.away or 'done'}"))
    known = {each.file for each in result.deliveries}
    out += [
        line(f"{each.file}: waits, {_arrived(each)}")
        for each in result.waiting
        if each.file not in known
    ]
    if result.waiting:
        waits = "input waits" if len(result.waiting) == 1 else "inputs wait"
        return out, [f"{len(result.waiting)} {waits} for the ledger."]
    return out, [] if out else ["Nothing waits for the ledger."]


def _arrived(waiting: InSpool) -> str:
    found = waiting.spooled
    if found is None:
        return "and cannot be read"
    return f"arrived {words.instant(found.at)}, by {found.by}"


def _explained(result: Explained, screen: Screen) -> Lines:
    from sdcli.tickets.alerts import standings, totals  # noqa: PLC0415 - only an explanation

    found = standings(result.ticket.standing)
    counted = totals(found.values())
    ref = screen.style(result.ticket.ref, bold=True)
    if not found:
        return [f"{ref} has counted no alert."], []
    suppressed = counted["suppressed"]
    planned = f", {suppressed} of them in a planned outage" if suppressed else ""
    head = (
        f"{ref} accounts for {words.count(counted['total'], 'event')} of monitoring: "
        f"{counted['firing']} firing and {counted['resolved']} resolved{planned}."
    )
    alerts = [f"  {_standing(each, screen)}" for each in found.values()]
    return [head, *alerts, "", *_decisions(result.ticket, screen)], []


def _standing(found: Standing, screen: Screen) -> str:
    state = "flapping" if found.flapping else "firing" if found.firing else "resolved"
    shown = screen.style(f"{state:<8}", fg="green" if state == "resolved" else "red")
    flips = f", {words.count(found.flips, 'change')}" if found.flips else ""
    counts = f"{found.sightings} firing, {found.recoveries} resolved{flips}"
    return f"{shown}  {counts}: {line(found.key)} - {line(found.summary)}"


def _decisions(ticket: Ticket, screen: Screen) -> list[str]:
    from sdcli.intake.outcome import RULES  # noqa: PLC0415 - only an explanation pays for it
    from sdcli.tickets.alerts import key_of, times_of  # noqa: PLC0415 - as above
    from sdcli.tickets.event import kind  # noqa: PLC0415 - as above

    seen = {event.rule: RULES.get(event.rule, "") for event in ticket.standing if key_of(event)}  # type: ignore[union-attr]
    told = [
        f"{screen.style(words.instant(event.at), dim=True)}  {times_of(event):>6}  "
        f"{event.rule or kind(event):<17}  {line(key_of(event))}"  # type: ignore[union-attr]
        for event in ticket.standing
        if key_of(event)
    ]
    meanings = [f"  {rule + ':':<18} {meaning}" for rule, meaning in seen.items() if meaning]
    return [*told, "", *meanings]


_MOST = 5


def before_lines(before: Before, now: datetime) -> Iterator[str]:
    """The lines a person reads before anything is recorded, each with what to type."""
    for ticket in before.bulletins[:_MOST]:
        yield f"Known failure: {line(bulletin(ticket, now))}"
        yield f"  `--me-too {ticket.ref}` counts the caller there and opens nothing."
    alike = {each.ticket.ref: each.why for each in before.similar}
    for ticket in before.caller_open[:_MOST]:
        why = f" ({line(alike[ticket.ref])})" if ticket.ref in alike else ""
        yield f"Open already: {_told(ticket)}{why}"
        yield f"  `--add-to {ticket.ref}` adds this contact to it."
    for each in before.earlier[:_MOST]:
        yield f"Asked before: {_told(each.ticket)} ({line(each.why)})"
        yield f"  `--same-as {each.ticket.ref}` links the new request to it."
    more = [*before.bulletins[_MOST:], *before.caller_open[_MOST:], *before.earlier[_MOST:]]
    if more:
        import shlex  # noqa: PLC0415 - only a caller with many requests pays for it

        typed = line(f"sdcli list --user {shlex.quote(before.caller)} --all")
        yield f"And {len(more)} more; `{typed}` shows what the caller asked for."


def _told(ticket: Ticket) -> str:
    state = ticket.status.replace("_", " ")
    return f"{ticket.ref} {line(ticket.summary)} ({state} since {instant(ticket.opened_at)})"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Opened: _opened,
    TakenIn: _taken_in,
    Tried: _tried,
    TakenAgain: _taken_again,
    Delivered: _delivered,
    Explained: _explained,
}
