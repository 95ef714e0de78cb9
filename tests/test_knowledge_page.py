"""docs/knowledge.md: what it shows is what the commands print."""

from __future__ import annotations

from tools.intake_page import KNOWLEDGE_PAGE, generated


def test_the_transcripts_are_what_is_printed() -> None:
    """Every transcript of the page is what `make docs` writes."""
    text = KNOWLEDGE_PAGE.read_text(encoding="utf-8")

    assert generated(text) == text
