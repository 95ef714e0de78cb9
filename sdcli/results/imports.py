"""Tickets that come from another tool, and tickets that are given to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.intake.account import Account
    from sdcli.intake.moved import Moved
    from sdcli.tickets.ticket import Ticket


class Exported(Struct, frozen=True):
    """Tickets, one after the other as they are read."""

    tickets: Iterable[Ticket]
    exit_code: int = DONE


class Rejects(Struct, frozen=True):
    """The file that rows were written to which an import left out; none if there were none."""

    path: str
    rows: int


class BroughtIn(Struct, frozen=True):
    """What became of each ticket of an import; `account`: of the rows of another tool's file.

    `rejects`: where the rows are that were left out, if that was asked for.
    """

    moved: Sequence[Moved]
    dry_run: bool
    account: Account | None = None
    rejects: Rejects | None = None

    @property
    def exit_code(self) -> int:
        """In part, if lines were left out."""
        return PARTLY_DONE if self.account and self.account.left_out else DONE


class Sketched(Struct, frozen=True):
    """A first map for a CSV file, as text."""

    text: str
    exit_code: int = DONE
