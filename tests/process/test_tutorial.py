"""docs/tutorial.md: what it shows is what the commands print."""

from __future__ import annotations

from tools.intake_page import TUTORIAL, generated


def test_the_transcripts_are_what_is_printed() -> None:
    """Every transcript of the tutorial is what `make docs` writes (R6.1)."""
    text = TUTORIAL.read_text(encoding="utf-8")

    assert generated(text) == text
