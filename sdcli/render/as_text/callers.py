"""What callers are told, as text: bulletins, confirmations, when to expect it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import bulletin
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted
from sdcli.results.callers import BulletinsListed, CallerTold, Confirmed, ExpectationsDue, FrontPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.render.as_text import Lines, Screen


def _bulletins(result: BulletinsListed, screen: Screen) -> Lines:
    from sdcli.intake.before import is_overdue  # noqa: PLC0415 - only bulletins pay for it

    if not result.tickets:
        return [], ["No bulletin stands. `sdcli bulletin post REF TEXT` posts one."]
    told = []
    for ticket in result.tickets:
        said = ticket.bulletin
        if said is None:
            continue
        late = screen.style("OVERDUE ", fg="red", bold=True) if is_overdue(said, result.now) else ""
        counts = f"shown {words.count(ticket.views, 'time')}, {ticket.me_too} have it too"
        told += [
            f"{late}{line(bulletin(ticket, result.now))}",
            f"    for {line(words.whom(said))}; {counts}",
        ]
    return told, []


def _front_page(result: FrontPage, screen: Screen) -> Lines:
    from sdcli.render.as_text.bulletin import page  # noqa: PLC0415 - only the page pays for it

    del screen
    nothing = ["No bulletin stands."] if not result.notices else []
    return page(result), nothing


def _expectations_due(result: ExpectationsDue, screen: Screen) -> Lines:
    if not result.rows:
        return [], ["Every caller knows when to expect it, and nothing has passed."]
    step = "Next: sdcli tell REF --note   # or: sdcli eta REF WHEN --reason WHY --told"
    return fitted(due_lines(result), screen.width, 4), [step]


def _caller_told(result: CallerTold, screen: Screen) -> Lines:
    """The text itself, unless it is on its way already."""
    ref = screen.style(result.seen.ticket.ref, bold=True)
    if result.sent_to:
        return [f"{ref} told to {line(result.sent_to)}"], []
    told = block(result.text).rstrip("\n").split("\n")
    return told, [f"{result.seen.ticket.ref} is noted as told."] if result.noted else []


def _confirmed(result: Confirmed, screen: Screen) -> Lines:
    """The mail itself, unless it is on its way already."""
    if result.sent:
        head = screen.style(result.ref, bold=True)
        return [f"{head} confirmed to {line(result.to)}"], []
    return result.message.splitlines(), []


def due_lines(result: ExpectationsDue) -> list[str]:
    """The requests whose time has passed or was not told, each with who follows it up."""
    told: list[str] = []
    for row in result.rows:
        ticket, eta = row.ticket, row.expectation.eta
        late = int((result.now - eta).total_seconds())
        what = f"passed {words.span(late)} ago" if row.due == "passed" else "not told"
        head_ = f"{ticket.ref}  {ticket.priority}  expected by {words.instant(eta)}, {what}"
        works = f"{ticket.assignee or 'nobody'} works on it in {ticket.queue}"
        told += [
            f"{head_}: {ticket.summary}",
            f"    {row.follow_up or 'nobody'} follows it up; {works}",
        ]
    return [line(each) for each in told]


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    BulletinsListed: _bulletins,
    FrontPage: _front_page,
    Confirmed: _confirmed,
    ExpectationsDue: _expectations_due,
    CallerTold: _caller_told,
}
