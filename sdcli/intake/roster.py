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
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict, replace

from sdcli.errors import ImportFileError, MachineError, Problem
from sdcli.policy.model import CALLER_CLASSES, PEOPLE, Contact, Mail, Zone
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
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


def _delimiter(text: str) -> str:
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


def take_over(root: str, roster: Roster, name: str, *, dry_run: bool) -> Taken:
    """Merge a list into the contacts of the desk at `root`; the caller keeps others from it.

    The new file is held against all the desk's files before it replaces the old one in one step.

    Raises:
        ImportFileError: rows cannot be taken, all of them listed.
        DataFileError: the desk's files are wrong, or would be; nothing was changed.
        MachineError: the file could not be read or written.
    """
    from sdcli.policy.load import read_policy  # noqa: PLC0415 - only an import reads afresh

    path = os.path.realpath(os.path.join(root, PEOPLE))
    try:
        with open(path, "rb") as stream:
            before = stream.read()
    except OSError as error:
        raise MachineError("Reading", path, error.strerror or "") from error
    merged = merge(read_policy(root).contacts.people, roster, name)
    text, lost = as_file(merged.people, before.decode())
    after = text.encode()
    read_policy(root, {PEOPLE: after})
    unused = f"Columns that say nothing here: {', '.join(roster.unused)}." if roster.unused else ""
    kept = f"{path}.before" if lost and (merged.added or merged.updated) else ""
    if (merged.added or merged.updated) and not dry_run:
        _write(path, after, kept, before)
    said = f"Comments between the entries are not carried over; the file as it was is {kept}."
    notes = tuple(filter(None, (unused, said if kept else "")))
    return Taken(merged.added, merged.updated, merged.unchanged, notes)


def _write(path: str, after: bytes, kept: str, before: bytes) -> None:
    from sdcli.ledger.tiny.files import replacing  # noqa: PLC0415 - only an import writes

    try:
        for file, content in ((kept, before), (path, after)):
            if file:
                with replacing(file, like=path) as stream:
                    stream.write(content)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error


def as_file(people: Mapping[str, Contact], before: str) -> tuple[str, int]:
    """`catalog/people.yaml` with these contacts, and how many comments of the file were lost.

    The comment that the file begins with is kept.
    """
    from sdcli.policy.yamlfile import written  # noqa: PLC0415 - only an import pays for YAML

    lines = before.splitlines()
    head = next((at for at, line in enumerate(lines) if not _is_comment(line)), len(lines))
    lost = sum(line.lstrip().startswith("#") for line in lines[head:])
    entries = {
        name: {field: value for field, value in asdict(contact).items() if _is_told(field, value)}
        for name, contact in people.items()
    }
    body = written({"format": 1}) + "\n" + written({"people": entries})
    return "\n".join([*lines[:head], body]), lost


def _is_comment(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _is_told(field: str, value: str) -> bool:
    return bool(value) and not (field == "caller_class" and value == UNKNOWN)
