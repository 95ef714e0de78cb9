"""A ticket after a step, a step that was taken back, and what would have been done, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import clock_lines, next_lines, recent
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.tickets import Changed, Rehearsed, Seen, TakenBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.render.as_text import Lines, Screen
    from sdcli.tickets.event import AnyEvent


def _changed(result: Changed, screen: Screen) -> Lines:
    from sdcli.render.history import sentence  # noqa: PLC0415 - a search shows no events

    ticket = result.seen.ticket
    last = line(sentence(result.event or result.seen.newest))
    head = f"{screen.style(ticket.ref, bold=True)} {last}"
    told = [*([head] if result.is_new else ()), *(line(note) for note in result.notes)]
    told += [f"  {text}" for text in recent(result.changes or ())]
    told += _fulfilment_lines(result)
    told = fitted(told, screen.width)
    lines = [*told, *clock_lines(result.seen, screen), *fitted([*_effect(result)], screen.width)]
    hints = [line(hint) for hint in result.hints]
    own = ("Next: sdcli fulfil",) if any("sdcli fulfil" in hint for hint in hints) else ()
    return lines, [*hints, *(each for each in next_lines(result.seen) if not each.startswith(own))]


def _fulfilment_lines(result: Changed) -> list[str]:
    """How far its fulfilment is."""
    if result.fulfilment is None:
        return []
    from sdcli.render.as_text.fulfilment import said  # noqa: PLC0415 - few commands fulfil

    return [f"  {said(result.fulfilment)}"]


def _effect(result: Changed) -> Iterable[str]:
    if result.effect is None:
        return ()
    from sdcli.render.as_text.effect import effect  # noqa: PLC0415 - only a change pays for it

    return effect(result.effect, result.seen)


def _taken_back(result: TakenBack, screen: Screen) -> Lines:
    from sdcli.render.history import sentence  # noqa: PLC0415 - a search shows no events

    word = "brought back" if result.brought_back else "taken back"
    said = [
        f"{screen.style(ref, bold=True)} {word}: {line(sentence(event))}"
        for ref, event in result.events
    ]
    said += [] if result.brought_back else _stays_done(result)
    said += [
        f"{screen.style(ref, bold=True)} stays as it is: {line(why)}" for ref, why in result.left
    ]
    clocks = clock_lines(result.seen, screen)
    again = f"Next: sdcli undo {result.seen.ticket.ref} --redo   # brings it back"
    hints = [*result.notes, *([] if result.brought_back else [again])]
    return [*fitted(said, screen.width), *clocks], hints


def _stays_done(result: TakenBack) -> list[str]:
    """That what a program did is not taken back with the step in which it was started."""
    from sdcli.tickets.event import HookRan, act_of  # noqa: PLC0415 - most of it is loaded anyway

    acts = {act_of(event) for _, event in result.events}
    ran = [
        event
        for event in result.seen.ticket.standing
        if isinstance(event, HookRan) and not event.is_start and act_of(event) in acts
    ]
    return [f"  What {line(' '.join(each.command))} did stays done." for each in ran]


def _rehearsed(result: Rehearsed, screen: Screen) -> Lines:
    from sdcli.render.history import rehearsed  # noqa: PLC0415 - a search shows no events

    said = [
        f"{screen.style(ticket.ref, bold=True)} {line(rehearsed(event))}"
        for ticket, event in result.added
    ]
    number = words.count(len(said), "event")
    notes = [
        f"Nothing was recorded: {number} would have been."
        if said
        else "Nothing was recorded, and nothing would have been.",
        *(["Not all of it could have been done."] if result.exit_code else ()),
    ]
    return fitted(said, screen.width), notes


def others(seen: Seen, told: AnyEvent | None) -> list[str]:
    """What else this command did to a ticket, beside what is told first, a sentence each."""
    from sdcli.render.history import sentence  # noqa: PLC0415 - as above

    first = told or seen.newest
    return [f"  {line(sentence(each))}" for each in seen.added if each.id != first.id]


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Changed: _changed,
    Rehearsed: _rehearsed,
    TakenBack: _taken_back,
}
