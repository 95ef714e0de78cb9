"""The recent changes that touch a request, in sentences and as JSON (R2a.4a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.triage.changes import RecentChange


def lines(changes: Iterable[RecentChange]) -> list[str]:
    """A sentence for each change; nothing where there are none."""
    return [f"Changed recently: {_sentence(each)}" for each in changes]


def _sentence(each: RecentChange) -> str:
    removed = "; it took something away on purpose, so having it back needs approval"
    reference = f", {each.reference}" if each.reference else ""
    told = f"{words.instant(each.at)} {each.id}, {each.summary}{reference}: {each.touches}"
    place = f" ({each.place})" if each.place else ""
    return line(f"{told}{removed if each.removes else ''}{place}")


def as_json(changes: Iterable[RecentChange]) -> list[dict[str, Any]]:
    """A change as an object; `reference` is null where the schedule has none."""
    return [
        {
            "id": each.id,
            "summary": each.summary,
            "at": each.at,
            "removes": each.removes,
            "reference": each.reference or None,
            "touches": each.touches,
        }
        for each in changes
    ]
