"""Knowledge articles as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.safe import block, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli import results
    from sdcli.knowledge.articles import Article


def article_json(article: Article) -> dict[str, Any]:
    """Every field of an article."""
    fields: dict[str, Any] = msgspec.to_builtins(article)
    return fields


def shown(result: results.ArticleShown) -> tuple[Iterable[str], Iterable[str]]:
    """An article, and remarks."""
    found = result.article
    rows = [
        f"{found.id}  {line(found.title)}",
        f"  {found.type}, {found.area}, for {found.audience}; revision {found.revision}",
        *_section("Symptoms", [f"- {text}" for text in found.symptoms]),
        *_section("Cause", [found.cause]),
        *_section("Steps", [f"{number}. {text}" for number, text in enumerate(found.steps, 1)]),
        *_section("Workaround", [found.workaround]),
        *_section("Verification", [found.verification]),
    ]
    return rows, []


def _section(title: str, texts: Iterable[str]) -> list[str]:
    told = [f"  {each}" for text in texts if text for each in block(text.strip()).split("\n")]
    return ["", title, *told] if told else []
