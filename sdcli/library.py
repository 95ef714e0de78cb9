"""The library of one desk: its knowledge articles, and what became of their advice.

What the commands of `sdcli kb` and `sdcli search-kb` call; the rules are in the rooms below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.knowledge.articles import Article


class Library:
    """The knowledge of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def article(self, given: str) -> Article:
        """One article by its id.

        Raises:
            NoSuchEntryError: there is none with this id.
            DataFileError: its file is wrong.
        """
        from sdcli.knowledge.articles import article  # noqa: PLC0415 - imports YAML

        return article(self._desk.root, given)
