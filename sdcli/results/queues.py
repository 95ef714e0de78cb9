"""What lies in the queues, who has how much, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.insight.load import PersonLoad, QueueLoad
    from sdcli.results.tickets import Seen
    from sdcli.sla.colour import Colour
    from sdcli.triage.next_up import Choice


class QueuesShown(Struct, frozen=True):
    """What lies in each queue, by tier, as of `now` (R3d2.1c)."""

    rows: Sequence[QueueLoad]
    now: datetime
    exit_code: int = DONE


class QueueShown(Struct, frozen=True):
    """What lies in one queue, the most pressing first, as of `now` (R3d2.1c).

    `tickets`: each with how pressing its clocks are, and whether its tier has tried for too long.
    `needs`: the checklist of what the team must know.
    """

    row: QueueLoad
    tickets: Sequence[tuple[Seen, Colour, bool]]
    needs: Mapping[str, str]
    now: datetime
    exit_code: int = DONE


class NextUp(Struct, frozen=True, kw_only=True):
    """The ticket that somebody should work on now, and why (R2c.2a).

    Args:
        queues: those in which it was looked for, beside what `person` has.
        chosen: None if there is nothing to do; `seen`: the ticket as it stands.
        behind: how many more they could work on.
        is_taken: it was accepted just now.
        lacking: the items of its queue's checklist that nobody has said, with what each means.
    """

    person: str
    queues: Sequence[str]
    chosen: Choice | None
    seen: Seen | None
    behind: int = 0
    is_taken: bool = False
    lacking: Mapping[str, str] = {}
    exit_code: int = DONE


class Workload(Struct, frozen=True, kw_only=True):
    """Who has how much, or which queue; minutes are those booked `since` then (R6.5)."""

    by: Literal["person", "queue"]
    people: Sequence[PersonLoad]
    queues: Sequence[QueueLoad]
    since: datetime
    now: datetime
    exit_code: int = DONE
