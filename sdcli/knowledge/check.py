"""What can be wrong with articles beyond their template, and what is worth a look (R3a.2).

`wrong` finds what misleads readers or tells them what is not for them; `remarks` finds the rest.
Messages never repeat the text of a restricted article, nor a secret.
"""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from sdcli.errors import Problem
from sdcli.knowledge.alike import LEAST, Pair, likeness, pairs, words
from sdcli.knowledge.articles import FOLDER, Entry, content, decode, files, id_of, missing
from sdcli.knowledge.markdown import is_closed, links

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.knowledge.articles import Article
    from sdcli.policy.model import Policy

RUN = 8
"""So many words in a row of a restricted article are its text."""

SOON_DAYS = 30
_SHARED_WORDS = 3
"""One in so many words of an article stands in every other one that is nearly the same."""
_ID = re.compile(r"(?<![\w-])([A-Z]{1,8})-[0-9]{1,8}(?![\w])")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-fA-F:.]+\]")
_PHONE = re.compile(r"\+?\d[\d \u00a0()./-]{5,24}\d")
_PHONE_DIGITS = 9
_SECRETS = (
    re.compile(
        r"(?i)\b(?:password|passwd|passphrase|pwd|secret|token|api[ _-]?key)\b[\"'`*]*\s*[:=]\s*"
        r"[\"'`*]*(?=[^\s\"'`*]*\d)(?=[^\s\"'`*]*[a-z])(?![<{\[$%])[^\s\"'`*<>]{6,}"
    ),
    re.compile(r"(?i)\bpin\b\s*[:=]\s*[\"'`*]*\d{4,}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"(?i)\b[a-z][a-z0-9+]*://[^\s/:@<>{}\[\]]+:[^\s/:@<>{}\[\]]+@"),
)
_SHARE = re.compile(r"\\\\[\w.-]+\\(?:[A-Za-z]|ADMIN|IPC)\$", re.IGNORECASE)
_PRIVATE = re.compile(
    r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\d.]*\d)"
)


class _Known(NamedTuple):
    """What a text may name: ids of articles, and files beside them."""

    root: str
    ids: Collection[str]
    letters: Collection[str]


def wrong(root: str, entries: Mapping[str, Entry]) -> list[Problem]:
    """What is wrong with articles: dead references, broken Markdown, text not for callers.

    Retired articles are left alone: nobody is led to them.
    """
    live = [each for each in entries.values() if not each.article.is_retired]
    known = _known(root, entries)
    found = [
        problem
        for entry in live
        for path, text in entry.article.texts
        for problem in _of_text(known, entry, path, text)
    ]
    for entry in live:
        vendor = entry.article.vendor_link.strip()
        if vendor and (told := _wrong_address(vendor)):
            found.append(_at(entry, "vendor_link", told))
    return sorted({*found, *_told_to_callers(live)})


def wrong_in(root: str, entry: Entry) -> list[Problem]:
    """What is wrong with one article in that way; of the others only restricted ones are read."""
    entries = {entry.article.id: entry}
    problems = [
        _at(entry, f"supersedes.{index}", f"it supersedes {older}, which is not there")
        for index, older in enumerate(entry.article.supersedes)
        if missing(root, [older])
    ]
    if entry.article.audience == "user":
        for name in files(root):
            raw = content(root, name)
            if isinstance(raw, bytes) and b"restricted" in raw and name != entry.file:
                read, found = decode(name, raw)
                if found is not None and found.audience == "restricted":
                    entries.setdefault(found.id, Entry(name, found, read.places))
    return [*problems, *(each for each in wrong(root, entries) if each.file == entry.file)]


def is_sound(root: str, text: str) -> bool:
    """Whether a text could stand in an article: its Markdown ends, and it names what is there."""
    return not any(_wrong_with(_known(root, ()), text))


def _known(root: str, further: Iterable[str]) -> _Known:
    ids = {*further, *map(id_of, files(root))}
    return _Known(root, ids, {each.rpartition("-")[0] for each in ids})


