"""Where a link of an article may lead: to the web, to a mail address, or to a page of the site."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from sdcli.publish import clean

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_NEVER = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"'`{}|^]")
"""Characters that browsers leave out, or read as another, on the way to an address."""
_ARTICLE = re.compile(
    r"(?:[^?#:]*/)?([A-Z]{1,8}-[0-9]{1,8})(?:-[^/?#]*)?(?:\.ya?ml|\.html?)?(?:#.*)?", re.IGNORECASE
)


class Target(NamedTuple):
    """Where a link leads; `outside`: away from the site."""

    href: str
    outside: bool


def target(href: str) -> Target | None:
    """Where a link may lead; None if it leads where no link may.

    Args:
        href: as Markdown gives it, percent-encoded; articles are not looked up.
    """
    if not href or _NEVER.search(href) or clean.text(href) != href:
        return None
    scheme = _SCHEME.match(href)
    if scheme is None:
        inside = not href.startswith("//") and ":" not in href.split("/", 1)[0]
        return Target(href, outside=False) if inside else None
    kind = scheme[1].lower()
    if kind == "mailto":
        return Target(href, outside=False)
    if kind not in ("http", "https"):
        return None
    try:
        host = urlsplit(href).hostname
    except ValueError:
        return None
    return Target(href, outside=True) if host else None


def article_in(href: str) -> str:
    """The id of the article that a link inside the knowledge base names; empty if it names none."""
    found = _ARTICLE.fullmatch(href)
    return found[1].upper() if found else ""
