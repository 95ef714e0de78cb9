"""Converters: from what a monitoring system writes to the desk's own words and values.

They are what `by` names in a format file. All are pure, take any JSON value, and give something
empty where it says nothing that they can read.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from sdcli.tickets.words import UNKNOWN, Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

Status: TypeAlias = Literal["firing", "resolved", "ignored"]

DEEPEST = 100
_FIRST_YEAR, _LAST_YEAR = 1971, 2200
_LONGEST_HTML = 200_000
_LONGEST_DATE = 64
_LONGEST_WORD = 80
_ENOUGH = 4000
"""So many characters tell repeats from one another."""
_SEARCHED = ((4, 256), (3, 500), (2, 2000))
"""Of so many repetitions on: how many characters a pattern is looked for in."""


def is_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether a value nests deeper than any tool can be expected to follow."""
    layer = [value] if isinstance(value, (dict, list)) else []
    for _ in range(deepest):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return bool(layer)


def text(value: Any) -> str:
    """Anything as trimmed text: truth values, lists and objects as JSON."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else msgspec.json.encode(value).decode()


def line(value: Any) -> str:
    """The text on one line."""
    return " ".join(text(value).split())


_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_SKIPPED = frozenset({"script", "style", "head", "title"})
_BLOCKS = frozenset({"br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4"})


def plain(value: Any) -> str:
    """The text without the tags and entities of HTML; other text stays as it is."""
    given = text(value)
    if len(given) > _LONGEST_HTML or not _TAG.search(given):
        return given
    from html.parser import HTMLParser  # noqa: PLC0415 - only HTML pays for it

    parts: list[str] = []
    hidden: list[str] = []

    class Reader(HTMLParser):
        """Collects what a person would see."""

        def handle_starttag(self, tag: str, attrs: object) -> None:
            del attrs
            if tag in _SKIPPED:
                hidden.append(tag)
            elif tag in _BLOCKS:
                parts.append("\n")

        def handle_endtag(self, tag: str) -> None:
            if tag in hidden:
                hidden.remove(tag)
            elif tag in _BLOCKS - {"br"}:
                parts.append("\n")

        def handle_data(self, data: str) -> None:
            if not hidden:
                parts.append(data)

    reader = Reader()
    reader.feed(given)
    reader.close()
    lines = (" ".join(each.split()) for each in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


_UNITS = (
    r"%|[km]?s|[mh]|[a-z]?bps|[kmgt]i?b(?:/s)?|°[cf]|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?"
    r"|[kmgt]|weeks?|percent|bytes?|celsius|rpm|watts?|volts?|[km]?hz|req/s|rps|qps|iops|times|errors"
    r"|failures|mails|messages|requests|attempts|connections|items|jobs|packets|events|sessions"
    r"|occurrences|processes|retries|threads|lines|files|users|entries"
)
_VOLATILE = re.compile(
    r"(?P<address>(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]*[0-9])(?::[0-9]{1,4}(?![0-9]))?)"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|(?<![a-z0-9])[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:T[0-9]{1,2})?(?::[0-9.:]+Z?)?"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* {1,2}[0-9]{1,2}\b"
    r"|0x[0-9a-f]+"
    r"|\b(?=[a-f]*[0-9])[0-9a-f]{6,}\b"
    r"|(?<![a-z0-9])[0-9]+(?:[.,:][0-9]+)+"  # a decimal, a time
    r"|(?<![a-z0-9])[0-9]{4,}"
    r"|(?<=[<>=] )[0-9]+|(?<=[<>])[0-9]+|\[[0-9]+\]"
    r"|(?<=\bis )[0-9]+|(?<=\bwas )[0-9]+|(?<=\bat )[0-9]+|(?<=\bvalue )[0-9]+|(?<=\bload )[0-9]+"
    r"|(?:^|(?<=[:;(] ))[0-9]+(?= [a-z]{3})"  # `: 12 sectors`
    r"|(?<=\bpid )[0-9]+|(?<=\bafter )[0-9]+"
    rf"|(?<![a-z0-9])[0-9]+(?= ?(?:{_UNITS})(?![a-z0-9]))",  # not web1 or `3 of 5` (T18)
    re.IGNORECASE,
)


def stable(value: Any) -> str:
    """One line in which what changes between repeats is masked, so that they are equal.

    That is times, decimals, numbers with a unit or of four digits and more, hexadecimal words and
    UUIDs. Names, addresses and small whole numbers stay: replica 3 is not replica 4 (T18).
    """
    masked = _VOLATILE.sub(lambda found: found["address"] or "*", text(value)[:_ENOUGH])
    return " ".join(masked.split())


def part(value: Any, pattern: str) -> str | None:
    """What the first group of a pattern finds in the text, else all that it finds; or None.

    The more often the pattern repeats something, the less of the text is looked at: what comes
    from outside must not decide how long that takes.
    """
    try:
        found = re.search(pattern, text(value)[: _searched(pattern)])
    except (re.error, OverflowError):  # the check of the file tells
        return None
    return found and found.group(1 if found.re.groups else 0)


@lru_cache(maxsize=1024)
def _searched(pattern: str) -> int:
    """How many characters of a text a pattern is looked for in."""
    repeats = len(re.findall(r"(?<!\\)[*+]|,\}", pattern))
    return next((most for least, most in _SEARCHED if repeats >= least), _ENOUGH)


def listed(value: Any) -> str:
    """The entries of a list joined by commas; other values as one line."""
    if not isinstance(value, list):
        return line(value)
    return ", ".join(filter(None, (line(entry) for entry in value)))


# The zones that are written in letters on both sides of the Atlantic; the others are too
# ambiguous to guess.
_ZONES_H = {
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "CEST": 2, "MEST": 2, "EET": 2, "EEST": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "JST": 9, "AEST": 10, "AEDT": 11,
}  # fmt: skip


def time(value: Any) -> datetime | None:
    """An instant in UTC and whole seconds; without a zone it is taken for UTC.

    Reads epoch seconds, milli-, micro- and nanoseconds, ISO 8601, RFC 2822 and other written
    dates that have a year, a month and a day. None for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        at = _epoch(float(value)) if _is_number(value) else _written(str(value).strip())
        at = at.astimezone(timezone.utc).replace(microsecond=0) if at else None
    except (ValueError, ArithmeticError, LookupError, OSError, TypeError, AttributeError):
        return None
    return at if at and _FIRST_YEAR <= at.year <= _LAST_YEAR else None


