"""Who may read a knowledge article (R3a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import NotForYouError

if TYPE_CHECKING:
    from sdcli.knowledge.articles import Article
    from sdcli.policy.teams import Teams


def may_read(article: Article, teams: Teams, person: str) -> bool:
    """Whether somebody of the desk may read it: a restricted one needs one of its roles."""
    if article.audience != "restricted":
        return True
    known = teams.technicians.get(person)
    return known is not None and not set(article.roles).isdisjoint(known.roles)


def require_reader(article: Article, teams: Teams, person: str) -> None:
    """Refuse an article to whom it is not for.

    Raises:
        NotForYouError: they have none of its roles, or are no technician at all.
    """
    if may_read(article, teams, person):
        return
    people = [name for name in teams.technicians if may_read(article, teams, name)]
    known = person in teams.technicians
    raise NotForYouError(article.id, person, article.roles, people, known=known)
