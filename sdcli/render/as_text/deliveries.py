"""What was brought to people and what was not, as text (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render.safe import line
from sdcli.render.words import count, instant
from sdcli.tickets.deliveries import failed

if TYPE_CHECKING:
    from sdcli.notify.outcome import Pending, Sent
    from sdcli.render.as_text import Lines
    from sdcli.results.sla import Deliveries, Delivering, RouteTested
    from sdcli.tickets.ticket import Ticket


def mark(ticket: Ticket) -> str:
    """The mark of a ticket whose alert did not reach somebody."""
    return " [alert not delivered]" if failed(ticket) else ""


def rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What did not reach somebody, with why and what happens next."""
    return [
        (
            "not told",
            f"{each.to} by {each.route}, {count(each.attempt, 'attempt')}: {each.reason}; "
            + (f"again {instant(each.next_at)}" if each.next_at else "given up"),
        )
        for each in failed(ticket)
    ]


def delivering(result: Delivering) -> Lines:
    """What a run sent and what it could not, and what is left."""
    run = result.run
    if run.busy:
        return [], ["Another process is delivering for this desk; nothing was tried."]
    told = [text for each in run.outcomes for text in _outcome(each)]
    left = f"{count(run.waiting, 'message')} {'waits' if run.waiting == 1 else 'wait'} for later."
    nothing = [] if run.outcomes or run.waiting else ["Nothing is owed to anybody."]
    return told, [*nothing, *([left] if run.waiting else [])]


def _outcome(sent: Sent) -> list[str]:
    about = f" ({', '.join(sent.refs)})" if sent.refs else ""
    head = f"{sent.route} to {', '.join(sent.to)}{about}"
    notes = [line(f"  in the built-in words: {note}") for note in sent.notes]
    if sent.ok:
        return [line(f"sent: {head}"), *([line(f"  {sent.text}")] if sent.text else []), *notes]
    later = f"again {instant(sent.next_at)}" if sent.next_at else "given up"
    return [line(f"failed: {head}: {sent.reason}; attempt {sent.attempt}, {later}"), *notes]


def deliveries(result: Deliveries) -> Lines:
    """What is owed, one line each."""
    if not result.rows:
        return [], ["Nothing has failed." if result.failed else "Nothing is owed to anybody."]
    again = any(each.state == "given-up" for each in result.rows)
    hint = ["`sdcli sla deliver --again` tries once more what was given up."] if again else []
    return [line(_pending(each)) for each in result.rows], hint


def _pending(row: Pending) -> str:
    tried = f", {count(row.attempts, 'attempt')}: {row.reason}" if row.attempts else ""
    later = f", next {instant(row.next_at)}" if row.next_at else ""
    head = f"{row.ref} {row.kind} to {row.to} by {row.route}"
    return f"{head}: {row.state.replace('-', ' ')}{tried}{later}"


def tested(result: RouteTested) -> Lines:
    """Whether the route took a test message."""
    sent = result.sent
    head = f"{sent.route} to {', '.join(sent.to)}"
    notes = [line(f"In the built-in words: {note}") for note in sent.notes]
    if not sent.ok:
        return [], [line(f"The test message did not go out by {head}: {sent.reason}."), *notes]
    shown = [line(sent.text)] if sent.text else []
    return [*shown, line(f"The test message was taken: {head}.")], notes
