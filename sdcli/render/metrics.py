"""Figures for monitoring: printed as they are spelt, or the same samples as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.safe import line

if TYPE_CHECKING:
    from sdcli.results.reports import Metrics


def to_json(result: Metrics) -> dict[str, Any]:
    """Every sample, under the name that the text has it under."""
    return {
        "generated_at": result.now,
        "file": result.file or None,
        "metrics": [
            {
                "name": each.printed,
                "type": each.kind,
                "unit": each.unit or None,
                "help": each.help,
                "samples": [{"labels": s.labels, "value": s.value} for s in each.samples],
            }
            for each in result.families
        ],
    }


def lines(result: Metrics, *, is_watched: bool) -> tuple[list[str], list[str]]:
    """The text; of a file that was written nothing where nobody looks, since cron mails it."""
    if not result.file:
        return result.text.removesuffix("\n").split("\n"), []
    count = sum(len(each.samples) for each in result.families)
    said = [f"{line(result.file)} has {count} samples."] if is_watched else []
    return said, list(result.remarks)
