"""The program of a procedure: started while nothing is locked, and put on record (R0.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sdcli.errors import RefusedError, SdcliError, listed
from sdcli.fulfilment import choose, permission, walk
from sdcli.fulfilment.walk import StepDone, Walk
from sdcli.fulfilments.beginning import Beginning
from sdcli.fulfilments.leave import Leave
from sdcli.fulfilments.offers import Offers
from sdcli.tickets.event import HookRan, Noted
from sdcli.tickets.fulfilment import STARTED
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.fulfilments.asked import Asked
    from sdcli.fulfilments.search import Sought
    from sdcli.hook import Ran
    from sdcli.policy.procedures import Hook, Instructions
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


class Program:
    """The programs of the procedures of an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self._offers = offers or Offers(desk)
        self._leave = Leave(desk)
        self._beginning = Beginning(desk)

    def runs(self, now: Fulfilment) -> bool:
        """Whether a program does the step that is next, and the acting person may start it."""
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - only at a terminal

        what, desk = self._offers.named(now.procedure), self._desk
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

    def require_outside(self) -> None:
        """Refuse to start a program where it would run in a rehearsal, or while all is locked."""
        if self._desk.rehearses:
            raise RefusedError("A program cannot be rehearsed: leave out --run, or --dry-run.")
        from sdcli.ledger.unit import Unit  # noqa: PLC0415 - only a program

        if isinstance(self._desk.ledger, Unit):
            raise RefusedError(
                "A program is not started while several commands are one unit of work: the ledger "
                "would be locked. Run `sdcli fulfil REF --run` by itself."
            )

    def require_runnable(self, ticket: Ticket, what: Instructions) -> tuple[Hook, tuple[str, ...]]:
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
        self._leave.require(ticket, what)
        return hook, arguments(hook.command, self._facts(ticket, what), ref=ticket.ref)

    def start(
        self,
        ticket: Ticket,
        what: Instructions,
        sought: Sought,
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
            events = self._beginning.events(now, stamp, sought, what, asked)
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
        self._leave.require(ticket, what)
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

    def ran(
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
                return (Noted(*stamp.mark(), text=ran_note(what, ran).strip()),)
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

    def _facts(self, ticket: Ticket, what: Instructions) -> Mapping[str, str]:
        """What arguments of a program may name; what is not known is empty."""
        whom, opening = (
            permission.gets(self._desk.policy, self._leave.whose(ticket)),
            ticket.opening,
        )
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


def _has_done(going: Walk, what: Instructions, hook: Hook) -> bool:
    """Whether the program of a procedure has nothing left to do."""
    if hook.step:
        return hook.step not in going.left(list(choose.texts(what)))
    return any(each.exit_code == 0 for each in going.ran)


def stands(ticket: Ticket) -> str:
    """How it stands that nothing is followed any more."""
    return f"be {ticket.status}" if ticket.status in ("resolved", "closed") else "follow nothing"


def ran_note(what: Instructions, ran: Ran) -> str:
    """How the program of a procedure ended, in a sentence."""
    lines = ran.output.splitlines()
    shown = f": {lines[0]}" if lines else ""
    return f"  The program of {what.id}: {_ended(ran)}{shown}"


def _ended(ran: Ran) -> str:
    return ran.reason if ran.exit_code is None else f"it ended with {ran.exit_code}"
