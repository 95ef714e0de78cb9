"""docs/reports.md and docs/quality.md: what they show is what the commands print, and define."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.intake_page import QUALITY_PAGE, REPORTS_PAGE, generated

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", [REPORTS_PAGE, QUALITY_PAGE], ids=lambda page: page.name)
def test_the_transcripts_and_definitions_are_what_is_printed(page: Path) -> None:
    """Every transcript of the page, and the table of figures, is what `make docs` writes."""
    text = page.read_text(encoding="utf-8")

    assert generated(text) == text
