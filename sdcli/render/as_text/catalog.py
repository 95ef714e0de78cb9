"""What the catalog offers, in text: an entry on a line, and below it what there is to know."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.triage.catalog import Entry


def lines(entry: Entry, style: Callable[..., str]) -> Iterator[str]:
    """The lines of an entry; what the search names and it was not made for comes first."""
    said = f"  {line(entry.says)}" if entry.says and entry.kind == "feature" else ""
    yield f"{style(line(entry.id), bold=True)}  {line(entry.name)}{said}  [{entry.kind}]"
    if entry.refused:
        refused = f"not for {', '.join(entry.refused)}: that would be a new service"
        yield f"    {style(line(refused), fg='yellow')}"
    for name, text in _rows(entry):
        yield f"    {name}: {line(text)}"


def _rows(entry: Entry) -> Iterator[tuple[str, Any]]:
    if entry.says and entry.kind != "feature":
        yield "recognise", entry.says
    if entry.limits:
        yield "limits", "; ".join(dict.fromkeys(entry.limits))
    if entry.not_for:
        yield "not for", ", ".join(entry.not_for)
    yield from entry.facts.items()
    for priority, promise in entry.targets.items():
        resolution = words.amount(promise.resolution)
        yield priority, f"response {words.amount(promise.response)}, resolution {resolution}"
    if entry.place:
        yield "rule", entry.place


def nothing(text: str) -> tuple[list[str], list[str]]:
    """What is said where nothing fits, and what to do then."""
    wanted = shlex.quote(line(text)) if text else "SUMMARY"
    return [f"Nothing in the catalog fits {line(text)!r}: it is neither offered nor supported."], [
        f"Next: sdcli open {wanted} --user WHO --type new-service   # to ask for it",
        "Next: sdcli support REF   # to decide about something that is there all the same",
    ]
