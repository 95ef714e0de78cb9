"""What the board shows: frozen values, and the pure functions that make lines of them (R6.4).

Nothing here knows the desk or the screen. Every text that comes from a ticket is made safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from wcwidth import clip
from wcwidth import width as columns_of

from sdcli.render import words
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sdcli.sla.colour import Colour

ALL, MINE = "", "@mine"
"""What may be chosen beside a queue: every ticket, or those of whoever looks."""
Tone: TypeAlias = Literal["plain", "dim", "head", "good", "warn", "bad", "marked"]
"""How a piece of a line looks; what it means stands in its words too."""
Piece: TypeAlias = tuple[str, Tone]

_MINUTE, _HOUR = 60, 3600
_GAP = 2
_TONES: Mapping[Colour, Tone] = {
    "breached": "bad",
    "near": "warn",
    "running": "good",
    "paused": "dim",
    "none": "dim",
}


class Row(Struct, frozen=True, kw_only=True):
    """A ticket in the table, as it stood when the ledger was read.

    Args:
        colour: how pressing its clocks are; `target`: which of them is told, with the second of
            UTC at which it is `due`.
        last: the id of its last event, by which it is told whether somebody changed it since.
    """

    ref: str
    priority: str
    colour: Colour
    target: str = ""
    due: int | None = None
    opened_at: datetime
    status: str
    queue: str
    assignee: str = ""
    summary: str
    news: bool = False
    last: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """A queue, or what else may be chosen, with its figures; `tier` is None where there is none."""

    name: str
    tier: int | None = None
    focus: str = ""
    open: int = 0
    unassigned: int = 0
    near: int = 0
    breached: int = 0
    oldest_at: datetime | None = None


class Board(Struct, frozen=True, kw_only=True):
    """The desk as it was read at an instant.

    Args:
        rows: the tickets, the most pressing first; those that `query` asks for, if there is one.
        more: how many were left off.
        queues: by tier, of all open tickets, whatever the query says.
        by: who looks.
        missed_s: for how long nobody has checked the clocks, if that is too long; `checked_at`:
            when somebody last did.
    """

    rows: tuple[Row, ...]
    queues: tuple[Place, ...]
    by: str
    read_at: datetime
    version: Hashable = None
    query: str = ""
    more: int = 0
    missed_s: int | None = None
    checked_at: datetime | None = None


class Detail(Struct, frozen=True, kw_only=True):
    """What is known of one ticket, in safe lines; `last` is the id of its last event."""

    ref: str
    last: str
    lines: tuple[str, ...]


def chosen(board: Board, place: str) -> tuple[Row, ...]:
    """The tickets of a queue, or all, or those of whoever looks."""
    if place == ALL:
        return board.rows
    if place == MINE:
        return tuple(row for row in board.rows if row.assignee == board.by)
    return tuple(row for row in board.rows if row.queue == place)


def soonest(board: Board, now: datetime) -> int | None:
    """The second of UTC at which the next clock runs out; None if none runs."""
    second = int(now.timestamp())
    return min(
        (
            row.due
            for row in board.rows
            if row.due is not None and row.due >= second and row.colour in ("running", "near")
        ),
        default=None,
    )


def places(board: Board, now: datetime) -> tuple[Place, ...]:
    """What may be chosen: all, mine, and each queue, with figures as they are by now."""
    late = _just_late(board.rows, now)
    queues = tuple(_by_now(each, late.get(each.name, ())) for each in board.queues)
    mine = counted(MINE, chosen(board, MINE), now)
    oldest = min((each.oldest_at for each in queues if each.oldest_at), default=None)
    every = Place(
        name=ALL,
        open=sum(each.open for each in queues),
        unassigned=sum(each.unassigned for each in queues),
        near=sum(each.near for each in queues),
        breached=sum(each.breached for each in queues),
        oldest_at=oldest,
    )
    return every, mine, *queues


def _just_late(rows: Iterable[Row], now: datetime) -> dict[str, list[Row]]:
    """The tickets whose clock has run out since the ledger was read, by queue."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.colour in ("running", "near") and colour(row, now) == "breached":
            found.setdefault(row.queue, []).append(row)
    return found


