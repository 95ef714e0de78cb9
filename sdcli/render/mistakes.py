"""Changed classifications as text: notices, their effect on the clocks, first classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.safe import line
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.reclassify import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sdcli.results.tickets import Effect, Seen
    from sdcli.results.triage import Notices, Waiting
    from sdcli.sla.clock import Clock
    from sdcli.triage.reclassify import Change, Decided

RULES = "the desk's rules"
"""Who decided, where a machine reported it and nobody had looked yet."""


def change(said: Change) -> str:
    """What was changed: `type incident -> fulfilment, priority P2 -> P4`."""
    return ", ".join(f"{name} {each.before} → {each.after}" for name, each in said.fields.items())


def at_first(found: Mapping[str, Decided]) -> str:
    """The first class, and who decided it."""

    def value(field: str) -> str:
        return found[field].value if field in found else UNKNOWN

    people = dict.fromkeys(each.by or RULES for name, each in found.items() if name in CLASSES)
    return f"{value('type')}, {value('service')} / {value('feature')}, by {', '.join(people)}"


def notices(result: Notices) -> tuple[list[str], list[str]]:
    """What waits, or has just been seen; and what comes next."""
    whom = line(result.person) or "anybody"
    if not result.rows:
        return [], [f"No notice waits for {whom}."]
    told = [text for row in result.rows for text in _notice(row, result.person)]
    if result.seen:
        count = words.count(len(result.rows), "notice")
        return [f"{count} seen by {whom}.", *told], []
    return told, ["Next: sdcli notices --seen REF --note TEXT   # or --seen-all"]


def _notice(row: Waiting, asked: str) -> Iterator[str]:
    """What waits; with whom it waits for, unless that is who asks."""
    whom = "" if row.person == asked else f"{line(row.person)}: "
    yield f"{whom}{row.ticket.ref}  {line(row.ticket.summary)}"
    for each in row.changes:
        yield f"    {line(change(each))}"
        how = f", discovered by {each.discovered}" if each.discovered else ""
        why = f": {each.reason}" if each.reason else ""
        yield f"    by {line(each.by)} at {words.instant(each.at)}{line(how + why)}"
    for used, otherwise in row.harm:
        worse = ", ".join(each.id for each in used.articles if each.outcome == "harmful")
        why = f": {used.note}" if used.note else ""
        yield f"    {line(worse)} made things worse"
        yield f"    by {line(used.by)} at {words.instant(used.at)}{line(why)}"
        for name, what in otherwise.items():
            yield f"    {line(name)}: said otherwise since: {what}"


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


def refs(found: Sequence[str]) -> str:
    """References in brackets; nothing if there are none."""
    return f" [{' '.join(found)}]" if found else ""
