"""The alert formats as they work: data in, items out (R1a.2).

Each format file becomes a reader with its expressions compiled. A document goes to the readers
that its syntax and top-level keys allow; the one of the highest rank that fits reads it. What an
expression does with a payload that it was not made for is never an error: it finds nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError
from msgspec.structs import replace

from sdcli.intake import convert, identity, names
from sdcli.intake.items import AlertItem, Ignored, RequestItem, summarised
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal, TypeAlias

    from sdcli.intake.items import Item
    from sdcli.policy.formats import AlertFormat, Field
    from sdcli.policy.scalars import Expression

    Syntax: TypeAlias = Literal["json", "environment", "lines", "syslog"]

UNREAD = "Unrecognised payload on standard input"
_DEEPEST = 5
"""So many documents may lie one in another."""
_LONGEST_PART = 80
_MEMORY = 512
_FAILURES = (JMESPathError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


class _Functions(functions.Functions):
    """What expressions may use beside JMESPath's own functions."""

    @functions.signature({"types": []})
    def _func_stable(self, value: Any) -> str:
        """The text with what changes between repeats masked."""
        return convert.stable(value)

    @functions.signature({"types": []})
    def _func_lower(self, value: Any) -> str:
        """The text in small letters."""
        return convert.text(value).casefold()

    @functions.signature({"types": []}, {"types": ["string"]})
    def _func_part(self, value: Any, pattern: str) -> str | None:
        """What the first group of a regular expression finds in the text, else all it finds."""
        return convert.part(value, pattern)

    @functions.signature({"types": ["string"]})
    def _func_base64(self, value: str) -> str:
        """The text that is written in base64."""
        return base64.b64decode(value, validate=True).decode()

    @functions.signature({"types": []}, {"types": ["string"]})
    def _func_named(self, value: Any, wanted: str) -> Any:
        """What a document says under the first of some common names."""
        return names.named(value, wanted)

    @functions.signature({"types": []}, {"types": ["string"]}, {"types": ["string"]})
    def _func_meant(self, value: Any, wanted: str, kind: str) -> Any:
        """As `named`, but only a known word of a kind."""
        return names.meant(value, wanted, kind)

    @functions.signature({"types": []}, {"types": ["string"]})
    def _func_identity(self, value: Any, what: str) -> str:
        """A part of what identifies the alert of an unknown system: `where` or `what`."""
        return identity.identity(value, what)

    @functions.signature({"types": []})
    def _func_headline(self, value: Any) -> str:
        """What the alert of an unknown system is called."""
        return identity.headline(value)

    @functions.signature({"types": []})
    def _func_parsed(self, value: Any) -> Any:
        """The value of a JSON text."""
        return msgspec.json.decode(convert.text(value))


FUNCTIONS: Mapping[str, Any] = _Functions.FUNCTION_TABLE
"""All functions of expressions by name."""
_VISITOR = jmespath.visitor.TreeInterpreter(jmespath.Options(custom_functions=_Functions()))


_RULED = re.compile(r"\s*[*=#]{3,}")
_LINE = re.compile(r"\s*([^\W\d_][^:\n=]{0,60}?)\s*:(?:\s|$)")
_OF_MAIL = {"From", "Sent", "To", "Cc", "Subject"}
"""The lines that a mail programme puts above what it passes on."""


class Document(NamedTuple):
    """One thing that arrived: how it is written, its value, and what to keep as payload."""

    syntax: Syntax
    value: Any
    payload: Any


class Fit(NamedTuple):
    """A format that fits a document, and why, in a phrase."""

    format: str
    rank: int
    why: str


class Fact(NamedTuple):
    """One value: as the desk takes it, as the document has it, and what gave it."""

    value: Any
    given: Any
    by: str


class Reading(NamedTuple):
    """An item, the format that read it, the facts it was made of, and what they were read from."""

    item: Item
    fit: Fit | None = None
    facts: Mapping[str, Fact] = {}
    document: Document | None = None


