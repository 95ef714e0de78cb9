"""Words are told apart in a time that grows with the text, whatever stands in it (R3a.1)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sdcli.knowledge.articles import articles
from sdcli.knowledge.index import Index
from sdcli.knowledge.pages import page_of
from sdcli.knowledge.query import of_ticket, typed
from sdcli.knowledge.search import Wanted, search
from sdcli.knowledge.words import LONGEST, is_code, parts, spots, words
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_S = 4.0
"""What takes the square of a megabyte takes hours; a loaded machine is not that slow."""
_MEGABYTE = 1_000_000
_ENDLESS = (
    "a",
    "0123456789abcdef",
    "aB",
    "Ab",
    "+",
    "a+",
    "C#",
    ".net",
    "/",
    "a/b_",
    '"',
    "_",
    "*",
)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize("piece", _ENDLESS)
def test_a_long_word_takes_no_longer_than_many_short_ones(piece: str) -> None:
    """A megabyte of anything is read at once, as an article, as a query and as a ticket."""
    text = piece * (_MEGABYTE // len(piece))

    def work() -> None:
        words(text), spots(text), parts(text), is_code(text), typed(text), of_ticket(text, text)

    assert _seconds(work) < _MOST_S


def test_an_article_with_a_long_word_is_indexed_and_found() -> None:
    """A megabyte of one word in a step keeps nobody from the article, or from a snippet of it."""
    [article, *_] = articles(str(REPOSITORY)).values()
    steps = ("a" * _MEGABYTE, f"Then 0x{'a0b1' * (_MEGABYTE // 4)} is shown by the gadget.")
    long = replace(article, steps=steps, title="Gadget")
    index = Index()

    def work() -> None:
        index.add([long])
        for query in ("gadget", "a" * 100_000, "aaa*"):
            [hit] = search(index, Wanted(typed(query), explain=True))
            assert len(hit.snippet) < 1000

    assert _seconds(work) < _MOST_S
    assert all(len(word) <= LONGEST for field in page_of(long).fields for word in field.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PrinterOffline", ["printer", "offline"]),
        ("KubeAPIDown", ["kube", "api", "down"]),
        ("an iPhone and a webServer", ["i", "phone", "web", "server"]),
        ("0X80070005 8007000E 802.1X 2FA", []),
        ("plain words", []),
        ("aB" * 40, []),
    ],
)
def test_words_written_together_have_parts_and_numbers_have_none(
    text: str, found: list[str]
) -> None:
    """A hump stands between words; in a number, and in what is no word at all, there is none."""
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C++, C# and .NET.", ["c++", "c#", "and", ".net"]),
        ("C++11 A+ a+b F#m issue#4", ["c++", "11", "a+", "a", "b", "f", "m", "issue", "4"]),
        ("ASP.NET example.net .network ..", ["asp", "net", "example", "net", "network"]),
        ("caf\u00e9 C++ .Net", ["cafe", "c++", ".net"]),
        ("\u0440\u0443\u0441 C# \u0e01\u0e32", ["\u0440\u0443\u0441", "c#", "\u0e01\u0e32"]),
    ],
)
def test_a_name_with_a_sign_is_one_word(text: str, found: list[str]) -> None:
    """In texts of any script, and with its place in the text."""
    assert words(text) == found
    assert [spot.word for spot in spots(text)] == found
