"""What is told of a fulfilment: how far it is, what is to be known, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import listed
from sdcli.fulfilment import choose, walk
from sdcli.fulfilment.state import Fulfilment, followed, state_of
from sdcli.fulfilments.offers import Offers
from sdcli.fulfilments.times import Times
from sdcli.policy.procedures import StandardChange
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.fulfilments.asked import Asked
    from sdcli.policy.procedures import Instructions
    from sdcli.results.tickets import Changed
    from sdcli.tickets.fulfilment import Fulfilled
    from sdcli.tickets.ticket import Ticket


class Told:
    """What is told of the fulfilments of an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self._offers = offers or Offers(desk)
        self._times = Times(desk)

    def state(self, ticket: Ticket) -> Fulfilment | None:
        """How far the fulfilment of a ticket is, or what the catalog names for it; else None.

        Files that are wrong just now hinder nobody from looking.
        """
        id_ = followed(ticket)
        if not id_:
            return self._to_follow(ticket)
        what = self._offers.known(id_)
        return state_of(ticket, what, self._desk.now, self._times.expected(ticket, what))

    def unfinished(self, ticket: Ticket) -> Fulfilment | None:
        """How far a walk is that nobody has ended, with its open steps; None if there is none."""
        return self.state(ticket) if walk.running(ticket.standing) else None

    def _to_follow(self, ticket: Ticket) -> Fulfilment | None:
        """What the catalog, or a question, names for a request that nobody has begun."""
        if ticket.status in ("resolved", "closed") or ticket.type != "fulfilment":
            return None
        found = choose.named(self._desk.policy, ticket)
        if found is None:
            return None
        what = self._offers.known(found.id)
        if what is None:
            return Fulfilment(procedure=found.id, state="named")
        return Fulfilment(
            procedure=what.id,
            revision=what.revision,
            kind="standard-change" if isinstance(what, StandardChange) else "procedure",
            title=what.title,
            state="named",
            total=len(what.steps),
            needs_approval=what.authorisation is not None,
        )

    def changed(
        self,
        ticket: Ticket,
        what: Instructions | None,
        notes: Sequence[str],
        code: int,
        *,
        is_new: bool = True,
    ) -> Changed:
        """The ticket after a step, with how far it is and what comes next."""
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere

        return Changed(
            self._desk.see(ticket),
            notes=notes,
            hints=self._hints(ticket, what) if what else (),
            exit_code=code,
            is_new=is_new,
            fulfilment=self.state(ticket),
        )

    def begun_notes(self, ticket: Ticket, what: Instructions, asked: Asked) -> list[str]:
        """What is told at the beginning: the estimate, and what was against it."""
        going = walk.running(ticket.standing) or walk.last(ticket.standing)
        if going is None:
            return []
        started = going.started
        open_ = [name for name, met in started.prerequisites.items() if met == UNKNOWN]
        until = self._times.expected(ticket, what)
        notes = [f"  Warning: {each}." for each in started.warnings]
        if asked.scheduled and (asked.steps or asked.all_done or asked.run):
            notes.append(
                f"  Warning: it is scheduled for {asked.scheduled:%Y-%m-%d %H:%M} UTC, and steps "
                "were taken before that."
            )
        if open_:
            notes.append(f"  Nobody has said whether these are met: {listed(open_)}.")
        if what.on_site:
            notes.append("  Somebody must be there: it cannot be done from afar.")
        for name, text in (("Licences", what.licences), ("Cost", what.cost)):
            notes += [f"  {name}: {' '.join(text.split())}"] if text else []
        if until:
            notes.append(f"  It should be done by {until:%Y-%m-%d %H:%M} UTC.")
        return notes

    def _hints(self, ticket: Ticket, what: Instructions) -> list[str]:
        """What comes next in the walk, or after it."""
        ref, going = ticket.ref, walk.last(ticket.standing)
        if going is None:
            return []
        if going.ended is not None:
            is_over = ticket.status in ("resolved", "closed")
            return _after(ref, what, going.ended.outcome, is_over=is_over)
        texts = list(choose.texts(what))
        total = len(texts)
        number = going.next_of(texts)
        until = self._times.expected(ticket, what)
        eta = f"Next: sdcli eta {ref} {_iso(until)}   # tells the caller when" if until else ""
        is_told = ticket.eta is not None or bool(going.steps)
        first = [] if is_told or not eta else [eta]
        if number is None:
            done = f"Next: sdcli fulfil {ref} --done --user-check yes   # {_short(what)}"
            return [*first, done]
        text = texts[number - 1]
        step = f"Next: sdcli fulfil {ref} --step {number}:done   # step {number} of {total}: {text}"
        runs = what.hook is not None and what.hook.step in (0, number)
        program = f"Next: sdcli fulfil {ref} --run   # its program does this step"
        return [*first, step, *([program] if runs and not going.ran else ())]


def _after(ref: str, what: Instructions, outcome: Fulfilled, *, is_over: bool) -> list[str]:
    """What comes after a walk."""
    if outcome == "fulfilled":
        follow = [f"Next: sdcli follow-up {ref} {_quoted(each)}" for each in what.follow_ups]
        to_resolve = [] if is_over else [f"Next: sdcli resolve {ref} --code fulfilled"]
        return [*to_resolve, *follow]
    if outcome == "failed":
        return [f"Ask {what.owner}, or {what.second_owner}: they answer for {what.id}."]
    return [] if is_over else [f"Next: sdcli fulfil {ref} PROCEDURE   # or --none, if none fits"]


def _quoted(text: str) -> str:
    import shlex  # noqa: PLC0415 - only this hint pays for it

    return shlex.quote(" ".join(text.split()))


def _short(what: Instructions) -> str:
    return " ".join((what.done if isinstance(what, StandardChange) else what.verification).split())


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
