"""From strict YAML to the frozen values of the model, with every problem found.

The model's classes are the schema. `decode` goes through a tree and a class together; what does
not fit is reported with its line, and reading goes on so that one run shows everything.
"""

from __future__ import annotations

import re
import types
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from sdcli.errors import listed, nearest
from sdcli.policy.address import is_address
from sdcli.policy.calendars import Window
from sdcli.policy.dates import read_dates
from sdcli.policy.scalars import (
    Amount,
    DateKey,
    Day,
    Delimiter,
    Duration,
    Expression,
    Instant,
    Mail,
    Moment,
    Period,
    Seconds,
    Size,
    Span,
    TimeOfDay,
    Turn,
    Zone,
)
from sdcli.policy.yamlfile import Entry, Item, Listing, Mapping, Node, YamlFile, cut, shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec.structs import FieldInfo

_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?")
_BUSINESS_DAYS = re.compile(r"([0-9]{1,4}) ?business_days?")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})")
# Files beside the zones: each machine's own choice, or clocks that count leap seconds.
_NO_ZONES = ("Factory", "localtime", "posixrules")
_LEAPING = ("posix/", "right/")
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TURN = re.compile(r"([0-9]{1,4}) (day|week)s?")
_TIME_OF_DAY = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
_HOURS = re.compile(f"{_TIME_OF_DAY}-{_TIME_OF_DAY}")
_PERIOD = re.compile(r"([1-9][0-9]{0,3})(h|d|w)")
_HOURS_IN = {"h": 1, "d": 24, "w": 7 * 24}
_SECONDS = re.compile(r"([1-9][0-9]{0,3})(s|m)")
_SIZE = re.compile(r"([0-9]{1,6}) ?(kB|MB|GB)")
_UNITS = {"kB": 1000, "MB": 1000**2, "GB": 1000**3}
_DAY_S = 24 * 3600
_OWN = ("place", "lines")  # filled in while reading; no file may hold them
_REPEATING = ("send_with", "command", "steps")  # arguments and steps may well be said twice
_LONGEST_H = 10_000
_MOST_DAYS = 400
_WEEK_DAYS = 7
_LONGEST_TURN = 366

Places = dict[str, int]


