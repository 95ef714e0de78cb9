"""The classes of the tickets of one desk: what they should be, why they are so, what a change does.

What `sdcli classify`, `validate`, `report classification` and `report information` call, and what
others ask of a class. The rules are in `sdcli.triage`, what closed tickets teach in
`sdcli.learning`, the reports in `sdcli.insight`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.errors import DataFileError
from sdcli.tickets.lifecycle import require_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.classification import ClassificationReport
    from sdcli.insight.information import InformationReport
    from sdcli.insight.partings import Class
    from sdcli.learning.evaluate import Evaluation
    from sdcli.learning.memory import Memory
    from sdcli.ledger.interface import Progress
    from sdcli.policy.model import Consequence
    from sdcli.results.tickets import Effect
    from sdcli.results.triage import Learning, Reasoned
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.suggest import Proposal


class Classification:
    """The classes of the tickets of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._remarks: list[str] = []
        self.learning: Learning | None = None  # of the newest proposals

    def proposals(self, ticket: Ticket) -> dict[str, Proposal]:
        """A proposal for each field of a ticket, by the catalog and by closed tickets."""
        from sdcli.learning.history import ask  # noqa: PLC0415 - a class is asked for more often
        from sdcli.results.triage import Learning  # noqa: PLC0415
        from sdcli.triage.classify import propose  # noqa: PLC0415 - as above

        require_request(ticket, "classify")
        learned, caught, trouble = ask(
            self.memory, self._desk.ledger, self._desk.policy, ticket, self._desk.now
        )
        notes = [*self._remarks]
        if trouble:
            notes.append(f"Not all closed tickets could be asked: {trouble}")
        if not caught.is_done and caught.is_kept:
            notes.append(
                f"The closed tickets are still being learned: {caught.looked} of about "
                f"{caught.total} were looked at. Each run of classify and sla-check goes on."
            )
        if not caught.is_kept:
            notes.append(
                "What closed tickets teach cannot be kept, so only the newest are learned each "
                f"time: {caught.lessons} now."
            )
        self.learning = Learning(
            looked=caught.looked,
            total=caught.total,
            done=caught.is_done,
            kept=caught.is_kept,
            notes=notes,
        )
        return propose(self._desk.policy, ticket, self.changes_about(ticket), learned)

    def tell_learning(self) -> None:
        """Tell what is to be said about learning, where no document holds it."""
        for note in self.learning.notes if self.learning else ():
            self._desk.tell(note)

    def learn(self, most: int) -> None:
        """Learn up to `most` of the tickets that were closed meanwhile, if it can be kept.

        Nobody waits for it, so it says nothing and raises nothing: what stands in its way is
        told by `classify`, whose work it is. See `learning.history`.
        """
        from sdcli.learning.history import keep_up  # noqa: PLC0415 - as above
        from sdcli.learning.memory import Memory  # noqa: PLC0415

        with suppress(Exception):  # whatever it is, alarms go before lessons
            memory = Memory(self._desk.derived("history"))
            if memory.is_kept:
                keep_up(memory, self._desk.ledger, self._desk.policy, self._desk.now, most)

    def evaluation(self, progress: Progress) -> Evaluation:
        """How well closed tickets would have been classified by those closed before them."""
        from sdcli.learning.evaluate import evaluate  # noqa: PLC0415 - as above

        return evaluate(self._desk.policy, self._desk.ledger, progress)

    @cached_property
    def memory(self) -> Memory:
        """What closed tickets have taught; derived from the ledger, and kept beside the policy."""
        from sdcli.learning.memory import Memory  # noqa: PLC0415 - as above

        return Memory(self._desk.derived("history"), self._remarks.append)

    def reasons(self, ref: str) -> Reasoned:
        """Why a ticket has its priority, line by line, and what follows from it (R2c.1-R2c.2c).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        from sdcli.results.triage import Reasoned  # noqa: PLC0415 - as above
        from sdcli.triage.reasons import reasons_of  # noqa: PLC0415

        policy, ticket = self._desk.policy, self._desk.ledger.get(ref)
        require_request(ticket, "classify --explain")
        found = reasons_of(policy, ticket)
        at_work = not ticket.is_closed and ticket.status != "resolved"
        rules = (found.follows, found.communication, found.continuity)
        grounds = (*found.type_grounds, *found.grounds)
        places = {ground.place for ground in grounds} | {rule.place for rule in rules}
        return Reasoned(
            seen=self._desk.see(ticket),
            reasons=found,
            words=self._words_at(places),
            tickets=self._gives_way(ticket, found.follows) if at_work else (),
            tell=self._to_be_told(ticket, found.follows) if at_work else (),
            box=self._desk.time_box(ticket) if at_work else None,
        )

    def _words_at(self, places: Iterable[str]) -> dict[str, str]:
        """The line that stands at each place of the desk's files, without its indentation."""
        found: dict[str, str] = {}
        for place in filter(None, places):
            file, _, number = place.rpartition(":")
            path = os.path.join(self._desk.root, file)
            # If it has just been changed, the place says enough.
            with suppress(OSError, ValueError, IndexError), open(path, encoding="utf-8") as stream:
                found[place] = stream.read().splitlines()[int(number) - 1].strip()
        return found

    def _gives_way(self, ticket: Ticket, rule: Consequence) -> list[Ticket]:
        """Work in progress that stops for a ticket: its assignee's, else that of its queue."""
        from sdcli.tickets.query import Query, pressing  # noqa: PLC0415 - as above

        queue = self._desk.policy.teams.queues.get(ticket.queue)
        people = (ticket.assignee,) if ticket.assignee else queue.members if queue else ()
        found = {
            each.ref: each
            for person in people
            for each in self._desk.ledger.find(Query(statuses=("in_progress",), assignee=person))
            if each.ref != ticket.ref and each.priority in rule.pre_empts
        }
        return pressing(found.values())

    def _to_be_told(self, ticket: Ticket, rule: Consequence) -> list[tuple[str, str, str]]:
        """Role, name and how to reach each person who must hear of it; each person once."""
        from sdcli.sla.duty import holder  # noqa: PLC0415 - as above

        policy, at = self._desk.policy, int(self._desk.now.timestamp())
        staff, found = policy.teams.technicians, dict[str, tuple[str, str, str]]()
        where = {"queue": ticket.queue, "service": ticket.service}
        for role in rule.tell:
            person = holder(policy, role, assignee=ticket.assignee, **where, at=at)
            before = found.get(person)
            if before:
                found[person] = (f"{before[0]}, {role}", *before[1:])
            elif person in staff:
                known = staff[person]
                reach = ", ".join(filter(None, (known.phone, known.mail)))
                found[person] = (role, known.name, reach)
        return list(found.values())

    def effect(self, ticket: Ticket) -> Effect | None:
        """What the last change of this ticket through this desk did to its clocks (R3d1.5).

        None if it was no decision on its class, or moved nothing and changed nothing decided.
        """
        from sdcli.results.tickets import Effect  # noqa: PLC0415 - as above
        from sdcli.triage.reclassify import undone  # noqa: PLC0415

        before = self._desk.before
        found = undone(before, ticket) if before and before.ref == ticket.ref else None
        if found is None:
            return None
        was, change = self._desk.see(found[0]), found[1]
        if change is None:
            return Effect(was) if was.differs(self._desk.see(ticket)) else None
        service = self._desk.policy.service(ticket.service) if "service" in change.fields else None
        own = ("", ticket.queue, self._desk.policy.teams.desk.queue)
        hand_to = service.queue if service and ticket.queue != own[2] else ""
        return Effect(was, change, "" if hand_to in own else hand_to)

    def validate(
        self, ref: str, corrections: Mapping[str, str], *, against: str, note: str
    ) -> Ticket:
        """Confirm or correct what a machine reported; `corrections` are by the fact's name.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, or feature.
            RefusedError: no machine reported it, it was validated and nothing is new, or what a
                person stated is corrected without a note.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - as above
        from sdcli.tickets.alerts import facts  # noqa: PLC0415
        from sdcli.triage.classify import corrected  # noqa: PLC0415
        from sdcli.triage.reclassify import validated  # noqa: PLC0415

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            steps.require("validated", ticket)
            found = corrected(self._desk.policy, ticket, stamp, corrections)
            classified = validated(ticket, found, note)
            return steps.validate(
                ticket,
                stamp,
                facts=facts(ticket),
                corrections=corrections,
                classified=classified,
                against=against,
                note=note,
            )

        return self._desk.change(ref, step)

    def answers_of(self, ticket: Ticket) -> list[tuple[str, str]]:
        """The questions that its caller was asked, in words, and what was answered (R1b.1c).

        Trees that are wrong just now hinder nobody from looking: the answers are told by their ids.
        """
        walk = ticket.opening.walk
        if walk is None:
            return []
        from sdcli.policy.questions import Questions  # noqa: PLC0415 - as above
        from sdcli.triage.questions import in_words  # noqa: PLC0415

        questions = Questions()
        with suppress(DataFileError):
            questions = self._desk.questions
        return in_words(questions, walk)

    def changes_about(self, ticket: Ticket) -> list[RecentChange]:
        """The recent changes that touch a ticket, the newest first (R2a.4a)."""
        from sdcli.triage.changes import about, recent  # noqa: PLC0415 - as above

        return recent(self._desk.policy, about(ticket), self._desk.now)

    def against_catalog(self, ticket: Ticket) -> tuple[str, ...]:
        """What the catalog says against a failure that was stated; nothing if it agrees (R2a.2a)."""
        if ticket.type != "incident":
            return ()
        from sdcli.triage.kind import against_catalog  # noqa: PLC0415 - as above

        remark = against_catalog(self._desk.policy, ticket, self._desk.now)
        return (remark,) if remark else ()

    def report(
        self,
        by: Class,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> ClassificationReport:
        """How the tickets of a period were classified (R3d1.5, R7.4)."""
        from sdcli.insight.classification import classification  # noqa: PLC0415 - as above

        found = filter(only, self._desk.touched(since))
        return classification(found, self._desk.questions, by=by, since=since, until=until)

    def information_report(
        self,
        since: datetime | None,
        until: datetime | None,
        fewest: int,
        only: Callable[[Ticket], bool] | None = None,
    ) -> InformationReport:
        """What callers asked again and again in a period (R2a.1a)."""
        from sdcli.insight.information import information  # noqa: PLC0415 - as above

        found = filter(only, self._desk.touched(since, "information"))
        return information(found, self._desk.policy, since=since, until=until, fewest=fewest)