def _by_now(place: Place, late: Sequence[Row]) -> Place:
    """A queue after the clocks of some of its tickets have run out."""
    if not late:
        return place
    from msgspec.structs import replace  # noqa: PLC0415 - a second in a day

    near = sum(row.colour == "near" for row in late)
    return replace(place, near=place.near - near, breached=place.breached + len(late))


def counted(name: str, rows: Iterable[Row], now: datetime) -> Place:
    """The figures of some tickets; what is resolved is nobody's work any more."""
    work = [row for row in rows if row.status in ("new", "in_progress", "waiting")]
    colours = [colour(row, now) for row in work]
    return Place(
        name=name,
        open=len(work),
        unassigned=sum(not row.assignee for row in work),
        near=colours.count("near"),
        breached=colours.count("breached"),
        oldest_at=min((row.opened_at for row in work), default=None),
    )


def colour(row: Row, now: datetime) -> Colour:
    """How pressing a ticket is by now: its clock may have run out since the ledger was read."""
    is_late = row.due is not None and row.due < int(now.timestamp())
    return "breached" if is_late and row.colour in ("running", "near") else row.colour


def left(row: Row, now: datetime) -> str:
    """How long its next clock has, to the second in the last hour: `2h 05m`, `12m 07s`, `3d 4h late`."""
    if row.due is None or row.colour in ("paused", "none"):
        return "-"
    seconds = row.due - int(now.timestamp())
    return f"{_span(-seconds)} late" if seconds < 0 else _span(seconds)


def _span(seconds: int) -> str:
    if seconds >= _HOUR:
        return words.span(seconds)
    minutes, rest = divmod(seconds, _MINUTE)
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


class Column(NamedTuple):
    """A column of a table: its name, how wide it is at least, and what it shows."""

    name: str
    width: int
    shows: Callable[[Row, datetime], Piece]


def _sla(row: Row, now: datetime) -> Piece:
    found = colour(row, now)
    return found, _TONES[found]


def _left(row: Row, now: datetime) -> Piece:
    return left(row, now), _TONES[colour(row, now)]


def _priority(row: Row, _: datetime) -> Piece:
    tones: Mapping[str, Tone] = {"P1": "bad", "P2": "warn"}
    return row.priority, tones.get(row.priority, "plain")


_COLUMNS = (
    Column("ref", 6, lambda row, _: (f"{row.ref}{'*' * row.news}", "plain")),
    Column("prio", 4, _priority),
    Column("sla", 8, _sla),
    Column("left", 11, _left),
    Column("age", 7, lambda row, now: (_age(row.opened_at, now), "plain")),
    Column("status", 11, lambda row, _: (row.status.replace("_", " "), "plain")),
    Column("queue", 14, lambda row, _: (line(row.queue), "plain")),
    Column("assignee", 10, lambda row, _: (line(row.assignee) or "-", "plain")),
    Column("summary", 16, lambda row, _: (line(row.summary), "plain")),
)
_LEAST = ("ref", "prio", "sla", "left", "summary")
_ROOM_FOR_LEFT = 48
"""A narrower table has no time left: the word says how pressing it is, and the summary what it is."""
_FURTHER = ("status", "assignee", "age", "queue")
"""What a wider screen shows besides, in this order."""


def columns(width: int, *, with_queue: bool, longest: int = 0) -> tuple[Column, ...]:
    """The columns that a table of so many terminal columns has room for; the summary has the rest.

    `longest`: the width of the longest reference.
    """
    ref = _COLUMNS[0]._replace(width=max(_COLUMNS[0].width, longest + 1))
    known = {each.name: each for each in (ref, *_COLUMNS[1:])}
    shown = [name for name in _LEAST if name != "left" or width >= _ROOM_FOR_LEFT]
    for name in _FURTHER:
        wanted = [*shown, name]
        room = sum(known[each].width + _GAP for each in wanted) - _GAP
        if room + 8 * (name != "status") <= width and (name != "queue" or with_queue):
            shown.append(name)
    found = [each for each in known.values() if each.name in shown]
    rest = width - sum(each.width + _GAP for each in found[:-1])
    return (*found[:-1], found[-1]._replace(width=max(rest, 1)))