_EPOCH = re.compile(r"\s*(?!(?:19|20)[0-9]{12}\s*$)[0-9]{9,20}(?:\.[0-9]{1,12})?\s*")
"""Digits of an epoch time; fourteen of them are rather a date and a time, run together."""


def _is_number(value: float | str) -> bool:
    if not isinstance(value, str):
        return True
    return _EPOCH.fullmatch(value) is not None


def _epoch(number: float) -> datetime:
    """The instant of an epoch time, its unit told by its size."""
    for digits in (19, 16, 13):
        if abs(number) >= 10 ** (digits - 2):
            number /= 10 ** (digits - 10)
            break
    return datetime.fromtimestamp(number, timezone.utc)


def _written(given: str) -> datetime | None:
    if not given or len(given) > _LONGEST_DATE or "\n" in given:
        return None
    at: datetime | None
    try:
        at = msgspec.convert(given, datetime)
    except msgspec.ValidationError:
        at = _dateutil(given)
    return at.replace(tzinfo=timezone.utc) if at and at.tzinfo is None else at


def _dateutil(given: str) -> datetime | None:
    """A date as people write it; None if its year, month or day has to be guessed."""
    from dateutil import parser  # noqa: PLC0415 - only odd dates pay for it

    def zone(name: str | None, offset_s: int | None) -> tzinfo:
        hours = _ZONES_H.get(name or "", 0)
        return timezone(timedelta(seconds=offset_s) if offset_s else timedelta(hours=hours))

    guesses = (datetime(1996, 2, 1), datetime(2004, 5, 9))  # noqa: DTZ001 - a zone comes later
    first, second = (parser.parse(given, default=each, tzinfos=zone) for each in guesses)
    return first if first == second else None


def labels(value: Any) -> dict[str, str]:
    """Names and texts, from an object, a list of pairs, or a list of `name:value` texts.

    What has no name or says nothing is left out.
    """
    if isinstance(value, dict):
        return {str(name): said for name, entry in value.items() if (said := text(entry))}
    if isinstance(value, str):
        value = re.split(r"[,\n]", value)
    found: dict[str, str] = {}
    for entry in value if isinstance(value, list) else ():
        name, said = _pair(entry)
        if name and said:
            found[name] = said
    return found


