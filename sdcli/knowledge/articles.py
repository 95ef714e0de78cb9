"""Knowledge articles: YAML files in `kb/`, one template for all (R3a.2).

Texts are Markdown. The revision of an article is the hash of what a reader is told: a new date of
review, another owner or another line break make no new revision, and another step does.
"""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct, json
from msgspec.structs import replace

from sdcli.errors import DataFileError, NoSuchEntryError, Problem
from sdcli.knowledge import looks
from sdcli.policy import inside
from sdcli.policy.scalars import Day  # noqa: TC001 - the decoder reads the annotations
from sdcli.policy.teams import Role  # noqa: TC001 - the decoder reads the annotations
from sdcli.tickets.words import RequestType  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sdcli.policy.load import Read
    from sdcli.policy.model import Policy

FOLDER = looks.FOLDER
SYNONYMS = f"{FOLDER}/synonyms.yaml"
"""The one file in the folder that is no article."""
_ID = re.compile(r"[A-Z]{1,8}-[0-9]{1,8}")
Audience: TypeAlias = Literal["user", "desk", "restricted"]
Area: TypeAlias = Literal["service", "technology"]


class Article(Struct, frozen=True, kw_only=True):
    """One article.

    Args:
        retired: since when it is not to be used any more; its file stays for what refers to it.
        because: why it was retired.
        source: the file that it was imported from, as the folder's name and the path in it.
        source_hash: the hash of that file's content; `source_revision`: the revision that it gave.
        revision: the hash of what it says; see `revision_of`.
    """

    id: str
    title: str
    type: RequestType
    area: Area
    services: tuple[str, ...]
    audience: Audience
    roles: tuple[Role, ...] = ()
    symptoms: tuple[str, ...]
    cause: str = ""
    steps: tuple[str, ...]
    workaround: str = ""
    verification: str = ""
    keywords: tuple[str, ...]
    owner: str
    second_owner: str
    reviewed: Day
    expires: Day
    supersedes: tuple[str, ...] = ()
    vendor_link: str = ""
    known_error: bool = False
    problem: str = ""
    retired: Day | None = None
    because: str = ""
    source: str = ""
    source_hash: str = ""
    source_revision: str = ""
    revision: str = ""

    @property
    def is_retired(self) -> bool:
        """Whether it is not to be used any more."""
        return self.retired is not None

    def is_expired(self, today: str) -> bool:
        """Whether it is to be looked through again before anybody relies on it.

        It is good through the day that it names as `expires`; `today` is a date of the desk's zone.
        """
        return self.expires < today

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """Each Markdown text with its dotted path, such as `steps.2`, in the order of reading."""
        yield "title", self.title
        for name in ("symptoms", "cause", "steps", "workaround", "verification"):
            value = getattr(self, name)
            if isinstance(value, str):
                yield name, value
            else:
                yield from ((f"{name}.{index}", each) for index, each in enumerate(value))


class Entry(NamedTuple):
    """An article with its file, and the line of each dotted path in it."""

    file: str
    article: Article
    places: Mapping[str, int]


class Parsed(NamedTuple):
    """One file: the article if it can be read, the line of its id, and what is wrong with it."""

    article: Article | None
    line: int
    problems: list[Problem]


class Shelf(NamedTuple):
    """All articles of a desk, and everything wrong with their files.

    `unsound`: the ids of articles whose file has a problem, or that two files have.
    """

    articles: dict[str, Article]
    problems: list[Problem]
    unsound: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = MappingProxyType({})

    @property
    def sound(self) -> dict[str, Entry]:
        """The articles whose files have no problem, by id."""
        wrong = {each.file for each in self.problems}
        return {id_: each for id_, each in self.entries.items() if each.file not in wrong}

    def without(self, found: Iterable[Problem]) -> Shelf:
        """The same shelf; what has one of these problems, too, is not sound."""
        problems = sorted({*self.problems, *found})
        wrong = {each.file for each in problems}
        unsound = {id_ for id_, each in self.entries.items() if each.file in wrong}
        return self._replace(problems=problems, unsound=self.unsound | unsound)


def read_shelf(root: str, policy: Policy | None) -> Shelf:
    """Read every file in `kb/`; with a policy, also check what the articles refer to."""
    articles: dict[str, Article] = {}
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    supersedes: list[tuple[Problem, str]] = []
    held: dict[str, set[str]] = {}
    for name in sorted(files(root)):
        read, article = _read_article(root, name)
        problems += read.problems
        if article is None:
            continue
        held.setdefault(article.id, set()).add(name)
        if article.id in articles:
            problems.append(twice(name, read.places["id"], article.id))
        articles[article.id] = article
        entries[article.id] = Entry(name, article, read.places)
        problems += () if read.problems else checked(name, article, read.places, policy)
        for index, older in enumerate(article.supersedes):
            line = read.places[f"supersedes.{index}"]
            missing = Problem(name, line, f"it supersedes {older}, which is not there")
            supersedes.append((missing, older))
    problems += [problem for problem, older in supersedes if older not in articles]
    wrong = {problem.file for problem in problems}
    unsound = {id_ for id_, names in held.items() if names & wrong or len(names) > 1}
    return Shelf(articles, sorted(problems), frozenset(unsound), entries)


