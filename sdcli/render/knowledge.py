"""The self-help site that was published, as text and JSON, and articles as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.errors import listed
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.knowledge.articles import Article
    from sdcli.results.knowledge import SitePublished


def article_json(article: Article) -> dict[str, Any]:
    """Every field of an article."""
    fields: dict[str, Any] = msgspec.to_builtins(article)
    return fields


def published_json(result: SitePublished) -> dict[str, Any]:
    """What was published, and what was not."""
    return {
        "folder": result.folder or None,
        "written": result.written,
        "files": result.files,
        "changed": result.changed,
        "bytes": result.bytes,
        "search_bytes": result.search_bytes,
        "bulletins": result.bulletins,
        "report_to": result.report_to,
        "articles": [
            {"id": each.id, "revision": each.revision, "page": f"articles/{each.id}.html"}
            for each in result.articles
        ],
        "left_out": [msgspec.to_builtins(each) for each in result.left_out],
        "problems": [each._asdict() for each in result.problems],
        "emptied": result.is_emptied,
    }


def published(result: SitePublished) -> tuple[Iterable[str], Iterable[str]]:
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