class Formats:
    """All formats of a desk. `read` is the way in; `fitting` explains a choice."""

    def __init__(self, formats: Mapping[str, AlertFormat]) -> None:
        ranked = sorted(formats, key=lambda name: (-formats[name].rank, name))
        self._formats = {name: formats[name] for name in ranked}
        self._readers: dict[str, _Reader] = {}
        self._syntaxes = frozenset(format_.recognise.syntax for format_ in formats.values())
        self._candidates: dict[tuple[str, frozenset[str]], list[_Reader]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the formats, in their own order."""
        return tuple(sorted(self._formats))

    def has(self, syntax: Syntax) -> bool:
        """Whether any format is written so."""
        return syntax in self._syntaxes

    def syntax_of(self, name: str) -> Syntax:
        """How a format is written."""
        return self._formats[name].recognise.syntax

    def opens(self, name: str, line: str) -> bool:
        """Whether a text that begins with this line begins with a notice of the format.

        It does with a rule of signs, one of the lines that the format names, or what its
        `begins` says. Anything else somebody wrote above the notice.
        """
        format_ = self._formats[name]
        if _RULED.match(line) or (
            format_.recognise.begins and convert.part(line, format_.recognise.begins) is not None
        ):
            return True
        found = _LINE.match(line)
        key = found[1] if found else ""
        told = msgspec.json.encode((format_.recognise.keys, format_.ignore, format_.fields))
        named = re.search(rf"(?<!\w){re.escape(key)}(?!\w)", told.decode())
        return bool(key and key not in _OF_MAIL and named)

    def recognise(self, document: Document) -> Fit | None:
        """The format that reads a document, with the reason; None if none fits."""
        reader = self._best(document)
        return reader.fit if reader else None

    def fitting(self, document: Document) -> list[Fit]:
        """All formats that fit, the one that is taken first."""
        return [reader.fit for reader in self._possible(document) if reader.fits(document.value)]

    def read(self, document: Document, name: str = "") -> list[Reading] | None:
        """The items of a document; None if no format fits. `name` says which one must."""
        return self._read(document, name, _DEEPEST)

    def _read(self, document: Document, name: str, depth: int) -> list[Reading] | None:
        reader = self._reader(name) if name else self._best(document)
        if reader is None or not depth:
            return None
        read = self._read_inside(reader, document, depth) or reader.read(document)
        return reader.delivered(document, read)

    def _read_inside(self, reader: _Reader, document: Document, depth: int) -> list[Reading]:
        """The items of the documents inside one; none if there are none that a format fits."""
        if reader.is_ignored(document.value):
            return []
        parts = reader.inner(document)
        read = [self._read(part, "", depth - 1) for part in parts]
        if not any(read):
            return []
        return [
            each
            for part, readings in zip(parts, read, strict=True)
            for each in _inside(readings, reader, part)
        ]

    def _reader(self, name: str) -> _Reader:
        """A format, made ready when it is first needed: most never are."""
        if name not in self._readers:
            self._readers[name] = _Reader(name, self._formats[name])
        return self._readers[name]

    def _best(self, document: Document) -> _Reader | None:
        possible = self._possible(document)
        return next((reader for reader in possible if reader.fits(document.value)), None)

    def _possible(self, document: Document) -> list[_Reader]:
        """The formats that a document's syntax and keys allow, by rank; remembered."""
        if not isinstance(document.value, dict):
            return []
        sight = (document.syntax, frozenset(document.value))
        if sight not in self._candidates:
            if len(self._candidates) >= _MEMORY:
                self._candidates.clear()
            self._candidates[sight] = [
                self._reader(name)
                for name, format_ in self._formats.items()
                if document.syntax == format_.recognise.syntax
                and sight[1].issuperset(format_.recognise.keys)
            ]
        return self._candidates[sight]


def _inside(readings: list[Reading] | None, outer: _Reader, part: Document) -> list[Reading]:
    """Readings that say in which format's document they lay."""
    if readings is None:
        return [outer.unread("holds something that no format fits", part.payload)]
    told = []
    for reading in readings:
        item, fit = reading.item, reading.fit
        why = f"inside {outer.name}: {fit.why}" if fit else ""
        if isinstance(item, AlertItem):
            item = replace(item, why=why)
        told.append(reading._replace(item=item, fit=fit and fit._replace(why=why)))
    return told


class _Getter:
    """One compiled expression."""

    def __init__(self, expression: Expression) -> None:
        self.text = str(expression)
        self._tree: Any = None
        self._path: tuple[str, ...] = ()

    def get(self, scope: Any) -> Any:
        """What it finds; None where it does not fit the payload."""
        if self._tree is None:  # compiled when it is first needed: most never are
            self._tree = jmespath.compile(self.text).parsed
            self._path = _path(self._tree)
        if self._path:  # nine of ten expressions are plain names: no need for an interpreter
            for name in self._path:
                if type(scope) is not dict:
                    return None
                scope = scope.get(name)
            return scope
        try:
            return _VISITOR.visit(self._tree, scope)
        except (*_FAILURES, RecursionError):
            return None


def _path(tree: Any) -> tuple[str, ...]:
    """The names of an expression that is nothing but names; else none."""
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] != "subexpression":
        return ()
    parts = [_path(child) for child in tree["children"]]
    return tuple(name for part in parts for name in part) if all(parts) else ()


def _is_something(value: Any) -> bool:
    """Whether a value says anything: it is not null, and no empty text, list or object."""
    if isinstance(value, str):
        return bool(value.strip())
    return (
        value is not None
        and value is not False
        and (bool(value) or not isinstance(value, (list, dict)))
    )


