"""The clocks of the desk, and by which service levels they run, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import missed
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.sla import (
    Adopted,
    Checked,
    Deliveries,
    Delivering,
    Monitored,
    Reapplied,
    Register,
    RouteTested,
    Simulated,
    SlaStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.render.as_text import Lines, Screen


def _simulated(result: Simulated, screen: Screen) -> Lines:
    from sdcli.render.as_text.register import simulated_lines  # noqa: PLC0415 - few pay for it

    lines, notes = simulated_lines(result)
    return fitted([line(each) for each in lines], screen.width), map(line, notes)


def _register(result: Register, screen: Screen) -> Lines:
    from sdcli.render.as_text.register import lines  # noqa: PLC0415 - as above

    del screen
    told, notes = lines(result)
    return map(line, told), map(line, notes)


def _checked(result: Checked, screen: Screen) -> Lines:
    lines = []
    for ticket, said in result.alerts:
        breach = said.stage == "breach" and said.target != "time-box"
        word = (
            screen.style("BREACH", fg="red", bold=True)
            if breach
            else screen.style("FORESEEN" if said.stage == "predicted" else "WARNING", fg="yellow")
        )
        late = f", {words.span(said.late_by_s)} ago" if said.late_by_s else ""
        late += " (when it came to hold, it was past already)" if said.on_arrival else ""
        whom = ", ".join(said.recipients) or "nobody is named for this"
        again = f" (cycle {said.cycle})" if said.cycle > 1 else ""
        lines.append(
            f"{word} {ticket.ref} {said.target}{again}: {said.threshold} % of "
            f"{words.work(said.target_s)}"
            f" passed{late}, due {words.instant(said.due)}; tell {line(whom)}"
            f" - {ticket.priority} {line(ticket.summary)}"
        )
    notes = missed(result.missed_s, "had")
    if not lines:
        # Silence where nobody looks: cron mails whatever is printed.
        return [], [*notes, *(["Nothing new to say."] if screen.width else [])]
    return lines, [*notes, *([] if result.recorded else ["A dry run: this will be said again."])]


def _monitored(result: Monitored, screen: Screen) -> Lines:
    del screen
    state = ("OK", "WARNING", "CRITICAL")[result.exit_code]
    missed = [result.missed_s] if result.missed_s else []
    said = (
        f"{result.breached} breached, {result.warning} past a warning, {result.open_tickets} open"
    )
    said += "".join(f", sla-check has not run for {words.span(each)}" for each in missed)
    data = f"breached={result.breached};;0 warning={result.warning};0 open={result.open_tickets}"
    if result.undelivered or result.given_up:
        said += f", {result.undelivered} alerts not delivered yet, {result.given_up} given up"
        data += f" undelivered={result.undelivered} given_up={result.given_up};0"
    if result.spooled:
        waits = "input waits" if result.spooled == 1 else "inputs wait"
        said += f", {result.spooled} {waits} for the ledger"
        data += f" spooled={result.spooled};0"
    return [f"SDCLI {state} - {said} | {data}"], []


def _delivering(result: Delivering, screen: Screen) -> Lines:
    from sdcli.render.as_text.deliveries import delivering  # noqa: PLC0415 - only these pay for it

    del screen
    return delivering(result)


def _deliveries(result: Deliveries, screen: Screen) -> Lines:
    from sdcli.render.as_text.deliveries import deliveries  # noqa: PLC0415 - as above

    del screen
    return deliveries(result)


def _route_tested(result: RouteTested, screen: Screen) -> Lines:
    from sdcli.render.as_text.deliveries import tested  # noqa: PLC0415 - as above

    del screen
    return tested(result)


_SHORT = 12


def _reapplied(result: Reapplied, _: Screen) -> Lines:
    """Each ticket with what became of its clocks."""
    number = len(result.pairs)
    would = "would run" if result.dry_run else "runs" if number == 1 else "run"
    head = f"{words.count(number, 'ticket')} {would} under policy {_short(result.policy)}."
    if not result.pairs:
        return ["Every one of them runs under the service levels of today."], []
    from sdcli.render.as_text.effect import moved  # noqa: PLC0415 - only this pays for it

    told = [head]
    for before, after in result.pairs:
        was = _short(after.newest.before)  # type: ignore[union-attr] # it is the newest
        told.append(f"{after.ticket.ref}  was under {was}")
        if before is None:
            told.append("  What was before is not known any more.")
        else:
            told += moved(before, after, "By it") or ["  Its clocks stay as they are."]
    return told, ["A dry run: nothing was changed."] if result.dry_run else []


def _short(policy: str) -> str:
    return policy[:_SHORT] if policy else "that of the day"


def _status(result: SlaStatus, _: Screen) -> Lines:
    """When the clocks were last checked, what is owed, and what tickets are pinned to."""
    every = (
        f"; it is to run every {words.work(result.check_every_s)}" if result.check_every_s else ""
    )
    last = "sla-check has never run"
    if result.last is not None:
        ago = words.span(result.age_s or 0)
        last = f"sla-check ran {ago} ago, {words.instant(result.last.at)}, by {result.last.by}"
    missed = ": it is missed" if result.missed_s else ""
    owed = f"{words.count(result.undelivered, 'message')} owed, {result.given_up} given up"
    pins = [
        f"  {_short(policy)}  {words.count(number, 'ticket')}"
        f"{'  (those of today)' if policy in ('', result.policy) else ''}"
        for policy, number in result.pinned.items()
    ]
    return [
        f"{last}{every}{missed}.",
        f"Alerts: {owed}.",
        "Tickets that are not closed, by policy:",
        *pins,
    ], []


def _adopted(result: Adopted, _: Screen) -> Lines:
    """By which service levels the desk works on all hosts, and who must follow."""
    policy, before = _short(result.policy), result.before
    if not result.shared:
        return [
            "The ledger is in the desk's folder: whoever works on it goes by the files beside it."
        ], []
    if before and before.hash == result.policy:
        return [f"The desk works by the service levels of this host ({policy}) already."], []
    would = "would work" if result.dry_run else "works"
    lines = [f"The desk {would} by the service levels of this host, {result.host} ({policy})."]
    if before:
        others = [name for name in (before.host, *before.others) if name != result.host]
        since = words.instant(before.since)
        lines.append(f"Before: {_short(before.hash)}, as {before.host} set them at {since}.")
        if others:
            lines.append(f"Hosts that wrote by those, and must follow: {', '.join(others)}.")
    return lines, []


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Checked: _checked,
    Monitored: _monitored,
    Delivering: _delivering,
    Deliveries: _deliveries,
    RouteTested: _route_tested,
    Simulated: _simulated,
    Reapplied: _reapplied,
    Adopted: _adopted,
    SlaStatus: _status,
    Register: _register,
}