def parsed(name: str, raw: bytes | str) -> Parsed:
    """An article by the content of its file, checked for all that it says by itself.

    A `str` instead of bytes says why there are none.
    """
    read, found = decode(name, raw)
    if found is None or read.problems:
        return Parsed(None, 1, read.problems)
    return Parsed(found, read.places["id"], list(checked(name, found, read.places, None)))


def twice(name: str, line: int, article_id: str) -> Problem:
    """What is wrong where a file has the id of another one."""
    return Problem(name, line, f"the id {article_id} is used by another file too")


def articles(root: str) -> dict[str, Article]:
    """The articles of a desk by id.

    Raises:
        DataFileError: a file in `kb/` is wrong.
    """
    shelf = read_shelf(root, None)
    if shelf.problems:
        raise DataFileError(shelf.problems)
    return shelf.articles


def questions_of(shelf: Iterable[Article], service: str = "") -> list[Article]:
    """The frequent questions: the articles of type information for callers, by title (R2a.1)."""
    found = [
        each
        for each in shelf
        if each.type == "information" and (not service or service in each.services)
    ]
    return sorted(found, key=lambda each: (each.audience != "user", each.title.casefold()))


def article(root: str, given: str) -> Article:
    """One article by its id; only its own file is read.

    Raises:
        NoSuchEntryError: there is none with this id.
        DataFileError: its file is wrong.
    """
    return entry(root, given).article


def entry(root: str, given: str) -> Entry:
    """One article by its id, with its file and the lines in it; no other file is read.

    Raises:
        NoSuchEntryError: there is none with this id.
        DataFileError: its file is wrong.
    """
    wanted = given.upper()
    fits = _ID.fullmatch(wanted) is not None
    known = sorted(files(root))
    own: list[Entry] = []
    misnamed: list[Problem] = []
    for name in known:
        if not fits or not _belongs(name, wanted):
            continue
        read, found = _read_article(root, name)
        if read.problems:
            raise DataFileError(read.problems)
        if found is not None and found.id == wanted:
            own.append(Entry(name, found, read.places))
        elif found is not None:
            misnamed.append(Problem(name, read.places.get("id", 1), _named_as(found.id)))
    if len(own) > 1:
        raise DataFileError([_shared(each, own) for each in own])
    if own:
        return own[0]
    if misnamed:
        raise DataFileError(misnamed)
    raise NoSuchEntryError("article", given, map(id_of, known), FOLDER)


def _shared(entry: Entry, among: Iterable[Entry]) -> Problem:
    """What is wrong with a file whose id others have, which are named."""
    others = ", ".join(each.file for each in among if each.file != entry.file)
    told = f"the id {entry.article.id} is used by {others} too"
    return Problem(entry.file, entry.places.get("id", 1), told)


def _named_as(article_id: str) -> str:
    return f"the file name must begin with the id {article_id[:60]}"


def id_of(name: str) -> str:
    """The id that the name of a file begins with: `kb/KB-104-vpn.yaml` to `KB-104`."""
    return "-".join(_stem(name).split("-")[:2])


def words_of(name: str) -> str:
    """The words in the name of a file: `kb/KB-104-vpn-drops.yaml` to `vpn drops`."""
    words = " ".join(_stem(name).split("-")[2:])
    return "".join(each if each.isprintable() else "?" for each in words)


def with_number(root: str, number: int) -> str:
    """The id of the article with a number, whatever its letters; `KB-…` if there is none, or two.

    Raises:
        DataFileError: `kb/` cannot be looked into.
    """
    known = {id_of(name) for name in files(root)}
    found = [each for each in known if each.rpartition("-")[2].lstrip("0") == str(number)]
    return found[0] if len(found) == 1 else f"KB-{number}"


def file_of(root: str, article_id: str) -> str:
    """The file of an article that is there, relative to the desk."""
    return next(name for name in sorted(files(root)) if _belongs(name, article_id))


def article_in(
    name: str, raw: bytes, policy: Policy | None = None
) -> tuple[Article | None, Mapping[str, int], list[Problem]]:
    """The article of a file's bytes, the line of each of its keys, and all that is wrong with it."""
    read, found = decode(name, raw)
    wrong = list(read.problems)
    if found is not None and not wrong:
        wrong += checked(name, found, read.places, policy)
    return found, read.places, wrong


def missing(root: str, ids: Iterable[str]) -> list[str]:
    """Those ids for which there is no file in `kb/`; none is read."""
    try:
        known = {id_of(name) for name in files(root)}
    except DataFileError:
        known = set()
    return [id_ for id_ in ids if id_.upper() not in known]


def superseding(root: str, article_id: str) -> list[str]:
    """The ids of the articles that take the place of one; files that cannot be read name none."""
    found = []
    for name in sorted(files(root)):
        raw = content(root, name)
        if isinstance(raw, bytes) and b"supersedes" in raw and article_id.encode() in raw:
            _, each = decode(name, raw)
            if each is not None and article_id in each.supersedes:
                found.append(each.id)
    return found


