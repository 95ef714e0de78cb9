"""Fulfilment on one desk: finding a procedure, approval, the walk through it, and how they do.

What `sdcli fulfil`, `approve`, `reject` and `procedure` call (R3b.1, R3b.2, R3c2.1-R3c2.4, R3d3.3).
The rules are in `sdcli.fulfilment`, the files in `sdcli.policy.procedures`; programs are started by
`sdcli.hook`, while nothing is locked.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import (
    DONE,
    PARTLY_DONE,
    LedgerDamagedError,
    NoSuchEntryError,
    RefusedError,
    SdcliError,
    listed,
)
from sdcli.fulfilment import choose, permission, walk
from sdcli.fulfilment.permission import made_for
from sdcli.fulfilment.state import Fulfilment, followed, state_of
from sdcli.fulfilment.walk import StepDone, Verified, Walk
from sdcli.policy.procedures import CHANGES, PROCEDURES, Procedure, StandardChange
from sdcli.tickets.event import (
    ApprovalDecided,
    Edition,
    FulfilmentStarted,
    HookRan,
    Noted,
)
from sdcli.tickets.fulfilment import STARTED
from sdcli.tickets.lifecycle import LIFECYCLE, require
from sdcli.tickets.relations import require_unmerged
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.desk import Desk
    from sdcli.hook import Ran
    from sdcli.knowledge.hits import Hit
    from sdcli.policy.procedures import Hook, Instructions, Offered
    from sdcli.results.fulfilment import ProcedureShown, ProceduresListed, ProcedureStatistics
    from sdcli.results.tickets import Changed
    from sdcli.sla.calendar import WorkingTime
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.fulfilment import Fulfilled
    from sdcli.tickets.ticket import Ticket

Decision: TypeAlias = Literal["approved", "rejected"]
ALL = "all"
"""In place of a prerequisite: every one of them."""
_MOST_FOUND = 5
"""So many of what was found are recorded, and told."""


class Asked(Struct, frozen=True, kw_only=True):
    """What one run of `sdcli fulfil` says.

    Args:
        procedure: what to follow, by its id; empty: what fits.
        none: no procedure fits, for this `reason`.
        met, not_met: prerequisites by their names.
        scheduled: for when it is begun, in UTC.
        steps: what became of steps; `all_done`: all that are left were done.
        run: start its program; `again`: though it has done its part already.
        end: end it like this, with what is `verified`.
        minutes: the effort, in minutes.
        goes_on: only go on with what is followed; begin nothing.
    """

    procedure: str = ""
    none: bool = False
    reason: str = ""
    met: tuple[str, ...] = ()
    not_met: tuple[str, ...] = ()
    scheduled: datetime | None = None
    steps: tuple[StepDone, ...] = ()
    all_done: bool = False
    run: bool = False
    again: bool = False
    end: Fulfilled | None = None
    verified: Verified = Verified()
    minutes: int = 0
    goes_on: bool = False

    @property
    def is_more(self) -> bool:
        """Whether it says what only a walk can have: steps, a program, an end."""
        return bool(self.steps or self.all_done or self.run or self.end)

    @property
    def begins(self) -> bool:
        """Whether it says what belongs to a beginning."""
        return bool(self.procedure or self.met or self.not_met or self.scheduled)


def amended(asked: Asked, **more: Any) -> Asked:
    """What one run says, with something more."""
    return replace(asked, **more)


class Plan(Struct, frozen=True, kw_only=True):
    """What `fulfil` would do, for whoever is to be asked.

    Args:
        what: what is to be followed, None if that is not sure; `walk`: the one that goes on.
        found: what a search found, the best fit first.
    """

    ticket: Ticket
    what: Instructions | None = None
    walk: Walk | None = None
    found: tuple[tuple[str, str], ...] = ()


class _Sought(NamedTuple):
    """What was looked for, what was found, and what is followed; None if nothing fits.

    `warning`: what is to be told of it. `going`: the walk that was seen, which goes on.
    """

    query: str
    found: tuple[Edition, ...]
    what: Instructions | None
    warning: str = ""
    going: Walk | None = None


class Fulfilments:
    """The fulfilment of requests on an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def offered(self) -> Offered:
        """The procedures and standard changes of the desk, and what is wrong with their files."""
        from sdcli.policy.load import offered  # noqa: PLC0415 - not every command needs it

        return offered(self._desk.root, self._desk.derived("offered"))

    def named(self, given: str) -> Instructions:
        """A procedure, a standard change, or an article of type fulfilment, by its id.

        Raises:
            NoSuchEntryError: there is none with this id.
            DataFileError: its file is wrong.
        """
        wanted = given.casefold()
        if wanted in self.offered.all:
            return self.offered.all[wanted]
        self.offered.require_readable(wanted)
        try:
            return self._article(given)
        except NoSuchEntryError:
            known = self.offered.all
            raise NoSuchEntryError(
                "procedure or standard change", given, known, f"{PROCEDURES} or {CHANGES}"
            ) from None

    def _article(self, given: str) -> Procedure:
        """An article of type fulfilment, as a procedure."""
        from sdcli.knowledge_base import KnowledgeBase  # noqa: PLC0415 - few are articles

        article = KnowledgeBase(self._desk).article(given)
        if article.type != "fulfilment":
            raise RefusedError(
                f"{article.id} is an article of type {article.type}, and no procedure: `sdcli kb "
                f"show {article.id}` shows it.",
                article=article.id,
            )
        if article.audience == "restricted":
            raise RefusedError(
                f"{article.id} is for {listed(article.roles)} only, and its steps would stand on the "
                f"ticket for everybody: follow it by `sdcli kb show {article.id}`.",
                article=article.id,
            )
        return choose.of_article(article)

    def runs(self, now: Fulfilment) -> bool:
        """Whether a program does the step that is next, and the acting person may start it."""
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - only at a terminal

        what, desk = self.named(now.procedure), self._desk
        if what.hook is None or what.hook.step not in (0, now.step) or desk.rehearses:
            return False
        if any(now.prerequisites.get(name) != "yes" for name in what.prerequisites):
            return False
        if now.ran is not None and (
            now.ran.is_start or (now.ran.exit_code == 0 and not what.hook.step)
        ):
            return False
        try:
            require_may(desk.policy, desk.process, desk.by, "run-hook", "start programs")
            permission.require_may_run(desk.policy, what, what.hook, desk.by)
        except RefusedError:
            return False
        return True

    def _whose(self, ticket: Ticket) -> Ticket:
        """The ticket with the caller of the one that it is a work order of: who gets what is made.

        Whoever hands work on asks for nothing themselves (R3c2.2, R3c2.3).
        """
        return made_for(ticket, self._desk.ledger.get)

    # Finding

    def plan(self, ref: str, given: str = "") -> Plan:
        """What `fulfil` would follow; nothing is recorded.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, or procedure.
            IllegalStepError: nobody works on it any more.
        """
        ticket = self._to_follow_on(ref)
        going = walk.running(ticket.standing)
        if going:
            return Plan(ticket=ticket, what=self._followed(ticket, going), walk=going)
        sure = self._sure(ticket, given)
        if sure is not None:
            return Plan(ticket=ticket, what=sure.what)
        hits = self._hits(ticket)
        id_ = choose.certain(ticket, hits, self.offered.all)
        if id_:
            return Plan(ticket=ticket, what=self.named(id_))
        found = tuple((hit.id, hit.title) for hit in hits[:_MOST_FOUND])
        return Plan(ticket=ticket, found=found)

    def _to_follow_on(self, ref: str, *, runs: bool = False) -> Ticket:
        """A ticket that somebody works on, or on which a walk is not over: that can end afterwards.

        A program is started only while somebody works on it.
        """
        ticket = self._desk.ledger.get(ref)
        _require_going_on(ticket, runs=runs)
        return ticket

    def unfinished(self, ticket: Ticket) -> Fulfilment | None:
        """How far a walk is that nobody has ended, with its open steps; None if there is none."""
        return self.state(ticket) if walk.running(ticket.standing) else None

    def _sure(self, ticket: Ticket, given: str) -> _Sought | None:
        """What is followed without a search: what is named here, by the catalog or by questions."""
        if given:
            what = self.named(given)
            return _Sought(given, (walk.edition(what),), what)
        found = choose.named(self._desk.policy, ticket)
        if found is None:
            return None
        try:
            what = self.named(found.id)
        except (NoSuchEntryError, RefusedError) as error:
            self._desk.tell(f"{found.by} names {found.id}: {error.message}")
            return None
        warning = ""
        if found.approval and what.authorisation is None:
            warning = "the catalog says that somebody must agree, and it does not say who"
        return _Sought(f"named by {found.by}", (walk.edition(what),), what, warning)

    def _sought(self, ticket: Ticket, given: str, command: str = "fulfil") -> _Sought:
        """What is followed: what is sure, or what a search finds and is clearly meant.

        `command`: what was typed, and is to be typed again.

        Raises:
            RefusedError: several fit, and somebody must say which.
        """
        sure = self._sure(ticket, given)
        if sure is not None:
            return sure
        hits = self._hits(ticket)
        found = tuple(Edition(hit.id, hit.revision) for hit in hits[:_MOST_FOUND])
        if not hits:
            return _Sought(ticket.summary, (), None)
        id_ = choose.certain(ticket, hits, self.offered.all)
        if id_:
            return _Sought(ticket.summary, found, self.named(id_))
        names = [hit.id for hit in hits[:_MOST_FOUND]]
        none = ", or say that none fits, with --none" if command == "fulfil" else ""
        raise RefusedError(
            f"It is not sure which procedure fits {ticket.ref}: {listed(names)}. Name it, "
            f"`sdcli {command} {ticket.ref} {names[0]}`{none}.",
            ref=ticket.ref,
            found=names,
        )

    def _hits(self, ticket: Ticket) -> list[Hit]:
        """What `search-kb` finds for a ticket, of procedures, standard changes and the like."""
        from sdcli.knowledge_base import KnowledgeBase  # noqa: PLC0415 - only a search

        asks = ("fulfilment", "new-service")  # what is offered may be a standard change as well
        types = asks if ticket.type in asks else ()
        hits = KnowledgeBase(self._desk).find_offered("", ticket.ref, types=types)
        return choose.fitting(ticket, hits, self.offered.all)

    # The walk

    def fulfil(self, ref: str, asked: Asked) -> Changed:
        """Begin to follow a procedure, go on with it, or end it, as far as is asked for.

        All is recorded together; where a program is started, what comes before it is recorded
        first, and what comes after it afterwards, so that nothing is locked while it runs.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, procedure, prerequisite.
            RefusedError: the state, the procedure, or somebody's right does not allow it.
            DataFileError: its file is wrong.
        """
        ticket = self._to_follow_on(ref, runs=asked.run)
        if asked.run:
            self._require_outside()
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
            sought = _Sought("", (), self._followed(ticket, going), going=going)
        return self._walked(ticket, sought, asked)

    def _sought_by(self, ticket: Ticket, asked: Asked) -> _Sought:
        """What is to be begun by what was typed.

        Raises:
            RefusedError: it can only be meant for a walk, and there is none; or it is not sure.
        """
        is_left = asked.end in ("failed", "abandoned") and not asked.begins
        if asked.goes_on or is_left:
            raise _follows_none(ticket)
        try:
            sought = self._sought(ticket, asked.procedure)
        except RefusedError as error:
            if asked.is_more and not asked.procedure:
                error.also(f"{ticket.ref} follows no procedure.")
            raise
        if sought.what is None and asked.is_more:
            raise _follows_none(ticket)
        return sought

    def _left(self, ticket: Ticket, seen: Walk, asked: Asked) -> Changed:
        """End a walk without success; its file need not be there any more."""
        if asked.end is None:
            raise TypeError("nobody has said how it ends")
        outcome = asked.end

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            _require_going_on(now)
            going = _still(now, seen)
            return walk.end(stamp, going, outcome, asked.verified, ref=now.ref, texts=())

        after = self._desk.change(ticket.ref, step)
        going = walk.last(after.standing)
        what = self._known(going.procedure.id) if going else None
        return self._changed(after, what, (), DONE)

    def _known(self, id_: str) -> Instructions | None:
        """What has this id; None if it is gone, or wrong just now."""
        try:
            return self.named(id_)
        except SdcliError:
            return None

    def against(self, ticket: Ticket, what: Instructions) -> str:
        """What stands against beginning it now, in a sentence; empty if nothing does."""
        try:
            self._begin(ticket, self._desk.stamp, _Sought("", (), what), what, Asked())
        except RefusedError as error:
            return error.message
        return ""

    def deciders(self, ticket: Ticket, what: Instructions) -> dict[str, str]:
        """Who may agree to it, each with what gives them the right; none where nobody need."""
        return permission.deciders(self._desk.policy, self._whose(ticket), what)

    def _walked(self, ticket: Ticket, sought: _Sought, asked: Asked) -> Changed:
        what = sought.what
        if what is None:
            raise TypeError("there is nothing to follow")
        begins = sought.going is None
        if asked.run:
            return self._walked_by_program(ticket, what, sought, asked)
        after = self._change(ticket, what, sought, asked)
        notes = self._begun_notes(after, what, asked) if begins else []
        is_new = len(after.events) > len(ticket.events)
        if not is_new:
            notes.append(f"{ticket.ref} follows {what.id} already.")
        return self._changed(after, what, notes, DONE, is_new=is_new)

    def _walked_by_program(
        self, ticket: Ticket, what: Instructions, sought: _Sought, asked: Asked
    ) -> Changed:
        """The same where its program is started: in between, while nothing is locked."""
        notes: list[str] = []
        hook, command = self._require_runnable(ticket, what)
        ticket, started = self._start(ticket, what, sought, asked, command)
        if sought.going is None:
            notes += self._begun_notes(ticket, what, asked)
        ticket, ran = self._ran(ticket, what, hook, started)
        notes.append(_ran_note(what, ran))
        ok = ran.exit_code == 0
        at_work = ticket.status in LIFECYCLE["hook_ran"]
        is_going = at_work and walk.running(ticket.standing) is not None
        if not is_going:
            notes.append(
                f"  Meanwhile {ticket.ref} has come to {_stands(ticket)}: what the program did is "
                "on record."
            )
        more = asked.steps or asked.all_done or asked.end
        if ok and is_going and more:
            going = walk.running(ticket.standing)
            ticket = self._change(ticket, what, sought._replace(going=going), asked)
        elif more:
            why = "the program did not end well" if is_going else "nothing is followed any more"
            notes.append(f"  Nothing else was recorded: {why}.")
        return self._changed(ticket, what, notes, DONE if ok and is_going else PARTLY_DONE)

    def _change(
        self,
        ticket: Ticket,
        what: Instructions,
        sought: _Sought,
        asked: Asked,
    ) -> Ticket:
        """Record what is asked for, judged by the ticket as it is by then."""

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            events = self._begun(now, stamp, sought, what, asked)
            if asked.is_more:
                self._require_leave(now, what)
            return (*events, *self._go_on((*now.standing, *events), stamp, what, asked, now.ref))

        return self._desk.change(ticket.ref, step)

    def _begun(
        self, now: Ticket, stamp: Stamp, sought: _Sought, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """What begins it, if nothing is followed; else that goes on, if it is what was seen.

        What was looked at before the ledger was locked is looked at again here: somebody else may
        have begun something meanwhile, or ended it.

        Raises:
            RefusedError: something else is followed by now, or nothing is any more.
        """
        going = walk.running(now.standing)
        if sought.going is None:
            _require_at_work(now)
        else:
            _require_going_on(now)
            return self._more_said(stamp, _still(now, sought.going), what, asked)
        if going is None:
            return self._begin(now, stamp, sought, what, asked)
        if going.procedure != walk.edition(what):
            raise _follows_already(now, going, what.id)
        return self._more_said(stamp, going, what, asked)

    def _more_said(
        self, stamp: Stamp, going: Walk, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """What is said of prerequisites after the beginning; nothing if that is known."""
        if not (asked.met or asked.not_met):
            return ()
        _require_prerequisites(what, asked)
        wanted: list[tuple[tuple[str, ...], YesNo]] = [(asked.met, "yes"), (asked.not_met, "no")]
        said: dict[str, YesNo] = {
            name: word
            for names, word in wanted
            for name in what.prerequisites
            if name in names or ALL in names
        }
        known = going.started.prerequisites
        new = {name: word for name, word in said.items() if known.get(name) != word}
        if not new:
            return ()
        event = FulfilmentStarted(
            *stamp.mark(),
            procedure=going.procedure,
            standard_change=going.started.standard_change,
            prerequisites=new,
            goes_on=True,
        )
        return (event,)

    def _begin(
        self, ticket: Ticket, stamp: Stamp, sought: _Sought, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """The events that begin it, once all that must be so before is (R3b.2, R3c2.3)."""
        start = asked.scheduled or stamp.at
        if asked.scheduled and asked.scheduled <= stamp.at:
            raise RefusedError(
                f"{what.id} cannot be scheduled for {asked.scheduled:%Y-%m-%d %H:%M}Z: that is "
                "already past.",
                ref=ticket.ref,
            )
        warnings = (sought.warning, *self.require_ready(ticket, what))
        self._require_open(ticket, what, start)
        prerequisites = _prerequisites(ticket, what, asked)
        begun = FulfilmentStarted(
            *stamp.mark(),
            procedure=walk.edition(what),
            standard_change=isinstance(what, StandardChange),
            prerequisites=prerequisites,
            estimate_s=self._estimate(ticket, what, start),
            effort_s=what.effort or None,
            scheduled=asked.scheduled,
            warnings=tuple(filter(None, warnings)),
        )
        looked = walk.seek(stamp, sought.query, sought.found, what.id, ticket.standing)
        return (*looked, begun)

    def require_ready(self, ticket: Ticket, what: Instructions) -> tuple[str, ...]:
        """Refuse to begin what may not be begun; what is only to be told is given.

        Raises:
            RefusedError: the acting person may not carry it out, whoever gets it is not entitled,
                it has expired and is blocked, or nobody has agreed.
        """
        policy = self._desk.policy
        permission.require_authorised(policy, ticket, what, self._desk.by)
        unknown = permission.require_entitled(policy, self._whose(ticket), what)
        expired = self._expiry(ticket, what)
        self._require_leave(ticket, what)
        return unknown, expired

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
        time = self._time(self._desk.ledger.get(ref), None)
        took = time.between(_seconds(going.begins), _seconds(stamp.at))
        return replace(said, in_time="yes" if took <= estimate else "no")

    def _followed(self, ticket: Ticket, going: Walk) -> Instructions:
        """What a walk follows, as its file says now.

        Raises:
            RefusedError: it is gone; it says how the walk can be ended.
        """
        id_ = going.procedure.id
        try:
            return self.named(id_)
        except NoSuchEntryError as error:
            raise RefusedError(
                f"{ticket.ref} follows {id_}, and that is gone: {error.message} Bring its file "
                f"back, or leave it off: `sdcli fulfil {ticket.ref} --abandon`.",
                ref=ticket.ref,
                procedure=id_,
            ) from error

    def _require_same(self, ticket: Ticket, going: Walk, asked: Asked) -> None:
        own = going.procedure.id
        if asked.procedure and asked.procedure.casefold() != own.casefold():
            raise _follows_already(ticket, going, asked.procedure)
        if asked.scheduled:
            raise RefusedError(
                f"{ticket.ref} has begun {own} already: --at belongs to the beginning. `sdcli "
                f"fulfil {ticket.ref}` without it goes on.",
                ref=ticket.ref,
                procedure=own,
            )

    def _require_leave(self, ticket: Ticket, what: Instructions) -> None:
        """Refuse what nobody has agreed to who may (R3b.2).

        Raises:
            RefusedError: it waits for a decision, or was rejected, or agreed to as it was before.
        """
        if what.authorisation is None:
            return
        decided = walk.decision(ticket.standing, what.id)
        ref, who = ticket.ref, permission.who_could(self._desk.policy, self._whose(ticket), what)
        approve = f"`sdcli approve {ref} {what.id} --by PERSON` records it."
        if decided is None:
            raise RefusedError(
                f"{what.id} needs somebody to agree for {ref} before it begins. {who} {approve}",
                ref=ref,
                procedure=what.id,
                able=list(permission.deciders(self._desk.policy, self._whose(ticket), what)),
            )
        if decided.decision == "rejected":
            why = f": {decided.reason}" if decided.reason else ""
            raise RefusedError(
                f"{decided.person} has rejected {what.id} for {ref}{why}. `sdcli close {ref} "
                "--code declined --unconfirmed WHY` declines it.",
                ref=ref,
                procedure=what.id,
            )
        if decided.procedure.revision != what.revision:
            raise RefusedError(
                f"{decided.person} has approved {what.id} for {ref} as it was before: it says "
                f"something else by now. {who} {approve}",
                ref=ref,
                procedure=what.id,
            )

    def _expiry(self, ticket: Ticket, what: Instructions) -> str:
        """What is to be said of a procedure past its date.

        Raises:
            RefusedError: the desk's rules block it (R3b.2a).
        """
        if not what.is_expired(str(self._desk.today)):
            return ""
        if self._desk.process.expired == "block":
            raise RefusedError(
                f"{what.id} has expired on {what.expires}, and catalog/process.yaml blocks it for "
                f"{ticket.ref}: {what.owner} or {what.second_owner} looks it through and sets "
                "another date.",
                ref=ticket.ref,
                procedure=what.id,
            )
        return f"it has expired on {what.expires}"

    # Time

    def _time(self, ticket: Ticket, what: Instructions | None) -> WorkingTime:
        """The working time that counts: of the procedure's hours, else of the ticket's clocks."""
        from sdcli.sla.agreed import cover_of  # noqa: PLC0415 - only what needs time

        clocks = self._desk.clocks
        calendars = self._desk.policy.sla.calendars
        if what and what.calendar in calendars:
            return clocks.book("").working_time(what.calendar)
        cover = cover_of(ticket)
        return clocks.book(cover.policy).working_time(clocks.held(cover).calendar)

    def _require_open(self, ticket: Ticket, what: Instructions, start: datetime) -> None:
        """Refuse to begin outside of the hours in which it can be done (R3b.2).

        Raises:
            RefusedError: it says when it could.
        """
        if what.calendar not in self._desk.policy.sla.calendars:
            return
        time, at = self._time(ticket, what), _seconds(start)
        if time.between(at, at + 1):
            return
        opens = datetime.fromtimestamp(time.after(at, 1) - 1, timezone.utc)
        raise RefusedError(
            f"{what.id} is done in the hours of {what.calendar} only, and {start:%Y-%m-%d %H:%M}Z "
            f"is outside of them. `sdcli fulfil {ticket.ref} {what.id} --at {_iso(opens)}` "
            "schedules it.",
            ref=ticket.ref,
            procedure=what.id,
            opens=_iso(opens),
        )

    def _estimate(self, ticket: Ticket, what: Instructions, start: datetime) -> int | None:
        """How long it takes, in seconds of working time; None if nobody knows."""
        from sdcli.sla.terms import length  # noqa: PLC0415 - only what needs time

        if not (what.takes.seconds or what.takes.business_days):
            return None
        return length(what.takes, _seconds(start), self._time(ticket, what)) or None

    def expected(self, ticket: Ticket, what: Instructions | None) -> datetime | None:
        """When the walk that goes on should be done, in UTC; None without an estimate."""
        going = walk.running(ticket.standing)
        if going is None or not going.started.estimate_s:
            return None
        time = self._time(ticket, what)
        at = time.after(_seconds(going.begins), going.started.estimate_s)
        return datetime.fromtimestamp(at, timezone.utc)

    # The program

    def _require_outside(self) -> None:
        """Refuse to start a program where it would run in a rehearsal, or while all is locked."""
        if self._desk.rehearses:
            raise RefusedError("A program cannot be rehearsed: leave out --run, or --dry-run.")
        from sdcli.ledger.unit import Unit  # noqa: PLC0415 - only a program

        if isinstance(self._desk.ledger, Unit):
            raise RefusedError(
                "A program is not started while several commands are one unit of work: the ledger "
                "would be locked. Run `sdcli fulfil REF --run` by itself."
            )

    def _start(
        self,
        ticket: Ticket,
        what: Instructions,
        sought: _Sought,
        asked: Asked,
        command: tuple[str, ...],
    ) -> tuple[Ticket, HookRan]:
        """Put on record that the program of a procedure is started, before it is (R0.8).

        So nobody starts it twice, and it is known of if nobody ever hears how it ended. What is
        said with it is looked at as well: nothing is started for what would be refused.

        Raises:
            RefusedError: it runs already, or has done its part, or a prerequisite is not met.
        """
        started: list[HookRan] = []

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            events = self._begun(now, stamp, sought, what, asked)
            going = walk.running((*now.standing, *events))
            if going is None:
                raise TypeError(f"{now.ref} follows nothing")
            self._require_startable(now, stamp, going, what, asked)
            walk.step(stamp, going, list(choose.texts(what)), asked.steps, ref=now.ref)
            event = HookRan(
                *stamp.mark(), procedure=going.procedure, command=command, reason=STARTED
            )
            started.append(event)
            return (*events, event)

        return self._desk.change(ticket.ref, step), started[0]

    def _require_startable(
        self, ticket: Ticket, stamp: Stamp, going: Walk, what: Instructions, asked: Asked
    ) -> None:
        """Refuse to start a program that runs, or has done its part, or comes too early.

        Raises:
            RefusedError: see above.
        """
        hook, ref = what.hook, ticket.ref
        if hook is None:
            raise TypeError(f"{what.id} has no program")
        self._require_leave(ticket, what)
        known = going.started.prerequisites
        open_ = [name for name in what.prerequisites if known.get(name) != "yes"]
        if open_:
            raise RefusedError(
                f"The program of {what.id} is not started for {ref}: these are not known "
                f"to be met: {listed(open_)}. `sdcli fulfil {ref} --met {open_[0]} --run` says so.",
                ref=ref,
                procedure=what.id,
                open=open_,
            )
        last = going.program
        if last is not None and last.is_start:
            until = last.at + timedelta(seconds=hook.time_limit)
            if stamp.at <= until:
                raise RefusedError(
                    f"The program of {what.id} runs for {ref} already: {last.by} started it at "
                    f"{last.at:%Y-%m-%d %H:%M:%S} UTC, and it may take until {until:%H:%M:%S}. "
                    f"`sdcli show {ref}` says how it ended.",
                    ref=ref,
                    procedure=what.id,
                )
        if asked.again or not _has_done(going, what, hook):
            return
        its = f"step {hook.step}" if hook.step else "its part"
        raise RefusedError(
            f"The program of {what.id} is not started for {ref}: {its} is done already. "
            f"`sdcli fulfil {ref} --run --again` starts it once more.",
            ref=ref,
            procedure=what.id,
        )

    def _ran(
        self, ticket: Ticket, what: Instructions, hook: Hook, started: HookRan
    ) -> tuple[Ticket, Ran]:
        """Start the program of a procedure, and record how it ended (R0.8).

        Where the request came to its end meanwhile, that is noted on it.
        """
        from sdcli.hook import run  # noqa: PLC0415 - only a program

        desk = self._desk
        ran = run(desk.root, started.command, hook.time_limit)

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            if now.status not in LIFECYCLE["hook_ran"]:
                return (Noted(*stamp.mark(), text=_ran_note(what, ran).strip()),)
            event = HookRan(
                *stamp.mark(),
                procedure=started.procedure,
                command=started.command,
                started=started.id,
                **ran._asdict(),
            )
            going = walk.running(now.standing)
            if not hook.step or going is None or started.id not in {x.id for x in going.ran}:
                return (event,)
            result = StepDone(hook.step, "done" if ran.exit_code == 0 else "failed", "by program")
            texts = list(choose.texts(what))
            return (event, *walk.step(stamp, going, texts, [result], ref=now.ref))

        try:
            return desk.change(ticket.ref, step), ran
        except SdcliError as error:
            error.also(f"The program ran all the same: {_ended(ran)}.")
            raise

    def _require_runnable(self, ticket: Ticket, what: Instructions) -> tuple[Hook, tuple[str, ...]]:
        """The program of a procedure, and its arguments for a ticket.

        Raises:
            RefusedError: it has none, the acting person may not start it, or something is missing.
        """
        from sdcli.hook import arguments  # noqa: PLC0415 - only a program
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - as above

        desk, hook = self._desk, what.hook
        if hook is None:
            raise RefusedError(
                f"{what.id} has no program to run: its steps are taken by hand.",
                ref=ticket.ref,
                procedure=what.id,
            )
        require_may(desk.policy, desk.process, desk.by, "run-hook", "start programs")
        permission.require_may_run(desk.policy, what, hook, desk.by)
        self._require_leave(ticket, what)
        return hook, arguments(hook.command, self._facts(ticket, what), ref=ticket.ref)

    def _facts(self, ticket: Ticket, what: Instructions) -> Mapping[str, str]:
        """What arguments of a program may name; what is not known is empty."""
        whom, opening = permission.gets(self._desk.policy, self._whose(ticket)), ticket.opening
        contact = whom.contact
        facts = {
            "ref": ticket.ref,
            "user": whom.id,
            "name": contact.name if contact else "",
            "mail": contact.mail if contact else opening.mail,
            "unit": (contact.unit if contact else "") or opening.unit,
            "site": (contact.site if contact else "") or opening.site,
            "service": ticket.service,
            "feature": ticket.feature,
            "by": self._desk.by,
            "procedure": what.id,
        }
        return {name: "" if value == UNKNOWN else value for name, value in facts.items()}

    # What nothing fits

    def _none(self, ticket: Ticket, reason: str, query: str = "") -> Changed:
        """Say that no procedure fits: what asked for something offered asks for something new.

        Raises:
            RefusedError: a procedure is being followed, or it is of another type.
        """
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere
        from sdcli.triage.classify import decide  # noqa: PLC0415 - only what nothing fits
        from sdcli.triage.wish import Wish  # noqa: PLC0415 - as above

        _require_nothing(ticket)
        if ticket.type in ("incident", "information"):
            raise RefusedError(
                f"No procedure fits {ticket.ref}, and it stays of type {ticket.type}: only a "
                f"request for something offered becomes one for something new. `sdcli classify "
                f"{ticket.ref}` changes what it is.",
                ref=ticket.ref,
                type=ticket.type,
            )
        policy = self._desk.policy
        hits = () if query else self._hits(ticket)[:_MOST_FOUND]
        found = tuple(Edition(hit.id, hit.revision) for hit in hits)
        why = reason or "no procedure fits it"
        discovered = "" if ticket.type == UNKNOWN else UNKNOWN

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            _require_at_work(now)
            _require_nothing(now)
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
            fulfilment=self.state(after),
        )

    # Approval

    def decide(
        self, ref: str, given: str, decision: Decision, *, person: str, reason: str
    ) -> Changed:
        """Record that somebody who may has agreed to it, or not (R3b.2, R3c2.2).

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, procedure or person.
            RefusedError: nobody needs to agree, or this person may not; it says who may.
        """
        desk, policy = self._desk, self._desk.policy
        command = "approve" if decision == "approved" else "reject"
        ticket = desk.ledger.get(ref)
        require(ref, ticket.status, "approval_decided", ticket.record, command)
        what = self._decided_on(ticket, given, command)
        if what.authorisation is None:
            raise RefusedError(
                f"{what.id} needs nobody to agree: `sdcli fulfil {ref} {what.id}` begins it.",
                ref=ref,
                procedure=what.id,
            )
        who = self._person(person or desk.by)
        authority = permission.require_decider(policy, self._whose(ticket), what, who)
        if who != self._person(desk.by, must=False):
            from sdcli.policy.authority import require_may  # noqa: PLC0415 - only for others

            doing = "record what others have decided"
            require_may(policy, desk.process, desk.by, "decide-for-others", doing)

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            known = walk.decision(now.standing, what.id)
            procedure = walk.edition(what)
            if known and (known.decision, known.person, known.procedure, known.reason) == (
                *(decision, who, procedure),
                reason or known.reason,
            ):
                return ()
            event = ApprovalDecided(
                *stamp.mark(),
                procedure=procedure,
                decision=decision,
                person=who,
                authority=authority,
                reason=reason,
            )
            return (event,)

        after = desk.change(ref, step)
        return self._after_decision(ticket, after, what, decision, who)

    def _after_decision(
        self, before: Ticket, ticket: Ticket, what: Instructions, decision: Decision, who: str
    ) -> Changed:
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere

        ref, notes = ticket.ref, list[str]()
        is_new = len(ticket.events) > len(before.events)
        if not is_new:
            notes.append(f"{who} has {decision} {what.id} for {ref} already.")
        if decision == "approved":
            hints = [f"Next: sdcli fulfil {ref} {what.id}"]
        elif walk.running(ticket.standing):
            hints = [f"Next: sdcli fulfil {ref} --abandon   # it goes no further"]
        else:
            has = "declined" in self._desk.policy.vocabulary.closure_code
            code = "declined" if has else "CODE"
            hints = [f"Next: sdcli close {ref} --code {code} --unconfirmed 'rejected by {who}'"]
        return Changed(
            self._desk.see(ticket),
            notes=notes,
            hints=hints,
            is_new=is_new,
            fulfilment=self.state(ticket),
        )

    def _decided_on(self, ticket: Ticket, given: str, command: str) -> Instructions:
        """What is decided on: what is named, what is followed or was chosen, or what is sure."""
        chosen = given or followed(ticket)
        if chosen:
            return self.named(chosen)
        sought = self._sought(ticket, "", command)
        if sought.what is None:
            raise RefusedError(
                f"No procedure fits {ticket.ref}, so there is nothing to decide on. Name it: "
                f"`sdcli {command} {ticket.ref} PROCEDURE --by PERSON`.",
                ref=ticket.ref,
            )
        return sought.what

    def _person(self, given: str, *, must: bool = True) -> str:
        """The id of a contact or technician.

        Raises:
            NoSuchEntryError: the desk knows nobody like that.
        """
        from sdcli.policy.people import known  # noqa: PLC0415 - only decisions

        policy = self._desk.policy
        found = known(policy, given)
        if found is None and must:
            everybody = (*policy.contacts.people, *policy.teams.technicians)
            place = "catalog/people.yaml or catalog/teams.yaml"
            raise NoSuchEntryError("contact or technician", given, everybody, place)
        return found.id if found else given

    # What there is, and how it does

    def listed(self, service: str = "", kind: str = "") -> ProceduresListed:
        """The procedures and standard changes, of one service or one kind if that is given.

        What is wrong with files is told, and the others are listed.
        """
        from sdcli.results.fulfilment import ProceduresListed  # noqa: PLC0415 - as elsewhere

        kinds = {"procedure": Procedure, "standard-change": StandardChange}
        rows = [
            each
            for each in self.offered.all.values()
            if (not service or service in each.services)
            and (not kind or isinstance(each, kinds[kind]))
        ]
        return ProceduresListed(rows, str(self._desk.today), self._told_wrong())

    def _told_wrong(self) -> int:
        """Tell what is wrong with files; the exit code for that."""
        for problem in self.offered.problems:
            self._desk.tell(str(problem))
        return PARTLY_DONE if self.offered.problems else DONE

    def shown(self, given: str) -> ProcedureShown:
        """One procedure or standard change.

        Raises:
            NoSuchEntryError: there is none of this id.
            DataFileError: its file is wrong.
        """
        from sdcli.results.fulfilment import ProcedureShown  # noqa: PLC0415 - as elsewhere

        return ProcedureShown(self.named(given), str(self._desk.today))

    def statistics(
        self, ids: Sequence[str], *, since: datetime | None, until: datetime | None
    ) -> ProcedureStatistics:
        """How procedures and standard changes do in a period, and what to do about them (R3b.1a).

        Raises:
            NoSuchEntryError: there is no such procedure, and nobody ever followed one.
        """
        from sdcli.fulfilment import figures  # noqa: PLC0415 - only a report
        from sdcli.results.fulfilment import ProcedureStatistics  # noqa: PLC0415 - as elsewhere

        desk, offered = self._desk, self.offered.all
        tickets = [each for each in desk.touched(since) if not each.is_problem]
        found = figures.figures(
            figures.runs(tickets, since=since, until=until), offered, desk.today, self._took
        )
        known = [each.id for each in found]
        wanted = [next((id_ for id_ in known if id_.casefold() == x.casefold()), x) for x in ids]
        for id_ in wanted:
            if id_ not in known:
                kind = "procedure or standard change"
                raise NoSuchEntryError(kind, id_, known, f"{PROCEDURES} or {CHANGES}")
        return ProcedureStatistics(
            rows=[each for each in found if not wanted or each.id in wanted],
            advice=[] if wanted else figures.advice(found, offered, desk.today),
            unfitted=[] if wanted else figures.nothing_fitted(tickets, since=since, until=until),
            since=since,
            until=until,
            is_narrowed=bool(wanted),
            exit_code=self._told_wrong(),
        )

    def _took(self, ticket: Ticket, going: Walk) -> int | None:
        """How long a walk took, in working time; None if the service levels of then are gone."""
        if going.ended is None:
            return None
        try:
            time = self._time(ticket, None)
        except LedgerDamagedError:
            return None
        return time.between(_seconds(going.begins), _seconds(going.ended.at))

    # What is told

    def state(self, ticket: Ticket) -> Fulfilment | None:
        """How far the fulfilment of a ticket is, or what the catalog names for it; else None.

        Files that are wrong just now hinder nobody from looking.
        """
        id_ = followed(ticket)
        if not id_:
            return self._to_follow(ticket)
        what = self._known(id_)
        return state_of(ticket, what, self._desk.now, self.expected(ticket, what))

    def _to_follow(self, ticket: Ticket) -> Fulfilment | None:
        """What the catalog, or a question, names for a request that nobody has begun."""
        if ticket.status in ("resolved", "closed") or ticket.type != "fulfilment":
            return None
        found = choose.named(self._desk.policy, ticket)
        if found is None:
            return None
        what = self._known(found.id)
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

    def _changed(
        self,
        ticket: Ticket,
        what: Instructions | None,
        notes: Sequence[str],
        code: int,
        *,
        is_new: bool = True,
    ) -> Changed:
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere

        return Changed(
            self._desk.see(ticket),
            notes=notes,
            hints=self._hints(ticket, what) if what else (),
            exit_code=code,
            is_new=is_new,
            fulfilment=self.state(ticket),
        )

    def _begun_notes(self, ticket: Ticket, what: Instructions, asked: Asked) -> list[str]:
        """What is told at the beginning: the estimate, and what was against it."""
        going = walk.running(ticket.standing) or walk.last(ticket.standing)
        if going is None:
            return []
        started = going.started
        open_ = [name for name, met in started.prerequisites.items() if met == UNKNOWN]
        until = self.expected(ticket, what)
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
        until = self.expected(ticket, what)
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


def _prerequisites(ticket: Ticket, what: Instructions, asked: Asked) -> dict[str, YesNo]:
    """Whether each prerequisite is met, as far as somebody said.

    Raises:
        NoSuchEntryError: there is none of this name.
        RefusedError: one is not met.
    """
    known = what.prerequisites
    _require_prerequisites(what, asked)
    met = set(known) if ALL in asked.met else set(asked.met)
    missing = [name for name in known if name in asked.not_met or ALL in asked.not_met]
    if missing:
        told = "; ".join(f"{name} ({' '.join(known[name].split())})" for name in missing)
        raise RefusedError(
            f"{what.id} cannot begin for {ticket.ref}: not met is {told}. `sdcli wait {ticket.ref} "
            "--for other` waits for it.",
            ref=ticket.ref,
            procedure=what.id,
            not_met=missing,
        )
    return {name: "yes" if name in met else UNKNOWN for name in known}


def _require_prerequisites(what: Instructions, asked: Asked) -> None:
    known = what.prerequisites
    for name in (*asked.met, *asked.not_met):
        if name not in known and name != ALL:
            raise NoSuchEntryError("prerequisite", name, known, what.place.rpartition(":")[0])


def _require_going_on(ticket: Ticket, *, runs: bool = False) -> None:
    """Refuse what is not legal now: a walk that is not over can end after the work (R3c2.4).

    Raises:
        RefusedError: it is not; or the ticket was merged.
    """
    goes_on = walk.running(ticket.standing) is not None and not runs
    kind = "fulfilment_step" if goes_on else "fulfilment_started"
    require(ticket.ref, ticket.status, kind, ticket.record, "fulfil")
    if goes_on:
        require_unmerged(ticket)


def _require_at_work(ticket: Ticket) -> None:
    require(ticket.ref, ticket.status, "fulfilment_started", ticket.record, "fulfil")


def _follows_none(ticket: Ticket) -> RefusedError:
    ref = ticket.ref
    return RefusedError(
        f"{ref} follows no procedure. `sdcli fulfil {ref} PROCEDURE` begins one.", ref=ref
    )


def _require_nothing(ticket: Ticket) -> None:
    going = walk.running(ticket.standing)
    if going:
        raise RefusedError(
            f"{ticket.ref} follows {going.procedure.id}: `sdcli fulfil {ticket.ref} --abandon` "
            "ends that first.",
            ref=ticket.ref,
        )


def _follows_already(ticket: Ticket, going: Walk, wanted: str) -> RefusedError:
    own, ref = going.procedure.id, ticket.ref
    if own.casefold() == wanted.casefold():
        told = f"{own} as it was before: `sdcli fulfil {ref}` goes on with it."
        return RefusedError(f"{ref} follows {told}", ref=ref, procedure=own)
    return RefusedError(
        f"{ref} follows {own} already. `sdcli fulfil {ref} --abandon` ends that, before {wanted} "
        "begins.",
        ref=ref,
        procedure=own,
    )


def _still(ticket: Ticket, seen: Walk) -> Walk:
    """The walk that was seen, as it is by now.

    Raises:
        RefusedError: somebody has ended it meanwhile.
    """
    going = walk.running(ticket.standing)
    if going is not None and going.started.id == seen.started.id:
        return going
    now = f"it follows {going.procedure.id} by now" if going else "it follows nothing any more"
    raise RefusedError(
        f"{ticket.ref} has left {seen.procedure.id} meanwhile: {now}. `sdcli show {ticket.ref}` "
        "shows it.",
        ref=ticket.ref,
        procedure=seen.procedure.id,
    )


def _has_done(going: Walk, what: Instructions, hook: Hook) -> bool:
    """Whether the program of a procedure has nothing left to do."""
    if hook.step:
        return hook.step not in going.left(list(choose.texts(what)))
    return any(each.exit_code == 0 for each in going.ran)


def _stands(ticket: Ticket) -> str:
    """How it stands that nothing is followed any more."""
    return f"be {ticket.status}" if ticket.status in ("resolved", "closed") else "follow nothing"


def _ran_note(what: Instructions, ran: Ran) -> str:
    lines = ran.output.splitlines()
    shown = f": {lines[0]}" if lines else ""
    return f"  The program of {what.id}: {_ended(ran)}{shown}"


def _ended(ran: Ran) -> str:
    return ran.reason if ran.exit_code is None else f"it ended with {ran.exit_code}"


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