class _Finder:
    """One field of a format: where it is, and what its value means."""

    def __init__(self, field: Field, natural: str = "text") -> None:
        self._at = [_Getter(expression) for expression in field.at]
        self._words = {word.casefold(): meaning for word, meaning in field.words.items()}
        self._convert = convert.CONVERTERS[natural if field.by == "text" else field.by]
        self._otherwise = field.otherwise
        self._missing = Fact(self._convert(None), None, "")

    def find(self, scope: Any) -> Fact:
        """The first expression that gives something; else `otherwise`, else nothing."""
        for getter in self._at:
            given = getter.get(scope)
            if _is_something(given):
                return Fact(self._convert(self._meant(given)), given, getter.text)
        if self._otherwise:
            return Fact(self._convert(self._meant(self._otherwise)), None, "otherwise")
        return self._missing

    def _meant(self, given: Any) -> Any:
        if not self._words or isinstance(given, (list, dict)):
            return given
        return self._words.get(convert.text(given).casefold(), given)


NATURAL = {
    "status": "status",
    "summary": "line",
    "severity": "severity",
    "component": "line",
    "service": "line",
    "environment": "environment",
    "starts_at": "time",
    "link": "line",
    "details": "text",
    "labels": "labels",
}
"""How each field is converted if its file does not say."""
FACTS = ("status", "severity", "component", "environment", "starts_at", "link")
"""What an alert should say of itself (R1a.2a); whatever is not there is told as missing."""


class _Reader:
    """One format."""

    def __init__(self, name: str, format_: AlertFormat) -> None:
        self.name = name
        self._title = format_.name
        self._place = format_.place
        self._when = _optional(format_.recognise.when)
        self._inner = _optional(format_.inner)
        self._each = _optional(format_.each)
        self._ignore = _optional(format_.ignore)
        self._delivery = _optional(format_.delivery)
        self._source = _Finder(format_.source, "line")
        fields = format_.fields
        self._key = [_Getter(expression) for expression in fields.key] if fields else []
        self._finders = (
            {field: _Finder(getattr(fields, field), by) for field, by in NATURAL.items()}
            if fields
            else {}
        )
        self.fit = Fit(name, format_.rank, _why(format_))

    def fits(self, value: Any) -> bool:
        """Whether what must hold does."""
        return self._when is None or _holds(self._when.get(value))

    def is_ignored(self, value: Any) -> bool:
        """Whether a document as a whole is no alert."""
        return bool(self._ignore and not self._each and _holds(self._ignore.get(value)))

    def inner(self, document: Document) -> list[Document]:
        """What lies inside a document; of a single one the payload stays the whole."""
        found = self._inner.get(document.value) if self._inner else None
        if isinstance(found, list):
            return [Document("json", _parsed(part), part) for part in found]
        return [Document("json", _parsed(found), document.payload)] if found else []

    def delivered(self, document: Document, readings: list[Reading]) -> list[Reading]:
        """Readings whose alerts know the delivery that brought them, if it has an id.

        What an alert says takes part: an id that was used for something else hides nothing.
        """
        given = self._delivery.get(document.value) if self._delivery else None
        if not given or not isinstance(given, (str, int)):
            return readings
        return [
            each._replace(item=_delivered(each.item, f"{self.name} {convert.line(given)}"))
            for each in readings
        ]

    def read(self, document: Document) -> list[Reading]:
        """The items of a document that is of this format."""
        return [reading._replace(document=document) for reading in self._items(document)]

    def _items(self, document: Document) -> list[Reading]:
        if self._each is None:
            return [self._item(document.value, document.payload)]
        whole = document.value
        found = self._each.get(whole)
        if isinstance(found, list) and found:
            return [self._item({"item": each, "document": whole}, each) for each in found]
        scope = {"item": None, "document": whole}
        if self._ignore and _holds(self._ignore.get(scope)):
            return [self._ignored(scope, f"`ignore` of {self._place} holds")]
        return [self.unread("holds no alerts", document.payload)]

    def _item(self, scope: Any, payload: Any) -> Reading:
        """The one item of an alert."""
        if self._ignore and _holds(self._ignore.get(scope)):
            return self._ignored(scope, f"`ignore` of {self._place} holds")
        if not self._finders:
            return self.unread("has nothing inside that a format fits", payload)
        facts = {name: finder.find(scope) for name, finder in self._finders.items()}
        source = self._source.find(scope)
        facts["source"] = source if source.value else Fact(self.name, None, "the file's name")
        if facts["status"].value == "ignored":
            return self._ignored(scope, f"its status is {convert.line(facts['status'].given)}")
        parts = [getter.get(scope) for getter in self._key]
        if not any(map(_is_something, parts)) and not facts["summary"].value:
            return self.unread("says neither what it is about nor which alert it is", payload)
        facts["key"] = Fact(
            self._identity(facts, parts), parts, ", ".join(getter.text for getter in self._key)
        )
        return Reading(self._alert(facts, parts, payload), self.fit, facts)

    def _alert(self, facts: dict[str, Fact], parts: list[Any], payload: Any) -> AlertItem:
        value = {name: fact.value for name, fact in facts.items()}
        missing = [name for name in FACTS if not value[name] or value[name] == UNKNOWN]
        if not any(map(_is_something, parts)):
            missing.append("key")
        summary, details = summarised(value["summary"], value["details"])
        return AlertItem(
            source=value["source"],
            format=self.name,
            key=value["key"],
            firing=value["status"] != "resolved",
            summary=summary or f"{self._title}: {_readable(parts)}",
            details=details,
            urgency=value["severity"],
            severity=convert.line(facts["severity"].given),
            component=value["component"],
            service=value["service"],
            environment=value["environment"],
            starts_at=value["starts_at"],
            link=value["link"],
            labels=value["labels"],
            payload=payload,
            why=self.fit.why,
            missing=tuple(missing),
        )

    def _identity(self, facts: Mapping[str, Fact], parts: Sequence[Any]) -> str:
        """The alert key: source, environment, and what the format says identifies the alert."""
        if not any(map(_is_something, parts)):
            component, summary = facts["component"].value, facts["summary"].value
            parts = [component, convert.stable(summary)]
        return alert_key(facts["source"].value, facts["environment"].value, parts)

    def _ignored(self, scope: Any, reason: str) -> Reading:
        source = self._source.find(scope).value or self.name
        said = f"it is of {self._title}, but no alert: {reason}"
        return Reading(Ignored(format=self.name, source=source, reason=said), self.fit)

    def unread(self, what: str, payload: Any) -> Reading:
        """A payload of this format that makes no sense: a request of type unknown."""
        return Reading(unrecognised(f"it reads as {self._title}, but {what}", payload), self.fit)


