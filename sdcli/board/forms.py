"""What the board asks before an act: frozen forms, and what was answered held against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        """What must be answered and is not, in a sentence; blanks are no answer."""
        own = self._own(said)
        return unanswered(each for each in self.asks if each.needed and not own[each.name])

    def answers(self, said: Mapping[str, str]) -> dict[str, str]:
        """All that was answered so far, without white space round it."""
        return {**self.said, **self._own(said)}

    def _own(self, said: Mapping[str, str]) -> dict[str, str]:
        return {each.name: said.get(each.name, each.value).strip() for each in self.asks}

    def worded(self, text: str) -> str:
        """A sentence of a command with what this form asks in place of the command's options."""
        asked = {each.name.replace("_", "-"): each.says.partition(" (")[0] for each in self.asks}

        def question(found: re.Match[str]) -> str:
            return f'"{asked[found[1]]}"' if found[1] in asked else found[0]

        return re.sub(r"--([a-z][a-z-]*[a-z])(?: [A-Z]{2,}\b)?", question, text)


def unanswered(asks: Iterable[Asked]) -> str:
    """That these are not answered yet, in a sentence; empty if there are none."""
    open_ = "; ".join(line(each.says) for each in asks)
    return f"Not answered yet: {open_}." if open_ else ""


def one_line(text: str) -> str:
    """What was pasted as the text of a field, which has one line: a blank for each line's end."""
    return " ".join(each for part in text.splitlines() if (each := part.strip()))
