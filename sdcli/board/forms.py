"""What the board asks before an act: frozen forms, and what was answered held against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Mapping

YES_NO: Mapping[str, str] = {"no": "no", "yes": "yes"}


class Asked(Struct, frozen=True, kw_only=True):
    """One thing that is asked.

    Args:
        name: what the answer is known by.
        says: the question.
        words: all that may be answered, each with its meaning; a text is asked for without any.
        value: what is answered if nothing is said.
        needed: whether there must be an answer.
    """

    name: str
    says: str
    words: Mapping[str, str] = {}
    value: str = ""
    needed: bool = False


class Form(Struct, frozen=True, kw_only=True):
    """What is asked before an act on a ticket.

    Args:
        act: which; `title`: what it is about, in a line.
        last: the id of the last event of the ticket as it was shown.
        said: what was answered in the forms before this one.
    """

    act: str
    ref: str
    last: str
    title: str
    asks: tuple[Asked, ...] = ()
    said: Mapping[str, str] = {}

    def missing(self, said: Mapping[str, str]) -> str:
        """What must be answered and is not, in a sentence; empty if nothing is missing."""
        open_ = [each.says for each in self.asks if each.needed and not said.get(each.name)]
        return f"Not answered yet: {'; '.join(map(line, open_))}." if open_ else ""

    def answers(self, said: Mapping[str, str]) -> dict[str, str]:
        """All that was answered so far, without white space round it."""
        own = {each.name: said.get(each.name, each.value).strip() for each in self.asks}
        return {**self.said, **own}
