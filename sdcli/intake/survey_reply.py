"""What somebody answers to the questions of a survey in a mail: scores, and what else they say (R5a.2).

A pure function of the text. A score is taken only where it is written as one: nothing is guessed
from prose, from what is quoted, or from numbers that do not fit the questions.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.policy.survey import HIGHEST, LOWEST
from sdcli.tickets.event import SurveySent
from sdcli.tickets.troubleshooting import hash_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.tickets.ticket import Ticket

TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""What the token of a survey looks like, wherever it stands."""

_MOST_LINES = 500
_LONGEST_LINE = 500
"""Lines, and characters of one. What is beyond that is no score, and belongs to the remark."""

_QUOTED = re.compile(r"^\s?>")
_ASKED = re.compile(r"^[\s>]*([1-9])[.:)]\s+\D")
_SCALE = r"(?:\s?/\s?5|\s(?:out\s)?of\s5|\s?stars?|\s(?:von|sur|de|su|van|av)\s5|\s?\u2605+)"
_SCORE = rf"([0-9]){_SCALE}?"
_NO_MORE = r"(?:[^\w%+\u2030\u20ac$\u00a3\u00a5\u00b0]|_)*$"
"""Punctuation, blanks and smileys: nothing that makes an amount of a number."""
_REMARK = r"(?:\s+[\u2013\u2014-]\s+|:\s+|[,;]\s+|\s*\()(?=[^\s\d])"
"""What parts a score from a remark about it."""
_KEYED = re.compile(
    rf"^\s*#?([1-9])\s*(?:[:=]|\)\s?|\.\s)\s*{_SCORE}{_SCALE}?(?:{_NO_MORE}|({_REMARK}))",
    re.IGNORECASE,
)
_DASHED = re.compile(rf"^\s*#?([1-9])\s*[\u2013-]\s+{_SCORE}{_NO_MORE}", re.IGNORECASE)
"""`3 - 4` and words behind it may be a span of something."""
_PAIRED = re.compile(rf"^\s*(?:[1-9]\s*[:=]\s*{_SCORE}(?:[\s,;]+|$)){{2,}}$")
_PAIR = re.compile(rf"([1-9])\s*[:=]\s*{_SCORE}")
_TWO = re.compile(r"^\s*([1-9])\s+([0-9])\s*$")
_ALONE = re.compile(rf"^\s*{_SCORE}[.!]?\s*$", re.IGNORECASE)
_ROW = re.compile(rf"^\s*{_SCORE}(?:[\s,;]+{_SCORE})*[.!]?\s*$")
_TIGHT = re.compile(r"^\s*[1-5]+\s*$")


_MOST_TOKENS = 20


def hashes_in(text: str) -> tuple[str, ...]:
    """What the tokens in a text come to, each once, as a ledger keeps them."""
    return tuple(dict.fromkeys(map(hash_of, TOKEN.findall(text)[:_MOST_TOKENS])))


def answered(ticket: Ticket, references: Sequence[str], text: str) -> SurveySent | None:
    """The survey of a ticket that a mail answers; None if it answers none.

    `references`: the ids of the mails that it answers; `text`: where the survey's token may stand.
    """
    tokens = hashes_in(text)
    for event in reversed(ticket.standing):
        if isinstance(event, SurveySent):
            known = event.message_id and event.message_id in references
            if known or (event.token_hash and event.token_hash in tokens):
                return event
    return None


class Answers(Struct, frozen=True, kw_only=True):
    """What was answered: scores by the ids of the questions, and the remark, which is all the rest."""

    scores: dict[str, int] = {}
    remark: str = ""


def read_answers(body: str, questions: Sequence[str]) -> Answers:
    """The answers in a text, whose questions were asked in this order.

    What counts: lines such as `1: 4` or `2) 5/5`, with nothing behind it or, clearly apart, a
    remark, as in `2: 5 - quick` or `2: 5 (quick)`; a score alone below the quoted question; or the
    numbers alone in the order of the questions, on a line or one a line, where there are as many as
    questions. Where a question is answered in two ways, it is not answered at all. Every line that
    says more than a score is in the remark as it is; without any score everything is.
    """
    lines = body.split("\n")
    found = _Lines(lines, len(questions))
    scores = found.keyed() or found.in_order()
    if not scores:
        return Answers(remark=_without_quotes(lines))
    told = {questions[number - 1]: score for number, score in sorted(scores.items())}
    return Answers(scores=told, remark=found.remark())


