"""Contacts from a list that another system writes: CSV in, a merged `catalog/people.yaml` out.

The list is taken whole or not at all. Nobody is ever removed by it, and an empty cell takes
nothing away (R1a.1b).
"""

from __future__ import annotations

import csv
import io
import os
import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict, replace

from sdcli.errors import DataFileError, ImportFileError, MachineError, Problem
from sdcli.policy.model import CALLER_CLASSES, PEOPLE, Contact, People, Policy
from sdcli.policy.scalars import Mail, Zone
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# How the columns are called, without case, blanks and marks; the first that has a value counts.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": ("id", "userid", "user", "username", "login", "account", "samaccountname", "uid"),
    "name": ("name", "fullname", "displayname", "commonname", "cn"),
    "first": ("firstname", "givenname", "forename", "vorname", "prenom"),
    "last": ("lastname", "surname", "familyname", "sn", "nachname", "nom"),
    "mail": ("mail", "email", "emailaddress", "mailaddress", "primaryemail", "workemail"),
    "phone": (
        *("phone", "phonenumber", "telephone", "telephonenumber", "tel", "callback"),
        *("businessphone", "officephone", "workphone", "telefon", "mobile", "mobilephone"),
    ),
    "unit": ("unit", "department", "dept", "team", "division", "orgunit", "abteilung", "service"),
    "site": (
        *("site", "location", "office", "officelocation", "city", "building", "standort"),
        "physicaldeliveryofficename",
    ),
    "zone": ("zone", "timezone", "tz", "zeitzone"),
    "caller_class": ("callerclass", "class", "employeetype", "usertype"),
}
_COLUMNS = {spelling: field for field, names in _SPELLINGS.items() for spelling in names}
_DELIMITERS = ";,\t|"
_SHAPES = {"mail": Mail, "zone": Zone}
_FACTS = ("name", "mail", "phone", "unit", "site", "zone", "caller_class")


class Roster(NamedTuple):
    """The rows of a list, each with its line; the columns that say nothing here; what is wrong."""

    rows: list[tuple[int, dict[str, str]]]
    unused: list[str]
    problems: list[Problem]


class Merged(Struct, frozen=True):
    """The contacts after a list was taken in, and the ids of those it was about."""

    people: dict[str, Contact]
    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]


def read(raw: bytes, name: str) -> Roster:
    """The rows of a CSV file; `name` stands for it in what is said.

    Raises:
        ImportFileError: it is no such list.
    """
    text = _decoded(raw)
    if text is None:
        raise ImportFileError([Problem(name, 1, "it is not text: it holds NUL bytes")])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    lines = _lines(reader, name)
    header, at = next(((cells, at) for at, cells in lines), ([], 1))
    fields = [_COLUMNS.get(re.sub(r"[^\w]|_", "", cell).casefold(), "") for cell in header]
    if "mail" not in fields or not {"name", "first", "last"} & set(fields):
        said = "the first line must name the columns, among them `mail` and `name`"
        raise ImportFileError([Problem(name, at, f"{said}; it has: {', '.join(header) or '-'}")])
    rows, problems = [], []
    for line, cells in lines:
        problem = _misfit(cells, len(header))
        if problem:
            problems.append(Problem(name, line, problem))
        else:
            rows.append((line, _facts(fields, cells)))
    unused = [cell for cell, field in zip(header, fields, strict=True) if cell and not field]
    return Roster(rows, unused, problems)


def _decoded(raw: bytes) -> str | None:
    """The text: UTF-8, UTF-16 by its mark, else the Windows form of Latin-1."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        text = _first_that_fits(raw, ("utf-8-sig", "cp1252", "latin-1"))
    return None if "\0" in text else text


def _first_that_fits(raw: bytes, encodings: tuple[str, ...]) -> str:
    """The text in the first encoding that has every byte; the last one has all there are."""
    for encoding in encodings[:-1]:
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode(encodings[-1])


def delimiter(text: str) -> str:
    """What stands between the columns: as the sniffer says, if the first line agrees."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    try:
        found = csv.Sniffer().sniff(first, delimiters=_DELIMITERS).delimiter
    except csv.Error:
        found = ","
    return found if found in first else max(_DELIMITERS, key=first.count)