class Decoder:
    """Decodes one file; `places` maps the dotted path of each value to its line."""

    def __init__(self, file: YamlFile) -> None:
        self.file = file
        self.places: Places = {}

    def decode(self, node: Node, hint: Any, path: str = "") -> Any:
        """The value for a type hint, or a stand-in after a reported problem."""
        self.places[path] = node.line
        if hint in _SCALARS:
            return self._scalar(node, hint, path)
        origin = get_origin(hint)
        if origin is Literal:
            return self._choice(node, get_args(hint), path)
        if origin is dict:
            key_hint, value_hint = get_args(hint)
            return self._dict(node, key_hint, value_hint, path)
        if origin is tuple:
            return self._tuple(node, get_args(hint)[0], path)
        if origin in (Union, types.UnionType):
            return self.decode(node, _meant(node, get_args(hint)), path)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self._struct(node, hint, path)
        raise TypeError(f"the model uses a type that no file can hold: {hint}")

    def _struct(self, node: Node, cls: type[msgspec.Struct], path: str) -> Any:
        short = getattr(cls, "SHORT", "")
        if short and isinstance(node, Listing):
            node = Mapping(node.line, {short: Entry(node.line, node)})
        hints, fields = _schema(cls)
        # A class may say what to write; what stands there may be a secret, and is not told.
        instead = getattr(cls, "written", "")
        if instead and not (isinstance(node, Mapping) and set(node.entries) <= set(fields)):
            self.file.report(node.line, f"`{_last(path)}` is wrong: {instead}")
            return None
        if not isinstance(node, Mapping):
            self.file.report(node.line, f"`{_last(path)}` must be a mapping, not {shape(node)}")
            return None
        keys = [field.encode_name for name, field in fields.items() if name not in _OWN]
        self._unknown_keys(node, keys, path)
        values: dict[str, Any] = {}
        for name, field in fields.items():
            key = field.encode_name
            if name == "place":
                values[name] = f"{self.file.name}:{node.line}"
            elif name == "lines":
                values[name] = {key: entry.line for key, entry in node.entries.items()}
            elif key in node.entries:
                entry = node.entries[key]
                values[name] = self.decode(entry.value, hints[name], _under(path, key))
                self.places[_under(path, key)] = entry.line
            elif field.required:
                self.file.report(node.line, f"`{_last(path)}` needs the key `{key}`")
        sound = all(values.get(name) is not None for name, f in fields.items() if f.required)
        return cls(**{name: v for name, v in values.items() if v is not None}) if sound else None

    def _unknown_keys(self, node: Mapping, known: list[str], path: str) -> None:
        for key, entry in node.entries.items():
            if key not in known:
                close = nearest(cut(key), known)
                hint = f"; did you mean `{close}`?" if close else f"; it may have {listed(known)}"
                self.file.report(entry.line, f"`{_last(path)}` has no key `{cut(key)}`{hint}")

    def _dict(self, node: Node, key_hint: Any, value_hint: Any, path: str) -> dict[Any, Any]:
        if not isinstance(node, Mapping):
            self.file.report(node.line, f"`{_last(path)}` must be a mapping, not {shape(node)}")
            return {}
        found = {}
        for key, entry in node.entries.items():
            name = self.decode(Item(entry.line, key, "str", quoted=True), key_hint, path)
            found[name] = self.decode(entry.value, value_hint, _under(path, key))
            self.places[_under(path, key)] = entry.line
        return found

    def _tuple(self, node: Node, hint: Any, path: str) -> tuple[Any, ...]:
        if isinstance(node, Mapping) and getattr(hint, "ALONE", False):
            node = Listing(node.line, [node])
        if not isinstance(node, Listing):
            self.file.report(node.line, f"`{_last(path)}` must be a list, not {shape(node)}")
            return ()
        items = enumerate(node.items)
        found = tuple(self._entry(item, hint, path, index) for index, item in items)
        if path.rpartition(".")[2] not in _REPEATING:
            self._refuse_twins(node)
        return found

    def _entry(self, node: Node, hint: Any, path: str, index: int) -> Any:
        """An entry of a list; what is wrong within a mapping says which entry that is."""
        before = len(self.file.problems)
        value = self.decode(node, hint, _under(path, str(index)))
        if isinstance(node, Mapping):
            which = f" (entry {index + 1} of `{_last(path)}`)"
            told = self.file.problems[before:]
            self.file.problems[before:] = [
                each._replace(message=each.message + which) for each in told
            ]
        return value

    def _refuse_twins(self, node: Listing) -> None:
        """Report what a list says twice, once for each; what is no single value is not compared."""
        seen: dict[str, int] = {}
        for item in node.items:
            if isinstance(item, Item):
                seen[item.text] = seen.get(item.text, 0) + 1
                if seen[item.text] == 2:  # noqa: PLR2004 - twice
                    self.file.report(item.line, f"`{cut(item.text)}` is named twice")

    def _choice(self, node: Node, known: tuple[Any, ...], path: str) -> Any:
        before = len(self.file.problems)
        given = self._scalar(node, int if isinstance(known[0], int) else str, path)
        if given not in known and len(self.file.problems) == before:
            names = [str(name) for name in known]
            must = f"one of {listed(names)}" if len(names) > 1 else names[0]
            told = cut(given) if isinstance(given, str) else given
            self.file.report(node.line, f"`{_last(path)}` is {told!r}; it must be {must}")
        return given if given in known else known[0]

    def _scalar(self, node: Node, hint: Any, path: str) -> Any:
        read, stand_in = _SCALARS[hint]
        before = len(self.file.problems)
        if hint in _BARE:
            text = _bare(self.file, node, hint, _last(path))
        elif hint in _DATED and isinstance(node, Item) and node.kind == "timestamp":
            text = node.text
        else:
            text = self.file.text(node, _last(path))
        if len(self.file.problems) > before:
            return stand_in
        try:
            return read(text)
        except ValueError as error:
            self.file.report(node.line, f"`{_last(path)}` is {text!r}: {error}")
            return stand_in


def _meant(node: Node, known: tuple[Any, ...]) -> Any:
    """Which of several types a value is meant as: a text where that may be, else the first."""
    return str if isinstance(node, Item) and str in known else known[0]


