"""How pressing the clocks of a ticket are, in one word: what a board of tickets is coloured by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target

Colour: TypeAlias = Literal["breached", "near", "running", "paused", "none"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
"""A target was missed, is past the first warning, runs, or pauses; or nothing is promised any more."""


def pressing(sla: Mapping[Target, Clock]) -> tuple[Target, Clock] | None:
    """The clock that needs attention first: a breached one, else the one furthest gone."""
    live = [(target, face) for target, face in sla.items() if face.state in ("running", "breached")]
    return max(live, key=lambda pair: pair[1].percent or 0, default=None)


def colour(sla: Mapping[Target, Clock], first_warning: int) -> Colour:
    """The word for a ticket's clocks; `first_warning` is a percentage of a target (R3d2.1c)."""
    found = pressing(sla)
    if found is None:
        return "paused" if any(face.state == "paused" for face in sla.values()) else "none"
    face = found[1]
    if face.state == "breached":
        return "breached"
    return "near" if (face.percent or 0) >= first_warning else "running"
