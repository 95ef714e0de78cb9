"""Known errors as articles: what a new one says of a problem, and an old one marked (R3d1.7).

A new article is drafted from the problem and its incidents, without their callers, and written as
every other one. An article that is there is edited in its lines, so that remarks stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sdcli.errors import DataFileError, Problem, RefusedError, listed
from sdcli.knowledge.alike import words
from sdcli.knowledge.articles import Article, content, entry
from sdcli.knowledge.draft import legible
from sdcli.knowledge.foreign import keywords_of
from sdcli.knowledge.write import change, retold
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_SYMPTOMS = 10
_LONGEST_SYMPTOM = 300


class Draft(Struct, frozen=True, kw_only=True):
    """What a new article says; the texts tell nothing of callers.

    Args:
        problem: the reference of the problem; `title`: its summary.
        symptoms: what callers said, as it came in.
        cause: `unknown` if nobody knows it.
        owner, second_owner: the queues that keep it.
    """

    problem: str
    title: str
    area: str
    services: tuple[str, ...]
    symptoms: tuple[str, ...]
    cause: str
    workaround: str
    owner: str
    second_owner: str


def of_problem(
    articles: Mapping[str, Article], problem: str, declared: Sequence[str], title: Callable[[], str]
) -> Article | None:
    """The article in use that tells of a problem; the first if there are several.

    Another desk may keep its articles in the same folder and have a problem of the same reference.
    So an article that names it is taken only if this desk's ledger said so (`declared`, the last
    one is the best), or if it has the `title` that one written for the problem has.

    Raises:
        RefusedError: there are only others.
    """
    found = [each for each in articles.values() if each.problem == problem and not each.is_retired]
    found.sort(key=lambda each: (len(each.id), each.id))
    by_id = {each.id: each for each in found}
    ours = next((by_id[name] for name in reversed(declared) if name in by_id), None)
    if ours or not found:
        return ours
    written = title()
    ours = next((each for each in found if each.title == written), None)
    if ours is None:
        verb = "names" if len(found) == 1 else "name"
        raise RefusedError(
            f"{listed(list(by_id))} {verb} {problem}, but nothing here says that this problem is "
            "meant: another desk may have a problem of the same reference. `sdcli problem "
            f"known-error {problem} --article {found[0].id}` takes it, --new writes another.",
            problem=problem,
            articles=list(by_id),
        )
    return ours


def title_of(draft: Draft) -> str:
    """The title of a new article."""
    return _line(draft.title) or draft.problem


def fields_of(draft: Draft) -> dict[str, Any]:
    """The fields of the template that a new article begins with; id and days are not among them."""
    title = title_of(draft)
    workaround = legible(draft.workaround) or draft.problem
    symptoms = _symptoms(draft.symptoms, title)
    unknown = draft.cause == UNKNOWN
    return {
        "title": title,
        "type": "incident",
        "area": draft.area if draft.area in ("technology", "service") else "technology",
        "services": draft.services,
        "audience": "desk",
        "symptoms": symptoms,
        "cause": ("" if unknown else legible(draft.cause)) or "Nobody knows it yet.",
        "steps": (
            workaround,
            f"Link the ticket to the problem: sdcli problem link {draft.problem} TICKET",
        ),
        "workaround": workaround,
        "verification": "The caller tries again what failed, and it works.",
        "keywords": keywords_of(" ".join((title, *symptoms))),
        "owner": draft.owner,
        "second_owner": draft.second_owner,
        "known_error": True,
        "problem": draft.problem,
    }


def mark(
    root: str, given: str, problem: str, workaround: str, *, writes: bool = True
) -> tuple[Article, bool]:
    """Have an article say that it tells of a problem; the article, and whether its file changed.

    What it says already stays as it is written. The caller holds the lock of the articles. Unless
    it `writes`, the file stays as it is.

    Raises:
        NoSuchEntryError: there is no such article.
        RefusedError: it tells of another problem, is retired, lies outside the desk, or is written
            in a way that no line can be added to.
        DataFileError: its file is wrong.
        MachineError: the file could not be written.
    """
    found = entry(root, given)
    article = found.article
    _require_free(article, problem)
    before = content(root, found.file)
    if isinstance(before, str):
        raise DataFileError([Problem(found.file, 1, before)])
    wanted = {
        "workaround": article.workaround or legible(workaround),
        "known_error": True,
        "problem": problem,
    }
    changes = {name: value for name, value in wanted.items() if getattr(article, name) != value}
    if not changes:
        return article, False
    text, after = retold(found, before.decode(), changes, None)
    if writes:
        change(root, found.file, before, text)
    return after, True


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


def _symptoms(said: Iterable[str], title: str) -> tuple[str, ...]:
    """What callers said, each once however it is spelt; the title if nobody said anything."""
    found: dict[str, str] = {}
    for text in said:
        line = _line(text)[:_LONGEST_SYMPTOM].strip()
        key = " ".join(words(line))
        if key:
            found.setdefault(key, line)
    return (*found.values(),)[:MOST_SYMPTOMS] or (title,)


def _line(text: str) -> str:
    """A text on one line."""
    return " ".join(legible(text).split())
