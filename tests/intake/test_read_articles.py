"""A mail of the self-help site says which articles its writer had read (R1a.3c)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.read_articles import LEAD, articles_read, used

ONE, TWO = ("KB-110", "07ce669c0ec6"), ("KB-102", "4d7c0ab51f2e")


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(each.id, each.revision) for each in articles_read(text)]


@pytest.mark.parametrize(
    "line",
    [
        "Articles read: KB-110@07ce669c0ec6, KB-102@4d7c0ab51f2e",
        "  Articles read: KB-110@07ce669c0ec6,KB-102@4d7c0ab51f2e  ",
        "Articles read: KB-110@07ce669c0ec6,\nKB-102@4d7c0ab51f2e",
        "Articles read:\nKB-110@07ce669c0ec6, KB-102@4d7c0ab51f2e",
        "Articles read:\xa0KB-110@07ce669c0ec6,\xa0KB-102@4d7c0ab51f2e",
        "Articles read: KB-110@07ce669c0ec6<mailto:KB-110@07ce669c0ec6>, KB-102@4d7c0ab51f2e",
        "Articles read: KB-110@07ce669c0ec6, KB-102@4d7c0ab51f2e, KB-110@07ce669c0ec6",
    ],
)
def test_the_line_is_read(line: str) -> None:
    """As the site writes it, and as mail programs break and mark it; each article once."""
    assert _pairs(f"It still hums.\n\n{line}\n\n-- \nAda") == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    [
        "Articles read: none",
        "Articles read: KB-110@07ce669c0ec6 and it did not help",
        "I have the articles read: KB-110@07ce669c0ec6",
        "> Articles read: KB-110@07ce669c0ec6",
        "articles read: KB-110@07ce669c0ec6",
        "Articles read: KB-110@07CE",
        "Articles read: KB-110@07ce669c0ec6ff",
        "Articles read: ../../etc/passwd",
        "Articles read: KB-110,\n\n\n\n\n\nKB-102",
        "KB-110@07ce669c0ec6",
        "",
    ],
)
def test_nothing_else_is(text: str) -> None:
    """Whoever writes a sentence of their own gets no list made of it."""
    assert not articles_read(text)


def test_a_revision_may_be_missing_and_a_list_ends() -> None:
    """An article without a revision counts; of an endless list the first twenty do."""
    assert _pairs("Articles read: KB-110, KB-102@4d7c0ab51f2e") == [("KB-110", ""), TWO]
    endless = ", ".join(f"KB-{number}" for number in range(1, 100_000))
    assert len(articles_read(f"{LEAD} {endless}")) == 20


@given(st.text(alphabet="Articles read:KB-1@0a,<> \n", max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever comes after the words, ids and revisions have their form, or nothing is taken."""
    for use in articles_read(f"{LEAD} {text}"):
        assert used(f"{use.id}@{use.revision}" if use.revision else use.id) == use


def test_an_article_is_named_with_or_without_revision() -> None:
    """Anything that has not the form is an id as it came."""
    assert used("KB-110@07ce669c0ec6").revision == "07ce669c0ec6"
    assert (used("KB-110@x").id, used("KB-110@x").revision) == ("KB-110@x", "")
