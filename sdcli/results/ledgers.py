"""The desk's files and its ledger: made, examined, kept and moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE, LEDGER_DAMAGED, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.errors import Problem
    from sdcli.ledger.interface import (
        Beat,
        Examination,
        Mended,
        Migrated,
        Prepared,
        Restored,
        Standing,
    )


class Linted(Struct, frozen=True):
    """A desk whose files are all sound, with what was counted.

    `remarks`: what is allowed and worth a look, each with its place.
    """

    counts: Mapping[str, int]
    exit_code: int = DONE
    remarks: Sequence[Problem] = ()


class Started(Struct, frozen=True):
    """A new desk."""

    root: str
    files: int
    exit_code: int = DONE


class Done(Struct, frozen=True):
    """Something that has no more to say than that it was done."""

    said: str
    exit_code: int = DONE


class Examined(Struct, frozen=True):
    """What `doctor` found."""

    examination: Examination

    @property
    def exit_code(self) -> int:
        """7 if anything is wrong."""
        return LEDGER_DAMAGED if self.examination.findings else DONE


class Repaired(Struct, frozen=True):
    """What `doctor --repair` saved."""

    mended: Mended

    @property
    def exit_code(self) -> int:
        """7 if something could not be read."""
        return LEDGER_DAMAGED if self.mended.lost or self.mended.remarks else DONE


class BackedUp(Struct, frozen=True):
    """A backup: its file, and how many tickets are in it."""

    file: str
    tickets: int
    exit_code: int = DONE


class BroughtBack(Struct, frozen=True):
    """A ledger that was restored from a backup."""

    restored: Restored
    exit_code: int = DONE


class LedgerPrepared(Struct, frozen=True):
    """A ledger that is ready to be used; `prepared` is None where nothing is needed for that."""

    place: str
    prepared: Prepared | None
    exit_code: int = DONE


class LedgerMigrated(Struct, frozen=True):
    """A ledger of this program's version; `migrated` is None where that comes by itself."""

    place: str
    migrated: Migrated | None
    exit_code: int = DONE


class OtherHome(Struct, frozen=True):
    """A ledger that the desk has and does not use; `moved`: a mark says that it has moved here."""

    place: str
    tickets: int
    moved: bool


class LedgerStatus(Struct, frozen=True, kw_only=True):
    """How the ledger is, who uses it, and what waits here.

    Args:
        levels: the hash of today's service levels; `levels_kept`: whether the ledger has them.
        last_check: the newest check of the clocks; `age_s`: how long ago.
        quarantined, spooled: inputs that could not be read, and alerts that wait for the server.
        other: the ledger in the desk's folder, where the desk uses one on a server.
    """

    standing: Standing
    levels: str
    levels_kept: bool
    last_check: Beat | None
    age_s: int | None
    quarantined: int
    spooled: int
    other: OtherHome | None
    exit_code: int = DONE


class LedgerCopied(Struct, frozen=True, kw_only=True):
    """A ledger that holds what another one holds.

    Args:
        tickets, events: how many there are in the target, by reading it.
        hash_source, hash_target: the SHA-256 of all tickets and events of each.
        new, further: tickets that were brought, and tickets that got further events.
        files, levels: what was brought beside; `missing`: what could not be.
        next: the next reference in the target.
        retired: the source takes no changes any more.
        settled: nothing was recorded in the source since it was read.
    """

    source: str
    target: str
    tickets: int
    events: int
    hash_source: str
    hash_target: str
    new: int
    further: int
    files: int
    levels: int
    missing: Sequence[str]
    next: str
    retired: bool
    settled: bool

    @property
    def is_equal(self) -> bool:
        """Whether both hold the same."""
        return self.hash_source == self.hash_target

    @property
    def exit_code(self) -> int:
        """8 if something is missing in the target."""
        whole = self.is_equal and self.settled and not self.missing
        return DONE if whole else PARTLY_DONE
