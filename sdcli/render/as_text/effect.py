"""What a decision did to the clocks of a ticket, as text (R3d1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.results.tickets import Effect, Seen
    from sdcli.sla.clock import Clock


def effect(found: Effect, after: Seen) -> Iterator[str]:
    """What a decision did to the agreement, the targets and the queue, line by line (R3d1.5)."""
    was, change_ = found.before, found.change
    by = "By the change" if change_ else "By this"
    if was.agreement != after.agreement:
        yield f"  {by} the agreement is {after.agreement} instead of {was.agreement}."
    changed = moved(was, after, by)
    yield from changed or (["  The change leaves the clocks as they were."] if change_ else [])
    if found.hand_to:
        yield (
            f"  {line(after.ticket.service)} belongs to the queue {line(found.hand_to)}, and "
            f"{after.ticket.ref} lies in {line(after.ticket.queue)}: `sdcli escalate "
            f"{after.ticket.ref} --to {line(found.hand_to)} --reason WHY` hands it over."
        )
    is_told = after.ticket.opening.alert is None and not _has_stopped(after)
    if changed and change_ and is_told:
        yield f"  Tell the caller what to expect now: sdcli note {after.ticket.ref} TEXT --visible"
    if change_ and change_.tell:
        yield f"  Told by a notice: {line(', '.join(change_.tell))}."


def moved(was: Seen, after: Seen, by: str) -> list[str]:
    """How the clocks of a ticket differ from what they were, a line each; `by` says by what."""
    return [
        f"  {by} {target} {said}."
        for target, face in after.sla.items()
        if (said := _moved(was.sla[target], face, after, by.lower()))
    ]


def _moved(was: Clock, now: Clock, seen: Seen, by: str) -> str:
    """How one clock differs from what it was, and by what; empty if it does not."""
    if (was.due, was.state, was.target_s) == (now.due, now.state, now.target_s):
        return ""
    if now.due is None or was.due is None:
        return "has no target any more" if now.due is None else "has a target"
    verb = "was due" if _has_stopped(seen) else "is due"
    due = f"{verb} {words.instant(now.due)} instead of {words.instant(was.due)}"
    if was.due == now.due:
        due = f"{verb} as before"
    if was.state == now.state:
        return due
    if now.state == "breached":
        late = words.span(int(seen.now.timestamp()) - now.due)
        return f"{due}: it is breached {by}, {late} ago"
    if was.state == "breached":
        return f"{due}: it is not breached any more"
    return f"{due}: it is {now.state} instead of {was.state}"


def _has_stopped(seen: Seen) -> bool:
    """Whether nothing is due any more, because the work is done."""
    return seen.ticket.status in ("resolved", "closed")
