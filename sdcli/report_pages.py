"""The page of a report: what `sdcli report --html` writes, with what is known of the tickets it names."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sdcli.errors import NoSuchTicketError
from sdcli.render.report_page import Known, Page, named_in, page, save, says_something
from sdcli.reports import DEFAULT_PERIOD
from sdcli.results.reports import PageWritten
from sdcli.tickets.ticket import known_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.reported import Report
    from sdcli.reports import Wanted


def write(desk: Desk, wanted: Wanted, report: Report, path: str) -> PageWritten:
    """Write the page of a report; it says how to make it again, as it was known then.

    Raises:
        RefusedError: the file is there, and is no page of ours.
        MachineError: it cannot be written.
    """
    chosen, shared = list(_period(wanted)), list(_shared(wanted, report))
    choices = [*_options("--figure", wanted.figures), *_options("--by", wanted.by)]
    command = ["sdcli", "report", *chosen, *shared, *choices, "--html", path]
    content = page(
        Page(
            report=report,
            tickets=dict(_known(desk, named_in(report), report.as_of)),
            desk=desk.policy.intake.mail.name,
            made=desk.now,
            chosen=shlex.join(chosen),
            shared=shlex.join(shared),
            command=shlex.join(command),
        )
    )
    save(path, content)
    return PageWritten(
        report=report,
        file=path,
        size=len(content.encode()),
        figures=[row.id for row in report.rows if says_something(row)],
        nothing=[row.id for row in report.rows if not says_something(row)],
    )


def _known(desk: Desk, refs: Iterable[str], at: datetime) -> Iterator[tuple[str, Known]]:
    """What was known of tickets then; those that are gone are only named."""
    for ref in refs:
        try:
            ticket = known_at(desk.ledger.get(ref), at)
        except NoSuchTicketError:
            continue
        if ticket is not None:
            yield (
                ref,
                Known(ticket.summary, ticket.status, ticket.priority, ticket.type, ticket.queue),
            )


def _period(wanted: Wanted) -> Iterator[str]:
    """The options that choose the period."""
    if wanted.since is None and wanted.until is None:
        yield from ("--period", wanted.period or DEFAULT_PERIOD)
    if wanted.since is not None:
        yield from ("--since", _instant(wanted.since))
    if wanted.until is not None:
        yield from ("--until", _instant(wanted.until))


def _shared(wanted: Wanted, report: Report) -> Iterator[str]:
    """The options by which the same is counted again, whatever has come in since."""
    if wanted.query:
        yield from ("--query", wanted.query)
    yield from ("--as-of", _instant(report.as_of))


def _options(name: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from (name, value)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
