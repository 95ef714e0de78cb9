"""What arrives at one desk: requests, mails, alerts, files, whole lists, and what cannot be read.

What `sdcli open`, `log`, `intake`, `attach`, `ack`, `import` and `people` call. The rules are in
`sdcli.intake`; what waits on this machine for the ledger is in `sdcli.spooling`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.bulletins import Bulletins
from sdcli.errors import MachineError, RefusedError, SdcliError, listed
from sdcli.ledger.again import again
from sdcli.tickets.lifecycle import require_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from sdcli.desk import Desk
    from sdcli.intake.attachments import Attachments
    from sdcli.intake.before import Before
    from sdcli.intake.formats import Reading
    from sdcli.intake.items import Item, NewFile, RequestItem, Unreadable
    from sdcli.intake.moved import Arrival, Moved
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.intake.roster import Taken
    from sdcli.ledger.interface import Writer
    from sdcli.results import Confirmed, Seen
    from sdcli.tickets.ticket import Ticket

LARGEST_STREAM = 256 * 1000**2
"""The most bytes that are taken in where the desk's own limit cannot be read."""


class Arrivals:
    """What arrives at an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _ignored_folder(self) -> str:
        return os.path.join(self._desk.ledger_folder, "ignored")

    def look_before(self, item: RequestItem) -> Before:
        """What is there already before this request is opened (R1a.1a, R1b.1a, R1a.1f).

        Raises:
            RefusedError: it cannot be told who calls.
            NoSuchTicketError: the same request made before is not there.
        """
        from sdcli.intake.before import Wanted, look  # noqa: PLC0415 - only what is typed
        from sdcli.intake.caller import contact_of  # noqa: PLC0415

        if item.previous:
            require_request(self._desk.ledger.get(item.previous), "open --same-as")
        caller = contact_of(self._desk.policy, self._desk.stamp, item)
        people = (caller.id, caller.on_behalf_of)
        service = item.service.casefold()
        wanted = Wanted(people=people, summary=item.summary, service=service, site=caller.site)
        return look(self._desk.ledger, wanted, self._desk.now)

    def require_caller(self, item: RequestItem, *, opens: bool) -> None:
        """Refuse to guess who calls, and to open a request that nobody can answer (R1a.1d).

        Raises:
            RefusedError: no number and no mail address are known, and no reason is given.
        """
        from sdcli.intake.caller import require_caller  # noqa: PLC0415 - as above

        require_caller(self._desk.policy, self._desk.stamp, item, opens=opens)

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

        stamp, policy = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            outcome = Joiner(writer, policy, stamp).join(item, ref, me_too=me_too)
            Bulletins(self._desk).count(writer, shown if outcome.action != "deduped" else ())
            return self._as_it_is(writer, outcome)

    @again
    def take_in(self, items: Sequence[Item], shown: Sequence[str] = ()) -> list[Outcome]:
        """Record what arrived, all in one unit of work; what cannot be read is kept.

        The bulletins of the tickets `shown` are counted as shown, if anything was new.
        """
        from sdcli.intake.items import AlertItem, MailItem  # noqa: PLC0415 - as above
        from sdcli.intake.record import Recorder  # noqa: PLC0415

        if not items:
            return []
        policy = self._desk.policy
        items = [self._completed(item) for item in items]
        if any(isinstance(item, MailItem) for item in items):
            items = [self.attachments.saved(item) for item in items]  # on disk before named
        self._desk.keep_levels()
        with self._desk.ledger.write() as writer:
            recorder = Recorder(
                writer, policy, self._desk.stamp, self._quarantined, self._set_aside
            )
            outcomes = recorder.record(items)
            is_now = self._desk.happens_now  # else what is due by now is left to who comes next
            if is_now and any(isinstance(item, AlertItem) for item in items):
                self.tell_outcomes(recorder.catch_up())  # now: what has recovered is not raised
            if any(outcome.action == "created" for outcome in outcomes):
                Bulletins(self._desk).count(writer, shown)
            return outcomes

    def see_all(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Seen | None]]:
        """Outcomes with their tickets as they stand now; each ticket is looked at once."""
        seen: dict[str, Seen] = {}
        for outcome in outcomes:
            if outcome.ticket and outcome.ticket.ref not in seen:
                seen[outcome.ticket.ref] = self._desk.see(outcome.ticket)
        return [(each, seen[each.ticket.ref] if each.ticket else None) for each in outcomes]

    def tell_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Tell what was done without anything having arrived."""
        for outcome in outcomes:
            ref = outcome.ticket.ref if outcome.ticket else ""
            self._desk.tell(f"{ref} {outcome.action}: {outcome.key}, {outcome.reason}.")

    def _completed(self, item: Item) -> Item:
        """A form with what its answers and the articles it names give; all else as it is."""
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - as above

        if isinstance(item, RequestItem) and (item.answers or item.tree):
            from sdcli.intake.form import walked  # noqa: PLC0415 - as above

            item = walked(item, self._desk.policy, self._desk.questions)
        if isinstance(item, RequestItem) and item.read:
            from msgspec.structs import replace  # noqa: PLC0415 - as above

            from sdcli.knowledge.articles import missing  # noqa: PLC0415

            foreign = missing(self._desk.root, [use.id for use in item.read])
            if foreign:
                told = f"the knowledge base has no {listed(foreign)}"
                item = replace(item, reasons={**item.reasons, "read": told})
        return item

    def _quarantined(self, item: Unreadable) -> str:
        return self._kept_in(self._desk.quarantine_folder, item)

    def _set_aside(self, item: Unreadable) -> str:
        return self._kept_in(self._ignored_folder, item)

    def _kept_in(self, folder: str, item: Unreadable) -> str:
        if self._desk.rehearses:
            return ""
        from sdcli.intake.quarantine import keep  # noqa: PLC0415 - as above

        return keep(folder, item, self._desk.stamp)

    @staticmethod
    def _as_it_is(writer: Writer, outcome: Outcome) -> Outcome:
        """The outcome with its ticket after everything in the unit of work."""
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        return (
            replace(outcome, ticket=writer.get(outcome.ticket.ref)) if outcome.ticket else outcome
        )

    def receive(self, stream: BinaryIO) -> bytes | Outcome:
        """What is piped in, or what became of it if it is larger than the desk takes.

        Raises:
            MachineError: it can neither be read nor kept.
        """
        from sdcli.intake.outcome import Outcome  # noqa: PLC0415
        from sdcli.intake.quarantine import receive  # noqa: PLC0415 - as above

        try:
            most: int = self._desk.policy.intake.sizes.stream
        except SdcliError:  # told later, once the stream is in hand
            most = LARGEST_STREAM
        came = receive(stream, most, self._desk.quarantine_folder, self._desk.stamp)
        if isinstance(came, bytes):
            return came
        return Outcome(action="quarantined", rule="unreadable", reason=came.reason, file=came.file)

    def read(self, raw: bytes, form: str | None) -> list[Reading]:
        """What a stream holds, each with the facts that it was read from; records nothing.

        Raises:
            DataFileError: a file of the desk is wrong.
        """
        from sdcli.intake.recognise import Stream  # noqa: PLC0415 - as above

        return Stream(
            self._desk.formats, form, self._desk.policy.intake.sizes, self._desk.now
        ).read(raw)

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

        if self._desk.rehearses or not raw.strip() or isinstance(error, SpoolFullError):
            return
        item = Unreadable(reason=error.message, raw=raw, key=key)
        try:
            path = keep_anywhere(self._desk.quarantine_folder, item, self._desk.stamp)
        except MachineError:
            error.also("What was piped in could not be kept either: keep its source.")
        else:
            error.also(
                f"What was piped in is kept: `sdcli intake retry {path}` takes it in, once.",
                kept=path,
            )

    def retry(self, names: Sequence[str]) -> list[Retried]:
        """Take in again what was kept as unreadable: these files, or all there are.

        Raises:
            NoSuchEntryError: there is no such file; nothing was done.
        """
        from sdcli.intake.retry import Quarantine  # noqa: PLC0415 - as above

        folders = self._desk.quarantine_folder, self._ignored_folder
        quarantine = Quarantine(*folders, self._desk.policy.intake.sizes, self._desk.stamp)
        return [
            quarantine.retry(path, lambda raw: self.read(raw, None), self.take_in)
            for path in quarantine.paths(names)
        ]

    @cached_property
    def attachments(self) -> Attachments:
        """Where files of tickets are kept."""
        from sdcli.intake.attachments import Attachments  # noqa: PLC0415 - as above

        return Attachments(
            self._desk.ledger.files, self._desk.policy.intake, writes=not self._desk.rehearses
        )

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

        require_unmerged(self._desk.ledger.get(ref))
        for found in map(self.attachments.look_at, files):
            refused = found.refused or ("" if found.size else "it is empty")
            if refused:
                place = " (catalog/intake.yaml)" if found.refused else ""
                raise RefusedError(
                    f"{found.name} is not kept: {refused}{place}. Nothing was attached.",
                    file=found.name,
                )
        saved = tuple(map(self.attachments.save, files))
        stamp, _ = self._desk.stamp, self._desk.policy  # as in `change`
        with self._desk.ledger.write() as writer:
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

        policy, ticket = self._desk.policy, self._desk.ledger.get(ref)
        steps.require("acknowledged", ticket)
        address = confirmation.address_for(policy, ticket, to)
        steps.require_confirmable(ticket, to=address, again=again)
        program = confirmation.require_program(policy) if send else ()
        due = self._desk.sla(ticket)["response"].due
        promised = datetime.fromtimestamp(due, timezone.utc) if due else None
        if promised and promised <= self._desk.now:
            promised = None
        mail = confirmation.compose(policy, ticket, address, due=promised, now=self._desk.now)
        message, message_id = mail.as_bytes(), str(mail["Message-ID"]).strip("<>")
        if send:
            self._desk.ledger.require_agreed()
        failed = confirmation.send(program, message) if send and not self._desk.rehearses else ""
        sent = send and not failed
        self._desk.change(
            ref, steps.acknowledge, to=address, message_id=message_id, sent=sent, failed=failed
        )
        if failed:
            raise confirmation.SendingError(ref, failed, message_id)
        return Confirmed(ref, address, message_id, sent, message.decode("ascii", "replace"))

    @again
    def quick_contact(self, item: RequestItem, code: str) -> Ticket:
        """Record a contact that is over already: opened, resolved and closed at once (R0.6)."""
        from sdcli.intake.record import opened_by_request  # noqa: PLC0415 - as above
        from sdcli.tickets.steps import close  # noqa: PLC0415

        stamp, policy = self._desk.stamp, self._desk.policy
        self._desk.keep_levels()
        with self._desk.ledger.write() as writer:
            ticket = writer.create((opened_by_request(policy, stamp, item),))
            reason = "answered during the contact"
            return writer.append(ticket, close(ticket, stamp, code=code, unconfirmed=reason))

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
            known = known_here(self._desk.ledger, arrivals, progress)
            return [
                Moved(arrival.source, here.ref, is_new=not here.ref, known_until=here.until)
                for arrival, here in known
            ]
        self._desk.keep_levels()
        with self._desk.ledger.write() as writer:
            moved = bring(
                writer,
                arrivals,
                self._desk.stamp,
                progress,
                self._pinned_here,
                tier=self._desk.policy.tier,
            )
        left_out = sum(each.links_left_out for each in moved)
        if left_out:
            links = "1 link leads" if left_out == 1 else f"{left_out} links lead"
            was = "was" if left_out == 1 else "were"
            self._desk.tell(f"{links} to what is not here, and {was} left out.")
        return moved

    def _pinned_here(self, policy: str) -> str:
        """What a ticket that comes from elsewhere is pinned to: what it was, if that is known here."""
        return (
            policy
            if policy and self._desk.ledger.has_levels(policy)
            else self._desk.policy.levels_hash
        )

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
            prepared = prepare(self._desk.root, roster, name)
            if dry_run:
                return tried(prepared)
            if prepared.policy is None:
                return prepared.taken
            with self._desk.ledger.write():
                taken = put(prepared)
            if taken is not None:
                # Whoever comes next need not read it all.
                keep(self._desk.cache, self._desk.root, prepared.policy)
                return taken
