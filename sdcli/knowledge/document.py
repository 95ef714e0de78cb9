"""An article as a Markdown document with a front matter, as other knowledge bases take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.knowledge.write import FRONT, block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.knowledge.articles import Article


def markdown(article: Article) -> str:
    """The document, with a line break at its end; its headings are the names of the fields."""
    told = {name: getattr(article, name) for name in FRONT}
    front = "".join(block(name, value) for name, value in told.items() if value)
    parts = [f"---\n{front}---", f"# {' '.join(article.title.split())}", *_body(article)]
    return "\n\n".join(parts) + "\n"


def _body(article: Article) -> Iterator[str]:
    symptoms = [_item("- ", each) for each in article.symptoms]
    steps = [_item(f"{number}. ", each) for number, each in enumerate(article.steps, 1)]
    sections = (
        ("Symptoms", "\n".join(symptoms)),
        ("Cause", article.cause),
        ("Steps", "\n".join(steps)),
        ("Workaround", article.workaround),
        ("Verification", article.verification),
    )
    for heading, text in sections:
        if text.strip():
            yield f"## {heading}"
            yield text.strip("\n")


def _item(mark: str, text: str) -> str:
    """An item of a list; its further lines are moved in, so that they belong to it."""
    first, *rest = text.strip("\n").split("\n")
    further = (f"{' ' * len(mark)}{line}".rstrip() for line in rest)
    return "\n".join((f"{mark}{first}", *further))
