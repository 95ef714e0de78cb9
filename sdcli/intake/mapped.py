"""From the cells of a row to what the desk calls it, by a map; what the map does not say is counted.

A row becomes `Facts`: texts, the desk's own words where it has any, and empty where the row says
nothing. No value is turned into another silently: see `Reading.unsaid`.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from sdcli.errors import MapError, Problem, alternatives
from sdcli.policy.imports import Column, Effort, Word, parts, templates
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sdcli.policy.imports import ImportMap, MapFile
    from sdcli.tickets.words import Status

_T = TypeVar("_T")

NOBODY = "none"
"""What the assignee of a map is called where nobody has the ticket."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LONG = ("details", "note")
"""Fields that may have several lines."""
_LONGEST = 200
"""The most characters of a name; longer summaries are cut."""
_CUT = ("summary",)
_IN = {"minutes": 60, "hours": 3600, "seconds": 1}
_EFFORT = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_MOST_MINUTES = 60 * 24 * 366
_REMEMBERED = 100_000


class Facts(NamedTuple):
    """What a row says, by the names of a map's fields; what it does not say is empty."""

    summary: str
    details: str
    requester: str
    caller_class: str
    phone: str
    mail: str
    unit: str
    site: str
    channel: str
    type: str
    service: str
    feature: str
    impact: str
    urgency: str
    priority: str
    queue: str
    assignee: str
    by: str
    opened: str
    responded: str
    resolved: str
    closed: str
    updated: str
    reopened: str
    code: str
    confirmed_by: str
    via: str
    note: str
    visible: str


