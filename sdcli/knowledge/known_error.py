"""Known errors as articles: the file that tells of a problem, written or marked (R3d1.7).

A new article is drafted from the problem and its incidents, without their callers. An article
that is there is edited in its lines, so that comments and the way it is written stay. Both are
read back before they take their place: no command leaves a file that the desk cannot read.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DataFileError, MachineError, Problem, RefusedError
from sdcli.knowledge.articles import FOLDER, Article, article_in, file_of
from sdcli.knowledge.write import next_id
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sdcli.policy.model import Policy

MOST_SYMPTOMS = 10
_MOST_KEYWORDS = 12
_LONGEST_SLUG = 50
_LONGEST_SYMPTOM = 300
_NAMES = 3
"""So many letters a part of a name has before it is looked for: shorter ones are in other words."""
_MAIL = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")
_PHONE = re.compile(r"(?<![\w.])(?:\+|00?)[0-9][0-9 ()/.-]{5,}[0-9](?!\w)")
_SOMEBODY, _SOMEWHERE = "the caller", "..."


class Draft(Struct, frozen=True, kw_only=True):
    """What a new article says.

    Args:
        problem: the reference of the problem; `title`: its summary.
        symptoms: what callers said, as it came in; `people`: names that must not be in it.
        cause: `unknown` if nobody knows it.
        owner, second_owner: the queues that keep it; `reviewed`: the day of today.
    """

    problem: str
    title: str
    area: str
    services: tuple[str, ...]
    symptoms: tuple[str, ...]
    people: tuple[str, ...] = ()
    cause: str
    workaround: str
    owner: str
    second_owner: str
    reviewed: date


def of_problem(articles: Mapping[str, Article], problem: str) -> Article | None:
    """The article in use that tells of a problem; the first if there are several."""
    found = [each for each in articles.values() if each.problem == problem and not each.is_retired]
    return min(found, key=lambda each: (len(each.id), each.id), default=None)


def write(root: str, policy: Policy, draft: Draft) -> tuple[Article, str]:
    """Write the article of a problem under the next free id; the article, and its file.

    The caller keeps others from doing it at the same time.

    Raises:
        RefusedError: the folder of articles lies outside the desk.
        MachineError: the file could not be written.
    """
    from sdcli.ledger.tiny.files import make  # noqa: PLC0415 - only writers pay for it
    from sdcli.policy.yamlfile import written  # noqa: PLC0415 - imports YAML

    _require_inside(root, os.path.join(root, FOLDER))
    while True:
        id_ = next_id(root)
        fields = fields_of(draft, id_)
        name = f"{FOLDER}/{id_}{_slug(str(fields['title']))}.yaml"
        raw = written(fields).encode()
        article = _sound(name, raw, policy)
        path = os.path.join(root, name)
        try:
            make(path, raw)
            with open(path, "rb") as stream:
                is_ours = stream.read() == raw
        except OSError as error:
            raise MachineError("Writing", path, error.strerror or "") from error
        if is_ours:
            return article, name


def fields_of(draft: Draft, id_: str) -> dict[str, object]:
    """The article as its file has it, in the order of the template."""
    people = _pattern(draft.people)
    title = _line(_without(draft.title, people)) or draft.problem
    workaround = _text(draft.workaround) or draft.problem
    symptoms = _symptoms((_without(each, people) for each in draft.symptoms), title)
    unknown = draft.cause == UNKNOWN
    return {
        "id": id_,
        "title": title,
        "type": "incident",
        "area": draft.area if draft.area in ("technology", "service") else "technology",
        "services": list(draft.services),
        "audience": "desk",
        "symptoms": symptoms,
        "cause": ("" if unknown else _text(draft.cause)) or "Nobody knows it yet.",
        "steps": [
            workaround,
            f"Link the ticket to the problem: sdcli problem link {draft.problem} TICKET",
        ],
        "workaround": workaround,
        "verification": "The caller tries again what failed, and it works.",
        "keywords": _keywords([title, *symptoms]),
        "owner": draft.owner,
        "second_owner": draft.second_owner,
        "reviewed": draft.reviewed.isoformat(),
        "expires": _in_a_year(draft.reviewed).isoformat(),
        "known_error": True,
        "problem": draft.problem,
    }


def mark(root: str, article: Article, problem: str, workaround: str) -> tuple[Article, bool]:
    """Have an article say that it tells of a problem; the article, and whether its file changed.

    Raises:
        RefusedError: it tells of another problem, is retired, or is no plain file of the desk.
        DataFileError: its file is written in a way that no line can be added to.
        MachineError: the file could not be read or written.
    """
    from sdcli.ledger.tiny.files import replacing  # noqa: PLC0415 - only writers pay for it

    _require_free(article, problem)
    name = file_of(root, article.id)
    path = os.path.join(root, name)
    _require_inside(root, path)
    try:
        with open(path, "rb") as stream:
            before = stream.read()
        after = marked(name, before, problem, workaround)
        if after == before:
            return article, False
        with replacing(path, like=path) as stream:
            stream.write(after)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error
    return _sound(name, after, None), True


def marked(name: str, before: bytes, problem: str, workaround: str) -> bytes:
    """The bytes of an article's file with the lines that make it a known error of a problem.

    What it says already stays as it is written.

    Raises:
        DataFileError: the file is wrong, or written in a way that no line can be added to.
    """
    from sdcli.policy.yamlfile import written  # noqa: PLC0415 - imports YAML

    article, places, problems = article_in(name, before)
    if problems or article is None:
        raise DataFileError(problems)
    lines = before.decode().splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    new: list[str] = []
    if not article.known_error:
        at = places.get("known_error", 0) - 1
        if at >= 0:
            lines[at] = re.sub(r"^(known_error\s*:\s*)\w+", r"\g<1>true", lines[at])
        else:
            new.append("known_error: true\n")
    if not article.workaround:
        new.insert(0, written({"workaround": _text(workaround)}))
    if article.problem != problem:
        new.append(f"problem: {problem}\n")
    if new and lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    after = ("".join(lines) + "".join(new).replace("\n", end)).encode()
    told, _, wrong = article_in(name, after)
    if wrong or told is None or not told.known_error or told.problem != problem:
        line = places.get("known_error", 1)
        message = (
            f"write `known_error: true` and `problem: {problem}` there by hand: the file is "
            "written in a way that lines cannot be added to"
        )
        raise DataFileError([Problem(name, line, message)])
    return after


def _require_free(article: Article, problem: str) -> None:
    if article.is_retired:
        raise RefusedError(
            f"{article.id} was retired on {article.retired}: it cannot tell of {problem}.",
            article=article.id,
        )
    if article.problem not in ("", problem):
        raise RefusedError(
            f"{article.id} tells of the problem {article.problem} already, not of {problem}; "
            "`sdcli problem known-error` without --article writes an article of its own.",
            article=article.id,
            problem=article.problem,
        )


def _require_inside(root: str, path: str) -> None:
    """Refuse to write through a link, or out of the desk."""
    own = os.path.realpath(root)
    there = os.path.realpath(path)
    if os.path.islink(path) or os.path.commonpath((own, there)) != own:
        raise RefusedError(
            f"{path} is a symbolic link: sdcli writes no article through it. Put the file or "
            "folder itself there.",
            path=path,
        )


def _sound(name: str, raw: bytes, policy: Policy | None) -> Article:
    """The article of these bytes.

    Raises:
        DataFileError: they are none, or a wrong one.
    """
    article, _, problems = article_in(name, raw, policy)
    if problems or article is None:
        raise DataFileError(problems)
    return article


def _slug(title: str) -> str:
    """What the name of a file says besides the id: `-vpn-drops-after-sleep`, or nothing."""
    words = re.findall(r"[a-z0-9]+", title.casefold())
    slug = ""
    for word in words:
        if len(slug) + 1 + len(word) > _LONGEST_SLUG:
            break
        slug += f"-{word}"
    return slug


def _in_a_year(day: date) -> date:
    """The same day a year on; the last of February for one that there is not."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _pattern(people: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of these people: their names, the parts of those, ids, addresses, numbers."""
    parts = {part for name in people for part in (name, *re.split(r"[\s,]+", name))}
    known = sorted((p for p in parts if len(p) >= _NAMES), key=lambda p: (-len(p), p))
    if not known:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)


def _without(text: str, people: re.Pattern[str] | None) -> str:
    """A text without callers: no address, no number, no name of theirs."""
    text = _PHONE.sub(_SOMEWHERE, _MAIL.sub(_SOMEWHERE, text))
    return people.sub(_SOMEBODY, text) if people else text


def _symptoms(said: Iterable[str], title: str) -> list[str]:
    """What callers said, each once however it is spelt; the title if nobody said anything."""
    found: dict[str, str] = {}
    for text in said:
        line = _line(text)[:_LONGEST_SYMPTOM].strip()
        key = " ".join(re.findall(r"\w+", line.casefold()))
        if key:
            found.setdefault(key, line)
    return [*found.values()][:MOST_SYMPTOMS] or [title]


def _keywords(texts: Iterable[str]) -> list[str]:
    """The words that come up most, the longer ones of them."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in dict.fromkeys(re.findall(r"\w{4,}", text.casefold())):
            counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))[:_MOST_KEYWORDS]


def _text(text: str) -> str:
    """A text as desk files may hold it: without control characters."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    return kept.strip()


def _line(text: str) -> str:
    """The same on one line."""
    return " ".join(_text(text).split())
