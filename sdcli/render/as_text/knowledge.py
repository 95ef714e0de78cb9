"""Articles as text, and the self-help site that was published."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render.safe import line
from sdcli.results.knowledge import (
    ArticleDrafted,
    ArticlesDue,
    ArticleShown,
    ArticlesImported,
    ArticlesLinted,
    ArticleWritten,
    Found,
    Recalled,
    Shared,
    SitePublished,
    Statistics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.render.as_text import Lines, Screen
    from sdcli.results import Result


def _found(result: Found, screen: Screen) -> Lines:
    from sdcli.render.as_text.found import text  # noqa: PLC0415 - one command pays for it

    return text(result, screen.style, screen.width)


def _article(result: Result, screen: Screen) -> Lines:
    from sdcli.render.as_text.articles import text  # noqa: PLC0415 - only articles pay for it

    return text(result, screen)


def _shared(result: Shared, _: Screen) -> Lines:
    from sdcli.render.as_text.outcomes import shared  # noqa: PLC0415 - few commands pay for it

    return shared(result)


def _statistics(result: Statistics, _: Screen) -> Lines:
    from sdcli.render.as_text.outcomes import statistics  # noqa: PLC0415 - as above

    return statistics(result), []


def _recalled(result: Recalled, _: Screen) -> Lines:
    from sdcli.render.as_text.outcomes import recalled  # noqa: PLC0415 - as above

    return recalled(result)


def _published(result: SitePublished, _: Screen) -> Lines:
    """What was published in a few lines, and what callers miss."""
    told = f"{_number(len(result.articles), 'article')}, {_number(result.bulletins, 'bulletin')}"
    sizes = f"search data {_kilobytes(result.search_bytes)} of {_kilobytes(result.bytes)}"
    if result.written:
        changed = f"{result.changed} of {_number(result.files, 'file')} changed"
        rows = [f"{line(result.folder)}: {told}; {changed}; {sizes}"]
    else:
        at = f" in {line(result.folder)}" if result.folder else ""
        rows = [f"Nothing was written. There would be{at}: {told}; {sizes}"]
        rows += [f"  {each.id}  {line(each.title)}" for each in result.articles]
    rows += _left_out(result)
    return rows, _missed(result)


def _left_out(result: SitePublished) -> list[str]:
    """Those left out: one by one in a check, else how many for each reason."""
    if not result.written:
        rows = [f"  {line(each.id)}  {line(each.told)}" for each in result.left_out]
        return ["Left out:", *rows] if rows else []
    counts = Counter(_REASONS[each.why] for each in result.left_out)
    told = [f"{count} {reason}" for reason, count in counts.items()]
    return [f"  left out: {', '.join(told)}"] if told else []


def _missed(result: SitePublished) -> list[str]:
    """What callers could expect to find and do not."""
    expired = [each.id for each in result.left_out if each.why == "expired"]
    unsound = [line(each.id) for each in result.left_out if each.why == "unsound"]
    rows = [f"Without its synonyms: {line(str(each))}" for each in result.problems]
    if result.is_emptied:
        now = "has" if result.written else "would have"
        rows.append(f"The site that was there had articles, and this one {now} none.")
    if expired:
        rows.append(
            f"Left out because they expired: {_number(len(expired), 'article')} ({listed(expired)})."
            " Review them, or publish them with a note by --with-expired."
        )
    if unsound:
        rows.append(
            f"Left out because their files are wrong: {listed(unsound)}. `sdcli lint` says where."
        )
    return rows


_MEGABYTE = 1_000_000
_REASONS = {
    "audience": "not for callers",
    "retired": "retired",
    "expired": "expired",
    "unsound": "faulty",
}


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _kilobytes(count: int) -> str:
    return f"{count / 1000:.0f} kB" if count < _MEGABYTE else f"{count / _MEGABYTE:.1f} MB"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Found: _found,
    ArticleShown: _article,
    ArticleWritten: _article,
    ArticleDrafted: _article,
    ArticlesDue: _article,
    ArticlesLinted: _article,
    ArticlesImported: _article,
    Shared: _shared,
    Statistics: _statistics,
    Recalled: _recalled,
    SitePublished: _published,
}