def _of_text(known: _Known, entry: Entry, path: str, text: str) -> Iterator[Problem]:
    yield from (_at(entry, path, told) for told in _wrong_with(known, text))
    if entry.article.audience == "user" and _has_secret(text):
        yield _at(entry, path, "callers would read a password or key here")


def _wrong_with(known: _Known, text: str) -> Iterator[str]:
    """What is wrong with a text, whoever reads it."""
    for match in _ID.finditer(text):
        if match[1] in known.letters and match[0] not in known.ids:
            yield f"it names {match[0]}, which is not there"
    if not is_closed(text):
        yield "a block of code is not closed: a line ``` is missing"
    for link in links(text):
        kind = "image" if link.is_image else "link"
        if told := _wrong_link(known.root, link.target):
            yield f"the {kind} {told}"


def _at(entry: Entry, path: str, message: str) -> Problem:
    line = entry.places.get(path) or entry.places.get(path.partition(".")[0]) or 1
    return Problem(entry.file, line, message)


def _wrong_link(root: str, target: str) -> str:
    """What is wrong with where a link leads; nothing if all is well."""
    if not target:
        return "cannot be understood: write [words](https://host/path), without spaces"
    if re.match(r"(?i)https?:", target):
        return _wrong_address(target)
    if re.match(r"(?i)[a-z][a-z0-9+.-]*:", target) or target.startswith("#"):
        return ""
    if _ID.match(target):
        return ""  # looked at as every other mention
    path = unquote(re.split(r"[#?]", target)[0])
    folder = os.path.realpath(os.path.join(root, FOLDER))
    real = os.path.realpath(os.path.join(folder, path)) if "\0" not in path else ""
    base = os.path.realpath(root)
    is_inside = any(real.startswith(each + os.sep) for each in (folder, base))
    if not path.startswith("/") and is_inside and os.path.exists(real):
        return ""
    return f"`{target[:80]}` leads nowhere: it is sought from {FOLDER}/"


def _wrong_address(target: str) -> str:
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    is_web = re.match(r"(?i)https?://", target) and not re.search(r"\s", target)
    if is_web and host and _HOST.fullmatch(host if ":" not in host else f"[{host}]"):
        return ""
    return f"`{target[:80]}` is no web address: write https://host/path"


def _has_secret(text: str) -> bool:
    return any(each.search(text) for each in _SECRETS)


def _told_to_callers(live: Sequence[Entry]) -> Iterator[Problem]:
    """Text of restricted articles in those for callers."""
    kept: dict[int, str] = {}
    for entry in live:
        if entry.article.audience == "restricted":
            for _, text in entry.article.texts:
                kept.update((run, entry.article.id) for run in _runs(text))
    if not kept:
        return
    for entry in live:
        if entry.article.audience == "user":
            for path, text in entry.article.texts:
                whose = [kept[run] for run in _runs(text) if run in kept]
                for id_ in dict.fromkeys(whose):
                    told = f"callers would read text of the restricted article {id_} here"
                    yield _at(entry, path, f"{told}: {RUN} words or more in a row")


def _runs(text: str) -> Iterator[int]:
    said = words(text)
    return (hash(tuple(said[at : at + RUN])) for at in range(len(said) - RUN + 1))


def remarks(entries: Mapping[str, Entry], policy: Policy, today: str) -> list[Problem]:
    """What is allowed in sound articles and worth a look; `today` is a date of the desk's zone."""
    live = [each for each in entries.values() if not each.article.is_retired]
    retired = {each.article.id for each in entries.values() if each.article.is_retired}
    found = [problem for entry in live for problem in _remarks_of(entry, policy, today)]
    for entry in live:
        for path, text in entry.article.texts:
            named = {match[0] for match in _ID.finditer(text)} & retired
            found += [_at(entry, path, f"it names {each}, which is retired") for each in named]
        for index, older in enumerate(entry.article.supersedes):
            if older in entries and older not in retired:
                told = f"it supersedes {older}, which is not retired: `sdcli kb retire {older}`"
                found.append(_at(entry, f"supersedes.{index}", told))
    found += _alike(live, entries)
    return sorted(set(found))