@cache
def _schema(cls: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, FieldInfo]]:
    """The type hints and the fields of a class of the model."""
    own = getattr(cls, "OWN", ())
    fields = {each.name: each for each in msgspec.structs.fields(cls) if each.name not in own}
    return get_type_hints(cls), fields


_BARE = {
    int: (("int",), "a whole number"),
    float: (("int", "float"), "a number"),
    bool: (("bool",), "true or false"),
}
"""What YAML takes bare values for, and what to ask for."""
_DATED = (Day, Moment)
"""What may be a bare date."""


def _bare(file: YamlFile, node: Node, hint: type, what: str) -> str:
    """The text of an unquoted number or truth value."""
    kinds, example = _BARE[hint]
    if not isinstance(node, Item) or node.kind not in kinds or node.quoted:
        file.report(node.line, f"`{what}` must be {example}, not {shape(node)}")
        return ""
    return node.text


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError("write a whole number in plain digits")
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        raise ValueError("write a number in plain digits, like 30 or 99.9")
    return float(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text == "true"


def _some(text: str) -> str:
    if not text.strip():
        raise ValueError("it must not be empty")
    return text


def duration(text: str) -> Duration:
    """Seconds of `30m`, `4h`, `1h30m`.

    Raises:
        ValueError: it is written otherwise, or is nothing.
    """
    match = _DURATION.fullmatch(text)
    hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0)
    if not hours + minutes:
        raise ValueError("write working time as 30m, 4h or 1h30m")
    if hours + minutes // 60 > _LONGEST_H:
        raise ValueError(f"no target is longer than {_LONGEST_H}h of working time")
    return Duration(hours * 3600 + minutes * 60)


def amount(text: str) -> Amount:
    """Working time, `4h` or `1h30m`, or working days, `3 business_days`.

    Raises:
        ValueError: it is written otherwise, or is nothing.
    """
    match = _BUSINESS_DAYS.fullmatch(text)
    if match is None:
        try:
            return Amount(seconds=duration(text))
        except ValueError as error:
            other = ", or working days as 3 business_days" if "write" in str(error) else ""
            raise ValueError(f"{error}{other}") from error
    days = int(match.group(1))
    if not 0 < days <= _MOST_DAYS:
        raise ValueError(f"write 1 to {_MOST_DAYS} business_days")
    return Amount(business_days=days)


def span(text: str) -> Span:
    """Seconds of `30m`, `4h`, `1h30m`, on any clock.

    Raises:
        ValueError: it is written otherwise, or is nothing.
    """
    try:
        return Span(duration(text))
    except ValueError as error:
        raise ValueError("write a time as 30m, 4h or 1h30m") from error


def _seconds(text: str) -> Seconds:
    match = _SECONDS.fullmatch(text)
    if not match:
        raise ValueError("write a time as 20s or 2m")
    return Seconds(int(match.group(1)) * (60 if match.group(2) == "m" else 1))


def size(text: str) -> Size:
    """Bytes of `512 kB`, `20 MB`.

    Raises:
        ValueError: it is written otherwise, or is nothing.
    """
    match = _SIZE.fullmatch(text)
    number = int(match.group(1)) if match else 0
    if not match or not number:
        raise ValueError("write a size as 512 kB or 20 MB")
    return Size(number * _UNITS[match.group(2)])


def _instant(text: str) -> Instant:
    from sdcli.tickets.event import instant  # noqa: PLC0415 - only files with instants pay for it

    try:
        return Instant(f"{instant(text):%Y-%m-%dT%H:%M:%SZ}")
    except (ValueError, OverflowError) as error:
        raise ValueError('write an instant with its zone, like "2026-12-05T20:00:00Z"') from error


def _expression(text: str) -> Expression:
    import jmespath  # noqa: PLC0415 - only files with expressions pay for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415

    try:
        jmespath.compile(text)
    except JMESPathError as error:
        reason = " ".join(str(error).split("\n")[0].split())
        raise ValueError(f"that is no JMESPath expression: {reason}") from error
    return Expression(text)


