"""Counting what may still change, without looking again at what has not.

Of each open ticket its facts are kept, under the mark that tells whether it has changed, with how
long they last: a clock that runs breaks its promise at an instant that is known. Of each block of
tickets that has not changed at all its counts are kept, too, for the period that was asked for; what
they hold of the instant of counting is the age of the backlog, and by how much that has grown is
known. So the same report again reads the tickets that have changed, and another one no tickets
but these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.insight.facts import FOREVER
from sdcli.insight.kept import Asked, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.insight.kept import Kept
    from sdcli.insight.measured import Sheet
    from sdcli.ledger.interface import Block
    from sdcli.tickets.ticket import Ticket

_WORTH = 100
"""The counts of fewer tickets are made of their facts as fast as they are read."""


class Still:
    """Counts blocks of tickets at one instant.

    Args:
        kept: what was found out before.
        know: gives what is known of a ticket, by its number and mark; None if it was not there.
        blank: gives a sheet on which nothing is counted.
        now: the instant, in seconds of UTC; `until`: when the period ends; `since`: what was closed
            and not touched after it counts no more.
        grounds: what facts depend on beside their tickets; `asked`: what counts do, with that.
        keeps: whether facts are kept: not those of a time that is over, instead of those of now.
    """

    def __init__(
        self,
        kept: Kept,
        know: Callable[[Ticket, int, bytes], Known | None],
        *,
        blank: Callable[[], Sheet],
        now: int,
        since: int,
        until: int,
        grounds: str,
        asked: str,
        keeps: bool,
    ) -> None:
        self._kept, self._know, self._blank = kept, know, blank
        self._now, self._since, self._until = now, since, until
        self._grounds, self._asked, self._keeps = grounds, asked, keeps

    def count(self, block: Block, sheet: Sheet) -> None:
        """Put what there is to count of a block on a sheet."""
        is_worth = block.rows >= _WORTH
        name = f"{block.ledger} {block.name()}" if is_worth else ""
        found = self._kept.asked(block.number, self._asked) if is_worth else None
        if found and found.name == name and found.at <= self._now < found.until:
            sheet.put(found.counted, found.at)
            return
        known = self._facts(block, block.marks())
        own = self._blank() if is_worth else sheet
        for _, each in sorted(known.items()):
            if each is not None and not (each.is_closed and each.touched < self._since):
                own.stood(each.stood)
                if each.fact:
                    own.take(each.fact)
        if own is sheet:
            return
        counted = own.counted()
        sheet.put(counted)
        lasts = self._lasts(known)
        if lasts > self._now:
            self._kept.ask(block.number, self._asked, Asked(name, self._now, lasts, counted))

    def _lasts(self, known: Mapping[int, Known | None]) -> int:
        """Until when counts of these are what they are; 0 if they may be others already.

        What a clock breaks when the period is over counts in another one.
        """
        if any(each is None or each.since > self._now for each in known.values()):
            return 0
        if self._until <= self._now:
            return FOREVER
        return min((each.until for each in known.values() if each), default=FOREVER)

    def _facts(self, block: Block, marks: Mapping[int, bytes]) -> dict[int, Known | None]:
        """What is known of each ticket of a block: what was kept, and for the others found out now."""
        grounds = f"{block.ledger} {self._grounds}"
        kept = self._kept.known(block.number, grounds)
        found: dict[int, Known | None] = {
            number: each
            for number, mark in marks.items()
            if (each := kept.get(number)) and each.holds(mark, self._now)
        }
        missing = [number for number in marks if number not in found]
        if not missing:
            return found
        # What is not given is no request.
        known = found | {each: Known(each, marks[each], 0, FOREVER, None) for each in missing}
        for ticket in block.tickets(missing):
            number = int(ticket.ref.rpartition("-")[2])
            known[number] = self._know(ticket, number, marks[number])
        if self._keeps:
            lasting = [each for each in known.values() if each and each.since <= self._now]
            self._kept.know(block.number, grounds, lasting)
        return known
