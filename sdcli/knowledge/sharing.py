"""Giving an article to a caller: whether they may have it, and the words that go with the link.

A caller is sent where an article is, with its revision, and never its text (R3a.2, R3a.2a).
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from sdcli.errors import RefusedError
from sdcli.knowledge.readers import has_role
from sdcli.policy.load import read_file

if TYPE_CHECKING:
    from sdcli.errors import Problem
    from sdcli.knowledge.articles import Article
    from sdcli.policy.teams import Technician

SETTINGS = "catalog/knowledge.yaml"
_WIDE = 76


class Settings(Struct, frozen=True, kw_only=True):
    """`catalog/knowledge.yaml`.

    Args:
        site: the address of the self-help site that `sdcli kb publish` writes; empty if there is
            none.
    """

    format: Literal[1]
    site: str = ""


def read_settings(raw: bytes | str) -> tuple[Settings | None, list[Problem]]:
    """The settings in the bytes of their file, and what is wrong with it.

    A text instead of bytes says why there are none.
    """
    read = read_file(SETTINGS, raw, Settings)
    found = read.value if isinstance(read.value, Settings) else None
    if found and found.site and not is_address(found.site):
        from sdcli.errors import Problem  # noqa: PLC0415 - only a wrong file pays for it

        told = f"`{found.site}` is no address; write https://help.example.com"
        return None, [*read.problems, Problem(SETTINGS, read.places.get("site", 1), told)]
    return found, list(read.problems)


def is_address(text: str) -> bool:
    """Whether a text is the address of a page: http or https, a host, nothing that is no address."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    sound = text.isprintable() and not any(char in text for char in " <>\"'`\\")
    return sound and parts.scheme in ("http", "https") and bool(parts.hostname)


def link_to(article: Article, site: str) -> str:
    """Where an article is on the self-help site, with its revision (R3a.2a)."""
    return f"{site.rstrip('/')}/articles/{article.id}.html?revision={article.revision}"


def why_not(article: Article, reader: Technician | None) -> str:
    """Why somebody may not have an article; nothing if they may (R3a.2).

    `reader`: what they are here, if they work here.
    """
    if article.audience == "user":
        return ""
    if article.audience == "desk":
        return "" if reader else "it is for the desk"
    if reader and has_role(article, reader):
        return ""
    return f"it is for {' and '.join(article.roles)} only"


def require_shareable(article: Article, reader: Technician | None, whom: str) -> None:
    """Refuse to send an article to somebody who may not have it, or that is not to be used.

    Raises:
        RefusedError: it is retired, or not for them.
    """
    if article.is_retired:
        raise RefusedError(
            f"{article.id} was retired on {article.retired}: {article.because}. `sdcli search-kb` "
            "finds what takes its place.",
            article=article.id,
        )
    reason = why_not(article, reader)
    if reason:
        raise RefusedError(
            f"{article.id} cannot be sent to {whom}: {reason}. --interpreted says that you told it "
            "in your own words, --withheld REASON that you did not.",
            article=article.id,
            audience=article.audience,
        )


def require_own(article: Article, reader: Technician, to: str) -> str:
    """The address that an article which not everybody may have is mailed to: their own.

    Raises:
        RefusedError: another one is named.
    """
    if to and to.casefold() != reader.mail.casefold():
        raise RefusedError(
            f"{article.id} is not for everybody: it is mailed to {reader.mail} only, as "
            "catalog/teams.yaml has it, and not to another address.",
            article=article.id,
        )
    return reader.mail


def letter(article: Article, *, ref: str, summary: str, link: str, desk: str) -> str:
    """What a caller is sent: what it is about, where to read it, and what to do if it is no help."""
    paragraphs = (
        "Hello,",
        textwrap.fill(
            f"for your request [{ref}] ({summary}) we have written down what to do:", _WIDE
        ),
        f"  {article.title}\n  {link}",
        textwrap.fill(
            f"Is that no help, or is it not clear? Answer, and leave [{ref}] in the subject.", _WIDE
        ),
        desk,
    )
    return "\n\n".join(paragraphs) + "\n"