def window(text: str) -> Window:
    """The working hours `"09:00-17:30"`; an end at or before the start is on the next day.

    Seconds may be written, too: `"09:00:30-17:30:00"`.

    Raises:
        ValueError: it is written otherwise, or names no time of day.
    """
    match = _HOURS.fullmatch(text)
    if not match:
        raise ValueError('write working hours as "09:00-17:30"')
    h1, m1, s1, h2, m2, s2 = (int(part or 0) for part in match.groups())
    opens, closes = h1 * 3600 + m1 * 60 + s1, h2 * 3600 + m2 * 60 + s2
    if max(m1, m2, s1, s2) > 59 or opens >= _DAY_S or closes > _DAY_S:  # noqa: PLR2004
        raise ValueError("that is no time of day; the day ends at 24:00")
    return Window(opens, closes if closes > opens else closes + _DAY_S)


def _delimiter(text: str) -> Delimiter:
    if len(text) != 1 or text in '"\r\n ' or not (text.isprintable() or text == "\t"):
        raise ValueError('write one character, like "," or ";", and a tab as "\\t"')
    return Delimiter(text)


def _zone(text: str) -> Zone:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only files with calendars pay for it

    problem = "there is no such IANA time zone; write one like Europe/Paris"
    if text.startswith(_LEAPING) or text in _NO_ZONES:
        raise ValueError(problem)
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(problem) from error
    return Zone(text)


def _day(text: str) -> Day:
    try:
        return Day(date.fromisoformat(text).isoformat())
    except ValueError as error:
        raise ValueError('write a date as "2026-12-25"') from error


def _period(text: str) -> Period:
    match = _PERIOD.fullmatch(text)
    hours = int(match[1]) * _HOURS_IN[match[2]] if match else 0
    if not 0 < hours <= _LONGEST_TURN * _HOURS_IN["d"]:
        raise ValueError("write a period as 12h, 14d or 2w; none is longer than a year")
    return Period(hours * 3600)


def _time_of_day(text: str) -> TimeOfDay:
    match = _TIME.fullmatch(text)
    hours, minutes = (int(part) for part in match.groups()) if match else (24, 0)
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - a clock
        raise ValueError('write a time of day as "09:00"')
    return TimeOfDay(hours * 60 + minutes)


def _turn(text: str) -> Turn:
    match = _TURN.fullmatch(text)
    days = int(match[1]) * (_WEEK_DAYS if match[2] == "week" else 1) if match else 0
    if not 0 < days <= _LONGEST_TURN:
        raise ValueError("write a turn as 1 day, 1 week or 2 weeks; none is longer than a year")
    return Turn(days)


def _moment(text: str) -> Moment:
    try:
        if _DATE.fullmatch(text):
            return Moment(_day(text))
        if match := _LOCAL.fullmatch(text):
            _time_of_day(match[2])
            return Moment(f"{_day(match[1])}T{match[2]}")
        return Moment(_instant(text))
    except ValueError as error:
        forms = '"2026-12-24", "2026-12-24 18:00" or, with its zone, "2026-12-24T18:00:00Z"'
        raise ValueError(f"write a day, a local time or an instant, like {forms}") from error


def _dates(text: str) -> DateKey:
    read_dates(text)
    return DateKey(text)


def _mail(text: str) -> Mail:
    if not is_address(text):
        raise ValueError("that is no mail address")
    return Mail(text)


_SCALARS: dict[Any, tuple[Callable[[str], Any], Any]] = {
    str: (_some, ""),
    int: (_whole, 0),
    float: (_number, 0.0),
    bool: (_truth, False),
    Amount: (amount, Amount()),
    Duration: (duration, 0),
    Span: (span, 0),
    Period: (_period, 0),
    Seconds: (_seconds, 1),
    Size: (size, 0),
    Instant: (_instant, "1970-01-01T00:00:00Z"),
    Expression: (_expression, "@"),
    Window: (window, Window(0, _DAY_S)),
    Zone: (_zone, "UTC"),
    Delimiter: (_delimiter, ","),
    Day: (_day, "1970-01-01"),
    TimeOfDay: (_time_of_day, 0),
    Turn: (_turn, 1),
    Moment: (_moment, "1970-01-01"),
    DateKey: (_dates, "1970-01-01"),
    Mail: (_mail, ""),
}


def wrong(hint: Any, text: str) -> str:
    """What is wrong with a text for one of the model's own kinds of text; nothing if it is right."""
    read, _ = _SCALARS[hint]
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return ""


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _last(path: str) -> str:
    return path or "the file"