def _alike(live: Sequence[Entry], entries: Mapping[str, Entry]) -> Iterator[Problem]:
    for pair in pairs([each.article for each in live]):
        yield _told_of(pair, entries[pair.one])


def _told_of(pair: Pair, entry: Entry) -> Problem:
    told = f"{pair.one} and {pair.other} are {pair.percent} % alike: keep one, and"
    return _at(entry, "id", f"{told} `sdcli kb retire` the other")


def twin(root: str, entry: Entry) -> Problem | None:
    """That an article is nearly the same as another one in use, the most alike of them (R3a.2).

    Only the files that hold a good part of its words are looked at closely.
    """
    article = entry.article
    said = set(words(" ".join(text for _, text in article.texts)))
    found: list[Pair] = []
    for name in files(root):
        raw = content(root, name)
        if name == entry.file or isinstance(raw, str):
            continue
        shared = said.intersection(words(raw.decode("utf-8", "replace")))
        if len(shared) * _SHARED_WORDS < len(said):
            continue
        _, other = decode(name, raw)
        if other is not None and not other.is_retired:
            found.append(Pair(article.id, other.id, likeness(article, other)))
    best = min(found, key=lambda pair: (-pair.percent, pair.other), default=None)
    return _told_of(best, entry) if best and best.percent >= LEAST else None


def _remarks_of(entry: Entry, policy: Policy, today: str) -> Iterator[Problem]:
    article = entry.article
    for path, told in (*_of_age(article, today), *_of_owners(article, policy), *_gaps(article)):
        yield _at(entry, path, told)
    if article.audience != "user":
        for path, text in article.texts:
            if _has_secret(text):
                yield _at(entry, path, "a password or key stands here: name where it is kept")
        return
    numbers = _numbers(policy)
    for path, text in article.texts:
        if _SHARE.search(text):
            yield _at(entry, path, "callers would read the path of an administrative share here")
        if _PRIVATE.search(text):
            yield _at(entry, path, "callers would read an internal address here")
        for match in _PHONE.finditer(text):
            whose = numbers.get(re.sub(r"\D", "", match[0])[-_PHONE_DIGITS:])
            if whose:
                yield _at(entry, path, f"callers would read the own number of {whose} here")


def _numbers(policy: Policy) -> dict[str, str]:
    """The numbers of technicians, by their last digits."""
    found = {}
    for name, each in policy.teams.technicians.items():
        digits = re.sub(r"\D", "", each.phone)
        if len(digits) >= _PHONE_DIGITS:
            found[digits[-_PHONE_DIGITS:]] = name
    return found


def _of_age(article: Article, today: str) -> Iterator[tuple[str, str]]:
    soon = str(date.fromisoformat(today) + timedelta(days=SOON_DAYS))
    if article.is_expired(today):
        told = f"it expired on {article.expires}: `sdcli kb review {article.id}` when it is right"
        yield "expires", told
    elif article.expires <= soon:
        yield "expires", f"it expires on {article.expires}, within {SOON_DAYS} days"
    if article.reviewed > today:
        yield "reviewed", f"it was reviewed on {article.reviewed}, which is still to come"


def _of_owners(article: Article, policy: Policy) -> Iterator[tuple[str, str]]:
    for field in ("owner", "second_owner"):
        queue = policy.teams.queues.get(getattr(article, field))
        if queue is not None and not queue.members:
            yield field, f"nobody works in the queue `{getattr(article, field)}`, which owns it"


def _gaps(article: Article) -> Iterator[tuple[str, str]]:
    """What it does not say, in one remark."""
    fields = {
        "services": "service",
        "symptoms": "symptom",
        "cause": "cause",
        "steps": "step",
        "verification": "verification",
        "keywords": "keyword",
    }
    lacking = [name for name in fields if not "".join(getattr(article, name)).strip()]
    if lacking:
        yield "id", f"it has no {', no '.join(fields[name] for name in lacking)}"
    if article.type == "unknown":
        yield "type", "its `type` is unknown"


def of_articles(problems: Iterable[Problem], wanted: Collection[str]) -> list[Problem]:
    """Those problems that are in the files of these articles; all if none is named."""
    return [each for each in problems if not wanted or id_of(each.file) in wanted]
