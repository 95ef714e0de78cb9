"""Articles as JSON: found, shown, written, given to callers, counted and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

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

    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.figures import Figures
    from sdcli.knowledge.hits import Hit


def _hit(found: Hit) -> dict[str, Any]:
    """Something found; the marks round a match are left out, and so is what was not asked for."""
    from sdcli.knowledge.hits import MARK, UNMARK  # noqa: PLC0415 - one command pays for it

    fields: dict[str, Any] = msgspec.to_builtins(found)
    if found.explain is None:
        del fields["explain"]
    return fields | {"snippet": found.snippet.replace(MARK, "").replace(UNMARK, "")}


def _written(result: ArticleWritten) -> dict[str, Any]:
    return {
        **_article(result.article),
        "action": result.action,
        "file": result.file,
        "revision_before": result.before.revision if result.before else None,
        "notes": list(result.notes),
    }


def _imported(result: ArticlesImported) -> dict[str, Any]:
    return {
        "files": [{**each._asdict(), "article": each.article or None} for each in result.files],
        "gone": list(result.gone),
        "dry_run": result.dry_run,
    }


def _shown(result: ArticleShown) -> dict[str, Any]:
    found = {
        **_article(result.article),
        "expired": result.expired,
        "superseded_by": list(result.superseded_by),
        "figures": [_figures(each) for each in result.figures],
        "tickets": list(result.tickets),
    }
    if not result.as_markdown:
        return found
    from sdcli.knowledge.document import markdown  # noqa: PLC0415 - imports YAML

    return {**found, "markdown": markdown(result.article)}


def _due(result: ArticlesDue, article: Article) -> dict[str, Any]:
    names = ("id", "title", "owner", "second_owner", "reviewed", "expires")
    told = {name: getattr(article, name) for name in names}
    return {
        **told,
        "days_left": result.days_left(article),
        "expired": article.is_expired(result.today),
    }


def _article(article: Article) -> dict[str, Any]:
    """Every field of an article."""
    fields: dict[str, Any] = msgspec.to_builtins(article)
    return fields


def _published(result: SitePublished) -> dict[str, Any]:
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


def _shared(result: Shared) -> dict[str, Any]:
    """What became of an article that the caller might be given."""
    return {
        "ref": result.seen.ticket.ref,
        "article": result.article.id,
        "revision": result.article.revision,
        "decision": result.decision,
        "link": result.link or None,
        "text": result.text or None,
        "sent_to": result.sent_to or None,
        "expired": result.is_expired,
    }


def _statistics(result: Statistics) -> dict[str, Any]:
    """The figures of every article, and what to do about them."""
    rows = result.told
    document: dict[str, Any] = {
        "since": result.since,
        "until": result.until,
        "articles": [_figures(each) for each in rows],
    }
    for step in ("retire", "enhance", "publish"):
        found = [each for each in result.advice if each.step == step]
        document[step] = [
            {"id": e.id, "title": e.title, "owner": e.owner, "reason": e.reason} for e in found
        ]
    questions = msgspec.to_builtins(list(result.questions))
    return document | {"questions": questions, "best_effort": list(result.best_effort)}


def _figures(found: Figures) -> dict[str, Any]:
    """The figures of one revision of an article."""
    fields: dict[str, Any] = msgspec.to_builtins(found)
    return {name.removeprefix("is_"): value for name, value in fields.items()}


def _recalled(result: Recalled) -> dict[str, Any]:
    """Everyone who was given a revision that does not hold, and what does."""
    article = result.article
    return {
        "article": result.id,
        "title": article.title if article else None,
        "revision": article.revision if article else None,
        "retired": article.retired if article else None,
        "because": (article.because or None) if article else None,
        "gone": article is None,
        "people": [
            {
                "person": each.person,
                "reach": result.reach(each),
                "revision": each.revision,
                "how": each.how,
                "at": each.at,
                "ref": each.ref,
                "status": result.tickets[each.ref].status,
                "corrected_at": each.corrected_at,
            }
            for each in result.people
        ],
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Found: lambda result: [_hit(found) for found in result.hits],
    ArticleShown: _shown,
    ArticleWritten: _written,
    ArticleDrafted: lambda result: {
        "action": "drafted",
        "text": result.text,
        "missing": list(result.missing),
    },
    ArticlesDue: lambda result: [_due(result, each) for each in result.articles],
    ArticlesLinted: lambda result: {
        "articles": result.articles,
        "remarks": [each._asdict() for each in result.remarks],
    },
    ArticlesImported: _imported,
    Shared: _shared,
    Statistics: _statistics,
    Recalled: _recalled,
    SitePublished: _published,
}
