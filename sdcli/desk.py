"""One desk, opened: a directory with its files and its ledger, the clock, and who acts.

This is the only place that reads the clock. What it offers is small: look at a ticket, take one
step on a ticket, take in what arrives, list, check the clocks. The rules are in the rooms below.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from sdcli.errors import (
    DataFileError,
    IllegalStepError,
    LateEntryError,
    LedgerAddressError,
    LedgerDamagedError,
    MachineError,
    RefusedError,
    SdcliError,
    listed,
)
from sdcli.ledger.again import again
from sdcli.tickets.words import PRIORITIES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from typing import BinaryIO

    from sdcli.insight.classification import ClassificationReport
    from sdcli.insight.information import InformationReport
    from sdcli.insight.partings import Class
    from sdcli.insight.unsupported import UnsupportedReport
    from sdcli.intake.attachments import Attachments
    from sdcli.intake.before import Before
    from sdcli.intake.formats import Formats, Reading
    from sdcli.intake.items import Item, NewFile, RequestItem, Unreadable
    from sdcli.intake.moved import Arrival, Moved
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.intake.roster import Taken
    from sdcli.learning.evaluate import Evaluation
    from sdcli.learning.memory import Memory
    from sdcli.ledger.interface import (
        Beat,
        Examination,
        Home,
        Ledger,
        Mended,
        Progress,
        Reader,
        Resting,
        Writer,
    )
    from sdcli.ledger.unit import Unit
    from sdcli.notify.deliver import Office
    from sdcli.notify.outcome import Pending, Run, Sent
    from sdcli.policy.agreements import Targets
    from sdcli.policy.formats import AlertFormat
    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.model import Consequence, Policy
    from sdcli.policy.process import ProcessRules
    from sdcli.policy.questions import Questions
    from sdcli.results import (
        ClocksExplained,
        Confirmed,
        Duties,
        Effect,
        FrontPage,
        Learning,
        Monitored,
        Reasoned,
        Seen,
        SlaStatus,
        Supported,
        Waiting,
    )
    from sdcli.sla.backing import Backing
    from sdcli.sla.clock import Clock, Clocks
    from sdcli.sla.explain import Explained
    from sdcli.sla.register import Breach, Wanted
    from sdcli.sla.runs import Target
    from sdcli.sla.simulate import Comparison
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.support import Rooms
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.suggest import Proposal
    from sdcli.triage.support import Decision

_P = ParamSpec("_P")
LARGEST_STREAM = 256 * 1000**2
"""The most bytes that are taken in where the desk's own limit cannot be read."""
_TELL_EVERY = 500
_MISSED_AFTER = 2
"""So many times the interval at which it is to run may pass before a check is missed."""


