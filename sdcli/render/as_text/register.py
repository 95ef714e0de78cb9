"""Broken promises, and what other service levels would have made of them, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.words import refs
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.results.sla import Register, Simulated
    from sdcli.sla.register import Breach
    from sdcli.sla.simulate import Changed, Comparison, Difference, Group, Sum


_MOST_SHOWN = 20


_WHAT: dict[Difference, str] = {
    "newly_breached": "newly breached",
    "no_longer_breached": "no longer breached",
    "due_moved": "due moved",
    "overrun_changed": "overrun changed",
}


def short(found: Sequence[Breach]) -> str:
    """The broken promises of one ticket in a row: `response by 45m (capacity)`."""
    return ", ".join(_short(each) for each in found)


def _short(found: Breach) -> str:
    cycle = f" in cycle {found.cycle}" if found.cycle > 1 else ""
    by = f" by {_over(found)}" if found.overrun_s is not None else ""
    marks = [found.cause.cause if found.cause else "no cause yet"]
    marks += [] if found.stands else ["no breach by what is known now"]
    return f"{_target(found.target, found.whose)}{cycle}{by} ({', '.join(marks)})"


def _target(target: str, whose: str) -> str:
    return f"{target} of {whose}" if whose else target


def _over(found: Breach) -> str:
    """How much longer it took, with a mark while that still grows."""
    if found.overrun_s is None:
        return "-"
    return f"{_time(found.overrun_s)}{' so far' if found.running else ''}"


def _time(seconds: int) -> str:
    """Working time to the minute; less than that in seconds."""
    return words.work(seconds) or f"{seconds}s"


def lines(result: Register) -> tuple[list[str], list[str]]:
    """The register as a table with its totals, and what to do next."""
    if not result.breaches:
        return [], [f"Nothing was missed, {_period(result.since, result.until)}."]
    head = ["ref", "target", "agreement", "time", "was due", "over by", "told", "cause"]
    rows = [head, *(_row(each) for each in result.breaches)]
    open_ = next((b for b in result.breaches if b.stands and b.cause is None), None)
    hint = (
        f"Next: sdcli sla cause {open_.ref} --target {open_.target} --cause CODE" if open_ else ""
    )
    return [*table(rows), "", *_totals(result)], [hint] if hint else []


def _row(found: Breach) -> list[str]:
    cycle = f" ({found.cycle})" if found.cycle > 1 else ""
    told = f"{words.instant(found.said_at)}" if found.said_at else "nobody"
    people = ", ".join(_people(found))
    over = _over(found) if found.stands else "no breach by what is known now"
    arrival = ", when it came to hold" if found.on_arrival else ""
    return [
        found.ref,
        f"{_target(found.target, found.whose)}{cycle}",
        found.agreement or "-",
        _time(found.objective_s),
        words.instant(found.due),
        f"{over}{arrival}",
        f"{told}: {people}" if people else told,
        found.cause.cause if found.cause else "-",
    ]


def _people(found: Breach) -> Iterator[str]:
    """Who was told, each once, with the routes by which it reached them: `greta (mail, pager)`."""
    routes: dict[str, list[str]] = {}
    for each in found.informed:
        taken = routes.setdefault(each.person, [])
        taken += [each.route] if each.route and each.route not in taken else []
    return (f"{who} ({', '.join(by)})" if by else who for who, by in routes.items())


def _totals(result: Register) -> Iterator[str]:
    """How many there are, by what, and how many causes nobody knows."""
    found, standing = result.totals, [each for each in result.breaches if each.stands]

    def told(which: Callable[[Breach], bool], number: int) -> str:
        newest = list(dict.fromkeys(each.ref for each in standing if which(each)))[-_MOST_SHOWN:]
        return f"{number}{refs(newest) if result.refs else ''}"

    breaches = f"{found.breaches} {'breach' if found.breaches == 1 else 'breaches'}"
    of = f"of {words.count(found.tickets, 'ticket')}, {_period(result.since, result.until)}"
    yield f"{breaches} {of}; over by {_time(found.overrun_s)} in all."
    explained = told(lambda b: b.cause is not None and b.cause.cause != UNKNOWN, found.explained)
    unknown = told(lambda b: b.cause is not None and b.cause.cause == UNKNOWN, found.unknown)
    without = told(lambda b: b.cause is None, found.unexplained)
    yield f"Cause known: {explained}; unknown: {unknown}; none given: {without}."
    for name, counts in (
        ("target", found.by_target),
        ("cause", found.by_cause),
        ("agreement", found.by_agreement),
        ("service", found.by_service),
    ):
        if counts:
            yield f"By {name}: {', '.join(f'{key} {number}' for key, number in counts.items())}."
    if found.unsaid:
        yield f"Never said: {told(lambda b: b.unsaid, found.unsaid)}; the check did not run in time."
    if found.withdrawn:
        yield f"Said, and no breach by what is known now: {found.withdrawn}."


def _period(since: datetime | None, until: datetime | None) -> str:
    """The period in words."""
    parts = (
        f"from {words.instant(since)}" if since else "",
        f"until {words.instant(until)}" if until else "",
    )
    return " ".join(filter(None, parts)) or "all that there are"


def notes(found: Comparison) -> list[str]:
    """What to know about the comparison, a sentence each."""
    notes = []
    if found.pinned_count:
        which = f"{words.count(found.pinned_count, 'ticket')}{refs(found.pinned[-_MOST_SHOWN:])}"
        runs = "runs" if found.pinned_count == 1 else "run"
        notes.append(
            f"{which} {runs} under other service levels than today's, which is left aside here: "
            "`sdcli sla reapply --dry-run` shows what that would change."
        )
    if found.matrix_differs:
        notes.append("The matrix differs too: priorities are those on record, and stay.")
    return notes


def simulated_lines(result: Simulated) -> tuple[list[str], list[str]]:
    """The comparison in sentences, a table and the tickets that differ; and what to know of it."""
    found = result.comparison
    period = _period(found.since, found.until)
    head = f"{words.count(found.tickets, 'ticket')} under {result.file}, {period}."
    if found.same:
        return [head, "No difference to today's sla_policies.yaml."], notes(found)
    told = [head, "", *_table(found), ""]
    counts = (f"{found.counts[what]} {word}" for what, word in _WHAT.items())
    told.append(f"Targets: {', '.join(counts)}.")
    told += _groups("agreement", found.by_agreement)
    told += _groups("priority", found.by_priority)
    told += _groups("service", found.by_service)
    return [*told, *_tickets(result)], notes(found)


def _table(found: Comparison) -> list[str]:
    today, proposed = found.today, found.proposed
    rows = [["", "today", "proposed", "difference"]]
    rows += [_numbers(name, *pair) for name, pair in _pairs(today, proposed)]
    over = proposed.overrun_s - today.overrun_s
    sign = "+" if over > 0 else "-" if over < 0 else ""
    rows.append(
        ["over by", _time(today.overrun_s), _time(proposed.overrun_s), f"{sign}{_time(abs(over))}"]
    )
    return table(rows)


def _pairs(today: Sum, proposed: Sum) -> Iterator[tuple[str, tuple[int, int]]]:
    """What is counted, and how much of it there is under both."""
    yield "tickets with a breach", (today.tickets, proposed.tickets)
    for target in sorted({*today.breaches, *proposed.breaches}):
        both = today.breaches.get(target, 0), proposed.breaches.get(target, 0)
        yield f"{target} breached", both
    for stage in ("warning", "predicted", "breach"):
        yield f"alerts: {stage}", (today.alerts.get(stage, 0), proposed.alerts.get(stage, 0))
    for person in sorted({*today.heard, *proposed.heard}):
        yield f"heard by {person}", (_heard(today, person), _heard(proposed, person))


def _heard(side: Sum, person: str) -> int:
    return sum(side.heard.get(person, {}).values())


def _numbers(name: str, one: int, other: int) -> list[str]:
    return [name, str(one), str(other), f"{other - one:+d}" if one != other else "0"]


def _groups(name: str, groups: Iterable[Group]) -> list[str]:
    """The groups that fare otherwise, in a sentence; nothing if none does."""
    told = [
        f"{each.name} {each.breaches_today} → {each.breaches_proposed}"
        for each in groups
        if (each.breaches_today, each.overrun_today_s)
        != (each.breaches_proposed, each.overrun_proposed_s)
    ]
    return [f"Breaches by {name}: {', '.join(told)}."] if told else []


def _tickets(result: Simulated) -> list[str]:
    """The tickets that breach or no longer do; with `--refs` every one that differs."""
    found = [
        each
        for each in result.comparison.changed
        if result.refs or any(moved.what != "due_moved" for moved in each.targets)
    ]
    shown = found if result.refs else found[:_MOST_SHOWN]
    told = [text for each in shown for text in _ticket(each, every=result.refs)]
    more = len(found) - len(shown)
    return ["", *told, *([f"{more} more; --refs shows all."] if more else [])] if told else []


def _ticket(found: Changed, *, every: bool) -> Iterator[str]:
    yield f"{found.ref}  {found.priority} {found.service}: {found.summary}"
    for each in found.targets:
        if every or each.what != "due_moved":
            cycle = f" (cycle {each.cycle})" if each.cycle > 1 else ""
            due = f"due {_due(each.due_today)} → {_due(each.due_proposed)}"
            over = f"over by {_time(each.overrun_today_s)} → {_time(each.overrun_proposed_s)}"
            name = f"{_target(each.target, each.whose)}{cycle}"
            yield f"    {name} {_WHAT[each.what]}: {due}, {over}"


def _due(at: int | None) -> str:
    return words.instant(at) if at is not None else "never"
