r"""Words as the search knows them: of any script, without case and accents; codes stay whole.

A code, such as `0x80070005`, `ERR_CERT_DATE_INVALID`, `802.1X`, `\\server\share` or a host name, is
looked for as its parts standing together, so that it fits however it is punctuated and never by
one part alone. `C++`, `C#` and `.NET` are words of their own.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 64
"""Longer words are cut: nothing that a person looks for is longer."""

_MARKS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
"""Marks that belong to the letter before them, and the scripts of India, whose vowels are marks."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
    "\U00020000-\U0003ffff"
)
"""Scripts that are written without blanks between words; they are read as pairs of characters."""
_NAME = r"(?<![^\W_])(?:[A-Za-z](?:\+\+|[+#](?![^\W_]))|\.[Nn][Ee][Tt](?![^\W_]))"
"""`C++`, `C#`, `A+`: one letter with its sign; and `.NET`. `Notepad++` is known without."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_HUMPED = re.compile(r"[a-z0-9][A-Z]")
_CODE = re.compile(r"[0-9_\\@]|[^\W_][.:][^\W_]|/.*/|^/", re.DOTALL)

STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "done",
        "each",
        "every",
        "for",
        "from",
        "get",
        "gets",
        "got",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "onto",
        "or",
        "our",
        "ours",
        "out",
        "over",
        "own",
        "please",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "though",
        "to",
        "too",
        "under",
        "until",
        "up",
        "upon",
        "us",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "would",
        "you",
        "your",
        "yours",
        "s",
        "t",
        "don",
        "doesn",
        "didn",
        "isn",
        "wasn",
        "won",
    ]
)
"""Words that say nothing about what a text is about."""


class Spot(NamedTuple):
    """A word of a text, and where it stands there."""

    word: str
    begin: int
    end: int


@cache
def _long_word() -> re.Pattern[str]:
    """A word of any script, or a run of one that is written without blanks."""
    return re.compile(rf"{_NAME}|[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[\u0300-\u036f{_MARKS}])+")


def _with_names(text: str) -> re.Pattern[str]:
    """What a word is in a text of which no letter has marks of its own."""
    if "+" in text or "#" in text or ".net" in text.lower():
        return _named()
    return _PLAIN_WORD


@cache
def _named() -> re.Pattern[str]:
    """A word, or a name that is nothing without its sign; most texts are spared this one."""
    return re.compile(rf"{_NAME}|[^\W_]+")


@cache
def _run() -> re.Pattern[str]:
    return re.compile(rf"[{_UNSPACED}]")


def _is_western(text: str) -> bool:
    """Whether no letter of a text has marks of its own or stands without blanks.

    The long expression takes longer to be compiled than a whole search may.
    """
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def spots(text: str) -> list[Spot]:
    """The words of a text in order, with their places."""
    if text.isascii():
        lower = text.lower()
        matches = _with_names(lower).finditer(lower)
        return [Spot(match.group()[:LONGEST], *match.span()) for match in matches]
    if _is_western(text):
        matches = _with_names(text).finditer(text)
        return [Spot(_folded(match.group()), *match.span()) for match in matches]
    found = []
    for match in _long_word().finditer(text):
        begin, end = match.span()
        if not _run().match(text, begin) or end - begin == 1:
            found.append(Spot(_folded(match.group()), begin, end))
        else:
            pairs = range(begin, end - 1)
            found += (Spot(_folded(text[at : at + 2]), at, at + 2) for at in pairs)
    return found


def words(text: str) -> list[str]:
    """The words of a text in order, without case and accents."""
    if text.isascii():
        lower = text.lower()
        return [word[:LONGEST] for word in _with_names(lower).findall(lower)]
    return [spot.word for spot in spots(text)]


def parts(text: str) -> list[str]:
    """What words written together consist of: `PrinterOffline` gives `printer` and `offline`.

    What begins with a digit, as `0X80070005` does, is a number and no words; what is longer than a
    word may be is none either. Humps are looked for in one word at a time, so that a text takes
    as long as it is long.
    """
    if _HUMPED.search(text) is None:
        return []
    return [
        part
        for word in _ASCII_WORD.findall(text)
        if len(word) <= LONGEST and not word[0].isdigit() and _HUMPED.search(word)
        for part in words(_HUMP.sub(" ", word))
    ]


def is_code(chunk: str) -> bool:
    """Whether a piece of text without blanks is a code, a path, a name of a machine or an address."""
    return _CODE.search(chunk) is not None


def number_of(code: Iterable[str]) -> str:
    """The words of a code as one, by which an article is known: `kb104`."""
    return "".join(code)[:LONGEST]


def folded(text: str) -> str:
    """A text without case and accents."""
    from unicodedata import normalize  # noqa: PLC0415 - most texts are plain

    return normalize("NFC", _ACCENTS.sub("", normalize("NFKD", text).casefold()))


def _folded(word: str) -> str:
    word = word.lower() if word.isascii() else "".join(folded(word).split())
    return word[:LONGEST]