def head(shown: Sequence[Column]) -> str:
    """The names of the columns, above the table."""
    return (" " * _GAP).join(fit(each.name, each.width) for each in shown).rstrip()


def cells(row: Row, shown: Sequence[Column], now: datetime) -> list[Piece]:
    """A row of the table, piece by piece, each as wide as its column."""
    pieces: list[Piece] = []
    for each in shown:
        text, tone = each.shows(row, now)
        pieces += [(fit(text, each.width), tone), (" " * _GAP, "plain")]
    return pieces[:-1]


def fit(text: str, width: int) -> str:
    """A safe text in exactly so many terminal columns; what is cut off ends in an ellipsis."""
    wide = columns_of(text)
    if wide > width:
        text = clip(text, 0, max(width - 1, 0)) + "…" * (width > 0)
        wide = columns_of(text)
    return text + " " * (width - wide)


def _age(at: datetime | None, now: datetime) -> str:
    return words.span(int((now - at).total_seconds())) if at else "-"


def title(place: Place) -> str:
    """What a choice is called."""
    return {ALL: "all", MINE: "mine"}.get(place.name, line(place.name))


WIDE_PLACES, NARROW_PLACES = 52, 23
"""How many columns the queues at the side take, with all their figures, or with the least."""


def places_head(width: int) -> str:
    """The names above the queues."""
    if width < WIDE_PLACES:
        return f"{fit('queue', width - 11)} {'open':>4} {'late':>4}"
    return f"{fit('queue', width - 35)} tier open unas near late {'oldest':>8}"


def place_cells(place: Place, width: int, now: datetime) -> list[Piece]:
    """A queue with its figures, piece by piece."""
    late: Piece = (f"{_number(place.breached):>4}", "bad" if place.breached else "dim")
    opened: Piece = (f"{_number(place.open):>4}", "plain")
    if width < WIDE_PLACES:
        return [(f"{fit(title(place), width - 11)} ", "plain"), opened, (" ", "plain"), late]
    near: Piece = (f" {_number(place.near):>4} ", "warn" if place.near else "dim")
    return [
        (f"{fit(title(place), width - 35)} {place.tier or '-':>4} ", "plain"),
        opened,
        (f" {_number(place.unassigned):>4}", "plain"),
        near,
        late,
        (f" {_age(place.oldest_at, now):>8}", "plain"),
    ]


def _number(number: int) -> str:
    """A number that is easy to pass over where it is nothing, and never wider than its column."""
    if number > 9999:  # noqa: PLR2004 - what four columns can hold
        return f"{min(number // 1000, 999)}k"
    return str(number) if number else "-"


def place_said(place: Place, now: datetime) -> str:
    """A choice and its figures in words, for the line above the table."""
    tier = f" (tier {place.tier})" if place.tier else ""
    figures = (
        (place.open, "open"),
        (place.unassigned, "unassigned"),
        (place.near, "near"),
        (place.breached, "breached"),
    )
    told = [f"{number} {what}" for number, what in figures if number or what == "open"]
    told += [f"oldest {_age(place.oldest_at, now)}"] * (place.oldest_at is not None)
    return f"{title(place)}{tier}: {', '.join(told)}"


def top(board: Board, now: datetime, trouble: str = "") -> list[Piece]:
    """The line at the top: who looks, when it was read, and whether the clocks are checked."""
    read = f"read {board.read_at:%H:%M:%S} UTC"
    pieces: list[Piece] = [("sdcli board", "head"), (f"  {line(board.by)}  {read}", "plain")]
    if trouble:
        pieces.append(("  not up to date", "bad"))
    if board.missed_s is not None:
        missed = board.missed_s + int((now - board.read_at).total_seconds())
        pieces.append((f"  clocks not checked for {words.span(missed)}: run sla-check", "bad"))
    elif board.checked_at:
        pieces.append((f"  clocks checked {_age(board.checked_at, now)} ago", "good"))
    return pieces


def asked(board: Board, rows: int) -> str:
    """What the query asks for and how much there is of it; empty without one."""
    if not board.query:
        return ""
    more = f" and {board.more} more" if board.more else ""
    return f"query {line(board.query)}: {words.count(rows, 'ticket')}{more} here; Escape clears it"