class Reading:
    """A map for one header: what each row says.

    `known`: the words of the fields that take no other. `unsaid`: the values that were met and that
    the map does not list, as `(field, value, taken for)`; who reads the rows takes them from it.
    """

    def __init__(
        self, map_file: MapFile, header: Sequence[str], known: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.map: ImportMap = map_file.map
        self.unsaid: list[tuple[str, str, str]] = []
        self._known = known
        self._columns = _columns(map_file, header)
        self._fields = [self._field(name) for name in Facts._fields]
        states = self.map.fields.state
        self._state = self._template(states.from_) if states else None
        self._states = _folded({t: _word(w) for t, w in states.values.items()}) if states else {}
        self._minutes, self._per = self._effort(self.map.fields.minutes)
        self.source = self._template(self.map.source)
        self.ticket = self._template(self.map.ticket)
        self.at = self._template(self.map.at)
        self.sequence = self._template(self.map.sequence)

    def facts(self, cells: Sequence[str]) -> Facts:
        """What a row says.

        Raises:
            ValueError: a name is too long to be one.
        """
        return Facts._make([field(cells) for field in self._fields])

    def state(self, cells: Sequence[str]) -> Word | None:
        """The state that a row says; None if it says none.

        Raises:
            ValueError: the map does not list it.
        """
        states = self.map.fields.state
        if self._state is None or states is None or not (theirs := self._state(cells)):
            return None
        word = self._states.get(theirs) or self._states.get(theirs.casefold())
        if word is None:
            if not states.otherwise:
                raise ValueError(
                    f"the state {theirs!r} is not among the `values` of `fields.state` "
                    f"({states.place}); list it there, or say `otherwise`"
                )
            word = _word(states.otherwise)
            self.unsaid.append(("state", theirs, word.status))
        return word

    def minutes(self, cells: Sequence[str]) -> int:
        """The effort that a row says, in whole minutes.

        Raises:
            ValueError: it is no number.
        """
        text = self._minutes(cells)
        if not text:
            return 0
        if not _EFFORT.fullmatch(text):
            raise ValueError(f"the effort {text!r} is no plain number, like 15 or 1.5")
        minutes = round(float(text) * self._per / 60)
        if minutes > _MOST_MINUTES:
            raise ValueError(f"the effort {text!r} is more than a year")
        return minutes

    def _effort(self, given: Effort | str) -> tuple[Callable[[Sequence[str]], str], int]:
        if isinstance(given, Effort):
            return self._template(given.from_), _IN[given.in_]
        return self._template(given), _IN["minutes"]

    def _template(self, template: str, *, long: bool = False) -> Callable[[Sequence[str]], str]:
        """A template as a function of the cells, each without the blanks around it.

        Blanks within are normalised unless it may be long.
        """
        found = parts(template)
        clean = _tidy_long if long else tidy
        if not any(is_name for _, is_name in found):
            constant = clean("".join(text for text, _ in found))
            return lambda _: constant
        if len(found) == 1:
            index = self._columns[found[0][0]]
            return lambda cells: clean(cells[index])
        pieces = [(self._columns[text] if is_name else -1, text) for text, is_name in found]

        def filled(cells: Sequence[str]) -> str:
            """The template, unless all its columns are empty here; each cell without outer blanks."""
            told = [
                (clean(cells[index]), True) if index >= 0 else (t, False) for index, t in pieces
            ]
            said = any(value for value, is_cell in told if is_cell)
            return clean("".join(value for value, _ in told)) if said else ""

        return filled

    def _field(self, name: str) -> Callable[[Sequence[str]], str]:
        """A field as a function of the cells, which looks each different value up once."""
        given = getattr(self.map.fields, name)
        column = given if isinstance(given, Column) else Column(from_=given)
        template = self._template(column.from_, long=name in _LONG)
        if name in _LONG or (name in _CUT and not column.values):
            most = None if name in _LONG else _LONGEST
            return lambda cells: template(cells)[:most]
        values, known = _folded(column.values), self._known.get(name, ())
        remembered: dict[str, tuple[str, bool]] = {}

        def looked_up(cells: Sequence[str]) -> str:
            theirs = template(cells)
            found = remembered.get(theirs)
            if found is None:
                found = self._meaning(name, theirs, column, values, known)
                if len(remembered) < _REMEMBERED:
                    remembered[theirs] = found
            if found[1]:
                self.unsaid.append((name, theirs, found[0]))
            return found[0]

        return looked_up

    def _meaning(
        self,
        name: str,
        theirs: str,
        column: Column,
        values: Mapping[str, str],
        known: tuple[str, ...],
    ) -> tuple[str, bool]:
        """What a value is here, and whether the map does not say it.

        Raises:
            ValueError: it is too long to be a name.
        """
        if not theirs:
            return column.empty, False
        own = (each for each in known if each.casefold() == theirs.casefold())
        word = values.get(theirs) or values.get(theirs.casefold()) or next(own, "")
        if word:
            return word, False
        if column.otherwise:
            return column.otherwise, True
        if known:
            return (UNKNOWN if UNKNOWN in known else ""), True
        if len(theirs) > _LONGEST:
            raise ValueError(f"`{name}` has {len(theirs):,} characters; {_LONGEST} are the most")
        return sys.intern(theirs), bool(column.values)


def _columns(map_file: MapFile, header: Sequence[str]) -> dict[str, int]:
    """Where each column of the map is.

    Raises:
        MapError: the file has no such column, or has it twice.
    """
    names = [tidy(cell) for cell in header]
    problems: list[Problem] = []
    used: dict[str, int] = {}
    for path, template in templates(map_file.map):
        found = parts(template)
        line = _line(map_file.map, path)
        if template in names and not any(is_name for _, is_name in found):
            said = f"`{path}` is the text {template!r}, and a column is called so; write {{{template}}}"
            problems.append(Problem(map_file.name, line, said))
        for name in (text for text, is_name in found if is_name):
            where = [at for at, each in enumerate(names) if each == tidy(name)]
            if len(where) == 1:
                used[name] = where[0]
                continue
            alike = [each for each in names if each.casefold() == tidy(name).casefold()]
            instead = f"did you mean `{alike[0]}`?" if alike else alternatives(name, names)
            said = f"the file has no column `{name}`; {instead}"
            if where:
                said = f"the file has {len(where)} columns `{name}`; rename one of them"
            problems.append(Problem(map_file.name, line, f"`{path}`: {said}"))
    if problems:
        raise MapError(sorted(set(problems)))
    return used


def _line(found: ImportMap, path: str) -> int:
    key, _, name = path.partition(".")
    name = name.removesuffix(".from")
    given = getattr(found.fields, name, None) if name else None
    place = getattr(given, "place", "")
    if place:
        return int(place.rpartition(":")[2])
    return found.fields.lines.get(name, 0) or found.lines.get(key, 1)


def _folded(values: Mapping[str, _T]) -> dict[str, _T]:
    """The values as they are written, and, where that is not ambiguous, without case."""
    written = {tidy(theirs): ours for theirs, ours in values.items()}
    return {theirs.casefold(): ours for theirs, ours in written.items()} | written


def _word(given: Word | str) -> Word:
    return given if isinstance(given, Word) else Word(status=cast("Status", given))


def tidy(text: str) -> str:
    """The text on one line, without what means something to a terminal."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROL.sub(" ", text).split())


def _tidy_long(text: str) -> str:
    return _CONTROL.sub(" ", text.replace("\r\n", "\n")).strip()
