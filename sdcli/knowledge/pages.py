"""What an article is found by: its words, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.knowledge.words import number_of, parts, words

if TYPE_CHECKING:
    from sdcli.knowledge.articles import Article

FIELDS = ("id", "title", "symptoms", "keywords", "body", "parts")
"""What the words of an article are told apart by; `parts` are those of words written together."""
WEIGHTS = (4.0, 2.0, 2.0, 2.0, 1.0, 1.0)
"""What a word counts in each field."""


class Page(NamedTuple):
    """The words of an article by field, and those of its headline."""

    fields: tuple[str, ...]
    headline: str

    @property
    def vocabulary(self) -> set[str]:
        """The words that a query may mean; a number is never taken for a slip of another one."""
        return set(" ".join(self.fields[1:-1]).split())


def page_of(article: Article) -> Page:
    """What an article is found by."""
    symptoms, keywords = "\n".join(article.symptoms), "\n".join(article.keywords)
    advice = (article.cause, *article.steps, article.workaround, article.verification)
    texts = (article.title, symptoms, keywords, "\n".join((*advice, article.vendor_link)))
    title, *rest = (" ".join(words(text)) for text in texts)
    fields = (number_of(words(article.id)), title, *rest, " ".join(parts("\n".join(texts))))
    return Page(fields, " ".join((title, rest[1], *parts(article.title))))
