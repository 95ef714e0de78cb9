"""Histories from other tools: their CSV files into tickets of one desk, by a map (T25).

What `sdcli import --from csv` calls. The map is read by `sdcli.policy.imports`, the rows by
`sdcli.intake.replay`, and what they tell is recorded as any other import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from sdcli.arrivals import Arrivals
from sdcli.results.imports import BroughtIn, Rejects

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.desk import Desk
    from sdcli.intake.replay import Here, Replay
    from sdcli.policy.imports import ImportMap, MapFile


class Replaying:
    """The histories that come to an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def map(self, raw: bytes, name: str) -> MapFile:
        """The map that a file holds.

        Raises:
            MapError: it is wrong; every problem found is named.
        """
        from sdcli.policy.imports import read_map  # noqa: PLC0415 - imports YAML

        return read_map(raw, name, self._desk.policy.vocabulary)

    def read(
        self,
        file: BinaryIO,
        name: str,
        map_file: MapFile,
        *,
        keep_going: bool,
        keeps_rows: bool = False,
        progress: Callable[[int], None],
    ) -> Replay:
        """What the rows of a file tell; with `keeps_rows`, also those that are left out.

        Raises:
            ImportFileError: lines cannot be taken; all of them are listed.
            MapError: the map does not fit the file.
        """
        from sdcli.intake.replay import replay  # noqa: PLC0415 - only what comes from elsewhere

        here = self._here()
        return replay(
            file,
            name,
            map_file,
            here,
            keep_going=keep_going,
            keeps_rows=keeps_rows,
            progress=progress,
        )

    def bring(
        self, found: Replay, *, dry_run: bool, progress: Callable[[int, int], None]
    ) -> BroughtIn:
        """Record it, or say what would be."""
        moved = Arrivals(self._desk).bring_in(found.arrivals, dry_run=dry_run, progress=progress)
        return BroughtIn(moved, dry_run, found.account(moved))

    def set_apart(self, brought: BroughtIn, found: Replay, how: ImportMap, path: str) -> BroughtIn:
        """Write the rows that were left out to a file, if there are any; the same with its name.

        Raises:
            MachineError: it cannot be written; the import stands.
        """
        from sdcli.intake.rejects import content, write  # noqa: PLC0415 - few ask for it

        if found.rejects:
            write(path, content(found.header, found.rejects, how))
        return replace(brought, rejects=Rejects(path, len(found.rejects)))

    def _here(self) -> Here:
        from sdcli.intake.course import House  # noqa: PLC0415 - as above
        from sdcli.intake.replay import Here  # noqa: PLC0415
        from sdcli.policy.imports import words  # noqa: PLC0415

        policy = self._desk.policy
        house = House(
            policy.teams.desk.queue,
            {name: queue.tier for name, queue in policy.teams.queues.items()},
            policy.sla.matrix.priority,
        )
        services = policy.catalog.services
        return Here(house, services, words(policy.vocabulary), self._desk.now)