def files(root: str) -> Iterator[str]:
    """The names of the files in `kb/`; hidden ones, such as the locks of editors, are none.

    Raises:
        DataFileError: there is no such folder, or it cannot be looked into.
    """
    try:
        names = os.listdir(os.path.join(root, FOLDER))
    except OSError as error:
        problem = Problem(FOLDER, 1, f"the folder cannot be read: {error.strerror}")
        raise DataFileError([problem]) from error
    paths = (f"{FOLDER}/{name}" for name in names if looks.is_shown(name))
    return (path for path in paths if path != SYNONYMS)


def _belongs(name: str, article_id: str) -> bool:
    stem = _stem(name)
    return stem == article_id or stem.startswith(f"{article_id}-")


def _stem(name: str) -> str:
    return os.path.basename(name)[: -len(".yaml")]


def _read_article(root: str, name: str) -> tuple[Read, Article | None]:
    return decode(name, content(root, name))


def content(root: str, name: str) -> bytes | str:
    """What a file in `kb/` holds, or a text that says why it cannot be read."""
    return inside.content(root, name)


def decode(name: str, raw: bytes | str) -> tuple[Read, Article | None]:
    """An article from what its file holds; a `str` instead of bytes says why there are none."""
    from sdcli.policy.load import read_file  # noqa: PLC0415 - a search seldom reads a file

    if isinstance(raw, bytes) and len(raw) > inside.LARGEST:
        raw = inside.too_large(len(raw))
    read = read_file(name, raw, Article)
    if not isinstance(read.value, Article) or isinstance(raw, str):
        return read, None
    return read, replace(read.value, revision=revision_of(read.value))


def file_hashes(root: str, ids: Collection[str]) -> dict[str, str]:
    """The hashes of the files of these articles, by id: what a revision was in earlier versions."""
    import hashlib  # noqa: PLC0415 - as above

    found: dict[str, str] = {}
    for name in files(root):
        id_ = "-".join(_stem(name).split("-")[:2])
        if id_ in ids:
            raw = content(root, name)
            if isinstance(raw, bytes):
                found[id_] = hashlib.sha256(raw).hexdigest()[:12]
    return found


def revision_of(article: Article) -> str:
    """The hash of what an article tells its readers, twelve hexadecimal digits of it.

    White space is no part of it, so that a text may be wrapped anew.
    """
    import hashlib  # noqa: PLC0415 - as above

    told = {name: _squeezed(getattr(article, name)) for name in TOLD}
    return hashlib.sha256(json.encode(told)).hexdigest()[:12]


TOLD = ("title", "symptoms", "cause", "steps", "workaround", "verification", "vendor_link")
"""What an article tells its readers."""


def _squeezed(text: str | tuple[str, ...]) -> str | list[str]:
    return " ".join(text.split()) if isinstance(text, str) else [" ".join(t.split()) for t in text]


def checked(
    name: str, article: Article, places: Mapping[str, int], policy: Policy | None
) -> Iterator[Problem]:
    """What is wrong with one article, apart from what it says of other articles."""

    def problem(path: str, message: str) -> Problem:
        return Problem(name, places.get(path, 1), message)

    if not _ID.fullmatch(article.id):
        yield problem(
            "id", f"write the id as letters, a dash and a number: not {article.id[:60]!r}"
        )
    elif not _belongs(name, article.id):
        yield problem("id", _named_as(article.id))
    if (article.audience == "restricted") != bool(article.roles):
        yield problem("audience", "a restricted article names `roles`, and no other does")
    if article.known_error and not article.workaround:
        yield problem("known_error", "a known error needs a `workaround`")
    if article.problem and not article.known_error:
        yield problem("problem", "only a known error names its `problem`")
    for path, message in _contradictions(article):
        yield problem(path, message)
    if "revision" in places:
        yield problem("revision", "the revision comes from the file's content; leave it out")
    if policy is not None:
        yield from _dangling(name, article, places, policy)


def _contradictions(article: Article) -> Iterator[tuple[str, str]]:
    if bool(article.because) != article.is_retired:
        told = "a retired article says since when (`retired`) and why (`because`)"
        yield "because" if article.because else "retired", told
    if article.expires <= article.reviewed:
        yield "expires", "the article expires before it was reviewed"
    if article.id in article.supersedes:
        at = article.supersedes.index(article.id)
        yield f"supersedes.{at}", f"{article.id} cannot supersede itself"


def _dangling(
    name: str, article: Article, places: Mapping[str, int], policy: Policy
) -> Iterator[Problem]:
    references = [("owner", article.owner), ("second_owner", article.second_owner)]
    for path, queue in references:
        if queue not in policy.teams.queues:
            yield Problem(name, places.get(path, 1), f"there is no queue `{queue[:60]}`")
    for index, service in enumerate(article.services):
        if policy.service(service) is None:
            line = places.get(f"services.{index}", 1)
            yield Problem(name, line, f"there is no service `{service[:60]}`")
