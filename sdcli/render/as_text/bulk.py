"""What one command on many tickets would do, and has done, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render.history import sentence
from sdcli.render.safe import line
from sdcli.render.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.results.lists import BulkDone, BulkPreview

_MOST = 50
"""So many tickets are shown to somebody who is asked."""


def preview_lines(preview: BulkPreview) -> Iterator[str]:
    """Each ticket with what would happen on it, and those that refuse."""
    said: dict[str, list[str]] = {}
    for ticket, event in preview.added:
        said.setdefault(ticket.ref, []).append(line(sentence(event)))
    for ticket in preview.tickets[:_MOST]:
        happens = "; ".join(said.get(ticket.ref, ["nothing"]))
        yield f"{ticket.ref}  {line(ticket.summary)}: {happens}"
    if len(preview.tickets) > _MOST:
        yield f"and {len(preview.tickets) - _MOST} more"
    for ref, why in preview.refused:
        yield f"{ref}  left out: {line(why)}"


def preview_text(preview: BulkPreview) -> tuple[list[str], list[str]]:
    """What would happen, and that nothing has."""
    if not (preview.tickets or preview.refused):
        return [], ["No ticket matches, so nothing was changed."]
    return list(preview_lines(preview)), ["Nothing was recorded."]


def done_text(done: BulkDone) -> tuple[list[str], list[str]]:
    """Each ticket with what happened on it."""
    lines = [f"{ticket.ref} {line(sentence(event))}" for ticket, event in done.added]
    lines += [f"{ref}  left out: {line(why)}" for ref, why in done.refused]
    refs = list(dict.fromkeys(ticket.ref for ticket, _ in done.added))
    if not (refs or done.refused or done.left):
        return [], ["No ticket matches, so nothing was changed."]
    notes = [f"{count(len(refs), 'ticket')} changed in one go."]
    if done.left:
        named = ", ".join(done.left)
        notes.append(f"Left out, since the query does not ask for them any more: {named}.")
    notes += [f"Next: sdcli undo {refs[0]} --all   # takes all of it back"] if refs else []
    return lines, notes
