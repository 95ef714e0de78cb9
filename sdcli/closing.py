"""How the tickets of one desk come to their end: confirmed, closed by policy, taken up again.

What `sdcli close`, `sdcli resolve`, `sdcli reopen` and `sdcli sla-check` call (R4.1-R4.5a, R5a.1,
R3d1.6). What is said on closing is in `sdcli.tickets.closing`, when a request is closed by itself
in `sdcli.sla.unconfirmed`.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sdcli.desk import fitting
from sdcli.errors import DataFileError, RefusedError, SdcliError, listed
from sdcli.ledger.again import wholly_again
from sdcli.tickets import closing, steps
from sdcli.tickets.closing import HOW, NOTHING, OPTIONS, Said
from sdcli.tickets.event import FulfilmentStarted
from sdcli.tickets.relations import OWED, require_unmerged, still_open
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.desk import Desk
    from sdcli.intake.outcome import Outcome
    from sdcli.ledger.interface import Writer
    from sdcli.policy.process import Closing
    from sdcli.tickets.event import AnyEvent, ArticleUse, Edition, Stamp
    from sdcli.tickets.ticket import Ticket

_NOBODY: Mapping[str, tuple[str, ...]] = {}


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody says on closing.

    Args:
        code: how it was solved; None if that was said on resolving.
        confirmed_by, via: who confirmed it, and how; or `unconfirmed`: why nobody did.
        articles: what articles did.
        said: what else is said of it; `evidence`: what shows that the service works again (R4.2).
        outage: the planned outage or change that it came from (R3d1.3).
    """

    code: str | None = None
    confirmed_by: str = ""
    via: str = ""
    unconfirmed: str = ""
    note: str = ""
    articles: tuple[ArticleUse, ...] = ()
    said: Said = NOTHING
    evidence: str = ""
    outage: str = ""

    def answered(self, answers: Answers) -> Wish:
        """The same with what a person was asked for."""
        return replace(
            self,
            said=replace(self.said, **answers.said),
            evidence=answers.evidence or self.evidence,
            articles=self.articles + answers.articles,
        )


class Answers(Struct, frozen=True, kw_only=True):
    """What somebody answered: fields by name, what shows that it works, what articles did."""

    said: dict[str, Any] = {}
    evidence: str = ""
    articles: tuple[ArticleUse, ...] = ()


class Open(NamedTuple):
    """What a closure leaves open.

    Args:
        fields: what to ask for.
        evidence: nothing shows that the service works again.
        articles: those of which nobody said what they did.
        benefit: nobody said whether the caller has what they asked for (R4.4).
    """

    fields: tuple[str, ...] = ()
    evidence: bool = False
    articles: tuple[Edition, ...] = ()
    benefit: bool = False


