"""The spool: what cannot reach the ledger is kept on this machine, and taken in later, once.

What arrives while something waits goes behind it, so that an alert never overtakes its recovery.
It is recorded as having happened when it arrived. Whether it was recorded before is told by the
act of its events, within the unit of work that would record it again: so it is taken in once,
wherever the process that delivered it ended.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.arrivals import Arrivals
from sdcli.errors import (
    IllegalStepError,
    LateEntryError,
    LedgerBusyError,
    NoLedgerError,
    NotFoundError,
    NothingTakenError,
    OutcomeUnknownError,
    RefusedError,
    SdcliError,
    UnfinishedError,
)
from sdcli.intake.items import keyed, linked, with_defaults
from sdcli.intake.outcome import Outcome
from sdcli.intake.spool import Spooled, SpoolFolder, Waiting
from sdcli.ledger.again import wholly_again
from sdcli.results.intake import Delivery
from sdcli.tickets.base import act_name
from sdcli.tickets.event import act_of
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.desk import Desk
    from sdcli.intake.before import Before
    from sdcli.intake.items import Item, RequestItem
    from sdcli.results.tickets import Seen

_AWAY = (UnfinishedError, LedgerBusyError, OutcomeUnknownError)
"""What keeps something from the ledger for now; everything else is an answer."""


class Spool:
    """Takes in by way of the spool of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._folder = SpoolFolder(desk.ledger_folder)
        self._away = ""  # why the ledger was out of reach a moment ago

    def look_before(self, item: RequestItem) -> Before:
        """What is there before a request is opened; nothing is, if the ledger is out of reach."""
        from sdcli.intake.before import Before  # noqa: PLC0415 - only what is typed

        try:
            return Arrivals(self._desk).look_before(item)
        except _AWAY as error:
            self._away = error.message
            return Before()

    def piped(self, raw: bytes, form: str | None, key: str, said: RequestItem) -> Spooled:
        """What was piped in now, with what the options say of it."""
        stamp = self._desk.stamp
        return Spooled(
            act=self._act, at=stamp.at, by=stamp.by, request=said, raw=raw, form=form or "", key=key
        )

    def typed(self, item: RequestItem, way: str, ref: str, shown: Sequence[str]) -> Spooled:
        """A request that was typed now, and where it belongs."""
        stamp, key = self._desk.stamp, item.idempotency_key
        return Spooled(
            act=self._act,
            at=stamp.at,
            by=stamp.by,
            request=item,
            key=key,
            way=way,
            ref=ref,
            shown=tuple(shown),
        )

    @property
    def _act(self) -> int:
        """The act of this command: what it has tried to record already belongs to it too."""
        return self._desk.stamp.act or 0

    def take_in(self, spooled: Spooled) -> list[tuple[Outcome, Seen | None]]:
        """Record it, or keep it if the ledger is out of reach; what waits is recorded first.

        Raises:
            SpoolFullError: it could neither reach the ledger nor be kept.
            SdcliError: it was refused, or cannot be read.
        """
        if self._desk.rehearses:
            return Arrivals(self._desk).see_all(self._recorded(self._desk, spooled))
        if self._away:
            return [(self._kept(replace(spooled, why=self._away)), None)]
        if self._folder.paths():
            return self._behind(spooled)
        try:
            return Arrivals(self._desk).see_all(self._alone(spooled))
        except _AWAY as error:
            return [(self._kept(replace(spooled, why=error.message)), None)]

    def _behind(self, spooled: Spooled) -> list[tuple[Outcome, Seen | None]]:
        """Keep it behind what waits, and try to record them all."""
        kept = self._kept(replace(spooled, why="Others wait before it."))
        name = os.path.basename(kept.file)
        for each in self.deliver():
            if os.path.basename(each.file) == name and each.refused:
                raise RefusedError(each.refused)
            if os.path.basename(each.file) == name and not each.away:
                return list(each.outcomes)
        return [(kept, None)]

    def _kept(self, spooled: Spooled) -> Outcome:
        return Outcome(
            action="spooled",
            key=spooled.key,
            rule="unreachable",
            reason=f"it is taken in when the ledger is in reach. {spooled.why}",
            file=self._folder.keep(spooled),
        )

    def waiting(self) -> list[Waiting]:
        """What waits, the oldest first."""
        return self._folder.waiting()

    def deliver(self) -> list[Delivery]:
        """Take in what waits, in order, as far as the ledger is in reach.

        Nothing if another process does it at the moment. What is refused is put aside and told, so
        that nothing waits behind it.

        Raises:
            SdcliError: what waits cannot be judged: a file of the desk is wrong, say.
        """
        done: list[Delivery] = []
        if not self._folder.paths():
            return done
        with self._folder.alone() as is_mine:
            while is_mine and (paths := self._folder.paths()):
                for path in paths:
                    delivery = self._delivered(path)
                    done.append(delivery)
                    if delivery.away:
                        return done
        return done

    def deliver_quietly(self) -> None:
        """As `deliver`, and nothing stops whoever calls: what goes wrong is told."""
        try:
            for each in self.deliver():
                if each.refused:
                    self._desk.tell(f"What waited in {each.file} was refused: {each.refused}")
        except SdcliError as error:
            self._desk.tell(f"What waits in the spool was not taken in: {error.message}")

    def _delivered(self, path: str) -> Delivery:
        spooled = self._folder.read(path)
        if spooled is None:
            refused = "the file cannot be read"
            return Delivery(self._folder.set_aside(path), None, "", refused=refused)
        at, by = spooled.at, spooled.by
        try:
            outcomes = Arrivals(self._desk).see_all(self._once(spooled))
        except _AWAY as error:
            return Delivery(path, at, by, away=error.message)
        except (NothingTakenError, NoLedgerError):
            raise
        except (RefusedError, NotFoundError) as error:
            return Delivery(self._folder.set_aside(path), at, by, refused=error.message)
        self._folder.remove(path)
        return Delivery(path, at, by, outcomes)

    def _once(self, spooled: Spooled) -> list[Outcome]:
        """What became of it, when it happened; or as of now, if it does not fit in there."""
        try:
            return self._unless_recorded(self._acting(spooled, is_late=True), spooled)
        except (LateEntryError, IllegalStepError):
            return self._unless_recorded(self._acting(spooled, is_late=False), spooled)

    def _acting(self, spooled: Spooled, *, is_late: bool) -> Desk:
        happened = spooled.at if is_late else None
        return self._desk.deferred(by=spooled.by, act=spooled.act, happened=happened)

    @wholly_again
    def _alone(self, spooled: Spooled) -> list[Outcome]:
        """Record it for the first time: who delivers it later waits until it is decided."""
        with self._desk.together(act=spooled.act):
            return self._recorded(self._desk, spooled)

    @wholly_again
    def _unless_recorded(self, desk: Desk, spooled: Spooled) -> list[Outcome]:
        """Record it, unless its act is in the ledger: looked for while all that it needs is held."""
        with desk.together(act=spooled.act) as unit:
            outcomes = self._recorded(desk, spooled)
            added = unit.added()
            if any(event.entered and event.at < ticket.opened_at for ticket, event in added):
                raise LateEntryError("It", str(spooled.at), "its ticket was opened later.")
            new = {event.id for _, event in added}
            act = act_name(spooled.act)
            query = Query(
                statuses=STATUSES, touched_since=spooled.at, record="", void=True, act=act
            )
            for ticket in unit.find(query):
                if any(act_of(each) == act and each.id not in new for each in ticket.events):
                    unit.abandon()
                    return [
                        Outcome(
                            action="deduped",
                            ticket=desk.ledger.get(ticket.ref),
                            key=spooled.key,
                            rule="delivered",
                            reason="it was recorded already",
                        )
                    ]
            return outcomes

    @staticmethod
    def _recorded(desk: Desk, spooled: Spooled) -> list[Outcome]:
        """Record it as the desk would that it had come to."""
        if spooled.raw is None:
            return _typed(desk, spooled)
        found: list[Item] = [
            each.item for each in Arrivals(desk).read(spooled.raw, spooled.form or None)
        ]
        items = keyed(found, spooled.key)
        return Arrivals(desk).take_in([with_defaults(each, spooled.request) for each in items])


def _typed(desk: Desk, spooled: Spooled) -> list[Outcome]:
    item, shown = spooled.request, spooled.shown
    if spooled.way in ("add_to", "me_too"):
        me_too = spooled.way == "me_too"
        return [Arrivals(desk).join(item, spooled.ref, me_too=me_too, shown=shown)]
    if spooled.way == "same_as":
        item = linked(item, spooled.ref)
    return Arrivals(desk).take_in([item], shown)
