"""docs/reports.md: what it shows is what the commands print, and what figures say of themselves."""

from __future__ import annotations

from tools.intake_page import REPORTS_PAGE, generated


def test_the_transcripts_and_definitions_are_what_is_printed() -> None:
    """Every transcript of the page, and its table of figures, is what `make docs` writes."""
    text = REPORTS_PAGE.read_text(encoding="utf-8")

    assert generated(text) == text
