"""Articles written to their files: whole or not at all, and never one over another (R3a.2).

A change touches the lines of the keys that it changes, so that remarks in a file survive. What
was written is read back before it takes the place of anything.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, fields

from sdcli.errors import (
    ChangedMeanwhileError,
    DraftError,
    MachineError,
    Problem,
    RefusedError,
)
from sdcli.knowledge.articles import (
    FOLDER,
    TOLD,
    Article,
    Entry,
    checked,
    content,
    decode,
    files,
    id_of,
)
from sdcli.ledger.folders import make_folder
from sdcli.ledger.tiny.files import make, replacing
from sdcli.ledger.tiny.lock import locked
from sdcli.policy.yamlfile import written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.policy.model import Policy

USUAL = "KB"
"""The letters of the ids on a desk that has no article yet."""

LISTS = ("services", "roles", "symptoms", "steps", "keywords", "supersedes")
_IN_LINE = ("services", "roles", "keywords", "supersedes")
_WIDTH = 100
_LONGEST_SLUG = 60
_FIRST = 100
_MOST = 99_999_999
_CLAIMED = 100
_ID = r"[A-Z]{1,8}-[0-9]{1,8}"
_BEFORE_LINES = re.compile(r"""["']?[a-z_]+["']?\s*:(?:\s+[|>][-+\d]*)?(\s+\#.*)""")
"""A key with its value on the lines below, and the remark behind it."""
_REMARK = re.compile(
    r"""["']?[a-z_]+["']?\s*:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\[[^\]"'#]*\]"""
    r"""|[^\s"'\[{|>&*!%@`#](?:[^#]|(?<=\S)\#)*?)(\s+\#.*)"""
)
"""A key with its value on one line, and the remark behind it."""
_DEFAULTS = {each.name: each.default for each in fields(Article) if not each.required}
FIELDS = tuple(name for name in Article.__struct_fields__ if name != "revision")
"""The keys of an article's file, in the order of the template."""
FRONT = tuple(
    name
    for name in FIELDS
    if name in ("title", "vendor_link") or not (name in TOLD or name.startswith("source"))
)
"""Those that stand in the front matter of a Markdown document: no text of several lines."""


def as_yaml(article: Article, remarks: Iterable[str] = ()) -> str:
    """The text of an article's file; `remarks` stand before it, each on a line of its own."""
    return text_of(_told(article), remarks)


def text_of(fields: Mapping[str, Any], remarks: Iterable[str] = ()) -> str:
    """The text of a file with these fields, in the order of the template."""
    ordered = (name for name in FIELDS if name in fields)
    blocks = (block(name, fields[name]) for name in ordered)
    return "".join((*map(remark, remarks), *blocks))


def remark(text: str) -> str:
    """A comment of a YAML file, with its line break; it cannot end before its text does."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return f"# {' '.join(plain.split())}\n"


def _told(article: Article) -> dict[str, Any]:
    """The fields that a file says: those that must be there, and others that say something."""
    told = {name: getattr(article, name) for name in FIELDS}
    return {name: value for name, value in told.items() if value or name not in _DEFAULTS}


def block(name: str, value: Any) -> str:
    """One key of the file with its value, in whole lines."""
    plain = _as_read(name, value)
    plain = list(plain) if name in LISTS else plain
    if name in _IN_LINE:
        return f"{name}: {written(plain, width=_WIDTH, in_line=True)}"
    text = written({name: plain}, width=_WIDTH)
    if name not in LISTS or not value:
        return text
    head, *rest = text.splitlines(keepends=True)
    return "".join((head, *(f"  {each}" if each.strip() else each for each in rest)))


def _lined(value: Any) -> Any:
    """A text of several lines ends with one, as it does in a file that a person writes."""
    if isinstance(value, str) and "\n" in value.strip():
        return value.rstrip() + "\n"
    return value.strip() if isinstance(value, str) else value


def _as_read(name: str, value: Any) -> Any:
    """A value as it is read back from what `block` writes."""
    return tuple(map(_lined, value)) if name in LISTS else _lined(value)


def with_fields(text: str, places: Mapping[str, int], changes: Mapping[str, Any]) -> str:
    """The text of a file with some keys changed, added, or, where the value is None, taken out.

    `places` has the line of each key. Every other line stays as it is, and so do remarks before a
    changed key, and the one behind it on its line.
    """
    if not changes:
        return text
    lines = text.splitlines(keepends=True)
    ending = _ending(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += ending
    present = {name: places[name] - 1 for name in FIELDS if name in places}
    edits: list[tuple[int, int, int, list[str]]] = []  # from, to, order, the lines to put there
    for name, value in changes.items():
        if name in present:
            start = present[name]
            end = _end(lines, start, present.values())
        else:
            start = end = _place_for(name, lines, present)
        put = [] if value is None else _remarked(block(name, value), lines[start:end])
        edits.append((start, end, FIELDS.index(name), [f"{each}{ending}" for each in put]))
    told: list[str] = []
    done = 0
    for start, end, _, put in sorted(edits):
        told += [*lines[done:start], *put]
        done = end
    return "".join([*told, *lines[done:]])


def with_remark(text: str, line: int, said: str) -> str:
    """The text of a file with a remark before a line, counted from 1."""
    lines = text.splitlines(keepends=True)
    lines.insert(line - 1, remark(said).rstrip("\n") + _ending(text))
    return "".join(lines)


def _ending(text: str) -> str:
    """What ends most lines of a text."""
    pairs = text.count("\r\n")
    if pairs * 2 > text.count("\n"):
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def _remarked(new: str, old: Sequence[str]) -> list[str]:
    """The lines of a key's new value, with the remark that the line of the old one ended in."""
    lines = new.splitlines()
    first = old[0].rstrip("\r\n") if old else ""
    found = _BEFORE_LINES.fullmatch(first) or (len(old) == 1 and _REMARK.fullmatch(first))
    if not found:
        return lines
    if len(lines) == 1:
        return [lines[0] + found[1]]
    return [found[1].strip(), *lines]


def _end(lines: Sequence[str], start: int, starts: Iterable[int]) -> int:
    """The line behind a key's value; blank lines and remarks before the next key are not in it."""
    end = min((at for at in starts if at > start), default=len(lines))
    while end > start + 1 and _is_between(lines[end - 1]):
        end -= 1
    return end


def _is_between(line: str) -> bool:
    return not line.strip() or line.startswith(("#", "..."))


def _place_for(name: str, lines: Sequence[str], present: Mapping[str, int]) -> int:
    """The line before which a new key belongs: behind those that the template has before it."""
    order = FIELDS.index(name)
    earlier = [at for key, at in present.items() if FIELDS.index(key) < order]
    return _end(lines, max(earlier), present.values()) if earlier else 0


def retold(
    entry: Entry, text: str, changes: Mapping[str, Any], policy: Policy | None
) -> tuple[str, Article]:
    """The text of a file with changes made in it, and the article that it is read as.

    Raises:
        DraftError: the article would not be sound.
        RefusedError: the file is written in a way in which its lines cannot be changed one by one.
    """
    name, article, places = entry
    if _is_by_line(text, places):
        new = with_fields(text, places, changes)
        found = sound(name, new.encode(), policy)
        wanted = asdict(article) | {
            key: _DEFAULTS[key] if value is None else _as_read(key, value)
            for key, value in changes.items()
        }
        if all(getattr(found, key) == wanted[key] for key in FIELDS):
            return new, found
    how = " but in braces" if text.lstrip("\ufeff \r\n").startswith("{") else ""
    raise RefusedError(
        f"{name} is not written one key a line{how}, so a field cannot be changed by itself; "
        f"`sdcli kb edit {article.id}` opens it in an editor.",
        file=name,
    )


def _is_by_line(text: str, places: Mapping[str, int]) -> bool:
    """Whether each key of a file begins a line of its own, and nothing else stands before them."""
    lines = text.removeprefix("\ufeff").splitlines()
    starts = {places[name] - 1: name for name in FIELDS if name in places}
    before = lines[: min(starts, default=0)]
    return all(_is_between(each) or each.strip() == "---" for each in before) and all(
        re.match(rf"([\"']?){name}\1\s*:", lines[at]) for at, name in starts.items()
    )


def sound(
    name: str,
    raw: bytes,
    policy: Policy | None,
    *,
    shown: str = "",
    needed: Iterable[str] = (),
) -> Article:
    """The article that the text of a file holds; the lists that are `needed` have entries.

    With `shown` problems are told as those of another file, such as a draft of this one.

    Raises:
        DraftError: it is not as articles are, or names what is not there.
    """
    read, found = decode(name, raw)
    problems = list(read.problems)
    if found is not None and not problems:
        problems += checked(name, found, read.places, policy)
        for field in needed:
            if not any(each.strip() for each in getattr(found, field)):
                problems.append(Problem(name, read.places.get(field, 1), f"`{field}` is empty"))
    if problems or found is None:
        raise DraftError(sorted(each._replace(file=shown or name) for each in problems))
    return found


def next_id(root: str, spoken_of: Collection[str] = (), claimed: Collection[str] = ()) -> str:
    """The id of the next article: one more than the highest number of the desk's own letters.

    No number that a file names as its own, or as superseded, is given again; nor are those that
    tickets speak of, for what became of one article would be told of another. What callers have
    `claimed` to have read is believed up to a hundred above: anybody can claim any number.

    Raises:
        RefusedError: there are no numbers left.
        DataFileError: `kb/` cannot be looked into.
    """
    taken = set(_named(root))
    letters = Counter(each.rpartition("-")[0] for each in taken)
    own = letters.most_common(1)[0][0] if letters else USUAL
    highest = max([_FIRST, *_numbers(own, {*taken, *spoken_of})])
    believed = (each for each in _numbers(own, claimed) if each <= highest + _CLAIMED)
    highest = max([highest, *believed])
    if highest >= _MOST:
        raise RefusedError(f"No number is left after {own}-{highest}: rename that article's file.")
    return f"{own}-{highest + 1}"


def _numbers(letters: str, ids: Iterable[str]) -> Iterator[int]:
    """The numbers of those ids that have these letters."""
    pattern = re.compile(rf"{letters}-([0-9]{{1,8}})")
    return (int(found[1]) for found in map(pattern.fullmatch, ids) if found)


def _named(root: str) -> Iterator[str]:
    """Every id that a file of `kb/` is called by, is, or supersedes."""
    for name in files(root):
        found = [id_of(name)]
        raw = content(root, name)
        if isinstance(raw, bytes):
            for head in re.finditer(rb"(?m)^(?:id|supersedes):", raw):
                following = re.search(rb"(?m)^[a-z_]+:", raw[head.end() :])
                end = head.end() + following.start() if following else len(raw)
                part = raw[head.end() : end].decode("ascii", "replace")
                found += re.findall(rf"\b{_ID}\b", part)
        yield from (each for each in found if re.fullmatch(_ID, each))


def file_name(article: Article) -> str:
    """The name of a new article's file: its id and its title in small plain letters."""
    plain = unicodedata.normalize("NFKD", article.title.casefold()).encode("ascii", "ignore")
    words = re.sub(r"[^a-z0-9]+", "-", plain.decode()).strip("-")
    cut = words[:_LONGEST_SLUG]
    if len(words) > _LONGEST_SLUG:
        cut = cut.rpartition("-")[0] or cut
    return f"{FOLDER}/{article.id}{'-' if cut else ''}{cut}.yaml"


def create(root: str, name: str, text: str, *, settle: bool = True) -> None:
    """Make a new file, whole and on disk; the caller holds the lock of the articles.

    With `settle` its name is on disk as well; who makes many settles the last one only.

    Raises:
        RefusedError: there is a file with this name, or its folder lies outside the desk.
        MachineError: it could not be written.
    """
    path = os.path.join(root, name)
    _require_inside(root, path)
    try:
        is_new = make(path, text.encode(), settle=settle)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error
    if not is_new:
        raise RefusedError(f"There is a file {name} already; nothing was changed.")


def change(root: str, name: str, before: bytes, text: str, *, settle: bool = True) -> None:
    """Put a new text in the place of a file; the caller holds the lock of the articles.

    `before` is what the file held when it was read. Who may read the file, and whose it is, stays.
    A link that stays in the desk is followed.

    Raises:
        ChangedMeanwhileError: somebody has changed it since.
        RefusedError: it lies outside the desk.
        MachineError: it could not be written.
    """
    if content(root, name) != before:
        raise ChangedMeanwhileError(name)
    _require_inside(root, os.path.join(root, name))
    path = os.path.realpath(os.path.join(root, name))
    try:
        with replacing(path, like=path, settle=settle) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error


def _require_inside(root: str, path: str) -> None:
    """Refuse to write where a link leads out of the desk."""
    own, there = os.path.realpath(root), os.path.realpath(path)
    if os.path.commonpath((own, there)) != own:
        raise RefusedError(
            f"{path} is reached by a symbolic link that leads out of the desk, to {there}: sdcli "
            "writes no article there. Put the file or folder itself into the desk.",
            path=path,
        )


@contextmanager
def held(root: str, wait_s: float) -> Iterator[None]:
    """Hold the lock of the articles, which is beside that of the tickets.

    Whoever holds both takes that of the tickets first.

    Raises:
        LedgerBusyError: it was not free within so many seconds.
        MachineError: it cannot be held here.
    """
    folder = os.path.join(root, "ledger")
    try:
        make_folder(folder)
    except OSError as error:
        raise MachineError("Making", folder, error.strerror or "") from error
    with locked(os.path.join(folder, "articles.lock"), wait_s):
        yield