class Desk:
    """The desk in the directory `root`.

    Args:
        root: the directory that holds `sla_policies.yaml`.
        by: the person who acts.
        now: a fixed instant in UTC, for drills and tests; the real clock if None.
        cache: the folder for derived files; none is used if empty.
        wait_s: how many seconds to wait for the ledger's lock.
        environment: gives what a variable of the environment holds, where a file names one.
        tell: is told, in a sentence, what was mended without being asked for.
        tell_last: is told what a refusal may say instead, and is said when a command has ended.
        rehearses: nothing is recorded, nothing leaves the desk: see `rehearsal`.
        host: what this machine is called, where many work on one ledger; empty if nobody knows.
    """

    def __init__(
        self,
        root: str,
        *,
        by: str,
        now: datetime | None,
        cache: str,
        wait_s: float,
        environment: Callable[[str], str | None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
        tell_last: Callable[[str], None] | None = None,
        rehearses: bool = False,
        host: str = "",
    ) -> None:
        self.root = root
        self.host = host
        self.by = by
        self._fixed_now = now
        self._happened: datetime | None = None
        self._cache = cache
        self._wait_s = wait_s
        self._environment = environment
        self._tell = tell
        self._tell_last = tell_last or tell
        self._before: Ticket | None = None  # as it was before the last change
        self.unchecked: list[str] = []  # tickets, or rules, that could not be read
        self._remarks: list[str] = []
        self.learning: Learning | None = None  # of the newest proposals
        self.rehearses = rehearses
        self._act: int | None = None
        self._unit: Unit | None = None

    def anew(self, tell: Callable[[str], None]) -> Desk:
        """This desk as the next command opens it: an act of its own, and its files as they are then.

        Whoever stays for long opens it so for each thing that is done; `tell` as for any desk.
        """
        return Desk(
            self.root,
            by=self.by,
            now=self._fixed_now,
            cache=self._cache,
            wait_s=self._wait_s,
            environment=self._environment,
            tell=tell,
            host=self.host,
        )

    @property
    def now(self) -> datetime:
        """The instant, in UTC and whole seconds."""
        return self._fixed_now or datetime.now(timezone.utc).replace(microsecond=0)

    @property
    def wait_s(self) -> float:
        """How many seconds to wait for a lock."""
        return self._wait_s

    @property
    def stamp(self) -> Stamp:
        """Who acts, and when; what happened before is entered now."""
        from sdcli.tickets.event import Stamp  # noqa: PLC0415 - a search records nothing

        if self._act is None:
            from sdcli.tickets.base import new_act  # noqa: PLC0415 - as above

            self._act = new_act()
        now, happened = self.now, self._happened
        if happened is None or happened >= now:
            return Stamp(at=now, by=self.by, act=self._act)
        return Stamp(at=happened, by=self.by, entered=now, act=self._act)

    @property
    def act(self) -> str:
        """What the ids of all that this command records end with; empty before it does."""
        if self._act is None:
            return ""
        from sdcli.tickets.base import act_name  # noqa: PLC0415 - as above

        return act_name(self._act)

    def enter_late(self, happened: datetime) -> None:
        """Take what is recorded from here on as having happened at that instant, in UTC.

        Raises:
            RefusedError: that is still to come.
        """
        if happened > self.now:
            raise RefusedError(
                f"{happened:%Y-%m-%d %H:%M:%S}Z is still to come: --at takes what has happened "
                "already."
            )
        self._happened = happened

    @cached_property
    def policy(self) -> Policy:
        """What the desk's files say.

        Raises:
            DataFileError: a file is wrong.
        """
        from sdcli.policy.load import policy  # noqa: PLC0415 - not every command needs it

        return policy(self.root, self._cache)

    @property
    def zone(self) -> str:
        """The time zone of the desk: that of its default agreement."""
        return self.policy.zone

    @property
    def today(self) -> date:
        """The date in the desk's zone.

        Raises:
            DataFileError: the desk's files do not say which zone that is.
        """
        from sdcli.policy.local import local  # noqa: PLC0415 - only dates pay for it

        return local(int(self.now.timestamp()), self.zone).date()

    @cached_property
    def questions(self) -> Questions:
        """The desk's question trees.

        Raises:
            DataFileError: their file, or one that they refer to, is wrong.
        """
        from sdcli.policy.load import questions  # noqa: PLC0415 - as above

        return questions(self.root, self.policy, self.derived("questions"))

    @cached_property
    def process(self) -> ProcessRules:
        """The rules of the process: who may do what, and what is demanded on the way.

        Raises:
            DataFileError: their file is wrong.
        """
        from sdcli.policy.load import process  # noqa: PLC0415 - as above

        return process(self.root, self.derived("process"))

    @cached_property
    def formats(self) -> Formats:
        """How the desk reads alerts.

        Raises:
            DataFileError: a file of a format is wrong.
        """
        from sdcli.intake.formats import Formats  # noqa: PLC0415 - as above
        from sdcli.policy.load import formats  # noqa: PLC0415

        def check(read: AlertFormat) -> Iterator[tuple[str, str]]:
            from sdcli.intake.format_check import wrong  # noqa: PLC0415 - only a changed file

            return wrong(read)

        return Formats(formats(self.root, self.derived("formats"), check))

    @property
    def ledger(self) -> Ledger:
        """Where the tickets rest; within a unit of several commands, as it would be after them."""
        if self.rehearses and self._unit is None:
            from sdcli.ledger.unit import Unit  # noqa: PLC0415 - only a rehearsal

            self._unit = Unit(self._home, rehearses=True)
        return self._unit or self._home

    @cached_property
    def _home(self) -> Home:
        return self.home_at("")

    def home_at(self, where: str) -> Home:
        """The ledger at an address or in a folder; this desk's own if neither is said.

        Raises:
            LedgerAddressError: it is no such address.
            DataFileError: the settings name one that is none.
        """
        from sdcli.ledger.homes import home  # noqa: PLC0415 - as above

        address = self.ledger_address if not where else where if "://" in where else ""
        folder = where if where and not address else self._ledger_folder
        if not address:
            return home(address, folder, self._wait_s, self._tell)
        from sdcli.ledger.host import Host  # noqa: PLC0415 - a folder is of one machine

        host = Host(self.host, self._levels_here, self._tell_last)
        try:
            return home(address, folder, self._wait_s, self._tell, host)
        except LedgerAddressError as error:
            if where or self._environment("SDCLI_LEDGER"):
                raise
            from sdcli.policy.load import unread_address  # noqa: PLC0415 - hardly ever

            raise unread_address(self.root, error.reason) from None

    def _levels_here(self) -> str:
        """The hash of the service levels that the files say; empty if they are wrong."""
        try:
            return self.policy.levels_hash
        except DataFileError:
            return ""

    @property
    def ledger_address(self) -> str:
        """Where the ledger is: SDCLI_LEDGER, else the desk's settings; empty for the desk's folder.

        Raises:
            DataFileError: the settings are wrong.
        """
        from sdcli.policy.load import settings  # noqa: PLC0415 - as above

        named = self._environment("SDCLI_LEDGER")
        return named or settings(self.root, self.derived("settings")).ledger

    def rehearsal(self) -> list[tuple[Ticket, AnyEvent]]:
        """End a rehearsal: each event that would have been added, with the ticket after all."""
        if self._unit is None:
            return []
        added = self._unit.added()
        self._unit.abandon()
        self._unit = None
        return added

    def deferred(self, *, by: str, act: int, happened: datetime | None) -> Desk:
        """This desk as it acts for somebody whose act had to wait for the ledger.

        What it records belongs to that act, and happened at that instant, or now if it is None.
        """
        desk = self.anew(self._tell)
        desk.by, desk._act, desk._happened = by, act, happened  # noqa: SLF001 - its own kind
        desk.policy, desk.formats, desk._home = self.policy, self.formats, self._home  # noqa: SLF001
        return desk

    @contextmanager
    def together(self, *, rehearses: bool = False, act: int | None = None) -> Iterator[Unit]:
        """Let several commands be one unit of work: all is recorded at the end, or nothing is.

        In a rehearsal nothing is in any case. Nobody may be asked anything within (T28). Of an `act`
        that is given nobody else records anything meanwhile.
        """
        from sdcli.ledger.unit import Unit  # noqa: PLC0415 - few commands

        if self._unit is None and self.rehearses:
            self._unit = Unit(self._home, rehearses=True)  # abandoned by `rehearsal`
        if self._unit is not None:
            yield self._unit
            return
        before, self.rehearses = self.rehearses, self.rehearses or rehearses
        unit = self._unit = Unit(self._home, rehearses=self.rehearses, act=act)
        try:
            yield unit
            if not self.rehearses:
                unit.commit()
        finally:
            unit.abandon()
            self._unit, self.rehearses = None, before

    @property
    def rooms(self) -> Rooms:
        """Where what the catalog does not hold may go before anybody has decided (R2b.2)."""
        from sdcli.tickets.support import Rooms  # noqa: PLC0415 - few tickets are unsupported

        rules = self.policy.classification.support
        return Rooms(devices=rules.devices, desk=self.policy.teams.desk.queue)

    @property
    def ledger_folder(self) -> str:
        """The folder of the desk for what is recorded, and what waits to be."""
        return self._ledger_folder

    @property
    def _ledger_folder(self) -> str:
        return os.path.join(self.root, "ledger")

    @property
    def _quarantine_folder(self) -> str:
        return os.path.join(self._ledger_folder, "quarantine")

    @property
    def _ignored_folder(self) -> str:
        return os.path.join(self._ledger_folder, "ignored")

    @cached_property
    def clocks(self) -> Clocks:
        """The reader of SLA clocks under this desk's policy, and under what tickets are pinned to."""
        from sdcli.sla.clock import Clocks  # noqa: PLC0415 - as above

        return Clocks(self.policy, self._levels)

    def _levels(self, policy: str) -> ServiceLevels:
        """The service levels with this hash, as they were kept (T11).

        Raises:
            LedgerDamagedError: they are not there, or are not what they were.
        """
        from msgspec import MsgspecError  # noqa: PLC0415 - few tickets need it

        from sdcli.policy.levels import read  # noqa: PLC0415

        try:
            return read(self.ledger.levels(policy))
        except MsgspecError as error:
            path = os.path.join(self._ledger_folder, "policies", f"{policy}.json")
            reason = f"this version of sdcli cannot read these service levels ({error})"
            raise LedgerDamagedError(path, reason) from None

    def keep_levels(self) -> None:
        """Have today's service levels on disk, before a ticket is pinned to them (T11)."""
        policy = self.policy.levels_hash
        if not self.rehearses and not self.ledger.has_levels(policy):
            from sdcli.policy.levels import written  # noqa: PLC0415 - only a changed desk

            self.ledger.keep_levels(policy, written(self.policy.levels))

    def _pinned_here(self, policy: str) -> str:
        """What a ticket that comes from elsewhere is pinned to: what it was, if that is known here."""
        return policy if policy and self.ledger.has_levels(policy) else self.policy.levels_hash

    @cached_property
    def memory(self) -> Memory:
        """What closed tickets have taught; derived from the ledger, and kept beside the policy."""
        from sdcli.learning.memory import Memory  # noqa: PLC0415 - as above

        return Memory(self._history, self._remarks.append)

    @property
    def _history(self) -> str:
        return self.derived("history")

    def tell(self, sentence: str) -> None:
        """Tell something that stops nothing, in a sentence."""
        self._tell(sentence)

    def derived(self, name: str) -> str:
        """The path of something derived from this desk's files or ledger; empty if none is kept."""
        return self._cache and f"{self._cache}.{name}"

    def proposals(self, ticket: Ticket) -> dict[str, Proposal]:
        """A proposal for each field of a ticket, by the catalog and by closed tickets."""
        from sdcli.learning.history import ask  # noqa: PLC0415
        from sdcli.results import Learning  # noqa: PLC0415
        from sdcli.triage.classify import propose  # noqa: PLC0415 - as above

        _require_request(ticket, "classify")
        learned, caught, trouble = ask(self.memory, self.ledger, self.policy, ticket, self.now)
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
        return propose(self.policy, ticket, self.changes_about(ticket), learned)

    def tell_learning(self) -> None:
        """Tell what is to be said about learning, where no document holds it."""
        for note in self.learning.notes if self.learning else ():
            self._tell(note)

    def learn(self, most: int) -> None:
        """Learn up to `most` of the tickets that were closed meanwhile, if it can be kept.

        Nobody waits for it, so it says nothing and raises nothing: what stands in its way is
        told by `classify`, whose work it is. See `learning.history`.
        """
        from sdcli.learning.history import keep_up  # noqa: PLC0415 - as above
        from sdcli.learning.memory import Memory  # noqa: PLC0415

        with suppress(Exception):  # whatever it is, alarms go before lessons
            memory = Memory(self._history)
            if memory.is_kept:
                keep_up(memory, self.ledger, self.policy, self.now, most)

    def evaluation(self, progress: Progress) -> Evaluation:
        """How well closed tickets would have been classified by those closed before them."""
        from sdcli.learning.evaluate import evaluate  # noqa: PLC0415 - as above

        return evaluate(self.policy, self.ledger, progress)

    def sla(self, ticket: Ticket) -> dict[Target, Clock]:
        """The clocks of a ticket now."""
        return self.clocks.read(ticket, int(self.now.timestamp()))

    def see(self, ticket: Ticket) -> Seen:
        """A ticket with its clocks as they stand now."""
        from sdcli.results import Seen  # noqa: PLC0415 - as above
        from sdcli.sla.agreed import cover_of  # noqa: PLC0415

        held = self.clocks.held(cover_of(ticket))
        rooms = self.rooms if ticket.support else None
        return Seen(
            ticket,
            self.sla(ticket),
            held.agreed.name,
            self.now,
            rooms,
            calendar=held.calendar,
            owner=self.policy.teams.desk.queue,
            act=self.act,
        )

    def backing(self, ticket: Ticket) -> dict[Backing, tuple[str, Clock]]:
        """Whose clock runs beside its own, of its queue and of a supplier, and how it stands."""
        from sdcli.sla.backing import faces  # noqa: PLC0415 - as above

        return faces(ticket, self.clocks, int(self.now.timestamp()))

    def explain(
        self, ref: str, target: Explained | None = None, at: datetime | None = None
    ) -> ClocksExplained:
        """Why a target stands as it does, or all of them, now or at an instant in UTC (R5b.1).

        At an instant that is past the ticket is as it was then, by what is known now; at one to
        come it is as it will be if nothing happens until then.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was not there yet, or there is no such target.
        """
        from sdcli.results import ClocksExplained  # noqa: PLC0415 - as above
        from sdcli.sla.explain import explain, explain_all, pressing  # noqa: PLC0415
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415 - as above

        whole, when = self.ledger.get(ref), at or self.now
        _require_request(whole, "sla explain")
        if when < whole.opened_at:
            raise RefusedError(
                f"{ref} was opened at {whole.opened_at:%Y-%m-%d %H:%M:%S}Z: there is nothing to "
                "explain before that. Name a later instant."
            )
        ticket, now = as_of(whole, when), int(when.timestamp())
        if target is None:
            found = explain_all(ticket, self.policy, self.clocks, now)
            return ClocksExplained(
                ticket=ticket, found=found, shown=pressing(found), zone=self.zone
            )
        told = explain(ticket, self.policy, self.clocks, target, now)
        if told is None:
            raise RefusedError(_no_target(ref, target))
        return ClocksExplained(
            ticket=ticket, found={target: told}, shown=target, zone=self.zone, summaries=False
        )

    def time_box(self, ticket: Ticket) -> TimeBox | None:
        """How long the tier of its queue may try, and has tried (R2c.2b).

        None without a limit, and where nobody works: it is resolved, or must be decided on.
        """
        if not self.is_worked_on(ticket):
            return None
        from sdcli.sla.timebox import time_box  # noqa: PLC0415 - as above

        return time_box(ticket, self.policy, self.clocks, int(self.now.timestamp()))

    def is_worked_on(self, ticket: Ticket) -> bool:
        """Whether a tier may try at all just now."""
        if ticket.status in ("resolved", "closed"):
            return False
        if ticket.support is None:
            return True
        from sdcli.tickets.support import blocks  # noqa: PLC0415 - few tickets are unsupported

        return not blocks(ticket, self.rooms, self.now)

    def support_of(self, ticket: Ticket) -> Supported:
        """Whether what a ticket is about is in the catalog, and what is promised for it (R2b.1)."""
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        from sdcli.sla.agreed import cover_of, gone_agreement  # noqa: PLC0415
        from sdcli.tickets.support import is_unsupported  # noqa: PLC0415

        _require_request(ticket, "support")
        component = cover_of(ticket).component
        told = ticket.opening.fields.get("service", "")
        gone = ticket.service not in (UNKNOWN, *self.policy.catalog.services)
        unsupported = is_unsupported(ticket) and ticket.support
        what = unsupported.what if unsupported else ticket.service if gone else told
        text = f"{what} {ticket.summary}\n{ticket.opening.details}"
        found = self.support(
            service="" if unsupported else ticket.service,
            component="" if unsupported else component,
            text=text,
        )
        agreed = self.clocks.agreement(ticket)
        in_doubt = found.supported is False and not (unsupported or what)
        return replace(
            found,
            asked=what or found.asked,
            supported=None if in_doubt else found.supported,
            feature="" if ticket.feature == UNKNOWN else ticket.feature,
            agreement=agreed.name,
            why=agreed.why,
            grants=agreed.agreement,
            targets=self._targets(agreed.name),
            seen=self.see(ticket),
            time_box=self.time_box(ticket),
            held=self._held_by_now(ticket),
            deciders=self._deciders(ticket) or found.deciders,
            grants_override=(would := self._would_promise(ticket)),
            override_targets=self._targets(would) if would else {},
            gone=gone_agreement(self.clocks.book(ticket.policy).levels, ticket),
        )

    def _would_promise(self, ticket: Ticket) -> str:
        """The agreement that an override would promise, where somebody must decide; else empty."""
        from sdcli.tickets.support import state  # noqa: PLC0415 - as above

        known = ticket.support
        waits = known and state(known, self.now) in ("unsupported", "unsupported-expired")
        return self.policy.classification.support.agreement if waits else ""

    def _deciders(self, ticket: Ticket) -> tuple[str, ...]:
        """Who may override, where somebody must decide."""
        from sdcli.triage.support import OVERRIDE, able  # noqa: PLC0415 - as above

        return able(self.policy, OVERRIDE) if self._would_promise(ticket) else ()

    def _held_by_now(self, ticket: Ticket) -> str:
        """The service that holds what a ticket is about, though nobody has classified it so."""
        from sdcli.tickets.support import is_unsupported  # noqa: PLC0415 - as above
        from sdcli.triage.supported import named  # noqa: PLC0415

        known = ticket.support
        is_open_question = known and is_unsupported(ticket) and not known.device
        return named(self.policy, known.what) if known and is_open_question else ""

    def support(self, *, service: str = "", component: str = "", text: str = "") -> Supported:
        """Whether a service or a component is in the catalog, and what is promised for it (R2b.1).

        `text` tells which services come near, if it is not.
        """
        from sdcli.policy.service_map import services_with  # noqa: PLC0415
        from sdcli.results import Supported  # noqa: PLC0415 - as above
        from sdcli.sla.agreed import strictest  # noqa: PLC0415
        from sdcli.triage.support import OVERRIDE, able  # noqa: PLC0415
        from sdcli.triage.supported import held, nearest  # noqa: PLC0415

        policy = self.policy
        catalog = policy.catalog.services
        name, feature = held(policy, service) or ("", "") if service else ("", "")
        names = (name,) if name else services_with(policy, component)
        inherited = strictest(policy.levels, names, PRIORITIES[0])
        agreement = inherited or policy.classification.support.agreement
        near = () if names else nearest(policy, text or service or component)
        consequences = policy.classification.consequences
        return Supported(
            asked=service or component,
            supported=bool(names),
            services={each: catalog[each] for each in names},
            feature=feature,
            component=component,
            agreement=agreement,
            why="service" if name else "component" if names else "if-overridden",
            deciders=() if names else able(policy, OVERRIDE),
            grants=policy.sla.agreements[agreement],
            targets=self._targets(agreement),
            boxes={each: consequences.of(each).time_box for each in PRIORITIES},
            nearest={each: catalog[each] for each in near},
        )

    def decide_support(self, ref: str, wish: Decision) -> Ticket:
        """Record what somebody decided about something that the catalog does not hold (R2b.2).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the person lacks the authority, or nobody said what it is.
        """
        from sdcli.triage.support import judge  # noqa: PLC0415 - as above

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            held = self.clocks.agreement(ticket).name
            return judge(ticket, stamp, policy=self.policy, wish=wish, held=held)

        return self.change(ref, step)

    def unsupported_report(
        self,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> UnsupportedReport:
        """What was spent in a period on what the catalog does not hold (R2b.2b)."""
        from sdcli.insight.unsupported import Found, gap_key, unsupported  # noqa: PLC0415
        from sdcli.tickets import keys  # noqa: PLC0415
        from sdcli.triage.supported import named  # noqa: PLC0415

        policy, gap_from = self.policy, self.policy.classification.support.gap_from
        tickets = filter(only, self.ledger.having(keys.UNSUPPORTED, since))

        def look_up(name: str) -> Found:
            draft = self.ledger.by_idempotency_key(gap_key(name))
            return Found(named(policy, name), draft.ref if draft else "")

        return unsupported(tickets, gap_from, since, until, look_up)

    def draft_changes(self, report: UnsupportedReport) -> list[tuple[Outcome, Seen | None]]:
        """A request for change for each gap of the catalog, each opened only once (R2b.2c).

        Raises:
            NoSuchEntryError: the queue for requests for change has left the files.
        """
        from sdcli.insight.unsupported import evidence, gap_key  # noqa: PLC0415 - as above
        from sdcli.intake.items import RequestItem  # noqa: PLC0415

        queue = self.policy.require_queue(self.policy.classification.support.changes)
        drafts = [
            RequestItem(
                summary=f"The catalog lacks {gap.name}: {gap.tickets} tickets asked for it",
                user=self.by,
                channel="script",
                type="new-service",
                queue=queue,
                details=evidence(gap),
                idempotency_key=gap_key(gap.name),
            )
            for gap in report.gaps
        ]
        return self.see_all(self.take_in(drafts))

    def _targets(self, agreement: str) -> dict[str, Targets]:
        return {each: self.policy.sla.agreement_targets(agreement, each) for each in PRIORITIES}

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
            questions = self.questions
        return in_words(questions, walk)

    def changes_about(self, ticket: Ticket) -> list[RecentChange]:
        """The recent changes that touch a ticket, the newest first (R2a.4a)."""
        from sdcli.triage.changes import about, recent  # noqa: PLC0415 - as above

        return recent(self.policy, about(ticket), self.now)

    def against_catalog(self, ticket: Ticket) -> tuple[str, ...]:
        """What the catalog says against a failure that was stated; nothing if it agrees (R2a.2a)."""
        if ticket.type != "incident":
            return ()
        from sdcli.triage.kind import against_catalog  # noqa: PLC0415 - as above

        remark = against_catalog(self.policy, ticket, self.now)
        return (remark,) if remark else ()

    def faq(self) -> list[tuple[str, str]]:
        """The frequent questions: the articles of type information, id and title (R2a.1).

        Raises:
            DataFileError: a file of the knowledge base is wrong.
        """
        from sdcli.knowledge.articles import articles, questions_of  # noqa: PLC0415 - as above

        return [(each.id, each.title) for each in questions_of(articles(self.root).values())]

    def reasons(self, ref: str) -> Reasoned:
        """Why a ticket has its priority, line by line, and what follows from it (R2c.1-R2c.2c).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        from sdcli.results import Reasoned  # noqa: PLC0415 - as above
        from sdcli.triage.reasons import reasons_of  # noqa: PLC0415

        policy, ticket = self.policy, self.ledger.get(ref)
        _require_request(ticket, "classify --explain")
        found = reasons_of(policy, ticket)
        at_work = not ticket.is_closed and ticket.status != "resolved"
        rules = (found.follows, found.communication, found.continuity)
        grounds = (*found.type_grounds, *found.grounds)
        places = {ground.place for ground in grounds} | {rule.place for rule in rules}
        return Reasoned(
            seen=self.see(ticket),
            reasons=found,
            words=self._words_at(places),
            tickets=self._gives_way(ticket, found.follows) if at_work else (),
            tell=self._to_be_told(ticket, found.follows) if at_work else (),
            box=self.time_box(ticket) if at_work else None,
        )

    def _words_at(self, places: Iterable[str]) -> dict[str, str]:
        """The line that stands at each place of the desk's files, without its indentation."""
        found: dict[str, str] = {}
        for place in filter(None, places):
            file, _, number = place.rpartition(":")
            path = os.path.join(self.root, file)
            # If it has just been changed, the place says enough.
            with suppress(OSError, ValueError, IndexError), open(path, encoding="utf-8") as stream:
                found[place] = stream.read().splitlines()[int(number) - 1].strip()
        return found

    def _gives_way(self, ticket: Ticket, rule: Consequence) -> list[Ticket]:
        """Work in progress that stops for a ticket: its assignee's, else that of its queue."""
        from sdcli.tickets.query import Query, pressing  # noqa: PLC0415 - as above

        queue = self.policy.teams.queues.get(ticket.queue)
        people = (ticket.assignee,) if ticket.assignee else queue.members if queue else ()
        found = {
            each.ref: each
            for person in people
            for each in self.ledger.find(Query(statuses=("in_progress",), assignee=person))
            if each.ref != ticket.ref and each.priority in rule.pre_empts
        }
        return pressing(found.values())

    def _to_be_told(self, ticket: Ticket, rule: Consequence) -> list[tuple[str, str, str]]:
        """Role, name and how to reach each person who must hear of it; each person once."""
        from sdcli.sla.duty import holder  # noqa: PLC0415 - as above

        policy, at = self.policy, int(self.now.timestamp())
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

    def responsible(self, queue: str) -> str:
        """Who is responsible in a queue now, in a sentence (R3d2.1b)."""
        from sdcli.sla.duty import responsible  # noqa: PLC0415 - as above

        return responsible(self.policy, queue, int(self.now.timestamp()))

    def duties(self, queue: str | None, at: datetime | None, weeks: int) -> Duties:
        """Who is on duty at an instant, for one queue or all, and the shifts of the weeks after."""
        from sdcli.results import Duties  # noqa: PLC0415 - as above
        from sdcli.sla.duty import duty_manager, manager_spans, on_call, queue_spans  # noqa: PLC0415

        policy, start = self.policy, int((at or self.now).timestamp())
        queues = (queue,) if queue else tuple(policy.teams.queues)
        end = start + weeks * 7 * 24 * 3600
        named = [name for name in queues if policy.teams.queues[name].has_on_call] if weeks else []
        shifts = [(name, span) for name in named for span in queue_spans(policy, name, start, end)]
        shifts += [("", span) for span in (manager_spans(policy, start, end) if weeks else ())]
        return Duties(
            at=start,
            zone=self.zone,
            queues={name: on_call(policy, name, start) for name in queues},
            manager=duty_manager(policy, start),
            shifts=shifts,
            people=policy.teams.technicians,
        )

    def effect(self, ticket: Ticket) -> Effect | None:
        """What the last change of this ticket through this desk did to its clocks (R3d1.5).

        None if it was no decision on its class, or moved nothing and changed nothing decided.
        """
        from sdcli.results import Effect  # noqa: PLC0415 - as above
        from sdcli.triage.reclassify import undone  # noqa: PLC0415

        before = self._before
        found = undone(before, ticket) if before and before.ref == ticket.ref else None
        if found is None:
            return None
        was, change = self.see(found[0]), found[1]
        if change is None:
            return Effect(was) if was.differs(self.see(ticket)) else None
        service = self.policy.service(ticket.service) if "service" in change.fields else None
        own = ("", ticket.queue, self.policy.teams.desk.queue)
        hand_to = service.queue if service and ticket.queue != own[2] else ""
        return Effect(was, change, "" if hand_to in own else hand_to)

    def notices(self, person: str) -> list[Waiting]:
        """What waits to be seen by somebody, or by everybody if `person` is empty.

        Changed classifications, and articles that made things worse. The newest tickets first;
        for everybody, by person (R3d1.5a, R4.1). What waits for somebody who left falls to the
        desk's lead.
        """
        rows = [
            self._waiting(ticket, each) for ticket, names in self.noticed(person) for each in names
        ]
        return rows if person else sorted(rows, key=lambda row: row.person)

    def noticed(
        self, person: str, most: int | None = None
    ) -> Iterator[tuple[Ticket, tuple[str, ...]]]:
        """The tickets with notices for somebody, or anybody; and the names that they wait for.

        With `most`, no more than so many are read for a person.
        """
        from sdcli.tickets import keys  # noqa: PLC0415
        from sdcli.triage.reclassify import fallen_to, takes_over  # noqa: PLC0415

        if not person:
            yield from ((each, each.notices) for each in self.ledger.having(keys.NOTICES))
            return
        key = keys.NOTICES if takes_over(self.policy, person) else keys.notice(person)
        for ticket in self.ledger.having(key, most=most):
            mine = (person, *fallen_to(self.policy, person, ticket.notices))
            names = tuple(each for each in ticket.notices if each in mine)
            if names:
                yield ticket, names

    @staticmethod
    def _waiting(ticket: Ticket, person: str) -> Waiting:
        from sdcli.knowledge.outcomes import harm_unseen  # noqa: PLC0415
        from sdcli.results import Waiting  # noqa: PLC0415 - as above
        from sdcli.triage.reclassify import waiting_for  # noqa: PLC0415

        return Waiting(ticket, person, waiting_for(ticket, person), harm_unseen(ticket, person))

    @again
    def take_notices(self, refs: Sequence[str], note: str) -> list[Waiting]:
        """Record that the acting person has seen changes, of all these tickets or of none.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: one of them has nothing that waits for the acting person.
        """
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        from sdcli.tickets.steps import take_notice  # noqa: PLC0415
        from sdcli.triage.reclassify import fallen_to  # noqa: PLC0415

        stamp, _, taken = self.stamp, self.policy, []
        with self.ledger.write() as writer:
            for ref in dict.fromkeys(refs):
                ticket = writer.get(ref)
                fallen = fallen_to(self.policy, stamp.by, ticket.notices)
                events = take_notice(ticket, stamp, note=note, instead_of=fallen)
                before = [self._waiting(ticket, each) for each in (stamp.by, *fallen)]
                after = writer.append(ticket, events)
                taken += [
                    replace(each, ticket=after) for each in before if each.person in ticket.notices
                ]
        return taken

    def classification_report(
        self,
        by: Class,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> ClassificationReport:
        """How the tickets of a period were classified (R3d1.5, R7.4)."""
        from sdcli.insight.classification import classification  # noqa: PLC0415 - as above

        found = filter(only, self.touched(since))
        return classification(found, self.questions, by=by, since=since, until=until)

    def information_report(
        self,
        since: datetime | None,
        until: datetime | None,
        fewest: int,
        only: Callable[[Ticket], bool] | None = None,
    ) -> InformationReport:
        """What callers asked again and again in a period (R2a.1a)."""
        from sdcli.insight.information import information  # noqa: PLC0415 - as above

        found = filter(only, self.touched(since, "information"))
        return information(found, self.policy, since=since, until=until, fewest=fewest)

    def touched_within(self, days: int) -> Iterator[Ticket]:
        """The tickets that changed in the last so many days."""
        return self.touched(self.now - timedelta(days=days))

    def touched(self, since: datetime | None, type_: str = "") -> Iterator[Ticket]:
        """The tickets that changed since then, of one type if it is given.

        Archives that are older are not opened.
        """
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import STATUSES  # noqa: PLC0415

        statuses = () if since else STATUSES
        return self.ledger.find(Query(statuses=statuses, touched_since=since, type=type_))

    def simulate(
        self,
        raw: bytes,
        name: str,
        *,
        since: datetime | None,
        until: datetime | None,
        progress: Progress,
    ) -> Comparison:
        """What another `sla_policies.yaml` would have made of the tickets of a period (R5b.1).

        Nothing is recorded, and nobody hears anything.

        Raises:
            DataFileError: it is wrong, by itself or together with the desk's other files.
        """
        from sdcli.policy.load import read_instead  # noqa: PLC0415 - as above
        from sdcli.sla.simulate import compare  # noqa: PLC0415

        today = self.policy
        proposed = read_instead(self.root, raw, name)
        found = self._counted(self._touched_or_open(since), progress)
        return compare(found, today, proposed, now=self.now, since=since, until=until)

    def _touched_or_open(self, since: datetime | None) -> Iterator[Ticket]:
        """The tickets that are open, and those that changed since then, one after the other."""
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import STATUSES  # noqa: PLC0415

        if since is None:
            return self.ledger.find(Query(statuses=STATUSES))
        return self.ledger.find(Query(touched_since=since))

    def _counted(self, tickets: Iterable[Ticket], progress: Progress) -> Iterator[Ticket]:
        """Tickets, telling how many of all that there are have gone by."""
        total = self.ledger.count()
        for number, ticket in enumerate(tickets, 1):
            yield ticket
            if not number % _TELL_EVERY:
                progress(number, total)
        progress(total, total)

    def breaches(self, wanted: Wanted, progress: Progress) -> list[Breach]:
        """The broken promises that are wanted, of all tickets, closed ones too (R5b.4)."""
        from sdcli.sla.register import register  # noqa: PLC0415 - as above

        found = self._counted(self._touched_or_open(wanted.since), progress)
        return list(register(found, self.clocks, wanted, self.now))

    def breaches_of(self, ticket: Ticket) -> list[Breach]:
        """The broken promises of one ticket (R5b.4)."""
        from sdcli.sla.register import breaches  # noqa: PLC0415 - as above

        return breaches(ticket, self.clocks, int(self.now.timestamp()))

    def explain_breach(
        self, ref: str, *, target: str, cycle: int | None, cause: str, note: str
    ) -> Ticket:
        """Record why a target was missed (R5b.4).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was never missed.
        """
        from sdcli.sla.register import missed_in  # noqa: PLC0415 - as above
        from sdcli.tickets import steps  # noqa: PLC0415

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            steps.require("breach_explained", ticket)
            missed = missed_in(ticket, self.breaches_of(ticket), target, cycle)
            return steps.explain_breach(
                ticket,
                stamp,
                target=target,
                cycle=missed.cycle,
                cause=cause,
                note=note,
                began=missed.began,
            )

        return self.change(ref, step)

    def see_all(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Seen | None]]:
        """Outcomes with their tickets as they stand now; each ticket is looked at once."""
        seen: dict[str, Seen] = {}
        for outcome in outcomes:
            if outcome.ticket and outcome.ticket.ref not in seen:
                seen[outcome.ticket.ref] = self.see(outcome.ticket)
        return [(each, seen[each.ticket.ref] if each.ticket else None) for each in outcomes]

    @again
    def change(
        self,
        ref: str,
        step: Callable[Concatenate[Ticket, Stamp, _P], Sequence[AnyEvent]],
        *args: _P.args,
        **wish: _P.kwargs,
    ) -> Ticket:
        """Take one step on a ticket, and give the ticket after it.

        What happened before now is judged by the ticket as it was then.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the process does not allow the step, or did not at that time; or it was
                merged, and work goes on elsewhere.
            DataFileError: a file of the desk is wrong; nothing was recorded.
        """
        from sdcli.tickets.relations import require_unmerged  # noqa: PLC0415 - as above
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415

        stamp, _ = self.stamp, self.policy  # the answer needs the policy: fail before recording
        with self.ledger.write() as writer:
            ticket = self._before = writer.get(ref)
            require_unmerged(ticket)
            self.clocks.book(ticket.policy)  # as above: the answer needs what it is pinned to
            with _fitting(ticket, stamp):
                then = as_of(ticket, stamp.at) if stamp.entered else ticket
                events = step(then, stamp, *args, **wish)
                if then.support:
                    from sdcli.tickets.support import require_supported  # noqa: PLC0415 - few do

                    held = self._held_by_now(then)
                    require_supported(then, events, self.rooms, stamp.at, held=held)
                return writer.append(ticket, events) if events else ticket

    @again
    def reapply(
        self, refs: Sequence[str], *, reason: str, record: bool
    ) -> list[tuple[Seen | None, Seen]]:
        """Pin tickets to today's service levels, all of them or none; each before and after (T11).

        Those that are already pinned to them are left out; without any reference, every ticket
        that is not closed is taken. Without `record` nothing is changed. What was before is not
        known where the service levels that a ticket was pinned to are gone.

        Raises:
            NoSuchTicketError: there is no such ticket; nothing was changed.
        """
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.steps import reapply  # noqa: PLC0415
        from sdcli.tickets.ticket import advance  # noqa: PLC0415

        policy, stamp = self.policy.levels_hash, self.stamp
        found: list[tuple[Seen | None, Seen]] = []
        with ExitStack() as stack:
            reader: Reader = self.ledger
            if record:
                self.keep_levels()
                reader = writer = stack.enter_context(self.ledger.write())
            tickets = map(reader.get, dict.fromkeys(refs)) if refs else reader.find(Query())
            for ticket in tickets:
                mark = "" if ticket.policy == policy else self.clocks.mark_for(ticket, policy)
                events = reapply(ticket, stamp, policy=policy, reason=reason, mark=mark)
                if events:
                    before = None
                    with suppress(LedgerDamagedError):
                        before = self.see(ticket)
                    found.append((before, self.see(advance(ticket, events))))
                    if record:
                        writer.append(ticket, events)
        return found

    def continues_anew(self, ref: str) -> bool:
        """Whether a new ticket continues this one, as its agreement says (T9).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is not over.
        """
        from sdcli.sla.agreed import cover_of  # noqa: PLC0415 - as above
        from sdcli.tickets import steps  # noqa: PLC0415
        from sdcli.tickets.ticket import as_of  # noqa: PLC0415

        ticket, stamp = self.ledger.get(ref), self.stamp
        with _fitting(ticket, stamp):
            then = as_of(ticket, stamp.at) if stamp.entered else ticket
            steps.require("reopened", then)
        return self.clocks.terms(cover_of(ticket)).on_reopen == "new_ticket"

    def reopen(self, ref: str, reason: str) -> Ticket:
        """Take a ticket up again.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is not over.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - as above

        return self.change(ref, steps.reopen, reason=reason)

    def look_before(self, item: RequestItem) -> Before:
        """What is there already before this request is opened (R1a.1a, R1b.1a, R1a.1f).

        Raises:
            RefusedError: it cannot be told who calls.
            NoSuchTicketError: the same request made before is not there.
        """
        from sdcli.intake.before import Wanted, look  # noqa: PLC0415 - as above
        from sdcli.intake.caller import contact_of  # noqa: PLC0415

        if item.previous:
            _require_request(self.ledger.get(item.previous), "open --same-as")
        caller = contact_of(self.policy, self.stamp, item)
        people = (caller.id, caller.on_behalf_of)
        service = item.service.casefold()
        wanted = Wanted(people=people, summary=item.summary, service=service, site=caller.site)
        return look(self.ledger, wanted, self.now)

    def require_caller(self, item: RequestItem, *, opens: bool) -> None:
        """Refuse to guess who calls, and to open a request that nobody can answer (R1a.1d).

        Raises:
            RefusedError: no number and no mail address are known, and no reason is given.
        """
        from sdcli.intake.caller import require_caller  # noqa: PLC0415 - as above

        require_caller(self.policy, self.stamp, item, opens=opens)

    @again
    def join(
        self, item: RequestItem, ref: str, *, me_too: bool, shown: Sequence[str] = ()
    ) -> Outcome:
        """Add a contact to a ticket, or count its caller there, instead of opening one.

        The bulletins of the tickets `shown` are counted as shown, in the same commit.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is closed.
        """
        from sdcli.intake.join import Joiner  # noqa: PLC0415 - as above

        stamp, policy = self.stamp, self.policy
        with self.ledger.write() as writer:
            outcome = Joiner(writer, policy, stamp).join(item, ref, me_too=me_too)
            self._count_views(writer, shown if outcome.action != "deduped" else ())
            return self._as_it_is(writer, outcome)

    def bulletins(self, ref: str = "") -> list[Ticket]:
        """The tickets whose bulletin stands, the newest first; only `ref` if it is given.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it has no bulletin.
        """
        from sdcli.tickets import keys  # noqa: PLC0415 - as above
        from sdcli.tickets.steps import standing  # noqa: PLC0415

        if not ref:
            return list(self.ledger.having(keys.ANNOUNCED, self.now))
        ticket = self.ledger.get(ref)
        _require_request(ticket, "bulletin show")
        standing(ticket)
        return [ticket]

    def front_page(self, tickets: Sequence[Ticket], form: str) -> FrontPage:
        """What callers are told by the bulletins of these tickets (R1a.1g, R1b.1e)."""
        from sdcli.intake.before import is_overdue  # noqa: PLC0415 - as above
        from sdcli.results import FrontPage, Notice  # noqa: PLC0415
        from sdcli.tickets.event import Announced  # noqa: PLC0415

        services = self.policy.catalog.services
        notices = [
            Notice(
                ref=ticket.ref,
                text=said.text,
                state=said.state,
                services=tuple(services[name].name for name in said.services if name in services),
                site=said.site,
                until=said.until,
                next_update=said.next_update,
                overdue=is_overdue(said, self.now),
                updated_at=max(e.at for e in ticket.standing if isinstance(e, Announced)),
            )
            for ticket in tickets
            if (said := ticket.bulletin)
        ]
        return FrontPage(notices=notices, form=form, zone=self.zone, now=self.now)

    @again
    def count_views(self, refs: Sequence[str], times: int) -> None:
        """Count that these bulletins were shown so many times (R1a.1g)."""
        with self.ledger.write() as writer:
            self._count_views(writer, refs, times)

    def _count_views(self, writer: Writer, refs: Sequence[str], times: int = 1) -> None:
        from sdcli.tickets.steps import show_to  # noqa: PLC0415 - as above

        for ref in refs:
            ticket = writer.get(ref)
            events = show_to(ticket, self.stamp, times=times)
            if events:
                writer.append(ticket, events)

    @staticmethod
    def _as_it_is(writer: Writer, outcome: Outcome) -> Outcome:
        """The outcome with its ticket after everything in the unit of work."""
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        return (
            replace(outcome, ticket=writer.get(outcome.ticket.ref)) if outcome.ticket else outcome
        )

    @again
    def take_in(self, items: Sequence[Item], shown: Sequence[str] = ()) -> list[Outcome]:
        """Record what arrived, all in one unit of work; what cannot be read is kept.

        The bulletins of the tickets `shown` are counted as shown, if anything was new.
        """
        from sdcli.intake.items import AlertItem, MailItem  # noqa: PLC0415 - as above
        from sdcli.intake.record import Recorder  # noqa: PLC0415

        if not items:
            return []
        policy = self.policy
        items = [self._completed(item) for item in items]
        if any(isinstance(item, MailItem) for item in items):
            items = [self.attachments.saved(item) for item in items]  # on disk before named
        self.keep_levels()
        with self.ledger.write() as writer:
            recorder = Recorder(writer, policy, self.stamp, self._quarantined, self._set_aside)
            outcomes = recorder.record(items)
            is_now = self._happened is None  # else what is due by now is left to who comes next
            if is_now and any(isinstance(item, AlertItem) for item in items):
                self.tell_outcomes(recorder.catch_up())  # now: what has recovered is not raised
            if any(outcome.action == "created" for outcome in outcomes):
                self._count_views(writer, shown)
            return outcomes

    def _quarantined(self, item: Unreadable) -> str:
        return self._kept_in(self._quarantine_folder, item)

    def _kept_in(self, folder: str, item: Unreadable) -> str:
        if self.rehearses:
            return ""
        from sdcli.intake.quarantine import keep  # noqa: PLC0415 - as above

        return keep(folder, item, self.stamp)

    def _set_aside(self, item: Unreadable) -> str:
        return self._kept_in(self._ignored_folder, item)

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """Look at everything the ledger holds, and at what waits beside it to be taken in."""
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        spooled = self.spooled()
        spool = "1 input waits" if spooled == 1 else f"{spooled} inputs wait"
        spool = (
            f"{spool} for the ledger; `sdcli intake deliver` takes in what does." if spooled else ""
        )
        try:
            found = self.ledger.examine(progress, resting)
        except SdcliError as error:
            if spool:
                error.also(spool)
            raise
        folder, waiting = self._quarantine_folder, self.quarantined()
        inputs = "1 input that was kept waits" if waiting == 1 else f"{waiting} kept inputs wait"
        kept = f"{inputs} in {folder}; `sdcli intake retry` takes in what can be read now."
        told = (*((kept,) if waiting else ()), *((spool,) if spool else ()))
        return replace(found, remarks=(*found.remarks, *told))

    def repair(self, progress: Progress, resting: Resting | None = None) -> Mended:
        """Save what can be saved of the ledger; service levels that these files say are put back."""
        if self.ledger_address:
            with suppress(DataFileError):
                self.keep_levels()
        return self.ledger.repair(self.stamp, progress, resting)

    def spooled(self) -> int:
        """How many inputs could not reach the ledger and wait to be taken in.

        Raises:
            MachineError: the machine does not let their folder be read.
        """
        if not os.path.isdir(os.path.join(self._ledger_folder, "spool")):
            return 0  # as on most desks: nothing is imported for it
        from sdcli.intake.spool import SpoolFolder  # noqa: PLC0415 - as above

        return len(SpoolFolder(self._ledger_folder).paths())

    def quarantined(self) -> int:
        """How many inputs that could not be read wait to be taken in again.

        Raises:
            MachineError: the machine does not let their folder be read.
        """
        folder = self._quarantine_folder
        try:
            names = os.listdir(folder)
        except FileNotFoundError:  # nothing was ever kept
            return 0
        except OSError as error:
            raise MachineError("Reading", folder, error.strerror or "") from error
        return sum(name.endswith(".raw") for name in names)

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
            found = corrected(self.policy, ticket, stamp, corrections)
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

        return self.change(ref, step)

    def tell_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Tell what was done without anything having arrived."""
        for outcome in outcomes:
            ref = outcome.ticket.ref if outcome.ticket else ""
            self._tell(f"{ref} {outcome.action}: {outcome.key}, {outcome.reason}.")

    @cached_property
    def attachments(self) -> Attachments:
        """Where files of tickets are kept."""
        from sdcli.intake.attachments import Attachments  # noqa: PLC0415 - as above

        return Attachments(self.ledger.files, self.policy.intake, writes=not self.rehearses)

    @again
    def attach(
        self, ref: str, files: Sequence[NewFile], note: str
    ) -> tuple[Ticket, tuple[str, ...]]:
        """Add files to a ticket; nothing is kept if one of them is refused.

        Gives the ticket, and the names of the files that it has already: those are not added.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the desk does not keep such a file, or there is nothing in it.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - as above
        from sdcli.tickets.relations import require_unmerged  # noqa: PLC0415

        require_unmerged(self.ledger.get(ref))
        for found in map(self.attachments.look_at, files):
            refused = found.refused or ("" if found.size else "it is empty")
            if refused:
                place = " (catalog/intake.yaml)" if found.refused else ""
                raise RefusedError(
                    f"{found.name} is not kept: {refused}{place}. Nothing was attached.",
                    file=found.name,
                )
        saved = tuple(map(self.attachments.save, files))
        stamp, _ = self.stamp, self.policy  # as in `change`
        with self.ledger.write() as writer:
            ticket = writer.get(ref)
            has = {each.sha256 for each in ticket.attachments if not each.refused}
            new = tuple(each for each in saved if each.sha256 not in has)
            if new:
                ticket = writer.append(
                    ticket, steps.attach(ticket, stamp, attachments=new, note=note)
                )
            return ticket, tuple(each.name for each in saved if each.sha256 in has)

    def confirm(self, ref: str, *, to: str, send: bool, again: bool) -> Confirmed:
        """Write the confirmation of a request, hand it over if asked to, and note it.

        Nothing is locked while the program that sends mail runs (T28).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: nobody should get one, or no program is named that sends mail.
            SendingError: the program did not take it; that it was written is noted.
        """
        from sdcli.intake import confirmation  # noqa: PLC0415 - as above
        from sdcli.results import Confirmed  # noqa: PLC0415
        from sdcli.tickets import steps  # noqa: PLC0415

        policy, ticket = self.policy, self.ledger.get(ref)
        steps.require("acknowledged", ticket)
        address = confirmation.address_for(policy, ticket, to)
        steps.require_confirmable(ticket, to=address, again=again)
        program = confirmation.require_program(policy) if send else ()
        due = self.sla(ticket)["response"].due
        promised = datetime.fromtimestamp(due, timezone.utc) if due else None
        if promised and promised <= self.now:
            promised = None
        mail = confirmation.compose(policy, ticket, address, due=promised, now=self.now)
        message, message_id = mail.as_bytes(), str(mail["Message-ID"]).strip("<>")
        if send:
            self.ledger.require_agreed()
        failed = confirmation.send(program, message) if send and not self.rehearses else ""
        sent = send and not failed
        self.change(
            ref, steps.acknowledge, to=address, message_id=message_id, sent=sent, failed=failed
        )
        if failed:
            raise confirmation.SendingError(ref, failed, message_id)
        return Confirmed(ref, address, message_id, sent, message.decode("ascii", "replace"))

    def receive(self, stream: BinaryIO) -> bytes | Outcome:
        """What is piped in, or what became of it if it is larger than the desk takes.

        Raises:
            MachineError: it can neither be read nor kept.
        """
        from sdcli.intake.outcome import Outcome  # noqa: PLC0415
        from sdcli.intake.quarantine import receive  # noqa: PLC0415 - as above

        try:
            most: int = self.policy.intake.sizes.stream
        except SdcliError:  # told later, once the stream is in hand
            most = LARGEST_STREAM
        came = receive(stream, most, self._quarantine_folder, self.stamp)
        if isinstance(came, bytes):
            return came
        return Outcome(action="quarantined", rule="unreadable", reason=came.reason, file=came.file)

    def read(self, raw: bytes, form: str | None) -> list[Reading]:
        """What a stream holds, each with the facts that it was read from; records nothing.

        Raises:
            DataFileError: a file of the desk is wrong.
        """
        from sdcli.intake.recognise import Stream  # noqa: PLC0415 - as above

        return Stream(self.formats, form, self.policy.intake.sizes, self.now).read(raw)

    def retry(self, names: Sequence[str]) -> list[Retried]:
        """Take in again what was kept as unreadable: these files, or all there are.

        Raises:
            NoSuchEntryError: there is no such file; nothing was done.
        """
        from sdcli.intake.retry import Quarantine  # noqa: PLC0415 - as above

        folders = self._quarantine_folder, self._ignored_folder
        quarantine = Quarantine(*folders, self.policy.intake.sizes, self.stamp)
        return [
            quarantine.retry(path, lambda raw: self.read(raw, None), self.take_in)
            for path in quarantine.paths(names)
        ]

    def _completed(self, item: Item) -> Item:
        """A form with what its answers and the articles it names give; all else as it is."""
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - as above

        if isinstance(item, RequestItem) and (item.answers or item.tree):
            from sdcli.intake.form import walked  # noqa: PLC0415 - as above

            item = walked(item, self.policy, self.questions)
        if isinstance(item, RequestItem) and item.read:
            from msgspec.structs import replace  # noqa: PLC0415 - as above

            from sdcli.knowledge.articles import missing  # noqa: PLC0415

            foreign = missing(self.root, [use.id for use in item.read])
            if foreign:
                told = f"the knowledge base has no {listed(foreign)}"
                item = replace(item, reasons={**item.reasons, "read": told})
        return item

    @contextmanager
    def keeping(self, raw: bytes, key: str = "") -> Iterator[None]:
        """Lose nothing that was piped in: if the block fails, `raw` is kept and the error says where.

        Raises:
            SdcliError: what the block raised; anything unexpected as an unexpected failure.
        """
        try:
            yield
        except SdcliError as error:
            self._keep(raw, error, key)
            raise
        except Exception as unexpected:
            failure = SdcliError(f"sdcli failed unexpectedly ({unexpected!r}). This is a bug.")
            self._keep(raw, failure, key)
            raise failure from unexpected

    def _keep(self, raw: bytes, error: SdcliError, key: str) -> None:
        from sdcli.intake.items import Unreadable  # noqa: PLC0415 - as above
        from sdcli.intake.quarantine import keep_anywhere  # noqa: PLC0415
        from sdcli.intake.spool import SpoolFullError  # noqa: PLC0415 - as above

        if self.rehearses or not raw.strip() or isinstance(error, SpoolFullError):
            return
        item = Unreadable(reason=error.message, raw=raw, key=key)
        try:
            path = keep_anywhere(self._quarantine_folder, item, self.stamp)
        except MachineError:
            error.also("What was piped in could not be kept either: keep its source.")
        else:
            error.also(
                f"What was piped in is kept: `sdcli intake retry {path}` takes it in, once.",
                kept=path,
            )

    @again
    def bring_in(
        self,
        arrivals: Sequence[Arrival],
        *,
        dry_run: bool,
        progress: Callable[[int, int], None],
    ) -> list[Moved]:
        """Take tickets over from elsewhere, all in one unit of work, each only once."""
        from sdcli.intake.moved import Moved, bring, known_here  # noqa: PLC0415 - as above

        if dry_run:
            known = known_here(self.ledger, arrivals, progress)
            return [
                Moved(arrival.source, here.ref, is_new=not here.ref, known_until=here.until)
                for arrival, here in known
            ]
        self.keep_levels()
        with self.ledger.write() as writer:
            moved = bring(
                writer,
                arrivals,
                self.stamp,
                progress,
                self._pinned_here,
                tier=self.policy.tier,
            )
        left_out = sum(each.links_left_out for each in moved)
        if left_out:
            links = "1 link leads" if left_out == 1 else f"{left_out} links lead"
            was = "was" if left_out == 1 else "were"
            self._tell(f"{links} to what is not here, and {was} left out.")
        return moved

    def import_people(self, raw: bytes, name: str, *, dry_run: bool) -> Taken:
        """Take a list of contacts over into `catalog/people.yaml`, whole or not at all (R1a.1b).

        It is prepared while nothing is locked; the ledger's lock is held only while the file
        takes the place of the one it was made from. If another import was faster, it is
        prepared anew, so that both are in.

        Raises:
            ImportFileError: rows cannot be taken, all of them listed.
            DataFileError: the desk's files are wrong, or would be.
            MachineError: the file could not be written.
        """
        from sdcli.intake.roster import prepare, put, read, tried  # noqa: PLC0415 - as above
        from sdcli.policy.load import keep  # noqa: PLC0415

        roster = read(raw, name)
        while True:
            prepared = prepare(self.root, roster, name)
            if dry_run:
                return tried(prepared)
            if prepared.policy is None:
                return prepared.taken
            with self.ledger.write():
                taken = put(prepared)
            if taken is not None:
                keep(self._cache, prepared.policy)  # whoever comes next need not read it all
                return taken

    @again
    def quick_contact(self, item: RequestItem, code: str) -> Ticket:
        """Record a contact that is over already: opened, resolved and closed at once (R0.6)."""
        from sdcli.intake.record import opened_by_request  # noqa: PLC0415 - as above
        from sdcli.tickets.steps import close  # noqa: PLC0415

        stamp, policy = self.stamp, self.policy
        self.keep_levels()
        with self.ledger.write() as writer:
            ticket = writer.create((opened_by_request(policy, stamp, item),))
            reason = "answered during the contact"
            return writer.append(ticket, close(ticket, stamp, code=code, unconfirmed=reason))

    def missed_check(self, oldest: datetime | None = None) -> int | None:
        """For how many seconds the clocks have not been checked, if that is too long; else None.

        Nothing is missed where the policy does not say how often, or before the first check: but
        for the tickets that have waited for one since the `oldest` of them was opened.
        """
        every: int | None = self.policy.sla.alerts.check_every
        beat = self._last_beat() if every else None
        since = beat.at if beat else oldest
        age = int((self.now - since).total_seconds()) if since else 0
        return age if every and age > _MISSED_AFTER * every else None

    def _last_beat(self) -> Beat | None:
        """The last heartbeat; one that cannot be read is told, and keeps nobody from the alarms."""
        try:
            return self.ledger.last_beat()
        except LedgerDamagedError as error:
            self._tell(f"{error.path} cannot be read; the next sla-check writes it anew.")
            return None

    def sla_status(self) -> SlaStatus:
        """Whether the clocks are checked, and what tickets that are not closed are pinned to."""
        from collections import Counter  # noqa: PLC0415 - as above

        from sdcli.results import SlaStatus  # noqa: PLC0415
        from sdcli.tickets.query import Query  # noqa: PLC0415

        last = self._last_beat()
        owed, lost = self.undelivered()
        pinned: Counter[str] = Counter()
        oldest = self.now
        for ticket in self.ledger.find(Query()):
            pinned[ticket.policy] += 1
            if ticket.status != "resolved":  # nothing is due for it any more
                oldest = min(oldest, ticket.opened_at)
        return SlaStatus(
            last=last,
            age_s=int((self.now - last.at).total_seconds()) if last else None,
            check_every_s=self.policy.sla.alerts.check_every,
            missed_s=self.missed_check(oldest),
            undelivered=owed,
            given_up=lost,
            policy=self.policy.levels_hash,
            pinned=dict(sorted(pinned.items())),
        )

    def clock_counts(self) -> Monitored:
        """How many open tickets there are past a target, past a warning, and in all."""
        from sdcli.results import Monitored  # noqa: PLC0415 - as above
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import BREACH  # noqa: PLC0415

        first_warning = min(self.policy.sla.alerts.warn_at, default=BREACH)
        breached = warning = total = 0
        oldest = self.now
        for ticket in self.ledger.find(Query(statuses=("new", "in_progress", "waiting"))):
            faces = self.sla(ticket).values()
            total += 1
            oldest = min(oldest, ticket.opened_at)
            if any(face.state == "breached" for face in faces):
                breached += 1
            elif any(
                face.state == "running" and (face.percent or 0) >= first_warning for face in faces
            ):
                warning += 1
        missed = self.missed_check(oldest)
        return Monitored(breached, warning, total, missed, *self.undelivered(), self.spooled())

    @property
    def _office(self) -> Office:
        from sdcli.notify.deliver import Office  # noqa: PLC0415 - as above

        return Office(self.policy, self.root, self._environment, lambda: self.stamp)

    def deliver(self, *, again: bool = False) -> Run:
        """Bring alerts to people by the routes of the policy: what is due now (R5b.2).

        `again`: what was given up as well, and what is not due yet.
        """
        from sdcli.notify.outcome import Run  # noqa: PLC0415 - as above
        from sdcli.tickets import keys  # noqa: PLC0415

        if not again and next(self.ledger.having(keys.UNDELIVERED, most=1), None) is None:
            return Run()  # as most runs of `sla-check` find it
        from sdcli.notify.deliver import deliver  # noqa: PLC0415 - only what is owed

        return deliver(self.ledger, self._office, again=again)

    def tell_failures(self, outcomes: Iterable[Sent]) -> None:
        """Tell what could not be brought to somebody, when that is new or final."""
        for each in outcomes:
            if each.is_news:
                self._tell(each.failure())
            for note in each.notes if each.attempt == 1 else ():
                self._tell(f"A message went out in the built-in words: {note}")

    def deliveries(self) -> list[Pending]:
        """What is owed to people, and what could not be brought to them (R5b.2)."""
        from sdcli.notify.deliver import pending  # noqa: PLC0415 - as above

        return pending(self.ledger, self._office)

    def test_route(self, name: str, person: str) -> Sent:
        """Send a test message by a route now, and say what happened; nothing is recorded.

        Raises:
            NoSuchEntryError: there is no such route.
        """
        from sdcli.notify.trial import trial  # noqa: PLC0415 - as above

        return trial(self._office, name, person)

    def undelivered(self) -> tuple[int, int]:
        """How many alerts wait for another attempt or their first, and how many were given up."""
        from sdcli.tickets import keys  # noqa: PLC0415 - as above

        owed = sum(len(ticket.undelivered) for ticket in self.ledger.having(keys.UNDELIVERED))
        lost = sum(len(ticket.given_up) for ticket in self.ledger.having(keys.GIVEN_UP))
        return owed, lost


def _require_request(ticket: Ticket, command: str) -> None:
    """Refuse for a problem what only help requests have: callers, clocks, classes.

    Raises:
        WrongRecordError: it is a problem.
    """
    if ticket.is_problem:
        from sdcli.tickets.steps import require  # noqa: PLC0415 - few tickets are problems

        require("classified", ticket, command)


@contextmanager
def _fitting(ticket: Ticket, stamp: Stamp) -> Iterator[None]:
    """Let what is entered late say that it does not fit what is on record.

    Raises:
        LateEntryError: it lies before the opening, or was not legal then, or makes something
            illegal that came after it.
    """
    at = f"{stamp.at:%Y-%m-%d %H:%M:%S}Z"
    if stamp.entered and stamp.at < ticket.opened_at:
        opened = f"it was opened at {ticket.opened_at:%Y-%m-%d %H:%M:%S}Z."
        raise LateEntryError(ticket.ref, at, opened)
    try:
        yield
    except IllegalStepError as error:
        if not stamp.entered:
            raise
        raise LateEntryError(ticket.ref, at, error.message) from error


def _no_target(ref: str, target: Explained) -> str:
    """Why a target cannot be explained, and where it would be said."""
    where = {
        "operational": "no queue that it lay in has one under `operational_levels`",
        "underpinning": "no supplier that it waited for has one under `underpinning_contracts`",
    }.get(target, "its agreement and the table `targets` grant none for its priority")
    return (
        f"{ref} has no {target} target: {where} in sla_policies.yaml. `sdcli sla explain {ref}` "
        "tells of those that it has."
    )
