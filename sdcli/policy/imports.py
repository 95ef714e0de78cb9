"""What a map says: how the rows of another tool's CSV file are read as tickets (T25).

As in `model`, the classes are the schema. A map is no file of the desk: it is named with
`sdcli import --map`, and checked before a row is read.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct, field

from sdcli.errors import MapError, Problem, listed, nearest
from sdcli.policy.inside import LARGEST, too_large
from sdcli.policy.load import read_file
from sdcli.policy.scalars import Delimiter, Zone
from sdcli.tickets.words import LEVELS, PRIORITIES, REQUEST_TYPES, STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdcli.policy.model import Vocabulary

TIMES = ("iso", "epoch", "epoch-ms")
"""How instants may be written besides a `strptime` format."""

_MOST_PARTS = 50
"""The most columns and texts of a template: cells may be long."""
_OF_TICKETS = ("responded", "resolved", "closed", "updated")
_OF_EVENTS = ("visible",)


class Column(Struct, frozen=True, kw_only=True):
    """Where a value is, and what the other tool's own values mean.

    Args:
        from_: a text with columns in braces.
        values: the desk's words for theirs.
        otherwise: what a value means that is not among them.
        empty: what an empty cell means; without it, it says nothing.
    """

    from_: str = field(name="from")
    values: dict[str, str] = {}
    otherwise: str = ""
    empty: str = ""
    place: str = ""


class Word(Struct, frozen=True, kw_only=True):
    """What a state of the other tool is here: a status, whom a wait is for, and a closure code."""

    status: Status
    for_: str = field(name="for", default="")
    code: str = ""


class States(Struct, frozen=True, kw_only=True):
    """Where the state is, and what each is here; what is not listed is `otherwise`, or refused."""

    from_: str = field(name="from")
    values: dict[str, Word | str]
    otherwise: Word | str = ""
    place: str = ""


class Effort(Struct, frozen=True, kw_only=True):
    """Where effort is, and in what it is counted.

    `counts`: in an event log, whether a row says its own effort, or that of the ticket so far.
    """

    from_: str = field(name="from")
    in_: Literal["minutes", "hours", "seconds"] = field(name="in", default="minutes")
    counts: Literal["row", "total"] = "row"
    place: str = ""


class Times(Struct, frozen=True, kw_only=True):
    """How instants are written: each format is tried in turn.

    `zone`: whose clocks showed them, where they do not say how far they are from UTC.
    """

    formats: tuple[str, ...] = ("iso",)
    zone: Zone = Zone("")
    place: str = ""


Given: TypeAlias = Column | str


class Fields(Struct, frozen=True, kw_only=True):
    """What is where. A text is a template: `{NAME}` stands for the cell of that column.

    Args:
        opened: when it was opened; in an event log without it, at its first row.
        responded: when the caller was first answered.
        reopened: in an event log, a count that rises or a mark; else when it was reopened last.
        updated: since when its state holds, where nothing else says.
        by: who did what the row tells.
        visible: whether the caller saw the note.
    """

    summary: Given = ""
    details: Given = ""
    requester: Given = ""
    caller_class: Given = ""
    phone: Given = ""
    mail: Given = ""
    unit: Given = ""
    site: Given = ""
    channel: Given = ""
    type: Given = ""
    service: Given = ""
    feature: Given = ""
    impact: Given = ""
    urgency: Given = ""
    priority: Given = ""
    queue: Given = ""
    assignee: Given = ""
    by: Given = ""
    state: States | None = None
    opened: str = ""
    responded: str = ""
    resolved: str = ""
    closed: str = ""
    updated: str = ""
    reopened: str = ""
    code: Given = ""
    confirmed_by: Given = ""
    via: Given = ""
    note: Given = ""
    visible: Given = ""
    minutes: Effort | str = ""
    lines: dict[str, int] = {}


class ImportMap(Struct, frozen=True, kw_only=True):
    """A map: how the rows of a CSV file are read.

    Args:
        rows: whether a row is a whole ticket, or one event of it.
        source: the name of a ticket, by which it is taken once.
        ticket: what the rows of one ticket have in common; `at`: when an event was; `sequence`:
            a number that orders those of one instant. All three of event logs only.
    """

    format: Literal[1]
    rows: Literal["ticket", "event"]
    source: str
    times: Times
    encoding: str = "utf-8"
    delimiter: Delimiter = Delimiter(",")
    ticket: str = ""
    at: str = ""
    sequence: str = ""
    fields: Fields
    lines: dict[str, int] = {}


class MapFile(NamedTuple):
    """A sound map, and the name to show for it."""

    name: str
    map: ImportMap


def read_map(raw: bytes, name: str, vocabulary: Vocabulary) -> MapFile:
    """The map that a file holds; its words are held against those of the desk.

    Raises:
        MapError: it is wrong; every problem found is named.
    """
    content = raw if len(raw) <= LARGEST else too_large(len(raw))
    read = read_file(name, content, ImportMap)
    problems = [*read.problems]
    if read.value is not None and not problems:
        problems += _problems(read.value, read.places, name, words(vocabulary))
    if problems:
        raise MapError(sorted(problems))
    return MapFile(name, read.value)


def words(vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The words that a field may have, of those that do not take any text."""
    return {
        "type": REQUEST_TYPES,
        "impact": LEVELS,
        "urgency": LEVELS,
        "priority": PRIORITIES,
        "channel": tuple(vocabulary.channel),
        "code": tuple(vocabulary.closure_code),
        "via": tuple(vocabulary.contact_method),
        "visible": ("yes", "no"),
        "for": tuple(vocabulary.waiting_for),
        "state": STATUSES,
    }


