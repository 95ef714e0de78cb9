"""What became of what came in: typed by a person, in a stream, or kept for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE, LEDGER_BUSY, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.intake.before import Before
    from sdcli.intake.formats import Fit, Reading
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.intake.spool import Waiting as InSpool
    from sdcli.results.tickets import Seen
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange


class Opened(Struct, frozen=True):
    """What became of one request typed by a person; `before` is what was there already.

    `changes`: the recent ones that touch it (R2a.4a); `notes`: what speaks against its type.
    """

    outcome: Outcome
    seen: Seen | None
    before: Before | None = None
    exit_code: int = DONE
    changes: Sequence[RecentChange] = ()
    notes: Sequence[str] = ()


class TakenIn(Struct, frozen=True):
    """What became of each item of a stream."""

    outcomes: Sequence[tuple[Outcome, Seen | None]]

    @property
    def exit_code(self) -> int:
        """8 if something could not be read and was kept."""
        kept = any(outcome.action == "quarantined" for outcome, _ in self.outcomes)
        return PARTLY_DONE if kept else DONE


class Tried(Struct, frozen=True):
    """What a stream would give, each with the formats that fit it, the one that is taken first."""

    readings: Sequence[tuple[Reading, Sequence[Fit]]]
    exit_code: int = DONE


class TakenAgain(Struct, frozen=True):
    """What became of each file of the quarantine."""

    files: Sequence[tuple[Retried, Sequence[tuple[Outcome, Seen | None]]]]

    @property
    def exit_code(self) -> int:
        """8 if something stays."""
        return PARTLY_DONE if any(each.stays for each, _ in self.files) else DONE


class Delivery(Struct, frozen=True):
    """What became of a file of the spool.

    Args:
        file: its path; where it was put, if it was refused.
        at: when it had happened, in UTC; `by`: who acted.
        outcomes: what it became.
        refused: why it will never be taken in; `away`: why it still waits.
    """

    file: str
    at: datetime | None
    by: str
    outcomes: Sequence[tuple[Outcome, Seen | None]] = ()
    refused: str = ""
    away: str = ""


class Delivered(Struct, frozen=True):
    """What a run over the spool did, and what waits after it."""

    deliveries: Sequence[Delivery]
    waiting: Sequence[InSpool]

    @property
    def exit_code(self) -> int:
        """6 if the ledger was out of reach, 8 if something was refused or could not be read."""
        if any(each.away for each in self.deliveries):
            return LEDGER_BUSY
        refused = any(each.refused for each in self.deliveries)
        outcomes = [outcome for each in self.deliveries for outcome, _ in each.outcomes]
        kept = any(outcome.action == "quarantined" for outcome in outcomes)
        return PARTLY_DONE if refused or kept else DONE


class Explained(Struct, frozen=True):
    """What a ticket has counted of monitoring's events, and by which rules."""

    ticket: Ticket
    exit_code: int = DONE