def _lines(reader: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, with the line each begins at.

    Raises:
        ImportFileError: the quoting is broken, so nothing after it can be told apart.
    """
    at = 1
    try:
        for cells in reader:
            tidy = [" ".join(cell.split()) for cell in cells]
            if any(tidy):
                yield at, tidy
            at = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise ImportFileError([Problem(name, at, f"it is no CSV from here on: {error}")]) from error


def _misfit(cells: list[str], columns: int) -> str:
    if any(cells[columns:]):
        return f"it has {len(cells)} cells, and there are {columns} columns"
    return "" if all(cell.isprintable() for cell in cells) else "it holds control characters"


def _facts(fields: list[str], cells: list[str]) -> dict[str, str]:
    """What a row says of a person, by the names of a contact's fields and `id`."""
    facts: dict[str, str] = {}
    for field, cell in zip(fields, cells, strict=False):
        if field and cell:
            facts.setdefault(field, cell)
    whole = " ".join(filter(None, (facts.pop("first", ""), facts.pop("last", ""))))
    if whole:
        facts.setdefault("name", whole)
    return facts


def merge(people: Mapping[str, Contact], roster: Roster, name: str) -> Merged:
    """The contacts with those of a list: known by id or mail, updated; the others added.

    Raises:
        ImportFileError: rows cannot be taken, all of them listed.
    """
    merger = _Merger(people)
    problems = list(roster.problems)
    for line, facts in roster.rows:
        problems += [Problem(name, line, said) for said in merger.take(facts, line)]
    if problems:
        raise ImportFileError(sorted(problems))
    return merger.result()


class _Merger:
    """Takes rows one by one; what is wrong with a row is given back and the row left out."""

    def __init__(self, people: Mapping[str, Contact]) -> None:
        self._before = people
        self._people = dict(people)
        self._ids = {name.casefold(): name for name in people}
        self._mails = {contact.mail.casefold(): name for name, contact in people.items()}
        self._lines: dict[str, int] = {}

    def take(self, facts: dict[str, str], line: int) -> list[str]:
        """Take one row in; what is wrong with it, in sentences."""
        problems = self._problems(facts)
        if problems:
            return problems
        name = self._person(facts)
        if name in self._lines:
            return [f"`{name}` is on line {self._lines[name]} already"]
        given = {field: facts[field] for field in _FACTS if field in facts}
        if "caller_class" in given:
            given["caller_class"] = given["caller_class"].casefold()
        known = self._people.get(name)
        contact = replace(known, **given) if known else Contact(**given)  # type: ignore[arg-type]
        if known and known.mail.casefold() != contact.mail.casefold():
            self._mails.pop(known.mail.casefold(), None)
        owner = self._mails.setdefault(contact.mail.casefold(), name)
        if owner != name:
            return [f"its mail address {contact.mail} is that of `{owner}`, and its id is `{name}`"]
        self._lines[name] = line
        self._ids[name.casefold()] = name
        self._people[name] = contact
        return []

    def result(self) -> Merged:
        """What came of it."""
        before = self._before
        known = [name for name in self._lines if name in before]
        return Merged(
            people=self._people,
            added=tuple(name for name in self._lines if name not in before),
            updated=tuple(name for name in known if self._people[name] != before[name]),
            unchanged=tuple(name for name in known if self._people[name] == before[name]),
        )

    def _problems(self, facts: dict[str, str]) -> list[str]:
        from sdcli.policy.decode import wrong  # noqa: PLC0415 - only an import pays for YAML

        missing = [f"it has no {field}" for field in ("name", "mail") if not facts.get(field)]
        if self._ids.get(facts.get("id", "").casefold()):
            missing = []  # somebody known may be told by the id alone
        if facts.get("id", "").casefold() == UNKNOWN:
            missing.append("`unknown` is what is not known yet; use another id")
        class_ = facts.get("caller_class", "").casefold()
        if class_ and class_ not in CALLER_CLASSES:
            missing.append(f"its class is {class_!r}; it must be {', '.join(CALLER_CLASSES)}")
        for field, shape in _SHAPES.items():
            value = facts.get(field, "")
            said = wrong(shape, value) if value else ""
            missing += [f"its {field} is {value!r}: {said}"] if said else []
        return missing

    def _person(self, facts: dict[str, str]) -> str:
        """The id of who is meant: as given, by the mail address, or a new one made from that."""
        given = facts.get("id", "")
        known = self._ids.get(given.casefold()) or self._mails.get(facts.get("mail", "").casefold())
        return known or given or self._new_id(facts["mail"])

    def _new_id(self, mail: str) -> str:
        stem = (
            re.sub(r"[^\w.-]+", "-", mail.split("@", maxsplit=1)[0].casefold()).strip("-.")
            or "caller"
        )
        name, number = stem, 1
        while name in self._ids or name == UNKNOWN:
            number += 1
            name = f"{stem}-{number}"
        return name


class Taken(Struct, frozen=True):
    """What a list did, or would do; `notes` are sentences about what it did not."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    notes: tuple[str, ...]


class Prepared(Struct, frozen=True):
    """What a list would make of the contacts: the file before and after, and the policy then.

    `policy` is None where nothing changes. `keeps` says that comments within changed entries are
    lost, so that the file as it was is to be kept.
    """

    path: str
    before: bytes
    after: bytes
    policy: Policy | None
    keeps: bool
    taken: Taken


def prepare(root: str, roster: Roster, name: str) -> Prepared:
    """Merge a list into the contacts of the desk at `root`; nothing is written.

    The new file is held against all the desk's files. This takes its time with many contacts, so
    nobody is kept waiting for it.

    Raises:
        ImportFileError: rows cannot be taken, all of them listed.
        DataFileError: the desk's files are wrong, or would be.
        MachineError: the file could not be read.
    """
    from sdcli.policy.load import read_file, read_policy  # noqa: PLC0415 - only an import

    path = os.path.realpath(os.path.join(root, PEOPLE))
    before = _bytes(path)
    read = read_file(PEOPLE, before, People)
    if read.problems:
        raise DataFileError(read.problems)
    merged = merge(read.value.people, roster, name)
    unused = f"Columns that say nothing here: {', '.join(roster.unused)}." if roster.unused else ""
    notes = (unused,) if unused else ()
    taken = Taken(merged.added, merged.updated, merged.unchanged, notes)
    if not (merged.added or merged.updated):
        return Prepared(path, before, before, None, keeps=False, taken=taken)
    text, lost = spliced(before.decode(), read.places, merged)
    policy = read_policy(root, {PEOPLE: text.encode()}) if text else None
    if policy is None or policy.contacts.people != merged.people:  # an unusual way of writing it
        text, lost = as_file(merged.people, before.decode())
        policy = read_policy(root, {PEOPLE: text.encode()})
    return Prepared(path, before, text.encode(), policy, keeps=lost > 0, taken=taken)


def put(prepared: Prepared) -> Taken | None:
    """Replace the contacts by what was prepared, in one step; None if they changed meanwhile.

    The caller keeps others from the file, and keeps the moment short.

    Raises:
        MachineError: the file could not be read or written.
    """
    if _bytes(prepared.path) != prepared.before:
        return None
    if prepared.policy is None:
        return prepared.taken
    kept = _free_name(prepared.path) if prepared.keeps else ""
    _write(prepared.path, prepared.after, kept, prepared.before)
    said = (f"{_LOST} The file as it was is {kept}.",) if kept else ()
    return replace(prepared.taken, notes=(*prepared.taken.notes, *said))


def tried(prepared: Prepared) -> Taken:
    """What a dry run tells: nothing was written."""
    said = (f"{_LOST} The import would keep the file as it was.",) if prepared.keeps else ()
    return replace(prepared.taken, notes=(*prepared.taken.notes, *said))


_LOST = "Comments within entries that change are not carried over."


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise MachineError("Reading", path, error.strerror or "") from error


def _free_name(path: str) -> str:
    """The name of a copy that is not there yet: `people.yaml.before-1`, then `-2`."""
    number = 1
    while os.path.lexists(f"{path}.before-{number}"):
        number += 1
    return f"{path}.before-{number}"


def _write(path: str, after: bytes, kept: str, before: bytes) -> None:
    from sdcli.ledger.tiny.files import replacing  # noqa: PLC0415 - only an import writes

    try:
        for file, content in ((kept, before), (path, after)):
            if file:
                with replacing(file, like=path) as stream:
                    stream.write(content)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error


def spliced(text: str, places: Mapping[str, int], merged: Merged) -> tuple[str, int]:
    """The file with new and changed entries in their places; all other lines as they are.

    Gives the text, and how many comments within changed entries are lost. No text where the file
    is not written with an entry on lines of its own. `places` has the line of each entry.
    """
    lines = text.split("\n")
    known = [name for name in merged.people if name not in merged.added]
    starts = {name: places.get(f"people.{name}", 0) - 1 for name in known}
    if not known or not all(_begins(lines, at, name) for name, at in starts.items()):
        return "", 0
    ends = {name: end for name, (_, end) in zip(known, _spans(lines, starts), strict=True)}
    indent = lines[starts[known[0]]][: -len(lines[starts[known[0]]].lstrip())]
    new = _entries(merged, indent)
    lost, last = 0, max(ends.values())
    lines[last:last] = [line for name in merged.added for line in new[name]]
    for name in sorted(merged.updated, key=lambda name: -starts[name]):
        at, end = starts[name], ends[name]
        lost += sum("#" in line for line in lines[at:end])
        lines[at:end] = new[name]
    return "\n".join(lines), lost


def _spans(lines: list[str], starts: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Where each entry begins and ends; comments and blank lines before the next are not in it."""
    others = [at for at, line in enumerate(lines) if line[:1].strip() and line[0] != "#"]
    borders = sorted({*starts.values(), *others, len(lines)})
    after = dict(pairwise(borders))
    for start in starts.values():
        end = after[start]
        while end > start + 1 and (not lines[end - 1].strip() or _is_remark(lines[end - 1])):
            end -= 1
        yield start, end


def _begins(lines: list[str], at: int, name: str) -> bool:
    """Whether the entry of that name begins a line of its own there."""
    line = lines[at] if 0 <= at < len(lines) else ""
    said = line.lstrip(" \"'")
    ends = said[len(name) :].lstrip("\"' ").startswith(":")
    return line.startswith(" ") and said.startswith(name) and ends


def _is_remark(line: str) -> bool:
    return line.lstrip().startswith("#")


def _entries(merged: Merged, indent: str) -> dict[str, list[str]]:
    """The lines of each new or changed entry; all are written in one go, which is much faster."""
    from sdcli.policy.yamlfile import written  # noqa: PLC0415 - only an import pays for YAML

    names = (*merged.added, *merged.updated)
    entries = {name: _facts_of(merged.people[name]) for name in names}
    lines = written(entries).splitlines()
    begins = [at for at, line in enumerate(lines) if not line.startswith(" ")]
    found = [lines[at:end] for at, end in pairwise([*begins, len(lines)])]
    if len(found) != len(names):  # a key so long that it is written otherwise
        found = [written({name: facts}).splitlines() for name, facts in entries.items()]
    return {name: [indent + line for line in each] for name, each in zip(names, found, strict=True)}


def _facts_of(contact: Contact) -> dict[str, str]:
    return {field: value for field, value in asdict(contact).items() if _is_told(field, value)}


def as_file(people: Mapping[str, Contact], before: str) -> tuple[str, int]:
    """`catalog/people.yaml` with these contacts, and how many comments of the file were lost.

    The comment that the file begins with is kept.
    """
    from sdcli.policy.yamlfile import written  # noqa: PLC0415 - only an import pays for YAML

    lines = before.splitlines()
    head = next((at for at, line in enumerate(lines) if not _is_comment(line)), len(lines))
    lost = sum(_is_remark(line) for line in lines[head:])
    entries = {name: _facts_of(contact) for name, contact in people.items()}
    body = written({"format": 1}) + "\n" + written({"people": entries})
    return "\n".join([*lines[:head], body]), lost


def _is_comment(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _is_told(field: str, value: str) -> bool:
    return bool(value) and not (field == "caller_class" and value == UNKNOWN)