class Closings:
    """The ends of the tickets of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._closed: dict[str, Ticket] = {}  # by policy, in this unit of work

    def rules(self, ticket: Ticket) -> Closing:
        """What closing a ticket of this type needs."""
        from sdcli.policy.process import Closing  # noqa: PLC0415 - a desk may have no rules

        return self._desk.process.closing.get(ticket.type, Closing())

    def to_ask(self, ref: str, wish: Wish) -> tuple[Ticket, Open]:
        """What a person can be asked before a ticket is closed; nothing is locked.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it cannot be closed anyhow.
        """
        ticket = self._desk.ledger.get(ref)
        require_unmerged(ticket)
        if ticket.is_closed or ticket.is_problem:
            steps.require("closed", ticket)
        self._require_nothing_owed(ticket)
        steps.require_closure(ticket, wish.code, wish.confirmed_by, wish.via, wish.unconfirmed)
        rules = self.rules(ticket)
        fields = (*rules.demand, *rules.ask)
        open_ = closing.unsaid(ticket, tuple(dict.fromkeys(fields)), wish.said, wish.articles)
        unshown = bool(fields) and not (wish.evidence or closing.is_shown_to_work(ticket))
        articles = closing.unjudged(ticket) if "articles" in open_ else ()
        asks = ticket.type == "fulfilment" and closing.benefit(ticket) != "yes"
        return ticket, Open(open_, unshown, articles, bool(fields) and asks)

    def close(
        self, ref: str, wish: Wish, tell: Mapping[str, tuple[str, ...]] = _NOBODY
    ) -> tuple[Ticket, list[str]]:
        """Close a ticket, and tell whom an article concerns that made things worse; what is to be said of it beside its events (R4.5, R4.5a, R5a.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: something that the desk demands is not said, or a follow-up is open.
        """
        notes: list[str] = []

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            if not ticket.is_closed and not ticket.is_problem:
                self._require_nothing_owed(ticket)
                notes.extend(self._left(ticket, wish))
            rules = self.rules(ticket)
            missing = closing.unsaid(ticket, rules.demand, wish.said, wish.articles)
            closed = steps.close(
                ticket,
                stamp,
                code=wish.code,
                confirmed_by=wish.confirmed_by,
                via=wish.via,
                unconfirmed=wish.unconfirmed,
                note=wish.note,
                articles=wish.articles,
                tell=tell,
                must_look=self._desk.policy.must_look,
                outage=wish.outage,
                said=closing.completed(wish.said, rules.ask),
                missing=self._demanded(missing, rules),
            )
            return (*closing.resumed(stamp, wish.evidence), *closed)

        ticket = self._desk.change(ref, step)
        return ticket, [*notes, *needs(self._desk, ticket), *self._unfinished(ticket)]

    def _unfinished(self, ticket: Ticket) -> list[str]:
        """That its procedure is not over, and how it is ended (R3b.2)."""
        if ticket.is_problem or not any(isinstance(e, FulfilmentStarted) for e in ticket.standing):
            return []
        from sdcli.fulfilment.state import unfinished_note  # noqa: PLC0415 - few have a procedure
        from sdcli.fulfilments.told import Told  # noqa: PLC0415 - as above

        found = Told(self._desk).unfinished(ticket)
        return [unfinished_note(ticket.ref, found)] if found else []

    def _left(self, ticket: Ticket, wish: Wish) -> list[str]:
        """What nobody has said and nobody could be asked, in one note; and what speaks against it."""
        rules, notes = self.rules(ticket), []
        open_ = closing.unsaid(ticket, rules.ask, wish.said, wish.articles)
        names = [OPTIONS[name] for name in open_]
        if rules.ask and not (wish.evidence or closing.is_shown_to_work(ticket)):
            names.append("--resumed-evidence")
        if names:
            notes.append(f"Not said, and unknown on record: {', '.join(names)}.")
        if wish.via == "monitoring":
            notes.append("What another team saw stands for the caller's word (R5a.1).")
        if closing.benefit(ticket) == "no":
            notes.append(
                "The caller did not have what they asked for when it was last checked: "
                f"`sdcli reopen {ticket.ref} --reason WHY` if that is still so."
            )
        return notes

    def _demanded(self, missing: Sequence[str], rules: Closing) -> tuple[str, ...]:
        """What is demanded and not said, with the option that says it; the cause with its words."""
        words = listed(self._desk.policy.vocabulary.cause)
        told = [f"{HOW[name][:-1]}: {words})" if name == "cause" else HOW[name] for name in missing]
        return (*told[:-1], f"{told[-1]}, which {rules.place} demands") if told else ()

    def _require_nothing_owed(self, ticket: Ticket) -> None:
        """Refuse to close what has open follow-ups (R4.3).

        Raises:
            RefusedError: it has; it names them and both ways out.
        """
        owed = still_open(ticket, self._desk.ledger.get, "follow-up")
        if not owed:
            return
        why = {
            each.to: OWED.get(each.why, each.why)
            for each in ticket.links
            if each.relation == "follow-up"
        }
        names = ", ".join(f"{each.ref} ({why.get(each.ref) or each.summary})" for each in owed)
        first = owed[0].ref
        raise RefusedError(
            f"{ticket.ref} cannot be closed while a follow-up is open: {names}. `sdcli close "
            f"{first} --code CODE` ends it, and `sdcli follow-up {ticket.ref} --spin-off {first}` "
            "lets it go its own way.",
            ref=ticket.ref,
            follow_ups=[each.ref for each in owed],
        )

    @wholly_again
    def resolve(
        self,
        ref: str,
        *,
        code: str,
        note: str = "",
        articles: tuple[ArticleUse, ...] = (),
        tell: Mapping[str, tuple[str, ...]] = _NOBODY,
        with_children: bool = False,
    ) -> tuple[Ticket, list[str]]:
        """Resolve a ticket, and its open children with it, all or none (R7.3).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: one of them cannot be resolved; nothing was recorded.
        """
        desk, notes = self._desk, list[str]()
        must_look = desk.policy.must_look
        parts = children(desk, ref) if with_children else []
        with desk.together() if parts else nullcontext():
            for child in parts:
                said = note or f"resolved with {ref}, which it is a part of"
                desk.change(child.ref, steps.resolve, code=code, note=said, must_look=False)
                notes.append(f"{child.ref} was resolved with it.")
            ticket = desk.change(
                ref,
                steps.resolve,
                code=code,
                note=note,
                articles=articles,
                tell=tell,
                must_look=must_look,
            )
        left = [each.ref for each in children(desk, ref)]
        if left:
            are = "child is" if len(left) == 1 else "children are"
            notes.append(
                f"{len(left)} {are} open: {listed(left)}. `sdcli resolve {ref} --code CODE "
                "--with-children` resolves them in one act."
            )
        return ticket, [*notes, *needs(desk, ticket), *self._unfinished(ticket)]

    def reopen(self, ref: str, reason: str) -> tuple[Ticket | Outcome, str]:
        """Take a ticket up again, or open the one that continues it, and why that (T9).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is not over, or it was merged.
        """
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415 - few commands need it

        ticket, stamp = self._desk.ledger.get(ref), self._desk.stamp
        require_unmerged(ticket)
        then = as_of(ticket, stamp.at) if stamp.entered else ticket
        within = self.rules(then).reopen_within
        if within and then.closed_at and stamp.at - then.closed_at > timedelta(seconds=within):
            days = (stamp.at - then.closed_at).days
            why = (
                f"it has been closed for {days} days, and can be reopened for "
                f"{_spelled(within)} ({self.rules(then).place})"
            )
            return self._continued(then, reason), why
        if self._continues_anew(ref):
            return self._continued(then, reason), "its agreement continues it"
        return self._desk.change(ref, steps.reopen, reason=reason), ""

    def _continues_anew(self, ref: str) -> bool:
        """Whether a new ticket continues this one, as its agreement says (T9).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is not over.
        """
        from sdcli.sla.agreed import cover_of  # noqa: PLC0415 - as above
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415

        ticket, stamp = self._desk.ledger.get(ref), self._desk.stamp
        with fitting(ticket, stamp):
            then = as_of(ticket, stamp.at) if stamp.entered else ticket
            steps.require("reopened", then)
        return self._desk.clocks.terms(cover_of(ticket)).on_reopen == "new_ticket"

    @wholly_again
    def _continued(self, ticket: Ticket, reason: str) -> Outcome:
        """The ticket that continues an old one; both say so, and `undo` takes both back."""
        from sdcli.arrivals import Arrivals  # noqa: PLC0415 - as above
        from sdcli.intake.items import continued  # noqa: PLC0415 - few tickets
        from sdcli.tickets.event import Linked  # noqa: PLC0415 - as above

        desk = self._desk
        with desk.together() as unit:
            outcome = Arrivals(desk).take_in([continued(ticket, reason)])[0]
            new = outcome.ticket
            if outcome.action != "created" or new is None:
                return outcome
            mark, opening = desk.stamp.mark, ticket.opening.id
            with unit.write() as writer:
                by = Linked(*mark(), relation="continued-by", to=new.ref, opening=new.opening.id)
                writer.append(writer.get(ticket.ref), (by,))
                of = Linked(*mark(), relation="continues", to=ticket.ref, opening=opening)
                return replace(outcome, ticket=writer.append(new, (of,)))

    def closes_at(self, ticket: Ticket) -> datetime | None:
        """When a resolved ticket is closed by itself; None if it is not.

        That the rules cannot be read is told, and keeps nobody from looking at the ticket.

        Raises:
            NoWorkingTimeError: its calendar has no such time.
        """
        from sdcli.sla.unconfirmed import closes_at  # noqa: PLC0415 - few tickets are resolved

        if ticket.status != "resolved":
            return None
        try:
            after = self.rules(ticket).close_after
        except DataFileError as error:
            self._desk.tell(f"When {ticket.ref} is closed by itself is not known. {_places(error)}")
            return None
        if after is None or self._owes(ticket):
            return None
        at = closes_at(ticket, after, self._desk.clocks)
        return None if at is None else datetime.fromtimestamp(at, timezone.utc)

    def _owes(self, ticket: Ticket) -> bool:
        return bool(still_open(ticket, self._desk.ledger.get, "follow-up"))

    @cached_property
    def closes_any(self) -> bool:
        """Whether any resolved ticket is closed by itself.

        Rules that cannot be read keep no alert waiting: that is told, and nothing is closed.
        """
        try:
            rules_of = self._desk.process.closing
        except DataFileError as error:
            from sdcli.policy.process import PROCESS  # noqa: PLC0415 - few desks are wrong

            self._desk.tell(f"No resolved ticket was closed by itself. {_places(error)}")
            self._desk.unchecked.append(PROCESS)
            return False
        return any(rules.close_after for rules in rules_of.values())

    def due_at(self, ticket: Ticket) -> int | None:
        """When a ticket is closed if nothing happens, in seconds of UTC; None if it is not.

        An open follow-up holds it up: that is found out when it would be closed.

        Raises:
            SdcliError: that cannot be reckoned.
        """
        from sdcli.sla.unconfirmed import closes_at  # noqa: PLC0415 - few tickets are resolved

        if ticket.status != "resolved" or not self.closes_any:
            return None
        return closes_at(ticket, self.rules(ticket).close_after, self._desk.clocks)

    def is_due(self, ticket: Ticket) -> bool:
        """Whether the period of a ticket is over, as far as it can be reckoned."""
        at = self.due_at(ticket)
        return at is not None and at <= self._desk.now.timestamp()

    def close_if_due(self, writer: Writer, ticket: Ticket) -> Ticket:
        """Close a resolved ticket whose period is over, and tell it; the ticket after that.

        One that cannot be reckoned keeps no other waiting: that is told.
        """
        within = self._over(ticket)
        if not within:
            return ticket
        try:
            self._closed[ticket.ref] = self._close(writer, ticket, within)
        except SdcliError as error:
            self._desk.tell(f"{ticket.ref} was not closed. {error}")
        return self._closed.get(ticket.ref, ticket)

    def tell_if_due(self, ticket: Ticket) -> None:
        """Tell that a resolved ticket would be closed now; nothing is recorded."""
        within = self._over(ticket)
        if within:
            self._desk.tell(
                f"{ticket.ref} would be closed by policy: nobody confirmed it within {within}."
            )

    def _now(self, ref: str) -> Ticket:
        """A ticket as it is by now, read without a lock: nobody waits for who changes a follow-up."""
        return self._closed.get(ref) or self._desk.ledger.get(ref)

    def _over(self, ticket: Ticket) -> str:
        """The period that is over for a resolved ticket, in words; empty if none is, or it is told."""
        from sdcli.sla.unconfirmed import spelled  # noqa: PLC0415 - as above

        try:
            if not self.is_due(ticket) or still_open(ticket, self._now, "follow-up"):
                return ""
        except SdcliError as error:
            self._desk.tell(f"{ticket.ref} was not closed. {error}")
            return ""
        after = self.rules(ticket).close_after
        return spelled(after) if after else ""

    def _close(self, writer: Writer, ticket: Ticket, within: str) -> Ticket:
        rules = self.rules(ticket)
        said = closing.completed(NOTHING, (*rules.demand, *rules.ask))
        outage = self._outage(ticket)
        events = steps.close(
            ticket,
            self._desk.stamp,
            code=ticket.code,
            outage=outage,
            unconfirmed=f"nobody confirmed it within {within}",
            said=said,
            by_policy=True,
        )
        after = writer.append(ticket, events)
        which = " Which planned outage it came from is unknown." if outage == UNKNOWN else ""
        self._desk.tell(
            f"{ticket.ref} was closed by policy: nobody confirmed it within {within}.{which}"
        )
        return after

    def _outage(self, ticket: Ticket) -> str:
        """The planned outage that a ticket came from, if it did; unknown where nobody can be asked."""
        from sdcli.changes.planned import came_from  # noqa: PLC0415 - few tickets are closed so

        try:
            return came_from(self._desk.policy, ticket, None, "", self._desk.now)
        except RefusedError:  # none fits, or several do
            return UNKNOWN


def _places(error: DataFileError) -> str:
    """What is wrong with the rules, on one line."""
    return f"{'; '.join(map(str, error.problems))}. `sdcli lint` tells more."


def _spelled(seconds: int) -> str:
    """A period in words: whole days, else hours."""
    days, rest = divmod(seconds, 24 * 3600)
    return f"{days} days" if days > 1 and not rest else f"{seconds // 3600} hours"


def children(desk: Desk, ref: str) -> list[Ticket]:
    """The parts of a ticket, and the parts of those, that are not even resolved."""
    found: dict[str, Ticket] = {}
    left = [ref]
    while left:  # there is no circle of parents
        parts = still_open(desk.ledger.get(left.pop()), desk.ledger.get, "child")
        found |= {each.ref: each for each in parts}
        left += [each.ref for each in parts]
    return [each for each in found.values() if each.status != "resolved"]


def needs(desk: Desk, ticket: Ticket) -> list[str]:
    """What a ticket depends on and that is open, in a note (R7.3)."""
    found = still_open(ticket, desk.ledger.get, "depends-on")
    told = ", ".join(f"{each.ref} ({each.status}): {each.summary}" for each in found)
    return [f"It depends on what is open: {told}."] if told else []