def _pair(entry: Any) -> tuple[str, str]:
    if isinstance(entry, dict):
        by_name = {str(name).casefold(): each for name, each in entry.items()}
        name = next((by_name[n] for n in ("key", "name", "label", "tag") if by_name.get(n)), "")
        return line(name), text(by_name.get("value"))
    name, separator, said = text(entry).partition("=")
    if ":" in name or not separator:
        name, _, said = text(entry).partition(":")
    return name.strip(), said.strip()


def _table(**words: str) -> dict[str, str]:
    return {word: meaning for meaning, several in words.items() for word in several.split()}


_SEVERITIES: dict[str, str] = _table(
    high="high critical crit fatal emergency emerg alert disaster page panic sev0 sev1 p0 p1"
    " error err major severe urgent high down unreachable failure failed",
    medium="medium warning warn minor average moderate degraded p2 p3 sev2 sev3",
    low="low info information informational notice debug trace ok p4 p5 sev4 sev5"
    " notclassified none normal trivial",
)
_STATUSES: dict[str, str] = _table(
    firing="firing fire alerting alert alarm open opened active activated triggered trigger"
    " problem down critical crit warning warn error failed failure fail create created new"
    " unreachable unknown unhealthy degraded start started raised bad nodata",
    resolved="resolved resolve ok up normal recovery recovered closed close cleared clear"
    " inactive success succeeded healthy good fixed restored end ended",
    ignored="ignored acknowledged acknowledge acknowledgement ack test info comment custom"
    " flappingstart flappingstop flappingdisabled downtimestart downtimeend downtimeremoved"
    " downtimecancelled silenced snoozed muted updated update",
)


_LEVELS: dict[str, Level] = {"high": "high", "medium": "medium", "low": "low"}
_STATES: dict[str, Status] = {
    "firing": "firing",
    "resolved": "resolved",
    "ignored": "ignored",
}
_NEGATIONS = frozenset({"no", "not", "non", "never", "without", "un", "partially", "almost"})
_NEUTRAL = frozenset({
    "alert", "alarm", "incident", "problem", "event", "issue", "monitor", "monitoring", "check",
    "trigger", "notification", "status", "state", "health", "service", "host", "node", "server",
    "device", "case", "ticket", "message", "auto", "automatically", "manually", "has", "is", "was",
    "been", "now", "back", "to",
})  # fmt: skip
"""Words beside which another one tells the status."""


def severity(value: Any) -> Level:
    """The urgency that a severity word means; `unknown` where no rule knows it (R1a.2c).

    Of several words, as in `1 - Critical`, the first known one counts.
    """
    whole, parts = _words(value)
    found = _SEVERITIES.get(whole) or next(filter(None, map(_SEVERITIES.get, parts)), "")
    return _LEVELS.get(found, UNKNOWN)


def status(value: Any) -> Status | None:
    """Whether a status word means that it fires, is over, or neither; None if unknown.

    Of several words, as in `Triggered: disk` or `alert.resolved`, all known ones must agree, and
    none may be denied. What closes an alert or hides it must be said by the whole value: `close
    error` and `door_closed` do not, for a recovery that is none would close what still burns.
    """
    whole, parts = _words(value)
    if whole in _STATUSES:
        return _STATES[_STATUSES[whole]]
    telling = [part for part in parts if part and part not in _NEUTRAL] or parts
    found = {_STATUSES.get(part, "") for part in telling}
    if _NEGATIONS & {*parts}:
        return None
    if len(found - {""}) == 1 and "firing" in found:
        return "firing"
    return _STATES[found.pop()] if len(found) == 1 and found != {""} else None


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


_ENVIRONMENTS: dict[str, str] = _table(
    production="production prod prd live",
    staging="staging stage stg preprod preproduction",
    development="development develop dev",
    test="test tst testing",
)


def environment(value: Any) -> str:
    """An environment in the desk's words, so that `prod` and `Production` are one (T18).

    Any other one is kept in small letters.
    """
    said = listed(value).casefold()
    return _ENVIRONMENTS.get(re.sub(r"[\W_]+", "", said), said)


def _words(value: Any) -> tuple[str, list[str]]:
    """A word without what stands between its letters, and the words that it may consist of."""
    given = "" if isinstance(value, dict) else text(value)[:_LONGEST_WORD]
    parts = re.split(r"[\W_]+", _CAMEL.sub(" ", given).casefold())
    return re.sub(r"[\W_]+", "", given.casefold()), parts


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "text": text,
    "line": line,
    "plain": plain,
    "stable": stable,
    "list": listed,
    "time": time,
    "labels": labels,
    "environment": environment,
    "severity": severity,
    "status": status,
}
