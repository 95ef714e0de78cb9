"""Articles that were shown, written, checked or brought in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.outcomes import success
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.knowledge.articles import Article
    from sdcli.render.as_text import Lines, Screen
    from sdcli.results.knowledge import (
        ArticleDrafted,
        ArticlesDue,
        ArticleShown,
        ArticlesImported,
        ArticlesLinted,
        ArticleWritten,
    )


def text(result: Any, screen: Screen) -> Lines:
    """What a command about articles gave, as lines, and remarks."""
    from sdcli.results.knowledge import (  # noqa: PLC0415 - the type is known where it is dispatched
        ArticleDrafted,
        ArticlesDue,
        ArticleShown,
        ArticlesImported,
        ArticlesLinted,
        ArticleWritten,
    )

    shapes: dict[type, Any] = {
        ArticleShown: shown,
        ArticleWritten: _written,
        ArticleDrafted: _drafted,
        ArticlesDue: _due,
        ArticlesLinted: _linted,
        ArticlesImported: _imported,
    }
    found: Lines = shapes[type(result)](result, screen)
    return found


def shown(result: ArticleShown, screen: Screen) -> Lines:
    """An article, and remarks."""
    if result.as_markdown:
        from sdcli.knowledge.document import markdown  # noqa: PLC0415 - imports YAML

        return block(markdown(result.article)).rstrip("\n").split("\n"), []
    found = result.article
    title = fitted([f"{line(found.id)}  {line(found.title)}"], screen.width, 8)
    rows = [
        *(screen.style(each, bold=True) for each in title),
        *_facts(result, screen),
        *_section("Symptoms", found.symptoms, screen, "- "),
        *_section("Cause", [found.cause], screen),
        *_section("Steps", found.steps, screen, "{}. "),
        *_section("Workaround", [found.workaround], screen),
        *_section("Verification", [found.verification], screen),
    ]
    return rows, []


def _facts(result: ArticleShown, screen: Screen) -> Iterator[str]:
    found = result.article
    roles = f": {', '.join(found.roles)}" if found.roles else ""
    known = f"yes, {found.problem}" if found.problem else "yes"
    expires = f"expires {found.expires}"
    if result.expired:
        expires = f"expired {found.expires}"
    rows = (
        ("retired", f"{found.retired}: {found.because}" if found.is_retired else "", "red"),
        ("superseded", f"by {', '.join(result.superseded_by)}" * bool(result.superseded_by), "red"),
        ("type", f"{found.type}, {found.area}", ""),
        ("services", ", ".join(found.services), ""),
        ("audience", f"{found.audience}{roles}", ""),
        ("known error", known if found.known_error else "", ""),
        ("owner", f"{found.owner}, then {found.second_owner}", ""),
        ("reviewed", f"{found.reviewed}, {expires}", "red" if result.expired else ""),
        ("supersedes", ", ".join(found.supersedes), ""),
        ("vendor", found.vendor_link, ""),
        ("source", found.source, ""),
        ("keywords", ", ".join(found.keywords), ""),
        ("revision", found.revision, ""),
        *_became(result),
    )
    for name, value, colour in rows:
        if value:
            for each in fitted([f"  {name + ':':<13}{line(value)}"], screen.width, 15):
                yield screen.style(each, fg=colour) if colour else each


def _became(result: ArticleShown) -> Iterator[tuple[str, str, str]]:
    """What became of it, at this revision and earlier ones, and where (R3a.1a)."""
    for each in result.figures:
        counts = {
            "shown": each.shown,
            "read": each.read,
            "sent": each.sent,
            "applied": each.applied,
            "helped": each.helped,
            "no effect": each.no_effect,
            "made things worse": each.harmful,
        }
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        if told:
            at = "" if each.is_present else f" at revision {each.revision or 'unknown'}"
            rate = success(each.success)
            yield (
                "so far",
                f"{told}{f'; {rate} success' if rate else ''}{at}",
                ("red" if each.is_flagged else ""),
            )
    if result.tickets:
        more = len(result.tickets) - _MOST_TICKETS
        rest = f" and {more} more" if more > 0 else ""
        yield "tickets", f"{' '.join(result.tickets[:_MOST_TICKETS])}{rest}", ""


_MOST_TICKETS = 12


def _section(title: str, texts: Iterable[str], screen: Screen, mark: str = "") -> Iterator[str]:
    """A heading and its texts below it; `mark` stands before each, `{}` is its number."""
    said = [each for each in texts if each.strip()]
    if not said:
        return
    yield ""
    yield screen.style(title, bold=True)
    for number, each in enumerate(said, 1):
        before = mark.format(number)
        for index, row in enumerate(_rows(each, screen, 2 + len(before))):
            yield f"  {before if not index else ' ' * len(before)}{row}".rstrip()


def _rows(markdown: str, screen: Screen, indent: int) -> list[str]:
    """The lines of a text: rendered on a terminal, and as they are anywhere else."""
    if screen.width is None:
        return block(markdown.strip()).split("\n")
    from sdcli.render.markdown import lines  # noqa: PLC0415 - only a terminal pays for it

    return lines(markdown.strip(), screen, indent)


_DONE = {
    "created": "written",
    "edited": "changed",
    "unchanged": "is as it was",
    "reviewed": "reviewed",
    "retired": "retired",
    "restored": "is in use again",
}


def _written(result: ArticleWritten, screen: Screen) -> Lines:
    found, before = result.article, result.before
    head = f"{screen.style(found.id, bold=True)} {_DONE[result.action]}: {line(found.title)}"
    told = [head, f"  file:      {line(result.file)}"]
    hints: list[str] = []
    if before is None or before.revision == found.revision:
        told.append(f"  revision:  {found.revision}")
    else:
        told.append(f"  revision:  {found.revision}, before {before.revision}")
        hints.append(
            f"Next: sdcli kb recall {found.id} lists who was sent revision {before.revision}."
        )
    if result.action in ("created", "reviewed"):
        told.append(f"  expires:   {found.expires}, owner {found.owner}")
    if result.action == "retired":
        told.append(f"  because:   {line(found.because)}")
    if result.action == "created":
        hints.append(f"Next: sdcli kb show {found.id}")
    return told, [*(f"Note: {line(each)}." for each in result.notes), *hints]


def _drafted(result: ArticleDrafted, screen: Screen) -> Lines:
    del screen
    lacks = [f"It still needs {', '.join(result.missing)}."] if result.missing else []
    return block(result.text).rstrip("\n").split("\n"), ["Nothing was written.", *lacks]


def _due(result: ArticlesDue, screen: Screen) -> Lines:
    if not result.articles:
        after = result.following
        following = f" The next is {after.id}, on {after.expires}." if after else ""
        return [], [f"No article expires by {result.until}.{following}"]
    from sdcli.render.as_text.tables import with_reasons  # noqa: PLC0415 - it imports this module

    rows = [
        [
            each.id,
            each.expires,
            _left(result, each),
            each.owner,
            each.reviewed,
            line(each.title),
        ]
        for each in result.articles
    ]
    headers = ("id", "expires", "left", "owner", "reviewed", "title")
    count = words.count(len(rows), "article")
    return with_reasons(headers, rows, screen), [
        f"{count}. Next: sdcli kb review ID when one is right, or sdcli kb edit ID."
    ]


def _left(result: ArticlesDue, article: Article) -> str:
    if article.is_expired(result.today):
        return "expired"
    return words.count(result.days_left(article), "day")


def _linted(result: ArticlesLinted, screen: Screen) -> Lines:
    del screen
    remarks = [line(str(each)) for each in result.remarks]
    head = f"{words.count(result.articles, 'article')} sound."
    if remarks:
        head = f"{head[:-1]}, {words.count(len(remarks), 'remark')}:"
    return [head, *(f"  {each}" for each in remarks)], []


_FATES = ("created", "updated", "unchanged", "edited-here", "retired", "unreadable")
_MOST = 20


def _imported(result: ArticlesImported, screen: Screen) -> Lines:
    del screen
    found: dict[str, list[Any]] = {fate: [] for fate in _FATES}
    for each in result.files:
        found[each.action].append(each)
    would = "would be " if result.dry_run else ""
    counts = [f"{len(found['created'])} {would}created", f"{len(found['updated'])} updated"]
    counts.append(f"{len(found['unchanged'])} unchanged")
    told = [f"{words.count(len(result.files), 'file')}: {', '.join(counts)}."]
    for fate in ("created", "updated"):
        shown_ = found[fate][:_MOST]
        told += [f"  {each.article}  {line(each.title)} ({line(each.source)})" for each in shown_]
        more = len(found[fate]) - len(shown_)
        told += [f"  and {more} more {fate}"] if more else []
    notes = [
        f"Not taken: {line(each.source)}: {line(each.reason)}."
        for fate in ("unreadable", "edited-here", "retired")
        for each in found[fate]
    ]
    if result.gone:
        notes.append(f"No longer in the folder, and left as they are: {', '.join(result.gone)}.")
    if found["created"] and not result.dry_run:
        notes.append("Next: sdcli kb lint")
    return told, notes
