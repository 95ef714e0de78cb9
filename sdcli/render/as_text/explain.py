"""A clock explained, as text: the intervals, what is due, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.render import words
from sdcli.render.safe import line
from sdcli.render.timeline import SIGNS, draw, lasted, local
from sdcli.sla.wall import DAY_S, Wall
from sdcli.tickets.event import Merged, Noted, Resolved, Voided, Waited
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.policy.scalars import Amount
    from sdcli.render.as_text import Screen
    from sdcli.results.clocks import ClocksExplained
    from sdcli.sla.clock import Clock
    from sdcli.sla.explain import Explanation
    from sdcli.sla.grounds import Grounds
    from sdcli.sla.intervals import Interval, Kind
    from sdcli.tickets.event import AnyEvent


_USUAL_WIDTH = 80
_NARROWEST, _WIDEST = 40, 120
_MOST_ROWS = 16
_FOLDED = 3
_SATURDAY = 5


def text(result: ClocksExplained, screen: Screen) -> tuple[Iterable[str], Iterable[str]]:
    """What stands how, the picture, the intervals and the reasons; and remarks for the person."""
    told = result.found[result.shown]
    wall = Wall(result.zone)
    if result.picture == "-":
        from sdcli.render.timeline_svg import picture  # noqa: PLC0415 - few ask for it

        return picture(told, result.ticket.summary, result.zone).splitlines(), []
    page = _Page(told, wall, screen, min(max(screen.width or _USUAL_WIDTH, _NARROWEST), _WIDEST))
    as_of = f"as of {local(wall, told.now)}, times in {result.zone}"
    lines = [
        screen.style(f"{result.ticket.ref}  {line(result.ticket.summary)}", bold=True),
        *page.wrapped(f"  {as_of}", 2),
    ]
    if result.summaries:
        for target, each in result.found.items():
            lines += page.wrapped(f"  {target + ':':<14}{_stands(each, wall)}", 16)
        lines += ["", screen.style(f"{told.target}, interval by interval", bold=True)]
    else:
        lines += page.wrapped(f"  {told.target + ':':<14}{_stands(told, wall)}", 16)
    if told.intervals:
        lines += ["", *(f"  {row}" for row in draw(told, result.zone, screen, page.columns - 4))]
    lines += ["", *_table(page, whole=result.whole), "", *_sums(page), "", *_reasons(page)]
    said = f"The picture is in {line(result.picture)}."
    return lines, [*([said] if result.picture else ()), *_remarks(page)]


class _Page(NamedTuple):
    """What is told, and the room for it."""

    told: Explanation
    wall: Wall
    screen: Screen
    columns: int

    def wrapped(self, text: str, indent: int = 4) -> list[str]:
        """A text that is safe for a terminal, in lines of the width."""
        from sdcli.render.wrap import fitted  # noqa: PLC0415 - JSON needs no lines

        return fitted([line(text)], self.screen.width and self.columns, indent)


def _stands(told: Explanation, wall: Wall) -> str:
    """How a target stands: `running, 35.1 %: 7h 01m of 20h; due Wed 25 Nov 2026 12:00`."""
    face = told.face
    whose = told.cycles[-1].whose if told.cycles else ""
    head = f"{whose}, " if whose else ""
    if face.state == "none" or face.due is None:
        return f"{head}not begun"
    ran, target = lasted(face.elapsed_s or 0), lasted(face.target_s or 0)
    cycle = f" in cycle {len(told.cycles)}" if len(told.cycles) > 1 and not whose else ""
    due = local(wall, face.due)
    when = {
        "met": "" if not told.is_open else f"; due {due}",
        "breached": f"; was due {due}",
        "paused": f"; due {due} if work went on now",
    }.get(face.state, f"; due {due}")
    return f"{head}{face.state}{cycle}, {words.share(face.percent)} %: {ran} of {target}{when}"


class _Row(NamedTuple):
    """A row of the table: when, what, how long it lasted, its working time, and why."""

    start: int
    end: int
    look: str
    lasted_s: int
    working_s: int
    why: str
    cycle: int


def _table(page: _Page, *, whole: bool) -> Iterator[str]:
    """The intervals in rows; of long lists working days and nights are folded together."""
    told, wall = page.told, page.wall
    folds = not whole and len(told.intervals) > _MOST_ROWS
    every = [_row(each, wall) for each in told.intervals]
    rows = list(_folded(told.intervals, wall)) if folds else every
    year = wall.shows(told.opened).year != wall.shows(told.now).year
    cells = [_cells(row, wall, year=year) for row in rows]
    widths = [max(len(each[i]) for each in (_HEADS, *cells)) for i in range(len(_HEADS))]
    is_narrow = page.screen.width is not None and sum(widths) + 2 * len(widths) > page.columns
    if rows and not is_narrow:
        yield page.screen.style(f"{_aligned(_HEADS, widths)}  why", bold=True)
    cycle = rows[0].cycle if rows else 0
    for row, cell in zip(rows, cells, strict=True):
        if row.cycle != cycle:
            cycle = row.cycle
            yield f"  cycle {cycle}"
        yield from _told_row(
            page, row, *(_short_row(cell) if is_narrow else (_aligned(cell, widths), ""))
        )
    if len(rows) < len(every):
        yield from page.wrapped(f"  ({len(every)} intervals; --all shows each in its own row)", 2)


_HEADS = ("from", "to", "kind", "lasted", "working")


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts, numbers = cells[:3], cells[3:]
    told = [cell.ljust(width) for cell, width in zip(texts, widths, strict=False)]
    told += [cell.rjust(width) for cell, width in zip(numbers, widths[3:], strict=True)]
    return f"  {'  '.join(told)}"


def _short_row(cells: Sequence[str]) -> tuple[str, str]:
    """A row for narrow terminals: what it is and when, and how long on the next line."""
    start, end, look, whole, working = cells
    return f"  {look}, {start} to {end}", f"lasted {whole}, working time {working}"


_COLOURS = {sign.word: sign.colour for sign in SIGNS.values()}


def _told_row(page: _Page, row: _Row, shown: str, more: str) -> Iterator[str]:
    """A row with its reason behind it, or below it where there is no room."""
    from wcwidth import width  # noqa: PLC0415 - JSON needs no columns

    why = line(", ".join(filter(None, (more, row.why))))
    *first, last = (
        page.screen.style(text, fg=_COLOURS.get(row.look)) for text in page.wrapped(shown, 6)
    )
    yield from first
    if not why or width(shown) + 2 + width(why) <= page.columns or page.screen.width is None:
        yield f"{last}  {why}".rstrip()
        return
    yield last
    yield from page.wrapped(f"      {why}", 6)


def _cells(row: _Row, wall: Wall, *, year: bool) -> tuple[str, ...]:
    same_day = wall.day(row.start) == wall.day(row.end)
    return (
        local(wall, row.start, year=year, wide=2),
        local(wall, row.end, year=year, day=not same_day, wide=2),
        row.look,
        lasted(row.lasted_s),
        lasted(row.working_s) if row.working_s else "-",
    )


def _row(each: Interval, wall: Wall) -> _Row:
    return _Row(
        start=each.start,
        end=each.end,
        look=SIGNS[each.kind].word,
        lasted_s=each.seconds,
        working_s=each.working_s,
        why=because(each, wall),
        cycle=each.cycle,
    )


def because(each: Interval, wall: Wall) -> str:
    """Why an interval is what it is."""
    cause = each.cause
    if cause is None:
        return each.name
    late = f" (entered {_when(cause.entered, wall)})" if cause.entered else ""
    return f"{_did(cause, wall)}{late}"


def _day(at: int, wall: Wall) -> str:
    return local(wall, at).rpartition(" ")[0]


def _when(at: datetime, wall: Wall) -> str:
    return local(wall, int(at.timestamp()))


def _did(cause: AnyEvent, wall: Wall) -> str:
    if isinstance(cause, Waited):
        supplier = f" ({cause.supplier})" if cause.supplier else ""
        until = f" until {_when(cause.until, wall)}" if cause.until else ""
        reason = f": {cause.reason}" if cause.reason else ""
        return f"{cause.by} waits for {cause.waiting_for}{supplier}{until}{reason}"
    if isinstance(cause, Noted):
        return f"{cause.by} told the caller"
    if isinstance(cause, Merged):
        return f"merged into {cause.into} by {cause.by}"
    if isinstance(cause, Voided):
        return f"made void by {cause.by}"
    done = "resolved" if isinstance(cause, Resolved) else "closed"
    return f"{done} by {cause.by} as {getattr(cause, 'code', '')}"


def _folded(intervals: Sequence[Interval], wall: Wall) -> Iterator[_Row]:
    """Rows in which stretches of working and closed hours without a name are one row each."""
    waiting: list[Interval] = []
    for each in intervals:
        if each.kind in ("counted", "closed") and (not waiting or waiting[-1].cycle == each.cycle):
            waiting.append(each)
            continue
        yield from _fold(waiting, wall)
        waiting = []
        if each.kind in ("counted", "closed"):
            waiting.append(each)
        else:
            yield _row(each, wall)
    yield from _fold(waiting, wall)


def _fold(found: Sequence[Interval], wall: Wall) -> Iterator[_Row]:
    if len(found) <= _FOLDED:
        yield from (_row(each, wall) for each in found)
        return
    working = sum(each.working_s for each in found)
    days = {wall.day(each.start) for each in found if each.kind == "counted"}
    shut = [_break_of(each, wall) for each in found if each.kind == "closed"]
    parts = [words.count(len(days), "working day")] if days else []
    parts += [words.count(n, name) for name in _BREAKS if (n := shut.count(name))]
    first, last = found[0], found[-1]
    yield _Row(
        first.start,
        last.end,
        "folded",
        last.end - first.start,
        working,
        ", ".join(parts),
        first.cycle,
    )


_BREAKS = ("break", "night", "weekend", "closed day")


def _break_of(each: Interval, wall: Wall) -> str:
    """What people call a time that is closed."""
    first, last = wall.day(each.start), wall.day(each.end - 1)
    if first == last and each.seconds < DAY_S // 2:
        return "break"
    if each.seconds < DAY_S:
        return "night"
    inside = range(first, last + 1)
    return "weekend" if any((day - 1) % 7 >= _SATURDAY for day in inside) else "closed day"


def _sums(page: _Page) -> Iterator[str]:
    """What the intervals add up to, and that it is what the clock shows."""
    told = page.told
    number = len(told.cycles) or 1
    for cycle in told.cycles:
        own = [each for each in told.intervals if each.cycle == cycle.number]
        name = f"cycle {cycle.number}" if number > 1 else "all"
        if cycle.whose:
            name += f" ({cycle.whose})"
        sums = ((each, sum(i.working_s for i in own if i.kind == each)) for each in _SUMMED)
        told_sums = ", ".join(f"{lasted(n)} {SIGNS[each].word}" for each, n in sums if n)
        ran = f"the clock shows {lasted(cycle.face.elapsed_s or 0)}"
        yield from page.wrapped(f"  working time of {name}: {told_sums or 'none'}; {ran}", 6)


_SUMMED: tuple[Kind, ...] = ("counted", "paused", "stopped", "not-begun")


def _reasons(page: _Page) -> Iterator[str]:
    """Thresholds, alerts, turns of the terms, and what it all goes by."""
    rows = [*_passings(page), *_changes(page), *_grounds(page.told.grounds, page)]
    for name, value in rows:
        yield from page.wrapped(f"  {name + ':':<14}{value}", 16)


def _passings(page: _Page) -> Iterator[tuple[str, str]]:
    for each in page.told.thresholds:
        name = "due" if each.percent >= BREACH else f"{each.percent} %"
        name = "foreseen" if each.predicted else name
        after = f"after {lasted(each.needed_s)}"
        if each.at is None:
            yield name, f"{after}: not reached, the clock has stopped"
            continue
        word = "passed" if each.passed else "will be"
        if each.passed and each.percent >= BREACH:
            word = "missed"
        if_on = " if work went on now" if page.told.face.state == "paused" else ""
        yield name, f"{after}: {word} {local(page.wall, each.at)}{'' if each.passed else if_on}"
    for said in page.told.said:
        cycle = f", cycle {said.cycle}" if said.cycle > 1 else ""
        when = _when(said.at, page.wall)
        yield (
            "alert",
            f"{said.stage} at {said.percent} % of {lasted(said.target_s)} said {when}{cycle}",
        )


def _changes(page: _Page) -> Iterator[tuple[str, str]]:
    for turn in page.told.turns:
        told = [
            f"{name} {_short(name, a)} to {_short(name, b)}"
            for name, (a, b) in turn.changes.items()
        ]
        before, after = (words.amount(each) if each else "none" for each in turn.amounts)
        told += [f"target {before} to {after}"] if before != after else []
        when = _when(turn.at, page.wall)
        yield "changed", f"{when} by {turn.by}: {', '.join(told)}; it counts from the start"
    for late in page.told.late:
        at, entered = (_when(each, page.wall) for each in (late.at, late.entered))
        yield "late", f"{late.kind} of {at} by {late.by}, entered {entered}"


def _short(name: str, value: str) -> str:
    return value[:12] if name == "policy" else value


_WHY = {
    "override": "somebody with the authority decided so",
    "question-tree": "the question tree led to it",
    "coverage": "the most specific rule of `coverage` that fits",
    "service": "the service has it",
    "component": "a service that the component belongs to has it",
    "default": "nothing more specific says otherwise",
    "site": "the site has it",
    "agreement": "the agreement has it",
    "policy": "it holds for the whole file",
    "operational-level": "the operational level of the queue says so",
    "underpinning-contract": "the contract with the supplier says so",
}


def _grounds(found: Grounds, page: _Page) -> Iterator[tuple[str, str]]:
    yield (
        "agreement",
        f"{found.agreement}, {found.title}: {_WHY[found.why]}{_at(found.rule or found.place)}",
    )
    yield (
        "calendar",
        f"{found.calendar.name}, {found.calendar.zone}: {_WHY[found.calendar.why]}{_at(found.calendar.place)}",
    )
    whose = f" of {found.target.whose}" if found.target.whose else ""
    yield (
        "target",
        f"{_granted(found.target.amount, page.told.face)} for {found.priority}{whose}: {_SAYS[found.target.source]}{_at(found.target.place)}",
    )
    yield "on reopening", f"{_REOPENS[found.on_reopen]}: {_SAYS[found.on_reopen_source]}"
    state = "the same as today's" if found.is_today else "today's are others"
    pinned = f"pinned; {state}" if found.pinned else "not pinned; it goes by today's"
    yield "policy", f"{found.file}, {found.policy[:12]} ({pinned})"
    if found.calendar.library or found.calendar.known_until is not None:
        until = found.calendar.known_until
        known = f"known until {_day(until - 1, page.wall)}" if until else "without end"
        library = f" by {found.calendar.library}" if found.calendar.library else ""
        yield "holidays", f"{known}{library}"


_SAYS = {
    "agreement": "the agreement's own",
    "default": "the table of all",
    "policy": "what holds for all",
    "operational-level": "the operational level of the queue",
    "underpinning-contract": "the contract with the supplier",
}


_REOPENS = {
    "resume": "the clock goes on",
    "new_cycle": "a new cycle begins",
    "new_ticket": "a new ticket is opened",
}


def _granted(amount: Amount, face: Clock) -> str:
    told = words.amount(amount)
    return f"{told}, which are {lasted(face.target_s or 0)}" if amount.business_days else told


def _at(place: str) -> str:
    return f" ({place})" if place else ""


def _remarks(page: _Page) -> Iterator[str]:
    if page.told.beyond_holidays:
        until = _day((page.told.grounds.calendar.known_until or 0) - 1, page.wall)
        yield f"Note: it is due beyond what is known of holidays, which is until {until}."
