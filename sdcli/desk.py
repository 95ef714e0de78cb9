"""One desk, opened: a directory with its files and its ledger, the clock, and who acts.

This is the only place that reads the clock. What it offers is small: look at a ticket, take one
step on a ticket, let several commands be one unit of work. The rules are in the rooms below; what
is done by subject is in the rooms above, each a class over the desk (`Arrivals(desk)`).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from sdcli.errors import (
    DataFileError,
    IllegalStepError,
    LateEntryError,
    LedgerAddressError,
    LedgerDamagedError,
    RefusedError,
)
from sdcli.ledger.again import again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from sdcli.intake.formats import Formats
    from sdcli.ledger.interface import Home, Ledger
    from sdcli.ledger.unit import Unit
    from sdcli.policy.formats import AlertFormat
    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.model import Policy
    from sdcli.policy.process import ProcessRules
    from sdcli.policy.questions import Questions
    from sdcli.results.tickets import Seen
    from sdcli.sla.backing import Backing
    from sdcli.sla.clock import Clock, Clocks
    from sdcli.sla.runs import Target
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.support import Rooms
    from sdcli.tickets.ticket import Ticket

_P = ParamSpec("_P")


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
        self.cache = cache
        self._wait_s = wait_s
        self.environment = environment
        self._tell = tell
        self._tell_last = tell_last or tell
        self.before: Ticket | None = None  # as it was before the last change
        self.unchecked: list[str] = []  # tickets, or rules, that could not be read
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
            cache=self.cache,
            wait_s=self._wait_s,
            environment=self.environment,
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

    @property
    def happens_now(self) -> bool:
        """Whether what is recorded is not entered late."""
        return self._happened is None

    @cached_property
    def policy(self) -> Policy:
        """What the desk's files say.

        Raises:
            DataFileError: a file is wrong.
        """
        from sdcli.policy.load import policy  # noqa: PLC0415 - not every command needs it

        return policy(self.root, self.cache)

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
        folder = where if where and not address else self.ledger_folder
        if not address:
            return home(address, folder, self._wait_s, self._tell)
        from sdcli.ledger.host import Host  # noqa: PLC0415 - a folder is of one machine

        host = Host(self.host, self._levels_here, self._tell_last)
        try:
            return home(address, folder, self._wait_s, self._tell, host)
        except LedgerAddressError as error:
            if where or self.environment("SDCLI_LEDGER"):
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

        named = self.environment("SDCLI_LEDGER")
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
        return os.path.join(self.root, "ledger")

    @property
    def quarantine_folder(self) -> str:
        """The folder of the desk for what arrived and could not be read."""
        return os.path.join(self.ledger_folder, "quarantine")

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
            path = os.path.join(self.ledger_folder, "policies", f"{policy}.json")
            reason = f"this version of sdcli cannot read these service levels ({error})"
            raise LedgerDamagedError(path, reason) from None

    def keep_levels(self) -> None:
        """Have today's service levels on disk, before a ticket is pinned to them (T11)."""
        policy = self.policy.levels_hash
        if not self.rehearses and not self.ledger.has_levels(policy):
            from sdcli.policy.levels import written  # noqa: PLC0415 - only a changed desk

            self.ledger.keep_levels(policy, written(self.policy.levels))

    def tell(self, sentence: str) -> None:
        """Tell something that stops nothing, in a sentence."""
        self._tell(sentence)

    def derived(self, name: str) -> str:
        """The path of something derived from this desk's files or ledger; empty if none is kept."""
        return self.cache and f"{self.cache}.{name}"

    def sla(self, ticket: Ticket) -> dict[Target, Clock]:
        """The clocks of a ticket now."""
        return self.clocks.read(ticket, int(self.now.timestamp()))

    def see(self, ticket: Ticket) -> Seen:
        """A ticket with its clocks as they stand now."""
        from sdcli.results.tickets import Seen  # noqa: PLC0415 - as above
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

    def touched(self, since: datetime | None, type_: str = "") -> Iterator[Ticket]:
        """The tickets that changed since then, of one type if it is given.

        Archives that are older are not opened.
        """
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import STATUSES  # noqa: PLC0415

        statuses = () if since else STATUSES
        return self.ledger.find(Query(statuses=statuses, touched_since=since, type=type_))

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
            ticket = self.before = writer.get(ref)
            require_unmerged(ticket)
            self.clocks.book(ticket.policy)  # as above: the answer needs what it is pinned to
            with fitting(ticket, stamp):
                then = as_of(ticket, stamp.at) if stamp.entered else ticket
                events = step(then, stamp, *args, **wish)
                if then.support:
                    from sdcli.tickets.support import require_supported  # noqa: PLC0415 - few do
                    from sdcli.triage.supported import held_by_now  # noqa: PLC0415 - as above

                    held = held_by_now(self.policy, then)
                    require_supported(then, events, self.rooms, stamp.at, held=held)
                return writer.append(ticket, events) if events else ticket


@contextmanager
def fitting(ticket: Ticket, stamp: Stamp) -> Iterator[None]:
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