class _Lines:
    """The lines of an answer; remembers which of them were taken for scores."""

    def __init__(self, lines: Sequence[str], count: int) -> None:
        self._lines = lines
        self._count = count
        self._taken: set[int] = set()  # lines that say a score and nothing else

    def keyed(self) -> Mapping[int, int]:
        """Scores behind the numbers of their questions, or alone below a quoted one."""
        taken: dict[int, set[int]] = {}
        where: dict[int, list[int]] = {}  # lines of nothing but scores
        asked, twos = 0, self._are_twos()
        for index, line in self._shown():
            if _QUOTED.match(line):
                named = _ASKED.match(line)
                asked = int(named[1]) if named else asked
                continue
            said, is_all = _said(line, asked, twos=twos)
            for number, score in said:
                if number <= self._count and LOWEST <= score <= HIGHEST:
                    taken.setdefault(number, set()).add(score)
                    where.setdefault(number, []).extend([index] if is_all else [])
                    asked = 0
        sure = {number: min(scores) for number, scores in taken.items() if len(scores) == 1}
        unsure = {index for number in taken.keys() - sure.keys() for index in where[number]}
        self._taken.update(index for number in sure for index in where[number])
        self._taken -= unsure
        return sure

    def _are_twos(self) -> bool:
        """Whether several lines of two numbers are those of questions and scores: `1 4`, `2 5`."""
        found = [int(each[1]) for _, line in self._shown() if (each := _TWO.match(line))]
        return len(found) > 1 and found == list(range(1, len(found) + 1))

    def in_order(self) -> Mapping[int, int]:
        """Scores alone, in the order of the questions: on one line, or one a line."""
        own = [(index, line) for index, line in self._shown() if not _QUOTED.match(line)]
        rows = [(index, line) for index, line in own if _ROW.match(line)]
        first = next(((index, line) for index, line in own if line.strip()), None)
        if not rows and first and _TIGHT.match(first[1]):
            rows, said = [first], [int(digit) for digit in first[1].strip()]
        else:
            said = [int(each[1]) for _, line in rows for each in re.finditer(_SCORE, line)]
        is_clear = len(rows) == 1 or all(_ALONE.match(line) for _, line in rows)
        if not (is_clear and len(said) == self._count):
            return {}
        if not all(LOWEST <= score <= HIGHEST for score in said):
            return {}
        self._taken.update(index for index, _ in rows)
        return dict(enumerate(said, 1))

    def remark(self) -> str:
        """What was written besides, in whole lines, without what is quoted."""
        left = [line for index, line in enumerate(self._lines) if index not in self._taken]
        return _without_quotes(left)

    def _shown(self) -> list[tuple[int, str]]:
        """The lines that are looked at, digits of every width as plain ones."""
        return [
            (index, unicodedata.normalize("NFKC", line))
            for index, line in enumerate(self._lines[:_MOST_LINES])
            if len(line) <= _LONGEST_LINE
        ]


def _said(line: str, asked: int, *, twos: bool) -> tuple[list[tuple[int, int]], bool]:
    """Which questions a line answers, with what, and whether it says nothing else.

    `asked`: the question that is quoted above it; 0 if none is. `twos`: lines of two numbers are
    those of a question and its score.
    """
    if _PAIRED.match(line):
        return [(int(each[1]), int(each[2])) for each in _PAIR.finditer(line)], True
    keyed = _KEYED.match(line)
    if keyed:
        return [(int(keyed[1]), int(keyed[2]))], keyed[3] is None
    found = _DASHED.match(line) or (_TWO.match(line) if twos else None)
    if found:
        return [(int(found[1]), int(found[2]))], True
    alone = _ALONE.match(line) if asked else None
    return ([(asked, int(alone[1]))] if alone else []), True


def _without_quotes(lines: Sequence[str]) -> str:
    own = (line for line in lines if not (_QUOTED.match(line) or TOKEN.search(line)))
    kept = "\n".join(own)
    return re.sub(r"\n{3,}", "\n\n", kept).strip()
