"""The walk through a procedure on one desk, from its beginning to its end.

What `sdcli fulfil` calls (R3b.1, R3b.2, R3c2.1-R3c2.4). The rules are in `sdcli.fulfilment`; programs
are started by `sdcli.fulfilments.program`, while nothing is locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.errors import DONE, PARTLY_DONE, RefusedError
from sdcli.fulfilment import choose, walk
from sdcli.fulfilment.legal import (
    follows_already,
    follows_none,
    require_at_work,
    require_going_on,
    require_nothing,
    still,
)
from sdcli.fulfilments.beginning import Beginning
from sdcli.fulfilments.leave import Leave
from sdcli.fulfilments.offers import Offers
from sdcli.fulfilments.program import Program, ran_note, stands
from sdcli.fulfilments.search import MOST_FOUND, Search, Sought
from sdcli.fulfilments.times import Times
from sdcli.fulfilments.told import Told
from sdcli.tickets.event import Edition
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.fulfilment.walk import Verified, Walk
    from sdcli.fulfilments.asked import Asked
    from sdcli.policy.procedures import Instructions
    from sdcli.results.tickets import Changed
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


class Walks:
    """The walks on an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self.offers = offers or Offers(desk)
        self._times = Times(desk)
        self._leave = Leave(desk)
        self._told = Told(desk, self.offers)
        self._search = Search(desk, self.offers)
        self._beginning = Beginning(desk)
        self._program = Program(desk, self.offers)

    def fulfil(self, ref: str, asked: Asked) -> Changed:
        """Begin to follow a procedure, go on with it, or end it, as far as is asked for.

        All is recorded together; where a program is started, what comes before it is recorded
        first, and what comes after it afterwards, so that nothing is locked while it runs.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, procedure, prerequisite.
            RefusedError: the state, the procedure, or somebody's right does not allow it.
            DataFileError: its file is wrong.
        """
        ticket = self._search.to_follow_on(ref, runs=asked.run)
        if asked.run:
            self._program.require_outside()
        if asked.none:
            return self._none(ticket, asked.reason)
        going = walk.running(ticket.standing)
        if going is None:
            sought = self._sought_by(ticket, asked)
            if sought.what is None:
                return self._none(ticket, asked.reason, sought.query)
        else:
            self._require_same(ticket, going, asked)
            if asked.end in ("failed", "abandoned") and not (asked.steps or asked.all_done):
                return self._left(ticket, going, asked)
            sought = Sought("", (), self.offers.followed(ticket, going), going=going)
        return self._walked(ticket, sought, asked)

    def _sought_by(self, ticket: Ticket, asked: Asked) -> Sought:
        """What is to be begun by what was typed.

        Raises:
            RefusedError: it can only be meant for a walk, and there is none; or it is not sure.
        """
        is_left = asked.end in ("failed", "abandoned") and not asked.begins
        if asked.goes_on or is_left:
            raise follows_none(ticket)
        try:
            sought = self._search.sought(ticket, asked.procedure)
        except RefusedError as error:
            if asked.is_more and not asked.procedure:
                error.also(f"{ticket.ref} follows no procedure.")
            raise
        if sought.what is None and asked.is_more:
            raise follows_none(ticket)
        return sought

    def _left(self, ticket: Ticket, seen: Walk, asked: Asked) -> Changed:
        """End a walk without success; its file need not be there any more."""
        if asked.end is None:
            raise TypeError("nobody has said how it ends")
        outcome = asked.end

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            require_going_on(now)
            going = still(now, seen)
            return walk.end(stamp, going, outcome, asked.verified, ref=now.ref, texts=())

        after = self._desk.change(ticket.ref, step)
        going = walk.last(after.standing)
        what = self.offers.known(going.procedure.id) if going else None
        return self._told.changed(after, what, (), DONE)

    def _walked(self, ticket: Ticket, sought: Sought, asked: Asked) -> Changed:
        what = sought.what
        if what is None:
            raise TypeError("there is nothing to follow")
        begins = sought.going is None
        if asked.run:
            return self._walked_by_program(ticket, what, sought, asked)
        after = self._change(ticket, what, sought, asked)
        notes = self._told.begun_notes(after, what, asked) if begins else []
        is_new = len(after.events) > len(ticket.events)
        if not is_new:
            notes.append(f"{ticket.ref} follows {what.id} already.")
        return self._told.changed(after, what, notes, DONE, is_new=is_new)

    def _walked_by_program(
        self, ticket: Ticket, what: Instructions, sought: Sought, asked: Asked
    ) -> Changed:
        """The same where its program is started: in between, while nothing is locked."""
        notes: list[str] = []
        hook, command = self._program.require_runnable(ticket, what)
        ticket, started = self._program.start(ticket, what, sought, asked, command)
        if sought.going is None:
            notes += self._told.begun_notes(ticket, what, asked)
        ticket, ran = self._program.ran(ticket, what, hook, started)
        notes.append(ran_note(what, ran))
        ok = ran.exit_code == 0
        at_work = ticket.status in LIFECYCLE["hook_ran"]
        is_going = at_work and walk.running(ticket.standing) is not None
        if not is_going:
            notes.append(
                f"  Meanwhile {ticket.ref} has come to {stands(ticket)}: what the program did is "
                "on record."
            )
        more = asked.steps or asked.all_done or asked.end
        if ok and is_going and more:
            going = walk.running(ticket.standing)
            ticket = self._change(ticket, what, sought._replace(going=going), asked)
        elif more:
            why = "the program did not end well" if is_going else "nothing is followed any more"
            notes.append(f"  Nothing else was recorded: {why}.")
        return self._told.changed(ticket, what, notes, DONE if ok and is_going else PARTLY_DONE)

    def _change(
        self,
        ticket: Ticket,
        what: Instructions,
        sought: Sought,
        asked: Asked,
    ) -> Ticket:
        """Record what is asked for, judged by the ticket as it is by then."""

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            events = self._beginning.events(now, stamp, sought, what, asked)
            if asked.is_more:
                self._leave.require(now, what)
            return (*events, *self._go_on((*now.standing, *events), stamp, what, asked, now.ref))

        return self._desk.change(ticket.ref, step)

    def _go_on(
        self,
        events: Sequence[AnyEvent],
        stamp: Stamp,
        what: Instructions,
        asked: Asked,
        ref: str,
    ) -> tuple[AnyEvent, ...]:
        """The events of the steps that were taken, and of the end."""
        going = walk.running(events)
        if going is None:
            raise TypeError(f"{ref} follows nothing")
        texts = list(choose.texts(what))
        done = list(asked.steps)
        said = {each.number for each in done}
        if asked.all_done:
            left = walk.remaining(going, texts)
            done += [each for each in left if each.number not in said]
        new = walk.step(stamp, going, texts, done, ref=ref, minutes=asked.minutes)
        if asked.end is None:
            return new
        after = walk.running((*events, *new)) or going
        verified = self._verified(ref, after, asked, stamp)
        ended = walk.end(stamp, after, asked.end, verified, ref=ref, texts=texts)
        return (*new, *ended)

    def _verified(self, ref: str, going: Walk, asked: Asked, stamp: Stamp) -> Verified:
        """What is said at the end; whether it was in time is reckoned where nobody says it."""
        said = asked.verified
        if said.in_time != UNKNOWN or asked.end != "fulfilled":
            return said
        estimate = going.started.estimate_s
        if not estimate:
            return said
        time = self._times.of(self._desk.ledger.get(ref), None)
        took = time.between(_seconds(going.begins), _seconds(stamp.at))
        return replace(said, in_time="yes" if took <= estimate else "no")

    def _require_same(self, ticket: Ticket, going: Walk, asked: Asked) -> None:
        own = going.procedure.id
        if asked.procedure and asked.procedure.casefold() != own.casefold():
            raise follows_already(ticket, going, asked.procedure)
        if asked.scheduled:
            raise RefusedError(
                f"{ticket.ref} has begun {own} already: --at belongs to the beginning. `sdcli "
                f"fulfil {ticket.ref}` without it goes on.",
                ref=ticket.ref,
                procedure=own,
            )

    def _none(self, ticket: Ticket, reason: str, query: str = "") -> Changed:
        """Say that no procedure fits: what asked for something offered asks for something new.

        Raises:
            RefusedError: a procedure is being followed, or it is of another type.
        """
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere
        from sdcli.triage.classify import decide  # noqa: PLC0415 - only what nothing fits
        from sdcli.triage.wish import Wish  # noqa: PLC0415 - as above

        require_nothing(ticket)
        if ticket.type in ("incident", "information"):
            raise RefusedError(
                f"No procedure fits {ticket.ref}, and it stays of type {ticket.type}: only a "
                f"request for something offered becomes one for something new. `sdcli classify "
                f"{ticket.ref}` changes what it is.",
                ref=ticket.ref,
                type=ticket.type,
            )
        policy = self._desk.policy
        hits = () if query else self._search.hits(ticket)[:MOST_FOUND]
        found = tuple(Edition(hit.id, hit.revision) for hit in hits)
        why = reason or "no procedure fits it"
        discovered = "" if ticket.type == UNKNOWN else UNKNOWN

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            require_at_work(now)
            require_nothing(now)
            looked = walk.seek(stamp, query or now.summary, found, "", now.standing)
            if now.type == "new-service":
                return looked
            wish = Wish(type_="new-service", reason=why, discovered=discovered)
            return (*looked, *decide(now, stamp, policy=policy, wish=wish))

        after = self._desk.change(ticket.ref, step)
        is_same = ticket.type == "new-service"
        note = "It asks for something new" + (" already." if is_same else " by now.")
        return Changed(
            self._desk.see(after),
            notes=[note],
            hints=[f"Next: sdcli rfc {ticket.ref}   # asks change control for it"],
            fulfilment=self._told.state(after),
        )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