def _delivered(item: Item, delivery: str) -> Item:
    """An alert under the id of its delivery; other items as they are."""
    if not isinstance(item, AlertItem) or item.idempotency_key:
        return item
    said = msgspec.json.encode([item.key, item.firing, item.starts_at, item.details])
    mark = hashlib.sha256(said).hexdigest()[:12]
    return replace(item, idempotency_key=f"{delivery[:_LONGEST_PART]} {mark}")


def unrecognised(reason: str, payload: Any, summary: str = "") -> RequestItem:
    """What no format recognises: a request of type unknown with the payload and the reason."""
    return RequestItem(
        summary=summary or UNREAD,
        details=f"Not recognised as an alert: {reason}.",
        payload=payload,
        unrecognised=reason,
    )


def alert_key(source: str, environment: str, parts: Iterable[Any]) -> str:
    """The key of an alert (T18): no two different alerts share one, however they are written.

    `SOURCE:ENVIRONMENT:PART/PART`; what is missing is `-`, and what is long, odd or no text is
    written as its beginning and a hash.
    """
    rest = "/".join(_part(part) for part in parts)
    head = (_part(each).replace(":", "%3A") for each in (source, environment))
    return f"{':'.join(head)}:{rest}"


_ESCAPED = str.maketrans({each: f"%{ord(each):02X}" for each in "%/#"})


def _part(value: Any) -> str:
    """A part of a key in letters that no other part has."""
    if not _is_something(value):
        return "-"
    if isinstance(value, (list, dict)):
        canonical = msgspec.json.encode(value, order="deterministic")
        return f"#{hashlib.sha256(canonical).hexdigest()[:16]}"
    said = convert.text(value)
    short = "%2D" if said == "-" else said.translate(_ESCAPED)
    if len(short) <= _LONGEST_PART and said.isprintable():
        return short
    start = "".join(c for c in short if c.isprintable())[:40]
    return f"{start}#{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _readable(parts: Iterable[Any]) -> str:
    said = (convert.line(part) for part in parts if not isinstance(part, (list, dict)))
    return " ".join(filter(None, said))[:_LONGEST_PART] or "an alert"


def _optional(expression: Expression) -> _Getter | None:
    return _Getter(expression) if expression else None


def _holds(value: Any) -> bool:
    """JMESPath's own idea of truth: 0 is true."""
    return value is not False and value is not None and (value == 0 or bool(value))


def _parsed(value: Any) -> Any:
    """A value, or the one that a JSON text holds; None if it is too deep."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError):
            return None
    return None if convert.is_deep(value) else value


def _why(format_: AlertFormat) -> str:
    """Why a document is of this format, in a phrase."""
    has = [f"it has {' and '.join(format_.recognise.keys)}"] if format_.recognise.keys else []
    holds = [f"`when` of {format_.place} holds"] if format_.recognise.when else []
    return ", and ".join(has + holds) or f"it is written as {format_.recognise.syntax}"
