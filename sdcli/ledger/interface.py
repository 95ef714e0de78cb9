"""What every home of the ledger can do, in tickets and not in tables.

Reading takes no lock and sees only whole commits. Writing happens inside `write()`, which holds
the one lock from the first read to the commit: everything appended in the block is committed
together when the block ends, and nothing is when it raises.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sdcli.errors import LedgerDamagedError
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket


Progress: TypeAlias = "Callable[[int, int], None]"
"""Is told how much is done, and of how much, in one unit or another."""


class Finding(Struct, frozen=True):
    """Something in the ledger that is not as it was written, or not as its events say.

    Args:
        file: the path of the file; `at`: the byte it begins at, -1 for the file as a whole.
        ref: the ticket it is about, as far as that can be told.
        problem: what is wrong.
        stays: whether a repair can do nothing about it.
    """

    file: str
    at: int
    ref: str
    problem: str
    stays: bool = False


class Examination(Struct, frozen=True):
    """What was looked at in a ledger, and what was found.

    Args:
        tickets, commits, archives: how many there are; commits are those since the snapshot.
        events: how many there are; `months`: into how many months they are parted on a server.
        findings: damage.
        remarks: what is harmless and worth knowing.
    """

    tickets: int = 0
    commits: int = 0
    archives: int = 0
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    events: int = 0
    months: int = 0


class Mended(Struct, frozen=True):
    """What a repair saved.

    Args:
        tickets: how many tickets there are now.
        doubtful: tickets that could be read though their checksum was wrong; each has a note.
        lost: tickets of which something could not be read.
        kept: where the damaged files are.
        remarks: what else is gone, as sentences.
        anew: how many tickets were made anew from their events, on a server.
    """

    tickets: int
    doubtful: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    anew: int = 0


class Restored(Struct, frozen=True):
    """What a restore did.

    Args:
        tickets: how many tickets there are now; `next`: the reference of the next one.
        kept: the folder that holds the ledger as it was; empty if there was none.
    """

    tickets: int
    next: str
    kept: str


class Agreed(Struct, frozen=True):
    """By which service levels all hosts of a desk work, and the host whose files they were first.

    Args:
        since: when it came with them, in UTC.
        others: the other hosts that have written since, by these.
    """

    hash: str
    host: str
    since: datetime
    others: tuple[str, ...] = ()


class Beat(Struct, frozen=True):
    """That the clocks were checked: when, in UTC, and by whom."""

    at: datetime
    by: str


class Alone(NamedTuple):
    """Whether a process does something alone; it is true if so.

    Args:
        at_first: it did when it began.
        still: says whether it does now; who stood still for long may have lost it.
    """

    at_first: bool
    still: Callable[[], bool] = lambda: True

    def __bool__(self) -> bool:
        """Whether it did when it began."""
        return self.at_first


class Due(Struct, frozen=True, kw_only=True):
    """What a check of the clocks looks at: the tickets that may have something to say.

    Args:
        at: the instant of the check, in UTC; closed tickets are looked at that changed `since`.
        rules: what tells the rules that matter for the clocks from any others.
        whole: it says all that there is to say; see `Rest.whole`.
    """

    at: datetime
    since: datetime
    rules: str
    whole: bool = True


class Rest(Struct, frozen=True, kw_only=True):
    """That a ticket needs no look at its clocks for a while, unless it changes.

    Args:
        until: when it does, in UTC; None for as long as the rules stay as they are.
        whole: nothing was kept back that a check which says more would have said.
        over: none at all, whatever the rules.
    """

    until: datetime | None = None
    whole: bool = True
    over: bool = False


Look: TypeAlias = "Callable[[Ticket], Rest | None]"
"""Says for how long a ticket may rest; None if there is something to be said or done now."""


class Resting(NamedTuple):
    """What tells until when a ticket may rest, for whoever looks at what was written down of that.

    Args:
        due: the check that would be made now; it says less, without time boxes.
        look: what that check says of a ticket.
    """

    due: Due
    look: Look


Unread: TypeAlias = "Callable[[str, LedgerDamagedError], None]"
"""Is told the reference of a ticket that cannot be read, and why: the others are given."""


BLOCK = 4096
"""So many references, one after another, are those of a block."""


class Block(NamedTuple):
    """Tickets of a shelf with neighbouring references, of which most have not changed of late.

    Args:
        number: the references of block 3 begin at three times `BLOCK`.
        ledger: which ledger its marks are of; empty if they tell of any what is in a ticket.
        name: gives what tells its content, as it is now, from what it was or will be.
        rows: how many tickets it holds, about.
        marks: gives the same of each ticket, by number.
        tickets: gives those of these numbers, in order. Problems are among the marks, not here.
    """

    number: int
    ledger: str
    name: Callable[[], str]
    rows: int
    marks: Callable[[], dict[int, bytes]]
    tickets: Callable[[Collection[int]], Iterator[Ticket]]


class Shelf(NamedTuple):
    """Tickets that lie together.

    Args:
        name: what is in a shelf of this name never changes; empty if that cannot be said.
        newest: no ticket in it has changed after this instant; None if that is not known.
        rows: how many tickets it holds, about.
        tickets: gives them, in the order of their references.
        blocks: gives all of it block by block, where it is told what has changed; else None.
    """

    name: str
    newest: datetime | None
    rows: int
    tickets: Callable[[], Iterator[Ticket]]
    blocks: Callable[[], list[Block]] | None = None


class Reader(Protocol):
    """Looks tickets up.

    Every method raises LedgerDamagedError if the ledger cannot be read whole, and MachineError
    if the machine does not let it be read.
    """

    def get(self, ref: str) -> Ticket:
        """The ticket with this reference.

        Raises:
            NoSuchTicketError: there is none.
        """

    def find(self, query: Query) -> Iterator[Ticket]:
        """The tickets that match, in the order of their references."""

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """All help requests, each once, shelf by shelf.

        With `since`, shelves may be left out in which nothing has changed since then.
        """

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """Of the tickets that match, the most pressing ones first, and how many more there are.

        They are counted up to one more than `query.MOST_LEFT`: to count a million takes longer than
        all else, and nobody goes by it.
        """

    def count(self) -> int:
        """How many tickets there are, closed ones and problems too."""

    def by_key(self, key: str) -> Ticket | None:
        """The newest ticket that is not closed and has this alert key."""

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """The ticket that was opened with this idempotency key, closed or not."""

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """The tickets that have this key now (see `tickets.keys`), the newest first.

        With `since`, those that were closed and have not changed since then may be left out; with
        `most`, no more than so many are read.
        """

    def how_many(self, key: str) -> int:
        """How many tickets have this key, about: some that had it once may be among them."""

    def by_source(self, source: str) -> Ticket | None:
        """The ticket that was imported under this source id, closed or not."""

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """The tickets that were imported under these source ids, in the order of their references.

        Everything is looked through once: for many sources, where `by_source` is for a few.
        """

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """Tickets with references before `than`, the newest first, and no more than so many.

        Problems are among them.

        All are if `than` is empty; only those after `down_to` if that is given.
        """

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """Closed requests that changed at or after that instant, in the order of their references.

        Only those after the reference `after` if it is given, and no more than so many.
        """

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """The tickets that a check must look at, in the order of their references.

        Where each ticket is read for itself, one that cannot be read is left out if `unread` is
        there to be told; a home that reads them as one raises LedgerDamagedError.

        More may be among them. A writer gives those that `Ledger.sift` has left to it: they are as
        they are until its unit of work ends, and nobody else is given them meanwhile.
        """


class Writer(Reader, Protocol):
    """Looks tickets up and adds to them; sees what it has added itself."""

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """A new ticket made by these events, under the next reference; none is used twice."""

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """The ticket with further events.

        Raises:
            IllegalStepError: an event is not legal in the ticket's state.
        """

    def only_once(self, act: int) -> None:
        """Let nobody else be in a unit of work that records this act until this one has ended.

        Who has committed and has had no answer may be in it for long: whether the act is recorded
        can be told only after that.

        Raises:
            LedgerBusyError: somebody else is, for too long.
        """

    def rest(self, ticket: Ticket, due: Due, look: Look) -> None:
        """Let a ticket that `due` gave rest, as it is after this unit of work, for as long as it may.

        `look` is asked only where that is kept.
        """


class Files(Protocol):
    """Keeps the files of tickets, each once, by the SHA-256 of what is in it."""

    def keep(self, sha256: str, content: bytes) -> None:
        """Have the file here for good; nothing happens if it is.

        Raises:
            MachineError: it could not be kept.
        """

    def path(self, sha256: str) -> str:
        """Where the file is on this machine; it is brought here from a server.

        Raises:
            LedgerDamagedError: the server does not have it, or not as it was.
        """

    def has(self, sha256: str) -> bool:
        """Whether the file is there, as it was."""

    def content(self, sha256: str) -> bytes | None:
        """What is in the file; None if it is not there, or not what it was."""

    def names(self) -> Iterator[str]:
        """The hashes of all files, in order."""


class Ledger(Reader, Protocol):
    """One home of the ledger, or a unit of several commands in it."""

    @property
    def files(self) -> Files:
        """The files of its tickets."""

    def version(self) -> Hashable:
        """What tells this state of the ledger from any other; it is not read for that.

        Whoever watches asks for it often, before what it reads: equal ones mean that nothing that
        was read is another by now.

        Raises:
            MachineError: the machine does not let it be looked at.
        """

    def write(self, *, rehearses: bool = False) -> AbstractContextManager[Writer]:
        """A unit of work: committed as a whole when the block ends without error.

        What it looks up to decide by stays as it is until then. `rehearses`: it will not be
        committed, and must use nothing up.

        Raises:
            LedgerBusyError: a lock was not free in time.
            LevelsDifferError: the files of this host say other service levels than the desk works by.
            ConflictError: it does not go together with what somebody else did meanwhile, and
                nothing of it was committed. See `sdcli.ledger.again`.
            LedgerUnreachableError: the server of the ledger does not answer.
            OutcomeUnknownError: its server could not be asked whether it was recorded.
        """

    def sift(self, due: Due, look: Look) -> bool:
        """Look at the tickets that are due, and let those rest of which nothing is to be said.

        Any number of checks on any number of hosts share them. What `look` gives no rest is left
        to `Writer.due`, and so is what cannot be read; whether anything is. A home that looks at all tickets anyhow leaves all.
        """

    def agreed(self) -> Agreed | None:
        """By which service levels the desk works on all hosts; None where none need agree."""

    def require_agreed(self) -> None:
        """Refuse what `write` would refuse, before something is done that is recorded only then.

        Raises:
            LevelsDifferError: the files of this host say other service levels than the desk works by.
        """

    def adopt(self, before: Agreed | None) -> None:
        """Let the desk work by the service levels of this host's files, on all hosts.

        `before`: by which it works now, as `agreed` said.

        Raises:
            AdoptedError: it works by others by now.
        """

    def keep_levels(self, policy: str, content: bytes) -> None:
        """Keep the service levels of a hash for good (T11); nothing if they are kept already.

        Raises:
            MachineError: they could not be kept.
        """

    def has_levels(self, policy: str) -> bool:
        """Whether the service levels of a hash are kept here."""

    def levels(self, policy: str) -> bytes:
        """The service levels of a hash, as they were kept.

        Raises:
            LedgerDamagedError: they are not there, or are not what they were.
        """

    def memo(self, name: str) -> bytes | None:
        """What was written down beside the tickets under a name; None if nothing is.

        Raises:
            MachineError: it cannot be read.
        """

    def keep_memo(self, name: str, content: bytes | None) -> None:
        """Write something down beside the tickets, for whoever goes on with it; None: it is done.

        Within `write()` it may count from the commit on.

        Raises:
            MachineError: it cannot be written.
        """

    def beat(self, heard: Beat) -> None:
        """Remember that the clocks were checked, for whoever asks whether they still are.

        Raises:
            MachineError: it could not be remembered.
        """

    def last_beat(self) -> Beat | None:
        """When the clocks were last checked; None if they never were.

        Raises:
            LedgerDamagedError: what was remembered cannot be read.
        """

    def size(self) -> int:
        """The bytes of everything that is stored of tickets; attached files are apart."""

    def alone(self, purpose: str, wait_s: float = 0) -> AbstractContextManager[Alone]:
        """Whether no other process does this now; if so, none will for the block (T28).

        It is apart from the lock of `write()`, and nobody waits for it longer than `wait_s`. On a
        server it is lost by who neither does anything nor asks `still` for some minutes.

        Raises:
            LevelsDifferError: as for `write`.
        """

    def compact(self) -> None:
        """Put everything where it is read fastest; nothing that can be asked changes."""

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """Look at everything that is stored, and hold it against the events.

        With `resting` it is found, too, where no check of the clocks would look at a ticket in
        time; a home that looks at all tickets anyhow has no need of it.
        """

    def repair(self, stamp: Stamp, progress: Progress, resting: Resting | None = None) -> Mended:
        """Save what can be read of a damaged ledger; damaged bytes are kept aside."""

    def back_up(self, path: str, progress: Progress) -> int:
        """Write everything to one new file; how many tickets are in it.

        Raises:
            RefusedError: there is such a file already.
        """

    def restore(self, path: str, progress: Progress) -> Restored:
        """Put what a backup holds in the place of what is there, which is kept.

        Raises:
            BackupDamagedError: the file is no backup, or it is damaged.
        """


class Whole(NamedTuple):
    """That nobody writes to a ledger for a block.

    Args:
        require: raises LedgerUnreachableError if that is so no more: what was read may be too old.
    """

    require: Callable[[], None] = lambda: None

    def watching(self, progress: Progress) -> Progress:
        """The same, and with each step it is asked whether still nobody writes."""

        def tell(done: int, total: int) -> None:
            self.require()
            progress(done, total)

        return tell


class Mark(Struct, frozen=True):
    """Why a ledger takes no changes.

    Args:
        other: the ledger that it has moved to, or of which a copy into it is under way.
        moved: which of both.
    """

    other: str
    moved: bool


class Standing(Struct, frozen=True, kw_only=True):
    """How a ledger is, for whoever looks after it. Times are seconds, sizes are bytes.

    Args:
        home: `folder` or `postgresql`; `place`: where it is, without a password.
        format: the version of its files or of its schema.
        server: what answers, with its version; `role`: `primary` or `standby`, and how far the
            standby is behind. Empty where there is no server.
        tickets, events: how many there are, `about` so many where counting would take long.
        months: into how many partitions, or archives, they are parted.
        newest: when something was last entered.
        connected: who uses it now: user, host, what they run, and how often.
        standbys: which standbys follow, and how far each is behind.
        closed: why it takes no changes, if so.
    """

    home: str
    place: str
    format: int
    tickets: int
    events: int
    about: bool
    size: int
    months: int
    newest: datetime | None
    server: str = ""
    role: str = ""
    lag_s: float | None = None
    connected: tuple[Connected, ...] = ()
    standbys: tuple[tuple[str, float | None], ...] = ()
    closed: Mark | None = None


class Connected(Struct, frozen=True):
    """A user of the server from a host, what runs there, and how many connections it has."""

    user: str
    host: str
    program: str
    count: int


class Lacking(Struct, frozen=True):
    """What a ledger lacks of another one that it is an older state of.

    Args:
        runs: first and last of each run of numbers of tickets that are not there.
        behind: the numbers of tickets that have further events.
    """

    runs: tuple[tuple[int, int], ...] = ()
    behind: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.runs or self.behind)


class Prepared(Struct, frozen=True):
    """A ledger on a server, as `sdcli ledger init` leaves it.

    Args:
        made: whether there was none before; `format`: the version of its schema.
        writer, reader: the roles that may append, and read, since now; empty if none was named.
        roles: those of them that were made.
    """

    made: bool
    format: int
    writer: str = ""
    reader: str = ""
    roles: tuple[str, ...] = ()


class Migrated(Struct, frozen=True):
    """What a migration did.

    Args:
        before: the version that the schema had; 0 if there was none.
        after: the one that it has now; `scripts`: the SQL files that were run, in order.
    """

    before: int
    after: int
    scripts: tuple[str, ...] = ()


class Home(Ledger, Protocol):
    """One home of the ledger, with what is needed to move it to another."""

    def prepare(self, writer: str = "", reader: str = "") -> Prepared | None:
        """Make the ledger, unless it is there, and let roles use it; None where that needs nothing.

        Raises:
            RefusedError: a role is not there and may not be made by this user, or the like.
        """

    def migrate(self) -> Migrated | None:
        """Bring it to the version of this program; None where that happens by itself.

        Raises:
            NewerFormatError: a newer program wrote it.
            NoLedgerError: there is none.
        """

    def is_there(self) -> bool:
        """Whether there is a ledger at all."""

    @property
    def place(self) -> str:
        """Where it is, as it is written in settings, without a password."""

    def standing(self) -> Standing:
        """How it is."""

    def everything(self) -> Iterator[Ticket]:
        """All tickets, problems and void ones too, in the order of their references."""

    def next_number(self) -> int:
        """The number of the next reference; no lower one is given out again."""

    def policies(self) -> list[str]:
        """The hashes of the service levels that are kept."""

    def stands(self) -> Hashable:
        """What tells whether any ticket was added or changed meanwhile."""

    def whole(self) -> AbstractContextManager[Whole]:
        """Let nobody write for the block; a ledger that is not there yet is begun.

        A server may lose the connection that keeps others away: whoever does what cannot be taken
        back asks `Whole.require` right before.

        Raises:
            LedgerBusyError: somebody has been writing for too long.
        """

    def take_over(self, source: Home, lacking: Lacking, progress: Progress) -> None:
        """Take from another ledger what is lacking here; the caller holds `whole`.

        What was taken when it is interrupted may stay: then a mark closes the ledger until it is
        done again.
        """

    def closed(self) -> Mark | None:
        """Why it takes no changes; None if it does."""

    def close(self, mark: Mark | None) -> None:
        """Have it take no changes from now on, or take them again; the caller holds `whole`."""
