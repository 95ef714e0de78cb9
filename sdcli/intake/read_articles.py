"""The articles that a mail says its writer had read before: one line, or nothing (R1a.3c).

The self-help site writes the line into the mails that it begins; `sdcli kb publish`.
"""

from __future__ import annotations

import re

from sdcli.tickets.event import ArticleUse

LEAD = "Articles read:"
"""How the line begins."""

SHARED = "shared"
"""What an article did that the caller had before asking, in the word of the desk's list."""

_USE = r"[A-Z]{1,8}-[0-9]{1,8}(?:@[0-9a-f]{12})?"
_LINKED = r"(?:<mailto:[^<>\s]{1,80}>)?"  # some programs take ID@REVISION for an address
_LINE = re.compile(
    rf"^[ \t\xa0]{{0,8}}{LEAD}\s{{1,4}}({_USE}{_LINKED}(?:,\s{{0,4}}{_USE}{_LINKED})*)[ \t\xa0]*$",
    re.MULTILINE,
)
_MOST = 20


def articles_read(text: str) -> tuple[ArticleUse, ...]:
    """The articles of the line `Articles read: KB-110@07ce669c0ec6, KB-102`, each once.

    The line may be broken after a comma, as mail programs do. Anything else on it, and it is a
    sentence of the writer's and no list.
    """
    line = _LINE.search(text)
    named = re.findall(_USE, re.sub(_LINKED, "", line[1])) if line else []
    return tuple(used(each) for each in dict.fromkeys(named))[:_MOST]


def is_sound(use: ArticleUse) -> bool:
    """Whether it can be an article at a revision: what a form says is anybody's text."""
    known = re.fullmatch(r"[A-Za-z]{1,8}-[0-9]{1,8}", use.id)
    return known is not None and re.fullmatch(r"[\w.-]{0,64}", use.revision) is not None


def used(named: str) -> ArticleUse:
    """The use of an article that is named `ID` or `ID@REVISION`."""
    whole = re.fullmatch(_USE, named)
    id_, _, revision = named.partition("@") if whole else (named, "", "")
    return ArticleUse(id_, SHARED, revision)