def _problems(
    found: ImportMap, places: Mapping[str, int], name: str, known: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """What is wrong with a map that has the right shape."""

    def line(path: str) -> int:
        while path and path not in places:
            path = path.rpartition(".")[0]
        return places.get(path, 1)

    for path, message in (*_of_file(found), *_of_kind(found), *_of_words(found, known)):
        yield Problem(name, line(path), message)
    for path, template in templates(found):
        if message := wrong_template(template):
            yield Problem(name, line(path), f"`{path}` is {template!r}: {message}")


def _of_file(found: ImportMap) -> Iterator[tuple[str, str]]:
    if not _is_text_encoding(found.encoding):
        said = (
            f"`encoding` is {found.encoding!r}, which Python does not know; write utf-8 or cp1252"
        )
        yield "encoding", said
    for each in found.times.formats:
        if each not in TIMES and not ("%" in each and _is_format(each)):
            form = f"write {listed(TIMES)}, or a format like %d/%m/%Y %H:%M"
            yield "times.formats", f"`times.formats` has {each!r}: {form}"


def _is_text_encoding(name: str) -> bool:
    try:
        return bool(getattr(codecs.lookup(name), "_is_text_encoding", True))
    except (LookupError, ValueError):
        return False


def _is_format(text: str) -> bool:
    """Whether a format holds a whole date, so that nothing is guessed."""
    found = set(re.findall(r"%([a-zA-Z%])", text.replace("%%", "")))
    year, month, day = found & {"Y", "y"}, found & {"m", "b", "B"}, found & {"d"}
    return bool(found & {"c", "x", "D", "F"}) is False and bool(year and month and day)


def _of_kind(found: ImportMap) -> Iterator[tuple[str, str]]:
    """What a log of events, or a list of tickets, must have and cannot have."""
    yield from _of_log(found) if found.rows == "event" else _of_list(found)
    other = "ticket" if found.rows == "event" else "event"
    for key in _OF_TICKETS if found.rows == "event" else _OF_EVENTS:
        if getattr(found.fields, key):
            yield f"fields.{key}", f"`fields.{key}` is for `rows: {other}`; leave it out"


def _of_log(found: ImportMap) -> Iterator[tuple[str, str]]:
    for key in ("ticket", "at"):
        if not getattr(found, key):
            yield "rows", f"a log of events needs the key `{key}`"
    if found.fields.state is None:
        yield "fields", "a log of events needs `fields.state`"


def _of_list(found: ImportMap) -> Iterator[tuple[str, str]]:
    fields = found.fields
    for key in ("ticket", "at", "sequence"):
        if getattr(found, key):
            yield key, f"`{key}` is for `rows: event`; leave it out, or write that"
    if not fields.opened:
        yield "fields", "rows that are tickets need `fields.opened`"
    if fields.state is None and not (fields.resolved or fields.closed):
        yield "fields", "rows that are tickets need `fields.state`, `resolved` or `closed`"


def _of_words(found: ImportMap, known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Words that the desk does not have."""
    for name in Fields.__struct_fields__:
        given = getattr(found.fields, name)
        path = f"fields.{name}"
        if isinstance(given, States):
            yield from _of_states(given, path, known)
        elif isinstance(given, str) and name in known and given and "{" not in given:
            yield from _word(path, given, known[name])
        elif isinstance(given, Column) and name in known:
            for theirs, word in given.values.items():
                yield from _word(f"{path}.values.{theirs}", word, known[name])
            for key in ("otherwise", "empty"):
                yield from _word(f"{path}.{key}", getattr(given, key), known[name])
        elif isinstance(given, Column) and given.otherwise and not given.values:
            yield f"{path}.otherwise", f"`{path}` has `otherwise` and no `values` to be other than"


def _of_states(
    given: States, path: str, known: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    every = {f"{path}.values.{theirs}": word for theirs, word in given.values.items()}
    for at, word in {**every, f"{path}.otherwise": given.otherwise}.items():
        if isinstance(word, str):
            yield from _word(at, word, known["state"])
            continue
        yield from _word(f"{at}.for", word.for_, known["for"])
        yield from _word(f"{at}.code", word.code, known["code"])
        if word.for_ and word.status != "waiting":
            yield f"{at}.for", f"`for` goes with `status: waiting`, not with {word.status}"


def _word(path: str, word: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if word and word not in known:
        close = nearest(word, known)
        hint = f"did you mean `{close}`?" if close else f"it must be one of {listed(known)}"
        yield path, f"`{path}` is {word!r}, which the desk does not know; {hint}"


def templates(found: ImportMap) -> Iterator[tuple[str, str]]:
    """Every template of a map, with the path that it stands at."""
    for key in ("source", "ticket", "at", "sequence"):
        if text := getattr(found, key):
            yield key, text
    for name in Fields.__struct_fields__:
        given = getattr(found.fields, name)
        if isinstance(given, str) and given:
            yield f"fields.{name}", given
        elif isinstance(given, (Column, States, Effort)):
            yield f"fields.{name}.from", given.from_


_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def parts(template: str) -> list[tuple[str, bool]]:
    """A template as texts and names of columns, each with whether it is a name.

    A name is looked for in the first line of the file and nowhere else: nothing is evaluated.
    """
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _PART.finditer(template):
        found.append((template[end : match.start()], False))
        name = match.group(1)
        found.append((match.group()[0], False) if name is None else (name, True))
        end = match.end()
    return [(text, is_name) for text, is_name in [*found, (template[end:], False)] if text]


def wrong_template(template: str) -> str:
    """What is wrong with how a template is written; nothing if it is right."""
    if len(parts(template)) > _MOST_PARTS:
        return f"it has more than {_MOST_PARTS} parts"
    for match in _PART.finditer(template):
        if match.group() in ("{", "}"):
            return "a brace stands alone; write a column as {NAME}, and a brace as {{ or }}"
        if match.group(1) is not None and not match.group(1).strip():
            return "it names no column between the braces"
    return ""
