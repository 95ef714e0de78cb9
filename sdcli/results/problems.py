"""Problems, and incidents that may have one (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.insight.recurring import Candidate as ProblemCandidate
    from sdcli.tickets.ticket import Ticket


class ProblemChanged(Struct, frozen=True):
    """A problem after a step (R3d1.7); `notes` are sentences about what else happened.

    Args:
        action: `created`, or `deduped` if it was there; empty where nothing was to be opened.
        is_new: whether anything was recorded on it.
        told: the linked tickets that were told of it.
        hints: what to do next beside what usually comes.
        act: what this command has recorded, as `Seen` has it.
    """

    problem: Ticket
    action: str = ""
    notes: Sequence[str] = ()
    is_new: bool = True
    told: Sequence[str] = ()
    hints: Sequence[str] = ()
    exit_code: int = DONE
    act: str = ""


class ProblemShown(Struct, frozen=True):
    """Everything about one problem, with its incidents as they stand `now`."""

    problem: Ticket
    incidents: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """When the first and the last of its incidents were opened."""
        times = [each.opened_at for each in self.incidents]
        return min(times, default=None), max(times, default=None)


class ProblemsListed(Struct, frozen=True):
    """Problems, the most pressing first, as they stand `now`."""

    rows: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE


class CandidatesFound(Struct, frozen=True):
    """Incidents that came at least `fewest` times since then and have no problem, in groups."""

    rows: Sequence[ProblemCandidate]
    since: datetime | None
    fewest: int
    exit_code: int = DONE
