"""A first map for a CSV file: what its columns and values look like, with comments to go on from.

Everything in it is a guess, by the names of the columns and by a sample of the rows. What cannot be
guessed is marked with a question mark; the map is then to be mended, and tried with --dry-run.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from sdcli.errors import ImportFileError, Problem
from sdcli.intake.mapped import tidy
from sdcli.intake.roster import delimiter
from sdcli.intake.table import rows
from sdcli.intake.when import fits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_SAMPLE = 4_000_000
"""So many bytes of the file are looked at."""
_MOST_ROWS = 5000
_MOST_VALUES = 40
"""A column with more different values is no list of words."""
_WHICH = "{WHICH COLUMN?}"

# How columns are called, without case, blanks and marks; the first that is there counts.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "number": (
        *("number", "ticketnumber", "incidentnumber", "issuekey", "key", "ticketid", "srnumber"),
        *("caseid", "casenumber", "incidentid", "ticket", "incident", "ref", "reference", "id"),
    ),
    "at": (
        *("sysupdatedat", "sysupdatedon", "changedate", "changedatetime", "eventtime", "timestamp"),
        *("updatedat", "updated", "changedat", "modified", "lastupdated", "date", "time", "at"),
    ),
    "sequence": ("sysmodcount", "sequence", "seq", "revision", "version", "mod"),
    "opened": (
        *("openedat", "opened", "createdat", "created", "createdon", "syscreatedon", "opendate"),
        *("dateopened", "openingdate", "datecreated", "createtime", "reported", "submitdate"),
    ),
    "responded": ("firstresponseat", "firstresponse", "respondedat", "takenintoaccount"),
    "resolved": (
        *("resolvedat", "resolved", "solvedat", "solved", "solvedate", "resolutiondate"),
        *("resolveddate", "dateresolved", "resolutiontime", "solveddate"),
    ),
    "closed": (
        "closedat",
        "closed",
        "closedate",
        "closeddate",
        "dateclosed",
        "closetime",
        "closeat",
    ),
    "updated": ("updatedat", "updated", "lastupdate", "sysupdatedon", "lastmodified", "modified"),
    "reopened": ("reopencount", "reopened", "reopens", "timesreopened"),
    "summary": ("shortdescription", "summary", "title", "subject", "name"),
    "details": ("description", "details", "body", "content"),
    "requester": (
        *("callerid", "caller", "requester", "customer", "reporter", "requestedby", "contact"),
        *("openedby", "requestername", "user"),
    ),
    "unit": ("department", "organization", "organisation", "unit", "company", "entity"),
    "site": ("location", "site", "office", "building"),
    "channel": ("contacttype", "channel", "createdvia", "source", "requestsource", "via", "origin"),
    "type": ("type", "issuetype", "tickettype", "requesttype"),
    "service": ("businessservice", "service", "category", "product", "component", "application"),
    "impact": ("impact",),
    "urgency": ("urgency",),
    "priority": ("priority", "prio", "severity"),
    "queue": ("assignmentgroup", "group", "queue", "team", "assignedgroup", "involvedst"),
    "assignee": ("assignedto", "assignee", "owner", "technician", "agent", "ownerfirstname"),
    "by": ("sysupdatedby", "updatedby", "changedby", "modifiedby", "author", "resource"),
    "code": ("closecode", "closedcode", "closurecode", "resolutioncode", "resolution"),
    "note": ("closenotes", "comment", "comments", "solution", "resolutionnotes", "note"),
    "minutes": ("timespent", "timeworked", "minutes", "effort"),
    "state": ("incidentstate", "state", "status", "ticketstatus"),
}
_OF_EVENTS = ("at", "sequence")
_OF_TICKETS = ("responded", "resolved", "closed", "updated")
_TIMES = ("at", "opened", "responded", "resolved", "closed", "updated")

# What the words of other tools mean, without case, marks and a number before them.
_MEANINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "state": {
        "new": ("new", "open new", "registered", "submitted", "to do", "logged"),
        "in_progress": (
            *("in progress", "active", "open", "assigned", "work in progress", "accepted"),
            *("processing", "processing assigned", "reopened", "queued"),
        ),
        "{status: waiting, for: user}": (
            *("pending", "awaiting user info", "waiting for customer", "pending reminder"),
            *("waiting for user", "awaiting customer", "on hold", "wait user"),
        ),
        "{status: waiting, for: vendor}": (
            *("awaiting vendor", "pending vendor", "wait vendor", "waiting for supplier"),
        ),
        "{status: waiting, for: change}": ("awaiting change", "wait implementation"),
        "{status: waiting, for: other}": (
            "awaiting problem",
            "awaiting evidence",
            "waiting",
            "wait",
        ),
        "resolved": ("resolved", "solved", "done", "fixed", "completed", "pending close"),
        "{status: closed, code: duplicate}": ("merged", "duplicate"),
        "{status: closed, code: withdrawn}": ("cancelled", "canceled", "withdrawn"),
        "closed": ("closed", "closed complete"),
    },
    "priority": {
        "P1": ("1", "p1", "critical", "blocker", "very high", "highest", "urgent", "emergency"),
        "P2": ("2", "p2", "high", "major"),
        "P3": ("3", "p3", "moderate", "medium", "normal"),
        "P4": ("4", "p4", "low", "minor"),
        "P5": ("5", "p5", "very low", "lowest", "planning", "trivial"),
    },
    "impact": {
        "high": ("1", "high", "major", "extensive", "very high", "critical"),
        "medium": ("2", "medium", "moderate", "significant", "normal"),
        "low": ("3", "low", "minor", "4", "very low"),
    },
    "type": {
        "incident": ("incident", "bug", "failure", "problem report", "support"),
        "fulfilment": ("service request", "request", "task", "service request with approvals"),
        "new-service": ("new feature", "improvement", "change request"),
        "information": ("question", "information", "info"),
    },
    "channel": {
        "phone": ("phone", "telephone", "call", "ivr"),
        "mail": ("email", "mail", "e mail"),
        "portal": ("self service", "web", "portal", "form", "jira", "helpdesk"),
        "chat": ("chat", "virtual agent"),
        "walk-in": ("walk in", "direct", "direct opening", "in person"),
        "monitoring": ("monitoring", "event", "alert"),
    },
}
_MEANINGS["urgency"] = _MEANINGS["impact"]
_GUESSES = {"state": "in_progress", "priority": "P3"}
_FORMATS = (
    ("iso",),
    ("epoch",),
    ("epoch-ms",),
    ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"),
    ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    ("%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M"),
    ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p"),
    ("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p"),
    ("%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M"),
    ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    ("%d/%m/%Y",),
    ("%m/%d/%Y",),
)
_ZONED = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")


class _Sample(NamedTuple):
    """The head of a file: how it is written, its columns, and the cells of each in the first rows."""

    encoding: str
    delimiter: str
    header: list[str]
    columns: list[list[str]]
    is_whole: bool


def sketch(file: BinaryIO, name: str, known: Mapping[str, tuple[str, ...]], zone: str) -> str:
    """A first map for a file; `known` are the words of the desk's lists, `zone` is where it is.

    Raises:
        ImportFileError: the file has no line that names columns.
    """
    sample = _sample(file, name)
    chosen = _chosen(sample.header)
    number = chosen.get("number")
    is_log = number is not None and _repeats(sample.columns[number])
    for each in _OF_TICKETS if is_log else _OF_EVENTS:
        chosen.pop(each, None)
    if is_log and chosen.get("at") == chosen.get("opened"):
        chosen.pop("opened", None)
    return "\n".join((*_head(sample, chosen, zone, is_log), *_fields(sample, chosen, known), ""))


def _sample(file: BinaryIO, name: str) -> _Sample:
    raw = file.read(_SAMPLE)
    is_whole = len(raw) < _SAMPLE
    if not is_whole:
        raw = raw[: raw.rfind(b"\n") + 1] or raw
    encoding = _encoding(raw)
    text = raw.decode(encoding, "replace")
    between = delimiter(text.lstrip("\ufeff").replace("\0", ""))
    found = rows(io.BytesIO(raw), name, encoding=encoding, delimiter=between)
    header = next(found, None)
    if header is None or header.problem:
        said = header.problem if header else "it is empty; the first line must name the columns"
        raise ImportFileError([Problem(name, 1, said)])
    names = [tidy(cell) for cell in header.cells]
    columns: list[list[str]] = [[] for _ in names]
    for cells in _cells(found, len(names), is_whole=is_whole):
        for column, cell in zip(columns, cells, strict=True):
            column.append(tidy(cell))
    return _Sample(encoding, between, names, columns, is_whole)


def _cells(found: Iterator[object], count: int, *, is_whole: bool) -> Iterator[list[str]]:
    """The cells of the first rows that fit; a row that the sample has cut is no mistake."""
    taken = 0
    try:
        for row in found:
            cells: list[str] = getattr(row, "cells", [])
            if len(cells) == count and not getattr(row, "problem", ""):
                yield cells
            taken += 1
            if taken >= _MOST_ROWS:
                return
    except ImportFileError:
        if is_whole:
            raise


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start >= len(raw) - 3 else "cp1252"
    return "utf-8"


def _chosen(header: Sequence[str]) -> dict[str, int]:
    """The column of each field, by its name; one that is there twice cannot be meant."""
    plain = [re.sub(r"[\W_]", "", each).casefold() for each in header]
    usable = [
        name if header.count(header[at]) == 1 and not set(header[at]) & set("{}") else ""
        for at, name in enumerate(plain)
    ]
    chosen: dict[str, int] = {}
    for field, names in _SPELLINGS.items():
        found = next((usable.index(each) for each in names if each in usable), None)
        if found is not None:
            chosen[field] = found
    return chosen


def _repeats(column: Sequence[str]) -> bool:
    """Whether the names of tickets come again and again, as in a log of events."""
    said = [cell for cell in column if cell]
    return len(set(said)) < len(said)


def _head(sample: _Sample, chosen: Mapping[str, int], zone: str, is_log: bool) -> Iterator[str]:
    """Everything before the fields."""
    names = sample.header
    number = _template(names, chosen.get("number"))
    count = len(sample.columns[0]) if sample.columns else 0
    yield f"# A first map, guessed from the names of the columns and {count} rows. Mend it: what has a"
    yield "# question mark nobody could guess. Then try it:"
    yield "#   sdcli import --from csv --map THIS.yaml FILE.csv --dry-run"
    yield "format: 1"
    same = "the same ticket comes on several rows" if is_log else "no ticket comes twice"
    yield f"rows: {'event' if is_log else 'ticket'}  # {same}"
    yield f"source: {_quoted('tool:' + number)}  # put the name of the tool; each is taken once"
    if is_log:
        yield f"ticket: {_quoted(number)}"
        yield f"at: {_quoted(_template(names, chosen.get('at')))}"
        if "sequence" in chosen:
            yield f"sequence: {_quoted(_template(names, chosen['sequence']))}"
    if sample.encoding != "utf-8":
        yield f"encoding: {sample.encoding}"
    if sample.delimiter != ",":
        yield f"delimiter: {_quoted(sample.delimiter)}"
    yield from _times(sample, chosen, zone)
    left = [each for at, each in enumerate(names) if each and at not in chosen.values()]
    yield "# A text is a template: {NAME} is the cell of that column."
    if left:
        yield f"# Not used: {', '.join(map(_quoted, left))}"


def _times(sample: _Sample, chosen: Mapping[str, int], zone: str) -> Iterator[str]:
    cells = {cell for name in _TIMES if name in chosen for cell in sample.columns[chosen[name]]}
    cells.discard("")
    fitting = [form for form in _FORMATS if cells and all(fits(cell, form) for cell in cells)]
    used = fitting[0] if fitting else _together(cells)
    yield "times:"
    if not used:
        yield "  formats: [iso]  # ? or a format like %d/%m/%Y %H:%M"
    else:
        needed = [each for each in used if any(fits(cell, (each,)) for cell in cells)]
        other = f"  # or {', '.join(fitting[1])}?" if len(fitting) > 1 else ""
        yield f"  formats: [{', '.join(_quoted(each) for each in needed)}]{other}"
    if not cells or not all(_ZONED.search(cell) for cell in cells):
        yield f"  zone: {zone}  # whose clocks show these times?"


def _together(cells: Collection[str]) -> tuple[str, ...]:
    """Formats that together have every time; none where one fits none of them."""
    used: list[str] = []
    for cell in sorted(cells):
        if not fits(cell, tuple(used)):
            found = next((form for form in _FORMATS if fits(cell, form)), ())
            if not found:
                return ()
            used += [each for each in found if each not in used]
    return tuple(used)


def _fields(
    sample: _Sample, chosen: Mapping[str, int], known: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    yield "fields:"
    done = {"number", *_OF_EVENTS}
    if "summary" not in chosen:
        yield f"  summary: {_quoted(_template(sample.header, chosen.get('number')))}"
    if "at" not in chosen and "opened" not in chosen:
        yield f"  opened: {_quoted(_WHICH)}"
    for name, at in chosen.items():
        if name not in done:
            yield from _field(name, _template(sample.header, at), sample.columns[at], known)
    if "state" not in chosen:
        yield f"  state: {{from: {_quoted(_WHICH)}, values: {{Closed: closed}}}}"


def _field(
    name: str, template: str, column: Sequence[str], known: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """One field; with its values, where the desk has words of its own for them."""
    if name == "minutes":
        yield f"  minutes: {{from: {_quoted(template)}, in: minutes}}  # or hours, or seconds?"
        return
    counts = Counter(cell for cell in column if cell)
    if name not in known or name == "code":
        more = "{from: %s, otherwise: unknown}" if name == "code" else "%s"
        yield f"  {name}: {more % _quoted(template)}"
        return
    yield f"  {name}:"
    yield f"    from: {_quoted(template)}"
    if len(counts) > _MOST_VALUES:
        yield f"    # It has {len(counts)} different values; the most frequent are:"
    yield "    values:" if counts else "    values: {}"
    for value, count in counts.most_common(_MOST_VALUES):
        meant = _meaning(name, value)
        doubt = "" if meant else " ?"
        guess = meant or _GUESSES.get(name, "unknown")
        yield f"      {_quoted(value)}: {guess}  # {count}{doubt}"
    if name == "state" and not counts:
        yield "    otherwise: in_progress"


def _meaning(name: str, value: str) -> str:
    """What a word of another tool is here, if it can be guessed."""
    plain = " ".join(re.sub(r"[\W_]+", " ", value.casefold()).split())
    without = re.sub(r"^\d+ (?=\D)", "", plain)
    last = re.split(r" / | - ", value.casefold())[-1].strip()
    for guess in (plain, without, last):
        for ours, theirs in _MEANINGS.get(name, {}).items():
            if guess in theirs:
                return ours
    return ""


def _template(header: Sequence[str], at: int | None) -> str:
    return _WHICH if at is None else f"{{{header[at]}}}"


def _quoted(text: str) -> str:
    """A text as YAML takes it, whatever is in it: what cannot be seen is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_escaped, quoted))


def _escaped(character: str) -> str:
    code = ord(character)
    return character if character.isprintable() else f"\\U{code:08x}"
